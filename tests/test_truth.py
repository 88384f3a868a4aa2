"""The truth count: what it finds wrong in replies, and what it lets pass."""

import json
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest

from conftest import make_recommender
from wherefore import cli
from wherefore.catalog.catalog import Catalog
from wherefore.evaluation import truth
from wherefore.evaluation.checker import Said, reply_faults
from wherefore.evaluation.simulated import Study
from wherefore.training.simulate import SimulatedUser, Taste

LIST = "Here are two films.\n\n1. **{}** ({}) — {}\n2. **The Shining** (1980) — It is a horror movie."


def reply(items, text, **more):
    base = {
        "messages": [{"role": "user", "content": "Something like Alien, from after 1970"}],
        "text": text,
        "action": "recommend",
        "items": items,
        "worded": ["first", "plain"][: len(items)],
        "shown": [],
        "limits": [["year", "gt", 1970]],
        "gone": [],
    }
    return base | more


TRUE = LIST.format("Aliens", 1986, "It is directed by James Cameron, like *Alien*.")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (reply(["aliens", "shining"], TRUE), None),
        (reply(["aliens", "shining"], TRUE, gone=["shining"]), "turned down"),
        (reply(["aliens", "shining"], TRUE, limits=[["year", "lt", 1985]]), "is not year lt 1985"),
        (reply(["nothing"], TRUE), "not in the catalogue"),
        (reply(["aliens", "shining"], TRUE.replace("James Cameron", "Ridley Scott")), "Ridley Scott"),
        (reply(["aliens", "shining"], TRUE.replace("*Alien*", "*Heat*")), "names Heat"),
        (
            reply(["aliens", "shining"], TRUE.replace("two films", "two films from before 1991")),
            "number 1991",
        ),
        (reply([], "*Alien* was directed by James Cameron.", action="answer", limits=[]), "James Cameron"),
        (reply([], "*Alien* was directed by Ridley Scott.", action="answer", limits=[]), None),
    ],
)
def test_faults_are_found(movies, given, fault):
    found = truth.Judge(movies).faults(given)
    assert (found == []) if fault is None else any(fault in one for one in found), found


@pytest.mark.parametrize(
    ("told", "is_wrong"),
    [
        ("A private eye in 1930s Los Angeles trails a husband.", False),
        ("A private eye in 1940s Los Angeles trails a husband.", True),
    ],
)
def test_an_answer_may_speak_in_the_words_of_the_record(told, is_wrong):
    about = "A private eye in 1930s Los Angeles trails a husband."
    catalog = Catalog.from_records([{"id": "c", "title": "Chinatown", "about": about}])
    text = f"*Chinatown* it is. {told}"
    found = reply_faults(text, [], catalog, Said(), "What is it about?", known=catalog.items)
    assert bool(found) == is_wrong


def test_counts(movies):
    told = []
    wrong = TRUE.replace("James Cameron", "Ridley Scott")
    found = truth.counted(
        [reply(["aliens", "shining"], TRUE), reply(["aliens", "shining"], wrong)], movies, told.append
    )
    assert found["replies"] == 2 and found["replies_with_violations"] == 1 and found["violations"] >= 1
    assert found["first_wording_passed"] == found["plain"] == 0.5 and found["rewritten"] == 0
    assert len(told) == 1 and "Ridley Scott" in told[0]


def test_a_conversation_is_noted_with_what_must_hold(tokenizers):
    recommender = make_recommender("llama", tokenizers, tries=0)
    taste = Taste("shaun", ("alien",))
    user = SimulatedUser(taste, recommender.catalog, lambda a, b: 0.5, Random(3))
    found = truth.talk(user, recommender, Random(3))
    assert all(json.loads(json.dumps(one)) == one for one in found)
    lists = [one for one in found if one["action"] == "recommend"]
    assert lists and all(len(one["worded"]) == len(one["items"]) for one in lists)
    assert truth.counted(found, recommender.catalog, print)["violations"] == 0


def test_kept_conversations_are_taken_as_they_are(tmp_path, movies, monkeypatch):
    monkeypatch.setattr("wherefore.corpora.ratings.liked_sets", lambda *_: [frozenset(movies.ids)])
    study = Study(shared=tmp_path, runs=tmp_path, seed=5)
    kept = [reply(["aliens"], TRUE), reply(["shining"], TRUE)]
    (tmp_path / "5-0.json").write_text(json.dumps(kept), encoding="utf-8")
    recommender = SimpleNamespace(catalog=movies, index=SimpleNamespace(vectors=np.eye(len(movies))))
    assert list(truth.conversations(recommender, study, 2)) == kept


def test_bad_arguments_are_explained(loaded_once, tmp_path, capsys):
    assert cli.main(["truth", "--replies", "0"]) == 2
    assert "--replies is 0; give 1 or more" in capsys.readouterr().err
    assert cli.main(["truth", "--shared", str(tmp_path), "--runs", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err
