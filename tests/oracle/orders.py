"""The check of orders in plain Python: one date, all transactions of all channels.

Source: docs/reference/orders.md. Written apart from the code that it checks.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

Record = Mapping[str, Any]
Row = dict[str, Any]
_PAYS = ("PAYMENT", "TOP_UP")
_OPEN = ("OVERPAID", "REFUND_PENDING")


def check_orders(
    day: date, snapshots: Mapping[date, list[Record]], open_rows: Iterable[Record], actions: Record
) -> list[Row]:
    """Rows of `order_checks` of a date, without the columns that only show the row.

    `snapshots` are transactions by business date, `open_rows` the rows of the run before, `actions`
    what outcomes ask for, by order.
    """
    open_by_order: dict[str, list[Record]] = {}
    for row in open_rows:
        if row["result"] in _OPEN:
            open_by_order.setdefault(row["order_ref_norm"], []).append(row)
    latest = {}
    for on in sorted(day_ for day_ in snapshots if day_ <= day):
        for record in snapshots[on]:
            latest[record["txn_id"]] = record
    refs = {record["order_ref_norm"] for record in latest.values()} | {*open_by_order}
    rows = []
    for ref in sorted(filter(None, refs)):
        held = [row["first_date"] for row in open_by_order.get(ref, ())]
        since = min([day - timedelta(days=30), *held])
        rows += _check_order(
            day, ref, _members(ref, since, latest.values()), open_by_order.get(ref, []),
            actions.get(ref, ()),
        )  # fmt: skip
    return rows


def _members(ref: str, since: date, latest: Iterable[Record]) -> list[Row]:
    """The transactions of an order in sight, and payouts for its payments as refunds."""
    every = list(latest)
    own = [
        dict(record)
        for record in every
        if record["order_ref_norm"] == ref
        and record["business_date"] >= since
        and record["kind"] not in ("PAYOUT", "PAYOUT_RETURN")
    ]
    payments = {record["txn_id"]: record for record in own if record["kind"] in _PAYS}
    payouts = {}
    for record in every:
        if record["kind"] == "PAYOUT" and record["original_txn_id"] in payments:
            payouts[record["txn_id"]] = _as_refund(record, payments[record["original_txn_id"]])
    returns = [
        _as_refund(record, payments[payouts[record["original_txn_id"]]["original_txn_id"]])
        for record in every
        if record["kind"] == "PAYOUT_RETURN" and record["original_txn_id"] in payouts
    ]
    return [*own, *payouts.values(), *returns]


def _as_refund(record: Record, payment: Record) -> Row:
    named = {"original_txn_id": payment["txn_id"], "merchant_id": payment["merchant_id"]}
    return {**record, **named, "kind": "REFUND", "order_amount": None}


def _check_order(
    day: date, ref: str, members: list[Row], open_rows: list[Record], actions: Iterable[str]
) -> list[Row]:
    last = max((member["business_date"] for member in members), default=None)
    has_merchant = all(member["merchant_id"] is not None for member in members)
    groups: dict[tuple[str | None, str], list[Row]] = {}
    for member in members:
        merchant = member["merchant_id"] if has_merchant else None
        groups.setdefault((merchant, member["currency"]), []).append(member)
    before = {(row["merchant_id"], row["currency"]): row for row in open_rows}
    payment_ids = {member["txn_id"] for member in members if member["kind"] in _PAYS}
    rows = []
    for key in sorted({*groups, *before}, key=str):
        of_key = groups.get(key, [])
        row = _check_money(day, of_key, last, before.get(key), payment_ids, actions)
        if row is not None:
            rows.append({"order_ref_norm": ref, "merchant_id": key[0], "currency": key[1], **row})
    return rows


def _check_money(
    day: date,
    members: list[Row],
    last: date | None,
    before: Record | None,
    payment_ids: set[str],
    actions: Iterable[str],
) -> Row | None:
    if before is None and (last != day or not members):
        return None
    paid = _total(members, ("SUCCEEDED",), _PAYS)
    refunded = -_total(members, ("SUCCEEDED",), ("REFUND", "CHARGEBACK"))
    going_out = [member for member in members if member["amount"] < 0]
    pending = -_total(going_out, ("PENDING",), ("REFUND",))
    amount = _order_amount(members)
    surplus = None if amount is None else paid - refunded - amount
    named = {
        member["original_txn_id"]
        for member in members
        if member["status"] == "SUCCEEDED"
        and member["kind"] in ("REFUND", "CHARGEBACK")
        and member["original_txn_id"] is not None
    }
    has_payment = any(member["kind"] in _PAYS for member in members)
    target, action = None, "NONE"
    if refunded > paid and has_payment and named <= payment_ids:
        result, action = "OVER_REFUNDED", "REVIEW"
    elif surplus is not None and surplus > 0:
        assert last is not None
        if (day - last).days >= 30:
            result = "EXPIRED"
        elif surplus > pending:
            result, target = "OVERPAID", _choose(members, surplus - pending)
            action = "REFUND" if target and not actions else "REVIEW"
        else:
            result, action = "REFUND_PENDING", "WAIT"
    elif before is not None:
        result = "REFUNDED" if refunded > before["refunded"] else "RESOLVED"
    else:
        return None
    return {
        "result": result,
        "action": action,
        "order_amount": amount,
        "paid": paid,
        "refunded": refunded,
        "refund_pending": pending,
        "surplus": surplus,
        "refund_txn_id": target,
        "first_date": min(
            (m["business_date"] for m in members), default=before and before["first_date"]
        ),
    }


def _total(members: list[Row], statuses: tuple[str, ...], kinds: tuple[str, ...]) -> int:
    return sum(m["amount"] for m in members if m["status"] in statuses and m["kind"] in kinds)


def _order_amount(members: list[Row]) -> int | None:
    with_amount = [member for member in members if member["order_amount"] is not None]
    last = max(with_amount, key=_order, default=None)
    return last and last["order_amount"]


def _order(member: Row) -> tuple[Any, ...]:
    return (member["business_date"], member["occurred_at"], member["txn_id"])


def _choose(members: list[Row], to_refund: int) -> str | None:
    left = {}
    for payment in members:
        if payment["kind"] in _PAYS and payment["status"] == "SUCCEEDED":
            back = sum(
                member["amount"]
                for member in members
                if member["original_txn_id"] == payment["txn_id"]
                and member["kind"] in ("REFUND", "CHARGEBACK")
                and (
                    member["status"] == "SUCCEEDED"
                    or (member["status"] == "PENDING" and member["amount"] < 0)
                )
            )
            left[payment["txn_id"]] = (payment["amount"] + back, _order(payment))
    exact = [(order, txn) for txn, (rest, order) in left.items() if rest == to_refund]
    enough = [(order, txn) for txn, (rest, order) in left.items() if rest >= to_refund]
    return max(exact or enough)[1] if exact or enough else None
