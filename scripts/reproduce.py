r"""From raw data to the evaluated table of a config: every seed trained, all systems measured, in one command.

    python scripts/reproduce.py configs/redial.yaml
    python scripts/reproduce.py configs/redial.yaml --ablations configs/ablations.yaml
    python scripts/reproduce.py configs/redial.yaml --cold 0.2

What is missing is made: the corpus' catalogue, the text vectors, the sources, the candidates, each seed's
checkpoint, each system's rankings. Stopped, the same command goes on where it was. Everything made lies under
`--runs`; the table, the figures and a picture go to `--results`. With `--only`, ablations are measured one by one: what
the table of an earlier run holds besides stays in it, and the whole chain is not trained again.

Each seed trains on the corpus' training and validation parts and is measured on its test part, once. With
`--ablations`, each named change is trained with the config's seed and measured as the whole chain is; the whole
chain's own seeds give the noise.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wherefore.config import Config

SYSTEMS = (
    "recommender",
    "ease",
    "co-mention",
    "nearest-dialogues",
    "bm25",
    "zero-shot",
    "popularity",
    "repeat-context",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, train what is not trained, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path)
    parser.add_argument("overrides", nargs="*", help="like train.save_every=50")
    parser.add_argument("--seeds", type=int, default=5, help="how many, from the config's own upwards")
    parser.add_argument("--runs", type=Path, help="folder for what is made (default: runs/NAME)")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder for the table")
    parser.add_argument(
        "--ablations", type=Path, help="YAML file of changes to measure, each a list of overrides"
    )
    parser.add_argument(
        "--cold",
        type=float,
        help="instead, train without this share of the items (say 0.2) and measure how well they are found then",
    )
    parser.add_argument(
        "--only", nargs="+", help="of the ablations, only these, beside the table that is there"
    )
    parser.add_argument(
        "--zero-shot",
        action="store_true",
        help="also measure the checkpoints that the config starts from, as they are, on its catalogue",
    )
    parser.add_argument("--system", nargs="+", default=list(SYSTEMS), help="what stands in the table")
    parser.add_argument("--protocol", nargs="+", default=["dedup", "repeats"], choices=["dedup", "repeats"])
    parser.add_argument(
        "--limit", type=int, help="measure only the first so many instances, for a quick look"
    )
    parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap")
    options = parser.parse_args(argv)
    options.runs = options.runs or Path("runs") / options.config.stem
    command = shlex.join(["python", "scripts/reproduce.py", *(sys.argv[1:] if argv is None else argv)])

    from wherefore.config import Config
    from wherefore.training.trainer import TrainingStopped

    try:
        if not Config.load(options.config, options.overrides).corpora:
            raise ValueError(f"{options.config} names no corpus; the first of `corpora` is what is measured")
        if options.seeds < 1:
            raise ValueError(f"--seeds is {options.seeds}; at least one is needed")
        if options.only and options.ablations is None:
            raise ValueError("--only names ablations; give their file with --ablations")
        if options.cold is not None:
            if options.ablations is not None or not 0 < options.cold < 1:
                raise ValueError(
                    f"--cold is {options.cold}; it must be between 0 and 1, and stands without --ablations"
                )
            newcomers(options, command)
        elif options.ablations is None:
            reproduce(options, command)
        else:
            ablate(options, command)
    except (ValueError, OSError, ImportError, FloatingPointError, MemoryError, TrainingStopped) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def reproduce(options: argparse.Namespace, command: str) -> None:
    """The table of a config."""
    name, runs = options.config.stem, options.runs
    seeds = [trained(options, runs, seed, [], f"seed-{seed}") for seed in range(options.seeds)]
    searches: dict[str, dict[Any, Any]] = {}
    reports = measured(options, runs, seeds, options.system, command, searches=searches)
    sources = found_by_sources(options, seeds[0], searches)
    if options.zero_shot:
        untouched = [untrained(options, runs, seed) for seed in range(options.seeds)]
        found = measured(options, runs / "zero-shot", untouched, ["recommender"], command)
        reports += [replace(report, system="wherefore, zero-shot") for report in found]
    written(options, name, reports, runs, seeds, {"sources": sources})
    print(table_of_sources(sources), end="")
    with (options.results / f"{name}.md").open("a", encoding="utf-8") as file:
        file.write("\n" + table_of_sources(sources))


def found_by_sources(
    options: argparse.Namespace, checkpoint: Path, searches: dict[str, dict[Any, Any]]
) -> dict[str, dict[str, float]]:
    """What each source of a checkpoint finds on the test part, dedup."""
    from wherefore.config import Config
    from wherefore.corpora import CORPORA
    from wherefore.evaluation.ranker import RecommenderRank, source_report
    from wherefore.evaluation.run import SYSTEMS as BUILDERS
    from wherefore.evaluation.system import Setting

    component = Config.load(options.config, options.overrides).corpora[0]
    corpus = CORPORA[component.name](component.kwargs["path"], "test")
    rank = BUILDERS["recommender"](Setting(corpus, (), str(checkpoint), found=searches))
    assert isinstance(rank, RecommenderRank)
    return source_report(rank, list(corpus.instances(True))[: options.limit], shown())


def table_of_sources(sources: Mapping[str, Mapping[str, float]]) -> str:
    """The same as Markdown."""
    heads = ("recall@10", "recall@50", "found", "unique")
    lines: list[tuple[str, ...]] = [("source", *heads), ("---",) * 5]
    for name, shares in sources.items():
        lines.append((name, *(f"{shares[head]:.3f}" if head in shares else "–" for head in heads)))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def ablate(options: argparse.Namespace, command: str) -> None:
    """The table of changes to a config."""
    import yaml

    changes = yaml.safe_load(options.ablations.read_text(encoding="utf-8"))
    shape = isinstance(changes, dict) and all(
        isinstance(given, list) and all(isinstance(one, str) for one in given) for given in changes.values()
    )
    if not shape or not changes:
        raise ValueError(
            f"{options.ablations} must hold a name for every change with a list of overrides: "
            "`no LLM: [ranker.llm=false]`"
        )
    if unknown := sorted(set(options.only or ()) - set(changes)):
        raise ValueError(f"{options.ablations} has no {', '.join(unknown)}; it has {', '.join(changes)}")
    name, runs = options.config.stem, options.runs
    options.protocol = ["dedup"]
    before = table_before(options) if options.only else None
    seeds = (
        [trained(options, runs, seed, [], f"seed-{seed}") for seed in range(options.seeds)]
        if before is None
        else []
    )
    reports = measured(options, runs, seeds, ["recommender"], command) if seeds else []
    for change, overrides in changes.items():
        if options.only and change not in options.only:
            continue
        slug = "".join(c if c.isalnum() else "-" for c in change.lower())
        folder = trained(options, runs, 0, overrides, f"without/{slug}")
        found = measured(options, runs / "without" / slug, [folder], ["recommender"], command)
        reports += [replace(report, system=change) for report in found]
    further = None
    if before is not None:
        reports, further = beside(before, reports, list(changes))
        further["minutes"] = before.get("minutes", {}) | minutes(runs)
    written(options, f"{name}-ablations", reports, runs, seeds, further)


def table_before(options: argparse.Namespace) -> dict[str, Any] | None:
    """The ablations that were measured before, of the same data; None where there are none."""
    from wherefore.config import Config
    from wherefore.evaluation.run import evaluate_corpus

    file = options.results / f"{options.config.stem}-ablations.json"
    if not file.is_file():
        return None
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    corpus = Config.load(options.config, options.overrides).corpora[0]
    (quick,) = evaluate_corpus(
        ["popularity"],
        corpus.name,
        corpus.kwargs["path"],
        "test",
        sequences=bool(corpus.kwargs.get("sequences")),
        limit=1,
        resamples=options.resamples,
    )
    now = {"data_sha256": quick.provenance["data_sha256"], "limit": options.limit}
    for key, value in now.items():
        if told.get(key) != value:
            raise ValueError(
                f"{file} was measured with another `{key}` ({told.get(key)}, now {value}); move it away to begin a "
                "new table, or give another --results"
            )
    return told


def beside(
    before: Mapping[str, Any], reports: Sequence[Any], order: Sequence[str]
) -> tuple[list[Any], dict[str, Any]]:
    """New rows together with those of an earlier table, and what else is to be written: where each is from."""
    from wherefore.evaluation.evaluate import Report
    from wherefore.evaluation.report import OURS

    new = {report.system: report for report in reports}
    origin = reports[0].provenance
    kept = {
        name: replace(Report.from_json(name, "dedup", told["dedup"]), provenance=origin)
        for name, told in before["systems"].items()
        if name not in new
    }
    rows = kept | new
    names = [name for name in (OURS, *order) if name in rows]
    names += [name for name in rows if name not in names]
    apart = {name: one for name, one in before.get("measured_apart", {}).items() if name in kept}
    apart |= {name: {"command": origin["command"], "commit": origin["commit"]} for name in new}
    whole = {key: before[key] for key in ("command", "commit", "hardware", "parameters") if key in before}
    return [rows[name] for name in names], whole | {"measured_apart": apart}


def newcomers(options: argparse.Namespace, command: str) -> None:
    """How well items are found that nobody has named yet: those of a random share, kept out of all dialogues."""
    from random import Random

    from wherefore.catalog.catalog import Catalog, Item
    from wherefore.config import Config
    from wherefore.corpora import read_items
    from wherefore.files import write_aside
    from wherefore.training.tasks import link_items

    name, runs = options.config.stem, options.runs
    options.protocol = ["dedup"]
    config = Config.load(options.config, options.overrides)
    with_catalog(config)
    catalog = Catalog.load(config.catalog, config.catalog_schema)
    corpus = config.corpora[0]
    facts = read_items(corpus.name, corpus.kwargs["path"])
    links = link_items(catalog, corpus.name, facts, () if facts else catalog.ids)
    chosen = set(Random(config.seed).sample(sorted(links.values()), round(options.cold * len(links))))
    ids = sorted(item for item, linked in links.items() if linked in chosen)
    known = {spec.name for spec in catalog.schema.of_kind("popularity")}
    items = [
        Item(
            one.id, one.title, {k: v for k, v in one.fields.items() if one.id not in chosen or k not in known}
        )
        for one in catalog.items
    ]
    folder = runs / "cold"
    folder.mkdir(parents=True, exist_ok=True)
    Catalog(items, catalog.schema, catalog.name).save(folder / "items.parquet")
    with write_aside(folder / "cold.txt") as aside:
        aside.write_text("\n".join(ids) + "\n", encoding="utf-8")
    changes = [
        f"train.without={folder / 'cold.txt'}",
        f"catalog={folder / 'items.parquet'}",
        f"train.cache={folder / 'cache'}",
    ]
    whole = trained(options, runs, 0, [], "seed-0")
    without = trained(options, runs, 0, changes, "cold/seed-0")
    reports = measured(options, runs, [whole], ["recommender"], command, ids)
    found = measured(options, folder, [without], ["recommender"], command, ids)
    reports += [replace(report, system="without the cold items") for report in found]
    recalls = [report.slices["cold"]["cold"].recall["recall@50"] for report in reports]
    ratio = recalls[1] / recalls[0] if all(recalls) else None
    told = {"cold_items": len(ids), "cold_share": options.cold, "cold_recall@50_ratio": ratio}
    written(options, f"{name}-cold", reports, runs, [whole], told)


def trained(options: argparse.Namespace, runs: Path, number: int, changes: Sequence[str], where: str) -> Path:
    """The checkpoint of one run, trained unless it is there already."""
    from wherefore.config import Config
    from wherefore.training.train import train
    from wherefore.training.trainer import decisive

    config = Config.load(options.config, [*options.overrides, *changes])
    config = config.model_copy(update={"seed": config.seed + number})
    with_catalog(config)
    folder = runs / where
    kept = folder / "checkpoint" / "config.yaml"
    known = _loaded(kept) if kept.is_file() else None
    if known is not None and decisive(known) == decisive(config):
        return folder / "checkpoint"
    print(f"training {folder}", file=sys.stderr, flush=True)
    with timed(runs, where):
        train(config, folder, progress=True)
    return folder / "checkpoint"


def _loaded(path: Path) -> Config | None:
    """A checkpoint's configuration, where settings that came later have their defaults; None of another version."""
    from wherefore.config import Config

    try:
        return Config.load(path)
    except ValueError:
        return None


def untrained(options: argparse.Namespace, runs: Path, number: int) -> Path:
    """The checkpoint that a seed starts from, on the config's catalogue: nothing is trained."""
    from wherefore.catalog.catalog import Catalog
    from wherefore.checkpoint import checkpoint_dir, load_checkpoint, moved, save_checkpoint
    from wherefore.config import Config

    config = Config.load(options.config, options.overrides)
    if config.train.init is None:
        raise ValueError("--zero-shot measures the checkpoints of `train.init`, but the config has none")
    with_catalog(config)
    base = load_checkpoint(
        checkpoint_dir(config.train.init.replace("{seed}", str(config.seed + number))), "cpu", merge=False
    )
    folder = runs / "zero-shot" / f"seed-{number}"
    catalog = Catalog.load(config.catalog, config.catalog_schema)
    made = moved(base, catalog, cache=runs / "zero-shot" / "index")
    told = made.config.model_copy(update={"catalog": config.catalog, "catalog_schema": config.catalog_schema})
    save_checkpoint(folder, told, made.model, made.retriever, signals=made.signals)
    return folder


def with_catalog(config: Any) -> None:
    """Make the corpus' catalogue where it is missing."""
    if config.catalog == "builtin" or Path(config.catalog).is_file():
        return
    sys.path.insert(0, str(Path(__file__).parent))
    from prepare_data import write_corpus

    if not config.corpora:
        raise ValueError(f"{config.catalog} is not there, and the config names no corpus to make it from")
    corpus = config.corpora[0]
    print(f"making {config.catalog}", file=sys.stderr, flush=True)
    write_corpus(corpus.name, Path(corpus.kwargs["path"]).parent, Path(config.catalog))


def measured(
    options: argparse.Namespace,
    runs: Path,
    checkpoints: Sequence[Path],
    systems: Sequence[str],
    command: str,
    cold: Sequence[str] = (),
    searches: dict[str, dict[Any, Any]] | None = None,
) -> list[Any]:
    """Reports of systems on the test part."""
    from wherefore.config import Config
    from wherefore.evaluation.run import evaluate_corpus

    config = Config.load(options.config, options.overrides)
    corpus = config.corpora[0]
    with timed(runs, "evaluation"):
        return evaluate_corpus(
            systems,
            corpus.name,
            corpus.kwargs["path"],
            "test",
            protocols=options.protocol,
            checkpoints=[str(one) for one in checkpoints],
            sequences=bool(corpus.kwargs.get("sequences")),
            cold=cold,
            save_predictions=runs / "predictions",
            cache=runs / "evaluation",
            searches=searches,
            settings=[f"turn={config.turn.model_dump_json()}"],  # which moves no weights
            limit=options.limit,
            resamples=options.resamples,
            command=command,
            progress=shown(),
        )


def shown() -> Callable[[int, int], None]:
    """Tells how far a long count is, with the time left, a line now and then."""
    began, before = [time.monotonic()], [0.0]

    def tell(done: int, total: int) -> None:
        now = time.monotonic()
        if done == 1:
            began[0] = now
        if done == total or now - before[0] > 10:
            before[0] = now
            left = (now - began[0]) / done * (total - done)
            end = "\n" if done == total or not sys.stderr.isatty() else ""
            print(
                f"\rranked {done:,} of {total:,}, {left / 60:.0f} min left",
                end=end,
                file=sys.stderr,
                flush=True,
            )

    return tell


@contextmanager
def timed(runs: Path, what: str) -> Iterator[None]:
    """Adds the minutes that something takes to those in `minutes.json`, also when it is stopped."""
    from wherefore.files import write_aside

    began = time.monotonic()
    try:
        yield
    finally:
        runs.mkdir(parents=True, exist_ok=True)
        told = minutes(runs)
        told[what] = round(told.get(what, 0.0) + (time.monotonic() - began) / 60, 2)
        with write_aside(runs / "minutes.json") as aside:
            aside.write_text(json.dumps(told, indent=1), encoding="utf-8")


def minutes(runs: Path) -> dict[str, float]:
    """What `timed` counted."""
    file = runs / "minutes.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def parameters(checkpoint: Path) -> dict[str, int]:
    """How many numbers each part of a checkpoint has; the embedder and the LLM share MiniLM's where both are it."""
    from wherefore.checkpoint import load_checkpoint
    from wherefore.retrieval.learned import Learned

    loaded = load_checkpoint(checkpoint, "cpu", merge=False)
    model = loaded.model
    own = {id(p): p.numel() for p in model.parameters()}
    adapter = sum(p.numel() for name, p in model.lm.named_parameters() if p.requires_grad)
    parts = {
        "item_encoder": sum(p.numel() for p in model.item_encoder.parameters()),
        "ranking_head": sum(p.numel() for p in model.head.parameters()),
        "adapter": adapter,
    }
    parts["llm"] = sum(own.values()) - sum(parts.values())
    if loaded.config.embedder.name != loaded.config.llm.name:
        embedder: Any = loaded.index.embedder
        weights: Any = getattr(getattr(embedder, "model", None), "parameters", tuple)()
        parts["embedder"] = sum(p.numel() for p in weights)
    for source in loaded.retriever.sources:
        if isinstance(source, Learned):
            tensors: Mapping[str, Any] = source.tensors()
            parts[source.name] = sum(int(t.size) for t in tensors.values() if t.dtype.kind == "f")
    parts["signals"] = sum(int(one.vectors.size) for one in loaded.signals.values())
    parts = {name: count for name, count in parts.items() if count}
    return parts | {"total": sum(parts.values())}


def written(
    options: argparse.Namespace,
    name: str,
    reports: Sequence[Any],
    runs: Path,
    checkpoints: Sequence[Path],
    further: Mapping[str, Any] | None = None,
) -> None:
    """Write the figures as JSON, Markdown and a picture, and print the tables."""
    from wherefore.evaluation.report import markdown, plot, results, save_markdown
    from wherefore.files import write_aside

    options.results.mkdir(parents=True, exist_ok=True)
    figures = results(reports) | {"minutes": minutes(runs)}
    if checkpoints:
        figures["parameters"] = parameters(checkpoints[0])
    figures |= further or {}
    with write_aside(options.results / f"{name}.json") as aside:
        aside.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    save_markdown(options.results / f"{name}.md", reports)
    plot(options.results / f"{name}.png", reports)
    print(markdown(reports), end="")


if __name__ == "__main__":
    sys.exit(main())
