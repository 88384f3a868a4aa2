"""What Wherefore warns of."""

from __future__ import annotations


class WhereforeWarning(UserWarning):
    """Something works, but not as well or as fast as it could; the message says what to do."""
