"""Breaks that no row of outcomes supports any more: they are kept, closed by what took their rows.

These alone depend on the order in which files came.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from jobs.casework.judge import own_values
from schemas.vocabulary import BreakEvent, BreakState

Row = dict[str, Any]


def close_gone(
    breaks: Iterable[Row], rows: Collection[Row], decided_on: Mapping[str, date], newest: date
) -> list[Row]:
    """The breaks, closed.

    `rows` are all rows about their transactions and lines, `decided_on` the days of decisions by
    `matched_by`. A decision that settled the item closes its break. Otherwise, if our transaction
    is as it was, or the line is gone, the statement was sent anew; else our snapshot changed. These
    are closed on `newest`, the newest run date.
    """
    decisions: dict[str, date] = {}
    for row in rows:
        if row["matched_by"] in decided_on:
            for name in ("txn_id", "line_id"):
                decisions[row[name]] = decided_on[row["matched_by"]]
    ours = {(row["txn_id"], own_values(row)) for row in rows}
    lines = {row["line_id"] for row in rows}
    closed = []
    for known in breaks:
        subject = known["line_id"] if known["txn_id"] is None else known["txn_id"]
        if subject in decisions:
            closed_by = BreakEvent.DECISION
            closed_on = max(known["opened_on"], decisions[subject])
        else:
            closed_on = newest
            is_ours_the_same = (known["txn_id"], own_values(known)) in ours
            is_line_gone = known["line_id"] not in lines
            was_reissued = is_line_gone if known["txn_id"] is None else is_ours_the_same
            closed_by = (
                BreakEvent.REISSUED_STATEMENT if was_reissued else BreakEvent.CHANGED_SNAPSHOT
            )
        values = {"state": BreakState.CLOSED.value, "closed_by": closed_by.value}
        closed.append(known | values | {"closed_on": closed_on})
    return closed
