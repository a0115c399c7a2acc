"""What `--help` says: a purpose and examples for each command."""

EPILOGS = {
    "ingest": """examples:
  tieout ingest --lake lake --config config --inbox inbox --business-date 2026-11-22
  tieout ingest ... --business-date 2026-11-16 --through 2026-11-20 --channel wechat

A file that does not add up is quarantined with its reason, the rest is done, and the exit status is
3. Put the right file into the inbox and run it again.""",
    "match": """examples:
  tieout match --lake lake --config config --business-date 2026-11-22

Dates before that have not run yet, and later ones that a late file changes, are run as well, in
order. Breaks are a result, not an error.""",
    "check_fees": """examples:
  tieout check_fees --lake lake --config config --business-date 2026-11-22 --channel wechat""",
    "export": """examples:
  tieout export --lake lake --config config --business-date 2026-11-22

Writes breaks.csv, breaks.xlsx, summary.json and status_updates.jsonl under
LAKE/exports/DATE/CHANNEL/, whole or not at all.""",
    "explain": """examples:
  tieout explain --lake lake --config config S20261122000017
  tieout explain ... 4200002511202611220987654321            # the channel's number does as well
  tieout explain ... --as-of 2026-11-21T10:00 REF            # as the tables were then, in UTC
  tieout explain ... --match-alone REF                       # and its match, done alone now
  tieout explain ... --json REF | python -m json.tool

REF is any reference, ours or theirs, as a file has it or normalized: txn_id, our_ref, channel_ref,
order_ref, batch_ref, original_ref, or a line_id. A reference that nobody bears is exit 0, found 0.
--business-date and --through narrow the search in a large lake; rows of the same story on other
dates are still told. Nothing is written.""",
    "diff": """examples:
  tieout diff --lake lake --business-date 2026-11-22
  tieout diff --lake lake --business-date 2026-11-22 --channel wechat --json
  tieout diff ... --as-of 2026-11-23T10:00      # what changed since then, not since the run before

Compares the outcomes that the last two runs of the date left. It needs no configuration.""",
    "decide": """examples:
  tieout decide --lake lake propose accept S20261122000017 --by ann --reason "1 fen, bank agreed"
  tieout decide ... propose pair S20261122000017 LINE_ID --by ann --reason "same payer, see mail"
  tieout decide ... propose write-off S20261122000018 --by ann --reason "below 1.00, policy 4"
  tieout decide ... propose not-ours LINE_ID --by ann --reason "belongs to the sister company"
  tieout decide ... list
  tieout decide ... approve d-3fa9c2e1 --by bob
  tieout decide ... reject d-3fa9c2e1 --by bob --reason "wrong payer"

Ids are txn_id and line_id as outcomes have them. The one who approves is another person. The next
`tieout match` runs the date again with what was approved; where a row has changed since, the
decision settles nothing and is listed as STALE.""",
    "files": """examples:
  tieout files --lake lake --config config --channel wechat --business-date 2026-11-22
  tieout files ... withdraw 3fa9c2e1b0aa --by ann --reason "sent by mistake, it is another shop's"
  tieout files ... accept 3fa9c2e1b0aa --by ann --reason "the channel took 40 lines back, see mail"

Shows every version that came, why it was set aside, and what changed between versions. FILE_ID is
its SHA-256, or the first eight digits of it and more. A file that is withdrawn loses its lines; an
older version does not come back by itself, accept it. `accept` takes a version that is smaller or
later than the profile allows (SHRUNK, TOO_LATE), or one that was superseded or withdrawn. The next
`tieout match` runs the date again.""",
    "run": """examples:
  tieout run --lake lake --config config --inbox inbox --business-date 2026-11-22
  tieout run ... --business-date 2026-11-16 --through 2026-11-20   # a week, day by day
  tieout run ... --engine spark                                    # the same on Spark""",
}
PURPOSES = {
    "ingest": "take in statement files and our snapshot",
    "match": "reconcile lines and transactions over T, T-1, T-2",
    "check_fees": "fees charged against fees due, to the cent",
    "export": "exceptions and status updates as files",
    "explain": "all that is known of one reference, in order",
    "diff": "what changed between two runs of one date",
    "decide": "settle a break or an ambiguity: propose, approve, reject, list",
    "files": "what came for a day, what changed between versions; withdraw, accept",
    "run": "all of it, for a date or a range, in one session",
}
