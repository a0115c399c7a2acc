"""Writes the rows of a snapshot as data files, one row per transaction: the latest of several."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from jobs.engine.task_pool import run_tasks
from jobs.ingestion.gates.acceptance_limits import check_card_references
from jobs.ingestion.snapshot.tasks import (
    SCHEMA,
    SnapshotTask,
    refuse_snapshot,
    write_rows,
    write_task_rows,
)
from jobs.lake.commit import DataFile
from jobs.lake.partitions import find_repeated_values
from jobs.lake.tables import Lake
from jobs.statements.canonical.money import SUM_MAX
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS

#: Up to so many rows this process counts the ids, in some 200 bytes each; beyond, the engine does.
INLINE_ROWS_MAX = 2_000_000


def write_snapshot(lake: Lake, tasks: list[SnapshotTask]) -> tuple[list[DataFile], int]:
    """Writes the snapshot's data files, one row per transaction; also counts the older rows."""
    files = _run_tasks(lake, tasks)
    repeated = list_repeated_ids(lake, files)
    if not repeated:
        return files, 0
    try:
        latest, older_count = _latest_rows(lake, files, repeated, tasks[0].name)
    finally:
        remove_data_files(lake, files)
    trimmed = [replace(task, without=frozenset(repeated)) for task in tasks]
    extra = []
    for channel, rows in latest.items():
        first = tasks[0]
        extra.append(write_rows(lake.storage, first.day, first.file_id, channel, rows))
    return _run_tasks(lake, trimmed) + extra, older_count


def _run_tasks(lake: Lake, tasks: list[SnapshotTask]) -> list[DataFile]:
    total_bytes = 0 if len(tasks) <= 1 else max(task.size for task in tasks) * len(tasks)
    results = run_tasks(lake.spark, tasks, write_task_rows, total_bytes)
    faults = [fault for result in results for fault in result["faults"]]
    faults += _sum_faults(results)
    faults += _card_faults(results, tasks[0].profiles if tasks else {})
    files = [DataFile(**fields) for result in results for fields in result["files"]]
    if faults:
        remove_data_files(lake, files)
        refuse_snapshot(tasks[0].name, faults)
    return files


def _sum_faults(results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The faults of channels whose amounts add up to more than any day may have."""
    gross: Counter[tuple[str, str]] = Counter()
    for result in results:
        for channel, code, value in result["gross"]:
            gross[channel, code] += value
    for (channel, code), value in sorted(gross.items()):
        if value > SUM_MAX:
            yield f"the amounts of {channel} in {code} add up to more than 10^18 minor units"


def _card_faults(
    results: Sequence[Mapping[str, Any]], profiles: Mapping[str, Profile]
) -> Iterator[str]:
    """The faults of channels whose references are card numbers."""
    card_counts: dict[str, dict[str, Counter[str]]] = {}
    for result in results:
        for channel, by_reference in result["card_counts"].items():
            for name, counts in by_reference.items():
                channel_counts = card_counts.setdefault(channel, {})
                channel_counts.setdefault(name, Counter()).update(counts)
    for channel, channel_counts in sorted(card_counts.items()):
        profile = profiles.get(channel)
        allowed = profile.card_number_references if profile else ()
        fault = check_card_references(f"channel {channel}", channel_counts, allowed)
        if fault:
            yield fault


def remove_data_files(lake: Lake, files: list[DataFile]) -> None:
    """Removes data files that nothing has committed, and nothing will."""
    lake.storage.remove_files(f"{INTERNAL_TRANSACTIONS.name}/{file.path}" for file in files)


def list_repeated_ids(lake: Lake, files: list[DataFile]) -> list[str]:
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
