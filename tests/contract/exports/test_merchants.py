"""Statements of merchants: what we owe, our fee on it, and totals that our own gate accepts."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from jobs.exports.merchants.write_statements import find_unmatched_channels, write_statements
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from schemas.errors import CheckFailed
from schemas.fee_schedule import FeeSchedule
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES
from tests.support.account_ledger import profile_of
from tests.support.ledger import Row, complete_row, day, frame_of, internal_only_row, outcome_row
from tests.support.paths import GOLDEN

pytestmark = pytest.mark.sail_only
ZONES = {"bank": ZoneInfo("Asia/Shanghai")}
CARDS = {
    "M1": FeeSchedule.model_validate(
        {"merchant": "M1", "entries": [{"name": "own", "rate": "0.01"}]}
    ),
    "default": FeeSchedule.model_validate(
        {"merchant": "default", "entries": [{"name": "standard", "rate": "0.006"}]}
    ),
}


def txn(txn_id: str, amount: int, merchant: str | None = "M1", on: int = 0, **other: Any) -> Row:
    values = {
        "txn_id": txn_id,
        "channel": "bank",
        "business_date": day(on),
        "kind": "PAYMENT",
        "status": "SUCCEEDED",
        "amount": amount,
        "currency": "CNY",
        "occurred_at": datetime(2026, 11, 16 + on, 8, tzinfo=UTC),
        "order_ref": f"O-{txn_id}",
        "merchant_id": merchant,
    }
    return complete_row(INTERNAL_TRANSACTIONS, values | other)


def put(lake: Lake, on: int, transactions: list[Row], outcomes: list[Row]) -> None:
    """Replaces both tables' rows of a day."""
    frames = ((INTERNAL_TRANSACTIONS, transactions), (OUTCOMES, outcomes))
    for table, rows in frames:
        lake.replace_day(table, frame_of(lake.spark, table, rows), day(on), "bank")


def read(lake: Lake, on: int) -> dict[str, list[str]]:
    folder = Path(lake.uri) / f"exports/{day(on)}/merchant_statements"
    return {path.name: path.read_text("utf-8").splitlines() for path in sorted(folder.iterdir())}


def refund(txn_id: str, amount: int, on: int) -> Row:
    return txn(txn_id, amount, on=on, kind="REFUND", original_txn_id="P1")


def test_statement_is_what_our_gate_reads(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """M1 is owed 100.00 less 1.00 and gives 40.00 back less 0.40; M2 50.00 less 0.30. What waits is
    provisional, what failed on both sides is in no file. The zone of the machine changes nothing.
    """
    lake.prepare()
    transactions = [
        txn("P1", 10_000),
        refund("R1", -4_000, 0),
        txn("P2", 5_000, "M2/shop"),
        txn("P3", 700),
        txn("P4", 800, status="FAILED"),
        txn("P5", 900, None),
    ]
    matched = ("P1", "R1", "P2", "P4", "P5")
    put(
        lake,
        0,
        transactions,
        [*(outcome_row(each, 0) for each in matched), internal_only_row("P3", 700, on=0)],
    )
    result = write_statements(lake, day(0), ZONES, CARDS)
    assert (result.transactions, result.provisional, result.without_merchant) == (3, 1, 1)
    assert dict(result.net) == {"CNY": 10_000 - 100 - 4_000 + 40 + 5_000 - 30}
    files = read(lake, 0)
    assert [*files] == ["M1-CNY-provisional.csv", "M1-CNY.csv", "M2%2Fshop-CNY.csv",
                        "summary.csv"]  # fmt: skip
    golden = next((GOLDEN / "shipped/merchant_statement").glob("statement*"))
    assert files["M1-CNY.csv"] == golden.read_text("utf-8").splitlines()
    assert files["M1-CNY-provisional.csv"][1] == "P3,O-P3,PAYMENT,2026-11-16T08:00:00Z,CNY,7.00,,"
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    again = write_statements(lake, day(0), ZONES, CARDS)
    monkeypatch.undo()
    time.tzset()
    assert read(lake, 0) == files and again == result


def test_date_that_match_has_not_run_for_is_named(lake: Lake) -> None:
    """Channel bank was matched on the first day only; wallet begins on the second one."""
    lake.prepare()
    pages = {"bank": profile_of("bank"), "wallet": profile_of("wallet", first=1)}
    record_runs(lake, Run("match", "bank", day(0)))
    assert find_unmatched_channels(lake, pages, day(0)) == []
    assert find_unmatched_channels(lake, pages, day(1)) == ["bank", "wallet"]


def test_refunds_of_later_statements_return_no_more_than_the_fee(lake: Lake) -> None:
    """100.00 with a fee of 1.00; 60.00 and, two days later, 60.00 come back: 0.60 and 0.40."""
    lake.prepare()
    put(lake, 0, [txn("P1", 10_000)], [outcome_row("P1", 0)])
    put(lake, 1, [refund("R1", -6_000, 1)], [outcome_row("R1", 1)])
    put(lake, 3, [refund("R2", -6_000, 3)], [outcome_row("R2", 3)])
    nets = [dict(write_statements(lake, day(on), ZONES, CARDS).net) for on in (0, 1, 3)]
    assert nets == [{"CNY": 9_900}, {"CNY": -5_940}, {"CNY": -5_960}]


def test_transaction_without_a_price_stops_the_date(lake: Lake) -> None:
    """No card fits M2: nothing is written, and the message names it."""
    lake.prepare()
    put(lake, 0, [txn("P1", 10_000), txn("P2", 5_000, "M2")],
        [outcome_row("P1", 0), outcome_row("P2", 0)])  # fmt: skip
    with pytest.raises(CheckFailed, match=r"fits transactions of M2 \(P2\)"):
        write_statements(lake, day(0), ZONES, {"M1": CARDS["M1"]})
    assert not (Path(lake.uri) / f"exports/{day(0)}").exists()
