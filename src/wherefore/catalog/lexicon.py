"""The packaged words: what people call items, and what stands for values."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from wherefore.catalog.catalog import Catalog
from wherefore.extends import from_yaml
from wherefore.files import ASSETS


@lru_cache(maxsize=1)
def lexicon() -> dict[str, Any]:
    """The packaged words and what they stand for: `nouns` of item kinds, `words` of values."""
    text = (ASSETS / "synonyms.yaml").read_text(encoding="utf-8")
    tree: dict[str, Any] = from_yaml(text)
    tree["words"] |= {word: tree["words"][base] for word, base in tree.pop("comparatives").items()}
    return tree


def item_nouns(catalog: Catalog) -> frozenset[str]:
    """What people call an item of the catalogue, singular and plural: "movie", "films"."""
    schema = catalog.schema
    called = {schema.noun.lower(), *lexicon()["nouns"].get(schema.noun.lower(), ())}
    return frozenset(called | {f"{noun}s" for noun in called} | {schema.plural.lower()})
