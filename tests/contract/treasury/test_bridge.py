"""The bridge of a date: each line and each transaction of ours in one cause, by the engine."""

import pytest

from jobs.lake.tables import Lake
from schemas.tables import SETTLEMENT_BRIDGE
from tests.support.bridge_ledger import BridgeLedger, batch_line, only_line, only_ours, pair
from tests.support.ledger import day, txn


@pytest.fixture
def ledger(lake: Lake) -> BridgeLedger:
    return BridgeLedger(lake.prepare())


def test_each_line_and_each_transaction_stands_in_one_cause(ledger: BridgeLedger) -> None:
    """Pairs of the date are ours in the batch of their line, whatever differs; of a line alone the
    match says why, and without a match nothing explains it. A transaction that was sent before, or
    is still pending, is none of the date.
    """
    ledger.put(-1, batch_line("s", 800, "B0", channel_ref="C-s", channel_ref_norm="C-S"))
    ledger.put_ours(-1, txn("sent", 50, on=-1), txn("then", 500, on=-1))
    ledger.put(
        0,
        batch_line("p", 1000), batch_line("d", 1000), batch_line("y", 500),
        batch_line("q", 60), batch_line("x", 400), batch_line("o", 300), batch_line("u", 200),
        batch_line("n", 80), batch_line("f", -30, kind="FEE", fee=None),
        batch_line("k", -20, None, kind="FEE", fee=None),
        batch_line("t", 0, status="REVERSED", channel_ref="C-s", channel_ref_norm="C-S"),
        batch_line("c", 70, settlement_amount=9, settlement_currency="USD"),
    )  # fmt: skip
    ledger.put_ours(
        0,
        txn("p", 1000, on=0), txn("d", 990, on=0), txn("q", 60, on=0, status="PENDING"),
        txn("w", 700, on=0), txn("sent", 50, on=-1), txn("c", 70, on=0),
        txn("then", 500, on=-1, status="FAILED"),
    )  # fmt: skip
    ledger.put_match(
        0,
        pair("p", "p"), pair("d", "d", outcome="BREAK", reasons=["AMOUNT_MISMATCH"]),
        pair("q", "q", outcome="BREAK"), pair("then", "y", internal_date=day(-1)), pair("c", "c"),
        only_line("x", "STATEMENT_ONLY"), only_line("o", "OUT_OF_SCOPE", outcome="EXCLUDED"),
        only_line("u", "DUPLICATE_LINE"), only_line("f", "STATEMENT_ONLY"),
        only_line("k", "STATEMENT_ONLY"), only_line("t", "STATUS_MISMATCH"),
        only_ours("w"), only_ours("sent", reasons=["ALREADY_RECONCILED"]),
        fingerprint="m",
    )  # fmt: skip
    ledger.put_accruals(0, p=5, d=5, w=4, c=1, then=-3)
    for on in (-1, 0):
        ledger.put_bank(on)
    ledger.check(0)
    assert ledger.bridge(0) == {
        "B1 CNY": {
            "OURS": 1990, "FEE_DUE": -10,
            # x, y and q, and the line that takes s of the day before back.
            "IN_TRANSIT_IN": 394 + 494 + 54 - 794,
            "AMOUNT_DIFFERENCE": 10, "OUT_OF_SCOPE": 294, "DUPLICATE": 194,
            "FEE_DIFFERENCE": -2 - 30, "UNEXPLAINED": 74,
        },
        "B1 USD": {"IN_TRANSIT_IN": 9},
        "- CNY": {
            "OURS": 770, "FEE_DUE": -5 + 3, "IN_TRANSIT_OUT": -765 - 3,
            "FEE_DIFFERENCE": -20, "CARRIED": 20,
        },
    }  # fmt: skip
    assert ledger.ours(0)["B1 CNY"] == 1980


@pytest.mark.sail_by_day
def test_members_of_a_group_are_ours_where_all_are_of_the_date_and_in_one_batch(
    ledger: BridgeLedger,
) -> None:
    """One group comes to 0.10 more than ours; of the others a line is in another batch, a
    transaction is of another date, and a line is not of the date. A void takes nothing of ours.
    """
    ledger.put(
        0,
        *(batch_line(name, 100, fee=1) for name in ("a1", "a2", "b1", "c1", "d1")),
        batch_line("b2", 100, "B2", fee=1),
        batch_line("v1", 40, fee=0), batch_line("v2", -40, fee=0, kind="REFUND"),
    )  # fmt: skip
    ledger.put_ours(-1, txn("c", 100, on=-1))
    ledger.put_ours(0, txn("a", 190, on=0), txn("b", 200, on=0), txn("d", 100, on=0),
                    txn("v", 40, on=0, status="CLOSED"))  # fmt: skip
    rows = []
    for unit, lines in {"a": ("a1", "a2"), "b": ("b1", "b2"), "c": ("c1",), "d": ("d1",),
                        "v": ("v1", "v2")}.items():  # fmt: skip
        its = {"unit_id": f"order:{unit}", "outcome": "MATCHED"}
        status = "CLOSED" if unit == "v" else "SUCCEEDED"
        sent = {"internal_date": day(-1 if unit == "c" else 0)}
        rows.append(only_ours(unit, **its, **sent, internal_status=status))
        rows += [only_line(name, **its) for name in lines]
    rows.append(only_line("of-before", unit_id="order:d", statement_date=day(-1)))
    ledger.put_match(0, *rows, fingerprint="m")
    ledger.put_accruals(0, a=1, b=2, d=3)
    for on in (-1, 0):
        ledger.put_bank(on)
    ledger.check(0)
    assert ledger.bridge(0) == {
        "B1 CNY": {"OURS": 190, "FEE_DUE": -1, "IN_TRANSIT_IN": 3 * 99, "AMOUNT_DIFFERENCE": 10,
                   "FEE_DIFFERENCE": 1 - 2},
        "B2 CNY": {"IN_TRANSIT_IN": 99},
        "- CNY": {"OURS": 300, "FEE_DUE": -5, "IN_TRANSIT_OUT": -295},
    }  # fmt: skip


@pytest.mark.sail_only
def test_rows_of_a_date_follow_its_own_match_and_no_later_one(ledger: BridgeLedger) -> None:
    """Before the match nothing is explained; when it has run, or runs again, or fees are accrued
    anew, the date is settled again. What the match of the next date pairs changes only that date.
    """
    ledger.put(0, batch_line("p", 1000))
    ledger.put_bank(0)
    ledger.check(0)
    assert ledger.bridge(0) == {"B1 CNY": {"UNEXPLAINED": 994}}
    ledger.put_match(0, only_line("p", "STATEMENT_ONLY"), fingerprint="1")
    ledger.check(0)
    late = {"B1 CNY": {"IN_TRANSIT_IN": 994}}
    assert ledger.bridge(0) == late
    ledger.put(1, batch_line("r", 10))
    ledger.put_bank(1)
    ledger.put_ours(1, txn("p", 1000, on=1))
    ledger.put_match(1, pair("p", "p", internal_date=day(1), statement_date=day(0)),
                     only_line("r", "STATEMENT_ONLY"), fingerprint="2")  # fmt: skip
    ledger.put_accruals(1, p=5)
    ledger.check(1)
    assert ledger.bridge(0) == late
    transit = {"OURS": 1000, "FEE_DUE": -5, "IN_TRANSIT_OUT": -995}
    assert ledger.bridge(1) == {"B1 CNY": {"IN_TRANSIT_IN": 4}, "- CNY": transit}
    # Our snapshot of the date comes late: its match runs again, with another fingerprint.
    ledger.put_ours(0, txn("p", 1000, on=0))
    ledger.put_match(0, pair("p", "p"), fingerprint="3")
    ledger.put_match(1, only_ours("p", reasons=["ALREADY_RECONCILED"]),
                     only_line("r", "STATEMENT_ONLY"), fingerprint="4")  # fmt: skip
    ledger.put_accruals(0, "b", p=5)
    ledger.put_accruals(1, "b")
    assert [one.business_date for one in ledger.check()] == [day(0), day(1)]
    assert ledger.bridge(0) == {"B1 CNY": {"OURS": 1000, "FEE_DUE": -5, "FEE_DIFFERENCE": -1}}
    assert ledger.bridge(1) == {"B1 CNY": {"IN_TRANSIT_IN": 4}}
    assert ledger.ours(1) == {"B1 CNY": 995}
    assert ledger.check() == []


@pytest.mark.sail_only
def test_accrual_that_ends_stays_with_its_merchant(lake: Lake) -> None:
    """With `per: [merchant_id]` it ends under the merchant under whom it was accrued, also if the
    transaction says another one by then.
    """
    ledger = BridgeLedger(lake.prepare(), {"wechat": {"per": ["merchant_id"]}})
    began = [txn(name, 500, on=-1, merchant_id=f"M-{name}") for name in ("a", "b")]
    ledger.put_ours(-1, *began, txn("none", 500, on=-1))
    ended = [row | {"status": "FAILED"} for row in began]
    ended[1]["merchant_id"] = "other"
    ledger.put_ours(0, *ended, txn("none", 500, on=-1, status="FAILED"))
    ledger.put_accruals(-1, a=3, b=4, none=5)
    ledger.put_accruals(0, a=-3, b=-4, none=-5)
    for on in (-1, 0):
        ledger.put_bank(on)
        ledger.put_match(on, fingerprint=f"m{on}")
    ledger.check(0)
    rows = lake.read_arrow(SETTLEMENT_BRIDGE, day(0), day(0), "wechat").to_pylist()
    due = {row["per"]: row["amount"] for row in rows if row["cause"] == "FEE_DUE"}
    assert due == {"M-a": 3, "M-b": 4, "": 5}
