"""Candidates as soft tokens against candidates as text, on one machine in one run: `benchmark.py soft-vs-text`."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from wherefore.catalog.catalog import Catalog, Item
    from wherefore.lm.model import DialogueCache, RecommenderLM
    from wherefore.lm.prompt import Segment

DIALOGUE = (
    "I loved The Shining and It Follows. Something scary but not gory, after 2000.",
    "You could try The Babadook, The Witch and Hereditary.",
    "I have seen those. Something with Toni Collette, or by a director who is new to me?",
)
OPENING = "movies | liked @1 ; limit after 2000 ; avoid gore | opening :"
SHAPES: dict[str, dict[str, Any]] = {  # the published sizes; weights are random, which changes no time
    "135M": {
        "kind": "Llama",  # SmolLM2-135M
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "vocab_size": 49152,
        "tie_word_embeddings": True,
        "max_position_embeddings": 16384,
    },
    "600M": {
        "kind": "Qwen3",  # Qwen3-0.6B
        "hidden_size": 1024,
        "intermediate_size": 3072,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
        "max_position_embeddings": 16384,
    },
    "4B": {
        "kind": "Qwen3",  # Qwen3-4B
        "hidden_size": 2560,
        "intermediate_size": 9728,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
        "max_position_embeddings": 16384,
    },
    "8B": {
        "kind": "Qwen3",  # Qwen3-8B
        "hidden_size": 4096,
        "intermediate_size": 12288,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151936,
        "tie_word_embeddings": False,
        "max_position_embeddings": 16384,
    },
}
MODELS = ("starter", *SHAPES)
WAYS = ("soft", "text", "prompt")


class Bench(NamedTuple):
    """What is measured: a model, and the items that it ranks."""

    model: RecommenderLM
    items: Sequence[Item]
    vectors: Tensor  # (n, d)
    texts: Sequence[Segment]  # title and facts of each
    features: int


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
        models: Of MODELS.
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
    """
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
        for count in map(str, counts):
            soft = of.get("soft", {}).get(count)
            rest = [of[way][count] for way in ways if way != "soft" and of[way][count] is not None]
            if soft and rest:  # against the quicker of the others
                of.setdefault("speedup", {})[count] = min(one["list_s"] for one in rest) / soft["list_s"]
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
    lists, words = [], []
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


def bench_of(name: str, count: int, device: str, dtype: str, tokens: int) -> Bench:
    """A model with the items that it is measured on."""
    import torch

    from wherefore.lm.head import RankingHead
    from wherefore.lm.model import RecommenderLM
    from wherefore.lm.prompt import Segment
    from wherefore.recommender import Recommender

    starter = Recommender.from_pretrained("starter")
    features = len(starter.retriever.feature_names)
    catalog = starter.catalog
    model = starter.model
    if name != "starter":
        from wherefore.lm.item_encoder import MLPItemEncoder

        shape = dict(SHAPES[name])
        lm = random_lm(shape.pop("kind"), shape, device, getattr(torch, dtype))
        encoder = MLPItemEncoder(starter.index.dim, shape["hidden_size"], tokens)
        head = RankingHead(shape["hidden_size"], features)
        torch.nn.init.normal_(head.llm[-1].weight)
        model = RecommenderLM(lm, starter.model.format.tokenizer, encoder.to(device), head.to(device)).eval()
    items = catalog.items[:count]
    texts = [Segment(model.format.encode(described(item, catalog))) for item in items]
    vectors = torch.tensor(starter.index.vectors[:count], device=model.device)
    return Bench(model, items, vectors, texts, features)


def random_lm(kind: str, shape: dict[str, Any], device: str, dtype: Any) -> Any:
    """A causal LM of a published size with random weights."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(**shape, pad_token_id=0, bos_token_id=1, eos_token_id=2)
    config.dtype = dtype
    with torch.device(device):
        made = getattr(transformers, f"{kind}ForCausalLM")(config)
    return made.to(dtype).eval()


def described(item: Item, catalog: Catalog) -> str:
    """Title and main facts of an item, as a prompt would list it."""
    facts = []
    for spec, value in catalog.facts(item):
        shown = ", ".join(value[:3]) if isinstance(value, tuple) else str(value)
        facts.append(f"{(spec.label or spec.name).lower()}: {shown}")
    return f"{catalog.dated(item)}; {'; '.join(facts)}\n"


def trunk_of(model: RecommenderLM) -> Segment:
    """The dialogue that is read."""
    from wherefore.dialogue.messages import Message

    roles = ("user", "assistant")
    return model.format.dialogue([Message(roles[n % 2], text) for n, text in enumerate(DIALOGUE)])  # type: ignore[arg-type]


def wait(model: RecommenderLM) -> None:
    """Until a GPU has done what it was given."""
    import torch

    if model.device.type == "cuda":
        torch.cuda.synchronize()


def give_back() -> None:
    """Give back to the system what was freed."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


@contextmanager
def growth(device: torch.device) -> Iterator[list[int]]:
    """Bytes by which memory grows at most, a GPU's or the process', in the list's first place once it is over."""
    import torch

    grown = [0]
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        yield grown
        grown[0] = torch.cuda.max_memory_allocated() - before
        return
    give_back()  # or it would be grown into unseen
    before, over = _resident(), threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            grown[0] = max(grown[0], _resident() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        over.set()
        watcher.join()


def _resident() -> int:
    """Bytes of memory that this process holds."""
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
