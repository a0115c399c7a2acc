"""Decisions by persons: maker and checker, effect in the match, stale when what they were about
changes. Amounts in major units; channel bank, windows of two.
"""

import json

import pytest

from jobs.__main__ import main
from jobs.lake.tables import Lake
from jobs.timeline import trace
from jobs.timeline.text import render_timeline
from schemas.tables import DECISIONS, OUTCOMES
from schemas.vocabulary import Effect
from tests.support.decision_steps import propose_by_ids, reject, settle, states
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture

ROW = ("outcome", "reasons", "action", "txn_id", "line_no", "difference")
BY_AMOUNT = PAGE.replace(
    "passes: [our_ref, channel_ref]",
    "passes: [our_ref, channel_ref, {name: by_amount, on: [amount, currency]}]",
)


@pytest.fixture
def pipeline(lake: Lake, tmp_path) -> PipelineFixture:
    return PipelineFixture(tmp_path, lake, BY_AMOUNT)


def line_id(lake: Lake, offset: int, line_no: int) -> str:
    """The id of a line as outcomes have it."""
    ids = [row["line_id"] for row in lake.read_day(OUTCOMES, day(offset)).collect()]
    return next(each for each in ids if each and each.endswith(f":{line_no:09d}"))


def a_bad_day(pipeline: PipelineFixture) -> None:
    """B is 1 fen short; X is on the statement alone, N with us alone; A agrees."""
    pipeline.write_statement(0, file_line("A"), file_line("B", "9.99"), file_line("X", "5.00"))
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"), file_txn("N", "7.00"))
    pipeline.ingest(0)
    pipeline.match(0)


@pytest.mark.sail_only
def test_each_effect_on_its_row(pipeline: PipelineFixture) -> None:
    """B is accepted, X is not ours, N is written off on T+2, when it breaks."""
    lake = pipeline.lake
    a_bad_day(pipeline)
    settle(lake, Effect.ACCEPT, "B")
    not_ours = settle(lake, Effect.NOT_OURS, line_id(lake, 0, 4))
    assert states(lake) == ["WAITING", "WAITING"]
    for offset in (1, 2):
        pipeline.write_statement(offset, file_line(f"Z{offset}"))
        pipeline.write_snapshot(offset, file_txn(f"Z{offset}"))
        pipeline.ingest(offset)
        pipeline.match(offset)
    assert pipeline.outcomes(0, *ROW) == [
        ("EXCLUDED", "OUT_OF_SCOPE", "NONE", None, 4, None),
        ("MATCHED", "", "NONE", "A", 2, 0),
        ("MATCHED", "AMOUNT_MISMATCH", "NONE", "B", 3, -1),
        ("SUSPENSE", "INTERNAL_ONLY", "WAIT", "N", None, None),
    ]
    assert pipeline.outcomes(2, *ROW) == [
        ("BREAK", "INTERNAL_ONLY", "QUERY", "N", None, None),
        ("MATCHED", "", "NONE", "Z2", 2, 0),
    ]
    wrote_off = settle(lake, Effect.WRITE_OFF, "N")
    pipeline.match(2)
    assert ("EXCLUDED", "INTERNAL_ONLY", "NONE", "N", None, None) in pipeline.outcomes(2, *ROW)
    assert pipeline.open_items(2, "txn_id", "written_off", "broke_on") == [("N", wrote_off, day(2))]
    assert states(lake) == ["IN FORCE", "IN FORCE", "IN FORCE"]
    by = {row["matched_by"] for row in lake.read_day(OUTCOMES, day(0)).collect()}
    assert f"decision:{not_ours}" in by


@pytest.mark.sail_only
def test_what_was_settled_stays_closed(pipeline: PipelineFixture) -> None:
    """N was written off; the next day sends it unchanged, and then paid back."""
    lake = pipeline.lake
    a_bad_day(pipeline)
    settle(lake, Effect.ACCEPT, "B")
    pipeline.write_statement(1, file_line("Y"))
    pipeline.write_snapshot(1, file_txn("Y"), file_txn("B"))
    pipeline.ingest(1)
    pipeline.match(1)
    again = [row for row in pipeline.outcomes(1, *ROW) if row[3] == "B"]
    assert again == [("EXCLUDED", "ALREADY_RECONCILED", "NONE", "B", None, None)]


@pytest.mark.sail_only
def test_two_that_could_be_meant_are_paired_by_a_person(pipeline: PipelineFixture) -> None:
    """Two lines of 7.00 without our number could each be Y1 or Y2. A person pairs one; the other
    two are then each other's only candidates, and pair by the pass.
    """
    lake = pipeline.lake
    pipeline.write_statement(
        0, file_line(None, "7.00", channel_ref="C1"), file_line(None, "7.00", channel_ref="C2")
    )
    pipeline.write_snapshot(0, file_txn("Y1", "7.00"), file_txn("Y2", "7.00"))
    pipeline.ingest(0)
    pipeline.match(0)
    assert {row[1] for row in pipeline.outcomes(0, *ROW)} == {"AMBIGUOUS"}
    by = settle(lake, Effect.PAIR, "Y1", line_id(lake, 0, 3))
    pipeline.match(0)
    assert pipeline.outcomes(0, "outcome", "txn_id", "line_no", "matched_by") == [
        ("MATCHED", "Y1", 3, f"decision:{by}"),
        ("MATCHED", "Y2", 2, "by_amount"),
    ]
    story = trace.trace_reference(lake, pipeline.config, "Y1")
    steps = [each["step"] for each in story["threads"][0]["events"] if each["event"] == "decision"]
    assert steps == ["PROPOSED", "APPROVED"]
    assert any("PAIR, APPROVED by bob" in each for each in render_timeline(story))


@pytest.mark.sail_only
def test_survives_a_replay_and_is_stale_when_the_line_changes(pipeline: PipelineFixture) -> None:
    """The statement comes anew: first with another line changed, then with B itself changed."""
    lake = pipeline.lake
    a_bad_day(pipeline)
    settle(lake, Effect.ACCEPT, "B")
    pipeline.match(0)
    assert states(lake) == ["IN FORCE"]
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"), file_txn("N", "7.50"))
    pipeline.ingest(0)
    pipeline.match(0)
    assert ("MATCHED", "AMOUNT_MISMATCH", "NONE", "B", 3, -1) in pipeline.outcomes(0, *ROW)
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B", "10.01"), file_txn("N", "7.50"))
    pipeline.ingest(0)
    pipeline.match(0)
    assert ("BREAK", "AMOUNT_MISMATCH", "REVIEW", "B", 3, -2) in pipeline.outcomes(0, *ROW)
    assert states(lake) == ["STALE"]


@pytest.mark.sail_only
def test_rejected_later_it_is_undone(pipeline: PipelineFixture) -> None:
    """An approved decision is rejected after all: the date is run again without it."""
    lake = pipeline.lake
    a_bad_day(pipeline)
    decision = settle(lake, Effect.ACCEPT, "B")
    pipeline.match(0)
    reject(lake, decision, "eve")
    pipeline.match(0)
    assert ("BREAK", "AMOUNT_MISMATCH", "REVIEW", "B", 3, -1) in pipeline.outcomes(0, *ROW)
    steps = sorted(lake.read_rows(DECISIONS), key=lambda row: row["created_at"])
    assert [row["step"] for row in steps] == ["PROPOSED", "APPROVED", "REJECTED"]


@pytest.mark.sail_only
def test_step_said_again_changes_nothing(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Approved twice, rejected twice, as after a kill that hid the first answer: exit 0, one row
    per step, and the summary says that it is so already.
    """
    a_bad_day(pipeline)
    own = propose_by_ids(pipeline.lake, Effect.ACCEPT, "B")
    places = ["--lake", pipeline.lake.uri, "--config", str(pipeline.root / "config")]
    for step, more in (("approve", []), ("reject", ["--reason", "wrong payer"])):
        for is_said_again in (False, True):
            words = ["decide", step, own, *places, "--by", "bob", *more]
            assert main(words) == 0
            summary = json.loads(capsys.readouterr().out.splitlines()[-1])
            assert summary["already"] is is_said_again
    steps = sorted(pipeline.lake.read_rows(DECISIONS), key=lambda row: row["created_at"])
    assert [row["step"] for row in steps] == ["PROPOSED", "APPROVED", "REJECTED"]


@pytest.mark.sail_only
def test_decide_command_proposes_approves_and_lists(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every fault of the arguments at once; then a proposal, its approval, and the list."""
    a_bad_day(pipeline)
    lake = pipeline.lake.uri

    def run(*words: str) -> tuple[int, list[str]]:
        config = ["--config", str(pipeline.root / "config")]
        status = main(["decide", *words, "--lake", lake, *config, "--engine", "sail"])
        return status, capsys.readouterr().out.splitlines()

    status, out = run("propose", "accept")
    assert status == 2 and "--reason" in out[-1] and "an id" in out[-1]
    status, out = run("propose", "accept", "B", "--by", "ann", "--reason", "1 fen")
    proposal = json.loads(out[-1])["decisions"][0]["decision_id"]
    assert status == 0 and out[0].startswith(f"{proposal}  PROPOSED  ACCEPT  bank")
    assert run("approve", proposal, "--by", "ann")[0] == 2
    assert run("approve", proposal, "--by", "bob")[0] == 0
    assert run("list")[1][0].startswith(f"{proposal}  WAITING")
