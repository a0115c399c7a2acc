"""Writes the month's files: everything into a store, from which each day takes what arrives."""

import gzip
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from string import Template
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from demo.month.layouts import WRITERS, file_name
from demo.month.model import MonthLine, OurRow

PAGES = Path(__file__).resolve().parent / "config"
ZONE = ZoneInfo("Asia/Shanghai")
TEXTS = ("txn_id", "channel", "kind", "status", "channel_ref", "account_tail", "product",
         "card_type")  # fmt: skip
SNAPSHOT = pa.schema([
    *((name, pa.string()) for name in TEXTS),
    ("amount", pa.decimal128(18, 2)), ("currency", pa.string()),
    ("occurred_at", pa.timestamp("us", tz="UTC")), ("business_date", pa.date32()),
    ("merchant_id", pa.string()), ("order_ref", pa.string()),
    ("order_amount", pa.decimal128(18, 2)), ("original_txn_id", pa.string()),
])  # fmt: skip


def write_pages(folder: Path, values: dict[str, object]) -> None:
    """The month's configuration with its dates and limits put in."""
    for page in PAGES.rglob("*.yaml"):
        path = folder / page.relative_to(PAGES)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(page.read_text("utf-8")).substitute(values), "utf-8")


def write_statements(store: Path, lines: Iterable[MonthLine], days: Sequence[date]) -> int:
    """A file per channel and day, also of days without lines; sets `line_id`. Returns the count."""
    by_file: dict[tuple[str, date], list[MonthLine]] = defaultdict(list)
    for line in lines:
        by_file[line.channel, line.day].append(line)
    for channel, (render, encoding) in WRITERS.items():
        for day in days:
            ordered = sorted(by_file[channel, day], key=_place)
            content = render(ordered).encode(encoding)
            name = file_name(channel, day)
            _write(store / name, gzip.compress(content, mtime=0) if ".gz" in name else content)
            file_id = sha256((store / name).read_bytes()).hexdigest()
            for number, line in enumerate(ordered, start=2):
                line.file, line.line_id = name, f"{file_id}:{number:09d}"
    return len(WRITERS) * len(days)


def write_snapshots(store: Path, rows: Iterable[OurRow], days: Sequence[date]) -> None:
    """Our own side: one file per day."""
    by_day: dict[date, list[OurRow]] = defaultdict(list)
    for row in rows:
        by_day[row.day].append(row)
    for day in days:
        path = store / _snapshot_name(day)
        path.parent.mkdir(parents=True, exist_ok=True)
        ordered = sorted(by_day[day], key=lambda row: row.txn_id)
        pq.write_table(pa.Table.from_pylist([*map(_cells, ordered)], schema=SNAPSHOT), path)


def deliver(store: Path, inbox: Path, names: Iterable[str]) -> None:
    """Puts files of the store into the inbox."""
    for name in names:
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        copyfile(store / name, inbox / name)


def arrivals(days: Sequence[date], late: dict[tuple[str, date], date]) -> dict[date, list[str]]:
    """The files by the day on whose run they are there: their own, but for those that are late."""
    by_day: dict[date, list[str]] = {day: [_snapshot_name(day)] for day in days}
    for channel in WRITERS:
        for day in days:
            by_day[late.get((channel, day), day)].append(file_name(channel, day))
    return by_day


def _place(line: MonthLine) -> tuple[datetime, str]:
    return line.traded_at, line.channel_ref


def _snapshot_name(day: date) -> str:
    return f"internal/{day}/transactions.parquet"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _cells(row: OurRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in TEXTS} | {
        "amount": Decimal(row.amount).scaleb(-2),
        "currency": "CNY",
        "occurred_at": _utc(row.occurred_at),
        "business_date": row.day,
        "merchant_id": row.merchant,
        "order_ref": row.order_ref,
        "order_amount": row.order_amount and Decimal(row.order_amount).scaleb(-2),
        "original_txn_id": row.payment and row.payment.txn_id,
    }


def _utc(local: datetime) -> datetime:
    return local.replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC"))
