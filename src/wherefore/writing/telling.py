"""What is worth telling of an item unasked: values that people speak of, and no codes, flags or scores of machines."""

from __future__ import annotations

import re

import numpy as np

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.naming import names_relation, singular, words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import flag_forms, is_flag, is_year, measure

_SENTENCE = re.compile(r"[.!?;:]|\d+ ?x ?\d+|, ")
_TAG_WORDS = 4  # of a value that a sentence can hold
_CODE = re.compile(
    r"[A-Z]{0,5}[-_#]?\d{4,}[A-Z\d-]*|[a-f\d]{16,}|[A-Z]+(?:[-_][A-Z\d]+)*[-_]?\d{3,}[A-Z\d_-]*"
)
_NOTHING = frozenset(
    ("none", "other", "others", "misc", "miscellaneous", "various", "unknown", "not specified", "all")
)
_PLACEHOLDER = re.compile(
    r"(?:col|column|unnamed|field|var|variable|feature|attr|attribute|x|v)(?: ?[a-z]?\d*)?"
)
_CODES = frozenset("code id sku ean upc gtin asin isbn zip zipcode postcode slug hash uuid key url".split())
_KEPT_BY_MACHINES = frozenset(
    "timestamp created updated modified added crawled scraped inserted submitted".split()
)
# Numbers without a unit that people speak of as they are.
_SPOKEN = frozenset("rating score grade star abv ibu price cost size weight height width length".split())


def can_be_said(value: str, spec: FieldSpec) -> bool:
    """Whether a value reads well inside a sentence: shops put whole sentences among their tags.

    "Boxer briefs" does; "If you are between sizes, please select the bigger one!", "Package Dimensions: 13 x 9 inches",
    "yes" and "MUG-00417" do not.
    """
    if not spec.has_values or spec.stands_for(value):
        return True
    if (
        is_flag(value)
        or value.lower() in _NOTHING
        or _CODE.fullmatch(value)
        or not any(map(str.isalpha, value))
        and spec.has_names
    ):
        return False
    return not spec.has_tags or (len(value.split()) <= _TAG_WORDS and not _SENTENCE.search(value))


class _Telling:
    """Which fields of a catalogue are worth telling of unasked."""

    def __init__(self, catalog: Catalog) -> None:
        self.fields = frozenset(
            spec.name for spec in catalog.schema.filterable if _is_spoken_of(spec, catalog)
        )

    def __contains__(self, name: str) -> bool:
        return name in self.fields


telling = PerCatalog(_Telling)


def _is_spoken_of(spec: FieldSpec, catalog: Catalog) -> bool:
    words = [singular(word) for word in words_of(spec.label or spec.name)]
    if _PLACEHOLDER.fullmatch(" ".join(words)) or not _CODES.isdisjoint(words):
        return False
    if spec.has_values:
        counts = catalog.vocabulary(spec.name)
        plain = (counts.get(form, 0) for form in flag_forms() if not spec.stands_for(form))
        return sum(plain) < 0.5 * counts.total
    if spec.is_date:
        return _KEPT_BY_MACHINES.isdisjoint(words)
    if spec.is_rank or not spec.is_number:
        return False
    numbers = catalog.numbers(spec.name)
    known = numbers[~np.isnan(numbers)]
    share = bool(len(known)) and bool((known >= 0).all() and (known <= 1).all())
    if is_year(spec):
        return not share
    how = measure(spec)
    if words[0] in ("is", "has") or names_relation(words[-1]) or share and not how.unit:
        return False
    if spec.phrase.partition("{}")[2]:  # "for ages {} and up"
        return True
    return how.way != "amount" or bool(how.unit) or not _SPOKEN.isdisjoint(words)
