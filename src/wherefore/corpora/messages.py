"""Messages to a recommender in which every piece that could mean something is marked and labelled.

The files (`data/messages`) are text: blocks between blank lines, each a conversation of lines `U acts: message` and
`A: message`; in a user's message `{words|label|field|value|flags}` marks a span. data/README.md says what they mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wherefore.dialogue.labels import (
    ACTS,
    BOUND_LABELS,
    ITEM_LABELS,
    LABELS,
    NUMBER_LABELS,
    VALUE_LABELS,
    Span,
)
from wherefore.dialogue.messages import Message
from wherefore.errors import CorpusError, CorpusNotFoundError

_VALUED = VALUE_LABELS | {"less", "more"}
_SAID = BOUND_LABELS | {"count"}  # labels of a number that is said
_MARK = re.compile(r"\{([^{}]*)\}")
_TURN = re.compile(r"U ([a-z_,]+): ?(.+)$")
_FLAGS: Mapping[str, tuple[str, str]] = {
    "?": ("strength", "mild"),
    "!": ("strength", "firm"),
    "@party": ("whose", "party"),
    "@other": ("whose", "other"),
}
_NO_FIELD = "-"  # the catalogue has no field that could hold it


@dataclass(frozen=True, slots=True)
class LabelledMessage:
    """A user's message with its labels.

    Attributes:
        kind: Of catalogue: `films`, `recipes`, …
        conversation: Number of its conversation in the file; messages of one must not be parted into train and test.
        before: The messages before it, oldest first.
        text: The message.
        acts: What it does, of `ACTS`.
        spans: In their order, not overlapping.
        fields: Of that kind,
        holds: and what each holds.
    """

    kind: str
    conversation: int
    before: tuple[Message, ...]
    text: str
    acts: tuple[str, ...]
    spans: tuple[Span, ...]
    fields: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()


def read_fields(folder: Path) -> dict[str, dict[str, str]]:
    """The fields of each kind of catalogue, with what they hold, from `catalogues.json`.

    Raises:
        CorpusNotFoundError: If there is no such file.
        CorpusError: If it is no JSON object of objects.
    """
    file = folder / "catalogues.json"
    if not file.is_file():
        raise CorpusNotFoundError(f"no {file}, which names the fields of each kind of catalogue")
    try:
        kinds = json.loads(file.read_text(encoding="utf-8"))
        return {
            str(kind): {str(name): str(what) for name, what in fields.items()}
            for kind, fields in kinds.items()
        }
    except (ValueError, AttributeError) as error:
        raise CorpusError(f"{file} is no JSON object with the fields of each kind: {error}") from error


def read_messages(file: Path, kind: str, fields: Mapping[str, str]) -> list[LabelledMessage]:
    """All users' messages of a file.

    Args:
        file: As the module's head describes it.
        kind: Of catalogue.
        fields: Of that kind, with what they hold.

    Raises:
        CorpusNotFoundError: If there is no such file.
        CorpusError: If a line is not allowed; says which, and why.
    """
    if not file.is_file():
        raise CorpusNotFoundError(f"no messages at {file}")
    return list(_read(file, kind, fields))


def _read(file: Path, kind: str, fields: Mapping[str, str]) -> Iterator[LabelledMessage]:
    conversation = 0
    before: list[Message] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line:
            conversation += bool(before)
            before = []
            continue
        if line.startswith("A:"):
            before.append(Message("assistant", line[2:].strip() or "…"))
            continue
        found = _TURN.match(line)
        acts = tuple(found[1].split(",")) if found else ()
        wrong = next((act for act in acts if act not in ACTS), None)
        if found is None or wrong is not None:
            what = f"has the act {wrong!r}" if found else "is neither `U acts: message` nor `A: message`"
            raise CorpusError(f"{file}, line {number} {what}; the acts are {', '.join(ACTS)}")
        try:
            text, spans = parse_marked(found[2], fields)
        except ValueError as error:
            raise CorpusError(f"{file}, line {number}: {error}") from error
        known = tuple(fields), tuple(fields.values())
        yield LabelledMessage(kind, conversation, tuple(before), text, acts, spans, *known)
        before.append(Message("user", text))


def parse_marked(marked: str, fields: Mapping[str, str]) -> tuple[str, tuple[Span, ...]]:
    """A message and its spans.

    >>> parse_marked("like {Heat|liked|title}, {twice|nothing}", {"title": "title"})[0]
    'like Heat, twice'

    Raises:
        CorpusError: If a mark is not allowed.
    """
    text, at = "", 0
    spans: list[Span] = []
    for mark in _MARK.finditer(marked):
        text += marked[at : mark.start()]
        at = mark.end()
        words, *parts = mark[1].split("|")
        span = _span(words, parts, len(text), fields, mark[0])
        spans.append(span)
        text += words
    text += marked[at:]
    stray = re.search(r"[{}|]", text)
    if stray:
        raise CorpusError(f"a stray {stray[0]!r} in {text[:80]!r}")
    return text, tuple(spans)


def _span(words: str, parts: list[str], start: int, fields: Mapping[str, str], mark: str) -> Span:
    given: dict[str, str] = {}
    if len(parts) > 1 and parts[-1].split() and set(parts[-1].split()) <= set(_FLAGS):
        given = dict(_FLAGS[flag] for flag in parts.pop().split())
    label, field, value = (*parts, "", "", "")[:3]
    wrong = ""
    if not words.strip() or words != words.strip():
        wrong = "has no words, or blanks around them"
    elif len(parts) > 3:
        wrong = "has too many parts"
    elif label not in LABELS:
        wrong = f"has the label {label!r}, none of {', '.join(LABELS)}"
    elif field and field != _NO_FIELD and field not in fields:
        wrong = f"has the field {field!r}, none of {', '.join(fields)}"
    elif label in ITEM_LABELS and field != "title":
        wrong = f"is {label}, which only titles are"
    elif not field and label in _VALUED | NUMBER_LABELS:
        wrong = f"is {label} and names no field"
    elif label in NUMBER_LABELS and field in fields and not fields[field].startswith("number"):
        wrong = f"is {label}, which only numbers are"
    elif label in _SAID and not value:
        wrong = f"is {label} and names no value"
    if wrong:
        raise CorpusError(f"{mark} {wrong}")
    return Span(start, start + len(words), label, field, value, **given)
