"""Turns while they are made: the view after each event of a reply."""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from wherefore.dialogue.state import Preferences
from wherefore.recommender import Recommender
from wherefore.reply import Done, ListReady, Recommendation, TextDelta
from wherefore.serving.display import label

from .view import Card, Mark, Settings, Turn, View

_LINE = re.compile(r"^(\d+)\. \*\*.+?\*\*.*? — (.+)$", re.MULTILINE)


def answer(recommender: Recommender, view: View, text: str, settings: Settings) -> Generator[View]:
    """The view after each event of a new turn.

    Raises:
        DialogueError: If the message is not allowed; says what is.
    """
    turn = Turn(text, view.state, view.state)
    said = ({"role": "user", "content": text},)
    given = _known(turn.before, view)
    events = recommender.stream(
        (*view.messages, *said), settings.k, given, settings.diversity, seed=settings.seed
    )
    return _following(events, view, turn, recommender)


def _known(state: Preferences, view: View) -> Preferences | None:
    """The state that a new turn starts from: older messages are in it, with all that was edited; None at the start."""
    return state if view.turns or state != Preferences() else None


def anew(recommender: Recommender, view: View, state: Preferences, settings: Settings) -> Generator[View]:
    """The view after each event of making the last turn's list anew, for a state that was edited."""
    last = view.turns[-1]
    said = (*view.upto(len(view.turns) - 1).messages, {"role": "user", "content": last.said})
    events = recommender.stream(said, settings.k, state, settings.diversity, settled=True, seed=settings.seed)
    # The list that is being replaced stays in its place until then.
    turn = Turn(last.said, last.before, state, cards=last.cards, candidates=last.candidates)
    return _following(events, view.upto(len(view.turns) - 1), turn, recommender)


def _following(events: Iterator[Any], view: View, turn: Turn, recommender: Recommender) -> Generator[View]:
    try:
        yield replace(view, turns=(*view.turns, turn))
        for event in events:
            match event:
                case ListReady():
                    cards = cards_of(event.recommendations, recommender)
                    turn = replace(turn, after=event.preferences, cards=cards, candidates=event.candidates)
                case TextDelta():
                    reply = turn.reply + event.text
                    turn = replace(turn, reply=reply, cards=_with_reasons(turn.cards, reply))
                case Done():
                    done = event.reply
                    options = done.question.options if done.question is not None else ()
                    turn = replace(
                        turn,
                        reply=done.text,
                        action=done.action,
                        after=done.preferences,
                        cards=cards_of(done.recommendations, recommender),
                        options=tuple(options),
                    )
            yield replace(view, turns=(*view.turns, turn))
    finally:
        if isinstance(events, Generator):  # a page that was closed must let go of the recommender
            events.close()


def cut_off(recommender: Recommender, view: View, word: str) -> View:
    """The view whose last reply ends with a word for that; what its message said is understood all the same."""
    last = view.turns[-1]
    if last.action:
        return view
    state = last.after
    if not last.cards and not last.reply:  # stopped before anything was read
        given = _known(last.before, view.upto(len(view.turns) - 1))
        state = recommender.reader.read(
            view.messages, given, len(view.messages) - 1 if given else 0
        ).preferences
    last = replace(last, after=state, reply=f"{last.reply} {word}".strip(), action="stopped")
    return replace(view, turns=(*view.turns[:-1], last))


def _with_reasons(cards: tuple[Card, ...], reply: str) -> tuple[Card, ...]:
    """The cards with the reasons that the reply has by now."""
    if not cards or cards[-1].reason:
        return cards
    written = {int(match[1]): match[2] for match in _LINE.finditer(reply)}
    return tuple(
        replace(card, reason=written.get(number, "")) if not card.reason else card
        for number, card in enumerate(cards, 1)
    )


def cards_of(listed: Sequence[Recommendation], recommender: Recommender) -> tuple[Card, ...]:
    """The cards of a list."""
    schema = recommender.catalog.schema
    labels = {spec.name: label(spec) for spec in schema.fields}
    best = max((one.score for one in listed), default=0.0)
    return tuple(
        Card(
            one.item.id,
            math.exp((one.score - best) / 4),
            one.score,
            one.reason,
            one.worded,
            tuple(
                Mark(labels.get(fact.field, ""), fact.value or fact.ask, fact.because)
                for fact in one.evidence
                if fact.because
            ),
            dict(one.found_by),
            dict(one.parts),
        )
        for one in listed
    )
