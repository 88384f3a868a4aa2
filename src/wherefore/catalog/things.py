"""Names of things that can be had: goods, dishes and plants, with what is a kind of what: a lemonade is a drink.

From Princeton WordNet 3.1, cut down to everyday names by `scripts/make_things.py`; its licence stands in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from wherefore.files import ASSETS, packed_text
from wherefore.text import stems

FILE = ASSETS / "things.tsv.bz2"
_LONGEST = 4  # words of a name
Name = tuple[str, ...]  # its words without their endings


class Things:
    """Names of things in a tree.

    Args:
        lines: Of each sort how deep it lies in the tree, a tab, and its names, parted by `; `; below it what is of it.
    """

    def __init__(self, lines: list[str]) -> None:
        self._names: list[list[Name]] = []
        self._depths: list[int] = []
        self._places: dict[Name, list[int]] = {}
        for place, line in enumerate(lines):
            depth, _, told = line.partition("\t")
            names = [tuple(stems(name)) for name in told.split("; ")]
            self._depths.append(int(depth))
            self._names.append(names)
            for name in names:
                self._places.setdefault(name, []).append(place)

    def names(self, words: str) -> bool:
        """Whether words are, as a whole, a name of a thing."""
        return tuple(stems(words)) in self._places

    def same(self, words: str) -> list[Name]:
        """What else things of a name are called."""
        own = tuple(stems(words))
        told = (name for place in self._places.get(own, ()) for name in self._names[place])
        return [name for name in dict.fromkeys(told) if name != own]

    def below(self, words: str) -> list[Name]:
        """What things are called that are of a sort of that name, but for its own names."""
        own = tuple(stems(words))
        return list(dict.fromkeys(name for place in self._places.get(own, ()) for name in self._under(place)))

    def _under(self, place: int) -> Iterator[Name]:
        depth = self._depths[place]
        for below in range(place + 1, len(self._names)):
            if self._depths[below] <= depth:
                return
            yield from self._names[below]


@lru_cache(maxsize=1)
def things() -> Things:
    """The packaged names."""
    return Things([line for line in packed_text(FILE).splitlines() if line and not line.startswith("#")])


def names_thing(words: str) -> bool:
    """Whether words end in the name of a thing: "a spare tent" does.

    >>> names_thing("walkie talkies"), names_thing("a nice evening"), names_thing("something for my back")
    (True, False, False)
    """
    told = words.split()
    return any(things().names(" ".join(told[-size:])) for size in range(1, min(_LONGEST, len(told)) + 1))
