"""`tieout run`: runs all steps for a date or a range of dates in one session."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from time import monotonic

from jobs import check_fees, check_orders, check_settlement, export, ingest, match
from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for, with_progress
from jobs.cli.lake_session import open_lake
from jobs.ingestion import ingest_day
from jobs.ingestion.arrivals.due_dates import find_run_dates
from jobs.lake.tables import Lake
from jobs.quality.after_job import run_ingest_checks
from jobs.quality.great_expectations_checks import preload_great_expectations
from jobs.reconcile import run_dates, stale_dates
from jobs.reports.day_line import render_day
from jobs.storage.archive import Storage
from schemas.errors import CheckFailed, LakeInconsistent
from schemas.profile.channel import Profile


def execute_request(request: Request) -> Report:
    """Runs all steps for the dates that are due, in order; a failed channel stops no other."""
    report, started = Report({"seconds": {}, "dates": [], "runs": []}, []), monotonic()
    with open_lake(request.lake, request.engine) as lake:
        if request.quality:
            preload_great_expectations()
        report.body["seconds"]["session"], report.step = round(monotonic() - started, 3), "ingest"
        due = ingest.find_due(lake, request, report, find_run_dates)
        for day in with_progress(sorted(due.channels), "run"):
            _run_day(lake, replace(request, config=due.of_date(request.config, day)), day, report)
    return report


def _run_day(lake: Lake, request: Request, day: date, report: Report) -> None:
    config = request.config
    with report.measure_seconds("ingest"):
        summary = ingest_day.ingest_day(lake, config, Storage(request.inbox or ""), day)
    checked = [*config.profiles] if request.quality else []
    # The shape checks run beside the match: each of the two leaves a core idle at times.
    with ThreadPoolExecutor(1) as executor:
        checks = executor.submit(run_ingest_checks, lake, day, checked)
        matched = _run_channels(lake, request, day, report)
        check_settlement.add_checks(report, lake, config, [day])
        check_orders.add_checks(report, lake, [day] if matched else [])
        with report.measure_seconds("quality"):
            ingested = Report(report.body, [], step="ingest")
            ingest.add_summary(ingested, replace(summary, quality=checks.result()))
    report.exit_status = max(report.exit_status, ingested.exit_status)
    report.lines += summary.balance_gaps
    if checked and matched:
        with report.measure_seconds("quality"):
            match.add_checks(report, lake, day, matched)


def _run_channels(lake: Lake, request: Request, day: date, report: Report) -> list[str]:
    """Runs every channel of a date; returns the names of the channels that were matched."""
    matched, exports_before = [], len(report.body.get("exports", []))
    for name, profile in request.config.profiles.items():
        if profile.statement == "none" or day < profile.first_date:
            continue
        steps = Report(report.body, [], step="match")
        try:
            report.lines += _run_channel(lake, request, profile, day, steps)
            matched.append(name)
        except (CheckFailed, LakeInconsistent) as fault:
            match.add_failure(steps, fault)
        report.exit_status = max(report.exit_status, steps.exit_status)
    export.write_workbooks(lake, report, exports_before)
    return matched


def _run_channel(lake: Lake, request: Request, profile: Profile, day: date, steps: Report
) -> list[str]:  # fmt: skip
    """Runs match, fees and export of a channel; returns the lines of the dates worth reporting."""
    fees = {}
    with steps.measure_seconds("match"):
        runs = run_dates.match_dates(lake, profile, [day], request.config.snapshots)
        match.add_summaries(steps, runs)
    if (schedule := request.config.schedules.get(profile.channel)) is not None:
        with steps.measure_seconds("check_fees"):
            find = partial(stale_dates.list_fee_dates, lake, profile, day, request.dates, schedule)
            fees = check_fees.check_dates(steps, lake, profile, schedule, find(), find)
    with steps.measure_seconds("export"):
        dates = stale_dates.list_dates_to_do(lake, profile, day, request.dates)["export"]
        export.export_dates(steps, lake, profile, dates, request.config.snapshots)
    return [render_day(run, fees.get(run.business_date)) for run in runs if run.is_worth_reporting]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("run", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
