"""The fee due on an amount: exact, rounded once, in BIGINT integers.

The rule uses no decimal and no float, so that both engines agree to the minor unit.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.fee_schedule import FeeEntry


def fee_due(amount: Column, entry: FeeEntry) -> Column:
    """clamp(round(|amount| x rate + fixed), min, max) in minor units, never negative.

    |amount| is at most 10^15 and the rate num / den has den <= 10^9. With |amount| = q x den + r,
    |amount| x num / den is q x num + r x num / den, and no step exceeds 10^18.
    """
    numerator, denominator = entry.rate_scaled
    absolute, num, den = F.abs(amount), _long(numerator), _long(denominator)
    part = (absolute % den) * num
    whole = _div(absolute, den) * num + _div(part, den) + _long(entry.fixed)
    due = whole + _rounding_increment(whole, part % den, entry)
    if entry.min is not None:
        due = F.greatest(due, _long(entry.min))
    if entry.max is not None:
        due = F.least(due, _long(entry.max))
    return due


def _rounding_increment(whole: Column, rest: Column, entry: FeeEntry) -> Column:
    """1 if `whole` + `rest` / denominator rounds up, else 0."""
    _, denominator = entry.rate_scaled
    twice, den = rest * _long(2), _long(denominator)
    above_half, half = twice > den, twice == den
    is_odd = whole % _long(2) == _long(1)
    rounds_up = {
        "HALF_UP": above_half | half,
        "HALF_EVEN": above_half | (half & is_odd),
        "UP": rest > _long(0),
        "DOWN": F.lit(False),
    }[entry.rounding]
    return F.when(rounds_up, _long(1)).otherwise(_long(0))


def _div(value: Column, by: Column) -> Column:
    return F.call_function("div", value, by)


def _long(number: int) -> Column:
    return F.lit(number).cast("bigint")
