"""A channel's days as a test writes them: lines and transactions in, rows and what is open out.

Days are offsets from T. Outcomes and open items of one run are what the next one looks back at.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from jobs.lake.key_counts import KeptMarks, LakeKeeper
from jobs.lake.tables import Lake
from jobs.matching import conservation
from jobs.matching.fast_path.staging import TodaysMarks
from jobs.matching.match_day import EXACT_PAIRS_MIN_ITEMS, RunContext, match_day
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.matching.steps.manual_decisions import Decision
from schemas.profile.channel import Profile
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
    given = {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "CNY", "fee": 6}
    own = {"line_id": line_id, "our_ref": our_ref, "channel_ref": f"C-{line_id}"}
    return {**given, **own, "amount": amount, **other}


def txn(txn_id: str, amount: int = 1000, **other: Any) -> Row:
    """A succeeded payment of ours, in CNY; its our_ref is its txn_id."""
    given = {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "CNY", "our_ref": txn_id}
    return {**given, "txn_id": txn_id, "amount": amount, **other}


def profile(match: Mapping[str, Any] | None = None, **other: Any) -> Profile:
    """The page of channel bank, with the default passes."""
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
        bulk_from: int = EXACT_PAIRS_MIN_ITEMS,
        **other: Any,
    ) -> None:
        self.spark, self.folder, self.bulk_from = spark, folder, bulk_from
        self.profile = profile(match, **other)
        self.outcomes: list[Row] = []
        self.open_items: dict[int, list[Row]] = {}
        self.candidates: dict[int, list[Row]] = {}

    def run(
        self,
        offset: int,
        lines: Iterable[Row] = (),
        transactions: Iterable[Row] = (),
        whole: bool = True,
        there: bool = True,
        decisions: Sequence[Decision] = (),
    ) -> "Ledger":
        """Runs a date on what the dates before it left; nothing may be lost or doubled."""
        theirs, ours = list(lines), list(transactions)
        self.outcomes = [row for row in self.outcomes if row["run_date"] < day(offset)]
        made = match_day(
            self._frame(STATEMENT_LINES, [_dated(row, offset, "traded_at") for row in theirs]),
            self._frame(
                INTERNAL_TRANSACTIONS, [_dated(row, offset, "occurred_at") for row in ours]
            ),
            self._frame(OPEN_ITEMS, self.open_items.get(offset - 1, [])),
            ClosedOutcomes(self._frame(OUTCOMES, self.outcomes), len(self.outcomes), self._having),
            RunContext(
                day(offset),
                whole,
                there,
                item_count=len(theirs) + len(ours),
                decisions=tuple(decisions),
            ),
            self.profile,
            LakeKeeper(Lake(self.spark, str(self.folder))),
            self.bulk_from,
        )
        rows = self._frame(OUTCOMES, _collected(made.outcomes))
        went_in = conservation.input_totals(made.input_sums.collect())
        came_out = conservation.outcome_totals(conservation.sum_outcomes(rows).collect())
        assert conservation.find_differences(went_in, came_out) == []
        self.outcomes += _collected(rows)
        self.open_items[offset] = _collected(made.open_items)
        self.candidates[offset] = _collected(made.candidates)
        return self

    def rows(self, offset: int, *columns: str) -> list[tuple[Any, ...]]:
        """A run's outcomes, some columns, by id; `reasons` are joined by +, `id` is the own id."""
        found = [row for row in self.outcomes if row["run_date"] == day(offset)]
        return _shown(found, columns)

    def opened(self, offset: int, *columns: str) -> list[tuple[Any, ...]]:
        """What is open after a run, some columns, by id."""
        return _shown(self.open_items[offset], columns)

    def listed(self, offset: int, *columns: str) -> list[tuple[Any, ...]]:
        """A run's candidates, some columns, by pass, item and rank."""
        found = sorted(
            self.candidates[offset], key=lambda row: (row["pass"], row["unit_id"], row["rank"])
        )
        return [tuple(row[name] for name in columns) for row in found]

    def _frame(self, table: Table, rows: list[Row]) -> DataFrame:
        values = [tuple(row.get(name) for name in table.columns) for row in rows]
        return self.spark.createDataFrame(values, table.schema)

    def _having(self, asked: DataFrame | TodaysMarks, columns: Sequence[str]) -> DataFrame:
        """Closed rows with a mark asked for, and no other."""
        given = _given(asked)
        rows = [row for row in self.outcomes if given & {row[name] for name in HASH_COLUMNS}]
        return self._frame(OUTCOMES, rows).select(*columns)


def _given(asked: DataFrame | TodaysMarks) -> set[int]:
    if not isinstance(asked, KeptMarks):
        return {row["mark"] for row in asked.collect()}
    files = [pq.read_table(each.path, columns=list(each.columns)) for each in asked.asked]
    return {mark for file in files for column in file for mark in column.drop_null().to_pylist()}


def _collected(frame: DataFrame) -> list[Row]:
    return [_aware(row.asDict()) for row in frame.collect()]


def _aware(row: Row) -> Row:
    """Times as they are in UTC, whatever zone this machine is in."""
    return {
        name: value.astimezone(UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _dated(row: Row, offset: int, time: str) -> Row:
    """A row with its date, a time at noon unless it says another, and references normalized."""
    made = {"business_date": day(offset), "channel": "bank", time: at("12", offset)} | row
    return made | {f"{name}_norm": made.get(name) for name in _REFERENCES}


def _shown(rows: Iterable[Row], columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    out = []
    for row in rows:
        told = row | {"id": "+".join(row[name] for name in ("txn_id", "line_id") if row[name])}
        told["reasons"] = "+".join(row.get("reasons") or [])
        out.append(tuple(told[name] for name in ("id", *columns)))
    return sorted(out, key=str)
