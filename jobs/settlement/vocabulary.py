"""The codes of settlement, as they stand in its tables."""

from enum import StrEnum


class SettlementResult(StrEnum):
    """How a batch, a credit or carried money stands on a run date."""

    SETTLED = "SETTLED"
    SHORT = "SHORT"
    OVER = "OVER"
    CARRIED = "CARRIED"
    PENDING = "PENDING"
    LATE = "LATE"
    MISSING = "MISSING"
    AMBIGUOUS = "AMBIGUOUS"
    RETURNED = "RETURNED"
    UNKNOWN_CREDIT = "UNKNOWN_CREDIT"
    BEFORE_START = "BEFORE_START"
    DECLARED_DIFFERS = "DECLARED_DIFFERS"
    UNMATCHED_SETTLEMENT = "UNMATCHED_SETTLEMENT"


class SettlementReason(StrEnum):
    """What else holds of a settlement row; declared in the order in which they are listed."""

    RETURNED = "RETURNED"
    LATE = "LATE"
    AMBIGUOUS = "AMBIGUOUS"
    BANK_STATEMENT_MISSING = "BANK_STATEMENT_MISSING"
