"""`tieout fees`: what a rate card says of one trade.

Source: docs/reference/fees.md.
"""

import sys
from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.fee_words import check_quote
from jobs.engine.session import close_session, open_session
from jobs.reports.fees.quote import quote_fee
from jobs.reports.fees.text import describe_quote, render_quote


def execute_request(request: Request) -> Report:
    """Quotes a fee: as text on a terminal, as JSON otherwise."""
    report = _report_quote(request)
    if request.as_json or not sys.stdout.isatty():
        report.lines.clear()
    return report


def _report_quote(request: Request) -> Report:
    trade, profile, card = check_quote(request)
    spark = open_session(request.engine)
    try:
        quote = quote_fee(spark, card, profile.zone_info, trade)
    finally:
        close_session(spark)
    report = Report({"quote": describe_quote(quote)}, render_quote(quote))
    if quote.due is None:
        report.warn(f"NO_SCHEDULE: {trade.channel}: no entry of its rate card fits this trade")
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("fees", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
