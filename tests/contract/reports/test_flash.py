"""The flash of a date before its statement, and the difference to it afterwards."""

import json
from pathlib import Path

import pytest

from jobs.__main__ import main
from jobs.fees.accruals.check_day import record_accruals
from jobs.lake.tables import Lake
from jobs.reports.day_page.flash.difference import CHANGED, Difference, read_differences
from jobs.reports.day_page.flash.own_side import OwnSide, read_own_side
from jobs.reports.day_page.flash.stored import (
    StoredFlash,
    read_flash,
    read_whole_flash,
    render_flash,
    store_flash,
)
from jobs.reports.day_page.scope import Scope
from jobs.reports.day_page.write_page import write_page
from schemas.errors import LakeInconsistent
from tests.support.fee_ledger import card
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PipelineFixture

#: The views in SQL are compared on both engines.
pytestmark = pytest.mark.sail_by_day

OWNER = ("bank", "CNY")


@pytest.fixture
def pipeline(lake: Lake, tmp_path: Path) -> PipelineFixture:
    """Day 0 is matched. On day 1 our side has A1, B1, C1, a refund R1, and P1, which is pending."""
    made = PipelineFixture(tmp_path, lake)
    made.write_snapshot(0, file_txn("A0"), file_txn("L0", "4.00"))
    made.write_statement(0, file_line("A0"))
    made.write_snapshot(
        1, file_txn("A1"), file_txn("B1", "20.00"), file_txn("C1", "30.00"),
        file_txn("R1", "-5.00", kind="REFUND"), file_txn("P1", "9.00", status="PENDING"),
    )  # fmt: skip
    made.ingest(0)
    made.match(0)
    made.ingest(1)
    return made


def scope(pipeline: PipelineFixture) -> Scope:
    """Day 1."""
    return Scope(day(1), day(1), pipeline.config)


def keep_flash(pipeline: PipelineFixture, *whole: str) -> dict[tuple[str, str], StoredFlash]:
    """Makes the flash of day 1 and writes its figures."""
    own = scope(pipeline)
    sides = read_own_side(pipeline.lake, own)
    stored = store_flash(sides, read_whole_flash(pipeline.lake, own), whole, ["bank"])
    write_page(pipeline.lake, *render_flash(own, stored))
    return stored


def difference(pipeline: PipelineFixture) -> Difference:
    """The difference of day 1 to its flash."""
    own = scope(pipeline)
    return read_differences(pipeline.lake, own, read_flash(pipeline.lake, own))[OWNER]


def test_flash_takes_our_side_for_right(pipeline: PipelineFixture) -> None:
    """Before any match nothing is confirmed, and fees are not accrued."""
    side = read_own_side(pipeline.lake, scope(pipeline))[OWNER]
    assert side.succeeded == (4, 1000 + 2000 + 3000 - 500)
    assert side.statuses == {"PENDING": (1, 900)}
    assert (side.confirmed, side.outcomes, side.accrued, side.net) == ((0, 0), {}, None, None)


def test_flash_has_fees_accrued_by_our_own_data(pipeline: PipelineFixture) -> None:
    """1% of 10.00, 20.00 and 30.00; R1 names no payment and gives none back; P1 is not due yet."""
    page = pipeline.config.profiles["bank"]
    record_accruals(pipeline.lake, page, card({"name": "all", "rate": "0.01"}), day(1))
    side = read_own_side(pipeline.lake, scope(pipeline))[OWNER]
    assert (side.accrued, side.net) == (10 + 20 + 30, 5500 - 60)
    record_accruals(
        pipeline.lake,
        page,
        card({"name": "large", "rate": "0.01", "amount": {"min": 2500}}),
        day(1),
    )
    side = read_own_side(pipeline.lake, scope(pipeline))[OWNER]
    assert (side.accrued, side.net) == (None, None)  # A1 has no entry: 0.30 would be too little


def test_difference_adds_up_by_cause(pipeline: PipelineFixture) -> None:
    """B1 comes with 19.00, C1 not at all; the line of L0 (day 0) and an unknown line come."""
    keep_flash(pipeline)
    pipeline.write_statement(
        1, file_line("A1"), file_line("B1", "19.00"), file_line("L0", "4.00"),
        file_line("Z9", "7.77"), file_line("R1", "-5.00", kind="REFUND"),
    )  # fmt: skip
    pipeline.ingest(1)
    pipeline.match(1)
    one = difference(pipeline)
    assert (one.flash.amount, one.statement, one.lines) == (5500, 1000 + 1900 + 400 + 777 - 500, 5)
    assert one.causes == {
        "AMOUNT_MISMATCH": (1, -100),
        "WAITS_FOR_STATEMENT": (1, -3000),
        "LINE_OF_EARLIER_TRANSACTION": (1, 400),
        "WAITS_FOR_OURS": (1, 777),
    }
    assert one.flash.amount + sum(money for _, money in one.causes.values()) == one.statement
    assert [row["txn_id"] for row in one.lists["AMOUNT_MISMATCH"].rows] == ["B1"]


def test_what_our_side_says_anew_is_a_cause(pipeline: PipelineFixture) -> None:
    """C1 turns out to have failed: our own side has less than the flash said."""
    keep_flash(pipeline)
    pipeline.write_snapshot(
        1, file_txn("A1"), file_txn("B1", "20.00"), file_txn("C1", "30.00", status="FAILED"),
        file_txn("R1", "-5.00", kind="REFUND"), file_txn("P1", "9.00", status="PENDING"),
    )  # fmt: skip
    pipeline.write_statement(
        1, file_line("A1"), file_line("B1", "20.00"), file_line("R1", "-5.00", kind="REFUND")
    )
    pipeline.ingest(1)
    pipeline.match(1)
    one = difference(pipeline)
    assert one.causes == {CHANGED: (1, -3000)}
    assert one.statement == 2500


def test_flash_after_the_statement_keeps_the_earlier_one(pipeline: PipelineFixture) -> None:
    """What was not said before the statement came is no flash."""
    earlier = keep_flash(pipeline)
    assert earlier == {OWNER: StoredFlash(4, 5500, None)}
    pipeline.write_snapshot(1, file_txn("A1"))
    pipeline.ingest(1)
    assert keep_flash(pipeline, "bank") == earlier
    assert keep_flash(pipeline) == {OWNER: StoredFlash(1, 1000, None)}


def test_flash_of_one_channel_keeps_those_of_the_others() -> None:
    earlier = {("wechat", "CNY"): StoredFlash(1, 100, None), ("bank", "USD"): StoredFlash(1, 5, 1)}
    sides = {OWNER: OwnSide(succeeded=(2, 200), accrued=3)}
    stored = store_flash(sides, earlier, [], ["bank"])
    assert stored == {("wechat", "CNY"): StoredFlash(1, 100, None), OWNER: StoredFlash(2, 200, 3)}


def test_damaged_flash_is_named(pipeline: PipelineFixture) -> None:
    write_page(pipeline.lake, f"exports/{day(1)}/flash.json", '{"channels": [{}]}')
    with pytest.raises(LakeInconsistent, match=r"flash\.json is no flash .* remove it"):
        read_flash(pipeline.lake, scope(pipeline))


@pytest.mark.sail_only
def test_command_writes_flash_and_report(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--provisional` writes page and figures; the report names an unmatched date with exit 3."""
    monkeypatch.setattr("jobs.cli.lake_session.open_session", lambda engine: pipeline.lake.spark)
    monkeypatch.setattr("jobs.cli.lake_session.close_session", lambda spark: None)
    common = ["report", "--lake", pipeline.lake.uri, "--config", str(pipeline.root / "config"),
              "--business-date", str(day(1))]  # fmt: skip

    def call(*more: str) -> tuple[int, dict]:
        status = main([*common, *more])
        body = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert not body.get("errors")
        return status, body

    status, body = call("--provisional", "--language", "zh")
    assert (status, body["transactions"], body["amount"]) == (0, 4, {"CNY": 5500})
    page = Path(body["page"]).read_text("utf-8")
    assert (Path(body["page"]).name, "暂定" in page) == ("flash.zh.html", True)
    status, body = call()
    assert (status, body.get("page")) == (3, None)
    pipeline.match(1)
    status, body = call()
    assert (status, Path(body["page"]).name) == (0, "report.html")
    assert f"bank {day(1)}: statement missing" in body["gaps"][0]
    folder = Path(body["page"]).parent
    assert {path.name for path in folder.iterdir()} == {
        "flash.json",
        "flash.zh.html",
        "report.html",
    }
