"""What is said to a message that is not in English: that only English is read well, and what was understood of it."""

from __future__ import annotations

from collections.abc import Callable

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Dialogue, last_said
from wherefore.dialogue.parts import parts
from wherefore.dialogue.state import Preferences
from wherefore.reading.languages import LANGUAGES, catalogue_words, language_of
from wherefore.text import joined
from wherefore.writing.smalltalk import Said, bare

START = "I read only English well"  # of what is told
_MOST = 6  # things understood that are told


def spoken(dialogue: Dialogue) -> str | None:
    """The language of the newest message, by its code; None of English, and where it is not plain."""
    return language_of(dialogue.messages[-1].content, _titles(dialogue))


def nothing_understood(
    dialogue: Dialogue, catalog: Catalog, before: Callable[[], Preferences]
) -> Said | None:
    """The answer to a message in another language of which nothing was understood; else None.

    Args:
        dialogue: What was said.
        catalog: What is recommended from.
        before: The state that the newest message was said to; only asked for where the message is in another language.
    """
    language = spoken(dialogue)
    if language is None or dialogue.unmet:
        return None
    asks = bool(dialogue.last_listed) and dialogue.messages[-1].content.rstrip().endswith("?")
    if understood_of(dialogue, catalog, words=not asks):
        return None
    if bare(before()) != bare(dialogue.preferences):
        return None
    plural = catalog.schema.plural.lower()
    return Said(
        f"I am sorry, I only understand English. {LANGUAGES[language]} Which {plural} do you like?", "chat"
    )


def understood_of(dialogue: Dialogue, catalog: Catalog, words: bool = True) -> list[str]:
    """The user's words in the newest message of which something was understood, in order, each once.

    Args:
        dialogue: What was said.
        catalog: What is recommended from.
        words: Whether the words that its titles and values have count.
    """
    last, content = len(dialogue.messages) - 1, dialogue.messages[-1].content
    said = [part.said for part in parts(dialogue.preferences, catalog) if part.said and part.kind != "open"]
    places = [place for one in said if (place := last_said(one, dialogue.messages)) and place[0] == last]
    spans = [(start, end) for _, start, end in places] + _titles(dialogue)
    spans += [(word.start, word.end) for word in catalogue_words(content, catalog, spans) if words]
    return list(dict.fromkeys(content[start:end].strip() for start, end in sorted(spans)))


def told(dialogue: Dialogue, catalog: Catalog) -> str:
    """A sentence in English and one in the newest message's language; empty where that is English."""
    language = spoken(dialogue)
    if language is None:
        return ""
    words = [f"“{one}”" for one in understood_of(dialogue, catalog)[:_MOST]]
    heard = f"; of what you said I understood {joined(words)}" if words else ""
    return f"{START}{heard}. {LANGUAGES[language]}"


def _titles(dialogue: Dialogue) -> list[tuple[int, int]]:
    last = len(dialogue.messages) - 1
    return [(one.start, one.end) for one in dialogue.mentions if one.message == last]
