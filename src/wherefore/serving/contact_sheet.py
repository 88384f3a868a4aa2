"""A contact sheet: the items nearest to one by each signal, as a page that holds all it shows."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Sequence

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.picture_files import PictureError, is_web, item_thumbnail, thumbnail
from wherefore.retrieval.alone import Near
from wherefore.retrieval.fetching import Fetcher
from wherefore.serving.display import label, plain, value_text

_FACTS = 3  # shown of an item
_STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
ol { display: flex; flex-wrap: wrap; gap: .75rem; list-style: none; margin: 0; padding: 0; }
li { width: 150px; border: 1px solid var(--line); border-radius: 6px; padding: .5rem; }
img, svg { display: block; width: 100%; height: 120px; object-fit: contain; border-radius: 4px; }
b { display: block; margin-top: .35rem; overflow-wrap: anywhere; }
small { display: block; opacity: .75; overflow-wrap: anywhere; }
"""


def contact_sheet(catalog: Catalog, item: Item, found: Sequence[Near], fetcher: Fetcher | None = None) -> str:
    """A whole HTML page: the item, and a line of those nearest to it for each signal.

    Pictures are in the page as small copies; nothing is loaded from elsewhere when it is opened.

    Args:
        catalog: Where the items are.
        item: The one that was asked for.
        found: What is nearest to it.
        fetcher: Fetches pictures at web addresses; None: a drawn one stands for them.
    """
    small = _thumbnails(catalog, fetcher)
    title = f"Nearest to {catalog.dated(item)}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_escaped(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_escaped(title)}</h1><ol>{_card(catalog, item, small)}</ol>",
    ]
    for near in found:
        parts.append(f"<h2>by {_escaped(near.signal)}</h2>")
        if near.why:
            parts.append(f"<p>{_escaped(near.why)}</p>")
            continue
        cards = (
            _card(catalog, catalog.items[row], small, cosine)
            for row, cosine in zip(near.rows, near.cosines, strict=True)
        )
        parts.append(f"<ol>{''.join(cards)}</ol>")
    return "\n".join([*parts, "</body></html>", ""])


def _card(catalog: Catalog, item: Item, small: Callable[[Item], str], cosine: float | None = None) -> str:
    uri = small(item)
    shown = f'<img src="{_escaped(uri)}" alt="">' if uri else _drawn(item)
    near = "" if cosine is None else f"<small>cosine {cosine:.3f}</small>"
    facts = []
    for spec in catalog.schema.fields:
        if spec.can.stated and (value := value_text(item.get(spec.name))):
            facts.append(f"<small>{_escaped(label(spec))}: {_escaped(value)}</small>")
    told = "".join(facts[:_FACTS])
    return f"<li>{shown}<b>{_escaped(catalog.dated(item))}</b><small>{_escaped(item.id)}</small>{near}{told}</li>"


def _drawn(item: Item) -> str:
    """What stands for an item without a picture: its letters on a colour of its own."""
    hue = int(hashlib.sha256(item.id.encode()).hexdigest()[:4], 16) % 360
    letters = "".join(word[0] for word in re.findall(r"\w+", plain(item.title))[:2]).upper() or "?"
    return (
        f'<svg viewBox="0 0 120 120" aria-hidden="true"><rect width="120" height="120" fill="hsl({hue} 45% 38%)"/>'
        f'<text x="60" y="74" text-anchor="middle" font-size="40" fill="#fff">{_escaped(letters)}</text></svg>'
    )


def _thumbnails(catalog: Catalog, fetcher: Fetcher | None) -> Callable[[Item], str]:
    """Gives the small picture of an item; empty where there is none."""
    kept: dict[str, str] = {}

    def small(item: Item) -> str:
        if item.id not in kept:
            kept[item.id] = item_thumbnail(catalog, item) or _fetched(catalog, item, fetcher)
        return kept[item.id]

    return small


def _fetched(catalog: Catalog, item: Item, fetcher: Fetcher | None) -> str:
    for spec in catalog.schema.images:
        text = str(item.fields.get(spec.name) or "")
        if fetcher is not None and is_web(text):
            try:
                return thumbnail(fetcher.fetch(f"https:{text}" if text.startswith("//") else text))
            except PictureError:
                continue
    return ""


def _escaped(text: str) -> str:
    return html.escape(plain(text))
