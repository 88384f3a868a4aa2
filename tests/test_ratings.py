"""Rating data sets in every form that is read, linked to small catalogues."""

from __future__ import annotations

import gzip
import json

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.config import Component
from wherefore.corpora.linking import ItemReference, linker
from wherefore.corpora.ratings import RATINGS, Rating, Table, liked_sets, ratings_of

CATALOG = Catalog.from_records(
    [
        {"id": "tt0000011", "title": "The Goonies", "year": 1985, "alt_titles": "Los Goonies"},
        {"id": "tt0000022", "title": "Alien", "year": 1979, "alt_titles": ""},
        {"id": "own-3", "title": "Amélie", "year": 2001, "alt_titles": "Le Fabuleux Destin d'Amélie Poulain"},
        {"id": "own-4", "title": "Heat", "year": 1995, "alt_titles": ""},
        {"id": "own-5", "title": "Heat", "year": 1986, "alt_titles": ""},
        {"id": "own-6", "title": "It", "year": 1990, "alt_titles": ""},
        {"id": "own-7", "title": "It!", "year": 1990, "alt_titles": ""},
        {"id": "own-8", "title": "No Year", "year": None, "alt_titles": ""},
    ]
)


def write(folder, **files):
    """Files by name (`__` for a dot); .gz are packed."""
    for name, text in files.items():
        path = folder / name.replace("__", ".")
        if path.suffix == ".gz":
            path.write_bytes(gzip.compress(text.encode()))
        else:
            path.write_text(text, encoding="latin-1" if path.name == "u.item" else "utf-8")
    return folder


def read(name, path, **options):
    """(user, ids, liked) of every rating."""
    return [(one.user, one.item, one.liked) for one in RATINGS[name](path, **options)]


# -- every form


def test_movietweetings_as_published(tmp_path):
    folder = write(
        tmp_path,
        ratings__dat="1::0000011::7::1365029107\n1::22::6::13\n2::0000011::10::5\n2::999::8::5\n",
        movies__dat="0000011::Goonies, The (1985)::Adventure\n22::Alien (1979)::\n",
    )
    goonies = ItemReference(("tt0000011",), "0000011", ("Goonies, The",), 1985)
    assert read("movietweetings", folder) == [
        ("1", goonies, True),
        ("1", ItemReference(("tt0000022",), "22", ("Alien",), 1979), False),
        ("2", goonies, True),
        ("2", ItemReference(("tt0000999",), "999"), True),
    ]
    assert [one[2] for one in read("movietweetings", folder / "ratings.dat", threshold=10)] == [False] * 2 + [
        True,
        False,
    ]
    assert [one[2] for one in read("movietweetings", folder, threshold=6)] == [True] * 4


def test_movietweetings_as_shared(tmp_path):
    folder = write(
        tmp_path,
        ratings__csv__gz="user_id,item_id,imdb_id,rating_0_10,timestamp\n1,tt0000011,tt0000011,7,1\n1,,tt0000333,6,1\n",
        items__jsonl__gz=json.dumps({"native_id": "tt0000333", "title": "Amélie", "year": 2001}) + "\n",
    )
    assert read("movietweetings", folder) == [
        ("1", ItemReference(("tt0000011",), "tt0000011"), True),
        ("1", ItemReference(("tt0000333",), "tt0000333", ("Amélie",), 2001), False),
    ]


def test_movielens_newer_editions(tmp_path):
    folder = write(
        tmp_path,
        ratings__csv="userId,movieId,rating,timestamp\n1,5,4.0,1\n1,6,3.5,1\n2,7,5,1\n",
        links__csv="movieId,imdbId,tmdbId\n5,0000011,\n6,22,7\n",
        movies__csv='movieId,title,genres\n5,"Goonies, The (1985)",x\n7,"Amelie (Fabuleux destin, Le) (2001)",x\n',
    )
    assert read("movielens", folder) == [
        ("1", ItemReference(("tt0000011",), "5", ("Goonies, The",), 1985), True),
        ("1", ItemReference(("tt0000022",), "6"), False),
        ("2", ItemReference((), "7", ("Amelie", "Fabuleux destin, Le"), 2001), True),
    ]
    (folder / "links.csv").unlink()
    assert [item.ids for _, item, _ in read("movielens", folder)] == [(), (), ()]
    (folder / "movies.csv").unlink()
    with pytest.raises(FileNotFoundError, match="neither links.csv nor movies.csv"):
        read("movielens", folder)


def test_movielens_100k_as_published(tmp_path):
    folder = write(
        tmp_path,
        u__data="196\t1\t3\t881250949\n186\t2\t4\t1\n",
        u__item="1|Amélie (2001)|01-Jan-2001|\n2|Heat (1995)|\n",
    )
    assert read("movielens", folder) == [
        ("196", ItemReference((), "1", ("Amélie",), 2001), False),
        ("186", ItemReference((), "2", ("Heat",), 1995), True),
    ]
    (folder / "u.item").unlink()
    with pytest.raises(FileNotFoundError, match=r"no u\.item"):
        read("movielens", folder)


@pytest.mark.parametrize("native", ["native_id", "movielens_id"])
def test_movielens_as_shared(tmp_path, native):
    folder = write(
        tmp_path,
        ratings__csv__gz=f"user_id,item_id,{native},rating,timestamp\n9,tt0000011,5,4,1\n9,,6,2.5,1\n",
    )
    assert read("movielens", folder) == [
        ("9", ItemReference(("tt0000011",), "5"), True),
        ("9", ItemReference((), "6"), False),
    ]


def test_movielens_with_likes(tmp_path):
    folder = write(
        tmp_path,
        interactions__csv__gz="split,user_id,item_id,native_id,liked,timestamp\ntrain,1,tt0000011,1,1,9\ntest,1,own-3,2,0,9\n",
        items__jsonl__gz='{"native_id": 2, "item_id": "tt7", "title": "Alien", "year": 1979}\n',
    )
    assert read("movielens", folder) == [
        ("1", ItemReference(("tt0000011",), "1"), True),
        ("1", ItemReference(("own-3", "tt7"), "2", ("Alien",), 1979), False),
    ]
    write(folder, interactions__csv__gz="user_id,item_id,native_id,liked\n1,a,1,1\n1,b,2,yes\n")
    with pytest.raises(ValueError, match=r"interactions\.csv\.gz, line 3: `liked` is 'yes'"):
        read("movielens", folder)


def test_any_table(tmp_path):
    folder = write(
        tmp_path,
        mine__tsv="reader\tbook\tstars\tname\tout\n1\tb1\t8\tThe Hobbit\t1937\n2\t\t3\tDune\t\n",
        ratings__csv='user_id,item_id\n1,"a,b"\n\n1,c\n',
    )
    columns = {"user": "reader", "item": "book", "rating": "stars", "title": "name", "year": "out"}
    assert read("csv", folder / "mine.tsv", threshold=8, **columns) == [
        ("1", ItemReference(("b1",), "b1", ("The Hobbit",), 1937), True),
        ("2", ItemReference((), "", ("Dune",), None), False),
    ]
    assert read("csv", folder, rating=None) == [
        ("1", ItemReference(("a,b",), "a,b"), True),
        ("1", ItemReference(("c",), "c"), True),
    ]


def test_llm_redial_as_shared(tmp_path):
    items = (
        {"item_id": "B1", "raw_title": "Alien VHS", "title": "Alien", "catalogue_id_guess": "tt0000022"},
        {"item_id": "B2", "title": "Amélie"},
    )
    talks = [{"likes": ["B1"], "dislikes": ["B2"]}, {"likes": []}]
    users = (
        {"user_id": "A", "history": ["B1", "B2"], "might_like": ["B3"], "conversations": talks},
        {"user_id": "B", "history": ["B1"]},
    )
    folder = write(
        tmp_path,
        items__jsonl__gz="\n".join(map(json.dumps, items)),
        users__jsonl__gz="\n".join(map(json.dumps, users)),
    )
    alien = ItemReference(("tt0000022",), "B1", ("Alien",))
    assert read("llm-redial", folder) == [
        ("A", alien, True),
        ("A", ItemReference((), "B2", ("Amélie",)), True),
        ("A", ItemReference(native="B3"), True),
        ("A", ItemReference((), "B2", ("Amélie",)), False),
        ("B", alien, True),
    ]
    for line, said in (
        ('{"history": []}', "line 1: a line must have `user_id`"),
        ('{"user_id": 1, "conversations": ["x"]}', "a list of `conversations`"),
        ('{"user_id": 1, "history": "B1"}', "'B1' stands where a list of item ids must"),
    ):
        write(tmp_path, users__jsonl__gz=line)
        with pytest.raises(ValueError, match=said):
            read("llm-redial", folder)


def test_each_says_what_may_be_done_with_it(tmp_path):
    write(tmp_path, ratings__csv="user_id,item_id,rating\n", ratings__dat="", users__jsonl="")
    made = {name: ratings_of({"name": name, "path": str(tmp_path)}) for name in RATINGS}
    assert {name: one.redistributable for name, one in made.items()} == {
        "csv": False,
        "llm-redial": False,
        "movielens": False,
        "movietweetings": True,
    }
    assert all(one.licence and one.source and one.name == name for name, one in made.items())
    own = Table(tmp_path, licence="CC0", redistributable=True)
    assert own.licence == "CC0" and own.redistributable


# -- linking


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        (ItemReference(("own-3",)), "own-3"),
        (ItemReference(("no", "own-4"), titles=("Alien",), year=1979), "own-4"),
        (ItemReference(titles=("Goonies, The",), year=1985), "tt0000011"),
        (ItemReference(titles=("goonies",), year=1985), "tt0000011"),
        (ItemReference(titles=("LOS GOONIES",), year=1985), "tt0000011"),
        (ItemReference(titles=("Amelie",), year=2001), "own-3"),
        (ItemReference(titles=("Nothing", "Fabuleux destin d'Amelie Poulain, Le"), year=2001), None),
        (ItemReference(titles=("Nothing", "Le fabuleux destin d'Amelie Poulain"), year=2001), "own-3"),
        (ItemReference(titles=("Heat",), year=1995), "own-4"),
        (ItemReference(titles=("Heat",), year=1986), "own-5"),
        (ItemReference(titles=("Heat",), year=1996), None),
        (ItemReference(titles=("Heat",)), None),  # two of that title, and the data set knows no years
        (ItemReference(titles=("Los Goonies",)), "tt0000011"),
        (ItemReference(titles=("It",), year=1990), None),  # two of that title and year
        (ItemReference(titles=("No year",)), "own-8"),
        (ItemReference(native="own-3"), None),  # a data set's own number is no id of ours
        (ItemReference(titles=("!",), year=1990), None),
        (ItemReference(), None),
    ],
)
def test_items_are_linked_by_id_or_by_title_and_year(reference, found):
    assert linker(CATALOG)(reference) == found


def test_items_are_linked_by_a_field_of_ids():
    records = [
        {"id": "a", "title": "One", "other_ids": ["m1", "m2"], "number": 77},
        {"id": "b", "title": "Two", "other_ids": ["m3", "m2"], "number": 88},
    ]
    catalog = Catalog.from_records(records)
    field = next(spec.name for spec in catalog.schema.fields if spec.column == "other_ids")
    find = linker(catalog, field)
    assert [find(ItemReference(native=one)) for one in ("m1", "m2", "m3", "m4")] == ["a", None, "b", None]
    assert find(ItemReference(("m3",))) == "b"
    assert linker(catalog, "number")(ItemReference(native="88")) == "b"
    assert linker(catalog)(ItemReference(("m3",))) is None
    with pytest.raises(ValueError, match="no item of .* has a field `imdb_ids`; its fields are"):
        linker(catalog, "imdb_ids")


def test_a_catalogue_without_years_links_by_title():
    catalog = Catalog.from_records([{"id": "a", "title": "Dune"}, {"id": "b", "title": "Emma"}])
    assert linker(catalog)(ItemReference(titles=("Dune",), year=1965)) == "a"


def test_liked_sets(tmp_path):
    lines = (
        "1::11::8::1", "1::22::7::1", "1::999::9::1",  # two of ours, and one that is not
        "2::11::9::1",  # one alone is no set
        "3::11::9::1", "3::22::3::1",  # one liked, one not
        "4::22::2::1", "4::11::8::1", "4::22::8::2",  # the later rating counts
        "7::22::1::1", "7::11::8::1", "7::22::9::2",
        "5::22::9::1", "5::11::8::1", "5::22::2::2",
        "6::11::8::1", "6::11::9::1",  # the same item twice
    )  # fmt: skip
    write(tmp_path, ratings__dat="\n".join(lines))
    both = frozenset({"tt0000011", "tt0000022"})
    given = {"name": "movietweetings", "path": str(tmp_path)}
    assert liked_sets(given, CATALOG) == liked_sets(Component(**given), CATALOG) == [both] * 3
    assert liked_sets(given | {"threshold": 9}, CATALOG) == []
    assert len(liked_sets(given | {"threshold": 1}, CATALOG)) == 5


def test_your_own_reader(tmp_path):
    given = {"name": "test_ratings:Three", "path": str(write(tmp_path, ratings__csv="x\n"))}
    assert liked_sets(given, CATALOG) == [frozenset({"own-3", "own-4"})]


class Three(Table):
    def __iter__(self):
        for item in ("own-3", "own-4", "elsewhere"):
            yield Rating("me", ItemReference((item,)), True)


# -- what is wrong is said


def test_ratings_of_another_world_are_refused(tmp_path):
    write(tmp_path, ratings__csv="user_id,item_id,rating\n1,b1,5\n1,b2,5\n")
    with pytest.raises(ValueError, match=r"none of the 2 items rated in .*ratings\.csv is in .*`link_by`"):
        liked_sets({"name": "csv", "path": str(tmp_path)}, CATALOG)


@pytest.mark.parametrize(
    ("name", "files", "said"),
    [
        ("movietweetings", {"ratings__dat": "1::2::3::4\n1::2\n"}, r"ratings\.dat, line 2 is '1::2'"),
        ("movietweetings", {"ratings__dat": "1::2::11::4\n"}, r"line 1: '11' is not a number from 0 to 10"),
        ("movietweetings", {"ratings__dat": "\n\n1::2::nan::4\n"}, r"line 3: 'nan' is not a number"),
        ("movietweetings", {"ratings__dat": "1::2::9\n", "movies__dat": "2\n"}, r"movies\.dat, line 1"),
        (
            "movietweetings",
            {"ratings__csv": "user_id,item_id,imdb_id,rating\n1,a,b,3\n"},
            r"ratings\.csv, line 1: there is no column `rating_0_10`; the columns are user_id",
        ),
        (
            "movielens",
            {"u__data": "1\t1\t6\t1\n", "u__item": "1|A|\n"},
            r"u\.data, line 1: '6' is not a number from 0",
        ),
        (
            "movielens",
            {"ratings__csv": "user_id,item_id,native_id,rating\n1,a,1,x\n"},
            r"line 2: 'x' is not a num",
        ),
        ("movielens", {"ratings__csv": ""}, r"ratings\.csv is empty"),
        (
            "movielens",
            {
                "ratings__csv": "user_id,item_id,native_id,rating\n1,a,1,4\n",
                "items__jsonl": '{"title": "A"}\n',
            },
            r"items\.jsonl, line 1: there is no `native_id`",
        ),
        (
            "csv",
            {"ratings__csv": "user_id,item_id,rating\n1,a,4\n1,a\n"},
            r"line 3 has 2 cells, the header 3",
        ),
        (
            "csv",
            {"ratings__csv": "user_id,item_id,rating\n1,a,inf\n"},
            r"line 2: 'inf' is not a finite number",
        ),
    ],
)
def test_broken_files_are_named_with_their_line(tmp_path, name, files, said):
    write(tmp_path, **files)
    with pytest.raises(ValueError, match=said):
        read(name, tmp_path)


@pytest.mark.parametrize("name", ["ratings.csv", "ratings.dat"])
def test_what_is_not_utf8_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"user_id,item_id,imdb_id,rating_0_10\n1::\xe9::3\n")
    with pytest.raises(ValueError, match=f"{name} is not"):
        read("movietweetings", tmp_path / name)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"has none of ratings\.dat, .*get them from https://github\.com/sidooms"
    ):
        RATINGS["movietweetings"](tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no .*nowhere; get them from"):
        RATINGS["movielens"](tmp_path / "nowhere")
    write(tmp_path, ratings__dat="")
    with pytest.raises(ValueError, match="`threshold` is 11; ratings go from 0 to 10"):
        RATINGS["movietweetings"](tmp_path, threshold=11)
    with pytest.raises(
        ValueError, match="unknown ratings 'netflix'; known: csv, llm-redial, movielens, movietweetings"
    ):
        ratings_of({"name": "netflix", "path": "x"})
    for given in ({"path": "x"}, "movielens"):
        with pytest.raises(ValueError, match="give {name: …, path: …}, name one of csv"):
            ratings_of(given)
    with pytest.raises(ValueError, match="ratings 'movielens'"):
        ratings_of({"name": "movielens", "path": str(tmp_path), "stars": 3})


# -- the shared data


@pytest.mark.parametrize(
    ("name", "folder", "ratings", "users"),
    [
        ("movietweetings", "movietweetings_100k", 100_000, 16_554),
        ("movielens", "movielens_100k", 100_000, 943),
        ("movielens", "movielens_latest_small_2016", 100_004, 671),
        ("movielens", "movielens_1m_subset", 51_623, 838),
    ],
)
def test_shared_data_are_linked_to_the_built_in_movies(shared, name, folder, ratings, users):
    catalog = Catalog.builtin()
    read = list(RATINGS[name](shared / folder))
    assert len(read) == ratings and len({one.user for one in read}) == users
    find = linker(catalog)
    found = {item: find(item) for item in {one.item for one in read}}
    assert sum(found[one.item] is not None for one in read) > 0.9 * ratings
    sets = liked_sets({"name": name, "path": str(shared / folder)}, catalog)
    assert 0.25 * users < len(sets) <= users
    assert all(len(one) >= 2 and all(item in catalog for item in one) for one in sets)
