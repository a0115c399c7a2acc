"""The bridge from our books to what the channel must pay, per batch and cause.

- `causes`: the causes, and sums by cause.
- `line_causes`: lines of a date and our transactions to sums by cause, by the engine.
- `growth`: the rows of a date, from what its batches grew by.

Source: docs/reference/settlement.md, "The bridge".
"""
