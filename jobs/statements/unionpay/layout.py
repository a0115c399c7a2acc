"""Shared layout of UnionPay's detail file (ZM) and error file (ZME) of a merchant.

Records of fixed width in GBK, fields separated by one blank, amounts in fen, C and D from the
merchant's side, no year in a time, no total in the file. Source: UnionPay's file interface
specification for merchants; docs/reference/dialects/unionpay.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.digit_times import find_date, parse_timestamps
from jobs.statements.canonical.extra_columns import print_major_units, set_extra
from jobs.statements.canonical.lines import (
    Lines,
    mask_account_numbers,
    null_column,
    set_amount_column,
    to_null,
)
from jobs.statements.canonical.money import map_codes
from jobs.statements.fixed_width.cells import FixedWidthCutter, Span
from jobs.statements.parser import Plan, Sample
from jobs.statements.reading.line_format import Cells, LineFormat
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.vocabulary import SIGN_OF_KIND, Kind

ENCODING = "gb18030"
CURRENCY = "CNY"
#: Forms of the settlement date in a file's name, in the order of trial.
_DATE_FORMS = ("INN%y%m%d", "%Y%m%d", "%Y-%m-%d")
_TIME = "%m%d%H%M%S"
_SIGN_LETTERS = "CD"
_BOM = b"\xef\xbb\xbf"
#: Fields that become `extra` as they are, and those that are amounts in fen.
_PARTS = ("mcc", "terminal_type", "pay_method", "instalments")
_AMOUNT_PARTS = ("discount", "instalment_fee")
#: 支付卡类型 by the card types of a fee schedule; 00 and blank are unknown, other codes stay.
_CARD_TYPES = {
    "01": "DEBIT",
    "02": "CREDIT",
    "03": "SEMI_CREDIT",
    "04": "DEBIT_CREDIT",
    "05": "PREPAID",
    "06": "PREPAID",
}


@dataclass(frozen=True)
class RecordLayout:
    """A record: its fields in order (name or None, width), and its number of separators."""

    dialect: str
    fields: tuple[tuple[str | None, int], ...]
    parted: int

    @property
    def length(self) -> int:
        """Bytes of a record without its line end."""
        return sum(width for _, width in self.fields) + self.parted

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields to read, in order."""
        return tuple(name for name, _ in self.fields if name is not None)

    def cutter(self) -> FixedWidthCutter:
        """How a record is cut; the cells are in the order of `names`."""
        spans, parted, at = [], [], 0
        for place, (name, width) in enumerate(self.fields):
            if name is not None:
                spans.append(Span(((at, width),)))
            at += width
            if place < self.parted:
                parted.append(at)
                at += 1
        return FixedWidthCutter(ENCODING, self.length, tuple(spans), tuple(parted))

    def identify(self, sample: Sample) -> bool:
        """Whether the file begins with a record of this layout."""
        line = sample.head.split(b"\n", 1)[0].removesuffix(b"\r")
        parted = self.cutter().separator_places
        fits = len(line) == self.length and all(line[at : at + 1] == b" " for at in parted)
        return fits and line[:1].isalpha() and line[1:3].isdigit()

    def plan(self, sample: Sample) -> Plan:
        """Where the records are, and the settlement date of the file's name.

        Raises:
            FileRefused: the name has no date, so that the lines have no year.
        """
        name = PurePosixPath(sample.file_name).name
        dates = [find_date(name, form) for form in _DATE_FORMS]
        day = next((day for day in dates if day is not None), sample.business_date)
        if day is None:
            raise FileRefused(
                "NO_FILE_DATE",
                sample.file_name,
                "its name has no date, and its lines have no year",
                "keep UnionPay's name, INN<yyMMdd>...",
            )
        shape = LineFormat(ENCODING, "", None, 0, (), cutter=self.cutter())
        places = {field: place for place, field in enumerate(self.names)}
        start = len(_BOM) if sample.head.startswith(_BOM) else 0
        return Plan(
            self.dialect, shape, places, start, 1, sample.byte_size, (), CURRENCY, file_date=day
        )

    def texts(self, cells: Cells) -> dict[str, pa.Array]:
        """The trimmed fields; an empty one is null."""
        return {name: to_null(cells.columns[place], ("",)) for place, name in enumerate(self.names)}


def zeros_to_null(texts: pa.Array) -> pa.Array:
    """Numbers of other records; null where a number is zeros only."""
    zeros = pc.match_substring_regex(texts, "^0+$")
    return pc.if_else(zeros, pa.scalar(None, pa.string()), texts)


def set_amounts(lines: Lines, text: Mapping[str, pa.Array]) -> None:
    """Sets amount and fee of each line, in fen, from its three amounts; rejects what differs.

    交易金额 is unsigned, 手续费 D where we are charged, 结算金额 C where we are paid; the last is
    the amount less the fee on every line, which gives the amount its sign.
    """
    size = _parse_fen(lines, text["amount"], "amount")
    fee = pc.negate(_parse_lettered_fen(lines, text["fee"], "手续费"))
    settled = _parse_lettered_fen(lines, text["settled"], "结算金额")
    lines.reject_where(pc.is_null(text["settled"]), "NO_VALUE: 结算金额 is empty")
    amount = pc.add(settled, pc.fill_null(fee, 0))
    is_wrong = pc.fill_null(pc.not_equal(pc.abs(amount), pc.abs(size)), False)
    for row in pc.indices_nonzero(is_wrong).to_pylist():
        printed_amounts = ", ".join(
            f"{text[name][row].as_py()}" for name in ("settled", "amount", "fee")
        )
        lines.reject({row: f"SETTLEMENT_DIFFERS: 结算金额, 交易金额, 手续费 are {printed_amounts}"})
    lines.columns["amount"] = pc.if_else(pc.is_valid(size), amount, pa.scalar(None, pa.int64()))
    lines.columns["fee"] = fee


def _parse_fen(lines: Lines, texts: pa.Array, name: str) -> pa.Array:
    is_wrong = pc.invert(pc.match_substring_regex(texts, "^[0-9]+$"))
    for row in pc.indices_nonzero(is_wrong).to_pylist():
        lines.reject({row: f"BAD_AMOUNT: {name} {texts[row].as_py()!r} is not digits"})
    digits = pc.if_else(is_wrong, pa.scalar(None, pa.string()), texts)
    fen = Lines({"currency": lines.columns["currency"]})
    set_amount_column(fen, name, digits, "minor")
    lines.reject(fen.faults)
    return fen.columns[name]


def _parse_lettered_fen(lines: Lines, texts: pa.Array, name: str) -> pa.Array:
    """Amounts in fen with a sign letter: C credits us (positive), D debits; zero needs none."""
    letter = pc.utf8_slice_codeunits(texts, 0, 1)
    has_letter = pc.is_in(letter, pa.array(list(_SIGN_LETTERS)))
    digits = pc.if_else(has_letter, pc.utf8_slice_codeunits(texts, 1, None), texts)
    value = _parse_fen(lines, digits, name)
    lacks_letter = pc.and_(pc.invert(has_letter), pc.not_equal(value, 0))
    for row in pc.indices_nonzero(pc.fill_null(lacks_letter, False)).to_pylist():
        lines.reject({row: f"BAD_SIGN: {name} {texts[row].as_py()!r} has neither C nor D"})
    return pc.if_else(pc.equal(letter, "D"), pc.negate(value), value)


def set_kinds(
    lines: Lines,
    codes: pa.Array,
    known: Mapping[str, Kind],
    profile: Profile,
    has_error_codes: bool,
) -> None:
    """Sets the kind of each line by its code; rejects lines of the wrong sign.

    With `has_error_codes`, an E and two digits is an error transaction: an adjustment.
    """
    kinds = {**known, **profile.unionpay.kinds}

    def kind_of_code(code: str) -> str | None:
        if has_error_codes and code not in kinds and code[:1] == "E" and code[1:].isdigit():
            return Kind.ADJUSTMENT.value
        return kinds[code].value if code in kinds else None

    columns = lines.columns
    columns["kind"], faults = map_codes(codes, kind_of_code, "UNKNOWN_KIND", "unionpay.kinds")
    lines.reject(faults)
    for sign in (-1, 1):
        kinds_of_sign = pa.array([kind.value for kind in Kind if SIGN_OF_KIND[kind] == sign])
        has_wrong_sign = pc.and_(
            pc.is_in(columns["kind"], kinds_of_sign), _has_wrong_sign(columns["amount"], sign)
        )
        problem = f"BAD_SIGN: 结算金额 is {'C' if sign < 0 else 'D'} on a line of this kind"
        lines.reject_where(has_wrong_sign, problem)


def _has_wrong_sign(amount: pa.Array, sign: int) -> pa.Array:
    return pc.less(amount, 0) if sign > 0 else pc.greater(amount, 0)


def set_common(lines: Lines, text: Mapping[str, pa.Array], plan: Plan, profile: Profile) -> None:
    """Sets time, date, account, card and merchant; rejects lines of merchants that are not ours."""
    columns, count = lines.columns, len(text["amount"])
    columns["status"] = pa.repeat("SUCCEEDED", count)
    columns["traded_at"], faults = parse_timestamps(
        text["time"], _TIME, plan.file_date, profile.zone
    )
    lines.reject(faults)
    columns["settlement_date"] = pa.repeat(pa.scalar(_settlement_date(plan), pa.date32()), count)
    columns["account_tail"] = mask_account_numbers(text["account"])
    columns["payer_name"] = null_column(count)
    columns["merchant_id"] = text["merchant"]
    card, faults = map_codes(
        zeros_to_null(text["card"]), lambda code: _CARD_TYPES.get(code, code), ""
    )
    columns["card_type"] = card
    if profile.unionpay.merchants:
        is_ours = pc.is_in(text["merchant"], pa.array(profile.unionpay.merchants, pa.string()))
        for row in pc.indices_nonzero(pc.invert(is_ours)).to_pylist():
            problem = f"merchant {text['merchant'][row]} is not this channel's"
            lines.reject({row: f"OTHER_CHANNEL: {problem}"})


def set_parts(lines: Lines, text: Mapping[str, pa.Array]) -> None:
    """Sets `extra`: what of a record prices can depend on. Amounts in yuan; what is zeros, and an
    amount that is none, is left out.
    """
    parts = {name: zeros_to_null(text[name]) for name in _PARTS if name in text}
    for name in _AMOUNT_PARTS:
        if name in text:
            digits = pc.utf8_ltrim(text[name], _SIGN_LETTERS)
            is_amount = pc.match_substring_regex(digits, "^0*[1-9][0-9]{0,14}$")
            fen = pc.if_else(is_amount, digits, pa.scalar(None, pa.string())).cast(pa.int64())
            parts[name] = print_major_units(fen, lines.columns["currency"])
    set_extra(lines, parts)


def _settlement_date(plan: Plan) -> date:
    if plan.file_date is None:
        raise ValueError("the plan of a UnionPay file has no date")
    return plan.file_date


def join_numbers(texts: Sequence[pa.Array]) -> pa.Array:
    """Numbers joined by `-`, which are unique only together; null where the first is zeros."""
    rest = [pc.fill_null(numbers, "") for numbers in texts[1:]]
    return pc.binary_join_element_wise(zeros_to_null(texts[0]), *rest, "-")
