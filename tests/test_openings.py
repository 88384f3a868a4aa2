"""Opening hours, bare hours beside days, days that are taken, times that stay open, and dates as they are said."""

from __future__ import annotations

from datetime import date

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import label_of
from wherefore.catalog.openings import covers, leaves_open, meets
from wherefore.catalog.timed import timed
from wherefore.catalog.times import asked_of, asked_words, dates_told, tell_times, times_in
from wherefore.dialogue.messages import Message
from wherefore.ranking.criteria import days_met
from wherefore.reading.hours import with_hours
from wherefore.reading.occasions import occasion_suits
from wherefore.reading.periods import periods
from wherefore.reading.reader import DialogueReader
from wherefore.writing.evidence import evidence
from wherefore.writing.understood import understood

TODAY = date(2026, 3, 10)  # a Tuesday
KILNS = Catalog.from_records([
    {"title": "Brick Kiln", "Opening hours": "08:00-20:00", "Closed": "Sundays; bank hols", "seats": 12},
    {"title": "Glass Loft", "Opening hours": "10:00-00:30", "Closed": "none", "seats": 30},
    {"title": "Old Forge", "Opening hours": "17:00-22:30 wkdays; 09:00-22:30 wkends", "Closed": "25 Dec", "seats": 8},
    {"title": "Print Room", "Opening hours": "Tue-Sun 10-4", "Closed": "Mondays", "seats": 6},
    {"title": "Dye Shed", "Opening hours": "09:30-18:00", "Closed": "Sunday mornings", "seats": 10},
])  # fmt: skip
SHIFTS = Catalog.from_records([
    {"title": "Bell ringer", "Days": "Wed", "Times": "19:00-20:30", "Start (dd/mm/yyyy)": "01/06/2026"},
    {"title": "Orchard warden", "Days": "Mon-Sat", "Times": "09:00-12:00", "Start (dd/mm/yyyy)": "tbc"},
    {"title": "Chess coach", "Days": "Tue,Thu", "Times": "18:00-21:00", "Start (dd/mm/yyyy)": "15/09/2026"},
    {"title": "Seed sorter", "Days": "Daily", "Times": "mornings", "Start (dd/mm/yyyy)": "rolling"},
    {"title": "Boat steward", "Days": "Weekend", "Times": "10:00-16:00", "Start (dd/mm/yyyy)": "ASAP"},
    {"title": "Map indexer", "Days": "Flexible", "Times": "any", "Start (dd/mm/yyyy)": "03/04/2026"},
])  # fmt: skip
COURSES = Catalog.from_records([
    {"title": f"Course {n}", "DAY": "Mon Tue Wed Thu Fri Sat".split()[n], "TIME": time}
    for n, time in enumerate(["18.30-20.30", "9.15-10.45", "19.00-21.00", "14.00-15.30", "18.00-19.15", "10.00-13.00"])
])  # fmt: skip


def read(catalog: Catalog, *messages: str):
    talk = [Message("user", messages[0])]
    for text in messages[1:]:
        talk += [Message("assistant", "I see."), Message("user", text)]
    return DialogueReader(catalog, clock=lambda: TODAY).read(talk)


def fitting(catalog: Catalog, *messages: str) -> list[str]:
    limits = read(catalog, *messages).preferences.limits
    return [item.title for item in catalog if all(limit.allows(item, catalog) for limit in limits)]


@pytest.mark.parametrize(
    ("cell", "weekdays", "hours"),
    [
        ("Tue-Sun 10-4", {1, 2, 3, 4, 5, 6}, [(10.0, 16.0)]),
        ("17:00-22:30 wkdays", {0, 1, 2, 3, 4}, [(17.0, 22.5)]),
        ("closed Mon", {1, 2, 3, 4, 5, 6}, []),
        ("1st Wed of month", {2}, []),
        ("evenings", set(), [(17.0, 22.0)]),
        ("21:30-07:00", set(), [(21.5, 7.0)]),
        ("10-12", set(), []),
    ],
)
def test_cells_of_opening_hours(cell, weekdays, hours):
    told = times_in(cell)
    assert told.weekdays == weekdays and list(told.hours) == hours


def test_hours_have_to_be_held_from_one_end_to_the_other():
    assert covers([(8.0, 20.0)], 18.0, 19.5) and not covers([(8.0, 20.0)], 18.0, 20.5)
    assert covers([(10.0, 0.5)], 20.0, 24.0) and not covers([(10.0, 0.5)], 20.0, 25.0)
    assert not covers([(9.0, 9.0)], 9.0, 10.0) and not covers([], 9.0, 9.0)
    assert meets([(8.0, 20.0)], 17.0, 24.0) and not meets([(9.5, 18.0)], 17.0, 24.0)


def test_which_hours_are_those_of_opening():
    assert {one.name: (one.opens, one.role) for one in timed(KILNS)} == {
        "Opening hours": (True, "event"),
        "Closed": (False, "closed"),
    }
    assert not any(one.opens for one in timed(SHIFTS))


def test_lengths_tell_no_time_of_day():
    pets = Catalog.from_records([{"title": f"Cat {n}", "Max alone": f"{2 + n % 5}h"} for n in range(10)])
    assert not [one for one in timed(pets) if "hour" in one.facets]
    assert not tell_times(["morning", "evening"])  # a value that is chosen, and no clock


@pytest.mark.parametrize(
    ("catalog", "text", "titles"),
    [
        (KILNS, "tuesday evenings 6 to 7.30 for our group", ["Brick Kiln", "Glass Loft", "Old Forge"]),
        (KILNS, "weekday daytime", ["Brick Kiln", "Glass Loft", "Print Room", "Dye Shed"]),
        (KILNS, "saturday nights till about 10", ["Glass Loft", "Old Forge"]),
        (KILNS, "on sundays from 10am to 12 noon", ["Glass Loft", "Old Forge", "Print Room", "Dye Shed"]),
        (KILNS, "something open until 11 at night", ["Glass Loft"]),
        (KILNS, "a 20 minutes slot at 9am", ["Brick Kiln", "Old Forge"]),
        (SHIFTS, "evenings only, I hate giving up my weekends", ["Bell ringer", "Chess coach"]),
        (SHIFTS, "wednesdays from 6 to 8.30", ["Bell ringer"]),
        (SHIFTS, "thursdays, finished by 8", ["Orchard warden", "Seed sorter"]),
        (SHIFTS, "I could do half six", ["Bell ringer"]),
        (SHIFTS, "I work nine to five Mon to Fri, so evenings", ["Bell ringer", "Chess coach"]),
        (
            SHIFTS,
            "saturdays only, college takes up the week",
            ["Orchard warden", "Seed sorter", "Boat steward"],
        ),
        (COURSES, "after 7 on wednesdays", ["Course 2"]),
        (COURSES, "a weekday evening", ["Course 0", "Course 2", "Course 4"]),
        (COURSES, "Mon & Sat", ["Course 0", "Course 5"]),
    ],
)
def test_what_fits_when(catalog, text, titles):
    assert fitting(catalog, text) == titles


@pytest.mark.parametrize(
    "text",
    [
        "for kids aged 6 to 8 on saturdays",
        "from 20 pounds on saturdays",
        "between 5 and 8 people on tuesdays",
        "8 of us",
    ],
)
def test_numbers_of_other_things_are_no_hours(text):
    found = with_hours(periods(text, TODAY), text)
    assert not [one for one in found if one.facet == "hour"]


def test_a_later_end_keeps_the_beginning():
    last = read(KILNS, "tuesday evenings 6 to 7.30", "is it open late enough if I push it to 8.30pm?")
    [hours] = [one.field for one in last.preferences.limits if "hour=" in one.field]
    assert asked_words(asked_of(hours)) == "open from 18:00 to 20:30"


def test_exact_days_count_for_more_than_ranges():
    met = days_met(read(SHIFTS, "I have wednesdays off").preferences, SHIFTS.items)
    by_title = dict(zip([item.title for item in SHIFTS], met.tolist(), strict=True))
    assert by_title["Bell ringer"] == 1.0 > by_title["Orchard warden"] > by_title["Seed sorter"] > 0
    assert not days_met(read(SHIFTS, "something outdoors").preferences, SHIFTS.items).any()


def test_days_that_are_kept_free_are_none_to_be_busy_on():
    assert fitting(SHIFTS, "I'd like to keep my weekends free") == fitting(SHIFTS, "not at weekends")
    assert fitting(SHIFTS, "I'm free on Tuesdays") == ["Orchard warden", "Chess coach", "Seed sorter"]


def test_what_leaves_its_time_open_is_told():
    dialogue = read(SHIFTS, "I can start before July 2026")
    listed = [item for item in SHIFTS if all(one.allows(item, SHIFTS) for one in dialogue.preferences.limits)]
    assert [item.title for item in listed] == ["Bell ringer", "Boat steward", "Map indexer"]
    told = understood(dialogue, SHIFTS, "Here.", 3, (), listed)
    assert "For “before July 2026” I went by “Start”, between 10 March and 30 June 2026." in told
    assert (
        "2 other items leave that open under “Start” (“tbc” and “rolling”), so they are not among these."
        in told
    )
    assert (
        leaves_open("by arr.") and leaves_open("On call") and not leaves_open("Mon") and not leaves_open("")
    )


def test_dates_are_told_as_people_write_them():
    dialogue = read(SHIFTS, "I can start before July 2026")
    facts = evidence(SHIFTS.items[0], dialogue, SHIFTS)
    assert "1 June 2026" in [fact.text for fact in facts] and label_of("Start (dd/mm/yyyy)") == "start"
    assert dates_told("31.02.2026") == "31.02.2026" and dates_told("v1.2.3") == "v1.2.3"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("since before last christmas", "2025-12-25", "2025-12-25"),
        ("before christmas (2024)", "2024-12-25", "2024-12-25"),
        ("by friday", "2026-03-13", "2026-03-13"),
        ("over the autumn half term", "2026-10-26", "2026-10-30"),
        ("not after half term", "2026-05-25", "2026-05-29"),
    ],
)
def test_more_periods(text, first, last):
    one = next(one for one in periods(text, TODAY) if one.facet == "date")
    assert [str(day) for day in one.days] == [first, last]


def test_the_column_of_an_occasion():
    assert occasion_suits("price_peak", "we come off-peak", TODAY) is False
    assert occasion_suits("weekend rate", "saturday or monday", TODAY) is None
    assert occasion_suits("weekend rate", "", TODAY) is None
