"""Imports point one way: from the stages of a turn down to values and text."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "wherefore"
# From the bottom up: a package or file imports only what stands on lower floors.
FLOORS = (
    {"errors", "files", "progress"},
    {"text", "extends"},
    {"config", "catalog"},
    {"dialogue"},
    {"lm", "corpora"},
    {"reading", "retrieval"},
    {"ranking", "build"},
    {"checkpoint", "writing"},
    {"reply", "turn"},
    {"recommender", "training"},
    {"evaluation", "serving"},
    {"cli"},
    {"__main__"},
)
FLOOR_OF = {unit: number for number, units in enumerate(FLOORS) for unit in units}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> set[str]:
    """The modules below `wherefore` that a file imports anywhere, in functions and for types, too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "wherefore":
            base = (node.module or "").removeprefix("wherefore").lstrip(".")
            for alias in node.names:
                whole = f"{base}.{alias.name}".lstrip(".")
                found.add(whole if whole in NAMES else base)
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.removeprefix("wherefore.") for alias in node.names if "wherefore." in alias.name
            }
    return found - {""}


NAMES = {module_of(path) for path in MODULES}


@cache
def imports() -> dict[str, set[str]]:
    """What each module imports."""
    return {module_of(path): imported(path) for path in MODULES}


def unit(module: str) -> str:
    """The package, or the file at the top."""
    return module.partition(".")[0]


def test_every_package_has_its_floor():
    assert len(MODULES) > 80 and len(FLOORS) <= 13
    assert {unit(name) for name in NAMES} == set(FLOOR_OF)


@pytest.mark.parametrize("module", sorted(NAMES))
def test_imports_point_down(module):
    up = {
        other
        for other in imports()[module]
        if unit(other) != unit(module) and FLOOR_OF[unit(other)] >= FLOOR_OF[unit(module)]
    }
    assert not up, f"{module} imports {', '.join(sorted(up))} from its own floor or above"


def test_no_module_imports_itself_by_a_detour():
    done: dict[str, bool] = {}

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in done:
            for other in sorted(imports().get(module, ())):
                visit(other, (*path, module))
            done[module] = True

    for module in sorted(imports()):
        visit(module, ())
    assert set(done) >= NAMES
