import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from conftest import make_tiny
from wherefore.dialogue.messages import Message
from wherefore.lm.copying import Copying
from wherefore.lm.head import RankingHead
from wherefore.lm.item_encoder import ITEM_ENCODERS, ItemSignals
from wherefore.lm.model import BLOCK, splice
from wherefore.lm.prompt import SOFT, Example, Segment, collate

CLOSE = {"atol": 3e-5, "rtol": 0}


def signals(count, seed=0):
    return ItemSignals(
        normalize(torch.randn(count, 8, generator=torch.Generator().manual_seed(seed)), dim=-1)
    )


def features(count):
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(5))


def trunk_of(model, *contents):
    roles = ("user", "assistant")
    return model.format.dialogue([Message(roles[n % 2], text) for n, text in enumerate(contents)])


# -- soft tokens ------------------------------------------------------------------------------------------


def test_splice_fills_the_placeholders_in_order():
    ids = torch.tensor([[4, SOFT, SOFT, 5], [SOFT, SOFT, 6, 7]])
    embeddings = torch.zeros(2, 4, 3)
    soft = torch.arange(12.0).view(2, 2, 3)
    spliced = splice(embeddings, ids, soft)
    assert torch.equal(spliced[0, 1:3], soft[0]) and torch.equal(spliced[1, :2], soft[1])
    assert not spliced[0, [0, 3]].any() and not spliced[1, 2:].any()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_splice_counts_placeholders(count):
    ids = torch.tensor([[1, SOFT, SOFT, SOFT, SOFT]])
    with pytest.raises(ValueError, match="4 places for soft tokens"):
        splice(torch.zeros(1, 5, 3), ids, torch.zeros(count, 2, 3))


@pytest.mark.parametrize("name", sorted(ITEM_ENCODERS))
def test_item_encoders(name):
    encoder = ITEM_ENCODERS[name](dim=8, width=32, soft_tokens=3, extra={"collaborative": 4})
    text = torch.randn(5, 8)
    extra = torch.randn(5, 4)
    extra[2] = float("nan")
    tokens = encoder(ItemSignals(text, {"collaborative": extra}))
    assert tokens.shape == (5, 3, 32) and tokens.isfinite().all()
    alone = encoder(ItemSignals(text[2:3]))
    assert torch.allclose(tokens[2:3], alone, atol=1e-5)  # a missing signal is one not given
    with pytest.raises(ValueError, match="width 7, the item encoder was made for"):
        encoder(ItemSignals(torch.randn(1, 7)))


# -- ranking ------------------------------------------------------------------------------------------------


def test_order_of_candidates_never_changes_a_score(tiny):
    cache = tiny.prefill(trunk_of(tiny, "i loved alien"))
    count = BLOCK + 44  # two blocks
    given, facts = signals(count), features(count)
    scores = tiny.rank(cache, given, facts).total
    order = torch.randperm(count, generator=torch.Generator().manual_seed(2))
    shuffled = tiny.rank(cache, ItemSignals(given.text[order]), facts[order]).total
    torch.testing.assert_close(shuffled, scores[order], **CLOSE)
    assert scores.std() > 1e-3  # and scores do differ


def test_one_at_a_time_equals_all_at_once(tiny):
    cache = tiny.prefill(trunk_of(tiny, "something scary"))
    given, facts = signals(9), features(9)
    together = tiny.rank(cache, given, facts)
    for row in range(9):
        alone = tiny.rank(cache, ItemSignals(given.text[row : row + 1]), facts[row : row + 1])
        torch.testing.assert_close(alone.total[0], together.total[row], **CLOSE)
        torch.testing.assert_close(alone.llm[0] + alone.sources[0], alone.total[0], **CLOSE)


def test_ranking_on_the_cache_equals_the_whole_batch_in_one_pass(tiny):
    given, facts = signals(6), features(6)
    trunks = [trunk_of(tiny, "i loved alien", "so here are some", "scary"), trunk_of(tiny, "funny")]
    examples = [Example(trunk, tuple(tiny.format.candidate(row) for row in range(6))) for trunk in trunks]
    batch = collate(examples)
    with torch.inference_mode():
        hidden = tiny(batch, ItemSignals(given.text[batch.items]))
        for place, trunk in enumerate(trunks):
            end = hidden[place, len(trunk.ids) - 1]
            whole = tiny.head(hidden[place, list(batch.ends[place])], end, facts).total
            cached = tiny.rank(tiny.prefill(trunk), given, facts).total
            torch.testing.assert_close(whole, cached, **CLOSE)


def test_a_continued_cache_equals_a_fresh_one(tiny):
    given, facts = signals(5), features(5)
    first = tiny.prefill(trunk_of(tiny, "i loved alien"))
    tiny.rank(first, given, facts)
    longer = trunk_of(tiny, "i loved alien", "so here are some", "with sigourney weaver")
    fresh = tiny.rank(tiny.prefill(longer), given, facts).total
    continued = tiny.rank(tiny.prefill(longer, first), given, facts).total
    torch.testing.assert_close(continued, fresh, **CLOSE)


def test_ranking_leaves_the_cache_as_it_was(tiny):
    cache = tiny.prefill(trunk_of(tiny, "alien"))
    length = cache.states.get_seq_length()
    once = tiny.rank(cache, signals(4), features(4)).total
    assert cache.states.get_seq_length() == length == len(cache.ids)
    assert torch.equal(once, tiny.rank(cache, signals(4), features(4)).total)


def test_the_dialogue_may_show_items_and_its_cache_knows_which(tiny):
    given, facts, shown = signals(5), features(5), signals(3, 4)
    start = tiny.format.encode("i loved alien")
    s = tiny.format.soft_tokens

    def trunk(*rows, words=""):
        softs = [-2 - row for row in rows for _ in range(s)]
        return tiny.format.segment((*start, *softs, *tiny.format.encode(words)))

    one = trunk(0, words="and scary")
    first = shown.of(torch.tensor([0]))
    scores = tiny.rank(tiny.prefill(one, None, first), given, facts).llm
    with torch.inference_mode():
        rows = torch.cat([first.text, given.text])
        branches = tuple(tiny.format.candidate(row + 1) for row in range(5))
        batch = collate([Example(one, branches)])
        hidden = tiny(batch, ItemSignals(rows[batch.items]))
        whole = tiny.head.llm_score(hidden[0, list(batch.ends[0])], hidden[0, len(one.ids) - 1])
    torch.testing.assert_close(scores, whole, **CLOSE)
    other = tiny.prefill(trunk(1, words="and scary"), None, shown.of(torch.tensor([1])))
    assert not torch.allclose(tiny.rank(other, given, facts).llm, scores, atol=1e-4)
    for longer in (
        trunk(0, 2, words="and scary"),
        trunk(1, words="and scary"),
        trunk(0, words="and scary films"),
    ):
        rows = torch.tensor(longer.items)
        kept = tiny.prefill(one, None, first)
        continued = tiny.rank(tiny.prefill(longer, kept, shown.of(rows)), given, facts).llm
        alone = tiny.rank(tiny.prefill(longer, None, shown.of(rows)), given, facts).llm
        torch.testing.assert_close(continued, alone, **CLOSE)
    with pytest.raises(ValueError, match="shows 1 items, but signals of 0"):
        tiny.prefill(one)


def test_titles_can_be_read_instead_of_soft_tokens(tiny):
    titles = [tiny.format.title(text) for text in ("Alien (1979)", "Up", "Heat", "")]
    cache, given, facts = tiny.prefill(trunk_of(tiny, "something scary")), signals(4), features(4)
    read = tiny.rank(cache, given, facts, titles).llm
    for row in range(4):
        one = tiny.rank(cache, given.of(torch.tensor([row])), facts[row : row + 1], titles[row : row + 1]).llm
        torch.testing.assert_close(one[0], read[row], **CLOSE)
    assert not torch.allclose(read, tiny.rank(cache, given, facts).llm)
    with torch.inference_mode():
        hidden = tiny(collate([Example(trunk_of(tiny, "something scary"), tuple(titles))]), signals(0))
        ends = collate([Example(trunk_of(tiny, "something scary"), tuple(titles))]).ends[0]
        whole = tiny.head.llm_score(hidden[0, list(ends)], cache.end)
    torch.testing.assert_close(whole, read, **CLOSE)


def test_in_a_causal_list_a_candidate_sees_those_before_it(tiny):
    cache, given, facts = tiny.prefill(trunk_of(tiny, "something scary")), signals(5), features(5)
    alone = tiny.rank(cache, given, facts).llm
    tiny.mask = "causal"
    listed = tiny.rank(cache, given, facts).llm
    torch.testing.assert_close(listed[0], alone[0], **CLOSE)
    assert (listed[1:] - alone[1:]).abs().max() > 1e-4
    swapped = tiny.rank(cache, given.of(torch.tensor([1, 0, 2, 3, 4])), facts).llm
    assert (swapped[2:] - listed[2:]).abs().max() > 1e-5  # order matters
    trunk = trunk_of(tiny, "something scary")
    whole = sum((tiny.format.candidate(row) for row in range(5)), Segment())
    with torch.inference_mode():
        hidden = tiny(collate([Example(trunk, (whole,))]), given)
        ends = len(trunk.ids) + tiny.format.soft_tokens * np.arange(1, 6) - 1
        torch.testing.assert_close(tiny.head.llm_score(hidden[0, ends], cache.end), listed, **CLOSE)


def test_a_causal_list_stays_within_the_positions(tiny):
    tiny.mask, tiny.positions = "causal", len(trunk_of(tiny, "scary").ids) + 2 * tiny.format.soft_tokens
    cache = tiny.prefill(trunk_of(tiny, "scary"))
    scores = tiny.rank(cache, signals(5), features(5)).llm
    pair = tiny.rank(cache, signals(5).of(torch.tensor([2, 3])), features(2)).llm
    torch.testing.assert_close(scores[2:4], pair, **CLOSE)  # lists of two


def test_sources_alone_need_no_llm_and_the_llm_no_sources():
    alone = RankingHead(16, 3, 8, reads_states=False)
    scores = alone(None, None, features(4))
    assert torch.equal(scores.total, scores.sources) and not scores.llm.any() and scores.total.std() > 0
    read = RankingHead(16, 3, 8, reads_features=False)
    scores = read(torch.randn(4, 16), torch.randn(16), features(4))
    assert torch.equal(scores.total, scores.llm) and not scores.sources.any() and scores.total.std() > 0
    with pytest.raises(ValueError, match="something must rank"):
        RankingHead(16, 3, 8, reads_states=False, reads_features=False)


def test_no_candidates_no_scores(tiny):
    cache = tiny.prefill(trunk_of(tiny, "alien"))
    assert tiny.rank(cache, signals(0), features(0)).total.shape == (0,)


# -- writing --------------------------------------------------------------------------------------------------


def prompts_of(model, *texts):
    return [
        model.format.candidate(row) + Segment(model.format.encode(text)) for row, text in enumerate(texts)
    ]


def by_hand(model, trunk, prompt, given, steps):
    """Greedy writing without any cache, a token at a time: slow and obvious."""
    ids: list[int] = []
    for _ in range(steps):
        batch = collate([Example(trunk, (prompt + Segment(tuple(ids)),))])
        with torch.inference_mode():
            hidden = model(batch, given)
            token = int(model.logits(hidden[0, batch.ends[0][0]][None]).argmax())
        if token == model.format.end_id:
            break
        ids.append(token)
    return model.format.decode(ids)


def test_writing_equals_writing_by_hand_without_a_cache(tiny):
    trunk = trunk_of(tiny, "i loved alien")
    prompts = prompts_of(tiny, "reason : horror", "reason :", "opening : scary movie like")
    given = signals(3)
    written = {
        w.row: w.text for w in tiny.write(tiny.prefill(trunk), prompts, given, max_tokens=7, temperature=0)
    }
    for row, prompt in enumerate(prompts):
        alone = ItemSignals(given.text[row : row + 1])
        assert written[row] == by_hand(tiny, trunk, prompt, alone, 7)


def test_writing_is_a_function_of_the_seed_and_leaves_the_cache(tiny):
    cache = tiny.prefill(trunk_of(tiny, "i loved alien"))
    prompts, given = prompts_of(tiny, "reason :", "reason : it is"), signals(2)

    def texts(seed):
        return sorted(tiny.write(cache, prompts, given, max_tokens=9, temperature=1.0, seed=seed))

    assert texts(1) == texts(1)
    assert texts(1) != texts(2)
    assert cache.states.get_seq_length() == len(cache.ids)


def test_only_allowed_tokens_are_written(tiny):
    cache = tiny.prefill(trunk_of(tiny, "alien"))
    allowed = [Copying(tiny.format.encode("scary")), Copying(tiny.format.encode("funny"))]
    for written in tiny.write(cache, prompts_of(tiny, "a", "b"), signals(2), 6, 1.0, 1.0, 3, allowed):
        tokens = set(tiny.format.encode(written.text.replace(" ", ""))) if written.text else set()
        assert tokens <= allowed[written.row].free or set(written.text) <= set(
            ["scary", "funny"][written.row] + " "
        )


def test_several_samples_are_several_sentences_with_their_likelihood(tiny):
    trunk = trunk_of(tiny, "i loved alien")
    prompts, given = prompts_of(tiny, "reason :", "it is"), signals(2)
    options = {"max_tokens": 6, "temperature": 1.5, "top_p": 1.0, "seed": 4}
    written = list(tiny.write(tiny.prefill(trunk), prompts, given, **options, samples=3))
    assert sorted(one.row for one in written) == [0, 0, 0, 1, 1, 1]
    assert len({one.text for one in written}) > 2
    assert all(one.likely < 0 for one in written)
    greedy = list(tiny.write(tiny.prefill(trunk), prompts, given, max_tokens=6, temperature=0, samples=2))
    for row in range(2):
        assert len({one.text for one in greedy if one.row == row}) == 1
        ids: list[int] = []
        total = 0.0
        for _ in range(6):
            batch = collate([Example(trunk, (prompts[row] + Segment(tuple(ids)),))])
            with torch.inference_mode():
                hidden = tiny(batch, ItemSignals(given.text[row : row + 1]))
                logs = tiny.logits(hidden[0, batch.ends[0][0]][None])[0].log_softmax(-1)
            total += float(logs.max())
            ids.append(int(logs.argmax()))
            if ids[-1] == tiny.format.end_id:
                break
        assert {round(one.likely, 3) for one in greedy if one.row == row} == {round(total / len(ids), 3)}


def test_what_has_enough_sentences_is_not_written_further(tiny):
    cache = tiny.prefill(trunk_of(tiny, "i loved alien"))
    prompts, given = prompts_of(tiny, "reason :", "it is"), signals(2)
    options = {"max_tokens": 12, "temperature": 1.5, "top_p": 1.0, "samples": 8}
    # Sentences of random weights hardly ever end, so that only the end token and one word are allowed.
    allowed = [Copying(tiny.format.encode("scary"))] * 2
    all_of_them = list(tiny.write(cache, prompts, given, **options, seed=3, allowed=allowed))
    assert len(all_of_them) == 16
    had = set()
    some = []
    for one in tiny.write(cache, prompts, given, **options, seed=3, allowed=allowed, enough=had.__contains__):
        some.append(one)
        if one.row == 0:
            had.add(0)
    first = next(one for one in all_of_them if one.row == 0)
    assert first in some and 0 < sum(one.row == 0 for one in some) < 8
    assert sum(one.row == 1 for one in some) == 8


def test_allowing_every_token_changes_nothing(tiny):
    cache = tiny.prefill(trunk_of(tiny, "i loved alien"))
    prompts, given = prompts_of(tiny, "reason :", "it is"), signals(2)
    every = [Copying(range(tiny.logits(torch.zeros(1, 32)).shape[1]))] * 2
    free = sorted(tiny.write(cache, prompts, given, max_tokens=8, temperature=0))
    assert free == sorted(tiny.write(cache, prompts, given, max_tokens=8, temperature=0, allowed=every))


def test_the_last_position_is_never_passed(tokenizers):
    model = make_tiny("gpt2", tokenizers, dialogue=448)
    long = trunk_of(model, "scary " * 2000)
    assert len(long.ids) <= 448
    prompts = [Segment(model.format.encode("movie " * 30)[:30])]
    written = list(model.write(model.prefill(long), prompts, signals(0), max_tokens=500, temperature=0))
    assert len(written) == 1
    with pytest.raises(ValueError, match="512 positions"):
        make_tiny("gpt2", tokenizers, dialogue=500)


# -- training reaches what it should ------------------------------------------------------------------------


def test_training_moves_adapter_encoder_and_head_but_not_the_base(tiny):
    frozen = {name for name, p in tiny.named_parameters() if not p.requires_grad}
    assert frozen and all("lora" not in name for name in frozen)
    trunk = trunk_of(tiny, "alien")
    batch = collate([Example(trunk, (tiny.format.candidate(0), tiny.format.candidate(1)))])
    hidden = tiny(batch, signals(2))
    end = hidden[0, len(trunk.ids) - 1]
    tiny.head(hidden[0, list(batch.ends[0])], end, features(2)).total.sum().backward()
    moved = {name for name, p in tiny.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    assert any("lora_B" in name for name in moved)
    assert any(name.startswith("item_encoder.") for name in moved)
    assert any(name.startswith("head.") for name in moved)
    assert not moved & frozen


def test_the_item_width_must_be_the_llms(tokenizers):
    from wherefore.lm.item_encoder import MLPItemEncoder
    from wherefore.lm.model import RecommenderLM

    good = make_tiny("llama", tokenizers)
    with pytest.raises(ValueError, match="width 16, the LLM's is 32"):
        RecommenderLM(good.lm, tokenizers["llama"], MLPItemEncoder(8, 16), good.head)


def test_scores_see_the_dialogue_and_the_item(tiny):
    given, facts = signals(3), features(3)
    one = tiny.rank(tiny.prefill(trunk_of(tiny, "scary")), given, facts).llm
    other = tiny.rank(tiny.prefill(trunk_of(tiny, "funny with ridley scott")), given, facts).llm
    assert not np.allclose(one, other)
    assert not np.allclose(one, tiny.rank(tiny.prefill(trunk_of(tiny, "scary")), signals(3, 9), facts).llm)
