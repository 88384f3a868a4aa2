"""For whom things are looked for after several messages: "for my husband", "he hates blue", "now my daughter (6)".

Whom a message only tells of, "my wife hates it", is not meant. Whoever is meant stays so until somebody else is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from wherefore.catalog.audience import Person
from wherefore.reading.goods_of import of_goods
from wherefore.reading.people import Spoken, ages_between, people_in, pronoun_ages
from wherefore.reading.whom_cues import (
    ABOUT,
    ANY_PERSON,
    COMPOUND,
    FAVOUR,
    FOR,
    GIVEN,
    GROUP_FOR,
    GROWN,
    LEAVES,
    LINK,
    LOOKS_FOR,
    MOST_PEOPLE,
    MY_AGE,
    NEAR,
    NEEDS,
    NEEDS_OF,
    NEXT,
    NO_LINK,
    NOT_FOR,
    OPINION,
    OWN_FAMILY,
    OWNS,
    PICKED,
    SAYS_SELF,
    SELF_SEX,
    SHARES,
    US_TWO,
    WITH,
)

_READ = 5_000  # characters of a message that are read
_REMEMBERED = 12  # people that are known
_LONGEST = 80  # characters of the words for whom


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
            whom = _heard(text[:_READ], replace(whom, left=False, places=()), number)
    return whom


@lru_cache(1_000)  # a message is heard again with every later one
def _heard(text: str, whom: Whom, number: int) -> Whom:
    spoken = _with_pronoun_ages(text, [*islice(people_in(text), MOST_PEOPLE)])
    me, told_me = _me(text, whom.me)
    roles = _Roles(text, spoken, whom)
    gone = roles.leaving()
    meant, said = roles.meant()
    goods = of_goods(text)
    if any(OWN_FAMILY.search(text[max(0, one.start - 20) : one.tail]) for one in spoken):
        me = replace(me, low=max(me.low, 18.0))  # who has a wife or a child is grown up
    known = (*whom.known, *(one for one in spoken if not one.is_self))
    places = tuple((one.start, one.end) for one in spoken)
    after = replace(whom, me=me, known=known[-_REMEMBERED:], places=places)
    if roles.for_self and not meant and not (gone and whom.people):
        grown = (
            me
            if not (gone or US_TWO.search(text) and any(one.is_young for one in (*whom.known, *spoken)))
            else replace(me, low=max(me.low, 18))
        )
        return replace(after, people=(grown,), said=roles.said_self, number=number, left=bool(gone))
    if meant:
        people = tuple(me if one is None else one for one in meant)
        return replace(after, people=tuple(dict.fromkeys(people)), said=said, number=number, left=bool(gone))
    if goods is not None:
        return replace(after, people=goods[0], said=goods[1], number=number)
    if gone:
        left = tuple(one for one in whom.people if not any(_alike(one, each) for each in gone))
        if US_TWO.search(text) and not [one for one in left if one.high < 18]:
            left = (Person("", 18, 120),)
        said = text[roles.gone_at[0] : roles.gone_at[1]]
        return replace(after, people=left, said=said, number=number, left=True)
    if told_me:
        return replace(after, people=(me,), said=told_me, number=number)
    if not whom.people and (match := GROWN.search(text)):
        return replace(after, people=(Person("", 20, 120),), said=match[0], number=number)
    return after


def _alike(one: Person, gone: Person) -> bool:
    """Whether somebody may be who went: by sex, and by an age that is told of both."""
    sexes = not one.sex or not gone.sex or one.sex == gone.sex
    return sexes and one.low <= gone.high and gone.low <= one.high


def _me(text: str, me: Person) -> tuple[Person, str]:
    """What the user told of who they are, and the words of this message for it."""
    said = ""
    if match := SAYS_SELF.search(text):
        word = (match["who"] or match["alone"] or match["here"]).lower()
        young = {"teenager": (13.0, 17.0), "teen": (13.0, 17.0), "kid": (2.0, 11.0)}.get(word, (18.0, 120.0))
        me, said = Person(SELF_SEX.get(word, me.sex), *young), match[0].strip(" .,;!?()")
    if match := MY_AGE.search(text):
        age = float(match["age"])
        me = replace(me, low=min(age, 18.0), high=120.0 if age >= 18 else age)
        said = said or (match[0].strip() if age < 18 else "")
    return me, said


def _with_pronoun_ages(text: str, spoken: list[Spoken]) -> list[Spoken]:
    """Those spoken of, the age that is told by a pronoun with whom it is of: "my son got mocked, he's 12"."""
    for sex, age, place in pronoun_ages(text):
        for at in range(len(spoken) - 1, -1, -1):
            one = spoken[at]
            if (
                one.end <= place
                and not one.is_self
                and all(not sex or each.sex in ("", sex) for each in one.people)
            ):
                low, high = (18.0, 120.0) if age >= 18 else (age, age)
                aged = tuple(replace(each, sex=each.sex or sex, low=low, high=high) for each in one.people)
                spoken[at] = replace(one, people=aged)
                break
    return spoken


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
            if not one.is_self and LEAVES.match(self._text, max(one.tail, one.end)):
                gone += one.people
                self.gone_at = (one.start, one.end)
        for match in NEEDS_OF.finditer(self._text):
            if match["who"] and LEAVES.match(match["rest"]):
                meant = self._referent(match["who"], match.start())
                if meant is not None and not gone:
                    gone += meant.people
                    self.gone_at = match.span()
        return gone

    def meant(self) -> tuple[list[Person | None], str]:
        """Those for whom the message wants something, None for the user; and its words for them."""
        text = self._text
        if match := PICKED.search(text):
            if picked := self._picked(match):
                return [*picked], match[0]
        roles = [self._role(one) for one in self._spoken]
        for at in range(1, len(roles)):  # "for my husband and my son"
            one, before = self._spoken[at], self._spoken[at - 1]
            between = text[before.end : one.start]
            if "(" in text[before.start : before.end]:  # "my mother (72, modest), and my girl"
                between = between.rpartition(")")[2]
            if LINK.fullmatch(between):
                joint = before.is_self or one.is_self
                if roles[at - 1] in ("for", "not") and roles[at] in ("", "needs"):
                    roles[at] = roles[at - 1]
                elif joint and {roles[at - 1], roles[at]} <= {"", "self", "needs"}:
                    roles[at - 1] = roles[at] = "for"
        chosen = [one for one, role in zip(self._spoken, roles, strict=True) if role == "for"]
        refused = [one for one, role in zip(self._spoken, roles, strict=True) if role == "not"]
        if not chosen and refused and all(one.is_young for one in refused):
            return [Person("", 20, 120)], text[refused[0].start : refused[0].end]
        group = ages_between(text)
        if chosen and group is not None and _ageless(chosen):
            return [group[0]], text[slice(*group[1])]
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
        if needing and group is not None and _ageless(needing):
            return [group[0]], text[slice(*group[1])]
        if needing and not re.search(r"\bfor\s+(?:me|myself|us)\b", text, re.IGNORECASE):
            return [person for one in needing for person in one.people], self._words(needing)
        if group is not None:
            return [group[0]], text[slice(*group[1])]
        if US_TWO.search(text):
            self.for_self, self.said_self = True, US_TWO.search(text)[0]  # type: ignore[index]
        return [], ""

    def _words(self, chosen: Sequence[Spoken]) -> str:
        start, end = chosen[0].start, chosen[-1].end
        before = re.search(
            r"\b(?:my|our|his|her|their|the|an?)\s+(?:[\w-]+\s+){0,2}?$",
            self._text[max(0, start - NEAR) : start],
            re.IGNORECASE,
        )
        begin = max(0, start - NEAR) + before.start() if before else start
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
            meant = re.search(
                r"\b(?:for|just|only)\s+(?:just\s+|only\s+|both\s+of\s+)*$", left, re.IGNORECASE
            )
            favour = FAVOUR.search(left) or re.match(r"\s+who\b", right)
            return "for" if meant and not favour else "self"
        owned = re.match(
            r"(?:'s\b|'(?=\s))(?!\w*\s+(?:\d|not\b|an?\b|the\b|now\b|just\b|only\b|turning\b|always\b|after\b|into\b|allergic\b))",
            right,
        )
        if owned and not OWNS.match(right):
            return ""
        if COMPOUND.match(right) or re.search(
            r"\b(?:you|hi|hey|hello|thanks|cheers|oh)\s+$", left, re.IGNORECASE
        ):
            return ""  # "for a baby shower", "thanks guys"
        if NOT_FOR.search(left):
            return "not"
        if (
            GROUP_FOR.search(left)
            or FOR.search(left)
            and not (LOOKS_FOR.search(left) or re.match(r"\s+(?:to|off|out|back|into|up)\b", right))
        ):
            return "for"
        if OWNS.match(right):
            return "for"
        if OPINION.match(right):
            return ""
        if one.is_young and WITH.search(left) and not SHARES.search(left):
            return "needs"  # "to watch with my daughter"
        if self._is_next(one, left, right):
            return "for"
        if re.search(
            r"\b(?:like|something|anything|things?|what|that|which|than|as)\s+(?:my|our)\s+$",
            left,
            re.IGNORECASE,
        ):
            return ""  # "nothing like my nan wore"
        mine = re.search(
            rf"\b(?:my|our)\s+(?:[\w-]+\s+){{0,3}}?$|^\W*(?:{NO_LINK}\s+)?$", left, re.IGNORECASE
        )
        rest = text[max(one.tail, one.end) :]
        if LEAVES.match(rest):
            return ""
        if mine and (NEEDS.match(right) or NEEDS.match(rest)):
            return "needs"
        aged = any(each.high < 18 and each.low == each.high for each in one.people) and one.end > one.tail
        if mine and aged and not OPINION.match(rest):
            return "needs"
        if one.word.startswith(
            ("scout", "brownie", "pupil", "newborn", "bridesmaid", "groomsm", "hen", "stag")
        ) and not ABOUT.search(left):
            return "needs"
        if re.search(r"\b(?:two|three|four|five|six|\d{1,2})\s+(?:\w+\s+)?$", left) and aged:
            return "needs"
        if re.match(r"\s+due\b", right) or re.search(r"\bgroup\s+of\s+(?:\w+\s+)?$", left, re.IGNORECASE):
            return "needs"
        return ""

    def _is_next(self, one: Spoken, left: str, right: str) -> bool:
        """Whether a message goes on to somebody: "now my wife", "and my son?"."""
        match = NEXT.search(left)
        if match is None or NEEDS.match(right) or LEAVES.match(right):
            return False
        if one.word in ANY_PERSON and not re.search(r"\b(?:my|our|for)\b", match[0], re.IGNORECASE):
            return False
        weak = not re.search(r"\b(?:now|next|about|for|only|just)\b", match[0], re.IGNORECASE)
        return not weak or re.match(r"(?:\s+[\w'()]+){0,3}\s*(?:[.,;!?]|$)", right) is not None

    def _by_pronoun(self) -> Spoken | None:
        """Whom a pronoun means that needs something: "it makes my husband itch, but he needs a jumper"."""
        for match in NEEDS_OF.finditer(self._text):
            who = (match["who"] or match["him"]).lower()
            if match["who"] and (not NEEDS.match(match["rest"]) or OPINION.match(match["rest"])):
                continue
            self._pronoun = match[0]
            sex = "m" if who in ("he", "him") else "f"
            told = any(one.start < match.start() and not one.is_self for one in self._spoken)
            if not told and len(self._before) == 1 and self._before[0].sex == sex:
                continue  # whom it was for before
            if (one := self._referent(who, match.start())) is not None:
                return one
            if match["who"] or not GIVEN.search(_clause_before(self._text, match.start())):
                continue
            return Spoken(
                (Person("m" if who in ("he", "him") else "f"),),
                match[0],
                match.start(),
                match.end(),
                match.end(),
            )
        return None

    def _referent(self, who: str, place: int) -> Spoken | None:
        sex = "m" if who.lower() in ("he", "him") else "f"
        here = [one for one in self._spoken if one.start < place and not one.is_self]
        return next(
            (
                one
                for one in (*reversed(here), *reversed(self._known))
                if all(each.sex in (sex, "") for each in one.people)
                and not any(each.is_anybody for each in one.people)
            ),
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


def _ageless(spoken: Sequence[Spoken]) -> bool:
    """Whether all are young, and how old exactly is not told."""
    return all(one.is_young and "aged" not in one.people[0].called for one in spoken)


def _clause_before(text: str, end: int) -> str:
    near = text[max(0, end - NEAR) : end]
    return near[max(near.rfind(mark) for mark in ".;!?\n") + 1 :]
