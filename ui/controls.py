"""Limits and wishes that are set by hand: which controls a catalogue gets, and what they do to the state."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.kinds import Control
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.state import Limit, Preferences, Wish

_CHOICES = 300  # a field with more values is typed, not chosen
_FIELDS = 4  # of a kind that get controls


def ranges_of(catalog: Catalog) -> Iterator[tuple[FieldSpec, float, float, float]]:
    """The fields that get sliders, with their lowest and highest value and the step."""
    given = 0
    for spec in _controlled_by("slider", catalog):
        values = np.asarray(catalog.numbers(spec.name), dtype=float)
        values = values[np.isfinite(values)]
        if not len(values) or given == _FIELDS:
            continue
        low, high = math.floor(values.min()), math.ceil(values.max())
        if low == high:
            continue
        given += 1
        whole = bool((values == np.round(values)).all()) or spec.is_date or high - low > 50
        yield spec, low, high, 1.0 if whole else 10 ** math.floor(math.log10((high - low) / 50))


def values_of_field(catalog: Catalog) -> Iterator[tuple[FieldSpec, tuple[str, ...]]]:
    """The fields with few enough values to choose from, with the values, the most frequent first."""
    given = 0
    for spec in _controlled_by("chips", catalog):
        counts = dict(catalog.vocabulary(spec.name))
        if 1 < len(counts) <= _CHOICES and given < _FIELDS:
            given += 1
            yield spec, tuple(sorted(counts, key=lambda value: (-counts[value], value)))


def _controlled_by(control: Control, catalog: Catalog) -> Iterator[FieldSpec]:
    return (spec for spec in catalog.schema.fields if spec.can.control == control)


def limited(
    state: Preferences, spec: FieldSpec, least: float, most: float, ends: tuple[float, float]
) -> Preferences:
    """The state with a field limited to a range; an end of the slider limits nothing."""
    kept = tuple(limit for limit in state.limits if limit.field != spec.name)
    least, most = min(least, most), max(least, most)
    new: list[Limit] = []
    if least > ends[0]:
        new.append(Limit(spec.name, "ge", float(least), ""))
    if most < ends[1]:
        # A date's year counts with its days: up to 1999 means all of 1999.
        below = spec.is_date
        new.append(Limit(spec.name, "lt" if below else "le", float(most + 1 if below else most), ""))
    return replace(state, limits=(*kept, *new))


def wished(
    state: Preferences, spec: FieldSpec, want: Sequence[str] | None, refuse: Sequence[str] | None
) -> Preferences:
    """The state in which exactly these values of a field are demanded and refused by hand; what was said stays."""
    want, refuse = want or (), refuse or ()

    def rest(wishes: Sequence[Wish]) -> list[Wish]:
        return [
            w
            for w in wishes
            if w.field != spec.name or (w.said and (w.also or w.value not in {*want, *refuse}))
        ]

    wanted = [*rest(state.wanted), *(Wish(spec.name, value, 2.0, "") for value in want)]
    unwanted = [*rest(state.unwanted), *(Wish(spec.name, value, 2.0, "") for value in refuse)]
    return replace(state, wanted=tuple(wanted), unwanted=tuple(unwanted))
