"""Catalogue: items in row order with their schema, from files, records or the built-in movies."""

from __future__ import annotations

import hashlib
import json
import math
import weakref
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import numpy as np

from wherefore.catalog.abroad import in_english, read_abroad
from wherefore.catalog.abroad_words import tongues
from wherefore.catalog.cells import as_text, clean, whole
from wherefore.catalog.derived import Derived, Postings
from wherefore.catalog.field_values import Counts, FieldValues
from wherefore.catalog.inference import infer
from wherefore.catalog.items import Item as Item
from wherefore.catalog.items import StoredItems, texts_of
from wherefore.catalog.kinds import LIST, VECTOR, FieldValue
from wherefore.catalog.known import with_known
from wherefore.catalog.mentioned import PREFIX
from wherefore.catalog.misread import shortened
from wherefore.catalog.notes import Note, noted
from wherefore.catalog.ordered import Scale, place_of, scale_among
from wherefore.catalog.paid import PAID, paid_of
from wherefore.catalog.picture_files import named_by_ids
from wherefore.catalog.ranks import base_name, is_rank_name
from wherefore.catalog.record_words import RecordWords
from wherefore.catalog.records import Records, read_records
from wherefore.catalog.report import ReportRow, report_rows, starter_yaml
from wherefore.catalog.saved import SavedCatalog, read_catalog_parquet, write_catalog_parquet
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.catalog.settled import settle
from wherefore.catalog.sources import read_table
from wherefore.catalog.tables import Table
from wherefore.catalog.times import WHEN, asked_of
from wherefore.catalog.unknown import note_unknown
from wherefore.catalog.vectors import Vector, cells_from_file
from wherefore.errors import CatalogError, CatalogNotFoundError
from wherefore.files import ASSETS
from wherefore.text import stems

_TEXT_CHARS = 1000  # of Catalog.text: about what a sentence embedder reads
_TITLED, _TITLED_AT_LEAST = 0.2, 3  # share and number of the items with a value whose titles name it
_BUILTIN = ASSETS / "movies.parquet"
_T = TypeVar("_T")


class Catalog:
    """Items in row order, with their schema.

    >>> catalog = Catalog.from_records([
    ...     {"id": "a", "title": "Alien", "year": 1979, "genres": "Horror|Sci-Fi"},
    ...     {"id": "b", "title": "Big", "year": 1988, "genres": "Comedy"},
    ... ])
    >>> catalog["b"].title, catalog.row("b"), catalog.numbers("year"), dict(catalog.vocabulary("genres"))
    ('Big', 1, array([1979., 1988.]), {'Horror': 1, 'Sci-Fi': 1, 'Comedy': 1})

    Args:
        items: The items; ids must differ and fields must fit the schema.
        schema: What the fields mean.
        name: What to call the catalogue in messages, often the file's name.

    Raises:
        CatalogError: If there is no item, two share an id, or a value does not fit its field.
    """

    def __init__(self, items: Iterable[Item], schema: Schema, name: str = "catalog") -> None:
        checked = tuple(items)
        for item in checked:
            _check_item(item, schema, name)
        _check_lengths(checked, schema, name)
        self._adopt(checked, schema, name)

    def _adopt(self, items: Sequence[Item], schema: Schema, name: str) -> None:
        """Take items whose values are known to fit."""
        if not items:
            raise CatalogError(f"{name} holds no item; a catalogue needs at least one")
        self._set_items(items, name)
        self._schema = schema
        self._name = name
        self._left_out: dict[str, str] = {}
        self._notes: tuple[Note, ...] = ()
        self._folder: Path | None = None

    def _set_items(self, items: Sequence[Item], name: str) -> None:
        ids = items.ids if isinstance(items, StoredItems) else [item.id for item in items]
        rows = dict(zip(ids, range(len(ids)), strict=True))
        if len(rows) != len(ids):
            twice = next(one for row, one in enumerate(ids) if rows[one] != row)
            raise CatalogError(f"{name}: two items have the id {twice!r}; give every item its own")
        self._items = items
        self._rows = rows
        self._ids = tuple(rows)
        self._digest = ""  # of the file whose items these are, where it is known
        self._derived = Derived()
        self._cache: dict[tuple[str, Any], Any] = {}

    # -- from files and records

    @classmethod
    def load(
        cls, path: str | Path, schema: Schema | str | Path | None = None, *, skip_bad: bool = False
    ) -> Self:
        """Read .csv, .tsv, .txt, .jsonl, .ndjson or .json (each also as .gz or .zip), .parquet, .xlsx or SQLite.

        Args:
            path: The file; `book.xlsx#Sheet2` and `shop.db#goods` name one table of several.
            schema: What the columns mean: a Schema or its YAML file. Inferred when None.
            skip_bad: Leave out rows that cannot be read; `notes` says which, and why. An error lists them when False.

        Raises:
            CatalogNotFoundError: If there is no such file.
            CatalogError: If the file cannot be used; names file, row, column and value.
        """
        path = Path(path)
        if schema is None and path.suffix == ".parquet" and path.is_file():
            saved = read_catalog_parquet(path)
            if saved is not None:
                catalog = cls.__new__(cls)
                catalog._adopt(saved.items, saved.schema, saved.name)
                catalog._folder = path.absolute().parent
                catalog._digest = saved.digest
                return catalog
        return cls._from_table(read_table(path, skip_bad=skip_bad), schema, skip_bad, path.absolute().parent)

    @classmethod
    def from_records(
        cls,
        records: Iterable[Mapping[str, Any]],
        schema: Schema | str | Path | None = None,
        name: str = "records",
        *,
        skip_bad: bool = False,
        folder: str | Path | None = None,
    ) -> Self:
        """Make a catalogue of mappings from column to value, as `json` or `csv.DictReader` give them.

        Args:
            records: The mappings.
            schema: As in `load`.
            name: What to call the catalogue.
            skip_bad: As in `load`.
            folder: Where files that the records and the schema name are: pictures, vectors. Without it, none is read.

        Raises:
            CatalogError: If the records cannot be used; names row, column and value.
        """
        base = None if folder is None else Path(folder).absolute()
        return cls._from_table(Table.of_records(records, name), schema, skip_bad, base)

    @classmethod
    def from_dataset(
        cls, dataset: Any, schema: Schema | str | Path | None = None, *, skip_bad: bool = False
    ) -> Self:
        """Make a catalogue of one split of a Hugging Face `datasets.Dataset`; `schema` and `skip_bad` as in `load`.

        Raises:
            CatalogError: If it holds several splits, or cannot be used; names row, column and value.
        """
        if hasattr(dataset, "keys"):
            splits = ", ".join(str(key) for key in dataset)
            raise CatalogError(f"this is a dictionary of data sets ({splits}); give one of them")
        if not hasattr(dataset, "with_format"):
            raise CatalogError(
                f"a datasets.Dataset is needed, not {type(dataset).__name__}; see also from_records"
            )
        arrow = dataset.with_format("arrow")[:]
        name = getattr(getattr(dataset, "info", None), "dataset_name", None) or "dataset"
        return cls._from_table(Table.of_arrow(arrow, str(name)), schema, skip_bad)

    @classmethod
    def builtin(cls) -> Self:
        """The movies that come with Wherefore: facts only, in order of popularity.

        Raises:
            CatalogNotFoundError: If the installation lacks them.
        """
        if not _BUILTIN.is_file():
            raise CatalogNotFoundError(
                f"the built-in movies are missing at {_BUILTIN}; install Wherefore again"
            )
        return cls.load(_BUILTIN)

    @classmethod
    def _from_table(
        cls,
        table: Table,
        schema: Schema | str | Path | None,
        skip_bad: bool = False,
        folder: Path | None = None,
    ) -> Self:
        if isinstance(schema, str | Path):
            schema = Schema.from_yaml(schema)
        table = table.checked(skip_bad)
        left_out: dict[str, str] = {}
        notes = list(table.notes)
        if schema is None:
            schema, left_out, found = _inferred(table)
            table = in_english(table, schema)
            table, schema, added = with_known(table, schema)
            notes += [*found, *added]
        else:
            table = _with_files(table, schema, folder)
            absent = [(s.name, one) for s in schema.fields for one in s.columns if one not in table.columns]
            if absent:
                raise CatalogError(
                    f"{table.name}: the schema's field `{absent[0][0]}` needs a column "
                    f"`{absent[0][1]}`, which is not there; the columns are {', '.join(table.columns)}"
                )
            declared = {column for spec in schema.fields for column in spec.columns}
            left_out = {column: "not declared" for column in table.columns if column not in declared}
            table = in_english(table, schema)
            settled = settle(schema, table)
            schema = settled.schema
            notes += settled.notes
            if schema.known:
                table, schema, added = with_known(table, schema, asked=True)
                notes += added
        catalog = cls.__new__(cls)
        records = read_records(table, schema, skip_bad=skip_bad)
        catalog._adopt(_items_of(records), schema, table.name)
        catalog._left_out = left_out
        catalog._folder = folder
        used = {spec.column for spec in schema.fields if spec.can.used and not spec.is_apart}
        notes += [one for one in table.notes if one not in notes]
        notes += note_unknown({name: cells for name, cells in table.columns.items() if name in used})
        catalog._notes = (*notes, *records.notes)
        return catalog

    # -- reading

    @property
    def schema(self) -> Schema:
        """What the fields mean."""
        return self._schema

    @property
    def name(self) -> str:
        """What messages call the catalogue."""
        return self._name

    @property
    def notes(self) -> Sequence[Note]:
        """What reading the file found that people should know; empty where it was saved, or made of items."""
        return self._notes

    @property
    def folder(self) -> Path | None:
        """Where files that records name are: the folder of the file that was read; None where it is not known.

        It can be set, for a catalogue that was saved elsewhere, as those of checkpoints are.
        """
        return self._folder

    @folder.setter
    def folder(self, folder: str | Path | None) -> None:
        self._folder = None if folder is None else Path(folder).absolute()

    @property
    def items(self) -> Sequence[Item]:
        """The items in row order."""
        return self._items

    @property
    def ids(self) -> Sequence[str]:
        """The ids in row order."""
        return self._ids

    @property
    def titles(self) -> Sequence[str]:
        """The titles in row order."""
        found: Sequence[str] | None = self._cache.get(("shown", ""))
        if found is None:
            items = self._items
            found = items.titles if isinstance(items, StoredItems) else [item.title for item in items]
            self._cache["shown", ""] = found
        return found

    @property
    def derived(self) -> Derived:
        """What has been derived from the items as they are now."""
        return self._derived

    def keep_derived(self, folder: Path, writes: bool = True) -> None:
        """Keep what is derived from the items as they are now in a folder, and take what is there already.

        Args:
            folder: Where; what is there of other items, or made by another version, is made anew.
            writes: Whether to write what is not there yet.
        """
        kept = Derived(folder, self.fingerprint(), writes)
        kept.take(self._derived)
        self._derived = kept

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._rows

    def __getitem__(self, item_id: str) -> Item:
        return self._items[self.row(item_id)]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Catalog):
            return NotImplemented
        return self._schema == other._schema and self._items == other._items

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Catalog({self._name!r}, {len(self):,} {self._schema.plural})"

    def row(self, item_id: str) -> int:
        """The row of an item.

        Raises:
            KeyError: If there is no such item; suggests close ids.
        """
        row = self._rows.get(item_id)
        if row is None:
            raise KeyError(
                f"no {self._schema.noun} with the id {item_id!r} in {self._name}; {self._hint(item_id)}"
            )
        return row

    def _hint(self, item_id: object) -> str:
        from rapidfuzz import process

        wanted = str(item_id)
        told = zip(self._ids, self.titles, strict=True)
        titled = [one for one, title in told if title.casefold() == wanted.casefold()][:3]
        if titled:
            return f"that is a title; its id is {', '.join(map(repr, titled))}"
        close = [found for found, *_ in process.extract(wanted, self._ids, limit=3, score_cutoff=60)]
        shown = close or list(self._ids[:3])
        return f"{'close ids' if close else 'ids look like'}: {', '.join(map(repr, shown))}"

    def facts(self, item: Item) -> list[tuple[FieldSpec, FieldValue]]:
        """What is known of an item, in schema order: its categories, people, numbers and dates."""
        return [(s, item.fields[s.name]) for s in self._schema.filterable if s.name in item.fields]

    def dated(self, item: Item) -> str:
        """The title with the year, where there is one.

        >>> catalog = Catalog.from_records([{"title": "Alien", "year": 1979}])
        >>> catalog.dated(catalog.items[0])
        'Alien (1979)'
        """
        year = None if self._schema.year is None else item.fields.get(self._schema.year.name)
        return f"{item.title} ({year})" if isinstance(year, int) else item.title

    def text(self, item: Item) -> str:
        """The item in words, for the embedder and BM25: title, year, labelled values, texts.

        >>> catalog = Catalog.from_records([{"title": "Alien", "year": 1979, "genres": "Horror|Sci-Fi"}])
        >>> catalog.text(catalog.items[0])
        'Alien (1979). genre: Horror, Sci-Fi.'
        """
        year = self._schema.year
        when = str(item.fields[year.name])[:4] if year is not None and year.name in item.fields else ""
        parts = [f"{item.title} ({when})." if when and when not in item.title else f"{item.title}."]
        tongue = tongues().get(self._schema.language)
        if tongue is not None and (english := tongue.gloss(item.title)):
            parts.append(f"{english}.")
        for spec in self._schema.valued:
            if spec.pooled and (values := item.values(spec.name)):
                parts.append(f"{spec.label}: {', '.join(map(spec.spoken, values))}.")
        for spec in self._schema.texts:
            if spec.pooled and (words := item.fields.get(spec.name)):
                if tongue is not None and (english := tongue.gloss(str(words))):
                    parts.append(f"{english}.")
                parts.append(" ".join(str(words)[: 4 * _TEXT_CHARS].split()))
        whole = " ".join(parts)
        if len(whole) <= _TEXT_CHARS:
            return whole
        cut = whole[:_TEXT_CHARS]
        return cut.rpartition(" ")[0] or cut

    def numbers(self, field: str) -> np.ndarray:
        """A number, popularity or date field of all items, (n,) float64; NaN where it is not known.

        Dates are years with a fraction. The array is kept and read-only. What texts tell has names of its own, see
        `wherefore.catalog.mentioned`, and so have what is asked of times, see `wherefore.catalog.times`, and places in
        the order of a category's values, see `wherefore.catalog.ordered`.

        Raises:
            CatalogError: If there is no such field, or it is of another kind.
        """
        if field.startswith(WHEN):
            self._check_field(asked_of(field).field, lambda spec: spec.is_date or spec.has_values)
        elif is_rank_name(field):
            self._check_field(base_name(field), lambda spec: spec.has_tags)
        elif field.startswith(PAID):
            for one in paid_of(field):
                self._check_field(one, lambda spec: spec.is_number)
        elif not field.startswith(PREFIX):
            self._check_field(field, lambda spec: bool(spec.can.measure))
        found: np.ndarray | None = self._cache.get(("numbers", field))
        if found is None:
            found = self._numbers(field)
            found.flags.writeable = False
            self._cache["numbers", field] = found
        return found

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The orders that the values of its categories stand in, of those that have one; see `ordered`.

        >>> rows = [{"title": f"Trip {n}", "difficulty": f"D{n % 5 + 1}"} for n in range(10)]
        >>> [(one.field, one.of["D4"]) for one in Catalog.from_records(rows).scales]
        [('difficulty', 4.0)]
        """
        found: tuple[Scale, ...] | None = self._cache.get(("scales", ""))
        if found is None:
            told = (
                scale_among(
                    spec, dict(self.vocabulary(spec.name).items()), partial(self.values_by_item, spec.name)
                )
                for spec in self.schema.tags
                if not spec.flag
            )
            found = self._cache["scales", ""] = tuple(scale for scale in told if scale is not None)
        return found

    def _numbers(self, field: str) -> np.ndarray:
        def looked_through() -> np.ndarray:
            placed = is_rank_name(field)
            values = (place_of(self, field, item) if placed else item.number(field) for item in self._items)
            return np.array([math.nan if value is None else value for value in values])

        if not isinstance(self._items, StoredItems):
            return looked_through()
        stored = self._items.numbers(field)
        if stored is not None:
            return stored
        if field.startswith(WHEN):  # asked of this day or that: not kept
            return looked_through()
        # The texts of very many items take long to look through: what they tell is kept.
        name = f"amounts-{hashlib.sha256(field.encode()).hexdigest()[:12]}"
        return np.array(self._derived.get(name, lambda: {"amounts": looked_through()})["amounts"])

    def vectors(self, field: str) -> np.ndarray:
        """A vector field of all items, (n, d) float32; NaN where it is not known. d is 0 where no item has one.

        The array is kept and read-only.

        Raises:
            CatalogError: If there is no such field, or it is of another kind.
        """
        self._check_field(field, lambda spec: spec.can.stored is VECTOR)
        found: np.ndarray | None = self._cache.get(("vectors", field))
        if found is None:
            values = [item.fields.get(field) for item in self._items]
            width = next((len(value) for value in values if isinstance(value, Vector)), 0)
            found = np.full((len(values), width), np.nan, dtype=np.float32)
            for row, value in enumerate(values):
                if isinstance(value, Vector):
                    found[row] = value.array
            found.flags.writeable = False
            self._cache["vectors", field] = found
        return found

    def naming(self, words: str) -> np.ndarray:
        """Which items' records name all of some words in any of their texts and values, (n,) bool.

        Words are compared without their endings: "nuts" is named by "1 cup nut butter", not by "walnuts".

        >>> catalog = Catalog.from_records([
        ...     {"id": "a", "title": "Banana bread", "ingredients": "2 ripe bananas, 1 cup walnuts"},
        ...     {"id": "b", "title": "Garlic bread", "ingredients": "3 cloves garlic, butter"},
        ... ])
        >>> catalog.naming("banana").tolist(), catalog.naming("nuts").tolist(), catalog.naming("garlic bread").tolist()
        ([True, False], [False, False], [False, True])
        """
        named = np.ones(len(self._items), dtype=bool)
        for one in stems(words):
            named &= self._with_stem(one)
        return named

    def holding(self, phrases: tuple[str, ...], unless: tuple[str, ...] = ()) -> np.ndarray:
        """Which items' records have any of some phrases, word for word but for endings, (n,) bool.

        What a record says that it is without ("nut-free", "no milk") it does not have.

        Args:
            phrases: Of one or more words each; the first is a name for all of them.
            unless: Phrases within which one of those does not count: "peanut butter" where butter is looked for.

        >>> catalog = Catalog.from_records([
        ...     {"id": "a", "title": "Satay", "ingredients": "2 tbsp peanut butter"},
        ...     {"id": "b", "title": "Shortbread", "ingredients": "butter, sugar"},
        ...     {"id": "c", "title": "Oat bar", "ingredients": "oats (dairy-free), no butter"},
        ... ])
        >>> catalog.holding(("butter", "clotted cream"), unless=("peanut butter",)).tolist()
        [False, True, False]
        """
        key = "holding", (phrases, unless)
        found: np.ndarray | None = self._cache.get(key)
        if found is None:
            found = self._cache[key] = self._records.holding(phrases, unless)
        return found

    def held(
        self, rows: Iterable[int], phrases: tuple[str, ...], unless: tuple[str, ...] = ()
    ) -> Counter[str]:
        """In how many of some items' records each phrase stands; arguments as of `holding`.

        >>> catalog = Catalog.from_records([{"title": "Cake", "ingredients": "butter, walnuts"}])
        >>> catalog.held([0], ("nut", "walnut"))
        Counter({'walnut': 1})
        """
        return self._records.held(rows, phrases, unless)

    def titled(self, field: str, value: str) -> np.ndarray:
        """Which items' titles name a value of a category field, where titles tell of it, (n,) bool.

        They do if a fifth of the items that have the value, and at least three, name it in their title: shops tag some
        socks "Socks" and call nearly all so, while no horror film is called "horror". Else, and of other
        fields, none.

        >>> catalog = Catalog.from_records([
        ...     *({"id": str(n), "title": f"Sock No. {n}", "type": ["socks", "wool"]} for n in range(3)),
        ...     {"id": "a", "title": "Boot socks", "type": ["outdoors"]},
        ...     {"id": "b", "title": "Wool hat", "type": ["hats"]},
        ... ])
        >>> catalog.titled("type", "socks").tolist(), bool(catalog.titled("type", "wool").any())
        ([True, True, True, True, False], False)
        """
        key = "titled", (field, value)
        found: np.ndarray | None = self._cache.get(key)
        if found is None:
            found = np.zeros(len(self._items), dtype=bool)
            sought = set(stems(value))
            tags = any(spec.name == field for spec in self._schema.tags)
            rows = self._titles_with(sought) if tags and sought else found.nonzero()[0]
            bearing = self.bearing(field, value) if len(rows) else rows
            both = len(np.intersect1d(rows, bearing, assume_unique=True))
            if both >= _TITLED_AT_LEAST and both >= _TITLED * len(bearing):
                found[rows] = True
            self._cache[key] = found
        return found

    def _titles_with(self, sought: set[str]) -> np.ndarray:
        """The rows of the items whose titles have words of all these stems, ascending."""
        places = self.title_words
        each = sorted((places.rows(one) for one in sought), key=len)
        left = each[0]
        for other in each[1:]:
            left = np.intersect1d(left, other, assume_unique=True)
        return left

    @property
    def title_words(self) -> Postings:
        """Which items' titles have which words, without their endings."""
        return self._postings("title-words", lambda: (set(stems(title)) for title in self.titles))

    def _postings(self, name: str, told: Callable[[], Iterable[Collection[str]]]) -> Postings:
        found: Postings | None = self._cache.get(("postings", name))
        if found is None:
            found = Postings.read(self._derived.get(name, lambda: Postings.of(told()).parts()))
            self._cache["postings", name] = found
        return found

    def holds(self, item: Item, field: str, value: str) -> bool:
        """Whether an item has a value, or is called so where titles tell of it; see `titled`."""
        if value in item.values(field):
            return True
        return item.id in self and bool(self.titled(field, value)[self.row(item.id)])

    def _telling(self) -> Callable[[Item], list[str]]:
        """What gives all texts and values of a record, what its codes stand for, and English of another language."""
        tongue = tongues().get(self._schema.language)
        coded = [spec for spec in self._schema.fields if spec.codes]

        def told_of(item: Item) -> list[str]:
            told = texts_of(item)
            if tongue is not None:
                told += [tongue.gloss(text) for text in told]
            for spec in coded:
                for value in item.values(spec.name):
                    told += spec.stands_for(value)
            return told

        return told_of

    def _with_stem(self, sought: str) -> np.ndarray:
        """Which records have a word of this stem, (n,) bool."""
        named = np.zeros(len(self._items), dtype=bool)
        named[self._records.rows(sought)] = True
        return named

    @property
    def _records(self) -> RecordWords:
        """The words of the records."""
        found: RecordWords | None = self._cache.get(("records", ""))
        if found is None:
            parts = self._derived.get("records", lambda: RecordWords.parts_of(self._items, self._telling()))
            found = self._cache["records", ""] = RecordWords(parts)
        return found

    def vocabulary(self, field: str) -> Counts:
        """The values of a category, people or alias field, each with its number of items.

        Raises:
            CatalogError: If there is no such field, or it is of another kind.
        """
        self._check_field(field, lambda spec: spec.can.stored is LIST)
        return self._values(field).counts

    def bearing(self, field: str, value: str) -> np.ndarray:
        """The rows of the items that have a value of a category, people or alias field, ascending, (m,) int32.

        Raises:
            CatalogError: If there is no such field, or it is of another kind.
        """
        self._check_field(field, lambda spec: spec.can.stored is LIST)
        return self._values(field).rows(value)

    def having(self, field: str) -> int:
        """How many items have any value of a category, people or alias field."""
        self._check_field(field, lambda spec: spec.can.stored is LIST)
        return self._values(field).having

    def lists_several(self, field: str) -> bool:
        """Whether any item has more than one value of a category, people or alias field."""
        self._check_field(field, lambda spec: spec.can.stored is LIST)
        return self._values(field).most > 1

    def values_by_item(self, field: str) -> Iterator[tuple[str, ...]]:
        """The values of a category, people or alias field, item by item; see `Item.values`."""
        if isinstance(self._items, StoredItems):
            return self._items.values(field)
        return (item.values(field) for item in self._items)

    def _values(self, field: str) -> FieldValues:
        found: FieldValues | None = self._cache.get(("values", field))
        if found is None:
            place = next(n for n, spec in enumerate(self._schema.fields) if spec.name == field)
            parts = self._derived.get(
                f"values-{place}", lambda: FieldValues.of(self.values_by_item(field)).parts()
            )
            found = self._cache["values", field] = FieldValues.read(parts)
        return found

    def _check_field(self, name: str, fits: Callable[[FieldSpec], bool]) -> None:
        spec = self._schema.spec(name)
        if not fits(spec):
            allowed = ", ".join(one.name for one in self._schema.fields if fits(one)) or "none here"
            raise CatalogError(f"field `{name}` is of kind {spec.kind}; of a fitting kind: {allowed}")

    @property
    def digest(self) -> str:
        """SHA-256 of the file whose items stay in its columns, as long as they are those; else empty."""
        return self._digest

    def adopt_fingerprint(self, known: str) -> None:
        """Take a fingerprint that was made of the same file before: it takes half a minute of a million items."""
        self._cache["fingerprint", ""] = known

    def fingerprint(self) -> str:
        """SHA-256 of ids, titles, fields and schema, in hexadecimal: equal for equal catalogues."""
        found: str | None = self._cache.get(("fingerprint", ""))
        if found is None:
            digest = hashlib.sha256(self._schema.model_dump_json().encode())
            order = [spec.name for spec in self._schema.fields]
            for item in self._items:
                found_values = (item.fields.get(name) for name in order)
                values = [whole(value) if isinstance(value, int | float) else value for value in found_values]
                told = json.dumps([item.id, item.title, values], separators=(",", ":"), default=_hexadecimal)
                digest.update(told.encode())
            found = self._cache["fingerprint", ""] = digest.hexdigest()
        return found

    def describe(self) -> str:
        """For people: which column was taken for what, with an example, and which were left out."""
        rows = self.report()
        used = [
            (row.source, row.taken + (f" in {row.unit}" if row.unit else ""), row.samples)
            for row in rows
            if row.used
        ]
        widths = [max(len(str(row[i])) for row in used) for i in range(2)]
        lines = [f"{self._name}: {len(self):,} {self._schema.plural if len(self) > 1 else self._schema.noun}"]
        lines += [
            f"  {source:<{widths[0]}}  {taken:<{widths[1]}}  e.g. {samples[0]}"
            if samples
            else f"  {source:<{widths[0]}}  {taken}"
            for source, taken, samples in used
        ]
        others = [f"{row.source} ({row.taken.removeprefix('not used: ')})" for row in rows if not row.used]
        if others:
            lines.append("  not used: " + ", ".join(others))
        lines += [f"  note: {line}" for line in noted(self._notes)]
        return "\n".join(lines)

    def report(self) -> list[ReportRow]:
        """What each column was taken for, with samples and what reading it found."""
        return report_rows(self._schema, self._items, self._left_out, self._notes)

    def starter_schema(self, file: str) -> str:
        """The schema as a YAML file to change: comments say why columns are not used.

        Args:
            file: The name that the file will have, for the comments.
        """
        return starter_yaml(self._schema, self._left_out, self._name, file)

    # -- changing and saving

    def add(self, items: Iterable[Item | Mapping[str, Any]]) -> None:
        """Add items at the end, in place; mappings are read by the schema's columns. All are added, or none.

        Raises:
            CatalogError: If an id is taken or given twice, or a value does not fit its field.
        """
        given = list(items)
        ready: list[Item] = []
        numbered = (
            [] if self._schema.id.column else [int(i) for i in self._ids if i.isascii() and i.isdigit()]
        )
        next_row = max(numbered, default=len(self)) + 1
        for number, item in enumerate(given):
            if isinstance(item, Item):
                _check_item(item, self._schema, self._name)
                ready.append(item)
            else:
                table = Table.of_records([item], f"{self._name}: added item {number + 1}")
                told = in_english(table, self._schema)
                ready += _items_of(read_records(told, self._schema, next_row + number))
        taken = next((item for item in ready if item.id in self._rows), None)
        if taken is not None:
            raise CatalogError(
                f"{self._name} already has an item with the id {taken.id!r} "
                f"({self[taken.id].title!r}); remove it first, or give {taken.title!r} another id"
            )
        if ready:
            _check_lengths((*self._items, *ready) if self._schema.vectors else (), self._schema, self._name)
            stored = self._items.with_more(ready) if isinstance(self._items, StoredItems) else None
            self._set_items(stored or (*self._items, *ready), self._name)

    def remove(self, ids: Iterable[str]) -> None:
        """Remove items, in place; the rows of the later ones move up. All are removed, or none.

        Raises:
            CatalogError: If an id is given twice, or all items would go.
            KeyError: If there is no such item.
        """
        given = [ids] if isinstance(ids, str) else list(ids)
        gone = {self.row(item_id) for item_id in given}
        if len(gone) != len(given):
            twice = next(item_id for item_id in given if given.count(item_id) > 1)
            raise CatalogError(f"the id {twice!r} is given twice; name every item to remove once")
        if len(gone) == len(self):
            raise CatalogError(
                f"that would remove all {len(self)} items of {self._name}; a catalogue keeps at least one"
            )
        if gone:
            stored = self._items.without(gone) if isinstance(self._items, StoredItems) else None
            left = (
                tuple(item for row, item in enumerate(self._items) if row not in gone) if not stored else ()
            )
            self._set_items(stored or left, self._name)

    def save(self, path: str | Path) -> None:
        """Write Parquet with the schema inside; `load` gives an equal catalogue. Written aside, then renamed.

        Raises:
            CatalogError: If the path does not end in .parquet.
            OSError: If it cannot be written; what was there before is left as it was.
        """
        path = Path(path)
        if path.suffix != ".parquet":
            raise CatalogError(f"a catalogue is saved as .parquet, not as {path.name}")
        columns = {s.name: [item.fields.get(s.name) for item in self._items] for s in self._schema.kept}
        titles = [item.title for item in self._items]
        write_catalog_parquet(path, SavedCatalog(self._name, self._schema, list(self._ids), titles, columns))


class PerCatalog(Generic[_T]):
    """What `make` derives from a catalogue, kept until the catalogue changes or is gone."""

    def __init__(self, make: Callable[[Catalog], _T]) -> None:
        self._make = make
        self._kept: dict[int, tuple[weakref.ref[Catalog], Sequence[Item], _T]] = {}

    def __call__(self, catalog: Catalog) -> _T:
        """What was derived from the catalogue as it is now."""
        key = id(catalog)
        found = self._kept.get(key)
        # Adding or removing items gives a catalogue a new tuple of items.
        if found is None or found[0]() is not catalog or found[1] is not catalog.items:
            reference = weakref.ref(catalog, lambda _: self._kept.pop(key, None))
            found = self._kept[key] = (reference, catalog.items, self._make(catalog))
        return found[2]


def _inferred(table: Table) -> tuple[Schema, dict[str, str], Sequence[Note]]:
    """What the columns of a table mean, why some are left out, and notes; of other languages by their English."""
    abroad = read_abroad(table)
    if abroad is None:
        inferred = infer(table)
        return inferred.schema, dict(inferred.left_out), inferred.notes
    inferred = infer(abroad.table, table.columns)
    schema = abroad.described(inferred.schema, table)
    notes = [*abroad.noted(inferred.notes), *abroad.noted_values(schema)]
    return schema, abroad.named(inferred.left_out), notes


def _items_of(records: Records) -> tuple[Item, ...]:
    return tuple(map(Item, records.ids, records.titles, records.fields))


def _check_item(item: Item, schema: Schema, name: str) -> None:
    for what, text in (("id", item.id), ("title", item.title)):
        if not isinstance(text, str) or not text.strip():
            raise CatalogError(f"{name}: an item's {what} is {text!r}; it should be a non-empty string")
        if text != text.strip():
            raise CatalogError(f"{name}: an item's {what} is {text!r}; strip the blanks around it")
        try:
            clean(text)
        except ValueError as error:
            raise CatalogError(f"{name}: an item's {what} is {shortened(text)}: {error}") from error
    specs = {spec.name: spec for spec in schema.kept}
    for key, value in item.fields.items():
        if key not in specs:
            known = ", ".join(specs) or "none"
            raise CatalogError(
                f"{name}: item {item.id!r} has a field `{key}` that the schema lacks; known: {known}"
            )
        try:
            specs[key].can.stored.check(value)
        except ValueError as error:
            raise CatalogError(
                f"{name}: item {item.id!r}, field `{key}` is {shortened(value)}: {error}"
            ) from error


def _check_lengths(items: Sequence[Item], schema: Schema, name: str) -> None:
    """Refuse vectors of one field that have different lengths."""
    for spec in schema.vectors:
        first: Item | None = None
        for item in items:
            value = item.fields.get(spec.name)
            if not isinstance(value, Vector):
                continue
            first = first or item
            usual = first.fields[spec.name]
            if isinstance(usual, Vector) and len(value) != len(usual):
                raise CatalogError(
                    f"{name}: the vector `{spec.name}` of item {item.id!r} has {len(value)} numbers, that of "
                    f"{first.id!r} {len(usual)}; all must have equally many"
                )


def _with_files(table: Table, schema: Schema, folder: Path | None) -> Table:
    """A table with the columns that its schema takes from files: vectors, and pictures that are called by ids.

    Raises:
        CatalogNotFoundError: If a file is not there.
        CatalogError: If it cannot be used, or there is a column as well.
    """
    wanted = [spec for spec in schema.fields if spec.file and spec.can.stored is VECTOR]
    wanted += [spec for spec in schema.images if spec.file and spec.column not in table.columns]
    if not wanted:
        return table
    column = schema.id.column
    cells: Sequence[Any] = table.columns.get(column, ()) if column else range(1, len(table) + 1)
    ids = [as_text(cell) if cell is not None else "" for cell in cells]
    columns, notes = dict(table.columns), list(table.notes)
    for spec in wanted:
        if folder is None and not Path(spec.file).is_absolute():
            raise CatalogError(
                f"{table.name}: the schema's `{spec.name}` is in {spec.file}, but in which folder that is is not "
                "known; give `folder`, or its whole path"
            )
        path = Path(folder or "/") / spec.file
        if spec.column in table.columns:
            raise CatalogError(
                f"{table.name}: the schema takes `{spec.name}` from {spec.file}, but there is a column "
                f"`{spec.column}` as well; call the field otherwise, or leave `file` out"
            )
        if spec.can.stored is VECTOR:
            columns[spec.column], more = cells_from_file(path, ids)
            notes += more
        else:
            columns[spec.column] = named_by_ids(path, ids)
    return replace(table, columns=columns, notes=tuple(notes))


def _hexadecimal(value: Any) -> str:
    """What JSON has no form for, in a fingerprint: vectors."""
    data: bytes = value.data
    return data.hex()
