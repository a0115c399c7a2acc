"""Receives our daily snapshot: archives it, checks all of it, and commits or refuses it whole.

One fault anywhere refuses the snapshot: a partial one would turn good lines of the channels into
one-sided breaks. All files of one date together are one version.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from jobs.engine.task_pool import run_tasks
from jobs.ingestion.inbox import WHOLE_DAY, InboxFile, find_files
from jobs.ingestion.snapshot.tasks import (
    SCHEMA,
    SnapshotTask,
    plan_tasks,
    refuse_snapshot,
    write_rows,
    write_task_rows,
)
from jobs.lake.commit import DataFile
from jobs.lake.partitions import find_repeated_values
from jobs.lake.tables import Lake
from jobs.storage.archive import ArchivedFile, Storage, archive_file
from schemas.errors import FileRefused
from schemas.profile.channel import Profile, Snapshots
from schemas.tables import INTERNAL_TRANSACTIONS, SNAPSHOT_FILES
from schemas.vocabulary import FileStatus

#: Up to so many rows this process counts the ids, in some 200 bytes each; beyond, the engine does.
INLINE_ROWS_MAX = 2_000_000


def receive_snapshot(
    lake: Lake, snapshots: Snapshots, profiles: Mapping[str, Profile], inbox: Storage, day: date
) -> dict[str, Any] | None:
    """Receives the snapshot of a date; returns its row of `snapshot_files`, None if there is none.

    The same bytes again change nothing, unless they were refused before.
    """
    inbox_files = find_files(inbox, snapshots.pattern, day)
    day_rows = lake.read_rows(SNAPSHOT_FILES, business_date=day)
    if not inbox_files:
        return max(day_rows, key=lambda row: int(row["version"]), default=None)
    archived_files = [_archive(lake, inbox, inbox_file) for inbox_file in inbox_files]
    ids = sorted(archived.file_id for archived in archived_files)
    file_id = ids[0] if len(ids) == 1 else hashlib.sha256("\n".join(ids).encode()).hexdigest()
    same = [row for row in day_rows if row["file_id"] == file_id]
    if same and same[-1]["status"] == FileStatus.ACCEPTED:
        return same[-1]
    version = 1 + max([row["version"] for row in day_rows] or [0])
    row = _new_row(inbox_files, archived_files, file_id, day, version)
    others = [other for other in day_rows if other["file_id"] != file_id]
    lake.replace_rows(SNAPSHOT_FILES, [*others, row], day, None)
    try:
        tasks = [
            task
            for inbox_file, archived in zip(inbox_files, archived_files, strict=True)
            for task in plan_tasks(lake, archived, inbox_file.name, file_id, day, profiles)
        ]
        data_files, older_count = _write_snapshot(lake, tasks)
    except FileRefused as fault:
        row |= {"status": FileStatus.QUARANTINED.value, "reason": str(fault)}
    else:
        lake.commit_files(INTERNAL_TRANSACTIONS, day, data_files, lambda _, __: True)
        counts: Counter[str] = Counter()
        for data_file in data_files:
            counts[data_file.channel] += data_file.rows
        row |= {
            "status": FileStatus.ACCEPTED.value,
            "line_count": sum(counts.values()),
            "rejected_count": older_count,
            "channels": dict(counts),
        }
        for other in others:
            if other["status"] == FileStatus.ACCEPTED:
                other["status"] = FileStatus.SUPERSEDED.value
    lake.replace_rows(SNAPSHOT_FILES, [*others, row], day, None)
    return row


def _archive(lake: Lake, inbox: Storage, inbox_file: InboxFile) -> ArchivedFile:
    with inbox.fs.open_input_stream(inbox_file.path, compression=None) as source:
        return archive_file(lake.storage, source)


def _new_row(
    inbox_files: list[InboxFile],
    archived_files: list[ArchivedFile],
    file_id: str,
    day: date,
    version: int,
) -> dict[str, Any]:
    return {
        "channel": None,
        "business_date": day,
        "part": WHOLE_DAY,
        "version": version,
        "status": FileStatus.RECEIVED.value,
        "file_id": file_id,
        "file_name": "\n".join(file.name for file in inbox_files),
        "archived_path": "\n".join(file.path for file in archived_files),
        "byte_size": sum(file.byte_size for file in archived_files),
        "line_count": None,
        "rejected_count": None,
        "totals": None,
        "reason": None,
        "received_at": max(file.arrived_at for file in inbox_files),
        "channels": None,
    }


def _write_snapshot(lake: Lake, tasks: list[SnapshotTask]) -> tuple[list[DataFile], int]:
    """Writes the snapshot's data files, one row per transaction; also counts the older rows."""
    files = _run_tasks(lake, tasks)
    repeated = _repeated_ids(lake, files)
    if not repeated:
        return files, 0
    latest, older_count = _latest_rows(lake, files, repeated, tasks[0].name)
    trimmed = [replace(task, without=frozenset(repeated)) for task in tasks]
    extra = []
    for channel, rows in latest.items():
        extra.append(write_rows(lake.storage, tasks[0], channel, rows))
    return _run_tasks(lake, trimmed) + extra, older_count


def _run_tasks(lake: Lake, tasks: list[SnapshotTask]) -> list[DataFile]:
    total_bytes = 0 if len(tasks) <= 1 else max(task.size for task in tasks) * len(tasks)
    results = run_tasks(lake.spark, tasks, write_task_rows, total_bytes)
    faults = [fault for result in results for fault in result["faults"]]
    if tasks:
        refuse_snapshot(tasks[0].name, faults)
    return [DataFile(**fields) for result in results for fields in result["files"]]


def _repeated_ids(lake: Lake, files: list[DataFile]) -> list[str]:
    """The `txn_id` that more than one row has."""
    paths = [lake.storage.full_path(f"{INTERNAL_TRANSACTIONS.name}/{file.path}") for file in files]
    if not paths:
        return []
    if sum(file.rows for file in files) <= INLINE_ROWS_MAX:
        ids = ds.dataset(paths, filesystem=lake.storage.fs).to_table(columns=["txn_id"])
        counts = ids.group_by("txn_id").aggregate([("txn_id", "count")])
        return list(counts.filter(pc.greater(counts["txn_id_count"], 1))["txn_id"].to_pylist())
    folder = lake.path(INTERNAL_TRANSACTIONS)
    rows = lake.spark.read.parquet(*[f"{folder}/{file.path}" for file in files])
    return find_repeated_values(rows, "txn_id")


def _latest_rows(
    lake: Lake, files: list[DataFile], repeated: list[str], name: str
) -> tuple[dict[str, pa.Table], int]:
    """The latest row of each repeated transaction, by channel, and the number of older rows.

    Raises:
        FileRefused: rows of one transaction differ and none is the latest.
    """
    states_by_id: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for file in files:
        path = lake.storage.full_path(f"{INTERNAL_TRANSACTIONS.name}/{file.path}")
        rows = ds.dataset(path, filesystem=lake.storage.fs, schema=SCHEMA).to_table(
            filter=ds.field("txn_id").isin(repeated)
        )
        for row in rows.to_pylist():
            states_by_id.setdefault(row["txn_id"], []).append((file.channel, row))
    latest_by_id, faults = {}, []
    for txn_id, states in sorted(states_by_id.items()):
        times = [row["updated_at"] for _, row in states]
        last = max(times) if None not in times else None
        latest = [state for state in states if last is None or state[1]["updated_at"] == last]
        latest_by_id[txn_id] = latest[0]
        if any(state != latest[0] for state in latest):
            faults.append(
                f"{txn_id} has several rows and updated_at does not say which is the latest"
            )
    row_count = sum(len(states) for states in states_by_id.values())
    refuse_snapshot(name, faults)
    channels = sorted({channel for channel, _ in latest_by_id.values()})
    return {
        channel: pa.Table.from_pylist(
            [row for of_channel, row in latest_by_id.values() if of_channel == channel],
            schema=SCHEMA,
        )
        for channel in channels
    }, row_count - len(latest_by_id)
