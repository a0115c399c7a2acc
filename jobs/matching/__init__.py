"""One day's match as a pure function of frames: nothing here reads, writes or asks the time.

`day.matched` walks the steps in their order: `items` (both sides in one form), `scope`, `bulk`
(what pairs at once and needs no further look), `duplicates`, `passes`, `windows`, `rows` (what each
item comes to on the day) and `conservation` (nothing lost, nothing doubled).
Source: docs/reference/rules.md.
"""
