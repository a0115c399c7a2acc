"""`tieout match`: matches statement lines with our transactions, date by date."""

from collections.abc import Sequence
from datetime import date

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, log, main_for, with_progress
from jobs.cli.lake_session import keep_dates_here, open_lake
from jobs.lake.tables import Lake
from jobs.quality.after_job import run_match_checks
from jobs.reconcile.run_dates import MatchSummary, match_dates
from jobs.reconcile.stale_dates import summarize_stale_dates
from schemas.errors import CheckFailed, LakeInconsistent


def execute_request(request: Request) -> Report:
    """Matches every channel and date; if one channel fails, the others go on.

    The report names the dates whose fee check or export does not follow their match.
    """
    report = Report({"runs": []}, [])
    with open_lake(request.lake, request.engine) as lake:
        dates = keep_dates_here(lake, request.dates, report)
        for profile in with_progress(list(request.config.profiles.values()), "match"):
            try:
                summaries = match_dates(lake, profile, dates, request.config.snapshots)
            except (CheckFailed, LakeInconsistent) as fault:
                add_failure(report, fault)
                continue
            add_summaries(report, summaries)
        if request.quality:
            for day in dates:
                add_checks(report, lake, day, list(request.config.profiles))
        report.body["stale"] = summarize_stale_dates(lake, request.config)
    for job, stale_dates in report.body["stale"].items():
        if stale_dates:
            log.info("%s has not run since the match of %s", job, ", ".join(stale_dates))
    return report


def add_checks(report: Report, lake: Lake, day: date, channels: Sequence[str]) -> None:
    """Runs the shape checks of a date's outcomes; adds them and their failures to a report."""
    checks = run_match_checks(lake, day, channels)
    report.body.setdefault("quality", {})[str(day)] = checks
    for failure in (failure for check in checks.values() for failure in check["fail"]):
        report.warn(failure)


def add_failure(report: Report, fault: CheckFailed | LakeInconsistent) -> None:
    """Adds a failed check to a report."""
    log.error("%s", fault)
    report.body.setdefault("errors", []).append(str(fault))
    report.add_stopped(str(fault), fault.exit_status)


def add_summaries(report: Report, summaries: Sequence[MatchSummary]) -> None:
    """Adds runs to a report, as lines and as JSON."""
    for summary in summaries:
        counts = " ".join(
            f"{summary.counts.get(name, 0):>9,} {label}"
            for name, label in (
                ("matched", "matched"),
                ("suspense", "waiting"),
                ("break", "breaks"),
                ("excluded", "excluded"),
            )
        )
        result = "" if summary.result == "DONE" else f"  {summary.result}"
        report.lines.append(f"{summary.business_date}  {summary.channel:<12} {counts}{result}")
        if summary.why == "asked" or summary.result == "NOT_INGESTED":
            for fault in summary.faults:
                report.warn(fault)
        for warning in (*summary.warnings, *summary.describe_ended_decisions()):
            log.warning("%s %s: %s", summary.channel, summary.business_date, warning)
        report.body["runs"].append(summary.describe())


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("match", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
