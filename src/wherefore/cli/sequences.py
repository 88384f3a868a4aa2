"""Commands for sequences without a conversation: what comes next, and a tower that learns it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wherefore.cli.options import (
    CatalogOption,
    CheckpointOption,
    SchemaOption,
    SeedOption,
    SetOption,
    SkipBadOption,
    command_line,
    console_on,
    progress_bar,
    recommender_from,
    say,
)
from wherefore.errors import ConfigError

if TYPE_CHECKING:
    from wherefore.evaluation.sequences import Task
    from wherefore.retrieval.index import Index
    from wherefore.retrieval.zero_shot import ZeroShotWay
    from wherefore.training.sequences import SequenceTraining


def next_(
    history: Annotated[
        list[str],
        typer.Option(
            "--history", help="What the user took, oldest first: --history A --history B, ids or titles."
        ),
    ],
    catalog: CatalogOption = None,
    schema: SchemaOption = None,
    checkpoint: CheckpointOption = "starter",
    k: Annotated[int, typer.Option("--k", min=1, help="Length of the list.")] = 10,
    again: Annotated[bool, typer.Option("--again", help="Let items of the history be listed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
    settings: SetOption = None,
    skip_bad: SkipBadOption = False,
    more: Annotated[
        list[str] | None, typer.Argument(help="The rest of the history: --history A B C.", show_default=False)
    ] = None,
) -> None:
    """List what goes with items that a user took, without a conversation."""
    recommender = recommender_from(catalog, schema, checkpoint, settings, skip_bad=skip_bad)
    listed = recommender.next_items([*history, *(more or ())], k=k, again=again)
    if as_json:
        told = {
            "by": recommender.retriever.follower.name,
            "recommendations": [one.to_json() for one in listed],
        }
        print(json.dumps(told, indent=2))
        return

    from rich.table import Table as RichTable
    from rich.text import Text

    from wherefore.serving.display import table

    shown = table([one.item for one in listed], recommender.catalog)
    made = RichTable()
    for head in (*shown.headers, "id", "score"):
        made.add_column(Text(head))
    for row, one in zip(shown.rows, listed, strict=True):
        made.add_row(*(Text(cell) for cell in (*row, one.item.id, f"{one.score:.3f}")))
    console_on(sys.stdout).print(made)


def train_sequences(
    context: typer.Context,
    data: Annotated[
        Path,
        typer.Argument(
            help="A folder with items.jsonl and sequences.jsonl (or .csv, .gz); or a file of sequences."
        ),
    ],
    catalog: CatalogOption = None,
    schema: SchemaOption = None,
    signals: Annotated[
        str,
        typer.Option(
            "--signals",
            help="What is read of items, of text, values, numbers, counts, ids. `ids` alone is SASRec.",
        ),
    ] = "text,values,numbers",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder of the run, kept after each epoch. Default: one in runs/.",
        ),
    ] = None,
    seed: SeedOption = 0,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting, like epochs=40 or shape.width=64.", show_default=False),
    ] = None,
    vectors: Annotated[
        Path | None,
        typer.Option("--vectors", help="Folder that keeps text vectors. Default: the user's cache folder."),
    ] = None,
    results: Annotated[
        Path | None, typer.Option("--results", help="Report to put the figures into; other runs in it stay.")
    ] = None,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Measure popularity and frozen vectors; train nothing.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option("--save", help="Save --checkpoint here with this catalogue and the trained tower."),
    ] = None,
    checkpoint: CheckpointOption = "starter",
) -> None:
    """Learn from sequences which item comes next, and measure it.

    Stopped, the same command goes on after the last whole epoch. Of each user the last item is the test and the one
    before it validation.
    """
    from wherefore.evaluation import sequences as measuring

    how = training_of(signals, seed, settings or ())
    if save is not None and baselines:
        raise ConfigError("--save keeps a trained tower, and --baselines trains none; leave one out")
    task, keep = _task(data, catalog, schema, vectors, save, checkpoint)
    files = [data] if data.is_file() else sorted(data.glob("*.gz")) or sorted(data.glob("*.*"))

    def report(variant: str, figures: dict[str, Any], of_seed: int | None) -> None:
        from wherefore.evaluation.provenance import provenance

        shown = {name: one for name, one in figures.items() if name not in ("curve", "settings")}
        print(f"{variant}: " + json.dumps(measuring.rounded(shown)), flush=True)
        if results is not None:
            told = provenance(command_line(context), seed, files)
            print(
                measuring.summary_table(measuring.merge_run(results, task, variant, figures, told, of_seed))
            )

    if baselines:
        report("popularity", measuring.popularity(task), None)
        with progress_bar("Curve") as progress:
            found = measuring.zero_shot(task, progress)
        for variant, figures in found.items():
            report(variant, figures, None)
        return
    folder = out or Path("runs") / f"sequences-{task.name}-{'-'.join(how.signals)}-{seed}"
    with _epochs() as show:
        tower, done, figures = measuring.trained(task, how, folder, show)
    report(measuring.variant_of(how), figures, seed)
    if keep is not None:
        keep(tower)
        print(f"Saved. Now: wherefore next --checkpoint {save} --history ID")


def training_of(signals: str, seed: int, settings: Sequence[str]) -> SequenceTraining:
    """The settings that the options ask for.

    Raises:
        ConfigError: If a setting is unknown, or its value not allowed.
    """
    from dataclasses import fields, replace

    import yaml

    from wherefore.retrieval.sequence_network import SequenceShape
    from wherefore.training.sequences import SequenceTraining

    made = SequenceTraining(
        signals=tuple(one.strip() for one in signals.split(",") if one.strip()), seed=seed
    )
    known = {one.name for one in fields(SequenceTraining)} - {"signals", "shape", "seed"}
    known |= {f"shape.{one.name}" for one in fields(SequenceShape)}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if name not in known or not equals:
            raise ConfigError(f"--set {setting!r}: give NAME=VALUE, NAME one of {', '.join(sorted(known))}")
        value = yaml.safe_load(text)
        part, _, inner = name.partition(".")
        now = getattr(made.shape, inner) if inner else getattr(made, part)
        if type(now) is float and type(value) is int:
            value = float(value)
        if type(now) is float and isinstance(value, str):  # YAML takes 1e-3 for a text
            value = _number(value, setting)
        if type(value) is not type(now):
            raise ConfigError(
                f"--set {setting!r}: {value!r} is no {type(now).__name__}; it is {now!r} by default"
            )
        made = (
            replace(made, shape=replace(made.shape, **{inner: value}))
            if inner
            else replace(made, **{part: value})
        )
    return made


def _number(text: str, setting: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ConfigError(f"--set {setting!r}: {text!r} is no number") from error


def _task(
    data: Path,
    catalog: Path | None,
    schema: Path | None,
    vectors: Path | None,
    save: Path | None,
    checkpoint: str,
) -> tuple[Task, Callable[[Any], None] | None]:
    """The data ready to learn from, and what saves a tower into a whole checkpoint, if that is asked for."""
    from wherefore.catalog.catalog import Catalog
    from wherefore.corpora.sequences import read_histories
    from wherefore.evaluation.sequences import Task
    from wherefore.files import cache_folder
    from wherefore.retrieval.embedders import PackagedMiniLM

    histories = read_histories(data, Catalog.load(catalog, schema) if catalog else None, schema)
    say(
        f"{len(histories.sequences):,} sequences of {len(histories.catalog):,} {histories.catalog.schema.plural}."
    )
    if save is None:
        cache = (vectors or cache_folder() / "sequences") / "vectors.sqlite"
        with progress_bar("Embedding") as progress:
            return Task.of(histories, PackagedMiniLM(), cache, progress), None

    from wherefore.checkpoint import checkpoint_dir, load_checkpoint, moved, save_checkpoint

    base = load_checkpoint(checkpoint_dir(checkpoint), merge=False)
    with progress_bar("Indexing") as progress:
        made = moved(base, histories.catalog, progress)

    def keep(tower: Any) -> None:
        made.retriever.follower = tower
        config = base.config.model_copy(update={"catalog": histories.name, "catalog_schema": None})
        save_checkpoint(save, config, made.model, made.retriever, {"base": checkpoint}, signals=made.signals)

    return Task.on(histories, made.index), keep


def _epochs() -> Any:
    """A bar for each epoch, or a line now and then where that is no terminal."""
    from wherefore.training.progress import shown_progress

    return shown_progress(True)


def fit_dim(index: Index, sequences: Path, plot: Path | None) -> ZeroShotWay:
    """Print the curve over the width of vectors, on held-out likes; gives the way that was best.

    Args:
        index: Whose vectors are compressed.
        sequences: What users took, see `wherefore.corpora.sequences.read_sequences`.
        plot: Where a picture of the curve goes, if one is wanted.
    """
    from wherefore.corpora.sequences import read_sequences
    from wherefore.evaluation.sequences import CURVE_USERS, best, curve, curve_table, plot_curve
    from wherefore.training.sequence_metrics import Leave

    given = read_sequences(sequences, index.catalog)
    leave = Leave.one_out([index.rows(one) for one in given], len(index))
    with progress_bar("Measuring") as progress:
        points = curve(index, leave.valid, leave.again, progress=progress)
    print(curve_table(points))
    chosen = best(points).way
    print(f"* Best on held-out items of {min(len(leave.valid.gold), CURVE_USERS):,} users: {chosen.told}.")
    print(f"For a model trained on this catalogue: wherefore train CONFIG pca={chosen.dim}")
    if plot is not None:
        plot_curve(points, plot, f"{index.catalog.name}: what comes next, by frozen text vectors")
        print(f"The curve is in {plot}.")
    return chosen
