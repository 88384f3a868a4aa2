"""The public surface: names, documentation, and which way imports point."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import wherefore
from wherefore import errors

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
    assert {"catalog.py", "talking.py", "reader.py"} <= {path.name for path in MODULES}


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


def classes_in(hint):
    """The classes of this package that an annotation speaks of."""
    if isinstance(hint, list):
        return set().union(*map(classes_in, hint))
    if inspect.isclass(hint) and not typing.get_args(hint):
        return {hint} if hint.__module__.partition(".")[0] == "wherefore" else set()
    return set().union(*map(classes_in, typing.get_args(hint)))


def annotations_of(thing):
    """Public methods, properties and fields of a class with their annotations; functions with theirs."""
    if inspect.isfunction(thing):
        yield thing.__name__, typing.get_type_hints(thing)
        return
    for cls in (one for one in thing.__mro__ if one.__module__.startswith("wherefore")):
        fields = typing.get_type_hints(cls)
        yield cls.__name__, {name: hint for name, hint in fields.items() if not name.startswith("_")}
        for name, member in vars(cls).items():
            method = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if not name.startswith("_") and inspect.isfunction(method):
                yield f"{cls.__name__}.{name}", typing.get_type_hints(method)


def test_what_public_things_take_and_give_is_public_too():
    public = {getattr(wherefore, name) for name in wherefore.__all__ if name != "Event"}
    public |= set(typing.get_args(wherefore.Event))
    seen = set()
    for thing in public:
        for where, hints in annotations_of(thing):
            for name, hint in hints.items():
                found = classes_in(hint)
                assert found <= public, f"{name} of {where}: {found - public} is not exported"
                seen |= found
    assert {wherefore.Ask, wherefore.Count, wherefore.Dialogue, wherefore.Mention, wherefore.Reply} <= seen


def test_all_errors_are_public():
    own = {
        name
        for name, one in vars(errors).items()
        if inspect.isclass(one) and one.__module__ == errors.__name__
    }
    assert len(own) > 10 and own <= set(wherefore.__all__)


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
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600
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
