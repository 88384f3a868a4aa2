"""A recommender in a few lines, for tests of what is around it. Run as a program it is `wherefore` with that fake.

`install` puts it in the place of `wherefore.recommender`, so that no test of the command line loads a model. The
replies are real ones.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import ModuleType, SimpleNamespace

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import parse_messages
from wherefore.dialogue.state import Limit, Preferences
from wherefore.errors import ConfigError
from wherefore.reading.reader import DialogueReader
from wherefore.reply import Done, ListReady, Recommendation, Reply, TextDelta
from wherefore.retrieval.history import resolve_history

FILMS = [
    {"id": "1", "title": "The Cellar", "year": 1999, "genres": ["Horror"], "directors": ["Ann Wood"]},
    {
        "id": "2",
        "title": "Ghosts & Sons",
        "year": 2004,
        "genres": ["Horror", "Comedy"],
        "directors": ["Bo Hill"],
    },
    {"id": "3", "title": "Señor Ñandú", "year": 2011, "genres": ["Comedy"], "directors": ["Ana Peña"]},
    {"id": "4", "title": "Red \x1b[31mTrain", "year": 2015, "genres": ["Drama"], "directors": ["Cy Marsh"]},
    {"id": "5", "title": "Low Tide", "year": 2019, "genres": ["Drama"], "directors": ["Di Marsh"]},
    {"id": "6", "title": "[b]Bold[/b] Night", "year": 2021, "genres": ["Action"], "directors": ["Ed Marsh"]},
    {"id": "7", "title": "Sevenfold", "year": 2003, "genres": ["Action"], "directors": ["Flo Marsh"]},
]


class Recommender:
    """Lists the first k films that it has not listed before."""

    def __init__(self, catalog):
        self.catalog = catalog
        self.busy = False
        self.served = None
        self.config = SimpleNamespace(turn=SimpleNamespace(diversity=0.5), llm=SimpleNamespace(name="fake"))
        self.model = SimpleNamespace(parameters=list, format=SimpleNamespace(soft_tokens=1))
        vectors = np.eye(len(catalog), 4, dtype=np.float32)
        self.index = SimpleNamespace(catalog=catalog, vectors=vectors, pictures=None, notes=())
        self.reader = DialogueReader(catalog)
        self.turns = SimpleNamespace(lock=threading.RLock())

    @classmethod
    def from_pretrained(cls, path="starter", device="auto", settings=()):
        if path != "starter":
            raise FileNotFoundError(f"{path} is not a checkpoint")
        return cls(Catalog.from_records(FILMS, name="films"))

    @classmethod
    def from_catalog(cls, catalog, base="starter", progress=None, settings=()):
        for done in range(len(catalog) + 1):
            progress(done, len(catalog))
        return cls(catalog)

    def generate(self, messages, k=5, preferences=None, history=()):
        return list(self.stream(messages, k, history=history))[-1].reply

    def effects(self, messages, k=5, preferences=None, diversity=None):
        return ()

    def stream(self, messages, k=5, preferences=None, diversity=None, settled=False, seed=None, history=()):
        if not isinstance(k, int) or k < 1:
            raise ConfigError(f"`k` is {k!r}; it must be a whole number")
        messages = parse_messages(messages)
        before = resolve_history(history, self.catalog)
        last = messages[-1].content
        if "too long" in last:
            raise ValueError("a message\nis too long")
        if "crash" in last:
            raise RuntimeError("a fault of ours")
        return self._stream(messages, k, 0.05 if "slowly" in last else 0, before)

    steps = stream

    def _stream(self, messages, k, pause, before):
        assert not self.busy, "the turn before was not closed"
        self.busy = True
        try:
            said = " ".join(m.content for m in messages if m.role == "assistant")
            items = [item for item in self.catalog if item.title not in said and item.id not in before][:k]
            listed = tuple(Recommendation(item, 1.0 / (place + 1)) for place, item in enumerate(items))
            state = Preferences(liked=("5",), limits=(Limit("year", "gt", 2000.0, "after 2000"),))
            yield ListReady(listed, state)
            lines = [f"{n}. **{item.title}** — a reason." for n, item in enumerate(items, 1)]
            text = f"Message {len(messages)}:\n\n" + "\n".join(lines)
            for start in range(0, len(text), 7):
                time.sleep(pause)
                yield TextDelta(text[start : start + 7])
            yield Done(Reply(text, "recommend", listed, state, {}))
        finally:
            self.busy = False


def install(modules=sys.modules):
    """Stand in for `wherefore.recommender`."""
    fake = ModuleType("wherefore.recommender")
    fake.Recommender = Recommender
    modules["wherefore.recommender"] = fake
    return fake


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also when the tests run in the background
    install()
    from wherefore.cli import main

    sys.exit(main())
