"""What a row of `outcomes` does to a break that opened on an earlier run."""

from enum import IntEnum
from typing import Any

from jobs.casework.classes import class_of, is_decided
from jobs.matching.item_columns import NOT_PAID
from schemas.vocabulary import BreakClass, BreakEvent, Outcome, Reason, Status

Row = dict[str, Any]

#: Events that close a break; of several on one run the first of these counts.
CLOSING = (BreakEvent.DECISION, BreakEvent.LATE_MATCH, BreakEvent.CORRECTED)
#: What our side says of a transaction.
OWN_VALUES = ("internal_status", "internal_amount", "internal_currency")
#: Classes whose break is about a payment that both sides know.
OF_PAYMENTS = (BreakClass.PAIR, BreakClass.CHANGE)


class Path(IntEnum):
    """How a row concerns a break, nearest first: it is about its own transaction or line, it is a
    later state of its line or of the payment of its transaction, or it is about the transaction
    with which a later state is compared.
    """

    OWN_TRANSACTION = 0
    OWN_LINE = 1
    LINE = 2
    PAYMENT = 3
    COMPARED = 4


def own_values(row: Row) -> tuple[Any, ...]:
    """What our side says on a row, or said when a break's transaction was last seen."""
    return tuple(row[name] for name in OWN_VALUES)


def judge_row(row: Row, path: Path, known: Row) -> BreakEvent | None:
    """The event by which a row closes an open break `known`; None if it stays open."""
    if path in (Path.OWN_TRANSACTION, Path.OWN_LINE):
        return _judge_own(row, known)
    of_payment = known["class"] in OF_PAYMENTS
    if path == Path.COMPARED:
        is_closed = _agree(row["internal_status"], known["statement_status"])
    elif of_payment:
        agrees = row["statement_amount"] == known["internal_amount"]
        agrees = agrees and row["currency"] == known["internal_currency"]
        is_closed = row["outcome"] == Outcome.EXCLUDED and agrees
    else:
        is_closed = True
    return BreakEvent.CORRECTED if is_closed else None


def _judge_own(row: Row, known: Row) -> BreakEvent | None:
    """A transaction that is reconciled already and says the same as before is still wrong."""
    if is_decided(row):
        return BreakEvent.DECISION
    if row["outcome"] == Outcome.MATCHED:
        return BreakEvent.LATE_MATCH
    if row["outcome"] == Outcome.EXCLUDED:
        if Reason.ALREADY_RECONCILED not in row["reasons"]:
            return BreakEvent.CORRECTED
        of_payment = known["txn_id"] is not None and known["class"] in OF_PAYMENTS
        agrees_now = of_payment and own_values(row) != own_values(known)
        return BreakEvent.CORRECTED if agrees_now else None
    if row["outcome"] != Outcome.BREAK:
        return None
    row_class = class_of(row)
    if known["class"] == BreakClass.ONE_SIDE:
        if row_class == BreakClass.PAIR:
            return BreakEvent.LATE_MATCH
        return BreakEvent.CORRECTED if row_class == BreakClass.DUPLICATE else None
    no_longer_paid = row_class == BreakClass.CHANGE and row["internal_status"] != Status.SUCCEEDED
    is_settled = known["class"] == BreakClass.DUPLICATE and no_longer_paid
    return BreakEvent.CORRECTED if is_settled else None


def _agree(one: str | None, other: str | None) -> bool:
    """As `item_columns.statuses_agree`."""
    if one in NOT_PAID or other in NOT_PAID:
        return one in NOT_PAID and other in NOT_PAID
    return one == other and one in (Status.SUCCEEDED, Status.REVERSED)
