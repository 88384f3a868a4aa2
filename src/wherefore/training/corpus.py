"""Corpora that a config names, linked to the catalogue."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.config import Component, Config, TrainConfig, build
from wherefore.corpora import CORPORA, read_items
from wherefore.corpora.base import CorpusDialogue, as_dialogue
from wherefore.corpora.items import link_items
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import ConfigError, ConfigNotFoundError, WhereforeWarning
from wherefore.reading.own_dialogues import link_own

T = TypeVar("T")


@dataclass(frozen=True)
class Corpus:
    """A corpus named in the config, read."""

    name: str
    dialogues: tuple[CorpusDialogue, ...]  # the oldest first, as far as their ids tell
    facts: Mapping[str, Mapping[str, Any]]  # of its items, by corpus item id
    item_of: Mapping[str, str]  # corpus item id → catalogue id
    titles: Mapping[str, str]  # corpus item id → title with year
    ranked: bool = True  # the ranker learns from its turns, not only sources from its dialogues
    taught: bool = True  # sources learn from its dialogues, not only the ranker from its turns

    def read(self, dialogue: CorpusDialogue) -> Dialogue:
        """A whole dialogue with its mentions; of one without words, the titles are the words."""
        return as_dialogue(dialogue.turns, lambda item: self.titles.get(item, item), self.item_of.get)

    @staticmethod
    def has_words(dialogue: CorpusDialogue) -> bool:
        """Whether more than its mentions are known."""
        return any(isinstance(part, str) and part.strip() for turn in dialogue.turns for part in turn.parts)


def load_corpora(config: Config, catalog: Catalog) -> tuple[Corpus, ...]:
    """Read the corpora that a config names and link their items to the catalogue.

    Raises:
        CorpusNotFoundError: If one is not where the config says.
        ConfigError: If a name or another setting is unknown.
    """
    return tuple(_load(component, config.train, catalog) for component in config.corpora)


def _load(component: Component, train: TrainConfig, catalog: Catalog) -> Corpus:
    keywords = component.kwargs
    path = keywords.pop("path", None)
    if path is None:
        raise ConfigError(f"corpus {component.name!r} needs a `path`, the folder or file that holds it")
    uses = {key: keywords.pop(key, True) for key in ("ranked", "taught")}
    for key, value in uses.items():
        if not isinstance(value, bool):
            raise ConfigError(f"`{key}` of corpus {component.name!r} is {value!r}; give true or false")
    unknown = ids_in(train.without)
    facts = read_items(component.name, path)
    named_so = Component(name=component.name, **keywords)
    parts = [build(named_so, CORPORA, "corpus", path=path, split=split) for split in train.splits]
    if parts and parts[0].own:
        parts = [*link_own(parts, catalog)]
    dialogues = [dialogue for part in parts for dialogue in part]
    dialogues.sort(key=_age)
    dialogues = spread(dialogues, round(train.share * len(dialogues)) or 1)
    dialogues = [without_items(dialogue, unknown) for dialogue in dialogues]
    turns = [turn for dialogue in dialogues for turn in dialogue.turns]
    named = dict.fromkeys(item for turn in turns for item in (*turn.items, *(turn.right or ())))
    links = link_items(catalog, component.name, facts, named)
    lost = [item for item in named if item in facts and item not in links]
    if lost and parts and parts[0].own:
        warnings.warn(
            f"{path}: {len(lost):,} of {len(named):,} items that the dialogues name are described in items.jsonl but "
            f"not in {catalog.name}, and are not learned from: {', '.join(lost[:5])}{', ...' if len(lost) > 5 else ''}",
            WhereforeWarning,
            stacklevel=2,
        )
    titles = {item: catalog.dated(catalog[links[item]]) for item in links}
    for item, record in facts.items():
        if record.get("title"):
            year = record.get("year")
            titles[item] = f"{record['title']} ({year})" if year else str(record["title"])
    return Corpus(component.name, tuple(dialogues), facts, links, titles, **uses)


def ids_in(file: str | None) -> frozenset[str]:
    """The ids in a file, one a line; none without a file."""
    if file is None:
        return frozenset()
    try:
        text = Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigNotFoundError(
            f"`train.without` is {file}, which cannot be read ({error.strerror}); give a file of corpus item ids, one "
            "a line"
        ) from error
    return frozenset(text.split())


def without_items(dialogue: CorpusDialogue, unknown: Collection[str]) -> CorpusDialogue:
    """A dialogue in which these items are not named, neither by id nor by title."""
    if not unknown:
        return dialogue
    turns = tuple(
        replace(
            turn,
            parts=tuple(p for p in turn.parts if isinstance(p, str) or p.item_id not in unknown),
            unplaced=tuple(item for item in turn.unplaced if item not in unknown),
            right=None if turn.right is None else tuple(item for item in turn.right if item not in unknown),
        )
        for turn in dialogue.turns
    )
    feedback = {item: told for item, told in dialogue.feedback.items() if item not in unknown}
    return replace(dialogue, turns=turns, feedback=feedback)


def _age(dialogue: CorpusDialogue) -> tuple[int, str]:
    return (int(dialogue.id), "") if dialogue.id.isdecimal() else (0, dialogue.id)


def named_together(corpora: Sequence[Corpus], catalog: Catalog) -> tuple[np.ndarray, ...]:
    """For each dialogue, the rows of the items that it names and that nobody there disliked, if there are two or more.

    From dialogues whose words are not known, where the corpora have such: the ranker is trained on the others, and
    soft tokens that know the answers there would seem to know more than they do elsewhere.
    """
    taught = taught_dialogues(corpora)
    sets = []
    for corpus, one in [pair for pair in taught if not pair[0].has_words(pair[1])] or taught:
        named = {item for turn in one.turns for item in turn.items}
        liked = [item for item in named if item not in one.feedback or one.feedback[item].liked is not False]
        rows = {catalog.row(corpus.item_of[item]) for item in liked if item in corpus.item_of}
        if len(rows) > 1:
            sets.append(np.array(sorted(rows), dtype=np.int64))
    return tuple(sets)


def linked(corpora: Sequence[Corpus]) -> list[tuple[Corpus, CorpusDialogue]]:
    """The dialogues whose items are in the catalogue, with their corpora."""
    return [(corpus, dialogue) for corpus in corpora if corpus.item_of for dialogue in corpus.dialogues]


def taught_dialogues(corpora: Sequence[Corpus]) -> list[tuple[Corpus, CorpusDialogue]]:
    """Those that the sources learn from."""
    return [(corpus, dialogue) for corpus, dialogue in linked(corpora) if corpus.taught]


def spread(entries: list[T], count: int | None) -> list[T]:
    """`count` entries, evenly spread; all of them when None.

    >>> spread([1, 2, 3, 4, 5, 6], 3)
    [1, 3, 5]
    """
    if count is None or count >= len(entries):
        return entries
    return [entries[place * len(entries) // count] for place in range(count)]
