"""What people's words mean for the values of a catalogue's fields (`data/bearings`).

A file holds one kind of catalogue: `field NAME (one): value | value`, then messages. `<` is what was said before, `>`
the message, and a line for each thing that it means: `! field = value, value :: words` needed, `+` of help, `-` ruled
out; `none` where it means nothing for any field. data/README.md says more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from wherefore.corpora.sought import earlier
from wherefore.dialogue.messages import Message
from wherefore.errors import CorpusError, CorpusNotFoundError

Holds = Literal["one", "many", "number"]
_FIELD = re.compile(r"field (.+?) \((one|many|number)\): (.+)")
_BEARING = re.compile(r"([!+-]) (.+?) = (.+?) :: (.+)")
_NAMES = {"!": "needed", "+": "helps", "-": "ruled out"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a kind of catalogue.

    Attributes:
        name: As the file writes it.
        holds: One value, several, or a number, whose values here are ranges from low to high.
        values: What it may hold.
    """

    name: str
    holds: Holds
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bearing:
    """What a message means for values of a field.

    Attributes:
        field: Its name.
        values: Of it, one or more.
        bearing: One of `BEARINGS`, not `nothing`.
        start: First character of the words that say it,
        end: and the one after their last.
    """

    field: str
    values: tuple[str, ...]
    bearing: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class BearingMessage:
    """A message with all that it means for a catalogue's values.

    Attributes:
        kind: Of catalogue.
        fields: Of that kind.
        before: What was said before it, oldest first.
        text: The message.
        bearings: What it means.
    """

    kind: str
    fields: tuple[Field, ...]
    before: tuple[Message, ...]
    text: str
    bearings: tuple[Bearing, ...]

    def of_values(self) -> dict[tuple[str, str], str]:
        """What the message means for each value, by field and value; what it means nothing for is left out.

        Where one of some values is needed and an item has one only, the others are ruled out.
        """
        found: dict[tuple[str, str], str] = {}
        for one in self.bearings:
            found.update({(one.field, value): one.bearing for value in one.values})
        for field in self.fields:
            needed = any(found.get((field.name, value)) == "needed" for value in field.values)
            if needed and field.holds != "many":
                for value in field.values:
                    found.setdefault((field.name, value), "ruled out")
        return found


def read_bearings(folder: Path) -> list[BearingMessage]:
    """All messages of a folder's files.

    Raises:
        CorpusNotFoundError: If there are none.
        CorpusError: If a line is not as it should be; says which.
    """
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise CorpusNotFoundError(f"no messages in {folder}; it should hold files like hotels.txt")
    return [message for file in files for message in _messages(file)]


def _messages(file: Path) -> list[BearingMessage]:
    fields: dict[str, Field] = {}
    said: list[tuple[list[Message], str, list[Bearing]]] = []
    before: list[Message] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{file.name}, line {number}"
        if not line.strip() or line.startswith(("catalogue:", "noun:")):
            continue
        field = _FIELD.fullmatch(line)
        if field is not None:
            values = tuple(value.strip() for value in field[3].split("|"))
            holds = next(one for one in get_args(Holds) if one == field[2])
            fields[field[1]] = Field(field[1], holds, values)
        elif line.startswith("< "):
            before.append(earlier(line[2:]))
        elif line.startswith("> "):
            said.append((before, line[2:], []))
            before = []
        elif said and line != "none":
            said[-1][2].append(_bearing(line, said[-1][1], fields, where))
        elif not said:
            raise CorpusError(f"{where}: {line!r:.80} before any message")
    return [
        BearingMessage(file.stem, tuple(fields.values()), tuple(earlier), text, tuple(found))
        for earlier, text, found in said
    ]


def _bearing(line: str, text: str, fields: dict[str, Field], where: str) -> Bearing:
    found = _BEARING.fullmatch(line)
    if found is None:
        raise CorpusError(f"{where}: {line!r:.80} is no `! field = value :: words`, with !, + or - first")
    mark, name, told, words = found.groups()
    values = tuple(value.strip() for value in told.split(","))
    known = fields[name].values if name in fields else ()
    unknown = [value for value in values if value not in known]
    if unknown:
        raise CorpusError(f"{where}: the field {name!r} has no value {unknown[0]!r}")
    start = text.find(words)
    if start < 0:
        raise CorpusError(f"{where}: the words {words!r} are not in the message")
    return Bearing(name, values, _NAMES[mark], start, start + len(words))
