"""Why an item: the facts, the check of what the writer says about them, and the form fit to show.

The writer's raw wording is lower case, with slots for titles. `check` lists what is wrong with it, `polish`
restores names, titles and sentence case, and `plain_sentence` and `plain_opening` word a plan by grammar.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import unit_words, values_of
from wherefore.dialogue.facts import Fact, Plan
from wherefore.dialogue.messages import Dialogue
from wherefore.text import normal_spans, normal_words, straight
from wherefore.writing.grammar import MAX_OPENING, MAX_WORDS, MIN_WORDS, lexicon, opening, word
from wherefore.writing.phrases import (
    FORMS,
    NUMBERS,
    article,
    label_noun,
    limit_object,
    preceded,
    role_of,
    said,
    style_of,
)

_SLOT = re.compile(r"([@#])\s*(\d+)")
_TAG_CUES = frozenset("tagged keyword keywords tag tags topic topics theme themes subject subjects".split())
_KEPT_CAPITALS = frozenset(
    "african american asian australian british canadian celtic chinese christian cuban dutch english european "
    "french german greek indian irish italian jamaican japanese jewish korean latin mediterranean mexican "
    "nordic polish portuguese russian scandinavian scottish spanish swedish thai turkish vietnamese".split()
)


# -- the form fit to show ---------------------------------------------------------------------------


class _Shown(NamedTuple):
    """A value as it is shown, and whether it is a tag, which is put in quotation marks."""

    text: str
    tag: bool
    planned: bool


def polish(sentence: str, plan: Plan, catalog: Catalog) -> str:
    """The raw sentence as it is shown: names as the records write them, titles for slots, sentence case.

    Titles are in italics (`*Alien*`), as in Markdown: many would otherwise read as words of the sentence. Tags
    are in quotation marks, which suits any tag, whatever part of speech it is.

    Args:
        sentence: What the writer wrote: lower case, spaces around hyphens, no accents.
        plan: What it was written from.
        catalog: Where the titles of slots are looked up.
    """
    pieces: list[str] = []

    def hold(text: str, capital: bool) -> str:
        pieces.append(text)
        return f"\ue000{'C' if capital else 'K'}{len(pieces) - 1}\ue001"

    def title(match: re.Match[str]) -> str:
        item_id = plan.slots.get(match[1] + match[2])
        if item_id is None or item_id not in catalog:
            return match[0]
        name = catalog[item_id].title
        return hold(name if "*" in name else f"*{name}*", False)

    text = sentence.replace("’", "'").replace("“", '"').replace("”", '"').strip()
    for spec in catalog.schema.of_kind("category"):  # "in its keyword": a list has several
        label = re.escape((spec.label or spec.name).lower())
        text = re.sub(
            rf"\b(in|among) its {label}\b", lambda m: m[0] if m[0].endswith("s") else m[0] + "s", text
        )
    shown = _shown_values(plan, catalog)
    text = _restore(text, shown, hold)
    text = _SLOT.sub(title, text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s+([,.;:!?)])", r"\1", text)
    text = re.sub(r"(\w|\ue001)\s*'\s*(s|re|ll|ve|d|t|m)\b", r"\1'\2", text)
    text = re.sub(r"(?<=\w)\s+-\s+(?=\w)", "-", text)
    text = re.sub(r"\bi\b", "I", text)
    text = re.sub(r"([.?!])\s+", r"\1 ", text).strip()
    text = re.sub(r"[\s,;:-]+$", "", text)

    def fill(match: re.Match[str]) -> str:
        piece = pieces[int(match[2])]
        start = match.start() == 0 or text[: match.start()].endswith((". ", "? ", "! "))
        return piece[:1].upper() + piece[1:] if start and match[1] == "C" else piece

    cased = re.sub(r"(^|[.?!] )([a-z])", lambda m: m[1] + m[2].upper(), text)
    result = re.sub("\ue000([CK])(\\d+)\ue001", fill, cased)
    result = re.sub(r'"\s*“([^”]*)”\s*"', r"“\1”", result)
    result = re.sub(r"\b([Aa])n? (?=([\w“][^.,;]*))(?![A-Z]\b)", _fit_article, result)
    return result if result.endswith((".", "?", "!")) else result + "."


def _fit_article(match: re.Match[str]) -> str:
    """The article that fits the sound of the next word: "an action movie"."""
    fitting = article(match[2].lstrip("“")).split(" ", 1)[0]
    return f"{match[1]}{fitting[1:]} "


def _shown_values(plan: Plan, catalog: Catalog) -> dict[tuple[str, ...], list[_Shown]]:
    """The values that the plan's sentence may hold, by their normal words."""
    found: dict[tuple[str, ...], list[_Shown]] = {}
    entries: list[tuple[Fact, bool]] = [(fact, True) for fact in plan.facts if fact.field and fact.value]
    if plan.item is not None:
        for spec in catalog.schema.filterable:
            entries.extend((_bare(spec, value), False) for value in values_of(plan.item, spec))
    for fact, planned in entries:
        style = style_of(fact)
        text = " ".join(fact.value.split())
        if style == "modifier":
            text = _lowered(text)
        key = tuple(normal_words(fact.value))
        if key:
            found.setdefault(key, []).append(_Shown(text, style == "tag", planned))
    return found


def _lowered(value: str) -> str:
    """A genre-like value inside a sentence: "sci-fi", but "IMAX" and "Thai food" keep their capitals."""

    def lower(word: str) -> str:
        keep = (len(word) > 1 and word.isupper()) or word.lower() in _KEPT_CAPITALS
        return word if keep else word.lower()

    return "".join(lower(part) for part in re.split(r"([\s-]+)", value))


def _restore(
    text: str, shown: Mapping[tuple[str, ...], list[_Shown]], hold: Callable[[str, bool], str]
) -> str:
    words = normal_spans(text)
    slots = [(m.start(), m.end()) for m in _SLOT.finditer(text)]
    longest = max(map(len, shown), default=0)
    fixed = lexicon()
    out: list[str] = []
    place = index = 0
    while index < len(words):
        size = 0
        for length in range(min(longest, len(words) - index), 0, -1):
            key = tuple(w for w, _, _ in words[index : index + length])
            start, end = words[index][1], words[index + length - 1][2]
            if key not in shown or any(a < end and start < b for a, b in slots):
                continue
            before = [w for w, _, _ in words[max(0, index - 3) : index]]
            cued = bool(_TAG_CUES & set(before)) or before[-1:] in (["include"], ["lists"])
            if all(w in fixed for w in key) and not cued and not any(s.planned for s in shown[key]):
                continue
            choice = _choose_shown(shown[key], cued)
            capital = choice.text[:1].islower()
            value = f"“{choice.text}”" if choice.tag else choice.text
            if choice.text.endswith("."):  # "Robert Downey Jr." brings its own
                end += len(text[end:]) - len(re.sub(r"^\s*\.", "", text[end:]))
            out += [text[place:start], hold(value, capital and not choice.tag)]
            place, size = end, length
            break
        index += size or 1
    return "".join([*out, text[place:]])


def _choose_shown(options: Sequence[_Shown], cued: bool) -> _Shown:
    return max(options, key=lambda option: (option.tag == cued, option.planned))


def plain_sentence(plan: Plan, catalog: Catalog) -> str:
    """A reason worded by grammar, fit to show. Equal plans give equal sentences."""
    return polish(word(plan, _rng(plan)), plan, catalog)


def plain_opening(plan: Plan, catalog: Catalog) -> str:
    """An opening worded by grammar, fit to show. Equal plans give equal sentences."""
    return polish(opening(plan, _rng(plan)), plan, catalog)


def _rng(plan: Plan) -> Random:
    text = f"{plan.item.id if plan.item else ''}|{sorted(plan.slots.items())}|{plan.facts}"
    return Random(zlib.crc32(text.encode()))


def _bare(spec: FieldSpec, value: str) -> Fact:
    return Fact(
        spec.name, value, "", "own", None, "", "", spec.phrase, spec.label or spec.name, spec.kind, spec.unit
    )


# -- the check --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a sentence.

    Kinds: `slot` (names what it may not), `word` (outside the closed vocabulary), `value` (not in the record),
    `relation` (a true value in a false role), `claim` (says the user asked for or liked what they did not, or a
    liked item has what it has not), `negation`, `number`, `form` (too short, too long, broken off, repeating).
    """

    kind: str
    text: str


_NEGATIONS = frozenset("no not none nothing never without neither nor avoid lacks nowhere".split())
_PASSED = (" turned down ", " have seen ", " already seen ", " you had ")
_OUT = frozenset(("out", "skipped", "clear"))  # "left out", "kept out": negations of openings
_ASKED = frozenset(
    "ask asked wanted wish wished wishes request requested requests after looking named wants want".split()
)
_LIKING = frozenset("like liked likes loved love enjoyed enjoy favourite favorite".split())
_COMPARING = frozenset(
    "under over below above before after than least most until between within beyond".split()
)
_SHARING = frozenset("also too both same well common shares share shared another again".split())
_NEARNESS = frozenset("close similar vein near neighbour resembles likeness far".split())
_DANGLING = frozenset(
    "a an the and or but with of in by from to at are was has like as which who its your both than between under "
    "over about into their these because since if while tagged starring directed".split()
)
_ARTICLES = frozenset(("a", "an", "the", "both", "its"))


class _Span(NamedTuple):
    start: int  # place of its first word
    end: int  # after its last word
    kind: str  # "value", "avoid", "limit" or "slot"
    text: str
    pairs: frozenset[tuple[str, str]] = (
        frozenset()
    )  # the fields that have it, with the value as written there

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.pairs)


@dataclass(frozen=True, slots=True)
class _Language:
    """What a catalogue's schema adds to the closed vocabulary."""

    words: frozenset[str]
    before: Mapping[tuple[str, ...], frozenset[str]]  # cue words before a value -> fields
    after: Mapping[tuple[str, ...], frozenset[str]]
    strong: frozenset[tuple[str, ...]]  # cues that must stand by a value
    banned: frozenset[str]  # words of the lexicon that are genre-like values
    units: Mapping[str, tuple[str, ...]]  # fields whose number must have its unit
    lists: Mapping[str, str]  # a one-word label, singular or plural -> field


def _language(catalog: Catalog) -> _Language:
    words: set[str] = set()
    before: dict[tuple[str, ...], set[str]] = {}
    after: dict[tuple[str, ...], set[str]] = {}
    strong: set[tuple[str, ...]] = set()
    banned: set[str] = set()
    units: dict[str, tuple[str, ...]] = {}

    def cue(table: dict[tuple[str, ...], set[str]], text: str, name: str, must: bool = False) -> None:
        key = tuple(normal_words(text))
        if key:
            table.setdefault(key, set()).add(name)
            words.update(key)
            if must:
                strong.add(key)

    for spec in catalog.schema.filterable:
        fact, name = _bare(spec, "0"), spec.name
        style = style_of(fact)
        for many in (False, True):
            cue(before, label_noun(fact, many), name)
        prefix = spec.phrase.partition("{}")[0]
        if style == "person":
            role = role_of(spec.phrase, fact.label)
            weak = {"with", "by", "from", "star"}
            for text in role.before:
                cue(
                    before, text, name, text not in weak and text in _roles_of(role.noun, role.plural, prefix)
                )
            for text in role.after:
                cue(after, text, name)
            words.update(
                normal_words(" ".join((*role.predicates, *role.additions, *role.who)).replace("{v}", " "))
            )
            if prefix.strip().endswith("by"):
                cue(before, "by", name)
        elif style == "year":
            for text in (prefix, "from", "came out in", "dates from", "in"):
                cue(before, text, name)
        elif style == "number":
            for text in ("runs", "lasts", "with", "costs", f"{fact.label} of"):
                cue(before, text, name)
            words.update(normal_words(f"{unit_words(spec.unit)} {spec.unit}"))
            if spec.unit:
                units[name] = tuple(normal_words(unit_words(spec.unit)))
        elif style == "modifier":
            cue(before, "filed under", name)
            for many in (False, True):
                cue(after, label_noun(fact, many), name)
            fixed = lexicon()
            for value in catalog.vocabulary(name):
                key = normal_words(value)
                if len(key) == 1 and key[0] in fixed:
                    banned.add(key[0])
        elif style == "tag":
            for text in ("tagged", "about", "filed under"):
                cue(before, text, name)
        else:
            cue(before, prefix.rstrip(": "), name)
            if style == "label":
                cue(before, "with", name)
    words.update(normal_words(f"{catalog.schema.noun} {catalog.schema.plural}"))
    return _Language(
        frozenset(words | set(lexicon())),
        {key: frozenset(names) for key, names in before.items()},
        {key: frozenset(names) for key, names in after.items()},
        frozenset(strong),
        frozenset(banned),
        units,
        {
            form: spec.name
            for spec in catalog.schema.of_kind("category", "people")
            for label in ((spec.label or spec.name).lower(),)
            for form in (label, label + "s", label[:-1] + "ies")
        },
    )


def _roles_of(noun: str, plural: str, prefix: str) -> frozenset[str]:
    return frozenset((noun, plural, prefix.strip().lower(), "starring", "stars", "features", "featuring"))


_languages = PerCatalog(_language)


_NOTHING_FITS = (
    " nothing in the ",
    " nothing fits ",
    " no item ",
)


def check(sentence: str, plan: Plan, dialogue: Dialogue, catalog: Catalog) -> list[Problem]:
    """What is wrong with a raw sentence; empty when it may be shown.

    Every word must belong to a value of the item's record (in a role that the record gives it), to a slot of
    the plan, to what the user asked for, or to the closed vocabulary of the grammar. What is claimed of the
    user or of a liked item must be so.

    Args:
        sentence: The writer's wording, with slots for titles.
        plan: What it was written from.
        dialogue: What the user said.
        catalog: Where the records are.
    """
    return Sentence(sentence, plan, dialogue, catalog).check()


@dataclass(slots=True)
class Sentence:
    """A raw sentence with its words, and the values, limits and slots among them. Arguments as in `check`."""

    sentence: str
    plan: Plan
    dialogue: Dialogue
    catalog: Catalog
    problems: list[Problem] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    spans: list[_Span] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)  # per word, where it is in the sentence
    sentence_of: list[int] = field(default_factory=list)  # per word
    clause_of: list[int] = field(default_factory=list)
    unknown: list[Problem] = field(default_factory=list)  # found while reading

    def __post_init__(self) -> None:
        self._read()
        self._cover()
        self._divide()
        self.unknown = list(self.problems)

    def check(self) -> list[Problem]:
        """What is wrong with it; empty when it may be shown."""
        self.problems = list(self.unknown)
        self._form()
        self._roles()
        if self.plan.item is None:
            self._opening()
        else:
            self._reason()
        return self.problems

    def told(self) -> list[Fact]:
        """The facts of the plan that it states."""
        pairs = {pair for span in self.spans for pair in span.pairs}
        items = {self.plan.slots.get(span.text) for span in self.spans if span.kind == "slot"}
        return [
            fact
            for fact in self.plan.facts
            if (fact.field, fact.ask if fact.kind == "limit" else fact.value) in pairs
            or (fact.kind == "similar" and fact.source in items)
        ]

    def _report(self, kind: str, text: str) -> None:
        self.problems.append(Problem(kind, text))

    # -- reading

    def _read(self) -> None:
        """Words, with each slot as one word like `@1`, and the clause that each belongs to."""
        text = straight(self.sentence)
        slots = [(m.start(), m.end(), m[1] + m[2]) for m in _SLOT.finditer(text)]
        tokens = [
            (w, start, end)
            for w, start, end in normal_spans(text)
            if not any(a < end and start < b for a, b, _ in slots)
        ]
        tokens += [(slot, start, end) for start, end, slot in slots]
        tokens.sort(key=lambda token: token[1])
        self.words = [w for w, _, _ in tokens]
        self.places = [(start, end) for _, start, end in tokens]

    def _divide(self) -> None:
        """Sentences and clauses. What looks like a full stop inside a value ("paul j. smith") divides nothing."""
        inside = []
        for span in self.spans:
            last = self.places[span.end - 1][1]
            dotted = span.text.endswith(".") and self.sentence[last:].lstrip().startswith(".")
            inside.append(
                (self.places[span.start][0], self.sentence.index(".", last) + 1 if dotted else last)
            )

        def numbered(breaks: str) -> list[int]:
            marks = [m.start() for m in re.finditer(breaks, self.sentence)]
            marks = [mark for mark in marks if not any(a <= mark < b for a, b in inside)]
            return [sum(1 for mark in marks if mark < start) for start, _ in self.places]

        self.sentence_of = numbered(r"[.!?;:]")
        self.clause_of = numbered(r"[.!?]" if self.plan.item is None else r"[.!?;]|,(?=\s+and\b)")

    def _known(self) -> dict[tuple[str, ...], list[tuple[str, str, str]]]:
        """What may be said: normal words -> (kind, field, text)."""
        known: dict[tuple[str, ...], list[tuple[str, str, str]]] = {}

        def add(text: str, kind: str, name: str, value: str) -> None:
            key = tuple(normal_words(text))
            if key:
                known.setdefault(key, []).append((kind, name, value))

        facts = list(self.plan.facts)
        if self.plan.item is not None:
            for spec in self.catalog.schema.filterable:
                facts += [_bare(spec, value) for value in values_of(self.plan.item, spec)]
        for fact in facts:
            if fact.kind == "limit":
                for text in (fact.ask, limit_object(fact).removeprefix("something ")):
                    add(text, "limit", fact.field, fact.ask)
            if not fact.field or not fact.value:
                continue
            kind = "avoid" if fact.kind == "avoid" else "value"
            add(fact.value, kind, fact.field, fact.value)
            if style_of(fact) != "modifier":
                continue
            if form := FORMS.get(said(fact)):
                add(form, kind, fact.field, fact.value)
            several = preceded(self.plan.plural.lower(), said(fact))  # "card games"
            if len(several.split()) == len(said(fact).split()):
                add(several, kind, fact.field, fact.value)
        return known

    def _cover(self) -> None:
        language = _languages(self.catalog)
        known = self._known()
        planned = {tuple(normal_words(fact.value)) for fact in self.plan.facts}
        planned |= {tuple(normal_words(FORMS.get(said(fact), ""))) for fact in self.plan.facts}
        longest = max(map(len, known), default=0)
        index = 0
        while index < len(self.words):
            current = self.words[index]
            if current[0] in "@#":
                if current not in self.plan.slots:
                    self._report("slot", f"{current} is not for this sentence to name")
                self.spans.append(_Span(index, index + 1, "slot", current))
                index += 1
                continue
            size = 0
            for length in range(min(longest, len(self.words) - index), 0, -1):
                key = tuple(self.words[index : index + length])
                if key not in known:
                    continue
                # A keyword such as "like" is a keyword only where the sentence treats it as one.
                if key in language.strong and not self._cued(index):
                    continue
                if key not in planned and not self._cued(index):
                    if all(w in language.words or (length > 1 and (w,) in planned) for w in key):
                        if all(kind == "value" for kind, _, _ in known[key]):
                            continue
                kinds = {kind for kind, _, _ in known[key]}
                kind = "limit" if "limit" in kinds else "value" if "value" in kinds else "avoid"
                pairs = [(name, value) for k, name, value in known[key] if k == kind]
                self.spans.append(_Span(index, index + length, kind, pairs[0][1], frozenset(pairs)))
                size = length
                break
            if not size:
                self._word(current, language)
            index += size or 1

    def _cued(self, index: int) -> bool:
        before = self.words[max(0, index - 2) : index]
        return bool(_TAG_CUES & set(before)) or before[-1:] == ["under"]

    def _word(self, current: str, language: _Language) -> None:
        numbers = {self.plan.total} | {fact.met for fact in self.plan.facts if fact.met is not None}
        counts = {NUMBERS[n] for n in numbers if n < len(NUMBERS)} | {"one", "no"} | {str(n) for n in numbers}
        if self.plan.item is None and current in counts:
            return
        if any(char.isdigit() for char in current):
            self._report("number", f"{current!r} is in neither the record nor the limits")
        elif current not in language.words:
            self._report("word", f"{current!r} is neither in the record nor a word that may be used")
        elif current in language.banned:
            self._report("value", f"{current!r} is not in the record")

    # -- form

    def _form(self) -> None:
        most = MAX_OPENING if self.plan.item is None else MAX_WORDS
        length = len(self.words)
        if length < MIN_WORDS:
            self._report("form", f"{length} words are too few")
        if length > most:
            self._report("form", f"{length} words are more than {most}")
        if self.words and self.words[-1] in _DANGLING and not self._in_span(length - 1):
            self._report("form", f"it breaks off after {self.words[-1]!r}")
        for index in range(1, length):
            same = (
                self.words[index] == self.words[index - 1]
                and self.sentence_of[index] == self.sentence_of[index - 1]
            )
            if same and not self._in_span(index):
                self._report("form", f"{self.words[index]!r} twice in a row")
        told = [span for span in self.spans if span.kind in ("value", "avoid")]
        again = {fact.value for fact in self.plan.facts if fact.kind == "wish"}
        again |= {span.text for span in told if len(span.fields) > 1}  # who directed it and stars in it
        for (kind, value), times in Counter((span.kind, span.text) for span in told).items():
            # "you asked for comedy, and comedy it is" is fine; "tagged school, and it is tagged school" is not
            if (self.plan.item is not None or kind == "avoid") and times > 1 + (value in again):
                self._report("form", f"{value} is said {times} times")
            elif (
                times > 1
                and self.plan.item is not None
                and not self._answers([s for s in told if s.text == value])
            ):
                self._report("form", f"{value} is said twice, and not as an answer")
        for span in (span for span in self.spans if span.kind == "limit"):
            about = {name for name, _ in span.pairs}
            before = [other for other in told if other.end <= span.start and other.fields & about]
            if self.words[max(span.start - 2, 0) : span.start] == ["which", "is"] and not before:
                self._report("form", f"'which is {span.text}' follows nothing that could be")
        for span in told:
            if span.text.isdigit() and self.words[span.start - 1 : span.start] == ["the"]:
                self._report("form", f"'the' before {span.text}")
        if self.words[:1] in (["if"], ["since"], ["because"]) and not set(",:;") & set(self.sentence):
            self._report("form", f"nothing follows from {self.words[0]!r}")
        if self.plan.item is None and ("its", "record") in zip(self.words, self.words[1:], strict=False):
            self._report("form", "an opening speaks of no single record")
        total = self.plan.total
        if self.plan.item is None and total > 1:
            one = {("this", word) for word in (*normal_words(self.plan.noun)[:1], "one", "is")}
            if one & {*zip(self.words, self.words[1:], strict=False)}:
                self._report("form", f"it speaks of one where {total} are listed")
        slots = [word for word in self.words if word[0] in "@#"]
        for slot in sorted({slot for slot in slots if slots.count(slot) > 1}):
            self._report("form", f"{slot} is named twice")
        seen: set[tuple[str, ...]] = set()
        size = 3 if self.plan.item is not None else 5
        for index in range(length - size + 1):
            run = tuple(self.words[index : index + size])
            if run in seen and not all(self._in_span(i) for i in range(index, index + size)):
                self._report("form", f"{' '.join(run)!r} is repeated")
                break
            seen.add(run)
        if self.sentence.count('"') % 2:
            self._report("form", "a quotation mark is missing")

    def _answers(self, spans: Sequence[_Span]) -> bool:
        """Whether a value that is said twice is first asked for and then given: "you wanted war, and war it is"."""
        if any(len(span.fields) > 1 for span in spans):
            return True
        first, *_, last = spans
        here = self.sentence_of.index(self.sentence_of[first.start])
        return bool({*self.words[here : last.start]} & _ASKED)

    def _in_span(self, index: int) -> bool:
        return any(span.start <= index < span.end for span in self.spans)

    # -- roles

    def _roles(self) -> None:
        language = _languages(self.catalog)
        values = [span for span in self.spans if span.kind == "value"]
        starts = {span.start: span for span in self.spans}
        ends = {span.end: span for span in self.spans}
        attached: set[int] = set()
        for span in values:
            right = self._cue_after(span.end, starts, language)
            if right is not None:
                attached.update(range(right[0], right[0] + len(right[1])))
                if not (language.after[right[1]] & span.fields):
                    self._report("relation", f"{span.text} {' '.join(right[1])!r} is not in the record")
            cue = self._cue_before(span.start, ends, language)
            if cue is not None:
                attached.add(cue[0])
                listed = cue[0] + len(cue[1]) < span.start and right is not None
                if right is not None and not listed and {*cue[1]} & {*right[1]}:
                    self._report("form", f"what {span.text} is is said twice")  # "cast X in the cast"
                if not (language.before[cue[1]] & span.fields or listed):
                    self._report(
                        "relation", f"{' '.join(cue[1])!r} is not what the record says of {span.text}"
                    )
            self._number(span, language)
            self._bare_tag(span)
            self._compared(span)
        self._follows()
        units = {unit[0] for unit in language.units.values() if unit}
        for span in (span for span in self.spans if span.kind == "limit"):
            if self.words[span.end : span.end + 1] and self.words[span.end] in units:
                self._report(
                    "relation", f"'{span.text} {self.words[span.end]}' is no limit that was asked for"
                )
        for index, current in enumerate(self.words[:-1]):
            # "you wanted horror, and that is among its keywords": the value named last must be one of these
            name = language.lists.get(self.words[index + 1]) if current == "its" else None
            last = [span for span in values if span.end <= index]
            if name is None or self.words[index - 1] not in ("among", "in"):
                continue
            if not last:
                self._report("relation", f"nothing is said to be among its {self.words[index + 1]}")
            elif name not in last[-1].fields:
                self._report("relation", f"{last[-1].text} is not among its {self.words[index + 1]}")
            elif last[-1].end == index - 1 and self._cue_before(last[-1].start, ends, language) is not None:
                # "tagged heist in its keywords"
                self._report("form", f"where {last[-1].text} is from is said twice")
        for index in range(len(self.words)):
            for key in language.strong:
                end = index + len(key)
                if tuple(self.words[index:end]) != key or self._in_span(index):
                    continue
                if any(place in attached for place in range(index, end)):
                    continue
                if any(len(other) > len(key) and _ends(self.words[:end], other) for other in language.strong):
                    continue
                follows = starts.get(self._skip(end))
                if follows is None or follows.kind not in ("value", "avoid"):
                    self._report("relation", f"{' '.join(key)!r} is followed by nothing from the record")

    def _skip(self, index: int) -> int:
        while index < len(self.words) and self.words[index] in _ARTICLES:
            index += 1
        return index

    def _cue_before(
        self, start: int, ends: Mapping[int, _Span], language: _Language
    ) -> tuple[int, tuple[str, ...]] | None:
        """The cue that governs a value, over articles and over the values listed before it."""
        index = start
        for _ in range(12):
            if index == 0 or self.sentence_of[index - 1] != self.sentence_of[start]:
                return None
            key = _longest_end(self.words[:index], language.before)
            if key is not None and not self._in_span(index - 1):
                return index - len(key), key
            if self.words[index - 1] in _ARTICLES:
                index -= 1
            elif index in ends and ends[index].kind == "value" and index != start:
                index = ends[index].start
            elif self.words[index - 1] == "and" and (index - 1) in ends:
                index = ends[index - 1].start if ends[index - 1].kind == "value" else 0
            else:
                return None
        return None

    def _cue_after(
        self, end: int, starts: Mapping[int, _Span], language: _Language
    ) -> tuple[int, tuple[str, ...]] | None:
        index = end
        for _ in range(12):
            if index >= len(self.words) or self.sentence_of[index] != self.sentence_of[end - 1]:
                return None
            key = _longest_start(self.words[index:], language.after)
            passive = key is not None and self.words[index + len(key) : index + len(key) + 1] == ["by"]
            if key is not None and not passive and not self._in_span(index):
                return index, key
            if index in starts and starts[index].kind == "value":
                index = starts[index].end
            elif self.words[index] == "and" and (index + 1) in starts:
                if starts[index + 1].kind != "value":
                    return None
                index = starts[index + 1].end
            else:
                return None
        return None

    def _number(self, span: _Span, language: _Language) -> None:
        if not span.text.replace(".", "").isdigit() or any(not self._numeric(name) for name in span.fields):
            return
        following = self.words[span.end : span.end + 1]
        fits = []
        for name in span.fields:
            unit = language.units.get(name)
            fits.append(unit is not None and tuple(self.words[span.end : span.end + len(unit)]) == unit)
            if unit is None:
                others = {w[0] for other, w in language.units.items() if other != name and w}
                fits[-1] = not (following and following[0] in others)
        if not any(fits):
            self._report("relation", f"{span.text} is not said in the record's unit")

    def _compared(self, span: _Span) -> None:
        """Report a limit that is none of the user's: "under 89 minutes", of a film that runs 89."""
        word = self.words[span.start - 1] if span.start else ""
        numeric = all(self._numeric(name) for name in span.fields)
        if word in _COMPARING and numeric and span.text.replace(".", "").isdigit():
            self._report("claim", f"'{word} {span.text}' is no limit that was asked for")

    def _follows(self) -> None:
        """Report what follows from nothing: "it is a comedy, so it is under 120 minutes"."""
        for span in (span for span in self.spans if span.kind == "limit"):
            fields = {name for name, _ in span.pairs}
            here = self.sentence_of[span.start]
            joint = [
                index
                for index, word in enumerate(self.words[: span.start])
                if index >= span.start - 4
                and word in ("so", "hence", "therefore", "thus")
                and self.sentence_of[index] == here
            ]
            if joint and self.words[span.start - 1] in ("is", "was", "runs", "came", "dates", "out"):
                before = [s for s in self.spans if s.end <= joint[-1] and self.sentence_of[s.start] == here]
                if not any(s.fields & fields for s in before):
                    self._report("claim", f"{span.text} does not follow from what comes before")

    def _numeric(self, name: str) -> bool:
        return self.catalog.schema.spec(name).kind in ("number", "date")

    def _bare_tag(self, span: _Span) -> None:
        """A tag is no adjective: "a haunted house movie" is bad English for many tags."""
        nouns = {*normal_words(self.plan.noun), *normal_words(self.plan.plural)}
        if self.words[span.end : span.end + 1] and self.words[span.end] in nouns:
            specs = [self.catalog.schema.spec(name) for name in span.fields]
            styles = {style_of(_bare(spec, span.text)) for spec in specs}
            if not styles & {"modifier", "year", "number", "person"}:
                self._report("form", f"{span.text!r} cannot stand before the noun")

    # -- reasons

    def _reason(self) -> None:
        plan = self.plan
        fields = {(fact.field, fact.value) for fact in plan.facts if fact.field}
        sources = {fact.source for fact in plan.facts if fact.source}
        said_values = {pair for span in self.spans for pair in span.pairs}
        said_items = {plan.slots.get(span.text) for span in self.spans if span.kind == "slot"}
        limits = any(span.kind == "limit" for span in self.spans)
        if plan.facts and not (fields & said_values or sources & said_items or limits):
            self._report("form", "it says nothing of the plan")
        clauses = range(max(self.clause_of, default=-1) + 1)
        words = {c: set(self._free_words(c)) for c in clauses}
        told: set[tuple[str, str]] = set()
        spans = {c: [s for s in self.spans if self.clause_of[s.start] == c] for c in clauses}
        for clause in clauses:
            here = spans[clause]
            values = [span for span in here if span.kind == "value"]
            slots = [span for span in here if span.kind == "slot"]
            previous = spans.get(clause - 1, [])
            if not slots and words[clause] & _SHARING and not any(s.kind == "value" for s in previous):
                slots = [span for span in previous if span.kind == "slot"]
            self._shared(values, slots)
            self._liking(words[clause], [span for span in here if span.kind == "slot"])
            self._near(words[clause], slots)
            if words[clause] & _ASKED:
                asked = here if any(s.kind != "slot" for s in here) else previous
                self._asked([span for span in asked if span.kind == "value"])
            self._negated(words[clause], here)
            for span in values:
                if "also" in words[clause] and not slots and told.issuperset(span.pairs):
                    self._report("form", f"it says {span.text} twice")
                told.update(span.pairs)
        asking = [clause for clause in clauses if words[clause] & (_ASKED - {"named"})]
        apart = limits or any(words[clause] & _NEGATIONS for clause in clauses)  # asked for as well
        if len(asking) > 1 and not apart:
            self._report("form", "it says twice that it was asked for")

    def _free_words(self, clause: int) -> list[str]:
        """The words of a clause that are part of no value, limit or slot."""
        return [w for i, w in enumerate(self.words) if self.clause_of[i] == clause and not self._in_span(i)]

    def _shared(self, values: Iterable[_Span], slots: Iterable[_Span]) -> None:
        for slot in slots:
            item_id = self.plan.slots.get(slot.text)
            if item_id is None or not slot.text.startswith("@") or item_id not in self.catalog:
                continue
            liked = self.catalog[item_id]
            for span in values:
                if not any(
                    value in values_of(liked, self.catalog.schema.spec(name)) for name, value in span.pairs
                ):
                    self._report("claim", f"{liked.title} does not have {span.text}")

    def _liking(self, words: Iterable[str], slots: Iterable[_Span]) -> None:
        verbs = set(words) & (_LIKING - {"like"})
        for slot in slots:
            item_id = self.plan.slots.get(slot.text)
            if verbs and slot.text.startswith("@") and item_id not in self.dialogue.preferences.liked:
                self._report("claim", f"the user did not say that they liked {slot.text}")

    def _near(self, words: set[str], slots: Iterable[_Span]) -> None:
        tied = {fact.source for fact in self.plan.facts if fact.kind in ("shared", "similar")}
        closest = {fact.source for fact in self.plan.facts if fact.kind == "similar"}
        for slot in slots:
            item_id = self.plan.slots.get(slot.text)
            if words & _NEARNESS and item_id not in tied or "closest" in words and item_id not in closest:
                self._report("claim", f"{slot.text} is not known to be close")

    def _asked(self, values: Iterable[_Span]) -> None:
        preferences = self.dialogue.preferences
        wished = {(wish.field, wish.value) for wish in preferences.wanted}
        limited = {limit.field for limit in preferences.limits}
        for span in values:
            if not any(pair in wished or pair[0] in limited for pair in span.pairs):
                self._report("claim", f"the user did not ask for {span.text}")

    def _negated(self, words: set[str], spans: Sequence[_Span]) -> None:
        avoided = any(span.kind == "avoid" for span in self.spans)
        negative = bool(words & _NEGATIONS) and not ("not" in words and "far" in words)
        if negative and not avoided:
            self._report("negation", "the user has refused nothing that this could be about")
        if negative and any(span.kind == "value" for span in spans):
            self._report("negation", "it denies what is in the record")
        if not negative and any(span.kind == "avoid" for span in spans):
            self._report("negation", "it speaks of what the user does not want as if it were there")

    # -- openings

    def _opening(self) -> None:
        plan = self.plan
        total = plan.total
        shares = {(fact.field, fact.value): fact.met for fact in plan.facts if fact.met is not None}
        preferences = self.dialogue.preferences
        none = False
        short = plan.short
        lists = 0
        some = whole = False  # whether it says that some do not fit, and of all that they have something
        for clause in range(max(self.clause_of, default=-1) + 1):
            words = self._free_words(clause)
            here = [span for span in self.spans if self.clause_of[span.start] == clause]
            text = f" {' '.join(words)} "
            partly = " of them " in text or " of these " in text
            negative = bool(set(words) & _NEGATIONS) or "skipped" in words
            numbers = [NUMBERS.index(w) for w in words if w in NUMBERS and w not in ("no",)]
            numbers += [int(w) for w in words if w.isdigit()]
            for span in (s for s in here if s.kind == "value"):
                met = {shares.get(pair, 0) for pair in span.pairs}
                if partly and numbers and "none" not in words and not met & set(numbers):
                    self._report("number", f"{max(met)} of the list have {span.text}")
                elif negative and not (partly and numbers) and min(met) > 0:
                    self._report("negation", f"{max(met)} of the list have {span.text}")
                elif not negative and not partly and max(met) < total:
                    self._report("claim", f"only {max(met)} of {total} have {span.text}")
            out = negative or bool(set(words) & _OUT)
            if partly and "only" in words and total in numbers:
                self._report("number", f"all {total} do")
            some = some or any(said in text for said in (" not all of ", " the rest "))
            whole = whole or (partly and total in numbers and any(s.kind == "value" for s in here))
            if any(s.kind == "avoid" for s in here) and (not out or (partly and numbers)):
                self._report("negation", "it offers what the user does not want")
            if not partly and total > 0:
                nouns = {*normal_words(plan.noun), *normal_words(plan.plural)}
                pairs = set(zip(words, words[1:], strict=False))
                lists += bool(nouns & set(words)) and total in numbers
                for n in numbers:
                    if n != total and (n != 1 or any(("one", noun) in pairs for noun in nouns)):
                        self._report("number", f"there are {total}, not {n}")
            self._liking(words, [s for s in here if s.kind == "slot"])
            passed = any(said in text for said in _PASSED)
            if passed and not (preferences.seen or preferences.rejected):
                self._report("claim", "the user has turned nothing down")
            elif passed and not (out and (not partly or "none" in words)):
                self._report("claim", "nothing is listed that the user has seen or turned down")
            if sum(word in _OUT for word in words) > 1:
                self._report("form", "it says twice that something is left out")
            ended = (" nothing more ", " catalogue ", " no more ", " no others ")
            if total and not short and any(phrase in text for phrase in ended):
                self._report("claim", "the list is as long as was asked")
            said_none = (*_NOTHING_FITS, f" no {plan.noun.lower()} ", f" no {plan.plural.lower()} ")
            none = none or any(phrase in text for phrase in said_none)
        if total and none:
            self._report("claim", "there is a list")
        if some and whole:  # "not all of them fit: five of them are"
            self._report("number", f"all {total} do")
        if lists > 1:
            self._report("form", "it says twice how many are listed")
        facts = Counter(fact.value.casefold() for fact in plan.facts)
        for value, times in Counter(span.text for span in self.spans if span.kind == "value").items():
            if times > max(facts[value.casefold()], 1):
                self._report("form", f"{value} is said {times} times")
        self._number_agrees()

    def _number_agrees(self) -> None:
        """Several things stand in the plural: "five horror movies"."""
        one, many = normal_words(self.plan.noun), normal_words(self.plan.plural)
        for place, count in enumerate(self.words):
            if count in ("1", "one", "no") or not (count.isdigit() or count in NUMBERS):
                continue
            after = place + 1
            while after < len(self.words) and self._in_span(after):
                after += 1
            if self.words[after : after + len(one)] == one and self.words[after : after + len(many)] != many:
                self._report("form", f"{count} is more than one {self.plan.noun.lower()}")


def _ends(words: Sequence[str], key: tuple[str, ...]) -> bool:
    return tuple(words[-len(key) :]) == key


def _longest_end(words: Sequence[str], table: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
    return max((key for key in table if _ends(words, key)), key=len, default=None)


def _longest_start(words: Sequence[str], table: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
    return max((key for key in table if tuple(words[: len(key)]) == key), key=len, default=None)
