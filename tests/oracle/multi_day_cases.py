"""Cases of many days: many states of one channel_ref, a waiting group, an old transaction."""

from datetime import timedelta
from typing import Any

from tests.oracle.rows import Record
from tests.oracle.scenario_builder import ALL_KINDS, ALL_STATUSES, ScenarioBuilder
from tests.support.ledger import at


def add_state_changes(builder: ScenarioBuilder) -> None:
    """A pair, then up to four more states of its line; the transaction follows now and then."""
    on = builder.day_after(0, 0, 0, 1)
    status = builder.pick(*ALL_STATUSES)
    transaction = _add_earlier_transaction(
        builder, on, our_ref="A", status=status if builder.chance(0.7) else "SUCCEEDED"
    )
    line_status = "SUCCEEDED" if status == "PENDING" else status
    builder.add_line(on, our_ref=builder.pick("A", "A", None), channel_ref="C1", status=line_status)
    for _ in range(builder.pick(2, 3, 4)):
        on = builder.day_after(on, 0, 1, 1, 2)
        if builder.chance(0.75):
            builder.add_line(
                on,
                our_ref=builder.pick("A", "A", "A", None, "B"),
                channel_ref=builder.pick("C1", "C1", "C1", "C2", None),
                status=builder.pick(*ALL_STATUSES),
                amount=builder.pick(1000, 1000, 900),
                traded_at=builder.pick(at("12", on), builder.pick_time(on), at("12"), None),
            )
        if builder.chance(0.5):
            _send_again(builder, on, transaction, amount=builder.pick(1000, 1000, 900))


def add_old_transaction(builder: ScenarioBuilder) -> None:
    """A transaction closed early, sent again when it is too old for the look-back of lines."""
    transaction = _add_earlier_transaction(
        builder, 0, our_ref="A", status=builder.pick(*ALL_STATUSES)
    )
    builder.add_line(
        builder.day_after(0, 0, 0, 1), our_ref="A", channel_ref="C1", status="SUCCEEDED"
    )
    for _ in range(builder.pick(1, 2, 3)):
        _send_again(builder, builder.any_day(), transaction)
    for _ in range(builder.pick(0, 1, 2)):
        number, status = builder.pick("C1", "C1", "C2"), builder.pick(*ALL_STATUSES)
        builder.add_line(
            builder.any_day(), our_ref=builder.pick("A", None), channel_ref=number, status=status
        )


def add_waiting_group(builder: ScenarioBuilder) -> None:
    """Members of two waiting groups; some are paired, some are sent again, some change groups."""
    on = builder.early_day()
    for _ in range(builder.pick(1, 2, 3)):
        amount = builder.pick(500, 100, -100, 0)
        builder.add_transaction(
            builder.day_after(on, 0, 0, 1), amount=amount, **_group_member(builder)
        )
    for _ in range(builder.pick(1, 1, 2, 3)):
        number, amount = builder.pick(None, "C1", "C2"), builder.pick(500, 600, 100, -100, 0)
        line_day = builder.day_after(on, 0, 0, 1, 2)
        builder.add_line(line_day, channel_ref=number, amount=amount, **_group_member(builder))
    for _ in range(builder.pick(0, 1, 2, 3)):
        record = builder.pick(*builder.records)
        repeat_day = builder.day_after(record["on"], 1, 1, 2, 3, 4)
        values = {name: value for name, value in record.items() if name not in ("line_id", "on")}
        values["status"] = builder.pick(values["status"], *ALL_STATUSES)
        values["batch_ref"] = builder.pick(values.get("batch_ref"), "B1", "B2", None)
        if "line_id" in record:
            builder.add_line(repeat_day, **values | {"channel_ref": builder.pick(None, "C1", "C2")})
        else:
            builder.add_transaction(repeat_day, **values)


def _group_member(builder: ScenarioBuilder) -> dict[str, Any]:
    return {
        "kind": builder.pick("PAYOUT", "PAYOUT", *ALL_KINDS),
        "currency": builder.pick("CNY", "CNY", "CNY", "JPY"),
        "our_ref": builder.spell(builder.pick(None, "A", "B", "D")),
        "batch_ref": builder.spell(builder.pick("B1", "B1", "B2")),
        "order_ref": builder.spell(builder.pick(None, "O1")),
    }


def _add_earlier_transaction(builder: ScenarioBuilder, on: int, **values: Any) -> Record:
    """Adds a transaction that occurred up to four days before it is sent."""
    transaction = builder.add_transaction(
        on, occurred_at=builder.pick_time(on) - timedelta(days=builder.pick(0, 0, 1, 4)), **values
    )
    assert transaction is not None, "a new transaction stands in no snapshot yet"
    return transaction


def _send_again(builder: ScenarioBuilder, on: int, transaction: Record, **values: Any) -> None:
    builder.add_transaction(
        **transaction | {"on": on, "status": builder.pick(*ALL_STATUSES)} | values
    )
