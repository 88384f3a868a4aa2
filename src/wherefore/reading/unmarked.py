"""What is asked for where the judge marks nothing: of "tutoring maths" records name both words."""

from __future__ import annotations

from collections.abc import Sequence

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import having, tells_stories
from wherefore.catalog.lexicon import item_nouns
from wherefore.reading.clauses import Span, touch
from wherefore.text import FUNCTION_WORDS, Word, ordinary_words, stem, words

_COMMON = 130  # rank of everyday words up to which one says nothing of what is asked for: "find", "make"
_MOST = 0.3  # share of the items beyond which a word tells none of them from others
_LONGEST = 4  # content words of a message that asks in so many words; a longer one tells of a life, and names no thing
_ASKING = frozenset(
    "people fancy looking need something anything somewhere someone somebody please thanks hello recommend suggest "
    "ideas idea options option suggestions suggestion surprise today tonight tomorrow week weekend nice good "
    "great best cheap cheapest kind sort type stuff thing things really maybe perhaps ideally prefer preferably bit "
    "lot lots".split()
)


def unmarked(text: str, taken: Sequence[Span], catalog: Catalog) -> list[Span]:
    """The runs of words that records name, of a message in which nothing else says what is asked for.

    Args:
        text: The message.
        taken: Characters that are understood otherwise, or say nothing.
        catalog: Not of stories, whose texts name anything.
    """
    if tells_stories(catalog):
        return []
    nouns = {stem(noun) for noun in item_nouns(catalog)}
    said = words(text)
    telling = [one for one in said if _tells(one, nouns, taken)]
    if not 0 < len(telling) <= _LONGEST:
        return []
    runs: list[list[Word]] = []
    for one in telling:
        share = float(having(catalog, one.form).mean())
        if not 0 < share <= _MOST:
            continue
        if runs and text[runs[-1][-1].end : one.start].strip(" -") == "":
            runs[-1].append(one)
        else:
            runs.append([one])
    return [(run[0].start, run[-1].end) for run in runs]


def _tells(word: Word, nouns: set[str], taken: Sequence[Span]) -> bool:
    """Whether a word may say what is asked for."""
    form = word.form
    if (
        len(form) < 3
        or not form.isalpha()
        or form in FUNCTION_WORDS
        or form in _ASKING
        or stem(form) in nouns
    ):
        return False
    if ordinary_words().get(form, _COMMON) < _COMMON:
        return False
    return not any(touch((word.start, word.end), span) for span in taken)
