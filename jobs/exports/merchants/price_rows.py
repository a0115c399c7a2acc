"""Our fee on each transaction of a merchant, by the merchant's rate card."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import reduce
from zoneinfo import ZoneInfo

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.fees.compare import check_fees
from jobs.fees.refunds import Card, price_refunds, select_refunds
from schemas.fee_schedule import FeeSchedule
from schemas.vocabulary import Kind

Materialize = Callable[[DataFrame, str], DataFrame]
#: The card of merchants without one of their own.
DEFAULT = "default"
#: What a statement shows of a transaction.
COLUMNS = ("line_id", "merchant_id", "order_ref", "kind", "traded_at", "currency", "amount", "due",
           "is_owed")  # fmt: skip


def price_rows(
    lines: DataFrame,
    earlier: DataFrame,
    cards: Mapping[str, FeeSchedule],
    day: date,
    zone: ZoneInfo,
    materialize: Materialize,
) -> DataFrame:
    """The lines of a date (`select_rows.to_lines`) with `due`, our fee: `COLUMNS`.

    `earlier` are the lines of the date and of statements before it that refunds of the date may be
    about. `cards` are by merchant; those of no card follow DEFAULT. `due` is null where no card or
    no entry fits, and on what is not owed yet.
    """
    own = sorted(name for name in cards if name != DEFAULT)
    parts = [
        _price(lines.where(F.col("merchant_id") == F.lit(name)), earlier, cards[name], day, zone,
               materialize)
        for name in own
    ]  # fmt: skip
    others = lines.where(~F.col("merchant_id").isin(own)) if own else lines
    if DEFAULT in cards:
        parts.append(_price(others, earlier, cards[DEFAULT], day, zone, materialize))
    else:
        parts.append(others.withColumn("due", F.lit(None).cast("bigint")).select(*COLUMNS))
    return reduce(DataFrame.unionByName, parts)


def _price(
    lines: DataFrame,
    earlier: DataFrame,
    card: FeeSchedule,
    day: date,
    zone: ZoneInfo,
    materialize: Materialize,
) -> DataFrame:
    owed = lines.where(F.col("is_owed"))
    refunds = None
    if owed.where(F.col("kind") == F.lit(Kind.REFUND.value)).select("line_id").head(1):
        of_card = materialize(select_refunds(earlier), "merchant_refunds")
        terms = Card(card, zone)
        refunds = materialize(
            price_refunds(of_card, earlier, day, terms, materialize), "merchant_fees"
        )
    keep = ("merchant_id", "order_ref", "traded_at", "is_owed")
    checks = check_fees(owed, refunds, card, zone, materialize, None, keep)
    provisional = lines.where(~F.col("is_owed")).withColumn("due", F.lit(None).cast("bigint"))
    return checks.select(*COLUMNS).unionByName(provisional.select(*COLUMNS))
