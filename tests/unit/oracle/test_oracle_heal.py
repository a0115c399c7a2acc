"""Groups that take pairs in, and groups that broke and heal.

Names and rows as in test_oracle.py.
"""

from tests.support.ledger import bare_line, day, line, txn
from tests.unit.oracle.test_oracle import new_ledger
from tests.unit.oracle.test_oracle_windows import window_ledger

O1 = {"order_ref": "O1"}
GROUPS = {"groups": ["order_ref"]}

# ---- pairs in groups -------------------------------------------------------------------------


def test_pair_of_unequal_amounts_joins_its_group() -> None:
    """Two orders of 80.00 and 20.00 are paid at once under the first one's number."""
    ledger = new_ledger(**GROUPS).run(
        txn("X", 8000, **O1), txn("Y", 2000, **O1), bare_line("L", "X", 10000, **O1)
    )
    assert ledger.row_texts == [f"{name} MATCHED NONE by order_ref" for name in "LXY"]
    assert ledger.column("difference") == {"X": 0, "Y": None, "L": None}


def test_pair_stands_where_the_group_does_not_add_up() -> None:
    """10.00 are missing; Y and its line are a group without the pair. And where no member is left
    outside the pairs, the pairs stand, too."""
    ledger = new_ledger(**GROUPS).run(
        txn("X", 8000, **O1), txn("Y", 1000, **O1), bare_line("L", "X", 10000, **O1)
    )
    assert ledger.row_texts == [
        "X=L BREAK AMOUNT_MISMATCH REVIEW by our_ref",
        "Y SUSPENSE INTERNAL_ONLY WAIT",
    ]
    ledger = new_ledger(**GROUPS).run(
        txn("X", 8000, **O1), txn("Y", 1000, **O1), bare_line("L", "X", 10000, **O1),
        bare_line("M", None, 1000, **O1),
    )  # fmt: skip
    assert ledger.row_texts == [
        "M MATCHED NONE by order_ref",
        "X=L BREAK AMOUNT_MISMATCH REVIEW by our_ref",
        "Y MATCHED NONE by order_ref",
    ]
    ledger = new_ledger(**GROUPS).run(
        txn("X", 8000, **O1), txn("Y", 2000, **O1), bare_line("L", "X", 7000, **O1),
        bare_line("M", "Y", 3000, **O1),
    )  # fmt: skip
    assert [row.split()[1] for row in ledger.row_texts] == ["BREAK", "BREAK"]


def test_pair_with_another_reason_or_key_is_not_offered() -> None:
    """Statuses differ, reversed on both sides, currencies differ, or the line has another order."""
    for changes, line_changes in (
        ({"status": "PENDING"}, {}),
        ({"status": "REVERSED"}, {"status": "REVERSED"}),
        ({}, {"currency": "JPY"}),
        ({}, {"order_ref": "O2"}),
        ({}, {"order_ref": None}),
    ):
        ledger = new_ledger(**GROUPS).run(
            txn("X", 8000, **O1, **changes),
            txn("Y", 2000, **O1),
            bare_line("L", "X", 10000, **(O1 | line_changes)),
        )
        assert "X=L BREAK" in ledger.row_texts[0], (changes, line_changes)


def test_pair_told_before_is_not_undone() -> None:
    """The pair of T stands when Y comes on T+1."""
    ledger = new_ledger(**GROUPS).run(txn("X", 8000, **O1), bare_line("L", "X", 10000, **O1))
    assert ledger.row_texts == ["X=L BREAK AMOUNT_MISMATCH REVIEW by our_ref"]
    assert ledger.run(txn("Y", 2000, **O1)).row_texts == ["Y SUSPENSE INTERNAL_ONLY WAIT"]


def test_pair_of_a_late_item_joins_its_group() -> None:
    """X broke on T; the line comes with Y on T+1: late on every row."""
    ledger = window_ledger(0, **GROUPS).run(txn("X", 8000, **O1))
    ledger.run(txn("Y", 2000, **O1), bare_line("L", "X", 10000, **O1))
    assert ledger.row_texts == [f"{name} MATCHED LATE NONE by order_ref" for name in "LXY"]


def test_groups_are_offered_a_pair_in_their_order() -> None:
    """By batch the sums differ, by order they agree."""
    both = {"groups": ["batch_ref", "order_ref"]}
    b1 = {"batch_ref": "B1"}
    ledger = new_ledger(**both).run(
        txn("X", 8000, **O1, **b1), txn("Y", 2000, **O1), txn("Z", 700, **b1),
        bare_line("L", "X", 10000, **O1, **b1),
    )  # fmt: skip
    assert ledger.row_texts == [
        "L MATCHED NONE by order_ref",
        "X MATCHED NONE by order_ref",
        "Y MATCHED NONE by order_ref",
        "Z SUSPENSE INTERNAL_ONLY WAIT",
    ]


# ---- groups that broke -----------------------------------------------------------------------


def broken_group(chances: int = 0, **match: object):
    """50.00 of ours, of which 20.00 are missing; broken on T with window 0."""
    return window_ledger(chances, **GROUPS, **match).run(
        txn("X", 3000, **O1), txn("Y", 2000, **O1), bare_line("L", None, 3000, **O1)
    )


def test_late_member_completes_a_broken_group() -> None:
    """Told once, then silent; the missing line comes on T+2, and all rows say LATE."""
    ledger = broken_group()
    assert ledger.row_texts == [
        f"{name} BREAK AMOUNT_MISMATCH REVIEW by order_ref" for name in "LXY"
    ]
    assert ledger.late_candidate_ids == ["L", "X", "Y"]
    assert {item["group_id"] for item in ledger.open_items} == {"order_ref:O1"}
    assert ledger.run_empty_days(1).row_texts == []
    ledger.run(bare_line("M", None, 2000, **O1))
    assert ledger.row_texts == [f"{name} MATCHED LATE NONE by order_ref" for name in "LMXY"]
    assert ledger.column("difference") == {"X": 0, "Y": None, "L": None, "M": None}
    assert ledger.open_items == []


def test_new_member_waits_in_a_broken_group_then_all_break_again() -> None:
    """Window 1: broken on T+1. M comes on T+2 with 10.00 of 20.00, waits alone, and on T+3 all
    break again, dated anew. N comes on T+4."""
    ledger = broken_group(1).run_empty_days(1)
    assert set(ledger.column("outcome").values()) == {"BREAK"}
    ledger.run(bare_line("M", None, 1000, **O1))
    assert ledger.row_texts == ["M SUSPENSE GROUP_INCOMPLETE WAIT"]
    ledger.run_empty_days(1)
    assert ledger.row_texts == [
        f"{name} BREAK AMOUNT_MISMATCH+LATE REVIEW by order_ref" for name in "LMXY"
    ]
    assert {item["broke_on"] for item in ledger.open_items} == {day(3)}
    ledger.run(bare_line("N", None, 1000, **O1))
    assert ledger.row_texts == [f"{name} MATCHED LATE NONE by order_ref" for name in "LMNXY"]


def test_broken_group_expires() -> None:
    """late 2: on T+3 the line that was missing finds nobody, and the members are closed."""
    ledger = broken_group(late=2).run_empty_days(2)
    assert ledger.open_items == []
    ledger.run(bare_line("M", None, 2000, **O1), txn("X", 3100, **O1))
    assert ledger.row_texts == [
        "M BREAK STATEMENT_ONLY REFUND",
        "X BREAK CHANGED_AFTER_MATCH REVIEW of X",
    ]
    assert broken_group(late=0).open_items == []


def test_member_sent_again_keeps_its_place() -> None:
    """X is sent again as it was: all break again, for a row of X may not be missing. Sent with the
    amount of the line it completes the group."""
    ledger = broken_group().run(txn("X", 3000, **O1))
    assert ledger.row_texts == [
        f"{name} BREAK AMOUNT_MISMATCH+LATE REVIEW by order_ref" for name in "LXY"
    ]
    assert ledger.column("first_run_date")["X"] == day(0)
    ledger = broken_group().run(txn("X", 1000, **O1))
    assert ledger.row_texts == [f"{name} MATCHED LATE NONE by order_ref" for name in "LXY"]


def test_member_sent_again_as_failed_is_gone() -> None:
    """The group goes on without it, and has nothing new to say."""
    ledger = broken_group().run(txn("Y", 2000, status="FAILED", **O1))
    assert ledger.row_texts[-1] == "Y EXCLUDED NOT_EXPECTED NONE"
    assert ledger.late_candidate_ids == []
    assert ledger.row_texts[:2] == [
        "L MATCHED LATE NONE by order_ref",
        "X MATCHED LATE NONE by order_ref",
    ]


def test_failed_member_that_succeeds_after_all_is_a_member_again() -> None:
    """Nothing of it was reconciled. Sent once more as failed it is left over again."""
    again = "LX BREAK AMOUNT_MISMATCH+LATE REVIEW by order_ref"
    for status, row_texts in (
        ("SUCCEEDED", [again.replace("LX", name) for name in "LX"]),
        ("FAILED", ["X EXCLUDED NOT_EXPECTED NONE"]),
    ):
        ledger = window_ledger(0, **GROUPS).run(
            txn("X", 3000, **O1), bare_line("L", None, 1000, **O1)
        )
        ledger.run(txn("X", 3000, status="FAILED", **O1))
        assert ledger.row_texts == ["X EXCLUDED NOT_EXPECTED NONE"]
        assert ledger.run(txn("X", 3000, status=status, **O1)).row_texts == row_texts


def test_member_of_a_broken_group_meets_its_own_line() -> None:
    """A line with Y's our_ref pairs with it in step 4; the others stay in the group, silently."""
    ledger = broken_group().run(bare_line("M", "Y", 2000))
    assert ledger.row_texts == [
        "L MATCHED LATE NONE by order_ref",
        "X MATCHED LATE NONE by order_ref",
        "Y=M MATCHED LATE NONE by our_ref",
    ]
    ledger = broken_group().run(bare_line("M", "X", 3000))
    assert ledger.row_texts == ["X=M MATCHED LATE NONE by our_ref"]
    assert ledger.late_candidate_ids == ["L", "Y"]


def test_rows_of_an_open_group_close_nothing() -> None:
    """L broke in its group. Listed again it is a copy among the participants, reversed it is
    overruled; neither is held against the broken row."""
    c1 = {"channel_ref": "C1"}
    for status, row_texts in (
        ("SUCCEEDED", ["N BREAK DUPLICATE_LINE CLAIM of M"]),
        ("REVERSED", ["M EXCLUDED NOT_EXPECTED+LATE NONE of N", "N BREAK STATEMENT_ONLY REVIEW"]),
    ):
        ledger = window_ledger(0, **GROUPS).run(
            txn("X", 3000, **O1), line("M", None, 1000, **c1, **O1)
        )
        ledger.run(line("N", None, 1000, status=status, **c1))
        assert ledger.row_texts == row_texts


def test_healed_line_counts_as_it_was_settled_last() -> None:
    """M broke on T and healed on T+1. Reversed on T+2 it is a later state of a line of a group."""
    c1 = {"channel_ref": "C1"}
    ledger = window_ledger(0, **GROUPS).run(txn("X", 3000, **O1), line("M", None, 1000, **c1, **O1))
    ledger.run(bare_line("N", None, 2000, **O1))
    assert ledger.row_texts == [f"{name} MATCHED LATE NONE by order_ref" for name in "MNX"]
    ledger.run(line("O", None, 1000, status="REVERSED", **c1), txn("X", 3000, **O1))
    assert ledger.row_texts == [
        "O BREAK STATUS_MISMATCH QUERY of M",
        "X EXCLUDED ALREADY_RECONCILED NONE",
    ]
