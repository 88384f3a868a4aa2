"""What records say nothing of is said: streaming, awards, age ratings, reviews."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.reading.unrecorded import other_kinds, unrecorded


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
