"""The state of a dialogue: what the user likes, wants and rules out, as plain values."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, Self, get_args

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.ordered import place_of
from wherefore.catalog.ranks import is_rank_name
from wherefore.errors import DialogueError

LimitOp = Literal["lt", "le", "gt", "ge", "eq"]
# What a state holds items under.
ItemsOf = Literal["liked", "disliked", "seen", "rejected", "chosen", "asked"]
ITEMS_OF: tuple[ItemsOf, ...] = get_args(ItemsOf)
OpenKind = Literal["wanted", "demanded", "unwanted", "limit", "order"]
Best = Literal["low", "high"]  # which numbers come first
ANYWHERE = "*"  # field of what is refused wherever a record names it, in the words of the refusal
MOST = 20  # items that are listed, however many are asked for


@dataclass(frozen=True, slots=True)
class Count:
    """How many items the user wants listed at a time."""

    value: int
    said: str = ""  # the user's word it was read from

    @classmethod
    def from_json(cls, tree: Any) -> Self:
        """The count that a whole number or the keys and values of a count tell.

        Raises:
            DialogueError: If a key is unknown or the number is not allowed.
        """
        given = tree if isinstance(tree, Mapping) else {"value": tree}
        _refuse_unknown(given, cls, "preferences: `count`")
        value = given.get("value")
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
            raise DialogueError(
                f"preferences: `count` is {value!r}; it should be a whole number from 1 to {MOST}"
            )
        return cls(value, str(given.get("said", "")))


@dataclass(frozen=True, slots=True)
class Limit:
    """A hard limit on a declared field. An item without a value for the field does not pass."""

    field: str
    op: LimitOp  # of a number or a date (as a year, possibly fractional)
    value: float
    said: str  # the user's words it was read from

    def allows(self, item: Item, catalog: Catalog) -> bool:
        """Whether the item's value passes; False when it is not known.

        Raises:
            DialogueError: If the catalogue has no such number or date field.
        """
        spec = catalog.schema.spec(self.field)
        if not spec.can.measure:
            raise DialogueError(f"a limit needs a number or a date; `{self.field}` is of kind {spec.kind}")
        number = place_of(catalog, self.field, item) if is_rank_name(self.field) else item.number(self.field)
        compare: Callable[[float, float], bool] = getattr(operator, self.op)
        return number is not None and compare(number, self.value)

    def within(self, values: np.ndarray) -> np.ndarray:
        """Which of some values (n,) pass, (n,) bool; none that is not known."""
        return np.asarray(getattr(operator, self.op)(values, self.value), dtype=bool)

    @property
    def sides(self) -> frozenset[str]:
        """What it limits: the `low` side, the `high` one or both."""
        return frozenset(("low", "high") if self.op == "eq" else ("low",) if self.op[0] == "g" else ("high",))

    def same_side(self, other: Limit) -> bool:
        """Whether another limit is one of the same field and side."""
        return self.field == other.field and not self.sides.isdisjoint(other.sides)

    def excludes(self, other: Limit) -> bool:
        """Whether the limits are on two sides of one field, and no number can meet both."""
        if self.field != other.field or self.sides == other.sides:
            return False
        low, high = (self, other) if "low" in self.sides else (other, self)
        strict = low.op == "gt" or high.op == "lt"
        return low.value > high.value or (strict and low.value == high.value)

    @classmethod
    def from_json(cls, tree: Any) -> Self:
        """The limit that keys and values tell.

        Raises:
            DialogueError: If a key is unknown or missing, or a value is not allowed.
        """
        where = "preferences: an entry of `limits`"
        if not isinstance(tree, Mapping):
            raise DialogueError(
                f"{where} is a {type(tree).__name__}; it should have `field`, `op` and `value`"
            )
        _refuse_unknown(tree, cls, where)
        if not isinstance(tree.get("field"), str):
            raise DialogueError(f"{where} has the field {tree.get('field')!r}; it should be text")
        if tree.get("op") not in get_args(LimitOp):
            raise DialogueError(
                f"{where} has the op {tree.get('op')!r}; known: {', '.join(get_args(LimitOp))}"
            )
        value = tree.get("value")
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
            raise DialogueError(f"{where} has the value {value!r}; it should be a finite number")
        return cls(tree["field"], tree["op"], float(value), str(tree.get("said", "")))


@dataclass(frozen=True, slots=True)
class Order:
    """By which number or date a list is put in order: "cheapest first".

    It rules nothing out; what is not known comes last.
    """

    field: str
    best: Best
    said: str = ""  # the user's words it was read from

    @classmethod
    def from_json(cls, tree: Any) -> Self:
        """The order that keys and values tell.

        Raises:
            DialogueError: If a key is unknown or missing, or a value is not allowed.
        """
        where = "preferences: `order`"
        if not isinstance(tree, Mapping):
            raise DialogueError(f"{where} is a {type(tree).__name__}; it should have `field` and `best`")
        _refuse_unknown(tree, cls, where)
        if not isinstance(tree.get("field"), str):
            raise DialogueError(f"{where} has the field {tree.get('field')!r}; it should be text")
        if tree.get("best") not in get_args(Best):
            raise DialogueError(
                f"{where} has `best` {tree.get('best')!r}; known: {', '.join(get_args(Best))}"
            )
        return cls(tree["field"], tree["best"], str(tree.get("said", "")))


@dataclass(frozen=True, slots=True)
class Wish:
    """An attribute wanted or unwanted: a value of a category or people field.

    What no field has as a value may be refused by its words: of the field `ANYWHERE`, whatever text names them all.
    """

    field: str
    value: str  # as the catalogue writes it
    # Wanted: 1.0 said in passing; 2.0 demanded ("with Toni Collette"). Unwanted: from 1.0 on never listed ("no
    # horror"); below, rather not ("less scary").
    strength: float
    said: str  # the user's words it was read from
    # Values (field, value) that an item must have as well for what is unwanted to be in it: "no romantic comedies".
    also: tuple[tuple[str, str], ...] = ()

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """All values that it speaks of: field and value of each."""
        return ((self.field, self.value), *self.also)

    @property
    def text(self) -> str:
        """The value as it is shown, with what must be there as well: `Romance + Comedy`."""
        return " + ".join(value for _, value in self.parts)

    def held_by(self, item: Item) -> bool:
        """Whether an item has the value, and all that must be there as well."""
        return all(value in item.values(field) for field, value in self.parts)

    @classmethod
    def from_json(cls, tree: Any, name: str) -> Self:
        """The wish that keys and values tell.

        Args:
            tree: The keys and values.
            name: Of the list that it is in, for messages: `wanted` or `unwanted`.

        Raises:
            DialogueError: If a key is unknown or missing, or a value is not allowed.
        """
        where = f"preferences: an entry of `{name}`"
        if not isinstance(tree, Mapping):
            raise DialogueError(f"{where} is a {type(tree).__name__}; it should have `field` and `value`")
        _refuse_unknown(tree, cls, where)
        for key in ("field", "value"):
            if not isinstance(tree.get(key), str):
                raise DialogueError(f"{where} has the {key} {tree.get(key)!r}; it should be text")
        strength = tree.get("strength", 1.0)
        if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 < strength < 1e6:
            raise DialogueError(
                f"{where} has the strength {strength!r}; it should be a number: of what is wanted 1 in passing and 2 "
                "demanded, of what is unwanted 1 for never and less for rather not"
            )
        also = tree.get("also", ())
        pairs = isinstance(also, Sequence) and not isinstance(also, str)
        if not pairs or not all(_is_pair(pair) for pair in also):
            raise DialogueError(
                f"{where} has `also` {also!r:.80}; it should be a list of pairs of texts, field and value"
            )
        parts = tuple((field, value) for field, value in also)
        return cls(tree["field"], tree["value"], float(strength), str(tree.get("said", "")), parts)


@dataclass(frozen=True, slots=True)
class Open:
    """What was said and cannot be applied: no field tells it, or no item has it."""

    kind: OpenKind
    said: str  # the user's words

    @classmethod
    def from_json(cls, tree: Any) -> Self:
        """What keys and values tell.

        Raises:
            DialogueError: If a key is unknown or missing, or a value is not allowed.
        """
        where = "preferences: an entry of `open`"
        if not isinstance(tree, Mapping):
            raise DialogueError(f"{where} is a {type(tree).__name__}; it should have `kind` and `said`")
        _refuse_unknown(tree, cls, where)
        if tree.get("kind") not in get_args(OpenKind):
            raise DialogueError(
                f"{where} has the kind {tree.get('kind')!r}; known: {', '.join(get_args(OpenKind))}"
            )
        if not isinstance(tree.get("said"), str):
            raise DialogueError(f"{where} has `said` {tree.get('said')!r}; it should be the user's words")
        return cls(tree["kind"], tree["said"])


@dataclass(frozen=True, slots=True)
class Preferences:
    """The state of a dialogue: a plain value that can be shown, edited and sent back."""

    liked: tuple[str, ...] = ()  # item ids
    disliked: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()  # listed by the assistant and turned down
    wanted: tuple[Wish, ...] = ()
    unwanted: tuple[Wish, ...] = ()
    limits: tuple[Limit, ...] = ()
    asked: tuple[str, ...] = ()  # asked about, without a word on whether it pleases
    said: tuple[tuple[str, str], ...] = ()  # item id, and the user's words that put it where it is
    chosen: tuple[str, ...] = ()  # taken up: "I'll watch that one"
    count: Count | None = None  # how many to list; None: as many as the caller asks for
    open: tuple[Open, ...] = ()  # what was said and rules nothing out
    order: Order | None = None  # what comes first; None: what fits best

    @property
    def items(self) -> tuple[str, ...]:
        """The items that the state speaks of, whatever it says of them."""
        return tuple(dict.fromkeys(item for state in ITEMS_OF for item in getattr(self, state)))

    @property
    def demands(self) -> tuple[Wish, ...]:
        """The wishes that must be met: wanted with strength 2 or more."""
        return tuple(wish for wish in self.wanted if wish.strength >= 2)

    @property
    def demand_groups(self) -> tuple[tuple[Wish, ...], ...]:
        """The demands, those together of which one is enough: whom the same word may mean, "some Jackson"."""
        groups: dict[tuple[str, str], list[Wish]] = {}
        for wish in self.demands:
            groups.setdefault((wish.field, wish.said or wish.text), []).append(wish)
        return tuple(map(tuple, groups.values()))

    @property
    def refusals(self) -> tuple[Wish, ...]:
        """What must not be listed: unwanted with strength 1 or more."""
        return tuple(wish for wish in self.unwanted if wish.strength >= 1)

    def softened(self) -> Self:
        """The state in which nothing rules anything out: no limits, nothing refused, and demands are mere wishes."""
        wanted = tuple(replace(wish, strength=min(wish.strength, 1.0)) for wish in self.wanted)
        return replace(self, limits=(), unwanted=(), wanted=wanted)

    def to_json(self) -> dict[str, Any]:
        """The state as plain JSON values.

        >>> Preferences(liked=("m1",)).to_json()["liked"]
        ['m1']
        """
        tree: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return tree | {"said": dict(self.said)}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any] | str) -> Self:
        """The state that `to_json` gave, or its text; absent keys are empty.

        Raises:
            DialogueError: If a key is unknown or a value is not allowed; says which and what is.
        """
        if isinstance(tree, str):
            try:
                tree = json.loads(tree)
            except json.JSONDecodeError as error:
                raise DialogueError(f"preferences are not JSON: {error}") from error
        if not isinstance(tree, Mapping):
            raise DialogueError(f"preferences are a {type(tree).__name__}; they should be keys and values")
        _refuse_unknown(tree, cls, "preferences")
        given: dict[str, Any] = {}
        for kind in ITEMS_OF:
            ids = _listed(tree, kind)
            wrong = [value for value in ids if not isinstance(value, str)]
            if wrong:
                raise DialogueError(
                    f"preferences: `{kind}` holds {wrong[0]!r}; it should hold item ids as text"
                )
            given[kind] = tuple(dict.fromkeys(ids))
        for name in ("wanted", "unwanted"):
            given[name] = tuple(Wish.from_json(value, name) for value in _listed(tree, name))
        given["limits"] = tuple(Limit.from_json(value) for value in _listed(tree, "limits"))
        given["open"] = tuple(Open.from_json(value) for value in _listed(tree, "open"))
        given["order"] = None if tree.get("order") is None else Order.from_json(tree["order"])
        given["count"] = None if tree.get("count") is None else Count.from_json(tree["count"])
        said = tree.get("said", {})
        if not isinstance(said, Mapping) or not all(
            isinstance(x, str) for pair in said.items() for x in pair
        ):
            raise DialogueError(f"preferences: `said` is {said!r:.80}; it should hold words by item id")
        given["said"] = tuple(said.items())
        return cls(**given)


def by_words(wishes: Iterable[Wish]) -> list[list[Wish]]:
    """Wishes grouped by the words that they were read from: all that "feel-good" stands for is one wish."""
    groups: dict[str, list[Wish]] = {}
    for wish in wishes:
        groups.setdefault(wish.said or wish.text, []).append(wish)
    return list(groups.values())


def _refuse_unknown(tree: Mapping[str, Any], kind: type, what: str) -> None:
    known = [f.name for f in fields(kind)]
    unknown = [str(key) for key in tree if key not in known]
    if unknown:
        raise DialogueError(f"{what}: `{unknown[0]}` is not a known key; known: {', '.join(known)}")


def _listed(tree: Mapping[str, Any], name: str) -> list[Any]:
    value = tree.get(name, ())
    if not isinstance(value, list | tuple):
        raise DialogueError(f"preferences: `{name}` is a {type(value).__name__}; it should be a list")
    return list(value)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(x, str) for x in value)


@dataclass(frozen=True, slots=True)
class FoundWish:
    """A value wanted, unwanted, no longer unwanted (`lifted`) or no longer wanted (`freed`), at `start` to `end`."""

    field: str
    value: str
    kind: Literal["wanted", "unwanted", "lifted", "freed"]
    strength: float
    start: int
    end: int
    also: tuple[tuple[str, str], ...] = ()  # as of `Wish`

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """All values that it speaks of: field and value of each."""
        return ((self.field, self.value), *self.also)
