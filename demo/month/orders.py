"""Orders that are paid through several channels: what was overpaid, and how it went back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from demo.month.builder import Builder
from demo.month.business_days import ONE_DAY
from demo.month.day import AT_LEAST_EVERY
from demo.month.model import Fact, OurRow, Trade

#: Paid, refunded, waiting to be refunded, what is too much, and what is still to be refunded.
Money = tuple[int, int, int, int, int]


def pay_twice(builder: Builder, day: date) -> None:
    """Paid by WeChat Pay, and once more by card; refunded by transfer from our account."""
    amount = builder.rng.randrange(3_000, 60_000)
    first, second = _draw_payments(builder, day, ("wechat", amount), ("bankcard", amount), amount)
    asked, done = day + 2 * ONE_DAY, day + 3 * ONE_DAY
    over = (2 * amount, 0, 0, amount, amount)
    for run in builder.month.days:
        if day <= run < asked:
            _add_fact(
                builder, first.row, run, "OVERPAID", "REFUND", amount, over, second.row.txn_id
            )
    if done > builder.month.last:
        if asked == builder.month.last:
            _add_fact(
                builder, first.row, asked, "OVERPAID", "REFUND", amount, over, second.row.txn_id
            )
        return
    _transfer(builder, second.row, amount, asked, done)
    waits, back = (2 * amount, 0, amount, amount, 0), (2 * amount, amount, 0, 0, 0)
    _add_fact(builder, first.row, asked, "REFUND_PENDING", "WAIT", amount, waits, None)
    _add_fact(builder, first.row, done, "REFUNDED", "NONE", amount, back, None)


def pay_too_much_in_parts(builder: Builder, day: date) -> None:
    """Paid in two parts that are too much together; the wallet gives the surplus back."""
    part = builder.rng.randrange(3_000, 30_000)
    surplus = part // 3
    amount = 2 * part - surplus
    first, second = _draw_payments(builder, day, ("wechat", part), ("epay", part), amount)
    back_on = day + 2 * ONE_DAY
    over = (2 * part, 0, 0, surplus, surplus)
    for run in builder.month.days:
        if day <= run < back_on:
            _add_fact(
                builder, first.row, run, "OVERPAID", "REFUND", amount, over, second.row.txn_id
            )
    if back_on <= builder.month.last:
        builder.add_pair("surplus refunded", builder.draw_refund(second, back_on, surplus))
        back = (2 * part, surplus, 0, 0, 0)
        _add_fact(builder, first.row, back_on, "REFUNDED", "NONE", amount, back, None)


def pay_and_keep(builder: Builder, day: date) -> None:
    """Paid twice, and nobody gives the money back."""
    amount = builder.rng.randrange(3_000, 60_000)
    first, second = _draw_payments(builder, day, ("epay", amount), ("wechat", amount), amount)
    over = (2 * amount, 0, 0, amount, amount)
    for run in builder.month.days:
        if day <= run:
            _add_fact(
                builder, first.row, run, "OVERPAID", "REFUND", amount, over, second.row.txn_id
            )


def pay_in_parts(builder: Builder, day: date) -> None:
    """Paid in two parts that fit: nothing is to be said."""
    amount = builder.rng.randrange(3_000, 60_000)
    parts = ("wechat", amount // 3), ("bankcard", amount - amount // 3)
    _draw_payments(builder, day, *parts, amount)


def refund_twice(builder: Builder, day: date) -> None:
    """Refunded in whole on the next day, and by mistake once more on the day after."""
    trade = builder.draw_trade("wechat", day)
    trade.row.merchant = None
    builder.add_pair("paid, refunded twice", trade)
    amount = trade.row.amount
    refunds = []
    for later, _ in zip(builder.days_after(day), range(2), strict=False):
        refund = builder.draw_refund(trade, later, amount)
        refunds.append(refund)
        builder.add_pair("refunded twice", refund)
    if len(refunds) == 2:
        run, money = refunds[1].row.day, (amount, 2 * amount, 0, -2 * amount, -2 * amount)
        _add_fact(builder, trade.row, run, "OVER_REFUNDED", "REVIEW", amount, money, None)
        builder.facts.append(Fact(
            "more refunded than paid", "payment_families", (str(run), trade.row.txn_id),
            ("MORE_OUT_THAN_IN", "REVIEW", amount, 2 * amount),
        ))  # fmt: skip


#: How many of a thousand transactions a day are of such an order.
ORDERS: dict[Callable[[Builder, date], None], float] = {
    pay_twice: 1, pay_too_much_in_parts: 1, pay_and_keep: 0.4, pay_in_parts: 2, refund_twice: 0.4,
}  # fmt: skip


def draw_orders(builder: Builder, day: date) -> None:
    """The orders of a day; each kind happens at least every so many days."""
    number = (day - builder.month.first).days
    for place, (draw, per_thousand) in enumerate(ORDERS.items()):
        times = int(builder.month.trades * per_thousand / 1000)
        if not times and (number + place) % AT_LEAST_EVERY == 0:
            times = 1
        for _ in range(times):
            draw(builder, day)


def _draw_payments(
    builder: Builder, day: date, first: tuple[str, int], second: tuple[str, int], order_amount: int
) -> tuple[Trade, Trade]:
    """Two payments of one order, the second an hour after the first; our merchant is not known."""
    trades: list[Trade] = []
    hour = datetime(day.year, day.month, day.day, builder.rng.randrange(8, 18))
    for number, (channel, amount) in enumerate((first, second)):
        trade = builder.draw_trade(channel, day, amount)
        trade.row.occurred_at = hour + timedelta(hours=number, seconds=builder.rng.randrange(1800))
        trade.line.traded_at = trade.row.occurred_at + timedelta(seconds=9)
        if trade.line.settles_on:
            trade.line.settles_on = day
        trade.row.merchant, trade.row.order_amount = None, order_amount
        if trades:
            trade.row.order_ref = trades[0].row.order_ref
        builder.add_pair("paid, an order of two payments", trade)
        trades.append(trade)
    return trades[0], trades[1]


def _transfer(builder: Builder, payment: OurRow, amount: int, asked: date, done: date) -> None:
    """A refund by transfer: in our snapshot from `asked` on, on our account on `done`."""
    line = builder.bank_line("icbc", done, -amount, "退款", "李四")
    line.kind, line.our_ref = "PAYOUT", f"S{asked:%Y%m%d}{builder.next_serial():06d}"
    row = replace(
        payment, day=asked, txn_id=line.our_ref, channel="icbc", kind="PAYOUT", status="PENDING",
        amount=-amount, occurred_at=datetime(asked.year, asked.month, asked.day, 16),
        channel_ref=None, account_tail=None, product=None, card_type=None, order_amount=None,
        payment=payment,
    )  # fmt: skip
    builder.rows.append(row)
    paid = replace(row, day=done, status="SUCCEEDED")
    builder.rows.append(paid)
    builder.label("refunded by transfer", paid, line, "MATCHED", "", "NONE", done)


def _add_fact(
    builder: Builder, order: OurRow, run: date, result: str, action: str, order_amount: int,
    money: Money, target: str | None,
) -> None:  # fmt: skip
    assert order.order_ref is not None
    builder.facts.append(Fact(
        f"order: {result.lower().replace('_', ' ')}", "order_checks", (str(run), order.order_ref),
        (result, action, order_amount, *money, target),
    ))  # fmt: skip
