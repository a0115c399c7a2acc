"""Step 3 of the oracle: duplicates among the participants."""

from datetime import date
from typing import Any

from schemas.profile.channel import Profile
from schemas.vocabulary import Outcome, Reason, Status
from tests.oracle.rows import (
    END_OF_TIME,
    Item,
    is_succeeded,
    kind_of,
    late_reasons,
    line_order,
    single_row,
)
from tests.oracle.steps.captures import resolve_captures
from tests.oracle.steps.participants import Participants, group_by_reference


def resolve_duplicates(day: date, participants: Participants, profile: Profile) -> None:
    """Step 3: transactions first, then lines of one channel_ref, then payments of one our_ref."""
    _resolve_transactions(day, participants)
    _resolve_lines(day, participants)
    if profile.match.captures:
        resolve_captures(day, participants, profile)
    _resolve_payments(day, participants)


def _resolve_transactions(day: date, participants: Participants) -> None:
    def order(transaction: Item) -> tuple[Any, ...]:
        return (
            not is_succeeded(transaction),
            transaction["at"] or END_OF_TIME,
            transaction["txn_id"],
        )

    for duplicates in group_by_reference(participants.transactions, "our_ref_norm"):
        kept, *others = sorted(duplicates, key=order)
        for transaction in others:
            outcome, reason = Outcome.EXCLUDED, Reason.NOT_EXPECTED
            if is_succeeded(transaction):
                outcome, reason = Outcome.BREAK, Reason.DUPLICATE_TRANSACTION
            reasons = [reason, *late_reasons(transaction)]
            row = single_row(day, transaction, outcome, reasons, kept["txn_id"])
            participants.settle(row, transaction)


def _resolve_lines(day: date, participants: Participants) -> None:
    for duplicates in group_by_reference(participants.lines, "channel_ref_norm"):
        firsts: dict[str, Item] = {}
        for line in sorted(duplicates, key=line_order):
            if line["status"] not in firsts:
                firsts[line["status"]] = line
                continue
            first = firsts[line["status"]]["line_id"]
            reasons = [Reason.DUPLICATE_LINE, *late_reasons(line)]
            participants.settle(single_row(day, line, Outcome.BREAK, reasons, first), line)
        *overruled, kept = sorted(firsts.values(), key=line_order)
        for line in overruled:
            reasons = [Reason.NOT_EXPECTED, *late_reasons(line)]
            row = single_row(day, line, Outcome.EXCLUDED, reasons, kept["line_id"])
            participants.settle(row | {"overruled_by": kept["line_id"]}, line)


def _resolve_payments(day: date, participants: Participants) -> None:
    kept_transactions = {
        (kind_of(transaction), transaction["our_ref_norm"]): transaction
        for transaction in participants.transactions
        if transaction["our_ref_norm"] is not None
    }
    lines = [line for line in participants.lines if line["line_id"] not in participants.parts]
    for duplicates in group_by_reference(lines, "our_ref_norm"):
        key = (kind_of(duplicates[0]), duplicates[0]["our_ref_norm"])
        _resolve_one_payment(day, participants, duplicates, kept_transactions.get(key))


def _resolve_one_payment(
    day: date, participants: Participants, duplicates: list[Item], transaction: Item | None
) -> None:
    def order(line: Item) -> tuple[Any, ...]:
        money = (line["amount"], line["currency"])
        same_money = transaction is not None and money == (
            transaction["amount"],
            transaction["currency"],
        )
        return (not is_succeeded(line), not same_money, line_order(line))

    kept, *others = sorted(duplicates, key=order)
    for line in others:
        outcome, reason, compared = Outcome.EXCLUDED, Reason.NOT_EXPECTED, None
        if is_succeeded(line):
            outcome, reason = Outcome.BREAK, Reason.DUPLICATE_PAYMENT
        elif line["status"] == Status.REVERSED and is_succeeded(kept):
            outcome, reason = Outcome.BREAK, Reason.STATUS_MISMATCH
            compared = transaction["status"] if transaction else None
        reasons = [reason, *late_reasons(line)]
        row = single_row(day, line, outcome, reasons, kept["line_id"], compared)
        participants.settle(row, line)
