"""The DataFrame match against the oracle: a batch date by date, all columns, row for row."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType, TimestampType

from jobs.lake.key_counts import LakeKeeper
from jobs.lake.tables import Lake
from jobs.matching import conservation
from jobs.matching.match_day import BULK_FROM_ITEMS, Facts, matched
from jobs.reconcile.inputs import closed_before
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_LINES,
    Table,
    item_types,
)
from tests.oracle.book import day
from tests.oracle.expected import Run, comparable, expected_of
from tests.oracle.rows import COLUMNS, Record, Row, own_id
from tests.oracle.scenarios import Batch, Scenario, scenario_of


@dataclass(frozen=True)
class Way:
    """How a batch is handed to the match; nothing of it may change a row.

    From `bulk_from` items on a date is middling, from fifty times as many on large.
    """

    bulk_from: int = BULK_FROM_ITEMS
    partitions: int = 1
    shuffle_seed: int | None = None


#: From how many items on a batch is middling, one after the other.
_BULK_FROM = (100, 0, 50, BULK_FROM_ITEMS)


def way_of(name: str) -> Way:
    """How the batch of a name, `seed:index`, is handed over."""
    rng, index = Random(name), int(name.rpartition(":")[2])
    return Way(
        bulk_from=_BULK_FROM[index % len(_BULK_FROM)],
        partitions=rng.choice([1, 1, 3]),
        shuffle_seed=rng.randrange(1_000_000),
    )


@dataclass(frozen=True)
class Difference:
    """The first run date of a scenario on which the two disagree, and what each says there."""

    scenario: Scenario
    on: int
    expected: Run
    got: Run


def got_of(lake: Lake, batch: Batch, way: Way) -> list[Run]:
    """What the match says of all scenarios of a batch, by run date.

    Raises:
        AssertionError: what went in is not what came out.
    """
    rng = None if way.shuffle_seed is None else Random(way.shuffle_seed)
    open_items = _frame(lake, OPEN_ITEMS, [], way, rng)
    runs: list[Run] = []
    for on, date_ in enumerate(batch.calendar):
        listed = [scenario.listed(on, date_) for scenario in batch.scenarios]
        lines = [line for each, _ in listed for line in each]
        ours = [row for _, each in listed for row in each]
        sent = _frame(lake, INTERNAL_TRANSACTIONS, ours, way, rng)
        closed = closed_before(lake, batch.profile, day(on), sent)
        items = len(lines) + len(ours)
        made = matched(
            _frame(lake, STATEMENT_LINES, lines, way, rng),
            sent,
            open_items,
            closed,
            Facts(day(on), date_.whole, date_.snapshot, items),
            batch.profile,
            LakeKeeper(lake),
            way.bulk_from,
        )
        lake.replace_day(OUTCOMES, made.outcomes, day(on), batch.profile.channel)
        outcomes = lake.read_day(OUTCOMES, day(on), batch.profile.channel)
        open_items = lake.stage(made.open_items, "open_items")
        _assert_conserved(made.went_in, outcomes, batch, on)
        runs.append((_collected(outcomes, COLUMNS), _collected(open_items, tuple(item_types()))))
    return runs


def _assert_conserved(went_in: DataFrame, outcomes: DataFrame, batch: Batch, on: int) -> None:
    before = conservation.collected(went_in.collect())
    after = conservation.came_out(conservation.of_outcomes(outcomes).collect())
    faults = conservation.faults(before, after)
    assert not faults, f"batch {batch.name}, T+{on}: {faults}"


def _frame(
    lake: Lake, table: Table, records: list[Record], way: Way, rng: Random | None
) -> DataFrame:
    rows = list(records)
    if rng is not None:
        rng.shuffle(rows)
    values = [tuple(record[name] for name in table.columns) for record in rows]
    frame = lake.spark.createDataFrame(values, StructType(table.schema.fields))
    return frame.repartition(way.partitions) if way.partitions > 1 else frame


def _collected(frame: DataFrame, columns: tuple[str, ...]) -> list[Row]:
    """Rows as dicts; times as microseconds, which no zone of a client changes."""
    times = {
        field.name for field in frame.schema.fields if isinstance(field.dataType, TimestampType)
    }
    chosen = [F.unix_micros(name).alias(name) if name in times else F.col(name) for name in columns]
    return [row.asDict() for row in frame.select(*chosen).collect()]


def differences(lake: Lake, batch: Batch, way: Way) -> Iterator[Difference]:
    """The scenarios of a batch on which the match and the oracle disagree."""
    by_scenario = [_by_scenario(run) for run in got_of(lake, batch, way)]
    for scenario in batch.scenarios:
        for on, expected in enumerate(expected_of(batch, scenario)):
            got = by_scenario[on].get(scenario.number, ([], []))
            if any(comparable(e) != comparable(g) for e, g in zip(expected, got, strict=True)):
                yield Difference(scenario, on, expected, got)
                break


def _by_scenario(run: Run) -> dict[int, Run]:
    out: dict[int, Run] = {}
    for place, rows in enumerate(run):
        for row in rows:
            out.setdefault(scenario_of(own_id(row)), ([], []))[place].append(row)
    return out


def smallest(lake: Lake, batch: Batch, found: Difference, way: Way) -> tuple[Batch, Difference]:
    """A failing scenario with as few records as still fail, and its difference.

    Many ways to leave something out are run together as one batch, again and again.
    """
    rng = Random(0)
    while True:
        batch = replace(batch, calendar=batch.calendar[: found.on + 1])
        records = [each for each in found.scenario.records if each["on"] <= found.on]
        fewer = [
            replace(found.scenario, records=tuple(records[:i] + records[i + 1 :]))
            for i in range(len(records))
        ]
        for _ in range(100):
            share = rng.random()
            some = tuple(each for each in records if rng.random() < share)
            if len(some) < len(records) - 1:
                fewer.append(replace(found.scenario, records=some))
        failing = list(differences(lake, batch.of(*fewer), way))
        if not failing:
            alone = batch.of(replace(found.scenario, records=tuple(records)))
            # One that fails only beside others is told as it was beside them.
            return alone, next(differences(lake, alone, way), found)
        found = min(failing, key=lambda each: (len(each.scenario.records), each.scenario.number))
