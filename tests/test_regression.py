"""Words and items to items: against a slow ridge regression, by hand, and on catalogues that change."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import load, save

from conftest import WordEmbedder
from wherefore.catalog.catalog import Catalog
from wherefore.config import Component
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.retrieval.index import Index
from wherefore.retrieval.learned import Learned
from wherefore.retrieval.regression import Regression
from wherefore.retrieval.source import Split
from wherefore.retrieval.tensors import packed

ITEMS = [f"i{number}" for number in range(8)]
QUERY = np.zeros(8, dtype=np.float32)
EASY = {"regularization": 1.0, "min_count": 1}


def make_index(ids=ITEMS) -> Index:
    records = [{"id": item, "title": f"Book {item}"} for item in ids]
    return Index.build(Catalog.from_records(records), WordEmbedder(), Component(name="faiss", factory="Flat"))


def talk(*messages: str) -> Dialogue:
    """Messages in turn, the user's first; every word that begins with @ is an item named."""
    mentions = []
    for number, text in enumerate(messages):
        place = 0
        for word in text.split(" "):
            if word.startswith("@"):
                mentions.append(Mention(word[1:], number, place, place + len(word), 100.0))
            place += len(word) + 1
    roles = ("user", "assistant")
    said = tuple(Message(roles[number % 2], text) for number, text in enumerate(messages))
    return Dialogue(said, tuple(mentions))


def random_talks(count: int = 60, seed: int = 0) -> list[Dialogue]:
    draw = np.random.default_rng(seed)
    words = "ship desert robot wedding island heist winter piano".split()
    made = []
    for _ in range(count):
        messages = []
        for _ in range(draw.integers(2, 6)):
            parts = draw.choice(words, size=draw.integers(0, 4)).tolist()
            parts += [f"@{ITEMS[n]}" for n in draw.integers(0, 6, size=draw.integers(0, 3))]
            messages.append(" ".join(parts) or "hm")
        made.append(talk(*messages))
    return made


def fitted(training, index=None, **options) -> Regression:
    source = Regression(index or make_index(), **(EASY | options))
    source.fit(training)
    return source


def everything(source, dialogue) -> dict[str, float]:
    """Score of every item by id, those without one left out."""
    index = source.index
    scores = source.score(dialogue, QUERY, np.arange(len(index)))
    return {
        item: score for item, score in zip(index.catalog.ids, scores.tolist(), strict=True) if score == score
    }


def slow(training, asked, regularization, user_weight, decay, word_weight):
    """Every turn as a row with a column per item and per role and word; least squares with rows for the penalty."""
    texts = [
        {word for word in message.content.split() if word[0] != "@"}
        for one in training
        for message in one.messages
    ]
    texts = [words for words in texts if words]
    vocabulary = sorted(set().union(*texts))
    idf = {word: np.log(len(texts) / sum(word in words for words in texts)) / 6 for word in vocabulary}
    named = sorted({mention.item_id for one in training for mention in one.mentions})
    columns = [*named, *((role, word) for role in ("user", "assistant") for word in vocabulary)]

    def row(dialogue, turn):
        made = dict.fromkeys(columns, 0.0)
        for mention in dialogue.mentions:
            if mention.message < turn and mention.item_id in made:
                made[mention.item_id] = 1.0
        for number, message in enumerate(dialogue.messages[:turn]):
            for word in message.content.split():
                if (message.role, word) in made:
                    weight = word_weight * idf[word] * decay ** (turn - 1 - number)
                    made[message.role, word] = max(made[message.role, word], weight)
        return [made[column] for column in columns]

    rows, answers, weights = [], [], []
    for one in training:
        for turn in range(1, len(one.messages)):
            before = {mention.item_id for mention in one.mentions if mention.message < turn}
            new = {mention.item_id for mention in one.mentions if mention.message == turn} - before
            if new:
                rows.append(row(one, turn))
                answers.append([float(item in new) for item in named])
                weights.append(1.0 if one.messages[turn].role == "assistant" else user_weight)
    x, y, w = np.array(rows), np.array(answers), np.array(weights)[:, None]
    share = (w * y).sum(0) / w.sum()
    left = np.concatenate([np.sqrt(w) * x, np.sqrt(regularization) * np.eye(len(columns))])
    right = np.concatenate([np.sqrt(w) * (y - share), np.zeros((len(columns), len(named)))])
    solved = np.linalg.lstsq(left, right, rcond=None)[0]
    return dict(zip(named, share + np.array(row(asked, len(asked.messages))) @ solved, strict=True))


@pytest.mark.parametrize(
    ("regularization", "user_weight", "decay", "word_weight"), [(1.0, 0.7, 0.85, 1.0), (20.0, 1.0, 0.5, 3.0)]
)
def test_it_is_a_ridge_regression(regularization, user_weight, decay, word_weight):
    training = random_talks()
    options = {
        "regularization": regularization,
        "user_weight": user_weight,
        "decay": decay,
        "word_weight": word_weight,
    }
    source = fitted(training, **options)
    for asked in (talk("ship robot @i1", "winter @i3", "piano"), talk("@i2"), talk("heist wedding")):
        expected = slow(training, asked, **options)
        made = everything(source, asked)
        assert made.keys() == expected.keys()
        for item, score in expected.items():
            assert made[item] == pytest.approx(score, abs=2e-3)  # weights are kept in half precision


def test_words_lead_to_items_and_who_said_them_counts():
    training = [talk("something scary", "try @i1"), talk("something funny", "try @i2")] * 10
    training += [talk("hello", "scary maybe", "no @i3"), talk("hello", "funny maybe", "no @i4")] * 10
    source = fitted(training)
    allowed = np.ones(len(ITEMS), dtype=bool)

    def best(*messages):
        return source.index.catalog.items[source.search(talk(*messages), QUERY, 1, allowed)[0][0]].id

    assert best("rather scary things") == "i1" and best("FUNNY!") == "i2"
    assert best("hm", "a scary one") == "i3" and best("hm", "a funny one") == "i4"
    rows, scores = source.search(talk("scary"), QUERY, 3, allowed & (np.arange(8) != 1))
    assert 1 not in rows and (np.diff(scores) <= 0).all() and len(rows) == 3


def test_parts_add_up_to_the_score():
    source = fitted(random_talks())
    dialogue = talk("ship @i1", "robot @i2", "hm")
    rows = np.array([4, 0, 2])
    parts = source.parts(dialogue, rows)
    score = source.score(dialogue, QUERY, rows)
    share = source.tensors()["share"]
    np.testing.assert_allclose(parts.sum(1) + share[rows], score, atol=1e-6)
    assert isinstance(source, Split) and parts.shape == (3, len(source.part_names))
    only_words = source.parts(talk("ship"), rows)
    assert (only_words[:, 0] == 0).all() and only_words[:, 1].any()


def test_titles_and_function_words_are_not_heard():
    training = [
        Dialogue(
            (Message("user", "the Shining and the ship"), Message("assistant", "@i1")),
            (Mention("i0", 0, 0, 11, 100.0), Mention("i1", 1, 0, 3, 100.0)),
        )
    ] * 3 + [talk("robots", "@i2")]
    source = fitted(training)
    assert json.loads(source.tensors()["words"].tobytes()) == ["robot", "ship"]


def test_rare_words_and_items_are_left_out():
    training = [talk("ship @i0", "@i1")] * 5 + [talk("robot @i2", "@i3")] * 2
    source = fitted(training, min_count=3, max_items=2)
    assert everything(source, talk("robot")) == {}  # not heard
    assert sorted(everything(source, talk("ship"))) == ["i0", "i1"]
    words = fitted(random_talks(), max_words=3).tensors()["idf"]
    assert len(words) == 3


def test_few_weights_keep_the_strongest():
    all_of_them = fitted(random_talks()).tensors()
    few = fitted(random_talks(), weights=2).tensors()
    assert np.diff(few["starts"]).max() == 2
    for row in range(len(few["starts"]) - 1):
        here = slice(few["starts"][row], few["starts"][row + 1])
        there = slice(all_of_them["starts"][row], all_of_them["starts"][row + 1])
        strongest = np.sort(np.abs(all_of_them["values"][there]))[::-1][:2]
        np.testing.assert_array_equal(np.sort(np.abs(few["values"][here]))[::-1], strongest)


def test_what_is_restored_scores_alike_also_elsewhere():
    source = fitted(random_talks())
    dialogue = talk("ship @i1", "winter")
    for ids in (ITEMS, [*ITEMS[::-1], "new"]):
        other = Regression(make_index(ids))
        other.restore(load(save(source.tensors())))
        assert everything(other, dialogue) == everything(source, dialogue)
    assert isinstance(source, Learned) and other.fitted


def test_items_added_and_removed_later():
    source = fitted(random_talks())
    before = everything(source, talk("ship"))
    source.index.add(Catalog.from_records([{"id": "later", "title": "Later"}]))
    assert everything(source, talk("ship")) == before
    source.index.remove(["i1"])
    assert everything(source, talk("ship")) == {item: score for item, score in before.items() if item != "i1"}


def test_nothing_known_means_no_score():
    source = fitted(random_talks())
    for dialogue in (talk("zebra"), talk("@i7"), Dialogue((), ())):
        assert everything(source, dialogue) == {}
        assert len(source.search(dialogue, QUERY, 5, np.ones(8, dtype=bool))[0]) == 0


def test_before_it_has_learned():
    source = Regression(make_index())
    assert not source.fitted and everything(source, talk("ship")) == {}
    assert len(source.search(talk("ship"), QUERY, 5, np.ones(8, dtype=bool))[0]) == 0
    assert np.isnan(source.parts(talk("ship"), np.arange(8))).all()
    with pytest.raises(ValueError, match="'regression' has learned nothing"):
        source.tensors()


def test_nothing_to_learn_from_is_refused():
    source = fitted(random_talks())
    before = everything(source, talk("ship"))
    for training in ([], [talk("@i1", "again @i1")], [talk("ship")]):
        with pytest.raises(ValueError, match="none of [01] dialogues names a new item"):
            source.fit(training)
    assert everything(source, talk("ship")) == before


def test_progress():
    told = []
    Regression(make_index(), **EASY).fit(random_talks(), progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("k", 0),
        ("regularization", 0),
        ("word_weight", -1),
        ("user_weight", float("inf")),
        ("decay", 0),
        ("decay", 1.1),
        ("min_count", 0),
        ("max_items", 0),
        ("max_items", 70_000),
        ("weights", 0),
    ],
)
def test_bad_options_are_refused(option, value):
    with pytest.raises(ValueError, match=f"`{option}` is {value}"):
        Regression(make_index(), **{option: value})


def broken():
    good = fitted(random_talks()).tensors()
    nan = good["values"].copy()
    nan[0] = np.nan
    yield {key: value for key, value in good.items() if key != "share"}, "missing: share"
    yield good | {"values": nan}, "`values` has shape"
    yield good | {"idf": good["idf"][1:]}, "`idf` has shape"
    yield good | {"share": good["share"].astype(np.float64)}, "`share` is float64"
    yield good | {"words": good["words"][:-1]}, "no JSON list"
    yield good | {"words": packed(["ship"])}, "`idf` has shape"
    yield good | {"items": packed(["i0", "i0"])}, "different ids"
    yield good | {"starts": good["starts"][:-1]}, "`starts`"


@pytest.mark.parametrize("number", range(8))
def test_broken_tensors_are_refused_and_change_nothing(number):
    tensors, said = list(broken())[number]
    source = fitted(random_talks())
    before = everything(source, talk("ship"))
    with pytest.raises(ValueError, match=said):
        source.restore(tensors)
    assert everything(source, talk("ship")) == before
    assert len(list(broken())) == 8
