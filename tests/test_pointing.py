"""Items pointed at by what sets them apart: a maker, a colour, a sort, a word of the title, a measure."""

from __future__ import annotations

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.reading.reader import DialogueReader

KETTLES = [
    ("Brusk", "K10", "Stovetop kettle", "cream", 29, 1.2, "F", "Whistles in two tones."),
    ("Brusk", "K20 Gooseneck", "Pour-over kettle", "charcoal", 64, 0.8, "M", "For people who weigh coffee."),
    ("Ondine", "Glass Jug", "Electric kettle", "clear", 45, 1.7, "F", "Lights up while it boils."),
    ("Pelham", "Travel Cup", "Electric kettle", "red", 19, 0.5, "M", "Fits a suitcase. Both voltages."),
    ("Yarrow", "Herbal Infuser", "Teapot", "green", 35, 0.9, "F", "Its basket is fine enough for rooibos."),
    ("Yarrow", "Camping Pot", "Stovetop kettle", "blue", 24, 1.0, "M", "Nests with the burner."),
    ("Zephyr", "Allotment Flask", "Flask", "brown", 22, 0.7, "F", "Steel inside."),
]
LIST = "Here are four.\n\n1. **{}** — a.\n2. **{}** — b.\n3. **{}** — c.\n4. **{}** — d."


@pytest.fixture(scope="module")
def reader() -> DialogueReader:
    keys = ("Brand", "Model", "Type", "Colour", "Price", "Litres", "Sex", "Notes")
    records = [dict(zip(keys, row, strict=True)) for row in KETTLES]
    made = DialogueReader(Catalog.from_records(records, name="kettles"))
    made.prepare()
    return made


def pointed(reader: DialogueReader, said: str, listed: int = 4) -> tuple[list[str], str, list[str]]:
    """The titles that a message after a list means; the kind of its question, and the titles it asks about."""
    titles = [item.title for item in reader.catalog][:listed]
    head = (
        LIST.format(*titles)
        if listed == 4
        else "\n".join(f"{n}. **{t}** — a." for n, t in enumerate(titles, 1))
    )
    messages = [
        {"role": "user", "content": "a kettle"},
        {"role": "assistant", "content": head},
        {"role": "user", "content": said},
    ]
    dialogue = reader.read(messages)
    here = dict.fromkeys(m.item_id for m in dialogue.mentions if m.message == 2)
    asked = reader.question(dialogue)
    return (
        [reader.catalog[one].title for one in here],
        asked.kind if asked else "",
        [reader.catalog[one].title for one in asked.items] if asked else [],
    )


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("does the Ondine switch itself off?", "Ondine Glass Jug"),
        ("what's the pelham like?", "Pelham Travel Cup"),
        ("how much is the gooseneck?", "Brusk K20 Gooseneck"),
        ("I'll take the red one", "Pelham Travel Cup"),
        ("is the pale one dishwasher safe?", "Brusk K10"),
        ("not the dark one please", "Brusk K20 Gooseneck"),
        ("is the one that fits a suitcase loud?", "Pelham Travel Cup"),
        ("does the cheapest one come with a lid?", "Pelham Travel Cup"),
        ("how heavy is the priciest?", "Brusk K20 Gooseneck"),
        ("the suitcase one sounds good", "Pelham Travel Cup"),
        ("what about the camping one, how much is it?", "Yarrow Camping Pot"),  # not listed
        ("how much is the herbel infusser one?", "Yarrow Herbal Infuser"),  # misspelt as well
        ("what does the Zephyr cost?", "Zephyr Allotment Flask"),
    ],
)
def test_one_item_is_meant(reader: DialogueReader, said: str, title: str):
    assert pointed(reader, said)[0] == [title]


@pytest.mark.parametrize(
    ("said", "titles"),
    [
        ("how much is the Brusk?", ["Brusk K10", "Brusk K20 Gooseneck"]),
        ("how much is the electric one?", ["Ondine Glass Jug", "Pelham Travel Cup"]),
        ("how much is the yarrow, please?", ["Yarrow Herbal Infuser", "Yarrow Camping Pot"]),
    ],
)
def test_of_several_it_is_asked_which(reader: DialogueReader, said: str, titles: list[str]):
    named, kind, items = pointed(reader, said)
    assert (named, kind, items) == ([], "unclear", titles)


def test_of_two_the_comparative_tells(reader: DialogueReader):
    assert pointed(reader, "is the cheaper one any good?", listed=2)[0] == ["Brusk K10"]
    assert pointed(reader, "is the cheaper one any good?")[1:] == (
        "unclear",
        [i.title for i in reader.catalog][:4],
    )
    assert pointed(reader, "what does the cheaper of the two weigh?", listed=2)[0] == ["Brusk K10"]
    assert pointed(reader, "is the girl's second lid spare?", listed=2)[0] == ["Brusk K10"]


def test_that_one_of_a_list_is_not_passed_over_in_a_comparison(reader: DialogueReader):
    named, kind, items = pointed(reader, "compare that one with the camping one")
    assert named == ["Yarrow Camping Pot"] and kind == "unclear" and len(items) == 4


@pytest.mark.parametrize(
    "said",
    [
        "the price is too high",
        "what's the cheapest?",
        "show me the cheapest one you have",
        "which is the biggest?",
        "something for the kitchen",
        "we boil it in the cup",
        "the other one",
        "the right one for me, what is it?",
        "I need the colour to match the tiles",
        "the of the one the",
        "",
    ],
)
def test_what_points_at_nothing(reader: DialogueReader, said: str):
    if not said:
        assert reader._pointing.read("", ["1"]) == [] == reader._pointing.read("the one", ["nowhere"])
        return
    assert pointed(reader, said)[0] == []
