"""What a catalogue calls what somebody asks for in words that no record has: of "ceramics" it tells as pottery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import naming_in_any_form, tells_stories
from wherefore.catalog.items import Item
from wherefore.catalog.lexicon import item_nouns
from wherefore.dialogue.messages import Dialogue
from wherefore.retrieval.index import Index
from wherefore.text import FUNCTION_WORDS, forms, stem

_ALIKE = 0.75  # cosine from which words say the same, or nearly
_SPELT, _SPELT_ALIKE = (
    0.8,
    0.45,
)  # likeness of letters, and cosine, from which a long word is another spelling
_LETTERS = 6  # of a long word
_NEAREST = 12  # records, by their texts and by all that they tell, whose words are compared
_WORDS, _LONG = 600, 3  # words compared at most, and words of a value, or of what somebody asks for
_LARGE = 20_000  # items beyond which nobody misses another word for it
# Words are near to what says the opposite; of these nothing stands in for another.
_OPPOSED = frozenset(
    "wet dry hot cold warm cool light heavy big small large long short soft hard loud quiet thick thin fast slow cheap "
    "expensive old new young open closed indoor outdoor weak strong sweet sour bitter obese underweight fat slim male "
    "female man woman men women boy girl left right high low deep shallow wide narrow rough smooth bright dark".split()
)


class StandIns:
    """Finds words of records that mean what no record names.

    Args:
        index: The catalogue with its vectors.
    """

    def __init__(self, index: Index) -> None:
        self._index = index

    @property
    def catalog(self) -> Catalog:
        """Whose words are found."""
        return self._index.catalog

    def of(self, said: str) -> str:
        """The catalogue's own word for something, or a value; empty where nothing comes close.

        Args:
            said: A word, or a few.
        """
        told = [form for form in forms(said) if form not in FUNCTION_WORDS]
        if not 0 < len(told) <= _LONG or not all(one.isalpha() for one in told) or _OPPOSED & {*told}:
            return ""
        found = self.near(said)
        if found and found[0][1] >= _ALIKE:
            return found[0][0]
        return next((word for word, near in found if near >= _SPELT_ALIKE and _is_spelling(told, word)), "")

    def near(self, said: str) -> list[tuple[str, float]]:
        """The words and values of the nearest records by how like they are to what is said, the closest first."""
        index = self._index
        if not said.strip() or not len(index) or len(index) > _LARGE or tells_stories(index.catalog):
            return []
        sought = index.embed_all([said])[said]
        rows = index.passages.search(sought[None], _NEAREST)[0].tolist() if len(index.passages) else []
        likeness = index.vectors_of(np.arange(len(index))) @ sought
        rows += np.argsort(-likeness, kind="stable")[:_NEAREST].tolist()
        own = set(map(stem, forms(said)))
        told = dict.fromkeys(
            word for row in dict.fromkeys(rows) for word in self._told(index.catalog.items[row], own)
        )
        words = list(told)[:_WORDS]
        if not words:
            return []
        vectors = index.embed_all(words)
        found = [(word, float(vectors[word] @ sought)) for word in words]
        return sorted(found, key=lambda pair: -pair[1])

    def _told(self, item: Item, own: set[str]) -> Iterable[str]:
        """The short values of a record and its words, but for those that say nothing here."""
        catalog = self._index.catalog
        nouns = {stem(noun) for noun in item_nouns(catalog)}
        for spec in catalog.schema.tags:
            for value in item.values(spec.name):
                if 0 < len(forms(value)) <= _LONG and not own & set(map(stem, forms(value))):
                    yield value.lower()
        for form in forms(catalog.text(item)):
            if stem(form) in own or form in _OPPOSED:
                continue
            if len(form) > 2 and form.isalpha() and form not in FUNCTION_WORDS and stem(form) not in nouns:
                yield form


def with_stand_ins(dialogue: Dialogue, stand_ins: StandIns) -> Dialogue:
    """A dialogue with the records' own words for what its newest message wants and no record names."""
    found = {words: stand_ins.of(words) for kind, words in dialogue.unmet if kind == "wanted"}
    number = len(dialogue.messages) - 1
    for place, start, end in dialogue.described:
        piece = dialogue.messages[place].content[start:end]
        told = [form for form in forms(piece) if form not in FUNCTION_WORDS]
        if place == number and piece not in found and told:
            if not naming_in_any_form(stand_ins.catalog, told).any():
                found[piece] = stand_ins.of(piece)
    found = {said: other for said, other in found.items() if other}
    if not found:
        return dialogue
    state = dialogue.preferences
    return replace(
        dialogue,
        instead=tuple(found.items()),
        unmet=tuple((kind, said) for kind, said in dialogue.unmet if kind != "wanted" or said not in found),
        preferences=replace(state, open=tuple(one for one in state.open if one.said not in found)),
    )


def _is_spelling(told: Sequence[str], word: str) -> bool:
    """Whether a word is another spelling of a long one: "licorice", "liquorice"."""
    if len(told) != 1 or min(len(told[0]), len(word)) < _LETTERS or told[0][0] != word[:1]:
        return False
    return SequenceMatcher(None, told[0], word).ratio() >= _SPELT
