"""Checks orders across channels: what was paid and given back against the order's amount. All
modules but `check_day` are pure rules.

- `day_sums`: a date's sums per order, and the orders whose sums do not fit.
- `items`: the transactions of an order in their latest state, payouts for it included.
- `results`: the money of each order, and its result.
- `refund_targets`: the payment of an overpaid order that is to be refunded.
- `families`: a payment and all that names it.
- `plan`: the dates to check, and a fingerprint of the inputs of each.
- `check_day`: reads and writes the tables of one date.

Source: docs/reference/orders.md.
"""
