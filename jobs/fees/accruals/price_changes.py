"""What is accrued on a date: the fee due on each transaction whose state turns on it."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.fees.accruals.our_lines import add_own_attributes, line_id_of, to_lines
from jobs.fees.accruals.state_changes import Materialize, find_changes, is_final
from jobs.fees.attributes import keep_attributes
from jobs.fees.compare import check_fees
from jobs.fees.components import value_of_entry
from jobs.fees.refunds import Card, price_refunds, select_refunds
from jobs.fees.reversals import reverse_fees
from jobs.fees.volumes.steps import StepRow, add_steps
from schemas.fee_schedule import PAYING_KINDS
from schemas.money import sum_amounts
from schemas.tables import FEE_ACCRUALS, FEE_TOTALS
from schemas.vocabulary import Kind

#: Entries whose price is of a batch, of which a single transaction has no share.
_OF_BATCH = "batch"
#: What is accrued without a line has nothing in these columns of `fee_totals`.
_ZEROS = ("lines", "amount", "charged", "due", "difference", "tax", "passed_through",
          "tolerated_lines", "tolerated", "refunds_without_payment", "fee_lines")  # fmt: skip


def price_changes(
    changes: DataFrame,
    earlier: DataFrame,
    day: date,
    card: Card,
    materialize: Materialize,
    steps: Sequence[StepRow] = (),
) -> DataFrame:
    """The rows of `fee_accruals` of a date.

    `changes` are the date's rows of `state_changes.find_changes`; `earlier` the rows of
    `internal_transactions` that they may be about: those of `lookback_days` before, and older ones
    with which a transaction began to be SUCCEEDED. One that ended otherwise later than
    `lookback_days` after that is left out. A component that a statement passes through is 0.
    `steps` are those of the volumes that statements have so far, for the same dates.
    """
    since = day - timedelta(days=card.schedule.lookback_days)
    in_time = F.col("taken_date").isNull() | (F.col("taken_date") >= F.lit(since))
    lines = to_lines(changes.where(in_time))
    is_refund = F.col("kind") == F.lit(Kind.REFUND.value)
    refunds = None
    if lines.where(is_refund).select("line_id").head(1):
        near = earlier.where(F.col("business_date") >= F.lit(since))
        refunds = _price_refunds(lines, near, day, card, materialize, steps)
    reversals = None
    if lines.where(F.col("taken_date").isNotNull()).select("line_id").head(1):
        reversals = materialize(_reverse(lines, earlier, card, steps), "our_reversals")
    checks = check_fees(
        _add_columns(lines, card, steps), refunds, card.schedule, card.zone, materialize, reversals,
        ("txn_id", "product", "card_type", "taken_date"),
    )  # fmt: skip
    level = value_of_entry(F.col("entry"), card.schedule, lambda each: F.lit(str(each.level)))
    is_of_line = F.coalesce(level != F.lit(_OF_BATCH), F.lit(True))
    return checks.where(is_of_line).select(*FEE_ACCRUALS.columns)


def _add_columns(lines: DataFrame, card: Card, steps: Sequence[StepRow]) -> DataFrame:
    """The lines with the columns of `attributes`, and with the steps of the card's volumes."""
    return add_steps(add_own_attributes(lines), card.schedule.volumes, steps)


def _price_refunds(
    lines: DataFrame,
    near: DataFrame,
    day: date,
    card: Card,
    materialize: Materialize,
    steps: Sequence[StepRow],
) -> DataFrame:
    """What our refunds of a date owe, with the earlier refunds of their payments."""
    is_refund = F.col("kind") == F.lit(Kind.REFUND.value)
    before = F.col("business_date") < F.lit(day)
    since = day - timedelta(days=card.schedule.lookback_days)
    refunds_before = find_changes(near.where(is_refund & before), since, materialize)
    pays = is_final() & F.col("kind").isin(*(kind.value for kind in PAYING_KINDS))
    payments = near.where(pays & before).withColumn("taken_date", F.lit(None).cast("date"))
    earlier = refunds_before.unionByName(payments)
    known = lines.unionByName(to_lines(earlier))
    days = card.schedule.lookback_days
    add = _attributes_of(known, card)
    own_card = card._replace(
        add_attributes=lambda frame: add_steps(add(frame), card.schedule.volumes, steps),
        reversal_days=days,
    )
    of_span = materialize(select_refunds(known), "our_refunds")
    priced = price_refunds(of_span, known, day, own_card, materialize)
    return materialize(priced, "our_priced_refunds")


def _attributes_of(known: DataFrame, card: Card) -> Callable[[DataFrame], DataFrame]:
    """What adds the columns of `attributes` to a few of the known lines."""
    prices = (price for entry in card.schedule.entries for price in entry.prices.values())
    if all(price.base != "order_amount" for price in prices):
        return keep_attributes
    orders = known.select("line_id", "own_order_amount")
    return lambda lines: add_own_attributes(lines.join(orders, on="line_id", how="left"))


def _reverse(
    lines: DataFrame, earlier: DataFrame, card: Card, steps: Sequence[StepRow]
) -> DataFrame:
    """What transactions owe that ended otherwise: minus what was due when they began."""
    ended = lines.where(F.col("taken_date").isNotNull())
    pairs = ended.select(
        F.col("line_id").alias("take_id"), line_id_of("taken_date").alias("taken_id")
    )
    places = ended.select("txn_id", F.col("taken_date").alias("business_date"))
    began = earlier.join(F.broadcast(places), on=["txn_id", "business_date"], how="left_semi")
    taken_lines = to_lines(began.withColumn("taken_date", F.lit(None).cast("date")))
    return reverse_fees(pairs, _add_columns(taken_lines, card, steps), card.schedule, card.zone)


def sum_accruals(accruals: DataFrame) -> DataFrame:
    """By entry and currency, what is accrued, minor units; null if a transaction has no entry."""
    is_complete = F.count("due") == F.count(F.lit(1))
    accrued = F.when(is_complete, sum_amounts(F.col("due")).cast("bigint")).alias("accrued")
    by = ("business_date", "channel", "schedule", "currency")
    return accruals.groupBy(*by).agg(accrued)


def add_accrued(totals: DataFrame, accruals: DataFrame) -> DataFrame:
    """The rows of `fee_totals` with `accrued`; an entry without a line has a row of its own.

    `totals` are the rows without it, `accruals` the date's rows of `fee_accruals`.
    """
    keys = ["business_date", "channel", "currency", "name"]
    name = F.coalesce("schedule", F.lit("")).alias("name")
    theirs = totals.drop("accrued").select("*", name, F.lit(True).alias("has_lines"))
    ours = sum_accruals(accruals).withColumn("name", name)
    ours = ours.select(*keys, "accrued", F.lit(True).alias("has_accruals"))
    both = theirs.join(ours, on=keys, how="full_outer")
    zero = F.lit(0).cast("bigint")
    filled = {
        column: F.when(F.col("has_lines"), F.col(column)).otherwise(zero) for column in _ZEROS
    }
    filled["schedule"] = F.when(F.col("name") != F.lit(""), F.col("name"))
    filled["accrued"] = F.when(F.col("has_accruals"), F.col("accrued")).otherwise(zero)
    return both.withColumns(filled).select(*FEE_TOTALS.columns)
