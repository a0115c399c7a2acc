"""Ingests the statement files and our snapshot of one date, from the inbox into the lake."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.ingestion.day_state import DayState, resolve_day_state
from jobs.ingestion.gates.balance_gaps import BALANCE_GAP
from jobs.ingestion.inbox import find_files
from jobs.ingestion.receive_statements import ReceiveSummary, receive_day
from jobs.ingestion.snapshot.day_in_parts import receive_parts
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
    is none or it comes in parts: then `snapshot_parts` are their rows; `seconds` is by step;
    `quality` has the shape checks by table; `snapshot_links` are the faults of links in place of
    our snapshot.
    """

    business_date: date
    channels: Mapping[str, ReceiveSummary]
    states: Mapping[str, DayState]
    snapshot: Mapping[str, Any] | None
    seconds: Mapping[str, float]
    quality: Mapping[str, Any]
    snapshot_links: Sequence[str] = ()
    snapshot_parts: Sequence[Mapping[str, Any]] = ()

    @property
    def faults(self) -> list[str]:
        """Every fault that stopped a file, the snapshot, a channel or a table, as text."""
        faults = [reason for channel in self.channels.values() for reason in channel.reasons]
        ours = (*([self.snapshot] if self.snapshot else []), *self.snapshot_parts)
        faults += [str(row["reason"]) for row in ours if row["status"] == FileStatus.QUARANTINED]
        faults += [fault for fault in self.snapshot_links if fault not in faults]
        faults += [
            state.describe_fault(channel)
            for channel, state in self.states.items()
            if state.result != RunResult.DONE
        ]
        return faults + [
            fault for table in self.quality.values() for fault in table.get("fail", [])
        ]

    @property
    def balance_gaps(self) -> list[str]:
        """Where statements of bank accounts are missing, as text."""
        warnings = [one for channel in self.channels.values() for one in channel.warnings]
        return [one for one in warnings if one.startswith(BALANCE_GAP)]

    def describe_snapshot(self) -> Any:
        """For the JSON summary: the status of our snapshot; of one in parts, how many parts have
        each, and by channel those that it waits for.
        """
        if not self.snapshot_parts and not any(s.snapshot_in_parts for s in self.states.values()):
            return self.snapshot and self.snapshot["status"]
        waits = {name: list(state.snapshot_missing) for name, state in self.states.items()}
        counts = Counter(str(row["status"]) for row in self.snapshot_parts)
        return {"parts": dict(counts), "missing": {name: at for name, at in waits.items() if at}}


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
        ours, links = snapshot_task.result()
    files, snapshots = (
        lake.read_rows(table, business_date=day) for table in (STATEMENT_FILES, SNAPSHOT_FILES)
    )
    states = {
        name: resolve_day_state(profile, day, files, snapshots, config.snapshots)
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
    if config.snapshots.parts:
        return IngestSummary(day, received, states, None, seconds, {}, links, ours)
    return IngestSummary(day, received, states, ours[0] if ours else None, seconds, {}, links)


def _receive_snapshot(
    lake: Lake, config: Configuration, inbox: Storage, run: Run
) -> tuple[list[dict[str, Any]], list[str]]:
    day, snapshots = run.business_date, config.snapshots
    with run.step("snapshot"):
        links = find_files(inbox, snapshots.pattern, day).link_faults
        if snapshots.parts:
            rows = receive_parts(lake, snapshots, config.profiles, inbox, day)
        else:
            row = receive_snapshot(lake, snapshots, config.profiles, inbox, day)
            rows = [row] if row else []
    return rows, [str(fault) for fault in links]
