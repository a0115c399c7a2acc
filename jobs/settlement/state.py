"""What a run of the settlement hands to the next one: batches, credits, money. Minor units."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from jobs.settlement.bridge.causes import Causes, ours_of
from jobs.settlement.inputs import NO_SUMS, BankLine, Key, Purse, Sums
from jobs.settlement.vocabulary import SettlementResult

#: Run dates for which a missing batch, an unknown credit and what was paid stay known.
RUNS_KNOWN = 30


class BatchId(NamedTuple):
    """What tells a batch from all others of its channel."""

    key: Key
    purse: Purse
    batch_no: int


class MatchedBy(StrEnum):
    """Which step gave a credit to a batch."""

    REFERENCE = "reference"
    AMOUNT = "amount"
    BATCHES = "batches"
    CREDITS = "credits"


class Share(NamedTuple):
    """What one credit pays of one batch."""

    line_id: str
    amount: int
    matched_by: MatchedBy


@dataclass(frozen=True)
class Batch:
    """A batch as the state keeps it.

    `due_from` is the day from which it is due; `declared` what the channel says that it pays;
    `late_declared` the same of SETTLEMENT lines that came after it was closed. `runs_closed` counts
    run dates since it was closed, -1 while it is open. `causes` say what the net of its lines
    comes from.
    """

    key: Key
    purse: Purse
    batch_no: int
    first_date: date
    due_from: date
    lines: int = 0
    sums: Sums = NO_SUMS
    carried_in: int = 0
    carried_out: int = 0
    declared: int | None = None
    late_declared: int | None = None
    is_decided: bool = False
    names: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()
    last_paid: date | None = None
    result: SettlementResult | None = None
    runs_closed: int = -1
    causes: Causes = ()

    @property
    def ours(self) -> int:
        """What it is by our own books: our transactions less the fee due on them."""
        return ours_of(self.causes)

    @property
    def id(self) -> BatchId:
        """What tells it from all others."""
        return BatchId(self.key, self.purse, self.batch_no)

    @property
    def place(self) -> tuple[date, str, str, int, Purse]:
        """The order of batches: first date, key, number."""
        return self.first_date, self.key.batch or "", self.key.kind, self.batch_no, self.purse

    @property
    def is_open(self) -> bool:
        """Whether it still expects something, or has not been decided."""
        return self.runs_closed < 0

    @property
    def is_candidate(self) -> bool:
        """Whether it was closed unpaid, and may still be paid."""
        unpaid = (SettlementResult.MISSING, SettlementResult.AMBIGUOUS)
        return not self.is_open and self.result in unpaid

    @property
    def total(self) -> int:
        """The net of its lines and what was carried to it, less what it hands on."""
        return self.sums.net + self.carried_in - self.carried_out

    @property
    def claim(self) -> int:
        """What the bank account is to receive."""
        return self.total if self.declared is None else self.declared

    @property
    def credited(self) -> int:
        """What it has received."""
        return sum(share.amount for share in self.shares)

    @property
    def lack(self) -> int:
        """What is still to come."""
        return self.claim - self.credited


class CreditState(StrEnum):
    """Where a bank line stands that was given to the channel."""

    WAITING = "WAITING"
    UNKNOWN = "UNKNOWN"
    USED = "USED"


@dataclass(frozen=True)
class Credit:
    """A bank line of the channel; `runs` counts run dates since it came, `runs_unknown` since it
    was called unknown.
    """

    line: BankLine
    state: CreditState = CreditState.WAITING
    runs: int = 0
    runs_unknown: int = 0
    result: SettlementResult | None = None


@dataclass(frozen=True)
class State:
    """What a run hands to the next one.

    `carried` is the money that waits, by purse; `closing` what the channel owes us, by currency;
    `resolved` the part of it, by currency and cause, whose batches and credits are no longer known.
    """

    batches: tuple[Batch, ...] = ()
    credits: tuple[Credit, ...] = ()
    carried: tuple[tuple[Purse, int], ...] = ()
    closing: tuple[tuple[str, int], ...] = ()
    resolved: tuple[tuple[tuple[str, str], int], ...] = ()
    last_run: date | None = None
