import json
import os
import shutil

import numpy as np
import pytest
import torch

from conftest import WordEmbedder, make_recommender
from families import make_lm
from wherefore import checkpoint as module
from wherefore.checkpoint import check_files, load_checkpoint
from wherefore.recommender import Recommender


@pytest.fixture
def saved(tmp_path, tokenizers, monkeypatch):
    """A checkpoint on disk, with its LLM's base as a local Hugging Face folder."""
    base = tmp_path / "base"
    make_lm("llama", len(tokenizers["llama"])).save_pretrained(base)
    tokenizers["llama"].save_pretrained(base)
    recommender = make_recommender("llama", tokenizers)
    recommender.config = recommender.config.updated("llm", name=str(base))
    recommender.save(tmp_path / "saved")
    return recommender, tmp_path / "saved"


ASK = [{"role": "user", "content": "I loved Alien. Something scary?"}]


def test_save_then_load_gives_equal_output(saved):
    recommender, folder = saved
    again = Recommender.from_pretrained(folder, device="cpu")
    before, after = recommender.generate(ASK, k=4), again.generate(ASK, k=4)
    assert after.text == before.text
    assert np.allclose(
        [one.score for one in after.recommendations], [one.score for one in before.recommendations], atol=1e-4
    )
    assert again.config == recommender.config


def test_loaded_without_merging_it_can_be_saved_again(saved, tmp_path):
    _, folder = saved
    loaded = load_checkpoint(folder, merge=False)
    again = Recommender(loaded.config, loaded.index, loaded.model)
    again.save(tmp_path / "again")
    for name in (
        "adapter/adapter_model.safetensors",
        "item_encoder.safetensors",
        "ranker.safetensors",
        "config.yaml",
    ):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    merged = Recommender.from_pretrained(folder, device="cpu")
    with pytest.raises(ValueError, match="merged into the base"):
        merged.save(tmp_path / "never")


def test_half_precision_is_stable(saved, tmp_path):
    _, folder = saved
    loaded = load_checkpoint(folder, merge=False)
    module.save_checkpoint(
        tmp_path / "half", loaded.config, loaded.model, loaded.retriever, dtype=torch.float16
    )
    once = load_checkpoint(tmp_path / "half", merge=False)
    module.save_checkpoint(tmp_path / "twice", once.config, once.model, once.retriever, dtype=torch.float16)
    for name in ("adapter/adapter_model.safetensors", "item_encoder.safetensors", "ranker.safetensors"):
        assert (tmp_path / "half" / name).read_bytes() == (tmp_path / "twice" / name).read_bytes()
        assert (tmp_path / "half" / name).stat().st_size < 0.75 * (folder / name).stat().st_size


def test_there_is_no_pickle(saved):
    _, folder = saved
    for path in folder.rglob("*"):
        if path.is_file():
            start = path.read_bytes()[:4]
            assert not start.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK")), path
            if path.suffix == ".npy":
                np.load(path, allow_pickle=False)


@pytest.mark.parametrize(
    "name",
    ["adapter/adapter_model.safetensors", "item_encoder.safetensors", "ranker.safetensors", "config.yaml"],
)
def test_a_missing_file_is_named(saved, name):
    (saved[1] / name).unlink()
    with pytest.raises(FileNotFoundError, match=name.replace("/", ".")):
        Recommender.from_pretrained(saved[1])


@pytest.mark.parametrize(
    "name",
    ["adapter/adapter_model.safetensors", "item_encoder.safetensors", "ranker.safetensors", "config.yaml"],
)
def test_an_altered_file_is_named(saved, name):
    path = saved[1] / name
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"{path.name} is not the file that was saved"):
        Recommender.from_pretrained(saved[1])


def test_no_folder_no_manifest_broken_manifest(tmp_path, saved):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        Recommender.from_pretrained(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no manifest\.json"):
        Recommender.from_pretrained(tmp_path / "empty")
    (saved[1] / "manifest.json").write_text("{")
    with pytest.raises(ValueError, match="damaged"):
        Recommender.from_pretrained(saved[1])


def resign(folder, change):
    """Alter a checkpoint and make its manifest agree, as somebody would who swaps parts."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    for name in manifest["files"]:
        path = folder / name
        manifest["files"][name] = {"size": path.stat().st_size, "sha256": module.sha256(path)}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_another_embedder_is_refused(saved):
    resign(saved[1], lambda manifest: manifest.update(embedder="minilm@other"))
    with pytest.raises(ValueError, match=r"made with the embedder minilm@other.*words-8"):
        Recommender.from_pretrained(saved[1])


def test_a_projector_of_another_shape_or_half_a_projector_is_refused(saved):
    from safetensors.torch import load_file, save_file

    path = saved[1] / "item_encoder.safetensors"
    state = {name: value.clone() for name, value in load_file(path).items()}  # not what the file is mapped to
    save_file({name: value for name, value in state.items() if name != "output.weight"}, path)
    resign(saved[1], lambda manifest: None)
    with pytest.raises(ValueError, match=r"output\.weight is missing"):
        Recommender.from_pretrained(saved[1])
    state["output.weight"] = state["output.weight"][:, :3].contiguous()
    save_file(state, path)
    resign(saved[1], lambda manifest: None)
    with pytest.raises(ValueError, match=r"output\.weight is \(64, 3\)"):
        Recommender.from_pretrained(saved[1])


def test_other_sources_are_refused(saved):
    def change(manifest):
        manifest["features"][0] = "other.found"

    resign(saved[1], change)
    with pytest.raises(ValueError, match=r"other\.found"):
        Recommender.from_pretrained(saved[1])


def test_a_full_disk_leaves_the_old_checkpoint(saved, monkeypatch):
    import safetensors.torch

    recommender, folder = saved
    loaded = load_checkpoint(folder, merge=False)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def full(*rest):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(safetensors.torch, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        Recommender(loaded.config, loaded.index, loaded.model).save(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [name for name in os.listdir(folder.parent) if "part" in name] == []


def test_an_index_of_another_catalogue_is_refused(saved, tmp_path, tokenizers):
    from wherefore.catalog.catalog import Catalog

    other = make_recommender("llama", tokenizers)
    other.remove(["heat"])
    other.catalog.save(saved[1] / "catalog.parquet")
    resign(saved[1], lambda manifest: None)
    with pytest.raises(ValueError, match="made with items 12, here it is 11"):
        Recommender.from_pretrained(saved[1])
    assert len(Catalog.load(saved[1] / "catalog.parquet")) == 11


def test_own_catalogue_with_the_weights_of_a_checkpoint(saved, tmp_path):
    _, folder = saved
    path = tmp_path / "games.csv"
    rows = "\n".join(f"g{n},Game {n},{1990 + n},{'Puzzle' if n % 2 else 'Racing'}" for n in range(30))
    path.write_text("id,title,year,genres\n" + rows + "\n", encoding="utf-8")
    seen = []
    cache = tmp_path / "cache"
    one = Recommender.from_catalog(
        path, folder, progress=lambda done, of: seen.append((done, of)), cache=cache
    )
    assert seen and seen[-1][0] == seen[-1][1] == 30
    reply = one.generate([{"role": "user", "content": "a puzzle after 2000"}], k=3)
    assert all(r.item.get("year") > 2000 for r in reply.recommendations) and reply.recommendations
    seen.clear()
    two = Recommender.from_catalog(
        path, folder, progress=lambda done, of: seen.append((done, of)), cache=cache
    )
    assert not seen  # the second start uses the cached index
    assert two.generate([{"role": "user", "content": "a puzzle after 2000"}], k=3).text == reply.text


def test_turns_are_the_same_with_what_was_derived_before(saved, tmp_path, monkeypatch):
    from wherefore import recommender as module
    from wherefore.catalog import saved as files
    from wherefore.catalog.catalog import Catalog, Item
    from wherefore.catalog.derived import Derived

    films, cache = tmp_path / "films.parquet", tmp_path / "cache"
    Catalog(Catalog.builtin().items[:60], Catalog.builtin().schema, "films").save(films)
    plain = Recommender.from_catalog(
        films, saved[1], cache=tmp_path / "other"
    )  # items as objects, nothing kept
    monkeypatch.setattr(files, "STORED_FROM", 1)
    monkeypatch.setattr(module, "MANY", 1)
    first = Recommender.from_catalog(films, saved[1], cache=cache)
    again = Recommender.from_catalog(films, saved[1], cache=cache)
    kept = again.catalog.derived
    monkeypatch.setattr(Derived, "_write", lambda one, *_: one is not kept or pytest.fail("derived again"))
    assert again.catalog.derived.folder is not None and again.catalog.digest and not plain.catalog.digest
    title = plain.catalog.items[5].title
    asked = [
        "a comedy after 1990",
        f"I loved {title}. No horror please",
        "a drama with Tom Hanks, no violence",
    ]
    new = Item("new", "Qqnew", {"year": 2020, "genres": ("Comedy",), "cast": ("Tom Hanks",)})
    replies, gone = [], plain.catalog.ids[8]
    for made in (plain, first, again):
        told = [made.generate([{"role": "user", "content": one}], k=4) for one in asked]
        made.remove([gone])
        made.add([new])
        told += [made.generate([{"role": "user", "content": one}], k=4) for one in (*asked, "I loved Qqnew")]
        replies.append([([one.item.id for one in reply.recommendations], reply.text) for reply in told])
        assert told[-1].preferences.liked == ("new",)
    assert replies[0] == replies[1] == replies[2]


def test_a_damaged_cached_index_is_built_again(saved, tmp_path):
    _, folder = saved
    path = tmp_path / "games.csv"
    path.write_text(
        "id,title,year\n" + "\n".join(f"{n},Game {n},{1990 + n}" for n in range(12)), encoding="utf-8"
    )
    cache = tmp_path / "cache"
    Recommender.from_catalog(path, folder, cache=cache)
    for file in (cache / "indexes").rglob("*"):
        if file.is_file():
            file.write_bytes(b"broken")
    again = Recommender.from_catalog(path, folder, cache=cache)
    assert len(again.rank([{"role": "user", "content": "a game"}], k=5)) == 5
    shutil.rmtree(cache)


def test_the_manifest_names_every_file(saved):
    manifest = check_files(saved[1])
    files = {path.relative_to(saved[1]).as_posix() for path in saved[1].rglob("*") if path.is_file()}
    assert files == {"manifest.json", *manifest["files"]}
    assert manifest["embedder"] == WordEmbedder.name and manifest["dim"] == 8


def test_settings_that_need_no_training_may_differ(saved):
    _, folder = saved
    settings = ["writer.tries=0", "turn.questions=false", "retrieval.k=7"]
    config = Recommender.from_pretrained(folder, settings=settings).config
    assert (config.writer.tries, config.turn.questions, config.retrieval.k) == (0, False, 7)
    for setting, says in (
        ("item_encoder.soft_tokens=4", "cannot be set on a trained checkpoint; what can be: .*llm.dtype"),
        ("writer=", "`writer`"),
        ("writer.tires=0", "`writer.tires` is not a known key; known there: .*tries"),
        ("writer.tries", "should look like"),
        ("writer.tries=-1", "writer.tries"),
    ):
        with pytest.raises(ValueError, match=says):
            load_checkpoint(folder, settings=[setting])
