"""`tieout export`: writes the exceptions of a date for people and the transaction system."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for, with_progress
from jobs.cli.lake_session import open_lake
from jobs.exports.export_day import ExportSummary, record_export
from jobs.exports.publication.publish import Publication, publish_updates
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


def add_publication(report: Report, lake: Lake, publication: Publication) -> None:
    """Adds the publication of a channel to a report, if it has rows or holds dates back."""
    channel, held_back = publication.channel, [str(day) for day in publication.held_back]
    if publication.rows:
        report.lines.append(
            f"{channel}: {publication.rows:,} status updates  {lake.uri}/{publication.file}"
        )
    if held_back:
        report.lines.append(
            f"{channel}: {', '.join(held_back)} not published: not whole; --publish-incomplete does"
        )
    if publication.rows or held_back:
        body = {"channel": channel, "sequence": publication.sequence, "updates": publication.rows}
        body["file"] = f"{lake.uri}/{publication.file}" if publication.rows else None
        report.body.setdefault("publications", []).append(body | {"held_back": held_back})


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
    run has no exceptions yet: it is named, and nothing is written for it. Then the status updates
    of the channel are published, of whatever dates they are.
    """
    report = Report({"exports": []}, [])
    with open_lake(request.lake, request.engine) as lake:
        for profile in with_progress(list(request.config.profiles.values()), "export"):
            if profile.statement == "files":
                _export_dates(lake, profile, request, report)
                dates = request.dates if request.incomplete else ()
                add_publication(report, lake, publish_updates(lake, profile, dates))
        report.body["stale"] = summarize_stale_dates(lake, request.config)
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("export", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
