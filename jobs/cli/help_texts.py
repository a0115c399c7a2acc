"""What `--help` says: a purpose and examples for each command."""

from jobs.cli.options.maintain import MAINTAIN_EPILOG
from jobs.cli.options.pages import PAGE_EPILOGS

EPILOGS = {
    "ingest": """examples:
  tieout ingest --lake lake --config config --inbox inbox --business-date 2026-11-22
  tieout ingest ... --business-date 2026-11-16 --through 2026-11-20 --channel wechat
  tieout ingest ...                                 # every new file in the inbox, of any date

Without --business-date the command takes in every file that it has not taken in yet, for the date
in its name, and names files that fit no pattern. It makes the lake if there is none, and says so.
Ingest checks each file against its control totals. It quarantines a file that fails, with the
reason, ingests the other files, and exits with 3. Put the correct file into the inbox and run the
command again. Statements and our own side may come in parts: it takes each when it comes, names
those that have not come (STATEMENT_INCOMPLETE, SNAPSHOT_INCOMPLETE) and exits with 3.""",
    "match": """examples:
  tieout match --lake lake --config config --business-date 2026-11-22

The command also runs earlier dates that have not run yet, and later dates that a late file changes,
in order of date. Breaks are a result, not an error. A date that was never ingested is named, and
nothing is matched from there on (exit 3): `tieout run` takes such dates in first. `stale` in the
summary lists the dates whose fee check or export does not follow their match: run these commands
with --stale.""",
    "inbox": """examples:
  tieout inbox --lake lake --config config --inbox inbox
  tieout inbox ... --business-date 2026-11-16 --through 2026-11-20 --channel wechat

The command shows each file in the inbox with the channel, date and part that it would be: `new`,
`changed` (other bytes than those ingested), `ingested`, or `refused`. Then it names the files that
fit no pattern, and the dates and parts whose files have not come. It changes nothing; the lake need
not exist.""",
    "check_fees": """examples:
  tieout check_fees --lake lake --config config --business-date 2026-11-22 --channel wechat
  tieout check_fees ... --business-date 2026-11-22 --stale

The command checks every channel that has a page in fee_schedules/. It first writes fee_accruals:
what is due on our own transactions, also before the statement is there. Then it writes fee_totals,
fee_checks (lines and batches whose fee is wrong), fee_volumes and fee_months. A late file makes
match run later dates again, or moves a volume to another step of the rate card; --stale checks
those too, and dates whose card changed. `stale` in the summary lists the rest.""",
    "fees": """examples:
  tieout fees quote --config config --channel wechat --amount 123.45 --date 2026-11-22
  tieout fees quote ... --amount 500.00 --date 2026-11-22 --card-type CREDIT --product qr
  tieout fees quote ... --kind REFUND --amount 50.00 --paid 200.00 --date 2026-11-22
  tieout fees --lake lake --config config replay --schedules other-cards \\
                     --business-date 2026-11-01 --through 2026-11-30
  tieout fees --lake lake --config config claim --channel wechat --month 2026-11
  tieout fees --lake lake --config config infer --channel wechat \\
                     --business-date 2026-11-01 --through 2026-11-30

quote   the fee due on one trade by the channel's rate card, with its working; it needs no lake
replay  what other rate cards would have charged for stored lines, per channel, product and month,
        beside what today's cards say; it writes nothing
claim   the file of fees that a channel charged above its rate card in a month, for the channel
infer   proposes a rate card from the fees on stored lines, with the share of lines that each entry
        explains exactly; it writes nothing

--amount, --order-amount, --paid and --volume are in major units, such as 123.45. Products and card
types are compared as the statement prints them. Where no entry of the card fits, the command says
so (exit 3).""",
    "check_orders": """examples:
  tieout check_orders --lake lake --config config --business-date 2026-11-22

The command compares, per order and currency, what was paid and given back over all channels with
the amount of the order. It writes the table order_checks: orders that are overpaid, with the
payment to refund, and orders that gave back more than was paid. Snapshots of the last 30 days are
in sight. An order stays open until its money fits. It also checks the dates again whose snapshots
or outcomes have changed.""",
    "check_settlement": """examples:
  tieout check_settlement --lake lake --config config --business-date 2026-11-22
  tieout check_settlement ... --channel wechat --business-date 2026-11-22

The command compares what each channel owes us, batch by batch, with what our bank accounts
received. It works on channels with `settlement` on their page, all channels of one bank account
together, and writes the tables settlement_checks, settlement_bridge, channel_balances and
bank_lines_used. It also settles the dates again whose statements, bank statements, match, accruals
or rules have changed, and all dates after these. `revised` in the summary names batches of which a
date now says something else.""",
    "merchant_statements": """examples:
  tieout merchant_statements --lake lake --config config --business-date 2026-11-22

The command writes, for each merchant and currency, the transactions that were matched on the date,
our fee on each by merchant_schedules/MERCHANT.yaml (else default.yaml), and what we owe, to
LAKE/exports/DATE/merchant_statements/. Transactions that wait or are broken stand in files of their
own, named provisional: they are not paid.""",
    "status": """examples:
  tieout status --lake lake --config config
  tieout status ... --business-date 2026-11-16 --through 2026-11-20 --channel wechat

The command shows, for each channel of a date (the latest of which the lake knows), its statement,
our own side, the match, fees, settlement and the export: what is there, what is missing or refused,
what is to run again because its inputs have changed (*), and what to do next, with the command. It
changes nothing. On a terminal it prints a screen, otherwise JSON.""",
    "settlement": """examples:
  tieout settlement --lake lake --config config
  tieout settlement ... --channel wechat --business-date 2026-11-22 --since 2026-11-16
  tieout settlement ... --channel wechat --bridge B20261122

The command shows, per channel, what is due when, what came, what is late, what is carried, and
what the channel owes us after the latest date that check_settlement has settled, or after the
named one. With --bridge it shows how one batch comes from our own books: transactions, fee due, in
transit, differences, carried, what the channel must pay, and the credit, adding up to the cent. It
changes nothing. On a terminal it prints tables, otherwise JSON.""",
    "export": """examples:
  tieout export --lake lake --config config --business-date 2026-11-22
  tieout export ... --business-date 2026-11-22 --stale

The command writes breaks.csv, breaks.xlsx, summary.json and status_updates.jsonl to
LAKE/exports/DATE/CHANNEL/, and the breaks of all channels to LAKE/exports/DATE/breaks.xlsx. It
replaces the whole folder or, if it fails, leaves it as it was. Then it publishes what has changed
for the transaction system, of whatever dates: the next numbered file in
LAKE/exports/status_updates/CHANNEL/. It publishes nothing of a date that is not whole, unless you
give --publish-incomplete. A late file makes match run later dates again; --stale exports those too.
`stale` in the summary lists the dates that are left.""",
    "explain": """examples:
  tieout explain --lake lake --config config S20261122000017
  tieout explain ... 4200002511202611220987654321       # a reference of the channel
  tieout explain ... --as-of 2026-11-21T10:00 REF       # reads the tables as they were then (UTC)
  tieout explain ... --match-alone REF                  # also matches only this reference, now
  tieout explain ... --json REF | python -m json.tool

REF is any internal or channel reference, as a file prints it or normalized: txn_id, our_ref,
channel_ref, order_ref, batch_ref, original_ref, or a line_id. If no record has the reference, the
command reports found 0 and exits with 0. REF may begin with a hyphen (-123); one that begins with
two stands last, behind `--` (tieout explain ... -- --123). --business-date and --through make the
search in a large lake faster; linked records on other dates are still shown. The command writes
nothing.""",
    "diff": """examples:
  tieout diff --lake lake --business-date 2026-11-22
  tieout diff --lake lake --business-date 2026-11-22 --channel wechat --json
  tieout diff ... --as-of 2026-11-23T10:00    # compares with the tables at that time (UTC)

The command compares the outcomes of the last two runs of the date. It needs no configuration and
writes nothing.""",
    "breaks": """examples:
  tieout breaks --lake lake --config config --open
  tieout breaks ... --open --older-than 3 --channel wechat
  tieout breaks ... --since 2026-11-16 --reason AMOUNT_MISMATCH
  tieout breaks ... assign fbdaqhcemmakkrfe --to ann
  tieout breaks ... note fbdaqhcemmakkrfe "asked the channel, ticket 4711" --by ann
  tieout breaks ... show fbdaqhcemmakkrfe
  tieout breaks ... --owner ann --open

It lists the breaks that fit every option, currency by currency, most money at stake first: a table
on a terminal, JSON otherwise. The age of an open break counts up to the latest run date of its
channel, that of a closed one up to the day that closed it. `show` prints what happened to a break
and what people wrote about it; ids also stand in breaks.xlsx, column Break.

`tieout run` and `tieout export` open and close breaks. A break is closed by a late match, a
correction or a decision (tieout decide), not by hand. Owners and due dates come from `breaks` of a
channel's page; `assign` counts before it.""",
    "decide": """examples:
  tieout decide --lake lake --config config propose accept S20261122000017 --by ann --reason "1 fen"
  tieout decide ... propose accept S20261122000019 --status theirs --by ann --reason "see mail"
  tieout decide ... propose pair S20261122000017 LINE_ID [LINE_ID ...] --by ann --reason "see mail"
  tieout decide ... propose write-off S20261122000018 --by ann --reason "below 1.00, policy 4"
  tieout decide ... propose not-ours LINE_ID --by ann --reason "belongs to the sister company"
  tieout decide ... propose accept --reason-code AMOUNT_MISMATCH --at-most 0.03 CNY \\
                    --channel wechat --business-date 2026-11-22 --by ann --reason "rounding"
  tieout decide ... import breaks.xlsx --by ann --reason "see mail of the 22nd"
  tieout decide ... queue                       # what waits for approval, and for how long
  tieout decide ... list
  tieout decide ... approve d-3fa9c2e1 --by bob
  tieout decide ... reject d-3fa9c2e1 --by bob --reason "wrong payer"

Proposals:
  accept     a pair or a group breaks, and its difference is agreed; where the statuses differ,
             --status says whose stands
  pair       a transaction and a line belong together, or several whose sums are equal
  write-off  a break is closed without its money; if the money comes, it still matches
  not-ours   an open item does not belong to us
With --reason-code, accept and write-off are about all breaks of one channel and date that have just
this reason. --at-most is in major units: 0.03 CNY is 3 fen; it is compared with the difference
where only the amounts differ, else with the whole amount.

`import` reads breaks.xlsx back, in which a reviewer has chosen decisions from the list of the
first column. Rows that have changed since the export are refused and named (exit 3).

Take txn_id and line_id from the outcomes. An id may begin with a hyphen (-5); one that begins with
two stands last, behind `--` (... propose accept -- --5). The person who approves must not be the
person who proposed. decisions.yaml in the configuration says who may, and above which amount a
second checker is needed. The next `tieout match` runs the date again with the approved decisions.
If a row has changed since the proposal, the match ignores the decision and lists it as STALE.""",
    "files": """examples:
  tieout files --lake lake --config config --channel wechat --business-date 2026-11-22
  tieout files --lake lake --config config verify
  tieout files ... withdraw 3fa9c2e1b0aa --by ann --reason "sent by mistake, it is another shop's"
  tieout files ... accept 3fa9c2e1b0aa --by ann --reason "the channel took 40 lines back, see mail"

The command shows every version of the statement files, why ingest refused a version, and what
changed between versions. FILE_ID is the SHA-256 of the file, or at least its first eight digits.
`withdraw` removes the lines of a file; no older version takes its place unless you accept one.
`accept` takes a version that is smaller or later than the profile allows (SHRUNK, STALE_FILE), or
one that was superseded or withdrawn. The next `tieout match` runs the date again.
`verify` reads every archived file and names those whose bytes are not the ones received.""",
    "maintain": MAINTAIN_EPILOG,
    **PAGE_EPILOGS,
    "run": """examples:
  tieout run --lake lake --config config --inbox inbox --business-date 2026-11-22
  tieout run ...                                                   # whatever has come
  tieout run ... --business-date 2026-11-16 --through 2026-11-20   # several dates, in order
  tieout run ... --engine spark                                    # the same on Spark

The command runs ingest, match, check_fees and export for each channel, then check_settlement
and check_orders. If one channel fails, the others go on.
Before a date it takes in the earlier dates that were never ingested. Without --business-date it
takes in every new file in the inbox, and runs each date that this makes due. A late file makes the
match run later dates again: their fees are checked and their exports written anew. The command
makes the lake if there is none, and says so.""",
}
PURPOSES = {
    "inbox": "show what lies in the inbox and what is still missing; change nothing",
    "status": "show how far a date is, channel by channel, and what to do next",
    "ingest": "load statement files and our transaction snapshot into the lake",
    "match": "match statement lines with transactions of T, T-1, T-2",
    "check_fees": "compare the fees charged with the fees due, to the cent",
    "fees": "quote a fee, try another rate card, claim what was charged too much, infer a card",
    "check_orders": "compare what was paid and given back per order, across channels",
    "check_settlement": "compare what channels owe us with what the bank received",
    "merchant_statements": "write what we owe each merchant for a date",
    "settlement": "show what channels must pay out: due, came, late, carried, balance",
    "export": "write exceptions and status updates as files",
    "report": "write the report of a date or a month as one HTML page",
    "scorecard": "show how well each channel did in a month, for the next talk with it",
    "breaks": "list breaks with age, owner and due date; assign one, note something about it",
    "explain": "show everything known about one reference, in order of time",
    "diff": "show what changed between two runs of one date",
    "decide": "settle breaks by hand: propose, approve, reject; list them, or what waits (queue)",
    "files": "list the files of a date and their versions; withdraw, accept or verify files",
    "maintain": "join small files, remove what no table needs, move old dates to a history lake",
    "run": "run all steps for a date or a range of dates in one session",
}
