"""What the content of a message says: text, or parts of which some are read and others named."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import make_recommender
from wherefore.dialogue.content import Content, read_content
from wherefore.dialogue.messages import Message, parse_messages, passed_over
from wherefore.errors import DialogueError, WhereforeWarning
from wherefore.reply import Done, TextDelta

PICTURE = {"type": "image_url", "image_url": {"url": "https://example.org/cup.png"}}


def said(*contents):
    return [{"role": "user", "content": content} for content in contents]


@pytest.mark.parametrize(
    ("content", "text", "unread"),
    [
        ("plain", "plain", ()),
        (["plain", "words"], "plain\nwords", ()),
        ([{"type": "text", "text": "OpenAI's"}], "OpenAI's", ()),
        ([{"type": "input_text", "text": "its newer one"}], "its newer one", ()),
        ([{"text": "Gradio's", "type": "text"}, {"text": "two", "type": "text"}], "Gradio's\ntwo", ()),
        ({"type": "text", "text": "one part alone"}, "one part alone", ()),
        ([{"text": "no type"}], "no type", ()),
        ([{"type": "refusal", "refusal": "I cannot."}], "I cannot.", ()),
        ([{"type": "markdown", "text": "*new*"}], "*new*", ()),
        ([PICTURE, {"type": "text", "text": "like this"}, PICTURE], "like this", ("a picture",)),
        ([{"type": "input_audio", "input_audio": {}}, "and this"], "and this", ("a sound",)),
        ([{"type": "file", "file": {"path": "a.png", "mime_type": "image/png"}}], "", ("a picture",)),
        ([{"type": "file", "file": {"path": "a.pdf", "mime_type": None}}], "", ("a file",)),
        ({"path": "/tmp/a.mp4", "mime_type": "video/mp4"}, "", ("a video",)),
        ([{"type": "component", "component": "plot"}, "hm"], "hm", ("a component of a page",)),
        (
            [{"type": "thinking", "thinking": "..."}, {"type": "text", "text": "Up"}],
            "Up",
            ("a model's thinking",),
        ),
        ([{"type": "text", "text": ""}], "", ()),
    ],
)
def test_parts_are_read(content, text, unread):
    assert read_content(content, "message 1") == Content(text, unread)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, r"message 1 has no content \(None\); give its text"),
        (5, "message 1 has a content of type int; it should be text, or a list of parts"),
        ([], "message 1 has an empty list as its content"),
        ([{}], "message 1, part 1 has no keys and neither `type` nor `text`; a part is text, or"),
        (["a", ["b"]], "message 1, part 2 is a list; a part is text, or {'type': 'text'"),
        ([None], "part 1 is a NoneType"),
        ([{"type": "text"}], "part 1 is of the type 'text', but its text is None"),
        ([{"type": "text", "text": ["a"]}], r"its text is \['a'\]"),
        ([{"type": "hologram"}], "part 1 is of the type 'hologram'; a part is text.*passed over are image"),
        ([{"type": ["text"], "text": "x"}], r"is of the type \['text'\]"),
        ([{"words": "x", "more": 1}], "has `words`, `more` and neither"),
        ({"content": "x"}, "message 1 has `content` and neither"),
    ],
)
def test_a_wrong_part_is_named(content, says):
    with pytest.raises(DialogueError, match=says):
        read_content(content, "message 1")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "file", "path", "mime_type", "x"]), inner, max_size=4
        )
    ),
)


@given(json_values)
def test_rubbish_is_read_or_refused_and_never_breaks(content):
    try:
        assert isinstance(read_content(content, "message 1"), Content)
    except DialogueError as error:
        assert str(error).startswith("message 1")


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_no_text_is_lost(texts):
    assert read_content([{"type": "text", "text": text} for text in texts], "m").text == "\n".join(texts)


def test_what_is_passed_over_is_warned_of_once():
    messages = said(["Like this?", PICTURE], "plain") + [{"role": "developer", "content": "Be kind."}]
    with pytest.warns(WhereforeWarning, match="message 1 holds a picture: only text is read"):
        parsed = parse_messages(messages + said("then"))
    assert [one.role for one in parsed] == ["user", "user", "system", "user"]
    assert parsed[0] == Message("user", "Like this?", ("a picture",))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse_messages(parsed) == parsed  # read already


def test_only_the_last_message_must_have_text():
    alone = said([PICTURE, {"type": "audio"}])
    with pytest.raises(
        DialogueError, match="message 1 holds a picture and a sound and no text; only text is read"
    ):
        parse_messages(alone)
    with pytest.warns(WhereforeWarning):  # Gradio sends a file as a message of its own before the words
        parsed = parse_messages(alone + said("like these"))
    assert parsed[0].content == "" and "(a picture and a sound)" in passed_over(parsed)
    answered = (*parsed, Message("assistant", "1. Up", ("a file",)), Message("user", "newer"))
    assert passed_over(answered) == ""


def test_what_tools_say_is_left_to_the_caller():
    with pytest.raises(DialogueError, match="message 1 has the role 'tool'; .*leave out what tools say"):
        parse_messages([{"role": "tool", "content": "x"}, *said("hi")])
    with pytest.raises(DialogueError, match="message 1 has 20,001 characters"):
        parse_messages(said(["x" * 10_000, "y" * 10_000]))


def test_a_reply_says_what_it_did_not_look_at(tokenizers):
    recommender = make_recommender("gpt2", tokenizers)
    words = "I loved Alien. Something scary"
    plain = recommender.generate(said(words), k=2)
    with pytest.warns(WhereforeWarning):
        events = list(recommender.stream(said([words, PICTURE]), k=2))
    reply = next(event.reply for event in events if isinstance(event, Done))
    note = "I read text only, so I went by your words and not by what came with them (a picture).\n\n"
    assert reply.text == "".join(event.text for event in events if isinstance(event, TextDelta))
    assert reply.text.startswith(note) and reply.text.count("text only") == 1
    assert reply.preferences == plain.preferences
    ids = [[one.item.id for one in given.recommendations] for given in (reply, plain)]
    assert ids[0] == ids[1]
    with pytest.warns(WhereforeWarning):  # without words of its own, a warning says it
        ranked = recommender.rank(said([words, PICTURE]), k=2)
    assert [one.item.id for one in ranked] == [one.item.id for one in recommender.rank(said(words), k=2)]
