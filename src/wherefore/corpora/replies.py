"""Replies that say why, written by hand to what people ask of small catalogues and of the built-in movies.

`data/replies/KIND.txt`: blocks between blank lines. `>` is what somebody typed, `<` the titles that were listed before,
then `open:` the words before the list, for each listed item `id:` with its reason, and in some `close:`, what is asked
or offered after it. Items of a kind are those of `data/shops/KIND.jsonl`; those of `films` the built-in ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wherefore.catalog.catalog import Catalog, Item
from wherefore.corpora.shops import catalog_of
from wherefore.dialogue.talk import Said
from wherefore.errors import CorpusError, CorpusNotFoundError

FILMS = "films"
_LINE = re.compile(r"([\w-]+): (\S.*)")


@dataclass(frozen=True, slots=True)
class WrittenReply:
    """A reply, with what it answers.

    Attributes:
        kind: Of catalogue.
        catalog: The items that could be listed.
        said: Role and text of each message before it; an assistant's text are the titles that it listed.
        items: That it lists, in order.
        opening: Before the list.
        reasons: One for each item.
        closing: After the list; empty where nothing is.
    """

    kind: str
    catalog: Catalog
    said: Said
    items: tuple[Item, ...]
    opening: str
    reasons: tuple[str, ...]
    closing: str


def read_replies(folder: Path, shops: Path, films: Callable[[], Catalog]) -> list[WrittenReply]:
    """All replies of a folder's files.

    Args:
        folder: With the replies.
        shops: With the catalogues, as in `data/shops`.
        films: Gives the built-in movies, if any reply is about them.

    Raises:
        CorpusNotFoundError: If there are none.
        CorpusError: If a block is not as it should be, or an item is unknown; says which.
    """
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise CorpusNotFoundError(f"no replies in {folder}; it should hold files like wines.txt")
    found: list[WrittenReply] = []
    for file in files:
        catalog = films() if file.stem == FILMS else catalog_of(shops / f"{file.stem}.jsonl")
        blocks = re.split(r"\n\s*\n", file.read_text(encoding="utf-8").strip())
        found += [_read(block, file.stem, catalog) for block in blocks]
    return found


def _read(block: str, kind: str, catalog: Catalog) -> WrittenReply:
    said: list[tuple[str, str]] = []
    told: dict[str, str] = {}
    for line in block.splitlines():
        mark, _, rest = line.partition(" ")
        if mark in ("<", ">") and rest.strip():
            said.append(("user" if mark == ">" else "assistant", rest.strip()))
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None or found[1] in told:
            raise CorpusError(
                f"{kind}: {line!r:.80} is no line like `id: reason`, or stands twice in its block"
            )
        told[found[1]] = found[2]
    opening, closing = told.pop("open", ""), told.pop("close", "")
    unknown = [one for one in told if one not in catalog]
    if not said or said[-1][0] != "user" or not opening or not told or unknown:
        seen = (
            f"an unknown item, {unknown[0]!r}" if unknown else "no message before it, no `open:` or no reason"
        )
        raise CorpusError(f"{kind}: the block {block!r:.80} has {seen}")
    items = tuple(catalog[one] for one in told)
    return WrittenReply(kind, catalog, tuple(said), items, opening, tuple(told.values()), closing)
