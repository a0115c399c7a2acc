"""Items and result rows of the oracle: the rules of the match in plain Python.

A record is a dict with the columns of `statement_lines` or `internal_transactions`. An item is a
dict with `schemas.tables.ITEM_COLUMNS` and `sent` (it stands in today's files). A row
is a dict with the columns of `outcomes`, `channel` apart.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from schemas.tables import HASH_COLUMNS, OUTCOMES, item_types
from schemas.vocabulary import Action, Kind, Outcome, Reason, Side, Status

Record = dict[str, Any]
Item = dict[str, Any]
Row = dict[str, Any]

COLUMNS = tuple(name for name in OUTCOMES.columns if name not in ("channel", *HASH_COLUMNS))
NOT_PAID = (Status.FAILED, Status.CLOSED)
ONE_SIDED = (Reason.INTERNAL_ONLY, Reason.STATEMENT_ONLY, Reason.AMBIGUOUS)
REASONS = list(Reason)
#: Replaces an unknown time, so that it sorts last.
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def new_item(record: Record, day: date, is_attempt: bool) -> Item:
    """A line or a transaction of today's files as an item; this run is its first."""
    item: Item = dict.fromkeys(item_types())
    item.update({name: value for name, value in record.items() if name in item})
    item["side"] = (Side.STATEMENT if "line_id" in record else Side.INTERNAL).value
    item["at"] = record["traded_at" if "line_id" in record else "occurred_at"]
    item["item_date"] = record["business_date"]
    item["first_run_date"] = day
    item["chances"] = int(is_attempt)
    item["sent"] = True
    return item


def item_id(item: Item) -> str:
    """The item's own id: `txn_id` or `line_id`."""
    return str(item["txn_id"] or item["line_id"])


def line_order(line: Item) -> tuple[date, datetime, str]:
    """The order of lines in step 3: business date, time with the unknown last, line."""
    return (line["item_date"], line["at"] or END_OF_TIME, line["line_id"])


def statuses_agree(line: str, transaction: str) -> bool:
    """Whether two statuses agree: both paid, both reversed, or both not paid."""
    if line in NOT_PAID:
        return transaction in NOT_PAID
    return line == transaction and line in (Status.SUCCEEDED, Status.REVERSED)


def sort_reasons(reasons: Iterable[Reason]) -> list[str]:
    """Reasons in the order of the page of rules."""
    return [reason.value for reason in sorted(reasons, key=REASONS.index)]


def late_reasons(*items: Item) -> list[Reason]:
    """LATE where one of the items broke on an earlier run."""
    return [Reason.LATE] if any(item["broke_on"] for item in items) else []


def _reference(name: str, *items: Item) -> str | None:
    """The reference as received, of the first item that has one; an empty one counts as none."""
    return next((item[name] for item in items if item[f"{name}_norm"] is not None), None)


def _row(day: date, line: Item | None, transaction: Item | None) -> Row:
    present = [item for item in (line, transaction) if item is not None]
    return dict.fromkeys(COLUMNS) | {
        "run_date": day,
        "kind": present[0]["kind"],
        "our_ref": _reference("our_ref", *present),
        "channel_ref": _reference("channel_ref", *present),
        "order_ref": _reference("order_ref", *present),
        "currency": present[0]["currency"],
        "first_run_date": min(item["first_run_date"] for item in present),
        "chances": max(item["chances"] for item in present),
        "txn_id": transaction and transaction["txn_id"],
        "internal_currency": transaction and transaction["currency"],
        "internal_amount": transaction and transaction["amount"],
        "internal_status": transaction and transaction["status"],
        "internal_date": transaction and transaction["item_date"],
        "line_id": line and line["line_id"],
        "statement_amount": line and line["amount"],
        "statement_status": line and line["status"],
        "statement_date": line and line["item_date"],
        "fee": line and line["fee"],
        "our_ref_norm": line and line["our_ref_norm"],
        "channel_ref_norm": line and line["channel_ref_norm"],
        "traded_at": line and line["at"],
    }


def pair_row(day: date, line: Item, transaction: Item, matched_by: str) -> Row:
    """The row of a pair: MATCHED, or BREAK with every reason that holds."""
    reasons = []
    if line["amount"] != transaction["amount"]:
        reasons.append(Reason.AMOUNT_MISMATCH)
    if line["currency"] != transaction["currency"]:
        reasons.append(Reason.CURRENCY_MISMATCH)
    if not statuses_agree(line["status"], transaction["status"]):
        reasons.append(Reason.STATUS_MISMATCH)
    row = _row(day, line, transaction)
    row["unit_id"] = transaction["txn_id"]
    row["outcome"] = (Outcome.BREAK if reasons else Outcome.MATCHED).value
    row["reasons"] = sort_reasons([*reasons, *late_reasons(line, transaction)])
    row["matched_by"] = matched_by
    if line["currency"] == transaction["currency"]:
        row["difference"] = line["amount"] - transaction["amount"]
    row["action"] = action(row)
    return row


def single_row(
    day: date,
    item: Item,
    outcome: Outcome,
    reasons: Iterable[Reason],
    duplicate_of: str | None = None,
    compared_status: str | None = None,
) -> Row:
    """The row of a single item. `compared_status` is the transaction's status that it differs from.

    The contract does not say where that status stands. Here it is `internal_status` of the line's
    row, so that the row carries both values of its STATUS_MISMATCH; the other internal columns are
    null.
    """
    is_internal = item["side"] == Side.INTERNAL
    row = _row(day, None if is_internal else item, item if is_internal else None)
    row["unit_id"] = item_id(item)
    row["outcome"] = outcome.value
    row["reasons"] = sort_reasons(reasons)
    row["duplicate_of"] = duplicate_of
    if not is_internal:
        row["internal_status"] = compared_status
    row["action"] = action(row)
    return row


def group_row(
    day: date, item: Item, outcome: Outcome, reasons: Iterable[Reason], unit_id: str
) -> Row:
    """The row of a group member: a single item's row with the unit id of the group."""
    return single_row(day, item, outcome, reasons) | {"unit_id": unit_id}


def action(row: Row) -> str:
    """The action: the first row that applies of the table in the page of rules."""
    return _action(row).value


def _action(row: Row) -> Action:
    reasons, outcome = row["reasons"], row["outcome"]
    if outcome in (Outcome.MATCHED, Outcome.EXCLUDED):
        return Action.NONE
    if outcome == Outcome.SUSPENSE:
        return Action.WAIT
    for reviewed in (
        Reason.AMOUNT_MISMATCH,
        Reason.CURRENCY_MISMATCH,
        Reason.AMBIGUOUS,
        Reason.DUPLICATE_TRANSACTION,
        Reason.CHANGED_AFTER_MATCH,
    ):
        if reviewed in reasons:
            return Action.REVIEW
    if Reason.DUPLICATE_LINE in reasons:
        return Action.CLAIM
    if Reason.DUPLICATE_PAYMENT in reasons:
        return _action_by_sign(row["statement_amount"], Action.REVIEW)
    if Reason.STATUS_MISMATCH in reasons:
        return _action_of_statuses(row["statement_status"], row["internal_status"], row)
    if Reason.STATEMENT_ONLY in reasons:
        return _action_of_single_line(row)
    assert reasons[0] == Reason.INTERNAL_ONLY, row
    return Action.QUERY


def _action_by_sign(amount: int, at_zero: Action) -> Action:
    if amount > 0:
        return Action.REFUND
    return Action.RECOVER if amount < 0 else at_zero


def _action_of_statuses(line: str, transaction: str | None, row: Row) -> Action:
    if line == Status.SUCCEEDED and transaction == Status.PENDING:
        return Action.CONFIRM
    if line == Status.SUCCEEDED and transaction in NOT_PAID:
        return _action_by_sign(row["statement_amount"], Action.QUERY)
    if line in (*NOT_PAID, Status.REVERSED) and transaction == Status.SUCCEEDED:
        return Action.REVERSE
    return Action.QUERY


def _action_of_single_line(row: Row) -> Action:
    if row["statement_status"] != Status.SUCCEEDED or row["statement_amount"] == 0:
        return Action.REVIEW
    if row["kind"] in (Kind.PAYMENT, Kind.TOP_UP):
        return Action.REFUND
    return Action.RECOVER if row["kind"] == Kind.PAYOUT else Action.REVIEW
