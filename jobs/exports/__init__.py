"""Writes exceptions as files for people and for the transaction system.

- `export_day`: all files of one channel and run date.
- `breaks`: the rows and columns of `breaks.csv` and `breaks.xlsx`; `sheets` writes both files.
- `summary`: counts and sums of a day; `updates`: one line of JSON per transaction.
- `atomic_folder`: replaces a folder as a whole.

Source: docs/reference/exports.md.
"""
