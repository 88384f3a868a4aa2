"""How well messages are read, by labelled messages: what became of each span, and of words that mean nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from wherefore.corpora.messages import LabelledMessage
from wherefore.dialogue.labels import Span
from wherefore.dialogue.messages import Message
from wherefore.dialogue.state import Preferences
from wherefore.progress import Progress
from wherefore.reading.clauses import places_of
from wherefore.reading.judged import UNWANTED, WANTED
from wherefore.reading.reader import DialogueReader
from wherefore.reading.vocabulary import Vocabulary, key_of
from wherefore.text import forms

_LOW = frozenset(("min", "between", "about", "exactly", "high", "more", "highest"))
_HIGH = frozenset(("max", "between", "about", "exactly", "low", "less", "lowest"))
_OPPOSITE = {"liked": "disliked", "disliked": "liked"}


def read_shares(
    reader: DialogueReader, messages: Sequence[LabelledMessage], progress: Progress | None = None
) -> dict[str, float]:
    """Read every message after what was said before it, and compare.

    Args:
        reader: Of the catalogue that the messages are about.
        messages: What is read.
        progress: Told (messages read, of).

    Returns:
        For `liked`, `disliked`, `seen`, `wanted`, `unwanted`, `limits` each `... recall` (of spans that the catalogue
        can meet, those that became such a part of the state), `... precision` (of such parts, those whose words mean
        that) and `... of` (spans); `turned`: of all parts of the state, those that mean the opposite; `bogus`: those
        whose words mean nothing.
    """
    tally: Counter[str] = Counter()
    compared = _Compared(reader, tally)
    for number, one in enumerate(messages, 1):
        said = (*one.before, Message("user", one.text))
        before = reader.read(one.before).preferences if one.before else Preferences()
        compared.message(one, before, reader.read(said).preferences)
        if progress is not None:
            progress(number, len(messages))
    shares: dict[str, float] = {}
    for kind in ("liked", "disliked", "seen", "wanted", "unwanted", "limits"):
        shares[f"{kind} recall"] = tally[f"{kind} hit"] / max(tally[f"{kind} due"], 1)
        shares[f"{kind} precision"] = tally[f"{kind} right"] / max(tally[f"{kind} told"], 1)
        shares[f"{kind} of"] = tally[f"{kind} due"]
    for kind in ("turned", "bogus"):
        shares[kind] = tally[kind] / max(tally["told"], 1)
    return shares


class _Compared:
    def __init__(self, reader: DialogueReader, tally: Counter[str]) -> None:
        catalog = reader.catalog
        self.catalog, self.tally = catalog, tally
        self.vocabulary = Vocabulary(catalog)
        self.titles: dict[str, set[str]] = {}
        for item in catalog.items:
            self.titles.setdefault(" ".join(forms(item.title)), set()).add(item.id)

    def message(self, one: LabelledMessage, before: Preferences, after: Preferences) -> None:
        """Compare what a message changed with its labels."""
        spans = [span for span in one.spans if span.whose != "other"]
        for kind in ("liked", "disliked", "seen"):
            new = [item for item in getattr(after, kind) if item not in getattr(before, kind)]
            self._items(kind, new, one, spans)
        for kind, labels in (("wanted", WANTED), ("unwanted", UNWANTED)):
            told = {wish.said for wish in getattr(after, kind) if wish not in getattr(before, kind)}
            due = [span for span in spans if span.label in labels and self._is_known(span, one.text)]
            self._parts(kind, told, due, one, labels)
        limited = {limit.said for limit in after.limits if limit not in before.limits}
        measured = _LOW | _HIGH
        due = [span for span in spans if span.label in measured and self._is_measure(span)]
        self._parts("limits", limited, due, one, measured)

    def _items(self, kind: str, new: Iterable[str], one: LabelledMessage, spans: Sequence[Span]) -> None:
        new = list(new)
        of_kind = {"liked": ("liked",), "disliked": ("disliked",), "seen": ("seen", "liked", "disliked")}[
            kind
        ]
        right: set[str] = set()
        for span in spans:
            ids = self._ids(span, one.text)
            if span.label in of_kind:
                right |= ids
            if span.label == kind and ids:
                self.tally[f"{kind} due"] += 1
                self.tally[f"{kind} hit"] += bool(ids & set(new))
            if span.label == _OPPOSITE.get(kind):
                self.tally["turned"] += len(ids & set(new))
        self.tally["told"] += len(new)
        self.tally[f"{kind} told"] += len(new)
        self.tally[f"{kind} right"] += sum(item in right for item in new)

    def _parts(
        self,
        kind: str,
        told: Iterable[str],
        due: Sequence[Span],
        one: LabelledMessage,
        labels: frozenset[str],
    ) -> None:
        places = places_of(one.text, told)
        for span in due:
            self.tally[f"{kind} due"] += 1
            self.tally[f"{kind} hit"] += any(start < span.end and span.start < end for start, end in places)
        for start, end in places:
            here = [span for span in one.spans if span.start < end and start < span.end]
            self.tally["told"] += 1
            self.tally[f"{kind} told"] += 1
            if any(span.label in labels and span.whose != "other" for span in here):
                self.tally[f"{kind} right"] += 1
            elif kind != "limits" and any(
                span.label in (UNWANTED if kind == "wanted" else WANTED) and span.whose != "other"
                for span in here
            ):
                self.tally["turned"] += 1
            elif all(span.label == "nothing" for span in here):
                self.tally["bogus"] += 1

    def _ids(self, span: Span, text: str) -> set[str]:
        said = text[span.start : span.end]
        names = (span.value, said)
        return next((ids for name in names if (ids := self.titles.get(" ".join(forms(name))))), set())

    def _is_known(self, span: Span, text: str) -> bool:
        """Whether the catalogue's vocabulary has what is meant, as it is said."""
        said = text[span.start : span.end]
        keys = {key_of(name) for name in (span.value, said) if name}
        people = {" ".join(forms(name)) for name in (span.value, said) if name}
        return any(key in self.vocabulary.values for key in keys) or any(
            name in self.vocabulary.people for name in people
        )

    def _is_measure(self, span: Span) -> bool:
        measures = [spec.name for spec in self.catalog.schema.measures]
        return bool(span.field) and any(name.startswith(span.field) for name in measures)
