"""What people say besides titles."""

from __future__ import annotations

from collections.abc import Sequence

from wherefore.dialogue.messages import Dialogue, Mention

_CHARACTERS = 2000  # of a message that are read


def by_message(dialogue: Dialogue) -> dict[int, list[Mention]]:
    """The mentions of each message that has some."""
    mentions: dict[int, list[Mention]] = {}
    for mention in dialogue.mentions:
        mentions.setdefault(mention.message, []).append(mention)
    return mentions


def outside(text: str, mentions: Sequence[Mention]) -> list[str]:
    """The parts of a text that are no titles.

    >>> outside("Is Alien scary?", [Mention("1", 0, 3, 8, 100.0)])
    ['Is ', ' scary?']
    """
    parts, end = [], 0
    for mention in sorted(mentions, key=lambda one: one.start):
        parts.append(text[end : max(mention.start, 0)])
        end = max(end, mention.end)
    return [part for part in (*parts, text[end:]) if part]


def has_words(parts: Sequence[str]) -> bool:
    """Whether there is a letter or digit in any of the parts."""
    return any(character.isalnum() for part in parts for character in part)


def message_parts(dialogue: Dialogue) -> list[list[str]]:
    """The parts of each message that are no titles; none of the system's messages."""
    mentions = by_message(dialogue)
    return [
        [] if message.role == "system" else outside(message.content[:_CHARACTERS], mentions.get(turn, ()))
        for turn, message in enumerate(dialogue.messages)
    ]


def message_texts(dialogue: Dialogue) -> list[str]:
    """Each message of a dialogue as it is embedded; empty for one that has no words besides titles."""
    texts = []
    for message, parts in zip(dialogue.messages, message_parts(dialogue), strict=True):
        # Half a surrogate pair cannot be embedded.
        clean = message.content[:_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
        texts.append(" ".join(clean.split()) if has_words(parts) else "")
    return texts
