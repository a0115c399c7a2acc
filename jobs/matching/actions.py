"""What is asked for about a row: the first case that fits. Source: docs/reference/rules.md."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.vocabulary import Action, Kind, Outcome, Reason, Status

_REVIEWED = (
    Reason.AMOUNT_MISMATCH,
    Reason.CURRENCY_MISMATCH,
    Reason.AMBIGUOUS,
    Reason.DUPLICATE_TRANSACTION,
    Reason.CHANGED_AFTER_MATCH,
)
_NOT_PAID = (Status.FAILED.value, Status.CLOSED.value)


def action() -> Column:
    """The action of a row, from its outcome, reasons, kind, statuses and the line's amount."""
    outcome = F.col("outcome")
    done = outcome.isin(Outcome.MATCHED.value, Outcome.EXCLUDED.value)
    cases: list[tuple[Column, Action]] = [
        (done, Action.NONE),
        (outcome == F.lit(Outcome.SUSPENSE.value), Action.WAIT),
        (_any(*_REVIEWED), Action.REVIEW),
        (_has(Reason.DUPLICATE_LINE), Action.CLAIM),
        *_duplicate_payment(),
        *_status_mismatch(),
        *_statement_only(),
        (_has(Reason.INTERNAL_ONLY), Action.QUERY),
    ]
    first, *others = cases
    out = F.when(first[0], F.lit(first[1].value))
    for case, what in others:
        out = out.when(case, F.lit(what.value))
    return out


def _has(reason: Reason) -> Column:
    return F.array_contains(F.col("reasons"), reason.value)


def _any(*reasons: Reason) -> Column:
    out = _has(reasons[0])
    for each in reasons[1:]:
        out = out | _has(each)
    return out


def _duplicate_payment() -> list[tuple[Column, Action]]:
    twice, amount = _has(Reason.DUPLICATE_PAYMENT), F.col("statement_amount")
    return [
        (twice & (amount > F.lit(0)), Action.REFUND),
        (twice & (amount < F.lit(0)), Action.RECOVER),
        (twice & (amount == F.lit(0)), Action.REVIEW),
    ]


def _status_mismatch() -> list[tuple[Column, Action]]:
    differs, amount = _has(Reason.STATUS_MISMATCH), F.col("statement_amount")
    line, ours = F.col("statement_status"), F.col("internal_status")
    line_paid = differs & (line == F.lit(Status.SUCCEEDED.value))
    ours_not = line_paid & ours.isin(*_NOT_PAID)
    line_not = differs & line.isin(*_NOT_PAID, Status.REVERSED.value)
    return [
        (line_paid & (ours == F.lit(Status.PENDING.value)), Action.CONFIRM),
        (ours_not & (amount > F.lit(0)), Action.REFUND),
        (ours_not & (amount < F.lit(0)), Action.RECOVER),
        (line_not & (ours == F.lit(Status.SUCCEEDED.value)), Action.REVERSE),
        (differs, Action.QUERY),
    ]


def _statement_only() -> list[tuple[Column, Action]]:
    alone, kind = _has(Reason.STATEMENT_ONLY), F.col("kind")
    unpaid = F.col("statement_status") != F.lit(Status.SUCCEEDED.value)
    return [
        (alone & (unpaid | (F.col("statement_amount") == F.lit(0))), Action.REVIEW),
        (alone & kind.isin(Kind.PAYMENT.value, Kind.TOP_UP.value), Action.REFUND),
        (alone & (kind == F.lit(Kind.PAYOUT.value)), Action.RECOVER),
        (alone, Action.REVIEW),
    ]
