"""The rules of the match, one small ledger for each: these tests check the oracle by hand.

A row reads `ids OUTCOME reasons ACTION [of the original] [by the pass]`. `X` and `Y` are
transactions, whose our_ref is their id; `L`, `M`, `N` are statement lines; `C1`, `C2` are values of
channel_ref.
"""

from tests.oracle.reference_ledger import ReferenceLedger, profile
from tests.support.ledger import at, bare_line, day, line, txn


def new_ledger(*passes: object, **match: object) -> ReferenceLedger:
    return ReferenceLedger(profile(*passes, **match))


# ---- 1 scope ---------------------------------------------------------------------------------


def test_out_of_scope_and_pending_lines_are_excluded() -> None:
    """S.. is ours: Z1 is not. A pending line is excluded whatever its scope. A line without our_ref
    is taken for ours."""
    ledger = new_ledger(scope={"our_ref": "^S"}).run(
        bare_line("L", "S1"),
        bare_line("M", "Z1"),
        bare_line("N", "Z2", status="PENDING"),
        bare_line("O"),
    )
    assert ledger.row_texts == [
        "L SUSPENSE STATEMENT_ONLY WAIT",
        "M EXCLUDED OUT_OF_SCOPE NONE",
        "N EXCLUDED NOT_EXPECTED NONE",
        "O SUSPENSE STATEMENT_ONLY WAIT",
    ]
    assert ledger.waiting_ids == ["L", "O"]


def test_pending_line_is_neither_open_nor_closed() -> None:
    """C1 is pending on T and paid on T+1: the paid line pairs as if the first had not come."""
    ledger = new_ledger().run(line("L", "X", channel_ref="C1", status="PENDING"), txn("X"))
    assert ledger.row_texts[0] == "L EXCLUDED NOT_EXPECTED NONE"
    assert ledger.run(line("M", "X", channel_ref="C1")).row_texts == ["X=M MATCHED NONE by our_ref"]


# ---- 3 duplicates ----------------------------------------------------------------------------


def test_one_transaction_per_our_ref_is_kept() -> None:
    """Succeeded before failed, then the earlier: Y is kept; Z succeeded too, X failed."""
    ledger = new_ledger().run(
        txn("X", our_ref="N1", status="FAILED", occurred_at=at("11:59")),
        txn("Y", our_ref="n1 "),
        txn("Z", our_ref="N1", occurred_at=at("12:01")),
    )
    assert ledger.row_texts == [
        "X EXCLUDED NOT_EXPECTED NONE of Y",
        "Y SUSPENSE INTERNAL_ONLY WAIT",
        "Z BREAK DUPLICATE_TRANSACTION REVIEW of Y",
    ]
    assert ledger.waiting_ids == ["Y"]


def test_one_line_per_channel_ref_is_kept() -> None:
    """C1: failed 12:00, paid 12:01, failed 12:02, paid without a time. First the copies go, each
    naming the first of its status; then the last state is kept and supersedes the failed one."""
    c1 = {"channel_ref": "C1"}
    ledger = new_ledger().run(
        bare_line("A", "X", status="FAILED", **c1),
        bare_line("B", "X", traded_at=at("12:01"), **c1),
        bare_line("C", "X", traded_at=at("12:02"), status="FAILED", **c1),
        bare_line("D", "X", traded_at=None, **c1),
        txn("X"),
    )
    assert ledger.row_texts == [
        "A EXCLUDED NOT_EXPECTED NONE of B",
        "C BREAK DUPLICATE_LINE CLAIM of A",
        "D BREAK DUPLICATE_LINE CLAIM of B",
        "X=B MATCHED NONE by our_ref",
    ]


def test_one_payment_line_per_our_ref_is_kept() -> None:
    """Four lines of X, 10.00: the paid one of that amount is kept, though 9.00 came before it."""
    ledger = new_ledger().run(
        line("A", "X", 900, channel_ref="C1"),
        line("B", "X", channel_ref="C2", traded_at=at("12:01")),
        line("C", "X", channel_ref="C3", status="REVERSED"),
        line("D", "X", channel_ref="C4", status="CLOSED"),
        txn("X"),
    )
    assert ledger.row_texts == [
        "A BREAK DUPLICATE_PAYMENT REFUND of B",
        "C BREAK STATUS_MISMATCH REVERSE of B",
        "D EXCLUDED NOT_EXPECTED NONE of B",
        "X=B MATCHED NONE by our_ref",
    ]


# ---- 4 passes --------------------------------------------------------------------------------


def test_pair_breaks_with_every_reason_at_once() -> None:
    """10.00 paid against 9.00 failed: two reasons. Across currencies there is no difference, and
    amounts are not compared."""
    ledger = new_ledger().run(bare_line("L", "X", 900, status="FAILED"), txn("X"))
    assert ledger.row_texts == ["X=L BREAK AMOUNT_MISMATCH+STATUS_MISMATCH REVIEW by our_ref"]
    assert ledger.column("difference") == {"X": -100}
    ledger = new_ledger().run(bare_line("L", "X", 900, currency="USD", status="FAILED"), txn("X"))
    assert ledger.row_texts == ["X=L BREAK CURRENCY_MISMATCH+STATUS_MISMATCH REVIEW by our_ref"]
    assert ledger.column("difference") == {"X": None}
    assert ledger.column("internal_currency") == {"X": "CNY"}


def test_action_of_each_status_mismatch() -> None:
    """Status of the line and of the transaction: which agree, and the action of each mismatch."""
    cases = {
        ("SUCCEEDED", "SUCCEEDED"): "NONE",
        ("REVERSED", "REVERSED"): "NONE",
        ("FAILED", "CLOSED"): "NONE",
        ("SUCCEEDED", "PENDING"): "CONFIRM",
        ("SUCCEEDED", "FAILED"): "REFUND",
        ("SUCCEEDED", "REVERSED"): "QUERY",
        ("FAILED", "SUCCEEDED"): "REVERSE",
        ("REVERSED", "SUCCEEDED"): "REVERSE",
        ("REVERSED", "FAILED"): "QUERY",
        ("FAILED", "PENDING"): "QUERY",
    }
    for (line_status, txn_status), action in cases.items():
        ledger = new_ledger().run(
            bare_line("L", "X", status=line_status), txn("X", status=txn_status)
        )
        assert ledger.column("action") == {"X": action}, (line_status, txn_status)
    ledger = new_ledger().run(bare_line("L", "X", -1000), txn("X", -1000, status="FAILED"))
    assert ledger.column("action") == {"X": "RECOVER"}


def test_earlier_pass_pairs_first() -> None:
    """L pairs with X by our_ref before Y could by channel_ref; M has no our_ref and pairs with
    Z."""
    ledger = new_ledger().run(
        line("L", "X", channel_ref="C1"),
        line("M", channel_ref="C2"),
        txn("X"),
        txn("Y", channel_ref="C1"),
        txn("Z", channel_ref="c2"),
    )
    assert ledger.row_texts == [
        "X=L MATCHED NONE by our_ref",
        "Y SUSPENSE INTERNAL_ONLY WAIT",
        "Z=M MATCHED NONE by channel_ref",
    ]


def test_other_kinds_and_null_references_do_not_match() -> None:
    """A refund under the payment's number; a line and a transaction both without channel_ref."""
    ledger = new_ledger().run(
        bare_line("L", "X", -1000, kind="REFUND"),
        txn("X"),
        bare_line("M", "''"),
        txn("Y", our_ref='"'),
    )
    assert [row.split()[2] for row in ledger.row_texts] == ["STATEMENT_ONLY"] * 2 + [
        "INTERNAL_ONLY"
    ] * 2
    assert ledger.column("our_ref") == {"L": "X", "X": "X", "M": None, "Y": None}


CARD = {"name": "card", "on": ["amount", "currency", "account_tail"], "within_seconds": 60}


def test_pass_by_time_includes_its_limit() -> None:
    """60 s apart pairs, 61 s does not, nor does a line without a time. A pass without a reference
    takes no line that has our_ref, and no failed line."""
    ledger = new_ledger("our_ref", CARD).run(
        bare_line("L", account_tail="1", traded_at=at("12:01")), txn("X", account_tail="1"),
        bare_line("M", account_tail="2", traded_at=at("11:58:59")), txn("Y", account_tail="2"),
        bare_line("N", account_tail="3", traded_at=None), txn("Z", account_tail="3"),
        bare_line("O", "Q", account_tail="4"), txn("V", account_tail="4"),
        bare_line("P", account_tail="5", status="FAILED"), txn("W", account_tail="5"),
        bare_line("R", account_tail="6"), txn("U", account_tail="6", status="FAILED"),
        bare_line("S", account_tail="7"), txn("T", account_tail="7", status="PENDING"),
    )  # fmt: skip
    pairs = [row for row in ledger.row_texts if "=" in row]
    assert pairs == ["T=S BREAK STATUS_MISMATCH CONFIRM by card", "X=L MATCHED NONE by card"]
    assert not any("AMBIGUOUS" in row for row in ledger.row_texts)


def test_ambiguous_items_pair_when_one_candidate_is_left() -> None:
    """L could be X or Y: all three are ambiguous, and wait. On T+1 M takes Y in the first pass, and
    L pairs with X, its only candidate."""
    tail = {"account_tail": "1"}
    ledger = new_ledger("our_ref", CARD).run(
        bare_line("L", **tail), txn("X", **tail), txn("Y", **tail)
    )
    assert ledger.row_texts == [f"{name} SUSPENSE AMBIGUOUS WAIT" for name in "LXY"]
    assert ledger.run(bare_line("M", "Y")).row_texts == [
        "X=L MATCHED NONE by card",
        "Y=M MATCHED NONE by our_ref",
    ]


def test_pass_is_not_repeated_within_a_run() -> None:
    """By channel_ref L could be X or Y; a later pass takes Y away with M. X had a candidate: it is
    ambiguous today, and pairs on the next ledger."""
    tail = {"name": "tail", "on": ["amount", "currency", "account_tail"]}
    ledger = new_ledger("channel_ref", tail).run(
        line("L", channel_ref="C1"),
        bare_line("M", account_tail="1"),
        txn("X", channel_ref="C1"),
        txn("Y", channel_ref="C1", account_tail="1"),
    )
    assert ledger.row_texts == [
        "L SUSPENSE AMBIGUOUS WAIT",
        "X SUSPENSE AMBIGUOUS WAIT",
        "Y=M MATCHED NONE by tail",
    ]
    assert ledger.run().row_texts == ["X=L MATCHED NONE by channel_ref"]


# ---- columns of a row ------------------------------------------------------------------------


def test_row_has_references_of_the_line_else_of_the_transaction() -> None:
    """The line's as received; its order_ref is empty, so the transaction's is there; fee is the
    line's."""
    ledger = new_ledger().run(
        line("L", " x", 990, channel_ref="c-1", order_ref="''"),
        txn("X", channel_ref="C-1", order_ref="o1"),
    )
    row = ledger.rows[0]
    values = {name: row[name] for name in ("our_ref", "channel_ref", "order_ref", "fee")}
    assert values == {"our_ref": " x", "channel_ref": "c-1", "order_ref": "o1", "fee": 6}
    assert (row["our_ref_norm"], row["channel_ref_norm"]) == ("X", "C-1")
    assert (row["internal_amount"], row["statement_amount"], row["difference"]) == (1000, 990, -10)
    assert row["traded_at"] == at("12")


def test_pair_keeps_earlier_date_and_more_matching_attempts() -> None:
    """The transaction came on T, without a statement; the line came on T+1."""
    ledger = new_ledger().run(txn("X"), is_statement_complete=False).run(bare_line("L", "X"))
    assert (ledger.column("first_run_date"), ledger.column("chances")) == ({"X": day(0)}, {"X": 1})
