"""What we wrote of films: its form, that no sentence is a plot's, and that the built-in catalogue has it."""

import csv
import gzip
import json
import lzma
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.training.requests import read_requests

DATA = Path(__file__).parents[1] / "data"
RUN = 5  # words in a row that no plot of the film may have


def rows(name):
    path = DATA / "films" / name
    with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def words(text):
    return re.findall(r"[a-z0-9']+", text.lower())


@pytest.fixture(scope="module")
def movies():
    return Catalog.builtin()


def test_most_movies_tell_what_they_are_about(movies):
    told = [item for item in movies.items if item.get("about")]
    assert len(told) > 9500
    assert all(8 <= len(words(item.get("about"))) <= 45 for item in told)
    assert len({item.get("about") for item in told}) == len(told)
    known = [item for item in movies.items[:3000] if item.get("about")]  # the best known
    assert len(known) > 2900
    assert sum(len(item.get("hooks", "").split(";")) >= 2 for item in known) > 0.97 * len(known)


def test_ages_warnings_and_moods_have_their_form():
    told = rows("about.tsv.xz")
    assert len({row["id"] for row in told}) == len(told)
    for row in told:
        assert row["age"] == "" or 0 <= int(row["age"]) <= 18, row["id"]
        assert row["warnings"] == "" or re.fullmatch("[012]{7}", row["warnings"]), row["id"]
        assert (row["age"] == "") >= (row["warnings"] == "0000000" and not row["about"]), row["id"]
    moods = Counter(mood for row in told for mood in row["moods"].split(", ") if mood)
    assert 100 < len(moods) < 400 and min(moods.values()) >= 1


def test_no_sentence_of_ours_is_a_plots(shared):
    told = {row["id"]: row for row in rows("about.tsv.xz")}
    for part in ("core", "rest"):
        with gzip.open(shared / "movies" / f"plots_{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                plot = json.loads(line)
                row = told.get(plot["item_id"])
                if row is None:
                    continue
                theirs = words(plot["text"])
                runs = {tuple(theirs[at : at + RUN]) for at in range(len(theirs) - RUN + 1)}
                for piece in (row["about"], *row["hooks"].split(";")):
                    ours = words(piece)
                    same = [ours[at : at + RUN] for at in range(len(ours) - RUN + 1)]
                    assert not [run for run in same if tuple(run) in runs], (plot["item_id"], piece)


def test_records_are_what_people_mean(movies):
    by_title = defaultdict(list)
    for item in movies.items:
        by_title[(item.title, item.get("year"))].append(item)
    assert by_title[("The Notebook", 2004)][0].get("directors") == ("Nick Cassavetes",)
    assert by_title[("Gladiator", 2000)][0].get("directors") == ("Ridley Scott",)
    assert by_title[("Heat", 1995)][0].get("directors") == ("Michael Mann",)
    assert by_title[("Iron Man 3", 2013)][0].get("runtime_min") == 130
    assert by_title[("The Avengers", 2012)][0].get("runtime_min") == 143  # not a longer cut
    assert by_title[("Get Out", 2017)][0].get("runtime_min") == 104
    assert by_title[("Moon", 2009)][0].get("language") == (
        "English",
        "Spanish",
    )  # what it is mainly in, first
    assert not by_title[("Home Alone", 2000)] and not by_title[("It", 2004)]
    titanic = by_title[("Titanic", 1997)][0]
    assert "205480" in titanic.get("redial_ids")  # "Titanic (2012)", as the box of completions called it
    assert not [item.title for item in movies.items if "%" in item.title]


def test_no_two_records_are_one_film(movies):
    groups = defaultdict(list)
    for item in movies.items:
        cast = item.get("cast", ())[:3]
        title = " ".join(word for word in words(item.title) if word not in ("the", "a", "an"))
        if len(cast) == 3:
            groups[(cast, title)].append(item.id)
        groups[("", title, item.get("year"), item.get("directors"))].append(item.id)
    assert [ids for key, ids in groups.items() if key[0] and len(ids) > 1] == []
    same_year = [ids for key, ids in groups.items() if not key[0] and len(ids) > 1]
    assert same_year == []


def test_every_record_that_is_named_as_meant_is_there():
    verdicts = {row["id"]: row for row in rows("records.tsv")}
    assert {row["verdict"] for row in verdicts.values()} == {
        "same", "own", "facts", "some facts", "series", "nofilm",
    }  # fmt: skip
    for row in verdicts.values():
        if row["verdict"] == "same":
            assert row["target"] and row["target"] != row["id"]
            seen = {row["id"]}
            target = row["target"]
            while target in verdicts and verdicts[target]["verdict"] == "same":  # no circles
                assert target not in seen
                seen.add(target)
                target = verdicts[target]["target"]


def test_requests_have_their_form(movies):
    learned = read_requests(DATA / "requests" / "requests.tsv.xz")
    measured = [one for name in ("dev", "test") for one in read_requests(DATA / "requests" / f"{name}.tsv")]
    assert len(learned) >= 6000 and len(measured) == 300
    texts = {one.text.lower() for one in learned}
    assert len(texts) == len(learned) and not texts & {one.text.lower() for one in measured}
    assert sum(one.kind != "plot" for one in learned) > 1500
    there = sum(one.items[0] in movies for one in measured)
    assert there >= 298
    titles = {one.items[0]: movies[one.items[0]].title.lower() for one in measured if one.items[0] in movies}
    long = {item: title for item, title in titles.items() if len(title) > 8}
    assert not [one.text for one in measured if long.get(one.items[0], "\0") in one.text.lower()]
