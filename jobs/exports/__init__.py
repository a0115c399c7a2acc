"""Writes exceptions as files for people and for the transaction system.

- `export_day`: all files of one channel and run date.
- `sections`: the rows of each sheet; `breaks`: the cells of `breaks.csv` and of these sheets;
  `fee_differences` and `overview`: the other sheets. `sheets` writes both files.
- `day_workbook`: the workbook over all channels of a date.
- `summary`: counts and sums of a day; `updates`: one line of JSON per transaction.
- `claims`: what a channel charged above its rate card in a month.

Source: docs/reference/exports.md.
"""
