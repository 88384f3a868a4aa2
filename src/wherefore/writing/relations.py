"""Relations: the rules of the check about what a value is of the item, held to what the record says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from wherefore.catalog.spoken import measure
from wherefore.text import normal_words
from wherefore.writing.evidence import record_fact
from wherefore.writing.language import Key, language_of
from wherefore.writing.phrases import NUMBERS, label_noun, style_of
from wherefore.writing.sentence import Problem, Sentence, Span

_FAR = 12  # steps from a value to its cue
_ARTICLES = frozenset(("a", "an", "the", "both", "its"))
_COMPARING = frozenset(
    "under over below above before after than least most until between within beyond".split()
)


class _Cue(NamedTuple):
    """Words that say what a value is: "directed by"."""

    start: int
    words: Key

    @property
    def end(self) -> int:
        return self.start + len(self.words)


_WITH = _Cue(0, ("with",))


def slots_are_the_plans(sentence: Sentence) -> Iterator[Problem]:
    """Only titles of the plan are named."""
    for span in sentence.of("slot"):
        if span.text not in sentence.plan.slots:
            yield Problem("slot", f"{span.text} is not for this sentence to name")


def words_are_known(sentence: Sentence) -> Iterator[Problem]:
    """Every word beside values, limits and slots is one of the catalogue's language, and no number but a count."""
    language = language_of(sentence.catalog)
    plan = sentence.plan
    numbers = {plan.total} | {fact.met for fact in plan.facts if fact.met is not None}
    counts = {NUMBERS[n] for n in numbers if n < len(NUMBERS)} | {"one", "no"} | {str(n) for n in numbers}
    for place, word in enumerate(sentence.words):
        if place in sentence.inside or (plan.item is None and word in counts):
            continue
        if any(char.isdigit() for char in word):
            yield Problem("number", f"{word!r} is in neither the record nor the limits")
        elif word not in language.words:
            yield Problem("word", f"{word!r} is neither in the record nor a word that may be used")
        elif word in language.banned:
            yield Problem("value", f"{word!r} is not in the record")


def cues_are_of_the_record(sentence: Sentence) -> Iterator[Problem]:
    """What is said of a value is what the record says: who is "directed by" is a director."""
    language = language_of(sentence.catalog)
    for span in sentence.of("value"):
        before, after = _cue_before(span, sentence), _cue_after(span, sentence)
        if after is not None and not language.after[after.words] & span.fields:
            yield Problem("relation", f"{span.text} {' '.join(after.words)!r} is not in the record")
        if before is None:
            continue
        listed = after is not None and before.end < span.start
        if after is not None and not listed and {*before.words} & {*after.words}:
            yield Problem("form", f"what {span.text} is is said twice")  # "cast X in the cast"
        if not (listed or language.before[before.words] & span.fields):
            yield Problem(
                "relation", f"{' '.join(before.words)!r} is not what the record says of {span.text}"
            )


def strong_cues_have_a_value(sentence: Sentence) -> Iterator[Problem]:
    """A cue such as "directed by" stands by a value."""
    strong = language_of(sentence.catalog).strong
    starts = {span.start: span for span in sentence.spans}
    attached: set[int] = set()
    for span in sentence.of("value"):
        before, after = _cue_before(span, sentence), _cue_after(span, sentence)
        attached |= {before.start} if before is not None else set()
        attached |= set(range(after.start, after.end)) if after is not None else set()
    for index in range(len(sentence.words)):
        for key in strong:
            end = index + len(key)
            if tuple(sentence.words[index:end]) != key or index in sentence.inside:
                continue
            if not attached.isdisjoint(range(index, end)):
                continue
            if any(len(other) > len(key) and _ends(sentence.words[:end], other) for other in strong):
                continue
            while end < len(sentence.words) and sentence.words[end] in _ARTICLES:
                end += 1
            if end not in starts or starts[end].kind not in ("value", "avoid"):
                yield Problem("relation", f"{' '.join(key)!r} is followed by nothing from the record")


def lists_hold_the_value(sentence: Sentence) -> Iterator[Problem]:
    """In "you wanted horror, and that is among its keywords", the value named last is one of these."""
    lists = language_of(sentence.catalog).lists
    words = sentence.words
    for index, (word, label) in enumerate(zip(words, words[1:], strict=False)):
        if word != "its" or label not in lists or words[index - 1] not in ("among", "in"):
            continue
        last = next((span for span in reversed(sentence.of("value")) if span.end <= index), None)
        if last is None:
            yield Problem("relation", f"nothing is said to be among its {label}")
        elif lists[label] not in last.fields:
            yield Problem("relation", f"{last.text} is not among its {label}")
        elif last.end == index - 1 and (_cue_before(last, sentence) or _WITH).words != ("with",):
            # "tagged heist in its keywords", but "with musk among its notes"
            yield Problem("form", f"where {last.text} is from is said twice")


def labels_are_the_values(sentence: Sentence) -> Iterator[Problem]:
    """In "it lists easy as its difficulty", what the value is called is what its field is called."""
    words, schema = sentence.words, sentence.catalog.schema
    for index in range(len(words) - 2):
        if words[index] not in ("as", "among") or words[index + 1] != "its":
            continue
        last = next((span for span in reversed(sentence.of("value")) if span.end <= index), None)
        if last is None:
            continue
        facts = [record_fact(schema.spec(name), last.text) for name in last.fields]
        called = {tuple(normal_words(label_noun(fact, many))) for fact in facts for many in (False, True)}
        if not any(tuple(words[index + 2 : index + 2 + len(label)]) == label for label in called):
            yield Problem("relation", f"{last.text} is not said to be its {words[index + 2]}")


def numbers_have_their_unit(sentence: Sentence) -> Iterator[Problem]:
    """A number of the record is said in the record's unit, and in no other."""
    units = language_of(sentence.catalog).units
    for span in sentence.of("value"):
        following = sentence.words[span.end :]
        if _is_measure(span, sentence) and not any(_unit_fits(x, following, units) for x in span.fields):
            yield Problem("relation", f"{span.text} is not said in the record's unit")


def _unit_fits(name: str, following: Sequence[str], units: Mapping[str, Key]) -> bool:
    """Whether what follows a field's number is its unit; of a field without one, no other field's."""
    if name in units:
        return tuple(following[: len(units[name])]) == units[name]
    return following[:1] not in [[unit[0]] for unit in units.values() if unit]


def tags_are_no_adjectives(sentence: Sentence) -> Iterator[Problem]:
    """A tag does not stand before the noun: "a haunted house movie" is bad English for many tags."""
    nouns = {*normal_words(sentence.plan.noun), *normal_words(sentence.plan.plural)}
    schema = sentence.catalog.schema
    for span in sentence.of("value"):
        if nouns.isdisjoint(sentence.words[span.end : span.end + 1]):
            continue
        styles = {style_of(record_fact(schema.spec(name), span.text)) for name in span.fields}
        if not styles & {"modifier", "year", "number", "person"}:
            yield Problem("form", f"{span.text!r} cannot stand before the noun")


def limits_are_the_users(sentence: Sentence) -> Iterator[Problem]:
    """No value is said as a limit, "under 89 minutes" of a film that runs 89, and no limit gets another unit."""
    for span in sentence.of("value"):
        word = sentence.words[span.start - 1] if span.start else ""
        if word in _COMPARING and _is_measure(span, sentence) and not _bounds(span, sentence):
            yield Problem("claim", f"'{word} {span.text}' is no limit that was asked for")
    units = {unit[0] for unit in language_of(sentence.catalog).units.values() if unit}
    for span in sentence.of("limit"):
        word = "".join(sentence.words[span.end : span.end + 1])
        if word in units:
            yield Problem("relation", f"'{span.text} {word}' is no limit that was asked for")


def limits_follow(sentence: Sentence) -> Iterator[Problem]:
    """A limit follows from a value of its field: not "it is a comedy, so it is under 120 minutes"."""
    words = sentence.words
    for span in sentence.of("limit"):
        here = sentence.sentence_of[span.start]
        joints = [
            index
            for index in range(max(span.start - 4, 0), span.start)
            if words[index] in ("so", "hence", "therefore", "thus") and sentence.sentence_of[index] == here
        ]
        if not joints or words[span.start - 1] not in ("is", "was", "runs", "came", "dates", "out"):
            continue
        before = [
            one for one in sentence.spans if one.end <= joints[-1] and sentence.sentence_of[one.start] == here
        ]
        if not any(one.fields & span.fields for one in before):
            yield Problem("claim", f"{span.text} does not follow from what comes before")


def _is_measure(span: Span, sentence: Sentence) -> bool:
    """Whether a span is a number of fields that hold numbers or dates."""
    schema = sentence.catalog.schema
    return span.text.replace(".", "").isdigit() and all(schema.spec(name).has_measure for name in span.fields)


def _bounds(span: Span, sentence: Sentence) -> bool:
    """Whether a number is itself the least or most of something: "for at least 2 players"."""
    specs = [sentence.catalog.schema.spec(name) for name in span.fields]
    return any(spec.is_number and measure(spec).way in ("least", "most") for spec in specs)


def _cue_before(span: Span, sentence: Sentence) -> _Cue | None:
    """The cue that governs a value, over articles and over the values listed before it."""
    words, before = sentence.words, language_of(sentence.catalog).before
    ends = {one.end: one for one in sentence.spans}
    index = span.start
    for _ in range(_FAR):
        if index == 0 or sentence.sentence_of[index - 1] != sentence.sentence_of[span.start]:
            return None
        key = _longest(key for key in before if _ends(words[:index], key))
        if key and index - 1 not in sentence.inside:
            return _Cue(index - len(key), key)
        if words[index - 1] in _ARTICLES:
            index -= 1
        elif index in ends and ends[index].kind == "value" and index != span.start:
            index = ends[index].start
        elif words[index - 1] == "and" and (index - 1) in ends:
            ahead = ends[index - 1]
            if (
                _is_measure(span, sentence)
                and _is_measure(ahead, sentence)
                and not span.fields & ahead.fields
            ):
                return None  # "with a price of 31 and 12 parts"
            index = ahead.start if ahead.kind == "value" else 0
        else:
            return None
    return None


def _cue_after(span: Span, sentence: Sentence) -> _Cue | None:
    """The cue that follows a value, over the values listed after it."""
    words, after = sentence.words, language_of(sentence.catalog).after
    starts = {one.start: one for one in sentence.spans}
    index = span.end
    for _ in range(_FAR):
        if index >= len(words) or sentence.sentence_of[index] != sentence.sentence_of[span.end - 1]:
            return None
        key = _longest(key for key in after if tuple(words[index : index + len(key)]) == key)
        passive = words[index + len(key) : index + len(key) + 1] == ["by"]
        if key and not passive and index not in sentence.inside:
            return _Cue(index, key)
        if index in starts and starts[index].kind == "value":
            index = starts[index].end
        elif words[index] == "and" and (index + 1) in starts:
            following = starts[index + 1]
            if following.kind != "value" or _is_measure(following, sentence) != _is_measure(span, sentence):
                return None  # "with 83 points and red blend as its variety"
            index = starts[index + 1].end
        else:
            return None
    return None


def _ends(words: Sequence[str], key: Key) -> bool:
    return tuple(words[-len(key) :]) == key


def _longest(keys: Iterable[Key]) -> Key:
    return max(keys, key=len, default=())


RULES = (
    slots_are_the_plans,
    words_are_known,
    cues_are_of_the_record,
    strong_cues_have_a_value,
    lists_hold_the_value,
    labels_are_the_values,
    numbers_have_their_unit,
    tags_are_no_adjectives,
    limits_are_the_users,
    limits_follow,
)
