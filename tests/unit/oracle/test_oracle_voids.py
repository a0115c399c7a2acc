"""Voids: a sale and what takes it back, on one day or over the cut-off.

Names and rows as in test_oracle.py.
"""

from typing import Any

import pytest

from tests.oracle.reference_ledger import ReferenceLedger
from tests.support.ledger import at, bare_line, line, txn
from tests.unit.oracle.test_oracle import new_ledger
from tests.unit.oracle.test_oracle_captures import captures_ledger
from tests.unit.oracle.test_oracle_closed import closed_payment
from tests.unit.oracle.test_oracle_windows import window_ledger

REFUND = {"kind": "REFUND"}
#: 10.00 in, 10.00 out under our_ref X.
SALE = line("L", "X", channel_ref="C1")
TAKEN_BACK = line("M", "X", -1000, channel_ref="C2", traded_at=at("12:05"), **REFUND)

# ---- on one day ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["REVERSED", "CLOSED", "FAILED"])
def test_sale_voided_within_the_day(status: str) -> None:
    ledger = new_ledger().run(SALE, TAKEN_BACK, txn("X", status=status))
    assert ledger.row_texts == [f"{name} MATCHED NONE by void" for name in "LMX"]
    assert set(ledger.column("unit_id").values()) == {"void:X"}
    assert ledger.column("difference") == {"X": 0, "L": None, "M": None}
    assert ledger.open_items == []


def test_void_printed_as_a_negative_sale() -> None:
    """The same kind and number, with a minus."""
    ledger = new_ledger().run(
        SALE, line("M", "X", -1000, channel_ref="C1"), txn("X", status="REVERSED")
    )
    assert ledger.row_texts == [f"{name} MATCHED NONE by void" for name in "LMX"]


def test_what_is_no_void() -> None:
    """Ours stands; the sums differ; two transactions; one direction only; currencies differ."""
    reversed_txn = txn("X", status="REVERSED")
    cases: list[tuple[dict[str, Any], ...]] = [
        (SALE, TAKEN_BACK, txn("X")),
        (SALE, TAKEN_BACK, txn("X", status="PENDING")),
        (SALE, line("M", "X", -900, **REFUND), reversed_txn),
        (SALE, TAKEN_BACK, reversed_txn, txn("Y", -1000, our_ref="X", **REFUND)),
        (SALE, line("M", "X", 0, **REFUND), reversed_txn),
        (SALE, line("M", "X", -1000, currency="JPY", **REFUND), reversed_txn),
        (SALE, TAKEN_BACK),
        (line("L", None), line("M", None, -1000, **REFUND), reversed_txn),
    ]
    for records in cases:
        ledger = new_ledger().run(*records)
        assert "void" not in ledger.column("matched_by").values(), records


def test_void_of_two_currencies_and_three_lines() -> None:
    """Zero is no part of it."""
    jpy = {"currency": "JPY"}
    ledger = new_ledger().run(
        SALE,
        TAKEN_BACK,
        line("N", "X", 500, kind="TOP_UP", **jpy),
        line("O", "X", -500, kind="PAYOUT", **jpy),
        line("P", "X", 0, kind="FEE"),
        txn("X", status="CLOSED"),
    )
    assert ledger.row_texts == [
        *[f"{name} MATCHED NONE by void" for name in "LMNO"],
        "P SUSPENSE STATEMENT_ONLY WAIT",
        "X MATCHED NONE by void",
    ]
    assert ledger.column("difference") == {
        "X": 0, "L": None, "M": None, "N": 0, "O": None, "P": None,
    }  # fmt: skip


def test_void_of_items_that_broke() -> None:
    """The sale broke on T; the void comes on T+1 with ours, reversed: late on every row."""
    ledger = window_ledger(0).run(SALE).run(TAKEN_BACK, txn("X", status="REVERSED"))
    assert ledger.row_texts == [f"{name} MATCHED LATE NONE by void" for name in "LMX"]


def test_void_of_two_captures() -> None:
    """Two parts are no duplicates of each other where ours is closed; a refund takes both back."""
    ledger = captures_ledger().run(
        line("L", "X", 400), line("K", "X", 600), TAKEN_BACK, txn("X", status="CLOSED")
    )
    assert ledger.row_texts == [f"{name} MATCHED NONE by void" for name in "KLMX"]


def test_payment_after_a_void_is_a_new_one() -> None:
    """The lines of a void are no payments; a copy of one is still a copy."""
    ledger = new_ledger().run(SALE, TAKEN_BACK, txn("X", status="REVERSED"))
    ledger.run(line("N", "X", channel_ref="C3"), line("O", "X", channel_ref="C1"), txn("X"))
    assert ledger.row_texts == [
        "O BREAK DUPLICATE_LINE CLAIM of L",
        "X=N MATCHED NONE by our_ref",
    ]


def test_transaction_of_a_void_comes_again() -> None:
    """Unchanged it is reconciled, with another status of the three it has changed, with any other
    it takes part again."""
    for status, row_text in (
        ("REVERSED", "X EXCLUDED ALREADY_RECONCILED NONE"),
        ("CLOSED", "X BREAK CHANGED_AFTER_MATCH REVIEW of X"),
        ("PENDING", "X SUSPENSE INTERNAL_ONLY WAIT"),
        ("SUCCEEDED", "X SUSPENSE INTERNAL_ONLY WAIT"),
    ):
        ledger = new_ledger().run(SALE, TAKEN_BACK, txn("X", status="REVERSED"))
        assert ledger.run(txn("X", status=status)).row_texts == [row_text]


def test_line_of_a_void_is_reversed_later() -> None:
    """It has no pair: compared with nothing."""
    ledger = new_ledger().run(SALE, TAKEN_BACK, txn("X", status="REVERSED"))
    ledger.run(line("N", "X", channel_ref="C1", status="REVERSED"))
    assert ledger.row_texts == ["N BREAK STATUS_MISMATCH QUERY of L"]


# ---- over the cut-off ------------------------------------------------------------------------


def voided_later(*records: dict[str, Any]) -> ReferenceLedger:
    """X = L is matched on T, and M takes it back on T+1."""
    return closed_payment().run(TAKEN_BACK, *records)


def test_void_over_the_cut_off() -> None:
    """Ours says reversed on that day, or did before: reconciled."""
    ledger = voided_later(txn("X", status="REVERSED"))
    assert ledger.row_texts == [
        "M EXCLUDED ALREADY_RECONCILED NONE of L by void",
        "X EXCLUDED ALREADY_RECONCILED NONE",
    ]
    ledger = closed_payment().run(txn("X", status="REVERSED")).run(TAKEN_BACK)
    assert ledger.row_texts == ["M EXCLUDED ALREADY_RECONCILED NONE of L by void"]
    assert ledger.column("statement_status") == {"M": "SUCCEEDED"}


def test_void_over_the_cut_off_of_a_failed_transaction() -> None:
    """Ours says failed, theirs reversed: a break without advice that moves money. Ours says
    reversed a day later, too: it is reconciled then."""
    ledger = voided_later(txn("X", status="FAILED"))
    assert ledger.row_texts == [
        "M BREAK STATUS_MISMATCH QUERY of L by void",
        "X BREAK CHANGED_AFTER_MATCH REVIEW of X",
    ]
    assert ledger.column("internal_status") == {"M": "FAILED", "X": "FAILED"}
    assert ledger.run(txn("X", status="REVERSED")).row_texts == [
        "X EXCLUDED ALREADY_RECONCILED NONE"
    ]


def test_line_that_takes_back_a_payment_that_stands_is_a_refund() -> None:
    """Ours says paid: M waits for a refund of ours. So it does with another amount or currency."""
    assert voided_later().row_texts == ["M SUSPENSE STATEMENT_ONLY WAIT"]
    for other in ({"amount": -900}, {"currency": "JPY"}, {"status": "FAILED"}, {"our_ref": "Y"}):
        values = {"amount": -1000, "our_ref": "X"} | other
        ledger = closed_payment().run(
            line("M", channel_ref="C2", **values, **REFUND), txn("X", status="REVERSED")
        )
        assert "void" not in ledger.column("matched_by").values(), other


def test_only_one_line_takes_a_payment_back() -> None:
    """Two voids of one sale, on one day or on two: the second takes part in the match."""
    second = line("N", "X", -1000, channel_ref="C3", traded_at=at("12:06"), **REFUND)
    ledger = voided_later(txn("X", status="REVERSED"), second)
    assert ledger.row_texts[:2] == [
        "M EXCLUDED ALREADY_RECONCILED NONE of L by void",
        "N SUSPENSE STATEMENT_ONLY WAIT",
    ]
    ledger = voided_later(txn("X", status="REVERSED")).run(second)
    assert ledger.row_texts == ["N SUSPENSE STATEMENT_ONLY WAIT"]


def test_voided_payment_is_not_in_force() -> None:
    """C1 is voided; a payment under C3 is a new one, and pairs with a new transaction of ours. C1
    and the void listed again are copies."""
    ledger = voided_later(txn("X", status="REVERSED"))
    ledger.run(
        line("N", "X", channel_ref="C3"),
        line("O", "X", channel_ref="C1"),
        line("P", "X", -1000, channel_ref="C2", **REFUND),
        txn("Y", our_ref="X"),
    )
    assert ledger.row_texts == [
        "O BREAK DUPLICATE_LINE CLAIM of L",
        "P BREAK DUPLICATE_LINE CLAIM of M",
        "Y=N MATCHED NONE by our_ref",
    ]


def test_later_state_of_the_void_itself_is_compared_with_nothing() -> None:
    """The void failed: what our side should say then, nobody knows."""
    ledger = voided_later(txn("X", status="REVERSED"))
    ledger.run(line("N", "X", -1000, channel_ref="C2", status="FAILED", **REFUND), txn("X"))
    assert ledger.row_texts == [
        "N BREAK STATUS_MISMATCH QUERY of M",
        "X BREAK CHANGED_AFTER_MATCH REVIEW of X",
    ]


def test_void_of_a_line_without_a_channel_ref() -> None:
    ledger = new_ledger().run(bare_line("L", "X"), txn("X"))
    ledger.run(bare_line("M", "X", -1000, **REFUND), txn("X", status="REVERSED"))
    assert ledger.row_texts[0] == "M EXCLUDED ALREADY_RECONCILED NONE of L by void"


def test_later_state_of_a_voided_payment_takes_the_place_of_the_void() -> None:
    """C1 is voided by M, then reported as reversed itself, then as failed, both held against X."""
    ledger = voided_later(txn("X", status="REVERSED"))
    ledger.run(line("N", "X", channel_ref="C1", status="REVERSED"))
    assert ledger.row_texts == ["N EXCLUDED ALREADY_RECONCILED NONE of M"]
    ledger.run(line("O", "X", channel_ref="C1", status="FAILED"), txn("X"))
    assert ledger.row_texts == [
        "O BREAK STATUS_MISMATCH REVERSE of N",
        "X BREAK CHANGED_AFTER_MATCH REVIEW of X",
    ]
