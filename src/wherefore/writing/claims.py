"""Claims: the rules of the check about what a sentence says of the user, of liked items and of the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from wherefore.catalog.spoken import values_of
from wherefore.text import normal_words
from wherefore.writing.form import ASKED
from wherefore.writing.phrases import NUMBERS
from wherefore.writing.sentence import Clause, Problem, Sentence, Span

_NEGATIONS = frozenset("no not none nothing never without neither nor avoid lacks nowhere".split())
_OUT = frozenset(("out", "skipped", "clear"))  # "left out", "kept out": negations of openings
_LIKING = frozenset("liked likes loved love enjoyed enjoy favourite favorite".split())
_SHARING = frozenset("also too both same well common shares share shared another again".split())
_NEARNESS = frozenset("close similar vein near neighbour resembles likeness far".split())
_PASSED = (" turned down ", " have seen ", " already seen ", " you had ")
_NOTHING_FITS = (" nothing in the ", " nothing fits ", " no item ")
_ENDED = (" nothing more ", " catalogue ", " no more ", " no others ")


# -- reasons ----------------------------------------------------------------------------------------


def says_something_of_the_plan(sentence: Sentence) -> Iterator[Problem]:
    """A reason says at least one of the plan's facts."""
    plan = sentence.plan
    fields = {(fact.field, fact.value) for fact in plan.facts if fact.field}
    sources = {fact.source for fact in plan.facts if fact.source}
    values = {pair for span in sentence.spans for pair in span.pairs}
    items = {plan.slots.get(span.text) for span in sentence.of("slot")}
    if plan.facts and not (fields & values or sources & items or sentence.of("limit")):
        yield Problem("form", "it says nothing of the plan")


def shared_values_are_shared(sentence: Sentence) -> Iterator[Problem]:
    """What is said of the item and a liked one in one breath is true of both."""
    catalog = sentence.catalog
    for clause in sentence.clauses:
        for slot in _compared(clause):
            item_id = sentence.plan.slots.get(slot.text)
            if item_id is None or not slot.text.startswith("@") or item_id not in catalog:
                continue
            liked = catalog[item_id]
            for span in clause.of("value"):
                if not any(
                    value in values_of(liked, catalog.schema.spec(name)) for name, value in span.pairs
                ):
                    yield Problem("claim", f"{liked.title} does not have {span.text}")


def _compared(clause: Clause) -> list[Span]:
    """The titles that a clause speaks of: its own, or those of the clause before it ("like @1, and it is also")."""
    slots = clause.of("slot")
    if not slots and _SHARING & {*clause.words} and not any(span.kind == "value" for span in clause.before):
        return [span for span in clause.before if span.kind == "slot"]
    return slots


def liked_items_are_liked(sentence: Sentence) -> Iterator[Problem]:
    """The user liked what they are said to have liked."""
    for clause in sentence.clauses:
        for slot in clause.of("slot") if _LIKING & {*clause.words} else ():
            item_id = sentence.plan.slots.get(slot.text)
            if slot.text.startswith("@") and item_id not in sentence.dialogue.preferences.liked:
                yield Problem("claim", f"the user did not say that they liked {slot.text}")


def near_items_are_near(sentence: Sentence) -> Iterator[Problem]:
    """An item that is called close is so by the plan."""
    tied = {fact.source for fact in sentence.plan.facts if fact.kind in ("shared", "similar")}
    closest = {fact.source for fact in sentence.plan.facts if fact.kind == "similar"}
    for clause in sentence.clauses:
        words = {*clause.words}
        for slot in _compared(clause):
            item_id = sentence.plan.slots.get(slot.text)
            if words & _NEARNESS and item_id not in tied or "closest" in words and item_id not in closest:
                yield Problem("claim", f"{slot.text} is not known to be close")


def what_was_asked_was_asked(sentence: Sentence) -> Iterator[Problem]:
    """The user asked for what they are said to have asked for."""
    for clause in sentence.clauses:
        if not ASKED & {*clause.words}:
            continue
        preferences = sentence.dialogue.preferences
        wished = {(wish.field, wish.value) for wish in preferences.wanted}
        limited = {limit.field for limit in preferences.limits}
        about = clause.spans if any(span.kind != "slot" for span in clause.spans) else clause.before
        for span in (span for span in about if span.kind == "value"):
            if not any(pair in wished or pair[0] in limited for pair in span.pairs):
                yield Problem("claim", f"the user did not ask for {span.text}")


def asked_once(sentence: Sentence) -> Iterator[Problem]:
    """It is said once that something was asked for, unless a limit or a refusal was asked for as well."""
    asking = [clause for clause in sentence.clauses if {*clause.words} & (ASKED - {"named"})]
    apart = sentence.of("limit") or any({*clause.words} & _NEGATIONS for clause in sentence.clauses)
    if len(asking) > 1 and not apart:
        yield Problem("form", "it says twice that it was asked for")


def denials_are_of_refusals(sentence: Sentence) -> Iterator[Problem]:
    """What is denied is what the user refused, and that is denied."""
    for clause in sentence.clauses:
        words = {*clause.words}
        negative = bool(words & _NEGATIONS) and not {"not", "far"} <= words
        if negative and not sentence.of("avoid"):
            yield Problem("negation", "the user has refused nothing that this could be about")
        if negative and clause.of("value"):
            yield Problem("negation", "it denies what is in the record")
        if not negative and clause.of("avoid"):
            yield Problem("negation", "it speaks of what the user does not want as if it were there")


def also_adds_something(sentence: Sentence) -> Iterator[Problem]:
    """After "also" comes what was not said before."""
    told: set[tuple[str, str]] = set()
    for clause in sentence.clauses:
        for span in clause.of("value"):
            if "also" in clause.words and not _compared(clause) and told.issuperset(span.pairs):
                yield Problem("form", f"it says {span.text} twice")
            told.update(span.pairs)


# -- openings ---------------------------------------------------------------------------------------


class _Remark:
    """A clause of an opening, and what it says of how many."""

    def __init__(self, clause: Clause) -> None:
        self.words = {*clause.words}
        # "Thinking of @1, these two": an item's name is no word, and what follows it is not "of these".
        self.text = f" {' '.join(clause.words)} ".replace(" thinking of ", " thinking ")
        self.partly = (
            " of them " in self.text or " of these " in self.text
        )  # it says of how many listed items
        self.negative = bool(self.words & _NEGATIONS) or "skipped" in self.words
        self.out = self.negative or bool(self.words & _OUT)
        self.numbers = {NUMBERS.index(word) for word in self.words if word in NUMBERS and word != "no"}
        self.numbers |= {int(word) for word in self.words if word.isdigit()}
        self.values, self.avoided = clause.of("value"), clause.of("avoid")
        self.pairs = set(zip(clause.words, clause.words[1:], strict=False))

    def says(self, *phrases: str) -> bool:
        """Whether it holds one of these phrases; each begins and ends with a space."""
        return any(phrase in self.text for phrase in phrases)


def _remarks(sentence: Sentence) -> list[_Remark]:
    return [_Remark(clause) for clause in sentence.clauses]


def as_many_have_it(sentence: Sentence) -> Iterator[Problem]:
    """As many listed items have a value as is said."""
    total = sentence.plan.total
    shares = {(fact.field, fact.value): fact.met for fact in sentence.plan.facts if fact.met is not None}
    for remark in _remarks(sentence):
        counted = remark.partly and remark.numbers
        for span in remark.values:
            met = {shares.get(pair, 0) for pair in span.pairs}
            if counted and "none" not in remark.words and not met & remark.numbers:
                yield Problem("number", f"{max(met)} of the list have {span.text}")
            elif remark.negative and not counted and min(met) > 0:
                yield Problem("negation", f"{max(met)} of the list have {span.text}")
            elif not remark.negative and not remark.partly and max(met) < total:
                yield Problem("claim", f"only {max(met)} of {total} have {span.text}")


def some_are_not_all(sentence: Sentence) -> Iterator[Problem]:
    """Where all items do, it is not said that only some do: "only five of them", "not all of them fit"."""
    total, remarks = sentence.plan.total, _remarks(sentence)
    for remark in remarks:
        if remark.partly and "only" in remark.words and total in remark.numbers:
            yield Problem("number", f"all {total} do")
    some = any(remark.says(" not all of ", " the rest ") for remark in remarks)
    if some and any(remark.partly and total in remark.numbers and remark.values for remark in remarks):
        yield Problem("number", f"all {total} do")


def refused_is_left_out(sentence: Sentence) -> Iterator[Problem]:
    """What the user does not want is spoken of as left out."""
    for remark in _remarks(sentence):
        if remark.avoided and (not remark.out or (remark.partly and remark.numbers)):
            yield Problem("negation", "it offers what the user does not want")


def list_is_counted_right(sentence: Sentence) -> Iterator[Problem]:
    """The list is as long as is said, which is said once."""
    total = sentence.plan.total
    if not total:
        return
    nouns = {*normal_words(sentence.plan.noun), *normal_words(sentence.plan.plural)}
    whole = [remark for remark in _remarks(sentence) if not remark.partly]
    for remark in whole:
        for number in remark.numbers - {total}:
            if number != 1 or any(("one", noun) in remark.pairs for noun in nouns):
                yield Problem("number", f"there are {total}, not {number}")
    if sum(bool(nouns & remark.words) and total in remark.numbers for remark in whole) > 1:
        yield Problem("form", "it says twice how many are listed")


def passed_is_left_out(sentence: Sentence) -> Iterator[Problem]:
    """Where the user has seen or turned something down, it is said once that it is left out."""
    preferences = sentence.dialogue.preferences
    for remark in _remarks(sentence):
        if not remark.says(*_PASSED):
            continue
        if not (preferences.seen or preferences.rejected):
            yield Problem("claim", "the user has turned nothing down")
        elif not remark.out or (remark.partly and "none" not in remark.words):
            yield Problem("claim", "nothing is listed that the user has seen or turned down")


def left_out_once(sentence: Sentence) -> Iterator[Problem]:
    """A clause says once that something is left out."""
    for clause in sentence.clauses:
        if sum(word in _OUT for word in clause.words) > 1:
            yield Problem("form", "it says twice that something is left out")


def list_is_there(sentence: Sentence) -> Iterator[Problem]:
    """It is not said of a list that there is none, nor of a full one that it is short."""
    plan, remarks = sentence.plan, _remarks(sentence)
    if not plan.total:
        return
    for remark in remarks:
        if not plan.short and remark.says(*_ENDED):
            yield Problem("claim", "the list is as long as was asked")
    none = (*_NOTHING_FITS, f" no {plan.noun.lower()} ", f" no {plan.plural.lower()} ")
    if any(remark.says(*none) for remark in remarks):
        yield Problem("claim", "there is a list")


def values_are_said_once(sentence: Sentence) -> Iterator[Problem]:
    """A value is said as often as the plan has it."""
    facts = Counter(fact.value.casefold() for fact in sentence.plan.facts)
    for value, times in Counter(span.text for span in sentence.of("value")).items():
        if times > max(facts[value.casefold()], 1):
            yield Problem("form", f"{value} is said {times} times")


REASONS = (
    says_something_of_the_plan,
    shared_values_are_shared,
    liked_items_are_liked,
    near_items_are_near,
    what_was_asked_was_asked,
    asked_once,
    denials_are_of_refusals,
    also_adds_something,
)
OPENINGS = (
    as_many_have_it,
    some_are_not_all,
    refused_is_left_out,
    list_is_counted_right,
    liked_items_are_liked,
    passed_is_left_out,
    left_out_once,
    list_is_there,
    values_are_said_once,
)
