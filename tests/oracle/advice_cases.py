"""Cases in which plain matching would advise wrong money: signs, parts, voids, attempts, copies.

Each case draws whether it is complete, how it goes wrong, and on which dates its records come.
"""

from typing import Any

from tests.oracle.rows import Record
from tests.oracle.scenario_builder import ALL_STATUSES, EMPTY, NUMBERS, ScenarioBuilder
from tests.support.ledger import at

NOT_PAID = ("FAILED", "CLOSED")
VOIDED = ("REVERSED", "CLOSED", "FAILED")


def _send_again(builder: ScenarioBuilder, transaction: Record | None, *shifts: int) -> None:
    """Sends a transaction again, in any status, mostly paid."""
    if transaction is not None:
        on = builder.day_after(transaction["on"], *shifts)
        status = builder.pick("SUCCEEDED", "SUCCEEDED", *ALL_STATUSES)
        builder.add_transaction(**transaction | {"on": on, "status": status})


def add_opposite_signs(builder: ScenarioBuilder) -> None:
    """Money comes and goes under one our_ref: a chargeback won, a payout taken back, a 0."""
    on = builder.early_day()
    kind = builder.pick("CHARGEBACK", "PAYOUT", "PAYMENT", "ADJUSTMENT", "REFUND")
    sign = -1 if kind in ("CHARGEBACK", "PAYOUT", "REFUND") else 1
    amounts = [sign * 1000, -sign * 1000, builder.pick(0, 0, sign * 1000, -sign * 900)]
    number = builder.pick(*NUMBERS)
    for amount in amounts[: builder.pick(2, 2, 3)]:
        on = builder.day_after(on, 0, 1, 1)
        status = builder.pick("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "REVERSED", "FAILED")
        if builder.chance(0.8):
            builder.add_line(
                on,
                our_ref="A",
                channel_ref=builder.pick(number, number, builder.pick(*NUMBERS), None),
                kind=builder.pick(kind, kind, kind, "PAYMENT"),
                amount=amount,
                status=status,
            )
        if builder.chance(0.8):
            own = builder.pick("SUCCEEDED", status)
            builder.add_transaction(on, our_ref="A", kind=kind, amount=amount, status=own)


def add_overruled_line(builder: ScenarioBuilder) -> None:
    """Paid and reversed in one file, ours there or not, then paid anew under any number."""
    on = builder.early_day()
    first = builder.pick("SUCCEEDED", "SUCCEEDED", "FAILED")
    for minute, status in enumerate((first, builder.pick("REVERSED", "REVERSED", "CLOSED"))):
        times = builder.pick(1, 1, 1, 2)
        for second in range(times):
            time = at(f"12:0{minute}", on, second)
            builder.add_line(on, our_ref="A", channel_ref="C1", status=status, traded_at=time)
    transaction = None
    if builder.chance(0.5):
        transaction = builder.add_transaction(on, our_ref="A", status=builder.pick(*ALL_STATUSES))
    later = builder.day_after(on, 1, 1, 2)
    for _ in range(builder.pick(1, 1, 2)):
        builder.add_line(
            later,
            our_ref="A",
            channel_ref=builder.pick("C1", "C2", "C2", None),
            status=builder.pick("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "REVERSED", "FAILED"),
        )
    if transaction is None:
        builder.add_transaction(builder.day_after(later, 0, 0, 1), our_ref="A")
    else:
        _send_again(builder, transaction, 1, 1, 2)


def add_failed_attempts(builder: ScenarioBuilder) -> None:
    """Attempts that failed under two numbers, then one that succeeds under any."""
    on = builder.early_day()
    transaction = builder.add_transaction(on, our_ref="A", status=builder.pick(*NOT_PAID))
    for number in ("C1", "C2", "C3")[: builder.pick(2, 2, 3)]:
        builder.add_line(
            builder.day_after(on, 0, 0, 0, 1),
            our_ref="A",
            channel_ref=number,
            status=builder.pick("FAILED", "CLOSED"),
        )
    paid_day = builder.day_after(on, 1, 1, 2)
    for _ in range(builder.pick(1, 1, 2)):
        builder.add_line(
            paid_day,
            our_ref=builder.pick("A", "A", "A", None),
            channel_ref=builder.pick("C1", "C2", "C2", "C4", None),
            status=builder.pick("SUCCEEDED", "SUCCEEDED", "REVERSED", "CLOSED"),
        )
    _send_again(builder, transaction, 1, 1, 2, 2)


def add_second_transaction(builder: ScenarioBuilder) -> None:
    """A transaction that is matched, and others under its our_ref some days later."""
    on = builder.early_day()
    first = builder.add_transaction(on, our_ref="A", occurred_at=builder.pick_time(on))
    if builder.chance(0.85):
        status = builder.pick("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "REVERSED")
        our_ref = builder.pick("A", "A", None)
        builder.add_line(on, our_ref=our_ref, channel_ref="C1", status=status)
    for _ in range(builder.pick(1, 1, 2)):
        later = builder.day_after(on, 0, 1, 1, 2, 3)
        status = builder.pick("SUCCEEDED", "SUCCEEDED", "PENDING", "FAILED")
        second = builder.add_transaction(
            later,
            our_ref=builder.spell("A"),
            status=status,
            occurred_at=builder.pick(at("12", later), at("12", on), builder.pick_time(later)),
        )
        if builder.chance(0.4):
            _send_again(builder, second, 1, 1, 2)
    if builder.chance(0.4):
        _send_again(builder, first, 1, 1, 2)
    if builder.chance(0.5):
        number = builder.pick("C1", "C2", "C2", None)
        status = builder.pick("SUCCEEDED", "SUCCEEDED", "REVERSED")
        later = builder.day_after(on, 1, 1, 2, 3)
        builder.add_line(later, our_ref="A", channel_ref=number, status=status)


def add_captures(builder: ScenarioBuilder) -> None:
    """One payment in parts: equal, less and completed later, more; other lines beside them."""
    on = builder.early_day()
    sign = builder.pick(1, 1, 1, -1)
    kind = "PAYMENT" if sign > 0 else builder.pick("REFUND", "PAYOUT")
    ours = None
    if builder.chance(0.85):
        status = builder.pick("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "PENDING", "PENDING", "CLOSED")
        own_day = builder.day_after(on, 0, 0, 0, 1)
        ours = builder.add_transaction(
            own_day, our_ref="A", kind=kind, amount=sign * 1000, status=status
        )
    amounts = builder.pick(
        [400, 600], [400, 600], [400, 300, 300], [400, 300], [400], [1000, 300], [800, 300]
    )
    faults = builder.pick(0, 0, 0.2)
    for place, amount in enumerate(amounts):
        number = builder.pick("C1", None) if builder.chance(faults) else f"C{place + 1}"
        status = builder.pick(*ALL_STATUSES) if builder.chance(faults) else "SUCCEEDED"
        builder.add_line(
            builder.day_after(on, *builder.pick((0,), (0,), (0, 0, 0, 1, 2))),
            our_ref="A",
            channel_ref=number,
            kind=kind,
            amount=sign * amount,
            status=status,
            currency="JPY" if builder.chance(faults / 2) else "CNY",
            traded_at=builder.pick(at("12", on), builder.pick_time(on), None),
        )
    if builder.chance(0.5):  # the rest, or a state of a part, comes when the parts have broken
        builder.add_line(
            builder.day_after(on, 2, 3, 4),
            our_ref="A",
            channel_ref=builder.pick("C1", "C4", "C4"),
            kind=kind,
            amount=sign * builder.pick(1000 - abs(sum(amounts)) % 1000, 300, 400),
            status=builder.pick("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "REVERSED"),
        )
    if ours is not None and builder.chance(0.5):
        amount = sign * builder.pick(1000, 1000, 700, 1100)
        _send_again(builder, ours | {"amount": amount}, 1, 2, 3)


def add_void(builder: ScenarioBuilder) -> None:
    """A sale and what takes it back, on one day or over the cut-off; ours is reversed in time or
    not."""
    on = builder.early_day()
    void_day = builder.day_after(on, 0, 0, 1, 1, 1, 2)
    is_closed = void_day > on and builder.chance(0.9)
    own = builder.add_transaction(
        on, our_ref="A", status="SUCCEEDED" if is_closed else builder.pick(*VOIDED, "SUCCEEDED")
    )
    builder.add_line(on, our_ref="A", channel_ref=builder.pick("C1", "C1", None))
    for _ in range(builder.pick(1, 1, 1, 2)):
        builder.add_line(
            void_day,
            our_ref=builder.pick(*("A",) * 7, None),
            channel_ref=builder.pick("C1", "C2", "C3", None),
            kind=builder.pick("REFUND", "REFUND", "PAYMENT"),
            amount=builder.pick(-1000, -1000, -1000, -1000, -900),
            traded_at=builder.pick(at("12", void_day), at("12:05", void_day), None),
        )
    assert own is not None
    if is_closed:
        status = builder.pick(*VOIDED, "REVERSED", "SUCCEEDED")
        changed_day = builder.pick(void_day, void_day, builder.day_after(on, 1), builder.any_day())
        builder.add_transaction(**own | {"on": changed_day, "status": status})
    for _ in range(builder.pick(0, 0, 1, 2)):  # paid anew, listed again, or another state
        builder.add_line(
            builder.day_after(void_day, 0, 1, 1, 2),
            our_ref="A",
            channel_ref=builder.pick("C1", "C2", "C4"),
            kind=builder.pick("PAYMENT", "PAYMENT", "REFUND"),
            amount=builder.pick(1000, 1000, -1000),
            status=builder.pick("SUCCEEDED", "SUCCEEDED", "REVERSED", "FAILED"),
        )
    if builder.chance(0.4):
        _send_again(builder, own | {"on": void_day}, 1, 2)
    if builder.chance(0.2):
        builder.add_transaction(void_day, our_ref="A", kind="REFUND", amount=-1000)


def add_known_number(builder: ScenarioBuilder) -> None:
    """A line that our books do not have, while something of ours, or of theirs, has its numbers."""
    on = builder.early_day()
    kind, amount = builder.pick(("PAYMENT", 1000), ("TOP_UP", 1000), ("PAYOUT", -1000))
    builder.add_line(on, our_ref=builder.spell("A"), channel_ref="C1", kind=kind, amount=amount)
    for _ in range(builder.pick(0, 1, 1, 1, 2, 7)):
        numbers: dict[str, Any] = builder.pick(
            {"our_ref": "A"}, {"channel_ref": "C1"}, {"our_ref": "A", "channel_ref": "C2"}
        )
        other_kind = builder.pick("REFUND", "PAYOUT", "CHARGEBACK", "FEE", "PAYOUT_RETURN", kind)
        other = builder.pick(-amount, -amount, -amount, amount, 0)
        when = builder.day_after(on, 0, 0, -1, -2, -3, 1, 2, 4)
        status = builder.pick("SUCCEEDED", "FAILED", "FAILED", "CLOSED", "PENDING", "REVERSED")
        if builder.chance(0.7):
            transaction = builder.add_transaction(
                when, kind=other_kind, amount=other, status=status, **numbers
            )
            if builder.chance(0.3):
                _send_again(builder, transaction, 1, 1, 2)
        else:
            values = {"channel_ref": "C3"} | numbers
            builder.add_line(when, kind=other_kind, amount=other, status=status, **values)


# ---- what both sides know, but not as the same thing -------------------------------------------


def add_other_kind(builder: ScenarioBuilder) -> None:
    """One payment, whose kind the channel and we name differently; sometimes more of its number."""
    on = builder.early_day()
    kinds = builder.pick(("PAYMENT", "TOP_UP"), ("PAYOUT", "REFUND"), ("PAYOUT_RETURN", "PAYMENT"))
    sign = -1 if kinds[0] == "PAYOUT" else 1
    for _ in range(builder.pick(1, 1, 1, 1, 2)):
        builder.add_line(
            builder.day_after(on, 0, 0, 1),
            our_ref="A",
            channel_ref=builder.pick(None, *NUMBERS),
            kind=kinds[0],
            amount=sign * builder.pick(1000, 1000, 900),
            status=builder.pick("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "REVERSED", "CLOSED"),
            currency=builder.pick("CNY", "CNY", "CNY", "JPY"),
        )
    transaction = builder.add_transaction(
        builder.day_after(on, 0, 0, 1, 2),
        our_ref="A",
        kind=kinds[1],
        amount=sign * 1000,
        status=builder.pick("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "PENDING", "FAILED"),
    )
    if builder.chance(0.15):
        builder.add_transaction(on, our_ref="A", kind=kinds[0], amount=sign * 1000)
    if builder.chance(0.3):
        _send_again(builder, transaction, 1, 2, 3)


def add_combined_payment(builder: ScenarioBuilder) -> None:
    """Several of ours paid at once under the first one's number; the rest comes at once or late."""
    on = builder.early_day()
    key = builder.pick({"order_ref": "O1"}, {"batch_ref": "B1"})
    refs = ("A", "B", "D")[: builder.pick(2, 2, 3)]
    amounts = {"A": 800, "B": 200, "D": 100}
    for ref in refs:
        builder.add_transaction(
            builder.day_after(on, 0, 0, 0, 0, 1),
            our_ref=ref,
            amount=amounts[ref],
            status=builder.pick(*("SUCCEEDED",) * 9, "PENDING"),
            **key,
        )
    total = sum(amounts[ref] for ref in refs)
    first = builder.pick(total, total, total - 200, total - 200, 800)
    line_key = builder.pick(key, key, key, {})
    line_ref = builder.pick("A", "A", None)
    builder.add_line(on, our_ref=line_ref, channel_ref="C1", amount=first, **line_key)
    if total != first and builder.chance(0.9):
        builder.add_line(
            builder.day_after(on, 0, 1, 2, 3, 4),
            our_ref=builder.pick(None, None, None, "B"),
            channel_ref=builder.pick("C2", None),
            amount=builder.pick(total - first, total - first, 50),
            **key,
        )


def add_group_completed_late(builder: ScenarioBuilder) -> None:
    """A group that lacks a line for some days, so that it may break; then it comes in parts."""
    on = builder.day_after(0, 0, 0, 1)
    key = {"batch_ref": "B1", "order_ref": "O1"}
    transaction = builder.add_transaction(on, amount=builder.pick(1000, 1000, 900), **key)
    builder.add_line(on, channel_ref=builder.pick(None, "C1"), amount=400, **key)
    for amount in builder.pick([600], [600], [300, 300], [300]):
        on = builder.day_after(on, 1, 2, 3, 4)
        builder.add_line(on, channel_ref=builder.pick(None, "C2"), amount=amount, **key)
    if builder.chance(0.2):
        _send_again(builder, transaction, 1, 2, 3)


def add_pending_lines(builder: ScenarioBuilder) -> None:
    """The channel lists a payment as pending for days; then it is final, or gone."""
    on = builder.early_day()
    status = builder.pick("PENDING", "PENDING", "SUCCEEDED", "FAILED")
    transaction = builder.add_transaction(
        builder.day_after(on, 0, 0, 0, 1),
        our_ref="A",
        channel_ref=builder.pick(None, "C1"),
        status=status,
        batch_ref=builder.pick(None, None, "B1"),
    )
    kind = builder.pick("PAYMENT", "PAYMENT", "PAYMENT", "TOP_UP")
    our_ref = builder.pick("A", "A", None)
    for shift in range(builder.pick(1, 2, 3, 4)):
        pending_day = builder.day_after(on, shift)
        builder.add_line(
            pending_day, our_ref=our_ref, channel_ref="C1", kind=kind, status="PENDING"
        )
        on = pending_day if builder.chance(0.1) else on
    if builder.chance(0.6):
        builder.add_line(
            builder.day_after(on, 1, 2, 3, 4),
            our_ref="A",
            channel_ref="C1",
            kind=kind,
            status=builder.pick("SUCCEEDED", "SUCCEEDED", "FAILED"),
        )
    if builder.chance(0.5):
        _send_again(builder, transaction, 1, 2, 3)


def add_possible_copies(builder: ScenarioBuilder) -> None:
    """Equal lines without references, in two files of a day or of two days."""
    on = builder.early_day()
    facts: dict[str, Any] = {
        "account_tail": builder.pick("1", "1", None),
        "payer_name": builder.pick("Li", None),
    }
    time = at("12", on)
    line_day = on
    for place in range(builder.pick(2, 2, 2, 3)):
        builder.add_line(
            line_day,
            file=builder.pick(*"aab" if place == 0 else "abb"),
            our_ref=builder.pick(*(None,) * 9, EMPTY),
            channel_ref=builder.pick(*(None,) * 9, "C1"),
            status=builder.pick(*("SUCCEEDED",) * 6, "REVERSED", "FAILED", "PENDING"),
            traded_at=builder.pick(*(time,) * 9, None),
            batch_ref=builder.pick(*(None,) * 9, "B1"),
            **facts,
        )
        line_day = builder.day_after(line_day, 0, 0, 1, 1, 2)
    for _ in range(builder.pick(0, 1, 1, 2)):
        builder.add_transaction(
            builder.day_after(on, 0, 0, 1, 2), occurred_at=time, our_ref=None, **facts
        )


def add_small_difference(builder: ScenarioBuilder) -> None:
    """A pair whose amounts differ by some minor units, or by more than that."""
    on = builder.early_day()
    difference = builder.pick(1, 2, 3, 4, 5, -1, -2, -3, -4, -5)
    currency = builder.pick("CNY", "CNY", "CNY", "JPY")
    number = builder.pick(*NUMBERS)
    builder.add_transaction(
        builder.day_after(on, 0, 0, 1),
        our_ref="A",
        channel_ref=builder.pick(number, None),
        currency=currency,
        status=builder.pick(*("SUCCEEDED",) * 5, "PENDING"),
        order_ref=builder.pick(None, None, "O1"),
    )
    builder.add_line(
        builder.day_after(on, 0, 0, 1, 3),
        our_ref=builder.pick("A", "A", None),
        channel_ref=number,
        amount=1000 + difference,
        currency=builder.pick(currency, currency, currency, "CNY"),
        order_ref=builder.pick(None, None, "O1"),
    )


def add_equal_items(builder: ScenarioBuilder) -> None:
    """Equal payments without numbers, as many on each side or not, near each other or not."""
    on = builder.early_day()
    facts = {"account_tail": "1", "payer_name": "Li", "amount": 500}
    count, limit = builder.pick(2, 2, 3), builder.limit_seconds
    for _ in range(count + builder.pick(0, 0, 0, 1)):
        shift = builder.pick(0, 0, 0, 0, limit, 2 * limit + 2)
        builder.add_line(
            builder.day_after(on, 0, 0, 0, 0, 1, 3),
            file="a",
            traded_at=at("12", on, shift),
            **facts,
        )
    for _ in range(count):
        status = builder.pick(*("SUCCEEDED",) * 9, "PENDING")
        own_day = builder.day_after(on, 0, 0, 0, 0, 1)
        builder.add_transaction(own_day, occurred_at=at("12", on), status=status, **facts)


ADVICE_CASES = (
    add_opposite_signs,
    add_overruled_line,
    add_failed_attempts,
    add_second_transaction,
    add_captures,
    add_captures,
    add_void,
    add_void,
    add_known_number,
    add_other_kind,
    add_combined_payment,
    add_combined_payment,
    add_group_completed_late,
    add_pending_lines,
    add_possible_copies,
    add_small_difference,
    add_small_difference,
    add_equal_items,
)
