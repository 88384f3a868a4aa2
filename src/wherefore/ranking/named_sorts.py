"""Sorts of things that a message asks for by name, and which items are of them: "fountain pen ink", "a foot rest"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import having, tells_stories
from wherefore.catalog.feelings import taste_words
from wherefore.catalog.heads import heads_of, spellings
from wherefore.catalog.lexicon import item_nouns
from wherefore.catalog.sorts import called, titles_name_sorts
from wherefore.catalog.things import names_thing, things
from wherefore.dialogue.messages import Dialogue
from wherefore.ranking.asked import OCCASIONS, is_beside
from wherefore.text import FUNCTION_WORDS, Word, forms, ordinary_words, stem, stems, words

_FEW = 3  # items from which a sort has enough of its own, and kinds of it are not sought as well
_LONGEST = 4  # words of a name
_MENTIONS, _MENTIONED = (
    3,
    0.003,
)  # records of goods, and their share, that name in passing what is none of them
_OF_ANOTHER = re.compile(  # what follows is of what is sought, or beside it: "with a lock", "for my desk"
    r"(?:\b(?:with|without|has|have|having|in|on|of|from|to|at|by|into|onto|near|next|under|over|like|than|as|"
    r"my|his|her|their|our|your|its|no|not|for|who|that|which|i|you|he|she|we|they|it|would|will|can|could|should|"
    r"must|does|doesn't|don't|to|what's)|\bw/|-)\s*(?:(?:an?|some|any|the|this|that|my|his|her|their|our|your)\s+(?:[\w'-]+\s+)?)?$",
    re.IGNORECASE,
)
_SEEKS = re.compile(
    r"(?:\b(?:i'?d|would|you)\s+(?:really\s+)?like\s+|\b(?:look|search|ask|hunt|shop|keen|pining)\w*\s+(?:for|on)\s+|"
    r"\bin\s+the\s+market\s+for\s+|\b(?:some|any)thing\s+like\s+|\b(?:you|ya|u|they)\s+(?:have|got|sell|stock)\s+|\bhave\s+(?:you|ya|u)\s+(?:got\s+)?|"
    r"\bdo\s+you\s+|\bideas?\s+(?:of|on)\s+|\brecipes?\s+(?:for|of)\s+)(?:(?:an?|some|any|the)\s+(?:[\w'-]+\s+)?)?$",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[^\w'’&\s-]|\s[-–—]\s|\n")  # between words of one name stands nothing of this
_ASKED_FOR = re.compile(  # "do you sell tents", "have you got any privacy filters"
    r"\b(?:(?:do|have|would|did)\s+(?:you|u|ya)(?:\s+guys)?\s+(?:even\s+|also\s+|still\s+)?(?:have|got|sell|stock|carry|keep|do)?|"
    r"(?:got|have)\s+(?=any\b)|any\s+chance\s+of|is\s+there|are\s+there)\s+(?:(?:an?|any|some|the|such\s+a)\s+)*|"
    r"\b(?:need|want|buy|get|find|look(?:ing)?\s+for|after)\s+(?:me\s+)?(?:an?|some|any)\s+",
    re.IGNORECASE,
)
_ANEW = re.compile(  # "my kettle died, I need a new one"
    r"\b(?:new|another|replacement|different|decent|better|proper|good)\s+ones?\b|\breplac(?:e|ing|ement)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:my|our|his|her|their|the|this|that)\s+(?:(?:old|current|last|present|trusty)\s+)?", re.IGNORECASE
)
_OPENS = re.compile(
    r"^\W*(?:(?:an?|some|any|the|give|gimme|get|find|show|me|please|hi|hello|hey|and|also|ok|okay|now|then|so|plus|just)\W+)*",
    re.IGNORECASE,
)
_DOES = frozenset(  # what things do, and some of it is called so
    "keeps stands holds fits works runs looks makes needs does goes gets takes sits breaks dies leaks jams says lasts "
    "stays comes feels costs broke died stopped works please thanks thank today tomorrow tonight".split()
)
_ASKING = frozenset(
    "sell have got get find show need want buy like know stock carry give make cook wear try bring".split()
)
_ALSO_TASTES = frozenset(
    "light dark sweet sharp bitter dry cold cool warm soft hard rich bite kick punch edge".split()
)
_ELSEWHERE = frozenset(  # where somebody is, and parts of things: neither is looked for by itself
    "room floor ground garden house home flat apartment balcony windowsill window sill bed border patio kitchen lounge "
    "hall hallway bathroom bedroom attic basement cellar porch terrace yard lawn school church ward corner wall door "
    "building community level button brim leaf leaves sleeve pocket strap handle lid wheel collar hem zip zipper "
    "lining sole heel hood cuff cover hardcover page screen leg arm side edge back front top bottom".split()
)
_DEGREES = frozenset("really very quite rather proper decent actual normal plain simple new".split())
_UNTOLD = frozenset(
    "something anything everything nothing one ones thing things stuff thingy item items product products list "
    "else more others other another same kind sort type brand way time gift gifts present presents idea ideas".split()
)


@dataclass(frozen=True)
class Asked:
    """A sort that is asked for.

    Attributes:
        said: Its name, in the user's words.
        head: Whether an item is headed by its noun, (n,) bool; of a compound that titles name, by all of it.
        full: Whether it is also named by the words before that, (n,) bool.
        own: Whether it is all that the message says.
        marked: Whether the judge marks that it is wanted.
        by_other: Whether items are called so only in other words: an eggplant is an aubergine.
        missing: Whether it is the name of a thing, and nothing here is called so, unless a kind of it is.
    """

    said: str
    head: np.ndarray
    full: np.ndarray
    own: bool
    marked: bool
    by_other: bool
    missing: bool


@dataclass(frozen=True)
class _Place:
    """Where a name stands: whether nothing else is said, a judge marks it, and it is the whole name of something."""

    said: str
    own: bool
    marked: bool
    whole: bool


def sorts_asked(dialogue: Dialogue, number: int, catalog: Catalog) -> list[Asked]:
    """The sorts that a message asks for by name, in order; none of stories, whose titles name anything."""
    if tells_stories(catalog):
        return []
    content = dialogue.messages[number].content
    places: list[tuple[int, int]] = []
    found: list[tuple[int, Asked]] = []
    for told in sorted(_names(dialogue, number, catalog), key=lambda told: -len(told)):
        start, end = told[0].start, told[-1].end
        if any(start < b and a < end for a, b in places):
            continue  # of "beef stroganoff" no beef
        name = [word.form for word in told]
        rest = {*forms(content)} - FUNCTION_WORDS - {*name}
        marked = any(place == number and a < end and start < b for place, a, b in dialogue.described)
        spot = _Place(content[start:end], not rest, marked, _is_whole(content, words(content), told))
        one = _asked(name, spot, catalog)
        if one is not None:
            places.append((start, end))
            found.append((start, one))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _names(dialogue: Dialogue, number: int, catalog: Catalog) -> Iterator[list[Word]]:
    """The words of each name of a sort that a message asks for."""
    content = dialogue.messages[number].content
    said = words(content)
    muted = [(start, end) for place, start, end in dialogue.muted if place == number]
    muted += [(one.start, one.end) for one in dialogue.mentions if one.message == number]
    starts = [(start, end) for place, start, end in dialogue.described if place == number]
    starts += [(match.end(), match.end()) for match in _ASKED_FOR.finditer(content)]
    owned = [(match.end(), match.end()) for match in _OWN.finditer(content)] if _ANEW.search(content) else []
    starts.append((_OPENS.match(content).end(),) * 2)  # type: ignore[union-attr]
    for start, end in [*starts, *owned]:
        told = _name_at(content, said, start, end, catalog)
        if not told or any(told[0].start < b and a < told[-1].end for a, b in muted):
            continue
        before = content[: told[0].start]
        if (start, end) in owned:
            yield told
        elif is_beside(content, told[0].start) or (_OF_ANOTHER.search(before) and not _SEEKS.search(before)):
            continue
        else:
            yield told


def _name_at(content: str, said: Sequence[Word], start: int, end: int, catalog: Catalog) -> list[Word]:
    """The name that stands at some characters, with what belongs to it on both sides; empty where there is none."""
    at = next((n for n, word in enumerate(said) if word.end > start), len(said))
    told: list[Word] = []
    for word in said[at:]:
        inside = word.start < end
        if told and _ENDS.search(content[told[-1].end : word.start]):
            break
        if word.form in FUNCTION_WORDS or not (inside or word.form.isalpha()):
            if told:
                break
            if not inside:
                return []
            continue
        if told and not inside and word.form in _DOES:
            break  # "my stapler keeps jamming"
        if not inside and not _is_noun(word.form, catalog):
            if end > start or len(told) >= _LONGEST:
                break
            if not any(
                _is_noun(one.form, catalog) for one in said[said.index(word) + 1 : said.index(word) + 3]
            ):
                break  # an adjective stands before a noun
        told.append(word)
    while told and (not told[-1].form.isalpha() or told[-1].form in _ASKING):
        told.pop()
    while told and told[0].form in _ASKING:
        told.pop(0)
    told = told[-_LONGEST:]
    if not told:
        return []
    first = said.index(told[0])
    while first and len(told) < _LONGEST and not _ENDS.search(content[said[first - 1].end : told[0].start]):
        pair = f"{said[first - 1].form} {told[0].form}"
        if said[first - 1].form in FUNCTION_WORDS or not _is_name(pair, catalog):
            break
        first -= 1
        told.insert(0, said[first])
    return told


def _is_whole(content: str, said: Sequence[Word], told: Sequence[Word]) -> bool:
    """Whether a name ends where something else begins: "shipping ceramic mugs" asks for no ceramic."""
    after = next((word for word in said if word.start >= told[-1].end), None)
    if after is None or _ENDS.search(content[told[-1].end : after.start]):
        return True
    return after.form in FUNCTION_WORDS | _DOES


def _is_noun(form: str, catalog: Catalog) -> bool:
    return things().names(form) or len(heads_of(catalog).first((stem(form),))) > 0


def _is_name(pair: str, catalog: Catalog) -> bool:
    return things().names(pair) or len(heads_of(catalog).first(stems(pair))) > 0


def _is_compound(said: str) -> bool:
    """Whether the word before the last is no mere quality: of "label maker", "bean brownies" it names a thing, too."""
    told = stems(said)
    return len(told) > 1 and (things().names(" ".join(told[-2:])) or things().names(told[-2]))


def _asked(told: Sequence[str], of: _Place, catalog: Catalog) -> Asked | None:
    """What a name asks for, that stands at a place; None if it names no sort of thing."""
    head = told[-1]
    if {head, stem(head)} & _UNTOLD or len(head) < 3:
        return None
    general = stem(head) in {stem(noun) for noun in item_nouns(catalog)}
    if general and (len(told) < 2 or not _is_name(" ".join(told[-2:]), catalog)):
        return None  # "a plant": everything here is
    pair = _headed(told[-2:], catalog) if len(told) > 1 else np.zeros(len(catalog), dtype=bool)
    rows = pair.copy() if general else _headed([head], catalog) | pair
    if rows.sum() < _FEW and not _may_be_thing(told):
        rows[:] = False  # "for a teacher" may end a title
    loose = _DEGREES | (frozenset() if pair.any() else taste_words())
    before = [form for form in told[:-1] if form.isalpha() and form not in FUNCTION_WORDS | loose]
    full = rows.copy()
    if rows.any() and before and not general:
        full = _fully(before, rows, catalog) | pair
        titled = full.any()
        if full.sum() < _FEW:
            named = rows.copy()
            for form in before:
                named &= having(catalog, form)
            full |= named
        if titled and _is_compound(" ".join(told)):
            rows = full.copy()
    missing = False
    name = " ".join(told)
    by_other = not any(len(_rows(way, catalog)) for way in ((stem(head),), stems(" ".join(told[-2:]))))
    if not any(len(_rows(way, catalog)) for way in (*spellings([head]), *spellings(told[-2:]))):
        missing = names_thing(name) and {head, stem(head)}.isdisjoint(OCCASIONS)
        missing = missing and (len(told) > 1 or stem(head) != head or head not in _ALSO_TASTES)
        missing = missing and not _is_known(told, catalog) and {head, stem(head)}.isdisjoint(_ELSEWHERE)
    elif before and not full.any():
        missing = _is_compound(name) and not having(catalog, name).any()
    if not rows.any() and not (missing and of.whole):
        return None
    return Asked(of.said, rows, full, of.own, of.marked, by_other, missing and of.whole)


def _fully(before: Sequence[str], rows: np.ndarray, catalog: Catalog) -> np.ndarray:
    """Which of some items have all of some words in their titles, in any spelling, (n,) bool."""
    sought = [spellings([form]) for form in before]
    found = np.zeros(len(catalog), dtype=bool)
    for row in np.flatnonzero(rows):
        told_of = set(stems(catalog.titles[int(row)]))
        found[row] = all(any({*name} <= told_of for name in names) for names in sought)
    return found


def _is_known(told: Sequence[str], catalog: Catalog) -> bool:
    """Whether records may tell of what heads none of them; of goods, titles say what they are."""
    if titles_name_sorts(catalog):
        naming = int(catalog.naming(" ".join(told)).sum())
        return naming > max(_MENTIONS, _MENTIONED * len(catalog))
    naming = int(having(catalog, " ".join(told)).sum())
    words_ = [told[-1], *(name[0] for name in spellings(told[-1:]) if len(name) == 1)]
    return naming > 0 or any(len(called(catalog, word)) for word in words_)


def _may_be_thing(told: Sequence[str]) -> bool:
    """Whether a name is one of a thing, or ends in no word of everyday, as names of things may."""
    usual = ordinary_words()
    return names_thing(" ".join(told)) or (told[-1] not in usual and stem(told[-1]) not in usual)


def _headed(name: Sequence[str], catalog: Catalog) -> np.ndarray:
    """Which items are headed by a name, in any spelling, or by what is the same; if few are, by kinds of it, too."""
    heads = heads_of(catalog)
    found = np.zeros(len(catalog), dtype=bool)
    said = " ".join(name)
    same = {one for form in (said, stem(said)) for one in things().same(form)}
    ways = [*spellings(name), *(way for one in sorted(same) for way in spellings(one))]
    for way in ways:
        found[_rows(way, catalog)] = True
    if found.sum() < _FEW:
        for way in things().below(said):
            found[_rows(way, catalog)] = True
    if not found.any():
        for way in ways:
            found[heads.also(way)] = True
    return found


def _rows(way: Sequence[str], catalog: Catalog) -> np.ndarray:
    """The rows that a name heads, or whose title has the rest of it before its last word: "Scotch Magic Tape"."""
    own = heads_of(catalog).first(way)
    if len(way) < 2 or (len(own) and len(way) == 2):
        return own
    last = heads_of(catalog).first(way[-1:])
    return np.array([row for row in last if {*way} <= set(stems(catalog.titles[row]))], dtype=np.int64)
