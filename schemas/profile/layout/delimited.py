"""How a dialect's file is laid out, as a profile says it. Source: docs/reference/profile.md."""

import codecs
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.profile.layout.parts import (
    COLUMNS_MAX,
    EXTRA_PREFIX,
    LINE_COLUMNS,
    TOTAL_NAMES,
    Amounts,
    Currency,
    Expression,
    ExtraMoney,
    ExtraName,
    Footer,
    InOut,
    KindBySign,
    Records,
    Total,
)
from schemas.profile.layout.private_headings import iterate_extra_faults
from schemas.strict import Strict
from schemas.vocabulary import Kind, Status

Place = str | int | tuple[str, ...] | tuple[int, ...]


def _check_encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name).name
    except LookupError as fault:
        raise ValueError(f"{name!r} is no encoding; write utf-8, gb18030 or the like") from fault
    if codec.startswith(("utf-16", "utf-32")):
        raise ValueError(f"{name} has no one-byte line ends; have the file sent in utf-8")
    return codec


class Sign(Strict):
    """A column that says which way the money went, for amounts printed unsigned."""

    column: str | int
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()


class Trailer(Strict):
    """A last line that declares totals: how it starts, and which cell (from 1) holds which."""

    starts_with: str = Field(min_length=1)
    totals: dict[TOTAL_NAMES, Annotated[int, Field(ge=1, le=COLUMNS_MAX)]] = Field(min_length=1)
    amount_unit: Literal["major", "minor"] | None = None


class DelimitedLayout(Strict):
    """A delimited text file, whole.

    `columns` names for each column of a line the header's name, or its number (from 1) where
    `header` is `none`; `traded_at` may be two, a date and a time. A column that is not in the file
    is given as a constant in `constants`. `preamble`: `find` looks for the header by its names.
    `amount_sign`: `as_written`, `by_kind` (refunds, payouts and chargebacks leave, the rest comes),
    or `reversed` (a card's statement, where what is spent is above zero). `fee_sign`: `as_written`,
    or `by_kind` (given back on a refund, charged on the rest). `extra_cells` are cells that a line
    has beyond its header, such as behind a last separator. `cells` is how many a line has where no
    header says so; else the first line says it. `ignore` are expressions of lines between the
    trades that are none. `by_kind` says where lines of a kind hold a column that other lines hold
    elsewhere; null is nowhere. `net` is the column of the amount less the fee, which is checked on
    every line that has it, `balance` that of the account's balance behind each line, which must
    follow. A word of `kinds` or `statuses` that ends in `*` fits every text that begins with it.
    With `time_optional` a line without a time of day is of its day's beginning.
    `extra` are columns that have no place among ours, by name; they become texts, and amounts in
    major units where they are given as `{money: column}`.
    `sheet` is the one of a workbook that is read, by its name, or by its number (from 1) among
    those that are visible. `private` are further columns that nobody may read.
    """

    #: Whether lines are rows of a sheet, and the markers before cells that are no text.
    is_sheet: ClassVar[bool] = False
    cell_markers: ClassVar[str] = ""

    sheet: Annotated[str, Field(min_length=1)] | Annotated[int, Field(ge=1, le=1000)] | None = None
    encoding: Annotated[str, AfterValidator(_check_encoding)] = "utf-8"
    separator: str = Field(default=",", min_length=1, max_length=8)
    quote: str | None = Field(default=None, min_length=1, max_length=1)
    header: Literal["names", "none"] = "names"
    preamble: Annotated[int, Field(ge=0, le=100)] | Literal["find"] = 0
    extra_cells: int = Field(default=0, ge=0, le=100)
    cells: int | None = Field(default=None, ge=1, le=COLUMNS_MAX)
    records: Records | None = None
    ignore: tuple[Expression, ...] = ()
    strip: str = " \t"
    empty: tuple[str, ...] = ("", "-", "--")
    columns: dict[LINE_COLUMNS, Place]
    constants: dict[LINE_COLUMNS, str] = {}
    by_kind: dict[Kind, dict[LINE_COLUMNS, Place | None]] = {}
    extra: dict[ExtraName, str | int | ExtraMoney] = {}
    net: str | int | None = None
    balance: str | int | None = None
    kinds: dict[str, Kind] = {}
    kind_by_sign: KindBySign | None = None
    statuses: dict[str, Status] = {}
    currencies: dict[str, Currency] = {}
    amount_unit: Literal["major", "minor"] = "major"
    amount_sign: Literal["as_written", "by_kind", "reversed"] = "as_written"
    fee_sign: Literal["as_written", "by_kind"] = "as_written"
    amounts: Amounts | None = None
    in_out: InOut | None = None
    sign: Sign | None = None
    time_optional: bool = False
    time_format: str = "%Y-%m-%d %H:%M:%S"
    date_format: str = "%Y-%m-%d"
    trailer: Trailer | None = None
    footer: Footer | None = None
    totals: tuple[Total, ...] = ()
    private: tuple[str | int, ...] = ()

    def text(self, raw: bytes, errors: str = "replace") -> str:
        """Bytes of the file as a person reads them.

        Raises:
            UnicodeDecodeError: with `errors` strict, they are not of its encoding.
        """
        return raw.decode(self.encoding, errors)

    def wanted(self) -> dict[str, str | int]:
        """What of a line is read: our column, or a name of this dialect's own, to its place."""
        out: dict[str, str | int] = {}
        places: list[tuple[str, Place | None]] = [*self.columns.items()]
        for kind, own in self.by_kind.items():
            places += [(f"{kind}/{key}", place) for key, place in own.items()]
        for key, place in places:
            several = place if isinstance(place, tuple) else () if place is None else (place,)
            out |= {f"{key}{f'+{i}' if i else ''}": each for i, each in enumerate(several)}
        for name, own_place in self.extra.items():
            own_place = own_place.money if isinstance(own_place, ExtraMoney) else own_place
            out[f"{EXTRA_PREFIX}{name}"] = own_place
        for name, spot in (("net", self.net), ("balance", self.balance)):
            if spot is not None:
                out[name] = spot
        if self.sign is not None:
            out["sign"] = self.sign.column
        if self.in_out is not None:
            out |= {"incoming": self.in_out.incoming, "outgoing": self.in_out.outgoing}
        return out

    def places_of(self, column: str) -> list[str | int]:
        """Every place at which a column of a line may stand: of lines of any kind, or of one."""
        keys = (column, *(f"{kind}/{column}" for kind in self.by_kind))
        return [place for key, place in self.wanted().items() if key in keys]

    @property
    def extra_money(self) -> tuple[str, ...]:
        """The names of further columns that hold amounts."""
        return tuple(name for name, place in self.extra.items() if isinstance(place, ExtraMoney))

    def misplaced(self, workbook: bool) -> list[str]:
        """Keys that are given and mean nothing in a workbook, or in a file of text."""
        other = {"encoding", "separator", "quote"} if workbook else {"sheet"}
        return sorted(self.model_fields_set & other)

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        wanted = str if self.header == "names" else int
        places = [*self.wanted().items(), *(("private", place) for place in self.private)]
        wrong = [key for key, place in places if not isinstance(place, wanted)]
        if wrong:
            by = f"header {self.header} gives columns by {'name' if wanted is str else 'number'}"
            raise ValueError(f"columns {', '.join(wrong)}: {by}")
        numbers = [(key, place) for key, place in places if isinstance(place, int)]
        outside = [key for key, place in numbers if not 1 <= place <= COLUMNS_MAX]
        if outside:
            raise ValueError(f"columns {', '.join(outside)}: numbers are 1 to {COLUMNS_MAX}")
        several = [key for key, place in self.columns.items() if isinstance(place, tuple)]
        if set(several) - {"traded_at", "settlement_date"}:
            raise ValueError(f"{', '.join(several)}: only times may stand in several columns")
        twice = sorted(set(self.columns) & set(self.constants))
        if twice:
            raise ValueError(f"{', '.join(twice)}: in columns and in constants; choose one")
        there: set[str] = set(self.columns) | set(self.constants)
        there |= {"amount"} if self.in_out else set()
        there |= {"kind"} if self.kind_by_sign else set()
        there |= {"currency"} if self.amounts and self.amounts.currency else set()
        missing = [k for k in ("kind", "status", "amount", "currency") if k not in there]
        if missing:
            raise ValueError(f"{', '.join(missing)}: neither in columns nor in constants; add it")
        return self

    @model_validator(mode="after")
    def _check_choices(self) -> Self:
        clashes = (
            (self.in_out and "amount" in self.columns, "amount and in_out"),
            (self.in_out and self.sign, "sign and in_out"),
            (self.in_out and self.amount_sign != "as_written",
             f"in_out and amount_sign: {self.amount_sign}"),
            (self.sign and self.amount_sign != "as_written",
             f"sign and amount_sign: {self.amount_sign}"),
            (self.time_optional and not isinstance(self.columns.get("traded_at"), tuple),
             "time_optional and a time in one column"),
            (self.kind_by_sign and "kind" in set(self.columns) | set(self.constants),
             "kind and kind_by_sign"),
            (self.kind_by_sign and "by_kind" in (self.amount_sign, self.fee_sign),
             "kind_by_sign and by_kind"),
            (self.trailer and (self.footer or self.records), "trailer and footer or records"),
            (self.footer and self.records, "footer and records"),
            (self.quote and len(self.separator) > 1, "quote and a separator of several characters"),
            (self.preamble == "find" and self.header == "none", "preamble: find and header: none"),
            (self.cells and self.header == "names", "cells and header: names"),
        )  # fmt: skip
        wrong = [both for clash, both in clashes if clash]
        if wrong:
            raise ValueError(f"{'; '.join(wrong)}: choose one")
        if self.quote is not None and not self.quote.isascii():
            raise ValueError(f"quote {self.quote!r} is no plain character")
        if "\n" in self.separator or "\r" in self.separator:
            raise ValueError("the separator holds a line end")
        faults = [*self._by_kind_faults(), *self._net_faults()]
        if faults:
            raise ValueError("; ".join(faults))
        foot = any(total.at == "foot" for total in self.totals)
        if foot and self.footer is None and (self.records is None or not self.records.trailer):
            raise ValueError("totals at the foot need `footer`, or `records.trailer`")
        return self

    def _by_kind_faults(self) -> Iterator[str]:
        for kind, own in self.by_kind.items():
            for key, place in own.items():
                wide, base = (
                    len(each) if isinstance(each, tuple) else 1
                    for each in (place, self.columns.get(key))
                )
                fixed = {"kind", "currency", *(["amount"] * bool(self.in_out or self.kind_by_sign))}
                if key in fixed:
                    yield f"by_kind.{kind}.{key}: it is read the same way on every line"
                elif place is not None and wide != base:
                    yield f"by_kind.{kind}.{key}: give as many columns as in columns.{key}"

    def _net_faults(self) -> Iterator[str]:
        if self.balance is not None and "currency" not in self.constants:
            yield "balance: an account is of one currency; give it in constants"
        hidden = {*self.private, *self.places_of("payer_name"), *self.places_of("account_tail")}
        further = {name: self.wanted()[f"{EXTRA_PREFIX}{name}"] for name in self.extra}
        yield from iterate_extra_faults(further)
        for name, place in further.items():
            if place in hidden:
                yield f"extra.{name}: nobody may read this column; leave it out"
        if self.net is not None and "fee" not in set(self.columns) | set(self.constants):
            yield "net is the amount less the fee; add fee to columns"
