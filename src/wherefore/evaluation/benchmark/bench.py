"""What is measured: a model, its published size with random weights or the starter's own, and the items it ranks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from wherefore.evaluation.evaluate import check_names

if TYPE_CHECKING:
    from torch import Tensor

    from wherefore.catalog.catalog import Catalog, Item
    from wherefore.lm.model import RecommenderLM
    from wherefore.lm.prompt import Segment

DIALOGUE = (
    "I loved The Shining and It Follows. Something scary but not gory, after 2000.",
    "You could try The Babadook, The Witch and Hereditary.",
    "I have seen those. Something with Toni Collette, or by a director who is new to me?",
)
SHAPES: dict[str, dict[str, Any]] = {  # the published sizes; weights are random, which changes no time
    "135M": {
        "kind": "Llama",  # SmolLM2-135M
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "vocab_size": 49152,
        "tie_word_embeddings": True,
        "max_position_embeddings": 16384,
    },
    "600M": {
        "kind": "Qwen3",  # Qwen3-0.6B
        "hidden_size": 1024,
        "intermediate_size": 3072,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
        "max_position_embeddings": 16384,
    },
    "4B": {
        "kind": "Qwen3",  # Qwen3-4B
        "hidden_size": 2560,
        "intermediate_size": 9728,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
        "max_position_embeddings": 16384,
    },
    "8B": {
        "kind": "Qwen3",  # Qwen3-8B
        "hidden_size": 4096,
        "intermediate_size": 12288,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151936,
        "tie_word_embeddings": False,
        "max_position_embeddings": 16384,
    },
}


class Bench(NamedTuple):
    """What is measured: a model, and the items that it ranks."""

    model: RecommenderLM
    items: Sequence[Item]
    vectors: Tensor  # (n, d)
    texts: Sequence[Segment]  # title and facts of each
    features: int


def bench_of(name: str, count: int, device: str, dtype: str, tokens: int) -> Bench:
    """A model with the items that it is measured on.

    Raises:
        ConfigError: If there is no such model.
    """
    check_names("model", [name], ("starter", *SHAPES))
    import torch

    from wherefore.lm.head import RankingHead
    from wherefore.lm.model import RecommenderLM
    from wherefore.lm.prompt import Segment
    from wherefore.recommender import Recommender

    starter = Recommender.from_pretrained("starter")
    features = len(starter.retriever.feature_names)
    catalog = starter.catalog
    model = starter.model
    if name != "starter":
        from wherefore.lm.item_encoder import MLPItemEncoder

        shape = dict(SHAPES[name])
        lm = random_lm(shape.pop("kind"), shape, device, getattr(torch, dtype))
        encoder = MLPItemEncoder(starter.index.dim, shape["hidden_size"], tokens)
        head = RankingHead(shape["hidden_size"], features)
        last: Any = head.llm[-1]
        torch.nn.init.normal_(last.weight)
        model = RecommenderLM(lm, starter.model.format.tokenizer, encoder.to(device), head.to(device)).eval()
    items = catalog.items[:count]
    texts = [Segment(model.format.encode(described(item, catalog))) for item in items]
    vectors = torch.tensor(starter.index.vectors[:count], device=model.device)
    return Bench(model, items, vectors, texts, features)


def random_lm(kind: str, shape: dict[str, Any], device: str, dtype: Any) -> Any:
    """A causal LM of a published size with random weights."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(**shape, pad_token_id=0, bos_token_id=1, eos_token_id=2)
    config.dtype = dtype
    with torch.device(device):
        made = getattr(transformers, f"{kind}ForCausalLM")(config)
    return made.to(dtype).eval()


def described(item: Item, catalog: Catalog) -> str:
    """Title and main facts of an item, as a prompt would list it."""
    facts = []
    for spec, value in catalog.facts(item):
        shown = ", ".join(value[:3]) if isinstance(value, tuple) else str(value)
        facts.append(f"{(spec.label or spec.name).lower()}: {shown}")
    return f"{catalog.dated(item)}; {'; '.join(facts)}\n"


def trunk_of(model: RecommenderLM) -> Segment:
    """The dialogue that is read."""
    from wherefore.dialogue.messages import Message

    roles: tuple[Literal["user"], Literal["assistant"]] = ("user", "assistant")
    return model.format.dialogue([Message(roles[n % 2], text) for n, text in enumerate(DIALOGUE)])
