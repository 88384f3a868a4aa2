"""Dialogues made from a catalogue's facts: simulated users, lists that miss what they are after, and true labels.

They teach what corpora of chats hardly hold: wishes, limits, critiques, rejections and questions, each with the state
that it should lead to, what to do, and the reasons. No model is needed: lists come from the facts, and wording from
the grammar.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.schema import FieldSpec
from wherefore.corpora.base import split_by_hash
from wherefore.corpora.ratings import liked_sets
from wherefore.dialogue.facts import Plan
from wherefore.dialogue.state import Preferences, Wish
from wherefore.errors import CatalogError, CorpusError
from wherefore.files import write_aside
from wherefore.reading.reader import DialogueReader
from wherefore.training.simulate import Seen, SimulatedUser, Taste, closeness, tastes
from wherefore.writing import fallback as explain
from wherefore.writing.answers import answer
from wherefore.writing.asking import Ask, best_question
from wherefore.writing.plan import plan_opening, plan_reasons

LISTED = 5  # items of a list
_REFERENCE = re.compile(r"@(i\d+)\b")
_ASKS_BACK = 0.3  # of lists, where there is something to ask
_QUESTIONS = 0.2  # of turns in which the user asks about a listed item first
_SPLITS = {"valid": 0.05, "train": 0.95}
_PASSING = (
    "Who is behind number {n}?",
    "Tell me about number {n}.",
    "Why number {n}?",
    "What is the difference between 1 and {n}?",
    "What is the {label} of number {n}?",
)


class DialogueMaker:
    """Makes dialogues with users who are each after one hidden item.

    Args:
        catalog: Whose facts are talked about.
        vectors: (n, d) unit vectors of its items: how alike they are.
        turns: A user sees at most so many lists before the dialogue ends.

    Raises:
        CatalogError: If there are too few items to talk about.
    """

    def __init__(self, catalog: Catalog, vectors: np.ndarray, turns: int = 4) -> None:
        if len(catalog) < 10 * LISTED:
            raise CatalogError(
                f"the catalogue has {len(catalog)} items; dialogues need {10 * LISTED} or more to talk about"
            )
        self.catalog, self._vectors, self._turns = catalog, vectors, turns
        self.near = closeness(catalog, vectors)
        self._reader = DialogueReader(catalog)
        known = catalog.schema.popularity
        counts = [float(item.number(known.name) or 0.0) if known else 0.0 for item in catalog.items]
        self._known = np.log1p(np.array(counts))
        self._known /= max(self._known.max(), 1e-9)

    def invented_tastes(self, number: int, seed: int = 0, known: int = 3) -> tuple[Taste, ...]:
        """Tastes where nobody's are known: an item, better known ones more often, and some that are like it."""
        draw = Random(seed)
        weights = (0.02 + self._known**2).tolist()
        found = []
        for row in draw.choices(range(len(self.catalog)), weights, k=number):
            closest = np.argsort(-(self._vectors @ self._vectors[row]) - 0.1 * self._known, kind="stable")[
                1:40
            ]
            liked = draw.sample(closest.tolist(), known)
            ids = self.catalog.ids
            found.append(Taste(ids[row], tuple(ids[one] for one in liked)))
        return tuple(found)

    def make(self, people: Iterable[Taste], seed: int = 0) -> Iterator[dict[str, Any]]:
        """A dialogue per taste, as a record of the shared schema (`corpora.base.read_shared`).

        Every turn of the assistant's has `action` ("recommend" or "answer") and `gold`: the hidden item where a list is
        due, nothing where a question is answered. A list has `state`, what its user has said by then (as
        `Preferences.to_json` gives it), and `reasons`: per item the text, and the facts it is worded from.
        """
        for number, taste in enumerate(people):
            yield self._dialogue(taste, f"made{seed}x{number}", Random(f"{seed} {number}"))

    def _dialogue(self, taste: Taste, name: str, draw: Random) -> dict[str, Any]:
        user = SimulatedUser(taste, self.catalog, self.near, draw, self._reference)
        turns: list[dict[str, Any]] = []
        closer: list[str] = []  # listed items that the user has liked the look of
        seen: Seen | None = None
        for _ in range(draw.randint(1, self._turns)):
            if seen is None:
                says = user.opens()
            else:
                says = user.says(seen)
                closer += [item.id for n, item in enumerate(seen.listed, 1) if f"umber {n}" in says]
            turns.append(self._turn("user", says))
            state = self._state(user, closer)
            listed = self._list(taste, state, draw)
            if not listed:  # nothing but what they are after fits what they said
                turns.pop()
                break
            turn, question = self._lists(turns, listed, state, draw)
            turns.append(turn | {"gold": [self._number(taste.target)]})
            seen = Seen(turn["text"], listed, question)
            if question is None and draw.random() < _QUESTIONS:
                turns += self._asides(turns, listed, draw)
        return {"dialogue_id": name, "dataset": "made", "split": "train", "turns": turns}

    def items(self) -> Iterator[dict[str, Any]]:
        """Records of the items that dialogues speak of: their ids there are numbers of rows, `i0` and so on."""
        for item in self.catalog.items:
            yield {"item_id": self._number(item.id), "title": item.title, "catalogue_id": item.id}

    def _number(self, item_id: str) -> str:
        return f"i{self.catalog.row(item_id)}"

    def _reference(self, item: Item) -> str:
        return f"@{self._number(item.id)}"

    def _turn(self, role: str, text: str) -> dict[str, Any]:
        return {"role": role, "text": text, "items": list(dict.fromkeys(_REFERENCE.findall(text)))}

    def _state(self, user: SimulatedUser, closer: Iterable[str]) -> Preferences:
        """What the user has said, as it is meant."""
        return Preferences(
            liked=tuple(dict.fromkeys((*user.named, *closer))),
            rejected=tuple(sorted(user.gone)),
            wanted=tuple(Wish(name, value, 1.0, "") for name, value in user.wanted),
            unwanted=tuple(Wish(name, value, 2.0, "") for name, value in user.refused),
            limits=tuple(user.limits),
        )

    def _list(self, taste: Taste, state: Preferences, draw: Random) -> tuple[Item, ...]:
        """Items that fit what was said, but for the one that the user is after."""
        catalog, items = self.catalog, self.catalog.items
        scores = self._known + np.array([draw.gauss(0.0, 0.3) for _ in items])
        for item_id in state.liked:
            scores += self._vectors @ self._vectors[catalog.row(item_id)]
        out = {taste.target, *state.liked, *state.rejected}
        for row, item in enumerate(items):
            scores[row] += sum(wish.held_by(item) for wish in state.wanted)
            if (
                item.id in out
                or any(wish.held_by(item) for wish in state.unwanted)
                or not all(limit.allows(item, catalog) for limit in state.limits)
            ):
                scores[row] = -math.inf
        best = np.argsort(-scores, kind="stable")[:LISTED]
        return tuple(items[row] for row in best if scores[row] > -math.inf)

    def _lists(
        self, turns: list[dict[str, Any]], listed: tuple[Item, ...], state: Preferences, draw: Random
    ) -> tuple[dict[str, Any], Ask | None]:
        """The assistant's list in words, and the question that goes with it, if one does."""
        catalog = self.catalog
        dialogue = self._reader.read(self._messages(turns))
        plans = plan_reasons(listed, dialogue, catalog)
        reasons = [explain.plain_sentence(plan, catalog) for plan in plans]
        opening = plan_opening(listed, dialogue, catalog)
        lines = [
            f"{n}. {self._reference(item)} — {self._by_id(text, plans[n - 1])}"
            for n, (item, text) in enumerate(zip(listed, reasons, strict=True), 1)
        ]
        text = "\n".join([self._by_id(explain.plain_opening(opening, catalog), opening), "", *lines])
        question = None
        if draw.random() < _ASKS_BACK:
            items = [
                item for item in catalog.items if all(limit.allows(item, catalog) for limit in state.limits)
            ]
            some = draw.sample(items, min(len(items), 200))
            question = best_question(some, np.zeros(len(some), np.float32), dialogue, catalog)
            text += f"\n\n{question.text}" if question is not None else ""
        told = [
            {
                "item": item.id,
                "text": text_of,
                "facts": [{"field": f.field, "value": f.value, "kind": f.kind} for f in plan.facts],
            }
            for item, plan, text_of in zip(listed, plans, reasons, strict=True)
        ]
        return self._turn("assistant", text) | {
            "action": "recommend",
            "state": state.to_json(),
            "reasons": told,
        }, question

    def _asides(
        self, turns: list[dict[str, Any]], listed: tuple[Item, ...], draw: Random
    ) -> list[dict[str, Any]]:
        """A question about a listed item, and its answer from the record."""
        specs: list[FieldSpec] = [spec for spec in self.catalog.schema.filterable if spec.label]
        label = draw.choice(specs).label.lower() if specs else "title"
        text = draw.choice(_PASSING).format(n=draw.randint(2, max(len(listed), 2)), label=label)
        dialogue = self._reader.read(self._messages([*turns, self._turn("user", text)]))
        question = self._reader.question(dialogue)
        if question is None:
            return []
        said = answer(question, dialogue, self.catalog, {})
        plan = Plan(None, (), {f"@{n}": one for n, one in enumerate(question.items, 1)}, "", "")
        reply = self._turn("assistant", self._by_id(said.text, plan))
        return [self._turn("user", text), reply | {"action": "answer", "gold": []}]

    def _messages(self, turns: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
        """Turns as they are shown."""

        def title(match: re.Match[str]) -> str:
            return self.catalog.items[int(match[1][1:])].title

        return [{"role": turn["role"], "content": _REFERENCE.sub(title, turn["text"])} for turn in turns]

    def _by_id(self, text: str, plan: Plan) -> str:
        """A sentence with `@id` where it has an item's title."""
        for item_id in {*plan.slots.values()}:
            text = text.replace(f"*{self.catalog[item_id].title}*", f"@{self._number(item_id)}")
        return text


def write_corpus(
    maker: DialogueMaker,
    out: Path,
    ratings: str | None,
    count: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Make a folder's `dialogues.jsonl` and `items.jsonl`; how many dialogues.

    Args:
        maker: For whose catalogue.
        out: The folder.
        ratings: What real people like, as NAME=PATH; None: nobody's are known.
        count: Dialogues, at most.
        seed: Of all choices.
        progress: Told (done, of).

    Raises:
        CorpusError: If nobody likes enough items of the catalogue.
    """
    if ratings is None:
        people = maker.invented_tastes(count, seed)
    else:
        name, _, path = ratings.partition("=")
        people = tastes(liked_sets({"name": name, "path": path}, maker.catalog), maker.near, count, seed)
        if not people:
            raise CorpusError(f"nobody in {path} likes enough items of {maker.catalog.name}")

    def dialogues() -> Iterator[dict[str, Any]]:
        for done, one in enumerate(maker.make(people, seed), 1):
            yield one | {"split": split_by_hash(one["dialogue_id"], _SPLITS)}
            if progress is not None:
                progress(done, len(people))

    out.mkdir(parents=True, exist_ok=True)
    write_records(out / "items.jsonl", maker.items())
    write_records(out / "dialogues.jsonl", dialogues())
    return len(people)


def write_records(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object a line."""
    with write_aside(path) as aside, aside.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
