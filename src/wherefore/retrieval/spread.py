"""An embedder whose work is spread over a Ray cluster, for catalogues that one machine would take hours for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from wherefore.config import Component, build
from wherefore.errors import ConfigError, MissingPackageError, ModelError
from wherefore.progress import Progress
from wherefore.retrieval.embedders import EMBEDDERS, Embedder, Kind

_PIECES = 4  # of a block, which one worker gets at once and which is lost with it
_MOST_BLOCKS = 2000
_COLUMNS = ("piece", "vectors", "wrong")


class SpreadEmbedder:
    """Makes the vectors of pieces of texts on the workers of a Ray cluster, with Ray Data; all else as its embedder.

    Each piece is embedded as it would be here, so that the vectors are the same. `CachedEmbedder` keeps each piece as
    soon as it is made: a build that was stopped, or whose machine died, goes on with what is missing, here or there.
    What a worker that dies was working on is done again by another.

    Args:
        embedder: What the workers have, too; it embeds queries.
        component: How the workers make it: a name of `EMBEDDERS` or `module:Name` with keywords. Folders and modules
            that it names must be on every machine.
        workers: Processes that embed, at most; None: one for each core of the cluster.

    Raises:
        ConfigError: If `workers` is not allowed.
        MissingPackageError: If Ray is not installed.
    """

    def __init__(self, embedder: Embedder, component: Component, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise ConfigError(f"`workers` is {workers}; at least one process has to embed")
        try:
            import ray.data  # noqa: F401
        except ImportError as error:
            raise MissingPackageError(
                f"to embed on a cluster needs {error.name}; install it with: pip install 'wherefore[ray]'"
            ) from error
        self.embedder, self.component, self.workers = embedder, component, workers
        self.dim = embedder.dim

    @property
    def name(self) -> str:
        """Of the embedder."""
        return self.embedder.name

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress | None = None) -> np.ndarray:
        """Texts -> (n, d) float32, unit rows, made here."""
        return self.embedder.encode(texts, kind, progress)

    def encode_pieces(self, pieces: Sequence[Sequence[str]], kind: Kind) -> Iterator[tuple[int, np.ndarray]]:
        """The number of each piece and its vectors, (n, d) float32, in whatever order they are made.

        Raises:
            ModelError: If a worker has another model, or embedding fails there.
        """
        if not pieces:
            return
        import ray
        from ray.data import ActorPoolStrategy, DataContext

        context = DataContext.get_current()
        context.enable_progress_bars = False
        blocks = min(_MOST_BLOCKS, -(-len(pieces) // _PIECES))
        cores = int(ray.cluster_resources().get("CPU", 1))
        pool = ActorPoolStrategy(min_size=1, max_size=min(blocks, self.workers or max(1, cores)))
        rows = [{"piece": number, "texts": list(texts)} for number, texts in enumerate(pieces)]
        made = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(
            _Worker,
            fn_constructor_args=(self.component.model_dump(), self.name, kind),
            compute=pool,
            batch_size=1,
            batch_format="numpy",
            num_cpus=1,
        )
        try:
            for batch in made.iter_batches(batch_size=None, batch_format="numpy", prefetch_batches=0):
                for number, vectors, wrong in zip(*(batch[one] for one in _COLUMNS), strict=True):
                    if wrong:
                        raise ModelError(f"embedding on the cluster failed: {wrong}")
                    yield int(number), np.frombuffer(vectors, dtype=np.float32).reshape(-1, self.dim)
        except ray.exceptions.RayError as error:
            raise ModelError(f"the cluster failed while it embedded: {error}") from error


class _Worker:
    """Embeds pieces, in a process on whatever machine. What goes wrong is a value: Ray would try it again."""

    def __init__(self, component: Mapping[str, Any], name: str, kind: Kind) -> None:
        self._kind, self._wrong = kind, ""
        try:
            self._embedder: Embedder = build(Component.model_validate(component), EMBEDDERS, "embedder")
        except Exception as error:
            self._wrong = f"{type(error).__name__}: {error}"
            return
        if self._embedder.name != name:
            self._wrong = (
                f"a machine has the embedder {self._embedder.name}, and the index is made with {name}; install the "
                "same on all"
            )

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        made = [self._made(texts) for texts in batch["texts"]]
        vectors, wrong = (np.array(column, dtype=object) for column in zip(*made, strict=True))
        return {"piece": batch["piece"], "vectors": vectors, "wrong": wrong}

    def _made(self, texts: Sequence[str]) -> tuple[bytes, str]:
        """The vectors of a piece, and what went wrong."""
        if self._wrong:
            return b"", self._wrong
        try:
            return self._embedder.encode(list(texts), self._kind).tobytes(), ""
        except Exception as error:
            return b"", f"{type(error).__name__}: {error}"
