"""Matches linked records without all other rows, from the tables as they are now."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame

from jobs.engine.session import tune_session
from jobs.lake.point_query import PartitionFilter, column_in
from jobs.lake.time_travel import LakeAsOf
from jobs.matching.fast_path.plain_keys import PlainKeeper
from jobs.matching.match_day import RunContext, match_day
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.timeline.events import Facts
from jobs.timeline.linked_records import LinkedRecords, Row
from jobs.timeline.outcomes import describe_outcome
from schemas.profile.channel import Profile
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_LINES,
    Table,
)
from schemas.vocabulary import Reference, normalized_column

#: The most rows of each side to match.
ROWS_MAX = 1000


def match_records(
    past: LakeAsOf, records: Sequence[LinkedRecords], facts: Facts, profile: Profile
) -> dict[str, Any]:
    """Matches records of one channel, and rows that share a reference with them; writes nothing.

    The match runs as if all rows were new: rows of the last date of the records and of the window
    before it, the latest state of each transaction, nothing closed before, both sides complete.
    Only references that the profile matches by link further rows.
    """
    last = max(day for record in records for day in record.dates)
    window = profile.match.window
    since = last - timedelta(days=max(window.internal, window.statement))
    rows = [row for record in records for row in (*record.lines, *record.transactions)]
    lines = _rows_sharing_reference(past, STATEMENT_LINES, rows, profile, since, last)
    states = _rows_sharing_reference(past, INTERNAL_TRANSACTIONS, rows, profile, since, last)
    transactions = list({row["txn_id"]: row for row in states}.values())
    tune_session(past.lake.spark, len(lines) + len(transactions))
    result = match_day(
        _frame(past, STATEMENT_LINES, lines),
        _frame(past, INTERNAL_TRANSACTIONS, transactions),
        _frame(past, OPEN_ITEMS, []),
        ClosedOutcomes(_frame(past, OUTCOMES, []), 0),
        RunContext(last, True, True, len(lines) + len(transactions)),
        profile,
        PlainKeeper(past.lake.stage),
    )
    outcomes = sorted(
        (row.asDict(recursive=True) for row in result.outcomes.collect()),
        key=lambda row: (row["txn_id"] or "~", row["line_id"] or ""),
    )
    return {
        "channel": profile.channel,
        "since": str(since),
        "until": str(last),
        "lines": len(lines),
        "transactions": len(transactions),
        "outcomes": [
            describe_outcome(row, lambda item: facts.describe_item(profile.channel, item))
            for row in outcomes
        ],
    }


def _rows_sharing_reference(
    past: LakeAsOf, table: Table, rows: Sequence[Row], profile: Profile, since: date, until: date
) -> list[Row]:
    """Rows of a table and a range of dates that are in `rows`, or share a reference with one."""
    id_column = "line_id" if table is STATEMENT_LINES else "txn_id"
    match_keys = {name for match_pass in profile.match.passes for name in match_pass.on}
    match_keys |= {group.on for group in profile.match.groups}
    values = {
        normalized_column(reference): {row.get(normalized_column(reference)) for row in rows}
        for reference in Reference
        if reference.value in match_keys
    }
    values[id_column] = {row.get(id_column) for row in rows}
    conditions = {name: set(filter(None, column)) for name, column in values.items()}
    partitions = PartitionFilter(frozenset([profile.channel]), None, since, until)
    order = ("business_date", id_column)
    return past.query_rows(
        table, partitions, column_in(**conditions), order=order, rows_max=ROWS_MAX
    )


def _frame(past: LakeAsOf, table: Table, rows: Sequence[Row]) -> DataFrame:
    values = [tuple(row[name] for name in table.columns) for row in rows]
    return past.lake.spark.createDataFrame(values, table.schema)
