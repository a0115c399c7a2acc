"""`tieout export`: writes the exceptions of a date for people and the transaction system."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for, with_progress
from jobs.cli.lake_session import open_lake
from jobs.exports.export_day import ExportSummary, record_export
from jobs.lake.tables import Lake
from jobs.reconcile.stale_dates import read_stale_dates, summarize_stale_dates
from schemas.profile.channel import Profile
from schemas.tables import RUNS


def add_summary(report: Report, lake: Lake, summary: ExportSummary) -> None:
    """Adds one export to a report, as a line and as JSON."""
    folder = f"{lake.uri}/{summary.folder}"
    report.lines.append(
        f"{summary.run_date}  {summary.channel:<12} {summary.breaks:>9,} breaks"
        f"  {folder}/breaks.xlsx"
    )
    report.body.setdefault("exports", []).append(
        {
            "channel": summary.channel,
            "run_date": str(summary.run_date),
            "folder": folder,
            "breaks": summary.breaks,
            "updates": summary.updates,
            "at_stake": summary.at_stake,
        }
    )


def _export_dates(lake: Lake, profile: Profile, request: Request, report: Report) -> None:
    matches = lake.read_rows(RUNS, job="match", channel=profile.channel)
    matched = {run["business_date"] for run in matches}
    stale_dates = read_stale_dates(lake, profile)["export"] if request.stale else []
    for day in sorted({*request.dates, *stale_dates}):
        if day < profile.first_date:
            continue
        if day in matched:
            add_summary(report, lake, record_export(lake, profile, day))
        else:
            report.warn(
                f"NOT_MATCHED: {profile.channel} {day}: no match has run; `tieout run` does it"
            )


def execute_request(request: Request) -> Report:
    """Exports every channel that has statement files, date by date.

    With `stale`, also the dates that match ran again since their export. A date that no match has
    run has no exceptions yet: it is named, and nothing is written for it.
    """
    report = Report({"exports": []}, [])
    with open_lake(request.lake, request.engine) as lake:
        for profile in with_progress(list(request.config.profiles.values()), "export"):
            if profile.statement == "files":
                _export_dates(lake, profile, request, report)
        report.body["stale"] = summarize_stale_dates(lake, request.config)
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("export", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
