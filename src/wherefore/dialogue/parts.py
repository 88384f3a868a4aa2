"""The parts of a state: told one by one, taken back, and what each does to the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from wherefore.catalog.audience import WHOM
from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.mentioned import PREFIX
from wherefore.catalog.naming import spoken_label
from wherefore.catalog.paid import PAID
from wherefore.catalog.ranks import base_name, is_rank_name
from wherefore.catalog.spoken import cased, is_flag, value_text
from wherefore.catalog.times import WHEN
from wherefore.dialogue.messages import Dialogue, last_said
from wherefore.dialogue.spoken import limit_told, order_words
from wherefore.dialogue.state import ITEMS_OF, Preferences, Wish, by_words
from wherefore.text import forms

PartKind = Literal[
    "liked",
    "disliked",
    "seen",
    "rejected",
    "chosen",
    "asked",
    "wanted",
    "unwanted",
    "limit",
    "order",
    "count",
    "open",
]
_MANY = 5  # items of the same words that are still told one by one
HEADINGS: dict[PartKind, str] = {
    "liked": "Liked",
    "disliked": "Disliked",
    "seen": "Already seen",
    "rejected": "Turned down",
    "chosen": "Chosen",
    "asked": "Asked about",
    "wanted": "Wanted",
    "unwanted": "Not wanted",
    "limit": "Limit",
    "order": "Order",
    "count": "How many",
    "open": "Not applied",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was understood."""

    kind: PartKind
    text: str  # the item's title, the value, or the limit in plain words
    said: str  # the user's words, where they are known
    without: Preferences  # the state when this is forgotten


def parts(preferences: Preferences, catalog: Catalog) -> tuple[Part, ...]:
    """All that a state holds. Values that one word rules out, and limits of one field, are one part."""
    return tuple(_parts(preferences, catalog))


def _parts(preferences: Preferences, catalog: Catalog) -> Iterator[Part]:
    said = dict(preferences.said)
    for kind in ITEMS_OF:
        ids: tuple[str, ...] = getattr(preferences, kind)
        for group in _together(ids, said):
            left = {kind: tuple(one for one in ids if one not in group)}
            titles = [catalog.dated(catalog[one]) if one in catalog else one for one in group]
            text = titles[0] if len(titles) == 1 else f"{', '.join(titles[:3])} and {len(titles) - 3} more"
            yield Part(kind, text, said.get(group[0], ""), replace(preferences, **left))  # type: ignore[arg-type]
    for wish in preferences.wanted:
        kept = tuple(one for one in preferences.wanted if one != wish)
        yield Part(
            "wanted", _said(wish.field, wish.value, catalog), wish.said, replace(preferences, wanted=kept)
        )
    for gone in by_words(preferences.unwanted):
        kept = tuple(wish for wish in preferences.unwanted if wish not in gone)
        yield Part(
            "unwanted",
            ", ".join(
                _told(wish, catalog) if wish.strength >= 1 else f"less {_told(wish, catalog)}"
                for wish in gone
            ),
            gone[0].said,
            replace(preferences, unwanted=kept),
        )
    for name in dict.fromkeys(limit.field for limit in preferences.limits):
        limits = [limit for limit in preferences.limits if limit.field == name]
        others = tuple(limit for limit in preferences.limits if limit.field != name)
        words = " and ".join(dict.fromkeys(limit.said for limit in limits if limit.said))
        spec = next((one for one in catalog.schema.fields if one.name == name), None)
        if name.startswith((PREFIX, WHEN, PAID)) or is_rank_name(name):
            spec = catalog.schema.spec(name)
        text = name if spec is None else limit_told(limits, spec)
        yield Part("limit", text, words, replace(preferences, limits=others))
    if preferences.order is not None:
        order = preferences.order
        spec = next((each for each in catalog.schema.fields if each.name == base_name(order.field)), None)
        told = order.field if spec is None else order_words(order, catalog.schema.spec(order.field))
        yield Part("order", told, order.said, replace(preferences, order=None))
    if preferences.count is not None:
        one = preferences.count
        yield Part("count", str(one.value), one.said, replace(preferences, count=None))
    for idle in preferences.open:
        rest = tuple(one for one in preferences.open if one != idle)
        text = f"no {idle.said}" if idle.kind == "unwanted" else idle.said
        yield Part("open", text, idle.said, replace(preferences, open=rest))


def _told(wish: Wish, catalog: Catalog) -> str:
    return " + ".join(_said(field, value, catalog) for field, value in wish.parts)


def _said(field: str, value: str, catalog: Catalog) -> str:
    """A value as it is shown; of a mere yes or no, with what it is about."""
    if field == WHOM:
        return f"{WHOM} {value}"
    spec = next((one for one in catalog.schema.fields if one.name == field), None)
    if spec is not None and spec.stands_for(value):
        return spec.spoken(value)
    if spec is None or not is_flag(value):
        return value_text(value)
    return f"{cased(spoken_label(spec.label or spec.name))}: {value.lower()}"


def _together(ids: Sequence[str], said: Mapping[str, str]) -> list[list[str]]:
    """Items one by one, but more than `_MANY` of the same words together: "no Star Wars" is one thing."""
    groups: dict[str, list[str]] = {}
    for item_id in ids:
        groups.setdefault(said.get(item_id) or f"\n{item_id}", []).append(item_id)
    whole = {item_id: group for group in groups.values() if len(group) > _MANY for item_id in group}
    return [whole.get(item_id, [item_id]) for item_id in ids if whole.get(item_id, [item_id])[0] == item_id]


def forget(preferences: Preferences, words: str, catalog: Catalog) -> tuple[Preferences, tuple[Part, ...]]:
    """The state without the parts that the words name, and those parts: "alien", "after 2000", "everything".

    A part is named when its text holds all the words; where none does, when what the user said for it does.
    """
    sought = forms(words)
    if not sought:
        return preferences, ()
    if sought in (["everything"], ["all"]):
        return Preferences(), parts(preferences, catalog)
    for where in (_texts, _words_said):  # what the user said of one item often names others
        gone: list[Part] = []
        left = preferences
        while (found := _named(left, sought, where, catalog)) is not None:
            gone.append(found)
            left = found.without
        if gone:
            return left, tuple(gone)
    return preferences, ()


def _texts(part: Part) -> list[str]:
    return forms(part.text)


def _words_said(part: Part) -> list[str]:
    return [*forms(part.said), *forms(HEADINGS[part.kind])]


def _named(
    preferences: Preferences, sought: list[str], where: Callable[[Part], list[str]], catalog: Catalog
) -> Part | None:
    return next((part for part in parts(preferences, catalog) if set(sought) <= set(where(part))), None)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one part of the state does: the items that are listed because of it, and those that it keeps out."""

    part: Part
    brought: tuple[Item, ...]  # listed, but not without it; best first
    kept_out: tuple[Item, ...]  # listed without it, best first


def without(dialogue: Dialogue, part: Part) -> Dialogue:
    """The dialogue as if a part of its state had not been said: its words are blanked in the newest message with them.

    Mentions inside those words go with them.
    """
    place = last_said(part.said, dialogue.messages)
    heard = replace(dialogue, muted=(place,) if place is not None else ()).heard()
    return replace(heard, muted=dialogue.muted, preferences=part.without)


def items_of(before: Preferences, after: Preferences) -> set[str]:
    """The items that one state speaks of and the other does not."""
    return set(before.items) - set(after.items)
