"""How a dialect's file is laid out, as a profile says it. Source: docs/reference/profile.md."""

import codecs
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.strict import Strict
from schemas.vocabulary import Kind, Status

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
]

#: Totals that a trailer may declare; amounts of refunds and the absolute ones are unsigned.
TOTAL_NAMES = Literal[
    "count",
    "amount",
    "absolute_amount",
    "fee",
    "payment_count",
    "payment_amount",
    "refund_count",
    "refund_amount",
]


def _encoding(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError as fault:
        raise ValueError(f"{name!r} is no encoding; write utf-8, gb18030 or the like") from fault
    if found.startswith(("utf-16", "utf-32")):
        raise ValueError(f"{name} has no one-byte line ends; have the file sent in utf-8")
    return found


class WechatOptions(Strict):
    """Choices that the WeChat Pay merchant bill leaves open.

    `amount`: `settlement` is what is settled, `order` the order's gross amount.
    `merchants`: merchant numbers that the bill may hold; another one is another channel's file.
    """

    amount: Literal["settlement", "order"] = "settlement"
    merchants: tuple[str, ...] = ()


class Sign(Strict):
    """A column that says which way the money went, for amounts printed unsigned."""

    column: str | int
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()


class Trailer(Strict):
    """A last line that declares totals: how it starts, and which cell (from 1) holds which."""

    starts_with: str = Field(min_length=1)
    totals: dict[TOTAL_NAMES, int] = Field(min_length=1)
    amount_unit: Literal["major", "minor"] | None = None


class DelimitedLayout(Strict):
    """A delimited text file, whole.

    `columns` names for each column of a line the header's name, or its number (from 1) where
    `header` is `none`. A column that is not in the file is given as a constant in `constants`.
    `amount_sign`: `as_written`, or `by_kind` (refunds, payouts and chargebacks leave, the rest
    comes). `fee_sign`: `as_written`, or `by_kind` (given back on a refund, charged on the rest).
    """

    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    separator: str = Field(default=",", min_length=1, max_length=1)
    quote: str | None = Field(default=None, min_length=1, max_length=1)
    header: Literal["names", "none"] = "names"
    preamble: int = Field(default=0, ge=0, le=100)
    strip: str = " \t"
    empty: tuple[str, ...] = ("", "-", "--")
    columns: dict[LINE_COLUMNS, str | int]
    constants: dict[LINE_COLUMNS, str] = {}
    kinds: dict[str, Kind] = {}
    statuses: dict[str, Status] = {}
    amount_unit: Literal["major", "minor"] = "major"
    amount_sign: Literal["as_written", "by_kind"] = "as_written"
    fee_sign: Literal["as_written", "by_kind"] = "as_written"
    sign: Sign | None = None
    time_format: str = "%Y-%m-%d %H:%M:%S"
    date_format: str = "%Y-%m-%d"
    trailer: Trailer | None = None

    @model_validator(mode="after")
    def _columns_fit(self) -> Self:
        wanted = str if self.header == "names" else int
        wrong = [key for key, place in self.columns.items() if not isinstance(place, wanted)]
        if wrong:
            raise ValueError(
                f"columns {', '.join(wrong)}: with header {self.header} a column is"
                f" given by its {'name' if wanted is str else 'number, from 1'}"
            )
        twice = sorted(set(self.columns) & set(self.constants))
        if twice:
            raise ValueError(f"{', '.join(twice)}: in columns and in constants; choose one")
        needed = ("kind", "status", "amount", "currency")
        missing = [key for key in needed if key not in self.columns | self.constants]
        if missing:
            raise ValueError(f"{', '.join(missing)}: neither in columns nor in constants; add it")
        return self
