"""Items and result rows of the oracle: the rules of the match in plain Python.

A record is a dict with the columns of `statement_lines` or `internal_transactions`. An item is a
dict with `schemas.tables.ITEM_COLUMNS`, `sent` (it stands in today's files) and `is_pending_there`
(a PENDING line of today has its number). A row is a dict with the columns of `outcomes`, `channel`
apart.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from schemas.tables import HASH_COLUMNS, OUTCOMES, item_types
from schemas.vocabulary import Kind, Outcome, Reason, Side, Status
from tests.oracle.actions import NOT_PAID, Row, action

Record = dict[str, Any]
Item = dict[str, Any]
#: A kind and the direction of the money, 1 or -1: what every key of the match names.
DirectedKind = tuple[str, int]

#: Kinds whose amounts are negative as a rule; the amounts of all others are positive.
LEAVING_KINDS = (Kind.REFUND, Kind.PAYOUT, Kind.CHARGEBACK)
COLUMNS = tuple(name for name in OUTCOMES.columns if name not in ("channel", *HASH_COLUMNS))
ITEM_COLUMNS = tuple(item_types())
ONE_SIDED = (Reason.INTERNAL_ONLY, Reason.STATEMENT_ONLY, Reason.AMBIGUOUS)
REASONS = list(Reason)
NO_TOLERANCE: Mapping[str, int] = {}
#: Replaces an unknown time, so that it sorts last.
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def new_item(record: Record, day: date) -> Item:
    """A line or a transaction of today's files as an item; this run is its first."""
    item: Item = dict.fromkeys(ITEM_COLUMNS)
    item.update({name: value for name, value in record.items() if name in item})
    item["side"] = (Side.STATEMENT if "line_id" in record else Side.INTERNAL).value
    item["at"] = record["traded_at" if "line_id" in record else "occurred_at"]
    item["item_date"] = record["business_date"]
    item["first_run_date"] = day
    item["chances"] = 0
    item["sent"] = True
    item["is_pending_there"] = False
    return item


def item_id(item: Item) -> str:
    """The item's own id: `txn_id` or `line_id`."""
    return str(item["txn_id"] or item["line_id"])


def line_order(line: Item) -> tuple[date, datetime, str]:
    """The order of lines in step 3: business date, time with the unknown last, line."""
    return (line["item_date"], line["at"] or END_OF_TIME, line["line_id"])


def directed_kind(kind: str, amount: int) -> DirectedKind:
    """The kind with the sign of the amount; 0 has the sign that its kind has as a rule."""
    if amount == 0:
        return kind, -1 if kind in LEAVING_KINDS else 1
    return kind, 1 if amount > 0 else -1


def kind_of(item: Item) -> DirectedKind:
    """The directed kind of an item."""
    return directed_kind(item["kind"], item["amount"])


def is_succeeded(item: Item) -> bool:
    """Whether an item says SUCCEEDED."""
    return bool(item["status"] == Status.SUCCEEDED)


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


def _other_kind(line: Item | None, transaction: Item | None) -> str | None:
    """The transaction's kind where it is not the line's; None without both."""
    if line is None or transaction is None or line["kind"] == transaction["kind"]:
        return None
    return str(transaction["kind"])


def _other_our_ref(line: Item | None, transaction: Item | None) -> str | None:
    """The transaction's our_ref where it is not the line's, empty if it has none."""
    if transaction is None:
        return None
    if line is not None and line["our_ref_norm"] == transaction["our_ref_norm"]:
        return None
    return transaction["our_ref_norm"] or ""


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
        "internal_kind": _other_kind(line, transaction),
        "internal_our_ref_norm": _other_our_ref(line, transaction),
        "our_ref_norm": line and line["our_ref_norm"],
        "channel_ref_norm": line and line["channel_ref_norm"],
        "traded_at": line and line["at"],
    }


def pair_row(
    day: date,
    line: Item,
    transaction: Item,
    matched_by: str,
    tolerance: Mapping[str, int] = NO_TOLERANCE,
) -> Row:
    """The row of a pair: MATCHED, or BREAK with every reason that holds.

    `tolerance`, minor units by currency, is what the amounts may differ by if nothing else does.
    """
    reasons = []
    if line["kind"] != transaction["kind"]:
        reasons.append(Reason.KIND_MISMATCH)
    if line["currency"] != transaction["currency"]:
        reasons.append(Reason.CURRENCY_MISMATCH)
    elif line["amount"] != transaction["amount"]:
        reasons.append(Reason.AMOUNT_MISMATCH)
    if not statuses_agree(line["status"], transaction["status"]):
        reasons.append(Reason.STATUS_MISMATCH)
    distance = abs(line["amount"] - transaction["amount"])
    if reasons == [Reason.AMOUNT_MISMATCH] and distance <= tolerance.get(line["currency"], 0):
        reasons = [Reason.WITHIN_TOLERANCE]
    is_matched = reasons in ([], [Reason.WITHIN_TOLERANCE])
    row = _row(day, line, transaction)
    row["unit_id"] = transaction["txn_id"]
    row["outcome"] = (Outcome.MATCHED if is_matched else Outcome.BREAK).value
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
