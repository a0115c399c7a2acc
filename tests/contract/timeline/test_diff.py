"""`tieout diff`: two runs of a date compared, on ledgers of a few lines."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from jobs.__main__ import main
from jobs.lake.tables import Lake
from jobs.timeline.diff import compare
from jobs.timeline.diff.rows import compare_outcomes, count_changes, list_changes
from jobs.timeline.diff.text import render_diff
from schemas.tables import OUTCOMES
from tests.support.ledger import day, file_line, file_txn, frame_of
from tests.support.pipeline_fixture import PipelineFixture
from tests.support.small_lake import pair, unmatched_transaction

D = date(2026, 11, 22)


@pytest.fixture
def pipeline(lake: Lake, tmp_path) -> PipelineFixture:
    """An empty lake with one channel."""
    return PipelineFixture(tmp_path, lake)


def run_day(pipeline: PipelineFixture) -> dict[str, Any]:
    """Ingests and matches day 0; returns its comparison."""
    pipeline.ingest(0)
    pipeline.match(0)
    return compare.compare_runs(pipeline.lake, day(0))[0]


@pytest.mark.sail_only
def test_resent_statement_changes_adds_and_removes_rows(pipeline: PipelineFixture) -> None:
    """A 9.99 becomes 10.00, N is gone, L is new, U stays equal although its line number changes.

    The first run has nothing to compare with; the third run has the same inputs as the second.
    """
    pipeline.write_snapshot(0, file_txn("A"), file_txn("U"))
    pipeline.write_statement(0, file_line("A", "9.99"), file_line("U"), file_line("N", "3.00"))
    first = run_day(pipeline)
    assert (first["runs"], "changed" in first) == (1, False)
    assert "nothing to compare with" in first["note"]
    then = datetime.now(UTC)
    pipeline.write_statement(0, file_line("U"), file_line("A"), file_line("L", "4.00"))
    second = run_day(pipeline)
    assert [second[state] for state in ("changed", "added", "gone")] == [1, 1, 1]
    assert second["outcomes"] == {
        "BREAK -> MATCHED": 1, "SUSPENSE -> none": 1, "none -> SUSPENSE": 1,
    }  # fmt: skip
    added, changed, gone = second["rows"]
    assert (added["state"], added["our_ref"], gone["state"], gone["our_ref"]) == (
        "added", "L", "gone", "N",
    )  # fmt: skip
    assert (changed["txn_id"], changed["changes"]["statement_amount"]) == ("A", ["9.99", "10.00"])
    assert (second["same_inputs"], second["note"]) == (False, None)
    assert "            statement_amount: 9.99 -> 10.00" in render_diff(second)
    DeltaTable(
        pipeline.lake.path(OUTCOMES)
    ).create_checkpoint()  # the versions below it stay readable
    pipeline.match(0)
    (third,) = compare.compare_runs(pipeline.lake, day(0))
    assert (third["same_inputs"], third["changed"], third["rows"]) == (True, 0, [])
    since = compare.compare_runs(pipeline.lake, day(0), ["bank"], then)[0]
    assert [since[state] for state in ("runs", "changed", "added", "gone")] == [3, 1, 1, 1]


@pytest.mark.sail_only
def test_date_without_runs_has_a_note(lake: Lake) -> None:
    """Without channels the result is empty; a named channel gets a note instead of counts."""
    assert compare.compare_runs(lake, day(0)) == []
    (only,) = compare.compare_runs(lake, day(0), ["bank"])
    assert only["note"] == "no run of this date wrote outcomes"
    assert render_diff(only) == [f"{day(0)}  bank", "  no run of this date wrote outcomes"]


def test_rows_of_another_file_are_the_same_rows(spark: SparkSession) -> None:
    """B's amount changes, C is matched. Another file's line id for A and for a line without a
    transaction changes nothing. Of two lines with one reference the second is gone.
    """
    lone = {"outcome": "BREAK", "reasons": ["DUPLICATE_LINE"], "kind": "PAYMENT", "unit_id": "x",
            "our_ref_norm": "L", "action": "CLAIM", "currency": "CNY", "statement_date": D,
            "statement_amount": 500}  # fmt: skip
    before = frame_of(spark, OUTCOMES, [
        pair("A", 1000, 1000, line_id="old:001"),
        pair("B", 1000, 900, line_id="old:002"),
        unmatched_transaction("C", "SUSPENSE", 700),
        lone | {"line_id": "old:007"},
        lone | {"line_id": "old:009"},
    ])  # fmt: skip
    after = frame_of(spark, OUTCOMES, [
        pair("A", 1000, 1000, line_id="new:002"),
        pair("B", 1000, 950, line_id="new:001"),
        pair("C", 700, 700, line_id="new:003"),
        lone | {"line_id": "new:008"},
    ])  # fmt: skip
    differing = compare_outcomes(before, after)
    counts = count_changes(differing)
    assert [counts[state] for state in ("changed", "added", "gone")] == [2, 0, 1]
    assert counts["outcomes"] == {
        "BREAK -> BREAK": 1, "BREAK -> none": 1, "SUSPENSE -> MATCHED": 1,
    }  # fmt: skip
    b, c, gone = list_changes(differing, 50)
    assert (b["txn_id"], b["changes"]) == (
        "B", {"statement_amount": ["9.00", "9.50"], "difference": ["-1.00", "-0.50"]},
    )  # fmt: skip
    assert (c["txn_id"], c["changes"]["line_id"]) == ("C", [None, "new:003"])
    assert (gone["state"], gone["line_id"]) == ("gone", "old:009")
    assert [row["txn_id"] for row in list_changes(differing, 1)] == ["B"]


def test_wrong_arguments_of_reading_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """All faults together; `diff` needs a date and no configuration, `explain` the reverse."""
    wrong = ["--lake", "lake", "--as-of", "yesterday"]
    assert main(["diff", *wrong]) == 2
    errors = json.loads(capsys.readouterr().out.splitlines()[-1])["errors"]
    assert [error.split(";")[0] for error in errors] == [
        "--business-date is missing", "--as-of 'yesterday' is not a time",
        "--lake lake: there is no lake",
    ]  # fmt: skip
    assert main(["explain", *wrong, "--through", "2026-11-20", "REF"]) == 2
    errors = json.loads(capsys.readouterr().out.splitlines()[-1])["errors"]
    assert [error.split(";")[0] for error in errors] == [
        "--config is missing", "--business-date is missing", "--as-of 'yesterday' is not a time",
        "--lake lake: there is no lake",
    ]  # fmt: skip
