"""Tables of settlement: batches, what became of them, and what channels owe."""

from schemas.table import Table, columns_of

_KEY_COLUMNS = (
    "batch text: Normalized reference of the batch, or its date as YYYY-MM-DD; null for money that"
    " has no batch.",
)
_SUM_COLUMNS = (
    "gross long: Sum of PAYMENT and TOP_UP, minor units.",
    "refunds long: Sum of REFUND as signed on the lines, minor units.",
    "chargebacks long: Sum of CHARGEBACK as signed on the lines, minor units.",
    "other long: Sum of all other lines but SETTLEMENT and FEE, minor units.",
    "fees long: Fees of lines and FEE lines, positive where we pay them, minor units.",
    "net long: gross + refunds + chargebacks + other - fees, minor units.",
)

SETTLEMENT_BATCHES = Table(
    "settlement_batches",
    "one row per batch key, `per` and currency of a date's statement lines",
    ("business_date", "channel"),
    columns_of(
        "business_date date: Business date of the lines.",
        "channel text: Channel.",
        *_KEY_COLUMNS,
        "key_kind text: reference, date, or unclosed; null for lines that go to the carried money.",
        "per text: What carrying never crosses, such as the merchant; empty if nothing.",
        "currency text: ISO 4217 currency of the sums.",
        "position int: Order of the batches of a date where SETTLEMENT lines close them, else 0.",
        "lines long: Lines, those of kind SETTLEMENT apart.",
        *_SUM_COLUMNS,
        "settlement_lines long: SETTLEMENT lines.",
        "settlements long: Sum of SETTLEMENT lines as signed, minor units.",
        "names texts: Normalized references of the SETTLEMENT line that closes the batch.",
        "failed text: Payouts that came back, as JSON: amount and the reference that they name;"
        " null if none did.",
    ),
)

SETTLEMENT_CHECKS = Table(
    "settlement_checks",
    "one row per batch, waiting credit or carried money that is open or was closed on a run date;"
    " see docs/reference/settlement.md",
    ("run_date", "channel"),
    columns_of(
        "run_date date: Run that says it.",
        "channel text: Channel.",
        *_KEY_COLUMNS,
        "batch_no int: Number of the batch of this key, from 1; null for money without a batch.",
        "per text: What carrying never crosses, such as the merchant; empty if nothing.",
        "batch_date date: First date of the batch, or date of the credit; null for carried money.",
        "currency text: ISO 4217 currency of all amounts of the row.",
        "lines long: Lines, those of kind SETTLEMENT apart.",
        *_SUM_COLUMNS,
        "carried_in long: Carried to the batch from earlier ones, minor units.",
        "carried_out long: Handed on to later batches, minor units.",
        "declared long: What the channel says that it pays, minor units; null if it does not say.",
        "expected long: What the bank account is to receive, minor units.",
        "credited long: What it received, minor units.",
        "difference long: credited - expected, minor units; 0 for what is carried.",
        "due_date date: When the batch is due; null without a batch, or past the calendar's end.",
        "result text: SETTLED, SHORT, OVER, CARRIED, PENDING, LATE, MISSING, AMBIGUOUS, RETURNED,"
        " UNKNOWN_CREDIT, BEFORE_START, DECLARED_DIFFERS or UNMATCHED_SETTLEMENT.",
        "reasons texts: RETURNED, LATE, AMBIGUOUS, BANK_STATEMENT_MISSING, as far as they hold.",
        "action text: NONE, WAIT, QUERY, CLAIM or REVIEW.",
        "credit_line_ids texts: Bank lines that paid the batch, or the credit itself.",
        "matched_by text: reference, amount, batches or credits; null if unpaid.",
        "ours long: What the batch is by our own books: OURS and FEE_DUE of `settlement_bridge`,"
        " minor units; null without a batch.",
    ),
)

SETTLEMENT_BRIDGE = Table(
    "settlement_bridge",
    "one row per batch and cause of a date: from our books to what the channel must pay; per batch"
    " the rows of a date add up to what `expected` grew by on it",
    ("business_date", "channel"),
    columns_of(
        "business_date date: Date of the lines and of our transactions.",
        "channel text: Channel.",
        *_KEY_COLUMNS,
        "batch_no int: Number of the batch of this key, from 1; null for money without a batch.",
        "per text: What carrying never crosses, such as the merchant; empty if nothing.",
        "currency text: ISO 4217 currency of the amount.",
        "cause text: OURS, FEE_DUE, IN_TRANSIT_OUT, IN_TRANSIT_IN, AMOUNT_DIFFERENCE, OUT_OF_SCOPE,"
        " DUPLICATE, FEE_DIFFERENCE, CARRIED, DECLARED_DIFFERENCE or UNEXPLAINED.",
        "amount long: What the cause adds to what the channel must pay, minor units.",
    ),
)

SETTLEMENT_OPEN = Table(
    "settlement_open",
    "one row per batch, credit or sum of money that a run date hands to the next one",
    ("run_date", "channel"),
    columns_of(
        "run_date date: Run that hands it on.",
        "channel text: Channel.",
        "item text: BATCH, CREDIT, CARRIED, CLOSING or RESOLVED.",
        "item_id text: What tells the item from others of its kind.",
        "currency text: ISO 4217 currency of the amount.",
        "amount long: What is still expected, came, waits, or is owed, minor units.",
        "result text: Result of the run; null where the item has none.",
        "content text: The item with all its values, as JSON.",
    ),
)

CHANNEL_BALANCES = Table(
    "channel_balances",
    "one row per currency of a channel and date: what the channel owes us",
    ("business_date", "channel"),
    columns_of(
        "business_date date: Date.",
        "channel text: Channel.",
        "currency text: ISO 4217 currency of all amounts of the row.",
        "opening long: closing of the date before, minor units.",
        "net long: Nets of the date's lines, minor units.",
        "credited long: Bank lines that the date gives to the channel, minor units.",
        "closing long: opening + net - credited = open + unresolved, minor units.",
        "open long: Expected less credited of open batches, and carried money, minor units.",
        "unresolved long: All else, the sum of the columns below, minor units.",
        "waiting long: Minus the credits that wait, minor units.",
        "missing long: Closed without a credit, minor units.",
        "short long: What closed batches lack, minor units.",
        "over long: Minus what closed batches got too much, minor units.",
        "unknown long: Minus the credits that nobody knows, minor units.",
        "declared long: Net less what was declared, minor units.",
        "tolerance long: Lacking within tolerance, minor units.",
    ),
)

BANK_LINES_USED = Table(
    "bank_lines_used",
    "one row per line of a bank account's statement: the channel that it pays, or none",
    ("business_date", "bank"),
    columns_of(
        "business_date date: Business date of the bank's file.",
        "bank text: Channel of the bank account.",
        "line_id text: Bank line.",
        "channel text: Channel whose balance the line pays; null if none.",
        "run_date date: Run that gave the line to the channel, or found that it is nobody's; null"
        " while the line is tried again.",
        "is_ambiguous flag: Whether two channels know the line, so that it is nobody's.",
    ),
)
