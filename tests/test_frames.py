"""Ways of saying things (`dialogues/frames.yaml`), filled with kinds, titles and people of the built-in catalogue."""

import pytest
import yaml

from suite import FOLDER, Titles
from wherefore.catalog import Catalog
from wherefore.dialogue import DialogueReader, Preferences

FRAMES = yaml.safe_load((FOLDER / "frames.yaml").read_text(encoding="utf-8"))
KINDS = {"zombies": "zombie", "westerns": "Western"}  # a keyword, and a genre
TITLES = {
    "Inception": "Inception (2010)",
    "The Dark Knight": "The Dark Knight (2008)",
    "Gravity": "Gravity (2013)",
}
PEOPLE = {"Tom Hanks": "Tom Hanks", "Meryl Streep": "Meryl Streep"}


@pytest.fixture(scope="module")
def reader() -> DialogueReader:
    return DialogueReader(Catalog.builtin())


def read(reader: DialogueReader, message: str) -> Preferences:
    return reader.read([{"role": "user", "content": message}]).preferences


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
    wrong = []
    for frame in FRAMES[part]:
        for said, value in fillings.items():
            message = frame.replace("{v}", said).replace("{p}", said)
            state = read(reader, message)
            wanted = value in {wish.value for wish in state.wanted}
            unwanted = value in {wish.value for wish in state.unwanted}
            if (wanted, unwanted) != (is_wanted, not is_wanted):
                wrong.append(message)
    assert wrong == []


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


def test_the_frames_are_many():
    assert sum(map(len, FRAMES.values())) > 700
