"""A price of a rate card: what is due on an amount. Source: docs/reference/fees.md."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.fees.numbers import Fixed, Minor, Rate
from schemas.fees.tiers import Piece, Tiers
from schemas.strict import Strict

#: The name of a price that an entry states by its own keys, and of the tax on top of a fee.
FEE, TAX = "fee", "tax"
Rounding = Literal["HALF_UP", "HALF_EVEN", "HALF_DOWN", "UP", "DOWN"]


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
    def volume(self) -> Tiers | None:
        """The tiers, where a volume says which step applies."""
        return self.tiers if self.tiers and self.tiers.is_by_volume else None

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
