"""`tieout settlement`: what is due when, what came, what is late, what is carried, the balance."""

import sys

from jobs.cli.arguments import Request
from jobs.cli.console import Report
from jobs.cli.lake_session import open_lake
from jobs.treasury.listing import list_settlement, render_listing


def execute_request(request: Request) -> Report:
    """Shows the settlement of the channels: as tables on a terminal, as JSON otherwise."""
    until = request.dates[-1] if request.dates else None
    names = [name for name, page in request.config.profiles.items() if page.settlement]
    with open_lake(request.lake, request.engine, writes=False, lazy_session=True) as lake:
        listing = list_settlement(lake, names, until, request.since)
    body = {
        "settled": {name: str(day) for name, day in listing.settled.items()},
        "settlement": listing.rows,
        "balances": listing.balances,
    }
    report = Report(body, render_listing(listing))
    if request.as_json or not sys.stdout.isatty():
        report.lines.clear()
    else:
        report.shown = {name: report.body.pop(name) for name in ("settlement", "balances")}
    return report
