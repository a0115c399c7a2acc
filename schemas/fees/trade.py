"""A trade whose fee is to be quoted, before any statement is there."""

from dataclasses import dataclass
from datetime import date

from schemas.vocabulary import Kind


@dataclass(frozen=True)
class Trade:
    """What a rate card prices: sizes in minor units of `currency`, and the trade's local date.

    `order_amount` is that of the order, None if not known; `extra` are further columns of the
    statement's line, by name. Of a refund, `paid` and `paid_on` are the amount and date of the
    payment that it refunds. `volume` is that of tiers by volume, minor units; None if not known.
    """

    channel: str
    kind: Kind
    amount: int
    currency: str
    day: date
    product: str | None = None
    card_type: str | None = None
    merchant_id: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    order_amount: int | None = None
    paid: int | None = None
    paid_on: date | None = None
    volume: int | None = None
