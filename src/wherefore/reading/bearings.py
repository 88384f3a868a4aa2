"""What messages mean for a catalogue's values without naming them, by a judge: "she licks everything"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.brief import newest, up_to_newest
from wherefore.dialogue.kept import Kept
from wherefore.dialogue.messages import Message
from wherefore.errors import CheckpointError
from wherefore.files import ASSETS
from wherefore.lm.passes import shared
from wherefore.text import number_text

_MOST = 24  # values of a field, the most common
_VALUES = 400  # of a catalogue, those of fields with few values first
_FEWEST = 6  # different numbers of a field whose ranges say something
_BEFORE = 3  # messages before one that it is read with
_MESSAGES = 4  # of the user's, the newest, that say what items gain
_FADES = 0.6  # how much the message before one counts beside it
_RANGES = ("low", "middle", "high")  # of a number: thirds of the items
_SOUGHT = ASSETS / "sought.safetensors"

Named = tuple[str, str]  # field and value; of a number one of `_RANGES`


class BearingReader:
    """Reads what messages mean for the values of a catalogue.

    Args:
        catalog: The catalogue; its values are collected on first use, and again after it has changed.
        network: A `wherefore.lm.value_judge.ValueJudge`, on the CPU.
    """

    def __init__(self, catalog: Catalog, network: Any) -> None:
        self._catalog, self._network = catalog, network
        self._items: Sequence[Item] | None = None

    def gains(self, messages: Sequence[Message], items: Sequence[Item]) -> np.ndarray | None:
        """What items gain by their values after some messages, (m,): how likely the messages speak for them.

        What speaks against them is left out: that is judged too badly. Of a field with several values their mean. The
        newest message of the user's counts most. None where nobody has said anything, or the catalogue has no values
        that could be meant.
        """
        if self._items is not self._catalog.items:
            self._collect()
        talk = up_to_newest(messages)
        if talk is None or not self._names:
            return None
        told, weight = np.zeros(len(self._names), dtype=np.float32), 1.0
        for _ in range(_MESSAGES):
            told += weight * self._judged(*talk)
            weight *= _FADES
            talk = up_to_newest(talk[0])
            if talk is None:
                break
        of_values = dict(zip(self._names, told.tolist(), strict=True))
        return np.array([self._gain(item, of_values) for item in items], dtype=np.float32)

    def _gain(self, item: Item, of_values: Mapping[Named, float]) -> float:
        total = 0.0
        for field in self._fields:
            if self._catalog.schema.spec(field).has_measure:
                number = item.number(field)
                place = None if number is None else int(np.searchsorted(self._thirds[field], number))
                held = () if place is None else _RANGES[place : place + 1]
            else:
                held = tuple(item.values(field))
            known = [of_values[field, value] for value in held if (field, value) in of_values]
            total += sum(known) / max(len(known), 1)
        return total

    def _judged(self, before: Sequence[Message], text: str) -> np.ndarray:
        """How likely a message speaks for each value, (v,)."""
        kept = newest(before, _BEFORE)

        def judged() -> np.ndarray:
            from wherefore.lm.value_judge import ToBear

            return shared(self._likely, ToBear(kept, text))

        return self._read.get((kept, text), judged)

    def _likely(self, messages: Sequence[Any]) -> list[np.ndarray]:
        """How likely each message speaks for each value, (v,) each."""
        import torch

        with torch.inference_mode():
            odds = self._network(messages, self._values).bearings.softmax(-1)
            return list((odds[..., 1] + odds[..., 2]).numpy())

    def _collect(self) -> None:
        """The values of the catalogue as it is now, as the network reads them."""
        import torch

        from wherefore.lm.value_judge import FieldValues, in_words

        self._items = self._catalog.items
        self._read: Kept[np.ndarray] = Kept()
        self._thirds: dict[str, tuple[float, float]] = {}
        self._names: list[Named] = []
        told: list[FieldValues] = []
        shown = [one for spec in self._catalog.schema.filterable if (one := self._shown(spec)) is not None]
        for field, values, words in sorted(shown, key=lambda one: len(one[1])):
            if len(self._names) + len(values) <= _VALUES:
                self._names += [(field, value) for value in values]
                told.append(words)
        self._fields = tuple(dict.fromkeys(field for field, _ in self._names))
        with torch.inference_mode():
            self._values = self._network.values(in_words(told)) if told else None

    def _shown(self, spec: FieldSpec) -> tuple[str, tuple[str, ...], Any] | None:
        """A field, its values, and both in words; None where it says nothing of items."""
        from wherefore.lm.value_judge import FieldValues, spoken

        name = spoken(spec.label or spec.name)
        if spec.flag:  # a field of yes or no, of which the items with a yes hold this
            values = tuple(self._catalog.vocabulary(spec.name))
            return (spec.name, values, FieldValues(spoken(spec.name), ("yes",))) if len(values) == 1 else None
        if spec.has_tags:
            counts = Counter(dict(self._catalog.vocabulary(spec.name).items()))
            values = tuple(value for value, _ in counts.most_common(_MOST))
            if len(values) < 2:
                return None
            return spec.name, values, FieldValues(name, tuple(map(str.lower, values)))
        if not spec.has_measure or spec.is_rank:
            return None
        numbers = self._catalog.numbers(spec.name)
        numbers = numbers[~np.isnan(numbers)]
        if len(np.unique(numbers)) < _FEWEST:
            return None
        low, high = (float(f"{np.quantile(numbers, share):.3g}") for share in (1 / 3, 2 / 3))
        if low == high:
            return None
        self._thirds[spec.name] = low, high
        said = number_text(low), number_text(high)
        ranges = (f"up to {said[0]}", f"{said[0]} to {said[1]}", f"over {said[1]}")
        return spec.name, _RANGES, FieldValues(name, ranges)


@cache
def packaged_value_judge() -> Any:
    """The one that the package comes with.

    Raises:
        CheckpointNotFoundError: If its file is missing.
        CheckpointError: If it is broken.
    """
    return load_value_judge(ASSETS / "values.safetensors")


def load_value_judge(file: Path) -> Any:
    """A judge of values from a file that scripts/train_value_judge.py wrote.

    Raises:
        CheckpointNotFoundError: If there is no such file.
        CheckpointError: If it is broken.
    """
    from wherefore.lm.tuned import read_learned, restored
    from wherefore.lm.value_judge import ValueJudge

    read = read_learned(file, "scripts/train_value_judge.py")
    if "of_values.weight" not in read.own:
        raise CheckpointError(
            f"{file} is of another version of Wherefore: install that one, or train it again"
        )
    changes = read.changes or read_learned(_SOUGHT, "scripts/train_sought.py").own  # heads on that encoder
    return restored(ValueJudge, changes, read.own, read.base).eval()
