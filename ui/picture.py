"""A small map of the catalogue: items where their vectors put them, in two dimensions."""

from __future__ import annotations

import base64
import io
from collections.abc import Collection, Sequence

import numpy as np
from PIL import Image

from wherefore.catalog.catalog import Catalog

from . import texts
from .markup import escaped

_SIDE = 100  # cells of the background, either way
_ROOM = 0.04  # at the edges


class CatalogMap:
    """Where a catalogue's items are: the two directions in which their vectors differ most (PCA), by rank.

    Places are ranks along each direction, so that items spread evenly, however their vectors crowd.

    Args:
        catalog: Whose items.
        vectors: (n, d), by row.
    """

    def __init__(self, catalog: Catalog, vectors: np.ndarray) -> None:
        self._catalog = catalog
        self._places = places_of(vectors)
        self._background = _background(self._places)

    def svg(self, candidates: Sequence[str], liked: Collection[str], listed: Sequence[str]) -> str:
        """The map with candidates, liked items and the list marked, as SVG for a page."""
        dots = [self._dot(item, "candidate", "") for item in candidates if item not in listed]
        dots += [self._dot(item, "liked", "") for item in liked]
        dots += [self._dot(item, "listed", str(place)) for place, item in enumerate(listed, 1)]
        return (
            f'<figure class="wf-map"><svg viewBox="0 0 1 1" role="img" aria-label="{escaped(texts.MAP)}">'
            f'<image href="{self._background}" width="1" height="1" preserveAspectRatio="none"/>'
            f"{''.join(dots)}</svg><figcaption>{escaped(texts.MAP_ABOUT)}</figcaption></figure>"
        )

    def _dot(self, item: str, kind: str, text: str) -> str:
        if item not in self._catalog:
            return ""
        x, y = self._places[self._catalog.row(item)]
        title = escaped(self._catalog.dated(self._catalog[item]))
        size = {"candidate": 0.006, "liked": 0.014, "listed": 0.022}[kind]
        number = (
            f'<text x="{x:.3f}" y="{y + 0.011:.3f}" text-anchor="middle" font-size="0.032">{text}</text>'
            if text
            else ""
        )
        return (
            f'<g class="wf-{kind}"><circle cx="{x:.3f}" cy="{y:.3f}" r="{size}">'
            f"<title>{title}</title></circle>{number}</g>"
        )


def places_of(vectors: np.ndarray) -> np.ndarray:
    """Places (n, 2) in the unit square for vectors (n, d)."""
    n = len(vectors)
    if n < 2:
        return np.full((n, 2), 0.5)
    centred = np.asarray(vectors, np.float32) - np.asarray(vectors, np.float32).mean(0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    flat = centred @ directions[:, -2:][:, ::-1]
    if flat.shape[1] < 2:  # vectors of one dimension
        flat = np.concatenate([flat, np.zeros_like(flat)], axis=1)
    ranks = flat.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / (n - 1)
    places: np.ndarray = _ROOM + (1 - 2 * _ROOM) * ranks
    return places


def _background(places: np.ndarray) -> str:
    """All items as a grey picture, a `data:` address."""
    counts, _, _ = np.histogram2d(places[:, 1], places[:, 0], bins=_SIDE, range=[[0, 1], [0, 1]])
    pixels = np.full((_SIDE, _SIDE, 4), 128, np.uint8)
    pixels[..., 3] = 170 * np.minimum(counts / max(np.percentile(counts[counts > 0], 95), 1), 1)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
