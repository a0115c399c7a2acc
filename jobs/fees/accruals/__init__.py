"""The fee due on our own transactions, before any statement is there: compute first, compare last.

- `state_changes`: the dates on which a transaction begins to be SUCCEEDED, or ceases to be.
- `our_lines`: our transactions as lines that the rules of fees can price.
- `price_changes`: what is accrued on a date, and its sums beside those of the statement.
- `inputs`: what an accrual depends on, so that it is done again when that changes.
- `check_day`: reads and writes the tables of one channel and date.

Source: docs/reference/fees.md, "Accruals".
"""
