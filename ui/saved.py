"""The conversations that a browser keeps: plain values there, nothing on the server."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from . import texts
from .cards import escaped
from .view import View

MOST_SAVED = 20  # the longest untouched goes first


@dataclass(frozen=True)
class Saved:
    """A browser's conversations by name, and which of them is open."""

    talks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    open: str = ""

    @classmethod
    def from_browser(cls, tree: Any) -> Self:
        """What `to_browser` gave; nothing where a browser holds something else."""
        talks = tree.get("talks") if isinstance(tree, Mapping) else None
        if not isinstance(talks, Mapping) or not all(isinstance(talk, Mapping) for talk in talks.values()):
            return cls()
        return cls(talks, str(tree.get("open", "")))

    def to_browser(self) -> dict[str, Any]:
        """Plain values."""
        return {"talks": dict(self.talks), "open": self.open}

    def keep(self, name: str, view: View, catalog: str) -> Self:
        """With a conversation, which is open then."""
        title = " ".join(view.turns[0].said.split())[:60]
        talk = {"title": title, "when": time.time(), "view": view.to_json(), "catalog": catalog}
        talks = {**self.talks, name: talk}
        for old in sorted(talks, key=lambda one: talks[one].get("when", 0))[:-MOST_SAVED]:
            del talks[old]
        return replace(self, talks=talks, open=name)

    def drop(self, name: str) -> Self:
        """Without a conversation."""
        return replace(self, talks={one: talk for one, talk in self.talks.items() if one != name})

    def closed(self) -> Self:
        """With none of them open."""
        return replace(self, open="")

    def get(self, name: str, catalog: str) -> View:
        """A conversation.

        Raises:
            ValueError: If it is not there, is damaged, or is about another catalogue.
        """
        if name not in self.talks:
            raise ValueError(texts.EDITED)
        about = str(self.talks[name].get("catalog", ""))
        if about != catalog:
            raise ValueError(texts.OTHER_CATALOG.format(name=about))
        return View.from_json(self.talks[name].get("view"))

    def html(self) -> str:
        """A list of them, the newest first."""
        rows = []
        for name in sorted(self.talks, key=lambda one: -self.talks[one].get("when", 0)):
            title, key = escaped(self.talks[name].get("title", "")), escaped(name)
            rows.append(
                f'<li><button type="button" data-act="open" data-id="{key}">{title}</button>'
                f'<button type="button" data-act="delete" data-id="{key}" '
                f'aria-label="{escaped(texts.DELETE)}: {title}">×</button></li>'
            )
        body = f"<ul>{''.join(rows)}</ul>" if rows else ""
        return f'<p class="wf-empty">{escaped(texts.SAVED_NONE)}</p>{body}'
