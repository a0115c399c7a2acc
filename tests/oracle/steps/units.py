"""Units of several items that are settled together: groups, captures, voids.

A unit has one row for each member. The difference stands on the first row of each currency, where
transactions come before lines. If a member broke before, all rows have LATE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from schemas.profile.match_rules import Window
from schemas.vocabulary import Action, Outcome, Reason, Side, Status
from tests.oracle.rows import Item, Row, item_id, late_reasons, line_order, single_row
from tests.oracle.steps.participants import Participants, is_reportable, window_length


@dataclass(frozen=True)
class Unit:
    """Items that are settled together. `name` is `matched_by` of their rows."""

    unit_id: str
    name: str
    members: Sequence[Item]

    def in_order(self) -> list[Item]:
        """Transactions by txn_id, then lines in the order of step 3."""
        lines = [item for item in self.members if item["side"] == Side.STATEMENT]
        transactions = [item for item in self.members if item["side"] == Side.INTERNAL]
        return [*sorted(transactions, key=item_id), *sorted(lines, key=line_order)]

    def differences(self) -> dict[str, int]:
        """Statement less internal, by currency."""
        sums: dict[str, int] = {}
        for item in self.members:
            sign = 1 if item["side"] == Side.STATEMENT else -1
            sums[item["currency"]] = sums.get(item["currency"], 0) + sign * item["amount"]
        return sums


def settle_unit(day: date, participants: Participants, unit: Unit) -> None:
    """All members are MATCHED."""
    _add_rows(day, participants, unit, Outcome.MATCHED, [], unit.differences())


def settle_void(day: date, participants: Participants, unit: Unit) -> None:
    """All members are MATCHED, with the difference 0: their lines add up to nothing."""
    differences = dict.fromkeys(unit.differences(), 0)
    _add_rows(day, participants, unit, Outcome.MATCHED, [], differences)


def hold_or_break_unit(
    day: date,
    participants: Participants,
    unit: Unit,
    reason: Reason,
    window: Window,
    may_wait: bool = True,
) -> None:
    """The unit waits, or breaks, or has nothing to say.

    It waits while a member that has a row may wait; without such a member it was told before.
    """
    reportable = [item for item in unit.in_order() if is_reportable(item)]
    can_wait = any(item["chances"] <= window_length(item, window) for item in reportable)
    if reportable and not (may_wait and can_wait):
        _add_rows(day, participants, unit, Outcome.BREAK, [reason], unit.differences())
        participants.broken += [
            item | {"broke_on": day, "group_id": unit.unit_id} for item in unit.members
        ]
        return
    for item in unit.members:
        participants.take_out(item)
    participants.held += unit.members
    for item in reportable:
        row = single_row(day, item, Outcome.SUSPENSE, [Reason.GROUP_INCOMPLETE])
        participants.rows.append(row | {"unit_id": unit.unit_id})


def _add_rows(
    day: date,
    participants: Participants,
    unit: Unit,
    outcome: Outcome,
    reasons: list[Reason],
    differences: dict[str, int],
) -> None:
    for item in unit.in_order():
        participants.settle(_row(day, item, unit, outcome, reasons, differences), item)


def _row(
    day: date,
    item: Item,
    unit: Unit,
    outcome: Outcome,
    reasons: list[Reason],
    differences: dict[str, int],
) -> Row:
    # Only captures of a pending transaction differ in status.
    is_pending = Reason.STATUS_MISMATCH in reasons
    compared = Status.PENDING.value if is_pending else None
    all_reasons = [*reasons, *late_reasons(*unit.members)]
    row = single_row(day, item, outcome, all_reasons, compared_status=compared)
    if is_pending:
        row["action"] = Action.CONFIRM.value
    difference = differences.pop(item["currency"], None)
    return row | {"unit_id": unit.unit_id, "matched_by": unit.name, "difference": difference}
