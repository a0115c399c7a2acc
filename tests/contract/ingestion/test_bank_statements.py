"""A bank's statements through ingest and match: references that lines share, and missing days.

Channel bank; T is 2026-11-16.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from jobs.cli.console import Report
from jobs.ingest import add_summary
from jobs.ingestion.manual_review import withdraw_file
from jobs.lake.tables import Lake
from schemas.tables import STATEMENT_FILES
from tests.support.ledger import day, file_txn
from tests.support.pipeline_fixture import PipelineFixture

PAGE = """
channel: bank
dialect: mt940
zone: Europe/Berlin
first_date: 2026-11-16
files: {pattern: "bank/{business_date:%Y-%m-%d}/*.sta", day_check: none}
match: {passes: [our_ref, channel_ref], window: {internal: 0, statement: 0}}
"""


@pytest.fixture
def pipeline(lake: Lake, tmp_path: Path) -> PipelineFixture:
    return PipelineFixture(tmp_path, lake, PAGE)


def write_day(pipeline: PipelineFixture, offset: int, opening: int, *lines: str) -> int:
    """Writes a day's statement; returns its closing balance, in euros.

    A line is its mark, its amount and what stands behind it.
    """
    closed, opened = day(offset), day(offset) - timedelta(days=1)
    fields, closing = [], opening
    for mark, amount, rest in (line.split(" ") for line in lines):
        fields.append(f":61:{closed:%y%m%d}{mark}{amount},{rest}\n")
        closing += int(amount) if mark == "C" else -int(amount)
    pipeline.write_file(
        f"bank/{closed}/day.sta",
        f":25:1234567\n:28C:{20 + offset}/1\n:60F:C{opened:%y%m%d}EUR{opening},\n"
        f"{''.join(fields)}:62F:C{closed:%y%m%d}EUR{closing},\n-\n",
    )
    return closing


def reason(pipeline: PipelineFixture, offset: int) -> str:
    (row,) = pipeline.lake.read_rows(STATEMENT_FILES, business_date=day(offset))
    return str(row["reason"])


@pytest.mark.sail_by_day
def test_lines_under_one_bank_reference_are_no_copies(pipeline: PipelineFixture) -> None:
    """Two credits and a payout with its fee under LOT; the first credit is sent again on T+1."""
    credits_and_fee = ("C 10 NTRFO1//LOT", "C 20 NTRFO2//LOT", "D 5 NTRFP1//LOT", "D 1 NCHGP1//LOT")
    write_day(pipeline, 0, 100, *credits_and_fee)
    pipeline.write_snapshot(
        0,
        file_txn("O1", amount="10.00", currency="EUR"),
        file_txn("O2", amount="20.00", currency="EUR"),
        file_txn("P1", kind="PAYOUT", amount="-5.00", currency="EUR"),
    )
    pipeline.ingest(0)
    pipeline.match(0)
    rows = pipeline.outcomes(0, "txn_id", "outcome", "reasons", "kind")
    matched = [row for row in rows if row[1] == "MATCHED"]
    assert sorted(str(row[0]) for row in matched) == ["O1", "O2", "P1"]
    (fee,) = [row for row in rows if row[1] != "MATCHED"]
    assert fee[2:] == ("STATEMENT_ONLY", "FEE")
    sent_again = (pipeline.inbox / f"bank/{day(0)}/day.sta").read_text()
    pipeline.write_file(f"bank/{day(1)}/day.sta", f"\n{sent_again}")
    pipeline.write_snapshot(1)
    pipeline.ingest(1)
    pipeline.match(1)
    assert [row[0] for row in pipeline.outcomes(1, "reasons")] == ["DUPLICATE_LINE"] * 4


@pytest.mark.sail_only
def test_gap_between_days_is_told_until_the_statement_comes(pipeline: PipelineFixture) -> None:
    """T+1 is missing: T+2 opens with 30.00 more. When T+1 comes, and is withdrawn, the note goes
    and comes back.
    """
    closing = write_day(pipeline, 0, 100, "C 10 NTRFO1")
    write_day(pipeline, 2, closing + 30, "C 1 NTRFO3")
    first, third = pipeline.ingest(0, 2)
    (gap,) = third.channels["bank"].warnings
    assert first.channels["bank"].warnings == [] and reason(pipeline, 2) == gap
    assert "statement 20 closes on 2026-11-16 with EUR 110.00, statement 22 opens on" in gap
    assert gap.endswith("difference EUR 30.00: statement 21 is missing; have the bank send it")
    report = Report({"dates": []}, [])
    add_summary(report, third)
    assert gap in report.lines
    assert report.body["dates"][0]["channels"]["bank"]["warnings"] == [gap]
    write_day(pipeline, 1, closing, "C 30 NTRFO2")
    pipeline.ingest(1)
    assert reason(pipeline, 1) == reason(pipeline, 2) == "None"
    (row,) = pipeline.lake.read_rows(STATEMENT_FILES, business_date=day(1))
    withdraw_file(pipeline.lake, pipeline.config.profiles["bank"], row, "ann: test")
    assert reason(pipeline, 2) == gap
