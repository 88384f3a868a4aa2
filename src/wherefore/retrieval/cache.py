"""Indexes of users' catalogues, built once and kept on disk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wherefore.catalog.abroad_words import words_stamp
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.derived import code_stamp
from wherefore.config import Component, Config, PassagesConfig
from wherefore.files import cache_folder, write_aside
from wherefore.retrieval.index import Index
from wherefore.retrieval.pictures import stamp
from wherefore.retrieval.stores import AUTO, factory_for


def cached_index(
    catalog: Catalog,
    like: Index,
    config: Config,
    progress: Callable[[int, int], None] | None = None,
    cache: str | Path | None = None,
) -> Index:
    """The index of a catalogue, loaded where it was built before, else built with the embedder of `like` and kept.

    `progress` is told (items embedded, of); `cache` is the folder for indexes, by default the user's cache folder.
    """
    root = Path(cache) if cache is not None else cache_folder()
    _known_fingerprint(catalog, root)
    parts = [catalog.fingerprint(), like.embedder.name, _kind_of(config.store, len(catalog), like.dim)]
    if catalog.schema.language:  # by whose English words it is embedded
        parts.append(f"in English by {words_stamp()}")
    if like.projection is not None:  # items must land in the space that the base was trained in
        parts.append(hashlib.sha256(like.projection.directions.tobytes()).hexdigest())
    reads_passages = config.retrieval.reads_passages
    if reads_passages:
        parts.append("passages")
    reads_pictures = config.images.model is not None and bool(catalog.schema.images)
    if reads_pictures:
        parts.append(stamp(catalog, config.images))
    folder = root / "indexes" / hashlib.sha256("|".join(parts).encode()).hexdigest()[:20]
    try:
        index = Index.load(folder, catalog, like.embedder, config.images, root)
        catalog.keep_derived(folder / "derived")
        return index
    except (FileNotFoundError, ValueError):  # not there, or of another version: build it
        pass
    projection = like.projection if like.projection is not None else config.pca
    index = Index.build(
        catalog,
        like.embedder,
        config.store,
        projection,
        progress=progress,
        cache=root / "building",
        passages=PassagesConfig() if reads_passages else None,
        images=config.images if reads_pictures else None,
        kept=root,
    )
    index.save(folder)
    catalog.keep_derived(folder / "derived")
    return index


def _known_fingerprint(catalog: Catalog, root: Path) -> None:
    """Look up the fingerprint of a catalogue whose items lie in a file by what is in the file, or keep it."""
    if not catalog.digest:
        return
    known = root / "fingerprints" / f"{catalog.digest}-{code_stamp()[:16]}.txt"
    if known.is_file() and re.fullmatch(r"[0-9a-f]{64}", told := known.read_text(encoding="ascii").strip()):
        catalog.adopt_fingerprint(told)
        return
    made = catalog.fingerprint()
    with suppress(OSError), write_aside(known) as aside:
        aside.write_text(made, encoding="ascii")


def _kind_of(store: Component, items: int, dim: int) -> str:
    """What is kept of so many items: `auto` is another index for few than for many."""
    if store.name == "faiss" and store.kwargs.get("factory") == AUTO:
        store = Component(**{**store.model_dump(), "factory": factory_for(items, dim)})
    return store.model_dump_json()
