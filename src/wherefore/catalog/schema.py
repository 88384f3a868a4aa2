"""Schema: what the columns of a catalogue mean, and how sentences speak of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from wherefore.catalog.kinds import KINDS, FieldKind

FieldValue = str | int | float | tuple[str, ...]

LIST_KINDS = tuple(name for name, kind in KINDS.items() if kind.stored == "list")
NUMBER_KINDS = tuple(name for name, kind in KINDS.items() if kind.stored == "number")

# How a sentence says a field, by a word of its name (singular).
_PHRASES = {
    "director": "directed by {}",
    "author": "by {}",
    "writer": "written by {}",
    "screenwriter": "written by {}",
    "cast": "with {}",
    "actor": "with {}",
    "actress": "with {}",
    "star": "with {}",
    "starring": "with {}",
    "performer": "with {}",
    "artist": "by {}",
    "band": "by {}",
    "singer": "by {}",
    "composer": "with music by {}",
    "producer": "produced by {}",
    "publisher": "published by {}",
    "narrator": "read by {}",
    "illustrator": "illustrated by {}",
    "editor": "edited by {}",
    "translator": "translated by {}",
    "designer": "designed by {}",
    "developer": "developed by {}",
    "brand": "from {}",
    "manufacturer": "from {}",
    "maker": "from {}",
    "studio": "from {}",
    "company": "from {}",
    "vendor": "from {}",
    "seller": "from {}",
    "genre": "{}",
    "category": "{}",
    "subcategory": "{}",
    "type": "{}",
    "style": "{}",
    "cuisine": "{}",
    "keyword": "about {}",
    "tag": "about {}",
    "topic": "about {}",
    "subject": "about {}",
    "theme": "about {}",
    "language": "in {}",
    "country": "from {}",
    "color": "in {}",
    "colour": "in {}",
    "material": "made of {}",
}
_YEAR_WORDS = {"year", "yr"}
_SUFFIX_UNITS = {
    "min": "min",
    "mins": "min",
    "minutes": "min",
    "hours": "h",
    "usd": "USD",
    "eur": "EUR",
    "gbp": "GBP",
    "km": "km",
    "kg": "kg",
    "cm": "cm",
    "mm": "mm",
    "kcal": "kcal",
}
_UNCHANGED_PLURALS = {
    "series",
    "species",
    "cast",
    "news",
    "is",
    "has",
    "gas",
    "bus",
    "status",
    "brass",
    "glass",
}


def words_of(name: str) -> tuple[str, ...]:
    """The lower-case words of a column's name.

    >>> words_of("primaryTitle"), words_of("Release Date"), words_of("isbn13")
    (('primary', 'title'), ('release', 'date'), ('isbn13',))
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", spaced.lower()))


def singular(word: str) -> str:
    """The singular of an English plural, as far as endings tell.

    >>> [singular(w) for w in ("directors", "countries", "genres", "dishes", "series", "cast")]
    ['director', 'country', 'genre', 'dish', 'series', 'cast']
    """
    if word in _UNCHANGED_PLURALS or word.endswith(("ss", "us", "is", "ias")) or len(word) < 4:
        return word
    if word in ("movies", "cookies", "calories", "ties", "pies"):
        return word[:-1]
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def plural(noun: str) -> str:
    """The plural of an English noun, as far as endings tell.

    >>> [plural(n) for n in ("movie", "dish", "country", "series", "toy")]
    ['movies', 'dishes', 'countries', 'series', 'toys']
    """
    if noun in ("series", "species", "news"):
        return noun
    if noun.endswith(("s", "sh", "ch", "x", "z")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in ("a", "e", "i", "o", "u"):
        return noun[:-1] + "ies"
    return noun + "s"


def label_of(name: str) -> str:
    """What people call a field: `directors` is a "director", `runtime_min` the "runtime".

    >>> label_of("directors"), label_of("runtime_min"), label_of("numRatings")
    ('director', 'runtime', 'num rating')
    """
    words = list(words_of(name)) or [name]
    if len(words) > 1 and words[-1] in _SUFFIX_UNITS:
        words.pop()
    words[-1] = singular(words[-1])
    return " ".join(words)


def unit_of(name: str) -> str:
    """The unit that ends a column's name, if one does.

    >>> unit_of("runtime_min"), unit_of("budget_usd"), unit_of("year")
    ('min', 'USD', '')
    """
    words = words_of(name)
    return _SUFFIX_UNITS.get(words[-1], "") if len(words) > 1 else ""


def phrase_of(name: str, kind: str) -> str:
    """How a sentence says a field of that name and kind.

    >>> phrase_of("directors", "people"), phrase_of("genres", "category"), phrase_of("pages", "number")
    ('directed by {}', '{}', 'page: {}')
    """
    if kind in ("category", "people"):
        for word in reversed(words_of(name)):
            if singular(word) in _PHRASES:
                return _PHRASES[singular(word)]
    if kind in ("number", "date") and _YEAR_WORDS & set(words_of(name)):
        return "from {}"
    if kind == "people":
        return "by {}"
    return f"{label_of(name)}: {{}}"


class FieldSpec(BaseModel):
    """What one column of a catalogue means.

    `category`, `people` and `alias` values are tuples of strings; `number` and `popularity` values are int
    or float; `date` values are ISO strings (`2001-05-23`, `2001-05` or `2001`); `text` and `image` values
    are strings. `alias` means other titles of the item. What is declared `ignore` is carried along in
    `Item.fields` (as a string or a tuple of strings) and used for nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str  # the name under which the value is found in Item.fields
    column: str  # the column of the source file; of an id, empty means: the number of the row
    kind: str
    label: str = ""  # for people to read: "director"; derived from the name when empty
    phrase: str = ""  # how a sentence says it: "directed by {}"; derived from kind and name when empty
    unit: str = ""  # "min", "EUR"
    separator: str | None = (
        None  # what lists several values in a text cell, e.g. "|"; None: detected; "": one
    )

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        values = dict(given)
        if "name" not in values and values.get("column"):
            values["name"] = values["column"]
        if "column" not in values and "name" in values:
            values["column"] = values["name"]
        name, kind = values.get("name"), values.get("kind")
        if isinstance(name, str) and isinstance(kind, str) and kind in KINDS:
            values["label"] = values.get("label") or label_of(name)
            values["phrase"] = values.get("phrase") or phrase_of(name, kind)
            values["unit"] = values.get("unit") or (unit_of(name) if kind in NUMBER_KINDS else "")
        return values

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"`kind` is {kind!r}; known kinds: {', '.join(KINDS)}")
        return kind

    @property
    def can(self) -> FieldKind:
        """What a field of this kind can do."""
        return KINDS[self.kind]

    @property
    def has_values(self) -> bool:
        """Whether a wish can name its values: tags or names."""
        return bool(self.can.values)

    @property
    def has_tags(self) -> bool:
        """Whether its values are tags: "horror"."""
        return self.can.values == "tags"

    @property
    def has_names(self) -> bool:
        """Whether its values are proper names: "Toni Collette"."""
        return self.can.values == "names"

    @property
    def has_measure(self) -> bool:
        """Whether its values are numbers or dates that people give limits for: "after 2000"."""
        return self.can.measure in ("number", "date")

    @property
    def is_number(self) -> bool:
        """Whether its values are amounts, and no dates."""
        return self.can.measure == "number"

    @property
    def is_date(self) -> bool:
        """Whether its values are dates."""
        return self.can.measure == "date"

    @property
    def is_rank(self) -> bool:
        """Whether its numbers order items, but say nothing to people: popularity."""
        return self.can.measure == "rank"

    @property
    def is_place(self) -> bool:
        """Whether the values say where an item comes from, or what it is in: "from Japan", "in French"."""
        return self.kind == "category" and self.phrase.lower().startswith(("from {}", "in {}"))

    @model_validator(mode="after")
    def _can_be_said(self) -> Self:
        if not self.name:
            raise ValueError("a field needs a name")
        if not self.column and self.kind != "id":
            raise ValueError(f"field `{self.name}` needs a column; only an id can do without")
        if self.phrase.count("{}") != 1:
            raise ValueError(
                f"the phrase of `{self.name}` is {self.phrase!r}: it needs one {{}} for the value"
            )
        return self


class Schema(BaseModel):
    """All fields of a catalogue, and what one item is called.

    There is always one `id` spec (made up when none is declared: the number of the row) and one `title`.

    >>> schema = Schema(fields=({"name": "name", "kind": "title"}, {"name": "author", "kind": "people"}))
    >>> [spec.kind for spec in schema.fields], schema.spec("author").phrase, schema.plural
    (['id', 'title', 'people'], 'by {}', 'items')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fields: tuple[FieldSpec, ...]
    noun: str = "item"  # "movie", "book"
    plural: str = ""  # derived from the noun when empty

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        values = dict(given)
        fields = values.get("fields")
        if isinstance(fields, list | tuple):
            kinds = [f.kind if isinstance(f, FieldSpec) else f.get("kind") for f in fields if _is_spec(f)]
            if "id" not in kinds:
                names = {f.name if isinstance(f, FieldSpec) else f.get("name") for f in fields if _is_spec(f)}
                name = next(n for n in ("id", "row", "row_number", "item_row_number") if n not in names)
                values["fields"] = ({"name": name, "column": "", "kind": "id"}, *fields)
        if not values.get("plural"):
            values["plural"] = plural(str(values.get("noun") or "item"))
        return values

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        names = [spec.name for spec in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two fields are called {', '.join(f'`{name}`' for name in twice)}")
        for kind, most in (("id", 1), ("title", 1), ("popularity", 1)):
            found = [spec.name for spec in self.fields if spec.kind == kind]
            if len(found) > most:
                raise ValueError(f"more than one field is the {kind}: {', '.join(found)}; leave one")
            if kind == "title" and not found:
                raise ValueError("no field is the title; add one with `kind: title`")
        return self

    @classmethod
    def from_yaml(cls, path: str | Path) -> Self:
        """Read a schema file: `noun`, `plural` and a list of `fields` with `name`, `column`, `kind` and so on.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it is not YAML, or a key or value is not allowed; says which and what is.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"no schema at {path}; give a YAML file that lists `fields`")
        try:
            tree = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not YAML: {error}") from error
        if not isinstance(tree, dict):
            raise ValueError(f"{path} holds no keys and values; it needs a list of `fields`:\n{EXAMPLE_YAML}")
        return cls.parse(tree, str(path))

    @classmethod
    def parse(cls, tree: Mapping[str, Any], origin: str = "schema") -> Self:
        """Check a tree of plain values.

        Raises:
            ValueError: If a key or value is not allowed; says which and what is.
        """
        try:
            return cls.model_validate(dict(tree))
        except ValidationError as error:
            raise ValueError(
                f"{origin}: {'; '.join(_explain(problem) for problem in error.errors())}"
            ) from error

    def to_yaml(self) -> str:
        """The schema as YAML that `from_yaml` reads back to an equal schema."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)

    def of_kind(self, *kinds: str) -> tuple[FieldSpec, ...]:
        """The specs of these kinds, in order."""
        return tuple(spec for spec in self.fields if spec.kind in kinds)

    def spec(self, name: str) -> FieldSpec:
        """The spec called `name`.

        Raises:
            ValueError: If there is none; lists the names.
        """
        for spec in self.fields:
            if spec.name == name:
                return spec
        raise ValueError(f"no field `{name}`; there are {', '.join(spec.name for spec in self.fields)}")

    @property
    def id(self) -> FieldSpec:
        """The id's spec."""
        return self.of_kind("id")[0]

    @property
    def title(self) -> FieldSpec:
        """The title's spec."""
        return self.of_kind("title")[0]

    @property
    def tags(self) -> tuple[FieldSpec, ...]:
        """The fields whose values are tags."""
        return tuple(spec for spec in self.fields if spec.has_tags)

    @property
    def names(self) -> tuple[FieldSpec, ...]:
        """The fields whose values are proper names."""
        return tuple(spec for spec in self.fields if spec.has_names)

    @property
    def valued(self) -> tuple[FieldSpec, ...]:
        """The fields whose values a wish can name: tags and names."""
        return tuple(spec for spec in self.fields if spec.has_values)

    @property
    def measures(self) -> tuple[FieldSpec, ...]:
        """The fields that a limit can name: numbers and dates."""
        return tuple(spec for spec in self.fields if spec.has_measure)

    @property
    def filterable(self) -> tuple[FieldSpec, ...]:
        """The fields that a wish or a limit can name: categories, people, numbers and dates."""
        return tuple(spec for spec in self.fields if spec.has_values or spec.has_measure)

    @property
    def popularity(self) -> FieldSpec | None:
        """The field that counts how well known an item is, if there is one."""
        return next(iter(self.of_kind("popularity")), None)

    @property
    def year(self) -> FieldSpec | None:
        """The number or date that says from when an item is: a year by its name, else the first date."""
        for spec in self.of_kind("number"):
            if _YEAR_WORDS & set(words_of(spec.name)):
                return spec
        return next(iter(self.of_kind("date")), None)


EXAMPLE_YAML = """\
noun: book
fields:
  - {name: title, column: Name of the book, kind: title}
  - {name: authors, column: Written by, kind: people, separator: "; "}
  - {name: year, column: Year, kind: number}
"""


def _is_spec(value: Any) -> bool:
    return isinstance(value, FieldSpec | Mapping)


def _explain(problem: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in problem["loc"]) or "schema"
    if problem["type"] == "extra_forbidden":
        model: type[BaseModel] = FieldSpec if len(problem["loc"]) > 1 else Schema
        return f"`{where}` is not a known key; known there: {', '.join(sorted(model.model_fields))}"
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    if problem["type"] == "missing":
        return f"`{where}` is missing"
    return f"`{where}` is {problem['input']!r}: {problem['msg']}"
