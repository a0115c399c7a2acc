"""Runs the match day by day in a test: lines and transactions in, outcomes and open items out.

Days are offsets from T. A run reads the outcomes and open items that earlier runs left.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.lake.tables import Lake
from jobs.matching import conservation
from jobs.matching.advice.earlier_records import NUMBERS, TRANSACTION_COLUMNS, EarlierRecords
from jobs.matching.fast_path.keeper import ReferenceKeys
from jobs.matching.match_day import EXACT_PAIRS_MIN_ITEMS, RunContext, match_day
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.matching.steps.manual_decisions import Decision
from jobs.reconcile.fast_path import keeper_of
from schemas.profile.channel import Profile
from schemas.reference_hashes import HASH
from schemas.tables import (
    HASH_COLUMNS,
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_LINES,
    Table,
)
from tests.support.ledger import Row, T, date_row, day, frame_of


def profile(match: Mapping[str, Any] | None = None, **other: Any) -> Profile:
    """The profile of channel bank, with the default passes."""
    page = {
        "channel": "bank",
        "dialect": "wechat_bill",
        "zone": "Asia/Shanghai",
        "first_date": T,
        "files": {"pattern": "bank/{business_date:%Y-%m-%d}.csv"},
        "match": dict(match or {}),
    }
    return Profile.model_validate({**page, **other})


class Ledger:
    """One channel, run day by day."""

    def __init__(
        self,
        spark: SparkSession,
        folder: Path,
        match: Mapping[str, Any] | None = None,
        exact_pairs_min_items: int = EXACT_PAIRS_MIN_ITEMS,
        **other: Any,
    ) -> None:
        self.spark, self.folder, self.exact_pairs_min_items = spark, folder, exact_pairs_min_items
        self.profile = profile(match, **other)
        self.outcomes: list[Row] = []
        self.records: dict[int, tuple[list[Row], list[Row]]] = {}
        self.open_items: dict[int, list[Row]] = {}
        self.candidates: dict[int, list[Row]] = {}
        self.excluded_of_ours: dict[int, list[Row]] = {}

    def run(
        self,
        offset: int,
        lines: Iterable[Row] = (),
        transactions: Iterable[Row] = (),
        is_statement_complete: bool = True,
        has_snapshot: bool = True,
        decisions: Sequence[Decision] = (),
    ) -> "Ledger":
        """Runs a date after the dates before it, and checks that no row is lost or doubled."""
        line_rows, transaction_rows = list(lines), list(transactions)
        self.records[offset] = line_rows, transaction_rows
        self.outcomes = [row for row in self.outcomes if row["run_date"] < day(offset)]
        result = match_day(
            self._dated_frame(STATEMENT_LINES, line_rows, offset),
            self._dated_frame(INTERNAL_TRANSACTIONS, transaction_rows, offset),
            frame_of(self.spark, OPEN_ITEMS, self.open_items.get(offset - 1, [])),
            ClosedOutcomes(
                frame_of(self.spark, OUTCOMES, self.outcomes),
                len(self.outcomes),
                self._rows_with_keys,
            ),
            RunContext(
                day(offset),
                is_statement_complete,
                has_snapshot,
                item_count=len(line_rows) + len(transaction_rows),
                decisions=tuple(decisions),
            ),
            self.profile,
            keeper_of(Lake(self.spark, str(self.folder))),
            self.exact_pairs_min_items,
            self._earlier_records(offset),
        )
        rows = frame_of(self.spark, OUTCOMES, _collect(result.outcomes))
        inputs = conservation.input_totals(result.input_sums.collect())
        outcomes = conservation.outcome_totals(conservation.sum_outcomes(rows).collect())
        assert conservation.find_differences(inputs, outcomes) == []
        self.outcomes += _collect(rows)
        self.open_items[offset] = _collect(result.open_items)
        self.candidates[offset] = _collect(result.candidates)
        if result.excluded_of_ours is not None:
            self.excluded_of_ours[offset] = _collect(result.excluded_of_ours)
        return self

    def rows(self, offset: int, *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of a run's outcomes, sorted: first the ids, `reasons` joined by +."""
        rows = [row for row in self.outcomes if row["run_date"] == day(offset)]
        return _select(rows, columns)

    def open_rows(self, offset: int, *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of the items that are open after a run, sorted, first the ids."""
        return _select(self.open_items[offset], columns)

    def candidate_rows(self, offset: int, *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of a run's candidates, by pass, item and rank."""
        rows = sorted(
            self.candidates[offset], key=lambda row: (row["pass"], row["unit_id"], row["rank"])
        )
        return [tuple(row[name] for name in columns) for row in rows]

    def _earlier_records(self, offset: int) -> EarlierRecords:
        """The lines of all runs before an offset, and the transactions of all up to it."""
        lines = [
            date_row(STATEMENT_LINES, row, on)
            for on, (rows, _) in self.records.items()
            for row in rows
        ]
        transactions = [
            date_row(INTERNAL_TRANSACTIONS, row, on)
            for on, (_, rows) in self.records.items()
            for row in rows
        ]
        return earlier_records_of(self.spark, lines, transactions, day(offset))

    def _dated_frame(self, table: Table, rows: list[Row], offset: int) -> DataFrame:
        return frame_of(self.spark, table, [date_row(table, row, offset) for row in rows])

    def _rows_with_keys(self, keys: DataFrame | ReferenceKeys, columns: Sequence[str]) -> DataFrame:
        """Closed rows that have one of the hashes, and no other."""
        frame = keys if isinstance(keys, DataFrame) else keys.lookup_hashes()
        hashes = {row[HASH] for row in frame.collect()}
        rows = [row for row in self.outcomes if hashes & {row[name] for name in HASH_COLUMNS}]
        return frame_of(self.spark, OUTCOMES, rows).select(*columns)


def earlier_records_of(
    spark: SparkSession, lines: Iterable[Row], transactions: Iterable[Row], until: date
) -> EarlierRecords:
    """Records of tests as a run of the date `until` looks them up; nothing was written off."""

    def read(table: Table, rows: Iterable[Row], since: date, last: date) -> DataFrame:
        return frame_of(spark, table, [r for r in rows if since <= r["business_date"] <= last])

    lines, transactions, before = list(lines), list(transactions), until - timedelta(days=1)
    return EarlierRecords(
        lines=lambda since: read(STATEMENT_LINES, lines, since, before),
        transactions=lambda _, since: read(
            INTERNAL_TRANSACTIONS, transactions, since, until
        ).select(*TRANSACTION_COLUMNS),
        written_off=lambda: frame_of(spark, INTERNAL_TRANSACTIONS, []).select("txn_id", *NUMBERS),
    )


def _collect(frame: DataFrame) -> list[Row]:
    return [_to_utc(row.asDict()) for row in frame.collect()]


def _to_utc(row: Row) -> Row:
    """The row with its times in UTC, whatever the zone of this machine."""
    return {
        name: value.astimezone(UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _select(rows: Iterable[Row], columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    out = []
    for row in rows:
        selected = row | {"id": "+".join(row[name] for name in ("txn_id", "line_id") if row[name])}
        selected["reasons"] = "+".join(row.get("reasons") or [])
        out.append(tuple(selected[name] for name in ("id", *columns)))
    return sorted(out, key=str)
