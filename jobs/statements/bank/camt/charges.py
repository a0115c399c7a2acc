"""Charges that stand in an entry of a camt message or in a transaction of it.

Source: ISO 20022 message definitions camt.052, .053, .054; docs/reference/dialects/bank.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from jobs.statements.bank.camt.entries import AMOUNTS, ElementIndex, parse_amount, text_at
from jobs.statements.bank.charges import split_charges
from jobs.statements.bank.entries import Entry


@dataclass(frozen=True)
class Charges:
    """Sums that may be the fee, minor units, positive where we pay; whether the bank says that the
    entry is less by them.
    """

    sums: tuple[int, ...] = ()
    is_included: bool = False


def find_charges(element: etree._Element, currency: str | None) -> Charges:
    """The charges in `Chrgs` of an entry or transaction: its records, and its total.

    Records of another currency, that cannot be read, or that the bank takes another time are left
    out.
    """
    blocks = list(element.iterchildren("{*}Chrgs"))
    records = [record for block in blocks for record in block.iterchildren("{*}Rcrd")]
    records = records or [block for block in blocks if text_at(block, "Amt")]
    included = [one for one in records if text_at(one, "ChrgInclInd") not in ("false", "0")]
    marks = {text_at(one, "ChrgInclInd") for one in included}
    sums = [sum(_read_amounts(included, "Amt", currency))] if included else []
    sums += _read_amounts(blocks, "TtlChrgsAndTaxAmt", currency) if included or not records else []
    return Charges(tuple(filter(None, sums)), bool(marks & {"true", "1"}))


def _read_amounts(
    elements: Iterable[etree._Element], name: str, currency: str | None
) -> Iterator[int]:
    """The amounts of one name; a credit, which gives charges back, is negative."""
    for element in elements:
        for amount in element.iterchildren(f"{{*}}{name}"):
            try:
                value = parse_amount(amount)
            except ValueError:
                continue
            if amount.get("Ccy") == currency:
                yield -value if text_at(element, "CdtDbtInd") == "CRDT" else value


def split_entry(entry: Entry, parts: Iterable[ElementIndex], charges: Iterable[Charges]) -> None:
    """Makes the payment the amount and its charges the fee, where together they make the entry.

    `parts` are the elements that may print the payment's amount.
    """
    if entry.amount is None:
        return
    every_charge = list(charges)
    entry.amount, entry.fee = split_charges(
        entry.amount,
        (amount for part in parts for amount in _printed_amounts(part, entry)),
        (charge for each in every_charge for charge in each.sums),
        any(each.is_included for each in every_charge),
    )


def _printed_amounts(parts: ElementIndex, entry: Entry) -> Iterator[int]:
    """Amounts of the payment in the entry's currency, signed as the entry."""
    for path in AMOUNTS:
        amount = parts.elements.get(path)
        if amount is None or amount.get("Ccy") != entry.currency:
            continue
        try:
            value = parse_amount(amount)
        except ValueError:
            continue
        yield -value if (entry.amount or 0) < 0 else value
