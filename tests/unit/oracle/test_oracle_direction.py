"""The sign of the money belongs to the kind in passes, duplicates and look-back.

Names and rows as in test_oracle.py.
"""

from tests.support.ledger import bare_line, line, txn
from tests.unit.oracle.test_oracle import new_ledger

LOST = {"kind": "CHARGEBACK", "amount": -8000}
WON = {"kind": "CHARGEBACK", "amount": 8000}


def test_won_chargeback_is_no_second_payment() -> None:
    """80.00 are taken back from us, and given back a day later under one our_ref."""
    ledger = new_ledger().run(
        line("L", "S", channel_ref="D1", **LOST), txn("X", our_ref="S", **LOST)
    )
    assert ledger.row_texts == ["X=L MATCHED NONE by our_ref"]
    ledger.run(line("M", "S", channel_ref="D2", **WON), txn("Y", our_ref="S", **WON))
    assert ledger.row_texts == ["Y=M MATCHED NONE by our_ref"]


def test_other_direction_of_one_channel_ref_is_no_copy() -> None:
    """The channel repeats the number of the chargeback; on one day or on two."""
    lost = line("L", "S", channel_ref="D1", **LOST), txn("X", our_ref="S", **LOST)
    won = line("M", "S", channel_ref="D1", **WON), txn("Y", our_ref="S", **WON)
    pairs = ["X=L MATCHED NONE by our_ref", "Y=M MATCHED NONE by our_ref"]
    assert new_ledger().run(*lost, *won).row_texts == pairs
    ledger = new_ledger().run(*lost)
    assert ledger.row_texts + ledger.run(*won).row_texts == pairs


def test_payout_taken_back_by_a_plus_is_no_second_payout() -> None:
    """A payout of -10.00 is matched; the line that gives it back waits for our side."""
    payout = {"kind": "PAYOUT", "amount": -1000}
    ledger = new_ledger().run(line("L", "X", channel_ref="C1", **payout), txn("X", **payout))
    ledger.run(line("M", "X", 1000, channel_ref="C2", kind="PAYOUT"))
    assert ledger.row_texts == ["M SUSPENSE STATEMENT_ONLY WAIT"]


def test_passes_pair_no_opposite_directions() -> None:
    """A payment of ours and a negative payment of theirs do not meet, by whatever pass."""
    ledger = new_ledger().run(line("L", "X", -1000), txn("X", channel_ref="C-L"))
    assert ledger.row_texts == ["L SUSPENSE STATEMENT_ONLY WAIT", "X SUSPENSE INTERNAL_ONLY WAIT"]


def test_zero_goes_where_its_kind_goes() -> None:
    """A payment of 0 is a second payment beside one of 10.00, a refund of 0 one beside -10.00;
    neither meets the other direction."""
    ledger = new_ledger().run(
        bare_line("A", "P", 1000),
        bare_line("B", "P", 0),
        bare_line("C", "P", -1000),
        bare_line("D", "R", -1000, kind="REFUND"),
        bare_line("E", "R", 0, kind="REFUND"),
        bare_line("F", "R", 1000, kind="REFUND"),
    )
    assert ledger.row_texts == [
        "A SUSPENSE STATEMENT_ONLY WAIT",
        "B BREAK DUPLICATE_PAYMENT REVIEW of A",
        "C SUSPENSE STATEMENT_ONLY WAIT",
        "D SUSPENSE STATEMENT_ONLY WAIT",
        "E BREAK DUPLICATE_PAYMENT REVIEW of D",
        "F SUSPENSE STATEMENT_ONLY WAIT",
    ]


def test_transactions_of_two_directions_are_no_duplicates() -> None:
    """A payment and its correction of ours, both under our_ref S."""
    ledger = new_ledger().run(
        txn("X", our_ref="S"), txn("Y", -1000, our_ref="S"), txn("Z", -900, our_ref="S")
    )
    assert ledger.row_texts == [
        "X SUSPENSE INTERNAL_ONLY WAIT",
        "Y SUSPENSE INTERNAL_ONLY WAIT",
        "Z BREAK DUPLICATE_TRANSACTION REVIEW of Y",
    ]


def test_line_that_failed_speaks_of_the_payment_of_its_sign() -> None:
    """C1 is paid, then reversed: the reversed line bears the payment's sign and takes its place.
    With the other sign it speaks of nothing that is closed."""
    for amount, row_text in (
        (1000, "M BREAK STATUS_MISMATCH REVERSE of L"),
        (-1000, "M SUSPENSE STATEMENT_ONLY WAIT"),
    ):
        ledger = new_ledger().run(line("L", "X", channel_ref="C1"), txn("X"))
        ledger.run(line("M", "X", amount, channel_ref="C1", status="REVERSED"))
        assert ledger.row_texts == [row_text]
