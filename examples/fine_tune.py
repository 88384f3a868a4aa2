"""Fine-tune on dialogues of your own, measure, and talk to the result. A few steps only: a minute on a laptop.

python examples/fine_tune.py
"""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path

from wherefore import Config, Recommender
from wherefore.training.train import train

CONFIG = Path(__file__).parents[1] / "configs" / "own.yaml"
BOOKS = [
    (f"b{n}", f"Book of {what}", 1990 + n, genre)
    for n, (what, genre) in enumerate(
        [
            ("Rain", "mystery"),
            ("Salt", "romance"),
            ("Iron", "mystery"),
            ("Glass", "romance"),
            ("Ash", "mystery"),
            ("Snow", "romance"),
        ]
    )
]
STEPS = [
    {"name": "sources", "losses": {"source_ranking": 1.0}, "steps": 4, "batch_size": 4},
    {"name": "ranking", "losses": {"ranking": 1.0, "wording_lm": 1.0}, "steps": 4, "batch_size": 2},
]


def write_data(folder: Path) -> None:
    """A catalogue as CSV, and one dialogue a line: `@` and an id stand where an item is named."""
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "title", "year", "genres"), *BOOKS])
    with (folder / "dialogues.jsonl").open("w", encoding="utf-8") as file:
        for number in range(24):
            liked, better = f"b{number % 6}", f"b{(number + 2) % 6}"
            turns = [
                {"role": "user", "text": f"I loved @{liked}. What next?", "items": [liked]},
                {"role": "assistant", "text": f"Try @{better}.", "items": [better]},
            ]
            split = "valid" if number % 6 == 5 else "train"
            file.write(json.dumps({"dialogue_id": str(number), "split": split, "turns": turns}) + "\n")


def main() -> None:
    """From two files to a recommender that was trained on them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder)
        config = Config.load(
            CONFIG,
            [
                f"catalog={folder / 'items.csv'}",
                f"corpora=[{{name: jsonl, path: {folder / 'dialogues.jsonl'}}}]",
                f"train.stages={json.dumps(STEPS)}",
            ],
        )
        checkpoint = train(config, folder / "run")
        recommender = Recommender.from_pretrained(checkpoint)
        reply = recommender.generate([{"role": "user", "content": "I loved Book of Rain. What next?"}], k=2)
        print(reply.text)


if __name__ == "__main__":
    main()
