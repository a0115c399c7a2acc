"""What rate cards say of trades: `quote`, the fee of one trade; `text`, it in words.

Source: docs/reference/fees.md.
"""
