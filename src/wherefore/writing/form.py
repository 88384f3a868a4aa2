"""Form: the rules of the check about how a sentence is built, whatever it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from wherefore.text import normal_words
from wherefore.writing.frames import MAX_OPENING, MAX_WORDS, MIN_WORDS
from wherefore.writing.phrases import NUMBERS
from wherefore.writing.sentence import Problem, Sentence, Span

ASKED = frozenset(
    "ask asked wanted wish wished wishes request requested requests after looking named wants want".split()
)
_DANGLING = frozenset(
    "a an the and or but with of in by from to at are was has like as which who its your both than between under "
    "over about into their these because since if while tagged starring directed".split()
)


def length(sentence: Sentence) -> Iterator[Problem]:
    """A sentence has neither too few nor too many words."""
    most = MAX_OPENING if sentence.plan.item is None else MAX_WORDS
    count = len(sentence.words)
    if count < MIN_WORDS:
        yield Problem("form", f"{count} words are too few")
    if count > most:
        yield Problem("form", f"{count} words are more than {most}")


def whole(sentence: Sentence) -> Iterator[Problem]:
    """A sentence does not break off, and its quotation marks come in pairs."""
    words = sentence.words
    if words and words[-1] in _DANGLING and len(words) - 1 not in sentence.inside:
        yield Problem("form", f"it breaks off after {words[-1]!r}")
    if words[:1] in (["if"], ["since"], ["because"]) and not set(",:;") & set(sentence.text):
        yield Problem("form", f"nothing follows from {words[0]!r}")
    if sentence.text.count('"') % 2:
        yield Problem("form", "a quotation mark is missing")


def no_word_twice_in_a_row(sentence: Sentence) -> Iterator[Problem]:
    """No word comes twice in a row, outside values and within a sentence."""
    for index in range(1, len(sentence.words)):
        same = sentence.words[index] == sentence.words[index - 1]
        together = sentence.sentence_of[index] == sentence.sentence_of[index - 1]
        if same and together and index not in sentence.inside:
            yield Problem("form", f"{sentence.words[index]!r} twice in a row")


def no_run_twice(sentence: Sentence) -> Iterator[Problem]:
    """No run of words comes back: "as you asked, ... as you asked"."""
    seen: set[tuple[str, ...]] = set()
    size = 3 if sentence.plan.item is not None else 5
    for index in range(len(sentence.words) - size + 1):
        run = tuple(sentence.words[index : index + size])
        if run in seen and not sentence.inside.issuperset(range(index, index + size)):
            yield Problem("form", f"{' '.join(run)!r} is repeated")
            break
        seen.add(run)


def no_slot_twice(sentence: Sentence) -> Iterator[Problem]:
    """No title is named twice."""
    slots = Counter(word for word in sentence.words if word[0] in "@#")
    for slot in sorted(slot for slot, times in slots.items() if times > 1):
        yield Problem("form", f"{slot} is named twice")


def no_value_too_often(sentence: Sentence) -> Iterator[Problem]:
    """A reason says a value twice only as an answer: "you asked for comedy, and comedy it is"."""
    reason = sentence.plan.item is not None
    told = _told(sentence)
    again = {fact.value for fact in sentence.plan.facts if fact.kind == "wish"}
    again |= {span.text for span in told if len(span.fields) > 1}  # who directed it and stars in it
    for (kind, value), times in Counter((span.kind, span.text) for span in told).items():
        if (reason or kind == "avoid") and times > 1 + (value in again):
            yield Problem("form", f"{value} is said {times} times")
        elif reason and times > 1 and not _answers([span for span in told if span.text == value], sentence):
            yield Problem("form", f"{value} is said twice, and not as an answer")


def _told(sentence: Sentence) -> list[Span]:
    return [span for span in sentence.spans if span.kind in ("value", "avoid")]


def _answers(spans: Sequence[Span], sentence: Sentence) -> bool:
    """Whether a value that is said twice is first asked for and then given: "you wanted war, and war it is"."""
    if any(len(span.fields) > 1 for span in spans):
        return True
    first, *_, last = spans
    here = sentence.sentence_of.index(sentence.sentence_of[first.start])
    return bool({*sentence.words[here : last.start]} & ASKED)


def which_is_follows_a_value(sentence: Sentence) -> Iterator[Problem]:
    """Before "which is under 120 minutes" comes what it speaks of."""
    for span in sentence.of("limit"):
        before = [
            other for other in _told(sentence) if other.end <= span.start and other.fields & span.fields
        ]
        if sentence.words[max(span.start - 2, 0) : span.start] == ["which", "is"] and not before:
            yield Problem("form", f"'which is {span.text}' follows nothing that could be")


def no_article_before_a_number(sentence: Sentence) -> Iterator[Problem]:
    """No number has "the" before it."""
    for span in _told(sentence):
        if span.text.isdigit() and sentence.words[span.start - 1 : span.start] == ["the"]:
            yield Problem("form", f"'the' before {span.text}")


def opening_speaks_of_all(sentence: Sentence) -> Iterator[Problem]:
    """An opening speaks of no single record, nor of one item where several are listed."""
    plan = sentence.plan
    if plan.item is not None:
        return
    pairs = set(zip(sentence.words, sentence.words[1:], strict=False))
    if ("its", "record") in pairs:
        yield Problem("form", "an opening speaks of no single record")
    single = {("this", word) for word in (*normal_words(plan.noun)[:1], "one", "is")}
    if plan.total > 1 and single & pairs:
        yield Problem("form", f"it speaks of one where {plan.total} are listed")


def several_are_plural(sentence: Sentence) -> Iterator[Problem]:
    """In an opening, several things stand in the plural: "five horror movies"."""
    plan, words = sentence.plan, sentence.words
    if plan.item is not None:
        return
    one, many = normal_words(plan.noun), normal_words(plan.plural)
    for place, count in enumerate(words):
        if count in ("1", "one", "no") or not (count.isdigit() or count in NUMBERS):
            continue
        after = place + 1
        while after in sentence.inside:
            after += 1
        if words[after : after + len(one)] == one and words[after : after + len(many)] != many:
            yield Problem("form", f"{count} is more than one {plan.noun.lower()}")


RULES = (
    length,
    whole,
    no_word_twice_in_a_row,
    no_run_twice,
    no_slot_twice,
    no_value_too_often,
    which_is_follows_a_value,
    no_article_before_a_number,
    opening_speaks_of_all,
    several_are_plural,
)
