"""Evaluating systems on one split of a corpus, from their names to their reports."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wherefore.config import Config, resolve
from wherefore.corpora import CORPORA
from wherefore.corpora.base import SPLITS, Corpus, Instance
from wherefore.errors import ConfigError, CorpusError
from wherefore.evaluation.baselines import BASELINES, COMPLETE
from wherefore.evaluation.evaluate import PROTOCOLS, Report, check_names, combine, evaluate
from wherefore.evaluation.predictions import read_predictions, write_predictions
from wherefore.evaluation.provenance import code_hash, provenance
from wherefore.evaluation.ranker import build_recommender
from wherefore.evaluation.system import Rank, Setting, count_mentions
from wherefore.progress import Progress
from wherefore.reading.own_dialogues import link_own

if TYPE_CHECKING:
    from wherefore.catalog.catalog import Catalog

SYSTEMS: dict[str, Callable[[Setting], Rank]] = {**BASELINES, "recommender": build_recommender}
PRINTED = {"recommender": "wherefore"}  # names in tables that differ


def evaluate_corpus(
    systems: Sequence[str],
    corpus: str,
    path: str | Path,
    split: str = "test",
    *,
    protocols: Sequence[str] = ("dedup",),
    checkpoints: Sequence[str] = ("starter",),
    read_titles: bool = False,
    sequences: bool = False,
    cold: Collection[str] = (),
    predictions: str | Path | None = None,
    save_predictions: str | Path | None = None,
    cache: str | Path | None = None,
    searches: dict[str, dict[Any, Any]] | None = None,
    settings: Sequence[str] = (),
    catalog: Catalog | None = None,
    limit: int | None = None,
    resamples: int = 1000,
    seed: int = 0,
    command: str = "",
    progress: Progress | None = None,
) -> list[Report]:
    """Evaluate systems on a split of a corpus: what `wherefore evaluate` calls.

    Args:
        systems: Keys of `SYSTEMS`, `package.module:Name` of your own, or one name to print beside
            `predictions`.
        corpus: A key of `CORPORA`.
        path: The corpus' folder.
        split: What to predict; systems learn from "train", and from "valid" too when this is "test".
        protocols: "dedup", "repeats" or both.
        checkpoints: Of the recommender, one per seed.
        read_titles: The recommender finds titles in the words, instead of being told the mentions.
        sequences: Learn mentions also from dialogues whose words are not known, where the corpus has such.
        cold: Ids of items that the recommender was not trained with, for a slice of their own.
        predictions: A file of rankings to score instead of running a system.
        save_predictions: Folder to write each system's rankings to, as JSON lines. Those that the same code made
            of the same checkpoint and data are used again, so a long run that was stopped goes on.
        cache: Folder for vectors that take minutes to make; None: none.
        searches: What recommenders found is kept here, for a caller that asks the same again (`Setting.found`).
        settings: In which the recommender differs from its checkpoints, as in `Recommender.from_pretrained`.
        catalog: What the recommender ranks. None: its checkpoint's catalogue, or the corpus' own items where few of
            them are in that.
        limit: Only the first so many instances, for a quick look.
        resamples: Bootstrap samples.
        seed: Of the bootstrap.
        command: The command line, for the report.
        progress: Told (done, of).

    Returns:
        One report per system and protocol, in the order given; seeds are combined.

    Raises:
        ConfigError: If a name is unknown or an option is out of range.
        CorpusError: If nothing is to evaluate, or the corpus or the predictions are not there.
        CheckpointNotFoundError: If a checkpoint is not there.
    """
    _check_options(systems, protocols, checkpoints, split, predictions, limit)
    builders = [None if predictions is not None else resolve(name, SYSTEMS, "system") for name in systems]
    make = resolve(corpus, CORPORA, "corpus")
    data: Corpus = make(path, split)
    before = {"train": ("train",), "valid": ("train",), "test": ("train", "valid")}[split]
    training = tuple(
        _with_sequences(make, corpus, path, part) if sequences else make(path, part) for part in before
    )
    ranked = catalog
    if data.own:
        if ranked is None and "recommender" in systems and predictions is None:
            ranked = _catalog_of(checkpoints[0])
        if ranked is not None:
            data, *others = link_own([data, *training], ranked)
            training = tuple(others)
    mentions = count_mentions(dialogue for part in training for dialogue in part)
    todo = _instances(data, protocols, limit)
    files = dict.fromkeys(file for part in (data, *training) for file in part.files)
    origin = provenance(command, seed, files) | {"corpus": corpus, "split": split, "limit": limit}
    if searches is None and len(checkpoints) > 1:
        searches = {}
    options = [read_titles, sequences, *([catalog.fingerprint()] if catalog is not None else [])]
    reports: list[Report] = []
    for name, build in zip(systems, builders, strict=True):
        runs: dict[str, list[Report]] = {protocol: [] for protocol in protocols}
        for checkpoint in checkpoints if name == "recommender" and build is not None else ("",):
            if build is None:
                assert predictions is not None
                rank = read_predictions(predictions, data, _items(data, mentions))
            else:
                kept = None if cache is None else Path(cache)
                rank = build(
                    Setting(
                        *(data, training, str(checkpoint), read_titles, kept, progress, searches),
                        settings=tuple(settings),
                        catalog=catalog,
                    )
                )
            for protocol, of_protocol in todo.items():
                used = rank
                if save_predictions is not None:
                    number = f"-{len(runs[protocol])}" if len(checkpoints) > 1 and checkpoint else ""
                    file = Path(save_predictions) / f"{_file_name(name)}-{protocol}{number}.jsonl"
                    told = [origin[part] for part in ("corpus", "split", "limit", "data_sha256")]
                    told += [protocol, list(settings) if checkpoint else []]
                    key = _ranking_key(str(checkpoint), [name, *options, *told])
                    used = _kept(rank, of_protocol, file, key, progress)
                report = evaluate(
                    used,
                    of_protocol,
                    PRINTED.get(name, name) if build is not None else name,
                    resamples,
                    seed,
                    progress,
                    origin,
                    mentions=mentions,
                    cold=cold,
                    complete=build is not None and (name in COMPLETE or name == "recommender"),
                    trained=_trained(checkpoint) if checkpoint else None,
                )
                runs[protocol].append(report)
        reports += [combine(runs[protocol], resamples, seed) for protocol in protocols]
    return reports


def _check_options(
    systems: Sequence[str],
    protocols: Sequence[str],
    checkpoints: Sequence[str],
    split: str,
    predictions: str | Path | None,
    limit: int | None,
) -> None:
    if limit is not None and limit < 1:
        raise ConfigError(f"`limit` is {limit}; it must be at least 1, or None for all instances")
    check_names("system", systems)
    check_names("protocol", protocols, PROTOCOLS)
    check_names("checkpoint", [str(one) for one in checkpoints])
    if split not in SPLITS:
        raise ConfigError(f"unknown split {split!r}; known: {', '.join(SPLITS)}")
    if predictions is not None and len(systems) > 1:
        raise ConfigError(
            f"{len(systems)} systems are named beside one file of predictions; give the one name to print"
        )


def _instances(data: Corpus, protocols: Sequence[str], limit: int | None) -> dict[str, list[Instance]]:
    """What is to be predicted, by protocol."""
    todo = {protocol: list(data.instances(protocol == "dedup"))[:limit] for protocol in protocols}
    if not all(todo.values()):
        titles = " (their titles in the text are found with --catalog)" if data.own else ""
        raise CorpusError(
            f"there is nothing to evaluate: no turn of the {data.split} dialogues in {data.path} recommends an item; "
            f"give a corpus that has assistant turns with items{titles} whose split is {data.split!r}"
        )
    return todo


def _kept(rank: Rank, instances: Sequence[Instance], file: Path, key: str, progress: Progress | None) -> Rank:
    """The rankings of a file; they are made where the file was not made under this key."""
    mark = file.with_suffix(".key")
    if not (file.is_file() and mark.is_file() and mark.read_text(encoding="utf-8") == key):
        mark.unlink(missing_ok=True)
        write_predictions(rank, instances, file, progress)
        mark.write_text(key, encoding="utf-8")
    return read_predictions(file)


def _file_name(system: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in PRINTED.get(system, system))


def _ranking_key(checkpoint: str, options: Sequence[Any]) -> str:
    """A hash of all that decides a system's rankings: code, weights, data and options."""
    from wherefore.checkpoint import checkpoint_dir

    digest = hashlib.sha256(code_hash().encode())
    manifest = checkpoint_dir(checkpoint) / "manifest.json" if checkpoint else None
    if manifest is not None and manifest.is_file():
        digest.update(manifest.read_bytes())
    digest.update(json.dumps(options).encode())
    return digest.hexdigest()


def _with_sequences(make: Callable[..., Corpus], corpus: str, path: str | Path, split: str) -> Corpus:
    try:
        return make(path, split, sequences=True)
    except TypeError as error:
        raise ConfigError(
            f"corpus {corpus!r} has no dialogues of which only the mentions are known; leave `sequences` out"
        ) from error


def _items(data: Corpus, mentions: Iterable[str]) -> set[str] | None:
    """Ids of all items of a corpus; None where it has no list of them."""
    facts = data.items()
    return {*facts, *mentions, *count_mentions(data)} if facts else None


def _catalog_of(checkpoint: str | Path) -> Catalog:
    """What a checkpoint recommends from."""
    from wherefore.catalog.catalog import Catalog
    from wherefore.checkpoint import check_files, checkpoint_dir

    folder = checkpoint_dir(checkpoint)
    check_files(folder)
    builtin = Config.load(folder / "config.yaml").catalog == "builtin"
    return Catalog.builtin() if builtin else Catalog.load(folder / "catalog.parquet")


def _trained(checkpoint: str) -> int | None:
    """The seed of a checkpoint's training; None where its folder does not say."""
    from wherefore.checkpoint import checkpoint_dir

    file = checkpoint_dir(checkpoint) / "config.yaml"
    return Config.load(file).seed if file.is_file() else None
