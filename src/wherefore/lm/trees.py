"""Token trees: branches that continue dialogues which the LLM has read, all in one pass under one mask."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Collection, Sequence
from typing import Any, Self

import torch
from torch import Tensor

from wherefore.lm.attention import Attention
from wherefore.lm.decoding import Draft
from wherefore.lm.passes import shared

TRUNK, PADDING = 0, -1  # numbers of branches


def keeping(body: Any, states: Any) -> dict[str, Any]:
    """The keywords that hand a model its cache: transformers 5.24 renamed `past_key_values` to `cache`."""
    return {_cache_keyword(type(body).forward): states, "use_cache": True}


@functools.cache
def _cache_keyword(forward: Callable[..., Any]) -> str:
    return "cache" if "cache" in inspect.signature(forward).parameters else "past_key_values"


class TokenTrees:
    """Dialogues in one batch, each with branches.

    All tokens of a dialogue and of its branches stand in one sequence, and a mask lets a token see its own path alone:
    tree attention (Miao et al., 2024, SpecInfer, arXiv 2305.09781). So a dialogue's keys and values are kept once,
    not once for each branch, and those of several dialogues side by side.

    Args:
        body: The LLM without its output layer.
        attention: How it attends.
        states: The cache of one dialogue, which is left as it is.
        length: t, of that dialogue.
        device: Of all.
    """

    def __init__(
        self, body: Any, attention: Attention, states: Any, length: int, device: torch.device
    ) -> None:
        self._body, self._attention = body, attention
        self._states = twin(states)
        self._branch = torch.zeros(1, length, dtype=torch.long, device=device)  # (c, k) of each token
        self._at = torch.arange(length, device=device)[None]  # (c, k) its position

    def __len__(self) -> int:
        return len(self._branch)

    @property
    def width(self) -> int:
        """k: how many tokens each dialogue has places for."""
        return self._branch.shape[1]

    def read(
        self, inputs: Tensor, branch: Tensor, parent: Tensor, at: Tensor, padded: bool = False
    ) -> Tensor:
        """Read tokens that go on from what was read before.

        Args:
            inputs: (c, q, h) embeddings.
            branch: (c, q) number of each token's branch, from 1 on, or PADDING. Tokens of one branch come in order.
            parent: (c, q) the branch that it grew from, TRUNK where that is the dialogue.
            at: (c, q) positions.
            padded: Whether there is padding.

        Returns:
            (c, q, h) hidden states.
        """
        self._branch, self._at = torch.cat([self._branch, branch], 1), torch.cat([self._at, at], 1)
        key = self._branch[:, None]  # (c, 1, k)
        path = (key == TRUNK) | (key == branch[:, :, None]) | (key == parent[:, :, None])
        seen = path & (key != PADDING) & (self._at[:, None] <= at[:, :, None])
        if padded:  # it sees itself, so that no row of a mask is empty
            q = branch.shape[1]
            seen[:, :, -q:] |= torch.eye(q, dtype=torch.bool, device=seen.device)
        output = self._body(
            inputs_embeds=inputs,
            attention_mask=self._attention.masks(seen, at, self._at, inputs.dtype),
            position_ids=at,
            **keeping(self._body, self._states),
        )
        hidden: Tensor = output.last_hidden_state
        return hidden

    def grow(self, parts: Sequence[Tensor], block: bool = True) -> Tensor:
        """Read whole branches of one dialogue, numbered from 1.

        Args:
            parts: Embeddings (t_i, h) of each.
            block: They stand side by side, at the same positions; else they are one list, each seeing those before it.

        Returns:
            (m, h) the hidden state at each one's last token.
        """
        inputs, device = torch.cat(list(parts)), self._branch.device
        lengths = torch.tensor([len(part) for part in parts], device=device)
        ends, at = lengths.cumsum(0), self.width + torch.arange(len(inputs), device=device)
        branch = torch.ones_like(at)
        if block:
            branch = torch.arange(1, 1 + len(parts), device=device).repeat_interleave(lengths)
            at = at - (ends - lengths)[branch - 1]
        hidden = self.read(inputs[None], branch[None], torch.full_like(branch, TRUNK)[None], at[None])
        return hidden[0, ends - 1]

    def join(self, others: Self) -> None:
        """Take over the dialogues of others, after one's own."""
        width = max(self.width, others.width)
        pads = width - self.width, width - others.width
        ours, theirs = (
            torch.stack([_padded(one._branch, more, PADDING), _padded(one._at, more, 0)])
            for one, more in zip((self, others), pads, strict=True)
        )
        self._branch, self._at = torch.cat([ours, theirs], dim=1)
        for layer, other in zip(self._states.layers, others._states.layers, strict=True):
            if layer.is_initialized:
                layer.keys = torch.cat([_longer(layer.keys, pads[0]), _longer(other.keys, pads[1])])
                layer.values = torch.cat([_longer(layer.values, pads[0]), _longer(other.values, pads[1])])

    def tidy(self, needed: Sequence[tuple[int, Collection[int]]]) -> None:
        """Go on with these dialogues alone, and of each with these branches beside the trunk.

        Args:
            needed: Number of each dialogue that stays, and its branches that may still be seen.
        """
        device = self._branch.device
        kept = []
        for row, branches in needed:
            wanted = torch.tensor([TRUNK, *branches], device=device)
            kept.append(torch.isin(self._branch[row], wanted).nonzero()[:, 0])
        width = max(len(places) for places in kept)
        columns = torch.stack([_padded(places, width - len(places), 0) for places in kept])  # (c', k')
        real = (
            torch.arange(width, device=device) < torch.tensor([len(p) for p in kept], device=device)[:, None]
        )
        rows = torch.tensor([row for row, _ in needed], device=device)[:, None]
        self._branch = self._branch[rows, columns].masked_fill(~real, PADDING)
        self._at = self._at[rows, columns].masked_fill(~real, 0)
        for layer in self._states.layers:
            if layer.is_initialized:
                layer.keys = layer.keys[rows, :, columns].transpose(1, 2)
                layer.values = layer.values[rows, :, columns].transpose(1, 2)


@torch.inference_mode()
def _grown(asked: Sequence[tuple[TokenTrees, Sequence[Tensor]]]) -> list[Tensor]:
    return [trees.grow(parts) for trees, parts in asked]


def twin(states: Any) -> Any:
    """A cache that grows and is cropped without the other: both make new tensors for that, and share those of now."""
    other = copy.copy(states)
    other.layers = [copy.copy(layer) for layer in states.layers]
    return other


def _padded(row: Tensor, more: int, value: int) -> Tensor:
    """(…, k) to (…, k + more)."""
    return torch.nn.functional.pad(row, (0, more), value=value)


def _longer(states: Tensor, more: int) -> Tensor:
    """(c, heads, k, w) to (c, heads, k + more, w), with zeros, which no mask lets anybody see."""
    return torch.nn.functional.pad(states, (0, 0, 0, more))


_TIDY = 8  # steps between checks whether finished branches can be dropped


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
        hidden = shared(_grown, (trees, prompts), most=1)
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
