"""Fees charged against fees due: the rules, pure.

- `schedule`: which entry of the rate card applies to a line.
- `due`: what an entry makes of an amount, to the minor unit.
- `originals`: the payment that a refund gives back.
- `check`: lines to checks and totals.

Source: docs/reference/fees.md.
"""
