"""Writes what a replay gave, channel by channel, and compares it with what was told before."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.lake.changes.channel_days import DaysChange, change_arrow_days
from jobs.lake.tables import Lake
from jobs.lake.write_checks import rows_to_arrow
from jobs.settlement.lines.day_batches import batch_row
from jobs.settlement.replay import AccountDay, Replay
from jobs.settlement.table_rows import balance_row, bridge_row, check_row, state_rows
from jobs.treasury.plan import Plan
from schemas.tables import (
    CHANNEL_BALANCES,
    SETTLEMENT_BATCHES,
    SETTLEMENT_BRIDGE,
    SETTLEMENT_CHECKS,
    SETTLEMENT_OPEN,
    Table,
)

Row = Mapping[str, Any]
#: What names a batch in the rows of a date.
_BATCH_COLUMNS = ("batch", "batch_no", "per", "currency")


@dataclass(frozen=True)
class Revision:
    """A batch of which a run date says something else than before; results and ids of credits, None
    where the row is not there.
    """

    batch: str | None
    batch_no: int | None
    per: str
    currency: str
    was: str | None
    now: str | None
    credits_before: tuple[str, ...] = ()
    credits_now: tuple[str, ...] = ()


def write_channel_days(
    lake: Lake, plan: Plan, replay: Replay, days: Sequence[AccountDay], names: Collection[str]
) -> None:
    """Replaces the rows of the plan's dates of each channel, a commit per table and channel."""
    for name in names:
        _replace(lake, SETTLEMENT_BATCHES, name, plan, {
            one.day: [batch_row(one.day, name, batch) for batch in one.batches.get(name, ())]
            for one in days
        })  # fmt: skip
        _replace(lake, SETTLEMENT_CHECKS, name, plan, _check_rows(replay, name))
        _replace(lake, SETTLEMENT_BRIDGE, name, plan, {
            day: [bridge_row(day, name, one) for one in settled.bridge]
            for day, settled in _settlements_of(replay, name)
        })  # fmt: skip
        _replace(lake, CHANNEL_BALANCES, name, plan, {
            day: [balance_row(day, name, one) for one in settled.balances]
            for day, settled in _settlements_of(replay, name)
        })  # fmt: skip
        _replace(lake, SETTLEMENT_OPEN, name, plan, {
            day: [*state_rows(name, settled.state)]
            for day, settled in _settlements_of(replay, name)
        })  # fmt: skip


def _settlements_of(replay: Replay, name: str) -> list[tuple[date, Any]]:
    return [(day, one) for (day, of), one in replay.settlements.items() if of == name]


def _check_rows(replay: Replay, name: str) -> dict[date, list[dict[str, Any]]]:
    return {
        day: [check_row(day, name, row) for row in settled.rows]
        for day, settled in _settlements_of(replay, name)
    }


def _replace(
    lake: Lake, table: Table, name: str, plan: Plan, rows: Mapping[date, Sequence[Row]]
) -> None:
    tables = {day: rows_to_arrow(table, of_day) for day, of_day in rows.items() if of_day}
    change = DaysChange(tables, frozenset(plan.dates))
    change_arrow_days(lake, table, name, lambda _: change)


def find_revisions(
    lake: Lake, plan: Plan, replay: Replay, names: Collection[str]
) -> dict[tuple[date, str], tuple[Revision, ...]]:
    """Compares dates that were settled before with the rows that they have now; call it before
    these are written.
    """
    dates = [day for day in plan.dates if day in plan.settled_before]
    revisions: dict[tuple[date, str], tuple[Revision, ...]] = {}
    for name in names if dates else ():
        stored = lake.read_arrow(SETTLEMENT_CHECKS, dates[0], dates[-1], name).to_pylist()
        now = _check_rows(replay, name)
        for day in dates:
            before = [row for row in stored if row["run_date"] == day]
            if revised := tuple(_compare(before, now.get(day, []))):
                revisions[day, name] = revised
    return revisions


def _compare(before: Iterable[Row], now: Iterable[Row]) -> Iterable[Revision]:
    """The batches of `before` whose result or credits are others now."""
    after = {_name_of(row): row for row in now if row["batch_no"] is not None}
    for row in sorted(before, key=lambda row: str(_name_of(row))):
        if row["batch_no"] is None:
            continue
        new = after.get(_name_of(row))
        credits_before = tuple(row["credit_line_ids"] or ())
        credits_now = tuple(new["credit_line_ids"] if new else ())
        if new is None or (row["result"], credits_before) != (new["result"], credits_now):
            name = {column: row[column] for column in _BATCH_COLUMNS}
            now_result = new["result"] if new else None
            yield Revision(
                **name,
                was=row["result"],
                now=now_result,
                credits_before=credits_before,
                credits_now=credits_now,
            )


def _name_of(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _BATCH_COLUMNS)
