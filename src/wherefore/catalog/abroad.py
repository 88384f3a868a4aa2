"""Catalogues in other languages: which language a table is in, and what its headers and values are in English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

from wherefore.catalog.abroad_short import written_out
from wherefore.catalog.abroad_words import CONNECTING, QUALITIES, Tongue, ordinal, tongues, words_in
from wherefore.catalog.cells import NOT_KNOWN, as_list, is_missing
from wherefore.catalog.naming import counted_in, label_of, plural, singular, words_of
from wherefore.catalog.notes import Note
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.catalog.tables import Table
from wherefore.text import ordinary_words

_ROWS, _SEEN = 2_000, 400  # rows that are looked at, and different values that tell the language
_SHORT, _WORDS = 40, 5  # characters and words of a cell that is no text
_ENOUGH = 3.0  # headers of one language, two values counting for one
_VALUES, _SHARE = 6, 0.4  # values, and their share, that tell the language where the headers are English
_CLOSE = 0.8  # of the best: a language that is as likely
_FEW = 12  # different cells of a column of yes and no
_MOST = 20_000  # different values of a field that are looked up
_COUNTED = frozenset(  # English of what numbers are counted in
    "month months week weeks day days hour hours minutes year years persons pieces piece rooms room pages nights "
    "players servings free".split()
)
_NAMES = frozenset(  # of fields whose values are names
    "name title model brand address street author artist identifier sku number link postcode translator "
    "landlord agent singer".split()
)
_PLACES = frozenset(
    "city place town district neighbourhood region state country origin location area destination suburb "
    "appellation winery county".split()
)
_SHOWN = 4  # values that a note quotes
_KNOWS = {"yes", "no", "unknown"}
_ANSWERS = frozenset(  # English of values that only say whether there is what the field is called
    (
        "yes",
        "no",
        "none",
        "allowed",
        "not allowed",
        "by arrangement",
        "on request",
        "included",
        "not included",
    )
    + (
        "limited",
        "optional",
        "possible",
        "not possible",
        "required",
        "to be paid",
        "free of charge",
        "available",
    )
)
_AHEAD = {"free of charge": "free", "to be paid": "paid", "limited": "limited", "optional": "optional"}
_UN = frozenset("furnished heated limited sweetened salted treated restored".split())
_STOREY = re.compile(r"(\d{1,2})\W{0,2}[a-zª-ú]{0,2}")  # "2º", "3.", "2e"
_SEASON = re.compile(r"(?P<rest>.+?),? (?P<season>(?:high|low|peak|off) season)")
_UNIT = re.compile(r"\s*[(\[][^()\[\]]{1,12}[)\]]\s*$")
_SIGNS = re.compile(r"[€$£%²³/]")
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Abroad:
    """A table as it is in English.

    Attributes:
        code: The language that it is in.
        table: The table, with headers in English, and those cells by which columns are told.
        headers: The headers in English, by those of the file.
    """

    code: str
    table: Table
    headers: Mapping[str, str] = field(default_factory=dict)

    def described(self, schema: Schema, table: Table) -> Schema:
        """The schema of the table in English as that of the file's own columns, with what its values mean.

        Args:
            schema: The schema of the table in English.
            table: The file's own table.
        """
        headers = {english: header for header, english in self.headers.items()}
        tongue, fields = tongues()[self.code], []
        for spec in schema.fields:
            column = headers.get(spec.column, spec.column)
            name = headers.get(spec.name, spec.name)
            if name == spec.name and column != spec.column and spec.name.startswith(f"{spec.column}_"):
                name = column + spec.name.removeprefix(spec.column)  # of the upper ends of ranges
            english = spec.name if name != spec.name or column != spec.column and not spec.marks else ""
            told: dict[str, Any] = {"name": name, "column": column, "english": english}
            if spec.parts:
                told["column"] = [headers.get(one, one) for one in spec.parts]
                told["english"] = ""
            if english and spec.is_number and spec.label == label_of(english):
                told["label"] = counted_in(_UNIT.sub("", english)) or spec.label
            elif not english and spec.label == label_of(column):
                label = told["label"] = label_of(column, cut=False)
                if spec.phrase == f"{spec.label}: {{}}":
                    told["phrase"] = f"{label}: {{}}"
            if column in table.columns:
                own = told_as(spec, told)
                told["means"] = means = meanings(own, table.columns[column], tongue)
                if granted := grants(own, means):
                    phrase = "{}" if _is_quality(spec.called) else "with {}"
                    told |= {"means": means | granted, "phrase": phrase}
            fields.append(told_as(spec, told))
        return Schema(fields=tuple(fields), noun=schema.noun, plural=schema.plural, language=self.code)

    def noted_values(self, schema: Schema) -> list[Note]:
        """Which values of the fields of a described schema are read in English."""
        name, told = tongues()[self.code].name, []
        for spec in schema.fields:
            shown = [f"{said!r} is {english!r}" for said, english in spec.means.items()]
            if shown and not spec.flag:  # of those it is said what a yes is
                more = f" and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
                told.append(Note(f"in {name}: {', '.join(shown[:_SHOWN])}{more}", spec.column))
        return told

    def noted(self, notes: Iterable[Note]) -> list[Note]:
        """Notes on the columns of the table in English as such on the file's own, and what the language is."""
        own = {english: header for header, english in self.headers.items()}
        told = []
        for note in notes:
            said = re.sub(r"`([^`]+)`", lambda m: f"`{own.get(m[1], m[1])}`", note.said)
            told.append(replace(note, said=said, column=own.get(note.column, note.column)))
        return [*told, *self._on_headers()]

    def _on_headers(self) -> list[Note]:
        """What the language is, and which headers are read in English."""
        read = [
            f"`{header}` is {english!r}"
            for header, english in self.headers.items()
            if english.lower() != header.lower()
        ]
        name = tongues()[self.code].name
        return [Note(f"it is in {name}, and read in English{': ' if read else ''}{', '.join(read)}")]

    def named(self, left_out: Mapping[str, str]) -> dict[str, str]:
        """Reasons by the file's own columns."""
        own = {english: header for header, english in self.headers.items()}
        return {own.get(name, name): why for name, why in left_out.items()}


def told_as(spec: FieldSpec, told: Mapping[str, Any]) -> FieldSpec:
    """A field with other names, meanings or words."""
    return FieldSpec.model_validate(spec.model_dump() | dict(told))


def read_abroad(table: Table) -> Abroad | None:
    """A table in English, where it is in another language that is known; None where it is not.

    >>> german = Table("flats", {"Titel": ["Hell", "Ruhig"], "Ort": ["Köln", "Bonn"], "Aufzug": ["ja", "nein"]})
    >>> found = read_abroad(german)
    >>> found.code, dict(found.headers), found.table.columns["lift"]
    ('de', {'Titel': 'title', 'Ort': 'place', 'Aufzug': 'lift'}, ['yes', 'no'])
    >>> read_abroad(Table("shop", {"title": ["Die Hard"], "gift": ["yes"], "chair": ["red"], "note": ["pain"]}))
    """
    found = _language(table)
    if found is None:
        return None
    code, headed = found
    tongue = tongues()[code]
    headers = _headers(table.columns, tongue) if headed else {name: name for name in table.columns}
    columns = {headers[name]: _told_cells(cells, tongue) for name, cells in table.columns.items()}
    return Abroad(code, replace(table, columns=columns), headers)


# -- which language


def _language(table: Table) -> tuple[str, bool] | None:
    """The language of a table, and whether its headers are in it; None of English, and where it is not plain."""
    heads = [one for one in map(_head, table.columns) if one]
    values = _short_values(table)
    english = sum(_is_english(head) for head in heads)
    counted: dict[str, tuple[float, int, int]] = {}
    for code, tongue in tongues().items():
        of_heads = sum(_is_of(tongue, head) for head in heads)
        of_values = sum(_is_of(tongue, value, compounds=False) for value in values)
        counted[code] = of_heads + min(of_values, 40) / 2, of_heads, of_values
    best = max(counted, key=lambda code: counted[code][0])
    total, of_heads, of_values = counted[best]
    headed = of_heads >= 2 and of_heads >= english and total >= _ENOUGH
    valued = of_values >= _VALUES and of_values >= _SHARE * len(values)
    if not headed and not valued:
        return None
    close = [code for code, (one, _, _) in counted.items() if one >= _CLOSE * total]
    if len(close) > 1:
        best = _likeliest(close, " ".join([*table.columns, *values, *_texts(table)]))
    return best, headed


def _head(name: str) -> str:
    return " ".join(words_of(_UNIT.sub("", name)))


def _is_english(text: str) -> bool:
    """Whether everyday English has all words of a text."""
    usual = ordinary_words()
    said = [word for word in words_in(text) if not word[0].isdigit()]
    return bool(said) and all(word in usual for word in said)


def _is_of(tongue: Tongue, text: str, compounds: bool = True) -> bool:
    """Whether a text is of a language, and not of English as well."""
    english = tongue.english(text, compounds)
    return english is not None and words_in(english) != words_in(text) and not _is_english(text)


def _short_values(table: Table) -> list[str]:
    """Different values of the columns that are no texts."""
    found: dict[str, None] = {}
    for cells in table.columns.values():
        told = [cell.strip() for cell in cells[:_ROWS] if isinstance(cell, str) and cell.strip()]
        if not told or sum(map(len, told)) > _SHORT * len(told):
            continue
        different = dict.fromkeys(told)
        if len(different) > 0.7 * len(told) and len(told) > _FEW:
            continue  # titles and the like
        for text in list(different)[: _SEEN // 4]:
            for part in as_list(text) or ():
                if _LETTERS.search(part) and len(part.split()) <= _WORDS:
                    found[part] = None
    return list(found)[:_SEEN]


def _texts(table: Table) -> list[str]:
    """Some of the longest cells."""
    rows = next(iter(table.columns.values()), ())[:20]
    return [
        str(cells[row])
        for cells in table.columns.values()
        for row in range(len(rows))
        if isinstance(cells[row], str) and len(cells[row]) > _SHORT
    ]


def _likeliest(codes: Sequence[str], text: str) -> str:
    """Of some languages the likeliest of a text, by a naive Bayes classifier over byte n-grams (py3langid)."""
    odds = {str(code): float(sure) for code, sure in _identifier().rank(text)}
    return max(codes, key=lambda code: odds.get(code, 0.0))


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(list(tongues()))
    return found


# -- headers


def _headers(names: Iterable[str], tongue: Tongue) -> dict[str, str]:
    """Headers in English, none twice; those that are not known as they are."""
    names = list(names)
    found: dict[str, str] = {}
    taken = set(names)
    for name in names:
        english = header_in_english(name, tongue)
        if english != name and english in taken:
            english = name
        taken.add(english)
        found[name] = english
    return found


def header_in_english(name: str, tongue: Tongue) -> str:
    """A header in English, with its unit; words that are not known stay, and so does a header of English.

    >>> german = tongues()["de"]
    >>> [header_in_english(name, german) for name in ("Kaltmiete (€)", "verfügbar ab", "Gewicht in kg", "id")]
    ['cold rent (€)', 'available from', 'weight in kg', 'id']
    """
    unit = _UNIT.search(name)
    main, tail = (name[: unit.start()], unit[0]) if unit and unit.start() else (name, "")
    tail = re.sub(r"(?<=\d) (?:à|bis|a|tot|do|till) (?=\d)", " to ", tail)
    if (
        re.fullmatch(r"\W*[^\W\d]+\W*", tail)
        and (known := tongue.english(written_out(tail, tongue.code)))
        and not _SIGNS.search(tail)
    ):
        tail = f" ({'years' if known == 'year' else known})"  # of an age
    known = tongue.entry(words_in(" ".join(words_of(main)))) if "." in main else None
    main = main if known else written_out(main, tongue.code)
    words = words_in(" ".join(words_of(main)))
    signs = re.search(r"[\s_]*[^\w\s)\].]*$", main)
    english = tongue.entry(words) or tongue.english(" ".join(words) if "/" not in main else main)
    if english is not None:
        return f"{_season_first(english)}{signs[0] if signs else ''}{tail}"
    if not any(known for _, known in tongue.units(words)):
        return name
    return _LETTERS.sub(lambda m: _word_of_header(m[0], tongue), main) + tail


def _season_first(english: str) -> str:
    """A header with the season that it is of as a word of its noun: "price per night high season", as people say it."""
    found = _SEASON.fullmatch(english)
    return f"{found['season']} {found['rest']}" if found else english


def _word_of_header(word: str, tongue: Tongue) -> str:
    low = word.lower()
    return tongue.word(low) or tongue.compound(low) or word


# -- cells


def _told_cells(cells: Sequence[Any], tongue: Tongue) -> Sequence[Any]:
    """Cells with yes, no, and what numbers are counted in, in English: by these columns are told."""
    texts = {cell.strip() for cell in cells[:_ROWS] if isinstance(cell, str) and cell.strip()}
    if not texts or sum(map(len, texts)) > _SHORT * len(texts):
        return cells
    if len(texts) <= _FEW:
        means = {text: english for text in texts if (english := tongue.english(text)) in _KNOWS}
        if len(means) == len(texts):
            return [means.get(cell.strip(), cell) if isinstance(cell, str) else cell for cell in cells]
    units = _units_in(texts, tongue)
    return [counted(cell, units) for cell in cells] if units else cells


def _units_in(texts: Iterable[str], tongue: Tongue) -> dict[str, str]:
    """The words of cells that say what numbers are counted in, with their English."""
    found: dict[str, str] = {}
    for text in texts:
        if any(map(str.isdigit, text)) or len(text.split()) == 1:
            for word in _LETTERS.findall(text):
                english = tongue.entry((word.lower(),))
                if english in _COUNTED and english != word:
                    found[word] = english
    return found


def counted(cell: Any, units: Mapping[str, str]) -> Any:
    """A cell of a number with its words in English.

    >>> counted("14 mois", {"mois": "months"}), counted(3, {"mois": "months"})
    ('14 months', 3)
    """
    if not isinstance(cell, str):
        return cell
    return units.get(cell.strip()) or _LETTERS.sub(lambda m: units.get(m[0], m[0]), cell)


def meanings(spec: FieldSpec, cells: Sequence[Any], tongue: Tongue) -> dict[str, str]:
    """What the values of a field, or the words of its numbers, are in English, where that is something else.

    Args:
        spec: The field.
        cells: The cells of its column.
        tongue: The language.
    """
    if spec.has_measure or spec.flag:
        texts = {cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()}
        whole = {one: english for one in texts if (english := tongue.english(one)) in _KNOWS}
        return dict(sorted(whole.items() if spec.flag else _units_in(texts, tongue).items()))
    if not spec.has_tags:
        return {}
    called = {singular(word) for word in words_of(spec.called)}
    if not _NAMES.isdisjoint(called):
        return {}
    read = spec.reader(cells)
    values: dict[str, None] = {}
    for cell in dict.fromkeys(
        cell if isinstance(cell, str) else str(cell) for cell in cells if not is_missing(cell)
    ):
        values.update(dict.fromkeys(_values_in(read, cell)))
        if len(values) > _MOST:
            return {}
    place = not _PLACES.isdisjoint(called)
    storeys = bool(called & {"floor", "storey"}) and any(not _STOREY.fullmatch(value) for value in values)
    told: dict[str, str] = {}
    for value in values:
        english = (storeys and _storey(value)) or _value(value, tongue, place)
        if english and (english != value or english in _ANSWERS):
            told[value] = english
    return dict(sorted(told.items()))


def grants(spec: FieldSpec, means: Mapping[str, str]) -> dict[str, str]:
    """What values that grant something or not say together with the name of their field: "no" of pets is "no pets".

    Empty of a field that has other values.

    >>> spec = FieldSpec(name="Haustiere", kind="category", english="pets")
    >>> grants(spec, {"ja": "yes", "nein": "no", "nach Absprache": "by arrangement"})
    {'ja': 'pets', 'nein': 'no pets', 'nach Absprache': 'pets by arrangement'}
    >>> grants(FieldSpec(name="Farbe", kind="category", english="color"), {"rot": "red"})
    {}
    """
    noun = " ".join(words_of(_UNIT.sub("", spec.english)))
    told = {own: english for own, english in means.items() if english.lower() not in NOT_KNOWN}
    if not noun or spec.flag or not spec.has_tags or not 1 < len(told) <= _FEW:
        return {}
    answers = sum(english in _ANSWERS for english in told.values())
    if (
        answers < 2
        or answers < len(told) - 1
        or noun.split()[-1] in ("availability", "stock", "condition", "status")
    ):
        return {}
    return {own: _granted(noun, english) for own, english in told.items()}


def _granted(noun: str, answer: str) -> str:
    what = noun.removesuffix(" allowed")
    if answer == "yes":
        return noun
    if answer in ("no", "none"):
        return f"{'un' if noun in _UN else 'not '}{noun}" if _is_quality(noun) else f"no {what}"
    if answer in _AHEAD:
        return f"{_AHEAD[answer]} {what}"
    return f"{what} {answer}" if answer in _ANSWERS else answer


def _is_quality(noun: str) -> bool:
    """Whether a name says how something is rather than what it has: "furnished", but not "pets allowed"."""
    last = noun.split()[-1]
    return last != "allowed" and (last in QUALITIES or last.endswith(("ed", "able", "proof", "free", "less")))


def _values_in(read: Any, cell: Any) -> tuple[str, ...]:
    try:
        found = read(cell)
    except ValueError:
        return ()
    return found if isinstance(found, tuple) else (found,) if isinstance(found, str) else ()


def _storey(value: str) -> str:
    found = _STOREY.fullmatch(value)
    return f"{ordinal(int(found[1]))} floor" if found and int(found[1]) else ""


def _value(value: str, tongue: Tongue, place: bool) -> str | None:
    """A value in English; one that is a place only by its name."""
    named = tongue.place(value) if place else None
    named = named or _names_of(tongue.code).get(value.lower())
    if named is not None or place:
        return named
    sentence = value.endswith((".", "!", "?")) and len(value.split()) > 1 and value[0].isupper()
    if sentence or value.count("(") != value.count(")"):  # or part of a value that was cut within
        return None
    english = _with_aside(value, tongue) if "(" in value else None
    english = english or tongue.english(value) or tongue.english(written_out(value, tongue.code))
    if english is not None and (several := re.fullmatch(r"(?:[2-9]|[1-9]\d+) ([a-z]+)", english)):
        noun = several[1]
        english = english if noun.endswith(("s", "ing", "n")) else english.removesuffix(noun) + plural(noun)
    return None if english is None or english in CONNECTING else english


def _with_aside(value: str, tongue: Tongue) -> str | None:
    """A value whose main part is known, with what is in brackets behind it: "ja (10 €/Tag)" is "yes (10 €/day)"."""
    found = re.fullmatch(r"([^()]+?)\s*\(([^()]+)\)", value)
    main = tongue.english(written_out(found[1], tongue.code)) if found else None
    if found is None or main is None:
        return None
    aside = _LETTERS.sub(
        lambda match: tongue.word(match[0].lower()) or match[0], written_out(found[2], tongue.code)
    )
    return f"{main} ({aside})"


@cache
def _names_of(code: str) -> dict[str, str]:
    """What countries, languages, days and months are called in a language, and in English."""
    from babel import Locale

    here, english = Locale(code), Locale("en")
    found: dict[str, str] = {}
    for own, told in (
        (here.territories, english.territories),
        (here.languages, english.languages),
        (here.days["format"]["wide"], english.days["format"]["wide"]),
        (here.days["stand-alone"]["wide"], english.days["stand-alone"]["wide"]),
        (here.months["format"]["wide"], english.months["format"]["wide"]),
        (here.months["stand-alone"]["wide"], english.months["stand-alone"]["wide"]),
    ):
        for key, name in own.items():
            if key in told and not str(name).isdigit():
                found.setdefault(str(name).lower(), str(told[key]))
    return found


def in_english(table: Table, schema: Schema) -> Table:
    """A table with the words of its numbers, yes and no in English, as its schema has them."""
    told = {
        spec.column: [counted(cell, spec.means) for cell in table.columns[spec.column]]
        for spec in schema.fields
        if spec.means and spec.column in table.columns and (spec.has_measure or spec.flag)
    }
    return replace(table, columns={**table.columns, **told}) if told else table
