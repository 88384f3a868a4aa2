"""Questions about items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.times import WHEN, asked_of
from wherefore.dialogue.state import Limit

_OfFew = Literal[
    "value",
    "holds",
    "record",
    "compare",
    "why not",
    "opinion",
    "untold",
    "clause",
    "series",
    "have",
    "names",
    "shared",
    "others",
]
_OfMany = Literal["reckon", "top", "converted", "most", "degree", "which", "why", "amount"]
Kind = Literal[_OfFew, _OfMany, "unclear", "unknown", "beyond"]


@dataclass(frozen=True, slots=True)
class Condition:
    """What an item is asked to be: one of several values (field, value), or within limits."""

    values: tuple[tuple[str, str], ...] = ()
    limits: tuple[Limit, ...] = ()

    def field(self) -> str:
        """The field that it is about."""
        if self.values:
            return self.values[0][0]
        name = self.limits[0].field
        return asked_of(name).field if name.startswith(WHEN) else name

    def met(self, item: Item, catalog: Catalog) -> bool:
        """Whether the item's record says so."""
        if self.values:
            return any(value in item.values(name) for name, value in self.values)
        return all(limit.allows(item, catalog) for limit in self.limits)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What is to be worked out of prices: a sum ("3 nights with the cleaning"), or a rate ("per 100 g").

    Attributes:
        count: How many of `unit` a sum is for; 0 where it is of fees alone.
        unit: `hour`, `day`, `night`, `week`, `month`, `year`, `person` or `piece`.
        fees: What is added, as `wherefore.catalog.prices` calls it; `*` is all that is paid once.
        per: Of a rate, of what it is: "g", "person", "page"; then `count` says of how many.
        also_per: The time that a rate is for besides: "per person per night".
        best: Whether the least or the most of a rate is sought.
        buys: Whether renting is compared with buying.
        days: Of the week, from 0, of which the user speaks.
    """

    count: float = 0.0
    unit: str = ""
    fees: tuple[str, ...] = ()
    per: str = ""
    also_per: str = ""
    best: Literal["", "max", "min"] = ""
    buys: bool = False
    days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question about items.

    Kinds: `value` (what the record says for `field`), `holds` (whether `conditions` are met), `record` (all of
    it), `compare` (two items or more), `most` (which of `items` has the most or least of `field`; of no field:
    which fits best, the items best first, of several `sorts` of things one of each), `degree` (which of `items` is
    most or least what `said` says, by its `conditions`), `which` (which of `items` meet `conditions`), `why` (why
    `items` were listed), `why not` (why they were not), `opinion` (whether `items` are any good), `unclear` (which of
    `items` is meant is not known; `said`, where given, may be no question of them at all), `unknown` (`said` is no
    item of the catalogue), `untold` (what no record tells: `said` is the topic, as in "where things stream", or
    empty; of no items: of the list), `clause` (what `said`, a clause of `field`, tells, or of several items
    `clauses`), `series` (whether `items` belong to one), `have` (whether `items` are there to be had), `reckon` (what
    `reckoning` works out of the prices of `items`; of none: of all), `top` (which of all items has the most or least
    of `field`), `converted` (what `field` is in the unit `said`), `names` (whether the records of `items` name `said`,
    by `clauses`; `best` is `min` where those without it are asked for), `amount` (how much of `said` they have, by
    `clauses`), `beyond` (`said` is a place that the last list, `items`, does not have), `shared` (whether `items` have
    a value of `field` in common), `others` (what else has those values).
    """

    kind: Kind
    items: tuple[str, ...]
    field: str = ""
    conditions: tuple[Condition, ...] = ()
    best: Literal["", "max", "min"] = ""
    alone: bool = True  # whether the message asks for nothing else
    start: int = 0  # the characters of the message that ask
    end: int = 0
    named: bool = False  # whether the message itself names the items
    many: int = 1  # of how many items `most` is asked
    times: float = 1.0  # of a price, for how many of what it is for one of: 3 people
    sorts: tuple[
        tuple[str, tuple[str, ...]], ...
    ] = ()  # what a choice is left of: the words, and the items they mean
    clauses: tuple[tuple[str, str, str], ...] = ()  # that answer: item, field and clause
    having: tuple[str, ...] = ()  # the items that have what `names` asks after, or the first by `amount`
    also: tuple[Question, ...] = ()  # what the message asks besides
    reckoning: Reckoning | None = None
    shop: bool = False  # whether `untold` is asked of the shop rather than of an item
    fields: tuple[str, ...] = ()  # by which `compare` compares; none where by any
    said: str = ""  # what `unknown` asks about, in the user's words; the topics of `untold`, a clause

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """The characters of the message that ask this, and what it asks besides."""
        return ((self.start, self.end), *(span for one in self.also for span in one.spans))

    @property
    def considers(self) -> tuple[str, ...]:
        """The items that the user thinks about: those of a question about one or a few, not about a whole list."""
        if self.sorts:
            return tuple(ids[0] for _, ids in self.sorts if len(ids) == 1)
        pair = self.kind == "most" and self.named
        return self.items if pair or self.kind in get_args(_OfFew) else ()
