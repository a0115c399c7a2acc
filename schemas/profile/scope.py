"""Which statement lines are ours: the scope of a profile, and lines that others own.

Source: docs/reference/profile.md, `scope`.
"""

from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.comparable_text import fold_expression
from schemas.expressions import check_engine_expression
from schemas.strict import Strict
from schemas.vocabulary import Kind

Pattern = Annotated[str, AfterValidator(check_engine_expression)]
#: A pattern of texts as `to_comparable` makes them.
TextPattern = Annotated[Pattern, AfterValidator(fold_expression)]
Words = Annotated[tuple[str, ...], Field(min_length=1)]


class AmountRange(Strict):
    """Signed amounts in minor units, both ends included."""

    min: int | None = Field(default=None, ge=-(10**15), le=10**15)
    max: int | None = Field(default=None, ge=-(10**15), le=10**15)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("amount has neither min nor max; add one")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}; exchange them")
        return self


class Exclusion(Strict):
    """Lines that are another's, by a rule of theirs: `owner` has them from the date `from` on.

    Everything given must fit; a missing value does not. Words stand as lists; references, names and
    texts as patterns, compared after NFKC, in upper case, with single blanks. Amounts are signed
    minor units, and need `currency`.
    """

    name: str = Field(min_length=1)
    owner: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    since: date = Field(alias="from")
    kind: tuple[Kind, ...] | None = Field(default=None, min_length=1)
    product: Words | None = None
    card_type: Words | None = None
    merchant_id: Words | None = None
    terminal_id: Words | None = None
    currency: Words | None = None
    our_ref: TextPattern | None = None
    channel_ref: TextPattern | None = None
    order_ref: TextPattern | None = None
    payer_name: TextPattern | None = None
    text: TextPattern | None = None
    amount: AmountRange | None = None

    @model_validator(mode="after")
    def _check_conditions(self) -> Self:
        conditions = set(type(self).model_fields) - {"name", "owner", "since"}
        if all(getattr(self, name) is None for name in conditions):
            raise ValueError(f"{self.name} would fit every line; add what its lines have in common")
        if self.amount is not None and self.currency is None:
            raise ValueError(f"{self.name} names amount without currency; add currency")
        return self


class Scope(Strict):
    """Which statement lines are ours: a line that does not fit is out of scope.

    A line without the value stays in scope, since it may be ours. The first of the rules `exclude`
    that fits takes a line out.
    """

    our_ref: Pattern | None = None
    channel_ref: Pattern | None = None
    order_ref: Pattern | None = None
    merchants: tuple[str, ...] = ()
    terminals: tuple[str, ...] = ()
    exclude: tuple[Exclusion, ...] = ()

    @model_validator(mode="after")
    def _check_unique_names(self) -> Self:
        names = [rule.name for rule in self.exclude]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two exclusions are called {', '.join(twice)}; name each once")
        return self
