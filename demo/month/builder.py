"""Draws the month's trades from a seed, and collects rows, lines and labels."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from demo.month.business_days import ONE_DAY
from demo.month.model import BANKS, CHANNELS, WINDOW, Fact, Label, Month, MonthLine, OurRow, Trade

#: Products, or types of card, as each channel prints them, and their weights.
PRICE_NAMES = {
    "wechat": (("JSAPI", 6), ("NATIVE", 3), ("MICROPAY", 1)),
    "bankcard": (("借记卡", 5), ("贷记卡", 4), ("外卡", 1)),
    "epay": (("qr", 3), ("app", 2)),
}
#: The wallet pays each of our merchants by itself; the third one is small.
MERCHANTS = {
    "wechat": (("1600000001", 1),),
    "bankcard": (("898110000000001", 1),),
    "epay": (("EM01", 60), ("EM02", 37), ("EM03", 3)),
}


@dataclass
class Builder:
    """Rows, lines and labels drawn so far."""

    month: Month
    rows: list[OurRow] = field(default_factory=list)
    lines: list[MonthLine] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    refundable: dict[str, list[Trade]] = field(default_factory=lambda: {c: [] for c in CHANNELS})
    _serial: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.month.seed)

    def next_serial(self) -> int:
        """A number that nothing of the month has yet."""
        self._serial += 1
        return self._serial

    def draw_trade(self, channel: str, day: date, amount: int = 0, price_name: str = "") -> Trade:
        """A payment of the day, equal on both sides; what is not given is drawn."""
        names, weights = zip(*PRICE_NAMES[channel], strict=True)
        name = price_name or self.rng.choices(names, weights)[0]
        merchants, shares = zip(*MERCHANTS[channel], strict=True)
        merchant = self.rng.choices(merchants, shares)[0]
        serial, midnight = self.next_serial(), datetime(day.year, day.month, day.day)
        occurred = midnight + timedelta(hours=6, seconds=self.rng.randrange(17 * 3600))
        txn_id = f"S{day:%Y%m%d}{serial:06d}"
        card = f"620000{self.rng.randrange(10**10):010d}" if channel == "bankcard" else ""
        line = MonthLine(
            channel, day, "", "PAYMENT", "SUCCEEDED", amount or self._draw_amount(channel), None,
            txn_id, self._channel_ref(channel, day, "PAYMENT", serial),
            occurred + timedelta(seconds=self.rng.randrange(1, 40)), name, card, merchant=merchant,
        )  # fmt: skip
        if channel == "bankcard":
            # The acquirer cuts over at 22:00: what comes later, it settles with the next day.
            line.settles_on = day + ONE_DAY if line.traded_at.hour >= 22 else day
        row = OurRow(
            day, txn_id, channel, "PAYMENT", "SUCCEEDED", line.amount, occurred, line.channel_ref,
            card[-4:] or None, None if card else name, name if card else None, merchant,
            f"O{serial:08d}", line.amount,
        )  # fmt: skip
        return Trade(row, line)

    def draw_refund(self, paid: Trade, day: date, size: int) -> Trade:
        """A refund of the day, of an earlier payment or one of the day before 20:00."""
        serial = self.next_serial()
        txn_id = f"S{day:%Y%m%d}{serial:06d}"
        occurred = datetime(day.year, day.month, day.day, 6) + timedelta(
            seconds=self.rng.randrange(15 * 3600)
        )
        if paid.row.day == day:
            occurred = paid.line.traded_at + timedelta(seconds=self.rng.randrange(60, 5400))
        line = replace(
            paid.line, day=day, kind="REFUND", amount=-size, our_ref=txn_id, original=paid.line,
            payment=paid.line, channel_ref=self._channel_ref(paid.row.channel, day, "R", serial),
            traded_at=occurred + timedelta(seconds=self.rng.randrange(1, 40)),
        )  # fmt: skip
        if line.settles_on:
            line.settles_on = day + ONE_DAY if line.traded_at.hour >= 22 else day
        row = replace(
            paid.row, day=day, txn_id=txn_id, kind="REFUND", amount=-size, occurred_at=occurred,
            channel_ref=line.channel_ref, order_amount=None, payment=paid.row,
        )  # fmt: skip
        return Trade(row, line)

    def add_pair(self, case: str, trade: Trade, run: date | None = None) -> None:
        """Both sides, matched on `run` (default: on the day of both)."""
        self.rows.append(trade.row)
        self.lines.append(trade.line)
        run = run or max(trade.row.day, trade.line.day)
        self.label(case, trade.row, trade.line, "MATCHED", "", "NONE", run)

    def label(
        self, case: str, row: OurRow | None, line: MonthLine | None, outcome: str, reasons: str,
        action: str, run: date,
    ) -> None:  # fmt: skip
        """The last row of an item or a pair."""
        self.labels.append(Label(case, row, line, outcome, reasons, action, run))

    def label_one_side(
        self, case: str, row: OurRow | None, line: MonthLine | None, action: str
    ) -> None:
        """An item without a partner: it waits, and breaks after its matching attempts."""
        side = row or line
        assert side is not None
        reason = "INTERNAL_ONLY" if line is None else "STATEMENT_ONLY"
        run = side.day + timedelta(days=WINDOW)
        if run <= self.month.last:
            self.label(case, row, line, "BREAK", reason, action, run)
        else:
            self.label(case, row, line, "SUSPENSE", reason, "WAIT", self.month.last)

    def bank_line(self, bank: str, day: date, amount: int, text: str, payer: str) -> MonthLine:
        """A line of one of our accounts, added to its statement."""
        assert bank in BANKS
        number = self.next_serial()
        line = MonthLine(
            bank, day, "", "ADJUSTMENT", "SUCCEEDED", amount, None, "", f"{day:%m%d}{number:08d}",
            datetime(day.year, day.month, day.day, 9, number % 60, number % 59), text, payer=payer,
        )  # fmt: skip
        self.lines.append(line)
        return line

    def days_after(self, day: date) -> Iterator[date]:
        """The dates of the month after a day, in order."""
        return (later for later in self.month.days if later > day)

    def _draw_amount(self, channel: str) -> int:
        middle = 20_000 if channel == "bankcard" else 4_500
        return max(1, min(round(self.rng.lognormvariate(0, 1.1) * middle), 5_000_000))

    def _channel_ref(self, channel: str, day: date, kind: str, serial: int) -> str:
        if channel == "wechat":
            start = "4200002610" if kind == "PAYMENT" else "50300026100"
            return f"{start}{day:%Y%m%d}{self.rng.randrange(100):02d}{serial:08d}"
        return f"{day:%m%d}{serial:08d}" if channel == "bankcard" else f"{day:%Y%m%d}22{serial:08d}"
