"""What is due on an amount: exact, rounded once, in BIGINT integers from end to end.

No decimal and no float takes part, so that both engines agree to the minor unit.
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
    size, num, den = F.abs(amount), _long(numerator), _long(denominator)
    part = (size % den) * num
    whole = _div(size, den) * num + _div(part, den) + _long(entry.fixed)
    due = whole + _rounded_up(whole, part % den, entry)
    if entry.min is not None:
        due = F.greatest(due, _long(entry.min))
    if entry.max is not None:
        due = F.least(due, _long(entry.max))
    return due


def _rounded_up(whole: Column, rest: Column, entry: FeeEntry) -> Column:
    """1 where `whole` and `rest` / denominator round up, else 0."""
    _, denominator = entry.rate_scaled
    twice, den = rest * _long(2), _long(denominator)
    above, tied, odd = twice > den, twice == den, whole % _long(2) == _long(1)
    up = {
        "HALF_UP": above | tied,
        "HALF_EVEN": above | (tied & odd),
        "UP": rest > _long(0),
        "DOWN": F.lit(False),
    }[entry.rounding]
    return F.when(up, _long(1)).otherwise(_long(0))


def _div(value: Column, by: Column) -> Column:
    return F.call_function("div", value, by)


def _long(number: int) -> Column:
    return F.lit(number).cast("bigint")
