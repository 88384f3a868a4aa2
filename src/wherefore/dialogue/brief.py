"""What was said before a message, in few words: of our own lists the titles, so that what the user said has room."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from wherefore.dialogue.messages import Message

_TITLE = 40  # characters of a title in a list that was given before
_INTRO = 60  # and of what stands before the list
_SAID = 5  # messages of the user's before the newest that it is read with
_CHARACTERS = 700  # that are read of all, the newest
_LINE = re.compile(r"^\s*\d+[.)]\s+(?:\*\*(?P<bold>[^*\n]+)\*\*|(?P<plain>[^—\n]+))[^\n]*$", re.MULTILINE)


def newest(messages: Sequence[Message], count: int) -> tuple[Message, ...]:
    """The newest messages, the system's left out, those of ours in brief."""
    kept = [one for one in messages if one.role != "system"][-count:] if count else []
    return tuple(
        one if one.role == "user" else replace(one, content=brief(one.content, last=number == len(kept) - 1))
        for number, one in enumerate(kept)
    )


def up_to_newest(messages: Sequence[Message]) -> tuple[Sequence[Message], str] | None:
    """The newest message of the user that says something, after those before it; None where there is none."""
    for number in range(len(messages) - 1, -1, -1):
        if messages[number].role == "user" and messages[number].content.strip():
            return messages[:number], messages[number].content
    return None


def said(before: Sequence[Message], text: str) -> str:
    """What is read of a talk: the user's newest messages before one, ours that stands right before it in brief, and it.

    Its last characters; where the titles that we listed leave what was said no room, that goes without them.
    """
    mine = [one.content for one in before if one.role == "user"][-_SAID:]
    listed = [one.content for one in newest(before, 1) if one.role == "assistant"]
    made = [" ".join(" ".join([*mine, *ours, text]).split()) for ours in (listed, ())]
    whole = made[0] if len(made[0]) <= _CHARACTERS else made[1]
    return whole[-_CHARACTERS:].encode("utf-8", "replace").decode("utf-8")


def brief(reply: str, last: bool = True) -> str:
    r"""A reply of ours in few words: how it begins, the titles that it lists, and what it asks at its end.

    >>> brief("Sure. Here are two.\n\n1. **Alien** (1979) — Tense.\n2. **Saw** — Grim.\n\nIs it for tonight?")
    'Sure. Here are two. 1. Alien 2. Saw Is it for tonight?'

    Args:
        reply: The reply.
        last: Whether it is the newest; of an older one no titles are told.
    """
    lines = list(_LINE.finditer(reply))
    if not lines:
        return reply
    intro = " ".join(reply[: lines[0].start()].split())[:_INTRO]
    titles = [
        f"{number}. {(one['bold'] or one['plain']).strip()[:_TITLE]}" for number, one in enumerate(lines, 1)
    ]
    asked = [
        part for part in re.split(r"(?<=[.!?])\s+", reply[lines[-1].end() :].strip()) if part.endswith("?")
    ]
    return " ".join([intro, *(titles if last else ()), *asked[-1:]]).strip()


def titles_only(reply: str) -> str:
    r"""A reply of ours as people write lists down: the titles that it lists; one without a list as it is.

    How it begins and what it asks at its end would make whatever comes next look like an answer or a question.

    >>> titles_only("Sure. Here are two.\n\n1. **Alien** (1979) — Tense.\n2. **Saw** — Grim.\n\nIs it for tonight?")
    '1. Alien 2. Saw'
    """
    lines = [(one["bold"] or one["plain"]).strip()[:_TITLE].strip() for one in _LINE.finditer(reply)]
    return " ".join(f"{number}. {title}" for number, title in enumerate(lines, 1)) if lines else reply
