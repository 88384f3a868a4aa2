"""Nearest dialogues: by hand, against a slow loop, and on catalogues that change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from safetensors.numpy import load, save

from conftest import WordEmbedder
from wherefore.catalog.catalog import Catalog
from wherefore.config import Component
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.retrieval.index import Index
from wherefore.retrieval.learned import Learned, TextVectors
from wherefore.retrieval.neighbours import Contexts, Neighbours, contexts_of
from wherefore.retrieval.tensors import packed

QUERY = np.zeros(8, dtype=np.float32)
ITEMS = [f"i{number}" for number in range(12)]


def make_index(ids=ITEMS, pca=None) -> Index:
    records = [{"id": item, "title": f"Book {item}"} for item in ids]
    return Index.build(
        Catalog.from_records(records), WordEmbedder(), Component(name="faiss", factory="Flat"), pca
    )


def talk(*messages: str) -> Dialogue:
    """Messages in turn, the user's first; every word that begins with @ is an item named."""
    said, mentions = [], []
    for number, text in enumerate(messages):
        role = ("user", "assistant")[number % 2]
        if text.startswith("system:"):
            role = "system"
        place = 0
        for word in text.split(" "):
            if word.startswith("@"):
                mentions.append(Mention(word[1:], number, place, place + len(word), 100.0))
            place += len(word) + 1
        said.append(Message(role, text))
    return Dialogue(tuple(said), tuple(mentions))


def everything(source, dialogue) -> dict[str, float]:
    """Score of every item by id, those without one left out."""
    index = source.index
    scores = source.score(dialogue, QUERY, np.arange(len(index)))
    return {
        item: score for item, score in zip(index.catalog.ids, scores.tolist(), strict=True) if score == score
    }


WORDS = "ship desert robot wedding island heist winter piano funny scary old new".split()


def random_talks(count: int, seed: int = 0) -> list[Dialogue]:
    draw = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        messages = []
        for _ in range(draw.integers(2, 7)):
            parts = draw.choice(WORDS, size=draw.integers(0, 4)).tolist()
            parts += [f"@{ITEMS[n]}" for n in draw.integers(0, 10, size=draw.integers(0, 3))]
            messages.append(" ".join(parts) or "hm")
        made.append(talk(*messages))
    return made


def fitted(training, index=None, **options) -> Neighbours:
    source = Neighbours(index or make_index(), **options)
    source.fit(training)
    return source


# -- contexts


def test_contexts_by_hand():
    dialogue = talk("hello you", "try @a and @b", "@b no", "then @c or @a @c", "@c fine")
    assert contexts_of(dialogue, 300) == [
        ("hello you", [], ["a", "b"]),
        ("hello you\ntry @a and @b\n@b no", ["a", "b"], ["c"]),
    ]
    assert contexts_of(dialogue, 7)[1] == ("b\n@b no", ["a", "b"], ["c"])
    assert contexts_of(talk("@a good"), 300) == []  # the first message answers nothing


def test_contexts_without_words_are_passed_over():
    assert contexts_of(talk("@a", "@b", "@c"), 300) == []
    assert contexts_of(talk("@a , ...", "@b @d", "hm @c", "@e"), 300) == [
        ("@a , ...\n@b @d\nhm @c", ["a", "b", "d", "c"], ["e"])
    ]
    assert contexts_of(talk("system: be kind", "@a"), 300) == []
    assert contexts_of(talk("system: be kind", "hm", "@a"), 300) == [("hm", [], ["a"])]


def test_the_newest_contexts_are_kept():
    training = [talk(f"old {n}", f"@i{n}", "more", f"@i{n + 1}") for n in (0, 4, 8)]
    whole = fitted(training, power=1.0)
    assert whole.tensors()["vectors"].shape == (6, 8)
    few = fitted(training, max_contexts=3)
    assert few.tensors()["vectors"].shape == (3, 8)
    assert sorted(everything(few, talk("old 0"))) == ["i5", "i8", "i9"]


# -- scores


def test_votes_by_hand():
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1], [-1, 0]], dtype=np.float32)
    contexts = Contexts.of(vectors, [[0], [0, 1], [], [1]], [[2], [2, 3], [4], [4]], 5, by_rarity=False)
    said = np.array([1, 0], dtype=np.float32)
    assert contexts.near(said, [], 0.5) == pytest.approx([1, 0.8, 0, -1])
    # With 0 named: context 0 shares 1 of 1, context 1 one of two: 1 / sqrt(2).
    assert contexts.near(said, [0], 0.5) == pytest.approx([1.5, 0.8 + 0.5 / math.sqrt(2), 0, -1])
    # 0 and something unknown named: the cosine halves by sqrt(2).
    assert contexts.near(said, [0, -1], 1.0) == pytest.approx([1 + 1 / math.sqrt(2), 1.3, 0, -1])
    near = np.array([1, 0.8, 0, -1], dtype=np.float32)
    assert contexts.votes(near, 4, 2.0) == pytest.approx([0, 0, 1 + 0.64, 0.64, 0])
    assert contexts.votes(near, 1, 2.0) == pytest.approx([0, 0, 1, 0, 0])
    assert contexts.votes(-near, 4, 1.0) == pytest.approx([0, 0, 0, 0, 1])
    assert contexts.votes(near * 0, 4, 1.0) == pytest.approx([0] * 5)


def test_rare_items_in_common_say_more():
    vectors = np.zeros((4, 2), dtype=np.float32)
    contexts = Contexts.of(vectors, [[0, 1], [0], [0], []], [[2]] * 4, 3)
    common, rare = math.log1p(4 / 3), math.log1p(4)
    unit = math.hypot(common, rare)
    near = contexts.near(np.zeros(2), [0, 1], 1.0)
    assert near == pytest.approx([1, common / unit, common / unit, 0])
    assert contexts.near(np.zeros(2), [1], 1.0) == pytest.approx([rare / unit, 0, 0, 0])


def slow_scores(training, dialogue, nearest, power, overlap):
    """The definition, one context at a time."""
    embedder = WordEmbedder()
    contexts = [context for one in training for context in contexts_of(one, 300)]
    naming = {item: sum(item in named for _, named, _ in contexts) for item in ITEMS}

    def idf(item):
        return math.log(1 + len(contexts) / max(1, naming[item]))

    said = "\n".join(message.content for message in dialogue.messages)[-300:]
    now = embedder.encode([said], "query")[0]
    here = {mention.item_id for mention in dialogue.mentions}
    found = []
    for place, (text, named, gold) in enumerate(contexts):
        both = sum(idf(item) ** 2 for item in here & set(named))
        size = math.sqrt(sum(idf(i) ** 2 for i in here)) * math.sqrt(sum(idf(i) ** 2 for i in named))
        cosine = float(embedder.encode([text], "query")[0].astype(np.float16).astype(np.float32) @ now)
        found.append((-(cosine + overlap * (both / size if both else 0.0)), place, gold))
    scores = {item: 0.0 for _, _, gold in found for item in gold}
    for negative, _, gold in sorted(found)[:nearest]:
        for item in gold:
            scores[item] += max(0.0, -negative) ** power
    return scores


@pytest.mark.parametrize(("nearest", "power", "overlap"), [(5, 4.0, 0.5), (200, 1.5, 2.0), (30, 2.0, 0.0)])
def test_scores_are_those_of_a_slow_loop(nearest, power, overlap):
    training = random_talks(40)
    source = fitted(training, nearest=nearest, power=power, overlap=overlap)
    for dialogue in (*random_talks(8, seed=1), talk("a funny robot @i11")):
        expected = slow_scores(training, dialogue, nearest, power, overlap)
        assert expected
        assert everything(source, dialogue) == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_search_gives_the_best_allowed_first():
    source = fitted(random_talks(40))
    dialogue = talk("a funny robot @i3")
    scores = everything(source, dialogue)
    allowed = np.arange(12) % 2 == 0
    rows, found = source.search(dialogue, QUERY, 3, allowed)
    even = [item for item in scores if scores[item] > 0 and int(item[1:]) % 2 == 0]
    expected = sorted(even, key=lambda item: -scores[item])[:3]
    assert [source.index.catalog.ids[row] for row in rows] == expected
    assert found.tolist() == [scores[item] for item in expected] and found.dtype == np.float32


def test_nothing_said_means_no_score():
    source = fitted(random_talks(10))
    for silent in (Dialogue(()), talk(" "), talk("system: be kind")):
        assert everything(source, silent) == {}
        assert len(source.search(silent, QUERY, 3, np.ones(12, dtype=bool))[0]) == 0


def test_only_the_end_of_what_was_said_is_compared():
    source = fitted([talk("robot", "@i1"), talk("piano", "@i2")], chars=5, power=1.0, overlap=0.0)
    assert everything(source, talk("piano piano", "robot")) == everything(source, talk("robot"))
    assert everything(source, talk("robot"))["i1"] == pytest.approx(1, abs=1e-3)


def test_one_dialogue_is_embedded_once():
    index = make_index()
    source = fitted(random_talks(10), index)
    asked = []
    encode = index.embedder.encode
    index.embedder.encode = lambda texts, kind: asked.append((list(texts), kind)) or encode(texts, kind)
    dialogue = talk("a funny robot")
    source.search(dialogue, QUERY, 3, np.ones(12, dtype=bool))
    source.score(dialogue, QUERY, np.arange(12))
    assert asked == [(["a funny robot"], "query")]
    source.score(talk("a funny robot"), QUERY, np.arange(12))
    assert len(asked) == 1
    source.score(talk("a sad robot"), QUERY, np.arange(12))
    assert len(asked) == 2


# -- learning


def test_shared_vectors_are_the_same_vectors():
    training = random_talks(20)
    for pca in (None, 5):
        index = make_index(pca=pca)
        alone, shared = fitted(training, index), Neighbours(index)
        shared.fit(training, TextVectors(index))
        assert alone.tensors()["vectors"].shape[1] == index.dim
        for key, tensor in alone.tensors().items():
            if tensor.dtype == np.float16:
                np.testing.assert_allclose(tensor, shared.tensors()[key], atol=1e-3)
            else:
                np.testing.assert_array_equal(tensor, shared.tensors()[key])


def test_every_text_is_embedded_once_and_progress_told():
    index, told, asked = make_index(), [], []
    encode = index.embedder.encode

    def listening(texts, kind, progress=None):
        asked.extend(texts)
        progress(len(texts), len(texts))
        return encode(texts, kind)

    index.embedder.encode = listening
    Neighbours(index).fit(
        [talk("hi", "@i1"), talk("hi", "@i2"), talk("ho", "@i2")], progress=lambda *at: told.append(at)
    )
    assert asked == ["hi", "ho"] and told == [(2, 2)]


class Wide:
    def get(self, texts, progress=None):
        return np.zeros((len(texts), 9), dtype=np.float16)


def test_bad_input_is_refused():
    for training in ([], [talk("@i1", "@i2")], [talk("words only", "indeed")]):
        with pytest.raises(ValueError, match="nothing to learn from"):
            fitted(training)
    with pytest.raises(ValueError, match=r"shape \(1, 9\); with this index they must be 8 wide"):
        Neighbours(make_index()).fit([talk("hi", "@i1")], Wide())
    for option, value in (("k", 0), ("nearest", 0), ("max_contexts", 0), ("chars", 0), ("power", 0.0)):
        with pytest.raises(ValueError, match=f"`{option}` is {value}"):
            Neighbours(make_index(), **{option: value})
    with pytest.raises(ValueError, match="`overlap` -1"):
        Neighbours(make_index(), overlap=-1)


# -- saved and restored


def test_what_is_restored_scores_alike():
    source = fitted(random_talks(40))
    other = Neighbours(make_index())
    other.restore(load(save(source.tensors())))
    assert other.fitted and isinstance(source, Learned)
    for dialogue in random_talks(5, seed=1):
        assert everything(other, dialogue) == everything(source, dialogue)


def test_items_are_known_by_id_on_another_catalogue():
    source = fitted(random_talks(40))
    ids = ["x", "i7", "i3", "i0", "y"]
    other = Neighbours(make_index(ids))
    other.restore(source.tensors())
    for dialogue in random_talks(5, seed=1):
        whole = everything(source, dialogue)
        assert everything(other, dialogue) == {item: whole[item] for item in ("i7", "i3", "i0")}


def test_items_added_and_removed_later():
    source = fitted(random_talks(40))
    dialogue = talk("a funny robot @i3")
    before = everything(source, dialogue)
    source.index.remove(["i2", "i11"])
    source.index.add([{"id": "new", "title": "New"}])
    assert everything(source, dialogue) == {item: score for item, score in before.items() if item != "i2"}
    source.index.add([{"id": "i2", "title": "Book i2"}])
    assert everything(source, dialogue) == before


def test_before_it_has_learned_and_when_it_learns_again():
    source = Neighbours(make_index())
    dialogue = talk("robot")
    assert not source.fitted
    assert len(source.search(dialogue, QUERY, 3, np.ones(12, dtype=bool))[0]) == 0
    assert everything(source, dialogue) == {}
    with pytest.raises(ValueError, match="'neighbours' has learned nothing"):
        source.tensors()
    source.fit([talk("robot", "@i1")])
    assert list(everything(source, dialogue)) == ["i1"]
    source.fit([talk("robot", "@i2")])
    assert list(everything(source, dialogue)) == ["i2"]


def broken():
    good = fitted(random_talks(10)).tensors()
    nan = good["vectors"].copy()
    nan[0, 0] = np.nan
    far = good["gold"].copy()
    far[-1] = 99
    yield {key: value for key, value in good.items() if key != "gold"}, "missing: gold"
    yield good | {"extra": good["gold"]}, "unknown: extra"
    yield good | {"vectors": good["vectors"][0]}, "`vectors` is float16 of shape"
    yield good | {"vectors": good["vectors"][:, :7]}, "7 wide; here they are of 'words-8', 8 wide"
    yield good | {"vectors": good["vectors"][1:]}, "`starts` of shape"
    yield good | {"vectors": nan}, "NaN or infinity"
    yield good | {"embedder": packed("other")}, "vectors of 'other'"
    yield good | {"embedder": packed("other")[1:]}, "`embedder` is not JSON"
    yield good | {"gold": far}, "`gold` holds 99"
    yield good | {"gold_starts": good["gold_starts"][:-1]}, "`gold_starts` of shape"
    yield good | {"items": packed(["i1", "i1"])}, "different ids"


@pytest.mark.parametrize("number", range(11))
def test_broken_tensors_are_refused_and_change_nothing(number):
    every = list(broken())
    assert len(every) == 11
    source = fitted(random_talks(10))
    before = everything(source, talk("robot"))
    tensors, said = every[number]
    with pytest.raises(ValueError, match=said):
        source.restore(tensors)
    assert everything(source, talk("robot")) == before
