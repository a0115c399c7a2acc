"""A day in figures."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.exports.summary import (
    at_stake_by_currency,
    describe_inputs,
    rows_by_outcome,
    sum_groups,
    summarize_groups,
)
from schemas.profile.channel import Files
from tests.support.export_ledger import differing, frame_of, ours_only, outcome, theirs_only

FILES = Files(pattern="{business_date:%Y}/{part}.csv", parts=("a", "b"))


def groups(spark: SparkSession, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [row.asDict() for row in sum_groups(frame_of(spark, *rows)).collect()]


def test_a_days_figures(spark: SparkSession) -> None:
    """CNY: 1.00 too little, 0.40 too much, 99.00 of ours alone; JPY: 500 of theirs alone."""
    day = groups(
        spark,
        outcome("m", internal_amount=6_000, statement_amount=6_000, difference=0),
        differing("a", 6_000, 5_900),
        differing("b", 6_000, 6_040),
        ours_only("c", 9_900),
        theirs_only("d", 500, currency="JPY"),
        ours_only("e", 7_700, outcome="SUSPENSE", action="WAIT"),
    )
    assert rows_by_outcome(day) == {"MATCHED": 1, "BREAK": 4, "SUSPENSE": 1, "EXCLUDED": 0}
    assert at_stake_by_currency(day) == {"CNY": 100 + 40 + 9_900, "JPY": 500}
    shown = summarize_groups(day)
    assert (shown["rows"], shown["at_stake"]) == (6, {"CNY": "100.40", "JPY": "500"})
    assert shown["by_reason"]["AMOUNT_MISMATCH"] == {
        "rows": 2,
        "at_stake": {"CNY": "1.40"},
        "difference": {"CNY": "-0.60"},
        "internal_amount": {"CNY": "120.00"},
        "statement_amount": {"CNY": "119.40"},
    }
    assert shown["by_reason"]["INTERNAL_ONLY"]["rows"] == 2
    assert shown["by_action"]["REFUND"]["statement_amount"] == {"JPY": "500"}
    assert shown["by_outcome"]["MATCHED"]["rows"] == 1
    assert [group["rows"] for group in shown["groups"]] == [2, 1, 1, 1, 1]


@pytest.mark.sail_only
def test_the_whole_amount_is_at_stake_where_none_of_it_is_agreed_on(spark: SparkSession) -> None:
    """Status: 60.00 paid, failed with us. Currency: 10.00 against 10 dollars. Line listed twice."""
    day = groups(
        spark,
        differing("s", 6_000, 6_000, reasons=["STATUS_MISMATCH"], action="REFUND"),
        differing("c", 1_000, 1_000, reasons=["CURRENCY_MISMATCH"], internal_currency="USD",
                  difference=None),
        theirs_only("d", -300, reasons=["DUPLICATE_LINE"], action="CLAIM"),
    )  # fmt: skip
    assert at_stake_by_currency(day) == {"CNY": 6_000 + 1_000 + 300}


@pytest.mark.sail_only
def test_a_group_is_at_stake_once(spark: SparkSession) -> None:
    """An order of 100.00 paid in 60.00 and 39.00: 1.00, on the first of the three rows."""
    given = {"reasons": ["AMOUNT_MISMATCH"], "action": "REVIEW"}
    day = groups(
        spark,
        ours_only("a", 10_000, difference=-100, **given),
        theirs_only("b", 6_000, **given),
        theirs_only("c", 3_900, **given),
    )
    assert at_stake_by_currency(day) == {"CNY": 100}


def test_state_of_both_sides() -> None:
    def file(part: str, status: str) -> dict[str, Any]:
        shown = {"version": 1, "file_name": part, "file_id": "f", "line_count": 1, "reason": None}
        return {"part": part, "status": status, **shown}

    def states(*files: dict[str, Any]) -> tuple[str, str]:
        found = describe_inputs(files, [{"status": "ACCEPTED"}] if files else [], FILES)
        return found["statement"]["state"], found["snapshot"]["state"]

    both = [file("a", "ACCEPTED"), file("b", "ACCEPTED")]
    assert states(*both) == ("WHOLE", "WHOLE")
    assert states(both[0], file("b", "QUARANTINED")) == ("STATEMENT_INCOMPLETE", "WHOLE")
    assert states(file("a", "QUARANTINED")) == ("STATEMENT_MISSING", "WHOLE")
    assert states() == ("STATEMENT_MISSING", "SNAPSHOT_MISSING")
    assert describe_inputs([], [], None) == {}
