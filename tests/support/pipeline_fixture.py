"""A small pipeline for tests: a configuration, an inbox, a lake, and the commands of a day.

Files are written from `file_line` and `file_txn` of `tests.support.ledger`.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
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
from tests.support.ledger import at, day

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


@dataclass
class PipelineFixture:
    """One channel, `bank`, unless a test writes more pages; days are offsets from T."""

    root: Path
    lake: Lake
    page: str = PAGE

    def __post_init__(self) -> None:
        (self.root / "config" / "channels").mkdir(parents=True, exist_ok=True)
        self.write_profile(self.page)

    @property
    def config(self) -> Configuration:
        """The configuration, read anew."""
        return load_configuration(str(self.root / "config"))

    @property
    def inbox(self) -> Path:
        """Where files arrive."""
        return self.root / "inbox"

    def write_profile(self, page: str, name: str = "bank") -> None:
        """Writes a channel's page."""
        (self.root / "config" / "channels" / f"{name}.yaml").write_text(page, encoding="utf-8")

    def write_file(self, place: str, content: bytes | str) -> Path:
        """Puts a file into the inbox."""
        path = self.inbox / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def write_statement(
        self, offset: int, *lines: Mapping[str, Any], name: str = "lines.csv"
    ) -> Path:
        """Puts a day's statement of channel bank into the inbox, from rows of `file_line`."""
        return self.write_file(f"bank/{day(offset)}/{name}", statement_text(lines, day(offset)))

    def write_snapshot(self, offset: int, *rows: Mapping[str, Any]) -> Path:
        """Puts a day's snapshot into the inbox, from rows of `file_txn`."""
        dated_rows = [date_snapshot_row(row, offset) for row in rows]
        path = self.inbox / "internal" / str(day(offset)) / "part-0.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(dated_rows, schema=SNAPSHOT), path)
        return path

    def ingest(self, *offsets: int) -> list[ingest_day.IngestSummary]:
        """Ingests some days."""
        inbox = Storage(str(self.inbox))
        return [
            ingest_day.ingest_day(self.lake, self.config, inbox, day(offset)) for offset in offsets
        ]

    def match(self, *offsets: int, channel: str = "bank") -> list[run_dates.MatchSummary]:
        """Matches some days of a channel."""
        config, dates = self.config, [day(offset) for offset in offsets]
        return run_dates.match_dates(self.lake, config.profiles[channel], dates, config.snapshots)

    def outcomes(self, offset: int, *columns: str) -> list[tuple[Any, ...]]:
        """A run date's outcomes, some columns, in the order of their ids."""
        return select_rows(self.lake.read_day(OUTCOMES, day(offset)), *columns)

    def open_items(self, offset: int, *columns: str) -> list[tuple[Any, ...]]:
        """What is open after a run date, some columns."""
        return select_rows(self.lake.read_day(OPEN_ITEMS, day(offset)), *columns)


def select_rows(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Rows as tuples in a fixed order; `line_no` is the line's number, reasons are joined by +."""
    out = []
    for row in frame.collect():
        values = row.asDict()
        values["line_no"] = values["line_id"] and int(values["line_id"][-9:])
        values["reasons"] = "+".join(values.get("reasons") or [])
        out.append(tuple(values[name] for name in columns))
    return sorted(out, key=str)


def date_snapshot_row(row: Mapping[str, Any], offset: int) -> dict[str, Any]:
    """The row with its date, its time (noon if it has none) and an exact amount."""
    return dict(row) | {
        "business_date": row.get("business_date", day(offset)),
        "amount": Decimal(str(row["amount"])),
        "occurred_at": row.get("occurred_at") or at("12", offset),
    }


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
    """A statement of channel bank as text, from rows of `file_line`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(LINE_COLUMNS)
    for line in lines:
        row = dict(line) | {"traded_at": line.get("traded_at") or f"{of} 12:00:00"}
        writer.writerow(["" if row[name] is None else row[name] for name in LINE_COLUMNS])
    return out.getvalue()
