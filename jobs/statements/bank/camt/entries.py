"""An entry of a camt message, and the transactions below it, as lines of a statement."""

from dataclasses import replace
from datetime import date, datetime
from functools import cache

from lxml import etree

from jobs.statements.bank.entries import Entry, money_of
from schemas.currencies import MINOR_UNITS
from schemas.vocabulary import Status

#: INFO and FUTR entries are booked later, or by another entry: they take no part until then.
_STATUS = {
    "BOOK": Status.SUCCEEDED.value,
    "PDNG": Status.PENDING.value,
    "INFO": Status.PENDING.value,
    "FUTR": Status.PENDING.value,
}
_NO_REFERENCE = ("NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF", "NONE")
#: Where a transaction's amount may stand; the first in the currency of the entry is taken.
_AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt")


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(f"{{*}}{step}" for step in path.split("/"))


def first(element: etree._Element, path: str) -> etree._Element | None:
    """The first element at a path of local names, whatever their namespace."""
    here: etree._Element | None = element
    for step in _steps(path):
        if here is None:
            return None
        here = next(here.iterchildren(step), None)
    return here


def text_of(element: etree._Element, path: str) -> str | None:
    """The text at a path, trimmed; None where there is none."""
    found = first(element, path)
    text = (found.text or "").strip() if found is not None else ""
    return text or None


class Parts:
    """What stands below an element, by its path of local names: of several the first.

    It is walked through once, for an entry is asked for forty paths. Transactions are left out.
    """

    __slots__ = ("found",)

    def __init__(self, element: etree._Element) -> None:
        self.found: dict[str, etree._Element] = {}
        self._walk(element, "")

    def _walk(self, element: etree._Element, above: str) -> None:
        for child in element:
            path = above + _local(str(child.tag))
            if path not in self.found:
                self.found[path] = child
            if len(child) and not path.endswith("TxDtls"):
                self._walk(child, f"{path}/")

    def text(self, path: str) -> str | None:
        """The text at a path, trimmed; None where there is none."""
        found = self.found.get(path)
        return ((found.text or "").strip() or None) if found is not None else None

    def reference(self, path: str) -> str | None:
        """The reference at a path; None where a word says that there is none."""
        text = self.text(path)
        return None if text is None or text.upper() in _NO_REFERENCE else text

    def day(self, path: str) -> date | datetime | None:
        """The date or moment at a path, a choice of `Dt` and `DtTm`; None where it is none."""
        return moment_of(self.text(f"{path}/DtTm") or self.text(f"{path}/Dt"))


@cache
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def amount_of(element: etree._Element) -> int:
    """An amount in minor units of its currency.

    Raises:
        ValueError: it is none; a sign is the indicator's to give.
    """
    if len(element):
        raise ValueError("an element stands within the amount")
    text = (element.text or "").strip()
    if text.startswith("-"):
        raise ValueError(f"{text[:28]!r} has a sign")
    return money_of(text, element.get("Ccy"))


def entry_of(element: etree._Element, number: int) -> Entry:
    """An entry without its transactions, as line `number`."""
    parts = Parts(element)
    amount = parts.found.get("Amt")
    currency = amount.get("Ccy") if amount is not None else None
    printed = (amount.text or "").strip() if amount is not None else ""
    mark = parts.text("CdtDbtInd")
    word = parts.text("Sts/Cd") or parts.text("Sts") or "BOOK"
    days = [parts.day(each) for each in ("BookgDt", "ValDt")]
    reference = parts.reference("AcctSvcrRef")
    family = [parts.text(f"BkTxCd/Domn/{at}") for at in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    code = "-".join(each for each in family if each) or parts.text("BkTxCd/Prtry/Cd") or ""
    booked = days[0] or days[1]
    out = Entry(
        number,
        f"{printed} {currency} {mark} {word} {booked} {code} {reference or ''}".strip(),
        None,
        currency,
        code=code,
        reversal=parts.text("RvslInd") in ("true", "1"),
        status=_STATUS.get(word),
        booked=booked,
        valued=_day(days[1]),
        channel_ref=reference,
        batch_ref=parts.reference("NtryDtls/Btch/PmtInfId"),
        product=code or None,
    )
    if out.status is None:
        out.fault = f"UNKNOWN_STATUS: {word[:28]!r}"
    if mark not in ("CRDT", "DBIT"):
        out.fault = f"BAD_SIGN: CdtDbtInd is {(mark or '')[:28]!r}"
    for each, day in zip(("BookgDt", "ValDt"), days, strict=True):
        printed = parts.text(f"{each}/DtTm") or parts.text(f"{each}/Dt") or ""
        if printed and day is None:
            out.fault = f"BAD_TIME: {each} is {printed[:28]!r}"
    try:
        if amount is None:
            raise ValueError("it has none")
        value = amount_of(amount)
        out.amount = -value if mark == "DBIT" else value
    except ValueError as fault:
        out.fault = f"BAD_AMOUNT: {fault}"
    return out


def part_of(entry: Entry, details: etree._Element, number: int) -> Entry:
    """One transaction of a batch: what is its own is its own, the rest is the entry's.

    Without an amount in the entry's currency its `amount` is None; with one that is none it has a
    fault.
    """
    parts = Parts(details)
    own = replace(entry, line_no=number, amount=None, our_ref=None)
    own.batch_ref = parts.reference("Refs/PmtInfId") or entry.batch_ref or entry.channel_ref
    found = [parts.found[path] for path in _AMOUNTS if path in parts.found]
    amount = next((each for each in found if each.get("Ccy") == entry.currency), None)
    odd = [each.get("Ccy") for each in found if each.get("Ccy") not in MINOR_UNITS]
    if odd:
        own.fault = f"BAD_AMOUNT: of a transaction: {odd[0]!r:.28} is no currency of ISO 4217"
    elif amount is not None:
        mark = parts.text("CdtDbtInd")
        out = mark == "DBIT" if mark else (entry.amount or 0) < 0
        try:
            value = amount_of(amount)
            own.amount = -value if out else value
            own.raw = f"{amount.text} of {entry.raw}"
        except ValueError as fault:
            own.fault = f"BAD_AMOUNT: of a transaction: {fault}"
    add_details(own, parts, single=False)
    return own


def add_details(entry: Entry, parts: Parts, single: bool) -> None:
    """Adds what a transaction says; `single` where it is the only one of its entry."""
    given = parts.reference("Refs/EndToEndId")
    entry.our_ref = given
    if entry.reversal or "RtrInf" in parts.found:
        entry.original_ref, entry.our_ref = given, None
    own = parts.reference("Refs/AcctSvcrRef")
    if not single and own == entry.channel_ref:  # it is the batch's, and of all of them
        own = None
    own = own or parts.reference("Refs/TxId")
    entry.channel_ref = (entry.channel_ref or own) if single else own
    entry.order_ref = parts.reference("RmtInf/Strd/CdtrRefInf/Ref")
    if single:
        entry.batch_ref = parts.reference("Refs/PmtInfId") or entry.batch_ref
    other = "Cdtr" if (entry.amount or 0) < 0 else "Dbtr"
    entry.name = parts.text(f"RltdPties/{other}/Nm") or parts.text(f"RltdPties/{other}/Pty/Nm")
    account = f"RltdPties/{other}Acct/Id"
    entry.account = parts.text(f"{account}/IBAN") or parts.text(f"{account}/Othr/Id")


def when(element: etree._Element, path: str) -> date | datetime | None:
    """The date or moment of an element that is a choice of `Dt` and `DtTm`."""
    return moment_of(text_of(element, f"{path}/DtTm") or text_of(element, f"{path}/Dt"))


def moment_of(text: str | None) -> date | datetime | None:
    """A date or moment as XML Schema prints it; None where it is none."""
    if text is None:
        return None
    try:
        text = text.strip()
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text[:10])
    except ValueError:
        return None


def line_of(element: etree._Element) -> int:
    """The line of the file on which an element begins; 0 where it is not known."""
    return int(getattr(element, "sourceline", 0) or 0)


def _day(when: date | datetime | None) -> date | None:
    return when.date() if isinstance(when, datetime) else when
