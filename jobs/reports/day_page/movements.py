"""Breaks as they were after a date, and what changed between two dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from jobs.lake.tables import Lake
from jobs.reports.day_page.outcomes import ROWS_READ
from jobs.reports.day_page.scope import Owner, Row, RowList, Scope
from schemas.dates import OPEN_MONTH
from schemas.tables import BREAK_EVENTS, BREAKS
from schemas.vocabulary import UNSUPPORTED_BREAKS

#: Ages in days, each up to and including the number; the last has no end.
AGE_LIMITS = (0, 1, 3, 7, 30)
_COLUMNS = (
    "break_id", "channel", "opened_on", "closed_on", "closed_by", "kind", "reasons", "action",
    "at_stake", "currency", "txn_id", "line_id", "our_ref", "channel_ref", "internal_amount",
    "statement_amount", "owner", "due_on", "last_event_on",
)  # fmt: skip
#: Parts of a movement.
PARTS: tuple[str, ...] = ("opening", "new", "reopened", "cleared", "closing")


@dataclass
class Movement:
    """Breaks of a channel and currency: open before, new, opened again, cleared, open after.

    Each list of ids goes with the money at stake, minor units: `opening + new + reopened - cleared
    + revalued = closing`. A break that opened and was cleared within the dates is in both.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    money: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*PARTS, "revalued"), 0))


@dataclass(frozen=True)
class BreakFigures:
    """Movements by channel and currency; `cells` count open breaks, and sum what is at stake, by
    first reason, currency and place in `AGE_LIMITS`. The lists of rows have the same keys.

    `overdue` are open breaks past the day until which they were to be closed.
    """

    movements: Mapping[Owner, Movement]
    cells: Mapping[tuple[str, str, int], tuple[int, int]]
    lists: Mapping[tuple[str, str, str], RowList]
    cell_lists: Mapping[tuple[str, str, int], RowList]
    overdue: RowList

    def total(self, part: str) -> int:
        """Breaks of all channels and currencies in a part of the movement."""
        return sum(one.counts[part] for one in self.movements.values())

    def money(self, part: str) -> dict[str, int]:
        """What is at stake in a part of the movement, by currency."""
        sums: dict[str, int] = {}
        for (_, code), one in self.movements.items():
            sums[code] = sums.get(code, 0) + one.money[part]
        return sums


def read_break_figures(lake: Lake, scope: Scope) -> BreakFigures:
    """Reads the breaks before and after the dates of a report, and compares them."""
    before, after = read_state(lake, scope, scope.before), read_state(lake, scope, scope.last)
    movements: dict[Owner, Movement] = {}
    parts: dict[tuple[str, str, str], list[Row]] = {}

    def count(part: str, row: Row, money: int) -> None:
        owner = (row["channel"], row["currency"] or "")
        one = movements.setdefault(owner, Movement())
        one.counts[part] += 1
        one.money[part] += money
        parts.setdefault((part, *owner), []).append(row)

    for break_id, row in before.items():
        if row["is_open"]:
            now = after.get(break_id)
            count("opening", row, _stake(row))
            if now is None or not now["is_open"]:
                count("cleared", now or row, _stake(row))
    for break_id, row in after.items():
        earlier = before.get(break_id)
        was_open = earlier is not None and earlier["is_open"]
        opened_now = scope.first <= row["opened_on"]
        if row["is_open"]:
            count("closing", row, _stake(row))
        if earlier is not None and was_open and row["is_open"]:
            owner = (row["channel"], row["currency"] or "")
            movements[owner].money["revalued"] += _stake(row) - _stake(earlier)
        elif not was_open and (row["is_open"] or opened_now):
            count("new" if opened_now else "reopened", row, _stake(row))
            if not row["is_open"]:
                count("cleared", row, _stake(row))
    return _list_rows(scope, movements, parts)


def _list_rows(
    scope: Scope,
    movements: Mapping[Owner, Movement],
    parts: Mapping[tuple[str, str, str], list[Row]],
) -> BreakFigures:
    cells: dict[tuple[str, str, int], list[Row]] = {}
    overdue: list[Row] = []
    for (part, _, code), rows in parts.items():
        for row in rows if part == "closing" else ():
            row["age_days"] = (scope.last - row["opened_on"]).days
            place = sum(row["age_days"] > limit for limit in AGE_LIMITS)
            cells.setdefault(((row["reasons"] or [""])[0], code, place), []).append(row)
            if row["due_on"] is not None and row["due_on"] < scope.last:
                overdue.append(row)
    return BreakFigures(
        movements,
        {key: (len(rows), sum(map(_stake, rows))) for key, rows in cells.items()},
        {key: _largest(rows) for key, rows in parts.items()},
        {key: _largest(rows) for key, rows in cells.items()},
        _largest(overdue),
    )


def _largest(rows: list[Row]) -> RowList:
    return RowList(len(rows), sorted(rows, key=_order)[:ROWS_READ])


def _order(row: Row) -> tuple[str, int, str]:
    return row["currency"] or "", -_stake(row), row["break_id"]


def _stake(row: Row) -> int:
    return row["at_stake"] or 0


def read_state(lake: Lake, scope: Scope, day: date) -> dict[str, Row]:
    """Breaks by id as they were after the runs of a date, with `is_open`; those that closed before
    the month of the date are left out.

    What changed later is taken from the events up to the date. A break that a file sent anew closed
    after the report's dates is left out: their runs were repeated, and no row of theirs says it.
    """
    rows = lake.read_arrow(BREAKS, day.replace(day=1), OPEN_MONTH, scope.only_channel)
    rows = rows.filter(pc.field("channel").isin(pa.array([*scope.profiles], pa.string())))
    rows = rows.filter(pc.field("opened_on") <= pa.scalar(day)).select(list(_COLUMNS))
    is_gone = pc.field("closed_by").isin(pa.array(UNSUPPORTED_BREAKS))
    is_gone &= pc.field("closed_on") > pa.scalar(scope.last)
    kept = rows.filter(pc.invert(pc.coalesce(is_gone, pa.scalar(False))))
    known = {row["break_id"]: row for row in kept.to_pylist()}
    later = [row for row in known.values() if row["last_event_on"] > day]
    for event in _read_last_events(lake, scope, later, day):
        known[event["break_id"]] |= {name: event[name] for name in _COLUMNS if name in event}
    for row in known.values():
        row["is_open"] = row["closed_on"] is None or row["closed_on"] > day
    return known


def _read_last_events(lake: Lake, scope: Scope, rows: Iterable[Row], day: date) -> Iterable[Row]:
    ids = {row["break_id"]: row["opened_on"] for row in rows}
    if not ids:
        return ()
    is_one = pc.field("break_id").isin(pa.array(sorted(ids)))
    first = min(ids.values())
    events = lake.read_arrow(BREAK_EVENTS, first, day, scope.only_channel, is_one).to_pylist()
    last = {row["break_id"]: row for row in sorted(events, key=lambda row: row["run_date"])}
    return last.values()
