"""Checks of the numbers that a config gives: each raises a ConfigError that names the setting."""

from __future__ import annotations

import math

from wherefore.errors import ConfigError


def at_least_one(whose: str = "", **numbers: int) -> None:
    """Refuse numbers below 1; `whose` goes before the setting's name in the message."""
    for name, number in numbers.items():
        if number < 1:
            raise ConfigError(f"{whose}`{name}` is {number}; it must be at least 1")


def zero_or_more(**weights: float) -> None:
    """Refuse weights that are below 0, infinite or NaN."""
    for name, weight in weights.items():
        if not 0 <= weight < math.inf:
            raise ConfigError(f"`{name}` is {weight}; it must be 0 or more")


def above_zero(**weights: float) -> None:
    """Refuse weights that are 0, below, infinite or NaN."""
    for name, weight in weights.items():
        if not 0 < weight < math.inf:
            raise ConfigError(f"`{name}` is {weight}; it must be above 0")
