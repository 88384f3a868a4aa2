"""A suite of hand-written dialogues: its files are read, and what is understood and listed is compared with them.

Wherefore's own suite (`tests/dialogues/*.yaml`) was written without sight of the code, as users would expect to be
understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherefore.catalog.catalog import Catalog, Item
from wherefore.dialogue.state import ITEMS_OF, Preferences
from wherefore.errors import CorpusNotFoundError
from wherefore.extends import from_yaml

_CONDITION = re.compile(r"(\w+)\s*(<=|>=|<|>|=)\s*(.+)")
_OPS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "="}


@dataclass(frozen=True)
class Case:
    """One entry of a file."""

    name: str
    tree: dict[str, Any]


def cases(folder: Path, pattern: str) -> list[Case]:
    """The entries of the folder's files that match, named by file and place.

    Raises:
        CorpusNotFoundError: If no file matches.
    """
    files = sorted(folder.glob(pattern))
    if not files:
        raise CorpusNotFoundError(f"{folder} has no {pattern}; give the folder of the suite with --dialogues")
    return [
        Case(f"{path.stem}:{number}", tree)
        for path in files
        for number, tree in enumerate(from_yaml(path.read_text(encoding="utf-8")), 1)
    ]


class Titles:
    """The items of a catalogue by dated title."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.ids = {catalog.dated(item): item.id for item in catalog.items}

    def id(self, title: str) -> str:
        """The id of the item with this dated title."""
        return self.ids[title]

    def title(self, item_id: str) -> str:
        """The dated title of an item."""
        return self.catalog.dated(self.catalog[item_id])


def messages(tree: dict[str, Any]) -> list[dict[str, str]]:
    """The dialogue of a single-message case."""
    before = []
    if "after" in tree:
        before = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": tree["after"]}]
    elif "listed" in tree:
        lines = "\n".join(
            f"{n}. **{title[: title.rindex(' (')]}** {title[title.rindex('(') :]} — one to see."
            for n, title in enumerate(tree["listed"], 1)
        )
        before = [
            {"role": "user", "content": "What would you suggest?"},
            {"role": "assistant", "content": f"Here are some.\n\n{lines}"},
        ]
    return [*before, {"role": "user", "content": tree["say"]}]


def faults(expected: dict[str, Any], state: Preferences, titles: Titles, strict: bool = True) -> list[str]:
    """What of a state is not as expected, in words; empty when all is.

    With `strict`, keys that are not given are expected to be empty.
    """
    found = []
    for key in ITEMS_OF:
        if key in expected or strict:
            wish = sorted(expected.get(key) or [])
            have = sorted(titles.title(one) for one in getattr(state, key))
            if have != wish:
                found.append(f"{key}: {have}, not {wish}")
    for side in ("wanted", "unwanted"):
        if side in expected or strict:
            found += _wish_faults(side, expected.get(side) or [], getattr(state, side))
    if "demanded" in expected:
        found += _wish_faults("demanded", expected["demanded"] or [], state.demands, extra=True)
    if "limits" in expected or strict:
        due = sorted(_normal(*_parsed(text)) for text in expected.get("limits") or [])
        set_now = sorted(
            _normal(one.field, op, one.value)
            for one in state.limits
            for op in ((">=", "<=") if one.op == "eq" else (_OPS[one.op],))
        )
        if set_now != due:
            found.append(f"limits: {set_now}, not {due}")
    return found


def _parsed(condition: str) -> tuple[str, str, str]:
    """Field, operator and value of a condition like `year < 1990`."""
    match = _CONDITION.fullmatch(condition)
    assert match is not None, f"{condition!r} is no condition"
    return match[1], match[2], match[3]


def _normal(field: str, op: str, value: Any) -> tuple[str, str, float]:
    """Years as whole numbers, so that `> 2000` equals `>= 2001`; of other numbers `<` equals `<=`."""
    number = float(value)
    if field == "year":
        if op == ">":
            return field, ">=", float(int(number) + 1)
        if op == "<":
            return field, "<=", float(-(-number // 1) - 1)
        return field, op, number
    return field, op.rstrip("="), number


def _wish_faults(key: str, expected: list[str], wishes: Any, extra: bool = False) -> list[str]:
    """Every expected entry must be met by one of its alternatives, and all that is said must be expected."""
    have = {(wish.field, wish.text) for wish in wishes}
    entries = [
        {(part.partition("=")[0].strip(), part.partition("=")[2].strip()) for part in entry.split(" | ")}
        for entry in expected
    ]
    found = [f"{key}: no {' | '.join(map('='.join, sorted(e)))}" for e in entries if not e & have]
    if extra:
        return found
    explained = {wish.said for wish in wishes if any((wish.field, wish.text) in e for e in entries)}
    for wish in wishes:
        if wish.said not in explained:
            found.append(f"{key}: {wish.field}={wish.value} from {wish.said!r}")
    return found


def holds(condition: str, item: Item) -> bool:
    """Whether an item meets one of a condition's alternatives: `genres=Horror | keywords=scary`, `year < 1990`."""
    for part in condition.split(" | "):
        field, op, value = _parsed(part.strip())
        number = item.get(field)
        if op == "=" and not isinstance(number, int | float):
            if value in item.values(field):
                return True
            continue
        if not isinstance(number, int | float):
            continue
        limit = float(value)
        met = {"<": number < limit, "<=": number <= limit, ">": number > limit, ">=": number >= limit}
        if met.get(op, number == limit):
            return True
    return False


class Talk:
    """Plays the dialogues of the suite with a recommender, and says what is not as expected.

    The reply is worded plainly, not by the LLM: what is understood and listed is compared, and answers.
    """

    def __init__(self, recommender: Any) -> None:
        self.recommender = recommender
        self.titles = Titles(recommender.catalog)

    def play(self, turns: list[dict[str, Any]]) -> list[str]:
        """The faults of a whole dialogue, by turn."""
        said: list[dict[str, str]] = []
        shown: list[str] = []
        found = []
        for number, turn in enumerate(turns, 1):
            said.append({"role": "user", "content": turn["say"]})
            reply = self.recommender.generate(said)
            said.append({"role": "assistant", "content": reply.text})
            listed = [one.item for one in reply.recommendations]
            faults_now = self._faults(turn, reply, listed, shown)
            found += [f"turn {number}: {fault}" for fault in faults_now]
            if listed:
                shown = [item.id for item in listed]
        return found

    def _faults(self, turn: dict[str, Any], reply: Any, listed: list[Item], shown: list[str]) -> list[str]:
        found = []
        if turn.get("action", reply.action) != reply.action:
            found.append(f"action {reply.action}, not {turn['action']}")
        if "state" in turn:
            state = {key: self._meant(value, shown) for key, value in turn["state"].items()}
            found += faults(state, reply.preferences, self.titles, strict=False)
        asks = reply.text.rstrip().endswith("?")
        if turn.get("question", asks) != asks:
            found.append(f"asks: {reply.text[-80:]!r}")
        low = reply.text.lower()
        for text in turn.get("text", []):
            options = self._words(text, shown)
            if not any(option.lower() in low for option in options):
                found.append(f"none of {options} in {reply.text!r}")
        for text in turn.get("text_not", []):
            if any(option.lower() in low for option in self._words(text, shown)):
                found.append(f"{text!r} in {reply.text!r}")
        return found + self._list_faults(turn.get("list") or {}, listed, shown)

    def _list_faults(self, tree: dict[str, Any], listed: list[Item], shown: list[str]) -> list[str]:
        found = []
        names = [self.titles.title(item.id) for item in listed]
        if "count" in tree and len(listed) != tree["count"]:
            found.append(f"{len(listed)} items, not {tree['count']}: {names}")
        for key in ("all", "none", "some", "most"):
            for condition in tree.get(key, []):
                met = [holds(condition, item) for item in listed]
                share = sum(met) / len(met) if met else 0.0
                fine = {"all": share == 1, "none": share == 0, "some": share > 0, "most": share >= 0.6}[key]
                if not fine:
                    off = [n for n, m in zip(names, met, strict=True) if m == (key == "none")]
                    found.append(f"{key} {condition}: {off}")
        for title in self._meant(tree.get("includes", []), shown):
            if title not in names:
                found.append(f"{title} is not in {names}")
        for title in self._meant(tree.get("excludes", []), shown):
            if title in names:
                found.append(f"{title} is in {names}")
        if tree.get("new") and {item.id for item in listed} & set(shown):
            found.append(f"listed again: {[n for n, i in zip(names, listed, strict=True) if i.id in shown]}")
        return found

    def _meant(self, values: list[str], shown: list[str]) -> list[str]:
        """Titles, where `$2` stands for the second of the last list."""
        given = []
        for value in values or []:
            if str(value).startswith("$"):
                given.append(self.titles.title(shown[int(str(value)[1:]) - 1]))
            else:
                given.append(value)
        return given

    def _words(self, text: str, shown: list[str]) -> list[str]:
        """A literal, or the values of a field of a listed item (`$1.directors`), any of which will do."""
        match = re.fullmatch(r"\$(\d)(?:\.(\w+))?", str(text))
        if match is None:
            return [str(text)]
        item = self.titles.catalog[shown[int(match[1]) - 1]]
        if match[2] is None or match[2] == "title":
            return [item.title]
        values = item.values(match[2]) or (item.get(match[2]),)
        return [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
