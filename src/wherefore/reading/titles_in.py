"""Titles that stand in a question in lower case: "how much is the tile cutter for a week"."""

from __future__ import annotations

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.text import FUNCTION_WORDS, stems

_MANY = 5_000  # items from which on titles are words like any other
_DESCRIBED = 2  # words of a title that describe one item


def _runs(catalog: Catalog) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """The words of all titles with their items, by the first of them."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for item in catalog.items if len(catalog) <= _MANY else ():
        run = tuple(stems(item.title))
        if run:
            found.setdefault(run[0], []).append((run, item.id))
    return found


_titles = PerCatalog(_runs)


def titled(text: str, catalog: Catalog) -> list[str]:
    """The items whose whole titles stand in a text, in the order in which they do; the longest at each place.

    >>> tools = Catalog.from_records([{"title": "Tile cutter"}, {"title": "Floor sander"}])
    >>> [tools[one].title for one in titled("rent or buy the floor sander?", tools)]
    ['Floor sander']
    """
    said, runs, found = stems(text), _titles(catalog), []
    place = 0
    while place < len(said):
        here = [
            one for one in runs.get(said[place], ()) if tuple(said[place : place + len(one[0])]) == one[0]
        ]
        here = [one for one in here if len(one[0]) > 1 or one[0][0] not in FUNCTION_WORDS]
        longest = max((len(run) for run, _ in here), default=0)
        found += [item for run, item in here if len(run) == longest]
        place += max(longest, 1)
    return list(dict.fromkeys(found))


def described(text: str, catalog: Catalog) -> str | None:
    """The one item whose title some words describe, "the allotment therapy one"; None where none does, or several.

    >>> tools = Catalog.from_records([{"title": "Wet cutter"}, {"title": "Floor sander"}, {"title": "Belt sander"}])
    >>> tools[described("the wet cutter", tools)].title, described("the sander", tools)
    ('Wet cutter', None)
    """
    told = {one for one in stems(text) if one not in FUNCTION_WORDS and one != "one"}
    if not told or len(catalog) > _MANY:
        return None
    best: list[tuple[int, str]] = []
    for item in catalog.items:
        common = len(told & set(stems(item.title)))
        if common:
            best.append((common, item.id))
    most = max((count for count, _ in best), default=0)
    top = [item for count, item in best if count == most]
    enough = most >= min(_DESCRIBED, len(told))
    return top[0] if len(top) == 1 and enough else None
