"""How things feel in people's own words, and the tags of a catalogue that mean it."""

import subprocess
import sys
from pathlib import Path

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.feelings import FILE, entries_of, feelings
from wherefore.reading.reader import DialogueReader

ROOT = Path(__file__).parents[1]
MOODS = ["quiet", "gentle", "tense", "gripping", "silly", "bleak", "devastating", "sad"]


@pytest.fixture(scope="module")
def shelf():
    rows = [{"title": f"Tale {n}", "moods": [MOODS[n % 8], MOODS[(n + 1) % 8]]} for n in range(24)]
    return Catalog.from_records(rows, name="books")


def state(catalog, text):
    return DialogueReader(catalog).read([{"role": "user", "content": text}]).preferences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I want something calm", {"quiet", "gentle"}),
        ("a soothing book please", {"gentle", "quiet"}),
        ("a tearful book", {"sad"}),
        ("a quiet book", {"quiet"}),  # its own tag means itself alone
    ],
)
def test_words_of_feeling_lead_to_the_tags_that_there_are(shelf, text, found):
    assert {wish.value for wish in state(shelf, text).wanted} == found


def test_what_feels_so_is_refused_by_its_tags(shelf):
    assert {wish.value for wish in state(shelf, "nothing heavy").unwanted} >= {"bleak", "devastating"}


def test_without_such_tags_a_word_of_feeling_means_none():
    plain = Catalog.from_records([{"title": f"Lamp {n}", "colour": ["red", "blue"][n % 2]} for n in range(8)])
    assert not state(plain, "something calm").wanted


def test_the_packaged_thesaurus_is_the_one_in_the_data():
    assert dict(feelings()) == entries_of((ROOT / "data" / "feelings.tsv").read_text(encoding="utf-8"))


def test_the_script_writes_the_same_bytes(tmp_path):
    out = tmp_path / "feelings.tsv.xz"
    subprocess.run([sys.executable, ROOT / "scripts" / "make_feelings.py", "--out", out], check=True)
    assert out.read_bytes() == FILE.read_bytes()


@pytest.mark.parametrize("line", ["calm", "\tquiet", "calm\t", "calm\tcalm; quiet"])
def test_a_line_that_is_no_entry_is_refused(line):
    with pytest.raises(ValueError, match="line 2"):
        entries_of(f"eerie\tcreepy\n{line}")


def test_a_head_has_one_entry():
    with pytest.raises(ValueError, match="'calm' has an entry already"):
        entries_of("calm\tquiet\ncalm\tgentle")
