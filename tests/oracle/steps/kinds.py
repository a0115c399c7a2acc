"""Step 6 of the oracle, first: a line and a transaction that differ in kind."""

from collections import defaultdict
from datetime import date

from schemas.profile.channel import Profile
from schemas.profile.match_rules import Window
from schemas.vocabulary import Side
from tests.oracle.rows import NOT_PAID, Item, item_id, kind_of, pair_row
from tests.oracle.steps.participants import Participants, window_length

KIND = "kind"


def pair_other_kinds(day: date, participants: Participants, profile: Profile) -> None:
    """One line and one transaction of an our_ref and a direction, when one of them would break.

    The rules say "each the other's only such": here nothing else of that our_ref and direction is
    left, of whatever kind.
    """
    by_our_ref: dict[tuple[str, int], list[Item]] = defaultdict(list)
    for item in (*participants.lines, *participants.transactions):
        is_free = item_id(item) not in participants.with_candidates
        if is_free and item["status"] not in NOT_PAID and item["our_ref_norm"] is not None:
            _, direction = kind_of(item)
            by_our_ref[item["our_ref_norm"], direction].append(item)
    for items in by_our_ref.values():
        lines = [item for item in items if item["side"] == Side.STATEMENT]
        transactions = [item for item in items if item["side"] == Side.INTERNAL]
        if len(lines) != 1 or len(transactions) != 1:
            continue
        line, transaction = lines[0], transactions[0]
        is_due = any(_would_break(item, profile.match.window) for item in (line, transaction))
        if line["kind"] != transaction["kind"] and is_due:
            participants.add_pair(line, transaction, pair_row(day, line, transaction, KIND))


def _would_break(item: Item, window: Window) -> bool:
    """Whether an item broke before, or would on this run. What is not final does not break."""
    if item["broke_on"] is not None:
        return True
    return item["chances"] > window_length(item, window) and not item["is_pending_there"]
