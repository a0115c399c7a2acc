"""What speaks against advice to move money.

Before money is given back for a line that our books do not know, everything that bears its numbers
is looked up.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from schemas.vocabulary import Action, Outcome, Reason, Side, Status
from tests.oracle.lookback import Past, is_duplicate_transaction, key_of_transaction, kind_of_line
from tests.oracle.rows import NOT_PAID, Item, Record, Row, directed_kind, is_succeeded, kind_of

RELATED_MAX = 5
MOVES_MONEY = (Action.REFUND, Action.RECOVER)


def guard_advice(
    rows: list[Row], past: Past, open_transactions: list[Item], records: Iterable[Record]
) -> list[Row]:
    """The rows, with `related`, and REVIEW instead of advice that something speaks against.

    `open_transactions` are in their latest state, `records` what all snapshots up to today had.
    """
    transactions = [record for record in records if "txn_id" in record]
    return [_guard_row(row, rows, past, open_transactions, transactions) for row in rows]


def _guard_row(
    row: Row,
    rows: list[Row],
    past: Past,
    open_transactions: list[Item],
    transactions: list[Record],
) -> Row:
    if row["outcome"] != Outcome.BREAK:
        return row
    if Reason.STATEMENT_ONLY in row["reasons"]:
        ours = _find_transactions(row, past, open_transactions, transactions)
        theirs = _find_opposite_lines(row, rows, past)
        is_free = not theirs and all(status in NOT_PAID for status in ours.values())
        guarded = row | {"related": sorted([*ours, *theirs])[:RELATED_MAX]}
    elif Reason.DUPLICATE_PAYMENT in row["reasons"]:
        is_free, guarded = not _has_second_transaction(row, rows, past), row
    else:
        return row
    if row["action"] in MOVES_MONEY and not is_free:
        return guarded | {"action": Action.REVIEW.value}
    return guarded


def _bears_number(row: Row, our_ref: str | None, channel_ref: str | None) -> bool:
    """Whether something bears the our_ref or the channel_ref of a row's line."""
    is_our_ref = our_ref is not None and our_ref == row["our_ref_norm"]
    return is_our_ref or (channel_ref is not None and channel_ref == row["channel_ref_norm"])


def _find_transactions(
    row: Row, past: Past, open_transactions: list[Item], transactions: list[Record]
) -> dict[str, str | None]:
    """Status by txn_id of what bears the line's numbers; None if it was written off.

    Transactions of the dates around the line count in their latest state there, open ones whatever
    their date.
    """
    since = row["first_run_date"] - timedelta(days=past.profile.match.lookback)
    latest: dict[str, Record] = {}
    for record in sorted(transactions, key=_business_date):
        if since <= record["business_date"] <= past.day:
            latest[record["txn_id"]] = record
    for item in open_transactions:
        latest[item["txn_id"]] = item
    return {
        txn_id: None if record.get("written_off") else record["status"]
        for txn_id, record in latest.items()
        if _bears_number(row, record["our_ref_norm"], record["channel_ref_norm"])
    }


def _business_date(record: Record) -> date:
    business_date: date = record["business_date"]
    return business_date


def _find_opposite_lines(row: Row, rows: list[Row], past: Past) -> set[str]:
    """Ids of SUCCEEDED lines of the other direction that stand in no pair and no unit.

    A line counts as the last run since T-lookback left it; without a row there, as it is open.
    """
    first = past.day - timedelta(days=past.profile.match.lookback)
    last_rows: dict[str, Row] = {}
    for other in sorted(past.history, key=lambda each: each["run_date"]) + rows:
        if other["line_id"] is not None and other["run_date"] >= first:
            last_rows[other["line_id"]] = other
    _, direction = kind_of_line(row)
    opposite = set()
    for line_id, other in last_rows.items():
        is_single = other["txn_id"] is None and other["unit_id"] == line_id
        is_paid = other["statement_status"] == Status.SUCCEEDED
        bears = _bears_number(row, other["our_ref_norm"], other["channel_ref_norm"])
        if is_single and is_paid and bears and kind_of_line(other)[1] != direction:
            opposite.add(line_id)
    for item in past.open_items:
        if item["side"] != Side.STATEMENT or item["line_id"] in last_rows:
            continue
        bears = _bears_number(row, item["our_ref_norm"], item["channel_ref_norm"])
        is_single = item["group_id"] is None
        if is_single and is_succeeded(item) and bears and kind_of(item)[1] != direction:
            opposite.add(item["line_id"])
    return opposite


def _has_second_transaction(row: Row, rows: list[Row], past: Past) -> bool:
    """Whether a second transaction of the line's kind and our_ref was put away of late."""
    first = past.day - timedelta(days=past.profile.match.lookback)
    key = (directed_kind(row["kind"], row["statement_amount"]), row["our_ref_norm"])
    return any(
        is_duplicate_transaction(other) and key_of_transaction(other) == key
        for other in (*past.history, *rows)
        if first <= other["run_date"] <= past.day
    )
