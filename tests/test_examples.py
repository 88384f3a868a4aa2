"""The programs of `examples/` run."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
SAYS = {
    "movies.py": "is directed by",
    "own_catalogue.py": "Paper Lanterns",
    "fine_tune.py": "1. **",
}


def test_every_example_is_known():
    assert {path.name for path in FOLDER.glob("*.py")} == set(SAYS)


TRAINS = "fine_tune.py"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name == TRAINS)) for name in sorted(SAYS)]
)
def test_an_example_runs(name, capsys, little_practice):
    runpy.run_path(str(FOLDER / name), run_name="__main__")
    assert SAYS[name] in capsys.readouterr().out
