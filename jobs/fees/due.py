"""The fee due on a base: exact, rounded once, in BIGINT integers.

No price uses a float, so that both engines agree to the minor unit.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.fees.numbers import count_digits
from schemas.fees.price import Price, Rounding
from schemas.fees.tiers import Piece

#: Wide enough for the product of two amounts.
_WIDE = "decimal(19,0)"


class Exact(NamedTuple):
    """A number of minor units: `whole` + `rest` / 10^digits, both BIGINT."""

    whole: Column
    rest: Column
    digits: int


def price_due(base: Column, price: Price, step: Column | None = None) -> Column:
    """clamp(round(base x rate + fixed), min, max) in minor units, never negative.

    `base` is a size, at most 10^15. A base of 0, and one that is not above `above`, owes 0. `step`
    is the number (from 0) of the step of tiers by volume.
    """
    exact = exact_due(base, price, step)
    due = limit_due(round_due(exact, price.rounding), price)
    if price.above or price.has_fixed or price.min is not None:
        return F.when(base <= _long(price.above), _long(0)).otherwise(due)
    return due


def exact_due(base: Column, price: Price, step: Column | None = None) -> Exact:
    """The price of a base before rounding and limits.

    With base = q x den + r and a rate of num / den, base x num / den is q x num + r x num / den: no
    step exceeds 10^18, as den is at most 10^9.
    """
    pieces = price.pieces
    digits = max(count_digits(value) for piece in pieces for value in (piece.rate, piece.constant))
    den = 10**digits

    def choose(value: Callable[[Piece], int | Decimal]) -> Column:
        return choose_piece(base, price, lambda piece: _long(int(value(piece))), step)

    size = base - choose(lambda piece: piece.offset) if _has_offset(price) else base
    num = choose(lambda piece: piece.rate * den)
    part = (size % _long(den)) * num + choose(lambda piece: piece.constant % 1 * den)
    fixed = choose(lambda piece: piece.constant // 1)
    whole = _div(size, _long(den)) * num + _div(part, _long(den)) + fixed
    return Exact(whole, part % _long(den), digits)


def choose_piece(
    base: Column, price: Price, value: Callable[[Piece], Column], step: Column | None = None
) -> Column:
    """What a value is of the piece into which a base falls, or of that of the step of a volume."""
    *limited, last = price.pieces
    chosen = value(last)
    for number, piece in reversed([*enumerate(limited)]):
        if price.volume is not None:
            assert step is not None, "tiers by volume are priced by the step of the volume"
            chosen = F.when(step == F.lit(number), value(piece)).otherwise(chosen)
        else:
            assert piece.to is not None
            chosen = F.when(base <= _long(piece.to), value(piece)).otherwise(chosen)
    return chosen


def round_due(exact: Exact, rounding: Rounding) -> Column:
    """An exact number of minor units, rounded to a whole one."""
    den = _long(10**exact.digits)
    return exact.whole + _increment(exact.whole, exact.rest, den, rounding)


def limit_due(due: Column, price: Price) -> Column:
    """A rounded fee, not below `min` and not above `max`."""
    if price.min is not None:
        due = F.greatest(due, _long(price.min))
    if price.max is not None:
        due = F.least(due, _long(price.max))
    return due


def share_due(fee: Column, part: Column, whole: Column, rounding: Rounding) -> Column:
    """round(fee x min(part, whole) / whole); 0 where `whole` is 0. All are minor units."""
    product = fee.cast(_WIDE) * F.least(part, whole).cast(_WIDE)
    divisor = whole.cast(_WIDE)
    rest = (product % divisor).cast("bigint")
    due = _div(product, divisor).cast("bigint")
    rounded = due + _increment(due, rest, whole, rounding)
    return F.when(whole == _long(0), _long(0)).otherwise(rounded)


def _increment(whole: Column, rest: Column, den: Column, rounding: Rounding) -> Column:
    """1 if `whole` + `rest` / `den` rounds up, else 0."""
    twice = rest * _long(2)
    above_half, half = twice > den, twice == den
    is_odd = whole % _long(2) == _long(1)
    rounds_up = {
        "HALF_UP": above_half | half,
        "HALF_EVEN": above_half | (half & is_odd),
        "HALF_DOWN": above_half,
        "UP": rest > _long(0),
        "DOWN": F.lit(False),
    }[rounding]
    return F.when(rounds_up, _long(1)).otherwise(_long(0))


def _has_offset(price: Price) -> bool:
    return any(piece.offset for piece in price.pieces)


def _div(value: Column, by: Column) -> Column:
    return F.call_function("div", value, by)


def _long(number: int) -> Column:
    return F.lit(number).cast("bigint")
