"""What a user takes up of what was listed."""

import time

import pytest

from wherefore.reading.choices import choice_in

LISTED = ("alien", "heat", "fargo")


def read(content, focus=(), listed=LISTED, known=LISTED):
    """What a message takes up, where {alien} stands for a mention."""
    mentions = []
    text = ""
    for part in content.split("{"):
        name, close, rest = part.partition("}")
        if close:
            mentions.append((len(text), len(text) + len(name), name))
        text += name + rest
    return choice_in(text, mentions, listed, focus, known)


@pytest.mark.parametrize(
    ("said", "items"),
    [
        ("I'll watch {heat} tonight", ("heat",)),
        ("I’ll definitely have to check out {heat}", ("heat",)),
        ("I will try {alien} and {fargo}, thanks", ("alien", "fargo")),
        ("I liked {alien}. I'm going to rent {fargo}", ("fargo",)),
        ("{fargo} it is!", ("fargo",)),
        ("my pick is the last one", ("fargo",)),
        ("ok the second, thx", ("heat",)),
        ("fine, go with 2", ("heat",)),
        ("i'll take 3 please", ("fargo",)),
        ("the second then, thank you so much!", ("heat",)),
        ("{fargo} then. cheers mate", ("fargo",)),
        ("let's go with #2", ("heat",)),
        ("we might give number 1 a chance", ("alien",)),
        ("I'll put {heat} on my list", ("heat",)),
        ("looking forward to seeing {heat}", ("heat",)),
        ("I haven't seen {heat}, I'll look it up", ("heat",)),
        ("I will check them out", LISTED),
        ("never heard of {alien} or {heat}, I'll watch both", ("alien", "heat")),
        ("I'll buy it", ()),  # which one it is was not said
        ("that's what I'll watch", ()),
    ],
)
def test_what_is_taken_up(said, items):
    choice = read(said)
    assert choice is not None and choice.decided and choice.items == items and not choice.refused


def test_it_is_what_was_talked_of_or_the_only_one():
    assert read("I'll watch it", focus=("heat",)).items == ("heat",)
    assert read("I'll watch it", listed=("fargo",), known=("fargo",)).items == ("fargo",)


@pytest.mark.parametrize(
    "said", ["sounds great!", "Those look really good", "good choices", "that works for me"]
)
def test_approval_decides_nothing(said):
    choice = read(said)
    assert choice is not None and not choice.decided and choice.items == choice.refused == ()


@pytest.mark.parametrize(
    ("said", "items"),
    [
        ("I won't watch {heat}", ("heat",)),
        ("we don't want to see the first one", ("alien",)),
        ("I'll pass on {fargo}", ("fargo",)),
    ],
)
def test_what_is_passed_over(said, items):
    choice = read(said)
    assert choice is not None and choice.refused == items and choice.items == () and not choice.decided


@pytest.mark.parametrize(
    "said",
    [
        "I'll watch anything with Brad Pitt",
        "I'd watch {heat} if it were shorter",
        "should I watch {heat}?",
        "I want to see something funny",
        "that doesn't sound good",
        "I watched {heat} yesterday",
        "I want to see {other}",  # nobody has listed that
        "I'll take the seventh",
        "the first one then, what else?",
        "go with 7",
        "I'll take 3 of those",
        "I saw it, it was a good one",
        "",
    ],
)
def test_what_takes_up_nothing(said):
    assert read(said) is None


def test_nothing_is_taken_up_before_there_is_a_list():
    assert read("I'll watch {heat}", listed=(), known=()) is None
    assert read("sounds good", listed=(), known=()) is None


@pytest.mark.parametrize("said", ["i will definitely ", "i'll try to try and ", "it ", "not "])
def test_a_long_message_is_read_in_time(said):
    start = time.process_time()
    read((said * 7000)[:20_000])
    assert time.process_time() - start < 1
