"""Stripe's reporting categories and types of balance transactions, by our kinds.

What moves between Stripe's own accounts of ours, and what no other kind fits, is an adjustment.
Source: docs/reference/dialects/psp.md.
"""

from schemas.vocabulary import Kind

_BY_KIND = {
    Kind.PAYMENT: "charge payment",
    Kind.REFUND: "refund payment_refund",
    Kind.CHARGEBACK: "dispute",
    Kind.PAYOUT: "transfer",
    Kind.PAYOUT_RETURN: "transfer_reversal transfer_cancel transfer_failure transfer_refund",
    Kind.FEE: "fee network_cost stripe_fee stripe_fx_fee tax tax_fee",
    Kind.SETTLEMENT: "payout payout_reversal payout_cancel payout_failure",
    Kind.ADJUSTMENT: (
        "adjustment advance advance_funding anticipation_repayment application_fee"
        " application_fee_refund charge_failure climate_order_purchase climate_order_refund"
        " connect_collection_transfer connect_reserved_funds contribution dispute_reversal"
        " fee_credit_funding financing_paydown financing_paydown_reversal financing_payout"
        " financing_payout_reversal inbound_transfer inbound_transfer_reversal"
        " issuing_authorization_hold issuing_authorization_release issuing_disbursement"
        " issuing_dispute issuing_transaction obligation_outbound obligation_reversal_inbound"
        " other_adjustment partial_capture_reversal payment_failure_refund"
        " payment_network_reserve_hold payment_network_reserve_release payment_reversal"
        " payment_unreconciled payout_minimum_balance_hold payout_minimum_balance_release"
        " platform_earning platform_earning_refund refund_failure reserve_hold reserve_release"
        " reserve_transaction reserved_funds risk_reserved_funds stripe_balance_payment_debit"
        " stripe_balance_payment_debit_reversal tax_fund topup topup_reversal"
        " unreconciled_customer_funds"
    ),
}
KINDS = {name: kind for kind, names in _BY_KIND.items() for name in names.split()}
