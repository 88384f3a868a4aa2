"""Codes that stand in an order: age ratings ("nothing above PG-13", "for my kids"), protection ("IP67 or better")."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.codes import Ranks, ages_of, protections_of
from wherefore.catalog.naming import words_of
from wherefore.catalog.ordered import Scale
from wherefore.reading.clauses import NT
from wherefore.reading.numbers import any_number
from wherefore.text import NUMBERS, stem

_CHILDREN = (
    r"(?:kids?|kiddos?|kiddies|children|child|son|sons|daughters?|toddlers?|little\s+ones?|nieces?|nephews?|"
    r"grandkids|grandchildren|grandson|granddaughter|grandsons|granddaughters|(?:boy|girl)s?|bab(?:y|ies)|pupils|"
    r"\d{1,2}[\s-]*(?:yo|y/o|year[\s-]*olds?))"
)
_FOR_CHILDREN = re.compile(
    rf"\b(?:(?:for|(?:suitable|appropriate|safe|ok|okay|fine|good)\s+(?:for|with)|(?:watch(?:ing|es)?|play(?:ing)?|"
    rf"see|listen(?:ing)?)\s+(?:it\s+|this\s+|them\s+)?with)\s+(?:(?:a|my|our|the|some|few|two|three|four|little|small|"
    rf"young|younger|all|his|her|their)\s+){{0,3}}{_CHILDREN}|(?:kid|child|family)s?[\s-]*(?:friendly|safe|"
    rf"appropriate)|"
    r"(?:the\s+whole|all\s+the|entire)\s+family|family\s+(?:films?|movies?|shows?|night|viewing|games?|evening)|"
    r"(?:für|mit)\s+(?:die\s+|meine\s+|unsere\s+)?kinder|pour\s+(?:les\s+|mes\s+)?enfants|para\s+(?:los\s+|"
    r"mis\s+)?niños|"
    r"per\s+(?:i\s+miei\s+)?bambini)\b(?!\s+in\s+it)",
    re.IGNORECASE,
)
_GROWN = re.compile(r"\b(?:grown|adult|teenage|older|big)[\s-]*$|\bnot\s+$|n't\s+$|\bno\s+$", re.IGNORECASE)
_AGE = re.compile(
    r"\b(?P<old>\d{1,2})[\s-]*(?:yo\b|y/o\b|years?[\s-]*old|(?=(?:\s*(?:,|and|&|"
    r"or)\s*(?:an?\s+)?\d{1,2})*[\s-]*year[\s-]*old))|"
    r"\b(?:ages?|aged)\s+(?P<aged>\d{1,2})\b|\((?P<brackets>\d{1,2})(?=\s*(?:,|and|&|\)))",
    re.IGNORECASE,
)
_CHILD_AT_HOME = re.compile(
    r"(?<!\d)(?P<n>\d{1,2})[\s-]*(?:yo\b|y/o\b|years?[\s-]*olds?\b)"
    r"|\b(?:sons?|daughters?|kids?|child|children|boys?|girls?|grandsons?|granddaughters?|grandchild|twins|toddler|nephews?|nieces?)\s*"
    r"(?:\(|,|(?:who\s+)?(?:is|are)|['’]s|aged?)\s*(?:aged?\s+|only\s+|just\s+)?(?P<m>\d{1,2})(?!\s*(?:kg|lb|pounds|cm|stone|months|%))",
    re.IGNORECASE,
)
_TOLD_OF = re.compile(
    r"\b(?:about|story|dogs?|cats?|pony|horse)\s+(?:of\s+|is\s+)?(?:an?\s+|the\s+)?$", re.IGNORECASE
)
_OF_CHILDREN = frozenset("kid child toddler family".split())
_ALL_AGES = 9  # years: what is fit for children of whom no age is told
_GRADE = 7  # up to which a guidance for schoolchildren lets those of school age see it
_SCHOOL = 5
_UP = (
    r"\s*(?:or|and|\+)?\s*(?:better|higher|above|more|up|upwards|over|stronger|greater|minimum|at\s+least|"
    r"\+|at\s+(?:the\s+)?(?:very\s+)?(?:worst|least|lowest)|as\s+a\s+minimum|oder\s+besser|"
    r"o\s+mejor|ou\s+mieux)(?!\w)"
)
_DOWN = r"(?:\s*(?:or|and)\s+(?:lower|below|under|less|milder|younger|softer|down)|\s+(?:max|maximum|at\s+most|tops))\b"
_LEAST = (
    r"(?:at\s+least|minimum(?:\s+of)?|min\.?|mindestens|au\s+moins|al\s+menos|almeno|no\s+less\s+than|from)\s+"
    r"(?:an?\s+)?"
)
_NO_WORSE = (  # of what is the better the higher it stands
    r"(?:(?:no|not|nothing|none|never)\s+(?:\w+\s+){0,2}?(?:worse\s+than|below|under|lower\s+than|less\s+than|beneath|short\s+of))\s+"
    r"(?:an?\s+)?(?:grade\s+|condition\s+)?"
)
_MOST = (
    r"(?:at\s+most|up\s+to|max(?:imum)?(?:\s+of)?|no(?:t|thing)?\s+(?:\w+\s+)?(?:above|over|higher\s+than|"
    r"more\s+than|beyond|past|"
    r"stronger\s+than|harsher\s+than|worse\s+than|harder\s+than|hotter\s+than|tougher\s+than|bigger\s+than|spicier\s+than))\s+"
    r"(?:an?\s+)?"
)
_EASIER = r"(?:\s*(?:or|and)\s+(?:easier|gentler|simpler|smaller|cheaper|worse)\b)"
_HARDER = r"(?:\s*(?:or|and)\s+(?:harder|tougher|hotter|spicier|bigger|larger|firmer)\b)"
NOT_TOO = (
    rf"(?:\b(?:not|nothing|isn'?t|no|never)|{NT})\s+(?:\w+\s+){{0,2}}?(?:too|very|overly|so|that|super)\s+"
    r"(?:\w+\s+or\s+)?"
)
HARD = r"hard|difficult|challenging|strenuous|demanding|tough|advanced|technical|steep|complicated|complex"
STRONG = r"strong|hot|spicy|intense|sharp|pungent|powerful"
# What is "not too" much of something, by the order: what fits it, words for its low end and for its high end.
_EXTREMES: tuple[tuple[Callable[[Scale], bool], str, str], ...] = (
    (lambda one: one.is_of_difficulty, "easy|simple|basic", HARD),
    (lambda one: one.is_of_strength, "mild|weak|bland", STRONG),
    (lambda one: one.kind == "firmness", "soft", "firm|hard"),
    (lambda one: one.kind == "sweetness", "dry", "sweet"),
    (lambda one: one.kind == "body", "light", "heavy|dark|full|rich"),
    (lambda one: one.kind == "size", "small|little|tiny", "big|large"),
)
_SPELLED = {"grp": "group", "ins": "insurance", "lvl": "level", "diff": "difficulty", "cat": "category"}
_WET = re.compile(
    r"\b(?:water[\s-]*proof|(?:can|must|should)\s+(?:go|fall|drop)\s+(?:in|into|under)\s+(?:the\s+)?water|"
    r"wasserdicht|étanche|"
    r"swim(?:ming)?\s+with\s+it)\b",
    re.IGNORECASE,
)
_DAMP = re.compile(
    r"\b(?:water[\s-]*resist(?:ant|ance)|splash[\s-]*proof|rain[\s-]*proof|survives?\s+(?:the\s+)?rain|"
    r"spritzwassergeschützt)\b",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"(?P<letter>[A-Ga-g])(?P<sign>\++|[-−–])")
_UNDER_WATER, _SPLASHES = 7, 4  # second digit of an IP code
_REFUSED = re.compile(
    rf"(?:\b(?:no|not|needn't|without)|{NT})\s+(?:(?:have|need|to|be|has|needs?|is|it)\s+)*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class FoundCodes:
    """Codes that a message rules out, at `start` to `end`.

    Attributes:
        start: The first character of what says so,
        end: and the one after the last.
        field: Their field.
        refused: The codes.
    """

    start: int
    end: int
    field: str
    refused: tuple[str, ...]


class CodeReader:
    """Reads what is asked of codes in an order, as refusals of those that do not fit.

    Args:
        catalog: The catalogue.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._ages, self._protections = ages_of(catalog), protections_of(catalog)
        known = {ranks.field for ranks in (*self._ages, *self._protections)}
        self._scales = [scale for scale in catalog.scales if scale.field not in known]

    def read(self, text: str, whole: str = "") -> list[FoundCodes]:
        """What a message rules out, in order.

        Args:
            text: The message with straight apostrophes, without the titles that it names.
            whole: The same with them, as "B1 or better" may be said of "French B1".
        """
        found = [one for ranks in (*self._ages, *self._protections) for one in _compared(text, ranks)]
        told = {one.field for one in found}
        for ranks in self._ages:
            if (
                ranks.field not in told
                and (one := _for_children(text, ranks) or _at_home(text, ranks)) is not None
            ):
                found.append(one)
        for ranks in self._protections:
            if (one := _against_water(text, ranks)) is not None:
                found.append(one)
        for scale in self._scales:
            one = _on_scale(whole or text, scale) or _by_number(text, scale) or _not_too(text, scale)
            if one is not None:
                found.append(one)
        return sorted((one for one in found if one.refused), key=lambda one: one.start)


def _compared(text: str, ranks: Ranks) -> Iterator[FoundCodes]:
    """What lies above or below a code that a text names: "PG-13 or lower", "at least IP67"."""
    for code in sorted(ranks.of, key=len, reverse=True):
        said = r"[\s-]*".join(map(re.escape, re.split(r"[\s-]+", code)))
        for before, after, up in (
            ("", _UP, True),
            (_LEAST, "", True),
            ("", _DOWN, False),
            (_MOST, "", False),
        ):
            match = re.search(rf"(?<![\w-]){before}{said}(?![\w-]){after}", text, re.IGNORECASE)
            if match is not None:
                rank = ranks.of[code]
                refused = _beyond(ranks.of, rank, up)
                yield FoundCodes(*match.span(), ranks.field, refused)
                return


def _on_scale(text: str, scale: Scale) -> FoundCodes | None:
    """The same of values in an order: "B1 or better", "nothing above D2", "intermediate or harder"."""
    better = scale.kind in ("efficiency", "condition")
    for code in sorted(scale.of, key=len, reverse=True):
        said = r"[\s-]*".join(map(re.escape, re.split(r"[\s-]+", code)))
        if better and (signed := _SIGNED.fullmatch(code)):  # "A minus"
            signs = r"\s?(?:\+|plus\b)" if signed["sign"][0] == "+" else r"\s?(?:[-−–](?!\w)|minus\b)"
            said = rf"{re.escape(signed['letter'])}{signs if len(signed['sign']) == 1 else re.escape(signed['sign'])}"
        if better and len(code) == 1:  # "at least a day" names no class A
            other = r"\s?(?:\+|[-−–]\s|plus\b|minus\b)|\s+(?!(?:or|at|as|and|please|max|min)\b)(?-i:[a-z])"
            said = rf"(?:grade\s+)?(?-i:{re.escape(code.upper())})(?!{other})"
        elif len(code) == 1:  # "at least a day" names no class A
            said = rf"(?-i:{re.escape(code.upper())})(?!\s+(?-i:[a-z])(?!r\b))"
        for before, after, up in (
            ("", _UP, True),
            ("", _HARDER, not scale.kind == "efficiency"),
            (rf"{_LEAST}(?:grade\s+|condition\s+)?", "", True),
            *([(_NO_WORSE, "", True)] if better else []),
            ("", _DOWN, False),
            ("", _EASIER, False),
            (_MOST, "", False),
        ):
            match = re.search(rf"(?<![\w-]){before}{said}(?![\w-]){after}", text, re.IGNORECASE)
            if match is not None:
                return FoundCodes(*match.span(), scale.field, _off(scale, scale.of[code], up))
    return None


def _by_number(text: str, scale: Scale) -> FoundCodes | None:
    """A code said by its number, with the name of its field: "group 5 or lower", "level 3", "at least grade 4"."""
    named = "|".join(sorted(map(re.escape, _names_of(scale)), key=len, reverse=True))
    if not scale.numbers or not named:
        return None
    pattern = (
        rf"(?P<ahead>{_LEAST}|{_MOST})?\b(?:{named})s?\s*(?:of|is|:|no\.?|number)?\s*(?P<ahead2>{_LEAST}|{_MOST})?"
        rf"(?P<n>\d{{1,2}}|{'|'.join(NUMBERS)})(?![\w.]|\s*(?:to|-|–)\s*\d)(?P<behind>{_UP}|{_DOWN}|{_EASIER}|{_HARDER}|\s*(?:min|mini|plus)\b)?"
    )
    match = re.search(pattern, text, re.IGNORECASE)
    if match is None:
        return None
    value = any_number(match["n"].lower())
    ahead, behind = f"{match['ahead'] or ''}{match['ahead2'] or ''}", match["behind"] or ""
    if value is None:
        return None
    least = bool(
        re.match(_LEAST, ahead, re.IGNORECASE)
        or re.match(rf"{_UP}|{_HARDER}|\s*(?:min|mini|plus)\b", behind, re.IGNORECASE)
    )
    most = bool(
        re.match(_MOST, ahead, re.IGNORECASE) or re.match(rf"{_DOWN}|{_EASIER}", behind, re.IGNORECASE)
    )
    most = most or not least and "insurance" in _names_of(scale)  # a group that costs less serves as well
    kept = [
        code
        for code, number in scale.numbers.items()
        if (number >= value if least else number <= value if most else number == value)
    ]
    if not kept:
        return None
    return FoundCodes(*match.span(), scale.field, tuple(code for code in scale.of if code not in kept))


def _not_too(text: str, scale: Scale) -> FoundCodes | None:
    """What is "not too hard" or "not too soft": the far part of the order of a field is ruled out."""
    for fits, low, high in _EXTREMES:
        if not fits(scale):
            continue
        for words, upper in ((high, True), (low, False)):
            match = re.search(rf"{NOT_TOO}(?:{words})\b", text, re.IGNORECASE)
            if match is not None:
                places = sorted(set(scale.of.values()), reverse=not upper)
                gone = (
                    len(places) // 2
                    if scale.is_of_difficulty or scale.is_of_strength
                    else max(1, len(places) // 3)
                )
                last = places[len(places) - 1 - gone]
                off = (code for code, own in scale.of.items() if (own > last if upper else own < last))
                return FoundCodes(*match.span(), scale.field, tuple(off))
    return None


def _names_of(scale: Scale) -> set[str]:
    """What a field is called by people: "group" of `Ins Grp`."""
    spelled = {_SPELLED.get(word, word) for word in scale.called}
    return {word for word in spelled | {stem(one) for one in spelled} if len(word) > 2}


def _off(scale: Scale, place: float, up: bool) -> tuple[str, ...]:
    """The values below a place, or above it."""
    return tuple(code for code, own in scale.of.items() if (own < place if up else own > place))


def _beyond(of: Mapping[str, int], rank: int, up: bool) -> tuple[str, ...]:
    return tuple(code for code, own in of.items() if (own < rank if up else own > rank))


def _for_children(text: str, ranks: Ranks) -> FoundCodes | None:
    match = next((m for m in _FOR_CHILDREN.finditer(text) if not _GROWN.search(text[: m.start()])), None)
    if match is None:
        return None
    ages = [int(next(filter(None, one.groups()))) for one in _AGE.finditer(text)]
    ages += [int(one) for one in re.findall(r"(?<=and )\d{1,2}(?=\s*\))", text)]
    youngest = min((age for age in ages if 0 < age < 18), default=None)
    most = _ALL_AGES if youngest is None else youngest
    if _SCHOOL <= most < _GRADE:
        most = _GRADE
    return FoundCodes(*match.span(), ranks.field, _beyond(ranks.of, most, False))


def _at_home(text: str, ranks: Ranks) -> FoundCodes | None:
    """What is not for the youngest child of a household, of a field that says for which: "a 6 year old"."""
    if _OF_CHILDREN.isdisjoint(map(stem, words_of(ranks.field))):
        return None
    ages = [
        (int(one["n"] or one["m"]), one)
        for one in _CHILD_AT_HOME.finditer(text)
        if not _TOLD_OF.search(text[: one.start()])
    ]
    known = [(age, one) for age, one in ages if 0 < age < 18]
    if not known:
        return None
    youngest, match = min(known, key=lambda one: one[0])
    return FoundCodes(*match.span(), ranks.field, _beyond(ranks.of, youngest, False))


def _against_water(text: str, ranks: Ranks) -> FoundCodes | None:
    for pattern, least in ((_WET, _UNDER_WATER), (_DAMP, _SPLASHES)):
        match = pattern.search(text)
        if match is not None and not _REFUSED.search(text[: match.start()]):
            refused = tuple(code for code, rank in ranks.of.items() if rank % 10 < least)
            return FoundCodes(*match.span(), ranks.field, refused)
    return None
