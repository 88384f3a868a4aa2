"""What goes on from turn to turn, and what asks for no list: on a small shop of lamps."""

from __future__ import annotations

import pytest

from wherefore import Recommender
from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.brief import said, titles_only
from wherefore.dialogue.carried import carried
from wherefore.dialogue.messages import Dialogue, Message, parse_messages
from wherefore.reading.idle import is_idle
from wherefore.reading.judge import Meaning, Read
from wherefore.reading.reader import DialogueReader

ROWS = [
    ("Marlow Desk Lamp", "desk", "steel", 39, "A jointed arm lights a page and nothing else."),
    ("Tansy Night Light", "night light", "plastic", 9, "A dim amber glow that keeps a child company till dawn."),
    ("Holloway Floor Lamp", "floor", "oak", 120, "A tall shade for reading beside a sofa."),
    ("Pell Porch Lantern", "outdoor", "brass", 75, "Rain and salt do it no harm; it lights by itself at dusk."),
    ("Quince Table Lamp", "table", "ceramic", 55, "A round glazed foot and a linen shade, warm and low."),
    ("Ruddock Workshop Lamp", "clamp", "steel", 29, "Clamps to a bench and glares at whatever is repaired."),
    ("Sedge Garden Spikes", "outdoor", "plastic", 19, "Solar stakes along a path, lit till midnight."),
    ("Thrush Clip Lamp", "clamp", "plastic", 12, "Clips to a book in bed without waking anybody."),
    ("Umber Wall Light", "wall", "brass", 64, "Washes a wall with light from above."),
    ("Vetch Pendant", "ceiling", "glass", 88, "A smoked globe on a long flex for above a table."),
    ("Wicket Camping Lantern", "outdoor", "steel", 34, "Runs for a week on one charge and hangs in a tent."),
    ("Yarrow Reading Light", "wall", "steel", 45, "A narrow beam on a bendy neck by the pillow."),
]  # fmt: skip
NEED = "something for a long dark garden path"


@pytest.fixture(scope="module")
def shop():
    keys = ("title", "kind", "material", "price_eur", "about")
    return Recommender.from_catalog(
        Catalog.from_records([dict(zip(keys, row, strict=True)) for row in ROWS]),
        settings=["writer.tries=0"],
    )


def talk(shop, *said):
    messages = []
    for one in said:
        messages.append({"role": "user", "content": one})
        reply = shop.generate(messages, k=3)
        messages.append({"role": "assistant", "content": reply.text})
    return reply, messages[:-1]


@pytest.mark.parametrize(
    ("says", "answer"),
    [
        ("our lot lost 5-0 on Sunday, by the way, poor lambs", "sorry"),
        ("my aunt sends her love, bless you", "kind"),
        ("can you reserve me a seat on the night train", "beyond me"),
    ],
)
def test_what_is_said_in_passing_gets_a_sentence_that_fits(shop, says, answer):
    reply, _ = talk(shop, NEED, says)
    assert not reply.recommendations and answer in reply.text


def test_small_talk_leaves_no_limits_and_no_wishes(shop):
    reply, _ = talk(shop, NEED, "thanks for the tip last week, the neighbours were here twice, haha")
    state = reply.preferences
    assert not reply.recommendations and not state.limits and not state.wanted


def test_one_is_praised_and_the_rest_goes(shop):
    reply, messages = talk(shop, NEED, "love #1, hate the rest")
    first, *rest = shop.reader.read(messages[:2] + [{"role": "user", "content": "?"}]).last_listed
    assert reply.preferences.liked == (first,) and set(reply.preferences.disliked) == set(rest)


def test_what_somebody_had_is_no_example_of_what_is_sought(shop):
    reply, messages = talk(shop, NEED, "my cousin had one like number 2 and it broke. not that one. others?")
    listed = shop.reader.read(messages[:2] + [{"role": "user", "content": "?"}]).last_listed
    assert not reply.preferences.liked and listed[1] in reply.preferences.rejected
    assert not {one.item.id for one in reply.recommendations} & set(listed)


def test_a_bad_look_turns_one_down(shop):
    reply, messages = talk(shop, NEED, "the first one looks stupid. something brighter?")
    listed = shop.reader.read(messages[:2] + [{"role": "user", "content": "?"}]).last_listed
    assert reply.preferences.rejected == (listed[0],) and not reply.preferences.liked


def test_what_asks_for_nothing_is_passed_over(shop):
    _, messages = talk(shop, NEED, "how heavy is the second one?", "what else have you got?")
    dialogue = shop.reader.read(messages)
    assert dialogue.idle == (2, 4)
    assert [one.content for one in carried(dialogue) if one.role == "user"] == [NEED]
    alone = shop.reader.read(messages[:1])
    assert (shop.retriever.sought(dialogue) == shop.retriever.sought(alone)).all()


def test_where_nothing_is_asked_all_messages_stay(shop):
    assert shop.reader.read([{"role": "user", "content": "what else have you got?"}]).idle == ()


def test_a_dialogue_without_a_judge_carries_everything():
    messages = parse_messages([{"role": "user", "content": "  "}, {"role": "user", "content": "oak"}])
    assert [one.content for one in carried(Dialogue(messages))] == ["  ", "oak"]


def test_a_mere_degree_of_all_that_is_listed_is_a_wish():
    piece = Meaning(0, 5, "less", 0.9, {}, "plain", "me")
    assert not is_idle(Read((piece,), {"refine": 0.9}), "fancy", ())
    assert is_idle(Read((), {"refine": 0.9}), "any others?", ())
    assert not is_idle(Read((), {"refine": 0.9}), "my partner keeps a ferret", ())


def test_early_needs_are_read_beside_later_ones():
    list_ = "Sure.\n\n" + "\n".join(f"{n}. **{'Lamp ' * 8}{n}** — Nice." for n in range(1, 6))
    before = [Message("user", "a long dark path")]
    for word in ("cheap", "brass", "quiet"):
        before += [Message("assistant", list_), Message("user", word)]
    read = said(before, "others")
    assert read.startswith("a long dark path cheap brass quiet") and read.endswith("others")
    assert len(said(before, "x" * 5_000)) == 700


def test_lists_are_read_as_people_write_them():
    assert titles_only("Good.\n\n1. **Marlow** — For a page.\n\nIs it for a desk?") == "1. Marlow"
    assert titles_only("I have no lamps\n1.") == "I have no lamps\n1."


PLAYS = [
    {"title": f"Play {number}", "age": age, "genre": genre, "minutes": 60 + number}
    for number, (age, genre) in enumerate([(4, "comedy"), (7, "comedy"), (11, "drama"), (16, "drama")] * 3)
]


@pytest.mark.parametrize(
    ("says", "bound"),
    [
        ("the 5yo went to bed, just the big two now", 8),
        ("the 5 year old is staying with granny", 8),
        ("the 13yo is off to a friend's", 5),
        ("the 5yo wants popcorn", 5),
        ("the 50yo went to bed", 5),
    ],
)
def test_who_left_bounds_nothing(says, bound):
    reader = DialogueReader(Catalog.from_records(PLAYS))
    messages = [
        {"role": "user", "content": "a comedy for my nephews, aged 5, 8 and 13"},
        {"role": "assistant", "content": "Here are two.\n\n1. **Play 0** — Nice.\n2. **Play 4** — Nice."},
        {"role": "user", "content": says},
    ]
    limits = reader.read(messages).preferences.limits
    assert [(one.field, one.value) for one in limits] == [("age", bound)]


def test_digging_deeper_asks_for_others(shop):
    reply, messages = talk(shop, NEED, "i know all of these. dig deeper")
    listed = shop.reader.read(messages[:2] + [{"role": "user", "content": "?"}]).last_listed
    assert not {one.item.id for one in reply.recommendations} & set(listed)


def test_a_question_of_no_item_is_not_answered_by_one(shop):
    reply, _ = talk(shop, NEED, "what time does my bus leave")
    assert not reply.recommendations and not any(row[0] in reply.text for row in ROWS)
