"""Compares the fees charged with the fees due. All modules but `check_day` are pure rules.

- `attributes`: what a line is priced by, its own or its transaction's.
- `schedule`: which entry of the rate card applies to a line.
- `due`, `components`: the fee that a price, and an entry, gives for an amount.
- `originals`, `refunds`, `returns`: what a refund owes, with the other refunds of its payment.
- `reversals`: what a line owes that takes the place of one which succeeded.
- `compare`: statement lines to fee checks and totals.
- `working`, `explanation`: how a fee was computed, in words.
- `sources`: the earlier statements that a check has read.
- `check_day`: reads and writes the tables of one channel and date.

Source: docs/reference/fees.md.
"""
