"""Simulated users: each is after one hidden item, never names it, and says as much as a person would.

They measure whether a conversation helps: how often, and after how many turns, the item is listed. The idea is that of
Zhang and Balog (KDD 2020, 10.1145/3394486.3403202); here nothing leaks the target: the user tells no title of it, and
nothing that only few items share.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import is_year, unit_words
from wherefore.dialogue.state import Limit
from wherefore.text import number_text
from wherefore.training.practice import holders
from wherefore.writing.asking import Ask

_LEAST = 20  # items that share all that the user has told of the target: fewer would give it away
_EXAMPLES = 2  # liked items that a user names at first, at most
_VALUES = 100  # of a field with more values, people would not name one unasked

_OPENINGS = (
    "Hi, I'm looking for {noun} to {see}. {wish}",
    "{wish} What would you suggest?",
    "Can you recommend me {noun}? {wish}",
    "{wish} Any ideas?",
    "hey! {wish}",
)
_LIKES = (
    "I loved {a}.",
    "I really enjoyed {a}.",
    "Something like {a}.",
    "{a} was great.",
    "I'm a fan of {a}.",
)
_WANTS = (
    "I want something with the {label} {value}.",
    "{value} would be good.",
    "I'm in the mood for {value}.",
    "Maybe {value}.",
)
_MORE = (
    "How about {value}?",
    "I'd prefer {value}.",
    "Could it be {value}?",
    "{value}, please.",
    "I'd like {value}.",
)
_AFTER = (
    "Something from after {n}, please.",
    "newer than {n} please",
    "I'd like something more recent, after {n}.",
)
_BEFORE = (
    "Something from before {n}, please.",
    "older please, before {n}",
    "I'd like an older one, from before {n}.",
)
_UNDER = ("It should be under {n} {unit}.", "shorter than {n} {unit} please", "Under {n} {unit}, please.")
_OVER = ("It should be over {n} {unit}.", "longer than {n} {unit} please", "Over {n} {unit}, please.")
_CLOSER = (
    "More like number {n}.",
    "Number {n} comes closest. More like that?",
    "I like the look of number {n}, more like it.",
)
_REFUSES = ("No {value}, please.", "I don't want {value}.", "Not {value}.", "Less {value}, please.")
_SEEN = ("I've seen {a}.", "I have already seen {a}.", "{a} I've seen.")
_ELSE = (
    "None of those, what else?",
    "Hmm, not those. Something else?",
    "Any others?",
    "Not quite. What else do you have?",
)
_UNDECIDED = ("no preference", "I don't mind", "either", "not sure")


@dataclass(frozen=True)
class Taste:
    """What a simulated user is after: a hidden item, and items that the same person likes."""

    target: str
    liked: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """A reply, as a user sees it."""

    text: str
    listed: tuple[Item, ...]
    question: Ask | None = None


System = Callable[[list[dict[str, str]]], Seen]


class SimulatedUser:
    """A user with a hidden taste.

    In the beginning the user names items they liked, or a value that the target has. Then they answer what is asked
    and, when the target is not listed, say how the list should differ: newer, older, shorter, longer, of another kind,
    more like one of those listed, or just others. What they say is always true of the target, and at least twenty
    items share all of it.

    Args:
        taste: What the user is after.
        catalog: Where it is from.
        near: How alike two items are, by their ids: the user knows which listed item comes closest.
        draw: Where the choices come from.
        name: How the user writes an item; by its title when not given.

    Attributes:
        limits: What the list must keep to by now.
        wanted: Field and value of what was asked for.
        refused: Field and value of what was turned down.
        named: Ids of liked items that were named.
        gone: Ids of items that must not be listed again: turned down, or seen.
    """

    def __init__(
        self,
        taste: Taste,
        catalog: Catalog,
        near: Callable[[str, str], float],
        draw: Random,
        name: Callable[[Item], str] = lambda item: item.title,
    ) -> None:
        self._taste, self._catalog, self._near, self._draw = taste, catalog, near, draw
        self._name = name
        self._target = catalog[taste.target]
        self._left = set(range(len(catalog)))  # rows that share all that was told
        self.limits: list[Limit] = []
        self.wanted: dict[tuple[str, str], None] = {}
        self.refused: dict[tuple[str, str], None] = {}
        self.named: list[str] = []
        self.gone: set[str] = set()

    def opens(self) -> str:
        """The first message."""
        liked = self._draw.sample(
            self._taste.liked, min(len(self._taste.liked), self._draw.randint(0, _EXAMPLES))
        )
        self.named += liked
        parts = [self._pick(_LIKES).format(a=self._name(self._catalog[one])) for one in liked]
        value = self._value() if not parts or self._draw.random() < 0.4 else None
        if value is not None:
            spec, said = value
            ways = _WANTS[1:] if said.startswith("something") else _WANTS
            parts.append(self._pick(ways).format(value=said, label=(spec.label or spec.name).lower()))
        noun = self._catalog.schema.noun.lower()
        article = "an" if noun[0] in "aeiou" else "a"
        wish = " ".join(parts) or f"Any good {self._catalog.schema.plural.lower()}?"
        return self._pick(_OPENINGS).format(noun=f"{article} {noun}", see="pick", wish=wish)

    def satisfied(self, reply: Seen) -> bool:
        """Whether the reply lists what the user is after."""
        return any(item.id == self._taste.target for item in reply.listed)

    def says(self, reply: Seen) -> str:
        """The next message, to a reply that does not list the target."""
        parts = []
        answer = self._answers(reply.question) if reply.question is not None else None
        if answer is not None:
            parts.append(answer)
        known = [item for item in reply.listed if item.id in self._taste.liked]
        if known:
            parts.append(self._pick(_SEEN).format(a=self._name(known[0])))
            self.gone.add(known[0].id)
        # Who has answered has said something, and often leaves it at that; who has not says what is amiss.
        if answer in (None, *_UNDECIDED) or self._draw.random() < 0.5:
            parts.append(self._criticizes(reply.listed, bool(known)))
        return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in parts)

    # -- what is said ---------------------------------------------------------------------------------------

    def _answers(self, question: Ask) -> str:
        spec = self._catalog.schema.spec(question.field)
        if spec.has_measure:
            number = self._target.number(spec.name)
            pivot = re.search(r"\d+(?:\.\d+)?", question.options[0])
            if number is None or pivot is None:
                return self._pick(_UNDECIDED)
            below = number < float(pivot[0])
            if not self._keep(
                lambda item: (n := item.number(spec.name)) is not None and (n < float(pivot[0])) == below
            ):
                return self._pick(_UNDECIDED)
            said = question.options[0] if below else question.options[1]
            self.limits.append(Limit(spec.name, "lt" if below else "ge", float(pivot[0]), said))
            return said
        mine = [value for value in self._target.values(spec.name) if value in question.options]
        mine = mine or list(self._target.values(spec.name))
        for value in self._draw.sample(mine, len(mine)):
            if self._tell(spec.name, value):
                return value.lower()
        return self._pick(_UNDECIDED)

    def _criticizes(self, listed: Sequence[Item], seen: bool) -> str:
        ways = [self._by_number, self._closer, self._by_value, self._refuses]
        self._draw.shuffle(ways)
        for way in ways:
            said = way(listed)
            if said is not None:
                return said
        # After "I've seen Heat", "any others?" asks for more and leaves the rest of the list as it is.
        said = self._pick([one for one in _ELSE if not seen or one != "Any others?"])
        self.gone.update(item.id for item in listed)
        return said

    def _by_number(self, listed: Sequence[Item]) -> str | None:
        """That the list is too old, too long, and the like; None when it is not."""
        for spec in self._catalog.schema.measures:
            mine = self._target.number(spec.name)
            theirs = [n for item in listed if (n := item.number(spec.name)) is not None]
            if mine is None or len(theirs) < 2 or self._limited(spec.name):
                continue
            year = is_year(spec)
            step = 5.0 if year else max(abs(mine) * 0.1, 1.0)
            if sum(n < mine - step for n in theirs) > len(theirs) / 2:
                bound, above = _round(mine - step, year, down=True), True
            elif sum(n > mine + step for n in theirs) > len(theirs) / 2:
                bound, above = _round(mine + step, year, down=False), False
            else:
                continue

            def fits(item: Item, spec: FieldSpec = spec, bound: float = bound, above: bool = above) -> bool:
                number = item.number(spec.name)
                return number is not None and (number > bound if above else number < bound)

            if self._keep(fits):
                words = (_AFTER if above else _BEFORE) if year else (_OVER if above else _UNDER)
                said = self._pick(words).format(
                    n=number_text(bound), unit=unit_words(spec.unit) or spec.label or spec.name
                )
                self.limits.append(Limit(spec.name, "gt" if above else "lt", bound, said))
                return said
        return None

    def _closer(self, listed: Sequence[Item]) -> str | None:
        """Which listed item comes closest, if one is truly close."""
        near = [self._near(item.id, self._taste.target) for item in listed]
        if not near or max(near) < 0.6:
            return None
        return self._pick(_CLOSER).format(n=int(np.argmax(near)) + 1)

    def _by_value(self, listed: Sequence[Item]) -> str | None:
        """A value of the target that most of the list lacks."""
        value = self._value(
            lambda spec, one: sum(one in item.values(spec.name) for item in listed) <= len(listed) / 2
        )
        return None if value is None else self._pick(_MORE).format(value=value[1])

    def _refuses(self, listed: Sequence[Item]) -> str | None:
        """A value of most of the list that the target lacks."""
        pairs = [
            (spec, value)
            for spec in self._catalog.schema.tags
            if len(self._catalog.vocabulary(spec.name)) <= _VALUES and spec.phrase.startswith("{}")
            for value in dict.fromkeys(value for item in listed for value in item.values(spec.name))
            if value not in self._target.values(spec.name)
            and (spec.name, value) not in self.refused
            and sum(value in item.values(spec.name) for item in listed) > len(listed) / 2
        ]
        for spec, value in self._draw.sample(pairs, len(pairs)):

            def lacks(item: Item, name: str = spec.name, value: str = value) -> bool:
                return value not in item.values(name)

            if self._keep(lacks):
                self.refused[spec.name, value] = None
                return self._pick(_REFUSES).format(value=value.lower())
        return None

    # -- what may be said -----------------------------------------------------------------------------------

    def _value(
        self, wanted: Callable[[FieldSpec, str], bool] = lambda spec, value: True
    ) -> tuple[FieldSpec, str] | None:
        """A value of the target that was not told yet, and that gives nothing away."""
        pairs = [
            (spec, value)
            for spec in self._catalog.schema.tags
            if len(self._catalog.vocabulary(spec.name)) <= _VALUES
            for value in self._target.values(spec.name)
            if (spec.name, value) not in self.wanted and wanted(spec, value)
        ]
        for spec, value in self._draw.sample(pairs, len(pairs)):
            if self._tell(spec.name, value):
                said = value.lower() if spec.phrase.startswith("{}") else value
                lead = spec.phrase.partition("{}")[0].strip()
                return spec, f"something {lead} {said}" if lead else said
        return None

    def _tell(self, name: str, value: str) -> bool:
        rows = self._left & set(holders(self._catalog).rows.get((name, value), ()))
        if len(rows) < _LEAST:
            return False
        self._left = rows
        self.wanted[name, value] = None
        return True

    def _keep(self, fits: Callable[[Item], bool]) -> bool:
        rows = {row for row in self._left if fits(self._catalog.items[row])}
        if len(rows) < _LEAST:
            return False
        self._left = rows
        return True

    def _limited(self, name: str) -> bool:
        return any(limit.field == name for limit in self.limits)

    def _pick(self, ways: Sequence[str]) -> str:
        return self._draw.choice(ways)


def _round(value: float, year: bool, down: bool) -> float:
    step = 5.0 if year else 10.0 if abs(value) >= 50 else 1.0
    return float((np.floor if down else np.ceil)(value / step) * step)


def closeness(catalog: Catalog, vectors: np.ndarray) -> Callable[[str, str], float]:
    """How alike two items are, by their ids: the cosine of their vectors.

    Args:
        catalog: Where they are from.
        vectors: (n, d), of unit length, by row.
    """
    return lambda one, other: float(vectors[catalog.row(one)] @ vectors[catalog.row(other)])


@dataclass(frozen=True)
class Session:
    """How one conversation went: the turn in which the target was listed (from 1), or None, and what was said."""

    turn: int | None
    messages: tuple[Mapping[str, str], ...]
    questions: int  # that the system asked


def converse(user: SimulatedUser, system: System, turns: int = 5) -> Session:
    """Let a user talk with a system until the target is listed, for at most so many turns."""
    messages: list[dict[str, str]] = []
    said = user.opens()
    asked = 0
    for turn in range(1, turns + 1):
        messages.append({"role": "user", "content": said})
        reply = system(list(messages))
        messages.append({"role": "assistant", "content": reply.text})
        asked += reply.question is not None
        if user.satisfied(reply):
            return Session(turn, tuple(messages), asked)
        said = user.says(reply)
    return Session(None, tuple(messages), asked)


def tastes(
    liked_sets: Iterable[frozenset[str]],
    near: Callable[[str, str], float],
    number: int,
    seed: int = 0,
    known: int = 3,
) -> tuple[Taste, ...]:
    """Tastes of real people: a liked item that is hidden, and those of the others that are most like it.

    Args:
        liked_sets: What each person likes.
        near: How alike two items are.
        number: How many tastes, of as many people; fewer when there are fewer with enough likes.
        seed: Of the choice.
        known: Liked items that go with each.
    """
    draw = Random(seed)
    sets = [sorted(one) for one in liked_sets if len(one) > 2 * known]
    draw.shuffle(sets)
    found = []
    for liked in sets[:number]:
        target = draw.choice(liked)
        others = draw.sample([one for one in liked if one != target], 2 * known)
        others.sort(key=lambda one: -near(one, target))
        found.append(Taste(target, tuple(others[:known])))
    return tuple(found)
