"""Tables of the match: outcomes, candidates, open items, and the state of days in parts."""

from schemas.table import Table, columns_of, struct_of

#: Hashes by which later runs find a row of `outcomes`: of its line's references, its txn_id, and
#: the our_ref of its transaction; and the mark of what may be voided.
HASH_COLUMNS = ("our_mark", "channel_mark", "txn_mark", "internal_mark", "void_mark")

OUTCOMES = Table(
    "outcomes",
    "one row per pair, per member of a group, or per item left alone; every `txn_id` and every"
    " `line_id` at most once per run date; `*_norm` and `traded_at` are the line's; `*_mark` are"
    " hashes of kind and reference (of `txn_id` alone), by which later runs ask what was closed",
    ("run_date", "channel"),
    columns_of(
        "run_date date: Date of the run.",
        "channel text: Channel.",
        "unit_id text: Id of what stands together: `txn_id`, else `line_id`; a group has one id.",
        "outcome text: MATCHED, BREAK, SUSPENSE (waits for a later run) or EXCLUDED.",
        "reasons texts: Reason codes, in the order of the rules; empty if there is none.",
        "action text: What the reviewer is asked to do; NONE if nothing.",
        "matched_by text: Pass or decision that paired the row; null if it is not paired.",
        "txn_id text: Transaction; null if the row has a line only.",
        "line_id text: Statement line; null if the row has a transaction only.",
        "kind text: Kind of the transaction, else of the line.",
        "our_ref text: Our reference; null if there is none.",
        "channel_ref text: The channel's reference; null if there is none.",
        "order_ref text: Reference of the order; null if there is none.",
        "currency text: ISO 4217 currency of the line; null without a line.",
        "internal_currency text: ISO 4217 currency of the transaction; null without one.",
        "internal_amount long: Amount of the transaction, minor units; null without one.",
        "statement_amount long: Amount of the line, minor units; null without one.",
        "difference long: Statement amount less internal amount, minor units; null if one-sided.",
        "internal_status text: State of the transaction; null without one.",
        "statement_status text: State of the line; null without one.",
        "internal_date date: Business date of the transaction; null without one.",
        "statement_date date: Business date of the line; null without one.",
        "fee long: Fee of the line, minor units; null without one.",
        "first_run_date date: First run date that had the item.",
        "chances int: Matching attempts: run dates so far on which the other side was there.",
        "duplicate_of text: Id of the item that this one repeats; null if it repeats none.",
        "related texts: What was found of a break that speaks against moving money: ids in order,"
        " five at most; null where nothing was looked up.",
        "overruled_by text: Later line of the same `channel_ref` that says another status, by which"
        " step 3 put this one away; null otherwise.",
        "internal_kind text: Kind of the transaction where it is not the line's; null otherwise.",
        "internal_our_ref_norm text: The transaction's `our_ref` normalized, where it is not the"
        " line's; empty if it has none; null where it is the line's, or without a transaction.",
        "our_ref_norm text: The line's `our_ref` normalized for joining; null if empty.",
        "channel_ref_norm text: The line's `channel_ref` normalized for joining; null if empty.",
        "traded_at time: When the line's trade took place, UTC; null if not known.",
        "our_mark long: Hash of the line's kind and `our_ref_norm`; null without one.",
        "channel_mark long: Hash of the line's kind and `channel_ref_norm`; null without one.",
        "txn_mark long: Hash of `txn_id`; null without one.",
        "internal_mark long: Hash of the transaction's kind and `our_ref`, where they are not the"
        " line's; null otherwise.",
        "void_mark long: 1 where the line SUCCEEDED and its transaction does not stand, and on a"
        " line that voids one; null otherwise.",
    ),
)

CANDIDATES = Table(
    "candidates",
    "one row per AMBIGUOUS item of a run and one of the nearest it could be meant with, by pass;"
    " `rank` 1 is the likeliest, `candidate_count` is how many there are in all; the pass SUM has"
    " the items of the other side that add up to a one-sided item",
    ("run_date", "channel"),
    columns_of(
        "run_date date: Date of the run.",
        "channel text: Channel.",
        "pass text: Pass in which the item has several candidates.",
        "side text: Side of the item: INTERNAL or STATEMENT.",
        "unit_id text: Id of the item.",
        "candidate_id text: Id of the candidate, on the other side.",
        "rank int: Position of the candidate, 1 is the likeliest.",
        "candidate_count long: Candidates of the item in this pass.",
        "seconds_apart long: Seconds between the two; null if one has no time.",
        "amount long: Amount of the candidate, minor units.",
        "currency text: ISO 4217 currency of the candidate.",
        "differs text: Columns in which the candidate differs from the item; empty if none.",
    ),
)

#: Columns of one item of either side as the match carries it.
ITEM_COLUMNS = (
    "side text: Side of the item: INTERNAL or STATEMENT.",
    "txn_id text: Transaction; null on the statement side.",
    "line_id text: Statement line; null on the internal side.",
    "kind text: What moved the money: PAYMENT, REFUND, PAYOUT ...",
    "status text: State of the item: SUCCEEDED, PENDING, FAILED, CLOSED or REVERSED.",
    "amount long: Amount, minor units of `currency`, positive when money comes in.",
    "fee long: Fee of the line, minor units; null without one.",
    "currency text: ISO 4217 currency.",
    "our_ref text: Our reference; null if there is none.",
    "channel_ref text: The channel's reference; null if there is none.",
    "order_ref text: Reference of the order; null if there is none.",
    "batch_ref text: Reference of the settlement batch; null if there is none.",
    "our_ref_norm text: `our_ref` normalized for joining; null if empty.",
    "channel_ref_norm text: `channel_ref` normalized for joining; null if empty.",
    "order_ref_norm text: `order_ref` normalized for joining; null if empty.",
    "batch_ref_norm text: `batch_ref` normalized for joining; null if empty.",
    "at time: `traded_at` of a line, `occurred_at` of a transaction, UTC; null if not known.",
    "item_date date: Business date of the item.",
    "account_tail text: Last digits of the payer's account; null if not there.",
    "payer_name text: Name of the payer; null if not there.",
    "merchant_id text: Merchant id at the channel; null if not there.",
    "terminal_id text: Terminal id; null if not there.",
    "product text: Product of the channel; null if not there.",
    "card_type text: Type of card; null if not there.",
    "text text: What the bank says of the payment; null if not there.",
    "first_run_date date: First run date that had the item.",
    "chances int: Matching attempts: run dates so far on which the other side was there.",
    "broke_on date: Run date on which the item became a BREAK; null while it waits.",
    "group_id text: Unit id of the broken group that holds the item; null if none does.",
    "copy_of text: Line that this one may be a copy of; null if none.",
    "written_off text: Decision that wrote the item off; null if none did.",
)


def item_types() -> dict[str, str]:
    """The columns of an item and their types, in order."""
    schema = struct_of(columns_of(*ITEM_COLUMNS))
    return {field.name: field.dataType.simpleString() for field in schema}


_OF_RUN = ("run_date date: Date of the run.", "channel text: Channel.")

OPEN_ITEMS = Table(
    "open_items",
    "one row per item that is open after the run, on the side it stands on",
    ("run_date", "channel"),
    columns_of(*_OF_RUN, *ITEM_COLUMNS),
)

SETTLED_ITEMS = Table(
    "settled_items",
    "one row per item of the run's own date that the run settled in its steps; kept while a"
    " statement comes in parts, so that the next part need not look at the whole day again",
    ("run_date", "channel"),
    columns_of(*_OF_RUN, *ITEM_COLUMNS),
)

MATCHED_PARTS = Table(
    "matched_parts",
    "one row per channel and date whose statement comes in parts: what the latest run of it had"
    " before it and what it left, for the run on the next part",
    (),
    columns_of(
        "channel text: Channel.",
        "business_date date: Business date.",
        "state_json text: State that the latest run saved, JSON: inputs, data files, sums.",
    ),
    {"told": "state_json"},
)
