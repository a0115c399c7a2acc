"""Tables of what follows a match: status updates for the transaction system, the life of breaks."""

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

#: What is known of a break after a run.
_BREAK_COLUMNS = (
    "break_id text: Id of the break, the same whatever happens to it: hash of channel, class and"
    " `txn_id`, else of what the line says.",
    "class text: ONE_SIDE, PAIR, DUPLICATE, CHANGE or LATER_STATE.",
    "state text: OPEN or CLOSED.",
    "opened_on date: Run date of the first row that broke.",
    "closed_on date: Run date that closed it, or the day of the decision; null while open.",
    "closed_by text: LATE_MATCH, CORRECTED, DECISION, REISSUED_STATEMENT or CHANGED_SNAPSHOT; null"
    " while open.",
    "kind text: What moved the money: PAYMENT, REFUND, PAYOUT ...",
    "reasons texts: Reason codes of the row that broke last, in the order of the rules.",
    "action text: What the reviewer is asked to do.",
    "at_stake long: What the break may cost, minor units of `currency`: |difference| where only the"
    " amounts differ, else |amount| of the line, of ours where there is no line.",
    "currency text: ISO 4217 currency of the line, else of the transaction.",
    "txn_id text: Transaction; null if there is none.",
    "line_id text: Statement line; null if there is none.",
    "pair_txn_id text: Transaction that a later state, a duplicate or a reversal is about; null if"
    " there is none.",
    "our_ref text: Our reference; null if there is none.",
    "channel_ref text: The channel's reference; null if there is none.",
    "order_ref text: Reference of the order; null if there is none.",
    "internal_status text: State of the transaction when it was last seen; null without one.",
    "statement_status text: State of the line; null without one.",
    "internal_amount long: Amount of the transaction when it was last seen, minor units; null"
    " without one.",
    "statement_amount long: Amount of the line, minor units; null without one.",
    "internal_currency text: ISO 4217 currency of the transaction when it was last seen; null"
    " without one.",
    "first_id text: Id of the break of the first of equal lines; `break_id` if there is one line,"
    " or a transaction.",
    "equal_number int: Number of the line among equal ones, from 1.",
)

BREAKS = Table(
    "breaks",
    "one row per subject (`txn_id`, else `line_id`) that ever broke, and class of break; see"
    " docs/reference/breaks.md",
    ("closed_month", "channel"),
    columns_of(
        "closed_month date: First day of the month in which it was closed; 9999-12-01 while open.",
        "channel text: Channel.",
        *_BREAK_COLUMNS,
        "owner text: Who looks after it; null if nobody does.",
        "due_on date: Until when it is to be closed, by the profile; null if no rule fits.",
        "last_event_on date: Run date that changed it last.",
    ),
)

BREAK_EVENTS = Table(
    "break_events",
    "one row per break and run that changed it: what it was after that run",
    ("run_date", "channel"),
    columns_of(
        "run_date date: Date of the run.",
        "channel text: Channel.",
        "event text: OPENED, SENT_AGAIN (our side has other values, the break stays), LATE_MATCH,"
        " CORRECTED or DECISION.",
        "matched_by text: Pass or decision of the row of `outcomes`; null if there is none.",
        *_BREAK_COLUMNS,
    ),
)

BREAK_NOTES = Table(
    "break_notes",
    "one row per note on a break or assignment of it to a person, never changed",
    (),
    columns_of(
        "break_id text: Break.",
        "channel text: Channel.",
        "step text: ASSIGN or NOTE.",
        "owner text: To whom it was assigned; null for a note.",
        "comment text: The note; empty if there is none.",
        "actor text: Who wrote it; empty if not known.",
        "created_at time: When it was written, UTC.",
    ),
)
