"""Wishes: which values and people of a catalogue a text asks for, and which it turns down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from wherefore.dialogue.state import FoundWish
from wherefore.reading.attitudes import Attitude, AttitudeReader, Listed, is_habit
from wherefore.reading.clauses import Span
from wherefore.reading.cues import POLITE
from wherefore.reading.refusals import OF_VALUES, begin, goes_on, is_lifted, is_optional, negator
from wherefore.reading.requests import OF_ONE, OWN_LIFE, is_asked
from wherefore.reading.values import PEOPLE_CUES, Passage, ValueFinder, ValueSpan
from wherefore.reading.vocabulary import Value, key_of
from wherefore.text import Word, straight

_RATHER_NOT = re.compile(  # "less scary", "not as dark"
    r"(?:less|fewer|(?:not|isn['’]?t|aren['’]?t)\s+(?:quite\s+)?(?:as|so|that|quite))\b", re.IGNORECASE
)
_MUST = re.compile(
    r"\b(?:must|nothing but|only|has to|have to|needs? to|strictly|definitely|exclusively|absolutely)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^\W*(?:(?:oh|hm+|ok|okay|well|and|so|cool|nice|wait)\W+)*(?:is|was|isn['’]?t|wasn['’]?t|are|were|did|does|do "
    r"you (?:like|love|enjoy|prefer)|who|what(?:['’]?s)?\s+(?:is|was|it|that|the|about)|where|when|have you|how "
    r"(?:is|was|long|many|old)|which|has)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:should\s+(?:i|we)|what(?:['’]?s|\s+is|\s+are)\s+(?:the|some|your|a)\s+(?:\w+\s+)?(?:best|good|great|"
    r"greatest|top|favou?rite)|need|needs|fancy|crav(?:e|ing)|mood|any|anything|something|recommend|"
    r"recommendations?|suggest|suggestions?|looking|want|know (?:of|any|some)|there (?:any|some|a)|(?:are|is) there|"
    r"you (?:have|got)|got|find|give|show|would like|i['’]?d like|similar|else|how about|what about)\b",
    re.IGNORECASE,
)
_DEFINITE = re.compile(
    r"\b(?:that|the|this|those|a|it was|one of)\s+(?:other\s+|new\s+|old\s+)?(?:\w+\s+)?$", re.IGNORECASE
)
_PAST = re.compile(r"\b(?:saw|watched|seen|read|finished|heard)\b", re.IGNORECASE)
_AHEAD = re.compile(
    r"\b(?:can|could|will|to|wants?|need)\s+(?:\w+\s+){0,2}(?:watch|see|read|hear)\b", re.IGNORECASE
)
_AUDIENCE = re.compile(
    r"\b(?:for|with|to(?:gether)? with|entertain|keep)\s+(?P<who>(?:(?:my|our|the|his|her|some|a|an|young|little|"
    r"small|two|three|\d)\s+)*(?:kids?|child|children|toddlers?|grandkids|grandchildren|grandson|granddaughter|"
    r"little ones?|(?:(?:[2-9]|1[0-2]|two|three|four|five|six|seven|eight|nine|ten|eleven|"
    r"twelve)[\s-]*(?:and\s+\w+[\s-]*)?(?:years?|yrs?|yo|y/?o)[\s-]*(?:olds?)?)))\b(?!\s+(?:myself|at heart))",
    re.IGNORECASE,
)
_CHILD_WANTS = re.compile(  # "my 8 year old wants something with dinosaurs"
    r"\b(?P<who>(?:my|our|the)\s+(?:(?:little|young|two|three|four|older|younger|\d)\s+)*(?:kids?|child|children|"
    r"toddlers?|grandkids|grandson|granddaughter|little ones?|(?:[2-9]|1[0-2])[\s-]*(?:year|"
    r"yr)s?[\s-]*olds?))\s+(?:\w+\s+)?(?:wants?|needs?|would\s+like|asks?|asked|(?:is|are|"
    r"will\s+be)\s+(?:\w+\s+)?(?:joining|watching|coming|here|with\s+(?:me|us)|around|in\s+the\s+room|awake))\b",
    re.IGNORECASE,
)
_FAMILY = re.compile(
    r"\b(?P<who>(?:whole|entire)\s+family|all\s+the\s+family|family\s+(?:(?:movie|film)\s+)?night)\b",
    re.IGNORECASE,
)
_FRIGHTENED = re.compile(  # "she scares easily"
    r"\b(?:scares?\s+(?:(?:so|very|too|really)\s+)?easily|(?:gets?\s+)?(?:scared|frightened|spooked)\s+easily|"
    r"easily\s+(?:scared|frightened|spooked)|scaredy[\s-]cats?)\b",
    re.IGNORECASE,
)
_POLAR = re.compile(
    r"^\s*[:=,-]?\s*(?:(?P<yes>yes|yeah|yep|sure|please)|(?P<no>no|nope|nah|not))\s*(?=$|[,.;!])",
    re.IGNORECASE,
)
_OTHER_TASK = re.compile(
    r"\b(?:write|compose|tell|sing)\s+(?:me\s+|us\s+)?an?\s+(?:\w+\s+)?(?:poem|joke|story|song|essay)\b",
    re.IGNORECASE,
)
_LIKENESS = frozenset("look looks looked sounds sound resembles".split())
_SOME, _A_BIT = frozenset("any some more".split()), frozenset("bit lot lots load loads little".split())
_VERBS = frozenset("did does do has have is are was were".split())


class WishReader:
    """Reads wishes for values and people of a catalogue.

    Args:
        values: Finds where a text speaks of them.
    """

    def __init__(self, values: ValueFinder) -> None:
        self._values, self._words = values, values.words
        self._attitudes = AttitudeReader(self._words.nouns)
        several = "|".join(sorted(re.escape(noun) for noun in self._words.nouns))
        self._which_items = re.compile(  # "which films did Ridley Scott direct?"
            rf"^\W*(?:(?:so|and|ok)\W+)*(?:which|what)\s+(?:\w+\s+)?(?:{several})\s+(?:did|does|do|has|have|is|are|was|were|with|by)\b",
            re.IGNORECASE,
        )

    def read(self, text: str, said: Sequence[Word], masked: Sequence[Span] = ()) -> list[FoundWish]:
        """The wishes in one clause.

        Args:
            text: The whole text that the words come from.
            said: The clause's words.
            masked: Characters that name items: they say nothing about values.
        """
        if not said:
            return []
        place = said[0].start, said[-1].end
        clause = text[slice(*place)]
        which = self._which_items.match(clause) is not None
        asking = _ASKING.search(clause) is not None or which
        if _OTHER_TASK.search(clause) or is_habit(text, place) or _only_asks(text, place, asking):
            return []
        past = _PAST.search(clause) is not None and not asking and not _AHEAD.search(clause)
        passage = self._values.passage(text, said, masked)
        spans, found = passage.spans, []
        audience = _AUDIENCE.search(clause) or _CHILD_WANTS.search(clause) or _FAMILY.search(clause)
        if audience is not None and not past:
            start, end = (said[0].start + at for at in audience.span("who"))
            spans = [s for s in spans if not (start < said[s.end - 1].end and said[s.first].start < end)]
            found = [
                FoundWish(value.field, value.value, "wanted", 2.0, start, end)
                for value in self._words.wanted("kid")[:1]
            ]
        if frightened := _FRIGHTENED.search(clause):
            start, end = (said[0].start + at for at in frightened.span())
            spans = [s for s in spans if not (start < said[s.end - 1].end and said[s.first].start < end)]
            found += [
                FoundWish(value.field, value.value, "unwanted", 2.0, start, end)
                for value in self._words.all("jump scare", False)
            ]
        listed = self._attitudes.on_lists(passage, spans)
        found += _ClauseReader(self._values, passage, spans, past, which).read(listed)
        return _alternatives(text, found)


class _ClauseReader:
    """Reads the wishes of one clause, value by value: what is said of one may hold for what is joined to it.

    Args:
        values: Knows the vocabulary.
        passage: The clause.
        spans: Its values and names.
        past: Whether it tells of the past.
        which: Whether it asks which items somebody made, or is in.
    """

    def __init__(
        self, values: ValueFinder, passage: Passage, spans: Sequence[ValueSpan], past: bool, which: bool
    ) -> None:
        self._values, self._words = values, values.words
        self._passage, self._spans, self._past, self._which = passage, spans, past, which
        clause = passage.text[passage.said[0].start : passage.said[-1].end]
        self._must = _MUST.search(clause) is not None
        self._asking = _ASKING.search(clause) is not None
        self._strength = 2.0  # of the last refusal
        self._demanded = 0  # where a demanded person's name ended
        self._negators: dict[int, str | None] = {}  # what turns down a list, by where it begins
        self._asked: set[int] = set()  # where lists begin of which something is asked for
        self._mixtures = self._side_by_side()
        self._mixed: tuple[int, float, list[tuple[Value, Value]]] | None = (
            None  # a mixture that is being refused
        )

    def read(self, listed: Sequence[Listed]) -> list[FoundWish]:
        """The wishes, by place; for each value, what is said of it and the list that it is on."""
        found: list[FoundWish] = []
        for span, one in zip(self._spans, listed, strict=True):
            found += self._read(span, one)
        return found

    def _read(self, span: ValueSpan, listed: Listed) -> list[FoundWish]:
        passage, nouns = self._passage, self._words.nouns
        attitude, first, by_or = listed
        polar = _POLAR.match(passage.after(span.end - 1))  # "vampires yes, romance no"
        no = negator(passage, span.first, nouns)
        joined = False  # to the first of a list that is turned down: "no horror, war or musicals"
        if no is None and first != span.first and attitude is None:
            no = self._negators.get(first)
            joined = no is not None
        if no is None and ((polar is not None and polar["no"]) or self._mixed is not None):
            no = "no"
        refused = attitude is not None and attitude.kind == "unwanted"
        if refused:
            no = passage.forms[span.first]
        lasts = refused or by_or or (no is not None and goes_on(passage, span, no, nouns))
        self._negators[span.first] = no if lasts else None
        if is_optional(passage, span):
            return self._all(span, "freed")
        if no is None and is_lifted(passage, span, nouns):
            both = [] if span.is_person else self._together(span, "lifted", 1.0, span.first)
            return [*self._all(span, "lifted"), *both]
        if span.is_person:
            return self._read_person(span, no, attitude)
        if no is not None:
            return self._refuse(span, no, attitude if first == span.first else None, joined, refused)
        if self._past and not (attitude is not None and attitude.longed):
            return []
        known = span.key in self._words.synonyms
        if (
            (polar is not None and polar["yes"])
            or attitude is not None
            or (first in self._asked and (by_or or known))
            or is_asked(passage, span.first, span.end, self._words, rare=not known)
        ):
            self._asked.add(first)
            return self._ask(span)
        return []

    def _wish(
        self,
        value: Value,
        kind: Literal["wanted", "unwanted", "lifted", "freed"],
        strength: float,
        first: int,
        end: int,
    ) -> FoundWish:
        """A wish in words `first` to `end`."""
        said = self._passage.said
        return FoundWish(value.field, value.value, kind, strength, said[first].start, said[end - 1].end)

    def _all(self, span: ValueSpan, kind: Literal["unwanted", "lifted", "freed"]) -> list[FoundWish]:
        """All that a value may mean."""
        values = self._words.all(span.key, span.is_person)
        return [self._wish(value, kind, 1.0, span.first, span.end) for value in values]

    def _together(
        self, span: ValueSpan, kind: Literal["unwanted", "lifted"], strength: float, first: int
    ) -> list[FoundWish]:
        """What has all that a word stands for together, as of "romcom"."""
        both = self._words.together(span.key)
        return [self._mixture(both, kind, strength, first, span.end)] if both else []

    def _mixture(
        self,
        values: Sequence[Value],
        kind: Literal["unwanted", "lifted"],
        strength: float,
        first: int,
        end: int,
    ) -> FoundWish:
        """What has all of some values."""
        also = tuple((value.field, value.value) for value in values[1:])
        return replace(self._wish(values[0], kind, strength, first, end), also=also)

    def _ask(self, span: ValueSpan) -> list[FoundWish]:
        """What a word asks for that is no name."""
        found = []
        placed = self._passage.is_placed(span.first)
        for rank, value in enumerate(self._words.wanted(span.key)):
            # "In Spanish" is no mere hint.
            told = placed and not self._words.places.isdisjoint((value.key, span.key))
            strength = 2.0 if rank == 0 and (told or (self._must and value.few)) else 1.0
            found.append(self._wish(value, "wanted", strength, span.first, span.end))
        return found

    def _refuse(
        self, span: ValueSpan, no: str, attitude: Attitude | None, joined: bool, refused: bool
    ) -> list[FoundWish]:
        """What a word rules out that is no name: each of its values, and what has all that it stands for together.

        Args:
            span: The word.
            no: What turns it down.
            attitude: What else is said of it, if it is the first on its list.
            joined: Whether it is turned down as another on its list is.
            refused: Whether the words around it say so.
        """
        passage, (first, end, key, _) = self._passage, span
        values = self._words.all(key)
        definite = passage.form(first - 1) in ("the", "that", "this")
        if definite and not refused and not any(value.few for value in values):
            return []  # "I didn't like the sequel"
        start = begin(passage, first, no)
        if joined:
            start = first
        elif attitude is not None and attitude.start is not None:
            start = next(k for k, word in enumerate(passage.said) if word.start >= attitude.start)
        if not joined:
            ahead = passage.text[passage.said[start].start : passage.said[first].start]
            self._strength = 0.5 if _RATHER_NOT.match(ahead) else 2.0
        if first in self._mixtures and no not in OF_VALUES:  # of "non-American crime films" crime is wanted
            self._mixed = start, self._strength, self._mixtures[first]
            return []
        if self._mixed is not None:
            start, strength, mixtures = self._mixed
            self._mixed = None
            return [self._mixture(both, "unwanted", strength, start, end) for both in mixtures]
        found = [self._wish(value, "unwanted", self._strength, start, end) for value in values]
        return [*found, *self._together(span, "unwanted", self._strength, start)]

    def _side_by_side(self) -> dict[int, list[tuple[Value, Value]]]:
        """What stands side by side and means what has both, by where the first begins: "horror comedies".

        Each of what the first may stand for, with the second: "gory horror".
        """
        found: dict[int, list[tuple[Value, Value]]] = {}
        spans = self._spans
        joins = [
            right.first == left.end and not self._passage.gap(left.end - 1).strip(" -")
            for left, right in zip(spans, spans[1:], strict=False)
        ]
        for n, joined in enumerate(joins):
            left, right = spans[n], spans[n + 1]
            if not joined or left.is_person or right.is_person:
                continue
            if True in (*joins[max(n - 1, 0) : n], *joins[n + 1 : n + 2]):
                continue
            head = next((value for value in self._words.all(right.key) if value.few), None)
            if head is not None:
                kinds = self._words.all(left.key)
                kinds = [value for value in kinds if value.few][:1] or kinds
                found[left.first] = [(value, head) for value in kinds if value != head]
        return found

    # -- people ------------------------------------------------------------------------------------------

    def _read_person(self, span: ValueSpan, no: str | None, attitude: Attitude | None) -> list[FoundWish]:
        between = {*self._passage.forms[self._demanded : span.first]}
        beside = self._demanded > 0 and between <= {"and", "or"}
        wishes = self._of_person(span, no, self._must or beside)
        if not wishes and attitude is not None and attitude.kind == "wanted" and not self._past:
            best = sorted(self._words.who(span.key), key=lambda v: -v.count)
            wishes = [
                self._wish(value, "wanted", 1.0, span.first, span.end) for value in self._one_each(best, best)
            ]
        if any(wish.kind == "wanted" and wish.strength >= 2 for wish in wishes):
            self._demanded = span.end
        return wishes

    def _of_person(self, span: ValueSpan, no: str | None, must: bool) -> list[FoundWish]:
        """What is said of a person by the words around the name; `must` if it is a demand."""
        passage, (first, end, key, _) = self._passage, span
        values = sorted(self._words.who(key), key=lambda v: -v.count)
        fields = self._values.suited(passage, first)
        suited = [value for value in values if value.field in fields]
        phrases = self._words.phrases
        if no is None and self._which and passage.form(first - 1) in _VERBS:
            verb = passage.form(end)[:5]
            by = (
                [v for v in values if verb in phrases[v.field]]
                if verb in ("direc", "write", "wrote", "made")
                else []
            )
            in_it = [v for v in values if phrases[v.field].startswith("with")]
            return [self._wish((by or in_it or values)[0], "wanted", 2.0, first, end)]
        if no is not None:
            start = begin(passage, first, no)
            return [self._wish(value, "unwanted", 2.0, start, end) for value in suited or values]
        # "Films directed by women like Greta Gerwig".
        verbs = [form[:5] for form in passage.forms[:first] if len(form) > 5]
        done = [value for value in values if any(verb in phrases[value.field] for verb in verbs)]
        strength, start, until = self._asked_person(span, must)
        told = self._one_each(suited or done or values, values)
        return [self._wish(value, "wanted", strength, start, until) for value in told] if strength else []

    def _one_each(self, suited: Sequence[Value], values: Sequence[Value]) -> list[Value]:
        """The value that is meant; of a name that several people have, one of each."""
        several = {key_of(value.value) for value in values}
        return [suited[0]] if len(several) == 1 else self._words.each([*suited, *values])

    def _asked_person(self, span: ValueSpan, must: bool) -> tuple[float, int, int]:
        """How strongly a person is asked for, 0 if not at all, and in which words."""
        passage, (first, end, _, _) = self._passage, span
        before, after = passage.form(first - 1), passage.form(end)
        unmasked = not any(passage.hidden)
        here = first, end
        if (passage.form(first - 2) if before == "both" else before) in PEOPLE_CUES:
            if self._past:
                return 0.0, *here
            head = passage.before(first - 1)
            of_one = any(passage.hidden[max(0, first - 3) : first]) or not (unmasked or self._asking)
            definite = _DEFINITE.search(head) and not re.search(r"\ba\s+\w+\s+$", head, re.IGNORECASE)
            return (1.0, *here) if of_one or definite else (2.0, first - 1, end)
        likeness = before == "like" and not _LIKENESS.isdisjoint(passage.forms[max(0, first - 4) : first])
        if self._past or likeness:
            return 0.0, *here
        some = before in _SOME or (before == "of" and passage.form(first - 2) in _A_BIT)
        alone = all(form in POLITE for form in (*passage.forms[:first], *passage.forms[end:]))
        if unmasked and not self._past and (some or alone):
            return 2.0, *here  # "got any Denzel", "Rowling please"
        if after in ("fan", "fans") and unmasked:
            return 1.0, *here
        if (after in self._words.nouns or after == "stuff") and before not in (
            "that",
            "the",
            "another",
            "this",
        ):
            return 2.0, first, end + 1
        listed = first > 1 and before in ("and", "or") and passage.inside[first - 2]
        if listed or is_asked(passage, first, end, self._words):
            return 2.0 if must else 1.0, *here
        told = {*passage.forms[:first]} & (OF_ONE | {"my", "his", "her"})
        own = passage.text[passage.said[end - 1].end :][:2] in ("'s", "’s", "' ")
        if unmasked and not told and not own and not OWN_LIFE.search(straight(passage.before(first))):
            return 1.0, *here  # "Scorsese and De Niro together"
        return 0.0, *here


def _only_asks(text: str, place: Span, asking: bool) -> bool:
    """Whether a clause is a question that asks for no items; `asking` if it has words that do."""
    clause = text[slice(*place)]
    if not _QUESTION.match(clause):
        return False
    asked = "?" in text[place[1] : place[1] + 3].lstrip(' )"”')
    # "They like it but are bored of westerns" asks nothing.
    if not asking and (asked or not text[: place[0]].strip()):
        return True
    polar = asked and re.match(r"^\W*(?:is|was|did|does|has)\b", clause, re.IGNORECASE)
    seeks = r"\b(?:any|anything|something|recommend|suggest)\b"
    return bool(polar) and not re.search(seeks, clause, re.IGNORECASE)


def _alternatives(text: str, found: list[FoundWish]) -> list[FoundWish]:
    """Demands joined by "or" are wishes: either will do."""
    either: set[int] = set()
    demands = [n for n, wish in enumerate(found) if wish.kind == "wanted" and wish.strength >= 2]
    for one, two in zip(demands, demands[1:], strict=False):
        between = text[found[one].end : found[two].start]
        if re.fullmatch(r"[\s,]*or\s+(?:with\s+|by\s+|an?\s+)?", between, re.IGNORECASE):
            either |= {one, two}
    return [replace(wish, strength=1.5) if n in either else wish for n, wish in enumerate(found)]
