"""Questions about items: which are read as such, what is answered, and that nothing else is."""

import pytest

from conftest import make_movies
from wherefore.catalog.catalog import Catalog
from wherefore.reading.reader import DialogueReader
from wherefore.serving.display import preference_lines
from wherefore.writing.answers import answer

LIST = (
    "Here are some.\n\n1. **Alien** (1979) — a reason.\n2. **The Shining** (1980) — a reason.\n"
    "3. **Hereditary** (2018) — a reason.\n4. **Shaun of the Dead** (2004) — a reason."
)
IDS = ("alien", "shining", "hered", "shaun")


@pytest.fixture(scope="module")
def films():
    return DialogueReader(make_movies())


@pytest.fixture(scope="module")
def mugs():
    rows = [
        {"id": "a", "title": "Blue Mug", "brand": "Acme", "material": "steel", "price_usd": 12, "pages": 3},
        {"id": "b", "title": "Wonder Cup", "brand": "Zeta", "material": "glass", "price_usd": 30, "pages": 5},
        {"id": "c", "title": "Old Tin", "brand": "Acme", "material": "tin", "price_usd": 9},
    ]
    return DialogueReader(Catalog.from_records(rows, name="mugs"))


def read(reader, *said):
    """The dialogue of alternating messages, the user's first and last."""
    return reader.read(
        [{"role": "assistant" if n % 2 else "user", "content": text} for n, text in enumerate(said)]
    )


def asked(reader, *said):
    return reader.question(read(reader, *said))


def told(reader, *said):
    dialogue = read(reader, *said)
    question = reader.question(dialogue)
    assert question is not None, said[-1]
    return answer(question, dialogue, reader.catalog).text


@pytest.mark.parametrize(
    ("message", "kind", "items", "field"),
    [
        ("Who directed Alien?", "value", ("alien",), "directors"),
        ("hi, do you know who's in Heat?", "value", ("heat",), "cast"),
        ("Could you tell me who stars in Heat?", "value", ("heat",), "cast"),
        ("How long is Get Out?", "value", ("getout",), "runtime_min"),
        ("When did Blade Runner come out?", "value", ("blade",), "year"),
        ("What genre is Midsommar?", "value", ("mids",), "genres"),
        ("Is Alien scary?", "holds", ("alien",), ""),
        ("is Shaun of the Dead a comedy?", "holds", ("shaun",), ""),
        ("Does Heat star Al Pacino?", "holds", ("heat",), ""),
        ("Is Alien longer than two hours?", "holds", ("alien",), ""),
        ("I saw Alien. Who directed it?", "value", ("alien",), "directors"),
        ("What is Hereditary about?", "record", ("hered",), ""),
        ("Tell me more about Hereditary.", "record", ("hered",), ""),
        ("Compare Alien and Aliens", "compare", ("alien", "aliens"), ""),
        ("What's the difference between Heat and Alien?", "compare", ("heat", "alien"), ""),
        ("which is longer, Heat or Alien?", "most", ("heat", "alien"), "runtime_min"),
        ("Who directed it?", "unclear", (), ""),
    ],
)
def test_questions_about_what_is_named(films, message, kind, items, field):
    question = asked(films, message)
    assert (question.kind, question.items, question.field) == (kind, items, field)
    assert question.alone


@pytest.mark.parametrize(
    ("message", "kind", "items", "field"),
    [
        ("Who directed the second one?", "value", ("shining",), "directors"),
        ("the fourth: who is in it?", "value", ("shaun",), "cast"),
        ("How long is it?", "unclear", IDS, ""),
        ("is it from the 80s?", "unclear", IDS, ""),
        ("Which one is the shortest?", "most", IDS, "runtime_min"),
        ("which is the newest?", "most", IDS, "year"),
        ("Which of them is the most popular?", "most", IDS, "popularity"),
        ("which of these is funny?", "which", IDS, ""),
        ("Which should I watch first?", "most", IDS, ""),
        ("Why the third?", "why", ("hered",), ""),
        ("why those?", "why", IDS, ""),
        ("Why not Heat?", "why not", ("heat",), ""),
        ("Compare the first two", "compare", ("alien", "shining"), ""),
        ("What's the one with Toni Collette about?", "record", ("hered",), ""),
        ("Is the last one a comedy?", "holds", ("shaun",), ""),
    ],
)
def test_questions_about_the_list(films, message, kind, items, field):
    question = asked(films, "horror please", LIST, message)
    assert (question.kind, question.items, question.field) == (kind, items, field)


@pytest.mark.parametrize(
    "message",
    [
        "Something like Alien?",
        "What movies has Ridley Scott directed?",
        "Have you seen Heat?",
        "Who are you?",
        "How are you?",
        "What should I watch tonight?",
        "Is there anything like Heat but shorter?",
        "Can you recommend a movie like Alien?",
        "what about something funny?",
        "What is the best horror movie of the 80s?",
        "do you like Alien?",
        "I loved Alien and Heat.",
        "something from the 80s",
        "What else do you have?",
        "none of these, what else?",
        "",
        "???",
    ],
)
def test_requests_are_no_questions(films, message):
    assert asked(films, message) is None
    assert asked(films, "horror please", LIST, message) is None


def test_it_is_what_was_talked_of_last(films):
    reply = "*The Shining* is directed by Stanley Kubrick."
    question = asked(films, "horror please", LIST, "Who directed the second?", reply, "And how long is it?")
    assert (question.kind, question.items, question.field) == ("value", ("shining",), "runtime_min")
    # The list is still there to be counted.
    dialogue = read(films, "horror please", LIST, "Who directed the second?", reply, "The fourth sounds good")
    assert dialogue.last_listed == IDS


def test_a_question_says_nothing_of_taste_and_limits_nothing(films):
    for message in ("Is the second from the 80s?", "Is the second scary?", "Is Heat a comedy?"):
        state = read(films, "a good film", LIST, message).preferences
        assert not (state.limits or state.wanted or state.unwanted or state.liked or state.disliked)
    state = read(films, "horror please", LIST, "Is Heat a comedy?").preferences
    assert state.asked == ("heat",) and [wish.value for wish in state.wanted] == ["Horror"]
    assert ("Asked about", "Heat") in preference_lines(state, films.catalog)
    assert read(films, "horror please", LIST, "which is the newest?").preferences.asked == ()


def test_a_question_beside_a_request(films):
    question = asked(films, "horror please", LIST, "Who is in number 2? And give me something newer.")
    assert (question.kind, question.items, question.alone) == ("value", ("shining",), False)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Does Heat star Al Pacino?", "Yes: *Heat* stars Al Pacino."),
        ("Who directed the second one?", "*The Shining* is directed by Stanley Kubrick."),
        ("How long is the first?", "*Alien* runs 117 minutes."),
        ("When did the last one come out?", "*Shaun of the Dead* came out in 2004."),
        ("Is the last one a comedy?", "Yes: *Shaun of the Dead* is a comedy."),
        ("Is the first one a comedy?", "Not by its record: *Alien* is a horror and science fiction film."),
        ("Is the first longer than two hours?", "Not by its record: *Alien* runs 117 minutes."),
        ("Is the third longer than two hours?", "Yes: *Hereditary* runs 127 minutes."),
        ("Which one is the shortest?", "The shortest of them is *Shaun of the Dead*: it runs 99 minutes."),
        ("Which of them is the most popular?", "*The Shining* is the best known of them."),
        ("which of these is funny?", "Of these, *Shaun of the Dead*."),
        ("which of these are crime films?", "None of them, by their records."),
        ("which of these are scary?", "All of them, by their records."),
        ("which is longer, Heat or Alien?", "*Heat* is the longer: it runs 170 minutes, and *Alien* runs 117 minutes."),
        ("How long is it?", "Which one do you mean: *Alien*, *The Shining*, *Hereditary* or *Shaun of the Dead*?"),
    ],
)  # fmt: skip
def test_answers_are_the_records(films, message, expected):
    assert told(films, "a good film", LIST, message) == expected


def test_comparing_says_what_is_alike_and_what_is_not(films):
    text = told(films, "Compare Alien and Aliens")
    assert text.startswith("Both are science fiction films and star Sigourney Weaver.")
    for part in (
        "Sigourney Weaver",
        "1979",
        "1986",
        "117 minutes",
        "137 minutes",
        "Ridley Scott",
        "James Cameron",
    ):
        assert part in text


def test_after_a_comparison_its_items_are_what_is_spoken_of(films):
    # What is said of them is tagged "heat" and from 2010, which are no titles.
    compared = "Both are tagged “heat”. *Alien* came out in 1979, and *The Shining* came out in 1980."
    said = ("horror please", LIST, "compare the first two", compared)
    dialogue = read(films, *said, "which is the oldest?")
    assert {one.item_id for one in dialogue.mentions if one.message == 3} == {"alien", "shining"}
    assert dialogue.last_listed == IDS
    for message, field in (("which is the newest?", "year"), ("which one is shorter?", "runtime_min")):
        question = asked(films, *said, message)
        assert (question.kind, question.field, question.items) == ("most", field, ("alien", "shining"))
    assert asked(films, *said[:2], "which one is shorter?").items == IDS
    several = asked(films, *said[:2], "I liked Alien and Hereditary. which of these is the newest?")
    assert several is None or several.items == IDS
    for between in ("Alien or Hereditary, which one is shorter?", "Alien or Hereditary - which is quickest?"):
        one = asked(films, between)
        assert (one.kind, one.field, set(one.items)) == ("most", "runtime_min", {"alien", "hered"})


@pytest.mark.parametrize(
    ("message", "kind", "items"),
    [
        ("the fourth looks good but is it a drama?", "holds", ("shaun",)),
        ("I like the sound of the second, and who directed it?", "value", ("shining",)),
        ("number 3 then, though how long is it?", "value", ("hered",)),
    ],
)
def test_what_is_told_and_asked_in_one_breath(films, message, kind, items):
    question = asked(films, "horror please", LIST, message)
    assert (question.kind, question.items) == (kind, items)


def test_why_not_says_what_rules_it_out(films):
    assert "came out in 1995, but you asked for after 2000" in told(
        films, "horror after 2000", LIST, "Why not Heat?"
    )
    assert "which you did not want" in told(films, "no crime films", LIST, "Why not Heat?")
    assert "you have seen" in told(films, "I have seen Heat. Horror please", LIST, "Why not Heat?")
    assert told(films, "a good film", LIST, "Why not Heat?") == (
        "Nothing rules *Heat* out: other films came before it."
    )


def test_why_gives_a_reason_for_each(films):
    lines = told(films, "horror please", LIST, "why those?").split("\n")
    assert [line.split("**")[1] for line in lines] == [
        "Alien",
        "The Shining",
        "Hereditary",
        "Shaun of the Dead",
    ]
    assert all("orror" in line for line in lines)


def test_what_the_record_lacks_is_said_to_be_lacking():
    rows = [{"id": "x", "title": "Zzyzx Road", "genres": "", "year": 2006, "directors": ""}]
    rows.append({"id": "y", "title": "Qwerty Days", "genres": "Drama", "year": None, "directors": "Ann Lee"})
    reader = DialogueReader(Catalog.from_records(rows))
    assert told(reader, "Who directed Zzyzx Road?") == "My record of *Zzyzx Road* has no director."
    assert "no genre, so I cannot say" in told(reader, "Is Zzyzx Road a drama?")
    assert told(reader, "When did Qwerty Days come out?") == "My record of *Qwerty Days* has no year."


def test_any_catalogue(mugs):
    listed = "1. **Blue Mug** — x.\n2. **Wonder Cup** — y.\n3. **Old Tin** — z."
    assert "costs $12." in told(mugs, "hi", listed, "How much is the first?")
    assert "*Old Tin*" in told(mugs, "hi", listed, "Which is the cheapest?")
    assert "glass" in told(mugs, "hi", listed, "What material is the second one?")
    assert "Acme" in told(mugs, "hi", listed, "What brand is the last one?")
    assert told(mugs, "hi", listed, "Is the second one from Acme?").startswith("Not by its record")


def test_hostile_text_is_quick_and_no_question(films):
    for text in ("who " * 5000, "is " * 5000 + "?", "?" * 20_000, "which of " * 2000, "why" + " not" * 4000):
        asked(films, text)


def test_a_long_row_of_short_questions_is_read(films):
    shown = "1. **Alien** (1979) — x.\n2. **The Shining** (1980) — x.\n3. **Hereditary** (2018) — x."
    messages = ["hi", shown, "who directed the first?", "Somebody."]
    few = read(films, *messages, "and the second?", "Somebody.", "and the third?")
    assert [films.catalog[one].title for one in films.question(few).items] == ["Hereditary"]
    messages += ["and the second?", "Somebody.", "and the third?", "Somebody."] * 350
    assert films.question(read(films, *messages, "and the first?")) is None  # too far back to be meant


@pytest.mark.parametrize(
    "said", ["pick one for me", "ok, pick one please", "Can you choose one of them for us?"]
)
def test_one_of_the_list_is_picked(films, said):
    question = asked(films, "hi", LIST, said)
    assert (question.kind, question.items) == ("most", IDS)
    assert asked(films, said) is None  # there is no list
    assert asked(films, "hi", LIST, "pick one with Bill Murray") is None


def test_a_list_of_one_is_what_is_meant(films):
    one = "You liked *Alien*.\n\n1. **The Shining** (1980) — It is scary, like *Alien*."
    assert asked(films, "I liked Alien", one, "which one should I watch?").items == ("shining",)
    assert asked(films, "I liked Alien", one, "who is in it?").items == ("shining",)


@pytest.mark.parametrize(
    "message",
    [
        "Do you have Alien?",
        "do you guys still have Alien by any chance?",
        "hi, have you got Alien please",
        "is Alien in stock?",
        "Is Alien available?",
    ],
)
def test_what_is_asked_to_be_had_is_told(films, message):
    question = asked(films, message)
    assert (question.kind, question.items, question.named) == ("have", ("alien",), True)
    assert told(films, message).startswith("Yes, I have that. *Alien* is")


@pytest.mark.parametrize(
    "message",
    [
        "Do you have something like Alien?",
        "do you have any thrillers",
        "Have you got anything newer than Alien?",
        "is Alien scary?",
        "Do you have a film with the cast of Alien?",
    ],
)
def test_what_is_like_something_is_not_asked_to_be_had(films, message):
    question = asked(films, message)
    assert question is None or question.kind != "have"


def test_several_that_are_asked_for_are_all_told(films):
    question = asked(films, "Do you have Alien or Heat?")
    assert (question.kind, question.items) == ("have", ("alien", "heat"))


@pytest.mark.parametrize("end", ["Which?", "Which one?", "So which should we watch tonight?"])
def test_which_of_what_was_named_before_is_a_choice(films, end):
    question = asked(films, f"My wife says Alien, I say Heat. {end}")
    assert (question.kind, question.items, question.named) == ("most", ("alien", "heat"), True)


def test_which_of_nothing_is_no_choice(films):
    assert asked(films, "My wife likes Alien. Which?") is None


def test_a_sort_is_named_without_its_variety():
    rows = [
        {"title": "Snake Plant 'Moonshine'", "light": "low", "height_cm": 60},
        {"title": "Lavender 'Hidcote'", "light": "sun", "height_cm": 40},
        {"title": "Olive", "light": "sun", "height_cm": 90},
    ]
    plants = DialogueReader(Catalog.from_records(rows, name="plants"))
    assert told(plants, "How tall does the Snake Plant get?") == "*Snake Plant 'Moonshine'* is 60 cm tall."
    state = read(plants, "I love Lavender").preferences
    assert [plants.catalog[one].title for one in state.liked] == ["Lavender 'Hidcote'"]


@pytest.mark.parametrize(
    ("message", "limits"),
    [
        ("45 min to an hour", [("ge", 45), ("le", 60)]),
        ("between 45 minutes and 2 hours", [("ge", 45), ("le", 120)]),
        ("30 minutes - 1 hour", [("ge", 30), ("le", 60)]),
        ("30-45 min", [("ge", 30), ("le", 45)]),
        ("something 100min+", [("ge", 100)]),
    ],
)
def test_each_end_of_a_range_may_have_a_unit(films, message, limits):
    found = read(films, message).preferences.limits
    assert [(one.op, one.value) for one in found if one.field == "runtime_min"] == limits
