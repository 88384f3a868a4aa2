"""What every kind of item encoder must do, over ITEM_ENCODERS."""

import pytest
import torch
import yaml

from test_train import whole_tree
from wherefore import cli
from wherefore.checkpoint import load_checkpoint
from wherefore.config import Config
from wherefore.lm.item_encoder import (
    ITEM_ENCODERS,
    ItemSignals,
    LinearItemEncoder,
    MLPItemEncoder,
    QFormerItemEncoder,
)
from wherefore.recommender import Recommender
from wherefore.training.train import train

SMALL = {"linear": {}, "mlp": {"hidden": 16}, "qformer": {"hidden": 24, "heads": 3}}


@pytest.fixture(params=sorted(ITEM_ENCODERS))
def make(request):
    """Makes an encoder of each kind in turn: d = 8, h = 12, s = 3, two signals."""

    def made(**keywords):
        torch.manual_seed(0)
        given = {"soft_tokens": 3, "extra": {"c": 5, "a": 4}, **SMALL.get(request.param, {}), **keywords}
        return ITEM_ENCODERS[request.param](dim=8, width=12, **given)

    return made


def items(count=6, seed=1):
    """Items of which the second lacks signal a, the third c, and the fourth both."""
    draw = torch.Generator().manual_seed(seed)
    text, a, c = (torch.randn(count, size, generator=draw) for size in (8, 4, 5))
    a[[1, 3]], c[[2, 3]] = torch.nan, torch.nan
    return ItemSignals(text, {"a": a, "c": c})


def test_order_and_company_change_nothing(make):
    encoder, given = make(), items()
    tokens = encoder(given)
    assert tokens.shape == (6, 3, 12) and tokens.isfinite().all()
    order = torch.tensor([4, 2, 0, 5, 1, 3])
    torch.testing.assert_close(encoder(given.of(order)), tokens[order], atol=1e-5, rtol=0)
    single = [encoder(given.of(torch.tensor([row]))) for row in range(6)]
    torch.testing.assert_close(torch.cat(single), tokens, atol=1e-5, rtol=0)
    assert encoder(given.of(torch.tensor([], dtype=torch.long))).shape == (0, 3, 12)


def test_a_missing_signal_is_one_that_was_not_given(make):
    encoder, given = make(), items()
    third = ItemSignals(given.text[2:3], {"a": given.extra["a"][2:3]})
    torch.testing.assert_close(encoder(third), encoder(given)[2:3], atol=1e-5, rtol=0)
    fourth = encoder(ItemSignals(given.text[3:4]))
    torch.testing.assert_close(fourth, encoder(given)[3:4], atol=1e-5, rtol=0)
    with_one = encoder(ItemSignals(given.text[3:4], {"a": given.extra["a"][:1]}))
    assert (with_one - fourth).abs().max() > 1e-3  # and a signal that is there is read


def test_it_starts_as_big_as_the_llms_tokens_and_tells_items_apart(make):
    encoder = make(scale=0.05)
    cone = torch.nn.functional.normalize(torch.randn(200, 8) * 0.1 + torch.ones(8), dim=-1)
    encoder.fit(cone)
    tokens = encoder(ItemSignals(cone)).flatten(1)
    assert tokens.square().mean().sqrt().item() == pytest.approx(0.05, rel=0.02)
    alike = torch.nn.functional.cosine_similarity(tokens[:100], tokens[100:]).mean()
    raw = torch.nn.functional.cosine_similarity(cone[:100], cone[100:]).mean()
    assert alike < 0.6 < 0.95 < raw


def test_soft_tokens_of_an_item_differ(make):
    tokens = make()(items())
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert torch.nn.functional.cosine_similarity(tokens[:, one], tokens[:, other]).abs().max() < 0.99


def test_all_of_it_learns(make):
    encoder = make()
    target = torch.randn(6, 3, 12, generator=torch.Generator().manual_seed(2))
    optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        loss = (encoder(items()) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        losses.append(loss.item())
        assert all(p.grad is not None for p in encoder.parameters())
        optimizer.step()
    assert losses[-1] < 0.7 * losses[0]
    idle = [name for name, p in encoder.named_parameters() if not p.grad.abs().sum()]
    assert idle == []


def test_dropout_takes_either_away_but_never_both(make):
    encoder, count = make(dropout=0.25, extra={"c": 5}), 4000
    draw = torch.Generator().manual_seed(3)
    text = torch.randn(1, 8, generator=draw).expand(count, 8)
    c = torch.randn(1, 5, generator=draw).expand(count, 5)
    encoder.mean.copy_(torch.full((8,), 0.5))
    encoder.eval()
    full = encoder(ItemSignals(text, {"c": c}))[0]
    without_c = encoder(ItemSignals(text))[0]
    without_text = encoder(ItemSignals(encoder.mean[None], {"c": c[:1]}))[0]
    neither = encoder(ItemSignals(encoder.mean[None]))[0]
    tokens = encoder.train()(ItemSignals(text, {"c": c}))
    kinds = [full, without_c, without_text, neither]
    counts = [int((tokens - kind).abs().amax(dim=(1, 2)).lt(1e-4).sum()) for kind in kinds]
    assert sum(counts) == count and counts[3] == 0
    assert counts[1] == pytest.approx(count / 4, rel=0.12) and counts[2] == pytest.approx(count / 4, rel=0.12)


def test_an_item_without_signals_keeps_its_text_while_training(make):
    encoder = make(dropout=0.5)
    text = torch.randn(50, 8)
    nothing = {"a": torch.full((50, 4), torch.nan)}  # and c is not given at all
    tokens = encoder.train()(ItemSignals(text, nothing))
    torch.testing.assert_close(tokens, encoder.eval()(ItemSignals(text)), atol=1e-5, rtol=0)


def test_what_is_saved_is_all(make):
    encoder = make()
    encoder.fit(torch.randn(20, 8))
    other = make(scale=3.0)
    assert not torch.allclose(other(items()), encoder(items()))
    other.load_state_dict(encoder.state_dict(), strict=True)
    assert torch.equal(other(items()), encoder(items()))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"dropout": 0.6}, r"`item_encoder\.dropout` is 0\.6; it must be from 0 to 0\.5"),
        ({"soft_tokens": 0}, r"`item_encoder\.soft_tokens` is 0; at least 1"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(make, wrong, says):
    with pytest.raises(ValueError, match=says):
        make(**wrong)


def test_vectors_of_another_width_are_refused(make):
    with pytest.raises(
        ValueError, match="items have vectors of width 7, the item encoder was made for 8; use"
    ):
        make()(ItemSignals(torch.randn(2, 7)))
    with pytest.raises(
        ValueError, match="signal 'c' has vectors of width 4, the item encoder was made for 5"
    ):
        make()(ItemSignals(torch.randn(2, 8), {"c": torch.randn(2, 4)}))


# -- each kind against a slow, obvious reference -----------------------------------------------------------------


def test_linear_is_one_affine_map():
    encoder = LinearItemEncoder(4, 6, soft_tokens=2, extra={"c": 3}, scale=0.5)
    text, c = torch.randn(3, 4), torch.randn(3, 3)
    encoder.fit(torch.randn(9, 4))
    weight = torch.cat([encoder.inputs["text"].weight, encoder.inputs["c"].weight], 1)  # (2 * 6, 4 + 3)
    bias = encoder.inputs["text"].bias + encoder.inputs["c"].bias
    for row, tokens in enumerate(encoder(ItemSignals(text, {"c": c}))):
        vector = torch.cat([(text[row] - encoder.mean) / encoder.spread, c[row]])
        slow = (weight @ vector + bias).view(2, 6)
        slow = (slow - slow.mean(1, keepdim=True)) / slow.std(1, correction=0, keepdim=True)
        torch.testing.assert_close(tokens, slow * 0.5, atol=1e-4, rtol=0)


def test_mlp_needs_a_hidden_layer():
    with pytest.raises(ValueError, match="give at least 1, or `name: linear` for no hidden layer"):
        MLPItemEncoder(4, 6, hidden=0)


def attend(attention, queries, keys, heads):
    """What each query (s, w) gets from keys (k, w), head by head."""
    w = queries.shape[-1]
    size = w // heads
    (q_w, k_w, v_w), (q_b, k_b, v_b) = attention.in_proj_weight.split(w), attention.in_proj_bias.split(w)
    parts = []
    for head in range(heads):
        own = slice(head * size, (head + 1) * size)
        q = queries @ q_w[own].T + q_b[own]
        k, v = keys @ k_w[own].T + k_b[own], keys @ v_w[own].T + v_b[own]
        parts.append((q @ k.T / size**0.5).softmax(-1) @ v)
    return attention.out_proj(torch.cat(parts, -1))


def test_qformer_queries_look_at_what_an_item_has_and_at_nothing_else():
    torch.manual_seed(4)
    encoder = QFormerItemEncoder(8, 12, soft_tokens=3, hidden=24, heads=3, extra={"c": 5, "a": 4})
    given = items()
    for row, tokens in enumerate(encoder(given)):
        keys = [encoder.inputs["text"](given.text[row])]
        keys += [
            encoder.inputs[name](vectors[row])
            for name, vectors in given.extra.items()
            if not vectors[row].isnan().any()
        ]
        assert len(keys) == (3, 2, 2, 1, 3, 3)[row]
        seen, states = encoder.first(torch.stack(keys)), encoder.queries
        for layer in encoder.layers:
            normed = layer.norm1(states)
            states = states + attend(layer.self_attn, normed, normed, 3)
            states = states + attend(layer.multihead_attn, layer.norm2(states), seen, 3)
            wide = torch.nn.functional.gelu(layer.linear1(layer.norm3(states)))
            states = states + layer.linear2(wide)
        slow = encoder.norm(encoder.output(encoder.last(states)))
        torch.testing.assert_close(tokens, slow, atol=1e-5, rtol=0)


def test_qformer_layers_do_not_begin_alike():
    layers = QFormerItemEncoder(8, 12, hidden=24, heads=3, layers=2).layers
    assert len(layers) == 2 and not torch.equal(layers[0].linear1.weight, layers[1].linear1.weight)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            {"hidden": 20, "heads": 3},
            r"`item_encoder\.hidden` is 20, which 3 heads cannot share; give a multiple",
        ),
        ({"layers": 0}, r"`item_encoder\.layers` is 0"),
        ({"heads": 0}, r"`item_encoder\.heads` is 0"),
        ({"hidden": 0}, r"`item_encoder\.hidden` is 0"),
    ],
)
def test_a_qformer_of_impossible_size_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        QFormerItemEncoder(8, 12, **wrong)


# -- the whole way -----------------------------------------------------------------------------------------------

OVERRIDES = {
    "linear": ["item_encoder={name: linear, soft_tokens: 3, dropout: 0.1}"],
    "mlp": [],
    "qformer": ["item_encoder.name=qformer", "item_encoder.heads=2"],
}


@pytest.mark.parametrize("name", sorted(ITEM_ENCODERS))
def test_each_kind_trains_is_saved_and_loads_by_an_override(name, tmp_path, tokenizers, movies):
    tree = whole_tree(tmp_path, tokenizers, movies)
    tree["signals"] = [{"name": "collaborative", "dim": 2, "least": 1}]
    tree["train"]["stages"][0] |= {"losses": {"ranking": 1.0, "item_item_contrast": 0.5}, "lr": 1e-2}
    tree["item_encoder"]["dropout"] = 0.1
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    assert cli.main(["train", str(path), *OVERRIDES[name], "--out", str(tmp_path / "run")]) == 0
    folder = tmp_path / "run" / "checkpoint"
    loaded = load_checkpoint(folder, "cpu", merge=False)
    assert type(loaded.model.item_encoder) is ITEM_ENCODERS[name]
    assert loaded.config == Config.load(path, OVERRIDES[name])
    assert loaded.model.item_encoder.spread != 1.0  # fitted to the catalogue
    recommender = Recommender.from_pretrained(folder, device="cpu")
    words = [{"role": "user", "content": "I loved Heat, now something scary"}]
    assert len({round(one.score, 6) for one in recommender.rank(words, k=8)}) > 1
    other = "mlp" if name != "mlp" else "linear"
    further = {**tree, "item_encoder": {"name": other, "soft_tokens": 2}}
    further["train"] = {**tree["train"], "init": str(folder)}
    with pytest.raises(ValueError, match=r"item_encoder\.safetensors does not fit its config\.yaml"):
        train(Config.parse(further), tmp_path / "other")
