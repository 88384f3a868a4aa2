"""What a config costs, against real tensors."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import transformers as hf

from conftest import FAMILIES
from families import make_lm
from wherefore import cli
from wherefore.config import Component, Config, LLMConfig, LoraConfig
from wherefore.lm.load import add_lora
from wherefore.training import cost as cost_module
from wherefore.training.cost import HARDWARE, Hardware, _Pass, estimate, span, task_tokens
from wherefore.training.losses import LOSSES
from wherefore.training.sizes import Saved, architectures, causal_lm_config, embedder_size, lm_size

ROOT = Path(__file__).parents[1]
LORA = LoraConfig(r=4, alpha=8)
MORE = ("gemma3", "mistral")
SIZES = {
    "vocab_size": 200,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 512,
}


def tiny_of(family):
    if family == "gemma3":
        return hf.Gemma3ForCausalLM(hf.Gemma3TextConfig(**SIZES)).eval()
    if family == "mistral":
        return hf.MistralForCausalLM(hf.MistralConfig(**SIZES, tie_word_embeddings=False)).eval()
    return make_lm(family, 200)


def body_of(lm):
    return getattr(lm, lm.base_model_prefix)


# -- sizes


@pytest.mark.parametrize("family", [*FAMILIES, *MORE])
def test_sizes_are_those_of_real_tensors(family):
    lm = tiny_of(family)
    size = lm_size(lm.config, LORA)
    weights = {id(p): p.numel() for p in lm.parameters()}
    assert size.parameters == sum(weights.values())
    assert size.head == lm.get_output_embeddings().weight.numel()
    assert size.width == lm.get_input_embeddings().weight.shape[1]
    assert size.vocabulary == lm.get_input_embeddings().weight.shape[0]
    with torch.no_grad():
        cache = body_of(lm)(input_ids=torch.ones(1, 7, dtype=torch.long), use_cache=True).past_key_values
    kept = sum(part.numel() for layer in cache.layers for part in (layer.keys, layer.values))
    assert size.cached * 7 == kept
    matrices = {id(p): p.numel() for p in body_of(lm).parameters() if p.ndim == 2}
    tables = {id(m.weight): 0 for m in body_of(lm).modules() if isinstance(m, torch.nn.Embedding)}
    assert lm_size(lm.config, None).products == sum((matrices | tables).values())


@pytest.mark.parametrize("family", [*FAMILIES, *MORE])
def test_an_adapter_is_counted_as_peft_makes_it(family):
    adapted = add_lora(tiny_of(family), LORA)
    real = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
    size = lm_size(tiny_of(family).config, LORA)
    assert size.lora == real
    assert size.parameters == lm_size(tiny_of(family).config, None).parameters  # of the LM alone


def test_sizes_of_a_llama_by_hand():
    v, h, i, layers, heads, groups, d, r = 200, 48, 80, 3, 6, 2, 16, 4
    size = lm_size(hf.LlamaConfig(**SIZES), LORA)
    shapes = [(h, heads * d), (h, groups * d), (h, groups * d), (heads * d, h), (h, i), (h, i), (i, h)]
    linear = layers * sum(rows * columns for rows, columns in shapes)
    lora = layers * sum(r * (rows + columns) for rows, columns in shapes)
    assert size.lora == lora and size.products == linear + lora
    assert size.parameters == linear + 2 * v * h + (2 * layers + 1) * h
    assert (size.head, size.layers, size.attention) == (v * h, layers, heads * d)
    assert size.cached == 2 * layers * groups * d


def test_published_totals():
    published = {
        "HuggingFaceTB/SmolLM2-135M-Instruct": 134.5e6,
        "HuggingFaceTB/SmolLM2-360M-Instruct": 361.8e6,
        "HuggingFaceTB/SmolLM2-1.7B-Instruct": 1.711e9,
        "Qwen/Qwen3-0.6B": 596e6,
        "Qwen/Qwen3-4B": 4.022e9,
        "Qwen/Qwen3-8B": 8.191e9,
        "meta-llama/Llama-3.2-1B-Instruct": 1.236e9,
        "meta-llama/Llama-3.2-3B-Instruct": 3.213e9,
        "google/gemma-3-1b-it": 999.9e6,
        "google/gemma-3-4b-it": 3.880e9,  # 4.300 with the image tower
        "mistralai/Mistral-7B-Instruct-v0.3": 7.248e9,
    }
    assert set(published) == set(architectures()["causal_lms"])
    for name, total in published.items():
        assert lm_size(causal_lm_config(LLMConfig(name=name)), None).parameters == pytest.approx(
            total, rel=5e-3
        )
    embedders = {
        "BAAI/bge-small-en-v1.5": (384, 33.4e6),
        "BAAI/bge-base-en-v1.5": (768, 109.5e6),
        "Alibaba-NLP/gte-modernbert-base": (768, 149.0e6),
        "Qwen/Qwen3-Embedding-0.6B": (1024, 595.8e6),
        "intfloat/multilingual-e5-base": (768, 278.0e6),
    }
    assert set(embedders) == set(architectures()["embedders"])
    for name, (width, total) in embedders.items():
        found = embedder_size(Component(name="sentence-transformers", model=name))
        assert found == (width, pytest.approx(4 * total, rel=5e-3))


def test_the_packaged_model_is_counted():
    size = lm_size(causal_lm_config(LLMConfig()), LoraConfig())
    assert size.parameters == pytest.approx(22.7e6, rel=5e-3) and size.width == 384
    width, held = embedder_size(Component(name="minilm"))
    assert width == 384 and held == pytest.approx(4 * 22.7e6, rel=5e-3)
    assert embedder_size(Component(name="x", model="BAAI/bge-base-en-v1.5", truncate_dim=64))[0] == 64


def test_a_models_own_config_counts_for_more_than_the_table(tmp_path):
    tiny_of("mistral").save_pretrained(tmp_path)
    assert causal_lm_config(LLMConfig(name=str(tmp_path))).num_hidden_layers == 3
    with_images = hf.Gemma3Config(text_config=SIZES)
    with_images.save_pretrained(tmp_path)
    assert causal_lm_config(LLMConfig(name=str(tmp_path))).model_type == "gemma3_text"
    bert = hf.BertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1, intermediate_size=8)
    bert.save_pretrained(tmp_path)
    assert embedder_size(Component(name="sentence-transformers", model=str(tmp_path)))[0] == 8


def test_unknown_models_list_the_known():
    with pytest.raises(ValueError, match=r"'no/such'.*hub's cache.*Qwen/Qwen3-0\.6B"):
        estimate(Config.parse({"llm": {"name": "no/such"}}))
    embedder = {"name": "sentence-transformers", "model": "no/such"}
    with pytest.raises(ValueError, match=r"embedder 'no/such'.*minilm, .*bge-base"):
        estimate(Config.parse({"embedder": embedder}))


# -- what training keeps


def kept_by(lm, tokens, half):
    """Bytes that autograd really keeps of a forward pass, besides weights."""
    base = lm.get_base_model()
    weights = {p.untyped_storage().data_ptr() for p in lm.parameters()}
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage  # held, so that no address is used twice
        return tensor

    dtype = base.get_input_embeddings().weight.dtype
    mask = torch.zeros(1, 1, tokens, tokens, dtype=dtype)
    kinds = set(getattr(base.config, "layer_types", None) or [])
    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        torch.autocast("cpu", dtype=torch.bfloat16, enabled=half),
    ):
        body_of(base)(
            inputs_embeds=torch.randn(1, tokens, base.config.hidden_size, dtype=dtype, requires_grad=True),
            attention_mask=dict.fromkeys(kinds, mask) if "sliding_attention" in kinds else mask,
            position_ids=torch.arange(tokens)[None],
            use_cache=False,
        )
    return sum(storage.nbytes() for storage in kept.values())


@pytest.mark.parametrize("family", [*FAMILIES, *MORE])
@pytest.mark.parametrize(("dtype", "mixed"), [("float32", "no"), ("bfloat16", "bf16"), ("float32", "bf16")])
def test_activations_are_what_autograd_keeps(family, dtype, mixed):
    kind = tiny_of(family).config
    lm = hf.AutoModelForCausalLM.from_config(kind, dtype=getattr(torch, dtype))
    real = kept_by(add_lora(lm, LORA).train(), 200, mixed == "bf16")
    saved = Saved.by(kind, LORA, getattr(torch, dtype), mixed)
    # The mask grows with the square of the tokens, which the line does not: in so narrow a model it counts.
    assert saved.whole(kind.num_hidden_layers, 200) == pytest.approx(real, rel=0.1)
    assert saved.whole(kind.num_hidden_layers, 0) == 0


def test_with_gradient_checkpointing_a_layer_keeps_its_input():
    kind = hf.LlamaConfig(**SIZES | {"num_hidden_layers": 12})
    lm = add_lora(hf.LlamaForCausalLM(kind), LORA).train()
    base = lm.get_base_model()
    enable = getattr(base, "activation_checkpointing_enable", None) or base.gradient_checkpointing_enable
    enable({"use_reentrant": False})
    real = kept_by(lm, 200, half=False) + 200 * 200 * 4  # the mask is held by what will compute again
    saved = Saved.by(kind, LORA, torch.float32, "no")
    again = saved.checkpointed(12, 200, 48 * 4)
    layer = saved.whole(2, 200) - saved.whole(1, 200)  # one is computed again at a time
    assert again - layer == pytest.approx(real, rel=0.05)
    assert again < saved.whole(12, 200) / 4
    assert saved.checkpointed(1, 200, 48 * 4) <= saved.whole(1, 200)  # of one layer nothing is saved


# -- the whole


@pytest.fixture(scope="module", autouse=True)
def counted_once():
    """What an LLM and its adapter are counted to is remembered: most estimates here are of the same one."""
    known = {}

    def remembered(count):
        def call(kind, *given):
            key = count.__qualname__, kind.to_json_string(), repr(given)
            if key not in known:
                known[key] = count(kind, *given)
            return known[key]

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost_module, "lm_size", remembered(lm_size))
        patch.setattr(cost_module, "Saved", SimpleNamespace(by=remembered(Saved.by)))
        yield


def small(**changes):
    tree = {
        "llm": {"name": "Qwen/Qwen3-0.6B", "dtype": "bfloat16", "lora": {"r": 8, "alpha": 16}},
        "train": {
            "stages": [
                {"name": "one", "losses": {"dialogue_lm": 1.0}, "steps": 10, "batch_size": 4},
                {"name": "two", "losses": {"source_ranking": 1.0}, "steps": 10, "batch_size": 64},
            ]
        },
    }
    return Config.parse(tree, [f"{key}={value}" for key, value in changes.items()])


def test_memory_adds_up():
    cost = estimate(small())
    size = cost.llm
    assert cost.cache_per_token == 2 * 28 * 8 * 128 * 2
    ours = cost.trained - size.lora
    assert cost.weights == 2 * size.parameters + 4 * cost.trained and 0 < ours < 5e6
    assert cost.optimizer == 12 * cost.trained
    assert cost.logits == 4 * 192 * 151936 * 12  # every token of four dialogues is learned
    assert cost.chatting == cost.weights + cost.embedder + cost.cache_per_turn
    assert cost.training() - cost.training(checkpointing=True) == cost.activations - cost.recomputed > 0
    # Two more dialogues at once cost what they keep, and nothing else.
    more = estimate(
        small(
            **{"train.stages": [{"name": "one", "losses": {"dialogue_lm": 1}, "steps": 9, "batch_size": 6}]}
        )
    )
    assert more.activations == pytest.approx(1.5 * cost.activations, rel=0.02)
    assert more.weights == cost.weights


def test_the_cache_of_a_turn_holds_the_dialogue_and_what_is_most():
    cost = estimate(small(**{"writer.samples": 2, "writer.max_tokens": 30}))
    assert cost.cache_per_turn == cost.cache_per_token * (192 + 5 * 2 * (192 + 64 + 30))
    silent = estimate(
        small(**{"writer.tries": 0, "retrieval.k": 100, "item_encoder": "{name: mlp, soft_tokens: 3}"})
    )
    assert silent.cache_per_turn == silent.cache_per_token * (192 + 300)
    many = estimate(
        small(**{"writer.tries": 0, "retrieval.k": 400, "item_encoder": "{name: mlp, soft_tokens: 3}"})
    )
    assert many.cache_per_turn == many.cache_per_token * (192 + 400)  # in three blocks
    titles = estimate(small(**{"writer.tries": 0, "retrieval.k": 20, "ranker.candidates": "titles"}))
    assert titles.cache_per_turn == titles.cache_per_token * (192 + 20 * 16)
    sources = estimate(small(**{"writer.tries": 0, "ranker.llm": "false"}))
    assert sources.turn_flops == 0 and sources.cache_per_turn == sources.cache_per_token * 192


def test_work_is_what_tokens_and_weights_make_it():
    size = estimate(small()).llm
    one = _Pass(tokens=10, context=50, times=3, written=2)
    attention = 4 * size.layers * size.attention * 50
    assert one.flops(size) == 3 * (10 * (2 * size.products + attention) + 2 * 2 * size.head)
    stage = 2 * 4 * 192 * (2 * size.products + 4 * size.layers * size.attention * 192)
    stage += 2 * 2 * 4 * 192 * size.head
    assert estimate(small()).training_flops == pytest.approx(10 * stage)
    assert estimate(small(**{"train.grad_accumulation": 3})).training_flops == pytest.approx(30 * stage)


def test_a_pass_takes_its_products_or_its_reading_or_its_starting():
    cost = estimate(small())
    one = _Pass(tokens=100, context=20)
    slow = Hardware("slow", flops=1e9, bandwidth=1e15, memory=1e12, layer=0, reached=0.5)
    assert one.seconds(cost, slow) == pytest.approx(one.flops(cost.llm) / 0.5e9)
    narrow = Hardware("narrow", flops=1e18, bandwidth=1e9, memory=1e12, layer=0, reached=0.5)
    assert one.seconds(cost, narrow) == pytest.approx((cost.weights + 20 * cost.cache_per_token) / 0.5e9)
    lazy = Hardware("lazy", flops=1e18, bandwidth=1e18, memory=1e12, layer=2.0)
    assert one.seconds(cost, lazy) == 2.0 * 28


def test_what_does_not_fit_has_no_time():
    small_times, big = estimate(small()).times, estimate(Config.load(ROOT / "configs" / "qwen3-8b.yaml"))
    assert set(small_times) == {machine.name for machine in HARDWARE}
    for times in small_times.values():
        assert 0 < times.list_ready < times.reply and times.training > 0
    assert big.times["laptop CPU"].reply is None and big.times["laptop CPU"].training is None
    roomy, tight = big.times["80 GB GPU"], big.times["24 GB GPU"]
    assert big.training() > 24e9 > big.training(checkpointing=True)
    assert tight.training > 1.4 * roomy.training  # computes again, and is slower
    assert "laptop CPU: too small" in big.header()
    untrained = estimate(small(**{"train.stages": []}))
    assert untrained.activations == untrained.logits == 0 and untrained.times["24 GB GPU"].training is None


def test_every_task_has_its_tokens():
    for task in {loss.task for loss in LOSSES.values()}:
        read, learned = task_tokens(task, 192, 2, 48, 8)
        assert read >= learned >= 0 and (read > 0) == (task != "candidates")
    assert task_tokens("recommendations", 192, 2, 48, 8)[0] == 192 + (48 + 8 + 1) * 2 + 64
    with pytest.raises(ValueError, match="task 'cooking' are not known; known: dialogues, "):
        task_tokens("cooking", 192, 2, 48, 8)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0.04, "0.0 s"), (9.96, "10.0 s"), (61, "61 s"), (7100, "118 min"), (1e5, "28 h"), (1e6, "12 days")],
)
def test_times_are_for_people(seconds, says):
    assert span(seconds) == says


# -- the command


@pytest.fixture
def run(capsys):
    """The command, with what it prints."""

    def call(*arguments):
        code = cli.main(["estimate", *map(str, arguments)])
        return code, *capsys.readouterr()

    return call


def test_the_command_tells_and_writes(run, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("# Mine.\n# Needs ?\n#   old\n# Licence: mine.\n" + small().to_yaml(), encoding="utf-8")
    code, out, err = run(path, "--json", "--set", "llm.lora.r=16")
    assert code == 0, err
    (cost,) = json.loads(out).values()
    assert cost["llm"]["parameters"] == 596049920
    expected = estimate(small(**{"llm.lora.r": 16}))
    assert cost["llm"]["lora"] == expected.llm.lora and cost["training"] == expected.training()
    assert cost["times"]["24 GB GPU"]["reply"] == pytest.approx(expected.times["24 GB GPU"].reply)
    code, out, _ = run(path, "--write")
    assert code == 0 and re.search(r"parameters of the LLM\s+│\s+596\.0 M", out)
    header = estimate(small()).header()
    assert path.read_text(encoding="utf-8").startswith(f"# Mine.\n{header}\n# Licence: mine.\n")
    assert Config.load(path) == small()


def test_the_command_says_what_is_wrong(run, tmp_path):
    bare = tmp_path / "bare.yaml"
    bare.write_text(small().to_yaml(), encoding="utf-8")
    for arguments, says in (
        ((bare, "--write"), r"error: .*bare\.yaml has no line `# Needs …` to renew"),
        ((tmp_path / "none.yaml",), r"error: no config at .*none\.yaml"),
        ((bare, "--write", "--set", "seed=1"), r"--write describes the files as they are"),
    ):
        code, _, err = run(*arguments)
        assert code == 2 and re.search(says, err), err
