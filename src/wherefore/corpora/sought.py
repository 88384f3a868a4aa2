"""What people are after, as a shop's search would be asked for it (`data/sought`).

A file, plain (`hardware.txt`) or packed (`hardware.txt.bz2`), holds one kind of shop. Blocks between blank lines hold
`<` what was said before (`< A:` by the assistant), `>` the message, two lines `=` with what a good assistant would type
into the search, and `~` with the record of an item that would be the perfect answer; or `none`, where nothing is looked
for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from wherefore.dialogue.messages import Message
from wherefore.errors import CorpusError, CorpusNotFoundError
from wherefore.files import text_files, text_of


@dataclass(frozen=True, slots=True)
class SoughtMessage:
    """A message with what its writer is after.

    Attributes:
        kind: Of shop.
        before: What was said before it, oldest first.
        text: The message.
        queries: What one would search for, in several words each; none where nothing is looked for.
        record: Of an invented item that would be the perfect answer; empty likewise.
    """

    kind: str
    before: tuple[Message, ...]
    text: str
    queries: tuple[str, ...]
    record: str


def read_sought(folder: Path) -> list[SoughtMessage]:
    """All messages of a folder's files.

    Raises:
        CorpusNotFoundError: If there are none.
        CorpusError: If a block is not as it should be; says which.
    """
    files = text_files(folder)
    if not files:
        raise CorpusNotFoundError(f"no messages in {folder}; it should hold files like hardware.txt")
    return [
        _read(block, file)
        for file in files
        for block in re.split(r"\n\s*\n", text_of(file).strip())
        if block.strip()
    ]


def earlier(told: str) -> Message:
    """A message that was said before, of a line `<`: the assistant's begins with `A: `."""
    return Message("assistant" if told.startswith("A: ") else "user", told.removeprefix("A: "))


def _read(block: str, file: Path) -> SoughtMessage:
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    by_mark: dict[str, list[str]] = {"<": [], ">": [], "=": [], "~": []}
    for line in lines:
        mark, _, text = line.partition(" ")
        if line == "none":
            continue
        if mark not in by_mark or not text:
            raise CorpusError(
                f"{file.name}: {line!r:.80} begins with none of {' '.join(by_mark)}, and is not `none`"
            )
        by_mark[mark].append(text)
    told = bool(by_mark["="]) and len(by_mark["~"]) == 1
    if len(by_mark[">"]) != 1 or told == ("none" in lines):
        raise CorpusError(
            f"{file.name}: the block {block!r:.80} should have one message, and either `=` lines and one `~`, or `none`"
        )
    before = tuple(map(earlier, by_mark["<"]))
    record = by_mark["~"][0] if told else ""
    return SoughtMessage(file.name.split(".")[0], before, by_mark[">"][0], tuple(by_mark["="]), record)
