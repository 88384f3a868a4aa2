"""Vectors in Milvus, against the exact store: a file of Milvus Lite, and its server as other processes see it."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from test_retrieval import GENRES, PEOPLE, Bag, make_catalog, make_retriever, random_vectors, said
from wherefore.catalog.catalog import Catalog, Item
from wherefore.config import Component, Config
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.state import ANYWHERE, Limit, Preferences, Wish
from wherefore.errors import (
    CheckpointError,
    CheckpointNotFoundError,
    ConfigError,
    MissingPackageError,
    StorageError,
)
from wherefore.recommender import Recommender
from wherefore.retrieval.conditions import Columns, Conditions, Refused, plain, quoted
from wherefore.retrieval.filters import allowed_rows, conditions
from wherefore.retrieval.index import Index
from wherefore.retrieval.milvus import MilvusStore
from wherefore.retrieval.stores import FaissStore, VectorStore

pytest.importorskip("milvus_lite")
NASTY = [
    'say "no"',
    "back\\slash",
    '\\" or id != "',
    "it's",
    "{x} %d $1",
    "日本 😀",
    "two\nlines",
    "\x01 bell \x07",
    "line\u2028break",
    "x" * 3000,
    '"] or true or id in ["',
    "\\u0041",
    "sha256:0",
    "Straße",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("milvus")


@pytest.fixture(scope="module")
def url(folder) -> str:
    return str(folder / "vectors.db")


def milvus_index(catalog: Catalog, url: str, **more: object) -> Index:
    return Index.build(catalog, Bag(), Component(name="milvus", url=url, **more))


def exact_index(catalog: Catalog) -> Index:
    return Index.build(catalog, Bag(), Component(name="faiss", factory="Flat"))


def odd_catalog(n: int = 150) -> Catalog:
    """Items with values, ids and numbers that no filter expects; some know nothing."""
    rng = np.random.default_rng(3)
    items = []
    made = make_catalog(n)
    for place, item in enumerate(made.items):
        fields = dict(item.fields)
        fields["genres"] = (GENRES[place % 5], NASTY[place % len(NASTY)])
        if place % 9 == 4:
            fields.pop("genres")
        if place % 5 == 2:
            fields["year"] = float(rng.normal(0, 10.0 ** rng.integers(-6, 20)))
        items.append(Item(f"i{NASTY[place % len(NASTY)]}{place}", item.title, fields))
    return Catalog(items, made.schema, "odd")


@pytest.fixture(scope="module")
def both(url):
    catalog = odd_catalog()
    return exact_index(catalog), milvus_index(odd_catalog(), url)


def same(got, want) -> None:
    """Equal hits; rows may stand in another order where their scores are as good as equal."""
    assert got.rows.shape == want.rows.shape
    for rows, scores, wanted, wanted_scores in zip(got.rows, got.scores, want.rows, want.scores, strict=True):
        finite = np.isfinite(wanted_scores)
        assert np.array_equal(np.isfinite(scores), finite)
        assert np.allclose(scores[finite], wanted_scores[finite], atol=1e-5)
        told = dict(zip(wanted.tolist(), wanted_scores.tolist(), strict=True))
        last = wanted_scores[finite].min(initial=np.inf)
        for row, score in zip(rows[finite].tolist(), scores[finite].tolist(), strict=True):
            assert row in told or abs(score - last) < 1e-5


def test_it_is_a_store_like_any_other(url):
    store, exact = MilvusStore(8, url, "plain"), FaissStore(8)
    store_typed: VectorStore = store
    vectors = random_vectors(40, 8)
    for one in (store_typed, exact):
        one.add([f"i{number}" for number in range(30)], vectors[:30])
        one.add([f"i{number}" for number in range(30, 40)], vectors[30:])
        one.remove(["i3", "i17"])
    assert store.ids == exact.ids and len(store) == 38
    assert np.allclose(store.vectors(), exact.vectors(), atol=1e-6)
    assert np.allclose(store.vectors(np.array([5, 5, 0])), exact.vectors(np.array([5, 5, 0])), atol=1e-6)
    assert store.vectors(np.array([], dtype=np.int64)).shape == (0, 8)
    queries = random_vectors(3, 8, 9)
    allowed = np.arange(38) % 3 == 0
    same(store.search(queries, 5), exact.search(queries, 5))
    same(store.search(queries, 20, allowed), exact.search(queries, 20, allowed))
    assert (store.search(queries, 2, np.zeros(38, dtype=bool)).rows == -1).all()


def test_equal_scores_come_by_row(url):
    store = MilvusStore(2, url, "ties")
    store.add([f"z{90 - number}" for number in range(60)], np.tile([[1.0, 0.0]], (60, 1)))
    assert store.search(np.array([[1.0, 0.0]]), 4).rows.tolist() == [[0, 1, 2, 3]]
    allowed = np.arange(60) > 10
    assert store.search(np.array([[1.0, 0.0]]), 2, allowed).rows.tolist() == [[11, 12]]


@pytest.mark.parametrize(
    ("call", "said_"),
    [
        (lambda store: store.add(["a"], np.array([[1.0, 0.0]])), "'a' is in the store already"),
        (lambda store: store.add(["b", "b"], np.array([[1.0, 0.0]] * 2)), "give it once"),
        (lambda store: store.add(["b"], np.array([[1.0, 0.0, 0.0]])), r"need \(1, 2\)"),
        (lambda store: store.add(["b"], np.array([[np.nan, 0.0]])), "finite and unit"),
        (lambda store: store.add(["b"], np.array([[2.0, 0.0]])), "length 2.0000"),
        (lambda store: store.remove(["nope"]), "cannot remove 'nope'"),
        (lambda store: store.search(np.ones((1, 3)), 1), r"needs \(b, 2\)"),
        (lambda store: store.search(np.full((1, 2), np.inf), 1), "NaN or infinity"),
        (lambda store: store.search(np.ones((1, 2)), 0), "`k` is 0"),
        (lambda store: store.search(np.ones((1, 2)), 1, np.ones(3, dtype=bool)), r"needs bool \(1,\)"),
        (lambda store: store.vectors(np.array([1])), "rows 0 to 0"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(url, call, said_):
    store = MilvusStore(2, url, "refusing")
    store.add(["a"], np.array([[1.0, 0.0]]))
    with pytest.raises(ValueError, match=said_):
        call(store)
    assert store.ids == ["a"] and store.search(np.array([[1.0, 0.0]]), 1).rows.tolist() == [[0]]


limits = st.builds(
    Limit,
    st.sampled_from(["year", "popularity"]),
    st.sampled_from(["lt", "le", "gt", "ge", "eq"]),
    st.one_of(
        st.integers(1940, 2030).map(float),
        st.floats(-1e4, 1e4, allow_nan=False),
        st.sampled_from([0.0, 7.0, 1e22, -1e-7, float("inf")]),
    ),
    st.just(""),
)
values = st.one_of(
    st.tuples(st.just("genres"), st.sampled_from([*GENRES, *NASTY, "horror", "not there"])),
    st.tuples(st.just("cast"), st.sampled_from(PEOPLE)),
)
wishes = st.builds(
    lambda first, also: Wish(first[0], first[1], 1.0, "", tuple(also)), values, st.lists(values, max_size=2)
)
refusals = st.one_of(wishes, st.just(Wish(ANYWHERE, "robot", 1.0, "")))


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(limits, max_size=2), st.lists(refusals, max_size=3), st.integers(1, 60), st.integers(0, 10**6)
)
def test_under_random_limits_it_finds_what_the_exact_store_finds(
    both, monkeypatch, limited, refused, k, seed
):
    monkeypatch.setattr("wherefore.retrieval.milvus._BATCH", 3)  # so that filters are used on few items
    exact, index = both
    rng = np.random.default_rng(seed)
    known = tuple(exact.catalog.ids[row] for row in rng.integers(0, len(exact), 5))
    dialogue = Dialogue((), (), Preferences(seen=known, limits=tuple(limited), unwanted=tuple(refused)))
    allowed = allowed_rows(exact, dialogue)
    asked = conditions(index, dialogue)
    assert len(asked.limits) == len(limited)
    query = random_vectors(2, exact.dim, seed)
    same(index.store.search_within(query, k, allowed, asked), exact.store.search(query, k, allowed))


def test_the_filter_alone_rules_out_what_limits_rule_out(both):
    """Not only what comes back is sieved: the database itself knows years, values and what is unknown."""
    exact, index = both
    columns, client = index.store._columns, index.store._client
    for preferences in (
        Preferences(limits=(Limit("year", "ge", 1990, ""), Limit("popularity", "lt", 20, ""))),
        *(Preferences(unwanted=(Wish("genres", value, 1.0, ""),)) for value in (*GENRES, *NASTY)),
        Preferences(unwanted=(Wish("genres", "Horror", 1.0, "", (("cast", "Bo Diaz"),)),)),
    ):
        dialogue = Dialogue((), (), preferences)
        told = client.query(
            index.store.collection,
            filter=columns.expression(conditions(index, dialogue)),
            output_fields=["id"],
            limit=1000,
        )
        wanted = {plain(exact.catalog.ids[row]) for row in np.flatnonzero(allowed_rows(exact, dialogue))}
        assert {one["id"] for one in told} == wanted and 0 < len(wanted) < len(exact)


def test_an_unknown_place_counts_as_a_refused_one(folder):
    catalog = Catalog.from_records(
        [{"id": str(n), "title": f"T{n}", "country": c} for n, c in enumerate(["Japan", None, "France"])],
        schema=None,
    )
    columns = Columns.of(catalog.schema)
    unknown = Conditions((), ((Refused("country", "Japan", True),),))
    assert columns.expression(unknown) == 'not ((array_contains(v0, "japan") or array_length(v0) == 0))'
    store = MilvusStore(3, str(folder / "vectors.db"), "places")
    store.open_for(catalog, "bag")
    store.add_items(catalog.items, np.eye(3))
    told = store._client.query(
        "places", filter=store._columns.expression(unknown), output_fields=["id"], limit=9
    )
    assert [one["id"] for one in told] == ["2"]


@given(st.text())
def test_no_text_ends_its_literal(text):
    literal = quoted(plain(text))
    inner = literal[1:-1].replace("\\\\", "").replace('\\"', "")
    assert literal[0] == literal[-1] == '"' and '"' not in inner and "\\" not in inner
    assert len(plain(text).encode()) <= 512 and plain(plain(text)) != "" or text == ""


def test_a_retriever_gives_the_same_candidates(both):
    exact, index = both
    dialogue = said(
        "a ship on a desert island",
        liked=(exact.catalog.ids[5],),
        limits=(Limit("year", "ge", 1960, ""),),
        unwanted=(Wish("genres", "Horror", 1.0, ""),),
    )
    got, want = make_retriever(index).search(dialogue, 30), make_retriever(exact).search(dialogue, 30)
    assert got.rows.tolist() == want.rows.tolist()
    assert np.allclose(got.features, want.features, atol=1e-4, equal_nan=True)


def test_items_added_changed_and_removed_are_so_in_the_collection(url):
    index = milvus_index(make_catalog(20), url, collection="changing")
    space = {"id": "new", "title": "Zorbing", "year": 2020, "description": "zorbing zorbing"}
    index.add([Item("new", "Zorbing", {"year": 2020, "genres": ("Sport",), "description": "zorbing"})])
    query = index.embed("zorbing")[None]
    other = milvus_index(make_catalog(20), url, collection="changing")  # another one that has not heard of it
    assert index.store.search(query, 1).rows.tolist() == [[20]]
    assert other.store.search(query, 20).rows.max() == 19 and (other.store.search(query, 20).rows >= 0).all()
    index.remove(["new"])
    index.add([Item("new", space["title"], {"year": 1970, "description": "winter"})])
    told = index.store._client.query("changing", filter='id == "new"', output_fields=["*"])[0]
    year = index.store._columns.numbers["year"]
    assert told[year] == 1970.0
    index.remove(["i4"])
    gone = other.store.vectors(np.array([4]))
    assert not gone.any()  # taken out by the first, and nothing goes wrong in the second
    found = other.store.search(query, 20).rows[0].tolist()
    assert sorted(found)[0] == -1 and 4 not in found and len(set(found)) == 20
    other.remove(["i4"])
    assert len(other.store) == 19 and (other.store.search(query, 19).rows >= 0).all()


def test_a_failing_server_leaves_catalogue_and_index_in_step(url, monkeypatch):
    from pymilvus.exceptions import MilvusException

    index = milvus_index(make_catalog(8), url, collection="failing")

    def fail(*_: object, **__: object) -> None:
        raise MilvusException(message="gone")

    monkeypatch.setattr(index.store._client, "delete", fail)
    monkeypatch.setattr(index.store._client, "upsert", fail)
    with pytest.raises(StorageError, match="gone"):
        index.remove(["i3"])
    with pytest.raises(StorageError, match="gone"):
        index.add([Item("new", "New", {})])
    assert len(index.catalog) == len(index) == 8 and "i3" in index.catalog and "new" not in index.catalog


def test_it_is_saved_and_loaded_with_its_order(tmp_path, caplog):
    url = str(tmp_path / "own.db")
    catalog = make_catalog(25)
    index = milvus_index(catalog, url)
    index.save(tmp_path / "index")
    index.store.remove(["i7"])  # as at run time: the catalogue's file still has it
    with caplog.at_level(logging.WARNING):
        again = Index.load(tmp_path / "index", make_catalog(25), Bag())
    assert "24 items, the index 25" in caplog.text
    assert again.store.ids == list(catalog.ids)
    query = again.embed("a robot on an island")[None]
    assert 7 not in again.store.search(query, 25).rows[0]
    again.remove(["i7"])  # what a server does at its start
    assert len(again) == 24
    file = tmp_path / "index" / "store" / "store.json"
    about = json.loads(file.read_text())
    file.write_text(json.dumps({**about, "collection": "gone"}))
    with pytest.raises(CheckpointNotFoundError, match="no collection gone"):
        MilvusStore.load(file.parent)
    file.write_text(json.dumps({**about, "embedder": "other"}))
    with pytest.raises(
        ConfigError, match=r"made with embedder 'bag', here it is 'other'.*another `collection`"
    ):
        MilvusStore.load(file.parent)
    file.write_text("{")
    with pytest.raises(CheckpointError, match="build the index again"):
        MilvusStore.load(file.parent)
    with pytest.raises(CheckpointNotFoundError):
        MilvusStore.load(tmp_path)


def test_a_collection_of_something_else_is_told(url):
    catalog = make_catalog(5)
    store = MilvusStore(4, url, "mine")
    store.open_for(catalog, "bag")
    with pytest.raises(ConfigError, match="made with embedder 'bag', here it is 'mpnet'"):
        MilvusStore(4, url, "mine").open_for(catalog, "mpnet")
    with pytest.raises(ConfigError, match="made with dim 4, here it is 6"):
        MilvusStore(6, url, "mine").open_for(catalog, "bag")
    with pytest.raises(ConfigError, match="made with fields year, popularity, here it is year;"):
        MilvusStore(4, url, "mine").open_for(
            Catalog.from_records(
                [{"id": "a", "title": "A", "year": 1}, {"id": "b", "title": "B", "year": 2}]
            ),
            "bag",
        )
    store._client.create_collection("theirs", dimension=4)
    with pytest.raises(ConfigError, match="not made by Wherefore"):
        MilvusStore(4, url, "theirs").open_for(catalog, "bag")


def test_where_it_cannot_be_is_told(tmp_path, monkeypatch):
    (tmp_path / "old.db").write_text("SQLite")
    (tmp_path / "full.db").mkdir()
    (tmp_path / "full.db" / "mine.txt").touch()
    for url, said_ in (
        ("", "allowed are"),
        ("ftp://host", "allowed are"),
        ("http://", "allowed are"),
        ("http://host:port", "allowed are"),
        ("http://ann:secret@host:19530", "holds a user or password"),
        (str(tmp_path), "which is a folder"),
        (str(tmp_path / "x.txt"), "does not end in .db"),
        (str(tmp_path / "no" / "x.db"), "no folder"),
        (str(tmp_path / "old.db"), "cannot open"),
        (str(tmp_path / "full.db"), "other files"),
    ):
        with pytest.raises(ConfigError, match=said_) as told:
            MilvusStore(4, url)
        assert "secret" not in str(told.value)
    good = str(tmp_path / "good.db")
    for more, said_ in (
        ({"collection": "no-good"}, "`collection` is 'no-good'"),
        ({"collection": "wherefore_about"}, "is not wherefore_about"),
        ({"index": "IVF"}, "allowed: FLAT"),
        ({"timeout": 0}, "more than 0"),
    ):
        with pytest.raises(ConfigError, match=said_):
            MilvusStore(4, good, **more)
    with pytest.raises(ConfigError, match="store 'milvus'"):
        Index.build(make_catalog(3), Bag(), Component(name="milvus", path=good))
    with pytest.raises(StorageError, match=r"at http://127.0.0.1:9 cannot be reached"):
        MilvusStore(4, "http://127.0.0.1:9", timeout=0.5)
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'wherefore\[milvus\]'"):
        MilvusStore(4, good)


def test_a_wrong_token_is_told_and_not_shown(monkeypatch):
    import pymilvus
    from pymilvus.exceptions import MilvusException

    def refuse(uri: str, token: str, timeout: float) -> None:
        assert token == "root:wrong"
        raise MilvusException(code=1800, message="auth check failure, please check username and password")

    monkeypatch.setattr(pymilvus, "MilvusClient", refuse)
    monkeypatch.setenv("SHOP_TOKEN", "root:wrong")
    with pytest.raises(StorageError, match="does not let in .* SHOP_TOKEN is set: put its token") as told:
        MilvusStore(4, "http://localhost:19530", token_env="SHOP_TOKEN")
    assert "wrong" not in str(told.value)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def server(tmp_path):
    """A Milvus Lite server of its own process, and its address."""
    port = free_port()
    code = "import sys; from milvus_lite.cmdline import main; sys.argv[0] = 'milvus-lite'; main()"
    command = [sys.executable, "-c", code, "server", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--data-dir", str(tmp_path / "data.db")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(200):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert process.poll() is None
        time.sleep(0.1)
    yield process, f"http://127.0.0.1:{port}", tmp_path / "data.db"
    process.terminate()
    process.wait(20)


def test_several_processes_share_a_server_and_its_end_is_told(server, tmp_path):
    process, address, data = server
    catalog = make_catalog(30)
    index, exact = milvus_index(catalog, address, timeout=5), exact_index(make_catalog(30))
    code = f"""
import sys; sys.path[:0] = {sys.path!r}
from test_milvus import *
index = milvus_index(make_catalog(30), {address!r})
index.remove(["i0"])
index.add([Item("i99", "Moon base", {{"year": 2001}})])
print(index.store.collection, len(index))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [index.store.collection, "30"]
    query = random_vectors(1, exact.dim)
    allowed = np.arange(30) > 0
    same(index.store.search(query, 10, allowed), exact.store.search(query, 10, allowed))
    assert not index.store.vectors(np.array([0])).any()
    with pytest.raises(StorageError, match="a file serves one process"):
        MilvusStore(exact.dim, str(data))
    process.terminate()
    process.wait(20)
    with pytest.raises(StorageError, match=f"{address} cannot be reached or failed"):
        index.store.search(query, 10, allowed)


def test_it_is_a_setting_of_a_catalogue_of_ones_own_alone(url):
    setting = f"store={{name: milvus, url: '{url}'}}"
    assert Config().adjusted([setting]).store.kwargs == {"url": url}
    with pytest.raises(ConfigError, match="give a catalogue, too"):
        Recommender.from_pretrained("starter", settings=[setting])
