"""A language model that reads a dialogue and writes the codes of items, one code after the other.

Codes are new tokens of the model: rows of their own beside its vocabulary, read and written with the same embeddings.
Messages come in as soft tokens, and an item that was named as its codes, the last of which also carries the item's
vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wherefore.config import LLMConfig, LoraConfig
from wherefore.errors import ConfigError, ModelError
from wherefore.lm.attention import Attention
from wherefore.lm.load import build_lm
from wherefore.lm.model import BLOCK, base_of
from wherefore.lm.trees import TokenTrees, keeping
from wherefore.retrieval.code_lessons import OWN, PADDING, TEXT, Tokenizer, Tokens, padded

_GRIP = 10.0  # of the regression by which codes get their first embeddings


class CodeDecoder(nn.Module):
    """The network.

    Args:
        llm: Name or folder of a causal LM; `minilm` is packaged.
        tokens: How many embeddings there are for roles and codes.
        text_width: Of messages' vectors.
        item_width: Of items' vectors.
        layers: Of the LLM that are used, the first; None: all.
        lora: Rank of a LoRA adapter; None: all weights of the LLM's layers learn.
        dropout: Of what is read, and of the states that codes are written from.
        text_dropout: Share of messages whose vector is not read, while training.
        seed: Of new weights.

    Raises:
        ConfigError: If there are not so many layers.
        ModelError: If the LLM is not at hand, or its attention does not take masks of our own.
    """

    def __init__(
        self,
        llm: str,
        tokens: int,
        text_width: int,
        item_width: int,
        layers: int | None = None,
        lora: int | None = None,
        dropout: float = 0.1,
        text_dropout: float = 0.1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        adapter = None if lora is None else LoraConfig(r=lora, alpha=2 * lora)
        lm, self.tokenizer = build_lm(LLMConfig(name=llm, lora=adapter), seed)
        base = base_of(lm)
        self.body: Any = getattr(base, base.base_model_prefix)
        self.body.config._attn_implementation = (
            "eager"  # going back through the fused kernel takes as long again
        )
        _cut(self.body, layers)
        self.words: nn.Embedding = base.get_input_embeddings()
        if lora is None:
            self.body.requires_grad_(True)
        self.words.requires_grad_(False)
        width = self.words.weight.shape[1]
        self.attention = Attention(base.config)
        self.own = nn.Embedding(tokens, width)
        self.text, self.item = nn.Linear(text_width, width), nn.Linear(item_width, width)
        self.before = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.bias = nn.Parameter(torch.zeros(tokens))
        self.dropout, self.text_dropout = nn.Dropout(dropout), text_dropout
        nn.init.normal_(self.own.weight, std=float(self.words.weight.float().std()))
        nn.init.normal_(self.item.weight, std=0.01)
        nn.init.zeros_(self.item.bias)

    def start_codes(self, titles: Sequence[str], text: np.ndarray, codes: np.ndarray) -> None:
        """Let codes begin as what their centroids say, in the terms of the LLM's vocabulary.

        The map from texts' vectors to words is a ridge regression of the mean embedding of each title's words.

        Args:
            titles: Of n items.
            text: (n, d) their texts' vectors.
            codes: (levels, codes, d) of the centroids, in the same space; all but the first level are differences.
        """
        table = self.words.weight.detach().float()
        ids = self.tokenizer(list(titles), add_special_tokens=False)["input_ids"]
        means = torch.stack([table[torch.tensor(one or [0])].mean(0) for one in ids])
        middle, center = torch.from_numpy(text.mean(axis=0)), means.mean(0)
        x, y = torch.from_numpy(np.array(text)) - middle, means - center
        mapped = torch.linalg.solve(x.T @ x + _GRIP * torch.eye(x.shape[1]), x.T @ y)
        given = torch.from_numpy(codes.copy())
        given[0] -= middle
        made = given.flatten(0, 1) @ mapped
        made = made * (table.std() / made.std().clamp_min(1e-6)) + self.own.weight.detach()[: len(made)] * 0.3
        with torch.no_grad():
            for level in range(len(codes)):
                start = 2 + level * ((len(self.own.weight) - 2) // (len(codes) + 1))
                part = made[level * codes.shape[1] : (level + 1) * codes.shape[1]]
                self.own.weight[start : start + len(part)] = part

    def embed(
        self, kinds: np.ndarray, places: np.ndarray, items: np.ndarray, texts: Tensor, vectors: Tensor
    ) -> Tensor:
        """Tokens (b, t), texts' vectors (any, d) and items' vectors (n, d_items) to embeddings (b, t, h)."""
        device = self.own.weight.device
        at = torch.from_numpy(places).to(device)
        made = self.own(torch.where(torch.from_numpy(kinds == OWN).to(device), at, 0))
        said = torch.from_numpy(kinds == TEXT).to(device)
        if said.any():
            given = self.text(texts[at[said]].to(device).float())
            if self.training and self.text_dropout:
                given = given * (torch.rand(len(given), 1, device=device) >= self.text_dropout)
            made = made.masked_scatter(said[..., None], given.to(made.dtype))
        ends = torch.from_numpy(items >= 0).to(device)
        if ends.any():
            carried = self.item(vectors[torch.from_numpy(items[items >= 0]).to(device)].float())
            made = made + torch.zeros_like(made).masked_scatter(ends[..., None], carried.to(made.dtype))
        dropped: Tensor = self.dropout(made)
        return dropped

    def forward(self, batch: Sequence[Tokens], texts: Tensor, vectors: Tensor) -> Tensor:
        """The states from which a batch's codes are foretold, (p, h), dialogue after dialogue."""
        kinds, places, items = padded(batch)
        real = torch.from_numpy(kinds != PADDING).to(self.own.weight.device)
        output = self.body(
            inputs_embeds=self.embed(kinds, places, items, texts, vectors),
            attention_mask=real.long(),
            use_cache=False,
        )
        lines = np.repeat(np.arange(len(batch)), [len(one.at) for one in batch])
        states: Tensor = output.last_hidden_state[lines, np.concatenate([one.at for one in batch])]
        return states

    def logits(self, states: Tensor, start: int, width: int) -> Tensor:
        """States (p, h) to logits of `width` codes whose embeddings begin at `start`, (p, width)."""
        table = self.own.weight[start : start + width]
        ready = self.before(self.dropout(states))
        made: Tensor = nn.functional.linear(ready, table, self.bias[start : start + width])
        return made

    @property
    def learned(self) -> dict[str, Tensor]:
        """Weights that are not as the LLM came."""
        learning = {name for name, weight in self.named_parameters() if weight.requires_grad}
        return {name: weight for name, weight in self.state_dict().items() if name in learning}


class Reading:
    """A dialogue that a decoder has read, ready for codes.

    Args:
        decoder: In evaluation mode, on the CPU.
        tokenizer: Made the tokens.
        tokens: The dialogue, the last one asking for a code.
        texts: (any, d) vectors of the messages.
        vectors: (n, d_items) of the items.
    """

    def __init__(
        self, decoder: CodeDecoder, tokenizer: Tokenizer, tokens: Tokens, texts: Tensor, vectors: Tensor
    ) -> None:
        from transformers import DynamicCache

        self._decoder, self._tokenizer, self._length = decoder, tokenizer, len(tokens)
        self._states = DynamicCache()
        with torch.inference_mode():
            inputs = decoder.embed(*padded([tokens]), texts, vectors)
            at = torch.arange(len(tokens))[None]
            output = decoder.body(
                inputs_embeds=inputs, position_ids=at, **keeping(decoder.body, self._states)
            )
            self._root = output.last_hidden_state[0, -1]

    def __call__(self, depth: int, nodes: np.ndarray) -> np.ndarray:
        """What may follow some nodes of a depth, (f,) -> logits (f, codes); see `code_trie.Read`."""
        trie, decoder = self._tokenizer.trie, self._decoder
        with torch.inference_mode():
            if depth:
                states = torch.cat(
                    [
                        self._grown(trie.path(depth, nodes[start : start + max(BLOCK // depth, 1)]))
                        for start in range(0, len(nodes), max(BLOCK // depth, 1))
                    ]
                )
            else:
                states = self._root.expand(len(nodes), -1)
            start = self._tokenizer.start(depth)
            made: np.ndarray = decoder.logits(states, start, trie.width).float().numpy()
        return made

    def _grown(self, paths: np.ndarray) -> Tensor:
        """The states after paths of codes (f, depth), each on the dialogue alone, in one pass; (f, h)."""
        decoder = self._decoder
        places = paths + np.array([self._tokenizer.start(depth) for depth in range(paths.shape[1])])
        trees = TokenTrees(
            decoder.body, decoder.attention, self._states, self._length, decoder.own.weight.device
        )
        return trees.grow(list(decoder.own(torch.from_numpy(places))))


def _cut(body: Any, layers: int | None) -> None:
    """Keep an LLM's first layers."""
    if layers is None:
        return
    stack = getattr(body, "encoder", body)
    for name in ("layer", "layers", "h"):
        found = getattr(stack, name, None)
        if isinstance(found, nn.ModuleList):
            if not 1 <= layers <= len(found):
                raise ConfigError(f"`layers` is {layers}; the LLM has {len(found)}")
            setattr(stack, name, found[:layers])
            body.config.num_hidden_layers = layers
            return
    raise ModelError(f"the layers of {type(body).__name__} cannot be cut; set `layers` to null")
