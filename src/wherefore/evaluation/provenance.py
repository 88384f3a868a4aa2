"""What stands beside every figure: command, commit, seed, hardware and a hash of the data."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import wherefore


def provenance(command: str, seed: int, files: Iterable[Path] = ()) -> dict[str, Any]:
    """What stands beside every figure: command, commit, seed, hardware and a hash of the data."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as data:
            while chunk := data.read(1 << 20):
                digest.update(chunk)
    return {
        "command": command,
        "commit": _commit(),
        "seed": seed,
        "hardware": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "data_sha256": digest.hexdigest(),
    }


def code_hash() -> str:
    """A hash of all the package's code."""
    digest = hashlib.sha256()
    for file in sorted(Path(wherefore.__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


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
