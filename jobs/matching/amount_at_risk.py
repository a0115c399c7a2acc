"""The amount at risk in a break, in minor units."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.vocabulary import Outcome, Reason


def at_stake() -> Column:
    """What a break may cost, in minor units of `currency`: |difference| if nothing but the amounts
    differs, of a pair or of a group.

    Otherwise it is the whole |amount| of the line, or of the transaction where there is no line. In
    a group the first row of a currency has the difference, the other rows have 0.
    """
    nothing = F.lit(0).cast("bigint")
    others = F.array_remove("reasons", Reason.LATE.value)
    only_amounts = F.array_contains(others, Reason.AMOUNT_MISMATCH.value) & (
        F.size(others) == F.lit(1)
    )
    whole = F.abs(F.coalesce("statement_amount", "internal_amount"))
    size = F.when(only_amounts, F.abs("difference")).when(~only_amounts, whole)
    is_break = F.col("outcome") == F.lit(Outcome.BREAK.value)
    return F.when(is_break, F.coalesce(size, nothing)).when(~is_break, nothing)
