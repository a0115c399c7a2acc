"""Writes the statements of merchants of a date: all of them or none, the same bytes each time."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce
from itertools import groupby
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.exports.merchants.price_rows import price_rows
from jobs.exports.merchants.select_rows import select_rows, to_lines
from jobs.lake.tables import Lake
from jobs.reports.money_text import Money
from jobs.storage.atomic_folder import replace_folder
from schemas.currencies import exponent
from schemas.errors import CheckFailed
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES, RUNS
from schemas.vocabulary import Kind

FOLDER = "merchant_statements"
HEADER = ("txn_id", "order_ref", "kind", "occurred_at", "currency", "amount", "fee", "net")
#: First cell of a sum by kind, and of the last line.
SUM, TOTAL = "SUM", "TOTAL"
#: A transaction is matched at most so many days after its business date.
_AGE_DAYS = 62
_LAST = "summary.csv"
Sums = Counter[tuple[str, str]]


@dataclass
class MerchantStatements:
    """What was written; `folder` is below the lake.

    `net` is what we owe by currency, minor units; `provisional` counts transactions that are not
    final, `without_merchant` those of no merchant.
    """

    business_date: date
    folder: str
    files: list[str] = field(default_factory=list)
    transactions: int = 0
    net: Counter[str] = field(default_factory=Counter)
    provisional: int = 0
    without_merchant: int = 0


def write_statements(
    lake: Lake, day: date, zones: Mapping[str, ZoneInfo], cards: Mapping[str, FeeSchedule]
) -> MerchantStatements:
    """Writes `exports/DATE/merchant_statements/` below the lake.

    `zones` are the channels with their zones, in which the dates of the cards are meant; `cards`
    the rate cards by merchant, `default` for all others.

    Raises:
        CheckFailed: no entry of a card fits a transaction that we owe; nothing is written.
    """
    names = sorted(zones)
    rows = _read_rows(lake, day, day, names)
    without = rows.where(F.col("merchant_id").isNull()).count()
    rows = lake.stage(rows.where(F.col("merchant_id").isNotNull()), "merchant_rows")
    lines = to_lines(rows)
    earlier = lake.stage(to_lines(_find_related(lake, rows, day, names, cards)), "related")
    parts = [
        price_rows(
            lines.where(F.col("channel").isin(of_zone)), earlier, cards, day, zone, lake.stage
        )
        for zone, of_zone in _group_by_zone(zones).items()
    ]
    priced = lake.stage(reduce(DataFrame.unionByName, parts), "merchant_lines")
    _assert_priced(priced, day)
    result = MerchantStatements(day, f"exports/{day}/{FOLDER}", without_merchant=without)
    order = ("merchant_id", "currency", "is_owed", "traded_at", "line_id")
    # The engine writes the times, in UTC; Python would read them in the zone of the machine.
    at = (F.date_format("traded_at", form) for form in ("yyyy-MM-dd", "HH:mm:ss"))
    occurred_at = F.concat(next(at), F.lit("T"), next(at), F.lit("Z"))
    timed = priced.withColumn("occurred_at", occurred_at).orderBy(*order)
    sorted_rows = timed.drop("traded_at").toLocalIterator()
    target = lake.storage.full_path(result.folder)
    with replace_folder(lake.storage.fs, target, last=_LAST) as new_folder:
        summary: list[tuple[Any, ...]] = []
        for (merchant, currency, is_owed), of_file in groupby(sorted_rows, key=_file_of):
            name = f"{_file_name(merchant)}-{currency}{'' if is_owed else '-provisional'}.csv"
            sums: Sums = Counter()
            with lake.storage.fs.open_output_stream(f"{new_folder}/{name}") as out:
                text = io.TextIOWrapper(out, encoding="utf-8", newline="")
                _write(csv.writer(text, lineterminator="\n"), of_file, currency, sums)
                text.flush()
                text.detach()
            count, net = sums[TOTAL, "count"], sums[TOTAL, "amount"] - sums[TOTAL, "fee"]
            result.files.append(name)
            summary.append((merchant, currency, name, count, _major(net, currency)))
            if is_owed:
                result.transactions += count
                result.net[currency] += net
            else:
                result.provisional += count
        with lake.storage.fs.open_output_stream(f"{new_folder}/{_LAST}") as out:
            text = io.TextIOWrapper(out, encoding="utf-8", newline="")
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(("merchant_id", "currency", "file", "transactions", "net"))
            writer.writerows(summary)
            text.flush()
            text.detach()
    return result


def find_unmatched_channels(lake: Lake, profiles: Mapping[str, Profile], day: date) -> list[str]:
    """The channels with statements that match has not run for a date: what we owe is not known."""
    runs = lake.read_rows(RUNS, ("channel",), job="match", business_date=day)
    matched = {row["channel"] for row in runs}
    return [
        name
        for name, page in sorted(profiles.items())
        if page.statement == "files" and page.first_date <= day and name not in matched
    ]


def _group_by_zone(zones: Mapping[str, ZoneInfo]) -> dict[ZoneInfo, list[str]]:
    groups: dict[ZoneInfo, list[str]] = {}
    for name, zone in sorted(zones.items()):
        groups.setdefault(zone, []).append(name)
    return groups


def _read_rows(lake: Lake, first: date, last: date, channels: list[str]) -> DataFrame:
    is_chosen = F.col("channel").isin(channels)
    outcomes = lake.read_days(OUTCOMES, first, last).where(is_chosen)
    since = first - timedelta(days=_AGE_DAYS)
    transactions = lake.read_days(INTERNAL_TRANSACTIONS, since, last).where(is_chosen)
    return select_rows(outcomes, transactions)


def _find_related(
    lake: Lake, rows: DataFrame, day: date, channels: list[str], cards: Mapping[str, FeeSchedule]
) -> DataFrame:
    """The rows that we owed by the date whose payment is one that a refund of the date names."""
    is_refund = F.col("kind") == F.lit(Kind.REFUND.value)
    named = rows.where(is_refund & F.col("original_txn_id").isNotNull())
    named = lake.stage(named.select(F.col("original_txn_id").alias("payment")).distinct(), "named")
    owed = rows.where(F.col("is_owed"))
    if not named.head(1):
        return owed
    days = max((card.lookback_days for card in cards.values()), default=0)
    before = _read_rows(lake, day - timedelta(days=days), day - timedelta(days=1), channels)
    before = before.where(F.col("is_owed"))
    is_named = (F.col("txn_id") == F.col("payment")) | (
        F.col("original_txn_id") == F.col("payment")
    )
    return owed.unionByName(before.join(F.broadcast(named), on=is_named, how="left_semi"))


def _assert_priced(priced: DataFrame, day: date) -> None:
    unknown = priced.where(F.col("is_owed") & F.col("due").isNull())
    merchants = unknown.groupBy("merchant_id").agg(F.min("line_id").alias("line_id"))
    if rows := merchants.orderBy("merchant_id").limit(3).collect():
        shown = ", ".join(f"{row['merchant_id']} ({row['line_id']})" for row in rows)
        raise CheckFailed(
            f"merchant_statements: {day}: no entry of a rate card fits transactions of {shown}; add"
            " merchant_schedules/MERCHANT.yaml, or an entry to default.yaml; nothing was written"
        )


def _file_of(row: Any) -> tuple[str, str, bool]:
    return row["merchant_id"], row["currency"], row["is_owed"]


def _file_name(merchant: str) -> str:
    """A merchant's id as a file name: no two are alike."""
    return quote(merchant, safe="")


def _write(writer: Any, rows: Iterator[Any], currency: str, sums: Sums) -> None:
    writer.writerow(HEADER)
    for row in rows:
        fee = row["due"]
        values = {"count": 1, "amount": row["amount"], "fee": fee or 0}
        for name, value in values.items():
            sums[row["kind"], name] += value
            sums[TOTAL, name] += value
        net = None if fee is None else _major(row["amount"] - fee, currency)
        writer.writerow((
            row["line_id"], row["order_ref"], row["kind"],
            row["occurred_at"], currency,
            _major(row["amount"], currency),
            None if fee is None else _major(fee, currency), net,
        ))  # fmt: skip
    for kind in sorted({kind for kind, _ in sums} - {TOTAL}):
        writer.writerow((SUM, kind, *_render_sums(sums, kind, currency)))
    writer.writerow((TOTAL, *_render_sums(sums, TOTAL, currency)))


def _render_sums(sums: Sums, key: str, currency: str) -> tuple[int | str, ...]:
    amount, fee = sums[key, "amount"], sums[key, "fee"]
    amounts = (_major(value, currency) for value in (amount, fee, amount - fee))
    return (sums[key, "count"], *amounts)


def _major(minor: int, currency: str) -> str:
    return Money(minor, exponent(currency)).text
