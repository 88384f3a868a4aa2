"""Items that were added, changed or removed while a server ran, applied to a catalogue that was loaded anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.records import read_records
from wherefore.catalog.schema import Schema
from wherefore.catalog.tables import Table
from wherefore.errors import CatalogError
from wherefore.serving.store import Store, item_key


class Changeable(Protocol):
    """What has a catalogue that can be changed: a `Recommender`."""

    @property
    def catalog(self) -> Catalog:
        """The items."""
        ...

    def add(self, items: Sequence[Item]) -> None:
        """Add items: all, or none."""
        ...

    def remove(self, ids: Collection[str]) -> None:
        """Remove items: all, or none."""
        ...


@dataclass(frozen=True)
class Refused:
    """A change that could not be applied."""

    id: str
    why: str


@dataclass(frozen=True)
class Replayed:
    """What became of the changes: ids by what was done, and those that no longer fit.

    `same` are those that the catalogue already holds as they were changed to, or lacks as it should; `unknown` are keys
    of items that the catalogue has no field for, so that nothing is known of them.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    unknown: tuple[str, ...] = ()

    def __str__(self) -> str:
        counts = (
            ("added", self.added),
            ("changed", self.changed),
            ("removed", self.removed),
            ("already so", self.same),
        )
        done = ", ".join(f"{len(ids):,} {word}" for word, ids in counts if ids)
        refused = "; ".join(f"{one.id}: {one.why}" for one in self.refused[:5])
        more = f" and {len(self.refused) - 5:,} more" if len(self.refused) > 5 else ""
        lost = f"{len(self.refused):,} could not be applied: {refused}{more}" if self.refused else ""
        fields = f"not known to the catalogue: {', '.join(self.unknown)}" if self.unknown else ""
        return "item changes: " + ("; ".join(filter(None, (done, lost, fields))) or "none")


def replay(store: Store, recommender: Changeable) -> Replayed:
    """Apply the kept item changes to a recommender that was just started.

    Items are read by the catalogue's schema as it is now. One that no longer fits is reported and left out: then the
    catalogue's own item of that id, if any, stays as the file has it.

    Raises:
        StorageError: If the store fails.
    """
    return apply(*store.item_changes(), recommender)


def apply(kept: Sequence[Mapping[str, Any]], gone: Sequence[str], recommender: Changeable) -> Replayed:
    """Apply item changes to a recommender; done twice, it comes to the same as once.

    Args:
        kept: Whole items that were added or changed.
        gone: The ids of those removed.
        recommender: What has the catalogue.
    """
    catalog = recommender.catalog
    read = _read(kept, catalog)
    items, refused = read.items, read.refused
    now = {one.id: catalog[one.id] for one in items if one.id in catalog}
    same = [one.id for one in items if now.get(one.id) == one]
    new = [one for one in items if one.id not in now]
    changed = [one for one in items if one.id in now and now[one.id] != one]
    same += [key for key in gone if key not in catalog]
    removed = [key for key in gone if key in catalog]
    if new:
        recommender.add(new)  # first, so that a catalogue never runs empty
    changed_too: list[Item] = []
    if len(removed) + len(changed) == len(catalog) > 1 and changed:
        changed_too, changed = changed[:1], changed[1:]  # the others first, so that one is always there
    if changed or removed:
        out = [*removed, *(one.id for one in changed)]
        try:
            recommender.remove(out)
        except CatalogError as error:  # all of them: a catalogue keeps at least one
            refused += [Refused(key, str(error)) for key in out]
            changed, removed = [], []
    if changed:
        recommender.add(changed)
    if changed_too and len(catalog) == 1:
        refused.append(
            Refused(changed_too[0].id, "it is the only item left, and cannot be exchanged for another")
        )
    elif changed_too:
        recommender.remove([changed_too[0].id])
        recommender.add(changed_too)
        changed = [*changed_too, *changed]
    added, other = (tuple(one.id for one in some) for some in (new, changed))
    return Replayed(added, other, tuple(removed), tuple(same), tuple(refused), read.unknown)


@dataclass(frozen=True)
class _Read:
    """Items that fit, what does not, and the keys that the catalogue has not."""

    items: list[Item]
    refused: list[Refused]
    unknown: tuple[str, ...]


def _read(kept: Sequence[Mapping[str, Any]], catalog: Catalog) -> _Read:
    """Items by the catalogue's schema as it is now."""
    names = _Names(catalog.schema)
    items: list[Item] = []
    refused: list[Refused] = []
    unknown: dict[str, None] = {}
    for tree in kept:
        key, fields = item_key(tree), tree.get("fields")
        try:
            if isinstance(fields, Mapping) and not names.knows("fields"):
                items.append(_as_kept(key, str(tree.get("title") or ""), fields, catalog))
                given = [*fields, *(name for name in tree if name != "fields")]
            else:
                record = {names.column(name): value for name, value in tree.items() if names.knows(name)}
                read = read_records(Table.of_records([record], catalog.name), catalog.schema)
                items.append(Item(key, read.titles[0], read.fields[0]))
                given = list(tree)
        except (CatalogError, ValueError) as error:
            refused.append(Refused(key, str(error)))
        else:
            unknown.update(dict.fromkeys(name for name in given if not names.knows(name)))
    return _Read(items, refused, tuple(unknown))


def _as_kept(key: str, title: str, fields: Mapping[str, Any], catalog: Catalog) -> Item:
    """The item whose values are those that an `Item` holds, by its fields' names: nothing is converted again.

    Raises:
        CatalogError: If one does not fit.
    """
    known = {spec.name for spec in catalog.schema.kept}
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in fields.items()
        if name in known and value is not None
    }
    item = Item(key, title, values)
    Catalog([item], catalog.schema, catalog.name)  # checks it
    return item


class _Names:
    """What the keys of an item may be: `id`, `title`, the catalogue's columns, or its fields' names."""

    def __init__(self, schema: Schema) -> None:
        self._columns = {spec.name: spec.column for spec in schema.fields if spec.column}
        self._columns |= {"title": schema.title.column, "id": schema.id.column or "id"}
        self._columns |= {column: column for column in self._columns.values()}

    def knows(self, name: str) -> bool:
        return name in self._columns

    def column(self, name: str) -> str:
        return self._columns[name]
