"""Wherefore: a conversational recommender that says why.

Shape legend: b dialogues, t tokens, m candidates, n items, d item-vector width, s soft tokens per item,
h LLM width, v vocabulary.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherefore.catalog.catalog import Catalog, Item
    from wherefore.catalog.derived import Derived, Postings
    from wherefore.catalog.field_values import Counts
    from wherefore.catalog.kinds import ColumnCells, FieldKind, Storage
    from wherefore.catalog.notes import Note
    from wherefore.catalog.ordered import Scale
    from wherefore.catalog.report import ReportRow
    from wherefore.catalog.schema import FieldSpec, Schema
    from wherefore.catalog.vectors import Vector
    from wherefore.catalog.written import Written
    from wherefore.config import (
        Component,
        Config,
        ImagesConfig,
        JudgedConfig,
        LLMConfig,
        LoraConfig,
        PassagesConfig,
        RankerConfig,
        RetrievalConfig,
        StageConfig,
        TrainConfig,
        TurnConfig,
        WriterConfig,
    )
    from wherefore.dialogue.choices import Choice
    from wherefore.dialogue.facts import Fact
    from wherefore.dialogue.messages import Dialogue, Mention, Message
    from wherefore.dialogue.parts import Effect, Part
    from wherefore.dialogue.questions import Condition, Question, Reckoning
    from wherefore.dialogue.state import Count, Limit, Open, Order, Preferences, Wish
    from wherefore.errors import (
        CatalogError,
        CatalogNotFoundError,
        CheckpointError,
        CheckpointNotFoundError,
        ConfigError,
        ConfigNotFoundError,
        CorpusError,
        CorpusNotFoundError,
        DialogueError,
        MissingPackageError,
        ModelError,
        ServerError,
        StorageError,
        TrainingError,
        WhereforeError,
        WhereforeWarning,
    )
    from wherefore.lm.head import Scores
    from wherefore.lm.model import DialogueCache
    from wherefore.lm.server import Answer, Server, ServerFailure, Transcript
    from wherefore.recommender import Recommender
    from wherefore.reply import Done, Event, ListReady, Recommendation, Reply, TextDelta
    from wherefore.retrieval.candidates import Candidates
    from wherefore.writing.asking import Ask

__all__ = [
    "Answer", "Ask", "Candidates", "Catalog", "CatalogError", "CatalogNotFoundError", "CheckpointError",
    "CheckpointNotFoundError", "Choice", "ColumnCells", "Component", "Condition", "Config", "ConfigError",
    "ConfigNotFoundError", "CorpusError", "CorpusNotFoundError", "Count", "Counts", "Derived", "Dialogue",
    "DialogueCache", "DialogueError", "Done", "Effect", "Event", "Fact", "FieldKind", "FieldSpec", "ImagesConfig",
    "Item", "JudgedConfig", "LLMConfig", "Limit", "ListReady", "LoraConfig", "Mention", "Message",
    "MissingPackageError", "ModelError", "Note", "Open", "Order", "Part", "PassagesConfig", "Postings",
    "Preferences", "Question", "RankerConfig", "Reckoning", "Recommendation", "Recommender", "Reply", "ReportRow",
    "RetrievalConfig", "Scale", "Schema", "Scores", "Server", "ServerError", "ServerFailure", "StageConfig",
    "Storage", "StorageError", "TextDelta", "TrainConfig", "TrainingError", "Transcript", "TurnConfig", "Vector",
    "WhereforeError", "WhereforeWarning", "Wish", "WriterConfig", "Written",
]  # fmt: skip

_HOMES = {
    "catalog.catalog": "Catalog Item",
    "catalog.derived": "Derived Postings",
    "catalog.field_values": "Counts",
    "catalog.notes": "Note",
    "catalog.ordered": "Scale",
    "catalog.report": "ReportRow",
    "catalog.kinds": "ColumnCells FieldKind Storage",
    "catalog.schema": "FieldSpec Schema",
    "catalog.vectors": "Vector",
    "catalog.written": "Written",
    "config": (
        "Component Config ImagesConfig JudgedConfig LLMConfig LoraConfig PassagesConfig RankerConfig RetrievalConfig "
        "StageConfig TrainConfig TurnConfig WriterConfig"
    ),
    "dialogue.choices": "Choice",
    "dialogue.facts": "Fact",
    "dialogue.messages": "Dialogue Mention Message",
    "dialogue.parts": "Effect Part",
    "dialogue.questions": "Condition Question Reckoning",
    "dialogue.state": "Count Limit Open Order Preferences Wish",
    "errors": (
        "CatalogError CatalogNotFoundError CheckpointError CheckpointNotFoundError ConfigError "
        "ConfigNotFoundError CorpusError CorpusNotFoundError DialogueError MissingPackageError ModelError "
        "ServerError StorageError TrainingError WhereforeError WhereforeWarning"
    ),
    "lm.head": "Scores",
    "lm.model": "DialogueCache",
    "lm.server": "Answer Server ServerFailure Transcript",
    "recommender": "Recommender",
    "reply": "Done Event ListReady Recommendation Reply TextDelta",
    "retrieval.retriever": "Candidates",
    "writing.asking": "Ask",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: `import wherefore` alone loads neither torch nor models."""
    if name in _HOME_OF:
        return getattr(import_module(f"wherefore.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'wherefore' has no attribute {name!r}; it exports {', '.join(__all__)}")


def __dir__() -> list[str]:
    """The public names, beside what every module has."""
    return sorted({*globals(), *__all__})
