"""The script that makes the built-in movies, on tiny files written here and, where there is one, on the real data."""

from __future__ import annotations

import csv
import gzip
import json
import math
from pathlib import Path
from types import ModuleType

import pytest

from conftest import ROOT
from conftest import script as load
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.known import is_added


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load("prepare_data")


def write_jsonl(path: Path, records: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record) + "\n" for record in records)


def film(item_id: str, title: str, **more: object) -> dict:
    base = {
        "item_id": item_id,
        "title": title,
        "year": 1999,
        "genres": ["Drama"],
        "imdb_rating": 5.0,
        "metascore": 50,
    }
    return base | {"image_url": "https://x.org/a.jpg", "rating_stats": {"mls": {"n": 9, "mean": 3.0}}} | more


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Seven films, four of them ReDial's, in the layout of the converted data."""
    common = [
        "ghost",
        "great acting",
        "imdb top 250",
        "netflix",
        "ghosts",
        "nudity",
        "male frontal nudity",
        "drama",
    ]
    core = [
        film("tt1", "Grey Harbour", keywords=[*common, "jane roe"], directors=["Jane Roe"],
             cast=[f"A{i} B" for i in range(12)],
             countries=["USA", "United States of America"], languages=["Español", "None"], runtime_min=101,
             genres=["Drama", "Slasher", "Erotic"], alt_titles=["Puerto Gris", "Other Film", "The Grey Harbour"]),
        film("tt2", "Other Film", keywords=["ghost", "ghosts", "pornography"], directors_from_text=["Jane Roe"]),
        film("tt3", "Goonies, The", keywords=["ghost"], directors_from_text=["Hong Kong"], runtime_min=100_000),
        film("tt4", "No Genre", genres=[]),
    ]  # fmt: skip
    rest = [
        film("tt5", "Known &amp; Loved", rating_stats={"mls": {"n": 300, "mean": 3.0}}),
        film("tt6", "Hardcore Nights", rating_stats={"mls": {"n": 300, "mean": 3.0}}),
        film("tt7", "Dim Room", keywords=["pornography"], rating_stats={}),
        film("tt8", "Last In", rating_stats={}),
    ]
    write_jsonl(tmp_path / "movies" / "catalogue_core.jsonl.gz", core)
    write_jsonl(tmp_path / "movies" / "catalogue_rest.jsonl.gz", rest)
    redial = [
        {"item_id": f"10{i}", "title": f"R{i}", "year": 1999, "catalogue_id": f"tt{i}"} for i in (1, 2, 3, 4)
    ]
    redial += [
        {"item_id": "99", "title": "Grey Harbour", "catalogue_id": "tt1"},
        {"item_id": "98", "title": "Nowhere"},
    ]
    write_jsonl(tmp_path / "redial" / "items.jsonl.gz", redial)
    sequences = [
        {
            "dialogue_id": "1",
            "split": "train",
            "mentions": [["101", "user", 1], ["101", "user", 1], ["102", "user", 1]],
        },
        {"dialogue_id": "2", "split": "train", "mentions": [["99", "user", 1], ["101", "user", 1]]},
        {"dialogue_id": "3", "split": "test", "mentions": [["103", "user", 1]]},
    ]
    write_jsonl(tmp_path / "redial" / "mention_sequences.jsonl.gz", sequences)
    turns = [{"role": "user", "text": "@101", "items": ["101"]}]
    write_jsonl(
        tmp_path / "redial" / "dialogues_train_partial.jsonl.gz",
        [
            {"dialogue_id": "1", "split": "train", "turns": turns},
            {"dialogue_id": "4", "split": "train", "turns": turns},
        ],
    )
    (tmp_path / "movietweetings_100k").mkdir()
    with gzip.open(tmp_path / "movietweetings_100k" / "ratings.csv.gz", "wt") as lines:
        lines.write(
            "user_id,item_id,imdb_id,rating_0_10,timestamp\n" + "1,tt5,tt5,7,0\n" * 20 + "1,,tt77,7,0\n"
        )
    return tmp_path


def test_movies_from_converted_data(
    script: ModuleType, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    out = tmp_path / "out" / "movies.parquet"
    assert script.main(["movies", "--source", str(source), "--out", str(out), "--size", "4"]) == 0
    catalog = Catalog.load(out)
    assert sorted(catalog.ids) == [
        "tt1",
        "tt2",
        "tt3",
        "tt5",
    ]  # ReDial's with year and genre, then the best known
    harbour = catalog["tt1"]
    assert harbour.fields == {
        "alt_titles": ("Puerto Gris", "R1"), "year": 1999, "genres": ("Drama",), "directors": ("Jane Roe",),
        "cast": tuple(f"A{i} B" for i in range(8)), "keywords": ("ghost",), "runtime_min": 101, "country": ("USA",),
        "language": ("Spanish",), "popularity": round(math.log1p(3), 3), "redial_ids": ("99", "101"),
    }  # fmt: skip
    assert catalog["tt2"].values("directors") == ("Jane Roe",) and catalog["tt2"].values("keywords") == (
        "ghost",
    )
    goonies = catalog["tt3"]
    assert (
        goonies.title == "The Goonies"
        and "directors" not in goonies.fields
        and "runtime_min" not in goonies.fields
    )
    assert goonies.get("popularity") == 0  # named in a test dialogue only
    assert catalog["tt5"].title == "Known & Loved"
    assert catalog["tt5"].get("popularity") == round(math.log1p(script.TWEET_WEIGHT * 20), 3)
    assert list(catalog.numbers("popularity")) == sorted(catalog.numbers("popularity"), reverse=True)
    said = capsys.readouterr().out
    assert "Hardcore Nights (1999)" in said and "left out 1 without year or genre" in said
    again = tmp_path / "again.parquet"
    assert script.main(["movies", "--source", str(source), "--out", str(again), "--size", "4"]) == 0
    assert again.read_bytes() == out.read_bytes()


def test_movies_from_the_original_files(script: ModuleType, tmp_path: Path):
    folder = tmp_path / "original"
    files = {
        "ml-25m/movies.csv": 'movieId,title,genres\n1,"Goonies, The (1985)",Adventure|Children\n'
        '2,"Quiet Hill (Colline tranquille, La) (2001)",Sci-Fi\n3,No Year,Drama\n4,Left Out (2000),Drama\n'
        "5,Bare (2000),(no genres listed)\n",
        "ml-25m/links.csv": "movieId,imdbId,tmdbId\n1,0089218,9340\n2,0000002,\n3,0000003,\n4,0000004,\n",
        "ml-25m/tags.csv": "userId,movieId,tag,timestamp\n"
        + "".join(f"{u},{m},Pirates,0\n{u},{m},masterpiece,0\n" for u in (1, 2) for m in (1, 2, 4)),
        "ml-25m/ratings.csv": "userId,movieId,rating,timestamp\n1,2,3.0,0\n2,2,3.0,0\n",
        "redial/movies_with_mentions.csv": "movieId,movieName,nbMentions\n77,The Goonies  (1985),3\n78,Nil (1900),1\n",
        "redial/train_data.jsonl": '{"movieMentions": {"77": "The Goonies (1985)"}}\n{"movieMentions": []}\n',
        "movietweetings/ratings.dat": "1::0000002::8::1\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    out = tmp_path / "movies.parquet"
    assert script.main(["movies", "--original", str(folder), "--out", str(out), "--size", "3"]) == 0
    catalog = Catalog.load(out)
    assert list(catalog.ids) == ["tt0089218", "tt0000002", "tt0000004"]
    goonies, hill, last = catalog
    assert goonies.title == "The Goonies" and goonies.values("redial_ids") == ("77",)
    assert goonies.values("genres") == ("Adventure", "Family") and goonies.values("keywords") == ("pirate",)
    assert goonies.get("popularity") == round(math.log1p(1), 3)
    assert (
        hill.title == "Quiet Hill"
        and hill.values("alt_titles") == ("La Colline tranquille",)
        and hill.get("year") == 2001
    )
    assert last.title == "Left Out" and last.values("keywords") == (
        "pirate",
    )  # "Bare", which has no genre that people ask by, is left out instead


def test_missing_files_are_named(script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture):
    out = str(tmp_path / "m.parquet")
    assert script.main(["movies", "--original", str(tmp_path), "--out", out]) == 2
    assert "error: no links.csv below" in capsys.readouterr().err
    assert script.main(["movies", "--source", str(tmp_path), "--out", out]) == 2
    assert "catalogue_core.jsonl.gz" in capsys.readouterr().err
    assert not Path(out).exists()


@pytest.mark.parametrize(
    ("name", "titles", "year"),
    [
        ("Alien (1979)", ["Alien"], 1979),
        ("Seven (a.k.a. Se7en) (1995)", ["Seven", "Se7en"], 1995),
        ("American in Paris, An (1951)", ["An American in Paris"], 1951),
        ("Avventura, L' (Adventure, The) (1960)", ["L'Avventura", "The Adventure"], 1960),
        ("Babies (Bébé(s)) (2010)", ["Babies", "Bébé(s)"], 2010),
        ("(500) Days of Summer (2009)", ["(500) Days of Summer"], 2009),
        ("Blade Runner 2049  (2017)", ["Blade Runner 2049"], 2017),
        ("Untitled", ["Untitled"], None),
    ],
)
def test_titles_are_split(script: ModuleType, name: str, titles: list[str], year: int | None):
    assert script.split_title(name) == (titles, year)


def test_a_shop_is_written_with_its_texts(script: ModuleType, tmp_path: Path):
    folder = tmp_path / "recipes_small"
    soup = {"item_id": "a", "title": "Soup", "url": "x", "rating": None}
    write_jsonl(folder / "items.jsonl.gz", [soup, {"item_id": "b", "title": "Pie"}])
    write_jsonl(folder / "directions.jsonl.gz", [{"item_id": "a", "text": "Boil it."}])
    arguments = ["--source", str(tmp_path), "--out", str(tmp_path / "r.jsonl")]
    assert script.main(["shop", "recipes", *arguments]) == 0
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == [
        {"item_id": "a", "title": "Soup", "directions": "Boil it."},
        {"item_id": "b", "title": "Pie"},
    ]
    assert script.main(["shop", "books", *arguments]) == 2


def test_goodbooks_become_csv(script: ModuleType, tmp_path: Path):
    records = [
        {
            "item_id": "gb1",
            "title": "Oak",
            "authors": ["Ann Doe", "Bob Roe"],
            "year": 2000,
            "language": "eng",
        },
        {"item_id": "gb2", "title": 'The "Elm", again', "authors": ["Ann Doe"]},
    ]
    write_jsonl(tmp_path / "goodbooks_10k" / "items.jsonl.gz", records)
    out = tmp_path / "books.csv"
    assert script.main(["goodbooks", "--source", str(tmp_path), "--out", str(out)]) == 0
    with out.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows[0]["authors"] == "Ann Doe; Bob Roe" and rows[1]["year"] == ""
    catalog = Catalog.load(out)
    assert catalog.schema.noun == "book" and catalog["gb1"].values("authors") == ("Ann Doe", "Bob Roe")
    assert catalog["gb1"].values("language") == ("English",)


# -- the real data


def test_all_items_of_a_corpus(script: ModuleType, source: Path, tmp_path: Path):
    items = [
        {"item_id": "101", "title": "Grey Harbour", "year": 1998, "catalogue_id": "tt1"},
        {
            "item_id": "102",
            "title": "Grey Harbour again",
            "catalogue_id": "tt1",
            "official_mention_count": 99,
        },
        {"item_id": "103", "genres": ["Horror"]},
    ]
    write_jsonl(source / "redial" / "items.jsonl.gz", items)
    sequences = [
        {"dialogue_id": "1", "split": "train", "has_text": True, "mentions": [["102", "user", 1]]},
        {"dialogue_id": "2", "split": "train", "mentions": [["103", "user", 1], ["101", "user", 1]]},
        {"dialogue_id": "3", "split": "test", "mentions": [["102", "user", 1]]},
    ]
    write_jsonl(source / "redial" / "mention_sequences.jsonl.gz", sequences)
    out = tmp_path / "items.parquet"
    assert script.main(["corpus", "redial", "--source", str(source), "--out", str(out)]) == 0
    catalog = Catalog.load(out)
    assert catalog.ids == ("tt1", "redial-102", "redial-103")  # one film, two items: both stay
    first, second, third = catalog.items
    assert first.get("year") == 1998 and first.values("directors") == ("Jane Roe",)
    assert len(first.values("cast")) == 8 and second.values("genres") == first.values("genres")
    assert third.title == "103" and third.values("genres") == ("Horror",)
    assert [item.values("redial_ids") for item in catalog.items] == [("101",), ("102",), ("103",)]
    counted = [math.expm1(item.get("popularity") or 0.0) for item in catalog.items]
    assert counted == pytest.approx([3, 0, 1], abs=2e-3)  # dialogue 1 once, dialogue 3 is of the test part


def test_every_redial_film_with_year_and_genre_is_built_in(shared: Path):
    catalog = Catalog.builtin()
    films = {}
    for part in ("core", "rest"):
        with gzip.open(shared / "movies" / f"catalogue_{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
            films |= {record["item_id"]: record for record in map(json.loads, lines)}
    with gzip.open(shared / "redial" / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        redial = [json.loads(line) for line in lines]
    due = {
        record["item_id"]: record["catalogue_id"]
        for record in redial
        if (found := films.get(record.get("catalogue_id"))) and found.get("year") and found.get("genres")
    }
    assert len(due) == 6675
    held = {name: item.id for item in catalog for name in item.values("redial_ids")}
    with (ROOT / "data" / "films" / "records.tsv").open(encoding="utf-8", newline="") as lines:
        verdicts = {row["id"]: row["verdict"] for row in csv.DictReader(lines, delimiter="\t", quoting=3)}
    lost = {name for name in due if name not in held}
    assert len(lost) < 40 and {verdicts.get(due[name]) for name in lost} <= {"series", "nofilm"}
    elsewhere = {name for name, item_id in held.items() if name in due and due[name] != item_id}
    assert (
        0.02 * len(due) < len(elsewhere) < 0.15 * len(due)
    )  # people mean another film, or its id is known now


def test_the_builtin_movies_hold_no_pornography(script: ModuleType):
    catalog = Catalog.builtin()
    assert not [word for word in catalog.vocabulary("keywords") if script.EXPLICIT.search(word)]
    others = [item for item in catalog if not item.values("redial_ids")]
    assert len(others) > 3000
    assert not [item.title for item in others if script.ADULT_TITLE.search(item.title)]
    assert not {"Adult", "Erotic"} & set(catalog.vocabulary("genres"))


@pytest.mark.slow
def test_the_builtin_movies_are_what_the_script_makes(script: ModuleType, shared: Path, tmp_path: Path):
    out = tmp_path / "movies.parquet"
    assert script.main(["movies", "--source", str(shared), "--out", str(out)]) == 0
    assert Catalog.load(out) == Catalog.builtin()


def test_goodbooks_as_own_catalogue(script: ModuleType, shared: Path, tmp_path: Path):
    out = tmp_path / "books.csv"
    assert script.main(["goodbooks", "--source", str(shared), "--out", str(out)]) == 0
    catalog = Catalog.load(out)
    kinds = {spec.name: spec.kind for spec in catalog.schema.fields if not is_added(spec)}
    assert kinds == {
        "item_id": "id", "title": "title", "original_title": "alias", "authors": "people", "year": "number",
        "language": "category", "isbn": "ignore", "goodreads_book_id": "ignore", "average_rating": "number",
        "ratings_count": "popularity", "rating_histogram_1_to_5": "ignore", "editions": "number", "image_url": "image",
    }  # fmt: skip
    assert len(catalog) == 10_000 and catalog["gb1"].values("authors") == ("Suzanne Collins",)
    known = [item for item in catalog if "genres" in item.fields]
    assert len(known) > 1_500 and "dystopia" in catalog["gb1"].values("genres")
