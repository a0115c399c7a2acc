"""The demo's data: statement lines, internal rows, and the expected result of each.

Amounts and fees are signed fen, times are local (Asia/Shanghai), without an offset.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

FIRST = date(2026, 11, 16)
DAYS = tuple(FIRST + timedelta(days=n) for n in range(5))
LAST = DAYS[-1]
CHANNELS = ("wechat", "bankcard", "epay")
#: Our account, on which the channels pay.
BANK = "icbc"
PARTS = {"wechat": ("",), "bankcard": ("",), "epay": ("north", "south"), BANK: ("",)}
#: The one file that never comes: the wallet's second part on the last day.
ABSENT = ("epay", LAST, "south")
#: Matching attempts before an item breaks, as demo/config/channels says for every channel.
WINDOW = 2


@dataclass
class Line:
    """One line as a channel prints it; writing the file sets `file` and `line_id`."""

    channel: str
    day: date
    part: str
    kind: str
    status: str
    amount: int
    fee: int | None
    our_ref: str
    channel_ref: str
    traded_at: datetime
    product: str
    card: str = ""
    coupon: int = 0
    original: "Line | None" = None
    payer: str = ""
    file: str = ""
    line_id: str = ""

    @property
    def is_absent(self) -> bool:
        """Whether its file never comes, or comes after the last day."""
        return (self.channel, self.day, self.part) == ABSENT or self.day > LAST


@dataclass(frozen=True)
class Row:
    """One internal transaction in the snapshot of `day`."""

    day: date
    txn_id: str
    channel: str
    kind: str
    status: str
    amount: int
    occurred_at: datetime
    channel_ref: str | None
    original_txn_id: str | None
    account_tail: str | None
    product: str


@dataclass(frozen=True)
class Label:
    """The expected last row of a pair, a line or a transaction, on `run_date`."""

    case: str
    channel: str
    txn_id: str | None
    line: Line | None
    outcome: str
    reasons: str
    action: str
    run_date: date
    fee_result: str = ""
    fee_difference: int = 0


def outcome_without_partner(channel: str, day: date, other: str) -> tuple[bool, date]:
    """Whether an item without a partner breaks by the last day, and the run date of its last row.

    `other` is the side that it waits for: an incomplete statement counts as no matching attempt.
    """
    chances = 0
    for run in (run_date for run_date in DAYS if run_date >= day):
        is_complete = other == "internal" or (channel, run) != ABSENT[:2]
        chances += is_complete
        if chances > WINDOW:
            return True, run
    return False, LAST


def fee_due(line: Line) -> int:
    """The fee in fen by demo/config/fee_schedules, calculated without the jobs' code."""
    size = abs(line.amount)
    if line.channel == "wechat":
        fee = _half_up(size * 60)
        return fee if line.amount > 0 else -fee
    if line.channel == "bankcard":
        if line.kind == "REFUND":
            return 0
        if line.product == "借记卡":
            return min(_half_up(size * 38), 1800)
        return _half_up(size * (60 if line.traded_at.date() <= date(2026, 11, 18) else 55))
    if line.kind == "REFUND":
        return 20
    if line.product == "qr":
        return max(_half_up(size * 25), 1)
    return _half_up(size * 50 + 10 * 10_000)


def _half_up(ten_thousandths: int) -> int:
    return (ten_thousandths + 5_000) // 10_000
