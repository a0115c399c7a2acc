"""Step 5 of the oracle: groups."""

from datetime import date

from schemas.profile.channel import Profile
from schemas.profile.match_rules import Group, Window
from schemas.vocabulary import Outcome, Reason, Side
from tests.oracle.rows import Item, group_row, is_succeeded, item_id, late_reasons, line_order
from tests.oracle.steps.participants import Participants, is_reportable, window_length


def match_groups(day: date, participants: Participants, profile: Profile) -> None:
    """Step 5: SUCCEEDED items of both sides with one reference, of any kind, by signed sums.

    The contract does not say how long a group holds its members. Here it holds them for this run;
    on the next they take part in all steps again.
    """
    for group in profile.match.groups:
        key = f"{group.on}_norm"
        all_transactions = [item for item in participants.transactions if is_succeeded(item)]
        all_lines = [item for item in participants.lines if is_succeeded(item)]
        values = {item[key] for item in (*all_transactions, *all_lines)} - {None}
        for value in sorted(values):
            transactions = [item for item in all_transactions if item[key] == value]
            lines = [item for item in all_lines if item[key] == value]
            if transactions and lines:
                unit_id = f"{group.name}:{value}"
                _match_group(day, participants, group, unit_id, transactions, lines, profile)


def _match_group(
    day: date,
    participants: Participants,
    group: Group,
    unit_id: str,
    transactions: list[Item],
    lines: list[Item],
    profile: Profile,
) -> None:
    group_members = [*sorted(transactions, key=item_id), *sorted(lines, key=line_order)]
    for item in group_members:
        participants.take_out(item)
    differences: dict[str, int] = {}
    for item in group_members:
        sign = 1 if item["side"] == Side.STATEMENT else -1
        differences[item["currency"]] = differences.get(item["currency"], 0) + sign * item["amount"]
    if any(differences.values()) and _may_wait(group_members, profile.match.window):
        participants.held_by_groups += group_members
        for item in group_members:
            if is_reportable(item):
                reasons = [Reason.GROUP_INCOMPLETE]
                participants.rows.append(group_row(day, item, Outcome.SUSPENSE, reasons, unit_id))
        return
    outcome = Outcome.BREAK if any(differences.values()) else Outcome.MATCHED
    reasons = [Reason.AMOUNT_MISMATCH] if any(differences.values()) else []
    for item in group_members:
        # The contract does not say which rows of a group have LATE: here those that broke before.
        row = group_row(day, item, outcome, [*reasons, *late_reasons(item)], unit_id)
        row["matched_by"] = group.name
        row["difference"] = differences.pop(item["currency"], None)
        participants.rows.append(row)


def _may_wait(group_members: list[Item], window: Window) -> bool:
    return any(
        is_reportable(item) and item["chances"] <= window_length(item, window)
        for item in group_members
    )
