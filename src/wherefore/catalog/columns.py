"""Columns: what can be counted about the cells of one column of a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from wherefore.catalog.cells import (
    NOT_KNOWN,
    as_date,
    as_list,
    as_text,
    first_address,
    is_missing,
    listed_in,
)
from wherefore.catalog.dates import moment_unit
from wherefore.catalog.flags import counts, yes_or_no
from wherefore.catalog.money import currency_called, names_price
from wherefore.catalog.naming import in_english, names_time, singular, words_of
from wherefore.catalog.numbers import Amount, amount_in, says_no_number
from wherefore.catalog.times import tell_times
from wherefore.catalog.unknown import is_one_of, unknown_in, without_unknown
from wherefore.catalog.vectors import looks_like_vectors
from wherefore.catalog.written import as_number

_SAMPLE = 2000  # cells per column that are looked at
_SURE = 0.95  # the share of numbers from which on a column holds numbers, whatever the rest is
_MOSTLY, _ENOUGH = (
    0.8,
    3,
)  # the share and the count from which on it does if the rest is few cells, all different
_ALIKE = 0.05  # the share of cells that are alike from which on they mean something
PERSON_WORDS = frozenset(  # of columns that hold proper names
    "author writer screenwriter director cast actor actress star starring artist singer band musician composer "
    "performer creator brand manufacturer maker designer publisher studio developer producer illustrator "
    "narrator editor translator chef host instructor teacher speaker company vendor seller photographer player "
    "crew winery brewery distillery roaster roastery bakery chocolatier domaine bodega orchestra conductor ensemble "
    "architect sculptor painter".split()
)
# Codes people speak of: "PG-13", "TV-14", "M6", "EU 42", "16+".
_SPOKEN_CODE = re.compile(r"[A-Za-z]{1,4}[ -]?\d{1,3}[A-Za-z+]?|\d{1,2}\+")
_SEVERAL = frozenset(
    "genre tag keyword theme topic mood allergen listed".split()
)  # of which an item has several
_FEW_VALUES, _OFTEN = 20, 3  # so few different values, each so often on average, are a set to choose from
_SHORT, _RARE = 40, 0.05  # characters, and different values per cell, of what is chosen from few values
_LONG = 12  # digits
_HANDLE = re.compile(r"@\w+|[\w.+-]+@[\w-]+\.[\w.-]+")
_RELATING = frozenset("from of in by for at on".split())
_NAMING = frozenset("name full list display first last".split())
_SMALL = 50  # cells: in so small a table all values of a set may differ
_URL = re.compile(r"(?:https?:)?//\S+|www\.\S+", re.IGNORECASE)
_IMAGE_FILE = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|avif|bmp)(?:[?#]\S*)?", re.IGNORECASE)
# Of a file that lies beside the catalogue, blanks may be in the name.
_OWN_IMAGE_FILE = re.compile(r"[^\n|;<>]{1,250}\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?)", re.IGNORECASE)


_BARE_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?::00)?(?:\s*[-–—]\s*\d{1,2}\.\d{2})?")  # or "18.30-20.30"
_BARE_HOURS = re.compile(r"(\d{1,2})\s?(?:h|hrs?|hours?|std|uur)\.?", re.IGNORECASE)
_LASTING = frozenset(
    "max maximum min minimum alone duration length battery runtime charge total long".split()
)
_MORNING = 5  # o'clock, before which hardly anything begins
_CLOCKED = frozenset(
    "time start departure depart door begin hour when showtime kickoff beginning sailing run open opening "
    "session slot uhr uhrzeit".split()
)


class Column:
    """What a column's name and a sample of its cells show. Shares are between 0 and 1.

    Args:
        name: The column's name.
        cells: All its cells.
    """

    def __init__(self, name: str, cells: Sequence[Any]) -> None:
        self.name = name
        words = in_english(words_of(name))
        self.words = frozenset(singular(word) for word in words)
        self.key = "_".join(words)
        self.singular_key = "_".join(singular(word) for word in words)
        known = [cell for cell in cells if not is_missing(cell)]
        if unknown := unknown_in(known):
            known = [cell for cell in known if not is_one_of(cell, unknown)]
        self.all, self.rows = cells, len(cells)
        self.cells = known
        self.known = len(known)
        self.sample = known[:: max(1, len(known) // _SAMPLE)]

    def share(self, test: Callable[[Any], Any]) -> float:
        """The share of cells that pass a test."""
        return _mean([bool(test(cell)) for cell in self.sample])

    @cached_property
    def texts(self) -> list[str]:
        """The cells as texts."""
        return [cell if isinstance(cell, str) else as_text(cell) for cell in self.sample]

    @cached_property
    def distinct(self) -> float:
        """How many different cells there are, per cell."""
        return len(set(self.texts)) / max(1, len(self.texts))

    @cached_property
    def characters(self) -> float:
        """The mean length of a cell."""
        return _mean([len(text) for text in self.texts])

    @cached_property
    def spaced(self) -> float:
        """The mean number of words of a cell."""
        return _mean([len(text.split()) for text in self.texts])

    @cached_property
    def listed(self) -> float:
        """The share of lists, those spelled out in a text among them."""
        return self.share(
            lambda cell: (
                listed_in(cell) is not None if isinstance(cell, str) else isinstance(cell, list | tuple)
            )
        )

    @cached_property
    def _telling(self) -> list[Any]:
        """The cells that say anything."""
        return [cell for cell in self.sample if not (isinstance(cell, str) and _says_nothing(cell))]

    @cached_property
    def _numbers(self) -> list[bool]:
        """Which of the cells that say anything are numbers."""
        found = [amount_in(cell) if isinstance(cell, str) else None for cell in self._telling]
        slashed = Counter(amount.out_of for amount in found if amount is not None and amount.slashed)
        one_scale = bool(slashed) and slashed.most_common(1)[0][1] >= 0.5 * slashed.total()
        timed = names_time(self.name)
        money = names_price(words_of(self.name)) or any(
            a is not None and currency_called(a.unit) for a in found
        )

        def counts(cell: Any, amount: Amount | None) -> bool:
            if not isinstance(cell, str) or amount is None:
                return not isinstance(cell, str) and _reads(as_number, cell)
            if amount.slashed:
                return one_scale
            return money if amount.free else timed or len(amount.clock) != 2

        return [counts(cell, amount) for cell, amount in zip(self._telling, found, strict=True)]

    @cached_property
    def numeric(self) -> float:
        """The share of numbers among what is known."""
        return _mean(self._numbers)

    @cached_property
    def is_numeric(self) -> bool:
        """Whether it holds numbers, a few cells aside that are none and differ."""
        return self._are_mostly(self._numbers)

    @cached_property
    def _dates(self) -> list[bool]:
        """Which of the cells that say anything are dates."""
        return [_reads(as_date, cell) for cell in self._telling]

    @cached_property
    def dated(self) -> float:
        """The share of dates among what is known."""
        return _mean(self._dates)

    @cached_property
    def is_dated(self) -> bool:
        """Whether it holds dates, a few cells aside that are none and differ."""
        return self._are_mostly(self._dates)

    def _are_mostly(self, fit: Sequence[bool]) -> bool:
        """Whether nearly all cells that say anything fit, or most do and no other text comes often."""
        share = _mean(fit)
        if share >= _SURE or share < _MOSTLY or sum(fit) < _ENOUGH:
            return share >= _SURE
        rest = Counter(as_text(cell) for cell, fits in zip(self._telling, fit, strict=True) if not fits)
        return max(rest.values(), default=0) <= max(1, _ALIKE * len(fit))

    @cached_property
    def timed(self) -> bool:
        """Whether its texts tell when something is: several dates in one cell, days of the week, times of day.

        Bare times like 18:30 may be lengths, too: the name and the whole must speak for times of day.
        """
        told = [text for text in self.texts if not _says_nothing(text)]
        if not tell_times(told) or self._lasts(told):
            return False
        bare = [match for text in told if (match := _BARE_TIME.fullmatch(text.strip()))]
        if len(bare) < 0.5 * len(told):
            return True
        rounded = sum(int(one[2]) % 5 == 0 and int(one[1]) >= _MORNING for one in bare)
        return bool(self.words & _CLOCKED) and rounded >= 0.9 * len(bare)

    def _lasts(self, told: Sequence[str]) -> bool:
        """Whether hours without minutes, "4h", are lengths of time: early in the night hardly anything begins."""
        hours = [int(match[1]) for text in told if (match := _BARE_HOURS.fullmatch(text.strip()))]
        if len(hours) < 0.5 * len(told) or self.words & _CLOCKED - {"hour"}:
            return False
        return bool(self.words & _LASTING) or min(hours) < _MORNING

    @cached_property
    def serial(self) -> bool:
        """Whether its numbers are long and all different, as no amounts are."""
        digits = [sum(map(str.isdigit, text)) for text in self.texts]
        return self.distinct > 0.9 and _mean([count >= _LONG for count in digits]) > 0.5

    @cached_property
    def handles(self) -> float:
        """The share of names of accounts ("@lodeth") and addresses of mail."""
        return self.share(lambda cell: isinstance(cell, str) and _HANDLE.fullmatch(cell.strip()))

    @cached_property
    def few(self) -> bool:
        """Whether a few short values come again and again."""
        return (
            self.characters <= _SHORT
            and len(self.sample) > _SMALL
            and len(set(self.texts)) <= _RARE * len(self.sample)
        )

    @cached_property
    def head(self) -> str:
        """The word of its name that says what it holds: "host" of "host_name" and "hosts", but not of "host_about"."""
        words = [word for word in self.singular_key.split("_") if not word.isdigit()]
        for end in range(1, len(words)):
            if words[end] in _RELATING:
                words = words[:end]
                break
        while len(words) > 1 and words[-1] in _NAMING:
            words.pop()
        return words[-1] if words else ""

    @cached_property
    def moments(self) -> float:
        """The share of numbers that may count seconds or milliseconds since 1970."""
        return self.share(lambda cell: not isinstance(cell, bool) and moment_unit(_plain(cell)))

    @cached_property
    def nested(self) -> float:
        """The share of records and bytes."""
        return self.share(lambda cell: isinstance(cell, bytes | dict))

    @cached_property
    def flagged(self) -> bool:
        """Whether all cells say yes or no; as 0 and 1 where both are there and the name is no amount's."""
        if not self.sample or any(yes_or_no(cell) is None for cell in self.sample):
            return False
        said = {text.lower().removesuffix(".0") for text in self.texts}
        if said <= {"0", "1"} and (len(said) < 2 or len(self.sample) < 3 or counts(self.name)):
            return False
        return all(yes_or_no(cell) is not None for cell in self.cells)

    @cached_property
    def refused(self) -> bool:
        """Whether all cells say no."""
        return not any(map(yes_or_no, self.cells))

    @cached_property
    def number_lists(self) -> float:
        """The share of lists of several numbers."""
        return self.share(_is_number_list)

    @cached_property
    def urls(self) -> float:
        """The share of web addresses alone."""
        return self.share(lambda cell: _URL.fullmatch(as_text(cell)))

    @cached_property
    def addresses(self) -> float:
        """The share of addresses of pages or pictures, alone or as the first of several."""
        return self.share(_is_address)

    @cached_property
    def pictured(self) -> float:
        """The share of addresses and files that end like a picture's."""
        return self.share(lambda cell: _is_picture(first_address(_first(cell))))

    @cached_property
    def vectors(self) -> bool:
        """Whether it holds vectors: lists of equally many numbers with decimals."""
        return bool(self.sample) and looks_like_vectors(self.sample)

    def separator(self, one: bool = False) -> str | None:
        """What lists several values in a text cell; empty for one value per cell, None where cells are lists.

        Args:
            one: A cell holds one value unless it has a mark that seldom stands in one: commas do not count.
        """
        if self.listed > 0.5:
            return None
        texts = [text.strip() for text in self.texts]
        n = max(1, len(texts))
        paths = sum(text.startswith("/") or text.count("/") > 1 and text.endswith("/") for text in texts)
        if paths / n > 0.8:
            return "/"
        for mark in ("|", ";", " > "):
            if sum(mark in text for text in texts) / n > 0.01:
                return mark
        if not one and self._lists_by_slashes(texts):
            return "/"
        return ", " if not one and self._lists_by_commas(texts) else ""

    def _lists_by_slashes(self, texts: Sequence[str]) -> bool:
        """Whether slashes in the texts part values: names of people, or values that other cells hold, too."""
        listed = [parts for text in set(texts) if len(parts := _by_slashes(text)) > 1]
        if not listed or sum("/" in text for text in texts) / len(texts) < 0.01:
            return False
        parts = [part for one in listed for part in one]
        if self.words & PERSON_WORDS:  # "Sam Birkett/Ann Lee", and not "AC/DC"
            return sum(" " in part and not re.search(r"\d", part) for part in parts) > 0.6 * len(parts)
        return _again(parts, [_by_slashes(text) for text in set(texts)]) >= 0.5

    def _lists_by_commas(self, texts: Sequence[str]) -> bool:
        """Whether commas in the texts part values."""
        mark = ", "
        listed = [parts for text in texts if "," in text and len(parts := as_list(text, mark)) > 1]
        if sum(map(_has_decimal_comma, texts)) > 0.5 * len(listed):
            return False
        if not listed or len(listed) / len(texts) < 0.01:
            return False
        total = sum(map(len, listed))
        mean_words = sum(len(part.split()) for parts in listed for part in parts) / total
        if self.words & PERSON_WORDS:  # "Last, First" in most cells is one name
            pairs = sum(len(p) == 2 and all(len(x.split()) <= 2 for x in p) for p in listed)
            return mean_words <= 4 and not (pairs / len(texts) > 0.8 and mean_words < 1.8)
        if self.words & _SEVERAL and mean_words <= 3:
            return True
        counts = Counter(part for text in texts for part in as_list(text, mark))
        again = sum(counts[part] > 1 for parts in listed for part in parts) / total
        return mean_words <= 4 and again >= 0.5

    @cached_property
    def parts(self) -> Counter[str]:
        """The values of all cells, cut where `separator` says, with their numbers."""
        separator = self.separator()
        return Counter(part for cell in self.sample for part in without_unknown(as_list(cell, separator)))

    @cached_property
    def value_length(self) -> float:
        """The mean length of a value."""
        return sum(len(part) * n for part, n in self.parts.items()) / max(1, self.parts.total())

    @cached_property
    def repeated(self) -> bool:
        """Whether values come again and again, and are no measurements."""
        total = self.parts.total()
        if 0 < len(self.parts) <= min(_FEW_VALUES, total / _OFTEN):
            return True
        return (len(self.parts) <= 0.5 * total or self._repeated_in_all) and self.measured <= 0.3

    @cached_property
    def _repeated_in_all(self) -> bool:
        """Whether texts come again in all of a large table, where a sample holds most of them but once."""
        if len(self.cells) == len(self.sample) or not all(isinstance(cell, str) for cell in self.sample):
            return False
        return len(set(map(as_text, self.cells))) <= 0.5 * len(self.cells)

    @cached_property
    def measured(self) -> float:
        """The share of values with digits that are no codes that people speak of."""
        return sum(n for part, n in self.parts.items() if _is_measured(part)) / max(1, self.parts.total())

    @cached_property
    def coded(self) -> bool:
        """Whether most values are short and no amounts, like codes that people speak of."""
        total = self.parts.total()
        short = sum(n for part, n in self.parts.items() if len(part) <= 8 and not _is_measured(part))
        return short >= 0.8 * max(1, total)

    @cached_property
    def chosen(self) -> bool:
        """Whether the values look like ones of a set, though each may stand in one cell of a small table alone."""
        total, different = self.parts.total(), len(self.parts)
        coded = sum(n for part, n in self.parts.items() if re.search(r"\d", part))
        short = sum(n for part, n in self.parts.items() if len(part.split()) <= 4)
        if short < 0.9 * total or self.measured > 0.3 or coded > 0.3 * total and different > 0.7 * total:
            return False
        listed = total > len(self.sample) and different < 0.9 * total
        return len(self.sample) > 1 and (len(self.cells) <= _SMALL or listed)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def _reads(read: Callable[[Any], Any], cell: Any) -> bool:
    try:
        return read(cell) is not None
    except ValueError:
        return False


def _is_measured(part: str) -> bool:
    return re.search(r"\d", part) is not None and not _SPOKEN_CODE.fullmatch(part)


def _has_decimal_comma(text: str) -> bool:
    """Whether the only comma of a text stands between digits: "4,5 l/100 km"."""
    return text.count(",") == 1 and re.search(r"\d,\d", text) is not None


def _by_slashes(text: str) -> list[str]:
    """Parts between slashes; "24/7" and addresses stay whole."""
    if re.search(r"\d\s*/|/\s*\d|://", text):
        return [text]
    return [part for one in text.split("/") if (part := one.strip())]


def _again(parts: Sequence[str], texts: Sequence[Sequence[str]]) -> float:
    """The share of parts that several different texts hold."""
    counts = Counter(part for text in texts for part in set(text))
    return sum(counts[part] > 1 for part in parts) / max(1, len(parts))


def _says_nothing(text: str) -> bool:
    return text.strip().lower() in NOT_KNOWN or says_no_number(text)


def _plain(cell: Any) -> float:
    """A cell that is a number, or digits alone; else 0."""
    if isinstance(cell, str):
        cell = cell.strip()
        return float(cell) if cell.isascii() and cell.isdigit() else 0.0
    return float(cell) if isinstance(cell, int | float) else 0.0


def _first(cell: Any) -> str:
    return next(iter(as_list(cell, "")), "")


def _is_address(cell: Any) -> bool:
    text = first_address(_first(cell)) if isinstance(cell, str | list | tuple) else ""
    return bool(_URL.fullmatch(text) or _IMAGE_FILE.fullmatch(text) and "/" in text)


def _is_picture(text: str) -> bool:
    return bool(_IMAGE_FILE.fullmatch(text) or _OWN_IMAGE_FILE.fullmatch(text))


def _is_number_list(cell: Any) -> bool:
    parts = as_list(cell) if isinstance(cell, str | list | tuple) else ()
    return len(parts) > 1 and all(_reads(as_number, part) for part in parts)
