"""The column report on a terminal, and the schema file beside it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wherefore.errors import ConfigError

if TYPE_CHECKING:
    from wherefore.catalog.catalog import Catalog
    from wherefore.catalog.report import ReportRow

_WIDTH = 120  # characters, at least


def print_report(
    file: Path, items: Catalog, declared: Path | None, out_schema: Path | None, force: bool
) -> None:
    """Print what the columns of a file are taken for, and write a schema file for people to change.

    Args:
        file: The file of the items.
        items: The items.
        declared: The schema file that they were read by, if any; then none is written unless `out_schema` says where.
        out_schema: Where to write the schema file; `FILE.schema.yaml` when None.
        force: Write over a file that is there.

    Raises:
        ConfigError: If `out_schema` is there already and `force` is not given.
    """
    if out_schema is not None and out_schema.exists() and not force:
        raise ConfigError(f"{out_schema} is there already; --force writes over it")
    target = out_schema or (None if declared is not None else file.with_name(f"{file.name}.schema.yaml"))
    kept = target is not None and target.exists() and not force
    if target is not None and not kept:
        target.write_text(items.starter_schema(target.name), encoding="utf-8")
    _print_table(items)
    for line in _general(items):
        print(line)
    print("\nHow to put it right:")
    if target is None:
        print(f"  Change {declared}, and run this again.")
        return
    if kept:
        print(
            f"  {target} is there already and was left as it is; --force writes it anew, --out-schema elsewhere."
        )
    else:
        print(
            f"  {target} says all this; change in it what is wrong: `kind`, `separator`, `unit`, `phrase`, `noun`."
        )
    print(f"  See what your changes do: wherefore index {file} --schema {target} --report")
    print(f"  Then: wherefore chat --catalog {file} --schema {target}")


def _print_table(items: Catalog) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from wherefore.serving.display import plain

    schema = items.schema
    title = f"{items.name}: {len(items):,} {schema.plural if len(items) > 1 else schema.noun}"
    table = Table("Column", "Taken as", "Unit, list", "Samples", "Known", "Warnings", title=plain(title))
    for row in items.report():
        table.add_row(*(Text(plain(cell)) for cell in _cells(row)), style=None if row.used else "dim")
    console = Console(file=sys.stdout, emoji=False, highlight=False)
    console.width = max(_WIDTH, console.width)
    console.print(table)


def _cells(row: ReportRow) -> Sequence[str]:
    known = f"{row.known:.0%}{' yes' if row.flag else ''}" if row.samples else ""
    how = ", ".join(filter(None, (row.unit, row.separator)))
    column = row.column or "(none)"
    return column, row.taken, how, " · ".join(row.samples), known, "; ".join(row.warnings)


def _general(items: Catalog) -> list[str]:
    from wherefore.catalog.notes import noted
    from wherefore.serving.display import plain

    return [f"note: {plain(line)}" for line in noted(note for note in items.notes if not note.column)]
