"""Notes: what reading a file found that people should know, beside the items themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_PLACES = 5  # that a line of text names


@dataclass(frozen=True, slots=True)
class Note:
    """One thing about a file, or a column of it: how it was read, or what of it could not be.

    Attributes:
        said: What it is, as the end of a sentence that begins with the column: "decimal commas: 129,90 is 129.9".
        column: The column; empty for the file.
        places: The rows that it is about, as `Table.where` names them; empty: all.
        lost: Whether something that the file holds is not used for it: a cell that is no number, a row left out.
    """

    said: str
    column: str = ""
    places: Sequence[str] = ()
    lost: bool = False

    def __str__(self) -> str:
        shown = ", ".join(self.places[:_PLACES])
        more = len(self.places) - _PLACES
        where = f" ({shown}{f' and {more:,} more' if more > 0 else ''})" if shown else ""
        return f"{f'`{self.column}`: ' if self.column else ''}{self.said}{where}"


def noted(notes: Iterable[Note]) -> list[str]:
    """Notes as lines of text, what is lost first."""
    return [str(note) for note in sorted(notes, key=lambda note: not note.lost)]
