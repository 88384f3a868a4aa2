"""Messages that describe: which item is meant, and whether anything of what was said was understood."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.state import Preferences
from wherefore.ranking.asked import naming
from wherefore.reading.clauses import blank
from wherefore.reading.naming import description, is_naming
from wherefore.retrieval.answering import Answering, answering, matcher
from wherefore.retrieval.retriever import Retriever
from wherefore.text import FUNCTION_WORDS, forms, joined, ordinary_words
from wherefore.writing.smalltalk import Said, bare

_NEAR = 0.6  # standard deviations below the best within which another item may be meant as well
_UNSURE = 0.5  # below the level from which a clause answers: it may still be the one
_SURE = 1.5  # above that level it is the one, however near others are
_SAID = 2.5  # below it something of what was said is heard all the same
_NAMES = 0.7  # how likely a message asks for a title, so that one is sought
_LEAST = 3  # words with a content of their own in a message that says something
_ABSENT = 3  # words that no record mentions, which are named at most
_ABOUT_TITLE = 3  # words of a message beside a title, up to which it describes nothing
_GENERIC = re.compile(
    r"\b(?:recommend\w*|suggest\w*|surprise|anything|whatever|another|others?|more|else|next|again|help|movies?|films?|"
    r"something|list|show|give|find|pick|choose|yes|yeah|sure|ok|okay|no|nope)\b",
    re.IGNORECASE,
)


def named(dialogue: Dialogue, retriever: Retriever, nouns: set[str], level: float) -> Said | None:
    """The answer to a naming question: the item whose texts say what was said, with the clause that says it.

    Args:
        dialogue: What was said.
        retriever: Where items are found.
        nouns: What they are called.
        level: Standing from which a clause answers; see `Answering`.

    Returns:
        None where the newest message asks no such question, or nothing comes close.
    """
    source = matcher(retriever)
    asked = dialogue.messages[-1]
    by_words = is_naming(asked.content, nouns)
    if source is None or not (by_words or dialogue.act("naming") >= _NAMES):
        return None
    last = len(dialogue.messages) - 1
    pieces = [asked.content[start:end] for number, start, end in dialogue.described if number == last]
    if not by_words and not pieces:
        return None
    catalog = retriever.index.catalog
    if (title := _nearly_named(dialogue, nouns)) is not None:
        said = f"*{catalog[title].title}*{catalog.dated(catalog[title]).removeprefix(catalog[title].title)}"
        return Said(f"That is {said}. Shall I look for others like it?", "answer")
    told = replace(asked, content=description(asked.content, nouns) if by_words else " ".join(pieces))
    newest = replace(
        dialogue, messages=(told,), mentions=(), described=()
    )  # nothing before it says which one is meant
    rows = source.search(newest, np.zeros(0), 5, np.ones(len(catalog), dtype=bool))[0]
    found = [
        (int(row), one)
        for row, one in zip(rows, answering(newest, rows.tolist(), source), strict=True)
        if one is not None
    ]
    found.sort(key=lambda pair: -pair[1].score)
    if not found or found[0][1].score < level - _UNSURE:
        return None
    best = found[0][1].score
    near = 0.0 if best >= level + _SURE else _NEAR
    meant = [pair for pair in found if pair[1].score >= best - near][:3]
    if not by_words and (best < level or len(meant) > 1):
        return (
            None  # who does not ask for a title is served by a list where it is not plain which one is meant
        )
    first, *others = [_told(row, one, catalog) for row, one in meant]
    start = "That is" if best >= level and not others else "I think that is"
    more = f" It could also be {joined(others, 'or')}." if others else ""
    return Said(f"{start} {first}.{more} Shall I look for others like it?", "answer")


def _nearly_named(dialogue: Dialogue, nouns: set[str]) -> str | None:
    """The item whose title somebody all but has: "what was it called, the Godfarther?"; None where it is described."""
    last = len(dialogue.messages) - 1
    here = [one for one in dialogue.mentions if one.message == last]
    state = dialogue.preferences
    titled = {one.item_id for one in here} - {*state.liked, *state.disliked, *state.seen}
    if len(titled) != 1:
        return None
    rest = description(blank(dialogue.messages[last].content, [(one.start, one.end) for one in here]), nouns)
    told = [form for form in forms(rest) if form not in FUNCTION_WORDS and form not in nouns]
    return titled.pop() if len(told) <= _ABOUT_TITLE else None


def _told(row: int, one: Answering, catalog: Catalog) -> str:
    item = catalog.items[row]
    year = catalog.dated(item).removeprefix(item.title)
    return f"*{item.title}*{year}: “{one.text.rstrip('.')}”"


def not_understood(
    dialogue: Dialogue, before: Callable[[], Preferences], retriever: Retriever, level: float
) -> Said | None:
    """A question back, where nothing of the newest message was understood and no text comes close to it.

    Of a catalogue without texts a guess is said to be one, before the list.

    Args:
        dialogue: What was said.
        before: Gives the state that the newest message was said to; asked for only where all else speaks for it.
        retriever: Where items are found.
        level: Standing from which a clause answers; see `Answering`.
    """
    source = matcher(retriever)
    content = dialogue.messages[-1].content
    if source is None or not source.requests(dialogue):
        return None
    told_of = len(retriever.index.passages) > 0
    if told_of and _GENERIC.search(content):
        return None
    number = len(dialogue.messages) - 1
    if dialogue.unmet or dialogue.instead or naming(dialogue, retriever.index.catalog) is not None:
        return None
    if any(mention.message == number for mention in dialogue.mentions):
        return None
    told = [form for form in forms(content) if form not in FUNCTION_WORDS and form.isalpha()]
    if len(told) < _LEAST:
        return None
    rows = source.search(dialogue, np.zeros(0), 1, np.ones(len(retriever.index), dtype=bool))[0]
    if len(rows) and source.standing(dialogue, rows)[0] >= level - _SAID:
        return None
    if bare(before()) != bare(dialogue.preferences):
        return None
    schema = retriever.index.catalog.schema
    noun, plural = schema.noun.lower(), schema.plural.lower()
    if not told_of:
        return Said(
            f"My records do not tell what these {plural} are about. By their words alone, these are nearest to "
            "what you said:",
            "guess",
        )
    catalog, usual = retriever.index.catalog, ordinary_words()
    absent = [form for form in told if form not in usual and not catalog.naming(form).any()][:_ABSENT]
    start = (
        f"I found nothing here that mentions {joined([f'“{form}”' for form in absent], 'or')}."
        if absent
        else "I did not get what you are after."
    )
    return Said(
        f"{start} Tell me what the {noun} should be about, how it should feel, or one that you liked.",
        "ask",
    )
