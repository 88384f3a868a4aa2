"""Judgements: what each clause of a message says of the items that it names, points at or counts out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from wherefore.dialogue.notes import Notes, Verdict
from wherefore.reading import slots, verdicts
from wherefore.reading.clauses import Span, blank
from wherefore.reading.corrections import CORRECTS
from wherefore.reading.mentions import Found

_MORE_LIKE = re.compile(
    r"\b(?:more|something|anything|others?|stuff|things|ones?|similar|movies|films|books)\s+(?:just\s+)?(?:like|to|as)\s+(?:that|it|this)\b(?!\s+but)"
    r"|\bmore\s+of\s+(?:that|the same)\b|\bsimilar\s+(?:ones|movies|films)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(r"[\s,&/+]*(?:and|or|nor|meets|as well as|n|plus)?[\s,]*(?:the\s+)?", re.IGNORECASE)
_BETTER_THAN = re.compile(
    r"\b(?:liked|loved|enjoyed|prefer(?:red)?)\s+(?:it|that(?: one)?)\s+(?:even\s+|much\s+|way\s+)?"
    r"(?:more|better|over|to)\b",
    re.IGNORECASE,
)
_AND_THEN = re.compile(
    r"^\W*(?:was|were|is|are)\s+[^,.;]{2,30}(?:,|\band)\s*(?:also\s+)?(?:the\s+)?$", re.IGNORECASE
)
_ASKS_TASTE = (
    r"\b(?:favou?rite|(?:do|did|have) you (?:\w+ )?(?:like|love|enjoy)|you(?:'ve| have)? (?:like|liked|"
    r"love|loved|enjoy|enjoyed)|examples?)\b"
)
# "but hated Zzyzx Road": what is hated is not known here, but it is not what was named before.
_OTHER_OBJECT = re.compile(
    r"\b(?:hate|hated|love|loved|like|liked|enjoyed|disliked|despised?|saw|seen|watched)\s+(?!(?:it|that|this|them|"
    r"those|these|too|as|well|though|much|both|all|a\s+lot|already|before|every\s+(?:minute|second|moment|bit|"
    r"part))\b)\w",
    re.IGNORECASE,
)
_HAD = re.compile(  # "we've had the first", "got the first two already"
    r"(?:\b(?:i|we|he|she|they)(?:['’](?:ve|s|d))?\s+|^\W*)(?:(?:have|has|had|just|already|all|also)\s+)*"
    r"(?:had|got|own|owned|have|has|tried|made|read|done|cooked|baked|bought|played|heard|wore)\s+"
    rf"(?:(?:all|both|already|through|of)\s+)*(?:the\s+)?(?:{'|'.join(slots.ORDINALS)}|number|no\.|#|\d)"
    r"|\b(?:already|before)\W*$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"^(?:That is|I think that is)\s+\*")  # what was asked for by what is in it
_CONFIRMS = re.compile(
    r"^\W*(?:(?:oh|ah|omg|ooh|wow|ha|haha|yes+|yeah|yep|yup|right|exactly)\W+)*(?:(?:yes+|yeah|yep|yup|exactly|correct|right)\b|"
    r"that['’]?s\s+(?:it|the\s+one|right|him|her)\b|that\s+is\s+it\b)",
    re.IGNORECASE,
)
_LIKE_SLOT = re.compile(r"\blike\s+(?:the|number|#|\d)", re.IGNORECASE)
_TELLS_OF = re.compile(  # "my cousin had one like number 2" tells of it, and asks for nothing
    r"\b(?:had|has|got|owns?|owned|bought|saw|tried|killed|broke|gave)\b[^.!?]*\blike\b", re.IGNORECASE
)
_NOT_IT = re.compile(
    r"^\W*(?:(?:so|but|and|ok|okay|please|just)\W+)*(?:not|no)\W+(?:that|this|it)(?:\s+one)?"
    r"(?:\W+(?:please|thanks|then|again))*\W*$",
    re.IGNORECASE,
)
_SEEMS = re.compile(r"\b(?:looks?|sounds?|seems?|feels?)\b", re.IGNORECASE)
_NOW = re.compile(r"\b(?:is|are|sounds?|looks?)\b", re.IGNORECASE)
_SHORT = 4  # words of a clause that need not point at what it judges


class ItemJudge:
    """Notes what the clauses of a message, read in order, say of items.

    Args:
        question: What the assistant said before.
        listed: Its last list.
        focus: The one item that was talked of last, if it is one.
        notes: Where it is noted.

    Attributes:
        own: The items that this message spoke of last.
    """

    def __init__(self, question: str, listed: Sequence[str], focus: Sequence[str], notes: Notes) -> None:
        self._question, self._listed, self._focus, self._notes = question, listed, focus, notes
        self.own: list[str] = []
        self._before: Verdict | None = None  # of the clause before

    def read(self, text: str, clause: Span, here: Sequence[Found]) -> None:
        """Note what a clause says.

        Args:
            text: The message, apostrophes straight.
            clause: The clause's characters.
            here: The items that it names.
        """
        said = text[slice(*clause)]
        places = [(one.start, one.end) for one in here]
        outside = blank(said, [(a - clause[0], b - clause[0]) for a, b in places])
        spared = slots.excepts(outside)
        if spared is not None and self._listed and slots.points_at(outside[:spared]) == "many":
            kept = {one.item_id for one in here}
            kept |= {self._listed[i] for i in slots.slots_in(outside[spared:], len(self._listed))}
            for verdict in verdicts.verdicts_in(blank(text, places), clause):
                self._note((one for one in self._listed if one not in kept), verdict)
            self._before = None
        elif here:
            self._before = self._judge_named(text, clause, here, outside)
        else:
            self._before = self._judge_pointed(text, clause)
        if here:
            self.own = [one.item_id for one in here if one.item_id]

    def _note(self, items: Iterable[str], verdict: Verdict) -> None:
        for item_id in items:
            self._notes.note(item_id, verdict)

    # -- items that are named ----------------------------------------------------------------------------

    def _judge_named(self, text: str, clause: Span, here: Sequence[Found], outside: str) -> Verdict | None:
        """What a clause says of the items that it names; `outside` is the rest of it."""
        notes, places = self._notes, [(one.start, one.end) for one in here]
        if self.own and self.own[-1] not in {one.item_id for one in here} and _BETTER_THAN.search(outside):
            notes.note(self.own[-1], "liked")  # "I've seen X and I liked it more than Y"
        given = self._given(text, clause, here)
        for i, one in enumerate(here):
            judged = given[i] in ("liked", "disliked")
            if one.item_id and judged and verdicts.seen_before(text, clause, places, i):
                notes.note(one.item_id, "seen")
        corrects = CORRECTS.search(text[: here[0].start]) is not None
        bare = not outside.strip(" ,.!-'\"") and re.search(_ASKS_TASTE, self._question.lower()) is not None
        verdict: Verdict | None = None
        for one, verdict in zip(here, given, strict=True):
            if corrects and one.item_id and notes.correct(one.item_id):
                continue
            if verdict is None and bare:
                verdict = "liked"
            if verdict == "forgotten" and one.item_id in self._listed and not notes.judged(one.item_id):
                verdict = "rejected"  # "drop Heat", of what was only listed
            if one.item_id and verdict is not None:
                notes.note(one.item_id, verdict)
        if slots.turns_down(outside) and "else" in outside.lower():
            notes.reject(self._listed)
        return verdict

    def _given(self, text: str, clause: Span, here: Sequence[Found]) -> list[Verdict | None]:
        """The verdict on each item; what stands on a list is judged with the others."""
        places = [(one.start, one.end) for one in here]
        given: list[Verdict | None] = []
        for i in range(len(here)):
            before = given[-1] if i and given[-1] else self._before
            given.append(verdicts.verdict_on(text, clause, places, i, before))
        for i in range(1, len(here)):
            between = text[places[i - 1][1] : places[i][0]]
            ends = not text[places[i][1] : clause[1]].strip(" ,.!") or i + 1 < len(here)
            if (
                given[i] is None
                and given[i - 1] in ("liked", "disliked")
                and ends
                and _AND_THEN.search(between)
            ):
                given[i] = given[i - 1]  # "X was great and Y"
        for i in range(len(here) - 2, -1, -1):
            between = text[places[i][1] : places[i + 1][0]]
            if given[i] in (None, "seen") and _LISTED.fullmatch(between):
                if given[i] == "seen" and here[i].item_id and given[i + 1] in ("liked", "disliked"):
                    self._notes.note(here[i].item_id, "seen")
                given[i] = given[i + 1] or given[i]  # "X and Y were great"
        return given

    # -- items that are pointed at -----------------------------------------------------------------------

    def _judge_pointed(self, text: str, clause: Span) -> Verdict | None:
        """What a clause that names nothing says of the items that were named or listed before."""
        notes, own, listed, focus = self._notes, self.own, self._listed, self._focus
        said = text[slice(*clause)]
        found = verdicts.verdicts_in(text, clause)
        if focus and not text[: clause[0]].strip() and _NAMED.match(self._question) and _CONFIRMS.match(said):
            notes.note(focus[-1], "seen")  # "that's it!"
        if own and not found and verdicts.says_like_that(said):
            self._note(own, "liked")
            return "liked"
        if own and not found and verdicts.denies(said):
            notes.note(own[-1], "disliked")
            return "disliked"
        counted = slots.slots_in(said, len(listed)) if len(listed) > 1 else []
        if _MORE_LIKE.search(said) and not found and not counted and (own or focus):
            notes.note((own or focus)[-1], "liked")
            return "liked"
        if listed and verdicts.says_i_have(said) and "seen" in self._question.lower():
            self._note(own or listed, "seen")
            return "seen"
        if counted and slots.rejects_slots(said) and not {*found} & {"seen", "unseen"}:
            notes.reject(listed[slot] for slot in counted)
            return "rejected"
        chosen = [one for one in own if one in listed]
        of_rest = slots.others(said) and not counted and (found or slots.rejects_slots(said))
        if chosen and len(chosen) < len(listed) and of_rest:
            rest = [one for one in listed if one not in chosen]
            if slots.rejects_slots(said):
                notes.reject(rest)
            else:
                for verdict in found:
                    self._note(rest, verdict)
            return found[-1] if found else None
        if own and {*own} <= {*listed} and _NOT_IT.match(said):
            notes.reject(own)
            return "rejected"
        points, down = slots.points_at(said), slots.turns_down(said)
        if counted and not down:
            if not found and _HAD.search(said) and not text[clause[1] :].lstrip().startswith("?"):
                found = ["seen"]
            return self._judge_counted(said, [listed[slot] for slot in counted], found)
        if found and points == "one" and not own and focus:
            for verdict in found:
                notes.note(focus[-1], verdict)
            return found[-1]
        if points is not None or (len(said.split()) <= _SHORT and not _OTHER_OBJECT.search(said)):
            for verdict in found:
                self._judge_last(said, verdict, points == "many", points == "one")
        if down and listed and not own:
            notes.reject(listed)
            notes.others = True
        elif (
            down and {*own} <= {*listed} and not points and self._before in ("disliked", "rejected")
        ):  # "The third looks dull. Others?"
            notes.reject(one for one in listed if one not in own)
            notes.others = True
        elif own and {*own} <= {*listed} and slots.refuses_all(said):  # "Heat I've seen. None of those."
            notes.reject(one for one in listed if one not in own)
        return found[-1] if found else self._before

    def _judge_counted(self, said: str, items: list[str], found: list[Verdict]) -> Verdict | None:
        """What is said of places of the list: "the second one looks good, more like that"."""
        if not found and _SEEMS.search(said) and verdicts.quality(said) == "disliked":
            self._notes.reject(items)  # "the first one looks stupid"
            self.own = items
            return "rejected"
        if not found and _MORE_LIKE.search(said):
            found = ["liked"]
        if not found and self._before in ("liked", "disliked", "seen") and slots.is_mere_list(said):
            found = [self._before]
        asks: list[Verdict] = ["liked"] if _LIKE_SLOT.search(said) and not _TELLS_OF.search(said) else []
        for item_id in items:
            for verdict in found or asks:
                self._notes.note(item_id, verdict)
        self.own = items
        return found[-1] if found else None

    def _judge_last(self, said: str, verdict: Verdict, many: bool, one: bool) -> None:
        """Note a verdict on what this message named last, or else on the list; pointed at as `many` or `one`."""
        seen = verdict in ("seen", "unseen")
        if self.own:
            self._note(self.own if many or seen else self.own[-1:], verdict)
        elif verdict == "disliked" and _NOW.search(said):
            self._notes.reject(self._listed)
        elif seen or many or len(self._listed) == 1:
            self._note(self._listed, verdict)
        elif verdict == "disliked" and one:
            self._notes.reject(self._listed)
