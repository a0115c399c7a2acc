"""Entries of a camt message in another currency than the account: their counter value moves it.

Source: ISO 20022 message definitions camt.052, .053, .054, `AmtDtls`; docs/reference/dialects/
bank.md.
"""

from lxml import etree

from jobs.statements.bank.camt.entries import first_element, parse_amount
from jobs.statements.bank.entries import Entry
from schemas.currencies import MINOR_UNITS

_COUNTER_VALUE = "AmtDtls/CntrValAmt/Amt"
#: Where the payment's own amount stands, in its own currency.
_ORIGINALS = ("AmtDtls/InstdAmt/Amt", "AmtDtls/TxAmt/Amt", "Amt")


def use_counter_value(entry: Entry, element: etree._Element, currency: str | None) -> None:
    """Makes an entry in another currency one of the account's `currency`, where the bank prints
    what it booked; `element` is the entry or its only transaction.

    A counter value that cannot be read is a fault.
    """
    counter_value = first_element(element, _COUNTER_VALUE)
    if currency in (None, entry.currency) or counter_value is None or entry.amount is None:
        return
    if counter_value.get("Ccy") != currency:
        return
    try:
        value = parse_amount(counter_value)
    except ValueError as fault:
        entry.fault = entry.fault or f"BAD_AMOUNT: the counter value: {fault}"
        return
    entry.amount, entry.currency = -value if entry.amount < 0 else value, currency


def set_original_amount(entry: Entry, element: etree._Element) -> None:
    """Sets the amount of a payment in another currency than the entry's, as the bank prints it.

    `element` is the entry or a transaction.
    """
    for path in _ORIGINALS:
        amount = first_element(element, path)
        if amount is None or amount.get("Ccy") in (entry.currency, None):
            continue
        text = (amount.text or "").strip()
        if amount.get("Ccy") in MINOR_UNITS and text.replace(".", "", 1).isdecimal():
            entry.original = (text, str(amount.get("Ccy")))
            return
