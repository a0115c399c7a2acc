"""Counts and sums of a day."""

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
from schemas.profile.channel import Files, Snapshots
from schemas.profile.day_parts import WHOLE_DAY
from tests.support.export_ledger import (
    amount_break,
    internal_only,
    outcome,
    outcome_frame,
    statement_only,
)
from tests.support.match_ledger import profile

FILES = Files(pattern="{business_date:%Y}/{part}.csv", parts=("a", "b"))
PROFILE = profile().model_copy(update={"files": FILES})
OUR_PARTS = Snapshots.model_validate({"pattern": "{business_date}/{part}", "parts": ["x", "y"]})


def groups(spark: SparkSession, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """The groups of some outcomes."""
    return [row.asDict() for row in sum_groups(outcome_frame(spark, *rows)).collect()]


def test_summary_of_a_day(spark: SparkSession) -> None:
    """CNY: 1.00 too little, 0.40 too much, 99.00 internal only; JPY: 500 statement only."""
    day = groups(
        spark,
        outcome("m", internal_amount=6_000, statement_amount=6_000, difference=0),
        amount_break("a", 6_000, 5_900),
        amount_break("b", 6_000, 6_040),
        internal_only("c", 9_900),
        statement_only("d", 500, currency="JPY"),
        internal_only("e", 7_700, outcome="SUSPENSE", action="WAIT"),
    )
    assert rows_by_outcome(day) == {"MATCHED": 1, "BREAK": 4, "SUSPENSE": 1, "EXCLUDED": 0}
    assert at_stake_by_currency(day) == {"CNY": 100 + 40 + 9_900, "JPY": 500}
    summary = summarize_groups(day)
    assert (summary["rows"], summary["at_stake"]) == (6, {"CNY": "100.40", "JPY": "500"})
    assert summary["by_reason"]["AMOUNT_MISMATCH"] == {
        "rows": 2,
        "at_stake": {"CNY": "1.40"},
        "difference": {"CNY": "-0.60"},
        "internal_amount": {"CNY": "120.00"},
        "statement_amount": {"CNY": "119.40"},
    }
    assert summary["by_reason"]["INTERNAL_ONLY"]["rows"] == 2
    assert summary["by_action"]["REFUND"]["statement_amount"] == {"JPY": "500"}
    assert summary["by_outcome"]["MATCHED"]["rows"] == 1
    assert [group["rows"] for group in summary["groups"]] == [2, 1, 1, 1, 1]


@pytest.mark.sail_only
def test_whole_amount_is_at_stake_if_nothing_agrees(spark: SparkSession) -> None:
    """Statuses differ on 60.00, currencies differ on 10.00, and a line of 3.00 is a duplicate."""
    day = groups(
        spark,
        amount_break("s", 6_000, 6_000, reasons=["STATUS_MISMATCH"], action="REFUND"),
        amount_break("c", 1_000, 1_000, reasons=["CURRENCY_MISMATCH"], internal_currency="USD",
                  difference=None),
        statement_only("d", -300, reasons=["DUPLICATE_LINE"], action="CLAIM"),
    )  # fmt: skip
    assert at_stake_by_currency(day) == {"CNY": 6_000 + 1_000 + 300}


@pytest.mark.sail_only
def test_group_is_at_stake_once(spark: SparkSession) -> None:
    """An order of 100.00 paid in 60.00 and 39.00: 1.00, on the first of the three rows."""
    columns = {"reasons": ["AMOUNT_MISMATCH"], "action": "REVIEW"}
    day = groups(
        spark,
        internal_only("a", 10_000, difference=-100, **columns),
        statement_only("b", 6_000, **columns),
        statement_only("c", 3_900, **columns),
    )
    assert at_stake_by_currency(day) == {"CNY": 100}


def our_part(name: str) -> dict[str, Any]:
    """An accepted snapshot file of one transaction of the channel."""
    row = {"part": name, "status": "ACCEPTED", "file_id": f"f-{name}", "line_count": 1}
    return row | {"channels": {PROFILE.channel: 1}}


def test_state_of_both_sides() -> None:
    """A side is whole if all of its parts are accepted."""

    def file(part: str, status: str) -> dict[str, Any]:
        columns = {"version": 1, "file_name": part, "file_id": "f", "line_count": 1, "reason": None}
        return {"part": part, "status": status, **columns}

    snapshots = [our_part(WHOLE_DAY)]

    def states(*files: dict[str, Any]) -> tuple[str, str]:
        inputs = describe_inputs(files, snapshots[: len(files)], PROFILE, Snapshots())
        return inputs["statement"]["state"], inputs["snapshot"]["state"]

    both = [file("a", "ACCEPTED"), file("b", "ACCEPTED")]
    assert states(*both) == ("WHOLE", "WHOLE")
    assert states(both[0]) == ("STATEMENT_INCOMPLETE", "WHOLE")
    assert states(both[0], file("b", "QUARANTINED")) == ("STATEMENT_REFUSED", "WHOLE")
    assert states(*both, file("b", "QUARANTINED")) == ("WHOLE", "WHOLE")
    assert states(file("a", "QUARANTINED")) == ("STATEMENT_REFUSED", "WHOLE")
    assert states() == ("STATEMENT_MISSING", "SNAPSHOT_MISSING")
    without_files = PROFILE.model_copy(update={"files": None})
    assert describe_inputs([], [], without_files, Snapshots()) == {}


def test_state_of_our_own_side_in_parts() -> None:
    """It is whole when each part is there; the ones that are not are named."""

    def snapshot(*parts: str) -> dict[str, Any]:
        rows = [our_part(part) for part in parts]
        state: dict[str, Any] = describe_inputs([], rows, PROFILE, OUR_PARTS)["snapshot"]
        return state

    assert snapshot("x", "y") == {"state": "WHOLE"}
    assert snapshot("y") == {"state": "SNAPSHOT_INCOMPLETE", "missing": ["x"]}
    assert snapshot() == {"state": "SNAPSHOT_MISSING", "missing": ["x", "y"]}
