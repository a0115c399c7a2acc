"""What an analyst reads of a day: small ledgers in, the expected figures out."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from chispa import assert_df_equality

from jobs.analysis import explain, format_amount, in_major_units, open_day, run
from jobs.lake.tables import Lake
from schemas.errors import ConfigurationError
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PipelineFixture
from tests.support.small_lake import DAY, fill


@pytest.fixture
def filled(lake: Lake) -> Lake:
    """A lake with four dates of two channels."""
    fill(lake)
    return lake


@pytest.mark.sail_only
def test_day_has_one_frame_per_outcome(filled: Lake) -> None:
    """wechat on the 22nd: A1 A2 matched, A3 A4 broken, A5 waits; gulfpay is left out."""
    day = open_day("2026-11-22", "wechat", lake=filled)
    refs = {
        name: sorted(row.txn_id for row in getattr(day, name).collect())
        for name in ("matched", "breaks", "waiting", "excluded")
    }
    assert refs == {
        "matched": ["A1", "A2"], "breaks": ["A3", "A4"], "waiting": ["A5"], "excluded": []
    }  # fmt: skip


@pytest.mark.sail_only
def test_totals_per_channel_and_currency(filled: Lake) -> None:
    """wechat: |124.50 - 125.00| + 98,765.43 without a partner; gulfpay: |1.000 - 4.321| KWD."""
    totals = open_day(DAY, lake=filled).totals()
    expected = filled.spark.createDataFrame(
        [("gulfpay", "KWD", 1, 1, 0, 0, 1_500, 0, 3_321),
         ("wechat", "CNY", 2, 2, 1, 0, 1_200, 3_000, 9_876_593)],
        "channel string, currency string, matched long, break long, suspense long, excluded long,"
        " amount_matched long, waiting long, at_stake long",
    )  # fmt: skip
    assert_df_equality(totals, expected, ignore_nullable=True)


@pytest.mark.sail_only
def test_breaks_by_reason_and_age(filled: Lake) -> None:
    """A4 was first reported on the 20th, two days before; A3 and A5 today."""
    rows = open_day(DAY, "wechat", lake=filled).by_reason_and_age().collect()
    assert [(row.outcome, row.reason, row.age_days, row.rows, row.amount) for row in rows] == [
        ("BREAK", "AMOUNT_MISMATCH", 0, 1, 50),
        ("BREAK", "INTERNAL_ONLY", 2, 1, 9_876_543),
        ("SUSPENSE", "INTERNAL_ONLY", 0, 1, 3_000),
    ]


@pytest.mark.sail_only
def test_trend_counts_waiting_items_per_date(filled: Lake) -> None:
    """Four, three, two, one; a trend of three days leaves out the first date."""
    rows = open_day(DAY, "wechat", lake=filled).trend(days=3).collect()
    assert [(str(row.run_date), row.suspense) for row in rows] == [
        ("2026-11-20", 3), ("2026-11-21", 2), ("2026-11-22", 1)
    ]  # fmt: skip


@pytest.mark.sail_only
def test_largest_breaks_of_each_currency(filled: Lake) -> None:
    """One per currency: G2 in KWD, A4 in CNY; A3 with 0.50 is second."""
    rows = open_day(DAY, lake=filled).largest_breaks(1).collect()
    assert [(row.currency, row.rank, row.txn_id) for row in rows] == [
        ("CNY", 1, "A4"), ("KWD", 1, "G2")
    ]  # fmt: skip


@pytest.mark.sail_only
def test_files_lists_accepted_and_quarantined_files(filled: Lake) -> None:
    """gulfpay's file is quarantined, wechat's is accepted."""
    files = open_day(DAY, lake=filled).files()
    assert list(files["status"]) == ["QUARANTINED", "ACCEPTED"]
    assert list(open_day(DAY, "wechat", lake=filled).files()["channel"]) == ["wechat"]


@pytest.mark.sail_only
def test_incomplete_match_is_reported(filled: Lake) -> None:
    """gulfpay was matched without its whole statement."""
    assert open_day(DAY, lake=filled).incomplete_matches() == {"gulfpay": "STATEMENT_INCOMPLETE"}
    assert open_day(DAY, "wechat", lake=filled).incomplete_matches() == {}


@pytest.mark.sail_only
def test_default_date_is_the_latest_matched_one(filled: Lake) -> None:
    """No date is given."""
    assert open_day(lake=filled).date == DAY


@pytest.mark.sail_only
def test_empty_lake_says_what_to_do(lake: Lake) -> None:
    """No date was matched yet."""
    with pytest.raises(ConfigurationError, match="run `tieout run`"):
        open_day(lake=lake)


@pytest.mark.sail_only
def test_wrong_date_is_refused(lake: Lake) -> None:
    """The message has the right form of a date."""
    with pytest.raises(ConfigurationError, match="'yesterday' is not a date"):
        open_day("yesterday", lake=lake)


@pytest.mark.sail_only
def test_date_without_rows_is_empty(filled: Lake) -> None:
    """A date that never ran is no error."""
    day = open_day(date(2027, 1, 1), lake=filled)
    assert day.totals().count() == 0
    assert day.files().empty


@pytest.mark.sail_only
def test_amounts_are_exact_decimals_of_their_currency() -> None:
    """1250 is 12.50 CNY, 1250 JPY, 1.250 KWD; beyond 2^53 every digit stays."""
    frame = pd.DataFrame({
        "currency": ["CNY", "JPY", "KWD", "CNY", None, "CNY"],
        "amount": pd.array([1250, 1250, 1250, 900719925474099301, 5, None], dtype="Int64"),
    })  # fmt: skip
    assert [None if value is None else str(value)
            for value in in_major_units(frame, ["amount"])["amount"]] == [
        "12.50", "1250", "1.250", "9007199254740993.01", None, None
    ]  # fmt: skip


@pytest.mark.sail_only
def test_breaks_are_counted_by_their_first_reason(filled: Lake) -> None:
    """The three lines of the documentation: every break counts once."""
    day = open_day("2026-11-22", channel="wechat", lake=filled)
    counts = {row["reason"]: row["count"] for row in day.breaks.groupBy("reason").count().collect()}
    assert counts == {"AMOUNT_MISMATCH": 1, "INTERNAL_ONLY": 1}
    assert {row["reason"] for row in day.matched.collect()} == {None}


@pytest.mark.sail_only
def test_lake_is_named_by_the_environment(
    filled: Lake, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """TIEOUT_LAKE counts if no lake is passed; without both the error says what to do."""
    monkeypatch.setenv("TIEOUT_LAKE", filled.uri)
    assert open_day("2026-11-22", engine=engine).breaks.count() == 3
    monkeypatch.delenv("TIEOUT_LAKE")
    with pytest.raises(ConfigurationError, match="pass lake=, or set TIEOUT_LAKE"):
        open_day("2026-11-22")


@pytest.mark.sail_only
def test_amount_is_formatted_in_its_currency() -> None:
    """CNY has two decimals, JPY has none."""
    assert format_amount(1250, "CNY") == "12.50"
    assert format_amount(1250, "JPY") == "1250"
    assert format_amount(None, "CNY") is None


@pytest.mark.sail_only
def test_run_and_explain_are_functions(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """A 10.00 and 9.99: a day is run, opened and explained without a command line."""
    pipeline = PipelineFixture(tmp_path, lake)
    pipeline.write_statement(0, file_line("A", "9.99"))
    pipeline.write_snapshot(0, file_txn("A"))
    monkeypatch.setenv("TIEOUT_LAKE", lake.uri)
    monkeypatch.setenv("TIEOUT_CONFIG", str(tmp_path / "config"))
    report = run(day(0), inbox=str(pipeline.inbox), engine=engine, quality=False)
    assert (report.exit_status, report.body["runs"][0]["counts"]["break"]) == (0, 1)
    assert open_day(day(0), "bank", engine=engine).breaks.count() == 1
    explanation = explain("A", engine=engine, match_alone=True)
    assert explanation.timeline["found"] == 1
    assert "amount: internal 10.00, statement 9.99" in str(explanation)
    with pytest.raises(ConfigurationError, match="REF is empty"):
        explain(" ")
