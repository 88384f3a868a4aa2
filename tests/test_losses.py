"""The alignment losses against slow, obvious references, and the batches that they read."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from conftest import make_tiny
from test_train import ingredients, whole_tree
from wherefore.config import Config
from wherefore.corpora.base import CorpusDialogue, CorpusTurn, Feedback, ItemRef
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.prompt import Example, Segment, collate
from wherefore.training.corpus import Corpus, named_together
from wherefore.training.item_tasks import PairsTask
from wherefore.training.losses import (
    item_item_contrast,
    item_text_contrast,
    item_text_matching,
    user_item_contrast,
)
from wherefore.training.objective import Objective
from wherefore.training.tasks import make_task
from wherefore.training.train import train


def slow_contrast(ones, others, goes, counts=lambda i, j: True):
    """Symmetric InfoNCE, pair by pair: the mean over what goes with each, both ways."""
    ones, others = ([one.double().detach().numpy() for one in side] for side in (ones, others))
    ones, others = ([one - np.mean(side, axis=0) for one in side] for side in (ones, others))
    n = len(ones)
    cosines = [
        [one @ other / np.linalg.norm(one) / np.linalg.norm(other) / 0.07 for other in others] for one in ones
    ]
    total = 0.0
    for i in range(n):
        for row, right, real in (
            (cosines[i], [j for j in range(n) if goes(i, j)], [j for j in range(n) if counts(i, j)]),
            (
                [cosines[j][i] for j in range(n)],
                [j for j in range(n) if goes(j, i)],
                [j for j in range(n) if counts(j, i)],
            ),
        ):
            whole = sum(np.exp(row[j]) for j in real)
            total -= np.mean([np.log(np.exp(row[j]) / whole) for j in right])
    return total / (2 * n)


def alone(model, segment, data):
    """What the LLM makes of a segment by itself: the state at its last token."""
    batch = collate([Example(segment)])
    return model(batch, data.items.of(batch.items))[0, -1]


def test_item_text_contrast_agrees_with_its_definition(tokenizers, movies, vectors):
    model = make_tiny("llama", tokenizers)
    task = make_task("items", ingredients(model, movies, vectors), 4).batch(np.random.default_rng(1), 5)
    hidden = model(task.batch, task.signals)
    item, text = ([hidden[b, task.places[name][b, 0]] for b in range(5)] for name in ("item", "text"))
    slow = slow_contrast(item, text, lambda i, j: i == j)
    exact = item_text_contrast(model, hidden, task)
    assert exact.item() == pytest.approx(slow, rel=1e-3)
    with torch.autocast("cpu", dtype=torch.bfloat16):  # 8 bits of a cosine divided by 0.07 are not enough
        assert torch.equal(item_text_contrast(model, hidden, task), exact)


def test_matching_says_yes_to_the_right_pair_and_no_to_those_hard_to_tell(tokenizers, movies, vectors):
    model = make_tiny("llama", tokenizers)
    data = ingredients(model, movies, vectors)
    task = make_task("matches", data, 4).batch(np.random.default_rng(1), 4)
    rows = np.random.default_rng(1).choice(len(movies), size=4, replace=False)
    shown = [model.format.candidate(int(row)) for row in rows]
    told = [Segment(model.format.encode(movies.text(movies.items[row]))[:64]) for row in rows]
    items, texts = ([alone(model, one, data) for one in side] for side in (shown, told))
    middle = [torch.stack(side).mean(0) for side in (items, texts)]
    slow = 0.0

    def score(text, item):
        """By two reads of one pair: the text, and the item's soft tokens after it."""
        state = alone(model, told[text] + shown[item], data)
        return model.head.llm_score(state[None], texts[text]).item()

    def alike(item, text):
        cosine = torch.cosine_similarity(items[item] - middle[0], texts[text] - middle[1], dim=0)
        return np.exp(cosine.item() / 0.07)

    for i in range(4):
        others = [j for j in range(4) if j != i]
        yes = np.log1p(np.exp(-score(i, i)))
        whole = sum(alike(j, i) for j in others)
        no_item = sum(alike(j, i) / whole * np.log1p(np.exp(score(i, j))) for j in others)
        whole = sum(alike(i, j) for j in others)
        no_text = sum(alike(i, j) / whole * np.log1p(np.exp(score(j, i))) for j in others)
        slow += (yes + no_item + no_text) / 3
    loss = item_text_matching(model, model(task.batch, task.signals), task)
    assert loss.item() == pytest.approx(slow / 4, rel=1e-3)


def test_items_that_go_together_are_drawn_from_dialogues_and_signals(tokenizers, movies, vectors):
    model = make_tiny("llama", tokenizers)
    data = ingredients(model, movies, vectors)
    taste = torch.full((12, 2), torch.nan)
    taste[5:9] = torch.tensor([[1.0, 0.0], [5.0, 0.1], [0.0, 1.0], [0.1, 5.0]])
    signals = replace(data, items=ItemSignals(data.items.text, {"taste": taste}), together=())
    rng = np.random.default_rng(0)

    def drawn(task):
        found = set()
        for _ in range(30):
            batch = task.batch(rng, 4)
            found |= {tuple(pair) for pair in batch.batch.items.view(4, 2).tolist()}
        return found

    by_dialogue = {(a, b) for rows in ((0, 1, 2), (3, 4)) for a in rows for b in rows if a != b}
    assert drawn(make_task("pairs", data, 4)) == by_dialogue
    by_signal = {(5, 6), (6, 5), (7, 8), (8, 7)}
    assert drawn(PairsTask(signals, nearest=1)) == by_signal
    assert drawn(PairsTask(replace(signals, together=data.together), nearest=1)) == by_signal | by_dialogue
    with pytest.raises(ValueError, match="name a corpus .* or a signal under `signals`"):
        make_task("pairs", replace(data, together=()), 4)


def test_item_item_contrast_shares_the_target_among_all_that_go_together(tokenizers, movies, vectors):
    model = make_tiny("llama", tokenizers)
    data = ingredients(model, movies, vectors)
    task = make_task("pairs", data, 4).batch(np.random.default_rng(2), 6)
    pairs = task.batch.items.view(6, 2).tolist()
    sets = ({0, 1, 2}, {3, 4})

    def goes(i, j):
        return pairs[i][0] != pairs[j][1] and any({pairs[i][0], pairs[j][1]} <= one for one in sets)

    assert sum(goes(i, j) for i in range(6) for j in range(6) if i != j) > 0
    assert any(
        pairs[i][0] == pairs[j][1] for i in range(6) for j in range(6)
    )  # an item is no match for itself
    first, second = (
        [alone(model, model.format.candidate(pair[side]), data) for pair in pairs] for side in (0, 1)
    )
    slow = slow_contrast(first, second, goes, lambda i, j: pairs[i][0] != pairs[j][1])
    loss = item_item_contrast(model, model(task.batch, task.signals), task)
    assert loss.item() == pytest.approx(slow, rel=1e-3)


def test_user_item_contrast_reads_dialogue_and_item_apart(tokenizers, movies, vectors):
    model = make_tiny("llama", tokenizers)
    data = ingredients(model, movies, vectors)
    made = data.recommendations
    words = [
        np.array(model.format.encode(text), dtype=np.int32) for text in ("alien", "funny", "it is scary")
    ]
    tokens = tuple((words[n % 3], made.tokens[n][1]) for n in range(5))
    gold = (*made.gold[:3], np.concatenate([made.gold[3], made.gold[0]]), made.gold[4])
    data = replace(data, recommendations=replace(made, tokens=tokens, gold=gold), held_out=frozenset({4}))
    task = make_task("users", data, 4).batch(np.random.default_rng(1), 8)
    rng = np.random.default_rng(1)
    chosen = rng.choice(4, size=4, replace=False)  # all but the one held out
    rows = [int(rng.choice(gold[number])) for number in chosen]
    users = [alone(model, Segment(tuple(words[number % 3].tolist())), data) for number in chosen]
    items = [alone(model, model.format.candidate(row), data) for row in rows]
    slow = slow_contrast(users, items, lambda i, j: rows[j] in gold[chosen[i]])
    loss = user_item_contrast(model, model(task.batch, task.signals), task)
    assert loss.item() == pytest.approx(slow, rel=1e-3)


ALIGNMENTS = ("item_text_contrast", "item_text_matching", "item_item_contrast", "user_item_contrast")


@pytest.mark.parametrize("name", ALIGNMENTS)
def test_a_few_steps_of_an_alignment_loss_lower_it(name, tokenizers, movies, vectors):
    """On batches that were not trained on, though of the same items."""
    model = make_tiny("llama", tokenizers)
    data = ingredients(model, movies, vectors)
    made, words = (
        data.recommendations,
        list("abcde"),
    )  # dialogues that differ, or nobody could tell whose items are whose
    tokens = tuple((np.array(model.format.encode(f"i loved {w}")), made.tokens[0][1]) for w in words)
    data = replace(data, recommendations=replace(made, tokens=tokens))
    objective = Objective(model, {name: 1.0})
    (task_name,) = objective.tasks
    task = make_task(task_name, data, 4)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=3e-3)

    def measured():
        with torch.no_grad():
            batches = [task.batch(np.random.default_rng([9, n]), 5) for n in range(4)]
            return np.mean([objective({task_name: batch})["loss"].item() for batch in batches])

    before = measured()
    for step in range(40):
        loss = objective({task_name: task.batch(np.random.default_rng(step), 5)})["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert measured() < 0.9 * before


@pytest.mark.parametrize("task", ["matches", "pairs", "users"])
def test_one_example_has_nothing_to_be_told_from(task, tokenizers, movies, vectors):
    data = ingredients(make_tiny("gpt2", tokenizers), movies, vectors)
    with pytest.raises(ValueError, match=f"a batch of task '{task}' has 1 of at least 2.*{{{task}: 8}}"):
        make_task(task, data, 4).batch(np.random.default_rng(0), 1)


def test_no_dialogue_no_user(tokenizers, movies, vectors):
    data = ingredients(make_tiny("gpt2", tokenizers), movies, vectors)
    with pytest.raises(ValueError, match="`user_item_contrast` needs dialogues with items"):
        make_task("users", replace(data, recommendations=None), 4)


def test_a_frozen_llm_is_not_asked_to_learn_alone(tokenizers):
    model = make_tiny("llama", tokenizers)
    assert Objective(model, {"dialogue_lm": 1.0, "item_to_text": 1.0}).tasks == ("dialogues", "items")
    model.lm.requires_grad_(False)
    assert Objective(model, {"item_to_text": 1.0, "ranking": 1.0}).tasks == ("items", "recommendations")
    with pytest.raises(
        ValueError, match="loss dialogue_lm, record_lm trains the LLM alone, and the LLM is frozen"
    ):
        Objective(model, {"dialogue_lm": 1.0, "record_lm": 1.0, "item_to_text": 1.0})


# -- what goes together ------------------------------------------------------------------------------------------


def talk(number, *items, words="how about ", **feedback):
    parts = tuple(part for item in items for part in (words, ItemRef(item)))
    told = {item: Feedback(liked=liked) for item, liked in feedback.items()}
    return CorpusDialogue(str(number), "mine", "train", (CorpusTurn("user", parts),), told)


def test_together_is_what_is_named_in_one_dialogue_and_not_disliked(movies):
    links = {item: item for item in ("alien", "aliens", "heat", "shaun")}
    talks = (
        talk(1, "alien", "heat", "elsewhere"),
        talk(2, "alien", "shaun", "aliens", alien=False, shaun=True),
        talk(3, "heat"),
    )
    corpus = Corpus("mine", talks, {}, links, {})

    def found(*corpora):
        return [{movies.items[row].id for row in rows} for rows in named_together(corpora, movies)]

    assert found(corpus) == [{"alien", "heat"}, {"shaun", "aliens"}]
    assert found(replace(corpus, taught=False)) == []
    silent = (*talks, talk(4, "heat", "shaun", words=""))
    assert found(replace(corpus, dialogues=silent)) == [
        {"heat", "shaun"}
    ]  # the ranker is trained on the others
    assert found(replace(corpus, item_of={})) == []


def test_pairs_come_from_the_corpora_or_the_signals_of_a_config(tmp_path, tokenizers, movies):
    tree = whole_tree(tmp_path, tokenizers, movies)
    tree["train"]["stages"][0] |= {"losses": {"item_item_contrast": 1.0}, "steps": 1}
    tree["retrieval"] = {"k": 8, "sources": [{"name": "dense", "k": 5}]}
    train(Config.parse(tree), tmp_path / "run")
    with pytest.raises(ValueError, match="`item_item_contrast` needs items that go together"):
        train(Config.parse({**tree, "corpora": []}), tmp_path / "other")
