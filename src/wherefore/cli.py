"""The command `wherefore`. Heavy imports are inside the commands: `--help` answers at once."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wherefore.errors import WhereforeWarning

if TYPE_CHECKING:
    from types import ModuleType

    from rich.console import Console

    from wherefore.catalog.catalog import Catalog
    from wherefore.recommender import Recommender

app = typer.Typer(
    help="Wherefore: a conversational recommender that says why.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

CatalogOption = Annotated[
    Path | None,
    typer.Option(
        "--catalog", help="Your items: .csv, .tsv, .jsonl (or .gz of these), .parquet. Default: movies."
    ),
]
SchemaOption = Annotated[
    Path | None, typer.Option("--schema", help="YAML that says what the columns mean. Default: inferred.")
]
CheckpointOption = Annotated[
    str, typer.Option("--checkpoint", help="`starter`, or the folder of a model that you trained.")
]
KOption = Annotated[
    int, typer.Option("--k", min=1, help="Length of the list, unless the user asks for another.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A setting that differs from the checkpoint's, like writer.tries=0 or turn.questions=false.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the whole reply as JSON.")]


@app.callback(invoke_without_command=True)
def _common(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        print(f"wherefore {installed('wherefore')}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def chat(
    catalog: CatalogOption = None,
    schema: SchemaOption = None,
    checkpoint: CheckpointOption = "starter",
    k: KOption = 5,
    settings: SetOption = None,
) -> None:
    """Talk in the terminal, or answer each line of standard input."""
    from wherefore.serving.terminal import HELP, Conversation, PlainScreen, RichScreen, typed

    if sys.stdin.isatty() and sys.stdout.isatty():
        screen = RichScreen(_console(sys.stdout))
        screen.note("Loading ...")
        recommender = _load(catalog, schema, checkpoint, settings, describe=True)
        _line_editing()
        screen.note(f"{len(recommender.catalog):,} {recommender.catalog.schema.plural}.\n{HELP}")
        Conversation(recommender, k, screen).run(typed("> "))
        return
    recommender = _load(catalog, schema, checkpoint, settings, describe=True)
    conversation = Conversation(recommender, k, PlainScreen(sys.stdout, sys.stderr))
    conversation.run(iter(sys.stdin))
    if conversation.failed:
        raise typer.Exit(2)


@app.command()
def recommend(
    request: Annotated[str, typer.Argument(help="What you like and what you look for, in your own words.")],
    catalog: CatalogOption = None,
    schema: SchemaOption = None,
    checkpoint: CheckpointOption = "starter",
    k: KOption = 5,
    as_json: JsonOption = False,
    settings: SetOption = None,
) -> None:
    """Answer one request."""
    from wherefore.dialogue.messages import Message
    from wherefore.serving.display import plain
    from wherefore.serving.terminal import unmarked

    recommender = _load(catalog, schema, checkpoint, settings)
    reply = recommender.generate([Message("user", request)], k=k)
    if as_json:
        import json

        print(json.dumps(reply.to_json(), indent=2, ensure_ascii=not _speaks_unicode()))
    else:
        print(plain(unmarked(reply.text)))


@app.command()
def index(
    file: Annotated[Path, typer.Argument(help="Your items: .csv, .tsv, .jsonl (or .gz of these), .parquet.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Save a checkpoint with this catalogue here, too."),
    ] = None,
    schema: SchemaOption = None,
    checkpoint: CheckpointOption = "starter",
) -> None:
    """Index your catalogue, so that chat starts at once.

    Interrupted, it goes on where it stopped when you run it again.
    """
    items = _catalog(file, schema, describe=True)

    from wherefore.checkpoint import checkpoint_dir, load_checkpoint, moved, save_checkpoint

    base = load_checkpoint(checkpoint_dir(checkpoint), merge=out is None)
    with _progress("Indexing") as report:
        made = moved(base, items, report)
    use = f"--catalog {file}" if schema is None else f"--catalog {file} --schema {schema}"
    if out is not None:
        config = base.config.model_copy(update={"catalog": file.name, "catalog_schema": None})
        save_checkpoint(out, config, made.model, made.retriever, {"base": checkpoint}, signals=made.signals)
        use = f"--checkpoint {out}"
    print(f"Indexed {len(items):,} {items.schema.plural}. Now: wherefore chat {use}")


@app.command()
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

    from wherefore.training.train import train as run
    from wherefore.training.trainer import TrainingStopped

    try:
        made = run(resolved, folder, resume=resume, progress=True)
    except TrainingStopped as stopped:
        print(stopped, file=sys.stderr)
        raise typer.Exit(130) from stopped
    print(f"Trained. Now: wherefore chat --checkpoint {made}")


@app.command()
def evaluate(
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
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="Score the rankings of this file instead.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only the first so many turns, for a quick look.")
    ] = None,
    settings: SetOption = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the bootstrap.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Write the report here as JSON.")] = None,
) -> None:
    """Measure rankings against what people recommended."""
    from wherefore.evaluation.report import markdown, save_results
    from wherefore.evaluation.run import evaluate_corpus

    with _progress("Evaluating") as report_progress:
        reports = evaluate_corpus(
            system or ["recommender"],
            corpus,
            path,
            split,
            protocols=protocol or ["dedup"],
            checkpoints=checkpoint or ["starter"],
            read_titles=not known_items,
            predictions=predictions,
            settings=settings or (),
            limit=limit,
            seed=seed,
            command=_command_line(),
            progress=report_progress,
        )
    print(markdown(reports), end="")
    if out is not None:
        save_results(out, reports)


@app.command()
def ui(
    catalog: CatalogOption = None,
    schema: SchemaOption = None,
    checkpoint: CheckpointOption = "starter",
    k: KOption = 5,
    host: Annotated[str, typer.Option("--host", help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 7860,
    user: Annotated[
        list[str] | None,
        typer.Option(
            "--user", help="NAME:PASSWORD that is asked for; several may be given.", show_default=False
        ),
    ] = None,
    settings: SetOption = None,
    mcp: Annotated[
        bool, typer.Option("--mcp/--no-mcp", help="Offer its tools to language models too.")
    ] = True,
) -> None:
    """Chat on a web page; programs find its endpoints there too, and language models its tools (MCP)."""
    people = [tuple(one.split(":", 1)) for one in user or ()]
    for one in people:
        if len(one) != 2 or not all(one):
            raise ValueError(f"--user is {':'.join(one)!r}; give NAME:PASSWORD")
    page = _ui_module()
    from wherefore.serving.threads import OneThread

    alone = OneThread()
    recommender = alone(_load, catalog, schema, checkpoint, settings, describe=True)
    # Who may name folders of this machine must sit at it.
    local = not people and host in ("127.0.0.1", "localhost", "::1")
    app = page.build_app(recommender, k, checkpoint, settings or (), folders=local, alone=alone)
    page.launch(app, host, port, people, mcp)


def _load(
    catalog: Path | None,
    schema: Path | None,
    checkpoint: str,
    settings: Sequence[str] | None = None,
    describe: bool = False,
) -> Recommender:
    """The recommender that the options ask for; with `describe`, say what the columns were taken for."""
    if catalog is None:
        if schema is not None:
            raise ValueError("--schema says what the columns of --catalog mean; give both")
        from wherefore.recommender import Recommender

        return _introduced(Recommender.from_pretrained(checkpoint, settings=settings or ()))
    items = _catalog(catalog, schema, describe)

    from wherefore.recommender import Recommender

    with _progress("Indexing") as report:
        made = Recommender.from_catalog(items, base=checkpoint, progress=report, settings=settings or ())
    return _introduced(made)


def _introduced(recommender: Recommender) -> Recommender:
    """Where a server ranks and words, say so on the error stream, and there too what goes wrong with it."""
    from wherefore.serving.display import plain

    def tell(text: str) -> None:
        print(plain(text), file=sys.stderr, flush=True)

    if recommender.served is not None:
        tell(recommender.served.about)
        recommender.served.tell = lambda text: tell(f"warning: {text}")
    return recommender


def _catalog(file: Path, schema: Path | None, describe: bool) -> Catalog:
    """The user's items; with `describe`, what their columns were taken for goes to the error stream."""
    from wherefore.catalog.catalog import Catalog
    from wherefore.serving.display import plain

    items = Catalog.load(file, schema)
    if describe:
        print(plain(items.describe()) + "\n", file=sys.stderr, flush=True)
    return items


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time left on the error stream, once there is something to report."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=_console(sys.stderr))
    task = bar.add_task(what, visible=False)
    begun = False

    def report(done: int, total: int) -> None:
        nonlocal begun
        if not begun:
            bar.start()
            begun = True
        bar.update(task, completed=done, total=total, visible=True)

    try:
        yield report
    finally:
        if begun:
            bar.stop()


def _command_line() -> str:
    import shlex

    return shlex.join(["wherefore", *sys.argv[1:]])


def _console(stream: Any) -> Console:
    from rich.console import Console

    return Console(file=stream, emoji=False, highlight=False)


def _line_editing() -> None:
    """Arrow keys and the lines typed before, where Python has readline."""
    try:
        import readline  # noqa: F401
    except ImportError:
        pass


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


def _ui_module() -> ModuleType:
    """The page: the folder `ui` of the checkout when this is one, else as the wheel installed it."""
    import importlib.util

    if importlib.util.find_spec("gradio") is None:
        raise ImportError("the web page needs gradio; install it with: pip install 'wherefore[ui]'")
    folder = Path(__file__).parents[2] / "ui"
    if (folder / "app.py").is_file() and "wherefore_ui" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "wherefore_ui", folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None and spec.loader is not None
        sys.modules[spec.name] = package = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
    return importlib.import_module("wherefore_ui.app")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0, 2 for bad input, 1 for a fault of ours, 130 after Ctrl-C.

    With `WHEREFORE_DEBUG=1` an error keeps its traceback.
    """
    _prepare_streams()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        with _own_warnings_alone():
            result = typer.main.get_command(app).main(
                None if argv is None else list(argv), prog_name="wherefore", standalone_mode=False
            )
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # typer turns the first into the second
        _drop_output()
        return 0
    except (KeyboardInterrupt, typer.Abort):
        return _fail("stopped", 130)
    except Exception as error:
        if os.environ.get("WHEREFORE_DEBUG") == "1":
            raise
        return _fail(*_explained(error))
    return result if isinstance(result, int) else 0


def _explained(error: Exception) -> tuple[str, int]:
    """What to say about an error, and the exit status."""
    usage = getattr(error, "format_message", None)
    if usage is not None:  # the command line itself is wrong
        return f"{usage()} (see wherefore --help)", 2
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}", 2
    if isinstance(error, KeyError) and error.args:
        return str(error.args[0]), 2
    if isinstance(error, ValueError | OSError | ImportError | MemoryError):
        return str(error), 2
    return f"{type(error).__name__}: {error} (WHEREFORE_DEBUG=1 shows where)", 1


def _fail(text: str, status: int) -> int:
    from wherefore.serving.display import plain

    try:
        sys.stdout.flush()
        print(f"error: {plain(' '.join(text.split()))}", file=sys.stderr, flush=True)
    except BrokenPipeError:
        _drop_output()
    return status


def _prepare_streams() -> None:
    """What a terminal or a file cannot encode becomes `?` instead of a crash."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


@contextmanager
def _own_warnings_alone() -> Iterator[None]:
    """Of all warnings, a user sees ours, a line each. `python -W default` or PYTHONWARNINGS shows the others."""
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
            warnings.simplefilter("default", WhereforeWarning)
            warnings.showwarning = lambda message, *_, **__: print(f"wherefore: {message}", file=sys.stderr)
        yield


def _drop_output() -> None:
    """Nobody reads any more: let what is still buffered go nowhere, quietly."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in filter(None, (sys.__stdout__, sys.__stderr__)):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
