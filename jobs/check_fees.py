"""`tieout check_fees`: compares the fees on statement lines with each channel's rate card."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for, with_progress
from jobs.cli.lake_session import open_lake
from jobs.fees.check_day import FeesSummary, record_fee_check


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


def execute_request(request: Request) -> Report:
    """Checks the fees of every date and of every channel that has a fee schedule."""
    report = Report({"fees": []}, [])
    config = request.config
    with open_lake(request.lake, request.engine) as lake:
        for day in with_progress(request.dates, "check_fees"):
            for name, profile in config.profiles.items():
                if name in config.schedules:
                    add_summary(
                        report, record_fee_check(lake, profile, config.schedules[name], day)
                    )
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("check_fees", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
