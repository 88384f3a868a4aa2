"""Whose goods messages name: "a women's rain jacket", "kids' books", "nothing for men, no men's"."""

from __future__ import annotations

import re
from itertools import islice

from wherefore.catalog.audience import Person
from wherefore.reading.whom_cues import (
    A_CERTAIN,
    ABOUT,
    GOODS,
    MOST_PEOPLE,
    NEAR,
    NO_GOODS,
    NOT,
    OF_GOODS,
)


def of_goods(text: str) -> tuple[tuple[Person, ...], str] | None:
    """Whose goods are named: "a women's rain jacket", "kids' books"; the other side of whose are refused."""
    people: list[Person] = []
    others: list[Person] = []
    said = ""
    for match in islice(OF_GOODS.finditer(text), MOST_PEOPLE):
        before = text[max(0, match.start() - NEAR) : match.start()]
        if (
            NO_GOODS.match(text, match.end())
            or re.match(r"\w+(?:ed|n't)\b", text[match.end() :])
            or ABOUT.search(before)
        ):
            continue
        word = (match["who"] or match["plain"]).lower()
        if word in ("girl", "boy", "kid", "toddler", "teen", "baby", "adult") and A_CERTAIN.search(before):
            continue  # "the baby's portion"
        word = {
            "ladies": "women",
            "womens": "women",
            "mens": "men",
            "gentlemen": "men",
            "childrens": "kid",
            "children": "kid",
        }.get(word, word)
        word = {"newborn": "baby", "infant": "baby", "babies": "baby", "teenage": "teen"}.get(
            word, word.rstrip("s") if word != "unisex" else word
        )
        person = GOODS.get(word)
        if person is None:
            continue
        if not NOT.search(before):
            people.append(person)
        elif (other := _other(person)) is not None:
            others.append(other)
        said = said or text[match.start() : match.end()].strip()
    return (tuple(dict.fromkeys(people or others)), said) if people or others else None


def _other(refused: Person) -> Person | None:
    """Who is meant where goods of somebody are refused: of men's the women, of children's the grown up."""
    if refused.high < 18:
        return Person("", 20, 120)
    return Person({"m": "f", "f": "m"}[refused.sex]) if refused.sex else None
