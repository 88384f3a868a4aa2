"""Measure loading catalogues in full size, and write down what their columns are taken for.

    python scripts/measure_catalogs.py [--out results/catalogs.json] [--report results/catalogs.md]

Loads each table of scripts/catalog_shapes.py, and the catalogues of a folder of data (`--data`), in a process of its
own: seconds to load and to make the column report, and megabytes that memory grows by at most meanwhile, beside what
the imports take. A file that is refused is read again with `skip_bad`. `--index` also builds the index, with its
vectors, of the tables that have at most 5,000 rows.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from catalog_shapes import SHAPES
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.notes import noted
from wherefore.errors import CatalogError
from wherefore.evaluation.provenance import provenance, save_figures

ROOT = Path(__file__).resolve().parents[1]
_INDEXED = 5000  # rows, at most
_EXAMPLES = ("items.jsonl.gz", "catalogue_core.jsonl.gz")  # the files of a data folder that are catalogues


def main(argv: Sequence[str] | None = None) -> int:
    """Write the tables, load each, tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rows", type=int, help="rows of each table, at most; by default as many as it is known for"
    )
    parser.add_argument("--only", nargs="*", help="the tables, by parts of their names")
    parser.add_argument(
        "--data", type=Path, default=ROOT.parent / "shared" / "data", help="folders with catalogues"
    )
    parser.add_argument(
        "--index", action="store_true", help="build the index of small tables, too: takes minutes"
    )
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    parser.add_argument("--report", type=Path, help="Markdown file for the column reports")
    parser.add_argument(
        "--one", type=Path, help=argparse.SUPPRESS
    )  # load this file and print what was measured
    given = parser.parse_args(argv)
    if given.one is not None:
        print(json.dumps(measured(given.one, given.index), ensure_ascii=False))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        shapes = [
            shape.write(Path(folder), given.rows) for shape in SHAPES if _wanted(shape.file, given.only)
        ]
        files = {path.name: path for path in shapes}
        files |= {name: path for name, path in _catalogues(given.data) if _wanted(name, given.only)}
        found = {name: _apart(name, path, given.index) for name, path in files.items()}
        command = (
            "python scripts/measure_catalogs.py --out results/catalogs.json --report results/catalogs.md"
        )
        source = provenance(command, 0, files.values())
    if given.report is not None:
        given.report.write_text(report(found, source["commit"]), encoding="utf-8")
    if given.out is not None:
        figures = {name: _figures(one) for name, one in found.items()}
        save_figures(given.out, {"catalogs": figures, **source})
    return 0


def _figures(one: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured, without the texts of the report; of a refusal its first line."""
    kept = {key: value for key, value in one.items() if key not in ("report", "lost")}
    return kept | ({"refused": one["refused"].splitlines()[0]} if "refused" in one else {})


def _wanted(name: str, only: Sequence[str] | None) -> bool:
    return only is None or any(part in name for part in only)


def _catalogues(data: Path) -> Iterable[tuple[str, Path]]:
    """The catalogues of a folder of data sets, with their names."""
    for path in sorted(data.glob("*/*")):
        if path.name in _EXAMPLES:
            yield f"{path.parent.name}/{path.name}", path


def _apart(name: str, path: Path, index: bool) -> dict[str, Any]:
    """What a process of its own measures of a file."""
    command = [sys.executable, __file__, "--one", str(path), *(["--index"] if index else [])]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"{name} could not be measured:\n{run.stderr}")
    found: dict[str, Any] = json.loads(run.stdout)
    told = {key: value for key, value in found.items() if key not in ("report", "refused")}
    print(name, json.dumps(told), flush=True)
    return found


def measured(path: Path, index: bool = False) -> dict[str, Any]:
    """What loading a file takes and gives.

    Args:
        path: The file.
        index: Whether to build its index, too, if it is small.
    """
    found: dict[str, Any] = {}
    before = _peak()
    began = time.perf_counter()
    try:
        catalog = Catalog.load(path)
    except CatalogError as error:
        found["refused"] = str(error)
        began = time.perf_counter()
        try:
            catalog = Catalog.load(path, skip_bad=True)
        except CatalogError as again:
            return found | {"report": f"refused, without the bad rows, too: {again}"}
    loaded = time.perf_counter()
    rows, text = catalog.report(), catalog.describe()
    ended = time.perf_counter()
    found |= {
        "items": len(catalog),
        "columns": len({row.column for row in rows}),
        "fields_used": sum(row.used for row in rows),
        "notes": len(catalog.notes),
        "load_seconds": round(loaded - began, 2),
        "report_seconds": round(ended - loaded, 2),
        "memory_mb": round(_peak() - before),
    }
    if index and len(catalog) <= _INDEXED:
        found |= _indexed(catalog)
    return found | {"report": text, "lost": noted(note for note in catalog.notes if note.lost)}


def _indexed(catalog: Catalog) -> dict[str, Any]:
    from wherefore.recommender import Recommender  # loads torch

    began = time.perf_counter()
    Recommender.from_catalog(catalog)
    return {"index_seconds": round(time.perf_counter() - began, 1), "index_memory_mb": round(_peak())}


def _peak() -> float:
    """Megabytes that this process had at most."""
    status = Path("/proc/self/status")
    if status.is_file():  # what `resource` tells begins with the peak of the process that started this one
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def report(found: Mapping[str, Mapping[str, Any]], commit: str) -> str:
    """A page of the column reports, one after the other.

    Args:
        found: What was measured of each file.
        commit: The commit it was measured at.
    """
    lines = [
        "# Catalogues in full size",
        "",
        f"What the columns of each are taken for, by `scripts/measure_catalogs.py` at {commit}. The files are in the",
        "shapes of well-known data sets, with invented facts; those with a folder in their names are real.",
    ]
    for name, one in found.items():
        lines += ["", f"## {name}", ""]
        if "refused" in one:
            lines += ["Refused:", "", "```text", one["refused"], "```", "", "Without the bad rows:", ""]
        lines += ["```text", one["report"], "```"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
