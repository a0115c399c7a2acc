"""Statement lines reduced to one row per batch key, `per` and currency, by the engine.

- `keys`: which batch a line belongs to, and what it adds to which sum.
- `reduce`: the sums of each batch of some dates.
- `day_batches`: those rows as `DayBatch`, and as rows of `settlement_batches`.
"""
