"""Codes of items: no two alike, each leading back, and kept when the catalogue changes; and the trie of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherefore.errors import CheckpointError, ConfigError, TrainingError
from wherefore.retrieval.code_trie import CodeTrie, Writing
from wherefore.retrieval.item_codes import ItemCodes, Quantizer, digits


def vectors(n: int, seed: int = 0, twins: int = 0) -> dict[str, np.ndarray]:
    """Text and taste of n items, the first `twins` of which are the same; a third has no taste."""
    rng = np.random.default_rng(seed)
    text = rng.normal(size=(n, 6)).astype(np.float32)
    text[:twins] = text[0]
    taste = text[:, :3] @ rng.normal(size=(3, 4)).astype(np.float32) + 0.01 * rng.normal(size=(n, 4))
    taste[:twins] = taste[0]
    taste[twins::3] = np.nan
    return {"text": text, "taste": taste.astype(np.float32)}


def names(n: int) -> list[str]:
    return [f"i{place}" for place in range(n)]


def coded(n: int, codes: int = 4, levels: int = 2, twins: int = 0) -> tuple[ItemCodes, np.ndarray]:
    parts = vectors(n, twins=twins)
    quantizer = Quantizer.fit(parts, levels, codes, seed=1)
    given = quantizer.vectors(parts)
    return ItemCodes(quantizer).with_items(names(n), given), given


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(1, 60),
    twins=st.integers(0, 40),
    codes=st.sampled_from([1, 2, 3, 8]),
    levels=st.integers(1, 3),
)
def test_every_code_is_of_one_item_and_none_begins_another(
    n: int, twins: int, codes: int, levels: int
) -> None:
    made, _ = coded(n, codes, levels, min(twins, n))
    own = [made.code(item) for item in names(n)]
    assert len(set(own)) == n
    assert [made.item(code) for code in own] == names(n)
    written = [tuple(row[row >= 0].tolist()) for row in made.matrix(names(n))]
    assert all(not other[: len(one)] == one for one in written for other in written if other is not one)


@settings(max_examples=25, deadline=None)
@given(changes=st.lists(st.tuples(st.booleans(), st.integers(0, 39)), min_size=1, max_size=12))
def test_items_that_come_and_go_leave_the_others_their_codes(changes: list[tuple[bool, int]]) -> None:
    parts = vectors(40, twins=20)
    quantizer = Quantizer.fit({name: one[:10] for name, one in parts.items()}, 2, 3)
    everyone = quantizer.vectors(parts)
    here, codes = set(range(10)), ItemCodes(quantizer)
    codes = codes.with_items(names(10), everyone[:10])
    known = {item: codes.code(item) for item in codes}
    for comes, place in changes:
        here = here | {place} if comes else here - {place}
        rows = sorted(here)
        codes = codes.with_items([f"i{row}" for row in rows], everyone[rows])
        assert all(codes.code(item) == code for item, code in known.items())
        known = {item: codes.code(item) for item in codes}
        assert len(set(known.values())) == len(known)


def test_equal_seeds_give_equal_codes_and_alike_items_share_their_beginning() -> None:
    first, given = coded(50, codes=8)
    second, _ = coded(50, codes=8)
    assert {item: first.code(item) for item in first} == {item: second.code(item) for item in second}
    new = first.with_items(["twin"], given[7:8])  # an item that lies where i7 lies, and was not there before
    assert new.code("twin")[:-1] == first.code("i7")[:-1]
    assert new.code("twin") != first.code("i7")


def test_what_an_item_lacks_is_guessed_from_its_text() -> None:
    parts = vectors(200)
    quantizer = Quantizer.fit(parts, 2, 8)
    whole = vectors(200) | {}
    lacking = {"text": whole["text"], "taste": np.full_like(whole["taste"], np.nan)}
    known = np.isfinite(parts["taste"]).all(axis=1)
    said, guessed = quantizer.vectors(parts)[known], quantizer.vectors(lacking)[known]
    taste = slice(6, 10)
    off = np.square(said[:, taste] - guessed[:, taste]).sum() / np.square(said[:, taste]).sum()
    assert off < 0.05  # the text says almost all of it here
    assert np.isfinite(quantizer.vectors(parts)).all()


def test_weights_say_what_codes_go_by() -> None:
    parts = vectors(60)
    parts["taste"] = np.repeat(np.eye(4, dtype=np.float32), 15, axis=0)
    by_taste = Quantizer.fit(parts, 1, 16, {"text": 0.0, "taste": 1.0})
    codes = by_taste.encode(by_taste.vectors(parts))[:, 0].reshape(4, 15)
    assert [len(set(group)) for group in codes.tolist()] == [1, 1, 1, 1]  # one taste, one code
    assert len(set(codes[:, 0].tolist())) == 4
    by_text = Quantizer.fit(parts, 1, 16, {"text": 1.0, "taste": 0.0})
    assert len(set(by_text.encode(by_text.vectors(parts))[:15].flat)) > 4
    with pytest.raises(ConfigError, match="weight is given for 'price'"):
        Quantizer.fit(parts, 1, 4, {"price": 1.0})
    with pytest.raises(ConfigError, match="`levels` is 0"):
        Quantizer.fit(parts, 0, 4)
    with pytest.raises(TrainingError, match="must be known of all"):
        Quantizer.fit({"text": np.full((3, 2), np.nan)}, 1, 2)


def test_codes_come_back_from_a_file_and_damaged_ones_are_refused() -> None:
    codes, given = coded(30)
    tensors = codes.tensors()
    again = ItemCodes.of(tensors)
    assert {item: again.code(item) for item in again} == {item: codes.code(item) for item in codes}
    assert np.array_equal(again.quantizer.encode(given), codes.quantizer.encode(given))
    doubled = tensors["item_codes"].copy()
    doubled[1] = doubled[0]
    for name, broken, message in (
        ("item_codes", doubled, "have one code"),
        ("item_codes", tensors["item_codes"] + 100, "it needs 2 numbers below 4"),
        ("item_codes", tensors["item_codes"][:-1], "30 items have 29 codes"),
        ("items", np.frombuffer(b"no", dtype=np.uint8), "damaged"),
        ("quantizer.centroids", tensors["quantizer.centroids"][:, :, 1:], "do not go together"),
        ("quantizer.mean.0", tensors["quantizer.mean.0"] * np.nan, "do not go together"),
    ):
        with pytest.raises(CheckpointError, match=message):
            ItemCodes.of(tensors | {name: broken})
    with pytest.raises(CheckpointError, match="damaged"):
        ItemCodes.of({name: one for name, one in tensors.items() if name != "quantizer.about"})
    with pytest.raises(CheckpointError, match="use the same signals"):
        codes.quantizer.vectors({"text": vectors(3)["text"]})
    with pytest.raises(CheckpointError, match="with 6 dimensions"):
        codes.quantizer.vectors({"text": np.zeros((3, 5)), "taste": np.zeros((3, 4))})


@settings(max_examples=20, deadline=None)
@given(base=st.integers(1, 9), number=st.integers(0, 200))
def test_numbers_are_written_in_digits_that_can_be_read_back(base: int, number: int) -> None:
    written = digits(number, base)
    base = max(base, 2)
    assert all(one == base - 1 for one in written[:-1])
    assert written[-1] < base - 1
    assert sum(written) == number


def writing(trie: CodeTrie, seed: int) -> Writing:
    """What random weights would write: logits of any size at every node."""

    def read(depth: int, nodes: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng([seed, depth])
        return rng.normal(size=(len(trie.depths[depth].count), trie.width))[nodes] * 5

    return Writing(trie, read)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 50),
    twins=st.integers(0, 20),
    codes=st.sampled_from([1, 2, 5]),
    beam=st.integers(1, 6),
    share=st.floats(0, 1),
    seed=st.integers(0, 10**6),
)
def test_only_allowed_items_can_be_written_whatever_the_weights_and_limits(
    n: int, twins: int, codes: int, beam: int, share: float, seed: int
) -> None:
    made, _ = coded(n, codes, 2, min(twins, n))
    trie = CodeTrie(made.matrix(names(n)), max(codes, 2))
    allowed = np.random.default_rng(seed).random(n) < share
    rows, logs = writing(trie, seed).search(allowed, beam, 10)
    assert len(set(rows.tolist())) == len(rows) <= 10
    assert allowed[rows].all()
    assert (np.diff(logs) <= 0).all()
    assert bool(len(rows)) == bool(allowed.any())  # something allowed is always found
    exact, best = writing(trie, seed).search(allowed, n, n)
    assert sorted(exact.tolist()) == np.flatnonzero(allowed).tolist()
    scores = writing(trie, seed).score(np.arange(n))
    assert np.allclose(best, scores[exact], atol=1e-5)
    assert np.isclose(np.exp(scores.astype(np.float64)).sum(), 1.0, atol=1e-4)
    for row, log in zip(rows, logs, strict=True):
        assert np.isclose(log, scores[row], atol=1e-5)


def test_limits_leave_what_is_allowed_in_its_proportions() -> None:
    """Three items begin with 0, one with 1; the model thinks little of 1, and of the first under 0."""
    trie = CodeTrie(np.array([[0, 0], [0, 1], [0, 2], [1, 0]]), 3)
    logits = {0: np.array([[2.0, 0.0, 9.0]]), 1: np.array([[-4.0, 3.0, 3.0], [0.0, 0.0, 0.0]])}
    model = Writing(trie, lambda depth, nodes: logits[depth][nodes])
    rows, logs = model.search(np.array([True, False, False, True]), beam=4, k=2)
    free = model.score(np.arange(4))
    assert rows.tolist() == [3, 0]  # and not [0, 3], as if 0's whole share were its own
    assert np.allclose(logs, free[[3, 0]])
    assert np.isclose(free[3], -np.log(1 + np.exp(2.0)))  # 9.0 is a code that no item has


def test_a_trie_refuses_codes_that_do_not_tell_items_apart() -> None:
    with pytest.raises(ConfigError, match="2 items have the same code"):
        CodeTrie(np.array([[0, 1], [0, 1]]), 2)
    with pytest.raises(ConfigError, match="begins another"):
        CodeTrie(np.array([[0, -1], [0, 1]]), 2)
    with pytest.raises(ConfigError, match="a code is 5; there are 2"):
        CodeTrie(np.array([[0, 5]]), 2)


def test_nothing_is_read_twice() -> None:
    made, _ = coded(30)
    trie = CodeTrie(made.matrix(names(30)), 4)
    asked: list[tuple[int, int]] = []

    def read(depth: int, nodes: np.ndarray) -> np.ndarray:
        asked.extend((depth, int(node)) for node in nodes)
        return np.zeros((len(nodes), 4))

    model = Writing(trie, read)
    model.search(np.ones(30, dtype=bool), 3, 10)
    model.score(np.arange(30))
    model.search(np.ones(30, dtype=bool), 30, 30)
    assert len(asked) == len(set(asked))


def test_an_empty_catalogue_has_nothing_to_write() -> None:
    trie = CodeTrie(np.zeros((0, 2), dtype=np.int64), 4)
    rows, logs = writing(trie, 0).search(np.zeros(0, dtype=bool), 3, 5)
    assert len(rows) == len(logs) == 0
