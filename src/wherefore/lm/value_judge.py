"""Judges what a message means for the values of a catalogue's fields: "she licks everything" for `lead_free: yes`.

People seldom speak in values. Message and values are read apart, so that a catalogue's values are read once, and meet
late (Khattab and Zaharia, 2020, "ColBERT"): every value looks for the words of the message that have to do with it, and
what they mean for it is judged by both, beside how near the whole message is to this value and to the others. A field
that was never seen in training is understood by its name and its values (zero-shot slot filling by description: Bapna
et al., 2017, "Towards Zero-Shot Frame Semantic Parsing for Domain Scaling").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from wherefore.dialogue.labels import BEARINGS
from wherefore.dialogue.messages import Message

_BEFORE, _NEWEST = (
    64,
    128,
)  # tokens of what was said before, the newest, and of the message, the first and last
_MESSAGES = 3  # before it that are read
_SHAPES = 8  # what is read is padded to a multiple: a CPU's kernels are made anew for each shape
_SPREAD = 3.0  # nearness to a value, in standard deviations over all values, is about so large

Piece = tuple[int, int]  # characters of the message


def spoken(name: str) -> str:
    """A field's name in words.

    >>> spoken("price_per_night"), spoken("Nearest beach km")
    ('price per night', 'nearest beach km')
    """
    return name.replace("_", " ").lower()


@dataclass(frozen=True, slots=True)
class FieldValues:
    """A field and values of it, in words.

    Attributes:
        name: Of the field.
        values: All of them, or those that come into question.
    """

    name: str
    values: tuple[str, ...]


def in_words(fields: Sequence[FieldValues]) -> list[str]:
    """The values of fields, as they are read.

    >>> in_words([FieldValues("pets allowed", ("yes", "no"))])
    ['pets allowed: yes', 'pets allowed: no']
    """
    return [f"{field.name}: {value}" for field in fields for value in field.values]


@dataclass(frozen=True, slots=True)
class ToBear:
    """A message that may mean something for values.

    Attributes:
        before: The messages before it, oldest first.
        text: The message.
    """

    before: tuple[Message, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Borne:
    """What a batch of b messages means for v values.

    Attributes:
        bearings: Logits (b, v, len(BEARINGS)).
        words: For each message and value the share of each token of the message in what was read for it (b, v, t).
        places: For each message the characters of its tokens; those of what was said before are (0, 0).
    """

    bearings: Tensor
    words: Tensor
    places: list[list[Piece]]


class ValueJudge(nn.Module):
    """On an encoder that reads both ways.

    Args:
        encoder: An `MPNetModel` or a `BertModel`, or one with its inputs.
        tokenizer: A fast one (`tokenizers.Tokenizer`), without padding and truncation.
        looks: How many words in how many ways a value looks for.
        narrow: Width in which values and words meet.
        hidden: Width of the head.
    """

    def __init__(
        self, encoder: Any, tokenizer: Any, looks: int = 4, narrow: int = 64, hidden: int = 96
    ) -> None:
        super().__init__()
        self.encoder, self.tokenizer = encoder, tokenizer
        self.in_halves = False  # whether it reads in bfloat16 though its weights are wider
        self._looks, self._narrow, self._width = looks, narrow, encoder.config.hidden_size
        marks = (
            ("<s>", "</s>", "<pad>") if encoder.config.model_type == "mpnet" else ("[CLS]", "[SEP]", "[PAD]")
        )
        self._first, self._sep, self._pad = (tokenizer.token_to_id(mark) for mark in marks)
        self.of_values, self.of_words = (nn.Linear(self._width, looks * narrow) for _ in range(2))
        self.alike = nn.Parameter(torch.tensor([8.0]))  # how much likeness of states counts in looking
        self.near = nn.Parameter(torch.tensor([0.0, 3.0, 3.0, 1.0]))
        last = nn.Linear(hidden, len(BEARINGS))
        nn.init.zeros_(last.weight)
        with torch.no_grad():
            last.bias.copy_(torch.tensor([2.5, 0.0, 0.0, 0.0]))  # most values are nothing to a message
        self.head = nn.Sequential(nn.Linear(4 * self._width + 3, hidden), nn.GELU(), nn.Dropout(0.1), last)

    def values(self, texts: Sequence[str]) -> Tensor:
        """Values as `in_words` tells them -> (v, h)."""
        rows = [[self._first, *self._tokens(text)[:_BEFORE], self._sep] for text in texts]
        states, mask = self._states(rows)
        return _mean(states, mask)

    def forward(self, messages: Sequence[ToBear], values: Tensor) -> Borne:
        """What each of b messages means for each of v values (v, h), as of `values`."""
        read = [self._read(one) for one in messages]
        states, mask = self._states([ids for ids, _ in read])
        wholes, known = (
            functional.normalize(_mean(states, mask), dim=-1),
            functional.normalize(values, dim=-1),
        )
        looking = self.of_values(values).view(len(values), self._looks, self._narrow)
        words = self.of_words(states).view(*states.shape[:2], self._looks, self._narrow)
        found = torch.einsum("vld,btld->bvlt", looking, words) / self._narrow**0.5
        likeness = torch.einsum("vh,bth->bvt", known, functional.normalize(states, dim=-1))
        found = found + self.alike * likeness.unsqueeze(2)
        shares = found.masked_fill(mask[:, None, None, :] == 0, -1e4).softmax(-1).mean(2)  # (b, v, t)
        heard = functional.normalize(torch.einsum("bvt,bth->bvh", shares, states), dim=-1)
        near = wholes @ known.T
        spread = near.std(1, keepdim=True, correction=0) + 1e-4
        near = torch.stack([near, (near - near.mean(1, keepdim=True)) / spread / _SPREAD], dim=-1)
        scale = self._width**0.5  # of unit vectors' numbers, to about one
        known, wholes = known.expand(len(read), -1, -1), wholes.unsqueeze(1).expand(-1, len(values), -1)
        pieces = [
            scale * scale * known * heard / 4,
            scale * (known - heard).abs() / 4,
            scale * wholes / 2,
            scale * heard / 2,
            near,
            (known * heard).sum(-1, keepdim=True),
        ]
        bearings = self.head(torch.cat(pieces, dim=-1)) + self.near * near[..., 1:]
        return Borne(bearings, shares, [places for _, places in read])

    def _tokens(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def _states(self, rows: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
        """Tokens -> their states (n, t, h) and which are no padding (n, t)."""
        longest = -(-max(map(len, rows)) // _SHAPES) * _SHAPES
        ids = torch.full((len(rows), longest), self._pad, dtype=torch.long)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = torch.tensor(row)
        ids = ids.to(self.of_values.weight.device)
        mask = (ids != self._pad).long()
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=self.in_halves):
            states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return states.float(), mask

    def _read(self, one: ToBear) -> tuple[list[int], list[Piece]]:
        before: list[int] = []
        for message in one.before[-_MESSAGES:]:
            mark = "you :" if message.role == "assistant" else "i :"
            before += [*self._tokens(f"{mark} {message.content}"), self._sep]
        before = before[-_BEFORE:]
        found = self.tokenizer.encode(one.text, add_special_tokens=False)
        said, places = list(found.ids), list(found.offsets)
        if len(said) > _NEWEST:
            said = [*said[: _NEWEST // 2], *said[-(_NEWEST // 2) :]]
            places = [*places[: _NEWEST // 2], *places[-(_NEWEST // 2) :]]
        nowhere = [(0, 0)] * (1 + len(before))
        return [self._first, *before, *said, self._sep], [*nowhere, *places, (0, 0)]


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    """The mean state (n, h) of all tokens that are no padding."""
    within = mask.unsqueeze(2)
    return (states * within).sum(1) / within.sum(1)
