"""A judge of values says what messages mean for a catalogue's fields."""

from pathlib import Path

import numpy as np
import pytest
import torch

from wherefore.catalog.catalog import Catalog
from wherefore.corpora.bearings import read_bearings
from wherefore.dialogue.notes import Notes
from wherefore.dialogue.state import Preferences
from wherefore.errors import CheckpointError, CheckpointNotFoundError, CorpusError, CorpusNotFoundError
from wherefore.lm.tuned import learned_tensors
from wherefore.lm.value_judge import FieldValues, ToBear, in_parts
from wherefore.reading.bearings import BearingReader, load_value_judge
from wherefore.retrieval.tensors import write_tensors
from wherefore.training.bearings import (
    BearingTraining,
    fit_value_judge,
    learning_value_judge,
    measured_bearings,
    sides_of,
)
from wherefore.training.splits import held_out

ROOT = Path(__file__).parents[1]
FILE = """catalogue: hotels
field pets_allowed (one): yes | no
field Style (many): boutique | party hostel | quiet
field price (number): up to 70 | 70 to 140 | over 140

< somewhere in Porto
< A: Any budget?
> none, but the dog comes along and I need to sleep
! pets_allowed = yes :: dog comes along
+ Style = quiet :: need to sleep
- Style = party hostel :: need to sleep

> thanks
none
"""


@pytest.fixture(scope="module")
def judge():
    return learning_value_judge(2)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "hotels.txt").write_text(FILE, encoding="utf-8")
    return tmp_path


def test_a_file_reads(folder):
    first, second = read_bearings(folder)
    assert [message.role for message in first.before] == ["user", "assistant"] and not second.bearings
    told = first.of_values()
    assert told == {
        ("pets_allowed", "yes"): "needed",
        ("pets_allowed", "no"): "ruled out",  # an item has one, and it must be another
        ("Style", "quiet"): "helps",
        ("Style", "party hostel"): "ruled out",
    }
    sleep = first.bearings[1]
    assert first.text[sleep.start : sleep.end] == "need to sleep"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("! pets = yes :: dog comes along", "no value 'yes'"),
        ("! pets_allowed = maybe :: dog comes along", "no value 'maybe'"),
        ("! pets_allowed = yes :: cat", "not in the message"),
        ("? pets_allowed = yes :: dog", "first"),
    ],
)
def test_a_wrong_line_is_named(folder, wrong, why):
    text = FILE.replace("! pets_allowed = yes :: dog comes along", wrong)
    (folder / "hotels.txt").write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"hotels.txt, line 9: .*{why}"):
        read_bearings(folder)


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(CorpusNotFoundError, match="no messages"):
        read_bearings(tmp_path)


def test_the_data_reads():
    messages = read_bearings(ROOT / "data" / "bearings")
    assert len(messages) >= 2_800 and len({one.kind for one in messages}) >= 40
    lessons, test = held_out(messages)
    assert 0.07 < len(test) / len(messages) < 0.13
    sides = [bearing for one in messages for bearing in one.of_values().values()]
    assert min(sides.count(name) for name in ("helps", "needed", "ruled out")) > 500


def test_values_are_read_in_parts(judge):
    fields = [
        FieldValues("colour", tuple(f"shade {n}" for n in range(40))),
        FieldValues("size", ("small", "large")),
    ]
    parts = in_parts(judge, fields, 40)
    assert len(parts) > 3 and in_parts(judge, []) == []
    again = [(field.name, value) for part in parts for field in part for value in field.values]
    assert again == [(field.name, value) for field in fields for value in field.values]
    for part in parts:
        assert sum(name + sum(sizes) for name, sizes in map(judge.lengths, part)) <= 40


def test_a_message_is_judged_alike_alone_and_in_a_batch(judge):
    judge.eval()
    fields = (FieldValues("pets", ("yes", "no")), FieldValues("style", ("quiet", "loud")))
    one, other = ToBear((), "the dog comes along", fields), ToBear((), "", fields[:1])
    with torch.inference_mode():
        both = judge([one, other])
        alone = judge([one])
    assert both.bearings.shape == (6, 4) and len(both.words) == 6 and both.places[1] == [(0, 0)]
    assert torch.allclose(both.bearings[:4], alone.bearings, atol=0.05)
    assert len(both.words[0]) == len(both.places[0])


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A judge that has learned one message by heart."""
    folder = tmp_path_factory.mktemp("bearings")
    (folder / "hotels.txt").write_text(FILE, encoding="utf-8")
    torch.manual_seed(0)
    judge = learning_value_judge(4)
    messages = read_bearings(folder)[:1]
    fit_value_judge(judge, messages, BearingTraining(epochs=40, batch_size=1, lr=1e-3))
    return judge, messages


def test_it_learns(learned):
    judge, messages = learned
    shares = measured_bearings(judge, messages)
    assert shares["for f1"] > 0.9 and shares["against f1"] > 0.9 and shares["turned"] == 0


def test_a_turn_uses_a_file_of_it(learned, tmp_path):
    judge, messages = learned
    file = tmp_path / "values.safetensors"
    write_tensors(file, learned_tensors(judge))
    again = load_value_judge(file)
    rows = [
        {"title": "Casa Dog", "pets_allowed": "yes", "style": "quiet", "price": 50 + 10 * n, "id": f"a{n}"}
        for n in range(8)
    ] + [{"title": "Party Inn", "pets_allowed": "no", "style": "party hostel", "price": 30, "id": "b"}]
    catalog = Catalog.from_records(rows)
    reader = BearingReader(catalog, again)
    found = {(one.field, one.value): one for one in reader.read(messages[0].before, messages[0].text)}
    yes = found["pets_allowed", "yes"]
    assert yes.side == "for" and yes.sure > 0.5
    assert found["style", "party hostel"].side == "against"
    assert messages[0].text[yes.start : yes.end] in messages[0].text and yes.end > yes.start
    assert reader.read(messages[0].before, messages[0].text) is reader.read(
        messages[0].before, messages[0].text
    )
    notes = Notes(Preferences())
    notes.begin(0)
    reader.note(messages[0].before, messages[0].text, {"style"}, notes)
    values = notes.values()
    assert [(one.field, one.value) for one in values["wanted"]] == [
        ("pets_allowed", "yes")
    ]  # of style it says more
    assert all(one.field == "pets_allowed" and one.value == "no" for one in values["unwanted"])


def test_wrong_files_are_named(tmp_path):
    with pytest.raises(CheckpointNotFoundError, match="train_value_judge"):
        load_value_judge(tmp_path / "none.safetensors")
    write_tensors(tmp_path / "x.safetensors", {"a": np.zeros(2, dtype=np.float32)})
    with pytest.raises(CheckpointError, match="another version"):
        load_value_judge(tmp_path / "x.safetensors")


def test_sides_need_to_be_likely():
    odds = torch.tensor([[0.1, 0.5, 0.3, 0.1], [0.1, 0.0, 0.1, 0.8], [0.6, 0.2, 0.1, 0.1]])
    assert sides_of(odds, 0.5) == ["for", "against", ""]
