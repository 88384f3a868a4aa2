"""The query tower against planted patterns, and that nothing it should not see changes what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from conftest import WordEmbedder, make_movies
from wherefore.catalog.catalog import Catalog
from wherefore.config import Component
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.retrieval.events import ASSISTANT, ITEM, MOST_EVENTS, QUERY, TEXT, USER, VALUE, Events
from wherefore.retrieval.index import Index
from wherefore.retrieval.item_inputs import ItemInputs
from wherefore.retrieval.learned import Learned, TextVectors, load_sources, save_sources
from wherefore.retrieval.query_network import QueryTower
from wherefore.retrieval.query_training import gold_loss
from wherefore.retrieval.tower import Phrases, Tower
from wherefore.retrieval.utterances import message_texts

SMALL = {"width": 32, "heads": 4, "epochs": 25, "batch_size": 16, "lr": 5e-3, "bf16": False}
TITLES = {item.id: item.title for item in make_movies().items}
HORROR = {"alien", "shining", "hered", "mids", "follows", "getout", "shaun"}


def talk(*lines: tuple[str, str, tuple[str, ...]]) -> Dialogue:
    """Lines of role, words, items; titles stand before the words."""
    messages, mentions = [], []
    for number, (role, said, items) in enumerate(lines):
        text = ""
        for item in items:
            title = TITLES.get(item, item)
            mentions.append(Mention(item, number, len(text), len(text) + len(title), 100.0))
            text += title + " "
        messages.append(Message(role, (text + said).strip()))
    return Dialogue(tuple(messages), tuple(mentions))


def make_index(catalog: Catalog | None = None) -> Index:
    catalog = make_movies() if catalog is None else catalog
    return Index.build(catalog, WordEmbedder(), Component(name="faiss", factory="Flat"))


def pairs(count: int = 150, seed: int = 0) -> list[Dialogue]:
    """Whoever names the one is told the other, whatever is said."""
    rng = np.random.default_rng(seed)
    items = list(TITLES)
    said = ["hello there", "what about this one", "nice", "good day", "tell me more"]
    made = []
    for _ in range(count):
        place = int(rng.integers(len(items)))
        line = ("user", said[rng.integers(5)], (items[place],))
        made.append(talk(line, ("assistant", said[rng.integers(5)], (items[(place + 5) % len(items)],))))
    return made


def scary(count: int = 150, seed: int = 0, words: str = "scary") -> list[Dialogue]:
    """Who asks for something scary is told of horror films, all others of what is none."""
    rng = np.random.default_rng(seed)
    horror, rest = sorted(HORROR), sorted(set(TITLES) - HORROR)
    made = []
    for _ in range(count):
        wants = rng.random() < 0.5
        said = (
            f"i want something {words if wants else 'gentle'} {['please', 'tonight', 'now'][rng.integers(3)]}"
        )
        given = rng.choice(horror if wants else rest, 2, replace=False)
        made.append(talk(("user", said, ()), ("assistant", "try", tuple(map(str, given)))))
    return made


def fitted(dialogues: list[Dialogue], index: Index | None = None, **changed) -> Tower:
    tower = Tower(make_index() if index is None else index, **{**SMALL, **changed})
    tower.fit(dialogues, TextVectors(tower.index))
    return tower


def best(tower: Tower, dialogue: Dialogue, k: int = 1) -> list[str]:
    allowed = np.ones(len(tower.index), dtype=bool)
    rows, _ = tower.search(dialogue, np.zeros(8, np.float32), k, allowed)
    return [tower.index.catalog.items[row].id for row in rows]


def by_id(tower: Tower, dialogue: Dialogue) -> dict[str, float]:
    scores = tower.score(dialogue, np.zeros(8, np.float32), np.arange(len(tower.index)))
    return dict(zip(tower.index.catalog.ids, scores.tolist(), strict=True))


def close(ones: dict[str, float], others: dict[str, float], tolerance: float = 1e-4) -> bool:
    return set(ones) == set(others) and all(abs(ones[item] - others[item]) <= tolerance for item in ones)


@pytest.fixture(scope="module")
def paired() -> Tower:
    return fitted(pairs())


MIXED = [
    talk(),
    talk(("user", "hello", ())),
    talk(("user", "", ("alien",))),
    talk(("user", "i like this", ("alien", "heat")), ("assistant", "scary horror then", ("hered",))),
    talk(*[(("user", "assistant")[n % 2], f"line {n}", ()) for n in range(40)]),
]


# -- learning


def test_it_is_a_learned_source_that_is_told_its_progress():
    told = []
    tower = Tower(make_index(), **{**SMALL, "epochs": 3})
    assert isinstance(tower, Learned) and tower.name == "tower" and not tower.fitted
    tower.fit(pairs(40), progress=lambda done, of: told.append((done, of)))
    assert tower.fitted and told == [(n, 9) for n in range(1, 10)]  # 3 epochs of ceil(40 / 16) steps
    assert len(tower.history) == 3 and tower.history[-1] < tower.history[0]


def test_what_follows_what_is_learned(paired):
    items = list(TITLES)
    right = sum(
        best(paired, talk(("user", "new words entirely", (item,)))) == [items[(place + 5) % 12]]
        for place, item in enumerate(items)
    )
    assert right >= 10  # of 12; chance: 1


def test_what_is_said_is_learned_even_where_no_value_is_named():
    tower = fitted(
        scary(words="qwerty")
    )  # no catalogue value and no synonym: it must come from the text's vector
    assert not tower._now().phrases.find(["i want something qwerty"])
    for said, wanted in (("qwerty", HORROR), ("gentle", set(TITLES) - HORROR)):
        found = best(tower, talk(("user", f"i want something {said} please", ())), 5)
        assert len(wanted & set(found)) >= 4


def deafen(monkeypatch) -> None:
    """From here on all texts are alike, those of items too."""

    def encode(self, texts, kind, progress=None):
        return np.tile(np.eye(1, 8, dtype=np.float32), (len(texts), 1))

    monkeypatch.setattr(WordEmbedder, "encode", encode)


def test_values_that_are_named_are_learned(monkeypatch):
    deafen(monkeypatch)
    horror, comedy = sorted(HORROR), ["hotfuzz", "sunshine", "heat"]
    rng = np.random.default_rng(0)
    dialogues = []
    for n in range(150):
        said, given = (("horror", horror), ("comedy", comedy))[n % 2]
        dialogues.append(talk(("user", said, ()), ("assistant", "try", (str(rng.choice(given)),))))
    tower = fitted(dialogues)
    for said, wanted in (("a horror film", horror), ("something scary", horror), ("comedies", comedy)):
        assert set(best(tower, talk(("user", said, ())), 3)) <= set(wanted)


def test_new_items_are_found_by_their_values_alone(monkeypatch):
    deafen(monkeypatch)
    index = make_index()
    tower = fitted(scary(), index, id_dropout=0.5)
    for item, genres in (("n1", ["Horror"]), ("n2", ["Comedy"]), ("n3", ["Horror"]), ("n4", ["Opera"])):
        index.add([{"id": item, "title": "A Film", "genres": genres, "year": 2001}])
    vectors = dict(zip(index.catalog.ids, tower.item_vectors()[0], strict=True))
    assert np.allclose(vectors["n1"], vectors["n3"], atol=1e-6)
    assert not np.allclose(vectors["n1"], vectors["n4"], atol=0.05)
    scores = by_id(tower, talk(("user", "something scary", ())))
    assert scores["n1"] > scores["n2"] + 0.5


def test_in_training_some_items_lack_their_own_vector():
    tower = fitted(pairs(60), epochs=3, id_dropout=0.5)
    module_, features = tower._learned().towers[0], tower._now().inputs
    bare = module_.items(replace(features, own=torch.full((12,), 12)))
    module_.train()
    lacking = sum(
        int(torch.isclose(module_.items(features), bare, atol=1e-5).all(dim=1).sum()) for _ in range(50)
    )
    assert 200 < lacking < 400  # of 600
    module_.eval()
    assert not torch.isclose(module_.items(features), bare, atol=1e-5).all(dim=1).any()


def test_the_loss_is_that_of_a_slow_reference():
    """Gold of users counts by their weight; what was named before is out of the race."""
    rng = np.random.default_rng(0)
    one = np.zeros(2, dtype=np.int64)
    batch = [
        Events(
            np.array([QUERY, TEXT, QUERY]),
            np.array([USER, USER, ASSISTANT]),
            np.array([1, 1, 2]),
            np.zeros(3, dtype=np.int64),
            gold=(np.array([3]), np.array([1, 2])),
            named=(one[:0], np.array([3, 4])),
        ),
        Events(
            np.array([ITEM, QUERY]),
            one + USER,
            one,
            one,
            gold=(np.array([0]),),
            named=(np.array([5]),),
        ),
    ]
    scores = rng.normal(size=(3, 6)) * 3
    total = weights = 0.0
    for line, (golden, named, weight) in enumerate(
        [([3], [], 0.25), ([1, 2], [3, 4], 1.0), ([0], [5], 0.25)]
    ):
        left = [item for item in range(6) if item not in named]
        for item in golden:
            total -= weight * np.log(np.exp(scores[line, item]) / np.exp(scores[line, left]).sum())
            weights += weight
    assert gold_loss(torch.tensor(scores), batch, 0.25).item() == pytest.approx(total / weights, rel=1e-5)


def test_seeds_reproduce_and_leave_the_callers_random_numbers_alone():
    torch.manual_seed(7)
    wanted = torch.rand(3)
    torch.manual_seed(7)
    one = fitted(pairs(40), epochs=2).tensors()
    assert torch.equal(torch.rand(3), wanted)
    again, other = fitted(pairs(40), epochs=2).tensors(), fitted(pairs(40), epochs=2, seed=1).tensors()
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert not np.array_equal(one["tower.output.weight"], other["tower.output.weight"])


def test_members_are_towers_trained_apart_and_their_mean_logits_count(tmp_path):
    told: list[tuple[int, int]] = []
    both = Tower(make_index(), **{**SMALL, "epochs": 2, "members": 2, "by_content": True})
    both.fit(pairs(40), progress=lambda done, of: told.append((done, of)))
    apart = [fitted(pairs(40), epochs=2, seed=seed, by_content=True) for seed in (0, 1)]
    assert told == [(n, 12) for n in range(1, 13)]  # 2 members, 2 epochs of ceil(40 / 16) steps
    assert both.history == pytest.approx(np.mean([one.history for one in apart], axis=0).tolist())
    assert both.item_vectors().shape == (2, 12, 32) and both.query_vector(MIXED[0]).shape == (2, 32)
    rows, nothing = np.arange(12), np.zeros(8, np.float32)
    for dialogue in MIXED:
        logits = np.mean([one.score(dialogue, nothing, rows) for one in apart], axis=0)
        wanted = logits - np.log(np.exp(logits).sum())
        np.testing.assert_allclose(both.score(dialogue, nothing, rows), wanted, atol=1e-4)
        content = np.mean([one.parts(dialogue, rows) for one in apart], axis=0)
        np.testing.assert_allclose(both.parts(dialogue, rows), content, atol=1e-4)
    save_sources([both], tmp_path)
    again = Tower(make_index(), **{**SMALL, "members": 2, "by_content": True})
    load_sources([again], tmp_path)
    assert all(close(by_id(both, one), by_id(again, one), 1e-5) for one in MIXED)
    plain = (tmp_path / "tower.safetensors").stat().st_size
    save_sources([both], tmp_path, rounded=True)
    assert (tmp_path / "tower.safetensors").stat().st_size < 0.8 * plain
    load_sources([again], tmp_path)
    assert all(close(by_id(both, one), by_id(again, one), 0.1) for one in MIXED)
    with pytest.raises(ValueError, match="`members`.*'members': 1"):
        Tower(make_index(), **SMALL).restore(both.tensors())


def test_by_content_an_item_counts_as_if_nobody_had_named_it():
    tower = fitted(pairs(), by_content=True)
    catalog, dialogue = tower.index.catalog, pairs(1)[0]
    rows = np.arange(len(catalog))
    parts = tower.parts(dialogue, rows)
    assert parts.shape == (len(catalog), 1) and tower.part_names == ("by_content",)
    learned = tower._learned()
    state = tower._now()
    nobody = replace(state.inputs, own=torch.full_like(state.inputs.own, len(learned.ids)))
    with torch.inference_mode():
        made = learned.towers[0].items(nobody)
        made = made / made.norm(dim=1, keepdim=True)
        wanted = learned.towers[0].sharpness.exp() * made @ torch.from_numpy(tower.query_vector(dialogue)[0])
    np.testing.assert_allclose(parts[:, 0], wanted.numpy(), atol=1e-4)
    assert not np.allclose(parts[:, 0], tower.score(dialogue, np.zeros(8, np.float32), rows))
    other = pairs(2)[1]
    assert not np.allclose(tower.parts(other, rows), parts)  # what is kept is the last dialogue's
    np.testing.assert_allclose(tower.parts(dialogue, rows[3:5]), parts[3:5], atol=1e-5)
    plain = fitted(pairs(40))
    assert plain.part_names == () and plain.parts(dialogue, rows).shape == (len(catalog), 0)
    nothing = Tower(make_index(), **SMALL, by_content=True).parts(dialogue, rows)
    assert nothing.shape == (len(catalog), 1) and np.isnan(nothing).all()


def test_items_that_nobody_named_have_places_of_their_own():
    dialogues = [d for d in pairs() if not {"heat", "shining", "mids"} & {m.item_id for m in d.mentions}]
    plain, mixed = (fitted(dialogues, by_content=True, k=6, unnamed=count) for count in (0, 2))
    catalog, asked = mixed.index.catalog, dialogues[0]
    everything = np.arange(len(catalog))
    named = {m.item_id for d in dialogues for m in d.mentions}
    fresh = np.array([item not in named for item in catalog.ids])
    assert 2 <= fresh.sum() < len(catalog) - 4
    allowed = np.ones(len(catalog), dtype=bool)
    rows, scores = mixed.search(asked, np.zeros(8, np.float32), 6, allowed)
    assert len(rows) == len(scores) == len(set(rows.tolist())) == 6
    assert fresh[rows].tolist() == [True, False, False, True, False, False]
    content = plain.parts(asked, everything)[:, 0]
    assert rows[[0, 3]].tolist() == sorted(np.flatnonzero(fresh), key=lambda row: -content[row])[:2]
    known = [row for row in plain.search(asked, np.zeros(8, np.float32), 12, allowed)[0] if not fresh[row]]
    assert rows[~fresh[rows]].tolist() == known[:4]
    told = mixed.score(asked, np.zeros(8, np.float32), everything)
    assert np.array_equal(np.isnan(told), fresh)
    none_left = allowed & ~fresh
    assert not fresh[mixed.search(asked, np.zeros(8, np.float32), 6, none_left)[0]].any()
    with pytest.raises(ValueError, match="less than `k`"):
        Tower(make_index(), k=3, unnamed=3)


def test_texts_are_embedded_once_for_all_that_share_them(monkeypatch):
    index, seen = make_index(), []
    encode = WordEmbedder.encode

    def listening(self, texts, kind, progress=None):
        seen.extend(texts)
        return encode(self, texts, kind)

    monkeypatch.setattr(WordEmbedder, "encode", listening)
    vectors = TextVectors(index)
    towers = [Tower(index, **{**SMALL, "epochs": 1, "seed": seed}) for seed in (0, 1)]
    for tower in towers:
        tower.fit(pairs(30), vectors)
    assert seen and len(seen) == len(set(seen))
    seen.clear()  # what the towers learned from is not what they are asked with: the index keeps the latter
    for tower in towers:
        for dialogue in pairs(30):
            by_id(tower, dialogue)
    assert seen and len(seen) == len(set(seen))


@pytest.mark.parametrize(
    "dialogues",
    [
        [],
        [talk(("user", "hi", ()))],
        [talk(("user", "", ("alien",)))],
        [talk(("user", "hi", ()), ("assistant", "", ("nobody knows",)))],
        [talk(("user", "", ("alien",)), ("assistant", "yes", ("alien",)))],
    ],
    ids=["none", "no items", "first message", "unknown item", "named before"],
)
def test_nothing_to_learn_is_refused_and_what_was_learned_stays(paired, dialogues):
    before = by_id(paired, MIXED[3])
    with pytest.raises(ValueError, match=rf"none of {len(dialogues)} dialogues"):
        paired.fit(dialogues)
    assert close(by_id(paired, replace(MIXED[3])), before, 0) and paired.fitted


def test_an_interrupted_fit_leaves_what_was_learned():
    def stop(done, of):
        raise KeyboardInterrupt

    tower = Tower(make_index(), **SMALL)
    with pytest.raises(KeyboardInterrupt):
        tower.fit(pairs(40), progress=stop)
    assert not tower.fitted


def test_a_loss_that_explodes_is_said():
    with pytest.raises(FloatingPointError, match="lower its `lr`"):
        fitted(pairs(60), lr=float("inf"), epochs=3)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"k": 0}, "`k` is 0"),
        ({"epochs": 0}, "`epochs` is 0"),
        ({"members": 0}, "`members` is 0"),
        ({"width": 30, "heads": 4}, "multiple of `heads`"),
        ({"layers": 0}, "`layers` is 0"),
        ({"dropout": 1.0}, "`dropout` is 1.0"),
        ({"id_dropout": -0.1}, "`id_dropout` is -0.1"),
        ({"extra": {"plot": np.zeros((3, 2))}}, r"\(3, 2\).*12 items"),
    ],
)
def test_bad_arguments_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        Tower(make_index(), **wrong)


# -- events


def kinds_of(tower: Tower, dialogue: Dialogue, learn: bool = False) -> list[tuple[int, int]]:
    events = tower._now().events(dialogue, learn)
    return list(zip(events.turns.tolist(), events.kinds.tolist(), strict=True))


def test_events_of_a_dialogue(paired):
    dialogue = talk(
        ("system", "horror horror", ()),
        ("user", "horror with Toni Collette", ("alien", "alien")),
        ("assistant", "", ("heat",)),
        ("user", "horror, horror", ("alien",)),
    )
    assert kinds_of(paired, dialogue) == [
        (1, TEXT),
        (1, VALUE),
        (1, VALUE),
        (1, ITEM),
        (2, ITEM),  # nothing but a title is said
        (3, TEXT),
        (3, VALUE),
        (3, ITEM),
        (4, QUERY),
    ]
    events = paired._now().events(dialogue, learn=True)
    rows = paired.index.rows
    assert [gold.tolist() for gold in events.gold] == [rows(["alien"]).tolist(), rows(["heat"]).tolist()]
    assert [named.tolist() for named in events.named] == [[], rows(["alien"]).tolist()]
    assert [kind for turn, kind in kinds_of(paired, dialogue, True)].count(QUERY) == 2


def test_texts_of_messages_are_those_that_are_embedded(paired):
    dialogue = talk(("system", "be kind", ()), ("user", " two   words", ("heat",)), ("user", "", ("alien",)))
    assert message_texts(dialogue) == ["", "Heat two words", ""]
    for one in (*MIXED, dialogue):
        events = paired._now().events(one, learn=True)
        assert list(events.texts) == [text for text in message_texts(one) if text]


def test_phrases_are_whole_words_the_longest_wins_and_titles_are_not_read(paired):
    keys = [
        ("genres", "comedy"),
        ("genres", "dark comedy"),
        ("genres", "war"),
        ("genres", "it"),
        ("cast", "cher"),
        ("cast", "al pacino"),
        ("genres", "romance"),
        ("genres", "film"),
    ]
    find = Phrases(keys, ["cast"], ["film"]).find
    assert find(["A DARK comedy"]) == [1]
    assert find(["comedies, comedy"]) == [0]
    assert find(["warden it cher film pacino"]) == []
    assert find(["war with Al Pacino"]) == [2, 5]
    assert find(["al", "pacino"]) == []  # a title stands between
    assert find(["a rom-com"]) == [0, 6] or find(["a rom-com"]) == [6, 0]  # "Romance + Comedy"
    inside = Dialogue((Message("user", "I saw Horror."),), (Mention("alien", 0, 6, 12, 100.0),))
    assert VALUE not in [kind for _, kind in kinds_of(paired, inside)]


def test_values_that_only_one_item_bears_are_left_out(paired):
    known = paired._learned().keys
    assert ("genres", "horror") in known and ("directors", "ari aster") in known
    assert ("directors", "michael mann") not in known and ("genres", "crime") not in known
    known = fitted(pairs(20), epochs=1, min_frequency=4)._learned().keys
    assert set(known) == {("genres", "horror"), ("genres", "drama")}


def test_words_of_the_system_change_nothing(paired):
    """Its text takes no place among the others'."""
    said = (("user", "i like this", ("alien",)), ("assistant", "scary horror then", ()))
    first, second = talk(("system", "be kind", ()), *said), talk(("system", "count to nine", ()), *said)
    vectors = paired.query_vectors([talk(*said), first, second])
    assert np.allclose(vectors[0], vectors[1], atol=1e-6) and np.allclose(vectors[1], vectors[2], atol=1e-6)


# -- who sees what


def queries(tower: Tower, dialogue: Dialogue) -> np.ndarray:
    """The vectors of all queries of a whole dialogue, as in training."""
    state = tower._now()
    events = state.events(dialogue, learn=True)
    texts = torch.from_numpy(tower._embed(list(dict.fromkeys(events.texts))))
    place = {text: n for n, text in enumerate(dict.fromkeys(events.texts))}
    events = events.at(np.array([place[text] for text in events.texts], dtype=np.int64))
    with torch.inference_mode():
        return tower._learned().towers[0]([events], state.members[0].made, texts).numpy()


@pytest.mark.parametrize("layers", [1, 3])
def test_a_later_message_never_changes_an_earlier_query(layers):
    tower = fitted(pairs(40), layers=layers, epochs=2)
    said = (
        ("user", "i like horror", ("alien",)),
        ("assistant", "then take", ("heat", "mids")),
        ("user", "no, comedy", ("blade",)),
        ("assistant", "ok", ("shaun",)),
    )
    whole = queries(tower, talk(*said))
    assert len(whole) == 3
    for cut in (2, 3):
        assert np.allclose(queries(tower, talk(*said[:cut])), whole[: cut - 1], atol=1e-5)
    other = queries(
        tower, talk(*said[:2], ("user", "yes, drama", ("aliens",)), ("assistant", "ok", ("shaun",)))
    )
    assert np.allclose(other[:2], whole[:2], atol=1e-5)  # turn 2's own query does not see turn 2
    assert not np.allclose(other[2], whole[2], atol=1e-3)


def test_queries_do_not_see_each_other(paired):
    """Taking a query out, and nothing else, leaves the others as they were."""
    state = paired._now()
    dialogue = talk(("user", "hi", ("alien",)), ("assistant", "this", ("heat",)), ("user", "and", ("mids",)))
    events = state.events(dialogue, learn=True)
    texts = torch.from_numpy(paired._embed(list(events.texts)))
    gone = np.flatnonzero(events.kinds == QUERY)[0]
    parts = {name: np.delete(getattr(events, name), gone) for name in ("kinds", "roles", "turns", "places")}
    with torch.inference_mode():
        tower, items = paired._learned().towers[0], state.members[0].made
        both, one = tower([events], items, texts), tower([Events(**parts)], items, texts)
    assert len(both) == 2 and len(one) == 1 and torch.allclose(both[1], one[0], atol=1e-6)


def test_a_query_in_training_is_the_query_when_asked(paired):
    said = (("user", "i like horror", ("alien",)), ("assistant", "then take", ("heat",)))
    assert np.allclose(queries(paired, talk(*said))[0], paired.query_vector(talk(said[0]))[0], atol=1e-5)


def test_batch_is_single(paired):
    together = paired.query_vectors(MIXED * 10)
    assert together.shape == (50, 1, 32) and together.dtype == np.float32
    for place, dialogue in enumerate(MIXED * 10):
        assert np.allclose(together[place], paired.query_vector(dialogue), atol=1e-5)


def test_only_the_messages_between_count_for_distance(paired):
    """The same after 30 as after 60 empty messages: both are as far as can be told."""
    near, far, farther = (
        paired.query_vector(talk(("user", "horror", ("alien",)), *[("user", "", ())] * n))
        for n in (0, 30, 60)
    )
    assert np.allclose(far, farther, atol=1e-5) and not np.allclose(near, far, atol=1e-4)


# -- searching


def test_scores_are_log_probabilities_best_first_and_allowed(paired):
    dialogue = talk(("user", "hello", ("heat",)))
    scores = by_id(paired, dialogue)
    assert sum(np.exp(list(scores.values()))) == pytest.approx(1.0, abs=1e-4)
    allowed = np.arange(12) % 2 == 0
    rows, found = paired.search(dialogue, np.zeros(8, np.float32), 4, allowed)
    ids = list(paired.index.catalog.ids)
    order = sorted((row for row in range(12) if allowed[row]), key=lambda row: -scores[ids[row]])
    assert rows.tolist() == order[:4] and found.dtype == np.float32
    assert found.tolist() == [scores[ids[row]] for row in rows]


def test_scores_are_query_times_item_and_what_is_known_of_the_item(paired):
    dialogue = talk(("user", "hello", ("heat",)))
    tower, vectors = paired._learned().towers[0], paired.item_vectors()[0]
    assert vectors.shape == (12, 32) and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    counts = dict(zip(paired._learned().ids, paired._learned().counts, strict=True))
    bias = dict(zip(paired._learned().ids, tower.bias.tolist(), strict=True))
    logits = np.array(
        [
            np.exp(tower.sharpness.item()) * float(vectors[row] @ paired.query_vector(dialogue)[0])
            + tower.popularity.item() * np.log(counts.get(item, 0) + 0.5)
            + bias.get(item, 0.0)
            for row, item in enumerate(paired.index.catalog.ids)
        ]
    )
    slow = logits - np.log(np.exp(logits).sum())
    assert np.allclose(list(by_id(paired, dialogue).values()), slow, atol=1e-3)


def test_before_learning_it_finds_nothing(recwarn):
    tower = Tower(make_index())
    rows, scores = tower.search(MIXED[3], np.zeros(8, np.float32), 5, np.ones(12, dtype=bool))
    assert rows.dtype == np.int64 and len(rows) == len(scores) == 0
    assert np.isnan(tower.score(MIXED[3], np.zeros(8, np.float32), np.arange(3))).all()
    for ask in (tower.tensors, tower.item_vectors, lambda: tower.query_vector(MIXED[3])):
        with pytest.raises(ValueError, match="learned nothing yet"):
            ask()


def test_an_empty_dialogue_gets_what_is_named_most():
    dialogues = [talk(("user", "hi", ()), ("assistant", "take", ("mids",)))] * 30
    dialogues += [talk(("user", "hi", ()), ("assistant", "take", ("heat",)))] * 3
    tower = fitted(dialogues, epochs=10)
    assert best(tower, talk(), 2) == ["mids", "heat"]


@pytest.mark.parametrize(
    "text",
    [
        "\x00\ud800 \uffff<|endoftext|>",
        "(((" * 5000 + "horror",
        "a" * 20_000,
        "horror comedy " * 1400,
        "🎬" * 999,
        "İ" * 50,
    ],
    ids=["odd", "brackets", "long word", "many values", "pictures", "folding"],
)
def test_hostile_text_is_only_text(paired, text):
    mentions = (
        Mention("alien", 0, -5, 10**6, 100.0),
        Mention("heat", 0, 3, 1, 100.0),
        Mention("x", 9, 0, 1, 100.0),
    )
    for given in ((), mentions):
        dialogue = Dialogue((Message("user", text), Message("user", "ok")), given)
        assert np.isfinite(list(by_id(paired, dialogue).values())).all()
    assert len(kinds_of(paired, Dialogue((Message("user", text),)))) < 40


def test_long_dialogues_keep_to_the_newest(paired):
    lines = [(("user", "assistant")[n % 2], f"line {n} horror", (list(TITLES)[n % 12],)) for n in range(300)]
    whole = talk(*lines)
    assert len(kinds_of(paired, whole)) == MOST_EVENTS
    assert np.isfinite(list(by_id(paired, whole).values())).all()
    changed = talk(("user", "comedy", ("mids",)), *lines[1:])
    assert np.allclose(paired.query_vector(whole), paired.query_vector(changed), atol=1e-5)
    changed = talk(*lines[:-1], ("user", "comedy", ("mids",)))
    assert not np.allclose(paired.query_vector(whole), paired.query_vector(changed), atol=1e-3)
    tower = fitted(
        [talk(*[(role, said, (f"i{n}",)) for n, (role, said, _) in enumerate(lines)])] * 2,
        numbered(300),
        epochs=1,
    )
    assert tower.fitted and len(tower._now().events(whole, True)) <= MOST_EVENTS


def numbered(count: int) -> Index:
    return make_index(
        Catalog.from_records(
            [{"id": f"i{n}", "title": f"Item {n}", "kind": ["odd", "even"][n % 2]} for n in range(count)]
        )
    )


def test_gold_and_named_stay_with_their_queries_when_old_ones_are_cut():
    index = numbered(400)
    tower = fitted([talk(("user", "hi", ("i0",)), ("assistant", "so", ("i1",)))] * 4, index, epochs=1)
    lines = [(("user", "assistant")[n % 2], "well", (f"i{n}",)) for n in range(400)]
    events = tower._now().events(talk(*lines), True)
    turns = events.turns[events.kinds == QUERY].tolist()
    assert len(events) == MOST_EVENTS and 0 < len(turns) < 399
    assert [gold.tolist() for gold in events.gold] == [[turn] for turn in turns]  # item i<n> is row n
    assert [named.tolist() for named in events.named] == [list(range(turn)) for turn in turns]
    assert len(events.texts) == int((events.kinds == TEXT).sum())


def test_what_was_computed_for_a_dialogue_is_kept(paired, monkeypatch):
    dialogue = talk(("user", "hello", ("heat",)))
    first = by_id(paired, dialogue)
    monkeypatch.setattr(Tower, "query_vectors", lambda *_: pytest.fail("computed again"))
    assert by_id(paired, dialogue) == first


# -- other catalogues


def test_saved_and_restored_scores_are_equal(paired, tmp_path):
    save_sources([paired], tmp_path)
    again = Tower(make_index(), **SMALL)
    load_sources([again], tmp_path)
    for dialogue in MIXED:
        assert close(by_id(paired, dialogue), by_id(again, dialogue), 1e-5)
    assert np.array_equal(paired.item_vectors(), again.item_vectors())
    kept, twice = paired.tensors(), again.tensors()
    assert kept.keys() == twice.keys() and all(np.array_equal(kept[name], twice[name]) for name in kept)
    assert kept["tower.own.weight"].dtype == np.float16
    assert all(np.issubdtype(value.dtype, np.floating) or value.dtype == np.uint8 for value in kept.values())


def test_the_order_of_the_catalogue_changes_nothing(paired):
    records = [dict(item.fields, id=item.id, title=item.title) for item in reversed(make_movies().items)]
    again = Tower(make_index(Catalog.from_records(records, make_movies().schema)), **SMALL)
    again.restore(paired.tensors())
    assert list(again.index.catalog.ids) == list(reversed(paired.index.catalog.ids))
    for dialogue in MIXED:
        assert close(by_id(paired, dialogue), by_id(again, dialogue))


def test_items_that_come_and_go(paired):
    """The others keep their order; in what is not normalised, nothing changes at all."""
    index = make_index()
    tower = Tower(index, **SMALL)
    tower.restore(paired.tensors())
    dialogue = talk(("user", "hello", ("heat",)))
    before = by_id(tower, dialogue)
    index.remove(["alien", "shaun"])
    index.add([{"id": "ring", "title": "The Ring", "genres": ["Horror"], "year": 2002}])
    after = by_id(tower, dialogue)
    assert set(after) == set(before) - {"alien", "shaun"} | {"ring"} and np.isfinite(after["ring"])
    shift = after["heat"] - before["heat"]
    stayed = set(before) & set(after)
    assert all(abs(after[item] - before[item] - shift) < 1e-4 for item in stayed)
    assert sum(np.exp(list(after.values()))) == pytest.approx(1.0, abs=1e-4)
    fresh = Tower(index, **SMALL)
    fresh.restore(paired.tensors())
    assert close(by_id(fresh, dialogue), after, 1e-5)
    assert tower.item_vectors().shape == (1, 11, 32)


def test_values_of_a_smaller_catalogue_are_still_read(paired):
    """A word that was learned is heard even where only one item, or none, bears its value."""
    kept = [item.id for item in make_movies().items if "Horror" in item.values("genres")]
    index = make_index()
    index.remove(kept)
    tower = Tower(index, **SMALL)
    tower.restore(paired.tensors())
    assert (0, VALUE) in kinds_of(tower, talk(("user", "horror", ())))


def test_new_items_are_found_by_their_text_and_values():
    """A film that nobody ever named, alike to horror, goes before one that is not."""
    index = make_index()
    tower = fitted(scary(), index, id_dropout=0.5)
    new = [("n1", "Horror"), ("n2", "Comedy")]
    index.add([{"id": i, "title": "A Film", "genres": [genre], "year": 2001} for i, genre in new])
    scores = by_id(tower, talk(("user", "i want something scary please", ())))
    assert scores["n1"] > scores["n2"] + 0.5
    scores = by_id(tower, talk(("user", "i want something gentle please", ())))
    assert scores["n2"] > scores["n1"] + 0.5


def test_a_catalogue_of_strangers_is_left_alone(paired):
    """One known item is enough to speak; none is not."""
    index = numbered(5)
    tower = Tower(index, **SMALL)
    tower.restore(paired.tensors())
    assert (
        tower.fitted and np.isnan(list(by_id(tower, MIXED[1]).values())).all() and best(tower, MIXED[1]) == []
    )
    index.add([{"id": "heat", "title": "Heat", "kind": "odd"}])
    assert np.isfinite(list(by_id(tower, MIXED[1]).values())).all() and len(best(tower, MIXED[1], 6)) == 6


def test_what_nobody_named_has_no_vector_and_no_bias_of_its_own():
    """So that it is what an item added later is."""
    dialogues = [talk(("user", "hi", ("alien",)), ("assistant", "so", ("heat",)))] * 30
    tower = fitted(dialogues, weight_decay=0.5)
    learnt, features = tower._learned(), tower._now().inputs
    assert learnt.ids == ["alien", "heat"] and learnt.counts.tolist() == [30, 30]
    assert learnt.towers[0].own.weight.shape[0] == 3 and not learnt.towers[0].own.weight[2].any()
    assert learnt.towers[0].own.weight[0].any()
    unit = torch.zeros(12, 32)
    scores = learnt.towers[0].scores(torch.zeros(1, 32), unit, features)[0].tolist()
    rows = [row for row, item in enumerate(tower.index.catalog.ids) if item not in learnt.ids]
    assert scores[rows[0]] == pytest.approx(learnt.towers[0].popularity.item() * np.log(0.5))
    assert len({scores[row] for row in rows}) == 1


def test_mentions_are_counted_once_per_message():
    one = talk(("user", "hi", ("alien", "alien")), ("assistant", "so", ("heat", "alien")))
    tower = fitted([one] * 2, epochs=1)
    assert dict(zip(tower._learned().ids, tower._learned().counts, strict=True)) == {"alien": 4, "heat": 2}


def test_further_vectors_of_items_are_learned_from():
    """Two kinds that nothing else tells apart; a row with NaN is as one that comes later."""
    rng = np.random.default_rng(0)
    index = numbered(40)
    side = rng.integers(0, 2, 40)
    plot = np.where(side[:, None] == 1, [1.0, 0.0], [0.0, 1.0])
    plot[0] = np.nan
    words = {0: "northern", 1: "southern"}
    ids = list(index.catalog.ids)
    dialogues = []
    for _ in range(200):
        which = int(rng.integers(2))
        known = [n for n in range(1, 30) if side[n] == which]
        dialogues.append(
            talk(("user", words[which], ()), ("assistant", "take", (ids[int(rng.choice(known))],)))
        )
    tower = fitted(dialogues, index, extra={"plot": plot}, id_dropout=0.5, epochs=15)
    scores = np.array(list(by_id(tower, talk(("user", "southern", ()))).values()))
    unseen = np.arange(40) >= 30
    assert scores[unseen & (side == 1)].mean() > scores[unseen & (side == 0)].mean() + 0.5
    assert np.isfinite(scores).all()
    with pytest.raises(ValueError, match="extra.plot"):
        Tower(index, **SMALL).restore(tower.tensors())
    index.add([{"id": "new", "title": "Item 99", "kind": "odd"}])
    assert np.isfinite(list(by_id(tower, talk(("user", "southern", ()))).values())).all()


@pytest.mark.parametrize("name", ["counts", "ids", "values", "people", "embedder", "tower.output.weight"])
def test_a_missing_tensor_is_named(paired, name):
    tensors = paired.tensors()
    del tensors[name]
    with pytest.raises(ValueError, match=name):
        Tower(make_index(), **SMALL).restore(tensors)


def test_what_does_not_fit_is_named_and_what_was_learned_stays(paired):
    before = by_id(paired, MIXED[3])
    tensors = paired.tensors()
    wrong = {
        "tower.said.weight": tensors["tower.said.weight"][:, :5],
        "counts": tensors["counts"][:3],
        "left.over": np.zeros(2),
    }
    for name, value in wrong.items():
        with pytest.raises(ValueError, match=name):
            paired.restore({**tensors, name: value})
    with pytest.raises(ValueError, match=r"\(32,\), here \(16,\).*`width`"):
        Tower(make_index(), **{**SMALL, "width": 16}).restore(tensors)
    assert close(by_id(paired, replace(MIXED[3])), before, 0)


def test_another_embedder_is_refused(paired, monkeypatch):
    tensors = paired.tensors()
    monkeypatch.setattr(WordEmbedder, "name", "other-8")
    with pytest.raises(ValueError, match="words-8.*other-8"):
        Tower(make_index(), **SMALL).restore(tensors)


def test_the_module_takes_no_items_values_or_texts():
    """The smallest catalogue there can be: nothing is known of its item."""
    made = QueryTower(8, items=0, values=0, width=8, heads=2).eval()
    nothing = torch.empty(0, dtype=torch.long)
    features = ItemInputs(
        torch.zeros(1, 8),
        torch.zeros(1, dtype=torch.long),
        nothing,
        torch.zeros(1, dtype=torch.long),
        torch.empty(0),
        torch.zeros(1),
    )
    items = made.items(features)
    one = np.array([0])
    events = Events(np.array([QUERY]), one, one, one)
    vectors = made([events], items, torch.zeros(0, 8))
    assert vectors.shape == (1, 8) and made.scores(vectors, items, features).shape == (1, 1)
