"""Signals that are read off the catalogue itself, so that an item added a second ago has them too."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from wherefore.errors import CheckpointError, ConfigError, TrainingError
from wherefore.retrieval.index import Index, shares
from wherefore.retrieval.tensors import packed, unpacked

_WAVES = (1, 2, 4)  # half turns of a number's share: its rank in the catalogue, coarse and fine


class ContentSignal:
    """A signal of what the catalogue says of an item.

    `fit` takes what it needs to know of a catalogue to read any other in the same way, and `rows` reads one. Both are
    kept in a checkpoint.

    Args:
        dim: d, width of its vectors.

    Raises:
        ConfigError: If `dim` is no whole number from 1.
    """

    name: ClassVar[str]
    wordless = False

    def __init__(self, dim: int) -> None:
        if isinstance(dim, bool) or not isinstance(dim, int) or dim < 1:
            raise ConfigError(f"`dim` is {dim!r}; it must be a whole number from 1")
        self.dim = dim

    def learn(self, index: Index) -> ContentVectors:
        """Take what is needed to read catalogues.

        Raises:
            TrainingError: If the catalogue has nothing of the kind.
        """
        made = ContentVectors(self, self.fit(index))
        if bool(made.rows(index).isnan().all()):
            raise TrainingError(
                f"no item of {index.catalog.name} has anything for the signal {self.name!r}, {self.what()}; take it "
                "out of `signals`"
            )
        return made

    def what(self) -> str:
        """What it reads, for people."""
        raise NotImplementedError

    def fit(self, index: Index) -> dict[str, np.ndarray]:
        """What is kept, as tensors."""
        raise NotImplementedError

    def read(self, kept: Mapping[str, np.ndarray], index: Index) -> np.ndarray:
        """The vectors of all items, (n, d) float32; NaN where an item has none."""
        raise NotImplementedError

    def restored(self, tensors: Mapping[str, np.ndarray]) -> ContentVectors:
        """What `ContentVectors.tensors` gave.

        Raises:
            CheckpointError: If it is of another signal or width.
        """
        kept = dict(tensors)
        about = unpacked(kept.pop("about"))
        if about != {"signal": self.name, "dim": self.dim}:
            raise CheckpointError(
                f"it is of signal {about.get('signal')!r} with {about.get('dim')} dimensions, the config has "
                f"{self.name!r} with {self.dim}; use the config it was made with"
            )
        return ContentVectors(self, kept)


@dataclass(frozen=True, eq=False)
class ContentVectors:
    """A signal, and what it knows.

    Attributes:
        signal: Reads catalogues.
        kept: What it took of the catalogue that was trained on.
    """

    signal: ContentSignal
    kept: Mapping[str, np.ndarray]

    def rows(self, index: Index) -> Tensor:
        """The vectors of all items of an index, (n, d) float32; NaN where an item has none."""
        return torch.from_numpy(np.ascontiguousarray(self.signal.read(self.kept, index), dtype=np.float32))

    def tensors(self) -> dict[str, np.ndarray]:
        """All of it, for a safetensors file."""
        return {**self.kept, "about": packed({"signal": self.signal.name, "dim": self.signal.dim})}

    @property
    def size(self) -> int:
        """How many numbers were learned."""
        return sum(int(one.size) for one in self.kept.values() if one.dtype.kind == "f")


class CategorySignal(ContentSignal):
    """Which values an item has in its categories and of people.

    Each value adds one to, or takes one from, three places of the vector that a hash of field and value names (feature
    hashing: Weinberger et al., 2009, "Feature Hashing for Large Scale Multitask Learning"), so that any value of any
    catalogue has its places, with nothing to learn beforehand. Values of frequent fields weigh no more than others.

    Args:
        dim: d.
        people: Read proper names, too.
    """

    name = "categories"
    _PLACES = 3

    def __init__(self, dim: int = 128, people: bool = True) -> None:
        super().__init__(dim)
        self.people = people

    def what(self) -> str:
        """Categories."""
        return "values of categories or people"

    def fit(self, index: Index) -> dict[str, np.ndarray]:
        """Nothing: hashes are the same everywhere."""
        return {}

    def read(self, kept: Mapping[str, np.ndarray], index: Index) -> np.ndarray:
        """Sums of hashed values, as big as standardized vectors."""
        schema = index.catalog.schema
        specs = schema.valued if self.people else schema.tags
        made = np.zeros((len(index), self.dim), dtype=np.float32)
        known: dict[tuple[str, str], np.ndarray] = {}
        for row, item in enumerate(index.catalog.items):
            for spec in specs:
                for value in item.values(spec.name):
                    key = (spec.label, value.casefold())
                    if key not in known:
                        known[key] = self._hashed(*key)
                    made[row] += known[key]
        return _as_big_as_standardized(made)

    def _hashed(self, label: str, value: str) -> np.ndarray:
        digest = hashlib.blake2b(
            f"{label}\0{value}".encode("utf-8", "surrogatepass"), digest_size=32
        ).digest()
        numbers = np.frombuffer(digest, dtype="<u8")[: self._PLACES]
        made = np.zeros(self.dim, dtype=np.float32)
        for number in numbers.tolist():
            made[(number >> 1) % self.dim] += 1.0 if number & 1 else -1.0
        return made


class NumberSignal(ContentSignal):
    """Where an item lies among others by its numbers and dates.

    Of each, the share of the catalogue that lies below it, as sines and cosines (Gorishniy et al., 2022, "On Embeddings
    for Numerical Features in Tabular Deep Learning"), spread over the vector by directions that a hash of the field's
    name draws. A number that is not known adds nothing. Popularity is left to the ranker's features.

    Args:
        dim: d.
    """

    name = "numbers"

    def __init__(self, dim: int = 32) -> None:
        super().__init__(dim)

    def what(self) -> str:
        """Numbers."""
        return "numbers or dates"

    def fit(self, index: Index) -> dict[str, np.ndarray]:
        """Nothing: shares are those of the catalogue that is read."""
        return {}

    def read(self, kept: Mapping[str, np.ndarray], index: Index) -> np.ndarray:
        """Sums over the fields, as big as standardized vectors."""
        made = np.zeros((len(index), self.dim), dtype=np.float32)
        for spec in index.catalog.schema.measures:
            share = shares(index.catalog.numbers(spec.name))
            turns = [np.pi * wave * share for wave in _WAVES]
            waves = np.stack([part for turn in turns for part in (np.sin(turn), np.cos(turn))], axis=1)
            digest = hashlib.blake2b(spec.label.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            drawn = np.random.default_rng(int.from_bytes(digest, "little"))
            made += np.nan_to_num(waves) @ drawn.normal(size=(waves.shape[1], self.dim)).astype(np.float32)
        return _as_big_as_standardized(made)


class _SpaceSignal(ContentSignal):
    """Vectors from spaces of the index, standardized and narrowed by PCA to one width."""

    def spaces(self, index: Index) -> tuple[str, ...]:
        """Which spaces of an index it reads."""
        raise NotImplementedError

    def made_by(self, index: Index) -> str:
        """What made the vectors, where that may differ."""
        return ""

    def fit(self, index: Index) -> dict[str, np.ndarray]:
        """Mean, directions and spread of the catalogue's vectors."""
        names = self.spaces(index)
        widths = [0 if (held := index.space(name)) is None else held.shape[1] for name in names]
        joined = self._joined(index, names, widths)
        known = joined[~np.isnan(joined).all(axis=1)]
        if not len(known):
            raise TrainingError(
                f"no item of {index.catalog.name} has anything for the signal {self.name!r}, {self.what()}; take it "
                "out of `signals`"
            )
        mean = np.nanmean(known, axis=0) if len(known) else np.zeros(joined.shape[1])
        mean = np.nan_to_num(mean).astype(np.float32)
        centred = np.nan_to_num(known - mean)
        _, values, directions = np.linalg.svd(centred, full_matrices=False)
        kept = np.zeros((joined.shape[1], self.dim), dtype=np.float32)
        count = min(self.dim, int((values > 1e-6 * max(float(values.max(initial=0)), 1e-12)).sum()))
        kept[:, :count] = directions[:count].T
        spread = np.sqrt(np.mean(np.square(centred @ kept[:, :count]))) if count else 1.0
        about = {"spaces": list(names), "widths": widths, "made_by": self.made_by(index)}
        return {
            "mean": mean,
            "directions": kept / np.float32(max(float(spread), 1e-6)),
            "of": packed(about),
        }

    def read(self, kept: Mapping[str, np.ndarray], index: Index) -> np.ndarray:
        """The narrowed vectors; what an item lacks of several is taken for the mean.

        Raises:
            CheckpointError: If the catalogue's vectors are of another width, or another model made them.
        """
        about = unpacked(kept["of"])
        made_by = self.made_by(index)
        if made_by and made_by != about["made_by"]:
            raise CheckpointError(
                f"signal {self.name!r} was trained on vectors of {about['made_by']}; those here are of {made_by}. Use "
                "the first, or train again"
            )
        joined = self._joined(index, about["spaces"], about["widths"])
        missing = np.isnan(joined).all(axis=1)
        made = np.nan_to_num(joined - kept["mean"]) @ kept["directions"]
        made[missing] = np.nan
        return np.asarray(made, dtype=np.float32)

    def _joined(self, index: Index, names: Sequence[str], widths: Sequence[int]) -> np.ndarray:
        """The vectors of several spaces side by side, (n, all widths); NaN where one is not known."""
        parts = [np.full((len(index), width), np.nan, dtype=np.float32) for width in widths]
        for place, (name, width) in enumerate(zip(names, widths, strict=True)):
            held = index.space(name)
            if held is None or not held.shape[1]:
                continue
            if held.shape[1] != width:
                raise CheckpointError(
                    f"signal {self.name!r} was trained on vectors {name!r} with {width} numbers; those here have "
                    f"{held.shape[1]}. Use the first, or train again"
                )
            parts[place] = held
        return np.concatenate(parts, axis=1) if parts else np.empty((len(index), 0), dtype=np.float32)


class PictureSignal(_SpaceSignal):
    """What an item looks like: the vectors of its pictures, as `images.model` reads them, narrowed to `dim` by PCA.

    Args:
        dim: d; fewer items than that leave the rest 0.
    """

    name = "pictures"

    def __init__(self, dim: int = 64) -> None:
        super().__init__(dim)

    def what(self) -> str:
        """Pictures."""
        return "pictures that `images.model` has read"

    def spaces(self, index: Index) -> tuple[str, ...]:
        """The pictures."""
        return ("pictures",) if "pictures" in index.spaces else ()

    def made_by(self, index: Index) -> str:
        """The model that read them."""
        return "" if index.pictures is None else index.pictures.model


class VectorSignal(_SpaceSignal):
    """A shop's own vectors, fields of kind `vector`, narrowed to `dim` by PCA; several side by side.

    Args:
        dim: d; fewer items than that leave the rest 0.
        fields: Which fields; all when None.
    """

    name = "vectors"

    def __init__(self, dim: int = 64, fields: Sequence[str] | None = None) -> None:
        super().__init__(dim)
        self.fields = None if fields is None else tuple(fields)

    def what(self) -> str:
        """Vectors."""
        return "vectors of your own" if self.fields is None else f"vectors called {', '.join(self.fields)}"

    def spaces(self, index: Index) -> tuple[str, ...]:
        """The fields that hold vectors, or those that were named."""
        held = tuple(name for name in index.spaces if name != "pictures")
        return held if self.fields is None else tuple(name for name in self.fields if name in held)


def _as_big_as_standardized(vectors: np.ndarray) -> np.ndarray:
    """Rows with a root mean square of 1; rows of zeros become NaN."""
    size: Any = np.sqrt(np.mean(np.square(vectors), axis=1, keepdims=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(size > 0, vectors / size, np.nan), dtype=np.float32)
