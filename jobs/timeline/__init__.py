"""The timeline of one reference (`tieout explain`), and two runs compared (`tieout diff`).

- `trace`: traces a reference, with the modules below.
- `references`: the values that a reference can have in the tables; `search`: the rows with one.
- `linked_records`: groups rows by payment, refund or payout; `load`: files, fees, runs, candidates.
- `source_text`: statement lines as received; `match_alone`: the match of these records alone.
- `events`, `outcomes`: what happened, in order of date, as plain values.
- `families`: what went out of one payment, where that is more than came in.
- `text`, `paragraphs`: the timeline as text for a terminal.
- `diff/`: compares two runs of one date.
"""
