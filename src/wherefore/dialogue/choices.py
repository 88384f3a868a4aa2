"""Choices: what a message takes up of what was listed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """What a message takes up: the items, as far as it is clear which they are; none where it merely approves."""

    items: tuple[str, ...]
    refused: tuple[str, ...]  # "I won't watch the second one"
    decided: bool  # "I'll watch it", not just "sounds good"
    said: str  # the words that say so
