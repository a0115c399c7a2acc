"""Finds the rows of `outcomes` that people decide about."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from jobs.lake.point_query import PartitionFilter, column_contains, column_in
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from schemas.errors import DecisionRefused
from schemas.tables import OUTCOMES
from schemas.vocabulary import Outcome, Reason

Row = dict[str, Any]
#: The rows of `outcomes` that stand together: a pair or a lone item is one row, a group several.
Unit = tuple[Row, ...]
#: Ids that a query asks for at once.
_IDS_MAX = 1000


def is_grouped(row: Row) -> bool:
    """Whether a row is one of several that stand together."""
    return row["unit_id"] not in (row["txn_id"], row["line_id"])


def is_resend(row: Row) -> bool:
    """Whether a row only says that a transaction was sent again."""
    is_repeat = row["outcome"] == Outcome.EXCLUDED and row["reasons"] == [Reason.ALREADY_RECONCILED]
    return is_repeat and row["line_id"] is None


def find_unit(lake: Lake, own_id: str, channels: Sequence[str]) -> Unit:
    """The unit of the latest row with an id; rows that only repeat a transaction do not count.

    Raises:
        DecisionRefused: NOT_FOUND, no outcome has it; TWO_CHANNELS, those of several channels do.
    """
    of = PartitionFilter(frozenset(channels) or None)
    rows = LakeAsOf(lake).query_rows(OUTCOMES, of, column_in(txn_id=[own_id], line_id=[own_id]))
    if not rows:
        raise DecisionRefused(
            "NOT_FOUND",
            f"{own_id}: no outcome has this txn_id or line_id; `tieout explain {own_id}` finds"
            " rows by any reference",
        )
    names = sorted({row["channel"] for row in rows})
    if len(names) > 1:
        raise DecisionRefused(
            "TWO_CHANNELS", f"{own_id} is in {' and '.join(names)}; name one with --channel"
        )
    rows = [row for row in rows if not is_resend(row)] or rows
    last = max(rows, key=lambda row: row["run_date"])
    return _load_unit(lake, last) if is_grouped(last) else (last,)


def _load_unit(lake: Lake, row: Row) -> Unit:
    of = PartitionFilter(frozenset([row["channel"]]), frozenset([row["run_date"]]))
    order = ("txn_id", "statement_date", "traded_at", "line_id")
    by_unit = column_in(unit_id=[row["unit_id"]])
    return tuple(LakeAsOf(lake).query_rows(OUTCOMES, of, by_unit, order=order))


def find_breaks(lake: Lake, channel: str, day: date) -> list[Unit]:
    """The units of a run that are in BREAK, each with all its rows."""
    of = PartitionFilter(frozenset([channel]), frozenset([day]))
    order = ("unit_id", "txn_id", "statement_date", "traded_at", "line_id")
    in_break = column_contains("outcome", Outcome.BREAK)
    units: dict[str, list[Row]] = {}
    for row in LakeAsOf(lake).query_rows(OUTCOMES, of, in_break, order=order):
        units.setdefault(row["unit_id"], []).append(row)
    return [tuple(rows) for rows in units.values()]


def find_rows_since(
    lake: Lake, channel: str, since: date, ids: Collection[str], names: Iterable[str]
) -> list[Row]:
    """Rows of runs from `since` on that have one of the ids in one of the columns."""
    of, past, ids = PartitionFilter(frozenset([channel]), since=since), LakeAsOf(lake), sorted(ids)
    out: list[Row] = []
    for start in range(0, len(ids), _IDS_MAX):
        some = ids[start : start + _IDS_MAX]
        out += past.query_rows(OUTCOMES, of, column_in(**dict.fromkeys(names, some)))
    return out
