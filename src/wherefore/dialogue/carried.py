"""What goes on from turn to turn: the words of earlier messages that still say what is sought."""

from __future__ import annotations

from dataclasses import replace

from wherefore.dialogue.messages import Dialogue, Message


def carried(dialogue: Dialogue) -> tuple[Message, ...]:
    """The messages that models read which search by a talk: without those that ask for nothing, and their answers.

    "How heavy is the second one?" and "any others?" say nothing of what is sought: what was said before them counts as
    if it had been said just now. Where nothing else was said they stay.
    """
    idle = set(dialogue.idle)
    kept: list[Message] = []
    answers = False  # whether the message before was one of those
    for number, message in enumerate(dialogue.messages):
        if message.role == "user":
            answers = number in idle
            if not answers:
                kept.append(replace(message, content=counting(dialogue, number)))
        elif not (answers and message.role == "assistant"):
            kept.append(message)
    return tuple(kept)


def counting(dialogue: Dialogue, number: int) -> str:
    """A message without the words that were taken back or removed; what is refused stays, with the words around it."""
    text = dialogue.messages[number].content
    state = dialogue.preferences
    refused = [wish.said for wish in state.unwanted] + [words for _, words in dialogue.unmet]
    for _, start, end in sorted((one for one in dialogue.muted if one[0] == number), reverse=True):
        words = text[start:end]
        if not any(words in one or (one and one in words) for one in refused):
            text = f"{text[:start]} {text[end:]}"
    return text
