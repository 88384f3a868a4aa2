"""A short name for what was said, by which work that was done on it is found again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from wherefore.dialogue.messages import Message


def fingerprint(messages: Sequence[Message]) -> int:
    """63 bits of a hash over roles and words, so that it fits a database's whole numbers.

    >>> fingerprint([Message("user", "Hello")]) == fingerprint([Message("user", "Hello")])
    True
    """
    digest = hashlib.sha256()
    for message in messages:
        digest.update(f"{message.role}\0{message.content}\0".encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest()[:8], "big") >> 1
