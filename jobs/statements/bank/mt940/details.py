"""Field 86 of an MT940: the counterparty and the references of an entry, in two conventions.

German banks number the parts (`166?00...?20EREF+...?31account?32name`), Dutch banks name them
(`/TRTP/.../IBAN/.../NAME/.../EREF/...`). Anything else is free text. Source:
docs/reference/dialects/bank.md.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: `166?00`: a code of three digits, then numbered parts.
_NUMBERED = re.compile(r"\d{3}([?<>~^@])\d{2}")
#: Keys within the parts 20 to 29 and 60 to 63. A part that is not full ends a reference.
_KEYED = re.compile(
    r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|COAM|OAMT|PURP|MDAT|SQTP|ORCR|ORMR|DDAT|IBAN|BIC)\+"
)
_PART_CHARS = 27
#: Text that some banks print behind a reference, without a key of its own.
_TRAILING_IBAN = re.compile(r"\s(?:IBAN|BIC):.*")
_NAMED = re.compile(
    r"/(TRTP|RTYP|IBAN|BBAN|BIC|NAME|REMI|EREF|MARF|PREF|CSID|CREF|RTRN|ORDP|BENM|ISDT|CNTP|PURP"
    r"|ULTC|ULTD|ULTB|UDTR|UCRD|ADDR|NRTX|PIND|OCMT|CHGS|ACCW|CPRP|IREF|TRCD|INIT|SVCL|EXCH|BUSP"
    r"|OMTH|OAMT|OPRP|INFO)/"
)
_IBAN = re.compile(r"([A-Z]{2})\d{2}[A-Z0-9]{11,30}")
#: How long an IBAN is, of countries whose banks send MT940.
_IBAN_CHARS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BY": 28, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "EG": 29, "ES": 24,
    "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "HR": 21,
    "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31,
    "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PT": 25, "QA": 29, "RO": 24, "RS": 22,
    "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "XK": 20,
}  # fmt: skip


#: `/OCMT/EUR100,00/CHGS/EUR1,50/`: the payment, and the charges taken out of it.
_ORIGINAL = re.compile(r"/OCMT/([A-Z]{3})?\s?(\d[\d.,]*)")
_CHARGE = re.compile(r"/CHGS/([A-Z]{3})?\s?(\d[\d.,]*)")
#: `OAMT+EUR50,00 COAM+3,00` of German banks: the same of a returned direct debit.
_KEYED_AMOUNT = re.compile(r"([A-Z]{3})?\s?(\d[\d.,]*)")
#: Currency, empty where it is the statement's, and the amount as printed.
PrintedAmount = tuple[str, str]


@dataclass(slots=True)
class EntryDetails:
    """The values of a field 86; None where the field does not hold one.

    `code` is the German bank's code of the transaction, such as 166. `original_amount` is the
    payment before `charges`, each a currency, empty where it is not printed, and a text.
    """

    end_to_end: str | None = None
    customer: str | None = None
    account: str | None = None
    name: str | None = None
    code: str = ""
    is_return: bool = False
    text: str | None = None
    original_amount: PrintedAmount | None = None
    charges: tuple[PrintedAmount, ...] = ()


def parse_details(lines: Sequence[str]) -> EntryDetails:
    """The values in the lines of a field 86, which banks break anywhere."""
    text = "".join(lines)
    hit = _NUMBERED.match(text)
    if hit:
        details = _parse_numbered(text, hit[1])
    elif "/" in text:
        details = _parse_named(text)
    else:
        details = EntryDetails()
    if not hit and not _NAMED.search(text):
        details.text = " ".join(line.strip() for line in lines)
    return details


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN: a country's code, and that country's length."""
    hit = _IBAN.fullmatch(text)
    return hit is not None and _IBAN_CHARS.get(hit[1]) == len(text)


def _parse_numbered(text: str, mark: str) -> EntryDetails:
    cut = re.split(re.escape(mark) + r"(\d{2})", text)
    parts: dict[str, str] = {}
    purpose: list[str] = []
    for number, value in zip(cut[1::2], cut[2::2], strict=True):
        if "20" <= number <= "29" or "60" <= number <= "63":
            purpose.append(value)
        else:
            parts[number] = parts.get(number, "") + value
    keyed: dict[str, str] = {}
    key = ""
    for value in purpose:
        pieces = _KEYED.split(value)
        if key and pieces[0]:
            keyed[key] += pieces[0]
        for key, piece in zip(pieces[1::2], pieces[2::2], strict=True):
            keyed[key] = piece
        if len(value) < _PART_CHARS:
            key = ""
    name = f"{parts.get('32', '')}{parts.get('33', '')}".strip()
    account = parts.get("31", "").strip()
    end_to_end, customer = (_TRAILING_IBAN.sub("", keyed.get(key, "")) for key in ("EREF", "KREF"))
    details = EntryDetails(end_to_end or None, customer or None, account or None, name or None)
    details.code = text[:3]
    free = keyed.get("SVWZ") if keyed else " ".join(part.strip() for part in purpose)
    details.text = " ".join(part for part in (parts.get("00"), free) if part) or None
    _add_amounts(details, "".join(purpose))
    original = _KEYED_AMOUNT.match(keyed.get("OAMT", ""))
    charge = _KEYED_AMOUNT.match(keyed.get("COAM", ""))
    if original and charge:
        details.original_amount = (original[1] or "", original[2])
        details.charges = ((charge[1] or "", charge[2]),)
    return details


def _add_amounts(details: EntryDetails, text: str) -> None:
    original = _ORIGINAL.search(text)
    if original:
        details.original_amount = (original[1] or "", original[2])
    details.charges = tuple((hit[1] or "", hit[2]) for hit in _CHARGE.finditer(text))


def _parse_named(text: str) -> EntryDetails:
    cut = _NAMED.split(text)
    parts: dict[str, str] = {}
    for key, value in zip(cut[1::2], cut[2::2], strict=True):
        parts.setdefault(key, value.strip("/ "))
    counterparty = [part.strip() for part in parts.get("CNTP", "").split("/")] + [""] * 3
    account = parts.get("IBAN") or parts.get("BBAN") or counterparty[0]
    name = parts.get("NAME") or counterparty[2]
    details = EntryDetails(parts.get("EREF"), None, account or None, name or None)
    details.is_return = bool(parts.get("RTRN"))
    details.text = parts.get("REMI") or None
    _add_amounts(details, text)
    return details
