"""The action of a row: the first case that fits of the table in docs/reference/rules.md."""

from typing import Any

from schemas.vocabulary import Action, Kind, Outcome, Reason, Status

NOT_PAID = (Status.FAILED, Status.CLOSED)
Row = dict[str, Any]


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
        Reason.KIND_MISMATCH,
        Reason.AMOUNT_MISMATCH,
        Reason.CURRENCY_MISMATCH,
        Reason.AMBIGUOUS,
        Reason.POSSIBLE_DUPLICATE,
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
