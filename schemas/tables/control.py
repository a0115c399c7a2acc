"""Control tables: decisions by people, and the log of runs."""

from schemas.table import Table, columns_of

DECISIONS = Table(
    "decisions",
    "one row per step of a decision and row of `outcomes` that it is about, never changed:"
    " proposed, then approved or rejected; `run_date` is the run whose row it is about,"
    " `*_snapshot` and `reasons` are that row's when proposed",
    (),
    columns_of(
        "decision_id text: Id of the decision, the same in all its steps.",
        "step text: PROPOSED, CHECKED (by the first of two checkers), APPROVED or REJECTED.",
        "effect text: What is decided: PAIR, ACCEPT, NOT_OURS or WRITE_OFF.",
        "channel text: Channel.",
        "run_date date: Run date of the row that the decision is about.",
        "txn_id text: Transaction; null if the decision is about a line only.",
        "line_id text: Statement line; null if the decision is about a transaction only.",
        "txn_snapshot text: Status, amount and currency of the transaction when proposed, `|`"
        " between them; null without one.",
        "line_snapshot text: Status, amount and currency of the line when proposed, `|` between"
        " them; null without one.",
        "reasons text: Reason codes of the row when proposed, `+` between them; empty for PAIR.",
        "actor text: Who took the step.",
        "comment text: Reason that the actor gave; empty if none.",
        "created_at time: When the step was taken, UTC.",
        "unit_id text: Rows of a decision with one `unit_id` apply together or not at all: that of"
        " the row; `decision:` and the decision's id for a PAIR of several.",
        "status_of text: Whose status stands, OURS or THEIRS; null if no status differs.",
        "at_stake long: Money that the row was about when proposed, minor units of `currency`.",
        "currency text: ISO 4217 currency of `at_stake`.",
        "checkers int: How many people must approve, 1 or 2.",
    ),
    {
        "txn_was": "txn_snapshot",
        "line_was": "line_snapshot",
        "said_by": "actor",
        "said": "comment",
        "said_at": "created_at",
    },
)

RUNS = Table(
    "runs",
    "one row per job, channel and date that was carried out; `fingerprint` stands for all that"
    " went into a match, and is equal when nothing that goes in has changed",
    (),
    columns_of(
        "run_id text: Id of the run.",
        "job text: Job: ingest, match, accrue_fees, check_fees, check_settlement, export ...",
        "channel text: Channel; null for a run about no channel.",
        "business_date date: Date of the run.",
        "started_at time: When the run began, UTC.",
        "ended_at time: When the run ended, UTC.",
        "result text: DONE, or what was missing or failed.",
        "fingerprint text: Hash of what a match, an accrual or an order check read, or of the"
        " earlier files of a fee check; else null.",
        "versions_read counts: Version of each table that the run read.",
        "versions_written counts: Version of each table that the run wrote.",
        "counts counts: Rows by what they are.",
        "amounts counts: Amounts by currency, minor units.",
        "seconds seconds: Seconds by step.",
        "engine text: Engine: spark or sail.",
        "software_version text: Version of the software.",
    ),
)
