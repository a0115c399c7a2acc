"""Which earlier rows a run reads: those of the look-back, and farther back those of today's own
transactions alone. T is day 10, the look-back is 3, the zone is New York's.

One transaction and one other is closed on each of the days 0 to 9, and named after it. `t` is in a
pair under the number N; on day 5 lines alone of N and of M are closed, a line that voids one of
that pair (v), and one that voids another.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.lake.tables import Lake
from jobs.reconcile.inputs import read_closed_outcomes
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES
from tests.support.ledger import T, day
from tests.support.match_ledger import profile

#: On Spark whole runs say the same.
pytestmark = pytest.mark.sail_only

RUN, LATER = 10, 5
PAGE = profile({"lookback": 3}, zone="America/New_York", first_date=T)


@pytest.fixture(scope="module")
def lake(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with ten days of closed rows: `t` and `o` and the day's number."""
    made = Lake(spark, str(tmp_path_factory.mktemp("inputs") / "lake")).prepare()
    for offset in range(RUN):
        given = {"run_date": day(offset), "channel": "bank", "outcome": "MATCHED", "reasons": []}
        rows = [given | {"unit_id": txn, "txn_id": txn} for txn in (f"t{offset}", f"o{offset}")]
        number = {"kind": "PAYMENT", "channel_ref_norm": "N"}
        rows.append(given | number | {"unit_id": "t", "txn_id": "t", "line_id": f"l{offset}"})
        if offset == LATER:
            rows.append(given | number | {"unit_id": "n", "line_id": "n"})
            rows.append(given | number | {"unit_id": "m", "line_id": "m", "channel_ref_norm": "M"})
            rows.append(given | number | {"unit_id": "r", "line_id": "r", "kind": "REFUND"})
            for void, voided in (("v", "l4"), ("w", "other")):
                names = {"unit_id": void, "line_id": void, "duplicate_of": voided}
                rows.append(given | names | {"kind": "REFUND", "matched_by": "void"})
        values = [tuple(row.get(name) for name in OUTCOMES.columns) for row in rows]
        frame = spark.createDataFrame(values, OUTCOMES.schema)
        made.replace_day(OUTCOMES, frame, day(offset), "bank")
    return made


def read(lake: Lake, **occurred: datetime) -> list[tuple[int, str]]:
    """Day and transaction, or line alone, of what is read where these transactions come in."""
    rows = [{"txn_id": name, "occurred_at": when} for name, when in occurred.items()]
    values = [tuple(row.get(name) for name in INTERNAL_TRANSACTIONS.columns) for row in rows]
    today = lake.spark.createDataFrame(values, INTERNAL_TRANSACTIONS.schema)
    found = (
        read_closed_outcomes(lake, PAGE, day(RUN), today)
        .rows.select("run_date", "unit_id")
        .collect()
    )
    return sorted(((row["run_date"] - T).days, row["unit_id"]) for row in found)


def utc(offset: int, hour: int) -> datetime:
    """An hour of a day, in UTC; New York is five hours behind."""
    return datetime(T.year, T.month, T.day, hour, tzinfo=UTC) + timedelta(days=offset)


NEAR = sorted((on, name) for on in (7, 8, 9) for name in ("t", f"t{on}", f"o{on}"))


def test_the_look_back(lake: Lake) -> None:
    """What days 7, 8 and 9 closed, whosever it is; today's transaction is new."""
    assert read(lake, t=utc(RUN, 12)) == NEAR


def test_an_old_transaction(lake: Lake) -> None:
    """It occurred on day 4 at 23:00 in New York, day 5 in UTC: back to day 3, its own rows only,
    the line alone of its pair's number, and the one that voids its line."""
    found = read(lake, t=utc(5, 4), t9=utc(9, 12))
    assert [each for each in found if each[0] >= 7] == NEAR
    far = [each for each in found if each[0] < 7]
    assert {on for on, name in far if name == "t"} >= {3, 4, 5, 6}
    assert [each for each in far if each[1] != "t"] == [(LATER, "n"), (LATER, "v")]


def test_on_the_first_evening_of_the_look_back(lake: Lake) -> None:
    """It occurred on day 7 at 21:00 in New York, day 8 in UTC: the day before is day 6."""
    assert [each for each in read(lake, t=utc(8, 2)) if each[0] < 7] == [(6, "t")]


def test_nothing_before_the_first_date(spark: SparkSession, tmp_path: Path) -> None:
    """A channel in its first days has nothing farther back, however old a transaction is."""
    empty = Lake(spark, str(tmp_path / "lake")).prepare()
    page = profile({"lookback": 3}, first_date=day(8))
    values = [tuple(None for _ in INTERNAL_TRANSACTIONS.columns)]
    today = spark.createDataFrame(values, INTERNAL_TRANSACTIONS.schema)
    assert read_closed_outcomes(empty, page, day(RUN), today).rows.collect() == []
    empty.remove_staged()
