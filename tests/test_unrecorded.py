"""What records say nothing of is said: streaming, awards, age ratings, reviews."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.reading.unrecorded import other_kinds, unrecorded, untold


@pytest.fixture(scope="module")
def builtin(builtin_reader):
    return builtin_reader.catalog


@pytest.mark.parametrize(
    ("said", "topics"),
    [
        ("an Oscar winner on Netflix", ["awards", "where things stream"]),
        ("what's available on Disney+?", ["where things stream"]),
        ("anything good on Amazon Prime?", ["where things stream"]),
        ("streaming on Hulu please", ["where things stream"]),
        ("best picture winners", ["awards"]),
        ("award-winning documentaries", ["awards"]),
        ("a PG-13 comedy", ["age ratings"]),
        ("rated R horror", ["age ratings"]),
        ("highly rated drama", ["reviews"]),
        ("something with good reviews", ["reviews"]),
        ("no swearing please", []),  # the warnings tell of it
        ("a film with a great soundtrack", ["soundtracks"]),
        ("I love Oscar Isaac", []),
        ("I saw Heat on Netflix last week", []),
        ("a war movie", []),
        ("a film set on the Amazon", []),
        ("pages and pages of text", []),
        ("", []),
    ],
)
def test_what_cannot_be_known_is_named(said, topics, builtin):
    assert unrecorded(said, builtin) == topics


def test_what_is_recorded_is_not_named():
    rows = [
        {
            "title": f"Film {n}",
            "rating": n / 2,
            "tags": "oscar winner; quiet" if n % 2 else "quiet",
            "certificate": "R",
        }
        for n in range(1, 13)
    ]
    catalog = Catalog.from_records(rows, name="films")
    assert unrecorded("a highly rated oscar winner, PG-13, on netflix", catalog) == ["where things stream"]


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("nah. what about a tv series?", ["TV series"]),
        ("Any good shows?", ["TV series"]),
        ("do you have tv series or books?", ["TV series"]),
        ("is there a good sitcom", ["TV series"]),
        ("I want a book about dragons", ["books"]),
        ("can you suggest music for the road? Any podcasts?", ["music", "podcasts"]),
        ("what about a film?", []),
        ("no tv shows please", []),
        ("I don't want a TV series", []),
        ("I saw the show", []),
        ("a movie based on any book", []),
        ("a film about a video game", []),
        ("any movie about a tv show", []),
        ("I like books", []),
        ("Do you know The Game?", []),
        ("any series of films", []),
        ("the show must go on", []),
        ("", []),
    ],
)
def test_another_kind_of_thing_is_noticed(said, kinds, builtin):
    assert other_kinds(said, builtin) == kinds


def test_what_a_catalogue_holds_is_no_other_kind():
    rows = [{"title": f"Name {n}", "type": "TV show" if n % 2 else "movie"} for n in range(12)]
    said = "what about a tv show? any movies? a film? any novels?"
    assert other_kinds(said, Catalog.from_records(rows, name="things")) == []  # of what kind, nobody said
    rows = [{"title": f"Name {n}", "author": f"A B{n}", "pages": 100 + n} for n in range(12)]
    books = Catalog.from_records(rows, name="books")
    assert books.schema.noun == "book"
    assert other_kinds(said, books) == ["TV series", "movies"]


def test_the_reply_says_which_kind_it_knows(starter):
    reply = starter.generate([{"role": "user", "content": "any good tv series?"}])
    assert len(reply.recommendations) == 5
    assert "I know only movies, no TV series." in reply.text


def test_the_reply_says_so_and_lists_nonetheless(starter):
    reply = starter.generate([{"role": "user", "content": "an award-winning comedy on Netflix"}])
    assert len(reply.recommendations) == 5
    assert "My records say nothing of awards and where things stream." in reply.text
    later = [
        {"role": "user", "content": "an award-winning comedy on Netflix"},
        {"role": "assistant", "content": reply.text},
        {"role": "user", "content": "something older"},
    ]
    assert "My records" not in starter.generate(later).text


@pytest.mark.parametrize(
    ("said", "refused", "wanted"),
    [
        ("a foreign film", ["English"], []),
        ("foreign movies please", ["English"], []),
        ("a lesser-known foreign thriller", ["English"], ["Thriller"]),
        ("something foreign", ["English"], []),
        ("a foreign language thriller", ["English"], ["Thriller"]),
        ("I like movies with subtitles", ["English"], []),
        ("no foreign films", [], ["English"]),
        ("nothing foreign", [], ["English"]),
        ("nothing with subtitles", [], ["English"]),
        ("I don't like subtitles", [], ["English"]),
        ("a foreign exchange student movie", [], []),
        ("about foreign policy", [], []),
    ],
)
def test_foreign_is_what_is_not_in_english(said, refused, wanted, builtin_reader):
    state = builtin_reader.read([{"role": "user", "content": said}]).preferences
    assert [wish.value for wish in state.unwanted if wish.field == "language"] == refused
    assert [wish.value for wish in state.wanted if wish.value in ("English", "Thriller")] == wanted


@pytest.mark.parametrize(
    ("text", "topic", "said"),
    [
        ("a thing under 20, shipping to Texas", "delivery", "shipping to texas"),
        ("it must reach Pune by Monday", "delivery", "must reach pune by monday"),
        ("my husband uses a wheelchair", "access without steps", "wheelchair"),
        ("we want step-free access", "access without steps", "step-free access"),
        ("hardcover?", "bindings and formats", "hardcover"),
        ("an audiobook for the drive", "bindings and formats", "audiobook"),
        ("with French subtitles", "subtitles and dubbing", "french subtitles"),
        ("songs in Spanish, please", "languages", "in spanish"),
        ("one with Italian leather", "where materials come from", "italian leather"),
        ("is it safe during pregnancy", "safety for health", "safe during pregnan"),
        ("I am colour-blind", "how colour-blind people get on with it", "colour-blind"),
        ("allowed on the plane", "what is allowed on aeroplanes", "allowed on the plane"),
        (
            "it has to be compatible with my old dock",
            "what it is compatible with",
            "compatible with my old dock",
        ),
        ("with a 2 year warranty", "warranties and returns", "warranty"),
        ("open on Sundays", "opening hours", "open on sundays"),
        ("can I pay in instalments", "payment", "pay in instalments"),
    ],
)
def test_needs_that_no_record_tells(text, topic, said):
    catalog = Catalog.from_records([{"title": f"Thing {n}", "about": "a plain thing"} for n in range(6)])
    (found,) = untold(text, catalog)
    assert (found.topic, found.is_need) == (topic, True)
    assert said in text[found.start : found.end].lower()


@pytest.mark.parametrize(
    "text",
    [
        "it doesn't need to ship to Texas",
        "I don't care about hardcover",
        "I saw it in French",
        "a leather bag",
        "we sat in the open",
        "a French thing",
        "the stairs in our house are steep",
    ],
)
def test_what_is_not_asked_for_is_no_need(text):
    catalog = Catalog.from_records([{"title": f"Thing {n}", "about": "a plain thing"} for n in range(6)])
    assert untold(text, catalog) == []


def test_needs_that_fields_or_texts_tell_are_recorded():
    rows = [{"title": f"Thing {n}", "format": "hardcover", "note": "step-free access"} for n in range(6)]
    catalog = Catalog.from_records(rows)
    assert untold("hardcover, with step-free access", catalog) == []
    assert [one.topic for one in untold("with free shipping", catalog)] == ["delivery"]
