"""A judge of values says what messages mean for a catalogue's fields."""

from pathlib import Path

import numpy as np
import pytest
import torch

from wherefore.catalog.catalog import Catalog
from wherefore.corpora.bearings import read_bearings
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.errors import CheckpointError, CheckpointNotFoundError, CorpusError, CorpusNotFoundError
from wherefore.files import ASSETS
from wherefore.lm.tuned import learned_tensors, read_learned
from wherefore.lm.value_judge import FieldValues, ToBear, in_words
from wherefore.reading.bearings import BearingReader, load_value_judge, packaged_value_judge
from wherefore.retrieval.embedders import PackagedMiniLM
from wherefore.retrieval.index import Index
from wherefore.retrieval.retriever import Retriever
from wherefore.retrieval.tensors import write_tensors
from wherefore.retrieval.unlearned import Dense
from wherefore.training.bearings import (
    BearingTraining,
    fields_of,
    fit_value_judge,
    heads_on,
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


@pytest.mark.parametrize("base", ["minilm", "mpnet"])
def test_a_message_is_judged_alike_alone_and_in_a_batch(base):
    judge = learning_value_judge(2, base=base).eval()
    torch.nn.init.normal_(judge.head[-1].weight)
    fields = (FieldValues("pets", ("yes", "no")), FieldValues("style", ("quiet", "loud")))
    said = (Message("user", "a room in Porto"), Message("assistant", "Any budget?"))
    one, other = ToBear(said, "the dog comes along"), ToBear((), "")
    with torch.inference_mode():
        values = judge.values(in_words(fields))
        both, alone = judge([one, other], values), judge([one], values)
    assert both.bearings.shape == (2, 4, 4) and len(values) == 4
    assert torch.allclose(both.bearings[0], alone.bearings[0], atol=0.05)
    assert torch.allclose(both.words.sum(-1), torch.ones(2, 4), atol=1e-3)
    told = [one.text[start:end] for start, end in both.places[0] if end]
    assert told == ["the", "dog", "comes", "along"] and not any(end for _, end in both.places[1])


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A judge that has learned one message by heart."""
    folder = tmp_path_factory.mktemp("bearings")
    (folder / "hotels.txt").write_text(FILE, encoding="utf-8")
    torch.manual_seed(0)
    judge = learning_value_judge(4, base="minilm")
    messages = read_bearings(folder)
    fit_value_judge(judge, messages, BearingTraining(epochs=60, batch_size=2, lr=3e-3, lower=0))
    return judge, messages


def test_it_learns(learned):
    judge, messages = learned
    shares = measured_bearings(judge, messages)
    assert shares["for f1"] > 0.9 and shares["against f1"] > 0.9 and shares["turned"] == 0
    assert shares["words"] == shares["order"] == shares["silent"] == 1.0


def talk_of(message):
    return (*message.before, Message("user", message.text))


def test_what_is_meant_for_values_gains(learned, tmp_path):
    judge, messages = learned
    file = tmp_path / "values.safetensors"
    write_tensors(file, learned_tensors(judge))
    rows = [
        {"title": "Casa Dog", "pets_allowed": "yes", "style": "quiet", "price": 50 + 10 * n, "id": f"a{n}"}
        for n in range(8)
    ] + [{"title": "Party Inn", "pets_allowed": "no", "style": "party hostel", "price": 30, "id": "b"}]
    catalog = Catalog.from_records(rows)
    reader = BearingReader(catalog, load_value_judge(file))
    talk = talk_of(messages[0])
    gains = reader.gains(talk, catalog.items)
    assert gains[-1] < 0.5 < 1.0 < min(gains[:-1])
    later = reader.gains(
        (*talk, Message("user", "thanks")), catalog.items
    )  # what was said before still counts
    assert later[-1] < min(later[:-1])
    assert reader.gains((Message("user", " "),), catalog.items) is None
    catalog.add([{"title": "Hotel Cat", "pets_allowed": "yes", "style": "quiet", "price": 40, "id": "c"}])
    assert len(reader.gains(talk, catalog.items)) == 10


def test_a_catalogue_without_values_gains_nothing(learned):
    catalog = Catalog.from_records([{"title": "A"}, {"title": "B"}])
    talk = talk_of(learned[1][0])
    assert BearingReader(catalog, learned[0].eval()).gains(talk, catalog.items) is None


def test_what_values_gain_orders_candidates(learned):
    judge, messages = learned
    rows = [
        {"title": name, "id": name, "pets_allowed": pets, "style": style}
        for name, pets, style in (("A", "no", "party hostel"), ("B", "yes", "quiet"), ("C", "no", "boutique"))
    ]
    index = Index.build(Catalog.from_records(rows), PackagedMiniLM())
    retriever = Retriever(index, [Dense(index)])
    told = Dialogue((Message("user", messages[0].text),))
    assert retriever.borne(told, np.arange(3)) is None
    retriever.bears = BearingReader(index.catalog, judge.eval()).gains
    assert int(np.argmax(retriever.borne(told, np.arange(3)))) == 1


def test_heads_alone_read_with_the_packaged_encoder(tmp_path):
    judge = heads_on(read_learned(ASSETS / "sought.safetensors", "").own)
    before = [one.clone() for one in judge.encoder.parameters()]
    messages = [one for one in read_bearings(ROOT / "data" / "bearings") if one.kind == "wines"][:8]
    fit_value_judge(judge, messages, BearingTraining(epochs=10, batch_size=4, lr=3e-3))
    assert all(torch.equal(one, two) for one, two in zip(before, judge.encoder.parameters(), strict=True))
    file = tmp_path / "heads.safetensors"
    write_tensors(file, learned_tensors(judge))
    assert file.stat().st_size < 500_000
    values = in_words(fields_of(messages[0]))
    with torch.inference_mode():
        again = load_value_judge(file)
        one = ToBear(messages[0].before, messages[0].text)
        told, as_learned = (network([one], network.values(values)).bearings for network in (again, judge))
    assert torch.allclose(told, as_learned, atol=0.2)


def test_the_packaged_judge_knows_what_many_messages_mean():
    """Of values that a message speaks for and others, it finds the former likelier: by chance half of the time."""
    test = [one for one in read_bearings(ROOT / "data" / "bearings") if one.kind in ("wines", "hotels")]
    shares = measured_bearings(packaged_value_judge(), test[::4])
    assert shares["order"] > 0.75


def test_wrong_files_are_named(tmp_path):
    with pytest.raises(CheckpointNotFoundError, match="train_value_judge"):
        load_value_judge(tmp_path / "none.safetensors")
    write_tensors(tmp_path / "x.safetensors", {"a": np.zeros(2, dtype=np.float32)})
    with pytest.raises(CheckpointError, match="another version"):
        load_value_judge(tmp_path / "x.safetensors")


def test_sides_need_to_be_likely():
    odds = torch.tensor([[0.1, 0.5, 0.3, 0.1], [0.1, 0.0, 0.1, 0.8], [0.6, 0.2, 0.1, 0.1]])
    assert sides_of(odds, 0.5) == ["for", "against", ""]
