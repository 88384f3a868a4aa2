"""Corpora: every reader on files written here, and on the shared data where they are at hand."""

import csv
import gzip
import json
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherefore.corpora import CORPORA, read, read_items
from wherefore.corpora.base import (
    CorpusDialogue,
    CorpusTurn,
    Feedback,
    ItemRef,
    as_dialogue,
    instances,
    mark_titles,
    split_by_hash,
    split_mentions,
    titles_of,
)
from wherefore.corpora.jsonl import Jsonl
from wherefore.corpora.redial import Redial
from wherefore.dialogue.messages import Mention, Message

SHARED = Path(__file__).parents[2] / "shared" / "data"
FOLDERS = {
    "inspired": "inspired",
    "jsonl": "inspired",
    "opendialkg": "opendialkg",
    "redial": "redial",
    "sgd": "chat",
    "taskmaster": "chat",
}


def shared(name):
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"the shared data are not at hand (no {name} folder)")
    return folder


def write_jsonl(path, *records):
    text = "".join(json.dumps(record) + "\n" for record in records)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def talk(*turns, split="train", dialogue_id="d1"):
    return CorpusDialogue(
        dialogue_id,
        "test",
        split,
        tuple(
            CorpusTurn(role, tuple(ItemRef(part[1:]) if part[:1] == "@" else part for part in parts))
            for role, *parts in turns
        ),
    )


# -- plain values -----------------------------------------------------------------------------------------


def test_turn_renders_in_order_and_names_each_item_once():
    turn = CorpusTurn("user", (ItemRef("a"), " or ", ItemRef("b"), " or ", ItemRef("a")), ("c", "b"))
    assert turn.items == ("a", "b", "c")
    assert turn.render({"a": "Up", "b": "Her"}.__getitem__) == "Up or Her or Up"


@given(st.text(), st.lists(st.from_regex(r"[A-Za-z0-9]{1,4}", fullmatch=True)))
def test_cutting_mentions_keeps_every_character(text, items):
    text = text.replace("&", "+")  # entities are meant to change
    parts = split_mentions(text, items)
    assert "".join(part if isinstance(part, str) else f"@{part.item_id}" for part in parts) == text
    assert all(part.item_id in items for part in parts if isinstance(part, ItemRef))


@given(st.text(), st.lists(st.text(max_size=4), max_size=4))
def test_marking_titles_keeps_the_text_but_for_case(text, titles):
    parts = mark_titles(text, {title: title for title in titles})
    rendered = "".join(part if isinstance(part, str) else part.item_id for part in parts)
    assert rendered.casefold() == text.casefold()


@pytest.mark.parametrize(
    ("text", "items", "expected"),
    [
        ("@12 is fun", ["12"], [ItemRef("12"), " is fun"]),
        ("see @123, not @12", ["12"], ["see @123, not ", ItemRef("12")]),
        ("@in13662", ["in1366"], ["@in13662"]),
        ("@in1366and more", ["in1366"], [ItemRef("in1366"), "and more"]),
        ("@12@13", ["12", "13"], [ItemRef("12"), ItemRef("13")]),
        ("a &quot;b&quot; @ 5 mail@12.org", ["5"], ['a "b" @ 5 mail@12.org']),
        ("", ["12"], []),
    ],
)
def test_mentions_are_cut_only_at_known_ids(text, items, expected):
    assert list(split_mentions(text, items)) == expected


def test_titles_are_marked_as_whole_words_longest_first():
    parts = mark_titles("Alien, ALIENS, aliens 3: alienated", {"Alien": "1", "Aliens": "2", "Aliens 3": "3"})
    assert parts == (ItemRef("1"), ", ", ItemRef("2"), ", ", ItemRef("3"), ": alienated")


def test_instances_by_hand():
    dialogue = talk(
        ("assistant", "@z", " to begin with?"),  # nothing before it
        ("user", "I like ", "@a"),
        ("assistant", "@a", " is good, try ", "@b", " and ", "@c"),
        ("assistant", "hm"),
        ("assistant", "@b", " again"),  # dedup: nothing left
        ("user", "@d", "?"),
        ("assistant", "@e"),
    )
    found = [(i.turn, i.gold, i.named) for i in instances(dialogue)]
    assert found == [(2, ("b", "c"), ("z", "a")), (6, ("e",), ("z", "a", "b", "c", "d"))]
    repeats = [(i.turn, i.gold) for i in instances(dialogue, dedup=False)]
    assert repeats == [(2, ("a", "b", "c")), (4, ("b",)), (6, ("e",))]
    both = [i.turn for i in instances(dialogue, roles=("user", "assistant"))]
    assert both == [1, 2, 5, 6]
    first = next(instances(dialogue))
    assert first.context == dialogue.turns[:2]


def test_dialogue_with_mentions_in_place():
    turns = (
        CorpusTurn("user", ("  I saw ", ItemRef("1"), " and ", ItemRef("2"), ". ")),
        CorpusTurn("assistant", ("  ",)),
        CorpusTurn("assistant", (ItemRef("1"),)),
    )
    titles = {"1": "Up (2009)", "2": "Her"}
    dialogue = as_dialogue(turns, titles.__getitem__, {"1": "tt1"}.get)
    assert dialogue.messages == (
        Message("user", "I saw Up (2009) and Her."),
        Message("assistant", "Up (2009)"),
    )
    assert dialogue.mentions == (Mention("tt1", 0, 6, 15, 100.0), Mention("tt1", 1, 0, 9, 100.0))
    for mention in dialogue.mentions:
        assert dialogue.messages[mention.message].content[mention.start : mention.end] == "Up (2009)"


def test_titles_of_facts():
    facts = {"1": {"title": "Up", "year": 2009}, "2": {"title": "Her"}, "3": {"year": 1999}}
    assert titles_of(facts) == {"1": "Up (2009)", "2": "Her", "3": "3"}


def test_split_by_hash_follows_the_shares_and_nothing_else():
    shares = {"train": 0.7, "valid": 0.1, "test": 0.2}
    parts = [split_by_hash(str(number), shares) for number in range(5000)]
    assert parts == [split_by_hash(str(number), shares) for number in range(5000)]
    for name, share in shares.items():
        assert abs(parts.count(name) / 5000 - share) < 0.03


# -- readers on files of the original form ----------------------------------------------------------------


def redial_line(number, **changes):
    return {
        "conversationId": str(number),
        "initiatorWorkerId": 3,
        "respondentWorkerId": 8,
        "movieMentions": {"11": "Up (2009)", "12": "Her (2013)"},
        "initiatorQuestions": {"11": {"suggested": 0, "seen": 1, "liked": 2}},
        "respondentQuestions": {"11": {"suggested": 0, "seen": 1, "liked": 1}},
        "messages": [
            {"senderWorkerId": 3, "text": "I want &quot;warm&quot; like @11 or @99"},
            {"senderWorkerId": 8, "text": "@12!"},
        ],
    } | changes


@pytest.fixture
def redial_files(tmp_path):
    write_jsonl(
        tmp_path / "train_data.jsonl",
        *(redial_line(number) for number in range(200)),
        redial_line(1000, movieMentions=[], initiatorQuestions=[], respondentQuestions=[], messages=[]),
    )
    write_jsonl(tmp_path / "test_data.jsonl", redial_line(20001, initiatorQuestions=[]))
    with (tmp_path / "movies_with_mentions.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["movieId", "movieName", "nbMentions"], [11, "Up  (2009)", 5], [12, 'The "Her"', 1]]
        )
    return tmp_path


def test_original_redial(redial_files):
    dialogues = list(read("redial", redial_files))
    assert len(dialogues) == 202
    first = next(d for d in dialogues if d.id == "0")
    assert first.dataset == "redial"
    assert first.turns[0] == CorpusTurn("user", ('I want "warm" like ', ItemRef("11"), " or @99"))
    assert first.turns[1] == CorpusTurn("assistant", (ItemRef("12"), "!"))
    assert first.feedback == {"11": Feedback(liked=None, seen=True, suggested=False)}
    test = [d for d in dialogues if d.split == "test"]
    assert [d.id for d in test] == ["20001"]
    assert test[0].feedback == {"11": Feedback(liked=True, seen=True, suggested=False)}
    assert read_items("redial", redial_files) == {
        "11": {"item_id": "11", "raw_name": "Up  (2009)", "title": "Up", "year": 2009},
        "12": {"item_id": "12", "raw_name": 'The "Her"', "title": 'The "Her"'},
    }


def test_redial_splits_part_the_dialogues(redial_files):
    whole = [d.id for d in read("redial", redial_files)]
    parts = {
        split: [d.id for d in read("redial", redial_files, split)] for split in ("train", "valid", "test")
    }
    assert sorted(whole) == sorted(sum(parts.values(), []))
    assert 8 <= len(parts["valid"]) <= 35
    file_alone = [d.id for d in read("redial", redial_files / "train_data.jsonl", "valid")]
    assert file_alone == parts["valid"]


def test_redial_sequences_have_mentions_but_no_words(redial_files):
    write_jsonl(
        redial_files / "mention_sequences.jsonl.gz",
        {"dialogue_id": "5", "split": "train", "has_text": True, "mentions": [["11", "user", 1]]},
        {
            "dialogue_id": "7001",
            "split": "test",
            "has_text": False,
            "mentions": [["11", "user", 0], ["12", "assistant", 1]],
        },
    )
    (extra,) = (d for d in Redial(redial_files, "test", sequences=True) if d.id == "7001")
    assert extra.turns == (CorpusTurn("user", (ItemRef("11"),)), CorpusTurn("assistant", (ItemRef("12"),)))
    assert extra.feedback["11"].liked is False
    assert sum(1 for _ in Redial(redial_files, sequences=True)) == 203


def test_original_sgd(tmp_path):
    for folder in ("train", "dev"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "schema.json").write_text("[]")
        (tmp_path / folder / "dialogues_001.json").write_text(
            json.dumps(
                [
                    {
                        "dialogue_id": "1_00000",
                        "services": ["Media_1"],
                        "turns": [
                            {"speaker": "USER", "utterance": "Play something calm.", "frames": []},
                            {"speaker": "SYSTEM", "utterance": "Any artist?", "frames": []},
                            {"speaker": "USER", "utterance": " ", "frames": []},
                        ],
                    }
                ]
            )
        )
    train, valid = read("sgd", tmp_path, "train"), read("sgd", tmp_path, "valid")
    assert list(train) == [
        CorpusDialogue(
            "sgd_train_1_00000",
            "sgd",
            "train",
            (CorpusTurn("user", ("Play something calm.",)), CorpusTurn("assistant", ("Any artist?",))),
        )
    ]
    assert [d.id for d in valid] == ["sgd_dev_1_00000"]


def test_original_taskmaster(tmp_path):
    folder = tmp_path / "TM-4-2024" / "data"
    folder.mkdir(parents=True)
    utterances = [
        {"index": 0, "speaker": "USER", "text": "A tea."},
        {"index": 1, "speaker": "assistant", "text": "Large?"},
    ]
    (folder / "data_00.json").write_text(
        json.dumps([{"conversation_id": f"dlg-{n}", "utterances": utterances} for n in range(50)])
    )
    dialogues = list(read("taskmaster", tmp_path))
    assert dialogues[0].id == "tm4_dlg-0"
    assert dialogues[0].dataset == "taskmaster4"
    assert dialogues[0].turns == (CorpusTurn("user", ("A tea.",)), CorpusTurn("assistant", ("Large?",)))
    assert {d.split for d in dialogues} == {"train", "valid"}


def test_original_inspired(tmp_path):
    columns = ["dialog_id", "utt_id", "speaker", "turn_id", "text", "movies"]
    rows = [
        ["x.pkl", 1, "RECOMMENDER", 1, "Hello!", ""],
        [
            "x.pkl",
            2,
            "RECOMMENDER",
            1,
            "Have you seen QUOTATION_MARKUpQUOTATION_MARK?",
            "Up (2009);  Her (2013)",
        ],
        ["x.pkl", 3, "SEEKER", 1, "I have.", ""],
        ["y.pkl", 1, "SEEKER", 1, "Hi", ""],
    ]
    for part in ("train", "dev"):
        with (tmp_path / f"{part}.tsv").open("w", newline="") as file:
            csv.writer(file, delimiter="\t").writerows([columns, *rows])
    dialogues = list(read("inspired", tmp_path, "valid"))
    assert [d.id for d in dialogues] == ["x.pkl", "y.pkl"]
    first, second = dialogues[0].turns
    assert first == CorpusTurn(
        "assistant", ('Hello! Have you seen "', ItemRef("Up (2009)"), '"?'), ("Her (2013)",)
    )
    assert first.items == ("Up (2009)", "Her (2013)")
    assert second == CorpusTurn("user", ("I have.",))
    assert read_items("inspired", tmp_path)["Her (2013)"]["year"] == 2013


def test_original_opendialkg(tmp_path):
    messages = [
        {"type": "chat", "sender": "user", "message": "Do you know Zodiac?"},
        {
            "type": "action",
            "sender": "assistant",
            "action_id": "kgwalk/choose_path",
            "metadata": {
                "path": [
                    0.5,
                    [
                        ["Zodiac (Crime Film)", "directed_by", "David Fincher"],
                        ["David Fincher", "~directed_by", "Seven"],
                        ["Seven", "release_year", "1995"],
                    ],
                    "...",
                ]
            },
        },
        {"type": "chat", "sender": "assistant", "message": "Yes, and SEVEN, by David Fincher."},
    ]
    with (tmp_path / "opendialkg.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["Messages", "User Rating", "Assistant Rating"]] + [[json.dumps(messages), "{}", "{}"]] * 40
        )
    dialogues = list(read("opendialkg", tmp_path))
    assert dialogues[0].turns == (
        CorpusTurn("user", ("Do you know ", ItemRef("Zodiac (Crime Film)"), "?")),
        CorpusTurn("assistant", ("Yes, and ", ItemRef("Seven"), ", by David Fincher.")),
    )
    assert {d.split for d in dialogues} == {"train", "valid", "test"}
    facts = read_items("opendialkg", tmp_path)
    assert facts["Zodiac (Crime Film)"] == {
        "item_id": "Zodiac (Crime Film)",
        "title": "Zodiac",
        "directors": ["David Fincher"],
    }
    assert facts["Seven"]["year"] == 1995


def test_ids_may_be_numbers_or_objects(tmp_path):
    items = [7, {"id": 8, "title": "Up"}, {"item_id": "9"}, {"title": "Her"}, " 7 "]
    turns = [{"role": "assistant", "text": "@7, @sku-1b and @8", "items": [*items, "sku-1", "sku-1b"]}]
    (dialogue,) = read("jsonl", write_jsonl(tmp_path / "mine.jsonl", {"dialogue_id": 3, "turns": turns}))
    assert dialogue.id == "3"
    (turn,) = dialogue.turns
    assert turn.parts == (ItemRef("7"), ", ", ItemRef("sku-1b"), " and ", ItemRef("8"))
    assert turn.unplaced == ("9", "Her", "sku-1")


def test_own_dialogues_in_the_shared_schema(tmp_path):
    record = {
        "dialogue_id": "1",
        "split": "validation",
        "turns": [
            {"role": "user", "text": "More like @b1 please", "items": ["b1"]},
            {"role": "assistant", "text": "Sure, that one", "items": ["b2", "b2"]},
            {"role": "user", "text": "ok"},
        ],
        "feedback": {"b2": {"liked": 1, "seen": None}},
    }
    file = write_jsonl(tmp_path / "mine.jsonl", record)
    corpus = Jsonl(file, "valid", licence="mine", redistributable=True)
    (dialogue,) = corpus
    assert dialogue.turns[1].items == ("b2",)
    assert dialogue.turns[1].render(str) == "Sure, that one"
    assert dialogue.feedback == {"b2": Feedback(liked=True)}
    assert [i.gold for i in corpus.instances()] == [("b2",)]
    assert list(corpus) == [dialogue]  # as often as you like
    assert corpus.items() == {}
    assert (corpus.licence, corpus.redistributable) == ("mine", True)


# -- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", r"line 2 is not JSON"),
        ("[1]", r"line 2 holds a list"),
        ('{"dialogue_id": "2"}', r"line 2: `turns` is absent; .*this one has `dialogue_id`"),
        ('{"dialogue_id": "2", "turns": 3}', r"line 2: `turns` is 3, not a list of turns"),
        ('{"dialogue_id": "2", "turns": [], "split": "holdout"}', r"`split` is 'holdout'; allowed: train"),
        ('{"turns": []}', r"line 2: `dialogue_id` is None"),
        ('{"dialogue_id": "2", "turns": [3]}', r"turn 0 is a int"),
        ('{"dialogue_id": "2", "turns": [{"role": "seller", "text": ""}]}', r"`role` is 'seller'; allowed"),
        ('{"dialogue_id": "2", "turns": [{"role": "user"}]}', r"`text` is None"),
        (
            '{"dialogue_id": "2", "turns": [{"role": "user", "text": "", "items": [4.5]}]}',
            r"`items` is \[4.5\]",
        ),
        (
            '{"dialogue_id": "2", "turns": [{"role": "user", "text": "", "items": ["4", " "]}]}',
            r"`items` is \[",
        ),
        ('{"messages": 3}', r"line 2: `messages` is a int, not a list of messages"),
        ('{"messages": ["hi"]}', r"line 2, message 1 is a str, not an object with `role` and `content`"),
        ('{"messages": [{"role": "seller", "content": "hi"}]}', r"`role` is 'seller'; allowed: user, human"),
        ('{"messages": [{"role": "user"}]}', r"line 2, message 1 has no content"),
        (
            '{"messages": [{"role": "user", "content": [{"type": "x"}]}]}',
            r"message 1, part 1 is of the type 'x'",
        ),
        (
            '{"messages": [{"role": "user", "content": "", "items": 3}]}',
            r"message 1: `items` is 3, not a list",
        ),
        ('{"dialogue_id": "2", "turns": [], "feedback": [1]}', r"`feedback` is"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, says):
    file = tmp_path / "dialogues.jsonl"
    file.write_text('{"dialogue_id": "1", "turns": []}\n' + line + "\n")
    with pytest.raises(ValueError, match=says):
        list(read("jsonl", tmp_path))


def test_broken_originals_are_named(tmp_path):
    write_jsonl(tmp_path / "train_data.jsonl", {"messages": [], "movieMentions": {}})
    with pytest.raises(ValueError, match="line 1 is not a ReDial dialogue: KeyError"):
        list(read("redial", tmp_path))
    (tmp_path / "dialogues_001.json").write_text('[{"turns": [{"speaker": "ROBOT", "utterance": "x"}]}]')
    with pytest.raises(ValueError, match="entry 0 is not an SGD dialogue: KeyError: 'ROBOT'"):
        list(read("sgd", tmp_path))
    (tmp_path / "self-dialogs.json").write_text('[{"utterances": 5}]')
    with pytest.raises(ValueError, match="entry 0 is not a Taskmaster dialogue"):
        list(read("taskmaster", tmp_path))
    (tmp_path / "self-dialogs.json").write_text("{}")
    with pytest.raises(ValueError, match="does not hold a list"):
        list(read("taskmaster", tmp_path))
    (tmp_path / "train.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(ValueError, match="has no column dialog_id, speaker, text, movies; it has a, b"):
        list(read("inspired", tmp_path))
    (tmp_path / "opendialkg.csv").write_text("Messages\nnope\n")
    with pytest.raises(ValueError, match="dialogue 0: column Messages is not JSON"):
        list(read("opendialkg", tmp_path))


def test_wrong_encoding_is_named(tmp_path):
    (tmp_path / "dialogues.jsonl").write_bytes('{"dialogue_id": "é"}'.encode("latin-1"))
    with pytest.raises(ValueError, match="is not UTF-8"):
        list(read("jsonl", tmp_path))


def test_unknown_names_and_missing_files(tmp_path):
    with pytest.raises(ValueError, match="unknown corpus 'redail'; known: .*redial"):
        read("redail", tmp_path)
    with pytest.raises(ValueError, match="unknown split 'dev' of corpus 'redial'; known: train, valid, test"):
        read("redial", tmp_path, "dev")
    with pytest.raises(FileNotFoundError, match="nothing at .*get it from https"):
        read("redial", tmp_path / "absent")
    with pytest.raises(FileNotFoundError, match="has none of train_data.jsonl"):
        read("redial", tmp_path)
    write_jsonl(tmp_path / "train_data.jsonl", redial_line(1))
    with pytest.raises(FileNotFoundError, match="no mention_sequences.jsonl"):
        Redial(tmp_path, sequences=True)


# -- every corpus, on the shared data ---------------------------------------------------------------------


def test_only_free_corpora_may_be_shipped():
    assert CORPORA
    assert {name for name, corpus in CORPORA.items() if corpus.redistributable} == {
        "redial",
        "sgd",
        "taskmaster",
    }


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_contract(name):
    corpus = CORPORA[name](shared(FOLDERS[name]))
    assert corpus.name == name
    assert isinstance(corpus.licence, str) and corpus.licence
    dialogues = list(islice(corpus, 300))
    assert len(dialogues) == 300
    assert len({d.id for d in dialogues}) == 300
    assert dialogues == list(islice(corpus, 300))
    facts = corpus.items()
    titles = titles_of(facts)
    for dialogue in dialogues:
        assert dialogue.split in ("train", "valid", "test")
        assert dialogue.turns
        for turn in dialogue.turns:
            assert turn.role in ("user", "assistant")
            assert "&quot;" not in turn.render(str)
            assert all(item in facts for item in turn.items)
            turn.render(titles.__getitem__)


def test_redial_test_has_the_published_numbers():
    corpus = Redial(shared("redial"), "test")
    dialogues = list(corpus)
    assert len(dialogues) == 1342
    for dedup, turns, mentions in ((True, 3838, 4472), (False, 4198, 4975)):
        found = [instance for dialogue in dialogues for instance in instances(dialogue, dedup)]
        assert len(found) == turns
        assert sum(len(instance.gold) for instance in found) == mentions
