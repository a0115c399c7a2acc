"""Checks the orders of dates, across all channels."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.lake.history.place import find_first_date
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from jobs.orders.day_sums import PAYMENT_KINDS, find_unfit_orders, sum_orders
from jobs.orders.families import (
    check_families,
    latest_of_lines,
    list_members,
    select_naming,
    select_single_lines,
)
from jobs.orders.items import (
    DAYS_IN_SIGHT,
    find_orders_of_payouts,
    latest_states,
    select_order_items,
)
from jobs.orders.plan import plan_checks
from jobs.orders.results import OPEN_RESULTS, check_orders
from schemas.tables import (
    ALL_CHANNELS,
    INTERNAL_TRANSACTIONS,
    ORDER_CHECKS,
    ORDER_DAYS,
    OUTCOMES,
    PAYMENT_FAMILIES,
    RUNS,
    SNAPSHOT_FILES,
    STATEMENT_LINES,
)
from schemas.vocabulary import Action, Kind, OrderResult, Status

JOB = "check_orders"
_PAYOUT_KINDS = (Kind.PAYOUT.value, Kind.PAYOUT_RETURN.value)


@dataclass(frozen=True)
class OrdersSummary:
    """Result of the check of one date: orders by result, the sums to refund by currency, and how
    many payment families a person must look at.
    """

    business_date: date
    orders: int
    results: dict[str, int]
    to_refund: dict[str, int]
    families: int


def check_dates(lake: Lake, requested: Collection[date]) -> list[OrdersSummary]:
    """Checks the requested dates, and all others whose inputs have changed, in order of date.

    Raises:
        LakeError: a table is missing, or a write failed; run the command again.
    """
    runs = [
        row
        for row in lake.read_rows(RUNS, job=["match", JOB])
        if row["job"] == JOB or row["fingerprint"] is not None
    ]
    snapshots = lake.read_rows(SNAPSHOT_FILES)
    summaries = []
    first_here = find_first_date(lake.storage)
    for day, fingerprint in plan_checks(requested, snapshots, runs, first_here):
        job = Run(JOB, ALL_CHANNELS, day, fingerprint=fingerprint)
        with job.step(JOB):
            summary, written = _check_day(lake, day)
        job.versions_written = written
        job.counts = {"orders": summary.orders, "families": summary.families, **summary.results}
        job.amounts = summary.to_refund
        record_runs(lake, job)
        summaries.append(summary)
    return summaries


def _check_day(lake: Lake, day: date) -> tuple[OrdersSummary, dict[str, int]]:
    """Replaces the date's rows of `order_days`, `order_checks` and `payment_families`."""
    today = lake.read_day(INTERNAL_TRANSACTIONS, day)
    sums = sum_orders(today).select(
        F.lit(day).alias("business_date"), F.lit(ALL_CHANNELS).alias("channel"),
        *[name for name in ORDER_DAYS.columns if name not in ORDER_DAYS.partitions],
    )  # fmt: skip
    days_written = lake.replace_day(ORDER_DAYS, sums, day, ALL_CHANNELS)
    rows = lake.stage(_find_rows(lake, day), "order_checks")
    checks_written = lake.replace_day(ORDER_CHECKS, rows, day, ALL_CHANNELS)
    checked = rows.select("result", "currency", "to_refund").collect()
    to_refund: Counter[str] = Counter()
    for row in checked:
        if row["result"] == OrderResult.OVERPAID:
            to_refund[row["currency"]] += row["to_refund"]
    results = Counter(row["result"] for row in checked)
    families_written = lake.replace_day(
        PAYMENT_FAMILIES, _find_families(lake, today, day), day, ALL_CHANNELS
    )
    summary = OrdersSummary(
        day,
        days_written.rows,
        dict(sorted(results.items())),
        dict(sorted(to_refund.items())),
        families_written.rows,
    )
    return summary, {
        ORDER_DAYS.name: days_written.version,
        ORDER_CHECKS.name: checks_written.version,
        PAYMENT_FAMILIES.name: families_written.version,
    }


def _find_rows(lake: Lake, day: date) -> DataFrame:
    open_orders = _read_open_orders(lake, day)
    start = day - timedelta(days=DAYS_IN_SIGHT)
    held = open_orders.agg(F.min("first_date").alias("first")).collect()[0]["first"]
    since = min(start, held or start)
    transactions = lake.read_days(INTERNAL_TRANSACTIONS, since, day)
    of_today = lake.read_day(ORDER_DAYS, day, ALL_CHANNELS)
    unfit = find_unfit_orders(lake.read_days(ORDER_DAYS, start, day, ALL_CHANNELS), of_today)
    orders = unfit.unionByName(open_orders.select("order_ref_norm"))
    # Sums of orders know nothing of payouts, which bear no order_ref.
    is_payout = F.col("kind").isin(*_PAYOUT_KINDS) & F.col("original_txn_id").isNotNull()
    ids = transactions.where(is_payout).select("txn_id")
    every_state = transactions.join(ids, on="txn_id", how="left_semi")
    payouts = lake.stage(latest_states(every_state).where(is_payout), "payouts")
    if not payouts.isEmpty():
        orders = orders.unionByName(find_orders_of_payouts(payouts, transactions))
    orders = lake.stage(orders.distinct(), "orders")
    if orders.isEmpty():
        return lake.spark.createDataFrame([], ORDER_CHECKS.schema)
    items = select_order_items(transactions, payouts, orders, open_orders, day)
    items = lake.stage(items, "order_items")
    return check_orders(items, open_orders, _read_actions(lake, items, since, day), day)


def _find_families(lake: Lake, today: DataFrame, day: date) -> DataFrame:
    """Rows of `payment_families`: only families of which something came or changed on the date."""
    start = day - timedelta(days=DAYS_IN_SIGHT)
    outcomes = lake.read_days(OUTCOMES, start, day)
    lines = select_single_lines(lake.read_days(STATEMENT_LINES, start, day), outcomes)
    lines = lake.stage(lines, "single_lines")
    may_change = F.col("original_txn_id").isNotNull() | (
        F.col("kind").isin(*PAYMENT_KINDS) & (F.col("status") != F.lit(Status.SUCCEEDED.value))
    )
    if today.where(may_change).isEmpty() and lines.where(F.col("business_date") == day).isEmpty():
        return lake.spark.createDataFrame([], PAYMENT_FAMILIES.schema)
    transactions = lake.read_days(INTERNAL_TRANSACTIONS, start, day)
    naming = lake.stage(select_naming(transactions), "naming")
    members = list_members(naming, lines, transactions, outcomes)
    return check_families(lake.stage(members, "family_members"), transactions, day)


def _read_open_orders(lake: Lake, day: date) -> DataFrame:
    """The open rows of the run before a date; no rows if there was none."""
    before = [
        row["business_date"]
        for row in lake.read_rows(RUNS, job=JOB)
        if row["business_date"] < day
    ]  # fmt: skip
    last = max(before, default=day - timedelta(days=1))
    rows = lake.read_day(ORDER_CHECKS, last, ALL_CHANNELS)
    return lake.stage(rows.where(F.col("result").isin(*OPEN_RESULTS)), "open_orders")


def _read_actions(lake: Lake, items: DataFrame, since: date, day: date) -> DataFrame:
    """What the latest outcomes of the orders' transactions, and of lines with their our_ref, ask
    for: `order_ref_norm`, `action`.
    """
    outcomes = lake.read_days(OUTCOMES, since, day)
    by_txn = items.select("order_ref_norm", F.col("txn_id").alias("own_id"))
    by_ref = items.where(F.col("our_ref_norm").isNotNull())
    by_ref = by_ref.select("order_ref_norm", F.col("our_ref_norm").alias("own_ref"))
    hits = outcomes.join(by_txn, on=F.col("txn_id") == F.col("own_id"), how="inner")
    newest = Window.partitionBy("order_ref_norm", "txn_id").orderBy(
        F.col("run_date").desc(), "action"
    )
    ranked = hits.withColumn("place", F.row_number().over(newest))
    of_transactions = ranked.where(F.col("place") == F.lit(1)).select("order_ref_norm", "action")
    # A line that is in a pair now speaks through its transaction.
    lines = latest_of_lines(outcomes).where(F.col("txn_id").isNull())
    of_lines = lines.join(by_ref, on=F.col("our_ref_norm") == F.col("own_ref"), how="inner")
    every = of_transactions.unionByName(of_lines.select("order_ref_norm", "action"))
    return every.where(~F.col("action").isin(Action.NONE.value, Action.WAIT.value))
