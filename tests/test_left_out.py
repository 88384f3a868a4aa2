"""Items that a limit rules out since their value is not known: the reply says that they are left out."""

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Dialogue, parse_messages
from wherefore.dialogue.state import Limit, Preferences
from wherefore.writing.understood import understood


def told(messages, ages, *limits):
    rows = [{"title": f"Film {n}", "age": age, "pages": 100 + n} for n, age in enumerate(ages)]
    catalog = Catalog.from_records(rows, name="films")
    said = parse_messages([{"role": "user", "content": text} for text in messages])
    state = Preferences(limits=tuple(Limit(*limit) for limit in limits))
    return understood(Dialogue(said, preferences=state), catalog, "Here they are.", 5, ())


AGES = [6, 8, None, 12, 16]


def test_unknown_values_are_spoken_of():
    assert told(["something for my kid of 9"], AGES, ("age", "le", 9, "kid of 9")).endswith(
        "I left out films whose age I do not know."
    )


def test_not_where_all_are_known():
    assert "left out" not in told(
        ["something for my kid of 9"], [6, 8, 9, 12, 16], ("age", "le", 9, "kid of 9")
    )
    assert "left out" not in told(["under 103 pages"], AGES, ("pages", "lt", 103, "under 103 pages"))


def test_not_again_with_every_message():
    assert "left out" not in told(
        ["my kid of 9 is here", "funnier please"], AGES, ("age", "le", 9, "kid of 9")
    )
