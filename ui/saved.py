"""The conversations that a browser keeps: plain values there, nothing on the server.

Tabs of one browser share them, so what is kept is read when something is done, not when the page is opened, and what
has changed is written, not all that a tab knows. Which of them is open is each tab's own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from wherefore.errors import DialogueError

from . import texts
from .markup import empty, escaped
from .view import View

MOST_SAVED = 20  # the longest untouched goes first

_STORE = """
  const key = 'wherefore-conversations';
  const read = () => {
    try { return JSON.parse(localStorage.getItem(key)) ?? {}; } catch { return {}; }
  };
  const own = () => { try { return sessionStorage.getItem(key); } catch { return null; } };
"""
READ = f"""
(...values) => {{ {_STORE}
  const kept = read();
  values[values.length - 1] = JSON.stringify({{...kept, open: own() ?? kept.open ?? ''}});
  return values;
}}
"""
"""JavaScript: what the browser keeps, for the last input of an event."""
WRITE = f"""
(text) => {{ {_STORE}
  if (!text) return;
  const change = JSON.parse(text), talks = {{...read().talks, ...change.put}};
  for (const name of change.drop) delete talks[name];
  const oldest = Object.keys(talks).sort((a, b) => talks[a].when - talks[b].when);
  for (;;) {{
    try {{
      localStorage.setItem(key, JSON.stringify({{talks, open: change.open}}));
      sessionStorage.setItem(key, change.open);
      return;
    }} catch {{
      if (oldest.length < 2) return;
      delete talks[oldest.shift()];  // there is no more room: the longest untouched goes
    }}
  }}
}}
"""
"""JavaScript: keeps what `Saved.changed` says."""


@dataclass(frozen=True)
class Saved:
    """A browser's conversations by name, and which of them is open."""

    talks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    open: str = ""

    @classmethod
    def from_browser(cls, text: Any) -> Self:
        """What `READ` gave; nothing where a browser holds something else."""
        try:
            tree = json.loads(text)
        except (TypeError, ValueError):
            return cls()
        talks = tree.get("talks") if isinstance(tree, Mapping) else None
        if not isinstance(talks, Mapping) or not all(isinstance(talk, Mapping) for talk in talks.values()):
            return cls()
        return cls(talks, str(tree.get("open", "")))

    def changed(self, before: Self) -> str:
        """What `WRITE` must do after `before`, as JSON."""
        put = {name: talk for name, talk in self.talks.items() if before.talks.get(name) != talk}
        drop = [name for name in before.talks if name not in self.talks]
        return json.dumps({"put": put, "drop": drop, "open": self.open, "at": time.time()})

    def when(self, name: str) -> float:
        """When a conversation was saved; 0 where it is not there."""
        when = self.talks.get(name, {}).get("when")
        return float(when) if isinstance(when, int | float) else 0.0

    def keep(self, name: str, view: View, catalog: str) -> Self:
        """With a conversation, which is open then."""
        title = " ".join(view.turns[0].said.split())[:60]
        talk = {"title": title, "when": time.time(), "view": view.to_json(), "catalog": catalog}
        talks = {**self.talks, name: talk}
        kept = replace(self, talks=talks, open=name)
        for old in sorted(talks, key=kept.when)[:-MOST_SAVED]:
            del talks[old]
        return kept

    def drop(self, name: str) -> Self:
        """Without a conversation."""
        return replace(self, talks={one: talk for one, talk in self.talks.items() if one != name})

    def closed(self) -> Self:
        """With none of them open."""
        return replace(self, open="")

    def get(self, name: str, catalog: str) -> View:
        """A conversation.

        Raises:
            DialogueError: If it is not there, is damaged, or is about another catalogue.
        """
        if name not in self.talks:
            raise DialogueError(texts.EDITED)
        about = str(self.talks[name].get("catalog", ""))
        if about != catalog:
            raise DialogueError(texts.OTHER_CATALOG.format(name=about))
        return View.from_json(self.talks[name].get("view"))

    def html(self) -> str:
        """A list of them, the newest first."""
        rows = []
        for name in sorted(self.talks, key=self.when, reverse=True):
            title, key = escaped(self.talks[name].get("title", "")), escaped(name)
            rows.append(
                f'<li><button type="button" data-act="open" data-id="{key}">{title}</button>'
                f'<button type="button" data-act="delete" data-id="{key}" '
                f'aria-label="{escaped(texts.DELETE)}: {title}">×</button></li>'
            )
        body = f"<ul>{''.join(rows)}</ul>" if rows else ""
        return empty(texts.SAVED_NONE) + body
