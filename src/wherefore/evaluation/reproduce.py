"""From raw data to the evaluated table of a config: every seed trained, all systems measured.

What is missing is made: the corpus' catalogue, the text vectors, the sources, the candidates, each seed's checkpoint,
each system's rankings. Stopped, the same call goes on where it was. Each seed trains on the corpus' training and
validation parts and is measured on its test part, once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import yaml

from wherefore.catalog.catalog import Catalog, Item
from wherefore.corpora import CORPORA, read_items
from wherefore.errors import ConfigError, TrainingError
from wherefore.evaluation.evaluate import Report
from wherefore.evaluation.ranker import build_recommender, source_report
from wherefore.evaluation.report import OURS, markdown, plot, results, save_markdown
from wherefore.evaluation.run import evaluate_corpus
from wherefore.evaluation.runs import Runs, minutes, parameters
from wherefore.evaluation.system import Setting
from wherefore.files import write_aside


def study(
    runs: Runs,
    ablations: Path | None = None,
    only: Collection[str] = (),
    cold: float | None = None,
    zero_shot: bool = False,
) -> str:
    """Do what the options ask for, `reproduce`, `ablate` or `newcomers`; the tables.

    Args:
        runs: The runs.
        ablations: A YAML file of changes to measure, each a list of overrides.
        only: Of the ablations, only these.
        cold: The share of the items to train without.
        zero_shot: Also measure the checkpoints that the config starts from.

    Raises:
        ConfigError: If the options do not go together.
    """
    if not runs.config().corpora:
        raise ConfigError(f"{runs.file} names no corpus; the first of `corpora` is what is measured")
    if runs.seeds < 1:
        raise ConfigError(f"--seeds is {runs.seeds}; at least one is needed")
    if only and ablations is None:
        raise ConfigError("--only names ablations; give their file with --ablations")
    if cold is not None:
        if ablations is not None or not 0 < cold < 1:
            raise ConfigError(f"--cold is {cold}; it must be between 0 and 1, and stands without --ablations")
        return newcomers(runs, cold)
    if ablations is not None:
        return ablate(runs, read_ablations(ablations, only), only)
    return reproduce(runs, zero_shot)


def reproduce(runs: Runs, zero_shot: bool = False) -> str:
    """The table of a config: its runs and other systems; and one of what each source finds."""
    seeds = [runs.trained(seed, [], f"seed-{seed}") for seed in range(runs.seeds)]
    searches: dict[str, dict[Any, Any]] = {}
    reports = runs.measured(seeds, runs.systems, searches=searches)
    sources = found_by_sources(runs, seeds[0], searches)
    if zero_shot:
        untouched = [runs.untrained(seed) for seed in range(runs.seeds)]
        found = runs.measured(untouched, where="zero-shot")
        reports += [replace(report, system="wherefore, zero-shot") for report in found]
    text = written(runs, runs.file.stem, reports, seeds, {"sources": sources})
    table = table_of_sources(sources)
    with (runs.results / f"{runs.file.stem}.md").open("a", encoding="utf-8") as file:
        file.write("\n" + table)
    return text + table


def found_by_sources(
    runs: Runs, checkpoint: Path, searches: dict[str, dict[Any, Any]]
) -> dict[str, dict[str, float]]:
    """What each source of a checkpoint finds on the test part, dedup."""
    corpus = CORPORA[runs.corpus.name](runs.corpus.kwargs["path"], "test")
    rank = build_recommender(Setting(corpus, (), str(checkpoint), found=searches))
    with runs.bar("Searching") as progress:
        return source_report(rank, list(corpus.instances(True))[: runs.limit], progress)


def table_of_sources(sources: Mapping[str, Mapping[str, float]]) -> str:
    """The same as Markdown."""
    heads = ("recall@10", "recall@50", "found", "unique")
    lines: list[tuple[str, ...]] = [("source", *heads), ("---",) * 5]
    for name, shares in sources.items():
        lines.append((name, *(f"{shares[head]:.3f}" if head in shares else "–" for head in heads)))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def read_ablations(file: Path, only: Collection[str] = ()) -> dict[str, list[str]]:
    """Named changes to a config, each a list of overrides.

    Raises:
        ConfigError: If the file does not hold such, or not those of `only`.
    """
    changes = yaml.safe_load(file.read_text(encoding="utf-8"))
    shape = isinstance(changes, dict) and all(
        isinstance(given, list) and all(isinstance(one, str) for one in given) for given in changes.values()
    )
    if not shape or not changes:
        raise ConfigError(
            f"{file} must hold a name for every change with a list of overrides: `no LLM: [ranker.llm=false]`"
        )
    if unknown := sorted(set(only) - set(changes)):
        raise ConfigError(f"{file} has no {', '.join(unknown)}; it has {', '.join(changes)}")
    return dict(changes)


def ablate(runs: Runs, changes: Mapping[str, Sequence[str]], only: Collection[str] = ()) -> str:
    """The table of changes to a config, each trained with the config's seed; the whole chain's seeds give the noise.

    With `only`, what the table of an earlier run holds besides stays in it, and the whole chain is not trained again.
    """
    runs = replace(runs, protocols=("dedup",))
    before = table_before(runs) if only else None
    seeds: list[Path] = []
    reports: list[Report] = []
    if before is None:
        seeds = [runs.trained(seed, [], f"seed-{seed}") for seed in range(runs.seeds)]
        reports = runs.measured(seeds)
    for change, overrides in changes.items():
        if only and change not in only:
            continue
        where = "without/" + "".join(c if c.isalnum() else "-" for c in change.lower())
        folder = runs.trained(0, overrides, where)
        reports += [replace(report, system=change) for report in runs.measured([folder], where=where)]
    further = None
    if before is not None:
        reports, further = beside(before, reports, list(changes))
        further["minutes"] = before.get("minutes", {}) | minutes(runs.folder)
    return written(runs, f"{runs.file.stem}-ablations", reports, seeds, further)


def table_before(runs: Runs) -> dict[str, Any] | None:
    """The ablations that were measured before, of the same data; None where there are none."""
    file = runs.results / f"{runs.file.stem}-ablations.json"
    if not file.is_file():
        return None
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    corpus = runs.corpus
    (quick,) = evaluate_corpus(
        ["popularity"],
        corpus.name,
        corpus.kwargs["path"],
        "test",
        sequences=bool(corpus.kwargs.get("sequences")),
        limit=1,
        resamples=runs.resamples,
    )
    now = {"data_sha256": quick.provenance["data_sha256"], "limit": runs.limit}
    for key, value in now.items():
        if told.get(key) != value:
            raise TrainingError(
                f"{file} was measured with another `{key}` ({told.get(key)}, now {value}); move it away to begin a "
                "new table, or give another --results"
            )
    return told


def beside(
    before: Mapping[str, Any], reports: Sequence[Report], order: Sequence[str]
) -> tuple[list[Report], dict[str, Any]]:
    """New rows together with those of an earlier table, and what else is to be written: where each is from."""
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


def newcomers(runs: Runs, share: float) -> str:
    """How well items are found that nobody has named yet: those of a random share, kept out of all dialogues."""
    runs = replace(runs, protocols=("dedup",))
    config = runs.config()
    runs.make_catalog(config)
    ids = without_share(runs, share)
    folder = runs.folder / "cold"
    changes = [
        f"train.without={folder / 'cold.txt'}",
        f"catalog={folder / 'items.parquet'}",
        f"train.cache={folder / 'cache'}",
    ]
    whole = runs.trained(0, [], "seed-0")
    without = runs.trained(0, changes, "cold/seed-0")
    reports = runs.measured([whole], cold=ids)
    found = runs.measured([without], where="cold", cold=ids)
    reports += [replace(report, system="without the cold items") for report in found]
    all_found, cold_found = (report.slices["cold"]["cold"].recall["recall@50"] for report in reports)
    ratio = cold_found / all_found if all_found and cold_found else None
    told = {"cold_items": len(ids), "cold_share": share, "cold_recall@50_ratio": ratio}
    return written(runs, f"{runs.file.stem}-cold", reports, [whole], told)


def without_share(runs: Runs, share: float) -> list[str]:
    """Choose a share of the corpus' items; their ids.

    In the folder `cold`, `cold.txt` lists them, and `items.parquet` is the catalogue without their popularity.
    """
    from wherefore.corpora.items import link_items

    config, corpus = runs.config(), runs.corpus
    catalog = Catalog.load(config.catalog, config.catalog_schema)
    facts = read_items(corpus.name, corpus.kwargs["path"])
    links = link_items(catalog, corpus.name, facts, () if facts else catalog.ids)
    chosen = set(Random(config.seed).sample(sorted(links.values()), round(share * len(links))))
    ids = sorted(item for item, linked in links.items() if linked in chosen)
    known = {spec.name for spec in catalog.schema.fields if spec.is_rank}
    items = [
        Item(
            one.id, one.title, {k: v for k, v in one.fields.items() if one.id not in chosen or k not in known}
        )
        for one in catalog.items
    ]
    folder = runs.folder / "cold"
    folder.mkdir(parents=True, exist_ok=True)
    Catalog(items, catalog.schema, catalog.name).save(folder / "items.parquet")
    with write_aside(folder / "cold.txt") as aside:
        aside.write_text("\n".join(ids) + "\n", encoding="utf-8")
    return ids


def written(
    runs: Runs,
    name: str,
    reports: Sequence[Report],
    checkpoints: Sequence[Path],
    further: Mapping[str, Any] | None = None,
) -> str:
    """Write the figures as JSON, Markdown and a picture; the tables."""
    runs.results.mkdir(parents=True, exist_ok=True)
    figures = results(reports) | {"minutes": minutes(runs.folder)}
    if checkpoints:
        figures["parameters"] = parameters(checkpoints[0])
    figures |= further or {}
    with write_aside(runs.results / f"{name}.json") as aside:
        aside.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    save_markdown(runs.results / f"{name}.md", reports)
    plot(runs.results / f"{name}.png", reports)
    return markdown(reports)
