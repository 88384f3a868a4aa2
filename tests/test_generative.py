"""The source that writes codes: what it learns, what it may write, and how it is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from conftest import WordEmbedder, make_movies
from test_tower import TITLES, make_index, pairs, talk
from wherefore.catalog.catalog import Catalog
from wherefore.config import Component, Config
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CheckpointError, ConfigError, TrainingError
from wherefore.retrieval.code_lessons import MOST_TOKENS, OWN, TEXT, Tokenizer, lesson_of
from wherefore.retrieval.code_trie import CodeTrie
from wherefore.retrieval.generative import GenerativeCodes
from wherefore.retrieval.index import Index
from wherefore.retrieval.learned import Learned, load_sources, save_sources
from wherefore.retrieval.retriever import make_retriever

QUICK = {"layers": 1, "codes": 4, "epochs": 4, "lr": 2e-3, "batch_size": 16, "bf16": False, "held_out": 0.1}


@pytest.fixture(scope="module")
def learned() -> GenerativeCodes:
    source = GenerativeCodes(make_index(), k=5, **QUICK)
    source.fit(pairs())
    return source


def all_of(source: GenerativeCodes) -> np.ndarray:
    return np.ones(len(source.index), dtype=bool)


def asked(source: GenerativeCodes, said: Dialogue, allowed: np.ndarray | None = None) -> list[str]:
    rows, _ = source.search(
        said, np.zeros(source.index.dim), 5, all_of(source) if allowed is None else allowed
    )
    return [source.index.catalog.ids[row] for row in rows]


def test_it_learns_which_item_follows_which(learned: GenerativeCodes) -> None:
    ids = list(TITLES)
    right = [
        asked(learned, talk(("user", "hello there", (item,))))[0] == ids[(place + 5) % len(ids)]
        for place, item in enumerate(ids)
    ]
    assert sum(right) >= 10  # of 12
    first, last = learned.history[0], learned.history[-1]
    assert last["held_out"] < 0.3 < first["loss"]
    assert isinstance(learned, Learned)


def test_scores_are_log_probabilities_of_the_catalogue(learned: GenerativeCodes) -> None:
    said = talk(("user", "good day", ("heat",)))
    rows = np.arange(len(learned.index))
    scores = learned.score(said, np.zeros(learned.index.dim), rows)
    assert np.isclose(np.exp(scores).sum(), 1.0, atol=1e-4)
    found, logs = learned.search(said, np.zeros(learned.index.dim), 5, all_of(learned))
    assert np.allclose(logs, scores[found], atol=1e-4)
    assert found.tolist() == np.argsort(-scores, kind="stable")[:5].tolist()


def test_only_what_is_allowed_is_written(learned: GenerativeCodes) -> None:
    rng = np.random.default_rng(0)
    said = talk(("user", "tell me more", ("alien",)))
    for _ in range(20):
        allowed = rng.random(len(learned.index)) < rng.random()
        rows, _ = learned.search(said, np.zeros(learned.index.dim), 5, allowed)
        assert allowed[rows].all()
        assert len(rows) == min(5, int(allowed.sum()))


@pytest.mark.parametrize(("rounded", "off"), [(False, 1e-5), (True, 0.5)])
def test_weights_come_back_from_a_file(
    learned: GenerativeCodes, tmp_path: Path, rounded: bool, off: float
) -> None:
    save_sources([learned], tmp_path, rounded)
    again = GenerativeCodes(make_index(), k=5, **QUICK)
    assert not again.fitted
    assert asked(again, talk(("user", "nice", ("alien",)))) == []
    assert np.isnan(again.score(talk(("user", "nice", ())), np.zeros(again.index.dim), np.arange(3))).all()
    load_sources([again], tmp_path)
    said = talk(("user", "nice", ("alien",)), ("assistant", "this", ("heat",)))
    rows = np.arange(len(again.index))
    none = np.zeros(again.index.dim)
    assert np.allclose(learned.score(said, none, rows), again.score(said, none, rows), atol=off)
    assert [again.code(item) for item in TITLES] == [learned.code(item) for item in TITLES]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("about"), "damaged"),
        (lambda t: t.pop("llm.bias"), "llm.bias|bias is missing"),
        (lambda t: t.update({"llm.bias": t["llm.bias"][:-1]}), "does not fit"),
        (lambda t: t.update({"llm.bias": t["llm.bias"] * np.nan}), "not finite"),
        (lambda t: t.pop("codes.items"), "damaged"),
        (lambda t: t.update({"signal.collaborative.vectors": np.zeros((2, 3))}), "damaged"),
    ],
)
def test_damaged_weights_are_refused(
    learned: GenerativeCodes, change: Callable[[dict[str, np.ndarray]], object], message: str
) -> None:
    tensors = learned.tensors()
    change(tensors)
    again = GenerativeCodes(make_index(), **QUICK)
    with pytest.raises(CheckpointError, match=message):
        again.restore(tensors)
    assert not again.fitted


def test_other_settings_than_it_was_trained_with_are_refused(learned: GenerativeCodes) -> None:
    other = GenerativeCodes(make_index(), **{**QUICK, "layers": 2})
    with pytest.raises(CheckpointError, match="trained with `layers` 1, here it is 2"):
        other.restore(learned.tensors())
    with pytest.raises(CheckpointError, match="learned nothing"):
        other.tensors()


def test_a_new_item_gets_a_code_and_can_be_written_without_training(learned: GenerativeCodes) -> None:
    movies = make_movies()
    fewer = Catalog([item for item in movies.items if item.id != "heat"], movies.schema)
    source = GenerativeCodes(make_index(fewer), k=20, **QUICK)
    source.restore(learned.tensors())
    codes = {item: source.code(item) for item in fewer.ids}
    assert codes == {item: learned.code(item) for item in fewer.ids}
    index = source.index
    twin = movies["alien"].__class__(**{**_fields(movies["alien"]), "id": "twin"})
    index.add([twin])
    said = talk(("user", "nice", ("aliens",)))
    assert set(asked(source, said, all_of(source))) <= set(index.catalog.ids)
    assert source.code("twin")[:-1] == source.code("alien")[:-1] or source.code("twin") not in codes.values()
    only = np.array([item == "twin" for item in index.catalog.ids])
    assert asked(source, said, only) == ["twin"]
    assert {item: source.code(item) for item in codes} == codes


def _fields(item: object) -> dict[str, object]:
    import dataclasses

    return {one.name: getattr(item, one.name) for one in dataclasses.fields(item) if one.init}  # type: ignore[arg-type]


def test_a_killed_training_goes_on_where_it_was(tmp_path: Path) -> None:
    changed = {**QUICK, "epochs": 2, "kept": tmp_path}
    whole = GenerativeCodes(make_index(), **{**changed, "kept": None})
    whole.fit(pairs(60))
    killed = GenerativeCodes(make_index(), **changed)

    def stop(done: int, of: int) -> None:
        if done == of // 2 + 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed.fit(pairs(60), progress=stop)
    told: list[int] = []
    killed.fit(pairs(60), progress=lambda done, of: told.append(done))
    assert min(told) > 1  # the first epoch is not run again
    said, rows = talk(("user", "nice", ("alien",))), np.arange(12)
    none = np.zeros(whole.index.dim)
    assert np.allclose(whole.score(said, none, rows), killed.score(said, none, rows), atol=1e-5)
    (file,) = tmp_path.glob("codes-*/state.safetensors")
    file.write_bytes(b"no")
    with pytest.raises(CheckpointError, match="delete it and train again"):
        killed.fit(pairs(60))


def test_training_ends_early_and_the_best_weights_stay() -> None:
    nonsense = [talk(("user", "hello", ("alien",)), ("assistant", "see", (item,))) for item in [*TITLES][1:]]
    source = GenerativeCodes(
        make_index(), **{**QUICK, "epochs": 12, "patience": 1, "lr": 5e-3, "held_out": 0.4}
    )
    source.fit(nonsense * 3)
    held = [one["held_out"] for one in source.history]
    assert len(held) < 12
    assert held[-1] >= min(held)


def test_tokens_foretell_items_before_the_words_that_name_them() -> None:
    said = talk(
        ("user", "hello", ("alien",)), ("assistant", "see both", ("heat", "aliens")), ("user", "", ("alien",))
    )
    row = {item: place for place, item in enumerate(TITLES)}
    lesson = lesson_of(said, row)
    assert lesson.foretells
    assert [message.rows for message in lesson.messages] == [
        (row["alien"],),
        (row["heat"], row["aliens"]),
        (),
    ]
    codes = np.array([[place // 4, place % 4, 0] for place in range(12)])
    tokenizer = Tokenizer(CodeTrie(codes, 4), 2)
    tokens = tokenizer(lesson, np.arange(len(lesson.texts)), asked=True)
    kinds = [OWN, *[OWN] * 3, TEXT, OWN, *[OWN] * 6, TEXT, OWN, OWN]
    assert tokens.kinds.tolist() == kinds
    assert [one for one in tokens.items if one >= 0] == [row["alien"], row["heat"], row["aliens"]]
    # Heat's two codes from the assistant's mark on, then those of Aliens; nothing of the first message, and no number,
    # which follows from the codes before it.
    assert tokens.at.tolist() == [5, 6, 8, 9]
    assert tokens.wanted.tolist() == [
        row["heat"] // 4,
        row["heat"] % 4,
        row["aliens"] // 4,
        row["aliens"] % 4,
    ]
    assert tokens.depths.tolist() == [0, 1, 0, 1]
    long = talk(*(("user", f"line {n}", ()) for n in range(300)), ("assistant", "see", ("heat",)))
    cut = tokenizer(lesson_of(long, row), np.arange(301))
    assert len(cut) == MOST_TOKENS
    assert cut.wanted.tolist() == [row["heat"] // 4, row["heat"] % 4]


def test_what_cannot_be_is_refused() -> None:
    index = make_index()
    for changed, message in (
        ({"beam": 0}, "`beam` is 0"),
        ({"levels": 0}, "`levels` is 0"),
        ({"dropout": 1.0}, "`dropout` is 1.0"),
        ({"held_out": 0.5}, "`held_out` is 0.5"),
        ({"lr": 0.0}, "`lr` is 0.0"),
        ({"signals": [{"name": "smell"}]}, "unknown signal 'smell'"),
    ):
        with pytest.raises(ConfigError, match=message):
            GenerativeCodes(index, **changed)
    with pytest.raises(ConfigError, match="`layers` is 9; the LLM has 6"):
        GenerativeCodes(index, **{**QUICK, "layers": 9}).fit(pairs(30))
    with pytest.raises(TrainingError, match="nothing to learn"):
        GenerativeCodes(index, **QUICK).fit([talk(("user", "hello", ("alien",)))])


def test_the_ranker_sees_it_as_it_sees_the_other_sources(learned: GenerativeCodes) -> None:
    config = Config.model_validate(
        {"retrieval": {"sources": [{"name": "bm25"}, {"name": "codes", "k": 5, **QUICK}]}}
    )
    retriever = make_retriever(config, learned.index)
    retriever.sources[1].restore(learned.tensors())
    found = retriever.search(talk(("user", "hello there", ("alien",))), 12)
    column = found.feature_names.index("codes.score")
    assert found.feature_names[column - 1] == "codes.rank"
    assert np.isfinite(found.features[:, column]).all()
    best = found.items[int(found.features[:, column].argmax())]
    assert best.id == asked(learned, talk(("user", "hello there", ("alien",))))[0]
    assert column in retriever.personal_features
    assert torch.is_grad_enabled()


def test_an_index_without_its_items_gets_no_scores(learned: GenerativeCodes) -> None:
    others = Catalog([_renamed(item) for item in make_movies().items], make_movies().schema)
    source = GenerativeCodes(
        Index.build(others, WordEmbedder(), Component(name="faiss", factory="Flat")), **QUICK
    )
    source.restore(learned.tensors())
    assert asked(source, talk(("user", "hello there", ()))) == []


def _renamed(item: object) -> object:
    return item.__class__(**{**_fields(item), "id": f"other-{_fields(item)['id']}"})
