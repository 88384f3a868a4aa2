"""Schema: what the columns of a catalogue mean, and how sentences speak of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from wherefore.catalog.cells import NOT_KNOWN, as_text, is_nothing
from wherefore.catalog.coded import Codes
from wherefore.catalog.composed import SPACE
from wherefore.catalog.entries import COUNTS
from wherefore.catalog.kinds import ID, KINDS, LIST, NUMBER, ColumnCells, FieldKind, Read
from wherefore.catalog.mentioned import PREFIX, unit_shown
from wherefore.catalog.naming import label_of, names_year, plural, singular, unit_of, words_of
from wherefore.catalog.paid import PAID, paid_of
from wherefore.catalog.ranks import base_name, is_rank_name
from wherefore.catalog.times import WHEN, asked_of
from wherefore.catalog.titles import MARKS, YEAR, read_title
from wherefore.catalog.unknown import is_one_of, unknown_in
from wherefore.catalog.written import NumberReader, Written
from wherefore.errors import CatalogError, CatalogNotFoundError

_OTHER_TEXTS = frozenset(
    "ingredient nutrition direction instruction step method care size dimension specification warranty delivery".split()
)


class FieldSpec(BaseModel):
    """What one column of a catalogue means.

    `category`, `people` and `alias` values are tuples of strings; `number` and `popularity` values are int
    or float; `date` values are ISO strings (`2001-05-23`, `2001-05` or `2001`); `text` and `image` values
    are strings, `vector` values are of the class `Vector`. Several numbers may be read from one column, each from
    the cells in its unit. `alias` means other titles of the item. What is declared `ignore` is carried along in
    `Item.fields` (as a string or a tuple of strings) and used for nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str  # the name under which the value is found in Item.fields
    column: str  # the column of the source file; of an id, empty means: the number of the row
    # Of a title: the columns that name an item together, in this order, and what stands between them; see
    # `wherefore.catalog.composed`. In a file `column: [Brand, Model]`; `column` is then the last of them.
    parts: tuple[str, ...] = ()
    joint: str = SPACE
    kind: str
    label: str = ""  # for people to read: "director"; derived from the name when empty
    phrase: str = ""  # how a sentence says it: "directed by {}"; derived from kind and name when empty
    unit: str = ""  # "min", "EUR"
    separator: str | None = (
        None  # what lists several values in a text cell, e.g. "|"; None: detected; "": one
    )
    written: Written = Written()  # how the cells of a number or a date are written, where not as usual
    pooled: bool = (
        True  # whether the record's own vector and BM25 read it; clauses of texts have vectors besides
    )
    # Of a title: what its cells hold besides it, see `wherefore.catalog.titles`. Of a number, `year`, and of an alias:
    # that this is their value, taken from the column of the title.
    marks: tuple[str, ...] = ()
    flag: str = ""  # of a category whose cells say yes or no: the value that a yes stands for
    # Of a catalogue in another language: the column's name in English, and what values, or words beside numbers, mean.
    english: str = ""
    means: dict[str, str] = {}
    # Of a category whose cells are codes: what each stands for, first as it is said, then what else people say; in a
    # file `{FB: full board, RO: [room only, no meals]}`. None: told from the cells; `{}`: they are no codes.
    codes: Codes | None = None
    # Beside the catalogue's file: of a vector the .npz, .npy or .safetensors that holds it instead of a column, of an
    # image the folder where the pictures are, called as the cells say or, without such a column, by the items' ids.
    file: str = ""

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        values = dict(given)
        if isinstance(values.get("column"), list | tuple):
            values["parts"] = tuple(values["column"])
            values["column"] = values["parts"][-1] if values["parts"] else ""
        if "name" not in values and values.get("column"):
            values["name"] = "title" if len(values.get("parts") or ()) > 1 else values["column"]
        if "column" not in values and "name" in values:
            values["column"] = values["name"]
        name, kind = values.get("name"), values.get("kind")
        if isinstance(name, str) and isinstance(kind, str) and kind in KINDS:
            called = values.get("english") or name
            values["label"] = values.get("label") or label_of(called)
            values["phrase"] = values.get("phrase") or KINDS[kind].phrase(called)
            values["unit"] = values.get("unit") or (unit_of(called) if KINDS[kind].stored is NUMBER else "")
        return values

    @model_serializer(mode="wrap")
    def _told(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what is as usual and was not there before: catalogues keep their fingerprints."""
        tree: dict[str, Any] = dump(self)
        if self.parts:
            tree["column"] = list(self.parts)
        tree.pop("parts", None)
        for key in ("joint", "pooled", "marks", "flag", "english", "means", "file", "codes"):
            if getattr(self, key) == type(self).model_fields[key].default:
                tree.pop(key, None)
        if self.codes is not None:
            tree["codes"] = {code: words[0] if len(words) == 1 else list(words) for code, words in self.codes}
        if told := self.written.told():
            tree["written"] = told
        else:
            tree.pop("written", None)
        return tree

    @field_validator("codes", mode="before")
    @classmethod
    def _of_codes(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return tuple((_code(code), _words(code, told)) for code, told in given.items())

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

    def stands_for(self, value: str) -> tuple[str, ...]:
        """What a value is a code for, first as it is said; nothing where it is none."""
        return _by_code(self.codes).get(value, ()) if self.codes else ()

    def spoken(self, value: str) -> str:
        """A value in words, with its code where it is one: "full board (FB)", "horror"."""
        words = self.stands_for(value)
        return with_code(words[0], value) if words else value

    def reader(self, cells: Sequence[Any]) -> Read:
        """What reads the cells of the field's column one by one; it raises a `CatalogError` for what does not fit.

        Args:
            cells: All cells of the column.
        """
        read = self.can.reader(
            ColumnCells(self.called, self.separator, cells, self.flag, self.unit, self.written)
        )
        if self.marks and not self.is_apart:
            read = self._within_titles()
        if isinstance(read, NumberReader):  # it knows itself what says nothing
            return read
        if self.means and self.can.stored is LIST and not self.flag:
            read = self._meaning(read)
        unknown = unknown_in(cells) if self.can.used else frozenset()
        if not unknown:
            return lambda cell: None if is_nothing(cell) else read(cell)
        return lambda cell: None if is_nothing(cell) or is_one_of(cell, unknown) else read(cell)

    def _meaning(self, read: Read) -> Read:
        """What reads values and gives them in English; those that say that nothing is known are left out."""

        def meant(cell: Any) -> Any:
            found = read(cell)
            values = found if isinstance(found, tuple) else () if found is None else (str(found),)
            told = dict.fromkeys(self.means.get(value, value) for value in values)
            return tuple(value for value in told if value.lower() not in NOT_KNOWN) or None

        return meant

    def original(self, value: str) -> str:
        """A value as the file has it, where it is in another language and one word means it; else the value."""
        own = [said for said, english in self.means.items() if english == value]
        return own[0] if len(own) == 1 else value

    def _within_titles(self) -> Read:
        """What reads a field that the cells of the title hold besides the title."""
        if self.is_number:
            return lambda cell: read_title(as_text(cell), MARKS).year
        return lambda cell: read_title(as_text(cell), self.marks).others or None

    def title_in(self, text: str) -> str:
        """The title in a cell of the title's column."""
        return read_title(text, self.marks).title if self.marks else text

    @property
    def called(self) -> str:
        """Its name, in English where the catalogue's is in another language that was read."""
        return self.english or self.name

    def __hash__(self) -> int:
        return hash((self.name, self.column, self.kind))

    @property
    def is_apart(self) -> bool:
        """Whether an item keeps its value outside of `Item.fields`: as its id or its title."""
        return self.can.role in ("id", "title")

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
        return self.has_tags and self.phrase.lower().startswith(("from {}", "in {}"))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is read from: several of a title that they make together."""
        return self.parts or ((self.column,) if self.column else ())

    @model_validator(mode="after")
    def _can_be_composed(self) -> Self:
        if self.parts and self.can.role != "title":
            raise ValueError(f"`{self.name}` is of kind {self.kind}; only a title can have several columns")
        if self.parts and (len(set(self.parts)) != len(self.parts) or not all(self.parts)):
            raise ValueError(
                f"`column` of `{self.name}` names no column, or one twice: {', '.join(self.parts)}"
            )
        return self

    @model_validator(mode="after")
    def _can_be_marked(self) -> Self:
        unknown = [mark for mark in self.marks if mark not in MARKS]
        if unknown:
            raise ValueError(
                f"`marks` of `{self.name}` holds {unknown[0]!r}; known marks: {', '.join(MARKS)}"
            )
        if self.marks and not (
            self.can.role in ("title", "alias") or self.is_number and self.marks == (YEAR,)
        ):
            raise ValueError(
                f"`{self.name}` is of kind {self.kind} and has `marks: [{', '.join(self.marks)}]`; a title and an "
                f"alias can have marks, and a number `[{YEAR}]`"
            )
        if self.file and self.can.role not in ("image", "vector"):
            raise ValueError(
                f"`{self.name}` is of kind {self.kind}; only an image or a vector can have a `file`"
            )
        if self.flag and not self.has_tags:
            raise ValueError(f"`{self.name}` is of kind {self.kind}; only a category can have a `flag`")
        if self.codes and not self.has_tags:
            raise ValueError(f"`{self.name}` is of kind {self.kind}; only a category can have `codes`")
        return self

    @model_validator(mode="after")
    def _can_be_said(self) -> Self:
        if not self.name:
            raise ValueError("a field needs a name")
        if not self.column and self.can.role != "id":
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
    language: str = ""  # of the headers and values, by its code, where they were read in English from another
    known: bool = False  # whether what is known of well-known works is added, see `wherefore.catalog.known`

    @model_serializer(mode="wrap")
    def _told(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the language where it is English, and so on: catalogues keep their fingerprints."""
        tree: dict[str, Any] = dump(self)
        for key in ("language", "known"):
            if not getattr(self, key):
                tree.pop(key, None)
        return tree

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        values = dict(given)
        fields = values.get("fields")
        if isinstance(fields, list | tuple):
            told = [dict(f) for f in fields if isinstance(f, FieldSpec | Mapping)]
            if not any(one.get("kind") == ID for one in told):
                values["fields"] = (numbered_id([one.get("name") for one in told]), *fields)
        if not values.get("plural"):
            values["plural"] = plural(str(values.get("noun") or "item"))
        return values

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        names = [spec.name for spec in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two fields are called {', '.join(f'`{name}`' for name in twice)}")
        for kind, can in KINDS.items():
            found = [spec.name for spec in self.fields if spec.kind == kind]
            if can.single and len(found) > 1:
                both = ", or give one several columns: `column: [one, other]`" * (can.role == "title")
                raise ValueError(f"more than one field is the {kind}: {', '.join(found)}; leave one{both}")
            if can.role == "title" and not found:
                raise ValueError(f"no field is the {kind}; add one with `kind: {kind}`")
        return self

    @classmethod
    def from_yaml(cls, path: str | Path) -> Self:
        """Read a schema file: `noun`, `plural` and a list of `fields` with `name`, `column`, `kind` and so on.

        Raises:
            CatalogNotFoundError: If there is no such file.
            CatalogError: If it is not YAML, or a key or value is not allowed; says which and what is.
        """
        path = Path(path)
        if not path.is_file():
            raise CatalogNotFoundError(f"no schema at {path}; give a YAML file that lists `fields`")
        try:
            tree = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise CatalogError(f"{path} is not YAML: {error}") from error
        if not isinstance(tree, dict):
            raise CatalogError(
                f"{path} holds no keys and values; it needs a list of `fields`:\n{EXAMPLE_YAML}"
            )
        return cls.parse(tree, str(path))

    @classmethod
    def parse(cls, tree: Mapping[str, Any], origin: str = "schema") -> Self:
        """Check a tree of plain values.

        Raises:
            CatalogError: If a key or value is not allowed; says which and what is.
        """
        try:
            return cls.model_validate(dict(tree))
        except ValidationError as error:
            raise CatalogError(
                f"{origin}: {'; '.join(_explain(problem) for problem in error.errors())}"
            ) from error

    def to_yaml(self) -> str:
        """The schema as YAML that `from_yaml` reads back to an equal schema."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)

    def spec(self, name: str) -> FieldSpec:
        """The spec called `name`.

        Raises:
            CatalogError: If there is none; lists the names.
        """
        if name.startswith(PREFIX):  # no field, but what texts say in a unit
            return _of_texts(name)
        if name.startswith(WHEN):  # no field either, but what is asked of the times of one
            return _of_times(name, self.spec(asked_of(name).field).label)
        if name.startswith(PAID):
            of = self.spec(paid_of(name).usual)
            return FieldSpec(name=name, column=of.column, kind=of.kind, label="price", unit=of.unit)
        if is_rank_name(name):
            of = self.spec(base_name(name))
            return FieldSpec(name=name, column=of.column, kind=_A_NUMBER, label=of.label)
        for spec in self.fields:
            if spec.name == name:
                return spec
        raise CatalogError(f"no field `{name}`; there are {', '.join(spec.name for spec in self.fields)}")

    @property
    def id(self) -> FieldSpec:
        """The id's spec."""
        return next(spec for spec in self.fields if spec.can.role == "id")

    @property
    def title(self) -> FieldSpec:
        """The title's spec."""
        return next(spec for spec in self.fields if spec.can.role == "title")

    @property
    def kept(self) -> tuple[FieldSpec, ...]:
        """The fields whose values `Item.fields` keeps: all but id and title."""
        return tuple(spec for spec in self.fields if not spec.is_apart)

    @property
    def aliases(self) -> tuple[FieldSpec, ...]:
        """The fields that hold other titles."""
        return tuple(spec for spec in self.fields if spec.can.role == "alias")

    @property
    def texts(self) -> tuple[FieldSpec, ...]:
        """The fields that tell in sentences what an item is about."""
        return tuple(spec for spec in self.fields if spec.can.role == "text")

    @property
    def descriptions(self) -> tuple[FieldSpec, ...]:
        """The texts that tell what an item is like, not how it is made, or of what."""
        return tuple(
            spec for spec in self.texts if _OTHER_TEXTS.isdisjoint(map(singular, words_of(spec.called)))
        )

    @property
    def images(self) -> tuple[FieldSpec, ...]:
        """The fields that hold files or addresses of pictures."""
        return tuple(spec for spec in self.fields if spec.can.role == "image")

    @property
    def vectors(self) -> tuple[FieldSpec, ...]:
        """The fields that hold vectors."""
        return tuple(spec for spec in self.fields if spec.can.role == "vector")

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
        return next((spec for spec in self.fields if spec.is_rank), None)

    @property
    def year(self) -> FieldSpec | None:
        """The number or date that says from when an item is: a year by its name, else the first date."""
        years = (spec for spec in self.fields if spec.is_number and names_year(spec.called))
        return next(years, None) or next((spec for spec in self.fields if spec.is_date), None)


EXAMPLE_YAML = """\
noun: book
fields:
  - {name: title, column: Name of the book, kind: title}
  - {name: authors, column: Written by, kind: people, separator: "; "}
  - {name: year, column: Year, kind: number}
"""


def with_code(words: str, code: str) -> str:
    """What a code stands for, and the code.

    >>> with_code("full board", "FB"), with_code("CD", "CD")
    ('full board (FB)', 'CD')
    """
    return words if words.lower() == code.lower() else f"{words} ({code})"


@lru_cache(256)
def _by_code(codes: Codes) -> Mapping[str, tuple[str, ...]]:
    return dict(codes)


def _code(given: Any) -> str:
    if isinstance(given, bool):  # YAML reads an unquoted NO as a no
        raise ValueError(f'a code is read as {str(given).lower()}; put it in quotation marks: "NO", "Y"')
    return str(given)


def _words(code: Any, given: Any) -> tuple[str, ...]:
    words = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list | tuple) else ()
    if not words or not all(isinstance(one, str) and one.strip() for one in words):
        raise ValueError(
            f"`codes` has {given!r} for {code}; give what it stands for, or a list of such words"
        )
    return tuple(one.strip() for one in words)


_A_NUMBER = next(name for name, can in KINDS.items() if can.stored is NUMBER)


@lru_cache(64)
def _of_texts(name: str) -> FieldSpec:
    """What stands for a field where texts tell an amount; see `wherefore.catalog.mentioned`."""
    if name.startswith(PREFIX + COUNTS):
        field = name.removeprefix(PREFIX + COUNTS)
        label = label_of(field)
        return FieldSpec(name=name, column=name, kind=_A_NUMBER, label=label, unit=label)
    unit = unit_shown(name.removeprefix(PREFIX))
    return FieldSpec(name=name, column=name, kind=_A_NUMBER, label="description", unit=unit)


@lru_cache(1024)
def _of_times(name: str, label: str) -> FieldSpec:
    """What stands for a field where something is asked of its times; see `wherefore.catalog.times`."""
    return FieldSpec(name=name, column=name, kind=_A_NUMBER, label=label)


def title_name(names: Collection[Any]) -> str:
    """The name of a title that several columns make together; called otherwise than the fields in `names`."""
    return next(n for n in ("title", "called", "title_of_item", "title_put_together") if n not in names)


def numbered_id(names: Collection[Any]) -> FieldSpec:
    """The field that identifies items by the number of their row; called otherwise than the fields in `names`."""
    name = next(n for n in ("id", "row", "row_number", "item_row_number") if n not in names)
    return FieldSpec(name=name, column="", kind=ID)


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
