"""Constrained decoding: a name that the LLM has begun is written to its end, exactly as the record has it.

Which names it writes, and where, stays the LLM's choice. A trie constrains decoding, as in autoregressive entity
retrieval (De Cao et al., 2021, arXiv 2010.00904), beside tokens that may always be written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import torch
from torch import Tensor

Places = frozenset[
    tuple[int, ...]
]  # the beginnings of phrases that the sentence may be in; () is outside of any


class Copying:
    """Which tokens may come next.

    Args:
        free: Tokens that may be written outside of phrases.
        phrases: Token sequences that are written whole or not at all.

    >>> copying = Copying([1, 2], [[7, 8, 9], [7, 5]])
    >>> begun = copying.step(copying.start, 7)
    >>> sorted(copying.allowed(copying.start)), sorted(copying.allowed(begun))
    ([1, 2, 7], [5, 8])
    """

    def __init__(self, free: Iterable[int], phrases: Iterable[Sequence[int]] = ()) -> None:
        self.free = frozenset(free)
        self._next: dict[tuple[int, ...], set[int]] = {}
        self._ends: set[tuple[int, ...]] = set()
        for phrase in phrases:
            for place, token in enumerate(phrase):
                self._next.setdefault(tuple(phrase[:place]), set()).add(token)
            self._ends.add(tuple(phrase))
        self.tokens: frozenset[int] = self.free.union(*self._next.values())

    @property
    def start(self) -> Places:
        """Before the first token."""
        return frozenset(((),))

    def allowed(self, places: Places) -> Collection[int]:
        """The tokens that may come next; a sentence may end only where `()` is among the places."""
        begun = frozenset().union(*(self._next.get(place, ()) for place in places))
        return begun | self.free if () in places else begun

    def step(self, places: Places, token: int) -> Places:
        """The places after an allowed token."""
        after: set[tuple[int, ...]] = {()} if () in places and token in self.free else set()
        for place in places:
            longer = (*place, token)
            if longer in self._next:
                after.add(longer)
            if longer in self._ends:
                after.add(())
        return frozenset(after)


class Spelling:
    """Which tokens may continue each sentence of a batch.

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
        """(len(rows), a) bool: True where a token may not continue a row."""
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
        """A token continues a row."""
        self._places[row] = self._allowed[row // self._samples].step(self._places[row], token)
