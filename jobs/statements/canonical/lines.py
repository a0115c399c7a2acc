"""Columns of texts to canonical columns: times, money, references, masked names and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.money import parse_amounts
from jobs.statements.canonical.references import get_reference_rules, normalize_references
from schemas.comparable_text import to_comparable
from schemas.private_text import mask_private_text
from schemas.profile.channel import Profile
from schemas.vocabulary import Reference, normalized_column

_ISO = "%Y-%m-%d %H:%M:%S"
_UTC = pa.timestamp("us", "UTC")
#: How a spreadsheet writes a number of many digits: `4.2E+27`, or with a comma.
_AS_A_NUMBER = r"^[-\s'\"`]*\d(?:[.,]\d+)?[Ee]\+\d{2,3}[\s'\"`]*$"
#: Columns of free text: nobody looks a row up by them.
FREE_TEXT_COLUMNS = ("product", "card_type", "text")
#: Without these, a text has nothing to mask.
_SUSPICIOUS = r"@|\d(?:[ \x{a0}\x{3000}-]?\d){7}"
Texts = Mapping[str, pa.Array]


@dataclass
class Lines:
    """Canonical columns being built, all of one length, and the first fault of each row."""

    columns: dict[str, pa.Array]
    faults: dict[int, str] = field(default_factory=dict)

    def reject(self, faults: Mapping[int, str]) -> None:
        """Marks rows as rejected, with their faults. The first fault of a row stays."""
        for row, fault in faults.items():
            self.faults.setdefault(row, fault)

    def reject_where(self, mask: pa.Array, fault: str) -> None:
        """Rejects the rows where the mask is true, with one fault. A null is not true."""
        if pc.any(mask).as_py():
            self.reject(dict.fromkeys(pc.indices_nonzero(mask).to_pylist(), fault))


def null_column(count: int, kind: pa.DataType | None = None) -> pa.Array:
    """A column of nulls; of strings where no type is given."""
    return pa.nulls(count, kind or pa.string())


def empty_to_null(texts: pa.Array) -> pa.Array:
    """Replaces empty texts by null."""
    empty = pc.equal(pc.binary_length(texts), 0)
    if not pc.any(empty).as_py():
        return texts
    return pc.if_else(empty, pa.scalar(None, pa.string()), texts)


def to_null(texts: pa.Array, empty: Sequence[str], strip: str | None = None) -> pa.Array:
    """Trims `strip` (white space if not given) and replaces the texts in `empty` by null."""
    trimmed = pc.utf8_trim_whitespace(texts) if strip is None else pc.utf8_trim(texts, strip)
    is_empty = pc.is_in(trimmed, pa.array(list(empty), pa.string()))
    return pc.if_else(is_empty, pa.scalar(None, pa.string()), trimmed)


def parse_local_times(
    texts: pa.Array, time_format: str, zone: str
) -> tuple[pa.Array, dict[int, str]]:
    """Converts printed local times to UTC microseconds; also returns faults by row.

    Null stays null. Of a time that the zone had twice, the earlier one counts; a time that the zone
    skipped moves to the end of the gap.
    """
    try:
        local = _parse_times_vectorized(texts, time_format)
        faults: dict[int, str] = {}
    except pa.ArrowInvalid:
        local, faults = _parse_times_by_row(texts, time_format)
    zoned = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="latest")
    return zoned.cast(_UTC), faults


def _parse_times_vectorized(texts: pa.Array, time_format: str) -> pa.Array:
    if time_format == _ISO:
        length = pc.min_max(pc.binary_length(texts)).as_py()
        if set(length.values()) - {19, None}:
            raise pa.ArrowInvalid("not all of one length")
        return texts.cast(pa.timestamp("s")).cast(pa.timestamp("us"))
    local = pc.strptime(texts, format=time_format, unit="s")
    if pc.any(pc.not_equal(pc.strftime(local, time_format), texts)).as_py():
        raise pa.ArrowInvalid("a date that does not exist, or missing digits")
    return local.cast(pa.timestamp("us"))


def _parse_times_by_row(texts: pa.Array, time_format: str) -> tuple[pa.Array, dict[int, str]]:
    values: list[datetime | None] = []
    faults: dict[int, str] = {}
    for row, text in enumerate(texts.to_pylist()):
        value = None
        try:
            value = None if text is None else datetime.strptime(text, time_format)
        except ValueError:
            faults[row] = f"BAD_TIME: {text!r} is not {time_format}"
        values.append(value)
    return pa.array(values, pa.timestamp("us")), faults


def parse_full_dates(texts: pa.Array, date_format: str) -> tuple[pa.Array, dict[int, str]]:
    """Converts printed dates that have a year to DATE; also returns faults by row.

    Null stays null.
    """
    local, faults = _parse_times_by_row(texts, date_format)
    return local.cast(pa.date32()), faults


def apply_sign(values: pa.Array, negative: pa.Array, positive: pa.Array) -> pa.Array:
    """Sets the sign of amounts where a mask is true; other amounts stay as they are."""
    absolute = pc.abs(values)
    return pc.if_else(negative, pc.negate(absolute), pc.if_else(positive, absolute, values))


def set_amount_column(lines: Lines, name: str, texts: pa.Array, unit: str) -> None:
    """Parses an amount column of `lines` into minor units of the line's currency (BIGINT)."""
    values, faults = parse_amounts(texts, lines.columns["currency"], unit)
    lines.columns[name] = values
    lines.reject(faults)


def mask_account_numbers(texts: pa.Array) -> pa.Array:
    """Cuts account numbers to their last four characters. tieout stores no more of them."""
    return pc.utf8_slice_codeunits(texts, -4, None)


def mask_names(texts: pa.Array, clear: Sequence[str] = ()) -> pa.Array:
    """Masks names: the first character and two stars; those that begin as one of `clear`, as names
    are compared, stay as they are.
    """
    first = pc.utf8_slice_codeunits(texts, 0, 1)
    masked = pc.if_else(pc.is_valid(texts), pc.binary_join_element_wise(first, "**", ""), texts)
    if not clear:
        return masked
    encoded = texts.dictionary_encode()
    names = (to_comparable(name) or "" for name in encoded.dictionary.to_pylist())
    is_clear = pa.array([name.startswith(tuple(clear)) for name in names], pa.bool_())
    return pc.if_else(pc.fill_null(is_clear.take(encoded.indices), False), texts, masked)


def mask_free_texts(columns: dict[str, pa.Array]) -> None:
    """Masks personal numbers in the columns of free text."""
    for name in FREE_TEXT_COLUMNS:
        if name in columns:
            columns[name] = mask_suspicious_texts(columns[name], True)


def mask_suspicious_texts(texts: pa.Array, every_number: bool = False) -> pa.Array:
    """Masks personal numbers in texts; with `every_number` each number of 12 digits or more."""
    if not pc.any(pc.match_substring_regex(texts, _SUSPICIOUS)).as_py():
        return texts
    encoded = texts.dictionary_encode()
    masked = [
        text and mask_private_text(text, (), every_number)
        for text in encoded.dictionary.to_pylist()
    ]
    return pa.array(masked, pa.string()).take(encoded.indices)


def add_normalized_references(columns: dict[str, pa.Array], profile: Profile | None) -> None:
    """Adds the normalized form of every reference column, by the profile's rules."""
    for reference in Reference:
        if reference in columns:
            rules = get_reference_rules(profile, reference) if profile else None
            columns[normalized_column(reference)] = normalize_references(columns[reference], rules)


def require(lines: Lines, names: Sequence[str]) -> None:
    """Rejects the rows in which one of these columns has no value."""
    for name in names:
        missing = pc.is_null(lines.columns[name])
        if pc.any(missing).as_py():
            rows = pc.indices_nonzero(missing).to_pylist()
            lines.reject(dict.fromkeys(rows, f"NO_VALUE: {name} is empty"))


def reject_scientific_notation(lines: Lines) -> None:
    """Rejects rows with a reference such as 4.2E+27.

    A spreadsheet read the reference as a number and saved that number: its digits are lost.
    """
    for reference in Reference:
        texts = lines.columns.get(reference.value)
        # The plain search for "E+" is much cheaper than the expression and nearly always fails.
        if texts is None or not any(
            pc.any(pc.match_substring(texts, sign)).as_py() for sign in ("E+", "e+")
        ):
            continue
        rows = pc.indices_nonzero(pc.match_substring_regex(texts, _AS_A_NUMBER)).to_pylist()
        lines.reject(
            {row: f"DAMAGED_NUMBER: {reference.value} is {texts[row].as_py()!r}" for row in rows}
        )
