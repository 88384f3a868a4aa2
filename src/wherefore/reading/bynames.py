"""By-names: what an item is called by beside its title: its maker, its colour, its sort, words of its record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce

import numpy as np

from wherefore.catalog.catalog import Catalog, Item, PerCatalog
from wherefore.catalog.concepts import having, kinds, tells_stories
from wherefore.reading.values import ValueFinder
from wherefore.text import FUNCTION_WORDS, Word, holds_run, ordinary_words, stem, stems, words

_MOST = 6  # items of a value by which one may be called
_FEW = 3  # items that one everyday word of their titles may mean
_MOST_FORMS = 20_000  # words of titles among which a misspelt one is looked for
_FUZZY, _FUZZY_LEAST = 83, 5  # likeness of a misspelt word, and its letters


class ByNames:
    """Knows which items words mean, among some and in the whole catalogue.

    Args:
        catalog: The catalogue.
        values: Finds its values.
        nouns: What an item is called: "movie", "films".
    """

    def __init__(self, catalog: Catalog, values: ValueFinder, nouns: Collection[str]) -> None:
        self._catalog, self._values, self._nouns = catalog, values, frozenset(nouns)
        self.tales = tells_stories(catalog)  # whose titles do not say what they are

    def is_telling(self, word: Word) -> bool:
        """Whether a word is no everyday one, or written like a name."""
        rank = ordinary_words().get(word.form)
        return (
            (rank is None or word.capital and not word.first)
            and len(word.form) > 1
            and not word.form.isdigit()
        )

    def is_called(self, item: Item, keys: Sequence[str], anywhere: bool) -> bool:
        """Whether words are in an item's title, or name who makes it; a single everyday word must end the title."""
        title = stems(item.title)
        if set(keys) <= set(title):
            return anywhere or title[-1] == keys[-1]
        return self._has_maker(item, keys) or anywhere and self._is_one(item, keys)

    def _is_one(self, item: Item, keys: Sequence[str]) -> bool:
        """Whether words are of the only value of a field: a Labrador, of the breed Labrador Retriever."""
        each = (item.values(spec.name) for spec in self._catalog.schema.tags)
        return any(len(values) == 1 and set(keys) <= set(stems(values[0])) for values in each)

    def _has_maker(self, item: Item, keys: Sequence[str]) -> bool:
        makers = (value for spec in self._catalog.schema.names for value in item.values(spec.name))
        return any(set(keys) <= set(stems(value)) for value in makers)

    def has_one(self, item: Item, values: Collection[tuple[str, str]]) -> bool:
        """Whether it has one of some values as the only one of the field: a colour, a sex, and no equipment."""
        return any(item.values(field) == (value,) for field, value in values)

    def among(self, said: str, told: Sequence[Word], listed: Sequence[str]) -> list[str]:
        """Those listed that are called so, by what tells most: title and values, texts, likeness, colours."""
        if not listed:
            return []
        keys = [stem(w.form) for w in told]
        values = self.spoken(said)
        items = [self._catalog[one] for one in listed]
        rows = [self._catalog.row(one) for one in listed]

        def named() -> list[bool]:
            return [self._says(item, keys) or self._holds(item, values) for item in items]

        def recorded() -> list[bool]:
            held = having(self._catalog, " ".join(w.form for w in told))
            return [bool(held[row]) for row in rows]

        def alike() -> list[bool]:
            return [self.is_like(item, told) for item in items]

        def coloured() -> list[bool]:
            kind = kinds().called(f"{' '.join(w.form for w in told)} colours")
            runs = [] if kind is None else [stems(one) for one in kind.named_by]
            return [any(holds_run(one, run) for one in self._said_of(item) for run in runs) for item in items]

        for look in (named, recorded, coloured, alike):
            fits = look()
            if any(fits) and (len(listed) == 1 or not all(fits)):
                return [one for one, fit in zip(listed, fits, strict=True) if fit]
        return []

    def anywhere(self, told: Sequence[Word], listed: Sequence[str]) -> list[str]:
        """The items of the catalogue whose titles hold all words, where these say enough."""
        if not listed or len(told) < 2 and self.tales:
            return []
        keys = [stem(w.form) for w in told]
        if len(keys) == 1:  # what a maker or a value is called by counts as well
            found = self._naming(keys[0])
        else:
            found = self._in_titles(keys)
        if not found:
            found = self._in_titles([stem(self._spelt(w.form)) for w in told])
        return found if len(told) > 1 or len(found) <= _FEW else []

    def _naming(self, key: str) -> list[str]:
        """The items of the catalogue whose titles, makers or values hold a word; none where these are many."""
        held = [
            (spec.name, value, count)
            for spec in self._catalog.schema.valued
            for value, count in self._catalog.vocabulary(spec.name).items()
            if key in stems(value)
        ]
        found = dict.fromkeys(self._in_titles([key]))
        if len(found) > _FEW or sum(count for *_, count in held) > _FEW * 2:
            return []
        if held:
            pairs = {(field, value) for field, value, _ in held}
            found |= dict.fromkeys(item.id for item in self._catalog if self._holds(item, pairs))
        return list(found)

    def _in_titles(self, keys: Sequence[str]) -> list[str]:
        """The items of the catalogue whose titles hold all words."""
        ids, postings = self._catalog.ids, self._catalog.title_words
        return [ids[row] for row in reduce(np.intersect1d, [postings.rows(key) for key in keys]).tolist()]

    def _spelt(self, form: str) -> str:
        """A word as titles spell it, where it is none of theirs and like one of them."""
        from rapidfuzz import fuzz, process

        known = _title_forms(self._catalog)
        if form in known or len(form) < _FUZZY_LEAST or len(known) > _MOST_FORMS:
            return form
        found = process.extractOne(form, known, scorer=fuzz.ratio, score_cutoff=_FUZZY)
        return form if found is None else found[0]

    def in_catalog(self, keys: Sequence[str]) -> list[str]:
        """The items that are called so: by their titles, their makers, or the only value of a field, as a breed is."""
        if found := self._in_titles(keys):
            return found
        held = [
            (spec.name, value)
            for spec in self._catalog.schema.valued
            for value, count in self._catalog.vocabulary(spec.name).items()
            if (spec.has_names or count <= _MOST) and set(keys) <= set(stems(value))
        ]
        items = self._catalog if held else ()
        return [item.id for item in items if any(item.values(field) == (value,) for field, value in held)]

    def _says(self, item: Item, keys: Sequence[str]) -> bool:
        """Whether title and values, by which it is said as well, hold all words."""
        return set(keys) <= {word for one in self._said_of(item) for word in one}

    def _said_of(self, item: Item) -> list[list[str]]:
        """The words of its title and of each of its values, as it is said."""
        values = (
            spec.spoken(value) for spec in self._catalog.schema.valued for value in item.values(spec.name)
        )
        return [list(stems(one)) for one in (item.title, *values)]

    def _holds(self, item: Item, values: Collection[tuple[str, str]]) -> bool:
        return any(value in item.values(field) for field, value in values)

    def spoken(self, said: str) -> list[tuple[str, str]]:
        """The values that words stand for: (field, value)."""
        here = words(said)
        spans = self._values.passage(said, here).spans
        if len(spans) != 1:
            return []
        first, end, key, is_person = spans[0]
        rest = [*here[:first], *here[end:]]
        if any(w.form not in FUNCTION_WORDS and w.form not in self._nouns for w in rest):
            return []
        return [(one.field, one.value) for one in self._values.words.all(key, is_person)]

    def is_like(self, item: Item, told: Sequence[Word]) -> bool:
        """Whether a title holds all words, some of them misspelt."""
        from rapidfuzz import fuzz

        title = [word.form for word in words(item.title)]
        plain = set(map(stem, title))
        for word in told:
            if stem(word.form) in plain:
                continue
            close = len(word.form) >= _FUZZY_LEAST and any(
                fuzz.ratio(word.form, one) >= _FUZZY for one in title if len(one) >= _FUZZY_LEAST - 1
            )
            if not close:
                return False
        return True


def is_name(word: Word) -> bool:
    """Whether a word is written like a name."""
    return word.capital and not word.first and not word.form.isdigit()


_title_forms = PerCatalog(
    lambda catalog: frozenset(word.form for title in catalog.titles for word in words(title))
)
