"""What people cannot or will not pay, carry or wait turns a comparison round."""

from __future__ import annotations

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.reading.reader import DialogueReader


@pytest.fixture(scope="module")
def reader() -> DialogueReader:
    stoves = [{"title": f"Stove {n}", "Price": f"£{40 + n}", "Weight (kg)": n + 0.5} for n in range(20)]
    return DialogueReader(Catalog.from_records(stoves, name="stoves"))


@pytest.mark.parametrize(
    ("said", "field", "op"),
    [
        ("we can't afford more than £50", "Price", "le"),
        ("I won't pay over £50", "Price", "le"),
        ("not able to stretch to more than £50", "Price", "le"),
        ("don't make me spend above £50", "Price", "le"),
        ("no way I'm paying over £50", "Price", "le"),
        ("my back couldn't manage more than 5 kg", "Weight (kg)", "le"),
        ("I cannot carry over 5 kg", "Weight (kg)", "le"),
        ("it can't weigh under 5 kg or it blows away", "Weight (kg)", "ge"),
        # nothing is turned round by what another clause, or another verb, denies
        ("I can't walk far so under £50", "Price", "lt"),
        ("can't find anything under £50", "Price", "lt"),
        ("I don't mind more than £50", "Price", "gt"),
        ("we can't wait, something under £50", "Price", "lt"),
        ("I will pay more than £50", "Price", "gt"),
    ],
)
def test_the_side_is_what_they_can_bear(reader, said, field, op):
    (limit,) = reader.read([{"role": "user", "content": said}]).preferences.limits
    assert (limit.field, limit.op) == (field, op)
