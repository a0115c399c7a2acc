"""Step 3: credits find their batches; everything is found before anything is taken."""

from typing import Any

import pytest

from tests.support.ledger import day
from tests.support.settlement_ledger import World, credit, lines, owed_of, show


def run_together(amounts: dict[str, int], credits: dict[str, int], **rules: Any) -> list[str]:
    """Batches and credits of one date, without a word of what belongs together."""
    return show(
        World(**rules).run(
            0,
            [lines(name, amount) for name, amount in amounts.items()],
            [credit(name, amount) for name, amount in credits.items()],
        )
    )


def test_credit_that_names_a_batch_is_bound_to_it_alone() -> None:
    """B and A owe 500; the credit of 500 names B, whatever the amounts say."""
    settled = World().run(0, [lines("A", 500), lines("B", 500)], [credit("c", 500, "pay wxB/1")])
    assert show(settled) == ["A PENDING 500/0", "B SETTLED 500/500 c"]
    assert settled.rows[1].matched_by == "reference"


def test_all_bound_credits_pay_together() -> None:
    """A of 1000 is paid by 600 and 400 that both name it."""
    credits = [credit("c", 600, "WXA"), credit("d", 400, "WXA")]
    assert show(World().run(0, [lines("A", 1000)], credits)) == ["A SETTLED 1000/1000 c+d"]


def test_tolerance_holds_for_bound_credits() -> None:
    """998 of 1000 with a tolerance of 2 settles, and 2 stay owed as tolerance; 997 is short."""
    for amount, result in ((998, "SETTLED"), (1002, "SETTLED"), (997, "SHORT"), (1003, "OVER")):
        world = World(tolerance={"CNY": 2})
        settled = world.run(0, [lines("A", 1000)], [credit("c", amount, "WXA")])
        assert show(settled) == [f"A {result} 1000/{amount} c"]
        cause = {"SETTLED": "tolerance", "SHORT": "open", "OVER": "over"}[result]
        assert owed_of(settled) == {cause: 1000 - amount}


def test_credit_that_names_only_a_closed_batch_waits() -> None:
    """A is paid; a second 500 that names it pays neither A nor B, which owes 500 too."""
    world = World()
    world.run(0, [lines("A", 500)], [credit("c", 500, "WXA")])
    settled = world.run(1, [lines("B", 500)], [credit("d", 500, "WXA")])
    assert show(settled) == ["B PENDING 500/0", "- PENDING 0/500 d"]


def test_credit_that_names_a_batch_of_another_currency_waits() -> None:
    settled = World().run(
        0, [lines("A", 500), lines("B", 500, currency="EUR")],
        [credit("c", 500, "WXA", currency="EUR")],
    )  # fmt: skip
    assert "- PENDING 0/500 c" in show(settled)


def test_credit_names_a_missing_batch() -> None:
    """A of 1000 is missing on T+4; the credit that names it comes on T+20, late."""
    world = World()
    world.run(0, [lines("A", 1000)])
    world.rest(1, 19)
    settled = world.run(20, credits=[credit("c", 1000, "WXA")])
    assert show(settled) == ["A SETTLED 1000/1000 [LATE] c"]
    assert owed_of(settled) == {}


def test_credit_names_an_open_batch_rather_than_a_missing_one_of_the_key() -> None:
    """Lines open the missing A again, so there is one A; the credit pays it."""
    world = World()
    world.run(0, [lines("A", 1000)])
    world.rest(1, 4)
    settled = world.run(5, [lines("A", 200)], [credit("c", 1200, "WXA")])
    assert show(settled) == ["A SETTLED 1200/1200 c"]


def test_unknown_credit_is_bound_when_its_batch_comes() -> None:
    """700 that names A is unknown on T+3; A's lines come on T+10."""
    world = World(find=[{"reference": "WX{batch}"}])
    world.run(0, credits=[credit("c", 700, "WXA")])
    assert "UNKNOWN_CREDIT" in show(world.rest(1, 3))[0]
    settled = world.rest(4, 9)
    assert owed_of(settled) == {"unknown": -700}
    assert show(world.run(10, [lines("A", 700)])) == ["A SETTLED 700/700 c"]


def test_credit_that_names_several_open_batches_is_left_to_the_later_steps() -> None:
    """One credit of 800 names A and B, of 300 and 500: they are contiguous, and paid together."""
    settled = World().run(0, [lines("A", 300), lines("B", 500)], [credit("c", 800, "WXA WXB")])
    assert show(settled) == ["A SETTLED 300/300 c", "B SETTLED 500/500 c"]
    assert {row.matched_by for row in settled.rows} == {"batches"}


def test_as_many_equal_credits_are_paired_in_order() -> None:
    """A and B owe 500; c and d are 500: A gets c, B gets d."""
    assert run_together({"B": 500, "A": 500}, {"d": 500, "c": 500}) == [
        "A SETTLED 500/500 c", "B SETTLED 500/500 d",
    ]  # fmt: skip


def test_unequal_numbers_are_ambiguous() -> None:
    """Two batches of 500 and one credit: nobody knows which; all three say so."""
    assert run_together({"A": 500, "B": 500}, {"c": 500}) == [
        "A AMBIGUOUS 500/0", "B AMBIGUOUS 500/0", "- AMBIGUOUS 0/500 c",
    ]  # fmt: skip


def test_ambiguity_ends_when_the_second_credit_comes() -> None:
    world = World()
    world.run(0, [lines("A", 500), lines("B", 500)], [credit("c", 500)])
    assert show(world.run(1, credits=[credit("d", 500)])) == [
        "A SETTLED 500/500 c", "B SETTLED 500/500 d",
    ]  # fmt: skip


def test_order_of_credits() -> None:
    """Value date, then channel_ref, line number, id."""
    credits = [
        credit("a", 500, value_date=day(2)),
        credit("b", 500, value_date=day(1), channel_ref="2", line_no=2),
        credit("c", 500, value_date=day(1), channel_ref="2", line_no=1),
        credit("d", 500, value_date=day(1), channel_ref="1", line_no=9),
    ]
    batches = [lines(name, 500) for name in "ABCD"]
    rows = show(World().run(0, batches, credits))
    assert [row[-1] for row in rows] == ["d", "c", "b", "a"]


def test_sole_amounts_within_tolerance() -> None:
    """Tolerance 5: 1003 pays 1000 where each is the other's only one, and nobody else otherwise."""
    tolerance = {"CNY": 5}
    assert run_together({"A": 1000}, {"c": 1003}, tolerance=tolerance) == ["A SETTLED 1000/1003 c"]
    rows = run_together({"A": 1000, "B": 1004}, {"c": 1002}, tolerance=tolerance)
    assert [row.split()[1] for row in rows] == ["PENDING", "PENDING", "PENDING"]
    rows = run_together({"A": 1000}, {"c": 1002, "d": 998}, tolerance=tolerance)
    assert [row.split()[1] for row in rows] == ["PENDING", "PENDING", "PENDING"]
    assert run_together({"A": 1000}, {"c": 1006}, tolerance=tolerance)[0] == "A PENDING 1000/0"


def test_short_batch_takes_part_with_what_it_lacks() -> None:
    """A of 1000 got 600 by name; 400 without a name makes it whole, in the same run."""
    credits = [credit("c", 600, "WXA"), credit("d", 400)]
    assert show(World().run(0, [lines("A", 1000)], credits)) == ["A SETTLED 1000/1000 c+d"]


def test_contiguous_batches_by_one_credit() -> None:
    """Friday 300, Saturday 500, Sunday 700, paid as 1500 on Monday: shares in all three rows."""
    world = World(batch_by="business_date", grace=9)
    for offset, amount in enumerate((300, 500, 700)):
        world.run(offset, [lines(offset, amount)])
    settled = world.run(3, credits=[credit("c", 1500)])
    assert show(settled) == [
        f"{day(0)} SETTLED 300/300 c", f"{day(1)} SETTLED 500/500 c", f"{day(2)} SETTLED 700/700 c",
    ]  # fmt: skip
    assert owed_of(settled) == {}


def test_batches_that_are_not_contiguous_are_not_paid_together() -> None:
    """300 + 700 are 1000, but 500 stands between them."""
    rows = run_together({"A": 300, "B": 500, "C": 700}, {"c": 1000})
    assert [row.split()[1] for row in rows] == ["PENDING"] * 4


def test_two_runs_are_ambiguous() -> None:
    """300 + 500 and 500 + 300 are both 800: A, B, C and the credit are ambiguous."""
    rows = run_together({"A": 300, "B": 500, "C": 300}, {"c": 800})
    assert [row.split()[1] for row in rows] == ["AMBIGUOUS"] * 4


def test_member_of_another_run_is_ambiguous() -> None:
    """300 + 500 for 800 and 500 + 700 for 1200 share B. D and E for 11 stay apart."""
    rows = run_together(
        {"A": 300, "B": 500, "C": 700, "D": 5, "E": 6}, {"c": 800, "d": 1200, "e": 11}
    )
    assert [row.split()[1] for row in rows] == [
        "AMBIGUOUS", "AMBIGUOUS", "AMBIGUOUS", "SETTLED", "SETTLED", "AMBIGUOUS", "AMBIGUOUS",
    ]  # fmt: skip


def test_two_equal_credits_for_one_run_are_ambiguous() -> None:
    rows = run_together({"A": 300, "B": 500}, {"c": 800, "d": 800})
    assert [row.split()[1] for row in rows] == ["AMBIGUOUS"] * 4


@pytest.mark.parametrize(("count", "result"), [(31, "SETTLED"), (32, "PENDING")])
def test_runs_have_at_most_31_members(count: int, result: str) -> None:
    amounts = {f"B{number:02d}": 2**number for number in range(count)}
    rows = run_together(amounts, {"c": 2**count - 1})
    assert rows[0].split()[1] == result


def test_runs_never_cross_per() -> None:
    """300 of m1 and 500 of m2 are no run; 300 and 500 of m1 are."""
    for merchant, result in (("m2", "PENDING"), ("m1", "SETTLED")):
        settled = World(per=["merchant_id"]).run(
            0, [lines("A", 300, per="m1"), lines("B", 500, per=merchant)], [credit("c", 800)]
        )
        assert {row.result for row in settled.rows} == {result}


def test_one_batch_by_several_credits() -> None:
    """A of 1000 by 400 and 600 without a name."""
    world = World()
    settled = world.run(0, [lines("A", 1000)], [credit("c", 400), credit("d", 600)])
    assert show(settled) == ["A SETTLED 1000/1000 c+d"]
    assert settled.rows[0].matched_by == "credits"


def test_one_batch_by_two_possible_runs_of_credits_is_ambiguous() -> None:
    rows = run_together({"A": 1000}, {"c": 400, "d": 600, "e": 400})
    assert [row.split()[1] for row in rows] == ["AMBIGUOUS"] * 4


def test_step_goes_over_what_the_one_before_left_and_is_not_repeated() -> None:
    """Fri 500, Sat 500, Sun 700; credits 500 and 1200. 500 is ambiguous; 1200 is Sat + Sun; Fri and
    500 are the only ones then, and are paired by the next run, not by this one.
    """
    world = World(batch_by="business_date", grace=9)
    for offset, amount in enumerate((500, 500, 700)):
        world.run(offset, [lines(offset, amount)])
    assert show(world.run(3, credits=[credit("c", 500), credit("d", 1200)])) == [
        f"{day(0)} AMBIGUOUS 500/0",
        f"{day(1)} SETTLED 500/500 d",
        f"{day(2)} SETTLED 700/700 d",
        "- AMBIGUOUS 0/500 c",
    ]
    assert show(world.run(4)) == [f"{day(0)} SETTLED 500/500 c"]


def test_missing_batches_take_part_only_where_there_is_nothing_else() -> None:
    """A of 500 is missing. With B open the credit is B's; without it, A's."""
    for batches, rows in (
        ([lines("B", 500)], ["B SETTLED 500/500 c"]),
        ([], ["A SETTLED 500/500 [LATE] c"]),
    ):
        world = World()
        world.run(0, [lines("A", 500)])
        world.rest(1, 4)
        assert show(world.run(5, batches, [credit("c", 500)])) == rows


def test_unknown_credits_take_part_only_where_there_is_nothing_else() -> None:
    """c of 500 is unknown. A of 500 gets the credit of its own date if there is one, else c."""
    for credits, row in (([credit("d", 500)], "A SETTLED 500/500 d"), ([], "A SETTLED 500/500 c")):
        world = World()
        world.run(0, credits=[credit("c", 500)])
        world.rest(1, 4)
        assert show(world.run(5, [lines("A", 500)], credits)) == [row]


def test_missing_batches_and_unknown_credits_stand_in_runs() -> None:
    """A of 300 is missing, B of 500 is open: 800 pays both. c of 400 is unknown: with d of 600 it
    pays 1000.
    """
    world = World()
    world.run(0, [lines("A", 300)])
    world.rest(1, 4)
    assert show(world.run(5, [lines("B", 500)], [credit("c", 800)])) == [
        "A SETTLED 300/300 [LATE] c", "B SETTLED 500/500 c",
    ]  # fmt: skip
    world = World()
    world.run(0, credits=[credit("c", 400)])
    world.rest(1, 4)
    assert show(world.run(5, [lines("A", 1000)], [credit("d", 600)])) == ["A SETTLED 1000/1000 c+d"]


def test_missing_batch_is_a_candidate_for_thirty_run_dates() -> None:
    """Missing on T+4: paid on T+34, not on T+35."""
    for offset, rows in ((34, ["A SETTLED 500/500 [LATE] c"]), (35, ["- PENDING 0/500 c"])):
        world = World()
        world.run(0, [lines("A", 500)])
        world.rest(1, offset - 1)
        assert show(world.run(offset, credits=[credit("c", 500)])) == rows


def test_unclosed_lines_and_sums_of_nothing_take_no_part() -> None:
    """A batch of nothing does not lengthen a run: 300, 0 and 500 by 800 is one run only."""
    settled = World().run(
        0, [lines("A", 300), lines("B", 9, refunds=-9), lines("C", 500)], [credit("c", 800)]
    )
    assert show(settled) == ["A SETTLED 300/300 c", "B PENDING 0/0", "C SETTLED 500/500 c"]


def test_runs_are_those_of_before_the_step() -> None:
    """500 pays B and C; A and D do not become neighbours by that, so 700 pays neither of them."""
    amounts = {"A": 100, "B": 200, "C": 300, "D": 600}
    assert run_together(amounts, {"c": 500, "d": 700}) == [
        "A PENDING 100/0", "B SETTLED 200/200 c", "C SETTLED 300/300 c", "D PENDING 600/0",
        "- PENDING 0/700 d",
    ]  # fmt: skip


def test_credits_are_neighbours_as_before_the_step() -> None:
    """Likewise for one batch by several credits: a and d are none, once b and c are taken."""
    credits = {"a": 100, "b": 200, "c": 300, "d": 600}
    shown = run_together({"A": 500, "B": 700}, credits)
    assert shown == [
        "A SETTLED 500/500 b+c", "B PENDING 700/0", "- PENDING 0/100 a", "- PENDING 0/600 d",
    ]  # fmt: skip


def test_batch_that_is_paid_within_tolerance_takes_part_no_more() -> None:
    """B has got 499 of 500, so A and C are neighbours, and a stray credit of 1 pays nothing."""
    world = World(tolerance={"CNY": 2})
    batches = [lines("A", 300), lines("B", 500), lines("C", 200)]
    credits = [credit("b", 499, "WXB"), credit("c", 500), credit("d", 1)]
    assert show(world.run(0, batches, credits)) == [
        "A SETTLED 300/300 c", "B SETTLED 500/499 b", "C SETTLED 200/200 c", "- PENDING 0/1 d",
    ]  # fmt: skip


def test_debit_of_another_batch_hides_no_overpayment() -> None:
    """A of 100 is paid with 300; a debit of 200 that nothing names does not settle it."""
    world = World(tolerance={"CNY": 2})
    credits = [credit("c", 300, "WXA"), credit("d", -200)]
    assert show(world.run(0, [lines("A", 100)], credits)) == [
        "A OVER 100/300 c", "- PENDING 0/-200 d",
    ]  # fmt: skip


def test_batch_that_is_returned_early_is_due_by_its_settlement_date() -> None:
    """Settled for T+5 and due the day after, paid on T, and taken back on T+1: late from T+7 on."""
    world = World()
    world.run(0, [lines(5, 500)], [credit("c", 500)])
    back = credit("r", -500, original_ref="F-c")
    assert show(world.run(1, (), [back])) == [f"{day(5)} RETURNED 500/0 [RETURNED]"]
    assert show(world.rest(2, 6)) == [f"{day(5)} PENDING 500/0"]
    assert show(world.rest(7, 7)) == [f"{day(5)} LATE 500/0"]
