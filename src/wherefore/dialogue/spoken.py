"""Limits in plain words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wherefore.catalog.mentioned import PREFIX
from wherefore.catalog.naming import spoken_label
from wherefore.catalog.ranks import is_rank_name
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import cased, is_shown_before, is_year, limit_text, measure, votes_noun
from wherefore.catalog.times import WHEN, asked_of, asked_words
from wherefore.dialogue.state import Limit, Order
from wherefore.text import number_text

_OPS = {"lt": "under", "le": "at most", "gt": "over", "ge": "at least", "eq": "exactly"}
_FEWER = {"lt": "fewer than", "le": "at most", "gt": "more than", "ge": "at least", "eq": "exactly"}
_TIMES = frozenset(("minutes", "hours", "seconds", "milliseconds", "days"))
_YEAR_OPS = {"lt": "before", "le": "no later than", "gt": "after", "ge": "no earlier than", "eq": "from"}


def limit_words(limits: Sequence[Limit], spec: FieldSpec) -> str:
    """The limits on one field in plain words: "after 2000", "in the 1990s", "under 120 minutes", "lesser known"."""
    if spec.is_rank and (noun := votes_noun(spec)) and all(any(map(str.isdigit, x.said)) for x in limits):
        return " and ".join(f"{_FEWER[x.op]} {limit_text(x.value, '', True)} {noun}" for x in limits)
    if spec.is_rank:  # its numbers say nothing to anybody
        return " and ".join(
            dict.fromkeys("lesser known" if x.op in ("lt", "le") else "well known" for x in limits)
        )
    if spec.name.startswith(WHEN):
        return asked_words(asked_of(spec.name))
    year = is_year(spec)
    how = measure(spec)
    unit = "" if year else how.shown
    kind = (not year and how.way == "count", not year and how.way == "price")
    lows = [limit for limit in limits if limit.op in ("gt", "ge")]
    highs = [limit for limit in limits if limit.op in ("lt", "le")]
    if lows and highs:
        low, high = max(lows, key=lambda x: x.value), min(highs, key=lambda x: x.value)
        if year:
            first = int(low.value) + (low.op == "gt" and float(low.value).is_integer())
            last = math.ceil(high.value) - 1 if high.op == "lt" else int(high.value)
            if first % 10 == 0 and last == first + 9:
                return f"in the {first}s"
            return f"in {first}" if first == last else f"between {first} and {last}"
        both = unit if is_shown_before(unit) or unit == "milliseconds" else ""
        return f"between {limit_text(low.value, both, *kind)} and {limit_text(high.value, unit, *kind)}"
    limit = (lows or highs or list(limits))[-1]
    if year:
        return f"{_YEAR_OPS[limit.op]} {number_text(math.floor(limit.value))}"
    return f"{_OPS[limit.op]} {limit_text(limit.value, unit, *kind)}"


def order_words(order: Order, spec: FieldSpec) -> str:
    """What comes first in plain words: "cheapest first", "highest guest score first", "fewest pages first"."""
    low = order.best == "low"
    if is_rank_name(order.field):
        return f"{'lowest' if low else 'highest'} {cased(spoken_label(spec.label or spec.name))} first"
    how = measure(spec)
    if spec.is_rank:
        return "least known first" if low else "best known first"
    if is_year(spec) or spec.is_date:
        return "oldest first" if low else "newest first"
    pairs = {
        "price": ("cheapest", "most expensive"),
        "rated": ("lowest rated", "best rated"),
        "takes": ("shortest", "longest"),
        "weighs": ("lightest", "heaviest"),
    }
    if how.way in pairs:
        return f"{pairs[how.way][not low]} first"
    if how.way == "count":
        return f"{'fewest' if low else 'most'} {cased(how.nouns)} first"
    if how.way == "long":
        return f"{'least' if low else 'most'} {how.nouns} first"
    if how.way == "does":
        return f"{'lowest' if low else 'highest'} “{how.noun}” first"
    noun = (
        f"{'minimum' if how.way == 'least' else 'maximum'} {how.nouns}"
        if how.way in ("least", "most")
        else how.noun
    )
    if how.unit in _TIMES or "distance" in noun:
        return f"{'shortest' if low else 'longest'} {cased(noun)} first"
    return f"{'lowest' if low else 'highest'} {cased(noun)} first"


def limit_asked(limits: Sequence[Limit], spec: FieldSpec) -> str:
    """The limits on one field as an object of asking: "under $20", "at least 12 pages"."""
    words, how = limit_words(limits, spec), measure(spec)
    if is_year(spec) or not spec.is_number or how.way != "count":
        return words
    return f"{words} {cased(how.noun if words.endswith(' 1') else how.nouns)}"


def limit_told(limits: Sequence[Limit], spec: FieldSpec) -> str:
    """The limits on one field with what they are of: "price under $20", "at least 12 pages", "rated at least 4"."""
    words, how = limit_words(limits, spec), measure(spec)
    if spec.name.startswith(PREFIX):
        return words
    if spec.name.startswith(WHEN):
        return f"{cased(spoken_label(spec.label or asked_of(spec.name).field))} {words}"
    if spec.is_rank or not is_year(spec) and how.way in ("count", "takes"):
        return limit_asked(limits, spec)
    if is_year(spec):
        return f"{cased(spoken_label(spec.label or spec.name))} {words}"
    if how.way == "does":
        return f"{how.noun} {words}"
    if how.way in ("least", "most") and how.noun != "age":
        return f"{'minimum' if how.way == 'least' else 'maximum'} {how.nouns} {words}"
    return f"rated {words}" if how.way == "rated" else f"{cased(how.noun)} {words}"
