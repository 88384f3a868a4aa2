"""Simulated users: people of MovieLens, each after one hidden film, talk with the whole chain and with less of it.

They never name the film that they like, say nothing that fewer than twenty films share, and talk for at most five turns
with the whole chain, with the chain that never asks back, with the chain that keeps no state but reads all words, and
with dense retrieval by all that they said; these two leave out what they listed before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from wherefore.dialogue.messages import Dialogue, Message
from wherefore.errors import CorpusError

if TYPE_CHECKING:
    from wherefore.catalog.catalog import Item
    from wherefore.recommender import Recommender
    from wherefore.training.simulate import Seen, SimulatedUser, System, Taste

    Played = tuple[tuple[Taste, ...], Callable[[Taste, Random], SimulatedUser]]

TURNS = 5
SYSTEMS = {  # what is compared, and what the keys of its figures begin with
    "chain": "simulated",
    "chain without questions": "simulated_no_questions",
    "chain without state": "simulated_no_state",
    "dense": "dense",
}


@dataclass(frozen=True, slots=True)
class Study:
    """Where a study of conversations finds its data and keeps what was said.

    Attributes:
        shared: Folder of the data sets.
        runs: Folder of the conversations.
        seed: Of the users.
    """

    shared: Path
    runs: Path
    seed: int = 0

    @property
    def people(self) -> Path:
        """Where the ratings are whose people are played."""
        return self.shared / "movielens_latest_small_2016"


def people(recommender: Recommender, study: Study, number: int | None = None) -> Played:
    """Tastes of so many people of MovieLens, or of all, and what makes a user of one.

    Raises:
        CorpusError: If nobody likes enough of the catalogue's items.
    """
    from wherefore.corpora.ratings import liked_sets
    from wherefore.training.simulate import SimulatedUser, closeness, tastes

    catalog = recommender.catalog
    near = closeness(catalog, recommender.index.vectors)
    likes = liked_sets({"name": "movielens", "path": str(study.people)}, catalog)
    found = tastes(likes, near, len(likes) if number is None else number, study.seed)
    if not found:
        raise CorpusError(f"nobody in {study.shared} likes enough items of the catalogue")
    return found, lambda taste, draw: SimulatedUser(taste, catalog, near, draw)


def simulated(recommender: Recommender, study: Study, users: int) -> dict[str, Any]:
    """Success and turns of every system, with the same users."""
    from rich.progress import track

    from wherefore.training.simulate import converse

    tastes, played = people(recommender, study, users)
    found: dict[str, Any] = {"simulated_users": len(tastes), "turns": TURNS}
    for name in SYSTEMS:
        system = system_of(name, recommender)
        folder = study.runs / f"{name.replace(' ', '-')}-{study.seed}"
        folder.mkdir(parents=True, exist_ok=True)
        sessions = []
        for number, taste in enumerate(track(tastes, name)):
            kept = folder / f"{number}.json"
            if not kept.is_file():
                user = played(taste, Random(f"{study.seed} {number}"))
                kept.write_text(json.dumps(asdict(converse(user, system, TURNS))), encoding="utf-8")
            sessions.append(json.loads(kept.read_text(encoding="utf-8")))
        found |= summary(name, sessions)
    return found


def summary(name: str, sessions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Success within five turns, the turns of those that succeeded, and how often a question was asked."""
    key = SYSTEMS[name]
    turns = [one["turn"] for one in sessions if one["turn"] is not None]
    return {
        f"{key}_success": len(turns) / len(sessions),
        f"{key}_success_by_turn": [sum(t <= n for t in turns) / len(sessions) for n in range(1, TURNS + 1)],
        f"{key}_turns": sum(turns) / max(len(turns), 1),
        f"{key}_questions": sum(one["questions"] for one in sessions) / len(sessions),
    }


def said(messages: Sequence[dict[str, str]]) -> str:
    """All that the user said, in one text: what a system without a state goes by."""
    return "\n".join(message["content"] for message in messages if message["role"] == "user")


def listed_before(messages: Sequence[dict[str, str]]) -> set[str]:
    """The titles on earlier lists, as `first_five` writes them."""
    text = "\n".join(message["content"] for message in messages if message["role"] == "assistant")
    return set(re.findall(r"^\d+\. (.+)$", text, re.MULTILINE))


def first_five(items: Iterable[Item], past: Collection[str]) -> Seen:
    """A bare list without the titles that were listed before, or it would be the same list every time."""
    from wherefore.training.simulate import Seen

    new = tuple(islice((item for item in items if item.title not in past), 5))
    return Seen("\n".join(f"{n}. {item.title}" for n, item in enumerate(new, 1)), new)


class Forgetful:
    """Reads a dialogue as words alone: no item is known in it, and nothing is wanted or refused."""

    def read(self, messages: Sequence[Message], *_: Any) -> Dialogue:
        """The messages, with nothing understood."""
        return Dialogue(tuple(messages))


def system_of(name: str, recommender: Recommender) -> System:
    """A system by its name."""
    from wherefore.training.simulate import Seen

    def chain(messages: list[dict[str, str]], asks: bool, state: bool) -> Seen:
        recommender.config = recommender.config.updated("turn", questions=asks)
        if state:
            reply = recommender.generate(messages)
            return Seen(reply.text, tuple(one.item for one in reply.recommendations), reply.question)
        reader, recommender.reader = recommender.reader, Forgetful()  # type: ignore[assignment]
        past = listed_before(messages)
        try:
            listed = recommender.rank([{"role": "user", "content": said(messages)}], k=5 + len(past))
        finally:
            recommender.reader = reader
        return first_five((one.item for one in listed), past)

    def dense(messages: list[dict[str, str]]) -> Seen:
        import numpy as np

        index = recommender.index
        scores = index.vectors @ index.embed(said(messages))
        nearest = np.argsort(-scores, kind="stable")
        return first_five((recommender.catalog.items[row] for row in nearest), listed_before(messages))

    ways: dict[str, System] = {
        "chain": lambda messages: chain(messages, True, True),
        "chain without questions": lambda messages: chain(messages, False, True),
        "chain without state": lambda messages: chain(messages, False, False),
        "dense": dense,
    }
    return ways[name]
