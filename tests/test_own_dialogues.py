"""People's own dialogues: what they name is found in the catalogue, and what is not found is said."""

import json
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wherefore import cli
from wherefore.catalog.catalog import Catalog
from wherefore.config import Config
from wherefore.corpora.base import as_dialogue, instances
from wherefore.corpora.jsonl import Jsonl
from wherefore.errors import CorpusError, WhereforeWarning
from wherefore.evaluation.run import evaluate_corpus
from wherefore.reading.own_dialogues import link_own
from wherefore.reading.reader import DialogueReader
from wherefore.training.corpus import load_corpora

BOOKS = [
    {"id": "b1", "title": "Salt Road", "genre": "fantasy", "year": 2001},
    {"id": "b2", "title": "Low Tide", "genre": "crime", "year": 1987},
    {"id": "b3", "title": "Paper Moths", "genre": "drama", "year": 1999},
    {"id": "b4", "title": "Glass Orchard", "genre": "fantasy", "year": 2015},
    {"id": "sku-5", "title": "Up", "genre": "drama", "year": 2009},
    {"id": "b6", "title": "The Long Winter", "genre": "drama", "year": 1940},
    {"id": "b7", "title": "The Long Winter", "genre": "crime", "year": 2011},
]
IDS = {book["id"] for book in BOOKS}


@pytest.fixture(scope="module")
def books():
    return Catalog.from_records(BOOKS, name="books")


def turns(*said):
    """Turns from (role, text) or (role, text, items)."""
    return [
        {"role": role, "text": text, **({"items": items[0]} if items else {})} for role, text, *items in said
    ]


@pytest.fixture
def link(tmp_path, books):
    """Dialogues of records, linked, and what was warned of."""

    def linked(*records, name="dialogues.jsonl"):
        file = tmp_path / name
        text = (
            json.dumps(records)
            if name.endswith(".json")
            else "".join(f"{json.dumps(one)}\n" for one in records)
        )
        file.write_text(text, encoding="utf-8")
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            (made,) = link_own([Jsonl(file)], books)
        return list(made), " ".join(str(one.message) for one in told)

    return linked


def shown(dialogue):
    """What each turn says, with references as <id>."""
    return [turn.render(lambda item: f"<{item}>") for turn in dialogue.turns]


def test_items_without_marks_count(link, books):
    record = {
        "dialogue_id": "0",
        "turns": turns(
            ("user", "I loved Low Tide. More?", ["b2"]),
            ("assistant", "Try paper moths.", ["b3"]),
            ("user", "Thanks, another?", []),
            ("assistant", "Then that.", ["b1", "b4"]),
            ("user", "I loved that one", ["b1"]),
            ("assistant", "", ["sku-5", "b2"]),
        ),
    }
    (dialogue,), told = link(record)
    assert told == ""
    assert shown(dialogue) == [
        "I loved <b2>. More?",
        "Try <b3>.",
        "Thanks, another?",
        "Then that. (<b1>, <b4>)",
        "I loved that one (<b1>)",
        "<sku-5>, <b2>",
    ]
    found = [(one.turn, one.gold, one.named) for one in instances(dialogue)]
    assert found == [
        (1, ("b3",), ("b2",)),
        (3, ("b1", "b4"), ("b2", "b3")),
        (5, ("sku-5",), ("b2", "b3", "b1", "b4")),
    ]
    said = as_dialogue(dialogue.turns, lambda item: books.dated(books[item]))
    assert said.messages[3].content == "Then that. (Salt Road (2001), Glass Orchard (2015))"
    state = DialogueReader(books).read(said.messages[:5], mentions=said.mentions[:5]).preferences
    assert state.liked == ("b2", "b1")


def test_marks_without_items_count(link):
    record = {
        "dialogue_id": "0",
        "turns": turns(
            ("user", "Like @b2 or @sku-5, me@b1.org? Ask @john."),
            ("assistant", "@b3. @b4!"),
            ("assistant", "or Salt Road"),
        ),
    }
    (dialogue,), told = link(record)
    assert told == ""
    assert shown(dialogue) == ["Like <b2> or <sku-5>, me@b1.org? Ask @john.", "<b3>. <b4>!", "or Salt Road"]


def test_titles_in_items_are_linked_and_counted(link):
    record = {
        "dialogue_id": 7,
        "turns": turns(
            ("user", "What's up? I liked Up", ["Up"]),
            ("assistant", "Low Tide", ["low tide (1987)", "The Long Winter (2011)"]),
        ),
    }
    (dialogue,), told = link(record)
    assert dialogue.id == "7"
    assert shown(dialogue) == ["What's up? I liked <sku-5>", "<b2> (<b7>)"]
    assert "3 entries of `items` are titles, and were linked by them" in told and "unknown" not in told


def test_unknown_ids_are_counted_and_listed(link):
    records = [
        {
            "dialogue_id": f"d{number}",
            "turns": turns(
                ("user", "I loved @b2", ["b2"]),
                ("assistant", "Try @b99 or @b1, @b3, @b4", ["b99", "b1", "b3", "b4"]),
                ("assistant", "The Long Winter, and @b98", ["The Long Winter"]),
            ),
        }
        for number in range(3)
    ]
    dialogues, told = link(*records)
    assert told.endswith(
        "dialogues.jsonl: 3 of 7 item ids that the dialogues name are unknown, neither an id nor the title of just "
        "one item of books: b99 (dialogue d0, dialogues.jsonl, line 1), b98 (dialogue d0, dialogues.jsonl, line 1), "
        "The Long Winter (dialogue d0, dialogues.jsonl, line 1); named 9 times in all, they are not learned from, and "
        "count as missed where dialogues are measured"
    )
    assert [one.gold for one in instances(dialogues[2])][0] == ("b99", "b1", "b3", "b4")


def test_many_unknown_ids_are_listed_in_part(link):
    named = [*sorted(IDS), *(f"x{number}" for number in range(7))]
    record = {"dialogue_id": "0", "turns": turns(("user", "hi"), ("assistant", "all", named))}
    _, told = link(record)
    assert "x4 (dialogue 0, dialogues.jsonl, line 1) and 2 more" in told and "x5" not in told


def test_ids_of_another_catalogue_are_refused(link, tmp_path):
    record = {
        "dialogue_id": "0",
        "turns": turns(("user", "@300 or @b1"), ("assistant", "@tt1 and", ["tt1", 2])),
    }
    with pytest.raises(CorpusError) as error:
        link(record)
    assert "3 of 4 item ids that the dialogues name are not in books: 300 (dialogue 0, " in str(error.value)
    assert "ids of another catalogue? Those of this one begin with b1, b2, b3, b4 and sku-5" in str(
        error.value
    )
    facts = [{"item_id": "tt1", "title": "Paper Moths", "year": 1999}, {"id": "2", "title": "Elsewhere"}]
    (tmp_path / "items.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in facts), encoding="utf-8")
    (dialogue,), told = link(record)  # what is described beside the dialogues is known
    assert "1 of 4" in told and shown(dialogue) == ["@300 or <b1>", "<tt1> and (<2>)"]


CHAT = [
    {"role": "system", "content": "You sell books."},
    {
        "role": "user",
        "content": [{"type": "text", "text": "I loved Low Tide."}, {"type": "image_url"}, "More?"],
    },
    {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
    {"role": "tool", "content": "b3 b4"},
    {
        "role": "assistant",
        "content": "1. **Paper Moths** (1999): quiet\n2. **Glass Orchard**: grand\n3. The Long Winter",
    },
]


def test_in_a_list_of_titles_in_bold_each_is_cut_out_whole(link):
    lines = "1. **Paper Moths** (1999): quiet\n2. **Glass Orchard** (2015): grand\n3. **Salt Road** (2001)"
    said = [{"role": "user", "content": "Three?"}, {"role": "assistant", "content": lines}]
    (one,), _ = link({"messages": said})
    assert shown(one)[1] == "1. <b3>: quiet\n2. <b4>: grand\n3. <b1>"


def test_openai_chats_are_read(link):
    marked = [
        {"role": "human", "content": "More?"},
        {"role": "assistant", "content": "This.", "items": ["b1"]},
    ]
    (first, second), told = link(
        {"messages": CHAT, "split": "validation"}, {"id": "mine", "messages": [*marked, *CHAT[1:2]]}
    )
    assert (first.id, first.split, second.id) == ("dialogues-000001", "valid", "mine")
    assert shown(first) == [
        "I loved <b2>.\nMore?",
        "1. <b3>: quiet\n2. **<b4>**: grand\n3. The Long Winter",
    ]
    assert shown(second) == [
        "More?",
        "This. (<b1>)",
        "I loved Low Tide.\nMore?",
    ]  # it marks its items elsewhere
    assert [one.gold for one in instances(first)] == [("b3", "b4")]
    assert "3 items were found by their titles in dialogues that mark none" in told
    assert "1 mentions of titles that several items have were left out, like 'The Long Winter'" in told
    assert "not read: messages of a system or a tool (3 times) and a picture (2 times)" in told


def test_sharegpt_is_read_from_one_list(link):
    said = [{"from": "human", "value": "Crime?"}, {"from": "gpt", "value": "Read @b2."}]
    (dialogue,), told = link({"conversations": said}, name="talks.json")
    assert (dialogue.id, shown(dialogue), told) == ("talks-000001", ["Crime?", "Read <b2>."], "")


def test_dialogues_that_name_nothing_say_what_is_needed(link):
    _, told = link(
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}
    )
    assert (
        "none of the 1 dialogues names an item: write `@` and its id in the text, list the ids in `items`"
        in told
    )


def test_turns_that_list_no_items_name_none(link):
    record = {"dialogue_id": "0", "turns": turns(("user", "Low Tide?", []), ("assistant", "Salt Road", []))}
    (dialogue,), _ = link(record)
    assert shown(dialogue) == ["Low Tide?", "Salt Road"] and not any(turn.items for turn in dialogue.turns)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    text=st.lists(st.sampled_from(["low tide", "Up", "@b1", "@b77", "it,", "@", "b2", "."])).map(" ".join),
    items=st.lists(st.sampled_from([*sorted(IDS), "Low Tide", "b77"]), max_size=4),
)
def test_no_item_that_is_listed_vanishes(link, text, items):
    listed = [*sorted(IDS), *items]
    record = {"dialogue_id": "0", "turns": turns(("user", "all", listed), ("assistant", text, items))}
    (dialogue,), told = link(record)
    named = dialogue.turns[1].items
    assert set(named) >= {"b2" if item == "Low Tide" else item for item in items}
    assert ("b77 (dialogue 0" in told) == ("b77" in items or "@b77" in text)
    assert len(named) == len(set(named))


def test_what_a_reader_cannot_take_is_named(link):
    with pytest.raises(CorpusError, match="line 1: message 1 has 20,001 characters"):
        link({"messages": [{"role": "user", "content": "x" * 20_001}]})


def test_right_items_and_feedback_are_linked_too(link):
    record = {
        "dialogue_id": "0",
        "turns": [*turns(("user", "hi")), {"role": "assistant", "text": "Hm", "gold": ["Salt Road"]}],
        "feedback": {"Low Tide": {"liked": 1}},
    }
    (dialogue,), _ = link(record)
    assert dialogue.turns[1].answers == ("b1",) and list(dialogue.feedback) == ["b2"]


# -- training and measuring -------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A shop's catalogue and its dialogues, of which one is to be measured."""
    (tmp_path / "books.csv").write_text(
        "id,title,genre,year\n" + "".join(",".join(map(str, book.values())) + "\n" for book in BOOKS[:4])
    )
    said = turns(("user", "I loved Low Tide", ["b2"]), ("assistant", "Try that", ["b3", "b99"]))
    records = [{"dialogue_id": split, "split": split, "turns": said} for split in ("train", "test")]
    (tmp_path / "dialogues.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in records))
    return tmp_path


def test_training_reads_what_is_named(folder):
    config = Config.parse(
        {
            "catalog": str(folder / "books.csv"),
            "corpora": [{"name": "jsonl", "path": str(folder / "dialogues.jsonl")}],
        }
    )
    catalog = Catalog.load(folder / "books.csv")
    with pytest.warns(WhereforeWarning, match="1 of 3 item ids .* b99 "):
        (corpus,) = load_corpora(config, catalog)
    read = corpus.read(corpus.dialogues[0])
    assert [message.content for message in read.messages] == [
        "I loved Low Tide (1987)",
        "Try that (Paper Moths (1999))",
    ]
    assert [mention.item_id for mention in read.mentions] == ["b2", "b3"]
    lost = {"item_id": "b99", "title": "Out of Print"}
    (folder / "items.jsonl").write_text(json.dumps(lost))
    with pytest.warns(WhereforeWarning, match="1 of 3 items that the dialogues name are described .* b99$"):
        load_corpora(config, catalog)


def test_measuring_counts_what_is_unknown_as_missed(folder, capsys):
    catalog = Catalog.load(folder / "books.csv")
    with pytest.warns(WhereforeWarning, match="named 2 times in all"):
        (report,) = evaluate_corpus(["popularity"], "jsonl", folder, catalog=catalog, resamples=1)
    assert report.instances == 1
    arguments = ["evaluate", "jsonl", str(folder), "--system", "popularity", "--resamples", "1"]
    assert cli.main([*arguments, "--catalog", str(folder / "books.csv")]) == 0
    assert "wherefore: " in (warned := capsys.readouterr().err) and "b99 (dialogue" in warned
    assert cli.main(["evaluate", "jsonl", str(folder)]) == 2  # these are no films
    assert "Are these ids of another catalogue?" in capsys.readouterr().err
    (folder / "dialogues.jsonl").write_text(
        '{"split": "test", "messages": [{"role": "user", "content": "hi"}]}'
    )
    assert cli.main(arguments) == 2
    assert "(their titles in the text are found with --catalog)" in capsys.readouterr().err
