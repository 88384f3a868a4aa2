"""A cross-encoder reads the best candidates beside what was said."""

import json
import lzma
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from wherefore.catalog.catalog import Catalog
from wherefore.corpora.shops import Asked, read_shops
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.dialogue.state import Preferences, Wish
from wherefore.errors import CheckpointError, CheckpointNotFoundError
from wherefore.lm.tuned import learned_tensors
from wherefore.ranking.matching import Matcher, load_matcher, packaged_matcher, said_of
from wherefore.retrieval.tensors import write_tensors
from wherefore.training.matching import (
    MatchTraining,
    fit_cross_encoder,
    learning_cross_encoder,
    measured_match,
)

ROOT = Path(__file__).parents[1]
ROWS = [
    {
        "id": "fan",
        "title": "Breeze",
        "description": "A fan that can hardly be heard, 18 decibels, no lights.",
    },
    {
        "id": "loud",
        "title": "Nursery Turbo",
        "description": "Our strongest fan, for nurseries and halls. It roars.",
    },
    {"id": "lamp", "title": "Moon", "description": "A night lamp that dims by itself."},
    {"id": "chair", "title": "Rock", "description": "A rocking chair of beech."},
]


@pytest.fixture(scope="module")
def catalog():
    return Catalog.from_records(ROWS)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return learning_cross_encoder(r=2)


def dialogue(*texts, **more):
    roles = ("user", "assistant")
    return Dialogue(tuple(Message(roles[n % 2], text) for n, text in enumerate(texts)), **more)


def test_neither_order_nor_company_changes_a_score(network, catalog):
    matcher = Matcher(network)
    said = dialogue("something for the nursery, she wakes up if I breathe")
    together = matcher.scores(said, catalog.items, catalog)
    turned = matcher.scores(said, catalog.items[::-1], catalog)[::-1]
    alone = [matcher.scores(said, [item], catalog)[0] for item in catalog.items]
    loose = 0.05 if torch.cpu._is_amx_tile_supported() else 1e-4  # half precision, other widths of padding
    np.testing.assert_allclose(together, turned, atol=1e-4)
    np.testing.assert_allclose(together, alone, atol=loose)


def test_titles_alone_are_not_read(network, catalog):
    named = dialogue("I loved Moon", mentions=(Mention("lamp", 0, 8, 12, 100.0),))
    assert Matcher(network).scores(named, catalog.items, catalog) is None
    assert (
        Matcher(network).scores(dialogue("hello, please recommend something"), catalog.items, catalog) is None
    )
    assert Matcher(network).scores(dialogue("a whisper in the attic"), [], catalog) is None


def test_what_was_listed_is_read_by_its_titles(catalog):
    shown = (Mention("fan", 1, 3, 9, 100.0), Mention("lamp", 1, 20, 24, 100.0))
    read = said_of(dialogue("a fan", "1. Breeze, quiet. 2. Moon", "not so tall", mentions=shown), catalog)
    assert read == (("user", "a fan"), ("assistant", "Breeze; Moon"), ("user", "not so tall"))


def test_what_was_taken_back_is_not_read_and_what_is_refused_is(catalog):
    text = "a red lamp, nothing that roars"
    muted = ((0, 2, 5), (0, 25, 30))  # "red" and "roars"
    refused = Preferences(unwanted=(Wish("*", "roars", 2.0, "roars"),))
    assert said_of(dialogue(text, muted=muted), catalog) == (("user", "a lamp, nothing that"),)
    both = said_of(dialogue(text, muted=muted, preferences=refused), catalog)
    assert both == (("user", "a lamp, nothing that roars"),)


def test_it_learns_what_answers(catalog):
    torch.manual_seed(0)
    network = learning_cross_encoder(r=4)
    asked = [
        Asked(catalog, (("user", "she wakes up if I breathe"),), ("fan",), ("loud",)),
        Asked(catalog, (("user", "the hall is stuffy, I don't mind noise"),), ("loud",), ("fan",)),
    ]
    told = []
    settings = MatchTraining(epochs=8, batch_size=2, group=3, again=2, lr=3e-3)
    fit_cross_encoder(network, asked, settings, lambda done, of: told.append((done, of)))
    assert told[-1] == (16, 16)
    found = measured_match(network, asked)
    assert found["first"] == found["near_below"] == 1.0


def test_what_was_learned_comes_back(network, catalog, tmp_path):
    file = tmp_path / "matcher.safetensors"
    write_tensors(file, learned_tensors(network))
    said = dialogue("something for the nursery, she wakes up if I breathe")
    before = Matcher(network).scores(said, catalog.items, catalog)
    np.testing.assert_allclose(load_matcher(file).scores(said, catalog.items, catalog), before, atol=0.1)


def test_a_broken_file_is_named(tmp_path):
    with pytest.raises(CheckpointNotFoundError, match=r"make it with scripts/train_matcher\.py"):
        load_matcher(tmp_path / "matcher.safetensors")
    (tmp_path / "matcher.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_matcher(tmp_path / "matcher.safetensors")
    write_tensors(tmp_path / "matcher.safetensors", {"head.0.weight": np.zeros((2, 2), np.float16)})
    with pytest.raises(CheckpointError, match="not those of such a network"):
        load_matcher(tmp_path / "matcher.safetensors")


def test_the_packages_own_orders_what_it_never_saw():
    """Two catalogues that it did not learn from; by chance about a fifth of the first five would fit."""
    unseen = [
        one for one in read_shops(ROOT / "data" / "shops") if one.catalog.name in ("teas", "camping_gear")
    ]
    found = measured_match(packaged_matcher()._network, [one for one in unseen if len(one.said) == 1][::12])
    assert found["asked"] >= 12 and found["precision_at_5"] > 0.4


def test_the_best_few_change_places_and_no_others(plain_starter):
    ask = [{"role": "user", "content": "somebody is stuck alone on an island and talks to a ball"}]
    config = plain_starter.config
    lists = {}
    for count in (0, 24):
        plain_starter.config = config.updated("turn", reread=count)
        lists[count] = [one.item.id for one in plain_starter.rank(ask, k=60)]
    plain_starter.config = config
    assert set(lists[0][:24]) == set(lists[24][:24]) and lists[0][24:] == lists[24][24:]
    assert lists[0][:24] != lists[24][:24]


@pytest.mark.slow
def test_the_script_trains_and_measures(tmp_path, capsys):
    (tmp_path / "shops").mkdir()
    (tmp_path / "requests").mkdir()
    for kind in ("wines", "teas"):
        for file in (ROOT / "data" / "shops").glob(f"{kind}.*"):
            (tmp_path / "shops" / file.name).write_bytes(file.read_bytes())
    with lzma.open(ROOT / "data" / "requests" / "requests.tsv.xz", "rt", encoding="utf-8") as lines:
        first = [next(lines) for _ in range(25)]
    with lzma.open(tmp_path / "requests" / "requests.tsv.xz", "wt", encoding="utf-8") as few:
        few.writelines(first)
    script = runpy.run_path(str(ROOT / "scripts" / "train_matcher.py"))
    given = [
        "--data",
        str(tmp_path),
        "--epochs",
        "0.1",
        "--rank",
        "2",
        "--unseen",
        "teas",
        "--out",
        str(tmp_path / "out"),
    ]
    assert script["main"](given) == 0
    found = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert found["unseen, talks"]["asked"] == 45 and 0 < found["unseen, requests"]["precision_at_5"] < 1
    assert load_matcher(tmp_path / "out" / "matcher.safetensors")
    assert script["main"](["--data", str(tmp_path / "nowhere")]) == 2
    assert "no catalogues in" in capsys.readouterr().err


def test_changes_put_into_the_weights_give_the_same():
    from wherefore.lm.low_rank import LowRank, merged

    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    layer = LowRank(torch.nn.Linear(6, 4), rng.normal(size=(2, 6)), rng.normal(size=(4, 2)))
    network = torch.nn.Sequential(layer, torch.nn.GELU())
    states = torch.randn(3, 6)
    before, base = network(states), layer.base.weight.clone()
    merged(network)
    assert type(network[0]) is torch.nn.Linear
    torch.testing.assert_close(network(states), before)
    torch.testing.assert_close(layer.base.weight, base)  # others read with it
