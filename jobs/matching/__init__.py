"""Matches one channel's run date: pure functions of DataFrames, without IO and without a clock.

`match_day.match_day` runs the steps in this order:

- `items` brings both sides into one form, `participants` collects them and the open ones, and
  `steps.scope` excludes lines;
- `fast_path` pairs the rows that need no further step, on days that are not small;
- `item_columns` selects, for the participants that are left, the few columns that decide;
- `steps.already_closed` (with `steps.lookback`) classifies what earlier runs closed;
- `steps.duplicates`, `steps.passes` (with `steps.time_window`), `steps.groups` and `steps.ageing`
  follow; each adds its result in the columns of `case_tables`, and uses no frame twice, so that
  plans stay short;
- `outcome_rows` (with `actions`) builds the rows of the result, `candidates` lists those of
  ambiguous items, `open_items` selects what stays open, `conservation` checks that nothing is lost.

Source: docs/reference/rules.md.
"""
