"""Values that a wish calls by some of their words: "stout" of *Oatmeal Stout*, "tow bar" of *Towbar*."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from wherefore.catalog.concepts import Concept, kinds
from wherefore.reading.vocabulary import Value, Vocabulary, key_of
from wherefore.text import FUNCTION_WORDS, stems

_ROOT = 4  # letters that forms of one word share at least
_ENDINGS = frozenset("ing er ers or ors ed y ies e es s ly ish en ist ists ian ness ful ic ical".split()) | {
    ""
}
_WITHOUT = frozenset("free non without no not zero".split())
_MOST = 12  # values that a wish stands for
_MOST_OF_KIND = 40  # that a kind stands for
_REMEMBERED = 1_000  # wishes of which it is remembered what they stand for
_SHARE = 0.6  # of the items, beyond which a word tells nothing


def akin(one: str, other: str) -> bool:
    """Whether two stems are forms of one word.

    >>> akin("surfing", "surf"), akin("baker", "baking"), akin("form", "formula"), akin("sun", "sunny")
    (True, False, False, False)
    """
    if one == other:
        return True
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    if shared < _ROOT:
        return False
    return one[shared:] in _ENDINGS and other[shared:] in _ENDINGS


class PartialValues:
    """Finds the values of fields with few that hold all words of a wish, or are of the kind that it names.

    "Stouts" are *Oatmeal Stout* and *Dry Stout*, and a "metal" one is of *steel* or *brass*.

    Args:
        words: The vocabulary of a catalogue.
        size: How many items it has.
    """

    def __init__(self, words: Vocabulary, size: int) -> None:
        self._nouns, self._size = words.nouns, size
        self._values = [
            (value, frozenset(key.split()))
            for key, same in words.values.items()
            for value in same
            if value.few
        ]
        self._keys = [
            (value, f" {key} ") for key, same in words.values.items() for value in same if value.few
        ]
        self._found = lru_cache(_REMEMBERED)(self._look)  # a message is read again with every later turn
        self._begins: dict[str, list[int]] = {}
        for number, (_, told) in enumerate(self._values):
            for form in told:
                self._begins.setdefault(form[:_ROOT], []).append(number)

    def of(self, piece: str) -> list[Value]:
        """The values of one field that a wish stands for, the most frequent first; none where it says too little.

        >>> from wherefore.catalog.catalog import Catalog
        >>> styles = 4 * ["Oat Stout", "Dry Stout", "Gose", "Porter"]
        >>> beers = [{"title": str(number), "style": style} for number, style in enumerate(styles)]
        >>> [one.value for one in PartialValues(Vocabulary(Catalog.from_records(beers)), 16).of("some stouts")]
        ['Oat Stout', 'Dry Stout']
        """
        return list(self._found(piece))

    def _look(self, piece: str) -> tuple[Value, ...]:
        told = [one for one in stems(piece) if one not in FUNCTION_WORDS and one not in self._nouns]
        if not told or not all(one.isalpha() and len(one) > 2 for one in told):
            return ()
        found = [value for said in {tuple(told), ("".join(told),)} for value in self._holding(said)]
        named = dict.fromkeys([*kinds().all_called(" ".join(told)), *kinds().all_called(piece)])
        concepts = [one for one in named if not one.rules_out]
        for concept in concepts:
            if concept.of_things:
                found = [value for value in found if not self._is_spared(value, concept)]
            found += self._of_kind(concept)
        by_field: dict[str, list[Value]] = {}
        for value in dict.fromkeys(found):
            by_field.setdefault(value.field, []).append(value)
        best = max(by_field.values(), key=lambda same: sum(value.count for value in same), default=[])
        if (
            len(best) > (_MOST_OF_KIND if concepts else _MOST)
            or sum(value.count for value in best) > _SHARE * self._size
        ):
            return ()
        return tuple(sorted(best, key=lambda value: -value.count))

    def _of_kind(self, concept: Concept) -> list[Value]:
        """The values that name something of a kind."""
        named, unless = ([f" {key_of(one)} " for one in some] for some in (concept.named_by, concept.unless))
        whole = {f" {key_of(one)} " for one in concept.values}
        return [
            value
            for value, key in self._keys
            if key in whole
            or any(one in key for one in named)
            and not any(one in key for one in unless)
            and _WITHOUT.isdisjoint(key.split())
        ]

    def _is_spared(self, value: Value, concept: Concept) -> bool:
        """Whether a value names something of a kind only within an exception: *Spring Roll*, of spring."""
        unless = [f" {key_of(one)} " for one in concept.unless]
        keys = [key for other, key in self._keys if other == value]
        return any(one in key for one in unless for key in keys)

    def _holding(self, said: Sequence[str]) -> list[Value]:
        """The values that have all of some words."""
        places = self._begins.get(said[0][:_ROOT], ())
        return [
            self._values[place][0] for place in dict.fromkeys(places) if _all_in(said, self._values[place][1])
        ]


def _all_in(said: Sequence[str], told: Collection[str]) -> bool:
    """Whether a value has some words, and is not said to be without them: "dairy" is none of what is dairy-free."""
    if not _WITHOUT.isdisjoint(told) and _WITHOUT.isdisjoint(said):
        return False
    return all(any(_may_call(one, other, len(told) > len(said)) for other in told) for one in said)


def _may_call(one: str, other: str, partly: bool) -> bool:
    """Whether a word calls that of a value; a doer or a thing no part of a longer one: "jumpers" no *jump scares*."""
    return akin(one, other) and not (partly and one != other and one.endswith(("er", "or")))
