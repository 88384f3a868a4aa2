"""The recommenders that a page holds: the one that it was started with, and those that users chose."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import gradio as gr

from wherefore.catalog.catalog import Catalog
from wherefore.recommender import Recommender

from .markup import escaped
from .picture import CatalogMap

MOST_CATALOGS = 4  # of users' own that are held at once; the longest unused goes first


@dataclass(frozen=True)
class Held:
    """A recommender, and what it was loaded from."""

    recommender: Recommender
    checkpoint: str
    settings: tuple[str, ...] = ()


class Shelf:
    """Recommenders by key; the empty key stands for the first.

    Args:
        first: What the page was started with.
    """

    def __init__(self, first: Held) -> None:
        self.first = _telling(first)
        self._own: OrderedDict[str, Held] = OrderedDict()
        self._maps: dict[int, CatalogMap] = {}

    def held(self, key: str) -> Held:
        """What a key stands for; the first where it is no longer held."""
        if key in self._own:
            self._own.move_to_end(key)
            return self._own[key]
        return self.first

    def lost(self, key: str) -> bool:
        """Whether what a key stood for is no longer held."""
        return bool(key) and key not in self._own

    def get(self, key: str) -> Recommender:
        """The recommender of a key."""
        return self.held(key).recommender

    def load(self, checkpoint: str, settings: Sequence[str]) -> str:
        """Load a checkpoint.

        Returns:
            Its key.

        Raises:
            CheckpointError, ConfigError, ModelError: As `Recommender.from_pretrained`.
        """
        made = type(self.first.recommender).from_pretrained(checkpoint, settings=settings)
        return self._hold(Held(made, checkpoint, tuple(settings)))

    def index(self, key: str, catalog: Catalog, progress: Callable[[int, int], None]) -> str:
        """Index a user's own catalogue for the checkpoint of a key.

        Returns:
            The key of what was made.
        """
        like = self.held(key)
        made = type(like.recommender).from_catalog(
            catalog, base=like.checkpoint, progress=progress, settings=like.settings
        )
        return self._hold(replace(like, recommender=made))

    def _hold(self, held: Held) -> str:
        key = f"{time.time_ns()}"
        self._own[key] = _telling(held)
        while len(self._own) > MOST_CATALOGS:
            self._maps.pop(id(self._own.popitem(last=False)[1].recommender), None)
        return key

    def map(self, recommender: Recommender) -> CatalogMap:
        """The map of a recommender's catalogue."""
        if id(recommender) not in self._maps:
            self._maps[id(recommender)] = CatalogMap(recommender.catalog, recommender.index.vectors)
        return self._maps[id(recommender)]


def _telling(held: Held) -> Held:
    """The same; what goes wrong with a server that ranks and words is shown on the page."""
    if held.recommender.served is not None:
        held.recommender.served.tell = lambda text: gr.Warning(escaped(text))
    return held
