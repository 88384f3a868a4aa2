"""Titles written with slips, and names that go on: "shawshenk redemtion", "Call" of "Call the Midwife"."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from wherefore.reading.clauses import blank
from wherefore.reading.cues import POLITE
from wherefore.reading.scenes import Scene
from wherefore.text import ARTICLES, FUNCTION_WORDS, Word, forms, ordinary_words

_LONGEST = 6  # words of a title that is looked for
_LETTERS = 7  # of a title of one word
_GOES_ON = frozenset({"the", "of"})  # inside a name: "Call the Midwife", "Line of Duty"
SURE = 93.0  # how like a title words are that nothing else makes one; fewer do where a word is known nowhere
_STRANGE = 88.0
_RARE = 1500  # rank of a word from which it is seldom said
_WINDOWS = 60  # of a message that are looked at


def goes_on(scene: Scene, i: int, j: int, names: Collection[str], titles: Collection[str]) -> bool:
    """Whether words i to j, which are a title, are only a part of a longer name that is none.

    Args:
        scene: The text.
        i: The first word.
        j: The word after the last.
        names: Words of people's names: "Emma the Austen one" is *Emma*.
        titles: The keys of titles: "Alien the Thing" are two.
    """
    said = scene.words
    if (
        not scene.is_cased
        or j - i > 2
        or not all(w.capital for w in said[i:j] if w.form not in FUNCTION_WORDS)
    ):
        return False

    def is_more(k: int) -> bool:
        return (
            0 <= k < len(said)
            and said[k].capital
            and said[k].form not in names
            and said[k].form not in FUNCTION_WORDS
        )

    after = j + 1 < len(said) and said[j].form in _GOES_ON and not said[j].capital and is_more(j + 1)
    if after and scene.is_gap(j - 1) and scene.is_gap(j):
        return not said[j + 1].first and said[j + 1].form not in titles
    before = i > 1 and said[i - 1].form == "of" and is_more(i - 2)
    return before and scene.is_gap(i - 1) and scene.is_gap(i - 2) and not said[i - 2].first


def windows(
    said: Sequence[Word], scene: Scene, is_odd: Callable[[str], bool], is_free: Callable[[int, int], bool]
) -> Iterator[tuple[int, int]]:
    """Runs of words around each that is hardly used but in titles, the longest first."""
    spans: set[tuple[int, int]] = set()
    for place, word in enumerate(said):
        if not is_odd(word.form):
            continue
        for i in range(max(0, place - _LONGEST + 1), place + 1):
            for j in range(place + 1, min(len(said), i + _LONGEST) + 1):
                letters = sum(len(one.form) for one in said[i:j])
                if said[i].form in ARTICLES or said[j - 1].form in FUNCTION_WORDS or letters < _LETTERS:
                    continue
                if is_free(i, j) and not scene.is_broken(i, j):
                    spans.add((i, j))
    yield from sorted(spans, key=lambda span: (span[0] - span[1], span[0]))[:_WINDOWS]


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether a message is a title and no more, which no everyday word is: so it says what is meant, or sought."""
    told = forms(text[start:end])
    rest = [form for form in forms(blank(text, [(start, end)])) if form not in POLITE | ARTICLES]
    usual = ordinary_words()
    return not rest and not all(form in usual or form in FUNCTION_WORDS or form in POLITE for form in told)


def is_like(key: str, score: float, strange: bool, is_odd: Callable[[str], bool]) -> bool:
    """Whether words that nothing else makes a title are like enough to one.

    Args:
        key: The title's.
        score: How like it they are, 0 to 100.
        strange: Whether one of them is in no record.
        is_odd: Whether a word is hardly used but in titles.
    """
    told = [form for form in key.split() if form not in FUNCTION_WORDS]
    names = any(is_odd(form) or (strange and ordinary_words().get(form, _RARE) >= _RARE) for form in told)
    return score >= (_STRANGE if strange and names and len(told) > 1 else SURE) and (names or len(told) > 2)
