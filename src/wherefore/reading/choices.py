"""Choices: what a user takes up of what was listed ("I'll watch the second one"), and words of approval."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from wherefore.dialogue.choices import Choice
from wherefore.reading.clauses import NT
from wherefore.reading.slots import ORDINALS, slots_in
from wherefore.text import straight

_ITEM = "\ue000"  # stands for each character of a mention
_GAP = rf"[^\w{_ITEM}]"
_ADVERBS = (
    r"(?:(?:definitely|def|probably|prob|certainly|surely|totally|absolutely|really|just|also|actually|then|maybe|"
    r"gladly|happily|finally|most likely|for sure|try to|try and|have to|need to|be sure to|be sure and|make sure to|"
    r"go ahead and|go|want to|be|likely)\s+)*"
)
_USES = (
    r"(?:watch(?:ing)?|see(?:ing)?|try(?:ing)?(?:\s+out)?|rent(?:ing)?|get(?:ting)?|buy(?:ing)?|tak(?:e|ing)|pick(?:ing)?|"
    r"choos(?:e|ing)|stream(?:ing)?|download(?:ing)?|read(?:ing)?|order(?:ing)?|play(?:ing)?|listen(?:ing)?\s+to|"
    r"cook(?:ing)?|check(?:ing)?(?:\s+(?:out|into))?|look(?:ing)?\s+(?:into|at|for|up)|(?:tak(?:e|ing)|hav(?:e|ing))\s+a\s+look\s+at|"
    r"go(?:ing)?\s+(?:with|for)|do|start(?:ing)?\s+with|stick\s+with|settle\s+(?:on|for)|opt\s+for|grab|find|consider)"
)
_ONE = r"(?:it|this|that)(?:\s+(?:one|movie|film|book|title|show|item|product|recipe|album))?\b(?!')(?!\s+back\b)"
_MANY = (
    r"(?:them|those|these|both)(?:\s+(?:both|all|two|three|ones|movies|films|books|out))?\b"
    r"|all\s+of\s+(?:them|those|these)\b"
)
_SLOT = (
    rf"(?:the\s+)?(?:{'|'.join(ORDINALS)})(?:\s+(?:one|two|three|ones|movie|film|book|option|pick|title|suggestion))?\b"
    r"|(?:number|no\.?|option|#)\s*(?:\d{1,2}|one|two|three|four|five)\b"
)
_OTHER = r"the\s+(?:other(?:\s+one)?|latter|former)\b(?!\s+\w+s\b)"
_OBJECT = rf"(?:(?P<item>{_ITEM}+)|(?P<other>{_OTHER})|(?P<slot>{_SLOT})|(?P<many>{_MANY})|(?P<one>{_ONE}))"
_STRONG = (
    r"(?:\b(?:i|we)(?:'ll|ll|\s+will|'m|\s+am|'re|\s+are|\s+shall|'ve\s+decided\s+(?:to|on)|\s+decided\s+(?:to|on))"
    r"(?:\s+(?:going\s+to|gonna|about\s+to))?|(?:^|[.!,;]\s*|\b(?:and|so|but|ok|okay|yes|yeah|then)\s+)(?:will|gonna|going\s+to|"
    r"let's|let\s+me|let\s+us|shall))"
)
_WEAK = (
    r"(?:\b(?:i|we)?\s*(?:have\s+(?:got\s+)?to|need\s+to|want(?:ed)?\s+to|wanna|got\s+to|gotta|must|should|ought\s+to|"
    r"might|may|could|(?:'d|\s+would)\s+(?:like|love)\s+to|been\s+(?:wanting|meaning)\s+to))"
)
_GIVES = r"(?:give|giving)"
_CHANCE = r"\s+(?:a|another)\s+(?:try|watch|go|shot|chance|spin|read|listen|look|whirl|view|viewing)\b"
_TAKES = re.compile(
    rf"(?:(?P<strong>{_STRONG})|{_WEAK})\s+{_ADVERBS}"
    rf"(?:{_USES}\s+{_OBJECT}|{_GIVES}\s+{_OBJECT.replace('P<', 'P<g')}{_CHANCE}|"
    rf"look(?:ing)?\s+{_OBJECT.replace('P<', 'P<l')}\s+up\b|keep\s+{_OBJECT.replace('P<', 'P<k')}\s+in\s+mind\b|"
    rf"(?:add|put|adding|putting)\s+{_OBJECT.replace('P<', 'P<a')}\s+(?:to|on|in|into|onto)\s+(?:my|our|the)\b)",
    re.IGNORECASE,
)
_THANKS = r"(?:thanks?(?:\s+you)?|thx|thnx|ty|tysm|cheers)\b[\w\s]{0,16}"
_GAP_LEAD = (
    r"^\W*(?:(?:ok|okay|alright|fine|well|so|nah|no|hm+|actually|then|yes|yeah|cheers|thanks|thx|ta|great|perfect|"
    r"lovely)\W+)*"
)
_SETTLES = re.compile(
    rf"(?:^|[.!,;]\s*|\b(?:so|ok|okay|yes|then|i|i'm|we)\s+)(?:pick|choose|take|vote\s+for|going\s+with|"
    rf"go\s+with)\s+{_OBJECT}(?!(?:\s+\w+)?\s+(?:off|out|away)\b)|\b(?:go(?:ing)?\s+with|i'?ll\s+(?:take|watch|have|"
    rf"try|read))\s+#?(?P<nslot>\d{{1,2}})(?=\W*$|\s*[.,!;]|\s+(?:then|please|tonight|{_THANKS}))|\b(?:settled|"
    rf"decided)\s+(?:on|for)\s+{_OBJECT.replace('P<', 'P<d')}|{_OBJECT.replace('P<', 'P<i')}\s+it\s+is\b(?!\s+(?:a|"
    rf"an|the|so|not|too|very|about|like))|\blook(?:ing)?\s+forward\s+to\s+(?:watch|see|try|read|play|"
    rf"hear)ing\s+{_OBJECT.replace('P<', 'P<f')}|^{_GAP}*(?:(?:ok|okay|alright|fine|well|"
    rf"so|nah|no|hm+|cheers|thanks|great|perfect|lovely|actually|go\s+on\s+then|go\s+on){_GAP}+)*"
    rf"{_OBJECT.replace('P<', 'P<t')}\s*,?\s+then(?:\W+(?:please|{_THANKS}))?\W*$|^\W*(?:(?:ok|okay|yes|"
    rf"definitely|absolutely|obviously)\W+)*(?P<pslot>{_SLOT})\W+(?:please|definitely|for\s+(?:me|us)|{_THANKS})\W*$|"
    rf"^\W*(?:definitely|absolutely|obviously)\s+(?P<eslot>{_SLOT})\W*$|\bmy\s+(?:pick|"
    rf"choice)\s+is\s+{_OBJECT.replace('P<', 'P<c')}"
    rf"|{_GAP_LEAD}(?P<xother>{_OTHER})\W*(?:(?:then|please|thanks?|thx|cheers|ta)\W*)*$"
    rf"|^\W*(?:(?:ok|okay|yes|yeah|yep|right|fine|alright|go\s+on\s+then|go\s+on|definitely)\W+)+(?P<yslot>{_SLOT})\W*$"
    r"|(?P<sone>\bthat(?:'s|\s+is|'ll\s+be|\s+will\s+be)\s+(?:the\s+one|what\s+(?:i|we)(?:'ll|\s+will|'m\s+g))|"
    r"\b(?:we|i)\s+have\s+a\s+winner\b|^\W*(?:sold|deal)\b|\byou(?:'ve|\s+have)?\s+sold\s+me\b)",
    re.IGNORECASE,
)
_PASSES = re.compile(
    r"(?:\bwon't|\bwill\s+not|\bnot\s+(?:going\s+to|gonna)|(?:\bdo\s+not|\bdon't|\bdont)\s+(?:really\s+)?(?:want|care)\s+to|"
    rf"\brather\s+not)\s+{_ADVERBS}{_USES}\s+{_OBJECT}|\b(?:skip|pass\s+on)\s+{_OBJECT.replace('P<', 'P<p')}",
    re.IGNORECASE,
)
_FINE = (
    r"(?:good|great|interesting|fun|perfect|awesome|amazing|cool|nice|excellent|fantastic|wonderful|promising|intriguing|"
    r"lovely|funny|hilarious|terrific|ideal|ok|okay|fine|cute|exciting|inspirational)"
)
_APPROVES = re.compile(
    rf"\b(?:sounds?|looks?|seems?)\s+(?:like\s+(?:an?\s+)?)?(?:(?:\w+ly|so|pretty|very|quite|super|too|just|kind\s+of|kinda)\s+)*"
    rf"(?:{_FINE}|(?:a\s+)?(?:plan|winner|treat))\b|\b{_FINE}\s+(?:choices?|picks?|suggestions?|recommendations?|recs?|ideas?|list)\b"
    r"|\b(?:that|this|it|those|these|they)(?:'ll|\s+will|\s+should|\s+would)?\s+works?(?:\s+(?:well|fine|great|perfectly|for\s+(?:me|us)))?\b"
    r"|\bworks?\s+for\s+(?:me|us)\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    rf"(?:\b(?:not|never|nor|neither|hardly|without)|{NT})\s*(?:\b\w+\s+){{0,2}}\s*$", re.IGNORECASE
)
_AND = re.compile(r"[\s,&]*(?:and|or)?[\s,]*(?:also\s+)?(?:the\s+)?", re.IGNORECASE)
_UNSURE = re.compile(r"^[^.!?\n]*(?:\?|\bif\b)")  # "I'll watch it if ...", "that one sounds good?"
ASKS_MORE = re.compile(
    r"\?|\b(?:else|another|others?|more|similar|instead|recommend(?!ations?\b|ed)|suggest(?!ions?\b|ed)|something|anything|"
    r"any\s+(?:of|with|by|from|in)|next|rather|prefer|looking\s+for|show\s+me|find\s+me|give\s+me|what\s+about|how\s+about)\b",
    re.IGNORECASE,
)


TAKES_EXTREME = re.compile(  # "I'll take the cheapest"
    rf"(?:{_STRONG}|^\W*(?:ok|okay|right|fine|then)\b)\W+{_ADVERBS}(?:{_USES}\s+)?the\s+"
    r"(?P<said>(?:most|least)\s+[a-z]+|[a-z]{3,}est)(?:\s+(?:one|of\s+(?:them|these|those)))?"
    r"(?=\W*(?:(?:then|please|thanks|thx|cheers|ta)\W*)*$)",
    re.IGNORECASE,
)


def choice_in(
    content: str,
    mentions: Sequence[tuple[int, int, str]],
    listed: Sequence[str],
    focus: Sequence[str],
    known: Sequence[str],
    pair: Sequence[str] = (),
) -> Choice | None:
    """What a message of the user takes up of what was listed before; None when it takes up nothing.

    Args:
        content: The message.
        mentions: Where it names or points at items: start, end and item of each, in order.
        listed: The assistant's last list.
        focus: The one item that was talked of last, if it is one.
        known: All that the assistant has listed.
        pair: The two items that were named together last: "the other one" is that which was not talked of since.
    """
    if not known:
        return None
    text = straight(content)
    for start, end, _ in mentions:
        text = text[:start] + _ITEM * (end - start) + text[end:]
    takes: dict[str, None] = {}
    passes: dict[str, None] = {}
    said: list[str] = []
    for match in (*_TAKES.finditer(text), *_SETTLES.finditer(text), *_PASSES.finditer(text)):
        refuses = match.re is _PASSES
        if (not refuses and _NOT.search(text[: match.start()])) or _UNSURE.match(text[match.end() :]):
            continue
        kind, place = _object(match)
        if kind == "item":
            ids = _from(text, mentions, place)
            if refuses or not (match.re is _SETTLES or match["strong"]):
                ids = [one for one in ids if one in known]
        elif kind == "slot":
            bare = match.groupdict().get("nslot")  # "go with 2"
            slots = slots_in(f"number {bare}" if bare else match[0], len(listed))
            ids = [listed[slot] for slot in slots]
        elif kind == "other":
            ids = _other(match[0], pair, focus)
        else:
            before = [item for _, end, item in mentions if end <= match.start() and item in known]
            if kind == "many":
                ids = before if len(before) > 1 else list(listed)
            else:
                ids = before[-1:] or list(focus[-1:]) or (list(listed) if len(listed) == 1 else [])
        if not ids and (refuses or kind in ("item", "slot", "other")):
            continue
        said.append(content[match.start() : match.end()].strip(" .,;!"))
        (passes if refuses else takes).update(dict.fromkeys(ids))
    if said:
        refused = tuple(item for item in passes if item not in takes)
        return Choice(tuple(takes), refused, bool(takes) or not refused, "; ".join(said))
    for match in _APPROVES.finditer(text):
        if not _NOT.search(text[: match.start()]) and not _UNSURE.match(text[match.end() :]):
            return Choice((), (), False, content[match.start() : match.end()])
    return None


def _other(said: str, pair: Sequence[str], focus: Sequence[str]) -> list[str]:
    """Which of two items is the other one, the former or the latter."""
    place = re.search(r"\b(?:former|(?P<last>latter))\b", said, re.IGNORECASE)
    if place is not None:
        return list(pair[-1:] if place["last"] else pair[:1])
    return [one for one in pair if one not in focus] if {*focus} & {*pair} else []


def _object(match: re.Match[str]) -> tuple[Literal["item", "other", "slot", "many", "one"], int]:
    """What a pattern's object is, and where."""
    for name, text in match.groupdict().items():
        for kind in ("item", "other", "slot", "many", "one"):
            if text is not None and name.endswith(kind) and name != "strong":
                return kind, match.start(name)
    raise AssertionError(f"{match.re.pattern} has no object")


def _from(text: str, mentions: Sequence[tuple[int, int, str]], place: int) -> list[str]:
    """The item at a place, and those that are listed with it: "A, B and C"."""
    found: list[str] = []
    last = place
    for start, end, item in mentions:
        if start == place or (found and _AND.fullmatch(text[last:start])):
            found.append(item)
            last = end
    return found
