"""Which messages are learned from, and which are measured on."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Protocol, TypeVar


class Said(Protocol):
    """What has the text of a message."""

    @property
    def text(self) -> str:
        """The message."""


T = TypeVar("T", bound=Said)


def held_out(messages: Sequence[T]) -> tuple[list[T], list[T]]:
    """Messages to learn from, and one in ten to measure on; which does not depend on what others there are."""
    is_out = [is_held_out(one.text) for one in messages]
    lessons = [one for one, out in zip(messages, is_out, strict=True) if not out]
    return lessons, [one for one, out in zip(messages, is_out, strict=True) if out]


def is_held_out(text: str) -> bool:
    """Whether a text is of the one in ten."""
    return zlib.crc32(text.encode()) % 10 == 0
