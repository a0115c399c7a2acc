"""Builds the demo's data: draws trades from a seed and collects rows, lines and labels."""

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from demo.model import ABSENT, PARTS, Label, Line, Row, fee_due, outcome_without_partner

#: Products as each channel prints them, and their weights.
PRODUCTS = {
    "wechat": (("JSAPI", 6), ("NATIVE", 3), ("MICROPAY", 1)),
    "bankcard": (("借记卡", 3), ("贷记卡", 2)),
    "epay": (("qr", 3), ("app", 2)),
}


@dataclass
class Trade:
    """Both sides of one payment or refund."""

    row: Row
    line: Line


@dataclass
class DataBuilder:
    """Rows, lines and labels drawn so far."""

    rng: random.Random
    rows: list[Row] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    refundable: dict[str, list[Trade]] = field(default_factory=lambda: {c: [] for c in PARTS})
    _serial: int = 0

    def draw_trade(self, channel: str, day: date, present: bool = False) -> Trade:
        """A payment of the day, equal on both sides; `present` keeps it out of the absent file."""
        names, weights = zip(*PRODUCTS[channel], strict=True)
        product = self.rng.choices(names, weights)[0]
        amount = self._amount(channel)
        part = self.rng.choice(PARTS[channel])
        if present and (channel, day, part) == ABSENT:
            part = PARTS[channel][0]
        card = self._card() if channel == "bankcard" else ""
        coupon = self.rng.choice((0,) * 19 + (100,)) if channel == "wechat" else 0
        return self._draw_both_sides(
            channel, day, part, "PAYMENT", amount, product, card, coupon, None
        )

    def draw_refund(self, channel: str, day: date) -> Trade:
        """A refund on the day, of an earlier payment without a refund."""
        pool = self.refundable[channel]
        paid = pool.pop(self.rng.randrange(len(pool)))
        whole = self.rng.random() < 0.6
        size = paid.line.amount if whole else max(1, paid.line.amount // 2)
        line = paid.line
        trade = self._draw_both_sides(
            channel, day, line.part, "REFUND", -size, line.product, line.card, 0, line
        )
        trade.row = replace(trade.row, original_txn_id=paid.row.txn_id)
        if line.day == day:
            later = max(line.traded_at, self.later_time(line.traded_at))
            self.set_times(trade, later, occurred=later - timedelta(seconds=3))
        return trade

    def set_times(self, trade: Trade, traded: datetime, occurred: datetime) -> None:
        """Sets other times on both sides, and the fee of the new day."""
        trade.line.traded_at = traded
        trade.line.fee = fee_due(trade.line)
        trade.row = replace(trade.row, occurred_at=occurred)

    def later_time(self, moment: datetime) -> datetime:
        """A time up to half an hour later."""
        return moment + timedelta(seconds=self.rng.randrange(10, 1800))

    def label_pair(
        self, case: str, trade: Trade, run: date | None = None,
        fee_result: str = "", fee_difference: int = 0,
    ) -> None:  # fmt: skip
        """Labels both sides as one row, matched on `run` (default: on their day)."""
        self.labels.append(
            Label(case, trade.line.channel, trade.row.txn_id, trade.line, "MATCHED", "", "NONE",
                  run or trade.line.day, fee_result, fee_difference)
        )  # fmt: skip

    def label_internal_only(self, case: str, row: Row) -> None:
        """Labels a row without a line: it waits, and breaks after its matching attempts."""
        broken, run = outcome_without_partner(row.channel, row.day, other="statement")
        outcome, action = ("BREAK", "QUERY") if broken else ("SUSPENSE", "WAIT")
        self.label_item(case, row.txn_id, None, outcome, "INTERNAL_ONLY", action, run, row.channel)

    def label_statement_only(self, case: str, line: Line) -> None:
        """Labels a line without a row: it waits, and breaks after its matching attempts."""
        broken, run = outcome_without_partner(line.channel, line.day, other="internal")
        outcome, action = ("BREAK", "REFUND") if broken else ("SUSPENSE", "WAIT")
        self.label_item(case, None, line, outcome, "STATEMENT_ONLY", action, run)

    def label_item(
        self, case: str, txn_id: str | None, line: Line | None, outcome: str, reason: str,
        action: str, run: date, channel: str = "",
    ) -> None:  # fmt: skip
        """Labels a single item with its last row."""
        channel = line.channel if line else channel
        self.labels.append(Label(case, channel, txn_id, line, outcome, reason, action, run))

    def _draw_both_sides(
        self, channel: str, day: date, part: str, kind: str, amount: int, product: str, card: str,
        coupon: int, original: Line | None,
    ) -> Trade:  # fmt: skip
        self._serial += 1
        txn_id = f"S{day:%Y%m%d}{self._serial:06d}"
        occurred = datetime(day.year, day.month, day.day, 6) + timedelta(
            seconds=self.rng.randrange(16 * 3600)
        )
        line = Line(channel, day, part, kind, "SUCCEEDED", amount, None, txn_id,
                    self._channel_ref(channel, day, kind),
                    occurred + timedelta(seconds=self.rng.randrange(1, 40)),
                    product, card, coupon, original)  # fmt: skip
        line.fee = fee_due(line)
        row = Row(day, txn_id, channel, kind, "SUCCEEDED", amount, occurred, line.channel_ref, None,
                  card[-4:] or None, product)  # fmt: skip
        return Trade(row, line)

    def _amount(self, channel: str) -> int:
        middle = 20_000 if channel == "bankcard" else 4_500
        return max(1, min(round(self.rng.lognormvariate(0, 1.1) * middle), 5_000_000))

    def _card(self) -> str:
        return f"620000{self.rng.randrange(10**10):010d}"

    def _channel_ref(self, channel: str, day: date, kind: str) -> str:
        serial = f"{self._serial:08d}"
        if channel == "wechat":
            start = "4200002611" if kind == "PAYMENT" else "50300026110"
            return f"{start}{day:%Y%m%d}{self.rng.randrange(100):02d}{serial}"
        if channel == "bankcard":
            return f"{day:%m%d}{serial}"
        return f"{day:%Y%m%d}2200{serial}"
