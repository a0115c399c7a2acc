"""Publishes status updates: what changed for the transaction system since it was last sent.

- `states`: the state of a subject, as a row of `outcomes` gives it.
- `changes`: compares the states of now with those that were published.
- `scope`: which dates a publication covers; `sources`: what it reads.
- `publish`: reads, compares, appends to `status_updates`; `update_files` writes a file for each
  publication.

Source: docs/reference/status-updates.md.
"""
