"""What people name again: where repeats count, a ranking must say how likely each of the items named before is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from wherefore.corpora.base import CorpusDialogue, CorpusTurn, instances

_FARTHEST = 5  # turns back: there and before, all are alike
_PRIOR = 10  # turns' worth of the mean, for places that were seldom seen


class NamedAgain:
    """How likely a recommending turn names an item again: by how many turns ago it was named last, and by whom.

    Args:
        dialogues: Counted in: those that may be learned from.

    Attributes:
        new: Items that a recommending turn names for the first time, on average.
    """

    def __init__(self, dialogues: Iterable[CorpusDialogue]) -> None:
        seen: Counter[tuple[int, str]] = Counter()
        again: Counter[tuple[int, str]] = Counter()
        turns = new = 0
        for dialogue in dialogues:
            for instance in instances(dialogue, dedup=False):
                places = _places(instance.context)
                seen.update(places.values())
                again.update(places[item] for item in instance.gold if item in places)
                new += sum(item not in places for item in instance.gold)
                turns += 1
        self.new = new / max(turns, 1)
        mean = again.total() / max(seen.total(), 1)
        self._chance = {
            place: (again[place] + _PRIOR * mean) / (count + _PRIOR) for place, count in seen.items()
        }
        self._mean = mean

    def chances(self, context: Sequence[CorpusTurn]) -> dict[str, float]:
        """Each item that a context names -> the probability that the next turn recommends it."""
        return {item: self._chance.get(place, self._mean) for item, place in _places(context).items()}

    def merged(
        self, context: Sequence[CorpusTurn], scores: Mapping[str, float], found: float = 2 / 3
    ) -> list[str]:
        """Items of a context and other ones in one order, the likeliest first.

        Args:
            context: What was said.
            scores: Logits of items that are new to it.
            found: The share of new items that people do recommend among those, usually.
        """
        likely = self.chances(context)
        new = {item: score for item, score in scores.items() if item not in likely}
        logits = np.array(list(new.values()), dtype=np.float64)
        shares = np.exp(logits - logits.max(initial=-np.inf))
        likely |= dict(zip(new, self.new * found * shares / max(shares.sum(), 1e-12), strict=True))
        return sorted(likely, key=lambda item: -likely[item])


def _places(context: Sequence[CorpusTurn]) -> dict[str, tuple[int, str]]:
    """Where each item was named last: how many turns back, and by whom."""
    found: dict[str, tuple[int, str]] = {}
    for back, turn in enumerate(reversed(context)):
        for item in turn.items:
            found.setdefault(item, (min(back, _FARTHEST), turn.role))
    return found
