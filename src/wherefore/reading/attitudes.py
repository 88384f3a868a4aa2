"""Attitudes: what the words around values say of them: "fed up with zombies", "westerns bore me"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from wherefore.reading.clauses import NT, Span
from wherefore.reading.values import Passage, ValueSpan
from wherefore.reading.verdicts import BAD
from wherefore.text import straight


def _one_of(*patterns: str) -> str:
    return rf"(?:{'|'.join(patterns)})"


_I_AM = r"(?:i|we|he|she|they)(?:'m|'s|'re|\s+am|\s+is|\s+are)"
_ANY = r"(?:any|every)(?:thing|one|body)\s+(?:else\s+)?"
_DETERMINERS = r"(?:(?:the|these|those|all|any|more|of|that|your|whole|an?|some)\s+)*"
_WEARIES = _one_of(
    r"(?:bored|tired|sick)\s+(?:of|with|by)",
    r"fed\s+up\s+with",
    rf"{_I_AM}\s+(?:\w+\s+)?over",
    r"(?<!get\s)enough(?:\s+(?:of|with))?",
    r"too\s+(?:many|much)",
    r"(?:done|had\s+it|burn(?:t|ed)\s+out)\s+(?:with|on)",
    r"gone\s+off",
    r"spare\s+(?:me|us)",
    r"(?:do|live)\s+without",
    r"(?:don'?t|do\s+not|doesn'?t|can'?t|cannot|never|won'?t)\s+(?:do|handle|stomach|take)",
    r"hates?\s+it\s+when\s+(?:there's|there\s+(?:is|are)|it's)",
    r"loathes?",
    rf"{_ANY}(?:other\s+than|but|except)",
    r"not\s+(?:so\s+|too\s+|really\s+|very\s+)?(?:(?:big|keen)\s+on|interested\s+in|(?:an?\s+(?:\w+\s+)?fan|fond)\s+of|in(?:to)?)",
    r"(?:no|zero|little)\s+interest\s+in",
    r"(?:skip|minus|drop|ditch|lose|exclud(?:e|ing)|ban|hold|pass\s+on|lay\s+off)",
    r"(?:leav(?:e|ing)\s+out|cut(?:\s+out)?)",
    r"(?:stay|keep|steer)\s+(?:away\s+from|clear\s+of)",
    r"refuse\s+to\s+(?:watch|see)",
    r"(?:stop|quit)\s+(?:recommending|suggesting|showing|giving)(?:\s+(?:me|us))?",
    r"(?:allergic|averse|sensitive)\s+to",
    r"(?:scared|afraid|terrified|frightened)\s+(?:of|by)",
    r"(?:put|turned)\s+off\s+by",
    r"free\s+of",
    r"(?:no\s+(?:thanks|thank\s+you)|say\s+no)\s+to",
)
_WEARY = re.compile(
    rf"(?:\b{_WEARIES}|\b(?:rather|prefer|sooner)\b[^.;]*\bthan)\s+{_DETERMINERS}(?:(?:stupid|silly|boring|"
    rf"dumb|lame)\s+)*$",
    re.IGNORECASE,
)
_LONGINGS = _one_of(
    r"(?:crazy|mad|nuts|passionate|excited)\s+about",
    r"(?:obsessed|go\s+wrong)\s+with",
    r"(?:sucker|weakness|soft\s+spot|searching|hunting|up|go|down|game|dying|longing)\s+for",
    r"(?:feel\s+like|into|love|like|enjoy|about|for)\s+(?:watching|seeing)",
    r"(?:i'm|we're|am|are)\s+after",
    r"let's\s+(?:do|try|watch|have|see)",
    r"get\s+enough\s+of",
    r"bring\s+on",
    r"full\s+of",
    r"set\s+in",
    r"how\s+about",
    r"prefer",
    r"popular",
    r"(?:switch(?:ing)?|back|over|go|return)\s+to",
    r"on\s+second\s+thoughts?,?",
    r"(?:a\s+while|ages|forever|long|years)\s+since\s+(?:i|we)(?:'ve|\s+have)?\s+(?:last\s+)?(?:saw|seen|watched)",
    r"haven'?t\s+(?:seen|watched)",
    r"been\s+(?:watching|binging)",
    r"favou?rites?\s+(?:\w+\s+)?(?:is|are|include|would\s+be)(?:\s+probably)?",
    r"what\s+are\s+(?:the|some|your)\s+(?:best|good|top|greatest|favou?rite)",
)
_LONGED = re.compile(
    rf"\b{_LONGINGS}\s+(?:(?:an?|some|any|the|more|good|great|really|proper|nice|few|lots?|of|best|top)\s+)*$",
    re.IGNORECASE,
)
_OFTEN = r"(?:(?:just|really|usually|always|generally|mostly|honestly|kind\s+of|tend\s+to)\s+)*"
_MUCH = r"(?:(?:just|really|so|always|usually|a\s+bit|kind\s+of|definitely|totally|all|the|what)\s+)*"
_FINE = r"(?:good|great|fun|nice|perfect|awesome|lovely|cool|ideal|interesting|amazing|best)"
_PRAISED = _one_of(
    rf"(?:is|are)\s+{_MUCH}(?:{_FINE}|(?:i|we)\s+(?:like|love|want|enjoy|need)|(?:my|our)\s+(?:\w+\s+"
    r")?(?:favou?rites?|favs?|faves?|thing|jam|cup|genre|type|kind|weakness|guilty\s+pleasure))",
    rf"(?:sounds?|would\s+be)\s+(?:\w+\s+)?{_FINE}",
    r"rocks?\b",
    r"rules?\b",
)
_SCORNED = _one_of(
    rf"(?:is|are)\s+{_MUCH}(?:{BAD}|out\b|off\s+the\s+table|a\s+no\b)",
    r"(?:is|are)n'?t\s+(?:really\s+)?(?:for\s+(?:me|us)|my|our|what)\b",
    r"(?:bore|annoy|scare|irritate|depress|disgust|upset)s?\s+(?:me|us)",
    r"puts?\s+(?:me|us)\s+to\s+sleep",
    r"sucks?\b",
    r"(?:don'?t|do\s+not|doesn'?t|does\s+not)\s+(?:\w+\s+)?(?:interest|work\s+for|do\s+(?:it|much|"
    r"anything)\s+for|appeal\s+to)\s+(?:me|us)",
)
_LINKING = frozenset("and or nor stuff ones a an the any".split())
_ANSWER = re.compile(  # "Zombies? No thanks."
    r"\s*[?,:]+\s*(?:(?P<no>nope|no|nah|never|ugh|yuck|eww*|meh|boring|hate\s+(?:it|them|those)|"
    r"not(?!\s+(?:only|just|too)))|(?P<yes>yes|yeah|yep|sure))\b"
    r"(?:\s+(?:thanks?|thank\s+you|way|please|chance|more|again|really|for\s+me|tonight|today))*\s*(?:[.!?,]|$)",
    re.IGNORECASE,
)
_DEFINITE = re.compile(r"\b(?:the|that|this)\s+$", re.IGNORECASE)  # "the romance was boring": of one film
_KEEP = re.compile(r"\b(?:keep|leave)\s+(?:(?:the|any|all)\s+)*$", re.IGNORECASE)
_OUT = re.compile(r"\s*out\b", re.IGNORECASE)
_FANS = re.compile(
    r"\s*(?:fans?|lovers?|buffs?|junkies?|nuts?|enthusiasts?|fanatics?|addicts?)\b", re.IGNORECASE
)
_A_FAN = re.compile(
    rf"(?P<no>(?:\bnot|{NT})\s+(?:really\s+)?)?\ban?\s+(?:\w+\s+)?$", re.IGNORECASE
)  # "a big Tom Hanks and Meryl Streep fan"
_IDLE = re.compile(  # what may stand before the subject of a clause: "honestly, westerns and war films bore me"
    r"\W*(?:(?:and|but|so|well|ok|okay|yes|no|oh|hmm|honestly|also|the|all|most|those|i\s+(?:think|find|guess|feel)|"
    r"(?:for|to)\s+(?:me|us)|that)\b\W*)*$",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"\s*(?:\w+\s+)?(?:please|pls|plz|instead)\b", re.IGNORECASE)
_USUALLY = re.compile(r"\b(?:usually|normally|typically|generally|mostly)\b", re.IGNORECASE)
_THIS_TIME = re.compile(
    r"\W*(?:but\s+)?(?:tonight|today|now|this\s+time|right\s+now|for\s+once|lately)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Attitude:
    """Whether a value is wanted; `start` is where the words before it begin that say so, if some do."""

    kind: Literal["wanted", "unwanted"]
    start: int | None = None
    longed: bool = False  # asked for in words that speak of the past: "haven't seen a musical in ages"


class Listed(NamedTuple):
    """What is said of a value, the word where the list that it is on begins, and whether an "or" joins that list."""

    attitude: Attitude | None
    first: int
    by_or: bool


class AttitudeReader:
    """Reads what the words around a value or a name say of it.

    Args:
        nouns: What items are called: "movies".
    """

    def __init__(self, nouns: Collection[str]) -> None:
        self._nouns = nouns
        called = "|".join(sorted(re.escape(noun) for noun in nouns))
        after = rf"^\s*(?:(?:{called}|stuff|ones|stories|tales)\s+)?{_OFTEN}"
        self._praised = re.compile(after + _PRAISED, re.IGNORECASE)
        self._scorned = re.compile(after + _SCORNED, re.IGNORECASE)

    def read(self, text: str, clause: Span, start: int, end: int) -> Attitude | None:
        """What is said of characters `start` to `end`; None when these words say nothing.

        >>> reader = AttitudeReader(["movies"])
        >>> [reader.read(t, (0, len(t)), t.index("war"), t.index("war") + 3) for t in ("no war", "war is great")]
        [None, Attitude(kind='wanted', start=None, longed=False)]

        Args:
            text: The message, apostrophes straight.
            clause: The characters of the clause that they stand in.
            start: Where the value begins.
            end: Where it ends.
        """
        return self._judged(text, clause, start, end)[0]

    def read_list(self, text: str, clause: Span, spans: Sequence[Span]) -> list[Attitude | None]:
        """What is said of each value on a list: "fed up with zombies and vampires", "westerns and war films bore me".

        What stands before the first is said of all, unless something else is said after one of them ("tired of
        westerns and comedies are great"); what stands after the last only where the list begins the clause ("I love
        westerns and comedies bore me").
        """
        own = [self.read(text, clause, *span) for span in spans]
        if len(spans) < 2:
            return own
        whole, side = self._judged(text, clause, spans[0][0], spans[-1][1])
        if whole is not None and side == "head" and _FANS.match(text, spans[-1][1]):
            return [whole for _ in spans]  # "not a Tom Hanks and Meryl Streep fan"
        if whole is None or (side == "tail" and not _IDLE.match(text[clause[0] : spans[0][0]])):
            return own
        return [whole if one is None else one for one in own]

    def _judged(
        self, text: str, clause: Span, start: int, end: int
    ) -> tuple[Attitude | None, Literal["head", "tail"]]:
        """What is said of characters `start` to `end`, and whether what stands before them says it or what follows."""
        head, tail = text[clause[0] : start], text[end : clause[1]]
        weary = _WEARY.search(head)
        if weary is not None:
            return Attitude("unwanted", clause[0] + weary.start()), "head"
        answer = _ANSWER.match(text, end)
        if answer is not None and answer["no"]:
            return Attitude("unwanted"), "tail"
        if self._scorned.match(tail) and not _DEFINITE.search(head):
            return Attitude("unwanted"), "tail"
        if _KEEP.search(head) and _OUT.match(tail):
            return Attitude("unwanted"), "head"
        if _LONGED.search(head) is not None:
            return Attitude("wanted", longed=True), "head"
        if _FANS.match(tail):
            one = _A_FAN.search(head)
            if one is not None and one["no"]:
                return Attitude("unwanted", clause[0] + one.start()), "head"
            return Attitude("wanted"), "head" if one is not None else "tail"
        if answer is not None or self._praised.match(tail):
            return Attitude("wanted"), "tail"
        return None, "tail"

    def on_lists(self, passage: Passage, spans: Sequence[ValueSpan]) -> list[Listed]:
        """What is said of each value, and the list that it is on: "westerns, war movies and musicals"."""
        lists: list[list[ValueSpan]] = []
        links: list[list[str]] = []  # within each list
        for span in spans:
            link = self._link(passage, lists[-1][-1].end, span.first) if lists else None
            # "no horror or war, comedies please"
            if link is None or (link == "comma" and {"and", "or"} & {*links[-1]}):
                lists.append([span])
                links.append([])
            else:
                lists[-1].append(span)
                links[-1].append(link)
        return [
            one
            for each, joins in zip(lists, links, strict=True)
            for one in self._listed(passage, each, joins)
        ]

    def _listed(self, passage: Passage, spans: Sequence[ValueSpan], joins: Sequence[str]) -> list[Listed]:
        text, said = straight(passage.text), passage.said
        clause = said[0].start, said[-1].end
        ends = [span.end + (passage.form(span.end) in self._nouns) for span in spans]  # "war movies"
        places = [(said[span.first].start, said[end - 1].end) for span, end in zip(spans, ends, strict=True)]
        together = len(spans)
        by_commas = {*joins} <= {"comma"}
        if by_commas and _INSTEAD.match(text[places[-1][1] :]):
            together -= 1  # "tired of horror, war, comedies please"
        alike = 1 if by_commas and together == 2 else together  # two sentences may be meant
        attitudes = self.read_list(text, clause, places[:alike])
        attitudes += [self.read(text, clause, *place) for place in places[alike:]]
        return [
            Listed(attitude, spans[0].first if number < together else span.first, "or" in joins)
            for number, (span, attitude) in enumerate(zip(spans, attitudes, strict=True))
        ]

    def _link(self, passage: Passage, j: int, i: int) -> Literal["and", "or", "comma"] | None:
        """How a value that ends before word j and one that begins with word i stand on a list; None: they do not."""
        words = {*passage.forms[j:i]}
        between = passage.text[passage.said[j - 1].end : passage.said[i].start]
        if not all(word in _LINKING or word in self._nouns for word in words):
            return None
        if re.search(r"[^\w\s,&]", straight(between)):
            return None
        if words & {"or", "nor"}:
            return "or"
        if "and" in words or "&" in between:
            return "and"
        return "comma" if "," in between else None


def is_habit(text: str, clause: Span) -> bool:
    """Whether a clause says what is wanted otherwise: "I usually go for thrillers, but tonight ..."."""
    return _USUALLY.search(text, *clause) is not None and _THIS_TIME.match(text, clause[1]) is not None
