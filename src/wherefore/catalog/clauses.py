"""Texts cut into clauses: what can be matched, and quoted, by itself."""

from __future__ import annotations

import re

SHORTEST, LONGEST = 3, 32  # words of a clause
_ABBREVIATED = (
    "mr mrs ms dr st sr jr prof gen col lt sgt capt rev hon mt ft vs etc no vol fig inc ltd co corp approx oz lb "
    "tbsp tsp min max dept est"
).split()
_ENDS = re.compile(  # of a sentence, a line, an entry of a list, or a part before a semicolon
    r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9À-Þ])|\s*\r?\n\s*(?:[-–*•·▪●]\s+)?|\s*[•▪●]\s*|"
    r"\s*;\s+|\s+[–—]\s+|\s+--?\s+"
)
_JOINTS = re.compile(
    r"(?<=,)\s+(?=(?:and|but|or|so|yet|while|when|where|who|whose|which|until|as|because|after|before|with|only)\b)"
    r"|(?<=[,:])\s+"
)


def clauses(text: str) -> tuple[str, ...]:
    """The clauses of a text, in order; each is a piece of the text but for white space.

    Sentences, parts between semicolons and entries of lists; one of more than `LONGEST` words is cut at the comma
    nearest to its middle. Pieces of fewer than `SHORTEST` words join the one before.

    >>> clauses("A clerk finds a map. He sails off with Mr. Poe; nobody believes him.")
    ('A clerk finds a map.', 'He sails off with Mr. Poe', 'nobody believes him.')
    >>> clauses("Soft wool. Warm.")
    ('Soft wool. Warm.',)
    >>> clauses("  ")
    ()
    """
    spans: list[tuple[int, int]] = []
    for start, end in _sentences(text):
        if spans and min(_count(text[start:end]), _count(text[slice(*spans[-1])])) < SHORTEST:
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return tuple(short for start, end in spans for short in _shortened(" ".join(text[start:end].split())))


def _count(text: str) -> int:
    return len(text.split())


def _sentences(text: str) -> list[tuple[int, int]]:
    """Where the pieces between the ends of sentences lie; an abbreviation or an initial ends none."""
    found: list[tuple[int, int]] = []
    start = 0
    for end in _ENDS.finditer(text):
        before = text[start : end.start()]
        last = before.rsplit(None, 1)[-1].strip("\"'“‘([") if before.split() else ""
        if last.endswith(".") and (last[:-1].lower() in _ABBREVIATED or re.fullmatch(r"(?:[A-Z]\.)+", last)):
            continue
        found.append((start, end.start()))
        start = end.end()
    found.append((start, len(text)))
    return [(begin, stop) for begin, stop in found if text[begin:stop].split()]


def _shortened(sentence: str) -> list[str]:
    """A sentence, cut until no piece has more than `LONGEST` words; where no comma is, it stays long."""
    if _count(sentence) <= LONGEST:
        return [sentence]
    joints = [
        joint
        for joint in _JOINTS.finditer(sentence)
        if min(_count(sentence[: joint.start()]), _count(sentence[joint.end() :])) >= 2 * SHORTEST
    ]
    if not joints:
        return [sentence]
    middle = min(joints, key=lambda joint: abs(joint.start() - len(sentence) / 2))
    return [*_shortened(sentence[: middle.start()]), *_shortened(sentence[middle.end() :])]
