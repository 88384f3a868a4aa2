"""Rankings on disk, as JSON lines: written, and read as a system."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path

from wherefore.corpora.base import CorpusDialogue, Instance
from wherefore.corpora.files import read_lines
from wherefore.errors import TrainingError
from wherefore.evaluation.system import Rank, in_order, ranking_of
from wherefore.files import write_aside
from wherefore.progress import Progress


def write_predictions(
    rank: Rank, instances: Iterable[Instance], path: str | Path, progress: Progress | None = None
) -> int:
    """Write rankings as JSON lines, `{"dialogue_id", "turn", "ranked"}`; gives their number.

    Raises:
        TrainingError: If a ranking repeats an item.
    """
    todo = list(instances)
    with write_aside(path) as aside, aside.open("w", encoding="utf-8") as lines:
        for done, instance in enumerate(in_order(rank, todo), 1):
            row = {
                "dialogue_id": instance.dialogue.id,
                "turn": instance.turn,
                "ranked": ranking_of(rank, instance),
            }
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            if progress is not None:
                progress(done, len(todo))
    return len(todo)


def read_predictions(
    path: str | Path,
    dialogues: Iterable[CorpusDialogue] | None = None,
    items: Collection[str] | None = None,
) -> Rank:
    """Rankings of a file as a system; an instance that the file lacks gets an empty ranking.

    Args:
        path: JSON lines as `write_predictions` makes them.
        dialogues: All that may be predicted; None: any.
        items: Ids of all items that may be ranked; None: any.

    Raises:
        CorpusNotFoundError: If there is no such file.
        TrainingError: If a line is not a prediction, an instance is predicted twice, or a dialogue, a turn or
            an item is unknown.
    """
    lengths = None if dialogues is None else {one.id: len(one.turns) for one in dialogues}
    known = None if items is None else frozenset(items)
    given: dict[tuple[str, int], list[str]] = {}
    for where, row in read_lines(Path(path)):
        key, ranked = (row.get("dialogue_id"), row.get("turn")), row.get("ranked")
        if not isinstance(key[0], str) or type(key[1]) is not int or not isinstance(ranked, list):
            raise TrainingError(
                f'{where} is not {{"dialogue_id": text, "turn": number, "ranked": [item ids]}}'
            )
        wrong = next((item for item in ranked if not isinstance(item, str)), None)
        if wrong is not None:
            raise TrainingError(f"{where} ranks {wrong!r}; item ids are text, so write them in quotes")
        if key in given:
            raise TrainingError(f"{where} predicts dialogue {key[0]!r}, turn {key[1]} a second time")
        if lengths is not None and not 0 <= key[1] < lengths.get(key[0], 0):
            seen = f"turns 0 to {lengths[key[0]] - 1}" if lengths.get(key[0]) else "no such dialogue"
            example = next(iter(lengths), "")
            raise TrainingError(
                f"{where} predicts dialogue {key[0]!r}, turn {key[1]}, and the split to predict has {seen}; "
                f"use the corpus' own ids, like {example!r}, and the split that the file was made for"
            )
        if known is not None and not known.issuperset(ranked):
            unknown = [item for item in ranked if item not in known]
            raise TrainingError(
                f"{where} ranks item {unknown[0]!r}, which the corpus does not have ({len(unknown)} of the line's "
                f"{len(ranked)}); rank ids of its {len(known):,} items, like {min(known, default='')!r}"
            )
        given[key[0], key[1]] = ranked
    return lambda instance: given.get((instance.dialogue.id, instance.turn), [])
