"""From a flash to what the statements say, by cause: adds up to the last minor unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.lake.tables import Lake
from jobs.reports.day_page.flash.own_side import is_own_of, sum_transactions
from jobs.reports.day_page.flash.stored import StoredFlash
from jobs.reports.day_page.outcomes import ROWS_READ, read_outcomes
from jobs.reports.day_page.scope import Owner, Row, RowList, Scope
from schemas.money import sum_amounts
from schemas.tables import STATEMENT_LINES
from schemas.vocabulary import Kind, Outcome, Reason, Status

#: Causes that are no reason code of a break or an exclusion.
AGREED, CHANGED, UNEXPLAINED = "AGREED", "CHANGED_SINCE", "UNEXPLAINED"
_LISTED = ("our_ref", "channel_ref", "txn_id", "line_id")


@dataclass
class Difference:
    """The way of a channel and currency from the flash to the statement, minor units.

    `causes` have the number of rows and the money of each, and `lists` the largest of these rows:
    `flash.amount` + their sum = `statement`, with CHANGED_SINCE for what our own side says by now,
    and UNEXPLAINED for what nothing else explains. `charged` are the fees of the lines.
    """

    flash: StoredFlash
    ours: tuple[int, int] = (0, 0)
    lines: int = 0
    statement: int = 0
    charged: int = 0
    causes: dict[str, tuple[int, int]] = field(default_factory=dict)
    lists: dict[str, RowList] = field(default_factory=dict)


def read_differences(
    lake: Lake, scope: Scope, stored: Mapping[Owner, StoredFlash]
) -> dict[Owner, Difference]:
    """The differences of a date to its flash, by channel and currency, where there is a flash."""
    differences = {owner: Difference(one) for owner, one in stored.items()}

    def difference_of(row: Row) -> Difference:
        owner = (row["channel"], row["currency"])
        return differences.setdefault(owner, Difference(StoredFlash(0, 0, None)))

    if not stored:
        return {}
    for row in sum_transactions(lake, scope):
        if row["status"] == Status.SUCCEEDED:
            difference_of(row).ours = (int(row["rows"]), int(row["money"]))
    for row in _sum_lines(lake, scope):
        one = difference_of(row)
        one.lines, one.statement = int(row["rows"]), int(row["money"])
        one.charged = int(row["charged"] or 0)
    shares = _split_rows(read_outcomes(lake, scope, scope.last), scope)
    summed = shares.groupBy("channel", "currency", "cause").agg(
        F.count(F.lit(1)).alias("rows"), sum_amounts(F.col("money")).alias("money")
    )
    for summed_row in summed.collect():
        row = summed_row.asDict()
        if row["money"]:
            difference_of(row).causes[row["cause"]] = (int(row["rows"]), int(row["money"]))
    for row in _list_largest(shares):
        one = difference_of(row)
        if row["cause"] in one.causes:
            rows = one.lists.setdefault(row["cause"], RowList(one.causes[row["cause"]][0]))
            rows.rows = [*rows.rows, row]
    for one in differences.values():
        _close(one)
    # Of a channel whose statement had come before there is no flash.
    names = {name for name, _ in stored}
    return {owner: one for owner, one in differences.items() if owner[0] in names}


def _close(one: Difference) -> None:
    """Adds what changed since the flash, and what nothing explains."""
    changed = one.ours[1] - one.flash.amount
    if changed or one.ours[0] != one.flash.transactions:
        one.causes[CHANGED] = (abs(one.ours[0] - one.flash.transactions), changed)
    explained = one.flash.amount + sum(money for _, money in one.causes.values())
    if explained != one.statement:
        one.causes[UNEXPLAINED] = (0, one.statement - explained)


def _sum_lines(lake: Lake, scope: Scope) -> list[Row]:
    rows = lake.read_days(STATEMENT_LINES, scope.last, scope.last, scope.only_channel)
    succeeded = F.col("status") == F.lit(Status.SUCCEEDED.value)
    summed = (
        rows.where(succeeded & F.col("channel").isin([*scope.profiles]))
        .groupBy("channel", "currency")
        .agg(F.count(F.lit(1)).alias("rows"), sum_amounts(F.col("amount")).alias("money"),
             sum_amounts(F.col("fee")).alias("charged"))
    )  # fmt: skip
    return [row.asDict() for row in summed.collect()]


def _split_rows(outcomes: DataFrame, scope: Scope) -> DataFrame:
    """A row per currency and row of `outcomes` that counts: `money` is line less transaction.

    Rows in which both sides say the same are left out: they explain nothing.
    """
    is_own = is_own_of(scope)
    is_line = (F.col("statement_date") == F.lit(scope.last)) & (
        F.col("statement_status") == F.lit(Status.SUCCEEDED.value)
    )
    flagged = outcomes.withColumns({
        "is_own": F.coalesce(is_own, F.lit(False)), "is_line": F.coalesce(is_line, F.lit(False)),
        "own_currency": F.coalesce("internal_currency", "currency"),
    })  # fmt: skip
    same = F.col("is_own") & F.col("is_line") & (F.col("own_currency") == F.col("currency"))
    agreed = same & (F.col("internal_amount") == F.col("statement_amount"))
    known = flagged.withColumn("cause", _cause()).where(
        (F.col("is_own") | F.col("is_line")) & ~F.coalesce(agreed, F.lit(False))
    )
    ours = known.where("is_own").select(
        "channel", F.col("own_currency").alias("currency"), "cause", *_LISTED,
        (-F.col("internal_amount")).alias("money"),
    )  # fmt: skip
    theirs = known.where("is_line").select(
        "channel", "currency", "cause", *_LISTED, F.col("statement_amount").alias("money")
    )
    keys = ("channel", "currency", "cause", *_LISTED)
    return ours.unionByName(theirs).groupBy(*keys).agg(F.sum("money").alias("money"))


def _cause() -> Column:
    """Why a row makes a difference: when it comes, or its first reason but LATE."""
    reasons = F.array_remove("reasons", Reason.LATE.value)
    reason = F.coalesce(F.get(reasons, F.lit(0)), F.lit(UNEXPLAINED))
    is_matched = F.col("outcome") == F.lit(Outcome.MATCHED.value)
    is_waiting = F.col("outcome") == F.lit(Outcome.SUSPENSE.value)
    is_excluded = F.col("outcome") == F.lit(Outcome.EXCLUDED.value)
    is_pair = F.col("txn_id").isNotNull() & F.col("line_id").isNotNull()
    return (
        F.when(is_matched & ~is_pair, F.lit("GROUPED"))
        .when(is_matched & ~F.col("is_own"), F.lit("LINE_OF_EARLIER_TRANSACTION"))
        .when(is_matched & ~F.col("is_line"), F.lit("TRANSACTION_OF_EARLIER_LINE"))
        .when(is_matched, F.lit("AMOUNT_ACCEPTED"))
        .when(is_waiting & F.col("is_own"), F.lit("WAITS_FOR_STATEMENT"))
        .when(is_waiting, F.lit("WAITS_FOR_OURS"))
        .when(
            is_excluded & (F.col("kind") == F.lit(Kind.SETTLEMENT.value)), F.lit("PAID_OUT_TO_US")
        )
        .when(is_excluded & (F.col("kind") == F.lit(Kind.FEE.value)), F.lit("FEE_LINES"))
        .otherwise(reason)
    )


def _list_largest(shares: DataFrame) -> list[Row]:
    by_size = Window.partitionBy("channel", "currency", "cause").orderBy(
        F.abs("money").desc(), F.col("txn_id").asc_nulls_last(), F.col("line_id").asc_nulls_last()
    )
    ranked = shares.withColumn("rank", F.row_number().over(by_size))
    rows = ranked.where(F.col("rank") <= F.lit(ROWS_READ)).collect()
    return sorted((row.asDict() for row in rows), key=lambda row: int(row["rank"]))
