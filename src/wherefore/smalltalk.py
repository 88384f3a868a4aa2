"""What to say when there is nothing to recommend from yet: greet and ask, or answer thanks."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from wherefore.catalog import Catalog
from wherefore.dialogue import Dialogue

_GREETING = frozenset("hi hello hey howdy greetings yo hiya good morning evening afternoon there".split())
_PLEASANTRY = frozenset("how are you doing today whats what's up nice to meet is it going".split())
_THANKS = frozenset(
    "thanks thank you thx ty cheers bye goodbye ciao great good perfect ok okay cool nice awesome lovely so very much "
    "lot "
    "have a day night one see ya later that's all for now the help your".split()
)
_CUES = frozenset("thanks thank thx ty cheers bye goodbye ciao".split())


@dataclass(frozen=True)
class Said:
    """A short answer without a list."""

    text: str
    action: Literal["ask", "chat", "answer"]


def answer(dialogue: Dialogue, catalog: Catalog) -> Said | None:
    """A greeting is answered with a question, thanks with a word; anything else is for the recommender."""
    words = re.findall(r"[a-z']+", dialogue.messages[-1].content.lower())
    number = len(dialogue.messages) - 1
    if not words and any(char.isalnum() for char in dialogue.messages[-1].content):
        return None  # another script: let the embedder try
    if any(mention.message == number for mention in dialogue.mentions):
        return None
    noun, plural = catalog.schema.noun, catalog.schema.plural
    if _CUES & set(words) and set(words) <= _THANKS | _GREETING:
        return Said(f"You're welcome. Come back whenever you want another {noun}.", "chat")
    if set(words) <= _GREETING | _PLEASANTRY:
        return Said(
            f"Hello! Which {plural} have you liked, or what are you in the mood for{_hint(catalog)}?", "ask"
        )
    return None


def _hint(catalog: Catalog) -> str:
    """Three of the most frequent values of the first category field: `: drama, comedy, or thriller`."""
    for spec in catalog.schema.of_kind("category"):
        counts = Counter(dict(catalog.vocabulary(spec.name)))
        common = [value.lower() for value, count in counts.most_common(3) if count > 1]
        if len(common) == 3 and len(counts) <= 200:
            return f" ({common[0]}, {common[1]}, {common[2]}…)"
    return ""
