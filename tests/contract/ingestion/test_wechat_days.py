"""One console file of several days: each date takes its own lines, totals speak for the file."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from jobs.ingestion.inbox import find_files, parse_date_span
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.profile.channel import Files, Profile
from schemas.tables import STATEMENT_FILES, STATEMENT_LINES
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.ledger import day
from tests.support.pipeline_fixture import PipelineFixture
from tests.support.wechat_bills import build_bill, build_payment, build_refund

PATTERN = "wx/{first_date:%Y%m%d}-{last_date:%Y%m%d}.csv"
NAME = "wx/20261115-20261117.csv"
DAYS = [date(2026, 11, number) for number in (15, 16, 17)]
ROWS = [
    build_payment(1, "10.00", 交易时间="2026-11-15 00:00:00"),
    build_payment(2, "20.00", 交易时间="2026-11-15 23:59:59"),
    build_refund(1, "4.00", 交易时间="2026-11-17 00:00:00"),
]
#: The same a day later, for dates as `tests.support.ledger` counts them.
SPANNED = [
    build_payment(1, "10.00", 交易时间="2026-11-16 00:00:00"),
    build_payment(2, "20.00", 交易时间="2026-11-16 23:59:59"),
    build_refund(1, "4.00", 交易时间="2026-11-18 00:00:00"),
]


def read_bill(content: bytes, on: date, name: str = NAME, share: float = 0.0) -> ReadResult:
    """What the ingest of a date takes from the file."""
    files = Files(pattern=PATTERN, rejected_share_max=share)
    profile = Profile(
        channel="wechat",
        dialect="wechat_bill",
        zone="Asia/Shanghai",
        first_date=DAYS[0],
        files=files,
    )
    return read_statement(content, profile, on, name, 300)


def test_each_line_lands_on_its_own_date_and_on_no_other() -> None:
    """Two lines of the 15th, none of the 16th, one of the 17th: three in all, each once."""
    content = build_bill(ROWS)
    result = [read_bill(content, on) for on in DAYS]
    assert [each.verdict for each in result] == ["ACCEPTED"] * 3
    assert [[row["amount"] for row in each.lines] for each in result] == [[1000, 2000], [], [-400]]
    assert result[0].totals == result[1].totals == result[2].totals
    assert len({row["line_id"] for each in result for row in each.lines}) == 3


def test_a_wrong_total_refuses_the_file_on_every_date() -> None:
    """The summary speaks of all days: 30.01 for 30.00 is refused on each."""
    content = build_bill(ROWS).replace(b"`30.00,`4.00,`0.00", b"`30.01,`4.00,`0.00", 1)
    assert all(read_bill(content, on).verdict.startswith("TOTALS_DIFFER") for on in DAYS)


def test_lines_outside_of_the_days_that_the_name_says() -> None:
    """They would land nowhere: the file is refused on every date."""
    content = build_bill([*ROWS, build_payment(3, 交易时间="2026-11-18 10:00:00")])
    for on in DAYS:
        assert read_bill(content, on).verdict.startswith(f"WRONG_DAY: {NAME}: lines of 2026-11-18,")


def test_the_rejected_share_is_of_the_whole_file() -> None:
    """One of four lines, whatever a date's own lines are."""
    content = build_bill([*ROWS, build_payment(3, "0.00", "0", 交易时间="2026-11-31 10:00:00")])
    content = content.replace(b"`4,`30.00", b"`3,`30.00")
    assert [read_bill(content, on, share=0.25).verdict for on in DAYS] == ["ACCEPTED"] * 3
    assert all(read_bill(content, on, share=0.24).verdict.startswith("REJECTED") for on in DAYS)


def test_the_inbox_finds_it_for_its_days_only(tmp_path: Path) -> None:
    """Found from the 15th to the 17th; a name whose dates are none is not found."""
    inbox = tmp_path / "wx"
    inbox.mkdir()
    for name in ("20261115-20261117.csv", "20261116-20261116.csv", "20261199-20261231.csv"):
        (inbox / name).write_bytes(b"x")
        os.utime(inbox / name, (0, 0))
    found = {
        on: [each.name for each in find_files(Storage(str(tmp_path)), PATTERN, on).files]
        for on in [date(2026, 11, 14), *DAYS, date(2026, 11, 18)]
    }
    assert list(found.values()) == [[], [NAME], [NAME, "wx/20261116-20261116.csv"], [NAME], []]
    assert find_files(Storage(str(tmp_path)), PATTERN, DAYS[0]).files[0].arrived_at == datetime(
        1970, 1, 1, tzinfo=UTC
    )


def test_file_name_gives_first_and_last_date() -> None:
    """None where the pattern names one date."""
    assert parse_date_span(PATTERN, NAME) == (DAYS[0], DAYS[2])
    assert parse_date_span("wx/{business_date}.csv", "wx/0001-01-01.csv") is None


@pytest.mark.parametrize(
    "pattern", ["wx/{first_date}.csv", "wx/{first_date}-{last_date}-{business_date}.csv", "wx.csv"]
)
def test_a_pattern_names_one_date_or_both_ends(pattern: str) -> None:
    """Anything else is a fault of the profile."""
    with pytest.raises(ValueError, match="does not name"):
        Files(pattern=pattern)


def test_a_marker_is_of_one_day() -> None:
    """No trades is said of one date at a time."""
    with pytest.raises(ValueError, match="does not name"):
        Files(pattern=PATTERN, marker=PATTERN)


def test_ingest_lands_every_line_once(lake: Lake, tmp_path: Path) -> None:
    """Three dates of one file, any order, one of them twice: its lines stand once each, and the
    same bytes in force under a neighbouring date are no fault.
    """
    pipeline = PipelineFixture(tmp_path, lake)
    pipeline.write_profile(
        "channel: wechat\ndialect: wechat_bill\nzone: Asia/Shanghai\nfirst_date: 2026-11-15\n"
        f'files: {{pattern: "{PATTERN}"}}\n',
        "wechat",
    )
    pipeline.write_file("wx/20261116-20261118.csv", build_bill(SPANNED))
    for offset in (2, 0, 1, 0):
        pipeline.ingest(offset)
    found = {
        offset: sorted(
            row["amount"]
            for row in lake.read_day(STATEMENT_LINES, day(offset)).collect()
            if row["channel"] == "wechat"
        )
        for offset in range(3)
    }
    assert found == {0: [1000, 2000], 1: [], 2: [-400]}
    rows = lake.read_rows(STATEMENT_FILES, channel="wechat")
    assert sorted(row["status"] for row in rows) == ["ACCEPTED"] * 3 + ["DUPLICATE"]
