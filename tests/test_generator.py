"""Made dialogues: labels that are true, a target that is never shown, and a corpus that reads back."""

import json
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.corpora import read, read_items
from wherefore.corpora.base import as_dialogue, instances
from wherefore.corpora.items import link_items
from wherefore.dialogue.state import Preferences
from wherefore.evaluation.checker import Said, sentence_faults
from wherefore.reading.reader import DialogueReader
from wherefore.training.generator import DialogueMaker, write_records

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from make_dialogues import main  # noqa: E402

GENRES = ("Horror", "Comedy", "Drama", "Western", "Romance")


@pytest.fixture(scope="module")
def films():
    draw = Random(0)
    rows = [
        {
            "id": f"m_{n}",
            "title": f"Zorbit {n}",
            "year": 1950 + n % 70,
            "runtime_min": 80 + n % 90,
            "genres": "; ".join(draw.sample(GENRES, 2)),
            "directors": f"Ada Bela {n % 37}",
            "popularity": n,
        }
        for n in range(300)
    ]
    return Catalog.from_records(rows, name="films")


@pytest.fixture(scope="module")
def maker(films):
    vectors = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    return DialogueMaker(films, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@pytest.fixture(scope="module")
def made(maker):
    tastes = maker.invented_tastes(120, seed=3)
    return list(zip(tastes, maker.make(tastes, seed=3), strict=True))


@pytest.fixture
def corpus(tmp_path, maker, made):
    write_records(tmp_path / "dialogues.jsonl", [one for _, one in made])
    write_records(tmp_path / "items.jsonl", maker.items())
    return tmp_path


def test_the_target_is_right_at_every_list_and_never_shown(films, made):
    for taste, one in made:
        target = f"i{films.row(taste.target)}"
        assert not any(target in turn["items"] for turn in one["turns"])
        for turn in one["turns"]:
            if turn["role"] == "assistant":
                assert turn["gold"] == ([target] if turn["action"] == "recommend" else [])
        assert [turn["role"] for turn in one["turns"]] == ["user", "assistant"] * (len(one["turns"]) // 2)


def test_the_labels_are_true(films, made):
    actions = set()
    for taste, one in made:
        target = films[taste.target]
        for turn in one["turns"]:
            actions.add(turn.get("action"))
            if turn.get("action") != "recommend":
                continue
            state = Preferences.from_json(turn["state"])
            listed = [films.items[int(item[1:])] for item in turn["items"]]
            listed = [item for item in listed if item.id not in state.liked]
            assert all(limit.allows(item, films) for limit in state.limits for item in (target, *listed))
            assert all(wish.value in target.values(wish.field) for wish in state.wanted)
            for item in (target, *listed):
                assert not any(wish.value in item.values(wish.field) for wish in state.unwanted)
            assert not {item.id for item in listed} & set(state.rejected)
            said = Said(
                titles=[item.title for item in films.items],
                numbers=[str(int(limit.value)) for limit in state.limits],
                refused=[wish.value for wish in state.unwanted],
            )
            for reason in turn["reasons"]:
                item = films[reason["item"]]
                assert sentence_faults(reason["text"], item, films, said) == [], reason["text"]
                for fact in reason["facts"]:
                    if fact["kind"] == "own":
                        spec = films.schema.spec(fact["field"])
                        held = item.values(spec.name) or (str(item.get(spec.name)),)
                        assert fact["value"] in held
    assert actions == {None, "recommend", "answer"}


def test_the_state_is_what_the_reader_understands(films, made):
    """The words say what the labels say: the reader finds nearly all of it in them."""
    reader = DialogueReader(films)
    titles = {f"i{row}": item.title for row, item in enumerate(films.items)}
    met: dict[str, list[bool]] = {"wanted": [], "unwanted": [], "limits": [], "liked": [], "rejected": []}
    for _, one in made:
        messages = []
        for turn in one["turns"]:
            if turn.get("action") == "recommend":
                state, understood = Preferences.from_json(turn["state"]), reader.read(messages).preferences
                for name in ("wanted", "unwanted"):
                    have = {(wish.field, wish.value) for wish in getattr(understood, name)}
                    met[name] += [(wish.field, wish.value) in have for wish in getattr(state, name)]
                have = {(limit.field, limit.op, limit.value) for limit in understood.limits}
                met["limits"] += [(limit.field, limit.op, limit.value) in have for limit in state.limits]
                met["liked"] += [item in understood.liked for item in state.liked]
                known = {*understood.rejected, *understood.seen}
                met["rejected"] += [item in known for item in state.rejected]
            text = turn["text"]
            for item in sorted(turn["items"], key=len, reverse=True):
                text = text.replace(f"@{item}", titles[item])
            messages.append({"role": turn["role"], "content": text})
    for name, found in met.items():
        assert len(found) >= 15, name
        assert sum(found) >= 0.95 * len(found), (name, sum(found), len(found))


def test_a_made_corpus_reads_back(films, made, corpus):
    dialogues = list(read("jsonl", corpus))
    facts = read_items("jsonl", corpus)
    links = link_items(films, "jsonl", facts)
    assert len(dialogues) == len(made) and len(links) == len(films)
    for (taste, one), dialogue in zip(made, dialogues, strict=True):
        found = list(instances(dialogue))
        assert len(found) == sum(turn.get("action") == "recommend" for turn in one["turns"])
        assert all([links[item] for item in instance.gold] == [taste.target] for instance in found)
        known = as_dialogue(dialogue.turns, lambda item: films[links[item]].title, links.get)
        named = {mention.item_id for mention in known.mentions}
        assert named == {links[item] for turn in one["turns"] for item in turn["items"]}


def test_the_same_seed_makes_the_same(maker):
    def some(seed):
        return [json.dumps(one) for one in maker.make(maker.invented_tastes(4, seed), seed)]

    assert some(1) == some(1) and some(1) != some(2)
    assert len({taste.target for taste in maker.invented_tastes(200)}) > 50


def test_too_few_items_are_refused(films):
    few = Catalog.from_records([{"title": f"T {n}"} for n in range(9)], name="few")
    with pytest.raises(ValueError, match="has 9 items; dialogues need 50 or more"):
        DialogueMaker(few, np.eye(9, dtype=np.float32))


@pytest.mark.slow
def test_the_script_makes_a_corpus(tmp_path, capsys):
    assert main(["--count", "6", "--out", str(tmp_path / "made"), "--seed", "4"]) == 0
    assert "6 dialogues" in capsys.readouterr().out
    lines = (tmp_path / "made" / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6 and {json.loads(line)["split"] for line in lines} <= {"train", "valid"}
    assert len((tmp_path / "made" / "items.jsonl").read_text(encoding="utf-8").splitlines()) == 10_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--count", "0"], "--count is 0; give 1 or more"),
        (["--ratings", "movietweetings"], "give NAME=PATH"),
        (["--ratings", "tweets=nowhere"], "tweets"),
        (["--ratings", "movietweetings=nowhere"], "nowhere"),
        (["--catalog", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_bad_arguments_are_explained(loaded_once, tmp_path, capsys, arguments, message):
    try:
        status = main([*arguments, "--out", str(tmp_path)])
    except SystemExit as error:
        status = error.code
    assert status == 2 and message in capsys.readouterr().err
