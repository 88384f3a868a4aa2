"""What is paid where a table has two prices: the sale price of what is on sale, else the usual one.

A limit on it is on a name of its own, `paid:Sale|RRP`, which `Item.number`, `Catalog.numbers` and `Schema.spec` take as
they take the names of fields.
"""

from __future__ import annotations

from typing import NamedTuple

PAID = "paid:"
_MARK = "|"


class Paid(NamedTuple):
    """The two fields of what is paid."""

    sale: str
    usual: str


def paid_name(sale: str, usual: str) -> str:
    """The name of what is paid.

    >>> paid_name("Sale", "RRP")
    'paid:Sale|RRP'
    """
    return f"{PAID}{sale}{_MARK}{usual}"


def paid_of(name: str) -> Paid:
    """The fields of a name of what is paid.

    >>> paid_of("paid:Sale|RRP")
    Paid(sale='Sale', usual='RRP')
    """
    sale, _, usual = name.removeprefix(PAID).partition(_MARK)
    return Paid(sale, usual)
