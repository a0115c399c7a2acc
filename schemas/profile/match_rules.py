"""How a channel's lines and transactions are matched: passes, groups, windows of its profile.

Source: docs/reference/profile.md, `match`.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from schemas.currencies import MINOR_UNITS
from schemas.strict import Strict
from schemas.vocabulary import (
    MATCHED_BY_CAPTURES,
    MATCHED_BY_KIND,
    MATCHED_BY_VOID,
    SUM,
    Reference,
)

#: Columns that a pass may name: references (compared normalized) and facts of the trade.
PASS_COLUMNS = (
    "our_ref",
    "channel_ref",
    "order_ref",
    "batch_ref",
    "amount",
    "currency",
    "account_tail",
    "payer_name",
    "merchant_id",
)


#: Days or run dates of a limit at most: ten years.
DAYS_MAX = 3660
#: Seconds that a line and its transaction may be apart at most: a year, which no cut-off reaches.
DISTANCE_MAX = 366 * 24 * 60 * 60


def _check_currencies(limits: dict[str, int]) -> dict[str, int]:
    unknown = sorted(currency for currency in limits if currency not in MINOR_UNITS)
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: no such currency; write a code such as CNY")
    return limits


#: Minor units by currency.
Limits = Annotated[
    dict[str, Annotated[int, Field(gt=0, le=10**15)]], AfterValidator(_check_currencies)
]


class Pass(Strict):
    """One pass of the match: the columns that must be equal beside `kind`, and the time apart.

    `within_seconds` bounds |traded_at - occurred_at|, the limit included. `tolerance`, by currency,
    is by how many minor units the amounts of a pair may differ. `interchangeable`: as many lines as
    transactions, each a candidate of each and of nobody else, are matched as one unit.
    """

    name: str
    on: tuple[Literal[PASS_COLUMNS], ...] = Field(min_length=1)  # type: ignore[valid-type]
    within_seconds: int | None = Field(default=None, ge=0, le=DISTANCE_MAX)
    tolerance: Limits = {}
    interchangeable: bool = False

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        twice = sorted({column for column in self.on if self.on.count(column) > 1})
        faults = [f"{self.name} names {', '.join(twice)} twice; name each once"] if twice else []
        if "amount" in self.on and "currency" not in self.on:
            faults.append(f"{self.name} names amount without currency; add currency to `on`")
        if self.tolerance and not self.has_reference:
            faults.append(f"{self.name} has a tolerance without a reference; add one to `on`")
        if self.tolerance and "amount" in self.on:
            faults.append(f"{self.name} names amount and a tolerance of it; leave one out")
        if self.interchangeable and (self.has_reference or "amount" not in self.on):
            faults.append(
                f"{self.name} is interchangeable; name amount and currency, and no reference"
            )
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def has_reference(self) -> bool:
        """Whether the pass compares a reference, or facts of the trade only."""
        return any(column in tuple(Reference) for column in self.on)


def _expand_pass(value: Any) -> Any:
    return {"name": value, "on": [value]} if isinstance(value, str) else value


def _expand_group(value: Any) -> Any:
    return {"name": value, "on": value} if isinstance(value, str) else value


class Group(Strict):
    """Lines and transactions that belong together by one reference and are compared as sums."""

    name: str
    on: Literal["order_ref", "batch_ref"]


class Window(Strict):
    """By side: after so many matching attempts (run dates) an item waits; the next breaks it."""

    internal: int = Field(default=2, ge=0, le=DAYS_MAX)
    statement: int = Field(default=2, ge=0, le=DAYS_MAX)


class Match(Strict):
    """How lines and transactions are matched: passes in order, groups, then windows.

    `lookback` is how many run dates back something counts as closed already; `late` for how many
    run dates after its break a one-sided item may still be settled. `captures`: the channel lists
    the parts of one payment under our number. Beyond `tolerance_day_max`, minor units by currency,
    the differences that a day's tolerances let pass are worth a warning. `authority: statement`:
    the channel's statement is final by contract, for differences up to `authority_limit`.
    """

    passes: tuple[Annotated[Pass, BeforeValidator(_expand_pass)], ...] = Field(
        default=(
            Pass(name="our_ref", on=("our_ref",)),
            Pass(name="channel_ref", on=("channel_ref",)),
        ),
        min_length=1,
    )
    groups: tuple[Annotated[Group, BeforeValidator(_expand_group)], ...] = ()
    window: Window = Window()
    lookback: int = Field(default=7, ge=0, le=DAYS_MAX)
    late: int = Field(default=30, ge=0, le=DAYS_MAX)
    captures: bool = False
    tolerance_day_max: Limits = {}
    authority: Literal["statement"] | None = None
    authority_limit: Limits = {}

    @model_validator(mode="after")
    def _check_authority(self) -> Self:
        if self.authority and not self.authority_limit:
            raise ValueError("authority needs authority_limit, such as {CNY: 100000}; add it")
        if self.authority_limit and not self.authority:
            raise ValueError("authority_limit needs authority; write `authority: statement`")
        return self

    @model_validator(mode="after")
    def _check_unique_names(self) -> Self:
        names = [*(each.name for each in self.passes), *(each.name for each in self.groups)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two passes or groups are called {', '.join(twice)}; name each once")
        rules = (MATCHED_BY_CAPTURES, MATCHED_BY_VOID, MATCHED_BY_KIND, SUM)
        reserved = sorted(name for name in names if name in rules)
        if reserved:
            raise ValueError(f"a rule of the match is called {', '.join(reserved)}; rename it")
        return self
