"""What turns the plain reading of words round: permissions, two negatives, and refusals of a part of what is sought.

"Doesn't matter if it's old" bounds nothing, "nothing that isn't funny" asks for what is funny, "not gore scared" turns
down the gore and not what frightens, and "no dog books where the dog dies" has dogs in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wherefore.reading.clauses import NT, Span, touch
from wherefore.text import FUNCTION_WORDS, stem, words

_TO_END = r"(?:(?!\b(?:but|as\s+long\s+as|so\s+long\s+as|though|however|except|only|just)\b)[^.,;:!?\n()])*"
_IS = (
    r"(?:(?:it|they|that|this)\s*(?:['’]?s|['’]?re|is|are|has|have|was|were)?|there\s*(?:['’]?s|is|are)|"
    r"the\s+\w+\s+(?:is|are|has))\b"
)
_PERMITS = re.compile(
    rf"\b(?:(?:\w*{NT}|\bnot)\s+(?:really\s+|even\s+|actually\s+)?(?:matter|mind|care|bother(?:ed)?|fussed|worried|fazed)"
    r"(?:\s+(?:to\s+)?(?:me|us|him|her|them))?(?:\s+(?:at\s+all|much))?|idc|idm|who\s+cares|couldn'?t\s+care\s+less|no\s+(?:problem|bother|worries)|"
    r"(?:fine|okay?|happy|cool)\s+(?:by\s+(?:me|us)|with\s+(?:me|us|it))|i'?m\s+(?:fine|okay?|happy|cool))\s+"
    rf"(?:(?:if|when|whether|that)\s+{_IS}|(?:about|with)\s+it\s+being)(?P<what>{_TO_END})|"
    r"\b(?:it|they)\s+(?:can|could|may|might)\s+(?P<even>also\s+|even\s+|well\s+|just\s+as\s+well\s+|happily\s+)?be\b"
    rf"(?P<what2>(?(even){_TO_END}|(?:(?!\bbut\b)[^.,;:!?\n()])*?(?:for\s+all\s+(?:i|we)\s+care|if\s+(?:you|need|that|it)\b|by\s+all\s+means|"
    r"no\s+problem|whatever|i\s+don'?t\s+(?:mind|care))))",
    re.IGNORECASE,
)
_MAY_BE = re.compile(  # of a degree: "it can be long"
    r"\b(?:it|they)\s+(?:can|could|may|might)\s+(?:also\s+|even\s+)?be\s+(?P<what>(?:(?:a|an|very|quite|really|pretty|as|a\s+bit)\s+)*[a-z-]+)",
    re.IGNORECASE,
)
_NEEDLESS = re.compile(  # "not Italy necessarily", "not necessarily a thriller"
    r"\bnot\s+(?P<what>(?:(?!necessarily)[\w'-]+\s+){1,3})necessarily\b|"
    rf"\bnot\s+necessarily\s+(?P<what2>{_TO_END})",
    re.IGNORECASE,
)
_DENIES = (
    rf"(?:\w*{NT}\s+(?:really\s+|ever\s+)?(?:want|need|like|give|show|bring|send|enjoy|stand|bear|watch|read|eat|buy|fancy|pick|list|suggest|recommend|offer|do|have)|"
    r"\b(?:no|nothing|none|never|not|hate|avoid|skip|dislike|can(?:no|['’]?)t\s+(?:stand|bear)|without))"
)
_TWICE = re.compile(  # "I don't want a film that isn't funny"
    rf"{_DENIES}(?:\s+(?:me|us))?(?:\s+(?!{NT}|that\b|which\b|who\b|unless\b)[\w'-]+){{0,5}}?\s+"
    rf"(?P<no>(?:that|which|who|if\s+it|when\s+it)\s*(?:(?:is|are|does|do|has|have|was|were|s|'s|will|would|can)\s*(?:n['’]?t|not)\b|'s\s+not\b|lacks?\b)"
    rf"|(?:that|which)\s+(?:isnt|arent|doesnt|dont|hasnt|wasnt|cant|wont)\b)(?P<what>{_TO_END})",
    re.IGNORECASE,
)
_SOME = frozenset(
    "too very so that really overly super quite much as even only just all especially terribly".split()
)
_NARROWS = re.compile(  # "not gore scared", "but not about american sports"
    r"\b(?:not|no|nothing|never|without|isn'?t|aren'?t)\s+(?:(?:about|any|the|of|into|one\s+of|those|in|that\s+kind\s+of|like)\s+)*"
    r"(?P<part>[\w'-]+)[\s-]+(?P<head>[\w'-]+)",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    rf"(?:\b(?:not?|nothing|never|without|isn'?t|aren'?t|hate|avoid|less|too)|{NT})\b(?:\s+[\w'-]+){{0,3}}\s*$",
    re.IGNORECASE,
)
_AFFIRMS = re.compile(  # "Dogs, yes."
    r"(?:^|(?<=[.!?;,\n]))\s*(?P<what>[\w'-]+(?:\s+[\w'-]+)?)\s*[,:-]?\s+(?:yes|yep|yeah|please\s+yes)(?=\s*(?:[.,!?;]|$|\band\b|\bbut\b))",
    re.IGNORECASE,
)
_RESTRICTS = re.compile(  # "not a book about dogs where the dog dies": it is the dying that is refused
    r"\b(?:no|nothing|none|never|not\s+(?:a|an|any|one|a\s+single|about|the))\s+(?P<head>[^.,;:!?\n]{2,50}?)\s+(?P<rest>(?:where|in\s+which|when|whose|in\s+whom)\b"
    r"[^.;!?\n]*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Turned:
    """Where a text turns its plain reading round.

    Attributes:
        permitted: What is merely allowed.
        mild: What is allowed where it is a mere degree.
        needless: What need not be, and is not refused.
        demanded: What is asked for by two negatives, without them.
        narrowed: What is said again in a refusal of a part of it: of "scary, not gore scary" the second "scary".
        affirmed: What is wanted in so many words: "Dogs, yes".
        restricted: What is refused only as its relative clause tells it; with that clause.
    """

    permitted: tuple[Span, ...] = ()
    mild: tuple[Span, ...] = ()
    needless: tuple[Span, ...] = ()
    demanded: tuple[Span, ...] = ()
    narrowed: tuple[Span, ...] = ()
    affirmed: tuple[str, ...] = ()
    restricted: tuple[tuple[Span, Span], ...] = ()

    def is_free(self, span: Span) -> bool:
        """Whether what stands there is neither asked for nor refused."""
        return any(touch(span, one) for one in (*self.permitted, *self.needless))

    def is_no_refusal(self, text: str, span: Span, refused: Sequence[Span], whole: bool = False) -> bool:
        """Whether what looks like a refusal at `span` is none.

        Args:
            text: The text.
            span: What looks like one.
            refused: All that look so.
            whole: Whether all of its words are refused together: "gore scared" is, of which "scared" is not.
        """
        if self.is_free(span) or any(touch(span, one) for one in self.demanded):
            return True
        said = stem(text[slice(*span)].strip().lower().split(" ")[-1]) if text[slice(*span)].strip() else ""
        if said and said in self.affirmed:
            return True
        if any(one[0] < span[1] <= one[1] for one in self.narrowed) and not whole:
            return True
        return any(
            head[0] <= span[0] and span[1] <= head[1] and any(touch(one, rest) for one in refused)
            for head, rest in self.restricted
        )


def turned(text: str) -> Turned:
    """What a text, apostrophes straight, turns round.

    >>> said = "Sad films. I don't mind if it's old, but nothing that isn't slow"
    >>> [said[a:b] for a, b in (*turned(said).permitted, *turned(said).demanded)]
    [' old', ' slow']
    """
    permitted = tuple(_what(match) for match in _PERMITS.finditer(text))
    demanded = tuple(match.span("what") for match in _TWICE.finditer(text))
    return Turned(
        tuple(span for span in permitted if span[0] < span[1]),
        tuple(match.span("what") for match in _MAY_BE.finditer(text)),
        tuple(_what(match) for match in _NEEDLESS.finditer(text)),
        tuple(span for span in demanded if text[slice(*span)].split()[:1] not in ([], ["too"])),
        tuple(_narrowed(text)),
        tuple(stem(match["what"].lower().split()[-1]) for match in _AFFIRMS.finditer(text)),
        tuple((match.span("head"), match.span("rest")) for match in _RESTRICTS.finditer(text)),
    )


def said_elsewhere(text: str, span: Span) -> bool:
    """Whether the last word of a piece is said elsewhere in its text, and not turned down there.

    >>> said_elsewhere("not too scary but a bit scary", (8, 13)), said_elsewhere("not too scary", (8, 13))
    (True, False)
    """
    told = [word for word in words(text[slice(*span)])]
    if not told:
        return False
    root = _root(told[-1].form)
    for word in words(text):
        if touch((word.start, word.end), span) or _root(word.form) != root:
            continue
        if not _REFUSES.search(text[max(0, word.start - 40) : word.start]):
            return True
    return False


def _root(form: str) -> str:
    """What the forms of a word begin with: "scary" and "scared", "sport" and "sports"."""
    root = stem(form)
    return root[:-1] if len(root) > 4 and root[-1] in "edy" else root


def _narrowed(text: str) -> list[Span]:
    found = []
    for match in _NARROWS.finditer(text):
        part, head = match["part"].lower(), match["head"].lower()
        if part in _SOME or part in FUNCTION_WORDS or head in FUNCTION_WORDS:
            continue
        if said_elsewhere(text, match.span("head")):
            found.append(match.span("head"))
    return found


def _what(match: re.Match[str]) -> Span:
    return match.span("what") if match["what"] is not None else match.span("what2")
