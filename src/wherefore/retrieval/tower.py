"""A query tower that learns from dialogues which items people name next.

A dialogue is a row of events: what was said (a text vector), the catalogue's values that the words name, and
the items named, each by user or assistant. A small causal transformer reads them, and before every message a
query looks at all that came before and is compared with every item of the catalogue.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.catalog.catalog import Item
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.reading.vocabulary import item_nouns, lexicon
from wherefore.retrieval.index import Index
from wherefore.retrieval.learned import Progress, TextVectors, by_message, outside, packed, unpacked
from wherefore.retrieval.sources import Found, top
from wherefore.text import FUNCTION_WORDS, forms, stem

TEXT, VALUE, ITEM, QUERY = range(4)  # kinds of events
USER, ASSISTANT = range(2)
_FARTHEST = 23  # messages; what is farther back counts as this far
_PHRASE = 4  # words of a value at most
_CHARACTERS = 2000  # of a message that are read
_VALUES = 24  # of a message that count, the first
_EVENTS = 512  # of a dialogue that count, the newest: attention takes their square
_UNKNOWN = 0.5  # added to counts of mentions, so that an item nobody named has some
_BATCH = 32  # dialogues that are read at once after training

Key = tuple[str, str]  # field, value in lower case


@dataclass(frozen=True, slots=True)
class Events:
    """What happened in a dialogue, e events in order.

    Attributes:
        kinds: (e,) TEXT, VALUE, ITEM or QUERY.
        roles: (e,) USER or ASSISTANT; of a query: who speaks next.
        turns: (e,) number of the message.
        places: (e,) which text, value or item; 0 for a query.
        gold: Of each query, the items to find.
        named: Of each query, the items named before.
        texts: What the places of TEXT events count, until `at` makes them rows of a matrix.
    """

    kinds: np.ndarray
    roles: np.ndarray
    turns: np.ndarray
    places: np.ndarray
    gold: tuple[np.ndarray, ...] = ()
    named: tuple[np.ndarray, ...] = ()
    texts: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.kinds)

    def at(self, rows: np.ndarray) -> Events:
        """The same with its texts (t,) found at these rows of a matrix."""
        places = self.places.copy()
        places[self.kinds == TEXT] = rows[places[self.kinds == TEXT]]
        return replace(self, places=places, texts=())


class Phrases:
    """Values by the words that people use for them: their own, or a packaged synonym's.

    Args:
        keys: Field and value of each; a value's place here is its number.
        people: Fields whose values are names of people; of those only full names are found.
        dull: Words that by themselves name no value.

    >>> phrases = Phrases([("genres", "horror"), ("cast", "toni collette")], ["cast"])
    >>> phrases.find(["Scary, with Toni Collette"])
    [0, 1]
    """

    def __init__(self, keys: Sequence[Key], people: Collection[str], dull: Collection[str] = ()) -> None:
        dull = {stem(word) for word in (*FUNCTION_WORDS, *dull)}
        self._numbers: dict[tuple[str, ...], list[int]] = {}
        by_value: dict[str, list[int]] = {}
        for number, (name, value) in enumerate(keys):
            phrase = tuple(map(stem, forms(value)))
            if name not in people:
                by_value.setdefault(value, []).append(number)
            if len(value) < 3 or not 0 < len(phrase) <= _PHRASE or (name in people and len(phrase) < 2):
                continue
            if len(phrase) > 1 or phrase[0] not in dull:
                self._numbers.setdefault(phrase, []).append(number)
        for word, alternatives in lexicon()["words"].items():
            phrase = tuple(map(stem, forms(word)))
            for alternative in alternatives:  # the first that is known is the best; `A + B` means both
                parts = [by_value.get(part.casefold(), []) for part in str(alternative).split(" + ")]
                if all(parts) and len(phrase) <= _PHRASE:
                    own = self._numbers.setdefault(phrase, [])
                    own += [number for part in parts for number in part if number not in own]
                    break

    def find(self, texts: Sequence[str]) -> list[int]:
        """The numbers of the values that texts name, each once, in order; the longest match wins."""
        found: dict[int, None] = {}
        for text in texts:
            said = [stem(form) for form in forms(text)]
            place = 0
            while place < len(said):
                for length in range(min(_PHRASE, len(said) - place), 0, -1):
                    numbers = self._numbers.get(tuple(said[place : place + length]))
                    if numbers is not None:
                        found.update(dict.fromkeys(numbers))
                        place += length - 1
                        break
                place += 1
        return list(found)


@dataclass(frozen=True, slots=True)
class Features:
    """What item vectors are made of, n items.

    Attributes:
        text: (n, d) text vectors.
        own: (n,) number of an item's own vector; the number of such vectors for an item without.
        values: (v,) numbers of the values of all items, one item after the other.
        starts: (n,) where in `values` an item's begin.
        weights: (v,) of the values.
        log_counts: (n,) log(mentions in training + 0.5).
        extra: Further vectors by name, (n, their width); zeros where there is none.
    """

    text: Tensor
    own: Tensor
    values: Tensor
    starts: Tensor
    weights: Tensor
    log_counts: Tensor
    extra: Mapping[str, Tensor] = field(default_factory=dict)


class _Layer(nn.Module):
    """A pre-norm transformer layer whose attention knows how many messages lie between two events."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.within = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inputs, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.distance = nn.Embedding(_FARTHEST + 1, heads)
        nn.init.zeros_(self.distance.weight)
        self.feed = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, seen: Tensor, distance: Tensor) -> Tensor:
        """(b, e, w), which event sees which (b, e, e) and their distance in messages (b, e, e) -> (b, e, w)."""
        b, e, width = x.shape
        heads = self.inputs(self.before(x)).view(b, e, 3, self.heads, width // self.heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # (b, heads, e, w / heads) each
        bias = self.distance(distance).permute(0, 3, 1, 2).masked_fill(~seen[:, None], -1e9)
        read = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
        x = x + self.dropout(self.output(read.transpose(1, 2).reshape(b, e, width)))
        made: Tensor = x + self.dropout(self.feed(self.within(x)))
        return made


class QueryTower(nn.Module):
    """Reads events and gives a query vector before each message; makes item vectors of the same space.

    Causal self-attention over what was named (SASRec: Kang and McAuley, 2018), with a learned bias by distance
    (Raffel et al., 2020); items' own vectors are dropped at random, so that new items, which have none, are as
    usable (DropoutNet: Volkovs et al., 2017).

    Args:
        dim: d, width of text vectors.
        items: Items that have a vector of their own.
        values: Values of category and people fields.
        width: w.
        layers: Transformer layers.
        heads: Attention heads.
        dropout: Within the layers.
        id_dropout: Share of items whose own vector is left out in a training step.
        event_dropout: Share of events that are left out in a training step.
        extra: Width of further item vectors by name.

    Raises:
        ValueError: If a number is out of its range.
    """

    def __init__(
        self,
        dim: int,
        items: int,
        values: int,
        width: int = 256,
        layers: int = 1,
        heads: int = 4,
        dropout: float = 0.2,
        id_dropout: float = 0.3,
        event_dropout: float = 0.1,
        extra: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        for name, number in (("width", width), ("layers", layers), ("heads", heads)):
            if number < 1:
                raise ValueError(f"`{name}` is {number}; it must be at least 1")
        for name, share in (
            ("dropout", dropout),
            ("id_dropout", id_dropout),
            ("event_dropout", event_dropout),
        ):
            if not 0 <= share < 1:
                raise ValueError(f"`{name}` is {share}; it must be at least 0 and less than 1")
        if width % heads:
            raise ValueError(f"`width` is {width}; it must be a multiple of `heads`, which is {heads}")
        self.id_dropout, self.event_dropout = id_dropout, event_dropout
        self.own = nn.Embedding(items + 1, width, padding_idx=items)  # the last: none, always zeros
        self.bias = nn.Parameter(torch.zeros(items))
        self.values = nn.Embedding(values, width)
        self.item_text, self.item_norm = nn.Linear(dim, width), nn.LayerNorm(width)
        self.extra = nn.ModuleDict({n: nn.Linear(w, width, bias=False) for n, w in (extra or {}).items()})
        self.said, self.kinds = nn.Linear(dim, width), nn.Embedding(8, width)
        nn.init.normal_(self.values.weight, std=0.02)
        nn.init.normal_(self.kinds.weight, std=0.1)
        nn.init.normal_(self.own.weight, std=0.02)
        with torch.no_grad():
            self.own.weight[items] = 0.0
        self.layers = nn.ModuleList(_Layer(width, heads, dropout) for _ in range(layers))
        self.norm, self.output = nn.LayerNorm(width), nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.popularity = nn.Parameter(torch.tensor([0.5]))
        self.sharpness = nn.Parameter(torch.tensor([math.log(12.0)]))

    def items(self, features: Features) -> Tensor:
        """Item vectors (n, w) as events are made of; `scores` takes them unit."""
        mine = self.own(features.own)
        if self.training and self.id_dropout:
            mine = mine * (torch.rand(len(mine), 1) > self.id_dropout)
        made = mine + self.item_text(features.text)
        if len(features.values):
            made = made + functional.embedding_bag(
                features.values,
                self.values.weight,
                features.starts,
                mode="sum",
                per_sample_weights=features.weights,
            )
        for name, linear in self.extra.items():
            made = made + linear(features.extra[name])
        normed: Tensor = self.item_norm(made)
        return normed

    def forward(self, batch: Sequence[Events], items: Tensor, texts: Tensor) -> Tensor:
        """Query vectors of all queries of the dialogues, in order: (q, w), unit.

        A query sees the events of earlier messages and itself; an event those of its message and of earlier
        ones. Nothing sees another query.

        Args:
            batch: b dialogues.
            items: (n, w) that ITEM events point into.
            texts: (t, d) that TEXT events point into.
        """
        shape = (len(batch), max(map(len, batch)))
        kinds, roles, turns, places = (torch.zeros(shape, dtype=torch.long) for _ in range(4))
        real = torch.zeros(shape, dtype=torch.bool)
        for row, events in enumerate(batch):
            real[row, : len(events)] = True
            kinds[row, : len(events)] = torch.from_numpy(events.kinds)
            roles[row, : len(events)] = torch.from_numpy(events.roles)
            turns[row, : len(events)] = torch.from_numpy(events.turns)
            places[row, : len(events)] = torch.from_numpy(events.places)
        queries = (kinds == QUERY) & real
        x = self.kinds(kinds * 2 + roles)  # (b, e, w)
        for kind in (TEXT, VALUE, ITEM):
            here = (kinds == kind) & real
            which = places[here]
            if not len(which):
                continue
            if kind == TEXT:
                content = 3 * self.said(texts[which].float())
            elif kind == VALUE:
                content = 3 * self.values(which)
            else:  # not items[which], whose gradient depends on the order in which threads come
                content = functional.embedding(which, items)
            x = x.index_put((here,), content.to(x.dtype), accumulate=True)
        kept = real
        if self.training and self.event_dropout:
            kept = real & (torch.rand(shape) > self.event_dropout)
        reader, read = turns[:, :, None], turns[:, None, :]
        earlier = torch.where(queries[:, :, None], read < reader, read <= reader)
        seen = earlier & ~queries[:, None, :] & kept[:, None, :]
        seen = seen | torch.eye(shape[1], dtype=torch.bool)
        distance = (reader - read).clamp(0, _FARTHEST)
        x = self.dropout(x)
        for layer in self.layers:
            x = layer(x, seen, distance)
        return functional.normalize(self.output(self.norm(x[queries])).float(), dim=-1)

    def scores(self, queries: Tensor, unit_items: Tensor, features: Features) -> Tensor:
        """How well queries (q, w) and items (n, w), both unit, go together: logits (q, n)."""
        bias = torch.cat([self.bias, self.bias.new_zeros(1)])[features.own]
        return self.sharpness.exp() * (queries @ unit_items.T) + self.popularity * features.log_counts + bias


class Tower:
    """The source that a query tower makes: what the assistant is likeliest to name next.

    Args:
        index: What is searched.
        k: Rows given at most.
        width: w of the tower.
        layers: Of its transformer.
        heads: Attention heads.
        epochs: Passes over the dialogues.
        batch_size: Dialogues in a step.
        lr: Highest learning rate.
        weight_decay: On matrices.
        dropout: Within layers.
        id_dropout: See `QueryTower`.
        event_dropout: See `QueryTower`.
        user_weight: Weight of what users name; what assistants name has weight 1.
        min_frequency: Values that fewer items bear have no vector and are not heard.
        members: Towers that are trained apart, each from a seed of its own; the mean of their logits is what counts
            (deep ensembles: Lakshminarayanan et al., 2017).
        seed: Of weights, order and dropout; further members take the seeds that follow.
        bf16: Train in bfloat16 where matrices are multiplied.
        by_content: Whether to say, besides, how well items go by their text and values alone; see `parts`.
        unnamed: Of the k rows, how many are items that no training dialogue names, by content alone; spread evenly
            over the others. Such items have no score then.
        extra: Further vectors of the index' items by name, (n, any width); a row with NaN is not known, and so
            are items that are added later.

    Attributes:
        part_names: What `parts` gives.
        history: Mean loss of each epoch of the last `fit`, over the members.

    Raises:
        ValueError: If a number is out of its range or `extra` does not fit the index.
    """

    name = "tower"

    def __init__(
        self,
        index: Index,
        k: int = 200,
        width: int = 256,
        layers: int = 1,
        heads: int = 4,
        epochs: int = 5,
        batch_size: int = 48,
        lr: float = 1e-3,
        weight_decay: float = 0.05,
        dropout: float = 0.2,
        id_dropout: float = 0.3,
        event_dropout: float = 0.1,
        user_weight: float = 1.0,
        min_frequency: int = 2,
        members: int = 1,
        seed: int = 0,
        bf16: bool = True,
        by_content: bool = False,
        unnamed: int = 0,
        extra: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.part_names: tuple[str, ...] = ("by_content",) if by_content else ()
        for what, number in (("k", k), ("epochs", epochs), ("batch_size", batch_size), ("members", members)):
            if number < 1:
                raise ValueError(f"`{what}` is {number}; it must be at least 1")
        if not 0 <= unnamed < k:
            raise ValueError(f"`unnamed` is {unnamed}; it must be at least 0 and less than `k`, which is {k}")
        self.unnamed = unnamed
        self.index, self.k = index, k
        self.shape: dict[str, int] = {"width": width, "layers": layers, "heads": heads}
        self.drop: dict[str, Any] = {
            "dropout": dropout,
            "id_dropout": id_dropout,
            "event_dropout": event_dropout,
        }
        self.epochs, self.batch_size, self.lr, self.weight_decay = epochs, batch_size, lr, weight_decay
        self.user_weight, self.members, self.seed, self.bf16 = user_weight, members, seed, bf16
        self.min_frequency = min_frequency
        self.history: list[float] = []
        self._extra = _Extra(extra or {}, index)
        self._learnt: _Learnt | None = None
        self._state: _State | None = None
        self._last: tuple[Dialogue, _State, np.ndarray] | None = None
        self._query: tuple[Dialogue, _State, np.ndarray] | None = None
        with torch.random.fork_rng(devices=[]):
            self._tower(0, 0)  # what cannot be built is refused here

    # -- learning ---------------------------------------------------------------------------------------

    @property
    def fitted(self) -> bool:
        """Whether there is a tower."""
        return self._learnt is not None

    def fit(
        self,
        dialogues: Sequence[Dialogue],
        vectors: TextVectors | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Train the towers from scratch; every message that names new items is something to predict.

        When it fails, what was learned before stays.

        Args:
            dialogues: Whole dialogues with mentions.
            vectors: Of the messages; None: its own.
            progress: Told (steps done, of).

        Raises:
            ValueError: If no dialogue names a new item after its first message.
            FloatingPointError: If the loss is no longer a number.
        """
        vectors = TextVectors(self.index) if vectors is None else vectors
        catalog, attributes = self.index.catalog, self.index.attributes
        counts: dict[str, int] = {}
        for dialogue in dialogues:
            for item, _ in dict.fromkeys((mention.item_id, mention.message) for mention in dialogue.mentions):
                counts[item] = counts.get(item, 0) + 1
        ids = sorted(item for item in catalog.ids if item in counts)
        keys = sorted(
            key
            for key, number in attributes.numbers.items()
            if attributes.frequency(number) >= self.min_frequency
        )
        learnt = _Learnt(
            towers=(),
            ids=ids,
            counts=np.array([counts[item] for item in ids], dtype=np.float32),
            keys=keys,
            people=[spec.name for spec in catalog.schema.of_kind("people")],
        )
        state = self._derive(learnt)
        found = [_events(dialogue, state, learn=True) for dialogue in dialogues]
        found = [events for events in found if events.gold]
        if not found:
            raise ValueError(
                f"source {self.name!r} has nothing to learn: none of {len(dialogues)} dialogues names a new "
                "item of the catalogue after its first message; give dialogues with mentions"
            )
        rows = vectors.rows([text for events in found for text in events.texts])
        ends = np.cumsum([0, *(len(events.texts) for events in found)])
        found = [events.at(rows[ends[n] : ends[n + 1]]) for n, events in enumerate(found)]
        texts = torch.from_numpy(vectors.matrix)
        towers: list[QueryTower] = []
        losses: list[list[float]] = []
        for member in range(self.members):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed + member)
                towers.append(self._tower(len(ids), len(keys)))
                losses.append(self._train(member, towers[-1], found, texts, state, progress))
        self._learnt = replace(learnt, towers=tuple(towers))
        self.history = np.mean(losses, axis=0).tolist()
        self._state, self._last, self._query = None, None, None

    def _train(
        self,
        member: int,
        tower: QueryTower,
        found: Sequence[Events],
        texts: Tensor,
        state: _State,
        progress: Progress | None,
    ) -> list[float]:
        rng = np.random.default_rng(self.seed + member)
        matrices: list[nn.Parameter] = []
        others: list[nn.Parameter] = []
        for name, weight in tower.named_parameters():
            small = weight.ndim < 2 or "kinds." in name or "distance." in name
            (others if small else matrices).append(weight)
        optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": self.weight_decay},
                {"params": others, "weight_decay": 0.0},
            ],
            lr=self.lr,
            fused=True,
        )
        steps, done = self.epochs * math.ceil(len(found) / self.batch_size), 0
        rise = min(100, max(steps // 5, 1))
        history = []
        tower.train()
        for epoch in range(self.epochs):
            losses = []
            for chosen in _batches(found, self.batch_size, rng):
                batch = [found[number] for number in chosen]
                rate = min(1.0, (done + 1) / rise) * (0.03 + 0.485 * (1 + math.cos(math.pi * done / steps)))
                for group in optimizer.param_groups:
                    group["lr"] = self.lr * rate
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
                    items = tower.items(state.features)  # (n, w)
                    queries = tower(batch, items, texts)  # (q, w)
                    unit = functional.normalize(items.float(), dim=-1)
                    scores = tower.scores(queries, unit, state.features)  # (q, n)
                loss = self._loss(scores.float(), batch)
                if not math.isfinite(loss.item()):
                    raise FloatingPointError(
                        f"the loss of source {self.name!r} is {loss.item()} in epoch {epoch + 1}; lower its `lr`, "
                        f"now {self.lr}"
                    )
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
                optimizer.step()
                losses.append(loss.item())
                done += 1
                if progress is not None:
                    progress(member * steps + done, self.members * steps)
            history.append(sum(losses) / len(losses))
        tower.eval()
        with torch.no_grad():  # as it is kept, so that a restored tower gives the same scores
            for tensor in tower.state_dict().values():
                tensor.copy_(torch.from_numpy(_kept(tensor)))
        return history

    def _loss(self, scores: Tensor, batch: Sequence[Events]) -> Tensor:
        """Mean cross-entropy of the gold items; items named before are out of the race."""
        gold = [rows for events in batch for rows in events.gold]
        named = [rows for events in batch for rows in events.named]
        roles = np.concatenate([events.roles[events.kinds == QUERY] for events in batch])
        out = torch.zeros(scores.shape, dtype=torch.bool)
        out[_line(named), np.concatenate(named)] = True
        logs = scores.masked_fill(out, -1e4).log_softmax(-1)
        lines = _line(gold)
        weights = torch.from_numpy(np.where(roles == USER, self.user_weight, 1.0)[lines]).float()
        picked = logs[lines, np.concatenate(gold)]
        return -(picked * weights).sum() / weights.sum().clamp_min(1e-6)

    def _tower(self, items: int, values: int) -> QueryTower:
        return QueryTower(self.index.dim, items, values, **self.shape, extra=self._extra.widths, **self.drop)

    # -- what was learned, as tensors ---------------------------------------------------------------------

    def tensors(self) -> dict[str, np.ndarray]:
        """Weights (matrices as float16), the items with vectors of their own, how often they were named, values.

        Raises:
            ValueError: If nothing was learned yet.
        """
        learnt = self._learned()
        return {
            **{
                f"{prefix}.{name}": _kept(tensor)
                for prefix, tower in zip(self._prefixes(), learnt.towers, strict=True)
                for name, tensor in tower.state_dict().items()
            },
            "counts": learnt.counts,
            "ids": packed(learnt.ids),
            "values": packed([list(key) for key in learnt.keys]),
            "people": packed(learnt.people),
            "embedder": packed(self.index.embedder.name),
        }

    def restore(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Take what `tensors` gave. When it fails, what was learned before stays.

        Raises:
            ValueError: If a tensor is missing, left over, or of another shape, or vectors were of another
                embedder.
        """
        rest = ("counts", "ids", "values", "people", "embedder")
        missing = [name for name in rest if name not in tensors]
        if missing:
            raise ValueError(f"{', '.join(missing)} of source {self.name!r} is missing; train it again")
        embedder = unpacked(tensors["embedder"])
        if embedder != self.index.embedder.name:
            raise ValueError(
                f"source {self.name!r} was trained with the vectors of {embedder!r}, here they are of "
                f"{self.index.embedder.name!r}; use the embedder it was trained with, or train it again"
            )
        ids, keys = unpacked(tensors["ids"]), unpacked(tensors["values"])
        with torch.random.fork_rng(devices=[]):
            towers = {prefix: self._tower(len(ids), len(keys)) for prefix in self._prefixes()}
        expected = {
            f"{prefix}.{name}": tuple(tensor.shape)
            for prefix, tower in towers.items()
            for name, tensor in tower.state_dict().items()
        }
        expected["counts"] = (len(ids),)
        given = {name: tuple(tensor.shape) for name, tensor in tensors.items() if name not in rest[1:]}
        wrong = [
            f"{name} is {given.get(name, 'missing')}, here {expected.get(name, 'unknown')}"
            for name in sorted(set(expected) | set(given))
            if given.get(name) != expected.get(name)
        ]
        if wrong:
            raise ValueError(
                f"what source {self.name!r} learned does not fit: {'; '.join(wrong[:3])} ({len(wrong)} in all); "
                f"`width`, `layers`, `heads`, `members` and `extra` must be those it was trained with, here "
                f"{self.shape | {'members': self.members}}"
            )
        for prefix, tower in towers.items():
            tower.load_state_dict(
                {
                    name: torch.from_numpy(np.array(tensors[f"{prefix}.{name}"], dtype=np.float32))
                    for name in tower.state_dict()
                }
            )
        self._learnt = _Learnt(
            towers=tuple(tower.eval() for tower in towers.values()),
            ids=[str(item) for item in ids],
            counts=np.array(tensors["counts"], dtype=np.float32),
            keys=[(str(name), str(value)) for name, value in keys],
            people=[str(name) for name in unpacked(tensors["people"])],
        )
        self._state, self._last, self._query = None, None, None

    def _prefixes(self) -> list[str]:
        """What the names of each member's tensors begin with."""
        return ["tower", *(f"tower-{member}" for member in range(1, self.members))]

    # -- searching ----------------------------------------------------------------------------------------

    def texts(self, dialogue: Dialogue) -> list[str]:
        """The messages, without those that are titles alone."""
        return [text for text in message_texts(dialogue) if text] if self._knows else []

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The rows that are likeliest to be named next."""
        if not self._knows:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        scores = self._all(dialogue)
        if not self.unnamed:
            return top(scores, k, allowed)
        named = self._now().named
        count = self.unnamed * k // max(self.k, k)  # fewer where fewer are asked for
        further, _ = top(self._by_content(dialogue), count, allowed & ~named)
        rows, _ = top(scores, k - len(further), allowed & named)
        at = np.linspace(0, len(rows), len(further), endpoint=False).astype(np.int64)
        rows = np.insert(rows, at, further)
        return rows, scores[rows]

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Log-probability that the assistant names each row next (m,).

        NaN before anything is learned, and on a catalogue of which it knows no item: there its guesses are worse
        than none. With `unnamed` also for items that no training dialogue names.
        """
        if not self._knows:
            return np.full(len(rows), np.nan, dtype=np.float32)
        scores: np.ndarray = self._all(dialogue)[rows]
        if self.unnamed:
            scores = np.where(self._now().named[rows], scores, np.float32(np.nan))
        return scores

    def parts(self, dialogue: Dialogue, rows: np.ndarray) -> np.ndarray:
        """How well each row goes with the dialogue by its text and values alone, (m, 1) float32; NaN as in `score`.

        This means the same for an item that nobody has named yet as for one that everybody names. (m, 0) where it
        was not asked for.
        """
        if not self.part_names:
            return np.empty((len(rows), 0), dtype=np.float32)
        if not self._knows:
            return np.full((len(rows), 1), np.nan, dtype=np.float32)
        parts: np.ndarray = self._by_content(dialogue)[rows][:, None]
        return parts

    @property
    def _knows(self) -> bool:
        return self._learnt is not None and self._now().knows

    def query_vector(self, dialogue: Dialogue) -> np.ndarray:
        """What the towers look for, (members, w) float32, unit rows.

        Raises:
            ValueError: If nothing was learned yet.
        """
        vector: np.ndarray = self.query_vectors([dialogue])[0]
        return vector

    def query_vectors(self, dialogues: Sequence[Dialogue]) -> np.ndarray:
        """What the towers look for in each of b dialogues, (b, members, w) float32, unit rows.

        Raises:
            ValueError: If nothing was learned yet.
        """
        state, towers = self._now(), self._learned().towers
        made = np.empty((len(dialogues), len(towers), self.shape["width"]), dtype=np.float32)
        for start in range(0, len(dialogues), _BATCH):
            batch = [_events(one, state, learn=False) for one in dialogues[start : start + _BATCH]]
            row = {text: n for n, text in enumerate(dict.fromkeys(t for e in batch for t in e.texts))}
            batch = [e.at(np.array([row[text] for text in e.texts], dtype=np.int64)) for e in batch]
            texts = torch.from_numpy(self._embed(list(row)))
            with torch.inference_mode():
                for member, (tower, view) in enumerate(zip(towers, state.views, strict=True)):
                    made[start : start + _BATCH, member] = tower(batch, view.items, texts).numpy()
        return made

    def item_vectors(self) -> np.ndarray:
        """Where every item lies, (members, n, w) float32, unit rows: near the queries that it goes with.

        Raises:
            ValueError: If nothing was learned yet.
        """
        self._learned()
        return np.stack([view.unit.numpy() for view in self._now().views])

    def _all(self, dialogue: Dialogue) -> np.ndarray:
        """Log-probabilities of the whole catalogue, (n,)."""
        state = self._now()
        if self._last is not None and self._last[0] is dialogue and self._last[1] is state:
            return self._last[2]
        queries, towers = torch.from_numpy(self._looked_for(dialogue)), self._learned().towers
        with torch.inference_mode():
            scores = [
                tower.scores(query[None], view.unit, state.features)[0]
                for tower, query, view in zip(towers, queries, state.views, strict=True)
            ]
            logs: np.ndarray = torch.stack(scores).mean(0).log_softmax(-1).numpy()
        self._last = (dialogue, state, logs)
        return logs

    def _by_content(self, dialogue: Dialogue) -> np.ndarray:
        """(n,) of the whole catalogue; see `parts`."""
        queries, towers = torch.from_numpy(self._looked_for(dialogue)), self._learned().towers
        with torch.inference_mode():
            scores = [
                tower.sharpness.exp() * (view.content @ query)
                for tower, query, view in zip(towers, queries, self._now().views, strict=True)
            ]
            made: np.ndarray = torch.stack(scores).mean(0).numpy()
        return made

    def _looked_for(self, dialogue: Dialogue) -> np.ndarray:
        """The queries' vectors (members, w), kept for the dialogue that was asked last."""
        state = self._now()
        if self._query is None or self._query[0] is not dialogue or self._query[1] is not state:
            self._query = (dialogue, state, self.query_vector(dialogue))
        return self._query[2]

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        """Distinct texts -> (t, d) float32, rounded as in training."""
        vectors = self.index.embed_all(texts)
        made = np.stack([vectors[text] for text in texts]) if texts else np.zeros((0, self.index.dim))
        return np.asarray(made.astype(np.float16), dtype=np.float32)

    # -- the catalogue as the tower sees it -----------------------------------------------------------------

    def _learned(self) -> _Learnt:
        if self._learnt is None:
            raise ValueError(f"source {self.name!r} has learned nothing yet; fit it or restore it first")
        return self._learnt

    def _now(self) -> _State:
        """All that is derived from the catalogue as it is."""
        if self._state is None or self._state.catalog is not self.index.catalog.items:
            self._state = self._derive(self._learned())
        return self._state

    def _derive(self, learnt: _Learnt) -> _State:
        catalog, attributes = self.index.catalog, self.index.attributes
        numbers = {key: number for number, key in enumerate(learnt.keys)}
        here = np.full(len(attributes.numbers), -1, dtype=np.int64)  # the tower's numbers of values
        for key, number in attributes.numbers.items():
            here[number] = numbers.get(key, -1)
        bags = [here[attributes.of_row(row)] for row in range(len(catalog))]
        bags = [np.sort(bag[bag >= 0]) for bag in bags]
        sizes = np.array([len(bag) for bag in bags], dtype=np.int64)
        places = {item: place for place, item in enumerate(learnt.ids)}
        own = np.array([places.get(item, len(places)) for item in catalog.ids], dtype=np.int64)
        features = Features(
            text=torch.tensor(self.index.vectors),
            own=torch.from_numpy(own),
            values=torch.from_numpy(np.concatenate([np.empty(0, dtype=np.int64), *bags])),
            starts=torch.from_numpy(np.cumsum(sizes) - sizes),
            weights=torch.from_numpy(np.repeat(np.maximum(sizes, 1) ** -0.5, sizes)).float(),
            log_counts=torch.from_numpy(np.log(np.append(learnt.counts, 0.0)[own] + _UNKNOWN)).float(),
            extra=self._extra.of(catalog.ids),
        )
        unnamed = replace(features, own=torch.full_like(features.own, len(places)))
        views = []
        with torch.inference_mode():
            for tower in learnt.towers:
                items = tower.items(features).float()
                content = functional.normalize(tower.items(unnamed).float(), dim=-1)
                views.append(_View(items, functional.normalize(items, dim=-1), content))
        return _State(
            catalog=catalog.items,
            phrases=Phrases(learnt.keys, learnt.people, item_nouns(catalog)),
            row={item: row for row, item in enumerate(catalog.ids)},
            features=features,
            views=tuple(views),
            named=np.append(learnt.counts, 0.0)[own] > 0,
            knows=bool((own < len(places)).any()),
        )


@dataclass(frozen=True, slots=True)
class _Learnt:
    """All that was learned."""

    towers: tuple[QueryTower, ...]  # the members
    ids: list[str]  # items with a vector of their own
    counts: np.ndarray  # in how many messages those were named
    keys: list[Key]
    people: list[str]  # fields


@dataclass(frozen=True, slots=True)
class _View:
    """A catalogue's items as one tower sees them."""

    items: Tensor  # (n, w)
    unit: Tensor  # (n, w)
    content: Tensor  # (n, w) unit, as if nobody had ever named the item


@dataclass(frozen=True, slots=True)
class _State:
    """What the towers know of a catalogue."""

    catalog: Sequence[Item]
    phrases: Phrases
    row: Mapping[str, int]
    features: Features
    views: tuple[_View, ...]  # of each member
    named: np.ndarray  # (n,) bool, whether a training dialogue names the item
    knows: bool  # any item of it


class _Extra:
    """Further vectors of items, known by id."""

    def __init__(self, given: Mapping[str, np.ndarray], index: Index) -> None:
        for name, vectors in given.items():
            if np.ndim(vectors) != 2 or len(vectors) != len(index):
                raise ValueError(
                    f"`extra[{name!r}]` has the shape {np.shape(vectors)}; it needs one row for each of the "
                    f"{len(index)} items"
                )
        self._row = {item: row for row, item in enumerate(index.catalog.ids)} if given else {}
        self._vectors: dict[str, np.ndarray] = {}
        for name, vectors in given.items():
            known = np.isfinite(vectors).all(axis=1, keepdims=True)
            filled = np.where(known, vectors, 0.0).astype(np.float32)
            self._vectors[name] = np.pad(filled, ((0, 1), (0, 0)))  # the last: not known
        self.widths = {name: vectors.shape[1] for name, vectors in self._vectors.items()}

    def of(self, ids: Sequence[str]) -> dict[str, Tensor]:
        """(n, width) by name."""
        rows = [self._row.get(item, -1) for item in ids]
        return {name: torch.from_numpy(vectors[rows]) for name, vectors in self._vectors.items()}


def _events(dialogue: Dialogue, state: _State, learn: bool) -> Events:
    """The events of a dialogue; while learning with a query before each message, else with one at the end."""
    mentions = by_message(dialogue)
    rows: list[tuple[int, int, int, int]] = []
    gold: list[np.ndarray] = []
    before: list[np.ndarray] = []
    named: dict[int, None] = {}
    texts: list[str] = []
    first = 0 if learn else max(0, len(dialogue.messages) - _EVENTS)
    for turn, message in enumerate(dialogue.messages[first:], first):
        if message.role == "system":
            continue
        role = USER if message.role == "user" else ASSISTANT
        here = mentions.get(turn, [])
        items = list(dict.fromkeys(state.row[m.item_id] for m in here if m.item_id in state.row))
        new = [item for item in items if item not in named]
        if learn and turn and new:
            rows.append((QUERY, role, turn, 0))
            gold.append(np.array(new, dtype=np.int64))
            before.append(np.array(list(named), dtype=np.int64))
        parts = outside(message.content[:_CHARACTERS], here)
        if text := _text(message, parts):
            rows.append((TEXT, role, turn, len(texts)))
            texts.append(text)
            rows += [(VALUE, role, turn, value) for value in state.phrases.find(parts)[:_VALUES]]
        rows += [(ITEM, role, turn, item) for item in items]
        named.update(dict.fromkeys(items))
    if not learn:
        rows.append((QUERY, ASSISTANT, len(dialogue.messages), 0))
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)[-_EVENTS:]
    kinds, places = table[:, 0].copy(), table[:, 3].copy()
    kept = int((kinds == TEXT).sum())
    places[kinds == TEXT] = np.arange(kept)
    lost = len(gold) - int((kinds == QUERY).sum()) if learn else 0
    return Events(
        kinds=kinds,
        roles=table[:, 1].copy(),
        turns=table[:, 2].copy(),
        places=places,
        gold=tuple(gold[lost:]),
        named=tuple(before[lost:]),
        texts=tuple(texts[len(texts) - kept :]),
    )


def message_texts(dialogue: Dialogue) -> list[str]:
    """Each message of a dialogue as it is embedded; empty for one that has no words besides titles."""
    mentions = by_message(dialogue)
    return [
        _text(message, outside(message.content[:_CHARACTERS], mentions.get(number, [])))
        for number, message in enumerate(dialogue.messages)
    ]


def _text(message: Message, outside: Sequence[str]) -> str:
    """A message as it is embedded, given its parts that are no titles."""
    if message.role == "system" or not any(character.isalnum() for part in outside for character in part):
        return ""
    clean = message.content[:_CHARACTERS].encode(
        "utf-8", "replace"
    )  # half a surrogate pair cannot be embedded
    return " ".join(clean.decode("utf-8").split())


def _kept(tensor: Tensor) -> np.ndarray:
    """A tensor as it is saved: matrices as float16, the rest, which is small, as float32."""
    made: np.ndarray = tensor.detach().to(torch.float16 if tensor.ndim > 1 else torch.float32).numpy().copy()
    return made


def _line(parts: Sequence[np.ndarray]) -> np.ndarray:
    """For the concatenation of parts, the number of the part that each entry is from."""
    return np.repeat(np.arange(len(parts)), [len(part) for part in parts])


def _batches(found: Sequence[Events], size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """All numbers in random order, cut into batches of similar length."""
    order = rng.permutation(len(found))
    batches: list[np.ndarray] = []
    for start in range(0, len(order), 16 * size):
        near = sorted(order[start : start + 16 * size], key=lambda number: len(found[number]))
        cut = [np.array(near[place : place + size]) for place in range(0, len(near), size)]
        batches += [cut[place] for place in rng.permutation(len(cut))]
    return batches
