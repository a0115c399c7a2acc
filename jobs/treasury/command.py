"""`tieout settlement`: what is due when, what came, what is late, what is carried, the balance."""

import sys
from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report
from jobs.cli.lake_session import open_lake
from jobs.treasury.listing import list_settlement, render_listing
from jobs.treasury.waterfall import describe_waterfall, read_waterfalls, render_waterfall
from schemas.errors import ConfigurationError


def execute_request(request: Request) -> Report:
    """Shows the settlement of the channels, or the bridge of one batch: as tables on a terminal, as
    JSON otherwise.

    Raises:
        ConfigurationError: `--bridge` is not of one channel with settlement, or names no batch.
        LakeInconsistent: the bridge of the batch does not add up.
    """
    if request.bridge:
        return _show_bridge(request)
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
    return _show(request, report, ("settlement", "balances"))


def _show_bridge(request: Request) -> Report:
    faults = []
    if len(request.channels) != 1:
        faults.append("--bridge needs one --channel, such as --channel wechat")
    if request.since:
        faults.append("--since is not for --bridge; --business-date shows a batch as of that date")
    profile = request.config.profiles.get(request.channels[0]) if not faults else None
    if profile is not None and profile.settlement is None:
        faults.append(f"--channel {profile.channel} has no `settlement` on its page")
    if faults or profile is None:
        raise ConfigurationError(faults)
    until = request.dates[-1] if request.dates else None
    with open_lake(request.lake, request.engine, writes=False, lazy_session=True) as lake:
        waterfalls = read_waterfalls(lake, profile, request.bridge, until)
    lines = [line for one in waterfalls for line in (*render_waterfall(one), "")][:-1]
    report = Report({"bridge": [describe_waterfall(one) for one in waterfalls]}, lines)
    return _show(request, report, ("bridge",))


def _show(request: Request, report: Report, names: Sequence[str]) -> Report:
    """The report as a terminal shows it, or as JSON."""
    if request.as_json or not sys.stdout.isatty():
        report.lines.clear()
    else:
        report.shown = {name: report.body.pop(name) for name in names}
    return report
