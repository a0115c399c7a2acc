"""The labelled days on paper: lines, transactions of ours and labels, then their files.

Money is in signed fen. Times are seconds of the local day (Asia/Shanghai). Every trade has a number
of its own; its references and its amount follow from it, unless a case says otherwise.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq

CHANNEL = "labelled"
#: Two small days whose closed and open items reach into the third, which is the labelled one.
BEFORE, EVE, DAY = (date(2026, 11, 14), date(2026, 11, 15), date(2026, 11, 16))
DAYS = (BEFORE, EVE, DAY)
SEED = 20261116
#: Payments without a number: this far apart in time where their amounts are equal.
SLOT_SECONDS, SLOTS = 600, 144
#: The limit of the pass on amount and time; both signs of it occur.
WITHIN = 60
#: By how many fen the amounts of a pair by our_ref may differ.
TOLERANCE = 2
#: Amounts up to here belong to slots, so that nothing else has one of them.
SLOT_AMOUNTS = 1_000_000

LINE = pa.schema([
    ("traded_at", pa.string()), ("kind", pa.string()), ("status", pa.string()),
    ("amount", pa.int64()), ("currency", pa.string()), ("our_ref", pa.string()),
    ("channel_ref", pa.string()), ("order_ref", pa.string()),
])  # fmt: skip
OURS = pa.schema([
    ("txn_id", pa.string()), ("channel", pa.string()), ("kind", pa.string()),
    ("status", pa.string()), ("amount", pa.int64()), ("currency", pa.string()),
    ("occurred_at", pa.timestamp("us", tz="UTC")), ("business_date", pa.date32()),
    ("our_ref", pa.string()), ("channel_ref", pa.string()), ("order_ref", pa.string()),
])  # fmt: skip
LABEL = pa.schema([(name, pa.string())
                   for name in ("case", "txn_id", "line_id", "outcome", "reason")])  # fmt: skip
PROFILE = f"""\
channel: {CHANNEL}
dialect: delimited
zone: Asia/Shanghai
first_date: {BEFORE}
files: {{pattern: "{CHANNEL}/{{business_date:%Y-%m-%d}}.csv"}}
layout:
  columns: {{{", ".join(f"{name}: {name}" for name in LINE.names)}}}
  amount_unit: minor
  trailer: {{starts_with: "TOTAL,", totals: {{count: 2}}}}
scope: {{our_ref: "^[T-W][0-9]"}}
match:
  passes:
    - {{name: our_ref, on: [our_ref], tolerance: {{CNY: {TOLERANCE}}}}}
    - channel_ref
    - {{name: amount_and_time, on: [amount, currency], within_seconds: {WITHIN}}}
  groups: [order_ref]
  window: {{internal: 1, statement: 1}}
internal: {{amount_unit: minor}}
"""
Numbers = np.ndarray
Cells = Mapping[str, Any]


def tag(start: str, numbers: Numbers) -> pa.Array:
    """References: a letter and ten digits."""
    text = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 10, "0")
    return pc.binary_join_element_wise(start, text, "")


def amount(numbers: Numbers) -> Numbers:
    """An amount that no other number has: the last three digits are left to the cases."""
    return SLOT_AMOUNTS + numbers * 1_000


def moment(numbers: Numbers) -> Numbers:
    """When a trade was made, in seconds of its day."""
    return numbers * 7_919 % 86_000 + 60


class Book:
    """What is written down, a block of equal cases at a time."""

    def __init__(self) -> None:
        self._lines: dict[date, list[pa.Table]] = {day: [] for day in DAYS}
        self._keys: dict[date, list[Numbers]] = {day: [] for day in DAYS}
        self._ours: dict[date, list[pa.Table]] = {day: [] for day in DAYS}
        self._labels: list[tuple[str, str, str, pa.Array | None, Numbers | None]] = []
        self._numbers = self._line_count = self._slot_count = 0

    def numbers(self, count: int) -> Numbers:
        """Numbers of new trades."""
        self._numbers += count
        return np.arange(self._numbers - count, self._numbers, dtype=np.int64)

    def slots(self, count: int) -> tuple[Numbers, Numbers]:
        """Amounts and seconds that no others come near: what shares one has nobody else."""
        self._slot_count += count
        slot = np.arange(self._slot_count - count, self._slot_count, dtype=np.int64)
        return 1_000 + slot // SLOTS, SLOT_SECONDS // 2 + slot % SLOTS * SLOT_SECONDS

    def line(self, day: date, numbers: Numbers, **cells: Any) -> Numbers:
        """A line for each number, paid and under both references; returns their keys."""
        count = len(numbers)
        seconds = cells.pop("seconds", moment(numbers) + 20)
        midnight = np.datetime64(day, "s")
        values = {
            "traded_at": pa.array(midnight + seconds.astype("timedelta64[s]")).cast(pa.string()),
            "kind": "PAYMENT", "status": "SUCCEEDED", "amount": amount(numbers),
            "currency": "CNY", "our_ref": tag("T", numbers), "channel_ref": tag("C", numbers),
            "order_ref": None,
        }  # fmt: skip
        self._lines[day].append(_table(LINE, values | cells, count))
        keys = np.arange(self._line_count, self._line_count + count, dtype=np.int64)
        self._line_count += count
        self._keys[day].append(keys)
        return keys

    def ours(self, day: date, numbers: Numbers, **cells: Any) -> pa.Array:
        """A transaction for each number, succeeded; returns their ids."""
        seconds = cells.pop("seconds", moment(numbers))
        start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)
        micros = (int(start.timestamp()) + seconds) * 1_000_000
        values = {
            "txn_id": tag("T", numbers), "channel": CHANNEL, "kind": "PAYMENT",
            "status": "SUCCEEDED", "amount": amount(numbers), "currency": "CNY",
            "occurred_at": pa.array(micros).cast(pa.timestamp("us", tz="UTC")),
            "business_date": day, "our_ref": None, "channel_ref": None, "order_ref": None,
        } | cells  # fmt: skip
        self._ours[day].append(_table(OURS, values, len(numbers)))
        return values["txn_id"]

    def line_count(self, day: date) -> int:
        """How many lines the day has so far."""
        return sum(len(keys) for keys in self._keys[day])

    def label(
        self, case: str, verdict: str, ours: pa.Array | None = None, lines: Numbers | None = None
    ) -> None:
        """What the rule makes of these on the labelled day: `BREAK AMOUNT_MISMATCH|LATE`."""
        outcome, _, reasons = verdict.partition(" ")
        self._labels.append((case, outcome, reasons, ours, lines))

    def write(self, folder: Path) -> None:
        """The inbox with three days, the configuration, and `labels.csv`; same bytes each time."""
        rng = np.random.default_rng(SEED)
        keys, ids = [], []
        for day in DAYS:
            order = rng.permutation(self.line_count(day))
            keys.append(np.concatenate(self._keys[day])[order])
            ids.append(_statement(folder / "inbox", day, self._lines[day], order))
            _snapshot(folder / "inbox", day, pa.concat_tables(self._ours[day]), rng)
        (folder / "config" / "channels").mkdir(parents=True)
        (folder / "config" / "channels" / f"{CHANNEL}.yaml").write_text(PROFILE, "utf-8")
        line_ids = pa.concat_arrays(ids).take(pa.array(np.argsort(np.concatenate(keys))))
        blocks = [_label_rows(each, line_ids) for each in self._labels]
        pc_csv.write_csv(pa.concat_tables(blocks), folder / "labels.csv")


def _table(schema: pa.Schema, cells: Cells, count: int) -> pa.Table:
    columns = []
    for field in schema:
        value = cells[field.name]
        if not isinstance(value, pa.Array | np.ndarray):
            value = pa.repeat(pa.scalar(value, field.type), count)
        columns.append(pa.array(value).cast(field.type))
    return pa.table(columns, schema=schema)


def _statement(inbox: Path, day: date, blocks: list[pa.Table], order: Numbers) -> pa.Array:
    """Writes a day's file, its lines in that order; returns their ids, in it too."""
    table = pa.concat_tables(blocks).take(pa.array(order))
    path = inbox / CHANNEL / f"{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        out.write((",".join(LINE.names) + "\n").encode())
        plain = pc_csv.WriteOptions(include_header=False, quoting_style="none")
        pc_csv.write_csv(table, out, plain)
        out.write(f"TOTAL,{len(table)}\n".encode())
    file_id = sha256(path.read_bytes()).hexdigest()
    number = pc.utf8_lpad(pa.array(np.arange(2, len(table) + 2)).cast(pa.string()), 9, "0")
    return pc.binary_join_element_wise(file_id, number, ":")


def _snapshot(inbox: Path, day: date, table: pa.Table, rng: np.random.Generator) -> None:
    path = inbox / "internal" / str(day) / "transactions.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.take(pa.array(rng.permutation(len(table)))), path, compression="zstd")


def _label_rows(
    block: tuple[str, str, str, pa.Array | None, Numbers | None], line_ids: pa.Array
) -> pa.Table:
    case, outcome, reason, ours, lines = block
    count = len(ours) if ours is not None else len(lines) if lines is not None else 0
    theirs = "" if lines is None else line_ids.take(pa.array(lines))
    values = {"case": case, "txn_id": "" if ours is None else ours, "line_id": theirs,
             "outcome": outcome, "reason": reason}  # fmt: skip
    return _table(LABEL, values, count)
