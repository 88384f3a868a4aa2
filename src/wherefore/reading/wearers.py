"""Whom things are for, where a catalogue files them by it: "for my husband", "I'm a woman"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from wherefore.catalog.audience import WHOM, Person, called_together, filing_fields, for_others
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.notes import Notes
from wherefore.dialogue.state import Limit, Wish
from wherefore.reading.whom import Whom, whom_after
from wherefore.text import forms, straight

# What a catalogue may call them.
_FILED = {
    "men": "men mens man male males gentlemen",
    "women": "women womens woman female females ladies",
    "boys": "boys boy",
    "girls": "girls girl",
    "baby": "baby babies newborn infant infants toddler toddlers",
}
_GROWN_UP = re.compile(r"\b(?:brothers?|bro|sisters?|sis)\b", re.IGNORECASE)
_OWN = frozenset("male males female females".split())
_TEENS = 15
_KNOWN = 0.5  # share of the items that tell an age, as a limit leaves out what does not
_FEWEST = 3  # items that must be filed so


class Wearers:
    """Finds whom a message wants things for.

    Args:
        catalog: The catalogue; where it does not file things by their wearers, nothing is demanded.
        age: Its field that tells from which age on something is, if it has one.
    """

    def __init__(self, catalog: Catalog, age: FieldSpec | None = None) -> None:
        self._catalog, self._age = catalog, age
        self._filed: dict[str, tuple[str, str]] = {}
        files = filing_fields(catalog)
        for spec in catalog.schema.tags:
            counts = catalog.vocabulary(spec.name)
            for value, count in sorted(counts.items(), key=lambda one: one[1]):
                said = " ".join(forms(value))
                group = next((name for name, told in _FILED.items() if said in told.split()), None)
                own = said in _OWN and spec.name not in files  # of dogs what they are themselves
                if group is not None and count >= _FEWEST and not own:
                    self._filed[group] = (spec.name, value)

    def read(self, text: str) -> Iterator[tuple[Wish, int]]:
        """What is to be demanded of a field, and where the message says it.

        Args:
            text: A message of the user.
        """
        whom = whom_after([straight(text)])
        if (wish := self._wish(whom)) is not None:
            yield wish, max(straight(text).find(wish.said), 0)

    def hear(self, told: Sequence[str], held: Sequence[Wish], notes: Notes) -> None:
        """Note for whom the newest message wants things: what is for others is refused until somebody else is named.

        Args:
            told: What the user said in each message, apostrophes straight; empty where somebody else spoke.
            held: The refusals before this message.
            notes: Where it is noted.
        """
        whom = whom_after(told)
        if whom.number != len(told) - 1:
            for wish in held:  # words that lift a refusal, as "husband" said again, name the same people
                if wish not in notes.refusals:
                    notes.refuse(wish)
            return
        before = whom_after(told[:-1])
        notes.settled += whom.places
        for wish in notes.refusals:
            if wish.field == WHOM:
                notes.allow(wish)
        value = called_together(whom.people)
        anybody = not whom.people or any(one.is_anybody for one in whom.people)
        kept_out = not anybody and bool(for_others(self._catalog, value).any())
        if kept_out:
            same = next((wish for wish in held if wish.value == value), None)
            notes.refuse(same or Wish(WHOM, value, 2.0, whom.said))
        self._note_ages(whom, before, notes)
        wanted = self._wish(whom)
        for wish in notes.wishes:
            filed = (wish.field, wish.value) in self._filed.values()
            if filed and (wanted is None or wish.value != wanted.value) and not _named(wish, told[-1]):
                notes.free(wish.field, wish.value)
        if wanted is not None:
            notes.want(wanted, max(told[-1].find(wanted.said), 0), beside=True)
        if kept_out:  # what is for anybody, and what tells nothing, may be listed as well
            for group in self._filed.values():
                notes.soften(*group)

    def _note_ages(self, whom: Whom, before: Whom, notes: Notes) -> None:
        """Hold what has a youngest age to the youngest of those for whom it is; to nobody who is no longer."""
        if self._age is None:
            return
        young, had = _exact(whom), _exact(before)
        if whom.left or (had and not young):
            notes.lift(self._age.name, "le")
        known = 1 - float(np.isnan(self._catalog.numbers(self._age.name)).mean())
        if young and known >= _KNOWN and not any(limit.field == self._age.name for limit in notes.limits):
            notes.limit([Limit(self._age.name, "le", min(young), whom.said)])

    def _wish(self, whom: Whom) -> Wish | None:
        """What is to be demanded of a field that files things by who wears them; of several it may be anybody's."""
        groups = {_group(one, whom.said) for one in whom.people}
        if len(groups) != 1 or not {"men", "women"} <= set(self._filed):
            return None
        group = groups.pop()
        return Wish(*self._filed[group], 2.0, whom.said) if group in self._filed else None


def _group(one: Person, said: str) -> str:
    """What things for somebody are filed under."""
    if one.high <= 2:
        return "baby"
    if one.low >= 18 or (one.high >= 120 and _GROWN_UP.search(said)):
        return {"m": "men", "f": "women"}.get(one.sex, "")
    if one.low >= _TEENS or one.called.startswith("teen"):
        return ""  # whom things for men may fit as well as those for boys
    return {"m": "boys", "f": "girls"}.get(one.sex, "")


def _exact(whom: Whom) -> list[float]:
    """The ages that are told of children, not merely that they are some."""
    return [one.low for one in whom.people if one.high < 18 and "aged" in one.called]


def _named(wish: Wish, text: str) -> bool:
    """Whether a message names the value itself."""
    return bool(set(forms(wish.value)) & set(forms(text)))
