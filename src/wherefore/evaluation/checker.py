"""An independent check of shown replies: finds what they claim and looks each claim up in the catalogue.

It shares no code with `wherefore.writing.check`: it reads the text as people see it and knows only the records and
what the user said.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherefore.catalog.catalog import Catalog, Item
    from wherefore.catalog.schema import FieldSpec

LINE = re.compile(r"^(\d+)\. \*\*(.+?)\*\*(?: \((\d{4})\))? — (.+)$", re.MULTILINE)
DENIALS = re.compile(r"\b(no|not|none|nothing|never|without|out|clear|skipped)\b", re.IGNORECASE)
BOUNDS = re.compile(r"\bno (?:earlier|later|more|less|fewer|longer|shorter) than\b", re.IGNORECASE)
ADJECTIVES = {"animated": "animation", "romantic": "romance", "historical": "history", "sports": "sport"}
ADJECTIVES |= {"biographical": "biography", "children's": "children"}
WORDS_TOO = ("short", "sport", "news", "music")  # genres that are as often said of something else
ROLES = (
    (r"(?:directed by|from director|director|directors) {names}", "directors"),
    (r"{names} (?:as director|directing|directed(?! by))", "directors"),
    (r"(?:starring|stars|features|cast members?) {names}", "cast"),
    (r"{names} (?:in the cast|appears? in)", "cast"),
)


@dataclass
class Said:
    """What the user said, as somebody knows who did not read it with Wherefore."""

    titles: Collection[str] = ()  # of items that the user named
    refused: Collection[str] = ()  # values that the user does not want
    numbers: Collection[str] = ()  # of limits
    wanted: Collection[str] = ()


def faults(reply: str, items: Iterable[Item], catalog: Catalog, said: Said) -> list[str]:
    """Every claim of a shown reply that the catalogue or the user does not bear out."""
    by_title = {(item.title, str(item.get("year", ""))): item for item in items}
    out = []
    lines = list(LINE.finditer(reply))
    if len(lines) != len(by_title):
        out.append(f"{len(lines)} listed, {len(by_title)} expected")
    for line in lines:
        item = by_title.get((line[2], line[3] or ""))
        if item is None:
            out.append(f"{line[2]} ({line[3]}) is not in the list")
            continue
        out += [f"{line[2]}: {fault}" for fault in sentence_faults(line[4], item, catalog, said)]
    return out


def sentence_faults(text: str, item: Item, catalog: Catalog, said: Said) -> list[str]:
    """The same for one shown reason."""
    text, out = without_texts(text, item, catalog)
    record = {spec.name: listed(item, spec) for spec in catalog.schema.fields}
    everything = {low(value) for values in record.values() for value in values}
    refused = {low(value) for value in said.refused}
    text, wrong = without_codes(text, record, catalog, refused)
    out += wrong
    titles = re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", text)
    out += [f"names {title}" for title in titles if title not in said.titles]
    bare = re.sub(r"(?<!\*)\*[^*]+\*(?!\*)", "THAT", text)
    for tag in re.findall(r"“([^”]*)”", bare):
        if not tag.strip():  # a clause of the record stood there
            continue
        denied = DENIALS.search(clause_around(bare, tag)) is not None
        if low(tag) not in everything and not (denied and low(tag) in refused):
            out.append(f"tag {tag}")
    bare = re.sub(r"“[^”]*”", "TAG", bare)
    numbers = {value for values in record.values() for value in values if value.replace(".", "").isdigit()}
    for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?=s?\b)", without_values(bare, record)):
        if number not in numbers and number not in said.numbers:
            out.append(f"number {number}")
    for spec in catalog.schema.names:
        for person in persons_in(without_values(bare, record), catalog, spec.name):
            if low(person) not in everything and low(person) not in refused:
                out.append(f"person {person}")
    out += role_faults(bare, record, catalog)
    own = set(map(low, record.get("genres", ())))
    plain = low(without_values(bare, record, skip="genres"))
    for genre, forms in genres_in(plain, catalog):
        if low(genre) not in own | refused:
            out += [f"genre {genre}" for form in forms if form not in WORDS_TOO]
    return out


def without_texts(text: str, item: Item, catalog: Catalog) -> tuple[str, list[str]]:
    """A reason without the whole clauses that stand in the record's texts, and faults where some are reworded.

    A clause is what lies between marks of punctuation. Five words in a row of a text that are no whole clauses were
    taken out of what they said: something may have been put in, left out, turned round or negated.
    """
    faults: list[str] = []
    for spec in catalog.schema.texts:
        whole = " ".join(str(item.get(spec.name) or "").split())
        if not whole:
            continue
        parts = re.split(r"(?<=[.!?…;,:])\s+|\s+[–—-]\s+", whole)
        runs = {
            whole[whole.find(first) : whole.find(last, whole.find(first)) + len(last)]
            for start, first in enumerate(parts)
            for last in parts[start : start + 16]
        }
        for run in sorted(runs, key=len, reverse=True):
            clause = run.strip(" .,;:!?…")
            if len(clause.split()) >= 2:
                # Not inside another sentence: "it is not so that ...", "..., which never happens".
                around = rf"(?<![\w,;:]\s)(?<!\w){re.escape(clause)}(?=\s*(?:[.!?…”]|$))"
                text = re.sub(around, " ", text, flags=re.IGNORECASE)
        words = low(whole).split()
        left = " ".join(low(text).split())
        for place in range(len(words) - 4):
            if (told := " ".join(words[place : place + 5])) in left:
                faults.append(f"reworded: {told}")
                break
    return text, faults


def without_codes(
    text: str, record: Mapping[str, Sequence[str]], catalog: Catalog, refused: Collection[str]
) -> tuple[str, list[str]]:
    """A reason without codes and what they stand for ("full board (FB)"), and faults where the record lacks them.

    A code of the record that stands in brackets after other words is a fault, too: "half board (FB)".
    """
    faults: list[str] = []
    coded = [spec for spec in catalog.schema.fields if spec.codes]
    held = {value for spec in coded for value in record[spec.name]}
    for spec in coded:
        for code, words in spec.codes or ():
            said = re.compile(rf"(?<!\w){re.escape(words[0])} \({re.escape(code)}\)", re.IGNORECASE)
            found = said.search(text)
            if found is None:
                continue
            denied = DENIALS.search(clause_around(text, found[0])) is not None
            if code not in held and not (denied and low(code) in refused):
                faults.append(f"code {code}")
            text = said.sub("CODE", text)
    faults += [f"code {code} said otherwise" for code in sorted(held) if f"({code})" in text]
    return text, faults


def role_faults(text: str, record: Mapping[str, Sequence[str]], catalog: Catalog) -> list[str]:
    """People of whom a reason says that they directed or acted, and did not."""
    out = []
    part = r"[A-ZÀ-Þ'\"][^\s,;:]*"
    small = r"(?:and|d[aeiu]|del|della|von|van|der|den|la|le|el|al|bin)"
    names = rf"({part}(?: (?:{small} )*{part})*)"
    for pattern, role in ROLES:
        if role not in record:
            continue
        for match in re.finditer(pattern.replace("{names}", names), text):
            for person in persons_in(re.split(r" and (?=[a-z])| as ", match[1])[0], catalog):
                if not any(low(person) in low(value) for value in record[role]):
                    out.append(f"{person} is not among the {role}")
    return out


def genres_in(text: str, catalog: Catalog) -> Iterator[tuple[str, list[str]]]:
    """The genres of which a text in lower case speaks, each with the forms that stand in it."""
    if "genres" not in {spec.name for spec in catalog.schema.fields}:
        return
    for genre in catalog.vocabulary("genres"):
        forms = {low(genre), *(a for a, g in ADJECTIVES.items() if g == low(genre))}
        there = [f for f in forms if re.search(rf"(?<![\w-]){re.escape(f)}(?![\w-])", text)]
        if there:
            yield genre, there


QUESTION = re.compile(r"\?\s*$")
_COUNT = r"(one|two|three|four|five|six|seven|eight|nine|ten|\d+)"
COUNTED = re.compile(rf"\b{_COUNT} of (?:them|these)\b|\bof (?:them|these),? {_COUNT}\b", re.IGNORECASE)
COUNTS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ADVICE = re.compile(r"[Ww]ithout “.*?”, [\d,]+(?: \w+ would fit)?")


def reply_faults(
    text: str, items: Sequence[Item], catalog: Catalog, said: Said, words: str, known: Collection[Item] = ()
) -> list[str]:
    """Every claim of a whole reply that the catalogue or the user does not bear out.

    Args:
        text: What was shown.
        items: What it lists.
        catalog: Where the records are.
        said: What the user said, taken apart.
        words: All that the user said, as it was.
        known: Items that were listed before, which answers may speak of.
    """
    out = faults(text, items, catalog, said) if items else []
    spoken: dict[str, list[Item]] = {}  # several may have one title
    for item in (*known, *items):
        spoken.setdefault(item.title, []).append(item)
    italics = re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", LINE.sub("", text))
    before: Sequence[Item] = [one for title in italics for one in spoken.get(title, ())] if not items else []
    whole = re.sub(
        r"\*[^*\n]+\*", lambda title: title[0].replace(" ", "\0"), LINE.sub("", text)
    )  # "Alien vs. Predator"
    for sentence in re.split(
        r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b[DJMS]r\.)\s+|\n+", whole
    ):  # "Neil Brown Jr. and …"
        sentence = sentence.replace("\0", " ")
        subjects = re.sub(
            r"\b(?:like|with) (?:those of )?\*[^*]+\*", "", sentence
        )  # "like *Heat*, it is from 1997", "it shares a keyword with *Heat*; it is from 1997": of another one
        told = re.findall(r"\*{1,2}([^*]+)\*{1,2}", subjects)
        named = [one for title in told for one in spoken.get(title, ())]
        before = named or before
        out += prose_faults(
            BOUNDS.sub("than", sentence), before or items or list(known), items, catalog, said, words
        )
    return out


def prose_faults(
    sentence: str, about: Sequence[Item], items: Sequence[Item], catalog: Catalog, said: Said, words: str
) -> list[str]:
    """The same for a sentence outside the list: opening, answer, question back."""
    out = []
    heard = low(words)
    for title in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", sentence):
        if title not in said.titles and title not in {item.title for item in (*about, *items)}:
            out.append(f"names {title}")
    bare = ADVICE.sub("", re.sub(r"\*{1,2}[^*]+\*{1,2}", "THAT", sentence))
    for item in about:  # "What is it about?" is answered by the record's own words
        bare, _ = without_texts(bare, item, catalog)
    held = [low(value) for item in about for spec in catalog.schema.fields for value in listed(item, spec)]
    for tag in re.findall(r"“([^”]*)”", bare):
        if low(tag) not in held and low(tag) not in heard:
            out.append(f"tag {tag}")
    bare = re.sub(r"“[^”]*”", "TAG", bare)
    for person in persons_in(bare, catalog):
        if low(person) not in held and low(person) not in heard:
            out.append(f"person {person}")
    if QUESTION.search(sentence):
        return out
    for number in re.findall(r"(?<![\w.,])\d+(?:\.\d+)?(?=s?\b)", bare):
        fits = number in held or number in said.numbers or any(value.startswith(number) for value in held)
        if not fits and int(float(number)) > len(items):
            out.append(f"number {number}")
    if not items:
        return out
    passed = re.search(r"\b(?:turned down|(?:have|already) seen|you had)\b", bare)
    if passed and not re.search(r"\b(?:none of|left out|skipped|without)\b", bare, re.IGNORECASE):
        out.append(f"lists what was {passed[0]}")
    for clause in re.split(r"[;:]|, (?:and|but|so) ", bare):
        if re.match(r"\W*you\b", low(clause)):
            continue
        for genre, _ in genres_in(low(clause), catalog):
            if low(genre) in WORDS_TOO:
                continue
            have = sum(low(genre) in map(low, item.values("genres")) for item in items)
            counted = COUNTED.search(clause)
            if counted is not None:
                number = low(counted[1] or counted[2])
                told = COUNTS.index(number) if number in COUNTS else int(number)
                fine = told == have
            else:
                fine = have == (0 if DENIALS.search(clause) else len(items))
            if not fine:
                out.append(f"{have} of {len(items)} are {genre}: {clause.strip()}")
    return out


def low(text: str) -> str:
    """A text as it is compared."""
    return text.casefold()


def listed(item: Item, spec: FieldSpec) -> list[str]:
    """The values of a field as text."""
    value = item.get(spec.name)
    if value is None:
        return []
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float) and value.is_integer():
        return [str(int(value))]
    return [str(value)]


def clause_around(text: str, words: str) -> str:
    """The clause that holds some words."""
    return next((part for part in re.split(r"; |, and ", text) if words in part), text)


def without_values(text: str, record: Mapping[str, Sequence[str]], skip: str = "") -> str:
    """The text less the record's own longer values, so that a name's parts are not read as claims."""
    values = [
        v for name, vs in record.items() if name != skip for v in vs if not v.replace(".", "").isdigit()
    ]
    for value in sorted(values, key=len, reverse=True):
        if len(value) > 3:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "VALUE", text)
    return text


_PEOPLE: dict[int, dict[str, set[str]]] = {}


def persons_in(text: str, catalog: Catalog, name: str | None = None) -> set[str]:
    """Full names of the catalogue's people that stand in the text with their capitals."""
    table = _PEOPLE.setdefault(id(catalog), {})
    if not table:
        for spec in catalog.schema.names:
            table[spec.name] = {value for value in catalog.vocabulary(spec.name) if " " in value}
    known = table.get(name, set()) if name else set().union(*table.values())
    words = re.findall(r"[^\s,;:]+", text)
    found = set()
    for size in (4, 3, 2):
        for start in range(len(words) - size + 1):
            run = " ".join(words[start : start + size])
            for name_run in (run, run.rstrip(".")):
                if name_run in known and name_run[:1].isupper():
                    found.add(name_run)
    return found
