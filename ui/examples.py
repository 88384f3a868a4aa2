"""Messages to begin with."""

from __future__ import annotations

from collections import Counter

from wherefore.catalog.catalog import Catalog


def examples_of(catalog: Catalog) -> list[str]:
    """Messages that fit a catalogue, made from its best known items and most frequent values."""
    schema = catalog.schema
    known = schema.popularity
    items = list(catalog.items)
    if known is not None:
        items.sort(key=lambda item: -(item.number(known.name) or 0.0))
    titles = [item.title for item in items[:60] if 3 < len(item.title) < 40]
    found = []
    if len(titles) > 20:
        found.append(f"I liked {titles[3]} and {titles[17]}. Something like them?")
    for spec in schema.tags:
        counts = Counter(dict(catalog.vocabulary(spec.name)))
        if counts and len(counts) <= 200 and spec.phrase.startswith("{}"):
            value = counts.most_common(3)[-1][0].lower()
            after = " from after 2000" if schema.year is not None else ""
            found.append(f"A good {value} {schema.noun.lower()}{after}, please")
            break
    for spec in schema.names:
        counts = Counter(dict(catalog.vocabulary(spec.name)))
        if counts and counts.most_common(1)[0][1] > 1:
            name = counts.most_common(2)[-1][0]
            found.append(f"Something {spec.phrase.replace('{}', name)}")
            break
    found.append("What do you recommend? I don't know what I want.")
    return found
