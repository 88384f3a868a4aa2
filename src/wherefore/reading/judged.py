"""What the judge's labels make of a message: which titles it names and how they please, what it wants and refuses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import concepts, having
from wherefore.catalog.feelings import feelings, taste_words
from wherefore.catalog.naming import words_of
from wherefore.catalog.sorts import called, titles_name_sorts
from wherefore.dialogue.labels import BOUND_LABELS, GRADES, ITEM_LABELS
from wherefore.dialogue.messages import Dialogue, Message, last_said
from wherefore.dialogue.notes import Verdict
from wherefore.dialogue.state import FoundWish, OpenKind, Preferences
from wherefore.reading.clauses import Span, touch
from wherefore.reading.cues import QUANTITIES
from wherefore.reading.idle import asks, is_idle, talks
from wherefore.reading.judge import Meaning, MessageJudge
from wherefore.reading.judged_kinds import JudgedKinds
from wherefore.reading.judged_limits import Bound
from wherefore.reading.measures import TOLD
from wherefore.reading.numbers import DECADE, NUMBER
from wherefore.reading.partial import PartialValues
from wherefore.reading.refusals import is_lifted, is_optional
from wherefore.reading.unmarked import unmarked
from wherefore.reading.values import Passage, ValueFinder, ValueSpan
from wherefore.reading.vocabulary import Value, key_of
from wherefore.reading.weighing import Told
from wherefore.text import FUNCTION_WORDS, NUMBERS, Word, forms, stem, words

_TITLES = ITEM_LABELS | {"unwanted"}  # what is asked may be a title, but mostly is a field
ITEMS = ITEM_LABELS | {"asked"}
WANTED = frozenset(("wanted", "demanded", "more"))
UNWANTED = frozenset(("unwanted", "less"))
_VERDICTS: dict[str, Verdict] = {
    "liked": "liked",
    "disliked": "disliked",
    "seen": "seen",
    "unwanted": "rejected",
}
_LONGER = 2  # words that a description has beside a value, so that the value is only a part of it
_COUNTED = re.compile(
    r"\s+(?:people|persons?|guests?|adults?|servings?|portions?|players?|seats?|stars?|pages?)\b"
)
_PLACED = (  # "a hotel in Paris"
    r"\b(?i:{nouns}|something|anything|somewhere|ones?|any)\s+(?:in|from|by|near)\s+(?P<what>[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+)*)"
)
_HAVING = (  # "a hotel with a pool", and after a list "with a pool"
    r"(?:^\W*|\b(?i:{nouns}|something|anything|somewhere|ones?)\s+)(?i:with|that\s+has|having)\s+"
    r"(?i:an?|free|its\s+own)\s+(?P<what>[a-z][\w'-]+)(?=\W*(?:$|[,.;!?]|\band\b|\bor\b))"
)
_DEGREES = FUNCTION_WORDS | frozenset(
    "something anything everything stuff really very quite too more rather".split()
)
_ARTICLE = re.compile(r"\b(?:an?|some|any|another|few|\d+)\s+$", re.IGNORECASE)
_FEW = 3  # words of a value
_ASKED = 20  # items that somebody asks for at most
_OF_PEOPLE = re.compile(  # what follows is of somebody, not of an item: "who studies architecture"
    r"\b(?:stud(?:y|ies|ying|ied)|works?(?:\s+(?:in|as|for|at))?|loves?|likes?|into|fans?\s+of|collects?|plays?|teach(?:es)?|"
    r"interested\s+in|for\s+(?:my|her|his|our|their))\s+(?:\w+\s+)?$",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\b(?:from|with|with\s+an?|made\s+(?:of|in|from|by)|directed\s+by|written\s+by|by)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_COLOURS = frozenset(
    "red blue navy green yellow orange purple pink brown black white grey gray beige teal turquoise gold silver".split()
)
_SURE = 0.5
# How sure the judge must be of a wish that the rules take for one as well, and of one that they do not: where about
# half of such wishes are meant, in held-out messages. What the rules say adds little to what it has read,
# but of people and of fields with few values, which seldom stand in a message by chance.
_AGREED, _ALONE, _NAMED = 0.4, 0.75, 0.15
_CODED = (
    0.1  # of what a code stands for: "at the weekend", where records tell the day, is hardly said for nothing
)
_ADDING = frozenset("on at for in with".split())
_CERTAIN = 0.85  # from which a judge that marks the beginning of a value is sure of all of it
_NAMES = 0.45  # from which words name something, if nothing here is called so
_OPEN = 0.6  # from which it is said that something cannot be left out, or made sure of
_CHATS, _CHATS_SHARE = 0.6, 2.0  # how likely small talk must be, and how much likelier than what asks
_NUMBER = re.compile(rf"[$€£]?\s?(?:\b{DECADE}|\b{NUMBER})", re.IGNORECASE)


class JudgedReader:
    """Reads wishes and verdicts by a judge.

    Args:
        catalog: The catalogue.
        judge: Says what pieces of messages mean.
        values: Finds its values and people.

    Attributes:
        kinds: Finds the kinds of things that are refused.
    """

    def __init__(self, catalog: Catalog, judge: MessageJudge, values: ValueFinder) -> None:
        self._catalog, self._judge, self._values = catalog, judge, values
        self.kinds = JudgedKinds(catalog, judge)
        self._partial = PartialValues(values.words, len(catalog))
        self._named = {
            stem(word)
            for spec in catalog.schema.filterable
            for word in (*words_of(spec.name), *words_of(spec.english))
        }

    def told(self, dialogue: Dialogue) -> Dialogue:
        """A dialogue with what the judge says of whole messages, and of what nothing in its state stands for."""
        messages = dialogue.messages
        described = [
            (number, one.start, one.end)
            for number, message in enumerate(messages)
            if message.role == "user"
            for one in self._judge.read(messages[:number], message.content).meanings
            if one.label in WANTED and one.whose != "other"
        ]
        dialogue = replace(dialogue, idle=self._idle(messages))
        last = len(messages) - 1
        if messages[last].role != "user":
            return replace(dialogue, described=tuple(described))
        read = self._judge.read(messages[:last], messages[last].content)
        titles = [(one.start, one.end) for one in dialogue.mentions if one.message == last]
        if read.acts.get("request", 0.0) >= _SURE and all(number != last for number, _, _ in described):
            known = [(one.start, one.end) for one in read.meanings]
            state = dialogue.preferences
            said = [one.said for one in (*state.wanted, *state.unwanted)]
            said += [one.said for one in state.limits]
            places = [
                place[1:] for words_ in said if (place := last_said(words_, messages)) and place[0] == last
            ]
            told = unmarked(messages[last].content, [*titles, *known, *places], self._catalog)
            described += [(last, start, end) for start, end in told]
        unknown = [
            (last, one.start, one.end) for one in _left(read.meanings, frozenset(("named",)), _NAMES, titles)
        ]
        return replace(
            dialogue, acts=tuple(read.acts.items()), described=tuple(described), unknown=tuple(unknown)
        )

    def _idle(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """The numbers of the user's messages that say nothing of what is sought; none where none of them does."""
        mine = [number for number, one in enumerate(messages) if one.role == "user"]
        nouns = self._values.words.nouns
        idle = tuple(
            number
            for number in mine
            if is_idle(
                self._judge.read(messages[:number], messages[number].content), messages[number].content, nouns
            )
        )
        return idle if len(idle) < len(mine) else ()

    def talks(self, before: Sequence[Message], text: str) -> bool:
        """Whether a message rather talks, or asks about what is there, than asks for something."""
        return talks(self._judge.read(before, text))

    def chats(self, before: Sequence[Message], text: str) -> bool:
        """Whether a message is small talk in which nothing is marked, nor anybody named: nothing is to be noted."""
        read = self._judge.read(before, text)
        if self._values.people_in(text, words(text)):
            return False
        return not read.meanings and read.acts.get("smalltalk", 0.0) >= max(_CHATS, _CHATS_SHARE * asks(read))

    def asks_about(self, before: Sequence[Message], text: str) -> bool:
        """Whether a message says which item it asks about, or what of it."""
        meanings = self._judge.read(before, text).meanings
        return any(one.label in ITEMS | {"reference"} for one in meanings)

    def left_open(
        self, before: Sequence[Message], text: str, taken: Sequence[Span], told: Collection[str]
    ) -> list[tuple[OpenKind, Span]]:
        """What a message demands, refuses or limits, and nothing stands for.

        Args:
            before: The messages before it.
            text: The message.
            taken: Characters that something stands for.
            told: What was heard, in lower case: said twice, "not curry, we've had curry three nights".
        """
        meanings = self._judge.read(before, text).meanings
        found: list[tuple[OpenKind, Span]] = [
            (one.label, (one.start, one.end))  # type: ignore[misc]
            for one in _left(meanings, frozenset(("unwanted", "demanded")), _OPEN, taken)
            if text[one.start : one.end].lower() not in told
            and not QUANTITIES.issuperset(forms(text[one.start : one.end]))
        ]
        for one in _left(meanings, BOUND_LABELS, _SURE, taken):
            counted = _COUNTED.match(text, one.end)  # "6 people"
            span = one.start, counted.end() if counted is not None else one.end
            if _is_amount(text[slice(*span)], told):
                found.append(("limit", span))
        found += [
            ("wanted", (one.start, one.end))
            for one in _left(meanings, WANTED, _SURE, [*taken, *(span for _, span in found)])
            if self._is_no_value(text, (one.start, one.end), one.label != "more")
        ]
        nouns = "|".join(re.escape(noun) for noun in sorted(self._values.words.nouns, key=len, reverse=True))
        for pattern in (_PLACED, _HAVING):
            for match in re.finditer(pattern.format(nouns=nouns or "items"), text):
                place = match.span("what")
                if not any(touch(place, other) for other in (*taken, *(span for _, span in found))):
                    if self._is_no_value(text, place):
                        found.append(("wanted", place))
        return found

    def _is_no_value(self, text: str, span: Span, whole: bool = True) -> bool:
        """Whether a wish is for a value of a field, as "in Paris" is, that no record mentions.

        `whole` is False of a mere degree, "newer".
        """
        said = words(text[slice(*span)])
        told = [word for word in said if word.form not in FUNCTION_WORDS]
        if not 0 < len(told) <= _FEW:
            return False
        last = told[-1].form
        goods = titles_name_sorts(self._catalog)
        if len(called(self._catalog, last)) if goods else having(self._catalog, last).any():
            return False
        if goods and having(self._catalog, text[slice(*span)]).any():
            return False
        if last in self._values.words.nouns or not last.isalpha() or last in feelings():
            return False
        if stem(last) in self._named:
            return False  # "medium coverage" is a wish of the field
        if _is_thing(text[: span[0]], told, goods):
            return True
        if any(having(self._catalog, word.form).any() for word in told):
            return False
        before = text[: span[0] + told[0].start]
        named = told[0].capital and (before.strip() != "" or len(told) == 1)
        rule = concepts().called(text[slice(*span)])
        known = told[0].form in _COLOURS or (rule is not None and bool(rule.rules_out))
        # What is no taste, and in no record: "hardcover", "audiobook".
        fact = (
            whole
            and _OF_PEOPLE.search(before) is None
            and taste_words().isdisjoint(word.form for word in told)
        )
        return named or known or fact or _FROM.search(before) is not None

    def settled(self, text: str, state: Preferences) -> list[Span]:
        """The characters of values that stand in the state, under whatever words, or that need not be."""
        passage = self._values.passage(text, words(text))
        held = {(one.field, one.value) for one in (*state.wanted, *state.unwanted)}
        nouns = self._values.words.nouns
        return [
            _characters(passage, span)
            for span in passage.spans
            if is_optional(passage, span)
            or is_lifted(passage, span, nouns)
            or any((one.field, one.value) in held for one in self._values.words.all(span.key, span.is_person))
        ]

    def search(self, messages: Sequence[Message]) -> str:
        """What one would search for after some messages; see `MessageJudge.search`."""
        return self._judge.search(messages)

    def titles(self, before: Sequence[Message], text: str) -> list[Meaning]:
        """The pieces that name items, or may: what is refused is a title or a value."""
        found = [one for one in self._judge.read(before, text).meanings if one.label in _TITLES | {"asked"}]
        if all(one.label != "unwanted" for one in found):
            return found
        passage = self._values.passage(text, words(text))
        values = [_characters(passage, span) for span in passage.spans]
        return [
            one
            for one in found
            if one.label != "unwanted" or not any(touch((one.start, one.end), value) for value in values)
        ]

    def count(self, before: Sequence[Message], text: str, taken: Sequence[Span]) -> tuple[int, Span] | None:
        """How many items a message asks for, and where it says so; arguments as of `bounds`."""
        for one in self._judge.read(before, text).meanings:
            span, said = (one.start, one.end), text[one.start : one.end].lower()
            many = NUMBERS.get(said, int(said) if said.isdecimal() else 0)
            if one.label == "count" and one.sure >= _SURE and 0 < many <= _ASKED:
                if not any(touch(span, other) for other in taken):
                    return many, span
        return None

    def wanted(self, before: Sequence[Message], text: str) -> list[str]:
        """The pieces that ask for something."""
        meanings = self._judge.read(before, text).meanings
        return [text[one.start : one.end] for one in _left(meanings, WANTED, _SURE, ())]

    def refused(self, before: Sequence[Message], text: str) -> list[Span]:
        """The pieces that say what is not sought."""
        meanings = self._judge.read(before, text).meanings
        return [(one.start, one.end) for one in meanings if one.label == "unwanted"]

    def refused_words(self, before: Sequence[Message], text: str, taken: Sequence[Span]) -> list[Span]:
        """The refusals of a message that name no value or item.

        Args:
            before: The messages before it.
            text: The message.
            taken: Characters that are understood otherwise.
        """
        meanings = self._judge.read(before, text).meanings
        return [(one.start, one.end) for one in _left(meanings, frozenset(("unwanted",)), _SURE, taken)]

    def disliked(self, before: Sequence[Message], text: str) -> list[Span]:
        """The pieces that name what did not please, an item or a whole line of them: "those Pilot G2s"."""
        meanings = self._judge.read(before, text).meanings
        return [(one.start, one.end) for one in _left(meanings, frozenset(("disliked",)), _SURE, ())]

    def names_item(self, before: Sequence[Message], text: str, span: Span) -> bool:
        """Whether characters that may name an item, or point at one, do."""
        odds = self._weighed(self._judge.meanings(before, text, [span])[0], "named")
        return _share(odds, ITEMS | {"reference"}) >= _SURE

    def verdict(
        self, before: Sequence[Message], text: str, span: Span, told: Sequence[Verdict] = ()
    ) -> Verdict | None:
        """What is said of an item that is named at these characters; `told` is what the rules say, in order."""
        meaning = self._judge.meanings(before, text, [span])[0]
        if meaning.whose == "other":
            return None
        odds = self._weighed(meaning, told[-1] if told else "named")  # type: ignore[arg-type]
        best = max(_VERDICTS, key=lambda label: odds[label])
        rest = odds["named"] + odds["compared"] + odds["asked"]
        return _VERDICTS[best] if odds[best] > rest else None

    def means_nothing(self, before: Sequence[Message], text: str, span: Span) -> bool:
        """Whether a number that the rules take for a limit says nothing of what is sought."""
        meaning = self._judge.meanings(before, text, [_amount(text, span)])[0]
        return self._weighed(meaning, "limit")["nothing"] > _SURE

    def bounds(self, before: Sequence[Message], text: str, taken: Sequence[Span]) -> list[Bound]:
        """The numbers that bound what is sought and that the rules leave out.

        Args:
            before: The messages before it.
            text: The message.
            taken: Characters that say something else.
        """
        meanings = self._judge.read(before, text).meanings
        return _bounds(((one, self._weighed(one, "no limit")) for one in meanings), BOUND_LABELS, taken)

    def graded(self, before: Sequence[Message], text: str, taken: Sequence[Span]) -> list[Bound]:
        """The words of degree that say how much of a measure is sought: "won't break the bank", "quicker".

        Args:
            before: The messages before it.
            text: The message.
            taken: Characters that say something else.
        """
        meanings = self._judge.read(before, text).meanings
        return _bounds(((one, one.odds) for one in meanings if one.measure in TOLD), GRADES, taken)

    def _weighed(self, meaning: Meaning, told: Told) -> Mapping[str, float]:
        witness = self._judge.witness
        return meaning.odds if witness is None else witness.weighed(meaning.odds, told)

    def wishes(
        self, before: Sequence[Message], text: str, masked: Sequence[Span], told: Sequence[FoundWish] = ()
    ) -> list[FoundWish]:
        """The wishes of a message.

        Args:
            before: The messages before it.
            text: The message.
            masked: Characters that say nothing of values: titles, numbers.
            told: What the rules take for wishes.
        """
        passage = self._values.passage(text, words(text), masked)
        pieces = [_characters(passage, span) for span in passage.spans]
        spans: list[ValueSpan | None] = [*passage.spans]
        for one in told:  # what only the rules find
            piece = one.start, one.end
            if not any(touch(piece, other) for other in pieces):
                pieces.append(piece)
                spans.append(None)
        said = [one for one in self._judge.read(before, text).meanings if one.label in WANTED | UNWANTED]
        described = [(one.start, one.end) for one in said]
        # "Nothing rated TV-MA", of which the judge marks "rated TV": what is sure of a piece that holds the beginning
        # of a value is sure of the value.
        marked = [one for one in said if one.label in UNWANTED and one.sure >= _CERTAIN]
        found: list[FoundWish] = []
        meanings = self._judge.meanings(before, text, pieces)
        for span, piece, meaning in zip(spans, pieces, meanings, strict=True):
            here = [one for one in told if touch(piece, (one.start, one.end))]
            if (
                any(one.kind in ("lifted", "freed") for one in here)
                or _share(meaning.odds, BOUND_LABELS) >= _SURE
            ):
                found += here  # an age bounds what is fit for whom, and says who it is for
            elif (
                (here and span is not None and self._values.words.is_genre(span.key))
                or (span is not None and self._is_added_code(passage, span))
                or not _is_part(passage, piece, described, self._values.words.nouns)
            ):
                whole = next((one for one in marked if _overlap(one, piece)), None)
                if whole is not None and _share(meaning.odds, WANTED | UNWANTED) < _SURE:
                    meaning, here = replace(whole, start=piece[0], end=piece[1]), []
                found += self._wish(passage, span, meaning, here)
        for left in _left(said, WANTED | UNWANTED, _SURE, [*pieces, *masked]):
            found += self._by_part(text, left)
        return sorted(dict.fromkeys(found), key=lambda one: one.start)

    def _is_added_code(self, passage: Passage, span: ValueSpan) -> bool:
        """Whether a code is spoken of beside what it belongs to: "a yoga class on weekends"."""
        return self._values.words.is_code(span.key) and passage.form(span.first - 1) in _ADDING

    def _by_part(self, text: str, meaning: Meaning) -> list[FoundWish]:
        """The wishes of a piece that calls values by some of their words: "stout" of *Oatmeal Stout*."""
        refused = meaning.label in UNWANTED
        kind = "unwanted" if refused else "wanted"
        strength = (0.5 if meaning.label == "less" else 2.0) if refused else 1.0
        return [
            FoundWish(one.field, one.value, kind, strength, meaning.start, meaning.end)  # type: ignore[arg-type]
            for one in self._partial.of(text[meaning.start : meaning.end])
        ]

    def _wish(
        self, passage: Passage, span: ValueSpan | None, meaning: Meaning, told: Sequence[FoundWish]
    ) -> list[FoundWish]:
        """What a piece that may be a value says; `told` is what the rules say of it."""
        by_rule = {one.kind for one in told}
        kind: Told = "unwanted" if "unwanted" in by_rule else "wanted" if "wanted" in by_rule else "no wish"
        odds = meaning.odds
        wanted, unwanted = _share(odds, WANTED), _share(odds, UNWANTED)
        if span is not None and span.key.endswith(" free") and kind != "unwanted":
            wanted, unwanted = (
                wanted + unwanted,
                0.0,
            )  # "dairy free" turns the dairy down, and asks for the value
        named = span is not None and (span.is_person or self._values.words.is_genre(span.key))
        least = _ALONE if kind == "no wish" else _NAMED if named else _AGREED
        if kind != "unwanted" and span is not None and self._values.words.is_code(span.key):
            least = _CODED
        if max(wanted, unwanted) < least or meaning.whose == "other":
            return []
        mild = meaning.strength == "mild" or odds["less"] > odds["unwanted"]
        must = odds["demanded"] > odds["wanted"] or meaning.strength == "firm"
        if kind == "wanted" and wanted > unwanted:
            return [replace(one, strength=max(one.strength, 2.0)) if must else one for one in told]
        if kind == "unwanted" and unwanted > wanted:
            return [replace(one, strength=min(one.strength, 0.5)) if mild else one for one in told]
        if span is None:
            return []
        nouns = self._values.words.nouns
        start, end = meaning.start, meaning.end

        def made(value: Value, kind: str, strength: float) -> FoundWish:
            return FoundWish(value.field, value.value, kind, strength, start, end)  # type: ignore[arg-type]

        if is_optional(passage, span):
            return [made(value, "freed", 1.0) for value in self._meant(passage, span)]
        if is_lifted(passage, span, nouns):
            return [made(value, "lifted", 1.0) for value in self._meant(passage, span)]
        if unwanted > wanted:
            return [made(value, "unwanted", 0.5 if mild else 2.0) for value in self._meant(passage, span)]
        values = self._meant(passage, span) if span.is_person else self._values.words.wanted(span.key)
        strong = must or span.is_person or passage.is_placed(span.first)
        strong = strong and meaning.strength != "mild"
        if span.is_person:
            several = len({key_of(value.value) for value in values}) > 1
            people = self._values.words.each(values) if several else values[:1]
            return [made(value, "wanted", 2.0 if strong else 1.0) for value in people]
        return [
            made(value, "wanted", 2.0 if strong and not rank else 1.0) for rank, value in enumerate(values)
        ]

    def _meant(self, passage: Passage, span: ValueSpan) -> list[Value]:
        values = self._values.words.all(span.key, span.is_person)
        if span.is_person:
            values = sorted(values, key=lambda value: -value.count)
            fields = self._values.suited(passage, span.first)
            return [value for value in values if value.field in fields] or list(values)
        return list(values)


def _is_thing(before: str, said: Sequence[Word], goods: bool) -> bool:
    """Whether words are headed by a thing that somebody asks for: "a backpack", "plain black backpacks".

    Args:
        before: What stands before them.
        said: The words that say something.
        goods: Whether goods are talked of, so that words after others may name one without an article.
    """
    last, ahead = said[-1].form, forms(before)[-1:]
    several = last.endswith("s") and stem(last) != last
    after_others = bool(ahead) and _DEGREES.isdisjoint(ahead)  # not "something waterproof", "very soft"
    return bool(_ARTICLE.search(before)) or several or goods and (len(said) > 1 or after_others)


def _share(odds: Mapping[str, float], labels: frozenset[str]) -> float:
    return sum(odds[label] for label in labels)


def _bounds(
    told: Iterable[tuple[Meaning, Mapping[str, float]]], labels: frozenset[str], taken: Sequence[Span]
) -> list[Bound]:
    """What is likely to have one of some labels, with the likeliest, in characters that are not taken otherwise.

    Args:
        told: Meanings, each with the odds of its labels.
        labels: The labels.
        taken: Characters that say something else.
    """
    return [
        Bound((one.start, one.end), max(labels, key=lambda name: odds[name]), one.measure)
        for one, odds in told
        if one.whose != "other"
        and _share(odds, labels) >= _SURE
        and not any(touch((one.start, one.end), place) for place in taken)
    ]


def _left(
    meanings: Sequence[Meaning], labels: frozenset[str], sure: float, taken: Sequence[Span]
) -> list[Meaning]:
    """What is meant in earnest, of somebody whose taste counts, in characters that are not taken otherwise."""
    return [
        one
        for one in meanings
        if one.label in labels
        and one.sure >= sure
        and one.whose != "other"
        and one.strength != "mild"
        and not any(touch((one.start, one.end), place) for place in taken)
    ]


def _overlap(one: Meaning, piece: Span) -> bool:
    """Whether what a judge marks ends inside a piece, or begins there."""
    return touch((one.start, one.end), piece) and not (one.start <= piece[0] and piece[1] <= one.end)


def _is_amount(said: str, told: Collection[str]) -> bool:
    """Whether a bound is of something that a record might tell, and was not said before in other words."""
    low = said.lower()
    bare = (
        re.fullmatch(r"[\W\d]*", low) is not None or low in NUMBERS
    )  # "kids 4 and 8", "an office of twelve"
    return not bare and "year" not in low and not any(low in one for one in told)


def _amount(text: str, span: Span) -> Span:
    """Of "no longer than 90 minutes" the number with its unit: so people mark it."""
    number = _NUMBER.search(text, *span)
    return span if number is None else (number.start(), span[1])


def _characters(passage: Passage, span: ValueSpan) -> Span:
    return passage.said[span.first].start, passage.said[span.end - 1].end


def _is_part(passage: Passage, piece: Span, described: Sequence[Span], nouns: Collection[str]) -> bool:
    """Whether a value is only a word of a longer description: "war" of "a nurse falls in love in the war"."""
    for start, end in described:
        if start <= piece[0] and piece[1] <= end:
            rest = [
                word
                for word, inside, hidden in zip(passage.said, passage.inside, passage.hidden, strict=True)
                if start <= word.start and word.end <= end and not inside and not hidden
            ]
            told = [word for word in rest if word.form not in FUNCTION_WORDS and word.form not in nouns]
            return len(told) >= _LONGER
    return False
