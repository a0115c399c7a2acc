"""A lake of many small days: the first is run by tieout, later ones are written from its rows.

The lake's own writers write the latest days, a commit for each commit of a real day, under dates
and references of their own.
"""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from jobs.cli.configuration import load_configuration
from jobs.ingestion.day_state import resolve_day_state
from jobs.lake.commit import DataFile
from jobs.lake.line_writer import LineFileWriter
from jobs.lake.run_log import Run
from jobs.lake.tables import Lake
from jobs.lake.write_checks import arrow_schema
from jobs.reconcile.rerun_plan import compute_fingerprint
from schemas.profile.channel import Snapshots
from schemas.table import Table
from schemas.tables import (
    FEE_TOTALS,
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    RUNS,
    SNAPSHOT_FILES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)

FIRST_DAY = date(2026, 1, 1)
CHANNELS = ("alpha", "bravo", "charlie")
#: Payments a day and channel; one more stands on the statement only, another one in ours only.
PAYMENTS = 40
#: The latest days of a history are written commit by commit.
ONE_BY_ONE = 20
WRITTEN_PLAIN = (INTERNAL_TRANSACTIONS, OUTCOMES, OPEN_ITEMS, FEE_TOTALS)
PAGE = """channel: {name}
dialect: delimited
zone: Asia/Shanghai
first_date: {first}
files:
  pattern: "{name}/{{business_date:%Y-%m-%d}}.csv"
  day_check: none
layout:
  columns: {{our_ref: our_ref, channel_ref: channel_ref, kind: kind, status: status,
    amount: amount, fee: fee, currency: currency, traded_at: traded_at}}
match:
  passes: [our_ref, channel_ref]
"""
RATE_CARD = 'channel: {name}\nentries:\n  - {{name: standard, rate: "0.0060"}}\n'


def write_configuration(place: Path) -> None:
    """Writes the pages of the channels and their rate cards."""
    for folder in ("channels", "fee_schedules"):
        (place / "config" / folder).mkdir(parents=True)
    for name in CHANNELS:
        page = PAGE.format(name=name, first=FIRST_DAY)
        (place / f"config/channels/{name}.yaml").write_text(page)
        (place / f"config/fee_schedules/{name}.yaml").write_text(RATE_CARD.format(name=name))
    pattern = 'pattern: "internal/{business_date:%Y-%m-%d}.csv"\n'
    (place / "config/internal.yaml").write_text(pattern)


class History:
    """A lake that grows day by day from the rows of its first day."""

    def __init__(self, place: Path) -> None:
        self.lake = Lake(_no_session, str(place / "lake")).prepare()
        config = load_configuration(str(place / "config"))
        self.profiles = config.profiles
        self.files = {row["channel"]: row for row in self.lake.read_rows(STATEMENT_FILES)}
        self.snapshot = self.lake.read_rows(SNAPSHOT_FILES)[0]
        self.fingerprints = {
            row["channel"]: row["fingerprint"] for row in self.lake.read_rows(RUNS, job="match")
        }
        self.rows = {
            table.name: DeltaTable(self.lake.path(table)).to_pyarrow_table()
            for table in (STATEMENT_LINES, *WRITTEN_PLAIN)
        }
        self.days = 1

    def extend_to(self, days: int) -> None:
        """Adds days until there are so many; the last `ONE_BY_ONE` of them by a day's own commits.

        What is older than a few checkpoints no reader sees one by one: it takes one commit a table.
        """
        first_single = max(self.days, days - ONE_BY_ONE)
        if first_single > self.days:
            self._add_days_at_once(range(self.days, first_single))
        for offset in range(first_single, days):
            self._add_day(offset)
        self.days = max(self.days, days)

    def _add_days_at_once(self, offsets: range) -> None:
        lake, days = self.lake, [FIRST_DAY + timedelta(days=offset) for offset in offsets]
        files = {
            (name, offset): self._dated(self.files[name], offset)
            for offset in offsets
            for name in CHANNELS
        }
        lake.append_rows(SNAPSHOT_FILES, [self._dated(self.snapshot, each) for each in offsets])
        lake.append_rows(STATEMENT_FILES, list(files.values()))
        self._commit_at_once(
            STATEMENT_LINES,
            [self._write_lines(*key, file["file_id"]) for key, file in files.items()],
        )
        for table in WRITTEN_PLAIN:
            self._commit_at_once(table, [self._write(table, *key) for key in files])
        versions = {table.name: lake.version(table) for table in (STATEMENT_LINES, OUTCOMES)}
        runs = []
        for offset, day in zip(offsets, days, strict=True):
            snapshot = self._dated(self.snapshot, offset)
            for name in CHANNELS:
                match = self._match_run(day, files[name, offset], snapshot)
                match.versions_read = match.versions_written = versions
                fees = Run("check_fees", name, day, versions_read=versions)
                runs += [Run("ingest", name, day), match, fees]
                runs += [Run("export", name, day, versions_read=versions)]
        lake.append_rows(RUNS, [run.to_row("sail") for run in runs])

    def _commit_at_once(self, table: Table, files: Sequence[DataFile]) -> None:
        delta = DeltaTable(self.lake.path(table))
        actions = []
        for file in files:
            day = file.path.split("=", 1)[1].split("/", 1)[0]
            values = {table.partitions[0]: day, "channel": file.channel}
            stats = f'{{"numRecords":{file.rows}}}'
            actions.append(AddAction(file.path, file.size, values, 0, True, stats))
        partitions = list(table.partitions)
        delta.create_write_transaction(actions, "append", delta.schema(), partitions)

    def _add_day(self, offset: int) -> None:
        day, lake = FIRST_DAY + timedelta(days=offset), self.lake
        snapshot = self._dated(self.snapshot, offset)
        received = {name: self._dated(self.files[name], offset) for name in CHANNELS}
        lake.replace_rows(SNAPSHOT_FILES, [snapshot | {"status": "RECEIVED"}], day, None)
        added = [self._write(INTERNAL_TRANSACTIONS, name, offset) for name in CHANNELS]
        lake.commit_files(INTERNAL_TRANSACTIONS, day, added, lambda _channel, _path: True)
        lake.replace_rows(SNAPSHOT_FILES, [snapshot], day, None)
        for name, row in received.items():
            lake.replace_rows(STATEMENT_FILES, [row | {"status": "RECEIVED"}], day, name)
            lines = self._write_lines(name, offset, row["file_id"])
            lake.commit_files(STATEMENT_LINES, day, [lines], lambda _channel, _path: False, name)
            lake.replace_rows(STATEMENT_FILES, [row], day, name)
        versions = {table.name: lake.version(table) for table in (STATEMENT_FILES, STATEMENT_LINES)}
        ingests = [Run("ingest", name, day, versions_written=versions) for name in CHANNELS]
        lake.append_rows(RUNS, [run.to_row("sail") for run in ingests])
        for row in received.values():
            self._add_results(day, offset, row, snapshot)

    def _match_run(self, day: date, file: dict[str, Any], snapshot: dict[str, Any]) -> Run:
        """A match of a channel's day; its fingerprint follows that of the day before."""
        profile = self.profiles[file["channel"]]
        state = resolve_day_state(profile, day, [file], [snapshot], Snapshots())
        fingerprint = compute_fingerprint(profile, state, self.fingerprints[profile.channel])
        self.fingerprints[profile.channel] = fingerprint
        return Run("match", profile.channel, day, "DONE", fingerprint)

    def _add_results(
        self, day: date, offset: int, file: dict[str, Any], snapshot: dict[str, Any]
    ) -> None:
        """The match, the fee check and the export of a channel's day."""
        lake, name, written = self.lake, file["channel"], dict[str, int]()
        read = {STATEMENT_LINES.name: lake.version(STATEMENT_LINES)}
        match = self._match_run(day, file, snapshot)
        for table in (OUTCOMES, OPEN_ITEMS):
            data_file = self._write(table, name, offset)
            written[table.name] = lake.commit_day(table, [data_file], day, name).version
        match.versions_read, match.versions_written = read, written
        lake.append_rows(RUNS, [match.to_row("sail")])
        totals = lake.commit_day(FEE_TOTALS, [self._write(FEE_TOTALS, name, offset)], day, name)
        fees = Run("check_fees", name, day, "DONE", None, read, {FEE_TOTALS.name: totals.version})
        lake.append_rows(RUNS, [fees.to_row("sail")])
        export = Run("export", name, day, "DONE", None, written)
        lake.append_rows(RUNS, [export.to_row("sail")])

    def _dated(self, row: dict[str, Any], offset: int) -> dict[str, Any]:
        """A file's row as that of a later day."""
        moved = {"business_date": FIRST_DAY + timedelta(days=offset)}
        moved["received_at"] = row["received_at"] + timedelta(days=offset)
        return row | moved | {"file_id": _file_id(row["file_id"], offset)}

    def _moved_rows(self, table: Table, channel: str, offset: int) -> pa.Table:
        """The first day's rows of a channel, their dates, times and references those of a day."""
        rows = self.rows[table.name]
        rows = rows.filter(pc.equal(rows["channel"], channel)).select(list(table.columns))
        rows = rows.cast(arrow_schema(table))
        day = FIRST_DAY + timedelta(days=offset)
        for place, field in enumerate(rows.schema):
            column = rows[field.name]
            if pa.types.is_string(field.type):
                column = pc.replace_substring(column, f"{FIRST_DAY:%Y%m%d}", f"{day:%Y%m%d}")
            elif pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
                whole = pa.int32() if pa.types.is_date(field.type) else pa.int64()
                step = offset if pa.types.is_date(field.type) else offset * 86_400_000_000
                column = pc.add(column.cast(whole), pa.scalar(step, whole)).cast(field.type)
            rows = rows.set_column(place, field, column)
        return rows

    def _write(self, table: Table, channel: str, offset: int) -> DataFile:
        """A data file of a channel's day, as an engine writes it."""
        day = FIRST_DAY + timedelta(days=offset)
        rows = self._moved_rows(table, channel, offset).drop_columns(list(table.partitions))
        name = f"{table.partitions[0]}={day}/channel={channel}/{uuid.uuid4().hex}/part-0.parquet"
        path = Path(self.lake.path(table), name)
        path.parent.mkdir(parents=True)
        pq.write_table(rows, path, compression="zstd")
        return DataFile(channel, name, path.stat().st_size, len(rows))

    def _write_lines(self, channel: str, offset: int, file_id: str) -> DataFile:
        day = FIRST_DAY + timedelta(days=offset)
        rows = self._moved_rows(STATEMENT_LINES, channel, offset)
        writer = LineFileWriter(self.lake.storage, STATEMENT_LINES, channel, day, file_id)
        left_out = (*STATEMENT_LINES.partitions, "file_id", "line_id")
        columns = rows.drop_columns(list(left_out)).combine_chunks()
        writer.write({name: columns[name].combine_chunks() for name in columns.column_names})
        return DataFile(**writer.close() or {})


def _file_id(file_id: str, offset: int) -> str:
    return hashlib.sha256(f"{file_id}{offset}".encode()).hexdigest()


def _no_session() -> Any:
    raise RuntimeError("a day is copied without a session")
