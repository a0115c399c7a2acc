"""The demo's cases, one function each: what happened, and what the result must be."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from demo.builder import DataBuilder, Trade
from demo.model import LAST, Label, outcome_without_partner

ONE_DAY = timedelta(days=1)


def paid(builder: DataBuilder, channel: str, day: date) -> None:
    """Paid and listed on the same day: most payments. Without its file, our row waits."""
    trade = builder.draw_trade(channel, day)
    builder.rows.append(trade.row)
    builder.lines.append(trade.line)
    if trade.line.is_absent:
        builder.label_internal_only("part_missing", trade.row)
    else:
        builder.label_pair("paid", trade)
        builder.refundable[channel].append(trade)


def refunded(builder: DataBuilder, channel: str, day: date) -> None:
    """An earlier payment refunded, whole or in part: a transaction and a line of its own."""
    trade = builder.draw_refund(channel, day)
    builder.rows.append(trade.row)
    builder.lines.append(trade.line)
    if trade.line.is_absent:
        builder.label_internal_only("part_missing", trade.row)
    else:
        builder.label_pair("refunded", trade)


def listed_next_day(builder: DataBuilder, channel: str, day: date) -> None:
    """Paid at the channel's cut-off: in our snapshot today, in its file tomorrow."""
    trade = builder.draw_trade(channel, day, present=True)
    night = datetime(day.year, day.month, day.day, 23, 59, 45)
    traded = builder.later_time(night - timedelta(minutes=55)) if channel == "bankcard" else (
        night + timedelta(seconds=20))  # fmt: skip
    trade.line.day = day + ONE_DAY
    builder.set_times(trade, traded, occurred=min(traded, night))
    builder.rows.append(trade.row)
    if trade.line.is_absent:
        builder.label_internal_only("listed_next_day", trade.row)
        return
    builder.lines.append(trade.line)
    builder.label_pair("listed_next_day", trade, run=day + ONE_DAY)


def booked_next_day(builder: DataBuilder, channel: str, day: date) -> None:
    """Listed just before midnight, booked by us just after it: in its file today, ours tomorrow."""
    trade = builder.draw_trade(channel, day, present=True)
    night = datetime(day.year, day.month, day.day, 23, 59, 50)
    builder.set_times(trade, night, occurred=night + timedelta(seconds=15))
    builder.lines.append(trade.line)
    if day == LAST:
        builder.label_statement_only("booked_next_day", trade.line)
        return
    trade.row = replace(trade.row, day=day + ONE_DAY)
    builder.rows.append(trade.row)
    builder.label_pair("booked_next_day", trade, run=day + ONE_DAY)


def other_amount(builder: DataBuilder, channel: str, day: date) -> None:
    """The channel took 1.00 less than we booked."""
    trade = builder.draw_trade(channel, day, present=True)
    trade.row = replace(trade.row, amount=trade.row.amount + 100)
    _broken(builder, trade, "other_amount", "AMOUNT_MISMATCH", "REVIEW")


def paid_but_failed_here(builder: DataBuilder, channel: str, day: date) -> None:
    """The channel took the money for a payment that failed on our side: refund it."""
    trade = builder.draw_trade(channel, day, present=True)
    trade.row = replace(trade.row, status="FAILED")
    _broken(builder, trade, "paid_but_failed_here", "STATUS_MISMATCH", "REFUND")


def paid_but_open_here(builder: DataBuilder, channel: str, day: date) -> None:
    """The channel took the money but its notice never reached us: confirm the payment."""
    trade = builder.draw_trade(channel, day, present=True)
    trade.row = replace(trade.row, status="PENDING")
    _broken(builder, trade, "paid_but_open_here", "STATUS_MISMATCH", "CONFIRM")


def listed_twice(builder: DataBuilder, channel: str, day: date) -> None:
    """The same line twice, under one `channel_ref`: one stays, we claim the other."""
    trade = builder.draw_trade(channel, day, present=True)
    copy = replace(trade.line)
    builder.rows.append(trade.row)
    builder.lines += [trade.line, copy]
    builder.label_pair("listed_twice", trade)
    builder.label_item("listed_twice", None, copy, "BREAK", "DUPLICATE_LINE", "CLAIM", day)


def never_listed(builder: DataBuilder, channel: str, day: date) -> None:
    """Paid on our side; the channel never lists it."""
    row = replace(builder.draw_trade(channel, day).row, channel_ref=None)
    builder.rows.append(row)
    builder.label_internal_only("never_listed", row)


def never_booked(builder: DataBuilder, channel: str, day: date) -> None:
    """The channel lists a payment with a number like ours; we never booked it."""
    line = builder.draw_trade(channel, day, present=True).line
    builder.lines.append(line)
    builder.label_statement_only("never_booked", line)


def not_ours(builder: DataBuilder, channel: str, day: date) -> None:
    """A payment of another shop with our merchant number: its reference is not like ours."""
    line = builder.draw_trade(channel, day, present=True).line
    line.our_ref = f"MALL{line.our_ref[3:]}"
    builder.lines.append(line)
    builder.label_item("not_ours", None, line, "EXCLUDED", "OUT_OF_SCOPE", "NONE", day)


def without_our_number(builder: DataBuilder, channel: str, day: date) -> None:
    """A terminal did not send our number: `channel_ref` matches the two sides."""
    trade = builder.draw_trade(channel, day, present=True)
    trade.line.our_ref = ""
    builder.rows.append(trade.row)
    builder.lines.append(trade.line)
    builder.label_pair("without_our_number", trade)


def failed_here(builder: DataBuilder, channel: str, day: date) -> None:
    """Failed on our side, and the channel does not list it: correct."""
    row = replace(builder.draw_trade(channel, day).row, status="FAILED", channel_ref=None)
    builder.rows.append(row)
    _, run = outcome_without_partner(channel, day, other="statement")
    builder.label_item(
        "failed_here", row.txn_id, None, "EXCLUDED", "NOT_EXPECTED", "NONE", run, channel
    )


def failed_on_both(builder: DataBuilder, channel: str, day: date) -> None:
    """Failed on both sides: they agree."""
    trade = builder.draw_trade(channel, day, present=True)
    trade.row = replace(trade.row, status="FAILED")
    trade.line.status, trade.line.fee = "FAILED", 0
    builder.rows.append(trade.row)
    builder.lines.append(trade.line)
    builder.label_pair("failed_on_both", trade)


def settled_next_day(builder: DataBuilder, channel: str, day: date) -> None:
    """Pending on both sides today, final tomorrow: only the final line counts."""
    trade = builder.draw_trade(channel, day, present=True)
    first = replace(trade.line, status="PENDING", fee=0)
    builder.lines.append(first)
    builder.rows.append(replace(trade.row, status="PENDING"))
    builder.label_item("settled_next_day", None, first, "EXCLUDED", "NOT_EXPECTED", "NONE", day)
    trade.line.day = day + ONE_DAY
    if day < LAST:
        builder.rows.append(replace(trade.row, day=day + ONE_DAY))
    if trade.line.is_absent:
        if day < LAST:
            builder.label_internal_only("settled_next_day", trade.row)
            return
        txn_id, waits = trade.row.txn_id, ("SUSPENSE", "NOT_FINAL", "WAIT")
        builder.label_item("settled_next_day", txn_id, None, *waits, day, channel)
        return
    builder.set_times(trade, trade.line.traded_at + ONE_DAY, occurred=trade.row.occurred_at)
    builder.lines.append(trade.line)
    builder.label_pair("settled_next_day", trade, run=day + ONE_DAY)


def fee_a_cent_over(builder: DataBuilder, channel: str, day: date) -> None:
    """Charged 0.01 more than the rate card says."""
    trade = builder.draw_trade(channel, day, present=True)
    trade.line.fee = (trade.line.fee or 0) + 1
    builder.rows.append(trade.row)
    builder.lines.append(trade.line)
    builder.label_pair("fee_a_cent_over", trade, fee_result="OVERCHARGED", fee_difference=1)


def fee_not_printed(builder: DataBuilder, channel: str, day: date) -> None:
    """A fee is due, but the line shows none."""
    trade = builder.draw_trade(channel, day, present=True)
    missing, trade.line.fee = trade.line.fee or 0, None
    builder.rows.append(trade.row)
    builder.lines.append(trade.line)
    builder.label_pair("fee_not_printed", trade, fee_result="FEE_MISSING", fee_difference=-missing)


def _broken(builder: DataBuilder, trade: Trade, case: str, reason: str, action: str) -> None:
    builder.rows.append(trade.row)
    builder.lines.append(trade.line)
    builder.labels.append(Label(case, trade.line.channel, trade.row.txn_id, trade.line, "BREAK",
                             reason, action, trade.line.day))  # fmt: skip


Case = Callable[[DataBuilder, str, date], None]
#: How often each case happens on a day, by channel.
CASES: dict[str, dict[Case, int]] = {
    "wechat": {paid: 700, refunded: 40, listed_next_day: 6, booked_next_day: 4, other_amount: 2,
               paid_but_failed_here: 1, paid_but_open_here: 2, listed_twice: 2, never_listed: 3,
               never_booked: 2, not_ours: 5, failed_here: 8, fee_a_cent_over: 1},
    "bankcard": {paid: 320, refunded: 12, listed_next_day: 9, other_amount: 1,
                 paid_but_failed_here: 1, listed_twice: 1, never_listed: 2, never_booked: 1,
                 not_ours: 3, without_our_number: 6, failed_here: 5, fee_a_cent_over: 1},
    "epay": {paid: 480, refunded: 25, listed_next_day: 5, booked_next_day: 2, other_amount: 2,
             paid_but_open_here: 1, listed_twice: 1, never_listed: 2, never_booked: 1,
             not_ours: 2, failed_here: 6, failed_on_both: 7, settled_next_day: 3,
             fee_a_cent_over: 1},
}  # fmt: skip
#: What happens once in the five days: (channel, days after the first, case).
ONCE: tuple[tuple[str, int, Case], ...] = (("epay", 1, fee_not_printed),)
