"""How well a conversation goes: the hand-written suite, feedback and intents of real dialogues, diversity and style.

`diversity` is what `turn.diversity` costs and gives, on turns of ReDial's validation part. `style` compares the reasons
that `truth` has kept with those that people wrote (E-ReDial). `simulated` lets simulated users talk (`simulated.py`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wherefore.corpora import read, read_items
from wherefore.corpora.base import as_dialogue, instances, read_shared, titles_of
from wherefore.corpora.files import read_lines
from wherefore.errors import ConfigError, CorpusNotFoundError
from wherefore.evaluation.simulated import Study, simulated
from wherefore.evaluation.suite import Talk, Titles, cases, faults, messages

if TYPE_CHECKING:
    from wherefore.corpora.base import CorpusTurn
    from wherefore.dialogue.messages import Dialogue
    from wherefore.reading.reader import DialogueReader
    from wherefore.recommender import Recommender

PARTS = ("suite", "feedback", "intents", "diversity", "style", "simulated")
WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0)  # of diversity, in logits


def measure(
    checkpoint: str, study: Study, dialogues: Path, parts: Sequence[str] = PARTS, users: int = 300
) -> dict[str, Any]:
    """The figures of some parts.

    Args:
        checkpoint: Whose conversation is measured. Its reasons are worded plainly: simulated users do not read them.
        study: Where the data are, and where what is said is kept: stopped, the same call goes on where it was.
        dialogues: Folder of the hand-written suite.
        parts: Of PARTS.
        users: How many simulated users, and how many turns for diversity.

    Raises:
        ConfigError: If a part is unknown or there are no users.
        CorpusNotFoundError: If data are missing.
    """
    if users < 1:
        raise ConfigError(f"--users is {users}; give 1 or more")
    if unknown := set(parts) - set(PARTS):
        raise ConfigError(
            f"--parts: invalid choice: {', '.join(map(repr, sorted(unknown)))}; known: {', '.join(PARTS)}"
        )

    from wherefore.recommender import Recommender

    recommender = Recommender.from_pretrained(checkpoint)
    recommender.config = recommender.config.updated("writer", tries=0)
    measured = {
        "suite": lambda: suite(recommender, dialogues),
        "feedback": lambda: feedback(study.shared),
        "intents": lambda: intents(study.shared),
        "diversity": lambda: diversity(recommender, study.shared, users),
        "style": lambda: style(study),
        "simulated": lambda: simulated(recommender, study, users),
    }
    found: dict[str, Any] = {}
    for part in parts:
        found |= measured[part]()
    return found


def suite(recommender: Recommender, folder: Path) -> dict[str, Any]:
    """The share of the hand-written messages and dialogues that go as expected, and of those about limits.

    `held_out_pass` is that of messages by which the reader was never mended.
    """
    from rich.progress import track

    titles = Titles(recommender.catalog)
    passed: dict[str, bool] = {}
    for case in (*cases(folder, "messages-*.yaml"), *cases(folder, "held-out.yaml")):
        state = recommender.reader.read(messages(case.tree)).preferences
        passed[case.name] = not faults(case.tree, state, titles)
    talk = Talk(recommender)
    for case in track(cases(folder, "talks-*.yaml"), "suite"):
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


def feedback(shared: Path) -> dict[str, Any]:
    """How well likes, dislikes and what was seen are read, against what people said after ReDial's test dialogues.

    Of the items that the reader takes for liked (disliked, seen), the share that the people said so of; and of those
    that people said so of, the share that is read. Many were never spoken of that way, so the second has a low ceiling.
    """
    reader = redial_reader(shared)
    read_as: Counter[tuple[str, str]] = Counter()  # what the reader says, what the people say
    for dialogue in read("redial", shared / "redial", "test"):
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


def intents(shared: Path) -> dict[str, Any]:
    """How well messages are read whose intents were labelled by hand (IARD: Cai and Chen, UMAP 2020).

    Of its finer labels those that our state has a place for: what was recommended is taken up (`accepts`), was seen
    before (`seen`), does not please (`rejects`), or is asked about (`inquires`). On dialogues of ReDial's test part.
    """
    file = shared / "redial" / "iard_intents.jsonl.gz"
    labels = {"accepts": "ACC", "seen": "SEE", "rejects": "REJ", "inquires": "INQ"}
    reader = redial_reader(shared)
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


def redial_reader(shared: Path) -> DialogueReader:
    """What reads dialogues about ReDial's films."""
    from wherefore.catalog.catalog import Catalog
    from wherefore.reading.reader import DialogueReader

    records = [
        {"id": item, **{key: record[key] for key in ("title", "year", "genres") if record.get(key)}}
        for item, record in read_items("redial", shared / "redial").items()
        if record.get("title")
    ]
    return DialogueReader(Catalog.from_records(records, name="movies"))


def understood(reader: DialogueReader, turns: Sequence[CorpusTurn]) -> Dialogue:
    """What is understood of a corpus' turns; which items they name is known."""
    catalog = reader.catalog
    known = as_dialogue(
        turns,
        lambda item: catalog.dated(catalog[item]) if item in catalog else item,
        lambda item: item if item in catalog else None,
    )
    if not known.messages:
        return known
    return reader.read(known.messages, mentions=known.mentions)


def diversity(recommender: Recommender, shared: Path, count: int) -> dict[str, Any]:
    """Lists of five by diversity's weight: gold items among them, how unlike they are, and sequels side by side."""
    import numpy as np
    from rich.progress import track

    from wherefore.catalog.series import series_of
    from wherefore.corpora.items import link_items
    from wherefore.ranking.diversity import spread as unlikeness
    from wherefore.training.corpus import spread

    catalog, vectors = recommender.catalog, recommender.index.vectors
    facts = read_items("redial", shared / "redial")
    titles = titles_of(facts)
    turns = [one for dialogue in read("redial", shared / "redial", "valid") for one in instances(dialogue)]
    turns = spread([one for one in turns if one.context[-1].role == "user"], count)
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
        right, golds, unlike, twins_of = (
            np.array(column, dtype=float) for column in zip(*found, strict=True)
        )
        table[f"{weight:g}"] = {
            "recall@5": float(right.sum() / golds.sum()),
            "intra_list_diversity": float(unlike.mean()),
            "lists_with_sequels": float(twins_of.mean()),
        }
    return {"diversity_lists": len(rows[0.0]), "diversity": table}


def style(study: Study) -> dict[str, Any]:
    """Length and variety of our reasons beside those of people: unique word pairs of all, in equally many reasons."""
    kept = sorted((study.runs.parent / "truth").glob("*.json"))
    line = re.compile(r"^\d+\. \*\*.+?\*\*(?: \(\d{4}\))? — (.+)$", re.MULTILINE)
    replies = [reply for file in kept for reply in json.loads(file.read_text(encoding="utf-8"))]
    listing = [reply["text"] for reply in replies if reply["action"] == "recommend"]
    ours = [reason for text in listing for reason in line.findall(text)]
    if not ours:
        raise CorpusNotFoundError(f"no replies in {study.runs.parent / 'truth'}; run wherefore truth first")
    file = study.shared / "redial" / "eredial_explanations_150.jsonl.gz"
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
