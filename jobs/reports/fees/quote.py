"""The fee of one trade by a rate card: computed by the rules of the fee check, without a lake."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.fees.attributes import keep_attributes
from jobs.fees.compare import check_fees
from jobs.fees.components import value_of_entry
from jobs.fees.refunds import Card, price_refunds, select_refunds
from jobs.fees.volumes.steps import StepRow, add_steps, start_of, step_of
from jobs.fees.working import add_working, component_texts
from schemas.business_calendar import Calendar
from schemas.fee_schedule import FeeEntry, FeeSchedule
from schemas.fees.price import TAX
from schemas.fees.trade import Trade
from schemas.tables import STATEMENT_LINES
from schemas.vocabulary import SIGN_OF_KIND, Kind, Status

#: Ids of the line that is priced, and of the payment that it refunds.
_LINE, _PAYMENT = "line", "payment"


@dataclass(frozen=True)
class Quote:
    """The fee due on a trade, minor units; `entry` and `due` are None where no entry fits.

    `components` has what is due by name, `working` says how, line by line. `as_billed` are the
    components whose fee only the statement will say: they are in none of the others. `not_known`
    are attributes that the card asks for and the trade does not say: another entry may fit then.
    """

    trade: Trade
    entry: str | None
    due: int | None
    tax: int
    components: dict[str, int]
    working: tuple[str, ...]
    as_billed: tuple[str, ...]
    not_known: tuple[str, ...]


def quote_fee(
    spark: SparkSession,
    schedule: FeeSchedule,
    zone: ZoneInfo,
    trade: Trade,
    calendar: Calendar | None = None,
) -> Quote:
    """The fee due on a SUCCEEDED line that says what the trade says.

    `zone` and `calendar` are those of the channel's profile. A refund is the first one of its
    payment, which has the same product, card type and merchant.
    """

    def add_columns(lines: DataFrame) -> DataFrame:
        order_amount = F.lit(trade.order_amount).cast("bigint")
        with_amount = keep_attributes(lines).withColumn("order_amount", order_amount)
        return add_steps(with_amount, schedule.volumes, _list_steps(trade, schedule))

    rows = _list_rows(trade, schedule.lookback_days)
    lines = spark.createDataFrame(rows, STATEMENT_LINES.schema)
    refunds = None
    if trade.kind == Kind.REFUND:
        card = Card(schedule, zone, add_columns, calendar=calendar or Calendar())
        refunds = price_refunds(select_refunds(lines), lines, trade.day, card, _keep)
    of_trade = add_columns(lines.where(F.col("line_id") == F.lit(_LINE)))
    checks = _keep(check_fees(of_trade, refunds, schedule, zone, _keep), "checks")
    described = add_working(checks, schedule)
    texts = value_of_entry(F.col("entry"), schedule, _list_texts)
    (row,) = described.select(
        "entry", "schedule", "due", "tax", "is_priced", "components", "explanation",
        texts.alias("texts"),
    ).collect()  # fmt: skip
    return _read_quote(trade, schedule, row.asDict(recursive=True))


def _list_rows(trade: Trade, lookback_days: int) -> list[tuple[Any, ...]]:
    sign = SIGN_OF_KIND[trade.kind] or 1
    values = {"line_id": _LINE, "kind": trade.kind.value, "amount": sign * trade.amount}
    rows = [_row(trade, trade.day, values | {"original_ref_norm": _PAYMENT})]
    paid_on = trade.paid_on or trade.day
    is_in_sight = paid_on >= trade.day - timedelta(days=lookback_days)
    if trade.kind == Kind.REFUND and is_in_sight:
        paid = trade.amount if trade.paid is None else trade.paid
        payment = {"line_id": _PAYMENT, "kind": Kind.PAYMENT.value, "amount": paid}
        rows.append(_row(trade, paid_on, payment | {"channel_ref_norm": _PAYMENT}))
    return rows


def _list_steps(trade: Trade, schedule: FeeSchedule) -> list[StepRow]:
    """The steps of the trade's volume, for the dates of the trade and of its payment; without a
    volume the first step counts.
    """
    if trade.volume is None:
        return []
    days = sorted({trade.day, trade.paid_on or trade.day})
    return [
        StepRow(tiers.step_column, start, trade.merchant_id if tiers.per == "merchant" else None,
                trade.currency, step_of(tiers, trade.volume))
        for tiers in schedule.volumes
        for start in sorted({start_of(tiers, day) for day in days})
    ]  # fmt: skip


def _row(trade: Trade, day: date, values: dict[str, Any]) -> tuple[Any, ...]:
    row = dict.fromkeys(STATEMENT_LINES.columns) | {
        "business_date": day,
        "channel": trade.channel,
        "status": Status.SUCCEEDED.value,
        "currency": trade.currency,
        "product": trade.product,
        "card_type": trade.card_type,
        "merchant_id": trade.merchant_id,
        "extra": dict(trade.extra) or None,
        **values,
    }
    return tuple(row[name] for name in STATEMENT_LINES.columns)


def _keep(frame: DataFrame, name: str) -> DataFrame:
    """The few rows of a frame, computed once."""
    del name
    return frame.sparkSession.createDataFrame(frame.collect(), frame.schema)


def _list_texts(entry: FeeEntry) -> Column:
    return F.array(*component_texts(entry).values())


def _read_quote(trade: Trade, schedule: FeeSchedule, row: dict[str, Any]) -> Quote:
    entry = None if row["entry"] is None else schedule.entries[row["entry"]]
    prices = entry.prices if entry is not None else {}
    as_billed = tuple(name for name, price in prices.items() if price.pass_through)
    if row["is_priced"] or entry is None:
        working = tuple(row["explanation"].split("; "))
    else:
        texts = zip([*prices, TAX], row["texts"], strict=False)
        working = tuple(f"{name}: {text}" for name, text in texts if name not in as_billed)
    components = {
        part["name"]: part["due"] for part in row["components"] or ()
        if part["name"] not in as_billed
    }  # fmt: skip
    return Quote(
        trade, row["schedule"], row["due"], row["tax"] or 0, components, working, as_billed,
        _list_unknown(trade, schedule, row["entry"]),
    )  # fmt: skip


def _list_unknown(trade: Trade, schedule: FeeSchedule, number: int | None) -> tuple[str, ...]:
    """What the entries down to the one that fits ask for, and the trade does not say."""
    entries = schedule.entries if number is None else schedule.entries[: number + 1]
    names = [
        name for name in ("product", "card_type", "merchant_id")
        if any(getattr(entry, name) for entry in entries) and getattr(trade, name) is None
    ]  # fmt: skip
    needed = {name for entry in entries for name in entry.extra} - {*dict(trade.extra)}
    names += [f"extra.{name}" for name in sorted(needed)]
    prices = [] if number is None else schedule.entries[number].prices.values()
    if trade.order_amount is None and any(price.base == "order_amount" for price in prices):
        names.append("order_amount")
    if trade.volume is None and any(price.volume for price in prices):
        names.append("volume")
    return tuple(names)
