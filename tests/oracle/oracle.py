"""The oracle of the match: docs/reference/rules.md in plain Python, slow and easy to check.

`match_run_date` is one run. Its steps, in `steps/`, have the names of that page. Where the page
does not say what to do, a comment says so and names the choice.
"""

from collections.abc import Iterable
from datetime import date

from schemas.profile.channel import Profile
from schemas.vocabulary import Side
from tests.oracle.lookback import Past
from tests.oracle.rows import ITEM_COLUMNS, Item, Record, Row, item_id, new_item
from tests.oracle.steps.already_closed import classify_repeats
from tests.oracle.steps.copies import mark_copies
from tests.oracle.steps.duplicates import resolve_duplicates
from tests.oracle.steps.groups import match_groups
from tests.oracle.steps.guard import guard_advice
from tests.oracle.steps.kinds import pair_other_kinds
from tests.oracle.steps.leftovers import classify_unmatched, stays_open
from tests.oracle.steps.participants import Participants
from tests.oracle.steps.passes import run_passes
from tests.oracle.steps.pending import collect_pending_numbers, is_pending_there
from tests.oracle.steps.scope import apply_scope
from tests.oracle.steps.voids import resolve_voids


def match_run_date(
    profile: Profile,
    day: date,
    lines: Iterable[Record],
    transactions: Iterable[Record],
    history: list[Row],
    open_items: Iterable[Item],
    earlier_records: Iterable[Record],
    is_statement_complete: bool,
    has_snapshot: bool,
) -> tuple[list[Row], list[Item]]:
    """The outcomes of one run, and the items that are open after it.

    `lines` and `transactions` are today's rows with the columns of their tables, `history` has the
    outcomes of all earlier runs, `open_items` the open items of the run before, `earlier_records`
    the lines of all accepted files and the transactions of all snapshots of earlier dates.
    """
    lines, transactions, earlier = list(lines), list(transactions), list(earlier_records)
    items = [item | {"sent": False, "is_pending_there": False} for item in open_items]
    past = Past(history, items, day, profile)
    rows: list[Row] = []

    new_lines = [new_item(line, day) for line in lines]
    open_lines = [item for item in items if item["side"] == Side.STATEMENT]
    open_transactions, new_transactions = _apply_later_states(
        items, [new_item(transaction, day) for transaction in transactions]
    )
    numbers = collect_pending_numbers(new_lines)
    for item in (*open_transactions, *new_transactions):
        is_pending = is_pending_there(item, numbers, day, profile.match.late)
        item["is_pending_there"] = is_pending
        item["chances"] += int(is_statement_complete and not is_pending)
    for item in (*open_lines, *new_lines):
        item["chances"] += int(has_snapshot)

    new_lines = apply_scope(day, new_lines, profile.scope, rows)
    new_lines, all_transactions = classify_repeats(
        day, new_lines, open_transactions, new_transactions, past, rows
    )
    new_lines = mark_copies(day, new_lines, [*earlier, *lines], profile.match.lookback)
    participants = Participants([*open_lines, *new_lines], all_transactions)
    resolve_duplicates(day, participants, profile)
    resolve_voids(day, participants)
    run_passes(day, participants, profile)
    match_groups(day, participants, profile)
    pair_other_kinds(day, participants, profile)
    still_open = classify_unmatched(day, participants, profile)
    still_open += [
        item
        for item in (*participants.held, *participants.broken)
        if stays_open(item, day, profile)
    ]
    rows += participants.rows
    guarded = guard_advice(rows, past, open_transactions, [*earlier, *transactions])
    return guarded, [_select_item_columns(item) for item in still_open]


def _select_item_columns(item: Item) -> Item:
    return {name: item[name] for name in ITEM_COLUMNS}


def _apply_later_states(open_items: list[Item], sent: list[Item]) -> tuple[list[Item], list[Item]]:
    """Open transactions in their latest state, with their dates; and the others of today.

    The contract does not say whether look-back finds an open transaction. Here it does not, though
    an earlier attempt of it may be closed.
    """
    today = {item_id(item): item for item in sent}
    still_open = []
    for item in open_items:
        if item["side"] != Side.INTERNAL:
            continue
        later = today.pop(item_id(item), None)
        if later is not None:
            kept = {
                name: item[name]
                for name in ("first_run_date", "chances", "broke_on", "group_id", "written_off")
            }
            item = later | kept
        still_open.append(item)
    return still_open, list(today.values())
