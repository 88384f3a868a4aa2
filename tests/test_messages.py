"""Labelled messages: their files are read, wrong ones are named, and a judge learns from them."""

import json

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertModel, LlamaConfig, LlamaModel

from wherefore.corpora.messages import parse_marked, read_fields, read_messages
from wherefore.dialogue.labels import LABELS, Span
from wherefore.dialogue.messages import Message
from wherefore.errors import CorpusError, CorpusNotFoundError
from wherefore.lm.judge import BranchedJudge, MarkedJudge, PooledJudge, ToJudge, found_pieces
from wherefore.training.judging import (
    JudgeTraining,
    fit_judge,
    held_out,
    measured,
    read_folder,
)

FIELDS = {
    "title": "title",
    "genres": "category",
    "runtime": "number (min)",
    "about": "text",
    "cast": "people",
}
FILE = """
U request: smth like {heat|liked|title|Heat} but {shorter|less|runtime|?}, fell asleep {twice|nothing}

U request: no {horror|unwanted|genres|horror|@party !} for her
A: 1. Up (2009) 2. Coco (2017)
U choice,smalltalk: {the first|reference||1} it is, ta
"""
WORDS = (
    "no horror please loved heat hated up i want a comedy drama under 90 minutes the first thanks what is it"
)


def test_marks_become_spans():
    text, spans = parse_marked("no {horror|unwanted|genres|horror|@other !}, {up|liked|title}", FIELDS)
    assert text == "no horror, up"
    assert spans == (
        Span(3, 9, "unwanted", "genres", "horror", "firm", "other"),
        Span(11, 13, "liked", "title"),
    )


@pytest.mark.parametrize(
    ("marked", "told"),
    [
        ("{|liked|title}", "no words"),
        ("{ up|liked|title}", "blanks"),
        ("{up|loved|title}", "'loved', none of liked"),
        ("{up|liked|genres}", "only titles"),
        ("{horror|wanted}", "names no field"),
        ("{horror|wanted|mood|x}", "'mood', none of title"),
        ("{90|max|runtime}", "names no value"),
        ("{90|max|genres|90}", "only numbers"),
        ("{a|wanted|genres|b|c}", "too many parts"),
        ("a } b", "stray"),
    ],
)
def test_a_wrong_mark_is_named(marked, told):
    with pytest.raises(CorpusError, match=told):
        parse_marked(marked, FIELDS)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "catalogues.json").write_text(json.dumps({"films": FIELDS}), encoding="utf-8")
    (tmp_path / "films.txt").write_text(FILE, encoding="utf-8")
    (tmp_path / "films-more.txt").write_text("U smalltalk: thanks!\n", encoding="utf-8")
    return tmp_path


def test_a_file_is_read(folder):
    first, second, third = read_messages(folder / "films.txt", "films", FIELDS)
    assert first.text == "smth like heat but shorter, fell asleep twice" and first.before == ()
    assert [span.label for span in first.spans] == ["liked", "less", "nothing"]
    assert second.spans[0].whose == "party" and third.acts == ("choice", "smalltalk")
    assert [one.role for one in third.before] == ["user", "assistant"]
    assert (first.conversation, second.conversation, third.conversation) == (0, 1, 1)
    numbers = [one.conversation for one in read_folder(folder)]
    assert len(set(numbers)) == 3 and numbers[2] == numbers[3]


def test_what_is_wrong_with_a_file_is_said(folder):
    with pytest.raises(CorpusNotFoundError, match="no messages at"):
        read_messages(folder / "books.txt", "books", FIELDS)
    (folder / "films.txt").write_text("U request: hi\nsomebody: hello\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 2 is neither"):
        read_folder(folder)
    (folder / "films.txt").write_text("U wish: hi\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 1 has the act 'wish'"):
        read_folder(folder)
    (folder / "films.txt").write_text("U request: {hi|no}\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 1: {hi|no} has the label 'no'"):
        read_folder(folder)
    (folder / "films.txt").rename(folder / "wines.txt")
    with pytest.raises(CorpusError, match="no kind of catalogue"):
        read_folder(folder)
    (folder / "catalogues.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(CorpusError, match="no JSON object"):
        read_fields(folder)
    (folder / "catalogues.json").unlink()
    with pytest.raises(CorpusNotFoundError, match="names the fields"):
        read_folder(folder)


def test_nothing_to_read_is_said(tmp_path):
    (tmp_path / "catalogues.json").write_text("{}", encoding="utf-8")
    with pytest.raises(CorpusError, match="no messages in"):
        read_folder(tmp_path)


def word_tokenizer():
    words = dict.fromkeys(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS.split(), ":", "=", "?", ".", ",", "!", "you"]
    )
    made = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


def marked(kind=MarkedJudge):
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    return kind(BertModel(BertConfig(vocab_size=64, **shape)), word_tokenizer(), hidden=32, dropout=0.0)


def pooled():
    return marked(PooledJudge)


def branched():
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    made = word_tokenizer()
    llm = LlamaModel(LlamaConfig(vocab_size=64, **shape))
    return BranchedJudge(
        llm, lambda text, add_special_tokens: {"input_ids": made.encode(text).ids}, hidden=32, dropout=0.0
    )


JUDGES = pytest.mark.parametrize("made", [marked, pooled, branched])


@JUDGES
@torch.no_grad()
def test_a_message_is_judged_alike_alone_and_among_others(made):
    judge = made().eval()
    short = ToJudge((), "no horror", ((3, 9),))
    long = ToJudge(
        (Message("user", "i want a comedy"), Message("assistant", "what is it")),
        "I loved Heat, hated Up. no drama please",
        ((8, 12), (20, 22), (27, 32)),
    )
    none = ToJudge((), "thanks", ())
    together, alone = judge([short, long, none]), [judge([one]) for one in (short, long)]
    assert together.labels.shape == (4, len(LABELS)) and together.acts.shape[0] == 3
    torch.testing.assert_close(together.labels[:1], alone[0].labels, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(together.labels[1:], alone[1].labels, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(together.acts[1:2], alone[1].acts, atol=1e-4, rtol=1e-4)


@JUDGES
@torch.no_grad()
def test_pieces_do_not_see_each_other(made):
    judge = made().eval()
    text = "loved heat hated up"
    both = judge([ToJudge((), text, ((6, 10), (17, 19)))])
    one = judge([ToJudge((), text, ((17, 19),))])
    torch.testing.assert_close(both.labels[1:], one.labels, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_letters_case_and_long_messages_are_read():
    judge = marked().eval()
    judge.case.weight.normal_()
    lower, upper = (judge([ToJudge((), text, ((0, 4),))]).labels for text in ("heat", "Heat"))
    assert not torch.allclose(lower, upper)
    long = judge([ToJudge((), "heat " * 2_000 + "up", ((0, 4), (5_000, 5_004), (10_000, 10_002)))])
    assert long.labels.shape[0] == 3 and torch.isfinite(long.labels).all()
    empty = judge([ToJudge((), "", ())])
    assert empty.acts.shape[0] == 1


def lessons(tmp_path):
    """No X: not wanted. I loved X: liked. I want a X: wanted."""
    lines = []
    for word in ("horror", "comedy", "drama"):
        lines += [
            f"U request: no {{{word}|unwanted|genres}} please",
            f"U request: i want a {{{word}|wanted|genres}}",
        ]
    for title in ("heat", "up"):
        lines += [
            f"U taste: i loved {{{title}|liked|title}}",
            f"U taste: i hated {{{title}|disliked|title}}",
            f"U smalltalk: thanks {{{title}|nothing}}",
        ]
    (tmp_path / "catalogues.json").write_text(json.dumps({"films": FIELDS}), encoding="utf-8")
    (tmp_path / "films.txt").write_text("\n\n".join(lines), encoding="utf-8")
    return read_folder(tmp_path)


@pytest.mark.slow
@JUDGES
def test_a_judge_learns_what_turns_a_meaning(made, tmp_path):
    judge, messages = made(), lessons(tmp_path)
    settings = JudgeTraining(
        epochs=180, batch_size=6, lr=3e-3, head_lr=3e-3, negatives=1, typos=0.1, untold=0, unnamed=0
    )
    before, told = measured(judge, messages), []
    fit_judge(judge, messages, settings, lambda done, of: told.append((done, of)))
    after = measured(judge, messages)
    assert before["meaningful"] < 0.6 < 0.9 <= after["meaningful"] and after["acts"] > 0.8
    assert after["turned"] == 0 and told[-1] == (360, 360)
    if made is not branched:
        assert after["found"] > 0.8
        unwanted = judge.eval()([ToJudge((), "no drama please", ())])
        assert found_pieces(unwanted) == [((3, 8),)]


def test_what_is_held_out_is_always_the_same(tmp_path):
    messages = lessons(tmp_path) * 10
    first, second = held_out(messages, 3), held_out(list(reversed(messages)), 3)
    assert {one.conversation for one in first[1]} == {one.conversation for one in second[1]}
    assert not {one.conversation for one in first[0]} & {one.conversation for one in first[1]}
