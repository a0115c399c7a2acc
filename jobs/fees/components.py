"""The components of an entry's fee: due on a base, named and rounded one by one.

A component that passes a column of the line through has no price; see `passed_through`.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.fees.choice import choose
from jobs.fees.due import price_due, share_due
from schemas.fee_schedule import FeeEntry, FeeSchedule
from schemas.fees.numbers import count_digits
from schemas.fees.price import TAX, Price, Tax


class Bases(NamedTuple):
    """What prices are multiplied by, sizes in minor units: |amount|, and the order's amount.

    `prefix` is that of the columns with the steps of volumes.
    """

    amount: Column
    order_amount: Column
    prefix: str = ""

    def of(self, price: Price) -> Column:
        """The base of a price."""
        return self.order_amount if price.base == "order_amount" else self.amount

    def step_of(self, price: Price) -> Column | None:
        """The number of the step of a volume; None where the price asks for no volume."""
        return F.col(f"{self.prefix}{price.volume.step_column}") if price.volume else None


def line_bases() -> Bases:
    """The bases of a line: its |amount|, and its transaction's order amount where it has one."""
    size = F.abs(F.col("amount"))
    return Bases(size, F.coalesce(F.abs(F.col("order_amount")), size))


def component_names(schedule: FeeSchedule) -> list[str]:
    """The names of all components of a card, each once, the tax last."""
    names = dict.fromkeys(name for entry in schedule.entries for name in entry.prices)
    taxed = any(entry.tax and entry.tax.mode == "on_top" for entry in schedule.entries)
    return [*names, TAX] if taxed else [*names]


def component_dues(entry: FeeEntry, bases: Bases, without_fixed: bool = False) -> dict[str, Column]:
    """By name, what is due by the prices of an entry, never negative; a tax on top comes last."""
    dues = {}
    for name, price in entry.prices.items():
        if price.pass_through is None:
            chosen = price.without_fixed() if without_fixed else price
            dues[name] = price_due(bases.of(price), chosen, bases.step_of(price))
    if entry.tax is not None and entry.tax.mode == "on_top":
        of_fee = Price(rate=entry.tax.rate, rounding=entry.rounding)
        dues[TAX] = price_due(add_up(dues.values()), of_fee)
    return dues


def passed_through(entry: FeeEntry) -> dict[str, Column]:
    """By name, what is due as the line says; an empty field is 0."""
    return {
        name: F.coalesce(F.col(price.pass_through), _zero())
        for name, price in entry.prices.items()
        if price.pass_through
    }


def has_passed(schedule: FeeSchedule) -> bool:
    """Whether an entry passes a column of the line through."""
    return any(price.pass_through for e in schedule.entries for price in e.prices.values())


def tax_of(entry: FeeEntry, due: Column) -> Column:
    """The tax that is included in a due fee, with its sign; 0 for another entry."""
    if entry.tax is None or entry.tax.mode == "on_top":
        return _zero()
    part, whole = _fraction_of_tax(entry.tax)
    size = share_due(
        F.abs(due), F.lit(part).cast("bigint"), F.lit(whole).cast("bigint"), entry.rounding
    )
    return F.when(due < F.lit(0), -size).otherwise(size)


def add_up(amounts: Any) -> Column:
    """The sum of columns; 0 of none."""
    amounts = list(amounts)
    return reduce(add, amounts) if amounts else _zero()


def value_of_entry(
    number: Column, schedule: FeeSchedule, value: Callable[[FeeEntry], Column | None]
) -> Column:
    """The value of the entry whose number a column has; null for null, and where it has none."""
    values = ((index, value(entry)) for index, entry in enumerate(schedule.entries))
    return choose((number == F.lit(index), its) for index, its in values if its is not None)


def _fraction_of_tax(tax: Tax) -> tuple[int, int]:
    """The part of a gross fee that is tax: rate / (1 + rate), as numerator and denominator."""
    rate = Decimal(tax.rate)
    den = 10 ** count_digits(rate)
    return int(rate * den), den + int(rate * den)


def _zero() -> Column:
    return F.lit(0).cast("bigint")
