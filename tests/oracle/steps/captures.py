"""Step 3 of the oracle, captures: the lines of one payment that the channel takes in parts."""

from datetime import date

from schemas.profile.channel import Profile
from schemas.vocabulary import Outcome, Reason, Status
from tests.oracle.rows import (
    NOT_PAID,
    Item,
    is_succeeded,
    kind_of,
    late_reasons,
    line_order,
    single_row,
)
from tests.oracle.steps.participants import Participants, group_by_reference
from tests.oracle.steps.units import Unit, hold_or_break_unit, settle_unit

CAPTURES = "captures"


def resolve_captures(day: date, participants: Participants, profile: Profile) -> None:
    """Lines of one kind and our_ref against the transaction that stayed.

    `participants.parts` gets the lines of two or more parts without such a transaction.
    """
    for same_ref in group_by_reference(participants.lines, "our_ref_norm"):
        parts = sorted(filter(_is_part, same_ref), key=line_order)
        transaction = _find_transaction(participants, parts) if parts else None
        if transaction is not None and not _is_left_to_the_passes(parts, transaction):
            _match_captures(day, participants, profile, parts, transaction)
        elif transaction is None and len(parts) > 1:
            participants.parts |= {part["line_id"] for part in parts}
        else:
            continue
        _put_others_away(day, participants, same_ref, parts)


def _is_part(line: Item) -> bool:
    return is_succeeded(line) and line["channel_ref_norm"] is not None


def _find_transaction(participants: Participants, parts: list[Item]) -> Item | None:
    """The transaction that the parts may add up to; step 3 has left one of each our_ref at most."""
    for transaction in participants.transactions:
        key = (kind_of(transaction), transaction["our_ref_norm"])
        if key == (kind_of(parts[0]), parts[0]["our_ref_norm"]):
            may_be_captured = transaction["status"] in (Status.SUCCEEDED, Status.PENDING)
            currencies = {item["currency"] for item in (transaction, *parts)}
            return transaction if may_be_captured and len(currencies) == 1 else None
    return None


def _is_left_to_the_passes(parts: list[Item], transaction: Item) -> bool:
    """Whether one line alone may be the whole payment."""
    ours = abs(transaction["amount"])
    amounts = [abs(part["amount"]) for part in parts]
    if len(parts) == 1:
        return amounts[0] >= ours
    return sum(amounts) > ours and ours in amounts


def _match_captures(
    day: date,
    participants: Participants,
    profile: Profile,
    parts: list[Item],
    transaction: Item,
) -> None:
    unit = Unit(f"{CAPTURES}:{transaction['txn_id']}", CAPTURES, [transaction, *parts])
    captured = sum(abs(part["amount"]) for part in parts)
    is_whole = captured == abs(transaction["amount"])
    if is_whole and is_succeeded(transaction):
        settle_unit(day, participants, unit)
        return
    reason = Reason.STATUS_MISMATCH if is_whole else Reason.AMOUNT_MISMATCH
    may_wait = captured <= abs(transaction["amount"])
    hold_or_break_unit(day, participants, unit, reason, profile.match.window, may_wait)


def _put_others_away(
    day: date, participants: Participants, same_ref: list[Item], parts: list[Item]
) -> None:
    """Lines of the same kind and our_ref that are no part name the first part."""
    for line in same_ref:
        if _is_part(line):
            continue
        outcome, reason = Outcome.BREAK, Reason.DUPLICATE_PAYMENT
        if line["status"] in NOT_PAID:
            outcome, reason = Outcome.EXCLUDED, Reason.NOT_EXPECTED
        elif line["status"] == Status.REVERSED:
            reason = Reason.STATUS_MISMATCH
        reasons = [reason, *late_reasons(line)]
        row = single_row(day, line, outcome, reasons, parts[0]["line_id"])
        participants.settle(row, line)
