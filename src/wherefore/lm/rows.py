"""Reading without branches, for LLMs whose cache cannot branch: a row for each, from the dialogue's beginning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from wherefore.lm.decoding import Draft

_ROWS = 32  # per forward pass


class Rows:
    """Reads rows of embeddings, each from its beginning.

    Args:
        body: The LLM without its output layer.
        dtype: Of its weights.
    """

    def __init__(self, body: Any, dtype: torch.dtype) -> None:
        self._body, self._dtype = body, dtype

    def read(self, rows: Sequence[Tensor]) -> list[Tensor]:
        """Embeddings (t_i, h) to hidden states (t_i, h)."""
        found: list[Tensor] = []
        for start in range(0, len(rows), _ROWS):
            part = [row.to(self._dtype) for row in rows[start : start + _ROWS]]
            inputs = nn.utils.rnn.pad_sequence(part, batch_first=True)
            lengths = torch.tensor([len(row) for row in part], device=inputs.device)
            real = torch.arange(inputs.shape[1], device=inputs.device) < lengths[:, None]
            output = self._body(inputs_embeds=inputs, attention_mask=real.long(), use_cache=False)
            found += [states[: len(row)] for states, row in zip(output.last_hidden_state, part, strict=True)]
        return found

    def last(self, rows: Sequence[Tensor]) -> Tensor:
        """Embeddings (t_i, h) to the hidden state at each row's last token (n, h)."""
        return torch.stack([states[-1] for states in self.read(rows)])

    def branches(self, inputs: Tensor, branch: Tensor) -> Tensor:
        """Embeddings (b, t, h) of trunks with branches, numbered (b, t), to (b, t, h); zeros at padding."""
        rows, places, skipped = [], [], []
        for one, numbers in enumerate(branch):
            trunk = (numbers == 0).nonzero()[:, 0]
            for number in range(int(numbers.max()) + 1):
                own = trunk[:0] if number == 0 else (numbers == number).nonzero()[:, 0]
                path = torch.cat([trunk, own])
                if not len(path):  # branches without a trunk
                    continue
                rows.append(inputs[one, path])
                places.append(one * branch.shape[1] + path)
                skipped.append(len(trunk) if number else 0)
        flat = inputs.new_zeros(inputs.shape[0] * inputs.shape[1], inputs.shape[2])
        new = [states[skip:] for states, skip in zip(self.read(rows), skipped, strict=True)]
        into = torch.cat([place[skip:] for place, skip in zip(places, skipped, strict=True)])
        return flat.index_copy(0, into, torch.cat(new)).view_as(inputs)


class RowReader:
    """Reads each sentence again from the dialogue's beginning at every step.

    Args:
        last_of_rows: `Rows.last` of the LLM.
        embeddings: The LLM's token embeddings.
    """

    def __init__(self, last_of_rows: Callable[[Sequence[Tensor]], Tensor], embeddings: Any) -> None:
        self._last_of_rows, self._embeddings = last_of_rows, embeddings
        self._starts: list[list[Tensor]] = []

    def join(self, draft: Draft, dialogue: Any, prompts: Sequence[Tensor]) -> Tensor:
        """As `Reader.join`."""
        self._starts.append([torch.cat([dialogue, prompt]) for prompt in prompts])
        return self._last_of_rows(self._starts[-1]).repeat_interleave(draft.samples, 0)

    def read(self, drafts: Sequence[Draft]) -> list[Tensor]:
        """As `Reader.read`."""
        device = self._embeddings.weight.device
        rows = [
            torch.cat(
                [
                    starts[row // draft.samples],
                    self._embeddings(torch.tensor(draft.tokens[row], device=device)),
                ]
            )
            for draft, starts in zip(drafts, self._starts, strict=True)
            for row in draft.alive
        ]
        return list(torch.split(self._last_of_rows(rows), [len(draft.alive) for draft in drafts]))

    def keep(self, places: Sequence[int], drafts: Sequence[Draft]) -> None:
        """As `Reader.keep`."""
        self._starts = [self._starts[place] for place in places]
