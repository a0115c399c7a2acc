"""The match on small ledgers: each docstring is the case, each row what must come of it.

Columns of a row: outcome, reasons, action, txn_id, line number, difference in minor units.
"""

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest

from jobs.lake.tables import Lake
from jobs.matching.fast_path import exact_pairs
from schemas.errors import CheckFailed, LakeInconsistent
from schemas.tables import (
    CANDIDATES,
    OPEN_ITEMS,
    OUTCOMES,
    RUNS,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture

ROW = ("outcome", "reasons", "action", "txn_id", "line_no", "difference")


@pytest.fixture
def pipeline(lake: Lake, tmp_path) -> PipelineFixture:
    return PipelineFixture(tmp_path, lake)


def run(pipeline: PipelineFixture, *offsets: int) -> None:
    pipeline.ingest(*offsets)
    pipeline.match(*offsets)


@pytest.mark.sail_only
def test_pairs_by_our_ref(pipeline: PipelineFixture) -> None:
    """A 10.00 = 10.00; B 10.00 against 9.99 on the statement; C ours pending, theirs paid."""
    pipeline.write_statement(0, file_line("A"), file_line("B", "9.99"), file_line("C"))
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"), file_txn("C", status="PENDING"))
    run(pipeline, 0)
    assert pipeline.outcomes(0, *ROW) == [
        ("BREAK", "AMOUNT_MISMATCH", "REVIEW", "B", 3, -1),
        ("BREAK", "STATUS_MISMATCH", "CONFIRM", "C", 4, 0),
        ("MATCHED", "", "NONE", "A", 2, 0),
    ]
    assert pipeline.open_items(0, "txn_id") == []


@pytest.mark.sail_only
def test_every_reason_at_once(pipeline: PipelineFixture) -> None:
    """10.00 CNY paid on ours against 9.00 USD failed on theirs: amounts of two currencies are not
    compared."""
    pipeline.write_statement(0, file_line("A", "9.00", currency="USD", status="FAILED"))
    pipeline.write_snapshot(0, file_txn("A"))
    run(pipeline, 0)
    assert pipeline.outcomes(0, *ROW, "currency", "internal_currency") == [
        ("BREAK", "CURRENCY_MISMATCH+STATUS_MISMATCH", "REVIEW", "A", 2, None, "USD", "CNY")
    ]


@pytest.mark.sail_only
def test_second_pass_by_channel_ref(pipeline: PipelineFixture) -> None:
    """The line lost our number; the channel's own pairs it. `matched_by` names the pass."""
    pipeline.write_statement(0, file_line("A"), file_line(None, channel_ref="X9"))
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B", channel_ref="x9 "))
    run(pipeline, 0)
    assert pipeline.outcomes(0, "txn_id", "line_no", "outcome", "matched_by") == [
        ("A", 2, "MATCHED", "our_ref"),
        ("B", 3, "MATCHED", "channel_ref"),
    ]


@pytest.mark.sail_only
def test_kinds_never_cross(pipeline: PipelineFixture) -> None:
    """A refund that shares its payment's number is not that payment."""
    pipeline.write_statement(0, file_line("A", "-10.00", kind="REFUND", channel_ref="C-R"))
    pipeline.write_snapshot(0, file_txn("A"))
    run(pipeline, 0)
    assert [row[:2] for row in pipeline.outcomes(0, *ROW)] == [
        ("SUSPENSE", "INTERNAL_ONLY"),
        ("SUSPENSE", "STATEMENT_ONLY"),
    ]


@pytest.mark.sail_only
def test_null_never_meets_null(pipeline: PipelineFixture) -> None:
    """Neither side has a channel_ref, and no number in common: both wait."""
    pipeline.write_statement(0, file_line("A", channel_ref=None))
    pipeline.write_snapshot(0, file_txn("B"))
    run(pipeline, 0)
    assert [row[1] for row in pipeline.outcomes(0, *ROW)] == ["INTERNAL_ONLY", "STATEMENT_ONLY"]


@pytest.mark.sail_only
@pytest.mark.slow
def test_one_sided_waits_two_days_and_breaks(pipeline: PipelineFixture) -> None:
    """Seen on T with window 2: waits on T, T+1, T+2's run breaks it at chances 3.

    Ours breaks as INTERNAL_ONLY (query), theirs as STATEMENT_ONLY (refund what we took).
    """
    for offset in range(4):
        pipeline.write_statement(
            offset, *([file_line("L")] if offset == 0 else [file_line(f"x{offset}")])
        )
        pipeline.write_snapshot(
            offset, *([file_txn("T")] if offset == 0 else [file_txn(f"x{offset}")])
        )
        run(pipeline, offset)
    story = [
        [row for row in pipeline.outcomes(offset, *ROW, "chances") if row[0] != "MATCHED"]
        for offset in range(4)
    ]
    for offset in (0, 1):
        assert story[offset] == [
            ("SUSPENSE", "INTERNAL_ONLY", "WAIT", "T", None, None, offset + 1),
            ("SUSPENSE", "STATEMENT_ONLY", "WAIT", None, 2, None, offset + 1),
        ]
    assert story[2] == [
        ("BREAK", "INTERNAL_ONLY", "QUERY", "T", None, None, 3),
        ("BREAK", "STATEMENT_ONLY", "REFUND", None, 2, None, 3),
    ]
    assert story[3] == []
    assert pipeline.open_items(1, "txn_id", "chances", "first_run_date") == [
        ("T", 2, day(0)),
        (None, 2, day(0)),
    ]


@pytest.mark.sail_only
def test_cut_over_pairs_on_the_next_day(pipeline: PipelineFixture) -> None:
    """Ours on T, the line on T+1: waits, then matched, with the earlier date and the chances."""
    pipeline.write_statement(0, file_line("A"))
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"))
    pipeline.write_statement(1, file_line("B"))
    pipeline.write_snapshot(1)
    run(pipeline, 0, 1)
    assert pipeline.outcomes(1, *ROW, "first_run_date", "chances", "internal_date") == [
        ("MATCHED", "", "NONE", "B", 2, 0, day(0), 2, day(0))
    ]


@pytest.mark.sail_only
def test_a_later_state_replaces_the_earlier(pipeline: PipelineFixture) -> None:
    """Ours pending on T, paid on T+1 when the line comes: one pair, seen since T."""
    pipeline.write_statement(0, file_line("A"))
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B", status="PENDING"))
    pipeline.write_statement(1, file_line("B"))
    pipeline.write_snapshot(1, file_txn("B"))
    run(pipeline, 0, 1)
    assert pipeline.outcomes(1, *ROW, "internal_date", "first_run_date") == [
        ("MATCHED", "", "NONE", "B", 2, 0, day(1), day(0))
    ]


@pytest.mark.sail_only
def test_without_a_statement_nobody_ages(pipeline: PipelineFixture) -> None:
    """No file on T+1: ours waits and its chances stand still; the run says so."""
    pipeline.write_statement(0, file_line("x"))
    pipeline.write_snapshot(0, file_txn("x"), file_txn("A"))
    pipeline.write_snapshot(1)
    pipeline.ingest(0, 1)
    summaries = pipeline.match(0, 1)
    assert [each.result for each in summaries] == ["DONE", "STATEMENT_MISSING"]
    assert pipeline.outcomes(1, "txn_id", "outcome", "chances") == [("A", "SUSPENSE", 1)]


@pytest.mark.sail_only
def test_without_a_snapshot_lines_do_not_age(pipeline: PipelineFixture) -> None:
    """No snapshot on T+1: a line that waits keeps its chances."""
    pipeline.write_statement(0, file_line("A"))
    pipeline.write_snapshot(0)
    pipeline.write_statement(1, file_line("B"))
    pipeline.ingest(0, 1)
    assert [each.result for each in pipeline.match(0, 1)] == ["DONE", "SNAPSHOT_MISSING"]
    assert pipeline.outcomes(1, "our_ref", "chances") == [("A", 1), ("B", 0)]


@pytest.mark.sail_only
def test_out_of_scope_and_pending_lines(pipeline: PipelineFixture) -> None:
    """Not ours by the profile; not final yet, whatever its scope."""
    pipeline.write_profile(PAGE + 'scope: {our_ref: "^S", merchants: [M1]}\n')
    pipeline.write_statement(
        0,
        file_line("S1"),
        file_line("Z1"),
        file_line("S2", merchant="M9"),
        file_line("Z2", status="PENDING"),
        file_line(None, channel_ref="Q"),
    )
    pipeline.write_snapshot(0, file_txn("S1"))
    run(pipeline, 0)
    assert pipeline.outcomes(0, "line_no", "outcome", "reasons") == [
        (2, "MATCHED", ""),
        (3, "EXCLUDED", "OUT_OF_SCOPE"),
        (4, "EXCLUDED", "OUT_OF_SCOPE"),
        (5, "EXCLUDED", "NOT_EXPECTED"),
        (6, "SUSPENSE", "STATEMENT_ONLY"),
    ]
    assert pipeline.open_items(0, "channel_ref") == [("Q",)]


@pytest.mark.sail_only
def test_duplicate_lines(pipeline: PipelineFixture) -> None:
    """The same channel_ref three times: the first stays and pairs, copies are claimed."""
    pipeline.write_statement(0, file_line("A"), file_line("A"), file_line("A2", channel_ref="C-A"))
    pipeline.write_snapshot(0, file_txn("A"))
    run(pipeline, 0)
    rows = pipeline.outcomes(0, "line_no", "outcome", "reasons", "action", "duplicate_of")
    first = rows[0]
    assert first[:4] == (2, "MATCHED", "", "NONE")
    assert [row[:4] for row in rows[1:]] == [
        (3, "BREAK", "DUPLICATE_LINE", "CLAIM"),
        (4, "BREAK", "DUPLICATE_LINE", "CLAIM"),
    ]
    assert all(row[4].endswith(":000000002") for row in rows[1:])


@pytest.mark.sail_only
def test_the_last_status_of_a_line_stays(pipeline: PipelineFixture) -> None:
    """One channel_ref failed at 10:00 and paid at 11:00: the later word stays."""
    day_0 = day(0)
    pipeline.write_statement(
        0,
        file_line("A", status="FAILED", traded_at=f"{day_0} 10:00:00"),
        file_line("A", traded_at=f"{day_0} 11:00:00"),
    )
    pipeline.write_snapshot(0, file_txn("A"))
    run(pipeline, 0)
    assert pipeline.outcomes(0, "line_no", "outcome", "reasons", "txn_id") == [
        (2, "EXCLUDED", "NOT_EXPECTED", None),
        (3, "MATCHED", "", "A"),
    ]


@pytest.mark.sail_only
def test_paid_twice(pipeline: PipelineFixture) -> None:
    """Two paid lines under our number: the one of our amount stays, the other goes back."""
    pipeline.write_statement(
        0, file_line("A", "9.00", channel_ref="C1"), file_line("A", channel_ref="C2")
    )
    pipeline.write_snapshot(0, file_txn("A"))
    run(pipeline, 0)
    assert pipeline.outcomes(0, "line_no", "outcome", "reasons", "action") == [
        (2, "BREAK", "DUPLICATE_PAYMENT", "REFUND"),
        (3, "MATCHED", "", "NONE"),
    ]


@pytest.mark.sail_only
def test_two_transactions_under_one_number(pipeline: PipelineFixture) -> None:
    """The earlier stays and pairs, the other is ours to look at."""
    pipeline.write_statement(0, file_line("A"))
    pipeline.write_snapshot(0, file_txn("T1", our_ref="A"), file_txn("T2", our_ref="A"))
    run(pipeline, 0)
    assert pipeline.outcomes(0, "txn_id", "outcome", "reasons", "duplicate_of") == [
        ("T1", "MATCHED", "", None),
        ("T2", "BREAK", "DUPLICATE_TRANSACTION", "T1"),
    ]


def test_ambiguous(pipeline: PipelineFixture) -> None:
    """Two lines could be one transaction by channel_ref of ours: nobody is paired."""
    pipeline.write_statement(
        0, file_line(None, channel_ref="C1"), file_line(None, channel_ref="C2")
    )
    pipeline.write_snapshot(0, file_txn("T1", channel_ref="C1"), file_txn("T2", channel_ref="C1"))
    run(pipeline, 0)
    assert pipeline.outcomes(0, "txn_id", "line_no", "outcome", "reasons") == [
        ("T1", None, "SUSPENSE", "AMBIGUOUS"),
        ("T2", None, "SUSPENSE", "AMBIGUOUS"),
        (None, 2, "SUSPENSE", "AMBIGUOUS"),
        (None, 3, "SUSPENSE", "STATEMENT_ONLY"),
    ]


@pytest.mark.sail_only
def test_failed_stays_open_until_the_other_side_says_otherwise(pipeline: PipelineFixture) -> None:
    """Ours failed on T, theirs paid on T+1: a status break that asks for the money's return."""
    pipeline.write_statement(0, file_line("x"))
    pipeline.write_snapshot(0, file_txn("x"), file_txn("A", status="FAILED"))
    pipeline.write_statement(1, file_line("A"))
    pipeline.write_snapshot(1)
    run(pipeline, 0, 1)
    assert ("EXCLUDED", "NOT_EXPECTED", "NONE", "A", None, None) in pipeline.outcomes(0, *ROW)
    assert pipeline.outcomes(1, *ROW) == [("BREAK", "STATUS_MISMATCH", "REFUND", "A", 2, 0)]


@pytest.mark.sail_only
@pytest.mark.slow
def test_a_late_file_settles_later_days_too(pipeline: PipelineFixture) -> None:
    """T's file comes after T+1 was run: T and T+1 are run again, and end as in date order."""
    pipeline.write_snapshot(0, file_txn("A"))
    pipeline.write_snapshot(1, file_txn("B"))
    pipeline.write_statement(1, file_line("B"))
    pipeline.ingest(0, 1)
    pipeline.match(0, 1)
    assert pipeline.outcomes(1, "txn_id", "outcome") == [("A", "SUSPENSE"), ("B", "MATCHED")]
    pipeline.write_statement(0, file_line("A"))
    pipeline.ingest(0)
    again = pipeline.match(0)
    assert [(each.business_date, each.why) for each in again] == [
        (day(0), "asked"),
        (day(1), "inputs changed"),
    ]
    assert pipeline.outcomes(1, "txn_id", "outcome") == [("B", "MATCHED")]


@pytest.mark.slow
@pytest.mark.sail_only
def test_dates_that_never_ran_are_run_first(pipeline: PipelineFixture) -> None:
    """Asked for T+2 alone: T and T+1 run before it; asked again, only itself."""
    for offset in range(3):
        pipeline.write_statement(offset, file_line(f"A{offset}"))
        pipeline.write_snapshot(offset, file_txn(f"A{offset}"))
    pipeline.ingest(0, 1, 2)
    assert [each.why for each in pipeline.match(2)] == ["never run", "never run", "asked"]
    before = pipeline.outcomes(2, *ROW, "unit_id", "first_run_date")
    assert [each.why for each in pipeline.match(2)] == ["asked"]
    assert pipeline.outcomes(2, *ROW, "unit_id", "first_run_date") == before


@pytest.mark.sail_only
def test_date_that_was_never_ingested_is_not_invented(pipeline: PipelineFixture) -> None:
    """T and T+2 are ingested, the files of T+1 lie in the inbox: T runs, nothing from T+1 on. After
    their ingest T+1 and T+2 run, as if they had come in order.
    """
    for offset in range(3):
        pipeline.write_statement(offset, file_line(f"A{offset}"))
        pipeline.write_snapshot(offset, file_txn(f"A{offset}"))
    pipeline.ingest(0, 2)
    ran, *others = pipeline.match(2)
    assert (ran.business_date, ran.result) == (day(0), "DONE")
    assert [(one.business_date, one.result) for one in others] == [
        (day(1), "NOT_INGESTED"),
        (day(2), "NOT_INGESTED"),
    ]
    assert others[0].faults[0].startswith(f"NOT_INGESTED: bank {day(1)}: never ingested")
    assert others[1].faults == ()
    assert len(pipeline.lake.read_rows(RUNS, job="match")) == 1
    assert pipeline.outcomes(1, "outcome") == []
    pipeline.ingest(1)
    assert [one.result for one in pipeline.match(2)] == ["DONE", "DONE"]
    assert [pipeline.outcomes(n, "txn_id", "outcome") for n in (1, 2)] == [
        [("A1", "MATCHED")],
        [("A2", "MATCHED")],
    ]


@pytest.mark.sail_only
def test_date_of_a_killed_ingest_is_not_ingested(pipeline: PipelineFixture) -> None:
    """The file of T is recorded and not read yet: T does not run."""
    pipeline.write_statement(0, file_line("A"))
    pipeline.ingest(0)
    (row,) = pipeline.lake.read_rows(STATEMENT_FILES)
    pipeline.lake.replace_rows(STATEMENT_FILES, [row | {"status": "RECEIVED"}], day(0), "bank")
    pipeline.lake.replace_rows(RUNS, [], day(0), "bank")
    assert [one.result for one in pipeline.match(0)] == ["NOT_INGESTED"]


@pytest.mark.sail_only
def test_refused_statement_is_not_missing(pipeline: PipelineFixture) -> None:
    """A file came and was quarantined: the reason first, then STATEMENT_REFUSED; ours waits."""
    pipeline.write_file(f"bank/{day(0)}/lines.csv", "no,such\ncolumns,1\n")
    pipeline.write_snapshot(0, file_txn("A"))
    (summary,) = pipeline.ingest(0)
    assert summary.states["bank"].statement_state == "refused"
    assert [fault.split(":")[0] for fault in summary.faults][-1] == "STATEMENT_REFUSED"
    assert len(summary.faults) == 2
    (run_summary,) = pipeline.match(0)
    assert run_summary.result == "STATEMENT_REFUSED"
    assert run_summary.faults == tuple(summary.faults)
    assert pipeline.outcomes(0, "outcome", "chances") == [("SUSPENSE", 0)]


@pytest.mark.sail_only
def test_missing_statement_names_the_pattern(pipeline: PipelineFixture) -> None:
    """The date stands in the pattern, as its file would be named."""
    (summary,) = pipeline.ingest(0)
    fault = f"STATEMENT_MISSING: bank {day(0)}: no file came that fits bank/{day(0)}/*.csv*"
    assert summary.faults == [fault]
    assert [one.faults for one in pipeline.match(0)] == [(fault,)]


@pytest.mark.sail_only
def test_before_the_first_date_nothing_is_run(pipeline: PipelineFixture) -> None:
    """The day before the channel's first date has no rows and no run."""
    pipeline.ingest(-1)
    assert pipeline.match(-1) == []
    assert pipeline.lake.read_rows(RUNS, job="match") == []


@pytest.mark.slow
@pytest.mark.sail_only  # on Spark the oracle and the day sizes say the same
def test_bulk_and_rest_agree(pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every case at once and a day that looks back at it, with the bulk counted apart and a
    look-back that is shuffled, and without: the same rows.
    """
    pipeline.write_statement(
        0,
        *[file_line(f"A{i}") for i in range(40)],
        file_line("A1"),
        file_line("A2", channel_ref="Z"),
        file_line("B", "1.00"),
        file_line(None, channel_ref="N1"),
        file_line("C", status="FAILED"),
        file_line("lonely"),
        file_line("A3x", channel_ref="C-A3"),
    )
    pipeline.write_snapshot(
        0,
        *[file_txn(f"A{i}") for i in range(40)],
        file_txn("B"),
        file_txn("N", channel_ref="N1"),
        file_txn("C", status="CLOSED"),
        file_txn("alone"),
    )
    pipeline.write_statement(
        1,
        file_line("A5"),
        file_line("A6x", channel_ref="C-A6"),
        file_line("lonely2"),
        file_line("late"),
    )
    pipeline.write_snapshot(1, file_txn("A7"), file_txn("late"), file_txn("A8", "9.99"))
    pipeline.ingest(0, 1)

    def matched() -> list[list[tuple[Any, ...]]]:
        pipeline.match(0, 1)
        return [
            rows
            for offset in (0, 1)
            for rows in (
                pipeline.outcomes(offset, *ROW, "matched_by", "duplicate_of", "chances"),
                pipeline.open_items(offset, "side", "txn_id", "line_id", "chances"),
            )
        ]

    without, in_bulk = matched(), []
    monkeypatch.setattr("jobs.reconcile.one_day.EXACT_PAIRS_MIN_ITEMS", 1)
    told = exact_pairs.pairs
    monkeypatch.setattr(exact_pairs, "pairs", lambda *given: in_bulk.append(1) or told(*given))
    assert matched() == without
    assert len(in_bulk) == 2  # both days
    without = without[0]
    assert len(without) == 40 + 7 + 1  # 40 pairs or their copies, 7 lines more, 1 of ours alone


@pytest.mark.sail_only
def test_conservation_failure_commits_nothing(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A match that loses a line fails and names the loss; no table has a new version or file."""
    pipeline.write_statement(0, file_line("A"), file_line("B"))
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"))
    run(pipeline, 0)
    before = pipeline.outcomes(0, *ROW)
    left_before = _versions_and_files(pipeline)
    from jobs.matching import outcome_rows as rows

    whole = rows.complete_rows
    monkeypatch.setattr(
        "jobs.matching.outcome_rows.complete_rows",
        lambda frame, *args: whole(frame.where("line_id not like '%3'"), *args),
    )
    with pytest.raises(CheckFailed, match=r"INTERNAL CNY: 2 rows of 2000 .* 1 of 1000"):
        pipeline.match(0)
    assert pipeline.outcomes(0, *ROW) == before
    assert _versions_and_files(pipeline) == left_before


def _versions_and_files(pipeline: PipelineFixture) -> dict[str, tuple[int, list[Path]]]:
    """By table of a run: its version, and every data file on disk, committed or not."""
    lake = pipeline.lake
    return {
        table.name: (lake.version(table), sorted(Path(lake.path(table)).rglob("*.parquet")))
        for table in (OUTCOMES, OPEN_ITEMS, CANDIDATES)
    }


@pytest.mark.sail_only
def test_fewer_lines_than_their_file_had_are_refused(pipeline: PipelineFixture) -> None:
    """An ingest ended between the two commits: match says to run ingest again."""
    pipeline.write_statement(0, file_line("A"), file_line("B"))
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"))
    pipeline.ingest(0)
    pipeline.lake.commit_files(STATEMENT_LINES, day(0), [], lambda *_: True)
    with pytest.raises(LakeInconsistent, match=r"2 lines were accepted, the lake has 0"):
        pipeline.match(0)
    assert pipeline.lake.read_day(OUTCOMES, day(0)).count() == 0


@pytest.mark.sail_only
def test_tables_hold_their_own_columns_only(pipeline: PipelineFixture) -> None:
    """What is read back has each table's columns, in order."""
    pipeline.write_statement(0, file_line("A"))
    pipeline.write_snapshot(0, file_txn("A"))
    run(pipeline, 0)
    for table in (OUTCOMES, OPEN_ITEMS):
        assert tuple(pipeline.lake.read(table).columns) == table.columns


@pytest.mark.sail_only
def test_many_empty_dates_before_the_first_file(pipeline: PipelineFixture) -> None:
    """Nothing came for three days: each is recorded as run, without rows; the fourth is matched."""
    pipeline.write_statement(3, file_line("A"))
    pipeline.write_snapshot(3, file_txn("A"))
    pipeline.ingest(0, 1, 2, 3)
    done = pipeline.match(3)
    assert [each.result for each in done] == ["STATEMENT_MISSING"] * 3 + ["DONE"]
    assert [row["result"] for row in pipeline.lake.read_rows(RUNS, job="match")].count("DONE") == 1
    assert pipeline.outcomes(3, "outcome", "chances") == [("MATCHED", 1)]


@pytest.mark.sail_only
def test_the_latest_line_of_an_old_pair(pipeline: PipelineFixture) -> None:
    """Paid on T, reversed by the channel on T+1; ours follows on T+5, beyond look-back 2, back to
    the day before T: it agrees with the latest line of its pair, which stands alone on T+1."""
    pipeline.write_profile(PAGE.replace("match:\n", "match:\n  lookback: 2\n"))
    pipeline.write_statement(0, file_line("A"))
    pipeline.write_snapshot(0, file_txn("A"))
    pipeline.write_statement(1, file_line("A", status="REVERSED"))
    occurred = datetime.combine(day(0), time(4), UTC)
    pipeline.write_snapshot(5, file_txn("A", status="REVERSED", occurred_at=occurred))
    run(pipeline, 0, 1, 2, 3, 4, 5)
    assert [row[:3] for row in pipeline.outcomes(1, *ROW)] == [
        ("BREAK", "STATUS_MISMATCH", "REVERSE")
    ]
    assert [row[:2] for row in pipeline.outcomes(5, *ROW)] == [("EXCLUDED", "ALREADY_RECONCILED")]
