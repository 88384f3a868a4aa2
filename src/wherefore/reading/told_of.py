"""Times of which somebody only tells: "retired last month", "we moved in january", "it drops to 5 C in winter"."""

from __future__ import annotations

import re

# What people did, of verbs whose past does not end in "-ed".
_DID = (
    r"got|went|was|were|had|did|bought|gave|saw|left|lost|met|made|took|came|said|told|found|sold|broke|became|began|ate|wrote|won|sent|"
    r"brought|put|built|read|heard|felt|fell|grew|killed|kept|knew|paid|ran|spent|taught|wore|chose|drove|flew|forgot|hurt|cut|"
    r"split|quit|slept|swore|threw|understood|woke"
)
_ASKED = (
    r"wanted|needed|hoped|looked|liked|fancied|planned|intended|wished|required|preferred|decided|booked|"
    r"reserved|scheduled"
)
_PAST = rf"(?!(?:{_ASKED}|need|feed|seed|speed|bed|red|indeed|exceed)\b)(?:[a-z]{{2,}}ed|{_DID})"
_NO_DEED = re.compile(  # of what is still to come: "I was hoping for July", "we got two weeks off in May"
    r"\b(?:(?:was|were)\s+(?:\w+\s+)?(?:hoping|thinking|planning|looking|going|aiming|told|after|considering)|"
    r"(?:got|had|made|found|kept)\b[^.;!?]*\b(?:off|free|leave|time|holidays?|tickets?|vacation|break))\b"
)
_BETWEEN = (
    r"(?:\s+(?:just|only|finally|all|both|also|already|then|have|has|had|'ve|really|sadly|never|first))*"
)
_PERSON_DID = re.compile(rf"(?:^|[\s(])(?:i|we|he|she|they|you)(?:'ve|'d)?{_BETWEEN}\s+{_PAST}\b")
_KIN_DID = re.compile(
    rf"(?:^|\s)(?:my|our|his|her|their)\s+(?:[a-z'-]+\s+){{1,3}}?(?:just\s+|finally\s+|has\s+|have\s+)*{_PAST}\b"
)
# A telling without its subject, at the head of its clause: what is said of items there is left out.
_HEADLESS = re.compile(
    rf"^\W*(?:(?:hi|hiya|hello|hey|so|ok|okay|well|just|finally|only|evening|morning|and)\W+)*(?!(?:released|published|listed|added|uploaded|posted|"
    r"aired|made|built|used|set|produced|issued|opened|based|planted|harvested|picked|brewed|bottled|written|recorded|filmed|started|tested|put|left|sold|kept|read|finished|ended|closed|done)\b)"
    rf"{_PAST}\b"
)
_OF_IT = re.compile(
    r"\s*(?:,\s*)?(?:was|were|had\s+been|has\s+been|didn'?t|wasn'?t)\b"
)  # "last year was a memoir"
_IT_GETS = re.compile(  # how it is where somebody lives
    r"\b(?:goes|gets|drops|falls|dips|sinks|stays|freezes|is|'s|it'?s|can\s+be|can\s+get|tends\s+to\s+be|turns|be)\b[^.;!?]*?"
    r"(?:\d\s*°?\s*(?:c|f|degrees?|celsius)\b|\b(?:cold|hot|freezing|frost\w*|dark|wet|damp|humid|dry|windy|draughty|drafty|chilly|warm|icy|mild)\b)"
    r"(?:\s+(?:here|there|outside|out|at\s+night|in\s+(?:here|there)))?\s*(?:in|at|during|every|over|until|till|all|each|the|of|from)*\s*$"
)
_NO_SUN = re.compile(
    r"\b(?:no|little|hardly\s+any|much|lots\s+of)\s+(?:sun|light|rain|sunshine|daylight|snow|frost)\b[^.;!?]*$"
)
_SEEKS = re.compile(
    r"\b(?:want|need|looking|look|show|find|recommend|suggest|something|anything|any|some|flower\w*|bloom\w*|ripe\w*|harvest\w*|"
    r"available|departing|starting|playing|running)\b"
)


def is_told_of(low: str, start: int, end: int) -> bool:
    """Whether a text in lower case only tells what happened or how it is at a time, and asks nothing of it.

    >>> is_told_of("retired last month, thinking climbers", 8, 18), is_told_of("we moved in may", 12, 15)
    (True, True)
    >>> is_told_of("released last month", 9, 19), is_told_of("we want to go in may", 17, 20)
    (False, False)
    """
    before = re.split(r"[.;!?\n(]|,\s|\b(?:so|but|now)\b", low[max(0, start - 120) : start])[-1]
    if _OF_IT.match(low, end):
        return True
    did = [
        match
        for match in (_PERSON_DID.search(before), _KIN_DID.search(before), _HEADLESS.search(before))
        if match
    ]
    if did and _NO_DEED.search(before):
        return False
    if did and not _SEEKS.search(before, max(match.end() for match in did)):
        return True
    gets = _IT_GETS.search(before) or _NO_SUN.search(before)
    return gets is not None and not _SEEKS.search(before)
