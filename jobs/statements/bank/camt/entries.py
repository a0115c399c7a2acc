"""Entries of a camt message and the transactions of a batch entry.

Source: ISO 20022 message definitions camt.052, .053, .054; docs/reference/dialects/bank.md.
"""

from dataclasses import replace
from datetime import date, datetime
from functools import cache, lru_cache

from lxml import etree

from jobs.statements.bank.codes import is_charge, is_return
from jobs.statements.bank.entries import Entry, parse_currency_amount
from schemas.currencies import MINOR_UNITS
from schemas.vocabulary import Status

#: The bank books INFO and FUTR entries later, or by another entry: they are pending until then.
_STATUS = {
    "BOOK": Status.SUCCEEDED.value,
    "PDNG": Status.PENDING.value,
    "INFO": Status.PENDING.value,
    "FUTR": Status.PENDING.value,
}
_PLACEHOLDERS = ("NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF", "NONE")
#: Paths of a transaction's amount; the first one in the entry's currency counts.
AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt")


@cache
def _path_steps(path: str) -> tuple[str, ...]:
    return tuple(f"{{*}}{step}" for step in path.split("/"))


def first_element(element: etree._Element, path: str) -> etree._Element | None:
    """The first element at a path of local names, in any namespace."""
    child: etree._Element | None = element
    for step in _path_steps(path):
        if child is None:
            return None
        child = next(child.iterchildren(step), None)
    return child


def text_at(element: etree._Element, path: str) -> str | None:
    """The text at a path, trimmed; None where it is empty or missing."""
    child = first_element(element, path)
    text = (child.text or "").strip() if child is not None else ""
    return text or None


class ElementIndex:
    """The elements below an element, by path of local names; of several the first.

    The index walks through an element once, since a caller reads some forty paths. It leaves out
    what stands below transactions.
    """

    __slots__ = ("elements",)

    def __init__(self, element: etree._Element) -> None:
        self.elements: dict[str, etree._Element] = {}
        self._walk(element, "")

    def _walk(self, element: etree._Element, above: str) -> None:
        for child in element:
            path = above + _local_name(str(child.tag))
            if path not in self.elements:
                self.elements[path] = child
            if len(child) and not path.endswith("TxDtls"):
                self._walk(child, f"{path}/")

    def text(self, path: str) -> str | None:
        """The text at a path, trimmed; None where it is empty or missing."""
        child = self.elements.get(path)
        return ((child.text or "").strip() or None) if child is not None else None

    def texts(self, path: str) -> str | None:
        """The texts of all elements at a path that stand beside each other."""
        child, texts = self.elements.get(path), []
        while child is not None:
            texts.append((child.text or "").strip())
            child = next(child.itersiblings(child.tag), None)
        return " ".join(filter(None, texts)) or None

    def reference(self, path: str) -> str | None:
        """The reference at a path; None where it is missing or a placeholder as NONREF."""
        text = self.text(path)
        return None if text is None or text.upper() in _PLACEHOLDERS else text

    def moment(self, path: str) -> date | datetime | None:
        """The date or moment (`Dt` or `DtTm`) at a path; None where it cannot be read."""
        return parse_moment(self.text(f"{path}/DtTm") or self.text(f"{path}/Dt"))


@lru_cache(4096)
def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


def parse_amount(element: etree._Element) -> int:
    """An amount in minor units of its currency.

    Raises:
        ValueError: the text is no amount, or has a sign: the indicator gives the sign.
    """
    if len(element):
        raise ValueError("an element stands within the amount")
    text = (element.text or "").strip()
    if text.startswith("-"):
        raise ValueError(f"{text[:28]!r} has a sign")
    return parse_currency_amount(text, element.get("Ccy"))


def parse_entry(element: etree._Element, number: int) -> Entry:
    """An entry as line `number`, without its transactions; one that cannot be read has a fault."""
    parts = ElementIndex(element)
    amount_element = parts.elements.get("Amt")
    currency = amount_element.get("Ccy") if amount_element is not None else None
    printed = (amount_element.text or "").strip() if amount_element is not None else ""
    mark = parts.text("CdtDbtInd")
    status_code = parts.text("Sts/Cd") or parts.text("Sts") or "BOOK"
    booking_date, value_date = parts.moment("BookgDt"), parts.moment("ValDt")
    reference = parts.reference("AcctSvcrRef")
    family = [parts.text(f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    code = "-".join(part for part in family if part) or parts.text("BkTxCd/Prtry/Cd") or ""
    booked = booking_date or value_date
    entry = Entry(
        number,
        f"{printed} {currency} {mark} {status_code} {booked} {code} {reference or ''}".strip(),
        None,
        currency,
        code=code,
        reversal=parts.text("RvslInd") in ("true", "1"),
        status=_STATUS.get(status_code),
        booked=booked,
        valued=_to_date(value_date),
        bank_ref=reference,
        batch_ref=parts.reference("NtryDtls/Btch/PmtInfId"),
        product=code or None,
        text=parts.text("AddtlNtryInf"),
        is_return=is_return(code),
        is_charge=is_charge(code),
        return_code=code if is_return(code) else "",
    )
    proprietary = parts.text("BkTxCd/Prtry/Cd") or ""
    if is_return(proprietary):
        entry.is_return, entry.return_code = True, entry.return_code or proprietary
    entry.is_charge |= is_charge(proprietary)
    if entry.status is None:
        entry.fault = f"UNKNOWN_STATUS: {status_code[:28]!r}"
    if mark not in ("CRDT", "DBIT"):
        entry.fault = f"BAD_SIGN: CdtDbtInd is {(mark or '')[:28]!r}"
    for name, moment in (("BookgDt", booking_date), ("ValDt", value_date)):
        printed = parts.text(f"{name}/DtTm") or parts.text(f"{name}/Dt") or ""
        if printed and moment is None:
            entry.fault = f"BAD_TIME: {name} is {printed[:28]!r}"
    try:
        if amount_element is None:
            raise ValueError("the entry has no amount")
        amount = parse_amount(amount_element)
        entry.amount = -amount if mark == "DBIT" else amount
    except ValueError as fault:
        entry.fault = f"BAD_AMOUNT: {fault}"
    return entry


def parse_transaction(entry: Entry, details: etree._Element, number: int) -> Entry:
    """One transaction of a batch entry as line `number`; the entry gives what it does not have.

    A transaction without an amount in the entry's currency has the `amount` None; one with an
    amount that cannot be read has a fault.
    """
    parts = ElementIndex(details)
    part = replace(entry, line_no=number, amount=None, our_ref=None, original=None)
    part.batch_ref = parts.reference("Refs/PmtInfId") or entry.batch_ref or entry.bank_ref
    amounts = [parts.elements[path] for path in AMOUNTS if path in parts.elements]
    own_amount = next((amount for amount in amounts if amount.get("Ccy") == entry.currency), None)
    currencies = [amount.get("Ccy") for amount in amounts]
    unknown = [currency for currency in currencies if currency not in MINOR_UNITS]
    if unknown:
        part.fault = f"BAD_AMOUNT: of a transaction: {unknown[0]!r:.28} is no currency of ISO 4217"
    elif own_amount is not None:
        mark = parts.text("CdtDbtInd")
        is_debit = mark == "DBIT" if mark else (entry.amount or 0) < 0
        try:
            amount = parse_amount(own_amount)
            part.amount = -amount if is_debit else amount
            part.raw = f"{own_amount.text} of {entry.raw}"
        except ValueError as fault:
            part.fault = f"BAD_AMOUNT: of a transaction: {fault}"
    add_details(part, parts, is_single=False)
    return part


def add_details(entry: Entry, parts: ElementIndex, is_single: bool) -> None:
    """Sets references and counterparty from a transaction.

    `is_single`: the entry has no other transaction.
    """
    end_to_end = parts.reference("Refs/EndToEndId")
    if "RtrInf" in parts.elements and not entry.is_return:
        entry.is_return, entry.return_code = True, "RtrInf"
    entry.our_ref = end_to_end
    if entry.is_given_back:
        entry.original_ref = end_to_end or parts.reference("Refs/InstrId")
        entry.our_ref = None
    bank_ref = parts.reference("Refs/AcctSvcrRef")
    if not is_single and bank_ref == entry.bank_ref:  # the reference of the whole batch
        bank_ref = None
    bank_ref = bank_ref or parts.reference("Refs/TxId")
    entry.bank_ref = (entry.bank_ref or bank_ref) if is_single else bank_ref
    entry.text = parts.texts("RmtInf/Ustrd") or parts.text("AddtlTxInf") or entry.text
    entry.order_ref = parts.reference("RmtInf/Strd/CdtrRefInf/Ref")
    if is_single:
        entry.batch_ref = parts.reference("Refs/PmtInfId") or entry.batch_ref
    party = "Cdtr" if (entry.amount or 0) < 0 else "Dbtr"
    entry.name = parts.text(f"RltdPties/{party}/Nm") or parts.text(f"RltdPties/{party}/Pty/Nm")
    account = f"RltdPties/{party}Acct/Id"
    entry.account = parts.text(f"{account}/IBAN") or parts.text(f"{account}/Othr/Id")


def date_at(element: etree._Element, path: str) -> date | datetime | None:
    """The date or moment of an element that is a choice of `Dt` and `DtTm`."""
    return parse_moment(text_at(element, f"{path}/DtTm") or text_at(element, f"{path}/Dt"))


def parse_moment(text: str | None) -> date | datetime | None:
    """A date or moment in the form of XML Schema; None where it cannot be read."""
    if text is None:
        return None
    try:
        text = text.strip()
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text[:10])
    except ValueError:
        return None


def parse_day(text: str) -> date | None:
    """A date in the form of XML Schema; None where it cannot be read."""
    moment = parse_moment(text[:10])
    return moment.date() if isinstance(moment, datetime) else moment


def line_number(element: etree._Element) -> int:
    """The line of the file on which an element begins; 0 where it is unknown."""
    return int(getattr(element, "sourceline", 0) or 0)


def _to_date(moment: date | datetime | None) -> date | None:
    return moment.date() if isinstance(moment, datetime) else moment
