"""Computes the fees of the lines of a date from the lake, and writes to no table.

- `check_day`: reads lines, pairs and volumes; prices refunds and reversals; compares.
"""
