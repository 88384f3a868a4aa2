"""Judges what a message means for the values of a catalogue's fields: "she licks everything" for `lead_free: yes`.

People seldom speak in values. The model reads the message and the values in one pass, each in sight of all others, and
every value gets what the message means for it, with the words of the message that say so. So a field that was never
seen in training is understood by its name and its values (zero-shot slot filling by description: Bapna et al., 2017,
"Towards Zero-Shot Frame Semantic Parsing for Domain Scaling"), and values that exclude each other are judged together.
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
VALUES = 320  # tokens of values that are read at once
_SHAPES = (
    16  # what is read is padded to a multiple of so many tokens: a CPU's kernels are made anew for each shape
)

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


@dataclass(frozen=True, slots=True)
class ToBear:
    """A message, and the values that it may mean something for.

    Attributes:
        before: The messages before it, oldest first.
        text: The message.
        fields: The values, by field.
    """

    before: tuple[Message, ...]
    text: str
    fields: tuple[FieldValues, ...]


@dataclass(frozen=True, slots=True)
class Borne:
    """Logits of a batch of b messages with v values in all, in their order.

    Attributes:
        bearings: (v, len(BEARINGS)).
        words: For each value (t,), over the tokens of its message: where it is said.
        places: For each message the characters of its tokens, (t, 2).
    """

    bearings: Tensor
    words: list[Tensor]
    places: list[list[Piece]]


@dataclass(frozen=True, slots=True)
class _Read:
    ids: list[int]
    start: int  # of the message
    places: list[Piece]  # of its tokens
    values: list[tuple[int, int]]  # first token of each value, and the one after its last


class ValueJudge(nn.Module):
    """On an encoder that reads both ways.

    Args:
        encoder: An `MPNetModel`, or one with its inputs.
        tokenizer: A fast one (`tokenizers.Tokenizer`), without padding and truncation.
        hidden: Width of the head.
        narrow: Width in which values and words meet.
    """

    def __init__(self, encoder: Any, tokenizer: Any, hidden: int = 128, narrow: int = 48) -> None:
        super().__init__()
        self.encoder, self.tokenizer = encoder, tokenizer
        self.in_halves = False  # whether it reads in bfloat16 though its weights are wider
        width = encoder.config.hidden_size
        self.head = nn.Sequential(nn.Linear(2 * width, hidden), nn.GELU(), nn.Linear(hidden, len(BEARINGS)))
        self.of_values, self.of_words = nn.Linear(width, narrow), nn.Linear(width, narrow)
        self._cls, self._sep, self._pad = (tokenizer.token_to_id(mark) for mark in ("<s>", "</s>", "<pad>"))

    def forward(self, messages: Sequence[ToBear]) -> Borne:
        """Judge a batch."""
        read = [self._read(one) for one in messages]
        longest = -(-max(len(one.ids) for one in read) // _SHAPES) * _SHAPES
        ids = torch.full((len(read), longest), self._pad, dtype=torch.long)
        for row, one in enumerate(read):
            ids[row, : len(one.ids)] = torch.tensor(one.ids)
        ids = ids.to(self.of_values.weight.device)
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=self.in_halves):
            given = {"input_ids": ids, "attention_mask": (ids != self._pad).long()}
            states = self.encoder(**given).last_hidden_state
        states = states.float()
        sums = functional.pad(states.cumsum(1), (0, 0, 1, 0))  # (b, t + 1, h)
        means, wholes, words = [], [], []
        for row, one in enumerate(read):
            first, end = (torch.tensor(part, dtype=torch.long) for part in zip(*one.values, strict=True))
            first, end = first.to(ids.device), end.to(ids.device)
            mean = (sums[row, end] - sums[row, first]) / (end - first).unsqueeze(1)
            said = states[row, one.start : one.start + len(one.places)]
            means.append(mean)
            wholes.append(states[row, 0].expand(len(mean), -1))
            words += list(self.of_values(mean) @ self.of_words(said).T / 4)
        bearings = self.head(torch.cat([torch.cat(means), torch.cat(wholes)], dim=1))
        return Borne(bearings, words, [one.places for one in read])

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text, without marks."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def lengths(self, field: FieldValues) -> tuple[int, list[int]]:
        """How many tokens a field's name takes, and each of its values, with what parts them."""
        return len(self.tokens(f"{field.name} :")), [1 + len(self.tokens(value)) for value in field.values]

    def _read(self, one: ToBear) -> _Read:
        before: list[int] = []
        for message in one.before[-_MESSAGES:]:
            mark = "you :" if message.role == "assistant" else "i :"
            before += [*self.tokens(f"{mark} {message.content}"), self._sep]
        before = before[-_BEFORE:]
        found = self.tokenizer.encode(one.text, add_special_tokens=False)
        said, places = list(found.ids), list(found.offsets)
        if len(said) > _NEWEST:
            said = [*said[: _NEWEST // 2], *said[-(_NEWEST // 2) :]]
            places = [*places[: _NEWEST // 2], *places[-(_NEWEST // 2) :]]
        if not said:
            said, places = [self._sep], [(0, 0)]
        ids = [self._cls, *before, *said, self._sep]
        values: list[tuple[int, int]] = []
        for field in one.fields:
            ids += self.tokens(f"{field.name} :")
            for value in field.values:
                spelt = self.tokens(value) or [self._sep]
                values.append((len(ids), len(ids) + len(spelt)))
                ids += [*spelt, *self.tokens("|")]
        return _Read([*ids, self._sep], 1 + len(before), places, values)


def in_parts(
    judge: ValueJudge, fields: Sequence[FieldValues], most: int = VALUES
) -> list[tuple[FieldValues, ...]]:
    """Fields parted so that each part can be read at once; a field with many values comes in several.

    Args:
        judge: Whose tokens count.
        fields: In the order in which they are read.
        most: Tokens of a part.
    """
    parts: list[tuple[FieldValues, ...]] = []
    now: list[FieldValues] = []
    left = most
    for field in fields:
        name, sizes = judge.lengths(field)
        if now and left < name + sum(sizes):
            parts.append(tuple(now))
            now, left = [], most
        begun, held = 0, name
        for number, size in enumerate(sizes):
            if number > begun and held + size > left:
                parts.append((*now, FieldValues(field.name, field.values[begun:number])))
                now, left, begun, held = [], most, number, name
            held += size
        now.append(FieldValues(field.name, field.values[begun:]))
        left -= held
    return [*parts, tuple(now)] if now else parts
