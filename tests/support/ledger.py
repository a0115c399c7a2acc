"""Builds rows for tests: statement lines, internal transactions, outcomes, and rows of files.

Rows of a table have amounts in minor units (int). Rows of a file (`file_line`, `file_txn`) have
amounts as text in major units, "10.00". Days are offsets from T; clock times are Shanghai's.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import DataFrame, SparkSession

from jobs.statements.canonical.references import normalize_reference
from schemas.tables import INTERNAL_TRANSACTIONS, STATEMENT_LINES, Table

T = date(2026, 11, 16)
ZONE = ZoneInfo("Asia/Shanghai")
Row = dict[str, Any]

#: What every builder starts from.
_PAYMENT = {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "CNY"}
_TIMES = {STATEMENT_LINES.name: "traded_at", INTERNAL_TRANSACTIONS.name: "occurred_at"}


def day(offset: int) -> date:
    """T plus some days."""
    return T + timedelta(days=offset)


def at(clock: str, offset: int = 0, seconds: float = 0) -> datetime:
    """A clock time in Shanghai ("12", "12:01", "12:01:30"), plus some seconds; in UTC."""
    parts = zip(("hours", "minutes", "seconds"), map(float, clock.split(":")), strict=False)
    midnight = datetime.combine(day(offset), datetime.min.time(), ZONE).astimezone(UTC)
    return midnight + timedelta(**dict(parts)) + timedelta(seconds=seconds)


def complete_row(table: Table, values: Mapping[str, Any]) -> Row:
    """A row with all columns of its table; a normalized reference is made from its reference."""
    row: Row = {**dict.fromkeys(table.columns), **values}
    for name in table.columns:
        if name.endswith("_norm") and name not in values:
            row[name] = normalize_reference(row.get(name.removesuffix("_norm")))
    return row


def date_row(table: Table, row: Mapping[str, Any], offset: int) -> Row:
    """The row with a business date and a time: those of the row, or noon of the day."""
    return {"business_date": day(offset), _TIMES[table.name]: at("12", offset), **row}


def line(
    line_id: str,
    our_ref: str | None = None,
    amount: int = 1000,
    on: int | None = None,
    **other: Any,
) -> Row:
    """A statement line: a payment of 10.00 CNY that succeeded; its channel_ref is C- and its id.

    `on` is its day. Without it the row has no date and no time: the run that reads it dates it.
    """
    values = {
        **_PAYMENT,
        "line_id": line_id,
        "file_id": "f",
        "line_no": 1,
        "channel": "bank",
        "amount": amount,
        "fee": 6,
        "our_ref": our_ref,
        "channel_ref": f"C-{line_id}",
    }
    return _build(STATEMENT_LINES, values | other, on)


def bare_line(line_id: str, our_ref: str | None = None, amount: int = 1000, **other: Any) -> Row:
    """A statement line without a channel_ref."""
    return line(line_id, our_ref, amount, **{"channel_ref": None, **other})


def txn(txn_id: str, amount: int = 1000, on: int | None = None, **other: Any) -> Row:
    """An internal transaction: a payment of 10.00 CNY that succeeded; its our_ref is its txn_id.

    `on` as in `line`.
    """
    values = {**_PAYMENT, "txn_id": txn_id, "channel": "bank", "amount": amount, "our_ref": txn_id}
    return _build(INTERNAL_TRANSACTIONS, values | other, on)


def _build(table: Table, values: Row, on: int | None) -> Row:
    row = complete_row(table, values)
    if on is not None:
        return row | date_row(table, values, on)
    for name in ("business_date", _TIMES[table.name]):
        if name not in values:
            del row[name]
    return row


def outcome_row(unit_id: str, on: int = 0, channel: str = "bank", **other: Any) -> Row:
    """An outcome: a matched payment in CNY, without amounts, of a run of the day."""
    values = {
        "run_date": day(on),
        "channel": channel,
        "unit_id": unit_id,
        "outcome": "MATCHED",
        "reasons": [],
        "action": "NONE",
        "txn_id": unit_id,
        "line_id": f"f:{unit_id}",
        "kind": "PAYMENT",
        "our_ref": unit_id,
        "channel_ref": f"C-{unit_id}",
        "currency": "CNY",
        "internal_currency": "CNY",
        "internal_date": day(on),
        "statement_date": day(on),
        "first_run_date": day(on),
        "chances": 1,
    }
    return values | other


def pair_row(unit_id: str, internal: int, statement: int, **other: Any) -> Row:
    """An outcome of a pair with amounts: matched if they are equal, else a break."""
    if internal != statement:
        return amount_break_row(unit_id, internal, statement, **other)
    return outcome_row(unit_id, **{**_pair_amounts(internal, statement), **other})


def amount_break_row(unit_id: str, internal: int, statement: int, **other: Any) -> Row:
    """A break: a pair with different amounts."""
    values = {"outcome": "BREAK", "reasons": ["AMOUNT_MISMATCH"], "action": "REVIEW"}
    return outcome_row(unit_id, **{**values, **_pair_amounts(internal, statement), **other})


def _pair_amounts(internal: int, statement: int) -> Row:
    return {
        "internal_amount": internal,
        "statement_amount": statement,
        "difference": statement - internal,
        "internal_status": "SUCCEEDED",
        "statement_status": "SUCCEEDED",
    }


def internal_only_row(unit_id: str, amount: int, **other: Any) -> Row:
    """A break: a transaction that is on no statement."""
    values = {
        "outcome": "BREAK",
        "reasons": ["INTERNAL_ONLY"],
        "action": "QUERY",
        "line_id": None,
        "channel_ref": None,
        "statement_date": None,
        "internal_amount": amount,
        "internal_status": "SUCCEEDED",
        "chances": 3,
    }
    return outcome_row(unit_id, **{**values, **other})


def statement_only_row(unit_id: str, amount: int, **other: Any) -> Row:
    """A break: a statement line without a transaction."""
    values = {
        "outcome": "BREAK",
        "reasons": ["STATEMENT_ONLY"],
        "action": "REFUND",
        "txn_id": None,
        "internal_currency": None,
        "internal_date": None,
        "statement_amount": amount,
        "statement_status": "SUCCEEDED",
        "chances": 3,
    }
    return outcome_row(unit_id, **{**values, **other})


def frame_of(spark: SparkSession, table: Table, rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    """The rows as a frame of the table; a column that a row lacks is null."""
    values = [tuple(row.get(name) for name in table.columns) for row in rows]
    return spark.createDataFrame(values, table.schema)


def file_line(our_ref: str | None, amount: str = "10.00", **other: Any) -> Row:
    """A line of a statement FILE, `amount` and `fee` as text in major units.

    Without `traded_at` the writer of the file sets noon of the day.
    """
    values = {
        **_PAYMENT,
        "our_ref": our_ref,
        "channel_ref": f"C-{our_ref}",
        "amount": amount,
        "fee": "0.06",
        "traded_at": None,
        "merchant": "M1",
    }
    return values | other


def file_txn(txn_id: str, amount: str = "10.00", **other: Any) -> Row:
    """A row of a snapshot FILE, `amount` as text in major units; no references.

    Without `occurred_at` the writer of the file sets noon of the day.
    """
    values = {**_PAYMENT, "txn_id": txn_id, "channel": "bank", "amount": amount}
    return values | {"occurred_at": None} | other
