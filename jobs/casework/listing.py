"""What `tieout breaks` shows: breaks that fit, most money at stake first, and the life of one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.lake.tables import Lake
from schemas.dates import OPEN_MONTH
from schemas.errors import BreakUnknown
from schemas.tables import BREAK_EVENTS, BREAK_NOTES, BREAKS

Row = dict[str, Any]

#: Columns that only the next update needs.
_HIDDEN = ("closed_month", "first_id", "equal_number", "last_event_on")


@dataclass(frozen=True)
class BreakFilter:
    """Which breaks to list; all that is given must fit.

    `since` is the first date on which a break opened, `older_than` a number of days, `reason` a
    reason code. `limit` is the most rows.
    """

    open_only: bool = False
    since: date = date.min
    older_than: int | None = None
    channels: Collection[str] = ()
    owner: str = ""
    reason: str = ""
    limit: int = 100


@dataclass(frozen=True)
class Listing:
    """The rows that are shown, how many there are in all, and the money at stake in these, minor
    units by currency.
    """

    rows: Sequence[Row]
    count: int
    at_stake: Mapping[str, int]


def list_breaks(lake: Lake, wanted: BreakFilter, latest: Mapping[str, date]) -> Listing:
    """The breaks that fit, with `age_days`: until the break was closed, or up to the latest run
    date of its channel, which `latest` gives. Currency by currency, most money first.
    """
    where = pc.field("opened_on") >= pa.scalar(wanted.since)
    if wanted.owner:
        where = where & (pc.utf8_lower(pc.field("owner")) == wanted.owner.lower())
    # What opened since a date is open, or was closed since.
    first = OPEN_MONTH if wanted.open_only else wanted.since.replace(day=1)
    rows = lake.read_arrow(BREAKS, first, date.max, where=where)
    rows = rows.filter(pc.field("channel").isin(pa.array(sorted(wanted.channels), pa.string())))
    rows = _with_age(rows, latest)
    if wanted.older_than is not None:
        rows = rows.filter(pc.field("age_days") > wanted.older_than)
    if wanted.reason:
        has_it = pc.equal(pc.list_flatten(rows["reasons"]), wanted.reason)
        rows = rows.take(pc.list_parent_indices(rows["reasons"]).filter(has_it))
    stakes = rows.select(["currency"]).append_column(
        "at_stake", rows["at_stake"].cast(pa.decimal128(38, 0))
    )
    sums = stakes.group_by("currency").aggregate([("at_stake", "sum")]).to_pylist()
    order = [("currency", "ascending"), ("at_stake", "descending"), ("break_id", "ascending")]
    shown = rows.sort_by(order).slice(0, wanted.limit).drop_columns(list(_HIDDEN))
    return Listing(
        shown.to_pylist(),
        len(rows),
        {row["currency"]: int(row["at_stake_sum"]) for row in sums if row["currency"]},
    )


def _with_age(rows: pa.Table, latest: Mapping[str, date]) -> pa.Table:
    channels = sorted(latest)
    place = pc.index_in(rows["channel"], pa.array(channels, pa.string()))
    newest = pa.array([latest[name] for name in channels], pa.date32()).take(place)
    until = pc.coalesce(rows["closed_on"], newest).cast(pa.int32())
    return rows.append_column("age_days", pc.subtract(until, rows["opened_on"].cast(pa.int32())))


def find_break(lake: Lake, break_id: str) -> Row:
    """The row of a break.

    Raises:
        BreakUnknown: there is no break with this id.
    """
    is_one = pc.field("break_id") == break_id
    rows = lake.read_arrow(BREAKS, date.min, date.max, where=is_one)
    if not len(rows):
        raise BreakUnknown(f"{break_id}: there is no such break; `tieout breaks` lists the ids")
    return dict(rows.drop_columns(list(_HIDDEN)).to_pylist()[0])


def read_life(lake: Lake, found_break: Row) -> tuple[list[Row], list[Row]]:
    """The events of a break and what people wrote about it, in order of time."""
    break_id, channel = found_break["break_id"], found_break["channel"]
    since, is_one = found_break["opened_on"], pc.field("break_id") == break_id
    events = lake.read_arrow(BREAK_EVENTS, since, date.max, channel, is_one)
    hidden = [name for name in _HIDDEN if name in events.column_names]
    rows = events.sort_by("run_date").drop_columns(hidden).to_pylist()
    notes = lake.read_rows(BREAK_NOTES, break_id=break_id)
    return rows, sorted(notes, key=lambda row: row["created_at"])
