"""The tables of which rows of old dates move to the history lake."""

from schemas.tables import (
    CANDIDATES,
    CHANNEL_BALANCES,
    FEE_ACCRUALS,
    FEE_CHECKS,
    FEE_TOTALS,
    FEE_VOLUMES,
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    ORDER_CHECKS,
    ORDER_DAYS,
    OUTCOMES,
    PAYMENT_FAMILIES,
    REJECTED_LINES,
    SETTLED_ITEMS,
    SETTLEMENT_BATCHES,
    SETTLEMENT_BRIDGE,
    SETTLEMENT_CHECKS,
    SETTLEMENT_OPEN,
    STATEMENT_LINES,
)

#: The tables whose rows of a date are final once no replay of the date is due. Others stay: what
#: later dates write for earlier ones (`bank_lines_used`, `fee_months`), what lives on (`breaks`,
#: `break_events`, `status_updates`), and control tables. In the order in which jobs write them.
HISTORY_TABLES = (
    STATEMENT_LINES,
    REJECTED_LINES,
    INTERNAL_TRANSACTIONS,
    OUTCOMES,
    OPEN_ITEMS,
    CANDIDATES,
    SETTLED_ITEMS,
    FEE_ACCRUALS,
    FEE_CHECKS,
    FEE_TOTALS,
    FEE_VOLUMES,
    SETTLEMENT_BATCHES,
    SETTLEMENT_CHECKS,
    SETTLEMENT_BRIDGE,
    CHANNEL_BALANCES,
    SETTLEMENT_OPEN,
    ORDER_DAYS,
    ORDER_CHECKS,
    PAYMENT_FAMILIES,
)
