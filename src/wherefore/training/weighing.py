"""What the rules of reading say of labelled messages, beside what is meant: how far they are to be believed."""

from __future__ import annotations

from collections.abc import Sequence

from wherefore.corpora.messages import LabelledMessage
from wherefore.dialogue.messages import Message
from wherefore.dialogue.state import ItemsOf, Preferences
from wherefore.progress import Progress
from wherefore.reading.clauses import Span, places_of, touch
from wherefore.reading.reader import DialogueReader

_VERDICTS: tuple[ItemsOf, ...] = ("liked", "disliked", "seen")


def told_and_meant(
    reader: DialogueReader, messages: Sequence[LabelledMessage], progress: Progress | None = None
) -> dict[str, list[tuple[str, str]]]:
    """Pairs of what the rules tell of each labelled span and its label, as `Witness.counted` takes them.

    Args:
        reader: Without a judge, of the catalogue that the messages are about.
        messages: Their spans are looked at.
        progress: Told (messages read, of).
    """
    pairs: dict[str, list[tuple[str, str]]] = {"items": [], "values": [], "numbers": []}
    for number, one in enumerate(messages, 1):
        before = reader.read(one.before).preferences if one.before else Preferences()
        dialogue = reader.read((*one.before, Message("user", one.text)))
        after, last = dialogue.preferences, len(one.before)
        named = [mention for mention in dialogue.mentions if mention.message == last]
        new = {
            kind: places_of(
                one.text, (part.said for part in set(getattr(after, kind)) - set(getattr(before, kind)))
            )
            for kind in ("wanted", "unwanted", "limits")
        }
        for span in one.spans:
            here = (span.start, span.end)
            items = [mention.item_id for mention in named if touch(here, (mention.start, mention.end))]
            verdict = "named" if items else "no title"
            for kind in _VERDICTS:
                if items and items[0] in getattr(after, kind) and items[0] not in getattr(before, kind):
                    verdict = kind
                    break
            pairs["items"].append((verdict, span.label))
            side = next((kind for kind in ("unwanted", "wanted") if _any(here, new[kind])), "no wish")
            pairs["values"].append((side, span.label))
            pairs["numbers"].append(("limit" if _any(here, new["limits"]) else "no limit", span.label))
        if progress is not None:
            progress(number, len(messages))
    return pairs


def _any(one: Span, places: Sequence[Span]) -> bool:
    return any(touch(one, place) for place in places)
