"""The export of one channel and run date: all of its files."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyspark.sql import SparkSession

from jobs.exports import export_day
from jobs.exports.breaks import DECISION_HEADINGS, HEADINGS
from jobs.exports.day_workbook import write_day_workbook
from jobs.lake.tables import Lake
from schemas.errors import CheckFailed
from schemas.profile.channel import Profile
from schemas.tables import FEE_CHECKS, OUTCOMES, STATEMENT_FILES
from tests.support.export_ledger import (
    DAY,
    amount_break,
    internal_only,
    outcome,
    outcome_frame,
    statement_only,
)
from tests.support.ledger import frame_of

PROFILE = Profile.model_validate(
    {
        "channel": "wechat",
        "dialect": "wechat_bill",
        "zone": "Asia/Shanghai",
        "first_date": "2026-01-01",
        "files": {"pattern": "wechat/{business_date:%Y-%m-%d}/*.csv"},
    }
)
ROWS = (
    outcome("S1", internal_amount=6_000, statement_amount=6_000, difference=0),
    amount_break("S2", 6_000, 5_900, our_ref="=1+1", channel_ref="4200S2"),
    internal_only("S3", 9_900),
    statement_only("S4", 1_234) | {"unit_id": "f:S4"},
    internal_only("S5", 7_700, outcome="SUSPENSE", action="WAIT"),
)


def write_outcomes(lake: Lake, spark: SparkSession, *rows: dict[str, Any]) -> None:
    """Writes the outcomes of the day."""
    lake.replace_day(OUTCOMES, outcome_frame(spark, *rows), DAY, "wechat")


def exported_files(lake: Lake) -> dict[str, bytes]:
    """Bytes of each exported file, by name."""
    folder = Path(lake.uri, "exports", str(DAY), "wechat")
    assert os.listdir(folder.parent) == ["wechat"]
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def updates_of(files: dict[str, bytes]) -> dict[str, Any]:
    """Status updates by transaction."""
    lines = [json.loads(line) for line in files["status_updates.jsonl"].splitlines()]
    return {update.pop("txn_id"): update for update in lines}


def test_export_writes_all_four_files(lake: Lake, spark: SparkSession) -> None:
    """Three breaks for people, four transactions for the transaction system."""
    write_outcomes(lake, spark, *ROWS)
    received = {"channel": "wechat", "business_date": DAY, "status": "ACCEPTED", "version": 1}
    lake.append_rows(STATEMENT_FILES, [received])

    summary = export_day.export_day(lake, PROFILE, DAY)

    files = exported_files(lake)
    assert set(files) == {"breaks.csv", "breaks.xlsx", "status_updates.jsonl", "summary.json"}
    assert (summary.folder, summary.breaks, summary.updates) == (f"exports/{DAY}/wechat", 3, 4)
    assert summary.outcomes == {"MATCHED": 1, "BREAK": 3, "SUSPENSE": 1, "EXCLUDED": 0}
    assert summary.at_stake == {"CNY": 100 + 9_900 + 1_234}
    assert summary.files == {name: len(files[name]) for name in files if name != "summary.json"}

    assert files["breaks.csv"].startswith(b"\xef\xbb\xbfRun date,Channel,")
    assert files["breaks.csv"].count(b"\r\n") == 4
    rows = list(csv.DictReader(files["breaks.csv"].decode("utf-8-sig").splitlines()))
    assert [row["Our reference"] for row in rows] == ["S3", "S4", "'=1+1"]
    assert [row["At stake"] for row in rows] == ["99.00", "12.34", "1.00"]
    assert [row["Difference"] for row in rows] == ["", "", "-1.00"]
    assert [row["Statement amount"] for row in rows] == ["", "12.34", "59.00"]

    book = openpyxl.load_workbook(Path(lake.uri, summary.folder, "breaks.xlsx"))
    assert book.sheetnames == ["Summary", "Breaks", "Waiting", "Out of scope", "Fee differences"]
    heads, *_, last = [[cell.value for cell in row] for row in book["Breaks"]]
    assert heads == [heading.text for heading in (*DECISION_HEADINGS, *HEADINGS)]
    assert last[:2] == [None, None]
    assert last[heads.index("Our reference")] == "'=1+1"
    assert last[heads.index("Difference")] == -1
    heads, *waiting = [[cell.value for cell in row] for row in book["Waiting"]]
    assert [row[heads.index("Our reference")] for row in waiting] == ["S5"]
    overview = [[cell.value for cell in row][2:8] for row in book["Summary"]]
    assert overview[1:4] == [
        ["Statement", "WHOLE", None, None, None, None],
        ["Snapshot", "SNAPSHOT_MISSING", None, None, None, None],
        ["BREAK", "not on the statement", "Ask the channel about it", 1, "CNY", 99],
    ]

    report = json.loads(files["summary.json"])
    assert (report["rows"], report["at_stake"]) == (5, {"CNY": "112.34"})
    assert report["statement"]["state"] == "WHOLE"
    assert report["snapshot"]["state"] == "SNAPSHOT_MISSING"
    assert report["files"] == summary.files


def test_status_updates_have_one_line_per_transaction(lake: Lake, spark: SparkSession) -> None:
    """One line per transaction, whatever its outcome; minor units; nulls are left out."""
    write_outcomes(
        lake, spark, *ROWS, internal_only('a"\\\n支付', 1, reasons=["INTERNAL_ONLY", "LATE"])
    )
    export_day.export_day(lake, PROFILE, DAY)
    updates = updates_of(exported_files(lake))
    assert {txn_id: (row["outcome"], row["action"]) for txn_id, row in updates.items()} == {
        "S1": ("MATCHED", "NONE"),
        "S2": ("BREAK", "REVIEW"),
        "S3": ("BREAK", "QUERY"),
        "S5": ("SUSPENSE", "WAIT"),
        'a"\\\n支付': ("BREAK", "QUERY"),
    }
    assert updates["S2"] == {
        "run_date": "2026-11-22",
        "channel": "wechat",
        "outcome": "BREAK",
        "reasons": ["AMOUNT_MISMATCH"],
        "action": "REVIEW",
        "channel_ref": "4200S2",
        "currency": "CNY",
        "difference": -100,
    }
    assert updates["S1"]["reasons"] == []
    assert not {"difference", "channel_ref"} & set(updates["S3"])


@pytest.mark.sail_only
def test_empty_day_has_headings_only(lake: Lake) -> None:
    """A day without outcomes: four files without rows."""
    summary = export_day.export_day(lake, PROFILE, DAY)
    files = exported_files(lake)
    assert (summary.breaks, summary.updates, summary.at_stake) == (0, 0, {})
    assert files["breaks.csv"].count(b"\r\n") == 1
    assert files["status_updates.jsonl"] == b""
    book = openpyxl.load_workbook(Path(lake.uri, summary.folder, "breaks.xlsx"))
    assert [sheet.max_row for sheet in book] == [3, 1, 1, 1, 1]
    assert json.loads(files["summary.json"])["statement"]["state"] == "STATEMENT_MISSING"


def test_second_export_writes_the_same_bytes(lake: Lake, spark: SparkSession) -> None:
    """The same outcomes give the same bytes; only the order of the updates may differ."""
    write_outcomes(lake, spark, *ROWS)
    export_day.export_day(lake, PROFILE, DAY)
    before = exported_files(lake)
    export_day.export_day(lake, PROFILE, DAY)
    after = exported_files(lake)
    assert updates_of(after) == updates_of(before)
    del before["status_updates.jsonl"], after["status_updates.jsonl"]
    assert after == before


@pytest.mark.sail_only
@pytest.mark.parametrize("step", ["encode_updates", "write_breaks", "summarize_groups"])
def test_failed_export_leaves_the_earlier_one(
    lake: Lake, spark: SparkSession, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whichever file fails, the earlier export stays; the next run replaces it."""
    write_outcomes(lake, spark, *ROWS)
    export_day.export_day(lake, PROFILE, DAY)
    before = exported_files(lake)
    write_outcomes(lake, spark, *ROWS[:2])

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(export_day, step, fail)
        with pytest.raises(KeyboardInterrupt):
            export_day.export_day(lake, PROFILE, DAY)

    assert exported_files(lake) == before
    export_day.export_day(lake, PROFILE, DAY)
    assert exported_files(lake)["breaks.csv"].count(b"\r\n") == 2


@pytest.mark.sail_only
def test_export_with_a_missing_line_is_refused(
    lake: Lake, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update is lost while it is written: there is no export instead of an incomplete one."""
    write_outcomes(lake, spark, *ROWS)
    encode = export_day.encode_updates
    monkeypatch.setattr(
        export_day, "encode_updates", lambda rows: encode(rows.where("txn_id <> 'S1'"))
    )
    with pytest.raises(CheckFailed, match=r"3 breaks and 3 updates were written, .* 3 and 4"):
        export_day.export_day(lake, PROFILE, DAY)
    assert os.listdir(Path(lake.uri, "exports", str(DAY))) == []


@pytest.mark.sail_only
def test_fee_differences_have_a_sheet(lake: Lake, spark: SparkSession) -> None:
    """The lines whose fee is wrong, the largest difference first."""
    write_outcomes(lake, spark, *ROWS)
    check = {"business_date": DAY, "channel": "wechat", "currency": "CNY", "result": "OVERCHARGED"}
    checks = [check | {"line_id": f"f:{n}", "charged": 60 + n, "due": 60, "difference": n,
                       "our_ref": f"S{n}"} for n in (1, 5, 3)]  # fmt: skip
    lake.replace_day(FEE_CHECKS, frame_of(spark, FEE_CHECKS, checks), DAY, "wechat")
    summary = export_day.export_day(lake, PROFILE, DAY)
    book = openpyxl.load_workbook(Path(lake.uri, summary.folder, "breaks.xlsx"))
    heads, *rows = [[cell.value for cell in row] for row in book["Fee differences"]]
    assert [row[heads.index("Difference")] for row in rows] == [0.05, 0.03, 0.01]
    assert [row[heads.index("Our reference")] for row in rows] == ["S5", "S3", "S1"]
    assert summary.versions_read["fee_checks"] == lake.version(FEE_CHECKS)


@pytest.mark.sail_only
def test_workbook_over_all_channels(lake: Lake, spark: SparkSession) -> None:
    """WeChat has 99.00, 12.34 and 1.00 at stake, alipay a group of 50.00 and 7 yen."""
    write_outcomes(lake, spark, *ROWS)
    group = {"reasons": ["AMOUNT_MISMATCH"], "channel": "alipay"}
    unit = {"unit_id": "by_batch:B1"}
    rows = [
        internal_only("G1", 6_000, difference=5_000, **group) | unit,
        statement_only("G2", 1_000, **group) | unit,
        internal_only("J", 7, currency="JPY", internal_currency="JPY", channel="alipay"),
    ]
    lake.replace_day(OUTCOMES, outcome_frame(spark, *rows), DAY, "alipay")
    for name in ("wechat", "alipay"):
        export_day.export_day(lake, PROFILE.model_copy(update={"channel": name}), DAY)
    assert write_day_workbook(lake, DAY) == f"exports/{DAY}/breaks.xlsx"
    path = Path(lake.uri, f"exports/{DAY}/breaks.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Summary", "Breaks"]
    heads, *shown = [[cell.value for cell in row] for row in book["Breaks"]]
    columns = [heads.index(name) for name in ("Channel", "Currency", "At stake", "Group")]
    assert [tuple(row[column] for column in columns) for row in shown] == [
        ("wechat", "CNY", 99, None),
        ("alipay", "CNY", 50, "by_batch:B1"),
        ("alipay", "CNY", 0, "by_batch:B1"),
        ("wechat", "CNY", 12.34, None),
        ("wechat", "CNY", 1, None),
        ("alipay", "JPY", 7, None),
    ]
    overview = [[cell.value for cell in row][:4] for row in book["Summary"]][1:]
    assert [row[0] for row in overview] == ["alipay"] * 5 + ["wechat"] * 7
    assert overview[2][2:] == ["BREAK", "amounts differ"]
    before = path.read_bytes()
    write_day_workbook(lake, DAY)
    assert path.read_bytes() == before
    assert sorted(os.listdir(path.parent)) == ["alipay", "breaks.xlsx", "wechat"]
