"""An LLM as a judge of items: how well would each of some candidates please who takes part in a dialogue?

A score is comparable within a dialogue alone: log-odds of "yes" against "no" here, grades behind a server. As in
UniME-V2 (Gu et al., 2025, arXiv 2510.13515), where an LLM's scores say which negatives of a retriever are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.words import cut, words_of
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import ConfigError, ModelError
from wherefore.lm.attention import Attention
from wherefore.lm.passes import shared
from wherefore.lm.trees import TokenTrees, keeping, twin

if TYPE_CHECKING:
    from tokenizers import Tokenizer

DIALOGUE = 700  # characters of the dialogue that a judge reads, the newest
TEXTS, FACTS = 120, 90  # characters of an item's texts and facts
_BLOCK = 512  # tokens of candidates in a forward pass

Words = tuple[tuple[str, str], ...]  # role and text of each message


@dataclass(frozen=True)
class Asked:
    """A dialogue and the items that a judge is asked about.

    Attributes:
        dialogue: Its messages, with the items that they name.
        items: m of them.
        catalog: That they are of.
    """

    dialogue: Dialogue
    items: tuple[Item, ...]
    catalog: Catalog


class ItemJudge(Protocol):
    """Says how well items would please."""

    @property
    def name(self) -> str:
        """All that decides its scores besides what it reads: the model, how it is asked, and how much it reads."""

    def reads(self, asked: Asked) -> tuple[str, tuple[str, ...]]:
        """What it reads: the dialogue, and each of the m items, as text."""

    def scores(self, asked: Asked) -> np.ndarray:
        """Scores (m,) float32, the higher the better; NaN where it has no opinion.

        Raises:
            ServerError: If it is behind a server that does not answer.
        """


def said(dialogue: Dialogue, most: int = DIALOGUE) -> Words:
    """Role and words of the newest messages, so many characters in all; of the oldest of them its end."""
    kept: list[tuple[str, str]] = []
    for message in reversed(dialogue.messages):
        text = " ".join(message.content.split())
        if message.role == "system" or not text or most <= 0:
            continue
        kept.append((message.role, text[-most:]))
        most -= len(text)
    return tuple(reversed(kept))


def told(item: Item, catalog: Catalog, texts: int = TEXTS, facts: int = FACTS) -> str:
    """An item in one line: title with year, the beginning of its texts, and facts.

    >>> catalog = Catalog.from_records([{"title": "Alien", "year": 1979, "genres": "Horror|Sci-Fi"}])
    >>> told(catalog.items[0], catalog)
    'Alien (1979). genre: Horror, Sci-Fi.'
    """
    words = words_of(item, catalog.schema)
    text = " ".join(" ".join(words.texts).split())
    fact = " ".join(f"{one}." for one in words.facts)
    return " ".join(f"{words.title}. {cut(text, texts)} {cut(fact, facts)}".split())


class LocalItemJudge:
    """A causal LLM on this machine: the score is the log-odds of "yes" against "no" to a question about each item.

    All candidates are read in one block on the dialogue's cache, each seeing the dialogue and itself alone, so a
    dialogue costs one pass and a score depends on neither the order nor the company of the items. What a dialogue
    shares with the one before is not read again.

    Args:
        model: A causal LM of transformers whose layers are all attention.
        tokenizer: Its own, without padding and truncation.
        name: Of the model.
        characters: Of the dialogue that are read, the newest.

    Raises:
        ModelError: If the tokenizer has no single tokens for yes and no.
        ConfigError: If `characters` is not above 0.
    """

    def __init__(self, model: Any, tokenizer: Tokenizer, name: str, characters: int = DIALOGUE) -> None:
        if characters < 1:
            raise ConfigError(f"`characters` is {characters}; it must be at least 1")
        self._model, self._tokenizer, self._characters = model.eval(), tokenizer, characters
        self._body = getattr(model, model.base_model_prefix)
        self._attention = Attention(model.config)
        self._chat = tokenizer.token_to_id("<|im_start|>") is not None
        added = tokenizer.get_added_tokens_decoder().values()
        self._controls = [one.content for one in added if one.special and len(one.content) > 1]
        self.name = f"{name}, yes or no, prompt 1{', chat' * self._chat}, {characters} characters"
        self._yes, self._no = self._answers("yes"), self._answers("no")
        self._kept: tuple[tuple[int, ...], Any] = ((), None)  # the newest dialogue's tokens, and their cache

    def reads(self, asked: Asked) -> tuple[str, tuple[str, ...]]:
        """As `ItemJudge.reads`."""
        return self._prompt(asked), tuple(self._question(item, asked.catalog) for item in asked.items)

    def scores(self, asked: Asked) -> np.ndarray:
        """As `ItemJudge.scores`."""
        if not asked.items:
            return np.zeros(0, dtype=np.float32)
        return shared(self._of_each, self.reads(asked), most=1)

    @torch.inference_mode()
    def _of_each(self, read: Sequence[tuple[str, tuple[str, ...]]]) -> list[np.ndarray]:
        return [self._log_odds(prompt, questions) for prompt, questions in read]

    def _log_odds(self, prompt: str, questions: Sequence[str]) -> np.ndarray:
        table = self._model.get_input_embeddings()
        ids = self._tokens(prompt)
        states = self._read(ids, table)
        parts = [table(torch.tensor(self._tokens(one), device=table.weight.device)) for one in questions]
        found = []
        for block in _blocks(parts):
            trees = TokenTrees(self._body, self._attention, states, len(ids), table.weight.device)
            logits = self._model.get_output_embeddings()(trees.grow(block)).float()
            found.append(logits[:, self._yes].logsumexp(-1) - logits[:, self._no].logsumexp(-1))
        odds: np.ndarray = torch.cat(found).cpu().numpy()
        return odds

    def _read(self, ids: tuple[int, ...], table: Any) -> Any:
        """The cache of a dialogue, from that of the one before where they begin alike."""
        from transformers import DynamicCache

        before, cache = self._kept
        same = 0
        while same < min(len(before), len(ids) - 1) and before[same] == ids[same]:
            same += 1
        states = DynamicCache() if not same else twin(cache)
        if same and len(before) > same:
            states.crop(same - len(before))
        new = torch.tensor([ids[same:]], device=table.weight.device)
        at = torch.arange(same, len(ids), device=new.device)[None]
        self._body(inputs_embeds=table(new), position_ids=at, **keeping(self._body, states))
        self._kept = ids, states
        return states

    def _prompt(self, asked: Asked) -> str:
        """What is read once: who wants what, and what is asked about each item."""
        noun = asked.catalog.schema.noun
        lines = [
            f"{'Assistant' if role == 'assistant' else 'User'}: {self._plain(text)}"
            for role, text in said(asked.dialogue, self._characters)
        ]
        begin = "<|im_start|>user\n" if self._chat else ""
        return "\n".join(
            [
                f"{begin}A user talks with an assistant that recommends a {noun}.",
                *lines,
                f"Would the user like this {noun} next? Answer yes or no.",
                f"{noun.capitalize()}:",
            ]
        )

    def _question(self, item: Item, catalog: Catalog) -> str:
        """What is read of each item."""
        end = "<|im_end|>\n<|im_start|>assistant\n" if self._chat else "\nAnswer:"
        return f" {self._plain(told(item, catalog))}{end}"

    def _tokens(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _plain(self, text: str) -> str:
        """A text in which nothing reads as one of the model's control tokens."""
        for control in self._controls:
            text = text.replace(control, f"{control[0]} {control[1:]}")
        return text

    def _answers(self, word: str) -> Tensor:
        """The tokens that are this word, in any case, with a space before it or without."""
        ids = set()
        for form in (word, word.capitalize(), word.upper()):
            for text in (form, f" {form}"):
                tokens = self._tokens(text)
                if len(tokens) == 1:
                    ids.add(tokens[0])
        if not ids:
            raise ModelError(
                f"the tokenizer has no single token for {word!r}; judge by another LLM, or behind a server"
            )
        return torch.tensor(sorted(ids), device=self._model.get_input_embeddings().weight.device)


def _blocks(parts: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Parts (t_i, h) in runs of at most `_BLOCK` tokens, one part at least in each."""
    block: list[Tensor] = []
    for part in parts:
        if block and sum(map(len, block)) + len(part) > _BLOCK:
            yield block
            block = []
        block.append(part)
    yield block
