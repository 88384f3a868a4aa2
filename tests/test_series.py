"""Which items continue each other."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.series import SeriesIndex, head_of
from wherefore.reading.reader import DialogueReader
from wherefore.reading.references import ReferenceReader

ROWS = [
    ("The Terminator", 1984, "Arnold Schwarzenegger; Linda Hamilton"),
    ("Terminator 2: Judgment Day", 1991, "Arnold Schwarzenegger; Linda Hamilton"),
    ("The Matrix", 1999, "Keanu Reeves; Carrie-Anne Moss"),
    ("The Matrix Reloaded", 2003, "Keanu Reeves; Carrie-Anne Moss"),
    ("King Kong", 1933, "Fay Wray"),
    ("King Kong", 2005, "Naomi Watts"),
    ("Rush", 2013, "Chris Hemsworth"),
    ("Rush Hour", 1998, "Jackie Chan; Chris Tucker"),
    ("Rush Hour 2", 2001, "Jackie Chan; Chris Tucker"),
    ("Rush Hour 3", 2007, "Jackie Chan; Chris Tucker"),
    ("Alien", 1979, "Sigourney Weaver"),
    ("Aliens", 1986, "Sigourney Weaver"),
]


@pytest.fixture(scope="module")
def films():
    rows = [{"id": f"m{n}", "title": t, "year": y, "cast": c} for n, (t, y, c) in enumerate(ROWS)]
    return Catalog.from_records(rows, name="movies")


def test_the_series_of_a_catalogue(films):
    series = SeriesIndex(films)
    found = {
        tuple(films.dated(films.items[row]) for row in series.of(place)) for place in range(len(films))
    } - {()}
    assert found == {
        ("The Terminator (1984)", "Terminator 2: Judgment Day (1991)"),
        ("The Matrix (1999)", "The Matrix Reloaded (2003)"),
        ("Rush Hour (1998)", "Rush Hour 2 (2001)", "Rush Hour 3 (2007)"),
        ("Alien (1979)", "Aliens (1986)"),
    }
    assert series.same(0, 1) and not series.same(0, 2) and not series.same(4, 5)


@pytest.mark.parametrize(
    ("title", "head"),
    [
        ("Mission: Impossible", "mission"),
        ("The Godfather: Part II", "godfather"),
        ("Kill Bill: Vol. 1", "kill bill"),
        ("Se7en", "se7en"),
        ("2001: A Space Odyssey", "2001"),
        ("", ""),
        ("!!!", ""),
    ],
)
def test_heads(title, head):
    assert head_of(title) == head


def test_a_story_of_a_series_says_so():
    titles = (
        "Star Wars: A New Hope",
        "Star Wars: Return of the Jedi",
        "Solo: A Star Wars Story",
        "Toy: A Love Story",
    )
    rows = [{"id": str(n), "title": title, "year": 1990 - n} for n, title in enumerate(titles)]
    series = SeriesIndex(Catalog.from_records(rows, name="movies"))
    assert series.of(0) == series.of(2) == (2, 1, 0) and series.of(3) == ()


def test_a_catalogue_without_people_goes_by_titles():
    rows = [{"id": str(n), "title": f"Tales of Dune{tail}"} for n, tail in enumerate(("", " 2", " 3"))]
    assert len(SeriesIndex(Catalog.from_records(rows, name="books")).of(0)) == 3


@pytest.fixture(scope="module")
def references(films):
    reader = DialogueReader(films)
    reader.refresh()
    return reader


def named(reader, text, *listed):
    """The items that a message names after a list."""
    lines = "\n".join(f"{n}. **{title}** — x." for n, title in enumerate(listed, 1))
    before = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": lines}] if listed else []
    dialogue = reader.read([*before, {"role": "user", "content": text}])
    last = len(dialogue.messages) - 1
    return [reader.catalog.dated(reader.catalog[m.item_id]) for m in dialogue.mentions if m.message == last]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I liked the second Rush Hour", ["Rush Hour 2 (2001)"]),
        ("I loved the Rush Hour movies", ["Rush Hour (1998)", "Rush Hour 2 (2001)", "Rush Hour 3 (2007)"]),
        ("I hated the last Matrix film", ["The Matrix Reloaded (2003)"]),
        ("I have seen every Matrix film", ["The Matrix (1999)", "The Matrix Reloaded (2003)"]),
        ("I loved every single Matrix movie", ["The Matrix (1999)", "The Matrix Reloaded (2003)"]),
        ("I liked the Alien movie", ["Alien (1979)"]),
        ("loved King Kong, the 1933 one", ["King Kong (1933)"]),
        ("I loved King Kong with Naomi Watts", ["King Kong (2005)"]),
        ("I liked the fourth Rush Hour", ["Rush Hour (1998)"]),  # there is none
    ],
)
def test_what_is_named_by_more_than_its_title(references, text, expected):
    assert named(references, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the one with Keanu Reeves was great", ["The Matrix (1999)"]),
        ("I've seen the 1933 one", ["King Kong (1933)"]),
        ("I liked both Jackie Chan ones", ["Rush Hour (1998)", "Rush Hour 2 (2001)"]),
        ("I'd like one with Tom Cruise", []),
        ("the second one with Keanu Reeves", []),  # counted, not described
    ],
)
def test_what_of_a_list_is_told_by_what_it_holds(references, text, expected):
    listed = ("The Matrix", "King Kong", "Rush Hour", "Rush Hour 2")
    if "1933" in text:
        listed = ("The Matrix", "King Kong (1933)", "Rush Hour")
    assert named(references, text, *listed) == expected


def test_a_series_is_no_value_of_what_is_listed():
    rows = [
        {"id": f"m{n}", "title": "Rocky" if n == 1 else f"Rocky {n}", "year": 1976 + n, "keywords": ""}
        for n in range(1, 4)
    ]
    rows[1]["keywords"] = "rocky; boxing"
    reader = DialogueReader(Catalog.from_records(rows, name="movies"))
    every = ["Rocky (1977)", "Rocky 2 (1978)", "Rocky 3 (1979)"]
    assert named(reader, "I have seen all the Rocky movies", "Rocky", "Rocky 2") == every
    assert named(reader, "I have seen all the boxing movies", "Rocky", "Rocky 2") == ["Rocky 2 (1978)"]


def test_reading_without_a_year_field():
    rows = [
        {"id": "a", "title": "Blue Mug", "brand": "Acme"},
        {"id": "b", "title": "Red Mug", "brand": "Zeta"},
    ]
    reader = DialogueReader(Catalog.from_records(rows, name="mugs"))
    assert named(reader, "the Acme one is nice", "Blue Mug", "Red Mug") == ["Blue Mug"]
    assert (
        ReferenceReader(reader.catalog, reader._titles, ("mug", "mugs")).namesake("the 1982 one", ["a"]) == []
    )


@pytest.fixture(scope="module")
def builtin(builtin_reader):
    return builtin_reader


@pytest.mark.parametrize(
    "said, gone, stays",
    [
        (
            "sci-fi, but no Star Wars please",
            ("Solo: A Star Wars Story", "Star Wars: The Force Awakens"),
            ("Star Trek",),
        ),
        (
            "no Batman please, something with superheroes",
            ("Batman Begins", "Batman & Robin"),
            ("Robin Hood",),
        ),
        ("anything but Rocky", ("Rocky II", "Rocky Balboa"), ("Creed",)),
        ("I liked Star Wars but no Star Trek", ("Star Trek Beyond",), ("Star Wars: The Force Awakens",)),
    ],
)
def test_what_is_refused_by_name_is_refused_whole(builtin, said, gone, stays):
    read = builtin.read([{"role": "user", "content": said}])
    state = read.preferences
    assert not {one.item_id for one in read.heard().mentions} & set(state.rejected)
    titles = {builtin.catalog[one].title for one in state.rejected}
    assert titles >= set(gone) and not titles & set(stays)


@pytest.mark.parametrize(
    "said",
    [
        "I have seen no Matrix movie",
        "there is no Alien in it",
        "No, Star Wars is great",
        "I have not seen Rocky",
    ],
)
def test_what_only_sounds_like_a_refusal(builtin, said):
    assert builtin.read([{"role": "user", "content": said}]).preferences.rejected == ()
