"""Logs as lines of JSON, without what people say unless that is asked for."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

REQUESTS = logging.getLogger("wherefore.http")


class JsonLines(logging.Formatter):
    """A record as one line: time, level, message, and the fields it was given as `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        tree: dict[str, Any] = {"time": at, "level": record.levelname.lower(), "event": record.getMessage()}
        tree |= getattr(record, "fields", {})
        if record.exc_info:
            tree["traceback"] = self.formatException(record.exc_info)
        return json.dumps(tree, ensure_ascii=True, default=str)


def log_lines(stream: TextIO | None = None) -> None:
    """Send the server's logs, and uvicorn's, to a stream as lines of JSON: standard error unless another is given."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("wherefore.http", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], False
        logger.setLevel(logging.INFO)
    for name in ("wherefore.http", "uvicorn"):
        logging.getLogger(name).addHandler(handler)
    logging.getLogger("uvicorn.error").propagate = True  # to `uvicorn`
    logging.getLogger("uvicorn.access").disabled = True  # ours says more, and no addresses of sessions


def log(event: str, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event with its fields; those that are None are left out."""
    told = {name: value for name, value in fields.items() if value is not None}
    REQUESTS.log(level, event, extra={"fields": told})
