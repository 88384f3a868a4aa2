"""Reasons: what is said of one item, worded by the grammar from a plan.

The words themselves stand in `frames.py` (sentences) and `phrases.py` (how a value is said): reword a reason there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.spoken import values_of
from wherefore.dialogue.facts import Fact, Plan, slot_of
from wherefore.text import joined, normal_words
from wherefore.writing import frames, phrases
from wherefore.writing.evidence import record_fact

_FRAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # of a first sentence; of a clause after it
    "wish": (frames.WISH, frames.THEN_WISH),
    "shared": (frames.SHARED, frames.THEN_SHARED),
    "similar": (frames.SIMILAR, frames.THEN_SIMILAR),
    "limit": (frames.LIMIT, frames.THEN_LIMIT),
    "limit that the value says": (frames.LIMIT_SAME, frames.THEN_LIMIT_SAME),
    "own": (frames.OWN, frames.THEN_OWN),
    "avoid": (frames.AVOID, frames.THEN_AVOID),
    "avoided person": (frames.AVOID_PERSON, frames.THEN_AVOID_PERSON),
}
_STYLED: dict[tuple[str, str], tuple[str, ...]] = {
    ("wish", "person"): frames.WISH_PERSON,
    ("wish", "modifier"): frames.WISH_MODIFIER,
    ("wish", "tag"): frames.WISH_TAG,
    ("wish", "prep"): frames.WISH_PREP,
    ("shared", "person"): frames.SHARED_PERSON,
    ("shared", "tag"): frames.SHARED_TAG,
}


def word(plan: Plan, rng: Random) -> str:
    """One raw sentence for a reason's plan.

    Args:
        plan: A plan with an item.
        rng: The source of variety; equal states give equal sentences.

    Raises:
        ValueError: If the plan has no item (use `opening`).
    """
    if plan.item is None:
        raise ValueError("a plan without an item is an opening's; call `opening`")
    groups = _groups(plan)
    if not groups:
        return f"it is one of the {plan.plural} that came closest to what you said."
    shortest = ""
    told = [fact.value.lower() for fact in plan.facts if fact.kind != "wish" and " " in fact.value]
    for attempt in range(12):
        kept = groups if attempt < 8 else groups[: max(1, len(groups) - 1)]
        sentence = _sentence(kept, plan, rng)
        length = len(normal_words(sentence))
        twice = any(sentence.count(value) > 1 for value in told)  # tagged "road movie", and a road movie
        if frames.MIN_WORDS <= length <= frames.MAX_WORDS - 4 and not twice and not _repeats(sentence):
            return sentence
        if not shortest or abs(length - 14) < abs(len(normal_words(shortest)) - 14):
            shortest = sentence
    return shortest


def _repeats(sentence: str) -> bool:
    """Whether three words come twice in the same order: "as you asked, ... as you asked"."""
    words = normal_words(sentence)
    runs = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    return len(set(runs)) < len(runs)


def _groups(plan: Plan) -> list[list[Fact]]:
    """Facts of one kind about one liked item belong into one clause."""
    groups: dict[tuple[str, str, str], list[Fact]] = {}
    for fact in plan.facts:
        if fact.kind in ("shared", "similar") and not slot_of(plan, fact.source):
            continue
        apart = fact.field if fact.kind in ("limit", "avoid") else ""
        groups.setdefault((fact.kind, fact.source or "", apart), []).append(fact)
    return list(groups.values())


def _sentence(groups: Sequence[Sequence[Fact]], plan: Plan, rng: Random) -> str:
    text = _filled(rng.choice(_first_frames(groups[0])), groups[0], plan, rng)
    for group in groups[1:]:
        _, then = _fitting(group[0])
        clause = _filled(rng.choice(then), group, plan, rng)
        link = "; " if text.count(", and ") else rng.choice(frames.LINKS)
        text = text.rstrip(".") + link + clause + "."
    return text


def _first_frames(group: Sequence[Fact]) -> Sequence[str]:
    """The frames of a first sentence; what suits the style of a value comes up more often."""
    first = group[0]
    general, _ = _fitting(first)
    if len(phrases.by_field(group)) > 1 or not first.field:
        return general
    style = phrases.style_of(first)
    if first.kind == "wish" and style != "prep" and len(group) > 1:
        return general
    return (*general, *_STYLED.get((first.kind, style), ()) * 2)


def _fitting(fact: Fact) -> tuple[Sequence[str], Sequence[str]]:
    """The frames for a fact: nothing is filed under a place or a maker."""
    first, then = _FRAMES[_case(fact)]
    if fact.kind != "avoid" or phrases.style_of(fact) not in ("prep", "label", "flag"):
        return first, then
    return tuple(filter(_suits_any, first)), tuple(filter(_suits_any, then))


def _suits_any(frame: str) -> bool:
    """Whether a frame of what is absent suits a place: neither "filed under the usa" nor "no the usa"."""
    return "filed" not in frame and "no {v}" not in frame


def _case(fact: Fact) -> str:
    """Which frames a fact needs: its kind, or a special case of it."""
    if fact.kind == "limit" and _says_itself(fact):
        return "limit that the value says"
    if fact.kind == "avoid" and phrases.style_of(fact) == "person":
        return "avoided person"
    return fact.kind


def _says_itself(fact: Fact) -> bool:
    """Whether the value alone answers the limit: "from 2000" for the year 2000."""
    return fact.ask.startswith(("from ", "exactly ")) or fact.ask == f"in {fact.value}"


def _filled(frame: str, group: Sequence[Fact], plan: Plan, rng: Random) -> str:
    """A frame with its holes filled; each hole but a verb of liking is filled with the same words throughout."""
    first = group[0]
    fields = phrases.by_field(group)
    noun = plan.noun.lower()

    def vp() -> str:
        return joined([rng.choice(phrases.predicates(facts, noun)) for facts in fields])

    def also() -> str:
        # "is also directed by x and stars y"
        verb, _, rest = vp().partition(" ")
        return f"{verb} also {rest}" if verb in ("is", "was") else f"also {verb} {rest}"

    def role_did() -> str:
        role = phrases.role_of(first.template, first.label)
        return role.did_many if len(group) > 1 else role.did

    holes: dict[str, Callable[[], str]] = {
        "np": lambda: noun_phrase(fields, noun, rng),
        "vp": vp,
        "also": also,
        "ask": lambda: (
            phrases.limit_object(first) if first.kind == "limit" else rng.choice(phrases.wanted(fields[0]))
        ),
        "who": lambda: f"who {rng.choice(phrases.role_of(first.template, first.label).who)}",
        "did": role_did,
        "common": lambda: joined([rng.choice(phrases.common(facts)) for facts in fields]),
        "src": lambda: slot_of(plan, first.source),
        "limit": lambda: first.ask,
        "v": lambda: joined([phrases.said(fact) for fact in fields[0]]),
        "labels": lambda: phrases.label_noun(first, True),
        "noun": lambda: noun,
        "a_noun": lambda: phrases.article(noun),
    }
    memory: dict[str, str] = {}

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name == "liked":
            return rng.choice(frames.LIKED)
        if name not in memory:
            memory[name] = holes[name]()
        return memory[name]

    return re.sub(r"\{(\w+)\}", fill, frame)


def noun_phrase(fields: Sequence[Sequence[Fact]], noun: str, rng: Random) -> str:
    """Facts as one noun phrase: "a 1979 horror movie directed by x"."""
    modifiers = [facts for facts in fields if phrases.style_of(facts[0]) == "modifier"]
    years = [facts for facts in fields if phrases.style_of(facts[0]) == "year"]
    before = modifiers[:1] if modifiers and not phrases.names_things(modifiers[0], noun) else []
    head = phrases.modified(before[0], noun) if before else noun
    after = [
        *modifiers[len(before) :],
        *(facts for facts in fields if phrases.style_of(facts[0]) not in ("modifier", "year")),
    ]
    if years:
        if rng.random() < 0.5:
            head = f"{phrases.said(years[0][0])} {head}"
            after += years[1:]
        else:
            after += years
    after.sort(key=_place)
    text = phrases.article(head)
    ahead = ""  # how the addition before begins
    for facts in after:
        addition = rng.choice(phrases.additions(facts))
        begin = (
            "with"
            if phrases.style_of(facts[0]) in ("number", "label") and addition.startswith("with ")
            else ""
        )
        text += f" and {addition.removeprefix('with ')}" if begin and begin == ahead else f" {addition}"
        ahead = begin
    return text


_PLACES = {"person": 0, "year": 1, "prep": 2, "modifier": 4, "number": 5, "label": 6, "tag": 7, "flag": 8}


def _place(facts: Sequence[Fact]) -> tuple[int, int]:
    """Where facts of one field stand after the noun: what begins with "with" comes late, so that nothing follows it."""
    style = phrases.style_of(facts[0])
    if style == "label" and phrases.by_itself(facts):
        return _PLACES["prep"], 0
    if style == "number" and not phrases.additions(facts)[0].startswith("with "):
        return 3, 0
    return _PLACES[style], _leads(facts[0])


def _leads(fact: Fact) -> int:
    """Makers come first: after another name, "by x" and "directed by x" would be taken for that name's."""
    prefix = fact.template.partition("{}")[0].strip()
    return 0 if prefix == "by" else 1 if prefix.endswith(" by") and not prefix.startswith("with ") else 2


def record_sentences(item: Item, catalog: Catalog, rng: Random) -> str:
    """An item's record put into one to three raw sentences, for language modelling."""
    noun = catalog.schema.noun.lower()
    facts = []
    for spec in catalog.schema.filterable:
        values = list(values_of(item, spec))
        rng.shuffle(values)
        kept = values[: rng.choice((1, 1, 2))]
        if kept:
            facts.append([record_fact(spec, value) for value in kept])
    if not facts:
        return f"it is {phrases.article(noun)}."
    rng.shuffle(facts)
    facts = facts[: rng.randint(1, 5)]
    plan = Plan(item, (), {}, catalog.schema.noun, catalog.schema.plural)
    sentences: list[str] = []
    while facts:
        size = rng.randint(1, 3)
        group = [fact for part in facts[:size] for fact in part]
        facts = facts[size:]
        fitting = [frame for frame in frames.RECORD if not sentences or frame != "{np}."]
        sentences.append(_filled(rng.choice(fitting), group, plan, rng))
    return " ".join(sentences)
