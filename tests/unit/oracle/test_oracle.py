"""The rules of the match, one small ledger a rule; the oracle is read against the contract here.

A row reads `ids OUTCOME reasons ACTION [of what it duplicates] [by the pass]`. `X` and `Y` are
transactions of ours, whose own number is their id; `L`, `M`, `N` are lines of the statement; `C1`,
`C2` are the channel's numbers.
"""

from tests.oracle.book import Book, at, day, line, profile, txn


def book(*passes: object, **match: object) -> Book:
    return Book(profile(*passes, **match))


# ---- 1 scope ---------------------------------------------------------------------------------


def test_what_is_not_ours_and_what_is_not_final() -> None:
    """S.. is ours: Z1 is not; a pending line is not judged by its scope; a line without number
    cannot be said to be another's."""
    run = book(scope={"our_ref": "^S"}).run(
        line("L", "S1"), line("M", "Z1"), line("N", "Z2", status="PENDING"), line("O")
    )
    assert run.said == [
        "L SUSPENSE STATEMENT_ONLY WAIT",
        "M EXCLUDED OUT_OF_SCOPE NONE",
        "N EXCLUDED NOT_EXPECTED NONE",
        "O SUSPENSE STATEMENT_ONLY WAIT",
    ]
    assert run.waiting == ["L", "O"]


def test_a_pending_line_is_neither_open_nor_closed() -> None:
    """C1 pending on T, paid on T+1: the paid one meets ours as if nothing had been there."""
    run = book().run(line("L", "X", channel_ref="C1", status="PENDING"), txn("X"))
    assert run.said[0] == "L EXCLUDED NOT_EXPECTED NONE"
    assert run.run(line("M", "X", channel_ref="C1")).said == ["X=M MATCHED NONE by our_ref"]


# ---- 3 duplicates among the members ----------------------------------------------------------


def test_transactions_under_one_number() -> None:
    """Paid before failed, then the earlier: Y stays; Z paid too, X failed."""
    run = book().run(
        txn("X", our_ref="N1", status="FAILED", occurred_at=at(0, -60)),
        txn("Y", our_ref="n1 "),
        txn("Z", our_ref="N1", occurred_at=at(0, 60)),
    )
    assert run.said == [
        "X EXCLUDED NOT_EXPECTED NONE of Y",
        "Y SUSPENSE INTERNAL_ONLY WAIT",
        "Z BREAK DUPLICATE_TRANSACTION REVIEW of Y",
    ]
    assert run.waiting == ["Y"]


def test_lines_under_one_number() -> None:
    """C1: failed 12:00, paid 12:01, failed 12:02, no time paid. Copies go first, each to the first
    of its status; then the last state stays, and overrules the failed one."""
    c1 = {"channel_ref": "C1"}
    run = book().run(
        line("A", "X", status="FAILED", **c1),
        line("B", "X", traded_at=at(0, 60), **c1),
        line("C", "X", traded_at=at(0, 120), status="FAILED", **c1),
        line("D", "X", traded_at=None, **c1),
        txn("X"),
    )
    assert run.said == [
        "A EXCLUDED NOT_EXPECTED NONE of B",
        "C BREAK DUPLICATE_LINE CLAIM of A",
        "D BREAK DUPLICATE_LINE CLAIM of B",
        "X=B MATCHED NONE by our_ref",
    ]


def test_payments_of_one_number() -> None:
    """Four lines of X, 10.00: the paid one of our amount stays, though 9.00 came before it."""
    run = book().run(
        line("A", "X", 900, channel_ref="C1"),
        line("B", "X", channel_ref="C2", traded_at=at(0, 60)),
        line("C", "X", channel_ref="C3", status="REVERSED"),
        line("D", "X", channel_ref="C4", status="CLOSED"),
        txn("X"),
    )
    assert run.said == [
        "A BREAK DUPLICATE_PAYMENT REFUND of B",
        "C BREAK STATUS_MISMATCH REVERSE of B",
        "D EXCLUDED NOT_EXPECTED NONE of B",
        "X=B MATCHED NONE by our_ref",
    ]


# ---- 4 passes --------------------------------------------------------------------------------


def test_a_pair_breaks_with_every_reason_at_once() -> None:
    """10.00 CNY paid against 9.00 USD failed: three reasons, no difference across currencies."""
    run = book().run(line("L", "X", 900, currency="USD", status="FAILED"), txn("X"))
    assert run.said == [
        "X=L BREAK AMOUNT_MISMATCH+CURRENCY_MISMATCH+STATUS_MISMATCH REVIEW by our_ref"
    ]
    assert run.column("difference") == {"X": None}
    assert run.column("internal_currency") == {"X": "CNY"}


def test_statuses_and_what_is_asked_for() -> None:
    """Line against ours: which agree, and what each mismatch asks for."""
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
    for (theirs, ours), asked in cases.items():
        run = book().run(line("L", "X", status=theirs), txn("X", status=ours))
        assert run.column("action") == {"X": asked}, (theirs, ours)
    run = book().run(line("L", "X", -1000), txn("X", -1000, status="FAILED"))
    assert run.column("action") == {"X": "RECOVER"}


def test_passes_in_order() -> None:
    """L meets X by our number before Y could by the channel's; M lost our number and meets Z."""
    run = book().run(
        line("L", "X", channel_ref="C1"),
        line("M", channel_ref="C2"),
        txn("X"),
        txn("Y", channel_ref="C1"),
        txn("Z", channel_ref="c2"),
    )
    assert run.said == [
        "X=L MATCHED NONE by our_ref",
        "Y SUSPENSE INTERNAL_ONLY WAIT",
        "Z=M MATCHED NONE by channel_ref",
    ]


def test_kinds_do_not_cross_and_nothing_is_not_equal_to_nothing() -> None:
    """A refund under the payment's number; a line and a transaction both without channel_ref."""
    run = book().run(
        line("L", "X", -1000, kind="REFUND"), txn("X"), line("M", "''"), txn("Y", our_ref='"')
    )
    assert [row.split()[2] for row in run.said] == ["STATEMENT_ONLY"] * 2 + ["INTERNAL_ONLY"] * 2
    assert run.column("our_ref") == {"L": "X", "X": "X", "M": None, "Y": None}


CARD = {"name": "card", "on": ["amount", "currency", "account_tail"], "within_seconds": 60}


def test_time_distance_the_limit_included() -> None:
    """60 s apart pairs, 61 s does not, nor does a line without a time; a paid line that has our
    number takes no part in a pass without a reference, nor does a failed one."""
    run = book("our_ref", CARD).run(
        line("L", account_tail="1", traded_at=at(0, 60)), txn("X", account_tail="1"),
        line("M", account_tail="2", traded_at=at(0, -61)), txn("Y", account_tail="2"),
        line("N", account_tail="3", traded_at=None), txn("Z", account_tail="3"),
        line("O", "Q", account_tail="4"), txn("V", account_tail="4"),
        line("P", account_tail="5", status="FAILED"), txn("W", account_tail="5"),
        line("R", account_tail="6"), txn("U", account_tail="6", status="FAILED"),
        line("S", account_tail="7"), txn("T", account_tail="7", status="PENDING"),
    )  # fmt: skip
    pairs = [row for row in run.said if "=" in row]
    assert pairs == ["T=S BREAK STATUS_MISMATCH CONFIRM by card", "X=L MATCHED NONE by card"]
    assert not any("AMBIGUOUS" in row for row in run.said)


def test_look_alikes_wait_until_the_rival_is_gone() -> None:
    """L could be X or Y: all three are ambiguous, and wait. On T+1 M names Y in the first pass;
    the rival is gone, and L pairs with X."""
    tail = {"account_tail": "1"}
    run = book("our_ref", CARD).run(line("L", **tail), txn("X", **tail), txn("Y", **tail))
    assert run.said == [f"{each} SUSPENSE AMBIGUOUS WAIT" for each in "LXY"]
    assert run.run(line("M", "Y")).said == [
        "X=L MATCHED NONE by card",
        "Y=M MATCHED NONE by our_ref",
    ]


def test_a_pass_is_not_repeated_within_a_run() -> None:
    """By channel_ref L could be X or Y; a later pass takes Y away with M. X had a candidate: it is
    ambiguous today, and pairs on the next run."""
    tail = {"name": "tail", "on": ["amount", "currency", "account_tail"]}
    run = book("channel_ref", tail).run(
        line("L", channel_ref="C1"),
        line("M", account_tail="1"),
        txn("X", channel_ref="C1"),
        txn("Y", channel_ref="C1", account_tail="1"),
    )
    assert run.said == [
        "L SUSPENSE AMBIGUOUS WAIT",
        "X SUSPENSE AMBIGUOUS WAIT",
        "Y=M MATCHED NONE by tail",
    ]
    assert run.run().said == ["X=L MATCHED NONE by channel_ref"]


# ---- on a row --------------------------------------------------------------------------------


def test_a_row_has_the_lines_references_and_ours_where_it_has_none() -> None:
    """The line's as received; its order_ref is empty, so ours stands there; fee is the line's."""
    run = book().run(
        line("L", " x", 990, channel_ref="c-1", order_ref="''"),
        txn("X", channel_ref="C-1", order_ref="o1"),
    )
    row = run.rows[0]
    shown = {name: row[name] for name in ("our_ref", "channel_ref", "order_ref", "fee")}
    assert shown == {"our_ref": " x", "channel_ref": "c-1", "order_ref": "o1", "fee": 6}
    assert (row["our_ref_norm"], row["channel_ref_norm"]) == ("X", "C-1")
    assert (row["internal_amount"], row["statement_amount"], row["difference"]) == (1000, 990, -10)
    assert row["traded_at"] == at(0)


def test_of_a_pair_the_earlier_date_and_more_chances() -> None:
    """Ours since T without statement, theirs since T+1."""
    run = book().run(txn("X"), whole=False).run(line("L", "X"))
    assert (run.column("first_run_date"), run.column("chances")) == ({"X": day(0)}, {"X": 1})
