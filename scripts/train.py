"""Train a model from a config.

    python scripts/train.py configs/starter.yaml --out runs/starter [train.save_every=50 ...]
    accelerate launch --config_file configs/accelerate/multi-gpu.yaml scripts/train.py ...    (on several GPUs)

Run the same command again after Ctrl-C or a crash: it goes on where the newest checkpoint is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, load the config, train."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path)
    parser.add_argument("overrides", nargs="*", help="like train.save_every=50")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    options = parser.parse_args(argv)

    from wherefore.config import Config
    from wherefore.training.parallel import processes
    from wherefore.training.train import train
    from wherefore.training.trainer import TrainingStopped

    try:
        checkpoint = train(Config.load(options.config, options.overrides), options.out, progress=True)
    except (
        ValueError,
        FileNotFoundError,
        FloatingPointError,
        MemoryError,
        ImportError,
        TrainingStopped,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if processes().is_main_process:
        print(f"checkpoint: {checkpoint}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
