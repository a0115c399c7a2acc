"""The month's data: dates, statement lines, transactions, and what must be reported of each.

Amounts and fees are signed fen, times are local (Asia/Shanghai), without an offset.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from demo.model import Line

CHANNELS = ("wechat", "bankcard", "epay")
#: Our accounts: WeChat Pay and the acquirer pay on the first one, the wallet on the second.
BANKS = ("icbc", "cmb")
#: Matching attempts before an item breaks, as demo/month/config/channels says.
WINDOW = 2


@dataclass(frozen=True)
class Month:
    """Which days are drawn, and how many transactions on each. `last` is included."""

    first: date = date(2026, 10, 1)
    last: date = date(2026, 10, 31)
    trades: int = 5000
    seed: int = 20261001

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The dates in order."""
        count = (self.last - self.first).days + 1
        return tuple(self.first + timedelta(days=number) for number in range(count))

    @cached_property
    def new_card_from(self) -> date:
        """From this day on the acquirer's new rate card holds: the 16th of 31 days."""
        return self.days[len(self.days) // 2]

    @cached_property
    def cheaper_from(self) -> date:
        """On this day the volume of the month has reached the next step: the 20th of 31 days."""
        return self.days[len(self.days) * 5 // 8]


@dataclass
class MonthLine(Line):
    """A line of a statement. `settles_on`: the settlement date that it prints, if any.

    `has_volume`: copies and lines of other shops count in no volume. `fee_fault` is what the
    channel does wrong with the fee: `over` is a cent too much, `missing` an empty field, `kept` a
    fee that does not come back with a refund. `back_ref` is the bank line that a line returns,
    `taken_back` the payment that does not stand any more.
    """

    merchant: str = ""
    settles_on: date | None = None
    payment: "MonthLine | None" = None
    has_volume: bool = True
    fee_fault: str = ""
    entry: str = ""
    due: int = 0
    back_ref: str = ""
    taken_back: "MonthLine | None" = None

    @property
    def net(self) -> int:
        """What the line adds to the payout of its batch."""
        if self.taken_back is not None:
            return -self.taken_back.net
        return self.amount - self.charged if self.status == "SUCCEEDED" else 0

    @property
    def charged(self) -> int:
        """The fee that it charges; a payment that is taken back gives its fee back."""
        return -self.taken_back.charged if self.taken_back else self.fee or 0


@dataclass
class OurRow:
    """One of our transactions as the snapshot of `day` has it."""

    day: date
    txn_id: str
    channel: str
    kind: str
    status: str
    amount: int
    occurred_at: datetime
    channel_ref: str | None
    account_tail: str | None = None
    product: str | None = None
    card_type: str | None = None
    merchant: str | None = None
    order_ref: str | None = None
    order_amount: int | None = None
    payment: "OurRow | None" = None

    @property
    def price_name(self) -> str:
        """The product or the type of card, by which the rate cards tell prices apart."""
        return self.card_type or self.product or ""


@dataclass
class Trade:
    """Both sides of one payment or refund."""

    row: OurRow
    line: MonthLine


@dataclass(frozen=True)
class Label:
    """The last row of a pair, a line or a transaction that `outcomes` must have.

    `is_of_line`: the last row of the line is that of the pair, that of the transaction is not.
    """

    case: str
    row: OurRow | None
    line: MonthLine | None
    outcome: str
    reasons: str
    action: str
    run_date: date
    is_of_line: bool = False


@dataclass(frozen=True)
class Fact:
    """What one table must say about one thing, and the class of the month in which it counts."""

    case: str
    table: str
    key: tuple[str, ...]
    value: tuple[object, ...]
