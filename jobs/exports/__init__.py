"""Exceptions as files that people and the transaction system read.

- `words`: reasons and actions as a person says them.
- `cells`: amounts in major units; text that no spreadsheet takes for a formula.
- `breaks`: the rows and columns of `breaks.csv` and `breaks.xlsx`; `sheets` writes both.
- `summary`: counts and sums of a day; `updates`: one line of JSON per transaction.
- `folder`: a folder that is replaced whole or not at all.

Source: docs/reference/exports.md.
"""
