"""Measure the conversation: the hand-written suite, feedback and intents of real dialogues, and simulated users.

    python scripts/converse.py [--users 300] [--parts suite feedback simulated] [--checkpoint starter]

Simulated users are people of MovieLens, each after one hidden film that they like; they never name it, and say nothing
that fewer than twenty films share. They talk for at most five turns with the whole chain, with the chain that never
asks back, with the chain that keeps no state but reads all words, and with dense retrieval by all that they said;
these two leave out what they listed before. Reasons are worded plainly, for the users do not read them. Stopped, the
same command goes on where it was.

`diversity` is what `turn.diversity` costs and gives, on turns of ReDial's validation part. `style` compares the reasons
that `scripts/truth.py` has kept with those that people wrote (E-ReDial). Figures go to `conversation.json`.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wherefore.catalog.catalog import Item
    from wherefore.corpora.base import CorpusTurn
    from wherefore.dialogue.messages import Dialogue, Message
    from wherefore.reading.reader import DialogueReader
    from wherefore.recommender import Recommender
    from wherefore.training.simulate import Seen, SimulatedUser, System, Taste

    Played = tuple[tuple[Taste, ...], Callable[[Taste, Random], SimulatedUser]]

ROOT = Path(__file__).resolve().parents[1]
TURNS = 5
PARTS = ("suite", "feedback", "intents", "diversity", "style", "simulated")
WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0)  # of diversity, in logits
SYSTEMS = {  # what is compared, and what the keys of its figures begin with
    "chain": "simulated",
    "chain without questions": "simulated_no_questions",
    "chain without state": "simulated_no_state",
    "dense": "dense",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, measure, write."""
    parser = arguments(__doc__, "converse")
    parser.add_argument("--users", type=int, default=300, help="simulated users (300)")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure; the other figures are kept"
    )
    options = parser.parse_args(argv)
    if options.users < 1:
        parser.error(f"--users is {options.users}; give 1 or more")

    from wherefore.recommender import Recommender

    try:
        recommender = Recommender.from_pretrained(options.checkpoint)
        # The users do not read the reasons.
        recommender.config = recommender.config.updated("writer", tries=0)
        measured = {
            "suite": lambda: suite(recommender),
            "feedback": lambda: feedback(options),
            "intents": lambda: intents(options),
            "diversity": lambda: diversity(recommender, options),
            "style": lambda: style(options),
            "simulated": lambda: simulated(recommender, options),
        }
        found: dict[str, Any] = {}
        for part in options.parts:
            found |= measured[part]()
    except (ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    path = options.results / "conversation.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    write(path, found, options, ["scripts/converse.py", *(sys.argv[1:] if argv is None else argv)], kept)
    return 0


def arguments(description: str | None, runs: str) -> argparse.ArgumentParser:
    """The arguments of a script that lets simulated users talk with a recommender."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shared = ROOT.parent / "shared" / "data"
    parser.add_argument("--checkpoint", default="starter")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shared", type=Path, default=shared, help="where MovieLens is")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / runs, help="what was said is kept here")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    return parser


def write(
    path: Path,
    found: dict[str, Any],
    options: argparse.Namespace,
    command: Sequence[str],
    kept: dict[str, Any] | None = None,
) -> None:
    """Figures into a file, over those that are kept, with what they come from; and on the terminal."""
    from wherefore.evaluation.provenance import provenance

    path.parent.mkdir(parents=True, exist_ok=True)
    about = provenance(
        shlex.join(["python", *command]), options.seed, sorted(people_in(options).glob("*.gz"))
    )
    text = json.dumps((kept or {}) | found | about, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1, ensure_ascii=False))


def people_in(options: argparse.Namespace) -> Path:
    """Where the ratings are whose people are played."""
    return Path(options.shared) / "movielens_latest_small_2016"


def people(recommender: Recommender, options: argparse.Namespace, number: int | None = None) -> Played:
    """Tastes of so many people of MovieLens, or of all, and what makes a user of one.

    Raises:
        ValueError: If nobody likes enough of the catalogue's items.
    """
    from wherefore.corpora.ratings import liked_sets
    from wherefore.training.simulate import SimulatedUser, closeness, tastes

    catalog = recommender.catalog
    near = closeness(catalog, recommender.index.vectors)
    likes = liked_sets({"name": "movielens", "path": str(people_in(options))}, catalog)
    found = tastes(likes, near, len(likes) if number is None else number, options.seed)
    if not found:
        raise ValueError(f"nobody in {options.shared} likes enough items of the catalogue")
    return found, lambda taste, draw: SimulatedUser(taste, catalog, near, draw)


def suite(recommender: Recommender) -> dict[str, Any]:
    """The share of the hand-written messages and dialogues that go as expected, and of those about limits.

    `held_out_pass` is that of messages by which the reader was never mended.
    """
    sys.path.insert(0, str(ROOT / "tests"))
    from rich.progress import track

    from suite import Talk, Titles, cases, faults, messages

    titles = Titles(recommender.catalog)
    passed: dict[str, bool] = {}
    for case in (*cases("messages-*.yaml"), *cases("held-out.yaml")):
        state = recommender.reader.read(messages(case.tree)).preferences
        passed[case.name] = not faults(case.tree, state, titles)
    talk = Talk(recommender)
    for case in track(cases("talks-*.yaml"), "suite"):
        passed[case.name] = not talk.play(case.tree["turns"])

    def share(*prefixes: str) -> float:
        chosen = [fine for name, fine in passed.items() if name.startswith(prefixes)]
        return sum(chosen) / len(chosen)

    return {
        "suite_cases": sum(not name.startswith("held-out") for name in passed),
        "suite_pass": share("messages", "talks"),
        "messages_pass": share("messages"),
        "dialogues_pass": share("talks"),
        "limits_pass": share("messages-limits", "talks-limits"),
        "held_out_pass": share("held-out"),
        "suite_failed": sorted(
            name for name, fine in passed.items() if not fine and not name.startswith("held-out")
        ),
    }


def feedback(options: argparse.Namespace) -> dict[str, Any]:
    """How well likes, dislikes and what was seen are read, against what people said after ReDial's test dialogues.

    Of the items that the reader takes for liked (disliked, seen), the share that the people said so of; and of those
    that people said so of, the share that is read. Many were never spoken of that way, so the second has a low ceiling.
    """
    from wherefore.corpora import read

    reader = redial_reader(options)
    read_as: Counter[tuple[str, str]] = Counter()  # what the reader says, what the people say
    for dialogue in read("redial", options.shared / "redial", "test"):
        if not dialogue.feedback or not any(turn.parts for turn in dialogue.turns):
            continue
        state = understood(reader, dialogue.turns).preferences
        for item, told in dialogue.feedback.items():
            verdict = {True: "liked", False: "disliked", None: "unsaid"}[told.liked]
            ours = "liked" if item in state.liked else "disliked" if item in state.disliked else "unsaid"
            read_as[ours, verdict] += 1
            seen = {True: "seen", False: "unseen", None: "unsaid"}[told.seen]
            read_as["seen" if item in state.seen else "not seen", seen] += 1

    def rates(what: str, against: tuple[str, str]) -> dict[str, float]:
        said_so = sum(read_as[what, verdict] for verdict in against)
        all_so = sum(number for (_, verdict), number in read_as.items() if verdict == what)
        return {
            f"feedback_{what}_precision": read_as[what, what] / max(said_so, 1),
            f"feedback_{what}_recall": read_as[what, what] / max(all_so, 1),
        }

    judged = ("liked", "disliked")
    right = sum(read_as[one, one] for one in judged)
    return {
        "feedback_accuracy": right / max(sum(read_as[one, other] for one in judged for other in judged), 1),
        **rates("liked", judged),
        **rates("disliked", judged),
        **rates("seen", ("seen", "unseen")),
    }


def intents(options: argparse.Namespace) -> dict[str, Any]:
    """How well messages are read whose intents were labelled by hand (IARD: Cai and Chen, UMAP 2020).

    Of its finer labels those that our state has a place for: what was recommended is taken up (`accepts`), was seen
    before (`seen`), does not please (`rejects`), or is asked about (`inquires`). On dialogues of ReDial's test part.
    """
    from wherefore.corpora.base import read_shared
    from wherefore.corpora.files import read_lines

    file = options.shared / "redial" / "iard_intents.jsonl.gz"
    labels = {"accepts": "ACC", "seen": "SEE", "rejects": "REJ", "inquires": "INQ"}
    reader = redial_reader(options)
    counted: Counter[tuple[str, bool, bool]] = Counter()  # intent, read, labelled
    turns = 0
    for dialogue, (_, record) in zip(read_shared(file, "redial"), read_lines(file), strict=True):
        if dialogue.split != "test":
            continue
        for number, turn in enumerate(dialogue.turns):
            if turn.role != "user" or number == 0 or not any(str(part).strip() for part in turn.parts):
                continue
            turns += 1
            before = understood(reader, dialogue.turns[:number])
            now = understood(reader, dialogue.turns[: number + 1])
            old, new, listed = before.preferences, now.preferences, set(before.listed)
            judged = {
                "seen": {*new.seen, *new.liked, *new.disliked} - {*old.seen, *old.liked, *old.disliked},
                "rejects": {*new.disliked, *new.rejected} - {*old.disliked, *old.rejected},
            }
            found = {name: bool(items & listed) for name, items in judged.items()}
            found["accepts"] = now.choice is not None and not now.choice.refused
            found["inquires"] = reader.question(now) is not None
            for name, label in labels.items():
                counted[name, found[name], label in record["turns"][number]["sub_intents"]] += 1
    rates: dict[str, Any] = {"intents_messages": turns}
    for name in labels:
        right = counted[name, True, True]
        rates[f"intents_{name}_precision"] = right / max(right + counted[name, True, False], 1)
        rates[f"intents_{name}_recall"] = right / max(right + counted[name, False, True], 1)
    return rates


def redial_reader(options: argparse.Namespace) -> DialogueReader:
    """What reads dialogues about ReDial's films."""
    from wherefore.catalog.catalog import Catalog
    from wherefore.corpora import read_items
    from wherefore.reading.reader import DialogueReader

    records = [
        {"id": item, **{key: record[key] for key in ("title", "year", "genres") if record.get(key)}}
        for item, record in read_items("redial", options.shared / "redial").items()
        if record.get("title")
    ]
    return DialogueReader(Catalog.from_records(records, name="movies"))


def understood(reader: DialogueReader, turns: Sequence[CorpusTurn]) -> Dialogue:
    """What is understood of a corpus' turns; which items they name is known."""
    from wherefore.corpora.base import as_dialogue

    catalog = reader.catalog
    known = as_dialogue(
        turns,
        lambda item: catalog.dated(catalog[item]) if item in catalog else item,
        lambda item: item if item in catalog else None,
    )
    if not known.messages:
        return known
    return reader.read(known.messages, mentions=known.mentions)


def diversity(recommender: Recommender, options: argparse.Namespace) -> dict[str, Any]:
    """Lists of five by diversity's weight: gold items among them, how unlike they are, and sequels side by side."""
    import numpy as np
    from rich.progress import track

    from wherefore.catalog.series import series_of
    from wherefore.corpora import read, read_items
    from wherefore.corpora.base import instances, titles_of
    from wherefore.ranking.diversity import spread as unlikeness
    from wherefore.training.prepare import spread
    from wherefore.training.tasks import link_items

    catalog, vectors = recommender.catalog, recommender.index.vectors
    facts = read_items("redial", options.shared / "redial")
    titles = titles_of(facts)
    turns = [
        one for dialogue in read("redial", options.shared / "redial", "valid") for one in instances(dialogue)
    ]
    turns = spread([one for one in turns if one.context[-1].role == "user"], options.users)
    ids = link_items(catalog, "redial", facts, dict.fromkeys(item for one in turns for item in one.gold))
    series = series_of(catalog)
    rows: dict[float, list[tuple[int, int, float, bool]]] = {weight: [] for weight in WEIGHTS}
    for one in track(turns, "diversity"):
        messages = [
            {"role": str(turn.role), "content": turn.render(lambda item: titles.get(item, item)) or "..."}
            for turn in one.context
        ]
        gold = {ids[item] for item in one.gold if item in ids}
        for weight in WEIGHTS:
            reply = recommender.generate(messages, k=5, diversity=weight)
            places = [catalog.row(each.item.id) for each in reply.recommendations]
            if places:
                hits = sum(each.item.id in gold for each in reply.recommendations)
                of = [series.of(place) for place in places if series.of(place)]
                twins = len(set(of)) < len(of)
                rows[weight].append((hits, len(one.gold), unlikeness(vectors[places]), twins))
    table = {}
    for weight, found in rows.items():
        hits, golds, unlike, twins_of = (np.array(column, dtype=float) for column in zip(*found, strict=True))
        table[f"{weight:g}"] = {
            "recall@5": float(hits.sum() / golds.sum()),
            "intra_list_diversity": float(unlike.mean()),
            "lists_with_sequels": float(twins_of.mean()),
        }
    return {"diversity_lists": len(rows[0.0]), "diversity": table}


def style(options: argparse.Namespace) -> dict[str, Any]:
    """Length and variety of our reasons beside those of people: unique word pairs of all, in equally many reasons."""
    from wherefore.corpora.files import read_lines

    kept = sorted((options.runs.parent / "truth").glob("*.json"))
    line = re.compile(r"^\d+\. \*\*.+?\*\*(?: \(\d{4}\))? — (.+)$", re.MULTILINE)
    replies = [reply for file in kept for reply in json.loads(file.read_text(encoding="utf-8"))]
    listing = [reply["text"] for reply in replies if reply["action"] == "recommend"]
    ours = [reason for text in listing for reason in line.findall(text)]
    if not ours:
        raise ValueError(f"no replies in {options.runs.parent / 'truth'}; run scripts/truth.py first")
    file = options.shared / "redial" / "eredial_explanations_150.jsonl.gz"
    theirs = [
        turn["reason"] for _, record in read_lines(file) for turn in record["turns"] if turn.get("reason")
    ]
    count = min(len(ours), len(theirs))
    chosen = [ours[place * len(ours) // count] for place in range(count)]
    found: dict[str, Any] = {"style_reasons": count}
    for name, texts in (("ours", chosen), ("people", theirs[:count])):
        words = [re.findall(r"[^\W_]+", text.lower()) for text in texts]
        pairs = [pair for one in words for pair in zip(one, one[1:], strict=False)]
        found[f"style_{name}_words"] = sum(map(len, words)) / count
        found[f"style_{name}_distinct_2"] = len(set(pairs)) / max(len(pairs), 1)
    found["style_turns_with_reasons"] = sum(bool(line.search(text)) for text in listing) / max(
        len(listing), 1
    )
    return found


def simulated(recommender: Recommender, options: argparse.Namespace) -> dict[str, Any]:
    """Success and turns of every system, with the same users."""
    from rich.progress import track

    from wherefore.training.simulate import converse

    tastes, played = people(recommender, options, options.users)
    found: dict[str, Any] = {"simulated_users": len(tastes), "turns": TURNS}
    for name in SYSTEMS:
        system = made(name, recommender)
        folder = options.runs / f"{name.replace(' ', '-')}-{options.seed}"
        folder.mkdir(parents=True, exist_ok=True)
        sessions = []
        for number, taste in enumerate(track(tastes, name)):
            kept = folder / f"{number}.json"
            if not kept.is_file():
                user = played(taste, Random(f"{options.seed} {number}"))
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
        from wherefore.dialogue.messages import Dialogue

        return Dialogue(tuple(messages))


def made(name: str, recommender: Recommender) -> System:
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


if __name__ == "__main__":
    sys.exit(main())
