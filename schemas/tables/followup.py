"""Tables of what follows a match: what the transaction system was sent about each row."""

from schemas.table import Table, columns_of

STATUS_UPDATES = Table(
    "status_updates",
    "one row per publication and subject (`txn_id`, else `line_id`) whose state is not what was"
    " published last, never changed: the last row of a subject is its state, unless it is"
    " withdrawn; see docs/reference/status-updates.md",
    ("newest_run_date", "channel"),
    columns_of(
        "newest_run_date date: Newest run date that the publication covers.",
        "as_of date: Run whose row was read; null if the state is withdrawn.",
        "channel text: Channel.",
        "sequence long: Number of the publication, from 1, without a gap in a channel.",
        "run_date date: Run whose row gives the state; of what waits or is excluded, the first run"
        " that had it; of a withdrawn state, the newest run.",
        "txn_id text: Transaction; null if the subject is a line.",
        "line_id text: Statement line; null if the row has a transaction only.",
        "pair_txn_id text: Transaction that a later state, a duplicate or a reversal is about, or"
        " that speaks for a line that is withdrawn; null if there is none.",
        "kind text: What moved the money: PAYMENT, REFUND, PAYOUT ...",
        "our_ref text: Our reference; null if there is none.",
        "channel_ref text: The channel's reference; null if there is none.",
        "order_ref text: Reference of the order; null if there is none.",
        "was text: Outcome that was published last; null if none was, or if a transaction comes"
        " back after the look-back.",
        "now text: MATCHED, BREAK, SUSPENSE or EXCLUDED; null if the state is withdrawn.",
        "reasons texts: Reason codes; empty if there is none, null if the state is withdrawn.",
        "action text: What is asked for; null if the state is withdrawn.",
        "internal_status text: State of the transaction; null without one.",
        "statement_status text: State of the line; null without one.",
        "internal_amount long: Amount of the transaction, minor units; null without one.",
        "statement_amount long: Amount of the line, minor units; null without one.",
        "currency text: ISO 4217 currency of the line, else of the transaction.",
        "internal_currency text: ISO 4217 currency of the transaction; null without one.",
        "related texts: What speaks against moving money: ids in order, five at most.",
        "withdrawn flag: Whether the subject has no state any more: no row says anything of it, or"
        " its transaction speaks for the line.",
    ),
)
