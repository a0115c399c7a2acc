"""The oracle's items and rows: section 3 in plain Python, slow and obvious.

A record is a dict with the columns of `statement_lines` or `internal_transactions`. An item is a
dict with `schemas.tables.ITEM_COLUMNS` and `sent` (it stands in today's files). A row
is a dict with the columns of `outcomes`, `channel` apart.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from schemas.tables import MARKS, OUTCOMES, item_types
from schemas.vocabulary import Action, Kind, Outcome, Reason, Side, Status

Record = dict[str, Any]
Item = dict[str, Any]
Row = dict[str, Any]

COLUMNS = tuple(name for name in OUTCOMES.columns if name not in ("channel", *MARKS))
NOT_PAID = (Status.FAILED, Status.CLOSED)
ONE_SIDED = (Reason.INTERNAL_ONLY, Reason.STATEMENT_ONLY, Reason.AMBIGUOUS)
REASONS = list(Reason)
#: Stands for an unknown time, which comes last.
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def item_of(record: Record, day: date, other_side_there: bool) -> Item:
    """A line or a transaction of today's files, seen for the first time on this run."""
    item: Item = dict.fromkeys(item_types())
    item.update({name: value for name, value in record.items() if name in item})
    item["side"] = (Side.STATEMENT if "line_id" in record else Side.INTERNAL).value
    item["at"] = record["traded_at" if "line_id" in record else "occurred_at"]
    item["item_date"] = record["business_date"]
    item["first_run_date"] = day
    item["chances"] = int(other_side_there)
    item["sent"] = True
    return item


def own_id(item: Item) -> str:
    """The id of the side on which an item stands."""
    return str(item["txn_id"] or item["line_id"])


def line_order(line: Item) -> tuple[date, datetime, str]:
    """The order of lines in step 3: business date, time with the unknown last, line."""
    return (line["item_date"], line["at"] or END_OF_TIME, line["line_id"])


def statuses_agree(line: str, ours: str) -> bool:
    """Whether two statuses say the same: paid, reversed, or not paid on both sides."""
    if line in NOT_PAID:
        return ours in NOT_PAID
    return line == ours and line in (Status.SUCCEEDED, Status.REVERSED)


def in_order(reasons: Iterable[Reason]) -> list[str]:
    """Reasons in the order of the contract's list."""
    return [each.value for each in sorted(reasons, key=REASONS.index)]


def late(*items: Item) -> list[Reason]:
    """LATE where one of the items broke on an earlier run."""
    return [Reason.LATE] if any(item["broke_on"] for item in items) else []


def _reference(name: str, *items: Item) -> str | None:
    """As received, of the first item that has one: what normalizes to empty counts as none."""
    return next((item[name] for item in items if item[f"{name}_norm"] is not None), None)


def _row(day: date, line: Item | None, ours: Item | None) -> Row:
    present = [item for item in (line, ours) if item is not None]
    return dict.fromkeys(COLUMNS) | {
        "run_date": day,
        "kind": present[0]["kind"],
        "our_ref": _reference("our_ref", *present),
        "channel_ref": _reference("channel_ref", *present),
        "order_ref": _reference("order_ref", *present),
        "currency": present[0]["currency"],
        "first_run_date": min(item["first_run_date"] for item in present),
        "chances": max(item["chances"] for item in present),
        "txn_id": ours and ours["txn_id"],
        "internal_currency": ours and ours["currency"],
        "internal_amount": ours and ours["amount"],
        "internal_status": ours and ours["status"],
        "internal_date": ours and ours["item_date"],
        "line_id": line and line["line_id"],
        "statement_amount": line and line["amount"],
        "statement_status": line and line["status"],
        "statement_date": line and line["item_date"],
        "fee": line and line["fee"],
        "our_ref_norm": line and line["our_ref_norm"],
        "channel_ref_norm": line and line["channel_ref_norm"],
        "traded_at": line and line["at"],
    }


def pair_row(day: date, line: Item, ours: Item, matched_by: str) -> Row:
    """A pair: MATCHED, or BREAK with every reason that holds at once."""
    found = []
    if line["amount"] != ours["amount"]:
        found.append(Reason.AMOUNT_MISMATCH)
    if line["currency"] != ours["currency"]:
        found.append(Reason.CURRENCY_MISMATCH)
    if not statuses_agree(line["status"], ours["status"]):
        found.append(Reason.STATUS_MISMATCH)
    row = _row(day, line, ours)
    row["unit_id"] = ours["txn_id"]
    row["outcome"] = (Outcome.BREAK if found else Outcome.MATCHED).value
    row["reasons"] = in_order([*found, *late(line, ours)])
    row["matched_by"] = matched_by
    if line["currency"] == ours["currency"]:
        row["difference"] = line["amount"] - ours["amount"]
    row["action"] = action(row)
    return row


def lone_row(
    day: date,
    item: Item,
    outcome: Outcome,
    reasons: Iterable[Reason],
    duplicate_of: str | None = None,
    against: str | None = None,
) -> Row:
    """An item left alone. `against` is the status of the transaction a line is compared with.

    Silent in the contract: that status stands as `internal_status` of the line's row, so that the
    row carries both values of its STATUS_MISMATCH; the other internal columns stay null.
    """
    ours = item["side"] == Side.INTERNAL
    row = _row(day, None if ours else item, item if ours else None)
    row["unit_id"] = own_id(item)
    row["outcome"] = outcome.value
    row["reasons"] = in_order(reasons)
    row["duplicate_of"] = duplicate_of
    if not ours:
        row["internal_status"] = against
    row["action"] = action(row)
    return row


def member_row(
    day: date, item: Item, outcome: Outcome, reasons: Iterable[Reason], unit_id: str
) -> Row:
    """A member of a group: its own side, the unit of the group."""
    return lone_row(day, item, outcome, reasons) | {"unit_id": unit_id}


def action(row: Row) -> str:
    """The action: the first row of the contract's table that fits."""
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
        return _by_sign(row["statement_amount"], Action.REVIEW)
    if Reason.STATUS_MISMATCH in reasons:
        return _of_statuses(row["statement_status"], row["internal_status"], row)
    if Reason.STATEMENT_ONLY in reasons:
        return _of_lonely_line(row)
    assert reasons[0] == Reason.INTERNAL_ONLY, row
    return Action.QUERY


def _by_sign(amount: int, at_zero: Action) -> Action:
    if amount > 0:
        return Action.REFUND
    return Action.RECOVER if amount < 0 else at_zero


def _of_statuses(line: str, ours: str | None, row: Row) -> Action:
    if line == Status.SUCCEEDED and ours == Status.PENDING:
        return Action.CONFIRM
    if line == Status.SUCCEEDED and ours in NOT_PAID:
        return _by_sign(row["statement_amount"], Action.QUERY)
    if line in (*NOT_PAID, Status.REVERSED) and ours == Status.SUCCEEDED:
        return Action.REVERSE
    return Action.QUERY


def _of_lonely_line(row: Row) -> Action:
    if row["statement_status"] != Status.SUCCEEDED or row["statement_amount"] == 0:
        return Action.REVIEW
    if row["kind"] in (Kind.PAYMENT, Kind.TOP_UP):
        return Action.REFUND
    return Action.RECOVER if row["kind"] == Kind.PAYOUT else Action.REVIEW
