"""The action of a result row: the first case that applies. Source: docs/reference/rules.md."""

from collections.abc import Mapping
from functools import reduce
from operator import add, or_

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.vocabulary import (
    MATCHED_BY_CAPTURES,
    MATCHED_BY_VOID,
    Action,
    Kind,
    Outcome,
    Reason,
    Status,
    StatusOf,
)

_REASONS_TO_REVIEW = (
    Reason.KIND_MISMATCH,
    Reason.AMOUNT_MISMATCH,
    Reason.CURRENCY_MISMATCH,
    Reason.AMBIGUOUS,
    Reason.POSSIBLE_DUPLICATE,
    Reason.DUPLICATE_TRANSACTION,
    Reason.CHANGED_AFTER_MATCH,
)
_NOT_PAID = (Status.FAILED.value, Status.CLOSED.value)


def action(limits: Mapping[str, int]) -> Column:
    """The action of a row, from its outcome, reasons, kind, statuses and the line's amount.

    `limits`, in minor units by currency: a pair, or a later state held against one, that differs
    by no more in nothing but amount and status takes over what the statement says.
    """
    outcome = F.col("outcome")
    is_done = outcome.isin(Outcome.MATCHED.value, Outcome.EXCLUDED.value)
    cases: list[tuple[Column, Action]] = [
        (is_done, Action.NONE),
        (outcome == F.lit(Outcome.SUSPENSE.value), Action.WAIT),
        *_adopted(limits),
        (_has_any_reason(*_REASONS_TO_REVIEW), Action.REVIEW),
        (_has_reason(Reason.DUPLICATE_LINE), Action.CLAIM),
        *_duplicate_payment(),
        *_status_mismatch(),
        *_statement_only(),
        (_has_reason(Reason.INTERNAL_ONLY), Action.QUERY),
    ]
    first, *others = cases
    out = F.when(first[0], F.lit(first[1].value))
    for condition, next_action in others:
        out = out.when(condition, F.lit(next_action.value))
    return out


def accepted_action(status_of: str) -> Column:
    """The action of a row whose STATUS_MISMATCH people accepted: OURS stands, or THEIRS.

    If theirs stands, ours is to follow it. If ours stands, money that was paid without a payment of
    ours goes back; nothing else is left to do.
    """
    line, internal = F.col("statement_status"), F.col("internal_status")
    amount, succeeded = F.col("statement_amount"), F.lit(Status.SUCCEEDED.value)
    if status_of == StatusOf.THEIRS:
        follows = F.coalesce(line, succeeded) == succeeded  # the transaction of a unit has no line
        confirm, reverse = F.lit(Action.CONFIRM.value), F.lit(Action.REVERSE.value)
        return F.when(follows, confirm).otherwise(reverse)
    is_paid = (line == succeeded) & internal.isin(*_NOT_PAID)
    return (
        F.when(is_paid & (amount > F.lit(0)), F.lit(Action.REFUND.value))
        .when(is_paid & (amount < F.lit(0)), F.lit(Action.RECOVER.value))
        .otherwise(F.lit(Action.NONE.value))
    )


def _adopted(limits: Mapping[str, int]) -> list[tuple[Column, Action]]:
    if not limits:
        return []
    may_adopt = (Reason.AMOUNT_MISMATCH, Reason.STATUS_MISMATCH, Reason.LATE)
    count = reduce(add, [_has_reason(reason).cast("int") for reason in may_adopt])
    size = F.abs("state_difference")
    is_near = [
        (F.col("currency") == F.lit(currency)) & (size <= F.lit(limit))
        for currency, limit in limits.items()
    ]
    is_adopted = (
        _has_any_reason(Reason.AMOUNT_MISMATCH, Reason.STATUS_MISMATCH)
        & (F.size("reasons") == count)
        & reduce(or_, is_near)
    )
    return [(is_adopted, Action.ADOPT)]


def _has_reason(reason: Reason) -> Column:
    return F.array_contains(F.col("reasons"), reason.value)


def _has_any_reason(*reasons: Reason) -> Column:
    out = _has_reason(reasons[0])
    for reason in reasons[1:]:
        out = out | _has_reason(reason)
    return out


def _duplicate_payment() -> list[tuple[Column, Action]]:
    is_duplicate, amount = _has_reason(Reason.DUPLICATE_PAYMENT), F.col("statement_amount")
    return [
        (is_duplicate & (amount > F.lit(0)), Action.REFUND),
        (is_duplicate & (amount < F.lit(0)), Action.RECOVER),
        (is_duplicate & (amount == F.lit(0)), Action.REVIEW),
    ]


def _status_mismatch() -> list[tuple[Column, Action]]:
    """By the statuses of the row; of the captures of a pending payment every row is to CONFIRM.

    A line that takes back a payment over the cut-off succeeded as a line of its own: ours is unpaid
    as it should be, so no money moves.
    """
    differs, amount = _has_reason(Reason.STATUS_MISMATCH), F.col("statement_amount")
    line, internal = F.col("statement_status"), F.col("internal_status")
    line_paid = differs & (line == F.lit(Status.SUCCEEDED.value))
    internal_unpaid = line_paid & internal.isin(*_NOT_PAID)
    line_unpaid = differs & line.isin(*_NOT_PAID, Status.REVERSED.value)
    return [
        (differs & (F.col("matched_by") == F.lit(MATCHED_BY_CAPTURES)), Action.CONFIRM),
        (differs & (F.col("matched_by") == F.lit(MATCHED_BY_VOID)), Action.QUERY),
        (line_paid & (internal == F.lit(Status.PENDING.value)), Action.CONFIRM),
        (internal_unpaid & (amount > F.lit(0)), Action.REFUND),
        (internal_unpaid & (amount < F.lit(0)), Action.RECOVER),
        (line_unpaid & (internal == F.lit(Status.SUCCEEDED.value)), Action.REVERSE),
        (differs, Action.QUERY),
    ]


def _statement_only() -> list[tuple[Column, Action]]:
    one_sided, kind = _has_reason(Reason.STATEMENT_ONLY), F.col("kind")
    unpaid = F.col("statement_status") != F.lit(Status.SUCCEEDED.value)
    return [
        (one_sided & (unpaid | (F.col("statement_amount") == F.lit(0))), Action.REVIEW),
        (one_sided & kind.isin(Kind.PAYMENT.value, Kind.TOP_UP.value), Action.REFUND),
        (one_sided & (kind == F.lit(Kind.PAYOUT.value)), Action.RECOVER),
        (one_sided, Action.REVIEW),
    ]
