"""Turns in which a person recommended, with the candidates that were retrieved for them; made once and kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from wherefore.catalog.catalog import Catalog
from wherefore.corpora.base import CorpusDialogue, as_dialogue
from wherefore.corpora.items import title_writer
from wherefore.dialogue.fingerprint import fingerprint
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CorpusError
from wherefore.files import write_aside
from wherefore.lm.prompt import PromptFormat, Segment
from wherefore.progress import Progress
from wherefore.reading.reader import DialogueReader
from wherefore.retrieval.retriever import Retriever

_AT_ONCE = 64  # dialogues whose texts are embedded at once


@dataclass(frozen=True)
class Sampled:
    """Candidates of one dialogue for one training step."""

    rows: np.ndarray  # (m,)
    features: np.ndarray  # (m, f)
    gold: np.ndarray  # (m,) bool
    expected: np.ndarray  # (m,) log of how often each is in a sample
    places: np.ndarray  # (m,) among the turn's candidates


@dataclass(frozen=True)
class Recommendations:
    """Recommending turns with their retrieved candidates, as arrays.

    Attributes:
        rows: (r, m) catalogue rows of the candidates, -1 where there are fewer.
        features: (r, m, f) their source features.
        gold: For each turn, the rows of the items that the person named.
        tokens: For each turn, trunk (as `Segment.coded`) and reply as token ids.
        said: (r,) int64 fingerprint of what was said before each turn, as `Corpus.read` writes it; empty where
            candidates were kept before that was known.
    """

    rows: np.ndarray
    features: np.ndarray
    gold: tuple[np.ndarray, ...]
    tokens: tuple[tuple[np.ndarray, np.ndarray], ...]
    said: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.gold)

    @property
    def found(self) -> np.ndarray:
        """(r, m) whether the candidate is gold."""
        return np.stack([np.isin(rows, gold) for rows, gold in zip(self.rows, self.gold, strict=True)])

    def trunk(self, number: int, text_format: PromptFormat) -> Segment:
        """The dialogue before turn `number`, as this format has rendered it."""
        return text_format.segment(self.tokens[number][0].tolist())

    def reply(self, number: int) -> tuple[int, ...]:
        """What the person said."""
        return tuple(self.tokens[number][1].tolist())

    def known_features(self, most: int) -> Tensor:
        """The features of at most so many real candidates, evenly spread, (r, f)."""
        turns, places = np.nonzero(self.rows >= 0)
        step = max(len(turns) // most, 1)
        return torch.from_numpy(self.features[turns[::step], places[::step]].astype(np.float32))

    def sample(
        self,
        number: int,
        size: int,
        rng: Generator,
        harder: float = 20.0,
        sure: np.ndarray | None = None,
        out: np.ndarray | None = None,
    ) -> Sampled:
        """All gold candidates of a turn and others, `size` in all; what sources rank high is drawn more often.

        Args:
            number: Of the turn.
            size: At most so many.
            rng: Draws.
            harder: Candidate number r, from 0, is drawn in proportion to 1 / (r + harder).
            sure: (m,) bool, candidates that are always in the sample, besides gold.
            out: (m,) bool, candidates that are never drawn.

        Returns:
            The sample, with the logarithm of how often each was to be expected in it, so that a softmax over the
            sample can stand for one over all candidates (sampled softmax; Jean et al., 2015, arXiv 1412.2007).
        """
        rows = self.rows[number]
        real = np.flatnonzero(rows >= 0)
        gold = np.isin(rows[real], self.gold[number])
        kept = gold if sure is None else gold | sure[real]
        others = real[~kept] if out is None else real[~kept & ~out[real]]
        count = max(size - int(kept.sum()), 1)
        chances = 1.0 / (others + harder)
        expected = np.minimum(count * chances / chances.sum(), 1.0) if len(others) else chances
        if len(others) > count:
            keys = np.log(chances) + rng.gumbel(size=len(others))
            drawn = np.sort(np.argpartition(-keys, count - 1)[:count])
            others, expected = others[drawn], expected[drawn]
        places = np.concatenate([real[kept], others])
        logs = np.concatenate([np.zeros(int(kept.sum())), np.log(expected)])
        order = rng.permutation(len(places))
        places = places[order]
        return Sampled(
            rows[places],
            self.features[number, places].astype(np.float32),
            np.isin(rows[places], self.gold[number]),
            logs[order].astype(np.float32),
            places,
        )

    @classmethod
    def joined(cls, parts: Sequence[Recommendations]) -> Recommendations:
        """All turns of several."""
        return cls(
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.features for part in parts]),
            tuple(gold for part in parts for gold in part.gold),
            tuple(pair for part in parts for pair in part.tokens),
            np.concatenate([part.said for part in parts])
            if all(len(part.said) == len(part) for part in parts)
            else np.zeros(0, dtype=np.int64),
        )

    def save(self, path: Path) -> None:
        """Write one safetensors file, aside first."""
        from safetensors.numpy import save_file

        def flat(parts: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
            arrays = [np.asarray(part, dtype=np.int32) for part in parts]
            offsets = np.cumsum([0, *map(len, arrays)]).astype(np.int64)
            return (np.concatenate(arrays) if arrays else np.zeros(0, np.int32)), offsets

        tensors: dict[str, Any] = {"rows": self.rows, "features": self.features, "said": self.said}
        for name, parts in (
            ("gold", self.gold),
            ("trunks", [pair[0] for pair in self.tokens]),
            ("replies", [pair[1] for pair in self.tokens]),
        ):
            tensors[name], tensors[f"{name}_offsets"] = flat(parts)
        with write_aside(path) as aside:
            save_file(tensors, aside)

    @classmethod
    def load(cls, path: Path) -> Recommendations:
        """Read what `save` wrote."""
        from safetensors.numpy import load_file

        tensors = load_file(path)

        def parts(name: str) -> tuple[np.ndarray, ...]:
            return tuple(np.split(tensors[name], tensors[f"{name}_offsets"][1:-1]))

        tokens = tuple(zip(parts("trunks"), parts("replies"), strict=True))
        said = tensors.get("said", np.zeros(0, dtype=np.int64))
        return cls(tensors["rows"], tensors["features"], parts("gold"), tokens, said)


def prepare_recommendations(
    turns: Iterable[tuple[CorpusDialogue, int, Mapping[str, str], Mapping[str, str]]],
    catalog: Catalog,
    retriever: Retriever,
    text_format: PromptFormat,
    k: int,
    seed: int = 0,
    progress: Progress | None = None,
) -> Recommendations:
    """Read each dialogue as in a conversation, but with its mentions given, and fetch its candidates.

    Args:
        turns: Dialogues with the number of a recommending turn, corpus item id → catalogue id, and corpus item
            id → title with year.
        catalog: Items in row order.
        retriever: Fetches the candidates.
        text_format: Renders trunks and replies.
        k: m, candidates per turn.
        seed: For how titles are written.
        progress: Told (done, of).

    Raises:
        CorpusError: If no turn names an item of the catalogue.
    """
    reader = DialogueReader(catalog)
    todo = list(turns)
    rows, features, gold, tokens, keys = [], [], [], [], []
    for start in range(0, len(todo), _AT_ONCE):
        asked = [_asked(*one, seed) for one in todo[start : start + _AT_ONCE]]
        asked = [one for one in asked if one.usable]
        read = [reader.read(one.said.messages, mentions=one.said.mentions) for one in asked]
        retriever.read_ahead(read)
        for done, (one, dialogue) in enumerate(zip(asked, read, strict=True)):
            if progress is not None:
                progress(start + done, len(todo))
            candidates = retriever.search(dialogue, k, exclude=one.named)
            short = k - len(candidates.rows)
            rows.append(np.pad(np.asarray(candidates.rows, dtype=np.int32), (0, short), constant_values=-1))
            features.append(np.pad(candidates.features.astype(np.float16), ((0, short), (0, 0))))
            gold.append(np.unique(np.array([catalog.row(item) for item in one.wanted], dtype=np.int32)))
            trunk = text_format.dialogue(one.said.messages, mentions=one.said.mentions, catalog=catalog)
            words = (*text_format.encode("reply :"), *text_format.target(one.reply).ids[-60:])
            keys.append(one.key)
            tokens.append((np.array(trunk.coded, dtype=np.int32), np.array(words, dtype=np.int32)))
    if not rows:
        raise CorpusError(
            "no turn of these corpora names an item of the catalogue; check the corpus' item ids"
        )
    said = np.array(keys, dtype=np.int64)
    return Recommendations(np.stack(rows), np.stack(features), tuple(gold), tuple(tokens), said)


@dataclass(frozen=True)
class _Asked:
    """A recommending turn: what was said before it, and what the person answered."""

    said: Dialogue
    named: frozenset[str]  # before
    wanted: tuple[str, ...]  # the items that are right in the turn and were not named before
    reply: str
    key: int  # of what was said, as `Corpus.read` writes it

    @property
    def usable(self) -> bool:
        return bool(self.wanted and self.said.messages)


def _asked(
    dialogue: CorpusDialogue,
    number: int,
    item_of: Mapping[str, str],
    titles: Mapping[str, str],
    seed: int,
) -> _Asked:
    turn, context = dialogue.turns[number], dialogue.turns[:number]
    named = frozenset(item_of[item] for before in context for item in before.items if item in item_of)
    wanted = tuple(item_of[item] for item in turn.answers if item in item_of and item_of[item] not in named)
    write = title_writer(titles, np.random.default_rng([seed, crc32(dialogue.id.encode())]))

    def slotted(item: str) -> str:
        """The title, or the slot of the item that is recommended."""
        return "#1" if item_of.get(item) == wanted[0] else write(item)

    reply = turn.render(slotted) if wanted else ""
    plain = as_dialogue(context, lambda item: titles.get(item, item), item_of.get)
    return _Asked(as_dialogue(context, write, item_of.get), named, wanted, reply, fingerprint(plain.messages))
