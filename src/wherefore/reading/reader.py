"""The reader: messages to a dialogue with what the user wants."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from wherefore.catalog.catalog import Catalog, Item
from wherefore.dialogue.choices import Choice
from wherefore.dialogue.messages import Dialogue, Lists, Mention, Message, last_said, parse_messages
from wherefore.dialogue.notes import Notes
from wherefore.dialogue.questions import Question
from wherefore.dialogue.state import Open, OpenKind, Preferences
from wherefore.errors import DialogueError
from wherefore.reading.absent import AbsentReader
from wherefore.reading.choices import TAKES_EXTREME, choice_in
from wherefore.reading.clauses import Span, blank, touch
from wherefore.reading.judge import MessageJudge
from wherefore.reading.judged import JudgedReader
from wherefore.reading.languages import catalogue_words, language_of
from wherefore.reading.limits import LimitReader
from wherefore.reading.mentions import Found, MentionReader
from wherefore.reading.messages import MessageReader
from wherefore.reading.musts import MustReader
from wherefore.reading.pointing import Pointer
from wherefore.reading.questions import QuestionReader
from wherefore.reading.references import ReferenceReader
from wherefore.reading.settling import settled_in
from wherefore.reading.slips import is_whole
from wherefore.reading.slots import points_at, slots_in
from wherefore.reading.titles import TitleIndex
from wherefore.reading.unrecorded import untold
from wherefore.reading.values import ValueFinder
from wherefore.reading.vocabulary import Vocabulary, key_of
from wherefore.reading.wishes import WishReader
from wherefore.text import forms, straight, words

_LOOSE = ("untold", "value")  # kinds of questions that rules may read in what is of no item
_BEYOND = 0.15  # how likely a question is off topic that asks about nothing that is here
_ASKS = 0.7  # how likely a message asks about items, so that it is taken for a question
# How near a title what is refused or asked must come to be one, as it is mostly a value or a field.
_LEAST = {"unwanted": 100.0, "asked": 97.0}
_SEVERAL = 2  # items of a name, so that one does not lack
_REMEMBERED = 1_000  # messages of which it is remembered what they name
_REFUSES = re.compile(r"\W*(?:not|no|nothing|without|nor|none)\b", re.IGNORECASE)
_OWN_LINE = re.compile(r"^\d+\. \*\*[^\n]+?\*\*[^\n—]* — (?P<reason>[A-Z].*)$", re.MULTILINE)


class DialogueReader:
    """Understands dialogues about the items of a catalogue.

    Reading is a pure function of the messages, the given preferences, the catalogue and the day. The words of the
    catalogue are collected on first use, and again after the catalogue has changed.

    Args:
        catalog: The catalogue that is talked about.
        judge: Says what pieces of messages mean; without one rules alone do.
        clock: Tells the day, by which "the last five years" are counted.
    """

    def __init__(
        self,
        catalog: Catalog,
        judge: MessageJudge | None = None,
        clock: Callable[[], date] = date.today,
    ) -> None:
        self.catalog = catalog
        self._clock = clock
        self._judge = judge
        self._items: Sequence[Item] | None = None

    def refresh(self) -> None:
        """Collect the words of the catalogue anew."""
        self._items = self.catalog.items
        vocabulary = Vocabulary(self.catalog)
        titles = TitleIndex(self.catalog)
        limits = LimitReader(self.catalog, self._clock)
        self._values = ValueFinder(vocabulary)
        wishes = WishReader(self._values)
        self._titles = MentionReader(
            titles, vocabulary.names, vocabulary.kinds, lambda said: key_of(said) in vocabulary.values
        )
        self.nouns = vocabulary.nouns
        self._references = ReferenceReader(self.catalog, titles, vocabulary.nouns)
        judge = None if self._judge is None else self._judge.of(self.catalog)
        self._judged = None if judge is None else JudgedReader(self.catalog, judge, self._values)
        self._messages = MessageReader(
            self.catalog, self._values, wishes, limits, self._references, self._judged, self._clock
        )
        self._questions = QuestionReader(self.catalog, self._values, wishes, limits, self._clock)
        self._pointing = Pointer(self.catalog, self._values, vocabulary.nouns, self._questions.extreme)
        self._questions.pointing = self._pointing
        self._musts = MustReader(self.catalog, vocabulary.nouns)
        self._absent = AbsentReader(self.catalog, self._values)
        # A message is read again with every later turn, and names the same items each time.
        self._found = lru_cache(_REMEMBERED)(self._mentions)

    def prepare(self) -> None:
        """Collect the words of the catalogue now, where they have not been, rather than at the first message."""
        if self._items is not self.catalog.items:
            self.refresh()
        self._absent.prepare()

    def read(
        self,
        messages: Iterable[Message | Mapping[str, Any]],
        preferences: Preferences | None = None,
        since: int = 0,
        mentions: Sequence[Mention] | None = None,
    ) -> Dialogue:
        """Understand a dialogue.

        Args:
            messages: The whole dialogue, the last message from the user.
            preferences: The state to start from; what the messages say is added to it.
            since: Messages before this one (from 0) are taken as read: they tell which items were named, and
                say nothing more about preferences. With a state that the user edited, give the number of the
                newest message, so that older ones do not bring back what was removed.
            mentions: Which items are named where, when that is known; titles are then not looked for.

        Raises:
            DialogueError: If the messages are not allowed (see `parse_messages`), or a mention is not in them.
        """
        if self._items is not self.catalog.items:
            self.refresh()
        parsed = parse_messages(messages, answered=True)
        told = None if mentions is None else _by_message(mentions, parsed)
        notes = Notes(preferences or Preferences())
        # What messages taken as read said by themselves, to see what was removed from the state since.
        past = None if preferences is None else Notes(Preferences())
        noted: list[Mention] = []
        named: dict[str, None] = {}
        lists = Lists()
        question = ""
        choice: Choice | None = None
        passed: tuple[str, ...] = ()
        unmet: tuple[Open, ...] = ()
        left: dict[str, int] = {}  # what the newest message of the user leaves a choice of, in its order
        for number, message in enumerate(parsed):
            choice, unmet = None, ()
            if message.role == "system":
                continue
            found = self._found(message, tuple(named), tuple(lists.last)) if told is None else told[number]
            if message.role == "user" and told is None and self._judged is not None:
                found = self._as_judged(parsed[:number], message.content, found, tuple(named))
            if message.role == "user" and told is None:
                places = [(one.start, one.end) for one in found]
                pointed = self._pointing.found(straight(message.content), lists.last, lists.pair, places)
                found = tuple(sorted([*found, *pointed], key=lambda one: one.start))
            here = [Mention(f.item_id, number, f.start, f.end, f.score) for f in found if f.item_id]
            if message.role == "user":
                heard = notes if number >= since else past
                if heard is not None:
                    heard.begin(number)
                    so_far = Dialogue(parsed[: number + 1], (*noted, *here))
                    asked = self._questions.read(so_far)
                    left = _order_of(asked)
                    choice = self._hear(so_far, found, lists, question, heard, asked)
                    passed = tuple(lists.shown) if notes.others else ()
                    if heard is notes:
                        unmet = self._left_open(so_far, heard, asked)
                        if self._judged is None or not self._judged.talks(parsed[:number], message.content):
                            notes.leave_open(unmet)
            else:
                question = message.content
            lists.read(message, here)
            if message.role == "assistant":
                lists.arrange(left)
            named.update(dict.fromkeys(mention.item_id for mention in here))
            noted += here
        muted = {*notes.muted(parsed, noted)}
        if past is not None and preferences is not None:
            past.keep(preferences)
            muted |= past.muted(parsed, noted)
        state = replace(preferences or Preferences(), **notes.values())
        passed = tuple(one for one in passed if one not in state.liked)
        dialogue = Dialogue(parsed, tuple(noted), state, tuple(sorted(muted)), choice, passed)
        dialogue = replace(
            dialogue,
            unmet=tuple((one.kind, one.said) for one in unmet),
            over=self._messages.over(state.limits),
        )
        return self._described(dialogue if self._judged is None else self._judged.told(dialogue))

    def _described(self, dialogue: Dialogue) -> Dialogue:
        """A dialogue in which the catalogue's words in messages of other languages say what is sought as well."""
        if self._judged is None:
            return dialogue
        told = []
        for number, message in enumerate(dialogue.messages):
            masked = [(one.start, one.end) for one in dialogue.mentions if one.message == number]
            if message.role != "user" or language_of(message.content, masked) is None:
                continue
            masked += [(start, end) for one, start, end in dialogue.described if one == number]
            words_here = catalogue_words(message.content, self.catalog, masked)
            told += [(number, word.start, word.end) for word in words_here]
        return replace(dialogue, described=(*dialogue.described, *told)) if told else dialogue

    def _hear(
        self,
        so_far: Dialogue,
        found: Sequence[Found],
        lists: Lists,
        question: str,
        notes: Notes,
        asked: Question | None,
    ) -> Choice | None:
        """Note what the newest message says, which may hold a question; what it takes up of what was listed."""
        content = so_far.messages[-1].content
        taken = self._taken_extreme(content, lists)
        # What a question holds is said of an item: "Is it from the 80s?" limits nothing.
        about = (asked.start, asked.end) if asked is not None else (0, 0)
        if taken is not None:
            about = taken[1]
        spots = [(one.start, one.end, one.item_id) for one in found if one.item_id]
        told = content if asked is None else blank(content, asked.spans)
        outside = [
            one for one in spots if asked is None or not any(touch(one[:2], span) for span in asked.spans)
        ]
        settled = settled_in(told, outside, lists.last, lists.focus, question, self._questions.extreme)
        if settled is not None:
            about = settled.span
        rest = blank(content, asked.spans[1:]) if asked is not None and asked.also else content
        before = so_far.messages[:-1]
        if found or lists.last == () or self._judged is None or not self._judged.chats(before, content):
            self._messages.note(rest, found, lists, question, notes, about, before)
        choice = None if taken is None else Choice((taken[0],), (), True, content[slice(*taken[1])])
        choice = settled.choice if settled is not None else choice
        choice = choice or choice_in(content, spots, lists.last, lists.focus, tuple(lists.listed), lists.pair)
        if choice is not None:
            notes.words = choice.said
            notes.choose(choice.items)
            notes.reject(choice.refused)
        if asked is not None:
            notes.words = " ".join(content[asked.start : asked.end].split())
            notes.ask(asked.considers)
        return choice

    def _taken_extreme(self, content: str, lists: Lists) -> tuple[str, Span] | None:
        """The item that is taken up by a superlative, "I'll take the cheapest", and where it says so."""
        match = TAKES_EXTREME.search(straight(content))
        if match is None or len(lists.last) < _SEVERAL:
            return None
        item = self._questions.extreme(
            match["said"].lower(), [one for one in lists.last if one in self.catalog]
        )
        return None if item is None else (item, match.span())

    def _left_open(self, so_far: Dialogue, notes: Notes, asked: Question | None) -> tuple[Open, ...]:
        """What the newest message says and nothing that was noted stands for."""
        number, content = len(so_far.messages) - 1, so_far.messages[-1].content
        state, before = replace(Preferences(), **notes.values()), so_far.messages[:-1]
        held = [one.said for one in (*state.wanted, *state.unwanted)] + [one.said for one in state.limits]
        held += [state.order.said] if state.order is not None else []
        places = [last_said(said, so_far.messages) for said in held]
        taken = [place[1:] for place in places if place is not None and place[0] == number]
        taken += [(one.start, one.end) for one in so_far.mentions if one.message == number]
        taken += notes.settled
        if asked is not None:
            taken += asked.spans
        text = straight(content)
        taken += self._messages.settled(text)
        found: list[tuple[OpenKind, Span]] = []
        if self._judged is not None:
            taken += self._judged.settled(content, state)
            found = self._judged.left_open(before, content, taken, {said.lower() for said in held})
        titles = [(one.start, one.end) for one in so_far.mentions if one.message == number]
        if language_of(content, titles) is not None:
            # What stands there is told as a whole; its words are no wishes that nothing here mentions.
            found = [one for one in found if one[0] == "limit"]
            return self._opened(content, self._unheld(before, text, taken, found), notes)
        for one in untold(text, self.catalog):
            span = one.start, one.end
            if not any(touch(place, span) for place in taken):
                found = [each for each in found if not touch(each[1], span)] + [("wanted", span)]
        spared = [span for span in notes.spared if not any(touch(place, span) for place in taken)]
        found = [one for one in found if not any(touch(one[1], span) for span in spared)]
        found += [("demanded", span) for span in spared]
        heard_of = [*taken, *(span for _, span in found)]
        found += [
            ("unwanted", one) for one in notes.unseen if not any(touch(place, one) for place in heard_of)
        ]
        known = [*taken, *(span for _, span in found)]
        found += [("demanded", span) for span in self._musts.read(text, known)]
        return self._opened(content, self._unheld(before, text, taken, found), notes)

    def _unheld(
        self, before: Sequence[Message], text: str, taken: Sequence[Span], found: list[tuple[OpenKind, Span]]
    ) -> list[tuple[OpenKind, Span]]:
        """What was found, with the amounts that no record tells in the place of what touches them."""
        for span in self._messages.unheld(blank(text, taken)):
            same = [one for one in found if touch(one[1], span)]
            nothing = self._judged is not None and self._judged.means_nothing(before, text, span)
            if not any(touch(place, span) for place in taken) and not nothing:
                found = [one for one in found if one not in same] + [("limit", span)]
        for span in self._messages.unordered(blank(text, taken)):
            found = [one for one in found if not touch(one[1], span)] + [("order", span)]
        return found

    @staticmethod
    def _opened(content: str, found: Iterable[tuple[OpenKind, Span]], notes: Notes) -> tuple[Open, ...]:
        told = [Open(kind, content[slice(*span)].strip()) for kind, span in found]
        return (*told, *(Open("limit", limit.said) for limit in notes.aside))

    def _as_judged(
        self, before: Sequence[Message], text: str, found: Sequence[Found], named: tuple[str, ...]
    ) -> tuple[Found, ...]:
        """The items that a message names: of the titles that it holds those that are meant, and what else is one."""
        assert self._judged is not None
        kept = [
            one
            for one in found
            if not one.item_id
            or is_whole(text, one.start, one.end)
            or text[one.start : one.end].isdigit()  # the year of one of several of a title
            or self._judged.names_item(before, text, (one.start, one.end))
        ]
        for meaning in self._judged.titles(before, text):
            span = meaning.start, meaning.end
            if any(touch((one.start, one.end), span) for one in kept):
                continue
            linked = self._titles.linked(text, span, named)
            least = _LEAST.get(meaning.label, 0.0)
            one_word = (
                meaning.label == "asked" and len(forms(text[slice(*span)])) < 2
            )  # "does it show heat at all"
            if linked is not None and linked.score >= least and not one_word:
                kept.append(linked)
        return tuple(sorted(kept, key=lambda one: one.start))

    def search(self, messages: Sequence[Message]) -> str:
        """What one would type into a search after some messages; empty where no judge that writes says it."""
        if self._items is not self.catalog.items:
            self.refresh()
        return "" if self._judged is None else self._judged.search(messages)

    def question(self, dialogue: Dialogue) -> Question | None:
        """What the newest message of a dialogue that was read asks about items; None when it asks nothing."""
        if self._items is not self.catalog.items:
            self.refresh()
        found = self._questions.read(dialogue)
        if (found is None or found.kind in _LOOSE) and self._is_beyond(dialogue):
            return None
        judged = judged_question(dialogue) if found is None else None
        return found if judged is None else self._questions.narrowed(judged, dialogue)

    def _is_beyond(self, dialogue: Dialogue) -> bool:
        """Whether what the newest message asks or orders is of no item: by the judge, and as it points at none."""
        number = len(dialogue.messages) - 1
        content = dialogue.messages[number].content
        if dialogue.act("off_topic") >= _ASKS > dialogue.act("question", "request", "refine"):
            return True
        if self._judged is None or any(one.message == number for one in dialogue.mentions):
            return False
        about = self._judged.asks_about(dialogue.messages[:number], content)
        return not about and points_at(content) is None and dialogue.act("off_topic") >= _BEYOND

    def beside(self, dialogue: Dialogue) -> tuple[Question, ...]:
        """What the newest message of a dialogue that was read asks of items that are yet to be listed."""
        if self._items is not self.catalog.items:
            self.refresh()
        return self._questions.beside(dialogue)

    def absent(self, dialogue: Dialogue) -> tuple[str, ...]:
        """What the newest message of a dialogue that was read speaks of as items are, and the catalogue lacks.

        In the user's words: of "I loved Knives Out", where there is no such film, `Knives Out`.
        """
        if self._items is not self.catalog.items:
            self.refresh()
        number = len(dialogue.messages) - 1
        message = dialogue.messages[number]
        here = [(one.start, one.end) for one in dialogue.mentions if one.message == number]
        other_year = [
            one for one in self._found(message, (), ()) if not one.item_id
        ]  # "Parasite (2019)", where there is one of 1982
        pointed = self._pointing.read(straight(message.content), dialogue.last_listed, (), here)
        known = [*here, *((one.start, one.end) for one in other_year)]
        known += [(one.start, one.end) for one in pointed]
        strange = self._absent.read(message.content, known)
        if self._judged is not None:
            before = dialogue.messages[:number]
            strange = [one for one in strange if self._is_title(before, message.content, one)]
        return (*(message.content[one.start : one.end] for one in other_year), *strange)

    def _is_title(self, before: Sequence[Message], content: str, said: str) -> bool:
        """Whether words that are no item's title are one all the same: by the judge, and not of several items."""
        assert self._judged is not None
        start = straight(content).find(said)
        meant = start < 0 or self._judged.names_item(before, content, (start, start + len(said)))
        return meant and len(self._titles.of_words(said)) < _SEVERAL

    def _mentions(
        self, message: Message, named: tuple[str, ...], listed: tuple[str, ...]
    ) -> tuple[Found, ...]:
        text = message.content
        said = words(text)
        people = [*self._values.people_in(text, said), *self._values.places_in(text, said)]
        heads = self._titles.in_list(text) if message.role == "assistant" else []
        places = [(head.start, head.end) for head in heads]
        rest = [
            found
            for found in self._titles.find(text, people, said, named)
            if not any(found.start < end and start < found.end for start, end in places)
        ]
        if message.role != "user":
            # What we say ourselves has titles between stars: "— It is a thriller" does not speak of the film, and
            # neither does "*Looper* is tagged “chase” and came out in 2012".
            starred = [one for one in rest if text[one.start - 1 : one.start] == "*"]
            reasons = [match.span("reason") for match in _OWN_LINE.finditer(text)]
            rest = starred or [
                one for one in rest if not any(start <= one.start < end for start, end in reasons)
            ]
            return tuple(sorted([*heads, *rest], key=lambda found: found.start))
        whole = [one for one in rest if self._references.is_series(text, one)]  # "all the Star Wars movies"
        pointed = [
            one
            for one in self._references.pointed(text, listed)
            if not any(_overlap(one, each) for each in whole)
        ]
        if not pointed:
            pointed = self._references.namesake(text, named)
        kept = [one for one in rest if not any(_overlap(one, each) for each in pointed)]
        refined = self._references.refine(text, kept)
        return tuple(sorted([*pointed, *refined], key=lambda found: found.start))


def judged_question(dialogue: Dialogue) -> Question | None:
    """What the newest message asks of items by a judge alone: nothing is known of it but which items it means."""
    if dialogue.act("question") < _ASKS or dialogue.act("request", "refine", "naming") > 1 - _ASKS:
        return None
    number, listed = len(dialogue.messages) - 1, dialogue.last_listed
    content = dialogue.messages[number].content
    if _REFUSES.match(content) and "?" not in content:  # "not black"
        return None
    named = tuple(dict.fromkeys(one.item_id for one in dialogue.mentions if one.message == number))
    counted = tuple(listed[slot] for slot in slots_in(content, len(listed)))
    items = named or counted or _spoken_of(dialogue, content) or listed
    state = dialogue.preferences
    judged = {*state.seen, *state.liked, *state.disliked, *state.rejected}
    if "?" not in content and judged.issuperset(named or counted or ("",)):  # "seen 1 and 2"
        return None
    return Question("untold", items, end=len(content), named=bool(named)) if items else None


def _spoken_of(dialogue: Dialogue, content: str) -> tuple[str, ...]:
    """The one item that the answer before speaks of, where a message does not point at several."""
    number = len(dialogue.messages) - 2
    spoken = tuple(dict.fromkeys(one.item_id for one in dialogue.mentions if one.message == number))
    return spoken if len(spoken) == 1 and points_at(content) != "many" else ()


def _order_of(asked: Question | None) -> dict[str, int]:
    """The place of each item among the things that a question leaves a choice of."""
    sorts = asked.sorts if asked is not None else ()
    return {item: place for place, (_, ids) in enumerate(sorts) for item in ids}


def _by_message(mentions: Sequence[Mention], messages: Sequence[Message]) -> list[list[Found]]:
    """The mentions of each message, in order."""
    found: list[list[Found]] = [[] for _ in messages]
    for one in mentions:
        length = len(messages[one.message].content) if 0 <= one.message < len(messages) else -1
        if not 0 <= one.start < one.end <= length:
            raise DialogueError(
                f"a mention of {one.item_id!r} is at characters {one.start} to {one.end} of message {one.message}, "
                f"but the dialogue has {len(messages)} messages"
                + (f" and that one {length} characters" if length >= 0 else "")
            )
        found[one.message].append(Found(one.item_id, one.start, one.end, one.score))
    return [sorted(here, key=lambda one: one.start) for here in found]


def _overlap(one: Found, other: Found) -> bool:
    return one.start < other.end and other.start < one.end
