"""Sequences without a conversation: what is learned, what is listed, and what an earlier history changes."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from conftest import WordEmbedder, make_recommender
from wherefore.catalog.catalog import Catalog
from wherefore.cli.sequences import training_of
from wherefore.config import Component
from wherefore.corpora.sequences import read_histories, read_sequences
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.state import Limit, Preferences
from wherefore.errors import (
    CheckpointError,
    ConfigError,
    CorpusError,
    CorpusNotFoundError,
    DialogueError,
    TrainingError,
)
from wherefore.evaluation.sequences import (
    Task,
    best,
    curve,
    curve_table,
    merge_run,
    plot_curve,
    popularity,
    trained,
    zero_shot,
)
from wherefore.retrieval.history import load_follower, on_index, resolve_history, save_follower
from wherefore.retrieval.index import Index
from wherefore.retrieval.item_signals import ItemSignals, Vocabulary
from wherefore.retrieval.retriever import Retriever
from wherefore.retrieval.sequence_network import SequenceShape
from wherefore.retrieval.zero_shot import ZeroShot, ZeroShotWay
from wherefore.training.sequence_metrics import Asked, Leave, figures, placed
from wherefore.training.sequences import SequenceTraining, train_tower

COLOURS = ("red", "green", "blue", "white")
SIZES = ("small", "large")
SMALL = SequenceShape(width=32, layers=1, heads=2, dropout=0.0, signal_dropout=0.0, longest=8)
QUICK = SequenceTraining(shape=SMALL, epochs=8, batch=64, lr=1e-2, bf16=False)


def shop(copies: int = 2) -> Catalog:
    """Cups of four colours and two sizes, so many of each; prices tell the copies apart."""
    records = [
        {
            "id": f"{size}-{colour}-{copy}",
            "title": f"{colour.title()} cup, {size}, number {copy}",
            "colour": colour,
            "size": size,
            "price": 5.0 + copy,
        }
        for size in SIZES
        for colour in COLOURS
        for copy in range(copies)
    ]
    return Catalog.from_records(records, name="cups")


def make_index(catalog: Catalog) -> Index:
    return Index.build(catalog, WordEmbedder(), Component(name="faiss", factory="Flat"))


@pytest.fixture(scope="module")
def cups() -> Index:
    return make_index(shop())


def walks(index: Index, without: str = "", number: int = 160, seed: int = 0) -> list[np.ndarray]:
    """Sequences in which colours follow each other in a fixed order, whatever the size and the copy.

    All sets of colours are equally frequent: the order alone tells what is next.
    """
    rng = np.random.default_rng(seed)
    by_colour = [
        [
            row
            for row, item in enumerate(index.catalog.items)
            if item.values("colour") == (c,) and item.id != without
        ]
        for c in COLOURS
    ]
    starts = rng.integers(4, size=number)
    return [np.array([rng.choice(by_colour[(start + step) % 4]) for step in range(6)]) for start in starts]


def colour_of(index: Index, row: int) -> str:
    return index.catalog.items[row].values("colour")[0]


# -- what is learned ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("signals", [("text", "values"), ("ids",)])
@pytest.mark.parametrize("positions", ["rotary", "learned"])
def test_an_order_is_learned_with_and_without_ids(cups, signals, positions):
    how = replace(
        QUICK, signals=signals, shape=replace(SMALL, positions=positions, cosine=signals != ("ids",))
    )
    tower, done = train_tower(cups, walks(cups), None, how)
    assert done.log[-1]["loss"] < done.log[0]["loss"]
    for start in range(4):
        history = np.array(
            [row for c in (COLOURS[start], COLOURS[(start + 1) % 4]) for row in of(cups, c)[:1]]
        )
        best_rows = np.argsort(-tower.after(history))[:4]
        assert {colour_of(cups, row) for row in best_rows} == {COLOURS[(start + 2) % 4]}
        back = np.argsort(-tower.after(history[::-1]))[:4]  # the same two, the other way round
        assert {colour_of(cups, row) for row in back} == {COLOURS[(start + 1) % 4]}


def of(index: Index, colour: str) -> list[int]:
    return [row for row in range(len(index)) if colour_of(index, row) == colour]


def test_probabilities_of_all_items_add_up_to_one(cups):
    tower, _ = train_tower(cups, walks(cups), None, replace(QUICK, signals=("values",), epochs=1))
    assert len(tower.signals.sizes) < len(cups)  # copies are one
    after = tower.after(np.array([0, 3]))
    assert after.shape == (len(cups),)
    assert np.exp(after).sum() == pytest.approx(1, abs=1e-4)


def test_an_item_that_training_never_saw_is_ranked_by_what_it_is():
    index = make_index(shop(copies=3))
    new = "large-blue-2"
    tower, _ = train_tower(index, walks(index, without=new), None, replace(QUICK, signals=("text", "values")))
    history = np.array([of(index, "red")[0], of(index, "green")[0]])
    order = np.argsort(-tower.after(history)).tolist()
    assert order.index(index.catalog.row(new)) < 6  # the six blue ones
    ids, _ = train_tower(index, walks(index, without=new), None, replace(QUICK, signals=("ids",)))
    assert np.argsort(-ids.after(history)).tolist().index(index.catalog.row(new)) >= 5


def test_any_signal_may_be_missing(cups):
    how = replace(
        QUICK, shape=replace(SMALL, signal_dropout=0.3), signals=("text", "values", "numbers", "ids")
    )
    tower, _ = train_tower(cups, walks(cups), None, how)
    bare = make_index(
        Catalog.from_records(
            [{"id": f"new-{c}", "title": f"{c.title()} cup", "colour": c} for c in COLOURS], name="other"
        )
    )
    moved = on_index(tower, bare)
    after = moved.after(
        np.array([0, 1])
    )  # red, green: blue is next, in a catalogue without sizes, prices, known ids
    assert bare.catalog.items[int(after.argmax())].id == "new-blue"


@pytest.mark.parametrize("signals", [("text", "values", "numbers", "counts", "ids")])
def test_a_stopped_training_goes_on_as_if_it_had_not_stopped(cups, tmp_path, signals):
    leave = Leave.one_out(walks(cups), len(cups))
    how = replace(QUICK, signals=signals, epochs=4, shape=replace(SMALL, dropout=0.2, signal_dropout=0.2))
    whole, at_once = train_tower(cups, leave.train, leave.valid, how)
    train_tower(cups, leave.train, leave.valid, how, tmp_path, until=2)
    again, in_two = train_tower(cups, leave.train, leave.valid, how, tmp_path)
    assert [one["loss"] for one in in_two.log] == [one["loss"] for one in at_once.log]
    assert (in_two.best, in_two.best_epoch) == (at_once.best, at_once.best_epoch)
    history = np.array([0, 5])
    assert again.after(history).tolist() == whole.after(history).tolist()
    finished, done = train_tower(cups, leave.train, leave.valid, how, tmp_path)  # nothing is left to do
    assert done.epoch == 4 and finished.after(history).tolist() == whole.after(history).tolist()


def test_a_run_with_other_settings_is_refused(cups, tmp_path):
    how = replace(QUICK, signals=("values",), epochs=1)
    train_tower(cups, walks(cups), None, how, tmp_path)
    with pytest.raises(CheckpointError, match=r"`lr` 0\.01, now it is 0\.02"):
        train_tower(cups, walks(cups), None, replace(how, lr=0.02), tmp_path)
    with pytest.raises(CheckpointError, match="`sequences`"):
        train_tower(cups, walks(cups, seed=1), None, how, tmp_path)
    (tmp_path / "state" / "state.json").write_text("{", encoding="utf-8")
    with pytest.raises(CheckpointError, match="is damaged"):
        train_tower(cups, walks(cups), None, how, tmp_path)


def test_it_ends_when_validation_gets_no_better_and_keeps_the_best(cups):
    leave = Leave.one_out(walks(cups), len(cups))
    how = replace(QUICK, signals=("values",), epochs=60, patience=2)
    _, done = train_tower(cups, leave.train, leave.valid, how)
    assert done.epoch == done.best_epoch + 2 < 60
    assert done.best == max(one["ndcg@10"] for one in done.log)


def test_nothing_to_learn_and_wrong_settings_are_told(cups):
    with pytest.raises(TrainingError, match="no next one to learn"):
        train_tower(cups, [np.array([1])], None, QUICK)
    with pytest.raises(ConfigError, match="`signals` are smell; give one or more"):
        train_tower(cups, walks(cups), None, replace(QUICK, signals=("smell",)))
    with pytest.raises(ConfigError, match="multiple of twice the `heads`"):
        SequenceShape(width=10, heads=3)
    with pytest.raises(ConfigError, match="rotary or learned"):
        SequenceShape(positions="sideways")
    with pytest.raises(ConfigError, match=r"--set 'widht=3'.*shape\.width"):
        training_of("ids", 0, ["widht=3"])
    with pytest.raises(ConfigError, match="is no int"):
        training_of("ids", 0, ["epochs=many"])
    made = training_of("text,ids", 3, ["lr=5e-4", "shape.width=64", "epochs=7"])
    assert (made.signals, made.seed, made.lr, made.shape.width, made.epochs) == (
        ("text", "ids"),
        3,
        5e-4,
        64,
        7,
    )


def test_a_tower_is_kept_and_read_back(cups, tmp_path):
    tower, _ = train_tower(
        cups, walks(cups), None, replace(QUICK, signals=("text", "values", "ids"), epochs=2)
    )
    save_follower(tower, tmp_path / "history.safetensors")
    read = load_follower(tmp_path / "history.safetensors", cups)
    history = np.array([1, 2, 3])
    assert read.name == "sequence" and read.after(history).tolist() == tower.after(history).tolist()
    (tmp_path / "history.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_follower(tmp_path / "history.safetensors", cups)
    assert load_follower(tmp_path / "absent", cups).name == "zero-shot"


# -- measures ----------------------------------------------------------------------------------------------


def test_leave_one_out():
    leave = Leave.one_out([[0, 1, 2, 3], [4, 5], [1, 2, 0]], 6)
    assert [one.tolist() for one in leave.train] == [[0, 1], [4, 5], [1]]
    assert [one.tolist() for one in leave.valid.histories] == [[0, 1], [1]] and leave.valid.gold.tolist() == [
        2,
        2,
    ]
    assert [one.tolist() for one in leave.test.histories] == [[0, 1, 2], [1, 2]]
    assert leave.test.gold.tolist() == [3, 0]
    assert leave.seen.tolist() == [True, True, False, False, True, True] and not leave.again
    with pytest.raises(TrainingError, match="none of the 1 sequences has 3 items"):
        Leave.one_out([[0, 1]], 6)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_places_are_those_of_a_sorted_list_and_equal_scores_are_shared(data):
    n = data.draw(st.integers(2, 12))
    scores = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)), dtype=np.float32)
    gold = data.draw(st.integers(0, n - 1))
    history = np.array(data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=5)))
    again = data.draw(st.booleans())
    asked = Asked((history,), np.array([gold]))
    before, same = placed(lambda h: scores[None], asked, np.arange(n), np.ones(n, dtype=int), again)
    left = [row for row in range(n) if row == gold or again or row not in history]
    assert before[0] == sum(scores[row] > scores[gold] for row in left)
    assert same[0] == sum(scores[row] == scores[gold] for row in left)
    # The mean over all orders of equal ones.
    places = before[0] + 1 + np.arange(int(same[0]))
    found = figures(before, same)
    assert found["recall@5"] == pytest.approx(np.mean(places <= 5))
    assert found["ndcg@10"] == pytest.approx(np.mean(np.where(places <= 10, 1 / np.log2(places + 1), 0)))


def test_items_that_stand_for_several_count_as_several():
    asked = Asked((np.array([0]),), np.array([2]))
    group, sizes = np.array([0, 1, 1, 1]), np.array([1, 3])
    before, same = placed(lambda h: np.array([[0.0, 1.0]]), asked, group, sizes, False)
    assert (before[0], same[0]) == (0, 3)


# -- frozen vectors ----------------------------------------------------------------------------------------


def test_a_history_is_its_mean_or_its_last(cups):
    rows = np.array([0, 5])
    last, mean = (ZeroShot(cups, ZeroShotWay(decay=one)).after(rows) for one in (0.0, 1.0))
    assert last == pytest.approx(cups.vectors @ cups.vectors[5], abs=1e-6)
    both = cups.vectors[0] + cups.vectors[5]
    assert mean == pytest.approx(cups.vectors @ (both / np.linalg.norm(both)), abs=1e-6)


def test_all_dimensions_without_whitening_change_no_cosine(cups):
    rows = np.array([0, 5])
    plain, turned = (ZeroShot(cups, ZeroShotWay(dim, decay=0.5)).after(rows) for dim in (None, cups.dim))
    assert turned == pytest.approx(plain, abs=1e-5)
    assert ZeroShot(cups, ZeroShotWay(2)).vectors().shape == (len(cups), 2)
    with pytest.raises(ConfigError, match="`dim` is 99 but the vectors have 8"):
        ZeroShot(cups, ZeroShotWay(99)).vectors()


def test_the_width_is_chosen_by_validation(tmp_path):
    """Where two dimensions tell what goes together and six are noise, few are kept."""
    rng = np.random.default_rng(0)
    n = 80
    index = make_index(
        Catalog.from_records([{"id": f"i{n}", "title": f"thing {n}"} for n in range(n)], name="things")
    )
    angle = np.repeat(np.arange(8) * np.pi / 4, n // 8)
    vectors = np.concatenate([3 * np.stack([np.cos(angle), np.sin(angle)], 1), rng.normal(size=(n, 6))], 1)
    index._vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    groups = np.arange(n).reshape(8, -1)
    sequences = [rng.permutation(groups[rng.integers(8)])[:5] for _ in range(200)]
    leave = Leave.one_out(sequences, n)
    points = curve(index, leave.valid, False, widths=(2, 4, 6))
    assert best(points).way.dim == 2
    assert len(points) == 2 * 4 * 5
    table = curve_table(points)
    assert len(table.splitlines()) == 2 + 4 and table.count("*") == 1
    plot_curve(points, tmp_path / "curve.png", "things")
    assert (tmp_path / "curve.png").read_bytes()[:4] == b"\x89PNG"


# -- files -------------------------------------------------------------------------------------------------


def test_sequences_are_read_from_lines_and_tables(tmp_path, cups):
    lines = tmp_path / "sequences.jsonl"
    lines.write_text('{"items": ["small-red-0", "nowhere", "large-blue-1"]}\n{"items": ["small-red-0"]}\n')
    assert read_sequences(lines, cups.catalog) == (("small-red-0", "large-blue-1"),)
    table = tmp_path / "likes.csv"
    table.write_text("user,item,timestamp\na,x,30\na,y,4\nb,x,1\nb,z,2\n")
    assert read_sequences(table) == (("y", "x"), ("x", "z"))
    table.write_text("user_id,item_id,rating\na,x,5\na,y,2\na,z,4\n")
    assert read_sequences(table) == (("x", "z"),)
    table.write_text("user_id,item_id,rating\na,x,good\n")
    with pytest.raises(CorpusError, match="line 2: `rating` is 'good'; it must be a number"):
        read_sequences(table)
    table.write_text("who,what\na,x\n")
    with pytest.raises(CorpusError, match="no column of users"):
        read_sequences(table)
    lines.write_text('{"items": "small-red-0"}\n')
    with pytest.raises(CorpusError, match="line 1: `items` is small-red-0"):
        read_sequences(lines)
    lines.write_text('{"items": ["nowhere", "nobody"]}\n')
    with pytest.raises(CorpusError, match="one id is 'nowhere'"):
        read_sequences(lines, cups.catalog)
    with pytest.raises(CorpusNotFoundError, match=r"has none of sequences\.jsonl\.gz"):
        read_histories(tmp_path / "..")


def test_amazon_items_get_brand_and_path(tmp_path):
    items = [
        {"item_id": "1", "asin": "B1", "attributes": ["OPI", "Makeup", "Nails"]},
        {"item_id": "2", "asin": "B2", "attributes": ["Makeup", "Nails &amp; Hands"]},
        {"item_id": "3", "asin": "B3", "attributes": ["Unknown", "Makeup"]},
        {"item_id": "4", "asin": "B4", "attributes": []},
    ]
    (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, items)))
    (tmp_path / "sequences.jsonl").write_text('{"items": ["1", "2", "3"]}')
    catalog = read_histories(tmp_path).catalog
    assert [(one.values("brand"), one.values("categories")) for one in catalog] == [
        (("OPI",), ("Makeup", "Nails")),
        ((), ("Makeup", "Nails & Hands")),
        ((), ("Makeup",)),
        ((), ()),
    ]
    assert catalog["4"].title == "B4"


# -- next_items and conversations --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def films(tokenizers):
    return make_recommender("qwen3", tokenizers)


def test_next_items_are_close_leave_the_history_out_and_keep_to_limits(films):
    catalog = films.catalog
    history = [catalog.ids[0], catalog.ids[3]]
    listed = films.next_items(history, k=5)
    assert len(listed) == 5 and not {one.item.id for one in listed} & set(history)
    assert [one.score for one in listed] == sorted((one.score for one in listed), reverse=True)
    with_it = films.next_items(history, k=len(catalog), again=True)
    assert {one.item.id for one in with_it} == set(catalog.ids)
    recent = Preferences(limits=(Limit("year", "ge", 2000, "after 2000"),))
    limited = films.next_items(history, k=len(catalog), preferences=recent)
    assert limited and all(one.item.get("year") >= 2000 for one in limited)
    for one in listed:
        assert one.reason.endswith(".") and one.evidence and one.worded == "plain"
        shared = [fact for fact in one.evidence if fact.kind == "shared"]
        assert all(fact.value in one.item.values(fact.field) for fact in shared)
        assert all(fact.value in catalog[fact.source].values(fact.field) for fact in shared)
        assert {fact.source for fact in shared} <= set(history)
    title = catalog.items[0].title
    assert films.next_items([title.upper(), history[1]], k=5) == listed


def test_what_a_history_cannot_hold_is_told(films):
    with pytest.raises(DialogueError, match="the history is empty"):
        films.next_items([])
    with pytest.raises(DialogueError, match="does not have: 'Nothing', 'nobody'"):
        films.next_items([films.catalog.ids[0], "Nothing", "nobody"])
    with pytest.raises(DialogueError, match="not a str"):
        films.next_items("heat")
    two = Catalog.from_records([{"id": "a", "title": "Heat"}, {"id": "b", "title": "Heat"}])
    with pytest.raises(DialogueError, match="title of 2 items: give one of the ids a, b"):
        resolve_history(["heat"], two)
    with pytest.raises(ConfigError, match="`k` is 0"):
        films.next_items([films.catalog.ids[0]], k=0)


def same(listed, other) -> bool:
    """Whether two lists are the same but for rounding: a cache read twice may be read in other pieces."""
    return [one.item.id for one in listed] == [one.item.id for one in other] and np.allclose(
        [one.score for one in listed], [one.score for one in other], atol=1e-4
    )


SAID = [{"role": "user", "content": "Something exciting please."}]


def test_a_history_moves_a_list_and_none_changes_nothing(films):
    n = len(films.catalog)
    plain = films.rank(SAID, k=n)
    assert same(films.rank(SAID, k=n, history=[]), plain)
    assert all("history" not in one.parts for one in plain)
    item = films.catalog.ids[2]
    moved = films.rank(SAID, k=n, history=[item])
    assert item not in {one.item.id for one in moved}
    gains = {one.item.id: one.parts["history"] for one in moved}
    before = {one.item.id: one.score for one in plain}
    for one in moved:
        rest = one.score - gains[one.item.id]
        assert rest == pytest.approx(before[one.item.id], abs=1e-3)
    near = films.index.vectors @ films.index.vectors[2]
    order = [one for one in films.catalog.ids if one in gains]
    assert (
        np.corrcoef([gains[one] for one in order], [near[films.catalog.row(one)] for one in order])[0, 1]
        > 0.999
    )
    reply = films.generate(SAID, k=3, history=[item])
    assert item not in {one.item.id for one in reply.recommendations}
    with pytest.raises(DialogueError, match="does not have: 'nothing'"):
        films.generate(SAID, history=["nothing"])


def test_sources_that_know_what_goes_together_say_so_of_a_history(films):
    class Pairs:
        name, k = "pairs", 5

        def search(self, dialogue, query, k, allowed):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)

        def score(self, dialogue, query, rows):
            return np.full(len(rows), np.nan, dtype=np.float32)

        def after(self, ids):
            made = np.full(len(films.catalog), np.nan, dtype=np.float32)
            made[:6] = 0.0
            made[films.catalog.row(ids[0]) + 1] = 9.0
            return made

    history = (films.catalog.ids[1],)
    plain, more = (
        Retriever(films.index, [*films.retriever.sources, *extra]).followed(Dialogue((), history=history))
        for extra in ((), (Pairs(),))
    )
    changed = more - plain
    assert int(changed.argmax()) == 2 and changed[2] > 2
    assert changed[8] == pytest.approx(changed[0])  # not known: as the one in the middle
    assert Retriever(films.index, films.retriever.sources).followed(Dialogue(())) is None


def test_a_config_can_switch_it_off(films, tokenizers):
    off = type(films)(films.config.updated("turn", history=0.0), films.index, films.model, films.retriever)
    item = films.catalog.ids[2]
    assert same(off.rank(SAID, k=5, history=[item]), off.rank(SAID, k=5))


def test_a_tower_in_a_checkpoint_is_used_and_follows_the_catalogue(films, tmp_path, tokenizers):
    rows = [np.roll(np.arange(len(films.catalog)), -start)[:6] for start in range(len(films.catalog))] * 4
    tower, _ = train_tower(
        films.index, rows, None, replace(QUICK, signals=("text", "values", "ids"), epochs=20)
    )
    mine = make_recommender("qwen3", tokenizers)
    mine.retriever.follower = on_index(tower, mine.index)
    ids = mine.catalog.ids
    listed = mine.next_items([ids[1], ids[2]], k=1)
    assert listed[0].item.id == ids[3] and listed[0].found_by == {"sequence": 1}
    mine.save(tmp_path / "made")
    from wherefore.retrieval.history import load_follower

    assert (tmp_path / "made" / "history.safetensors").is_file()
    again = load_follower(tmp_path / "made" / "history.safetensors", mine.index)
    assert again.after(np.array([1, 2])).tolist() == tower.after(np.array([1, 2])).tolist()
    mine.remove([ids[3]])
    assert mine.next_items([ids[1], ids[2]], k=1)[0].item.id != ids[3]


# -- reports -----------------------------------------------------------------------------------------------


def test_runs_are_merged_and_means_are_over_seeds(cups, tmp_path):
    index = cups
    task = Task("cups", index, Leave.one_out(walks(cups), len(cups)))
    file = tmp_path / "sequences.json"
    shown = popularity(task)
    assert shown["users"] == 160 and shown["cold_users"] == 0
    merge_run(file, task, "popularity", shown, {"command": "x"}, None)
    found = zero_shot(task)
    assert list(found) == ["zero-shot", "zero-shot mean", "zero-shot last"]
    assert len(found["zero-shot"]["curve"]) == 2 * 5
    merge_run(file, task, "zero-shot", found["zero-shot"], {}, None)
    for seed in (0, 1):
        how = replace(QUICK, signals=("values",), epochs=6, seed=seed)
        _, done, figures = trained(task, how, tmp_path / str(seed))
        assert figures["best_epoch"] == done.best_epoch
        part = merge_run(file, task, "values", figures, {"seed": seed}, seed)
    kept = json.loads(file.read_text())["datasets"]["cups"]
    assert kept == part and set(kept["runs"]) == {"popularity", "zero-shot", "values"}
    both = [kept["runs"]["values"][seed]["recall@5"] for seed in ("0", "1")]
    assert kept["summary"]["values"]["recall@5"] == pytest.approx(np.mean(both), abs=1e-4)
    assert kept["summary"]["values"]["seeds"] == 2
    assert kept["summary"]["values"]["recall@5"] > kept["summary"]["popularity"]["recall@5"]
    file.write_text("[]")
    with pytest.raises(ConfigError, match="is no report"):
        merge_run(file, task, "popularity", shown, {}, None)


def test_the_same_records_are_one_for_a_network_without_ids():
    index = make_index(
        Catalog.from_records(
            [{"id": one, "title": "Cup", "colour": "red"} for one in "abc"] + [{"id": "d", "title": "Jug"}]
        )
    )
    signals = ItemSignals.of(index, Vocabulary.of(index, ("text", "values"), {}))
    assert signals.group.tolist() == [0, 0, 0, 1] and signals.sizes.tolist() == [3, 1]
    ids = ItemSignals.of(index, Vocabulary.of(index, ("ids",), {"a": 1, "b": 1}))
    assert ids.group.tolist() == [0, 1, 2, 2]  # c and d are both unknown


def test_next_from_the_command_line(films, monkeypatch):
    from wherefore.cli import app

    monkeypatch.setattr("wherefore.cli.sequences.recommender_from", lambda *given, **named: films)
    ids = films.catalog.ids
    result = CliRunner().invoke(app, ["next", "--history", ids[0], ids[1], "--k", "3", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["by"] == "zero-shot"
    expected = [one.item.id for one in films.next_items([ids[0], ids[1]], k=3)]
    assert [one["item"]["id"] for one in told["recommendations"]] == expected
    shown = CliRunner().invoke(app, ["next", "--history", ids[0], "--k", "2"])
    assert shown.exit_code == 0 and films.next_items([ids[0]], k=1)[0].item.id in shown.stdout
