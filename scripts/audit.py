"""Looks for known vulnerabilities in the versions that constraints.txt names, where the network has the advisories.

    python scripts/audit.py

Ends with 1 where there is one that scripts/audit-ignore.yaml does not list, or lists beyond its day; with 0 where there
is none, and where it could not be looked for, which it says.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
IGNORED = Path(__file__).with_name("audit-ignore.yaml")


@dataclass(frozen=True)
class Found:
    """A vulnerability of a version of a package, under all its names."""

    package: str
    version: str
    names: tuple[str, ...]
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        mended = f"mended in {', '.join(self.fixed)}" if self.fixed else "not mended in any version yet"
        return f"{self.package} {self.version}: {', '.join(self.names)} ({mended})"


def ignored(file: Path) -> dict[str, datetime.date]:
    """The vulnerabilities that somebody has looked at, and until when that holds.

    Raises:
        ValueError: If an entry lacks its id, its reason or its day, or has more.
    """
    entries = (yaml.safe_load(file.read_text(encoding="utf-8")) or []) if file.is_file() else []
    days = {}
    for entry in entries:
        if not (
            isinstance(entry, dict)
            and set(entry) == {"id", "reason", "until"}
            and isinstance(entry["reason"], str)
            and entry["reason"].strip()
            and isinstance(entry["until"], datetime.date)
        ):
            raise ValueError(
                f"{file.name} has the entry {entry!r}; each has id, reason and until: YYYY-MM-DD"
            )
        days[str(entry["id"])] = entry["until"]
    return days


def command(lock: Path) -> list[str]:
    """What asks for advisories of the versions in a file: it installs nothing and resolves nothing."""
    options = [
        "--no-deps",
        "--disable-pip",
        "--format",
        "json",
        "--progress-spinner",
        "off",
        "--timeout",
        "10",
    ]
    return [sys.executable, "-m", "pip_audit", "--requirement", str(lock), *options]


def asked(words: Sequence[str], seconds: float) -> dict[str, Any]:
    """What was told of all packages.

    Raises:
        OSError: If nothing was told: no network, no such module, or too slow.
    """
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"no answer within {seconds:g} seconds") from error
    try:
        told = json.loads(done.stdout)
        return {"dependencies": list(told["dependencies"])}
    except (ValueError, KeyError, TypeError) as error:
        lines = done.stderr.strip().splitlines() or [f"nothing was told, and it ended with {done.returncode}"]
        raise OSError(lines[-1][:200]) from error


def vulnerabilities(told: dict[str, Any]) -> Iterator[Found]:
    """What is wrong, package by package."""
    for package in told["dependencies"]:
        for one in package.get("vulns", ()):
            yield Found(
                package["name"],
                package["version"],
                (one["id"], *one.get("aliases", ())),
                tuple(one.get("fix_versions", ())),
            )


def main(arguments: Sequence[str] | None = None, today: datetime.date | None = None) -> int:
    """Say what was found; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lock", type=Path, default=ROOT / "constraints.txt", help="the versions")
    parser.add_argument("--ignored", type=Path, default=IGNORED, help="what was looked at")
    parser.add_argument("--seconds", type=float, default=90.0, help="how long to wait for all of it")
    given = parser.parse_args(arguments)
    until = ignored(given.ignored)
    try:
        told = asked(command(given.lock), given.seconds)
    except OSError as error:
        print(f"not audited: {error}")
        return 0
    today = today or datetime.date.today()
    failed, known = [], 0
    for one in vulnerabilities(told):
        days = [until[name] for name in one.names if name in until]
        if days and max(days) >= today:
            known += 1
        else:
            failed.append(f"{one}{f'; ignored until {max(days)}, which is over' if days else ''}")
    skipped = [one["name"] for one in told["dependencies"] if "skip_reason" in one]
    audited = len(told["dependencies"]) - len(skipped)
    if not audited:
        print(f"not audited: the service that was asked knows none of the {len(skipped)} packages")
        return 0
    for line in failed:
        print(line)
    print(
        f"{audited} packages audited, {len(failed)} vulnerabilities, {known} ignored"
        + (f"; {len(skipped)} not known there, such as {', '.join(skipped[:5])}" if skipped else "")
    )
    if failed:
        print(f"Take a mended version (make lock), or say in {given.ignored.name} why it does no harm.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
