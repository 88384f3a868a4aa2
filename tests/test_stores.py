"""Vector stores that shorten the search among many rows: recall, filters, changes, files, the rule that chooses."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherefore.config import Config
from wherefore.retrieval.embedders import unit_rows
from wherefore.retrieval.shortlists import Shortlist
from wherefore.retrieval.stores import FaissStore, factory_for

LISTED = [
    "IVF16,PQ8x4fs,Refine(SQ8)",
    "IVF8,PQ8x4fs,Refine(Flat)",
    "PCA12,IVF16,PQ6x4fs,Refine(SQ6)",
    "HNSW16,Refine(SQ8)",
    "PCA14,HNSW16,SQ8,Refine(SQfp16)",
]
N, DIM = 11_000, 16


def clustered(n, seed=0, dim=DIM):
    """Unit vectors that lie in clusters, as those of a catalogue do."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(40, dim))
    return unit_rows(centres[rng.integers(0, 40, n)] + 0.8 * rng.normal(size=(n, dim)))


def names(n, start=0):
    return [str(row) for row in range(start, start + n)]


def recall(found, exact):
    kept = [
        len(set(a[a >= 0]) & set(b[b >= 0])) / max((b >= 0).sum(), 1)
        for a, b in zip(found, exact, strict=True)
    ]
    return float(np.mean(kept))


@pytest.fixture(scope="module")
def stores():
    vectors = clustered(N)
    made = {}
    for factory in ["Flat", *LISTED]:
        made[factory] = FaissStore(DIM, factory)
        made[factory].add(names(N), vectors)
    return made


@pytest.mark.parametrize("factory", LISTED)
def test_a_shortlist_finds_what_exact_search_finds_under_any_filter(stores, factory):
    queries = clustered(20, seed=3)
    draw = np.random.default_rng(1).random(N)
    near = clustered(1, seed=9)
    likeness = stores["Flat"].vectors() @ near[0]
    masks = {
        "all": None,
        **{share: draw < share for share in (0.5, 0.1, 0.01)},
        # Those that are least like the query, far from where it looks first.
        "far": likeness < np.quantile(likeness, 0.3),
    }
    assert stores[factory]._listed.is_made
    for what, allowed in masks.items():
        at = near if what == "far" else queries
        exact = stores["Flat"].search(at, 20, allowed)
        found = stores[factory].search(at, 20, allowed)
        assert recall(found.rows, exact.rows) >= 0.9 or what == "far", what
        assert (found.scores >= exact.scores - 0.05).all(), what  # so far away, all lie equally far
        if allowed is not None:
            assert allowed[found.rows[found.rows >= 0]].all()
        np.testing.assert_allclose(found.scores[0], stores[factory].vectors(found.rows[0]) @ at[0], atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(data=st.data(), factory=st.sampled_from(LISTED))
def test_all_that_are_allowed_come_back_once_up_to_k(stores, data, factory):
    share = data.draw(st.sampled_from([0.0, 0.0005, 0.01, 0.2, 0.9]))
    k = data.draw(st.sampled_from([1, 7, 150]))
    seed = data.draw(st.integers(0, 99))
    allowed = np.random.default_rng(seed).random(N) < share
    hits = stores[factory].search(clustered(2, seed), k, allowed)
    for rows, scores in zip(hits.rows, hits.scores, strict=True):
        found = rows[rows >= 0]
        assert len(found) == len(set(found)) == min(k, allowed.sum())
        assert allowed[found].all() and (np.diff(scores[: len(found)]) <= 0).all()


@pytest.mark.parametrize("factory", LISTED)
def test_few_rows_are_searched_exactly_until_there_are_enough(factory):
    vectors = clustered(60)
    exact, store = FaissStore(DIM, "Flat"), FaissStore(DIM, "IVF16,PQ8x4fs,Refine(Flat)")
    for one in (exact, store):
        one.add(names(60), vectors)
    assert not store._listed.is_made
    np.testing.assert_array_equal(store.search(vectors, 5).rows, exact.search(vectors, 5).rows)
    store.add(names(640, 60), clustered(640, seed=2))
    assert store._listed.is_made
    assert store.search(vectors, 1).rows[:, 0].tolist() == list(range(60))


@pytest.mark.parametrize("factory", LISTED)
def test_what_is_added_and_removed_after_loading_is_found_and_not(factory, tmp_path):
    n = 3000 if factory.startswith(("HNSW", "PCA14")) else N
    vectors, new = clustered(n), clustered(30, seed=5)
    FaissStore(DIM, factory, mapped=1).save(tmp_path / "empty")
    store = FaissStore(DIM, factory, mapped=1)
    store.add(names(n), vectors)
    store.save(tmp_path / "s")
    again = FaissStore.load(tmp_path / "s")
    assert again._is_mapped
    again.remove(names(n // 5))  # its rows move up, the shortlist only forgets
    again.add(names(30, n), new)
    assert again.ids == names(n - n // 5 + 30, n // 5)
    kept = np.concatenate([vectors[n // 5 :], new])
    np.testing.assert_allclose(again.vectors(), kept, atol=0.08)
    exact = FaissStore(DIM, "Flat")
    exact.add(again.ids, kept)
    queries = clustered(20, seed=4)
    assert recall(again.search(queries, 20).rows, exact.search(queries, 20).rows) >= 0.85
    assert again.search(new, 1).rows[:, 0].tolist() == list(range(n - n // 5, n - n // 5 + 30))
    again.remove(names(n // 4, n // 5))  # by now more than a quarter is gone: made anew
    assert len(again._listed._rows) == len(again)
    again.save(tmp_path / "s")  # over what it was loaded from
    third = FaissStore.load(tmp_path / "s")
    _hits_equal(again.search(queries, 9), third.search(queries, 9))


def _hits_equal(one, two):
    np.testing.assert_array_equal(one.rows, two.rows)
    np.testing.assert_array_equal(one.scores, two.scores)


@pytest.mark.parametrize("factory", ["SQ8", "Flat", "HNSW8,SQ8", *LISTED])
def test_a_store_left_in_its_files_answers_as_one_that_is_read(factory, stores, tmp_path):
    store = stores.get(factory)
    if store is None:
        store = FaissStore(DIM, factory)
        store.add(names(N), clustered(N))
    store.save(tmp_path / "s")
    about = json.loads((tmp_path / "s" / "store.json").read_text())
    (tmp_path / "s" / "store.json").write_text(json.dumps(about | {"shortlist": {"mapped": 1}}))
    mapped = FaissStore.load(tmp_path / "s")
    assert mapped._is_mapped and not store._is_mapped
    allowed = np.arange(N) % 7 == 0
    for mask in (None, allowed, np.arange(N) < 50):
        _hits_equal(store.search(clustered(3, 8), 12, mask), mapped.search(clustered(3, 8), 12, mask))
    np.testing.assert_array_equal(store.vectors(np.array([5, 3])), mapped.vectors(np.array([5, 3])))


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="Linux tells what of a file is in memory")
def test_loading_a_large_store_does_not_read_it_whole(tmp_path):
    store = FaissStore(256, "SQ8", mapped=1_000_000)
    vectors = unit_rows(np.random.default_rng(0).normal(size=(60_000, 256)))
    store.add(names(60_000), vectors)
    store.save(tmp_path / "s")
    loaded = FaissStore.load(tmp_path / "s")
    size, resident = _of_file((tmp_path / "s" / "vectors.faiss").name, tmp_path)
    assert size >= 60_000 * 256 / 1024 and resident < size / 4
    assert loaded.search(vectors[:1], 1).rows.tolist() == [[0]]
    assert _of_file("vectors.faiss", tmp_path)[1] > size / 2  # exact search has read it all


def _of_file(name, folder):
    """Of a file that is mapped, how many kB, and how many of them are in memory."""
    size = resident = 0
    ours = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            ours = line.endswith(name) and str(folder) in line
        elif ours and line.startswith("Size:"):
            size += int(line.split()[1])
        elif ours and line.startswith("Rss:"):
            resident += int(line.split()[1])
    return size, resident


def test_damaged_shortlists_are_refused(tmp_path):
    store = FaissStore(DIM, "IVF4,PQ4x4fs,Refine(SQ8)")
    store.add(names(700), clustered(700))
    folder = tmp_path / "s"
    for what, spoil, message in (
        ("shortlist.faiss", lambda held: held[:-20], "build the index again"),
        ("shortlist.faiss", lambda held: b"", "build the index again"),
        ("shortlist.npy", lambda held: held[:-4], "build the index again"),
        ("shortlist.npy", lambda held: held[:-4] + b"\x00\x00\x00\x00", "other rows"),
        ("vectors.faiss", lambda held: held[: len(held) // 2], "build the index again"),
    ):
        for mapped in (10**9, 1):
            store.mapped = mapped
            store.save(folder)
            file = folder / what
            file.write_bytes(spoil(file.read_bytes()))
            with pytest.raises(ValueError, match=message):
                FaissStore.load(folder)
    store.save(folder)
    (folder / "shortlist.npy").unlink()
    with pytest.raises(FileNotFoundError, match=re.escape("shortlist.npy")):
        FaissStore.load(folder)


def test_factories_that_do_not_go_together_are_refused():
    for factory, message in (
        ("IVF16,PQ8x4fs", "known: Flat"),
        ("PCA8,SQ8", "known: Flat"),
        ("IVF16,PQ5x4fs,Refine(SQ8)", "divides"),
        ("PCA17,HNSW8,Refine(SQ8)", "PCA can keep 16"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            FaissStore(DIM, factory)
    with pytest.raises(ValueError, match="`searched` is 0"):
        FaissStore(DIM, "auto", searched=0)
    with pytest.raises(ValueError, match="`shortlist` is 0"):
        FaissStore(DIM, "auto", shortlist=0)


# -- the rule


def test_small_catalogues_are_kept_as_before(tmp_path):
    auto, before = FaissStore(DIM, "auto"), FaissStore(DIM, "SQ8")
    vectors = clustered(500)
    for store in (auto, before):
        store.add(names(500), vectors)
        store.save(tmp_path / store.factory)
    assert (tmp_path / "auto" / "vectors.faiss").read_bytes() == (
        tmp_path / "SQ8" / "vectors.faiss"
    ).read_bytes()
    _hits_equal(auto.search(vectors, 9), before.search(vectors, 9))
    assert Config().store.kwargs["factory"] == "auto"


def test_the_rule_takes_a_shortlist_for_very_many_rows():
    assert factory_for(200_000, 384) == "SQ8"
    assert factory_for(200_001, 384) == "IVF512,PQ128x4fs,Refine(SQ6)"
    assert factory_for(4_000_000, 384) == "IVF2048,PQ128x4fs,Refine(SQ6)"
    for dim in (1, 2, 7, 50, 128, 1024):  # any width has one that FAISS can make
        Shortlist(dim, factory_for(10**6, dim).partition(",Refine")[0])


def test_a_store_that_grows_beyond_the_rules_bound_is_made_anew(monkeypatch, tmp_path):
    monkeypatch.setattr("wherefore.retrieval.stores._EXACT_TO", 1000)
    store = FaissStore(DIM, "auto")
    store.add(names(900), clustered(900))
    assert store._listed is None
    store.add(names(900, 900), clustered(900, 1))
    assert len(store) == 1800 and store._listed is not None and store._listed.is_made
    store.save(tmp_path / "s")
    again = FaissStore.load(tmp_path / "s")
    queries = clustered(5, 2)
    _hits_equal(store.search(queries, 10), again.search(queries, 10))
    again.remove(names(1700))  # what is left is too few for a shortlist
    assert again.search(queries, 10).rows.shape == (5, 10)
    assert again.ids == names(100, 1700)


def test_of_a_tenth_that_is_allowed_only_a_shortlist_is_scored(stores, monkeypatch):
    store, vectors = stores["IVF16,PQ8x4fs,Refine(SQ8)"], clustered(N)
    allowed = np.random.default_rng(3).random(N) < 0.15
    scored = []
    whole = FaissStore._score
    monkeypatch.setattr(
        FaissStore, "_score", lambda one, q, rows, k: scored.append(len(rows)) or whole(one, q, rows, k)
    )
    queries = clustered(20, seed=5)
    hits = store.search(queries, 10, allowed)
    best = np.argsort(-np.where(allowed, queries @ vectors.T, -np.inf), axis=1)[:, :10]
    assert allowed[hits.rows].all() and recall(hits.rows, best) >= 0.95
    assert max(scored) <= 1000 < allowed.sum()
    scored.clear()
    few = allowed & (np.arange(N) < N // 3)  # a twentieth: all of them are scored
    assert few[store.search(queries[:1], 10, few).rows].all() and scored == [few.sum()]
