"""Compares the match with the oracle: a batch date by date, all columns, row for row."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType, TimestampType

from jobs.lake.tables import Lake
from jobs.matching import conservation
from jobs.matching.advice.earlier_records import (
    NUMBERS,
    TRANSACTION_COLUMNS,
    EarlierRecords,
)
from jobs.matching.match_day import EXACT_PAIRS_MIN_ITEMS, RunContext, match_day
from jobs.reconcile.fast_path import keeper_of
from jobs.reconcile.inputs import read_closed_outcomes
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_LINES,
    Table,
    item_types,
)
from tests.oracle.expected import Run, comparable, expected_runs
from tests.oracle.rows import COLUMNS, Record, Row, item_id
from tests.oracle.scenarios import Batch, Scenario, scenario_number
from tests.support.ledger import day


@dataclass(frozen=True)
class ExecutionMode:
    """How the match runs a batch; no field may change a row of the result.

    From `exact_pairs_min_items` items on a date is large.
    """

    exact_pairs_min_items: int = EXACT_PAIRS_MIN_ITEMS
    partitions: int = 1
    shuffle_seed: int | None = None


#: Values of `exact_pairs_min_items`, one batch after the other.
_MIN_ITEMS = (100, 0, 50, EXACT_PAIRS_MIN_ITEMS)


def mode_of_batch(name: str) -> ExecutionMode:
    """The mode of the batch with a name, `seed:index`."""
    rng, index = Random(name), int(name.rpartition(":")[2])
    return ExecutionMode(
        exact_pairs_min_items=_MIN_ITEMS[index % len(_MIN_ITEMS)],
        partitions=rng.choice([1, 1, 3]),
        shuffle_seed=rng.randrange(1_000_000),
    )


@dataclass(frozen=True)
class Difference:
    """The first run date of a scenario on which match and oracle differ, with the rows of each."""

    scenario: Scenario
    on: int
    expected: Run
    actual: Run


def run_match(lake: Lake, batch: Batch, mode: ExecutionMode) -> list[Run]:
    """Runs the match on all scenarios of a batch: outcomes and open items by run date.

    Raises:
        AssertionError: rows or amounts were lost or doubled.
    """
    rng = None if mode.shuffle_seed is None else Random(mode.shuffle_seed)
    open_items = _frame(lake, OPEN_ITEMS, [], mode, rng)
    earlier_lines: list[Record] = []
    sent_so_far: list[Record] = []

    def frame_since(table: Table, records: list[Record], since: date) -> DataFrame:
        recent = [record for record in records if record["business_date"] >= since]
        return _frame(lake, table, recent, mode, rng)

    sent_columns = TRANSACTION_COLUMNS
    nothing = _frame(lake, INTERNAL_TRANSACTIONS, [], mode, None).select("txn_id", *NUMBERS)
    earlier = EarlierRecords(
        lambda since: frame_since(STATEMENT_LINES, earlier_lines, since),
        lambda _, since: frame_since(INTERNAL_TRANSACTIONS, sent_so_far, since).select(
            *sent_columns
        ),
        lambda: nothing,
    )
    runs: list[Run] = []
    for on, date_ in enumerate(batch.calendar):
        records = [scenario.records_on(on, date_) for scenario in batch.scenarios]
        lines = [line for side, _ in records for line in side]
        transactions = [row for _, side in records for row in side]
        sent = _frame(lake, INTERNAL_TRANSACTIONS, transactions, mode, rng)
        closed = read_closed_outcomes(lake, batch.profile, day(on), sent)
        sent_so_far += transactions
        items = len(lines) + len(transactions)
        result = match_day(
            _frame(lake, STATEMENT_LINES, lines, mode, rng),
            sent,
            open_items,
            closed,
            RunContext(day(on), date_.is_statement_complete, date_.has_snapshot, items),
            batch.profile,
            keeper_of(lake),
            mode.exact_pairs_min_items,
            earlier,
        )
        earlier_lines += lines
        lake.replace_day(OUTCOMES, result.outcomes, day(on), batch.profile.channel)
        outcomes = lake.read_day(OUTCOMES, day(on), batch.profile.channel)
        open_items = lake.stage(result.open_items, "open_items")
        _assert_conserved(result.input_sums, outcomes, batch, on)
        runs.append((_collect(outcomes, COLUMNS), _collect(open_items, tuple(item_types()))))
    return runs


def _assert_conserved(input_sums: DataFrame, outcomes: DataFrame, batch: Batch, on: int) -> None:
    before = conservation.input_totals(input_sums.collect())
    after = conservation.outcome_totals(conservation.sum_outcomes(outcomes).collect())
    differences = conservation.find_differences(before, after)
    assert not differences, f"batch {batch.name}, T+{on}: {differences}"


def _frame(
    lake: Lake, table: Table, records: list[Record], mode: ExecutionMode, rng: Random | None
) -> DataFrame:
    rows = list(records)
    if rng is not None:
        rng.shuffle(rows)
    values = [tuple(record[name] for name in table.columns) for record in rows]
    frame = lake.spark.createDataFrame(values, StructType(table.schema.fields))
    return frame.repartition(mode.partitions) if mode.partitions > 1 else frame


def _collect(frame: DataFrame, columns: tuple[str, ...]) -> list[Row]:
    """Rows as dicts; times as microseconds, which do not depend on the client's zone."""
    time_columns = {
        field.name for field in frame.schema.fields if isinstance(field.dataType, TimestampType)
    }
    selected = [
        F.unix_micros(name).alias(name) if name in time_columns else F.col(name) for name in columns
    ]
    return [row.asDict() for row in frame.select(*selected).collect()]


def find_differences(lake: Lake, batch: Batch, mode: ExecutionMode) -> Iterator[Difference]:
    """The scenarios of a batch on which match and oracle differ."""
    actual_runs = [_split_by_scenario(run) for run in run_match(lake, batch, mode)]
    for scenario in batch.scenarios:
        for on, expected in enumerate(expected_runs(batch, scenario)):
            actual = actual_runs[on].get(scenario.number, ([], []))
            if any(comparable(e) != comparable(g) for e, g in zip(expected, actual, strict=True)):
                yield Difference(scenario, on, expected, actual)
                break


def _split_by_scenario(run: Run) -> dict[int, Run]:
    out: dict[int, Run] = {}
    for place, rows in enumerate(run):
        for row in rows:
            out.setdefault(scenario_number(item_id(row)), ([], []))[place].append(row)
    return out


def shrink_difference(
    lake: Lake, batch: Batch, difference: Difference, mode: ExecutionMode
) -> tuple[Batch, Difference]:
    """The failing scenario with as few records as still fail, as a batch, and its difference.

    Each round runs many scenarios with fewer records as one batch, and keeps the smallest that
    fails.
    """
    rng = Random(0)
    while True:
        batch = replace(batch, calendar=batch.calendar[: difference.on + 1])
        scenario = difference.scenario
        records = [record for record in scenario.records if record["on"] <= difference.on]
        smaller = [
            replace(scenario, records=tuple(records[:i] + records[i + 1 :]))
            for i in range(len(records))
        ]
        for _ in range(100):
            share = rng.random()
            some = tuple(record for record in records if rng.random() < share)
            if len(some) < len(records) - 1:
                smaller.append(replace(scenario, records=some))
        failing = list(find_differences(lake, batch.with_scenarios(*smaller), mode))
        if not failing:
            single = batch.with_scenarios(replace(scenario, records=tuple(records)))
            # A scenario that fails only together with others keeps the difference found there.
            return single, next(find_differences(lake, single, mode), difference)
        difference = min(failing, key=_size)


def _size(difference: Difference) -> tuple[int, int]:
    return len(difference.scenario.records), difference.scenario.number
