"""Any order of arrival, with any runs in between, ends in the rows of the clean run in date order.

Each draw makes four days of trouble, and a plan: drafts of statements and snapshots that are sent
anew, files that come days late or twice, runs of any date at any time. More draws with
`TIEOUT_ARRIVALS=20 pytest tests/contract/reconcile/test_convergence.py`.
"""

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.casework.update import update_breaks
from jobs.exports.publication.publish import publish_updates
from jobs.lake.tables import Lake
from schemas.tables import CANDIDATES, OPEN_ITEMS, OUTCOMES, Table
from schemas.vocabulary import UNSUPPORTED_BREAKS
from tests.support.breaks import break_rows, event_rows
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture
from tests.support.publications import all_updates, expected_states, fold

pytestmark = pytest.mark.sail_only
DAYS = 4
DRAWS = int(os.environ.get("TIEOUT_ARRIVALS", "1"))
BY_AMOUNT = PAGE.replace(
    "passes: [our_ref, channel_ref]",
    "passes: [our_ref, channel_ref, {name: by_amount, on: [amount, currency]}]",
)
Rows = list[dict[str, Any]]


def drawn_days(rng: Random) -> tuple[list[Rows], list[Rows]]:
    """Lines and transactions by day: most agree, some come days apart, differ, or come twice.

    A break is closed by a late line, another one by our correction, which is wrong a day later.
    """
    lines: list[Rows] = [[file_line(f"L{on}")] for on in range(DAYS)]
    ours: list[Rows] = [[file_txn(f"L{on}")] for on in range(DAYS)]
    ours[0] += [file_txn("late", "77.00"), file_txn("corrected", "88.00")]
    lines[DAYS - 1].append(file_line("late", "77.00"))
    lines[0].append(file_line("corrected", "88.50"))
    ours[1].append(file_txn("corrected", "88.50"))
    ours[2].append(file_txn("corrected", "88.00"))
    for number in range(14):
        on, later = rng.randrange(DAYS), rng.randrange(3)
        amount = rng.choice(["10.00", "20.00", f"{number + 1}.50"])
        trouble = rng.choice(["none", "cut-off", "amount", "status", "twice", "no number", "again"])
        own = f"T{number}"
        sent = file_txn(own, amount)
        there = file_line(own, amount)
        if trouble == "amount":
            there = file_line(own, "9.99")
        elif trouble == "status":
            there = file_line(own, amount, status="FAILED")
        elif trouble == "no number":
            there = file_line(None, amount, channel_ref=None)
        ours[on].append(sent)
        comes = min(on + (later if trouble == "cut-off" else 0), DAYS - 1)
        lines[comes].append(there)
        if trouble == "twice":
            lines[min(on + later, DAYS - 1)].append(there)
        if trouble == "again" and on + 1 < DAYS:
            ours[on + 1].append(file_txn(own, amount, status=rng.choice(["SUCCEEDED", "FAILED"])))
    return lines, ours


def clean(pipeline: PipelineFixture, lines: list[Rows], ours: list[Rows]) -> None:
    """Every day in its order, once."""
    for on in range(DAYS):
        pipeline.write_statement(on, *lines[on])
        pipeline.write_snapshot(on, *ours[on])
        pipeline.ingest(on)
        pipeline.match(on)
        follow(pipeline)


def follow(pipeline: PipelineFixture) -> None:
    """What follows a match."""
    update_breaks(pipeline.lake, pipeline.config.profiles["bank"])
    publish_updates(pipeline.lake, pipeline.config.profiles["bank"])


def troubled(
    pipeline: PipelineFixture, lines: list[Rows], ours: list[Rows], rng: Random
) -> list[str]:
    """The same files, drafts before some of them, in any order, with runs in between; told."""
    steps: list[tuple[float, str, int]] = []
    for on in range(DAYS):
        for what in ("statement", "snapshot"):
            final = rng.random()
            steps.append((final, what, on))
            if rng.random() < 0.5:
                steps.append((final * rng.random(), f"draft {what}", on))
    steps += [(rng.random(), "run", rng.randrange(DAYS)) for _ in range(4)]
    told, ingested = [], set[int]()
    for _, what, on in sorted(steps):
        told.append(f"{what} of day {on}")
        if what == "run":
            # As `tieout run` does: dates that nobody looked for are ingested first, without a file.
            pipeline.ingest(*({*range(on + 1)} - ingested))
            ingested |= {*range(on + 1)}
            pipeline.match(on)
            follow(pipeline)
            continue
        rows = lines[on] if what.endswith("statement") else ours[on]
        if what.startswith("draft"):
            rows = [each for each in rows if rng.random() < 0.8] or rows[:1]
        if what.endswith("statement"):
            pipeline.write_statement(on, *rows)
        else:
            pipeline.write_snapshot(on, *rows)
        pipeline.ingest(on)
        ingested.add(on)
    pipeline.match(DAYS - 1)
    follow(pipeline)
    return told


def rows_of(lake: Lake, table: Table) -> list[str]:
    """All rows of all days, in an order."""
    return sorted(str(row) for on in range(DAYS) for row in lake.read_day(table, day(on)).collect())


@pytest.mark.parametrize("seed", range(DRAWS))
def test_any_arrival_ends_in_the_clean_rows(spark: SparkSession, tmp_path: Path, seed: int) -> None:
    """Outcomes, open items and candidates of all days, row for row, what was published, and the
    life of breaks, but for those that no row supports any more.
    """
    rng = Random(f"arrivals {seed}")
    lines, ours = drawn_days(rng)
    pipelines = []
    for name in ("clean", "troubled"):
        (tmp_path / name).mkdir()
        lake = Lake(spark, str(tmp_path / name / "lake")).prepare()
        pipelines.append(PipelineFixture(tmp_path / name, lake, BY_AMOUNT))
    clean(pipelines[0], lines, ours)
    told = troubled(pipelines[1], lines, ours, rng)
    for table in (OUTCOMES, OPEN_ITEMS, CANDIDATES):
        expected, found = (rows_of(pipeline.lake, table) for pipeline in pipelines)
        assert found == expected, f"{table.name}, after: {'; '.join(told)}"
    expected_fold, found_fold = (fold(all_updates(each.lake)) for each in pipelines)
    assert found_fold == expected_fold, f"status_updates, after: {'; '.join(told)}"
    expected_breaks, found_breaks = (
        [row for row in break_rows(each.lake) if row["closed_by"] not in UNSUPPORTED_BREAKS]
        for each in pipelines
    )
    assert found_breaks == expected_breaks, f"breaks, after: {'; '.join(told)}"
    assert event_rows(pipelines[1].lake) == event_rows(pipelines[0].lake)
    assert {row["closed_by"] for row in expected_breaks} >= {None, "LATE_MATCH", "CORRECTED"}
    outcomes = [row.asDict() for on in range(DAYS)
                for row in pipelines[0].lake.read_day(OUTCOMES, day(on)).collect()]  # fmt: skip
    states = expected_states(outcomes)
    assert {name: (row["now"], row["reasons"], row["line_id"]) for name, row in found_fold.items()
            } == {name: (row["outcome"], row["reasons"], row["line_id"])
                  for name, row in states.items()}  # fmt: skip
