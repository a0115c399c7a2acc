"""A decision is refused, when proposed and again when approved, if what it is about changed or if
another decision is about it. Amounts in major units; channel bank, windows of two.
"""

import pytest

from jobs.decisions.selection import select_by_ids
from jobs.lake.tables import Lake
from schemas.errors import DecisionRefused
from schemas.tables import DECISIONS
from schemas.vocabulary import Effect, StatusOf
from tests.support.decision_steps import approve, propose_by_ids, reject, settle, states
from tests.support.ledger import file_line, file_txn
from tests.support.pipeline_fixture import PipelineFixture

pytestmark = pytest.mark.sail_only


@pytest.fixture
def pipeline(lake: Lake, tmp_path) -> PipelineFixture:
    """Day 0: B is 1 fen short; the channel says that F failed, which is paid with us; D is listed
    twice; N is with us alone.
    """
    pipeline = PipelineFixture(tmp_path, lake)
    pipeline.write_statement(
        0,
        file_line("B", "9.99"),
        file_line("F", status="FAILED"),
        file_line("D"),
        file_line("D"),
    )
    pipeline.write_snapshot(0, *(file_txn(name) for name in ("B", "F", "D", "N")))
    pipeline.ingest(0)
    pipeline.match(0)
    return pipeline


def run_next_day(pipeline: PipelineFixture) -> None:
    """Day 1: the channel says now that F is paid, and we that B is 9.99."""
    pipeline.write_statement(1, file_line("F"))
    pipeline.write_snapshot(1, file_txn("B", "9.99"))
    pipeline.ingest(1)
    pipeline.match(1)


def refusal(lake: Lake, effect: Effect, *ids: str, status_of: StatusOf | None = None) -> str:
    """The words of a refused proposal."""
    with pytest.raises(DecisionRefused) as fault:
        propose_by_ids(lake, effect, *ids, status_of=status_of)
    return str(fault.value)


def test_healed_break_is_refused_when_proposed_and_when_approved(pipeline: PipelineFixture) -> None:
    """F: to accept `theirs` would reverse a payment that the channel confirms by now. B: ours
    agrees with the line by now. Neither has a newer row of its own that is open.
    """
    lake, theirs = pipeline.lake, StatusOf.THEIRS
    proposals = [
        propose_by_ids(lake, Effect.ACCEPT, "B"),
        propose_by_ids(lake, Effect.ACCEPT, "F", status_of=theirs),
    ]
    run_next_day(pipeline)
    for decision_id, text in zip(
        proposals, ("B is SUCCEEDED 9.99 CNY", "says SUCCEEDED"), strict=True
    ):
        with pytest.raises(DecisionRefused, match=f"CHANGED.*{text}.*propose anew"):
            approve(lake, decision_id)
        reject(lake, decision_id)
    assert "says SUCCEEDED" in refusal(lake, Effect.ACCEPT, "F", status_of=theirs)
    assert refusal(lake, Effect.ACCEPT, "B").startswith("CHANGED: B is SUCCEEDED 9.99 CNY since")


def test_files_that_no_match_has_read_are_changes(pipeline: PipelineFixture) -> None:
    """Another statement and another snapshot were ingested, and not matched yet."""
    lake = pipeline.lake
    decision_id = propose_by_ids(lake, Effect.ACCEPT, "B")
    pipeline.write_snapshot(0, file_txn("B", "9.98"), *map(file_txn, ("F", "D", "N")))
    pipeline.ingest(0)
    with pytest.raises(DecisionRefused, match=r"B is SUCCEEDED 9.98 CNY in our snapshot"):
        approve(lake, decision_id)
    pipeline.write_statement(0, file_line("B", "9.97"), file_line("F"), file_line("D"))
    pipeline.ingest(0)
    assert "no longer in force" in refusal(lake, Effect.ACCEPT, "F", status_of=StatusOf.OURS)
    pipeline.match(0)
    with pytest.raises(DecisionRefused, match=r"CHANGED: .* no such row"):
        approve(lake, decision_id)


def test_settled_and_decided_rows_are_refused(pipeline: PipelineFixture) -> None:
    """A row has one decision in force; rejected, it may have another. The later of two proposals
    that were made at once is refused when it is approved.
    """
    lake = pipeline.lake
    (copy,) = [line_id for reasons, line_id in pipeline.outcomes(0, "reasons", "line_id")
               if reasons == "DUPLICATE_LINE"]  # fmt: skip
    assert refusal(lake, Effect.PAIR, "N", copy).startswith("PUT_AWAY: ")
    assert refusal(lake, Effect.PAIR, "N", "D").startswith("SETTLED: D is MATCHED")
    assert refusal(lake, Effect.ACCEPT, "nobody").startswith("NOT_FOUND: nobody")
    faults = refusal(lake, Effect.ACCEPT, "D", "N", "nobody")
    assert all(text in faults for text in ("SETTLED", "NOT_APPLICABLE", "NOT_FOUND"))
    first = propose_by_ids(lake, Effect.ACCEPT, "B")
    assert refusal(lake, Effect.WRITE_OFF, "B").startswith(f"DECIDED: B: {first} (PROPOSED)")
    with pytest.raises(DecisionRefused, match="SAME_PERSON"):
        approve(lake, first, by=" ＡＮＮ")
    reject(lake, first)
    with pytest.raises(DecisionRefused, match=r"WRONG_STEP: .* REJECTED already"):
        approve(lake, first)
    second = settle(lake, Effect.WRITE_OFF, "B")
    twin = lake.read_rows(DECISIONS, decision_id=first, step="PROPOSED")[0]
    lake.append_rows(DECISIONS, [twin | {"decision_id": "d-twin"}])
    with pytest.raises(DecisionRefused, match=f"DECIDED: B: {second}"):
        approve(lake, "d-twin")
    assert sorted(states(lake)) == ["PROPOSED", "REJECTED", "WAITING"]
    pipeline.match(0)
    assert refusal(lake, Effect.ACCEPT, "B").startswith("SETTLED: B is EXCLUDED")
    with pytest.raises(DecisionRefused, match="NOT_FOUND"):
        approve(lake, "d-0")


def test_item_of_another_run_waits_for_the_match(pipeline: PipelineFixture) -> None:
    """N was said to be not ours on day 0. Until the match has run with that, its row of day 1 is
    not a row of its own.
    """
    lake = pipeline.lake
    settle(lake, Effect.NOT_OURS, "N")
    run_next_day_without_match(pipeline)
    (target,) = select_by_ids(lake, Effect.NOT_OURS, ["N"], [], None)
    assert target["reasons"] == "INTERNAL_ONLY"
    assert refusal(lake, Effect.NOT_OURS, "N").startswith("DECIDED: N")


def run_next_day_without_match(pipeline: PipelineFixture) -> None:
    """Ingests day 1."""
    pipeline.write_statement(1, file_line("Z"))
    pipeline.write_snapshot(1, file_txn("Z"))
    pipeline.ingest(1)
