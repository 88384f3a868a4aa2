"""How the LLM reads sentences while they are written: as branches of one pass, or each in a row of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from wherefore.lm.attention import Attention
from wherefore.lm.decoding import Draft
from wherefore.lm.trees import PADDING, TokenTrees

_TIDY = 8  # steps after which it is looked whether branches can be forgotten


class TreeReader:
    """Reads all drafts in one pass, a token of each sentence, on the caches of their dialogues.

    Args:
        body: The LLM without its output layer.
        attention: How it attends.
        embeddings: Its token embeddings.
    """

    def __init__(self, body: Any, attention: Attention, embeddings: Any) -> None:
        self._body, self._attention, self._embeddings = body, attention, embeddings
        self._trees: TokenTrees | None = None
        self._steps = self._before = 0

    def join(self, draft: Draft, dialogue: Any, prompts: Sequence[Tensor]) -> Tensor:
        """As `Reader.join`."""
        device = self._embeddings.weight.device
        trees = TokenTrees(self._body, self._attention, dialogue, draft.trunk, device)
        hidden = trees.grow(prompts)
        if self._trees is None:
            self._trees = trees
        else:
            self._trees.join(trees)
        self._before = 0
        return hidden.repeat_interleave(draft.samples, 0)

    def read(self, drafts: Sequence[Draft]) -> list[Tensor]:
        """As `Reader.read`."""
        assert self._trees is not None
        count = sum(len(draft.alive) for draft in drafts)
        self._before = max(self._before, count)
        self._steps += 1
        if self._steps % _TIDY == 0 and count < 0.6 * self._before:
            self.keep(range(len(drafts)), drafts)
        most = max(len(draft.alive) for draft in drafts)
        rows = []
        for draft in drafts:
            prompts = [row // draft.samples for row in draft.alive]
            places = [
                (
                    draft.tokens[row][-1],
                    1 + len(draft.lengths) + row,
                    1 + prompt,
                    draft.trunk + draft.lengths[prompt] + len(draft.tokens[row]) - 1,
                )
                for row, prompt in zip(draft.alive, prompts, strict=True)
            ]
            rows.append(places + [(0, PADDING, PADDING, 0)] * (most - len(places)))
        table = torch.tensor(rows, device=self._embeddings.weight.device)  # (c, q, 4)
        tokens, branch, parent, at = table.unbind(-1)
        padded = count < most * len(drafts)
        hidden = self._trees.read(self._embeddings(tokens), branch, parent, at, padded)
        return [states[: len(draft.alive)] for states, draft in zip(hidden, drafts, strict=True)]

    def keep(self, places: Sequence[int], drafts: Sequence[Draft]) -> None:
        """As `Reader.keep`."""
        self._before = 0
        if not places or self._trees is None:
            self._trees = None
            return
        needed = []
        for place in places:
            draft = drafts[place]
            prompts = {1 + row // draft.samples for row in draft.alive}
            needed.append((place, {*prompts, *(1 + len(draft.lengths) + row for row in draft.alive)}))
        self._trees.tidy(needed)


class RowReader:
    """Reads each sentence from the dialogue's beginning at every step: for an LLM whose cache cannot branch.

    Args:
        last_of_rows: Reads rows of embeddings, (t_i, h) each, to the hidden state at each one's last token (n, h).
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
