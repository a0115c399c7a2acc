"""`tieout ingest`: loads statement files and our transaction snapshot into the lake."""

import time
from collections.abc import Sequence
from dataclasses import replace

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, log, main_for, with_progress
from jobs.cli.lake_session import open_lake
from jobs.ingestion import ingest_day
from jobs.ingestion.ingest_day import IngestSummary, summarize_channel
from jobs.lake.tables import Lake
from jobs.quality.after_job import run_ingest_checks
from jobs.storage.archive import Storage


def execute_request(request: Request) -> Report:
    """Ingests every date."""
    report = Report({"dates": []}, [])
    with open_lake(request.lake, request.engine) as lake:
        if lake.is_new:
            report.body["new_lake"] = lake.uri
        for day in with_progress(request.dates, "ingest"):
            summary = ingest_day.ingest_day(lake, request.config, Storage(request.inbox or ""), day)
            if request.quality:
                summary = _with_quality(lake, request, summary)
            add_summary(report, summary)
    return report


def _with_quality(lake: Lake, request: Request, summary: IngestSummary) -> IngestSummary:
    started = time.monotonic()
    failures = run_ingest_checks(lake, summary.business_date, list(request.config.profiles))
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
    report.body["dates"].append(
        {
            "business_date": str(summary.business_date),
            "channels": {
                name: summarize_channel(receipt, summary.states.get(name))
                for name, receipt in summary.channels.items()
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
