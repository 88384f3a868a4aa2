"""Refusals: which word turns a value down, and how far that reaches."""

from __future__ import annotations

import re
from collections.abc import Collection

from wherefore.reading.cues import LIFTERS, NEGATED_GAP, NEGATORS
from wherefore.reading.values import Passage, ValueSpan
from wherefore.text import stem

_NOT_NEGATIONS = frozenset({"not only", "not just", "not sure", "no matter", "no preference", "why not"})
_NOT_MIND = frozenset(
    "dont mind,wouldnt mind,doesnt mind,not mind,cant wait,never mind,no problem,cant get".split(",")
)
OF_VALUES = frozenset("non less minus wasnt".split())  # negate one value alone
_TAKING = frozenset(
    "like love enjoy want watch watching see seeing into about with for have contain involving more do of".split()
)
_OPTIONAL_BEFORE = re.compile(  # "it doesn't have to be in French"
    r"(?:\b(?:doesn'?t|does not|don'?t|do not|needn'?t|need not)\s+(?:\w+\s+)?(?:(?:have|need)\s+to\s+)?(?:be|have|"
    r"star|feature|include)|\bno need (?:for|to be)|\bnot necessarily|\bforget(?:\s+about)?|\bnever ?mind|\bscratch|"
    r"\bdrop)\s+(?:(?:the|a|an|in|with|from|any)\s+)*$",
    re.IGNORECASE,
)
_OPTIONAL_AFTER = re.compile(
    r"\W*(?:movies?\s+|films?\s+|part\s+)?(?:(?:is|are)\s+(?:optional|not (?:necessary|a must|required))|"
    r"(?:doesn'?t|does not|don'?t|needn'?t)\s+(?:(?:have|need)\s+to\s+)?(?:be|star|appear|matter))\b"
    r"(?!\s+(?:if|whether|how|when)\b)",
    re.IGNORECASE,
)
_FAR = 8  # words before a value among which what turns it down is looked for


def negator(passage: Passage, i: int, nouns: Collection[str]) -> str | None:
    """The word that turns word i down, if one does; `nouns` are what items are called."""
    for k in range(i - 1, max(-1, i - 1 - _FAR), -1):
        if re.search(r"[.;:!?,\n(]", passage.gap(k)):
            return None
        form, following, before = passage.forms[k], passage.forms[k + 1], passage.form(k - 1)
        if form == "but" and before in ("anything", "everything", "thing", "all", "any"):
            return form
        if form in NEGATORS or (form == "too" and k == i - 1):
            return form if _negates(passage, k, i) else None
        if form in ("rather", "instead") and following in ("than", "of"):
            return form
        if form in ("but", "just", "only") or passage.hidden[k]:
            return None
        if form in ("something", "like", "love") and k and before not in NEGATORS | NEGATED_GAP:
            return None
        next_to = k == i - 1
        describes = next_to and before in ("no", "without", "zero")  # "no jump scares"
        if form not in NEGATED_GAP and not (passage.inside[k] and next_to) and not describes:
            return None
        if passage.inside[k] and form not in nouns and not next_to:
            return None
    return None


def _negates(passage: Passage, k: int, i: int) -> bool:
    """Whether the negative word k turns word i down."""
    form, following, before = passage.forms[k], passage.forms[k + 1], passage.form(k - 1)
    pair = f"{form} {following}"
    if pair in _NOT_NEGATIONS or f"{before} {form}" in _NOT_NEGATIONS or pair in _NOT_MIND:
        return False
    if form == "non":
        return k == i - 1  # "non-American crime films"
    if form in ("tired", "sick"):
        return following == "of"
    if form == "cant":
        return following in ("stand", "handle", "do", "watch", "take")
    if form == "not":
        return before not in ("was", "were") and not any(
            passage.hidden[:k]
        )  # said of one item: "X was not funny"
    return form != "wasnt" and not (form == "didnt" and i - k > 4)


def goes_on(passage: Passage, span: ValueSpan, negator: str, nouns: Collection[str]) -> bool:
    """Whether what turns a value down turns down what is joined to it: not "not sad and funny"."""
    if negator in OF_VALUES:
        return False
    if negator not in ("not", "isnt", "arent") or span.is_person:
        return True
    between = {*passage.forms[begin(passage, span.first, negator) : span.first]}
    last = passage.forms[span.end - 1]
    things = stem(last) != last and last.endswith("s")
    return bool(between & _TAKING) or things or passage.form(span.end) in nouns


def begin(passage: Passage, i: int, negator: str) -> int:
    """The word with which the refusal of word i begins."""
    return next((k for k in range(i - 1, max(-1, i - 1 - _FAR), -1) if passage.forms[k] == negator), i)


def is_optional(passage: Passage, span: ValueSpan) -> bool:
    """Whether a value need not be: "it doesn't have to be in French", "zombies are optional"."""
    before, after = passage.before(span.first), passage.after(span.end - 1)
    return _OPTIONAL_BEFORE.search(before) is not None or _OPTIONAL_AFTER.match(after) is not None


def is_lifted(passage: Passage, span: ValueSpan, nouns: Collection[str]) -> bool:
    """Whether a value is turned down no longer: "I don't mind horror", "zombies are fine"."""
    i, forms = span.first, passage.forms
    if "mind" in forms[max(0, i - 3) : i] and {"dont", "wouldnt", "doesnt", "not"} & {*forms[:i]}:
        return True
    after = forms[span.end : span.end + 4]
    kept = [form for form in after if form not in nouns and form not in ("also", "actually", "now")]
    fine = kept[:1] in (["is"], ["are"]) and not LIFTERS.isdisjoint(kept[1:3])
    return fine and not {"not", "never"} & {*kept[1:3]}
