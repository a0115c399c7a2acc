"""What the oracle sees of earlier runs: `outcomes` rows of the look-back, nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from schemas.vocabulary import Outcome, Reason, Status
from tests.oracle.rows import END_OF_TIME, ONE_SIDED, Item, Row


def is_closed(row: Row) -> bool:
    """Whether a row closes what stands in it.

    EXCLUDED [NOT_EXPECTED] is "closed" where the contract says so: those rows name another item,
    the leftovers of step 6 and PENDING lines name none. ALREADY_RECONCILED is how a closed item is
    seen once more.
    """
    reasons = row["reasons"]
    if row["outcome"] == Outcome.MATCHED:
        return True
    if row["outcome"] == Outcome.BREAK:
        return not any(reason in reasons for reason in ONE_SIDED)
    if row["outcome"] == Outcome.EXCLUDED:
        reported = Reason.NOT_EXPECTED in reasons and row["duplicate_of"] is not None
        return reported or Reason.ALREADY_RECONCILED in reasons
    return False


def row_order(row: Row) -> tuple[date, datetime, str]:
    """The order of step 3 for the line of a closed row."""
    return (row["statement_date"], row["traded_at"] or END_OF_TIME, row["line_id"])


def is_copy(row: Row) -> bool:
    """Whether a row is of a line that was listed before."""
    return Reason.DUPLICATE_LINE in row["reasons"]


def run_of(row: Row) -> date:
    """The run date of a row."""
    on: date = row["run_date"]
    return on


def is_pair(row: Row) -> bool:
    """Whether a row is of a line and a transaction."""
    return row["txn_id"] is not None and row["line_id"] is not None


@dataclass
class Closed:
    """Rows that close something, of the runs from `first` to the day before `day`."""

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

    def lines(self, fits: Callable[[Row], bool]) -> list[Row]:
        """Rows with a line that fits."""
        return [row for row in self.rows if row["line_id"] is not None and fits(row)]

    def of_number(self, kind: str, channel_ref: str | None) -> list[Row]:
        """Lines of one kind and the channel's own number; none without a number."""
        if channel_ref is None:
            return []
        return self.lines(lambda row: (row["kind"], row["channel_ref_norm"]) == (kind, channel_ref))

    def latest(self, rows: list[Row]) -> Row:
        """The line whose word stands, of closed lines of one number: the last one closed.

        Silent: a copy says nothing new; it counts only where nothing but copies is in sight.
        """
        words = [row for row in rows if not is_copy(row)] or rows
        return max(words, key=lambda row: (row["run_date"], row_order(row)))

    def pair_of(self, row: Row) -> Row | None:
        """The pair in which a closed line stands, or whose place it took; None without one.

        A later state names the line whose place it took, one of its own kind and number. Silent:
        a pair that was closed before the look-back is not seen.
        """
        if is_pair(row):
            return row
        later = (Reason.ALREADY_RECONCILED, Reason.STATUS_MISMATCH)
        if not any(reason in row["reasons"] for reason in later):
            return None
        for earlier in self.of_number(row["kind"], row["channel_ref_norm"]):
            if earlier["line_id"] == row["duplicate_of"] and earlier["run_date"] < row["run_date"]:
                return self.pair_of(earlier)
        return None

    def standing_payments(self, line: Item) -> list[Row]:
        """Closed SUCCEEDED lines of a line's kind and our_ref under another number, or under none.

        Only the latest line of a number counts as its state. Silent: which of several is named;
        here one that stands in a pair, then the first in the order of step 3.
        """
        if line["our_ref_norm"] is None:
            return []
        alike = self.lines(
            lambda row: (row["kind"], row["our_ref_norm"]) == (line["kind"], line["our_ref_norm"])
        )
        standing = []
        for row in alike:
            number = row["channel_ref_norm"]
            same_number = number is not None and number == line["channel_ref_norm"]
            own = self.of_number(row["kind"], number)
            is_state = number is None or self.latest(own) is row
            if row["statement_status"] == Status.SUCCEEDED and is_state and not same_number:
                standing.append(row)
        return sorted(standing, key=lambda row: (self.pair_of(row) is None, row_order(row)))

    def last_seen(self, txn_id: str) -> Row | None:
        """The row in which a transaction was last seen by a run that closed it or found it so."""
        rows = [row for row in self.rows if row["txn_id"] == txn_id]
        return max(rows, key=run_of, default=None)
