"""Statement files and our snapshot of one date, from the inbox into the lake."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.ingestion.day_state import DayState, resolve_day_state
from jobs.ingestion.receive_statements import Received, receive_day
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

#: How many missing parts a message names.
PARTS_SHOWN = 12


@dataclass(frozen=True)
class IngestSummary:
    """What one date's ingest came to: receptions and states by channel, the snapshot's row."""

    business_date: date
    received: Mapping[str, Received]
    states: Mapping[str, DayState]
    snapshot: Mapping[str, Any] | None
    seconds: Mapping[str, float]
    quality: Mapping[str, Any]

    @property
    def faults(self) -> list[str]:
        """Everything that a gate stopped, in words."""
        out = [reason for each in self.received.values() for reason in each.reasons]
        if self.snapshot and self.snapshot["status"] == FileStatus.QUARANTINED:
            out.append(str(self.snapshot["reason"]))
        for channel, state in self.states.items():
            if state.result != RunResult.DONE:
                missing = f": {_named(state.missing)}" if state.missing and state.files else ""
                out.append(f"{state.result}: {channel} {self.business_date}{missing}")
        return out + [fault for each in self.quality.values() for fault in each.get("fail", [])]


def _named(parts: Sequence[str]) -> str:
    """Missing parts in a message; all of them are in the JSON summary."""
    more = f" and {len(parts) - PARTS_SHOWN} more" if len(parts) > PARTS_SHOWN else ""
    return f"{', '.join(parts[:PARTS_SHOWN])}{more}"


def channel_summary(received: Received, state: DayState | None) -> dict[str, Any]:
    """A channel's part of the JSON summary: its counts, the state of its day, warnings."""
    out: dict[str, Any] = dict(received.counts)
    if state is not None:
        out |= {"state": state.statement, "missing": list(state.missing)}
    return out | {"warnings": received.warnings}


def ingest_day(lake: Lake, config: Configuration, inbox: Storage, day: date) -> IngestSummary:
    """Takes in what the inbox has of a date; run twice leaves the same lines and transactions.

    The summary has no `quality`: a command adds what the shape checks found.

    Raises:
        LakeError: a table could not be written; run it again.
    """
    runs = {name: Run("ingest", name, day) for name in config.profiles}
    total = Run("ingest", None, day)
    received: dict[str, Received] = {}
    with ThreadPoolExecutor(1) as beside:
        ours = beside.submit(_snapshot, lake, config, inbox, total)
        for name, profile in config.profiles.items():
            with runs[name].step("statement"):
                received[name] = receive_day(lake, profile, inbox, day)
        snapshot = ours.result()
    files, snapshots = (
        lake.read_rows(each, business_date=day) for each in (STATEMENT_FILES, SNAPSHOT_FILES)
    )
    states = {
        name: resolve_day_state(profile, day, files, snapshots)
        for name, profile in config.profiles.items()
        if profile.statement == "files" and day >= profile.first_date
    }
    written = {
        table.name: lake.version(table)
        for table in (STATEMENT_FILES, STATEMENT_LINES, INTERNAL_TRANSACTIONS)
    }
    for name, each in runs.items():
        each.counts = {key.lower(): count for key, count in received[name].counts.items()}
        each.counts["transactions"] = states[name].snapshot_rows if name in states else 0
        each.versions_written = written
        quarantined = received[name].counts[FileStatus.QUARANTINED.value]
        if quarantined:
            each.result = RunResult.QUARANTINED.value
        elif name in states:
            each.result = states[name].result.value
    record_runs(lake, *runs.values())
    took = sum(sum(each.seconds.values()) for each in runs.values())
    seconds = {
        "snapshot": total.seconds["snapshot"],
        "statements": round(took, 3),
    }
    return IngestSummary(day, received, states, snapshot, seconds, {})


def _snapshot(lake: Lake, config: Configuration, inbox: Storage, job: Run) -> dict[str, Any] | None:
    with job.step("snapshot"):
        return receive_snapshot(lake, config.snapshots, config.profiles, inbox, job.business_date)
