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

from jobs.statements.bank import Balance, Entry, Pieces, money_of, own_account
from jobs.statements.dialect import Check, Parsed, Plan, Sample
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
_SUMS = re.compile(r"^:90([DC]):(\d{1,5})([A-Z]{3})([\d,.]+)\s*$", re.MULTILINE)


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
    pieces = Pieces(profile)
    checks: list[Check] = []
    open_balance: dict[str, Balance] = {}
    closed: set[str] = set()
    for number, statement in enumerate(statements_of(source, plan.name), 1):
        found = _read(statement, plan.name)
        account = str(found.data.get("account_identification") or "")
        own_account(account, profile, plan.name, statement.first_line)
        entries = _entries(found, statement, plan.name)
        pieces.entries += entries
        has_both_ends(found.data, account in open_balance, account in closed, statement, plan.name)
        closed.add(account)
        checks += _checked(found, entries, number, account, open_balance)
        checks += _sums(statement, entries, number)
        if pieces.full():
            yield pieces.taken(checks)
            checks = []
    if open_balance:
        raise FileRefused(
            "FOOTER_MISSING",
            plan.name,
            "its last statement goes on on a page that is not here",
            "fetch it again, it was cut; have all pages in one file",
        )
    yield pieces.taken(checks)


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
    return [_entry(each.data, number) for each, number in zip(booked, at, strict=True)]


def _entry(data: dict[str, Any], number: int) -> Entry:
    mark = str(data.get("status") or "").upper()
    amount = data["amount"]
    currency = str(data.get("currency") or amount.currency or "") or None
    printed = format(abs(Decimal(amount.amount)), "f")
    code = str(data.get("id") or "")
    theirs = _reference(data.get("bank_reference"))
    ours = _reference(data.get("end_to_end_reference")) or _reference(
        data.get("customer_reference")
    )
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
    try:
        value = money_of(printed, currency)
        out.amount = value if mark in _IN else -value
    except ValueError as fault:
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


def _checked(
    found: models.Transactions,
    entries: list[Entry],
    number: int,
    account: str,
    pages: dict[str, Balance],
) -> list[Check]:
    """Opening and movements beside the closing; a page that ends in an interim balance goes on."""
    opening, interim = (
        found.data.get(f"{name}_opening_balance") for name in ("final", "intermediate")
    )
    closing, next_page = (
        found.data.get(f"{name}_closing_balance") for name in ("final", "intermediate")
    )
    out = []
    balance = pages.pop(account, None)
    if opening is not None or balance is None:
        start = opening if opening is not None else interim
        balance = Balance(f"closing_balance {number}", *_minor(start))
    elif interim is not None:
        expected = (balance.opening or 0) + balance.moved
        _, given = _minor(interim)
        name = f"interim_balance {number}"
        out.append(Check(name, balance.currency, given, expected))
    balance.moved += sum(each.amount or 0 for each in entries)
    if closing is not None:
        _, balance.closing = _minor(closing)
        out += balance.check()
    elif next_page is not None:
        _, given = _minor(next_page)
        if balance.opening is not None and given is not None:
            expected = balance.opening + balance.moved
            out.append(Check(f"interim_balance {number}", balance.currency, given, expected))
        pages[account] = balance
    return out


def _minor(balance: Any) -> tuple[str | None, int | None]:
    """Currency and minor units of a balance of the library's; None where it is none."""
    if balance is None or balance.amount is None or balance.amount.amount is None:
        return None, None
    amount = Decimal(balance.amount.amount)
    try:
        value = money_of(format(abs(amount), "f"), balance.amount.currency)
    except ValueError:
        return balance.amount.currency, None
    return balance.amount.currency, -value if amount < 0 else value


def _sums(statement: Statement, entries: list[Entry], number: int) -> list[Check]:
    """The counts and sums of an MT942, of debits and of credits."""
    out = []
    for mark, count, currency, amount in _SUMS.findall("\n".join(statement.lines)):
        own = [e.amount or 0 for e in entries if ((e.amount or 0) < 0) == (mark == "D")]
        side = "debit" if mark == "D" else "credit"
        out.append(Check(f"{side}_count {number}", None, int(count), len(own)))
        try:
            declared: int | None = money_of(amount.replace(",", ".").rstrip("."), currency)
        except ValueError:
            declared = None
        summed = abs(sum(own))
        out.append(Check(f"{side}_amount {number}", currency, declared, summed, amount))
    return out
