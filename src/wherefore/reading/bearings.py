"""What a message means for a catalogue's values without naming them, by a judge: "she licks everything"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.brief import newest
from wherefore.dialogue.kept import Kept
from wherefore.dialogue.messages import Message
from wherefore.dialogue.notes import Notes
from wherefore.dialogue.state import Limit, Wish
from wherefore.errors import CheckpointError
from wherefore.text import number_text

_PARTS = 2  # so many times are values read with a message, at most
_MOST = 24  # values of a field, the most common
_FEWEST = 6  # different numbers of a field whose ranges say something
_RULED_OUT = 0.8  # how likely something is wrong for somebody, so that it is never listed; below, rather not
_BEFORE = 3  # messages before one that it is read with

_RANGES = ("low", "middle", "high")  # of a number: thirds of the items

Side = Literal["for", "against"]


@dataclass(frozen=True, slots=True)
class FoundBearing:
    """What a message means for a value of a field.

    Attributes:
        field: The field.
        value: Its value; of a number `low`, `middle` or `high`.
        side: Whether it speaks for it or against it.
        sure: How likely that is.
        start: First character of the words that say so,
        end: and the one after their last.
    """

    field: str
    value: str
    side: Side
    sure: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Shown:
    """A field as the judge reads it."""

    field: str
    values: tuple[str, ...]
    told: Any  # `FieldValues`


class BearingReader:
    """Reads what messages mean for the values of a catalogue.

    Args:
        catalog: The catalogue.
        network: A `wherefore.lm.value_judge.ValueJudge`, on the CPU.
        sure: How likely something must be to be said.
    """

    def __init__(self, catalog: Catalog, network: Any, sure: float = 0.5) -> None:
        self._catalog, self._network, self._sure = catalog, network, sure
        self._parts: list[list[_Shown]] | None = None
        self._read: Kept[list[FoundBearing]] = Kept()

    def read(self, before: Sequence[Message], text: str) -> list[FoundBearing]:
        """What a message means, the surest first.

        Args:
            before: The messages before it.
            text: The message.
        """
        kept = newest(before, _BEFORE)

        def found() -> list[FoundBearing]:
            told = [one for part in self._shown() for one in self._judged(kept, text, part)]
            return sorted(told, key=lambda one: -one.sure)

        return self._read.get((kept, text), found)

    def note(self, before: Sequence[Message], text: str, told: Collection[str], notes: Notes) -> None:
        """Note what a message means: wishes, refusals and limits, with its words.

        Args:
            before: The messages before it.
            text: The message.
            told: Fields of which it says something itself: its words hold.
            notes: Where it is noted.
        """
        numbers: dict[str, dict[str, FoundBearing]] = {}
        for one in self.read(before, text):
            said = " ".join(text[one.start : one.end].split())
            if one.field in told or not said:
                continue
            if self._catalog.schema.spec(one.field).has_measure:
                numbers.setdefault(one.field, {})[one.value] = one
                continue
            if one.side == "for":
                notes.want(Wish(one.field, one.value, 1.0, said), one.start)
            else:
                notes.refuse(Wish(one.field, one.value, 2.0 if one.sure >= _RULED_OUT else 0.5, said))
        for field, found in numbers.items():
            wrong = {
                name: one for name, one in found.items() if one.side == "against" and one.sure >= _RULED_OUT
            }
            if wrong and len(wrong) < len(_RANGES):
                notes.limit(self._limits(field, wrong, text))

    def _limits(self, field: str, wrong: Mapping[str, FoundBearing], text: str) -> list[Limit]:
        """The limits that wrong ranges of a number set, of which at least one is not wrong."""
        low, high = self._thirds(field)
        limits = []
        if "high" in wrong:
            one = wrong["high"]
            bound = low if "middle" in wrong else high
            limits.append(Limit(field, "le", bound, " ".join(text[one.start : one.end].split())))
        if "low" in wrong:
            one = wrong["low"]
            bound = high if "middle" in wrong else low
            limits.append(Limit(field, "ge", bound, " ".join(text[one.start : one.end].split())))
        return limits

    def _thirds(self, field: str) -> tuple[float, float]:
        numbers = self._catalog.numbers(field)
        numbers = numbers[~np.isnan(numbers)]
        low, high = (float(f"{np.quantile(numbers, share):.3g}") for share in (1 / 3, 2 / 3))
        return low, high

    def _judged(self, before: tuple[Message, ...], text: str, part: Sequence[_Shown]) -> list[FoundBearing]:
        import torch

        from wherefore.lm.value_judge import ToBear

        with torch.inference_mode():
            judged = self._network([ToBear(before, text, tuple(one.told for one in part))])
            odds = judged.bearings.softmax(1).tolist()
        found = []
        rows = [(one.field, value) for one in part for value in one.values]
        for (field, value), (_, helps, needed, against), words in zip(rows, odds, judged.words, strict=True):
            side: Side = "for" if helps + needed >= against else "against"
            sure = max(helps + needed, against)
            if sure >= self._sure:
                start, end = _said(words, judged.places[0], text)
                found.append(FoundBearing(field, value, side, sure, start, end))
        return found

    def _shown(self) -> list[list[_Shown]]:
        """The fields and values that are read, in parts; those of few values first, as long as there is room."""
        from wherefore.lm.value_judge import FieldValues, in_parts

        if self._parts is None:
            fields = [one for spec in self._catalog.schema.filterable if (one := self._of(spec)) is not None]
            fields.sort(key=lambda one: len(one.values))
            parts = in_parts(self._network, [one.told for one in fields])[:_PARTS]
            by_told = {
                (one.told.name, told): (one.field, value) for one in fields for told, value in _pairs(one)
            }
            self._parts = [
                [
                    _Shown(
                        by_told[field.name, field.values[0]][0],
                        tuple(by_told[field.name, value][1] for value in field.values),
                        FieldValues(field.name, field.values),
                    )
                    for field in part
                ]
                for part in parts
            ]
        return self._parts

    def _of(self, spec: FieldSpec) -> _Shown | None:
        from wherefore.lm.value_judge import FieldValues, spoken

        name = spoken(spec.label or spec.name)
        if spec.has_tags:
            counts = Counter(value for item in self._catalog.items for value in item.values(spec.name))
            values = [value for value, _ in counts.most_common(_MOST)]
            if len(values) < 2:
                return None
            return _Shown(spec.name, tuple(values), FieldValues(name, tuple(map(str.lower, values))))
        if not spec.has_measure or spec.is_rank:
            return None
        numbers = self._catalog.numbers(spec.name)
        numbers = numbers[~np.isnan(numbers)]
        if len(np.unique(numbers)) < _FEWEST:
            return None
        low, high = map(number_text, self._thirds(spec.name))
        if low == high:
            return None
        ranges = (f"up to {low}", f"{low} to {high}", f"over {high}")
        return _Shown(spec.name, _RANGES, FieldValues(name, ranges))


def _pairs(one: _Shown) -> list[tuple[str, str]]:
    return list(zip(one.told.values, one.values, strict=True))


def _said(words: Any, places: Sequence[tuple[int, int]], text: str) -> tuple[int, int]:
    """The words of a message that say what it means for a value: the likeliest token with its neighbours, whole."""
    share = words.softmax(0).tolist()
    best = int(np.argmax(share))
    first = last = best
    while first > 0 and share[first - 1] > _NEIGHBOUR * share[best]:
        first -= 1
    while last + 1 < len(share) and share[last + 1] > _NEIGHBOUR * share[best]:
        last += 1
    start, end = places[first][0], places[last][1]
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return start, end


_NEIGHBOUR = 0.15  # of the likeliest token's odds, from which one beside it belongs to the same words


def load_value_judge(file: Path) -> Any:
    """A judge of values from a file that scripts/train_value_judge.py wrote.

    Raises:
        CheckpointNotFoundError: If there is no such file.
        CheckpointError: If it is broken, or of another base.
    """
    from wherefore.lm.tuned import read_learned, restored
    from wherefore.lm.value_judge import ValueJudge

    read = read_learned(file, "scripts/train_value_judge.py")
    if read.base != "mpnet":
        raise CheckpointError(
            f"{file} is of another version of Wherefore: install that one, or train it again"
        )
    return restored(ValueJudge, read.changes, read.own, read.base).eval()
