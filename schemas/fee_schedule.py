"""Fee schedules: what a channel may charge, entry by entry. Source: docs/reference/fees.md."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from schemas.strict import Strict
from schemas.vocabulary import Kind

#: Bound of any amount in minor units.
AMOUNT_MAX = 10**15
#: Digits after the point that a rate may have, so that |amount| x rate stays within BIGINT.
RATE_DIGITS_MAX = 9
_RATE_CHARACTERS_MAX = 24


def _check_rate(text: str) -> str:
    if len(text) > _RATE_CHARACTERS_MAX:
        raise ValueError(f"{text[:_RATE_CHARACTERS_MAX]}... has too many characters for a rate")
    try:
        value = Decimal(text)
    except InvalidOperation as fault:
        raise ValueError(f"{text!r} is no decimal number") from fault
    if not value.is_finite() or not 0 <= value <= 1:
        raise ValueError(f'{text} is not between 0 and 1; write 0.60 % as "0.0060"')
    if -int(value.normalize().as_tuple().exponent) > RATE_DIGITS_MAX:
        raise ValueError(f"{text} has more than {RATE_DIGITS_MAX} decimals")
    return text


def _to_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_to_list)]
Kinds = Annotated[tuple[Kind, ...], BeforeValidator(_to_list)]


class AmountRange(Strict):
    """Limits of |amount| in minor units, both included."""

    min: int | None = Field(default=None, ge=0, le=AMOUNT_MAX)
    max: int | None = Field(default=None, ge=0, le=AMOUNT_MAX)


class FeeEntry(Strict):
    """One entry: filters, dates in force (both included, the trade's local date), and the price.

    `rate` is decimal text; `fixed`, `min`, `max` and `tolerance` are minor units.
    `refund`: what a refund gets back of the fee at the payment's entry (`return`), nothing
    (`keep`), or is charged for itself (`charge`).
    """

    name: str = Field(min_length=1)
    kind: Kinds = ()
    product: Texts = ()
    card_type: Texts = ()
    merchant_id: Texts = ()
    currency: Texts = ()
    amount: AmountRange = AmountRange()
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    rate: Annotated[str, Field(strict=True), AfterValidator(_check_rate)] = "0"
    fixed: int = Field(default=0, ge=0, le=AMOUNT_MAX, strict=True)
    min: int | None = Field(default=None, ge=0, le=AMOUNT_MAX, strict=True)
    max: int | None = Field(default=None, ge=0, le=AMOUNT_MAX, strict=True)
    rounding: Literal["HALF_UP", "HALF_EVEN", "UP", "DOWN"] = "HALF_UP"
    level: Literal["line"] = "line"
    refund: Literal["return", "keep", "charge"] = "return"
    tolerance: int = Field(default=0, ge=0, le=AMOUNT_MAX, strict=True)

    @model_validator(mode="after")
    def _check_limits(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError(f"from {self.from_} is after to {self.to}")
        return self

    @property
    def rate_scaled(self) -> tuple[int, int]:
        """The rate as (numerator, denominator), the denominator a power of ten."""
        digits = max(0, -int(Decimal(self.rate).normalize().as_tuple().exponent))
        return int(Decimal(self.rate).scaleb(digits)), 10**digits


class FeeSchedule(Strict):
    """A channel's fee schedule: the first entry that fits a line applies."""

    channel: str
    entries: tuple[FeeEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_unique_names(self) -> Self:
        names = [entry.name for entry in self.entries]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two entries are called {', '.join(twice)}; name each once")
        return self
