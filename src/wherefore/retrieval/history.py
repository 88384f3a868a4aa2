"""What goes with items that a user took before: read, scored, and kept in a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.derived import Keys, Postings, Ragged
from wherefore.errors import CheckpointError, DialogueError
from wherefore.retrieval.index import Index
from wherefore.retrieval.tensors import unpacked, write_tensors
from wherefore.retrieval.zero_shot import ZeroShot, ZeroShotWay


class Follower(Protocol):
    """Scores items by what goes with a history."""

    name: str
    index: Index

    def after(self, rows: np.ndarray) -> np.ndarray:
        """Scores of all n items after a history of rows, oldest first, (n,) float32."""

    def tensors(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps; `about` says of which kind it is."""


def resolve_history(history: Sequence[str], catalog: Catalog) -> tuple[str, ...]:
    """The ids of the items of a history, which holds ids or titles, oldest first.

    A title is found as it is written, whatever its case, also with its year behind it: "Heat (1995)".

    Raises:
        DialogueError: If it is no list of texts, one is not known, or a title is that of several items.
    """
    if isinstance(history, str | bytes) or not isinstance(history, Sequence):
        raise DialogueError(
            f"a history is a list of item ids or titles, oldest first, not a {type(history).__name__}"
        )
    found, unknown = [], []
    for given in history:
        if not isinstance(given, str):
            raise DialogueError(f"a history holds item ids or titles as texts, not {given!r}")
        if given in catalog:
            found.append(given)
            continue
        named = [
            catalog.ids[row] for row in titles_of(catalog).rows(" ".join(given.casefold().split())).tolist()
        ]
        if len(named) > 1:
            raise DialogueError(
                f"{given!r} in the history is the title of {len(named)} {catalog.schema.plural}: give one of the ids "
                f"{', '.join(named[:5])}"
            )
        if named:
            found.append(named[0])
        else:
            unknown.append(given)
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise DialogueError(
            f"the history names what {catalog.name} does not have: {', '.join(map(repr, unknown[:5]))}{more}; give ids "
            f"(one is {catalog.ids[0]!r}) or titles as they are written (one is {catalog.items[0].title!r})"
        )
    return tuple(found)


def _titles(catalog: Catalog) -> dict[str, Any]:
    """Rows by title in lower case, by other titles, and by title with year."""
    found: dict[str, dict[int, None]] = {}
    aliases = [spec.name for spec in catalog.schema.aliases]
    for row, item in enumerate(catalog.items):
        names = {item.title, catalog.dated(item)}
        for name in aliases:
            names.update(item.values(name))
        for name in names:
            found.setdefault(" ".join(name.casefold().split()), {})[row] = None
    rows = Ragged.of(found.values())
    return {"keys": Keys.of(list(found)), "starts": rows.starts, "rows": rows.numbers}


titles_of = PerCatalog(
    lambda catalog: Postings.read(catalog.derived.get("whole-titles", lambda: _titles(catalog)))
)


def is_plain(follower: Follower) -> bool:
    """Whether it is the zero-shot baseline as it is by default, which need not be kept."""
    return isinstance(follower, ZeroShot) and follower.way == ZeroShotWay()


def save_follower(follower: Follower, file: Path) -> None:
    """Write what a checkpoint keeps."""
    write_tensors(file, follower.tensors())


def load_follower(file: Path, index: Index) -> Follower:
    """What `save_follower` wrote, on whatever catalogue; the zero-shot baseline as it is by default when there is none.

    Raises:
        CheckpointError: If it is damaged, or made for other vectors.
    """
    if not file.is_file():
        return ZeroShot(index)
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(file.read_bytes())
        about = dict(unpacked(tensors["about"]))
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"{file} cannot be read ({error}); train the sequence tower again") from error
    return restored(index, about, tensors)


def on_index(follower: Follower, index: Index) -> Follower:
    """The same follower on another index."""
    tensors = follower.tensors()
    return restored(index, dict(unpacked(tensors["about"])), tensors)


def restored(index: Index, about: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Follower:
    """A follower from what it gave to be kept.

    Raises:
        CheckpointError: If its kind is not known, or it does not fit the index.
    """
    if about.get("kind") == ZeroShot.name:
        return ZeroShot.restored(index, about, tensors)
    if about.get("kind") == "sequence":
        from wherefore.retrieval.sequence import SequenceTower

        return SequenceTower.restored(index, about, tensors)
    raise CheckpointError(
        f"what follows a history is of the kind {about.get('kind')!r}, which this version does not know; it knows "
        "zero-shot and sequence"
    )
