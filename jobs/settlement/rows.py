"""What a run says: a row per batch, credit and carried money, and a balance per currency."""

from dataclasses import dataclass, field
from datetime import date

from jobs.settlement.inputs import NO_SUMS, Sums
from jobs.settlement.vocabulary import SettlementResult
from schemas.vocabulary import Action


@dataclass(frozen=True)
class SettlementRow:
    """A row of `settlement_checks`, partitions apart; see its table's columns."""

    batch: str | None
    batch_no: int | None
    per: str
    batch_date: date | None
    currency: str
    result: SettlementResult
    action: Action
    lines: int = 0
    sums: Sums = NO_SUMS
    carried_in: int = 0
    carried_out: int = 0
    declared: int | None = None
    expected: int = 0
    credited: int = 0
    difference: int = 0
    due_date: date | None = None
    reasons: tuple[str, ...] = ()
    credit_line_ids: tuple[str, ...] = ()
    matched_by: str | None = None
    ours: int | None = None


@dataclass(frozen=True)
class Balance:
    """A row of `channel_balances`: what the channel owes us in one currency.

    opening + net - credited = closing = open + the sum of `unresolved`, by cause.
    """

    currency: str
    opening: int
    net: int
    credited: int
    closing: int
    open: int
    unresolved: dict[str, int] = field(default_factory=dict)
