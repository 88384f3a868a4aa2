"""Preferences while they are being collected, message by message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

from wherefore.dialogue.messages import Mention, Message, Place, all_said, last_said
from wherefore.dialogue.state import (
    ANYWHERE,
    ITEMS_OF,
    FoundWish,
    ItemsOf,
    Limit,
    LimitOp,
    Open,
    OpenKind,
    Preferences,
    Wish,
)
from wherefore.text import forms, stems

# What is said of an item.
Verdict = Literal["liked", "disliked", "seen", "unseen", "rejected", "chosen", "forgotten"]


class Notes:
    """Preferences while they are being collected."""

    def __init__(self, preferences: Preferences) -> None:
        self._items: dict[ItemsOf, dict[str, None]] = {
            kind: dict.fromkeys(getattr(preferences, kind)) for kind in ITEMS_OF
        }
        self._wanted = {(wish.field, wish.value): wish for wish in preferences.wanted}
        self._unwanted = {wish.parts: wish for wish in preferences.unwanted}
        self._limits = list(preferences.limits)
        self._said = dict(preferences.said)
        self._open = dict.fromkeys(preferences.open)
        self.count = preferences.count
        self.order = preferences.order
        self.words = ""  # what the user says just now
        self.others = False  # whether this message asks for others than those listed
        self.aside: list[Limit] = []  # that leave nothing of what this message asks for, and hold no longer
        self._now: dict[tuple[str, str], int] = {}  # wishes of this message, with their places
        self._here: list[tuple[str, Any]] = []  # items of this message with what was said of them
        self._before: list[tuple[str, Any]] = []  # of the message before
        self._number = 0  # of the message that is being read
        self._muted: list[Place] = []
        # Words taken back, and the number of the message up to which they were said.
        self._dropped: list[tuple[int, str]] = []
        self._forgotten: list[tuple[int, str]] = []  # the same, wherever they were said before that message
        self._refused_in: dict[tuple[tuple[str, str], ...], int] = {}  # the message of each refusal
        # Where this message says that somebody shall come to no harm, or what nobody shall do, and no record tells.
        self.spared: list[tuple[int, int]] = []
        self.unseen: list[tuple[int, int]] = []
        self.settled: list[tuple[int, int]] = []  # characters of this message that only take back
        self._since = 0  # the message with which all began anew
        self.gone: dict[str, None] = {}  # items taken back

    def begin(self, number: int) -> None:
        """A new message begins."""
        self._number = number
        self.others = False
        self.aside = []
        self._now = {}
        self.settled = []
        self.spared, self.unseen = [], []
        self._before, self._here = self._here, []

    def forget(self) -> None:
        """Forget everything."""
        for place in self._items.values():
            place.clear()
        self._said.clear()
        self._wanted.clear()
        self._unwanted.clear()
        self._limits = []
        self._open.clear()
        self.count = None
        self.order = None
        self._since = self._number

    def renew(self, kept: Collection[str]) -> None:
        """Something else is sought: wishes are gone, and limits but those of the fields that are kept.

        What is refused, what was said of items and how many are to be listed stay as they are.
        """
        self._wanted.clear()
        self._limits = [limit for limit in self._limits if limit.field in kept]
        self._open.clear()
        self._since = self._number

    def forget_words(self, said: str) -> None:
        """Words of the user count no longer, wherever they were said before this message."""
        if said.strip():
            self._forgotten.append((self._number, said))

    def drop(self, said: str) -> None:
        """Words of the user count no longer."""
        if said.strip():
            self._dropped.append((self._number, said))

    def mute(self, start: int, end: int) -> None:
        """Words of this message tell what is not sought."""
        self._muted.append((self._number, start, end))

    def keep(self, state: Preferences) -> None:
        """Take back what a state has no more."""
        items = set(state.items)
        wishes = {wish.parts for wish in (*state.wanted, *state.unwanted)}
        for wish in (*self._wanted.values(), *self._unwanted.values()):
            if wish.parts not in wishes:
                self.drop(wish.said)
        mine = [item for place in self._items.values() for item in place]
        self.gone.update(dict.fromkeys(item for item in mine if item not in items))

    def muted(self, messages: Sequence[Message], mentions: Sequence[Mention]) -> set[Place]:
        """The places of all words that do not count."""
        found = [(number, 0, len(messages[number].content)) for number in range(self._since)]
        found += self._muted
        found += [(one.message, one.start, one.end) for one in mentions if one.item_id in self.gone]
        found += [place for last, said in self._dropped if (place := last_said(said, messages[: last + 1]))]
        for before, said in self._forgotten:
            found += all_said(said, messages[:before])
        return set(found)

    def correct(self, item_id: str) -> bool:
        """Put an item in the place of the one that the message before spoke of; whether there was one."""
        if not self._before:
            return False
        wrong, verdict = self._before[-1]
        for place in self._items.values():
            place.pop(wrong, None)
        self.gone[wrong] = None
        if verdict == "asked":
            self.ask([item_id])
        else:
            self.note(item_id, verdict)
        return True

    def correct_wish(self, field_name: str, people: Collection[str], until: int) -> float:
        """Take back the newest wish of the same kind from before a place; its strength, 0 when there was none."""
        for key in reversed(self._wanted):
            same = key[0] == field_name or (key[0] in people and field_name in people)
            if same and self._now.get(key, -1) < until:
                wrong = self._wanted.pop(key)
                self.drop(wrong.said)
                return wrong.strength
        return 0.0

    def free(self, field_name: str, value: str) -> None:
        """No longer want a value."""
        self._take_back((field_name, value))

    def _take_back(self, key: tuple[str, str]) -> None:
        wish = self._wanted.pop(key, None)
        if wish is not None:
            self.drop(wish.said)

    def last_person(self, people: Collection[str]) -> tuple[str, str] | None:
        """Field and name of the person that was asked for last."""
        return next((key for key in reversed(self._wanted) if key[0] in people), None)

    def free_person(self, people: Collection[str]) -> None:
        """No longer want the person that was asked for last."""
        for key in reversed(self._wanted):
            if key[0] in people:
                self._take_back(key)
                return

    def free_named(self, said: Collection[str], people: Collection[str]) -> None:
        """No longer want the people whose last names were said."""
        for key in list(self._wanted):
            if key[0] in people and forms(key[1])[-1:] and forms(key[1])[-1] in said:
                self._take_back(key)

    def _keep_words(self, item_ids: Iterable[str]) -> None:
        for item_id in item_ids:
            if self.words:
                self._said[item_id] = self.words

    def note(self, item_id: str, verdict: Verdict) -> None:
        """Note what was said of an item."""
        if verdict == "forgotten":
            for place in self._items.values():
                place.pop(item_id, None)
            self._said.pop(item_id, None)
            self.gone[item_id] = None
            return
        if verdict == "chosen":
            self.choose([item_id])
            return
        self._keep_words([item_id])
        self.gone.pop(item_id, None)
        if verdict != "unseen":
            self._items["chosen"].pop(item_id, None)  # what was to be tried has been
        self._here.append((item_id, verdict))
        if verdict == "unseen":
            self._items["seen"].pop(item_id, None)
            return
        if verdict == "liked":
            self._items["disliked"].pop(item_id, None)
        elif verdict == "disliked":
            self._items["liked"].pop(item_id, None)
        self._items[verdict][item_id] = None

    def judged(self, item_id: str) -> bool:
        """Whether it is noted how an item pleases, or that it was seen."""
        told: tuple[ItemsOf, ...] = ("liked", "disliked", "seen", "rejected")
        return any(item_id in self._items[kind] for kind in told)

    def reject(self, item_ids: Iterable[str]) -> None:
        """Turn items of a list down, unless the user likes them."""
        gone = [item_id for item_id in item_ids if item_id not in self._items["liked"]]
        self._keep_words(gone)
        self._items["rejected"].update(dict.fromkeys(gone))

    def choose(self, item_ids: Iterable[str]) -> None:
        """Note items that the user takes up."""
        item_ids = tuple(item_ids)
        self._here += [(item_id, "chosen") for item_id in item_ids]
        self._keep_words(item_ids)
        for item_id in item_ids:
            self._items["rejected"].pop(item_id, None)
        self._items["chosen"].update(dict.fromkeys(item_ids))

    def ask(self, item_ids: Iterable[str]) -> None:
        """Note items that are asked about."""
        item_ids = tuple(item_ids)
        self._here += [(item_id, "asked") for item_id in item_ids]
        self._keep_words(item_id for item_id in item_ids if item_id not in self._said)
        self._items["asked"].update(dict.fromkeys(item_ids))

    def want(self, wish: Wish, place: int = 0, beside: bool = False) -> None:
        """Note a wish. A demand takes the place of what an earlier message demanded of the field.

        `place` is where this message says it; with `beside`, other demands stay as they are.
        """
        key = (wish.field, wish.value)
        together = {one for one, old in self._wanted.items() if old.said == wish.said} | {key}
        self._unwanted.pop(wish.parts, None)
        gone = [old for parts, old in self._unwanted.items() if set(parts) <= together]
        for mixture in gone:  # "a romcom" wants Romance and Comedy, and so what has both
            self._unwanted = {
                parts: old
                for parts, old in self._unwanted.items()
                if old != mixture and (not mixture.said or old.said != mixture.said)
            }
        if wish.strength >= 2 and not beside:
            for other, old in self._wanted.items():
                if old.field == wish.field and other not in self._now and old.strength >= 2:
                    self._wanted[other] = replace(old, strength=1.0)
        known = self._wanted.pop(key, None)
        self._wanted[key] = known if known is not None and known.strength > wish.strength else wish
        self._now[key] = place

    def soften(self, field_name: str, value: str) -> None:
        """No longer demand a value that is wanted."""
        if (wish := self._wanted.get((field_name, value))) is not None and wish.strength >= 2:
            self._wanted[field_name, value] = replace(wish, strength=1.0)

    def refuse(self, wish: Wish) -> None:
        """Note that a value is unwanted."""
        key = wish.parts
        if wish.field == ANYWHERE:  # "ok, not Denzel then", of who wanted Denzel Washington
            told = set(stems(wish.value))
            for part in [part for part in self._wanted if told and told <= set(stems(part[1]))]:
                self._take_back(part)
        wanted = [self._wanted[part] for part in key if part in self._wanted]
        if len(wanted) == len(key) and len({one.said for one in wanted}) == 1:  # what was asked for at once
            for part in key:
                self._take_back(part)
        before = self._unwanted.pop(key, None)
        self._refused_in[key] = self._number
        self._unwanted[key] = before if before is not None and before.strength > wish.strength else wish

    def wants(self, wish: FoundWish) -> bool:
        """Whether this message has asked for the value."""
        return (wish.field, wish.value) in self._now

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """What is wanted so far."""
        return tuple(self._wanted.values())

    @property
    def refusals(self) -> tuple[Wish, ...]:
        """What is unwanted so far."""
        return tuple(self._unwanted.values())

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The limits so far."""
        return tuple(self._limits)

    @property
    def new_wishes(self) -> tuple[Wish, ...]:
        """What this message wants."""
        return tuple(wish for key, wish in self._wanted.items() if key in self._now)

    def refused_in(self, wish: Wish) -> int | None:
        """The message that refused something; None where the state that was given did."""
        return self._refused_in.get(wish.parts)

    def refused_last(self) -> tuple[Wish, ...]:
        """What the newest message before this one refused that refused anything."""
        told = [(self._refused_in.get(parts, -1), wish) for parts, wish in self._unwanted.items()]
        newest = max((number for number, _ in told if number < self._number), default=None)
        return tuple(wish for number, wish in told if number == newest)

    def allow(self, wish: Wish) -> None:
        """Note that a value is no longer unwanted."""
        self._unwanted.pop(wish.parts, None)

    def limit(self, limits: Iterable[Limit]) -> None:
        """Note limits; a later one takes the place of an earlier one of the same field and side."""
        new = list(limits)
        for limit in new:
            # "After 1992", and later "before 1960": nothing would be left, so the later one holds alone.
            self._limits = [
                old for old in self._limits if old in new or not (old.same_side(limit) or old.excludes(limit))
            ]
            if limit not in self._limits:
                self._limits = [old for old in self._limits if not old.same_side(limit)] + [limit]

    def set_aside(self, limits: Iterable[Limit]) -> None:
        """Limits hold no longer, which is to be said."""
        self.aside = [*limits]
        self._limits = [old for old in self._limits if old not in self.aside]

    def leave_open(self, given: Iterable[Open]) -> None:
        """Note what cannot be applied."""
        self._open.update(dict.fromkeys(given))

    def settle(self, kind: OpenKind, is_settled: Callable[[str], bool]) -> None:
        """What was open in some words is so no more."""
        self._open = {one: None for one in self._open if one.kind != kind or not is_settled(one.said)}

    def holds(self, limit: Limit) -> bool:
        """Whether a limit that is noted says at least as much."""
        upper = limit.op in ("lt", "le")
        return any(
            old.field == limit.field
            and ("high" if upper else "low") in old.sides
            and (old.value <= limit.value if upper else old.value >= limit.value)
            for old in self._limits
        )

    def limited(self) -> list[str]:
        """The fields that limits are on, in order."""
        return [limit.field for limit in self._limits]

    def lift(self, name: str, op: LimitOp) -> None:
        """Take away the limits of a field: both sides (`eq`), the lower (`ge`) or the upper (`le`)."""
        gone = {"low", "high"} if op == "eq" else {"low"} if op == "ge" else {"high"}
        self._limits = [old for old in self._limits if old.field != name or not old.sides & gone]

    def values(self) -> dict[str, Any]:
        """What was collected, as the fields of `Preferences`."""
        kept = {item for place in self._items.values() for item in place}
        return {
            **{kind: tuple(place) for kind, place in self._items.items()},
            "wanted": tuple(self._wanted.values()),
            "unwanted": tuple(self._unwanted.values()),
            "limits": tuple(self._limits),
            "count": self.count,
            "order": self.order,
            "open": tuple(self._open),
            "said": tuple((item_id, words) for item_id, words in self._said.items() if item_id in kept),
        }


def merged(earlier: Preferences, later: Preferences) -> Preferences:
    """Both states in one; where they disagree, the later one holds.

    >>> merged(Preferences(liked=("a", "b")), Preferences(disliked=("a",))).liked
    ('b',)
    """
    notes, said = Notes(earlier), dict(later.said)
    for kind in ITEMS_OF:
        for item_id in getattr(later, kind):
            notes.words = said.get(item_id, "")
            if kind == "asked":
                notes.ask([item_id])
            else:
                notes.note(item_id, kind)
    for wish in later.wanted:
        notes.want(wish)
    for wish in later.unwanted:
        notes.refuse(wish)
    notes.limit(later.limits)
    notes.leave_open(later.open)
    if later.count is not None:
        notes.count = later.count
    if later.order is not None:
        notes.order = later.order
    return replace(earlier, **notes.values())
