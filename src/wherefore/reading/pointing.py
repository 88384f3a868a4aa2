"""Pointing: items called by what sets them apart from others: "the pale one", "the AOC", "the bigger of the two"."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import words_of
from wherefore.reading.asked_fields import compares as degree_known
from wherefore.reading.bynames import ByNames, is_name
from wherefore.reading.clauses import Span
from wherefore.reading.mentions import Found
from wherefore.reading.slots import slots_in
from wherefore.reading.values import ValueFinder
from wherefore.text import FUNCTION_WORDS, Word, stem, stems, words

_HEADS = "one people place version option model sort"  # besides what the catalogue calls an item
_LONGEST = 4  # words by which an item is called
_MOST = 6  # items between which somebody is asked to choose
_NO_NAMES = frozenset(  # what stands before "one" and says of no item what it is like
    "other others same right wrong only very next last previous first second third new perfect best better worst good "
    "nice whole kind sort type single usual said two three four five few many more most less least main real actual "
    "ideal exact above below latter former lot".split()
)
_ASKS = re.compile(
    r"\?|^\W*(?:(?:and|but|so|ok|okay|also|then|well)\W+)*(?:is|are|was|were|does|do|did|has|have|can|could|will|would|what|"
    r"what'?s|which|how|how'?s|when|when'?s|where|where'?s|who|tell me|compare)\b|"
    r"\b(?:take|book|reserve|order|go (?:for|with)|went with|compare|about|keep|choose|pick|prefer)\s+the\b",
    re.IGNORECASE,
)
_OF_IT = re.compile(  # before a superlative that means one of the list, and asks for no other
    r"(?:(?:\bhow\s+\w+|\bwhere|\bwhen)\b[^.!?]*\b(?:is|are|was|were|does|do|did|has|can|will)|\bof|\babout\s+the\s+\w+\s+of|"
    r"\bwith)\s+$",
    re.IGNORECASE,
)
_ASKS_OF_IT = re.compile(  # the same, where more is said of it: "does the cheapest come with a lid?"
    r"(?:^|[.!?;\n,]|\b(?:and|but|so))\s*(?:is|are|was|were|does|do|did|has|can|will)\s+$", re.IGNORECASE
)
_END = re.compile(  # what follows a name that is whole
    r"\s*(?:$|[.,;:!?()\n—–-]|['’]s\b|['’](?=\s)|(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would|should|comes?|"
    r"costs?|fits?|goes|works?|takes?|needs?|looks?|sounds?|seems?|weighs?|starts?|begins?|ends?|runs?|opens?|holds?|and|or|but|"
    r"for|in|on|at|with|from|to|of|as|than|if|when|then|please|again|instead|too|though|by|better|not|that|which|who|any|"
    r"near|over|under|up|out|really|actually|also|still|now|today|like|it|i|we)\b)",
    re.IGNORECASE,
)
_INVERTED = re.compile(  # "is the Greyhound good with cats?": what follows is no part of the name
    r"(?:^|[.!?;,:\n]|\b(?:and|but|so|how \w+|what|when|where|why))\s*(?:is|are|was|were|does|do|did|has|have|can|"
    r"will)\s+$",
    re.IGNORECASE,
)
_THAT_HAS = re.compile(
    r"\b(?:the|that)\s+one\s+(?:that|which|who|where|with|for|about|near|on|in|at|by)\s+", re.IGNORECASE
)
_TO_NEXT = re.compile(r"[.,;:!?\n]")
_OWN = re.compile(r"(?<=\w)['’]s$")
_THE = re.compile(r"\b(?:the|that)\s+", re.IGNORECASE)
_OF_SUBJECT = re.compile(
    r"(?:^|\W)(?:what|which|how|when|where|is|are|does|do|did|has|can|will)\b[^.?!]*\b(?:is|are|was|does|do|did|has|have|can|will)\s+$|"
    r"(?:^|[.!?,;]\s*|\b(?:and|but|so)\s+)(?:is|are|was|does|do|did|has|have|can|will)\s+$|"
    r"\b(?:take|go(?:ing)?\s+(?:for|with)|down\s+for|settle\s+(?:on|for)|pick|choose)\s+$",
    re.IGNORECASE,
)
_OF_TWO = re.compile(
    r"\bthe\s+(?P<said>(?:(?:more|less|most|least)\s+)?[a-z]{3,})(?:\s+one)?\s+of\s+(?:(?:the|those|these|your|them)\s+)?"
    r"(?:two|pair|both|those|these|them)\b",
    re.IGNORECASE,
)
_DEGREE = re.compile(r"(?:(?P<more>more|less|most|least)\s+)?(?P<word>[a-z-]{3,})", re.IGNORECASE)
_SET_IN = re.compile(r"\b(?:in|into|on|onto|under|over|for|around|through|inside|behind)\s+$", re.IGNORECASE)
_SOURCES = re.compile(r"\b(?:from|by)\s+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pointed:
    """Words that point at an item, and the items that they may mean: one, or several between which they do not tell."""

    start: int
    end: int
    items: tuple[str, ...]


class Pointer:
    """Finds what items are called by beside their titles, among those listed, then in the catalogue.

    Args:
        catalog: The catalogue.
        values: Finds its values.
        nouns: What an item is called: "movie", "films".
        extreme: Gives the one of some items that a superlative means; None where none is.
    """

    def __init__(
        self,
        catalog: Catalog,
        values: ValueFinder,
        nouns: Collection[str],
        extreme: Callable[[str, Sequence[str]], str | None],
    ) -> None:
        self._catalog, self._extreme = catalog, extreme
        self._names = ByNames(catalog, values, nouns)
        self._nouns = frozenset(nouns)
        heads = sorted({*map(re.escape, nouns), *_HEADS.split()}, key=len, reverse=True)
        self._one = re.compile(
            rf"\b(?:the|that)\s+(?P<said>(?:(?!(?:the|that|an?|one)\b)[\w'’&+/.-]+\s+){{1,{_LONGEST}}}?)(?P<head>{'|'.join(heads)})\b"
            r"(?!\s+(?:of\s+(?:the|those|these|them)|like|thing)\b)",
            re.IGNORECASE,
        )
        self._labels = {
            stem(word) for spec in catalog.schema.fields if not spec.is_apart for word in words_of(spec.label)
        }

    def found(
        self, text: str, listed: Sequence[str], pair: Sequence[str], taken: Sequence[Span]
    ) -> list[Found]:
        """The items that a message points at, where it is plain which it means.

        Args:
            text: The message.
            listed: The items of the last list.
            pair: The two items that were named together last.
            taken: Characters that are read already: titles.
        """
        every = self.read(text, listed, pair, taken)
        return [Found(one.items[0], one.start, one.end, 100.0) for one in every if len(one.items) == 1]

    def read(
        self, text: str, listed: Sequence[str], pair: Sequence[str] = (), taken: Sequence[Span] = ()
    ) -> list[Pointed]:
        """All that a message points at; arguments as of `found`."""
        told: list[Pointed] = []
        for one in self._read(text, [item for item in listed if item in self._catalog], pair):
            spans = [*taken, *((each.start, each.end) for each in told)]
            if not any(one.start < end and start < one.end for start, end in spans):
                told.append(one)
        return sorted(told, key=lambda one: one.start)

    def _read(self, text: str, listed: Sequence[str], pair: Sequence[str]) -> Iterator[Pointed]:
        two = [one for one in pair if one in self._catalog] or (listed if len(listed) == 2 else [])
        for match in _OF_TWO.finditer(text):
            among = two if len(two) == 2 and not re.search(r"(?:those|these|them)$", match[0]) else listed
            if (item := self._by_degree(match["said"], among, True)) is not None:
                yield Pointed(match.start(), match.end(), (item,))
        for match in self._one.finditer(text):
            yield from self._called_one(text, match, listed, two)
        for match in _THAT_HAS.finditer(text) if len(listed) > 1 else ():
            yield from self._described(text, match, listed)
        for match in _THE.finditer(text):
            yield from self._called(text, match, listed, two)

    # -- "the pale one"

    def _called_one(
        self, text: str, match: re.Match[str], listed: Sequence[str], two: Sequence[str]
    ) -> Iterator[Pointed]:
        """What "the … one" means."""
        said = match["said"].strip()
        if re.search(r"\b(?:the|a|an|of|and|or|is|are|which|what|that|not)\b", said, re.IGNORECASE):
            return  # an inner "the" is looked at by itself
        if slots_in(match[0], max(2, len(listed))):
            return
        degree = self._pointed_degree(text, said, match.span(), listed, two)
        if degree is not None:
            yield degree
            return
        told = _content(said, self._nouns)
        if not told or all(stem(one.form) in _NO_NAMES or one.form in _NO_NAMES for one in told):
            return
        items = self._names.among(said, told, listed)
        if not items and len(told) == 1 and (item := self._by_quality(told[0].form, listed)) is not None:
            items = [item]
        items = items or self._names.anywhere(told, listed)
        if items and len(items) < max(2, len(listed)):
            yield Pointed(match.start(), match.end(), tuple(items[:_MOST]))

    def _described(self, text: str, match: re.Match[str], listed: Sequence[str]) -> Iterator[Pointed]:
        """What "the one that …" means: of those listed the one whose record holds the words that follow."""
        told = [_moved(w, match.end(), text, False) for w in words(_TO_NEXT.split(text[match.end() :])[0])]
        told = [w for w in told if w.form not in FUNCTION_WORDS][: _LONGEST + 2]
        records = {one: set(stems(self._catalog.text(self._catalog[one]))) for one in listed}
        for size in range(len(told), 1, -1):
            keys = {stem(w.form) for w in told[:size]}
            fits = [one for one in listed if keys <= records[one]]
            if fits:
                if len(fits) < len(listed):
                    yield Pointed(match.start(), told[size - 1].end, tuple(fits[:_MOST]))
                return

    # -- "the AOC"

    def _called(
        self, text: str, match: re.Match[str], listed: Sequence[str], two: Sequence[str]
    ) -> Iterator[Pointed]:
        """What "the …" alone means: a maker, words of a title, what is a value of one of those listed."""
        ahead = words(text[match.end() : match.end() + 80])[:_LONGEST]
        sentence = _sentence_of(text, match.start())
        inverted = _INVERTED.search(text[: match.start()]) is not None
        if _SOURCES.search(text[: match.start()]):
            return
        set_in = _SET_IN.search(text[: match.start()]) is not None
        for size in range(len(ahead), 0, -1):
            of_title = self._of_title(text[: match.start()], ahead[:size], listed)
            if of_title:
                yield Pointed(match.start(), match.end() + ahead[size - 1].end, tuple(of_title))
                return
        for size in range(len(ahead), 0, -1):
            said = [_moved(w, match.end(), text, w is ahead[size - 1]) for w in ahead[:size]]
            end = said[-1].end
            if not (_END.match(text, end) or inverted) or any(w.form in FUNCTION_WORDS for w in said):
                continue
            piece = text[match.end() : end]
            if size < 3 and (degree := self._pointed_degree(text, piece, (match.start(), end), listed, two)):
                yield degree
                return
            if set_in and not is_name(said[0]) and not ("?" in sentence and self._names.is_telling(said[0])):
                continue  # "in the hut", "under the desk": where it is used
            items = self._named(piece, said, listed, sentence)
            if items:
                yield Pointed(match.start(), end, tuple(items[:_MOST]))
                return

    def _of_title(self, before: str, said: Sequence[Word], listed: Sequence[str]) -> list[str]:
        """The one listed item whose title has the words of what a question is asked of: "what size is the planner"."""
        if len(listed) < 2 or not _OF_SUBJECT.search(before) or any(w.form in self._nouns for w in said):
            return []
        keys = {stem(w.form) for w in said}
        found = [one for one in listed if keys <= set(stems(self._catalog[one].title))]
        return found if len(found) == 1 else []

    def _named(self, piece: str, said: Sequence[Word], listed: Sequence[str], sentence: str) -> list[str]:
        """The items that a name means: of those listed, else of the catalogue."""
        keys = [stem(w.form) for w in said]
        if any(w.form in _NO_NAMES or w.form in self._nouns for w in said) or all(
            k in self._labels for k in keys
        ):
            return []
        telling = any(self._names.is_telling(w) for w in said)
        if not telling and not (listed and _ASKS.search(sentence)):
            return []
        found = [
            one for one in listed if self._names.is_called(self._catalog[one], keys, telling or len(keys) > 1)
        ]
        if not found and listed:
            values = self._names.spoken(piece)
            found = [one for one in listed if values and self._names.has_one(self._catalog[one], values)]
            found = [] if len(found) == len(listed) > 1 else found
        if not found and telling:
            found = [one for one in listed if self._names.is_like(self._catalog[one], said)]
        if not found and telling and not self._names.tales:
            found = self._names.in_catalog(keys)
        return found

    # -- "the bigger one"

    def _pointed_degree(
        self, text: str, said: str, span: Span, listed: Sequence[str], two: Sequence[str]
    ) -> Pointed | None:
        """What "the bigger" means of two, or "the biggest" in a question about it."""
        match = _DEGREE.fullmatch(said.strip())
        if match is None:
            return None
        form = match["word"].lower()
        best = (match["more"] or "").lower() in ("most", "least") or form.endswith("est")
        compares = (match["more"] or "").lower() in ("more", "less") or form.endswith("er")
        if not best and not compares:
            return None
        if best:
            before, after = text[: span[0]], _sentence_of(text, span[0])
            more = _ASKS_OF_IT.search(before) and re.match(r"\s+(?!of\b)\w", text[span[1] :])
            if "?" not in after or not (more or _OF_IT.search(before)):
                return None
        among = listed if best or len(two) != 2 else two
        item = self._by_degree(said, among, best or len(among) == 2)
        if item is not None:
            return Pointed(*span, (item,))
        known = degree_known(form) or self._by_degree(said, among, True) is not None
        if compares and known and len(among) > 1 and text[span[0] : span[1]].lower().endswith("one"):
            return Pointed(
                *span, tuple(among[:_MOST])
            )  # of more than two, or by no measure, it says too little
        return None

    def _by_quality(self, form: str, among: Sequence[str]) -> str | None:
        """The one of some items that is the most so: "the big one"."""
        if len(among) < 2:
            return None
        for most in (f"{form}est", f"{form}{form[-1]}est", f"{form[:-1]}iest", f"{form}st"):
            if degree_known(most) and (item := self._extreme(most, list(among))) is not None:
                return item
        return None

    def _by_degree(self, said: str, among: Sequence[str], plain: bool) -> str | None:
        """The one of some items that a comparative or superlative means."""
        if len(among) < 2 or not plain:
            return None
        match = _DEGREE.fullmatch(said.strip())
        if match is None:
            return None
        form, more = match["word"].lower(), (match["more"] or "").lower()
        if more:
            superlative = f"{ {'more': 'most', 'less': 'least'}.get(more, more) } {form}"
        elif form.endswith("er"):
            superlative = f"{form[:-2]}est"
        else:
            superlative = form
        return self._extreme(superlative, list(among))


def _moved(word: Word, by: int, text: str, last: bool) -> Word:
    """A word in its place; the last without the ending by which something is its own: "girl" of "the girl's"."""
    start, end, form = word.start + by, word.end + by, word.form
    if last and (own := _OWN.search(text[start:end])):
        end -= len(own[0])
        form = words(text[start:end])[0].form
    return Word(form, start, end, word.capital, word.first)


def _content(said: str, nouns: Collection[str]) -> list[Word]:
    """The words of a phrase that say something."""
    return [w for w in words(said) if w.form not in FUNCTION_WORDS and w.form not in nouns]


def _sentence_of(text: str, place: int) -> str:
    """The sentence around a place of a text."""
    start = max((text.rfind(mark, 0, place) for mark in ".!?\n"), default=-1) + 1
    ends = [end for mark in ".!?\n" if (end := text.find(mark, place)) >= 0]
    return text[start : min(ends) + 1 if ends else len(text)]
