"""Answers to questions about items: each fact in them is from a record, or from what the user said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.series import series_of
from wherefore.catalog.spoken import amount_text, is_year, measure, values_of
from wherefore.catalog.times import WHEN, asked_of
from wherefore.catalog.units import conversion, unit_called, unit_written
from wherefore.dialogue.facts import Fact, Plan
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.questions import Condition, Question
from wherefore.dialogue.spoken import limit_asked
from wherefore.reading.degrees import ends, places_of
from wherefore.reading.measures import Measures, written_unit
from wherefore.text import joined, number_text
from wherefore.writing.evidence import record_fact
from wherefore.writing.fallback import plain_sentence
from wherefore.writing.named_parts import amounts_told, named_parts, not_there, others, shared
from wherefore.writing.phrases import (
    additions,
    article,
    by_field,
    field_noun,
    modified,
    names_things,
    plural_predicates,
    predicates,
    style_of,
)
from wherefore.writing.plan import plan_reasons
from wherefore.writing.polish import polish
from wherefore.writing.quotes import beginning, quote
from wherefore.writing.reckoned import reckoned
from wherefore.writing.smalltalk import Said
from wherefore.writing.telling import can_be_said, telling

_MOST = 6  # values of one field that are told
_WORDS = 120  # of a text that are told
_NUMBERED = re.compile(r"\((?P<series>[^()#]+?),?\s+#(?P<number>[\d.-]+)\)")
_APART = 2  # fields by which two items are told apart
_THEIR = {False: "its record", True: "their records"}
_SPELLED = 4  # letters from which a unit is a word: "yards"
_ASKED = 24  # words of a question that are said again
_TOLD = 5  # items of a list that are told of one by one
_COMPARATIVES = {
    "the newest": "the newer",
    "the oldest": "the older",
    "the longest": "the longer",
    "the shortest": "the shorter",
    "the cheapest": "the cheaper",
    "the heaviest": "the heavier",
    "the lightest": "the lighter",
    "the best rated": "the better rated",
    "the worst rated": "the worse rated",
}
_TIMES = ("runtime", "duration", "length", "time", "playtime")
_COUNT = re.compile(r"count|num|votes|reviews|ratings", re.IGNORECASE)  # in the name of a field that counts
_COMPARED = 3  # items of which their records are told side by side


def answer(
    question: Question,
    dialogue: Dialogue,
    catalog: Catalog,
    similarity: Mapping[str, Mapping[str, float]] | None = None,
) -> Said:
    """The answer to a question.

    Args:
        question: As `QuestionReader` reads it.
        dialogue: What was said, with the state.
        catalog: Where the items are from.
        similarity: Per item's id, its closeness to each liked item; for `why`.
    """
    asked = (question, *question.also)
    told = " ".join(
        dict.fromkeys(_ANSWERS[one.kind](_Answer(one, dialogue, catalog, similarity)) for one in asked)
    )
    return Said(told, "ask" if question.kind in ("unclear", "beyond") else "answer")


class _Answer:
    """A question with the items that it is about, in slots `#1`, `#2` and so on; arguments as in `answer`."""

    def __init__(
        self,
        question: Question,
        dialogue: Dialogue,
        catalog: Catalog,
        similarity: Mapping[str, Mapping[str, float]] | None,
    ) -> None:
        self.question, self.dialogue, self.catalog, self.similarity = question, dialogue, catalog, similarity
        self.items = [catalog[one] for one in question.items if one in catalog]
        self.slots = {f"#{n}": item.id for n, item in enumerate(self.items, 1)}
        self.noun, self.plural = catalog.schema.noun.lower(), catalog.schema.plural.lower()

    def shown(self, sentences: Sequence[str], facts: Sequence[Fact]) -> str:
        """Raw sentences as people read them."""
        plan = Plan(None, tuple(facts), self.slots, self.catalog.schema.noun, self.catalog.schema.plural)
        return " ".join(polish(sentence, plan, self.catalog) for sentence in sentences)

    def facts(self, item: Item, spec: FieldSpec, most: int = _MOST) -> list[Fact]:
        return [record_fact(spec, value) for value in values_of(item, spec)[:most]]

    def spoken(self, item: Item, spec: FieldSpec, most: int = _MOST) -> list[Fact]:
        """The facts of a field that are told unasked: none of codes and machines' scores."""
        if spec.name not in telling(self.catalog):
            return []
        return [fact for fact in self.facts(item, spec, most) if can_be_said(fact.value, spec)]

    def predicate(self, facts: Sequence[Fact]) -> str:
        forms = predicates(facts, self.noun)
        return forms[1] if style_of(facts[0]) == "year" and len(forms) > 1 else forms[0]

    def predicates(self, groups: Sequence[Sequence[Fact]]) -> str:
        """What an item is or has, for two fields: "has 12 pages and 4 parts"."""
        told = [self.predicate(group) for group in groups]
        plain = all(style_of(group[0]) in ("number", "label") for group in groups)
        for begin in ("has ", "is for "):
            if plain and all(one.startswith(begin) for one in told):
                told[1:] = [one.removeprefix(begin) for one in told[1:]]
        return joined(told)

    def reckon(self) -> str:
        """What the prices of the items come to."""
        assert self.question.reckoning is not None
        return reckoned(self.question.reckoning, self.items, self.catalog, self.question.many > 1)

    def top(self) -> str:
        """Which of all items has the most or least, with its value."""
        spec = self.catalog.schema.spec(self.question.field)
        name = _called(spec)
        if not self.items:
            return f"My records tell no “{name}”."
        value = _value_shown(self.items[0], spec)
        titles = [f"*{item.title}*" for item in self.items[:_TOLD]]
        if len(titles) == 1:
            return f"That is {titles[0]}: {name} {value}."
        more = len(self.items) - len(titles)
        return f"{joined([*titles, *([f'{more} more'] if more else [])])} are level: {name} {value}."

    def converted(self) -> str:
        """What the records say of a field, in the unit that was asked for, and as it is on record."""
        spec, asked = self.catalog.schema.spec(self.question.field), self.question.said
        own = unit_called(written_unit(spec)) or unit_written(written_unit(spec))
        turned, told = conversion(own, unit_called(asked)), []
        for item in self.items:
            number = item.number(spec.name)
            if number is None or turned is None:
                told.append(f"My record of *{item.title}* has no {_called(spec)}.")
                continue
            plural_form = asked if asked.endswith("s") or len(asked) < _SPELLED else f"{asked}s"
            unit = f"°{asked[0].upper()}" if asked in ("fahrenheit", "celsius") else plural_form
            told.append(
                f"*{item.title}*: about {turned(number):,.0f} {unit} ({_called(spec)} {_value_shown(item, spec)})."
            )
        return " ".join(told)

    # -- one item ---------------------------------------------------------------------------------------

    def value(self) -> str:
        """What the records say for the field."""
        spec = self.catalog.schema.spec(self.question.field)
        if self.question.times > 1 and spec.is_number:
            return " ".join(filter(None, [self._sums(spec), self._known_of_none(spec)]))
        if spec.flag and len(self.items) > 1:
            return self._flagged(spec)
        sentences: list[str] = []
        quoted: list[str] = []
        used: list[Fact] = []
        for slot, item in zip(self.slots, self.items, strict=True):
            if spec in self.catalog.schema.texts and item.fields.get(spec.name):
                quoted.append(_quoted(item, spec, beginning(str(item.fields[spec.name]), _WORDS)))
                continue
            facts = self.facts(item, spec)
            used += facts
            nothing = f"my record of {slot} has no {_noun(spec)}."
            if spec.flag:
                nothing = f"my record of {slot} does not say “{spec.flag}”."
            sentences.append(f"{slot} {self.predicate(facts)}." if facts else nothing)
        return " ".join(filter(None, [*quoted, self.shown(sentences, used)]))

    def _sums(self, spec: FieldSpec) -> str:
        """What several cost of what a price is for one of, by multiplying: "3 x £1,165 is £3,495"."""
        how, times = measure(spec), self.question.times
        told = []
        for item in self.items:
            one = item.number(spec.name)
            if one is not None:
                each, total = (amount_text(value, how.shown, True) for value in (one, times * one))
                told.append(f"*{item.title}*: {number_text(times)} x {each} is {total}.")
        return " ".join(told)

    def _known_of_none(self, spec: FieldSpec) -> str:
        """Of which items no price is known, so that no sum can be told."""
        silent = [f"*{item.title}*" for item in self.items if item.number(spec.name) is None]
        return f"Of {joined(silent)} I know no {_noun(spec)}." if silent else ""

    def _flagged(self, spec: FieldSpec) -> str:
        """Of which of several items the records say a mere yes, and of which they do not; what it says is named."""
        told = {slot: self.facts(item, spec, 1) for slot, item in zip(self.slots, self.items, strict=True)}
        held, silent = [one for one in told if told[one]], [one for one in told if not told[one]]
        sentences: list[str] = []
        if len(held) == 1:
            sentences.append(f"{held[0]} {self.predicate(told[held[0]])}.")
        elif held:
            sentences.append(f"{joined(held)} {plural_predicates(told[held[0]], self.plural)[0]}.")
        if silent:
            records = "my records of {} do" if len(silent) > 1 else "my record of {} does"
            sentences.append(f"{records.format(joined(silent))} not say “{spec.flag}”.")
        return self.shown(sentences, [fact for facts in told.values() for fact in facts])

    def clause(self) -> str:
        """The clause of an item's text that answers."""
        schema = self.catalog.schema
        if self.question.clauses:
            told = [(self.catalog[item], schema.spec(field), text) for item, field, text in self._clauses()]
            silent = {item.id for item, _, _ in told}
            rest = [f"*{item.title}*" for item in self.items if item.id not in silent]
            records = "records" if len(rest) > 1 else "record"
            more = (
                f" The {records} of {joined(rest)} {'say' if len(rest) > 1 else 'says'} nothing of it."
                if rest
                else ""
            )
            return " ".join(_quoted(item, spec, text) for item, spec, text in told) + more
        return _quoted(self.items[0], schema.spec(self.question.field), self.question.said)

    def series(self) -> str:
        """Whether an item belongs to a series, by its title and those of others."""
        item = self.items[0]
        told = _NUMBERED.search(item.title)
        if told is not None:
            return f"By its title *{item.title}* is number {told['number']} of “{told['series']}”."
        rows = series_of(self.catalog).of(self.catalog.row(item.id))
        others = [self.catalog.items[row].title for row in rows if self.catalog.items[row].id != item.id]
        if others:
            return (
                f"By their titles *{item.title}* goes with {joined([f'*{one}*' for one in others[:_TOLD]])}."
            )
        return f"My record of *{item.title}* says nothing of a series."

    def holds(self) -> str:
        """Whether the records say what was asked."""
        sentences, used = [], []
        for slot, item in zip(self.slots, self.items, strict=True):
            said, facts = self._held(slot, item)
            sentences.append(said)
            used += facts
        return self.shown(sentences, used)

    def _held(self, slot: str, item: Item) -> tuple[str, list[Fact]]:
        """Whether one record says what was asked, and the facts that are told."""
        parts: list[str] = []
        used: list[Fact] = []
        lacking: list[FieldSpec] = []
        met = True
        for condition in self.question.conditions:
            spec = self.catalog.schema.spec(self._field_of(condition, item))
            if condition.met(item, self.catalog):
                facts = self._matched(condition, item, spec)
            else:
                met = False
                facts = self.facts(item, spec, 3)
            if facts:
                parts.append(self.predicate(facts))
                used += facts
            else:
                lacking.append(spec)
        if lacking:
            nouns = joined([_noun(spec) for spec in lacking], "or")
            if flags := [spec.flag for spec in lacking if spec.flag]:
                return f"my record of {slot} does not say “{joined(flags, 'or')}”.", used
            return f"my record of {slot} has no {nouns}, so i cannot say.", used
        return f"{'yes' if met else 'not by its record'}: {slot} {joined(parts)}.", used

    def _field_of(self, condition: Condition, item: Item) -> str:
        """The field that settles a condition: the one that meets it, else the first that the item has."""
        fields = [name for name, value in condition.values if value in item.values(name)]
        fields += [name for name, _ in condition.values if item.values(name)]
        return fields[0] if fields else condition.field()

    def _matched(self, condition: Condition, item: Item, spec: FieldSpec) -> list[Fact]:
        if condition.limits and condition.limits[0].field.startswith(WHEN):
            shown = asked_of(condition.limits[0].field).shown(item.values(spec.name))
            return [record_fact(spec, value) for value in shown[:2]] or self.facts(item, spec, 1)
        if condition.limits:
            return self.facts(item, spec, 1)
        held = {value for name, value in condition.values if name == spec.name}
        return [record_fact(spec, value) for value in values_of(item, spec) if value in held][:2]

    def unknown(self) -> str:
        """That the catalogue has no such item."""
        return f"I know no {self.noun} called “{self.question.said}”: it is not in this catalogue."

    def untold(self) -> str:
        """That no record tells what was asked."""
        if self.question.said:
            return f"My records say nothing of {self.question.said}."
        asked = " ".join(self.dialogue.messages[-1].content[self.question.start : self.question.end].split())
        said = f": “{asked.rstrip(' .,;:!')}”" if 1 < len(asked.split()) <= _ASKED else ""
        near = "".join(
            f" What comes nearest: {_quoted(self.catalog[item], self.catalog.schema.spec(field), text)}"
            for item, field, text in self._clauses()
        )
        if not self.slots or (self.question.shop and len(self.slots) > 1):
            return f"My records do not tell that{said}.{near}"
        if 1 < len(self.slots) <= _COMPARED and (self.question.named or not said) and not near:
            return f"My records do not tell that of them. This is what they do tell: {self.record()}"
        if len(self.slots) > 1:
            return f"My records of these {self.plural} do not tell that{said}.{near}"
        sentence = self.shown([f"my record of {next(iter(self.slots))} does not tell that."], [])
        return f"{sentence[:-1]}{said}.{near}"

    def _clauses(self) -> list[tuple[str, str, str]]:
        """The clauses of the question's items: item, field and text."""
        return [
            one for one in self.question.clauses if one[0] in self.question.items and one[0] in self.catalog
        ]

    def record(self) -> str:
        """What is known of an item, in two or three sentences."""
        parts: list[str] = []
        for slot, item in zip(self.slots, self.items[:3], strict=False):
            told, facts = self._record(slot, item)
            about = quote(item, self.catalog, None, 0.0)
            if about is None:
                parts.append(self.shown(told, facts))
            else:  # what it is about says more than its tags
                parts.append(f"{self.shown(told[:1], facts)} {about.text}")
        return " ".join(parts)

    def have(self) -> str:
        """That items are there to be had, and what they are."""
        return f"Yes, I have that. {self.record()}" if len(self.items) == 1 else f"Yes. {self.record()}"

    def opinion(self) -> str:
        """What can be said of whether an item is good: what ties it to the user's words, and its record."""
        item = self.items[0]
        liked = [one for one in self.dialogue.preferences.liked if one != item.id]
        tied = self.reason(item) if liked or self.dialogue.preferences.wanted else ""
        slot = next(iter(self.slots))
        rating = Measures(self.catalog).labelled("rating")
        rated = self.facts(item, rating, 1) if rating is not None else []
        start = f"i have no reviews of {slot} to go by, only its record."
        if rated:
            start = f"{slot} {self.predicate(rated)}; i have no more to judge it by than its record."
        return f"{self.shown([start], rated)} {tied} {self.record()}".replace("  ", " ")

    def _record(self, slot: str, item: Item) -> tuple[list[str], list[Fact]]:
        fields = self.catalog.schema.filterable
        groups = [facts for spec in fields if (facts := self.spoken(item, spec, 4))]
        groups = groups or [facts for spec in fields if (facts := self.facts(item, spec, 4))]
        if not groups:
            return [f"my record of {slot} holds no more than its title."], []
        kinds = [group[:2] for group in groups if style_of(group[0]) == "modifier"][:1]
        beside = [group for group in groups if style_of(group[0]) in ("year", "person")]
        beside = sorted(beside, key=lambda group: style_of(group[0]) != "year")[:2]
        filed = bool(kinds) and names_things(kinds[0], self.noun)
        what = modified(kinds[0], self.noun) if kinds and not filed else self.noun
        first = f"{slot} is {article(what)}"
        first += "".join(
            f"{',' if place else ''} {additions(group[:2])[0]}" for place, group in enumerate(beside)
        )
        first += f"{',' if beside else ''} {additions(kinds[0])[0]}" if filed else ""
        rest = [g for g in groups if style_of(g[0]) != "modifier" and g not in beside]
        sentences = [f"{first}."]
        for start in range(0, min(len(rest), 4), 2):
            sentences.append(f"it {self.predicates(rest[start : start + 2])}.")
        told = [*kinds, *beside, *rest[:4]]
        return sentences, [fact for group in told for fact in group]

    # -- several ------------------------------------------------------------------------------------------

    def compare(self) -> str:
        """What items have in common, and in what they differ; only by certain fields, where some were named."""
        if self.question.fields:
            return self._by_fields()
        if self.question.said:  # what no field tells, and all else that tells them apart
            return f"{self._by_fields()} {self._compared()}"
        return self._compared()

    def _compared(self) -> str:
        """What items have in common, and in what they differ."""
        items, slots = self.items[:3], list(self.slots)[:3]
        together = "both" if len(items) == 2 else "all of them"
        sentences: list[str] = []
        used: list[Fact] = []
        different: list[FieldSpec] = []
        alike: list[str] = []
        for spec in self.catalog.schema.filterable:
            values = [tuple(fact.value for fact in self.spoken(item, spec)) for item in items]
            shared = [v for v in values[0] if all(v in other for other in values[1:])][:3]
            if shared:
                facts = [record_fact(spec, value) for value in shared]
                used += facts
                alike.append(plural_predicates(facts, self.plural)[0])
            if all(values) and any(set(v) != set(values[0]) for v in values):
                different.append(spec)
        if alike:
            sentences.append(f"{together} {joined(alike[:3])}.")
        for spec in sorted(different, key=lambda one: (not one.has_measure, not one.has_names))[:4]:
            parts = []
            for slot, item in zip(slots, items, strict=True):
                facts = self.spoken(item, spec, 3)
                used += facts
                parts.append(f"{slot} {self.predicate(facts)}")
            sentences.append(f"{', '.join(parts[:-1])}, and {parts[-1]}.")
        about = [text for item in items if (text := quote(item, self.catalog, None, 0.0)) is not None]
        if len(different) < _APART and len(about) == len(
            items
        ):  # hardly a field tells them apart: their texts do
            quoted = [f"*{item.title}*: {one.text}" for item, one in zip(items, about, strict=True)]
            return " ".join(filter(None, [self.shown(sentences, used), *quoted]))
        if not sentences:
            sentences.append(f"my records of {joined(slots)} hold too little to compare them.")
        return self.shown(sentences, used)

    def _by_fields(self) -> str:
        """Each item with what it has of the fields that were named."""
        specs = [self.catalog.schema.spec(name) for name in self.question.fields]
        told = []
        for item in self.items if specs else ():
            parts = [f"{_called(spec)} {_value_shown(item, spec) or 'not on record'}" for spec in specs]
            told.append(f"*{item.title}*: {', '.join(parts)}.")
        missing = [f"“{piece}”" for piece in self.question.said.split("\n") if piece]
        told += [f"My records do not tell {joined(missing, 'or')}."] if missing else []
        return " ".join(told)

    def most(self) -> str:
        """Which item has the most or least of a field, or which fits best."""
        if not self.question.field:
            return self._picked()
        spec = self.catalog.schema.spec(self.question.field)
        known = [
            (value, slot)
            for slot, item in zip(self.slots, self.items, strict=True)
            if (value := item.number(spec.name)) is not None
        ]
        if not known:
            return self.shown([f"my records of them have no {_noun(spec)}."], [])
        if self.question.many > 1:
            return self._some(known, spec)
        choose = max if self.question.best == "max" else min
        extreme = choose(value for value, _ in known)
        chosen = [slot for value, slot in known if value == extreme]
        name = self._superlative(spec)
        if spec.is_rank and _COUNT.search(spec.name):  # "the most ratings"
            told = joined([f"*{self.catalog[self.slots[slot]].title}*" for slot in chosen])
            most = "most" if self.question.best == "max" else "fewest"
            return f"By “{_called(spec)}” {told} {'has' if len(chosen) == 1 else 'have'} the {most}: {extreme:,.0f}."
        if spec.is_rank:
            return self.shown([f"{joined(chosen)} {'is' if len(chosen) == 1 else 'are'} {name} of them."], [])
        facts = self.facts(self.catalog[self.slots[chosen[0]]], spec, 1)
        if len(chosen) > 1:
            return self.shown([f"{joined(chosen)} are level: each {self.predicate(facts)}."], facts)
        if len(self.items) == 2 and len(known) == 2:
            other = next(slot for _, slot in known if slot != chosen[0])
            more = self.facts(self.catalog[self.slots[other]], spec, 1)
            pair = _COMPARATIVES.get(name, name)
            told = f"{chosen[0]} is {pair}: it {self.predicate(facts)}, and {other} {self.predicate(more)}."
            return self.shown([told], [*facts, *more])
        return self.shown([f"{name} of them is {chosen[0]}: it {self.predicate(facts)}."], facts)

    def _some(self, known: Sequence[tuple[float, str]], spec: FieldSpec) -> str:
        """Several items at one end: "the cheapest two"."""
        order = sorted(known, key=lambda one: one[0], reverse=self.question.best == "max")[
            : self.question.many
        ]
        sentences, used = (
            [f"{self._superlative(spec)} of them are {joined([slot for _, slot in order])}."],
            [],
        )
        for _, slot in order:
            facts = self.facts(self.catalog[self.slots[slot]], spec, 1)
            used += facts
            sentences.append(f"{slot} {self.predicate(facts)}.")
        return self.shown(sentences, used)

    def _picked(self) -> str:
        """The item that fits best, why, and of a choice between a few what sets the next one apart."""
        first, sorts = self.items[0], self.question.sorts
        start = "i would start with #1."
        rest = self.items[1:] if self.question.named else []
        if sorts:
            own = {item: said for said, ids in sorts for item in ids}
            rest = (
                [next((one for one in rest if own.get(one.id) != own.get(first.id)), rest[0])] if rest else []
            )
            if any(len(ids) > 1 for _, ids in sorts):
                said = joined([words for words, _ in sorts], "or")
                start = f"of {said} i would take {own.get(first.id, sorts[0][0])}: #1."
            else:
                start = "of these i would take #1."
        told = [self.shown([start], [])]
        told += [
            _quoted(self.catalog[item], self.catalog.schema.spec(field), text)
            for item, field, text in self.question.clauses
            if item == first.id
        ]
        if self.question.conditions:
            for item in (first, *rest[:1]):
                sentence, facts = self._held(
                    next(slot for slot, one in self.slots.items() if one == item.id), item
                )
                told.append(self.shown([sentence], facts))
        plan = plan_reasons([first], self.dialogue, self.catalog, self.similarity, limit=3)[0]
        grounds = any(fact.kind != "own" for fact in plan.facts)
        decides = grounds or len(told) > 1
        about = quote(first, self.catalog, None, 0.0) if len(told) == 1 else None
        if grounds:
            told.append(plain_sentence(plan, self.catalog))
        if about is not None:
            told.append(about.text)
        elif not rest and len(told) == 1:
            told.append(plain_sentence(plan, self.catalog))
        if rest:
            nothing = (
                "" if decides else "nothing that you said decides it, but by their records they differ. "
            )
            told.append(self.shown([nothing.strip()], []) if nothing else "")
            told.append(self._apart(first, rest[0]))
        return " ".join(filter(None, told))

    def _apart(self, first: Item, second: Item) -> str:
        """In what two items differ, by up to two fields, those first that the user spoke of."""
        state = self.dialogue.preferences
        spoken = {one.field for one in state.limits} | {one.field for one in (*state.wanted, *state.unwanted)}
        slot_of = {item: slot for slot, item in self.slots.items()}
        pair = (first, second)
        groups = [
            (spec, [self.spoken(item, spec, 3) for item in pair]) for spec in self.catalog.schema.filterable
        ]
        groups = [(spec, facts) for spec, facts in groups if all(facts)]
        groups = [(s, f) for s, f in groups if {one.value for one in f[0]} != {one.value for one in f[1]}]
        groups.sort(key=lambda one: (one[0].name not in spoken, one[0].has_names, one[0].has_measure))
        sentences: list[str] = []
        used: list[Fact] = []
        for _, facts in groups[:_APART]:
            parts = [
                f"{slot_of[item.id]} {self.predicate(one)}" for item, one in zip(pair, facts, strict=True)
            ]
            used += [*facts[0], *facts[1]]
            sentences.append(f"{parts[0]}, and {parts[1]}.")
        return self.shown(sentences, used)

    def degree(self) -> str:
        """Which item is most or least what was said, by the place of its value or by what its record says of it."""
        said, best = self.question.said, self.question.best
        slots = list(self.slots)
        if self.question.field:
            spec = self.catalog.schema.spec(self.question.field)
            chosen = [slots[place] for place in ends(places_of(self.items, spec, self.catalog), best)]
            facts = [self.facts(self.catalog[self.slots[slot]], spec, 1) for slot in chosen]
            if chosen:
                told = [f"{slot} {self.predicate(one)}." for slot, one in zip(chosen, facts, strict=True)]
                return self.shown(
                    [f"by their records {joined(chosen)}.", *told], [one for each in facts for one in each]
                )
            return (
                self.shown(["their records do not tell them apart there."], []) + f" {self._values_of(spec)}"
            )
        held = [self._said_of(item) for item in self.items]
        if not any(held):
            return f"My records of these {self.plural} say nothing of “{said}”."
        chosen = [slots[place] for place in ends([float(len(one)) for one in held], best)]
        if not chosen:
            return self.shown([f"their records do not tell them apart there: each says “{said}”."], [])
        facts = [held[slots.index(slot)] for slot in chosen]
        if not any(facts):
            return self.shown([f"{joined(chosen)}: nothing in {_THEIR[len(chosen) > 1]} says “{said}”."], [])
        told = [f"{slot} {self.predicate(one)}." for slot, one in zip(chosen, facts, strict=True) if one]
        return self.shown(
            [f"by their records {joined(chosen)}.", *told], [one for each in facts for one in each]
        )

    def _values_of(self, spec: FieldSpec) -> str:
        facts = [(slot, self.facts(item, spec, 1)) for slot, item in zip(self.slots, self.items, strict=True)]
        told = [f"{slot} {self.predicate(one)}." for slot, one in facts if one]
        return self.shown(told[:_COMPARED], [fact for _, one in facts for fact in one])

    def _said_of(self, item: Item) -> list[Fact]:
        """The values of an item that say what was asked."""
        specs = {spec.name: spec for spec in self.catalog.schema.filterable}
        found: list[Fact] = []
        for condition in self.question.conditions:
            for name, value in condition.values:
                if name in specs and value in item.values(name):
                    found.append(record_fact(specs[name], value))
        return [one for number, one in enumerate(found) if one.field == found[0].field or not number]

    def _superlative(self, spec: FieldSpec) -> str:
        high = self.question.best == "max"
        limits = Measures(self.catalog)
        if is_year(spec):
            return "the newest" if high else "the oldest"
        how = measure(spec)
        if spec == limits.duration and (how.way == "takes" or how.noun.split()[-1] in _TIMES):
            return "the longest" if high else "the shortest"
        if "height" in words_of(spec.called):
            return "the tallest" if high else "the smallest"
        if spec == limits.price:
            return "the most expensive" if high else "the cheapest"
        if spec.is_rank:
            return "the best known" if high else "the least known"
        if how.way == "weighs":
            return "the heaviest" if high else "the lightest"
        if how.way == "rated":
            return "the best rated" if high else "the worst rated"
        if how.way == "count":
            return f"the one with {'the most' if high else 'the fewest'} {how.nouns}"
        return f"the one with the {'highest' if high else 'lowest'} {_noun(spec)}"

    def which(self) -> str:
        """Which of the items meet the conditions."""
        met = [
            slot
            for slot, item in zip(self.slots, self.items, strict=True)
            if all(condition.met(item, self.catalog) for condition in self.question.conditions)
        ]
        if not met:
            return self.shown(["none of them, by their records."], [])
        if len(met) == len(self.items):
            return self.shown(["all of them, by their records."], [])
        return self.shown([f"of these, {joined(met)}."], [])

    # -- why --------------------------------------------------------------------------------------------

    def reason(self, item: Item) -> str:
        """The reason for an item, with as many facts as a sentence holds."""
        plan = plan_reasons([item], self.dialogue, self.catalog, self.similarity, limit=3)[0]
        return plain_sentence(plan, self.catalog)

    def why(self) -> str:
        """Why items were listed."""
        bullet = "- " if len(self.items) > 1 else ""
        return "\n".join(f"{bullet}**{item.title}** — {self.reason(item)}" for item in self.items[:_TOLD])

    def why_not(self) -> str:
        """Why items were not listed: what rules them out, or that others came first."""
        sentences, used = [], []
        for slot, item in zip(self.slots, self.items, strict=True):
            limits, of_limits = self._limits_against(item)
            refusal, refused = self._refusal_against(item)
            used += [*of_limits, *refused]
            reasons = [*limits, *refusal, *self._known_already(item)]
            nothing = f"nothing rules {slot} out: other {self.plural} came before it."
            sentences.append(f"{slot} {joined(reasons)}." if reasons else nothing)
        return self.shown(sentences, used)

    def _limits_against(self, item: Item) -> tuple[list[str], list[Fact]]:
        """The limits that an item does not pass, and the facts that are told."""
        given = self.dialogue.preferences.limits
        reasons: list[str] = []
        used: list[Fact] = []
        for name in dict.fromkeys(limit.field for limit in given):
            limits = [limit for limit in given if limit.field == name]
            if all(limit.allows(item, self.catalog) for limit in limits):
                continue
            spec = self.catalog.schema.spec(name)
            asked = limit_asked(limits, spec)
            facts = self.facts(item, spec, 1)
            used += facts
            told = self.predicate(facts) if facts else f"has no {_noun(spec)} on record"
            if spec.is_rank and item.number(name) is not None:
                told = f"is {'better' if limits[0].op in ('lt', 'le') else 'less'} known than that"
                asked += " ones"
            reasons.append(f"{told}, but you asked for {asked}")
        return reasons, used

    def _refusal_against(self, item: Item) -> tuple[list[str], list[Fact]]:
        """The first refusal that an item meets, if any, and the facts that are told."""
        wish = next((wish for wish in self.dialogue.preferences.unwanted if wish.held_by(item)), None)
        if wish is None:
            return [], []
        facts = [record_fact(self.catalog.schema.spec(field), value) for field, value in wish.parts]
        return [
            f"{joined([self.predicate(group) for group in by_field(facts)])}, which you did not want"
        ], facts

    def _known_already(self, item: Item) -> list[str]:
        """What the user said of the item itself, if anything."""
        preferences = self.dialogue.preferences
        said = (
            (preferences.seen, "is one that you have seen"),
            (preferences.disliked, "is one that you did not like"),
            (preferences.rejected, "is one that you turned down"),
            (preferences.chosen, "is one that you have chosen already"),
            (preferences.liked, "is one that you know and like"),
        )
        return [text for ids, text in said if item.id in ids][:1]

    def unclear(self) -> str:
        """A question back: which item is meant."""
        slots = list(self.slots)[:_TOLD]
        if not slots:
            return f"Which {self.noun} do you mean?"
        return self.shown([f"which one do you mean: {joined(slots, 'or')}?"], [])


def _quoted(item: Item, spec: FieldSpec, text: str) -> str:
    """Clauses of an item's text, word for word."""
    name = spec.name.replace("_", " ")
    return f"{name[:1].upper()}{name[1:]} of *{item.title}*: “{text}”"


def _called(spec: FieldSpec) -> str:
    """A field's name in a sentence: a number without its unit."""
    name = re.sub(r"\s*\([^)]*\)\s*$", "", spec.column or spec.name).replace("_", " ").strip()
    if spec.is_number and not is_year(spec):
        name = measure(spec).noun or name
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def _value_shown(item: Item, spec: FieldSpec) -> str:
    """A number with its unit, a date with its day, or the values of a field."""
    value = item.fields.get(spec.name)
    if spec.is_date and isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        day = date.fromisoformat(value)
        return f"{day.day} {day:%B %Y}"
    number = item.number(spec.name) if spec.is_number else None
    if number is not None and not is_year(spec):
        how = measure(spec)
        return amount_text(number, how.shown, how.way == "price")
    if spec.flag and value:
        return "yes"
    return ", ".join(values_of(item, spec))


def _noun(spec: FieldSpec) -> str:
    """A field's label as a noun."""
    return field_noun(record_fact(spec, ""))


_ANSWERS: dict[str, Callable[[_Answer], str]] = {
    "value": _Answer.value,
    "reckon": _Answer.reckon,
    "converted": _Answer.converted,
    "top": _Answer.top,
    "holds": _Answer.holds,
    "record": _Answer.record,
    "have": _Answer.have,
    "unknown": _Answer.unknown,
    "untold": _Answer.untold,
    "names": lambda one: named_parts(one.question, one.catalog),
    "amount": lambda one: amounts_told(one.question, one.catalog),
    "beyond": lambda one: not_there(one.question, one.catalog),
    "shared": lambda one: shared(one.question, one.catalog),
    "others": lambda one: others(one.question, one.catalog),
    "clause": _Answer.clause,
    "series": _Answer.series,
    "opinion": _Answer.opinion,
    "compare": _Answer.compare,
    "most": _Answer.most,
    "degree": _Answer.degree,
    "which": _Answer.which,
    "why": _Answer.why,
    "why not": _Answer.why_not,
    "unclear": _Answer.unclear,
}
