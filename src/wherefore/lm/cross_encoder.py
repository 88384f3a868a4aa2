"""Scores how well items answer what was said: the model reads each record together with the words.

See Nogueira and Cho, 2019, "Passage Re-ranking with BERT". A bi-encoder's vectors say what a record is about; whether
it is what *this person* asked for ("quiet enough for the nursery, nothing that rattles") shows when both are read side
by side. The score begins as the cosine of the two parts' mean states, so that little has to be learned anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

SAID, RECORD = 112, 120  # tokens of what was said, the newest, and of a record, the first

_WIDTHS = 16  # padding goes up to a multiple: kernels are made anew for every width

Pair = tuple[list[int], list[int]]  # tokens of what was said, and of a record


class CrossEncoder(nn.Module):
    """On an encoder that reads both ways.

    Args:
        encoder: A `BertModel`, or one with its inputs.
        tokenizer: A fast one (`tokenizers.Tokenizer`), without padding and truncation.
        hidden: Width of the head.
    """

    def __init__(self, encoder: Any, tokenizer: Any, hidden: int = 128) -> None:
        super().__init__()
        self.encoder, self.tokenizer = encoder, tokenizer
        self.in_halves = False  # whether it reads in bfloat16
        self._width = encoder.config.hidden_size
        last = nn.Linear(hidden, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.head = nn.Sequential(nn.Linear(3 * self._width, hidden), nn.GELU(), last)
        self.scale = nn.Parameter(torch.tensor([12.0]))
        self.bias = nn.Parameter(torch.tensor([-6.0]))
        self._cls, self._sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")

    def tokens(self, text: str) -> list[int]:
        """The tokens of what was said, or of a record."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def forward(self, pairs: Sequence[Pair]) -> Tensor:
        """Logits (p,): how well each record answers."""
        ids, part = self._inputs(pairs)
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=self.in_halves):
            states = self.encoder(input_ids=ids, attention_mask=(part >= 0).long()).last_hidden_state
        states = states.float()
        said, record = _mean(states, part == 1), _mean(states, part == 2)
        spread = self._width**0.5  # of unit vectors' numbers, to about one
        whole = functional.normalize(states[:, 0], dim=-1)
        pieces = [spread * said * record, spread * (said - record).abs() / 4, spread * whole / 2]
        cosine = (said * record).sum(dim=1)
        made: Tensor = self.scale * cosine + self.bias + self.head(torch.cat(pieces, dim=1))[:, 0]
        return made

    def _inputs(self, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
        """Ids (p, t), and of each token (p, t) whether it is said (1), of the record (2), special (0), or padding."""
        rows, parts = [], []
        for said, record in pairs:
            said, record = said[-SAID:], record[:RECORD]
            rows.append([self._cls, *said, self._sep, *record, self._sep])
            parts.append([0, *[1] * len(said), 0, *[2] * len(record), 0])
        longest = -(-max(map(len, rows), default=0) // _WIDTHS) * _WIDTHS
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        part = torch.full_like(ids, -1)
        for number, (row, of) in enumerate(zip(rows, parts, strict=True)):
            ids[number, : len(row)] = torch.tensor(row)
            part[number, : len(row)] = torch.tensor(of)
        device = self.bias.device
        return ids.to(device), part.to(device)


def _mean(states: Tensor, part: Tensor) -> Tensor:
    """The unit mean (p, h) of those states (p, t, h) that are in a part (p, t)."""
    within = part.unsqueeze(2).to(states.dtype)
    return functional.normalize((states * within).sum(1) / within.sum(1).clamp(min=1), dim=-1)
