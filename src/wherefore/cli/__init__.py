"""The command `wherefore`. Heavy imports are inside the commands: `--help` answers at once."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from wherefore.cli import benchmarking, keeping, making, measuring, sequences, serving, showing, talking
from wherefore.errors import WhereforeWarning
from wherefore.serving.threads import wait_passively

app = typer.Typer(
    help="Wherefore: a conversational recommender that says why.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

benchmark = typer.Typer(help="Measure speed and memory on this machine.", rich_markup_mode=None)
COMMANDS: tuple[Callable[..., None], ...] = (
    *(talking.chat, talking.recommend, sequences.next_, talking.ui, serving.serve),
    *(making.index, making.train, sequences.train_sequences, making.estimate),
    *(making.get_reader, making.get_llm),
    showing.near,
    *(measuring.evaluate, measuring.reproduce, measuring.converse, measuring.truth, measuring.find),
)
BENCHMARKS: tuple[Callable[..., None], ...] = (
    benchmarking.speed,
    benchmarking.soft_vs_text,
    benchmarking.inference,
    benchmarking.training,
)
key = typer.Typer(help="Make and revoke the API keys of `wherefore serve`.", rich_markup_mode=None)
KEYS: tuple[Callable[..., None], ...] = (serving.new, serving.show, serving.revoke)
for command in COMMANDS:
    app.command(command.__name__.strip("_").replace("_", "-"))(command)
for command in BENCHMARKS:
    benchmark.command()(command)
for command in KEYS:
    key.command({"show": "list"}.get(command.__name__))(command)
app.add_typer(benchmark, name="benchmark")
app.add_typer(keeping.app, name="data")
app.add_typer(key, name="key")


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


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0, 2 for bad input, 1 for a fault of ours, 130 after Ctrl-C.

    With `WHEREFORE_DEBUG=1` an error keeps its traceback.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    _prepare_streams()
    wait_passively()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        with _own_warnings_alone():
            result = typer.main.get_command(app).main(
                given, prog_name="wherefore", standalone_mode=False, obj=given
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
    if isinstance(error, ValueError | OSError | ImportError | MemoryError | FloatingPointError):
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
