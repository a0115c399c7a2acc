"""Sums of money: exact, whatever the engine."""

from pyspark.sql import Column
from pyspark.sql import functions as F

_HALF_BITS = 32
_HALF = 2**_HALF_BITS
_EXACT = "decimal(38,0)"


def sum_amounts(amount: Column) -> Column:
    """The sum of minor units (bigint) of a group, DECIMAL(38,0), null where none has an amount.

    Made of two sums of half the digits each, which cannot wrap below two billion rows: to add up
    decimals row by row costs an engine several times as much.
    """
    high = F.sum(F.shiftright(amount, _HALF_BITS)).cast(_EXACT)
    low = F.sum(amount.bitwiseAND(F.lit(_HALF - 1))).cast(_EXACT)
    return (high * F.lit(_HALF).cast("decimal(10,0)") + low).cast(_EXACT)
