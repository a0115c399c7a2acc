"""An entry of a camt message, and the transactions below it, as lines of a statement."""

from dataclasses import replace
from datetime import date, datetime
from functools import cache

from lxml import etree

from jobs.statements.bank import Entry, money_of
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


def reference_of(element: etree._Element, path: str) -> str | None:
    """The reference at a path; None where a word says that there is none."""
    text = text_of(element, path)
    return None if text is None or text.upper() in _NO_REFERENCE else text


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
    amount = first(element, "Amt")
    currency = amount.get("Ccy") if amount is not None else None
    printed = (amount.text or "").strip() if amount is not None else ""
    mark = text_of(element, "CdtDbtInd")
    word = text_of(element, "Sts/Cd") or text_of(element, "Sts") or "BOOK"
    days = [when(element, each) for each in ("BookgDt", "ValDt")]
    reference = reference_of(element, "AcctSvcrRef")
    family = [text_of(element, f"BkTxCd/Domn/{at}") for at in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    code = "-".join(each for each in family if each) or text_of(element, "BkTxCd/Prtry/Cd") or ""
    booked = days[0] or days[1]
    out = Entry(
        number,
        f"{printed} {currency} {mark} {word} {booked} {code} {reference or ''}".strip(),
        None,
        currency,
        code=code,
        reversal=text_of(element, "RvslInd") in ("true", "1"),
        status=_STATUS.get(word),
        booked=booked,
        valued=_day(days[1]),
        channel_ref=reference,
        batch_ref=reference_of(element, "NtryDtls/Btch/PmtInfId"),
        product=code or None,
    )
    if out.status is None:
        out.fault = f"UNKNOWN_STATUS: {word[:28]!r}"
    if mark not in ("CRDT", "DBIT"):
        out.fault = f"BAD_SIGN: CdtDbtInd is {(mark or '')[:28]!r}"
    for each, day in zip(("BookgDt", "ValDt"), days, strict=True):
        printed = text_of(element, f"{each}/DtTm") or text_of(element, f"{each}/Dt") or ""
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
    own = replace(entry, line_no=number, amount=None, our_ref=None)
    own.batch_ref = reference_of(details, "Refs/PmtInfId") or entry.batch_ref or entry.channel_ref
    found = (first(details, path) for path in _AMOUNTS)
    amount = next((a for a in found if a is not None and a.get("Ccy") == entry.currency), None)
    if amount is not None:
        mark = text_of(details, "CdtDbtInd")
        out = mark == "DBIT" if mark else (entry.amount or 0) < 0
        try:
            value = amount_of(amount)
            own.amount = -value if out else value
            own.raw = f"{amount.text} of {entry.raw}"
        except ValueError as fault:
            own.fault = f"BAD_AMOUNT: of a transaction: {fault}"
    add_details(own, details, single=False)
    return own


def add_details(entry: Entry, details: etree._Element, single: bool) -> None:
    """Adds what a transaction says; `single` where it is the only one of its entry."""
    given = reference_of(details, "Refs/EndToEndId")
    entry.our_ref = given
    if entry.reversal or first(details, "RtrInf") is not None:
        entry.original_ref, entry.our_ref = given, None
    own = reference_of(details, "Refs/AcctSvcrRef")
    if not single and own == entry.channel_ref:  # it is the batch's, and of all of them
        own = None
    own = own or reference_of(details, "Refs/TxId")
    entry.channel_ref = (entry.channel_ref or own) if single else own
    entry.order_ref = reference_of(details, "RmtInf/Strd/CdtrRefInf/Ref")
    if single:
        entry.batch_ref = reference_of(details, "Refs/PmtInfId") or entry.batch_ref
    other = "Cdtr" if (entry.amount or 0) < 0 else "Dbtr"
    entry.name = text_of(details, f"RltdPties/{other}/Nm") or text_of(
        details, f"RltdPties/{other}/Pty/Nm"
    )
    account = f"RltdPties/{other}Acct/Id"
    entry.account = text_of(details, f"{account}/IBAN") or text_of(details, f"{account}/Othr/Id")


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
