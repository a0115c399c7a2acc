"""Parts of a text layout: record types, printed amounts, totals as expressions.

Source: docs/reference/profile.md.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.currencies import MINOR_UNITS
from schemas.expressions import check_expression
from schemas.strict import Strict
from schemas.vocabulary import Kind

#: Columns of a line that a layout may fill.
LINE_COLUMNS = Literal[
    "kind",
    "status",
    "amount",
    "fee",
    "currency",
    "our_ref",
    "channel_ref",
    "order_ref",
    "batch_ref",
    "original_ref",
    "traded_at",
    "settlement_date",
    "account_tail",
    "payer_name",
    "merchant_id",
    "terminal_id",
    "product",
    "card_type",
    "text",
]

#: Columns of a line at most.
COLUMNS_MAX = 1000
#: Totals that a file may declare. Amounts of refunds and of outgoing lines, and the absolute ones,
#: are unsigned; `net_amount` is amount less fee.
TOTAL_NAMES = Literal[
    "count",
    "amount",
    "absolute_amount",
    "fee",
    "net_amount",
    "payment_count",
    "payment_amount",
    "refund_count",
    "refund_amount",
    "incoming_count",
    "incoming_amount",
    "outgoing_count",
    "outgoing_amount",
]
_NAMES = frozenset(TOTAL_NAMES.__args__)  # type: ignore[attr-defined]


#: Names of further columns of a line, the keys of `extra`.
ExtraName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
#: What such a column is called where it is read.
EXTRA_PREFIX = "extra."


def _check_currency(code: str) -> str:
    if code not in MINOR_UNITS:
        raise ValueError(f"{code!r} is no currency of ISO 4217")
    return code


Expression = Annotated[str, AfterValidator(check_expression)]
Currency = Annotated[str, AfterValidator(_check_currency)]


class Records(Strict):
    """Several record types in one file, told apart by the text of the first cell.

    Lines of `detail` are read, those of the others are not, and any other code is a rejected line.
    Where `header` is given the first line must be one, where `trailer` is, the last.
    """

    detail: tuple[str, ...] = Field(min_length=1)
    header: tuple[str, ...] = ()
    trailer: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _apart(self) -> Self:
        codes = [*self.detail, *self.header, *self.trailer, *self.ignored]
        twice = sorted({code for code in codes if codes.count(code) > 1 or not code})
        if twice:
            raise ValueError(f"{', '.join(map(repr, twice))}: a code is of one record type only")
        return self


class Amounts(Strict):
    """How amounts are printed where they are no plain numbers such as -1234.50.

    `thousands` separates groups of three; with `lakh` a comma separates two digits above the last
    three (1,23,456). With `currency` the text holds its currency, before or behind the number: an
    ISO code, or a word of the layout's `currencies`. `positive`, `negative` are words or letters
    beside the number that say which way the money went. `brackets`: (1.00) is negative;
    `trailing_minus`: 1.00- is. `ignored` are texts behind it that mean nothing here, in which `*`
    stands for any characters.
    """

    thousands: Literal[",", ".", "'", " ", ""] = ""
    decimal: Literal[".", ","] = "."
    lakh: bool = False
    currency: bool = False
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    brackets: bool = False
    trailing_minus: bool = False
    ignored: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError("thousands and decimal are the same character")
        if self.lakh and self.thousands != ",":
            raise ValueError("lakh: its groups are separated by a comma; write thousands: ','")
        return self


class InOut(Strict):
    """Amounts in two columns: what comes in to us, and what goes out."""

    incoming: str | int
    outgoing: str | int


class ExtraMoney(Strict):
    """A further column that holds an amount, in the currency of its line."""

    money: str | int


class KindBySign(Strict):
    """The kind of a line by its amount's sign, where the file names none."""

    incoming: Kind
    outgoing: Kind


class Footer(Strict):
    """Lines below the trades: they begin at the first of the last `within` lines that `starts`
    fits at its start, and from there on nothing is a trade.
    """

    starts: Expression
    within: int = Field(default=20, ge=1, le=200)


class Total(Strict):
    """Totals printed in the text above (`head`) or below (`foot`) the trades.

    Either `name` and the label that stands before its number (`after`), or a `pattern` whose named
    groups are names of totals, and `currency`. A `pattern` is tried on each line by itself.
    """

    at: Literal["head", "foot"] = "foot"
    name: TOTAL_NAMES | None = None
    after: str | None = Field(default=None, min_length=1)
    pattern: Expression | None = None
    unit: Literal["major", "minor"] | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if (self.name is None) != (self.after is None) or (self.name is None) == (
            self.pattern is None
        ):
            raise ValueError("a total is `name` and `after`, or a `pattern` with named groups")
        groups = set(re.compile(self.pattern).groupindex) if self.pattern else set()
        unknown = sorted(groups - _NAMES - {"currency"})
        if unknown or (self.pattern and not groups & _NAMES):
            raise ValueError(
                f"the pattern names {', '.join(unknown) or 'no total'}; its groups are named"
                f" currency, {', '.join(TOTAL_NAMES.__args__)}"  # type: ignore[attr-defined]
            )
        return self
