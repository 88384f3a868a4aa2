"""The state's parts: their words, the state without each, and what /forget and /why do with them."""

import pytest

from conftest import make_movies, make_recommender
from test_questions import LIST, read
from wherefore.dialogue.notes import merged
from wherefore.dialogue.parts import forget, parts
from wherefore.dialogue.state import Preferences
from wherefore.reading.reader import DialogueReader
from wherefore.serving.terminal import Conversation


@pytest.fixture(scope="module")
def films():
    return DialogueReader(make_movies())


def test_every_part_knows_its_words(films):
    state = read(
        films,
        "I loved Alien, but Heat was boring. Horror after 2000, no comedies please.",
        LIST,
        "I have seen the third one. Is Get Out scary?",
    ).preferences
    found = [(part.kind, part.text, part.said) for part in parts(state, films.catalog)]
    assert found == [
        ("liked", "Alien (1979)", "I loved Alien"),
        ("disliked", "Heat (1995)", "Heat was boring"),
        ("seen", "Hereditary (2018)", "I have seen the third one"),
        ("asked", "Get Out (2017)", "Is Get Out scary?"),
        ("wanted", "Horror", "Horror"),
        ("unwanted", "Comedy", "no comedies"),
        ("limit", "year after 2000", "after 2000"),
    ]


def test_each_part_can_be_taken_out_alone(films):
    state = read(
        films, "I loved Alien and Aliens. Horror after 2000 under two hours, no comedies"
    ).preferences
    known = parts(state, films.catalog)
    assert len(known) == 6
    for part in known:
        left = [(one.kind, one.text) for one in parts(part.without, films.catalog)]
        assert left == [(one.kind, one.text) for one in known if one is not part]


def test_forgetting(films):
    state = read(films, "I loved Alien and Heat. Horror after 2000, no comedies").preferences
    left, gone = forget(state, "alien", films.catalog)
    assert [part.text for part in gone] == ["Alien (1979)"] and left.liked == ("heat",)
    left, gone = forget(state, "After 2000!", films.catalog)
    assert [part.kind for part in gone] == ["limit"] and not left.limits
    left, gone = forget(state, "not wanted", films.catalog)
    assert [part.kind for part in gone] == ["unwanted"] and not left.unwanted
    assert forget(state, "everything", films.catalog)[0] == Preferences()
    for nothing in ("", "   ", "!!", "zebra", "x" * 10_000):
        assert forget(state, nothing, films.catalog) == (state, ())


def test_words_go_through_json_and_merging(films):
    state = read(films, "I loved Alien").preferences
    assert state.to_json()["said"] == {"alien": "I loved Alien"}
    assert Preferences.from_json(state.to_json()) == state
    later = read(films, "I thought Alien was boring").preferences
    assert merged(state, later).disliked == ("alien",)
    assert dict(merged(state, later).said) == {"alien": "I thought Alien was boring"}
    for wrong in ([], {"alien": 3}, "x"):
        with pytest.raises(ValueError, match="`said` is"):
            Preferences.from_json({"said": wrong})


class Notes:
    """A screen that keeps what it was told."""

    def __init__(self):
        self.notes, self.said, self.lists = [], [""], []

    def asked(self, text):
        self.said.append("")

    def listed(self, recommendations, catalog):
        self.lists.append([one.item.id for one in recommendations])

    def words(self, delta):
        self.said[-1] += delta

    def done(self):
        pass

    note = error = lambda self, text: self.notes.append(text)


def test_forget_and_why_in_the_terminal(tokenizers):
    screen = Notes()
    conversation = Conversation(make_recommender("llama", tokenizers), 3, screen)
    conversation.run(
        iter(["Horror after 2015, please", "/why 2", "/forget", "/forget zebra", "/forget year", "/state"])
    )
    assert all("hered mids getout".find(item) >= 0 for item in screen.lists[0])
    assert screen.said[2] and "orror" in screen.said[2]  # the reason of the second
    assert screen.notes[0].startswith("Say what to forget")
    assert "'zebra'" in screen.notes[1]
    assert screen.notes[2:] == ["Forgotten: year after 2015.", 'Wanted: Horror — "Horror"']
    conversation.take("what else?")
    assert not conversation.preferences.limits  # older messages do not bring it back
    assert len(screen.lists[-1]) == 3


def test_effects_in_the_terminal(tokenizers):
    screen = Notes()
    conversation = Conversation(make_recommender("llama", tokenizers), 3, screen)
    conversation.run(
        iter(["/effects", "I loved Alien. Something after 2000", "/effects", "/forget year", "/effects"])
    )
    assert screen.notes[0] == "Nothing understood so far."
    before, after = screen.notes[1], screen.notes[3]
    assert before.startswith("Liked: Alien (1979) — ") and "\nLimit: year after 2000 — " in before
    assert "keeps out" in before or "changes nothing" in before
    assert after.startswith("Liked: Alien (1979) — ") and "Limit" not in after


def test_why_without_a_list_is_no_fault(tokenizers):
    screen = Notes()
    conversation = Conversation(make_recommender("llama", tokenizers), 3, screen)
    conversation.run(iter(["/why 2", "/why", "/forget horror", "/why x"]))
    assert len(screen.said) == 3 and all(screen.said[1:])
    assert "There is no 'horror'" in screen.notes[0] and "There is no /why x" in screen.notes[1]


def test_many_items_of_the_same_words_are_one_part(builtin_reader):
    catalog = builtin_reader.catalog
    state = builtin_reader.read([{"role": "user", "content": "sci-fi, but no Star Wars"}]).preferences
    (part,) = [one for one in parts(state, catalog) if one.kind == "rejected"]
    assert len(state.rejected) > 8 and part.text.endswith(f"and {len(state.rejected) - 3} more")
    assert part.said == "no Star Wars" and part.without.rejected == ()
    assert forget(state, "star wars", catalog)[0].rejected == ()
