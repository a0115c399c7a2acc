"""Step 1 and 2: lines enter batches, batches are decided and carried."""

from tests.support.ledger import day
from tests.support.settlement_ledger import World, balance_of, credit, lines, owed_of, show


def test_net_is_payments_and_all_else_less_fees() -> None:
    """1000 paid, -200 refunded, -50 charged back, -30 adjusted, 6 of fees: 714."""
    settled = World().run(
        0, [lines("A", 1000, refunds=-200, chargebacks=-50, other=-30, fees=6)]
    )  # fmt: skip
    assert show(settled) == ["A PENDING 714/0"]
    assert settled.rows[0].sums.net == 714


def test_lines_of_an_open_key_join_it() -> None:
    """A of 1000 on T, 200 more on T+1: one batch of 1200, due from T+1."""
    world = World()
    world.run(0, [lines("A", 1000)])
    settled = world.run(1, [lines("A", 200)])
    assert show(settled) == ["A PENDING 1200/0"]
    assert (settled.rows[0].batch_date, settled.rows[0].due_date) == (day(0), day(2))
    assert settled.rows[0].lines == 2


def test_lines_of_a_closed_key_make_the_next_number() -> None:
    """A of 1000 is paid on T; 200 more on T+1 are A's second batch; 50 on T+2 join that."""
    world = World()
    assert show(world.run(0, [lines("A", 1000)], [credit("c", 1000, "WXA")])) == [
        "A SETTLED 1000/1000 c"
    ]
    assert show(world.run(1, [lines("A", 200)])) == ["A#2 PENDING 200/0"]
    assert show(world.run(2, [lines("A", 50)])) == ["A#2 PENDING 250/0"]


def test_number_starts_again_after_thirty_run_dates() -> None:
    """A is paid on T. On T+30 its next lines are number 2; on T+31 nobody knows of it."""
    for offset, name in ((30, "A#2"), (31, "A")):
        world = World()
        world.run(0, [lines("A", 1000)], [credit("c", 1000, "WXA")])
        world.rest(1, offset - 1)
        assert show(world.run(offset, [lines("A", 200)])) == [f"{name} PENDING 200/0"]


def test_lines_of_a_missing_key_open_it_again() -> None:
    """A of 1000 is missing on T+4 (due T+1, grace 2). 200 on T+5: A is open, of 1200, due T+6."""
    world = World()
    world.run(0, [lines("A", 1000)])
    assert show(world.rest(1, 4)) == ["A MISSING 1000/0"]
    settled = world.run(5, [lines("A", 200)])
    assert show(settled) == ["A PENDING 1200/0"]
    assert settled.rows[0].due_date == day(6)


def test_references_and_dates_never_meet() -> None:
    """A reference that reads like the date is another batch; nor do two currencies or two `per`."""
    settled = World(per=["merchant_id"]).run(
        0,
        [
            lines(0, 100),
            lines(str(day(0)), 200),
            lines(0, 300, currency="EUR"),
            lines(0, 400, per="m1"),
        ],
    )
    assert sorted(row.expected for row in settled.rows) == [100, 200, 300, 400]


def test_declared_is_expected_and_its_difference_from_net_unresolved() -> None:
    """Net 1000, the channel says 990: 990 is expected, 10 owed as declared."""
    settled = World().run(0, [lines("A", 1000, settlement=-990)])
    assert show(settled) == ["A PENDING 990/0"]
    assert settled.rows[0].declared == 990
    assert owed_of(settled) == {"open": 990, "declared": 10}


def test_declared_that_adds_up_to_nothing_carries_the_net() -> None:
    """1000 declared on T, the payout fails on T+1: 1000 goes to the next batch, of 50."""
    world = World()
    world.run(0, [lines("A", 1000, settlement=-1000)])
    settled = world.run(1, [lines("A", settlement=1000)])
    assert show(settled) == ["A SETTLED 0/0 out 1000", "- CARRIED 0/0 out 1000"]
    assert show(world.run(2, [lines("B", 50)])) == ["B PENDING 1050/0"]


def test_settlement_line_of_a_closed_key_makes_no_batch() -> None:
    """A of 1000 is paid. A SETTLEMENT of 1000 afterwards says nothing new, one of 900 differs."""
    for declared, rows in ((-1000, []), (-900, ["A DECLARED_DIFFERS 900/1000 c"])):
        world = World()
        world.run(0, [lines("A", 1000)], [credit("c", 1000, "WXA")])
        settled = world.run(1, [lines("A", settlement=declared)])
        assert show(settled) == rows
        assert owed_of(settled) == {}


def test_settlement_line_without_other_lines_is_unmatched() -> None:
    """A SETTLEMENT of 700 for a key of which nothing is known: one row, once, and no money."""
    world = World()
    settled = world.run(0, [lines("X", settlement=-700)])
    assert show(settled) == ["X UNMATCHED_SETTLEMENT 0/0"]
    assert (settled.rows[0].declared, settled.rows[0].action) == (700, "REVIEW")
    assert (owed_of(settled), show(world.run(1))) == ({}, [])


def test_lines_without_a_key_wait_for_the_next_lines() -> None:
    """A fee of 20 without a batch on T: it waits on T+1, and lowers the batch of T+2."""
    world = World()
    assert show(world.run(0, [lines(None, fees=20), lines("A", 500)])) == [
        "A PENDING 500/0", "- CARRIED 0/0 out -20",
    ]  # fmt: skip
    assert "- CARRIED 0/0 out -20" in show(world.run(1))
    settled = world.run(2, [lines("B", 300)])
    assert "B PENDING 280/0" in show(settled)
    assert balance_of(settled).open == 780


def test_batch_below_the_minimum_is_carried() -> None:
    """Minimum 500. A of 300 is decided on the run after its last line; B of 100 gets it on T+2 and
    is carried with 400; C of 200 gets that, 600 in all, and is expected.
    """
    world = World(minimum={"CNY": 500})
    assert show(world.run(0, [lines("A", 300)])) == ["A PENDING 300/0"]
    assert show(world.run(1)) == ["A CARRIED 300/0 out 300", "- CARRIED 0/0 out 300"]
    assert show(world.run(2, [lines("B", 100)])) == ["B PENDING 400/0"]
    assert show(world.run(3, [lines("C", 200)])) == [
        "B CARRIED 400/0 out 400", "C PENDING 200/0", "- CARRIED 0/0 out 400",
    ]  # fmt: skip
    settled = world.run(4, [lines("D", 1)])
    assert show(settled) == ["C CARRIED 200/0 out 200", "D PENDING 401/0", "- CARRIED 0/0 out 200"]
    assert balance_of(settled).closing == 601


def test_batch_at_the_minimum_is_not_carried() -> None:
    """500 is not below 500; nothing is below a minimum of another currency."""
    world = World(minimum={"CNY": 500})
    world.run(0, [lines("A", 500), lines("E", 3, currency="EUR")])
    assert show(world.run(1)) == ["A PENDING 500/0", "E PENDING 3/0"]


def test_date_is_decided_on_its_own_run() -> None:
    """Minimum 500. The settlement date T+1 has 100 on T and 200 on T+1, and is carried then; a date
    that has passed is decided at once.
    """
    world = World(minimum={"CNY": 500}, batch_by="settlement_date")
    assert show(world.run(0, [lines(1, 100)])) == [f"{day(1)} PENDING 100/0"]
    assert show(world.run(1, [lines(1, 200), lines(-1, 7)])) == [
        f"{day(1)} CARRIED 300/0 out 300",
        f"{day(-1)} CARRIED 7/0 out 7",
        "- CARRIED 0/0 out 307",
    ]


def test_batch_is_decided_only_once() -> None:
    """Minimum 500. A of 600 is expected on T+1; a refund of 200 on T+2 leaves 400, expected too."""
    world = World(minimum={"CNY": 500}, grace=9)
    world.run(0, [lines("A", 600)])
    world.run(1)
    world.run(2, [lines("A", refunds=-200)])
    assert show(world.run(3)) == ["A PENDING 400/0"]


def test_negative_batch_is_carried_or_debited() -> None:
    """A of -300: carried, it lowers B of 1000 to 700; debited, a debit of 300 pays it."""
    world = World(batch_by="business_date")
    assert show(world.run(0, [lines(0, refunds=-300)])) == [
        f"{day(0)} CARRIED -300/0 out -300", "- CARRIED 0/0 out -300",
    ]  # fmt: skip
    assert show(world.run(1, [lines(1, 1000)])) == [f"{day(1)} PENDING 700/0"]
    world = World(batch_by="business_date", negative="debit")
    assert show(world.run(0, [lines(0, refunds=-300)])) == [f"{day(0)} PENDING -300/0"]
    assert show(world.run(1, credits=[credit("c", -300)])) == [f"{day(0)} SETTLED -300/-300 c"]


def test_carried_money_goes_to_the_first_batch_and_never_leaves_its_purse() -> None:
    """-300 of merchant m1 waits while m2 has lines, then goes to the earlier of m1's batches."""
    world = World(per=["merchant_id"])
    world.run(0, [lines("A", refunds=-300, per="m1"), lines("B", 70, per="m1")])
    world.run(1, [lines("Z", 500, per="m2")])
    settled = world.run(2, [lines("C", 400, per="m1"), lines("B", 30, per="m1")])
    assert "B/m1 PENDING -200/0" in show(settled)
    assert "C/m1 PENDING 400/0" in show(settled)
    assert "Z/m2 PENDING 500/0" in show(settled)


def test_batch_with_a_credit_is_not_carried() -> None:
    """Minimum 500, A of 300: a credit of 100 that names it comes before it is decided."""
    world = World(minimum={"CNY": 500})
    assert show(world.run(0, [lines("A", 300)], [credit("c", 100, "WXA")])) == ["A SHORT 300/100 c"]
    assert show(world.run(1)) == ["A SHORT 300/100 c"]


def test_batch_that_expects_nothing_is_settled_when_it_is_decided() -> None:
    """500 paid and refunded: pending until the run after its last line, then settled."""
    world = World()
    assert show(world.run(0, [lines("A", 500, refunds=-500)])) == ["A PENDING 0/0"]
    assert show(world.run(1)) == ["A SETTLED 0/0"]
    assert show(world.run(2)) == []


def test_sum_of_nothing_below_a_minimum_is_carried() -> None:
    world = World(minimum={"CNY": 500}, batch_by="business_date")
    assert show(world.run(0, [lines(0, 500, refunds=-500)])) == [f"{day(0)} CARRIED 0/0"]


def test_batches_open_on_the_first_date() -> None:
    """120000 was open since T-3: expected without a name, and due from then."""
    world = World(
        first=0, opening=[{"currency": "CNY", "amount": 120000, "since": str(day(-1))}]
    )  # fmt: skip
    settled = world.run(0)
    assert show(settled) == ["- PENDING 120000/0"]
    row = settled.rows[0]
    assert (row.batch_date, row.due_date, row.carried_in, row.sums.net) == (
        day(-1), day(0), 120000, 0,
    )  # fmt: skip
    assert (balance_of(settled).opening, owed_of(settled)) == (120000, {"open": 120000})
    assert show(world.run(1, credits=[credit("c", 120000)])) == ["- SETTLED 120000/120000 c"]
