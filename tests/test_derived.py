"""What is derived from a catalogue and kept: found again as it was, never of other items, the same as made anew."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherefore.catalog import derived, saved
from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.derived import Derived, Keys, Postings, Ragged
from wherefore.catalog.items import StoredItems
from wherefore.catalog.series import series_of
from wherefore.catalog.sorts import called
from wherefore.reading.alternatives import is_value
from wherefore.reading.titles import TitleIndex
from wherefore.reading.vocabulary import Vocabulary
from wherefore.retrieval.attributes import Attributes
from wherefore.retrieval.history import resolve_history
from wherefore.retrieval.lexical import Lexical

WORDS = st.text(alphabet="abcé ñ'漢", min_size=1, max_size=6)


@given(st.lists(WORDS, unique=True, max_size=30), st.lists(WORDS, max_size=5))
def test_keys_know_texts_by_number_and_numbers_by_text(tmp_path_factory, texts, others):
    keys = Keys.of(texts)
    made = Derived(tmp_path_factory.mktemp("kept"), "one")
    made.get("keys", lambda: {"keys": keys})
    read = Derived(made.folder, "one").get("keys", lambda: pytest.fail("it was made again"))["keys"]
    for one in (keys, read):
        assert list(one) == [one[n] for n in range(len(one))] == one[:] == texts
        assert [one.get(text) for text in texts] == list(range(len(texts)))
        assert all((other in one) == (other in texts) for other in others)
        assert sorted(one.beginning("a")) == sorted(text for text in texts if text.startswith("a"))


def test_no_key_is_found_for_what_no_key_can_be():
    keys = Keys.of(["a", "b"])
    assert [keys.get(text) for text in ("", "a\0", "a\0b", "\ud800", "ab")] == [-1] * 5
    assert 1 not in keys
    with pytest.raises(ValueError, match="3 texts are given, of which only 2"):
        Keys.of(["a", "b", "a"])


@given(st.lists(st.lists(st.integers(0, 9), unique=True).map(sorted), max_size=20))
def test_lists_turned_twice_are_as_before(lists):
    made = Ragged.of(lists)
    assert [made[n].tolist() for n in range(len(lists))] == lists
    turned = made.turned(10)
    assert [turned[n].tolist() for n in range(10)] == [
        [place for place, one in enumerate(lists) if n in one] for n in range(10)
    ]
    again = turned.turned(len(lists))
    assert [again[n].tolist() for n in range(len(lists))] == lists


def test_only_what_is_of_the_same_items_and_code_is_read(tmp_path, monkeypatch):
    def of(stamp, values, writes=True):
        parts = Derived(tmp_path, stamp, writes).get("numbers", lambda: {"numbers": np.array(values)})
        return parts["numbers"].tolist()

    assert of("one", [1, 2]) == [1, 2] and of("one", [3]) == [1, 2]
    assert of("two", [3], writes=False) == [3] and of("one", [4]) == [1, 2]  # of other items
    (tmp_path / "numbers" / "numbers.npy").write_bytes(b"damaged")
    assert of("one", [5]) == [5] and of("one", [6]) == [5]
    about = json.loads((tmp_path / "numbers" / "parts.json").read_text())
    assert list(about["parts"]) == ["numbers"]
    monkeypatch.setattr(derived, "code_stamp", lambda module="": "changed")
    assert of("one", [7]) == [7]


def test_what_cannot_be_written_is_held_all_the_same(tmp_path):
    (tmp_path / "file").write_text("no folder")
    kept = Derived(tmp_path / "file" / "below", "one")
    assert kept.get("numbers", lambda: {"numbers": np.array([1])})["numbers"].tolist() == [1]
    assert kept.get("numbers", lambda: pytest.fail("it was made again"))["numbers"].tolist() == [1]


def test_postings_of_nothing_are_empty():
    made = Postings.of([[], []])
    assert made.rows("a").tolist() == [] and len(made.keys) == 0


FILMS = [
    {
        "id": f"f{n}",
        "title": title,
        "year": 1960 + n,
        "released": f"{1960 + n}-0{1 + n % 9}-02",
        "genres": genres,
        "cast": cast,
        "score": score,
        "plot": plot,
    }
    for n, (title, genres, cast, score, plot) in enumerate(
        [
            ("The Shark", "Horror|Drama", "Ada Finch|Bo Lind", 7.5, "A shark, and no boat. Free from gore."),
            ("The Shark 2", "Horror", "Ada Finch", 6, "The shark comes back; a boat is lost."),
            ("Cast Away", "Drama", "Cy de la Marsh", 8, "A man without a boat on an island"),
            ("Castaway", "Drama|Comedy", "", None, "Two on an island: not a boat in sight, but a raft"),
            ("Love & Rain", "Romance", "Bo Lind|Di Lind", 5.25, "Love in the rain. Contains no sharks."),
            (
                "Rain",
                "Romance|Drama",
                "Cy de la Marsh|Ada Finch",
                9,
                "Boats in the rain; a plant-based shark",
            ),
            ("Up: The Boat", "Comedy", "Prince", 4, "A boat substitute, a vegan shark and a boat"),
            ("2001", "Sci-Fi", "Di Lind", 3.5, "A space boat"),
        ]
    )
]


@pytest.fixture
def kinds_of_catalogue(tmp_path, monkeypatch):
    """The same films as objects, in the columns of a file, and so with what was derived before read from files."""
    eager = Catalog.from_records(FILMS)
    eager.save(tmp_path / "films.parquet")
    monkeypatch.setattr(saved, "STORED_FROM", 1)
    stored, again = (Catalog.load(tmp_path / "films.parquet") for _ in range(2))
    assert isinstance(stored.items, StoredItems) and not isinstance(eager.items, StoredItems)
    stored.keep_derived(tmp_path / "derived")
    told(stored)
    again.keep_derived(tmp_path / "derived")
    monkeypatch.setattr(Derived, "_write", lambda one, *_: one.folder is None or pytest.fail("derived again"))
    return eager, stored, again


def told(catalog):
    """What is looked up in a catalogue, in plain values."""
    titles, words, values = TitleIndex(catalog), Vocabulary(catalog), Attributes(catalog)
    ids = list(catalog.ids)
    return {
        "items": [(item.id, item.title, dict(item.fields)) for item in catalog],
        "by row": [catalog.items[row] for row in range(len(catalog))] == list(catalog.items[:]),
        "titles": [list(catalog.titles), {key: titles.titles[key] for key in titles.titles}],
        "years": [titles.year(row) for row in range(len(catalog))],
        "longest": dict(titles.longest),
        "namesakes": [titles.namesakes(one) for one in ids],
        "holding": [titles.holding(["shark"]), titles.holding(["shark", "2"]), titles.holding([])],
        "nearest": [titles.nearest(one, lambda word: True) for one in ("cast awaay", "the shrak", "zzz")],
        "people": {name: words.people[name] for name in words.people},
        "surnames": {name: words.surnames[name] for name in words.surnames},
        "firsts": {name: words.firsts[name] for name in words.firsts},
        "names": list(words.names),
        "vocabulary": [list(catalog.vocabulary(one).items()) for one in ("genres", "cast")],
        "several": [catalog.lists_several(one) for one in ("genres", "cast")],
        "having": [catalog.having(one) for one in ("genres", "cast")],
        "bearing": catalog.bearing("genres", "Drama").tolist(),
        "numbers": [str(catalog.numbers(one).tolist()) for one in ("year", "released", "score")],
        "naming": [catalog.naming(one).tolist() for one in ("shark", "boats", "no boat", "zzz")],
        "holds": [catalog.holding(one, ("space boat",)).tolist() for one in (("boat", "raft"), ("shark",))],
        "held": sorted(catalog.held(range(len(catalog)), ("boat", "raft", "shark")).items()),
        "titled": [catalog.titled("genres", one).tolist() for one in ("Drama", "nothing")],
        "sorts": [called(catalog, one).tolist() for one in ("shark", "drama", "zzz")],
        "series": [series_of(catalog).of(row) for row in range(len(catalog))],
        "values": [is_value(one, catalog) for one in ("sci-fi", "ada finch", "finch")],
        "attributes": [dict(values.numbers), values.idf.tolist(), values.known("cast").tolist()],
        "by value": [values.rows(*key).tolist() for key in values.numbers],
        "of rows": [values.of_row(row).tolist() for row in range(len(catalog))],
        "history": [resolve_history([one], catalog) for one in ("rain (1965)", "CASTAWAY")],
        "fingerprint": catalog.fingerprint(),
    }


def test_the_same_is_told_of_items_as_objects_in_columns_and_with_what_was_derived(kinds_of_catalogue):
    eager, stored, again = kinds_of_catalogue
    expected = told(eager)
    assert expected["series"][0] == (0, 1) and expected["titles"][1]["castaway"][0].row == 3
    assert expected["holds"][0] == [False, True, True, True, False, True, True, False]
    assert expected["holds"][1] == [True, True, False, False, False, False, False, False]
    for catalog in (stored, again):
        assert told(catalog) == expected
        assert catalog == eager and eager == catalog and catalog.items == eager.items


def test_what_is_added_changed_and_removed_is_derived_anew(kinds_of_catalogue):
    changed = Item("f1", "The Shark Returns", {"year": 1999, "genres": ("Horror",), "cast": ("Ada Finch",)})
    more = Item("new", "Rain Again", {"year": 2001, "genres": ("War",), "plot": "A boat"})
    found = []
    for catalog in kinds_of_catalogue:
        before = told(catalog)
        catalog.remove(["f1", "f6"])
        catalog.add([changed, more])
        assert (
            catalog.digest == "" and catalog.derived.folder is None
        )  # nothing of before is used, or written
        found.append(told(catalog))
        catalog.remove(["new", "f1"])
        assert [item.id for item in catalog] == list(catalog.ids) == ["f0", "f2", "f3", "f4", "f5", "f7"]
        assert before["fingerprint"] != found[-1]["fingerprint"]
    assert found[0] == found[1] == found[2]
    assert found[0]["bearing"] == [0, 1, 2, 4] and "War" in dict(found[0]["vocabulary"][0])


SAID = st.lists(
    st.sampled_from(
        "nut nuts butter peanut milk free from no contains vegan plant based substitute , .".split()
    ),
    max_size=12,
).map(" ".join)


@settings(max_examples=150)
@given(st.lists(SAID, min_size=1, max_size=6))
def test_records_at_a_glance_hold_what_they_hold_word_by_word(said):
    catalog = Catalog([Item(str(n), "X", {"plot": one or "-"}) for n, one in enumerate(said)], _schema())
    for phrases, unless in ((("nut", "peanut", "nut milk"), ()), (("butter", "milk"), ("peanut butter",))):
        found = catalog.holding(phrases, unless).tolist()
        assert found == [bool(catalog.held([row], phrases, unless)) for row in range(len(said))]


def _schema():
    return Catalog.from_records([{"id": "a", "title": "A", "plot": "Some words that tell of it."}]).schema


def test_words_of_very_many_rows_stay_in_their_files(tmp_path, monkeypatch):
    from wherefore.errors import CheckpointError, CheckpointNotFoundError
    from wherefore.retrieval import lexical

    texts = [f"{FILMS[n % 8]['plot']} {n}" for n in range(40)]
    plain = Lexical(texts)
    monkeypatch.setattr(lexical, "_MANY", 10)
    plain.save(tmp_path / "words")
    read = Lexical.load(tmp_path / "words")
    assert isinstance(read._rows.base, np.memmap) or isinstance(read._rows, np.memmap)
    for said in ("a shark in the rain", "boat 7", "zzz", ""):
        assert read.scores(said).tolist() == plain.scores(said).tolist()
    for one in (read, plain):
        one.remove(np.array([0, 5]))
        one.add(["a new shark"])
    assert read.scores("shark new").tolist() == plain.scores("shark new").tolist()
    (tmp_path / "words" / "counts.npy").unlink()
    with pytest.raises(CheckpointNotFoundError, match=r"counts\.npy"):
        Lexical.load(tmp_path / "words")
    np.save(tmp_path / "words" / "counts.npy", np.zeros(3, np.int32))
    with pytest.raises(CheckpointError, match="counts.npy holds"):
        Lexical.load(tmp_path / "words")
