"""However statements come, are issued again, and jobs are killed: the rows are those of a clean
run.
"""

from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.lake.tables import Lake
from jobs.treasury import check_dates, write_days
from schemas.tables import (
    BANK_LINES_USED,
    CHANNEL_BALANCES,
    SETTLEMENT_BATCHES,
    SETTLEMENT_CHECKS,
    SETTLEMENT_OPEN,
)
from tests.support.account_ledger import BANK, AccountLedger, bank_line, lines_of
from tests.support.first_by_day import first_by_day
from tests.support.ledger import Row, day

PAGES: dict[str, dict[str, Any]] = {
    "alipay": {"find": [{"reference": "AL{batch}"}, {"payer": "Alipay"}], "minimum": {"CNY": 300}},
    "wechat": {},
}
START = {"alipay": "AL", "wechat": "WX"}
PAYER = {"alipay": "Alipay Ltd", "wechat": "Tenpay"}
DAYS = 6
TABLES = (SETTLEMENT_BATCHES, SETTLEMENT_CHECKS, SETTLEMENT_OPEN, CHANNEL_BALANCES, BANK_LINES_USED)
Statement = tuple[int, str, list[Row]]


class _Killed(Exception):
    pass


def _draw_statements(rng: Random) -> list[Statement]:
    """Statements by day and channel: batches of small equal amounts, and credits that name their
    batch, that only name the payer, or that nobody knows; in time, late, early, split or merged.
    """
    bank: dict[int, list[Row]] = {on: [] for on in range(DAYS)}
    statements: list[Statement] = []
    serial = 0
    for on in range(DAYS):
        for name in PAGES:
            lines: list[Row] = []
            for number in range(rng.randrange(3)):
                batch = f"{name[0].upper()}{on}{number}"
                amounts = [rng.choice((100, 200, 400)) for _ in range(rng.randrange(1, 3))]
                lines += lines_of(batch, *amounts)
                serial += 1
                when = min(max(on + rng.choice((-1, 0, 1, 1, 1, 2, 4)), 0), DAYS - 1)
                text = rng.choice((f"{START[name]}{batch}", "payout", "payout"))
                credit = sum(amounts) + rng.choice((0, 0, 0, -50, 30))
                if rng.random() < 0.85:
                    bank[when].append(bank_line(f"c{serial}", credit, text, payer_name=PAYER[name]))
            statements.append((on, name, lines))
        if rng.random() < 0.3:
            serial += 1
            bank[on].append(bank_line(f"c{serial}", 777, "rent", payer_name="Landlord"))
    return statements + [(on, BANK, lines) for on, lines in bank.items()]


def _read_rows(lake: Lake) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for table in TABLES:
        every = lake.read_arrow(table, day(-9), day(99)).to_pylist()
        rows[table.name] = sorted(repr(sorted(row.items(), key=str)) for row in every)
    return rows


def _kill_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next settlement ends after so many tables, or before it is recorded."""
    left = [writes]
    change = write_days.change_arrow_days

    def write(*arguments: Any) -> Any:
        if not left[0]:
            raise _Killed
        left[0] -= 1
        return change(*arguments)

    def record(*_: Any) -> None:
        raise _Killed

    monkeypatch.setattr(write_days, "change_arrow_days", write)
    monkeypatch.setattr(check_dates, "record_runs", record)


@pytest.mark.sail_only
@pytest.mark.slow
@pytest.mark.parametrize("seed", first_by_day(0, 1))
def test_any_arrival_ends_in_the_clean_rows(
    spark: SparkSession, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = Random(seed)
    statements = _draw_statements(rng)
    clean = AccountLedger(Lake(spark, str(tmp_path / "clean")).prepare(), PAGES)
    _put_all(clean, statements)
    clean.check(*range(DAYS))
    expected = _read_rows(clean.lake)
    assert {"SETTLED", "PENDING"} <= _results(expected)

    late = AccountLedger(Lake(spark, str(tmp_path / "late")).prepare(), PAGES)
    arrivals: list[Statement] = []
    for on, name, lines in rng.sample(statements, len(statements)):
        if lines and rng.random() < 0.2:
            arrivals.append((on, name, lines[1:]))  # a first version lacks a line
        arrivals.append((on, name, lines))
    for number, (on, name, lines) in enumerate(arrivals):
        late.put(on, *lines, channel=name)
        if number % 4 == 3:
            with monkeypatch.context() as patch:
                if rng.random() < 0.5:
                    _kill_after(rng.randrange(9), patch)
                    with suppress(_Killed):
                        late.check(rng.randrange(DAYS))
                else:
                    late.check(rng.randrange(DAYS))
    late.check(DAYS - 1)
    assert _read_rows(late.lake) == expected
    assert late.check() == []


def _put_all(ledger: AccountLedger, statements: list[Statement]) -> None:
    for on, name, lines in statements:
        ledger.put(on, *lines, channel=name)


def _results(rows: dict[str, list[str]]) -> set[str]:
    text = " ".join(rows[SETTLEMENT_CHECKS.name])
    return {result for result in ("SETTLED", "PENDING", "SHORT", "CARRIED") if result in text}
