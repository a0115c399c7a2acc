"""`tieout settlement --bridge`: one batch from our books to the credit."""

import pytest

from jobs.lake.tables import Lake
from jobs.treasury.waterfall import describe_waterfall, read_waterfalls, render_waterfall
from schemas.errors import ConfigurationError, LakeInconsistent
from schemas.tables import SETTLEMENT_BRIDGE
from tests.support.account_ledger import bank_line
from tests.support.bridge_ledger import BridgeLedger, batch_line, only_line, pair
from tests.support.ledger import day, frame_of, txn


@pytest.mark.sail_only
def test_waterfall_of_a_batch_adds_up_from_our_books_to_the_credit(lake: Lake) -> None:
    """Lines of two dates, of which one is charged 0.01 too much and one is nobody's; 14.88 come."""
    ledger = BridgeLedger(lake.prepare())
    profile = ledger.config.profiles["wechat"]
    with pytest.raises(ConfigurationError, match="nothing of wechat is settled yet"):
        read_waterfalls(lake, profile, "B1", None)
    ledger.put(0, batch_line("p", 1000))
    ledger.put_ours(0, txn("p", 1000, on=0))
    ledger.put_match(0, pair("p", "p"), fingerprint="1")
    ledger.put_accruals(0, p=5)
    ledger.put(1, batch_line("x", 500), batch_line("z", 70, "B10"))
    ledger.put_match(1, only_line("x"), only_line("z"), fingerprint="2")
    ledger.put_bank(0)
    ledger.put_bank(1)
    ledger.put(2)
    ledger.put_bank(2, bank_line("c", 1488, "WXB1"))
    ledger.check(0, 1, 2)
    (one,) = read_waterfalls(lake, profile, " b1", None)
    assert one.dates == (day(0), day(1))
    assert render_waterfall(one) == [
        "wechat  batch B1 in CNY, 2026-11-16 to 2026-11-17",
        "CAUSE           AMOUNT  WHAT IT IS",
        "OURS             10.00  our transactions of the dates",
        "FEE_DUE          -0.05  fee due on them by the rate card",
        "IN_TRANSIT_IN     4.94  lines whose transaction is of another date, or none",
        "FEE_DIFFERENCE   -0.01  fee charged that is not the fee due, FEE lines",
        "EXPECTED         14.88  what the channel must pay",
        "CREDITED         14.88  icbc:c",
        "DIFFERENCE       +0.00  SETTLED on 2026-11-18",
    ]
    body = describe_waterfall(one)
    assert sum(body["causes"].values()) == body["expected"] == 1488
    assert (body["ours"], body["credited"], body["run_date"]) == (995, 1488, str(day(2)))
    (before,) = read_waterfalls(lake, profile, "B1", day(0))
    assert (before.check["expected"], before.check["credited"]) == (994, 0)
    with pytest.raises(ConfigurationError, match="near to it are B10, B1"):
        read_waterfalls(lake, profile, "B100", None)
    wrong = frame_of(lake.spark, SETTLEMENT_BRIDGE, [])
    lake.replace_day(SETTLEMENT_BRIDGE, wrong, day(0), "wechat")
    with pytest.raises(LakeInconsistent, match="comes to 494, it expects 1488"):
        read_waterfalls(lake, profile, "B1", None)
