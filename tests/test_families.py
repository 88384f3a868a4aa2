"""Every family of LLMs: what ours reads and writes is what the LLM itself would."""

from __future__ import annotations

import pytest
import torch

import conftest
from conftest import make_tiny
from families import FAMILIES, STATEFUL, make_lm
from test_model import CLOSE, features, prompts_of, signals, trunk_of
from wherefore.lm.attention import Attention, seen_by_branches
from wherefore.lm.head import RankingHead
from wherefore.lm.item_encoder import ItemSignals
from wherefore.lm.model import RecommenderLM, base_of
from wherefore.lm.prompt import Example, Segment, collate
from wherefore.training.objective import Objective
from wherefore.training.weights import load_trained, trained


@pytest.fixture
def stateful(tokenizers):
    """A model of a family whose layers keep a state."""

    def make(family):
        with pytest.warns(UserWarning, match=rf"the LLM \({family}\) does not take masks of branches"):
            return make_tiny(family, tokenizers)

    return make


def test_the_mask_lets_a_branch_see_the_trunk_and_itself():
    branch = torch.tensor([[0, 0, 1, 1, 2, -1]])
    expected = [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 1],
    ]
    seen = seen_by_branches(branch)
    assert seen[0].int().tolist() == expected
    config = make_lm("gemma3", 50).config
    config.sliding_window = 2
    positions = torch.tensor([[0, 1, 2, 3, 2, 0]])
    masks = Attention(config).masks(seen, positions, positions, torch.float32)
    assert (masks["full_attention"][0, 0] == 0).int().tolist() == expected
    near = [[0, 0, 0, 0, 0, 0] for _ in range(6)]
    for query, keys in enumerate([(0,), (0, 1), (1, 2), (2, 3), (1, 4), (5,)]):
        for key in keys:
            near[query][key] = 1
    assert (masks["sliding_attention"][0, 0] == 0).int().tolist() == near
    config.sliding_window = None
    assert Attention(config).masks(seen, positions, positions, torch.bfloat16).isfinite().all()


def test_a_dialogue_is_read_as_the_llm_itself_reads_it(tiny):
    trunk = trunk_of(tiny, "i loved alien", "so here are some", "scary with sigourney weaver please")
    assert len(trunk.ids) > 16  # twice the windows
    ids = torch.tensor([trunk.ids])
    with torch.inference_mode():
        theirs = tiny.causal_lm(input_ids=ids, use_cache=False)
        hidden = tiny(collate([Example(trunk)]), signals(0))
        torch.testing.assert_close(tiny.logits(hidden[0]), theirs.logits[0], **CLOSE)
        cached = tiny.prefill(trunk)
        torch.testing.assert_close(tiny.logits(cached.end[None]), theirs.logits[0, -1:], **CLOSE)
        some = torch.tensor([7, 3, 9])
        torch.testing.assert_close(tiny.logits(hidden[0], some), theirs.logits[0][:, some], **CLOSE)


def test_a_candidate_is_read_as_the_llm_itself_reads_it(tiny):
    trunk = trunk_of(tiny, "i loved alien", "so here are some", "scary with sigourney weaver please")
    given, facts = signals(3), features(3)
    scores = tiny.rank(tiny.prefill(trunk), given, facts)
    with torch.inference_mode():
        before = tiny.embeddings(torch.tensor(trunk.ids))
        for row, soft in enumerate(tiny.item_encoder(given)):
            inputs = torch.cat([before, soft])[None]
            hidden = tiny.body(inputs_embeds=inputs, use_cache=False).last_hidden_state[0]
            alone = tiny.head(hidden[-1:], hidden[len(before) - 1], facts[row : row + 1])
            torch.testing.assert_close(alone.total[0], scores.total[row], **CLOSE)


def losses_of(model, *names):
    return Objective(model, dict.fromkeys(names, 1.0))


@pytest.mark.parametrize("family", [*FAMILIES, *STATEFUL])
@pytest.mark.filterwarnings("ignore:the LLM .* does not take masks of branches")
def test_it_trains_saves_loads_and_merges(family, tokenizers):
    model = make_tiny(family, tokenizers)
    trunk = trunk_of(model, "i loved alien")
    examples = [
        Example(trunk, (prompt.supervise(),)) for prompt in prompts_of(model, "reason : scary", "it is")
    ]
    batch = collate(examples)
    given = signals(2)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    model.train()

    def loss():
        hidden = model(batch, ItemSignals(given.text[batch.items]))
        learned = batch.labels >= 0
        return torch.nn.functional.cross_entropy(model.logits(hidden[learned]), batch.labels[learned])

    first = float(loss().detach())
    for _ in range(8):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    model.eval()
    assert float(loss().detach()) < first - 0.1
    other = make_tiny(family, tokenizers)
    load_trained(other, trained(model))
    facts = features(2)
    scores = [one.rank(one.prefill(trunk), given, facts).total for one in (model, other)]
    torch.testing.assert_close(*scores, atol=0, rtol=0)
    other.lm = other.lm.merge_and_unload()
    torch.testing.assert_close(other.rank(other.prefill(trunk), given, facts).total, scores[0], **CLOSE)


@pytest.mark.parametrize("family", FAMILIES)
def test_without_its_adapter_it_is_the_base_model_bit_for_bit(family, tokenizers):
    base = make_lm(family, len(tokenizers[family]))
    model = make_tiny(family, tokenizers)
    ids = torch.tensor([trunk_of(model, "i loved alien").ids])
    with torch.inference_mode():
        adapted = model.lm(input_ids=ids).logits
        with model.lm.disable_adapter():
            plain = model.lm(input_ids=ids).logits
        assert torch.equal(plain, base(input_ids=ids).logits) and not torch.equal(plain, adapted)
    weights = dict(base.named_parameters())
    kept = {
        name.replace(".base_layer", "").replace(".original_module", ""): weight
        for name, weight in base_of(model.lm).named_parameters()
        if "lora_" not in name and "modules_to_save" not in name
    }
    assert set(kept) == set(weights)
    assert all(torch.equal(kept[name], weight) for name, weight in weights.items())


# -- layers with a state --------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", STATEFUL)
def test_layers_with_a_state_rank_and_write_the_same_but_one_by_one(family, stateful):
    model = stateful(family)
    assert not model.branches
    given, facts = signals(40), features(40)  # two rounds of rows
    trunk = trunk_of(model, "i loved alien", "so here are some", "scary")
    cache = model.prefill(trunk)
    scores = model.rank(cache, given, facts).total
    assert scores.std() > 1e-3
    order = torch.randperm(40, generator=torch.Generator().manual_seed(2))
    shuffled = model.rank(cache, ItemSignals(given.text[order]), facts[order]).total
    torch.testing.assert_close(shuffled, scores[order], **CLOSE)
    again = model.rank(model.prefill(trunk, cache), given, facts).total
    torch.testing.assert_close(again, scores, **CLOSE)
    examples = [Example(trunk, tuple(model.format.candidate(row) for row in range(40)))]
    alone = Example(Segment(), (model.format.candidate(41), model.format.candidate(42)))
    batch = collate([*examples, Example(trunk_of(model, "funny"), (model.format.candidate(40),)), alone])
    more = signals(43)
    with torch.inference_mode():
        hidden = model(batch, ItemSignals(more.text[batch.items]))
        whole = model.head(hidden[0, list(batch.ends[0])], hidden[0, len(trunk.ids) - 1], facts).total
        soft = model.item_encoder(ItemSignals(more.text[42:]))
        by_itself = model.body(inputs_embeds=soft, use_cache=False).last_hidden_state[0, -1]
    torch.testing.assert_close(whole, model.rank(cache, ItemSignals(more.text[:40]), facts).total, **CLOSE)
    torch.testing.assert_close(hidden[2, batch.ends[2][1]], by_itself, **CLOSE)


@pytest.mark.parametrize("family", STATEFUL)
def test_layers_with_a_state_are_read_as_the_llm_itself_reads_them(family, stateful):
    model = stateful(family)
    trunk = trunk_of(model, "i loved alien", "so here are some", "scary")
    prompts, given = prompts_of(model, "reason :", "it is a"), signals(2)
    texts = {
        one.row: one.text
        for one in model.write(model.prefill(trunk), prompts, given, max_tokens=5, temperature=0)
    }
    for row, prompt in enumerate(prompts):
        ids: list[int] = []
        with torch.inference_mode():
            soft = model.item_encoder(ItemSignals(given.text[row : row + 1]))
            start = model.embed(torch.tensor([(trunk + prompt).ids]), soft)
            for _ in range(5):
                after = model.embeddings(torch.tensor([ids], dtype=torch.long))
                inputs = torch.cat([start, after], dim=1)
                ids.append(int(model.causal_lm(inputs_embeds=inputs, use_cache=False).logits[0, -1].argmax()))
                if ids[-1] == model.format.end_id:
                    ids.pop()
                    break
        assert texts[row] == model.format.decode(ids)


def test_a_causal_list_needs_branches(tokenizers):
    with pytest.warns(UserWarning, match="does not take masks"):
        model = make_tiny("lfm2", tokenizers)
    with pytest.raises(ValueError, match="'causal', but the LLM \\(lfm2\\) reads each candidate by itself"):
        RecommenderLM(model.lm, tokenizers["lfm2"], model.item_encoder, RankingHead(32, 3, 16), 64, "causal")


def test_attention_that_ignores_our_masks_is_noticed(tokenizers, monkeypatch):
    """As an implementation of attention that takes none."""
    monkeypatch.setattr(conftest, "_TINY", {})  # none of those that were made before
    import transformers

    real = transformers.LlamaModel.forward

    def forward(self, *given, attention_mask=None, **named):
        return real(self, *given, attention_mask=None, **named)

    monkeypatch.setattr(transformers.LlamaModel, "forward", forward)
    with pytest.warns(UserWarning, match="attn_implementation 'sdpa' or 'eager'"):
        assert not make_tiny("llama", tokenizers).branches


def test_a_vocabulary_that_is_not_the_llms_is_refused(tokenizers):
    model = make_tiny("llama", tokenizers)
    small = make_lm("llama", 50)
    with pytest.raises(ValueError, match="tokenizer has .* tokens, but the LLM has embeddings of 50"):
        RecommenderLM(small, tokenizers["llama"], model.item_encoder, RankingHead(32, 3, 16), 64)


def test_a_segment_may_be_empty(tiny):
    assert list(tiny.write(tiny.prefill(trunk_of(tiny, "alien")), [], signals(0))) == []
    assert Segment().ids == ()
