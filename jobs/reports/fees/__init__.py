"""What rate cards say: `quote`, the fee of one trade; `replay`, the fees of stored lines by another
card; `infer`, with `rate_search`, the card that stored lines speak for; `text`, all in words.

Source: docs/reference/fees.md.
"""
