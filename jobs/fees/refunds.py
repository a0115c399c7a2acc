"""What refunds owe: a share of their payment's fee, nothing, or a fee of their own.

A refund is priced together with the earlier refunds of its payment, component by component, so that
no more comes back than was due. Source: docs/reference/fees.md, "Refunds".
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.fees.attributes import keep_attributes
from jobs.fees.components import value_of_entry
from jobs.fees.originals import find_payments, find_refunds_of, find_take_backs
from jobs.fees.returns import price_events, sum_components
from jobs.fees.reversals import find_taking_lines
from jobs.fees.schedule import entry_number, refund_entry_number
from schemas.business_calendar import Calendar
from schemas.dates import NO_TIME
from schemas.fee_schedule import UNTIL_SETTLED, FeeSchedule
from schemas.vocabulary import Kind, Status

_COLUMNS = (
    "line_id", "business_date", "traded_at", "kind", "status", "amount", "currency", "product",
    "card_type", "merchant_id", "channel_ref_norm", "our_ref_norm", "original_ref_norm",
    "order_ref_norm", "extra",
)  # fmt: skip


class Card(NamedTuple):
    """A rate card, the zone in which its dates are meant, what adds the columns of `attributes` to
    lines, after how many days a line still takes the place of another one, and the calendar that
    says when a payment is settled.
    """

    schedule: FeeSchedule
    zone: ZoneInfo
    add_attributes: Callable[[DataFrame], DataFrame] = keep_attributes
    reversal_days: int = 7
    calendar: Calendar = Calendar()


def select_refunds(lines: DataFrame) -> DataFrame:
    """The refunds among statement lines, PENDING ones apart."""
    is_refund = F.col("kind") == F.lit(Kind.REFUND.value)
    refunds = lines.where(is_refund & (F.col("status") != F.lit(Status.PENDING.value)))
    return refunds.select(*_COLUMNS, F.coalesce("traded_at", F.lit(NO_TIME)).alias("at"))


def price_refunds(
    refunds: DataFrame,
    lines: DataFrame,
    day: date,
    card: Card,
    materialize: Callable[[DataFrame, str], DataFrame],
) -> DataFrame:
    """Prices the refunds of a date: one row per refund of `refunds` on it that SUCCEEDED or takes
    the place of one.

    `refunds` are those of the date and of the look-back (`select_refunds`), `lines` the statement
    lines of the same dates. Columns as `returns.sum_components`.
    """
    of_day = F.col("business_date") == F.lit(day)
    is_return = F.col("amount") <= F.lit(0)
    reversed_refunds = find_taking_lines(refunds, card.reversal_days)
    refunds = refunds.where(F.col("status") == F.lit(Status.SUCCEEDED.value))
    take_backs = materialize(find_take_backs(refunds, reversed_refunds), "take_backs")
    takes = take_backs.where(F.col("take_date") == F.lit(day))
    named = takes.select(F.col("refund_id").alias("line_id")).distinct()
    roots = refunds.where(is_return & of_day).unionByName(
        refunds.where(is_return & ~of_day).join(named, on="line_id", how="left_semi")
    )
    payments = materialize(find_payments(roots, lines, materialize), "refunded_payments")
    naming = find_refunds_of(payments, refunds.where(is_return))
    others = materialize(naming.join(roots, on="line_id", how="left_anti"), "other_refunds")
    events, links = roots, payments
    if others.head(1):
        others_payments = find_payments(others, lines, materialize).join(
            payments.select("line_id").distinct(), on="line_id", how="left_semi"
        )
        links = materialize(payments.unionByName(others_payments), "links")
        linked = links.select(F.col("refund_id").alias("line_id"))
        events = roots.unionByName(others.join(linked, on="line_id", how="left_semi"))
    # What takes back a refund that nobody knows is priced as that refund would be, reversed.
    known = take_backs.select(F.col("take_id").alias("line_id"))
    lonely = refunds.where(of_day & ~is_return).join(known, on="line_id", how="left_anti")
    links = add_settling_dates(links, card, day)
    priced = materialize(_add_entries(events.unionByName(lonely), links, card), "refund_entries")
    dues = price_events(priced, take_backs, card.schedule, materialize)
    return sum_components(priced.where(of_day), priced, dues, takes)


def add_settling_dates(payments: DataFrame, card: Card, day: date) -> DataFrame:
    """Adds `settles_on`: the payment's settlement date, else the next business day; null past the
    end of the calendar, and where no entry asks for it.
    """
    if all(entry.refund_rule != UNTIL_SETTLED for entry in card.schedule.entries):
        return payments.withColumn("settles_on", F.lit(None).cast("date"))
    span = range(card.schedule.lookback_days + 1)
    days = [day - timedelta(days=back) for back in span]
    next_days = payments.sparkSession.createDataFrame(
        [(each, card.calendar.add_business_days(each, 1)) for each in days],
        "paid_on date, next_day date",
    )
    is_its = F.col("business_date") == F.col("paid_on")
    dated = payments.join(F.broadcast(next_days), on=is_its, how="left")
    settles_on = F.coalesce("settlement_date", "next_day")
    return dated.withColumn("settles_on", settles_on).drop("paid_on", "next_day")


def _resolve_rule(rule: Column) -> Column:
    """The rule, where it depends on the payment's settlement: `keep` from that date on."""
    is_settled = F.coalesce(F.col("business_date") >= F.col("settles_on"), F.lit(False))
    resolved = F.when(is_settled, F.lit("keep")).otherwise(F.lit("return"))
    return F.when(rule == F.lit(UNTIL_SETTLED), resolved).otherwise(rule)


def _add_entries(events: DataFrame, links: DataFrame, card: Card) -> DataFrame:
    """Adds the payment of each refund, and the number and rule of the entry that prices it."""
    steps = [volume.step_column for volume in card.schedule.volumes]
    payments = card.add_attributes(links).select(
        F.col("refund_id").alias("line_id"),
        F.col("line_id").alias("payment_id"),
        F.abs("amount").alias("paid"),
        F.coalesce(F.abs("order_amount"), F.abs("amount")).alias("paid_base"),
        F.col("currency").alias("paid_currency"),
        (F.col("status") == F.lit(Status.SUCCEEDED.value)).alias("is_paid"),
        entry_number(card.schedule, card.zone).alias("original"),
        "settles_on",
        *(F.col(step).alias(f"paid_{step}") for step in steps),
    )
    numbered = card.add_attributes(events).select(
        "line_id", "business_date", "at", "currency",
        F.abs("amount").alias("size"),
        (F.col("amount") > F.lit(0)).alias("is_reversed"),
        entry_number(card.schedule, card.zone).alias("own"),
        refund_entry_number(card.schedule, card.zone).alias("named"),
        *steps,
    )  # fmt: skip
    entry = F.coalesce("named", "original", "own")
    rule = value_of_entry(F.col("entry"), card.schedule, lambda entry: F.lit(entry.refund_rule))
    with_entry = numbered.join(payments, on="line_id", how="left").withColumn("entry", entry)
    with_rule = with_entry.withColumn("rule", _resolve_rule(rule)).drop("settles_on")
    # A fee that is charged again is that of the entry which fits the refund itself.
    charged = F.coalesce("named", "own", "entry")
    is_charged = F.col("rule") == F.lit("charge")
    # What comes back, comes back by the step by which it was paid.
    is_own = is_charged | (F.col("currency") != F.col("paid_currency"))
    used = {step: F.coalesce(F.when(~is_own, F.col(f"paid_{step}")), F.col(step)) for step in steps}
    used["entry"] = F.when(is_charged, charged).otherwise(F.col("entry"))
    return with_rule.withColumns(used)
