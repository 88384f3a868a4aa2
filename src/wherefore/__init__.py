"""Wherefore: a conversational recommender that says why.

Shape legend: b dialogues, t tokens, m candidates, n items, d item-vector width, s soft tokens per item,
h LLM width, v vocabulary.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherefore.catalog.catalog import Catalog, Item
    from wherefore.catalog.schema import FieldSpec, Schema
    from wherefore.config import Config
    from wherefore.dialogue.facts import Fact
    from wherefore.dialogue.messages import Message
    from wherefore.dialogue.state import Limit, Preferences, Wish
    from wherefore.recommender import Recommender
    from wherefore.reply import Done, ListReady, Recommendation, Reply, TextDelta

__all__ = [
    "Catalog",
    "Config",
    "Done",
    "Fact",
    "FieldSpec",
    "Item",
    "Limit",
    "ListReady",
    "Message",
    "Preferences",
    "Recommendation",
    "Recommender",
    "Reply",
    "Schema",
    "TextDelta",
    "Wish",
]

_HOMES = {
    "catalog.catalog": ("Catalog", "Item"),
    "catalog.schema": ("FieldSpec", "Schema"),
    "config": ("Config",),
    "dialogue.facts": ("Fact",),
    "dialogue.messages": ("Message",),
    "dialogue.state": ("Limit", "Preferences", "Wish"),
    "recommender": ("Recommender",),
    "reply": ("Done", "ListReady", "Recommendation", "Reply", "TextDelta"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: `import wherefore` alone loads neither torch nor models."""
    if name in _HOME_OF:
        return getattr(import_module(f"wherefore.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'wherefore' has no attribute {name!r}; it exports {', '.join(__all__)}")


def __dir__() -> list[str]:
    """The public names, beside what every module has."""
    return sorted({*globals(), *__all__})
