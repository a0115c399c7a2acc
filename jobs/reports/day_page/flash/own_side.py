"""What our own side says of a date, and what statements confirm of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.lake.tables import Lake
from jobs.reports.day_page.scope import Owner, Row, Scope
from schemas.errors import TableMissing
from schemas.money import sum_amounts
from schemas.tables import FEE_ACCRUALS, INTERNAL_TRANSACTIONS, OUTCOMES
from schemas.vocabulary import Outcome, Status


@dataclass
class OwnSide:
    """A channel's transactions of a date in one currency; money is signed, minor units.

    `succeeded` is what is taken for right, `statuses` the other ones. `outcomes` are the succeeded
    ones by outcome of the last match; what it has not looked at is in none. `accrued` is the fee
    due by our own data; None where fees are not accrued.
    """

    succeeded: tuple[int, int] = (0, 0)
    statuses: dict[str, tuple[int, int]] = field(default_factory=dict)
    outcomes: dict[str, tuple[int, int]] = field(default_factory=dict)
    accrued: int | None = None

    @property
    def confirmed(self) -> tuple[int, int]:
        """Number and money of what a statement confirms already."""
        return self.outcomes.get(Outcome.MATCHED, (0, 0))

    @property
    def net(self) -> int | None:
        """What succeeded less its accrued fees; None where fees are not accrued."""
        return None if self.accrued is None else self.succeeded[1] - self.accrued


def read_own_side(lake: Lake, scope: Scope) -> dict[Owner, OwnSide]:
    """Reads the transactions of a date by channel and currency, and what became of them."""
    sides: dict[Owner, OwnSide] = {}

    def side_of(row: Row) -> OwnSide:
        return sides.setdefault((row["channel"], row["currency"]), OwnSide())

    for row in sum_transactions(lake, scope):
        number = (int(row["rows"]), int(row["money"]))
        if row["status"] == Status.SUCCEEDED:
            side_of(row).succeeded = number
        else:
            side_of(row).statuses[row["status"]] = number
    ours = F.coalesce("internal_currency", "currency").alias("currency")
    looked_at = (
        lake.read_days(OUTCOMES, scope.last, scope.last, scope.only_channel)
        .where(F.col("channel").isin([*scope.profiles]) & is_own_of(scope))
        .groupBy("channel", ours, "outcome")
        .agg(F.count(F.lit(1)).alias("rows"), sum_amounts(F.col("internal_amount")).alias("money"))
    )
    for summed_row in looked_at.collect():
        row = summed_row.asDict()
        side_of(row).outcomes[row["outcome"]] = (int(row["rows"]), int(row["money"] or 0))
    accrued = _read_accruals(lake, scope)
    for owner, one in sides.items():
        one.accrued = accrued.get(owner)
    return sides


def sum_transactions(lake: Lake, scope: Scope) -> list[Row]:
    """Number and money of the transactions of a date, by channel, currency and status."""
    rows = lake.read_days(INTERNAL_TRANSACTIONS, scope.last, scope.last, scope.only_channel)
    summed = (
        rows.where(F.col("channel").isin([*scope.profiles]))
        .groupBy("channel", "currency", "status")
        .agg(F.count(F.lit(1)).alias("rows"), sum_amounts(F.col("amount")).alias("money"))
    )
    return [row.asDict() for row in summed.collect()]


def is_own_of(scope: Scope) -> Column:
    """Whether a row of `outcomes` has a transaction of the date that SUCCEEDED."""
    is_of_date = F.col("internal_date") == F.lit(scope.last)
    return is_of_date & (F.col("internal_status") == F.lit(Status.SUCCEEDED.value))


def _read_accruals(lake: Lake, scope: Scope) -> Mapping[Owner, int]:
    """Fees accrued on the transactions of a date, by channel and currency; nothing where one of
    them has no entry of the rate card, where nothing was accrued, or in a lake without the table.
    """
    # What takes an accrual of an earlier date back is not about this date's transactions.
    own = pc.field("taken_date").is_null()
    try:
        rows = lake.read_arrow(FEE_ACCRUALS, scope.last, scope.last, scope.only_channel, own)
    except TableMissing:
        return {}
    sums = (
        rows.select(["channel", "currency"])
        .append_column("due", rows["due"].cast(pa.decimal128(38, 0)))
        .append_column("unpriced", pc.is_null(rows["due"]).cast(pa.int64()))
        .group_by(["channel", "currency"])
        .aggregate([("due", "sum"), ("unpriced", "sum")])
    )
    return {
        (row["channel"], row["currency"]): int(row["due_sum"] or 0)
        for row in sums.to_pylist()
        if not row["unpriced_sum"]
    }
