"""Composed titles: which columns together say what an item is called, where no one column does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from wherefore.catalog.cells import as_text, is_missing
from wherefore.catalog.columns import Column
from wherefore.catalog.kinds import NO_TITLES
from wherefore.catalog.naming import singular, words_of
from wherefore.text import forms, holds_run

SPACE, COMMA = " ", ", "
_MAKER, _PLACE, _LINE, _MODEL, _UNIT, _VARIANT, _SHADE = range(7)  # in the order in which they are said
# Heads of headers in English, and in the languages that are read abroad where no English of them is known.
_ROLES: Mapping[int, frozenset[str]] = {
    role: frozenset(words.split())
    for role, words in {
        _MAKER: "brand make maker manufacturer marque producer winery brewery distillery roaster roastery bakery "
        "chocolatier cellar domaine bodega cantina",
        _PLACE: "venue building site house centre center campus location property ship theatre hotel place school "
        "gebäude bâtiment edificio edifício gebouw budynek byggnad",
        _LINE: "range line series collection family kollektion coleccion colección collezione collectie coleção "
        "kolekcja gama gamme linia linha",
        _MODEL: "model cuvee cuvée type kind style design pattern variety cultivar",
        _UNIT: "room hall space suite unit cabin pitch plot desk stall court lane berth mooring saal halle salle sala "
        "zaal ruimte sal lokal",
        _VARIANT: "variant version trim edition size flavor flavour scent variante wariant uitvoering",
        _SHADE: "color colour shade colorway colourway tint hue finish tom odcień nyans finition acabado finitura",
    }.items()
}
_LOOSE = frozenset(
    "type kind style design pattern variety cultivar".split()
)  # mostly of sorts, not of models
_NUMBERS = frozenset("no nr num number code ref name".split())  # "Model no."
_MOSTLY, _SOME = 0.6, 0.2  # of the rows have a cell
_LONG, _WORDS = 40, 6  # of a cell that is part of a title
_APART = 0.95  # different titles for each row: then they tell items apart
_TWICE = 0.7  # fewer: then a title does not
_TELLING = 2  # words of a title; more need nothing beside them
_GAIN = 0.1  # by which a further part must tell them better
_PARTS = 4
_SEEN, _HELD = 2000, 0.8  # rows that are looked at for a column that names the parts itself, and their share
_OWN = 0.5  # different cells for each row of a column that names items by itself
_ROWS = 20_000  # that are looked at
_LEFT = 8  # columns that are looked at where no header tells


@dataclass(frozen=True, slots=True)
class Composed:
    """Columns that together are the title.

    Attributes:
        columns: The columns, in the order in which they are said.
        joint: What stands between them.
    """

    columns: tuple[str, ...]
    joint: str = SPACE


def put_together(cells: Iterable[Any], joint: str) -> str:
    """The title of an item whose parts these are; a part that another one says already is left out.

    >>> put_together(["Bosch", "WAN28", None], " "), put_together(["Dell", "Dell P2419H"], " ")
    ('Bosch WAN28', 'Dell P2419H')
    >>> put_together(["Old Mill", "Hall"], ", ")
    'Old Mill, Hall'
    """
    parts = [text for cell in cells if not is_missing(cell) and (text := " ".join(as_text(cell).split()))]
    told = [tuple(forms(part)) for part in parts]
    kept = [
        part
        for place, part in enumerate(parts)
        if not any(told[place] and told[place] == other[: len(told[place])] for other in told[place + 1 :])
        and told[place] not in told[:place]
    ]
    return joint.join(kept)


def composed_of(columns: Mapping[str, Column], guessed: str | None) -> Composed | None:
    """The columns that name items, by their headers and cells, where no header says that it is the title.

    Args:
        columns: All columns.
        guessed: The column that looks most like titles; it stays the title where it says what an item is.
    """
    parts = _parts(columns)
    if guessed is not None and not _is_part(columns[guessed]):
        ahead = list(columns)[: list(columns).index(guessed)]
        if _MODEL not in parts or not any(name in ahead for names in parts.values() for name in names):
            return None
    core = _core(parts, columns)
    if core:
        made = _told_apart(core, parts, columns)
        named = guessed is not None and _holds(columns[guessed], [columns[one] for one in made.columns])
        return None if named else made
    return None if guessed is not None else _by_cells(columns)


def _holds(column: Column, parts: Sequence[Column]) -> bool:
    """Whether a column's cells name what several columns say together: "VW Golf 1.6 TDI", of Make and Model."""
    rows = range(0, column.rows, max(1, column.rows // _SEEN))
    held = 0
    for row in rows:
        told = forms(as_text(column.all[row])) if not is_missing(column.all[row]) else []
        named = [forms(as_text(one.all[row])) for one in parts if not is_missing(one.all[row])]
        held += bool(named) and all(holds_run(told, each) for each in named[:2])
    return held >= _HELD * len(rows)


def told_apart(title: str, columns: Mapping[str, Column]) -> Composed | None:
    """What tells the items of a title's column apart, where many have the same title; None where it needs no more."""
    column = columns[title]
    role = _role(column)
    if role is not _SHADE and (_unique([column]) >= _TWICE or column.share(_is_told) >= _MOSTLY):
        return None
    parts = {one: [name for name in names if name != title] for one, names in _parts(columns).items()}
    parts.setdefault(_MODEL if role is None else role, []).insert(0, title)
    if role is _SHADE:
        lead = next((parts[one] for one in (_LINE, _MODEL, _MAKER) if parts.get(one)), [])
        core = [*lead[:1], title]
    else:
        core = [title]
    made = _told_apart(core, parts, columns, title)
    return made if len(made.columns) > 1 else None


def _is_told(cell: Any) -> bool:
    """Whether a title says enough, so that two of the same are two of the same sort: "VW Golf Estate"."""
    return len(forms(as_text(cell))) > _TELLING


def _parts(columns: Mapping[str, Column]) -> dict[int, list[str]]:
    """The columns that may be part of a title, by what they are."""
    found: dict[int, list[str]] = {}
    for name, column in columns.items():
        role = _role(column)
        if role is not None and _is_short(column, role):
            found.setdefault(role, []).append(name)
    return found


def _is_part(column: Column) -> bool:
    return _role(column) is not None


def _role(column: Column) -> int | None:
    """What a column is to a title, by the word of its header that says what it holds."""
    heads = [column.head]
    said = [word for word in words_of(column.name) if not word.isdigit()]
    while len(said) > 1 and said[-1] in _NUMBERS:
        said = said[:-1]
        heads.append(singular(said[-1]))
    heads += [said[-1]] if said else []
    for head in heads:
        for role, words in _ROLES.items():
            if head in words and not (head in _LOOSE and column.distinct < _OWN):
                return role
    return None


def _is_short(column: Column, role: int | None = None) -> bool:
    """Whether its cells are short names; of models they may be numbers."""
    plain = max(column.urls, column.addresses, column.listed, column.nested, column.number_lists) < 0.1
    if not plain or column.flagged or column.is_dated and role is not _MODEL:
        return False
    if role is not _MODEL and column.numeric > 0.5:
        return False
    return 0 < column.characters <= _LONG and column.spaced <= _WORDS


def _core(parts: Mapping[int, Sequence[str]], columns: Mapping[str, Column]) -> list[str]:
    """The columns without which an item has no name."""

    def first(role: int) -> list[str]:
        return [name for name in parts.get(role, ()) if _is_known(columns[name])][:1]

    maker, model, line = first(_MAKER), first(_MODEL), first(_LINE)
    shade = first(_SHADE) or first(_VARIANT)
    if model:
        return [*maker, *model]
    if (unit := first(_UNIT)) and (place := first(_PLACE)):
        return [*place, *unit]
    if (lead := line or maker) and shade:
        return [*lead, *shade]
    return [*maker, *line] if maker and line else []


def _is_known(column: Column) -> bool:
    return column.known >= _MOSTLY * max(1, column.rows)


def _told_apart(
    core: Sequence[str], parts: Mapping[int, Sequence[str]], columns: Mapping[str, Column], anchor: str = ""
) -> Composed:
    """The core with what else it takes to tell items apart, each part only where it tells much."""
    role_of = {name: role for role, names in parts.items() for name in names}
    chosen = list(core)
    while (unique := _unique([columns[name] for name in chosen])) < _APART and len(chosen) < _PARTS:
        gains = {
            name: _unique([columns[one] for one in (*chosen, name)]) - unique
            for name in role_of
            if name not in chosen and columns[name].known >= _SOME * columns[name].rows
        }
        best = max(gains, key=lambda name: gains[name], default=None)
        if best is None or gains[best] < _GAIN:
            break
        chosen.append(best)
    order = list(columns)
    chosen.sort(key=lambda name: (role_of.get(name, _MODEL), order.index(name)))
    roles = {role_of.get(name, _MODEL) for name in chosen}
    commas = {_PLACE, _UNIT} | ({_VARIANT, _SHADE} if anchor and role_of[anchor] is _MODEL else set())
    return Composed(tuple(chosen), COMMA if roles & commas else SPACE)


def _by_cells(columns: Mapping[str, Column]) -> Composed | None:
    """Two columns of short names that tell items apart only together, the first of a file; or one that mostly does."""
    fit = [
        name
        for name, column in list(columns.items())[:_LEFT]
        if _is_known(column)
        and _is_short(column)
        and column.words.isdisjoint(NO_TITLES)
        and column.characters >= 3
        and _letters(column) > 0.6
        and not column.timed
    ]
    for one, other in combinations(fit, 2):
        pair = [columns[one], columns[other]]
        if _unique(pair) >= _APART and all(len(set(each.texts)) > 1 for each in pair):
            return Composed((one, other), COMMA)
    return None


def _letters(column: Column) -> float:
    texts = column.texts
    return sum(sum(map(str.isalpha, text)) for text in texts) / max(1, sum(map(len, texts)))


def _unique(columns: Sequence[Column]) -> float:
    """How many different combinations of cells there are, per row."""
    rows = list(zip(*(map(_key, column.all[:_ROWS]) for column in columns), strict=True))
    return len(set(rows)) / max(1, len(rows))


def _key(cell: Any) -> str:
    return "" if is_missing(cell) else as_text(cell).casefold().strip()
