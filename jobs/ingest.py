"""`tieout ingest`: loads statement files and our transaction snapshot into the lake."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, log, main_for, with_progress
from jobs.cli.lake_session import open_lake
from jobs.ingestion import ingest_day
from jobs.ingestion.arrivals.due_dates import DueDates, find_due_dates
from jobs.ingestion.ingest_day import IngestSummary, summarize_channel
from jobs.lake.tables import Lake
from jobs.quality.after_job import run_ingest_checks
from jobs.storage.archive import Storage
from schemas.configuration import Configuration


def execute_request(request: Request) -> Report:
    """Ingests every date or, without dates, every file of the inbox that is not taken in yet."""
    report = Report({"dates": []}, [])
    inbox = Storage(request.inbox or "")
    with open_lake(request.lake, request.engine) as lake:
        due = find_due(lake, request, report)
        for day in with_progress(sorted(due.channels), "ingest"):
            config = due.of_date(request.config, day)
            summary = ingest_day.ingest_day(lake, config, inbox, day)
            if request.quality:
                summary = _with_quality(lake, config, summary)
            add_summary(report, summary)
    return report


def find_due(
    lake: Lake,
    request: Request,
    report: Report,
    find: Callable[..., DueDates] = find_due_dates,
) -> DueDates:
    """The dates to take in and their channels; reports files that are not taken in."""
    inbox, now = Storage(request.inbox or ""), None if request.future else datetime.now(UTC)
    due = find(lake, request.config, inbox, request.dates, now, not request.channels)
    report.body["faults"] = due.faults
    if lake.is_new:
        report.body["new_lake"] = lake.uri
    for fault in due.faults:
        report.warn(fault)
    if not due.channels:
        report.lines.append("The inbox has no new file.")
    return due


def _with_quality(lake: Lake, config: Configuration, summary: IngestSummary) -> IngestSummary:
    started = time.monotonic()
    failures = run_ingest_checks(lake, summary.business_date, list(config.profiles))
    seconds = {**summary.seconds, "quality": round(time.monotonic() - started, 3)}
    return replace(summary, quality=failures, seconds=seconds)


def add_summary(report: Report, summary: IngestSummary) -> None:
    """Adds one date's summary to a report, as lines and as JSON."""
    for fault in summary.faults:
        report.warn(fault)
    for channel, receipt in summary.channels.items():
        for warning in receipt.warnings:
            log.warning("%s", warning)
        lines, rejected = receipt.counts["lines"], receipt.counts["rejected"]
        state = summary.states.get(channel)
        transactions = state.snapshot_rows if state else 0
        report.lines.append(
            f"{summary.business_date}  {channel:<12} {lines:>10,} lines "
            f"{transactions:>10,} transactions {rejected:>6,} rejected"
            f"  {state.statement_state if state else ''}".rstrip()
        )
    report.lines += summary.balance_gaps
    report.body["dates"].append(
        {
            "business_date": str(summary.business_date),
            "channels": {
                name: summarize_channel(receipt, summary.states.get(name))
                for name, receipt in summary.channels.items()
            },
            "snapshot": summary.describe_snapshot(),
            "faults": summary.faults,
            "seconds": dict(summary.seconds),
            "quality": dict(summary.quality),
        }
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("ingest", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
