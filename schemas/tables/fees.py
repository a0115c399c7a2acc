"""Tables of the fee check: lines whose fee differs, and totals by entry of the fee schedule."""

from pyspark.sql.types import ArrayType

from schemas.table import TYPES, Table, columns_of, struct_of

COMPONENT = struct_of(
    columns_of(
        "name text: Name of the component; `fee` if the entry has one price, `tax` on top of it.",
        "due long: What is due of it, minor units.",
    )
)
TYPES["components"] = ArrayType(COMPONENT)

FEE_CHECKS = Table(
    "fee_checks",
    "one row per line whose fee is not what is due, and per batch with one price; difference ="
    " charged - due",
    ("business_date", "channel"),
    columns_of(
        "business_date date: Business date of the statement.",
        "channel text: Channel.",
        "line_id text: Statement line; null for a batch with one price.",
        "kind text: Kind of the line; null for a batch.",
        "our_ref text: Our reference; null if there is none.",
        "channel_ref text: The channel's reference; null if there is none.",
        "currency text: ISO 4217 currency of the amounts.",
        "amount long: Gross amount of the line, minor units.",
        "charged long: Fee that the channel charged, minor units; null if the line has none.",
        "due long: Fee due by the schedule, minor units; null if no entry applies.",
        "difference long: Charged less due, minor units; null if no entry applies; what is charged"
        " on the line where FEE lines bear the fee.",
        "result text: OVERCHARGED, UNDERCHARGED, FEE_MISSING or NO_SCHEDULE.",
        "schedule text: Name of the entry that applies; null if none does.",
        "txn_id text: Transaction of the line's pair on the run of its own date; null without one.",
        "batch_ref text: Reference of the settlement batch; null if the statement has none, the"
        " date in the row of such a batch.",
        "components components: What is due, by component; null if nothing is priced.",
        "line_product text: Product that the line says; null if not there.",
        "line_card_type text: Type of card that the line says; null if not there.",
        "explanation text: How the fee due was computed, in major units.",
    ),
)

FEE_TOTALS = Table(
    "fee_totals",
    "one row per channel, business date, entry of the fee schedule and currency",
    ("business_date", "channel"),
    columns_of(
        "business_date date: Business date of the statement.",
        "channel text: Channel.",
        "schedule text: Name of the entry; null for lines to which none applies.",
        "currency text: ISO 4217 currency of the amounts.",
        "lines long: Lines to which the entry applies.",
        "amount long: Sum of gross amounts, minor units.",
        "charged long: Sum of fees charged, minor units.",
        "due long: Sum of fees due, minor units; null if no entry applies.",
        "difference long: Charged less due, minor units; null if no entry applies; what is charged"
        " on lines where FEE lines bear the fee.",
        "tax long: Tax within the fees due, minor units; null as `due`.",
        "passed_through long: What is due as the lines say, minor units; null as `due`.",
        "tolerated_lines long: Lines that are OK although charged is not due.",
        "tolerated long: Charged less due of these lines, minor units.",
        "attribute_differs long: Lines that say another product, card type or merchant than their"
        " transaction; null if no entry asks for them.",
        "refunds_without_payment long: Refunds whose payment was not found.",
        "accrued long: Fee due by our own transactions of the date (`fee_accruals`), minor units;"
        " null if one of them has no entry.",
        "volume_complete flag: Whether each date has a whole statement whose volume was read; null"
        " if the entry asks for no volume.",
        "fee_lines long: What FEE lines charge that the entry's `billed` names, minor units.",
    ),
)

FEE_ACCRUALS = Table(
    "fee_accruals",
    "one row per transaction on the first snapshot date on which it SUCCEEDED, and one where it"
    " ended otherwise after that; written before any statement is there",
    ("business_date", "channel"),
    columns_of(
        "business_date date: Date of the snapshot.",
        "channel text: Channel.",
        "txn_id text: Transaction.",
        "kind text: Kind of the transaction.",
        "currency text: ISO 4217 currency of the amounts.",
        "amount long: Amount of the transaction, minor units.",
        "product text: Product of the channel; null if not there.",
        "card_type text: Type of card; null if not there.",
        "schedule text: Name of the entry that applies; null if none does.",
        "due long: Fee due by our own data, minor units; where a transaction ended otherwise, minus"
        " what was due when it SUCCEEDED; null if no entry applies.",
        "taken_date date: Date of the row that this one takes back; null on an accrual.",
    ),
)

FEE_VOLUMES = Table(
    "fee_volumes",
    "one row per channel, business date, merchant and currency with payments or refunds that count",
    ("business_date", "channel"),
    columns_of(
        "business_date date: Business date of the statement.",
        "channel text: Channel.",
        "merchant_id text: Merchant; null for lines without one.",
        "currency text: ISO 4217 currency of the amounts.",
        "gross long: SUCCEEDED payments less those taken back, minor units.",
        "refunds long: SUCCEEDED refunds less those taken back, minor units, as a size.",
        "by_transaction flag: Whether merchants are those of the lines' transactions where these"
        " have one; false: as the lines say.",
    ),
)

FEE_MONTHS = Table(
    "fee_months",
    "one row per channel, month, entry of the fee schedule and currency",
    ("month", "channel"),
    columns_of(
        "month date: First day of the month.",
        "channel text: Channel.",
        "schedule text: Name of the entry.",
        "currency text: ISO 4217 currency of the amounts.",
        "lines long: Lines to which the entry applies.",
        "amount long: Sum of their gross amounts, minor units.",
        "due long: Sum of the fees due on them, minor units.",
        "minimum long: Least fee of the month, minor units; null if the entry has none.",
        "fixed long: Fee of the month beside that of the lines, minor units; null if none.",
        "true_up long: Minimum less due, if above 0, minor units; null until `complete`.",
        "charged long: Sum of the fees charged on the lines, minor units.",
        "fee_lines long: What FEE lines charge for the month, minor units.",
        "difference long: Charged, on lines and by FEE lines, less due, fixed and true-up; null"
        " until `complete`.",
        "complete flag: Whether each date that counts has a whole statement, or a marker, and a fee"
        " check.",
    ),
)
