"""Talk about items of your own, add one while it runs, and edit what was understood.

python examples/own_catalogue.py
"""

from __future__ import annotations

from dataclasses import replace

from wherefore import Catalog, Item, Limit, Recommender

GAMES = [
    ("g1", "The Quiet Orchard", "Mira Novak", "puzzle; co-operative", 2019, 45),
    ("g2", "Copper Tide", "Hugo Crane", "strategy; trading", 2021, 120),
    ("g3", "Hollow Clock", "Mira Novak", "puzzle; adventure", 2023, 60),
    ("g4", "Night Ferry", "Ada Lind", "co-operative; adventure", 2022, 30),
]


def main() -> None:
    """A catalogue of four games, then of five."""
    names = ("id", "title", "designers", "category", "year", "minutes")
    records = [dict(zip(names, row, strict=True)) for row in GAMES]
    catalog = Catalog.from_records(records, name="games")
    print(catalog.describe())  # which column was taken for what

    recommender = Recommender.from_catalog(catalog)
    said = [{"role": "user", "content": "I liked The Quiet Orchard. Another puzzle?"}]
    reply = recommender.generate(said, k=2)
    print(reply.text)

    fields = {"designers": ("Mira Novak",), "category": ("puzzle",), "year": 2024, "minutes": 20}
    recommender.add([Item("g5", "Paper Lanterns", fields)])
    print([one.item.title for one in recommender.generate(said, k=3).recommendations])

    short = replace(reply.preferences, limits=(Limit("minutes", "lt", 30.0, "set by hand"),))
    print([one.item.title for one in recommender.generate(said, k=3, preferences=short).recommendations])


if __name__ == "__main__":
    main()
