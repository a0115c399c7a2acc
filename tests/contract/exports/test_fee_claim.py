"""The claim of a month: what is in it, what is not and why; it adds up to the fee checks."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.__main__ import main
from jobs.exports.claims.select_rows import classify_rows, find_pairs_taken_back, join_lines
from jobs.fees.check_day import record_fee_check
from jobs.lake.tables import Lake
from schemas.tables import FEE_CHECKS, STATEMENT_LINES
from tests.support.ledger import complete_row, day, file_line, file_txn, frame_of, line
from tests.support.pipeline_fixture import PAGE, PipelineFixture

SCOPE = """
scope:
  merchants: [M1]
  exclude:
    - {name: loans, owner: lending, from: 2026-11-16, our_ref: "^ln-"}
"""
CARD = """
channel: bank
entries:
  - {name: "=standard", currency: [CNY, JPY], rate: "0.0060"}
"""
LINES = (
    file_line("RIGHT", "10.00"),
    file_line("OVER", "100.00", fee="0.70", channel_ref="=1+1"),
    file_line("UNDER", "100.00", fee="0.50"),
    file_line("EMPTY", "100.00", fee=""),
    file_line("FREE", "5.00", fee="0.05", currency="USD"),
    file_line("YEN", "1000", fee="7", currency="JPY"),
    file_line("BACK", "200.00", fee="1.30"),
    file_line("LN-1", "100.00", fee="0.90"),
    file_line("SISTER", "100.00", fee="0.80", merchant="M2"),
)
#: The payment does not stand, and its fee of 1.30 comes back: 0.10 more than was due.
REVERSED = file_line("BACK", "200.00", fee="0.00", status="REVERSED")


@pytest.fixture
def pipeline(lake: Lake, tmp_path: Path) -> PipelineFixture:
    """Two days, matched and checked."""
    made = PipelineFixture(tmp_path, lake, PAGE + SCOPE)
    card = tmp_path / "config" / "fee_schedules" / "bank.yaml"
    card.parent.mkdir()
    card.write_text(CARD, encoding="utf-8")
    made.write_statement(0, *LINES)
    made.write_statement(1, REVERSED)
    for offset in (0, 1):
        made.write_snapshot(offset, file_txn("RIGHT"))
    made.ingest(0, 1)
    made.match(0, 1)
    check(made, 0)
    check(made, 1)
    return made


def check(pipeline: PipelineFixture, offset: int) -> None:
    """Checks the fees of a day."""
    config = pipeline.config
    record_fee_check(pipeline.lake, config.profiles["bank"], config.schedules["bank"], day(offset))


def claim(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str], status: int = 3
) -> dict[str, Any]:
    """The JSON summary of the command."""
    words = ["--lake", pipeline.lake.uri, "--config", str(pipeline.root / "config")]
    done = main(["fees", "claim", *words, "--channel", "bank", "--month", "2026-11"])
    assert done == status
    summary: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return summary


def read_csv(path: Path, *columns: str) -> list[tuple[str, ...]]:
    """Some columns of the rows of a CSV file."""
    text = path.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    rows = csv.DictReader(text.decode("utf-8-sig").splitlines())
    return [tuple(row[name] for name in columns) for row in rows]


@pytest.mark.sail_only
def test_claim_has_what_was_charged_too_much(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """0.10 CNY and 1 JPY are claimed, with clause, working, file and line. What was charged too
    little, has no clause, came back with a reversal or is another owner's stands apart, in no sum.
    The rest of the month has no statement, which is said. A second call writes the same bytes.
    """
    summary = claim(pipeline, capsys)["claim"]
    assert {code: sums["difference"] for code, sums in summary["claimed"].items()} == {
        "CNY": 10,
        "JPY": 1,
    }
    assert len(summary["not_whole"]) == 13
    folder = Path(pipeline.lake.uri, "exports/fee_claims/bank-2026-11")
    assert summary["folder"] == str(folder)
    assert summary["files"] == [
        "fee-claim-bank-2026-11.csv",
        "fee-claim-bank-2026-11-not-claimed.csv",
        "fee-claim-bank-2026-11.xlsx",
    ]
    money = ("Currency", "Charged", "Due", "Difference")
    file = f"bank/{day(0)}/lines.csv"
    claimed = ("Row", "Our reference", "Channel reference", "Lines", "File", "Line", *money)
    assert read_csv(folder / summary["files"][0], *claimed) == [
        ("line", "OVER", "'=1+1", "", file, "3", "CNY", "0.70", "0.60", "0.10"),
        ("line", "YEN", "C-YEN", "", file, "7", "JPY", "7", "6", "1"),
        ("sum", "", "", "1", "", "", "CNY", "0.70", "0.60", "0.10"),
        ("sum", "", "", "1", "", "", "JPY", "7", "6", "1"),
    ]
    clause = ("Result", "Clause of the rate card", "Working", "Trade time", "Business date")
    assert read_csv(folder / summary["files"][0], *clause)[0] == (
        "OVERCHARGED", "'=standard", "100.00 x 0.60 % = 0.60, HALF_UP 0.60",
        f"{day(0)} 12:00:00", str(day(0)),
    )  # fmt: skip
    others = read_csv(folder / summary["files"][1], "Why", "Result", "Our reference", *money)
    assert others == [
        ("UNDERCHARGED", "UNDERCHARGED", "UNDER", "CNY", "0.50", "0.60", "-0.10"),
        ("FEE_MISSING", "FEE_MISSING", "EMPTY", "CNY", "0.00", "0.60", "-0.60"),
        ("TAKEN_BACK", "OVERCHARGED", "BACK", "CNY", "1.30", "1.20", "0.10"),
        ("OUT_OF_SCOPE", "OVERCHARGED", "LN-1", "CNY", "0.90", "0.60", "0.30"),
        ("OUT_OF_SCOPE", "OVERCHARGED", "SISTER", "CNY", "0.80", "0.60", "0.20"),
        ("TAKEN_BACK", "UNDERCHARGED", "BACK", "CNY", "-1.30", "-1.20", "-0.10"),
        ("NO_SCHEDULE", "NO_SCHEDULE", "FREE", "USD", "0.05", "", ""),
    ]
    book = load_workbook(folder / summary["files"][2])
    assert book.sheetnames == ["Sums", "Claimed", "Not claimed"]
    sums = [tuple(row) for row in book["Sums"].iter_rows(min_row=2, values_only=True)]
    assert [(*row[2:7], row[10]) for row in sums] == [
        ("Claimed", None, "OVERCHARGED", "CNY", 1, 0.1),
        ("Claimed", None, "OVERCHARGED", "JPY", 1, 1),
        ("Not claimed", "FEE_MISSING", "FEE_MISSING", "CNY", 1, -0.6),
        ("Not claimed", "NO_SCHEDULE", "NO_SCHEDULE", "USD", 1, None),
        ("Not claimed", "OUT_OF_SCOPE", "OVERCHARGED", "CNY", 2, 0.5),
        ("Not claimed", "TAKEN_BACK", "OVERCHARGED", "CNY", 1, 0.1),
        ("Not claimed", "TAKEN_BACK", "UNDERCHARGED", "CNY", 1, -0.1),
        ("Not claimed", "UNDERCHARGED", "UNDERCHARGED", "CNY", 1, -0.1),
    ]
    assert [row[9] for row in book["Claimed"].iter_rows(min_row=2, values_only=True)] == [
        0.1, 1, 0.1, 1,
    ]  # fmt: skip
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    claim(pipeline, capsys)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert sorted(before) == sorted(summary["files"])


@pytest.mark.sail_only
def test_claim_of_fees_that_are_not_checked_is_refused(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """An entry that the card no longer has, a line that is gone, and a new version of a statement:
    the earlier files stay, until the month is checked again.
    """
    claim(pipeline, capsys)
    folder = Path(pipeline.lake.uri, "exports/fee_claims/bank-2026-11")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    card = pipeline.root / "config" / "fee_schedules" / "bank.yaml"
    card.write_text(CARD.replace("=standard", "other"), encoding="utf-8")
    (error,) = claim(pipeline, capsys)["errors"]
    assert "its rate card has no entry =standard any more" in error
    card.write_text(CARD, encoding="utf-8")

    lines = pipeline.lake.read_day(STATEMENT_LINES, day(0)).where("our_ref != 'UNDER'")
    pipeline.lake.replace_day(STATEMENT_LINES, lines, day(0), "bank")
    (error,) = claim(pipeline, capsys)["errors"]
    assert "of 9 wrong fees 8 have a line in statement_lines" in error

    pipeline.write_statement(0, *LINES[1:], file_line("NEW", "100.00", fee="0.99"))
    pipeline.ingest(0)
    (error,) = claim(pipeline, capsys)["errors"]
    assert error.startswith("claim: bank: fees were not checked, or not since their lines")
    assert f"changed: {day(0)} to {day(1)}; run `tieout check_fees --channel bank" in error

    check(pipeline, 0)
    check(pipeline, 1)
    (error,) = claim(pipeline, capsys)["errors"]
    assert f"lines of {day(0)} were not matched, so whose they are is not known" in error
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    pipeline.match(0, 1)
    check(pipeline, 0)
    check(pipeline, 1)
    assert claim(pipeline, capsys)["claim"]["claimed"]["CNY"]["difference"] == 10 + 39


@pytest.mark.sail_only
def test_batch_with_one_price_is_claimed_without_a_line(spark: SparkSession) -> None:
    """Of lines those are left out that are no longer there."""
    checks = [
        {"business_date": day(0), "line_id": name, "difference": 4, "result": "OVERCHARGED"}
        for name in ("a", "gone", None)
    ]
    frame = frame_of(spark, FEE_CHECKS, [complete_row(FEE_CHECKS, row) for row in checks])
    lines = frame_of(spark, STATEMENT_LINES, [line("a", on=0)])
    rows = classify_rows(join_lines(frame, lines), None, None).collect()
    assert sorted((row["line_id"] or "", row["why"], row["status"]) for row in rows) == [
        ("", None, None),
        ("a", None, "SUCCEEDED"),
    ]


def test_pairs_that_add_up_to_nothing_are_not_claimed(spark: SparkSession) -> None:
    """Only X was taken back: of Y another difference came back, the reversal of Z was too late, and
    that of W is of another kind. A fee that did not come back with a refund is claimed.
    """
    rows = [
        ("x1", "PAYMENT", "SUCCEEDED", "X", day(0), 4, "OVERCHARGED"),
        ("x2", "PAYMENT", "REVERSED", "X", day(1), -4, "UNDERCHARGED"),
        ("y1", "PAYMENT", "SUCCEEDED", "Y", day(0), 4, "OVERCHARGED"),
        ("y2", "PAYMENT", "REVERSED", "Y", day(1), -3, "UNDERCHARGED"),
        ("z1", "PAYMENT", "SUCCEEDED", "Z", day(0), 4, "OVERCHARGED"),
        ("z2", "PAYMENT", "CLOSED", "Z", day(8), -4, "UNDERCHARGED"),
        ("w1", "PAYMENT", "SUCCEEDED", "W", day(0), 4, "OVERCHARGED"),
        ("w2", "TOP_UP", "REVERSED", "W", day(1), -4, "UNDERCHARGED"),
        ("r", "REFUND", "SUCCEEDED", "R", day(1), 18, "FEE_MISSING"),
        ("n", "PAYMENT", "SUCCEEDED", None, day(0), None, "NO_SCHEDULE"),
    ]
    columns = (
        "line_id string, kind string, status string, channel_ref_norm string, business_date date,"
        " difference bigint, result string"
    )
    frame = spark.createDataFrame(rows, columns).withColumn(
        "traded_at", F.lit(None).cast("timestamp")
    )
    classified = classify_rows(frame, find_pairs_taken_back(frame, 7), None).collect()
    assert {row["line_id"]: row["why"] for row in classified if row["why"]} == {
        "x1": "TAKEN_BACK",
        "x2": "TAKEN_BACK",
        "y2": "UNDERCHARGED",
        "z2": "UNDERCHARGED",
        "w2": "UNDERCHARGED",
        "n": "NO_SCHEDULE",
    }
    assert len(classified) == len(rows)
