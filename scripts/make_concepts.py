"""Pack the table of concepts for the package: what counts as nuts, dairy or wool, and what diets and laws rule out.

    python scripts/make_concepts.py [--table data/concepts.tsv] [--out src/wherefore/assets/concepts.tsv.xz]

A line of the table is a concept: name (of a diet or a law with `*` before it, of what only records of things show, and
no stories, with `~`), what else it is called, words by which records show it (or `>` and another concept, or
`=` and what shows it only as a whole value), and phrases that hold such a word and show nothing ("peanut butter", for
dairy); separated by tabs, and within by `; `. Checks it, leaves out what says nothing more ("almond butter" beside
"almond"), and writes it compressed, the same bytes each time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from wherefore.catalog.concepts import FILE, Concepts, cells_of
from wherefore.files import write_packed
from wherefore.text import forms, holds_run, stems

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Read, check, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, nargs="+", default=[ROOT / "data" / "concepts.tsv"])
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--text", type=Path, help="where the shortened table goes as text, too")
    options = parser.parse_args(argv)
    lines: list[str] = []
    for file in options.table:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                try:
                    lines.append(shortened(line))
                except ValueError as error:
                    print(f"error: {file}, line {number}: {error}", file=sys.stderr)
                    return 2
    try:
        known = Concepts(lines)
    except KeyError as error:
        print(f"error: there is no concept {error}, which another one names", file=sys.stderr)
        return 2
    text = "\n".join(lines) + "\n"
    if options.text is not None:
        options.text.write_text(text, encoding="utf-8")
    write_packed(options.out, text)
    size = options.out.stat().st_size
    print(f"{sum(1 for _ in known)} concepts, {len(text):,} characters, {size:,} bytes in {options.out}")
    return 0


def shortened(line: str) -> str:
    """A line without what says nothing more.

    Raises:
        ValueError: If it has no name, or nothing by which records show the concept.
    """
    name, called, told, unless = cells_of(line)
    if len(name) != 1 or not told:
        raise ValueError("a concept needs one name and words of records, in four columns between tabs")
    others = [one for one in told if one[0] in ">="]
    words = _without_longer([one for one in told if one[0] not in ">="], name)
    spared = [
        one for one in _without_longer(unless, []) if any(_within(word, one) for word in (*words, *name))
    ]
    return "\t".join("; ".join(one) for one in (name, dict.fromkeys(called), (*others, *words), spared))


def _without_longer(phrases: Iterable[str], beside: Sequence[str]) -> list[str]:
    """Phrases that hold none of the others, nor of `beside`."""
    kept: list[str] = []
    for phrase in sorted(dict.fromkeys(phrases), key=lambda one: len(forms(one))):
        if forms(phrase) and not any(_within(one, phrase) for one in (*kept, *beside)):
            kept.append(phrase)
    return kept


def _within(part: str, whole: str) -> bool:
    """Whether the words of a phrase stand in another, but for endings."""
    return holds_run(stems(whole), stems(part))


if __name__ == "__main__":
    raise SystemExit(main())
