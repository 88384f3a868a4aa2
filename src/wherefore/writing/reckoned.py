"""Sums and rates worked out of prices on record, with the parts that they are made of; what is missing is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.prices import Amount, Price, Prices, prices_of
from wherefore.dialogue.questions import Reckoning
from wherefore.text import joined, number_text

_TOLD = 5  # items of which sums are told
_LEVEL = 1e-9  # below which two rates are the same
_HOURS = {"day": 24.0, "night": 24.0, "week": 168.0}
_DAYS = {"day": 1.0, "night": 1.0, "week": 7.0}
_APART = 3  # rank from which a price's time does not divide what was asked
_LONG = ("year", "month", "week", "night", "day", "hour")


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of what is summed up: "3 nights at £95"."""

    said: str
    value: float


@dataclass(frozen=True, slots=True)
class _Sum:
    """What a time or some pieces come to by one price."""

    price: Price
    parts: tuple[_Part, ...]
    money: Amount

    @property
    def value(self) -> float:
        return sum(one.value for one in self.parts)


def reckoned(asked: Reckoning, items: Sequence[Item], catalog: Catalog, titled: bool = False) -> str:
    """The answer to a question of what something comes to.

    Args:
        asked: What is to be worked out.
        items: Of which.
        catalog: Where they are from.
        titled: Whether a rate is sought among all items, so that only the best few are told.
    """
    prices = prices_of(catalog)
    if asked.per:
        return _rates(asked, items, prices, titled)
    if asked.buys:
        return " ".join(_rent_or_buy(asked, item, prices) for item in items[:_TOLD])
    if asked.unit in _LONG:
        told = [_for_time(asked, item, prices) for item in items[:_TOLD]]
    elif asked.count:
        told = [_for_pieces(asked, item, prices) for item in items[:_TOLD]]
    else:
        told = [_once_alone(asked, item, prices) for item in items[:_TOLD]]
    return " ".join(told)


# -- sums -------------------------------------------------------------------------------------------------


def _for_time(asked: Reckoning, item: Item, prices: Prices) -> str:
    """What some time costs, and what is paid once besides."""
    sums = _time_sums(asked, item, prices)
    if not sums:
        return f"My record of *{item.title}* has no price by time, so I cannot work that out."
    told = []
    for one in sums:
        label = f" ({one.price.called})" if len(sums) > 1 or one.price.days else ""
        if _units(asked, one.price.span)[0] >= _APART:
            told.append(f"*{item.title}* has no price per {asked.unit} on record.")
        told.append(_told(item, one, asked, prices, label, not told))
    return " ".join(told)


def _told(item: Item, one: _Sum, asked: Reckoning, prices: Prices, label: str, first: bool = True) -> str:
    """One sum with its parts, and with the fees that were asked for; the others are named."""
    fees = [(price, price.of(item)) for price in prices.once]
    fees = [(p, a._replace(unit=a.unit or one.money.unit) if a is not None else a) for p, a in fees]
    added = [(p, a) for p, a in fees if a is not None and _is_asked(p, asked) and a.value]
    beside = [(p, a) for p, a in fees if a is not None and not _is_asked(p, asked) and a.value]
    lacking = [
        what
        for what in asked.fees
        if what != "*" and not any(p.what == what and a is not None for p, a in fees)
    ]
    parts = [part.said for part in one.parts]
    if len(parts) == 1 and not added:
        told = f"*{item.title}*: {parts[0]}{label} {_comes(parts[0])} to {one.money.shown(one.value)}."
    else:
        more = [f"{amount.shown()} for {_named(price)}" for price, amount in added]
        total = one.value + sum(amount.value for _, amount in added)
        base = f" ({one.money.shown(one.value)})" if added and parts[0][:2] != "1 " else ""
        if base and label:
            label, base = f"{label[:-1]}: {one.money.shown(one.value)})", ""
        said = joined([*parts[:-1], f"{parts[-1]}{label}{base}", *more])
        told = f"*{item.title}*: {said} come to {one.money.shown(total)}."
    if not first:
        return told
    if beside:
        told += f" Not counted in: {joined([f'{amount.shown()} for {_named(price)}' for price, amount in beside])}."
    free = [_named(p) for p, a in fees if a is not None and not a.value and _is_asked(p, asked)]
    if free:
        told += f" By its record nothing is due for {joined(free)}."
    if lacking or (asked.fees == ("*",) and not any(a is not None for _, a in fees)):
        told += (
            f" My record of it tells nothing of {joined([_fee(what) for what in lacking], 'or') or 'fees'}."
        )
    return told


def _time_sums(asked: Reckoning, item: Item, prices: Prices) -> list[_Sum]:
    """What some time costs by each price that is for the days spoken of; sale prices before others."""
    known = prices.for_time(item)
    sales = [one for one in known if one[0].role == "sale"]
    known = sales or known
    meant = [one for one in known if one[0].days and set(asked.days) & one[0].days] if asked.days else []
    known = meant or known
    best = min((_units(asked, price.span)[0] for price, _ in known), default=-1)
    fitting = [one for one in known if _units(asked, one[0].span)[0] == best]
    if best >= _APART:  # only the shortest time comes near
        shortest = max(_LONG.index(price.span) for price, _ in fitting)
        fitting = [one for one in fitting if _LONG.index(one[0].span) == shortest]
    sums = []
    for price, amount in fitting:
        rank, count = _units(asked, price.span)
        if rank < _APART:
            part = _Part(f"{_counted(count, price.span)} at {amount.shown()}", count * amount.value)
            sums.append(_mixed(asked, count, price, amount, part, known))
        else:
            low = int(count) or 1
            said = f"1 {price.span} at {amount.shown()}"
            sums.append(
                _Sum(
                    price,
                    (
                        _Part(
                            said if low == 1 else f"{_counted(low, price.span)} at {amount.shown()}",
                            low * amount.value,
                        ),
                    ),
                    amount,
                )
            )
    return sums


def _mixed(
    asked: Reckoning,
    count: float,
    price: Price,
    amount: Amount,
    part: _Part,
    known: Sequence[tuple[Price, Amount]],
) -> _Sum:
    """A sum by days, or by whole weeks and the days that are left where that is less."""
    whole = _Sum(price, (part,), amount)
    weeks = next(((p, a) for p, a in known if p.span == "week" and p.days == price.days), None)
    if weeks is None or price.span not in ("day", "night") or count < 7:
        return whole
    many, rest = divmod(count, 7)
    parts = [_Part(f"{_counted(many, 'week')} at {weeks[1].shown()}", many * weeks[1].value)]
    parts += [_Part(f"{_counted(rest, price.span)} at {amount.shown()}", rest * amount.value)] if rest else []
    mixed = _Sum(price, tuple(parts), amount)
    return mixed if mixed.value < whole.value else whole


def _units(asked: Reckoning, span: str) -> tuple[int, float]:
    """How well a price's time fits what was asked (0 best), and how many of it that is."""
    if asked.unit == span:
        return (0 if asked.count % 1 == 0 or span == "hour" else 2), asked.count
    if asked.unit in _DAYS and span in _DAYS:
        many = asked.count * _DAYS[asked.unit] / _DAYS[span]
        return (1 if many % 1 == 0 else 3), many
    if asked.unit == "year" and span == "month":
        return 1, asked.count * 12
    if asked.unit == "hour" and span in _DAYS:
        return 3, asked.count / _HOURS[span]
    if asked.unit in _DAYS and span == "hour":
        return 4, 1.0
    return 4, 1.0


def _for_pieces(asked: Reckoning, item: Item, prices: Prices) -> str:
    """What several pieces, or places for several people, cost."""
    paid = prices.paid(item)
    if paid is None:
        return f"My record of *{item.title}* has no price, so I cannot work that out."
    price, amount = paid
    label = f" ({price.called})" if price.role == "sale" else ""
    part = _Part(f"{number_text(asked.count)} at {amount.shown()}", asked.count * amount.value)
    return _told(item, _Sum(price, (part,), amount), asked, prices, label)


def _once_alone(asked: Reckoning, item: Item, prices: Prices) -> str:
    """What fees come to together, without what is paid for a time."""
    fees = [
        (price, amount)
        for price in prices.once
        if (amount := price.of(item)) is not None and _is_asked(price, asked)
    ]
    lacking = [
        what for what in asked.fees if what != "*" and not any(price.what == what for price, _ in fees)
    ]
    told = f"My record of *{item.title}* tells nothing of such fees."
    if fees:
        parts = joined([f"{amount.shown()} for {_named(price)}" for price, amount in fees])
        total = fees[0][1].shown(sum(amount.value for _, amount in fees))
        told = f"*{item.title}*: {parts}" + (f" come to {total}." if len(fees) > 1 else ".")
        if lacking:
            told += f" My record of it tells nothing of {joined([_fee(what) for what in lacking], 'or')}."
    return told


def _rent_or_buy(asked: Reckoning, item: Item, prices: Prices) -> str:
    """What renting for some time costs beside what buying does."""
    bought = next(((p, a) for p in prices.buys if (a := p.of(item)) is not None), None)
    known = prices.for_time(item)
    lacking = [said for said, one in (("price to buy it", bought), ("price to rent it", known)) if not one]
    if lacking:
        return f"My record of *{item.title}* has no {joined(lacking, 'and no')}, so I cannot compare the two."
    assert bought is not None
    if not asked.count:
        rents = joined([f"{a.shown()} per {p.span}" for p, a in known])
        return f"*{item.title}* is {rents} to rent and {bought[1].shown()} to buy. For how long would it be?"
    sums = _time_sums(asked, item, prices)
    rent = min(sums, key=lambda one: one.value)
    parts = joined([part.said for part in rent.parts])
    told = (
        f"*{item.title}*: renting is {rent.money.shown(rent.value)} ({parts}), buying is {bought[1].shown()}"
    )
    gap = rent.value - bought[1].value
    if abs(gap) < _LEVEL:
        return f"{told}, so both cost the same."
    return f"{told}, so {'renting' if gap < 0 else 'buying'} is cheaper by {rent.money.shown(abs(gap))}."


# -- rates ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rate:
    item: Item
    value: float
    money: Amount
    parts: str


def _rates(asked: Reckoning, items: Sequence[Item], prices: Prices, titled: bool) -> str:
    """What items cost per so much of a quantity, the best one first where one is sought."""
    rates: list[_Rate] = []
    silent: list[Item] = []
    for item in items:
        found = _rate(asked, item, prices)
        rates += [found] if found is not None else []
        silent += [] if found is not None else [item]
    per = _per(asked)
    if not rates:
        return f"My records do not tell both a price and what it is for there, so I cannot work out a price per {per}."
    if asked.best:
        rates.sort(key=lambda one: one.value if asked.best == "min" else -one.value)
    told = [f"{one.money.shown(one.value)} per {per} ({one.parts})" for one in rates[:_TOLD]]
    rest = (
        ""
        if not silent or titled
        else f" Of {joined([f'*{one.title}*' for one in silent[:_TOLD]])} I cannot tell it."
    )
    if len(rates) == 1:
        first = f"*{rates[0].item.title}* is {told[0]}."
        return first + rest
    if not asked.best:
        return (
            " ".join(f"*{one.item.title}* is {said}." for one, said in zip(rates, told, strict=False)) + rest
        )
    level = [one for one in rates if abs(one.value - rates[0].value) < _LEVEL]
    name = "cheapest" if asked.best == "min" else "dearest"
    if len(level) > 1:
        first = f"{joined([f'*{one.item.title}*' for one in level[:_TOLD]])} are level: {told[0]}."
    else:
        first = f"*{rates[0].item.title}* works out {name}: {told[0]}."
    others = [f"*{one.item.title}* {one.money.shown(one.value)}" for one in rates[len(level) : _TOLD]]
    return (
        first + (f" Then {'come' if len(others) > 1 else 'comes'} {joined(others)}." if others else "") + rest
    )


def _rate(asked: Reckoning, item: Item, prices: Prices) -> _Rate | None:
    """What an item costs per so much of a quantity: by its cheapest size, where it has several."""
    found: list[_Rate] = []
    spans = [(p, a) for p, a in prices.for_time(item) if not asked.also_per or p.span == asked.also_per]
    offers = spans[:1] if asked.also_per or not prices.offers(item) else prices.offers(item)
    for price, amount in offers:
        quantity = prices.quantity(item, asked.per, price)
        if quantity is None:
            continue
        label = f" ({price.called})" if price.role == "sale" else ""
        parts = f"{amount.shown()}{label} for {quantity.called}"
        if price.span:
            parts = f"{amount.shown()} per {price.span} for {quantity.called}"
        found.append(_Rate(item, amount.value / quantity.value * asked.count, amount, parts))
    return min(found, key=lambda one: one.value, default=None)


def _per(asked: Reckoning) -> str:
    """What a rate is of, as it is told: "100 g", "person and night"."""
    unit = {"head": "person", "kilo": "kilo"}.get(asked.per, asked.per)
    count = f"{number_text(asked.count)} " if asked.count != 1 else ""
    return f"{count}{unit}" + (f" and {asked.also_per}" if asked.also_per else "")


# -- words ------------------------------------------------------------------------------------------------


def _is_asked(price: Price, asked: Reckoning) -> bool:
    return asked.fees == ("*",) or price.what in asked.fees


def _named(price: Price) -> str:
    return _fee(price.what)


def _fee(what: str) -> str:
    """A fee with its article: "the deposit", "cleaning"."""
    return f"the {what}" if what == "deposit" else what


def _comes(part: str) -> str:
    return "comes" if part.startswith("1 ") else "come"


def _counted(count: float, unit: str) -> str:
    return f"{number_text(count)} {unit}{'' if count == 1 else 's'}"
