"""Field 61 of an MT940, and the field 86 below it, as a line of a statement.

Source: SWIFT Standards, Category 9; docs/reference/dialects/bank.md.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date

from jobs.statements.bank.charges import split_charges
from jobs.statements.bank.codes import is_charge, is_return
from jobs.statements.bank.entries import Entry, parse_currency_amount
from jobs.statements.bank.mt940.details import EntryDetails, is_iban, parse_details
from jobs.statements.bank.mt940.fields import Field
from schemas.currencies import MINOR_UNITS
from schemas.vocabulary import Status

_CREDIT_MARKS = ("C", "RD", "EC")
#: Marks of MT942: the bank books an expected entry later, by another entry.
_EXPECTED = ("EC", "ED")
#: Words that banks print where there is no reference, or where field 86 holds it.
_PLACEHOLDER = re.compile(
    r"(?:NON?REF|NOTPROVIDED|NOT PROVIDED|NOTSPECIFIED|[EKPM]REF|MARF)[+/]?", re.I
)
#: Characters of a reference by the standard. Some banks print longer ones, others print free text
#: behind them.
_REFERENCE_CHARS = 16
_RAW_CHARS = 25
_NUMBER = re.compile(r"\d+([.,]\d*)?|,\d+", re.ASCII)
#: Field 61 as banks print it: the code may be missing, references may be long. The code must
#: follow the amount directly, so that the pattern never takes a part of an amount.
_FIELD_61 = re.compile(
    r"""
    (?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})
    (?:(?P<entry_month>\d{2})(?P<entry_day>\d{2})|\s{4})?
    \s?(?P<status>[REre]?[CDcd])(?P<funds_code>[A-Z])?
    \s?(?P<amount>\d[\d,.]*|,\d+)
    \s{0,3}(?:(?P<id>(?!NONREF)(?:[NSF]|[A-Z](?!\d{3}))[A-Z0-9\ ]{3})|(?=NONREF|//|$))
    (?P<rest>.*)
    $""",
    re.VERBOSE | re.ASCII,
)


def parse_entry(field: Field, details_lines: list[str], currency: str | None) -> Entry:
    """The entry of a field 61 and of the lines of its field 86, in the statement's currency.

    An entry that cannot be read has a `fault`.
    """
    text = field.text
    hit, more = _FIELD_61.match(text), field.lines[1:]
    if hit is None and more:  # some banks break the line before the amount
        hit, more = _FIELD_61.match(f"{text}{more[0]}"), more[1:]
    if hit is None:
        raw = text[:_RAW_CHARS]
        fault_text = f"BAD_FIELD_61: {raw!r} is no field 61"
        return Entry(field.line, raw, None, currency, fault=fault_text)
    parts = hit.groupdict("")
    mark, printed_amount = parts["status"].upper(), parts["amount"]
    code = parts["id"].strip()
    customer_text, _, bank_text = parts["rest"].partition("//")
    details = parse_details(details_lines)
    customer_ref, bank_ref = _read_reference(customer_text), _read_reference(bank_text)
    account = details.account
    if customer_ref and is_iban(customer_ref):  # some banks print the counterparty's account here
        customer_ref, account = None, account or customer_ref
    our_ref = (
        _null_if_placeholder(details.end_to_end)
        or _null_if_placeholder(details.customer)
        or customer_ref
    )
    entry = Entry(
        field.line, "", None, currency, code=code, reversal=mark in ("RC", "RD"),
        our_ref=our_ref, bank_ref=bank_ref, product=code or None, account=account,
        name=details.name, text=" ".join([*more, details.text or ""]),
    )  # fmt: skip
    if mark in _EXPECTED:
        entry.status = Status.PENDING.value
    entry.return_code = next((each for each in (code, details.code) if is_return(each)), "")
    entry.is_return = details.is_return or bool(entry.return_code)
    entry.is_charge = is_charge(code) or is_charge(details.code)
    if entry.is_given_back:
        entry.original_ref, entry.our_ref = our_ref, None
    _set_dates(entry, parts)
    letter = parts["funds_code"].upper()
    if letter and currency and letter != currency[2:]:
        entry.fault = (
            f"BAD_CURRENCY: the letter {letter} behind the mark is not the last of {currency}"
        )
    try:
        amount = parse_amount(printed_amount, currency)
        entry.amount = amount if mark in _CREDIT_MARKS else -amount
        _split_charges(entry, details)
    except (ValueError, ArithmeticError) as fault:
        entry.fault = f"BAD_AMOUNT: {fault}"
    day = entry.booked or entry.valued
    entry.raw = (
        f"{mark}{printed_amount} {currency} {code} {customer_ref or ''} {bank_ref or ''} {day}"
    )
    return entry


def _split_charges(entry: Entry, details: EntryDetails) -> None:
    """Makes the payment the amount and its charges the fee, where together they make the entry."""
    if entry.amount is None or details.original_amount is None:
        return
    original_currency, text = details.original_amount
    is_foreign = original_currency in MINOR_UNITS and original_currency != entry.currency
    if is_foreign and _NUMBER.fullmatch(text):
        entry.original = (text.rstrip(".,").replace(",", "."), original_currency)
    if not details.charges:
        return
    sign = -1 if entry.amount < 0 else 1
    printed = [details.original_amount, *details.charges]
    if any(currency not in ("", entry.currency) for currency, _ in printed):
        return
    try:
        amounts = [parse_amount(text.rstrip(".,"), entry.currency) for _, text in printed]
    except ValueError:
        return
    original, *charges = amounts
    entry.amount, entry.fee = split_charges(entry.amount, [sign * original], [sum(charges)])


def parse_amount(text: str, currency: str | None) -> int:
    """An amount with a decimal comma, in minor units.

    A point counts as the comma only where exactly the currency's decimals stand behind it:
    elsewhere it may separate thousands.

    Raises:
        ValueError: the text is no amount of the currency.
    """
    whole, mark, part = text.partition("." if "." in text else ",")
    if not _NUMBER.fullmatch(whole + mark + part):
        raise ValueError(f"{text[:30]!r} is no amount")
    if mark == "." and len(part) != MINOR_UNITS.get(currency or "", -1):
        raise ValueError(f"{text[:30]!r} has a point where a comma belongs")
    return parse_currency_amount(f"{whole}.{part}" if part else whole, currency)


def _read_reference(text: str) -> str | None:
    """The reference at the start of a text.

    A reference of more than sixteen characters goes on to the next space. Behind a space at that
    place stands free text.
    """
    if len(text) > _REFERENCE_CHARS:
        head, tail = text[:_REFERENCE_CHARS], text[_REFERENCE_CHARS:]
        ends_there = head[-1:].isspace() or tail[:1].isspace()
        text = head if ends_there else head + tail.split(" ", 1)[0]
    return _null_if_placeholder(text)


def _null_if_placeholder(text: str | None) -> str | None:
    """A reference without repeated blanks; None where it is empty or a placeholder as NONREF."""
    text = " ".join((text or "").split())
    return None if not text or _PLACEHOLDER.fullmatch(text) else text


def _set_dates(entry: Entry, parts: Mapping[str, str]) -> None:
    """Sets the value date, and the booking date in the year that brings it nearest to it."""
    year, month, day = (parts[name] for name in ("year", "month", "day"))
    try:
        value_date = _to_date(2000 + int(year), month, day)
    except ValueError:
        entry.fault = f"BAD_TIME: {year}{month}{day} is no date"
        return
    entry.valued = entry.booked = value_date
    month, day = parts["entry_month"], parts["entry_day"]
    if not month or int(month + day) == 0:
        return
    try:
        dates = [_to_date(value_date.year + step, month, day) for step in (-1, 0, 1)]
    except ValueError:
        entry.fault = f"BAD_TIME: {month}{day} is no month and day"
        return
    entry.booked = min(dates, key=lambda booked: abs((booked - value_date).days))


def parse_day(text: str) -> date | None:
    """A date of six digits, yymmdd; None where it is none."""
    try:
        return _to_date(2000 + int(text[:2]), text[2:4], text[4:])
    except ValueError:
        return None


def _to_date(year: int, month: str, day: str) -> date:
    """A date. Banks that count months of 30 days print 29 or 30 February for its last day.

    Raises:
        ValueError: it is no date.
    """
    number = int(day)
    if month == "02" and number <= 30:
        number = min(number, monthrange(year, 2)[1])
    return date(year, int(month), number)
