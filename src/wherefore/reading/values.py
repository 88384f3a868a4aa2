"""Where a text speaks of values or people of a catalogue, whatever it says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from wherefore.reading.clauses import Span
from wherefore.reading.cues import LIFTERS, NEGATORS, POLITE, REFUSING
from wherefore.reading.vocabulary import Vocabulary, key_at
from wherefore.text import FUNCTION_WORDS, Word, stem

PEOPLE_CUES = frozenset(
    "by with w starring featuring stars star directed director actor actress author writer from".split()
)
_FOND = frozenset("like likes love loves adore adores prefer enjoy enjoys".split())
_SHORT_FOR = {
    **dict.fromkeys(("bob", "bobby", "rob", "robbie"), "robert"),
    **dict.fromkeys(("bill", "billy", "will"), "william"),
    **{
        "dick": "richard",
        "rick": "richard",
        "jim": "james",
        "jimmy": "james",
        "jack": "john",
        "johnny": "john",
    },
    **{
        "ted": "edward",
        "ned": "edward",
        "liz": "elizabeth",
        "beth": "elizabeth",
        "meg": "margaret",
        "kate": "catherine",
    },
    **{"mike": "michael", "tony": "anthony", "charlie": "charles", "harry": "harold", "frankie": "francis"},
}  # first names that do not begin as what they are short for
_BEING = frozenset("is was are were am comes come came he's she's i'm hes shes im be".split())
_BEFORE_PLACES = REFUSING | frozenset("from in the or and".split())
_MISSPELT_AFTER = frozenset("a an some good any like likes love into no not something and or".split())
_DEAR, _FAMOUS = 15, 8  # items of all who bear a last name
_CLEARLY = 4  # times as many items as anybody else of a first name has, whom it means


class ValueSpan(NamedTuple):
    """Words `first` to `end` of a passage, which mean a value or, if `is_person`, name somebody."""

    first: int
    end: int
    key: str  # in the vocabulary
    is_person: bool


class Passage:
    """Words of a text that are read together, like those of a clause.

    Args:
        text: The whole text that the words come from.
        said: The words.
        masked: Characters that name items: they say nothing about values.

    Attributes:
        forms: The folded words.
        hidden: Of each word, whether it is masked.
        inside: Of each word, whether it is part of a value or a name.
        spans: The values and names.
    """

    def __init__(self, text: str, said: Sequence[Word], masked: Sequence[Span] = ()) -> None:
        self.text, self.said = text, said
        self.forms = [word.form for word in said]
        near = [(a, b) for a, b in masked if said and a < said[-1].end and said[0].start < b]
        self.hidden = [word.touches(near) for word in said]
        self.inside = [False] * len(said)
        self.spans: list[ValueSpan] = []

    def form(self, i: int) -> str:
        """Folded word i; empty beyond the ends."""
        return self.forms[i] if 0 <= i < len(self.forms) else ""

    def gap(self, i: int) -> str:
        """What stands between word i and the next."""
        return self.text[self.said[i].end : self.said[i + 1].start]

    def before(self, i: int) -> str:
        """The text of the passage before word i."""
        return self.text[self.said[0].start : self.said[i].start]

    def after(self, i: int) -> str:
        """The text of the passage after word i."""
        return self.text[self.said[i].end : self.said[-1].end]

    def is_placed(self, i: int) -> bool:
        """Whether word i is what something is from, or in: "made in Japan", "from the UK"."""
        while i > 1 and self.forms[i - 1] in ("or", "and"):  # "from Canada or Australia"
            i -= 2
        before = self.forms[max(i - 2, 0) : i]
        return before[-1:] in (["from"], ["in"]) or before in (["from", "the"], ["in", "the"])


_NEW_PLACES = frozenset(  # whose name with "new" before it is another place's
    "england mexico zealand york jersey guinea caledonia hampshire brunswick orleans delhi".split()
)


class ValueFinder:
    """Finds values and people of a catalogue in texts.

    Args:
        words: Its vocabulary.
    """

    def __init__(self, words: Vocabulary) -> None:
        self.words = words

    def passage(self, text: str, said: Sequence[Word], masked: Sequence[Span] = ()) -> Passage:
        """A passage with its values and names; arguments as of `Passage`."""
        passage = Passage(text, said, masked)
        people = self._full_names(passage)
        i = 0
        while i < len(said):
            span = None
            if not passage.hidden[i]:
                span = self._person(passage, i, people) or self._value(passage, i)
            if span is not None and self._is_another_place(passage, span):
                span = None  # England, of New England
            if span is not None:
                passage.spans.append(span)
                passage.inside[i : span.end] = [True] * (span.end - i)
            i = span.end if span is not None else i + 1
        return passage

    def spoken_of(
        self, text: str, said: Sequence[Word], masked: Sequence[Span] = ()
    ) -> list[tuple[tuple[str, str], ...]]:
        """For each value or name among the words, wanted or not, what it may stand for: (field, value) each.

        Arguments as of `Passage`.
        """
        passage = self.passage(text, said, masked)
        found = []
        for i, _, key, is_person in passage.spans:
            values = self.words.all(key, is_person)
            if is_person:
                suited = self.suited(passage, i)
                values = [v for v in values if v.field in suited] or values
            found.append(tuple((v.field, v.value) for v in values))
        return found

    def people_in(self, text: str, said: Sequence[Word]) -> list[Span]:
        """The characters of full names in a text, and of those that are led to: "by Hitchcock" means no title."""
        passage = Passage(text, said)
        names = self._full_names(passage)
        for i in range(1, len(said)):
            led = said[i - 1].form == "by" and i not in names
            if led and (name := self._person(passage, i, names)) is not None:
                names[i] = name
        return [(said[i].start, said[span.end - 1].end) for i, span in names.items()]

    def places_in(self, text: str, said: Sequence[Word]) -> list[Span]:
        """The characters of what something is from or in: "Australia" is also a film."""
        passage = Passage(text, said)
        found: list[Span] = []
        last = -1  # where the place before ended
        for i in range(len(said)):
            chained = i >= 2 and last == i - 1 and said[i - 1].form in ("or", "and")
            if not (chained or passage.is_placed(i)):
                continue
            for size in (3, 2, 1):
                if len(said) >= i + size and self.words.is_place(key_at(said[i : i + size])):
                    last = i + size
                    found.append((said[i].start, said[last - 1].end))
                    break
        return found

    def suited(self, passage: Passage, i: int) -> set[str]:
        """The people fields whose phrase fits the words before word i: "by" fits "directed by {}"."""
        before = passage.forms[max(0, i - 2) : i]
        if not before:
            return set()
        phrases = self.words.phrases
        pair, last = " ".join(before), before[-1]
        if exact := {name for name, phrase in phrases.items() if phrase.startswith(pair)}:
            return exact
        named = {name for name in phrases if last in (stem(name), name) or last == "actor" and name == "cast"}
        last = "with" if last in ("starring", "featuring", "stars") else last
        if named or last not in ("by", "with", "from"):
            return named
        return {name for name, phrase in phrases.items() if last in phrase.split()}

    # -- values ------------------------------------------------------------------------------------------

    def _is_another_place(self, passage: Passage, span: ValueSpan) -> bool:
        """Whether a place is only the end of another one's name: "New England"."""
        last = passage.form(span.first - 1) == "new" and passage.form(span.first) in _NEW_PLACES
        return last and not passage.hidden[span.first - 1]

    def _value(self, passage: Passage, i: int) -> ValueSpan | None:
        """The longest value that begins at word i, as it is written or by a slip."""
        longest = min(self.words.longest, len(passage.said) - i)
        stems = [stem(form) for form in passage.forms[i : i + longest]]
        for size in range(longest, 0, -1):
            key = " ".join(stems[:size])
            if self.words.knows(key) and not any(passage.hidden[i : i + size]):
                if size > 1 and not self.words.tells(key) and self._holds_value(stems[:size]):
                    continue  # "a good cry" is more than a feeling
                if self._is_meant(passage, i, i + size, key):
                    return ValueSpan(i, i + size, key, False)
        near = self._misspelt(passage, i)
        return None if near is None else ValueSpan(i, i + 1, near, False)

    def _holds_value(self, stems: Sequence[str]) -> bool:
        """Whether some of several words are a value, or a synonym of one."""
        return any(
            self.words.tells(" ".join(stems[start:end]))
            for start in range(len(stems))
            for end in range(start + 1, len(stems) + 1)
            if end - start < len(stems)
        )

    def _is_meant(self, passage: Passage, i: int, j: int, key: str) -> bool:
        """Whether words i to j, which are a value's, are not part of something else."""
        said, placed = passage.said, passage.is_placed(i)
        us = placed and passage.text[said[i].start : said[i].end].isupper()
        if all(form in FUNCTION_WORDS for form in passage.forms[i:j]) and not us:
            return False
        hyphened = j - i > 1 and passage.gap(i) == "-"  # "a film-noir"
        if key in self.words.begun and not placed and not hyphened:
            return False
        if self._ends_compound(passage, i) and not self.words.is_genre(key):
            return False
        return not re.search(r"[,.;!?\n]", passage.text[said[i].end : said[j - 1].start])

    @staticmethod
    def _ends_compound(passage: Passage, i: int) -> bool:
        """Whether word i ends a compound that says something else: "stand-alone", "old school"."""
        if not i:
            return False
        before = passage.forms[i - 1]
        hyphened = passage.gap(i - 1) == "-" and before not in NEGATORS
        return hyphened or (before, passage.forms[i]) == ("old", "school")

    def _misspelt(self, passage: Passage, i: int) -> str | None:
        """The value, of a field with few, that word i misses by a slip, where a value is expected: "horrro movie"."""
        word = passage.said[i]
        if len(word.form) < 5 or not self.words.is_unusual(word.form) or word.form in self.words.names:
            return None
        if word.capital and not word.first:
            return None
        expected = passage.form(i + 1) in self.words.nouns or len(passage.said) == 1
        if not (expected or passage.form(i - 1) in _MISSPELT_AFTER):
            return None
        return self.words.nearest(word.form)

    # -- people ------------------------------------------------------------------------------------------

    def _full_names(self, passage: Passage) -> dict[int, ValueSpan]:
        """The full names in a passage, by where they begin."""
        found: dict[int, ValueSpan] = {}
        i = 0
        while i < len(passage.said):
            for j in range(min(i + 5, len(passage.said)), i + 1, -1):
                name = self._full_name(passage, i, j)
                if name is not None:
                    found[i] = ValueSpan(i, j, name, True)
                    i = j - 1
                    break
            i += 1
        return found

    def _full_name(self, passage: Passage, i: int, j: int) -> str | None:
        """The person whose full name words i to j are."""
        span = passage.said[i:j]
        if span[0].form not in self.words.firsts:
            return None
        usual = not any(self.words.is_unusual(word.form) for word in span)
        if usual and not all(word.capital for word in span):
            return None  # "the game", "the rock"
        key = " ".join(word.form for word in span)
        if key in self.words.people:
            return key
        owns = key.endswith("s") and passage.text[span[-1].end - 2] in "'’"
        return key[:-1] if owns and key[:-1] in self.words.people else None

    def _person(self, passage: Passage, i: int, people: dict[int, ValueSpan]) -> ValueSpan | None:
        """The person whose name begins at word i."""
        full = people.get(i)
        if full is not None and not any(passage.hidden[i : full.end]):
            return full
        if i + 1 < len(passage.said):  # "de Niro": only these last names have two words
            name = self.words.best_known(f"{passage.forms[i]} {passage.forms[i + 1]}")
            if name is not None and not any(passage.hidden[i : i + 2]):
                return ValueSpan(i, i + 2, name, True)
        name = self._by_last_name(passage, i) or self._alone(passage, i)
        return None if name is None else ValueSpan(i, i + 1, name, True)

    def _alone(self, passage: Passage, i: int) -> str | None:
        """The person whom word i names by one name; the word itself where that may be one of a few."""
        form = passage.forms[i]
        known = (
            self.words.values.get(stem(form))
            or self.words.felt(stem(form))
            or stem(form) in self.words.places
        )
        if known or form in self.words.nouns or not self.words.known.stands_alone(passage.forms, i):
            return None
        who = self.words.known.bearers(form)
        return who[0] if len(who) == 1 else form

    def _is_of_another(self, passage: Passage, i: int, form: str) -> bool:
        """Whether the word before word i is the first name of somebody else: "Agatha Christie" is not Julie."""
        if i == 0 or not (passage.said[i].capital and passage.said[i - 1].capital):
            return False
        first = passage.said[i - 1]
        begins = first.first and not self.words.is_unusual(first.form)  # "Loved Scorsese"
        apart = passage.text[first.end : passage.said[i].start] != " "
        if begins or apart or first.form in FUNCTION_WORDS:
            return False
        bearers = self.words.surnames.get(form, {})
        called = {name for bearer in bearers for name in bearer.lower().split()[:-1]}
        short = {first.form, _SHORT_FOR.get(first.form, first.form)}
        return bool(bearers) and not any(name.startswith(one) for name in called for one in short)

    def _by_last_name(self, passage: Passage, i: int) -> str | None:
        """The person whose last name, or only name, stands at word i, where a name is expected."""
        words, word = self.words, passage.said[i]
        form = word.form
        if form not in words.surnames and form.endswith("s") and passage.text[word.end - 2] in "'’":
            form = form[:-1]
        after = passage.form(i + 1)
        if after in ("brothers", "sisters", "bros") and words.is_unusual(form) and form in words.surnames:
            return words.best_known(form)  # "the Coen brothers"
        if passage.form(i - 1) in _BEFORE_PLACES and stem(form) in words.places:
            return None  # "from France" is no actor
        if passage.form(i - 1) == "from" and passage.form(i - 2) in _BEING:
            return None  # "Oma is from Hamburg"
        if self._is_of_another(passage, i, form):
            return None
        known = max((value.count for value in words.values.get(stem(form), ())), default=0)
        led = self._leads_to_name(passage, i, form, known > 0)
        followed = after in words.nouns and word.capital
        if not (led or followed) or form in FUNCTION_WORDS:
            return None
        if led and i + 1 < len(passage.said) and passage.said[i + 1].capital:
            return None
        if not words.is_unusual(form) and not (word.capital and not word.first):
            return None
        if form in words.people and word.capital:
            return form
        bearers = sorted(words.surnames.get(form, {}).items(), key=lambda b: -b[1])
        if len(form) > 3 and not bearers and led and not known:
            return self._by_first_name(form)
        if len(form) < 4 or not bearers or bearers[0][1] < 2 or (not led and known > bearers[0][1]):
            return None
        if len(bearers) == 1 or bearers[0][1] >= 2 * bearers[1][1]:
            return bearers[0][0]
        suited = self.suited(passage, i)
        counts = sorted(
            ((sum(v.count for v in words.people[name] if v.field in suited), name) for name, _ in bearers),
            reverse=True,
        )
        clear = suited and counts[0][0] >= 2 and counts[0][0] >= 2 * counts[1][0]
        return counts[0][1] if clear else None

    def _by_first_name(self, form: str) -> str | None:
        """The person whom everybody means by a first name: "anything with Denzel in it"."""
        if not self.words.is_unusual(form):
            return None
        bearers = sorted(self.words.firsts.get(form, {}).items(), key=lambda bearer: -bearer[1])
        if not bearers or bearers[0][1] < 2:
            return None
        clear = len(bearers) == 1 or bearers[0][1] >= _CLEARLY * bearers[1][1]
        return bearers[0][0] if clear else None

    def _leads_to_name(self, passage: Passage, i: int, form: str, known: bool) -> bool:
        """Whether what stands around word i makes it a name; `known` if it is a value, too."""
        said, word = passage.said, passage.said[i]
        before, after = passage.form(i - 1), passage.form(i + 1)
        if before in PEOPLE_CUES:
            return True
        unusual, items = self.words.is_unusual(form), sum(self.words.surnames.get(form, {}).values())
        bare = all(k == i or w.form in POLITE for k, w in enumerate(said)) and len(form) > 5 and unusual
        if bare and not known and len(said) < 4:
            return True  # "tarantino please"
        dear = word.capital or (items >= _DEAR and unusual)
        if dear and (before in _FOND or passage.text[: word.start].lower().endswith("fan of ")):
            return True  # "I like Nolan"
        if dear and before in REFUSING and unusual:
            return True  # "without Tarantino"
        if not word.capital:
            return False
        if after in ("is", "are") and {*passage.forms[i + 2 : i + 6]} & LIFTERS:
            return True  # "DiCaprio is fine after all"
        if before in ("did", "has", "does") or after in ("did", "directed", "made", "makes"):
            return True  # "what did Kubrick direct?"
        alone = not (after and said[i + 1].capital) and not (
            i and said[i - 1].capital and not said[i - 1].first
        )
        if len(form) > 4 and unusual and alone and items >= _FAMOUS:
            return True  # "Anything Hitchcock did", "watch a Tarantino": a well-known name
        listed = before in ("and", "or") and i > 1 and said[i - 2].capital
        return listed and said[i - 2].form in self.words.surnames  # "Tarantino or Kubrick"
