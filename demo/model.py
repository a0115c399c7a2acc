"""What the demo's data is made of: lines, rows of ours, and what must become of them.

Amounts and fees are signed fen, times are local (Asia/Shanghai) and without an offset.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

FIRST = date(2026, 11, 16)
DAYS = tuple(FIRST + timedelta(days=n) for n in range(5))
LAST = DAYS[-1]
CHANNELS = ("wechat", "bankcard", "epay")
PARTS = {"wechat": ("",), "bankcard": ("",), "epay": ("north", "south")}
#: The one file that never comes: the last day's second half of the e-wallet.
ABSENT = ("epay", LAST, "south")
#: Chances after which an item breaks, as demo/config/channels says for every channel.
WINDOW = 2


@dataclass
class Line:
    """One line as a channel prints it; `file` and `line_id` are known once it is written."""

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
    file: str = ""
    line_id: str = ""

    @property
    def absent(self) -> bool:
        """Whether it stands in a file that never comes, or comes after the last day."""
        return (self.channel, self.day, self.part) == ABSENT or self.day > LAST


@dataclass(frozen=True)
class Row:
    """One transaction of ours as the snapshot of `day` shows it."""

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
    """What must become of a pair, a line or a transaction: its row on `run_date`, its last one."""

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


def alone(channel: str, day: date, other: str) -> tuple[bool, date]:
    """Whether an item that nobody meets has used its chances by the last day, and its last run.

    `other` is the side that it waits for: a statement with a part missing gives no chance.
    """
    chances = 0
    for run in (each for each in DAYS if each >= day):
        there = other == "internal" or (channel, run) != ABSENT[:2]
        chances += there
        if chances > WINDOW:
            return True, run
    return False, LAST


def due(line: Line) -> int:
    """The fee that demo/config/fee_schedules asks for, in fen, worked out apart from the jobs."""
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
