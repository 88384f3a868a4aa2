"""Commands that measure: rankings, conversations, what is said that is not so; and a whole table from raw data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from wherefore.cli.options import (
    CheckpointOption,
    SchemaOption,
    SeedOption,
    SetOption,
    SkipBadOption,
    catalog_from,
    command_line,
    progress_bar,
    say,
)

SharedOption = Annotated[Path, typer.Option("--shared", help="Folder of the data sets: MovieLens, ReDial.")]
ResultsOption = Annotated[Path, typer.Option("--results", help="Folder for figures and tables.")]


def evaluate(
    context: typer.Context,
    corpus: Annotated[str, typer.Argument(help="Its name: redial, inspired, opendialkg, jsonl, ...")],
    path: Annotated[Path, typer.Argument(help="The folder that holds it.")],
    system: Annotated[
        list[str] | None,
        typer.Option(
            "--system",
            help="recommender (the default), or a baseline: bm25, co-mention, ease, nearest-dialogues, popularity, "
            "repeat-context, zero-shot. Give it several times for several.",
        ),
    ] = None,
    split: Annotated[str, typer.Option("--split", help="train, valid or test.")] = "test",
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            "--protocol",
            help="dedup (the default), or repeats, which counts items named before, too. Give it twice for both.",
        ),
    ] = None,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option("--checkpoint", help="`starter` (the default), or the folder of a model. One per seed."),
    ] = None,
    known_items: Annotated[
        bool,
        typer.Option(
            "--known-items/--no-known-items",
            help="Tell the recommender which items the corpus marks, or let it find the titles itself.",
        ),
    ] = True,
    catalog: Annotated[
        Path | None,
        typer.Option(
            "--catalog",
            help="Items for the recommender to rank. Default: its checkpoint's, or, where few of the corpus' items are "
            "among them, the corpus' own.",
        ),
    ] = None,
    schema: SchemaOption = None,
    skip_bad: SkipBadOption = False,
    sequences: Annotated[
        bool,
        typer.Option(
            "--sequences",
            help="Baselines learn also from dialogues of which only the mentions are known (redial).",
        ),
    ] = False,
    cold: Annotated[
        Path | None,
        typer.Option(
            "--cold", help="File of item ids (one a line) kept out of training: a slice of its own."
        ),
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="Score the rankings of this file instead.")
    ] = None,
    save_predictions: Annotated[
        Path | None,
        typer.Option("--save-predictions", help="Folder for rankings; those that fit are used again."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Folder for vectors that take minutes.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only the first so many turns, for a quick look.")
    ] = None,
    settings: SetOption = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the bootstrap.")] = 0,
    resamples: Annotated[int, typer.Option("--resamples", min=1, help="Of the bootstrap.")] = 1000,
    out: Annotated[Path | None, typer.Option("--out", help="Write the report here as JSON.")] = None,
    tables: Annotated[Path | None, typer.Option("--markdown", help="Write the tables here, too.")] = None,
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw the figures here, as PNG.")] = None,
) -> None:
    """Measure rankings against what people recommended."""
    from wherefore.evaluation.report import markdown, plot, save_markdown, save_results
    from wherefore.evaluation.run import evaluate_corpus

    items = None if catalog is None else catalog_from(catalog, schema, True, skip_bad)
    with progress_bar("Evaluating") as report_progress:
        reports = evaluate_corpus(
            system or ["recommender"],
            corpus,
            path,
            split,
            protocols=protocol or ["dedup"],
            checkpoints=checkpoint or ["starter"],
            read_titles=not known_items,
            sequences=sequences,
            cold=cold.read_text(encoding="utf-8").split() if cold else (),
            predictions=predictions,
            save_predictions=save_predictions,
            cache=cache,
            settings=settings or (),
            catalog=items,
            limit=limit,
            resamples=resamples,
            seed=seed,
            command=command_line(context),
            progress=report_progress,
        )
    print(markdown(reports), end="")
    if out is not None:
        save_results(out, reports)
    if tables is not None:
        save_markdown(tables, reports)
    if picture is not None:
        plot(picture, reports)


def reproduce(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="A YAML file; complete ones are in configs/.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Changes to it, like train.save_every=50.")
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", help="How many, from the config's own upwards.")] = 5,
    runs: Annotated[
        Path | None, typer.Option("--runs", help="Folder for what is made. Default: runs/NAME-OF-CONFIG.")
    ] = None,
    results: ResultsOption = Path("results"),
    ablations: Annotated[
        Path | None,
        typer.Option(
            "--ablations", help="Instead, measure the changes of this YAML file, each a list of overrides."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", help="Of the ablations, only this one, beside the table that is there. Several times."
        ),
    ] = None,
    cold: Annotated[
        float | None,
        typer.Option(
            "--cold",
            help="Instead, train without this share of the items (say 0.2) and measure how well they are found then.",
        ),
    ] = None,
    zero_shot: Annotated[
        bool,
        typer.Option(
            "--zero-shot",
            help="Also measure the checkpoints that the config starts from, as they are, on its catalogue.",
        ),
    ] = False,
    system: Annotated[
        list[str] | None,
        typer.Option("--system", help="What stands in the table: all, or these. Several times."),
    ] = None,
    protocol: Annotated[
        list[str] | None, typer.Option("--protocol", help="dedup or repeats. Default: both.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only the first so many turns, for a quick look.")
    ] = None,
    resamples: Annotated[int, typer.Option("--resamples", min=1, help="Of the bootstrap.")] = 1000,
) -> None:
    """Go from raw data to the evaluated table of a config.

    Stopped, the same command goes on where it was.
    """
    from wherefore.evaluation.evaluate import PROTOCOLS
    from wherefore.evaluation.reproduce import study
    from wherefore.evaluation.runs import SYSTEMS, Runs
    from wherefore.training.trainer import TrainingStopped

    todo = Runs(
        config,
        tuple(overrides or ()),
        runs or Path("runs") / config.stem,
        results,
        seeds=seeds,
        systems=tuple(system or SYSTEMS),
        protocols=tuple(protocol or PROTOCOLS),
        limit=limit,
        resamples=resamples,
        command=command_line(context),
        note=say,
        bar=progress_bar,
    )
    try:
        print(study(todo, ablations, only or (), cold, zero_shot), end="")
    except TrainingStopped as stopped:
        say(str(stopped))
        raise typer.Exit(130) from stopped


def converse(
    context: typer.Context,
    part: Annotated[
        list[str] | None,
        typer.Option(
            "--parts",
            help="What to measure: suite, feedback, intents, diversity, style or simulated. Several times; "
            "default: all. The other figures are kept.",
        ),
    ] = None,
    users: Annotated[int, typer.Option("--users", help="Simulated users.")] = 300,
    checkpoint: CheckpointOption = "starter",
    seed: SeedOption = 0,
    dialogues: Annotated[Path, typer.Option("--dialogues", help="Folder of the hand-written suite.")] = Path(
        "tests/dialogues"
    ),
    shared: SharedOption = Path("../shared/data"),
    runs: Annotated[Path, typer.Option("--runs", help="What was said is kept here.")] = Path("runs/converse"),
    results: ResultsOption = Path("results"),
) -> None:
    """Measure how well conversations go.

    By a hand-written suite, real dialogues and simulated users. Stopped, the same command goes on where it was. Figures
    go to conversation.json.
    """
    from wherefore.evaluation.conversation import PARTS, measure
    from wherefore.evaluation.simulated import Study

    study = Study(shared, runs, seed)
    found = measure(checkpoint, study, dialogues, part or PARTS, users)
    _save(context, results / "conversation.json", found, study, over=True)


def truth(
    context: typer.Context,
    replies: Annotated[int, typer.Option("--replies", help="How many at least.")] = 1000,
    checkpoint: CheckpointOption = "starter",
    seed: SeedOption = 0,
    shared: SharedOption = Path("../shared/data"),
    runs: Annotated[Path, typer.Option("--runs", help="What was said is kept here.")] = Path("runs/truth"),
    results: ResultsOption = Path("results"),
) -> None:
    """Count what replies say that is not so.

    Stopped, the same command goes on where it was. Figures go to truth.json; what is found wrong is printed.
    """
    from wherefore.evaluation.simulated import Study
    from wherefore.evaluation.truth import measure

    study = Study(shared, runs, seed)
    _save(context, results / "truth.json", measure(checkpoint, study, replies, say), study)


def find(
    context: typer.Context,
    requests: Annotated[
        Path, typer.Argument(help="Tab-separated: kind, text, items, near, moods; see data/README.md.")
    ] = Path("data/requests/test.tsv"),
    checkpoint: CheckpointOption = "starter",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first so many.")] = None,
    catalog: Annotated[
        Path | None, typer.Option("--catalog", help="Items to find, in place of the checkpoint's.")
    ] = None,
    skip_bad: SkipBadOption = False,
    settings: SetOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the figures there, as JSON.")] = None,
) -> None:
    """Count how often items are found that people describe by plot, mood or situation, without a title.

    Each request is the first message of a conversation. `named_at` counts the item that its writer had in mind among
    the first so many, `any_at` any that answers it.
    """
    from wherefore.evaluation.provenance import provenance, save_figures
    from wherefore.evaluation.requests import measure
    from wherefore.recommender import Recommender

    if catalog is None:
        recommender = Recommender.from_pretrained(checkpoint, settings=settings or ())
    else:
        items = catalog_from(catalog, None, False, skip_bad)
        with progress_bar("embedding items") as show:
            recommender = Recommender.from_catalog(items, checkpoint, progress=show, settings=settings or ())
    with progress_bar("requests") as show:
        found = measure(recommender, requests, show, limit)
    if out is not None:
        where = provenance(command_line(context), recommender.config.seed, [requests])
        save_figures(out, {requests.stem: found | where}, over=True)
    print(json.dumps(found, indent=1))


def _save(context: typer.Context, path: Path, found: dict[str, Any], study: Any, over: bool = False) -> None:
    """Figures into a file, with what they come from; and on the terminal."""
    from wherefore.evaluation.provenance import provenance, save_figures

    files = sorted(study.people.glob("*.gz"))
    save_figures(path, found | provenance(command_line(context), study.seed, files), over)
    print(json.dumps(found, indent=1, ensure_ascii=False))
