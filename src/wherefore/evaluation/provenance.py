"""What stands beside every figure: command, commit, seed, hardware and a hash of the data."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import wherefore
from wherefore.files import sha256, write_aside


def provenance(command: str, seed: int, files: Iterable[Path] = ()) -> dict[str, Any]:
    """What stands beside every figure: command, commit, seed, hardware and a hash of the data."""
    return {
        "command": command,
        "commit": _commit(),
        "seed": seed,
        "hardware": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "data_sha256": sha256(*files),
    }


def save_figures(path: Path, figures: Mapping[str, Any], over: bool = False) -> None:
    """Write figures as JSON; with `over`, those of an earlier file that have other names stay."""
    kept = json.loads(path.read_text(encoding="utf-8")) if over and path.is_file() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_aside(path) as aside:
        aside.write_text(
            json.dumps({**kept, **figures}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def code_hash() -> str:
    """A hash of all the package's code."""
    return sha256(*sorted(Path(wherefore.__file__).parent.rglob("*.py")))


def _commit() -> str:
    """The commit of the source tree, marked when files differ from it; "unknown" outside a repository."""
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return run.stdout.strip() if run.returncode == 0 else "unknown"


def _processor() -> str:
    """What the processor is called."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
