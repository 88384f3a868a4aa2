"""What was asked for and nothing, or hardly anything, of a list answers: it is said rather than passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wherefore.catalog.catalog import Item
from wherefore.catalog.concepts import having
from wherefore.catalog.feelings import taste_words
from wherefore.catalog.lexicon import item_nouns
from wherefore.dialogue.messages import Dialogue, last_said
from wherefore.ranking.asked import is_beside
from wherefore.reading.clauses import Span, touch
from wherefore.reading.languages import language_of
from wherefore.retrieval.index import Index
from wherefore.text import FUNCTION_WORDS, forms, stem, stems
from wherefore.writing.understood import Missing

_SHORT = 3  # words that say something in what is asked for by name; more describe
_TITLE = 6  # words of what names an item
_BACK = 3  # messages of the user whose wishes a refinement keeps
_KEEPS = 0.5  # how likely a message goes on from what was said before
_ALIKE = 0.65  # cosine of a wish and a value, or a clause, from which that may say the same in other words
_CALLED = 3  # titles that hold the words of what is asked for by name
_BEGINS = 5  # letters with which words begin that may say the same: "survival", "survive"
_FEW = 0.4  # share of a list up to which it is told which of it answers
_COMMON = 0.5  # share of the catalogue beyond which what is named is no wish
_VALUES = 40  # of an item that are compared with what is asked for
_DOING = re.compile(r"\bto\s+\w+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words of a message that ask for something, and those of them that say what."""

    text: str
    told: tuple[str, ...]
    is_name: bool  # of a place, a brand: what is near to it by meaning is another one
    is_item: bool = False  # whether it names one, which is not here


class Unanswered:
    """Finds what was asked for in words that no listed record has, nor anything like them.

    Args:
        index: The catalogue with its vectors.
    """

    def __init__(self, index: Index) -> None:
        self._index = index

    def of(self, dialogue: Dialogue, items: Sequence[Item], learned: bool = False) -> tuple[Missing, ...]:
        """What the messages ask for by name and few of the listed items answer, in the order in which it was said.

        What the state holds is left out, since the list goes by it, and so is what is open: that is told anyway.

        Args:
            dialogue: What was said.
            items: What is listed.
            learned: Whether dialogues about these items were learned from: then a list may answer what no record says,
                and only what several titles are called by is missed.
        """
        catalog = self._index.catalog
        listed = [one for one in items if one.id in catalog]
        pieces = list(self._pieces(dialogue)) if listed else []
        if learned:
            pieces = [one for one in pieces if one.is_item or self._is_called(one.told)]
        if not pieces:
            return ()
        rows = np.array([catalog.row(item.id) for item in listed], dtype=np.int64)
        named = [having(catalog, " ".join(one.told)) for one in pieces]
        same = [
            naming[rows] | [not one.is_item and self._is_akin(one.told, item) for item in listed]
            for one, naming in zip(pieces, named, strict=True)
        ]
        enough = _FEW * len(listed)
        left = [
            place
            for place, one in enumerate(pieces)
            if not one.is_name and same[place].sum() <= enough  # only of these it matters what is said alike
        ]
        alike = self._likeness([pieces[place].text for place in left], listed, rows)
        for place, near in zip(left, alike, strict=True):
            same[place] |= near >= _ALIKE
        found = []
        for piece, naming, answers in zip(pieces, named, same, strict=True):
            if naming.mean() > _COMMON:
                continue  # what nearly everything here is
            if not answers.any():
                found.append(Missing(piece.text, elsewhere=bool(naming.any()), is_item=piece.is_item))
            elif naming[rows].any() and answers.sum() <= enough:
                having_it = tuple(item for item, has in zip(listed, answers, strict=True) if has)
                found.append(Missing(piece.text, elsewhere=True, only=having_it))
        return tuple(found)

    def _pieces(self, dialogue: Dialogue) -> Iterator[_Piece]:
        """What is asked for by name, each once."""
        messages, newest = dialogue.messages, len(dialogue.messages) - 1
        said = [number for number, one in enumerate(messages) if one.role == "user"][-_BACK:]
        if dialogue.act("refine", "answer") < _KEEPS:
            said = said[-1:]
        nouns = {stem(noun) for noun in item_nouns(self._index.catalog)}
        done: set[tuple[str, ...]] = set()
        for number in said:
            content = messages[number].content
            titles = [(one.start, one.end) for one in dialogue.mentions if one.message == number]
            if language_of(content, titles) is not None:
                continue
            held = [*titles, *self._held(dialogue, number)]
            for place, start, end in dialogue.described:
                if place != number or any(touch((start, end), span) for span in held):
                    continue
                if is_beside(content, start):
                    continue
                text = " ".join(content[start:end].split())
                told = tuple(
                    one for one in forms(text) if one not in FUNCTION_WORDS and stem(one) not in nouns
                )
                doing = number == newest and _DOING.search(content[max(start - 4, 0) : end]) is not None
                if not self._says_a_thing(told) or doing or told in done:
                    continue
                done.add(told)
                yield _Piece(text, told, text[:1].isupper() and bool(content[:start].strip(" .!?\n")))

        for number, start, end in dialogue.unknown:
            text = " ".join(messages[number].content[start:end].split())
            told = tuple(one for one in forms(text) if one not in FUNCTION_WORDS and stem(one) not in nouns)
            is_held = any(touch((start, end), span) for span in self._held(dialogue, number))
            if 0 < len(told) <= _TITLE and told not in done and not is_held:
                done.add(told)
                yield _Piece(text, told, is_name=True, is_item=True)

    @staticmethod
    def _says_a_thing(told: Sequence[str]) -> bool:
        """Whether words ask for something that a record may name; taste is met by what feels alike."""
        if not 0 < len(told) <= _SHORT or not all(form.isalpha() and len(form) > 2 for form in told):
            return False
        return taste_words().isdisjoint(told)

    @staticmethod
    def _held(dialogue: Dialogue, number: int) -> list[Span]:
        """The characters of a message that the state stands for, that are open, or that count no more."""
        state = dialogue.preferences
        said = [one.said for one in (*state.wanted, *state.unwanted)]
        said += [one.said for one in state.limits]
        said += [one.said for one in state.open]
        said += [words for _, words in dialogue.unmet] + [words for words, _ in dialogue.instead]
        said += [] if state.order is None else [state.order.said]
        said += [state.count.said] if state.count is not None else []
        places = [place for words in said if (place := last_said(words, dialogue.messages))]
        return [place[1:] for place in (*places, *dialogue.muted) if place[0] == number]

    def _is_called(self, told: Sequence[str]) -> bool:
        """Whether several titles hold all of some words: "nobody trusts nobody" is no thing that titles name."""
        catalog, sought = self._index.catalog, {stem(word) for word in told}
        naming = np.flatnonzero(catalog.naming(" ".join(told))).tolist()
        return sum(sought <= set(stems(catalog.items[row].title)) for row in naming) >= _CALLED

    def _is_akin(self, told: Sequence[str], item: Item) -> bool:
        """Whether a record has words that begin as each of some words, so that it may say the same: "survival"."""
        begins = {form[:_BEGINS] for form in forms(self._index.catalog.text(item))}
        return all(len(word) >= _BEGINS and word[:_BEGINS] in begins for word in told)

    def _likeness(self, pieces: Sequence[str], items: Sequence[Item], rows: np.ndarray) -> np.ndarray:
        """How like q pieces are to the closest value or clause of each of m items, (q, m)."""
        found = np.full((len(pieces), len(items)), -1.0, dtype=np.float32)
        if not pieces:
            return found
        texts = [self._values_of(item) for item in items]
        embedded = self._index.embed_all([*pieces, *(text for each in texts for text in each)])
        vectors = np.stack([embedded[piece] for piece in pieces])
        for place, each in enumerate(texts):
            if each:
                found[:, place] = (vectors @ np.stack([embedded[text] for text in each]).T).max(axis=1)
        passages = self._index.passages
        if len(passages):
            found = np.fmax(found, passages.scores(vectors, rows))
        return found

    def _values_of(self, item: Item) -> list[str]:
        """What an item's values are, with and without what their field is called."""
        specs = [spec for spec in self._index.catalog.schema.filterable if spec.has_values]
        pairs = [(spec.label or spec.name, value) for spec in specs for value in item.values(spec.name)]
        return [text for label, value in pairs[:_VALUES] for text in (value, f"{label}: {value}")]
