"""Flags: columns of yes and no, and what a yes stands for in words."""

from __future__ import annotations

import re
from typing import Any

from wherefore.catalog.cells import as_text
from wherefore.catalog.naming import in_english, singular, words_of

_YES = frozenset("yes y true t 1 ja oui si sí x ✓ ✔".split())
_NO = frozenset("no n false f 0 nein non nee".split())
_ASKS = frozenset(
    "is are was has have contains contain includes include with allows allow offers offer in".split()
)
_ENDS = frozenset("flag indicator yn bool boolean".split())
_OR = re.compile(r"(?<=[^\W\d_]{3})\s*/\s*(?=[^\W\d_]{3})")
_COUNTS = frozenset(  # of which 0 and 1 are amounts, or grades
    "count number num no nr n total child children kid adult person people guest bed bedroom bath bathroom room door "
    "seat rating rate score star point rank ranking stock quantity qty amount level grade class cluster group key mode "
    "season episode volume year age week day hour minute price cost size weight floor award win nomination".split()
)
_LANGUAGE_NAMES = frozenset(
    "english french german spanish italian portuguese dutch swedish danish norwegian finnish "
    "polish czech hungarian greek turkish russian hebrew arabic hindi thai chinese mandarin japanese "
    "korean latin".split()
)


def yes_or_no(cell: Any) -> bool | None:
    """Whether a cell says yes or no; None where it says neither.

    >>> [yes_or_no(cell) for cell in (True, "FALSE", "Y", 0, "1.0", "maybe", 2)]
    [True, False, True, False, True, None, None]
    """
    if isinstance(cell, bool):
        return cell
    said = as_text(cell).lower().removesuffix(".0") if isinstance(cell, str | int | float) else ""
    return True if said in _YES else False if said in _NO else None


def counts(name: str) -> bool:
    """Whether 0 and 1 in a column of that name are rather amounts than no and yes.

    >>> [counts(name) for name in ("children", "num_awards", "has_children", "vegan")]
    [True, True, False, False]
    """
    words = in_english(words_of(name))
    asks = len(words) > 1 and words[0] in _ASKS
    return not asks and not _COUNTS.isdisjoint(map(singular, words))


def flag_of(name: str) -> str:
    """What a yes in a column stands for.

    >>> [flag_of(name) for name in ("explicit", "is_vegan", "petsAllowed", "in_english", "has_wifi", "in stock")]
    ['explicit', 'vegan', 'pets allowed', 'English', 'wifi', 'in stock']
    >>> flag_of("Balcony/Terrace")
    'balcony or terrace'
    """
    words = list(in_english(words_of(_OR.sub(" or ", name))))
    while len(words) > 1 and words[-1] in _ENDS:
        words.pop()
    if "is" in words[1:-1]:  # host_is_superhost
        words = words[words.index("is", 1) :]
    asks = len(words) > 1 and words[0] in _ASKS
    if asks and (words[0] != "in" or words[1] in _LANGUAGE_NAMES):
        words = words[1:]
        if words[0] == "in" and words[1:] and words[1] in _LANGUAGE_NAMES:  # is_in_english
            words = words[1:]
    return " ".join(word.capitalize() if word in _LANGUAGE_NAMES else word for word in words) or name


def called(flag: str) -> list[str]:
    """What else people say for what a flag stands for.

    >>> called("pets allowed"), called("vegan"), called("balcony or terrace")
    (['pets', 'allow pets', 'allows pets', 'pets friendly'], [], ['balcony', 'terrace'])
    """
    words = flag.split()
    if "or" in words[1:-1]:
        return flag.split(" or ")
    if len(words) < 2 or words[-1] not in ("allowed", "welcome", "friendly"):
        return []
    what = " ".join(words[:-1])
    return [one for one in (what, f"allow {what}", f"allows {what}", f"{what} friendly") if one != flag]
