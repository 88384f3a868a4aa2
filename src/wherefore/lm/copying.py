"""Writing values whole: a name that the LLM has begun is written to its end, letter by letter as the record has it.

Which names are said, and where, stays the LLM's choice. This is decoding constrained by a trie, as in autoregressive
entity retrieval (De Cao et al., 2021, arXiv 2010.00904), beside tokens that may always be written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

Places = frozenset[tuple[int, ...]]  # the beginnings of phrases that one may be in; () is outside of any


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
