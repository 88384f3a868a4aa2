"""Messages as a judge reads them: what its labels make of titles, values and numbers; and a judge in a file."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from conftest import make_movies
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import having
from wherefore.dialogue.labels import LABELS
from wherefore.dialogue.messages import Message
from wherefore.dialogue.state import ANYWHERE
from wherefore.errors import CheckpointError, CheckpointNotFoundError, TrainingError
from wherefore.lm.judge import MarkedJudge, PooledJudge, ToJudge, told_of
from wherefore.lm.low_rank import start_from
from wherefore.lm.tuned import load_own
from wherefore.reading.judge import Meaning, MessageJudge, Read, judge_tensors, load_judge, read_judge
from wherefore.reading.reader import DialogueReader
from wherefore.retrieval.tensors import write_tensors
from wherefore.training.judging import learning_judge


class Told:
    """A judge that is told what words mean; all others mean nothing."""

    witness = None

    def __init__(self, acts=None, **labels):
        self.acts = acts or {}
        self.labels = {words.replace("_", " "): label for words, label in labels.items()}

    def of(self, catalog):
        return self

    def meaning(self, text, start, end):
        label, _, flag = self.labels.get(text[start:end].lower(), "nothing").partition(" ")
        odds = dict.fromkeys(LABELS, 0.0) | {label: 1.0}
        strength = {"?": "mild", "!": "firm"}.get(flag, "plain")
        return Meaning(start, end, label, 1.0, odds, strength, "other" if flag == "other" else "me")

    def read(self, before, text):
        low = text.lower()
        found = [(low.find(words), words) for words in self.labels if words in low]
        spans = [self.meaning(text, at, at + len(words)) for at, words in sorted(found)]
        return Read(tuple(one for one in spans if one.label != "nothing"), self.acts)

    def meanings(self, before, text, pieces):
        return [self.meaning(text, *piece) for piece in pieces]


def state(text, **labels):
    reader = DialogueReader(make_movies(), Told(**labels))
    return reader.read([{"role": "user", "content": text}]).preferences


def values(wishes):
    return {(wish.value.lower(), wish.strength) for wish in wishes}


def test_a_title_is_what_the_judge_takes_for_one():
    assert state("heat was dull, alien wasnt", heat="disliked", alien="liked").liked == ("alien",)
    assert state("heat was dull, alien wasnt", heat="disliked", alien="liked").disliked == ("heat",)
    assert state("I loved Heat", heat="seen").seen == ("heat",)
    hearsay = state("everyone loved Heat", heat="liked other")
    assert hearsay.liked == hearsay.disliked == ()
    nothing = DialogueReader(make_movies(), Told()).read([{"role": "user", "content": "This Heat kills me"}])
    assert nothing.mentions == ()


def test_what_is_pointed_at_is_meant_where_it_is_a_reference():
    reader = DialogueReader(make_movies(), Told(the_one_with_jack_nicholson="reference"))
    listed = "Here.\n\n1. **Alien** (1979) — a reason.\n2. **The Shining** (1980) — a reason."
    talk = [("user", "films?"), ("assistant", listed), ("user", "tell me of the one with Jack Nicholson")]
    dialogue = reader.read([{"role": role, "content": text} for role, text in talk])
    assert [one.item_id for one in dialogue.mentions if one.message == 2] == ["shining"]


def test_a_value_is_wanted_or_not_as_the_judge_says():
    assert ("horror", 1.0) in values(state("horror it is", horror="wanted").wanted)
    assert ("horror", 2.0) in values(state("horror or nothing", horror="demanded").wanted)
    assert ("horror", 2.0) in values(state("loads of horror", horror="unwanted").unwanted)
    assert ("horror", 0.5) in values(state("loads of horror", horror="unwanted ?").unwanted)
    assert ("horror", 0.5) in values(state("a bit of horror", horror="less").unwanted)
    of_others = state("she likes horror", horror="wanted other")
    assert of_others.wanted == of_others.unwanted == ()
    assert state("my job was pure horror").wanted == ()


def test_a_word_of_a_longer_description_is_no_wish_by_itself():
    told = state(
        "a family goes to a house of horror in the woods", a_family_goes_to_a_house_of_horror="wanted"
    )
    assert told.wanted == ()


RECIPES = [
    {
        "id": "cake",
        "title": "Quick and Easy Walnut Cake",
        "ingredients": "flour, walnuts, 2 eggs",
        "serves": 8,
    },
    {"id": "satay", "title": "Chicken Satay", "ingredients": "chicken, peanut butter", "serves": 4},
    {"id": "soup", "title": "Mulligatawny Soup", "ingredients": "lentils, apple, curry powder", "serves": 6},
    {"id": "salad", "title": "Bean Salad", "ingredients": "beans, oil, vinegar", "serves": 2},
    {"id": "crumble", "title": "Apple Crumble", "ingredients": "apples, oats, sugar, butter", "serves": 6},
    {"id": "jam", "title": "Plum Jam", "ingredients": "plums, sugar", "serves": 20},
    {"id": "rice", "title": "Fried Rice", "ingredients": "rice, oil, peas", "serves": 2},
]


def recipes(text, **labels):
    reader = DialogueReader(Catalog.from_records(RECIPES), Told(**labels))
    return reader.read([{"role": "user", "content": text}])


def refused(dialogue):
    return {wish.value for wish in dialogue.preferences.refusals if wish.field == ANYWHERE}


def test_a_kind_of_things_is_refused_with_all_that_belongs_to_it():
    assert refused(recipes("no nuts please", nuts="unwanted")) == {"nuts"}
    assert refused(recipes("nuts about your list", nuts="nothing")) == set()
    assert refused(recipes("mum hates nuts", nuts="unwanted other")) == set()
    catalog = Catalog.from_records(RECIPES)
    assert having(catalog, "nuts").tolist() == [True, True, False, False, False, False, False]
    assert having(catalog, "eggs").tolist() == [True, *[False] * 6]


def test_free_of_something_wants_it_to_be_without():
    assert refused(recipes("dairy-free pudding", **{"dairy-free": "wanted"})) == {"dairy"}
    assert refused(recipes("egg free, from here on", egg_free="demanded")) == {"eggs"}
    assert refused(recipes("free range eggs", eggs="wanted")) == set()


def test_a_diet_rules_out_its_kinds():
    told = refused(recipes("vegan please", vegan="demanded"))
    assert {"eggs", "dairy", "meat"} & told == told & {"eggs", "dairy", "meat", "poultry"} - {"poultry"}
    assert "dairy" in told and "eggs" in told
    assert refused(recipes("the vegan next door says hi")) == set()


def test_an_item_is_named_by_some_words_of_its_title():
    loved = recipes("loved the quick walnut cake", walnut="liked", quick_walnut_cake="liked")
    assert loved.preferences.liked == ("cake",)
    assert recipes("that mulligatawny was odd", mulligatawny="disliked").preferences.disliked == ("soup",)
    assert recipes("soup, apple", apple="liked").preferences.liked == ()


def test_what_a_number_counts_says_its_field():
    (limit,) = recipes("for 6 people", **{"6 people": "exactly"}).preferences.limits
    assert (limit.field, limit.op, limit.value) == ("serves", "ge", 6)  # what feeds more feeds them as well
    lost = recipes("at most 300 euros", **{"300 euros": "max"})
    assert lost.preferences.limits == () and ("limit", "300 euros") in lost.unmet


def test_a_number_that_means_nothing_limits_nothing():
    assert state("after 1990 please", after_1990="min").limits != ()
    assert state("I was born after 1990").limits == ()


@pytest.fixture(scope="module", params=[PooledJudge, MarkedJudge])
def network(request):
    judge = learning_judge(r=2, kind=request.param).eval()
    with torch.no_grad():  # an untrained head finds all labels alike, and rounding would choose one
        judge.heads.labels.weight.mul_(20)
    return judge


def test_a_message_is_read_once(monkeypatch):
    network = learning_judge(r=2, kind=PooledJudge).eval()
    judge = MessageJudge(network)
    calls = []
    states = type(network)._states
    monkeypatch.setattr(type(network), "_states", lambda self, read: calls.append(read) or states(self, read))
    first = judge.read((), "no horror please")
    assert judge.read((), "no horror please") is first and len(calls) == 1
    one, two = judge.meanings((), "no horror please", [(3, 9), (0, 2)])
    assert (one.start, one.end) == (3, 9) and sum(two.odds.values()) == pytest.approx(1, abs=1e-4)
    assert len(calls) == 1 and judge.meanings((), "no horror please", []) == []
    judge.read([Message("user", "hello")], "no horror please")
    assert len(calls) == 2  # what was said before may turn it


def test_pieces_are_judged_alike_alone_and_in_a_batch(network):
    given = ToJudge((), "Loved Heat, no horror", ((6, 10), (15, 21)))
    with torch.inference_mode():
        assert torch.allclose(network([given]).labels, network.heard(given)(given.pieces).labels, atol=1e-5)


def test_a_judge_is_the_same_from_a_file(network, tmp_path):
    file = tmp_path / "reader.safetensors"
    write_tensors(file, judge_tensors(network))
    again, before = load_judge(file), MessageJudge(network)
    text, pieces = "Loved Heat, no horror", [(6, 10), (15, 21)]
    for one, two in zip(again.meanings((), text, pieces), before.meanings((), text, pieces), strict=True):
        assert one.odds == pytest.approx(two.odds, abs=0.02)
        assert max(one.odds.values()) - min(one.odds.values()) > 0.1
    with pytest.raises(CheckpointNotFoundError, match="train_judge"):
        load_judge(tmp_path / "none.safetensors")
    file.write_bytes(b"broken")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_judge(file)
    tensors = judge_tensors(network)
    tensors.pop("case.weight")
    write_tensors(tmp_path / "part.safetensors", tensors)
    with pytest.raises(CheckpointError, match=r"case\.weight"):
        load_judge(tmp_path / "part.safetensors")


@pytest.mark.slow
def test_a_judge_on_mpnet_is_the_same_from_a_file_and_in_a_batch(tmp_path):
    network = learning_judge(r=2, kind=PooledJudge, base="mpnet").eval()
    assert not any(
        weight.requires_grad for name, weight in network.encoder.named_parameters() if "layer.3." in name
    )
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "lora_B" in name or name.startswith("heads"):
                weight.normal_(std=0.02)
    file = tmp_path / "reader.safetensors"
    write_tensors(file, judge_tensors(network, reads_catalog=False))
    assert read_judge(file).base == "mpnet"
    again, before = load_judge(file), MessageJudge(network, reads_catalog=False)
    text, pieces = "Loved Heat, no horror", [(6, 10), (15, 21)]
    for one, two in zip(again.meanings((), text, pieces), before.meanings((), text, pieces), strict=True):
        assert one.sure == pytest.approx(two.sure, abs=0.05)
    given = [
        ToJudge((), text, tuple(pieces)),
        ToJudge((Message("user", "hello there"),), "something long " * 20, ()),
    ]
    with torch.inference_mode():
        assert torch.allclose(network(given).labels, network(given[:1]).labels, atol=0.1)
    with pytest.raises(TrainingError, match="mpnet:16"):
        learning_judge(base="mpnet")


def test_a_judge_on_an_unknown_base_is_refused(tmp_path):
    tensors = judge_tensors(learning_judge(r=2, kind=PooledJudge)) | {"base": np.array([7], dtype=np.int8)}
    write_tensors(tmp_path / "newer.safetensors", tensors)
    with pytest.raises(CheckpointError, match="another version of Wherefore"):
        load_judge(tmp_path / "newer.safetensors")


def test_a_judge_is_told_what_the_catalogue_holds(tmp_path):
    assert told_of("Board games", ["Players", "minutes"]) == "board games: players, minutes"
    network = learning_judge(r=2, kind=PooledJudge).eval()
    plain, told = (ToJudge((), "we are six", ((7, 10),), one) for one in ("", "board games: players"))
    with torch.inference_mode():
        one, two = network([plain]), network([told])
        both = network([plain, told])  # padding changes nothing
    assert not torch.allclose(one.labels, two.labels, atol=1e-4)
    assert torch.allclose(both.labels, torch.cat([one.labels, two.labels]), atol=1e-4)
    assert one.places == two.places  # what is found stands in the message
    file = tmp_path / "judge.safetensors"
    write_tensors(file, judge_tensors(network))
    movies, books = make_movies(), Catalog.from_records([{"id": "a", "title": "Emma", "pages": 400}])
    judge = load_judge(file)
    of_movies, of_books = (judge.of(one).read((), "we are six") for one in (movies, books))
    assert of_movies.acts != of_books.acts
    tensors = judge_tensors(network)
    del tensors["reads_catalog"]
    write_tensors(file, tensors)  # one that learned without: it is told nothing
    judge = load_judge(file)
    assert judge.of(movies).read((), "we are six").acts == judge.of(books).read((), "we are six").acts


def test_a_judge_goes_on_from_another(tmp_path):
    first, second = (learning_judge(r=2, kind=PooledJudge).eval() for _ in range(2))
    with torch.no_grad():
        for name, weight in first.named_parameters():
            if "lora_B" in name or name.startswith("heads"):
                weight.normal_(std=0.02)
    file = tmp_path / "judge.safetensors"
    write_tensors(file, judge_tensors(first))
    begun = read_judge(file)
    start_from(second.encoder, begun.changes)
    load_own(second, begun.own)
    given = ToJudge((), "no horror please", ((3, 9),))
    with torch.inference_mode():
        assert torch.allclose(first([given]).labels, second([given]).labels, atol=0.05)
    with pytest.raises(CheckpointError, match="rank 2, and 4"):
        start_from(learning_judge(r=4, kind=PooledJudge).encoder, begun.changes)


def test_how_many_the_judge_hears_is_how_many_are_listed():
    catalog = make_movies()
    told = DialogueReader(catalog, Told(three="count", ninety="count"))
    assert told.read([{"role": "user", "content": "thrillers. three. no more"}]).preferences.count.value == 3
    assert told.read([{"role": "user", "content": "ninety of them"}]).preferences.count is None
    alone = DialogueReader(catalog).read([{"role": "user", "content": "thrillers. three. no more"}])
    assert alone.preferences.count is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("with a pool", ["pool"]),
        ("a thriller with a zeppelin, please", []),  # no noun of the catalogue before it
        ("a film with a zeppelin, please", ["zeppelin"]),
        ("dinner with a friend", []),
    ],
)
def test_what_nothing_mentions_is_said_to_be_missing(text, found):
    told = DialogueReader(make_movies(), Told())
    dialogue = told.read([{"role": "user", "content": text}])
    assert [words for kind, words in dialogue.unmet if kind == "wanted"] == found


def test_marks_are_surer_than_the_judge():
    judge = Told(heat="liked", alien="liked", hereditary="disliked")
    state = (
        DialogueReader(make_movies(), judge)
        .read([{"role": "user", "content": "ok so Heat 3/10, Alien 2 stars, Hereditary 10/10"}])
        .preferences
    )
    assert state.liked == ("hered",) and set(state.disliked) == {"heat", "alien"}


def test_what_items_are_called_is_not_refused():
    rows = [{"title": f"Fern {n}", "about": "One of the plants that grow."} for n in range(4)] + [
        {"title": "Moss", "about": "Green."}
    ]
    reader = DialogueReader(Catalog.from_records(rows, name="plants"), Told(plants="unwanted"))
    state = reader.read([{"role": "user", "content": "I am hopeless with plants"}]).preferences
    assert state.unwanted == ()


@pytest.mark.parametrize(("share", "kept"), [(0.3, False), (0.5, True)])
def test_a_word_that_the_judge_passes_over_is_no_wish(monkeypatch, share, kept):
    odds = dict.fromkeys(LABELS, 0.0) | {"wanted": share, "nothing": 1 - share}
    monkeypatch.setattr(
        Told, "meanings", lambda self, before, text, pieces: [
            replace(self.meaning(text, *piece), odds=odds) for piece in pieces
        ]
    )  # fmt: skip
    rows = [{"title": f"Film {n}", "genres": "Drama", "keywords": ["city", f"topic {n}"]} for n in range(60)]
    catalog = Catalog.from_records(rows)
    state = (
        DialogueReader(catalog, Told()).read([{"role": "user", "content": "a film in the city"}]).preferences
    )
    assert [wish.value for wish in state.wanted] == ["city"] * kept
