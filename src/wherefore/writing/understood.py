"""What is said about what was understood: words of degree, titles that are not there, what no record can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wherefore.catalog.audience import WHOM, called_together, people_called, tells_sexes
from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.codes import is_graded
from wherefore.catalog.concepts import concepts, having, kinds, shown_by
from wherefore.catalog.entries import COUNTS
from wherefore.catalog.flag_words import affirms, flags_of
from wherefore.catalog.flags import yes_or_no
from wherefore.catalog.mentioned import PREFIX
from wherefore.catalog.money import currency_called
from wherefore.catalog.paid import PAID, paid_of
from wherefore.catalog.ranks import base_name
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.sequels import is_of_series
from wherefore.catalog.spoken import is_flag, limit_text, measure, unit_words, values_of
from wherefore.catalog.times import WHEN, asked_of, asked_words
from wherefore.dialogue.facts import Fact
from wherefore.dialogue.messages import Dialogue, last_said
from wherefore.dialogue.spoken import limit_asked, order_words
from wherefore.dialogue.state import ANYWHERE, Limit
from wherefore.reading.asked_about import fields_about
from wherefore.reading.measures import Measures
from wherefore.reading.numbers import names_money
from wherefore.reading.totals import is_total, price_of_one
from wherefore.reading.unrecorded import other_kinds, untold
from wherefore.text import forms, joined, stems
from wherefore.writing import other_language
from wherefore.writing.asides import refused
from wherefore.writing.evidence import fact_of, of_rank, record_fact
from wherefore.writing.open_times import left_open_words, spoken_field
from wherefore.writing.phrases import field_noun, style_of

_UNKNOWN = (
    0.02  # share of the items of which a value is not known, from which it is said that they are left out
)
_ALLERGY = re.compile(
    r"\b(?:allerg\w+|intoleran\w+|anaphyla\w+|c(?:o)?eliacs?|(?:can['’]?t|cannot|can\s+not|mustn['’]?t)\s+(?:eat|have|drink|do))\b|"
    r"\w[\s-]free\b",
    re.IGNORECASE,
)
_BEST_SAID = ("modifier", "person", "prep", "label", "tag")  # of one thing, as genre, mood or tag
_REFUSALS = 6  # that are told at most
_ABLE = (("unwanted", "leave out"), ("demanded", "make sure of"), ("limit", "hold to"), ("order", "go by"))
_NOTHING_LEFT = "nothing you asked for would be left"
_MISSING, _STILL = 4, 4  # things that nothing answers, and that are open from before, that are named at most
_FEW_VALUES = 6  # of a field, that are told
_ABSENT = 3  # unknown titles that are named at most


@dataclass(frozen=True, slots=True)
class Missing:
    """What was asked for and nothing, or little, of a list answers.

    Attributes:
        said: The user's words.
        elsewhere: Whether other records name it.
        only: The few listed items that do answer it.
        is_item: Whether it names an item, of which there is none.
    """

    said: str
    elsewhere: bool
    only: tuple[Item, ...] = ()
    is_item: bool = False


def understood(
    dialogue: Dialogue,
    catalog: Catalog,
    opening: str,
    total: int,
    absent: Sequence[str],
    items: Sequence[Item] = (),
    missing: Sequence[Missing] = (),
) -> str:
    """Sentences to follow a list's opening, each with a space before it.

    Args:
        dialogue: What was said.
        catalog: What is recommended from.
        opening: The list's opening; what it says already is not said again.
        total: How many items are listed.
        absent: Titles that the newest message names and the catalogue lacks.
        items: What is listed.
        missing: What was asked for and nothing, or little, of that answers.
    """
    said = [*_sentences(dialogue, catalog, opening, total, absent, items)]
    open_ = [one for one in said if not one.startswith(other_language.START)]
    if not other_language.spoken(dialogue):
        said += _missing(missing, " ".join([opening, *open_]), total)
    said += _as_before(dialogue, " ".join([opening, *said]))
    return "".join(f" {sentence}" for sentence in said)


def _sentences(
    dialogue: Dialogue,
    catalog: Catalog,
    opening: str,
    total: int,
    absent: Sequence[str],
    items: Sequence[Item],
) -> Iterator[str]:
    if foreign := other_language.told(dialogue, catalog):
        yield foreign
    if absent:
        names = joined([f"“{title}”" for title in absent[:_ABSENT]], "or")
        yield f"I know no {catalog.schema.noun.lower()} called {names}."
    yield from _ordered(dialogue, catalog, total)
    yield from _degrees(dialogue, catalog, opening, total)
    yield from (f"For “{said}” I went by “{other}”." for said, other in dialogue.instead)
    yield from _by_times(dialogue, catalog)
    yield from _by_texts(dialogue, catalog)
    yield from _by_paid(dialogue, catalog)
    yield from _left_out(dialogue, catalog, items)
    yield from _codes(dialogue, catalog)
    yield from _for_others(dialogue, catalog)
    newest = dialogue.messages[-1].content
    if others := other_kinds(newest, catalog):
        yield f"I know only {catalog.schema.plural}, no {joined(others)}."
    yield from _between(dialogue, catalog)
    yield from not_applied(dialogue, catalog)


def _missing(missing: Sequence[Missing], told: str, total: int) -> Iterator[str]:
    """What nothing listed answers, and what only some of it does; `told` is what is said already."""
    left = [one for one in missing if f"“{one.said}”" not in told][:_MISSING]
    if unknown := [f"“{one.said}”" for one in left if one.is_item and not one.elsewhere]:
        yield f"I have no {joined(unknown, 'or')} here."
    nowhere = [f"“{one.said}”" for one in left if not (one.only or one.elsewhere or one.is_item)]
    if nowhere:
        yield f"I could not look for {joined(nowhere, 'or')}."
    if others := [f"“{one.said}”" for one in left if not one.only and one.elsewhere]:
        none = "It does not mention" if total == 1 else "None of these mentions"
        yield f"{none} {joined(others, 'or')}."
    for one in left:
        if one.only:
            yield f"Of these only {joined([f'*{item.title}*' for item in one.only])} " + (
                f"{'mentions' if len(one.only) == 1 else 'mention'} “{one.said}”."
            )


def _as_before(dialogue: Dialogue, told: str) -> Iterator[str]:
    """What was said before and still cannot be applied: a list that passes over it must not do so in silence."""
    newest = {words for _, words in dialogue.unmet}
    left = [
        one.said
        for one in dialogue.preferences.open
        if one.said not in newest and f"“{one.said}”" not in told and one.kind != "order"
    ]
    if left:
        names = joined([f"“{words}”" for words in dict.fromkeys(left[-_STILL:])], "or")
        yield f"As before, I cannot go by {names}."


def not_applied(dialogue: Dialogue, catalog: Catalog) -> Iterator[str]:
    """What the newest message asks for and nothing in its state stands for."""
    newest = dialogue.messages[-1].content
    silent = [] if other_language.spoken(dialogue) else untold(newest, catalog)
    if silent:
        named = [
            f"{one.topic} (“{newest[one.start : one.end]}”)" if one.is_need else one.topic for one in silent
        ]
        yield f"My records say nothing of {joined(named)}."
    told = [newest[one.start : one.end] for one in silent]
    unmet = [(side, words) for side, words in dialogue.unmet if not any(words in one for one in told)]
    for kind, able in _ABLE:
        said = [words for side, words in unmet if side == kind]
        by_reason: dict[str, list[str]] = {}
        for words in said:
            why = _why(kind, words, catalog) if words.lower() in newest.lower() else _NOTHING_LEFT
            by_reason.setdefault(why, []).append(f"“{words}”")
        for why, open_ in by_reason.items():
            yield f"I could not {able} {joined(open_[:_ABSENT], 'or')}: {why}."
    missing = [words for side, words in unmet if side == "wanted"][:_ABSENT]
    fields = [_of_fields(words, catalog) for words in missing]
    for words, told_of in zip(missing, fields, strict=True):
        if told_of:
            yield f"Of “{words}” my records tell {told_of}."
    missing = [words for words, told_of in zip(missing, fields, strict=True) if not told_of]
    held = [any(having(catalog, word).any() for word in forms(words)[-1:]) for words in missing]
    if unsaid := [f"“{words}”" for words, known in zip(missing, held, strict=True) if not known]:
        yield f"Nothing here mentions {joined(unsaid, 'or')}."
    if uncalled := [f"“{words}”" for words, known in zip(missing, held, strict=True) if known]:
        yield f"Nothing here is called {joined(uncalled, 'or')}; these come nearest."


def _ordered(dialogue: Dialogue, catalog: Catalog, total: int) -> Iterator[str]:
    """By what the list is put in order."""
    order = dialogue.preferences.order
    if order is None or total < 2:
        return
    spec = catalog.schema.spec(order.field)
    words = order_words(order, spec)
    unknown = np.isnan(catalog.numbers(order.field)).mean() >= _UNKNOWN
    noun = field_noun(record_fact(catalog.schema.spec(base_name(order.field)), ""))
    rest = f"; {catalog.schema.plural.lower()} whose {noun} I do not know come last" if unknown else ""
    yield f"{words[:1].upper()}{words[1:]}{rest}."


def _by_texts(dialogue: Dialogue, catalog: Catalog) -> Iterator[str]:
    """That descriptions were gone by, as no field holds an amount that the newest message bounds."""
    told = [one for one in _now(dialogue) if one.field.startswith(PREFIX)]
    counted = [one for one in told if one.field.startswith(PREFIX + COUNTS)]
    for one in counted:
        field = spoken_field(catalog.schema.spec(one.field.removeprefix(PREFIX + COUNTS)))
        yield f"For “{' '.join(one.said.split())}” I counted what each record lists under “{field}”."
    if told := [one for one in told if one not in counted]:
        said = joined(list(dict.fromkeys(f"“{one.said}”" for one in told)))
        plural = catalog.schema.plural.lower()
        yield f"For {said} I went by titles and descriptions, and left out {plural} that do not say it."


def _by_paid(dialogue: Dialogue, catalog: Catalog) -> Iterator[str]:
    """That what the newest message may cost is what is paid now, of items on sale their sale price."""
    told = [one for one in _now(dialogue) if one.field.startswith(PAID)]
    if told:
        said = joined(list(dict.fromkeys(f"“{one.said}”" for one in told)))
        one = paid_of(told[0].field)
        yield f"For {said} I went by “{one.sale}” where there is one, else by “{one.usual}”."


def _by_times(dialogue: Dialogue, catalog: Catalog) -> Iterator[str]:
    """By which times the newest message was gone by, and in which field: "before Christmas"."""
    told = [one for one in _now(dialogue) if one.field.startswith(WHEN)]
    said = []
    for limit in told:
        one = asked_of(limit.field)
        words = "" if one.facet == "day" and not one.opens else f", {asked_words(one)}"
        field = spoken_field(catalog.schema.spec(one.field))
        said.append(f"“{' '.join(limit.said.split())}” I went by “{field}”{words}")
    if said:
        yield f"For {'; for '.join(said)}."
        yield from left_open_words(told, dialogue, catalog)
    first = all(message.role == "user" for message in dialogue.messages)
    limits = dialogue.preferences.limits
    over = [catalog[item] for item in dialogue.over if item in catalog] if first else []
    if count := sum(all(limit.allows(item, catalog) for limit in limits) for item in over):
        noun = catalog.schema.noun if count == 1 else catalog.schema.plural
        yield f"I left out {count:,} {noun.lower()} whose dates are past."


def _per(spec: FieldSpec) -> str:
    """What a price is for one of, as it is told: " per night"."""
    found = re.search(r" per \w+$", measure(spec).noun)
    return found[0] if found is not None else f" per {of}" if (of := price_of_one(spec)) else " each"


def _now(dialogue: Dialogue) -> list[Limit]:
    """The limits that the newest message sets."""
    return [one for one in dialogue.preferences.limits if _is_new(one.said, dialogue)]


def _why(kind: str, words: str, catalog: Catalog) -> str:
    """Why what was said cannot be applied."""
    measures = Measures(catalog)
    price = measures.price if kind == "limit" and names_money(words) else None
    if price is not None and price.unit and measures.in_price(words):
        of = price_of_one(price)
        return f"prices here are for one {of}" if of else "I can't tell what one may cost then"
    if price is not None and price.unit:
        return f"prices here are in {unit_words(price.unit)}"
    if kind == "limit" and (found := measures.beyond(words)) is not None:
        spec, (low, high) = found
        how = measure(spec)
        ends = " to ".join(
            limit_text(one, how.shown, how.way == "count", how.way == "price") for one in (low, high)
        )
        return f"{field_noun(record_fact(spec, ''))} here goes from {ends}"
    if kind in ("demanded", "unwanted") and (told := _of_fields(words, catalog)):
        return f"my records tell of it {told}"
    return "my records do not tell it"


def _of_fields(words: str, catalog: Catalog) -> str:
    """Under which field, and with which values, records tell what words are about; empty where none is about it."""
    for spec in fields_about(words, catalog):
        values = list(catalog.vocabulary(spec.name)) if spec.has_tags else []
        if spec.flag:
            return f"a mere yes or no under “{spec.name}”"
        if 0 < len(values) <= _FEW_VALUES:
            return f"under “{spec.name}”: {joined([f'“{value}”' for value in values], 'or')}"
        if spec.has_measure:
            return f"no more than “{spec.name}”"
    return ""


def _between(dialogue: Dialogue, catalog: Catalog) -> Iterator[str]:
    """That what says neither yes nor no was left out, of a yes that the newest message demands: "by arrangement"."""
    wanted = {(one.field, one.value) for one in dialogue.preferences.demands if _is_new(one.said, dialogue)}
    for flag in flags_of(catalog) if wanted else ():
        if flag.is_flag or (flag.field, flag.value) not in wanted:
            continue
        others = [
            value
            for value in catalog.vocabulary(flag.field)
            if value != flag.value and yes_or_no(value) is None and not affirms(value)
        ]
        if 0 < len(others) <= _ABSENT:
            said = joined([f"“{value}”" for value in others], "or")
            yield f"Where “{flag.field}” says {said} I left it out: that has to be asked for."


def _left_out(dialogue: Dialogue, catalog: Catalog, items: Sequence[Item]) -> Iterator[str]:
    """What the newest message kept out of the list, in one sentence; then what of it no record can tell."""
    named: dict[str, list[str]] = {}
    for wish in dialogue.preferences.refusals:
        if wish.field == ANYWHERE and _is_new(wish.said, dialogue):
            named.setdefault(wish.said, []).append(wish.value)
    rules = {said: values for said, values in named.items() if _is_rule(said)}
    own = [(said, values[0]) for said, values in named.items() if said not in rules]
    series = list(dict.fromkeys(name for _, name in own if is_of_series(name)))
    own = [(said, name) for said, name in own if name not in series]
    known = [(said, name) for said, name in own if having(catalog, name).any()]
    ill = bool(rules) or (bool(known) and _ALLERGY.search(dialogue.messages[-1].content) is not None)
    traces = "; I can't see traces" if ill else ""
    out = [*_refused(dialogue, catalog, items), *series]
    if known:
        told = [f"“{_called(said, name)}”{_shown(name, catalog)}" for said, name in known]
        out.append(f"whatever mentions {joined(told, 'or')}")
    if unknown := _unknown(dialogue, catalog):
        out.append(f"{catalog.schema.plural} whose {joined(unknown, 'or')} I do not know")
    if out:
        yield f"I left out {joined(out)}{traces if known else ''}."
    if missing := [f"“{_called(said, name)}”" for said, name in own if (said, name) not in known]:
        yield f"Nothing here mentions {joined(missing, 'or')}; what my records do not say, I can't see."
    for said, values in rules.items():
        found = [name for name in values if having(catalog, name).any()] or values
        shown = _shown(found[0], catalog) if len(found) == 1 else ""
        yield f"As you said “{said}”, I left out whatever mentions {joined(found, 'or')}{shown}{traces}."


def _is_new(words: str, dialogue: Dialogue) -> bool:
    """Whether words were last said in the newest message."""
    place = last_said(words, dialogue.messages)
    return place is not None and place[0] == len(dialogue.messages) - 1


def _unknown(dialogue: Dialogue, catalog: Catalog) -> list[str]:
    """The fields that the newest message limits and many records do not tell."""
    now = {one.field for one in _now(dialogue)}
    return [
        field_noun(record_fact(catalog.schema.spec(name), ""))
        for name in dict.fromkeys(limit.field for limit in dialogue.preferences.limits)
        if name in now
        and not name.startswith((PREFIX, WHEN))
        and np.isnan(catalog.numbers(name)).mean() >= _UNKNOWN
    ]


def _refused(dialogue: Dialogue, catalog: Catalog, items: Sequence[Item]) -> Iterator[str]:
    """What the newest message does not want, of the values that records have and no listed item has."""
    specs = {spec.name: spec for spec in catalog.schema.filterable}
    by_words: dict[str, list[Fact]] = {}
    for wish in dialogue.preferences.unwanted:
        spec = specs.get(wish.field)
        if (
            spec is None
            or not spec.has_values
            or is_flag(wish.value, spec)
            or wish.also
            or of_rank(wish, catalog)
        ):
            continue
        if not _is_new(wish.said, dialogue):
            continue
        if any(wish.value in values_of(item, spec) for item in items):
            continue  # what should rather not be may be: of that it is said only where it is so
        fact = fact_of(spec, wish.value, "avoid", "you did not want it", said=wish.said)
        by_words.setdefault(wish.said, []).append(fact)
    by_field: dict[str, list[Fact]] = {}
    for facts in list(by_words.values())[:_REFUSALS]:
        best = min(facts, key=_standing)  # "gory" may be a genre, a mood and a tag, and was said once
        by_field.setdefault(best.field, []).extend(_of_kind(best, facts))
    for group in sorted(by_field.values(), key=lambda group: style_of(group[0]) != "modifier"):
        yield refused(group, catalog)


def _of_kind(best: Fact, facts: Sequence[Fact]) -> list[Fact]:
    """The facts that are told where words refuse a kind: of "no metal" the steel and the brass; else the best one."""
    kind = kinds().called(best.said)
    if kind is None or not kind.of_things:
        return [best]
    return [one for one in facts if one.field == best.field][:_REFUSALS]


def _standing(fact: Fact) -> int:
    """The place of a refused value among those of the same words, the one that is best said first."""
    style = style_of(fact)
    return _BEST_SAID.index(style) if style in _BEST_SAID else len(_BEST_SAID)


def _codes(dialogue: Dialogue, catalog: Catalog) -> Iterator[str]:
    """Which codes the newest message leaves out in words of its own: "for my kids", "IP67 or better"."""
    told: dict[str, list[str]] = {}
    for wish in dialogue.preferences.refusals:
        own_words = wish.value != wish.said and not _names(wish.said, wish.value)
        if own_words and is_graded(catalog, wish.field) and _is_new(wish.said, dialogue):
            told.setdefault(wish.said, []).append(wish.value)
    for said, values in told.items():
        yield f"As you said “{said}”, I left out {joined(values, 'or')}."


def _for_others(dialogue: Dialogue, catalog: Catalog) -> Iterator[str]:
    """For whom the newest message was taken to be, where records tell whom things are for."""
    for wish in dialogue.preferences.refusals:
        if wish.field == WHOM and _is_new(wish.said, dialogue):
            people = people_called(wish.value)
            if not tells_sexes(catalog):
                people = tuple(replace(one, sex="") for one in people)
            told = joined(called_together(people).split(", "), "or")
            yield f"As you said “{wish.said}”, I left out what is {WHOM} {told}."


def _names(said: str, value: str) -> bool:
    return f" {' '.join(forms(value))} " in f" {' '.join(forms(said))} "


def _called(said: str, name: str) -> str:
    """What is refused as the user calls it, or in full: of "a nut allergy" the nuts."""
    return name if set(stems(name)) & set(stems(said)) else said


def _shown(name: str, catalog: Catalog) -> str:
    """The words by which records show a kind of things, in brackets."""
    told = shown_by(catalog, name)
    return f" ({', '.join(told)})" if told else ""


def _is_rule(said: str) -> bool:
    """Whether words call a diet or a law."""
    concept = concepts().called(said)
    return concept is not None and bool(concept.rules_out)


def _degrees(dialogue: Dialogue, catalog: Catalog, opening: str, total: int) -> Iterator[str]:
    """What the newest message's words of degree ("long", "lesser known") were taken to mean."""
    now = _now(dialogue)
    for name in dict.fromkeys(limit.field for limit in dialogue.preferences.limits):
        if name.startswith((PREFIX, WHEN)):
            continue
        limits = [limit for limit in dialogue.preferences.limits if limit.field == name]
        spec = catalog.schema.spec(name)
        asked = limit_asked(limits, spec)
        new = [one.said for one in limits if one in now]
        is_price = bool(currency_called(spec.unit)) or measure(spec).way == "price"  # "7 nights" are no sum
        if is_price and (sums := [said for said in new if is_total(said)]):
            yield f"I took “{sums[-1]}” as {asked}{_per(spec)}."
            continue
        if spec.is_rank:
            counted = any(map(str.isdigit, asked))  # "fewer than 50,000 ratings"
            whole, every = ("It has", "All of them have") if counted else ("It is", "All of them are")
            if not counted or any(map(str.isdigit, " ".join(new))):
                yield f"{whole if total == 1 else every} {asked}."
            continue
        told = [said for said in new if not any(map(str.isdigit, said))]
        if told and not set(re.findall(r"\d+", asked)) <= set(re.findall(r"\d+", opening)):
            yield f"I took “{told[-1].lower()}” as {asked}."
