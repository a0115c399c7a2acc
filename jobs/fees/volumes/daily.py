"""What the lines of a date count towards the volume of its channel."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.money import sum_amounts
from schemas.tables import FEE_VOLUMES
from schemas.vocabulary import Kind, Reason, Status

_COUNTED = (Kind.PAYMENT.value, Kind.REFUND.value)
_LEFT_OUT = (Reason.DUPLICATE_LINE.value, Reason.OUT_OF_SCOPE.value)
_COLUMNS = ("line_id", "business_date", "channel", "merchant_id", "currency", "kind")


def select_left_out(outcomes: DataFrame) -> DataFrame:
    """The `line_id` and `business_date` of lines that count for no volume: copies of another line,
    and lines that are not ours, by the run of their own date.
    """
    is_left_out = F.lit(False)
    for reason in _LEFT_OUT:
        is_left_out = is_left_out | F.array_contains("reasons", reason)
    of_lines = outcomes.where(F.col("line_id").isNotNull() & is_left_out)
    return of_lines.select("line_id", F.col("run_date").alias("business_date")).distinct()


def sum_volumes(
    lines: DataFrame, reversals: tuple[DataFrame, DataFrame] | None, left_out: DataFrame
) -> DataFrame:
    """Sums per date, merchant and currency: the columns of `fee_volumes` without
    `by_transaction`, minor units.

    `lines` have the columns of `attributes`. A line that takes a SUCCEEDED one back lowers the
    volume of its own date by what the other one counted: `reversals` are these pairs (`take_id`,
    `taken_id`, `business_date` of the first) and the lines that they take back, None if there is
    none. `left_out` has the lines of both that count for no volume.
    """
    is_succeeded = F.col("status") == F.lit(Status.SUCCEEDED.value)
    is_counted = F.col("kind").isin(*_COUNTED) & is_succeeded
    counted = lines.where(is_counted).select(*_COLUMNS, "amount")
    if reversals is not None:
        takes, taken_lines = reversals
        named = takes.select("take_id", F.col("taken_id").alias("line_id"),
                             F.col("business_date").alias("take_date"))  # fmt: skip
        has_counted = taken_lines.where(is_counted).join(
            F.broadcast(left_out), on=["line_id", "business_date"], how="left_anti"
        )
        reversed_lines = has_counted.join(named, on="line_id", how="inner")
        counted = counted.unionByName(
            reversed_lines.withColumns(
                {"line_id": F.col("take_id"), "business_date": F.col("take_date")}
            ).select(*_COLUMNS, (-F.col("amount")).alias("amount"))
        )
    counted = counted.join(F.broadcast(left_out), on=["line_id", "business_date"], how="left_anti")
    keys = [name for name in FEE_VOLUMES.columns if name in _COLUMNS]
    return counted.groupBy(*keys).agg(
        _sum(F.when(F.col("kind") == F.lit(Kind.PAYMENT.value), F.col("amount"))).alias("gross"),
        _sum(F.when(F.col("kind") == F.lit(Kind.REFUND.value), -F.col("amount"))).alias("refunds"),
    )


def _sum(amount: Column) -> Column:
    return F.coalesce(sum_amounts(amount), F.lit(0)).cast("bigint")
