"""Whose a number is: what a person weighs, how wide a gap is, how high somebody wants to reach."""

from __future__ import annotations

import re

_SOMEBODY = (  # who has a weight or a height of his own
    r"(?:i|he|she|we|they|who|someone|somebody|anyone|(?:my|our|his|her|their|the|an?)\s+(?:[a-z]+\s+){0,2}?(?:son|daughter|husband|"
    r"wife|hubby|kids?|child|toddler|baby|boy|girl|mum|mom|dad|mother|father|partner|boyfriend|girlfriend|friend|"
    r"brother|sister|nan|gran|grandma|granny|grandpa|grandad|grandfather|grandmother|uncle|aunt|auntie|"
    r"cousin|nephew|niece|neighbour|neighbor|colleague|mate|half|patient|client|user|rider|passenger|person|man|woman|"
    r"guy|lad|teenager|teen|twins|little\s+one)|(?:my|our|his|her|their)\s+(?:[a-z]+\s+)?(?:dog|puppy|cat|pet|lab|labrador|horse)|mum|mom|dad|nan|gran|grandma|grandpa|hubby)"
)
_JUST = (
    r"(?:(?:about|around|roughly|only|just|nearly|almost|over|now|maybe|"
    r"like|some|well|already|approx|currently|a|good|at)\s+)*"
)
_HAS = re.compile(  # "my brother is 230 lb", "I weigh about 110 kg", "she's a tiny thing, 100 lb"
    rf"\b(?:{_SOMEBODY}(?:\s+(?:weighs?|weighed|am|is|are|was|has)|'m|'s|'re)|im|hes|shes|whos|theyre)\s+(?:an?\s+[a-z]+(?:\s+[a-z]+)?,\s+)?{_JUST}$"
)
_OF = re.compile(  # "somebody of 130 kilos", "a rider at 95 kg", "with my 110 kg on it"
    rf"\b(?:{_SOMEBODY}\s+(?:of|at|weighing|who\s+weighs|over|up\s+to)|(?:with|take|takes|bear|bears|carry|hold|support)s?\s+(?:my|his|her|our|their))\s+{_JUST}$"
)
_WEIGHT = re.compile(r"\s?-?(?:kgs?|kilos?|kilograms?|lbs?|pounds?|stones?|st)\b")
_AND_WHO = re.compile(  # "a 130 kg man"
    r"\s?-?[a-z]+\s+(?:man|woman|guy|person|rider|adult|user|child|kid|toddler|boy|girl|bloke|lady|patient|husband|wife)\b"
)
_GAP = (
    r"(?:gap|space|alcove|slot|opening|hole|niche|recess|nook|doorway|door|door\s*frame|hallway|corridor|cupboard|shelf|shelves|"
    r"boot|trunk|corner|room|locker|overhead|pocket|drawer|wall|bay|unit|worktop)"
)
_ROOM = re.compile(  # "the gap is 58 cm", "I have a space of 60", "to fit a 45 cm slot", "fits through 70 cm"
    rf"\b{_GAP}\s+(?:there\s+)?(?:(?:is|are|of|only|measures?|that['’]?s|being|about|just|exactly|which\s+is|at|with)\s+){{1,3}}(?:[a-z]+\s+)?$"
    rf"|\b(?:fits?|go|goes|squeeze|get|slide|slot)\s+(?:it\s+)?(?:in|into|inside|under|underneath|between|through|within)\s+(?:an?\s+|the\s+|my\s+)?$"
    rf"|\b(?:i|we)(?:['’]ve)?\s+(?:only\s+)?(?:have|got)\s+(?:only\s+|just\s+|about\s+|exactly\s+)*$"
)
_BEFORE_GAP = re.compile(
    rf"\s?-?(?:mm|cm|m|inch(?:es)?|in|feet|foot|ft|metres?|meters?)(?:[\s-]+(?:wide|high|deep|tall))?\s+{_GAP}\b"
)
_FOR = re.compile(
    r"\b(?:for|in|into|under|underneath|through|between|inside|fits?)\s+(?:an?|my|our|the|this|that)\s+$"
)
_LENGTH = re.compile(r"\s?-?(?:mm|cm|m|inch(?:es)?|in|feet|foot|ft|metres?|meters?|centimet(?:er|re)s?)\b")
_REACH = re.compile(
    r"\b(?:reach(?:es)?|holds?|carry|carries|bears?|supports?|lifts?|handles?|stretch(?:es)?|extends?|fits?|stores?|lasts?)\s+"
    r"(?:(?:me|us|up\s+to|to|about|around|a|my|all)\s+)*$"
)

_OLD = r"older|elderly|senior|mature|young|younger|youngster|pup|puppy|kitten|aged?|years?[\s-]+old"
_AGED = re.compile(rf"\b(?:{_OLD})\b[^.;!?]{{0,24}}$")
_BOUNDED = re.compile(  # behind an age that is a bound, and no age of a person
    r"\s*(?:years?\s+|yrs?\s+)?(?:old\s+)?(?:or|and|to)\s+(?:over|above|up(?:wards)?|older|under|below|younger|more|less)\b"
)
_OF_A_PERSON = re.compile(
    r"\b(?:i['’]?m|i\s+am|who['’]?s|(?:s?he|mum|mom|dad|son|daughter)(?:['’]s|\s+is|['’]?ll\s+be)|turn(?:s|ing)?)\s+(?:\w+\s+)?$"
)
_ABSENT = re.compile(  # "I'm out for up to six hours", "she works five hours", "leave him for 4 hours"
    r"\b(?:out|away|gone|absent|at\s+work|in\s+the\s+office|works?|working|alone|on\s+(?:his|her|its|their)\s+own|by\s+"
    r"(?:himself|herself|itself|themselves)|unattended|leav(?:e|es|ing)(?:\s+(?:him|her|it|them))?|left)\s+"
    r"(?:(?:for|up\s+to|at\s+most|about|around|maybe|sometimes|usually|only|at\s+least|a|alone|maximum|max|no\s+more\s+than)\s+)*$"
)
_TIME = re.compile(r"\s?-?(?:h|hrs?|hours?|mins?|minutes?|days?|nights?|weeks?)\b")


def speaks_of_age(low: str, number: tuple[int, int]) -> bool:
    """Whether a bare number is how old a thing or an animal is to be: "an older one, 7 or over".

    >>> speaks_of_age("an older cat, 7 or over", (14, 15)), speaks_of_age("she's 9 or so", (6, 7))
    (True, False)
    """
    ahead = low[max(0, number[0] - 40) : number[0]]
    if _OF_A_PERSON.search(ahead):
        return False
    older = re.match(r"\s*or\s+(?:older|younger)\b", low[number[1] :])
    return bool(
        older
        or _AGED.search(ahead)
        and (
            _BOUNDED.match(low, number[1])
            or re.search(r"\b(?:under|over|least|most|than|about|around)\s+$", ahead)
        )
    )


def is_own_time(low: str, number: tuple[int, int]) -> bool:
    """Whether a time is how long somebody is away: what is left alone has to bear that, or more.

    >>> is_own_time("i'm out for up to six hours", (18, 21)), is_own_time("walks of up to six hours", (15, 18))
    (True, False)
    """
    if not _TIME.match(low, number[1]):
        return False
    return _ABSENT.search(low[max(0, number[0] - 60) : number[0]]) is not None


def side_of_age(low: str, start: int, end: int) -> str:
    """The side that "older" and "younger" beside an age say: `ge`, `le`, or empty.

    >>> side_of_age("ten or older", 0, 12), side_of_age("younger than 2", 0, 14), side_of_age("about 7", 0, 7)
    ('ge', 'le', '')
    """
    near = low[max(0, start - 8) : end + 14]
    if re.search(r"\bno(?:t)?\s+older|\byounger\s+than|\bor\s+younger|\band\s+younger", near):
        return "le"
    return "ge" if re.search(r"\bolder\s+than|\bor\s+older|\band\s+older|\bno(?:t)?\s+younger", near) else ""


def is_somebodys(low: str, number: tuple[int, int]) -> bool:
    """Whether a number is what a person or an animal weighs, so that it is to be borne, and is no item's weight.

    Args:
        low: A text in lower case.
        number: Where the number stands.

    >>> said = "my brother is 230 pounds, but it must weigh 9 kg"
    >>> is_somebodys(said, (14, 17)), is_somebodys(said, (43, 44)), is_somebodys("fit for a 130 kg man", (10, 13))
    (True, False, True)
    """
    if not _WEIGHT.match(low, number[1]):
        return False
    ahead = low[max(0, number[0] - 70) : number[0]]
    return bool(_HAS.search(ahead) or _OF.search(ahead) or _AND_WHO.match(low, number[1]))


def has_room_for(low: str, number: tuple[int, int]) -> bool:
    """Whether a length is of the room that there is for an item: what goes there is at most as long.

    >>> has_room_for("the gap is 58 cm wide", (11, 13)), has_room_for("for a 58 cm wide shelf", (6, 8))
    (True, True)
    >>> has_room_for("58 cm wide", (0, 2))
    False
    """
    if not _LENGTH.match(low, number[1]):
        return False
    ahead = low[max(0, number[0] - 50) : number[0]]
    return bool(_ROOM.search(ahead) or _FOR.search(ahead) and _BEFORE_GAP.match(low, number[1]))


def must_reach(low: str, number: tuple[int, int]) -> bool:
    """Whether a verb before a number says what an item has to do, so that more of it serves as well.

    >>> must_reach("i want to reach 3 metres", (16, 17)), must_reach("about 3 metres", (6, 7))
    (True, False)
    """
    return _REACH.search(low[max(0, number[0] - 40) : number[0]]) is not None
