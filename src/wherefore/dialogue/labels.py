"""What pieces of a message can mean, and what a message can do."""

from __future__ import annotations

from dataclasses import dataclass

ACTS = (
    *("request", "refine", "taste", "question", "naming", "answer", "choice"),
    *("smalltalk", "off_topic", "other_language", "injection", "unclear"),
)
LABELS = (
    *("liked", "disliked", "seen", "named", "compared"),  # items
    *("wanted", "unwanted", "demanded"),  # values, people, moods, plots, qualities
    *("max", "min", "between", "about", "exactly", "low", "high", "lowest", "highest"),  # numbers
    *("less", "more", "count", "asked", "reference", "answer", "nothing"),
)
WHOSE = ("me", "party", "other")
ITEM_LABELS = frozenset(("liked", "disliked", "seen", "named", "compared"))
NUMBER_LABELS = frozenset(("max", "min", "between", "about", "exactly", "low", "high", "lowest", "highest"))
BOUND_LABELS = frozenset(("max", "min", "between", "about", "exactly"))  # of numbers that are said
GRADES = frozenset(("low", "high", "lowest", "highest", "less", "more"))  # of measures, without a number
VALUE_LABELS = frozenset(("wanted", "unwanted", "demanded"))
# What a number, or a word of degree, speaks of.
MEASURES = (
    *("none", "price", "time", "pages", "year", "age", "weight", "size", "distance"),
    *("rating", "energy", "amount", "other"),
)
STRENGTHS = ("mild", "plain", "firm")
# What a message means for a value of a field: an item with it is nearer, one without it would be wrong, one with it.
BEARINGS = ("nothing", "helps", "needed", "ruled out")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a message, and what it means.

    Attributes:
        start: First character in the message.
        end: The character after the last.
        label: One of `LABELS`.
        field: The catalogue's field that it is about; empty where there is none, or none is needed.
        value: What is meant, in usual words; empty where the message's own words say it.
        strength: `mild` for a leaning, `firm`, or `plain`.
        whose: The speaker's (`me`), that of somebody it is for or who joins in (`party`), or of somebody whose taste
            does not count here (`other`).
    """

    start: int
    end: int
    label: str
    field: str = ""
    value: str = ""
    strength: str = "plain"
    whose: str = "me"
