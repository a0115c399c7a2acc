"""`tieout status`: how far a date is, channel by channel, and what to do next."""

import sys
from datetime import UTC, date, datetime, timedelta

from jobs.cli.arguments import Request
from jobs.cli.console import Report
from jobs.cli.lake_session import open_lake
from jobs.decisions.store import latest_steps
from jobs.lake.tables import Lake
from jobs.operations.status.channel_day import latest_by_job
from jobs.operations.status.collect import collect_days, find_latest_date
from jobs.operations.status.next_steps import list_next_steps
from jobs.operations.status.table import has_stale, render_status
from schemas.tables import DECISIONS, RUNS
from schemas.tables.orders import ALL_CHANNELS
from schemas.vocabulary import DecisionStep


def execute_request(request: Request) -> Report:
    """Shows the dates: as a screen on a terminal, as JSON otherwise. It changes nothing."""
    now = datetime.now(UTC)
    with open_lake(request.lake, request.engine, writes=False, lazy_session=True) as lake:
        latest = find_latest_date(lake, request.config)
        dates = request.dates or (latest or now.date() - timedelta(days=1),)
        days = collect_days(lake, request.config, dates, now)
        steps = list_next_steps(days, _count_waiting_decisions(lake), _count_orders(lake, dates))
    body = {
        "at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "days": [one.to_json() for one in days],
        "next": [
            {
                "channel": step.channel,
                "business_date": step.business_date and str(step.business_date),
                "text": step.text,
                "command": step.command,
            }
            for step in steps
        ],
    }
    if request.as_json or not sys.stdout.isatty():
        return Report(body, [])
    lines = list(render_status(days, steps, now))
    if has_stale(days):
        lines.append("* by inputs that have changed since")
    return Report({"at": body["at"], "days": len(days), "next": len(steps)}, lines, shown=body)


def _count_waiting_decisions(lake: Lake) -> int:
    waiting = (DecisionStep.PROPOSED, DecisionStep.CHECKED)
    decisions = latest_steps(lake.read_rows(DECISIONS)).values()
    return sum(any(row["step"] in waiting for row in rows) for rows in decisions)


def _count_orders(lake: Lake, dates: tuple[date, ...]) -> dict[date, dict[str, int]]:
    """Rows of the latest order check by result, of each date that has one."""
    runs = lake.read_rows(
        RUNS, ("job", "channel", "business_date", "counts", "ended_at"), job="check_orders"
    )
    latest = latest_by_job(runs)
    runs_of_day = {day: latest.get(("check_orders", ALL_CHANNELS, day)) for day in dates}
    return {day: dict(run["counts"] or {}) for day, run in runs_of_day.items() if run}
