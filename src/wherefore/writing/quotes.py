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
    """What its texts tell of an item: the first text, or of a long one what answers best; then what else answers.

    Args:
        item: The item.
        catalog: Where it is from.
        found: The clause that is closest to what was said.
        level: Standing from which a clause answers; see `Answering`.

    Returns:
        None where it has no texts.
    """
    specs = [spec for spec in catalog.schema.texts if item.fields.get(spec.name)]
    if not specs:
        return None
    lead = specs[0]
    answers = found is not None and found.score >= level
    in_lead = found is not None and found.field == lead.name
    told = _told(str(item.fields[lead.name]), found.text if found is not None and answers and in_lead else "")
    said = found.said if found is not None and answers else ""
    label = lead.label or lead.name
    facts = [Fact(lead.name, told, "what it is about", "about", said=said if in_lead else "", label=label)]
    text = sentence(told)
    if found is not None and answers and not in_lead:
        spec = catalog.schema.spec(found.field)
        label = spec.label or spec.name
        facts.append(
            Fact(found.field, found.text, "it answers what you said", "about", said=said, label=label)
        )
        text = f"{text} {label[:1].upper()}{label[1:]}: “{found.text.rstrip(_ENDS)}”."
    return Quote(text, tuple(facts), answers)


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


def sentence(words: str) -> str:
    """Words as a sentence: with a capital, and an end."""
    words = words.strip().rstrip(",;:–— ")
    closed = words.rstrip("\"'”’)")
    return f"{words[:1].upper()}{words[1:]}{'' if closed.endswith(tuple(_ENDS)) else '.'}"
