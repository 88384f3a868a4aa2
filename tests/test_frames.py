"""Ways of saying things (`dialogues/frames.yaml`), filled with kinds, titles and people of the built-in catalogue."""

from pathlib import Path

import pytest
import yaml

from wherefore.dialogue.state import ITEMS_OF, Preferences
from wherefore.evaluation.suite import Titles, messages
from wherefore.reading.reader import DialogueReader

LISTED = ["Zodiac (2007)", "Heat (1995)", "Prisoners (2013)", "Gone Girl (2014)", "The Town (2010)"]
FOLDER = Path(__file__).parent / "dialogues"
FRAMES = yaml.safe_load((FOLDER / "frames.yaml").read_text(encoding="utf-8"))
LIST_FRAMES = yaml.safe_load((FOLDER / "list-frames.yaml").read_text(encoding="utf-8"))
KINDS = {"zombies": "zombie", "westerns": "Western"}  # a keyword, and a genre
TITLES = {
    "Inception": "Inception (2010)",
    "The Dark Knight": "The Dark Knight (2008)",
    "Gravity": "Gravity (2013)",
}
PEOPLE = {"Tom Hanks": "Tom Hanks", "Meryl Streep": "Meryl Streep"}


@pytest.fixture(scope="module")
def reader(builtin_reader) -> DialogueReader:
    return builtin_reader


def read(reader: DialogueReader, message: str) -> Preferences:
    return reader.read([{"role": "user", "content": message}]).preferences


def misread(reader, part, fillings, is_wanted):
    """Frames whose values are not all on the one side and none on the other."""
    wrong = set()
    for frame in FRAMES[part]:
        for said, values in fillings.items():
            message = frame.replace("{v}", said).replace("{p}", said)
            state = read(reader, message)
            wanted, unwanted = (values & {w.value for w in side} for side in (state.wanted, state.unwanted))
            if (wanted, unwanted) != ((values, set()) if is_wanted else (set(), values)):
                wrong.add(message)
    return wrong


@pytest.mark.parametrize(
    ("part", "fillings", "is_wanted"),
    [
        ("wanted", KINDS, True),
        ("unwanted", KINDS, False),
        ("people", PEOPLE, True),
        ("nopeople", PEOPLE, False),
    ],
)
def test_kinds_and_people_are_wanted_or_not(part, fillings, is_wanted, reader):
    fillings = {said: {value} for said, value in fillings.items()}
    assert misread(reader, part, fillings, is_wanted) == set()


LISTS = {
    "westerns and war movies": {"Western", "War"},
    "westerns, war movies and musicals": {"Western", "War", "Musical"},
    "zombies or vampires": {"zombie", "vampire"},
}
PEOPLE_LISTS = {
    "Tom Hanks and Meryl Streep": {"Tom Hanks", "Meryl Streep"},
    "Tom Hanks, Meryl Streep or Bill Murray": {"Tom Hanks", "Meryl Streep", "Bill Murray"},
}
ALMOST = {  # of a list, read of its first or last alone
    "which movies is Tom Hanks, Meryl Streep or Bill Murray in?",
}


@pytest.mark.parametrize(
    ("part", "fillings", "is_wanted"),
    [
        ("wanted", LISTS, True),
        ("unwanted", LISTS, False),
        ("people", PEOPLE_LISTS, True),
        ("nopeople", PEOPLE_LISTS, False),
    ],
)
def test_what_is_said_of_a_list_is_said_of_all_on_it(part, fillings, is_wanted, reader):
    assert misread(reader, part, fillings, is_wanted) <= ALMOST


@pytest.mark.parametrize(
    ("message", "wanted", "unwanted"),
    [
        ("I love westerns and musicals bore me", {"Western"}, {"Musical"}),
        ("tired of westerns and comedies are great", {"Comedy"}, {"Western"}),
        ("no westerns, comedies please", {"Comedy"}, {"Western"}),
        ("fed up with zombies, comedies please", {"Comedy"}, {"zombie"}),
        ("no westerns or musicals, comedies please", {"Comedy"}, {"Western", "Musical"}),
        ("tired of westerns, war movies, comedies instead", {"Comedy"}, {"Western", "War"}),
        (
            "bored of westerns, war movies, musicals. A comedy please",
            {"Comedy"},
            {"Western", "War", "Musical"},
        ),
        ("I'm tired of westerns and want comedies", {"Comedy"}, {"Western"}),
        ("something not violent and romantic", {"Romance"}, {"violence"}),
        ("honestly, westerns and musicals put me to sleep", set(), {"Western", "Musical"}),
        ("too many westerns & musicals", set(), {"Western", "Musical"}),
        ("not in the mood for westerns, musicals", set(), {"Western", "Musical"}),
        ("not westerns, war movies or musicals", set(), {"Western", "War", "Musical"}),
        ("something funny but not too funny", {"Comedy"}, set()),
        ("a comedy. Nothing too violent though", {"Comedy"}, {"violence"}),
    ],
)
def test_a_list_ends_where_something_else_is_said(message, wanted, unwanted, reader):
    state = read(reader, message)
    kinds = {"Western", "War", "Musical", "Comedy", "Romance", "zombie", "violence"}
    assert {wish.value for wish in state.wanted} & kinds == wanted
    assert {wish.value for wish in state.unwanted} & kinds == unwanted


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("something lighter", "Comedy"),
        ("anything less serious?", "Comedy"),
        ("nothing too heavy please", "Comedy"),
        ("those are fine but I want something darker", "bleak"),
        ("weirder please", "surreal"),
        ("a sadder one", "heartbreaking"),
        ("a stranger comes to town", None),
    ],
)
def test_moods_in_the_comparative_are_moods(message, wanted, reader):
    found = {wish.value for wish in read(reader, message).wanted}
    assert wanted in found if wanted else not found


@pytest.mark.parametrize("part", ["liked", "disliked", "seen"])
def test_titles_are_judged(part, reader):
    wrong = []
    titles = Titles(reader.catalog)
    for frame in FRAMES[part]:
        for said, title in TITLES.items():
            state = read(reader, frame.replace("{t}", said))
            held = {
                key: [titles.title(one) for one in getattr(state, key)]
                for key in ("liked", "disliked", "rejected", "seen")
            }
            gone = held.pop("rejected") + held["disliked"]  # "nothing like it" turns it down, too
            right = gone == [title] if part == "disliked" else held[part] == [title] and not gone
            if not right or (part != "liked" and held["liked"]):
                wrong.append((frame.replace("{t}", said), held))
    assert wrong == []


@pytest.mark.parametrize(("part", "field"), [("years", "year"), ("minutes", "runtime_min")])
def test_numbers_are_limited(part, field, reader):
    wrong = []
    for told, message in FRAMES[part]:
        bounds = {(limit.op, limit.value) for limit in read(reader, message).limits if limit.field == field}
        if _range(bounds, field) != _expected(told, field):
            wrong.append((told, message, bounds))
    assert wrong == []


def _range(bounds, field):
    """The lowest and the highest number that meets bounds; of minutes, "under" and "at most" are one."""
    low, high = float("-inf"), float("inf")
    step = 1.0 if field == "year" else 0.0
    for op, value in bounds:
        if op in ("gt", "ge", "eq"):
            low = max(low, value + step * (op == "gt"))
        if op in ("lt", "le", "eq"):
            high = min(high, value - step * (op == "lt"))
    return low, high


def _expected(told, field):
    if told.endswith("s"):
        return float(told[:-1]), float(told[:-1]) + 9
    sign, value = told.split()
    op = {"=": "eq", ">": "gt", ">=": "ge", "<": "lt", "<=": "le"}[sign]
    return _range({(op, float(value))}, field)


@pytest.mark.parametrize("part", LIST_FRAMES)
def test_what_is_said_of_a_list_is_noted_of_what_it_is_said_of(part, reader):
    titles = Titles(reader.catalog)
    wrong = []
    for frame in LIST_FRAMES[part]:
        for ordinal, place in (("first", 0), ("second", 1), ("last", 4)):
            title = LISTED[place]
            said = frame.replace("{o}", ordinal).replace("{d}", str(place + 1)).replace("{T}", title[:-7])
            about = LISTED if part.startswith("all") else [title]
            state = reader.read(messages({"listed": LISTED, "say": said})).preferences
            held = {
                key: sorted(map(titles.title, getattr(state, key))) for key in ITEMS_OF if getattr(state, key)
            }
            if "why" not in said and held != {part.removeprefix("all"): sorted(about)}:
                wrong.append((said, held))
            if state.wanted or state.unwanted or state.limits:
                wrong.append((said, state))
    assert wrong == []


def test_the_frames_are_many():
    assert sum(map(len, (*FRAMES.values(), *LIST_FRAMES.values()))) > 900
