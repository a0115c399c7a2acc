"""`tieout check_orders`: compares what was paid and given back per order, across channels."""

from collections.abc import Collection, Sequence
from datetime import date

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.lake_session import keep_dates_here, open_lake
from jobs.lake.tables import Lake
from jobs.orders.check_day import OrdersSummary, check_dates
from jobs.reports.money_text import money_cell
from schemas.tables import SNAPSHOT_FILES
from schemas.vocabulary import FileStatus


def add_summary(report: Report, summary: OrdersSummary) -> None:
    """Adds the check of one date to a report, as a line and as JSON."""
    parts = [f"{count:,} {name}" for name, count in summary.results.items()]
    if summary.families:
        parts.append(f"{summary.families:,} payments of which more went out than came in")
    for currency, minor in summary.to_refund.items():
        money = money_cell(minor, currency)
        parts.append(f"{currency} {money.text if money else minor} to refund")
    report.lines.append(
        f"{summary.business_date}  orders       {summary.orders:>9,} orders"
        f"  {', '.join(parts) or 'all fit'}"
    )
    report.body.setdefault("orders", []).append(
        {
            "business_date": str(summary.business_date),
            "orders": summary.orders,
            "results": summary.results,
            "to_refund": summary.to_refund,
            "families": summary.families,
        }
    )


def add_checks(report: Report, lake: Lake, dates: Collection[date]) -> None:
    """Checks dates, and those whose inputs changed, and adds each of them to a report."""
    with report.measure_seconds("check_orders"):
        for summary in check_dates(lake, dates) if dates else ():
            add_summary(report, summary)


def execute_request(request: Request) -> Report:
    """Checks the orders of the dates, and of other dates whose snapshots or outcomes changed."""
    report = Report({"orders": []}, [])
    with open_lake(request.lake, request.engine) as lake:
        dates = keep_dates_here(lake, request.dates, report)
        add_checks(report, lake, dates)
        rows = lake.read_rows(SNAPSHOT_FILES, status=FileStatus.ACCEPTED.value)
        for day in sorted({*dates} - {row["business_date"] for row in rows}):
            report.warn(f"SNAPSHOT_MISSING: {day}: no snapshot came; only open orders were checked")
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("check_orders", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
