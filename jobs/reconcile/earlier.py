"""Records of earlier dates that a match asks for: few rows, of tables that may be large."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.decisions.store import read_approved
from jobs.lake.point_query import PartitionFilter, column_in
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from jobs.matching.advice.earlier_records import NUMBERS, TRANSACTION_COLUMNS, EarlierRecords
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES, STATEMENT_LINES
from schemas.vocabulary import Effect, Outcome

#: Up to so many lines, Bloom filters of the data files find their transactions; more are joined by
#: the engine, which reads every row.
LOOKED_UP_MAX = 500
_TYPES = "txn_id string, business_date date, status string, our_ref_norm string,"
_TYPES += " channel_ref_norm string"


def look_up_earlier(lake: Lake, profile: Profile, day: date) -> EarlierRecords:
    """A channel's records of earlier dates, read when they are asked for."""
    before, first, channel = day - timedelta(days=1), profile.first_date, profile.channel
    return EarlierRecords(
        lines=lambda since: lake.read_days(STATEMENT_LINES, max(since, first), before, channel),
        transactions=lambda numbers, since: _transactions(lake, channel, numbers, since, day),
        written_off=lambda: _written_off(lake, channel, day),
    )


def _transactions(
    lake: Lake, channel: str, numbers: DataFrame, since: date, until: date
) -> DataFrame:
    few = numbers.limit(LOOKED_UP_MAX + 1).collect()
    if len(few) > LOOKED_UP_MAX:
        return _join_transactions(lake, channel, numbers, since, until)
    wanted = {name: {row[name] for row in few if row[name]} for name in NUMBERS}
    dates = PartitionFilter(frozenset([channel]), None, since, until)
    rows = _query(lake, dates, wanted, ("txn_id",))
    return _frame(lake, _query(lake, dates, {"txn_id": _ids(rows)}, TRANSACTION_COLUMNS))


def _query(
    lake: Lake, dates: PartitionFilter, wanted: Mapping[str, Collection[str]], columns: Any
) -> list[dict[str, Any]]:
    conditions = column_in(**wanted)
    if not conditions:
        return []
    return LakeAsOf(lake).query_rows(INTERNAL_TRANSACTIONS, dates, conditions, columns)


def _ids(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    return {row["txn_id"] for row in rows}


def _frame(lake: Lake, rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    values = [tuple(row[name] for name in TRANSACTION_COLUMNS) for row in rows]
    return lake.spark.createDataFrame(values, _TYPES)


def _join_transactions(
    lake: Lake, channel: str, numbers: DataFrame, since: date, until: date
) -> DataFrame:
    rows = lake.read_days(INTERNAL_TRANSACTIONS, since, until, channel)
    rows = rows.select(*TRANSACTION_COLUMNS)
    by_number = [
        rows.where(F.col(name).isNotNull())
        .join(numbers.where(F.col(name).isNotNull()).select(name), on=name, how="left_semi")
        .select("txn_id")
        for name in NUMBERS
    ]
    return rows.join(reduce(DataFrame.unionByName, by_number), on="txn_id", how="left_semi")


def _written_off(lake: Lake, channel: str, day: date) -> DataFrame:
    """Transactions that a decision about an earlier run wrote off, in their latest state."""
    decided = {
        (run_date, decision.txn_id): decision.decided_by
        for run_date, decisions in read_approved(lake, channel).items()
        for decision in decisions
        if decision.effect == Effect.WRITE_OFF and decision.txn_id and run_date < day
    }
    if not decided:
        return _frame(lake, [])
    ids = {txn_id for _, txn_id in decided if txn_id}
    runs = PartitionFilter(frozenset([channel]), frozenset(run_date for run_date, _ in decided))
    columns = ("run_date", "txn_id", "outcome", "matched_by")
    rows = LakeAsOf(lake).query_rows(OUTCOMES, runs, column_in(txn_id=ids), columns)
    applied = {
        row["txn_id"]
        for row in rows
        if row["outcome"] == Outcome.EXCLUDED
        and row["matched_by"] == decided.get((row["run_date"], row["txn_id"]))
    }
    dates = PartitionFilter(frozenset([channel]), until=day)
    states = _query(lake, dates, {"txn_id": applied}, TRANSACTION_COLUMNS)
    states.sort(key=lambda row: row["business_date"])
    return _frame(lake, {row["txn_id"]: row for row in states}.values())
