"""Step 2 of the oracle: lines and transactions that an earlier run closed, and come again."""

from datetime import date, timedelta

from schemas.profile.channel import Profile
from schemas.vocabulary import Outcome, Reason, Status
from tests.oracle.lookback import Closed, is_copy, is_pair, row_order, run_of
from tests.oracle.rows import NOT_PAID, Item, Row, line_order, lone_row, own_id, statuses_agree


def line_verdict(
    day: date, line: Item, closed: Closed, sent_status: dict[str, str]
) -> tuple[Row | None, Row | None]:
    """The row of a line that is closed already, and the row whose line's place it took.

    (None, None) for a member. `sent_status` is the status of each transaction sent today.
    """
    status = line["status"]
    number = closed.of_number(line["kind"], line["channel_ref_norm"])

    copies = [row for row in number if row["statement_status"] == status]
    if copies:
        first = min(copies, key=row_order)["line_id"]
        return lone_row(day, line, Outcome.BREAK, [Reason.DUPLICATE_LINE], first), None

    paid = closed.standing_payments(line)
    if paid and status == Status.SUCCEEDED:
        named = paid[0]["line_id"]
        return lone_row(day, line, Outcome.BREAK, [Reason.DUPLICATE_PAYMENT], named), None

    if number:
        held = closed.latest(number)
        return _later_state(day, line, held, closed, sent_status)

    if not paid:
        return None, None
    named = paid[0]["line_id"]
    if status == Status.REVERSED:
        against = _against(paid[0], closed, sent_status)
        broken = [Reason.STATUS_MISMATCH]
        return lone_row(day, line, Outcome.BREAK, broken, named, against), None
    return lone_row(day, line, Outcome.EXCLUDED, [Reason.NOT_EXPECTED], named), None


def _against(row: Row, closed: Closed, sent_status: dict[str, str]) -> str | None:
    """Status of the transaction of a line's pair: as sent today, else as last closed."""
    pair = closed.pair_of(row)
    if pair is None:
        return None
    seen = closed.last_seen(pair["txn_id"])
    assert seen is not None
    return sent_status.get(pair["txn_id"], seen["internal_status"])


def _later_state(
    day: date, line: Item, held: Row, closed: Closed, sent_status: dict[str, str]
) -> tuple[Row | None, Row | None]:
    last_closed = _against(held, closed, {})
    failed_on_both_sides = last_closed in NOT_PAID and held["statement_status"] in NOT_PAID
    if failed_on_both_sides and line["status"] not in NOT_PAID:
        return None, None  # a good attempt: a member
    against = _against(held, closed, sent_status)
    if against is not None and statuses_agree(line["status"], against):
        known = [Reason.ALREADY_RECONCILED]
        # Silent: internal_status is filled on STATUS_MISMATCH only, where it is the other value.
        return lone_row(day, line, Outcome.EXCLUDED, known, held["line_id"]), held
    broken = [Reason.STATUS_MISMATCH]
    return lone_row(day, line, Outcome.BREAK, broken, held["line_id"], against), held


def look_back_of(ours: Item, profile: Profile, day: date) -> date:
    """The first run that counts for a transaction: T-lookback, or the day before `occurred_at`."""
    first = day - timedelta(days=profile.match.lookback)
    if ours["at"] is None:
        return first
    local: date = ours["at"].astimezone(profile.zone_info).date()
    return min(first, local - timedelta(days=1))


def transaction_verdict(
    day: date, ours: Item, closed: Closed, later_today: list[tuple[Item, Row]]
) -> Row | None:
    """The row of a transaction that is closed already; None for a member.

    `later_today` are the lines of today that took a closed line's place, with that line's row.
    Silent: they count as the latest line of their pair already on this run.
    """
    seen = closed.last_seen(own_id(ours))
    if seen is None:
        return None
    known = lone_row(day, ours, Outcome.EXCLUDED, [Reason.ALREADY_RECONCILED])
    before = (seen["internal_amount"], seen["internal_currency"], seen["internal_status"])
    if (ours["amount"], ours["currency"], ours["status"]) == before:
        return known
    pair = _pair_of(ours, closed)
    if pair is not None:
        amount, currency, status = _latest_line(pair, closed, later_today)
        same_money = (ours["amount"], ours["currency"]) == (amount, currency)
        if same_money and statuses_agree(status, ours["status"]):
            return known
    if seen["internal_status"] in NOT_PAID:
        if _by_step_3(ours, closed) and ours["status"] != seen["internal_status"]:
            return None
        line_failed = pair is not None and _latest_line(pair, closed, [])[2] in NOT_PAID
        if line_failed and ours["status"] not in NOT_PAID:
            return None
    changed = [Reason.CHANGED_AFTER_MATCH]
    return lone_row(day, ours, Outcome.BREAK, changed, duplicate_of=own_id(ours))


def _by_step_3(ours: Item, closed: Closed) -> bool:
    """Whether step 3 put a transaction away, by the last row of it that is not of step 2."""
    step_2 = (Reason.ALREADY_RECONCILED, Reason.CHANGED_AFTER_MATCH)
    rows = [
        row
        for row in closed.rows
        if row["txn_id"] == own_id(ours) and not any(each in row["reasons"] for each in step_2)
    ]
    last = max(rows, key=run_of, default=None)
    return last is not None and last["outcome"] == Outcome.EXCLUDED


def _pair_of(ours: Item, closed: Closed) -> Row | None:
    """The last pair of a transaction. Silent: also where step 3 put it away since."""
    rows = [row for row in closed.rows if row["txn_id"] == own_id(ours) and is_pair(row)]
    return max(rows, key=run_of, default=None)


def _latest_line(
    pair: Row, closed: Closed, later_today: list[tuple[Item, Row]]
) -> tuple[int, str, str]:
    """Amount, currency and status of the latest line of a pair."""
    today = [line for line, held in later_today if closed.pair_of(held) is pair]
    if today:
        last = max(today, key=line_order)
        return (last["amount"], last["currency"], last["status"])
    chain = closed.lines(lambda row: not is_copy(row) and closed.pair_of(row) is pair)
    row = max(chain, key=lambda row: (row["run_date"], row_order(row)))
    return (row["statement_amount"], row["currency"], row["statement_status"])
