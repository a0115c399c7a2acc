"""The cases of a day, one function each: what happened, and what the result must be."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from demo.month.builder import Builder
from demo.month.business_days import ONE_DAY
from demo.month.model import Label, Trade


def pay(builder: Builder, channel: str, day: date) -> None:
    """Paid and listed on the same day: most payments."""
    trade = builder.draw_trade(channel, day)
    builder.add_pair("paid", trade)
    if trade.line.traded_at.hour < 20:
        builder.refundable[channel].append(trade)


def refund(builder: Builder, channel: str, day: date) -> None:
    """An earlier payment refunded: in whole, or in two parts of which the second comes later."""
    pool = builder.refundable[channel]
    if not pool:
        return
    # Half of them are of the last payments, so that some come before the payment is settled.
    recent = max(0, len(pool) - 20) if builder.rng.random() < 0.5 else 0
    paid = pool.pop(builder.rng.randrange(recent, len(pool)))
    size = paid.line.amount
    if size > 1 and builder.rng.random() < 0.4:
        later = next((one for one in builder.days_after(day) if one >= day + 2 * ONE_DAY), None)
        size = builder.rng.randrange(1, size)
        if later is not None:
            rest = builder.draw_refund(paid, later, paid.line.amount - size)
            builder.add_pair("refunded, the rest", rest)
    builder.add_pair("refunded", builder.draw_refund(paid, day, size))


def refund_in_halves(builder: Builder, channel: str, day: date) -> None:
    """10,000.00 by a debit card, whose fee is capped, refunded in halves on the next two days."""
    paid = builder.draw_trade(channel, day, 1_000_000, "借记卡")
    builder.add_pair("paid, the fee capped", paid)
    for later, _ in zip(builder.days_after(day), range(2), strict=False):
        builder.add_pair("refunded, the fee capped", builder.draw_refund(paid, later, 500_000))


def list_next_day(builder: Builder, channel: str, day: date) -> None:
    """Paid at the channel's cut-off: in our snapshot today, in its file tomorrow."""
    trade = builder.draw_trade(channel, day)
    night = datetime(day.year, day.month, day.day, 23, 59, 45)
    trade.row.occurred_at, trade.line.traded_at = night, night + timedelta(seconds=20)
    trade.line.day = day + ONE_DAY
    if trade.line.settles_on:
        trade.line.settles_on = day + ONE_DAY
    if day == builder.month.last:
        builder.rows.append(trade.row)
        builder.label_one_side("listed on the next day", trade.row, None, "QUERY")
    else:
        builder.add_pair("listed on the next day", trade)


def book_next_day(builder: Builder, channel: str, day: date) -> None:
    """Listed just before midnight, booked by us just after it."""
    trade = builder.draw_trade(channel, day)
    night = datetime(day.year, day.month, day.day, 23, 59, 50)
    trade.line.traded_at, trade.row.occurred_at = night, night + timedelta(seconds=15)
    if trade.line.settles_on:
        trade.line.settles_on = day + ONE_DAY
    if day == builder.month.last:
        builder.lines.append(trade.line)
        builder.label_one_side("booked on the next day", None, trade.line, "REFUND")
    else:
        trade.row.day = day + ONE_DAY
        builder.add_pair("booked on the next day", trade)


def list_days_later(builder: Builder, channel: str, day: date) -> None:
    """The channel lists the payment four days later: ours broke, and the late line clears it."""
    trade = builder.draw_trade(channel, day)
    later = day + 4 * ONE_DAY
    if later > builder.month.last:
        builder.add_pair("paid", trade)
        return
    trade.line.day, trade.line.traded_at = later, trade.line.traded_at + 4 * ONE_DAY
    if trade.line.settles_on:
        trade.line.settles_on += 4 * ONE_DAY
    builder.rows.append(trade.row)
    builder.lines.append(trade.line)
    builder.label("listed days later", trade.row, trade.line, "MATCHED", "LATE", "NONE", later)


def take_other_amount(builder: Builder, channel: str, day: date) -> None:
    """The channel took 1.00 less than we booked."""
    trade = builder.draw_trade(channel, day)
    trade.row.amount += 100
    trade.row.order_amount = trade.row.amount
    _broken(builder, trade, "other amount", "AMOUNT_MISMATCH", "REVIEW")


def fail_here(builder: Builder, channel: str, day: date) -> None:
    """The channel took the money for a payment that failed on our side: refund it."""
    trade = builder.draw_trade(channel, day)
    trade.row.status = "FAILED"
    _broken(builder, trade, "paid, failed here", "STATUS_MISMATCH", "REFUND")


def stay_open_here(builder: Builder, channel: str, day: date) -> None:
    """The channel took the money but its notice never reached us: confirm the payment."""
    trade = builder.draw_trade(channel, day)
    trade.row.status = "PENDING"
    _broken(builder, trade, "paid, open here", "STATUS_MISMATCH", "CONFIRM")


def list_twice(builder: Builder, channel: str, day: date) -> None:
    """The same line twice, under one `channel_ref`: one stays, we claim the other."""
    trade = builder.draw_trade(channel, day)
    copy = replace(trade.line, has_volume=False)
    builder.add_pair("listed twice", trade)
    builder.lines.append(copy)
    builder.label("listed twice", None, copy, "BREAK", "DUPLICATE_LINE", "CLAIM", day)


def charge_twice(builder: Builder, channel: str, day: date) -> None:
    """The channel took the money twice, under two numbers of its own: refund the second."""
    trade = builder.draw_trade(channel, day)
    other = builder.draw_trade(channel, day).line
    second = replace(
        trade.line, channel_ref=other.channel_ref,
        traded_at=trade.line.traded_at + timedelta(seconds=30),
    )  # fmt: skip
    builder.add_pair("charged twice", trade)
    builder.lines.append(second)
    builder.label("charged twice", None, second, "BREAK", "DUPLICATE_PAYMENT", "REFUND", day)


def never_list(builder: Builder, channel: str, day: date) -> None:
    """Paid on our side; the channel never lists it."""
    row = builder.draw_trade(channel, day).row
    row.channel_ref = None
    builder.rows.append(row)
    builder.label_one_side("never listed", row, None, "QUERY")


def never_book(builder: Builder, channel: str, day: date) -> None:
    """The channel lists a payment with a number like ours; we never booked it."""
    line = builder.draw_trade(channel, day).line
    builder.lines.append(line)
    builder.label_one_side("never booked", None, line, "REFUND")


def belong_to_others(builder: Builder, channel: str, day: date) -> None:
    """A payment of another shop with our merchant number: its reference is not like ours."""
    line = builder.draw_trade(channel, day).line
    line.our_ref, line.has_volume = f"MALL{line.our_ref[3:]}", False
    builder.lines.append(line)
    builder.label("of another shop", None, line, "EXCLUDED", "OUT_OF_SCOPE", "NONE", day)


def lose_our_number(builder: Builder, channel: str, day: date) -> None:
    """A terminal did not send our number: `channel_ref` matches the two sides."""
    trade = builder.draw_trade(channel, day)
    trade.line.our_ref = ""
    builder.add_pair("without our number", trade)


def fail_on_both(builder: Builder, channel: str, day: date) -> None:
    """Failed on both sides: they agree."""
    trade = builder.draw_trade(channel, day)
    trade.row.status = trade.line.status = "FAILED"
    builder.add_pair("failed on both sides", trade)


def end_next_day(builder: Builder, channel: str, day: date) -> None:
    """Pending on both sides today, final tomorrow: only the final line counts."""
    if day == builder.month.last:
        return
    trade = builder.draw_trade(channel, day)
    first = replace(trade.line, status="PENDING")
    builder.lines.append(first)
    builder.rows.append(replace(trade.row, status="PENDING"))
    builder.label("final on the next day", None, first, "EXCLUDED", "NOT_EXPECTED", "NONE", day)
    trade.row.day = trade.line.day = day + ONE_DAY
    trade.line.traded_at += ONE_DAY
    builder.add_pair("final on the next day", trade)


def add_a_cent(builder: Builder, channel: str, day: date) -> None:
    """Charged 0.01 more than the rate card says."""
    trade = builder.draw_trade(channel, day)
    trade.line.fee_fault = "over"
    builder.add_pair("paid, a cent over", trade)


def keep_the_fee(builder: Builder, channel: str, day: date) -> None:
    """The channel does not give back the fee of a payment that is refunded at once."""
    paid = builder.draw_trade(channel, day, 20_000, "借记卡" if channel == "bankcard" else "JSAPI")
    midnight = datetime(day.year, day.month, day.day)
    paid.line.traded_at = midnight + timedelta(hours=12, seconds=builder.rng.randrange(3600))
    paid.row.occurred_at = paid.line.traded_at - timedelta(seconds=5)
    if paid.line.settles_on:
        paid.line.settles_on = day
    back = builder.draw_refund(paid, day, 20_000)
    back.line.fee_fault = "kept"
    builder.add_pair("paid", paid)
    builder.add_pair("refunded, the fee kept", back)


def print_no_fee(builder: Builder, channel: str, day: date) -> None:
    """A fee is due, but the line shows none."""
    trade = builder.draw_trade(channel, day, 5_000)
    trade.line.fee_fault = "missing"
    builder.add_pair("paid, no fee printed", trade)


def take_back(builder: Builder, channel: str, day: date) -> None:
    """Paid today and reversed tomorrow, on both sides: fee, volume and payout are taken back."""
    trade = builder.draw_trade(channel, day)
    if day == builder.month.last:
        builder.add_pair("paid", trade)
        return
    later = replace(
        trade.line, day=day + ONE_DAY, status="REVERSED", taken_back=trade.line,
        traded_at=trade.line.traded_at + ONE_DAY,
    )  # fmt: skip
    row = replace(trade.row, day=day + ONE_DAY, status="REVERSED")
    builder.rows += [trade.row, row]
    builder.lines += [trade.line, later]
    pair = Label("paid, reversed later", row, trade.line, "MATCHED", "", "NONE", day, True)
    builder.labels.append(pair)
    known = ("EXCLUDED", "ALREADY_RECONCILED", "NONE", day + ONE_DAY)
    builder.label("paid, reversed later", row, None, *known)
    builder.label("paid, reversed later", None, later, *known)


def _broken(builder: Builder, trade: Trade, case: str, reason: str, action: str) -> None:
    builder.rows.append(trade.row)
    builder.lines.append(trade.line)
    builder.label(case, trade.row, trade.line, "BREAK", reason, action, trade.line.day)
