"""How people ask for what a column of yes and no tells, in other words than its name: "clean", "get it now"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.flags import counts, yes_or_no
from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.extends import from_yaml
from wherefore.files import ASSETS
from wherefore.text import holds_run, stems

FILE = ASSETS / "flags.yaml"
_SORTS = 6  # values of a column that may say yes, no and something between
_AFFIRMING = frozenset(  # what says yes, where no value is a mere yes
    "allowed welcome permitted included possible erlaubt gestattet willkommen inklusive möglich autorisé autorisés "
    "acceptés accepté admitidas admitidos ammessi toegestaan accepted".split()
)
_IN_STOCK = "in stock"  # the family of which a count tells as well


@dataclass(frozen=True, slots=True)
class FlagWords:
    """A family of columns of yes and no.

    Attributes:
        name: What it is called.
        names: Words of a column's name, one of which says that it is of the family.
        off: Words of a column's name with which it tells something else.
        yes: What asks for a yes,
        no: and what asks for a no.
    """

    name: str
    names: tuple[str, ...]
    off: tuple[str, ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]

    def is_of(self, name: str) -> bool:
        """Whether a column of that name is of the family.

        >>> [flag_words()["in stock"].is_of(name) for name in ("Lieferbar", "available_from", "in_stock")]
        [True, False, True]
        """
        own = stems(" ".join(words_of(name)))
        if {stem for word in self.off for stem in stems(word)} & set(own):
            return False
        return any(holds_run(own, stems(one)) for one in self.names)


@dataclass(frozen=True, slots=True)
class Flag:
    """A column of a family.

    Attributes:
        field: The field.
        value: The value that says yes; empty of a count, of which at least one does.
        words: How it is asked for.
        is_flag: Whether the column tells yes and no alone.
    """

    field: str
    value: str
    words: FlagWords
    is_flag: bool


@lru_cache(maxsize=1)
def flag_words() -> dict[str, FlagWords]:
    """The packaged families, by name."""
    tree = from_yaml(FILE.read_text(encoding="utf-8"))
    return {
        name: FlagWords(name, *(tuple(told.get(key, ())) for key in ("names", "unless", "asks", "denies")))
        for name, told in tree.items()
    }


def flags_of(catalog: Catalog) -> list[Flag]:
    """The columns of a catalogue that are of a family; a column is of the first whose name its own holds."""
    found = []
    for spec in catalog.schema.fields:
        family = next((one for one in flag_words().values() if one.is_of(spec.called)), None)
        value = None if family is None else _yes_of(spec, catalog, family)
        if family is not None and value is not None and (value or family.name == _IN_STOCK):
            found.append(Flag(spec.name, value, family, bool(spec.flag)))
    return found


def _yes_of(spec: FieldSpec, catalog: Catalog, family: FlagWords) -> str | None:
    """The value by which a field of a family says yes, "" of a count; None where it says no such thing."""
    if spec.flag:
        return spec.flag
    if spec.is_number and counts(spec.called):
        return ""
    if not spec.has_tags:
        return None
    values = list(catalog.vocabulary(spec.name))
    if not 1 < len(values) <= _SORTS:
        return None
    said = next((value for value in values if yes_or_no(value)), None)
    if said is not None:
        return said
    said = next((value for value in values if value.lower() in _AFFIRMING), None)
    if said is not None:
        return said
    asked = {tuple(stems(one)) for one in family.yes}
    said = next((value for value in values if tuple(stems(value)) in asked), None)
    return said or next(filter(affirms, values), None)


def affirms(value: str) -> bool:
    """Whether a value says yes in other words: "allowed", "erlaubt"."""
    return value.strip().lower() in _AFFIRMING
