"""Writing several sentences at once: how each goes on, with which words, and what comes of it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from wherefore.attention import Attention
from wherefore.copying import Copying, Places


class Written(NamedTuple):
    """A sentence that the LLM wrote after prompt number `row`."""

    row: int
    text: str
    finished: bool  # False: it ran out of tokens
    likely: float = 0.0  # mean log-probability of its tokens


class CachedBranches:
    """Sentences that go on from a cache: each step reads one token of each.

    Args:
        body: The LLM without its output layer.
        attention: How it attends.
        trunk: The cache of the dialogue, of t tokens; left as it is.
        length: t.
        prompts: (n, p, h) embeddings of the prompts, padded on the left.
        pad: How many places of each are padding.
    """

    def __init__(
        self, body: Any, attention: Attention, trunk: Any, length: int, prompts: Tensor, pad: Sequence[int]
    ) -> None:
        self._body, self._attention = body, attention
        self._states = copy.deepcopy(trunk)
        count, width, _ = prompts.shape
        if count > 1:
            self._states.batch_repeat_interleave(count)
        device = prompts.device
        self._inputs = prompts
        self._real = torch.ones(count, length + width, dtype=torch.bool, device=device)
        for row, gap in enumerate(pad):
            self._real[row, length : length + gap] = False
        places = torch.arange(length + width, device=device)[None]
        offsets = (places >= length) * torch.tensor(pad, device=device)[:, None]
        self._at = (places - offsets).clamp_min(0)  # (n, t + p) positions
        self._at[:, length:] = self._at[:, length:].clamp_min(length)

    def read(self) -> Tensor:
        """Read what is new: the hidden state at each sentence's last token (n, h)."""
        new = self._inputs.shape[1]
        output = self._body(
            inputs_embeds=self._inputs,
            attention_mask=self._mask(new),
            position_ids=self._at[:, -new:],
            past_key_values=self._states,
            use_cache=True,
        )
        hidden: Tensor = output.last_hidden_state[:, -1]
        return hidden

    def _mask(self, new: int) -> Any:
        if self._attention.window is None:  # the model makes its own, and quicker
            return self._real.long()
        places = torch.arange(self._real.shape[1], device=self._real.device)
        before = places[None, :] <= places[-new:, None]  # (new, k)
        own = places[None, :] == places[-new:, None]
        seen = (self._real[:, None] & before) | own
        return self._attention.masks(seen, self._at[:, -new:], self._at, self._inputs.dtype)

    def repeat(self, times: int) -> None:
        """Let each sentence go on in so many ways."""
        self._states.batch_repeat_interleave(times)
        self._real, self._at = (one.repeat_interleave(times, 0) for one in (self._real, self._at))

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these sentences alone."""
        kept = torch.tensor(rows, device=self._real.device)
        self._states.batch_select_indices(kept)
        self._real, self._at = self._real[kept], self._at[kept]

    def append(self, tokens: Tensor) -> None:
        """A token for each sentence: its embedding (n, h)."""
        self._inputs = tokens[:, None]
        self._real = torch.cat([self._real, self._real.new_ones(len(tokens), 1)], dim=1)
        self._at = torch.cat([self._at, self._at[:, -1:] + 1], dim=1)


class RereadBranches:
    """Sentences of an LLM whose cache cannot branch: each step reads all of each again.

    Args:
        read_rows: Reads rows of embeddings, (t_i, h) each, to the hidden state at each one's last token (n, h).
        trunk: (t, h) embeddings of the dialogue.
        prompts: (p_i, h) embeddings of each prompt.
    """

    def __init__(
        self, read_rows: Callable[[Sequence[Tensor]], Tensor], trunk: Tensor, prompts: Sequence[Tensor]
    ) -> None:
        self._read_rows = read_rows
        self._rows = [torch.cat([trunk, prompt]) for prompt in prompts]

    def read(self) -> Tensor:
        """As `CachedBranches.read`."""
        return self._read_rows(self._rows)

    def repeat(self, times: int) -> None:
        """As `CachedBranches.repeat`."""
        self._rows = [row for row in self._rows for _ in range(times)]

    def keep(self, rows: Sequence[int]) -> None:
        """As `CachedBranches.keep`."""
        self._rows = [self._rows[row] for row in rows]

    def append(self, tokens: Tensor) -> None:
        """As `CachedBranches.append`."""
        self._rows = [torch.cat([row, one[None]]) for row, one in zip(self._rows, tokens, strict=True)]


class Spelling:
    """Which tokens each sentence of a batch may go on with.

    Args:
        allowed: For each prompt.
        samples: Sentences per prompt, one after the other.
        end: The token that ends a sentence.
        device: Of the bans.
    """

    def __init__(self, allowed: Sequence[Copying], samples: int, end: int, device: torch.device) -> None:
        self._allowed, self._samples = allowed, samples
        tokens = sorted({end}.union(*(copying.tokens for copying in allowed)))
        self.only = torch.tensor(tokens, device=device)  # (a,): only their logits are computed
        self._column = {token: column for column, token in enumerate(tokens)}
        self._end = end
        self._places = [copying.start for copying in allowed for _ in range(samples)]
        self._known: dict[tuple[int, Places], Tensor] = {}

    def bans(self, rows: Sequence[int]) -> Tensor:
        """(len(rows), a) bool: True where a row may not go on with a token."""
        return torch.stack([self._ban(row) for row in rows])

    def _ban(self, row: int) -> Tensor:
        key = row // self._samples, self._places[row]
        if key not in self._known:
            prompt, places = key
            tokens = [*self._allowed[prompt].allowed(places), *([self._end] if () in places else [])]
            ban = torch.ones(len(self.only), dtype=torch.bool)
            ban[[self._column[token] for token in tokens]] = False
            self._known[key] = ban.to(self.only.device)
        return self._known[key]

    def step(self, row: int, token: int) -> None:
        """A row goes on with a token."""
        self._places[row] = self._allowed[row // self._samples].step(self._places[row], token)


def sample(logits: Tensor, temperature: float, top_p: float, generator: torch.Generator) -> Tensor:
    """One token for each row of logits (n, v): nucleus sampling (Holtzman et al., 2020, arXiv 1904.09751).

    A temperature of 0 takes the likeliest.
    """
    if temperature == 0:
        return logits.argmax(-1).cpu()
    values, ids = (logits / temperature).topk(min(64, logits.shape[-1]), dim=-1)  # (n, 64)
    chances = values.softmax(-1).cpu()
    before = chances.cumsum(-1) - chances
    chances = chances.masked_fill(before >= top_p, 0.0)
    picked = torch.multinomial(chances, 1, generator=generator)
    return ids.cpu().gather(-1, picked).squeeze(-1)
