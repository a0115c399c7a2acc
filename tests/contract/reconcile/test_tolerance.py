"""What a day's tolerances let pass is counted, and is a warning beyond a limit."""

from pathlib import Path

import pytest

from jobs.lake.tables import Lake
from schemas.tables import RUNS
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture

PASSES = """passes: [{name: our_ref, on: [our_ref], tolerance: {CNY: 3, USD: 5}}]
  tolerance_day_max: {CNY: 4, USD: 5}"""


@pytest.mark.sail_only
def test_tolerated_differences_are_counted(lake: Lake, tmp_path: Path) -> None:
    """0.03 too much and 0.02 too little are 0.05 CNY, above 0.04; 0.05 USD are not above 0.05."""
    page = PAGE.replace("passes: [our_ref, channel_ref]", PASSES)
    pipeline = PipelineFixture(tmp_path, lake, page)
    pipeline.write_statement(
        0,
        file_line("A", "10.03"),
        file_line("B", "9.98"),
        file_line("C", "10.05", currency="USD"),
        file_line("D"),
    )
    names = ("A", "B", "D")
    pipeline.write_snapshot(0, *map(file_txn, names), file_txn("C", currency="USD"))
    pipeline.ingest(0)
    (run,) = pipeline.match(0)
    tolerated = {"CNY": {"pairs": 2, "difference": 5}, "USD": {"pairs": 1, "difference": 5}}
    assert run.describe()["within_tolerance"] == tolerated
    assert run.amounts == {}
    (warning,) = run.warnings
    assert "2 pairs within tolerance differ by CNY 0.05" in warning
    assert "allows (0.04)" in warning
    (row,) = lake.read_rows(RUNS, job="match", business_date=day(0))
    assert dict(row["counts"])["within_tolerance"] == 3
    assert dict(row["amounts"]) == {"within_tolerance CNY": 5, "within_tolerance USD": 5}
