"""A price of a rate card: what is due on an amount. Source: docs/reference/fees.md."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from schemas.strict import Strict

#: Bound of any amount in minor units.
AMOUNT_MAX = 10**15
#: Digits after the point of a rate and of a fixed part, so that no step exceeds BIGINT.
DIGITS_MAX = 9
_CHARACTERS_MAX = 24
#: The name of a price that an entry states by its own keys, and of the tax on top of a fee.
FEE, TAX = "fee", "tax"


def _read_decimal(text: str, what: str) -> Decimal:
    if len(text) > _CHARACTERS_MAX:
        raise ValueError(f"{text[:_CHARACTERS_MAX]}... has too many characters for {what}")
    try:
        value = Decimal(text)
    except InvalidOperation as fault:
        raise ValueError(f"{text!r} is no decimal number") from fault
    if value.is_finite() and count_digits(value) > DIGITS_MAX:
        raise ValueError(f"{text} has more than {DIGITS_MAX} decimals")
    return value


def _check_rate(text: str) -> str:
    value = _read_decimal(text, "a rate")
    if not value.is_finite() or not 0 <= value <= 1:
        raise ValueError(f'{text} is not between 0 and 1; write 0.60 % as "0.0060"')
    return text


def _write_fixed(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_fixed(text: str) -> str:
    value = _read_decimal(text, "minor units")
    if not value.is_finite() or not 0 <= value <= AMOUNT_MAX:
        raise ValueError(f"{text} is not between 0 and {AMOUNT_MAX} minor units")
    return text


def count_digits(value: Decimal) -> int:
    """Digits after the point, trailing zeros left out."""
    return max(0, -int(value.normalize().as_tuple().exponent))


Rate = Annotated[str, Field(strict=True), AfterValidator(_check_rate)]
Fixed = Annotated[
    str, BeforeValidator(_write_fixed), Field(strict=True), AfterValidator(_check_fixed)
]
Minor = Annotated[int, Field(ge=0, le=AMOUNT_MAX, strict=True)]
Rounding = Literal["HALF_UP", "HALF_EVEN", "HALF_DOWN", "UP", "DOWN"]


@dataclass(frozen=True)
class Piece:
    """For a base up to `to` (None: any), due is (base - offset) x rate + fixed, minor units."""

    to: int | None
    offset: int
    rate: Decimal
    fixed: Decimal


class Step(Strict):
    """A step of tiers: bases up to `to`, included; the last step has none."""

    to: Minor | None = None
    rate: Rate = "0"
    fixed: Fixed = "0"


class Tiers(Strict):
    """Prices by amount: in `slab` the step of the base prices all of it, in `graduated` each step
    prices its slice.
    """

    by: Literal["amount"]
    mode: Literal["slab", "graduated"]
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        limits = [step.to for step in self.steps[:-1]]
        if None in limits or self.steps[-1].to is not None:
            raise ValueError("every step but the last has `to`, and the last has none")
        for number, (one, other) in enumerate(pairwise(limits), 1):
            if one is not None and other is not None and other <= one:
                raise ValueError(
                    f"step {number}: to {other} is not above {one} of the step before; write the"
                    " steps in ascending order"
                )
        return self

    def to_pieces(self) -> tuple[Piece, ...]:
        """One piece per step; a graduated one begins with what the steps before add up to."""
        pieces, start, before = [], 0, Decimal(0)
        for step in self.steps:
            rate, fixed = Decimal(step.rate), Decimal(step.fixed)
            if self.mode == "slab":
                pieces.append(Piece(step.to, 0, rate, fixed))
                continue
            before += fixed
            pieces.append(Piece(step.to, start, rate, before))
            if step.to is not None:
                before += (step.to - start) * rate
                start = step.to
        return tuple(pieces)


class Price(Strict):
    """clamp(round(base x rate + fixed), min, max); `rate` and decimals of `fixed` are text.

    `fixed`, `min`, `max` and `above` are minor units. `pass_through` names the amount of the line
    that is due as it stands there, whatever the base.
    """

    rate: Rate = "0"
    fixed: Fixed = "0"
    min: Minor | None = None
    max: Minor | None = None
    rounding: Rounding = "HALF_UP"
    base: Literal["amount", "order_amount"] = "amount"
    above: Minor = 0
    tiers: Tiers | None = None
    pass_through: Literal["fee", "settlement_amount"] | None = None

    @model_validator(mode="after")
    def _check_limits(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        keys = self.model_fields_set
        if self.tiers and keys & {"rate", "fixed", "above"}:
            raise ValueError("tiers: rate and fixed stand in the steps, and above is not for tiers")
        if self.pass_through and keys & (PRICE_KEYS - {"pass_through"}):
            raise ValueError("pass_through: what the line says is due, so it has no other price")
        return self

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The price before rounding and limits, by size of the base."""
        if self.tiers:
            return self.tiers.to_pieces()
        return (Piece(None, self.above, Decimal(self.rate), Decimal(self.fixed)),)

    @property
    def has_fixed(self) -> bool:
        """Whether a part of the price does not depend on the amount."""
        steps = self.tiers.steps if self.tiers else ()
        return any(Decimal(text) for text in (self.fixed, *(step.fixed for step in steps)))

    def without_fixed(self) -> "Price":
        """The same price, of which the fixed parts are left out."""
        tiers = self.tiers
        if tiers:
            steps = tuple(step.model_copy(update={"fixed": "0"}) for step in tiers.steps)
            tiers = tiers.model_copy(update={"steps": steps})
        return self.model_copy(update={"fixed": "0", "tiers": tiers})


#: The keys of a price, which an entry with components does not have itself.
PRICE_KEYS = frozenset(Price.model_fields) - {"rounding"}


class Component(Price):
    """A named price of an entry; it is rounded by itself."""

    name: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check_name(self) -> Self:
        if self.name == TAX:
            raise ValueError(f"name: {TAX} is the name of the tax on top; use another name")
        return self


class Tax(Strict):
    """A tax on the fee of an entry, by its rounding: `on_top` of it, or `included` in it."""

    rate: Rate
    mode: Literal["on_top", "included"]
