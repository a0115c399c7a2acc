"""What a run on the next part of a date matches: new rows, and exact pairs that these affect.

A pair is affected if a new line or transaction has its `our_ref` or `channel_ref`, or if its
transaction comes anew. Source: docs/reference/rules.md, "A day in parts".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.ingestion.day_state import DayState
from jobs.lake.partitions import count_rows
from jobs.lake.received_files import list_merged_files
from jobs.lake.tables import Lake
from jobs.matching.fast_path.reference_hashes import list_hashes
from jobs.matching.items import LINE_COLUMNS, TRANSACTION_COLUMNS
from schemas.reference_hashes import HASH
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES, STATEMENT_LINES

#: Whether a new part of our side has the transaction of a row.
REPLACED = "is_replaced"


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


@dataclass(frozen=True)
class NewRows:
    """Lines and transactions that the latest run did not have, and how many."""

    lines: DataFrame
    transactions: DataFrame
    line_count: int
    transaction_count: int


def read_new_rows(
    lake: Lake,
    state: DayState,
    channel: str,
    file_ids: Sequence[str],
    snapshot_ids: Sequence[str],
) -> NewRows | None:
    """The rows of new files of both sides; None where a data file has rows of other files, too."""
    day = state.business_date
    files = lake.list_files_of(STATEMENT_LINES, day, channel, file_ids) if file_ids else []
    parts = (
        lake.list_files_of(INTERNAL_TRANSACTIONS, day, channel, snapshot_ids)
        if snapshot_ids
        else []
    )
    if list_merged_files([*files, *parts]):
        return None
    return NewRows(
        lake.read_files(STATEMENT_LINES, files).select(*LINE_COLUMNS),
        lake.read_files(INTERNAL_TRANSACTIONS, parts).select(*TRANSACTION_COLUMNS),
        count_rows(files),
        count_rows(parts),
    )


def mark_replaced(rows: DataFrame, new_transactions: DataFrame) -> DataFrame:
    """Rows with REPLACED: whether their transaction is among the new ones."""
    ids = new_transactions.select("txn_id", F.lit(True).alias("is_new"))
    joined = rows.join(ids, on="txn_id", how="left")
    marked = F.col("is_new").isNotNull().alias(REPLACED)
    return joined.select(*rows.columns, marked)


def add_affected_pairs(
    lake: Lake, state: DayState, channel: str, partial: PartialRun, new: NewRows
) -> tuple[PartialRun, int]:
    """Adds the pairs that new rows affect: the run matches them again. Also returns how many of
    them lose their transaction, as it is among the new ones.
    """
    day = state.business_date
    affected = _find_affected_pairs(lake, _read_pairs(lake, day, channel, partial.pairs), new)
    if affected is None:
        return partial, 0
    ids = affected.select("txn_id", "line_id", "file_id", REPLACED).collect()
    numbered = [
        _read_pairs(lake, day, channel, [files]).select("txn_id", F.lit(number).alias("number"))
        for number, files in enumerate(partial.pairs)
    ]
    hits = _union(numbered).join(affected.select("txn_id"), on="txn_id", how="left_semi")
    numbers = {row["number"] for row in hits.groupBy("number").agg(_row_count()).collect()}
    rewritten = [files for number, files in enumerate(partial.pairs) if number in numbers]
    kept = [files for number, files in enumerate(partial.pairs) if number not in numbers]
    file_ids = sorted({row["file_id"] for row in ids})
    files = lake.list_files_of(STATEMENT_LINES, day, channel, file_ids)
    lines = lake.read_files(STATEMENT_LINES, files).select(*LINE_COLUMNS)
    lines = lines.join(affected.select("line_id"), on="line_id", how="left_semi")
    stays = affected.where(~F.col(REPLACED)).select("txn_id")
    transactions = lake.read_day(INTERNAL_TRANSACTIONS, day, channel).select(*TRANSACTION_COLUMNS)
    transactions = transactions.join(stays, on="txn_id", how="left_semi")
    other_pairs = _read_pairs(lake, day, channel, rewritten).join(
        affected.select("txn_id"), on="txn_id", how="left_anti"
    )
    replaced = sum(bool(row[REPLACED]) for row in ids)
    return (
        replace(
            partial,
            lines=partial.lines.unionByName(lines),
            transactions=partial.transactions.unionByName(transactions),
            items=partial.items + 2 * len(ids) - replaced,
            pairs=tuple(kept),
            rewritten=other_pairs,
            rewritten_rows=sum(files.rows for files in rewritten) - len(ids),
        ),
        replaced,
    )


def _find_affected_pairs(lake: Lake, pairs: DataFrame, new: NewRows) -> DataFrame | None:
    """txn_id, line_id, file_id and REPLACED of pairs whose our_ref or channel_ref a new line or
    transaction has, or whose transaction is new. None if there are none: then the query reads hash
    columns only, and ids where transactions are new.
    """
    references = {"our_mark": "our_ref_norm", "channel_mark": "channel_ref_norm"}
    frames = ((new.lines, new.line_count), (new.transactions, new.transaction_count))
    shared = [
        list_hashes(rows, reference).join(_select_hash(pairs, column), on=HASH, how="inner")
        for rows, count in frames
        for column, reference in references.items()
        if count
    ]
    hashes = lake.stage(_union(shared).groupBy(HASH).agg(_row_count()).select(HASH), "hashes")
    ids = ("txn_id", "line_id")
    with_pair = [
        hashes.join(_select_hash(pairs, column, *ids), on=HASH, how="inner").select(*ids)
        for column in references
    ]
    if new.transaction_count:
        own = pairs.select(*ids).join(
            new.transactions.select("txn_id"), on="txn_id", how="left_semi"
        )
        with_pair.append(own.select(*ids))
    elif hashes.isEmpty():
        return None
    affected = _union(with_pair).groupBy(*ids).agg(_row_count())
    file_id = F.substring_index("line_id", ":", 1).alias("file_id")
    affected = mark_replaced(affected.select(*ids, file_id), new.transactions)
    affected = lake.stage(affected, "affected_pairs")
    return None if affected.isEmpty() else affected


def _select_hash(pairs: DataFrame, column: str, *ids: str) -> DataFrame:
    return pairs.select(F.col(column).alias(HASH), *ids)


def _row_count() -> Column:
    return F.count("*").alias("rows")


def _union(frames: Sequence[DataFrame]) -> DataFrame:
    return reduce(lambda left, right: left.unionByName(right), frames)


def _read_pairs(lake: Lake, day: date, channel: str, pairs: Sequence[PairFiles]) -> DataFrame:
    paths = {path for files in pairs for path in files.paths}
    listed = lake.list_data_files(OUTCOMES, day, channel)
    return lake.read_files(OUTCOMES, [row for row in listed if row["path"] in paths])
