"""The LLM that reads soft tokens: splice them in, rank in one block pass, write, save and load."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from wherefore.attention import Attention, seen_by_branches
from wherefore.composite import text_part
from wherefore.config import Config, LLMConfig, LoraConfig, build
from wherefore.copying import Copying
from wherefore.decoding import (
    Chance,
    ContinuousBatch,
    Draft,
    Reader,
    RowReader,
    Spelling,
    TreeReader,
    Written,
)
from wherefore.errors import WhereforeWarning
from wherefore.item_encoder import ITEM_ENCODERS, ItemEncoder, ItemSignals
from wherefore.prompt import SOFT, Batch, PromptFormat, Segment
from wherefore.signals import make_signals
from wherefore.trees import TokenTrees, keeping, twin

BLOCK = 512  # tokens of candidates per forward pass: attention inside a block grows with its square
ROWS = 32  # candidates per forward pass where each is read with the whole dialogue before it


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


class Scores(NamedTuple):
    """A candidate's score and its two parts."""

    total: Tensor  # (m,)
    llm: Tensor  # (m,) read by the LLM from dialogue and soft tokens
    sources: Tensor  # (m,) read from the sources' ranks and scores


class FeatureScaler(nn.Module):
    """Source features as a network likes them: standardized, as quantile, and whether they are known at all.

    Args:
        features: f.
        knots: Quantiles between which a feature's quantile is interpolated.
    """

    mean: Tensor  # (f,)
    std: Tensor  # (f,)
    knots: Tensor  # (f, knots)

    def __init__(self, features: int, knots: int = 15) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("std", torch.ones(features))
        self.register_buffer("knots", torch.linspace(-2, 2, knots).repeat(features, 1))

    def fit(self, features: Tensor) -> None:
        """Take mean, spread and quantiles from a sample (r, f); NaN is not counted."""
        shares = torch.linspace(0, 1, self.knots.shape[1] + 2)[1:-1]
        for column, values in enumerate(features.double().T):
            known = values[values.isfinite()]
            if not len(known):
                continue
            self.mean[column] = known.mean()
            self.std[column] = known.std(correction=0).clamp_min(1e-3)
            sample = known[:: max(len(known) // 100_000, 1)]
            self.knots[column] = torch.quantile(sample, shares.double())

    def forward(self, features: Tensor) -> Tensor:
        """(…, f) with NaN for what is not known -> (…, 3 f), all finite."""
        missing = features.isnan()
        known = features.nan_to_num(0.0, 1e30, -1e30).float()
        scaled = ((known - self.mean) / self.std).clamp(-4, 4)
        parts = [part.masked_fill(missing, 0.0) for part in (scaled, 2 * self._quantile(known) - 1)]
        return torch.cat([*parts, missing.float()], dim=-1)

    def _quantile(self, known: Tensor) -> Tensor:
        """(…, f) to (…, f) between 0 and 1: how many of the steps between the knots are behind each value."""
        flat = known.reshape(-1, known.shape[-1]).T.contiguous()  # (f, r)
        steps = self.knots.shape[1] - 1
        at = (torch.searchsorted(self.knots, flat) - 1).clamp(0, steps - 1)
        low, high = self.knots.gather(1, at), self.knots.gather(1, at + 1)
        within = ((flat - low) / (high - low).clamp_min(1e-6)).clamp(0, 1)
        return ((at + within) / steps).T.reshape(known.shape)


def in_full_precision(tensor: Tensor) -> torch.autocast:
    """No mixed precision: scores of many candidates differ by less than half precision can tell."""
    return torch.autocast(tensor.device.type, enabled=False)


class RankingHead(nn.Module):
    """Scores candidates from the LLM's hidden states and from the sources' ranks and scores; both add up.

    The LLM's part is read from the candidate's state, which has seen the dialogue, and from how well that state
    goes with the state at the dialogue's end: their product learns quickly what to look for, the rest learns the
    exceptions. Both sides of the product start from one map, so that it begins as the likeness of two states, which
    is what the contrastive losses have made of them; from two unrelated maps it has first to be found.

    Args:
        width: h.
        features: f, number of source features.
        hidden: Width of the hidden layers, and of the product.
        dropout: Between the layers of the sources' part.
        reads_states: Whether the LLM's part counts.
        reads_features: Whether the sources' part does.

    Raises:
        ValueError: If neither does.
    """

    def __init__(
        self,
        width: int,
        features: int,
        hidden: int = 64,
        dropout: float = 0.2,
        reads_states: bool = True,
        reads_features: bool = True,
    ) -> None:
        super().__init__()
        if not (reads_states or reads_features):
            raise ValueError("`ranker.llm` and `ranker.features` are both false; something must rank")
        self.reads_states, self.reads_features = reads_states, reads_features
        self.norm = nn.LayerNorm(width)
        last = nn.Linear(hidden, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.llm = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), last)
        self.query, self.key = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
        with torch.no_grad():
            self.key.weight.copy_(self.query.weight)
        self.scaler = FeatureScaler(features)
        self.sources = nn.Sequential(
            nn.Linear(3 * features, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, 1),
        )

    def fit(self, features: Tensor) -> None:
        """Take mean, spread and quantiles of the features from a sample (r, f)."""
        self.scaler.fit(features)

    @torch.no_grad()
    def weigh_llm(self, weight: float) -> None:
        """Multiply the LLM's part by a number."""
        last = self.llm[-1]
        assert isinstance(last, nn.Linear)
        for tensor in (last.weight, last.bias, self.query.weight):
            tensor.mul_(weight)

    def llm_score(self, hidden: Tensor, dialogue: Tensor) -> Tensor:
        """States at the candidates (…, m, h) and at the dialogue's end (…, h) to (…, m)."""
        with in_full_precision(hidden):
            state = self.norm(hidden.float())
            query = self.query(self.norm(dialogue.float())).unsqueeze(-1)  # (…, hidden, 1)
            product = (self.key(state) @ query).squeeze(-1) * query.shape[-2] ** -0.5
            score: Tensor = self.llm(state).squeeze(-1) + product
            return score

    def source_score(self, features: Tensor) -> Tensor:
        """(…, f) to (…,); zeros where features do not count."""
        if not self.reads_features:
            return features.new_zeros(features.shape[:-1], dtype=torch.float32)
        with in_full_precision(features):
            score: Tensor = self.sources(self.scaler(features)).squeeze(-1)
            return score

    def settled_source_score(self, features: Tensor) -> Tensor:
        """(…, f) to (…,) as at inference, without dropout and without gradient, also while training."""
        training = self.sources.training
        self.sources.eval()
        with torch.no_grad():
            score = self.source_score(features)
        self.sources.train(training)
        return score

    def forward(self, hidden: Tensor | None, dialogue: Tensor | None, features: Tensor) -> Scores:
        """States at candidates (m, h) and at the dialogue's end (h,), and features (m, f), to scores (m,).

        Without states, the sources' part alone.
        """
        sources = self.source_score(features)
        if hidden is None or dialogue is None:
            return Scores(sources, torch.zeros_like(sources), sources)
        llm = self.llm_score(hidden, dialogue)
        return Scores(llm + sources, llm, sources)


@dataclass
class DialogueCache:
    """The dialogue as the LLM has read it: its tokens and their keys and values."""

    ids: tuple[int, ...]  # as `Segment.coded`
    states: Any  # transformers' Cache of (1, heads, t, head width) per layer; (t, h) embeddings where none branches
    end: Tensor  # (h,) the hidden state at the last token


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
        ValueError: If the item encoder's width is not the LLM's, or dialogue and reply cannot fit the
            LLM's positions, or the tokenizer has more tokens than the LLM, or the LLM cannot read a causal list.
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
            raise ValueError(
                f"the item encoder makes tokens of width {item_encoder.width}, the LLM's is {width}"
            )
        tokens, rows = len(tokenizer), self.embeddings.weight.shape[0]
        if tokens > rows:
            raise ValueError(
                f"the tokenizer has {tokens} tokens, but the LLM has embeddings of {rows}; they do not belong "
                "together: put the tokenizer that the LLM was trained with into its folder"
            )
        positions = getattr(self._text_config, "max_position_embeddings", None)
        if positions is not None and max_dialogue_tokens + 64 > positions:
            raise ValueError(
                f"`llm.max_dialogue_tokens` is {max_dialogue_tokens}, but the LLM has {positions} positions and a "
                f"reply needs at least 64; lower it to {max(positions - 64, 0)} or less"
            )
        self.positions = positions
        self.attention = Attention(self.causal_lm.config)
        self.branches = self._can_branch()
        self.mask = mask
        if not self.branches:
            if mask == "causal":
                raise ValueError(
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
            return self._forward_rows(inputs, batch.branch)
        seen, at = seen_by_branches(batch.branch), batch.positions
        output = self.body(
            inputs_embeds=inputs,
            attention_mask=self.attention.masks(seen, at, at, self.dtype),
            position_ids=at,
            use_cache=False,
        )
        hidden: Tensor = output.last_hidden_state
        return hidden

    def _forward_rows(self, inputs: Tensor, branch: Tensor) -> Tensor:
        """As `forward`, with a row for each branch, (b, t, h) to (b, t, h); zeros at padding."""
        rows, places, skipped = [], [], []
        for one, numbers in enumerate(branch):
            trunk = (numbers == 0).nonzero()[:, 0]
            for number in range(int(numbers.max()) + 1):
                own = trunk[:0] if number == 0 else (numbers == number).nonzero()[:, 0]
                path = torch.cat([trunk, own])
                if not len(path):  # branches without a trunk
                    continue
                rows.append(inputs[one, path])
                places.append(one * branch.shape[1] + path)
                skipped.append(len(trunk) if number else 0)
        hidden = self._read_rows(rows)
        flat = inputs.new_zeros(inputs.shape[0] * inputs.shape[1], inputs.shape[2])
        new = [states[skip:] for states, skip in zip(hidden, skipped, strict=True)]
        into = torch.cat([place[skip:] for place, skip in zip(places, skipped, strict=True)])
        return flat.index_copy(0, into, torch.cat(new)).view_as(inputs)

    def _read_rows(self, rows: Sequence[Tensor]) -> list[Tensor]:
        """Rows of embeddings (t_i, h), each read from its beginning, to hidden states (t_i, h)."""
        found: list[Tensor] = []
        for start in range(0, len(rows), ROWS):
            part = [row.to(self.dtype) for row in rows[start : start + ROWS]]
            lengths = [len(row) for row in part]
            inputs = nn.utils.rnn.pad_sequence(part, batch_first=True)
            real = (
                torch.arange(max(lengths), device=self.device)
                < torch.tensor(lengths, device=self.device)[:, None]
            )
            output = self.body(inputs_embeds=inputs, attention_mask=real.long(), use_cache=False)
            found += [
                states[:length] for states, length in zip(output.last_hidden_state, lengths, strict=True)
            ]
        return found

    def _last_of_rows(self, rows: Sequence[Tensor]) -> Tensor:
        """As `_read_rows`, to the hidden state at each row's last token (n, h)."""
        return torch.stack([states[-1] for states in self._read_rows(rows)])

    @torch.inference_mode()
    def _can_branch(self) -> bool:
        """Try out whether branches in one pass are what they would be alone."""
        if self.device.type == "meta":
            return True
        training = self.lm.training
        self.lm.eval()
        ids = torch.arange(9, device=self.device) % self.embeddings.weight.shape[0]
        table = self.embeddings(ids)
        trunk, shown = table[:5], [table[5:7], table[7:9]]
        try:
            states = self._dialogue_states(trunk[None], 0, None)
            cache = DialogueCache(tuple(ids[:5].tolist()), states.past_key_values, trunk[0])
            block = self._read_block(cache, shown).float()
            again = self._read_block(cache, shown[::-1]).float().flip(0)
            rows = self._last_of_rows([torch.cat([trunk, one]) for one in shown]).float()
        except (AttributeError, LookupError, NotImplementedError, RuntimeError, TypeError, ValueError):
            return False
        finally:
            self.lm.train(training)
        off = max(float((block - other).abs().max()) for other in (rows, again))
        return off < (1e-3 if self.dtype == torch.float32 else 0.1) * float(rows.abs().max())

    def _dialogue_states(self, inputs: Tensor, first: int, states: Any) -> Any:
        """Read (1, t, h) from a position on, after what was read before."""
        from transformers import DynamicCache

        return self.body(
            inputs_embeds=inputs,
            position_ids=torch.arange(first, first + inputs.shape[1], device=self.device)[None],
            # Not the model's own kind of cache: layers with a window would forget what ranking goes back to.
            **keeping(self.body, DynamicCache() if states is None else states),
        )

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
        ids = trunk.coded
        shared = 0
        if cache is not None and self.branches:
            # The last token is always read again: there must be something to read.
            limit = min(len(cache.ids), len(ids) - 1)
            while shared < limit and cache.ids[shared] == ids[shared]:
                shared += 1
            while shared and ids[shared] < 0 and ids[shared - 1] == ids[shared]:
                shared -= 1  # an item is read whole
        states = None
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
            return DialogueCache(ids, inputs[0], self._last_of_rows([inputs[0]])[0])
        output = self._dialogue_states(inputs, shared, states)
        return DialogueCache(ids, output.past_key_values, output.last_hidden_state[0, -1])

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
                hidden = torch.cat([self._read_block(cache, part) for part in self._blocks(cache, shown)])
            else:
                hidden = self._last_of_rows([torch.cat([cache.states, one]) for one in shown])
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
        max_tokens: int = 40,
        temperature: float = 0.7,
        top_p: float = 0.9,
        seed: int = 0,
        allowed: Sequence[Copying] | None = None,
        samples: int = 1,
        enough: Callable[[int], bool] | None = None,
    ) -> Iterator[Written]:
        """As `writing`, the sentences alone."""
        options = max_tokens, temperature, top_p, seed, allowed, samples, enough
        return (one for one in self.writing(cache, prompts, signals, *options) if one is not None)

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
        return RowReader(self._last_of_rows, self.embeddings)


# -- making one -----------------------------------------------------------------------------------------


def build_lm(config: LLMConfig, seed: int = 0) -> tuple[nn.Module, Any]:
    """The base LLM with a fresh LoRA adapter, and its tokenizer. Without an adapter, the LLM is frozen.

    Raises:
        ValueError: If the name is neither packaged, nor a folder, nor a model that the hub has; or `llm.quantize` is
            set where there is no GPU.
        ImportError: If `llm.quantize` is set and bitsandbytes is not installed.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(seed)
    few_bits = {} if config.quantize is None else _few_bits(config)
    if config.name == "minilm":
        lm, tokenizer = _packaged_minilm()
    else:
        try:
            tokenizer = AutoTokenizer.from_pretrained(config.name, revision=config.revision)
            lm = text_part(
                AutoModelForCausalLM.from_pretrained(
                    config.name, revision=config.revision, dtype=config.dtype, **few_bits
                )
            )
        except OSError as error:
            raise ValueError(_not_loaded(config.name, error)) from error
        except (MemoryError, RuntimeError) as error:  # torch.OutOfMemoryError among them
            if not out_of_memory(error):
                raise
            raise ValueError(
                f"`llm.name` is {config.name!r}, whose weights do not fit into memory; set `llm.dtype` to bfloat16, "
                "`llm.quantize` to 4bit on a GPU, or take a smaller LLM (`scripts/estimate.py CONFIG` says what one "
                "needs)"
            ) from error
        if tokenizer.chat_template is None:
            warnings.warn(
                f"the tokenizer of {config.name!r} has no chat template, so messages are written as `user : ...`. "
                "After training that is as good; if the LLM was tuned to chat, save its tokenizer with its "
                "`chat_template` into a folder with the model, and give the folder as `llm.name`",
                WhereforeWarning,
                stacklevel=2,
            )
    if few_bits:
        from peft import prepare_model_for_kbit_training

        # Checkpointing is `train.gradient_checkpointing`'s to switch on.
        lm = prepare_model_for_kbit_training(lm, use_gradient_checkpointing=False)
    return (lm.requires_grad_(False) if config.lora is None else add_lora(lm, config.lora)), tokenizer


_STATES = r".*\.(out_proj|conv1d)"  # fused with the state's kernels: PEFT leaves them alone
_NOT_ADAPTED = {
    "bert": r".*\.predictions\..*",
    **dict.fromkeys(("mamba", "mamba2", "falcon_mamba", "falcon_h1", "nemotron_h"), _STATES),
}


def out_of_memory(error: Exception) -> bool:
    """Whether something did not fit into memory, a GPU's or the machine's."""
    from accelerate.utils.memory import should_reduce_batch_size

    return isinstance(error, MemoryError | torch.OutOfMemoryError) or bool(should_reduce_batch_size(error))


def _not_loaded(name: str, error: OSError) -> str:
    """Why an LLM was not loaded, and what to do."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    kinds = {type(one).__name__ for one in chain}
    if "GatedRepoError" in kinds or "gated repo" in str(error):
        return (
            f"`llm.name` is {name!r}, which its makers give only to those who accept its licence: do so on its page on "
            "the hub, then run `hf auth login` here"
        )
    if "RepositoryNotFoundError" in kinds or "RevisionNotFoundError" in kinds:
        what = "`llm.revision`" if "RevisionNotFoundError" in kinds else "`llm.name`"
        return (
            f"{what} is not on the hub: {name!r}, or you may not see it; correct it, or run `hf auth login`"
        )
    return (
        f"`llm.name` is {name!r}, which could not be loaded: {str(error).splitlines()[0]} Give `minilm` (packaged), a "
        "folder with a Hugging Face model, or an id that your hub cache has; without a network, download it "
        "elsewhere and copy the folder."
    )


def _few_bits(config: LLMConfig) -> dict[str, Any]:
    """What tells `from_pretrained` to load weights in 4 or 8 bits: NormalFloat, with quantized scales, as in QLoRA."""
    from accelerate.utils import is_bnb_available
    from transformers import BitsAndBytesConfig

    chosen = f"`llm.quantize` is {config.quantize!r}"
    if config.name == "minilm":
        raise ValueError(f"{chosen}, but the packaged MiniLM is small and is read as it is; set it to null")
    if not torch.cuda.is_available():
        raise ValueError(
            f"{chosen}, which needs a CUDA GPU, and there is none; set it to null, or use such a machine"
        )
    if not is_bnb_available():
        raise ImportError(f"{chosen}, but bitsandbytes is not installed; run `pip install bitsandbytes`")
    if config.quantize == "8bit":
        bits = BitsAndBytesConfig(load_in_8bit=True)
    else:
        bits = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    return {"quantization_config": bits, "device_map": {"": torch.cuda.current_device()}}


def add_lora(lm: Any, config: LoraConfig) -> nn.Module:
    """Wrap a causal LM in a fresh PEFT adapter, LoRA or DoRA."""
    from peft import LoraConfig as PeftLora
    from peft import get_peft_model

    targets = config.target_modules
    # A BERT decoder's output transform is not in the embedder's weights: it is trained whole.
    fresh = ["cls.predictions.transform"] if lm.config.model_type == "bert" else None
    adapter = PeftLora(
        r=config.r,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        exclude_modules=_NOT_ADAPTED.get(lm.config.model_type),
        modules_to_save=fresh,
        use_dora=config.dora,
        fan_in_fan_out=lm.config.model_type == "gpt2",  # its layers store weights transposed
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        # peft asks transformers for a name that transformers 5.23 has renamed
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        model: nn.Module = get_peft_model(lm, adapter)
    return model


def _packaged_minilm() -> tuple[Any, Any]:
    """all-MiniLM-L6-v2 as a causal decoder, from the installed package (hash checked)."""
    from safetensors.torch import load_file
    from transformers import AutoTokenizer, BertConfig, BertLMHeadModel

    from wherefore.embedders import packaged_minilm_dir

    folder = packaged_minilm_dir()
    config = BertConfig.from_pretrained(folder)
    config.is_decoder = True
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    lm = BertLMHeadModel(config)
    weights = {f"bert.{key}": value for key, value in load_file(folder / "model.safetensors").items()}
    loaded = lm.load_state_dict({k: v for k, v in weights.items() if ".pooler." not in k}, strict=False)
    strange = [k for k in loaded.missing_keys if not k.startswith("cls.")] + list(loaded.unexpected_keys)
    strange = [k for k in strange if not k.endswith(("position_ids", "token_type_ids"))]
    if strange:
        raise ValueError(f"the packaged MiniLM does not fit this transformers version: {', '.join(strange)}")
    lm.tie_weights()
    return lm, AutoTokenizer.from_pretrained(folder)


@torch.no_grad()
def _embedding_scale(table: Any) -> float:
    """Root mean square of what a table of embeddings gives: some LLMs (Gemma) scale what is in it."""
    size = table.weight.shape[0]
    ids = torch.arange(0, size, max(size // 50_000, 1), device=table.weight.device)
    return float(table(ids).float().pow(2).mean().sqrt())


def build_item_encoder(config: Config, dim: int, width: int, scale: float) -> ItemEncoder:
    """A fresh item encoder.

    Args:
        config: The whole tree.
        dim: d, width of the item vectors.
        width: h, of the LLM.
        scale: Size of the LLM's own embeddings.
    """
    widths = {name: signal.dim for name, signal in make_signals(config.signals).items()}
    extra = {"extra": widths} if widths else {}
    encoder: ItemEncoder = build(
        config.item_encoder, ITEM_ENCODERS, "item encoder", **extra, dim=dim, width=width, scale=scale
    )
    return encoder


def build_model(
    config: Config, dim: int, features: int, llm: tuple[nn.Module, Any] | None = None
) -> RecommenderLM:
    """A model to be trained: base LLM with a fresh adapter, item encoder and head.

    Args:
        config: The whole tree.
        dim: d, width of the item vectors.
        features: f, number of source features.
        llm: The LLM under its adapter, and its tokenizer; None: those that `config.llm` names.
    """
    lm, tokenizer = llm or build_lm(config.llm, config.seed)
    torch.manual_seed(config.seed + 1)
    base = base_of(lm)
    table = base.get_input_embeddings().weight
    encoder = build_item_encoder(config, dim, table.shape[1], _embedding_scale(base.get_input_embeddings()))
    ranker = config.ranker
    head = RankingHead(
        table.shape[1],
        features,
        ranker.hidden,
        reads_states=ranker.llm,
        reads_features=ranker.features,
    )
    return RecommenderLM(
        lm, tokenizer, encoder, head, config.llm.max_dialogue_tokens, ranker.mask, config.llm.soft_mentions
    )
