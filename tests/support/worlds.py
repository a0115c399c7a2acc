"""Small worlds for tests: a configuration, an inbox, and days of lines and transactions in them."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from jobs.cli.configuration import load_configuration
from jobs.ingestion import ingest_day
from jobs.lake.tables import Lake
from jobs.reconcile import run_dates
from jobs.storage.archive import Storage
from schemas.configuration import Configuration
from schemas.tables import OPEN_ITEMS, OUTCOMES

T = date(2026, 11, 16)

PAGE = """
channel: bank
dialect: delimited
zone: Asia/Shanghai
first_date: 2026-11-16
files:
  pattern: "bank/{business_date:%Y-%m-%d}/*.csv*"
layout:
  columns:
    our_ref: our_ref
    channel_ref: channel_ref
    kind: kind
    status: status
    amount: amount
    fee: fee
    currency: currency
    traded_at: traded_at
    merchant_id: merchant
match:
  passes: [our_ref, channel_ref]
  window: {internal: 2, statement: 2}
"""

LINE_COLUMNS = (
    "our_ref",
    "channel_ref",
    "kind",
    "status",
    "amount",
    "fee",
    "currency",
    "traded_at",
    "merchant",
)


def day(offset: int) -> date:
    """T plus some days."""
    return T + timedelta(days=offset)


@dataclass
class World:
    """A configuration folder, an inbox and a lake; days are offsets from T."""

    root: Path
    lake: Lake
    page: str = PAGE

    def __post_init__(self) -> None:
        (self.root / "config" / "channels").mkdir(parents=True, exist_ok=True)
        self.profile(self.page)

    @property
    def config(self) -> Configuration:
        """The configuration as it stands."""
        return load_configuration(str(self.root / "config"))

    @property
    def inbox(self) -> Path:
        """Where files arrive."""
        return self.root / "inbox"

    def profile(self, page: str, name: str = "bank") -> None:
        """Writes a channel's page."""
        (self.root / "config" / "channels" / f"{name}.yaml").write_text(page, encoding="utf-8")

    def file(self, place: str, content: bytes | str) -> Path:
        """Puts a file into the inbox."""
        path = self.inbox / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def statement(self, offset: int, *lines: Mapping[str, Any], name: str = "lines.csv") -> Path:
        """Puts a day's statement of channel bank into the inbox."""
        return self.file(f"bank/{day(offset)}/{name}", statement_text(lines, day(offset)))

    def snapshot(self, offset: int, *rows: Mapping[str, Any]) -> Path:
        """Puts a day's snapshot into the inbox; amounts are texts in major units."""
        full = [transaction(row, day(offset)) for row in rows]
        path = self.inbox / "internal" / str(day(offset)) / "part-0.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(full, schema=SNAPSHOT), path)
        return path

    def ingest(self, *offsets: int) -> list[ingest_day.IngestSummary]:
        """Takes in some days."""
        inbox = Storage(str(self.inbox))
        return [ingest_day.ingest_day(self.lake, self.config, inbox, day(each)) for each in offsets]

    def match(self, *offsets: int, channel: str = "bank") -> list[run_dates.MatchSummary]:
        """Matches some days of a channel."""
        profile = self.config.profiles[channel]
        return run_dates.match_dates(self.lake, profile, [day(each) for each in offsets])

    def outcomes(self, offset: int, *columns: str) -> list[tuple[Any, ...]]:
        """A run date's outcomes, some columns, in the order of their ids."""
        return shown(self.lake.read_day(OUTCOMES, day(offset)), *columns)

    def open_items(self, offset: int, *columns: str) -> list[tuple[Any, ...]]:
        """What is open after a run date, some columns."""
        return shown(self.lake.read_day(OPEN_ITEMS, day(offset)), *columns)


def shown(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Rows as tuples in a fixed order; `line_no` is the line's number, reasons are joined by +."""
    out = []
    for row in frame.collect():
        values = row.asDict()
        values["line_no"] = values["line_id"] and int(values["line_id"][-9:])
        values["reasons"] = "+".join(values.get("reasons") or [])
        out.append(tuple(values[name] for name in columns))
    return sorted(out, key=str)


def line(our_ref: str | None, amount: str = "10.00", **other: Any) -> dict[str, Any]:
    """A statement line: paid, in CNY, its channel_ref made from our_ref."""
    made = {
        "our_ref": our_ref,
        "channel_ref": f"C-{our_ref}",
        "kind": "PAYMENT",
        "status": "SUCCEEDED",
        "amount": amount,
        "fee": "0.06",
        "currency": "CNY",
        "traded_at": None,
        "merchant": "M1",
    }
    return made | other


def txn(txn_id: str, amount: str = "10.00", **other: Any) -> dict[str, Any]:
    """A transaction of ours: paid, in CNY, through channel bank."""
    made = {
        "txn_id": txn_id,
        "channel": "bank",
        "kind": "PAYMENT",
        "status": "SUCCEEDED",
        "amount": amount,
        "currency": "CNY",
        "occurred_at": None,
    }
    return made | other


def transaction(row: Mapping[str, Any], of: date) -> dict[str, Any]:
    """A snapshot row with its date, its time at noon UTC and an exact amount."""
    noon = datetime.fromisoformat(f"{of}T04:00:00+00:00")
    made = dict(row) | {"business_date": row.get("business_date", of)}
    made["amount"] = Decimal(str(row["amount"]))
    made["occurred_at"] = row.get("occurred_at") or noon
    return made


SNAPSHOT = pa.schema(
    [
        *[(name, pa.string()) for name in ("txn_id", "channel", "kind", "status", "currency")],
        ("amount", pa.decimal128(20, 4)),
        ("occurred_at", pa.timestamp("us", "UTC")),
        ("business_date", pa.date32()),
        *[(name, pa.string()) for name in ("our_ref", "channel_ref", "order_ref")],
        ("updated_at", pa.timestamp("us", "UTC")),
    ]
)


def statement_text(lines: Iterable[Mapping[str, Any]], of: date) -> str:
    """A statement of channel bank as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(LINE_COLUMNS)
    for each in lines:
        row = dict(each) | {"traded_at": each.get("traded_at") or f"{of} 12:00:00"}
        writer.writerow(["" if row[name] is None else row[name] for name in LINE_COLUMNS])
    return out.getvalue()
