"""The cases of the demo, one function each: what happened, and what the job must say about it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from demo.book import Book, Trade
from demo.model import LAST, Label, alone

ONE_DAY = timedelta(days=1)


def paid(book: Book, channel: str, day: date) -> None:
    """Paid, and listed on the same day: the bulk. In a file that never comes, ours waits."""
    trade = book.trade(channel, day)
    book.rows.append(trade.row)
    book.lines.append(trade.line)
    if trade.line.absent:
        book.ours_alone("part_missing", trade.row)
    else:
        book.pair("paid", trade)
        book.refundable[channel].append(trade)


def refunded(book: Book, channel: str, day: date) -> None:
    """An earlier payment given back, whole or in part: a transaction and a line of its own."""
    trade = book.refund(channel, day)
    book.rows.append(trade.row)
    book.lines.append(trade.line)
    if trade.line.absent:
        book.ours_alone("part_missing", trade.row)
    else:
        book.pair("refunded", trade)


def listed_next_day(book: Book, channel: str, day: date) -> None:
    """Paid just before the channel cuts its day: ours today, in its file tomorrow."""
    trade = book.trade(channel, day, present=True)
    night = datetime(day.year, day.month, day.day, 23, 59, 45)
    traded = book.minutes_after(night - timedelta(minutes=55)) if channel == "bankcard" else (
        night + timedelta(seconds=20))  # fmt: skip
    trade.line.day = day + ONE_DAY
    book.move(trade, traded, occurred=min(traded, night))
    book.rows.append(trade.row)
    if trade.line.absent:
        book.ours_alone("listed_next_day", trade.row)
        return
    book.lines.append(trade.line)
    book.pair("listed_next_day", trade, run=day + ONE_DAY)


def booked_next_day(book: Book, channel: str, day: date) -> None:
    """Listed just before midnight, and booked by us just after it: theirs today, ours tomorrow."""
    trade = book.trade(channel, day, present=True)
    night = datetime(day.year, day.month, day.day, 23, 59, 50)
    book.move(trade, night, occurred=night + timedelta(seconds=15))
    book.lines.append(trade.line)
    if day == LAST:
        book.theirs_alone("booked_next_day", trade.line)
        return
    trade.row = replace(trade.row, day=day + ONE_DAY)
    book.rows.append(trade.row)
    book.pair("booked_next_day", trade, run=day + ONE_DAY)


def other_amount(book: Book, channel: str, day: date) -> None:
    """The channel took 1.00 less than we booked."""
    trade = book.trade(channel, day, present=True)
    trade.row = replace(trade.row, amount=trade.row.amount + 100)
    _broken(book, trade, "other_amount", "AMOUNT_MISMATCH", "REVIEW")


def paid_but_failed_here(book: Book, channel: str, day: date) -> None:
    """The channel took the money for a payment that we hold for failed: give it back."""
    trade = book.trade(channel, day, present=True)
    trade.row = replace(trade.row, status="FAILED")
    _broken(book, trade, "paid_but_failed_here", "STATUS_MISMATCH", "REFUND")


def paid_but_open_here(book: Book, channel: str, day: date) -> None:
    """The channel took the money and its notice never reached us: confirm the payment."""
    trade = book.trade(channel, day, present=True)
    trade.row = replace(trade.row, status="PENDING")
    _broken(book, trade, "paid_but_open_here", "STATUS_MISMATCH", "CONFIRM")


def listed_twice(book: Book, channel: str, day: date) -> None:
    """The same line twice, under the same number of the channel: one stays, one is claimed."""
    trade = book.trade(channel, day, present=True)
    copy = replace(trade.line)
    book.rows.append(trade.row)
    book.lines += [trade.line, copy]
    book.pair("listed_twice", trade)
    book.label("listed_twice", None, copy, "BREAK", "DUPLICATE_LINE", "CLAIM", day)


def never_listed(book: Book, channel: str, day: date) -> None:
    """We hold it for paid and the channel never lists it."""
    row = replace(book.trade(channel, day).row, channel_ref=None)
    book.rows.append(row)
    book.ours_alone("never_listed", row)


def never_booked(book: Book, channel: str, day: date) -> None:
    """The channel lists a payment with a number like ours that we never booked."""
    line = book.trade(channel, day, present=True).line
    book.lines.append(line)
    book.theirs_alone("never_booked", line)


def not_ours(book: Book, channel: str, day: date) -> None:
    """A payment of another shop that shares the merchant number: its number is not like ours."""
    line = book.trade(channel, day, present=True).line
    line.our_ref = f"MALL{line.our_ref[3:]}"
    book.lines.append(line)
    book.label("not_ours", None, line, "EXCLUDED", "OUT_OF_SCOPE", "NONE", day)


def without_our_number(book: Book, channel: str, day: date) -> None:
    """A terminal that did not send our number: the channel's own settles it."""
    trade = book.trade(channel, day, present=True)
    trade.line.our_ref = ""
    book.rows.append(trade.row)
    book.lines.append(trade.line)
    book.pair("without_our_number", trade)


def failed_here(book: Book, channel: str, day: date) -> None:
    """Failed at ours, and the channel says nothing: as it should be."""
    row = replace(book.trade(channel, day).row, status="FAILED", channel_ref=None)
    book.rows.append(row)
    _, run = alone(channel, day, other="statement")
    book.label("failed_here", row.txn_id, None, "EXCLUDED", "NOT_EXPECTED", "NONE", run, channel)


def failed_on_both(book: Book, channel: str, day: date) -> None:
    """Failed at ours and at the channel: the two sides agree."""
    trade = book.trade(channel, day, present=True)
    trade.row = replace(trade.row, status="FAILED")
    trade.line.status, trade.line.fee = "FAILED", 0
    book.rows.append(trade.row)
    book.lines.append(trade.line)
    book.pair("failed_on_both", trade)


def settled_next_day(book: Book, channel: str, day: date) -> None:
    """Still open on both sides tonight, final tomorrow: only the final line counts."""
    trade = book.trade(channel, day, present=True)
    first = replace(trade.line, status="PENDING", fee=0)
    book.lines.append(first)
    book.rows.append(replace(trade.row, status="PENDING"))
    book.label("settled_next_day", None, first, "EXCLUDED", "NOT_EXPECTED", "NONE", day)
    trade.line.day = day + ONE_DAY
    if day < LAST:
        book.rows.append(replace(trade.row, day=day + ONE_DAY))
    if trade.line.absent:
        book.ours_alone("settled_next_day", trade.row)
        return
    book.move(trade, trade.line.traded_at + ONE_DAY, occurred=trade.row.occurred_at)
    book.lines.append(trade.line)
    book.pair("settled_next_day", trade, run=day + ONE_DAY)


def fee_a_cent_over(book: Book, channel: str, day: date) -> None:
    """Charged 0.01 more than the rate card says."""
    trade = book.trade(channel, day, present=True)
    trade.line.fee = (trade.line.fee or 0) + 1
    book.rows.append(trade.row)
    book.lines.append(trade.line)
    book.pair("fee_a_cent_over", trade, fee_result="OVERCHARGED", fee_difference=1)


def fee_not_printed(book: Book, channel: str, day: date) -> None:
    """A fee is due and the line has none."""
    trade = book.trade(channel, day, present=True)
    missing, trade.line.fee = trade.line.fee or 0, None
    book.rows.append(trade.row)
    book.lines.append(trade.line)
    book.pair("fee_not_printed", trade, fee_result="FEE_MISSING", fee_difference=-missing)


def _broken(book: Book, trade: Trade, case: str, reason: str, action: str) -> None:
    book.rows.append(trade.row)
    book.lines.append(trade.line)
    book.labels.append(Label(case, trade.line.channel, trade.row.txn_id, trade.line, "BREAK",
                             reason, action, trade.line.day))  # fmt: skip


Case = Callable[[Book, str, date], None]
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
#: What happens once in the whole week: (channel, days after the first, case).
ONCE: tuple[tuple[str, int, Case], ...] = (("epay", 1, fee_not_printed),)
