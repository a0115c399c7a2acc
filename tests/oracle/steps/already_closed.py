"""Step 2 of the oracle: lines and transactions that an earlier run closed and that come again."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schemas.profile.match_rules import Match
from schemas.vocabulary import Action, Outcome, Reason, Status
from tests.oracle.lookback import (
    ClosedRows,
    LineState,
    Past,
    is_duplicate_transaction,
    is_excluded_by_step_3,
    is_void,
    key_of_transaction,
    row_order,
    run_of,
)
from tests.oracle.rows import (
    NOT_PAID,
    Item,
    Row,
    is_succeeded,
    item_id,
    kind_of,
    late_reasons,
    line_order,
    single_row,
    statuses_agree,
)
from tests.oracle.steps.authority import adopt_statement
from tests.oracle.steps.voids import VOID, VOIDED


@dataclass(frozen=True)
class LaterState:
    """What a line of today says of a closed line, whose place it takes."""

    replaced: Row
    order: tuple[date, datetime, str]
    state: LineState


def classify_repeats(
    day: date,
    lines: list[Item],
    open_transactions: list[Item],
    new_transactions: list[Item],
    past: Past,
    rows: list[Row],
) -> tuple[list[Item], list[Item]]:
    """Today's lines, and the transactions of today and open ones, that no earlier run closed.

    Adds the rows of the others.
    """
    sent = [item for item in (*open_transactions, *new_transactions) if item["sent"]]
    sent_states = {item_id(item): _state_of(item) for item in sent}
    closed = past.look_back()
    new_lines, later_today = [], []
    voided: set[str] = set()
    for line in sorted(lines, key=line_order):
        row, later_state = classify_line(day, line, closed, sent_states, voided)
        if row is None:
            new_lines.append(line)
            continue
        rows.append(row)
        if later_state is not None:
            later_today.append(later_state)
    participants = list(open_transactions)
    for transaction in new_transactions:
        looked_back = _look_back(transaction, past)
        row = classify_transaction(day, transaction, looked_back, later_today)
        if row is None:
            participants.append(transaction)
        else:
            rows.append(row)
    second = []
    for transaction in participants:
        looked_back = _look_back(transaction, past)
        other_ids = looked_back.transaction_ids() - {item_id(item) for item in participants}
        original = _find_standing(transaction, other_ids, looked_back, sent_states, later_today)
        if original is not None:
            second.append(item_id(transaction))
            reasons = [Reason.DUPLICATE_TRANSACTION, *late_reasons(transaction)]
            rows.append(single_row(day, transaction, Outcome.BREAK, reasons, original))
    return new_lines, [item for item in participants if item_id(item) not in second]


def _state_of(item: Item) -> LineState:
    return LineState(item["amount"], item["currency"], item["status"])


def classify_line(
    day: date,
    line: Item,
    closed: ClosedRows,
    sent_states: dict[str, LineState],
    voided: set[str],
) -> tuple[Row | None, LaterState | None]:
    """The row of a line that is closed already, and what it says of the line that it replaces.

    (None, None) if the line takes part in the match. `sent_states` has the state of each
    transaction that is sent today, `voided` the closed lines that lines of today take back.
    """
    status = line["status"]
    same_ref = closed.lines_with_channel_ref(kind_of(line), line["channel_ref_norm"])

    copies = [row for row in same_ref if row["statement_status"] == status]
    if copies:
        first = min(copies, key=row_order)["line_id"]
        return single_row(day, line, Outcome.BREAK, [Reason.DUPLICATE_LINE], first), None

    for payment in closed.voided_payments(line):
        ours = _transaction_of(payment, closed, sent_states)
        if ours and ours.status in VOIDED and payment["line_id"] not in voided:
            voided.add(payment["line_id"])
            return _classify_void(day, line, payment, ours, closed.past.profile.match)

    payments = closed.payments_in_force(line)
    if payments and status == Status.SUCCEEDED:
        original = payments[0]["line_id"]
        return single_row(day, line, Outcome.BREAK, [Reason.DUPLICATE_PAYMENT], original), None

    if same_ref:
        states = closed.states_of(same_ref)
        if not states:
            return None, None  # only overruled lines and copies: it meets the open line in step 3
        return _classify_later_state(day, line, closed.latest(states), closed, sent_states)

    if not payments:
        return None, None
    original = payments[0]["line_id"]
    if status == Status.REVERSED:
        ours = _transaction_of(payments[0], closed, sent_states)
        broken = [Reason.STATUS_MISMATCH]
        compared = ours and ours.status
        return single_row(day, line, Outcome.BREAK, broken, original, compared), None
    return single_row(day, line, Outcome.EXCLUDED, [Reason.NOT_EXPECTED], original), None


def _classify_void(
    day: date, line: Item, payment: Row, ours: LineState, match: Match
) -> tuple[Row, LaterState]:
    """A void over the cut-off: the later state REVERSED of a closed line.

    The rules do not say what a second void of one payment is on the same day: here only the first
    in the order of step 3 is one.
    """
    says = LineState(payment["statement_amount"], payment["currency"], Status.REVERSED)
    state = LaterState(payment, line_order(line), says)
    if ours.status == Status.REVERSED:
        known = [Reason.ALREADY_RECONCILED]
        row = single_row(day, line, Outcome.EXCLUDED, known, payment["line_id"])
        return row | {"matched_by": VOID}, state
    broken = [Reason.STATUS_MISMATCH]
    row = single_row(day, line, Outcome.BREAK, broken, payment["line_id"], ours.status)
    row |= {"matched_by": VOID, "action": Action.QUERY.value}
    return _adopt_later_state(row, says, ours, match), state


def _adopt_later_state(row: Row, says: LineState, ours: LineState, match: Match) -> Row:
    is_same_currency = says.currency == ours.currency
    difference = says.amount - ours.amount if is_same_currency else None
    return adopt_statement(row, difference, says.currency, match)


def _transaction_of(
    row: Row, closed: ClosedRows, sent_states: dict[str, LineState]
) -> LineState | None:
    """The transaction of a line's pair: as sent today, else as last closed."""
    pair = closed.pair_of(row)
    if pair is None:
        return None
    last = closed.last_row(pair["txn_id"])
    assert last is not None
    last_state = LineState(
        last["internal_amount"], last["internal_currency"], last["internal_status"]
    )
    return sent_states.get(pair["txn_id"], last_state)


def _classify_later_state(
    day: date,
    line: Item,
    replaced: Row,
    closed: ClosedRows,
    sent_states: dict[str, LineState],
) -> tuple[Row | None, LaterState | None]:
    if line["status"] not in NOT_PAID and replaced["statement_status"] in NOT_PAID:
        last_closed = _transaction_of(replaced, closed, {})
        if last_closed is None:
            has_failed = closed.has_failed_pair(replaced)
        else:
            has_failed = last_closed.status in NOT_PAID
        if has_failed:
            return None, None  # a later attempt succeeded: it takes part in the match
    ours = _transaction_of(replaced, closed, sent_states)
    says = _state_of(line)
    state = LaterState(replaced, line_order(line), says)
    original = closed.place_of(replaced)["line_id"]
    if ours is not None and statuses_agree(line["status"], ours.status):
        known = [Reason.ALREADY_RECONCILED]
        # The contract fills internal_status on STATUS_MISMATCH only, where it is the other value.
        return single_row(day, line, Outcome.EXCLUDED, known, original), state
    broken = [Reason.STATUS_MISMATCH]
    row = single_row(day, line, Outcome.BREAK, broken, original, ours and ours.status)
    if ours is not None:
        row = _adopt_later_state(row, says, ours, closed.past.profile.match)
    return row, state


# ---- transactions ----------------------------------------------------------------------------


def _look_back(transaction: Item, past: Past) -> ClosedRows:
    """What counts for a transaction: from T-lookback on, or from the day before `occurred_at`."""
    if transaction["at"] is None:
        return past.look_back()
    local: date = transaction["at"].astimezone(past.profile.zone_info).date()
    return past.look_back(local - timedelta(days=1))


def classify_transaction(
    day: date, transaction: Item, closed: ClosedRows, later_today: list[LaterState]
) -> Row | None:
    """The row of a transaction that is closed already; None if it takes part in the match.

    `later_today` is what today's lines say of closed lines. The contract does not say when that
    starts to count: here it is the latest line of its pair on this run.
    """
    last = closed.last_row(item_id(transaction))
    if last is None:
        return None
    known = single_row(day, transaction, Outcome.EXCLUDED, [Reason.ALREADY_RECONCILED])
    last_state = (last["internal_amount"], last["internal_currency"], last["internal_status"])
    if (transaction["amount"], transaction["currency"], transaction["status"]) == last_state:
        return known
    pair = closed.pair_of_transaction(item_id(transaction))
    if pair is not None:
        line = _latest_line(pair, closed, later_today)
        same_money = (transaction["amount"], transaction["currency"]) == (
            line.amount,
            line.currency,
        )
        if same_money and statuses_agree(line.status, transaction["status"]):
            return known
    closing = closed.closing_row(item_id(transaction))
    assert closing is not None
    if is_void(closing) and transaction["status"] not in VOIDED:
        return None
    if last["internal_status"] in NOT_PAID:
        if is_excluded_by_step_3(closing) and transaction["status"] != last["internal_status"]:
            return None
        line_failed = pair is not None and closed.latest_line(pair).status in NOT_PAID
        if line_failed and transaction["status"] not in NOT_PAID:
            return None
    changed = [Reason.CHANGED_AFTER_MATCH]
    return single_row(day, transaction, Outcome.BREAK, changed, duplicate_of=item_id(transaction))


def _latest_line(pair: Row, closed: ClosedRows, later_today: list[LaterState]) -> LineState:
    """The latest line of a pair, today's included."""
    today = [each for each in later_today if closed.pair_of(each.replaced) is pair]
    if today:
        return max(today, key=lambda each: each.order).state
    return closed.latest_line(pair)


def _find_standing(
    transaction: Item,
    other_ids: set[str],
    closed: ClosedRows,
    sent_states: dict[str, LineState],
    later_today: list[LaterState],
) -> str | None:
    """Id of the closed transaction that stands under the kind and our_ref of a SUCCEEDED one."""
    is_asked = transaction["sent"] and is_succeeded(transaction)
    if not is_asked or transaction["our_ref_norm"] is None:
        return None
    standing = []
    for txn_id in other_ids:
        last, closing = closed.last_row(txn_id), closed.closing_row(txn_id)
        assert last is not None
        assert closing is not None
        if key_of_transaction(last) != (kind_of(transaction), transaction["our_ref_norm"]):
            continue
        if is_duplicate_transaction(closing) and _may_be_original(transaction, closing, closed):
            continue
        sent = sent_states.get(txn_id)
        if (sent.status if sent else last["internal_status"]) != Status.SUCCEEDED:
            continue
        pair = closed.pair_of_transaction(txn_id)
        if pair is None or _latest_line(pair, closed, later_today).status == Status.SUCCEEDED:
            is_put_away = is_duplicate_transaction(closing) or is_excluded_by_step_3(closing)
            standing.append((is_put_away, run_of(closing), txn_id))
    return min(standing)[2] if standing else None


def _may_be_original(transaction: Item, closing: Row, closed: ClosedRows) -> bool:
    """Whether another one may have been put away as a duplicate of this transaction.

    The rules do not say it: of two transactions one must be left. So what was put away as a
    duplicate does not count against one that is still open, nor against its own original.
    """
    is_open = transaction["first_run_date"] < closed.past.day
    return is_open or closing["duplicate_of"] == item_id(transaction)
