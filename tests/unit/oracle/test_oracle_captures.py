"""Captures: the lines of one payment that the channel takes in parts.

Names and rows as in test_oracle.py. X is 100.00 of ours.
"""

from typing import Any

import pytest

from tests.oracle.reference_ledger import ReferenceLedger, profile
from tests.support.ledger import at, bare_line, day, line, txn
from tests.unit.oracle.test_oracle import new_ledger


def captures_ledger(chances: int = 1, **match: Any) -> ReferenceLedger:
    window = {"internal": chances, "statement": chances}
    return ReferenceLedger(profile(captures=True, window=window, **match))


def part(line_id: str, amount: int, **other: Any) -> dict[str, Any]:
    return line(line_id, "X", amount, channel_ref=f"C{line_id}", **other)


def test_parts_are_duplicates_without_captures() -> None:
    ledger = new_ledger().run(txn("X", 10000), part("A", 4000), part("B", 6000))
    assert ledger.row_texts == [
        "B BREAK DUPLICATE_PAYMENT REFUND of A",
        "X=A BREAK AMOUNT_MISMATCH REVIEW by our_ref",
    ]


def test_parts_that_add_up_are_one_unit() -> None:
    """40.00 + 30.00 + 30.00, of which the first has no time."""
    ledger = captures_ledger().run(
        txn("X", 10000), part("A", 3000, traded_at=None), part("B", 4000), part("C", 3000)
    )
    assert ledger.row_texts == [f"{name} MATCHED NONE by captures" for name in "ABCX"]
    assert set(ledger.column("unit_id").values()) == {"captures:X"}
    assert ledger.column("difference") == {"X": 0, "A": None, "B": None, "C": None}
    assert ledger.open_items == []


def test_parts_wait_for_the_rest() -> None:
    """40.00 and 30.00 on T, 30.00 on T+1; each keeps its own first date."""
    ledger = captures_ledger().run(txn("X", 10000), part("A", 4000), part("B", 3000))
    assert ledger.row_texts == [f"{name} SUSPENSE GROUP_INCOMPLETE WAIT" for name in "ABX"]
    assert set(ledger.column("unit_id").values()) == {"captures:X"}
    assert set(ledger.column("difference").values()) == {None}
    ledger.run(part("C", 3000))
    assert ledger.row_texts == [f"{name} MATCHED NONE by captures" for name in "ABCX"]
    assert ledger.column("first_run_date") == {"X": day(0), "A": day(0), "B": day(0), "C": day(1)}


def test_single_smaller_line_waits_breaks_and_heals() -> None:
    """Window 0: 40.00 breaks at once, and is told once. 30.00 comes: broken again, with LATE. With
    30.00 more all are matched late."""
    ledger = captures_ledger(0).run(txn("X", 10000), part("A", 4000))
    assert ledger.row_texts == [f"{name} BREAK AMOUNT_MISMATCH REVIEW by captures" for name in "AX"]
    assert ledger.column("difference") == {"X": -6000, "A": None}
    assert {item["group_id"] for item in ledger.open_items} == {"captures:X"}
    assert ledger.run_empty_days(1).row_texts == []
    ledger.run(part("B", 3000))
    assert ledger.row_texts == [
        f"{name} BREAK AMOUNT_MISMATCH+LATE REVIEW by captures" for name in "ABX"
    ]
    assert {item["broke_on"] for item in ledger.open_items} == {day(2)}
    assert ledger.run(part("C", 3000)).row_texts == [
        f"{name} MATCHED LATE NONE by captures" for name in "ABCX"
    ]
    assert ledger.open_items == []


def test_captures_expire() -> None:
    """late 2: the parts break on T, and the rest comes on T+3. The broken rows are closed by then:
    the new line is a second payment beside them."""
    ledger = captures_ledger(0, late=2).run(txn("X", 10000), part("A", 4000)).run_empty_days(2)
    assert ledger.open_items == []
    assert ledger.run(part("B", 6000)).row_texts == ["B BREAK DUPLICATE_PAYMENT REFUND of A"]


def test_new_part_waits_in_a_broken_unit_by_its_own_chances() -> None:
    """Window 1: the unit breaks on T+1. A part of T+2 waits, without rows of the others; on T+3 all
    break again."""
    ledger = captures_ledger().run(txn("X", 10000), part("A", 4000)).run_empty_days(1)
    assert ledger.column("outcome") == {"X": "BREAK", "A": "BREAK"}
    assert ledger.run(part("B", 3000)).row_texts == ["B SUSPENSE GROUP_INCOMPLETE WAIT"]
    assert ledger.late_candidate_ids == ["A", "X"]
    assert ledger.run_empty_days(1).row_texts == [
        f"{name} BREAK AMOUNT_MISMATCH+LATE REVIEW by captures" for name in "ABX"
    ]


def test_one_line_of_the_whole_amount_is_no_unit() -> None:
    """100.00 alone, or 120.00 alone, is paired by the passes; a part of the next day is a second
    payment."""
    ledger = captures_ledger().run(txn("X", 10000), part("A", 10000))
    assert ledger.row_texts == ["X=A MATCHED NONE by our_ref"]
    assert ledger.run(part("B", 3000)).row_texts == ["B BREAK DUPLICATE_PAYMENT REFUND of A"]
    assert captures_ledger().run(txn("X", 10000), part("A", 12000)).row_texts == [
        "X=A BREAK AMOUNT_MISMATCH REVIEW by our_ref"
    ]


def test_more_than_our_amount() -> None:
    """100.00 and 30.00: the first is the payment, the other a second one. 80.00 and 30.00 break at
    once, and stay open: with our amount corrected they are matched."""
    ledger = captures_ledger().run(txn("X", 10000), part("A", 3000), part("B", 10000))
    assert ledger.row_texts == [
        "A BREAK DUPLICATE_PAYMENT REFUND of B",
        "X=B MATCHED NONE by our_ref",
    ]
    ledger = captures_ledger().run(txn("X", 10000), part("A", 8000), part("B", 3000))
    assert ledger.row_texts == [
        f"{name} BREAK AMOUNT_MISMATCH REVIEW by captures" for name in "ABX"
    ]
    assert ledger.column("difference") == {"X": 1000, "A": None, "B": None}
    assert ledger.run_empty_days(1).row_texts == []
    assert ledger.run(txn("X", 11000)).row_texts == [
        f"{name} MATCHED LATE NONE by captures" for name in "ABX"
    ]


def test_pending_transaction_waits_then_asks_to_confirm() -> None:
    """Both parts are there, ours is pending: waits, then CONFIRM on every row; ours succeeds."""
    parts = part("A", 4000), part("B", 6000)
    ledger = captures_ledger().run(txn("X", 10000, status="PENDING"), *parts)
    assert ledger.row_texts == [f"{name} SUSPENSE GROUP_INCOMPLETE WAIT" for name in "ABX"]
    ledger.run()
    assert ledger.row_texts == [
        f"{name} BREAK STATUS_MISMATCH CONFIRM by captures" for name in "ABX"
    ]
    assert set(ledger.column("internal_status").values()) == {"PENDING"}
    assert ledger.column("difference") == {"X": 0, "A": None, "B": None}
    assert ledger.run(txn("X", 10000)).row_texts == [
        f"{name} MATCHED LATE NONE by captures" for name in "ABX"
    ]
    ledger = captures_ledger(0).run(txn("X", 10000, status="PENDING"), part("A", 4000))
    assert ledger.row_texts == [f"{name} BREAK AMOUNT_MISMATCH REVIEW by captures" for name in "AX"]


@pytest.mark.parametrize("status", [None, "FAILED", "CLOSED", "REVERSED"])
def test_parts_without_a_transaction_are_no_duplicates(status: str | None) -> None:
    """Two parts, while ours is not there or did not succeed: they take part in no pass, not even by
    channel_ref, and each breaks for itself."""
    ours = [txn("X", 10000, status=status, channel_ref="CA")] if status else []
    action = "REVIEW" if status == "REVERSED" else "REFUND"
    ledger = captures_ledger(0).run(part("A", 4000), part("B", 6000), *ours)
    assert ledger.row_texts[:2] == [f"{name} BREAK STATEMENT_ONLY {action}" for name in "AB"]
    assert ledger.run(txn("X", 10000)).row_texts == [
        f"{name} MATCHED LATE NONE by captures" for name in "ABX"
    ]


def test_parts_in_another_currency_are_parts_without_a_transaction() -> None:
    jpy = {"currency": "JPY"}
    ledger = captures_ledger().run(txn("X", 10000), part("A", 4000, **jpy), part("B", 6000, **jpy))
    assert ledger.row_texts == [
        "A SUSPENSE STATEMENT_ONLY WAIT",
        "B SUSPENSE STATEMENT_ONLY WAIT",
        "X SUSPENSE INTERNAL_ONLY WAIT",
    ]
    single = captures_ledger().run(txn("X", 10000), part("A", 4000, **jpy))
    assert single.row_texts == ["X=A BREAK CURRENCY_MISMATCH REVIEW by our_ref"]


def test_other_lines_beside_the_parts() -> None:
    """Beside parts, with or without a transaction: a failed line is excluded, a reversed one
    compared with nothing, a paid one without a number of the channel a second payment. They name
    the first part in the order of step 3."""
    others = [
        part("D", 1000, status="FAILED"),
        part("E", 1000, status="REVERSED"),
        bare_line("F", "X", 1000),
    ]
    for ours in ([txn("X", 10000)], []):
        ledger = captures_ledger().run(
            *ours, part("A", 4000), part("B", 6000, traded_at=at("11")), *others
        )
        assert [text for text in ledger.row_texts if text[0] in "DEF"] == [
            "D EXCLUDED NOT_EXPECTED NONE of B",
            "E BREAK STATUS_MISMATCH QUERY of B",
            "F BREAK DUPLICATE_PAYMENT REFUND of B",
        ]


def test_further_part_is_no_second_payment_beside_open_ones() -> None:
    """On T a copy of the part and a paid line without a number are put away; on T+1 the rest still
    reaches the unit. When it is matched, a further part is a second payment."""
    ledger = captures_ledger(0).run(
        txn("X", 10000), part("A", 4000), part("A2", 4000) | {"channel_ref": "CA",
        "channel_ref_norm": "CA"}, bare_line("F", "X", 1000),
    )  # fmt: skip
    assert ledger.row_texts == [
        "A BREAK AMOUNT_MISMATCH REVIEW by captures",
        "A2 BREAK DUPLICATE_LINE CLAIM of A",
        "F BREAK DUPLICATE_PAYMENT REFUND of A",
        "X BREAK AMOUNT_MISMATCH REVIEW by captures",
    ]
    assert ledger.run(part("B", 6000)).row_texts == [
        f"{name} MATCHED LATE NONE by captures" for name in "ABX"
    ]
    assert ledger.run(part("C", 3000)).row_texts == ["C BREAK DUPLICATE_PAYMENT REFUND of A"]


def test_part_of_a_matched_unit_is_reversed_later() -> None:
    """A line of a unit has no pair: its later state is compared with nothing. Our transaction sent
    again with another amount has changed."""
    ledger = captures_ledger().run(txn("X", 10000), part("A", 4000), part("B", 6000))
    ledger.run(line("C", "X", 4000, channel_ref="CA", status="REVERSED"), txn("X", 9000))
    assert ledger.row_texts == [
        "C BREAK STATUS_MISMATCH QUERY of A",
        "X BREAK CHANGED_AFTER_MATCH REVIEW of X",
    ]


def test_part_of_an_open_unit_is_reversed() -> None:
    """C is the later state of A, which has broken and is open: A is overruled, C put away."""
    ledger = captures_ledger(0).run(txn("X", 10000), part("A", 4000), part("B", 3000))
    ledger.run(line("C", "X", 4000, channel_ref="CA", status="REVERSED", traded_at=at("12", 1)))
    assert ledger.row_texts == [
        "A EXCLUDED NOT_EXPECTED+LATE NONE of C",
        "C BREAK STATUS_MISMATCH QUERY of B",
    ]
    assert ledger.late_candidate_ids == ["B", "X"]


def test_refund_in_parts_is_compared_by_magnitude() -> None:
    refund = {"kind": "REFUND"}
    ledger = captures_ledger().run(
        txn("X", -10000, **refund), part("A", -4000, **refund), part("B", -6000, **refund)
    )
    assert ledger.row_texts == [f"{name} MATCHED NONE by captures" for name in "ABX"]


def test_parts_may_be_in_a_group() -> None:
    """No transaction bears their our_ref, but one has their batch."""
    b1 = {"batch_ref": "B1"}
    ledger = captures_ledger(groups=["batch_ref"]).run(
        txn("Y", 10000, **b1), part("A", 4000, **b1), part("B", 6000, **b1)
    )
    assert ledger.row_texts == [f"{name} MATCHED NONE by batch_ref" for name in "ABY"]
