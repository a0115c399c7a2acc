"""PayPal's transaction event codes to our kinds, and the columns of its settlement report.

The reader rejects a code that is in neither table. Source: docs/reference/dialects/psp.md.
"""

from collections.abc import Mapping, Sequence

from schemas.vocabulary import Kind

#: Kinds by code; they go before the families.
_BY_KIND = {
    Kind.PAYOUT: "T0001 T0015",
    Kind.PAYOUT_RETURN: "T1114 T1115",
    Kind.REFUND: "T1100 T1107 T1113 T1116 T1118",
    Kind.FEE: "T1108 T1109",
    #: T1106 is a reversal by PayPal, the completion of a chargeback.
    Kind.CHARGEBACK: "T1106 T1201",
    #: A withdrawal to our bank account that came back.
    Kind.SETTLEMENT: "T1101",
    Kind.ADJUSTMENT: (
        "T0008 T0014 T0016 T0017 T1102 T1103 T1104 T1105 T1110 T1111 T1112 T1117 T1119 T1200 T1202"
        " T1203 T1204 T1205 T1207 T1208"
    ),
}
CODES = {code: kind for kind, codes in _BY_KIND.items() for code in codes.split()}
#: Families whose members are all of one kind, by their first three characters.
FAMILIES = {
    "T00": Kind.PAYMENT,
    "T01": Kind.FEE,
    "T04": Kind.SETTLEMENT,
    "T17": Kind.SETTLEMENT,
    **dict.fromkeys(
        ("T02", "T03", "T05", "T06", "T07", "T08", "T09", "T10", "T13", "T14", "T15", "T16", "T18",
         "T19", "T20", "T21", "T22", "T30", "T50", "T97", "T98", "T99"),
        Kind.ADJUSTMENT,
    ),
}  # fmt: skip
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
