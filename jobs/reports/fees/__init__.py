"""What rate cards say: `quote`, the fee of one trade; `replay`, the fees of stored lines by another
card; `text`, both in words.

Source: docs/reference/fees.md.
"""
