"""Checkpoints: one folder, strict on loading, no pickle.

```
config.yaml  manifest.json  adapter/  item_encoder.safetensors  ranker.safetensors  catalog.parquet  index/
sources/  signals/  history.safetensors
```

The manifest holds size and SHA-256 of every other file. A checkpoint on the built-in catalogue leaves
`catalog.parquet` out and names its fingerprint instead; one that knows no more of histories than the zero-shot
baseline as it is by default leaves `history.safetensors` out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from wherefore.build import build_model
from wherefore.catalog.catalog import Catalog
from wherefore.config import Config, build
from wherefore.errors import CheckpointError, CheckpointNotFoundError
from wherefore.files import ASSETS, cache_folder, recover, sha256, write_aside
from wherefore.lm.model import RecommenderLM
from wherefore.lm.rounding import from_bytes, in_bytes
from wherefore.retrieval.cache import cached_index
from wherefore.retrieval.embedders import EMBEDDERS, Embedder
from wherefore.retrieval.history import is_plain, load_follower, save_follower
from wherefore.retrieval.index import Index
from wherefore.retrieval.learned import load_sources, save_sources
from wherefore.retrieval.retriever import Retriever, make_retriever
from wherefore.retrieval.signals import SignalVectors, load_signals, make_signals, save_signals

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """What a folder holds, loaded."""

    config: Config
    model: RecommenderLM
    catalog: Catalog
    index: Index
    retriever: Retriever
    manifest: Mapping[str, Any]
    signals: Mapping[str, SignalVectors] = field(default_factory=dict)


def starter_dir() -> Path:
    """The folder of the checkpoint that comes with the package."""
    return ASSETS / "starter"


def checkpoint_dir(name: str | Path) -> Path:
    """The folder of a checkpoint that a user names: `starter`, or a folder itself."""
    return starter_dir() if str(name) == "starter" else Path(name)


def moved(
    base: Checkpoint,
    catalog: Catalog,
    progress: Callable[[int, int], None] | None = None,
    cache: str | Path | None = None,
) -> Checkpoint:
    """A checkpoint on another catalogue; nothing is trained. `progress` and `cache` as in `cached_index`."""
    index = cached_index(catalog, base.index, base.config, progress, cache)
    retriever = make_retriever(base.config, index, like=base.retriever)
    return replace(base, catalog=catalog, index=index, retriever=retriever)


def save_checkpoint(
    folder: Path,
    config: Config,
    model: RecommenderLM,
    retriever: Retriever,
    notes: Mapping[str, Any] | None = None,
    dtype: torch.dtype = torch.float32,
    signals: Mapping[str, SignalVectors] | None = None,
) -> None:
    """Write a checkpoint aside, then rename it into place; an older one there is replaced.

    Args:
        folder: Where it will be.
        config: Saved resolved.
        model: Its adapter, item encoder and head are saved, not its base.
        retriever: The vectors with their catalogue, and what its sources have learned.
        notes: For the manifest, e.g. what it was trained on.
        dtype: Of the saved weights; float16 halves the size, and rounds the adapter and what sources have learned to a
            byte a number.
        signals: What the item encoder reads besides text vectors.
    """
    from safetensors.torch import save_file

    index = retriever.index
    with write_aside(folder) as aside:
        aside.mkdir()
        (aside / "config.yaml").write_text(_portable(config).to_yaml(), encoding="utf-8")
        if config.llm.lora is not None:
            _save_adapter(model.lm, aside / "adapter", dtype)
        save_file(_stored(model.item_encoder.state_dict(), dtype), aside / "item_encoder.safetensors")
        save_file(_stored(model.head.state_dict(), dtype), aside / "ranker.safetensors")
        if config.catalog != "builtin":
            index.catalog.save(aside / "catalog.parquet")
        index.save(aside / "index")
        save_sources(retriever.sources, aside / "sources", rounded=dtype == torch.float16)
        save_signals(signals or {}, aside / "signals")
        if not is_plain(retriever.follower):
            save_follower(retriever.follower, aside / "history.safetensors")
        manifest = {
            "format": FORMAT,
            "embedder": index.embedder.name,
            "dim": index.dim,
            "features": list(retriever.feature_names),
            "catalog": index.catalog.fingerprint(),
            **(notes or {}),
            "files": {
                path.relative_to(aside).as_posix(): {"size": path.stat().st_size, "sha256": sha256(path)}
                for path in sorted(aside.rglob("*"))
                if path.is_file()
            },
        }
        (aside / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def load_checkpoint(
    folder: str | Path,
    device: str = "auto",
    merge: bool = True,
    embedder: Embedder | None = None,
    settings: Sequence[str] = (),
) -> Checkpoint:
    """Load a checkpoint, strictly.

    Args:
        folder: A checkpoint's folder.
        device: `cpu`, `cuda`, …; `auto` takes a GPU where there is one.
        merge: Fold the adapter into the base: faster, but it cannot be trained on or saved again.
        embedder: One that is loaded already.
        settings: What shall differ from its config, like `writer.tries=0` (see `Config.adjusted`).

    Raises:
        CheckpointNotFoundError: If the folder or one of its files is missing.
        CheckpointError: If a file was altered, or does not fit the others; says which and what to do.
        ConfigError: If a setting is not allowed.
    """
    loaded = load_index(folder, embedder, settings)
    folder, config, index = Path(folder), loaded.config, loaded.index
    model = load_model(folder, config, loaded.manifest, merge)
    where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    model.to(where).eval()
    retriever = make_retriever(config, index)
    load_sources(retriever.sources, folder / "sources")
    retriever.follower = load_follower(folder / "history.safetensors", index)
    return Checkpoint(config, model, loaded.catalog, index, retriever, loaded.manifest, loaded.signals)


@dataclass(frozen=True)
class LoadedIndex:
    """What a folder holds, without the model."""

    config: Config
    catalog: Catalog
    index: Index
    manifest: Mapping[str, Any]
    signals: Mapping[str, SignalVectors]


def load_index(
    folder: str | Path, embedder: Embedder | None = None, settings: Sequence[str] = ()
) -> LoadedIndex:
    """Load a checkpoint's catalogue with its vectors and signals, strictly, and not its model.

    Arguments and errors as of `load_checkpoint`.
    """
    folder = Path(folder)
    recover(folder)
    manifest = check_files(folder)
    config = Config.load(folder / "config.yaml").adjusted(settings)
    embedder = embedder or build(config.embedder, EMBEDDERS, "embedder")
    if embedder.name != manifest["embedder"]:
        raise CheckpointError(
            f"{folder} was made with the embedder {manifest['embedder']}, but `embedder` is now "
            f"{embedder.name}; use the first, or train again with the second"
        )
    if config.catalog == "builtin":
        catalog = Catalog.builtin()
        if catalog.fingerprint() != manifest["catalog"]:
            raise CheckpointError(
                f"{folder} was made for another version of the built-in catalogue "
                f"({manifest['catalog'][:12]}, here {catalog.fingerprint()[:12]}); install the version of "
                "Wherefore it came with, or make it again with scripts/make_starter.py"
            )
        catalog.keep_derived(cache_folder() / "derived" / "movies")  # it is made once, not at every start
    else:
        catalog = Catalog.load(folder / "catalog.parquet")
    index = Index.load(folder / "index", catalog, embedder, config.images, cache_folder())
    signals = load_signals(make_signals(config.signals), folder / "signals")
    return LoadedIndex(config, catalog, index, manifest, signals)


def load_model(folder: Path, config: Config, manifest: Mapping[str, Any], merge: bool) -> RecommenderLM:
    """The model of a checkpoint whose files have been checked."""
    model = build_model(config, int(manifest["dim"]), len(manifest["features"]))
    if config.llm.lora is not None:
        _load_adapter(model.lm, folder / "adapter", folder)
        if merge and config.llm.quantize is None:  # in few bits an adapter would be rounded away
            merged: Any = model.lm
            model.lm = merged.merge_and_unload()
    _load_parts(model, folder, head=True)
    return model


def start_from(model: RecommenderLM, folder: Path, retriever: Retriever) -> None:
    """Give a fresh model the weights of a checkpoint: adapter, item encoder, and the head if its features agree.

    Args:
        model: Of the same LLM, LoRA rank and item encoder.
        folder: The checkpoint's.
        retriever: Whose features the model's head reads.

    Raises:
        CheckpointNotFoundError: If the folder or one of its files is missing.
        CheckpointError: If the adapter or the item encoder is of another shape.
    """
    manifest = check_files(folder)
    if hasattr(model.lm, "peft_config"):
        _load_adapter(model.lm, folder / "adapter", folder)
    _load_parts(model, folder, head=list(retriever.feature_names) == list(manifest["features"]))


def check_files(folder: Path) -> dict[str, Any]:
    """The manifest of a checkpoint, after every file has been compared with it.

    Raises:
        CheckpointNotFoundError: If the folder or one of its files is missing.
        CheckpointError: If a file was altered, or the format is not ours.
    """
    folder = Path(folder)
    path = folder / "manifest.json"
    if not path.is_file():
        what = "no manifest.json in it" if folder.is_dir() else "no such folder"
        raise CheckpointNotFoundError(
            f"{folder} is not a checkpoint: {what}. Give `starter`, or the folder that "
            "`wherefore train` wrote (it holds manifest.json)"
        )
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        files = dict(manifest["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is damaged ({error}); copy the checkpoint again") from error
    if manifest.get("format") != FORMAT:
        raise CheckpointError(f"{folder} has format {manifest.get('format')}, this version reads {FORMAT}")
    for name, stated in files.items():
        file = folder / name
        if not file.is_file():
            raise CheckpointNotFoundError(f"{folder} lacks {name}; copy the whole checkpoint again")
        if file.stat().st_size != stated["size"] or sha256(file) != stated["sha256"]:
            raise CheckpointError(
                f"{file} is not the file that was saved (size or SHA-256 differ); copy it again"
            )
    return manifest


def _portable(config: Config) -> Config:
    """A config without files that a checkpoint holds itself, or that a source has learned from."""
    tree = config.model_dump(mode="json")
    for source in tree["retrieval"]["sources"]:
        source.pop("encoder", None)
        source.pop("judged", None)
    tree["retrieval"]["passages"]["vectors"] = None
    return Config.parse(tree)


def _stored(state: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """Weights in `dtype`; the scaler's few numbers as they are, as features may be too big or too close for it."""
    return {
        name: tensor.detach().to("cpu", torch.float32 if name.startswith("scaler.") else dtype).contiguous()
        for name, tensor in state.items()
    }


def _adapter_state(lm: Any) -> dict[str, Tensor]:
    from peft import get_peft_model_state_dict

    # "auto" would ask the hub whether the base's vocabulary is still its own; the adapter never touches it.
    state: dict[str, Tensor] = get_peft_model_state_dict(lm, save_embedding_layers=False)
    return state


def _save_adapter(lm: Any, folder: Path, dtype: torch.dtype) -> None:
    from safetensors.numpy import save_file

    folder.mkdir()
    adapter = lm.peft_config["default"]
    adapter.save_pretrained(folder)
    state = {name: tensor.numpy() for name, tensor in _stored(_adapter_state(lm), dtype).items()}
    save_file(in_bytes(state) if dtype == torch.float16 else state, folder / "adapter_model.safetensors")


def _load_adapter(lm: Any, folder: Path, checkpoint: Path) -> None:
    from peft import set_peft_model_state_dict
    from safetensors.numpy import load_file

    held = from_bytes(load_file(folder / "adapter_model.safetensors"))
    state = {name: torch.from_numpy(value) for name, value in held.items()}
    expected = _adapter_state(lm)
    _compare(expected, state, "adapter/adapter_model.safetensors", checkpoint)
    set_peft_model_state_dict(lm, {name: tensor.to(expected[name].dtype) for name, tensor in state.items()})


def _load_parts(model: RecommenderLM, folder: Path, head: bool) -> None:
    from safetensors.torch import load_file

    encoder = load_file(folder / "item_encoder.safetensors")
    _load_part(model.item_encoder, encoder, "item_encoder.safetensors", folder)
    if head:
        ranker = load_file(folder / "ranker.safetensors")
        _load_part(model.head, ranker, "ranker.safetensors", folder)


def _load_part(part: nn.Module, state: Mapping[str, Tensor], name: str, checkpoint: Path) -> None:
    expected = part.state_dict()
    _compare(expected, state, name, checkpoint)
    part.load_state_dict({key: tensor.to(expected[key].dtype) for key, tensor in state.items()})


def _compare(
    expected: Mapping[str, Tensor], state: Mapping[str, Tensor], name: str, checkpoint: Path
) -> None:
    problems = [f"{key} is missing" for key in expected if key not in state]
    problems += [f"{key} is not part of the model" for key in state if key not in expected]
    problems += [
        f"{key} is {tuple(state[key].shape)}, the model has {tuple(expected[key].shape)}"
        for key in expected
        if key in state and state[key].shape != expected[key].shape
    ]
    if problems:
        raise CheckpointError(
            f"{checkpoint}/{name} does not fit its config.yaml: {'; '.join(problems[:3])} "
            f"({len(problems)} in all); load it with the config it was saved with"
        )
