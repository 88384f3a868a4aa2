"""Write aside, then rename: a file or folder is either whole or not there."""

from __future__ import annotations

import bz2
import glob
import hashlib
import lzma
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"  # what ships with the package


def packed_text(file: Path) -> str:
    """The text of a file that `write_packed` wrote."""
    packed = file.read_bytes()
    return (bz2.decompress(packed) if file.suffix == ".bz2" else lzma.decompress(packed)).decode()


def text_files(folder: Path) -> list[Path]:
    """The texts of a folder, plain (`.txt`) or packed (`.txt.bz2`), by name."""
    return sorted([*folder.glob("*.txt"), *folder.glob("*.txt.bz2")])


def text_of(file: Path) -> str:
    """The text of one of `text_files`."""
    return packed_text(file) if file.suffix == ".bz2" else file.read_text(encoding="utf-8")


def write_packed(file: Path, text: str) -> None:
    """Write a text as small as it gets, the same bytes each time: `.xz` for lists of words, `.bz2` for sentences."""
    told = text.encode()
    small = (
        bz2.compress(told) if file.suffix == ".bz2" else lzma.compress(told, preset=9 | lzma.PRESET_EXTREME)
    )
    file.write_bytes(small)


@contextmanager
def write_aside(path: str | Path) -> Iterator[Path]:
    """Give a path beside `path` to write a file or a folder to; rename it to `path` when all went well.

    On any error, Ctrl-C included, what was written aside is deleted and what was at `path` stays.

    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with write_aside(target) as aside:
    ...     _ = aside.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    aside = path.with_name(f".{path.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.part")
    try:
        yield aside
        if not aside.is_dir() or not path.exists():
            os.replace(aside, path)
        else:  # a folder that has files cannot be replaced in one step
            _delete(_old(path))
            os.replace(path, _old(path))
            os.replace(aside, path)
    finally:
        _delete(aside)
        if path.exists():
            _delete(_old(path))
        else:
            recover(path)


def recover(path: str | Path) -> None:
    """Bring back the folder that a kill between the two renames of `write_aside` left under another name."""
    path = Path(path)
    if not path.exists() and _old(path).exists():
        os.replace(_old(path), path)


def sha256(*files: Path) -> str:
    """SHA-256 of the contents of files, one after the other, as hex."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            while block := opened.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


def _sweep(path: Path) -> None:
    """Delete what killed processes left half-written an hour ago or more."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        if time.time() - left.stat().st_mtime > 3600:
            _delete(left)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def cache_folder() -> Path:
    """Where what can be made again is kept: `$WHEREFORE_CACHE`, else the user's cache folder."""
    chosen = os.environ.get("WHEREFORE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(chosen) if chosen else Path(base) / "wherefore"
