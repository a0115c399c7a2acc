"""Makes the demo's data set: the inbox that channels and our own system would fill, and labels.

The same seed makes the same bytes. Source of the layouts: docs/reference/dialects.
"""

import csv
import gzip
import random
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from demo import layouts
from demo.builder import DataBuilder
from demo.cases import CASES, ONCE
from demo.model import ABSENT, BANK, CHANNELS, DAYS, LAST, PARTS, Label, Line, Row
from demo.settlement import SettlementLabel, draw_settlement

SEED = 20261116
ZONE = ZoneInfo("Asia/Shanghai")
LABEL_COLUMNS = ("case", "channel", "txn_id", "line_id", "file", "outcome", "reasons", "action",
                 "run_date", "fee_result", "fee_difference")  # fmt: skip
SNAPSHOT = pa.schema(
    {
        "txn_id": pa.string(),
        "channel": pa.string(),
        "kind": pa.string(),
        "status": pa.string(),
        "amount": pa.decimal128(18, 2),
        "currency": pa.string(),
        "occurred_at": pa.timestamp("us", tz="UTC"),
        "business_date": pa.date32(),
        "channel_ref": pa.string(),
        "original_txn_id": pa.string(),
        "account_tail": pa.string(),
        "product": pa.string(),
    }
)
Writer = tuple[Callable[[Sequence[Line]], str], str]
WRITERS: dict[str, Writer] = {
    "wechat": (layouts.render_wechat, "utf-8"),
    "bankcard": (layouts.render_bankcard, "gb18030"),
    "epay": (layouts.render_epay, "utf-8"),
    BANK: (layouts.render_icbc, "utf-8"),
}


@dataclass(frozen=True)
class DemoData:
    """The data set: the folder of the inbox, the label files, and how many rows and files."""

    inbox: Path
    labels: Path
    settlement_labels: Path
    lines: int
    transactions: int
    files: int


def make_data(folder: Path, seed: int = SEED) -> DemoData:
    """Writes `folder`/inbox, `folder`/labels.csv and `folder`/settlement.csv; `folder` holds none
    of them yet.
    """
    builder = draw_days(seed)
    batches = draw_settlement(builder)
    inbox = folder / "inbox"
    files = [_statement(inbox, builder.lines, channel, day, part)
             for day in DAYS for channel in PARTS for part in PARTS[channel]
             if (channel, day, part) != ABSENT]  # fmt: skip
    for day in DAYS:
        _snapshot(inbox, [row for row in builder.rows if row.day == day], day)
    labels = folder / "labels.csv"
    _write_labels(labels, builder.labels)
    settlement_labels = folder / "settlement.csv"
    _write_settlement_labels(settlement_labels, batches)
    line_count = sum(not line.is_absent for line in builder.lines)
    ours = len({row.txn_id for row in builder.rows})
    return DemoData(inbox, labels, settlement_labels, line_count, ours, len(files) + len(DAYS))


def draw_days(seed: int = SEED) -> DataBuilder:
    """Rows, lines and labels of the five days, without files."""
    builder = DataBuilder(random.Random(seed))
    for day in DAYS:
        for channel in CHANNELS:
            for case, times in CASES[channel].items():
                for _ in range(times):
                    case(builder, channel, day)
    for channel, days_after, case in ONCE:
        case(builder, channel, DAYS[days_after])
    return builder


def file_name(channel: str, day: date, part: str) -> str:
    """Where a file of the channel lies below the inbox, as demo/config says."""
    return {
        "wechat": f"wechat/{day}/{layouts.MERCHANT}_all.csv",
        "bankcard": f"bankcard/CARD_{day:%Y%m%d}.txt",
        "epay": f"epay/{day}/epay-{part}.csv.gz",
        BANK: f"icbc/{day}.csv",
    }[channel]


def _statement(inbox: Path, lines: list[Line], channel: str, day: date, part: str) -> Path:
    part_lines = [
        line for line in lines if (line.channel, line.day, line.part) == (channel, day, part)
    ]
    part_lines.sort(key=lambda line: (line.traded_at, line.channel_ref))
    text, encoding = WRITERS[channel]
    content = text(part_lines).encode(encoding)
    name = file_name(channel, day, part)
    if name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    file_id = sha256(content).hexdigest()
    for number, line in enumerate(part_lines, start=2):
        line.file, line.line_id = name, f"{file_id}:{number:09d}"
    return path


def _snapshot(inbox: Path, rows: list[Row], day: date) -> None:
    def cells(row: Row) -> dict[str, object]:
        return {
            "txn_id": row.txn_id,
            "channel": row.channel,
            "kind": row.kind,
            "status": row.status,
            "amount": Decimal(row.amount).scaleb(-2),
            "currency": "CNY",
            "occurred_at": _utc(row.occurred_at),
            "business_date": row.day,
            "channel_ref": row.channel_ref,
            "original_txn_id": row.original_txn_id,
            "account_tail": row.account_tail,
            "product": row.product,
        }

    path = inbox / "internal" / str(day) / "transactions.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = sorted(rows, key=lambda row: row.txn_id)
    pq.write_table(pa.Table.from_pylist([cells(row) for row in ordered], schema=SNAPSHOT), path)


def _utc(local: datetime) -> datetime:
    return local.replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC"))


def _write_labels(path: Path, labels: list[Label]) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(LABEL_COLUMNS)
        for label in labels:
            line = label.line
            assert label.run_date <= LAST, label
            writer.writerow((label.case, label.channel, label.txn_id or "",
                             line.line_id if line else "", line.file if line else "",
                             label.outcome, label.reasons, label.action, label.run_date,
                             label.fee_result, label.fee_difference))  # fmt: skip


def _write_settlement_labels(path: Path, labels: Sequence[SettlementLabel]) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow([field.name for field in fields(SettlementLabel)])
        writer.writerows(astuple(label) for label in labels)
