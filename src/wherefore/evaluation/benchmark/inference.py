"""Number formats, and conversations in one batch, on one machine in one run."""

from __future__ import annotations

import gc
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from wherefore.errors import ConfigError
from wherefore.evaluation.benchmark.bench import Bench, bench_of, trunk_of
from wherefore.evaluation.benchmark.memory import growth, wait
from wherefore.evaluation.evaluate import check_names

if TYPE_CHECKING:
    from wherefore.lm.decoding import ContinuousBatch
    from wherefore.lm.model import RecommenderLM

FORMATS = ("float32", "bfloat16", "int8")
CANDIDATES, SENTENCES, SAMPLES, TOKENS = 100, 5, 3, 20
PROMPT = "horror ; after 2000 ; keyword suspense like @1 | reason :"


def compare(
    models: Sequence[str],
    formats: Sequence[str] = FORMATS,
    together: Sequence[int] = (1, 2, 4, 8),
    device: str = "cpu",
    seconds: float = 10.0,
    note: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Measure each model in each format.

    Args:
        models: "starter", or a key of `bench.SHAPES`.
        formats: Of FORMATS. "int8" is dynamic quantization of the LLM's linear layers, on a CPU.
        together: How many conversations at once.
        device: Where.
        seconds: For how long each figure is repeated, at least once; the median is kept.
        note: Hears of progress.

    Returns:
        Per model and format: `weights_mib`; `list_s` (100 candidates, from nothing read); and `together`: per number of
        conversations, the seconds that reading and writing takes for each of them (five reasons in three wordings of 20
        tokens), and `memory_mib`, what the process grew by at most. For the starter, also `top5_kept`: which share of
        float32's best five is among the format's.

    Raises:
        ConfigError: If a number of conversations is below 1, or int8 is asked for on a GPU.
    """
    check_names("format", formats, FORMATS)
    if min(together) < 1:
        raise ConfigError(f"--together has {min(together)}; give numbers from 1 on")
    if device != "cpu" and "int8" in formats:
        raise ConfigError("--formats int8 is for a CPU; on a GPU set `llm.quantize: 8bit`")
    found: dict[str, Any] = {}
    for name in models:
        best: list[int] = []
        for form in formats:
            bench = bench_of(name, CANDIDATES, device, "bfloat16" if form == "bfloat16" else "float32", 2)
            bench = converted(bench, form)
            of = measured(bench, together, seconds)
            scores = ranks(bench)
            if name == "starter":
                best = best or scores[:5]
                of["top5_kept"] = len(set(best) & set(scores[:5])) / 5
            note(f"{name} {form}: {of}")
            found.setdefault(name, {})[form] = of
            del bench
            gc.collect()
    return found


def converted(bench: Bench, form: str) -> Bench:
    """The same with its LLM in another number format."""
    import torch

    model = bench.model
    if form == "bfloat16":
        model.lm.to(torch.bfloat16)
    elif form == "int8":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch.ao goes its own way, and says so
            torch.ao.quantization.quantize_dynamic(  # type: ignore[no-untyped-call]
                model.body, {torch.nn.Linear}, dtype=torch.qint8, inplace=True
            )
    return bench


def measured(bench: Bench, together: Sequence[int], seconds: float) -> dict[str, Any]:
    """One model in one format."""
    model = bench.model
    figures: dict[str, Any] = {"weights_mib": weights(model) / 2**20}
    figures["list_s"] = repeated(lambda: ranks(bench), seconds, model)
    figures["together"] = {}
    for count in together:
        with growth(model.device) as memory:
            write(bench, count)
        each = repeated(lambda n=count: write(bench, n), seconds, model) / count  # type: ignore[misc]
        figures["together"][str(count)] = {"seconds_each": each, "memory_mib": memory[0] / 2**20}
    return figures


def repeated(work: Callable[[], Any], seconds: float, model: RecommenderLM) -> float:
    """The median time of some work, in seconds."""
    work()
    times: list[float] = []
    until = time.perf_counter() + seconds
    while not times or time.perf_counter() < until:
        start = time.perf_counter()
        work()
        wait(model)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def ranks(bench: Bench) -> list[int]:
    """The candidates' order, from nothing read."""
    import torch

    from wherefore.lm.item_encoder import ItemSignals

    cache = bench.model.prefill(trunk_of(bench.model))
    features = torch.zeros(len(bench.vectors), bench.features, device=bench.model.device)
    scores = bench.model.rank(cache, ItemSignals(bench.vectors), features).llm
    order: list[int] = scores.argsort(descending=True, stable=True).tolist()
    return order


def write(bench: Bench, conversations: int) -> None:
    """Reasons for so many conversations, in one batch, their dialogues read before."""
    from wherefore.lm.decoding import ContinuousBatch
    from wherefore.lm.item_encoder import ItemSignals
    from wherefore.lm.prompt import Segment

    model = bench.model
    batch: ContinuousBatch = ContinuousBatch(model.reader())
    trunk = trunk_of(model)
    prompts = [model.format.candidate(row) + Segment(model.format.encode(PROMPT)) for row in range(SENTENCES)]
    going = [
        model.writing(
            model.prefill(trunk),
            prompts,
            ItemSignals(bench.vectors[:SENTENCES]),
            TOKENS,
            1.0,
            1.0,
            number,
            samples=SAMPLES,
            batch=batch,
        )
        for number in range(conversations)
    ]
    while going:
        going = [steps for steps in going if any(one is None for one in steps)]


def weights(model: RecommenderLM) -> int:
    """Bytes of the LLM's weights, packed ones as well."""
    import torch

    total = sum(one.numel() * one.element_size() for one in model.lm.parameters())
    for module in model.lm.modules():
        packed = getattr(module, "_packed_params", None)
        if packed is not None and callable(getattr(packed, "_weight_bias", None)):
            weight, bias = packed._weight_bias()
            total += weight.numel() * torch.empty(0, dtype=torch.int8).element_size()
            total += 0 if bias is None else bias.numel() * bias.element_size()
    return total
