"""Facts that may be said of an item, and the plan of a sentence that says some of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from wherefore.catalog.catalog import Item

# By the LLM at once, by it after a failed check, without it; of clauses of the record alone.
Worded = Literal["first", "rewritten", "plain", "quoted"]
FactKind = Literal["wish", "shared", "limit", "similar", "own", "avoid", "liked", "passed", "count", "about"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that may be said: a value of the item's record and what it has to do with the user.

    Kinds in reasons: `wish` (asked for and true), `shared` (the liked item `source` has it too), `limit`
    (`value` passes the limit `ask`), `similar` (`source` is the closest liked item), `avoid` (unwanted and
    absent), `own` (just true), `about` (what its texts say, quoted; `said` holds what it answers).
    Kinds in openings: `liked` (`source` was liked or named), `wish` (asked for, or shared with what was liked; `ask`
    says of how many listed items it holds, "3 of 5"), `limit`, `passed` (seen or turned down, hence left out),
    `count` (`value` items listed, `ask` says how many were asked for, "of 5").
    """

    field: str  # name in the schema; empty when the fact is about no field
    value: str
    because: str  # plain words for people
    kind: FactKind
    source: str | None = None  # id of the liked item
    said: str = ""  # the user's words
    ask: str = ""  # the limit in plain words ("after 2000"), or a share ("3 of 5")
    template: str = "{}"  # the schema's phrase
    label: str = ""  # the schema's label
    field_kind: str = ""  # the schema's kind
    unit: str = ""
    words: str = ""  # what the value is a code for: "full board" of FB

    @property
    def text(self) -> str:
        """The value in words."""
        return self.words or self.value

    @property
    def phrase(self) -> str:
        """The schema's phrase, filled: "directed by Ridley Scott"."""
        return self.template.replace("{}", self.text)

    @property
    def met(self) -> int | None:
        """Of how many listed items an opening's wish holds; None of other facts."""
        return int(self.ask.partition(" ")[0]) if self.kind == "wish" and " of " in self.ask else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What one sentence says. An opening has no item.

    `slots` maps `@1` to a liked or named item's id and `#1` to a listed item's id: all that the sentence may name.
    `quote` holds what the item's texts say of it, as sentences, and `quoted` the clauses; it is said beside the
    sentence, before it where it `answers` what the user said. `told_once` are facts that hold of the whole list, which
    its opening says; `aside` are the values of limited fields, in few words ("111 minutes"), said before all else.
    """

    item: Item | None
    facts: tuple[Fact, ...]
    slots: Mapping[str, str] = field(default_factory=dict)
    noun: str = "item"
    plural: str = "items"
    quote: str = ""
    quoted: tuple[Fact, ...] = ()
    answers: bool = False
    told_once: tuple[Fact, ...] = ()
    aside: str = ""

    def beside_quote(self, sentence: str) -> str:
        """A sentence of the plan's facts with the quote."""
        parts = (self.quote, sentence) if self.answers else (sentence, self.quote)
        return " ".join(part for part in (self.aside, *parts) if part)

    @property
    def total(self) -> int:
        """How many items an opening's list has."""
        return sum(slot.startswith("#") for slot in self.slots)

    @property
    def short(self) -> bool:
        """Whether an opening's list is shorter than was asked."""
        return any(fact.kind == "count" and fact.ask != f"of {self.total}" for fact in self.facts)


def slot_of(plan: Plan, item_id: str | None, among: Collection[str] | None = None) -> str:
    """The slot under which the plan speaks of an item, or an empty string."""
    for slot, filler in plan.slots.items():
        if filler == item_id and (among is None or slot in among):
            return slot
    return ""
