"""Which rows of `outcomes` open a break, and of which class."""

from typing import Any

from schemas.profile.match_rules import Window
from schemas.vocabulary import DECIDED_BY, BreakClass, Outcome, Reason

Row = dict[str, Any]

_ONE_SIDED = {Reason.INTERNAL_ONLY, Reason.STATEMENT_ONLY, Reason.AMBIGUOUS}
_DUPLICATES = {Reason.DUPLICATE_LINE, Reason.DUPLICATE_PAYMENT, Reason.DUPLICATE_TRANSACTION}
_MISMATCHES = {
    Reason.KIND_MISMATCH,
    Reason.AMOUNT_MISMATCH,
    Reason.CURRENCY_MISMATCH,
    Reason.STATUS_MISMATCH,
}
_OF_BREAKS = _ONE_SIDED | _DUPLICATES | _MISMATCHES | {Reason.CHANGED_AFTER_MATCH}
_OF_LATER_STATES = {Reason.ALREADY_RECONCILED, Reason.STATUS_MISMATCH}


def class_of(row: Row) -> BreakClass:
    """The class of break that a row is, if it is one."""
    reasons = set(row["reasons"])
    if Reason.CHANGED_AFTER_MATCH in reasons:
        return BreakClass.CHANGE
    if reasons & _DUPLICATES:
        return BreakClass.DUPLICATE
    if is_later_state(row):
        return BreakClass.LATER_STATE
    return BreakClass.ONE_SIDE if reasons & _ONE_SIDED else BreakClass.PAIR


def is_later_state(row: Row) -> bool:
    """Whether a row is a line alone that reports a later state of the line that it names."""
    names_a_line = row["txn_id"] is None and row["duplicate_of"] is not None
    return names_a_line and bool(set(row["reasons"]) & _OF_LATER_STATES)


def is_decided(row: Row) -> bool:
    """Whether a decision settled the row."""
    return str(row["matched_by"] or "").startswith(DECIDED_BY)


def opening_of(row: Row, window: Window) -> Row | None:
    """The row as it broke; None if it did not.

    A decision takes the break off its row: the row of a break that was accepted or written off
    keeps its reasons. An item that is not ours was a break if it had no matching attempt left.
    """
    if row["outcome"] == Outcome.BREAK:
        return row
    if not is_decided(row):
        return None
    if Reason.OUT_OF_SCOPE not in row["reasons"]:
        return row if set(row["reasons"]) & _OF_BREAKS else None
    is_line = row["line_id"] is not None
    if row["chances"] <= (window.statement if is_line else window.internal):
        return None
    return row | {"reasons": [Reason.STATEMENT_ONLY if is_line else Reason.INTERNAL_ONLY]}
