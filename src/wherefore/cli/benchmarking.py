"""Commands that measure speed and memory on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from wherefore.cli.options import OutOption, command_line, say

ModelsOption = Annotated[
    list[str] | None,
    typer.Option("--models", help="starter, 135M, 600M, 4B or 8B. Several times; default: the first three."),
]
DeviceOption = Annotated[str, typer.Option("--device", help="cpu or cuda.")]
MODELS = ("starter", "135M", "600M")


def speed(
    context: typer.Context,
    turns: Annotated[int, typer.Option("--turns", min=1, help="Warm turns.")] = 20,
    out: OutOption = None,
) -> None:
    """Time the starter: cold start, warm turns, memory, and a block against one pass per candidate.

    Do it on a quiet machine.
    """
    from wherefore.evaluation.benchmark.speed import measure

    _save(context, out, "speed", measure(turns))


def soft_vs_text(
    context: typer.Context,
    models: ModelsOption = None,
    candidates: Annotated[
        list[int] | None,
        typer.Option("--candidates", help="How many. Several times; default: 20, 50, 100, 200."),
    ] = None,
    device: DeviceOption = "cpu",
    dtype: Annotated[
        str, typer.Option("--dtype", help="float32 or bfloat16, of the random models.")
    ] = "float32",
    out: OutOption = None,
) -> None:
    """Compare candidates as soft tokens with candidates as text.

    Title and facts as text stand in blocks, or in one prompt. Measured are tokens read, time to the list and to the
    first word, and memory. Models other than the starter have published sizes and random weights, which change no time.
    Stopped, the same command goes on where it was.
    """
    from wherefore.evaluation.benchmark.soft_vs_text import compare

    path = _path(out, "soft_vs_text")
    kept = path.with_suffix(".partial")
    found = compare(
        models or MODELS, candidates or (20, 50, 100, 200), device=device, dtype=dtype, kept=kept, note=say
    )
    _save(context, path, "", {"device": device, "models": found})
    kept.unlink(missing_ok=True)


def inference(
    context: typer.Context,
    models: ModelsOption = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--formats", help="float32, bfloat16 or int8. Several times; default: all."),
    ] = None,
    together: Annotated[
        list[int] | None,
        typer.Option("--together", help="Conversations at once. Several times; default: 1, 4."),
    ] = None,
    device: DeviceOption = "cpu",
    out: OutOption = None,
) -> None:
    """Compare the LLM's number formats, and conversations in one batch."""
    from wherefore.evaluation.benchmark.inference import FORMATS, compare

    found = compare(models or MODELS, formats or FORMATS, together or (1, 4), device, note=say)
    _save(context, out, "inference", {"device": device, "models": found})


def training(
    context: typer.Context,
    configs: Annotated[
        list[Path] | None,
        typer.Option("--configs", help="What is trained. Several times; default: starter and smollm2-135m."),
    ] = None,
    ways: Annotated[
        list[str] | None,
        typer.Option(
            "--ways",
            help="as configured, float32, gradient checkpointing or compiled. Several times; default: all.",
        ),
    ] = None,
    steps: Annotated[int, typer.Option("--steps", help="Of each stage.")] = 4,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Changes to the configs, like train.by_length=false.")
    ] = None,
    out: OutOption = None,
) -> None:
    """Time training steps of configs, and their memory.

    Seconds of a step in each stage, hours for all, and memory; what does not fit into memory is left out. Stopped, the
    same command goes on where it was.
    """
    import torch

    from wherefore.evaluation.benchmark.training import WAYS, compare

    path = _path(out, "training")
    kept = path.with_suffix(".partial")
    files = configs or [Path("configs/starter.yaml"), Path("configs/smollm2-135m.yaml")]
    found = compare(files, ways or tuple(WAYS), steps, changes or (), note=say, kept=kept)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    _save(context, path, "", {"device": device, "configs": found})
    kept.unlink(missing_ok=True)


def _path(out: Path | None, name: str) -> Path:
    path = out or Path("results") / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _save(context: typer.Context, out: Path | None, name: str, figures: dict[str, Any]) -> None:
    """Figures into a file, with what they come from; and on the terminal."""
    from wherefore.evaluation.provenance import provenance, save_figures

    told = {**provenance(command_line(context), 0), **figures}
    save_figures(_path(out, name), told)
    print(json.dumps(told, indent=1))
