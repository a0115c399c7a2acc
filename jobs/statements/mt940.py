"""SWIFT customer statements: MT940, and the interim report MT942.

The file is cut at `:20:` into statements, and each is read by the library mt-940. Source: SWIFT
Standards, Category 9; docs/reference/dialects/bank.md.
"""

import logging
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from mt940 import models, tags

from jobs.statements.bank import Entry, Pieces, money_of, own_account
from jobs.statements.dialect import Check, Parsed, Plan, Sample
from jobs.statements.mt940_checks import Pages, sums_of
from jobs.statements.mt940_pages import Statement, has_both_ends, statements_of
from schemas.errors import FileRefused
from schemas.profile import Profile

# The library logs every field that it cannot read; we raise it.
logging.getLogger("mt940").setLevel(logging.CRITICAL)
_TAG = re.compile(rb"(?m)^\s{0,3}:(?:20|25|28C?|60F|60M|61):")
#: What the library raises on what it cannot read.
_FAULTS = (ValueError, RuntimeError, KeyError, TypeError)
_IN = ("C", "RD", "EC")
_NO_REFERENCE = ("NONREF", "NOTPROVIDED", "NOTSPECIFIED")
#: Field 61 up to its amount, which the transaction type follows at once.
_AMOUNT = re.compile(r":61:\d{6}[\d ]{0,4}[RE]?[CD][A-Z]?\s?(?P<amount>\d[\d,]*)(?=[A-Z])", re.I)
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


def identify(sample: Sample) -> bool:
    """Whether the file has a statement's reference and account."""
    text = sample.head.replace(b"\r", b"\n")
    return b":20:" in text and bool(_TAG.search(text)) and b":25:" in text


def plan(sample: Sample, profile: Profile) -> Plan:
    """A document: it is read whole.

    Raises:
        FileRefused: no field 20 and 25 in it.
    """
    if not identify(sample):
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            sample.name,
            "it has no fields :20: and :25:",
            "check that it is an MT940 or MT942",
            1,
        )
    return Plan("mt940", None, {}, 0, 1, sample.size, covered=("count", "amount", "fee"))


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[Parsed]:
    """Entries of every statement in the file; each statement is checked by its balances.

    Raises:
        FileRefused: a statement that the library cannot read, or one of another account.
    """
    gathered = Pieces(profile)
    checks: list[Check] = []
    pages = Pages(plan.name)
    closed: set[str] = set()
    for number, statement in enumerate(statements_of(source, plan.name), 1):
        found = _read(statement, plan.name)
        account = str(found.data.get("account_identification") or "")
        own_account(account, profile, plan.name, statement.first_line)
        entries = _entries(found, statement, plan.name)
        gathered.entries += entries
        has_both_ends(found.data, account in pages.open, account in closed, statement, plan.name)
        closed.add(account)
        checks += pages.checked(found.data, entries, number, account)
        checks += sums_of(statement, entries, number)
        if gathered.full():
            yield gathered.taken(checks)
            checks = []
    if pages.open:
        raise FileRefused(
            "FOOTER_MISSING",
            plan.name,
            "its last statement goes on on a page that is not here",
            "fetch it again, it was cut; have all pages in one file",
        )
    yield gathered.taken(checks)


def _read(statement: Statement, name: str) -> models.Transactions:
    """A statement as the library reads it; references of 25 characters by its own tag for them."""
    text = "\n".join(line for line in statement.lines if line)
    fault: Exception | None = None
    for kind in (tags.Statement, tags.StatementASNB):
        found = models.Transactions(tags={tags.Tags.STATEMENT.value.id: kind()})
        try:
            found.parse(text)
            return found
        except (
            ValueError,
            RuntimeError,
            KeyError,
            TypeError,
            AttributeError,
            ArithmeticError,
        ) as f:
            fault = fault or f
    raise FileRefused(
        "BAD_STATEMENT",
        name,
        f"it cannot be read ({type(fault).__name__}: {str(fault).splitlines()[0][:120]})",
        "have the bank send it again; see the archived file",
        statement.first_line,
    ) from fault


def _entries(found: models.Transactions, statement: Statement, name: str) -> list[Entry]:
    at = [
        statement.first_line + place
        for place, line in enumerate(statement.lines)
        if line.startswith(":61:")
    ]
    booked = [each for each in found.transactions if each.data.get("amount") is not None]
    if len(at) != len(booked):
        raise FileRefused(
            "BAD_STATEMENT",
            name,
            f"{len(at)} fields :61:, of which {len(booked)} could be read",
            "have the bank send it again; see the archived file",
            at[0] if at else statement.first_line,
        )
    first = statement.first_line
    return [
        _entry(each.data, number, statement.lines[number - first])
        for each, number in zip(booked, at, strict=True)
    ]


def _entry(data: dict[str, Any], number: int, field_61: str) -> Entry:
    mark = str(data.get("status") or "").upper()
    amount = data["amount"]
    currency = str(data.get("currency") or amount.currency or "") or None
    printed = format(abs(Decimal(amount.amount)), "f")
    code = str(data.get("id") or "")
    theirs = _reference(data.get("bank_reference"))
    ours = _reference(data.get("end_to_end_reference")) or _reference(
        data.get("customer_reference")
    )
    if ours and _IBAN.fullmatch(ours):  # some banks put the other side's account here
        data, ours = {"applicant_iban": ours, **data}, None
    valued, booked = _day(data.get("date")), _day(data.get("entry_date"))
    out = Entry(
        number,
        f"{mark}{printed} {currency} {code} {ours or ''} {theirs or ''} {booked or valued}",
        None,
        currency,
        code=code,
        reversal=mark in ("RC", "RD"),
        booked=booked or valued,
        valued=valued,
        our_ref=ours,
        channel_ref=theirs,
        product=code or None,
        account=_reference(data.get("applicant_iban")),
        name=_reference(data.get("applicant_name")),
    )
    if out.reversal:
        out.original_ref, out.our_ref = ours, None
    if mark not in ("C", "D", "RC", "RD", "EC", "ED"):
        out.fault = f"BAD_SIGN: the mark is {mark!r}"
    seen = _AMOUNT.match(field_61)
    try:
        if seen is None or Decimal(seen["amount"].replace(",", ".")) != Decimal(printed):
            raise ValueError("field 61 has no plain amount before its type")
        value = money_of(printed, currency)
        out.amount = value if mark in _IN else -value
    except (ValueError, ArithmeticError) as fault:
        out.fault = f"BAD_AMOUNT: {fault}"
    return out


def _reference(value: Any) -> str | None:
    text = " ".join(str(value).split()) if value else ""
    return None if text.upper() in ("", *_NO_REFERENCE) else text


def _day(value: Any) -> date | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    return date(value.year, value.month, value.day)
