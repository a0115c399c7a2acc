"""The match of some threads done alone, from what is known now; no table is touched."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame

from jobs.engine.session import tune_session
from jobs.lake.key_counts import LakeKeeper
from jobs.lake.point_query import Part, among
from jobs.lake.time_travel import Past
from jobs.matching.match_day import RunContext, match_day
from jobs.matching.steps.closed_outcomes import Closed
from jobs.timeline.events import Known
from jobs.timeline.linked_records import Row, Thread
from jobs.timeline.outcomes import told_outcome
from schemas.profile.channel import Profile
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_LINES,
    Table,
)
from schemas.vocabulary import Reference, normalized

#: So many rows of each side are matched at most.
ROWS_MAX = 1000


def matched_alone(
    past: Past, threads: Sequence[Thread], known: Known, profile: Profile
) -> dict[str, Any]:
    """What threads of one channel, and rows that share a reference with them, come to.

    As though it were all new: what counts is of the last date on which any of them stands and of
    the window before it, of a transaction its latest state; nothing was closed before, both sides
    are there. References count that the profile matches by.
    """
    last = max(day for each in threads for day in each.dates)
    window = profile.match.window
    since = last - timedelta(days=max(window.internal, window.statement))
    rows = [row for each in threads for row in (*each.lines, *each.transactions)]
    lines = _sharing(past, STATEMENT_LINES, rows, profile, since, last)
    states = _sharing(past, INTERNAL_TRANSACTIONS, rows, profile, since, last)
    ours = list({row["txn_id"]: row for row in states}.values())
    tune_session(past.lake.spark, len(lines) + len(ours))
    made = match_day(
        _frame(past, STATEMENT_LINES, lines),
        _frame(past, INTERNAL_TRANSACTIONS, ours),
        _frame(past, OPEN_ITEMS, []),
        Closed(_frame(past, OUTCOMES, []), 0),
        RunContext(last, True, True, len(lines) + len(ours)),
        profile,
        LakeKeeper(past.lake),
    )
    order = sorted(
        (row.asDict(recursive=True) for row in made.outcomes.collect()),
        key=lambda row: (row["txn_id"] or "~", row["line_id"] or ""),
    )
    return {
        "channel": profile.channel,
        "since": str(since),
        "until": str(last),
        "lines": len(lines),
        "transactions": len(ours),
        "outcomes": [
            told_outcome(row, lambda item: known.named(profile.channel, item)) for row in order
        ],
    }


def _sharing(
    past: Past, table: Table, rows: Sequence[Row], profile: Profile, since: date, until: date
) -> list[Row]:
    """Rows of a table and some dates that are among the given, or share a reference with one."""
    own = "line_id" if table is STATEMENT_LINES else "txn_id"
    named = {name for each in profile.match.passes for name in each.on}
    named |= {each.on for each in profile.match.groups}
    values = {
        normalized(each): {row.get(normalized(each)) for row in rows}
        for each in Reference
        if each.value in named
    }
    values[own] = {row.get(own) for row in rows}
    given = {name: set(filter(None, each)) for name, each in values.items()}
    inside = Part(frozenset([profile.channel]), None, since, until)
    order = ("business_date", own)
    return past.rows(table, inside, among(**given), order=order, rows_max=ROWS_MAX)


def _frame(past: Past, table: Table, rows: Sequence[Row]) -> DataFrame:
    values = [tuple(row[name] for name in table.columns) for row in rows]
    return past.lake.spark.createDataFrame(values, table.schema)
