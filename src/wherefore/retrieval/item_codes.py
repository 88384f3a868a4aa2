"""Items as short codes: residual-quantized vectors, an item's own by construction.

Items that are alike share the beginning of their codes: semantic IDs (TIGER: Rajput et al., 2023, arXiv 2305.05065),
here of text and taste together as in MMGRec's Rec-IDs (Liu et al., 2024, arXiv 2404.16555). What makes codes unique is
not learned: items that share all levels are numbered, and the number is written behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from wherefore.errors import CheckpointError, ConfigError, TrainingError
from wherefore.retrieval.checks import at_least_one, zero_or_more
from wherefore.retrieval.tensors import packed, unpacked

Code = tuple[int, ...]
_RIDGE = 10.0  # of the regression by which a missing part is guessed
_MOST = 100_000  # items that centroids are learned from
_ROUNDS = 25  # of k-means
_AT_ONCE = 4096  # items


@dataclass(frozen=True, eq=False)
class Quantizer:
    """Residual quantization of item vectors that consist of several parts.

    Each part is centred and divided so that its total variance is its weight. A part that an item lacks is guessed
    from its text by ridge regression, so that an item nobody has named yet lands among those that it resembles.

    Attributes:
        names: Of the parts; the first is known of every item.
        means: Of each part, (d_part,).
        scales: What each part is multiplied by.
        guesses: Of each part but the first, (d_first, d_part): from the first, scaled, to this one, scaled.
        centroids: (levels, codes, d), d of all parts together.
    """

    names: tuple[str, ...]
    means: tuple[np.ndarray, ...]
    scales: tuple[float, ...]
    guesses: tuple[np.ndarray, ...]
    centroids: np.ndarray

    @property
    def levels(self) -> int:
        """How many codes an item has before its number."""
        return int(self.centroids.shape[0])

    @property
    def codes(self) -> int:
        """How many codes there are on each level."""
        return int(self.centroids.shape[1])

    @classmethod
    def fit(
        cls,
        parts: Mapping[str, np.ndarray],
        levels: int = 2,
        codes: int = 256,
        weights: Mapping[str, float] | None = None,
        seed: int = 0,
    ) -> Self:
        """Learn the centroids, level by level, with FAISS's k-means.

        Args:
            parts: (n, d_part) by name; rows with NaN where an item lacks a part; none lacks the first.
            levels: How many.
            codes: On each level; no more than there are items.
            weights: Of the parts; 1 where not given.
            seed: Equal seeds give equal centroids.

        Raises:
            ConfigError: If a number is not allowed, or a weight is of no part.
            TrainingError: If there is no item, or one lacks the first part.
        """
        at_least_one(levels=levels, codes=codes)
        weights = dict(weights or {})
        zero_or_more(**weights)
        if strange := sorted(set(weights) - set(parts)):
            raise ConfigError(f"a weight is given for {strange[0]!r}; the parts are {', '.join(parts)}")
        names = tuple(parts)
        first = np.asarray(next(iter(parts.values())), dtype=np.float32)
        if not len(first) or not np.isfinite(first).all():
            raise TrainingError(
                f"codes are made of items' vectors, and {len(first)} items have some whose part {names[0]!r} "
                "must be known of all; index the catalogue again"
            )
        means, scales, guesses, known = [], [], [], []
        for name in names:
            given = np.asarray(parts[name], dtype=np.float32)
            rows = given[np.isfinite(given).all(axis=1)]
            mean = rows.mean(axis=0) if len(rows) else np.zeros(given.shape[1], dtype=np.float32)
            variance = float(np.square(rows - mean).sum(axis=1).mean()) if len(rows) else 0.0
            means.append(mean)
            scales.append(float(np.sqrt(weights.get(name, 1.0) / variance)) if variance > 1e-12 else 0.0)
            known.append((given - mean) * np.float32(scales[-1]))
        for one in known[1:]:
            has = np.isfinite(one).all(axis=1)
            x = known[0][has].astype(np.float64)
            grip = x.T @ x * len(first[0]) + _RIDGE * np.eye(x.shape[1])
            guess = np.linalg.solve(grip, x.T @ one[has].astype(np.float64) * len(first[0]))
            guesses.append(guess.astype(np.float32))
        made = cls(names, tuple(means), tuple(scales), tuple(guesses), np.zeros((0, 1, 1), np.float32))
        centroids = _centroids(made.vectors(parts), levels, min(codes, len(first)), seed)
        return cls(names, made.means, made.scales, made.guesses, centroids)

    def vectors(self, parts: Mapping[str, np.ndarray]) -> np.ndarray:
        """The parts of n items as one vector each, (n, d) float32, without gaps.

        Raises:
            CheckpointError: If the parts are not those that were learned from.
        """
        if tuple(parts) != self.names:
            raise CheckpointError(
                f"codes were made of {', '.join(self.names)}, here there are {', '.join(parts) or 'no vectors'}; use "
                "the same signals, or train again"
            )
        scaled = []
        for name, mean, scale in zip(self.names, self.means, self.scales, strict=True):
            given = np.asarray(parts[name], dtype=np.float32)
            if given.ndim != 2 or given.shape[1] != len(mean):
                raise CheckpointError(
                    f"the vectors {name!r} have shape {given.shape}, codes were made of such with {len(mean)} "
                    "dimensions; use the model that they were made with, or train again"
                )
            scaled.append((given - mean) * np.float32(scale))
        for place, guess in enumerate(self.guesses, 1):
            lacks = ~np.isfinite(scaled[place]).all(axis=1)
            scaled[place][lacks] = scaled[0][lacks] @ guess
        return np.ascontiguousarray(np.concatenate(scaled, axis=1), dtype=np.float32)

    def encode(self, vectors: np.ndarray) -> np.ndarray:
        """The codes of vectors as `vectors` gives them, (n, levels): the nearest centroid of what is left over."""
        made = np.empty((len(vectors), self.levels), dtype=np.int64)
        for start in range(0, len(vectors), _AT_ONCE):
            left = vectors[start : start + _AT_ONCE].astype(np.float32)
            for level, centroids in enumerate(self.centroids):
                chosen = _nearest(left, centroids)
                made[start : start + _AT_ONCE, level] = chosen
                left = left - centroids[chosen]
        return made

    def first_parts(self) -> np.ndarray:
        """What each centroid says of the first part, in that part's own units, (levels, codes, d_first).

        The first level's holds the mean, the others' are differences to it.
        """
        width = len(self.means[0])
        made = self.centroids[:, :, :width] / np.float32(self.scales[0] or 1.0)
        made[0] += self.means[0]
        return made

    def tensors(self) -> dict[str, np.ndarray]:
        """All that was learned, for a safetensors file."""
        made = {"about": packed({"names": list(self.names), "scales": list(self.scales)})}
        made |= {f"mean.{place}": one for place, one in enumerate(self.means)}
        made |= {f"guess.{place}": one for place, one in enumerate(self.guesses, 1)}
        return made | {"centroids": self.centroids}

    @classmethod
    def of(cls, tensors: Mapping[str, np.ndarray]) -> Self:
        """What `tensors` gave.

        Raises:
            CheckpointError: If something is missing, or its numbers do not go together.
        """
        try:
            about = unpacked(tensors["about"])
            names, scales = tuple(map(str, about["names"])), tuple(map(float, about["scales"]))
            means = tuple(np.asarray(tensors[f"mean.{n}"], dtype=np.float32) for n in range(len(names)))
            guesses = tuple(np.asarray(tensors[f"guess.{n}"], dtype=np.float32) for n in range(1, len(names)))
            centroids = np.asarray(tensors["centroids"], dtype=np.float32)
            fits = (
                len(names) == len(scales) > 0
                and all(one.ndim == 1 for one in means)
                and all(
                    one.shape == (len(means[0]), len(mean))
                    for one, mean in zip(guesses, means[1:], strict=True)
                )
                and centroids.ndim == 3
                and min(centroids.shape) > 0
                and centroids.shape[2] == sum(map(len, means))
                and all(np.isfinite(one).all() for one in (*means, *guesses, centroids, np.array(scales)))
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"the quantizer of item codes is damaged ({error!r}); train again"
            ) from error
        if not fits:
            raise CheckpointError(
                "the quantizer of item codes is damaged (its parts do not go together); train again"
            )
        return cls(names, means, scales, guesses, centroids)


class ItemCodes:
    """The codes of items, no two alike.

    A code is the quantizer's, and behind it the item's number among those that share it. Numbers are written in
    digits from 0 to codes - 1, the highest standing for "and more": 0, 1, …, codes - 2, (codes - 1, 0), … So no code
    begins another, and there are as many as anybody needs.

    Args:
        quantizer: Makes codes.
        known: Codes that items have already.

    Raises:
        CheckpointError: If two of them are the same, or one is none of this quantizer's.
    """

    def __init__(self, quantizer: Quantizer, known: Mapping[str, Code] | None = None) -> None:
        self.quantizer = quantizer
        self._code: dict[str, Code] = {}
        self._item: dict[Code, str] = {}
        for item, code in (known or {}).items():
            code = tuple(int(one) for one in code)
            if len(code) != quantizer.levels + 1 or min(code) < 0 or max(code[:-1]) >= quantizer.codes:
                raise CheckpointError(
                    f"item {item!r} has the code {list(code)}; it needs {quantizer.levels} numbers below "
                    f"{quantizer.codes} and one that tells items apart; train again"
                )
            if code in self._item:
                raise CheckpointError(
                    f"items {self._item[code]!r} and {item!r} have one code, {list(code)}; train again"
                )
            self._code[item], self._item[code] = code, item

    def __len__(self) -> int:
        return len(self._code)

    def __iter__(self) -> Iterator[str]:
        return iter(self._code)

    def __contains__(self, item: object) -> bool:
        return item in self._code

    def code(self, item: str) -> Code:
        """An item's codes, one for each level, then its number; KeyError where it has none."""
        return self._code[item]

    def item(self, code: Sequence[int]) -> str | None:
        """The item that has this code."""
        return self._item.get(tuple(code))

    def with_items(self, ids: Sequence[str], vectors: np.ndarray) -> ItemCodes:
        """These items' codes besides: who has one keeps it, the others get the quantizer's and a free number.

        What an item had stays its own when it goes, for it may come back.

        Args:
            ids: Each once.
            vectors: (n, d) as `Quantizer.vectors` gives them.
        """
        made = ItemCodes(self.quantizer)
        made._code, made._item = dict(self._code), dict(self._item)
        new = [row for row, item in enumerate(ids) if item not in self._code]
        free: dict[Code, int] = {}
        for row, levels in zip(new, self.quantizer.encode(vectors[new]).tolist(), strict=True):
            prefix = tuple(levels)
            number = free.get(prefix, 0)
            while (code := (*prefix, number)) in made._item:
                number += 1
            free[prefix] = number + 1
            made._code[ids[row]], made._item[code] = code, ids[row]
        return made

    def matrix(self, ids: Sequence[str]) -> np.ndarray:
        """The codes of items as they are written, (n, longest) int64, -1 behind an end."""
        rows = [(*self._code[item][:-1], *digits(self._code[item][-1], self.quantizer.codes)) for item in ids]
        longest = max(map(len, rows), default=0)
        return np.array([(*row, *(-1,) * (longest - len(row))) for row in rows], dtype=np.int64).reshape(
            len(rows), longest
        )

    def tensors(self) -> dict[str, np.ndarray]:
        """All of it, for a safetensors file."""
        return {
            "items": packed(list(self._code)),
            "item_codes": np.array(list(self._code.values()), dtype=np.int32).reshape(
                len(self._code), self.quantizer.levels + 1
            ),
            **{f"quantizer.{name}": one for name, one in self.quantizer.tensors().items()},
        }

    @classmethod
    def of(cls, tensors: Mapping[str, np.ndarray]) -> Self:
        """What `tensors` gave.

        Raises:
            CheckpointError: If something is missing or does not go together.
        """
        start = "quantizer."
        quantizer = Quantizer.of(
            {name.removeprefix(start): one for name, one in tensors.items() if name.startswith(start)}
        )
        try:
            ids, codes = unpacked(tensors["items"]), tensors["item_codes"]
            if not isinstance(ids, list) or codes.ndim != 2 or len(set(ids)) != len(codes):
                raise ValueError(f"{len(ids)} items have {len(codes)} codes")
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"the codes of items are damaged ({error}); train again") from error
        return cls(
            quantizer, {str(item): tuple(code) for item, code in zip(ids, codes.tolist(), strict=True)}
        )


def digits(number: int, base: int) -> Code:
    """How a number is written behind a code; none of them begins another.

    >>> [digits(number, 3) for number in range(5)]
    [(0,), (1,), (2, 0), (2, 1), (2, 2, 0)]
    >>> digits(2, 1)
    (1, 1, 0)
    """
    base = max(base, 2)
    more, last = divmod(number, base - 1)
    return (*(base - 1,) * more, last)


def _nearest(vectors: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """The row of the nearest centroid of each vector; the first of equally near ones."""
    far = np.square(centroids).sum(axis=1) - 2.0 * (vectors @ centroids.T)
    return np.asarray(far.argmin(axis=1))


def _centroids(vectors: np.ndarray, levels: int, codes: int, seed: int) -> np.ndarray:
    """(levels, codes, d): of the vectors, then of what the levels before leave over."""
    import faiss

    if len(vectors) > _MOST:
        vectors = vectors[np.sort(np.random.default_rng(seed).choice(len(vectors), _MOST, replace=False))]
    left, made = vectors.copy(), []
    for level in range(levels):
        means = faiss.Kmeans(
            vectors.shape[1],
            codes,
            niter=_ROUNDS,
            seed=seed + level,
            min_points_per_centroid=1,
            max_points_per_centroid=_MOST,
        )
        means.train(left)
        made.append(np.asarray(means.centroids, dtype=np.float32).reshape(codes, -1))
        left = left - made[-1][_nearest(left, made[-1])]
    return np.stack(made)
