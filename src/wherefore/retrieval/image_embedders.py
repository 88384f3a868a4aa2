"""Pictures to vectors: colours and outlines, or any multimodal sentence-transformers model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from wherefore.config import ImagesConfig, resolve
from wherefore.errors import ConfigError, ModelError
from wherefore.retrieval.embedders import unit_rows

if TYPE_CHECKING:
    from PIL.Image import Image


class ImageEmbedder(Protocol):
    """Turns pictures into unit vectors."""

    dim: int

    @property
    def name(self) -> str:
        """Identifies the model, and whatever else changes the vectors."""

    def encode(self, images: Sequence[Image]) -> np.ndarray:
        """Pictures, RGB -> (n, dim) float32, unit rows."""


class PixelEmbedder:
    """Colours and outlines: nothing is learned, nothing fetched.

    The share of pixels by hue, for those that have one, and by brightness, for those that have none, beside the
    directions of edges in each of 8 x 8 cells (histograms of oriented gradients: Dalal & Triggs, 2005), all of it of
    the picture at 64 x 64 pixels. It tells forms, colours and patterns apart, not what is shown.

    >>> from PIL import Image
    >>> made = PixelEmbedder().encode([Image.new("RGB", (90, 60), "red"), Image.new("RGB", (30, 30), "#f01010")])
    >>> made.shape, bool(made[0] @ made[1] > 0.9)
    ((2, 592), True)
    """

    _SIDE, _CELL, _TURNS, _HUES, _GREYS = 64, 8, 9, 12, 4
    dim = (_SIDE // _CELL) ** 2 * _TURNS + _HUES + _GREYS
    name = "pixels-1"

    def encode(self, images: Sequence[Image]) -> np.ndarray:
        """Pictures, RGB -> (n, 592) float32, unit rows."""
        made = [self._one(image) for image in images]
        return unit_rows(np.stack(made)) if made else np.empty((0, self.dim), dtype=np.float32)

    def _one(self, image: Image) -> np.ndarray:
        from PIL import Image as Pillow

        small = image.convert("RGB").resize((self._SIDE, self._SIDE), Pillow.Resampling.BOX)
        hue, strength, value = np.moveaxis(np.asarray(small.convert("HSV"), dtype=np.float32), -1, 0)
        coloured = (strength / 255) * (value / 255)
        weights = (coloured.ravel(), (1 - coloured).ravel())
        hues = _shared(hue.ravel() * self._HUES / 256, weights[0], self._HUES, around=True)
        greys = _shared(value.ravel() * (self._GREYS - 1) / 255, weights[1], self._GREYS)
        colours = np.concatenate([hues, greys]) / (self._SIDE**2)
        light = np.asarray(small.convert("L"), dtype=np.float32) / 255
        down, right = np.gradient(light)
        size = np.hypot(down, right)
        turn = ((np.arctan2(down, right) % np.pi) * self._TURNS / np.pi).astype(int) % self._TURNS
        lines, columns = np.indices(light.shape) // self._CELL
        across = self._SIDE // self._CELL
        place = (lines * across + columns) * self._TURNS + turn
        edges = np.sqrt(np.bincount(place.ravel(), size.ravel(), across * across * self._TURNS))
        return np.concatenate([_unit(edges), _unit(np.sqrt(colours))])


class SentenceTransformerImages:
    """Any sentence-transformers model that reads pictures, by hub id or folder: CLIP, SigLIP and others.

    Args:
        model: Hub id or folder.
        revision: Branch, tag or commit of a hub model.
        batch_size: Pictures that go through the model at once.
        device: "auto" takes the GPU when there is one.

    Raises:
        ModelError: If it cannot be loaded, or reads no pictures.
    """

    def __init__(
        self, model: str | Path, *, revision: str | None = None, batch_size: int = 16, device: str = "auto"
    ) -> None:
        from wherefore.retrieval.embedders import SentenceTransformerEmbedder

        loaded = SentenceTransformerEmbedder(model, revision=revision, batch_size=batch_size, device=device)
        self.model: Any = loaded.model
        self.dim = loaded.dim
        self.batch_size = batch_size
        supports = getattr(self.model, "supports", None)
        if supports is not None and not supports("image"):
            raise ModelError(
                f"{model} reads no pictures; give a multimodal sentence-transformers model such as CLIP or SigLIP, or "
                "`images.model=pixels` for colours and outlines alone"
            )
        self._name = f"images:{loaded.name}"

    @property
    def name(self) -> str:
        """Model, commit or hash of its weights, and width."""
        return self._name

    def encode(self, images: Sequence[Image]) -> np.ndarray:
        """Pictures, RGB -> (n, dim) float32, unit rows."""
        if not len(images):
            return np.empty((0, self.dim), dtype=np.float32)
        made = self.model.encode(
            list(images), batch_size=self.batch_size, convert_to_numpy=True, show_progress_bar=False
        )
        return unit_rows(made)


IMAGE_EMBEDDERS: dict[str, Callable[..., ImageEmbedder]] = {"pixels": PixelEmbedder}


def make_image_embedder(config: ImagesConfig) -> ImageEmbedder:
    """What `images.model` names: an entry of `IMAGE_EMBEDDERS`, your own, or a sentence-transformers model.

    Raises:
        ConfigError: If no model is named, or your own cannot be imported.
        ModelError: If the model cannot be loaded.
    """
    if config.model is None:
        raise ConfigError(
            "`images.model` is not set, so pictures are not read; `images.model=pixels` reads colours and outlines, a "
            "multimodal sentence-transformers model, by its folder or id, what is shown"
        )
    own = ":" in config.model and not Path(config.model).exists()
    if own or config.model in IMAGE_EMBEDDERS:
        made: ImageEmbedder = resolve(config.model, IMAGE_EMBEDDERS, "image model")()
        return made
    return SentenceTransformerImages(
        config.model, revision=config.revision, batch_size=config.batch_size, device=config.device
    )


def _shared(places: np.ndarray, weights: np.ndarray, count: int, around: bool = False) -> np.ndarray:
    """A histogram where each value counts for the two bins it lies between; `around`: the last meets the first."""
    low = np.floor(places).astype(int)
    part = places - low
    high = (low + 1) % count if around else np.minimum(low + 1, count - 1)
    below = np.bincount(low % count, weights * (1 - part), count)
    return np.asarray(below + np.bincount(high, weights * part, count))


def _unit(values: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(values))
    return values / length if length else values
