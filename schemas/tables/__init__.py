"""The tables of the lake: one `Table` each, with its grain, partitions and described columns.

Amounts are BIGINT minor units next to an ISO 4217 currency, timestamps are UTC, `*_norm` columns
are references normalized for joining. Source: docs/reference/tables.md.
"""

from schemas.table import Table as Table
from schemas.tables.control import DECISIONS, RUNS
from schemas.tables.fees import (
    FEE_ACCRUALS,
    FEE_CHECKS,
    FEE_MONTHS,
    FEE_TOTALS,
    FEE_VOLUMES,
)
from schemas.tables.followup import BREAK_EVENTS, BREAK_NOTES, BREAKS, STATUS_UPDATES
from schemas.tables.matching import (
    CANDIDATES,
    HASH_COLUMNS,
    ITEM_COLUMNS,
    MATCHED_PARTS,
    OPEN_ITEMS,
    OUTCOMES,
    SETTLED_ITEMS,
    item_types,
)
from schemas.tables.orders import ALL_CHANNELS, ORDER_CHECKS, ORDER_DAYS, PAYMENT_FAMILIES
from schemas.tables.settlement import (
    BANK_LINES_USED,
    CHANNEL_BALANCES,
    SETTLEMENT_BATCHES,
    SETTLEMENT_BRIDGE,
    SETTLEMENT_CHECKS,
    SETTLEMENT_OPEN,
)
from schemas.tables.statements import (
    INTERNAL_TRANSACTIONS,
    REFERENCES,
    REJECTED_LINES,
    SNAPSHOT_FILES,
    STATEMENT_FILES,
    STATEMENT_LINES,
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
    FEE_ACCRUALS,
    FEE_VOLUMES,
    FEE_MONTHS,
    ORDER_DAYS,
    ORDER_CHECKS,
    PAYMENT_FAMILIES,
    SETTLEMENT_BATCHES,
    SETTLEMENT_CHECKS,
    SETTLEMENT_BRIDGE,
    SETTLEMENT_OPEN,
    CHANNEL_BALANCES,
    BANK_LINES_USED,
    STATUS_UPDATES,
    BREAKS,
    BREAK_EVENTS,
    BREAK_NOTES,
    DECISIONS,
    RUNS,
)

__all__ = [
    "ALL_CHANNELS",
    "BANK_LINES_USED",
    "BREAKS",
    "BREAK_EVENTS",
    "BREAK_NOTES",
    "CANDIDATES",
    "CHANNEL_BALANCES",
    "DECISIONS",
    "FEE_ACCRUALS",
    "FEE_CHECKS",
    "FEE_MONTHS",
    "FEE_TOTALS",
    "FEE_VOLUMES",
    "HASH_COLUMNS",
    "INTERNAL_TRANSACTIONS",
    "ITEM_COLUMNS",
    "MATCHED_PARTS",
    "OPEN_ITEMS",
    "ORDER_CHECKS",
    "ORDER_DAYS",
    "OUTCOMES",
    "PAYMENT_FAMILIES",
    "REFERENCES",
    "REJECTED_LINES",
    "RUNS",
    "SETTLED_ITEMS",
    "SETTLEMENT_BATCHES",
    "SETTLEMENT_BRIDGE",
    "SETTLEMENT_CHECKS",
    "SETTLEMENT_OPEN",
    "SNAPSHOT_FILES",
    "STATEMENT_FILES",
    "STATEMENT_LINES",
    "STATUS_UPDATES",
    "TABLES",
    "Table",
    "item_types",
]
