"""What goes wrong, and what Wherefore warns of: each error is also the builtin that says the same."""

from __future__ import annotations


class WhereforeError(Exception):
    """Any error that Wherefore raises for what it was given; the message says what was seen and what to do."""


class CatalogError(WhereforeError, ValueError):
    """A catalogue, its file, schema or one of its records does not fit."""


class CatalogNotFoundError(CatalogError, FileNotFoundError):
    """There is no such catalogue or schema file."""


class DialogueError(WhereforeError, ValueError):
    """Messages or given preferences cannot be read."""


class ConfigError(WhereforeError, ValueError):
    """A setting is unknown, out of range or at odds with another."""


class ConfigNotFoundError(ConfigError, FileNotFoundError):
    """There is no such config file."""


class CheckpointError(WhereforeError, ValueError):
    """A checkpoint or index is damaged, incomplete, or made for something else."""


class CheckpointNotFoundError(CheckpointError, FileNotFoundError):
    """There is no such checkpoint."""


class CorpusError(WhereforeError, ValueError):
    """A data set of dialogues or ratings cannot be read."""


class CorpusNotFoundError(CorpusError, FileNotFoundError):
    """A data set, or a file of it, is not there."""


class ModelError(WhereforeError, ValueError):
    """A language model or embedder cannot be loaded or used as asked."""


class MissingPackageError(WhereforeError, ImportError):
    """Something needs a package that is not installed; the message has the command."""


class ServerError(WhereforeError, ConnectionError, ValueError):
    """A server that should rank or write cannot be reached or answers wrongly."""


class StorageError(WhereforeError, OSError):
    """What is kept of sessions, feedback and items cannot be read or written."""


class TrainingError(WhereforeError, ValueError):
    """Training or measuring cannot go on with what it was given."""


class WhereforeWarning(UserWarning):
    """Something works, but not as well or as fast as it could; the message says what to do."""
