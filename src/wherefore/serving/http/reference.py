"""The API's documentation as one page of plain HTML: it needs no script, and nothing from elsewhere."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2b2a }
pre, code { font-family: ui-monospace, monospace; font-size: .85rem }
pre { background: #eef4f3; padding: .8rem; overflow-x: auto; border-radius: 6px }
summary { cursor: pointer; padding: .4rem 0 } summary code { font-weight: 600 }
@media (prefers-color-scheme: dark) { body { background: #14201f; color: #dce8e6 } pre { background: #1f2f2d } }
"""


def page(schema: dict[str, Any]) -> str:
    """The page for an OpenAPI schema."""
    return "\n".join(_page(schema))


def _page(schema: dict[str, Any]) -> Iterator[str]:
    title, about = html.escape(schema["info"]["title"]), html.escape(schema["info"]["description"])
    yield '<!doctype html><html lang="en"><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1><p>{about}</p>"
    yield '<p>The whole schema, for tools: <a href="openapi.json">openapi.json</a></p>'
    tag = ""
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if operation.get("tags", [""])[0] != tag:
                tag = operation.get("tags", [""])[0]
                yield f"<h2>{html.escape(tag)}</h2>"
            yield from _operation(path, method, operation, schema)


def _operation(path: str, method: str, operation: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    summary = html.escape(operation.get("summary", ""))
    yield f"<details><summary><code>{method.upper()} {html.escape(path)}</code> {summary}</summary>"
    yield f"<p>{_prose(operation.get('description', ''))}</p>"
    for one in operation.get("parameters", ()):
        yield f"<p><code>{html.escape(one['name'])}</code> {_prose(one.get('description', ''))}</p>"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        yield "<p>Send:</p>" + _pre(example(body, schema))
    for status, told in operation.get("responses", {}).items():
        yield f"<p><code>{status}</code> {_prose(told.get('description', ''))}</p>"
        for kind, content in told.get("content", {}).items() if status.startswith("2") else ():
            shown = content.get("example") or example(content.get("schema", {}), schema)
            yield f"<p><code>{html.escape(kind)}</code></p>" + _pre(shown)
    yield "</details>"


def _prose(text: str) -> str:
    """Text whose words in backquotes are code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _pre(shown: Any) -> str:
    text = shown if isinstance(shown, str) else json.dumps(shown, indent=1, ensure_ascii=False)
    return f"<pre>{html.escape(text)}</pre>"


def example(part: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> Any:
    """An example of what a schema describes: its own, or one put together of its properties'."""
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[-1]
        return example(schema["components"]["schemas"][name], schema, depth)
    for key in ("examples", "enum"):
        if part.get(key):
            return part[key][0]
    for key in ("const", "default"):
        if part.get(key) is not None:
            return part[key]
    if depth > 6:
        return None
    if "properties" in part:
        return {name: example(one, schema, depth + 1) for name, one in part["properties"].items()}
    if part.get("anyOf"):
        return example(part["anyOf"][0], schema, depth + 1)
    if part.get("type") == "array":
        return [example(part.get("items", {}), schema, depth + 1)]
    return {"string": "…", "integer": 1, "number": 0.5, "boolean": False, "object": {}}.get(
        str(part.get("type"))
    )
