"""Texts cut into clauses, their vectors, and the source that searches them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.clauses import LONGEST, SHORTEST, clauses
from wherefore.config import PassagesConfig
from wherefore.dialogue.messages import Dialogue, parse_messages
from wherefore.errors import CheckpointError, CheckpointNotFoundError
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.index import Index
from wherefore.retrieval.passage_match import PassageMatch
from wherefore.retrieval.passages import (
    MOST,
    Passages,
    hidden_vectors,
    packed_vectors,
    passages_of,
    unpacked_vectors,
)
from wherefore.retrieval.query_encoder import QueryEncoder
from wherefore.retrieval.tensors import packed, write_tensors

RECORDS = [
    {"id": "1", "title": "Cast Away", "description": "A courier is stranded alone on an island. He talks to a ball."},
    {"id": "2", "title": "Groundhog Day", "description": "A weatherman wakes to the same day, over and over."},
    {"id": "3", "title": "Heat", "description": "A detective hunts a crew of bank robbers; both are tired men."},
    {"id": "4", "title": "Untold", "description": None},
]  # fmt: skip


@pytest.fixture(scope="module")
def embedder():
    return PackagedMiniLM()


@pytest.fixture
def index(embedder):
    catalog = Catalog.from_records(RECORDS)
    return Index.build(catalog, embedder, passages=PassagesConfig())


def dialogue(*said):
    return Dialogue(parse_messages([{"role": "user", "content": one} for one in said]))


@pytest.mark.parametrize(
    "text, cut",
    [
        ("One man. Two dogs. Three cats sleep.", ("One man. Two dogs.", "Three cats sleep.")),
        ("Made by J. R. Hartley in Leeds. It is warm.", ("Made by J. R. Hartley in Leeds.", "It is warm.")),
        ("soft cotton shirt\n- machine washable at 30\n- made in Peru", ("soft cotton shirt", "machine washable at 30",
         "made in Peru")),
        ("He lies to her; she knows it all along", ("He lies to her", "she knows it all along")),
        ("Wait… What happens now?", ("Wait… What happens now?",)),
        ("", ()),
    ],
)  # fmt: skip
def test_texts_are_cut_where_something_else_begins(text, cut):
    assert clauses(text) == cut


def test_a_long_sentence_is_cut_at_commas():
    text = ", ".join(
        f"he {verb} the old house by the river" for verb in "sees buys paints sells misses".split()
    )
    cut = clauses(text + ".")
    assert len(cut) > 1 and all(SHORTEST <= len(one.split()) <= LONGEST for one in cut)


@given(st.text(max_size=400))
def test_every_clause_stands_in_its_text(text):
    whole = " ".join(text.split())
    rest = whole
    for clause in clauses(text):
        assert clause in whole
        for piece in clause.split():  # in order, each once
            assert piece in rest
            rest = rest[rest.index(piece) + len(piece) :]


def test_an_item_has_no_more_passages_than_are_kept():
    story = ". ".join(f"Then the hero meets giant number {n}" for n in range(3 * MOST))
    catalog = Catalog.from_records(
        [{"title": "Saga", "description": story + ".", "review": "A long walk. Everybody sings a song."}] * 1
    )
    found = passages_of(catalog.items[0], catalog.schema)
    assert len(found) == MOST
    assert {one.field for one in found} == {"description", "review"}
    assert [one for one in found if one.field == "review"][-1].text == "Everybody sings a song."


def test_the_best_clause_of_a_record_counts(index):
    queries = index.embedder.encode(["somebody alone on an island"], "query")
    rows, scores = index.passages.search(queries, 4)
    assert rows[0] == 0 and 3 not in rows  # without a text it is not found
    assert list(scores) == sorted(scores, reverse=True)
    every = index.passages.scores(queries, np.arange(4))
    assert every.shape == (1, 4) and np.isnan(every[0, 3])
    assert every[0, rows] == pytest.approx(scores, abs=1e-6)
    near, place = index.passages.evidence(queries[0], np.arange(4))
    clause = passages_of(index.catalog.items[0], index.catalog.schema)[place[0]]
    assert clause.text == "A courier is stranded alone on an island." and place[3] == -1
    assert near[0] == pytest.approx(scores[0], abs=1e-6)


def test_only_allowed_rows_are_found(index):
    queries = index.embedder.encode(["somebody alone on an island"], "query")
    rows, _ = index.passages.search(queries, 4, np.array([False, True, True, True]))
    assert sorted(rows) == [1, 2]
    assert len(index.passages.search(queries, 4, np.zeros(4, dtype=bool))[0]) == 0
    assert len(index.passages.search(queries[:0], 4)[0]) == 0


def test_one_item_with_many_passages_leaves_room_for_others(embedder):
    many = ". ".join(["A shark hunts swimmers at the beach"] * 20)
    farm = {"id": "b", "title": "B", "description": "A quiet farm in Wales."}
    catalog = Catalog.from_records([{"id": "a", "title": "A", "description": many}, farm])
    passages = Passages.build(catalog, embedder)
    rows, _ = passages.search(embedder.encode(["shark at the beach"], "query"), 2)
    assert list(rows) == [0, 1]


def test_items_come_and_go(index):
    index.add([{"id": "5", "title": "Jaws", "description": "A shark hunts swimmers off a summer beach."}])
    query = index.embedder.encode(["shark at the beach"], "query")
    assert index.passages.search(query, 1)[0].tolist() == [4]
    index.remove(["1", "4"])
    assert index.passages.search(query, 1)[0].tolist() == [2]
    assert len(index.passages) == sum(len(passages_of(i, index.catalog.schema)) for i in index.catalog.items)


def test_what_is_saved_comes_back(index, tmp_path):
    index.save(tmp_path / "index")
    again = Index.load(tmp_path / "index", index.catalog, index.embedder)
    query = index.embedder.encode(["tired policeman after thieves"], "query")
    (rows, scores), (same, near) = index.passages.search(query, 4), again.passages.search(query, 4)
    assert rows.tolist() == same.tolist() and scores == pytest.approx(
        near, abs=2e-3
    )  # kept in half precision
    file = tmp_path / "index" / "passages" / "passages.safetensors"
    one = np.ones(1, dtype=np.int32)
    write_tensors(file, {"counts": one, "shown": one, "vectors": np.ones((1, 384), dtype=np.float16)})
    with pytest.raises(CheckpointError, match="not those of the catalogue"):
        Index.load(tmp_path / "index", index.catalog, index.embedder)
    file.unlink()
    with pytest.raises(CheckpointNotFoundError, match=r"no .*passages\.safetensors"):
        Index.load(tmp_path / "index", index.catalog, index.embedder)


def test_vectors_of_texts_that_are_not_shown_are_searched_but_are_no_evidence(embedder, tmp_path):
    told = embedder.encode(["A clown lives in the drains of a small town."], "item")
    write_tensors(
        tmp_path / "plots.safetensors",
        {"ids": packed(["4"]), "counts": np.array([1]), "vectors": told.astype(np.float16)},
    )
    config = PassagesConfig(vectors=tmp_path / "plots.safetensors")
    index = Index.build(Catalog.from_records(RECORDS), embedder, passages=config)
    query = embedder.encode(["clown in the drains"], "query")
    assert index.passages.search(query, 1)[0].tolist() == [3]
    assert index.passages.evidence(query[0], np.array([3]))[1].tolist() == [-1]
    with pytest.raises(CheckpointNotFoundError, match="plot_vectors"):
        hidden_vectors(tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"12")
    with pytest.raises(CheckpointError, match="cannot be read"):
        hidden_vectors(tmp_path / "bad.safetensors")


def test_product_quantized_vectors_are_nearly_what_they_were():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, 32))
    vectors = centres[rng.integers(40, size=3000)] + 0.3 * rng.normal(size=(3000, 32))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    tensors = packed_vectors(vectors, 16)
    assert tensors["codes"].shape == (3000, 16) and tensors["codes"].dtype == np.uint8
    kept = unpacked_vectors(tensors)
    assert np.linalg.norm(kept, axis=1) == pytest.approx(1, abs=1e-5)
    assert (kept * vectors).sum(1).mean() > 0.95
    few = packed_vectors(vectors[:100], 16)  # too few to learn from
    assert unpacked_vectors(few) == pytest.approx(vectors[:100], abs=1e-3)
    with pytest.raises(ValueError, match="do not go together"):
        unpacked_vectors({"codes": tensors["codes"][:, :4], "centroids": tensors["centroids"]})


def test_the_source_asks_with_the_newest_message_and_with_all(index):
    source = PassageMatch(index, k=3)
    talk = dialogue("something with a detective", "and tired men")
    assert source.requests(talk) == ["and tired men", "something with a detective and tired men"]
    rows, scores = source.search(talk, np.zeros(384), 3, np.ones(4, dtype=bool))
    assert rows[0] == 2
    standing = source.score(talk, np.zeros(384), rows)  # in standard deviations, not cosines
    assert (np.diff(standing) < 0).all() and standing[0] > 1 and (np.diff(scores) < 0).all()
    assert source.requests(dialogue("?!")) == []
    assert np.isnan(source.score(dialogue("?!"), np.zeros(384), rows)).all()
    assert len(source.search(dialogue("?!"), np.zeros(384), 3, np.ones(4, dtype=bool))[0]) == 0


def test_a_tuned_encoder_reads_requests_otherwise(index):
    layer = "encoder.layer.5.output.dense"
    rng = np.random.default_rng(0)
    changes = {
        f"{layer}.down": rng.normal(size=(2, 1536)) * 0.05,
        f"{layer}.up": rng.normal(size=(384, 2)) * 0.05,
    }
    source = PassageMatch(index)
    plain = source.vectors(["somebody alone"])
    source.restore({name: change.astype(np.float16) for name, change in changes.items()})
    tuned = source.vectors(["somebody alone"])
    assert source.fitted and not np.allclose(plain, tuned, atol=1e-3)
    assert np.linalg.norm(tuned, axis=1) == pytest.approx(1, abs=1e-5)
    again = PassageMatch(index)
    again.restore(source.tensors())
    assert again.vectors(["somebody alone"]) == pytest.approx(tuned, abs=1e-6)
    source.restore({})
    assert source.vectors(["somebody alone"]) == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"a.down": np.zeros((2, 3))}, "do not go together"),
        ({"a.down": np.zeros((2, 3)), "a.up": np.zeros((3, 4))}, "do not go together"),
        ({"a.down": np.full((2, 3), np.nan), "a.up": np.zeros((3, 2))}, "not finite"),
    ],
)
def test_changes_that_fit_nothing_are_refused(changes, said):
    with pytest.raises(CheckpointError, match=said):
        QueryEncoder(changes)


def test_changes_of_a_layer_that_is_not_there_are_refused():
    encoder = QueryEncoder(
        {"encoder.layer.9.x.down": np.zeros((2, 3)), "encoder.layer.9.x.up": np.zeros((3, 2))}
    )
    with pytest.raises(CheckpointError, match="the model does not have"):
        encoder.encode(["hello"])
