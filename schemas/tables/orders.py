"""Tables of the check of orders, which crosses channels: their `channel` is always `all`."""

from schemas.table import Table, columns_of

#: The value of `channel` in tables whose rows are about no single channel.
ALL_CHANNELS = "all"

ORDER_DAYS = Table(
    "order_days",
    "one row per order, merchant and currency of a date's snapshots: sums of its transactions on"
    " that date",
    ("business_date", "channel"),
    columns_of(
        "business_date date: Date of the snapshots.",
        "channel text: Always `all`: orders cross channels.",
        "order_ref_norm text: Reference of the order, normalized.",
        "merchant_id text: Merchant id of the transactions; null if not there.",
        "currency text: ISO 4217 currency of the sums.",
        "order_amount long: Amount of the whole order, minor units, the least that a transaction"
        " gives; null if none gives one.",
        "paid long: Sum of PAYMENT and TOP_UP that SUCCEEDED, minor units.",
        "other long: Transactions that are anything else: refunds, chargebacks, and what did not"
        " succeed.",
        "transactions long: Transactions.",
    ),
)

ORDER_CHECKS = Table(
    "order_checks",
    "one row per order and currency whose money does not fit on a run date, and one row on the run"
    " that closes it; see docs/reference/orders.md",
    ("run_date", "channel"),
    columns_of(
        "run_date date: Run that says it.",
        "channel text: Always `all`: orders cross channels.",
        "merchant_id text: Merchant of the order; null if a transaction of it has none.",
        "order_ref text: Reference of the order, as a transaction bears it.",
        "order_ref_norm text: Reference of the order, normalized.",
        "currency text: ISO 4217 currency of all amounts of the row.",
        "result text: OVERPAID, REFUND_PENDING, OVER_REFUNDED; REFUNDED, RESOLVED or EXPIRED close"
        " the order.",
        "action text: REFUND, REVIEW, WAIT or NONE.",
        "order_amount long: Amount of the order by its latest transaction that has one, minor"
        " units; null if none has.",
        "paid long: Sum of PAYMENT and TOP_UP that SUCCEEDED, minor units.",
        "refunded long: Given back: REFUND, CHARGEBACK and payouts for a payment of the order, as"
        " far as they SUCCEEDED, less what came back; minor units, positive.",
        "refund_pending long: The same of PENDING refunds and payouts, minor units, positive.",
        "surplus long: paid - refunded - order_amount, minor units; null without order_amount.",
        "to_refund long: surplus - refund_pending, minor units; null without order_amount.",
        "refund_txn_id text: Payment to refund where the order is OVERPAID; null if none fits.",
        "actions texts: What outcomes ask for about the same money, NONE and WAIT apart, in order.",
        "txn_ids texts: Transactions of the order, in order.",
        "first_date date: Earliest date whose transaction the order holds.",
        "last_date date: Latest date of a transaction of the order.",
    ),
)

PAYMENT_FAMILIES = Table(
    "payment_families",
    "one row per payment and currency of which more went out than came in, or that a refund and a"
    " chargeback both gave back, on each run date on which something of it came; see"
    " docs/reference/orders.md",
    ("run_date", "channel"),
    columns_of(
        "run_date date: Run that says it.",
        "channel text: Always `all`: what names a payment may come through another channel.",
        "payment_id text: The payment, a `txn_id` of ours.",
        "payment_channel text: Channel of the payment.",
        "currency text: ISO 4217 currency of all amounts of the row.",
        "reasons texts: MORE_OUT_THAN_IN, REFUND_AND_CHARGEBACK.",
        "action text: Always REVIEW.",
        "came_in long: The payment, minor units; 0 where it did not succeed.",
        "went_out long: refunded + charged_back, minor units.",
        "refunded long: Refunds, payouts and all else that names the payment, less what came back;"
        " minor units, positive.",
        "charged_back long: Chargebacks that name the payment, less those that we won; minor units,"
        " positive.",
        "member_ids texts: What names the payment, in order: `txn_id`, or the `line_id` of a line"
        " that our books do not know.",
    ),
)
