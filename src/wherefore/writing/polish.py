"""Polish: the form of a raw sentence that is fit to show, with names, titles and sentence case restored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import with_code
from wherefore.catalog.spoken import Measure, amount_text, is_acronym, value_text, values_of
from wherefore.dialogue.facts import Fact, Plan
from wherefore.text import normal_spans, normal_words
from wherefore.writing.evidence import record_fact
from wherefore.writing.frames import lexicon
from wherefore.writing.phrases import article, merged, style_of
from wherefore.writing.phrases import measure as measure_of
from wherefore.writing.sentence import SLOT, TAG_CUES

_KEPT_CAPITALS = frozenset(
    "african american asian australian british canadian celtic chinese christian cuban dutch english european "
    "french german greek indian irish italian jamaican japanese jewish korean latin mediterranean mexican "
    "nordic polish portuguese russian scandinavian scottish spanish swedish thai turkish vietnamese".split()
)
_LOOKS = frozenset("color colour material finish pattern fabric".split())  # their values are no names
_SORTS = frozenset("variety grape breed".split())  # theirs are
_HELD = re.compile("\ue000([CK])(\\d+)\ue001")  # the place of a piece of text that stays as it is
_Hold = Callable[[str, bool], str]


class _Shown(NamedTuple):
    """A value as it is shown, and whether it is a tag, which is put in quotation marks."""

    text: str
    tag: bool
    planned: bool
    measure: Measure | None = None  # of a number
    flag: bool = False


_PARTED = re.compile(r"\d+(?:[.,]\d+)+")  # a number with a mark in it


def polish(sentence: str, plan: Plan, catalog: Catalog) -> str:
    """The raw sentence as it is shown: names as the records write them, titles for slots, sentence case.

    Titles are in italics (`*Alien*`), as in Markdown: many would otherwise read as words of the sentence. Tags
    are in quotation marks, which suits any tag, whatever part of speech it is.

    Args:
        sentence: What the writer wrote: lower case, spaces around hyphens, no accents.
        plan: What it was written from.
        catalog: Where the titles of slots are looked up.
    """
    pieces: list[str] = []

    def hold(text: str, capital: bool) -> str:
        pieces.append(text)
        return f"\ue000{'C' if capital else 'K'}{len(pieces) - 1}\ue001"

    def title(match: re.Match[str]) -> str:
        item_id = plan.slots.get(match[1] + match[2])
        if item_id is None or item_id not in catalog:
            return match[0]
        name = catalog[item_id].title
        if (
            sum(catalog[one].title == name for one in dict.fromkeys(plan.slots.values()) if one in catalog)
            > 1
        ):
            return hold(
                f"*{name}*{catalog.dated(catalog[item_id]).removeprefix(name)}", False
            )  # told apart by year
        return hold(name if "*" in name else f"*{name}*", False)

    text = sentence.replace("’", "'").replace("“", '"').replace("”", '"').strip()
    text = re.sub(r"([$€£₹¥]) (?=\d)", r"\1", text)
    text = _with_numbers(text, plan)
    for spec in catalog.schema.tags:  # "in its keyword": a list has several
        label = re.escape((spec.label or spec.name).lower())
        text = re.sub(rf"\b((?:in|among) its {label})\b(?<!s)", r"\1s", text)
    text = _with_values(text, _shown_values(plan, catalog), hold)
    text = _with_capitals(_spaced(SLOT.sub(title, text)), catalog)

    def fill(match: re.Match[str]) -> str:
        piece = pieces[int(match[2])]
        start = match.start() == 0 or text[: match.start()].endswith((". ", "? ", "! "))
        return piece[:1].upper() + piece[1:] if start and match[1] == "C" else piece

    cased = re.sub(r"(^|[.?!] )([a-z])", lambda match: match[1] + match[2].upper(), text)
    result = _HELD.sub(fill, cased)
    result = re.sub(r'"\s*“([^”]*)”\s*"', r"“\1”", result)
    result = re.sub(r"\b([Aa])n? (?=([\w“][^.,;]*))(?![A-Z]\b)", _fit_article, result)
    return result if result.endswith((".", "?", "!")) else result + "."


def _with_numbers(text: str, plan: Plan) -> str:
    """A text in which the numbers of a plan stand as the plan writes them: of "€1, 700" the "€1,700"."""
    told = {number for fact in plan.facts for number in _PARTED.findall(f"{fact.value} {fact.ask}")}
    for number in sorted(told, key=len, reverse=True):
        spaced = re.sub(r"([.,])", r"\\s*\\\1\\s*", number)
        text = re.sub(rf"(?<![\d.,]){spaced}(?![\d])", number, text)
    return text


def _label_acronyms(catalog: Catalog) -> re.Pattern[str] | None:
    """What finds the abbreviations among the words of the fields' labels; None where there are none."""
    labels = {word for spec in catalog.schema.filterable for word in words_of(spec.label or spec.name)}
    found = sorted(filter(is_acronym, labels))
    return re.compile(rf"\b(?:{'|'.join(found)})\b") if found else None


_acronyms = PerCatalog(_label_acronyms)


def _with_capitals(text: str, catalog: Catalog) -> str:
    """A text with the abbreviations among its fields' labels in capitals: "16 GB of RAM"."""
    found = _acronyms(catalog)
    return text if found is None else found.sub(lambda word: word[0].upper(), text)


def _spaced(text: str) -> str:
    """A text with blanks, hyphens and apostrophes as in print."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s+([,.;:!?)])", r"\1", text)
    text = re.sub(r"(\w|\ue001)\s*'\s*(s|re|ll|ve|d|t|m)\b", r"\1'\2", text)
    text = re.sub(r"(?<=\w)\s+-\s+(?=\w)", "-", text)
    text = re.sub(r"\bi\b", "I", text)
    text = re.sub(r"([.?!])\s+", r"\1 ", text).strip()
    return re.sub(r"[\s,;:-]+$", "", text)


def _fit_article(match: re.Match[str]) -> str:
    """The article that fits the sound of the next word: "an action movie"."""
    fitting = article(match[2].lstrip("“")).split(" ", 1)[0]
    return f"{match[1]}{fitting[1:]} "


def _shown_values(plan: Plan, catalog: Catalog) -> dict[tuple[str, ...], list[_Shown]]:
    """The values that the plan's sentence may hold, by their normal words."""
    found: dict[tuple[str, ...], list[_Shown]] = {}
    entries: list[tuple[Fact, bool]] = [(fact, True) for fact in plan.facts if fact.field and fact.value]
    if plan.item is not None:
        for spec in catalog.schema.filterable:
            entries.extend((record_fact(spec, value), False) for value in values_of(plan.item, spec))
    for fact, planned in entries:
        if key := tuple(normal_words(fact.text)):
            shown = _shown(fact, planned)
            found.setdefault(key, []).append(shown)
            for noun in (plan.noun, plan.plural) if style_of(fact) == "modifier" else ():
                other = merged(noun.lower(), fact)  # "hand tool" of what is filed under "Hand Tools"
                if other and shown.text.split():
                    text = " ".join([*shown.text.split()[:-1], other.split()[-1]])
                    found.setdefault(tuple(normal_words(other)), []).append(shown._replace(text=text))
    return found


def _shown(fact: Fact, planned: bool) -> _Shown:
    """A value as it is shown."""
    style = style_of(fact)
    if style == "number":
        return _Shown(fact.value, False, planned, measure_of(fact))
    if style == "flag":
        return _Shown(
            f"“{'yes' if fact.value.lower() in ('yes', 'true', 'y', 't') else 'no'}”",
            False,
            planned,
            flag=True,
        )
    if fact.words:
        return _Shown(with_code(fact.words, fact.value), style == "tag", planned)
    text = " ".join(fact.value.split()) if style == "year" else value_text(fact.value)
    looks = style == "prep" and not _LOOKS.isdisjoint(words_of(fact.label))
    named = not _SORTS.isdisjoint(words_of(fact.label))
    return _Shown(
        lowered(text) if style == "modifier" and not named or looks else text, style == "tag", planned
    )


def lowered(value: str) -> str:
    """A genre-like value inside a sentence: "sci-fi", but "IMAX" and "Thai food" keep their capitals."""

    def lower(word: str) -> str:
        keep = (len(word) > 1 and word.isupper()) or word.lower() in _KEPT_CAPITALS
        return word if keep else word.lower()

    return "".join(lower(part) for part in re.split(r"([\s-]+)", value))


def _with_values(text: str, shown: Mapping[tuple[str, ...], list[_Shown]], hold: _Hold) -> str:
    """A text with its values as they are shown, the longest at each place."""
    words = normal_spans(text)
    slots = [(match.start(), match.end()) for match in SLOT.finditer(text)]
    longest = max(map(len, shown), default=0)
    out: list[str] = []
    place = index = 0
    while index < len(words):
        for length in range(min(longest, len(words) - index), 0, -1):
            key = tuple(word for word, _, _ in words[index : index + length])
            start, end = words[index][1], words[index + length - 1][2]
            if key not in shown or any(a < end and start < b for a, b in slots):
                continue
            choice = _choice(
                key, [word for word, _, _ in words[max(0, index - 3) : index]], shown[key], text[end:]
            )
            if choice is None or choice.measure and _is_part(text, start, end):
                continue
            if choice.measure:
                choice, start, end = _measured(choice, text, start, end)
            if choice.text.endswith("."):  # "Robert Downey Jr." brings its own
                end += len(text[end:]) - len(re.sub(r"^\s*\.", "", text[end:]))
            value = f"“{choice.text}”" if choice.tag else choice.text
            out += [text[place:start], hold(value, choice.text[:1].islower() and not choice.tag)]
            place = end
            index += length
            while index < len(words) and words[index][1] < end:
                index += 1
            break
        else:
            index += 1
    return "".join([*out, text[place:]])


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether digits are a part of a longer number: the 1 of "1,200"."""
    return bool(re.match(r"[.,]\d", text[end:]) or re.search(r"\d[.,]$", text[:start]))


def _measured(shown: _Shown, text: str, start: int, end: int) -> tuple[_Shown, int, int]:
    """A number as it is shown, with the unit or the sign beside it, and the characters that it stands for."""
    how = shown.measure
    assert how is not None
    value = float(shown.text)
    unit = re.match(rf"\s*{re.escape(how.unit)}(?!\w)", text[end:]) if how.unit else None
    end += unit.end() if unit else 0
    plain = (
        not how.shown and how.way == "amount" and value.is_integer() and 1000 <= value < 2100
    )  # it may be a year
    told = shown.text if plain else amount_text(value, how.shown if unit else "", how.way == "price")
    sign = re.match(r"\D*", told)
    ahead = sign[0] if sign else ""
    if ahead and text[:start].endswith(ahead):
        start -= len(ahead)
    return shown._replace(text=told), start, end


def _choice(
    key: tuple[str, ...], before: Sequence[str], options: Sequence[_Shown], after: str
) -> _Shown | None:
    """Which value words stand for, from the three words before them; None where they are words of the grammar."""
    options = [one for one in options if not one.flag or after.startswith(" under ")]
    if not options:
        return None
    cued = bool(TAG_CUES & set(before)) or before[-1:] in (["include"], ["lists"])
    if not cued and lexicon().issuperset(key) and not any(option.planned for option in options):
        return None

    def fits(option: _Shown) -> bool:
        unit = option.measure.unit if option.measure else ""
        return bool(unit) and after.lstrip().startswith(unit)

    return max(options, key=lambda option: (option.tag == cued, fits(option), option.planned))
