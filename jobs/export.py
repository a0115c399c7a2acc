"""Exports one channel's exceptions of one run date, for people and for the transaction system."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, command, leave, watched
from jobs.cli.lake_session import at_work
from jobs.exports.export_day import ExportSummary, step
from jobs.lake.tables import Lake


def add_to(report: Report, lake: Lake, summary: ExportSummary) -> None:
    """Adds one export to a report, in words and as JSON."""
    place = f"{lake.uri}/{summary.folder}"
    report.lines.append(
        f"{summary.run_date}  {summary.channel:<12} {summary.breaks:>9,} breaks"
        f"  {place}/breaks.xlsx"
    )
    report.body.setdefault("exports", []).append(
        {
            "channel": summary.channel,
            "run_date": str(summary.run_date),
            "folder": place,
            "breaks": summary.breaks,
            "updates": summary.updates,
            "at_stake": summary.at_stake,
        }
    )


def work(request: Request) -> Report:
    """Carries out the command for its channels and dates."""
    report = Report({"exports": []}, [])
    with at_work(request.lake, request.engine) as lake:
        for day in watched(request.dates, "export"):
            for profile in request.config.profiles.values():
                if profile.statement == "files" and day >= profile.first_date:
                    add_to(report, lake, step(lake, profile, day))
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    return command("export", work, argv)


if __name__ == "__main__":
    leave(main())
