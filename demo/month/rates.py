"""Fees by demo/month/config/fee_schedules, calculated in decimals and without the jobs' code."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from demo.month.business_days import add_business_days


@dataclass(frozen=True)
class Price:
    """rate x base + fixed, rounded once, within limits; a base of 0 costs nothing."""

    rate: str
    fixed: int = 0
    low: int = 0
    high: int | None = None
    rounding: str = ROUND_HALF_UP

    def of(self, size: int, with_fixed: bool = True) -> int:
        """The price of a size in fen."""
        if size == 0:
            return 0
        exact = Decimal(size) * Decimal(self.rate) + (self.fixed if with_fixed else 0)
        fee = max(int(exact.to_integral_value(self.rounding)), self.low)
        return fee if self.high is None else min(fee, self.high)


@dataclass(frozen=True)
class Entry:
    """An entry of a rate card: the prices that it adds up, and its rule for refunds."""

    name: str
    refund: str
    prices: tuple[Price, ...]

    def fee(self, size: int) -> int:
        """What a payment of this size costs."""
        return sum(price.of(size) for price in self.prices)


_OLD_CREDIT = Entry("credit-old", "return", (Price("0.0060"),))
_NEW_CREDIT = Entry("credit-new", "return", (
    Price("0.0045", rounding=ROUND_HALF_EVEN),
    Price("0.000325", high=325, rounding=ROUND_HALF_EVEN),
    Price("0.0005", fixed=3, rounding=ROUND_HALF_EVEN),
))  # fmt: skip
_ENTRIES = {
    "NATIVE": Entry("native", "return_share", (Price("0.0060"),)),
    "MICROPAY": Entry("micropay", "return_until_settled", (Price("0.0038", low=1),)),
    "借记卡": Entry("debit", "return", (Price("0.0038", high=1800),)),
    "外卡": Entry("foreign", "return_rate", (Price("0.0180", fixed=100),)),
    "qr": Entry("qr", "keep", (Price("0.0025", low=1),)),
    "app": Entry("app", "charge", (Price("0.0050", fixed=10),)),
}
#: The wallet charges for each refund of this product, whatever its amount.
APP_REFUND = Entry("app-refund", "charge", (Price("0", fixed=20),))


def find_entry(price_name: str, traded_on: date, new_card_from: date, is_cheaper: bool) -> Entry:
    """The entry that prices a payment by its product or type of card."""
    if price_name == "JSAPI":
        return Entry("jsapi", "return", (Price("0.0054" if is_cheaper else "0.0060"),))
    if price_name == "贷记卡":
        return _OLD_CREDIT if traded_on < new_card_from else _NEW_CREDIT
    return _ENTRIES[price_name]


@dataclass
class Refunds:
    """The refunds of one payment, in their order, and what each of them gives back."""

    entry: Entry
    size: int
    day: date
    refunded: int = 0

    def __post_init__(self) -> None:
        self._sums = [0] * len(self.entry.prices)

    def due_on(self, size: int, day: date) -> int:
        """The fee due on the next refund: below 0 where a fee comes back."""
        rule = self.entry.refund
        before, self.refunded = self.refunded, self.refunded + size
        if rule == "keep":
            return 0
        if rule == "charge":
            return APP_REFUND.fee(size)
        if rule == "return_until_settled" and day >= add_business_days(self.day, 1):
            return 0
        if rule == "return_share":
            return -sum(self._share(price, before, self.refunded) for price in self.entry.prices)
        return -sum(self._give_back(number, size) for number in range(len(self._sums)))

    def _share(self, price: Price, before: int, after: int) -> int:
        fee = price.of(self.size)

        def part(refunded: int) -> int:
            share = Decimal(fee) * min(refunded, self.size) / self.size
            return int(share.to_integral_value(price.rounding))

        return part(after) - part(before)

    def _give_back(self, number: int, size: int) -> int:
        price = self.entry.prices[number]
        fee, before = price.of(self.size), self._sums[number]
        self._sums[number] += price.of(size, with_fixed=self.entry.refund != "return_rate")
        return min(fee, self._sums[number]) - min(fee, before)
