"""Lines that take the fee of an earlier one back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.fees.check_day import check_fees_of_day
from jobs.lake.tables import Lake
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import FEE_CHECKS, STATEMENT_FILES, STATEMENT_LINES
from tests.support.fee_ledger import DAY, accepted_file, card, fee_line, line_frame

pytestmark = pytest.mark.sail_only
PROFILE = Profile.model_validate(
    {
        "channel": "wechat",
        "dialect": "wechat_bill",
        "zone": "Asia/Shanghai",
        "first_date": "2026-01-01",
        "files": {"pattern": "wechat/{business_date:%Y-%m-%d}/*.csv"},
    }
)
#: 1 %; what comes back with a refund comes back once.
CARD = card({"rate": "0.01"})
Row = dict[str, Any]


def line(line_id: str, ref: str, status: str, fee: int | None, days_ago: int, **other: Any) -> Row:
    """A line of 100.00 so many days ago; its time is its place in the alphabet."""
    day = DAY - timedelta(days=days_ago)
    at = datetime(day.year, day.month, day.day, ord(line_id[-1]) % 24, tzinfo=UTC)
    values = {"business_date": day, "traded_at": at, "channel_ref_norm": ref, "channel_ref": ref}
    return {**fee_line(line_id, 10_000, fee, status=status, **values), **other}


def check(
    spark: SparkSession, lake: Lake, *lines: Row, schedule: FeeSchedule = CARD
) -> tuple[dict[str, int], dict[str, int], dict[str, Row]]:
    """Charged and due of the day, and the rows of its wrong lines."""
    for day in sorted({row["business_date"] for row in lines}):
        rows = [row for row in lines if row["business_date"] == day]
        lake.replace_day(STATEMENT_LINES, line_frame(spark, *rows), day, "wechat")
        if day == DAY:
            lake.append_rows(STATEMENT_FILES, [accepted_file(len(rows))])
    summary = check_fees_of_day(lake, PROFILE, schedule, DAY)
    wrong = lake.read_day(FEE_CHECKS, DAY, "wechat").collect()
    return summary.charged, summary.due, {row["line_id"]: row.asDict() for row in wrong}


def test_later_state_takes_back_what_the_line_before_it_owed(
    spark: SparkSession, lake: Lake
) -> None:
    """Whatever its own field says: it is charged minus what was charged, and owes minus the fee.

    A: 1.00 charged, right. B: 1.20 charged, so 0.20 too much come back. C: no fee on the line
    before. D: it failed from the start. E: its second state takes nothing back. F: 8 days ago.
    """
    lines = [
        line("a1", "A", "SUCCEEDED", 100, 1),
        line("a2", "A", "REVERSED", 0, 0),
        line("b1", "B", "SUCCEEDED", 120, 7),
        line("b2", "B", "PENDING", None, 2),
        line("b3", "B", "CLOSED", None, 0),
        line("c1", "C", "SUCCEEDED", None, 1),
        line("c2", "C", "FAILED", 0, 0),
        line("d1", "D", "FAILED", 0, 1),
        line("d2", "D", "CLOSED", 0, 0),
        line("e1", "E", "SUCCEEDED", 100, 3),
        line("e2", "E", "REVERSED", 0, 2),
        line("e3", "E", "CLOSED", 0, 0),
        line("f1", "F", "SUCCEEDED", 100, 8),
        line("f2", "F", "REVERSED", 0, 0),
    ]
    charged, due, wrong = check(spark, lake, *lines)
    assert (charged, due) == ({"CNY": -220}, {"CNY": -300})
    assert {name: (row["charged"], row["due"], row["result"]) for name, row in wrong.items()} == {
        "b3": (-120, -100, "UNDERCHARGED"),
        "c2": (0, -100, "FEE_MISSING"),
    }
    assert wrong["b3"]["components"] == [("fee", -100)]
    assert wrong["b3"]["explanation"] == "takes back the fee of B"


def test_line_that_overrules_one_of_its_own_date_adds_up_to_nothing(
    spark: SparkSession, lake: Lake
) -> None:
    """With a tax on top, and a part that is passed through."""
    components = [{"name": "own", "rate": "0.01"}, {"name": "net", "pass_through": "fee"}]
    schedule = card({"components": components, "tax": {"rate": "0.06", "mode": "on_top"}})
    lines = [line("a1", "A", "SUCCEEDED", 7, 0), line("a2", "A", "REVERSED", 3, 0)]
    charged, due, wrong = check(spark, lake, *lines, schedule=schedule)
    assert (charged, due) == ({"CNY": 0}, {"CNY": 0})
    assert [row["due"] for _, row in sorted(wrong.items())] == [113, -113]


def test_refund_that_is_reversed_owes_what_it_returned_and_counts_no_more(
    spark: SparkSession, lake: Lake
) -> None:
    """1.00 came back, was taken back yesterday, and comes back again today."""
    refund = {"kind": "REFUND", "amount": -10_000, "original_ref_norm": "P"}
    lines = [
        line("p", "P", "SUCCEEDED", 100, 5),
        line("r1", "R", "SUCCEEDED", -100, 2, **refund),
        line("r2", "R", "REVERSED", 0, 1, **refund),
        line("s1", "S", "SUCCEEDED", -100, 0, **refund),
    ]
    assert check(spark, lake, *lines) == ({"CNY": -100}, {"CNY": -100}, {})


def test_line_that_reverses_a_refund_owes_its_fee_again(spark: SparkSession, lake: Lake) -> None:
    """1.00 came back two days ago; the reversal of today is charged 1.00, whatever it says."""
    refund = {"kind": "REFUND", "amount": -10_000, "original_ref_norm": "P"}
    lines = [
        line("p", "P", "SUCCEEDED", 100, 5),
        line("r1", "R", "SUCCEEDED", -100, 2, **refund),
        line("r2", "R", "REVERSED", 0, 0, **refund),
    ]
    assert check(spark, lake, *lines) == ({"CNY": 100}, {"CNY": 100}, {})
