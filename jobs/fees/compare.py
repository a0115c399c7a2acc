"""Compares fees charged with fees due, per line and per entry of the rate card."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.fees.attributes import needs_transactions
from jobs.fees.components import (
    add_up,
    component_dues,
    has_passed,
    line_bases,
    passed_through,
    tax_of,
    value_of_entry,
)
from jobs.fees.schedule import entry_number
from jobs.fees.working import add_working
from schemas.fee_schedule import PAYING_KINDS, FeeEntry, FeeSchedule
from schemas.fees.price import TAX
from schemas.money import sum_amounts
from schemas.tables import FEE_CHECKS, FEE_TOTALS
from schemas.vocabulary import FeeResult, Kind, Status

_READ = ("business_date", "channel", "line_id", "kind", "status", "our_ref", "channel_ref",
         "batch_ref", "currency", "amount", "fee", "order_amount", "differs", "line_product",
         "line_card_type")  # fmt: skip
#: Kinds that owe a fee by themselves; of others an entry says so.
_OWING_KINDS = (*(kind.value for kind in PAYING_KINDS), Kind.REFUND.value)
#: What `refunds.price_refunds` adds to a line, beside the number of its entry.
_REFUND_COLUMNS = {
    "has_payment": "boolean",
    "priced_due": "bigint",
    "tax_on_top": "bigint",
    "priced_components": "array<struct<name:string,due:bigint>>",
    "note": "string",
}
Materialize = Callable[[DataFrame, str], DataFrame]


def check_fees(
    lines: DataFrame,
    refunds: DataFrame | None,
    schedule: FeeSchedule,
    zone: ZoneInfo,
    materialize: Materialize = lambda frame, _: frame,
) -> DataFrame:
    """Checks the fee of every line: one row per line, for `wrong_fees` and `sum_fees`.

    `lines` are a channel's statement lines of one day, with the columns of `attributes`; `refunds`
    is what its refunds owe (`refunds.price_refunds`), or None if it has none.
    `materialize(frame, name)` stores a frame: with several entries, the engine would otherwise
    repeat the choice of the entry in every column that depends on it.
    """
    passed = {price.pass_through for entry in schedule.entries for price in entry.prices.values()}
    columns = dict.fromkeys([*_READ, *sorted(name for name in passed if name)])
    with_entries = lines.select(*columns, entry_number(schedule, zone).alias("entry"))
    if len(schedule.entries) > 1:
        with_entries = materialize(with_entries, "fee_entries")
    with_refunds = _add_refunds(with_entries, refunds)
    return _compute_results(with_refunds, schedule, refunds is not None)


def wrong_fees(checks: DataFrame) -> DataFrame:
    """Of `check_fees` the lines whose result is not OK."""
    return checks.where(F.col("result") != F.lit(FeeResult.OK.value))


def describe_fees(wrong: DataFrame, outcomes: DataFrame, schedule: FeeSchedule) -> DataFrame:
    """The rows of `fee_checks`: adds the transaction, and the working of the fee.

    `outcomes` are those of the lines' own date: each line stands in one of them.
    """
    is_pair = F.col("line_id").isNotNull() & F.col("txn_id").isNotNull()
    pairs = outcomes.where(is_pair).select("line_id", "txn_id")
    with_pairs = wrong.join(pairs, on="line_id", how="left")
    return add_working(with_pairs, schedule).select(*FEE_CHECKS.columns)


def sum_fees(checks: DataFrame, schedule: FeeSchedule) -> DataFrame:
    """The rows of `fee_totals`: one per entry and currency; every line of the day counts once.

    Amounts due, and what is part of them, are null if a line of the group has no entry.
    """
    is_complete, zero = F.count("due") == F.count(F.lit(1)), F.lit(0).cast("bigint")
    is_tolerated = (F.col("result") == F.lit(FeeResult.OK.value)) & (
        F.col("difference") != F.lit(0)
    )
    attribute_differs = F.lit(None).cast("bigint")
    if needs_transactions(schedule):
        attribute_differs = F.count(F.when(F.col("differs"), F.lit(1)))
    has_tax = any(entry.tax for entry in schedule.entries)
    tax = F.coalesce(_sum(F.col("tax")), zero) if has_tax else zero
    passed = _sum(F.col("passed")) if has_passed(schedule) else zero
    return (
        checks.groupBy("business_date", "channel", "schedule", "currency")
        .agg(
            F.count(F.lit(1)).alias("lines"),
            _sum(F.col("amount")).alias("amount"),
            _sum(F.col("charged")).alias("charged"),
            F.when(is_complete, _sum(F.col("due"))).alias("due"),
            F.when(is_complete, _sum(F.col("difference"))).alias("difference"),
            F.when(is_complete, tax).alias("tax"),
            F.when(is_complete, passed).alias("passed_through"),
            F.count(F.when(is_tolerated, F.lit(1))).alias("tolerated_lines"),
            F.coalesce(_sum(F.when(is_tolerated, F.col("difference"))), zero).alias("tolerated"),
            attribute_differs.alias("attribute_differs"),
            F.count(F.when(~F.col("has_payment"), F.lit(1))).alias("refunds_without_payment"),
        )
        .select(*FEE_TOTALS.columns)
    )


def _add_refunds(with_entries: DataFrame, refunds: DataFrame | None) -> DataFrame:
    """Adds what refunds owe; the columns are null for all other lines."""
    nothing = [F.lit(None).cast(kind).alias(name) for name, kind in _REFUND_COLUMNS.items()]
    if refunds is None:
        return with_entries.select("*", *nothing)
    # Only the refunds are joined: the engine need not shuffle the other lines.
    others = with_entries.where(~_is_refund()).select("*", *nothing)
    priced = with_entries.where(_is_refund()).drop("entry").join(refunds, on="line_id", how="left")
    return others.unionByName(priced)


def _is_refund() -> Column:
    return (F.col("kind") == F.lit(Kind.REFUND.value)) & (
        F.col("status") == F.lit(Status.SUCCEEDED.value)
    )


def _compute_results(
    with_refunds: DataFrame, schedule: FeeSchedule, has_refunds: bool
) -> DataFrame:
    entry, zero = F.col("entry"), F.lit(0).cast("bigint")
    is_succeeded = F.col("status") == F.lit(Status.SUCCEEDED.value)

    def price(entry: FeeEntry) -> Column:
        return add_up(component_dues(entry, line_bases()).values())

    priced = value_of_entry(entry, schedule, price)
    if has_refunds:
        priced = F.when(_is_refund(), F.col("priced_due")).otherwise(priced)
    passed = zero
    if has_passed(schedule):
        sums = value_of_entry(entry, schedule, lambda each: add_up(passed_through(each).values()))
        passed = F.when(is_succeeded, F.coalesce(sums, zero)).otherwise(zero)
        priced = priced + passed
    owes_nothing = ~F.col("kind").isin(*_OWING_KINDS) & entry.isNull()
    amounts = with_refunds.select(
        "*",
        F.coalesce(F.col("fee"), zero).alias("charged"),
        F.when(~is_succeeded | owes_nothing, zero).otherwise(priced).alias("due"),
        passed.alias("passed"),
        value_of_entry(entry, schedule, lambda each: F.lit(each.name)).alias("schedule"),
        value_of_entry(entry, schedule, lambda each: F.lit(each.tolerance)).alias("tolerance"),
    ).withColumn("difference", F.col("charged") - F.col("due"))
    return amounts.withColumn("tax", _tax(schedule)).withColumn("result", _result())


def _tax(schedule: FeeSchedule) -> Column:
    """The tax within what is due: on top of the fee, or included in it."""
    priced = F.col("due") - F.col("passed")

    def tax(entry: FeeEntry) -> Column | None:
        if entry.tax is None:
            return None
        if entry.tax.mode == "included":
            return tax_of(entry, priced)
        on_top = component_dues(entry, line_bases())[TAX]
        return F.when(_is_refund(), F.col("tax_on_top")).otherwise(on_top)

    is_owing = F.col("status") == F.lit(Status.SUCCEEDED.value)
    return F.when(is_owing, value_of_entry(F.col("entry"), schedule, tax)).cast("bigint")


def _result() -> Column:
    difference = F.col("difference")
    is_tolerated = F.abs(difference) <= F.coalesce(F.col("tolerance"), F.lit(0))
    return (
        F.when(F.col("due").isNull(), F.lit(FeeResult.NO_SCHEDULE.value))
        .when(is_tolerated, F.lit(FeeResult.OK.value))
        .when(F.col("fee").isNull(), F.lit(FeeResult.FEE_MISSING.value))
        .when(difference > F.lit(0), F.lit(FeeResult.OVERCHARGED.value))
        .when(difference < F.lit(0), F.lit(FeeResult.UNDERCHARGED.value))
    )


def _sum(amount: Column) -> Column:
    return sum_amounts(amount).cast("bigint")
