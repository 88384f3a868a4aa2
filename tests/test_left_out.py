"""What holds of a whole list, what was left out of it, and why: said once, before the list."""

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Dialogue, parse_messages
from wherefore.dialogue.state import Limit, Preferences, Wish
from wherefore.writing.plan import common_thread, plan_opening, plan_reasons
from wherefore.writing.quotes import quote
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


FILMS = [
    {"title": title, "year": year, "runtime_min": minutes, "genres": genre, "description": about}
    for title, year, minutes, genre, about in (
        ("Rome at Noon", 1990, 98, "Comedy", "A clerk hides a lion."),
        ("Cold Harbour", 1995, 91, "Comedy", "Two sisters run a ferry."),
        ("Ten Bells", 2001, 104, "Comedy", "A thief learns to ring."),
        ("Long Grass", 2004, 160, "Drama", "A farm is lost."),
        *((f"Other {n}", 2010 + n, 150, "War", "Men march.") for n in range(6)),
    )
]


def planned(limits=(), wanted=(), liked=()):
    catalog = Catalog.from_records(FILMS, name="films")
    state = Preferences(limits=limits, wanted=wanted, liked=liked)
    dialogue = Dialogue(
        parse_messages([{"role": "user", "content": "a comedy under 120 minutes"}]), preferences=state
    )
    items = catalog.items[:3]
    quotes = {item.id: quote(item, catalog, None, 1.0) for item in items}
    return plan_reasons(items, dialogue, catalog, quotes=quotes), plan_opening(items, dialogue, catalog)


def test_what_holds_of_the_whole_list_is_said_before_it_and_not_with_each_item():
    limit = Limit("runtime_min", "lt", 120.0, "under 120 minutes")
    plans, opening = planned((limit,), (Wish("genres", "Comedy", 1.0, said="comedy"),))
    for plan, item in zip(plans, FILMS, strict=False):
        assert plan.facts == () and {fact.kind for fact in plan.told_once} == {"wish", "limit"}
        assert plan.beside_quote("") == f"{item['runtime_min']} minutes. {item['description']}"
    assert {(fact.kind, fact.value) for fact in opening.facts if fact.kind != "count"} == {
        ("wish", "Comedy"),
        ("limit", ""),
    }


def test_what_ties_a_list_to_what_was_liked_is_said_once():
    rows = [*FILMS[:3], {**FILMS[3], "genres": "Comedy"}, *FILMS[4:]]
    catalog = Catalog.from_records(rows, name="films")
    said, liked = parse_messages([{"role": "user", "content": "like Long Grass"}]), catalog.items[3].id
    dialogue = Dialogue(said, preferences=Preferences(liked=(liked,)))
    three = catalog.items[:3]
    thread = common_thread(three, dialogue, catalog)
    assert [(fact.field, fact.value, fact.source) for fact in thread] == [("genres", "Comedy", liked)]
    [wish] = [fact for fact in plan_opening(three, dialogue, catalog).facts if fact.kind == "wish"]
    assert (wish.value, wish.met) == ("Comedy", 3)
    plans = plan_reasons(three, dialogue, catalog)
    assert not any(fact.value == "Comedy" for plan in plans for fact in plan.facts)
    # Nothing ties together a single item, or a list of which one item does not have it.
    assert common_thread(three[:1], dialogue, catalog) == ()
    assert common_thread([three[0], catalog.items[5]], dialogue, catalog) == ()
