"""Our own transactions of a date beside the lines of its statement: what the bridge reads.

Nothing of later dates goes in: a line of the date is paired as the match of the date says.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.fees.accruals.check_day import read_changes
from jobs.lake.tables import Lake
from jobs.settlement.balances import SettlementUnbalanced
from jobs.settlement.bridge.causes import BridgeCause, Causes
from jobs.settlement.bridge.line_causes import causes_of, sum_causes
from jobs.settlement.inputs import InTransit, Purse
from jobs.settlement.lines.reduce import GROUP_COLUMNS
from schemas.money import sum_amounts
from schemas.profile.channel import Profile
from schemas.profile.settlement import Settlement
from schemas.tables import FEE_ACCRUALS, INTERNAL_TRANSACTIONS, OUTCOMES

#: Causes by the values of `GROUP_COLUMNS`.
CausesByPlace = dict[tuple[Any, ...], Causes]


def has_our_side(lake: Lake, channel: str, day: date) -> bool:
    """Whether a date has transactions of ours, or was matched."""
    tables = (INTERNAL_TRANSACTIONS, OUTCOMES, FEE_ACCRUALS)
    return any(lake.count_rows(table, day, channel) for table in tables)


def read_causes(
    lake: Lake, profile: Profile, rules: Settlement, day: date, placed: DataFrame
) -> CausesByPlace:
    """What the lines of a date (`lines.reduce.place_lines`) and our transactions come from.

    Raises:
        SettlementUnbalanced: not each transaction of ours is in it once.
    """
    began = _read_began(lake, profile, rules, day)
    outcomes = lake.read_day(OUTCOMES, day, profile.channel)
    ours = _add_accruals(lake, profile.channel, rules, day, began)
    rows = [row.asDict() for row in sum_causes(placed, outcomes, ours, lake.stage).collect()]
    causes = {
        tuple(day if name == "business_date" else row[name] for name in GROUP_COLUMNS):
        causes_of(row) for row in rows
    }  # fmt: skip
    _assert_all_ours(profile.channel, day, began, causes)
    return causes


def select_in_transit(
    causes: Mapping[tuple[Any, ...], Causes], sums: Iterable[Mapping[str, Any]]
) -> dict[date, tuple[InTransit, ...]]:
    """By date, what has no batch, where no line is without one; `sums` as `sum_batches`.

    Beside lines without a batch it stands with these.
    """
    with_lines = {tuple(row[name] for name in GROUP_COLUMNS) for row in sums}
    in_transit: dict[date, tuple[InTransit, ...]] = {}
    for place, its in sorted(causes.items(), key=str):
        values = dict(zip(GROUP_COLUMNS, place, strict=True))
        if values["key_kind"] is None and place not in with_lines and its:
            one = InTransit(Purse(values["per"], values["currency"]), its)
            day = values["business_date"]
            in_transit[day] = (*in_transit.get(day, ()), one)
    return in_transit


def _read_began(lake: Lake, profile: Profile, rules: Settlement, day: date) -> DataFrame:
    """Our transactions that SUCCEEDED on a date for the first time."""
    columns = ("txn_id", "currency", "amount", "merchant_id")
    changes = read_changes(lake, profile, day, columns).rows
    if changes is None:
        none = lake.spark.createDataFrame([], INTERNAL_TRANSACTIONS.schema)
        changes = none.withColumn("taken_date", F.lit(None).cast("date"))
    began = changes.where(F.col("taken_date").isNull())
    return began.select("txn_id", _per_of(rules).alias("per"), "currency", "amount")


def _per_of(rules: Settlement) -> Column:
    return F.coalesce("merchant_id", F.lit("")) if rules.per else F.lit("")


def _add_per(lake: Lake, channel: str, rules: Settlement, ended: DataFrame) -> DataFrame:
    """What ends, with the `per` under which it was accrued: that of the transaction when it began,
    whatever it says now.
    """
    if not rules.per:
        return ended.withColumn("per", F.lit(""))
    dates = ended.agg(F.min("taken_date").alias("first"), F.max("taken_date").alias("last"))
    span = dates.collect()[0]
    if span["first"] is None:
        return ended.withColumn("per", F.lit(""))
    began = lake.read_days(INTERNAL_TRANSACTIONS, span["first"], span["last"], channel).select(
        "txn_id", F.col("business_date").alias("taken_date"), _per_of(rules).alias("per")
    )
    joined = ended.join(began, on=["txn_id", "taken_date"], how="left")
    return joined.withColumn("per", F.coalesce("per", F.lit("")))


def _add_accruals(
    lake: Lake, channel: str, rules: Settlement, day: date, began: DataFrame
) -> DataFrame:
    """Transactions with `accrued`, and a row for each accrual that is taken back."""
    zero = F.lit(0).cast("bigint")
    if not lake.count_rows(FEE_ACCRUALS, day, channel):
        return began.select("*", zero.alias("accrued"), F.lit(False).alias("is_ended"))
    accruals = lake.read_day(FEE_ACCRUALS, day, channel)
    due = F.coalesce("due", zero).alias("accrued")
    is_ended = F.col("taken_date").isNotNull()
    of_began = accruals.where(~is_ended).select("txn_id", "due")
    joined = began.join(of_began, on="txn_id", how="left")
    ended = _add_per(lake, channel, rules, accruals.where(is_ended)).select(
        "txn_id", "per", "currency", zero.alias("amount"), due, F.lit(True).alias("is_ended")
    )
    columns = ("txn_id", "per", "currency", "amount")
    return joined.select(*columns, due, F.lit(False).alias("is_ended")).unionByName(ended)


def _assert_all_ours(
    channel: str, day: date, began: DataFrame, causes: Mapping[tuple[Any, ...], Causes]
) -> None:
    expected = {
        row["currency"]: int(row["amount"])
        for row in began.groupBy("currency").agg(sum_amounts(F.col("amount")).alias("amount"))
        .collect()
    }  # fmt: skip
    bridged: Counter[str] = Counter()
    place = GROUP_COLUMNS.index("currency")
    for at, its in causes.items():
        bridged[at[place]] += dict(its).get(BridgeCause.OURS, 0)
    for currency in sorted({*expected, *bridged}):
        if expected.get(currency, 0) != bridged[currency]:
            raise SettlementUnbalanced(
                f"{channel} {day} {currency}: our transactions come to {expected.get(currency, 0)},"
                f" in the bridge to {bridged[currency]}"
            )
