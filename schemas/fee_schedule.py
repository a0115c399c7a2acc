"""Fee schedules: what a channel may charge, entry by entry. Source: docs/reference/fees.md."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from schemas.fees.monthly import Billed, Monthly
from schemas.fees.numbers import AMOUNT_MAX
from schemas.fees.price import FEE, PRICE_KEYS, Component, Price, Tax
from schemas.fees.tiers import Tiers
from schemas.profile.layout.parts import EXTRA_PREFIX, ExtraName
from schemas.strict import Strict
from schemas.vocabulary import Kind

#: Kinds that owe a fee without being named, and the refunds of which are theirs.
PAYING_KINDS = (Kind.PAYMENT, Kind.TOP_UP)
RefundRule = Literal[
    "return", "return_share", "return_rate", "return_until_settled", "keep", "charge"
]
#: As `return` until the payment is settled, then as `keep`.
UNTIL_SETTLED: RefundRule = "return_until_settled"
#: The name of what a line adds to the base of its batch.
BASE = "base"
#: Rules by which a refund gives back what was due on its payment.
RETURN_RULES = ("return", "return_share", "return_rate")


def _to_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_to_list)]
Kinds = Annotated[tuple[Kind, ...], BeforeValidator(_to_list)]


class AmountRange(Strict):
    """Limits of |amount| in minor units, both included."""

    min: int | None = Field(default=None, ge=0, le=AMOUNT_MAX)
    max: int | None = Field(default=None, ge=0, le=AMOUNT_MAX)


class FeeEntry(Price):
    """One entry: filters, dates in force (both included, the trade's local date), and the price.

    `extra.<name>` filters by a further column of the line; in the model they are in `extra`.

    The price stands in the entry's own keys or in `components`. `tolerance` is minor units.
    `refund` says what a refund owes; None means `return`. `level` is what the price is for: a line,
    or all lines of a batch together. `billed`: the fee comes on FEE lines.
    """

    name: str = Field(min_length=1)
    kind: Kinds = ()
    product: Texts = ()
    card_type: Texts = ()
    merchant_id: Texts = ()
    currency: Texts = ()
    amount: AmountRange = AmountRange()
    extra: dict[ExtraName, Annotated[Texts, Field(min_length=1)]] = {}
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    components: tuple[Component, ...] = ()
    tax: Tax | None = None
    level: Literal["line", "batch"] = "line"
    billed: Billed | None = None
    monthly: Monthly | None = None
    refund: RefundRule | None = None
    tolerance: int = Field(default=0, ge=0, le=AMOUNT_MAX, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _collect_extra(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        named = {key: own for key, own in value.items() if str(key).startswith(EXTRA_PREFIX)}
        rest = {key: own for key, own in value.items() if key not in named}
        extra = {str(key).removeprefix(EXTRA_PREFIX): own for key, own in named.items()}
        return {**rest, "extra": {**rest.get("extra", {}), **extra}} if named else rest

    @model_validator(mode="after")
    def _check_dates(self) -> Self:
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError(f"from {self.from_} is after to {self.to}")
        return self

    @model_validator(mode="after")
    def _check_components(self) -> Self:
        own = sorted(self.model_fields_set & PRICE_KEYS)
        if self.components and own:
            raise ValueError(f"components: {', '.join(own)} belongs into one of the components")
        names = [component.name for component in self.components]
        if len(names) != len({*names}):
            raise ValueError("components: two have the same name; name each once")
        return self

    @model_validator(mode="after")
    def _check_refund(self) -> Self:
        needs_rule = any(price.has_fixed or price.min is not None for price in self.prices.values())
        if self.refund is None and needs_rule and self.prices_refunds:
            raise ValueError(
                "refund: this key is needed where an entry has fixed or min; say whether refunds"
                " return the fee (return, return_share, return_rate, return_until_settled), keep it"
                " or charge it again"
            )
        return self

    @property
    def prices(self) -> dict[str, Price]:
        """The prices by name, in their order; without `components` one called `fee`."""
        return {price.name: price for price in self.components} or {FEE: self}

    @property
    def is_batch(self) -> bool:
        """Whether the entry has one price for all lines of a batch."""
        return self.level == "batch"

    @property
    def volumes(self) -> tuple[Tiers, ...]:
        """The tiers of its prices that ask for a volume."""
        return tuple(price.volume for price in self.prices.values() if price.volume)

    def as_contribution(self) -> "FeeEntry":
        """The entry, with what a line adds to the base of its batch in place of the price.

        A line adds its size; a refund takes from it or adds to it by the entry's rule, as if that
        size were the fee.
        """
        (base,) = {price.base for price in self.prices.values()}
        size = Component(name=BASE, rate="1", base=base)
        return self.model_copy(update={"components": (size,), "tax": None})

    def is_in_force(self, month: date) -> bool:
        """Whether the entry is in force on a day of a month, which its first day names."""
        last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return (self.from_ or date.min) <= last and month <= (self.to or date.max)

    @property
    def names_refunds(self) -> bool:
        """Whether `kind` names REFUND: such an entry goes first for refunds."""
        return Kind.REFUND in self.kind

    @property
    def prices_refunds(self) -> bool:
        """Whether a refund can be priced by this entry."""
        return not self.kind or any(kind in self.kind for kind in (*PAYING_KINDS, Kind.REFUND))

    @property
    def refund_rule(self) -> RefundRule:
        """What a refund owes by this entry."""
        return self.refund or "return"


class FeeSchedule(Strict):
    """A channel's fee schedule: the first entry that fits a line applies.

    The payment of a refund, and its earlier refunds, are searched `lookback_days` back. Where it is
    not found, a refund whose rule would return a fee follows `return_unknown`.
    """

    #: The merchant, on a page of merchant_schedules/.
    channel: str = Field(validation_alias=AliasChoices("channel", "merchant"))
    lookback_days: int = Field(default=90, ge=1, le=730, strict=True)
    return_unknown: Literal["keep", "return"] = "keep"
    entries: tuple[FeeEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_unique_names(self) -> Self:
        names = [entry.name for entry in self.entries]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two entries are called {', '.join(twice)}; name each once")
        return self

    @property
    def volumes(self) -> tuple[Tiers, ...]:
        """The tiers that ask for a volume, alike ones once."""
        tiers = {each.step_column: each for entry in self.entries for each in entry.volumes}
        return tuple(tiers.values())

    @property
    def has_batches(self) -> bool:
        """Whether an entry has one price for all lines of a batch."""
        return any(entry.is_batch for entry in self.entries)

    @property
    def has_months(self) -> bool:
        """Whether a month decides what an entry owes, or on which lines it is charged."""
        return any(entry.billed or entry.monthly for entry in self.entries)

    def by_line(self) -> "FeeSchedule":
        """The card by which lines are priced: of a batch a line has its part of the base."""
        if not self.has_batches:
            return self
        entries = [each.as_contribution() if each.is_batch else each for each in self.entries]
        return self.model_copy(update={"entries": tuple(entries)})
