"""Dialogues that the LLM has read, kept so that the next turn reads only what is new."""

from __future__ import annotations

from collections.abc import Sequence

from wherefore.lm.model import DialogueCache

MOST = 8  # dialogues that are kept
OPENING = 8  # tokens that any two dialogues may have in common


class DialogueCaches:
    """The newest caches, of one dialogue each."""

    def __init__(self) -> None:
        self._kept: list[DialogueCache] = []  # newest last

    def take(self, ids: Sequence[int]) -> DialogueCache | None:
        """The cache that a dialogue continues, which is then kept no longer; None where there is none.

        Args:
            ids: The dialogue's tokens, as `Segment.coded`.
        """
        best = max(self._kept, key=lambda one: _shared(one.ids, ids), default=None)
        # Another person's dialogue shares a few opening tokens at most: that cache is left to them.
        if best is None or _shared(best.ids, ids) < max(OPENING, len(best.ids) // 2):
            return None
        self._kept = [one for one in self._kept if one is not best]
        return best

    def keep(self, cache: DialogueCache) -> None:
        """Keep a cache; the oldest goes when there are too many."""
        self._kept = [*self._kept[1 - MOST :], cache]

    def clear(self) -> None:
        """Forget them all."""
        self._kept = []


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two dialogues begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))
