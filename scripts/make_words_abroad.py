"""Pack the words of catalogues in other languages for the package.

    python scripts/make_words_abroad.py [--table data/words_abroad.tsv] [--out src/wherefore/assets/words_abroad.tsv.xz]

A line of the table is the English, then what that is in German, French, Spanish, Italian, Dutch, Portuguese, Polish
and Swedish, parted by tabs; several words of one language are parted by `; `. `*` before the English marks words that
headers of any file may have, `@` proper names. Checks it, tells of words that have two meanings in one language (the
first one counts), and writes it compressed, the same bytes each time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from wherefore.catalog.abroad_words import FILE, LANGUAGES, rows_of, words_in
from wherefore.files import write_packed

TABLE = Path(__file__).resolve().parents[1] / "data" / "words_abroad.tsv"


def main(argv: Sequence[str] | None = None) -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args(argv)
    try:
        rows = rows_of(given.table.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"{given.table}: {error}", file=sys.stderr)
        return 1
    seen: dict[tuple[str, tuple[str, ...]], str] = {}
    lines = []
    for mark, english, cells in rows:
        lines.append("\t".join([mark + english, *("; ".join(words) for words in cells)]))
        for code, words in zip(LANGUAGES, cells, strict=True):
            for said in words:
                first = seen.setdefault((code, words_in(said)), english)
                if first != english:
                    print(f"{code}: {said!r} is {first!r}, and {english!r} does not count", file=sys.stderr)
    write_packed(given.out, "".join(f"{line}\n" for line in lines))
    print(
        f"{len(rows):,} meanings, {len(seen):,} words -> {given.out.name}, {given.out.stat().st_size:,} bytes"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
