"""Pack what we wrote of well-known books and their authors for the package, or unpack it to change it.

    python scripts/make_books.py unpack DIR                 # writes DIR/books.tsv and DIR/authors.tsv
    python scripts/make_books.py pack DIR [--out src/wherefore/assets]

books.tsv: title, author, genres (`;` between them), fiction or non-fiction, youngest age, setting or `-`, moods and
themes (`,` between them), one sentence of what it is about, warnings or `-`. authors.tsv: name, sex (f, m, other,
several or `-`), country as an adjective or `-`, genres, for whom (children, teens, adults, all), what the books are
like. Columns are parted by tabs. Checks each line, and writes the same bytes each time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from wherefore.catalog.known import AUTHORS, BOOKS, last_name, title_keys
from wherefore.files import packed_text, write_packed

WORDS = range(11, 36)  # of a sentence
AGES = range(19)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["pack", "unpack"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=BOOKS.parent)
    given = parser.parse_args(argv)
    files = {"books.tsv": (BOOKS, checked_book), "authors.tsv": (AUTHORS, checked_author)}
    for name, (packed, check) in files.items():
        if given.command == "unpack":
            given.folder.mkdir(parents=True, exist_ok=True)
            (given.folder / name).write_text(packed_text(packed) + "\n", encoding="utf-8")
            continue
        lines = sorted(set((given.folder / name).read_text(encoding="utf-8").splitlines()))
        lines = [line for line in lines if line.strip()]
        wrong = [f"{line[:60]!r}: {why}" for line in lines if (why := check(line.split("\t")))]
        keys = [_key(line.split("\t")) for line in lines]
        wrong += [
            f"{key!r} is there {keys.count(key)} times" for key in sorted(set(keys)) if keys.count(key) > 1
        ]
        if wrong:
            print(f"error: {given.folder / name}:", *wrong[:20], sep="\n", file=sys.stderr)
            return 2
        write_packed(given.out / packed.name, "\n".join(lines))
        print(f"{len(lines):,} lines, {(given.out / packed.name).stat().st_size:,} bytes in {packed.name}")
    return 0


def _key(cells: Sequence[str]) -> tuple[str, str]:
    if len(cells) < 10:
        return cells[0], ""
    return next(title_keys(cells[0]), ""), last_name(cells[1])


def checked_book(cells: Sequence[str]) -> str:
    """What is wrong with a book's line; empty where nothing is."""
    if len(cells) != 10:
        return f"{len(cells)} columns instead of 10"
    if cells[3] not in ("fiction", "non-fiction"):
        return f"{cells[3]!r} is neither fiction nor non-fiction"
    if not cells[4].isdecimal() or int(cells[4]) not in AGES:
        return f"the youngest age is {cells[4]!r}"
    if len(cells[8].split()) not in WORDS:
        return f"the sentence has {len(cells[8].split())} words"
    return "" if all(cell.strip() for cell in cells) else "an empty cell"


def checked_author(cells: Sequence[str]) -> str:
    """What is wrong with an author's line; empty where nothing is."""
    if len(cells) != 6:
        return f"{len(cells)} columns instead of 6"
    if cells[1] not in ("f", "m", "other", "several", "-"):
        return f"the sex is {cells[1]!r}"
    if cells[4] not in ("children", "teens", "adults", "all"):
        return f"for {cells[4]!r}"
    return "" if all(cell.strip() for cell in cells) else "an empty cell"


if __name__ == "__main__":
    sys.exit(main())
