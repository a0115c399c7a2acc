"""`tieout check_settlement`: did each channel pay out what it owes us, all of it, on the day."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import partial

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, log, main_for
from jobs.cli.lake_session import keep_dates_here, open_lake
from jobs.exports.settlement_exceptions import write_exceptions
from jobs.lake.tables import Lake
from jobs.treasury.accounts import find_ending_calendars, list_accounts
from jobs.treasury.check_dates import SettlementSummary, check_account, find_problems
from schemas.configuration import Configuration
from schemas.currencies import in_major_units
from schemas.errors import CheckFailed, LakeInconsistent


def _format_sums(sums: Mapping[str, int]) -> str:
    return ", ".join(f"{code} {in_major_units(minor, code)}" for code, minor in sums.items())


def add_summary(report: Report, summary: SettlementSummary) -> None:
    """Adds one date of one channel to a report, as a line and as JSON."""
    parts = [f"{count:,} {name}" for name, count in summary.results.items()]
    if summary.missing:
        parts.append(f"{_format_sums(summary.missing)} did not come in time")
    if summary.revisions:
        parts.append(f"{len(summary.revisions):,} batches revised")
    report.lines.append(
        f"{summary.business_date}  {summary.channel:<12} owes us"
        f" {_format_sums(summary.closing) or 'nothing'}"
        f"  {', '.join(parts) or 'nothing is open'}"
    )
    body = asdict(summary) | {"business_date": str(summary.business_date)}
    body["revised"] = body.pop("revisions")
    report.body.setdefault("settlement", []).append(body)


def add_checks(report: Report, lake: Lake, config: Configuration, dates: Collection[date]) -> None:
    """Settles dates of every account that a chosen channel concerns, and those whose inputs
    changed; adds each of them to a report, and writes what people have to look at. An account that
    fails stops no other.
    """
    accounts = list_accounts(config, config.profiles)
    banks = {name: one.bank.channel for one in list_accounts(config) for name in one.terms}
    with report.measure_seconds("check_settlement"):
        for account in accounts if dates else ():
            try:
                summaries = check_account(
                    lake, account, dates, partial(write_exceptions, lake, banks)
                )
            except (CheckFailed, LakeInconsistent) as fault:
                report.warn(f"{account.bank.channel}: settlement: {fault}")
                continue
            for summary in summaries:
                add_summary(report, summary)
            for problem in find_problems(account, summaries, dates):
                report.warn(problem)
            for warning in find_ending_calendars(account, max(dates)):
                log.warning("%s", warning)


def execute_request(request: Request) -> Report:
    """Settles the dates, and other dates whose statements, bank statements or rules changed."""
    report = Report({"settlement": []}, [])
    with open_lake(request.lake, request.engine) as lake:
        dates = keep_dates_here(lake, request.dates, report)
        add_checks(report, lake, request.config, dates)
    if not list_accounts(request.config, request.config.profiles):
        report.lines.append("no channel has `settlement` on its page; nothing was checked")
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("check_settlement", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
