"""Names of places in an order: `rank:difficulty`, see `wherefore.catalog.ordered`."""

from __future__ import annotations

PLACES = "rank:"


def is_rank_name(name: str) -> bool:
    """Whether a name is that of places in an order.

    >>> is_rank_name("rank:difficulty"), is_rank_name("difficulty")
    (True, False)
    """
    return name.startswith(PLACES)


def base_name(name: str) -> str:
    """The field whose values stand in the order.

    >>> base_name("rank:difficulty"), base_name("price")
    ('difficulty', 'price')
    """
    return name.removeprefix(PLACES)
