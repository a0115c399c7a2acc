"""Two processes settle at once, in the worst order: one has read before the other writes."""

from collections.abc import Callable
from typing import Any

import pytest

from jobs.lake.tables import Lake
from jobs.treasury import check_dates
from tests.support.account_ledger import AccountLedger, bank_line, lines_of

pytestmark = pytest.mark.sail_only


def do_before_writing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """The first process that is about to write waits until something else is done."""
    write = check_dates.write_channel_days

    def act_and_write(*inputs: Any) -> None:
        monkeypatch.setattr(check_dates, "write_channel_days", write)
        act()
        write(*inputs)

    monkeypatch.setattr(check_dates, "write_channel_days", act_and_write)


def put_days(ledger: AccountLedger, amount: int) -> None:
    """A batch of T; its credit of 10.00 and rent on T+1, and rent on T+2."""
    ledger.put(0, *lines_of("B1", amount))
    ledger.put_bank(0)
    ledger.put_bank(1, bank_line("c", 1000, "WXB1"), bank_line("r", 7, "rent"))
    ledger.put_bank(2, bank_line("s", 8, "rent"))


@pytest.mark.parametrize("requested", [(), (2,)])
def test_two_settle_one_account(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, requested: tuple[int, ...]
) -> None:
    """One has read a statement of 9.00. The other settles all dates by a newer one of 8.00 before
    the first writes: the first begins again, and no row of 9.00 is left.
    """
    ledger = AccountLedger(lake.prepare())
    put_days(ledger, 1000)
    ledger.check(0, 1, 2)
    ledger.put(0, *lines_of("B1", 900))

    def settle_newer() -> None:
        ledger.put(0, *lines_of("B1", 800))
        assert len(ledger.check()) == 3

    do_before_writing(monkeypatch, settle_newer)
    ledger.check(*requested)
    assert ledger.rows(0) == ["B1 PENDING 800/0"]
    assert ledger.rows(1) == ["B1 OVER 800/1000"]
    assert ledger.closing(2) == {"CNY": -200}
    assert ledger.check() == []


def test_two_settle_two_accounts(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables are shared: both end as if each had been alone, and neither begins again."""
    ledger = AccountLedger(lake.prepare(), {"wechat": {}, "alipay": {"bank": "boc"}})
    put_days(ledger, 1000)
    ledger.put(0, *lines_of("B1", 500), channel="alipay")
    ledger.put(1, bank_line("d", 500, "WXB1"), channel="boc")

    def settle_other() -> None:
        assert len(ledger.check(0, 1, bank="boc")) == 2

    do_before_writing(monkeypatch, settle_other)
    assert len(ledger.check(0, 1, 2, bank="icbc")) == 3
    assert ledger.rows(1) == ["B1 SETTLED 1000/1000"]
    assert ledger.rows(0, "alipay") == ["B1 PENDING 500/0"]
    assert ledger.rows(1, "alipay") == ["B1 SETTLED 500/500"]
    assert ledger.check() == []
