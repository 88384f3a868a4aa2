"""What things come to, what clauses answer, questions to the shop, and the one item with the most."""

from __future__ import annotations

import pytest

from wherefore import Recommender
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.prices import prices_of
from wherefore.dialogue.messages import parse_messages
from wherefore.dialogue.questions import Question
from wherefore.reading.reader import DialogueReader
from wherefore.reading.reckonings import ReckoningReader
from wherefore.turn.clause_answers import clauses_for
from wherefore.writing.answers import answer

BOATS = [
    {
        "title": "Punt",
        "Hire/hr Mon-Fri": "£12",
        "Hire/hr Sat-Sun": "£15",
        "Deposit": 40,
        "Seats": 5,
        "Buy": "",
        "moored since": "2021-04-03",
        "notes": "Children under eight must wear a life jacket. The pole is three metres of ash.",
    },
    {
        "title": "Canoe",
        "Hire/hr Mon-Fri": "£8",
        "Hire/hr Sat-Sun": "closed",
        "Deposit": 0,
        "Seats": 2,
        "Buy": "£300",
        "moored since": "2019-08-17",
        "notes": "It tips if you stand up. Carried by one person on a yoke.",
    },
    {
        "title": "Rowing boat",
        "Hire/hr Mon-Fri": "£10",
        "Hire/hr Sat-Sun": "£10",
        "Deposit": "",
        "Seats": 4,
        "Buy": "£900",
        "moored since": "2023-05-01",
        "notes": "Dogs are welcome aboard. Leaks a little near the bow.",
    },
]
FLATS = [
    {"title": "Attic", "price_per_night": 60, "cleaning_fee": 30, "sleeps": 2},
    {"title": "Mews", "price_per_night": 110, "cleaning_fee": None, "sleeps": 5},
    {"title": "Barn", "price_per_night": None, "cleaning_fee": 45, "sleeps": 8},
]
HONEY = [
    {"title": "Lime", "price": "£6.00", "sale price": "£4.50", "weight_g": 250},
    {"title": "Heather", "price": "£15.00", "sale price": None, "weight_g": 1000},
    {"title": "Ivy", "price": "£5.00", "sale price": None, "weight_g": None},
]


def told(records: list[dict], text: str, listed: int = 3) -> tuple[Question | None, str]:
    """The question that a text asks after some items were listed, and its answer."""
    catalog = Catalog.from_records(records)
    reader = DialogueReader(catalog)
    lines = "\n".join(f"{n}. **{item.title}** — Fine." for n, item in enumerate(catalog.items[:listed], 1))
    said = [
        {"role": "user", "content": "what have you got"},
        {"role": "assistant", "content": f"Here.\n\n{lines}"},
    ]
    dialogue = reader.read(parse_messages([*said, {"role": "user", "content": text}]))
    question = reader.question(dialogue)
    return question, "" if question is None else answer(question, dialogue, catalog).text


@pytest.mark.parametrize(
    ("records", "text", "expected"),
    [
        (
            FLATS,
            "what would 4 nights at the first one be with the cleaning?",
            "4 nights at 60 (240) and 30 for cleaning come to 270.",
        ),
        (
            FLATS,
            "total for a week in the second one, cleaning included?",
            "7 nights at 110 come to 770. My record of it tells nothing of cleaning.",
        ),
        (
            FLATS,
            "how much is a fortnight in the attic?",
            "14 nights at 60 come to 840. Not counted in: 30 for cleaning.",
        ),
        (FLATS, "what does the third one cost for two weeks?", "My record of *Barn* has no price by time"),
        (
            BOATS,
            "what's the damage for 2 hours on Sunday in the punt, plus anything upfront?",
            "2 hours at £15 (Hire/hr Sat-Sun: £30) and £40 for the deposit come to £70.",
        ),
        (
            BOATS,
            "is it cheaper to rent the canoe for 40 hours or to buy it?",
            "renting is £320 (40 hours at £8), buying is £300, so buying is cheaper by £20.",
        ),
        (
            BOATS,
            "rent or buy the punt?",
            "My record of *Punt* has no price to buy it, so I cannot compare the two.",
        ),
        (
            BOATS,
            "three hours in the canoe on a weekday with the deposit, how much?",
            "By its record nothing is due for the deposit.",
        ),
        (HONEY, "ten of the second one, what does that come to?", "*Heather*: 10 at £15 come to £150."),
        (HONEY, "what would six jars of the first one cost?", "*Lime*: 6 at £4.50 (sale price) come to £27."),
    ],
)
def test_sums_are_told_with_their_parts(records, text, expected):
    assert expected in told(records, text)[1]


@pytest.mark.parametrize(
    ("records", "text", "expected"),
    [
        (
            HONEY,
            "which of those is cheapest per 100g?",
            "*Heather* works out cheapest: £1.50 per 100 g (£15 for 1,000 grams). Then comes *Lime* £1.80. "
            "Of *Ivy* I cannot tell it.",
        ),
        (
            HONEY,
            "which of them is dearest per kilo?",
            "*Lime* works out dearest: £18 per kilo (£4.50 (sale price) for 250 grams).",
        ),
        (
            FLATS,
            "which works out cheapest per person per night?",
            "*Mews* works out cheapest: 22 per person and night (110 per night for 5).",
        ),
    ],
)
def test_prices_per_quantity_name_the_best_and_what_is_missing(records, text, expected):
    assert expected in told(records, text)[1].replace("1,000 g)", "1,000 grams)").replace(
        "250 g)", "250 grams)"
    )


@pytest.mark.parametrize(
    "text",
    [
        "a flat for 7 nights under 900 total",
        "show me something for two weeks",
        "what is it a night?",
        "",
        "per per per / / 0 nights of £££ come to ((",
        "something cheaper for 3 nights",
    ],
)
def test_requests_and_rubbish_are_no_sums(text):
    assert ReckoningReader(Catalog.from_records(FLATS)).read(text.lower(), ()) is None


def test_fields_are_known_by_what_is_paid():
    prices = prices_of(Catalog.from_records(BOATS))
    roles = {one.called: (one.role, one.span, sorted(one.days)) for one in prices.all}
    assert roles["Hire/hr Mon-Fri"] == ("price", "hour", [0, 1, 2, 3, 4])
    assert roles["Hire/hr Sat-Sun"] == ("price", "hour", [5, 6])
    assert roles["Buy"][0] == "buy" and roles["Deposit"][0] == "once"
    assert not prices_of(Catalog.from_records([{"title": "A", "weight_kg": 3, "rating": 4.5}])).all


def test_which_one_of_all_is_told_with_its_value():
    recommender = shop()
    said = recommender.generate(
        [{"role": "user", "content": "Which boat has been with you the longest?"}], k=3
    )
    assert said.text.strip() == "That is *Canoe*: moored since 17 August 2019." and not said.recommendations
    talk = [
        {"role": "user", "content": "Which boat has been with you the longest?"},
        {"role": "assistant", "content": said.text},
    ]
    after = recommender.generate([*talk, {"role": "user", "content": "how many seats are there in it?"}], k=3)
    assert "*Canoe*" in after.text and "Punt" not in after.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is the rowing boat ok for dogs?", "“Dogs are welcome aboard.”"),
        ("do you take American Express?", "My records do not tell that: “do you take American Express?”"),
        (
            "compare the punt with the canoe: seats, deposit and colour",
            "*Punt*: seats 5, deposit 40. *Canoe*: seats 2, deposit 0. My records do not tell “colour”.",
        ),
    ],
)
def test_questions_are_answered_from_the_record_or_said_to_be_beyond_it(text, expected):
    reply = shop().generate([*LISTED, {"role": "user", "content": text}], k=3)
    assert expected in reply.text and not reply.recommendations


def test_a_clause_without_a_number_does_not_tell_how_much():
    recommender = shop()
    found = clauses_for("how badly does it leak near the bow", ["3"], recommender.retriever)
    assert found and found[0].text == "Leaks a little near the bow."
    counted = clauses_for("how many litres does it leak near the bow", ["3"], recommender.retriever)
    assert counted and not counted[0].sure
    assert clauses_for("does it come with insurance", ["1", "2", "3"], recommender.retriever) == []
    assert (
        clauses_for("", ["1"], recommender.retriever)
        == []
        == clauses_for("is it red", ["nobody"], recommender.retriever)
    )


LISTED = [
    {"role": "user", "content": "boats"},
    {
        "role": "assistant",
        "content": "Here.\n\n1. **Punt** — Fine.\n2. **Canoe** — Fine.\n3. **Rowing boat** — Fine.",
    },
]
_made: list[Recommender] = []


def shop() -> Recommender:
    """The boats, made once."""
    if not _made:
        _made.append(Recommender.from_catalog(Catalog.from_records(BOATS), settings=["writer.tries=0"]))
    return _made[0]
