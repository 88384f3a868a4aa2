"""Rows that cannot be read: all of them are told, and left out only when that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from wherefore.catalog.notes import Note
from wherefore.errors import CatalogError

_SHOWN = 5  # rows that an error describes


@dataclass(slots=True)
class BadRows:
    """The rows of one file that cannot be read, with the reason of each.

    >>> bad = BadRows()
    >>> bad.add("line 7", "broken JSON", ", column 3: broken JSON")
    >>> bad.settle("shop.jsonl", 9, skip=True)[0].said
    '1 of 9 rows is left out: broken JSON'
    """

    _places: dict[str, list[str]] = field(default_factory=dict)  # by reason
    _told: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(map(len, self._places.values()))

    def add(self, place: str, reason: str, told: str) -> None:
        """Note a row.

        Args:
            place: Which, as `Table.where` names it.
            reason: What is wrong, in words that many rows share.
            told: The same of this row, as it goes on after the place: " has 3 cells …", ", column 2: …".
        """
        self._places.setdefault(reason, []).append(place)
        if len(self._told) < _SHOWN:
            self._told.append(place + told)

    def settle(self, name: str, total: int, skip: bool) -> list[Note]:
        """What to tell of the rows that are left out: a note per reason; nothing where all rows can be read.

        Args:
            name: The file.
            total: How many rows it has, these included.
            skip: Whether they may be left out.

        Raises:
            CatalogError: If there are some and they may not, or if no row would be left.
        """
        if not self._places:
            return []
        if skip and len(self) < total:
            return [self._left_out(reason, places, total) for reason, places in self._places.items()]
        raise CatalogError(self._refusal(name, total, skip))

    def _left_out(self, reason: str, places: list[str], total: int) -> Note:
        are = "row is" if total == 1 else "rows is" if len(places) == 1 else "rows are"
        return Note(f"{len(places):,} of {total:,} {are} left out: {reason}", places=tuple(places), lost=True)

    def _refusal(self, name: str, total: int, skip: bool) -> str:
        count, more = len(self), len(self) - len(self._told)
        listed = ";\n  ".join([*self._told, f"and {more:,} more"] if more else self._told)
        if count == 1:
            told = f"{name}, {listed}"
        elif skip:
            told = f"{name}: none of its rows can be read:\n  {listed}"
        else:
            told = f"{name}: {count:,} of its {total:,} rows cannot be read:\n  {listed}"
        if count >= total:
            return told
        them = "it" if count == 1 else "them"
        return (
            f"{told}.\nMend {them}, or leave {them} out: --skip-bad on the command line, skip_bad=True in Python, "
            "the tick beside the file on the page"
        )


def short(text: str) -> str:
    """A text as messages show it, at most 60 characters long."""
    text = " ".join(text.split())
    return repr(text if len(text) <= 60 else text[:59] + "…")
