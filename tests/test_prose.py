"""Prose of any catalogue: values are said by kind, in number and article, and what cannot be said well is not."""

from __future__ import annotations

import re
from functools import cache
from random import Random

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import counted_in, plural, singular
from wherefore.catalog.spoken import amount_text, limit_text, value_text
from wherefore.dialogue.facts import Fact, Plan
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.dialogue.parts import parts
from wherefore.dialogue.questions import Question
from wherefore.dialogue.state import Limit, Preferences, Wish
from wherefore.writing.answers import answer
from wherefore.writing.asking import best_question
from wherefore.writing.check import check
from wherefore.writing.openings import opening
from wherefore.writing.phrases import article
from wherefore.writing.plan import plan_opening, plan_reasons
from wherefore.writing.polish import polish
from wherefore.writing.reasons import word
from wherefore.writing.telling import telling

# What people have, as columns of values; every row takes the next value of each.
TABLES: dict[str, dict[str, list]] = {
    "shop": {
        "sku": [f"MUG-{number:03}" for number in range(12)],
        "product_name": [f"Mug {number}" for number in range(12)],
        "category": ["Home & Kitchen > Mugs", "Home & Kitchen > Aprons", "Office > Prints"],
        "collection": ["mugs - mugs", "SUMMER SALE", "print the return shipping label"],
        "price": ["$19.99", "$9.50", "$1,299"],
        "in_stock": ["yes", "no"],
        "is_vegan": [0, 1],
        "weight_g": [180, 1200],
        "stock_status": ["IN_STOCK", "OUT_OF_STOCK"],
        "color": ["BLACK", "Ivory", "Off-white"],
    },
    "artists": {
        "artist": [f"Artist {letter}" for letter in "ABCDEFGHIJKL"],
        "genre": ["R&B", "hip hop", "EDM"],
        "plays": [5, 7],
        "listeners": [282, 1282, 1],
        "albums": [1, 9],
        "formed": [1995, 2004],
    },
    "tracks": {
        "track_id": [f"t{number}" for number in range(12)],
        "track_name": [f"Track {number}" for number in range(12)],
        "artist_name": ["Ava Reyes", "DJ Orbit"],
        "danceability": [0.71, 0.253, 0.5],
        "tempo": [120.03, 98.1],
        "loudness_db": [-12.9, -4.1],
        "duration_ms": [243006, 180000],
    },
    "wines": {
        "title": [f"Wine {number}" for number in range(12)],
        "winery": ["Casa Alta", "Old Hill"],
        "variety": ["Pinot Noir", "Riesling", "Red Blend"],
        "points": [88, 91],
        "price": [12, 35.5],
        "vintage": [2010, 2014],
        "alcohol_pct": [13.5, 12],
        "taster_name": ["Roger Voss", "Kerin Hale"],
    },
    "recipes": {
        "name": [f"soup {number}" for number in range(12)],
        "minutes": [1, 95, 180],
        "n_steps": [1, 12],
        "calories": [80.5, 230],
        "protein_g": [1, 12],
    },
    "streaming": {
        "title": [f"Harbor {number}" for number in range(12)],
        "show_id": [f"s{number}" for number in range(12)],
        "type": ["TV Show", "Movie"],
        "listed_in": ["Dramas", "Stand-Up Comedy"],
        "release_year": [2005, 1999],
    },
    "gear": {
        "Name": [f"Thing {number}" for number in range(12)],
        "Brand": ["Aero", "Lumo"],
        "RAM": ["8 GB", "16 GB"],
        "width cm": [60, 1200],
        "Warranty": ["1 years", "3 years"],
        "sleeps": [1, 2],
        "min_players": [1, 2],
        "price_per_night": ["€89", "€129.90"],
        "avg_rating": [4.5, 3],
    },
}


@cache
def catalog(name: str) -> Catalog:
    columns = TABLES[name]
    rows = [{key: cells[row % len(cells)] for key, cells in columns.items()} for row in range(12)]
    return Catalog.from_records(rows, name=name)


def record(name: str, row: int = 0) -> str:
    items = catalog(name)
    question = Question("record", (items.items[row].id,))
    return answer(question, Dialogue((Message("user", "tell me more"),)), items).text


def value(name: str, field: str, row: int = 0) -> str:
    items = catalog(name)
    question = Question("value", (items.items[row].id,), field)
    return answer(question, Dialogue((Message("user", "and?"),)), items).text


def most(name: str, field: str, best: str = "max") -> str:
    items = catalog(name)
    question = Question("most", tuple(item.id for item in items.items[:2]), field, best=best)
    return answer(question, Dialogue((Message("user", "which?"),)), items).text


def openings(name: str, preferences: Preferences) -> set[str]:
    items = catalog(name)
    dialogue = Dialogue((Message("user", "so"),), preferences=preferences)
    plan = plan_opening(items.items[:3], dialogue, items)
    return {polish(opening(plan, Random(seed)), plan, items) for seed in range(40)}


@pytest.mark.parametrize(
    ("name", "field", "row", "said"),
    [
        # counts, with marks between thousands and the noun's number
        ("artists", "listeners", 0, "has 282 listeners."),
        ("artists", "listeners", 1, "has 1,282 listeners."),
        ("artists", "listeners", 2, "has 1 listener."),
        ("artists", "albums", 1, "has 9 albums."),
        ("recipes", "n_steps", 0, "has 1 step."),
        ("recipes", "n_steps", 1, "has 12 steps."),
        ("wines", "points", 0, "has 88 points."),
        # money, with its sign
        ("shop", "price", 0, "costs $19.99."),
        ("shop", "price", 1, "costs $9.50."),
        ("shop", "price", 2, "costs $1,299."),
        ("gear", "price_per_night", 1, "costs €129.90 per night."),
        ("wines", "price", 1, "costs 35.50."),
        # measurements
        ("shop", "weight_g", 1, "weighs 1,200 grams."),
        ("gear", "RAM", 0, "has 8 GB of RAM."),
        ("gear", "width cm", 0, "is 60 cm wide."),
        ("gear", "sleeps", 1, "sleeps 2."),
        ("gear", "min_players", 0, "is for at least 1 player."),
        ("wines", "alcohol_pct", 0, "has 13.5% alcohol."),
        ("recipes", "protein_g", 0, "has 1 gram of protein."),
        # times
        ("recipes", "minutes", 0, "takes 1 minute."),
        ("recipes", "minutes", 1, "takes 95 minutes."),
        ("tracks", "duration_ms", 0, "runs 4 min 3 s."),
        ("gear", "Warranty", 0, "has a warranty of 1 year."),
        # years and ratings
        ("artists", "formed", 0, "was formed in 1995."),
        ("wines", "vintage", 0, "is from 2010."),
        ("gear", "avg_rating", 0, "is rated 4.5."),
        # no noise
        ("tracks", "tempo", 0, "has a tempo of 120."),
        ("tracks", "loudness_db", 0, "has a loudness of -12.9 dB."),
        # values without shouting, underscores or repetition
        ("shop", "collection", 0, "has mugs as its collection."),
        ("shop", "collection", 1, "has Summer Sale as its collection."),
        ("shop", "stock_status", 0, "has in stock as its stock status."),
        ("shop", "color", 0, "is in black."),
        # labels that are no nouns
        ("streaming", "listed_in", 0, "is filed under dramas."),
        ("wines", "winery", 0, "is from Casa Alta."),
        ("wines", "taster_name", 0, "has Roger Voss as its taster."),
        ("shop", "in_stock", 0, "is in stock."),
        ("shop", "is_vegan", 1, "is a vegan product."),
        # what an item is
        ("streaming", "type", 0, "is a TV show."),
        ("streaming", "type", 1, "is a movie."),
        ("wines", "variety", 0, "is a Pinot Noir wine."),
        ("artists", "genre", 0, "is an R&B artist."),
        ("artists", "genre", 2, "is an EDM artist."),
    ],
)
def test_a_value_is_said_by_its_kind(name, field, row, said):
    items = catalog(name)
    assert value(name, field, row) == f"*{items.items[row].title}* {said}"


def test_a_record_holds_what_people_speak_of():
    assert (
        record("tracks")
        == "*Track 0* is a track by Ava Reyes. It has a loudness of -12.9 dB and runs 4 min 3 s."
    )
    assert "danceability" not in record("tracks") and "tempo" not in record("tracks")
    said = record("shop")
    assert "vegan" not in said and "yes" not in said and "filed under home & kitchen and mugs" in said
    assert (
        record("artists") == "*Artist A* is an R&B artist formed in 1995. It has 282 listeners and 1 album."
    )


@pytest.mark.parametrize(
    ("name", "told", "untold"),
    [
        ("shop", {"category", "price", "weight_g", "color"}, set()),
        ("tracks", {"artist_name", "duration_ms"}, {"danceability", "tempo"}),
        ("gear", {"RAM", "sleeps", "avg_rating"}, set()),
    ],
)
def test_what_is_told_unasked(name, told, untold):
    fields = telling(catalog(name)).fields
    assert told <= fields and not untold & fields


def test_a_sentence_among_values_is_told_where_it_was_asked_for_alone():
    assert "return shipping label" not in record("shop", 2)
    assert "print the return shipping label" in value("shop", "collection", 2)


@pytest.mark.parametrize(
    ("name", "field", "limit", "chip", "said"),
    [
        ("artists", "listeners", 282, "at most 282 listeners", "artists with at most 282 listeners"),
        ("shop", "price", 20, "price at most $20", "for at most $20"),
        ("shop", "weight_g", 1200, "weight at most 1,200 grams", "weighing at most 1,200 grams"),
        ("recipes", "minutes", 95, "at most 95 minutes", "recipes of at most 95 minutes"),
        ("recipes", "n_steps", 12, "at most 12 steps", "recipes with at most 12 steps"),
        ("gear", "avg_rating", 4.5, "rated at most 4.5", "rated at most 4.5"),
        ("gear", "width cm", 60, "width at most 60 cm", "at most 60 cm wide"),
        ("wines", "alcohol_pct", 13.5, "alcohol at most 13.5%", "wines with at most 13.5% alcohol"),
        ("wines", "vintage", 2010, "vintage no later than 2010", "wines no later than 2010"),
        ("artists", "formed", 1995, "formed no later than 1995", "artists formed no later than 1995"),
    ],
)
def test_a_limit_is_said_with_what_it_is_of(name, field, limit, chip, said):
    preferences = Preferences(limits=(Limit(field, "le", limit, "so"),))
    assert [part.text for part in parts(preferences, catalog(name))] == [chip]
    assert all(said in text for text in openings(name, preferences))


@pytest.mark.parametrize(
    ("field", "value", "chip"),
    [
        ("in_stock", "in stock", "in stock"),
        ("color", "BLACK", "Black"),
        ("stock_status", "IN_STOCK", "in stock"),
        ("collection", "mugs - mugs", "mugs"),
    ],
)
def test_what_was_understood_is_told_without_noise(field, value, chip):
    wish = Wish(field, value, 1.0, "so")
    wanted, unwanted = Preferences(wanted=(wish,)), Preferences(unwanted=(wish,))
    assert [part.text for one in (wanted, unwanted) for part in parts(one, catalog("shop"))] == [chip] * 2


@pytest.mark.parametrize(
    ("name", "field", "value", "said"),
    [
        ("streaming", "type", "Movie", "movies"),
        ("streaming", "type", "TV Show", "TV shows"),
        ("wines", "taster_name", "Roger Voss", "wines with Roger Voss as their taster"),
        ("wines", "variety", "Riesling", "Riesling wines"),
        ("shop", "color", "BLACK", "products in black"),
        ("streaming", "listed_in", "Dramas", "shows filed under dramas"),
    ],
)
def test_an_opening_keeps_the_number(name, field, value, said):
    items = catalog(name)
    having = [item for item in items.items if value in item.values(field)][:3]
    dialogue = Dialogue(
        (Message("user", value),), preferences=Preferences(wanted=(Wish(field, value, 1.0, value),))
    )
    plan = plan_opening(having, dialogue, items)
    told = {polish(opening(plan, Random(seed)), plan, items) for seed in range(40)}
    assert all(f"three {said}" in text for text in told), told


@pytest.mark.parametrize(
    ("name", "field", "best", "said"),
    [
        ("recipes", "n_steps", "min", "is the one with the fewest steps: it has 1 step, and"),
        ("shop", "weight_g", "max", "is the heavier: it weighs 1,200 grams, and"),
        ("gear", "avg_rating", "max", "is the better rated: it is rated 4.5, and"),
        ("shop", "price", "min", "is the cheaper: it costs $9.50, and"),
        (
            "gear",
            "min_players",
            "max",
            "is the one with the highest minimum number of players: it is for at least 2 players",
        ),
        ("tracks", "tempo", "max", "is the one with the highest tempo: it has a tempo of 120, and"),
    ],
)
def test_the_most_is_said_by_its_kind(name, field, best, said):
    assert said in most(name, field, best)


def test_a_question_names_the_field_in_words():
    import numpy as np

    items = catalog("recipes")
    asked = best_question(items.items, np.zeros(12), Dialogue((Message("user", "soup"),)), items)
    assert asked is not None
    assert re.fullmatch(
        r"Should the (number of steps|time|number of calories|protein) be under .+, or more\?", asked.text
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hour", "an hour"),
        ("honest price", "an honest price"),
        ("LP", "an LP"),
        ("SSD", "an SSD"),
        ("ssd", "an ssd"),
        ("MP3 player", "an MP3 player"),
        ("USB cable", "a USB cable"),
        ("RAM", "a RAM"),
        ("NASA film", "a NASA film"),
        ("SUV", "an SUV"),
        ("8 GB phone", "an 8 GB phone"),
        ("80 g bar", "an 80 g bar"),
        ("11-inch screen", "an 11-inch screen"),
        ("18 V drill", "an 18 V drill"),
        ("1,100 g pan", "a 1,100 g pan"),
        ("180 g bar", "a 180 g bar"),
        ("1800s novel", "an 1800s novel"),
        ("umbrella", "an umbrella"),
        ("usual dish", "a usual dish"),
        ("one-pot dish", "a one-pot dish"),
        ("European car", "a European car"),
        ("unimportant thing", "an unimportant thing"),
        ("R&B album", "an R&B album"),
        ("X-ray", "an X-ray"),
        ("“action” movie", "an “action” movie"),
        ("Élan", "an Élan"),
    ],
)
def test_an_article_goes_by_sound(text, said):
    assert article(text) == said


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("knife", "knives"),
        ("leaf", "leaves"),
        ("potato", "potatoes"),
        ("quiz", "quizzes"),
        ("child", "children"),
        ("bus", "buses"),
        ("lens", "lenses"),
        ("cake knife", "cake knives"),
        ("story", "stories"),
        ("mouse", "mice"),
    ],
)
def test_plurals(one, many):
    assert plural(one) == many
    assert singular(many.split()[-1]) == one.split()[-1]
    assert plural(many) == many or one in ("story",)


def test_what_has_no_other_plural_keeps_it():
    assert [plural(noun) for noun in ("headphones", "jeans", "series", "glasses")] == [
        "headphones",
        "jeans",
        "series",
        "glasses",
    ]


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("num_lectures", "lectures"),
        ("n_steps", "steps"),
        ("No. of pages", "pages"),
        ("# Reviews", "reviews"),
        ("page_count", "pages"),
        ("totalTracks", "tracks"),
        ("cpu_cores", "cpu cores"),
        ("listeners", "listeners"),
        ("avg_ratings", ""),
        ("minutes", ""),
        ("prices", ""),
        ("first_episode", ""),
        ("release_year", ""),
        ("x", ""),
        ("n", ""),
        ("12", ""),
    ],
)
def test_what_a_column_counts_is_in_its_name(name, counted):
    assert counted_in(name) == counted


@pytest.mark.parametrize(
    ("number", "unit", "said"),
    [
        (19.99, "$", "$19.99"),
        (399, "₹", "₹399"),
        (129.9, "EUR", "€129.90"),
        (-3, "usd", "-$3"),
        (0, "$", "$0"),
        (4500, "chf", "CHF 4,500"),
        (1, "hours", "1 hour"),
        (1.5, "hours", "1.5 hours"),
        (10080, "minutes", "7 days"),
        (95, "minutes", "95 minutes"),
        (3600, "seconds", "1 h"),
        (5000, "mAh", "5,000 mAh"),
        (1234.56, "grams", "1,235 grams"),
        (0.5, "%", "0.5%"),
    ],
)
def test_amounts(number, unit, said):
    assert amount_text(number, unit) == said


def test_a_limit_stays_as_exact_as_it_was_given():
    assert limit_text(130.13, "grams") == "130.13 grams"
    assert limit_text(2500, "", counts=True) == "2,500" and limit_text(2500, "") == "2500"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("mugs - mugs", "mugs"),
        ("Mugs > mugs", "Mugs"),
        ("cups - mugs", "cups - mugs"),
        ("FULL_TIME", "full time"),
        ("CONTRACTOR", "Contractor"),
        ("USB CABLE", "USB Cable"),
        ("IMAX", "IMAX"),
        ("macOS", "macOS"),
        ("r-n-b", "r-n-b"),
        ("_", "_"),
    ],
)
def test_values_without_noise(value, said):
    assert value_text(value) == said


def sentences(name: str) -> list[tuple[str, str]]:
    """What is said of a catalogue's items for each value and limit, raw and as it is shown."""
    items = catalog(name)
    wants = [Preferences(), Preferences(liked=(items.items[0].id,))]
    for spec in items.schema.filterable:
        if spec.name not in telling(items):
            continue
        if spec.has_values:
            wants += [
                Preferences(wanted=(Wish(spec.name, value, 1.0, value.lower()),))
                for value in items.vocabulary(spec.name)
            ]
        else:
            middle = sorted(x for item in items.items if (x := item.number(spec.name)) is not None)[5]
            wants += [Preferences(limits=(Limit(spec.name, op, middle, "so"),)) for op in ("le", "ge", "lt")]
    found = []
    for preferences in wants:
        dialogue = Dialogue((Message("user", "so"),), preferences=preferences)
        plans = [
            *plan_reasons(items.items[1:4], dialogue, items),
            plan_opening(items.items[1:4], dialogue, items),
        ]
        for plan in plans:
            for seed in range(4):
                raw = (opening if plan.item is None else word)(plan, Random(seed))
                assert check(raw, plan, dialogue, items) == [], raw
                found.append((raw, polish(raw, plan, items)))
    found += [("", record(name, row)) for row in range(6)]
    return found


_FAULTS = {
    "a for an": r"\b[Aa] (?:[aeio](?!ne\b|nce\b)|8|11\b|18\b)\w*",
    "an for a": r"\b[Aa]n (?:[bcdfgjkpqtvwyz]|[BCDGJKPQTUVWYZ])",
    "a before a plural": r"\b[Aa] (?:mugs|aprons|prints|listeners|albums|steps|points)\b",
    "one of several": r"(?<![\d.,])\b1 (?:[a-z]+[^s\W]s)\b(?<!sleeps)",
    "a word twice": r"\b(\w{2,})\W{1,3}\1\b",
    "of a number": r"\b(?:listener|album|step|point|player|n step)s? of \d",
    "a raw name": r"\w_\w",
    "a sign behind": r"\d ?[$€£]",
    "long decimals": r"\d\.\d{3}",
    "no mark between thousands": r"\b\d{5,}\b",
    "shouting": r"\b[A-Z]{5,}\b",
}


@pytest.mark.parametrize("name", TABLES)
def test_no_sentence_has_a_fault(name):
    said = sentences(name)
    assert len(said) > 50
    for _, shown in said:
        text = re.sub(r"\*[^*]+\*", "Thing", shown)
        for fault, pattern in _FAULTS.items():
            found = re.search(pattern, text)
            assert found is None, f"{fault}: {shown}"


def test_numbers_stand_as_the_plan_writes_them():
    fact = Fact("price", "1700", "", "limit", ask="at most €1,700")
    plan = Plan(None, (fact, Fact("score", "2014.5", "", "own")), {}, "item", "items")
    catalog = Catalog.from_records([{"title": "Loft", "price": 3}])
    shown = polish("here are lofts for at most €1, 700 . of 2014. 5, and 11, 700 more", plan, catalog)
    assert shown == "Here are lofts for at most €1,700. Of 2014.5, and 11, 700 more."
