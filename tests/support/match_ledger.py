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

T = date(2026, 11, 16)
Row = dict[str, Any]
_REFERENCES = ("our_ref", "channel_ref", "order_ref", "batch_ref", "original_ref")


def day(offset: int) -> date:
    """T plus some days."""
    return T + timedelta(days=offset)


def at(clock: str, offset: int = 0) -> datetime:
    """A time of a day, in UTC."""
    return datetime.combine(day(offset), datetime.min.time(), UTC) + timedelta(
        **dict(zip(("hours", "minutes", "seconds"), map(float, clock.split(":")), strict=False))
    )


def line(line_id: str, our_ref: str | None = None, amount: int = 1000, **other: Any) -> Row:
    """A succeeded payment on the statement, in CNY; its channel_ref is C- and its id."""
    defaults = {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "CNY", "fee": 6}
    references = {"line_id": line_id, "our_ref": our_ref, "channel_ref": f"C-{line_id}"}
    return {**defaults, **references, "amount": amount, **other}


def txn(txn_id: str, amount: int = 1000, **other: Any) -> Row:
    """An internal succeeded payment, in CNY; its our_ref is its txn_id."""
    defaults = {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "CNY", "our_ref": txn_id}
    return {**defaults, "txn_id": txn_id, "amount": amount, **other}


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
        self.open_items: dict[int, list[Row]] = {}
        self.candidates: dict[int, list[Row]] = {}

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
        self.outcomes = [row for row in self.outcomes if row["run_date"] < day(offset)]
        result = match_day(
            self._frame(
                STATEMENT_LINES, [_complete(row, offset, "traded_at") for row in line_rows]
            ),
            self._frame(
                INTERNAL_TRANSACTIONS,
                [_complete(row, offset, "occurred_at") for row in transaction_rows],
            ),
            self._frame(OPEN_ITEMS, self.open_items.get(offset - 1, [])),
            ClosedOutcomes(
                self._frame(OUTCOMES, self.outcomes), len(self.outcomes), self._rows_with_keys
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
        )
        rows = self._frame(OUTCOMES, _collect(result.outcomes))
        inputs = conservation.input_totals(result.input_sums.collect())
        outcomes = conservation.outcome_totals(conservation.sum_outcomes(rows).collect())
        assert conservation.find_differences(inputs, outcomes) == []
        self.outcomes += _collect(rows)
        self.open_items[offset] = _collect(result.open_items)
        self.candidates[offset] = _collect(result.candidates)
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

    def _frame(self, table: Table, rows: list[Row]) -> DataFrame:
        values = [tuple(row.get(name) for name in table.columns) for row in rows]
        return self.spark.createDataFrame(values, table.schema)

    def _rows_with_keys(self, keys: DataFrame | ReferenceKeys, columns: Sequence[str]) -> DataFrame:
        """Closed rows that have one of the hashes, and no other."""
        frame = keys if isinstance(keys, DataFrame) else keys.lookup_hashes()
        hashes = {row[HASH] for row in frame.collect()}
        rows = [row for row in self.outcomes if hashes & {row[name] for name in HASH_COLUMNS}]
        return self._frame(OUTCOMES, rows).select(*columns)


def _collect(frame: DataFrame) -> list[Row]:
    return [_to_utc(row.asDict()) for row in frame.collect()]


def _to_utc(row: Row) -> Row:
    """The row with its times in UTC, whatever the zone of this machine."""
    return {
        name: value.astimezone(UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _complete(row: Row, offset: int, time: str) -> Row:
    """The row with its date, a time (noon if it has none), and normalized references."""
    dated = {"business_date": day(offset), "channel": "bank", time: at("12", offset)} | row
    return dated | {f"{name}_norm": dated.get(name) for name in _REFERENCES}


def _select(rows: Iterable[Row], columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    out = []
    for row in rows:
        selected = row | {"id": "+".join(row[name] for name in ("txn_id", "line_id") if row[name])}
        selected["reasons"] = "+".join(row.get("reasons") or [])
        out.append(tuple(selected[name] for name in ("id", *columns)))
    return sorted(out, key=str)
