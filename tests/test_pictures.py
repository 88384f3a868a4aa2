"""Pictures of items: found, read without harm, kept, gone by, read by the item encoder, and shown."""

import base64
import contextlib
import hashlib
import http.server
import io
import json
import re
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import WordEmbedder, make_recommender
from families import make_lm
from wherefore import cli
from wherefore.catalog import picture_files
from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.picture_files import PictureError, item_thumbnail, opened, places
from wherefore.catalog.schema import Schema
from wherefore.config import Component, Config, ImagesConfig
from wherefore.errors import CheckpointError
from wherefore.recommender import Recommender
from wherefore.retrieval.alone import nearest_by_each
from wherefore.retrieval.cache import cached_index
from wherefore.retrieval.fetching import Fetcher, is_public
from wherefore.retrieval.image_embedders import PixelEmbedder, make_image_embedder
from wherefore.retrieval.index import Index
from wherefore.retrieval.pictures import KeptPictures, PictureReader, Pictures
from wherefore.retrieval.retriever import make_retriever
from wherefore.serving.contact_sheet import contact_sheet
from wherefore.training.train import train

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from picture_shapes import shop

FLAT = Component(name="faiss", factory="Flat")
PIXELS = ImagesConfig(model="pixels")


class Outlines:
    """An image model of one's own: where a picture is not white, and not in which colour."""

    name, dim = "outlines-16", 256
    encoded = 0

    def encode(self, images):
        Outlines.encoded += len(images)
        small = [np.asarray(image.convert("L").resize((96, 96)), dtype=np.float32) for image in images]
        made = []
        for one in small:
            dark = one < 250
            down, right = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
            cut = dark[down[0] : down[-1] + 1, right[0] : right[-1] + 1]
            mask = Image.fromarray((cut * 255).astype(np.uint8)).resize((16, 16))
            made.append(np.asarray(mask, dtype=np.float32).ravel() - 127.5)
        made = np.stack(made)
        return made / np.linalg.norm(made, axis=1, keepdims=True)


OWN = ImagesConfig(model="test_pictures:Outlines")


def saved(path, colour="red", size=(40, 30), **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **how)
    return path


def catalog_of(folder, cells, **spec):
    """A catalogue of cups with these cells in the column of pictures, written beside it."""
    (folder / "cups.json").write_text(
        json.dumps(
            [{"id": f"c{row}", "title": f"Cup {row}", "image": cell} for row, cell in enumerate(cells)]
        )
    )
    fields = [
        {"name": "id", "kind": "id"},
        {"name": "title", "kind": "title"},
        {"name": "image", "kind": "image", **spec},
    ]
    return Catalog.load(folder / "cups.json", Schema.parse({"noun": "cup", "fields": fields}))


def read(catalog, config=PIXELS, file=None, fetcher=None):
    return Pictures.build(catalog, PictureReader(config, KeptPictures(file), fetcher))


def reasons(pictures):
    return {(note.said, tuple(note.places)) for note in pictures.notes}


# -- which files they are -----------------------------------------------------------------------------------


def test_columns_of_files_and_addresses_are_told_by_their_cells(tmp_path):
    rows = [
        {
            "title": f"Cup {n}",
            "photo": f"pics/{n} front.JPG",
            "file": f"{n}.png",
            "link": f"https://a.org/{n}.jpg",
        }
        for n in range(6)
    ]
    kinds = {spec.name: spec.kind for spec in Catalog.from_records(rows).schema.fields}
    assert kinds["photo"] == kinds["file"] == kinds["link"] == "image"


def test_files_lie_in_the_catalogues_folder_and_nowhere_else(tmp_path):
    saved(tmp_path / "secret.png")
    saved(tmp_path / "shop" / "a b.png")
    saved(tmp_path / "shop" / "many" / "2.png")
    saved(tmp_path / "shop" / "many" / "1.png")
    (tmp_path / "shop" / "empty").mkdir()
    (tmp_path / "shop" / "out.png").symlink_to(tmp_path / "secret.png")
    root = tmp_path / "shop"
    assert places("a b.png", root, 9)[0].file.name == "a b.png"
    assert places(r"many\1.png", root, 9)[0].file.name == "1.png"
    assert [one.file.name for one in places("many", root, 9)] == ["1.png", "2.png"]
    assert len(places("many", root, 1)) == 1
    assert places("//a.org/x.png", None, 9)[0].address == "https://a.org/x.png"
    for cell, says in (
        ("../secret.png", "lies outside"),
        (str(tmp_path / "secret.png"), "lies outside"),
        ("out.png", "lies outside"),
        ("none.png", "no such file"),
        ("x" * 5000, "no such file"),
        ("empty", "holds no picture"),
    ):
        with pytest.raises(PictureError, match=says):
            places(cell, root, 9)
    with pytest.raises(PictureError, match="not known"):
        places("a.png", None, 9)


def test_a_schema_names_their_folder_by_cells_or_by_ids(tmp_path):
    saved(tmp_path / "photos" / "front.png", "red")
    catalog = catalog_of(tmp_path, ["front.png", None], file="photos")
    assert np.isnan(read(catalog).vectors).any(axis=1).tolist() == [False, True]
    saved(tmp_path / "photos" / "c1.jpg", "blue")
    (tmp_path / "cups.csv").write_text("id,title\nc0,Cup\nc1,Mug\n")
    fields = [{"name": "id", "kind": "id"}, {"name": "title", "kind": "title"}]
    schema = Schema.parse({"fields": [*fields, {"name": "photo", "kind": "image", "file": "photos"}]})
    by_id = Catalog.load(tmp_path / "cups.csv", schema)
    assert [item.fields.get("photo") for item in by_id] == [None, "c1.jpg"]
    assert item_thumbnail(by_id, by_id["c1"]).startswith("data:image/jpeg;base64,")
    gone = Schema.parse({"fields": [*fields, {"name": "photo", "kind": "image", "file": "nowhere"}]})
    with pytest.raises(FileNotFoundError, match="no folder of pictures"):
        Catalog.load(tmp_path / "cups.csv", gone)


# -- how a file becomes a picture ---------------------------------------------------------------------------


def test_pictures_are_upright_rgb_on_white_and_not_larger_than_needed(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    turned = opened(saved(tmp_path / "t.jpg", size=(60, 20), exif=exif))
    assert turned.size == (20, 60) and turned.mode == "RGB"
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert opened(tmp_path / "clear.png").getpixel((5, 5)) == (255, 255, 255)
    assert max(opened(saved(tmp_path / "big.png", size=(3000, 1500))).size) <= 768
    for kind in ("gif", "bmp", "webp", "tiff"):
        assert opened(saved(tmp_path / f"x.{kind}")).size == (40, 30)
    Image.new("L", (9, 9), 7).save(tmp_path / "grey.png")
    assert opened(tmp_path / "grey.png").getpixel((1, 1)) == (7, 7, 7)


def test_unreadable_missing_and_huge_ones_are_noted_by_row_and_leave_the_signal_missing(tmp_path):
    saved(tmp_path / "good.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "good.png").read_bytes()[:60])
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "script.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    saved(tmp_path / "wide.png", size=(2000, 600))
    noise = np.random.default_rng(0).integers(0, 255, (100, 100, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "heavy.bmp")
    cells = ["good.png", "broken.png", "gone.png", "text.jpg", None, "wide.png", "heavy.bmp", "script.png"]
    catalog = catalog_of(tmp_path, [*cells, "https://a.org/x.png"])
    found = read(catalog, PIXELS.model_copy(update={"max_pixels": 1_000_000, "max_bytes": 20_000}))
    assert np.isnan(found.vectors).any(axis=1).tolist() == [False] + [True] * 8
    assert reasons(found) == {
        ("3 pictures are not read: it is no picture that can be read", ("row 2", "row 4", "row 8")),
        ("1 picture is not read: there is no such file", ("row 3",)),
        ("1 picture is not read: it has more than 1,000,000 pixels", ("row 6",)),
        ("1 picture is not read: its file has more than 20,000 bytes", ("row 7",)),
        (
            "1 picture is not read: web addresses are not followed; `images.fetch=true` fetches them",
            ("row 9",),
        ),
    }
    assert all(note.lost and note.column == "image" for note in found.notes)


def test_several_pictures_of_an_item_count_by_their_mean(tmp_path):
    for name, colour in (("1", "red"), ("2", "blue"), ("3", "lime")):
        saved(tmp_path / "views" / f"{name}.png", colour)
    catalog = catalog_of(tmp_path, ["views"])
    embedder = PixelEmbedder()
    one, two = embedder.encode([Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")])
    vector = read(catalog, PIXELS.model_copy(update={"per_item": 2})).vectors[0]
    np.testing.assert_allclose(vector, (one + two) / np.linalg.norm(one + two), atol=1e-5)


def test_vectors_are_kept_by_what_is_in_the_files_and_work_goes_on_where_it_stopped(tmp_path):
    path, _ = shop(tmp_path / "shop", count=12)
    catalog, kept, seen = Catalog.load(path), tmp_path / "kept" / "pictures.sqlite", []
    config = OWN.model_copy(update={"batch_size": 4})
    Outlines.encoded = 0

    def stop(done, of):
        seen.append((done, of))
        if done >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Pictures.build(catalog, PictureReader(config, KeptPictures(kept)), stop)
    assert seen == [(4, 12), (8, 12)] and Outlines.encoded == 8
    whole = read(catalog, config, kept)
    assert Outlines.encoded == 12
    (tmp_path / "shop" / "pics" / "0.png").rename(tmp_path / "shop" / "pics" / "99.png")
    renamed = Catalog.from_records(
        [{"id": "x", "title": "X", "image": "pics/99.png"}], catalog.schema, folder=tmp_path / "shop"
    )
    assert np.array_equal(read(renamed, config, kept).vectors[0], whole.vectors[0]) and Outlines.encoded == 12
    kept.write_bytes(b"nonsense" * 200)
    with pytest.raises(ValueError, match="delete it, and it is made again"):
        read(catalog, config, kept)


# -- models that read them ----------------------------------------------------------------------------------


def test_pixels_tell_colours_and_outlines_apart(tmp_path):
    path, tastes = shop(tmp_path, count=48)
    catalog = Catalog.load(path)
    vectors = read(catalog).vectors
    near = vectors @ vectors.T
    np.fill_diagonal(near, -1)
    tastes = np.array(tastes)
    assert (tastes[near.argmax(axis=1)] == tastes).mean() > 0.6  # by chance a fourth
    made = PixelEmbedder().encode(
        [Image.new("RGB", (50, 50), one) for one in ("red", "tomato", "blue", "grey")]
    )
    assert made[0] @ made[1] > 0.6 > 0.3 > made[0] @ made[2]
    assert PixelEmbedder().encode([]).shape == (0, 592)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (None, "`images.model` is not set"),
        ("no_such_package:Mine", "cannot be imported"),
    ],
)
def test_models_that_cannot_be_had_are_told(model, says):
    with pytest.raises(ValueError, match=says):
        make_image_embedder(ImagesConfig(model=model))


def tiny_clip(folder):
    """A CLIP with random weights as a folder that sentence-transformers loads."""
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizer

    (folder / "words").mkdir(parents=True)
    letters = [chr(one) for one in range(97, 123)]
    vocabulary = {word: n for n, word in enumerate([*letters, *(f"{one}</w>" for one in letters)])}
    vocabulary |= {"<|startoftext|>": len(vocabulary), "<|endoftext|>": len(vocabulary) + 1}
    (folder / "words" / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "words" / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(folder / "words" / "vocab.json"), str(folder / "words" / "merges.txt"))
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    torch.manual_seed(0)
    model = CLIPModel(
        CLIPConfig(
            text_config={**small, "vocab_size": len(vocabulary), "max_position_embeddings": 16},
            vision_config={**small, "image_size": 32, "patch_size": 8},
            projection_dim=24,
        )
    )
    size = {"height": 32, "width": 32}
    processor = CLIPImageProcessor(size=size, crop_size=size, do_center_crop=False)
    model.save_pretrained(folder / "clip")
    CLIPProcessor(processor, tokenizer).save_pretrained(folder / "clip")
    return folder / "clip"


@pytest.mark.slow
def test_a_multimodal_sentence_transformers_model_reads_them(tmp_path):
    path, _ = shop(tmp_path / "shop", count=6)
    config = ImagesConfig(model=str(tiny_clip(tmp_path / "model")), device="cpu")
    found = read(Catalog.load(path), config)
    assert found.vectors.shape == (6, 24) and found.notes == ()
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    assert found.model.startswith("images:clip@") and len({row.tobytes() for row in found.vectors}) == 6


@pytest.mark.slow
def test_a_model_that_reads_words_alone_or_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no sentence-transformers model could be loaded"):
        make_image_embedder(ImagesConfig(model="/no/such/folder"))
    from wherefore.lm.packaged import packaged_minilm_dir

    with pytest.raises(ValueError, match="reads no pictures|could be loaded"):
        make_image_embedder(ImagesConfig(model=str(packaged_minilm_dir()), device="cpu"))


# -- the web --------------------------------------------------------------------------------------------------


@pytest.fixture
def server():
    """A server on this machine: /n.png is a picture, /slow hangs, /big is big, /to redirects to what follows."""
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(picture, "PNG")
    asked = []

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path.startswith("/to"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/to"))
                self.end_headers()
            elif self.path == "/gone.png":
                self.send_error(404)
            elif self.path == "/slow.png":
                hang.wait(5)
            elif self.path in ("/head.png", "/body.png"):  # a byte now and then, for ever
                if self.path == "/body.png":
                    self.send_response(200)
                    self.end_headers()
                with contextlib.suppress(OSError):
                    while not hang.wait(0.05):
                        self.wfile.write(b"H")
                        self.wfile.flush()
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"x" * 70_000 if self.path == "/big.png" else picture.getvalue())

        def log_message(self, *_):
            pass

    hang = threading.Event()
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://shop.example:{made.server_port}", asked, made.server_port
    hang.set()
    made.shutdown()
    made.server_close()


def fetcher(port, **given):
    made = {"max_bytes": 50_000, "timeout": 5.0, "most": 9, "allowed": lambda ip: True, "ports": (port,)}
    return Fetcher(**{**made, "addresses": lambda host, port: ["127.0.0.1"], **given})


def test_pictures_are_fetched_only_when_asked_once_and_within_limits(tmp_path, server):
    base, asked, port = server
    cells = [
        f"{base}/a.png",
        f"{base}/gone.png",
        f"{base}/big.png",
        f"{base}/to/b.png",
        f"{base}/to/to/to/to/c.png",
    ]
    catalog = catalog_of(tmp_path, cells)
    assert np.isnan(read(catalog, PIXELS, fetcher=fetcher(port)).vectors).all() and not asked
    config, kept = PIXELS.model_copy(update={"fetch": True}), tmp_path / "kept.sqlite"
    found = read(catalog, config, kept, fetcher(port))
    assert np.isnan(found.vectors).any(axis=1).tolist() == [False, True, True, False, True]
    said = {note.said.partition(": ")[2] for note in found.notes}
    assert said == {
        "its server answers 404",
        "its file has more than 50,000 bytes",
        "its server redirects too often",
    }
    del asked[:]
    again = read(catalog, config, kept, fetcher(port))
    assert np.array_equal(again.vectors[0], found.vectors[0]) and "/a.png" not in asked
    few = read(catalog_of(tmp_path, cells[:2]), config, None, fetcher(port, most=1))
    assert [note.said for note in few.notes] == [
        "1 picture is not read: 1 pictures have been fetched, which is as many as `images.max_fetched` allows"
    ]


def test_a_server_that_hangs_is_left(server):
    base, _, port = server
    with pytest.raises(PictureError, match=r"took more than 0\.3 seconds"):
        fetcher(port, timeout=0.3).fetch(f"{base}/slow.png")
    begun = time.monotonic()
    for part in ("head", "body"):
        with pytest.raises(PictureError, match=r"took more than 0\.3 seconds"):
            fetcher(port, timeout=0.3).fetch(f"{base}/{part}.png")
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://127.0.0.1/a.png", "private network"),
        ("http://localhost/a.png", "private network"),
        ("http://[::1]/a.png", "private network"),
        ("http://169.254.169.254/latest/meta-data", "private network"),
        ("http://2130706433/a.png", "private network|could not be reached"),
        ("http://8.8.8.8:22/a.png", "another port"),
        ("file:///etc/passwd", "none of the web"),
        ("http://user:secret@8.8.8.8/a.png", "none of the web"),
        ("ftp://8.8.8.8/a.png", "none of the web"),
    ],
)
def test_addresses_of_this_machine_and_of_private_networks_are_refused(address, says):
    with pytest.raises(PictureError, match=says):
        Fetcher(1000, 2.0, 9).fetch(address)


def test_a_name_of_which_any_address_is_private_and_a_redirect_to_one_are_refused(server):
    base, asked, port = server
    mixed = fetcher(port, allowed=is_public, addresses=lambda host, port: ["8.8.8.8", "10.0.0.7"])
    with pytest.raises(PictureError, match="private network"):
        mixed.fetch(f"{base}/a.png")
    known = {"shop.example": ["127.0.0.1"], "inside.example": ["10.0.0.7"]}
    turned = fetcher(port, allowed=lambda ip: ip == "127.0.0.1", addresses=lambda host, port: known[host])
    with pytest.raises(PictureError, match="private network"):
        turned.fetch(f"{base}/tohttp://inside.example:{port}/a.png")
    assert asked == [f"/tohttp://inside.example:{port}/a.png"]


@pytest.mark.parametrize(
    "ip",
    "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.168.0.1 224.0.0.1 255.255.255.255 :: ::1 "
    "fe80::1 fe80::1%eth0 fc00::1 ::ffff:127.0.0.1 2002:7f00:1:: 64:ff9b::7f00:1 ff02::1".split(),
)
def test_no_such_address_is_public(ip):
    assert not is_public(ip)


# -- in an index --------------------------------------------------------------------------------------------


def indexed(catalog, config=OWN, kept=None):
    return Index.build(catalog, WordEmbedder(), FLAT, None, images=config, kept=kept)


def test_an_index_keeps_them_in_step_and_on_disk(tmp_path):
    path, _ = shop(tmp_path / "shop", count=10)
    catalog = Catalog.load(path)
    index = indexed(catalog)
    before = index.space("pictures").copy()
    index.add(
        [{"id": "new", "title": "Newcomer", "image": "pics/3.png"}, {"id": "bare", "title": "Bare one"}]
    )
    index.add([{"id": "lost", "title": "Lost one", "image": "pics/none.png"}])
    assert index.space("pictures").shape == (13, 256)
    np.testing.assert_allclose(index.space("pictures")[10], before[3], atol=1e-6)
    assert np.isnan(index.space("pictures")[[11, 12]]).all() and index.notes[0].places == ("row 13",)
    index.remove(["p0", "bare"])
    np.testing.assert_allclose(index.space("pictures")[9], before[3], atol=1e-6)
    index.save(tmp_path / "index")
    again = Index.load(tmp_path / "index", catalog, WordEmbedder(), OWN)
    assert np.array_equal(again.pictures.vectors, index.pictures.vectors, equal_nan=True)
    assert again.notes == index.notes and again.notes
    again.add([{"id": "late", "title": "Late one", "image": "pics/4.png"}])
    np.testing.assert_allclose(again.space("pictures")[-1], before[4], atol=1e-6)
    other = Index.load(tmp_path / "index", _saved(tmp_path, index.catalog, again), WordEmbedder(), PIXELS)
    with pytest.raises(ValueError, match="read by outlines-16, `images.model` is now pixels-1"):
        other.add([{"id": "more", "title": "More", "image": "pics/4.png"}])
    other.add([{"id": "more", "title": "More"}])  # without a picture no model is asked
    (tmp_path / "index" / "pictures.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="lacks its pictures"):
        Index.load(tmp_path / "index", _saved(tmp_path, index.catalog, again), WordEmbedder(), OWN)


def _saved(folder, catalog, *changed):
    """The catalogue as it was when the index was saved; it lies beside its pictures."""
    catalog = Catalog(catalog.items, catalog.schema, catalog.name)
    late = [item.id for item in catalog.items if item.id in ("late", "more")]
    if late:
        catalog.remove(late)
    catalog.folder = folder / "shop"
    return catalog


def test_a_kept_index_is_built_anew_when_a_picture_or_the_model_changes(tmp_path):
    path, _ = shop(tmp_path / "shop", count=6)
    config = Config(store=FLAT)
    base = Index.build(Catalog.from_records([{"title": "Base"}]), WordEmbedder(), FLAT, None)

    def made(model):
        changed = config.updated("images", model=model)
        return cached_index(Catalog.load(path), base, changed, cache=tmp_path / "c")

    first = made("pixels")
    assert np.array_equal(made("pixels").pictures.vectors, first.pictures.vectors)
    assert made(None).pictures is None and made("test_pictures:Outlines").pictures.model == "outlines-16"
    saved(tmp_path / "shop" / "pics" / "0.png", "purple", size=(77, 77))
    changed = made("pixels")
    assert not np.allclose(changed.pictures.vectors[0], first.pictures.vectors[0])
    assert np.array_equal(changed.pictures.vectors[1:], first.pictures.vectors[1:])
    assert (tmp_path / "c" / "pictures.sqlite").is_file()


# -- what they bring ----------------------------------------------------------------------------------------


def shares_of_taste(recommender, tastes, asked):
    hits = []
    for row in asked:
        title = recommender.catalog.items[row].title
        reply = recommender.generate([{"role": "user", "content": f"I love {title}. What else?"}], k=4)
        rows = [recommender.catalog.row(one.item.id) for one in reply.recommendations]
        assert len(rows) == 4
        hits += [tastes[one] == tastes[row] for one in rows]
    return float(np.mean(hits))


def test_where_only_pictures_tell_the_chain_finds_it_with_them_and_not_without(tmp_path, starter):
    """Nothing is trained: a source and a weight of its own."""
    path, tastes = shop(tmp_path, count=64, seed=4)
    found = {}
    for model in ("test_pictures:Outlines", None):
        config = starter.config.updated("images", model=model).updated("writer", tries=0)
        index = cached_index(Catalog.load(path), starter.index, config, cache=tmp_path / "cache")
        retriever = make_retriever(config, index, like=starter.retriever)
        recommender = type(starter)(config, index, starter.model, retriever, starter.signals)
        found[model] = shares_of_taste(recommender, tastes, range(6))
    assert found["test_pictures:Outlines"] >= 0.5 and found[None] <= 0.4, found  # by chance 15 of 63


def taught(folder, path, tastes, model, tokenizers):
    """A short training run on dialogues in which what is recommended has the form of what is liked."""
    base = folder / "base"
    if not base.is_dir():
        make_lm("qwen3", len(tokenizers["qwen3"])).save_pretrained(base)
        tokenizers["qwen3"].save_pretrained(base)
    rng, talks = np.random.default_rng(0), []
    for number in range(120):
        liked = int(rng.integers(36))
        gold = int(rng.choice([row for row in range(36) if tastes[row] == tastes[liked] and row != liked]))
        said = [("user", f"I loved @p{liked}", liked), ("assistant", f"How about @p{gold}?", gold)]
        turns = [{"role": role, "text": text, "items": [f"p{row}"]} for role, text, row in said]
        talks.append(json.dumps({"dialogue_id": str(number), "turns": turns}) + "\n")
    (folder / "talks.jsonl").write_text("".join(talks))
    sources = [{"name": "dense", "k": 20}, *([{"name": "pictures", "k": 20}] if model else [])]
    stages = [
        {
            "name": "encoder",
            "losses": {"item_item_contrast": 1.0},
            "steps": 120,
            "batch_size": 16,
            "lr": 5e-3,
        },
        {"name": "sources", "losses": {"source_ranking": 1.0}, "steps": 150, "batch_size": 16, "lr": 2e-2},
    ]
    tree = {
        "catalog": str(path),
        "embedder": {"name": "conftest:WordEmbedder"},
        "store": {"name": "faiss", "factory": "Flat"},
        "images": {"model": model},
        "signals": [{"name": "pictures", "dim": 16}, {"name": "categories"}]
        if model
        else [{"name": "categories"}],
        "llm": {"name": str(base), "lora": {"r": 4, "alpha": 8}, "max_dialogue_tokens": 96},
        "item_encoder": {"name": "mlp", "soft_tokens": 1, "hidden": 32, "dropout": 0.1},
        "corpora": [{"name": "jsonl", "path": str(folder / "talks.jsonl")}],
        "train": {"stages": stages, "candidates": 8, "save_every": 1000},
        "retrieval": {"k": 48, "folds": 2, "sources": sources},
    }
    return train(Config.parse(tree), folder / f"run-{bool(model)}")


def test_an_item_that_looks_like_a_liked_one_is_there_for_that(tmp_path, tokenizers):
    path, _ = shop(tmp_path, count=40, seed=2)
    (tmp_path / "pics" / "7.png").write_bytes((tmp_path / "pics" / "3.png").read_bytes())
    recommender = make_recommender("bert", tokenizers, Catalog.load(path), tries=0)
    index = recommender.index
    index.pictures = Pictures.build(index.catalog, PictureReader(OWN))
    near = index.alike("pictures", np.arange(40), np.array([3]))[:, 0]
    assert near[7] == pytest.approx(1, abs=1e-4) and ((near > 0) & (near < 0.5)).sum() == 0
    assert (index.alike("pictures", np.arange(40), np.arange(40)) >= 0.5).mean() < 0.06
    title = index.catalog["p3"].title
    reply = recommender.generate([{"role": "user", "content": f"I love {title}. What else?"}], k=39)
    told = {one.item.id: one for one in reply.recommendations}
    assert [(fact.kind, fact.source) for fact in told["p7"].evidence] == [("similar", "p3")]
    assert title in told["p7"].reason


@pytest.mark.slow
def test_where_only_pictures_tell_training_learns_it_with_them_and_not_without(tmp_path, tokenizers):
    """The item encoder puts what looks alike near, and the head goes by the source; strict on loading."""
    path, tastes = shop(tmp_path / "shop", count=48, words=False)
    lines = path.read_text().splitlines()  # a category that tells nothing
    path.write_text(
        "\n".join([f"{lines[0]},shelf", *(f"{one},{'ab'[n % 3 == 0]}" for n, one in enumerate(lines[1:]))])
    )
    near, listed, folders = {}, {}, {}
    for model in ("test_pictures:Outlines", None):
        folders[model] = taught(tmp_path, path, tastes, model, tokenizers)
        made = Recommender.from_pretrained(folders[model], device="cpu", settings=["writer.tries=0"])
        listed[model] = shares_of_taste(made, tastes, range(36, 48))  # of which nobody spoke
        with torch.inference_mode():
            tokens = made.model.item_encoder(made.lm._of(np.arange(len(made.catalog)))).flatten(1)
        unit = torch.nn.functional.normalize(tokens - tokens.mean(0), dim=1)
        likeness = (unit @ unit.T).fill_diagonal_(-1)[36:]
        first = likeness.topk(4, dim=1).indices
        own = torch.tensor(tastes)
        near[model] = float((own[first] == own[36:, None]).float().mean())
    assert near["test_pictures:Outlines"] > 0.7 and near[None] < 0.45, near
    assert listed["test_pictures:Outlines"] > 0.7 and listed[None] < 0.45, listed
    # Items that come at run time, with a picture and without, are read by the encoder at once.
    folder = folders["test_pictures:Outlines"]
    made = Recommender.from_pretrained(folder, device="cpu", settings=["writer.tries=0"])
    made.catalog.folder = path.parent  # the checkpoint's own catalogue lies elsewhere
    made.add([Item("seen", "Qqseen", {"image": "pics/40.png"}), Item("bare", "Qqbare")])
    table = made.lm._of(np.arange(len(made.catalog)))
    assert torch.equal(table.extra["pictures"][-2], table.extra["pictures"][40])
    assert table.extra["pictures"][-1].isnan().all() and len(made.catalog) == 50
    assert len(made.generate([{"role": "user", "content": "I loved Qqseen"}], k=3).recommendations) == 3
    # A projector that is missing, or that is too many, is no small matter.
    from safetensors.torch import load_file, save_file

    file = folder / "item_encoder.safetensors"
    state = load_file(file)
    lacking = {key: value for key, value in state.items() if not key.startswith("inputs.pictures")}
    for changed, says in (
        (lacking, "inputs.pictures.weight is missing"),
        ({**state, "inputs.odd.weight": torch.zeros(2)}, "inputs.odd.weight is not part of the model"),
    ):
        save_file(changed, file)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["files"][file.name] = {
            "size": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(CheckpointError, match=says):
            Recommender.from_pretrained(folder, device="cpu")


def test_near_shows_each_signal_alone_on_a_page_that_holds_all(tmp_path):
    path, tastes = shop(tmp_path, count=24, words=True)
    catalog = Catalog.load(path)
    evil = '<script>alert("x")</script>'
    index = indexed(catalog)
    index.add([Item("evil", evil, {"image": "pics/1.png", "category": (evil,)})])
    found = nearest_by_each(index, {}, "p1", ["image", "text", "categories"], k=5)
    assert [one.signal for one in found] == ["pictures", "text", "categories"]
    assert index.catalog.items[found[0].rows[0]].id == "evil" and found[0].cosines[0] == pytest.approx(
        1, abs=1e-5
    )
    assert {tastes[row] for row in found[2].rows if row < 24} == {1}
    assert all(list(one.cosines) == sorted(one.cosines, reverse=True) and len(one.rows) == 5 for one in found)
    page = contact_sheet(index.catalog, catalog["p1"], found)
    assert page.count("<img ") >= 6 and "<script" not in page and "&lt;script&gt;" in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page) and "default-src 'none'" in page
    uri = re.search(r'src="data:image/jpeg;base64,([^"]+)"', page)[1]
    assert max(Image.open(io.BytesIO(base64.b64decode(uri))).size) <= 160
    assert [one.signal for one in nearest_by_each(index, {}, "p1")] == ["text", "pictures", "categories"]
    with pytest.raises(ValueError, match="no signal 'taste'; it has text, pictures, categories"):
        nearest_by_each(index, {}, "p1", ["taste"])
    index.add([{"id": "bare", "title": "Bare one"}])
    assert nearest_by_each(index, {}, "bare", ["image"])[0].why == "it has none"


def test_cards_show_own_files_and_no_others(tmp_path):
    import ui.cards

    saved(tmp_path / "shop" / "in.png")
    saved(tmp_path / "out.png")
    catalog = catalog_of(tmp_path / "shop", ["in.png", "../out.png", "https://a.org/x.png"])
    shown = [ui.cards._picture(item, catalog, False) for item in catalog.items]
    assert 'src="data:image/jpeg' in shown[0] and all(one.startswith("<svg") for one in shown[1:])
    assert picture_files.item_thumbnail(catalog, catalog.items[1]) == ""


@pytest.mark.slow
def test_a_new_user_with_a_folder_of_pictures_and_a_csv(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WHEREFORE_CACHE", str(tmp_path / "cache"))
    path, tastes = shop(tmp_path / "shop", count=20)
    (tmp_path / "shop" / "pics" / "7.png").write_text("no picture")
    file = str(path)
    assert (
        cli.main(["near", "p2", "--catalog", file, "--signal", "image", "--signal", "text", "--k", "3"]) == 0
    )
    out, err = capsys.readouterr()
    assert "Nearest to" in out and "pictures" in out and "text" in out
    assert "row 8" in err and "no picture that can be read" in err and "colours and outlines" in err
    title = Catalog.load(path)["p2"].title.upper()
    sheet = tmp_path / "sheet.html"
    assert cli.main(["near", title, "--catalog", file, "--signal", "image", "--out", str(sheet)]) == 0
    assert sheet.read_text().count("data:image/jpeg") == 9
    assert cli.main(["near", "nothing like it", "--catalog", file]) == 2
    assert "ids look like" in capsys.readouterr().err
    assert cli.main(["index", file, "--set", "images.model=pixels"]) == 0
    assert "--set images.model=pixels" in capsys.readouterr().out
