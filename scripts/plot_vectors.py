"""Vectors of plots: they are searched by what people remember of a film; the texts themselves are not shipped.

    python scripts/plot_vectors.py --source ../shared/data --out runs/plots.safetensors

Reads `movies/plots_*.jsonl.gz` (`item_id`, `source`, `text`), cuts the plots of the built-in catalogue's movies into
clauses and embeds them; unless `--all` is given, of those alone of which the catalogue itself does not say what they
are about: where it does, plots find nothing more. Of encyclopedias' first paragraphs only the sentences that tell the
story are taken.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.clauses import clauses
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.tensors import packed, write_tensors

MOST = 8  # clauses of one movie; those of the longest plot first
_TELLS = re.compile(
    r"\b(?:follows?|tells?|story|stories|about|cent(?:er|re)s|revolves?|depicts?|set (?:in|on|at|during)|plot|"
    r"chronicl\w+|concerns|focus\w*|portrays?|plays|when|who|whose|after|explores?)\b"
)
_PRODUCTION = re.compile(
    r"\b(?:directed|produced|written|screenplay|starring|stars|box office|premier\w+|released?|distributed|remake|"
    r"sequel|adapt\w+|based on|gross\w*|nominat\w+|award\w*|filmed|shot (?:in|on)|cast|soundtrack|reviews|critics)\b"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, read, embed, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--all", action="store_true", help="also of movies of which the catalogue tells")
    options = parser.parse_args(argv)

    catalog = Catalog.builtin()
    untold = {item.id for item in catalog.items if options.all or not item.fields.get("about")}
    told = plots(options.source / "movies", untold)
    if not told:
        print(f"error: no plots_*.jsonl.gz in {options.source / 'movies'}", file=sys.stderr)
        return 2
    texts = [clause for item_id in sorted(told) for clause in told[item_id]]

    def show(done: int, of: int) -> None:
        print(f"\r{done:,} of {of:,} clauses", end="", file=sys.stderr, flush=True)

    vectors = PackagedMiniLM().encode(texts, "item", show)
    counts = np.array([len(told[item_id]) for item_id in sorted(told)], dtype=np.int64)
    names = packed(sorted(told))
    write_tensors(options.out, {"ids": names, "counts": counts, "vectors": vectors.astype(np.float16)})
    print(f"\n{len(told):,} movies, {len(texts):,} clauses")
    return 0


def plots(folder: Path, wanted: set[str]) -> dict[str, list[str]]:
    """Clauses that tell a movie's story, by id."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("plots_*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                tree = json.loads(line)
                if tree["item_id"] in wanted:
                    found.setdefault(tree["item_id"], []).extend(story(tree["text"], tree["source"]))
    return {
        item_id: sorted(dict.fromkeys(texts), key=len, reverse=True)[:MOST]
        for item_id, texts in found.items()
        if texts
    }


def story(text: str, source: str) -> list[str]:
    """The clauses of a plot; of an encyclopedia's article those that tell what happens."""
    cut = [clause for clause in clauses(text) if len(clause.split()) >= 4]
    if source != "wikipedia":
        return cut
    return [clause for clause in cut if _TELLS.search(clause) and not _PRODUCTION.search(clause)]


if __name__ == "__main__":
    sys.exit(main())
