"""Dates of a bank account are settled from statement lines, again where what came changed."""

import pytest

from jobs.lake.tables import Lake
from tests.support.account_ledger import BANK, AccountLedger, bank_line, lines_of
from tests.support.ledger import day, line


@pytest.fixture
def ledger(lake: Lake) -> AccountLedger:
    return AccountLedger(lake.prepare())


@pytest.mark.sail_only
def test_batch_is_paid_by_the_credit_that_names_it(ledger: AccountLedger) -> None:
    """Payments of 10.00 and 5.00, a refund of 2.00, a fee of 0.06 each and a FEE line of 0.30:
    12.52 come on the next day.
    """
    lines = [
        *lines_of("B1", 1000, 500, fee=6),
        line("r", None, -200, kind="REFUND", fee=0, batch_ref="B1", batch_ref_norm="B1"),
        line("f", None, -30, kind="FEE", fee=None, batch_ref="B1", batch_ref_norm="B1"),
        line("x", None, 9999, status="FAILED", batch_ref="B1", batch_ref_norm="B1"),
    ]
    ledger.put(0, *lines)
    ledger.put_bank(0)
    ledger.put(1)
    ledger.put_bank(1, bank_line("c", 1258, "payout WXB1"), bank_line("o", 77, "rent"))
    first, second = ledger.check(0, 1)
    assert ledger.rows(0) == ["B1 PENDING 1258/0"]
    assert ledger.rows(1) == ["B1 SETTLED 1258/1258"]
    assert (first.closing, second.closing) == ({"CNY": 1258}, {"CNY": 0})
    assert ledger.uses() == {"icbc:c": ("wechat", day(1)), "icbc:o": (None, None)}


@pytest.mark.sail_only
def test_late_bank_statement_settles_the_date_again(ledger: AccountLedger) -> None:
    """Nothing becomes late without the bank's statement; when it comes, the rows are those of a
    bank statement in time, and the batch is named as revised.
    """
    ledger.put(0, *lines_of("B1", 1000))
    ledger.put_bank(0)
    for on in (1, 2, 3):
        ledger.put(on)
    assert [one.is_bank_whole for one in ledger.check(0, 1, 2, 3)] == [True, False, False, False]
    assert ledger.rows(3) == ["B1 PENDING 1000/0"]
    ledger.put_bank(1, bank_line("c", 1000, "WXB1"))
    ledger.put_bank(2)
    again = ledger.check()
    assert [one.business_date for one in again] == [day(1), day(2), day(3)]
    assert ledger.rows(1) == ["B1 SETTLED 1000/1000"]
    assert ledger.rows(3) == []
    assert [(r.batch, r.was, r.now) for r in again[0].revisions] == [("B1", "PENDING", "SETTLED")]
    assert ledger.check() == []


@pytest.mark.sail_only
def test_line_that_nobody_knows_is_tried_again(ledger: AccountLedger) -> None:
    """A credit names a batch whose lines come a day later: it waits, and a replay from a later
    date gives it to the channel once.
    """
    ledger.put(0)
    ledger.put_bank(0, bank_line("c", 1000, "WXB1"))
    ledger.check(0)
    assert ledger.uses() == {"icbc:c": (None, None)}
    ledger.put(1, *lines_of("B1", 1000))
    ledger.put_bank(1)
    ledger.check(1)
    assert ledger.uses() == {"icbc:c": ("wechat", day(1))}
    assert ledger.rows(1) == ["B1 SETTLED 1000/1000"]
    ledger.check(1)
    assert ledger.uses() == {"icbc:c": ("wechat", day(1))}
    assert ledger.rows(1) == ["B1 SETTLED 1000/1000"]
    assert ledger.closing(1) == {"CNY": 0}


def test_line_that_is_taken_back_leaves_its_batch(ledger: AccountLedger) -> None:
    """A payment of 10.00 with a fee of 0.06 fails on the next day: -9.94 in the batch of that day,
    whatever the second line says of amount and fee.
    """
    ledger.put(0, *lines_of("B1", 1000, 500, fee=6))
    taken = {"channel_ref": "C-B1.0", "channel_ref_norm": "C-B1.0", "status": "REVERSED"}
    ledger.put(1, line("t", None, 0, fee=0, batch_ref="B2", batch_ref_norm="B2", **taken))
    for on in (0, 1):
        ledger.put_bank(on)
    ledger.check(0, 1)
    assert "B2 PENDING -994/0" in ledger.rows(1)
    assert ledger.closing(1) == {"CNY": 494}


@pytest.mark.sail_by_day
@pytest.mark.parametrize(
    "by",
    [
        "batch_ref",
        *(
            pytest.param(by, marks=pytest.mark.sail_only)
            for by in ("settlement_date", "business_date")
        ),
    ],
)
def test_lines_are_in_the_batch_of_their_key(lake: Lake, by: str) -> None:
    """A payment without batch_ref belongs to its settlement date, else to its business date; a fee
    without one to the carried money; a line settled in another currency enters with its net, and
    in its own currency where it does not say the net.
    """
    ledger = AccountLedger(lake.prepare(), {"wechat": {"batch_by": by}})
    foreign = {"settlement_amount": 90, "settlement_currency": "USD"}
    ledger.put(
        0,
        *lines_of("B1", 100),
        line("d", None, 200, fee=0, settlement_date=day(0)),
        line("n", None, 400, fee=0),
        line("f", None, -30, kind="FEE", fee=None),
        line("u", None, 800, fee=5, batch_ref="B1", batch_ref_norm="B1", **foreign),
        line("v", None, 50, fee=0, batch_ref="B1", batch_ref_norm="B1", settlement_currency="USD"),
    )
    ledger.put_bank(0)
    ledger.check(0)
    date = str(day(0))
    by_date = [f"{date} PENDING 720/0", f"{date} PENDING 90/0"]
    by_reference = ["- CARRIED 0/0", f"{date} PENDING 600/0", "B1 PENDING 150/0",
                    "B1 PENDING 90/0"]  # fmt: skip
    assert ledger.rows(0) == (by_reference if by == "batch_ref" else by_date)
    assert ledger.closing(0) == {"CNY": 720, "USD": 90}


def test_settlement_line_closes_the_lines_before_it(lake: Lake) -> None:
    """Two payouts a day: each closes what came since the one before, and what is left of the last
    one waits; a payout that came back is expected again with the lines that follow.
    """
    ledger = AccountLedger(lake.prepare(), {"wechat": {"batch_by": "settlement"}})
    paid = {"kind": "SETTLEMENT", "fee": 0}
    ledger.put(
        0,
        line("1", None, 1000, fee=0, traded_at=None),
        line("2", None, -1000, channel_ref="P1", channel_ref_norm="P1", **paid),
        line("3", None, 500, fee=0),
        line("4", None, -450, channel_ref="P2", channel_ref_norm="P2", **paid),
        line("5", None, 70, fee=0),
    )  # fmt: skip
    ledger.put_bank(0, bank_line("c", 1000, "WXP1"))
    ledger.put(1, line("6", None, 450, original_ref="P2", original_ref_norm="P2", **paid))
    ledger.put_bank(1)
    ledger.check(0, 1)
    assert ledger.rows(0) == ["- CARRIED 0/0", "- PENDING 70/0", "P1 SETTLED 1000/1000",
                              "P2 PENDING 450/0"]  # fmt: skip
    assert ledger.closing(0) == {"CNY": 570}
    assert "- PENDING 570/0" in ledger.rows(1)


@pytest.mark.sail_only
def test_two_channels_share_one_account(lake: Lake) -> None:
    """Each bank line is given to one channel; one that two know equally well is nobody's."""
    other = {"find": [{"reference": "AL{batch}"}, {"payer": "Alipay"}]}
    ledger = AccountLedger(lake.prepare(), {"alipay": other, "wechat": {}})
    ledger.put(0, *lines_of("B1", 1000))
    ledger.put(0, *lines_of("B1", 700), channel="alipay")
    ledger.put_bank(
        0,
        bank_line("a", 1000, "WXB1"),
        bank_line("b", 700, "paid", payer_name="Alipay (China) Ltd"),
        bank_line("d", 30, "WXB1 ALB1"),
    )
    ledger.check(0)
    assert ledger.rows(0) == ["B1 SETTLED 1000/1000"]
    assert ledger.rows(0, "alipay") == ["B1 SETTLED 700/700"]
    assert ledger.uses() == {
        f"{BANK}:a": ("wechat", day(0)),
        f"{BANK}:b": ("alipay", day(0)),
        f"{BANK}:d": (None, day(0)),
    }
