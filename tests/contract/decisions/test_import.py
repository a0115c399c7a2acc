"""`tieout decide import`: a reviewer fills in the sheet of breaks, and the maker reads it back."""

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from jobs.__main__ import main
from jobs.lake.tables import Lake
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture

pytestmark = pytest.mark.sail_only

WISHES = {
    "B": ("accept", "rounding"),
    "C": ("Accept ", None),
    "D": ("accept", "rounding"),
    "E": ("write off", None),
    "H": ("accept", None),
    "O": ("not ours", None),
}


def run(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str], job: str, *words: str
) -> tuple[int, dict[str, Any]]:
    """Exit status and summary of a command."""
    places = ["--lake", pipeline.lake.uri, "--config", str(pipeline.root / "config")]
    status = main([job, *words, *places, "--engine", "sail"])
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


def fill_in(path: Path, wishes: dict[str, tuple[str, str | None]]) -> None:
    """Writes decisions into the sheet of breaks, as a reviewer would."""
    book = openpyxl.load_workbook(path)
    sheet = book["Breaks"]
    heads = [cell.value for cell in sheet[1]]
    assert heads[:2] == ["Decision", "Comment"]
    (rule,) = sheet.data_validations.dataValidation
    assert rule.formula1 == '"accept,accept ours,accept theirs,write off,not ours"'
    for row in sheet.iter_rows(min_row=2):
        own = row[heads.index("Transaction")].value or row[heads.index("Our reference")].value
        row[0].value, row[1].value = wishes.get(own, (None, None))
    book.save(path)


def test_decisions_are_read_back(
    lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """B and C are proposed, each with its comment; D has changed since the export, H must say whose
    status stands, O waits and is no break: these are refused by sheet and row. A second import of
    the file proposes nothing.
    """
    pipeline = PipelineFixture(tmp_path, lake)
    amounts = {"B": "9.99", "C": "9.98", "D": "9.97", "E": "9.50"}
    lines = [file_line(name, amount) for name, amount in amounts.items()]
    pipeline.write_statement(0, *lines, file_line("H", "9.99", status="REVERSED"))
    pipeline.write_snapshot(0, *map(file_txn, (*amounts, "H", "O")))
    pipeline.ingest(0)
    pipeline.match(0)
    assert run(pipeline, capsys, "export", "--business-date", str(day(0)))[0] == 0
    path = Path(lake.uri, "exports", str(day(0)), "breaks.xlsx")
    book = path.parent / "bank" / "breaks.xlsx"
    fill_in(path, WISHES)
    fill_in(book, {"O": ("maybe", None)})
    words = ("import", str(path), "--by", "ann")
    status, summary = run(pipeline, capsys, "decide", *words)
    assert (status, summary["errors"][0][:15]) == (2, "REASON_MISSING:")
    pipeline.write_snapshot(0, *map(file_txn, ("B", "C", "E", "H", "O")), file_txn("D", "9.96"))
    pipeline.ingest(0)
    pipeline.match(0)
    status, summary = run(pipeline, capsys, "decide", *words, "--reason", "the 16th")
    assert status == 3
    proposed = sorted(
        (one["effect"], one["comment"], [item["txn_id"] for item in one["items"]])
        for one in summary["decisions"]
    )
    assert proposed == [
        ("ACCEPT", "rounding", ["B"]),
        ("ACCEPT", "the 16th", ["C"]),
        ("WRITE_OFF", "the 16th", ["E"]),
    ]
    changed, no_status = sorted(summary["refused"], key=lambda text: "CHANGED" not in text)
    assert changed.startswith("sheet Breaks, row") and ": CHANGED: D is another" in changed
    assert "STATUS_MISSING" in no_status
    status, summary = run(pipeline, capsys, "decide", *words, "--reason", "the 16th")
    assert (status, summary["decisions"], len(summary["refused"])) == (3, [], 5)


def test_group_is_decided_whole(
    lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One row of K decides all its three rows. Of L the decided line is as exported, but our
    transaction, without a decision on the sheet, has changed. M has two decisions. The row of our
    transaction N was removed from the sheet.
    """
    pipeline = PipelineFixture(tmp_path, lake, f"{PAGE}  captures: true\n")
    parts = (("1", "6.00"), ("2", "7.00"))
    pipeline.write_statement(
        0,
        *(file_line(name, amount, channel_ref=f"{name}{part}")
          for name in "KLMN" for part, amount in parts),
    )  # fmt: skip
    pipeline.write_snapshot(0, *map(file_txn, "KLMN"))
    pipeline.ingest(0)
    pipeline.match(0)
    assert run(pipeline, capsys, "export", "--business-date", str(day(0)))[0] == 0
    path = Path(lake.uri, "exports", str(day(0)), "breaks.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["Breaks"]
    heads = [cell.value for cell in sheet[1]]
    by_member = {}
    for row in sheet.iter_rows(min_row=2):
        txn_id, line_id = (row[heads.index(name)].value for name in ("Transaction", "Line id"))
        name = txn_id or row[heads.index("Our reference")].value
        by_member.setdefault((name, "line" if line_id else "txn"), []).append(row)
    assert {key: len(rows) for key, rows in by_member.items()} == {
        (name, side): count for name in "KLMN" for side, count in (("line", 2), ("txn", 1))
    }
    for name, side, label in (
        ("K", "line", "accept"), ("L", "line", "accept"), ("N", "line", "accept"),
        ("M", "line", "accept"), ("M", "txn", "write off"),
    ):  # fmt: skip
        by_member[name, side][0][0].value = label
    sheet.delete_rows(by_member["N", "txn"][0][0].row)
    book.save(path)
    pipeline.write_snapshot(0, *map(file_txn, "KMN"), file_txn("L", "10.01"))
    pipeline.ingest(0)
    pipeline.match(0)
    words = ("import", str(path), "--by", "ann", "--reason", "the 16th")
    status, summary = run(pipeline, capsys, "decide", *words)
    assert status == 3
    (one,) = summary["decisions"]
    assert sorted(item["txn_id"] or "" for item in one["items"]) == ["", "", "K"]
    refused = sorted(text.partition(": ")[2] for text in summary["refused"])
    assert refused == [
        "CHANGED: L is another than the sheet says; export anew",
        "CHANGED: N of its group is not on the sheet",
        "TWO_DECISIONS: rows of one group say different decisions",
    ]


def test_wrong_workbooks_are_named(
    lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No workbook, no sheet of breaks, and a decision that there is not."""
    pipeline = PipelineFixture(tmp_path, lake.prepare())
    path = tmp_path / "book.xlsx"
    path.write_bytes(b"no zip")
    for text in ("it is no workbook", "it has no sheet Breaks", "'maybe' is none of accept"):
        status, summary = run(pipeline, capsys, "decide", "import", str(path), "--by", "ann")
        assert status == 2 and text in summary["errors"][0]
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "Breaks" if text.startswith("it has no") else "Other"
        sheet.append([*"ab", "Decision", "Comment", "Run date", "Channel", "Currency", "Our amount",
                      "Statement amount", "Our status", "Statement status", "Transaction",
                      "Our currency", "Reason codes", "Line id"])  # fmt: skip
        sheet.append([None, None, "maybe"])
        book.save(path)
