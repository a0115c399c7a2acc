"""Voids, before step 4 of the oracle: a sale and what takes it back, under one our_ref."""

from collections import Counter, defaultdict
from datetime import date

from schemas.vocabulary import Status
from tests.oracle.rows import Item, is_succeeded
from tests.oracle.steps.participants import Participants
from tests.oracle.steps.units import Unit, settle_void

VOID = "void"
#: Statuses of a transaction that does not stand.
VOIDED = (Status.REVERSED, Status.CLOSED, Status.FAILED)


def resolve_voids(day: date, participants: Participants) -> None:
    """Paid lines of both directions that add up to 0, and the only transaction of their our_ref."""
    by_our_ref: dict[str, list[Item]] = defaultdict(list)
    for line in participants.lines:
        if is_succeeded(line) and line["amount"] != 0 and line["our_ref_norm"] is not None:
            by_our_ref[line["our_ref_norm"]].append(line)
    for our_ref, lines in by_our_ref.items():
        transactions = [
            item for item in participants.transactions if item["our_ref_norm"] == our_ref
        ]
        is_voided = len(transactions) == 1 and transactions[0]["status"] in VOIDED
        if is_voided and _add_up_to_nothing(lines):
            unit_id = f"{VOID}:{transactions[0]['txn_id']}"
            settle_void(day, participants, Unit(unit_id, VOID, [*transactions, *lines]))


def _add_up_to_nothing(lines: list[Item]) -> bool:
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line["currency"]] += line["amount"]
    return not any(sums.values())
