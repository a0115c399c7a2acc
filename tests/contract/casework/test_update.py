"""The tables of breaks follow outcomes, decisions and what people write, in any number of steps."""

from datetime import UTC, datetime
from typing import Any

import pytest
from deltalake import DeltaTable

from jobs.casework import update as update_module
from jobs.lake.changes import channel_days
from jobs.lake.tables import Lake
from schemas.tables import BREAKS, DECISIONS, RUNS
from tests.support.breaks import break_rows, event_rows, lives, update
from tests.support.followup_ledger import FollowupLedger, changed, line_about, pair, reconciled
from tests.support.ledger import day, internal_only_row, statement_only_row

Row = dict[str, Any]


@pytest.fixture
def ledger(lake: Lake) -> FollowupLedger:
    return FollowupLedger(lake)


def broken(txn_id: str, on: int = 0, **other: Any) -> Row:
    """A transaction of 10.00 without a line breaks."""
    return internal_only_row(txn_id, 1_000, on=on, **other)


def broken_line(line_id: str, on: int = 0, **other: Any) -> Row:
    """A line of 10.00 without a transaction breaks."""
    return statement_only_row(line_id, 1_000, on=on, **{"line_id": line_id, **other})


def test_days_one_by_one_or_at_once(ledger: FollowupLedger) -> None:
    """Days 0 to 3 once more, all together, end in the rows of four updates; twice changes nothing.

    A is paired late. Q, 10.00 against 9.00, is sent again as it was. C, 10.00 against 9.00, changes
    to 8.00, then to 9.00. The channel reverses P, then so do we: the reversal leads to P by its
    line. A group of 10.00 lacks 5.00.
    """
    late: Row = {"first_run_date": day(0), "reasons": ["LATE"]}
    reversed_: Row = {"statement_status": "REVERSED", "internal_status": "SUCCEEDED"}
    group: Row = {"unit_id": "by_batch:G", "reasons": ["AMOUNT_MISMATCH"]}
    values: Row = {"internal_status": "SUCCEEDED", "internal_currency": "CNY"}
    days = [
        [broken("A"), pair("C", 1_000, 900, **values), pair("P"), broken("W"),
         pair("Q", 1_000, 900, **values)],
        [pair("A", on=1, **late), reconciled("Q", 1_000, on=1, **values),
         changed("C", 800, on=1, **values),
         line_about("P1", "f:P", "STATUS_MISMATCH", on=1, our_ref="P", channel_ref="C-P",
                    **reversed_)],
        [reconciled("C", 900, on=2, **values), broken("G1", on=2, difference=-500) | group,
         broken_line("G2", on=2) | group],
        [reconciled("P", on=3, **values | {"internal_status": "REVERSED"})],
    ]  # fmt: skip
    for on, rows in enumerate(days):
        ledger.put(on, *rows)
        assert update(ledger)
    assert not update(ledger)
    assert lives(ledger) == {
        ("CHANGE", "C"): (1, 2, "CORRECTED"),
        ("LATER_STATE", "P1"): (1, 3, "CORRECTED"),
        ("ONE_SIDE", "A"): (0, 1, "LATE_MATCH"),
        ("ONE_SIDE", "W"): (0, None, None),
        ("PAIR", "C"): (0, 2, "CORRECTED"),
        ("PAIR", "G1"): (2, None, None),
        ("PAIR", "G2"): (2, None, None),
        ("PAIR", "Q"): (0, None, None),
    }
    before = break_rows(ledger.lake), event_rows(ledger.lake)
    stakes = {row["txn_id"] or row["line_id"]: row["at_stake"] for row in before[0]
              if row["class"] in ("PAIR", "ONE_SIDE")}  # fmt: skip
    assert stakes == {"A": 1_000, "C": 100, "G1": 500, "G2": 0, "Q": 100, "W": 1_000}
    assert [row["pair_txn_id"] for row in before[0] if row["line_id"] == "P1"] == ["P"]
    ledger.put(1, *days[1])
    update(ledger)
    assert (break_rows(ledger.lake), event_rows(ledger.lake)) == before, "from day 1 on"
    ledger.put(0, *days[0])
    update(ledger)
    assert (break_rows(ledger.lake), event_rows(ledger.lake)) == before, "all at once"


@pytest.mark.sail_only
def test_breaks_whose_rows_are_gone(ledger: FollowupLedger) -> None:
    """Day 0 comes anew: the statement has A after all; our snapshot has no B any more; line L is
    not on it, and the line of X meets a transaction that is new. Z was decided.
    """
    ledger.put(0, *[broken(name) for name in "ABZ"], broken_line("L"), broken_line("f:X"))
    update(ledger)
    approved = datetime(2026, 11, 18, 20, tzinfo=UTC)  # 04:00 of day 3 in Shanghai
    decision = {"channel": "bank", "step": "APPROVED", "decision_id": "d", "created_at": approved}
    ledger.lake.append_rows(DECISIONS, [decision])
    anew = [pair("A"), pair("X"), pair("Z", matched_by="decision:d", reasons=["LATE"])]
    ledger.put(0, *anew)
    ledger.put(1, pair("C", on=1))
    update(ledger)
    closed = {
        ("ONE_SIDE", "A"): (0, 1, "REISSUED_STATEMENT"),
        ("ONE_SIDE", "B"): (0, 1, "CHANGED_SNAPSHOT"),
        ("ONE_SIDE", "L"): (0, 1, "REISSUED_STATEMENT"),
        ("ONE_SIDE", "Z"): (0, 3, "DECISION"),
        ("ONE_SIDE", "f:X"): (0, 1, "CHANGED_SNAPSHOT"),
    }
    assert lives(ledger) == closed
    ledger.put(0, *anew)
    ledger.put(2, pair("D", on=2))
    update(ledger)
    assert lives(ledger) == closed, "closed once"
    ledger.put(0, broken("A"))
    update(ledger)
    assert lives(ledger)["ONE_SIDE", "A"] == (0, None, None), "its row is there again"
    assert len(break_rows(ledger.lake)) == len(closed)


@pytest.mark.sail_only
def test_id_survives_a_reissued_statement(ledger: FollowupLedger) -> None:
    """The statement of day 0 comes anew, with the same lines under other ids: two lines under one
    number, and two equal ones without a number. Both of these are closed on day 1; a third one
    comes on day 40.
    """
    copies: Row = {"channel_ref": "N1", "reasons": ["DUPLICATE_LINE"], "duplicate_of": "f:A"}
    bare: Row = {"channel_ref": None, "our_ref": None, "statement_date": day(0)}

    def lines(file: str) -> list[Row]:
        return [
            broken_line(f"{file}:1", **copies), broken_line(f"{file}:2", **copies),
            broken_line(f"{file}:3", **bare), broken_line(f"{file}:4", **bare),
        ]  # fmt: skip

    ledger.put(0, pair("A"), *lines("old"))
    update(ledger)
    ids = {row["break_id"]: row["line_id"] for row in break_rows(ledger.lake)}
    assert len(ids) == 4
    ledger.put(0, pair("A"), *lines("new"))
    update(ledger)
    rows = break_rows(ledger.lake)
    renamed = {own: line.replace("old", "new") for own, line in ids.items()}
    assert {row["break_id"]: row["line_id"] for row in rows} == renamed
    assert {row["state"] for row in rows} == {"OPEN"}
    healed = {"outcome": "MATCHED", "reasons": ["LATE"]}
    ledger.put(1, *[broken_line(f"new:{number}", on=1, **bare) | healed for number in (3, 4)])
    update(ledger)
    ledger.put(40, broken_line("x:1", on=40, **bare))
    update(ledger)
    (third,) = [row for row in break_rows(ledger.lake) if row["line_id"] == "x:1"]
    assert third["equal_number"] == 3, "closed breaks of equal lines keep their numbers"
    assert third["break_id"] not in ids


@pytest.mark.sail_only
def test_killed_between_the_two_tables(
    ledger: FollowupLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The events are committed, the breaks are not: the next update writes both."""
    ledger.put(0, broken("A"), broken("B"))
    update(ledger)
    ledger.put(0, broken("A"))
    ledger.put(1, pair("A", on=1, first_run_date=day(0), reasons=["LATE"]))

    def kill(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(update_module, "_replace_months", kill)
        with pytest.raises(KeyboardInterrupt):
            update(ledger)
    assert set(lives(ledger).values()) == {(0, None, None)}
    assert update(ledger)
    assert lives(ledger) == {
        ("ONE_SIDE", "A"): (0, 1, "LATE_MATCH"),
        ("ONE_SIDE", "B"): (0, 1, "CHANGED_SNAPSHOT"),
    }


@pytest.mark.sail_only
def test_two_updates_at_once(ledger: FollowupLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one process is about to commit, another matches a day more and updates: nothing of it
    is lost.
    """
    ledger.put(0, broken("A"), broken("B"))
    commit, others = channel_days.commit_changes, [1]

    def let_other_first(delta: DeltaTable, table: object, *rest: object) -> None:
        if others and table == BREAKS:
            others.pop()
            ledger.put(1, pair("A", on=1, first_run_date=day(0), reasons=["LATE"]))
            update(ledger)
        commit(delta, table, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(channel_days, "commit_changes", let_other_first)
    update(ledger)
    assert lives(ledger) == {
        ("ONE_SIDE", "A"): (0, 1, "LATE_MATCH"),
        ("ONE_SIDE", "B"): (0, None, None),
    }
    assert len(ledger.lake.read_rows(RUNS, job="breaks")) == 2


@pytest.mark.sail_only
def test_rules_of_the_page(lake: Lake) -> None:
    """A new rule of the page counts at the next update, without a match."""
    ledger = FollowupLedger(lake)
    ledger.put(0, broken("A"), broken("B", kind="REFUND"))
    update(ledger)
    rules = [{"kind": ["REFUND"], "owner": "ann", "due_days": 2}]
    ledger = FollowupLedger(lake, breaks={"rules": rules})
    assert update(ledger)
    assert not update(ledger)
    assert {row["txn_id"]: (row["owner"], row["due_on"]) for row in break_rows(lake)} == {
        "A": (None, None),
        "B": ("ann", day(2)),
    }
