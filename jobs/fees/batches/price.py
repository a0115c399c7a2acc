"""The price of a batch: on the size of its base, the sign comes last.

A date has few batches, so that they are priced in whole numbers of Python, and not by an engine.
"""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from schemas.currencies import MINOR_UNITS
from schemas.fee_schedule import FeeEntry
from schemas.fees.numbers import count_digits
from schemas.fees.price import TAX, Price, Rounding
from schemas.fees.tiers import Piece

#: Enough for the product of an amount and a rate, in full.
_DIGITS = 60


class Batch(NamedTuple):
    """The base of a batch, minor units with its sign; the lines that raise it less those that lower
    it; and the number of its step, by the `step_column` of tiers by volume.
    """

    base: int
    lines: int
    currency: str
    steps: Mapping[str, int]


class BatchFee(NamedTuple):
    """What is due on a batch, by name, minor units; the tax within it; and the working by name."""

    dues: dict[str, int]
    tax: int
    texts: dict[str, str]


class _Working(NamedTuple):
    due: int
    text: str


def price_batch(entry: FeeEntry, batch: Batch) -> BatchFee:
    """The fee of a batch by the prices of an entry; a tax on top is one of its components."""
    priced = {name: _price(price, batch) for name, price in entry.prices.items()}
    dues = {name: each.due for name, each in priced.items()}
    texts = {name: each.text for name, each in priced.items()}
    fee, tax = sum(dues.values()), 0
    if entry.tax is not None:
        rate = Fraction(entry.tax.rate)
        is_on_top = entry.tax.mode == "on_top"
        exact = abs(fee) * (rate if is_on_top else rate / (1 + rate))
        tax = _round(exact, entry.rounding) * (-1 if fee < 0 else 1)
        texts[TAX] = "included"
        if is_on_top:
            dues[TAX] = tax
            texts[TAX] = (
                f"{format_major(fee, batch.currency)} x {_percent(entry.tax.rate)} ="
                f" {format_major(exact * (-1 if fee < 0 else 1), batch.currency)}, {entry.rounding}"
                f" {format_major(tax, batch.currency)}"
            )
    return BatchFee(dues, tax, texts)


def _price(price: Price, batch: Batch) -> _Working:
    """What a price asks for a batch, and how. The fixed parts count once per line that raises the
    base: more refunds than payments can turn their sign against that of the base.
    """
    size, sign = abs(batch.base), -1 if batch.base < 0 else 1
    if size <= price.above:
        return _Working(0, f"{format_major(batch.base, batch.currency)}: nothing is due")
    number, piece = _piece_of(price, size, batch)
    rates = (size - piece.offset) * Fraction(piece.rate) + Fraction(piece.slices)
    exact = sign * rates + batch.lines * Fraction(piece.fixed)
    rounded = _round(abs(exact), price.rounding) * (-1 if exact < 0 else 1)
    due = rounded
    if price.min is not None and sign > 0:
        due = max(due, price.min)
    if price.max is not None:
        due = max(min(due, price.max), -price.max)
    limited = f", within its limits {format_major(due, batch.currency)}" if due != rounded else ""
    text = (
        f"{_explain_rates(price, piece, number, batch)} = {format_major(exact, batch.currency)},"
        f" {price.rounding} {format_major(rounded, batch.currency)}{limited}"
    )
    return _Working(due, text)


def _explain_rates(price: Price, piece: Piece, number: int, batch: Batch) -> str:
    """The base by its rate, what the slices below cost, and what is fixed."""
    size, sign = format_major(abs(batch.base), batch.currency), "-" if batch.base < 0 else ""
    if piece.offset:
        size = f"({size} - {format_major(piece.offset, batch.currency)})"
    which = f" (step {number + 1} by volume)" if price.volume else ""
    text = f"{sign}{size} x {_percent(str(piece.rate))}{which}"
    if piece.slices:
        text += f" {sign or '+'} {format_major(Fraction(piece.slices), batch.currency)}"
    if piece.fixed:
        text += f" + {batch.lines} x {format_major(Fraction(piece.fixed), batch.currency)}"
    return text


def _piece_of(price: Price, size: int, batch: Batch) -> tuple[int, Piece]:
    """The number and piece of the step of a volume, or of that into which the base falls."""
    pieces = [*enumerate(price.pieces)]
    if price.volume is not None:
        return pieces[batch.steps[price.volume.step_column]]
    return next(each for each in pieces if each[1].to is None or size <= each[1].to)


def _round(value: Fraction, rounding: Rounding) -> int:
    """A number that is not negative, rounded to a whole one."""
    whole, rest = divmod(value.numerator, value.denominator)
    twice = 2 * rest - value.denominator
    rounds_up = {
        "UP": rest > 0,
        "DOWN": False,
        "HALF_UP": twice >= 0,
        "HALF_DOWN": twice > 0,
        "HALF_EVEN": twice > 0 or (twice == 0 and whole % 2 == 1),
    }[rounding]
    return whole + int(rounds_up)


def format_major(minor: int | Fraction, currency: str) -> str:
    """Minor units as text in major units; further digits only where there are some."""
    value, digits = Fraction(minor), MINOR_UNITS.get(currency, 2)
    with localcontext(prec=_DIGITS):
        number = (Decimal(value.numerator) / Decimal(value.denominator)).scaleb(-digits)
        return f"{number:.{max(digits, count_digits(number))}f}"


def _percent(rate: str) -> str:
    percent = Decimal(rate) * 100
    return f"{percent:.{max(2, count_digits(percent))}f} %"
