"""The public surface: names, documentation, and which way imports point."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import wherefore

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "wherefore"
MODULES = sorted(path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*.py"))
HEAVY = {"datasets", "faiss", "gradio", "pandas", "peft", "sentence_transformers", "torch", "transformers"}


def name_of(module):
    """wherefore/corpora/base.py -> wherefore.corpora.base."""
    return ".".join(module.with_suffix("").parts).removesuffix(".__init__")


def imports(module):
    """Names of modules that a file imports anywhere, those for type checking left out."""
    tree = ast.parse((PACKAGE.parent / module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_there_are_modules():
    assert {"catalog.py", "cli.py", "reader.py"} <= {path.name for path in MODULES}


def test_exported_names_are_sorted_and_exist():
    names = list(wherefore.__all__)
    assert "Recommender" in names
    assert names == sorted(names)
    assert len(names) == len(set(names))
    for name in names:
        assert getattr(wherefore, name, None) is not None, name
    assert set(names) <= set(dir(wherefore))


def test_exported_names_are_documented():
    for name in wherefore.__all__:
        thing = getattr(wherefore, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            # A dataclass without a docstring gets its signature as one.
            assert thing.__doc__ and not thing.__doc__.startswith(f"{name}("), name


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_says_what_it_is(module):
    tree = ast.parse((PACKAGE.parent / module).read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)


@pytest.mark.parametrize(
    "module",
    [
        "wherefore",
        "wherefore.catalog.catalog",
        "wherefore.cli",
        "wherefore.reading.reader",
        "wherefore.writing.check",
    ],
)
def test_light_modules_import_nothing_heavy(module):
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert not HEAVY & {name.partition(".")[0] for name in loaded.stdout.split()}


def test_nothing_imports_the_page_or_the_scripts():
    for module in MODULES:
        roots = {name.partition(".")[0] for name in imports(module)}
        assert not roots & {"app", "scripts", "tests", "ui"}, module


def test_no_machine_paths_and_no_pickle():
    for module in MODULES:
        text = (PACKAGE.parent / module).read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])/(work|root|home|farm)/", text), module
        assert not {"pickle", "dill", "joblib", "cloudpickle"} & {
            n.partition(".")[0] for n in imports(module)
        }, module


def test_the_wheel_declares_types():
    assert (PACKAGE / "py.typed").is_file()
