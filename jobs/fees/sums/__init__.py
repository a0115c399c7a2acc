"""Fees added up: the totals of a date, and the months of entries.

- `totals`: checked lines and batches to the rows of `fee_totals`.
- `fee_lines`: which FEE lines bear the fee of which entry.
- `months`: the totals of a month's dates to the rows of `fee_months`.
- `check_day`: reads the totals of a month and writes its rows.

Source: docs/reference/fees.md, "Fees of a month".
"""
