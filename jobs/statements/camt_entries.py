"""An entry of a camt message, and the transactions below it, as lines of a statement."""

from dataclasses import replace
from datetime import date, datetime

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
_NO_REFERENCE = ("NOTPROVIDED", "NOT PROVIDED", "NONREF", "NONE")


def first(element: etree._Element, path: str) -> etree._Element | None:
    """The first element at a path of local names, whatever their namespace."""
    here = element
    for step in path.split("/"):
        found = next((each for each in here if _is(each, step)), None)
        if found is None:
            return None
        here = found
    return here


def every(element: etree._Element, path: str) -> list[etree._Element]:
    """All elements at a path of local names."""
    here = [element]
    for step in path.split("/"):
        here = [each for one in here for each in one if _is(each, step)]
    return here


def text_of(element: etree._Element, path: str) -> str | None:
    """The text at a path, trimmed; None where there is none."""
    found = first(element, path)
    text = (found.text or "").strip() if found is not None else ""
    return text or None


def _is(element: etree._Element, name: str) -> bool:
    # A comment has a function for its tag.
    tag: object = element.tag
    return isinstance(tag, str) and etree.QName(tag).localname == name


def entries_of(element: etree._Element, in_parts: bool, number: int) -> list[Entry]:
    """An entry as one line, or as its transactions where they add up to it.

    A batch that says how many transactions it has, and has them, must be their sum. `number` is how
    many lines were landed before it: a line's number is its place among them.
    """
    entry = _entry(element, number + 1)
    details = every(element, "NtryDtls/TxDtls")
    if len(details) == 1:
        _add_details(entry, details[0], single=True)
    elif in_parts and len(details) > 1:
        parts = [_part(entry, each, number + 1 + i) for i, each in enumerate(details)]
        amounts = [each.amount for each in parts]
        added = sum(amount or 0 for amount in amounts)
        if None not in amounts and added == entry.amount:
            return parts
        if text_of(element, "NtryDtls/Btch/NbOfTxs") == str(len(parts)):
            said = f"its {len(parts)} transactions add up to {added} minor units"
            entry.fault = entry.fault or f"BATCH_DIFFERS: {said}, it is of {entry.amount}"
    return [entry]


def _entry(element: etree._Element, number: int) -> Entry:
    amount = first(element, "Amt")
    currency = amount.get("Ccy") if amount is not None else None
    printed = (amount.text or "").strip() if amount is not None else ""
    mark = text_of(element, "CdtDbtInd")
    word = text_of(element, "Sts/Cd") or text_of(element, "Sts") or "BOOK"
    booked = when(element, "BookgDt") or when(element, "ValDt")
    reference = text_of(element, "AcctSvcrRef")
    family = [text_of(element, f"BkTxCd/Domn/{at}") for at in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    code = "-".join(each for each in family if each) or text_of(element, "BkTxCd/Prtry/Cd") or ""
    out = Entry(
        number,
        f"{printed} {currency} {mark} {word} {booked} {code} {reference or ''}".strip(),
        None,
        currency,
        code=code,
        reversal=text_of(element, "RvslInd") in ("true", "1"),
        status=_STATUS.get(word),
        booked=booked,
        valued=_day(when(element, "ValDt")),
        channel_ref=reference,
        product=code or None,
    )
    if out.status is None:
        out.fault = f"UNKNOWN_STATUS: {word!r}"
    if mark not in ("CRDT", "DBIT"):
        out.fault = f"BAD_SIGN: CdtDbtInd is {mark!r}"
    try:
        if amount is not None and len(amount):
            raise ValueError("an element stands within the amount")
        value = money_of(printed, currency)
        out.amount = -value if mark == "DBIT" else value
    except ValueError as fault:
        out.fault = f"BAD_AMOUNT: {fault}"
    return out


def _part(entry: Entry, details: etree._Element, number: int) -> Entry:
    """One transaction of a batch: what is its own is its own, the rest is the entry's."""
    amount = first(details, "Amt")
    if amount is None:
        amount = first(details, "AmtDtls/TxAmt/Amt")
    own = replace(entry, line_no=number, amount=None, channel_ref=None, our_ref=None)
    own.batch_ref = entry.channel_ref or text_of(details, "Refs/PmtInfId")
    if amount is not None and amount.get("Ccy") == entry.currency:
        mark = text_of(details, "CdtDbtInd")
        out = mark == "DBIT" if mark else (entry.amount or 0) < 0
        try:
            value = money_of((amount.text or "").strip(), entry.currency)
            own.amount = -value if out else value
            own.raw = f"{amount.text} of {entry.raw}"
        except ValueError:
            own.amount = None
    _add_details(own, details, single=False)
    return own


def _add_details(entry: Entry, details: etree._Element, single: bool) -> None:
    said = text_of(details, "Refs/EndToEndId")
    given = None if said is None or said.upper() in _NO_REFERENCE else said
    entry.our_ref = given
    if entry.reversal or first(details, "RtrInf") is not None:
        entry.original_ref, entry.our_ref = given, None
    own = text_of(details, "Refs/AcctSvcrRef") or text_of(details, "Refs/TxId")
    entry.channel_ref = (entry.channel_ref or own) if single else own
    entry.order_ref = text_of(details, "RmtInf/Strd/CdtrRefInf/Ref")
    if single:
        entry.batch_ref = text_of(details, "Refs/PmtInfId")
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
