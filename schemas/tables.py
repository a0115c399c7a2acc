"""The tables of the lake: one `Table` each, with its grain, partitions and columns.

Amounts are BIGINT minor units next to an ISO 4217 currency, timestamps are UTC, `*_norm` columns
are references normalized for joining. Source: docs/reference/tables.md.
"""

from pyspark.sql.types import ArrayType

from schemas.table import TYPES, columns_of
from schemas.table import Table as Table
from schemas.vocabulary import Reference, normalized

REFERENCES = tuple(reference.value for reference in Reference)

TOTAL = columns_of("text: name currency", "long: declared computed")
TYPES["totals"] = ArrayType(TOTAL)
_NORMALIZED = " ".join(normalized(reference) for reference in REFERENCES)

#: What a row of `outcomes` is found by on later runs: hashes of its line's references and txn_id.
HASH_COLUMNS = ("our_mark", "channel_mark", "txn_mark")

_FILE_COLUMNS = (
    "text: channel",
    "date: business_date",
    "text: part",
    "int: version",
    "text: status file_id file_name archived_path",
    "long: byte_size line_count rejected_count",
    "totals: totals",
    "text: reason",
    "time: received_at",
)

_RECEIVED = "one row per received statement file and reception"
STATEMENT_FILES = Table("statement_files", _RECEIVED, (), columns_of(*_FILE_COLUMNS))

SNAPSHOT_FILES = Table(
    "snapshot_files",
    "one row per received internal snapshot (all its files together) and reception; channel is null"
    " and `file_id` is the SHA-256 of the files' SHA-256 in order",
    (),
    columns_of(*_FILE_COLUMNS, "counts: channels"),
)

STATEMENT_LINES = Table(
    "statement_lines",
    "one row per accepted statement line; net of a line is amount - fee",
    ("business_date", "channel"),
    columns_of(
        "text: line_id file_id",
        "long: line_no",
        "date: business_date",
        "text: channel kind status",
        "long: amount fee",
        "text: currency our_ref channel_ref order_ref batch_ref original_ref",
        "time: traded_at",
        "date: settlement_date",
        "text: account_tail payer_name merchant_id terminal_id product card_type",
        "long: settlement_amount",
        "text: settlement_currency",
        f"text: {_NORMALIZED}",
    ),
)

REJECTED_LINES = Table(
    "rejected_lines",
    "one row per line that could not be read, with the raw text (account numbers masked)",
    ("business_date", "channel"),
    columns_of("text: file_id", "long: line_no", "date: business_date", "text: channel raw reason"),
)

INTERNAL_TRANSACTIONS = Table(
    "internal_transactions",
    "one row per `txn_id` and business date: the state at the end of that day",
    ("business_date", "channel"),
    columns_of(
        "text: txn_id",
        "date: business_date",
        "text: channel kind status",
        "long: amount",
        "text: currency",
        "time: occurred_at",
        "text: our_ref channel_ref order_ref",
        "long: order_amount",
        "text: batch_ref original_txn_id account_tail payer_name merchant_id product card_type",
        "time: updated_at",
        "text: our_ref_norm channel_ref_norm order_ref_norm batch_ref_norm",
    ),
)

OUTCOMES = Table(
    "outcomes",
    "one row per pair, per member of a group, or per item left alone; every `txn_id` and every"
    " `line_id` at most once per run date; `*_norm` and `traded_at` are the line's; `*_mark` are"
    " hashes of kind and reference (of `txn_id` alone), by which later runs ask what was closed",
    ("run_date", "channel"),
    columns_of(
        "date: run_date",
        "text: channel unit_id outcome",
        "texts: reasons",
        "text: action matched_by txn_id line_id kind our_ref channel_ref order_ref",
        "text: currency internal_currency",
        "long: internal_amount statement_amount difference",
        "text: internal_status statement_status",
        "date: internal_date statement_date",
        "long: fee",
        "date: first_run_date",
        "int: chances",
        "text: duplicate_of our_ref_norm channel_ref_norm",
        "time: traded_at",
        f"long: {' '.join(HASH_COLUMNS)}",
    ),
)

CANDIDATES = Table(
    "candidates",
    "one row per AMBIGUOUS item of a run and one of the nearest it could be meant with, by pass;"
    " `rank` 1 is the likeliest, `candidate_count` is how many there are in all",
    ("run_date", "channel"),
    columns_of(
        "date: run_date",
        "text: channel pass side unit_id candidate_id",
        "int: rank",
        "long: candidate_count seconds_apart amount",
        "text: currency differs",
    ),
)

#: Columns of one item of either side as the match carries it; `at` is traded_at or occurred_at.
ITEM_COLUMNS = (
    "text: side txn_id line_id kind status",
    "long: amount fee",
    "text: currency our_ref channel_ref order_ref batch_ref",
    "text: our_ref_norm channel_ref_norm order_ref_norm batch_ref_norm",
    "time: at",
    "date: item_date",
    "text: account_tail payer_name merchant_id terminal_id",
    "date: first_run_date",
    "int: chances",
    "date: broke_on",
)


def item_types() -> dict[str, str]:
    """The columns of an item and their types, in order."""
    return {field.name: field.dataType.simpleString() for field in columns_of(*ITEM_COLUMNS)}


OPEN_ITEMS = Table(
    "open_items",
    "one row per item that is open after the run, on the side it stands on",
    ("run_date", "channel"),
    columns_of("date: run_date", "text: channel", *ITEM_COLUMNS),
)

SETTLED_ITEMS = Table(
    "settled_items",
    "one row per item of the run's own date that the run settled in its steps; kept while a"
    " statement comes in parts, so that the next part need not look at the whole day again",
    ("run_date", "channel"),
    columns_of("date: run_date", "text: channel", *ITEM_COLUMNS),
)

MATCHED_PARTS = Table(
    "matched_parts",
    "one row per channel and date whose statement comes in parts: what the latest run of it had"
    " before it and what it left (JSON), for the run on the next part",
    (),
    columns_of("text: channel", "date: business_date", "text: told"),
)

FEE_CHECKS = Table(
    "fee_checks",
    "one row per line whose fee is not what is due; difference = charged - due",
    ("business_date", "channel"),
    columns_of(
        "date: business_date",
        "text: channel line_id kind our_ref channel_ref currency",
        "long: amount charged due difference",
        "text: result schedule",
    ),
)

FEE_TOTALS = Table(
    "fee_totals",
    "one row per channel, business date, entry of the fee schedule and currency",
    ("business_date", "channel"),
    columns_of(
        "date: business_date",
        "text: channel schedule currency",
        "long: lines amount charged due difference",
    ),
)

DECISIONS = Table(
    "decisions",
    "one row per step of a decision, never changed: proposed, then approved or rejected; `run_date`"
    " is the run whose row it is about, `*_was` and `reasons` what it said then",
    (),
    columns_of(
        "text: decision_id step effect channel",
        "date: run_date",
        "text: txn_id line_id txn_was line_was reasons said_by said",
        "time: said_at",
    ),
)

RUNS = Table(
    "runs",
    "one row per job, channel and date that was carried out; `fingerprint` stands for all that"
    " went into a match, and is equal when nothing that goes in has changed",
    (),
    columns_of(
        "text: run_id job channel",
        "date: business_date",
        "time: started_at ended_at",
        "text: result fingerprint",
        "counts: versions_read versions_written counts amounts",
        "seconds: seconds",
        "text: engine software_version",
    ),
)

TABLES = (
    STATEMENT_FILES,
    SNAPSHOT_FILES,
    STATEMENT_LINES,
    REJECTED_LINES,
    INTERNAL_TRANSACTIONS,
    OUTCOMES,
    CANDIDATES,
    OPEN_ITEMS,
    SETTLED_ITEMS,
    MATCHED_PARTS,
    FEE_CHECKS,
    FEE_TOTALS,
    DECISIONS,
    RUNS,
)
