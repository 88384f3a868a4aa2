"""What was said and cannot be applied is named in the reply and stays open in the state."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.parts import parts
from wherefore.dialogue.state import Open, Preferences
from wherefore.errors import DialogueError
from wherefore.reading.judge import packaged_judge
from wherefore.reading.limits import LimitReader
from wherefore.reading.reader import DialogueReader
from wherefore.writing.understood import understood


def shop(unit, **more):
    fields = [
        {"name": "title", "kind": "title"},
        {"name": "price", "kind": "number", "unit": unit},
        {"name": "colour", "kind": "category"},
        *more.pop("fields", []),
    ]
    rows = [
        {"title": f"Thing {n}", "price": 100 * n, "colour": "black" if n % 2 else "white", **{
            key: value[n % len(value)] for key, value in more.items()
        }}
        for n in range(1, 13)
    ]  # fmt: skip
    from wherefore.catalog.schema import Schema

    return Catalog.from_records(rows, Schema.parse({"fields": fields, "noun": "product"}), name="shop")


@pytest.fixture(scope="module")
def rupees():
    return DialogueReader(shop("₹"), packaged_judge())


def said(reader, *texts):
    messages = [{"role": "user", "content": texts[0]}]
    for text in texts[1:]:
        messages += [{"role": "assistant", "content": "Fine."}, {"role": "user", "content": text}]
    return reader.read(messages)


@pytest.mark.parametrize(
    ("text", "unit", "limits"),
    [
        ("under ₹500", "₹", [("lt", 500)]),
        ("below Rs 500", "₹", [("lt", 500)]),
        ("at most 500 rupees", "INR", [("le", 500)]),
        ("INR 500 or less", "₹", [("le", 500)]),
        ("between ₹100 and ₹500", "₹", [("ge", 100), ("le", 500)]),
        ("under $20", "USD", [("lt", 20)]),
        ("under 20 bucks", "$", [("lt", 20)]),
        ("under $20", "AUD", [("lt", 20)]),
        ("under 20 quid", "GBP", [("lt", 20)]),
        ("under €20", "eur", [("lt", 20)]),
        ("under $20", "", [("lt", 20)]),  # of a price in no money that is told
        ("under $20", "₹", []),
        ("under 20 euros", "USD", []),
        ("under £20", "EUR", []),
        ("less than 20 yen", "GBP", []),
        ("under 20%", "USD", []),
    ],
)
def test_money_is_compared_with_its_like_alone(text, unit, limits):
    found = LimitReader(shop(unit))
    assert [(one.op, one.value) for one in found.read(text)] == limits
    assert bool(found.unheld(text)) == (not limits)


@pytest.mark.parametrize(
    ("text", "unit", "field", "limit"),
    [
        ("lighter than 1.5 lb", "g", "weight", 680.388555),
        ("at most half a kilo", "g", "weight", 500),
        ("lighter than 2 pounds", "kg", "weight", 0.907185),
        ("under 3 minutes", "ms", "duration", 180_000),
        ("under 3 minutes", "min", "duration", 3),
        ("at most 90 seconds", "min", "duration", 1.5),
        ("under 2 hours", "s", "duration", 7200),
        ("under 10 Ah", "mAh", "battery", 10_000),
    ],
)
def test_amounts_are_converted_to_the_fields_unit(text, unit, field, limit):
    catalog = shop("USD", fields=[{"name": field, "kind": "number", "unit": unit}], **{field: [1, 2, 3]})
    (found,) = LimitReader(catalog).read(text)
    assert (found.field, found.value) == (field, pytest.approx(limit, rel=1e-6))


@pytest.mark.parametrize(
    ("text", "kind", "words", "why"),
    [
        ("something under $20", "limit", "under $20", "prices here are in rupees"),
        ("my budget is 20 dollars", "limit", "budget is 20 dollars", "prices here are in rupees"),
        ("$20 or less", "limit", "$20", "prices here are in rupees"),
        ("a screen of at least 6 inches", "limit", "at least 6 inches", "my records do not tell it"),
        ("at least 16 GB of RAM", "limit", "at least 16 GB", "my records do not tell it"),
        ("something from the 90s", "limit", "from the 90s", "my records do not tell it"),
        ("no older than 10 years", "limit", "no older than 10 years", "my records do not tell it"),
        ("a red one", "wanted", "red", "Nothing here mentions “red”"),
        ("something from Greece", "wanted", "Greece", "Nothing here mentions “Greece”"),
        ("one by Agnes Varda", "wanted", "Agnes Varda", "Nothing here mentions “Agnes Varda”"),
        ("something in Paris", "wanted", "Paris", "Nothing here mentions “Paris”"),
    ],
)
def test_what_cannot_be_applied_is_named_and_kept(rupees, text, kind, words, why):
    dialogue = said(rupees, text)
    assert dialogue.preferences.limits == ()
    assert dialogue.preferences.open == (Open(kind, words),)
    told = understood(dialogue, rupees.catalog, "Here.", 5, ())
    assert f"“{words}”" in told and why in told
    (chip,) = parts(dialogue.preferences, rupees.catalog)
    assert (chip.kind, chip.text, chip.without) == ("open", words, Preferences())


@pytest.mark.parametrize(
    "text",
    [
        "a black one",
        "under ₹500",
        "something cosy",
        "I've waited more than 3 weeks",
        "surprise me",
        "Hello there",
    ],
)
def test_what_is_applied_or_limits_nothing_is_not_open(rupees, text):
    assert said(rupees, text).preferences.open == ()


def test_what_is_open_stays_so_until_it_is_put_right(rupees):
    dialogue = said(rupees, "something under $20", "a black one please")
    assert dialogue.preferences.open == (Open("limit", "under $20"),) and dialogue.unmet == ()
    told = understood(dialogue, rupees.catalog, "Here.", 5, ())  # a list goes past it once more
    assert told == " As before, I cannot go by “under $20”."
    assert said(rupees, "something under $20", "sorry, under ₹500").preferences.open == ()
    assert said(rupees, "something under $20", "start over").preferences.open == ()


def test_a_chip_that_was_dropped_does_not_come_back(rupees):
    messages = [{"role": "user", "content": "something under $20"}]
    (chip,) = parts(rupees.read(messages).preferences, rupees.catalog)
    again = rupees.read(messages, chip.without, since=1)
    assert again.preferences.open == () and again.unmet == ()


def test_what_is_open_is_kept_as_json():
    state = Preferences(open=(Open("limit", "under $20"), Open("wanted", "Paris")))
    assert Preferences.from_json(state.to_json()) == state
    for wrong, told in (
        ({"kind": "hoped", "said": "x"}, "known: wanted, demanded, unwanted, limit"),
        ({"kind": "limit"}, "should be the user's words"),
        ({"kind": "limit", "said": "x", "why": "y"}, "`why` is not a known key"),
        ("under $20", "is a str"),
    ):
        with pytest.raises(DialogueError, match=told):
            Preferences.from_json({"open": [wrong]})


def test_some_records_alone_have_it():
    catalog = shop("₹", fields=[{"name": "weight", "kind": "number", "unit": "g"}], weight=[100, None, 300])
    reader = DialogueReader(catalog, packaged_judge())
    dialogue = said(reader, "lighter than 250 g")
    told = understood(dialogue, catalog, "Here.", 4, ())
    assert [
        item.id for item in catalog.items if all(x.allows(item, catalog) for x in dialogue.preferences.limits)
    ]
    assert "I left out products whose weight I do not know." in told


@pytest.mark.parametrize("text", ["under 20", "a black one, under 500 please"])
def test_a_bare_amount_in_a_shop_is_its_price(text):
    reader = DialogueReader(shop("USD"), packaged_judge())
    state = said(reader, text).preferences
    assert [limit.field for limit in state.limits] == ["price"] or state.open
