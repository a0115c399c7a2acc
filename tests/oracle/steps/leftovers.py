"""Steps 6 and 7 of the oracle: unmatched items, late clearing."""

from datetime import date, timedelta

from schemas.profile.channel import Profile
from schemas.vocabulary import Outcome, Reason, Side
from tests.oracle.rows import NOT_PAID, Item, Row, item_id, single_row
from tests.oracle.steps.participants import Participants, is_reportable, window_length


def classify_unmatched(day: date, participants: Participants, profile: Profile) -> list[Item]:
    """The unmatched items that stay open; adds the rows of all unmatched items."""
    still_open = []
    for item in (*participants.transactions, *participants.lines):
        if item["is_pending_there"]:
            reasons = [Reason.NOT_FINAL]
            participants.rows.append(single_row(day, item, Outcome.SUSPENSE, reasons))
            still_open.append(item)
            continue
        is_past_window = item["chances"] > window_length(item, profile.match.window)
        if item["broke_on"] is not None:
            if is_reportable(item):
                participants.rows.append(_late_item_row(day, item, participants))
            is_closed = is_reportable(item) and item["status"] in NOT_PAID
            if not is_closed and stays_open(item, day, profile):
                still_open.append(item)
        elif item["status"] in NOT_PAID:
            reasons = [Reason.NOT_EXPECTED]
            participants.rows.append(single_row(day, item, Outcome.EXCLUDED, reasons))
            if not is_past_window:
                still_open.append(item)
        else:
            outcome = Outcome.BREAK if is_past_window else Outcome.SUSPENSE
            participants.rows.append(_one_sided_row(day, item, outcome, participants))
            item = item | {"broke_on": day if is_past_window else None}
            if not is_past_window or profile.match.late > 0:
                still_open.append(item)
    return still_open


def _one_sided_row(day: date, item: Item, outcome: Outcome, participants: Participants) -> Row:
    """The row of an item alone. A possible copy names the line that it may be a copy of."""
    if item_id(item) in participants.with_candidates:
        return single_row(day, item, outcome, [Reason.AMBIGUOUS])
    if item["side"] == Side.INTERNAL:
        return single_row(day, item, outcome, [Reason.INTERNAL_ONLY])
    reasons = [Reason.STATEMENT_ONLY]
    if item["copy_of"] is not None:
        reasons.append(Reason.POSSIBLE_DUPLICATE)
    return single_row(day, item, outcome, reasons, item["copy_of"])


def _late_item_row(day: date, item: Item, participants: Participants) -> Row:
    """The row of a late candidate that is sent again: without LATE, as nothing settles it."""
    if item["status"] in NOT_PAID:
        return single_row(day, item, Outcome.EXCLUDED, [Reason.NOT_EXPECTED])
    return _one_sided_row(day, item, Outcome.BREAK, participants)


def stays_open(item: Item, day: date, profile: Profile) -> bool:
    """Whether an open item takes part in the next run; always if it has not broken."""
    if item["broke_on"] is None:
        return True
    return bool(day < item["broke_on"] + timedelta(days=profile.match.late))
