"""`tieout check_fees`: compares the fees on statement lines with each channel's rate card."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import partial

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for, with_progress
from jobs.cli.lake_session import keep_dates_here, open_lake
from jobs.fees.accruals.check_day import record_accruals
from jobs.fees.check_day import FeesSummary, record_fee_check
from jobs.lake.tables import Lake
from jobs.reconcile.stale_dates import (
    list_stale_checks,
    read_ingested_dates,
    summarize_stale_dates,
)
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile


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
    report: Report,
    lake: Lake,
    profile: Profile,
    schedule: FeeSchedule,
    dates: Collection[date],
    find_more: Callable[[], Collection[date]] = tuple,
) -> dict[date, FeesSummary]:
    """Accrues and checks the fees of a channel on some dates, in order, and adds each of them to a
    report.

    A check may change the volumes that other dates are priced by: `find_more` says which dates are
    stale then, and they are checked, too.
    """
    summaries: dict[date, FeesSummary] = {}
    while dates:
        for day in sorted(dates):
            record_accruals(lake, profile, schedule, day)
            summaries[day] = record_fee_check(lake, profile, schedule, day)
            add_summary(report, summaries[day])
        dates = {*find_more()} - {*summaries} if schedule.volumes else ()
    return summaries


def execute_request(request: Request) -> Report:
    """Checks the fees of every channel that has a fee schedule, date by date.

    With `stale`, also of the dates that match ran again since their fees were checked, and of those
    whose card or snapshots changed. A date that no ingest has looked for is named, and not checked.
    """
    report, config = Report({"fees": []}, []), request.config
    with open_lake(request.lake, request.engine) as lake:
        requested = keep_dates_here(lake, request.dates, report)
        for name, profile in with_progress(list(config.profiles.items()), "check_fees"):
            if name not in config.schedules:
                continue
            find = partial(list_stale_checks, lake, profile, config.schedules[name])
            dates = sorted({*requested, *(find() if request.stale else ())})
            ingested = read_ingested_dates(lake, name)
            for day in dates:
                if day not in ingested:
                    report.warn(
                        f"NOT_INGESTED: {name} {day}: never ingested, so no fee was checked;"
                        " `tieout run` takes it in"
                    )
            due = [day for day in dates if day in ingested]
            find_more = partial(find, ingested) if request.stale else tuple
            check_dates(report, lake, profile, config.schedules[name], due, find_more)
        report.body["stale"] = summarize_stale_dates(lake, config)
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("check_fees", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
