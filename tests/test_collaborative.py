"""Items that go together: against ridge regressions, by hand, and on catalogues that change."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load, save

from conftest import WordEmbedder
from wherefore.catalog.catalog import Catalog
from wherefore.config import Component
from wherefore.dialogue.messages import Dialogue, Mention, Message
from wherefore.dialogue.state import Preferences
from wherefore.retrieval.collaborative import Collaborative, item_item
from wherefore.retrieval.index import Index
from wherefore.retrieval.learned import Learned
from wherefore.retrieval.sparse import SparseRows
from wherefore.retrieval.tensors import packed, unpacked

LETTERS = "abcdefgh"
QUERY = np.zeros(8, dtype=np.float32)


def make_index(ids=LETTERS) -> Index:
    records = [{"id": item, "title": f"The book of {item}"} for item in ids]
    return Index.build(Catalog.from_records(records), WordEmbedder(), Component(name="faiss", factory="Flat"))


def talk(*messages: str, **preferences) -> Dialogue:
    """Messages in turn, the user's first; every letter is an item named."""
    mentions = [
        Mention(item, number, place, place + 1, 100.0)
        for number, text in enumerate(messages)
        for place, item in enumerate(text)
    ]
    roles = ("user", "assistant")
    said = tuple(Message(roles[number % 2], text) for number, text in enumerate(messages))
    return Dialogue(said, tuple(mentions), Preferences(**preferences))


TRAINING = [talk("ab", "c"), talk("ab"), talk("a", "c", "d"), talk("de"), talk("e", "d"), talk("b", "c")]


def fitted(index=None, training=TRAINING, **options) -> Collaborative:
    source = Collaborative(index or make_index(), **({"regularization": 1.0} | options))
    source.fit(training)
    return source


def everything(source, dialogue) -> dict[str, float]:
    """Score of every item by id, those without one left out."""
    index = source.index
    scores = source.score(dialogue, QUERY, np.arange(len(index)))
    return {
        item: score for item, score in zip(index.catalog.ids, scores.tolist(), strict=True) if score == score
    }


def slow(sets, weights, n, regularization) -> np.ndarray:
    """Each item regressed on all others by weighted ridge: what the closed form solves at once."""
    x = np.array([[item in one for item in range(n)] for one in sets], dtype=float)
    w = np.array(weights, dtype=float)[:, None]
    made = np.zeros((n, n))
    for item in range(n):
        others = [other for other in range(n) if other != item]
        left = x[:, others].T @ (w * x[:, others]) + regularization * np.eye(n - 1)
        made[others, item] = np.linalg.solve(left, x[:, others].T @ (w[:, 0] * x[:, item]))
    return made


# -- the weights


def test_two_items_by_hand():
    # X'X + 1 is [[4, 2], [2, 3]]; its inverse [[3, -2], [-2, 4]] / 8.
    assert item_item([[0, 1], [1, 0], [0]], None, 2, 1.0) == pytest.approx(np.array([[0, 0.5], [2 / 3, 0]]))


@pytest.mark.parametrize("regularization", [0.5, 30.0])
def test_item_item_is_a_ridge_regression_per_item(regularization):
    draw = np.random.default_rng(3)
    sets = [draw.choice(9, size=draw.integers(1, 6), replace=False).tolist() for _ in range(50)]
    weights = draw.uniform(0.1, 2.0, size=50).tolist()
    made = item_item(sets, weights, 9, regularization)
    assert made.dtype == np.float32
    assert made == pytest.approx(slow(sets, weights, 9, regularization), abs=1e-5)
    assert not np.allclose(made, made.T, atol=1e-3)  # i for j is not j for i
    assert item_item(sets, None, 9, 1.0) == pytest.approx(slow(sets, [1] * 50, 9, 1.0), abs=1e-5)


def test_thinning_keeps_what_is_furthest_from_zero():
    matrix = np.random.default_rng(0).normal(size=(1200, 7))
    matrix[5] = 0
    rows = SparseRows.thin(matrix, 3)
    assert rows.values.dtype == np.float16 and rows.columns.dtype == np.uint16
    for number, line in enumerate(matrix):
        columns, values = rows.row(number)
        best = sorted(sorted(range(7), key=lambda column: -abs(line[column]))[:3]) if number != 5 else []
        assert columns.tolist() == best
        assert values == pytest.approx(line[best], rel=1e-3)
    assert len(SparseRows.thin(matrix, 100).values) == 1199 * 7


# -- scores


def test_a_score_is_the_sum_of_the_weights_from_what_was_named():
    letters = "abcde"  # f, g and h never took part
    weights = slow([[0, 1, 2], [0, 1], [0, 2, 3], [3, 4], [4, 3], [1, 2]], [1] * 6, 5, 1.0)
    source = fitted()
    for named in ("a", "ad", "bce"):
        found = everything(source, talk(named[0], named[1:]))
        expected = weights[[letters.index(item) for item in named]].sum(axis=0)
        assert found == pytest.approx(dict(zip(letters, expected, strict=True)), abs=2e-3)
    assert everything(source, talk("aa", "a")) == everything(source, talk("a"))  # each once


def test_search_gives_the_best_allowed_first():
    source = fitted()
    scores = everything(source, talk("a"))
    allowed = np.ones(8, dtype=bool)
    allowed[source.index.catalog.row("c")] = False
    rows, found = source.search(talk("a"), QUERY, 5, allowed)
    expected = sorted((item for item in scores if scores[item] > 0 and item != "c"), key=lambda i: -scores[i])
    assert [source.index.catalog.ids[row] for row in rows] == expected
    assert found.tolist() == [scores[item] for item in expected]
    assert found.dtype == np.float32
    assert len(source.search(talk("a"), QUERY, 1, np.ones(8, dtype=bool))[0]) == 1


def test_few_neighbours_keep_the_strongest():
    whole, thinned = everything(fitted(), talk("a")), everything(fitted(neighbours=2), talk("a"))
    strongest = sorted(whole, key=lambda item: -abs(whole[item]))[:2]
    assert thinned == {item: whole[item] if item in strongest else 0.0 for item in whole}


def test_nothing_known_named_means_no_score():
    source = fitted()
    every = np.ones(8, dtype=bool)
    for silent in (talk(), talk("f"), talk("zz"), talk("a", disliked=("a",))):
        assert everything(source, silent) == {}
        assert len(source.search(silent, QUERY, 5, every)[0]) == 0
        assert np.isnan(source.parts(silent, np.arange(8))).all()
    assert everything(source, talk("af", "z")) == everything(source, talk("a"))


def test_what_is_liked_counts_as_named_and_what_is_disliked_as_told():
    source = fitted()
    assert everything(source, talk(liked=("a", "d"))) == everything(source, talk("ad"))
    assert everything(source, talk("ad", disliked=("d",))) == everything(source, talk("a"))
    against = fitted(disliked=-0.5)
    a, d = everything(source, talk("a")), everything(source, talk("d"))
    expected = {item: a[item] - 0.5 * d[item] for item in a}
    assert everything(against, talk("ad", disliked=("d",))) == pytest.approx(expected, abs=1e-6)


def test_parts_by_hand():
    source = fitted()
    rows = np.array([7, 2, 4, 0])  # h, c, e, a

    def column(dialogue):
        return source.score(dialogue, QUERY, rows)

    parts = source.parts(talk("a", "bd", "fa"), rows)
    assert parts.shape == (4, 3) and parts.dtype == np.float32
    assert len(source.part_names) == 3
    assert np.isnan(parts[0]).all()  # h never took part
    np.testing.assert_allclose(parts[:, 0], column(talk("a")))
    np.testing.assert_allclose(parts[:, 1], column(talk("bd")))
    np.testing.assert_allclose(parts[:, 2], column(talk("a")))
    assert not np.allclose(parts[1:, 0], parts[1:, 1])
    newest_unknown = source.parts(talk("a", "db", "f"), rows)  # f is not known: b was named last
    np.testing.assert_allclose(newest_unknown[:, 2], column(talk("b")))
    only_user = source.parts(talk("a"), rows)
    assert np.isnan(only_user[:, 1]).all()
    np.testing.assert_allclose(only_user[:, 0], only_user[:, 2])
    liked = source.parts(talk(liked=("b",)), rows)
    np.testing.assert_allclose(liked[:, 0], column(talk("b")))
    assert np.isnan(liked[:, 1:]).all()


# -- learning


def write_likes(path, *lines):
    path.write_text("\n".join(("user_id,item_id", *lines)) + "\n", encoding="utf-8")
    return {"name": "csv", "path": str(path), "rating": None}


def test_ratings_join_in_with_their_weight(tmp_path):
    likes = write_likes(tmp_path / "likes.csv", "1,f", "1,a", "1,b", "1,c", "2,g")
    sets = [[0, 1, 2], [0, 1], [0, 2, 3], [3, 4], [4, 3], [1, 2]]
    for ratings, weight in (([likes], 3.0), ([Component(**likes)], 0.5)):
        source = fitted(ratings=ratings, rating_weight=weight)
        weights = slow([*sets, [0, 1, 2, 5]], [1] * 6 + [weight / 2], 6, 1.0)  # sqrt of 4 items is 2
        expected = dict(zip("abcdef", weights[0], strict=True))  # g was liked alone: no set
        assert everything(source, talk("a")) == pytest.approx(expected, abs=2e-3)
    assert everything(fitted(ratings=[likes], rating_weight=0.0), talk("a")) == everything(
        fitted(), talk("a")
    )
    alone = fitted(ratings=[likes], dialogue_weight=0.0)
    assert sorted(everything(alone, talk("a"))) == ["a", "b", "c", "f"]


def test_a_dialogue_has_the_weight_it_is_given():
    assert everything(fitted(dialogue_weight=2.0), talk("a")) == pytest.approx(
        everything(fitted(regularization=0.5), talk("a")), abs=1e-3
    )


def test_too_many_items_leave_the_rarest_out_and_say_so():
    with pytest.warns(UserWarning, match=r"5 items are named or liked, `max_items` is 3"):
        source = fitted(max_items=3)
    assert sorted(everything(source, talk("a"))) == ["a", "b", "c"]  # a, b, c and d thrice each, e twice
    training = [talk("abc"), talk("cd"), talk("b", "c", "d")]
    with pytest.warns(UserWarning, match="4 items"):
        source = fitted(training=training, max_items=3)
    kept = fitted(training=[talk("bc"), talk("cd"), talk("b", "c", "d")])
    assert everything(source, talk("ac")) == everything(kept, talk("c"))
    assert sorted(everything(source, talk("c"))) == ["b", "c", "d"]


def test_nothing_to_learn_from_is_refused():
    for training, options in (([], {}), ([talk(""), talk("")], {}), (TRAINING, {"dialogue_weight": 0.0})):
        with pytest.raises(ValueError, match="nothing to learn from"):
            fitted(training=training, **options)


def test_progress_and_seeds():
    told = []
    source = Collaborative(make_index(), regularization=1.0)
    source.fit(TRAINING, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    backwards = fitted(make_index(LETTERS[::-1]), TRAINING[::-1])
    for key, tensor in source.tensors().items():
        np.testing.assert_array_equal(tensor, backwards.tensors()[key])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("k", 0),
        ("neighbours", 0),
        ("regularization", 0),
        ("regularization", float("nan")),
        ("rating_weight", -1),
        ("dialogue_weight", float("inf")),
        ("disliked", float("nan")),
        ("max_items", 0),
        ("max_items", 70_000),
    ],
)
def test_bad_options_are_refused(option, value):
    with pytest.raises(ValueError, match=f"`{option}` is {value}"):
        Collaborative(make_index(), **{option: value})


# -- saved and restored


def test_what_is_restored_scores_alike():
    source = fitted()
    other = Collaborative(make_index())
    other.restore(load(save(source.tensors())))
    assert other.fitted
    for named in ("a", "be", "h"):
        assert everything(other, talk(named)) == everything(source, talk(named))
    assert isinstance(source, Learned)


def test_items_are_known_by_id_on_another_catalogue():
    source = fitted()
    here = Collaborative(make_index("xecya"))  # others, in another order; b and d are not there
    here.restore(source.tensors())
    for named in ("a", "bd", "cx"):  # what was named need not be in the catalogue
        whole = everything(source, talk(named))
        assert everything(here, talk(named)) == {item: whole[item] for item in "eca"}


def test_items_added_and_removed_later():
    source = fitted(make_index())
    dialogue = talk("a")
    before = everything(source, dialogue)
    source.index.remove(["b", "h"])
    source.index.add([{"id": "new", "title": "New"}])
    assert everything(source, dialogue) == {item: score for item, score in before.items() if item != "b"}
    assert len(source.score(dialogue, QUERY, np.arange(7))) == 7
    source.index.add([{"id": "b", "title": "The book of b"}])
    assert everything(source, dialogue) == before
    rows, _ = source.search(dialogue, QUERY, 9, np.ones(8, dtype=bool))
    assert "b" in {source.index.catalog.ids[row] for row in rows}


def test_fitting_again_forgets():
    source = fitted()
    dialogue = talk("a")
    assert everything(source, dialogue)["b"] > 0
    source.fit([talk("af"), talk("f")])
    assert sorted(everything(source, dialogue)) == ["a", "f"]


def test_before_it_has_learned():
    source = Collaborative(make_index())
    assert not source.fitted
    assert len(source.search(talk("a"), QUERY, 5, np.ones(8, dtype=bool))[0]) == 0
    assert everything(source, talk("a")) == {}
    assert np.isnan(source.parts(talk("a"), np.arange(8))).all()
    with pytest.raises(ValueError, match="'collaborative' has learned nothing"):
        source.tensors()


def broken():
    good = fitted().tensors()
    nan = good["values"].copy()
    nan[0] = np.nan
    far = good["columns"].copy()
    far[0] = 5
    falling = good["starts"].copy()
    falling[1] = 10**6
    yield {key: value for key, value in good.items() if key != "values"}, "missing: values"
    yield good | {"extra": good["starts"]}, "unknown: extra"
    yield good | {"values": good["values"].astype(np.float32)}, "`values` is float32"
    yield good | {"columns": good["columns"][None]}, "`columns` is uint16 of shape"
    yield good | {"values": good["values"][1:]}, "`values` has shape"
    yield good | {"values": nan}, "finite"
    yield good | {"columns": far}, "`columns` holds 5"
    yield good | {"starts": falling}, "`starts` of shape"
    yield good | {"starts": good["starts"][:-1]}, "into 5 rows"
    yield good | {"items": packed(["a", "a", "b", "c", "d"])}, "different ids"
    yield good | {"items": packed({"a": 1})}, "different ids"
    yield good | {"items": good["items"][:-1]}, "not JSON"
    yield good | {"items": packed(unpacked(good["items"])[:-1])}, "into 4 rows"


@pytest.mark.parametrize("number", range(13))
def test_broken_tensors_are_refused_and_change_nothing(number):
    tensors, said = list(broken())[number]
    source = fitted()
    before = everything(source, talk("a"))
    with pytest.raises(ValueError, match=said):
        source.restore(tensors)
    assert everything(source, talk("a")) == before
    assert len(list(broken())) == 13


def test_rows_without_entries():
    rows = SparseRows(np.array([0, 0, 1]), np.array([0], np.uint16), np.array([2], np.float16))
    assert rows.row(0)[0].tolist() == [] and rows.row(1)[1].tolist() == [2]
