"""The job: one channel's exceptions of one run date, as files."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyspark.sql import SparkSession

from jobs import export
from jobs.exports import export_day
from jobs.exports.breaks import HEADINGS
from jobs.lake.tables import Lake
from schemas.errors import CheckFailed
from schemas.profile.channel import Profile
from schemas.tables import OUTCOMES, STATEMENT_FILES
from tests.support.export_ledger import DAY, differing, frame_of, ours_only, outcome, theirs_only

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
    differing("S2", 6_000, 5_900, our_ref="=1+1"),
    ours_only("S3", 9_900),
    theirs_only("S4", 1_234),
    ours_only("S5", 7_700, outcome="SUSPENSE", action="WAIT"),
)


def match(lake: Lake, spark: SparkSession, *rows: dict[str, Any]) -> None:
    lake.replace_day(OUTCOMES, frame_of(spark, *rows), DAY, "wechat")


def content(lake: Lake) -> dict[str, bytes]:
    folder = Path(lake.uri, "exports", str(DAY), "wechat")
    assert os.listdir(folder.parent) == ["wechat"]
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def updates(files: dict[str, bytes]) -> dict[str, Any]:
    told = [json.loads(line) for line in files["status_updates.jsonl"].splitlines()]
    return {each.pop("txn_id"): each for each in told}


def test_a_day(lake: Lake, spark: SparkSession) -> None:
    """Three breaks go out for people; four transactions for the transaction system."""
    match(lake, spark, *ROWS)
    received = {"channel": "wechat", "business_date": DAY, "status": "ACCEPTED", "version": 1}
    lake.append_rows(STATEMENT_FILES, [received])

    done = export_day.run(lake, PROFILE, DAY)

    files = content(lake)
    assert set(files) == {"breaks.csv", "breaks.xlsx", "status_updates.jsonl", "summary.json"}
    assert (done.folder, done.breaks, done.updates) == (f"exports/{DAY}/wechat", 3, 4)
    assert done.outcomes == {"MATCHED": 1, "BREAK": 3, "SUSPENSE": 1, "EXCLUDED": 0}
    assert done.at_stake == {"CNY": 100 + 9_900 + 1_234}
    assert done.files == {name: len(files[name]) for name in files if name != "summary.json"}

    assert files["breaks.csv"].startswith(b"\xef\xbb\xbfRun date,Channel,")
    assert files["breaks.csv"].count(b"\r\n") == 4
    rows = list(csv.DictReader(files["breaks.csv"].decode("utf-8-sig").splitlines()))
    assert [row["Our reference"] for row in rows] == ["'=1+1", "S3", "S4"]
    assert [row["Difference"] for row in rows] == ["-1.00", "", ""]
    assert [row["Statement amount"] for row in rows] == ["59.00", "", "12.34"]

    sheet = openpyxl.load_workbook(Path(lake.uri, done.folder, "breaks.xlsx")).active
    heads, first = [[cell.value for cell in row] for row in sheet["A1:X2"]]
    assert heads == [heading.text for heading in HEADINGS]
    assert first[heads.index("Our reference")] == "'=1+1"
    assert first[heads.index("Difference")] == -1

    report = json.loads(files["summary.json"])
    assert (report["rows"], report["at_stake"]) == (5, {"CNY": "112.34"})
    assert report["statement"]["state"] == "WHOLE"
    assert report["snapshot"]["state"] == "SNAPSHOT_MISSING"
    assert report["files"] == done.files


def test_status_updates(lake: Lake, spark: SparkSession) -> None:
    """One line per transaction, waiting and matched ones too; minor units; nulls left out."""
    match(lake, spark, *ROWS, ours_only('a"\\\n支付', 1, reasons=["INTERNAL_ONLY", "LATE"]))
    export_day.run(lake, PROFILE, DAY)
    told = updates(content(lake))
    assert {txn: (each["outcome"], each["action"]) for txn, each in told.items()} == {
        "S1": ("MATCHED", "NONE"),
        "S2": ("BREAK", "REVIEW"),
        "S3": ("BREAK", "QUERY"),
        "S5": ("SUSPENSE", "WAIT"),
        'a"\\\n支付': ("BREAK", "QUERY"),
    }
    assert told["S2"] == {
        "run_date": "2026-11-22",
        "channel": "wechat",
        "outcome": "BREAK",
        "reasons": ["AMOUNT_MISMATCH"],
        "action": "REVIEW",
        "channel_ref": "4200S2",
        "currency": "CNY",
        "difference": -100,
    }
    assert told["S1"]["reasons"] == []
    assert not {"difference", "channel_ref"} & set(told["S3"])


@pytest.mark.sail_only
def test_an_empty_day_has_headings_only(lake: Lake) -> None:
    done = export_day.run(lake, PROFILE, DAY)
    files = content(lake)
    assert (done.breaks, done.updates, done.at_stake) == (0, 0, {})
    assert files["breaks.csv"].count(b"\r\n") == 1
    assert files["status_updates.jsonl"] == b""
    sheet = openpyxl.load_workbook(Path(lake.uri, done.folder, "breaks.xlsx")).active
    assert sheet.max_row == 1
    assert json.loads(files["summary.json"])["statement"]["state"] == "STATEMENT_MISSING"


def test_run_again(lake: Lake, spark: SparkSession) -> None:
    """The same outcomes leave the same bytes; the lines of updates are a set."""
    match(lake, spark, *ROWS)
    export_day.run(lake, PROFILE, DAY)
    before = content(lake)
    export_day.run(lake, PROFILE, DAY)
    after = content(lake)
    assert updates(after) == updates(before)
    del before["status_updates.jsonl"], after["status_updates.jsonl"]
    assert after == before


@pytest.mark.sail_only
@pytest.mark.parametrize("step", ["updates", "write_breaks", "figures"])
def test_a_failure_leaves_the_earlier_export(
    lake: Lake, spark: SparkSession, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    match(lake, spark, *ROWS)
    export_day.run(lake, PROFILE, DAY)
    before = content(lake)
    match(lake, spark, *ROWS[:2])

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(export, step, fails)
        with pytest.raises(KeyboardInterrupt):
            export_day.run(lake, PROFILE, DAY)

    assert content(lake) == before
    export_day.run(lake, PROFILE, DAY)
    assert content(lake)["breaks.csv"].count(b"\r\n") == 2


@pytest.mark.sail_only
def test_a_lost_line_is_noticed(
    lake: Lake, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update goes missing on the way: there is no export rather than half of one."""
    match(lake, spark, *ROWS)
    encoded = export.updates
    monkeypatch.setattr(export, "updates", lambda rows: encoded(rows.where("txn_id <> 'S1'")))
    with pytest.raises(CheckFailed, match=r"3 breaks and 3 updates were written, .* 3 and 4"):
        export_day.run(lake, PROFILE, DAY)
    assert os.listdir(Path(lake.uri, "exports", str(DAY))) == []
