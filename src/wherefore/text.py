"""Words: how a text is cut and compared, without regard to case, accents and apostrophes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from wherefore.files import ASSETS, packed_text

_WORD = re.compile(r"&|[^\W_]+(?:['’`][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?\n:;\"“”*•]")
_APOSTROPHES = re.compile(r"['’`]")
_WORDS_KEPT = 1 << 17  # a catalogue's texts say few words again and again
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_CHAT = dict.fromkeys(("smth", "sth", "smthg", "sumthin", "somethin", "smthing"), "something")

NUMBERS = {  # by name
    name: number
    for number, name in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split(),
        start=1,
    )
}
ARTICLES = frozenset({"the", "a", "an"})
# Words that carry no content of their own, so that they need no capital in a title.
FUNCTION_WORDS = frozenset(
    "a an the of and or in on at to for from with by as is it its be are was were am i im me my you your he his "
    "him she her we us our they them their this that these those there here what who when where why how which "
    "not no nor so if but up out off over under about into then than do does did have has had can could will "
    "would should may might must one all any some just like".split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: characters `start` to `end`, and the form in which it is compared."""

    form: str
    start: int
    end: int
    capital: bool  # begins with a capital or a digit
    first: bool  # begins a sentence, so that its capital says nothing

    def touches(self, spans: Iterable[tuple[int, int]]) -> bool:
        """Whether any of these spans of characters holds some of the word."""
        return any(start < self.end and self.start < end for start, end in spans)


def straight(text: str) -> str:
    """A text with straight apostrophes, each character in its place."""
    return text.replace("’", "'").replace("`", "'")


@lru_cache(_WORDS_KEPT)
def fold(word: str) -> str:
    """A word in the form in which it is compared.

    >>> fold("Amélie’s"), fold("II"), fold("&")
    ('amelies', '2', 'and')
    """
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
        word = _APOSTROPHES.sub("", word)
    elif "'" in word or "`" in word:
        word = _APOSTROPHES.sub("", word)
    word = word.lower()
    return "and" if word == "&" else _ROMAN.get(word, _CHAT.get(word, word))


def forms(text: str) -> list[str]:
    """The words of a text in the form in which they are compared.

    >>> forms("Spider-Man: Homecoming (2017)")
    ['spider', 'man', 'homecoming', '2017']
    """
    return [fold(word) for word in _WORD.findall(text)]


def words(text: str) -> list[Word]:
    """The words of a text with their places."""
    return list(_words(text))  # the same message is cut by every reader, and for every sentence of it


@lru_cache(64)
def _words(text: str) -> tuple[Word, ...]:
    found: list[Word] = []
    end = 0
    for match in _WORD.finditer(text):
        raw = match[0]
        first = not found or _SENTENCE_END.search(text, end, match.start()) is not None
        found.append(Word(fold(raw), match.start(), match.end(), raw[0].isupper() or raw[0].isdigit(), first))
        end = match.end()
    return tuple(found)


def stem(form: str) -> str:
    """The singular of a folded word, as far as endings tell; used on both sides of a comparison.

    >>> [stem(w) for w in ("comedies", "zombies", "musicals", "witches", "christmas", "classics")]
    ['comedy', 'zomby', 'musical', 'witch', 'christma', 'classic']
    """
    if len(form) < 4 or form.endswith("ss"):
        return form
    if form.endswith("ies"):
        return form[:-3] + "y"
    if form.endswith("ie"):
        return form[:-2] + "y"
    if form.endswith(("shes", "ches", "xes", "sses")):
        return form[:-2]
    return form[:-1] if form.endswith("s") else form


def stems(text: str) -> list[str]:
    """The words of a text without their endings, as far as `stem` tells them.

    >>> stems("Two dead zombies")
    ['two', 'dead', 'zomby']
    """
    return [_stem_of(word) for word in _WORD.findall(text)]


@lru_cache(_WORDS_KEPT)
def _stem_of(word: str) -> str:
    return stem(fold(word))


def holds_run(words: Sequence[str], sought: Sequence[str]) -> bool:
    """Whether some words stand among others, one after another.

    >>> holds_run(["dog", "friendly", "inn"], ["dog", "friendly"]), holds_run(["dog", "inn"], ["inn", "dog"])
    (True, False)
    """
    told, size = list(sought), len(sought)
    return any(list(words[at : at + size]) == told for at in range(len(words) - size + 1))


@lru_cache(maxsize=1)
def ordinary_words() -> dict[str, int]:
    """Words of everyday English with their rank by use, 0 first."""
    text = packed_text(ASSETS / "ordinary_words.txt.xz")
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    return {fold(word): rank for rank, word in enumerate(lines)}


_PLAIN_WORD = re.compile(r"[a-z0-9]+")


def normal_words(text: str) -> list[str]:
    """The words of a text as comparisons see them: lower case, no accents, runs of letters and digits.

    Characters of scripts that write no spaces stand alone, as an uncased BERT tokenizer has them.

    >>> normal_words("Alfonso Cuarón's Sci-Fi, 千と")
    ['alfonso', 'cuaron', 's', 'sci', 'fi', '千', 'と']
    """
    return [word for word, _, _ in normal_spans(text)]


def normal_spans(text: str) -> list[tuple[str, int, int]]:
    """The same words with their places (start, end) in the text."""
    if text.isascii():
        return [(match[0], *match.span()) for match in _PLAIN_WORD.finditer(text.lower())]
    spans: list[tuple[str, int, int]] = []
    current, start = "", 0
    for place, char in enumerate(text):
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).lower())
        kept = "".join(c for c in folded if c.isalnum())
        if not kept:
            if current and not unicodedata.combining(char):
                spans.append((current, start, place))
                current = ""
            continue
        alone = any("\u2e80" <= c <= "\ua4cf" or "\uf900" <= c <= "\ufaff" or ord(c) > 0x1FFFF for c in kept)
        if alone:
            if current:
                spans.append((current, start, place))
                current = ""
            spans.append((kept, place, place + 1))
            continue
        if not current:
            start = place
        current += kept
    if current:
        spans.append((current, start, len(text)))
    return spans


def joined(parts: Sequence[str], link: str = "and") -> str:
    """A list in words: "a", "a and b", "a, b and c"."""
    parts = list(dict.fromkeys(parts))
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {link} {parts[-1]}"


def number_text(value: float) -> str:
    """A number as a sentence has it.

    >>> number_text(1979.0), number_text(4.25)
    ('1979', '4.25')
    """
    return str(int(value)) if float(value).is_integer() else f"{value:.2f}".rstrip("0").rstrip(".")
