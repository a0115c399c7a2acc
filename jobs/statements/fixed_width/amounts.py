"""Amounts as fixed-width records print them: implied decimals, sign letters, overpunched digits.

Source: docs/reference/dialects/fixed_width.md.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines, set_amount_column
from jobs.statements.canonical.signs import set_signs
from jobs.statements.fixed_width.cells import Span
from schemas.profile.layout.fields import FixedField
from schemas.profile.layout.fixed_width import FixedLayout

_DIGITS = r"^[+-]?[0-9]+$"
#: The last digit of an overpunched number: 0 to 9 unsigned, then positive, then negative.
_OVERPUNCH_DIGITS = pa.array(list("0123456789{ABCDEFGHI}JKLMNOPQR"))
_NEGATIVE_FROM = 20


@dataclass(frozen=True)
class AmountFields:
    """The bytes of an amount's digits, and of its sign letter where it has one."""

    digits: Span
    sign_letter: Span | None = None


def find_span(field: FixedField, layout: FixedLayout, is_whole: bool = True) -> Span:
    """Finds the bytes of a field, counted from 0."""
    counted_from = layout.counted_from
    return Span(tuple((at - counted_from, width) for at, width in field.pieces), is_whole)


def find_amount_fields(field: FixedField, layout: FixedLayout) -> AmountFields:
    """Finds the bytes of the digits and of the sign letter of an amount."""
    span, sign = find_span(field, layout), field.sign
    if sign is None or sign.place == "overpunch":
        return AmountFields(span)
    if sign.place == "column":
        at = (sign.at or 0) - layout.counted_from
        return AmountFields(span, Span(((at, sign.width),)))
    letter_width = sign.letter_bytes(layout.encoding)
    at, width = span.pieces[0]
    if sign.place == "prefix":
        return AmountFields(
            Span(((at + letter_width, width - letter_width),)), Span(((at, letter_width),))
        )
    return AmountFields(
        Span(((at, width - letter_width),)), Span(((at + width - letter_width, letter_width),))
    )


def get_unit(field: FixedField, layout: FixedLayout) -> str:
    """The unit of an amount after `to_plain_numbers`: `major` or `minor`."""
    return "major" if field.decimals is not None else field.unit or layout.amount_unit


def to_plain_numbers(texts: pa.Array, field: FixedField) -> tuple[pa.Array, dict[int, str]]:
    """Converts trimmed digits to plain decimal numbers; also returns faults by row.

    Null stays null.
    """
    faults: dict[int, str] = {}
    if field.sign is not None and field.sign.place == "overpunch":
        texts, faults = _decode_overpunch(texts)
    if field.decimals is None:
        return texts, faults
    is_invalid = pc.invert(pc.match_substring_regex(texts, _DIGITS))
    for row in pc.indices_nonzero(is_invalid).to_pylist():
        fault = (
            f"BAD_AMOUNT: {texts[row].as_py()!r} is not digits, {field.decimals} of them implied"
        )
        faults.setdefault(row, fault)
    if not field.decimals:
        return texts, faults
    minus = pc.if_else(pc.starts_with(texts, "-"), "-", "")
    padded = pc.utf8_lpad(
        pc.ascii_ltrim(pc.ascii_ltrim(texts, "+-"), "0"), field.decimals + 1, padding="0"
    )
    whole = pc.utf8_slice_codeunits(padded, 0, -field.decimals)
    cents = pc.utf8_slice_codeunits(padded, -field.decimals, None)
    decimal_texts = pc.binary_join_element_wise(
        pc.binary_join_element_wise(minus, whole, ""), cents, "."
    )
    return pc.if_else(is_invalid, pa.scalar(None, pa.string()), decimal_texts), faults


def _decode_overpunch(texts: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """Converts overpunched numbers to numbers with their sign in front."""
    last = pc.index_in(pc.utf8_slice_codeunits(texts, -1, None), _OVERPUNCH_DIGITS)
    is_invalid = pc.and_(pc.is_null(last), pc.is_valid(texts))
    faults = {
        row: f"BAD_SIGN: {texts[row].as_py()!r} ends in no overpunched digit"
        for row in pc.indices_nonzero(is_invalid).to_pylist()
    }
    digit = pc.subtract(last, pc.multiply(pc.divide(last, 10), 10)).cast(pa.string())
    minus = pc.if_else(pc.greater_equal(last, _NEGATIVE_FROM), "-", "")
    leading_digits = pc.utf8_slice_codeunits(texts, 0, -1)
    return pc.binary_join_element_wise(minus, leading_digits, digit, ""), faults


def set_field_amount(
    lines: Lines,
    name: str,
    field: FixedField,
    layout: FixedLayout,
    digits: pa.Array,
    letters: pa.Array | None,
) -> None:
    """Sets an amount column (BIGINT minor units) from trimmed digits and sign letters."""
    texts, faults = to_plain_numbers(digits, field)
    lines.reject(faults)
    set_amount_column(lines, name, texts, get_unit(field, layout))
    if letters is None or field.sign is None:
        return
    value = lines.columns[name]
    letters = pc.fill_null(letters, "")
    negative, positive = (
        pc.is_in(letters, pa.array([word.strip() for word in words], pa.string()))
        for words in (field.sign.negative, field.sign.positive)
    )
    # Zero has no direction: it needs no sign letter.
    is_zero = pc.equal(pc.fill_null(value, 0), 0)
    is_invalid = pc.invert(pc.or_(pc.or_(negative, positive), is_zero))
    lines.reject(
        {
            row: f"BAD_SIGN: {letters[row].as_py()!r} is no sign of {name}"
            for row in pc.indices_nonzero(is_invalid).to_pylist()
        }
    )
    set_signs(lines, name, negative, positive)
