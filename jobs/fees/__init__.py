"""Compares the fees charged with the fees due. All modules but `check_day` are pure rules.

- `schedule`: which entry of the rate card applies to a line.
- `due`: the fee that an entry gives for an amount, to the minor unit.
- `originals`: the payment that a refund returns.
- `compare`: statement lines to fee checks and totals.
- `check_day`: reads and writes the tables of one channel and date.

Source: docs/reference/fees.md.
"""
