"""How a file of fixed-width records is laid out, as a profile says it.

Source: docs/reference/dialects/fixed_width.md.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from schemas.profile.layout.fields import BYTES_MAX, EndRecord, FixedField, RecordTypes
from schemas.profile.layout.parts import EXTRA_PREFIX, LINE_COLUMNS, Currency, ExtraName
from schemas.profile.layout.private_headings import iterate_extra_faults
from schemas.strict import Strict
from schemas.vocabulary import Kind, Status

MONEY_COLUMNS = ("amount", "fee", "settlement_amount")
#: Columns that a record may fill.
FIXED_COLUMNS = Literal[LINE_COLUMNS, "settlement_amount"]
_PRIVATE_COLUMNS: tuple[FIXED_COLUMNS, ...] = ("payer_name", "account_tail")
_ASCII = bytes(range(0x20, 0x7F))
_COUNTS = ("count", "payment_count", "refund_count")


def _check_encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name).name
        is_ascii = _ASCII.decode(codec) == _ASCII.decode("ascii")
    except (LookupError, UnicodeError):
        codec, is_ascii = name, False
    if not is_ascii or codec.startswith(("iso2022", "utf-16", "utf-32")):
        raise ValueError(
            f"{name!r} is no encoding whose digits and line ends are ASCII's; write gb18030 (it"
            " holds GBK), utf-8 or the like"
        )
    return codec


class FixedLayout(Strict):
    """A file of records of `length` bytes (without the line end), whole.

    Without `line_ends` one record follows the other, header and trailer of the same length.
    Places are counted in bytes from `counted_from`; overlaps are allowed. `separators` are the
    places at which `separator` must stand. A column that is not in the record is in `constants`.
    `currencies`: their word, such as 156: a code of ISO 4217; one that is such a code stays.
    `date_in_name`: a form such as `INN%y%m%d`, the file's date where its times have no year.
    `extra` are fields that have no place among our columns, by name; one with `decimals`, `unit` or
    `sign` is an amount.
    `private` are further bytes, `[at, width]`, that nobody may read.
    """

    encoding: Annotated[str, AfterValidator(_check_encoding)] = "gb18030"
    counted_from: Literal[0, 1] = 1
    length: int = Field(gt=0, le=BYTES_MAX)
    line_ends: bool = True
    preamble: int = Field(default=0, ge=0, le=100)
    separator: str = Field(default=" ", min_length=1, max_length=1)
    separators: tuple[int, ...] = ()
    records: RecordTypes | None = None
    header: EndRecord | None = None
    trailer: EndRecord | None = None
    columns: dict[FIXED_COLUMNS, FixedField]
    extra: dict[ExtraName, FixedField] = {}
    constants: dict[LINE_COLUMNS, str] = {}
    strip: str = " \t\u3000"
    empty: tuple[str, ...] = ("", "-", "--")
    kinds: dict[str, Kind] = {}
    statuses: dict[str, Status] = {}
    currencies: dict[str, Currency] = {}
    amount_unit: Literal["major", "minor"] = "major"
    amount_sign: Literal["as_written", "by_kind"] = "as_written"
    fee_sign: Literal["as_written", "by_kind"] = "as_written"
    time_format: str = "%Y%m%d%H%M%S"
    date_format: str = "%Y%m%d"
    date_in_name: str | None = None
    private: tuple[tuple[int, int], ...] = ()

    @field_validator("separator")
    @classmethod
    def _check_separator(cls, text: str) -> str:
        if not text.isascii():
            raise ValueError(f"{text!r} is more than a byte; a separator is one")
        return text

    @property
    def fields(self) -> dict[str, FixedField]:
        """The fields to read: by our column, and further ones by `extra.` and their name."""
        named = {f"{EXTRA_PREFIX}{name}": field for name, field in self.extra.items()}
        return {**{str(name): field for name, field in self.columns.items()}, **named}

    @property
    def has_file_date(self) -> bool:
        """Whether the file says its date: by its name, or in its header or trailer."""
        ends = (self.header, self.trailer)
        return self.date_in_name is not None or any(end and end.date for end in ends)

    @model_validator(mode="after")
    def _check_layout(self) -> Self:
        faults = [
            *self._place_faults(),
            *self._code_faults(),
            *self._name_faults(),
            *self._date_faults(),
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _place_faults(self) -> Iterator[str]:
        first, end = self.counted_from, self.length + self.counted_from
        if self.records:
            yield from self._range_faults("records", self.records.at, self.records.width)
        for place in self.separators:
            if not first <= place < end:
                yield f"separators: {place} is outside of the record"
        for name, spot in self.columns.items():
            for at, width in spot.pieces:
                yield from self._range_faults(f"columns.{name}", at, width)
            if spot.is_money and name not in MONEY_COLUMNS:
                yield f"columns.{name}: unit, decimals and sign are of amounts"
            yield from self._amount_faults(f"columns.{name}", spot)
        private_fields = [self.columns.get(name) for name in _PRIVATE_COLUMNS]
        hidden = [*self.private, *(piece for own in private_fields if own for piece in own.pieces)]
        yield from iterate_extra_faults(dict.fromkeys(self.extra))
        for extra, spot in self.extra.items():
            for at, width in spot.pieces:
                yield from self._range_faults(f"extra.{extra}", at, width)
                if any(at < begin + size and begin < at + width for begin, size in hidden):
                    yield f"extra.{extra}: nobody may read these bytes; leave them out"
            yield from self._amount_faults(f"extra.{extra}", spot)
        for at, width in self.private:
            yield from self._range_faults("private", at, width)
        if self.preamble and not self.line_ends:
            yield "preamble: lines above the first record need line ends"
        for part, record in (("header", self.header), ("trailer", self.trailer)):
            for total, spot in record.totals.items() if record else ():
                if total in _COUNTS and spot.is_money:
                    yield f"{part}.totals.{total}: a count has no unit, decimals or sign"
                yield from self._amount_faults(f"{part}.totals.{total}", spot)
                yield from self._start_faults(f"{part}.totals.{total}", spot)
            if record and record.date:
                yield from self._start_faults(f"{part}.date", record.date)

    def _range_faults(self, name: str, at: int, width: int) -> Iterator[str]:
        if at < self.counted_from or width < 1:
            yield f"{name}: places are counted from {self.counted_from} and a width is 1 or more"
        elif at + width > self.length + self.counted_from:
            yield f"{name}: bytes {at} to {at + width - 1} lie beyond the record of {self.length}"

    def _start_faults(self, name: str, spot: FixedField) -> Iterator[str]:
        """An end record may be longer than a detail; its places must only not begin before it."""
        if any(at < self.counted_from or width < 1 for at, width in spot.pieces):
            yield f"{name}: places are counted from {self.counted_from} and a width is 1 or more"

    def _amount_faults(self, name: str, spot: FixedField) -> Iterator[str]:
        if spot.unit is not None and spot.decimals is not None:
            yield f"{name}: give its unit or its decimals"
        if spot.sign is None:
            return
        yield from (f"{name}: {fault}" for fault in spot.sign.faults(self.encoding))
        if spot.sign.at is not None:
            yield from self._range_faults(f"{name}: sign", spot.sign.at, spot.sign.width)
        if spot.sign.place in ("prefix", "suffix"):
            digits = sum(width for _, width in spot.pieces)
            if len(spot.pieces) > 1 or digits <= spot.sign.letter_bytes(self.encoding):
                yield f"{name}: a sign {spot.sign.place} needs one piece, wider than its letter"

    def _code_faults(self) -> Iterator[str]:
        codes = [(part, end.code) for part, end in self._end_records() if end.code is not None]
        types = self.records
        if types is None:
            yield from (f"{part}: its code needs `records`, which says where" for part, _ in codes)
            return
        codes += [("records", code) for code in (*types.detail, *types.ignore)]
        for part, code in codes:
            if len(code.encode(self.encoding, "replace")) != types.width:
                yield f"{part}: code {code!r} is not {types.width} bytes"
        all_codes = [code for _, code in codes]
        for code in sorted({code for code in all_codes if all_codes.count(code) > 1}):
            yield f"records: code {code!r} is given twice"

    def _end_records(self) -> list[tuple[str, EndRecord]]:
        both = (("header", self.header), ("trailer", self.trailer))
        return [(part, end) for part, end in both if end is not None]

    def _name_faults(self) -> Iterator[str]:
        there = {str(name) for name in (*self.columns, *self.constants)}
        for name in sorted(set(self.columns) & set(self.constants)):
            yield f"{name}: in columns and in constants; choose one"
        for needed in ("kind", "status", "amount", "currency"):
            if needed not in there:
                yield f"{needed}: neither in columns nor in constants; add it"
        for money in sorted(set(MONEY_COLUMNS) & set(self.constants)):
            yield f"{money}: an amount is read, not set in constants"

    def _date_faults(self) -> Iterator[str]:
        for name, form in (("traded_at", self.time_format), ("settlement_date", self.date_format)):
            yearless = name in self.columns and not re.search("%[YyGcxD]", form)
            if yearless and not self.has_file_date:
                yield f"{name}: {form} has no year; add date_in_name, or date to header or trailer"
        for part, end in self._end_records():
            if end.date and not re.search("%[Yy]", end.date_format):
                yield f"{part}: {end.date_format} has no year"
