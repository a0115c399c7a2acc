"""What a decision may be about: every row that an effect does not apply to is refused by name.

Rows are those of `outcomes`, amounts in minor units.
"""

from typing import Any

import pytest

from jobs.decisions.targets import targets_of_pair, targets_of_unit
from schemas.errors import DecisionRefused
from schemas.vocabulary import Effect, StatusOf
from tests.support.ledger import Row, amount_break_row, day, outcome_row

ACCEPT, NOT_OURS, WRITE_OFF = Effect.ACCEPT, Effect.NOT_OURS, Effect.WRITE_OFF


def txn_row(txn_id: str, amount: int = 1000, **other: Any) -> Row:
    """A transaction that is on no statement and broke."""
    values = {
        "outcome": "BREAK",
        "reasons": ["INTERNAL_ONLY"],
        "line_id": None,
        "internal_amount": amount,
        "statement_amount": None,
        "internal_status": "SUCCEEDED",
        "statement_status": None,
        "difference": None,
    }
    return outcome_row(**{"unit_id": txn_id, "txn_id": txn_id, **values, **other})


def line_row(line_id: str, amount: int = 1000, **other: Any) -> Row:
    """A line that is not in our books and broke."""
    values = {
        "outcome": "BREAK",
        "reasons": ["STATEMENT_ONLY"],
        "txn_id": None,
        "line_id": line_id,
        "internal_amount": None,
        "statement_amount": amount,
        "internal_status": None,
        "statement_status": "SUCCEEDED",
        "difference": None,
    }
    return outcome_row(**{"unit_id": line_id, **values, **other})


def pair(txn: str, line: str, **other: Any) -> Row:
    """A pair that differs by 1 fen."""
    return amount_break_row(txn, 1000, 999, line_id=line, **other)


def status_pair(ours: str, theirs: str) -> Row:
    """A pair of 10.00 whose statuses differ."""
    return pair("A", "L", statement_amount=1000, difference=0, reasons=["STATUS_MISMATCH"]) | {
        "internal_status": ours,
        "statement_status": theirs,
    }


LATER = line_row("L", reasons=["STATUS_MISMATCH"], internal_status="SUCCEEDED", duplicate_of="K")
GROUP = (
    txn_row("A", unit_id="by_order:O", reasons=["AMOUNT_MISMATCH"], difference=-7),
    line_row("L", unit_id="by_order:O", reasons=["AMOUNT_MISMATCH"]),
)


@pytest.mark.parametrize(
    ("effect", "unit", "code"),
    [
        (ACCEPT, (outcome_row("A"),), "SETTLED"),
        (WRITE_OFF, (txn_row("A", outcome="EXCLUDED", reasons=["NOT_EXPECTED"]),), "SETTLED"),
        (ACCEPT, (txn_row("A"),), "NOT_APPLICABLE"),
        (ACCEPT, (line_row("L", reasons=["DUPLICATE_LINE"]),), "NOT_APPLICABLE"),
        (ACCEPT, (line_row("L", reasons=["STATUS_MISMATCH"]),), "NOT_APPLICABLE"),
        (ACCEPT, (txn_row("A", outcome="SUSPENSE"),), "NOT_APPLICABLE"),
        (NOT_OURS, (pair("A", "L"),), "NOT_APPLICABLE"),
        (NOT_OURS, GROUP, "NOT_APPLICABLE"),
        (WRITE_OFF, (txn_row("A", outcome="SUSPENSE"),), "NOT_APPLICABLE"),
        (ACCEPT, (status_pair("PENDING", "SUCCEEDED"),), "STATUS_MISSING"),
        (ACCEPT, (LATER,), "STATUS_MISSING"),
    ],
)
def test_effect_that_does_not_apply_is_refused(
    effect: Effect, unit: tuple[Row, ...], code: str
) -> None:
    """The code names why; what is not refused is tested below."""
    with pytest.raises(DecisionRefused) as refusal:
        targets_of_unit(unit, effect, None)
    assert refusal.value.code == code


@pytest.mark.parametrize(("effect", "unit"), [(ACCEPT, (pair("A", "L"),)), (WRITE_OFF, (LATER,))])
def test_status_is_said_of_a_status_mismatch_only(effect: Effect, unit: tuple[Row, ...]) -> None:
    """Nobody's status is in question, or none is accepted."""
    with pytest.raises(DecisionRefused, match="STATUS_SURPLUS"):
        targets_of_unit(unit, effect, StatusOf.OURS)


@pytest.mark.parametrize(
    ("effect", "status_of", "unit", "stakes"),
    [
        (ACCEPT, None, (pair("A", "L"),), [1]),
        (ACCEPT, None, (pair("A", "L", reasons=["AMOUNT_MISMATCH", "LATE"]),), [1]),
        (ACCEPT, StatusOf.THEIRS, (status_pair("PENDING", "SUCCEEDED"),), [1000]),
        (ACCEPT, StatusOf.OURS, (LATER,), [1000]),
        (ACCEPT, None, GROUP, [7, 0]),
        (WRITE_OFF, None, GROUP, [7, 0]),
        (WRITE_OFF, None, (txn_row("A", -300),), [300]),
        (NOT_OURS, None, (line_row("L", outcome="SUSPENSE"),), [1000]),
    ],
)
def test_targets_have_the_money_at_stake(
    effect: Effect, status_of: StatusOf | None, unit: tuple[Row, ...], stakes: list[int]
) -> None:
    """|difference| where only amounts differ, in a group on one row; else the amount."""
    targets = targets_of_unit(unit, effect, status_of)
    assert [target["at_stake"] for target in targets] == stakes
    assert {target["unit_id"] for target in targets} == {unit[0]["unit_id"]}
    assert {target["status_of"] for target in targets} == {status_of}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([txn_row("A")], "NOT_APPLICABLE"),
        ([txn_row("A"), pair("B", "L")], "SETTLED"),
        ([txn_row("A"), outcome_row("order:1", txn_id=None)], "SETTLED"),
        ([txn_row("A"), GROUP[1]], "IN_GROUP"),
        ([txn_row("A"), line_row("L", reasons=["DUPLICATE_LINE"])], "PUT_AWAY"),
        ([txn_row("A", reasons=["CHANGED_AFTER_MATCH"]), line_row("L")], "PUT_AWAY"),
        ([txn_row("A"), line_row("L", outcome="EXCLUDED", reasons=["NOT_EXPECTED"])], "PUT_AWAY"),
        ([txn_row("A"), line_row("L", kind="REFUND")], "TWO_KINDS"),
        ([txn_row("A"), line_row("L", -1000)], "TWO_DIRECTIONS"),
        ([txn_row("A"), line_row("L", channel="card")], "TWO_CHANNELS"),
        ([txn_row("A", on=-40), line_row("L")], "NOT_OPEN"),
        ([txn_row("A"), line_row("K", 400), line_row("L", 500)], "SUMS_DIFFER"),
        ([txn_row("A"), line_row("K", 400), line_row("L", 600, currency="USD")], "SUMS_DIFFER"),
        (
            [txn_row("A", internal_status="PENDING"), line_row("K", 400), line_row("L", 600)],
            "NOT_SUCCEEDED",
        ),
    ],
)
def test_pair_that_cannot_be_is_refused(rows: list[Row], code: str) -> None:
    """Of two kinds or directions, of something settled or put away, or sums that do not fit."""
    with pytest.raises(DecisionRefused) as refusal:
        targets_of_pair(rows, lambda row, on: False)
    assert refusal.value.code == code


def test_pair_of_two_is_one_target_on_the_later_run() -> None:
    """A late transaction, open still, and a line that differs in amount and status."""
    rows = [txn_row("A", on=-3), line_row("L", 900, statement_status="REVERSED")]
    (target,) = targets_of_pair(rows, lambda row, on: True)
    assert (target["txn_id"], target["line_id"], target["unit_id"]) == ("A", "L", "A")
    assert (target["run_date"], target["at_stake"]) == (day(0), 1000)


def test_pair_of_several_is_one_target_each() -> None:
    """One transaction of 10.00 and lines of 4.00 and 6.00; the lines have the money."""
    rows = [txn_row("A"), line_row("K", 400), line_row("L", 600)]
    targets = targets_of_pair(rows, lambda row, on: True)
    assert [(t["txn_id"], t["line_id"], t["at_stake"]) for t in targets] == [
        ("A", None, 0),
        (None, "K", 400),
        (None, "L", 600),
    ]
