"""Checks that channels paid out what they owe us: reads what came, settles, writes and shows.

- `accounts`: the bank accounts of a configuration, with the channels that are paid there.
- `plan`: the dates to settle, and a fingerprint of the inputs of each.
- `statements`, `our_side`: what a replay reads.
- `check_dates`: settles dates of an account as one transaction.
- `listing`, `waterfall`: what a treasurer asks, from the tables.

The rules are in `jobs/settlement`. Source: docs/reference/settlement.md.
"""
