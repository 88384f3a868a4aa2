"""Small models and a small catalogue, made here: nothing is downloaded."""

from __future__ import annotations

import copy
import functools
import gc
import importlib.util
import io
import os
import pickle
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import pytest
import torch

from families import FAMILIES as EVERY_FAMILY
from families import KINDS, STATEFUL, kind_of, make_lm, make_tokenizer

FAMILIES = ("llama", "qwen3", "gpt2", "bert")  # for tests of what does not depend on the LLM
if "PYTEST_XDIST_WORKER" in os.environ:  # tests run side by side: a core for each
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that tests start, too
ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"


def script(name: str) -> ModuleType:
    """A program of `scripts/`, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data, or skip."""
    if not SHARED.is_dir():
        pytest.skip("the shared data folder is not beside the project")
    return SHARED


@pytest.fixture(scope="session")
def tokenizers() -> dict:
    """One tokenizer per family."""
    kinds = {kind: make_tokenizer(kind) for kind in KINDS}
    return {family: kinds[kind_of(family)] for family in (*EVERY_FAMILY, *STATEFUL)}


@pytest.fixture(params=FAMILIES)
def family(request) -> str:
    """Each family in turn."""
    return request.param


@pytest.fixture(params=EVERY_FAMILY)
def tiny(request, tokenizers):
    """A RecommenderLM of each family: d = 8, s = 2, f = 3, under a LoRA adapter that does something."""
    return make_tiny(request.param, tokenizers)


def make_tiny(family: str, tokenizers: dict, features: int = 3, dim: int = 8, dialogue: int = 64):
    """A RecommenderLM with random weights everywhere: a copy of the first of its kind, with as many numbers drawn."""
    tokenizer = tokenizers[family]
    kind = (family, features, dim, dialogue)
    made = None if family in STATEFUL else _TINY.get(kind)  # those warn each time that they are made
    if made is None or made[0] is not tokenizer:
        model = _made_tiny(*kind, tokenizer)
        made = _TINY[kind] = (tokenizer, Mould(model, tokenizer), torch.get_rng_state())
    _, mould, state = made
    torch.set_rng_state(state)
    return mould.cast()


_TINY: dict = {}


class Mould:
    """Makes copies of a model with a tokenizer that all of them share, in a fifth of the time that `deepcopy` takes."""

    def __init__(self, model, tokenizer):
        self.apart = []  # tensors, and the tokenizer; the rest is pickled
        places = {}

        class Pickler(pickle.Pickler):
            def persistent_id(_, one):
                if one is not tokenizer and not isinstance(one, torch.Tensor):
                    return None
                if id(one) not in places:
                    places[id(one)] = len(self.apart)
                    self.apart.append(one)
                return places[id(one)]

        pickled = io.BytesIO()
        Pickler(pickled).dump(model)
        self.pickled = pickled.getvalue()

    def cast(self):
        @functools.cache  # one that several layers share is one again
        def copied(place):
            one = self.apart[place]
            return copy.deepcopy(one) if isinstance(one, torch.Tensor) else one

        unpickler = pickle.Unpickler(io.BytesIO(self.pickled))
        unpickler.persistent_load = copied
        return unpickler.load()


def _made_tiny(family: str, features: int, dim: int, dialogue: int, tokenizer):
    from wherefore.config import LoraConfig
    from wherefore.lm.head import RankingHead
    from wherefore.lm.item_encoder import MLPItemEncoder
    from wherefore.lm.load import add_lora
    from wherefore.lm.model import RecommenderLM

    lm = add_lora(make_lm(family, len(tokenizer)), LoraConfig(r=4, alpha=8))
    torch.manual_seed(1)
    for name, weight in lm.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    model = RecommenderLM(
        lm,
        tokenizer,
        MLPItemEncoder(dim, 32, 2, 16),
        RankingHead(32, features, 16),
        max_dialogue_tokens=dialogue,
    )
    torch.nn.init.normal_(model.head.llm[-1].weight)
    return model.eval()


def make_movies():
    """Twelve well-known films as a catalogue."""
    from wherefore.catalog.catalog import Catalog

    rows = [
        (
            "alien",
            "Alien",
            1979,
            ["Horror", "Science Fiction"],
            ["Ridley Scott"],
            ["Sigourney Weaver"],
            117,
            90,
        ),
        (
            "aliens",
            "Aliens",
            1986,
            ["Action", "Science Fiction"],
            ["James Cameron"],
            ["Sigourney Weaver"],
            137,
            80,
        ),
        ("blade", "Blade Runner", 1982, ["Science Fiction"], ["Ridley Scott"], ["Harrison Ford"], 117, 85),
        ("shining", "The Shining", 1980, ["Horror"], ["Stanley Kubrick"], ["Jack Nicholson"], 146, 95),
        ("hered", "Hereditary", 2018, ["Horror", "Drama"], ["Ari Aster"], ["Toni Collette"], 127, 60),
        ("mids", "Midsommar", 2019, ["Horror", "Drama"], ["Ari Aster"], ["Florence Pugh"], 148, 50),
        ("follows", "It Follows", 2014, ["Horror"], ["David Robert Mitchell"], ["Maika Monroe"], 100, 40),
        ("getout", "Get Out", 2017, ["Horror", "Thriller"], ["Jordan Peele"], ["Daniel Kaluuya"], 104, 88),
        ("shaun", "Shaun of the Dead", 2004, ["Comedy", "Horror"], ["Edgar Wright"], ["Simon Pegg"], 99, 75),
        ("hotfuzz", "Hot Fuzz", 2007, ["Comedy", "Action"], ["Edgar Wright"], ["Simon Pegg"], 121, 70),
        (
            "sunshine",
            "Little Miss Sunshine",
            2006,
            ["Comedy", "Drama"],
            ["Jonathan Dayton"],
            ["Toni Collette"],
            101,
            65,
        ),
        (
            "heat",
            "Heat",
            1995,
            ["Crime", "Drama"],
            ["Michael Mann"],
            ["Al Pacino", "Robert De Niro"],
            170,
            78,
        ),
    ]
    names = ("id", "title", "year", "genres", "directors", "cast", "runtime_min", "popularity")
    return Catalog.from_records([dict(zip(names, row, strict=True)) for row in rows], name="films")


@pytest.fixture(scope="session")
def movies():
    """Twelve well-known films as a catalogue."""
    return make_movies()


@pytest.fixture
def vectors(movies) -> np.ndarray:
    """(n, 8) random unit vectors for the small catalogue."""
    return make_vectors(movies)


def make_vectors(movies) -> np.ndarray:
    """(n, 8) random unit vectors."""
    drawn = np.random.default_rng(0).normal(size=(len(movies), 8)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


class WordEmbedder:
    """An embedder made of words: each word has a fixed random direction. No model, but alike texts are close."""

    name = "words-8"
    dim = 8

    def encode(self, texts, kind, progress=None):
        """(n, 8) unit rows."""
        import zlib

        out = np.zeros((len(texts), self.dim), dtype=np.float32)
        for place, text in enumerate(texts):
            for word in text.lower().replace(",", " ").replace(".", " ").split():
                out[place] += np.random.default_rng(zlib.crc32(word.encode())).normal(size=self.dim)
            out[place] /= np.linalg.norm(out[place]) or 1.0
            if not out[place].any():
                out[place, 0] = 1.0
        return out


def make_recommender(family: str, tokenizers: dict, catalog=None, **writer):
    """A recommender of random weights over the small catalogue: it ranks at random, but holds its word."""
    from wherefore.config import Component, Config
    from wherefore.recommender import Recommender
    from wherefore.retrieval.index import Index
    from wherefore.retrieval.retriever import make_retriever

    catalog = make_movies() if catalog is None else catalog
    tree = {
        "embedder": {"name": "conftest:WordEmbedder"},
        "store": {"name": "faiss", "factory": "Flat"},
        "llm": {"name": "tiny", "lora": {"r": 4, "alpha": 8}, "max_dialogue_tokens": 96},
        "item_encoder": {"name": "mlp", "soft_tokens": 2, "hidden": 16},
        "ranker": {"hidden": 16},
        "writer": {"max_tokens": 12, "tries": 1, "brief": False, **writer},
        "catalog": "mine",
    }
    config = Config.parse(tree)
    index = Index.build(catalog, WordEmbedder(), Component(name="faiss", factory="Flat"), None)
    retriever = make_retriever(config, index)
    features = len(retriever.feature_names)
    return Recommender(
        config, index, make_tiny(family, tokenizers, features=features, dialogue=96), retriever
    )


@pytest.fixture
def recommender(family, tokenizers):
    """A recommender of each family."""
    return make_recommender(family, tokenizers)


@pytest.fixture(scope="session")
def builtin_reader():
    """A reader of the built-in movies for all files; the catalogue may not change."""
    from wherefore.catalog.catalog import Catalog
    from wherefore.reading.reader import DialogueReader

    return DialogueReader(Catalog.builtin(), clock=lambda: date(2026, 11, 28))


@pytest.fixture(scope="session")
def starter():
    """The starter, loaded once for all files: nothing but its caches may change."""
    from wherefore.checkpoint import load_checkpoint, starter_dir
    from wherefore.recommender import Recommender

    return Recommender._of(load_checkpoint(starter_dir(), "cpu"))


@pytest.fixture(scope="session")
def plain_starter(starter):
    """The same with the grammar's sentences, which take less time: for tests of lists and answers."""
    config = starter.config.updated("writer", tries=0)
    return type(starter)(config, starter.index, starter.model, starter.retriever, starter.signals)


@pytest.fixture(scope="session", autouse=True)
def one_starter():
    """What loads the starter in this process is given what was loaded before, unless items came or went since.

    Each has its own config and reads anew; model, index and sources are the same, and not those of `starter`.
    """
    from wherefore import recommender
    from wherefore.checkpoint import load_checkpoint, starter_dir

    loaded: dict = {}

    def once(folder, device="auto", settings=()):
        own = [one for one in settings if not one.startswith(("turn.", "writer."))]
        if folder != starter_dir() or own or torch.cuda.is_available():
            return load_checkpoint(folder, device, settings=settings)
        if not loaded or loaded["one"].catalog.items is not loaded["items"]:
            one = load_checkpoint(folder, device)
            loaded.update(one=one, items=one.catalog.items)
        return replace(loaded["one"], config=loaded["one"].config.adjusted(settings))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recommender, "load_checkpoint", once)
        yield


@pytest.fixture
def little_practice(monkeypatch):
    """What stages with `wording` practise on beside the corpora is one catalogue of invented things, not all."""
    from wherefore.training import practice, train

    monkeypatch.setattr(train, "invented_catalogs", lambda seed: practice.invented_catalogs(24, seed)[:1])


@pytest.fixture
def loaded_once(starter, monkeypatch):
    """What loads the starter in this process is given the one that is loaded."""
    monkeypatch.setattr("wherefore.recommender.Recommender.from_pretrained", lambda *given, **named: starter)


@pytest.fixture
def losses_drawn():
    """For tests that look at the picture of the losses, which takes longer than most of the training here."""


@pytest.fixture(autouse=True)
def losses_not_drawn(request, monkeypatch):
    """Training draws nothing at its end, unless a test has `losses_drawn`."""
    if "losses_drawn" not in request.fixturenames:
        monkeypatch.setattr("wherefore.training.run.Run.plot", lambda self: None)


@pytest.fixture(autouse=True)
def fresh_accelerate():
    """Accelerate keeps one state per process; each test is to start as a new process would."""
    yield
    if "accelerate.state" in sys.modules:
        sys.modules["accelerate.state"].AcceleratorState._reset_state(reset_partial_state=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One more than there are cores: some tests wait for a browser, a server or other processes."""
    return (os.cpu_count() or 1) + 1


LONGEST = ("page", "suite", "distributed", "train", "recommender", "starter", "remote", "cli")


def pytest_collection_modifyitems(items):
    """The longest files first, so that no worker is left alone with one of them at the end."""
    order = {f"test_{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


def pytest_collection_finish():
    """What is there before the first test stays: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Fixtures can see whether their test has failed: `request.node.failed`."""
    outcome = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed
