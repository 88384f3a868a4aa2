"""The vocabulary of a catalogue: its values and people, by the words that people use for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from rapidfuzz.distance import OSA

from wherefore.catalog.abroad_words import alike, spelt
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.derived import ByKey, Keys, Parts, Ragged
from wherefore.catalog.feelings import feelings
from wherefore.catalog.flags import called
from wherefore.catalog.lexicon import item_nouns, lexicon
from wherefore.catalog.naming import singular
from wherefore.catalog.schema import FieldSpec
from wherefore.reading.cues import CUES, FILL, MUTE
from wherefore.reading.known_names import KnownNames
from wherefore.text import Word, forms, ordinary_words, stem, stems

_FEW = 200  # a field with at most so many values, each of two items or more on average, is like a genre
_ALIKE = 3  # tags that a word of feeling leads to at most
_LONGEST = 6  # words of a value
_SORTS = (
    8  # a field with so few values may tell "Movie" from "TV Show", though both are what items are called
)
_SIZE = "size"  # the label of a field whose codes of one letter people say: "in M"
_PARTICLES = frozenset("de del da di du la le van von der den st mc".split())


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a field, and of how many items."""

    field: str
    value: str
    count: int
    few: bool  # whether the field has few values that many items share, like a genre

    @property
    def key(self) -> str:
        """The form in which it is looked up."""
        return key_of(self.value)


def key_of(text: str) -> str:
    """The form in which values are looked up: folded words, each in the singular.

    >>> key_of("Sci-Fi Comedies")
    'sci fi comedy'
    """
    return " ".join(stems(text))


def key_at(said: Iterable[Word]) -> str:
    """The same of words that are cut already."""
    return " ".join(stem(word.form) for word in said)


@lru_cache(maxsize=1)
def _thing_words() -> frozenset[str]:
    """What items of any catalogue are called, as keys."""
    return frozenset(key_of(word) for noun, words in lexicon()["nouns"].items() for word in (noun, *words))


_SHOWN = frozenset("movie film show tv series book novel game song track music podcast".split())


def _originals(spec: FieldSpec, vocabulary: Collection[str]) -> Iterator[tuple[str, str]]:
    """What else stands for values of a catalogue in another language: its own words, as they are spelt, and others.

    Words that English has as well ("rot", "pain") mean what they do there.
    """
    usual = ordinary_words()
    pairs = [(said, english) for said, english in spec.means.items() if english in vocabulary]
    if spec.flag and spec.english:
        pairs.append((spec.name, spec.flag))
    for said, english in pairs:
        for written in dict.fromkeys((said, spelt(said))):
            if not all(form in usual or form.isdigit() for form in forms(written)):
                yield written, english
    for english in dict.fromkeys(english for _, english in pairs):
        for said in alike(english):
            yield said, english


def _bare(key: str) -> str:
    """Of a key that ends in what items are called, or begins with "tv", the rest: "crime" of "crime tv show"."""
    words = key.split()
    while words and words[-1] in _SHOWN:
        words.pop()
    if len(words) > 1 and words[0] == "tv":
        words = words[1:]
    bare = " ".join(words)
    return "" if bare == key or bare in MUTE or bare in CUES else bare


class Vocabulary:
    """The values and people of a catalogue; a word may mean several, or stand for some as a synonym.

    Args:
        catalog: The catalogue.

    Attributes:
        nouns: What its items are called.
        labels: Words of the names of its fields with tags: "with the genre drama".
        values: Its tags, by key.
        synonyms: What else stands for tags, by key: each of `A` or `A + B`, values that are meant together.
        begun: Keys of values that begin with a word that says nothing by itself: "new york".
        places: Keys of values that something is from, or in: "Germany", "French".
        longest: Words of the longest key.
        people: Its names, by folded name.
        surnames: By folded last name, who bears it, and in how many items.
        firsts: By the word that begins a full name, who bears it, and in how many items.
        names: Words of full names.
        known: Who is meant by one name alone.
        phrases: How each field of names is spoken of: "directed by {}".
    """

    def __init__(self, catalog: Catalog) -> None:
        self.nouns = item_nouns(catalog)
        self.labels = {
            form
            for spec in catalog.schema.tags
            for word in forms(spec.label or spec.name)
            for form in (word, singular(word))
        }
        self.synonyms: dict[str, list[str]] = {
            key_of(word): values for word, values in lexicon()["words"].items()
        }
        self._feelings = {key_of(head): tags for head, tags in feelings().items()}
        self.values: dict[str, list[Value]] = {}
        self._coded: set[str] = set()  # keys that stand for codes
        self.begun: set[str] = set()
        self.places: set[str] = set()
        self.longest = 4
        self._width: dict[str, int] = {}  # how many values a field has
        for spec in catalog.schema.tags:
            vocabulary = catalog.vocabulary(spec.name)
            self._width[spec.name] = len(vocabulary)
            few = len(vocabulary) <= _FEW and sum(vocabulary.values()) >= 2 * len(vocabulary)
            for value, count in vocabulary.items():
                if spec.codes and self._add_code(spec, Value(spec.name, value, count, few)):
                    continue
                key = key_of(value)
                if " " in key and key.split()[0] in FILL and not few:
                    self.begun.add(key)
                sort = 1 < len(vocabulary) <= _SORTS and key in _thing_words() and key not in CUES
                if key and (sort or not (key in MUTE or value.lower() in MUTE)):
                    self.values.setdefault(key, []).append(Value(spec.name, value, count, few))
                    if spec.is_place:
                        self.places.add(key)
                    self.longest = max(self.longest, min(key.count(" ") + 1, _LONGEST))
                if few and (kind := _bare(key)):  # "a crime series", of "Crime TV Shows"
                    self.synonyms[kind] = [*self.synonyms.get(kind, ()), value]
            for phrase in called(spec.flag):
                self.synonyms[key_of(phrase)] = [*self.synonyms.get(key_of(phrase), ()), spec.flag]
            for said, value in _originals(spec, vocabulary):
                self.synonyms[key_of(said)] = [*self.synonyms.get(key_of(said), ()), value]
        self.phrases = {spec.name: spec.phrase.lower() for spec in catalog.schema.names}
        parts = catalog.derived.get("people", lambda: _People(catalog).parts())
        self.names: Collection[str] = parts["names"]
        self.people: Mapping[str, list[Value]] = _PeopleByName(catalog, parts)
        self.surnames: Mapping[str, Mapping[str, int]] = _Bearers(parts, "surname")
        self.firsts: Mapping[str, Mapping[str, int]] = _Bearers(parts, "first")
        self.known = KnownNames(catalog, self.people, self.firsts, self.surnames)

    def _add_code(self, spec: FieldSpec, value: Value) -> bool:
        """Take in a value by what it is a code for, and as it is written where that is no word; False of no code."""
        said = spec.stands_for(value.value)
        if not said:
            return False
        keys = [key_of(one) for one in said]
        keys = [key for key in keys if key and key not in MUTE]
        if not keys:
            return False
        own = key_of(value.value)
        size = spec.codes is not None and len(own) == 1 and _SIZE in key_of(spec.label or spec.name).split()
        if own and (size or len(own) > 1 and own not in ordinary_words() and own not in MUTE):
            keys.append(own)
        for key in dict.fromkeys(keys):
            self.values.setdefault(key, []).append(value)
            self._coded.add(key)
            if spec.is_place:
                self.places.add(key)
            self.longest = max(self.longest, min(key.count(" ") + 1, _LONGEST))
        return True

    @cached_property
    def _genres(self) -> set[str]:
        """Keys of fields with few values, and of words that stand for such values."""
        return {key for key in self.values if self.is_genre(key)} | {
            word for word in self.synonyms if self.asks_for_genre(word)
        }

    @cached_property
    def kinds(self) -> set[str]:
        """The folded values of fields with few values, and the words that stand for some: not titles."""
        spelt = {" ".join(forms(word)) for word in lexicon()["words"]}
        spelt = {word for word in spelt if key_of(word) in self._genres}
        return self._genres | spelt | {f"{key}s" for key in self._genres}

    def knows(self, key: str) -> bool:
        """Whether a key is a value, or stands for one."""
        return self.tells(key) or bool(self.felt(key))

    def tells(self, key: str) -> bool:
        """Whether a key is a value, or a synonym of one."""
        return key in self.values or self._stands_for(key)

    def _stands_for(self, key: str) -> bool:
        """Whether a key is a synonym of a value that the catalogue has."""
        return any(self._lookup(value) for value in self.synonyms.get(key, ()))

    def felt(self, key: str) -> list[Value]:
        """The tags that mean what a word of feeling says, the best first, where it is none itself: "calm" is quiet."""
        if key not in self._feelings or self.tells(key):
            return []
        found = [
            max(same, key=lambda value: value.count)
            for tag in self._feelings.get(key, ())
            if (same := self._lookup(tag))
        ]
        return found[:_ALIKE]

    def is_genre(self, key: str) -> bool:
        """Whether a key is a value of a field with few."""
        return any(value.few for value in self.values.get(key, ()))

    def is_code(self, key: str) -> bool:
        """Whether a key is what a code stands for."""
        return key in self._coded

    def asks_for_genre(self, key: str) -> bool:
        """Whether a key asks for a value of a field with few."""
        return any(value.few for value in self.wanted(key))

    def is_place(self, key: str) -> bool:
        """Whether a key, or what its first known synonym stands for, is a place that something is from."""
        found = (self._lookup(one) for one in self.synonyms.get(key, ()))
        return key in self.places or any(v.key in self.places for v in next(filter(None, found), ()))

    def _lookup(self, value: str) -> list[Value]:
        """The catalogue's values written like this, whatever their case; both parts of `A + B`, or none."""
        parts = [self.values.get(key_of(part), []) for part in str(value).split(" + ")]
        return [one for same in parts for one in same] if all(parts) else []

    def _narrowest(self, values: Iterable[Value]) -> list[Value]:
        """Of values of fields with few, those of the field with the fewest."""
        few = [value for value in values if value.few]
        width = min((self._width[value.field] for value in few), default=0)
        return [value for value in few if self._width[value.field] == width]

    def wanted(self, key: str) -> list[Value]:
        """What a wanted word asks for: one value of a field with few values, or else up to three."""
        if felt := self.felt(key):
            return felt
        for values in self.synonyms.get(key, ()):
            found = self._lookup(values)
            if narrow := self._narrowest(found):
                return narrow if " + " in values else [max(narrow, key=lambda v: v.count)]
            if found and key not in self.values:
                break
        else:
            if narrow := self._narrowest(self.values.get(key, ())):
                if key in self._coded:  # "hard" is D4 and D5, "weekend" Sat and Sun
                    return sorted(narrow, key=lambda v: -v.count)
                return [max(narrow, key=lambda v: v.count)]
        return sorted(self.all(key), key=lambda v: -v.count)[:3]

    def all(self, key: str, is_person: bool = False) -> list[Value]:
        """Everything that a word may mean, and rules out when it is unwanted."""
        if is_person:
            return self.who(key)
        found = [*self.values.get(key, ()), *self.felt(key)]
        for values in self.synonyms.get(key, ()):
            if " + " not in values:
                found += [v for v in self._lookup(values) if v not in found]
        return found

    def who(self, key: str) -> list[Value]:
        """The people of a full name; of a name alone that several have, which few may be meant, each of them."""
        if key in self.people:
            return self.people[key]
        return [value for name in self.known.bearers(key) for value in self.people[name]]

    def each(self, values: Sequence[Value]) -> list[Value]:
        """Of values that name somebody, the first of each person: which one is meant may be open."""
        return list({key_of(value.value): value for value in reversed(values)}.values())[::-1]

    def together(self, key: str) -> list[Value]:
        """The values that a word stands for together: "romcom" is Romance and Comedy. Empty when it is none such."""
        mixtures = (
            self._narrowest(self._lookup(values)) for values in self.synonyms.get(key, ()) if " + " in values
        )
        return next(filter(None, mixtures), [])

    def nearest(self, form: str) -> str | None:
        """The key of one word, of a field with few values, that a word misses by a slip: "horrro"."""
        most = 1 if len(form) < 8 else 2
        key = stem(form)
        best = min(
            self._single, key=lambda known: (OSA.distance(known, key, score_cutoff=most), known), default=""
        )
        return best if best and OSA.distance(best, key) <= most and best[0] == key[0] else None

    @cached_property
    def _single(self) -> list[str]:
        return sorted(key for key in self._genres if len(key) > 4 and " " not in key)

    def best_known(self, last: str) -> str | None:
        """The person of a last name who is in the most items."""
        bearers = self.surnames.get(last, {})
        return max(bearers, key=lambda name: bearers[name]) if bearers else None

    def is_unusual(self, form: str) -> bool:
        """Whether a word is none of everyday English."""
        return form not in ordinary_words()


class _People:
    """Collects the people of a catalogue, each by the number of the field and of the value in it."""

    def __init__(self, catalog: Catalog) -> None:
        self._people: dict[str, list[tuple[int, int]]] = {}
        self._surnames: dict[str, dict[str, int]] = {}
        self._firsts: dict[str, dict[str, int]] = {}
        self._names: dict[str, None] = {}
        for place, spec in enumerate(catalog.schema.names):
            for number, (value, count) in enumerate(catalog.vocabulary(spec.name).items()):
                self._add(place, number, forms(value), count)

    def _add(self, place: int, number: int, parts: Sequence[str], count: int) -> None:
        if not parts:
            return
        key = " ".join(parts)
        self._people.setdefault(key, []).append((place, number))
        if len(parts) == 1:
            return
        self._names.update(dict.fromkeys(part for part in parts if len(part) > 2))
        firsts = self._firsts.setdefault(parts[0], {})
        firsts[key] = firsts.get(key, 0) + count
        lasts = [parts[-1]]
        if len(parts) > 2 and parts[-2] in _PARTICLES:
            lasts.append(" ".join(parts[-2:]))  # "De Niro"
        for last in lasts:
            surnames = self._surnames.setdefault(last, {})
            surnames[key] = surnames.get(key, 0) + count

    def parts(self) -> dict[str, Any]:
        """For `Derived.get`."""
        keys = Keys.of(list(self._people))
        entries = [one for same in self._people.values() for one in same]
        return {
            "keys": keys,
            "starts": np.concatenate([[0], np.cumsum([len(same) for same in self._people.values()])]).astype(
                int
            ),
            "fields": np.array([place for place, _ in entries], dtype=np.int16),
            "numbers": np.array([number for _, number in entries], dtype=np.int32),
            "names": Keys.of(list(self._names)),
            **_borne("surname", self._surnames, keys),
            **_borne("first", self._firsts, keys),
        }


def _borne(name: str, bearers: Mapping[str, Mapping[str, int]], keys: Keys) -> dict[str, Any]:
    people = Ragged.of([keys.get(key) for key in borne] for borne in bearers.values())
    counts = [count for borne in bearers.values() for count in borne.values()]
    return {
        f"{name}_keys": Keys.of(list(bearers)),
        f"{name}_starts": people.starts,
        f"{name}_people": people.numbers,
        f"{name}_counts": np.array(counts, dtype=np.int32),
    }


class _PeopleByName(ByKey[list[Value]]):
    """The people of each folded name, made when they are asked for."""

    def __init__(self, catalog: Catalog, parts: Parts) -> None:
        self._fields = [spec.name for spec in catalog.schema.names]
        self._counts = [catalog.vocabulary(name) for name in self._fields]
        super().__init__(parts["keys"])
        self._starts, self._in, self._numbers = parts["starts"], parts["fields"], parts["numbers"]

    def of_number(self, number: int) -> list[Value]:
        """As of `ByKey`."""
        here = slice(int(self._starts[number]), int(self._starts[number + 1]))
        found = []
        for place, one in zip(self._in[here].tolist(), self._numbers[here].tolist(), strict=True):
            value, count = self._counts[place].at(one)
            found.append(Value(self._fields[place], value, count, False))
        return found


class _Bearers(ByKey[Mapping[str, int]]):
    """Who bears each name, and in how many items, made when it is asked for."""

    def __init__(self, parts: Parts, name: str) -> None:
        super().__init__(parts[f"{name}_keys"])
        self._people: Keys = parts["keys"]
        self._who = Ragged(parts[f"{name}_starts"], parts[f"{name}_people"])
        self._counts = Ragged(parts[f"{name}_starts"], parts[f"{name}_counts"])

    def of_number(self, number: int) -> Mapping[str, int]:
        """As of `ByKey`."""
        people = [self._people[one] for one in self._who[number].tolist()]
        return dict(zip(people, self._counts[number].tolist(), strict=True))
