"""Candidates as soft tokens against candidates as text, on one machine in one run."""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wherefore.errors import ConfigError
from wherefore.evaluation.benchmark.bench import Bench, bench_of, trunk_of
from wherefore.evaluation.benchmark.memory import growth, wait

if TYPE_CHECKING:
    from torch import Tensor

    from wherefore.lm.model import DialogueCache, RecommenderLM
    from wherefore.lm.prompt import Segment

OPENING = "movies | liked @1 ; limit after 2000 ; avoid gore | opening :"
WAYS = ("soft", "text", "prompt")


def compare(
    models: Sequence[str],
    counts: Sequence[int],
    ways: Sequence[str] = WAYS,
    device: str = "cpu",
    dtype: str = "float32",
    tokens: int = 2,
    seconds: float = 10.0,
    kept: Path | None = None,
    note: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Measure each model.

    Args:
        models: "starter", or a key of `bench.SHAPES`.
        counts: How many candidates.
        ways: "soft": soft tokens, in blocks; "text": title and facts, in blocks, which keeps the same promises;
            "prompt": title and facts one after the other in one prompt, as is usual.
        device: Where.
        dtype: Of the random models; the starter is as it ships.
        tokens: Soft tokens per item of the random models.
        seconds: For how long each figure is repeated, at least once; the median is kept.
        kept: A file of the figures that a run which was stopped has got to; grows while this one goes on.
        note: Hears of progress.

    Returns:
        Per model: `dialogue_tokens`, and per way and count `prompt_tokens` (all that is read), `list_s` and
        `first_word_s` (from nothing read to the scores, and to the first token of the reply), `memory_mib` (what the
        process grew by at most). None where a model has too few positions.

    Raises:
        ConfigError: If a count is below 1.
    """
    if min(counts) < 1:
        raise ConfigError(f"--candidates has {min(counts)}; give numbers from 1 on")
    found: dict[str, Any] = {}
    done: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept and kept.exists() else {}
    for name in models:
        bench = bench_of(name, max(counts), device, dtype, tokens)
        size = sum(one.numel() for one in bench.model.parameters())
        of: dict[str, Any] = {"parameters": size, "soft_tokens": bench.model.item_encoder.soft_tokens}
        of["dialogue_tokens"] = len(trunk_of(bench.model).ids)
        for way in ways:
            for count in counts:
                key = f"{name} {way} {count} {device} {dtype} {tokens}"
                if key not in done:
                    done[key] = measure(bench, way, count, seconds)
                    note(f"{key}: {done[key]}")
                    if kept is not None:
                        kept.write_text(json.dumps(done), encoding="utf-8")
                of.setdefault(way, {})[str(count)] = done[key]
        for number in map(str, counts):
            soft = of.get("soft", {}).get(number)
            rest = [of[way][number] for way in ways if way != "soft" and of[way][number] is not None]
            if soft and rest:  # against the quicker of the others
                of.setdefault("speedup", {})[number] = min(one["list_s"] for one in rest) / soft["list_s"]
        found[name] = of
        del bench
        gc.collect()
    return found


def measure(bench: Bench, way: str, count: int, seconds: float) -> dict[str, float] | None:
    """One way with so many candidates; None where the model has too few positions."""
    import torch

    model = bench.model
    trunk = trunk_of(model)
    from wherefore.lm.item_encoder import ItemSignals
    from wherefore.lm.prompt import Segment

    signals = ItemSignals(bench.vectors[:count])
    features = torch.zeros(count, bench.features, device=model.device)
    texts = bench.texts[:count]
    read = count * model.item_encoder.soft_tokens if way == "soft" else sum(len(one.ids) for one in texts)
    opening = Segment(model.format.encode(OPENING))
    if way == "prompt" and model.positions is not None:
        if len(trunk.ids) + read + len(opening.ids) + 1 > model.positions:
            return None

    def ranked() -> DialogueCache:
        cache = model.prefill(trunk)
        if way == "prompt":
            _rank_prompt(model, cache, texts, features)
        else:
            model.rank(cache, signals, features, None if way == "soft" else texts)
        wait(model)
        return cache

    def worded(cache: DialogueCache) -> None:
        list(model.write(cache, [opening], signals.of(torch.zeros(0, dtype=torch.long)), max_tokens=1))
        wait(model)

    with growth(model.device) as memory:
        worded(ranked())  # warms up
    lists: list[float] = []
    words: list[float] = []
    until = time.perf_counter() + seconds
    while not lists or time.perf_counter() < until:
        start = time.perf_counter()
        cache = ranked()
        lists.append(time.perf_counter() - start)
        worded(cache)
        words.append(time.perf_counter() - start)
    return {
        "prompt_tokens": len(trunk.ids) + read,
        "list_s": statistics.median(lists),
        "first_word_s": statistics.median(words),
        "memory_mib": memory[0] / 2**20,
        "rounds": len(lists),
    }


def _rank_prompt(
    model: RecommenderLM, cache: DialogueCache, texts: Sequence[Segment], features: Tensor
) -> Tensor:
    """Score candidates that stand one after the other in the prompt, each read at its last token."""
    import torch

    from wherefore.lm.trees import keeping

    with torch.inference_mode():
        ids = [token for text in texts for token in text.ids]
        ends = torch.tensor([len(text.ids) for text in texts], device=model.device).cumsum(0) - 1
        trunk = len(cache.ids)
        output = model.body(
            inputs_embeds=model.embeddings(torch.tensor([ids], device=model.device)),
            position_ids=torch.arange(trunk, trunk + len(ids), device=model.device)[None],
            **keeping(model.body, cache.states),
        )
        cache.states.crop(-len(ids))
        scores: Tensor = model.head(output.last_hidden_state[0, ends], cache.end, features).total
    return scores
