"""Requests: whether the words around a value ask for it, or only say it."""

from __future__ import annotations

import re

from wherefore.reading.counts import is_number
from wherefore.reading.cues import CUES, FILL, PLACING, POLITE, SOFT_CUES
from wherefore.reading.values import Passage
from wherefore.reading.vocabulary import Vocabulary, key_at
from wherefore.text import stem, straight

_GOES_ON = frozenset(
    "with w without that from set about like similar directed starring by for please pls plz where based featuring "
    "made released filmed before after under over between shorter longer newer older no not in to yes tonight".split()
)
_NOTHING_BUT = re.compile(
    r"\b(?:nothing but|only|exclusively|strictly)\s+(?:(?:a|an|the|some|good)\s+)*$", re.IGNORECASE
)
OWN_LIFE = re.compile(  # "I studied history", "I'm visiting family", "I'm a drama teacher": no wish
    r"\b(?:i|we|he|she|they|my\s+\w+)(?:'m|'ve|'s|'re|\s+am|\s+is|\s+have|\s+has|\s+are)?\s+(?:(?:\w+\s+)?(?:live|"
    r"work|stud(?:y|ied)|teach|taught|play|visit|met|own|meet|know|speak)(?:s|ed|ing)?|ha(?:ve|s|d)\s+an?)\b|\b(?:i|"
    r"we|he|she|they|my\s+\w+)(?:'m|'re|'s|\s+am|\s+is|\s+are|\s+come)\s+(?:an?|from|in)\b|\b(?:what|such|"
    r"quite)\s+an?\s+$|\b(?:do|can|could|are|did|have)\s+(?:you|u)\b",
    re.IGNORECASE,
)
OF_ONE = frozenset("was is were it its thats youre ur are".split())  # said of something, not asked for
_WE_ARE = ("we're", "we’re")  # which folds to "were"
_BREAK = re.compile(r"[.;:!?\n(—]")
_BETWEEN = frozenset("that thats is with about lots to do in me us w".split())  # a cue and a value
_REQUESTING = frozenset(
    "looking mood something anything movies recommend suggest fan fond keen know want how what kind type any some one "
    "list give show lots love like need".split()
)


def is_asked(passage: Passage, i: int, j: int, words: Vocabulary, rare: bool = False) -> bool:
    """Whether words i to j are something that is asked for, not just said; `rare` if no usual way to ask."""
    said, forms, hidden = passage.said, passage.forms, passage.hidden
    key, placed = key_at(said[i:j]), passage.is_placed(i)
    rare = rare and not placed and " " not in key and not words.is_genre(key)
    if not rare and not any(hidden) and _is_all(passage, placed, words):
        return True
    before = passage.form(i - 1)
    if before in ("his", "her", "their"):
        return passage.form(i - 2) in ("only", "more", "just")  # "only his comedies"
    if before in ("my", "our", "your"):
        return False
    if i and _NOTHING_BUT.search(passage.text[max(0, said[i].start - 30) : said[i].start]):
        return True
    # "something different: a dark sci-fi"
    first = next((k + 1 for k in range(i - 1, -1, -1) if _BREAK.search(passage.gap(k))), 0)
    if _begins(passage, first, i, placed, words):
        if placed:
            return True  # "in Spanish por favor"
        if not rare and (
            j == len(said) or forms[j] in _GOES_ON or re.search(r"[,.;:!?]", passage.gap(j - 1)) is not None
        ):
            return True
    if _is_cued(passage, i, words, rare):
        return True
    noun = j
    while noun < min(len(said), j + 4) and (
        passage.inside[noun] or forms[noun] in ("and", "or", "type", "kind", "style", "themed", "based")
    ):
        noun += 1
    shown = noun < len(said) and not hidden[noun]
    if shown and forms[noun] in ("mood", "vibe", "vibes"):
        return True  # "I'm in the romcom mood"
    if _is_apposed(passage, i, words):
        return True
    of_one = any(hidden) or any(
        word.form in OF_ONE and passage.text[word.start : word.end].lower() not in _WE_ARE
        for word in said[first:i]
    )
    if of_one or before in ("that", "this", "the"):
        return False
    # The name of a genre is a wish unless something says otherwise; a keyword needs a noun after it.
    genre = words.asks_for_genre(key) or (" " in key and key in words.synonyms)
    if genre and not OWN_LIFE.search(straight(passage.text[said[first].start : said[i].start])):
        return True
    if shown and (forms[noun] in words.nouns or forms[noun] in ("ones", "stuff", "genre", "genres")):
        return True
    return noun > j and words.asks_for_genre(stem(forms[noun - 1]))  # "A Korean revenge thriller"


def _is_all(passage: Passage, placed: bool, words: Vocabulary) -> bool:
    """Whether a passage says nothing but values and how they are asked for."""
    known = FILL | POLITE | words.nouns | (PLACING if placed else frozenset())
    return all(
        inside or form in known or is_number(form)
        for form, inside in zip(passage.forms, passage.inside, strict=True)
    )


def _begins(passage: Passage, first: int, i: int, placed: bool, words: Vocabulary) -> bool:
    """Whether a sentence that begins with word `first` has nothing of its own before word i."""
    if any(passage.hidden[first:i]):
        return False
    lead = FILL | POLITE | (PLACING | words.nouns if placed else frozenset())
    if i and passage.forms[0] in ("one", "something"):
        lead |= {"thats", "that", "is", "which"}
    return all(passage.inside[k] or passage.forms[k] in lead for k in range(first, i))


def _is_cued(passage: Passage, i: int, words: Vocabulary, rare: bool) -> bool:
    """Whether words that ask lead to word i: "do you have", "looking for some good"."""
    forms = passage.forms
    for k in range(i - 1, -1, -1):
        form, before = forms[k], passage.form(k - 1)
        if passage.hidden[k] or re.search(r"[.;:!?\n]", passage.gap(k)):
            return False
        if form in ("my", "our", "his", "her", "your", "their"):
            return False
        if form in ("have", "star", "feature", "be") and before in ("to", "must", "should"):
            return True  # "it has to have Meryl Streep"
        if form == "be" and {"can", "could", "may", "might", "should"} & {*forms[max(0, k - 3) : k]}:
            return True  # "can it be a bit funnier?"
        if form in ("it", "them", "something") and before in ("make", "makes"):
            return True  # "make it scarier"
        if form == "what" and forms[k + 1] in ("a", "an"):
            return False  # "what a horror"
        if form in ("have", "got") and before in ("you", "u", "ya", "yall"):
            return True  # "do you have horror films?"
        weak = form in SOFT_CUES
        soft = weak and not (form == "about" and k > 0)
        if form in CUES and not (soft and rare) and (not weak or _reaches(passage, k, words)):
            return True
        known = (
            form in FILL or form in words.nouns or form in words.labels or form in PLACING or form in _BETWEEN
        )
        if not (known or passage.inside[k] or is_number(form)):
            return False
    return False


def _reaches(passage: Passage, k: int, words: Vocabulary) -> bool:
    """Whether a weak cue ("for", "about") belongs to a request."""
    before = {*passage.forms[max(0, k - 4) : k]}
    if before & {"thanks", "thank"}:
        return False
    if k and passage.inside[k - 1]:
        return True  # "a biopic about a musician"
    return not before or bool(before & (_REQUESTING | words.nouns))


def _is_apposed(passage: Passage, i: int, words: Vocabulary) -> bool:
    """Whether word i is in all that is said after what is sought: "like Heat, korean thriller"."""
    forms, hidden, inside = passage.forms, passage.hidden, passage.inside
    start = i
    while start and not hidden[start - 1] and inside[start - 1]:
        start -= 1
    if not start or not hidden[start - 1] or passage.gap(start - 1).strip() != ",":
        return False
    end = i
    while end < len(forms) and not hidden[end] and (inside[end] or forms[end] in words.nouns | POLITE):
        end += 1
    if end < len(forms) and not _BREAK.search(passage.gap(end - 1)):
        return False
    return any(form in ("like", "similar") and not hidden[k] for k, form in enumerate(forms[:start]))
