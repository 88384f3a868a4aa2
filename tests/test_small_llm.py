"""The packaged LLM as a writer of searches and sentences: what it reads, how it learns, and what it writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from families import make_lm
from wherefore.catalog.catalog import Catalog
from wherefore.corpora.replies import read_replies
from wherefore.corpora.sought import SoughtMessage
from wherefore.errors import CheckpointError, CorpusError, CorpusNotFoundError
from wherefore.lm.low_rank import learned_changes, llm_learning, start_from, with_changes
from wherefore.lm.small_llm import (
    END,
    SmallLLM,
    closing_prompt,
    opening_prompt,
    reason_prompt,
    record,
    search_prompt,
)
from wherefore.training.small_llm import (
    WritingNetwork,
    WritingTraining,
    Written,
    fit_writer,
    measured_writing,
    searches_of,
    sentences_of,
)

ROOT = Path(__file__).parents[1]
KETTLE = {
    "id": "k1",
    "title": "Quiet Kettle",
    "price": "39.5",
    "colour": ["red", "cream"],
    "description": "Boils a litre without a hiss, so nobody wakes.",
}
BLOCK = (
    "> baby sleeps next door\nopen: Quiet it is.\nk1: No hiss, so the baby sleeps on.\nclose: Gas or plug?"
)


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory):
    """A folder with a catalogue and replies about it."""
    folder = tmp_path_factory.mktemp("kitchen")
    (folder / "shops").mkdir()
    (folder / "replies").mkdir()
    import json

    other = KETTLE | {"id": "k2", "title": "Loud Kettle", "description": "Whistles."}
    (folder / "shops" / "kitchen.jsonl").write_text(f"{json.dumps(KETTLE)}\n{json.dumps(other)}\n")
    return folder


def replies_of(folder, text):
    (folder / "replies" / "kitchen.txt").write_text(text)
    return read_replies(folder / "replies", folder / "shops", Catalog.builtin)


@pytest.fixture
def tiny(tokenizers):
    """A small Llama with random weights, and its tokenizer."""
    tokenizer = tokenizers["llama"]
    return make_lm("llama", len(tokenizer)), tokenizer.backend_tokenizer


# -- what it reads ----------------------------------------------------------------------------------


def test_replies_are_read_with_what_they_answer(kitchen):
    (one,) = replies_of(kitchen, f"> any kettle\n< Loud Kettle\n{BLOCK}\n")
    assert one.said[:2] == (("user", "any kettle"), ("assistant", "Loud Kettle")) and len(one.said) == 3
    assert [item.title for item in one.items] == ["Quiet Kettle"]
    assert (one.opening, one.reasons, one.closing) == (
        "Quiet it is.",
        ("No hiss, so the baby sleeps on.",),
        "Gas or plug?",
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("> hm\nopen: Well.\nk9: It is red.", "unknown item, 'k9'"),
        ("> hm\nopen: Well.", "no message before it"),
        ("open: Well.\nk1: It is red.", "no message before it"),
        ("> hm\nopen: Well.\nk1: It is red.\nk1: It is cream.", "stands twice"),
        ("> hm\nopen: Well.\nIt is red", "no line like `id: reason`"),
    ],
)
def test_a_broken_block_is_told_of(kitchen, wrong, said):
    with pytest.raises(CorpusError, match=said):
        replies_of(kitchen, f"{BLOCK}\n\n{wrong}\n")


def test_no_replies_are_told_of(tmp_path):
    with pytest.raises(CorpusNotFoundError, match="no replies in"):
        read_replies(tmp_path, tmp_path, Catalog.builtin)


def test_prompts_hold_what_was_said_and_the_record(kitchen):
    (one,) = replies_of(kitchen, BLOCK)
    item, schema = one.items[0], one.catalog.schema
    told = record(item, schema)
    assert "Quiet Kettle" in told and "without a hiss" in told and "39.5" in told and "red, cream" in told
    assert record(item, schema, 12, 0) == "Quiet Kettle. Boils a"
    assert search_prompt("quiet kettle", "kitchen_gear") == "[kitchen gear] quiet kettle\n="
    assert search_prompt("quiet kettle", "") == "quiet kettle\n="
    assert reason_prompt("hm", "", item, schema) == f"hm\n* {told}\nwhy:"
    assert opening_prompt("hm", "", one.items, schema).endswith("\nopen:")
    assert closing_prompt("hm", "", "Quiet it is.") == "hm\nopen: Quiet it is.\nclose:"


def test_each_part_of_a_reply_is_a_lesson_but_invented_numbers(kitchen):
    replies = replies_of(kitchen, f"{BLOCK}\n\n{BLOCK.replace('No hiss', 'Under 35 decibels')}")
    lessons = sentences_of(replies)
    assert [one.task for one in lessons] == ["opening", "closing", "reason", "opening", "closing"]
    assert lessons[2].ways == ("No hiss, so the baby sleeps on.",)


def test_where_nothing_is_looked_for_that_is_written():
    shred = SoughtMessage(
        "office", (), "eats bank cards", ("paper shredder", "card shredder"), "X9 - shredder"
    )
    thanks = SoughtMessage("office", (), "thanks!", (), "")
    assert [one.ways for one in searches_of([shred, thanks])] == [
        ("paper shredder", "card shredder"),
        ("none",),
    ]


def test_all_replies_of_the_project_can_be_read():
    replies = read_replies(ROOT / "data" / "replies", ROOT / "data" / "shops", Catalog.builtin)
    lessons = sentences_of(replies)
    reasons = [one for one in lessons if one.task == "reason"]
    assert len({one.kind for one in replies}) >= 12 and len(reasons) > 3_000
    assert len({one.ways[0] for one in reasons}) == len(reasons)


# -- how it learns ----------------------------------------------------------------------------------


LESSONS = [
    Written("search", "cat hair all over the sofa\n=", ("pet hair roller", "lint roller")),
    Written("search", "the film was too long\n=", ("short film",)),
]


def test_it_learns_what_it_is_shown_and_goes_on_from_a_file(tiny):
    model, tokenizer = tiny
    torch.manual_seed(0)
    network = WritingNetwork(llm_learning(model, 4), tokenizer)
    before = measured_writing(network, LESSONS)["search"]
    fit_writer(network, LESSONS, WritingTraining(epochs=80, batch_size=2, lr=2e-2, lower=0, unnamed=0))
    after = measured_writing(network, LESSONS)["search"]
    assert after < before - 0.3
    again = WritingNetwork(llm_learning(model, 4), tokenizer)
    start_from(again.encoder, learned_changes(network.encoder))
    assert measured_writing(again, LESSONS)["search"] == pytest.approx(after, abs=0.02)
    assert measured_writing(WritingNetwork(model, tokenizer), LESSONS)["search"] == pytest.approx(
        before, abs=1e-4
    )


def test_only_what_is_to_be_written_counts(tiny):
    model, tokenizer = tiny
    network = WritingNetwork(model, tokenizer)
    logits, wanted = network([("some words before\n=", "two words"), ("x\n=", "one")])
    assert tokenizer.decode(wanted.tolist()).split() == ["two", "words", "one"]
    assert logits.shape == (len(wanted), logits.shape[1])
    alone, _ = network([("x\n=", "one")])
    assert torch.allclose(logits[-len(alone) :], alone, atol=1e-4)


# -- what it writes ---------------------------------------------------------------------------------


class Spelled(torch.nn.Module):
    """A model that writes a text, whatever it reads; it gets only new tokens after the first time."""

    def __init__(self, vocabulary: int, ids: list[int]) -> None:
        super().__init__()
        self.ids, self.at, self.read, self.vocabulary = ids, 0, [], vocabulary
        self.config = type("Config", (), {"eos_token_id": -1})()

    def forward(self, input_ids, past_key_values, **_):
        self.read.append(input_ids.shape[1])
        logits = torch.zeros(1, 1, self.vocabulary)
        logits[0, 0, self.ids[self.at]] = 1
        self.at += 1
        return type("Given", (), {"logits": logits, "past_key_values": self.read})()


def test_it_writes_a_line_and_stops(tiny):
    _, tokenizer = tiny
    ids = tokenizer.encode(f" two words{END}and more", add_special_tokens=False).ids
    model = Spelled(tokenizer.get_vocab_size(), ids)
    assert SmallLLM(model, tokenizer).line("x y z", 50) == "two words"
    assert set(model.read[1:]) == {1} and len(model.read) < len(ids)


def test_it_stops_where_there_is_no_room(tiny):
    _, tokenizer = tiny
    ids = tokenizer.encode(" two words two words", add_special_tokens=False).ids
    model = Spelled(tokenizer.get_vocab_size(), ids)
    SmallLLM(model, tokenizer).line("x", 3)
    assert len(model.read) == 3


def test_it_goes_on_as_the_model_does_by_itself(tiny):
    model, tokenizer = tiny
    llm = SmallLLM(model, tokenizer)
    ids = torch.tensor([llm.tokens("some words")])
    whole = model.generate(ids, max_new_tokens=5, do_sample=False)[0, ids.shape[1] :]
    assert llm.line("some words", 5) == tokenizer.decode(whole.tolist()).partition(END)[0].strip()


def test_changes_of_another_model_are_refused(tiny):
    model, _ = tiny
    with pytest.raises(CheckpointError, match="a layer `other` is changed"):
        with_changes(model, {"other.down": np.zeros((2, 8)), "other.up": np.zeros((8, 2))})
