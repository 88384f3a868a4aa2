"""What is not in the language that is spoken here: "foreign films", "with subtitles"."""

from __future__ import annotations

import re
from collections.abc import Collection

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import words_of
from wherefore.reading.clauses import NT, Span
from wherefore.text import forms

_NOT_MINDED = re.compile(
    rf"(?:{NT}|not)\s+(?:really\s+)?mind\b|\b(?:fine|ok|okay|cool)\s+with\b", re.IGNORECASE
)
_NO_FOREIGN = re.compile(
    rf"(?:\b(?:no|not|nothing|without|hate|dislike|avoid|cannot)|{NT})"
    r"(?:\s+(?:really|like|love|enjoy|want|need|watch|see|read|stand|do|any|an?|in|too|into|keen|on|to))*\s+$",
    re.IGNORECASE,
)


class ForeignReader:
    """Reads whether something foreign is asked for.

    Args:
        catalog: The catalogue.
        sought: What its items are called.

    Attributes:
        english: The field of languages, and what English is called there; None where the catalogue has no such field.
    """

    def __init__(self, catalog: Catalog, sought: Collection[str]) -> None:
        self._catalog = catalog
        self.english = _english(catalog)
        names = "|".join(sorted(map(re.escape, sought), key=len, reverse=True))
        self._foreign = re.compile(
            rf"\b(?:foreign(?:[- ]language)?(?=\s+(?:[a-z]+\s+)?(?:{names})\b)|(?<=thing\s)foreign\b|"
            r"foreign[- ]language|(?:with\s+)?subtitle[sd]|non[- ]english)\b",
            re.IGNORECASE,
        )

    def read(self, text: str) -> list[tuple[Span, bool]]:
        """Where a text asks for what is foreign, and whether it refuses that.

        Not where it names a language itself ("with subtitles, in Korean"), or only does not mind.
        """
        if self.english is None:
            return []
        found = [
            (match.span(), _NO_FOREIGN.search(text[: match.start()]) is not None)
            for match in self._foreign.finditer(text)
            if not _NOT_MINDED.search(text[: match.start()])
        ]
        if not found:
            return []
        known = {value.lower() for value in self._catalog.vocabulary(self.english[0])}
        return [] if known & {*forms(text)} else found


def _english(catalog: Catalog) -> tuple[str, str] | None:
    for spec in catalog.schema.tags:
        if "language" in (*words_of(spec.name), *words_of(spec.label or "")):
            for value in catalog.vocabulary(spec.name):
                if value.lower() in ("english", "en", "eng"):
                    return spec.name, value
    return None
