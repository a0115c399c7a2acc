"""The parts of an entry that a month decides: fees billed by FEE lines, and monthly prices."""

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.fees.numbers import Minor
from schemas.strict import Strict


class Billed(Strict):
    """The fee is not on the line: FEE lines bear it, of the `same` month or, up to a day, of the
    `next` one.
    """

    month: Literal["same", "next"]
    until_day: Annotated[int, Field(ge=1, le=28, strict=True)] = 15

    @model_validator(mode="after")
    def _check_day(self) -> Self:
        if self.month == "same" and "until_day" in self.model_fields_set:
            raise ValueError("until_day: it is for month: next; take it away")
        return self

    def month_of(self, day: date) -> date:
        """The first day of the month to which a FEE line of a date belongs."""
        first = day.replace(day=1)
        if self.month == "next" and day.day <= self.until_day:
            return (first - timedelta(days=1)).replace(day=1)
        return first


class Monthly(Strict):
    """Per month: at least `minimum` in all, and `fixed` beside it; minor units of `currency`."""

    minimum: Minor = 0
    fixed: Minor = 0
    currency: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check_price(self) -> Self:
        if not self.minimum and not self.fixed:
            raise ValueError("monthly: it asks for nothing; give minimum or fixed")
        return self
