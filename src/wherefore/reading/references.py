"""References: what else names an item than its title: its place in a series, who is in it, when it is from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.series import series_of
from wherefore.reading.mentions import Found
from wherefore.reading.namesakes import told_apart
from wherefore.reading.slots import ORDINALS
from wherefore.reading.titles import TitleIndex
from wherefore.text import ARTICLES, FUNCTION_WORDS, forms, ordinary_words, stem, words

# "the original Matrix", "the latest Rocky": places in a series, besides those of a list.
_PLACES = {**ORDINALS, "original": 0, "latest": -1, "newest": -1}
_NTH = re.compile(rf"(?:\bthe\s+)?\b(?P<word>{'|'.join(_PLACES)})\s+(?:the\s+)?$", re.IGNORECASE)
_NTH_AFTER = re.compile(
    rf"^,?\s+the\s+(?P<word>{'|'.join(_PLACES)})(?:\s+(?:one|movie|film|book))?\b", re.IGNORECASE
)
_SERIES = r"series|trilogy|saga|franchise|quadrilogy"
_EACH = re.compile(r"\b(?:every|each)(?:\s+single)?\s+$", re.IGNORECASE)
_REFUSES = re.compile(  # not "I have seen no Matrix movie", "there is no Alien here"
    r"(?:\b(?<!seen )(?<!watched )(?<!saw )(?<!have )(?<!has )(?<!got )(?<!is )no(?:\s+more)?|\bnot\s+another|"
    r"\b(?<!seen )(?<!seen it )without(?:\s+any)?|\banything\s+but|\benough(?:\s+of)?)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_TIRED_OF = re.compile(r"\b(?:sick|tired)\s+of\s+(?:the\s+)?$", re.IGNORECASE)
_YEAR_OF = re.compile(
    r"^\s*,?\s*\(?(?:the\s+)?(?:(?P<a>(?:18|19|20)\d\d)\s+(?:one|version|film|movie|original|remake)|"
    r"(?:one|version|film|movie)\s+(?:from|of|made in|released in)\s+(?P<b>(?:18|19|20)\d\d))\b\)?",
    re.IGNORECASE,
)
_HELD_BY = re.compile(
    r"^\s*,?\s*\(?(?:the\s+(?:one|version|film|movie)\s+)?(?:with|by|starring|directed\s+by|written\s+by|featuring|from)\s+",
    re.IGNORECASE,
)
_YEAR_ONE = re.compile(
    r"\bthe\s+((?:18|19|20)\d\d)\s+(?:one|version|film|movie|original|remake)\b", re.IGNORECASE
)
_NEAR = 80  # characters around a title that may say which item of that name is meant
_LINKS = r"with|by|from|starring|featuring|about|directed\s+by|written\s+by|set\s+in|in|made\s+in|of"


class ReferenceReader:
    """Reads references to items: "the second Matrix", "the Rush Hour movies", "the one with Nicole Kidman".

    Args:
        catalog: The catalogue.
        titles: Its titles.
        nouns: What an item is called: "movie", "films".
    """

    def __init__(self, catalog: Catalog, titles: TitleIndex, nouns: Collection[str]) -> None:
        self._catalog, self._titles = catalog, titles
        several = "|".join(sorted({re.escape(noun) for noun in nouns if noun.endswith("s")} | {"ones"}))
        single = "|".join(sorted({re.escape(noun) for noun in nouns}, key=len, reverse=True))
        self._whole = re.compile(rf"^\s+(?:{several}|(?:(?:{single})\s+)?(?:{_SERIES}))\b", re.IGNORECASE)
        self._single = re.compile(rf"^\s+(?:{single})\b", re.IGNORECASE)
        self._one = re.compile(
            rf"\b(?:the|that|this|both|all(?:\s+the)?|those|these)\s+(?:(?P<adj>[\w'’-]+(?:\s+[\w'’-]+)?)\s+)?"
            rf"(?:ones?|{single})(?:\s+(?:{_LINKS})\s+(?P<what>[^,.;!?\n]{{2,60}}))?",
            re.IGNORECASE,
        )

    def refine(self, text: str, found: Sequence[Found]) -> list[Found]:
        """Mentions by title, where the words around them say which of several items is meant, or all of a series."""
        return [one for each in found for one in (self._refined(text, each) if each.item_id else [each])]

    def is_series(self, text: str, found: Found) -> bool:
        """Whether the words around a mention by title make it one of a whole series."""
        return bool(self._all(text, found) is not None and found.item_id and self._of(found.item_id))

    @staticmethod
    def is_refused(text: str, found: Found) -> bool:
        """Whether the words before a mention say that it is not to be listed: "no Star Wars", "anything but Heat"."""
        return _REFUSES.search(text[max(0, found.start - _NEAR) : found.start]) is not None

    def _all(self, text: str, found: Found) -> int | None:
        """Where the words end that say all of a series: "Rocky movies", "every Rocky movie", "no Rocky"."""
        after = text[found.end : found.end + _NEAR]
        before = text[max(0, found.start - _NEAR) : found.start]
        whole = self._whole.match(after) or (self._single.match(after) if _EACH.search(before) else None)
        if whole is None:
            return found.end if _REFUSES.search(before) or _TIRED_OF.search(before) else None
        return found.end + whole.end()

    def _refined(self, text: str, found: Found) -> Iterator[Found]:
        after = text[found.end : found.end + _NEAR]
        ahead = max(0, found.start - _NEAR)
        nth = _NTH.search(text[ahead : found.start])
        whole = self._all(text, found)
        series = self._of(found.item_id) if nth is not None or whole is not None else ()
        if series and nth is not None and _PLACES[nth["word"].lower()] < len(series):
            yield replace(found, item_id=series[_PLACES[nth["word"].lower()]], start=ahead + nth.start())
            return
        if whole == found.end:  # "no Batman": The LEGO Batman Movie is none of the series, and still one
            series = tuple(dict.fromkeys((*series, *self._bearing(text[found.start : found.end]))))
        if series and whole is not None:
            for item_id in series:
                yield replace(found, item_id=item_id, end=whole)
            return
        last = _NTH_AFTER.match(after)
        if last is not None:  # "Die Hard, the first one"
            series = self._of(found.item_id)
            if series and _PLACES[last["word"].lower()] < len(series):
                place = series[_PLACES[last["word"].lower()]]
                yield replace(found, item_id=place, end=found.end + last.end())
                return
        namesakes = self._titles.namesakes(found.item_id)
        if apart := self._apart(text, found, namesakes):
            yield from apart
            return
        year = _YEAR_OF.match(after)
        if year is not None:
            spec = self._catalog.schema.year
            for item_id in namesakes:
                value = self._catalog[item_id].get(spec.name) if spec is not None else None
                if str(value)[:4] == (year["a"] or year["b"]):
                    yield replace(found, item_id=item_id, end=found.end + year.end())
                    return
        held = _HELD_BY.match(after)
        if held is not None:
            for item_id in namesakes:
                size = self._names(after[held.end() :], self._catalog[item_id])
                if size:
                    yield replace(found, item_id=item_id, end=found.end + held.end() + size)
                    return
        yield found

    def _apart(self, text: str, found: Found, namesakes: Sequence[str]) -> list[Found]:
        """The items of one title that years tell apart: "the 1982 and 2011 The Thing"."""
        rows = {one: self._titles.year(self._catalog.row(one)) for one in namesakes}
        years = {one: int(year) for one, year in rows.items() if year is not None}
        told = told_apart(text, (found.start, found.end), years) if len(years) > 1 else []
        return [replace(found, item_id=item, start=place[0], end=place[1]) for item, place in told]

    def pointed(self, text: str, listed: Sequence[str]) -> list[Found]:
        """The items of a list that are told by what they hold: "the one with Nicole Kidman", "both French ones"."""
        items = [self._catalog[one] for one in listed if one in self._catalog]
        found: list[Found] = []
        for match in self._one.finditer(text) if items else ():
            if (match["adj"] or "").lower() in _PLACES:
                continue
            for part in ("what", "adj"):
                if not match[part]:
                    continue
                start = match.start(part)
                sizes = {item.id: self._held(match[part], item, whole=part == "adj") for item in items}
                longest = max(sizes.values(), default=0)
                if longest and not all(sizes.values()):
                    end = start + longest if part == "what" else match.end("adj")
                    if part == "adj":  # "the Hitchcock ones"
                        end = match.end() if match["what"] is None else match.start("what")
                    found += [
                        Found(item_id, match.start(), end, 100.0)
                        for item_id, size in sizes.items()
                        if size == longest
                    ]
                    break
        return found

    def namesake(self, text: str, named: Sequence[str]) -> list[Found]:
        """The item of the same name as one named before that "the 1982 one" means, the newest first."""
        spec = self._catalog.schema.year
        for match in _YEAR_ONE.finditer(text) if spec is not None else ():
            for item_id in reversed(named):
                for other in self._titles.namesakes(item_id):
                    if spec is not None and str(self._catalog[other].get(spec.name))[:4] == match[1]:
                        return [Found(other, match.start(), match.end(), 100.0)]
        return []

    def _of(self, item_id: str) -> tuple[str, ...]:
        rows = series_of(self._catalog).of(self._catalog.row(item_id))
        return tuple(self._catalog.items[row].id for row in rows)

    def _bearing(self, name: str) -> tuple[str, ...]:
        """The items whose titles hold a name, unless it is one everyday word."""
        key = " ".join(form for form in forms(name) if form not in ARTICLES)
        if len(key) < 4 or (" " not in key and key in ordinary_words()):
            return ()
        words, titles, ids = self._catalog.title_words, self._catalog.titles, self._catalog.ids
        rows = reduce(np.intersect1d, [words.rows(stem(form)) for form in key.split()])
        return tuple(ids[row] for row in rows.tolist() if f" {key} " in f" {' '.join(forms(titles[row]))} ")

    def _names(self, text: str, item: Item) -> int:
        """How many characters of a text's beginning name a person of the item's record."""
        return self._held(text, item, people=True)

    def _held(self, text: str, item: Item, people: bool = False, whole: bool = False) -> int:
        """How many characters of a text's beginning are a value of the item's record; with `whole`, all must be."""
        said = words(text)
        here = [stem(word.form) for word in said]
        best = 0
        for value in self._values(item, people):
            parts = forms(value)
            ways = [parts, parts[-1:]] if len(parts) > 1 and self._is_person(item, value) else [parts]
            for way in ways:
                key = [stem(part) for part in way]
                skip = 1 if here[:1] in (["the"], ["a"]) and key[:1] != here[:1] else 0
                if not key or here[skip : skip + len(key)] != key or (whole and len(here) != skip + len(key)):
                    continue
                if len(key) == 1 and (key[0] in FUNCTION_WORDS or len(key[0]) < 3):
                    continue
                best = max(best, said[skip + len(key) - 1].end)
        return best

    def _values(self, item: Item, people: bool) -> Iterator[str]:
        for spec in self._catalog.schema.names if people else self._catalog.schema.valued:
            yield from item.values(spec.name)
        year = self._catalog.schema.year
        if not people and year is not None and item.get(year.name) is not None:
            yield str(item.get(year.name))[:4]

    def _is_person(self, item: Item, value: str) -> bool:
        return any(value in item.values(spec.name) for spec in self._catalog.schema.names)
