"""`tieout settlement`: what is open, what came, what is owed."""

import pytest

from jobs.lake.tables import Lake
from jobs.treasury.listing import list_settlement, render_listing
from tests.support.account_ledger import AccountLedger, bank_line, lines_of
from tests.support.ledger import day


@pytest.mark.sail_only
def test_listing_has_each_batch_once_and_the_balance(lake: Lake) -> None:
    """A batch paid on the second day is shown with `since` only; one is late, one 1.00 short."""
    ledger = AccountLedger(lake.prepare())
    for on, batch in enumerate(("B0", "B1", "B2")):
        ledger.put(on, *lines_of(batch, 1000 + on))
    ledger.put_bank(0)
    ledger.put_bank(1, bank_line("a", 1000, "WXB0"))
    ledger.put_bank(2)
    ledger.put(3)
    ledger.put_bank(3, bank_line("c", 902, "WXB2"))
    ledger.check(0, 1, 2, 3)
    latest = list_settlement(lake, ["wechat"], None, None)
    assert [(row["batch"], row["result"]) for row in latest.rows] == [
        ("B1", "LATE"),
        ("B2", "SHORT"),
    ]
    text = "\n".join(render_listing(latest))
    assert "wechat owes us CNY 11.01 after 2026-11-19: open 11.01" in text
    both = list_settlement(lake, ["wechat"], None, day(0))
    assert [(row["batch"], row["result"]) for row in both.rows][:1] == [("B0", "SETTLED")]
    before = list_settlement(lake, ["wechat"], day(1), None)
    assert [(row["batch"], row["result"]) for row in before.rows] == [
        ("B0", "SETTLED"),
        ("B1", "PENDING"),
    ]
