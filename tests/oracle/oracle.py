"""The oracle of the match: docs/reference/rules.md in plain Python, slow and easy to check.

`match_run_date` is one run. Its steps, in `steps/`, have the names of that page. Where the page
does not say what to do, a comment says so and names the choice.
"""

from collections.abc import Iterable
from datetime import date

from schemas.profile.channel import Profile
from schemas.tables import item_types
from schemas.vocabulary import Side
from tests.oracle.lookback import Past
from tests.oracle.rows import Item, Record, Row, item_id, new_item
from tests.oracle.steps.already_closed import classify_repeats
from tests.oracle.steps.duplicates import resolve_duplicates
from tests.oracle.steps.groups import match_groups
from tests.oracle.steps.leftovers import classify_unmatched, stays_open
from tests.oracle.steps.participants import Participants
from tests.oracle.steps.passes import run_passes
from tests.oracle.steps.scope import apply_scope
from tests.oracle.steps.voids import resolve_voids


def match_run_date(
    profile: Profile,
    day: date,
    lines: Iterable[Record],
    transactions: Iterable[Record],
    history: list[Row],
    open_items: Iterable[Item],
    is_statement_complete: bool,
    has_snapshot: bool,
) -> tuple[list[Row], list[Item]]:
    """The outcomes of one run, and the items that are open after it.

    `lines` and `transactions` are today's rows with the columns of their tables, `history` has the
    outcomes of all earlier runs, `open_items` the open items of the run before.
    """
    carried_forward = [_age_item(item, is_statement_complete, has_snapshot) for item in open_items]
    new_lines = [new_item(line, day, has_snapshot) for line in lines]
    sent = [new_item(transaction, day, is_statement_complete) for transaction in transactions]
    past = Past(history, carried_forward, day, profile)
    rows: list[Row] = []

    new_lines = apply_scope(day, new_lines, profile.scope, rows)
    open_transactions, new_transactions = _apply_later_states(carried_forward, sent)
    new_lines, all_transactions = classify_repeats(
        day, new_lines, open_transactions, new_transactions, past, rows
    )

    open_lines = [item for item in carried_forward if item["side"] == Side.STATEMENT]
    participants = Participants([*open_lines, *new_lines], all_transactions)
    resolve_duplicates(day, participants, profile)
    resolve_voids(day, participants)
    run_passes(day, participants, profile)
    match_groups(day, participants, profile)
    still_open = classify_unmatched(day, participants, profile)
    still_open += [
        item
        for item in (*participants.held, *participants.broken)
        if stays_open(item, day, profile)
    ]
    return [*rows, *participants.rows], [_select_item_columns(item) for item in still_open]


def _age_item(item: Item, is_statement_complete: bool, has_snapshot: bool) -> Item:
    """Counts one matching attempt more if the other side is there; also for late candidates."""
    is_attempt = has_snapshot if item["side"] == Side.STATEMENT else is_statement_complete
    return item | {"chances": item["chances"] + int(is_attempt), "sent": False}


def _select_item_columns(item: Item) -> Item:
    return {name: item[name] for name in item_types()}


def _apply_later_states(
    carried_forward: list[Item], sent: list[Item]
) -> tuple[list[Item], list[Item]]:
    """Open transactions in their latest state, with their dates; and the others of today.

    The contract does not say whether look-back finds an open transaction. Here it does not, though
    an earlier attempt of it may be closed.
    """
    today = {item_id(item): item for item in sent}
    still_open = []
    for item in carried_forward:
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
