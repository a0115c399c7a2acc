"""Compares fees charged with fees due, line by line."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.fees.components import (
    add_up,
    component_dues,
    has_passed,
    line_bases,
    passed_through,
    tax_of,
    value_of_entry,
)
from jobs.fees.reversals import may_take_back
from jobs.fees.schedule import entry_number
from jobs.fees.working import add_working
from schemas.fee_schedule import PAYING_KINDS, FeeEntry, FeeSchedule
from schemas.fees.price import TAX
from schemas.tables import FEE_CHECKS
from schemas.vocabulary import FeeResult, Kind, Status

_READ = ("business_date", "channel", "line_id", "kind", "status", "our_ref", "channel_ref",
         "channel_ref_norm", "batch_ref", "batch_ref_norm", "currency", "amount", "fee",
         "order_amount", "differs", "line_product", "line_card_type")  # fmt: skip
#: Kinds that owe a fee by themselves; of others an entry says so.
_OWING_KINDS = (*(kind.value for kind in PAYING_KINDS), Kind.REFUND.value)
_TAKE_BACK_COLUMNS = ("taken_fee", "taken_passed")
#: What refunds and reversals add to a line, beside the number of their entry.
_PRICED_COLUMNS = {
    "has_payment": "boolean",
    "priced_due": "bigint",
    "tax_on_top": "bigint",
    "priced_components": "array<struct<name:string,due:bigint>>",
    "note": "string",
    **dict.fromkeys(_TAKE_BACK_COLUMNS, "bigint"),
}
Materialize = Callable[[DataFrame, str], DataFrame]


def check_fees(
    lines: DataFrame,
    refunds: DataFrame | None,
    schedule: FeeSchedule,
    zone: ZoneInfo,
    materialize: Materialize = lambda frame, _: frame,
    reversals: DataFrame | None = None,
    keep: Sequence[str] = (),
) -> DataFrame:
    """Checks the fee of every line: one row per line, for `wrong_fees` and `totals.sum_fees`.

    `lines` are a channel's statement lines of one day, with the columns of `attributes` and the
    steps of the card's volumes (`steps.add_steps`); `refunds`
    is what its refunds owe (`refunds.price_refunds`), and `reversals` what lines owe that take a
    fee back (`reversals.reverse_fees`), or None if it has none. `keep` are further columns of the
    lines that the rows shall have. `materialize(frame, name)` stores a frame: with several entries,
    the engine would otherwise repeat the choice of the entry in every column that depends on it.
    """
    passed = {price.pass_through for entry in schedule.entries for price in entry.prices.values()}
    steps = [volume.step_column for volume in schedule.volumes]
    columns = dict.fromkeys([*_READ, *steps, *keep, *sorted(name for name in passed if name)])
    with_entries = lines.select(*columns, entry_number(schedule, zone).alias("entry"))
    if len(schedule.entries) > 1:
        with_entries = materialize(with_entries, "fee_entries")
    with_priced = _add_priced(with_entries, refunds, reversals)
    has_priced = refunds is not None or reversals is not None
    return _compute_results(with_priced, schedule, has_priced)


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


def _add_priced(
    with_entries: DataFrame, refunds: DataFrame | None, reversals: DataFrame | None
) -> DataFrame:
    """Adds what refunds and reversals owe; the columns are null for all other lines."""
    nothing = [F.lit(None).cast(kind).alias(name) for name, kind in _PRICED_COLUMNS.items()]
    priced = refunds
    if reversals is not None:
        columns = ("line_id", "entry", *_PRICED_COLUMNS)
        of_others = reversals.where(F.col("taken_kind") != F.lit(Kind.REFUND.value))
        of_refunds = reversals.select("line_id", "taken_fee", "taken_passed")
        priced = of_others.select(*columns)
        if refunds is not None:
            with_fees = refunds.join(of_refunds, on="line_id", how="left")
            priced = priced.unionByName(with_fees.select(*columns))
    elif refunds is not None:
        untaken = [F.lit(None).cast("bigint").alias(name) for name in _TAKE_BACK_COLUMNS]
        priced = refunds.select("*", *untaken)
    if priced is None:
        return with_entries.select("*", F.lit(None).cast("boolean").alias("is_priced"), *nothing)
    # Only lines that may be priced so are joined: the engine need not shuffle the others.
    may_be_priced = F.col("kind") == F.lit(Kind.REFUND.value)
    if reversals is not None:
        may_be_priced = may_be_priced | may_take_back()
    others = with_entries.where(~may_be_priced).select(
        "*", F.lit(None).cast("boolean").alias("is_priced"), *nothing
    )
    priced = priced.withColumnRenamed("entry", "priced_entry").withColumn("is_priced", F.lit(True))
    joined = with_entries.where(may_be_priced).join(priced, on="line_id", how="left")
    entry = F.when(F.col("is_priced"), F.col("priced_entry")).otherwise(F.col("entry"))
    joined = joined.withColumn("entry", entry).drop("priced_entry")
    # Whatever its own field says, a line that takes a fee back is charged minus that fee.
    is_taking = F.col("taken_passed").isNotNull()
    fee = F.when(is_taking, -F.col("taken_fee")).otherwise(F.col("fee"))
    return others.unionByName(joined.withColumn("fee", fee).select(*others.columns))


def _compute_results(with_priced: DataFrame, schedule: FeeSchedule, has_priced: bool) -> DataFrame:
    entry, zero = F.col("entry"), F.lit(0).cast("bigint")
    is_owing = F.col("status") == F.lit(Status.SUCCEEDED.value)

    def price(entry: FeeEntry) -> Column:
        return add_up(component_dues(entry, line_bases()).values())

    priced = value_of_entry(entry, schedule, price)
    if has_priced:
        is_owing = is_owing | F.coalesce(F.col("is_priced"), F.lit(False))
        priced = F.when(F.col("is_priced"), F.col("priced_due")).otherwise(priced)
    passed = zero
    if has_passed(schedule):
        sums = value_of_entry(entry, schedule, lambda each: add_up(passed_through(each).values()))
        passed = F.coalesce(F.col("taken_passed"), F.when(is_owing, sums), zero)
        priced = priced + passed
    owes_nothing = ~F.col("kind").isin(*_OWING_KINDS) & entry.isNull()
    amounts = with_priced.select(
        "*",
        F.coalesce(F.col("fee"), zero).alias("charged"),
        is_owing.alias("is_owing"),
        F.when(~is_owing | owes_nothing, zero).otherwise(priced).alias("due"),
        passed.alias("passed"),
        value_of_entry(entry, schedule, lambda each: F.lit(each.name)).alias("schedule"),
        value_of_entry(entry, schedule, lambda each: F.lit(each.tolerance)).alias("tolerance"),
        value_of_entry(entry, schedule, lambda each: F.lit(each.billed is not None)).alias(
            "is_billed"
        ),
    )
    # FEE lines bear the fee of a billed entry: what stands on its lines is too much.
    compared = F.when(F.col("is_billed"), F.lit(0)).otherwise(F.col("due"))
    judged = amounts.withColumn("difference", F.col("charged") - compared)
    return judged.withColumn("tax", _tax(schedule)).withColumn(
        "result", judge(F.col("fee").isNull())
    )


def _tax(schedule: FeeSchedule) -> Column:
    """The tax within what is due: on top of the fee, or included in it."""
    priced = F.col("due") - F.col("passed")

    def tax(entry: FeeEntry) -> Column | None:
        if entry.tax is None:
            return None
        if entry.tax.mode == "included":
            return tax_of(entry, priced)
        on_top = component_dues(entry, line_bases())[TAX]
        return F.when(F.col("is_priced"), F.col("tax_on_top")).otherwise(on_top)

    return F.when(F.col("is_owing"), value_of_entry(F.col("entry"), schedule, tax)).cast("bigint")


def judge(is_empty: Column) -> Column:
    """The result by `due`, `difference` and `tolerance`; `is_empty`: no fee was charged at all."""
    difference = F.col("difference")
    is_tolerated = F.abs(difference) <= F.coalesce(F.col("tolerance"), F.lit(0))
    return (
        F.when(F.col("due").isNull(), F.lit(FeeResult.NO_SCHEDULE.value))
        .when(is_tolerated, F.lit(FeeResult.OK.value))
        .when(is_empty, F.lit(FeeResult.FEE_MISSING.value))
        .when(difference > F.lit(0), F.lit(FeeResult.OVERCHARGED.value))
        .when(difference < F.lit(0), F.lit(FeeResult.UNDERCHARGED.value))
    )
