"""What must be, in a clause of its own, is named where no record speaks of it."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.reading.musts import MustReader

CATALOG = Catalog.from_records(
    [{"id": str(n), "title": f"Lamp {n}", "note": "brass and glass" if n else "plain oak"} for n in range(6)]
    + [{"id": f"s{n}", "title": f"Oak stool {n}", "note": "three legs"} for n in range(3)]
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a lamp, it must survive an earthquake", ["survive an earthquake"]),
        ("it has to be certified by the coastguard, please", ["be certified by the coastguard"]),
        ("Must fit a caravan.", ["fit a caravan"]),
        ("it needs to be brass", []),  # some are
        ("it must be cozy", []),  # a taste
        ("I must go to work now", []),  # of the user
        ("it has to be good", []),
        ("we have to leave at six", []),
    ],
)
def test_what_must_be(text, said):
    assert [text[slice(*span)] for span in MustReader(CATALOG, {"lamp", "lamps"}).read(text, ())] == said


def test_what_something_stands_for_is_left():
    text = "it must survive an earthquake"
    assert MustReader(CATALOG, ()).read(text, [(8, len(text))]) == []
