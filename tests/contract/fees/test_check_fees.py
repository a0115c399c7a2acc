"""The fee check of one channel and date: from the lake into the lake."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pyspark.sql import SparkSession

from jobs.fees import check_day
from jobs.lake.tables import Lake
from jobs.reconcile.stale_dates import read_stale_dates
from schemas.errors import LakeInconsistent
from schemas.profile.channel import Profile
from schemas.tables import (
    FEE_ACCRUALS,
    FEE_CHECKS,
    FEE_MONTHS,
    FEE_TOTALS,
    FEE_VOLUMES,
    OUTCOMES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from tests.support.fee_ledger import DAY, accepted_file, card, fee_line, line_frame, refund_line
from tests.support.ledger import complete_row, frame_of

PROFILE = Profile.model_validate(
    {
        "channel": "wechat",
        "dialect": "wechat_bill",
        "zone": "Asia/Shanghai",
        "first_date": "2026-01-01",
        "files": {"pattern": "wechat/{business_date:%Y-%m-%d}/*.csv"},
    }
)
SCHEDULE = card(
    {"name": "old", "to": "2026-10-31", "rate": "0.0060"},
    {"name": "new", "from": "2026-11-01", "rate": "0.0054"},
)


def days_ago(days: int) -> dict[str, object]:
    """Business date and time of a line so many days before."""
    day = DAY - timedelta(days=days)
    return {
        "business_date": day,
        "traded_at": datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC),
    }


@pytest.fixture
def filled_lake(lake: Lake, spark: SparkSession) -> Lake:
    """A day with a right fee, a wrong fee, and refunds of payments 90 and 91 days old."""
    today = [
        fee_line("a", 6_000, 32),
        fee_line("b", 6_000, 36),
        fee_line("j", 1_000, 5, currency="JPY"),
        refund_line("r90", -10_000, -60, original_ref_norm="WX90"),
        refund_line("r91", -10_000, 0, original_ref_norm="WX91"),
        refund_line("other", -10_000, 0, original_ref_norm="ALI"),
    ]
    lake.replace_day(STATEMENT_LINES, line_frame(spark, *today), DAY, "wechat")
    for days in (90, 91):
        paid = fee_line(f"p{days}", 10_000, 60, channel_ref_norm=f"WX{days}", **days_ago(days))
        frame = line_frame(spark, paid)
        lake.replace_day(STATEMENT_LINES, frame, paid["business_date"], "wechat")
    elsewhere = fee_line("x", 9_900, 999, channel="alipay", channel_ref_norm="ALI", **days_ago(30))
    frame = line_frame(spark, elsewhere)
    lake.replace_day(STATEMENT_LINES, frame, elsewhere["business_date"], "alipay")
    lake.append_rows(STATEMENT_FILES, [accepted_file(len(today))])
    return lake


@pytest.mark.sail_only
def test_fees_of_a_day_are_checked(filled_lake: Lake) -> None:
    """Only `b` is wrong: 0.36 charged on 60.00, 0.32 due. The payment of 90 days ago is found and
    has the old price; a payment of 91 days ago, or of another channel, is not searched, so that
    nothing comes back of its fee.
    """
    summary = check_day.check_fees_of_day(filled_lake, PROFILE, SCHEDULE, DAY)

    assert (summary.channel, summary.business_date, summary.lines, summary.wrong) == (
        "wechat",
        DAY,
        6,
        1,
    )
    assert summary.charged == {"CNY": 32 + 36 - 60, "JPY": 5}
    assert summary.due == {"CNY": 32 + 32 - 60, "JPY": 5}
    assert summary.difference == {"CNY": 4, "JPY": 0}
    assert summary.versions_read == {
        "statement_lines": filled_lake.version(STATEMENT_LINES),
        "outcomes": filled_lake.version(OUTCOMES),
        "fee_accruals": filled_lake.version(FEE_ACCRUALS),
    }
    assert summary.versions_written == {
        "fee_checks": filled_lake.version(FEE_CHECKS),
        "fee_totals": filled_lake.version(FEE_TOTALS),
        "fee_volumes": filled_lake.version(FEE_VOLUMES),
        "fee_months": filled_lake.version(FEE_MONTHS),
    }
    (row,) = filled_lake.read_day(FEE_CHECKS, DAY, "wechat").collect()
    assert (row["line_id"], row["charged"], row["due"]) == ("b", 36, 32)
    assert (row["difference"], row["result"], row["schedule"]) == (4, "OVERCHARGED", "new")


@pytest.mark.sail_only
def test_second_run_leaves_the_same_rows(filled_lake: Lake) -> None:
    """A second run leaves the same rows."""

    def rows() -> list[tuple[object, ...]]:
        tables = (FEE_CHECKS, FEE_TOTALS)
        found = [tuple(row) for table in tables for row in filled_lake.read(table).collect()]
        return sorted(found, key=str)

    first = check_day.check_fees_of_day(filled_lake, PROFILE, SCHEDULE, DAY)
    before = rows()
    again = check_day.check_fees_of_day(filled_lake, PROFILE, SCHEDULE, DAY)
    assert rows() == before
    assert (again.lines, again.wrong, again.due) == (first.lines, first.wrong, first.due)


@pytest.mark.sail_only
def test_lines_that_no_accepted_file_has_are_not_checked(filled_lake: Lake) -> None:
    """The lake has another number of lines than the accepted files: nothing is written."""
    filled_lake.replace_rows(STATEMENT_FILES, [accepted_file(7)], DAY, "wechat")
    with pytest.raises(LakeInconsistent, match="7 lines were accepted, the lake has 6"):
        check_day.check_fees_of_day(filled_lake, PROFILE, SCHEDULE, DAY)
    assert filled_lake.read_day(FEE_CHECKS, DAY, "wechat").count() == 0


@pytest.mark.sail_only
def test_a_day_without_lines(filled_lake: Lake) -> None:
    """Nothing is due; what an earlier run had found for the day goes."""
    check_day.check_fees_of_day(filled_lake, PROFILE, SCHEDULE, DAY)
    nothing = filled_lake.read_day(STATEMENT_LINES, date(2020, 1, 1))
    filled_lake.replace_day(STATEMENT_LINES, nothing, DAY, "wechat")
    filled_lake.replace_rows(STATEMENT_FILES, [accepted_file(0)], DAY, "wechat")

    summary = check_day.check_fees_of_day(filled_lake, PROFILE, SCHEDULE, DAY)

    assert (summary.lines, summary.wrong, summary.charged, summary.due) == (0, 0, {}, {})
    assert filled_lake.read_day(FEE_CHECKS, DAY, "wechat").count() == 0
    assert filled_lake.read_day(FEE_TOTALS, DAY, "wechat").count() == 0


@pytest.mark.sail_only
def test_check_is_stale_when_an_earlier_statement_that_it_read_is_another(
    filled_lake: Lake,
) -> None:
    """The day has refunds: a file of 90 days ago changes what it read, one of 91 does not."""
    check_day.record_fee_check(filled_lake, PROFILE, SCHEDULE, DAY)
    assert read_stale_dates(filled_lake, PROFILE)["check_fees"] == []
    for days, stale in ((91, []), (90, [DAY])):
        file = {**accepted_file(1), "file_id": f"f{days}", "business_date": DAY - timedelta(days)}
        filled_lake.append_rows(STATEMENT_FILES, [file])
        assert read_stale_dates(filled_lake, PROFILE)["check_fees"] == stale
    check_day.record_fee_check(filled_lake, PROFILE, SCHEDULE, DAY)
    assert read_stale_dates(filled_lake, PROFILE)["check_fees"] == []


def test_wrong_fee_names_the_transaction_of_its_pair(
    filled_lake: Lake, spark: SparkSession
) -> None:
    """And the working of the fee that is due."""
    pair = {"run_date": DAY, "channel": "wechat", "line_id": "b", "txn_id": "T1", "unit_id": "T1"}
    lone = {"run_date": DAY, "channel": "wechat", "line_id": "a", "unit_id": "a"}
    rows = [complete_row(OUTCOMES, row) for row in (pair, lone)]
    filled_lake.replace_day(OUTCOMES, frame_of(spark, OUTCOMES, rows), DAY, "wechat")
    check_day.check_fees_of_day(filled_lake, PROFILE, SCHEDULE, DAY)
    (row,) = filled_lake.read_day(FEE_CHECKS, DAY, "wechat").collect()
    assert (row["txn_id"], row["components"]) == ("T1", [("fee", 32)])
    assert row["explanation"] == "60.00 x 0.54 % = 0.324, HALF_UP 0.32"
