"""What was said, in few words, for a model that reads it beside items."""

from __future__ import annotations

from collections.abc import Sequence

Said = tuple[
    tuple[str, str], ...
]  # role and text, the oldest first; an assistant's text are the titles it listed


def talk(said: Said) -> str:
    """What was said, as the model reads it; of an assistant's messages the titles that they list.

    >>> talk((("user", "something scary"),))
    'something scary'
    >>> talk((("user", "something scary"), ("assistant", "Alien; Jaws"), ("user", "newer ones")))
    'i : something scary you : alien; jaws i : newer ones'
    """
    if len(said) == 1:
        return said[0][1]
    return " ".join(f"{'you' if role == 'assistant' else 'i'} : {text}" for role, text in said).lower()


def listed(titles: Sequence[str]) -> str:
    """Titles as an assistant's text; of long ones the beginning.

    >>> listed(["Alien", "A very long title of a thing that has many words in its title"])
    'Alien; A very long title of a thing that'
    """
    return "; ".join(one if len(one) <= 36 else one[:36].rpartition(" ")[0] or one[:36] for one in titles)
