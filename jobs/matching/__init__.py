"""One day's match as a pure function of frames: nothing here reads, writes or asks the time.

`day.matched` walks the steps in their order, on what is kept for it (`keeping`). `items` puts both
sides in one form, `scope` sets lines aside, `bulk` pairs what needs no further look; `members` are
the rest in the few columns that decide. Then `closed` (with `lookback`, what earlier runs closed),
`duplicates`, `passes` (with `nearby`, by time), `groups` and `windows`. Each adds what it finds
(`verdicts`), and none of them uses a frame twice, so that plans stay short; `steps` does where a
day is not small, to part who has `company` from who has none. `rows` (with `actions`) is what it
comes to on the day, `candidates` whom an ambiguous item could be meant with, `conservation` that
nothing is lost.
Source: docs/reference/rules.md.
"""
