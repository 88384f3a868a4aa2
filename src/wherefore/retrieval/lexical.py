"""Word search: BM25 (bm25s) over an index that can grow, shrink and be saved small."""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from array import array
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from wherefore.errors import CheckpointError, CheckpointNotFoundError
from wherefore.files import write_aside

_MANY = 200_000  # rows, from which on an index stays in its files
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Lower-case words without accents; no stopwords are left out, rare words weigh more anyway.

    >>> words("Amélie, 2001: it's Audrey Tautou!")
    ['amelie', '2001', 'it', 's', 'audrey', 'tautou']
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


class Lexical:
    """Which word stands in which row how often; BM25 scores (Lucene's variant, k1 1.5, b 0.75).

    Saved are the counts, not the scores: about two bytes per word and row. Of very many rows both are saved as they are
    searched, twelve bytes per word and row, and stay in their files (memory-mapped) until rows are added or removed.

    >>> index = Lexical(["a shark at sea", "a sea of stars"])
    >>> [round(float(score), 2) for score in index.scores("shark")]
    [0.28, 0.0]
    """

    def __init__(self, texts: Sequence[str] = ()) -> None:
        self._words: list[str] = []
        self._starts = np.zeros(1, dtype=np.int64)  # word w: entries starts[w] to starts[w + 1]
        self._rows = np.empty(0, dtype=np.int32)
        self._counts = np.empty(0, dtype=np.int32)
        self._n = 0
        self._bm25: Any = None
        self._weights: np.ndarray | None = None  # of each entry, where they were saved
        self._last: tuple[str, np.ndarray] = "", np.empty(0, dtype=np.float32)
        self.add(texts)

    def __len__(self) -> int:
        return self._n

    def add(self, texts: Sequence[str]) -> None:
        """Append a row per text."""
        number = {word: place for place, word in enumerate(self._words)}
        found, rows, counts = array("i"), array("i"), array("i")
        for row, text in enumerate(texts, start=self._n):
            for word, count in Counter(words(text)).items():
                found.append(number.setdefault(word, len(number)))
                rows.append(row)
                counts.append(count)
        old = np.repeat(np.arange(len(self._words), dtype=np.int32), np.diff(self._starts))
        self._sort(
            list(number),
            np.concatenate([old, np.array(found, dtype=np.int32)]),
            np.concatenate([self._rows, np.array(rows, dtype=np.int32)]),
            np.concatenate([self._counts, np.array(counts, dtype=np.int32)]),
            self._n + len(texts),
        )

    def remove(self, rows: np.ndarray) -> None:
        """Take rows out; the others move up."""
        kept = np.ones(self._n, dtype=bool)
        kept[rows] = False
        moved = (np.cumsum(kept) - 1).astype(np.int32)
        entry = kept[self._rows]
        of_word = np.repeat(np.arange(len(self._words), dtype=np.int32), np.diff(self._starts))
        self._sort(
            self._words, of_word[entry], moved[self._rows[entry]], self._counts[entry], int(kept.sum())
        )

    def scores(self, text: str) -> np.ndarray:
        """BM25 of the text's distinct words for every row, (n,) float32."""
        if self._bm25 is None:
            self._bm25 = self._make_bm25()
        last = self._last
        if (
            last[0] == text and len(last[1]) == self._n
        ):  # a turn asks first for the best, then for those of others
            return last[1].copy()
        known = self._bm25.get_tokens_ids(list(dict.fromkeys(words(text))))
        if not known:
            return np.zeros(self._n, dtype=np.float32)
        made = np.asarray(self._bm25.get_scores_from_ids(known), dtype=np.float32)
        self._last = text, made
        return made.copy()

    def save(self, folder: str | Path) -> None:
        """Write `bm25.json` and `bm25.bin` to a folder, of very many rows arrays, aside first, then renamed."""
        if self._n >= _MANY:
            self._save_mapped(Path(folder))
            return
        gaps = np.diff(self._rows, prepend=np.int32(0))
        first = self._starts[:-1]
        gaps[first] = self._rows[first]
        parts = {
            "words": "\n".join(self._words).encode(),
            "lengths": _planes(np.diff(self._starts).astype(np.int32)),
            "gaps": _planes(gaps),
            "counts": _planes(self._counts),
        }
        packed = {name: zlib.compress(part, 9) for name, part in parts.items()}
        about = {"n": self._n, "parts": {name: len(part) for name, part in packed.items()}}
        with write_aside(folder) as aside:
            aside.mkdir()
            (aside / "bm25.json").write_text(json.dumps(about), encoding="utf-8")
            (aside / "bm25.bin").write_bytes(b"".join(packed.values()))

    def _save_mapped(self, folder: Path) -> None:
        self._bm25 = self._bm25 or self._make_bm25()
        arrays = {
            "starts": self._starts,
            "rows": self._rows,
            "counts": self._counts,
            "weights": self._bm25.scores["data"],
        }
        about = {"n": self._n, "arrays": {name: len(one) for name, one in arrays.items()}}
        with write_aside(folder) as aside:
            aside.mkdir()
            (aside / "bm25.json").write_text(json.dumps(about), encoding="utf-8")
            (aside / "words.bin").write_bytes(zlib.compress("\n".join(self._words).encode(), 6))
            for name, one in arrays.items():
                np.save(aside / f"{name}.npy", one, allow_pickle=False)

    def _load_mapped(self, folder: Path, about: dict[str, Any]) -> None:
        arrays = {}
        for name, size in about["arrays"].items():
            file = folder / f"{name}.npy"
            if not file.is_file():
                raise CheckpointNotFoundError(f"no {file}; build the index again")
            arrays[name] = np.load(file, mmap_mode="r", allow_pickle=False).view(np.ndarray)
            if arrays[name].shape != (size,):
                raise ValueError(f"{name}.npy holds {arrays[name].shape} numbers, not {size}")
        self._words = zlib.decompress((folder / "words.bin").read_bytes()).decode().split("\n")
        self._n = int(about["n"])
        self._starts, self._rows = arrays["starts"], arrays["rows"]
        self._counts, self._weights = arrays["counts"], arrays["weights"]
        entries = {len(self._rows), len(self._counts), len(self._weights), int(self._starts[-1])}
        if len(entries) > 1 or len(self._words) + 1 != len(self._starts):
            raise ValueError("its parts do not go together")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises:
            CheckpointNotFoundError: If a file is missing.
            CheckpointError: If a file is broken.
        """
        folder = Path(folder)
        if not (folder / "bm25.json").is_file():
            raise CheckpointNotFoundError(f"no {folder / 'bm25.json'}; build the index again")
        index = cls()
        try:
            about = json.loads((folder / "bm25.json").read_text(encoding="utf-8"))
            needed = "words.bin" if "arrays" in about else "bm25.bin"
            if not (folder / needed).is_file():
                raise CheckpointNotFoundError(f"no {folder / needed}; build the index again")
            if "arrays" in about:
                index._load_mapped(folder, about)
                return index
            packed = (folder / "bm25.bin").read_bytes()
            parts: dict[str, bytes] = {}
            place = 0
            for name, size in about["parts"].items():
                parts[name] = zlib.decompress(packed[place : place + size])
                place += size
            index._words = parts["words"].decode().split("\n") if parts["words"] else []
            lengths = _whole(parts["lengths"])
            index._starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
            index._counts = _whole(parts["counts"])
            index._n = int(about["n"])
            index._rows = _undo_gaps(_whole(parts["gaps"]), index._starts)
            sizes = (len(index._words), len(index._counts))
            if sizes != (len(lengths), len(index._rows)) or index._starts[-1] != len(index._rows):
                raise ValueError("its parts do not go together")
            if len(index._rows) and not 0 <= index._rows.min() <= index._rows.max() < index._n:
                raise ValueError("it names rows that are not there")
        except CheckpointNotFoundError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
            raise CheckpointError(
                f"the word index in {folder} cannot be read ({error}); build the index again"
            ) from error
        return index

    def _sort(
        self, names: list[str], of_word: np.ndarray, rows: np.ndarray, counts: np.ndarray, n: int
    ) -> None:
        """Take entries in any order; keep them by word in alphabetical order, then by row."""
        used = np.flatnonzero(np.bincount(of_word, minlength=len(names)))
        kept = sorted((names[place], int(place)) for place in used)
        new_number = np.zeros(len(names), dtype=np.int32)
        new_number[[place for _, place in kept]] = np.arange(len(kept), dtype=np.int32)
        number = new_number[of_word]
        order = np.lexsort((rows, number))
        self._words = [word for word, _ in kept]
        self._starts = np.concatenate(
            [[0], np.cumsum(np.bincount(number, minlength=len(kept)), dtype=np.int64)]
        )
        self._rows, self._counts = rows[order], counts[order]
        self._n = n
        self._bm25 = self._weights = None

    def _make_bm25(self) -> Any:
        """The counts as the sparse score matrix that bm25s searches."""
        from bm25s import BM25

        model = BM25(k1=1.5, b=0.75, method="lucene")
        if self._weights is None:
            self._weights = self._weighed(model)
        model.scores = {
            "data": self._weights,
            "indices": self._rows,
            "indptr": self._starts,
            "num_docs": self._n,
        }
        model.vocab_dict = {word: number for number, word in enumerate(self._words)}
        model.nonoccurrence_array = None
        return model

    def _weighed(self, model: Any) -> np.ndarray:
        """What each entry counts, float32."""
        frequency = np.diff(self._starts)
        idf = np.log1p((self._n - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
        length = np.bincount(self._rows, weights=self._counts, minlength=self._n).astype(np.float32)
        average = length.mean() if self._n else 1.0
        norm = model.k1 * (1 - model.b + model.b * length / max(float(average), 1e-9))
        counts = self._counts.astype(np.float32)
        weights: np.ndarray = np.repeat(idf, frequency) * counts / (counts + norm[self._rows])
        return weights


def _planes(values: np.ndarray) -> bytes:
    """Integers as four planes of bytes, which compress well where the values are small."""
    return values.astype("<i4").view(np.uint8).reshape(-1, 4).T.tobytes()


def _whole(planes: bytes) -> np.ndarray:
    rows = np.ascontiguousarray(np.frombuffer(planes, np.uint8).reshape(4, -1).T)  # (n, 4)
    values: np.ndarray = rows.view("<i4").ravel()
    return values


def _undo_gaps(gaps: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Running sums that begin anew at every start."""
    sums = np.cumsum(gaps, dtype=np.int64)
    if not len(sums):
        return sums.astype(np.int32)
    first = starts[:-1]
    before = sums[first] - gaps[first]
    rows: np.ndarray = (sums - np.repeat(before, np.diff(starts))).astype(np.int32)
    return rows
