"""The story of one reference, and what changed between two runs: found, then told.

- `references`: a reference as it may stand in the tables; `find`: the rows that hang on it;
  `threads`: rows that are of one payment, refund or payout; `raw`: lines as they were received;
- `outcomes`, `events`: what happened, in order, as plain values; `tell`: the same as text;
- `alone`: its match done alone; `differences`: two runs of a date side by side.
"""
