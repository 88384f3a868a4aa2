"""A server says what messages mean; the same code makes a state of it."""

import json

import pytest

from test_recommender import user
from test_remote import data_of, local, serving, text_only
from wherefore.dialogue.labels import ACTS, LABELS
from wherefore.dialogue.messages import Message
from wherefore.lm.server import Server, ServerWarning
from wherefore.reading.served import ServedJudge, schema

SAID = "the opposite of horror, and mum joins: no violence. loved Alien"
READ = {
    "acts": ["request", "taste"],
    "pieces": [
        {"words": "horror", "label": "unwanted", "strength": "firm", "whose": "me", "measure": "none"},
        {"words": "Violence", "label": "unwanted", "strength": "firm", "whose": "party", "measure": "none"},
        {"words": "Alien", "label": "liked", "strength": "plain", "whose": "me", "measure": "none"},
    ],
    "search": "gentle family film",
}


def reader(answer=READ):
    """A server that reads so, and agrees with all else."""

    def says(body):
        prompt = body["messages"][0]["content"]
        if "response_format" in body:
            return answer if isinstance(answer, int | str) else json.dumps(answer)
        data = data_of(prompt)
        return json.dumps([one["number"] for one in data["items"]] if "items" in data else data["drafts"][:3])

    says.whole = True
    return says


class Local:
    """The other judge: what it was asked."""

    def __init__(self):
        self.asked = []

    def of(self, catalog):
        return self

    def _heard(self, before, text):
        self.asked.append(text)
        return "local"


def judge(script):
    other = Local()
    return ServedJudge(Server(script.url, "tiny"), other, "movies: genre"), other


def test_it_reads_what_stands_in_the_message():
    with serving(reader()) as script:
        served, other = judge(script)
        read = served.read((), SAID)
        told = [(SAID[one.start : one.end], one.label, one.whose) for one in read.meanings]
        assert told == [
            ("horror", "unwanted", "me"),
            ("violence", "unwanted", "party"),
            ("Alien", "liked", "me"),
        ]
        assert read.acts["request"] > 0.5 > read.acts["smalltalk"] and set(read.acts) == set(ACTS)
        assert served.search([Message("user", SAID), Message("assistant", "Here.")]) == "gentle family film"
        assert served.search([]) == ""
        piece = served.meanings((), SAID, [(SAID.index("Alien"), len(SAID)), (0, 3)])
        assert [one.label for one in piece] == ["liked", "nothing"]
        assert sum(piece[0].odds.values()) == pytest.approx(1) and set(piece[0].odds) == set(LABELS)
        assert len(script.asked) == 1 and not other.asked  # read once
        asked = script.asked[0]
        assert asked["response_format"]["json_schema"]["schema"] == schema() and asked["temperature"] == 0
        prompt = asked["messages"][0]["content"]
        assert json.loads(prompt[prompt.rindex("\n\n") :])["message"] == SAID


@pytest.mark.parametrize(
    "answer",
    ["I think you want something gentle.", "{", "[1, 2]", '{"a": 1}', 500, 429],
)
def test_where_it_fails_the_packaged_judge_reads(answer):
    with serving(reader(answer)) as script:
        served, other = judge(script)
        with pytest.warns(ServerWarning):
            assert served._heard((), SAID) == "local"
        assert served._heard((), SAID) == "local" and other.asked == [SAID]  # nor is it asked again


@pytest.mark.parametrize(
    ("piece", "kept"),
    [
        ({"words": "horror", "label": "unwanted"}, 1),
        ({"words": "romance", "label": "wanted"}, 0),  # does not stand there
        ({"words": "horror", "label": "hated"}, 0),  # no such label
        ({"words": "", "label": "wanted"}, 0),
        ({"words": 7, "label": "wanted"}, 0),
        ("horror", 0),
        ({"words": "horror", "label": "nothing"}, 0),
        ({"words": "horror", "label": "wanted", "strength": "very", "whose": ["x"], "measure": 3}, 1),
    ],
)
def test_nothing_else_of_its_answer_is_used(piece, kept):
    with serving(
        reader({"acts": ["request", "rule the world", 5], "pieces": [piece, piece], "search": 7})
    ) as script:
        served, _ = judge(script)
        read = served.read((), SAID)
        assert len(read.meanings) == kept and set(read.acts) == set(ACTS)
        assert all(one.strength == "plain" or piece.get("strength") for one in read.meanings)


def test_an_answer_may_stand_between_words():
    with serving(reader(f"Sure!\n```json\n{json.dumps(READ)}\n```")) as script:
        served, _ = judge(script)
        assert len(served.read((), SAID).meanings) == 3


def test_a_whole_turn_is_read_by_it(tokenizers):
    with serving(reader()) as script:
        recommender = text_only(tokenizers, script, reads=True)
        state = recommender.generate(user(SAID), k=3).preferences
        assert [recommender.catalog[one].title for one in state.liked] == ["Alien"]
        assert "Horror" in [one.value for one in state.refusals]
        horror = [one for one in recommender.rank(user(SAID), k=5) if "Horror" in one.item.values("genres")]
        assert not horror
        assert any("response_format" in body for body in script.asked)
    with serving(reader()) as script:
        text_only(tokenizers, script).generate(user(SAID), k=3)
        assert not any("response_format" in body for body in script.asked)


def test_a_local_llm_reads_with_the_packaged_judge(tokenizers):
    made = local(tokenizers)
    assert not isinstance(made.reader._judge, ServedJudge)
