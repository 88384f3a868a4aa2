"""What catalogues are made of in other languages: headers and values of records, in English."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from wherefore.files import ASSETS, packed_text

FILE = ASSETS / "words_abroad.tsv.xz"
LANGUAGES = {
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
    "pt": "Portuguese",
    "pl": "Polish",
    "sv": "Swedish",
}
_HEADER, _PLACE = "*", "@"  # before the English of words that only headers have, and of proper names
_ENDINGS = {  # of words that are inflected, the longest first
    "de": "ern em en er es e n s",
    "fr": "es s x e",
    "es": "os as es s o a e",
    "it": "o a e i",
    "nl": "en e s",
    "pt": "os as es s o a e",
    "pl": "ego ych ami ich iej ej ie ow y i a e o u",
    "sv": "arna erna orna ar er or en et na n t a e",
}
_STEM = 4  # letters of what is left of a word without its ending
_JOINED = {
    "de": ("", "s", "n", "en", "es", "e", "er"),
    "nl": ("", "s", "en", "n", "e"),
    "sv": ("", "s", "e", "o"),
}
_LAST = 5  # letters of the end of a compound that may be inflected: "eich" is no oak
_PIECE, _COMPOUND = 3, 7  # letters of a part of a compound, and of a compound
_PARTS = 4  # of a compound
_SILENT = {  # words of names that English does without
    "de": "der die das den dem des ein eine einer einem einen zum zur am",
    "fr": "de du des d l le la les un une a au aux",
    "es": "de del la el los las un una al",
    "it": "di da del dello della dei degli delle d l il lo la i gli le un uno una al allo alla dell dall all",
    "nl": "de het een van der den",
    "pt": "de do da dos das o os as um uma ao",
    "pl": "",
    "sv": "en ett den det",
}
_FOLLOWING = frozenset(("fr", "es", "it", "pt", "pl"))  # languages whose adjectives follow the noun
_AHEAD = frozenset(
    "small large new old good very young long half double first second whole dark light".split()
)
CONNECTING = frozenset("with without for and or only per from to in not".split())
_SPECIAL = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "œ": "oe", "æ": "ae", "đ": "d", "’": "'"})
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"}
_SPELT = str.maketrans(_UMLAUTS | {one.upper(): two.capitalize() for one, two in _UMLAUTS.items()})
_WORD = re.compile(r"\d+(?:[.,]\d+)*(?:\s?[-–]\s?\d+(?:[.,]\d+)*)?|[^\W\d_]+")
_TO = re.compile(r"(?<=\d) (?:à|a|bis|tot|do|till) (?=\d)")
_COUNTED = re.compile(r"(?<=\d)(?:[ºª°]|[eè]me|ère|er?|de|ste|:[ae])(?![^\W_])")  # "2º", "2ème", "2:a"
_ORDINAL = re.compile(r"(\d+) floor\b|\bfloor (\d+)\b")
_ONE = re.compile(r"(?<![\d.,])(1 (?:month|week|day|hour|minute|year|night|person|room))s\b")
_OWNERS = {
    "women": "women's", "men": "men's", "children": "children's", "girls": "girls'", "boys": "boys'", "babies": "baby"
}  # fmt: skip
QUALITIES = frozenset(  # English adjectives: where one leads, the order is that of English already
    "red white black blue green yellow orange pink purple brown grey beige light dark soft hard semi-hard warm cold "
    "quiet modern classic rustic old young fresh sweet dry off-dry sparkling sour salty bitter spicy fruity smoked raw "
    "organic round square small large long short wide narrow new used good easy difficult low high first second vegan "
    "vegetarian mixed half double whole free".split()
)
_ENDS = "\n.,;:!?()"  # of clauses
_TOKEN = re.compile(rf"{_WORD.pattern}|[{_ENDS}]")
_PARTED = re.compile(r"\s*([/,;+&|])\s*")


def plain(text: str) -> str:
    """A text in small letters without accents, as tables that were typed in a hurry have it.

    >>> plain("Wohnfläche"), plain("Œufs"), plain("Łódź")
    ('wohnflache', 'oeufs', 'lodz')
    """
    text = text.lower()
    if text.isascii():
        return text
    text = text.translate(_SPECIAL)
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def words_in(text: str) -> tuple[str, ...]:
    """The words and numbers of a text in small letters."""
    return tuple(_WORD.findall(_counted(text)))


def _counted(text: str) -> str:
    """A text in small letters, with numbers that count or reach from one to another as plain numbers."""
    return _TO.sub("-", _COUNTED.sub("", unicodedata.normalize("NFC", text).lower()))


def spelt(text: str) -> str:
    """A text with the letters by which umlauts are spelt: "Koeln" of "Köln"."""
    return unicodedata.normalize("NFC", text).translate(_SPELT)


def _plainly(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(plain, words))


def _spellings(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """How an entry is written without accents, and with the letters by which umlauts are spelt."""
    yield _plainly(words)
    yield _plainly(tuple(word.translate(_SPELT) for word in words))


@dataclass(slots=True)
class Tongue:
    """The words of one language.

    Attributes:
        code: Its code.
        entries: English by the words of an entry.
        places: English of those entries that are proper names: cities, regions, peoples.
        stems: English by words without their endings, where that is plain.
        first: Words with which entries begin, with the number of words of the longest.
        phrases: English of several words without their endings: "sillas de ruedas" as "silla de ruedas".
        opening: The first words of those, with the number of words of the longest.
    """

    code: str
    entries: dict[tuple[str, ...], str] = field(default_factory=dict)
    places: dict[tuple[str, ...], str] = field(default_factory=dict)
    stems: dict[str, str] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    phrases: dict[tuple[str, ...], str] = field(default_factory=dict)
    opening: dict[str, int] = field(default_factory=dict)
    _known: dict[str, str | None] = field(default_factory=dict, repr=False)
    _told: dict[str, tuple[int, str | None]] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """What it is called in English."""
        return LANGUAGES[self.code]

    def add(self, said: str, english: str, place: bool = False) -> None:
        """Take an entry in; the first English of the same words stays."""
        key = words_in(said)
        if key:
            self.entries.setdefault(key, english)
            if place:
                self.places.setdefault(key, english)

    def settle(self) -> None:
        """Learn how entries are written without accents, and the stems of those of one word.

        What is another entry so, or what two words share with different English, is not learned.
        """
        for table in (self.entries, self.places):
            for key, english in [*table.items()]:
                for written in _spellings(key):
                    table.setdefault(written, english)
        for key in self.entries:
            self.first[key[0]] = max(len(key), self.first.get(key[0], 0))
        unsure = set()
        for key, english in self.entries.items():
            if len(key) == 1 and len(key[0]) >= _STEM and key not in self.places:
                stem = self.bare(plain(key[0]))
                if self.stems.setdefault(stem, english) != english:
                    unsure.add(stem)
        for stem in unsure:
            del self.stems[stem]
        doubtful = set()
        for key, english in self.entries.items():
            if len(key) > 1 and key not in self.places:
                bare = self._bare_words(key)
                if self.phrases.setdefault(bare, english) != english:
                    doubtful.add(bare)
                self.opening[bare[0]] = max(len(bare), self.opening.get(bare[0], 0))
        for bare in doubtful:
            del self.phrases[bare]

    def bare(self, word: str) -> str:
        """A word in plain letters without its ending."""
        endings = (one for one in _ENDINGS[self.code].split() if word.endswith(one))
        return next((word[: -len(one)] for one in endings if len(word) - len(one) >= _STEM), word)

    def entry(self, words: tuple[str, ...], table: Mapping[tuple[str, ...], str] | None = None) -> str | None:
        """The English of the words of an entry, as they are written or in plain letters."""
        table = self.entries if table is None else table
        found = table.get(words)
        if found is None and not all(map(str.isascii, words)):
            found = table.get(_plainly(words))
        return found

    def _bare_words(self, words: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.bare(plain(word)) for word in words)

    def phrase(self, words: tuple[str, ...]) -> str | None:
        """The English of several words, also where they are inflected."""
        return self.entry(words) or self.phrases.get(self._bare_words(words))

    def longest(self, word: str) -> int:
        """How many words the longest entry has that begins with a word."""
        forms = (self.first.get(word, 1), self.first.get(plain(word), 1))
        return max(*forms, self.opening.get(self.bare(plain(word)), 1))

    def word(self, word: str) -> str | None:
        """The English of one word, also where it is inflected."""
        known = self.entry((word,))
        return known or (self.stems.get(self.bare(plain(word))) if len(word) >= _STEM else None)

    def place(self, text: str) -> str | None:
        """The English of a proper name."""
        return self.entry(words_in(text), self.places)

    def _pieces(self, word: str, most: int = _PARTS) -> list[str] | None:
        """The English of the parts of a compound, as few as there may be."""
        best: list[str] | None = None
        for at in range(len(word) - _PIECE, _PIECE - 1, -1):
            rest = self.word(word[at:])
            if rest is None:
                continue
            for joint in _JOINED[self.code]:
                head = word[:at].removesuffix(joint) if joint else word[:at]
                if len(head) < _PIECE or (joint and head == word[:at]):
                    continue
                known = self.entry((head,)) or self.stems.get(plain(head))
                found = [known] if known else self._pieces(head, most - 1) if most > 2 else None
                if found is not None and (best is None or len(found) + 1 < len(best)):
                    best = [*found, rest]
        return best

    def compound(self, word: str) -> str | None:
        """The English of a compound of known words: "balkonpflanze", balcony plant."""
        if self.code not in _JOINED or len(word) < _COMPOUND:
            return None
        if word not in self._known:
            self._known[word] = self._compound(word)
        return self._known[word]

    def _compound(self, word: str) -> str | None:
        found = self._pieces(word)
        if found is None or not CONNECTING.isdisjoint(found):
            return None
        return " ".join([*(_OWNERS.get(one, one) for one in found[:-1]), found[-1]])

    def _tail(self, word: str) -> str:
        """What the known ends of a compound say whose beginning is not known: "vollmilchschokolade", milk chocolate."""
        if self.code not in _JOINED or len(word) < _COMPOUND or " " in word:
            return ""
        for at in range(_PIECE, len(word) - _STEM + 1):
            known = self.word(word[at:]) if len(word) - at >= _LAST else self.entry((word[at:],))
            if (english := known) is not None and english not in CONNECTING:
                return f"{self._tail(word[:at])} {english}".strip()
        return ""

    def units(self, words: Sequence[str], compounds: bool = True) -> list[tuple[str, str | None]]:
        """Pieces of words, each with its English; None of what is not known, "" of what English leaves out."""
        found: list[tuple[str, str | None]] = []
        silent, at = _SILENT[self.code].split(), 0
        while at < len(words):
            for size in range(min(self.longest(words[at]), len(words) - at), 1, -1):
                if (english := self.phrase(tuple(words[at : at + size]))) is not None:
                    break
            else:
                size, one = 1, words[at]
                english = one if one[0].isdigit() else None if one in silent else self.word(one)
                if english is None and one in silent:
                    english = self.entry((one,)) if len(words) == 1 else ""
                if english is None and compounds:
                    english = self.compound(one)
            found.append((" ".join(words[at : at + size]), english))
            at += size
        return found

    def english(self, text: str, compounds: bool = True) -> str | None:
        """A short text in English; None where any of its words is not known.

        >>> tongues()["de"].english("Rotwein"), tongues()["fr"].english("Lait de brebis cru")
        ('red wine', 'raw sheep milk')
        >>> tongues()["de"].english("Koeln"), tongues()["it"].english("senza glutine"), tongues()["de"].english("Kalk")
        ('Cologne', 'gluten free', None)
        """
        words = words_in(text)
        if (whole := self.entry(words)) is not None:
            return whole
        cut = _PARTED.split(text)
        if len(cut) > 1:
            parts = [self.english(one, compounds) for one in cut[::2]]
            marks = [
                f"{mark} " if mark in ",;" else mark if mark == "/" else f" {mark} " for mark in cut[1::2]
            ]
            if None in parts:
                return None
            return "".join(one or "" for pair in zip(parts, [*marks, ""], strict=True) for one in pair)
        units = self.units(words, compounds)
        if not any(english and not english[0].isdigit() for _, english in units):
            return None
        return (
            None
            if any(english is None for _, english in units)
            else self.ordered([e or "" for _, e in units])
        )

    def gloss(self, text: str) -> str:
        """What words of a text are in English, in its order and without those that are not known, to search by.

        >>> tongues()["fr"].gloss("Gâteau aux noisettes de Mamie, sans lait")
        'cake hazelnut, without milk'
        """
        clauses: list[list[str]] = [[]]
        said = _TOKEN.findall(_counted(text))
        at = 0
        while at < len(said):
            word = said[at]
            told = self._told.get(word)
            if told is None:
                told = self._told[word] = self._alone(word)
            longest, english, size = *told, 1
            for more in range(min(longest, len(said) - at), 1, -1):
                if (known := self.phrase(tuple(said[at : at + more]))) is not None:
                    english, size = known, more
                    break
            if english is None:
                clauses.append([])
            elif english:
                clauses[-1].append(english)
            at += size
        return ", ".join(" ".join(one) for one in clauses if not CONNECTING.issuperset(one))

    def _alone(self, word: str) -> tuple[int, str | None]:
        """The most words of an entry that begins with a word, and its own English; None of the end of a clause."""
        if word[0] in _ENDS:
            return 1, None
        [(_, english)] = self.units((word,))
        silent = word in _SILENT[self.code].split()
        return self.longest(word), "" if silent else english or self._tail(word)

    def ordered(self, units: Sequence[str]) -> str:
        """Units in the order of English: adjectives before the noun, and numbers of floors counted."""
        parts: list[list[str]] = [[]]
        for unit in units:
            if unit in CONNECTING:
                parts += [[unit], []]
            elif unit:
                parts[-1].append(unit)
        told: list[str] = []
        for part in parts:
            turned = self._turned(part) if len(part) > 1 else part
            told += [*(_OWNERS.get(one, one) for one in turned[:-1]), *turned[-1:]]
        return _ORDINAL.sub(lambda m: f"{ordinal(int(m[1] or m[2]))} floor", _ONE.sub(r"\1", " ".join(told)))

    def _turned(self, part: list[str]) -> list[str]:
        if self.code not in _FOLLOWING or any(one[0].isdigit() for one in part):
            return part
        if part[0] in QUALITIES and part[-1] not in QUALITIES:
            return part
        ahead = [one for one in part[:1] if one in _AHEAD]
        return [*ahead, *reversed(part[len(ahead) :])]


_ALIKE = (  # what people say one way or the other, the table's word first
    ("children's", "kids"), ("women's", "ladies"), ("bike", "bicycle"), ("flat", "apartment"), ("lift", "elevator"),
    ("holiday", "vacation"), ("sofa", "couch"), ("wardrobe", "closet"), ("rug", "carpet"), ("jumper", "sweater"),
    ("trousers", "pants"), ("trainers", "sneakers"), ("rucksack", "backpack"), ("autumn", "fall"), ("crime", "mystery"),
    ("petrol", "gasoline"), ("aluminium", "aluminum"),
    ("swimwear", "swimsuits"), ("curtain", "drapes"), ("campsite", "camping"),
    ("farm", "farm stay"), ("starter", "appetizer"), ("biscuits", "cookies"), ("shrimp", "prawns"), ("corn", "maize"),
    ("fridge", "refrigerator"), ("car", "automobile"), ("film", "movie"), ("tin", "can"), ("parking", "parking space"),
    ("underwear", "lingerie"),
    ("fireplace", "open fire"), ("dryer", "tumble dryer"), ("cot", "crib"), ("barbecue", "bbq"),
    ("car charger", "charging point"),
    ("pram", "pushchair"), ("sofa bed", "pull-out couch"), ("parking space", "car park"), ("freezer", "deep freeze"),
    ("dancing", "dance"), ("cooking", "cookery"), ("swimming", "swim"), ("running", "jogging"), ("hiking", "walking"),
)  # fmt: skip


def alike(english: str) -> list[str]:
    """How else people say English of the table: British and American words stand for each other.

    >>> alike("children's bike"), alike("dining table")
    (['kids bike', "children's bicycle", 'kids bicycle'], [])
    """
    told = [english]
    for one, other in _ALIKE:
        told += [
            re.sub(rf"\b{re.escape(one)}(?!\w)", other, said)
            for said in told
            if re.search(rf"\b{one}(?!\w)", said)
        ]
    return told[1:]


def ordinal(number: int) -> str:
    """A number as it counts in English.

    >>> ordinal(1), ordinal(12), ordinal(23)
    ('1st', '12th', '23rd')
    """
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def rows_of(text: str) -> list[tuple[str, str, list[list[str]]]]:
    r"""The rows of the table: a mark or "", the English, and the words of each language in order.

    >>> rows_of("@Cologne\tKöln\tCologne\t\t\t\t\t\t")[0][:2], rows_of("red\trot; rote\trouge\t\t\t\t\t\t")[0][2][0]
    (('@', 'Cologne'), ['rot', 'rote'])

    Raises:
        ValueError: If a line is no row; says which.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        english, *cells = line.split("\t")
        mark = english[:1] if english[:1] in (_HEADER, _PLACE) else ""
        words = [[one.strip() for one in cell.split(";") if one.strip()] for cell in cells]
        if not english.removeprefix(mark).strip() or len(words) != len(LANGUAGES) or not any(words):
            raise ValueError(
                f"line {number}, {line!r:.60}, is not an English word and the words of {len(LANGUAGES)} languages "
                f"({', '.join(LANGUAGES)}), parted by tabs, and by `; ` within"
            )
        found.append((mark, english.removeprefix(mark), words))
    return found


@lru_cache(maxsize=1)
def words_stamp() -> str:
    """What tells one state of the packaged table from another."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _rows() -> list[tuple[str, str, list[list[str]]]]:
    return rows_of(packed_text(FILE))


@lru_cache(maxsize=1)
def tongues() -> Mapping[str, Tongue]:
    """The languages of the packaged table (`data/words_abroad.tsv`), by their codes."""
    found = {code: Tongue(code) for code in LANGUAGES}
    for mark, english, cells in _rows():
        for tongue, words in zip(found.values(), cells, strict=True):
            for said in words:
                tongue.add(said, english, mark == _PLACE)
    for tongue in found.values():
        tongue.settle()
    return found


@lru_cache(maxsize=1)
def header_words() -> Mapping[str, str]:
    """Words that headers of any file may have, in small letters, with and without accents, and their English."""
    found: dict[str, str] = {}
    for mark, english, cells in _rows():
        if mark != _HEADER:
            continue
        for word in (one.lower() for words in cells for one in words):
            for form in (
                word,
                "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)),
            ):
                if " " not in form and len(form) > 2:
                    found.setdefault(form, english)
    return found
