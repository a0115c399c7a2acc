"""What the oracle knows of earlier runs: the `outcomes` rows of the look-back, nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from schemas.vocabulary import Outcome, Reason, Status
from tests.oracle.rows import END_OF_TIME, ONE_SIDED, Item, Row


def is_closed(row: Row) -> bool:
    """Whether a row closes its items.

    EXCLUDED [NOT_EXPECTED] closes an item where the row names another item; rows of PENDING lines
    and of step 6 name none. ALREADY_RECONCILED is the row of a closed item that comes again.
    """
    reasons = row["reasons"]
    if row["outcome"] == Outcome.MATCHED:
        return True
    if row["outcome"] == Outcome.BREAK:
        return not any(reason in reasons for reason in ONE_SIDED)
    if row["outcome"] == Outcome.EXCLUDED:
        is_duplicate = Reason.NOT_EXPECTED in reasons and row["duplicate_of"] is not None
        return is_duplicate or Reason.ALREADY_RECONCILED in reasons
    return False


def row_order(row: Row) -> tuple[date, datetime, str]:
    """The order of step 3 for the line of a closed row."""
    return (row["statement_date"], row["traded_at"] or END_OF_TIME, row["line_id"])


def is_copy(row: Row) -> bool:
    """Whether the row is of a line that an earlier statement listed in the same state."""
    return Reason.DUPLICATE_LINE in row["reasons"]


def run_of(row: Row) -> date:
    """The run date of a row."""
    run_date: date = row["run_date"]
    return run_date


def is_pair(row: Row) -> bool:
    """Whether a row is of a line and a transaction."""
    return row["txn_id"] is not None and row["line_id"] is not None


@dataclass
class ClosedRows:
    """Rows that close an item, of the runs from `first` to the day before `day`."""

    history: list[Row]
    first: date
    day: date
    rows: list[Row] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = [
            row
            for row in self.history
            if is_closed(row) and self.first <= row["run_date"] < self.day
        ]

    def lines_where(self, condition: Callable[[Row], bool]) -> list[Row]:
        """Rows with a line for which the condition holds."""
        return [row for row in self.rows if row["line_id"] is not None and condition(row)]

    def lines_with_channel_ref(self, kind: str, channel_ref: str | None) -> list[Row]:
        """Lines of one kind and channel_ref; no line if the reference is null."""
        if channel_ref is None:
            return []
        return self.lines_where(
            lambda row: (row["kind"], row["channel_ref_norm"]) == (kind, channel_ref)
        )

    def latest(self, rows: list[Row]) -> Row:
        """The latest state among closed lines of one channel_ref: the line that was closed last.

        The contract does not speak of copies. A copy says nothing new, so it counts only where the
        look-back has nothing but copies.
        """
        states = [row for row in rows if not is_copy(row)] or rows
        return max(states, key=lambda row: (row["run_date"], row_order(row)))

    def pair_of(self, row: Row) -> Row | None:
        """The pair of a closed line, its own or that of the state before it; None without a pair.

        A later state names the line that it replaces, one of its own kind and channel_ref. The
        contract does not speak of pairs closed before the look-back: they are unknown here.
        """
        if is_pair(row):
            return row
        later = (Reason.ALREADY_RECONCILED, Reason.STATUS_MISMATCH)
        if not any(reason in row["reasons"] for reason in later):
            return None
        for earlier in self.lines_with_channel_ref(row["kind"], row["channel_ref_norm"]):
            if earlier["line_id"] == row["duplicate_of"] and earlier["run_date"] < row["run_date"]:
                return self.pair_of(earlier)
        return None

    def payments_in_force(self, line: Item) -> list[Row]:
        """Closed SUCCEEDED lines of a line's kind and our_ref, with another channel_ref or none.

        Only the latest line of a channel_ref is its state. The contract does not say which of
        several a row names: here one with a pair first, then the first in the order of step 3.
        """
        if line["our_ref_norm"] is None:
            return []
        same_ref = self.lines_where(
            lambda row: (row["kind"], row["our_ref_norm"]) == (line["kind"], line["our_ref_norm"])
        )
        payments = []
        for row in same_ref:
            channel_ref = row["channel_ref_norm"]
            is_same = channel_ref is not None and channel_ref == line["channel_ref_norm"]
            states = self.lines_with_channel_ref(row["kind"], channel_ref)
            is_latest = channel_ref is None or self.latest(states) is row
            if row["statement_status"] == Status.SUCCEEDED and is_latest and not is_same:
                payments.append(row)
        return sorted(payments, key=lambda row: (self.pair_of(row) is None, row_order(row)))

    def last_row(self, txn_id: str) -> Row | None:
        """The last row of a transaction in a run that closed it or found it closed."""
        rows = [row for row in self.rows if row["txn_id"] == txn_id]
        return max(rows, key=run_of, default=None)
