"""What we owe merchants for a date: a statement per merchant and currency, as a channel would send.

- `select_rows`: transactions of a date's outcomes, those that we owe and those that are not final.
- `price_rows`: our fee on each, by the merchants' rate cards.
- `write_statements`: the files, with totals that our own gate accepts.

Source: docs/reference/merchant-statements.md.
"""
