"""Entries with one price for all lines of a batch (`level: batch`).

- `rows`: the lines of a date to its batches, and what is due on each.
- `price`: the price of a batch, whose base may be negative, and its working.

Source: docs/reference/fees.md, "One price for a batch".
"""
