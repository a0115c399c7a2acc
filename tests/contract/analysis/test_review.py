"""The analyst's views of a day: small ledgers in, the figures that must stand in them."""

from datetime import date

import pandas as pd
import pytest
from chispa import assert_df_equality

from jobs.analysis.day import in_major_units, reviewed
from jobs.lake.tables import Lake
from schemas.errors import ConfigurationError
from tests.support.small_lake import DAY, fill


@pytest.fixture
def filled(lake: Lake) -> Lake:
    fill(lake)
    return lake


def test_a_day_has_its_outcomes_by_name(filled: Lake) -> None:
    """wechat on the 22nd: A1 A2 matched, A3 A4 broken, A5 waits; gulfpay is left out."""
    day = reviewed(filled, "2026-11-22", channel="wechat")
    refs = {
        name: sorted(row.txn_id for row in getattr(day, name).collect())
        for name in ("matched", "breaks", "suspense", "excluded")
    }
    assert refs == {
        "matched": ["A1", "A2"], "breaks": ["A3", "A4"], "suspense": ["A5"], "excluded": []
    }  # fmt: skip


@pytest.mark.sail_only
def test_the_state_says_what_is_at_stake_per_channel_and_currency(filled: Lake) -> None:
    """wechat: |124.50 - 125.00| + 98,765.43 alone; gulfpay: |1.000 - 4.321| KWD."""
    found = reviewed(filled, DAY).state()
    wanted = filled.spark.createDataFrame(
        [("gulfpay", "KWD", 1, 1, 0, 0, 1_500, 0, 3_321),
         ("wechat", "CNY", 2, 2, 1, 0, 1_200, 3_000, 9_876_593)],
        "channel string, currency string, matched long, break long, suspense long, excluded long,"
        " amount_matched long, waiting long, at_stake long",
    )  # fmt: skip
    assert_df_equality(found, wanted, ignore_nullable=True)


@pytest.mark.sail_only
def test_breaks_by_reason_and_age(filled: Lake) -> None:
    """A4 was first seen on the 20th, two days before; A3 and A5 today."""
    rows = reviewed(filled, DAY, "wechat").by_reason_and_age().collect()
    assert [(row.outcome, row.reason, row.age_days, row.rows, row.amount) for row in rows] == [
        ("BREAK", "AMOUNT_MISMATCH", 0, 1, 50),
        ("BREAK", "INTERNAL_ONLY", 2, 1, 9_876_543),
        ("SUSPENSE", "INTERNAL_ONLY", 0, 1, 3_000),
    ]


def test_the_trend_counts_what_waits_day_by_day(filled: Lake) -> None:
    """Four, three, two, one; with three days asked for, the first one is out of sight."""
    rows = reviewed(filled, DAY, "wechat").trend(days=3).collect()
    assert [(str(row.run_date), row.suspense) for row in rows] == [
        ("2026-11-20", 3), ("2026-11-21", 2), ("2026-11-22", 1)
    ]  # fmt: skip


@pytest.mark.sail_only
def test_the_biggest_come_first_and_each_currency_by_itself(filled: Lake) -> None:
    """One of each currency: G2 in KWD, A4 in CNY; A3 with its 0.50 is second."""
    rows = reviewed(filled, DAY).biggest(1).collect()
    assert [(row.currency, row.place, row.txn_id) for row in rows] == [
        ("CNY", 1, "A4"), ("KWD", 1, "G2")
    ]  # fmt: skip


@pytest.mark.sail_only
def test_files_in_force_or_refused_are_listed(filled: Lake) -> None:
    files = reviewed(filled, DAY).files()
    assert list(files["status"]) == ["QUARANTINED", "ACCEPTED"]
    assert list(reviewed(filled, DAY, "wechat").files()["channel"]) == ["wechat"]


@pytest.mark.sail_only
def test_a_match_that_lacked_something_is_remarked_on(filled: Lake) -> None:
    assert reviewed(filled, DAY).remarks() == {"gulfpay": "STATEMENT_INCOMPLETE"}
    assert reviewed(filled, DAY, "wechat").remarks() == {}


@pytest.mark.sail_only
def test_without_a_date_it_is_the_latest_that_was_matched(filled: Lake) -> None:
    assert reviewed(filled).date == DAY


@pytest.mark.sail_only
def test_an_empty_lake_says_what_to_do(lake: Lake) -> None:
    with pytest.raises(ConfigurationError, match="run `tieout run`"):
        reviewed(lake)


@pytest.mark.sail_only
def test_what_is_no_date_is_said_to_be_none(lake: Lake) -> None:
    with pytest.raises(ConfigurationError, match="'yesterday' is no date"):
        reviewed(lake, "yesterday")


@pytest.mark.sail_only
def test_a_day_that_never_ran_is_empty_and_no_error(filled: Lake) -> None:
    day = reviewed(filled, date(2027, 1, 1))
    assert day.state().count() == 0
    assert day.files().empty


@pytest.mark.sail_only
def test_amounts_become_exact_decimals_of_their_currency() -> None:
    """1250 is 12.50 CNY, 1250 JPY, 1.250 KWD; beyond 2^53 every digit stays."""
    frame = pd.DataFrame({
        "currency": ["CNY", "JPY", "KWD", "CNY", None, "CNY"],
        "amount": pd.array([1250, 1250, 1250, 900719925474099301, 5, None], dtype="Int64"),
    })  # fmt: skip
    assert [None if value is None else str(value)
            for value in in_major_units(frame, ["amount"])["amount"]] == [
        "12.50", "1250", "1.250", "9007199254740993.01", None, None
    ]  # fmt: skip
