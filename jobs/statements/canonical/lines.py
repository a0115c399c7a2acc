"""Cells to canonical lines: words, times, money, references, and what is masked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.money import amounts
from jobs.statements.canonical.references import normalized_column, rules_of
from schemas.profile.channel import Profile
from schemas.vocabulary import Reference, normalized

_ISO = "%Y-%m-%d %H:%M:%S"
_UTC = pa.timestamp("us", "UTC")
_CARD = re.compile(r"(?<!\d)\d{13,19}(?!\d)")
#: A Chinese resident's identity number: region, date of birth, serial, check character.
_IDENTITY = re.compile(
    r"(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"
)
#: How a spreadsheet writes a number of many digits, with a point or a comma.
_AS_A_NUMBER = r"^[-\s'\"`]*\d(?:[.,]\d+)?[Ee]\+\d{2,3}[\s'\"`]*$"
Texts = Mapping[str, pa.Array]


@dataclass
class Lines:
    """Canonical columns under work, all of one length, and the faults found, by row."""

    columns: dict[str, pa.Array]
    faults: dict[int, str] = field(default_factory=dict)

    def blame(self, faults: Mapping[int, str]) -> None:
        """Faults of some rows; the first of a row is kept."""
        for row, fault in faults.items():
            self.faults.setdefault(row, fault)

    def blame_where(self, mask: pa.Array, fault: str) -> None:
        """The same fault of every row of a mask; a null of it is no fault."""
        if pc.any(mask).as_py():
            self.blame(dict.fromkeys(pc.indices_nonzero(mask).to_pylist(), fault))


def nulls(count: int, kind: pa.DataType | None = None) -> pa.Array:
    """A column without a value."""
    return pa.nulls(count, kind or pa.string())


def filled(texts: pa.Array) -> pa.Array:
    """Texts as they are, null where they are empty."""
    empty = pc.equal(pc.binary_length(texts), 0)
    if not pc.any(empty).as_py():
        return texts
    return pc.if_else(empty, pa.scalar(None, pa.string()), texts)


def given(texts: pa.Array, empty: Sequence[str], strip: str | None = None) -> pa.Array:
    """Texts trimmed of `strip` (white space if not given), null where they stand in `empty`."""
    trimmed = pc.utf8_trim_whitespace(texts) if strip is None else pc.utf8_trim(texts, strip)
    out = pc.is_in(trimmed, pa.array(list(empty), pa.string()))
    return pc.if_else(out, pa.scalar(None, pa.string()), trimmed)


def times(texts: pa.Array, form: str, zone: str) -> tuple[pa.Array, dict[int, str]]:
    """Local times as printed to UTC microseconds, and faults by row; null stays null.

    A time that the zone had twice is the earlier one; one that it skipped is moved on.
    """
    try:
        local = _local_at_once(texts, form)
        faults: dict[int, str] = {}
    except pa.ArrowInvalid:
        local, faults = _local_one_by_one(texts, form)
    there = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="latest")
    return there.cast(_UTC), faults


def _local_at_once(texts: pa.Array, form: str) -> pa.Array:
    if form == _ISO:
        length = pc.min_max(pc.binary_length(texts)).as_py()
        if set(length.values()) - {19, None}:
            raise pa.ArrowInvalid("not all of one length")
        return texts.cast(pa.timestamp("s")).cast(pa.timestamp("us"))
    local = pc.strptime(texts, format=form, unit="s")
    if pc.any(pc.not_equal(pc.strftime(local, form), texts)).as_py():
        raise pa.ArrowInvalid("a date that the calendar does not have, or digits left out")
    return local.cast(pa.timestamp("us"))


def _local_one_by_one(texts: pa.Array, form: str) -> tuple[pa.Array, dict[int, str]]:
    out: list[datetime | None] = []
    faults: dict[int, str] = {}
    for row, text in enumerate(texts.to_pylist()):
        value = None
        try:
            value = None if text is None else datetime.strptime(text, form)
        except ValueError:
            faults[row] = f"BAD_TIME: {text!r} is not {form}"
        out.append(value)
    return pa.array(out, pa.timestamp("us")), faults


def dates(texts: pa.Array, form: str) -> tuple[pa.Array, dict[int, str]]:
    """Dates as printed, and faults by row; null stays null."""
    local, faults = _local_one_by_one(texts, form)
    return local.cast(pa.date32()), faults


def signed_by(values: pa.Array, negative: pa.Array, positive: pa.Array) -> pa.Array:
    """Amounts with the sign that the masks say, and as they are where neither does."""
    size = pc.abs(values)
    return pc.if_else(negative, pc.negate(size), pc.if_else(positive, size, values))


def money(lines: Lines, name: str, texts: pa.Array, unit: str) -> None:
    """Sets an amount column from its texts, in minor units of the line's currency."""
    values, faults = amounts(texts, lines.columns["currency"], unit)
    lines.columns[name] = values
    lines.blame(faults)


def masked_tail(texts: pa.Array) -> pa.Array:
    """The last four characters of account numbers: no more is kept anywhere."""
    return pc.utf8_slice_codeunits(texts, -4, None)


def masked_name(texts: pa.Array) -> pa.Array:
    """Names by their first character and stars."""
    first = pc.utf8_slice_codeunits(texts, 0, 1)
    return pc.if_else(pc.is_valid(texts), pc.binary_join_element_wise(first, "**", ""), texts)


def with_references(columns: dict[str, pa.Array], profile: Profile | None) -> None:
    """Adds the normalized form of every reference among the columns, by the profile's rules."""
    for reference in Reference:
        if reference in columns:
            rules = rules_of(profile, reference) if profile else None
            columns[normalized(reference)] = normalized_column(columns[reference], rules)


def needed(lines: Lines, names: Sequence[str]) -> None:
    """Blames rows in which a column that every line needs has no value."""
    for name in names:
        missing = pc.is_null(lines.columns[name])
        if pc.any(missing).as_py():
            rows = pc.indices_nonzero(missing).to_pylist()
            lines.blame(dict.fromkeys(rows, f"NO_VALUE: {name} is empty"))


def undamaged(lines: Lines) -> None:
    """Blames rows with a reference such as 4.2E+27: a spreadsheet took it for a number and wrote
    that back, its digits are lost.
    """
    for reference in Reference:
        texts = lines.columns.get(reference.value)
        # A plain search for the two letters costs next to nothing, and hardly ever finds any.
        if texts is None or not any(
            pc.any(pc.match_substring(texts, sign)).as_py() for sign in ("E+", "e+")
        ):
            continue
        rows = pc.indices_nonzero(pc.match_substring_regex(texts, _AS_A_NUMBER)).to_pylist()
        lines.blame(
            {row: f"DAMAGED_NUMBER: {reference.value} is {texts[row].as_py()!r}" for row in rows}
        )


def without_cards(raw: str) -> str:
    """A raw line with what may be the number of a card or of a person masked to its tail.

    A card's has 13 to 19 digits (Luhn), a Chinese resident's 18 characters (GB 11643-1999).
    """
    plain = _IDENTITY.sub(lambda hit: _without_person(hit.group()), raw)
    return _CARD.sub(lambda hit: _masked(hit.group()), plain)


def _without_person(number: str) -> str:
    weighed = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(number[:17]))
    fits = "10X98765432"[weighed % 11] == number[17].upper()
    return "*" * 14 + number[14:] if fits else number


def _masked(digits: str) -> str:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    is_card = sum(value // 10 + value % 10 for value in doubled) % 10 == 0
    return "*" * (len(digits) - 4) + digits[-4:] if is_card else digits
