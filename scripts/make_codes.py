"""Pack the table of codes for the package: what stands in columns as a code, by what the column is about.

    python scripts/make_codes.py [--table data/codes.tsv] [--out src/wherefore/assets/codes.tsv.xz]

Checks the table, whose head says how it is written, and writes it compressed, the same bytes each time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from wherefore.catalog.coded import FILE, families_of
from wherefore.files import write_packed

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Read, check, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, default=ROOT / "data" / "codes.tsv")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args(argv)
    lines = options.table.read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    try:
        known = families_of(lines)
    except ValueError as error:
        print(f"error: {options.table}: {error}", file=sys.stderr)
        return 2
    for one in known:
        if one.phrase and one.phrase.count("{}") != 1 or not one.columns or len(one.codes) < 2:
            print(
                f"error: {options.table}: {one.name} has no columns, codes or a wrong phrase", file=sys.stderr
            )
            return 2
    write_packed(options.out, "\n".join(lines))
    codes = sum(len(one.codes) for one in known)
    print(f"{len(known)} families, {codes:,} codes, {options.out.stat().st_size:,} bytes in {options.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
