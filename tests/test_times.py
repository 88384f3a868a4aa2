"""When things are: what cells tell of it, what messages ask, and that lists hold to it."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.timed import bookable, timed
from wherefore.catalog.times import Asked, asked_of, asked_words, tell_times, times_in
from wherefore.dialogue.messages import Message
from wherefore.dialogue.spoken import limit_told
from wherefore.dialogue.state import Preferences
from wherefore.errors import CatalogError
from wherefore.reading.periods import periods
from wherefore.reading.reader import DialogueReader
from wherefore.writing.understood import understood

TODAY = date(2026, 11, 29)  # a Sunday
MAIN = Catalog.from_records([
    {"title": "Passion", "Date": "Fri 26 Mar 2027", "Doors": "6.30pm", "Venue": "Town Hall"},
    {"title": "Winter Songs", "Date": "Sat 19 Dec 2026", "Doors": "7.30pm", "Venue": "Chapel"},
    {"title": "Noon Jazz", "Date": "Wed 16 Dec 2026", "Doors": "12 noon", "Venue": "Library"},
    {"title": "Quartets", "Date": "Thu 15 Oct 2026", "Doors": "7.30pm", "Venue": "Chapel"},
    {"title": "Waltzes", "Date": "Fri 1 Jan 2027", "Doors": "3pm", "Venue": "Town Hall"},
    {"title": "Prom", "Date": "Sat 5 Dec 2026", "Doors": "11am", "Venue": "Town Hall"},
])  # fmt: skip
TRIPS = Catalog.from_records([
    {"title": "Alps", "departures": "09 Jan 2027; 13 Feb 2027", "nights": 7},
    {"title": "Fjords", "departures": "03 Jul 2027; 14 Aug 2027", "nights": 9},
    {"title": "Desert", "departures": "03 Oct 2026", "nights": 5},
    {"title": "Islands", "departures": "19 Dec 2026; 20 Feb 2027", "nights": 4},
])  # fmt: skip
CLASSES = Catalog.from_records([
    {"title": "Sunrise", "when": "Tue 7am", "fee": 9},
    {"title": "Spin", "when": "Mondays 18:30-19:15", "fee": 8},
    {"title": "Pilates", "when": "Wed 10am", "fee": 10},
    {"title": "Circuits", "when": "Thu 19:00-19:40", "fee": 8},
    {"title": "Aqua", "when": "Sat 9:30am", "fee": 7},
    {"title": "Lunch Yoga", "when": "Mon & Thu 12:30-13:15", "fee": 9},
])  # fmt: skip
FLATS = Catalog.from_records([
    {"title": "Attic", "verfügbar ab": "01.02.2027", "online seit": "13.11.2026"},
    {"title": "Loft", "verfügbar ab": "sofort", "online seit": "27.10.2026"},
    {"title": "Studio", "verfügbar ab": "15.12.2026", "online seit": "25.09.2026"},
    {"title": "Villa", "verfügbar ab": "01.05.2027", "online seit": "20.11.2026"},
])  # fmt: skip
FILMS = Catalog.from_records([
    {"title": f"Film {n}", "release_date": f"{1980 + 3 * n}-05-{n + 1:02d}", "genre": "Drama"}
    for n in range(12)
])  # fmt: skip


def read(catalog: Catalog, *messages: str, preferences: Preferences | None = None):
    talk = [Message("user", messages[0])]
    for text in messages[1:]:
        talk += [Message("assistant", "I see."), Message("user", text)]
    return DialogueReader(catalog, clock=lambda: TODAY).read(talk, preferences)


def fitting(catalog: Catalog, *messages: str) -> list[str]:
    limits = read(catalog, *messages).preferences.limits
    return [item.title for item in catalog if all(limit.allows(item, catalog) for limit in limits)]


# -- what cells tell ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("14 Feb, 21 Feb, 7 Mar 2027", ["2027-02-14", "2027-02-21", "2027-03-07"]),
        ("2027-02-14; 2027-02-21", ["2027-02-14", "2027-02-21"]),
        ("13-21 Feb 2027", ["2027-02-13..2027-02-21"]),
        ("28 Dec to 4 Jan 2027", ["2026-12-28..2027-01-04"]),
        ("Feb 14-16, 2027", ["2027-02-14..2027-02-16"]),
        ("01.02.2027", ["2027-02-01"]),
        ("2027-02-14 19:30", ["2027-02-14"]),
        ("31 Feb 2027", []),
    ],
)
def test_cells_with_dates_are_read_whole(cell, days):
    told = [f"{a}" if a == b else f"{a}..{b}" for a, b in times_in(cell).days]
    assert told == days


@pytest.mark.parametrize(
    ("cell", "weekdays", "hours"),
    [
        ("Tue 10am", {1}, [(10.0, 10.0)]),
        ("Mondays 18:30-20:00", {0}, [(18.5, 20.0)]),
        ("Mon-Fri", {0, 1, 2, 3, 4}, []),
        ("10.00am-12 noon", set(), [(10.0, 12.0)]),
        ("Daily 9am & 2pm", set(range(7)), [(9.0, 9.0), (14.0, 14.0)]),
        ("samedi 19h30", {5}, [(19.5, 19.5)]),
    ],
)
def test_cells_with_days_and_hours(cell, weekdays, hours):
    told = times_in(cell)
    assert told.weekdays == weekdays and list(told.hours) == hours


def test_months_without_a_year_come_every_year():
    told = times_in("departs June to September")
    assert told.yearly == (((6, 1), (9, 30)),)
    assert told.within([(date(2031, 7, 1), date(2031, 7, 31))])
    assert not told.within([(date(2031, 1, 1), date(2031, 5, 31))])
    assert not told.ends_before(TODAY)


@pytest.mark.parametrize(
    "cell", ["$3.50", "Monday Blues", "12", "3:45 remix", "May contain nuts", "4.5 out of 5", "10-12"]
)
def test_other_texts_tell_no_times(cell):
    assert not tell_times([cell])


def test_lengths_stay_numbers():
    songs = Catalog.from_records(
        [{"title": f"Song {n}", "time": f"{3 + n % 3}:4{n % 10}"} for n in range(12)]
    )
    assert songs.schema.spec("time").is_number
    assert not timed(songs)


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.integers(0, 60))
def test_a_written_range_holds_its_ends_and_nothing_beside(first, length):
    last = first + timedelta(days=length)
    begin = f"{first.day} {calendar.month_name[first.month]} {first.year}"
    cell = f"{begin} - {last.day} {calendar.month_abbr[last.month]} {last.year}"
    told = times_in(cell)
    assert told.within([(first, first)]) and told.within([(last, last)])
    assert not told.within([(first - timedelta(days=9), first - timedelta(days=1))])
    assert not told.within([(last + timedelta(days=1), last + timedelta(days=9))])


# -- names of what is asked ------------------------------------------------------------------------------


@given(
    st.sampled_from(["date", "day", "hour"]),
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.integers(0, 6),
    st.booleans(),
    st.text(min_size=1, max_size=12),
)
def test_names_say_all_that_is_asked(facet, day, weekday, refused, field):
    made = {
        "date": Asked(field, "date", days=((day, date.max),), refused=refused, begins=True),
        "day": Asked(field, "day", weekdays=(weekday,), refused=refused),
        "hour": Asked(field, "hour", hours=(17.0, 24.0), refused=refused),
    }[facet]
    assert asked_of(made.name) == made


@pytest.mark.parametrize(
    "name", ["when:date=soon@Date", "when:day=7@Day", "when:hour=late..24@Time", "when:x"]
)
def test_names_that_ask_nothing_are_refused(name):
    with pytest.raises(CatalogError, match="looks like"):
        asked_of(name)


def test_a_time_is_asked_of_fields_that_can_tell_it():
    assert np.nansum(MAIN.numbers("when:day=5@Date")) == 2
    with pytest.raises(CatalogError, match="kind"):
        TRIPS.numbers("when:day=5@nights")
    with pytest.raises(CatalogError, match="no field"):
        TRIPS.numbers("when:day=5@sailing")


def test_states_with_times_come_back_from_json():
    state = read(MAIN, "a concert on a Saturday").preferences
    assert Preferences.from_json(state.to_json()) == state


# -- what messages ask -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("before the end of the year", "2026-12-01", "2026-12-31"),
        ("next weekend", "2026-12-05", "2026-12-06"),
        ("over easter", "2027-03-26", "2027-03-29"),
        ("on good friday", "2027-03-26", "2027-03-26"),
        ("in july", "2027-07-01", "2027-07-31"),
        ("next summer", "2027-06-01", "2027-08-31"),
        ("this month", "2026-11-01", "2026-11-30"),
        ("13 to 21 feb 2027", "2027-02-13", "2027-02-21"),
        ("between 3 and 10 june", "2027-06-03", "2027-06-10"),
        ("early march", "2027-03-01", "2027-03-10"),
        ("next friday", "2026-12-04", "2026-12-04"),
        ("within two weeks", "2026-11-29", "2026-12-13"),
        ("tomorrow", "2026-11-30", "2026-11-30"),
    ],
)
def test_periods_are_counted_from_today(text, first, last):
    one = next(one for one in periods(text, TODAY) if one.facet == "date")
    assert [str(day) for day in one.days] == [first, last]


@pytest.mark.parametrize(
    "text",
    [
        "christmas films",
        "may i ask",
        "the summer of 69",
        "at 12.50 euros",
        "3h long",
        "a film about march",
        "16:9 screen",
    ],
)
def test_other_words_are_no_periods(text):
    assert not [one for one in periods(text, TODAY) if one.facet != "hour" or ":" not in text]


@pytest.mark.parametrize(
    ("catalog", "text", "titles"),
    [
        (MAIN, "something before Christmas", ["Winter Songs", "Noon Jazz", "Prom"]),
        (MAIN, "a concert over Easter", ["Passion"]),
        (MAIN, "on a Saturday, in the evening", ["Winter Songs"]),
        (MAIN, "what is on next weekend", ["Prom"]),
        (MAIN, "nothing in December please", ["Passion", "Quartets", "Waltzes"]),
        (MAIN, "in december or january", ["Winter Songs", "Noon Jazz", "Waltzes", "Prom"]),
        (
            MAIN,
            "not one that has already started",
            ["Passion", "Winter Songs", "Noon Jazz", "Waltzes", "Prom"],
        ),
        (TRIPS, "february half term (13-21 feb)", ["Alps", "Islands"]),
        (TRIPS, "surfing next summer (July or August 2027)", ["Fjords"]),
        (TRIPS, "we leave before the end of the year", ["Islands"]),
        (TRIPS, "not in february", ["Fjords", "Desert"]),
        (CLASSES, "in the evening", ["Spin", "Circuits"]),
        (CLASSES, "after 6pm but not on thursdays", ["Spin"]),
        (CLASSES, "tuesday or wednesday mornings", ["Sunrise", "Pilates"]),
        (CLASSES, "i work until 18:00, after that is good", ["Spin", "Circuits"]),
        (CLASSES, "at the weekend", ["Aqua"]),
        (FLATS, "something that I can move into by christmas", ["Loft", "Studio"]),
        (FLATS, "I need a place from february", ["Attic", "Loft", "Studio"]),
        (FLATS, "a flat, available immediately", ["Loft"]),
        (TRIPS, "we are free from 10 july till 20 august 2027", ["Fjords"]),
        (TRIPS, "the week of 13 february", ["Alps"]),
        (CLASSES, "before work", ["Sunrise"]),
        (MAIN, "in the new year", ["Passion", "Waltzes"]),
        (MAIN, "what was on last october", ["Quartets"]),
        (FLATS, "put online since the beginning of november", ["Attic", "Villa"]),
    ],
)
def test_lists_hold_to_when(catalog, text, titles):
    assert fitting(catalog, text) == titles


def test_a_time_that_is_put_right_holds_no_longer():
    assert fitting(TRIPS, "in february, sorry, I mean july or august") == ["Fjords"]


def test_a_later_time_takes_the_place_of_an_earlier_one():
    assert fitting(TRIPS, "13 to 21 feb 2027", "in july then") == ["Fjords"]
    assert fitting(CLASSES, "no thursdays", "ok thursdays are possible after all") == [
        one.title for one in CLASSES
    ]
    assert fitting(CLASSES, "on mondays, after 6pm", "any time is fine") == ["Spin", "Lunch Yoga"]


@pytest.mark.parametrize(
    "text",
    [
        "something for saturday night",
        "a film set in july",
        "what's out this weekend",
        "a movie for christmas eve",
        "born in may",
    ],
)
def test_years_of_films_are_asked_for_by_no_days(text):
    state = read(FILMS, text)
    assert not [one for one in state.preferences.limits if one.field.startswith("when:")]
    assert not state.unmet


def test_years_stay_years():
    limits = read(FILMS, "from the 90s").preferences.limits
    assert [(one.field, one.op, one.value) for one in limits] == [
        ("release_date", "ge", 1990.0),
        ("release_date", "lt", 2000.0),
    ]


def test_what_no_field_tells_stays_open():
    shop = Catalog.from_records([{"title": f"Chair {n}", "price": 10 * n} for n in range(1, 6)])
    assert read(shop, "a chair, I need it before next weekend").unmet == (("limit", "before next weekend"),)


# -- what is past, and what is said ------------------------------------------------------------------------


def test_what_is_past_is_not_offered_unless_it_is_asked_for():
    past = MAIN.items[3].id
    assert [one.name for one in bookable(MAIN, TODAY)] == ["Date"]
    assert read(MAIN, "a concert").over == (past,)
    assert read(MAIN, "a concert in october 2026").over == ()
    assert read(FILMS, "a film").over == ()


def test_what_was_gone_by_is_told():
    dialogue = read(MAIN, "a concert before Christmas")
    limits = dialogue.preferences.limits
    told = understood(dialogue, MAIN, "Here.", 3, (), MAIN.items[1:3])
    assert "For “before Christmas” I went by “Date”, between 29 November and 24 December 2026." in told
    spec = MAIN.schema.spec(limits[0].field)
    assert limit_told(limits, spec) == "date between 29 November and 24 December 2026"
    assert asked_words(asked_of(limits[0].field)) == "between 29 November and 24 December 2026"


def test_how_many_are_past_is_told_once():
    first = understood(read(MAIN, "a concert"), MAIN, "Here.", 3, (), MAIN.items[:3])
    later = understood(read(MAIN, "a concert", "others"), MAIN, "Here.", 3, (), MAIN.items[:3])
    assert "I left out 1 item whose dates are past." in first
    assert "past" not in later
