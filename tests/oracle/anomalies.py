"""What goes wrong in a scenario: a few cases of payments, then records that come again.

Records are plain dicts. Their ids and references are not yet unique to the scenario: scenarios.py
numbers them.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.oracle.advice_cases import ADVICE_CASES
from tests.oracle.multi_day_cases import add_old_transaction, add_state_changes, add_waiting_group
from tests.oracle.scenario_builder import (
    ALL_KINDS,
    EMPTY,
    KINDS,
    NUMBERS,
    STATUSES,
    ScenarioBuilder,
)
from tests.support.ledger import at

# ---- cases ---------------------------------------------------------------------------------


def add_trade(builder: ScenarioBuilder) -> None:
    """A transaction and its line, some days apart or not, that agree or differ."""
    on = builder.early_day()
    ref, number = builder.pick("A", "B", "D", "Z"), builder.pick(*NUMBERS)
    money = {
        "kind": builder.pick(*KINDS, *ALL_KINDS),
        "amount": builder.pick_amount(),
        "status": "SUCCEEDED",
    }
    extra = {
        "order_ref": builder.pick(None, None, None, "O1", "O2"),
        "batch_ref": builder.pick(None, None, None, "B1"),
        "account_tail": builder.pick(None, None, "1", "2"),
        "payer_name": builder.pick(None, None, "Li"),
    }
    values = money | extra
    if builder.chance(0.92):
        builder.add_transaction(
            on,
            our_ref=builder.spell(ref),
            channel_ref=builder.spell(builder.pick(None, number, number)),
            occurred_at=builder.pick_time(on),
            **_vary(builder, values),
        )
    if builder.chance(0.92):
        line_day = builder.day_after(on, 0, 0, 0, 0, 0, 1, 1, -1, -1, 2, 3, 4)
        builder.add_line(
            line_day,
            our_ref=builder.spell(builder.pick(ref, ref, ref, None)),
            channel_ref=builder.spell(number),
            traded_at=builder.pick(builder.pick_time(line_day), builder.pick_time(line_day), None),
            **_vary(builder, values),
        )


def _vary(builder: ScenarioBuilder, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a payment on one side: mostly the same, sometimes changed."""
    varied = dict(values)
    if builder.chance(0.08):
        varied["amount"] = builder.pick_amount()
    if builder.chance(0.08):
        varied["amount"] += builder.pick(1, 2, 3, 4, 5, -1, -3, -5)
    if builder.chance(0.04):
        varied["currency"] = "JPY"
    if builder.chance(0.25):
        varied["status"] = builder.pick(*STATUSES)
    return varied


def add_lookalikes(builder: ScenarioBuilder) -> None:
    """Lines without our_ref and transactions of equal values, near the time limit of a pass."""
    on = builder.early_day()
    facts = {"amount": 1000, "account_tail": "1", "payer_name": builder.pick("Li", None)}
    limit = builder.limit_seconds
    for _ in range(builder.pick(1, 1, 2, 2, 3)):
        status = builder.pick("SUCCEEDED", "SUCCEEDED", "PENDING", "FAILED")
        values = facts | {
            "status": status,
            "occurred_at": at("12", on, builder.pick(0, 0, 2 * limit)),
        }
        builder.add_transaction(builder.day_after(on, 0, 0, 0, 1), **values)
    for _ in range(builder.pick(1, 1, 2, 2, 3)):
        shift = builder.pick(0, limit, -limit, limit + 1, -limit - 1, limit + 0.5, limit - 0.5)
        builder.add_line(
            builder.day_after(on, 0, 0, 0, 1, 2),
            our_ref=builder.pick(None, None, None, EMPTY, "Q"),
            channel_ref=builder.pick(None, None, *NUMBERS),
            traded_at=builder.pick(
                at("12", on, shift), at("12", on, shift), at("12", on, shift), None
            ),
            status=builder.pick("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"),
            **facts,
        )


def add_group(builder: ScenarioBuilder) -> None:
    """A batch or an order: some transactions and some lines, over some days, complete or not."""
    on = builder.early_day()
    key = builder.pick(
        {"batch_ref": "B1"}, {"order_ref": "O1"}, {"batch_ref": "B1", "order_ref": "O1"}
    )
    kind = builder.pick("PAYOUT", "PAYMENT")
    parts = [builder.pick(500, 100, 400, -100) for _ in range(builder.pick(1, 2, 2, 3))]
    line_amounts = parts if builder.chance(0.3) else [sum(parts)]
    transaction_amounts = parts if builder.chance(0.5) else [sum(parts)]
    if builder.chance(0.3):
        line_amounts = [*line_amounts, builder.pick(100, -100)]
    days = (0, 0, 0, 0, 1, 2)
    for amount in transaction_amounts:
        builder.add_transaction(
            builder.day_after(on, *days), amount=amount, kind=kind, **_group_columns(builder, key)
        )
    for amount in line_amounts:
        number = builder.pick(None, *NUMBERS)
        line_day = builder.day_after(on, *days)
        line_kind = "REFUND" if amount < 0 else kind
        builder.add_line(
            line_day,
            amount=amount,
            kind=line_kind,
            channel_ref=number,
            **_group_columns(builder, key),
        )


def _group_columns(builder: ScenarioBuilder, key: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {name: builder.spell(value) for name, value in key.items()}
    if builder.chance(0.1):
        out["currency"] = "JPY"
    if builder.chance(0.1):
        out["status"] = builder.pick(*STATUSES)
    return out


def add_failed_then_paid(builder: ScenarioBuilder) -> None:
    """An attempt that failed on both sides, then a paid one under the same or another number."""
    on = builder.early_day()
    ref = builder.pick("A", "B")
    transaction = builder.add_transaction(
        on, our_ref=ref, status=builder.pick("FAILED", "CLOSED"), occurred_at=at("12", on)
    )
    assert transaction is not None
    builder.add_line(on, our_ref=ref, channel_ref="C1", status=builder.pick("FAILED", "CLOSED"))
    paid_day = builder.day_after(on, 0, 1, 1, 2)
    builder.add_line(
        paid_day, our_ref=ref, channel_ref=builder.pick("C1", "C2"), status=builder.pick(*STATUSES)
    )
    later = transaction | {
        "status": builder.pick(*STATUSES),
        "on": builder.day_after(on, 1, 1, 2, 3),
    }
    builder.add_transaction(**later)


def add_refund(builder: ScenarioBuilder) -> None:
    """A payment and its refund share our_ref and channel_ref."""
    on = builder.early_day()
    ref, number = builder.pick("A", "B"), builder.pick(*NUMBERS)
    for kind, amount in (("PAYMENT", 1000), ("REFUND", -1000)):
        event_day = builder.day_after(on, 0, 0, 1)
        builder.add_transaction(event_day, our_ref=ref, amount=amount, kind=kind)
        builder.add_line(event_day, our_ref=ref, channel_ref=number, amount=amount, kind=kind)


CASES: tuple[Callable[[ScenarioBuilder], None], ...] = (
    add_trade,
    add_trade,
    add_trade,
    add_lookalikes,
    add_group,
    add_failed_then_paid,
    add_refund,
    add_state_changes,
    add_old_transaction,
    add_waiting_group,
    *ADVICE_CASES,
)


# ---- repeats -------------------------------------------------------------------------------


def add_repeat(builder: ScenarioBuilder) -> None:
    """Adds a record of the scenario once more: the same, in a later state, or changed."""
    record = builder.pick(*builder.records)
    on = builder.day_after(record["on"], 0, 0, 1, 1, 1, 2, 2, 3, 4, -1)
    values = {name: value for name, value in record.items() if name not in ("line_id", "on")}
    if builder.chance(0.5):
        values["status"] = builder.pick(*STATUSES)
    if builder.chance(0.1):
        values["amount"] = builder.pick_amount()
    if builder.chance(0.03):
        values["currency"] = "JPY"
    if builder.chance(0.03):
        values["kind"] = builder.pick(*KINDS)
    if "line_id" in record:
        _repeat_line(builder, on, values)
    else:
        _repeat_transaction(builder, on, values)


def _repeat_line(builder: ScenarioBuilder, on: int, values: dict[str, Any]) -> None:
    if builder.chance(0.35):
        values["channel_ref"] = builder.spell(builder.pick(None, *NUMBERS))
    if builder.chance(0.15):
        values["our_ref"] = builder.spell(builder.pick(None, "A", "B", "D"))
    if builder.chance(0.6):
        values["traded_at"] = builder.pick(builder.pick_time(on), at("12", on), None)
    builder.add_line(on, **values)


def _repeat_transaction(builder: ScenarioBuilder, on: int, values: dict[str, Any]) -> None:
    if builder.chance(0.25):
        values.pop("txn_id")  # another transaction under the same our_ref
    if builder.chance(0.1):
        values["channel_ref"] = builder.spell(builder.pick(None, *NUMBERS))
    if builder.chance(0.1):
        values["occurred_at"] = builder.pick_time(on) - timedelta(days=builder.pick(0, 0, 1, 5))
    builder.add_transaction(on, **values)


def draw_scenario(builder: ScenarioBuilder) -> None:
    """Draws one scenario: a few cases, then repeats of their records."""
    for _ in range(builder.pick(1, 1, 1, 2, 2, 3)):
        builder.pick(*CASES)(builder)
    for _ in range(builder.pick(0, 1, 1, 2, 3, 4, 6)):
        if builder.records:
            add_repeat(builder)
