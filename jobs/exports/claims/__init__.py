"""The claim of a month: what a channel charged above its rate card, as files for the channel.

- `month`: the dates of the month, and those that no claim can be made of yet.
- `select_rows`: which rows of `fee_checks` are claimed, and why others are not.
- `cells`: the columns of the files; `write_claim`: reads, checks, writes.

Source: docs/reference/fees.md, "Claim".
"""
