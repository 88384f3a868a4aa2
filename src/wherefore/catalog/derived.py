"""What is derived from a catalogue, made once and kept in files beside its index: arrays, and words with their numbers.

A turn looks titles, values and words up; to make what it looks them up in takes minutes of a million items. Files are
read as they lie (memory-mapped), so opening them takes no time and only what is looked up takes memory.
"""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np

from wherefore.files import ASSETS, write_aside

T = TypeVar("T")
Parts = Mapping[str, Any]  # arrays by name, and `Keys`
_CODE = (
    ".py",
    ".txt",
    ".json",
    ".yaml",
    ".yml",
    ".tsv",
    ".csv",
    ".xz",
)  # files that say how things are derived
_LONGEST = 1_000_000  # bytes of such a file; larger ones are data of other kinds


class Keys(Sequence[str]):
    """Different texts in an order, each found by its number and each number by its text: a succinct trie.

    See Yata, 2011 (marisa-trie). Takes a few bytes a text, and no time to read from a file.

    >>> keys = Keys.of(["sea", "shark", "star"])
    >>> keys[1], keys.get("star"), keys.get("sun"), "sea" in keys, list(keys)
    ('shark', 2, -1, True, ['sea', 'shark', 'star'])
    """

    def __init__(self, trie: Any, at: np.ndarray, ids: np.ndarray) -> None:
        self.trie, self.at, self.ids = (
            trie,
            at,
            ids,
        )  # of each id of the trie its number, and the other way round

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Of different texts."""
        from marisa_trie import Trie

        trie = Trie(texts)
        if len(trie) != len(texts):
            raise ValueError(f"{len(texts)} texts are given, of which only {len(trie)} are different")
        ids = np.fromiter((trie[text] for text in texts), dtype=np.int32, count=len(texts))
        at = np.empty(len(ids), dtype=np.int32)
        at[ids] = np.arange(len(ids), dtype=np.int32)
        return cls(trie, at, ids)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self.trie.restore_key(one) for one in self.ids[number].tolist()]
        text: str = self.trie.restore_key(int(self.ids[number]))
        return text

    def __iter__(self) -> Iterator[str]:
        restore = self.trie.restore_key
        return (restore(one) for one in self.ids.tolist())

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self.get(text) >= 0

    def beginning(self, start: str) -> list[str]:
        """The texts that begin with some letters, in no order."""
        found: list[str] = self.trie.keys(start)
        return found

    def get(self, text: str) -> int:
        """The number of a text; -1 where it is not there."""
        try:
            found = -1 if "\0" in text else self.trie.get(text, -1)
        except UnicodeEncodeError:  # half of a surrogate pair, which no key has
            return -1
        return int(self.at[found]) if found >= 0 else -1


class ByKey(Mapping[str, T]):
    """What goes with each of some texts, made when it is asked for: a subclass says what goes with a text's number.

    Args:
        keys: The texts.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, keys: Keys) -> None:
        self.texts = keys

    @abstractmethod
    def of_number(self, number: int) -> T:
        """What goes with the text of a number."""

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __contains__(self, text: object) -> bool:
        return text in self.texts

    def __getitem__(self, text: str) -> T:
        number = self.texts.get(text)
        if number < 0:
            raise KeyError(text)
        return self.of_number(number)


class Ragged:
    """Lists of numbers, one after the other: list i is `numbers[starts[i]:starts[i + 1]]`.

    >>> Ragged.of([[3, 4], [], [5]])[2].tolist()
    [5]
    """

    def __init__(self, starts: np.ndarray, numbers: np.ndarray) -> None:
        self.starts, self.numbers = starts, numbers

    @classmethod
    def of(cls, lists: Iterable[Iterable[int]]) -> Self:
        """Of lists of whole numbers."""
        starts, numbers = array("q", [0]), array("i")
        for one in lists:
            numbers.extend(one)
            starts.append(len(numbers))
        return cls(np.array(starts, dtype=np.int64), np.array(numbers, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, place: int) -> np.ndarray:
        return self.numbers[self.starts[place] : self.starts[place + 1]]

    def turned(self, count: int) -> Ragged:
        """Of each number below `count` the lists that hold it, ascending."""
        lines = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.starts))
        order = np.argsort(self.numbers, kind="stable")
        sizes = np.bincount(self.numbers, minlength=count)
        return Ragged(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), lines[order])


class Postings:
    """The rows of the items that have each of some words.

    >>> Postings.of([["sea", "shark"], ["sea"]]).rows("sea").tolist()
    [0, 1]
    """

    def __init__(self, keys: Keys, places: Ragged) -> None:
        self.keys, self.places = keys, places

    @classmethod
    def of(cls, told: Iterable[Collection[str]]) -> Self:
        """Of each row's different words."""
        numbers: dict[str, int] = {}
        lists = Ragged.of([numbers.setdefault(one, len(numbers)) for one in words] for words in told)
        return cls(Keys.of(list(numbers)), lists.turned(len(numbers)))

    def rows(self, word: str) -> np.ndarray:
        """The rows that have a word, ascending."""
        number = self.keys.get(word)
        return self.places[number] if number >= 0 else np.empty(0, dtype=np.int32)

    def parts(self) -> dict[str, Any]:
        """For `Derived.get`."""
        return {"keys": self.keys, "starts": self.places.starts, "rows": self.places.numbers}

    @classmethod
    def read(cls, parts: Parts) -> Self:
        """From what `parts` gave."""
        return cls(parts["keys"], Ragged(parts["starts"], parts["rows"]))


class Derived:
    """What is derived from one catalogue as it is; kept in memory, and in a folder where one is given.

    Args:
        folder: Where it is kept; what is there of another catalogue, or made by another version, is made anew.
        stamp: Tells the catalogue's content, like `Catalog.fingerprint`.
        writes: Whether what is made is written there at once.
    """

    def __init__(self, folder: Path | None = None, stamp: str = "", writes: bool = True) -> None:
        self.folder, self._stamp, self._writes = folder, stamp, writes
        self._held: dict[str, Parts] = {}
        self._made_by: dict[str, str] = {}  # by name the module whose code made it

    def get(self, name: str, make: Callable[[], Parts]) -> Parts:
        """The parts of that name: held, read, or made now."""
        found = self._held.get(name)
        if found is None:
            found = self._read(name, make.__module__)
        if found is None:
            found = make()
            if self._writes:
                self._write(name, found, make.__module__)
        self._held[name] = found
        self._made_by[name] = make.__module__
        return found

    def put(self, folder: Path, stamp: str) -> None:
        """Write all that is held to a folder."""
        other = Derived(folder, stamp)
        for name, parts in self._held.items():
            other._write(name, parts, self._made_by[name])

    def take(self, other: Derived) -> None:
        """Hold what another one of the same catalogue holds, too."""
        for name, parts in other._held.items():
            module = self._made_by[name] = other._made_by[name]
            self._held[name] = parts
            if self._writes and self._read(name, module) is None:
                self._write(name, parts, module)

    def _full(self, module: str) -> str:
        return f"{self._stamp}/{code_stamp(module)}"

    def _read(self, name: str, module: str) -> Parts | None:
        if self.folder is None:
            return None
        folder = self.folder / name
        try:
            about = json.loads((folder / "parts.json").read_text(encoding="utf-8"))
            if about["stamp"] != self._full(module):
                return None
            return {part: _opened(folder, part, kind) for part, kind in about["parts"].items()}
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, EOFError):
            return None  # not there, or damaged: it can be made

    def _write(self, name: str, parts: Parts, module: str) -> None:
        if self.folder is None:
            return
        kinds = {part: "keys" if isinstance(value, Keys) else "array" for part, value in parts.items()}
        about = {"stamp": self._full(module), "parts": kinds}
        try:
            with write_aside(self.folder / name) as aside:
                aside.mkdir()
                for part, value in parts.items():
                    _save(aside, part, value)
                (aside / "parts.json").write_text(json.dumps(about), encoding="utf-8")
        except OSError:  # full or read-only: it stays in memory
            return


def _save(folder: Path, part: str, value: Any) -> None:
    if isinstance(value, Keys):
        value.trie.save(str(folder / f"{part}.marisa"))
        np.save(folder / f"{part}.at.npy", value.at)
        np.save(folder / f"{part}.ids.npy", value.ids)
    else:
        np.save(folder / f"{part}.npy", np.asarray(value), allow_pickle=False)


def _opened(folder: Path, part: str, kind: str) -> Any:
    if kind == "array":
        return _array(folder / f"{part}.npy")
    from marisa_trie import Trie

    trie = Trie().mmap(str(folder / f"{part}.marisa"))
    keys = Keys(trie, _array(folder / f"{part}.at.npy"), _array(folder / f"{part}.ids.npy"))
    if not len(trie) == len(keys.at) == len(keys.ids):
        raise ValueError("its parts do not go together")
    return keys


def _array(file: Path) -> np.ndarray:
    """An array that stays in its file."""
    if file.stat().st_size < 4096:
        found: np.ndarray = np.load(file, allow_pickle=False)
        return found
    mapped: np.ndarray = np.load(file, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    return mapped


@cache
def code_stamp(module: str = "") -> str:
    """SHA-256 of the code and the word lists by which things are derived: what other code made is made anew.

    Args:
        module: Where it is derived, if that is not in this package of catalogues.
    """
    root = ASSETS.parent
    files = [root / "text.py", *(root / "catalog").glob("*.py"), *ASSETS.iterdir()]
    if module:
        files.append(root.parent.joinpath(*module.split(".")).with_suffix(".py"))
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        if file.suffix in _CODE and file.is_file() and file.stat().st_size <= _LONGEST:
            digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
