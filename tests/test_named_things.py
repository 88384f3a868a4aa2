"""Questions answered by what titles and texts name, places that are not there, second halves, and plain choices."""

from __future__ import annotations

from functools import cache

import pytest

from wherefore import Recommender
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.shown import amounts, shown
from wherefore.catalog.told_measures import told_of
from wherefore.reading.slots import beyond
from wherefore.reading.things_asked import thing_asked

SOUPS = [
    {
        "title": "Harbour Chowder",
        "cook": ["Ada Fell"],
        "minutes": 40,
        "rating": 4.1,
        "num_ratings": 90,
        "contents": "2 cups cream, 1 pound clams, 2 ounces dry sherry, 3 potatoes, 1 pinch salt",
        "label": "Total Fat 22g, Protein 18g, Sodium 900mg, Sugars 4g per bowl as it is served",
        "notes": "Thickens as it stands. Serve it in a bread bowl on cold evenings by the water.",
    },
    {
        "title": "Garden Minestrone (Spring Menu 2031, 24 oz Jar)",
        "cook": ["Bo Lind"],
        "minutes": 55,
        "rating": 4.6,
        "num_ratings": 20,
        "contents": "2 tomatoes, 1 cup beans, 2 cloves garlic, 1 cup macaroni, 1 pinch salt",
        "label": "Total Fat 6g, Protein 9g, Sodium 700mg, Sugars 7g per bowl as it is served",
        "notes": "Keeps for four days in the fridge. The jar is 15 cm tall and has a red lid.",
    },
    {
        "title": "Lentil Broth",
        "cook": ["Ada Fell"],
        "minutes": 25,
        "rating": 3.9,
        "num_ratings": 410,
        "contents": "1 cup lentils, 1 onion, 2 carrots, 1 litre water, nut-free stock cube",
        "label": "Total Fat 2g, Protein 12g, Sodium 300mg, Sugars 5g per bowl as it is served",
        "notes": "Suits a thermos. Nothing in it splits when it is frozen and thawed again.",
    },
]
MORE = [
    {
        "title": f"{name} Bisque",
        "cook": ["Cy Moor" if number else "Ada Fell"],
        "minutes": 30 + number,
        "rating": 4.0,
        "num_ratings": 5 + number,
        "contents": "1 onion, 2 cups stock, 1 cup milk, 1 pinch pepper",
        "label": "Total Fat 9g, Protein 3g, Sodium 500mg, Sugars 2g per bowl as it is served",
        "notes": "A smooth soup for a quiet evening.",
    }
    for number, name in enumerate(("Crab", "Pea", "Beet"))
]


@cache
def kitchen() -> Recommender:
    return Recommender.from_catalog(Catalog.from_records([*SOUPS, *MORE]), settings=["writer.tries=0"])


def asked(*said: str, listed: int = 3) -> tuple[str, int]:
    """What is answered behind a list of the soups, and how many items are listed anew."""
    lines = "\n".join(f"{n}. **{one['title']}** — On record." for n, one in enumerate(SOUPS[:listed], 1))
    talk = [
        {"role": "user", "content": "a soup please"},
        {"role": "assistant", "content": f"Here are some.\n\n{lines}"},
    ]
    reply = None
    for one in said:
        talk.append({"role": "user", "content": one})
        reply = kitchen().generate(talk, k=3)
        talk.append({"role": "assistant", "content": reply.text})
    assert reply is not None
    return reply.text, len(reply.recommendations)


@pytest.mark.parametrize(
    ("text", "expected", "never"),
    [
        (
            "has any of them got alcohol in it",
            "With alcohol: *Harbour Chowder*, “2 ounces dry sherry”",
            "sugar",
        ),
        ("is there garlic in the last one?", "The record of *Lentil Broth* names no garlic.", "Yes"),
        ("does the second have garlic in it?", "Yes, by its record: *Garden Minestrone", "names no"),
        ("which of these can a vegan eat?", "*Harbour Chowder*, “2 cups cream”", "With vegan"),
        ("any of em without garlic?", "*Harbour Chowder* and *Lentil Broth* name no garlic", "Here are"),
        ("which has the least fat", "The least fat, by their records: *Lentil Broth*", "nothing of"),
        ("how much protein is in number 1?", "“Protein 18g”", "does not tell"),
        ("how tall is the jar of the second?", "“The jar is 15 cm tall and has a red lid.”", "does not tell"),
        ("which has the most ratings", "*Lentil Broth* has the most: 410", "best rated"),
        (
            "who cooks these, any of them the same person?",
            "Ada Fell (*Harbour Chowder* and *Lentil Broth*)",
            "No two",
        ),
        ("who cooks the last one, anything else by them?", "*Crab Bisque*", "Pea"),
        ("does the first take longer than the third?", "*Harbour Chowder* is the longer", "does not tell"),
        ("tell me about number 8", "My last list has no “number 8”: it has three", "does not tell"),
        ("is the third any good", "is rated 3.9", "names no"),
        ("compare the first two, which is less washing up", "do not tell “less washing up”", "Here are"),
        (
            "which is quickest and is there wine in it",
            "The record of *Lentil Broth* names no wine",
            "Chowder",
        ),
    ],
)
def test_questions_are_answered_by_what_records_name(text, expected, never):
    told, listed = asked(text)
    assert expected in told and never not in told and not listed


@pytest.mark.parametrize(
    ("said", "titles"),
    [
        (("nah, the last one. put me down for that",), ["Lentil Broth"]),
        (("we take number 2 and number 1, ta",), ["Garden Minestrone", "Harbour Chowder"]),
        (("the second one please, and thank you for bearing with me",), ["Garden Minestrone"]),
        (
            ("which is the quickest?", "right, that one, and keep the longest as a spare"),
            ["Lentil", "Garden"],
        ),
        (("the broth please. is there garlic in it?",), ["Good choice: *Lentil Broth*", "names no garlic"]),
    ],
)
def test_what_is_settled_on_is_confirmed_by_name(said, titles):
    told, listed = asked(*said)
    assert "Good choice" in told and all(one in told for one in titles) and not listed


@pytest.mark.parametrize(
    "text",
    [
        "the last one was too salty for me",
        "not the second please",
        "the third? no idea",
        "that one is awful",
        "whats in it, the second one",
    ],
)
def test_what_is_merely_spoken_of_is_not_settled_on(text):
    assert "Good choice" not in asked(text)[0]


def test_a_list_of_one_has_no_second():
    told, listed = asked("what do people say about the second", listed=1)
    assert "has no “the second”" in told and "*Harbour Chowder*" in told and not listed


def test_a_record_that_denies_a_thing_is_quoted_and_does_not_have_it():
    soups = Catalog.from_records(SOUPS)
    broth = soups.items[2]
    told = shown([broth], "nuts", soups)[broth.id]
    assert told.has is None and told.says is not None and "nut-free" in told.says.text


def test_hostile_texts_have_no_amounts_and_no_things():
    odd = Catalog.from_records(
        [
            {"title": "?", "text": "fat fat fat, , , ;;; 1.2.3.4 fat 7", "year": 1999},
            {"title": "(", "text": "“” (((", "year": 2001},
            {"title": "x" * 500, "text": "salt " * 400, "year": 2002},
        ]
    )
    assert all(one.number == one.number for one in amounts(odd.items, "fat", odd))
    assert shown(odd.items, "", odd) and not amounts(odd.items, "", odd)
    assert told_of("what colour is it", odd.items[0], odd.schema) == []
    assert thing_asked("") is None and thing_asked("???") is None and beyond("#0 # number", 3) == ""
    assert beyond("", 0) == "" and thing_asked("is " + "very " * 300 + "long?") is None
