"""`tieout merchant_statements`: what we owe each merchant for a date, as files."""

from jobs.cli.arguments import Request
from jobs.cli.console import Report, with_progress
from jobs.cli.lake_session import open_lake
from jobs.exports.merchants.write_statements import (
    MerchantStatements,
    find_unmatched_channels,
    write_statements,
)
from schemas.currencies import in_major_units
from schemas.errors import CheckFailed, ConfigurationError


def add_summary(report: Report, lake_uri: str, statements: MerchantStatements) -> None:
    """Adds the statements of a date to a report, as a line and as JSON."""
    net = ", ".join(f"{code} {in_major_units(minor, code)}" for code, minor in
                    sorted(statements.net.items()))  # fmt: skip
    report.lines.append(
        f"{statements.business_date}  {len(statements.files):,} files, {statements.transactions:,}"
        f" transactions, {net or 'nothing'} net; {statements.provisional:,} provisional,"
        f" {statements.without_merchant:,} without merchant"
    )
    report.body.setdefault("merchant_statements", []).append(
        {
            "business_date": str(statements.business_date),
            "folder": f"{lake_uri}/{statements.folder}",
            "files": statements.files,
            "transactions": statements.transactions,
            "net": dict(sorted(statements.net.items())),
            "provisional": statements.provisional,
            "without_merchant": statements.without_merchant,
        }
    )


def execute_request(request: Request) -> Report:
    """Writes the statements of the dates; a date that fails stops no other."""
    config = request.config
    if not config.merchant_schedules:
        raise ConfigurationError(
            ["merchant_schedules/ has no page; add default.yaml, or a page per merchant"]
        )
    if request.channels:
        raise ConfigurationError(
            ["--channel: a merchant's statement is over all channels; leave the option out"]
        )
    report = Report({"merchant_statements": []}, [])
    zones = {name: page.zone_info for name, page in config.profiles.items()}
    with open_lake(request.lake, request.engine) as lake:
        for day in with_progress(list(request.dates), "merchant_statements"):
            if unmatched := find_unmatched_channels(lake, config.profiles, day):
                report.warn(
                    f"NOT_MATCHED: {day}: match has not run for {', '.join(unmatched)}; nothing was"
                    " written"
                )
                continue
            try:
                statements = write_statements(lake, day, zones, config.merchant_schedules)
            except CheckFailed as fault:
                report.warn(str(fault))
                continue
            add_summary(report, lake.uri, statements)
    return report
