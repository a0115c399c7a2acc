"""A date of which a side comes in parts: what a run reuses of the previous run.

An exact pair stays as it is until a new line or transaction shares a reference with it, or its
transaction comes anew in a part that is listed later. So a run matches the new lines and
transactions, today's items without an exact pair, and such pairs. The data files of all other pairs
stay in the table. `matched_parts` holds the state that a run saved. A run matches the whole day if
any other input has changed, or if the table has other data files.
Source: docs/reference/rules.md, "A day in parts".
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from pyspark.sql import functions as F

from jobs.ingestion.day_state import DayState
from jobs.lake.tables import Lake
from jobs.matching.items import lines_from_items, transactions_from_items
from jobs.matching.match_day import MatchResult
from jobs.reconcile.affected_pairs import (
    REPLACED,
    add_affected_pairs,
    mark_replaced,
    read_new_rows,
)
from jobs.reconcile.affected_pairs import PairFiles as PairFiles
from jobs.reconcile.affected_pairs import PartialRun as PartialRun
from schemas.profile.channel import Profile
from schemas.tables import (
    MATCHED_PARTS,
    OPEN_ITEMS,
    OUTCOMES,
    SETTLED_ITEMS,
)
from schemas.vocabulary import Side

#: Raised when the saved JSON changes; a run that finds another version matches the whole day.
STATE_VERSION = 4
#: Tables whose data files a run on the next part relies on.
STATE_TABLES = (OUTCOMES, OPEN_ITEMS, SETTLED_ITEMS)


def has_parts(profile: Profile, state: DayState) -> bool:
    """Whether a day of the channel comes in several parts, on one side at least."""
    of_statement = profile.files is not None and len(profile.files.parts) > 1
    return of_statement or state.snapshot_in_parts


def is_waiting_for_parts(profile: Profile, state: DayState) -> bool:
    """Whether our side of a date has begun to arrive, and parts of a side are missing."""
    is_missing = bool(state.missing or state.snapshot_missing)
    return has_parts(profile, state) and is_missing and bool(state.snapshots)


def resume(lake: Lake, profile: Profile, state: DayState, base: str) -> PartialRun | None:
    """What a run has to match after the latest run of this date; None means the whole day.

    `base` is the fingerprint of all inputs except the date's files.
    """
    day, channel = state.business_date, profile.channel
    rows = lake.read_rows(MATCHED_PARTS, channel=channel, business_date=day)
    saved = json.loads(rows[-1]["state_json"]) if rows else {}
    if saved.get("version") != STATE_VERSION or saved["base"] != base:
        return None
    known_files = {(part, file_id) for part, file_id in saved["files"]}
    known_parts = {(part, file_id) for part, file_id in saved["snapshots"]}
    parts = {(part, file_id) for part, file_id, _ in state.snapshots}
    is_added = known_files <= set(state.files) and known_parts <= parts
    if not is_added or saved["paths"] != _list_paths(lake, day, channel):
        return None
    new = read_new_rows(
        lake,
        state,
        channel,
        [file_id for part, file_id in state.files if (part, file_id) not in known_files],
        [file_id for _, file_id in parts - known_parts],
    )
    if new is None:
        return None
    pairs = [
        PairFiles(tuple(files["paths"]), files["rows"], tuple(files["sums"]))
        for files in saved["pairs"]
    ]
    settled = lake.read_day(SETTLED_ITEMS, day, channel)
    open_items = lake.read_day(OPEN_ITEMS, day, channel)
    items = settled.unionByName(open_items.where(F.col("item_date") == F.lit(day)))
    if new.transaction_count:
        # The part that is listed last has the transaction: an earlier state of today is gone.
        items = mark_replaced(items, new.transactions).where(~F.col(REPLACED)).drop(REPLACED)
    counts = {
        row["side"]: row["rows"]
        for row in items.groupBy("side").agg(F.count("*").alias("rows")).collect()
    }
    lines = counts.get(Side.STATEMENT.value, 0) + new.line_count
    transactions = counts.get(Side.INTERNAL.value, 0) + new.transaction_count
    partial = PartialRun(
        new.lines.unionByName(lines_from_items(items)),
        new.transactions.unionByName(transactions_from_items(items)),
        lines + transactions,
        tuple(pairs),
    )
    paired, replaced = sum(files.rows for files in pairs), 0
    if pairs and (new.line_count or new.transaction_count):
        partial, replaced = add_affected_pairs(lake, state, channel, partial, new)
    expected = (state.line_count, state.snapshot_rows)
    if (paired + lines, paired - replaced + transactions) != expected:
        return None
    return partial


def _list_paths(lake: Lake, day: date, channel: str) -> dict[str, list[str]]:
    return {
        table.name: sorted(row["path"] for row in lake.list_data_files(table, day, channel))
        for table in STATE_TABLES
    }


def to_plain_rows(rows: Sequence[Any]) -> tuple[Mapping[str, Any], ...]:
    """Rows of `conservation.sum_outcomes` as values that JSON can hold."""
    return tuple(
        {
            name: int(value) if isinstance(value, Decimal) else value
            for name, value in row.asDict().items()
        }
        for row in rows
    )


def save_state(
    lake: Lake,
    profile: Profile,
    state: DayState,
    base: str,
    result: MatchResult,
    pairs: Sequence[PairFiles],
) -> None:
    """Saves the state for the run on the next part; deletes it once no part is missing."""
    day, channel = state.business_date, profile.channel
    if is_waiting_for_parts(profile, state) and pairs:
        lake.replace_day(SETTLED_ITEMS, result.settled_items, day, channel)
        saved = {
            "version": STATE_VERSION,
            "base": base,
            "files": state.files,
            "snapshots": [(part, file_id) for part, file_id, _ in state.snapshots],
            "paths": _list_paths(lake, day, channel),
            "pairs": [asdict(files) for files in pairs],
        }
        row = {"channel": channel, "business_date": day, "state_json": json.dumps(saved)}
        lake.replace_rows(MATCHED_PARTS, [row], day, channel)
    elif lake.read_rows(MATCHED_PARTS, channel=channel, business_date=day):
        lake.replace_day(SETTLED_ITEMS, result.settled_items.limit(0), day, channel)
        lake.replace_rows(MATCHED_PARTS, [], day, channel)
