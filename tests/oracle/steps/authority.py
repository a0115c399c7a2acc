"""The action ADOPT, where the channel's statement is final by contract."""

from schemas.profile.match_rules import Match
from schemas.vocabulary import Action, Reason
from tests.oracle.rows import Row


def adopt_statement(row: Row, difference: int | None, currency: str, match: Match) -> Row:
    """The row, with the action ADOPT if the statement's word is to be taken.

    `row` is of a pair, or of a later state held against one; `difference` is the later line's
    amount less that of the transaction, None across currencies. The rules do not say whether LATE
    is another reason: here it is none.
    """
    reasons = [reason for reason in row["reasons"] if reason != Reason.LATE]
    may_adopt = {Reason.AMOUNT_MISMATCH.value, Reason.STATUS_MISMATCH.value}
    limit = match.authority_limit.get(currency)
    if not reasons or not set(reasons) <= may_adopt or match.authority is None:
        return row
    if limit is None or difference is None or abs(difference) > limit:
        return row
    return row | {"action": Action.ADOPT.value}
