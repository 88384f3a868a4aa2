"""The LLM that reads soft tokens: it ranks candidates in one block pass and writes sentences, on one dialogue cache."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn

from wherefore.errors import ConfigError, ModelError, WhereforeWarning
from wherefore.lm.attention import Attention, seen_by_branches
from wherefore.lm.copying import Copying, Spelling
from wherefore.lm.decoding import Chance, ContinuousBatch, Draft, Reader, Written
from wherefore.lm.head import RankingHead, Scores
from wherefore.lm.item_encoder import ItemEncoder, ItemSignals
from wherefore.lm.passes import shared
from wherefore.lm.prompt import SOFT, Batch, PromptFormat, Segment
from wherefore.lm.rows import RowReader, Rows
from wherefore.lm.trees import TokenTrees, TreeReader, keeping, twin

BLOCK = 512  # tokens of candidates per forward pass: attention inside a block grows with its square


def splice(embeddings: Tensor, ids: Tensor, soft: Tensor) -> Tensor:
    """Put soft tokens where the placeholders are: the only way for vectors into the token stream.

    Args:
        embeddings: (b, t, h) embeddings of the ids, of any value at placeholders.
        ids: (b, t) with SOFT at placeholders.
        soft: (k, s, h) soft tokens of k items, in reading order.

    Returns:
        (b, t, h).

    Raises:
        ValueError: If there are not exactly k * s placeholders.
    """
    places = ids == SOFT
    wanted, given = int(places.sum()), soft.shape[0] * soft.shape[1]
    if wanted != given:
        raise ValueError(
            f"the prompt has {wanted} places for soft tokens, but {soft.shape[0]} items of {soft.shape[1]} "
            f"tokens ({given}) were given; render and encode with the same number of soft tokens"
        )
    if not given:
        return embeddings
    return embeddings.masked_scatter(
        places.unsqueeze(-1), soft.reshape(-1, soft.shape[-1]).to(embeddings.dtype)
    )


def base_of(lm: nn.Module) -> Any:
    """The Hugging Face model, inside PEFT's wrapper where there is one."""
    wrapper: Any = lm
    return wrapper.get_base_model() if hasattr(lm, "get_base_model") else lm


@dataclass
class DialogueCache:
    """The dialogue as the LLM has read it: its tokens and their keys and values."""

    ids: tuple[int, ...]  # as `Segment.coded`
    states: Any  # transformers' Cache of (1, heads, t, head width) per layer; (t, h) embeddings where none branches
    end: Tensor  # (h,) the hidden state at the last token


def _shared(before: Sequence[int], now: Sequence[int]) -> int:
    """How many tokens of a dialogue need not be read again; the last one always is, and an item as a whole."""
    shared, limit = 0, min(len(before), len(now) - 1)
    while shared < limit and before[shared] == now[shared]:
        shared += 1
    while shared and now[shared] < 0 and now[shared - 1] == now[shared]:
        shared -= 1
    return shared


class RecommenderLM(nn.Module):
    """A causal LM under LoRA with an item encoder and a ranking head.

    Args:
        lm: A Hugging Face causal LM, or a PEFT model around one.
        tokenizer: Its tokenizer.
        item_encoder: Makes the soft tokens.
        head: Makes the scores.
        max_dialogue_tokens: What the prompt format gives the dialogue at most.
        mask: "block": a candidate sees the dialogue and itself; "causal": also the candidates before it.
        soft_mentions: Whether the soft tokens of an item follow its title in the dialogue.

    Attributes:
        branches: Whether many branches can be read in one pass, on the dialogue's cache. It is tried out at the start:
            layers with a state (Mamba and the like) cannot, and attention that knows no masks of ours cannot either.
            Such LLMs read each branch in a row of its own, with the whole dialogue before it: the same scores, slower.

    Raises:
        ModelError: If the item encoder's width is not the LLM's, or the tokenizer has more tokens than the LLM.
        ConfigError: If dialogue and reply cannot fit the LLM's positions, or the LLM cannot read a causal list.
    """

    def __init__(
        self,
        lm: nn.Module,
        tokenizer: Any,
        item_encoder: ItemEncoder,
        head: RankingHead,
        max_dialogue_tokens: int = 192,
        mask: Literal["block", "causal"] = "block",
        soft_mentions: bool = False,
    ) -> None:
        super().__init__()
        self.lm = lm
        self.mask: Literal["block", "causal"] = "block"
        self.item_encoder = item_encoder
        self.head = head
        self.format = PromptFormat(tokenizer, item_encoder.soft_tokens, max_dialogue_tokens, soft_mentions)
        width = self.embeddings.weight.shape[1]
        if item_encoder.width != width:
            raise ModelError(
                f"the item encoder makes tokens of width {item_encoder.width}, the LLM's is {width}"
            )
        tokens, rows = len(tokenizer), self.embeddings.weight.shape[0]
        if tokens > rows:
            raise ModelError(
                f"the tokenizer has {tokens} tokens, but the LLM has embeddings of {rows}; they do not belong "
                "together: put the tokenizer that the LLM was trained with into its folder"
            )
        positions = getattr(self._text_config, "max_position_embeddings", None)
        if positions is not None and max_dialogue_tokens + 64 > positions:
            raise ConfigError(
                f"`llm.max_dialogue_tokens` is {max_dialogue_tokens}, but the LLM has {positions} positions and a "
                f"reply needs at least 64; lower it to {max(positions - 64, 0)} or less"
            )
        self.positions = positions
        self.attention = Attention(self.causal_lm.config)
        self.branches = self._can_branch()
        self.mask = mask
        if not self.branches:
            if mask == "causal":
                raise ConfigError(
                    f"`ranker.mask` is 'causal', but {self._kind} reads each candidate by itself; set it to 'block'"
                )
            warnings.warn(
                f"{self._kind} does not take masks of branches: each candidate and each sentence is read with the "
                "whole dialogue before it, which gives the same result and takes longer. For speed choose an LLM "
                "whose layers are all attention, loaded with attn_implementation 'sdpa' or 'eager'.",
                WhereforeWarning,
                stacklevel=2,
            )

    # -- parts of the LLM -------------------------------------------------------------------------------

    @property
    def causal_lm(self) -> Any:
        """The Hugging Face model, inside PEFT's wrapper where there is one."""
        return base_of(self.lm)

    @property
    def _text_config(self) -> Any:
        return self.causal_lm.config.get_text_config(decoder=True)

    @property
    def _kind(self) -> str:
        return f"the LLM ({self.causal_lm.config.model_type})"

    @property
    def body(self) -> Any:
        """The LLM without its output layer: embeddings in, hidden states out."""
        return getattr(self.causal_lm, self.causal_lm.base_model_prefix)

    @property
    def embeddings(self) -> nn.Embedding:
        """The token embeddings (v, h)."""
        table: nn.Embedding = self.causal_lm.get_input_embeddings()
        return table

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.embeddings.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Type of the LLM's weights."""
        return self.embeddings.weight.dtype

    def logits(self, hidden: Tensor, only: Tensor | None = None) -> Tensor:
        """Hidden states (k, h) to logits over the vocabulary (k, v), or over the tokens `only` (k, len(only))."""
        head = getattr(self.causal_lm, "cls", None)  # BERT-like decoders transform before they project
        if head is not None:
            hidden = head.predictions.transform(hidden)
        project = self.causal_lm.get_output_embeddings()
        if only is None:
            output: Tensor = project(hidden)
        else:
            bias = getattr(project, "bias", None)
            output = nn.functional.linear(hidden, project.weight[only], None if bias is None else bias[only])
        config = self._text_config
        scale = getattr(config, "logit_scale", 1.0) / getattr(
            config, "logits_scaling", 1.0
        )  # Cohere, Granite
        output = output if scale == 1.0 else output * scale
        softcap = getattr(config, "final_logit_softcapping", None)
        return output if softcap is None else torch.tanh(output / softcap) * softcap

    # -- reading ----------------------------------------------------------------------------------------

    def embed(self, ids: Tensor, soft: Tensor) -> Tensor:
        """Ids (b, t) with placeholders, and soft tokens (k, s, h), to embeddings (b, t, h)."""
        return splice(self.embeddings(ids.clamp_min(0)), ids, soft)

    def forward(self, batch: Batch, signals: ItemSignals) -> Tensor:
        """Hidden states (b, t, h) of a whole batch, trunks and branches at once.

        `signals` are those of `batch.items`, row by row.
        """
        inputs = self.embed(batch.ids, self.item_encoder(signals))
        if not self.branches:
            return self._rows.branches(inputs, batch.branch)
        seen, at = seen_by_branches(batch.branch), batch.positions
        output = self.body(
            inputs_embeds=inputs,
            attention_mask=self.attention.masks(seen, at, at, self.dtype),
            position_ids=at,
            use_cache=False,
        )
        hidden: Tensor = output.last_hidden_state
        return hidden

    @property
    def _rows(self) -> Rows:
        return Rows(self.body, self.dtype)

    @torch.inference_mode()
    def _can_branch(self) -> bool:
        """Try out whether branches in one pass are what they would be alone."""
        from transformers import DynamicCache

        if self.device.type == "meta":
            return True
        training = self.lm.training
        self.lm.eval()
        ids = torch.arange(9, device=self.device) % self.embeddings.weight.shape[0]
        table = self.embeddings(ids)
        trunk, shown = table[:5], [table[5:7], table[7:9]]
        try:
            states = DynamicCache()
            self._read_dialogue(trunk[None], 0, states)
            cache = DialogueCache(tuple(ids[:5].tolist()), states, trunk[0])
            block = self._read_block(cache, shown).float()
            again = self._read_block(cache, shown[::-1]).float().flip(0)
            rows = self._rows.last([torch.cat([trunk, one]) for one in shown]).float()
        except (AttributeError, LookupError, NotImplementedError, RuntimeError, TypeError, ValueError):
            return False
        finally:
            self.lm.train(training)
        off = max(float((block - other).abs().max()) for other in (rows, again))
        return off < (1e-3 if self.dtype == torch.float32 else 0.1) * float(rows.abs().max())

    def _read_dialogue(self, inputs: Tensor, first: int, states: Any) -> Tensor:
        """Read embeddings (1, t, h) from a position on, after what `states` holds and into it, to (1, t, h)."""
        at = torch.arange(first, first + inputs.shape[1], device=self.device)[None]
        output = self.body(inputs_embeds=inputs, position_ids=at, **keeping(self.body, states))
        hidden: Tensor = output.last_hidden_state
        return hidden

    @torch.inference_mode()
    def prefill(
        self, trunk: Segment, cache: DialogueCache | None = None, signals: ItemSignals | None = None
    ) -> DialogueCache:
        """Read the dialogue. With the cache of an earlier turn, only what is new in it is read.

        Args:
            trunk: The dialogue.
            cache: Of an earlier turn; it is left as it is.
            signals: Of the items whose soft tokens are in the dialogue, in order.

        Raises:
            ValueError: If there are such items and their signals are not given, or others.
        """
        if len(trunk.items) != (0 if signals is None else len(signals)):
            raise ValueError(
                f"the dialogue shows {len(trunk.items)} items, but signals of "
                f"{0 if signals is None else len(signals)} are given; give those of its items"
            )
        from transformers import DynamicCache

        ids = trunk.coded
        shared = _shared(cache.ids, ids) if cache is not None and self.branches else 0
        # Not the model's own kind of cache: layers with a window would forget what ranking goes back to.
        states = DynamicCache()
        if cache is not None and shared:
            states = twin(cache.states)
            if len(cache.ids) > shared:
                states.crop(shared - len(cache.ids))
        new = torch.tensor([ids[shared:]], device=self.device)
        inputs = self.embeddings(new.clamp_min(0))
        count = int((new < 0).sum()) // self.format.soft_tokens
        if signals is not None and count:
            last = torch.arange(len(signals) - count, len(signals), device=self.device)
            inputs = splice(inputs, new.clamp(SOFT), self.item_encoder(signals.of(last)))
        if not self.branches:
            return DialogueCache(ids, inputs[0], self._rows.last([inputs[0]])[0])
        hidden = self._read_dialogue(inputs, shared, states)
        return DialogueCache(ids, states, hidden[0, -1])

    @torch.inference_mode()
    def rank(
        self,
        cache: DialogueCache | None,
        signals: ItemSignals,
        features: Tensor,
        titles: Sequence[Segment] | None = None,
    ) -> Scores:
        """Score all candidates after one dialogue: one block pass (one per 512 tokens of candidates).

        Each candidate sees the dialogue and itself, and all share the same positions, so a score depends on
        neither the order nor the company of the candidates.

        Args:
            cache: The dialogue, read; None where the LLM's part does not count.
            signals: Of the m candidates.
            features: (m, f) of the sources.
            titles: What is read of each candidate instead of its soft tokens.

        Returns:
            Scores of shape (m,).
        """
        if not len(signals):
            empty = torch.zeros(0)
            return Scores(empty, empty, empty)
        hidden, end = None, None
        if self.head.reads_states:
            if cache is None:
                raise ValueError("the LLM's part counts, so the dialogue must be read: `cache` is None")
            if titles is None:
                shown = list(self.item_encoder(signals))  # (s, h) each
            else:
                shown = [self.embeddings(torch.tensor(one.ids, device=self.device)) for one in titles]
            if self.branches:
                blocks = [(cache, part) for part in self._blocks(cache, shown)]
                hidden = torch.cat([shared(self._read_each_block, block, most=1) for block in blocks])
            else:
                hidden = self._rows.last([torch.cat([cache.states, one]) for one in shown])
            end = cache.end
        scores: Scores = self.head(hidden, end, features.to(self.device))
        return scores

    def _blocks(self, cache: DialogueCache, shown: Sequence[Tensor]) -> Iterator[Sequence[Tensor]]:
        """What is read of each candidate, (t_i, h), in parts of at most BLOCK tokens that fit the positions."""
        room = BLOCK
        if self.mask == "causal" and self.positions is not None:
            room = min(room, self.positions - len(cache.ids))
        start = length = 0
        for place, one in enumerate(shown):
            if place > start and length + len(one) > room:
                yield shown[start:place]
                start, length = place, 0
            length += len(one)
        yield shown[start:]

    @torch.inference_mode()
    def _read_each_block(self, blocks: Sequence[tuple[DialogueCache, Sequence[Tensor]]]) -> list[Tensor]:
        return [self._read_block(cache, shown) for cache, shown in blocks]

    def _read_block(self, cache: DialogueCache, shown: Sequence[Tensor]) -> Tensor:
        """What is read of m candidates, (t_i, h) each, to the hidden state at each one's last token (m, h)."""
        trees = TokenTrees(self.body, self.attention, cache.states, len(cache.ids), self.device)
        return trees.grow([one.to(self.dtype) for one in shown], self.mask == "block")

    # -- writing ----------------------------------------------------------------------------------------

    def write(
        self,
        cache: DialogueCache,
        prompts: Sequence[Segment],
        signals: ItemSignals,
        *options: Any,
        **named: Any,
    ) -> Iterator[Written]:
        """As `writing`, the sentences alone."""
        return (one for one in self.writing(cache, prompts, signals, *options, **named) if one is not None)

    @torch.inference_mode()
    def writing(
        self,
        cache: DialogueCache,
        prompts: Sequence[Segment],
        signals: ItemSignals,
        max_tokens: int = 40,
        temperature: float = 0.7,
        top_p: float = 0.9,
        seed: int = 0,
        allowed: Sequence[Copying] | None = None,
        samples: int = 1,
        enough: Callable[[int], bool] | None = None,
        batch: ContinuousBatch | None = None,
    ) -> Iterator[Written | None]:
        """Write sentences after each prompt, all together, on the dialogue's cache.

        Args:
            cache: The dialogue, read; left as it is.
            prompts: n branches to continue.
            signals: Of all their items, in reading order.
            max_tokens: Per sentence.
            temperature: 0 takes the likeliest token.
            top_p: Of nucleus sampling.
            seed: Equal seeds give equal sentences.
            allowed: For each prompt, the tokens that may be written; all when None.
            samples: Sentences per prompt; the prompt is read once.
            enough: Asked before each step, whether what a prompt has so far will do; its other sentences are
                then left unwritten.
            batch: Of several conversations that are written together; see `reader`.

        Yields:
            Each sentence when it ends, in the order in which they end, and None after each step.
        """
        batch = ContinuousBatch(self.reader()) if batch is None else batch
        if not prompts:
            return
        trunk, lengths = len(cache.ids), [len(prompt.ids) for prompt in prompts]
        ids = torch.tensor([token for prompt in prompts for token in prompt.ids], device=self.device)[None]
        inputs = self.embed(ids, self.item_encoder(signals)) if len(signals) else self.embeddings(ids)
        most = (
            max_tokens if self.positions is None else min(max_tokens, self.positions - trunk - max(lengths))
        )
        spelling = None if allowed is None else Spelling(allowed, samples, self.format.end_id, self.device)
        draft = Draft(
            trunk,
            lengths,
            samples,
            most,
            Chance(temperature, top_p, seed),
            partial(self.logits, only=None if spelling is None else spelling.only),
            self.format.decode,
            self.format.end_id,
            spelling,
            enough,
        )
        yield from batch.write(draft, cache.states, inputs[0].split(lengths))

    def reader(self) -> Reader:
        """What reads sentences as they are written, of one conversation or of many."""
        if self.branches:
            return TreeReader(self.body, self.attention, self.embeddings)
        return RowReader(self._rows.last, self.embeddings)
