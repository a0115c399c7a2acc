"""Adyen's settlement details report: its types, its columns and its abbreviations of time zones.

Source: docs/reference/dialects/psp.md.
"""

from collections.abc import Mapping, Sequence

from schemas.vocabulary import Kind

_BY_KIND = {
    Kind.PAYMENT: (
        "Settled SettledBulk BulkSettlement SettledInstallment SettledInInstallments"
        " SettledExternally SettledExternallyWithInfo"
    ),
    Kind.REFUND: "Refunded RefundedBulk RefundedExternally RefundedExternallyWithInfo",
    Kind.CHARGEBACK: (
        "Chargeback SecondChargeback ChargebackExternally ChargebackExternallyWithInfo"
    ),
    Kind.PAYOUT: "PaidOut PaidOutExternally",
    Kind.PAYOUT_RETURN: "PaidOutReversed",
    Kind.FEE: "Fee MiscCosts InvoiceDeduction PaymentCost AuthorisationSchemeFee",
    Kind.SETTLEMENT: "MerchantPayout BankInstructionReturned",
    Kind.ADJUSTMENT: (
        "RefundedReversed ChargebackReversed ChargebackReversedExternallyWithInfo SettledReversed"
        " CaptureFailed RefundFailed DepositCorrection MatchedStatement ManualCorrected"
        " Balancetransfer BalanceTransfer InternalCompanyPayout MerchantPayin Reserve"
    ),
}
KINDS = {name: kind for kind, names in _BY_KIND.items() for name in names.split()}
NAMES: dict[str, Sequence[str]] = {
    "psp": ("Psp Reference",),
    "merchant_ref": ("Merchant Reference",),
    "modification": ("Modification Reference",),
    "modification_ref": ("Modification Merchant Reference",),
    "created": ("Creation Date",),
    "zone": ("TimeZone",),
    "type": ("Type", "Journal Type"),
    "gross_currency": ("Gross Currency",),
    "gross_debit": ("Gross Debit (GC)",),
    "gross_credit": ("Gross Credit (GC)",),
    "net_currency": ("Net Currency",),
    "net_debit": ("Net Debit (NC)",),
    "net_credit": ("Net Credit (NC)",),
    "commission": ("Commission (NC)", "Bank/Card Commission (NC)"),
    "markup": ("Markup (NC)",),
    "scheme": ("Scheme Fees (NC)",),
    "interchange": ("Interchange (NC)",),
    "payment_fees": ("Payment Fees (NC)",),
    "dcc": ("DCC Markup (NC)",),
    "batch": ("Batch Number",),
    "booked": ("Booking Date",),
    "merchant": ("Merchant Account",),
    "product": ("Payment Method",),
    "card_type": ("Payment Method Variant",),
}
NEEDED = (
    "psp", "merchant_ref", "modification", "created", "zone", "type", "gross_currency",
    "gross_debit", "gross_credit", "net_currency", "net_debit", "net_credit", "batch",
)  # fmt: skip
FEES = ("commission", "markup", "scheme", "interchange")
#: Parts of the fee that become `extra`, by its name there; they are in the currency of the net.
FEE_PARTS = {
    "commission": "commission",
    "markup": "markup",
    "scheme": "scheme_fees",
    "interchange": "interchange",
    "payment_fees": "payment_fees",
    "dcc": "dcc_markup",
}
#: Minutes east of UTC. The table leaves out zones with two meanings (CST, IST, MST and the like)
#: on purpose: the profile names them.
ZONES = {
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "BST": 60,
    "WEST": 60,
    "CET": 60,
    "CEST": 120,
    "EET": 120,
    "EEST": 180,
    "EST": -300,
    "EDT": -240,
    "PST": -480,
    "PDT": -420,
    "HKT": 480,
    "SGT": 480,
    "JST": 540,
    "AEST": 600,
    "AEDT": 660,
    "NZST": 720,
    "NZDT": 780,
}


def utc_offset_minutes(zone: str, own: Mapping[str, str]) -> int | None:
    """Minutes east of UTC of a zone, by the profile's offsets (+05:30) first; None if unknown."""
    if zone not in own:
        return ZONES.get(zone)
    sign, hours, minutes = own[zone][0], own[zone][1:3], own[zone][4:]
    size = int(hours) * 60 + int(minutes)
    return -size if sign == "-" else size
