"""`tieout check_fees`: compares the fees on statement lines with each channel's rate card."""

from collections.abc import Sequence
from datetime import date

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for, with_progress
from jobs.cli.lake_session import open_lake
from jobs.fees.accruals.check_day import record_accruals
from jobs.fees.check_day import FeesSummary, record_fee_check
from jobs.ingestion.day_state import list_ingested_dates
from jobs.lake.tables import Lake
from jobs.reconcile.stale_dates import read_stale_dates, summarize_stale_dates
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import RUNS, STATEMENT_FILES


def add_summary(report: Report, summary: FeesSummary) -> None:
    """Adds the fee check of one channel and date to a report, as a line and as JSON."""
    differences = ", ".join(f"{code} {value:+,}" for code, value in summary.difference.items())
    report.lines.append(
        f"{summary.business_date}  {summary.channel:<12} {summary.lines:>9,} fees"
        f" {summary.wrong:>9,} wrong  {differences} minor units"
    )
    report.body.setdefault("fees", []).append(
        {
            "channel": summary.channel,
            "business_date": str(summary.business_date),
            "lines": summary.lines,
            "wrong": summary.wrong,
            "charged": summary.charged,
            "due": summary.due,
            "difference": summary.difference,
        }
    )


def check_dates(
    report: Report, lake: Lake, profile: Profile, schedule: FeeSchedule, dates: Sequence[date]
) -> dict[date, FeesSummary]:
    """Accrues and checks the fees of a channel on some dates, and adds each of them to a report."""
    summaries = {}
    for day in dates:
        record_accruals(lake, profile, schedule, day)
        summaries[day] = record_fee_check(lake, profile, schedule, day)
    for summary in summaries.values():
        add_summary(report, summary)
    return summaries


def _read_ingested_dates(lake: Lake, channel: str) -> set[date]:
    runs = lake.read_rows(RUNS, job="ingest", channel=channel)
    return list_ingested_dates(channel, lake.read_rows(STATEMENT_FILES, channel=channel), runs)


def execute_request(request: Request) -> Report:
    """Checks the fees of every channel that has a fee schedule, date by date.

    With `stale`, also of the dates that match ran again since their fees were checked, and of those
    whose card or snapshots changed. A date that no ingest has looked for is named, and not checked.
    """
    report = Report({"fees": []}, [])
    config = request.config
    with open_lake(request.lake, request.engine) as lake:
        for name, profile in with_progress(list(config.profiles.items()), "check_fees"):
            if name not in config.schedules:
                continue
            stale_dates = (
                read_stale_dates(lake, profile, config.schedules[name])["check_fees"]
                if request.stale else []
            )  # fmt: skip
            dates = sorted({*request.dates, *stale_dates})
            ingested = _read_ingested_dates(lake, name)
            for day in dates:
                if day not in ingested:
                    report.warn(
                        f"NOT_INGESTED: {name} {day}: never ingested, so no fee was checked;"
                        " `tieout run` takes it in"
                    )
            due = [day for day in dates if day in ingested]
            check_dates(report, lake, profile, config.schedules[name], due)
        report.body["stale"] = summarize_stale_dates(lake, config)
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("check_fees", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
