"""Step 1 where a batch is all lines since the previous SETTLEMENT line."""

from dataclasses import replace

from tests.support.ledger import day
from tests.support.settlement_ledger import (
    World,
    balance_of,
    credit,
    lines,
    owed_of,
    segment,
    show,
)


def world_of(**rules: object) -> World:
    return World(batch_by="settlement", **rules)


def test_batch_waits_without_a_name_until_its_settlement_line() -> None:
    """500 on T and 300 on T+1: one batch without name and due date; the line of T+2 names it P."""
    world = world_of()
    first = world.run(0, [segment(None, 500)])
    assert show(first) == ["- PENDING 500/0"]
    assert (first.rows[0].batch, first.rows[0].batch_no, first.rows[0].due_date) == (None,) * 3
    assert show(world.run(1, [segment(None, 300)])) == ["- PENDING 800/0"]
    settled = world.run(2, [segment("P", 200, -1000)])
    assert show(settled) == ["P PENDING 1000/0"]
    row = settled.rows[0]
    assert (row.batch_date, row.due_date, row.declared, row.lines) == (day(0), day(3), 1000, 3)


def test_unclosed_batch_takes_no_part_in_credits() -> None:
    """Long past any grace it is still pending, and a credit of its sum waits for the line."""
    world = world_of()
    world.run(0, [segment(None, 500)])
    world.rest(1, 19)
    assert show(world.run(20, credits=[credit("c", 500)])) == [
        "- PENDING 500/0",
        "- PENDING 0/500 c",
    ]
    assert show(world.run(21, [segment("P", 0, -500)])) == ["P SETTLED 500/500 c"]


def test_what_the_declared_sum_leaves_is_carried_out() -> None:
    """Of 1000 the channel pays 700: 300 wait for the lines of the next date."""
    world = world_of()
    settled = world.run(0, [segment("P", 1000, -700)])
    assert show(settled) == ["P PENDING 700/0 out 300", "- CARRIED 0/0 out 300"]
    assert owed_of(settled) == {"open": 1000}
    assert show(world.run(1))[-1] == "- CARRIED 0/0 out 300"
    settled = world.run(2, [segment(None, 50)], [credit("c", 700, "WXP")])
    assert show(settled) == ["P SETTLED 700/700 out 300 c", "- PENDING 350/0"]
    assert balance_of(settled).closing == 350


def test_several_settlement_lines_on_one_date() -> None:
    """500 closed as P, 300 closed as Q, 20 still open, in the order of the date."""
    settled = world_of().run(
        0,
        [
            segment(None, 20, position=2),
            segment("Q", 300, -300, position=1),
            segment("P", 500, -500, position=0),
        ],
    )
    assert show(settled) == ["P PENDING 500/0", "Q PENDING 300/0", "- PENDING 20/0"]


def test_settlement_line_right_after_another_takes_what_was_left() -> None:
    """700 of 1000 on T, the other 300 on T+1 without a line in between."""
    world = world_of()
    world.run(0, [segment("P", 1000, -700)])
    settled = world.run(1, [segment("Q", 0, -300)])
    assert show(settled) == ["P PENDING 700/0 out 300", "Q PENDING 300/0"]
    assert owed_of(settled) == {"open": 1000}


def test_name_that_comes_again_is_the_next_number() -> None:
    world = world_of()
    world.run(0, [segment("P", 500, -500)], [credit("c", 500, "WXP")])
    assert show(world.run(1, [segment("P", 300, -300)])) == ["P#2 PENDING 300/0"]


def test_failed_payout_joins_the_lines_that_follow() -> None:
    """P of 1000 fails on T+1, by its reference: P expects nothing, and Q of 1050 has it all."""
    world = world_of()
    world.run(0, [segment("P", 1000, -1000, names=["po_1"])])
    settled = world.run(1, [segment("Q", 50, -1050, failed=[(1000, "po_1")])])
    assert show(settled) == ["P SETTLED 0/0 out 1000", "Q PENDING 1050/0"]
    assert owed_of(settled) == {"open": 1050}
    assert balance_of(settled).net == 50


def test_failed_payout_without_a_reference_is_the_latest_with_that_amount() -> None:
    """P, Q and R declared 100, 100 and 70; 100 came back: Q's."""
    world = world_of()
    for offset, (name, amount) in enumerate((("P", 100), ("Q", 100), ("R", 70))):
        world.run(offset, [segment(name, amount, -amount)])
    settled = world.run(3, [segment(None, failed=[(100, None)])])
    assert "Q SETTLED 0/0 out 100" in show(settled)
    assert "- PENDING 100/0" in show(settled)


def test_failed_payout_that_nobody_knows_is_money_all_the_same() -> None:
    settled = world_of().run(0, [segment(None, 5, failed=[(100, "po_9")])])
    assert show(settled) == ["- PENDING 105/0"]
    assert balance_of(settled).net == 105


def test_failed_payout_that_was_credited_differs_until_the_bank_returns_it() -> None:
    """P of 1000 was credited on T. It fails on T+1: declared 0, credited 1000. The bank takes the
    1000 back on T+2: P expects nothing and is settled; the balance is owed once, by the next batch.
    """
    world = world_of()
    world.run(0, [segment("P", 1000, -1000)], [credit("c", 1000, "WXP")])
    settled = world.run(1, [segment(None, failed=[(1000, "P")])])
    assert show(settled) == ["P DECLARED_DIFFERS 0/1000 c", "- PENDING 1000/0"]
    assert owed_of(settled) == {"open": 1000, "declared": -1000}
    settled = world.run(2, credits=[credit("r", -1000, original_ref="F-c")])
    assert show(settled) == ["P SETTLED 0/0 out 1000 [RETURNED]", "- PENDING 1000/0"]
    assert owed_of(settled) == {"open": 1000}


def test_less_came_back_than_was_declared() -> None:
    """1000 declared, 990 back: the 10 are a line of the next batch, and owed by nobody."""
    world = world_of()
    world.run(0, [segment("P", 1000, -1000)])
    settled = world.run(1, [segment(None, failed=[(990, "P")])])
    assert show(settled) == ["P SETTLED 0/0 out 1000", "- PENDING 990/0"]
    assert owed_of(settled) == {"open": 990}


def test_declared_batches_are_neither_carried_nor_below_a_minimum() -> None:
    settled = world_of(minimum={"CNY": 500}).run(0, [segment("P", 30, -30)])
    assert show(settled) == ["P PENDING 30/0"]


def test_lines_of_other_currencies_have_their_own_batches() -> None:
    euro = lines("x", 7, currency="EUR")
    dollar = segment(None, 5)
    settled = world_of().run(0, [dollar, replace(dollar, purse=euro.purse, sums=euro.sums)])
    assert sorted((row.currency, row.expected) for row in settled.rows) == [("CNY", 5), ("EUR", 7)]
