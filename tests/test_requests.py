"""Requests in people's own words: read, learned from, and measured."""

import json
import lzma
import random

import numpy as np
import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.errors import CorpusError, CorpusNotFoundError
from wherefore.evaluation.requests import Found, shares
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.passages import Passages
from wherefore.retrieval.query_encoder import QueryEncoder
from wherefore.training.requests import (
    EncoderTraining,
    Request,
    fit_encoder,
    mistyped,
    read_requests,
    split,
)

HEADER = "kind\ttext\titems\tnear\tmoods\n"


def test_a_file_is_read(tmp_path):
    file = tmp_path / "requests.tsv"
    file.write_text(
        HEADER + 'plot\tthe one with the "ball"\t1, 2\t3\tsad, quiet\nmood\tcosy\t2\t\t\n', encoding="utf-8"
    )
    assert read_requests(file) == [
        Request("plot", 'the one with the "ball"', ("1", "2"), ("3",), ("sad", "quiet")),
        Request("mood", "cosy", ("2",)),
    ]


@pytest.mark.parametrize(
    "text, said",
    [
        ("kind\ttext\n", "no column `items`"),
        (HEADER + "plot\t \t1\t\t\n", "line 2 has no text"),
        (HEADER + "plot\ta\t1\t\t\nplot\tb\t,\t\t\n", "line 3 has no text or no items"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, text, said):
    file = tmp_path / "requests.tsv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=said):
        read_requests(file)
    with pytest.raises(CorpusNotFoundError, match="no requests at"):
        read_requests(tmp_path / "none.tsv")


def test_the_ranker_has_requests_of_its_own():
    requests = [Request("plot", f"number {n}", ("1",)) for n in range(400)]
    parts = split(requests)
    assert 60 < len(parts["ranker"]) < 140
    assert {one.text for one in parts["ranker"]} | {one.text for one in parts["encoder"]} == {
        one.text for one in requests
    }
    assert split(requests) == parts


def test_a_request_is_a_dialogue():
    told = Request("plot", "a ball", ("tt1", "wk_2", "gone")).dialogue(7, {"tt1": "i0", "wk_2": "i1"})
    assert told["turns"] == [
        {"role": "user", "text": "a ball", "items": []},
        {"role": "assistant", "text": "@i0 @i1", "items": ["i0", "i1"]},
    ]


def test_the_encoder_learns_words_that_it_did_not_know():
    catalog = Catalog.from_records(
        [
            {"id": "1", "title": "A", "description": "A courier is stranded alone on an island."},
            {"id": "2", "title": "B", "description": "A weatherman wakes to the same day again."},
            {"id": "3", "title": "C", "description": "A detective hunts a crew of bank robbers."},
            {"id": "4", "title": "D", "description": None},
        ]
    )
    embedder = PackagedMiniLM()
    passages = Passages.build(catalog, embedder)
    wanted = {"zorp": "1", "quax": "2", "blim": "3"}
    requests = [
        Request("mood", f"{said} {word} {more}".strip(), (item,), tuple(set("123") - {item}))
        for word, item in wanted.items()
        for said in ("something", "i want", "feeling very", "a bit of")
        for more in ("", "tonight", "please")
    ]
    told: list[tuple[int, int]] = []
    changes = fit_encoder(
        [*requests, Request("mood", "nothing", ("4",))],
        catalog,
        passages,
        EncoderTraining(epochs=4, batch_size=12, lr=2e-3, r=4, typos=0.0),
        progress=lambda done, of: told.append((done, of)),
    )
    assert told[-1] == (12, 12)
    encoder = QueryEncoder(changes)
    for word, item in wanted.items():
        rows, _ = passages.search(encoder.encode([f"in the mood for {word}"]), 1)
        assert catalog.items[rows[0]].id == item
    with pytest.raises(CorpusError, match="none of the requests"):
        fit_encoder([Request("mood", "nothing", ("4",))], catalog, passages)


def test_typos_keep_most_of_a_text():
    rng = random.Random(0)
    for _ in range(200):
        text = "something quiet and slow"
        made = mistyped(text, rng)
        assert len(text) - 1 <= len(made) <= len(text)
        assert sum(a == b for a, b in zip(text[::-1], made[::-1], strict=False)) >= 2
    assert mistyped("short", rng) == "short"


def test_shares_of_what_was_found():
    request = Request("plot", "a", ("1",))
    found = [
        Found(request, 1, 1, 2),
        Found(request, 4, 2, 1),
        Found(request, 0, 0, 0),
        Found(request, 0, 60, 0),
    ]
    told = shares(found)
    assert told["named_at"] == {"1": 0.25, "5": 0.5, "10": 0.5, "50": 0.5}
    assert told["any_at"] == {"1": 0.25, "5": 0.5, "10": 0.5, "50": 0.5}
    assert told["precision_at_5"] == pytest.approx(0.15) and told["requests"] == 4
    assert np.isfinite(told["precision_at_5"])


REQUEST = HEADER + (
    "plot\tweatherman lives the same day again and again\tgroundhog\t\t\n"
    "plot\ta man alone on an island talks to a ball\tcast\theat\t\n"
)
FILMS = [
    {"id": "groundhog", "title": "Groundhog Day", "description": "A weatherman wakes to the same day, over and over."},
    {"id": "cast", "title": "Cast Away", "description": "A courier is stranded on an island. He talks to a ball."},
    {"id": "heat", "title": "Heat", "description": "A detective hunts a crew of bank robbers; both are tired men."},
    {"id": "up", "title": "Up", "description": "An old man ties balloons to his house and floats off with a boy."},
]  # fmt: skip


def test_a_command_measures_how_often_they_are_found(tmp_path, starter, monkeypatch):
    from wherefore.cli import main
    from wherefore.recommender import Recommender

    given = {}
    own = Recommender.from_catalog(Catalog.from_records(FILMS), "starter", device="cpu", cache=tmp_path)

    def from_catalog(catalog, base, **more):
        given.update(catalog=catalog, base=base)
        return own

    monkeypatch.setattr(Recommender, "from_catalog", from_catalog)
    file, out = tmp_path / "films.tsv", tmp_path / "found.json"
    file.write_text(REQUEST, encoding="utf-8")
    films = tmp_path / "films.jsonl"
    films.write_text("\n".join(json.dumps(film) for film in FILMS), encoding="utf-8")
    assert main(["find", str(file), "--catalog", str(films), "--out", str(out)]) == 0
    assert given["catalog"].name == "films.jsonl" and given["base"] == "starter"
    found = json.loads(out.read_text(encoding="utf-8"))["films"]
    assert found["plot"]["requests"] == 2 and found["all"]["any_at"]["1"] == 1.0
    assert "find" in found["command"] and found["commit"]


def test_a_packed_file_is_read_alike(tmp_path):
    text = "kind\ttext\titems\tnear\tmoods\nplot\ta man alone\ta,b\tc\ttense\n"
    (tmp_path / "plain.tsv").write_text(text, encoding="utf-8")
    (tmp_path / "packed.tsv.xz").write_bytes(lzma.compress(text.encode()))
    assert read_requests(tmp_path / "plain.tsv") == read_requests(tmp_path / "packed.tsv.xz")
