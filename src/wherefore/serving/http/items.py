"""Items as the API takes and gives them: read by the catalogue's schema, or refused with the field that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.kinds import FieldValue
from wherefore.catalog.misread import shortened
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.errors import CatalogError
from wherefore.recommender import Recommender
from wherefore.serving.http.problems import Refused
from wherefore.serving.store import Store


def item_tree(item: Item) -> dict[str, Any]:
    """An item as plain JSON values."""
    fields = {name: list(value) if isinstance(value, tuple) else value for name, value in item.fields.items()}
    return {"id": item.id, "title": item.title, "fields": fields}


def read_item(tree: Mapping[str, Any], schema: Schema, where: str = "items.0") -> Item:
    """The item that plain values tell: `id`, `title` and `fields` by the schema's names or its columns.

    Args:
        tree: The values.
        schema: What fields there are.
        where: The place of the item in its request, for errors.

    Raises:
        Refused: If a field is unknown, or a value does not fit; names all that are wrong.
    """
    wrong: list[tuple[str, str]] = []
    fields: dict[str, FieldValue] = {}
    for name, cell in tree["fields"].items():
        specs = _specs(schema, name)
        if not specs:
            known = ", ".join(spec.name for spec in schema.kept) or "none"
            wrong.append((f"{where}.fields.{name}", f"there is no such field; known: {known}"))
        for spec in specs:
            try:
                value = _value(spec, cell)
            except ValueError as error:
                said = f"it is {shortened(cell)}, and of kind {spec.kind}: {error}"
                wrong.append((f"{where}.fields.{name}", said))
                break
            if value is not None:
                fields[spec.name] = value
    item = Item(str(tree["id"]).strip(), str(tree["title"]).strip(), fields)
    try:
        Catalog([item], schema, "the item")  # checks ids, titles and values as any catalogue's
    except CatalogError as error:
        wrong.append((where, str(error)))
    if wrong:
        raise Refused(422, "; ".join(f"`{field}`: {what}" for field, what in wrong[:3]), wrong)
    return item


def _specs(schema: Schema, name: str) -> Sequence[FieldSpec]:
    """The field of a name; else those that are read from a column of the name."""
    named = [spec for spec in schema.kept if spec.name == name]
    return named or [spec for spec in schema.kept if spec.column == name]


def _value(spec: FieldSpec, cell: Any) -> FieldValue | None:
    """The value of a field: as it is kept, or else as a cell of a file is read; None where it says nothing.

    Raises:
        CatalogError: If it does not fit.
    """
    if cell is None or cell == []:
        return None
    if isinstance(cell, dict) or isinstance(cell, list) and not all(isinstance(one, str) for one in cell):
        raise CatalogError("it should be text, a number, or a list of texts; null where it is not known")
    kept = tuple(cell) if isinstance(cell, list) else cell
    try:
        spec.can.stored.check(kept)
    except CatalogError as error:
        if isinstance(cell, bool) and not spec.has_tags:
            raise
        value = spec.reader([cell])(cell)
        if value is None and not isinstance(cell, bool):
            raise error
        if value is not None:
            spec.can.stored.check(value)
        return value
    return kept


def put(recommender: Recommender, store: Store, items: Sequence[Item]) -> tuple[int, int]:
    """Add items, or put them in the place of those with their ids: all, or none. Returns how many were new, and not.

    To be called while nobody computes.

    Raises:
        Refused: If an id is given twice.
    """
    ids = [item.id for item in items]
    first = {one: place for place, one in reversed(list(enumerate(ids)))}
    twice = next((place for place, one in enumerate(ids) if first[one] < place), None)
    if twice is not None:
        raise Refused(
            422,
            f"the id {ids[twice]!r} is given twice; give every item once",
            [(f"items.{twice}.id", "an item before it has the same id")],
        )
    before = [recommender.catalog[item.id] for item in items if item.id in recommender.catalog]
    _exchange(recommender, before, items)
    try:
        for item in items:
            store.save_item(item_tree(item))
    except BaseException:
        _exchange(recommender, items, before)
        raise
    return len(items) - len(before), len(before)


def take_out(recommender: Recommender, store: Store, item_id: str) -> None:
    """Remove an item. To be called while nobody computes.

    Raises:
        Refused: If there is none, or it is the last one.
    """
    if item_id not in recommender.catalog:
        raise no_item(item_id)
    if len(recommender.catalog) == 1:
        raise Refused(409, "it is the only item; a catalogue keeps at least one: add another first")
    item = recommender.catalog[item_id]
    recommender.remove([item_id])
    try:
        store.remove_item(item_id)
    except BaseException:
        recommender.add([item])
        raise


def no_item(item_id: str) -> Refused:
    """That there is no such item."""
    return Refused(404, f"there is no item with the id {shortened(item_id)}; `GET /v1/items` lists them all")


def _exchange(recommender: Recommender, old: Sequence[Item], new: Sequence[Item]) -> None:
    """Take some items out and put others in. A catalogue is never empty, so that first comes what is new."""
    gone = {item.id for item in old}
    fresh = [item for item in new if item.id not in gone]
    if fresh:
        recommender.add(fresh)
    try:
        replaced = [item for item in new if item.id in gone]
        if old and len(old) == len(recommender.catalog):
            _one_by_one(recommender, old, replaced)
            return
        if old:
            recommender.remove([item.id for item in old])
            try:
                if replaced:
                    recommender.add(replaced)
            except BaseException:
                recommender.add(old)
                raise
    except BaseException:
        if fresh:
            recommender.remove([item.id for item in fresh])
        raise


def _one_by_one(recommender: Recommender, old: Sequence[Item], new: Sequence[Item]) -> None:
    """Replace every item of a catalogue by the one with its id, where there is one."""
    if len(old) == 1:
        raise Refused(
            409, f"{old[0].id!r} is the only item and cannot be changed: add another first, then change it"
        )
    by_id = {item.id: item for item in new}
    for item in sorted(old, key=lambda one: one.id not in by_id):
        recommender.remove([item.id])
        if item.id in by_id:
            recommender.add([by_id[item.id]])
