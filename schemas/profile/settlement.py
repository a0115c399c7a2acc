"""How a channel settles: batches, due dates, and how its credits are recognised at the bank.

Source: docs/reference/settlement.md, "The profile".
"""

import re
import unicodedata
from datetime import date
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.business_calendar import Days
from schemas.comparable_text import to_comparable
from schemas.currencies import MINOR_UNITS
from schemas.profile.match_rules import DAYS_MAX, Limits
from schemas.strict import Strict

_AMOUNT_MAX = 10**15
_PLACE = re.compile(r"\{batch(?::([^{}]*))?\}")
#: What a date in a reference is made of.
_DATE_PARTS = {"Y": "%Y", "y": "%Y", "m": "%m", "d": "%d"}


class ReferencePattern(NamedTuple):
    """A reference rule taken apart: fixed texts (NFKC, upper case) around the batch's key, and the
    format of dates; None where the key stands as it is.
    """

    before: str
    after: str
    date_format: str | None

    @property
    def fixed_length(self) -> int:
        """Characters of fixed text: of two rules the one with more goes first."""
        return len(self.before) + len(self.after)


def _upper(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()


def split_pattern(text: str) -> ReferencePattern:
    """Takes a reference rule apart.

    Raises:
        ValueError: not exactly one `{batch}`, or a date format without year, month or day.
    """
    hits = list(_PLACE.finditer(text))
    rest = _PLACE.sub("", text)
    if len(hits) != 1 or "{" in rest or "}" in rest:
        raise ValueError(
            f"{text!r} does not say where the batch stands; write {{batch}} once, or"
            " {batch:%Y%m%d} for a date"
        )
    form = hits[0][1]
    if form is not None:
        parts = re.findall(r"%(.)", form)
        if sorted(_DATE_PARTS.get(part, part) for part in parts) != ["%Y", "%d", "%m"]:
            raise ValueError(f"{form!r} is no whole date; write year, month and day: %Y%m%d")
    before, after = text[: hits[0].start()], text[hits[0].end() :]
    return ReferencePattern(_upper(before), _upper(after), form)


def _check_pattern(text: str) -> str:
    split_pattern(text)
    return text


def _check_payer(text: str) -> str:
    if to_comparable(text) is None:
        raise ValueError("the payer's name is empty; write how it begins")
    return text


class FindRule(Strict):
    """How a credit is recognised: by a reference that holds the batch's key, or by the payer."""

    reference: Annotated[str, AfterValidator(_check_pattern)] | None = None
    payer: Annotated[str, AfterValidator(_check_payer)] | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.reference is None) == (self.payer is None):
            raise ValueError("a rule of `find` has `reference` or `payer`; write one of them")
        return self

    @property
    def payer_start(self) -> str | None:
        """How the payer's name begins, as names are compared; None for a reference rule."""
        return to_comparable(self.payer)


class Due(Strict):
    """When a batch is due: so many business or calendar days after its last line."""

    after: int = Field(ge=0, le=DAYS_MAX)
    days: Days = "business"
    calendar: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")

    @model_validator(mode="after")
    def _check_calendar(self) -> Self:
        if self.days == "business" and self.calendar is None:
            raise ValueError("business days need a calendar; name a page of calendars/")
        if self.days == "calendar" and self.calendar is not None:
            raise ValueError("calendar days need no calendar; leave it out, or count business days")
        return self


def _check_codes(amounts: dict[str, int]) -> dict[str, int]:
    unknown = sorted(currency for currency in amounts if currency not in MINOR_UNITS)
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: no such currency; write a code such as CNY")
    return amounts


Tolerances = Annotated[
    dict[str, Annotated[int, Field(ge=0, le=_AMOUNT_MAX)]], AfterValidator(_check_codes)
]


class OpenBefore(Strict):
    """A batch that was open on the channel's first date: minor units, and the day it is of."""

    currency: str
    amount: int = Field(ge=-_AMOUNT_MAX, le=_AMOUNT_MAX)
    since: date

    @model_validator(mode="after")
    def _check_money(self) -> Self:
        _check_codes({self.currency: self.amount})
        if self.amount == 0:
            raise ValueError("an open batch of 0 expects nothing; leave it out")
        return self


class Settlement(Strict):
    """How a channel pays us out.

    `per`: what carrying and runs of batches never cross. `minimum`, minor units by currency: a
    batch below it, and not below 0, is carried into the next one. `grace`: days, counted as in
    `due`, after which a late batch is missing. `bank` is the channel of the bank account.
    """

    batch_by: Literal["batch_ref", "settlement_date", "business_date", "settlement"]
    per: tuple[Literal["merchant_id"], ...] = ()
    fees: Literal["netted", "billed"] = "netted"
    due: Due
    grace: int = Field(default=0, ge=0, le=DAYS_MAX)
    minimum: Limits = {}
    negative: Literal["carry", "debit"] = "carry"
    bank: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    find: tuple[FindRule, ...] = Field(min_length=1)
    tolerance: Tolerances = {}
    opening: tuple[OpenBefore, ...] = ()

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        starts = [rule.payer_start for rule in self.find if rule.payer_start]
        twice = sorted({start for start in starts if starts.count(start) > 1})
        if twice:
            raise ValueError(f"two payer rules are {twice[0]!r}; keep one of them")
        if len(set(self.per)) < len(self.per):
            raise ValueError("`per` names a column twice; name it once")
        return self
