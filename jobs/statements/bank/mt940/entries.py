"""Field 61 of an MT940, and the field 86 below it, as a line of a statement.

Field 61 is read by the library mt-940, with a pattern of our own: the library's cuts references of
more than 16 characters. Source: SWIFT Standards, Category 9; docs/reference/dialects/bank.md.
"""

import re
from datetime import date
from typing import Any

from mt940 import models, processors, tags

from jobs.statements.bank.entries import Entry, money_of
from jobs.statements.bank.mt940.details import account_in, details_of
from jobs.statements.bank.mt940.fields import Field
from schemas.currencies import MINOR_UNITS
from schemas.vocabulary import Status

_IN = ("C", "RD", "EC")
#: Marks of MT942: what is expected is booked by another entry.
_EXPECTED = ("EC", "ED")
#: Words in place of a reference: there is none, or it stands in field 86.
_NO_REFERENCE = re.compile(
    r"(?:NON?REF|NOTPROVIDED|NOT PROVIDED|NOTSPECIFIED|[EKPM]REF|MARF)[+/]?", re.I
)
#: What field 61 gives a reference; some banks give it more, others go on with text behind it.
_REFERENCE_CHARS = 16
_RAW_CHARS = 25
_PLAIN = re.compile(r"\d+[.,]?\d*|,\d+", re.ASCII)


class Field61(tags.Statement):
    """Field 61 as banks print it: the code may be missing, references may be long.

    The code must follow the amount at once, so that an amount is never taken in part.
    """

    RE_FLAGS = re.VERBOSE | re.ASCII
    pattern = r"""^
    (?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})
    (?:(?P<entry_month>\d{2})(?P<entry_day>\d{2})|\s{4})?
    \s?(?P<status>[REre]?[CDcd])(?P<funds_code>[A-Z])?
    \s?(?P<amount>\d[\d,.]*|,\d+)
    \s{0,3}(?:(?P<id>(?!NONREF)(?:[NSF]|[A-Z](?!\d{3}))[A-Z0-9\ ]{3})|(?=NONREF|//|$))
    (?P<rest>.*)
    $"""

    def __call__(self, transactions: models.Transactions, value: dict[str, Any]) -> dict[str, Any]:
        """Parts as they stand: dates and amounts are ours to make, for the library guesses."""
        return value


_FIELD_61 = Field61()
_NOTHING = models.Transactions()


def entry_of(field: Field, details: list[str], currency: str | None) -> Entry:
    """An entry by its field 61 and the lines of its field 86, in the statement's currency."""
    text = field.text
    hit = _FIELD_61.re.match(text)
    if hit is None and len(field.lines) > 1:  # some banks break the line before the amount
        hit = _FIELD_61.re.match(f"{text}{field.lines[1]}")
    if hit is None:
        raw = text[:_RAW_CHARS]
        return Entry(field.line, raw, None, currency, fault=f"BAD_FIELD_61: {raw!r} is none")
    parts = _FIELD_61(_NOTHING, hit.groupdict())
    mark, printed = str(parts["status"]).upper(), str(parts["amount"])
    code = str(parts["id"] or "").strip()
    ours, _, theirs = str(parts["rest"]).partition("//")
    said = details_of(details)
    own, other = _reference(ours), _reference(theirs)
    account = said.account
    if own and account_in(own):  # some banks put the other side's account here
        own, account = None, account or own
    reference = _given(said.end_to_end) or _given(said.customer) or own
    out = Entry(
        field.line, "", None, currency, code=code, reversal=mark in ("RC", "RD"),
        our_ref=reference, channel_ref=other, product=code or None, account=account,
        name=said.name,
    )  # fmt: skip
    if mark in _EXPECTED:
        out.status = Status.PENDING.value
    if out.reversal:
        out.original_ref, out.our_ref = reference, None
    _set_days(out, parts)
    letter = str(parts["funds_code"] or "").upper()
    if letter and currency and letter != currency[2:]:
        out.fault = (
            f"BAD_CURRENCY: the letter {letter} behind the mark is not the last of {currency}"
        )
    try:
        value = amount_of(printed, currency)
        out.amount = value if mark in _IN else -value
    except (ValueError, ArithmeticError) as fault:
        out.fault = f"BAD_AMOUNT: {fault}"
    day = out.booked or out.valued
    out.raw = f"{mark}{printed} {currency} {code} {own or ''} {other or ''} {day}"
    return out


def amount_of(text: str, currency: str | None) -> int:
    """An amount with its decimal comma, in minor units.

    A point in its place is taken where just the currency's decimals stand behind it: elsewhere it
    may be of thousands.

    Raises:
        ValueError: it is no amount of the currency.
    """
    whole, mark, part = text.partition("." if "." in text else ",")
    if not _PLAIN.fullmatch(whole + mark + part):
        raise ValueError(f"{text[:30]!r} is no amount")
    if mark == "." and len(part) != MINOR_UNITS.get(currency or "", -1):
        raise ValueError(f"{text[:30]!r} has a point where a comma belongs")
    return money_of(f"{whole}.{part}" if part else whole, currency)


def _reference(text: str) -> str | None:
    """A reference as far as it goes: text behind its sixteen characters is not of it."""
    if len(text) > _REFERENCE_CHARS:
        head, tail = text[:_REFERENCE_CHARS], text[_REFERENCE_CHARS:]
        broken = head[-1:].isspace() or tail[:1].isspace()
        text = head if broken else head + tail.split(" ", 1)[0]
    return _given(text)


def _given(text: str | None) -> str | None:
    """A reference, or none where a word says so."""
    text = " ".join((text or "").split())
    return None if not text or _NO_REFERENCE.fullmatch(text) else text


def _set_days(out: Entry, parts: dict[str, Any]) -> None:
    """The value date, and the booking date in the year in which it is nearest to it."""
    try:
        out.valued = _day(2000 + int(parts["year"]), parts["month"], parts["day"])
    except ValueError:
        shown = f"{parts['year']}{parts['month']}{parts['day']}"
        out.fault = f"BAD_TIME: {shown} is no date"
        return
    out.booked = out.valued
    month, day = parts["entry_month"], parts["entry_day"]
    if month is None or int(month + day) == 0:
        return
    valued = out.valued
    try:
        near = [_day(valued.year + step, month, day) for step in (-1, 0, 1)]
    except ValueError:
        out.fault = f"BAD_TIME: {month}{day} is no month and day"
        return
    out.booked = min(near, key=lambda each: abs((each - valued).days))


def _day(year: int, month: str, day: str) -> date:
    """A date; 29 or 30 February is the month's last day, as banks that count 30 days mean it."""
    said = {"year": str(year), "month": month, "day": day}
    if month == "02" and int(day) <= 30:
        said = processors.date_fixup_pre_processor(_NOTHING, _FIELD_61, said)
    return date(year, int(month), int(said["day"]))
