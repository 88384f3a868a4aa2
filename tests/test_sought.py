"""What is looked for after a talk, as a vector, and lists of what is near it."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from wherefore import Recommender
from wherefore.catalog.catalog import Catalog
from wherefore.corpora.shops import Asked
from wherefore.corpora.sought import read_sought
from wherefore.dialogue.brief import brief, said
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.errors import CheckpointError, CheckpointNotFoundError, CorpusError, CorpusNotFoundError
from wherefore.ranking.criteria import likeness_to
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.index import Index
from wherefore.retrieval.retriever import Retriever
from wherefore.retrieval.sought import load_sought, packaged_sought
from wherefore.retrieval.unlearned import BM25, Dense
from wherefore.training.sought import (
    SoughtTraining,
    fit_sought,
    learning_sought,
    lessons_of,
    lessons_of_shops,
    measured_sought,
    sought_loss,
    sought_vectors,
)
from wherefore.training.splits import held_out

ROOT = Path(__file__).parents[1]
SHRED = "We had identity theft last year. Strip cut isn't good enough, my cop cousin says. It should eat bank cards too"
ROWS = [
    {
        "id": "stamp",
        "title": "Identity theft stamp",
        "description": "Covers your identity on post against theft.",
    },
    {
        "id": "shred",
        "title": "CrossCut 8",
        "description": "Cross-cut paper shredder that shreds credit cards.",
    },
    {"id": "purse", "title": "Card purse", "description": "Holds ten bank cards."},
    {"id": "cop", "title": "Cop costume", "description": "For your cousin's last party of the year."},
]


@pytest.fixture(scope="module")
def messages():
    return read_sought(ROOT / "data" / "sought")


@pytest.fixture(scope="module")
def embedder():
    return PackagedMiniLM()


@pytest.fixture(scope="module")
def index(embedder):
    return Index.build(Catalog.from_records(ROWS), embedder)


def dialogue(*texts):
    roles = ("user", "assistant")
    return Dialogue(tuple(Message(roles[n % 2], text) for n, text in enumerate(texts)))


def test_the_data_reads(messages):
    assert len(messages) > 3_000 and len({one.kind for one in messages}) > 20
    assert all(len(one.queries) == 2 and one.record for one in messages if one.queries)
    assert sum(len(one.before) > 0 for one in messages) > 500
    assert 0 < sum(not one.queries for one in messages) < len(messages) / 8
    lessons, test = held_out(messages)
    assert 0.05 < len(test) / len(messages) < 0.15 and not {one.text for one in test} & {
        one.text for one in lessons
    }


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ("> a\n= b", "either"),
        ("> a\n> b\nnone", "one message"),
        ("> a\n= b\n~ c\nnone", "either"),
        ("hello", "begins with none of"),
    ],
)
def test_a_wrong_block_is_named(tmp_path, block, why):
    (tmp_path / "x.txt").write_text(block, encoding="utf-8")
    with pytest.raises(CorpusError, match=why):
        read_sought(tmp_path)


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(CorpusNotFoundError, match="no messages"):
        read_sought(tmp_path)


def test_before_and_after_are_told_apart(tmp_path):
    (tmp_path / "x.txt").write_text(
        "< hi\n< A: Yes?\n> a pen\n= black pen\n= pen, black\n~ Pen - black\n", encoding="utf-8"
    )
    (one,) = read_sought(tmp_path)
    assert [message.role for message in one.before] == ["user", "assistant"]
    assert (one.text, one.queries, one.record) == ("a pen", ("black pen", "pen, black"), "Pen - black")


def test_it_learns_what_is_looked_for(messages, embedder):
    few = [one for one in messages if one.queries and one.kind == "hardware"][:24]
    lessons = lessons_of(few, lambda texts: embedder.encode(list(texts), "item"))
    network = learning_sought(4)
    texts = [one.said for one in lessons]
    vectors = sought_vectors(network, lessons)
    assert np.allclose(vectors, embedder.encode(texts, "query"), atol=0.02)  # it begins as MiniLM
    before = measured_sought(vectors, lessons)
    steps = []
    fit_sought(network, lessons, SoughtTraining(15, 12, 2e-3), lambda done, of: steps.append((done, of)))
    after = measured_sought(sought_vectors(network, lessons), lessons)
    assert after["cosine"] > before["cosine"] + 0.1 and after["first"] >= before["first"]
    assert steps[-1] == (30, 30)


def test_requests_to_shops_teach_their_items(embedder):
    catalog = Catalog.from_records(ROWS, name="shop")
    asked = [Asked(catalog, (("user", SHRED),), ("shred",), ("stamp", "purse"))]
    (lesson,) = lessons_of_shops(asked, lambda texts: embedder.encode(list(texts), "item"))
    assert lesson.kind == "shop" and lesson.targets.shape == (1, 384) and lesson.misses.shape == (2, 384)
    near, far = (torch.from_numpy(one[None]) for one in (lesson.targets[0], lesson.misses[0]))
    assert sought_loss(near, [lesson], random.Random(0)) < sought_loss(far, [lesson], random.Random(0))


def test_the_packaged_one_knows_what_is_looked_for(index):
    sought = packaged_sought().sought([Message("user", SHRED)])
    rows = np.arange(len(index))
    retriever = Retriever(index, [BM25(index)])
    assert index.catalog.items[int(likeness_to(sought, rows, retriever).argmax())].id == "shred"
    assert packaged_sought().sought([Message("user", SHRED)]) is sought  # it is kept


def test_what_is_near_it_is_found(index, embedder):
    retriever = Retriever(index, [BM25(index), Dense(index)])
    said = dialogue(SHRED)
    assert retriever.sought(said) is None
    without = retriever.search(said, 4)
    sought = embedder.encode(["cross-cut paper shredder that shreds credit cards"], "query")[0]
    retriever.seeks = lambda messages: sought
    assert retriever.search(said, 4).items[0].id == "shred" != without.items[0].id
    rows = np.arange(len(index))
    alike = likeness_to(sought, rows, retriever)
    assert index.catalog.items[int(alike.argmax())].id == "shred"


def test_a_talk_is_read_up_to_its_newest_message():
    encoder = packaged_sought()
    first = encoder.sought([Message("user", SHRED)])
    assert first.shape == (384,) and np.linalg.norm(first) == pytest.approx(1, abs=1e-4)
    talk = [Message("user", SHRED), Message("assistant", "Here are two."), Message("user", "in red")]
    assert not np.allclose(first, encoder.sought(talk))
    assert encoder.sought(talk[:2]) is first  # ours at the end says nothing of what is looked for
    assert encoder.sought([Message("assistant", "Hello.")]) is None and encoder.sought([]) is None
    assert encoder.sought([Message("user", "half a pair: \ud800")]) is not None
    assert said(talk[:2], "x" * 5_000) == "x" * 700


def test_wrong_files_are_named(tmp_path):
    with pytest.raises(CheckpointNotFoundError, match="train_sought"):
        load_sought(tmp_path / "none.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"broken")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_sought(tmp_path / "broken.safetensors")


def test_a_recommender_of_ones_own_catalogue_looks_for_it(tmp_path):
    file = tmp_path / "shop.jsonl"
    file.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    said_of_it = [{"role": "user", "content": SHRED}]

    def first(weight):
        settings = ["writer.tries=0", "turn.reread=0", f"turn.unlearned={{sought: {weight}, bm25: 1.0}}"]
        return Recommender.from_catalog(file, settings=settings).rank(said_of_it, k=1)[0].item.id

    assert first(0.0) == "stamp" and first(9.0) == "shred"
    rules = Recommender.from_catalog(file, settings=["writer.tries=0", "turn.judge=false"])
    assert rules.retriever.seeks is None


def test_our_lists_are_read_in_brief():
    listed = "1. **Alien** (1979) — Tense.\n2. **Saw** — Grim."
    reply = f"Sure, here are two of them for you.\n\n{listed}\n\nGood ones. Tonight?"
    assert brief(reply) == "Sure, here are two of them for you. 1. Alien 2. Saw Tonight?"
    assert brief(reply, last=False) == "Sure, here are two of them for you. Tonight?"
    assert brief("What did you like?") == "What did you like?"
    long = "\n".join(f"{n}. **{'word ' * 30}** — {'reason ' * 40}" for n in range(1, 6))
    assert len(brief(long)) < 300
