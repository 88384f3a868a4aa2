"""Training steps of configs on one machine in one run."""

from __future__ import annotations

import gc
import json
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wherefore.errors import ConfigError
from wherefore.evaluation.benchmark.memory import give_back, growth
from wherefore.evaluation.evaluate import check_names

if TYPE_CHECKING:
    from wherefore.catalog.catalog import Catalog
    from wherefore.config import Config
    from wherefore.lm.item_encoder import ItemSignals
    from wherefore.lm.model import RecommenderLM
    from wherefore.recommender import Recommender
    from wherefore.training.corpus import Corpus
    from wherefore.training.ingredients import Ingredients

WAYS: Mapping[str, tuple[str, ...]] = {
    "as configured": (),
    "float32": ("train.mixed_precision=no", "llm.dtype=float32"),
    "gradient checkpointing": ("train.gradient_checkpointing=true",),
    "compiled": ("train.compile=true",),
}
DIALOGUES = 80  # made ones, to learn from
_SPARE = 1.5  # times the estimate must be free: what allocators waste, and what the estimate does not count


class Data(NamedTuple):
    """What is learned from, whatever the LLM."""

    starter: Recommender
    corpora: tuple[Corpus, ...]
    practice: tuple[Catalog, ...]
    items: ItemSignals


def compare(
    configs: Sequence[Path],
    ways: Sequence[str] = tuple(WAYS),
    steps: int = 4,
    changes: Sequence[str] = (),
    note: Callable[[str], None] = print,
    kept: Path | None = None,
) -> dict[str, Any]:
    """Measure steps of each stage of each config.

    The LLM has the published sizes and random weights, which change no time; dialogues are made from the built-in
    catalogue's facts and cut as the config says.

    Args:
        configs: Files.
        ways: Of WAYS.
        steps: Of each stage; the first one is not counted.
        changes: Overrides for all of them.
        note: Hears of progress.
        kept: A file of the figures that a run which was stopped has got to; grows while this one goes on.

    Returns:
        Per config `estimated_gib`, what `wherefore estimate` says of the memory to train without the embedder, and per
        way: `stages` with the median `seconds` of a step and `tokens_per_s`, `hours` for all steps of the config, and
        `memory_gib`, what the process grew by at most, weights included. Of what does not fit, `estimated_gib` and
        `free_gib` alone.

    Raises:
        ConfigError: If there are fewer than two steps.
    """
    from wherefore.config import Config
    from wherefore.training.cost import estimate

    check_names("way", ways, WAYS)
    if steps < 2:
        raise ConfigError(f"--steps is {steps}; give 2 or more, the first is not counted")
    found: dict[str, Any] = {}
    done: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept and kept.exists() else {}
    loaded = {path: {way: Config.load(path, [*WAYS[way], *changes]) for way in ways} for path in configs}
    with tempfile.TemporaryDirectory() as folder:
        data: Data | None = None
        for path in configs:
            of: dict[str, Any] = {}
            for way, config in loaded[path].items():
                cost = estimate(config)
                less = config.train.gradient_checkpointing
                key = f"{path.stem}, {way}, {steps} steps {' '.join(changes)}".rstrip()
                if key not in done:
                    needed, free = cost.training(checkpointing=less) - cost.embedder, _free()
                    done[key] = {"estimated_gib": needed / 2**30}
                    if _SPARE * needed > free:
                        done[key]["free_gib"] = free / 2**30
                    else:
                        data = prepared(Path(folder)) if data is None else data
                        done[key] |= measured(config, data, steps, Path(folder) / f"{path.stem} {way}")
                    note(f"{key}: {done[key]}")
                    if kept is not None:
                        kept.write_text(json.dumps(done), encoding="utf-8")
                of[way] = done[key]
            found[path.stem] = of
    return found


def _free() -> int:
    """Bytes that are free where is trained."""
    import psutil  # type: ignore[import-untyped]
    import torch

    give_back()
    return int(
        torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else psutil.virtual_memory().available
    )


def prepared(folder: Path) -> Data:
    """Made dialogues about the built-in catalogue, and the recommender that finds their candidates."""
    import torch

    from wherefore.config import Config
    from wherefore.lm.item_encoder import ItemSignals
    from wherefore.recommender import Recommender
    from wherefore.training.corpus import load_corpora
    from wherefore.training.generator import DialogueMaker, write_corpus
    from wherefore.training.practice import invented_catalogs

    starter = Recommender.from_pretrained("starter")
    write_corpus(DialogueMaker(starter.catalog, starter.index.vectors), folder / "made", None, DIALOGUES, 0)
    config = Config.parse({"corpora": [{"name": "jsonl", "path": str(folder / "made")}]})
    practice = invented_catalogs()
    texts = [catalog.text(item) for catalog in practice for item in catalog.items]
    items = ItemSignals(torch.tensor(starter.index.vectors))
    items = items.followed_by(torch.from_numpy(starter.index.embedder.encode(texts, "item")))
    return Data(starter, load_corpora(config, starter.catalog), practice, items)


def measured(config: Config, data: Data, steps: int, folder: Path) -> dict[str, Any]:
    """Steps of all stages of a config."""
    import torch

    from wherefore.training.trainer import Trainer

    tree = config.model_dump(mode="json")
    tree["signals"] = []  # one more vector of the item encoder
    tree["item_encoder"].pop("dropout", None)
    tree["train"].update(log_every=1, save_every=10**9, validate_every=None, tracker=None, init=None)
    for stage in tree["train"]["stages"]:
        stage["steps"] = steps
    short = type(config).parse(tree)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with growth(device) as memory:
        model = model_of(short, data)
        Trainer(short, model, ingredients_of(short, data, model), folder).run()
    del model
    gc.collect()
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    stages: dict[str, Any] = {}
    hours = 0.0
    for number, stage in enumerate(config.train.stages):
        of = log[number * steps + 1 : (number + 1) * steps]
        seconds = statistics.median(line["seconds"] for line in of)
        speed = statistics.median(line["tokens_per_s"] for line in of)
        stages[stage.name] = {"seconds": seconds, "tokens_per_s": speed}
        hours += stage.steps * seconds / 3600
    return {"hours": hours, "memory_gib": memory[0] / 2**30, "stages": stages}


def model_of(config: Config, data: Data) -> RecommenderLM:
    """A model to be trained, its LLM with random weights and the starter's words where it is not the packaged one."""
    import torch
    from transformers import AutoModelForCausalLM

    from wherefore.build import build_model
    from wherefore.lm.load import add_lora
    from wherefore.training.sizes import causal_lm_config

    llm = None
    if config.llm.name != "minilm":
        torch.manual_seed(config.seed)
        lm = AutoModelForCausalLM.from_config(
            causal_lm_config(config.llm), dtype=getattr(torch, config.llm.dtype)
        )
        lm = lm.requires_grad_(False) if config.llm.lora is None else add_lora(lm, config.llm.lora)
        llm = (lm, data.starter.model.format.tokenizer)
    return build_model(config, data.starter.index.dim, len(data.starter.retriever.feature_names), llm)


def ingredients_of(config: Config, data: Data, model: RecommenderLM) -> Ingredients:
    """What the stages' tasks draw from, with the starter's candidates."""
    from wherefore.corpora.base import instances
    from wherefore.training.corpus import named_together
    from wherefore.training.ingredients import Ingredients
    from wherefore.training.recommendations import prepare_recommendations

    starter, corpora, practice, items = data
    turns = [
        (dialogue, instance.turn, corpus.item_of, corpus.titles)
        for corpus in corpora
        for dialogue in corpus.dialogues
        for instance in instances(dialogue)
    ]
    found = prepare_recommendations(
        turns, starter.catalog, starter.retriever, model.format, config.retrieval.k
    )
    model.head.fit(found.known_features(200_000))
    return Ingredients(
        catalog=starter.catalog,
        items=items,
        format=model.format,
        dialogues=tuple(one for corpus in corpora for one in corpus.dialogues),
        titles={item: title for corpus in corpora for item, title in corpus.titles.items()},
        recommendations=found,
        practice=practice,
        ranker=config.ranker,
        together=named_together(corpora, starter.catalog),
        by_length=config.train.by_length,
    )
