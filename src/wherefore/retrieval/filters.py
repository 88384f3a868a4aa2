"""Hard limits: which rows of the catalogue may be recommended at all."""

from __future__ import annotations

import operator
from collections.abc import Collection, Sequence

import numpy as np

from wherefore.catalog.audience import WHOM, for_others
from wherefore.catalog.codes import is_graded
from wherefore.catalog.concepts import having
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.state import ANYWHERE, ITEMS_OF, Limit, Wish
from wherefore.errors import CatalogError
from wherefore.retrieval.conditions import Conditions, Refused
from wherefore.retrieval.index import Index

_OPERATORS = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq}


def allowed_rows(
    index: Index, dialogue: Dialogue, exclude: Collection[str] = (), strict: bool = False
) -> np.ndarray:
    """Which rows may be recommended, (n,) bool; with `strict`, only those that meet every demand.

    Ruled out are: what a limit excludes or has no value for, what has a refused value or is called so, what is
    liked, disliked, seen, rejected, chosen or named by the user, and `exclude`. What the user only asked about is
    not. A user who refuses a place, or an age rating, gets no item of which that is unknown.

    Raises:
        CatalogError: If a limit is on a field that the catalogue lacks, or the catalogue was changed beside its
            index.
    """
    if len(index.catalog) != len(index):
        raise CatalogError(
            f"the catalogue has {len(index.catalog)} items but the index {len(index)}; "
            "add and remove items through the index"
        )
    preferences = dialogue.preferences
    allowed = np.ones(len(index), dtype=bool)
    for limit in preferences.limits:
        allowed &= _within(index, limit)
    places = _places(index)
    for wish in preferences.refusals:
        refused = np.ones(len(index), dtype=bool)
        for field, value in wish.parts:
            if field == ANYWHERE:
                refused &= having(index.catalog, value)
                continue
            if field == WHOM:
                refused &= for_others(index.catalog, value)
                continue
            bears = _bearing(index, field, value)
            refused &= (bears | ~index.attributes.known(field)) if field in places else bears
        allowed &= ~refused
    known = [getattr(preferences, one) for one in ITEMS_OF if one != "asked"]
    named = [item for item in dialogue.named_by_user if item not in preferences.asked]
    for ids in (*known, named, dialogue.history, exclude):
        allowed[index.rows(ids)] = False
    for demand in preferences.demand_groups if strict else ():
        allowed &= _any(index, demand)
    return allowed


def demanded_rows(index: Index, dialogue: Dialogue, allowed: np.ndarray) -> np.ndarray:
    """The allowed rows that satisfy the most demands, (n,) bool; none when no demand is satisfied."""
    met = np.zeros(len(index), dtype=np.int32)
    for demand in dialogue.preferences.demand_groups:
        met[_any(index, demand)] += 1
    met[~allowed] = 0
    most = max(int(met.max(initial=0)), 1)
    return np.asarray(met == most, dtype=bool)


def conditions(index: Index, dialogue: Dialogue) -> Conditions:
    """What all rows that `allowed_rows` allows fulfil and a database can be asked for: limits and refused values.

    Refusals of what any text may name are not among them, nor what titles tell and items that the user knows.
    """
    preferences = dialogue.preferences
    places = _places(index)
    return Conditions(
        tuple(preferences.limits),
        tuple(
            tuple(Refused(field, value, field in places) for field, value in wish.parts)
            for wish in preferences.refusals
            if all(field not in (ANYWHERE, WHOM) for field, _ in wish.parts)
        ),
    )


def _places(index: Index) -> set[str]:
    """The fields of which unknown is not good enough for who refuses a value: places and age ratings."""
    tags = index.catalog.schema.tags
    return {spec.name for spec in tags if spec.is_place or is_graded(index.catalog, spec.name)}


def _bearing(index: Index, field: str, value: str) -> np.ndarray:
    """Which rows have a value, or are called so where titles tell of it, (n,) bool."""
    bears: np.ndarray = index.attributes.bears(field, value) | index.catalog.titled(field, value)
    return bears


def _any(index: Index, wishes: Sequence[Wish]) -> np.ndarray:
    """Which rows have one of some values, (n,) bool."""
    bears: np.ndarray = np.logical_or.reduce([_bearing(index, wish.field, wish.value) for wish in wishes])
    return bears


def _within(index: Index, limit: Limit) -> np.ndarray:
    values = index.catalog.numbers(limit.field)
    return np.asarray(_OPERATORS[limit.op](values, limit.value), dtype=bool)  # NaN compares as False
