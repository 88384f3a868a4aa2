"""Train the starter and put it into the package.

    python scripts/make_starter.py [--out runs/starter] [--short] [overrides like train.save_every=50]

Makes dialogues from the catalogue's facts and the tastes of MovieTweetings (scripts/make_dialogues.py), runs every
stage of configs/starter.yaml (about an hour and a half on 2 CPU cores; Ctrl-C and run again to go on), then writes
src/wherefore/assets/starter in half precision with its model card. `--short` takes a twentieth of the steps: a starter
that works, badly, in some minutes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherefore.config import Config

ROOT = Path(__file__).resolve().parents[1]
RATINGS = (
    f"movietweetings={ROOT.parent / 'shared' / 'data' / 'movietweetings_100k'}"  # whose tastes are played
)
PLOTS = ROOT / "runs" / "plots.safetensors"  # by scripts/plot_vectors.py, if it was run
REQUESTS = ROOT / "data" / "requests" / "requests.tsv.xz"
DIALOGUES, EPOCHS = 3000, 8
MOST = 24 * 1024 * 1024  # bytes that the package gives to weights, catalogue and index in all


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, train, install."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("overrides", nargs="*", help="like train.save_every=50")
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "starter.yaml")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "starter", help="folder of the run")
    parser.add_argument("--assets", type=Path, default=ROOT / "src" / "wherefore" / "assets")
    parser.add_argument(
        "--refit",
        action="store_true",
        help="train nothing: put the starter as it is onto the built-in catalogue as it is now",
    )
    parser.add_argument("--short", action="store_true", help="a twentieth of the steps")
    options = parser.parse_args(argv)

    from wherefore.config import Config
    from wherefore.files import write_aside
    from wherefore.training.starter import refit_starter, shortened, train_starter
    from wherefore.training.trainer import TrainingStopped

    try:
        config = Config.load(options.config, options.overrides)
        notes = {"made_by": "scripts/make_starter.py" + (" --short" if options.short else "")}
        if options.refit:
            starter = options.assets / "starter"
            refit_starter(config, starter, options.out, starter, PLOTS)
            return 0
        config, count, epochs = (shortened(config), 100, 1) if options.short else (config, DIALOGUES, EPOCHS)
        checkpoint = train_starter(config, options.out, RATINGS, count, notes, REQUESTS, epochs, PLOTS)
    except (ValueError, FileNotFoundError, FloatingPointError, MemoryError, TrainingStopped) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    with write_aside(options.assets / "starter") as aside:
        shutil.copytree(checkpoint, aside)
    size = sum(path.stat().st_size for path in (options.assets / "starter").rglob("*") if path.is_file())
    size += (options.assets / "movies.parquet").stat().st_size
    print(
        f"{options.assets / 'starter'}: {size / 2**20:.1f} MiB with the catalogue, of {MOST / 2**20:.0f} allowed"
    )
    (options.assets / "STARTER.md").write_text(card(config, options.out), encoding="utf-8")
    return 0 if size <= MOST else 1


def card(config: Config, run: Path) -> str:
    """The model card: what it is, what it was trained on, how the losses ended."""
    lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    last = {name: value for line in lines for name, value in json.loads(line).items()}
    losses = "\n".join(
        f"| {name} | {value:.3f} |"
        for name, value in sorted(last.items())
        if name.endswith(("_lm", "ranking", "contrast", "text"))
    )
    window = config.llm.max_dialogue_tokens
    return f"""# The starter

The model that Wherefore comes with: all-MiniLM-L6-v2 (22.7 M parameters, Apache-2.0) as a causal decoder under a
LoRA adapter, with an item encoder and a ranking head, for the built-in catalogue of movies. English.

**Made by** `python scripts/make_starter.py` from `configs/starter.yaml`; anyone can run it again.

**Trained on** data that may be passed on, and nothing else:

| data | licence |
|---|---|
| ReDial, training dialogues (Li et al., 2018) | CC BY 4.0 |
| Schema-Guided Dialogue (Rastogi et al., 2020) | CC BY-SA 4.0 |
| Taskmaster-4 (Google) | CC BY 4.0 |
| MovieTweetings, rating counts and who likes what together (Dooms et al., 2013) | MIT |
| dialogues and sentences made by this project's own grammar from the catalogue's facts | Apache-2.0 |
| requests in people's own words, and what movies are about (`data/`, written for this project) | Apache-2.0 |
| labelled messages (`data/messages`, written for this project), for the judge that reads | Apache-2.0 |
| small catalogues and what people ask of them (`data/shops`), for the cross-encoder | Apache-2.0 |

No dialogue, plot or review is in the package: weights, facts, texts written for this project, and vectors of the plots
of the few movies that have no such text.

**Losses at the end of training**

| loss | value |
|---|---|
{losses}

**Limits.** It ranks and words reasons; it does not know more of a film than the catalogue's record. The encoder of
requests learned from three quarters of `data/requests/requests.tsv`, the ranking head from the rest. It reads the
newest {window} tokens of a dialogue. Its sentences are checked against the record and replaced by plain ones when
they fail.
"""


if __name__ == "__main__":
    sys.exit(main())
