"""`tieout report`: the report of a date or a month as one HTML page."""

from jobs.cli.arguments import Request
from jobs.cli.console import Report
from jobs.cli.lake_session import open_lake
from jobs.lake.tables import Lake
from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.flash.own_side import read_own_side
from jobs.reports.day_page.flash.page import build_flash
from jobs.reports.day_page.flash.stored import read_whole_flash, render_flash, store_flash
from jobs.reports.day_page.inputs import describe_gaps, read_files
from jobs.reports.day_page.page import Figures, read_figures, render_report
from jobs.reports.day_page.scope import Scope, find_matched_part, find_scope
from jobs.reports.day_page.write_page import (
    list_export_files,
    name_page,
    place_page,
    write_page,
)
from jobs.reports.html.language import Language
from jobs.reports.html.numbers import add_money, format_share, list_money
from jobs.reports.html.render import render_page
from schemas.dates import format_dates
from schemas.vocabulary import Outcome


def execute_request(request: Request) -> Report:
    """Writes the page; a date that no match has run is named, and the page says so."""
    scope = find_scope(request.dates, request.config)
    report = Report({}, [])
    with open_lake(request.lake, request.engine, writes=False) as lake:
        if request.page.provisional:
            _report_flash(lake, scope, request.page.language, report)
        else:
            _report_final(lake, scope, request.page.language, report)
    return report


def _report_final(lake: Lake, wanted: Scope, code: str, report: Report) -> None:
    scope = find_matched_part(lake, wanted)
    if scope is None:
        report.warn(f"NOT_MATCHED: {wanted.label}: no match has run; `tieout run` does it")
        return
    figures = read_figures(lake, scope)
    unmatched = figures.files.unmatched
    for name, dates in sorted(unmatched.items()):
        report.warn(f"NOT_MATCHED: {name} {format_dates(dates)}: no match has run;"
                    " `tieout run` does it")  # fmt: skip
    language = Language(code)
    path = place_page(scope, name_page(scope, "report", code))
    size = write_page(
        lake, path, render_report(figures, language, list_export_files(lake, scope))
    )  # fmt: skip
    add_summary(report, lake.uri, path, size, figures)


def _report_flash(lake: Lake, scope: Scope, code: str, report: Report) -> None:
    sides, files = read_own_side(lake, scope), read_files(lake, scope)
    day = scope.last
    absent = [name for (name, _), state in files.days.items() if not state.has_snapshot]
    if absent:
        report.warn(f"SNAPSHOT_MISSING: {day}: our own side is not whole of {', '.join(absent)};"
                    " `tieout ingest` takes it in")  # fmt: skip
    if not sides:
        return
    whole = {name for (name, _), state in files.days.items() if state.is_complete}
    stored = store_flash(sides, read_whole_flash(lake, scope), whole, [*scope.profiles])
    write_page(lake, *render_flash(scope, stored))
    language = Language(code)
    page = build_flash(Builder(scope, language, 0, ()), sides, files)
    path = place_page(scope, name_page(scope, "flash", code))
    size = write_page(lake, path, render_page(page))
    done = sum(side.confirmed[0] for side in sides.values())
    every = sum(side.succeeded[0] for side in sides.values())
    sums: dict[str, int] = {}
    for (_, currency), side in sides.items():
        add_money(sums, currency, side.succeeded[1])
    report.lines.append(
        f"{day}  provisional: {every:,} transactions, {', '.join(list_money(sums)) or 'nothing'},"
        f" {format_share(done, every)} confirmed  {lake.uri}/{path}"
    )
    report.body |= {"dates": scope.label, "page": f"{lake.uri}/{path}", "bytes": size,
                    "transactions": every, "confirmed": done, "amount": sums}  # fmt: skip


def add_summary(report: Report, lake_uri: str, path: str, size: int, figures: Figures) -> None:
    """Adds a page to a report, as a line and as JSON; amounts in minor units."""
    scope, totals, breaks = figures.scope, figures.totals, figures.breaks
    taking_part = [Outcome.MATCHED, Outcome.BREAK, Outcome.SUSPENSE]
    done, every = totals.tally("ours", [Outcome.MATCHED]), totals.tally("ours", taking_part)
    stake = breaks.money("closing")
    gaps = describe_gaps(figures.files, Language("en"))
    report.lines.append(
        f"{scope.label}  {format_share(done.items, every.items)} of our transactions reconciled"
        f"  {breaks.total('closing'):,} open breaks ({breaks.total('new'):,} new,"
        f" {breaks.total('cleared'):,} cleared), {', '.join(list_money(stake)) or 'nothing'} at"
        f" stake  {len(gaps)} gaps  {lake_uri}/{path}"
    )
    report.body |= {
        "dates": scope.label,
        "page": f"{lake_uri}/{path}",
        "bytes": size,
        "transactions": every.items,
        "reconciled": done.items,
        "open_breaks": breaks.total("closing"),
        "new": breaks.total("new"),
        "cleared": breaks.total("cleared"),
        "at_stake": stake,
        "gaps": gaps,
    }
