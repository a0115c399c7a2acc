"""PayPal's transaction event codes to our kinds, and the columns of its settlement report.

The reader rejects a code that is in neither table. Source: docs/reference/dialects/psp.md.
"""

from collections.abc import Mapping, Sequence

from schemas.vocabulary import Kind

#: Kinds by code; they go before the families.
CODES = {
    "T0001": Kind.PAYOUT,
    "T1100": Kind.REFUND,
    "T1101": Kind.PAYOUT_RETURN,
    "T1105": Kind.ADJUSTMENT,
    "T1106": Kind.REFUND,
    "T1107": Kind.REFUND,
    "T1108": Kind.FEE,
    "T1109": Kind.FEE,
    "T1110": Kind.ADJUSTMENT,
    "T1111": Kind.ADJUSTMENT,
    "T1114": Kind.PAYOUT_RETURN,
    "T1115": Kind.PAYOUT_RETURN,
    "T1116": Kind.REFUND,
    "T1200": Kind.ADJUSTMENT,
    "T1201": Kind.CHARGEBACK,
    "T1202": Kind.ADJUSTMENT,
    "T1205": Kind.ADJUSTMENT,
}
#: Families whose members are all of one kind, by their first three characters.
FAMILIES = {
    "T00": Kind.PAYMENT,
    "T01": Kind.FEE,
    "T02": Kind.ADJUSTMENT,
    "T04": Kind.SETTLEMENT,
    "T15": Kind.ADJUSTMENT,
}
NAMES: dict[str, Sequence[str]] = {
    "channel_ref": ("Transaction ID",),
    "invoice": ("Invoice ID",),
    "reference": ("PayPal Reference ID",),
    "reference_type": ("PayPal Reference ID Type",),
    "code": ("Transaction Event Code",),
    "begun": ("Transaction Initiation Date",),
    "done": ("Transaction Completion Date",),
    "way": ("Transaction Debit or Credit", "Transaction  Debit or Credit"),
    "gross": ("Gross Transaction Amount",),
    "currency": ("Gross Transaction Currency",),
    "fee_way": ("Fee Debit or Credit",),
    "fee": ("Fee Amount",),
    "fee_currency": ("Fee Currency",),
}
NEEDED = (
    "channel_ref", "code", "begun", "way", "gross", "currency", "fee_way", "fee", "fee_currency",
)  # fmt: skip


def event_kind(code: str, own: Mapping[str, Kind]) -> str | None:
    """Our kind of an event code, by the profile's kinds first; None if the code is unknown."""
    known = own.get(code) or CODES.get(code)
    if known is None and len(code) == 5 and code[1:].isdecimal():
        known = FAMILIES.get(code[:3])
    return None if known is None else str(known.value)
