"""For whom things are looked for after several messages: "for my husband", then "he hates blue", then "now my daughter (6)".

Whom a message only tells of, "my wife hates it", is not meant. Whoever is meant stays so until somebody else is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wherefore.catalog.audience import Person
from wherefore.reading.people import NUMBER, Spoken, ages_between, people_in, pronoun_ages

_DET = r"(?:my|our|his|her|their|a|an|the|this|that|these|those|your|some|all|both|two|three|four|five|\d+|another|one)"
_NO_LINK = (
    r"(?!(?:my|our|his|her|the|and|but|or|that|which|so|when|with|by|from|about|of|in|at|on|to|is|was|are|i|we|you|he|she|it|they|"
    r"if|because|as|like|not|for|has|have|who|once|sure|example|real|instance|starters|ever|free|good)\b)[\w'-]+"
)
_WORDS = rf"(?:{_NO_LINK}[\s,]+){{0,4}}?"
_FOR = re.compile(
    rf"\b(?:for|get|buy|buying|getting|give|giving|gift|dress|dressing|treat|surprise|spoil|suits?|suit|fits?|entertain|"
    rf"amuse)\s+(?:just\s+|only\s+|both\s+)*(?:{_DET}\s+(?:of\s+)?)*{_WORDS}$",
    re.IGNORECASE,
)
_GROUP_FOR = re.compile(rf"\b(?:for|to)\s+(?:{_DET}\s+)?(?:\w+\s+){{0,2}}(?:class|group|club|team|bunch|gang|pack|party|room|house)\s+(?:full\s+)?of\s+(?:{_DET}\s+)?(?:\w+\s+)?$", re.IGNORECASE)
_NEXT = re.compile(
    rf"(?:^|[.,;:!?]\s*)(?:(?:ok(?:ay)?|right|good|nice|great|very nice|thanks|perfect)[\s,.!]*)?(?:(?:and|so|but)\s+)?"
    rf"(?:now|then|next|just|only|and|what\s+about|how\s+about)\s+(?:just\s+|only\s+|for\s+)*(?:{_DET}\s+)?(?:[\w-]+\s+){{0,2}}?$",
    re.IGNORECASE,
)
# Of "looking for a woman detective" the woman is no one whom it is for.
_LOOKS_FOR = re.compile(rf"\b(?:look\w*|search\w*|hunting|ask\w*|mood|hop\w+|wait\w*)\s+for\s+(?!(?:my|our)\b)(?:{_DET}\s+)?{_WORDS}$", re.IGNORECASE)
_WITH = re.compile(rf"\bwith\s+(?:my|our|the)\s+{_WORDS}$", re.IGNORECASE)
_SHARES = re.compile(r"\b(?:liv\w+|shar\w+|stay\w*|home|house|problem|trouble|happen\w*|pregnant|talk\w*|argu\w+|away|fight\w*)\s+(?:\w+\s+){0,2}with\b", re.IGNORECASE)
_COMPOUND = re.compile(
    r"(?:'s?)?\s+(?:shower|blues?|pinks?|dolls?|nights?|trip|weekend|power|band|groups?|flu|cave|bod|authors?|writers?|directors?|leads?|fiction)\b",
    re.IGNORECASE,
)
_NOT_FOR = re.compile(
    rf"(?:\b(?:not|isn't|aren't|nothing|never|no\s+(?:more|good)|rather\s+than|instead\s+of)\b|n't\b)\s+(?:\w+\s+){{0,2}}?for\s+(?:{_DET}\s+)*{_WORDS}$",
    re.IGNORECASE,
)
_NOT = re.compile(
    rf"\b(?:not|no|nothing|without|non|isn't|never|than)\s+(?:(?:an?|any|the|some|for|too|more|another|written\s+for|these|those)\s+)*(?:\w+\s+)?$",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\b(?:about|with|by|like|from|of|on|as|starring|featuring|has|have|had|than|against|without)\s+(?:(?:an?|the|some|my|two|\d+)\s+)*(?:\w+\s+)?$", re.IGNORECASE)
_OWNS = re.compile(
    r"'s?\s+(?:\d+(?:st|nd|rd|th)\b|(?:\w+\s+){0,1}?(?:birthday|bday|b-day|christening|graduation|retirement|present|gift|feet|room|bedroom|"
    r"wardrobe|stocking|collection|size))",
    re.IGNORECASE,
)
_ADVERB = r"(?:(?:really|just|always|also|only|still|then|now|never|so|totally|absolutely|desperately|does|do|actually|badly|keeps?|has|had|have|he|she|they|who)\s+)*"
_NEEDS = re.compile(
    rf"\s*(?:\([^)]*\)?|,[^,.]*,)?\s*{_ADVERB}(?:needs?|needed|wants?(?!\s+(?:me|us|you)\b)|wanted(?!\s+(?:me|us|you)\b)|could\s+do\s+with|could\s+use|would\s+(?:like|love|want|wear)|'d\s+(?:like|love)|"
    rf"(?:is|are|'s|'re)\s+(?:after|looking\s+for|looking|starting|turning|due|desperate|in\s+need|into|obsessed|mad|crazy|nuts|allergic|hoping|asking)|"
    rf"ask(?:s|ed|ing)?\s+for|turns?|turned|turning|due|starts|won't\s+wear|will\s+only\s+wear|wears?|outgr[eo]w\w*|likes?|loves?|"
    rf"lives?\s+in|devour\w*|devours|got\s+(?:mocked|teased)|owns?|owned|collects|plays|itch\w*|swells?|deserves|enjoys|"
    rf"runs|rides|smudges|goes\s+through|gets\s+cold|is\s+always|'s\s+always)\b",
    re.IGNORECASE,
)
_OPINION = re.compile(
    rf"\s*(?:\([^)]*\)?)?\s*{_ADVERB}(?:says?|said|saying|thinks?|thought|told|tells?|reckons?|hates?|hated|swears?|insists?|recommend\w*|suggest\w*|"
    rf"laugh\w*|(?:would|will)\s+(?:kill|hate|laugh)|complain\w*|calls?|bought|gave|got\s+me|is\s+getting\s+married|refuses?|wants?\s+me|wanted\s+me|needs\s+me)\b",
    re.IGNORECASE,
)
_LEAVES = re.compile(
    rf"\s*(?:\([^)]*\)?)?\s*{_ADVERB}(?:went|gone|left|(?:is|are|r|'s|'re|has)\s+(?:(?:just|finally|all|both|now)\s+)*(?:gone|going|away|asleep|out\b|in\s+bed|not\s+(?:coming|here)|off\s+to|out\s+of\s+it)|"
    rf"(?:isn't|aren't|not)\s+(?:coming|here|joining|in)|can't\s+(?:come|make)|won't\s+(?:be|come|dress)|dropped\s+out|cancel\w*|(?:said\s+(?:he|she|they)\s+)?refuses?\b)",
    re.IGNORECASE,
)
_NEEDS_OF = re.compile(r"\b(?P<who>he|she)\b(?=(?P<rest>.{0,60}))|\b(?:for|get|give|buy|suit)\s+(?P<him>him|her)\b(?!\s+\w+(?:'s)?\s+(?:birthday|husband|wife))", re.IGNORECASE)
_SAYS_SELF = re.compile(
    r"\b(?:i(?:'m|\s*am|m)|as|speaking\s+as)\s+(?:just\s+|only\s+|actually\s+)?an?\s+(?:[\w-]+\s+){0,4}?"
    r"(?P<who>man|guy|male|bloke|dude|fella|lad|dad|grandad|woman|lady|female|girl|lass|mum|mom|mother|grandmother|nan|teenager|teen|kid|boy)\b(?!['’]s)|"
    r"(?:^|[.,;!?(]\s*)(?:(?P<alone>male|female)(?:\s+(?:btw|here))?|(?P<here>man|guy|woman|bloke|lady)\s+(?:btw|here))\s*(?=$|[.,;!?)])",
    re.IGNORECASE,
)
_MY_AGE = re.compile(
    rf"\b(?:i(?:'m|\s+am|m))\s+(?:(?:only|just|nearly|almost|now)\s+)*(?P<age>\d{{1,2}})\b(?!\s*(?:['’\"]|[-–%/:.]\d|%|kg|kilos?|lbs?|pounds?|stone|cm|m\b|feet|foot|ft|miles?|minutes?|"
    rf"hours?|days?|weeks?|months?|of\b|people|pages?|inch\w*|in\s+to))",
    re.IGNORECASE,
)
_SELF_SEX = {
    **dict.fromkeys("man guy male bloke dude fella lad dad grandad boy".split(), "m"),
    **dict.fromkeys("woman lady female girl lass mum mom mother grandmother nan".split(), "f"),
}
_OF_GOODS = re.compile(
    r"\b(?P<who>men|women|gentlemen|ladies|girls?|boys?|kids?|children|toddlers?|teens?|adults?|baby|babies)(?:'s|s'|')(?=\s*(?:$|[,.;!?)]|[a-z]))|"
    r"\b(?P<plain>mens|womens|ladies|childrens|kids|toddler|newborn|infant|baby|teen|teenage|unisex|adult)\s+(?=[a-z])",
    re.IGNORECASE,
)
_NO_GOODS = re.compile(
    r"\s*(?:fiction|writers?|authors?|directors?|history|rights|literature|studies|movement|shower|blues?|pinks?|dolls?|day|night|room|team|"
    r"and|or|in|on|at|to|with|who|that|is|are|will|would|can|have|has|do|don't|love|loves|like|likes|hate|hates|from|of|for|by|as|too|but|"
    r"they|we|i|he|she|so|if|when|because|went|were|was|aged?|need|needs|want|wants|boy|girl|boys|girls|monitor|carrots?|corn|spinach|potatoes|"
    r"yoda|shark|grand|steps?|hate|says?|said|all|running|asleep|due|here|r|was|finally|there|around|allowed|present|please|"
    r"could|might|should|may|must|cannot|can't|won't|trip|weekend|holiday|nights|out|group|groups|band|power|just|already|only|get|gets)\b",
    re.IGNORECASE,
)
_GOODS = {
    "men": Person("m", 18, 120), "women": Person("f", 18, 120), "girl": Person("f", 2, 17), "boy": Person("m", 2, 17),
    "kid": Person("", 2, 11), "toddler": Person("", 1, 3), "teen": Person("", 13, 17), "adult": Person("", 20, 120),
    "baby": Person("", 0, 1), "unisex": Person(),
}  # fmt: skip
_GIVEN = re.compile(r"\b(?:gifts?|presents?|something|anything|it's|ideas?|surprise)\s+$", re.IGNORECASE)
_A_CERTAIN = re.compile(r"\b(?:the|my|our|his|her|their|this|that)\s+$", re.IGNORECASE)
_FAVOUR = re.compile(  # "compare these for me", "that wasn't for me"
    r"(?:\b(?:compare|rank|draft|write|check|look|search|order|book|tell|sort|sum|read|do|not|isnt|wasnt|arent)\b|n't\b)[^.;!?\n]*$", re.IGNORECASE
)
_ANY_PERSON = frozenset("man men woman women guy guys girl girls boy boys lady ladies bloke blokes fella lad lass gentleman".split())
_PICKED = re.compile(
    r"\b(?:now|then|next|for|and|just|only|what\s+about)\s+(?:for\s+)?(?:the|my)\s+(?P<which>small|little|young|younger|youngest|littlest|smallest|big|bigger|biggest|old|older|oldest|elder|eldest)\s+"
    r"(?P<count>ones?|two|three|kids?|girls?|boys?|child|brother|sister)?\b",
    re.IGNORECASE,
)
_US_TWO = re.compile(r"\bjust\s+(?:us|the)\s+(?:two\s+of\s+us|two|couple|grown-?ups|adults)\b|\bjust\s+(?:the\s+two\s+of\s+us|us|me)\b", re.IGNORECASE)
_GROWN = re.compile(r"\b(?:reading\s+group|book\s+(?:club|group)|supper\s+club|office\s+party|works?\s+do|retirement\s+(?:party|do))\b", re.IGNORECASE)
_OWN_FAMILY = re.compile(
    r"\b(?:my|our)\s+(?:[\w-]+\s+){0,2}(?:wife|husband|hubby|fianc[eé]e?|sons?|daughters?|baby|toddlers?|kids?|child(?:ren)?|grand\w+|twins|girls|boys)$",
    re.IGNORECASE,
)
_REMEMBERED = 12  # people
_LONGEST = 80  # characters of the words for whom
_LINK = re.compile(
    rf"\s*(?:,\s*)?(?:and|&|or|plus|\+|,)\s*(?:for\s+)?(?:{_DET}\s+)?(?:{_NO_LINK}\s+){{0,2}}$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Whom:
    """For whom things are looked for.

    Attributes:
        people: They; empty where nobody is told.
        said: The user's words for them.
        me: What the user told of who they are.
        known: All who were spoken of, the last one last.
        number: The message that told it.
        left: Whether somebody went away with the newest message.
        places: Where that message speaks of people.
    """

    people: tuple[Person, ...] = ()
    said: str = ""
    me: Person = Person()
    known: tuple[Spoken, ...] = ()
    number: int = -1
    left: bool = False
    places: tuple[tuple[int, int], ...] = ()


def whom_after(texts: Sequence[str]) -> Whom:
    """For whom things are looked for after some messages of a user, by their numbers; other messages are empty.

    >>> whom_after(["a coat for my husband", "he hates blue", "my wife says no"]).people
    (Person(sex='m', low=18, high=120),)
    """
    whom = Whom()
    for number, text in enumerate(texts):
        if text:
            whom = _heard(text, replace(whom, left=False, places=()), number)
    return whom


def _heard(text: str, whom: Whom, number: int) -> Whom:
    spoken = _with_pronoun_ages(text, [*people_in(text)])
    me, told_me = _me(text, whom.me)
    roles = _Roles(text, spoken, whom)
    gone = roles.leaving()
    meant, said = roles.meant()
    goods = _of_goods(text, spoken)
    if any(_OWN_FAMILY.search(text[max(0, one.start - 20) : one.tail]) for one in spoken):
        me = replace(me, low=max(me.low, 18.0))  # who has a wife or a child is grown up
    known = (*whom.known, *(one for one in spoken if not one.is_self))
    places = tuple((one.start, one.end) for one in spoken)
    after = replace(whom, me=me, known=known[-_REMEMBERED:], places=places)
    if roles.for_self and not meant and not (gone and whom.people):
        grown = me if not (gone or _US_TWO.search(text) and any(one.is_young for one in (*whom.known, *spoken))) else replace(me, low=max(me.low, 18))
        return replace(after, people=(grown,), said=roles.said_self, number=number, left=bool(gone))
    if meant:
        people = tuple(me if one is None else one for one in meant)
        return replace(after, people=tuple(dict.fromkeys(people)), said=said, number=number, left=bool(gone))
    if goods is not None:
        return replace(after, people=goods[0], said=goods[1], number=number)
    if gone:
        left = tuple(one for one in whom.people if not any(_alike(one, each) for each in gone))
        if _US_TWO.search(text) and not [one for one in left if one.high < 18]:
            left = (Person("", 18, 120),)
        said = text[roles.gone_at[0] : roles.gone_at[1]]
        return replace(after, people=left, said=said, number=number, left=True)
    if told_me:
        return replace(after, people=(me,), said=told_me, number=number)
    if not whom.people and (match := _GROWN.search(text)):
        return replace(after, people=(Person("", 20, 120),), said=match[0], number=number)
    return after


def _alike(one: Person, gone: Person) -> bool:
    """Whether somebody may be who went: by sex, and by an age that is told of both."""
    sexes = not one.sex or not gone.sex or one.sex == gone.sex
    return sexes and one.low <= gone.high and gone.low <= one.high


def _me(text: str, me: Person) -> tuple[Person, str]:
    """What the user told of who they are, and the words of this message for it."""
    said = ""
    if match := _SAYS_SELF.search(text):
        word = (match["who"] or match["alone"] or match["here"]).lower()
        young = {"teenager": (13.0, 17.0), "teen": (13.0, 17.0), "kid": (2.0, 11.0)}.get(word, (18.0, 120.0))
        me, said = Person(_SELF_SEX.get(word, me.sex), *young), match[0].strip(" .,;!?()")
    if match := _MY_AGE.search(text):
        age = float(match["age"])
        me = replace(me, low=min(age, 18.0), high=120.0 if age >= 18 else age)
        said = said or (match[0].strip() if age < 18 else "")
    return me, said


def _with_pronoun_ages(text: str, spoken: list[Spoken]) -> list[Spoken]:
    """Those spoken of, the age that is told by a pronoun with whom it is of: "my son got mocked, he's 12"."""
    for sex, age, place in pronoun_ages(text):
        for at in range(len(spoken) - 1, -1, -1):
            one = spoken[at]
            if one.end <= place and not one.is_self and all(not sex or each.sex in ("", sex) for each in one.people):
                low, high = (18.0, 120.0) if age >= 18 else (age, age)
                aged = tuple(replace(each, sex=each.sex or sex, low=low, high=high) for each in one.people)
                spoken[at] = replace(one, people=aged)
                break
    return spoken


def _of_goods(text: str, spoken: Sequence[Spoken]) -> tuple[tuple[Person, ...], str] | None:
    """Whose goods are named: "a women's rain jacket", "kids' books"; the other side of whose are refused."""
    people: list[Person] = []
    others: list[Person] = []
    said = ""
    for match in _OF_GOODS.finditer(text):
        if _NO_GOODS.match(text, match.end()) or _ABOUT.search(text[: match.start()]):
            continue
        word = (match["who"] or match["plain"]).lower()
        if word in ("girl", "boy", "kid", "toddler", "teen", "baby", "adult") and _A_CERTAIN.search(text[: match.start()]):
            continue  # "the baby's portion"
        word = {"ladies": "women", "womens": "women", "mens": "men", "gentlemen": "men", "childrens": "kid", "children": "kid"}.get(word, word)
        word = {"newborn": "baby", "infant": "baby", "babies": "baby", "teenage": "teen"}.get(word, word.rstrip("s") if word != "unisex" else word)
        person = _GOODS.get(word)
        if person is None:
            continue
        if not _NOT.search(text[: match.start()]):
            people.append(person)
        elif (other := _other(person)) is not None:
            others.append(other)
        said = said or text[match.start() : match.end()].strip()
    return (tuple(dict.fromkeys(people or others)), said) if people or others else None


def _other(refused: Person) -> Person | None:
    """Who is meant where goods of somebody are refused: of men's the women, of children's the grown up."""
    if refused.high < 18:
        return Person("", 20, 120)
    return Person({"m": "f", "f": "m"}[refused.sex]) if refused.sex else None


class _Roles:
    """What each of those whom a message speaks of is in it."""

    def __init__(self, text: str, spoken: Sequence[Spoken], before: Whom) -> None:
        self._text, self._spoken, self._known, self._before = text, spoken, before.known, before.people
        self.for_self, self.said_self = False, ""
        self.gone_at = (0, 0)
        self._pronoun = ""

    def leaving(self) -> list[Person]:
        """Those who went away."""
        gone: list[Person] = []
        for one in self._spoken:
            if not one.is_self and _LEAVES.match(self._text, max(one.tail, one.end)):
                gone += one.people
                self.gone_at = (one.start, one.end)
        for match in _NEEDS_OF.finditer(self._text):
            if match["who"] and _LEAVES.match(match["rest"]):
                if (one := self._referent(match["who"], match.start())) is not None and not gone:
                    gone += one.people
                    self.gone_at = match.span()
        return gone

    def meant(self) -> tuple[list[Person | None], str]:
        """Those for whom the message wants something, None for the user; and its words for them."""
        text = self._text
        if match := _PICKED.search(text):
            if picked := self._picked(match):
                return [*picked], match[0]
        roles = [self._role(one) for one in self._spoken]
        for at in range(1, len(roles)):  # "for my husband and my son"
            one, before = self._spoken[at], self._spoken[at - 1]
            between = text[before.end : one.start]
            if text[before.start : before.end].count("(") and ")" in between:  # "my mother (72, modest), and my girl"
                between = between.partition(")")[2]
            if _LINK.fullmatch(between):
                joint = before.is_self or one.is_self
                if roles[at - 1] in ("for", "not") and roles[at] in ("", "needs"):
                    roles[at] = roles[at - 1]
                elif joint and {roles[at - 1], roles[at]} <= {"", "self", "needs"}:
                    roles[at - 1] = roles[at] = "for"
        chosen = [one for one, role in zip(self._spoken, roles, strict=True) if role == "for"]
        refused = [one for one, role in zip(self._spoken, roles, strict=True) if role == "not"]
        if not chosen and refused and all(one.is_young for one in refused):
            return [Person("", 20, 120)], text[refused[0].start : refused[0].end]
        if [one for one in chosen if not one.is_self]:
            people: list[Person | None] = [
                None if one.is_self else person for one in chosen for person in (one.people or (Person(),))
            ]
            return people, self._words(chosen)
        pronoun = self._by_pronoun()
        if pronoun is not None:
            return [*pronoun.people], self._words([pronoun]) if pronoun in self._spoken else self._pronoun
        if chosen:
            self.for_self, self.said_self = True, self._words(chosen)
            return [], ""
        needing = [one for one, role in zip(self._spoken, roles, strict=True) if role == "needs"]
        group = ages_between(text)
        if needing and group is not None and all(one.is_young and "aged" not in one.people[0].called for one in needing):
            return [group[0]], text[slice(*group[1])]
        if needing and not re.search(r"\bfor\s+(?:me|myself|us)\b", text, re.IGNORECASE):
            return [person for one in needing for person in one.people], self._words(needing)
        if group is not None:
            return [group[0]], text[slice(*group[1])]
        if _US_TWO.search(text):
            self.for_self, self.said_self = True, _US_TWO.search(text)[0]  # type: ignore[index]
        return [], ""

    def _words(self, chosen: Sequence[Spoken]) -> str:
        start, end = chosen[0].start, chosen[-1].end
        before = re.search(r"\b(?:my|our|his|her|their|the|an?)\s+(?:[\w-]+\s+){0,2}?$", self._text[:start], re.IGNORECASE)
        begin = before.start() if before else start
        if re.search(r"[.;!?\n]", self._text[start:end]) or end - begin > _LONGEST:
            end = chosen[0].end
        if (feast := re.match(r"\s+(?:birthday|bday)\b", self._text[end:], re.IGNORECASE)) is not None:
            end += feast.end()
        said = self._text[begin:end].strip(" ,.;:")
        if said.count("(") > said.count(")"):
            said = said + ")" if self._text[end : end + 1] == ")" else said[: said.rindex("(")].strip()
        return said

    def _role(self, one: Spoken) -> str:
        """`for`, `not` (for), `needs` something, `self`, or nothing."""
        text = self._text
        left, right = _clause_before(text, one.start), text[one.tail :]
        if one.is_self:
            meant = re.search(r"\b(?:for|just|only)\s+(?:just\s+|only\s+|both\s+of\s+)*$", left, re.IGNORECASE)
            favour = _FAVOUR.search(left) or re.match(r"\s+who\b", right)
            return "for" if meant and not favour else "self"
        owned = re.match(r"(?:'s\b|'(?=\s))(?!\w*\s+(?:\d|not\b|an?\b|the\b|now\b|just\b|only\b|turning\b|always\b|after\b|into\b|allergic\b))", right)
        if owned and not _OWNS.match(right):
            return ""
        if _COMPOUND.match(right) or re.search(r"\b(?:you|hi|hey|hello|thanks|cheers|oh)\s+$", left, re.IGNORECASE):
            return ""  # "for a baby shower", "thanks guys"
        if _NOT_FOR.search(left):
            return "not"
        if _GROUP_FOR.search(left) or _FOR.search(left) and not _LOOKS_FOR.search(left):
            return "for"
        if _OWNS.match(right):
            return "for"
        if _OPINION.match(right):
            return ""
        if one.is_young and _WITH.search(left) and not _SHARES.search(left):
            return "needs"  # "to watch with my daughter"
        if self._is_next(one, left, right):
            return "for"
        if re.search(r"\b(?:like|something|anything|things?|what|that|which|than|as)\s+(?:my|our)\s+$", left, re.IGNORECASE):
            return ""  # "nothing like my nan wore"
        mine = re.search(rf"\b(?:my|our)\s+(?:[\w-]+\s+){{0,3}}?$|^\W*(?:{_NO_LINK}\s+)?$", left, re.IGNORECASE)
        rest = text[max(one.tail, one.end) :]
        if _LEAVES.match(rest):
            return ""
        if mine and (_NEEDS.match(right) or _NEEDS.match(rest)):
            return "needs"
        aged = any(each.high < 18 and each.low == each.high for each in one.people) and one.end > one.tail
        if mine and aged and not _OPINION.match(rest):
            return "needs"
        if one.word.startswith(("scout", "brownie", "pupil", "newborn", "bridesmaid", "groomsm", "hen", "stag")) and not _ABOUT.search(left):
            return "needs"
        if re.search(rf"\b(?:two|three|four|five|six|\d{{1,2}})\s+(?:\w+\s+)?$", left) and aged:
            return "needs"
        if re.match(r"\s+due\b", right) or re.search(r"\bgroup\s+of\s+(?:\w+\s+)?$", left, re.IGNORECASE):
            return "needs"
        return ""

    def _is_next(self, one: Spoken, left: str, right: str) -> bool:
        """Whether a message goes on to somebody: "now my wife", "and my son?"."""
        match = _NEXT.search(left)
        if match is None or _NEEDS.match(right) or _LEAVES.match(right):
            return False
        if one.word in _ANY_PERSON and not re.search(r"\b(?:my|our|for)\b", match[0], re.IGNORECASE):
            return False
        weak = not re.search(r"\b(?:now|next|about|for|only|just)\b", match[0], re.IGNORECASE)
        return not weak or re.match(r"(?:\s+[\w'()]+){0,3}\s*(?:[.,;!?]|$)", right) is not None

    def _by_pronoun(self) -> Spoken | None:
        """Whom a pronoun means that needs something: "it makes my husband itch, but he needs a jumper"."""
        for match in _NEEDS_OF.finditer(self._text):
            who = (match["who"] or match["him"]).lower()
            if match["who"] and (not _NEEDS.match(match["rest"]) or _OPINION.match(match["rest"])):
                continue
            self._pronoun = match[0]
            sex = "m" if who in ("he", "him") else "f"
            told = any(one.start < match.start() and not one.is_self for one in self._spoken)
            if not told and len(self._before) == 1 and self._before[0].sex == sex:
                continue  # whom it was for before
            if (one := self._referent(who, match.start())) is not None:
                return one
            if match["who"] or not _GIVEN.search(self._text[: match.start()]):
                continue
            return Spoken((Person("m" if who in ("he", "him") else "f"),), match[0], match.start(), match.end(), match.end())
        return None

    def _referent(self, who: str, place: int) -> Spoken | None:
        sex = "m" if who.lower() in ("he", "him") else "f"
        here = [one for one in self._spoken if one.start < place and not one.is_self]
        return next(
            (one for one in (*reversed(here), *reversed(self._known)) if all(each.sex in (sex, "") for each in one.people) and not any(each.is_anybody for each in one.people)),
            None,
        )

    def _picked(self, match: re.Match[str]) -> list[Person]:
        """Of the young people that are known, those whom "the small one", "the big two" means."""
        by_age: dict[tuple[float, float], Person] = {}
        for one in (*self._known, *self._spoken):
            for person in one.people:
                if person.high < 18 and (by_age.get((person.low, person.high)) or Person()).sex == "":
                    by_age[person.low, person.high] = person
        young = sorted(by_age.values(), key=lambda one: one.high)
        if not young or match["count"] is None and len(young) < 2:
            return []
        count = {"two": 2, "three": 3}.get((match["count"] or "").lower(), 1)
        small = match["which"].lower()[:3] in ("sma", "lit", "you")
        return young[:count] if small else young[-count:]


def _clause_before(text: str, end: int) -> str:
    start = max((text.rfind(mark, 0, end) for mark in ".;!?\n"), default=-1) + 1
    return text[start:end]
