"""Amounts as fixed-width records print them: implied decimals, sign letters, overpunched digits.

Source: docs/reference/dialects/fixed_width.md.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines, money, signed_by
from jobs.statements.fixed_width.cells import Span
from schemas.profile.layout.fields import FixedField
from schemas.profile.layout.fixed_width import FixedLayout

_DIGITS = r"^[+-]?[0-9]+$"
#: The last digit of an overpunched number: 0 to 9 unsigned, then positive, then negative.
_PUNCHED = pa.array(list("0123456789{ABCDEFGHI}JKLMNOPQR"))
_NEGATIVE_FROM = 20


@dataclass(frozen=True)
class Spots:
    """Where an amount's digits stand, and the letter of its sign."""

    digits: Span
    letter: Span | None = None


def span_of(field: FixedField, layout: FixedLayout, whole: bool = True) -> Span:
    """A field's bytes, counted from 0."""
    first = layout.counted_from
    return Span(tuple((at - first, width) for at, width in field.pieces), whole)


def spots_of(field: FixedField, layout: FixedLayout) -> Spots:
    """Where the digits and the sign letter of an amount stand."""
    own, sign = span_of(field, layout), field.sign
    if sign is None or sign.place == "overpunch":
        return Spots(own)
    if sign.place == "column":
        at = (sign.at or 0) - layout.counted_from
        return Spots(own, Span(((at, sign.width),)))
    letter = sign.letter_bytes(layout.encoding)
    at, width = own.pieces[0]
    if sign.place == "prefix":
        return Spots(Span(((at + letter, width - letter),)), Span(((at, letter),)))
    return Spots(Span(((at, width - letter),)), Span(((at + width - letter, letter),)))


def unit_of(field: FixedField, layout: FixedLayout) -> str:
    """The unit of what `plain` makes of an amount: `major` or `minor`."""
    return "major" if field.decimals is not None else field.unit or layout.amount_unit


def plain(texts: pa.Array, field: FixedField) -> tuple[pa.Array, dict[int, str]]:
    """Trimmed digits as printed to plain decimal numbers, and faults by row; null stays null."""
    faults: dict[int, str] = {}
    if field.sign is not None and field.sign.place == "overpunch":
        texts, faults = _unpunched(texts)
    if field.decimals is None:
        return texts, faults
    odd = pc.invert(pc.match_substring_regex(texts, _DIGITS))
    for row in pc.indices_nonzero(odd).to_pylist():
        said = f"BAD_AMOUNT: {texts[row].as_py()!r} is not digits, {field.decimals} of them implied"
        faults.setdefault(row, said)
    if not field.decimals:
        return texts, faults
    minus = pc.if_else(pc.starts_with(texts, "-"), "-", "")
    size = pc.utf8_lpad(
        pc.ascii_ltrim(pc.ascii_ltrim(texts, "+-"), "0"), field.decimals + 1, padding="0"
    )
    whole = pc.utf8_slice_codeunits(size, 0, -field.decimals)
    cents = pc.utf8_slice_codeunits(size, -field.decimals, None)
    pointed = pc.binary_join_element_wise(pc.binary_join_element_wise(minus, whole, ""), cents, ".")
    return pc.if_else(odd, pa.scalar(None, pa.string()), pointed), faults


def _unpunched(texts: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """Overpunched numbers with their sign in front."""
    last = pc.index_in(pc.utf8_slice_codeunits(texts, -1, None), _PUNCHED)
    odd = pc.and_(pc.is_null(last), pc.is_valid(texts))
    faults = {
        row: f"BAD_SIGN: {texts[row].as_py()!r} ends in no overpunched digit"
        for row in pc.indices_nonzero(odd).to_pylist()
    }
    digit = pc.subtract(last, pc.multiply(pc.divide(last, 10), 10)).cast(pa.string())
    minus = pc.if_else(pc.greater_equal(last, _NEGATIVE_FROM), "-", "")
    head = pc.utf8_slice_codeunits(texts, 0, -1)
    return pc.binary_join_element_wise(minus, head, digit, ""), faults


def set_amount(
    lines: Lines,
    name: str,
    field: FixedField,
    layout: FixedLayout,
    digits: pa.Array,
    letters: pa.Array | None,
) -> None:
    """Sets an amount column, in minor units, from its trimmed digits and its sign letters."""
    texts, faults = plain(digits, field)
    lines.blame(faults)
    money(lines, name, texts, unit_of(field, layout))
    if letters is None or field.sign is None:
        return
    value = lines.columns[name]
    letters = pc.fill_null(letters, "")
    negative, positive = (
        pc.is_in(letters, pa.array([each.strip() for each in words], pa.string()))
        for words in (field.sign.negative, field.sign.positive)
    )
    # Nothing has no direction: a zero may go without its letter.
    silent = pc.equal(pc.fill_null(value, 0), 0)
    odd = pc.invert(pc.or_(pc.or_(negative, positive), silent))
    lines.blame(
        {
            row: f"BAD_SIGN: {letters[row].as_py()!r} is no sign of {name}"
            for row in pc.indices_nonzero(odd).to_pylist()
        }
    )
    lines.columns[name] = signed_by(value, negative, positive)
