"""A date whose statement comes in parts: what a run reuses of the previous run.

An exact pair stays as it is until a new line shares a reference with it. So a run matches the new
lines, today's items without an exact pair, and pairs that share a reference with a new line. The
data files of all other pairs stay in the table. `matched_parts` holds the state that a run saved. A
run matches the whole day if any other input has changed, or if the table has other data files.
Source: docs/reference/rules.md, "A day in parts".
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.ingestion.day_state import DayState
from jobs.lake.partitions import count_rows
from jobs.lake.received_files import list_merged_files
from jobs.lake.tables import Lake
from jobs.matching.fast_path.reference_hashes import list_hashes
from jobs.matching.items import (
    LINE_COLUMNS,
    TRANSACTION_COLUMNS,
    lines_from_items,
    transactions_from_items,
)
from jobs.matching.match_day import MatchResult
from schemas.profile.channel import Profile
from schemas.reference_hashes import HASH
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    MATCHED_PARTS,
    OPEN_ITEMS,
    OUTCOMES,
    SETTLED_ITEMS,
    STATEMENT_LINES,
)
from schemas.vocabulary import Side

#: Raised when the saved JSON changes; a run that finds another version matches the whole day.
STATE_VERSION = 3
#: Tables whose data files a run on the next part relies on.
STATE_TABLES = (OUTCOMES, OPEN_ITEMS, SETTLED_ITEMS)


@dataclass(frozen=True)
class PairFiles:
    """Data files of `outcomes` that hold exact pairs of one run, and their sums.

    `sums` are the rows of `conservation.sum_outcomes` as plain values.
    """

    paths: tuple[str, ...]
    rows: int
    sums: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class PartialRun:
    """The lines and transactions of its date that a run matches, `items` in all.

    `pairs` stay as they are. `rewritten` are the other pairs of data files that hold an affected
    pair: the run writes these `rewritten_rows` rows again.
    """

    lines: DataFrame
    transactions: DataFrame
    items: int
    pairs: tuple[PairFiles, ...]
    rewritten: DataFrame | None = None
    rewritten_rows: int = 0


def has_parts(profile: Profile) -> bool:
    """Whether a day of the channel comes in several parts."""
    return profile.files is not None and len(profile.files.parts) > 1


def is_waiting_for_parts(profile: Profile, state: DayState) -> bool:
    """Whether our side of a date has arrived and parts of its statement are missing."""
    return has_parts(profile) and not state.is_complete and state.snapshot_id is not None


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
    if not known_files <= set(state.files) or saved["paths"] != _list_paths(lake, day, channel):
        return None
    pairs = [
        PairFiles(tuple(files["paths"]), files["rows"], tuple(files["sums"]))
        for files in saved["pairs"]
    ]
    new = [file_id for part, file_id in state.files if (part, file_id) not in known_files]
    files = lake.list_files_of(STATEMENT_LINES, day, channel, new) if new else []
    items = lake.read_day(SETTLED_ITEMS, day, channel).unionByName(
        lake.read_day(OPEN_ITEMS, day, channel).where(F.col("item_date") == F.lit(day))
    )
    counts = {row["side"]: row["rows"] for row in items.groupBy("side").agg(_row_count()).collect()}
    lines = counts.get(Side.STATEMENT.value, 0) + count_rows(files)
    transactions = counts.get(Side.INTERNAL.value, 0)
    paired = sum(files.rows for files in pairs)
    expected = (state.line_count, state.snapshot_rows)
    if (paired + lines, paired + transactions) != expected or list_merged_files(files):
        return None
    new_lines = lake.read_files(STATEMENT_LINES, files).select(*LINE_COLUMNS)
    partial = PartialRun(
        new_lines.unionByName(lines_from_items(items)),
        transactions_from_items(items),
        lines + transactions,
        tuple(pairs),
    )
    if files and pairs:
        return _add_affected_pairs(lake, state, channel, partial, new_lines)
    return partial


def _add_affected_pairs(
    lake: Lake, state: DayState, channel: str, partial: PartialRun, new_lines: DataFrame
) -> PartialRun:
    """Adds the pairs that share a reference with a new line: the run matches them again."""
    day = state.business_date
    affected = _find_affected_pairs(lake, _read_pairs(lake, day, channel, partial.pairs), new_lines)
    if affected is None:
        return partial
    ids = affected.select("txn_id", "line_id", "file_id").collect()
    numbered = [
        _read_pairs(lake, day, channel, [files]).select("txn_id", F.lit(number).alias("number"))
        for number, files in enumerate(partial.pairs)
    ]
    hits = _union(numbered).join(affected.select("txn_id"), on="txn_id", how="left_semi")
    numbers = {row["number"] for row in hits.groupBy("number").agg(_row_count()).collect()}
    replaced = [files for number, files in enumerate(partial.pairs) if number in numbers]
    kept = [files for number, files in enumerate(partial.pairs) if number not in numbers]
    file_ids = sorted({row["file_id"] for row in ids})
    files = lake.list_files_of(STATEMENT_LINES, day, channel, file_ids)
    lines = lake.read_files(STATEMENT_LINES, files).select(*LINE_COLUMNS)
    lines = lines.join(affected.select("line_id"), on="line_id", how="left_semi")
    transactions = lake.read_day(INTERNAL_TRANSACTIONS, day, channel).select(*TRANSACTION_COLUMNS)
    transactions = transactions.join(affected.select("txn_id"), on="txn_id", how="left_semi")
    other_pairs = _read_pairs(lake, day, channel, replaced).join(
        affected.select("txn_id"), on="txn_id", how="left_anti"
    )
    return replace(
        partial,
        lines=partial.lines.unionByName(lines),
        transactions=partial.transactions.unionByName(transactions),
        items=partial.items + 2 * len(ids),
        pairs=tuple(kept),
        rewritten=other_pairs,
        rewritten_rows=sum(files.rows for files in replaced) - len(ids),
    )


def _find_affected_pairs(lake: Lake, pairs: DataFrame, new_lines: DataFrame) -> DataFrame | None:
    """txn_id, line_id and file_id of pairs whose line shares our_ref or channel_ref with a new
    line. None if there are none: then the query reads hash columns only.
    """
    references = {"our_mark": "our_ref_norm", "channel_mark": "channel_ref_norm"}
    shared = [
        list_hashes(new_lines, reference).join(_select_hash(pairs, column), on=HASH, how="inner")
        for column, reference in references.items()
    ]
    hashes = lake.stage(_union(shared).groupBy(HASH).agg(_row_count()).select(HASH), "hashes")
    if hashes.isEmpty():
        return None
    ids = ("txn_id", "line_id")
    with_hash = [
        hashes.join(_select_hash(pairs, column, *ids), on=HASH, how="inner").select(*ids)
        for column in references
    ]
    affected = _union(with_hash).groupBy(*ids).agg(_row_count())
    file_id = F.substring_index("line_id", ":", 1).alias("file_id")
    affected = affected.select(*ids, file_id)
    return lake.stage(affected, "affected_pairs")


def _select_hash(pairs: DataFrame, column: str, *ids: str) -> DataFrame:
    return pairs.select(F.col(column).alias(HASH), *ids)


def _row_count() -> Any:
    return F.count("*").alias("rows")


def _union(frames: Sequence[DataFrame]) -> DataFrame:
    return reduce(lambda left, right: left.unionByName(right), frames)


def _read_pairs(lake: Lake, day: date, channel: str, pairs: Sequence[PairFiles]) -> DataFrame:
    paths = {path for files in pairs for path in files.paths}
    listed = lake.list_data_files(OUTCOMES, day, channel)
    return lake.read_files(OUTCOMES, [row for row in listed if row["path"] in paths])


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
            "paths": _list_paths(lake, day, channel),
            "pairs": [asdict(files) for files in pairs],
        }
        row = {"channel": channel, "business_date": day, "state_json": json.dumps(saved)}
        lake.replace_rows(MATCHED_PARTS, [row], day, channel)
    elif lake.read_rows(MATCHED_PARTS, channel=channel, business_date=day):
        lake.replace_day(SETTLED_ITEMS, result.settled_items.limit(0), day, channel)
        lake.replace_rows(MATCHED_PARTS, [], day, channel)
