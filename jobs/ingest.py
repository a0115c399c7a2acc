"""`tieout ingest`: loads statement files and our transaction snapshot into the lake."""

import time
from collections.abc import Sequence
from dataclasses import replace

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, log, main_for, with_progress
from jobs.cli.lake_session import at_work
from jobs.ingestion import ingest_day
from jobs.ingestion.ingest_day import IngestSummary, channel_summary
from jobs.lake.tables import Lake
from jobs.quality.after_job import after_ingest
from jobs.storage.archive import Storage


def execute_request(request: Request) -> Report:
    """Ingests every date."""
    report = Report({"dates": []}, [])
    with at_work(request.lake, request.engine) as lake:
        for day in with_progress(request.dates, "ingest"):
            summary = ingest_day.ingest_day(lake, request.config, Storage(request.inbox or ""), day)
            if request.quality:
                summary = _with_quality(lake, request, summary)
            add_summary(report, summary)
    return report


def _with_quality(lake: Lake, request: Request, summary: IngestSummary) -> IngestSummary:
    started = time.monotonic()
    failures = after_ingest(lake, summary.business_date, list(request.config.profiles))
    seconds = {**summary.seconds, "quality": round(time.monotonic() - started, 3)}
    return replace(summary, quality=failures, seconds=seconds)


def add_summary(report: Report, summary: IngestSummary) -> None:
    """Adds one date's summary to a report, as lines and as JSON."""
    for fault in summary.faults:
        report.warn(fault)
    for channel, receipt in summary.received.items():
        for warning in receipt.warnings:
            log.warning("%s", warning)
        lines, rejected = receipt.counts["lines"], receipt.counts["rejected"]
        state = summary.states.get(channel)
        transactions = state.snapshot_rows if state else 0
        report.lines.append(
            f"{summary.business_date}  {channel:<12} {lines:>10,} lines "
            f"{transactions:>10,} transactions {rejected:>6,} rejected"
            f"  {state.statement if state else ''}".rstrip()
        )
    report.body["dates"].append(
        {
            "business_date": str(summary.business_date),
            "channels": {
                name: channel_summary(receipt, summary.states.get(name))
                for name, receipt in summary.received.items()
            },
            "snapshot": summary.snapshot and summary.snapshot["status"],
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
