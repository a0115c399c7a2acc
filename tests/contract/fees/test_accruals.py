"""Fees are accrued on our own transactions, before a statement is there."""

from datetime import date
from typing import Any

import pytest

from jobs.fees.accruals.check_day import record_accruals
from jobs.fees.check_day import check_fees_of_day, record_fee_check
from jobs.lake.run_log import latest_run
from jobs.lake.tables import Lake
from jobs.reconcile.stale_dates import read_stale_dates
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import (
    FEE_ACCRUALS,
    FEE_TOTALS,
    INTERNAL_TRANSACTIONS,
    SNAPSHOT_FILES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from tests.support.fee_ledger import accepted_file, card, fee_line, line_frame
from tests.support.ledger import Row, day, frame_of, txn

PROFILE = Profile.model_validate(
    {
        "channel": "wechat",
        "dialect": "wechat_bill",
        "zone": "Asia/Shanghai",
        "first_date": str(day(-200)),
        "files": {"pattern": "wechat/{business_date:%Y-%m-%d}.csv"},
    }
)
CARDS = card(
    {"name": "credit", "card_type": ["CREDIT"], "rate": "0.0060", "min": 10, "refund": "return"},
    {"name": "rest", "rate": "0.0038", "max": 1800, "refund": "return"},
)


class OurLedger:
    """Our snapshots of a channel, date by date."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def put(self, on: int, *rows: Row, file_id: str = "") -> None:
        """Replaces the snapshot of a day; days are from T."""
        dated = [{**row, "business_date": day(on), "channel": "wechat"} for row in rows]
        frame = frame_of(self.lake.spark, INTERNAL_TRANSACTIONS, dated)
        self.lake.replace_day(INTERNAL_TRANSACTIONS, frame, day(on), "wechat")
        name = file_id or f"s{on}"
        for row in self.lake.read_rows(SNAPSHOT_FILES, business_date=day(on)):
            row |= {"status": "SUPERSEDED"}
            self.lake.replace_rows(SNAPSHOT_FILES, [row], day(on), None)
        self.lake.append_rows(SNAPSHOT_FILES, [{
            "business_date": day(on), "status": "ACCEPTED", "file_id": name, "part": "all",
            "channels": {"wechat": len(rows)},
        }])  # fmt: skip

    def accrue(self, *days: int, schedule: FeeSchedule = CARDS) -> None:
        """Accrues the fees of days."""
        for on in days:
            record_accruals(self.lake, PROFILE, schedule, day(on))

    def rows(self, on: int) -> dict[str, Any]:
        """What is due by transaction; one that was taken back with the date from T."""
        rows = self.lake.read_arrow(FEE_ACCRUALS, day(on), day(on), "wechat").to_pylist()
        assert len({row["txn_id"] for row in rows}) == len(rows)
        return {
            row["txn_id"]: (row["due"], (row["taken_date"] - day(0)).days)
            if row["taken_date"]
            else row["due"]
            for row in rows
        }


@pytest.fixture
def ours(lake: Lake) -> OurLedger:
    return OurLedger(lake)


def test_fee_is_accrued_once_and_taken_back_once(ours: OurLedger) -> None:
    """On the first date on which the transaction SUCCEEDED, by its card type of that date; sent
    again it is not accrued again. One that ends otherwise owes minus that, whatever it says then.
    """
    ours.put(0, txn("a", 10_000, on=0), txn("p", 10_000, on=0, status="PENDING"),
             txn("f", 10_000, on=0, status="FAILED"), txn("c", 500, on=0, card_type="CREDIT"),
             txn("x", 900, on=0, kind="PAYOUT"))  # fmt: skip
    reversed_c = txn("c", 9_999, on=0, status="REVERSED")
    ours.put(1, txn("a", 10_000, on=0), txn("p", 20_000, on=0), reversed_c,
             txn("f", 10_000, on=0, status="CLOSED"))  # fmt: skip
    ours.put(2, reversed_c, txn("p", 20_000, status="PENDING", on=0))
    ours.put(3, txn("c", 500, on=0, card_type="CREDIT"))
    ours.accrue(0, 1, 2, 3)
    assert ours.rows(0) == {"a": 38, "c": 10, "x": 0}
    assert ours.rows(1) == {"p": 76, "c": (-10, 0)}
    assert ours.rows(2) == {}
    assert ours.rows(3) == {"c": 10}


@pytest.mark.sail_only
def test_refund_returns_what_was_accrued_on_its_payment(ours: OurLedger) -> None:
    """10,000.00 at 0.38 %, at most 18.00, refunded in two halves: the first returns 18.00, the
    second nothing. A refund that fails owes its 18.00 again, and the next one returns them.
    """

    def refund(txn_id: str, of: str, on: int, **other: Any) -> Row:
        return txn(txn_id, -500_000, on=on, kind="REFUND", original_txn_id=of, **other)

    ours.put(0, txn("a", 1_000_000, on=0), txn("b", 1_000_000, on=0))
    ours.put(1, refund("a1", "a", 1), refund("b1", "b", 1))
    ours.put(2, refund("a2", "a", 2), refund("a1", "a", 1), refund("n", "nobody", 2))
    ours.put(3, refund("b1", "b", 1, status="FAILED"))
    ours.put(4, refund("b2", "b", 4))
    ours.accrue(4, 3, 2, 1)
    assert ours.rows(1) == {"a1": -1800, "b1": -1800}
    assert ours.rows(2) == {"a2": 0, "n": 0}
    assert ours.rows(3) == {"b1": (1800, 1)}
    assert ours.rows(4) == {"b2": -1800}


@pytest.mark.sail_only
def test_look_back_reaches_to_the_date_of_the_transaction(ours: OurLedger) -> None:
    """One that SUCCEEDED 95 dates ago is not accrued again, and what ends within 90 dates is taken
    back; later it is not.
    """
    ours.put(-95, txn("a", 10_000, on=-95), txn("b", 10_000, on=-95))
    ours.put(-80, txn("c", 10_000, on=-80))
    ours.put(0, txn("a", 10_000, on=-95), txn("b", 10_000, on=-95, status="CLOSED"),
             txn("c", 10_000, on=-80, status="CLOSED"))  # fmt: skip
    ours.accrue(0)
    assert ours.rows(0) == {"c": (-38, -80)}


@pytest.mark.sail_only
def test_totals_have_what_is_accrued_before_and_after_the_statement(ours: OurLedger) -> None:
    """Before the statement a row without lines; then both sums stand in one row. A component that
    a statement passes through is 0 in accruals, and a transaction without an entry leaves the sum
    unknown.
    """
    lake = ours.lake
    schedule = card(
        {"name": "debit", "card_type": ["DEBIT"], "components": [
            {"name": "acquirer", "rate": "0.001"}, {"name": "scheme", "pass_through": "fee"}]},
    )  # fmt: skip

    def totals() -> dict[tuple[str | None, str], tuple[Any, ...]]:
        rows = lake.read_arrow(FEE_TOTALS, day(0), day(0), "wechat").to_pylist()
        columns = ("lines", "charged", "due", "accrued")
        return {(row["schedule"], row["currency"]): tuple(row[name] for name in columns)
                for row in rows}  # fmt: skip

    ours.put(0, txn("a", 10_000, on=0, card_type="DEBIT"), txn("u", 10_000, on=0, currency="USD"))
    ours.accrue(0, schedule=schedule)
    check_fees_of_day(lake, PROFILE, schedule, day(0))
    assert totals() == {("debit", "CNY"): (0, 0, 0, 10), (None, "USD"): (0, 0, 0, None)}
    lines = [fee_line("1", 10_000, 12, card_type="DEBIT", on=0),
             fee_line("2", 10_000, 12, card_type="DEBIT", on=0, currency="EUR")]  # fmt: skip
    lake.replace_day(STATEMENT_LINES, line_frame(lake.spark, *lines), day(0), "wechat")
    lake.append_rows(STATEMENT_FILES, [accepted_file(2) | {"business_date": day(0)}])
    check_fees_of_day(lake, PROFILE, schedule, day(0))
    assert totals() == {
        ("debit", "CNY"): (1, 12, 22, 10),
        ("debit", "EUR"): (1, 12, 22, 0),
        (None, "USD"): (0, 0, 0, None),
    }


@pytest.mark.sail_only
def test_price_of_the_order_is_that_of_our_order(ours: OurLedger) -> None:
    """Also what a refund returns of it, and what is taken back."""
    schedule = card({"rate": "0.01", "base": "order_amount", "refund": "return_share"})
    ours.put(0, txn("a", 1_000, on=0, order_amount=5_000), txn("b", 1_000, on=0))
    ours.put(1, txn("r", -500, on=1, kind="REFUND", original_txn_id="a"),
             txn("a", 1_000, on=0, status="REVERSED"))  # fmt: skip
    ours.accrue(0, 1, schedule=schedule)
    assert ours.rows(0) == {"a": 50, "b": 10}
    assert ours.rows(1) == {"r": -25, "a": (-50, 0)}


@pytest.mark.sail_only
def test_date_is_accrued_again_when_its_snapshots_or_its_card_change(ours: OurLedger) -> None:
    """A new price from a later date on changes nothing before it; another price of the date, and
    another snapshot of it or of the look-back, do. All end in the rows of a first run.
    """
    lake = ours.lake

    def stale(schedule: FeeSchedule) -> list[date]:
        return read_stale_dates(lake, PROFILE, schedule)["check_fees"]

    ours.put(0, txn("a", 10_000, on=0))
    ours.accrue(0, 5)
    record_fee_check(lake, PROFILE, CARDS, day(0))
    assert stale(CARDS) == []
    later = card(
        {"name": "credit", "card_type": ["CREDIT"], "rate": "0.0060", "min": 10,
         "refund": "return"},
        {"name": "rest", "rate": "0.0038", "max": 1800, "refund": "return", "to": str(day(10))},
        {"name": "new", "rate": "0.0030", "from": str(day(11))},
    )  # fmt: skip
    assert stale(later) == []
    dearer = card({"rate": "0.02"})
    assert stale(dearer) == [day(0), day(5)]
    assert read_stale_dates(lake, PROFILE)["check_fees"] == []
    ours.put(0, txn("a", 20_000, on=0), file_id="s0-again")
    assert stale(CARDS) == [day(0), day(5)]
    ours.accrue(0, 5)
    assert stale(CARDS) == [day(0)], "its check has the sum of the accrual before"
    record_fee_check(lake, PROFILE, CARDS, day(0))
    assert stale(CARDS) == []
    assert ours.rows(0) == {"a": 76}
    ours.put(-1, txn("a", 20_000, on=-1))
    assert stale(CARDS) == [day(0), day(5)]
    ours.accrue(0, 5)
    assert ours.rows(0) == {}


@pytest.mark.sail_only
def test_accrual_has_the_step_of_the_volume_so_far(ours: OurLedger) -> None:
    """1 % on T, 0.5 % from T+1 on, when the statement of T has 1,000.01. What comes back, comes
    back at the step at which it was accrued.
    """
    steps = [{"to": 100_000, "rate": "0.01"}, {"rate": "0.005"}]
    tiers = {"by": "month_to_date", "per": "channel", "of": "gross", "steps": steps}
    lake, schedule = ours.lake, card({"tiers": tiers})
    line = fee_line("l", 100_001, 0, on=0)
    lake.replace_day(STATEMENT_LINES, line_frame(lake.spark, line), day(0), "wechat")
    lake.append_rows(STATEMENT_FILES, [accepted_file(1) | {"business_date": day(0)}])
    ours.put(0, txn("p", 10_000, on=0))
    ours.put(1, txn("a", 10_000, on=1))
    refund = txn("r", -10_000, on=2, kind="REFUND", original_txn_id="p")
    ours.put(2, refund, txn("a", 10_000, on=1, status="FAILED"))
    ours.accrue(0, 1, 2, schedule=schedule)
    assert ours.rows(0) == {"p": 100}
    assert ours.rows(1) == {"a": 50}
    assert ours.rows(2) == {"r": -100, "a": (-50, 1)}


@pytest.mark.sail_only
def test_accrual_follows_the_step_of_its_volume(ours: OurLedger) -> None:
    """T+1 was accrued before the statement of T: at 1 %. That statement has 1,000.01, so 0.5 % are
    due: the check of T makes T+1 stale, and its new accrual bears another fingerprint, which the
    settlement reads. A statement within the step asks for nothing.
    """
    steps = [{"to": 100_000, "rate": "0.01"}, {"rate": "0.005"}]
    tiers = {"by": "month_to_date", "per": "channel", "of": "gross", "steps": steps}
    lake, schedule = ours.lake, card({"tiers": tiers})
    ours.put(1, txn("a", 10_000, on=1))
    ours.accrue(1, schedule=schedule)
    assert ours.rows(1) == {"a": 100}

    def take_in(amount: int) -> list[date]:
        line = fee_line("l", amount, 0, on=0)
        lake.replace_day(STATEMENT_LINES, line_frame(lake.spark, line), day(0), "wechat")
        lake.replace_rows(
            STATEMENT_FILES,
            [accepted_file(1) | {"business_date": day(0), "file_id": f"f{amount}"}],
            day(0),
            "wechat",
        )
        record_fee_check(lake, PROFILE, schedule, day(0))
        return read_stale_dates(lake, PROFILE, schedule)["check_fees"]

    def fingerprint() -> Any:
        return latest_run(lake, "accrue_fees", "wechat", day(1))["fingerprint"]

    before = fingerprint()
    assert take_in(100_000) == []
    assert take_in(100_001) == [day(1)]
    ours.accrue(1, schedule=schedule)
    assert (ours.rows(1), fingerprint() != before) == ({"a": 50}, True)
    assert take_in(200_000) == []


@pytest.mark.sail_only
def test_accrual_follows_the_snapshot_in_which_an_old_transaction_first_stood(
    ours: OurLedger,
) -> None:
    """It occurred 95 dates ago, and is sent again today: the snapshot of that date, which comes
    late, says that nothing is to be accrued today.
    """
    ours.put(0, txn("a", 10_000, on=-95))
    ours.accrue(0)
    assert ours.rows(0) == {"a": 38}
    ours.put(-95, txn("a", 10_000, on=-95))
    assert read_stale_dates(ours.lake, PROFILE, CARDS)["check_fees"] == [day(0)]
    ours.accrue(0)
    assert ours.rows(0) == {}
    assert read_stale_dates(ours.lake, PROFILE, CARDS)["check_fees"] == []
