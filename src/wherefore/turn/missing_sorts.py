"""Sorts of things that are asked for and that nothing here is: it is said first, before what comes nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.items import Item
from wherefore.dialogue.messages import Dialogue
from wherefore.ranking.sorts import Sort, nearest, sort_named, sorts_missing
from wherefore.retrieval.retriever import Retriever
from wherefore.text import ARTICLES, forms, joined
from wherefore.writing.other_language import spoken
from wherefore.writing.smalltalk import Said
from wherefore.writing.understood import Missing

_NEAR = 0.28  # cosine of a name and the nearest item from which that is worth showing instead
_ASKS = 0.5  # how likely a message asks for something, so that what it names is shown
_MOST = 3  # names that are told


@dataclass(frozen=True)
class MissingSorts:
    """What a message asks for by names of things, of which there is nothing.

    Attributes:
        names: In its words, what nothing here is.
        alone: Whether it asks for no other sort that there is.
        near: How near the nearest item comes, as a cosine of texts.
        sort: The sort that it asks for and that there is, if titles are headed by it.
    """

    names: tuple[str, ...]
    alone: bool = False
    near: float = 0.0
    sort: Sort | None = None

    @property
    def told(self) -> str:
        """That there is none of them; empty where nothing is missing."""
        return f"I have no {joined(self.names, 'or')} here." if self.names else ""

    def before_list(self, dialogue: Dialogue, said: Said | None) -> Said | None:
        """What is said instead of a list, or before it.

        Args:
            dialogue: What was said.
            said: What would be said otherwise: who asks whether there are tents is told that, or shown them.
        """
        if self.names and self.alone:
            nothing = f"{self.told} Nothing else comes near: what should I look for instead?"
            return Said(nothing, "answer") if self.near < _NEAR else None
        newest = len(dialogue.messages) - 1
        asks = "?" in dialogue.messages[-1].content or dialogue.act("question", "request") >= _ASKS
        asks = asks or any(place == newest for place, _, _ in dialogue.described)
        return None if self.sort is not None and self.sort.names and asks else said

    def opening(self, usual: str, items: Sequence[Item], catalog: Catalog) -> str:
        """How a list begins: with what is missing, where it has nothing of what is named."""
        plural, total = catalog.schema.plural.lower(), len(items)
        nearest = f"these {plural} come nearest." if total > 1 else "this comes nearest."
        if self.names and self.alone:
            return f"{self.told.removesuffix('.')}; {nearest}"
        if self.sort is not None and self.sort.names:
            rows = np.array([catalog.row(one.id) for one in items if one.id in catalog], dtype=np.int64)
            if len(rows) and not self.sort.named[rows].any():
                name = joined([f"“{_bare(one)}”" for one in self.sort.names], "or")
                nearest = (
                    f"These {plural} come nearest, but are" if total > 1 else "This comes nearest, but is"
                )
                return f"Nothing that I have under {name} fits the rest of what you said. {nearest} something else."
        return f"{usual} {self.told}".strip()

    def besides(self, missing: Sequence[Missing]) -> tuple[Missing, ...]:
        """Of what no listed item answers, what is not told by this."""
        return tuple(one for one in missing if not self._tells(one.said))

    def without(self, dialogue: Dialogue) -> Dialogue:
        """A dialogue without what this tells of what it asks for."""
        state = dialogue.preferences
        return replace(
            dialogue,
            unmet=tuple(one for one in dialogue.unmet if not self._tells(one[1])),
            preferences=replace(state, open=tuple(one for one in state.open if not self._tells(one.said))),
        )

    def _tells(self, said: str) -> bool:
        known = self.sort.names if self.sort is not None else ()  # a list of these tells itself
        return any({*forms(said)} <= {*forms(name)} for name in (*self.names, *known))


def missing_sorts(dialogue: Dialogue, retriever: Retriever) -> MissingSorts:
    """The sorts of things that the newest message names, and of which there is none.

    Args:
        dialogue: What was said.
        retriever: Where items are found.
    """
    if not dialogue.messages or dialogue.messages[-1].role != "user" or spoken(dialogue) is not None:
        return MissingSorts(())
    names = tuple(dict.fromkeys(_bare(name) for name in sorts_missing(dialogue, retriever)))[:_MOST]
    sort = sort_named(dialogue, retriever)
    if not names:
        return MissingSorts((), sort=sort)
    vectors = retriever.index.embed_all(names)
    near = max(float(nearest(vectors[name], retriever.index, 1)[1].max(initial=0.0)) for name in names)
    return MissingSorts(names, sort is None, near, sort)


def _bare(name: str) -> str:
    """A name without an article, and in small letters where only its beginning is written large."""
    told = name.split()
    while len(told) > 1 and told[0].lower() in ARTICLES:
        told.pop(0)
    if all(word[:1].isupper() and word[1:].islower() for word in told):
        told = [word.lower() for word in told]
    return " ".join(told)
