"""Invented catalogues of several domains, so that the writer learns to word records it has never seen.

The items do not exist; their titles, people and values are put together from the lists below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from wherefore.catalog.catalog import Catalog

_FIRST = (
    "Ada Bela Carmen Dmitri Elif Farid Greta Hugo Ines Jonas Kaya Lars Mira Nadia Omar Petra Quentin Rosa Sven Tala "
    "Umar Vera Wanda Ximena Yusuf Zora Anders Brigid Cosmo Dolores Edmund Fiona Gustav Helga Ivo Jelena Kofi Lucia"
).split()
_LAST = (
    "Abara Brandt Castellan Dufour Eskola Ferrante Grimaldi Halvorsen Iwata Jansky Kowal Lindqvist Marchetti Novak "
    "Okafor Pereira Quist Rasmussen Sorensen Tanaka Ulrich Vasquez Whitlock Yamada Zielinski Ashdown Bellweather Crane "
    "Delacroix Everhart Fairchild Garrick Holloway Ironside Juniper Kettering Lockhart Merriweather Northcott Penhallow"
).split()
_ADJECTIVES = (
    "Quiet Crimson Broken Hidden Silver Endless Winter Golden Hollow Burning Distant Little Wild Paper Salt Velvet "
    "Northern Second Last Midnight Amber Green Frozen Secret Empty Bright"
).split()
_NOUNS = (
    "Harbour Garden River Mirror Orchard Lantern Station Kingdom Letter Mountain Shadow Island Voyage House Bridge "
    "Forest Clock Engine Summer Moon Castle Road Ocean Promise Stranger Tide"
).split()


def _person(draw: Random) -> str:
    middle = f" {draw.choice('ABCDEFGHJKLMNPRSTW')}." if draw.random() < 0.15 else ""
    return f"{draw.choice(_FIRST)}{middle} {draw.choice(_LAST)}"


def _title(draw: Random) -> str:
    shapes = ("The {} {}", "{} {}", "A {} {}", "{1} of the {0} {2}")
    one, two, three = draw.choice(_ADJECTIVES), draw.choice(_NOUNS), draw.choice(_NOUNS)
    return draw.choice(shapes).format(one, two, three)


def _some(draw: Random, values: str, least: int, most: int) -> str:
    chosen = draw.sample(values.split("|"), draw.randint(least, most))
    return "; ".join(chosen)


def _book(draw: Random, cast: list[str]) -> dict[str, Any]:
    return {
        "authors": "; ".join(draw.sample(cast, draw.choice((1, 1, 1, 2)))),
        "genres": _some(
            draw, "fantasy|mystery|romance|horror|thriller|poetry|history|memoir|science fiction|essays", 1, 3
        ),
        "tags": _some(
            draw,
            "dragons|small town|war|friendship|grief|sea voyage|boarding school|family secrets|magic",
            0,
            3,
        ),
        "year": draw.randint(1890, 2025),
        "pages": draw.randint(90, 900),
        "language": draw.choice(("English", "French", "Spanish", "Japanese")),
        "publisher": draw.choice(("Harrow Press", "Blue Door", "Ninth Street", "Oak and Iron")),
    }


def _album(draw: Random, cast: list[str]) -> dict[str, Any]:
    return {
        "artist": draw.choice(cast),
        "genres": _some(draw, "jazz|folk|techno|soul|punk|metal|ambient|hip hop|blues|classical|pop", 1, 2),
        "mood": _some(draw, "calm|dark|upbeat|dreamy|angry|tender", 1, 2),
        "label": draw.choice(("Moth Records", "Copper Sound", "Low Tide", "Kestrel")),
        "year": draw.randint(1955, 2025),
        "tracks": draw.randint(4, 22),
    }


def _recipe(draw: Random, cast: list[str]) -> dict[str, Any]:
    return {
        "cuisine": draw.choice(("Italian", "Thai", "Mexican", "Indian", "Greek", "Korean", "Moroccan")),
        "ingredients": _some(
            draw, "tomato|garlic|rice|chicken|lentils|ginger|basil|lemon|chickpeas|coconut milk|egg", 2, 5
        ),
        "diet": _some(draw, "vegan|vegetarian|gluten free|low carb|dairy free", 0, 2),
        "course": draw.choice(("dinner", "lunch", "breakfast", "dessert", "snack")),
        "cook": draw.choice(cast),
        "minutes": draw.randint(10, 180),
    }


def _game(draw: Random, cast: list[str]) -> dict[str, Any]:
    return {
        "designers": "; ".join(draw.sample(cast, draw.choice((1, 1, 2)))),
        "category": _some(
            draw, "strategy|party|puzzle|racing|adventure|card game|co-operative|simulation", 1, 2
        ),
        "platform": _some(draw, "Windows|Linux|tabletop|handheld|web", 1, 2),
        "year": draw.randint(1985, 2025),
        "price": draw.randint(5, 80),
    }


def _product(draw: Random, cast: list[str]) -> dict[str, Any]:
    return {
        "brand": draw.choice(("Lumina", "Northwell", "Tern", "Halden", "Orbit", "Fjord and Co")),
        "category": draw.choice(
            ("desk lamp", "backpack", "headphones", "kettle", "office chair", "notebook")
        ),
        "colour": _some(draw, "black|white|red|oak|navy|olive", 1, 2),
        "material": _some(draw, "steel|cotton|leather|bamboo|glass|recycled plastic", 1, 2),
        "price": draw.randint(8, 400),
    }


_DOMAINS: Mapping[str, Callable[[Random, list[str]], dict[str, Any]]] = {
    "book": _book,
    "album": _album,
    "recipe": _recipe,
    "game": _game,
    "product": _product,
    "item": _product,
}


def invented_catalogs(size: int = 150, seed: int = 0) -> tuple[Catalog, ...]:
    """One catalogue of `size` items per domain. The same seed makes the same items."""
    catalogs = []
    for noun, make in _DOMAINS.items():
        draw = Random(f"{noun} {seed}")
        cast = [_person(draw) for _ in range(40)]
        records = [
            {"id": f"{noun}{number}", "title": f"{_title(draw)}", **make(draw, cast)}
            for number in range(size)
        ]
        catalogs.append(Catalog.from_records(records, name=noun + "s"))
    return tuple(catalogs)
