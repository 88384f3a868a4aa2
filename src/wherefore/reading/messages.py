"""Messages of the user: what each says of items, values, people, numbers and counts, noted step by step."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import Any

import numpy as np

from wherefore.catalog.audience import WHOM
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import having, tells_stories
from wherefore.catalog.flag_words import Flag, flags_of
from wherefore.catalog.flags import yes_or_no
from wherefore.catalog.naming import words_of
from wherefore.catalog.times import WHEN, asked_of
from wherefore.dialogue.messages import Lists, Message
from wherefore.dialogue.notes import Notes, Verdict
from wherefore.dialogue.state import ANYWHERE, Count, FoundWish, Limit, LimitOp, Order, Wish, by_words
from wherefore.reading.ages_said import ages_of_people, ages_said
from wherefore.reading.clauses import NT, Span, blank, clauses, touch
from wherefore.reading.codes import CodeReader, FoundCodes
from wherefore.reading.complaints import ALL_ALIKE, complaint
from wherefore.reading.corrections import CORRECTS, DROPS, NEEDNT, SELF_CORRECTION, START_OVER
from wherefore.reading.counts import read_count
from wherefore.reading.critiques import CritiqueReader, FoundAnswer, FoundCritique
from wherefore.reading.cues import QUANTITIES
from wherefore.reading.fates import FateReader
from wherefore.reading.flags import FlagReader, FoundFlag
from wherefore.reading.foreign import ForeignReader
from wherefore.reading.freed_fields import free_fields
from wherefore.reading.gone import who_left
from wherefore.reading.households import HouseholdReader
from wherefore.reading.idioms import idioms
from wherefore.reading.intolerances import intolerances
from wherefore.reading.judged import JudgedReader
from wherefore.reading.judged_grades import JudgedGrades
from wherefore.reading.judged_kinds import FoundKind
from wherefore.reading.judged_limits import JudgedLimits, youngest
from wherefore.reading.judgements import ItemJudge
from wherefore.reading.languages import NamesAbroad, language_of
from wherefore.reading.limits import COLD, FoundLimit, LimitReader, is_plain, lowered
from wherefore.reading.mentions import Found
from wherefore.reading.moved_bounds import moved
from wherefore.reading.named_amounts import NamedAmounts
from wherefore.reading.numbers import names_money
from wherefore.reading.opposites import opposites
from wherefore.reading.orders import FoundOrder, OrderReader
from wherefore.reading.references import ReferenceReader
from wherefore.reading.series_refused import refused_series
from wherefore.reading.siblings import Siblings
from wherefore.reading.slots import DEEPER, slots_in
from wherefore.reading.somebody_else import others_meant, shared
from wherefore.reading.taking_back import ADDS, FORBIDS, REPLACES, TakenBack, allow, take_back
from wherefore.reading.times import FoundTime, TimeReader, continued, replaces
from wherefore.reading.turned_round import Turned, said_elsewhere, turned
from wherefore.reading.unrecorded import untold
from wherefore.reading.values import ValueFinder
from wherefore.reading.verdicts import by_marks
from wherefore.reading.vocabulary import key_of
from wherefore.reading.wearers import Wearers
from wherefore.reading.wishes import WishReader
from wherefore.reading.years import BORN
from wherefore.text import FUNCTION_WORDS, forms, stems, straight, words

_ASKS_REFUSAL = re.compile(
    r"\b(?:not (?:\w+ )?(?:to )?(?:see|watch|want|like|read|have)|(?:don'?t|do not|wouldn'?t) (?:you )?(?:\w+ "
    r")?(?:like|want|enjoy|see)|avoid|rule out|leave out|dislike|hate|stay away|skip)\b[^?\n]*\?\s*$",
    re.IGNORECASE,
)
_REQUESTS = re.compile(
    r"\b(?:want|like|love|looking|recommend|suggest|prefer|fan|mood|except|but)\b", re.IGNORECASE
)
_YES_NO = re.compile(
    r"^\W*(?:(?P<yes>yes|yeah|yep|yup|sure|ok|okay|definitely|absolutely|of course|sounds good|please|why not|i do|"
    r"i would|love (?:it|that|those|them))|(?P<no>no|nope|nah|not really|never|i don'?t|i do not|i hate (?:it|that|"
    r"those|them)))\b(?:\W+(?:please|thanks|thank you|not really|i do|i don'?t|i would|sounds good|that works|a lot|"
    r"very much|not at all|not today|not a fan|not my thing|i love (?:it|that|those|them)|i hate (?:it|that|those|"
    r"them)|sir|ma'am|mate|man))*\W*$",
    re.IGNORECASE,
)
_OFFERS = re.compile(
    r"^\W*(?:(?:so|and|ok|okay|well|maybe|then)\W+)*(?:(?:do|would|are|did|will|should)\b|how about|what about|"
    r"want\b|fancy\b|is (?:it|that)\b|shall|can i|could i|perhaps)[^?]*\?\s*$",
    re.IGNORECASE,
)
_NOT_TOO = re.compile(rf"(?:not|{NT})\s+too\b", re.IGNORECASE)
_TOO_MUCH = re.compile(  # refuses a degree, not the thing
    r"too\b|(?:not|isn'?t|aren'?t|doesn'?t|nothing)\s+(?:(?:be|get|that|is)\s+)?"
    r"(?:too|overly|super|all\s+that|that|so|very|really|extremely|insanely|crazy)\b",
    re.IGNORECASE,
)
_DEGREE = re.compile(
    rf"(?:\bnot|{NT})\s+(?:\w+\s+)?(?:too|so|that|overly|very|super|all\s+that)\s+$|\btoo\s+$", re.IGNORECASE
)
_DICTATED = re.compile(  # "claim that all of them are musicals from 1930": what the assistant is to say is no wish
    r"(?:^|(?<=[.!?;,:])|\b(?:but|and|then|please))\s*(?:claim|pretend|say|state|insist)\s+that\b[^.!?\n]*",
    re.IGNORECASE,
)
_OF_US = re.compile(  # "you're not very clever, are you"
    r"\byou(?:'re|\s+are|\s+were)(?:\s+(?:not|so|very|really|too|quite|pretty|just|being|such\s+an?))*\s+[a-z-]+(?=\s*(?:[,.!?;]|$))",
    re.IGNORECASE,
)
_THAT_PERSON = re.compile(
    r"\b(?:by|from|of|with|starring)\s+(?:that|this|the\s+same|the)\s+(?P<label>director|actor|actress|author|writer|artist|designer|"
    r"singer|band|cook|brand|composer)\b|\b(?:by|with)\s+(?:him|her|them)\b(?=\W*(?:$|please|in|too|instead|[.!?,]))|"
    r"\b(?:more|others?|anything|something|any)\s+(?:else\s+)?(?:of|by|from)\s+(?:his|hers|theirs)\b",
    re.IGNORECASE,
)
_BARE_LIMIT = re.compile(
    r"\b(?:(?P<below>under|below|less than|shorter than|at most|max)|over|above|more than|longer than|at least)\s+"
    r"(?P<number>\d{1,5})\b(?!\s*(?:[a-z]*(?:min|hour|year|star|time)|%|/|\d))",
    re.IGNORECASE,
)
_ANY_ORDER = re.compile(
    r"\b(?:in\s+any|(?:the\s+)?order\s+(?:does\s*n.t|does\s+not)|forget\s+the)\s+(?:order|matter|sorting)\b",
    re.IGNORECASE,
)
_NOT_FROM = re.compile(  # "nothing from before I was born"
    r"\b(?:nothing|not|none|no|never|without|avoid|skip)\b[^,.;!?]{0,30}$", re.IGNORECASE
)
_NEXT = re.compile(r"\bnext\s+$", re.IGNORECASE)
_EITHER = re.compile(r"\bor\b", re.IGNORECASE)
_MOST_NAMED = 0.9  # share of the items whose records may name what is refused, so that others are left
_ALSO_FINE = (
    r"\s+(?:is|are|would\s+be|works?)\s+(?:also\s+|just\s+|actually\s+)?"
    r"(?:ok|okay|fine|possible|alright|good|too)\b"
)
_FINE = re.compile(_ALSO_FINE, re.IGNORECASE)
_OF_IT = frozenset(
    "note notes flavour flavours flavor flavors taste tastes stuff things ingredients bits".split()
)
_FEW_VALUES = 200  # of a field of which one value takes another's place
_BOTH, _BOTH_SHARE = (
    2,
    0.02,
)  # items, and of those that meet the rarer wish, up to which hardly any meets both
_PLEASE = re.compile(r"\s+(?:please|pls|thanks|thx)\W*$", re.IGNORECASE)
_ROOMY = 0.75  # share of an upper limit up to which a lower one leaves enough between them
_OTHER_SIDE: dict[str, LimitOp] = {
    "l": "ge",
    "g": "le",
    "e": "eq",
}  # "doesn't matter if it's old" lets older ones in
_NOBODY = re.compile(
    r"\b(?:nobody|no[\s-]?one|no\s+people)\s+(?:is\s+|ever\s+)?(?P<what>[a-z]{3,}ing)\b", re.IGNORECASE
)
_LINE = 0.05  # share of the items up to which words name a line of goods, not what most items are
_THAN = re.compile(r"(?:\s+\w+)?\s+than\s+(?:the\s+)?", re.IGNORECASE)  # "a longer film than"


@dataclass(frozen=True, slots=True)
class _Heard:
    """A message, and what was found in it before its clauses are read."""

    content: str
    text: str  # with straight apostrophes, and without what is said to or of the assistant
    found: Sequence[Found]
    same: Sequence[tuple[Span, tuple[str, str]]]  # "that director": field and name
    foreign: Sequence[tuple[Span, bool]]  # "foreign films", and whether they are refused
    answer: FoundAnswer | None
    limits: Sequence[FoundLimit]
    critiques: Sequence[FoundCritique]
    flags: Sequence[FoundFlag]  # "clean only"
    codes: Sequence[FoundCodes]  # "nothing above PG-13"
    hidden: Sequence[Span]  # where no values are to be read
    orders: Sequence[FoundOrder] = ()
    times: Sequence[FoundTime] = ()  # "on Saturdays", "before Christmas"
    before: Sequence[Message] = ()  # the messages before it, for a judge
    left: Span = (0, 0)  # where it leaves a choice: what is weighed there is said of none of them
    turned: Turned = Turned()  # "doesn't matter if it's old"

    @property
    def places(self) -> list[Span]:
        """Where it names items and people."""
        return [*((one.start, one.end) for one in self.found), *(span for span, _ in self.same)]


class Aside:
    """Notes in which verdicts on the items that a message names are put aside, to be weighed; all else is noted.

    Args:
        notes: Where that is.
        items: The ids of those items.

    Attributes:
        told: The verdicts on each, in order.
    """

    def __init__(self, notes: Notes, items: Collection[str]) -> None:
        object.__setattr__(self, "_notes", notes)
        object.__setattr__(self, "_items", items)
        object.__setattr__(self, "told", {})

    def note(self, item_id: str, verdict: Verdict) -> None:
        """As of `Notes`."""
        if item_id in self._items and verdict in ("liked", "disliked", "seen"):
            self.told.setdefault(item_id, []).append(verdict)
        else:
            self._notes.note(item_id, verdict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._notes, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._notes, name, value)


class MessageReader:
    """Notes what messages of the user say.

    Args:
        catalog: The catalogue.
        values: Finds its values and people.
        wishes: Reads what is asked of them,
        limits: and of its numbers.
        references: Knows which items are refused by name.
        judged: Reads by a judge what else messages mean.
        clock: Tells the day from which "next weekend" is counted.
    """

    def __init__(
        self,
        catalog: Catalog,
        values: ValueFinder,
        wishes: WishReader,
        limits: LimitReader,
        references: ReferenceReader,
        judged: JudgedReader | None = None,
        clock: Callable[[], date] = date.today,
    ) -> None:
        self._judged = judged
        self._times = TimeReader(catalog, clock)
        self._catalog, self._values, self._wishes, self._limits = catalog, values, wishes, limits
        self._references = references
        self._bounds = JudgedLimits(catalog, limits.measures)
        self._siblings = Siblings(catalog, limits.measures)
        self._grades = JudgedGrades(limits)
        self._critiques = CritiqueReader(catalog, limits)
        self._people = [spec.name for spec in catalog.schema.names]
        # What items are called: "movies", "thrillers".
        self._sought = frozenset({*values.words.nouns, *values.words.kinds})
        self._foreign = ForeignReader(catalog, self._sought)
        self._orders = OrderReader(limits.measures, catalog.scales)
        self._households = HouseholdReader(catalog)
        self._wearers = Wearers(catalog, limits.measures.age)
        self._flags = FlagReader(catalog, self._sought)
        # What a column of yes and no is called by, like "pet safe".
        self._told_by_flag = {
            tuple(stems(spec.flag)): (spec.name, spec.flag) for spec in catalog.schema.fields if spec.flag
        }
        self._codes = CodeReader(catalog)
        self._fates = FateReader(catalog)
        self._amounts = NamedAmounts(catalog, limits.measures)
        self._abroad = NamesAbroad(catalog)
        # No catalogue that a judge learned with knows how well known its items are.
        self._fame = catalog.schema.popularity.name if catalog.schema.popularity is not None else None

    def note(
        self,
        content: str,
        found: Sequence[Found],
        lists: Lists,
        question: str,
        notes: Notes,
        about: Span,
        before: Sequence[Message] = (),
    ) -> None:
        """Note what a message says.

        Args:
            content: The message.
            found: The items that it names.
            lists: What was listed before.
            question: What the assistant said before.
            notes: Where it is noted.
            about: The characters that ask about items: they ask for nothing.
            before: The messages before it.
        """
        text = straight(content)
        told = [*((one.content if one.role == "user" else "") for one in before), text]
        alike = [*self._alike(text, lists.last, notes), *self._others(text, lists.last, notes)]
        alike += self._series(text, notes)
        alike += free_fields(text, self._catalog.schema.valued, notes)
        alike += self._opposites(text, notes)
        for place in idioms(text) if not tells_stories(self._catalog) else ():
            notes.mute(*place)  # "a first date" asks for no fruit, but a story may tell of one
        alike += who_left(text, told[:-1], self._limits.measures.age, notes)
        alike += [match.span() for match in DEEPER.finditer(text)]
        notes.settled += alike
        gone = take_back(
            text, told[:-1], [(one.start, one.end) for one in found], notes, self._limits.measures
        )
        self._renew(gone, notes)
        for_whom = [wish for wish in notes.refusals if wish.field == WHOM]
        heard = self._hear(content, found, lists, question, notes, about, (*gone.places, *alike))
        if _EITHER.search(text, *about):
            heard = replace(heard, left=about)
        if self._judged is not None:
            heard = self._bounded(replace(heard, before=before), self._judged, about)
        if shifted := [*moved(blank(text, [about]), notes.limits, self._limits.measures)]:
            kept = [one for one in heard.limits if not any(_within(one, each) for each in shifted)]
            heard = replace(heard, limits=[*kept, *shifted])
        amounts = self._amounts.named(lowered(text), heard.limits)
        amounts += self._amounts.graded(lowered(blank(text, [about])), amounts)
        for place in self._amounts.places(text, amounts):
            notes.mute(*place)  # what is measured: "30 g of protein" asks for nothing that is called protein
        heard = replace(heard, limits=amounts)
        meant = self._siblings.settle(heard.limits, lowered(content), [*map(lowered, told[:-1])])
        heard = _as_turned(
            replace(heard, limits=self._of_items(meant, text), turned=turned(blank(text, [about]))), notes
        )
        for lifted in heard.limits:
            if lifted.lifts:
                notes.lift(lifted.field, lifted.op)
        self._take_back(heard.text, notes)
        self._consent(content, question, notes)
        measured, values = self._note_clauses(heard, lists, question, notes)
        self._note_refused(heard, notes)
        self._spared(heard, notes)
        self._note_limits(heard, measured, notes)
        self._note_times(heard, notes)
        self._note_order(heard, lists, notes)
        masked = (*heard.places, *heard.hidden)
        count = read_count(heard.text, self._values.words.nouns, values, masked, question)
        if count is not None:
            notes.count = Count(count.value, content[count.start : count.end])
        elif self._judged is not None:
            taken = [*masked, *((one.start, one.end) for one in heard.limits)]
            judged = self._judged.count(heard.before, content, taken)
            if judged is not None:
                notes.count = Count(judged[0], content[slice(*judged[1])])
        for span, refused in heard.foreign:
            assert self._foreign.english is not None
            english = Wish(*self._foreign.english, 2.0, content[slice(*span)])
            if refused:
                notes.want(english)
            else:
                notes.refuse(english)
        self._note_flags(heard, notes)
        if suited := self._households.read(heard.text):
            held = {(one.field, one.value) for one in notes.values()["unwanted"]}
            for wish in suited:
                if (wish.field, wish.value) not in held:
                    notes.want(wish)
        for span, (name, person) in heard.same:
            notes.want(Wish(name, person, 2.0, content[slice(*span)]))
        if heard.answer is not None:
            answer = heard.answer
            said = content[answer.start : answer.end]
            notes.limit([Limit(answer.field, answer.op, answer.value, said)])
        wanted = [] if self._judged is None else self._judged.wanted(before, content)
        notes.settled += allow(blank(text, [about]), told, wanted, notes)
        self._supersede(text, gone, notes)
        self._wearers.hear([*map(straight, told)], for_whom, notes)
        if complaint(text) == "again" and lists.last:
            counted = slots_in(text, len(lists.last))
            named = [one.item_id for one in found if one.item_id]
            notes.reject(named or [lists.last[slot] for slot in counted] or lists.last)
            notes.others = True

    def _alike(self, text: str, listed: Sequence[str], notes: Notes) -> list[Span]:
        """Refuse what a message says that all of a list are, where most are: "those are all salads"; where it does."""
        items = [self._catalog[item] for item in listed if item in self._catalog]
        places: list[Span] = []
        for match in ALL_ALIKE.finditer(text) if len(items) > 1 else ():
            said = text[: match.end("what")]
            here = [word for word in words(said) if word.start >= match.start("what")]
            for group in self._values.spoken_of(said, here):
                for field, value in group:
                    if 2 * sum(value in item.values(field) for item in items) > len(items):
                        notes.refuse(Wish(field, value, 2.0, match["what"].strip()))
                        places.append(match.span())
        return places

    def _opposites(self, text: str, notes: Notes) -> list[Span]:
        """Refuse what a message turns down by its opposite, "in colour", and where it says so."""
        places = []
        for span, called in opposites(text):
            values = [value for key in called for value in self._values.words.all(key_of(key), False)]
            for value in values:
                notes.free(value.field, value.value)
                notes.refuse(Wish(value.field, value.value, 2.0, text[slice(*span)]))
            places += [span] if values else []
        return places

    def _spared(self, heard: _Heard, notes: Notes) -> None:
        """Refuse what tells of harm to those whom a message spares: "the dog has to live"."""
        for one in self._fates.read(heard.text):
            said = heard.content[slice(*one.span)].strip()
            for field, value in one.values:
                notes.refuse(Wish(field, value, 2.0, said))
            if one.values:
                notes.settled.append(one.span)
            else:
                notes.spared.append(one.span)
        for match in _NOBODY.finditer(heard.text):
            span = match.span("what")
            if not any(touch(span, place) for place in (*notes.settled, *notes.spared, *heard.places)):
                notes.mute(*span)
                notes.unseen.append(span)

    def _series(self, text: str, notes: Notes) -> list[Span]:
        """Refuse what of series a message does, and where it says so: "no sequels", "a standalone"."""
        told = list(refused_series(text, self._catalog))
        for kind, (start, end) in told:
            notes.refuse(Wish(ANYWHERE, kind, 2.0, text[start:end].strip()))
        return [span for _, span in told]

    def _others(self, text: str, listed: Sequence[str], notes: Notes) -> list[Span]:
        """Refuse whom a message wants no more of, "not by him", and where it says so."""
        places = list(others_meant(text, self._catalog.schema.names))
        last = notes.last_person(self._people)
        items = [self._catalog[item] for item in listed if item in self._catalog]
        whom = [last] if last is not None else shared(items, self._people)
        for place in places if whom else ():
            for name, person in whom:
                notes.refuse(Wish(name, person, 2.0, text[slice(*place)]))
            notes.others = True
        return places if whom else []

    def _renew(self, taken: TakenBack, notes: Notes) -> None:
        """Let go of what a message takes back as a whole."""
        measures = self._limits.measures
        price, age = (spec.name if spec is not None else "" for spec in (measures.price, measures.age))
        for place in taken.places:
            notes.mute(*place)
        notes.settled += taken.places
        if taken.anew == "whom":
            notes.lift(age, "eq")
            for wish in notes.wishes:
                if wish.said.lower().startswith("for "):
                    notes.free(wish.field, wish.value)
                    notes.forget_words(wish.said)
        elif taken.anew is not None:
            lasting = [wish for wish in notes.wishes if self._lasts(wish)]
            notes.renew({price} if taken.anew == "somebody" else {price, age})
            for wish in lasting:  # who has a cat has it still
                notes.want(wish, -1)

    def _supersede(self, text: str, taken: TakenBack, notes: Notes) -> None:
        """Let go of older wishes that hardly any item could meet beside what this message wants."""
        new = by_words([wish for wish in notes.new_wishes if not self._lasts(wish)])
        old = by_words(
            [wish for wish in notes.wishes if wish not in notes.new_wishes and not self._lasts(wish)]
        )
        if not new or not old or ADDS.search(text):
            return
        replaces = REPLACES.search(text) is not None or bool(taken.places)
        for group in old:
            if any(self._excludes(group, one, replaces) for one in new):
                for wish in group:
                    notes.free(wish.field, wish.value)
                    notes.forget_words(wish.said)

    def _lasts(self, wish: Wish) -> bool:
        """Whether a wish is one that people live by, or a mere yes or no: no change of mind about the rest ends it."""
        if FORBIDS.search(wish.said):
            return True
        return any(spec.name == wish.field and spec.flag for spec in self._catalog.schema.fields)

    def _excludes(self, old: Sequence[Wish], new: Sequence[Wish], replaces: bool) -> bool:
        """Whether a new wish takes an older one's place: of the same field, where hardly any item meets both."""
        fields = {wish.field for wish in old} & {wish.field for wish in new}
        fields -= set() if replaces else {*self._people}  # two people seldom make one thing together
        few = {field for field in fields if len(self._catalog.vocabulary(field)) <= _FEW_VALUES}
        if replaces and few:
            return True
        if not fields and not replaces:
            return False
        met = [reduce(np.union1d, map(self._holding, group), np.empty(0, np.int32)) for group in (old, new)]
        both = len(np.intersect1d(met[0], met[1], assume_unique=True))
        return bool(both <= max(_BOTH, _BOTH_SHARE * min(map(len, met))))

    def _holding(self, wish: Wish) -> np.ndarray:
        """The rows of the items that have what is wished, ascending."""
        valued = {spec.name for spec in self._catalog.schema.valued}
        if any(field not in valued for field, _ in wish.parts):
            return np.empty(0, np.int32)
        return reduce(np.intersect1d, [self._catalog.bearing(*part) for part in wish.parts])

    def _note_flags(self, heard: _Heard, notes: Notes) -> None:
        """Note what a message asks of columns of yes and no, and of codes in an order."""
        for each in flags_of(self._catalog) if _FINE.search(heard.text) else ():
            self._loosened(heard.text, each, notes)
        for flag in heard.flags:
            said = heard.content[flag.start : flag.end]
            if not flag.flag.value:  # a count: of what is in stock there is at least one
                notes.limit([Limit(flag.flag.field, "ge" if flag.wanted else "lt", 1.0, said)])
                continue
            wish = Wish(flag.flag.field, flag.flag.value, flag.strength, said)
            if flag.wanted and not self._loosened(heard.text, flag.flag, notes):
                notes.want(wish, flag.start, beside=True)
            elif flag.wanted:
                continue
            else:
                notes.refuse(wish if flag.strength >= 2 else replace(wish, strength=0.5))
        language = language_of(heard.text, heard.places)
        for named in self._abroad.read(heard.text, language, heard.places) if language else ():
            wish = Wish(named.field, named.value, named.strength, heard.content[named.start : named.end])
            if named.kind == "wanted":
                notes.want(wish, named.start, beside=True)
            else:
                notes.refuse(wish)
        for codes in heard.codes:
            for code in codes.refused:
                notes.refuse(Wish(codes.field, code, 2.0, heard.content[codes.start : codes.end]))

    def _loosened(self, text: str, flag: Flag, notes: Notes) -> bool:
        """Whether a message lets a value that says neither yes nor no pass, too: "'by arrangement' is also ok"."""
        if flag.is_flag or not flag.value:
            return False
        values = list(self._catalog.vocabulary(flag.field))
        others = [value for value in values if value != flag.value and yes_or_no(value) is None]
        passed = [
            value
            for value in others
            if re.search(rf"{re.escape(value)}['\"]?{_ALSO_FINE}", text, re.IGNORECASE) is not None
        ]
        if not passed:
            return False
        asked = [one for one in notes.wishes if one.field == flag.field]
        for wish in asked:
            notes.free(wish.field, wish.value)
        for value in values if asked else ():
            if value != flag.value and value not in passed:
                notes.refuse(Wish(flag.field, value, 2.0, asked[0].said))
        return True

    def _note_times(self, heard: _Heard, notes: Notes) -> None:
        """Note when what is sought shall be; of one field the newer of two, but all that is refused."""
        now: list[str] = []
        for one in heard.times:
            made = one.asked
            for name in notes.limited():
                if not name.startswith(WHEN) or name in now:
                    continue
                old = asked_of(name)
                lifted = made is None and one.lifts in (old.facet, "date")
                if lifted or (
                    made is not None and one.lifts and (old.field, old.facet) == (made.field, made.facet)
                ):
                    notes.lift(name, "eq")
                elif made is not None and not one.lifts and replaces(made, name):
                    notes.lift(name, "eq")
                    made = continued(made, old)
            if made is not None and not one.lifts:
                now.append(made.name)
                notes.limit([Limit(made.name, "ge", 1.0, heard.content[one.start : one.end].strip())])

    def settled(self, text: str) -> list[Span]:
        """Where a text asks for what columns of yes and no tell, codes in an order, or times."""
        flags = [(one.start, one.end) for one in self._flags.read(text)]
        flags += [(one.start, one.end) for one in self._times.read(lowered(text))]
        return flags + [(one.start, one.end) for one in self._codes.read(text)]

    def unheld(self, text: str) -> list[Span]:
        """Where a text bounds an amount that the records do not tell, or not in that unit."""
        return [*self._limits.unheld(text, self._sought), *self._times.untold(lowered(text))]

    def over(self, limits: Sequence[Limit]) -> tuple[str, ...]:
        """The items all of whose dates are past, where something can be booked; none where past ones are asked for."""
        return self._times.over(limits)

    def unordered(self, text: str) -> list[Span]:
        """Where a text asks for an order by what no record tells: "the lightest", where nothing has a weight."""
        orders = self._orders.read(lowered(text), self._sought)
        return [(one.start, one.end) for one in orders if not one.field]

    def _hear(
        self,
        content: str,
        found: Sequence[Found],
        lists: Lists,
        question: str,
        notes: Notes,
        about: Span,
        gone: Sequence[Span],
    ) -> _Heard:
        """Find what a message says of numbers, languages and people that it points at; `gone` is taken back."""
        text = straight(content)
        text = blank(text, [match.span() for match in (*_DICTATED.finditer(text), *_OF_US.finditer(text))])
        same = self._same_person(text, lists.focus, notes)
        same = [one for one in same if not any(touch(one[0], span) for span in gone)]
        flat = blank(
            text, [*((one.start, one.end) for one in found), *(span for span, _ in same), about, *gone]
        )
        foreign = self._foreign.read(flat)
        flat = blank(flat, [span for span, _ in foreign])
        answer = self._critiques.answered(flat, question)
        answered = [(answer.start, answer.end)] if answer is not None else []
        flat = blank(flat, answered)
        times = self._times.read(lowered(flat))
        flat = blank(flat, [(one.start, one.end) for one in times])
        orders = self._orders.read(lowered(flat), self._sought)
        flat = blank(flat, [(one.start, one.end) for one in orders])
        limits = self._limits.read(flat, self._sought)
        limits += self._born(flat)
        limits += [
            one
            for one in ages_said(flat, self._limits.measures.age)
            if not any(touch((one.start, one.end), (other.start, other.end)) for other in limits)
        ]
        limited = [(limit.start, limit.end) for limit in limits]
        put_right = CORRECTS.search(flat)
        if put_right is not None:  # "from the 80s, sorry, I meant the 90s"
            later = self._limits.read(blank(flat, [(0, put_right.start())]), self._sought)
            fields = {limit.field for limit in later}
            limits = [limit for limit in limits if limit.field not in fields] + later
        critiques = [
            critique
            for critique in self._critiques.read(flat)
            if not any(_overlap(one, critique) and (one.lifts or _has_digit(text, one)) for one in limits)
        ]
        hidden = [
            *limited,
            *(span for span, _ in foreign),
            *((one.start, one.end) for one in critiques),
            about,
            *gone,
        ]
        hidden += [(one.start, one.end) for one in orders] + [(one.start, one.end) for one in times]
        hidden += [*(match.span() for match in SELF_CORRECTION.finditer(text)), *answered]
        named = [(one.start, one.end) for one in found]
        codes = self._codes.read(blank(text, [about, *named]), blank(text, [about]))
        hidden += [(one.start, one.end) for one in codes]
        flags = self._flags.read(text, [*hidden, *named])
        # "French subtitles", where no record tells of any, are no wish for what is from France.
        hidden += [(one.start, one.end) for one in untold(text, self._catalog)]
        hidden += [(one.start, one.end) for one in flags]
        return _Heard(
            content,
            text,
            found,
            same,
            foreign,
            answer,
            limits,
            critiques,
            flags,
            codes,
            hidden,
            orders,
            times,
        )

    def _of_items(self, limits: Sequence[FoundLimit], text: str) -> list[FoundLimit]:
        """Limits without those that read somebody's age as a price or a count: "my lad is 9"."""
        measures = self._limits.measures
        ages = [] if measures.own_age is not None else ages_of_people(text)
        own = {spec.name for spec in (measures.age, measures.own_age) if spec is not None}
        return [
            one
            for one in limits
            if one.field in own
            or one.vague
            or not any(touch((one.start, one.end), span) for span in ages)
            or is_plain(text[one.start : one.end])
        ]

    def _born(self, flat: str) -> list[FoundLimit]:
        """The limit that somebody sets by when they were born: "from before I was born, I'm from 1988"."""
        spec = self._limits.measures.year
        match = BORN.search(flat) if spec is not None else None
        if match is None or spec is None:
            return []
        year = float(next(one for name, one in match.groupdict().items() if name.startswith("year") and one))
        refused = _NOT_FROM.search(flat, 0, match.start()) is not None
        op: LimitOp = "lt" if match["before"] and not refused else "ge"
        return [FoundLimit(spec.name, op, year, *match.span())]

    def _bounded(self, heard: _Heard, judged: JudgedReader, about: Span) -> _Heard:
        """A message with the limits that the judge lets stand, and those that only it finds."""
        before, content = heard.before, heard.content
        kept = [
            one
            for one in heard.limits
            if one.lifts
            or one.field == self._fame
            or one.named
            or COLD.match(content.lower(), one.start)
            or is_plain(content[one.start : one.end])
            or not judged.means_nothing(before, content, (one.start, one.end))
        ]
        taken = [*((one.start, one.end) for one in kept), *heard.places, about]
        taken += self._limits.undivided(blank(straight(content), taken), self._sought)
        bounds = judged.bounds(before, content, taken)
        fields, age = {one.field for one in kept}, self._limits.measures.age
        more = [
            one
            for one in self._bounds.read(content, bounds)
            if one.field not in fields or (age is not None and one.field == age.name)
        ]
        fields |= {one.field for one in more} | {one.field for one in heard.critiques}
        taken += [(one.start, one.end) for one in more] + [(one.start, one.end) for one in heard.critiques]
        taken += [(one.start, one.end) for one in heard.orders]
        graded: list[FoundLimit | FoundCritique | FoundOrder] = [
            one
            for one in self._grades.read(content, judged.graded(before, content, taken))
            if (one.field not in fields or _fits_beside(one, [*kept, *more]))
            and not any(order.field == one.field for order in heard.orders)
        ]
        orders = [*heard.orders, *(one for one in graded if isinstance(one, FoundOrder))]
        hidden = [
            *heard.hidden,
            *(one.span for one in bounds),
            *((one.start, one.end) for one in graded),
        ]
        return replace(
            heard,
            limits=youngest([*kept, *more, *(one for one in graded if isinstance(one, FoundLimit))], age),
            critiques=[*heard.critiques, *(one for one in graded if isinstance(one, FoundCritique))],
            hidden=hidden,
            orders=orders,
        )

    def _take_back(self, text: str, notes: Notes) -> None:
        """Forget what a message takes back, all or of a person."""
        if START_OVER.search(text):
            notes.forget()
        if NEEDNT.search(text):  # "she doesn't have to be in it"
            notes.free_person(self._people)
        for dropped in DROPS.finditer(text):  # "forget Haneke": a last name says enough of who was asked for
            notes.free_named({*forms(dropped["what"])[:3]}, self._people)

    def _note_clauses(
        self, heard: _Heard, lists: Lists, question: str, notes: Notes
    ) -> tuple[list[Limit], list[Span]]:
        """Note what each clause says of items and values; the limits that items set, and where values stand."""
        text, limits, critiques = heard.text, heard.limits, heard.critiques
        flat = blank(text, heard.hidden)
        spoken = [word for word in words(heard.content) if flat[word.start : word.end].strip()]
        # "It was too long" says how long the next one may be, not that it was bad.
        mild = blank(text, [(one.start, one.end) for one in critiques if one.too])
        mild = blank(mild, [(limit.start, limit.end) for limit in limits if limit.vague])
        turned = _ASKS_REFUSAL.search(straight(question)) is not None and len(text.split()) <= 12
        refuses = turned and not _REQUESTS.search(text)
        aside = Aside(notes, {one.item_id for one in heard.found})
        judge = ItemJudge(
            question,
            lists.last,
            lists.focus,
            notes if self._judged is None else aside,  # type: ignore[arg-type]
        )
        told: list[FoundWish] = []
        corrected = 0.0  # the strength of a wish that was taken back
        measured: list[Limit] = []
        values: list[Span] = []
        for clause in clauses(text, heard.places):
            here = [one for one in heard.found if clause[0] <= one.start < clause[1]]
            notes.words = _told(heard.content, clause)
            alone = bool(judge.own or here) or len(lists.last) == 1
            # Of a list it does say that it does not please.
            if not touch(clause, heard.left):
                judge.read(mild if alone else text, clause, here)
            for critique in critiques:
                if clause[0] <= critique.start < clause[1]:
                    than = [one.item_id for one in here if _THAN.fullmatch(text[critique.end : one.start])]
                    target = than[:1] or judge.own or lists.focus
                    measured += self._measured(heard, flat, critique, target, lists.last)
            said = [word for word in spoken if clause[0] <= word.start < clause[1]]
            wishes = self._wishes.read(heard.content, said, heard.places)
            if self._judged is not None:
                told += wishes
                continue
            wishes = self._meant(heard, wishes)
            values += [(wish.start, wish.end) for wish in wishes]
            for wish in wishes:
                corrected = self._note_wish(heard.content, wish, wishes, refuses, corrected, notes)
        barred = intolerances(heard.content, [*heard.places, *heard.hidden])
        self._note_kinds(heard.content, barred, (), notes)
        self._note_demanded(heard, notes)
        if self._judged is not None:
            self._note_verdicts(heard, self._judged, aside, notes)
            masked = (*heard.places, *heard.hidden)
            notes.words = ""
            judged = self._judged.wishes(heard.before, heard.content, masked, told)
            denied = self._judged.refused(heard.before, heard.content)
            judged = self._meant(heard, judged, denied)
            for start, end in denied:
                if not heard.turned.is_no_refusal(text, (start, end), denied, " " in text[start:end].strip()):
                    notes.mute(start, end)
                else:
                    notes.settled.append((start, end))
            kinds = [
                one
                for one in self._judged.kinds.read(heard.before, heard.content, masked)
                if not heard.turned.is_no_refusal(text, (one.start, one.end), denied)
            ]
            ill = [(one.start, one.end) for one in barred]
            kinds = [one for one in kinds if not any(touch((one.start, one.end), place) for place in ill)]
            self._note_kinds(heard.content, kinds, judged, notes)
            kinds += barred
            refused = [(one.start, one.end) for one in kinds if one.names and not one.is_rule]
            judged = [
                one
                for one in judged
                if one.kind != "wanted" or not any(touch((one.start, one.end), place) for place in refused)
            ]
            values += [(one.start, one.end) for one in kinds]
            for wish in judged:
                values.append((wish.start, wish.end))
                corrected = self._note_wish(heard.content, wish, judged, refuses, corrected, notes)
            self._note_refused_words(heard, self._judged, [*masked, *values], notes)
        return measured, values

    @staticmethod
    def _meant(heard: _Heard, wishes: Sequence[FoundWish], denied: Sequence[Span] = ()) -> list[FoundWish]:
        """The wishes of a message without those that it turns round; `denied` is what else looks like a refusal."""
        refused = [*denied, *((one.start, one.end) for one in wishes if one.kind == "unwanted")]
        found = []
        for one in wishes:
            span = one.start, one.end
            if heard.turned.is_free(span):
                found.append(replace(one, kind="freed" if one.kind == "wanted" else "lifted"))
            elif one.kind != "unwanted" or not heard.turned.is_no_refusal(
                heard.text, span, refused, bool(one.also)
            ):
                found.append(one)
        return found

    def _note_demanded(self, heard: _Heard, notes: Notes) -> None:
        """Note what two negatives ask for: "nothing that isn't funny"."""
        for span in heard.turned.demanded:
            said = heard.text[slice(*span)]
            here = [word for word in words(heard.text) if span[0] <= word.start and word.end <= span[1]]
            for group in self._values.spoken_of(heard.text, here):
                for field, value in self._best(group):
                    notes.want(Wish(field, value, 2.0, _PLEASE.sub("", said).strip()), span[0])

    def _best(self, group: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Of what a word may stand for what most items have: one value that it asks for."""
        valued = {spec.name for spec in self._catalog.schema.valued}
        known = [one for one in group if one[0] in valued]
        return [max(known, key=lambda one: len(self._catalog.bearing(*one)))] if known else list(group[:1])

    def _note_kinds(
        self, content: str, kinds: Sequence[FoundKind], wishes: Sequence[FoundWish], notes: Notes
    ) -> None:
        """Note the kinds of things that are refused; a genre that is refused says by itself what has it."""
        for one in kinds:
            same = [wish for wish in wishes if touch((wish.start, wish.end), (one.start, one.end))]
            if any(wish.kind == "unwanted" and self._values.words.is_genre(wish.value) for wish in same):
                continue
            said = content[one.start : one.end]
            if _DEGREE.search(content[: one.start]) and not one.is_rule:
                continue  # "spooky but not so spooky that parents ring": of the thing itself something is sought
            if (
                field := self._told_by_flag.get(tuple(stems(said)))
            ) is not None:  # surer than what texts name
                notes.want(Wish(*field, 2.0, said), one.start, beside=True)
                continue
            if one.names and not one.is_rule:
                notes.mute(one.start, one.end)
            for name in one.names:
                notes.refuse(Wish(ANYWHERE, name, 2.0, content[one.start : one.end]))

    def _note_refused_words(
        self, heard: _Heard, judged: JudgedReader, taken: Sequence[Span], notes: Notes
    ) -> None:
        """Note refusals that name no value, where records name their words: "no garlic", of a list of ingredients."""
        denied = judged.refused(heard.before, heard.content)
        for start, end in judged.refused_words(heard.before, heard.content, taken):
            said = heard.content[start:end]
            if heard.turned.is_no_refusal(heard.text, (start, end), denied, " " in said.strip()):
                continue
            told = _content(said)
            if set(told.split()) <= self._sought | QUANTITIES:
                continue  # "hopeless with plants", of plants
            if told and 0 < having(self._catalog, told).mean() <= _MOST_NAMED:
                notes.refuse(Wish(ANYWHERE, told, 2.0, said))
        for start, end in judged.disliked(heard.before, heard.content):
            named = [one for one in heard.found if touch((one.start, one.end), (start, end))]
            if any(one.score >= 100 for one in named):
                continue  # it is that item, by its title
            said = heard.content[start:end]
            told = _content(said)
            count = int(having(self._catalog, told).sum()) if told else 0
            # "Those Pilot G2s": of a shop's many records none is liked.
            if 1 < count <= _LINE * len(self._catalog):
                notes.refuse(Wish(ANYWHERE, told, 2.0, said))

    def _note_verdicts(self, heard: _Heard, judged: JudgedReader, aside: Aside, notes: Notes) -> None:
        """Note what is said of the items that a message names, by the judge and by what was put aside."""
        parts = clauses(heard.text, heard.places)
        for one in heard.found:
            if not one.item_id:
                continue
            by_rule = aside.told.get(one.item_id, ())
            verdict = by_marks(heard.content, one.start, one.end) or judged.verdict(
                heard.before, heard.content, (one.start, one.end), by_rule
            )
            clause = next((part for part in parts if part[0] <= one.start < part[1]), (one.start, one.end))
            notes.words = _told(heard.content, clause)
            if verdict in ("liked", "disliked") and "seen" in by_rule:
                notes.note(one.item_id, "seen")
            if verdict == "rejected":
                notes.mute(one.start, one.end)  # nor is anything like it sought
                notes.reject([one.item_id])
            elif verdict is not None:
                notes.note(one.item_id, verdict)

    def _note_wish(
        self,
        content: str,
        wish: FoundWish,
        wishes: Sequence[FoundWish],
        refuses: bool,
        corrected: float,
        notes: Notes,
    ) -> float:
        """Note one of the wishes of a clause; the strength of a wish that was taken back to be put right, if one was.

        Args:
            content: The message.
            wish: The wish.
            wishes: All of the clause.
            refuses: Whether what is named is refused, as an answer to "what don't you like?".
            corrected: The strength of a wish that was taken back before.
            notes: Where it is noted.
        """
        if wish.kind == "freed":
            notes.free(wish.field, wish.value)
            return corrected
        text = straight(content)
        if wish.kind == "wanted":
            corrects = CORRECTS.search(text[: wish.start])
            at = corrects.start() if corrects is not None else None
            if corrects is None and re.match(r"\W*instead\b", text[wish.end :], re.IGNORECASE):
                at = wish.start
            if at is not None:
                corrected = notes.correct_wish(wish.field, self._people, at) or corrected
                wish = replace(wish, strength=corrected or wish.strength)
            if refuses:
                wish = replace(wish, kind="unwanted", strength=2.0)
        noted = Wish(wish.field, wish.value, wish.strength, content[wish.start : wish.end], wish.also)
        if wish.kind == "wanted":
            notes.want(noted, wish.start)
        elif wish.kind == "unwanted":
            notes.mute(wish.start, wish.end)
            if _TOO_MUCH.match(text, wish.start):  # "something scary but not too scary"
                if said_elsewhere(text, (wish.start, wish.end)):
                    noted = replace(noted, strength=0.5)
                if notes.wants(wish):
                    return corrected
                alike = [one for one in wishes if (one.start, one.end) == (wish.start, wish.end)]
                if any(map(notes.wants, alike)):
                    noted = replace(noted, strength=0.5)
            notes.refuse(noted)
        else:
            notes.allow(noted)
        return corrected

    def _note_refused(self, heard: _Heard, notes: Notes) -> None:
        """Note the items that are not to be listed: "no Star Wars"."""
        for one in heard.found:
            if not one.item_id or not self._references.is_refused(heard.text, one):
                continue
            notes.mute(one.start, one.end)  # nor is anything like it sought
            if not notes.judged(one.item_id):
                parts = clauses(heard.text, heard.places)
                clause = next(
                    (part for part in parts if part[0] <= one.start < part[1]), (one.start, one.end)
                )
                notes.words = _told(heard.content, clause)
                notes.reject([one.item_id])

    # -- limits ------------------------------------------------------------------------------------------

    def _measured(
        self, heard: _Heard, flat: str, critique: FoundCritique, target: Sequence[str], listed: Sequence[str]
    ) -> list[Limit]:
        """The limit that a comparison sets: by what it is compared with, else by the list, else by the catalogue."""
        span = critique.start, critique.end
        said = heard.content[slice(*span)]
        # "something newer": than most
        vague = next((one for one in heard.limits if _overlap(one, critique)), None)
        if vague is not None and _NOT_TOO.match(straight(said)):
            return []  # "something not too old": whatever was spoken of
        by_list = listed if not target and not (vague and critique.too) else ()
        value = self._critiques.bound(critique, target or by_list)
        if value is not None:
            beyond = vague and by_list and value > vague.value
            if beyond and not self._critiques.leaves_some(critique, value):
                return []  # of the newest, "newer" asks for what is new: nothing else would be left
            return [Limit(critique.field, critique.op, value, said)]
        if vague or target or by_list or critique.too:
            return []
        scales = self._limits.scales
        if critique.judged:
            spec = self._catalog.schema.spec(critique.field)
            plain = scales.graded(spec, "low" if critique.op == "lt" else "high")
        else:
            plain = scales.among(lowered(flat), span, self._sought, critique.field, critique.op)
        return [] if plain is None else [Limit(critique.field, *plain, said)]

    def _note_limits(self, heard: _Heard, measured: Sequence[Limit], notes: Notes) -> None:
        """Note the limits that a message states, and those that its critiques set by items' records."""
        fixed = {limit.field for limit in measured}
        told = [
            Limit(one.field, one.op, one.value, heard.content[one.start : one.end].strip())
            for one in heard.limits
            if not one.lifts
            and (one.field not in fixed or not any(_overlap(one, critique) for critique in heard.critiques))
            and not (one.vague and _says_less(one, heard.limits, notes))
        ]
        told += self._bare_limits(heard, notes)
        exact = {limit.field for limit in told if any(char.isdigit() for char in limit.said)}
        # "Too long for me. Under 90 please": the number holds.
        notes.limit(limit for limit in measured if limit.field not in exact)
        notes.limit(told)
        price = self._limits.measures.price
        if price is not None and any(limit.field == price.name for limit in told):
            notes.settle("limit", names_money)  # "under $20", and later "under ₹500"

    def _note_order(self, heard: _Heard, lists: Lists, notes: Notes) -> None:
        """Note what is to come first: of all that is there, where a limit on the same field had left nothing."""
        if _ANY_ORDER.search(heard.text):
            notes.order = None
        told = [one for one in heard.orders if one.field]
        if not told:
            return
        one = told[-1]
        notes.order = Order(one.field, one.best, heard.content[one.start : one.end].strip())
        now = {limit.field for limit in heard.limits if not limit.lifts and not limit.vague}
        vague = {limit.field for limit in heard.limits if limit.vague}
        if one.field not in now and (one.field in vague or not lists.listed_now):
            notes.lift(one.field, "eq")
        if not lists.listed_now:
            notes.set_aside(self._unmeetable(notes, now))
        if lists.last and _NEXT.search(heard.text[: one.start]):  # "not that one, the next oldest"
            notes.others = False
            notes.reject(lists.last[:1])

    def _unmeetable(self, notes: Notes, now: Collection[str]) -> list[Limit]:
        """The limits of earlier messages that leave nothing of what is wished for; none where something is left."""
        state = notes.values()
        rows = np.ones(len(self._catalog), dtype=bool)
        for wish in state["wanted"]:
            has = [self._catalog.holds(item, wish.field, wish.value) for item in self._catalog]
            rows &= np.array(has) if any(has) else True
        left = rows.copy()
        for limit in state["limits"]:
            left &= limit.within(self._catalog.numbers(limit.field))
        return (
            [] if left.any() or not rows.any() else [one for one in state["limits"] if one.field not in now]
        )

    def _bare_limits(self, heard: _Heard, notes: Notes) -> Iterator[Limit]:
        """Limits without a unit, on the field that was spoken of: "too long. under 90 please"."""
        year = self._catalog.schema.year
        spoken = [critique.field for critique in heard.critiques] or notes.limited()
        name = next((one for one in reversed(spoken) if year is None or one != year.name), None)
        for match in _BARE_LIMIT.finditer(heard.content) if name is not None else ():
            value = float(match["number"])
            stated = any(one.start < match.end() and match.start() < one.end for one in heard.limits)
            if name is not None and not stated and not 1500 < value < 2100:
                op: LimitOp = "lt" if match["below"] else "gt"
                yield Limit(name, op, value, match[0].strip())

    # -- what was spoken of before -----------------------------------------------------------------------

    def _same_person(
        self, text: str, focus: Sequence[str], notes: Notes
    ) -> list[tuple[Span, tuple[str, str]]]:
        """Who is meant by "that director" or "more of his": of the item talked of, else the last one wanted."""
        item = self._catalog[focus[-1]] if focus and focus[-1] in self._catalog else None
        found: list[tuple[Span, tuple[str, str]]] = []
        for match in _THAT_PERSON.finditer(text):
            last = notes.last_person(self._people)
            if match["label"]:
                names = self._called(match["label"].lower())[-1:]
            elif last is not None:
                found.append((match.span(), last))
                continue
            else:
                names = self._people
            name = next((one for one in names if item is not None and item.values(one)), None)
            if name is not None and item is not None:
                found.append((match.span(), (name, item.values(name)[0])))
        return found

    def _called(self, label: str) -> list[str]:
        """The fields of people who are called so: "director"."""
        found = []
        for spec in self._catalog.schema.names:
            own = {*words_of(spec.name), *words_of(spec.label or "")}
            own |= {"actor", "actress"} if spec.phrase.startswith("with") else set()
            if {label, f"{label}s"} & own:
                found.append(spec.name)
        return found

    def _consent(self, content: str, question: str, notes: Notes) -> None:
        """Note what a bare yes or no says to a question about one value: "Would you like a comedy?"."""
        answer = _YES_NO.match(straight(content))
        last = re.split(r"(?<=[.!?\n])\s+", question.strip())[-1]
        if answer is None or not _OFFERS.match(last):
            return
        offered = self._values.spoken_of(last, words(last))
        if len(offered) != 1:
            return
        said = " ".join(content.split())
        if answer["no"]:
            for field_name, value in offered[0]:
                notes.refuse(Wish(field_name, value, 2.0, said))
        else:
            for field_name, value in offered[0][:1]:
                notes.want(Wish(field_name, value, 1.0, said))


def _within(one: FoundLimit, other: FoundLimit) -> bool:
    return touch((one.start, one.end), (other.start, other.end))


def _touches(one: FoundLimit, spans: Sequence[Span]) -> bool:
    return any(touch((one.start, one.end), span) for span in spans)


def _as_turned(heard: _Heard, notes: Notes) -> _Heard:
    """A message in which what is merely allowed bounds nothing: it takes away what bounded that before."""
    free = heard.turned.is_free
    for span in (*heard.turned.permitted, *heard.turned.needless):
        notes.mute(*span)
        notes.settled.append(span)
    return replace(
        heard,
        limits=[
            replace(one, op=_OTHER_SIDE[one.op[0]], lifts=True)
            if not one.lifts
            and (free((one.start, one.end)) or one.vague and _touches(one, heard.turned.mild))
            else one
            for one in heard.limits
        ],
        critiques=[one for one in heard.critiques if not free((one.start, one.end))],
        orders=[one for one in heard.orders if not free((one.start, one.end))],
        flags=[one for one in heard.flags if not free((one.start, one.end))],
        codes=[one for one in heard.codes if not free((one.start, one.end))],
        times=[one for one in heard.times if not free((one.start, one.end))],
    )


def _says_less(vague: FoundLimit, limits: Sequence[FoundLimit], notes: Notes) -> bool:
    """Whether a number says it better: "something short, under 80 minutes"."""
    same = [one for one in limits if one.field == vague.field and one != vague and not one.lifts]
    tighter = [one for one in same if one.op == vague.op and one.vague]  # "an old classic"
    upper = vague.op in ("lt", "le")
    if any(one.value < vague.value if upper else one.value > vague.value for one in tighter):
        return True
    stated = any(not one.vague and not _leaves_room(one, vague) for one in same)
    return stated or notes.holds(Limit(vague.field, vague.op, vague.value, ""))


def _leaves_room(stated: FoundLimit, vague: FoundLimit) -> bool:
    """Whether a number on the other side leaves what a word of degree asks for: "a long one, we have three hours"."""
    low, high = (stated.value, vague.value) if stated.op[0] == "g" else (vague.value, stated.value)
    return stated.op[0] != vague.op[0] and stated.op != "eq" and low <= _ROOMY * high


def _fits_beside(one: FoundLimit | FoundCritique | FoundOrder, limits: Sequence[FoundLimit]) -> bool:
    """Whether a word of degree may hold beside the limits on its field."""
    same = [each for each in limits if each.field == one.field]
    return isinstance(one, FoundLimit) and bool(same) and all(_leaves_room(each, one) for each in same)


def _content(said: str) -> str:
    """The words of a piece that have a content of their own: of "butter notes" the butter."""
    told = [form for form in forms(said) if form not in FUNCTION_WORDS]
    return " ".join([form for form in told if form not in _OF_IT] or told)


def _told(content: str, clause: Span) -> str:
    """What a clause says, to be kept with what it is taken for."""
    return " ".join(content[slice(*clause)].split()).strip(" ,;")


def _overlap(one: FoundLimit, other: FoundCritique) -> bool:
    return one.start < other.end and other.start < one.end


def _has_digit(text: str, limit: FoundLimit) -> bool:
    return any(char.isdigit() for char in text[limit.start : limit.end])
