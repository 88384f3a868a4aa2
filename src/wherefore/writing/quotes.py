"""What an item is about, in its record's own words: whole clauses, never reworded, so as true as it is."""

from __future__ import annotations

from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.clauses import clauses
from wherefore.dialogue.facts import Fact
from wherefore.retrieval.answering import Answering

_WHOLE, _PART = 45, 30  # words of a text that is told whole; of a part of a longer one
_ENDS = ".!?…"


@dataclass(frozen=True, slots=True)
class Quote:
    """What is told of an item.

    Attributes:
        text: Sentences, of clauses of its record.
        facts: The clauses, with their fields and the words that they answer.
        answers: Whether a clause answers what the user said.
    """

    text: str
    facts: tuple[Fact, ...]
    answers: bool


def quote(item: Item, catalog: Catalog, found: Answering | None, level: float) -> Quote | None:
    """What its texts tell of an item: its description, or of a long one what answers best; then what else answers.

    Args:
        item: The item.
        catalog: Where it is from.
        found: The clause that is closest to what was said.
        level: Standing from which a clause answers; see `Answering`.

    Returns:
        None where no text describes it, and no clause answers.
    """
    answers = found is not None and found.score >= level
    lead = next((spec for spec in catalog.schema.descriptions if item.fields.get(spec.name)), None)
    parts: list[str] = []
    facts: list[Fact] = []
    best = found if answers else None
    if lead is not None:
        here = best if best is not None and best.field == lead.name else None
        told = _told(str(item.fields[lead.name]), here.text if here is not None else "")
        label = lead.label or lead.name
        said = here.said if here is not None else ""
        facts.append(Fact(lead.name, told, "what it is about", "about", said=said, label=label))
        parts.append(sentence(told))
    if best is not None and (lead is None or best.field != lead.name):
        spec = catalog.schema.spec(best.field)
        label = spec.label or spec.name
        facts.append(
            Fact(best.field, best.text, "it answers what you said", "about", said=best.said, label=label)
        )
        parts.append(f"{label[:1].upper()}{label[1:]}: “{best.text.rstrip(_ENDS)}”.")
    return Quote(" ".join(parts), tuple(facts), answers) if parts else None


def _told(text: str, best: str) -> str:
    """A text, or of a long one its best clause and what follows it, else its beginning."""
    whole = " ".join(text.split())
    if len(whole.split()) <= _WHOLE:
        return whole
    parts = clauses(whole)
    start = parts.index(best) if best in parts else 0
    end = whole.index(parts[start]) + len(parts[start])
    begin = whole.index(parts[start])
    for part in parts[start + 1 :]:
        further = whole.index(part, end) + len(part)
        if len(whole[begin:further].split()) > _PART:
            break
        end = further
    return whole[begin:end]


def beginning(text: str, most: int) -> str:
    """The first clauses of a text, about so many words of it; with an ellipsis where there are more."""
    whole = " ".join(text.split())
    end = 0
    for part in clauses(whole):
        further = whole.index(part, end) + len(part)
        if end and len(whole[:further].split()) > most:
            return f"{whole[:end]} …"
        end = further
    return whole


def sentence(words: str) -> str:
    """Words as a sentence: with a capital, and an end."""
    words = words.strip().rstrip(",;:–— ")
    closed = words.rstrip("\"'”’)")
    return f"{words[:1].upper()}{words[1:]}{'' if closed.endswith(tuple(_ENDS)) else '.'}"
