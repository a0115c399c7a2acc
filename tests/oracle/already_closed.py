"""Step 2 of the oracle: lines and transactions that an earlier run closed and that come again."""

from datetime import date, timedelta

from schemas.profile.channel import Profile
from schemas.vocabulary import Outcome, Reason, Status
from tests.oracle.lookback import ClosedRows, is_copy, is_pair, row_order, run_of
from tests.oracle.rows import NOT_PAID, Item, Row, item_id, line_order, single_row, statuses_agree


def classify_line(
    day: date, line: Item, closed: ClosedRows, sent_status: dict[str, str]
) -> tuple[Row | None, Row | None]:
    """The row of a line that is closed already, and the row of the state that it replaces.

    (None, None) if the line takes part in the match. `sent_status` has the status of each
    transaction that is sent today.
    """
    status = line["status"]
    same_ref = closed.lines_with_channel_ref(line["kind"], line["channel_ref_norm"])

    copies = [row for row in same_ref if row["statement_status"] == status]
    if copies:
        first = min(copies, key=row_order)["line_id"]
        return single_row(day, line, Outcome.BREAK, [Reason.DUPLICATE_LINE], first), None

    payments = closed.payments_in_force(line)
    if payments and status == Status.SUCCEEDED:
        original = payments[0]["line_id"]
        return single_row(day, line, Outcome.BREAK, [Reason.DUPLICATE_PAYMENT], original), None

    if same_ref:
        replaced = closed.latest(same_ref)
        return _classify_later_state(day, line, replaced, closed, sent_status)

    if not payments:
        return None, None
    original = payments[0]["line_id"]
    if status == Status.REVERSED:
        compared = _compared_status(payments[0], closed, sent_status)
        broken = [Reason.STATUS_MISMATCH]
        return single_row(day, line, Outcome.BREAK, broken, original, compared), None
    return single_row(day, line, Outcome.EXCLUDED, [Reason.NOT_EXPECTED], original), None


def _compared_status(row: Row, closed: ClosedRows, sent_status: dict[str, str]) -> str | None:
    """Status of the transaction of a line's pair: as sent today, else as last closed."""
    pair = closed.pair_of(row)
    if pair is None:
        return None
    last = closed.last_row(pair["txn_id"])
    assert last is not None
    return sent_status.get(pair["txn_id"], last["internal_status"])


def _classify_later_state(
    day: date, line: Item, replaced: Row, closed: ClosedRows, sent_status: dict[str, str]
) -> tuple[Row | None, Row | None]:
    last_closed = _compared_status(replaced, closed, {})
    failed_on_both_sides = last_closed in NOT_PAID and replaced["statement_status"] in NOT_PAID
    if failed_on_both_sides and line["status"] not in NOT_PAID:
        return None, None  # a later attempt succeeded: it takes part in the match
    compared = _compared_status(replaced, closed, sent_status)
    if compared is not None and statuses_agree(line["status"], compared):
        known = [Reason.ALREADY_RECONCILED]
        # The contract fills internal_status on STATUS_MISMATCH only, where it is the other value.
        return single_row(day, line, Outcome.EXCLUDED, known, replaced["line_id"]), replaced
    broken = [Reason.STATUS_MISMATCH]
    return single_row(day, line, Outcome.BREAK, broken, replaced["line_id"], compared), replaced


def look_back_start(transaction: Item, profile: Profile, day: date) -> date:
    """The first run that counts for a transaction: T-lookback, or the day before `occurred_at`."""
    first = day - timedelta(days=profile.match.lookback)
    if transaction["at"] is None:
        return first
    local: date = transaction["at"].astimezone(profile.zone_info).date()
    return min(first, local - timedelta(days=1))


def classify_transaction(
    day: date, transaction: Item, closed: ClosedRows, later_today: list[tuple[Item, Row]]
) -> Row | None:
    """The row of a transaction that is closed already; None if it takes part in the match.

    `later_today` are today's lines that replace a closed line, with that line's row. The contract
    does not say when they start to count: here they are the latest line of their pair on this run.
    """
    last = closed.last_row(item_id(transaction))
    if last is None:
        return None
    known = single_row(day, transaction, Outcome.EXCLUDED, [Reason.ALREADY_RECONCILED])
    last_state = (last["internal_amount"], last["internal_currency"], last["internal_status"])
    if (transaction["amount"], transaction["currency"], transaction["status"]) == last_state:
        return known
    pair = _pair_of(transaction, closed)
    if pair is not None:
        amount, currency, status = _latest_line(pair, closed, later_today)
        same_money = (transaction["amount"], transaction["currency"]) == (amount, currency)
        if same_money and statuses_agree(status, transaction["status"]):
            return known
    if last["internal_status"] in NOT_PAID:
        if (
            _is_excluded_by_step_3(transaction, closed)
            and transaction["status"] != last["internal_status"]
        ):
            return None
        line_failed = pair is not None and _latest_line(pair, closed, [])[2] in NOT_PAID
        if line_failed and transaction["status"] not in NOT_PAID:
            return None
    changed = [Reason.CHANGED_AFTER_MATCH]
    return single_row(day, transaction, Outcome.BREAK, changed, duplicate_of=item_id(transaction))


def _is_excluded_by_step_3(transaction: Item, closed: ClosedRows) -> bool:
    """Whether step 3 excluded a transaction: its last row that is not of step 2 says EXCLUDED."""
    step_2 = (Reason.ALREADY_RECONCILED, Reason.CHANGED_AFTER_MATCH)
    rows = [
        row
        for row in closed.rows
        if row["txn_id"] == item_id(transaction)
        and not any(reason in row["reasons"] for reason in step_2)
    ]
    last = max(rows, key=run_of, default=None)
    return last is not None and last["outcome"] == Outcome.EXCLUDED


def _pair_of(transaction: Item, closed: ClosedRows) -> Row | None:
    """The last pair of a transaction, also where step 3 excluded the transaction since."""
    rows = [row for row in closed.rows if row["txn_id"] == item_id(transaction) and is_pair(row)]
    return max(rows, key=run_of, default=None)


def _latest_line(
    pair: Row, closed: ClosedRows, later_today: list[tuple[Item, Row]]
) -> tuple[int, str, str]:
    """Amount, currency and status of the latest line of a pair."""
    today = [line for line, replaced in later_today if closed.pair_of(replaced) is pair]
    if today:
        last = max(today, key=line_order)
        return (last["amount"], last["currency"], last["status"])
    states = closed.lines_where(lambda row: not is_copy(row) and closed.pair_of(row) is pair)
    row = max(states, key=lambda row: (row["run_date"], row_order(row)))
    return (row["statement_amount"], row["currency"], row["statement_status"])
