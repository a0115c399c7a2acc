"""`tieout export`: writes the exceptions of a date for people and the transaction system."""

from collections.abc import Iterable, Sequence
from datetime import date

from jobs.casework.update import update_breaks
from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for, with_progress
from jobs.cli.lake_session import open_lake
from jobs.exports.day_workbook import write_day_workbook
from jobs.exports.export_day import ExportSummary, record_export
from jobs.exports.publication.publish import publish_updates
from jobs.lake.tables import Lake
from jobs.reconcile.stale_dates import read_stale_dates, summarize_stale_dates
from schemas.profile.channel import Profile, Snapshots
from schemas.tables import RUNS


def add_summary(report: Report, lake: Lake, summary: ExportSummary) -> None:
    """Adds one export to a report, as a line and as JSON."""
    report.lines.append(summary.render_line(lake.uri))
    report.body.setdefault("exports", []).append(summary.to_json(lake.uri))


def write_workbooks(lake: Lake, report: Report, start: int = 0) -> None:
    """Writes the workbook over all channels of each date of a report's exports from `start` on."""
    for day in sorted({entry["run_date"] for entry in report.body.get("exports", [])[start:]}):
        path = f"{lake.uri}/{write_day_workbook(lake, date.fromisoformat(day))}"
        report.body.setdefault("workbooks", []).append(path)


def export_dates(
    report: Report,
    lake: Lake,
    profile: Profile,
    dates: Iterable[date],
    expected: Snapshots,
    incomplete: Iterable[date] = (),
) -> None:
    """Exports dates of a channel, with its breaks up to date; publishes its status updates.

    `expected` has the parts of our own side, `incomplete` are dates to publish though not whole.
    """
    update_breaks(lake, profile)
    for day in dates:
        add_summary(report, lake, record_export(lake, profile, day, expected))
    publication = publish_updates(lake, profile, incomplete)
    report.lines += publication.render_lines(lake.uri)
    if publication.rows or publication.held_back:
        body = publication.to_json(lake.uri)
        report.body.setdefault("publications", []).append(body)


def _list_dates(lake: Lake, profile: Profile, request: Request, report: Report) -> list[date]:
    """The dates to export, in order; names requested ones that no match has run."""
    matches = lake.read_rows(RUNS, job="match", channel=profile.channel)
    matched = {run["business_date"] for run in matches}
    stale_dates = read_stale_dates(lake, profile)["export"] if request.stale else []
    days = sorted(d for d in {*request.dates, *stale_dates} if d >= profile.first_date)
    for day in (day for day in days if day not in matched):
        report.warn(f"NOT_MATCHED: {profile.channel} {day}: no match has run; `tieout run` does it")
    return [day for day in days if day in matched]


def execute_request(request: Request) -> Report:
    """Exports every channel that has statement files, date by date.

    With `stale`, also the dates that match ran again since their export. A date that no match has
    run is named, and nothing is written for it. Then the channel's status updates are published.
    """
    report = Report({"exports": []}, [])
    with open_lake(request.lake, request.engine) as lake:
        for profile in with_progress(list(request.config.profiles.values()), "export"):
            if profile.statement == "files":
                dates = _list_dates(lake, profile, request, report)
                incomplete = request.dates if request.incomplete else ()
                export_dates(report, lake, profile, dates, request.config.snapshots, incomplete)
        write_workbooks(lake, report)
        report.body["stale"] = summarize_stale_dates(lake, request.config)
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("export", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
