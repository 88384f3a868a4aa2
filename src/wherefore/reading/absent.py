"""Titles that a message names and the catalogue lacks: "I loved Knives Out", where there is no such item."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.derived import Keys
from wherefore.reading.clauses import QUOTED, Span, blank, clauses
from wherefore.reading.values import ValueFinder
from wherefore.reading.verdicts import verdict_on
from wherefore.text import FUNCTION_WORDS, Word, forms, ordinary_words, stem, straight, words

_JOINS = frozenset("of the a an in at to with for on de la le les du".split())  # inside a title
_NO_TITLES = frozenset(
    "i im ive id ill ok okay yes no hi hello hey thanks monday tuesday wednesday thursday friday saturday sunday "
    "january february march april may june july august september october november december christmas halloween easter "
    "thanksgiving tv dvd imdb netflix hulu disney hbo amazon youtube google english lol omg btw imo".split()
)
_CUE = re.compile(
    r"\b(?:loved|love|loves|liked|likes|like|enjoyed|enjoy|adored|adore|hated|hate|disliked|watched|saw|seen|"
    r"similar\s+to|fans?\s+of|such\s+as|favou?rites?(?:\s+\w+){0,2}\s+(?:is|are|was))\s+",
    re.IGNORECASE,
)
_ASKED = re.compile(  # "have you seen Knives Out?", "tell me about Oppenheimer"
    r"(?:\b(?:have|did)\s+you\s+(?:ever\s+)?(?:seen|see|watched|watch|read|heard\s+of)|\bdo\s+you\s+(?:know|have)|"
    r"\b(?:what|how)\s+about|\btell\s+me\s+(?:more\s+)?about)\s+$",
    re.IGNORECASE,
)
_PART = re.compile(r"\s*(?:,\s*(?:and\s+|or\s+)?|&|\band\b|\bor\b)\s*", re.IGNORECASE)
_ENDS = re.compile(
    r"[.!?;:\n()]|\b(?:but|because|since|so|which|that|though|although|it|was|is|were|are|what|any|too|also|when|while|"
    r"with|than|please)\b",
    re.IGNORECASE,
)
_NOT_IN_SMALL = frozenset(
    "i you we my me your our not to some any most other others already all every lots many much more really "
    "very".split()
)
_LONGEST = 7  # words of a title in small letters, or of a run of capitals
_FAR = 200  # characters after "I loved" within which titles are listed
_MOST = 50  # candidates of a message that are looked at
_WELL_KNOWN = 3  # items of a person whose one name says who is meant: "Tarantino"
_CAPITALS = 0.7  # of the words: so many, and capitals mark no title


class AbsentReader:
    """Finds what is spoken of as items are, and is none of the catalogue's.

    Args:
        catalog: The catalogue.
        values: Knows its values and people.
    """

    def __init__(self, catalog: Catalog, values: ValueFinder) -> None:
        self._catalog, self._values = catalog, values
        self._usual = {*ordinary_words(), *values.words.nouns, *FUNCTION_WORDS, *_NO_TITLES}
        self._of_values: dict[str, set[int]] | None = None  # words of values, with the values' numbers
        self._names: Collection[str] = ()

    def read(self, text: str, mentions: Sequence[Span]) -> list[str]:
        """The titles, in the user's words and in order; each once.

        Args:
            text: A message of the user.
            mentions: Where it names items of the catalogue.
        """
        text = straight(text)
        said = words(text)
        known = [*mentions, *self._values.people_in(text, said)]
        parts = clauses(text, mentions)
        found: dict[str, None] = {}
        for start, end in sorted(islice(self._candidates(text, said, known), _MOST)):
            title = text[start:end].strip(" ,'\"")
            if any(a < end and start < b for a, b in known) or not self._is_title(title):
                continue
            clause = next((one for one in parts if one[0] <= start < one[1]), None)
            if clause is None or clause[1] < end:
                continue
            inside = sorted([*(span for span in mentions if clause[0] <= span[0] < clause[1]), (start, end)])
            verdict = verdict_on(text, clause, inside, inside.index((start, end)), None)
            if verdict in ("liked", "disliked", "seen", "rejected") or _ASKED.search(text[clause[0] : start]):
                if title.casefold() not in map(str.casefold, found):
                    found[title] = None
        return list(found)

    def _candidates(self, text: str, said: Sequence[Word], known: Sequence[Span]) -> Iterator[Span]:
        """What may be a title: in quotes, in capitals, or words that nobody uses, where a title is expected."""
        quoted = [(m.start(m.lastindex), m.end(m.lastindex)) for m in QUOTED.finditer(text) if m.lastindex]
        yield from quoted
        done = [*quoted, *known]
        told = [word for word in said if len(word.form) > 3]
        shouted = sum(word.capital for word in told) > _CAPITALS * len(told) and len(told) > 3
        for start, end in () if shouted else self._capitals(text, said):
            if not any(a < end and start < b for a, b in done):
                done.append((start, end))
                yield start, end
        flat = blank(text, done, "\x00")
        cues = list(_CUE.finditer(flat))[:_MOST]
        for number, cue in enumerate(cues):
            after = cues[number + 1].start() if number + 1 < len(cues) else len(flat)
            begin, end = cue.end(), max(min(after, cue.end() + _FAR), cue.end())
            stop = _ENDS.search(flat, begin, end)
            end = stop.start() if stop else end
            for part in (*_PART.finditer(flat, begin, end), None):
                chunk = begin, part.start() if part else end
                begin = part.end() if part else end
                if "\x00" not in flat[slice(*chunk)] and self._is_strange(text[slice(*chunk)]):
                    yield chunk

    def _capitals(self, text: str, said: Sequence[Word]) -> Iterator[Span]:
        i = 0
        while i < len(said):
            if (
                not said[i].capital
                or said[i].first
                or said[i].form in _NO_TITLES
                or said[i].form[0].isdigit()
            ):
                i += 1
                continue
            last = k = i
            while (
                k + 1 < len(said)
                and k - i < _LONGEST
                and text[said[k].end : said[k + 1].start].strip("-':") == " "
            ):
                k += 1
                if said[k].capital:
                    last = k
                elif said[k].form not in _JOINS:
                    break
            yield said[i].start, said[last].end
            i = last + 1

    def _is_strange(self, chunk: str) -> bool:
        """Whether words in small letters are no usual ones: "knives out", not "plot twists"."""
        spoken = forms(chunk)
        if (
            not 0 < len(spoken) <= _LONGEST
            or {*spoken} & _NOT_IN_SMALL
            or {*spoken} & {*self._values.words.nouns}
        ):
            return False
        if spoken[-1] in _JOINS:
            return False
        return any(
            len(form) > 3 and form.isalpha() and form not in self._usual and stem(form) not in self._usual
            for form in spoken
        )

    def _is_title(self, title: str) -> bool:
        """Whether words are neither a value, nor part of one, nor a well-known name."""
        spoken = forms(title)
        content = [form for form in spoken if form not in FUNCTION_WORDS]
        if not content or len(title) < 3 or any(form in _NO_TITLES for form in spoken):
            return False
        if title.startswith(("a ", "an ")):
            return False  # "something like a lasagne"
        if {*content} <= {*self._values.words.nouns}:
            return False
        self.prepare()
        assert self._of_values is not None
        holders = [self._of_values.get(stem(form), set()) for form in content]
        if set.intersection(*holders):
            return False
        told = words(title)
        proper = len(content) > 1 and all(word.capital for word in told if word.form not in FUNCTION_WORDS)
        # "Past Lives" is no "past"; but "Japanese Horror" is Japanese and horror.
        spoken_of = [bool(self._values.spoken_of(title, [word])) for word in told if word.form in content]
        if all(spoken_of) or (any(spoken_of) and not proper):
            return False
        rare = {*content} - {*ordinary_words()}  # "Glass Onion" is nobody, though somebody is called Glass
        return not (len(content) <= 2 and any(form in self._names for form in rare))

    def prepare(self) -> None:
        """Learn the words of all values, and the names by which people are known, unless they are."""
        if self._of_values is not None:
            return
        self._of_values = {}
        number = 0
        for spec in self._catalog.schema.tags:
            for value in self._catalog.vocabulary(spec.name):
                for form in forms(value):
                    self._of_values.setdefault(stem(form), set()).add(number)
                number += 1
        known = self._catalog.derived.get("well-known", lambda: {"names": _well_known(self._catalog)})
        self._names = known["names"]


def _well_known(catalog: Catalog) -> Keys:
    """The words of the names of people who have several items."""
    told = (
        form
        for spec in catalog.schema.names
        for name, count in catalog.vocabulary(spec.name).items()
        if count >= _WELL_KNOWN
        for form in forms(name)
    )
    return Keys.of(list(dict.fromkeys(told)))
