"""Files for the owners of lines that are not ours: their totals and ours are the statement's."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from jobs.exports import export_day
from jobs.lake.tables import Lake
from schemas.errors import CheckFailed
from schemas.tables import OUTCOMES
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture

#: The rules do not depend on the engine.
pytestmark = pytest.mark.sail_only

SCOPE = """
scope:
  exclude:
    - {name: fees, owner: treasury, from: 2026-11-16, kind: [FEE]}
    - {name: dollars, owner: treasury, from: 2026-11-16, currency: [USD]}
    - {name: loans, owner: lending, from: 2026-11-16, our_ref: "^ln-"}
    - {name: tests, owner: qa, from: 2026-11-16, our_ref: "^TEST"}
"""
LINES = (
    file_line("A", "10.00"),
    file_line("B", "7.00"),
    file_line("F", "-0.50", kind="FEE", fee="0.00", channel_ref="=1+1"),
    file_line("D", "3.00", currency="USD", fee="0.10"),
    file_line("LN-1", "5.00"),
)

FILE = f"bank/{day(0)}/lines.csv"


@pytest.fixture
def pipeline(lake: Lake, tmp_path: Path) -> PipelineFixture:
    """A day with lines of three owners and of ours, matched."""
    made = PipelineFixture(tmp_path, lake, PAGE + SCOPE)
    made.write_statement(0, *LINES)
    made.write_snapshot(0, file_txn("A"), file_txn("LN-1", "5.00"))
    made.ingest(0)
    return made


def read_files(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Rows of each owner's file, by owner."""
    texts = {path.stem: path.read_bytes() for path in sorted(folder.glob("out_of_scope/*.csv"))}
    assert all(text.startswith(b"\xef\xbb\xbf") for text in texts.values())
    rows = {name: text.decode("utf-8-sig").splitlines() for name, text in texts.items()}
    return {name: list(csv.DictReader(lines)) for name, lines in rows.items()}


def test_owners_get_their_lines_and_totals_add_up(pipeline: PipelineFixture) -> None:
    """Two rules of one owner fill one file; an owner without lines gets one, too."""
    (run,) = pipeline.match(0)
    profile = pipeline.config.profiles["bank"]
    summary = export_day.export_day(pipeline.lake, profile, day(0))
    folder = Path(pipeline.lake.uri, summary.folder)
    columns = ("Rule", "Our reference", "Channel reference", "Amount", "Fee", "File", "Line")
    files: dict[str, Any] = read_files(folder)
    assert {
        owner: [tuple(row[name] for name in columns) for row in rows]
        for owner, rows in files.items()
    } == {
        "lending": [("loans", "LN-1", "C-LN-1", "5.00", "0.06", FILE, "6")],
        "qa": [],
        "treasury": [
            ("fees", "F", "'=1+1", "-0.50", "0.00", FILE, "4"),
            ("dollars", "D", "C-D", "3.00", "0.10", FILE, "5"),
        ],
    }
    totals = json.loads((folder / "summary.json").read_text("utf-8"))["out_of_scope"]
    assert totals["owners"]["treasury"] == {
        "CNY": {"lines": 1, "amount": "-0.50", "fee": "0.00"},
        "USD": {"lines": 1, "amount": "3.00", "fee": "0.10"},
    }
    assert totals["others"] == {"CNY": {"lines": 2, "amount": "17.00", "fee": "0.12"}}
    assert totals["statement"]["CNY"] == {"lines": 4, "amount": "21.50", "fee": "0.18"}
    assert {f"out_of_scope/{owner}.csv" for owner in files} <= set(summary.files)
    assert run.warnings[0].startswith("1 lines that loans excludes bear the number of a")


def test_totals_that_do_not_add_up_are_not_exported(pipeline: PipelineFixture) -> None:
    """A line of 3.00 USD stands in the outcomes with 3.01: the earlier export stays, here none."""
    pipeline.match(0)
    lake, profile = pipeline.lake, pipeline.config.profiles["bank"]
    more = F.when(F.col("currency") == F.lit("USD"), 301).otherwise(F.col("statement_amount"))
    rows = lake.read_day(OUTCOMES, day(0)).withColumn("statement_amount", more.cast("bigint"))
    lake.replace_day(OUTCOMES, rows, day(0), "bank")
    with pytest.raises(CheckFailed, match=r"'amount': '3.01'.*the statement has .*'3.00'"):
        export_day.export_day(lake, profile, day(0))
    assert not Path(lake.uri, "exports", str(day(0)), "bank").exists()
