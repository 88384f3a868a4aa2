"""The reader: messages to a dialogue with what the user wants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.naming import words_of
from wherefore.dialogue.choices import Choice
from wherefore.dialogue.messages import Dialogue, Lists, Mention, Message, parse_messages
from wherefore.dialogue.notes import Notes, Verdict
from wherefore.dialogue.state import Count, Limit, LimitOp, Preferences, Wish
from wherefore.reading import slots, verdicts
from wherefore.reading.absent import AbsentReader
from wherefore.reading.choices import choice_in
from wherefore.reading.clauses import Span, blank, clauses
from wherefore.reading.counts import read_count
from wherefore.reading.critiques import CritiqueReader, FoundCritique
from wherefore.reading.limits import FoundLimit, LimitReader, lowered
from wherefore.reading.mentions import Found, MentionReader
from wherefore.reading.references import ReferenceReader
from wherefore.reading.titles import TitleIndex
from wherefore.reading.values import ValueFinder
from wherefore.reading.vocabulary import Vocabulary
from wherefore.reading.wishes import WishReader
from wherefore.text import Word, forms, straight, words

if TYPE_CHECKING:
    from wherefore.dialogue.questions import Question


_REMEMBERED = 1_000  # messages of which it is remembered what they name


class DialogueReader:
    """Understands dialogues about the items of a catalogue.

    Reading is a pure function of the messages, the given preferences and the catalogue. The words of the catalogue
    are collected on first use, and again after the catalogue has changed.

    Args:
        catalog: The catalogue that is talked about.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._items: Sequence[Item] | None = None

    def refresh(self) -> None:
        """Collect the words of the catalogue anew."""
        self._items = self.catalog.items
        self._people = [spec.name for spec in self.catalog.schema.names]
        self._words = Vocabulary(self.catalog)
        self._values = ValueFinder(self._words)
        self._wishes = WishReader(self._values)
        self._limits = LimitReader(self.catalog)
        kinds = self._words.kinds
        self._mother_tongue = self._own_language()
        self._sought = frozenset({*self._words.nouns, *kinds})  # what items are called: "movies", "thrillers"
        titles = TitleIndex(self.catalog)
        self._titles = MentionReader(titles, self._words.names, kinds)
        self._references = ReferenceReader(self.catalog, titles, self._words.nouns)
        from wherefore.reading.questions import QuestionReader  # which reads dialogues

        self._critiques = CritiqueReader(self.catalog, self._limits)
        self._questions = QuestionReader(self.catalog, self._values, self._wishes, self._limits)
        self._absent = AbsentReader(self.catalog, self._values)
        # A message is read again with every later turn, and names the same items each time.
        self._found = lru_cache(_REMEMBERED)(self._mentions)

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
            ValueError: If the messages are not allowed (see `parse_messages`), or a mention is not in them.
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
        for number, message in enumerate(parsed):
            choice = None
            if message.role == "system":
                continue
            found = self._found(message, tuple(named), tuple(lists.last)) if told is None else told[number]
            here = [Mention(f.item_id, number, f.start, f.end, f.score) for f in found if f.item_id]
            if message.role == "user":
                heard = notes if number >= since else past
                if heard is not None:
                    heard.begin(number)
                    asked = self._questions.read(Dialogue(parsed[: number + 1], (*noted, *here)))
                    # What a question holds is said of an item: "Is it from the 80s?" limits nothing.
                    about = (asked.start, asked.end) if asked is not None else (0, 0)
                    self._note(message.content, found, lists, question, heard, about)
                    passed = tuple(lists.shown) if notes.others else ()
                    spots = [(one.start, one.end, one.item_id) for one in here]
                    choice = choice_in(message.content, spots, lists.last, lists.focus, tuple(lists.listed))
                    if choice is not None:
                        heard.words = choice.said
                        heard.choose(choice.items)
                        heard.reject(choice.refused)
                    if asked is not None:
                        heard.words = " ".join(message.content[asked.start : asked.end].split())
                        heard.ask(asked.considers)
            else:
                question = message.content
            lists.read(message, here)
            named.update(dict.fromkeys(mention.item_id for mention in here))
            noted += here
        muted = {*notes.muted(parsed, noted)}
        if past is not None and preferences is not None:
            past.keep(preferences)
            muted |= past.muted(parsed, noted)
        state = replace(preferences or Preferences(), **notes.values())
        passed = tuple(one for one in passed if one not in state.liked)
        return Dialogue(parsed, tuple(noted), state, tuple(sorted(muted)), choice, passed)

    def question(self, dialogue: Dialogue) -> Question | None:
        """What the newest message of a dialogue that was read asks about items; None when it asks nothing."""
        if self._items is not self.catalog.items:
            self.refresh()
        return self._questions.read(dialogue)

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
        strange = self._absent.read(message.content, [*here, *((one.start, one.end) for one in other_year)])
        return (*(message.content[one.start : one.end] for one in other_year), *strange)

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

    def _note(
        self,
        content: str,
        found: Sequence[Found],
        lists: Lists,
        question: str,
        notes: Notes,
        about: tuple[int, int],
    ) -> None:
        """Note what one message of the user says; its characters `about` ask about items."""
        text = straight(content)
        text = blank(text, [match.span() for match in (*_DICTATED.finditer(text), *_OF_US.finditer(text))])
        places = [(f.start, f.end) for f in found]
        same = self._same_person(text, lists.focus, notes)
        places = [*places, *(span for span, _ in same)]
        flat = blank(text, [*places, about])
        foreign = self._foreign(flat)
        flat = blank(flat, [span for span, _ in foreign])
        answer = self._critiques.answered(flat, question)
        if answer is not None:
            flat = blank(flat, [(answer.start, answer.end)])
        limits = self._limits.read(flat, self._sought)
        limited = [(limit.start, limit.end) for limit in limits]
        put_right = _CORRECTS.search(flat)
        if put_right is not None:  # "from the 80s, sorry, I meant the 90s"
            later = self._limits.read(blank(flat, [(0, put_right.start())]), self._sought)
            fields_of = {limit.field for limit in later}
            limits = [limit for limit in limits if limit.field not in fields_of] + later
        critiques = [
            critique
            for critique in self._critiques.read(flat)
            if not any(_overlap(f, critique) and (f.lifts or _has_digit(text, f)) for f in limits)
        ]
        parts = clauses(text, places)
        # "It was too long" says how long the next one may be, not that it was bad.
        mild = blank(text, [(c.start, c.end) for c in critiques if c.too])
        mild = blank(mild, [(limit.start, limit.end) for limit in limits if limit.vague])
        for lifted in limits:
            if lifted.lifts:
                notes.lift(lifted.field, lifted.op)
        hidden = [*limited, *(span for span, _ in foreign), *((c.start, c.end) for c in critiques), about]
        hidden += [match.span() for match in _SELF_CORRECTION.finditer(text)]
        if answer is not None:
            hidden.append((answer.start, answer.end))
        flat = blank(text, hidden)
        spoken = [word for word in words(content) if flat[word.start : word.end].strip()]
        if _START_OVER.search(text):
            notes.forget()
        if _NEEDNT.search(text):  # "she doesn't have to be in it"
            notes.free_person(self._people)
        for dropped in _DROPS.finditer(text):  # "forget Haneke": a last name says enough of who was asked for
            notes.free_named(set(forms(dropped["what"])[:3]), self._people)
        turned = _ASKS_REFUSAL.search(straight(question)) is not None and len(text.split()) <= 12
        self._consent(content, question, notes)
        own: list[str] = []
        before: Verdict | None = None
        measured: list[Limit] = []
        corrected = 0.0  # the strength of a wish that was taken back
        values: list[Span] = []
        for clause in parts:
            here = [f for f in found if clause[0] <= f.start < clause[1]]
            notes.words = _told(content, clause)
            alone = bool(own or here) or len(lists.last) == 1
            judged = mild if alone else text  # of a whole list it does say that it does not please
            before = self._judge(judged, clause, here, own, lists.last, question, before, notes, lists.focus)
            if here:
                own[:] = [f.item_id for f in here if f.item_id]
            for critique in critiques:
                if clause[0] <= critique.start < clause[1]:
                    than = [f.item_id for f in here if _THAN.fullmatch(text[critique.end : f.start])]
                    target = than[:1] or own or lists.focus
                    limit = self._measured(content, flat, critique, limits, target, lists.last)
                    measured += [limit] if limit is not None else []
            said_here = [word for word in spoken if clause[0] <= word.start < clause[1]]
            refuses = turned and not _REQUESTS.search(text)
            corrected = self._note_wishes(content, said_here, places, refuses, corrected, notes, values)
        for one in found:
            if not one.item_id or not self._references.is_refused(text, one):
                continue
            notes.mute(one.start, one.end)  # nor is anything like it sought
            if not notes.judged(one.item_id):
                clause = next(
                    (each for each in parts if each[0] <= one.start < each[1]), (one.start, one.end)
                )
                notes.words = _told(content, clause)
                notes.reject([one.item_id])
        self._note_limits(content, limits, critiques, measured, notes)
        count = read_count(text, self._words.nouns, values, (*places, *hidden), question)
        if count is not None:
            notes.count = Count(count.value, content[count.start : count.end])
        for span, refused in foreign:
            assert self._mother_tongue is not None
            english = Wish(*self._mother_tongue, 2.0, content[slice(*span)])
            if refused:
                notes.want(english)
            else:
                notes.refuse(english)
        for (start, end), (name, person) in same:
            notes.want(Wish(name, person, 2.0, content[start:end]))
        if answer is not None:
            said = content[answer.start : answer.end]
            notes.limit([Limit(answer.field, answer.op, answer.value, said)])

    def _own_language(self) -> tuple[str, str] | None:
        """The field of languages, and what English is called there; None where the catalogue has no such field."""
        for spec in self.catalog.schema.tags:
            if "language" in {*words_of(spec.name), *words_of(spec.label or "")}:
                for value in self.catalog.vocabulary(spec.name):
                    if value.lower() in ("english", "en", "eng"):
                        return spec.name, value
        return None

    def _foreign(self, text: str) -> list[tuple[Span, bool]]:
        """Where a text asks for what is not in the language that is spoken here, and whether it refuses that.

        Not where it names a language itself ("with subtitles, in Korean"), or only does not mind.
        """
        if self._mother_tongue is None:
            return []
        found = [
            (match.span(), _NO_FOREIGN.search(text[: match.start()]) is not None)
            for match in _foreign_words(self._sought).finditer(text)
            if not _NOT_MINDED.search(text[: match.start()])
        ]
        if not found:
            return []
        known = {value.lower() for value in self.catalog.vocabulary(self._mother_tongue[0])}
        return [] if known & set(forms(text)) else found

    def _measured(
        self,
        content: str,
        flat: str,
        critique: FoundCritique,
        limits: Sequence[FoundLimit],
        target: Sequence[str],
        listed: Sequence[str],
    ) -> Limit | None:
        """The limit that a comparison sets: by what it is compared with, else by the list, else by the catalogue."""
        said = content[critique.start : critique.end]
        vague = next((f for f in limits if _overlap(f, critique)), None)  # "something newer": than most
        if vague is not None and _NOT_TOO.match(straight(said)):
            return None  # "something not too old": whatever was spoken of
        by_list = listed if not target and not (vague and critique.too) else ()
        value = self._critiques.bound(critique, target or by_list)
        beyond = vague and by_list and value is not None and value > vague.value
        if value is not None and not (beyond and not self._critiques.leaves_some(critique, value)):
            return Limit(critique.field, critique.op, value, said)
        if value is not None or vague or target or by_list:
            return None  # of the newest, "newer" asks for what is new: nothing else would be left
        if critique.too:
            return None
        span = critique.start, critique.end
        plain = self._limits.scales.among(lowered(flat), span, self._sought, critique.field, critique.op)
        return None if plain is None else Limit(critique.field, *plain, said)

    def _note_wishes(
        self,
        content: str,
        said: Sequence[Word],
        places: Sequence[Span],
        refuses: bool,
        corrected: float,
        notes: Notes,
        values: list[Span],
    ) -> float:
        """Note the wishes of one clause; the strength of a wish that was taken back to be put right, if one was.

        Where the values stand is put into `values`.
        """
        text = straight(content)
        wishes = self._wishes.read(content, said, places)
        for wish in wishes:
            values.append((wish.start, wish.end))
            if wish.kind == "freed":
                notes.free(wish.field, wish.value)
                continue
            corrects = _CORRECTS.search(text[: wish.start])
            corrected_at = corrects.start() if corrects is not None else None
            if corrects is None and re.match(r"\W*instead\b", text[wish.end :], re.IGNORECASE):
                corrected_at = wish.start
            if wish.kind == "wanted" and corrected_at is not None:
                corrected = notes.correct_wish(wish.field, self._people, corrected_at) or corrected
                wish = replace(wish, strength=corrected or wish.strength)
            if wish.kind == "wanted" and refuses:
                wish = replace(wish, kind="unwanted", strength=2.0)
            noted = Wish(wish.field, wish.value, wish.strength, content[wish.start : wish.end], wish.also)
            if wish.kind == "wanted":
                notes.want(noted, wish.start)
            elif wish.kind == "unwanted":
                notes.mute(wish.start, wish.end)
                if _TOO_MUCH.match(text, wish.start):  # "something scary but not too scary"
                    alike = [one for one in wishes if (one.start, one.end) == (wish.start, wish.end)]
                    if notes.wants(wish):
                        continue
                    if any(map(notes.wants, alike)):
                        noted = replace(noted, strength=0.5)
                notes.refuse(noted)
            else:
                notes.allow(noted)
        return corrected

    def _note_limits(
        self,
        content: str,
        limits: Sequence[FoundLimit],
        critiques: Sequence[FoundCritique],
        measured: Sequence[Limit],
        notes: Notes,
    ) -> None:
        """Note the limits that a message states, and those that its critiques set by items' records."""
        fixed = {limit.field for limit in measured}
        told = [
            Limit(f.field, f.op, f.value, content[f.start : f.end])
            for f in limits
            if not f.lifts
            and (f.field not in fixed or not any(_overlap(f, critique) for critique in critiques))
            and not (f.vague and self._says_less(f, limits, notes))
        ]
        told += self._bare_limits(content, limits, critiques, notes)
        exact = {limit.field for limit in told if any(char.isdigit() for char in limit.said)}
        # "Too long for me. Under 90 please": the number holds.
        notes.limit(limit for limit in measured if limit.field not in exact)
        notes.limit(told)

    @staticmethod
    def _says_less(vague: FoundLimit, limits: Sequence[FoundLimit], notes: Notes) -> bool:
        """Whether a number says it better: "something short, under 80 minutes"."""
        same = [one for one in limits if one.field == vague.field and one != vague and not one.lifts]
        tighter = [one for one in same if one.op == vague.op and one.vague]  # "an old classic"
        upper = vague.op in ("lt", "le")
        if any(one.value < vague.value if upper else one.value > vague.value for one in tighter):
            return True
        return any(not one.vague for one in same) or notes.holds(
            Limit(vague.field, vague.op, vague.value, "")
        )

    def _bare_limits(
        self, text: str, limits: Sequence[FoundLimit], critiques: Sequence[FoundCritique], notes: Notes
    ) -> list[Limit]:
        """Limits without a unit, on the field that was spoken of: "too long. under 90 please"."""
        found = []
        for match in _BARE_LIMIT.finditer(text):
            number = float(match["number"])
            if any(f.start < match.end() and match.start() < f.end for f in limits):
                continue
            year = self.catalog.schema.year
            spoken = [critique.field for critique in critiques] or notes.limited()
            field_name = next((one for one in reversed(spoken) if year is None or one != year.name), None)
            if field_name is not None and not 1500 < number < 2100:
                op: LimitOp = "lt" if match["below"] else "gt"
                found.append(Limit(field_name, op, number, match[0].strip()))
        return found

    def _same_person(
        self, text: str, focus: Sequence[str], notes: Notes
    ) -> list[tuple[Span, tuple[str, str]]]:
        """Who is meant by "that director" or "more of his": of the item talked of, else the last one wanted."""
        item = self.catalog[focus[-1]] if focus and focus[-1] in self.catalog else None
        found: list[tuple[Span, tuple[str, str]]] = []
        for match in _THAT_PERSON.finditer(text):
            label = (match["label"] or "").lower()
            name = None
            for spec in self.catalog.schema.names:
                own = {*words_of(spec.name), *words_of(spec.label or "")}
                own |= {"actor", "actress"} if spec.phrase.startswith("with") else set()
                if label and {label, f"{label}s"} & own:
                    name = spec.name
            last = notes.last_person(self._people)
            if label and name is not None and item is not None and item.values(name):
                found.append((match.span(), (name, item.values(name)[0])))
            elif not label and last is not None:
                found.append((match.span(), last))
            elif not label and item is not None:
                name = next((one for one in self._people if item.values(one)), None)
                if name is not None:
                    found.append((match.span(), (name, item.values(name)[0])))
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
        for field_name, value in offered[0] if answer["no"] else offered[0][:1]:
            if answer["no"]:
                notes.refuse(Wish(field_name, value, 2.0, said))
            else:
                notes.want(Wish(field_name, value, 1.0, said))

    def _judge(
        self,
        text: str,
        clause: Span,
        here: Sequence[Found],
        own: list[str],
        listed: Sequence[str],
        question: str,
        before: Verdict | None,
        notes: Notes,
        focus: Sequence[str] = (),
    ) -> Verdict | None:
        """Note what one clause says of the items it names, or points at; the verdict, for the next clause."""
        said = text[slice(*clause)]
        places = [(f.start, f.end) for f in here]
        outside = blank(said, [(a - clause[0], b - clause[0]) for a, b in places])
        spared = slots.excepts(outside)
        if spared is not None and listed and slots.points_at(outside[:spared]) == "many":
            kept = {f.item_id for f in here} | {
                listed[i] for i in slots.slots_in(outside[spared:], len(listed))
            }
            for verdict in verdicts.verdicts_in(blank(text, places), clause):
                for item_id in listed:
                    if item_id not in kept:
                        notes.note(item_id, verdict)
            return None
        if here and own and own[-1] not in {f.item_id for f in here} and _BETTER_THAN.search(outside):
            notes.note(own[-1], "liked")  # "I've seen X and I liked it more than Y"
        if here:
            verdict_now: Verdict | None = None
            given: list[Verdict | None] = []
            for i in range(len(here)):
                given.append(
                    verdicts.verdict_on(text, clause, places, i, given[-1] if i and given[-1] else before)
                )
            for i in range(1, len(here)):
                between = text[places[i - 1][1] : places[i][0]]
                ends = not text[places[i][1] : clause[1]].strip(" ,.!") or i + 1 < len(here)
                if (
                    given[i] is None
                    and given[i - 1] in ("liked", "disliked")
                    and ends
                    and _AND_THEN.search(between)
                ):
                    given[i] = given[i - 1]  # "X was great and Y"
            for i in range(len(here) - 2, -1, -1):
                between = text[places[i][1] : places[i + 1][0]]
                if given[i] in (None, "seen") and _LISTED.fullmatch(between):
                    if given[i] == "seen" and here[i].item_id and given[i + 1] in ("liked", "disliked"):
                        notes.note(here[i].item_id, "seen")
                    if given[i + 1] is not None:
                        given[i] = given[i + 1]  # "X and Y were great"
            for i, f in enumerate(here):
                if (
                    f.item_id
                    and given[i] in ("liked", "disliked")
                    and verdicts.seen_before(text, clause, places, i)
                ):
                    notes.note(f.item_id, "seen")
            corrects = _CORRECTS.search(text[: here[0].start]) is not None
            for f, given_now in zip(here, given, strict=True):
                verdict_now = given_now
                if corrects and f.item_id and notes.correct(f.item_id):
                    continue
                if (
                    verdict_now is None
                    and not outside.strip(" ,.!-'\"")
                    and re.search(_ASKS_TASTE, question.lower())
                ):
                    verdict_now = "liked"
                if verdict_now == "forgotten" and f.item_id in listed and not notes.judged(f.item_id):
                    verdict_now = "rejected"  # "drop Heat", of what was only listed
                if f.item_id and verdict_now is not None:
                    notes.note(f.item_id, verdict_now)
            if slots.turns_down(outside) and listed and "else" in outside.lower():
                notes.reject(listed)
            return verdict_now
        found = verdicts.verdicts_in(text, clause)
        if own and not found and verdicts.says_like_that(said):
            for item_id in own:
                notes.note(item_id, "liked")
            return "liked"
        if own and not found and not here and verdicts.denies(said):
            notes.note(own[-1], "disliked")
            return "disliked"
        counted = slots.slots_in(said, len(listed)) if len(listed) > 1 else []
        if _MORE_LIKE.search(said) and not found and not counted and (own or focus):
            notes.note((own or focus)[-1], "liked")
            return "liked"
        if listed and verdicts.says_i_have(said) and "seen" in question.lower():
            for item_id in own or listed:
                notes.note(item_id, "seen")
            return "seen"
        points = slots.points_at(said)
        bare = len(said.split()) <= 4 and points is None and not _OTHER_OBJECT.search(said)
        down = slots.turns_down(said)
        if counted and slots.rejects_slots(said) and not set(found) & {"seen", "unseen"}:
            notes.reject(listed[slot] for slot in counted)
            return "rejected"
        chosen = [one for one in own if one in listed]
        if chosen and len(chosen) < len(listed) and slots.others(said) and not counted:
            rest = [one for one in listed if one not in chosen]
            if slots.rejects_slots(said):
                notes.reject(rest)
            for verdict in found if not slots.rejects_slots(said) else ():
                for item_id in rest:
                    notes.note(item_id, verdict)
            return found[-1] if found else None
        if counted and not down:
            if not found and _MORE_LIKE.search(said):
                found = ["liked"]  # "the second one looks good, more like that"
            if not found and before in ("liked", "disliked", "seen") and slots.is_mere_list(said):
                found = [before]
            asked: Sequence[Verdict] = (
                ["liked"]
                if re.search(r"\blike\s+(?:the|number|#|\d)", said, re.IGNORECASE) and not found
                else found
            )
            for slot in counted:
                for verdict in asked:
                    notes.note(listed[slot], verdict)
            own[:] = [listed[slot] for slot in counted]
            return found[-1] if found else None
        if found and points == "one" and not own and focus:
            for verdict in found:
                notes.note(focus[-1], verdict)
            return found[-1]
        for verdict in found:
            if own and (points or bare):
                targets = list(own) if points == "many" or verdict in ("seen", "unseen") else list(own)[-1:]
                for item_id in targets:
                    notes.note(item_id, verdict)
            elif listed and (points or bare):
                if verdict == "disliked" and re.search(r"\b(?:is|are|sounds?|looks?)\b", said, re.IGNORECASE):
                    notes.reject(listed)
                elif verdict in ("seen", "unseen") or points == "many" or len(listed) == 1:
                    for item_id in listed:
                        notes.note(item_id, verdict)
                elif verdict == "disliked" and points == "one":
                    notes.reject(listed)
        if down and listed and not own and not (chosen and slots.others(said)):
            notes.reject(listed)
            notes.others = True
        elif own and set(own) <= set(listed) and slots.refuses_all(said):  # "Heat I've seen. None of those."
            notes.reject(one for one in listed if one not in own)
        return found[-1] if found else before


_AND_ALSO = re.compile(r"(?:\band|&)\s+(?:the\s+)?$", re.IGNORECASE)
_ASKS_REFUSAL = re.compile(
    r"\b(?:not (?:\w+ )?(?:to )?(?:see|watch|want|like|read|have)|(?:don't|do not|wouldn't) (?:you )?(?:\w+ "
    r")?(?:like|want|enjoy|see)|avoid|rule out|leave out|dislike|hate|stay away|skip)\b[^?\n]*\?\s*$",
    re.IGNORECASE,
)
_REQUESTS = re.compile(
    r"\b(?:want|like|love|looking|recommend|suggest|prefer|fan|mood|except|but)\b", re.IGNORECASE
)
_YES_NO = re.compile(
    r"^\W*(?:(?P<yes>yes|yeah|yep|yup|sure|ok|okay|definitely|absolutely|of course|sounds good|please|why not|i do|"
    r"i would|love (?:it|that|those|them))|(?P<no>no|nope|nah|not really|never|i don't|i do not|i hate (?:it|that|"
    r"those|them)))\b(?:\W+(?:please|thanks|thank you|not really|i do|i don't|i would|sounds good|that works|a lot|"
    r"very much|not at all|not today|not a fan|not my thing|i love (?:it|that|those|them)|i hate (?:it|that|those|"
    r"them)|sir|ma'am|mate|man))*\W*$",
    re.IGNORECASE,
)
_OFFERS = re.compile(
    r"^\W*(?:(?:so|and|ok|okay|well|maybe|then)\W+)*(?:(?:do|would|are|did|will|should)\b|how about|what about|"
    r"want\b|fancy\b|is (?:it|that)\b|shall|can i|could i|perhaps)[^?]*\?\s*$",
    re.IGNORECASE,
)
_START_OVER = re.compile(
    r"\b(?:forget|ignore|scratch|drop|clear|erase)\s+(?:about\s+)?(?:everything|all)\b(?!\s+but)|\bstart(?:ing)?\s+(?:all\s+)?"
    r"(?:over|again|from scratch|afresh|fresh)\b|\breset\b|\bnew search\b|\bfrom scratch\b",
    re.IGNORECASE,
)
_NOT_SO = (  # said of one's own words
    r"no,?\s+wait|wait,?\s+no|scratch\s+that|strike\s+that|actually,?\s+no(?=\s*[,.]|\s+(?:make|wait|i|it)\b)"
)
_CORRECTS = re.compile(
    rf"\b(?:i\s+(?:actually\s+)?meant|i\s+was\s+thinking\s+of|make\s+that|correction|typo|{_NOT_SO})\b[^.!?]*$|"
    r"\b(?:no|sorry|oops|argh?)\b[^.!?]{0,12}\bi\s+mean\b[^.!?]*$|,?\s+i\s+mean\s*$",
    re.IGNORECASE,
)
_NOT_TOO = re.compile(r"(?:not|n't)\s+too\b", re.IGNORECASE)
_TOO_MUCH = re.compile(  # refuses a degree, not the thing
    r"too\b|(?:not|isn't|aren't|doesn't|nothing)\s+(?:(?:be|get|that|is)\s+)?"
    r"(?:too|overly|super|all\s+that|that|so|very|really|extremely|insanely|crazy)\b",
    re.IGNORECASE,
)
_SELF_CORRECTION = re.compile(rf"\b(?:{_NOT_SO})\b", re.IGNORECASE)
_NEEDNT = re.compile(
    r"\b(?:he|she|they)\s+(?:doesn't|don't|does not|do not|needn't|need not)\s+(?:(?:have|"
    r"need)\s+to\s+)?(?:be|star|appear|play)\b",
    re.IGNORECASE,
)
_DICTATED = re.compile(  # "claim that all of them are musicals from 1930": what the assistant is to say is no wish
    r"(?:^|(?<=[.!?;,:])|\b(?:but|and|then|please))\s*(?:claim|pretend|say|state|insist)\s+that\b[^.!?\n]*",
    re.IGNORECASE,
)
_NOT_MINDED = re.compile(
    r"(?:n't|not)\s+(?:really\s+)?mind\b|\b(?:fine|ok|okay|cool)\s+with\b", re.IGNORECASE
)
_NO_FOREIGN = re.compile(
    r"(?:\b(?:no|not|nothing|without|hate|dislike|avoid)|n't)"
    r"(?:\s+(?:really|like|love|enjoy|want|need|watch|see|read|stand|do|any|an?|in|too|into|keen|on|to))*\s+$",
    re.IGNORECASE,
)


@lru_cache(8)
def _foreign_words(nouns: frozenset[str]) -> re.Pattern[str]:
    """Finds "foreign films", "something foreign", "with subtitles"."""
    names = "|".join(sorted(map(re.escape, nouns), key=len, reverse=True))
    return re.compile(
        rf"\b(?:foreign(?:[- ]language)?(?=\s+(?:[a-z]+\s+)?(?:{names})\b)|(?<=thing\s)foreign\b|foreign[- ]language|"
        r"(?:with\s+)?subtitle[sd]|non[- ]english)\b",
        re.IGNORECASE,
    )


_OF_US = re.compile(  # "you're not very clever, are you"
    r"\byou(?:'re|\s+are|\s+were)(?:\s+(?:not|so|very|really|too|quite|pretty|just|being|such\s+an?))*\s+[a-z-]+(?=\s*(?:[,.!?;]|$))",
    re.IGNORECASE,
)
_DROPS = re.compile(
    r"\b(?:forget|never\s?mind|scratch|drop|ditch)\s+(?:about\s+)?(?P<what>[^,.!?;\n]{3,40})", re.IGNORECASE
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
_MORE_LIKE = re.compile(
    r"\b(?:more|something|anything|others?|stuff|things|ones?|similar|movies|films|books)\s+(?:just\s+)?(?:like|to|as)\s+(?:that|it|this)\b(?!\s+but)"
    r"|\bmore\s+of\s+(?:that|the same)\b|\bsimilar\s+(?:ones|movies|films)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(r"[\s,&/+]*(?:and|or|nor|meets|as well as|n|plus)?[\s,]*(?:the\s+)?", re.IGNORECASE)
_BETTER_THAN = re.compile(
    r"\b(?:liked|loved|enjoyed|prefer(?:red)?)\s+(?:it|that(?: one)?)\s+(?:even\s+|much\s+|way\s+)?"
    r"(?:more|better|over|to)\b",
    re.IGNORECASE,
)
_AND_THEN = re.compile(
    r"^\W*(?:was|were|is|are)\s+[^,.;]{2,30}(?:,|\band)\s*(?:also\s+)?(?:the\s+)?$", re.IGNORECASE
)
_ASKS_TASTE = (
    r"\b(?:favou?rite|(?:do|did|have) you (?:\w+ )?(?:like|love|enjoy)|you(?:'ve| have)? (?:like|liked|"
    r"love|loved|enjoy|enjoyed)|examples?)\b"
)
# "but hated Zzyzx Road": what is hated is not known here, but it is not what was named before.
_OTHER_OBJECT = re.compile(
    r"\b(?:hate|hated|love|loved|like|liked|enjoyed|disliked|despised?|saw|seen|watched)\s+(?!(?:it|that|this|them|"
    r"those|these|too|as|well|though|much|both|all|a\s+lot|already|before|every\s+(?:minute|second|moment|bit|"
    r"part))\b)\w",
    re.IGNORECASE,
)
_THAN = re.compile(r"(?:\s+\w+)?\s+than\s+(?:the\s+)?", re.IGNORECASE)  # "a longer film than"
_OWN_LINE = re.compile(r"^\d+\. \*\*[^\n]+?\*\*[^\n—]* — (?P<reason>[A-Z].*)$", re.MULTILINE)


def _told(content: str, clause: Span) -> str:
    """What a clause says, to be kept with what it is taken for."""
    return " ".join(content[slice(*clause)].split()).strip(" ,;")


def _by_message(mentions: Sequence[Mention], messages: Sequence[Message]) -> list[list[Found]]:
    """The mentions of each message, in order."""
    found: list[list[Found]] = [[] for _ in messages]
    for one in mentions:
        length = len(messages[one.message].content) if 0 <= one.message < len(messages) else -1
        if not 0 <= one.start < one.end <= length:
            raise ValueError(
                f"a mention of {one.item_id!r} is at characters {one.start} to {one.end} of message {one.message}, "
                f"but the dialogue has {len(messages)} messages"
                + (f" and that one {length} characters" if length >= 0 else "")
            )
        found[one.message].append(Found(one.item_id, one.start, one.end, one.score))
    return [sorted(here, key=lambda one: one.start) for here in found]


def _overlap(one: Found | FoundLimit, other: Found | FoundCritique) -> bool:
    return one.start < other.end and other.start < one.end


def _has_digit(text: str, limit: FoundLimit) -> bool:
    return any(char.isdigit() for char in text[limit.start : limit.end])
