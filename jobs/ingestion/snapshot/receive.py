"""Our own daily snapshots: archived, checked whole, landed in one commit, or refused.

A snapshot that has a fault anywhere is refused: a partial one would make one-sided breaks of
channels' good lines. Its files of one date count together as one version.
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
from jobs.ingestion.inbox import WHOLE, Found, files_of
from jobs.ingestion.snapshot.tasks import SCHEMA, Piece, carried_out, pieces_of, refuse, write
from jobs.lake.commit import DataFile
from jobs.lake.partitions import find_repeated_values
from jobs.lake.tables import Lake
from jobs.storage.archive import ArchivedFile, Storage, archive_file
from schemas.errors import FileRefused
from schemas.profile.channel import Profile, Snapshots
from schemas.tables import INTERNAL_TRANSACTIONS, SNAPSHOT_FILES
from schemas.vocabulary import FileStatus

#: Up to so many rows a snapshot's ids are counted here, in some 200 bytes each; beyond, the engine.
COUNTED_HERE_ROWS = 2_000_000


def receive_snapshot(
    lake: Lake, snapshots: Snapshots, profiles: Mapping[str, Profile], inbox: Storage, day: date
) -> dict[str, Any] | None:
    """Takes in the snapshot of a date; returns its row of `snapshot_files`, None where none lies
    there. The same bytes again change nothing, unless they were refused.
    """
    found = files_of(inbox, snapshots.pattern, day)
    own = lake.read_rows(SNAPSHOT_FILES, business_date=day)
    if not found:
        return max(own, key=lambda row: int(row["version"]), default=None)
    kept = [_archived(lake, inbox, each) for each in found]
    ids = sorted(each.file_id for each in kept)
    file_id = ids[0] if len(ids) == 1 else hashlib.sha256("\n".join(ids).encode()).hexdigest()
    same = [row for row in own if row["file_id"] == file_id]
    if same and same[-1]["status"] == FileStatus.ACCEPTED:
        return same[-1]
    row = _row(found, kept, file_id, day, 1 + max([r["version"] for r in own] or [0]))
    others = [each for each in own if each["file_id"] != file_id]
    lake.replace_rows(SNAPSHOT_FILES, [*others, row], day, None)
    try:
        pieces = [
            piece
            for each, file in zip(found, kept, strict=True)
            for piece in pieces_of(lake, file, each.name, file_id, day, profiles)
        ]
        files, repeated = _landed(lake, pieces)
    except FileRefused as fault:
        row |= {"status": FileStatus.QUARANTINED.value, "reason": str(fault)}
    else:
        lake.commit_files(INTERNAL_TRANSACTIONS, day, files, lambda _, __: True)
        counts: Counter[str] = Counter()
        for file in files:
            counts[file.channel] += file.rows
        row |= {
            "status": FileStatus.ACCEPTED.value,
            "line_count": sum(counts.values()),
            "rejected_count": repeated,
            "channels": dict(counts),
        }
        for each in others:
            if each["status"] == FileStatus.ACCEPTED:
                each["status"] = FileStatus.SUPERSEDED.value
    lake.replace_rows(SNAPSHOT_FILES, [*others, row], day, None)
    return row


def _archived(lake: Lake, inbox: Storage, each: Found) -> ArchivedFile:
    with inbox.fs.open_input_stream(each.path, compression=None) as source:
        return archive_file(lake.storage, source)


def _row(
    found: list[Found], kept: list[ArchivedFile], file_id: str, day: date, version: int
) -> dict[str, Any]:
    return {
        "channel": None,
        "business_date": day,
        "part": WHOLE,
        "version": version,
        "status": FileStatus.RECEIVED.value,
        "file_id": file_id,
        "file_name": "\n".join(each.name for each in found),
        "archived_path": "\n".join(each.path for each in kept),
        "byte_size": sum(each.byte_size for each in kept),
        "line_count": None,
        "rejected_count": None,
        "totals": None,
        "reason": None,
        "received_at": max(each.came_at for each in found),
        "channels": None,
    }


def _landed(lake: Lake, pieces: list[Piece]) -> tuple[list[DataFile], int]:
    """The snapshot's data files, one row per transaction, and how many older rows were left out."""
    files = _written(lake, pieces)
    again = _repeated(lake, files)
    if not again:
        return files, 0
    latest, left_out = _latest(lake, files, again, pieces[0].name)
    trimmed = [replace(each, without=frozenset(again)) for each in pieces]
    extra = []
    for channel, rows in latest.items():
        extra.append(write(lake.storage, pieces[0], channel, rows))
    return _written(lake, trimmed) + extra, left_out


def _written(lake: Lake, pieces: list[Piece]) -> list[DataFile]:
    size = 0 if len(pieces) <= 1 else max(each.size for each in pieces) * len(pieces)
    told = run_tasks(lake.spark, pieces, carried_out, size)
    faults = [fault for each in told for fault in each["faults"]]
    if pieces:
        refuse(pieces[0].name, faults)
    return [DataFile(**each) for one in told for each in one["files"]]


def _repeated(lake: Lake, files: list[DataFile]) -> list[str]:
    paths = [lake.storage.full_path(f"{INTERNAL_TRANSACTIONS.name}/{each.path}") for each in files]
    if not paths:
        return []
    if sum(each.rows for each in files) <= COUNTED_HERE_ROWS:
        ids = ds.dataset(paths, filesystem=lake.storage.fs).to_table(columns=["txn_id"])
        counts = ids.group_by("txn_id").aggregate([("txn_id", "count")])
        return list(counts.filter(pc.greater(counts["txn_id_count"], 1))["txn_id"].to_pylist())
    place = lake.path(INTERNAL_TRANSACTIONS)
    there = lake.spark.read.parquet(*[f"{place}/{each.path}" for each in files])
    return find_repeated_values(there, "txn_id")


def _latest(
    lake: Lake, files: list[DataFile], again: list[str], name: str
) -> tuple[dict[str, pa.Table], int]:
    """Of repeated transactions the row that was updated last, by channel.

    Raises:
        FileRefused: rows of one transaction differ and none is the latest.
    """
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for each in files:
        path = lake.storage.full_path(f"{INTERNAL_TRANSACTIONS.name}/{each.path}")
        rows = ds.dataset(path, filesystem=lake.storage.fs, schema=SCHEMA).to_table(
            filter=ds.field("txn_id").isin(again)
        )
        for row in rows.to_pylist():
            found.setdefault(row["txn_id"], []).append((each.channel, row))
    best, faults = {}, []
    for txn_id, states in sorted(found.items()):
        times = [row["updated_at"] for _, row in states]
        last = max(times) if None not in times else None
        latest = [state for state in states if last is None or state[1]["updated_at"] == last]
        best[txn_id] = latest[0]
        if any(state != latest[0] for state in latest):
            faults.append(f"{txn_id} stands twice and updated_at does not say which is the latest")
    seen = sum(len(states) for states in found.values())
    refuse(name, faults)
    channels = sorted({channel for channel, _ in best.values()})
    return {
        channel: pa.Table.from_pylist(
            [row for of, row in best.values() if of == channel], schema=SCHEMA
        )
        for channel in channels
    }, seen - len(best)
