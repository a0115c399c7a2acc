"""Ingests the statement files and our snapshot of one date, from the inbox into the lake."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.ingestion.day_state import DayState, resolve_day_state
from jobs.ingestion.inbox import find_files
from jobs.ingestion.receive_statements import ReceiveSummary, receive_day
from jobs.ingestion.snapshot.receive import receive_snapshot
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.configuration import Configuration
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    SNAPSHOT_FILES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from schemas.vocabulary import FileStatus, RunResult


@dataclass(frozen=True)
class IngestSummary:
    """The result of one date's ingest.

    `channels` and `states` are by channel; `snapshot` is its row of `snapshot_files`, None if there
    is none; `seconds` is by step; `quality` has the shape checks by table; `snapshot_links` are the
    faults of links in place of our snapshot.
    """

    business_date: date
    channels: Mapping[str, ReceiveSummary]
    states: Mapping[str, DayState]
    snapshot: Mapping[str, Any] | None
    seconds: Mapping[str, float]
    quality: Mapping[str, Any]
    snapshot_links: Sequence[str] = ()

    @property
    def faults(self) -> list[str]:
        """Every fault that stopped a file, the snapshot, a channel or a table, as text."""
        faults = [reason for channel in self.channels.values() for reason in channel.reasons]
        if self.snapshot and self.snapshot["status"] == FileStatus.QUARANTINED:
            faults.append(str(self.snapshot["reason"]))
        faults += [fault for fault in self.snapshot_links if fault not in faults]
        faults += [
            state.describe_fault(channel)
            for channel, state in self.states.items()
            if state.result != RunResult.DONE
        ]
        return faults + [
            fault for table in self.quality.values() for fault in table.get("fail", [])
        ]


def summarize_channel(received: ReceiveSummary, state: DayState | None) -> dict[str, Any]:
    """Builds a channel's part of the JSON summary: counts, the state of its day, warnings."""
    summary: dict[str, Any] = dict(received.counts)
    if state is not None:
        summary |= {"state": state.statement_state, "missing": list(state.missing)}
    return summary | {"warnings": received.warnings}


def ingest_day(lake: Lake, config: Configuration, inbox: Storage, day: date) -> IngestSummary:
    """Ingests the inbox files of a date; a second call leaves the same lines and transactions.

    `quality` of the summary is empty: the command adds the results of the shape checks.

    Raises:
        LakeError: a table could not be written; run the date again.
    """
    runs = {name: Run("ingest", name, day) for name in config.profiles}
    whole_run = Run("ingest", None, day)
    received: dict[str, ReceiveSummary] = {}
    with ThreadPoolExecutor(1) as pool:
        snapshot_task = pool.submit(_receive_snapshot, lake, config, inbox, whole_run)
        for name, profile in config.profiles.items():
            with runs[name].step("statement"):
                received[name] = receive_day(lake, profile, inbox, day)
        snapshot, links = snapshot_task.result()
    files, snapshots = (
        lake.read_rows(table, business_date=day) for table in (STATEMENT_FILES, SNAPSHOT_FILES)
    )
    states = {
        name: resolve_day_state(profile, day, files, snapshots)
        for name, profile in config.profiles.items()
        if profile.statement == "files" and day >= profile.first_date
    }
    versions = {
        table.name: lake.version(table)
        for table in (STATEMENT_FILES, STATEMENT_LINES, INTERNAL_TRANSACTIONS)
    }
    for name, run in runs.items():
        run.counts = {key.lower(): count for key, count in received[name].counts.items()}
        run.counts["transactions"] = states[name].snapshot_rows if name in states else 0
        run.versions_written = versions
        quarantined = received[name].counts[FileStatus.QUARANTINED.value]
        if quarantined:
            run.result = RunResult.QUARANTINED.value
        elif name in states:
            run.result = states[name].result.value
    record_runs(lake, *runs.values())
    statement_seconds = sum(sum(run.seconds.values()) for run in runs.values())
    seconds = {
        "snapshot": whole_run.seconds["snapshot"],
        "statements": round(statement_seconds, 3),
    }
    return IngestSummary(day, received, states, snapshot, seconds, {}, links)


def _receive_snapshot(
    lake: Lake, config: Configuration, inbox: Storage, run: Run
) -> tuple[dict[str, Any] | None, list[str]]:
    day = run.business_date
    with run.step("snapshot"):
        links = find_files(inbox, config.snapshots.pattern, day).link_faults
        row = receive_snapshot(lake, config.snapshots, config.profiles, inbox, day)
    return row, [str(fault) for fault in links]
