"""The LLM that comes as a package, SmolLM2-135M-Instruct, with what it has learned: it goes on with texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from wherefore.catalog.catalog import Item
from wherefore.catalog.schema import Schema
from wherefore.catalog.words import cut, words_of
from wherefore.lm.low_rank import with_changes
from wherefore.lm.packaged import load_smollm2, packaged_smollm2_dir

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END = "\n"  # ends what it writes


class SmallLLM:
    """Goes on with texts, one line each, with the likeliest token every time.

    Args:
        model: A causal language model of transformers.
        tokenizer: Its own, without padding and truncation.
    """

    def __init__(self, model: Any, tokenizer: Tokenizer) -> None:
        self._model, self._tokenizer = model.eval(), tokenizer

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text, without marks."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    @torch.inference_mode()
    def line(self, text: str, most: int) -> str:
        """What comes next, up to the end of the line or so many tokens; stripped.

        Args:
            text: What it goes on with.
            most: Tokens that are written, at most.
        """
        device = getattr(self._model, "device", torch.device("cpu"))
        read = torch.tensor([self.tokens(text)], device=device)
        cache: Any = None
        written: list[int] = []
        while len(written) < most:
            given = self._model(input_ids=read, past_key_values=cache, use_cache=True, logits_to_keep=1)
            cache = given.past_key_values
            best = int(given.logits[0, -1].argmax())
            piece = self._tokenizer.decode([best])
            written.append(best)
            if END in piece or best == self._model.config.eos_token_id:
                break
            read = torch.tensor([[best]], device=device)
        return self._tokenizer.decode(written).partition(END)[0].strip()


def search_prompt(said: str, kind: str) -> str:
    """What is read to write a search: what was said (see `wherefore.dialogue.brief.said`) to what kind of shop."""
    return f"{_of(kind)}{said}{END}="


def reason_prompt(said: str, kind: str, item: Item, schema: Schema) -> str:
    """What is read to write why an item is recommended."""
    return f"{_of(kind)}{said}{END}* {record(item, schema)}{END}why:"


def opening_prompt(said: str, kind: str, items: Sequence[Item], schema: Schema) -> str:
    """What is read to write the words before a list."""
    listed = END.join(f"* {record(item, schema, 90, 0)}" for item in items)
    return f"{_of(kind)}{said}{END}{listed}{END}open:"


def closing_prompt(said: str, kind: str, opening: str) -> str:
    """What is read to write what is asked or offered after a list."""
    return f"{_of(kind)}{said}{END}open: {opening}{END}close:"


def _of(kind: str) -> str:
    return f"[{kind.replace('_', ' ')}] " if kind else ""


def record(item: Item, schema: Schema, texts: int = 380, facts: int = 240) -> str:
    """An item in one line: title and year, so many characters of texts and of facts, whole words."""
    told = words_of(item, schema)
    text = " ".join(" ".join(told.texts).split())
    fact = " ".join(f"{one}." for one in told.facts)
    return " ".join(f"{told.title}. {cut(text, texts)} {cut(fact, facts)}".split())


def tokenizer_in(folder: Path) -> Tokenizer:
    """The tokenizer in a model's folder, without padding and truncation."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def packaged_llm(changes: Mapping[str, np.ndarray]) -> SmallLLM:
    """SmolLM2-135M-Instruct with changed layers; all that use it share its weights.

    Raises:
        MissingPackageError: If it is not at hand.
        ModelError: If its weights are not the published ones.
        CheckpointError: If the changes are of another model.
    """
    folder = packaged_smollm2_dir()
    return SmallLLM(with_changes(load_smollm2(folder), changes), tokenizer_in(folder))
