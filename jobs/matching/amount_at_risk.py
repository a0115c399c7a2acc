"""The amount at risk in a break, in minor units."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.vocabulary import Outcome, Reason


def at_stake() -> Column:
    """What a break may cost, in minor units of `currency`: |difference| of a pair or a group.

    It is the whole |amount| of a one-sided item, and of a pair whose currency or status differs. In
    a group the first row of a currency has the difference, the other rows have 0.
    """
    whole = F.abs(F.coalesce(F.col("statement_amount"), F.col("internal_amount")))
    nothing = F.lit(0).cast("bigint")
    size = F.abs(F.col("difference"))
    in_group = _has_reason(Reason.AMOUNT_MISMATCH) & ~_has_reason(Reason.CURRENCY_MISMATCH)
    return (
        F.when(F.col("outcome") != F.lit(Outcome.BREAK.value), nothing)
        .when(size.isNull() & in_group, nothing)
        .when(size.isNull(), F.coalesce(whole, nothing))
        .when(_has_reason(Reason.STATUS_MISMATCH), F.greatest(size, whole))
        .when(size.isNotNull(), size)
    )


def _has_reason(reason: Reason) -> Column:
    return F.array_contains(F.col("reasons"), F.lit(reason.value))
