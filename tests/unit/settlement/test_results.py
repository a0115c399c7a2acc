"""Step 4 and 5: results over time, returned credits, balances."""

from dataclasses import replace

import pytest

from jobs.settlement.balances import SettlementUnbalanced
from schemas.business_calendar import Calendar
from tests.support.ledger import day
from tests.support.settlement_ledger import (
    World,
    balance_of,
    credit,
    lines,
    owed_of,
    show,
    terms_of,
)


def test_unpaid_batch_is_pending_late_missing_and_out_of_sight() -> None:
    """Due T+1, grace 2: pending to T+1, late on T+2 and T+3, missing on T+4, once."""
    world = World()
    results = [
        show(world.run(offset, [lines("A", 9)] if not offset else ())) for offset in range(6)
    ]
    assert [row[0].split()[1] if row else "" for row in results] == [
        "PENDING", "PENDING", "LATE", "LATE", "MISSING", "",
    ]  # fmt: skip
    assert owed_of(world.run(6)) == {"missing": 9}


@pytest.mark.parametrize(("offset", "reasons"), [(1, ()), (2, ()), (3, ()), (4, ("LATE",))])
def test_paid_after_grace_is_late(offset: int, reasons: tuple[str, ...]) -> None:
    """On the run of MISSING's day itself the money comes: settled, late."""
    world = World()
    world.run(0, [lines("A", 9)])
    world.rest(1, offset - 1) if offset > 1 else None
    settled = world.run(offset, credits=[credit("c", 9)])
    assert (settled.rows[0].result, settled.rows[0].reasons) == ("SETTLED", reasons)


def test_due_counts_from_the_settlement_date_or_the_latest_line() -> None:
    """Settlement date T+3 with lines of T: due T+4. Lines of T+5 for it: due T+6."""
    world = World(batch_by="settlement_date")
    assert world.run(0, [lines(3, 100)]).rows[0].due_date == day(4)
    assert world.run(5, [lines(3, 100)]).rows[0].due_date == day(6)


def test_lines_after_the_first_credit_do_not_move_the_due_date() -> None:
    """600 of 1000 on T+1; 50 more lines on T+2: still due on T+1."""
    world = World()
    world.run(0, [lines("A", 1000)])
    world.run(1, credits=[credit("c", 600, "WXA")])
    settled = world.run(2, [lines("A", 50)])
    assert show(settled) == ["A SHORT 1050/600 c"]
    assert settled.rows[0].due_date == day(1)


def test_short_batch_is_open_until_missings_day() -> None:
    """600 of 1000: short on T to T+3, closed as short on T+4; CLAIM 400."""
    world = World()
    for offset in range(5):
        batches = [] if offset else [lines("A", 1000)]
        settled = world.run(offset, batches, [] if offset else [credit("c", 600, "WXA")])
        assert show(settled) == ["A SHORT 1000/600 c"]
        assert settled.rows[0].action == "CLAIM"
        assert owed_of(settled) == ({"open": 400} if offset < 4 else {"short": 400})
    assert show(world.run(5)) == []


def test_ambiguous_batch_closes_as_such_and_stays_a_candidate() -> None:
    """A and B of 500, one credit: ambiguous until T+4; the second credit comes on T+6."""
    world = World()
    world.run(0, [lines("A", 500), lines("B", 500)], [credit("c", 500)])
    assert show(world.rest(1, 2))[:2] == ["A AMBIGUOUS 500/0", "B AMBIGUOUS 500/0"]
    assert show(world.run(3))[2] == "- UNKNOWN_CREDIT 0/500 c"
    settled = world.run(4)
    assert show(settled) == ["A AMBIGUOUS 500/0", "B AMBIGUOUS 500/0"]
    assert show(world.run(5)) == []
    assert show(world.run(6, credits=[credit("d", 500)])) == [
        "A SETTLED 500/500 [LATE] c", "B SETTLED 500/500 [LATE] d",
    ]  # fmt: skip


def test_without_the_bank_statement_everything_keeps_its_result() -> None:
    """A pending, B late, S short: on a run without the bank's statement none of them moves."""
    world = World()
    world.run(0, [lines("B", 7)])
    world.run(1)
    world.run(2, [lines("A", 8), lines("S", 9)], [credit("s", 5, "WXS"), credit("x", 3)])
    for offset in (3, 4, 5, 6, 7):
        settled = world.run(offset, bank=False)
        assert show(settled) == [
            "B LATE 7/0 [BANK_STATEMENT_MISSING]",
            "A PENDING 8/0 [BANK_STATEMENT_MISSING]",
            "S SHORT 9/5 [BANK_STATEMENT_MISSING] s",
            "- PENDING 0/3 [BANK_STATEMENT_MISSING] x",
        ]
    assert show(world.run(8)) == [
        "B MISSING 7/0", "A MISSING 8/0", "S SHORT 9/5 s", "- UNKNOWN_CREDIT 0/3 x",
    ]  # fmt: skip


def test_batch_that_comes_without_the_bank_statement_is_pending() -> None:
    """Its settlement date is long past, and still nothing is called late."""
    world = World(batch_by="settlement_date", due={"after": 0, "days": "calendar"}, grace=0)
    assert show(world.run(0, [lines(-9, 5)], bank=False)) == [
        f"{day(-9)} PENDING 5/0 [BANK_STATEMENT_MISSING]"
    ]


def test_credit_waits_then_is_unknown_once_and_a_candidate() -> None:
    """700 on T, grace 2: waits to T+2, unknown on T+3; a batch of 700 takes it until T+33."""
    for offset, rows in ((33, ["A SETTLED 700/700 c"]), (34, ["A PENDING 700/0"])):
        world = World()
        for early in range(3):
            settled = world.run(early, credits=[] if early else [credit("c", 700)])
            assert show(settled) == ["- PENDING 0/700 c"]
            assert owed_of(settled) == {"waiting": -700}
        assert show(world.run(3)) == ["- UNKNOWN_CREDIT 0/700 c"]
        assert show(world.run(4)) == []
        world.rest(5, offset - 1)
        assert show(world.run(offset, [lines("A", 700)])) == rows


def test_credit_of_the_first_days_is_of_before_the_start() -> None:
    """First date T, due 1, grace 2: credits to T+3 may pay what was before; T+4's do not."""
    for offset, result in ((3, "BEFORE_START"), (4, "UNKNOWN_CREDIT")):
        world = World(first=0)
        world.run(offset, credits=[credit("c", 700)])
        settled = world.rest(offset + 1, offset + 3)
        assert show(settled) == [f"- {result} 0/700 c"]
        assert settled.rows[0].action == ("NONE" if offset == 3 else "REVIEW")


def test_returned_credit_opens_all_batches_that_it_paid() -> None:
    """300 and 500 are paid by 800, which the bank takes back on T+9: both are due on T+10."""
    world = World()
    world.run(0, [lines("A", 300), lines("B", 500)], [credit("c", 800)])
    world.rest(1, 8)
    back = credit("r", -800, original_ref="F-c")
    settled = world.run(9, credits=[back])
    assert show(settled) == ["A RETURNED 300/0 [RETURNED]", "B RETURNED 500/0 [RETURNED]"]
    assert {(row.due_date, row.action) for row in settled.rows} == {(day(10), "REVIEW")}
    assert owed_of(settled) == {"open": 800}
    assert show(world.run(10)) == ["A PENDING 300/0", "B PENDING 500/0"]
    assert show(world.rest(11, 11)) == ["A LATE 300/0", "B LATE 500/0"]


def test_bank_line_takes_back_the_credit_of_its_bank_reference() -> None:
    """MT940 prints a reversal under the reference of the credit, which is in `batch_ref`."""
    world = World()
    world.run(0, [lines("A", 300)], [credit("c", 300, "WXA", batch_ref="LOT9")])
    back = credit("r", -300, batch_ref="LOT9")
    assert show(world.run(1, credits=[back])) == ["A RETURNED 300/0 [RETURNED]"]


def test_returned_credit_is_paid_again_in_the_same_run() -> None:
    world = World()
    world.run(0, [lines("A", 300)], [credit("c", 300, "WXA")])
    again = [credit("r", -300, original_ref="F-c"), credit("d", 300, "WXA")]
    assert show(world.run(1, credits=again)) == ["A SETTLED 300/300 [RETURNED] d"]


def test_returned_batch_is_not_carried() -> None:
    """Minimum 500; A of 300 was paid before it was decided, and the bank takes the 300 back."""
    world = World(minimum={"CNY": 500})
    world.run(0, [lines("A", 300)], [credit("c", 300, "WXA")])
    world.run(1, credits=[credit("r", -300, original_ref="F-c")])
    assert show(world.run(2)) == ["A PENDING 300/0"]


@pytest.mark.parametrize(
    ("offset", "amount", "names"), [(31, -300, "F-c"), (9, -299, "F-c"), (9, -300, "F-x")]
)
def test_what_is_no_return(offset: int, amount: int, names: str) -> None:
    """31 run dates later; not the whole amount; another reference: a debit that waits."""
    world = World()
    world.run(0, [lines("A", 300)], [credit("c", 300, "WXA")])
    world.rest(1, offset - 1)
    settled = world.run(offset, credits=[credit("r", amount, original_ref=names)])
    assert show(settled) == [f"- PENDING 0/{amount} r"]


def test_return_within_thirty_run_dates() -> None:
    world = World()
    world.run(0, [lines("A", 300)], [credit("c", 300, "WXA")])
    world.rest(1, 29)
    settled = world.run(30, credits=[credit("r", -300, our_ref="F-c")])
    assert show(settled) == ["A RETURNED 300/0 [RETURNED]"]


def test_credit_that_paid_nothing_and_its_return_are_gone() -> None:
    """700 of T comes back on T+1: both unknown on that run, then nothing, and nothing is owed."""
    world = World()
    world.run(0, credits=[credit("c", 700)])
    settled = world.run(1, credits=[credit("r", -700, original_ref="F-c")])
    assert show(settled) == ["- UNKNOWN_CREDIT 0/700 c", "- UNKNOWN_CREDIT 0/-700 r"]
    assert owed_of(settled) == {}
    assert show(world.run(2, [lines("A", 700)])) == ["A PENDING 700/0"]


def test_credit_and_its_return_on_one_date() -> None:
    pair = [credit("c", 700), credit("r", -700, original_ref="F-c")]
    settled = World().run(0, [lines("A", 700)], pair)
    assert show(settled)[0] == "A PENDING 700/0"
    assert owed_of(settled) == {"open": 700}


def test_actions() -> None:
    """What a row asks for, by its result."""
    world = World()
    first = world.run(
        0, [lines("A", 5), lines("B", 50), lines("C", 500)],
        [credit("b", 49, "WXB"), credit("c", 501, "WXC")],
    )  # fmt: skip
    settled = [*first.rows, *world.run(1).rows, *world.run(2).rows, *world.rest(3, 4).rows]
    actions = {(row.result, row.action) for row in settled}
    assert actions == {
        ("PENDING", "WAIT"), ("SHORT", "CLAIM"), ("OVER", "REVIEW"), ("LATE", "QUERY"),
        ("MISSING", "QUERY"),
    }  # fmt: skip


def test_calendar_that_ends_leaves_the_due_date_open() -> None:
    """The calendar knows nothing of next year: no due date, and the batch stays pending."""
    calendar = Calendar(country="CN")
    offset = (calendar.last_day - day(0)).days
    terms = terms_of(calendar=calendar, due={"after": 1, "days": "business", "calendar": "cn"})
    world = World(terms)
    settled = world.run(offset, [lines("A", 5)])
    assert (settled.rows[0].due_date, settled.rows[0].result) == (None, "PENDING")
    assert show(world.rest(offset + 1, offset + 9)) == ["A PENDING 5/0"]


def test_balance_carries_on_from_day_to_day() -> None:
    """1000 on T, 700 of it paid on T+1 with 50 more lines: 350 are owed."""
    world = World()
    world.run(0, [lines("A", 1000)])
    balance = balance_of(world.run(1, [lines("B", 50)], [credit("c", 700, "WXA")]))
    assert (balance.opening, balance.net, balance.credited) == (1000, 50, 700)
    assert (balance.closing, balance.open) == (350, 350)
    assert balance_of(world.run(2)).opening == 350


def test_what_is_no_longer_known_stays_in_the_balance() -> None:
    """9 are missing on T+4; 100 run dates later they still are."""
    world = World()
    world.run(0, [lines("A", 9)])
    settled = world.rest(1, 104)
    assert (world.state.batches, owed_of(settled)) == ((), {"missing": 9})


def test_bank_line_is_given_once() -> None:
    world = World()
    world.run(0, credits=[credit("c", 5)])
    with pytest.raises(SettlementUnbalanced, match="bank line c was given"):
        world.run(1, credits=[credit("c", 5)])


def test_state_that_does_not_add_up_is_refused() -> None:
    """A state that lost a batch of 1000 cannot be gone on with."""
    world = World()
    world.run(0, [lines("A", 1000)])
    world.state = replace(world.state, batches=())
    with pytest.raises(SettlementUnbalanced, match="closing balance 1000 is not open 0"):
        world.run(1)


def test_dates_go_forward_only() -> None:
    world = World()
    world.run(1)
    with pytest.raises(ValueError, match="is not after"):
        world.run(1)
