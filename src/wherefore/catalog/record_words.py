"""The words of records, in their order: which items name a word, and which have a thing by any of its names."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from wherefore.catalog.derived import Keys, Parts, Ragged
from wherefore.catalog.items import Item, texts_of
from wherefore.text import stems

_CLAUSE_END = re.compile(r"[\n.,;:!?()]+")
_Words = tuple[int, ...]
_Phrases = Mapping[int, Sequence[_Words]]  # as numbers of their words, by the first of them, longest first
_END = 0  # stands between clauses
_ROWS = 32_768  # that are looked through together

# Beside a word, that it is not the thing: "no milk", "milk-free", "vegan butter", "egg substitute".
_NOT_BEFORE = tuple(
    "no non not without zero vegan vegetarian veggie plant meatless faux mock fake tofu seitan jackfruit cauliflower "
    "quorn gf".split()
)
_IMITATED = "plant-based"
_LACKS = ("free from", "free of", "not contain", "doesn't contain", "contains no")
_LACKED = 4  # words after one of these that it speaks of: "free from nuts and dairy"
_NOT_AFTER = ("free", "substitute", "alternative", "replacer", "replacement")


class RecordWords:
    """The words of all records of a catalogue, without their endings, as numbers; 0 stands between clauses.

    Args:
        parts: What `parts_of` made.
    """

    def __init__(self, parts: Parts) -> None:
        self._keys: Keys = parts["keys"]
        self._told = Ragged(parts["starts"], parts["words"])
        self._places = Ragged(parts["place_starts"], parts["places"])
        self._not_before = self._table(self._number(one) for one in _NOT_BEFORE)
        self._not_after = self._table(self._number(one) for one in _NOT_AFTER)
        self._imitated = self._words(_IMITATED)
        self._lacks = frozenset(map(self._words, _LACKS))

    @staticmethod
    def parts_of(
        items: Iterable[Item], told_of: Callable[[Item], Sequence[str]] = texts_of
    ) -> dict[str, Any]:
        """For `Derived.get`; `told_of` gives all that a record tells."""
        numbers = {"": _END}
        flat, starts, named, named_starts = array("i"), array("q", [0]), array("i"), array("q", [0])
        for item in items:
            mine: list[int] = []
            for clause in _CLAUSE_END.split("\n".join(told_of(item))):
                mine += [numbers.setdefault(one, len(numbers)) for one in stems(clause)]
                mine.append(_END)
            flat.extend(mine)
            starts.append(len(flat))
            named.extend({*mine} - {_END})
            named_starts.append(len(named))
        by_row = Ragged(np.array(named_starts, dtype=np.int64), np.array(named, dtype=np.int32))
        del named
        by_word = by_row.turned(len(numbers))
        return {
            "keys": Keys.of(list(numbers)),
            "starts": np.array(starts, dtype=np.int64),
            "words": np.array(flat, dtype=np.int32),
            "place_starts": by_word.starts,
            "places": by_word.numbers,
        }

    def rows(self, word: str) -> np.ndarray:
        """The rows of the items whose records have a word, given without its ending; ascending, (m,) int32."""
        number = self._keys.get(word)
        return self._places[number] if number > _END else np.empty(0, dtype=np.int32)

    def holding(self, phrases: Sequence[str], unless: Sequence[str] = ()) -> np.ndarray:
        """Which items have any of some phrases, (n,) bool; see `Catalog.holding`."""
        sought, spared = self._by_first(phrases), self._by_first(unless)
        name = self._words(phrases[0])
        maybe = np.zeros(len(self._told), dtype=bool)
        for first in sought:
            maybe[self._places[first]] = True
        found = np.zeros(len(self._told), dtype=bool)
        rows = np.flatnonzero(maybe)
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            sure, open_ = self._at_a_glance(part, sought, spared)
            found[part[sure]] = True
            for row in part[open_].tolist():
                held = self._held(self._told[row].tolist(), sought, spared, name)
                found[row] = next(held, None) is not None
        return found

    def held(self, rows: Iterable[int], phrases: Sequence[str], unless: Sequence[str] = ()) -> Counter[str]:
        """In how many of some items' records each phrase stands; see `Catalog.held`."""
        sought, spared = self._by_first(phrases), self._by_first(unless)
        called = {self._words(phrase): phrase for phrase in reversed(phrases)}
        name = self._words(phrases[0])
        return Counter(
            called[one]
            for row in rows
            for one in dict.fromkeys(self._held(self._told[row].tolist(), sought, spared, name))
        )

    def _at_a_glance(
        self, rows: np.ndarray, sought: _Phrases, spared: _Phrases
    ) -> tuple[np.ndarray, np.ndarray]:
        """Which of some records certainly hold a phrase, and which have to be read word by word, (m,) bool each.

        A record holds one where nothing beside the first phrase in it says otherwise, and nothing in it speaks of what
        it is free from, or is to be passed over.
        """
        starts = self._told.starts[rows]
        sizes = self._told.starts[rows + 1] - starts
        begins = np.cumsum(sizes) - sizes
        line = np.repeat(np.arange(len(rows)), sizes)
        said = np.empty(len(line) + _longest(sought) + 1, dtype=np.int32)  # as if clauses' ends followed
        said[: len(line)] = self._told.numbers[np.arange(len(line)) + np.repeat(starts - begins, sizes)]
        said[len(line) :] = _END
        lengths = np.zeros(len(line), dtype=np.int32)
        for phrase in sorted((one for same in sought.values() for one in same), key=len):
            lengths[_stands(said, phrase, len(line))] = len(phrase)
        at = np.flatnonzero(lengths)
        holding, first = np.unique(line[at], return_index=True)
        at = at[first]
        before = np.where(at > begins[holding], said[at - 1], _END)
        doubtful = self._not_before[before] | self._not_after[said[at + lengths[at]]]
        if len(self._imitated) == 2:
            earlier = np.where(at > begins[holding] + 1, said[at - 2], _END)
            doubtful |= (earlier == self._imitated[0]) & (before == self._imitated[1])
        told_of = np.zeros(len(rows), dtype=bool)
        for pair in self._lacks:
            told_of[line[_stands(said, pair, len(line))]] = True
        passed = self._table(spared)
        told_of[line[passed[said[: len(line)]]]] = True
        doubtful |= told_of[holding]
        sure, open_ = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
        sure[holding[~doubtful]] = True
        open_[holding[doubtful]] = True
        return sure, open_

    def _held(
        self, said: Sequence[int], sought: _Phrases, spared: _Phrases, name: _Words
    ) -> Iterator[_Words]:
        """The phrases that are sought and stand among words outside of those spared; `name` is one for all."""
        at, free = 0, 0  # before the second, words name what something is free of
        while at < len(said):
            if tuple(said[at : at + 2]) in self._lacks:
                free = at + 2 + _LACKED
            elif said[at] == _END:
                free = 0
            skipped = _length_at(spared, said, at)
            length = 0 if skipped else _length_at(sought, said, at)
            if length:
                before, after = said[max(at - 1, 0) : at], said[at + length : at + length + 1]
                if any(self._not_after[one] for one in after):
                    if tuple(said[at : at + length]) == name:
                        free = at + length + 2  # "dairy-free cheese" is none; "lactose-free milk" is dairy
                elif (
                    at >= free
                    and not any(self._not_before[one] for one in before)
                    and tuple(said[max(at - 2, 0) : at]) != self._imitated
                ):
                    yield tuple(said[at : at + length])
            at += skipped or length or 1

    def _number(self, word: str) -> int:
        return self._keys.get(word)

    def _words(self, phrase: str) -> _Words:
        """The numbers of a phrase's words; -1 for those that no record has."""
        return tuple(map(self._number, stems(phrase)))

    def _by_first(self, phrases: Iterable[str]) -> _Phrases:
        """Phrases that records may have, by their first words, longest first."""
        found: dict[int, list[_Words]] = {}
        for phrase in phrases:
            words = self._words(phrase)
            if words and min(words) > _END:
                found.setdefault(words[0], []).append(words)
        for same in found.values():
            same.sort(key=len, reverse=True)
        return found

    def _table(self, numbers: Iterable[int]) -> np.ndarray:
        """Of each number whether it is among some, (words,) bool."""
        made = np.zeros(len(self._keys), dtype=bool)
        made[[one for one in numbers if one > _END]] = True
        return made


def _stands(said: np.ndarray, phrase: _Words, size: int) -> np.ndarray:
    """Where among the first `size` words a phrase begins."""
    places = np.flatnonzero(said[:size] == phrase[0])
    for offset, word in enumerate(phrase[1:], start=1):
        places = places[said[np.minimum(places + offset, len(said) - 1)] == word]
    return places


def _longest(phrases: _Phrases) -> int:
    return max((len(one) for same in phrases.values() for one in same), default=1)


def _length_at(phrases: _Phrases, said: Sequence[int], at: int) -> int:
    """How many words the longest phrase has that stands at a place; 0 where none does."""
    return next((len(one) for one in phrases.get(said[at], ()) if tuple(said[at : at + len(one)]) == one), 0)
