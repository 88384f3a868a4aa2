"""Conversations that are written together are what they would be alone."""

import itertools

import pytest
import torch

from conftest import make_tiny
from families import STATEFUL
from test_model import prompts_of, signals, trunk_of
from wherefore.lm.decoding import ContinuousBatch, sample
from wherefore.lm.trees import PADDING, TokenTrees, keeping, twin

OPTIONS = {"max_tokens": 9, "temperature": 0.9, "top_p": 0.95, "samples": 3}
TALKS = (
    (("i loved alien", "so here are some", "scary with sigourney weaver"), ("reason : horror", "it is a"), 1),
    (("funny",), ("reason :",), 2),
    (("something for kids please",), ("opening : movie like", "a", "it is a scary movie"), 3),
)


def talk(model, number, batch=None, **options):
    """A conversation's sentences as they are written."""
    said, prompts, seed = TALKS[number]
    cache = model.prefill(trunk_of(model, *said))
    prompts = prompts_of(model, *prompts)
    return model.writing(
        cache, prompts, signals(len(prompts), seed), seed=seed, batch=batch, **{**OPTIONS, **options}
    )


def alone(model, number, **options):
    return sorted(one for one in talk(model, number, **options) if one is not None)


def in_turn(*talks, late=0):
    """What each conversation gives when their steps are taken in turn; the later ones join so many steps later."""
    found = [[] for _ in talks]
    going = dict(enumerate(talks))
    for tick in itertools.count():
        for number in [n for n in going if tick >= n * late]:
            for one in going[number]:
                if one is None:
                    break
                found[number].append(one)
            else:
                del going[number]
        if not going:
            return [sorted(each) for each in found]


def assert_alike(found, expected):
    assert [one[:3] for one in found] == [one[:3] for one in expected]
    assert [one.likely for one in found] == pytest.approx([one.likely for one in expected], abs=1e-3)


@pytest.mark.parametrize("late", [0, 4])
def test_together_is_as_alone(tiny, late):
    batch = ContinuousBatch(tiny.reader())
    found = in_turn(*(talk(tiny, number, batch) for number in range(3)), late=late)
    for number in range(3):
        assert_alike(found[number], alone(tiny, number))
    assert len(batch) == 0


@pytest.mark.parametrize("family", STATEFUL)
def test_together_is_as_alone_where_nothing_branches(family, tokenizers):
    with pytest.warns(UserWarning, match="does not take masks"):
        model = make_tiny(family, tokenizers)
    batch = ContinuousBatch(model.reader())
    found = in_turn(*(talk(model, number, batch) for number in range(3)), late=2)
    for number in range(3):
        assert_alike(found[number], alone(model, number))


@pytest.fixture
def llama(tokenizers):
    return make_tiny("llama", tokenizers)


def test_one_step_is_a_step_for_all(llama, monkeypatch):
    reads = []
    reader = llama.reader()
    monkeypatch.setattr(
        reader, "read", lambda drafts, read=reader.read: reads.append(len(drafts)) or read(drafts)
    )
    batch = ContinuousBatch(reader)
    in_turn(talk(llama, 0, batch, temperature=3.0), talk(llama, 2, batch, temperature=3.0))
    assert max(reads) == 2 and len(reads) < 2 * (OPTIONS["max_tokens"] - 1)


def test_who_goes_leaves_the_others_as_they_are(llama):
    batch = ContinuousBatch(llama.reader())
    going, staying = talk(llama, 0, batch), talk(llama, 2, batch)
    for _ in range(3):
        next(going)
    first = [next(staying) for _ in range(3)]
    going.close()
    rest = [*first, *staying]
    assert_alike(sorted(one for one in rest if one is not None), alone(llama, 2))
    assert len(batch) == 0


def test_who_goes_amid_a_step_is_dropped_after_it(llama, monkeypatch):
    """As when the garbage collector closes a turn that nobody holds any more."""
    reader = llama.reader()
    batch = ContinuousBatch(reader)
    going, staying = talk(llama, 0, batch), talk(llama, 2, batch)
    next(going)
    next(staying)

    def read(drafts, read=reader.read):
        going.close()
        return read(drafts)

    monkeypatch.setattr(reader, "read", read)
    assert_alike(sorted(one for one in staying if one is not None), alone(llama, 2))
    assert len(batch) == 0


def test_enough_counts_for_who_asks(llama):
    had = set()
    batch = ContinuousBatch(llama.reader())
    asking = talk(llama, 2, batch, temperature=2.0, enough=had.__contains__)
    other = talk(llama, 0, batch, temperature=2.0)
    had.add(1)
    mine, theirs = in_turn(asking, other)
    assert {one.row for one in mine} == {0, 2}
    assert_alike(theirs, alone(llama, 0, temperature=2.0))


def test_a_step_that_fails_ends_all_and_the_next_begins_anew(llama, monkeypatch):
    reader = llama.reader()
    batch = ContinuousBatch(reader)
    one, two = talk(llama, 0, batch), talk(llama, 2, batch)
    next(one)
    next(two)
    with monkeypatch.context() as broken:
        broken.setattr(reader, "read", lambda drafts: (_ for _ in ()).throw(MemoryError("full")))
        with pytest.raises(MemoryError, match="full"):
            list(one)
    with pytest.raises(RuntimeError, match="broke off") as error:
        list(two)
    assert isinstance(error.value.__cause__, MemoryError)
    assert_alike(sorted(w for w in talk(llama, 0, batch) if w is not None), alone(llama, 0))


def test_branches_that_ended_are_forgotten(llama, monkeypatch):
    monkeypatch.setattr("wherefore.lm.trees._TIDY", 1)
    widths = []

    def enough(row):
        widths.append(batch._reader._trees.width)
        return row < 2 and len(widths) > 60

    batch = ContinuousBatch(llama.reader())
    list(talk(llama, 2, batch, samples=8, max_tokens=30, temperature=3.0, top_p=1.0, enough=enough))
    assert any(after < 0.8 * before for before, after in itertools.pairwise(widths))
    assert batch._reader._trees is None


def test_trees_tell_dialogues_apart(llama):
    """Three dialogues of different lengths in one batch, of which the middle one goes."""
    trunks = [
        trunk_of(llama, text) for text in ("i loved alien", "a", "something scary with sigourney weaver")
    ]
    caches = [llama.prefill(trunk) for trunk in trunks]
    words = llama.embeddings(torch.tensor([[5, 6], [7, 8], [9, 10]]))

    def planted(number):
        cache = caches[number]
        return TokenTrees(llama.body, llama.attention, cache.states, len(cache.ids), llama.device)

    with torch.inference_mode():
        trees = planted(0)
        for number in (1, 2):
            trees.join(planted(number))
        assert len(trees) == 3 and trees.width == max(len(trunk.ids) for trunk in trunks)
        lengths = torch.tensor([[len(trunk.ids)] for trunk in trunks])
        ones = torch.ones(3, 1, dtype=torch.long)
        first = trees.read(words[:, :1], ones, 0 * ones, lengths)
        trees.tidy([(0, [1]), (2, [1])])
        second = trees.read(words[[0, 2], 1:], 2 * ones[:2], ones[:2], lengths[[0, 2]] + 1)
        forgotten = trees.read(words[[0, 2], 1:], 3 * ones[:2], 3 * ones[:2], lengths[[0, 2]])
        for place, number in enumerate((0, 2)):
            start = llama.embeddings(torch.tensor([trunks[number].ids]))
            whole = torch.cat([start, words[number][None]], 1)
            expected = llama.body(inputs_embeds=whole, use_cache=False).last_hidden_state[0]
            torch.testing.assert_close(first[number, 0], expected[-2], atol=1e-4, rtol=1e-3)
            torch.testing.assert_close(second[place, 0], expected[-1], atol=1e-4, rtol=1e-3)
            apart = torch.cat([start, words[number][None, 1:]], 1)
            expected = llama.body(inputs_embeds=apart, use_cache=False).last_hidden_state[0, -1]
            torch.testing.assert_close(forgotten[place, 0], expected, atol=1e-4, rtol=1e-3)
        padded = torch.tensor([[4], [PADDING]])
        assert trees.read(words[:2, :1], padded, 0 * padded, lengths[[0, 2]], True).isfinite().all()


def test_a_twin_grows_without_the_other(llama):
    cache = llama.prefill(trunk_of(llama, "i loved alien"))
    before = [layer.keys.clone() for layer in cache.states.layers]
    other = twin(cache.states)
    other.crop(-2)
    llama.body(inputs_embeds=llama.embeddings(torch.tensor([[3, 4, 5]])), **keeping(llama.body, other))
    assert other.get_seq_length() == len(cache.ids) + 1
    assert all(torch.equal(layer.keys, one) for layer, one in zip(cache.states.layers, before, strict=True))


def test_a_draw_decides_by_the_nucleus():
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log().repeat(5, 1)
    draws = torch.tensor([0.0, 0.5, 0.6, 0.97, 0.9999])
    assert sample(logits, 1.0, 1.0, draws).tolist() == [0, 1, 1, 3, 3]
    assert sample(logits, 1.0, 0.6, draws).tolist() == [0, 0, 0, 1, 1]  # .5 and .3 hold the first .6
    assert sample(logits, 0, 0.6, draws).tolist() == [0] * 5
    counts = sample(logits[:1].repeat(20_000, 1), 1.0, 1.0, torch.rand(20_000)).bincount(minlength=4) / 20_000
    torch.testing.assert_close(counts, torch.tensor([0.5, 0.3, 0.15, 0.05]), atol=0.015, rtol=0)
    banned = torch.tensor([[float("-inf"), 0.0, float("-inf"), 0.0]]).repeat(5, 1)
    assert set(sample(banned, 1.0, 1.0, draws).tolist()) == {1, 3}
