"""Options of a profile: tolerance, exclusions, interchangeable items, authority.

Names and rows as in test_oracle.py.
"""

from typing import Any

import pytest

from tests.oracle.reference_ledger import ReferenceLedger
from tests.support.ledger import T, at, bare_line, day, line, txn
from tests.unit.oracle.test_oracle import new_ledger
from tests.unit.oracle.test_oracle_closed import closed_payment

# ---- 13 tolerance ----------------------------------------------------------------------------

NEAR = {"name": "our_ref", "on": ["our_ref"], "tolerance": {"CNY": 3}}


def test_difference_within_the_tolerance_is_matched() -> None:
    """3 fen either way; 4 fen are a difference, and so are 3 yen, for which nothing is allowed."""
    ledger = new_ledger(NEAR).run(
        bare_line("A", "A", 1003), txn("TA", our_ref="A"),
        bare_line("B", "B", 997), txn("TB", our_ref="B"),
        bare_line("C", "C", 1004), txn("TC", our_ref="C"),
        bare_line("D", "D", 1003, currency="JPY"), txn("TD", our_ref="D", currency="JPY"),
        bare_line("E", "E", 1000), txn("TE", our_ref="E"),
    )  # fmt: skip
    assert ledger.row_texts == [
        "TA=A MATCHED WITHIN_TOLERANCE NONE by our_ref",
        "TB=B MATCHED WITHIN_TOLERANCE NONE by our_ref",
        "TC=C BREAK AMOUNT_MISMATCH REVIEW by our_ref",
        "TD=D BREAK AMOUNT_MISMATCH REVIEW by our_ref",
        "TE=E MATCHED NONE by our_ref",
    ]
    assert ledger.column("difference") == {"TA": 3, "TB": -3, "TC": 4, "TD": 3, "TE": 0}


def test_tolerance_needs_that_nothing_else_differs() -> None:
    ledger = new_ledger(NEAR).run(bare_line("L", "X", 1001), txn("X", status="PENDING"))
    assert ledger.row_texts == ["X=L BREAK AMOUNT_MISMATCH+STATUS_MISMATCH REVIEW by our_ref"]
    ledger = new_ledger(NEAR).run(bare_line("L", "X", 1001, currency="USD"), txn("X"))
    assert ledger.row_texts == ["X=L BREAK CURRENCY_MISMATCH REVIEW by our_ref"]


def test_tolerance_of_a_late_pair_and_of_one_pass_only() -> None:
    window = {"internal": 0, "statement": 0}
    ledger = new_ledger(NEAR, window=window).run(txn("X")).run(bare_line("L", "X", 1001))
    assert ledger.row_texts == ["X=L MATCHED WITHIN_TOLERANCE+LATE NONE by our_ref"]
    ledger = new_ledger(NEAR, "channel_ref").run(
        line("L", None, 1001, channel_ref="C1"), txn("X", channel_ref="C1")
    )
    assert ledger.row_texts == ["X=L BREAK AMOUNT_MISMATCH REVIEW by channel_ref"]


def test_pair_within_tolerance_is_closed_as_it_is() -> None:
    """Ours sent again unchanged, or with the line's amount, is reconciled; it is offered to no
    group."""
    order = {"order_ref": "O1"}
    ledger = new_ledger(NEAR, groups=["order_ref"]).run(
        bare_line("L", "X", 1003, **order), txn("X", **order), txn("Y", 3, **order)
    )
    assert ledger.row_texts == [
        "X=L MATCHED WITHIN_TOLERANCE NONE by our_ref",
        "Y SUSPENSE INTERNAL_ONLY WAIT",
    ]
    assert ledger.run(txn("X", 1003)).row_texts[0] == "X EXCLUDED ALREADY_RECONCILED NONE"


def test_groups_know_no_tolerance() -> None:
    batch = {"batch_ref": "B1"}
    ledger = new_ledger(NEAR, groups=["batch_ref"]).run(
        bare_line("L", None, 1003, **batch), txn("X", **batch)
    )
    assert ledger.row_texts == [
        "L SUSPENSE GROUP_INCOMPLETE WAIT",
        "X SUSPENSE GROUP_INCOMPLETE WAIT",
    ]


# ---- 14 exclusions ---------------------------------------------------------------------------


def excluded_by(rule: dict[str, Any], *lines: dict[str, Any]) -> list[str]:
    """Ids of the lines that a rule of T excludes."""
    exclude = [{"name": "rule", "owner": "treasury", "from": T, **rule}]
    rows = new_ledger(scope={"exclude": exclude}).run(*lines).rows
    return sorted(row["line_id"] for row in rows if row["matched_by"] == "rule")


def test_exclusion_by_words_and_amounts() -> None:
    """All that is given must fit; both ends of an amount count, with their signs."""
    interest = {"kind": "ADJUSTMENT", "product": "interest"}
    rule = {"kind": ["ADJUSTMENT"], "product": ["interest"], "currency": ["CNY"],
            "amount": {"min": -100, "max": 500}}  # fmt: skip
    lines = [
        bare_line("A", None, -100, **interest),
        bare_line("B", None, 500, **interest),
        bare_line("C", None, 501, **interest),
        bare_line("D", None, -101, **interest),
        bare_line("E", None, 5, **(interest | {"product": "Interest"})),
        bare_line("F", None, 5, **(interest | {"product": None})),
        bare_line("G", None, 5, **(interest | {"kind": "FEE"})),
        bare_line("H", None, 5, currency="JPY", **interest),
    ]
    assert excluded_by(rule, *lines) == ["A", "B"]
    assert excluded_by({"currency": ["CNY"], "amount": {"max": 0}}, *lines) == ["A", "D"]


def test_exclusion_by_patterns() -> None:
    """Patterns and values are compared in upper case and after NFKC, values with single blanks;
    references are taken as received. Escapes keep their meaning."""
    lines = [
        bare_line("A", None, payer_name="  treasury\t  Ltd "),
        bare_line("B", None, payer_name="\uff34\uff32\uff25\uff21\uff33\uff35\uff32\uff39 ltd"),
        bare_line("C", None, payer_name="Treasuryltd"),
        bare_line("D", None, payer_name=None),
        bare_line("E", "sw-00 7", text="monthly SWEEP of account"),
    ]
    assert excluded_by({"payer_name": "^TREASURY LTD$"}, *lines) == ["A", "B"]
    assert excluded_by({"payer_name": "^Treasury \uff2ctd$"}, *lines) == ["A", "B"]
    assert excluded_by({"text": "SWEEP"}, *lines) == ["E"]
    assert excluded_by({"text": "sweep"}, *lines) == ["E"]
    assert excluded_by({"our_ref": r"^sw-\d+ 7"}, *lines) == ["E"]
    assert excluded_by({"text": "S"}, bare_line("F", None, text="s" * 2001)) == []
    assert excluded_by({"our_ref": "^SW-00 7$"}, *lines) == ["E"]
    assert excluded_by({"our_ref": "^SW", "payer_name": "."}, *lines) == []


def test_reference_that_is_empty_is_missing() -> None:
    """A quote is no reference, and a text of blanks no text."""
    lines = [line("L", "'", channel_ref=" x "), bare_line("M", None, text="  ")]
    assert excluded_by({"our_ref": ".*"}, *lines) == []
    assert excluded_by({"text": ".*"}, *lines) == []
    assert excluded_by({"channel_ref": "^X$"}, *lines) == ["L"]


def test_exclusion_begins_on_its_date() -> None:
    """And the first rule that fits is named; the lines that are out of scope have no rule."""
    exclude = [
        {"name": "later", "owner": "a", "from": day(1), "our_ref": "^Z"},
        {"name": "all", "owner": "b", "from": T, "kind": ["PAYMENT"]},
    ]
    ledger = new_ledger(scope={"exclude": exclude, "merchants": ["M1"]})
    ledger.run(bare_line("L", "Z1"), bare_line("M", "Z2", merchant_id="M2"))
    assert ledger.row_texts == [
        "L EXCLUDED OUT_OF_SCOPE NONE by all",
        "M EXCLUDED OUT_OF_SCOPE NONE",
    ]
    ledger.run(bare_line("N", "Z1"), bare_line("O", "A"), bare_line("P", "Z", status="PENDING"))
    assert ledger.row_texts == [
        "N EXCLUDED OUT_OF_SCOPE NONE by later",
        "O EXCLUDED OUT_OF_SCOPE NONE by all",
        "P EXCLUDED NOT_EXPECTED NONE",
    ]


# ---- 15 interchangeable items ----------------------------------------------------------------

EQUAL = {"name": "equal", "on": ["amount", "currency"], "within_seconds": 60}


def instalments(lines: int, transactions: int, **match: Any) -> ReferenceLedger:
    return new_ledger("our_ref", EQUAL | {"interchangeable": True}, **match).run(
        *[bare_line(f"L{i}") for i in range(lines)], *[txn(f"X{i}") for i in range(transactions)]
    )


def test_equal_items_are_one_unit() -> None:
    ledger = instalments(3, 3)
    assert len(ledger.rows) == 6
    assert {text.split(" ", 1)[1] for text in ledger.row_texts} == {"MATCHED NONE by equal"}
    assert set(ledger.column("unit_id").values()) == {"equal:X0"}
    assert ledger.column("difference")["X0"] == 0
    assert instalments(1, 1).row_texts == ["X0=L0 MATCHED NONE by equal"]


def test_equal_items_are_ambiguous_by_default() -> None:
    ledger = new_ledger("our_ref", EQUAL).run(bare_line("L"), bare_line("M"), txn("X"), txn("Y"))
    assert {text.split(" ", 1)[1] for text in ledger.row_texts} == {"SUSPENSE AMBIGUOUS WAIT"}


@pytest.mark.parametrize(("lines", "transactions"), [(2, 3), (3, 2), (1, 2)])
def test_unequal_numbers_stay_ambiguous(lines: int, transactions: int) -> None:
    assert set(instalments(lines, transactions).column("outcome").values()) == {"SUSPENSE"}


def test_equal_items_need_every_candidate_and_nobody_else() -> None:
    """M is 61 s from X, though all others are near each other; or Y is pending."""
    equal = EQUAL | {"interchangeable": True}
    ledger = new_ledger("our_ref", equal).run(
        bare_line("L", traded_at=at("12:00:30")),
        bare_line("M", traded_at=at("12:01:01")),
        txn("X"),
        txn("Y", occurred_at=at("12:00:30")),
    )
    assert set(ledger.column("outcome").values()) == {"SUSPENSE"}
    ledger = new_ledger("our_ref", equal).run(
        bare_line("L"), bare_line("M"), txn("X"), txn("Y", status="PENDING")
    )
    assert set(ledger.column("outcome").values()) == {"SUSPENSE"}


def test_two_sets_of_equal_items_and_late_ones() -> None:
    """10.00 twice at noon and twice at one; X0 broke before: late on its set only."""
    window = {"internal": 0, "statement": 0}
    ledger = new_ledger("our_ref", EQUAL | {"interchangeable": True}, window=window).run(txn("X0"))
    ledger.run(
        bare_line("L"), bare_line("M"), txn("X1"),
        *[bare_line(name, traded_at=at("13")) for name in "NO"],
        *[txn(name, occurred_at=at("13")) for name in ("Y0", "Y1")],
    )  # fmt: skip
    assert ledger.row_texts == [
        "L MATCHED LATE NONE by equal",
        "M MATCHED LATE NONE by equal",
        "N MATCHED NONE by equal",
        "O MATCHED NONE by equal",
        "X0 MATCHED LATE NONE by equal",
        "X1 MATCHED LATE NONE by equal",
        "Y0 MATCHED NONE by equal",
        "Y1 MATCHED NONE by equal",
    ]


# ---- 18 authority ----------------------------------------------------------------------------

FINAL = {"authority": "statement", "authority_limit": {"CNY": 500}}


def test_statement_is_final_within_the_limit() -> None:
    ledger = new_ledger(**FINAL).run(
        bare_line("A", "A", 1500), txn("TA", our_ref="A"),
        bare_line("B", "B", 499), txn("TB", our_ref="B"),
        bare_line("C", "C", 900), txn("TC", our_ref="C", status="PENDING"),
        bare_line("D", "D"), txn("TD", our_ref="D", status="FAILED"),
        bare_line("E", "E", 1100, currency="JPY"), txn("TE", our_ref="E", currency="JPY"),
        bare_line("F", "F", currency="JPY"), txn("TF", our_ref="F"),
        bare_line("G", "G"), txn("TG", our_ref="G"),
    )  # fmt: skip
    assert ledger.column("action") == {
        "TA": "ADOPT", "TB": "REVIEW", "TC": "ADOPT", "TD": "ADOPT", "TE": "REVIEW",
        "TF": "REVIEW", "TG": "NONE",
    }  # fmt: skip


def test_statement_is_final_for_a_late_pair() -> None:
    window = {"internal": 0, "statement": 0}
    ledger = new_ledger(window=window, **FINAL).run(txn("X")).run(bare_line("L", "X", 1100))
    assert ledger.row_texts == ["X=L BREAK AMOUNT_MISMATCH+LATE ADOPT by our_ref"]


def test_statement_is_final_for_a_later_state() -> None:
    """X = L is reversed: adopted, where the amount that it speaks of is near ours as last sent.
    What has no pair is not."""
    for amount, action in ((1000, "ADOPT"), (1500, "ADOPT"), (1501, "REVERSE")):
        ledger = closed_payment(**FINAL)
        ledger.run(line("M", "X", amount, channel_ref="C1", status="REVERSED"))
        assert ledger.row_texts == [f"M BREAK STATUS_MISMATCH {action} of L"]
    ledger = closed_payment(**FINAL).run(line("N", "X", channel_ref="C2"))
    assert ledger.row_texts == ["N BREAK DUPLICATE_PAYMENT REFUND of L"]
    ledger.run(line("O", "X", channel_ref="C2", status="REVERSED"))
    assert ledger.row_texts == ["O BREAK STATUS_MISMATCH QUERY of N"]


def test_statement_is_final_for_a_void_over_the_cut_off() -> None:
    ledger = closed_payment(**FINAL).run(
        line("M", "X", -1000, channel_ref="C2", kind="REFUND"), txn("X", status="CLOSED")
    )
    assert ledger.row_texts[0] == "M BREAK STATUS_MISMATCH ADOPT of L by void"


def test_statement_is_not_final_for_other_breaks() -> None:
    """A reversed line under another number, kinds that differ, and groups."""
    ledger = closed_payment(**FINAL).run(line("M", "X", channel_ref="C2", status="REVERSED"))
    assert ledger.row_texts == ["M BREAK STATUS_MISMATCH REVERSE of L"]
    window = {"internal": 0, "statement": 0}
    ledger = new_ledger(window=window, **FINAL).run(bare_line("L", "X"), txn("X", kind="TOP_UP"))
    assert ledger.row_texts == ["X=L BREAK KIND_MISMATCH REVIEW by kind"]
    batch = {"batch_ref": "B1"}
    ledger = new_ledger(window=window, groups=["batch_ref"], **FINAL).run(
        bare_line("L", None, 1100, **batch), txn("X", **batch)
    )
    assert set(ledger.column("action").values()) == {"REVIEW"}
