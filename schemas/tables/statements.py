"""Tables of what was received: files, statement lines, rejected lines, internal transactions."""

from pyspark.sql.types import ArrayType

from schemas.table import TYPES, Table, columns_of, struct_of
from schemas.vocabulary import Reference, normalized_column

#: References that a line or a transaction carries, as received.
REFERENCES = tuple(reference.value for reference in Reference)

TOTAL = struct_of(
    columns_of(
        "name text: Name of the total.",
        "currency text: ISO 4217 currency of an amount; null for a count.",
        "declared long: Value that the file declares, minor units or a count.",
        "computed long: Value that the accepted lines add up to.",
    )
)
TYPES["totals"] = ArrayType(TOTAL)

BALANCE_SPAN = struct_of(
    columns_of(
        "account text: Stands for the number of the bank account.",
        "account_tail text: Last four characters of the account number.",
        "currency text: ISO 4217 currency of the balances.",
        "first_number long: Number of the first statement; null if the bank gives none.",
        "opening_day date: Day of its opening balance; null if not there.",
        "opening long: Its opening balance, minor units.",
        "last_number long: Number of the last statement that follows; null if there is none.",
        "closing_day date: Day of its closing balance; null if not there.",
        "closing long: Its closing balance, minor units.",
    )
)
TYPES["balances"] = ArrayType(BALANCE_SPAN)


def _normalized_columns(*references: str) -> tuple[str, ...]:
    return tuple(
        f"{normalized_column(name)} text: `{name}` normalized for joining; null if empty."
        for name in references
    )


_FILE_COLUMNS = (
    "channel text: Channel; null for a snapshot.",
    "business_date date: Business date that the file is about; null if it could not be told.",
    "part text: Part of the day, empty if the day comes in one file; null if not known.",
    "version int: Number of the version of this part, from 1; null if it never got one.",
    "status text: Status: RECEIVED, ACCEPTED, QUARANTINED, SUPERSEDED, DUPLICATE or WITHDRAWN.",
    "file_id text: SHA-256 of the bytes as received.",
    "file_name text: Name under which the file arrived.",
    "archived_path text: Path of the kept bytes, relative to the lake.",
    "byte_size long: Size of the file, bytes.",
    "line_count long: Accepted lines; null if the file was not read.",
    "rejected_count long: Lines that could not be read; null if the file was not read.",
    "totals totals: Control totals, declared and computed; null if the file was not read.",
    "reason text: Why the file was refused or replaced; null if it was not.",
    "received_at time: When the file was taken in, UTC.",
)

STATEMENT_FILES = Table(
    "statement_files",
    "one row per received statement file and reception",
    (),
    columns_of(
        *_FILE_COLUMNS,
        "clear_payers text: How payers' names begin that the lines have in clear, one a line; null"
        " if all are masked.",
        "balances balances: Of a bank's file, the balances of each account from gap to gap, in the"
        " order of the statements; null if it has none.",
    ),
)

SNAPSHOT_FILES = Table(
    "snapshot_files",
    "one row per received internal snapshot or part of one (all its files together) and reception;"
    " channel is null and `file_id` is the SHA-256 of the files' SHA-256 in order",
    (),
    columns_of(
        *_FILE_COLUMNS,
        "channels counts: Accepted rows by channel, without those that a part listed later has.",
    ),
)

STATEMENT_LINES = Table(
    "statement_lines",
    "one row per accepted statement line; net of a line is amount - fee",
    ("business_date", "channel"),
    columns_of(
        "line_id text: Id of the line: `file_id`, a colon, the line number in nine digits.",
        "file_id text: SHA-256 of the file that the line came from.",
        "line_no long: Number of the line in the file, from 1.",
        "business_date date: Business date of the statement.",
        "channel text: Channel.",
        "kind text: What moved the money: PAYMENT, REFUND, PAYOUT ...",
        "status text: State of the trade: SUCCEEDED, PENDING, FAILED, CLOSED or REVERSED.",
        "amount long: Gross amount, minor units of `currency`, positive when money comes in.",
        "fee long: Fee that the channel charged, minor units; null if the statement has none.",
        "currency text: ISO 4217 currency of `amount` and `fee`.",
        "our_ref text: Our reference; null if the statement has none.",
        "channel_ref text: The channel's reference; null if the statement has none.",
        "order_ref text: Reference of the order; null if the statement has none.",
        "batch_ref text: Reference of the settlement batch; null if the statement has none.",
        "original_ref text: Reference of the trade that a refund or return is about; else null.",
        "traded_at time: When the trade took place, UTC; null if the statement has no time.",
        "settlement_date date: When the channel settles; null if the statement does not say.",
        "account_tail text: Last digits of the payer's account; null if not there.",
        "payer_name text: Name of the payer; null if not there.",
        "merchant_id text: Merchant id at the channel; null if not there.",
        "terminal_id text: Terminal id; null if not there.",
        "product text: Product of the channel; null if not there.",
        "card_type text: Type of card; null if not there.",
        "text text: What the bank says of the payment, account numbers masked; null if not there.",
        "settlement_amount long: Net amount as settled, minor units; null if not there.",
        "settlement_currency text: ISO 4217 currency of `settlement_amount`; null without one.",
        *_normalized_columns(*REFERENCES),
        "extra extra: Further columns of the file by name; money as decimal text in major units;"
        " null if there are none.",
    ),
)

REJECTED_LINES = Table(
    "rejected_lines",
    "one row per line that could not be read, with the raw text (account numbers masked)",
    ("business_date", "channel"),
    columns_of(
        "file_id text: SHA-256 of the file that the line came from.",
        "line_no long: Number of the line in the file, from 1.",
        "business_date date: Business date of the statement.",
        "channel text: Channel.",
        "raw text: Text of the line, account numbers masked.",
        "reason text: Error code and message.",
    ),
)

INTERNAL_TRANSACTIONS = Table(
    "internal_transactions",
    "one row per `txn_id` and business date: the state at the end of that day",
    ("business_date", "channel"),
    columns_of(
        "txn_id text: Id of the transaction.",
        "file_id text: Id of the snapshot that the row came from; null in rows of earlier versions"
        " of the software.",
        "business_date date: Business date of the snapshot.",
        "channel text: Channel that the transaction went through.",
        "kind text: What moved the money: PAYMENT, REFUND, PAYOUT ...",
        "status text: State of the transaction: SUCCEEDED, PENDING, FAILED, CLOSED or REVERSED.",
        "amount long: Amount, minor units of `currency`, positive when money comes in.",
        "currency text: ISO 4217 currency of `amount`.",
        "occurred_at time: When the transaction took place, UTC.",
        "our_ref text: Our reference, which the channel repeats; null if there is none.",
        "channel_ref text: The channel's reference; null if not known yet.",
        "order_ref text: Reference of the order; null if there is none.",
        "order_amount long: Amount of the whole order, minor units; null if not there.",
        "batch_ref text: Reference of the settlement batch; null if not known.",
        "original_txn_id text: Transaction that a refund or return is about; else null.",
        "account_tail text: Last digits of the payer's account; null if not there.",
        "payer_name text: Name of the payer; null if not there.",
        "merchant_id text: Merchant id at the channel; null if not there.",
        "product text: Product of the channel; null if not there.",
        "card_type text: Type of card; null if not there.",
        "updated_at time: When the transaction changed last, UTC; null if not there.",
        *_normalized_columns("our_ref", "channel_ref", "order_ref", "batch_ref"),
    ),
)
