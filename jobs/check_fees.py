"""Checks the fees of one channel's statement lines of one date against its rate card."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, command, leave, watched
from jobs.cli.lake_session import at_work
from jobs.fees.check_day import FeesSummary, step


def add_to(report: Report, summary: FeesSummary) -> None:
    """Adds one date's fees to a report, in words and as JSON."""
    gaps = ", ".join(f"{code} {value:+,}" for code, value in summary.difference.items())
    report.lines.append(
        f"{summary.business_date}  {summary.channel:<12} {summary.lines:>9,} fees"
        f" {summary.wrong:>9,} wrong  {gaps} minor units"
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


def work(request: Request) -> Report:
    """Carries out the command for its dates and the channels that have a fee schedule."""
    report = Report({"fees": []}, [])
    config = request.config
    with at_work(request.lake, request.engine) as lake:
        for day in watched(request.dates, "check_fees"):
            for name, profile in config.profiles.items():
                if name in config.schedules:
                    add_to(report, step(lake, profile, config.schedules[name], day))
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    return command("check_fees", work, argv)


if __name__ == "__main__":
    leave(main())
