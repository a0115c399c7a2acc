"""What the oracle knows of earlier runs: the `outcomes` rows of the look-back, and what is open."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from schemas.profile.channel import Profile
from schemas.vocabulary import DECIDED_BY, Outcome, Reason, Status
from tests.oracle.rows import (
    END_OF_TIME,
    NOT_PAID,
    ONE_SIDED,
    DirectedKind,
    Item,
    Row,
    directed_kind,
    is_succeeded,
    item_id,
    kind_of,
)
from tests.oracle.steps.voids import VOID


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


def is_overruled(row: Row) -> bool:
    """Whether step 3 put the line away because its number has a later state."""
    return row["overruled_by"] is not None


def is_void(row: Row) -> bool:
    """Whether the row is of a void: of a unit, or of a line that takes back a closed one."""
    return row["matched_by"] == VOID


def is_unit_break(row: Row) -> bool:
    """Whether the row is of a member of a group, or of captures, that broke."""
    by = row["matched_by"]
    is_by_unit = by is not None and by != VOID and not by.startswith(DECIDED_BY)
    return row["outcome"] == Outcome.BREAK and is_by_unit and not is_pair(row)


def is_duplicate(row: Row) -> bool:
    """Whether the row is of a line that step 2 or 3 put away beside one that stays."""
    duplicates = (Reason.DUPLICATE_LINE, Reason.DUPLICATE_PAYMENT)
    return any(reason in row["reasons"] for reason in duplicates)


def is_excluded_by_step_3(row: Row) -> bool:
    """Whether step 3 put the row's transaction away, and the transaction did not succeed."""
    return row["outcome"] == Outcome.EXCLUDED and Reason.NOT_EXPECTED in row["reasons"]


def is_duplicate_transaction(row: Row) -> bool:
    """Whether step 2 or 3 put the row's transaction away beside one that stands."""
    return Reason.DUPLICATE_TRANSACTION in row["reasons"]


def kind_of_line(row: Row) -> DirectedKind:
    """The directed kind of a row's line."""
    return directed_kind(row["kind"], row["statement_amount"])


def key_of_transaction(row: Row) -> tuple[DirectedKind, str | None]:
    """Directed kind and normalized our_ref of a row's transaction; None if it has no our_ref."""
    our_ref = row["internal_our_ref_norm"]
    our_ref = row["our_ref_norm"] if our_ref is None else our_ref
    return directed_kind(
        row["internal_kind"] or row["kind"], row["internal_amount"]
    ), our_ref or None


def run_of(row: Row) -> date:
    """The run date of a row."""
    run_date: date = row["run_date"]
    return run_date


def is_pair(row: Row) -> bool:
    """Whether a row is of a line and a transaction."""
    return row["txn_id"] is not None and row["line_id"] is not None


@dataclass(frozen=True)
class LineState:
    """What a line says of a payment: the payment's money, and its status."""

    amount: int
    currency: str
    status: str


@dataclass(frozen=True)
class Past:
    """What a run knows: the outcomes of all earlier runs, and the items that are open."""

    history: list[Row]
    open_items: list[Item]
    day: date
    profile: Profile

    def look_back(self, since: date | None = None) -> "ClosedRows":
        """What the runs from `since`, or from T-lookback, closed."""
        first = self.day - timedelta(days=self.profile.match.lookback)
        return ClosedRows(self, first if since is None else min(first, since))


@dataclass
class ClosedRows:
    """Rows that close an item, of the runs from `first` to the day before.

    A row of a unit that broke closes nothing while its item is open, nor once its transaction is
    gone, sent again as failed. Of a line's rows the last one counts: it broke in a unit, and was
    settled since.
    """

    past: Past
    first: date
    rows: list[Row] = field(init=False)

    def __post_init__(self) -> None:
        open_ids = {item_id(item) for item in self.past.open_items}
        rows = [
            row
            for row in self.past.history
            if is_closed(row)
            and self.first <= row["run_date"] < self.past.day
            and not (is_unit_break(row) and {row["txn_id"], row["line_id"]} & open_ids)
            and not (is_unit_break(row) and self._is_gone_since(row))
        ]
        last_run = {
            row["line_id"]: row["run_date"] for row in sorted(rows, key=run_of) if row["line_id"]
        }
        self.rows = [row for row in rows if last_run.get(row["line_id"]) in (None, run_of(row))]

    def _is_gone_since(self, broken: Row) -> bool:
        """Whether the transaction of a unit that broke was left over as failed on a later run."""
        return broken["txn_id"] is not None and any(
            row["txn_id"] == broken["txn_id"]
            and broken["run_date"] < row["run_date"] < self.past.day
            and row["outcome"] == Outcome.EXCLUDED
            and not is_closed(row)
            for row in self.past.history
        )

    def lines_where(self, condition: Callable[[Row], bool]) -> list[Row]:
        """Rows with a line for which the condition holds."""
        return [row for row in self.rows if row["line_id"] is not None and condition(row)]

    def lines_with_channel_ref(self, kind: DirectedKind, channel_ref: str | None) -> list[Row]:
        """Lines of one directed kind and channel_ref; no line if the reference is null."""
        if channel_ref is None:
            return []
        return self.lines_where(
            lambda row: (kind_of_line(row), row["channel_ref_norm"]) == (kind, channel_ref)
        )

    def states_of(self, same_ref: list[Row]) -> list[Row]:
        """The lines of one channel_ref that are its states: neither overruled nor copies."""
        return [row for row in same_ref if not is_copy(row) and not is_overruled(row)]

    def latest(self, rows: list[Row]) -> Row:
        """The line that was closed last."""
        return max(rows, key=lambda row: (row["run_date"], row_order(row)))

    def pair_of(self, row: Row) -> Row | None:
        """The pair of a closed line, its own or that of the state before it; None without a pair.

        A later state names the line that it replaces, one of its own kind and channel_ref, or the
        void of that line. The contract does not speak of pairs closed before the look-back: they
        are unknown here.
        """
        if is_pair(row):
            return row
        later = (Reason.ALREADY_RECONCILED, Reason.STATUS_MISMATCH)
        if not any(reason in row["reasons"] for reason in later):
            return None
        for earlier in self.lines_with_channel_ref(kind_of_line(row), row["channel_ref_norm"]):
            is_named = self.place_of(earlier)["line_id"] == row["duplicate_of"]
            is_named = is_named or earlier["line_id"] == row["duplicate_of"]
            if is_named and earlier["run_date"] < row["run_date"]:
                return self.pair_of(earlier)
        return None

    def place_of(self, row: Row) -> Row:
        """The row whose place a later state takes: the void of a closed line, else its own."""
        voids = [
            other
            for other in self.rows
            if is_void(other) and other["duplicate_of"] == row["line_id"]
        ]
        return voids[0] if voids else row

    def payments_in_force(self, line: Item) -> list[Row]:
        """Closed SUCCEEDED lines of a line's kind and our_ref, with another channel_ref or none.

        The contract does not say which of several a row names: here one with a pair first, then the
        first in the order of step 3.
        """
        if line["our_ref_norm"] is None:
            return []
        same_ref = self.lines_where(
            lambda row: (
                (kind_of_line(row), row["our_ref_norm"]) == (kind_of(line), line["our_ref_norm"])
            )
        )
        payments = []
        for row in same_ref:
            channel_ref = row["channel_ref_norm"]
            is_same = channel_ref is not None and channel_ref == line["channel_ref_norm"]
            if self._is_in_force(row) and not is_same and not self._is_beside_open_parts(row):
                payments.append(row)
        return sorted(payments, key=lambda row: (self.pair_of(row) is None, row_order(row)))

    def _is_beside_open_parts(self, row: Row) -> bool:
        """Whether a row was put away beside parts of a payment that are still open.

        The rules do not say it: a further part must reach the others, so such a row is no payment.
        """
        return is_duplicate(row) and any(
            is_succeeded(item)
            and item["channel_ref_norm"] is not None
            and (kind_of(item), item["our_ref_norm"]) == (kind_of_line(row), row["our_ref_norm"])
            for item in self.past.open_items
            if item["line_id"] is not None and self.past.profile.match.captures
        )

    def voided_payments(self, line: Item) -> list[Row]:
        """Closed payments with a pair that a line of the same our_ref takes back.

        The first is in the order of step 3.
        """
        if not is_succeeded(line) or line["amount"] == 0 or line["our_ref_norm"] is None:
            return []
        payments = self.lines_where(
            lambda row: (
                row["our_ref_norm"] == line["our_ref_norm"]
                and row["currency"] == line["currency"]
                and row["statement_amount"] == -line["amount"]
                and self._is_in_force(row)
                and self.pair_of(row) is not None
            )
        )
        return sorted(payments, key=row_order)

    def _is_in_force(self, row: Row) -> bool:
        """Whether a closed line is a payment that stands: the latest state of its number.

        The contract does not speak of copies. A copy says nothing new, so it counts only where the
        look-back has nothing but copies of the number.
        """
        if row["statement_status"] != Status.SUCCEEDED or is_overruled(row):
            return False
        if is_void(row) or self.place_of(row) is not row:
            return False
        if row["channel_ref_norm"] is None:
            return True
        same_ref = self.lines_with_channel_ref(kind_of_line(row), row["channel_ref_norm"])
        if any(not is_copy(other) for other in same_ref):
            states = self.states_of(same_ref)
            return bool(states) and self.latest(states) is row
        return self.latest(same_ref) is row

    def transaction_ids(self) -> set[str]:
        """The transactions that the rows are about."""
        return {row["txn_id"] for row in self.rows if row["txn_id"] is not None}

    def last_row(self, txn_id: str) -> Row | None:
        """The last row of a transaction in a run that closed it or found it closed."""
        rows = [row for row in self.rows if row["txn_id"] == txn_id]
        return max(rows, key=run_of, default=None)

    def closing_row(self, txn_id: str) -> Row | None:
        """The last row of a transaction that is not of step 2; its last row where all are."""
        step_2 = (Reason.ALREADY_RECONCILED, Reason.CHANGED_AFTER_MATCH)
        rows = [
            row
            for row in self.rows
            if row["txn_id"] == txn_id and not any(reason in row["reasons"] for reason in step_2)
        ]
        return max(rows, key=run_of, default=self.last_row(txn_id))

    def pair_of_transaction(self, txn_id: str) -> Row | None:
        """The last pair of a transaction, also where step 3 put the transaction away since."""
        rows = [row for row in self.rows if row["txn_id"] == txn_id and is_pair(row)]
        return max(rows, key=run_of, default=None)

    def has_failed_pair(self, line: Row) -> bool:
        """Whether a pair under a closed line's kind and our_ref failed on both sides."""
        key = (kind_of_line(line), line["our_ref_norm"])
        return line["our_ref_norm"] is not None and any(
            is_pair(row)
            and (kind_of_line(row), row["our_ref_norm"]) == key
            and self._is_failed_pair(row)
            for row in self.rows
        )

    def _is_failed_pair(self, pair: Row) -> bool:
        last = self.last_row(pair["txn_id"])
        assert last is not None
        line_status = self.latest_line(pair).status
        return last["internal_status"] in NOT_PAID and line_status in NOT_PAID

    def latest_line(self, pair: Row) -> LineState:
        """The latest line of a pair: its own, a later state, or a void of one of these."""
        states = self.lines_where(
            lambda row: (
                not is_copy(row)
                and not is_overruled(row)
                and self.pair_of(self._line_spoken_of(row)) is pair
            )
        )
        row = self.latest(states)
        spoken_of = self._line_spoken_of(row)
        status = row["statement_status"] if spoken_of is row else Status.REVERSED.value
        return LineState(spoken_of["statement_amount"], spoken_of["currency"], status)

    def _line_spoken_of(self, row: Row) -> Row:
        """The closed line that a void takes back; other rows speak of their own line."""
        if is_void(row):
            for other in self.rows:
                if other["line_id"] is not None and other["line_id"] == row["duplicate_of"]:
                    return other
        return row
