"""Pack the thesaurus of how things feel for the package.

    python scripts/make_feelings.py [--table data/feelings.tsv] [--out src/wherefore/assets/feelings.tsv.xz]

A line of the table is an entry: what people say, a tab, and the tags that mean it, the best first, parted by `; `.
Checks it, sorts it by what people say, and writes it compressed, the same bytes each time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from wherefore.catalog.feelings import FILE, entries_of
from wherefore.files import write_packed

TABLE = Path(__file__).resolve().parents[1] / "data" / "feelings.tsv"


def main(argv: Sequence[str] | None = None) -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args(argv)
    try:
        entries = entries_of(given.table.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"{given.table}: {error}", file=sys.stderr)
        return 1
    text = "".join(f"{head}\t{'; '.join(tags)}\n" for head, tags in sorted(entries.items()))
    write_packed(given.out, text)
    print(f"{len(entries):,} entries -> {given.out.name}, {given.out.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
