"""Vectors that a shop has itself: read, kept, gone by, and read by the item encoder."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from conftest import WordEmbedder, make_recommender
from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.schema import Schema
from wherefore.catalog.vectors import Vector, as_vector
from wherefore.config import Component
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.dialogue.state import Preferences
from wherefore.retrieval.cache import cached_index
from wherefore.retrieval.content_signals import CategorySignal, NumberSignal, VectorSignal
from wherefore.retrieval.index import Index
from wherefore.retrieval.near_liked import VectorsNearLiked
from wherefore.retrieval.retriever import make_retriever
from wherefore.retrieval.signals import load_signals, make_signals, save_signals

FLAT = Component(name="faiss", factory="Flat")


def lamps(vectors, **more):
    """A catalogue of things with a column of vectors."""
    records = [
        {"id": f"l{row}", "title": f"Lamp {row}", "style": vector}
        | {name: values[row] for name, values in more.items()}
        for row, vector in enumerate(vectors)
    ]
    fields = [
        {"name": "id", "kind": "id"},
        {"name": "title", "kind": "title"},
        {"name": "style", "kind": "vector"},
        *({"name": name, "kind": "number" if name == "price" else "category"} for name in more),
    ]
    return Catalog.from_records(records, Schema.parse({"fields": fields, "noun": "lamp"}), name="lamps")


def indexed(catalog):
    return Index.build(catalog, WordEmbedder(), FLAT, None)


def liking(*ids, disliked=()):
    return Dialogue((Message("user", "more"),), preferences=Preferences(liked=ids, disliked=tuple(disliked)))


# -- reading ------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40).filter(any))
def test_a_vector_reads_the_same_however_it_is_written(numbers):
    wanted = np.array(numbers, dtype=np.float32)
    for cell in (
        numbers,
        tuple(numbers),
        wanted,
        json.dumps(numbers),
        " ".join(map(repr, numbers)),
        str(numbers),
    ):
        assert np.array_equal(as_vector(cell).array, wanted)
    assert as_vector(json.dumps(numbers)) == Vector.of(numbers) and len(Vector.of(numbers)) == len(numbers)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ([0.1, float("nan")], "it holds NaN"),
        ("[1, Infinity]", "infinite"),
        ([1e39, 1.0], "too large for float32"),
        ([0, 0], "all its numbers are 0"),
        ([[1, 2], [3, 4]], "no list of numbers"),
        ("[a, b]", "no list of numbers"),
        (np.ones((2, 2)), r"shape \(2, 2\)"),
        (range(20_000), "no list of numbers"),
    ],
)
def test_what_is_no_vector_is_refused(cell, says):
    with pytest.raises(ValueError, match=says):
        as_vector(cell)


def test_a_column_of_vectors_is_told_by_its_cells_and_others_are_not():
    rng = np.random.default_rng(0)
    records = [
        {
            "title": f"Lamp {row}",
            "embedding": rng.normal(size=16).round(4).tolist(),
            "written": json.dumps(rng.normal(size=8).round(4).tolist()),
            "sizes": [1, 2, 3, 4, 5, 6, 7, 8],
            "ratings": [0.5, 1.5][: 1 + row % 2],
        }
        for row in range(12)
    ]
    kinds = {spec.name: spec.kind for spec in Catalog.from_records(records).schema.fields}
    assert kinds["embedding"] == kinds["written"] == "vector"
    assert "vector" not in (kinds["sizes"], kinds["ratings"])


def test_bad_vectors_are_named_by_row_and_left_out_only_when_asked():
    cells = [[1.0, 2.0], [1.0, float("nan")], [3.0, 1.0], [1.0, 2.0, 3.0], None, [float("inf"), 1.0]]
    with pytest.raises(
        ValueError,
        match=r"3 of 6 vectors cannot be used: row 2: it holds NaN.*row 4: it has 3 numbers "
        r"where most have 2; row 6: .*infinite.*--skip-bad",
    ):
        lamps(cells)
    schema = lamps([[1.0, 2.0]]).schema
    records = [{"id": f"l{row}", "title": f"Lamp {row}", "style": cell} for row, cell in enumerate(cells)]
    catalog = Catalog.from_records(records, schema, skip_bad=True)
    assert len(catalog) == 6 and np.isnan(catalog.vectors("style")).any(axis=1).tolist() == [
        *(False, True, False, True, True, True)
    ]
    assert [note.places for note in catalog.notes if note.lost] == [["row 2"], ["row 6"], ["row 4"]]


def test_they_survive_the_disk_and_keep_the_fingerprint(tmp_path):
    catalog = lamps([[0.1, 0.7], None, [3.25, -1.0]])
    catalog.save(tmp_path / "lamps.parquet")
    again = Catalog.load(tmp_path / "lamps.parquet")
    assert again == catalog and again.fingerprint() == catalog.fingerprint()
    assert again.fingerprint() != lamps([[0.1, 0.8], None, [3.25, -1.0]]).fingerprint()
    plain = tmp_path / "plain.parquet"
    import pyarrow as pa
    import pyarrow.parquet as pq

    vectors = np.random.default_rng(0).normal(size=(9, 12))
    pq.write_table(pa.table({"title": [f"Lamp {n}" for n in range(9)], "vector": vectors.tolist()}), plain)
    read = Catalog.load(plain)
    np.testing.assert_allclose(read.vectors("vector"), vectors, rtol=1e-6)


def test_words_and_json_do_not_hold_their_numbers():
    catalog = lamps([[7.25, 1.5], [1.0, 2.0]])
    assert not catalog.naming("7").any() and "7.25" not in catalog.text(catalog.items[0])
    from wherefore.reply import Recommendation

    assert "style" not in json.loads(json.dumps(Recommendation(catalog.items[0], 1.0).to_json()))["item"]


# -- files beside the catalogue -----------------------------------------------------------------------------


def write_shop(folder, file):
    (folder / "lamps.csv").write_text("id,title\nl0,Low lamp\nl1,High lamp\nl2,Wide lamp\n")
    schema = folder / "lamps.yaml"
    schema.write_text(
        "noun: lamp\nfields:\n  - {name: id, kind: id}\n  - {name: title, kind: title}\n"
        f"  - {{name: style, kind: vector, file: {file}}}\n"
    )
    return lambda: Catalog.load(folder / "lamps.csv", schema)


GIVEN = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=np.float32)


@pytest.mark.parametrize("suffix", ["npz", "safetensors", "npy", "npy with ids"])
def test_files_of_vectors_go_by_id(tmp_path, suffix):
    ids = ["l2", "l0", "elsewhere"]
    file = tmp_path / f"style.{suffix.split()[0]}"
    if suffix == "npz":
        np.savez(file, ids=np.array(ids), vectors=GIVEN)
    elif suffix == "safetensors":
        from safetensors.numpy import save_file

        save_file({"vectors": GIVEN}, file, metadata={"ids": json.dumps(ids)})
    else:
        np.save(file, GIVEN)
        if suffix != "npy":
            (tmp_path / "style.npy.ids.txt").write_text("\n".join(ids) + "\n")
    catalog = write_shop(tmp_path, file.name)()
    if suffix == "npy":  # in the order of the rows
        assert catalog.vectors("style").tolist() == GIVEN.tolist()
        return
    assert catalog.vectors("style")[0].tolist() == [3.0, 4.0] and catalog.vectors("style")[2].tolist() == [
        1.0,
        2.0,
    ]
    assert np.isnan(catalog.vectors("style")[1]).all()
    assert any("1 of its 3 vectors are of no item here" in str(note) for note in catalog.notes)
    catalog.save(tmp_path / "kept.parquet")
    file.unlink()
    assert Catalog.load(tmp_path / "kept.parquet") == catalog


def test_files_that_do_not_fit_are_told(tmp_path):
    load = write_shop(tmp_path, "style.npz")
    with pytest.raises(FileNotFoundError, match="no file of vectors"):
        load()
    for held, says in (
        ({"vectors": GIVEN}, "holds vectors; give a .npz with the arrays `ids` and `vectors`"),
        ({"ids": np.array(["l0", "l0", "l1"]), "vectors": GIVEN}, "the id 'l0' twice"),
        ({"ids": np.array(["l0"]), "vectors": GIVEN}, "1 ids and 3 vectors"),
        (
            {"ids": np.array(["x", "y", "z"]), "vectors": GIVEN},
            "no vector for any item: its ids look like 'x'",
        ),
        (
            {"ids": np.array(["l0", "l1", "l2"]), "vectors": GIVEN * np.nan},
            "row 1: it holds NaN|line 2: it holds NaN",
        ),
    ):
        np.savez(tmp_path / "style.npz", **held)
        with pytest.raises(ValueError, match=says):
            load()
    (tmp_path / "style.npz").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="cannot be read as a file of vectors"):
        load()
    np.save(tmp_path / "style.npy", GIVEN[:2])
    with pytest.raises(ValueError, match=r"2 rows, the catalogue 3, and no style.npy.ids.txt says"):
        write_shop(tmp_path, "style.npy")()
    with pytest.raises(ValueError, match="only an image or a vector can have a `file`"):
        Schema.parse({"fields": [{"name": "title", "kind": "title", "file": "x"}]})


# -- items that come and go ---------------------------------------------------------------------------------


def test_items_are_added_with_and_without_one_and_wrong_ones_change_nothing():
    catalog = lamps([[1.0, 0.0], [0.0, 1.0], None])
    index = indexed(catalog)
    source = VectorsNearLiked(index)
    with pytest.raises(ValueError, match="'new' has 3 numbers, that of 'l0' 2"):
        index.add([{"id": "new", "title": "New lamp", "style": [1, 2, 3]}])
    with pytest.raises(ValueError, match=r"it should be a Vector, which `Vector.of\(\[0.1, ...\]\)` makes"):
        index.add([Item("new", "New lamp", {"style": (0.1, 0.2)})])
    assert len(index) == len(catalog) == 3
    index.add([{"id": "near", "title": "Near lamp", "style": [2.0, 0.1]}, {"id": "none", "title": "No lamp"}])
    index.add([Item("far", "Far lamp", {"style": Vector.of([-1.0, 0.0])})])
    allowed = np.ones(6, dtype=bool)
    rows, scores = source.search(liking("l0"), np.zeros(8), 10, allowed)
    assert [catalog.items[row].id for row in rows] == ["l0", "near", "l1", "far"]
    assert scores[1] == pytest.approx(2 / np.hypot(2, 0.1), abs=1e-5) and scores[-1] == pytest.approx(-1)
    assert np.isnan(source.score(liking("l0"), np.zeros(8), np.array([2, 4]))).all()
    index.remove(["near"])
    rows, _ = source.search(liking("l0"), np.zeros(8), 10, np.ones(5, dtype=bool))
    assert [catalog.items[row].id for row in rows] == ["l0", "l1", "far"]


def test_the_source_goes_by_the_mean_of_what_is_liked_less_what_is_disliked():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(9, 5))
    index = indexed(lamps(vectors.tolist()))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    mean = unit[[0, 3]].mean(axis=0)
    wanted = unit @ (mean / np.linalg.norm(mean)) - 0.3 * (unit @ unit[[5, 6]].T).max(axis=1)
    scores = VectorsNearLiked(index).score(
        liking("l0", "l3", disliked=("l5", "l6")), np.zeros(8), np.arange(9)
    )
    np.testing.assert_allclose(scores, wanted, atol=1e-5)
    assert np.isnan(VectorsNearLiked(index).score(liking(), np.zeros(8), np.arange(9))).all()
    with pytest.raises(ValueError, match="no vector of the catalogue's; those are style"):
        VectorsNearLiked(index, fields=["looks"])


# -- as signals of the item encoder -------------------------------------------------------------------------


def test_a_signal_keeps_what_is_near_near_and_survives_the_disk(tmp_path):
    rng = np.random.default_rng(2)
    centres = rng.normal(size=(2, 30)) * 3 + 20  # in a narrow cone, as vectors of models are
    vectors = [None if row == 7 else (centres[row % 2] + rng.normal(size=30)).tolist() for row in range(40)]
    index = indexed(lamps(vectors))
    signals = make_signals([Component(name="vectors", dim=4)])
    made = signals["vectors"].learn(index)
    rows = made.rows(index)
    assert rows.shape == (40, 4) and rows[7].isnan().all() and rows[:7].isfinite().all()
    unit = torch.nn.functional.normalize(rows[[row for row in range(40) if row != 7]], dim=1)
    side = torch.tensor([row % 2 for row in range(40) if row != 7])
    near = unit @ unit.T
    assert near[side == 0][:, side == 0].mean() > 0.5 > -0.2 > near[side == 0][:, side == 1].mean()
    save_signals({"vectors": made}, tmp_path)
    back = load_signals(signals, tmp_path)["vectors"]
    assert torch.equal(back.rows(index).nan_to_num(), rows.nan_to_num())
    with pytest.raises(ValueError, match="4 dimensions, the config has 'vectors' with 5"):
        load_signals(make_signals([Component(name="vectors", dim=5)]), tmp_path)
    with pytest.raises(FileNotFoundError, match="take the signal out of `signals`"):
        load_signals(make_signals([Component(name="numbers")]), tmp_path)
    other = indexed(lamps([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(ValueError, match="vectors 'style' with 30 numbers; those here have 2"):
        back.rows(other)
    without = indexed(Catalog.from_records([{"title": "Cup"}, {"title": "Pan"}]))
    assert back.rows(without).isnan().all()
    with pytest.raises(ValueError, match="nothing|no item of .* has anything for the signal 'vectors'"):
        signals["vectors"].learn(without)


def test_categories_and_numbers_are_signals_of_any_catalogue():
    index = indexed(lamps([None] * 4, price=[10.0, 11.0, 90.0, None], room=["hall", "Hall", "garden", None]))
    rooms = CategorySignal(dim=64).learn(index).rows(index)
    assert torch.equal(rooms[0], rooms[1]) and abs(float(rooms[0] @ rooms[2]) / 64) < 0.5
    assert rooms[3].isnan().all() and rooms[0].square().mean().sqrt().item() == pytest.approx(1)
    assert NumberSignal(dim=64).learn(index).rows(index)[3].isnan().all()
    priced = indexed(lamps([None] * 21, price=[1.5**row for row in range(21)]))
    prices = torch.nn.functional.normalize(NumberSignal(dim=64).learn(priced).rows(priced), dim=1)
    assert prices[0] @ prices[1] > 0.9 > 0.5 > prices[0] @ prices[5] and prices[0] @ prices[20] < 0.5
    # A value has its places everywhere: the same thing in another shop reads alike.
    elsewhere = indexed(lamps([None] * 2, price=[1.0, 2.0], room=["garden", "cellar"]))
    assert torch.equal(CategorySignal(dim=64).learn(elsewhere).rows(elsewhere)[0], rooms[2])
    with pytest.raises(ValueError, match="`dim` is 0"):
        NumberSignal(dim=0)
    with pytest.raises(ValueError, match="no vector|no item"):
        VectorSignal().learn(indexed(Catalog.from_records([{"title": "Cup"}, {"title": "Pan"}])))


def test_a_recommender_takes_items_with_vectors_at_run_time(tokenizers):
    recommender = make_recommender("bert", tokenizers, lamps([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], None]))
    recommender.add([Item("new", "Brand new lamp", {"style": Vector.of([1.0, 0.05])})])
    assert recommender.index.space("style").shape == (5, 2)
    reply = recommender.generate([{"role": "user", "content": "I love Lamp 0. What else?"}], k=4)
    assert "new" in {one.item.id for one in reply.recommendations}


def test_where_only_own_vectors_tell_the_chain_goes_by_them_at_once_and_0_turns_it_off(tmp_path, starter):
    """Nothing is trained, and the starter's config names neither source nor weight."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(4, 12))
    ends = ("mbar", "rith", "lona", "vex", "dara")
    names = [start + end for start in ("Za", "Ve", "Mi", "Qo", "Lu", "Ra", "Ti", "Bo") for end in ends]
    rng.shuffle(names)
    records = [
        {"id": f"n{row}", "title": name, "style": (centres[row % 4] + 0.3 * rng.normal(size=12)).tolist()}
        for row, name in enumerate(names)
    ]
    catalog = Catalog.from_records(records, lamps([[1.0, 2.0]]).schema, name="lamps")
    index = cached_index(catalog, starter.index, starter.config, cache=tmp_path)
    assert starter.config.turn.unlearned["vectors"] > 0 and "vectors" not in starter.retriever.source_names
    shares = {}
    for weight in (starter.config.turn.unlearned["vectors"], 0.0):
        unlearned = {**starter.config.turn.unlearned, "vectors": weight}
        config = starter.config.updated("turn", unlearned=unlearned).updated("writer", tries=0)
        retriever = make_retriever(config, index, like=starter.retriever)
        recommender = type(starter)(config, index, starter.model, retriever, starter.signals)
        hits = []
        for row in range(8):
            said = [{"role": "user", "content": f"I love {names[row]}. What else?"}]
            listed = [catalog.row(one.item.id) for one in recommender.generate(said, k=4).recommendations]
            hits += [one % 4 == row % 4 for one in listed]
        shares[weight > 0] = float(np.mean(hits))
    assert shares[True] >= 0.5 and shares[False] <= 0.4, shares  # by chance 9 of 39
