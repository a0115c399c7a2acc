"""Which wrong fees of a month are claimed from the channel, and why others are not."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.fees.reversals import find_taking_lines, may_take_back
from schemas.dates import NO_TIME
from schemas.money import sum_amounts
from schemas.vocabulary import FeeResult, Reason, Status

#: Columns of the line that `fee_checks` does not have.
_OF_LINE = ("status", "traded_at", "order_ref", "merchant_id", "channel_ref_norm")
#: Why a row is not claimed although its fee is wrong, beside the results of the fee check.
OUT_OF_SCOPE, TAKEN_BACK = Reason.OUT_OF_SCOPE.value, "TAKEN_BACK"


def join_lines(checks: DataFrame, lines: DataFrame) -> DataFrame:
    """Rows of `fee_checks` with what their statement lines say; none without its line, but those of
    batches, which have none.
    """
    of_lines = lines.select("line_id", "business_date", *_OF_LINE)
    joined = checks.join(of_lines, on=["line_id", "business_date"], how="inner")
    types = {field.name: field.dataType for field in lines.schema}
    nothing = [F.lit(None).cast(types[name]).alias(name) for name in _OF_LINE]
    batches = checks.where(F.col("line_id").isNull()).select(*checks.columns, *nothing)
    return joined.unionByName(batches)


def find_pairs_taken_back(rows: DataFrame, days: int) -> DataFrame | None:
    """The `line_id` of wrong fees that were taken back, and of what took them back; None if no line
    can have.

    `rows` are those of `join_lines`, also of the `days` before and behind the month. A pair adds up
    to nothing: the line that takes the other's place has the same difference, reversed.
    """
    if not rows.where(may_take_back()).select("line_id").head(1):
        return None
    settled = rows.where(F.col("status") != F.lit(Status.PENDING.value))
    timed = settled.withColumn("at", F.coalesce("traded_at", F.lit(NO_TIME)))
    takes = find_taking_lines(timed, days).select(
        "take_id", "taken_id", F.col("difference").alias("take_difference")
    )
    wrong = rows.select(F.col("line_id").alias("taken_id"), "difference")
    pairs = takes.join(wrong, on="taken_id", how="inner").where(
        F.col("take_difference") == -F.col("difference")
    )
    ids = F.explode(F.array("take_id", "taken_id")).alias("line_id")
    return pairs.select(ids).distinct()


def classify_rows(
    rows: DataFrame, taken_back: DataFrame | None, out_of_scope: DataFrame | None
) -> DataFrame:
    """Adds `why`: null for a row that is claimed, else why it is not.

    Claimed is what was charged too much, and a fee that a refund should have brought back and that
    its line does not have. `taken_back` and `out_of_scope` have the `line_id` of other rows.
    """
    cases = {OUT_OF_SCOPE: out_of_scope, TAKEN_BACK: taken_back}
    for name, ids in cases.items():
        if ids is None:
            rows = rows.withColumn(name, F.lit(None).cast("boolean"))
        else:
            flagged = ids.select("line_id", F.lit(True).alias(name))
            rows = rows.join(flagged, on="line_id", how="left")
    why = (
        F.when(F.col(OUT_OF_SCOPE), F.lit(OUT_OF_SCOPE))
        .when(F.col(TAKEN_BACK), F.lit(TAKEN_BACK))
        .when(F.col("difference").isNull(), F.lit(FeeResult.NO_SCHEDULE.value))
        .when(F.col("difference") < F.lit(0), F.col("result"))
    )
    return rows.withColumn("why", why).drop(*cases)


def select_out_of_scope(outcomes: DataFrame) -> DataFrame:
    """The `line_id` of lines that rules of the profile give to another owner."""
    is_excluded = F.array_contains("reasons", Reason.OUT_OF_SCOPE.value)
    of_lines = outcomes.where(is_excluded & F.col("line_id").isNotNull())
    return of_lines.select("line_id").distinct()


def select_month(rows: DataFrame, first: date, last: date) -> DataFrame:
    """The rows of the dates from `first` to `last`."""
    day = F.col("business_date")
    return rows.where((day >= F.lit(first)) & (day <= F.lit(last)))


def sum_rows(rows: DataFrame) -> DataFrame:
    """Per `why`, `result` and `currency` of classified rows: `lines`, and sums of the amounts."""
    names = ("amount", "charged", "due", "difference")
    sums = [sum_amounts(F.col(name)).alias(name) for name in names]
    return rows.groupBy("why", "result", "currency").agg(F.count(F.lit(1)).alias("lines"), *sums)
