"""The oracle of the match: docs/reference/rules.md in plain Python, slow and easy to check.

`match_run_date` is one run. Its steps have the names of that page. Where the page does not
say what to do, a comment says so and names the choice.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from schemas.profile.channel import Profile, Scope
from schemas.tables import item_types
from schemas.vocabulary import Outcome, Reason, Side, Status
from tests.oracle.already_closed import classify_line, classify_transaction, look_back_start
from tests.oracle.lookback import ClosedRows
from tests.oracle.match_steps import (
    Participants,
    is_reportable,
    match_groups,
    resolve_duplicates,
    run_passes,
    window_length,
)
from tests.oracle.rows import NOT_PAID, Item, Record, Row, item_id, new_item, single_row


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
    rows: list[Row] = []

    new_lines = apply_scope(day, new_lines, profile.scope, rows)
    open_transactions, new_transactions = _apply_later_states(carried_forward, sent)
    new_lines, new_transactions = classify_repeats(
        day, new_lines, new_transactions, {item_id(item): item["status"] for item in sent},
        history, profile, rows,
    )  # fmt: skip

    open_lines = [item for item in carried_forward if item["side"] == Side.STATEMENT]
    participants = Participants([*open_lines, *new_lines], [*open_transactions, *new_transactions])
    resolve_duplicates(day, participants)
    run_passes(day, participants, profile)
    match_groups(day, participants, profile)
    still_open = classify_unmatched(day, participants, profile)
    still_open += [item for item in participants.held_by_groups if _stays_open(item, day, profile)]
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


# ---- 1 scope ---------------------------------------------------------------------------------


def apply_scope(day: date, lines: list[Item], scope: Scope, rows: list[Row]) -> list[Item]:
    """Lines that take part: neither PENDING (whatever their scope) nor out of scope."""
    in_scope = []
    for line in lines:
        if line["status"] == Status.PENDING:
            rows.append(single_row(day, line, Outcome.EXCLUDED, [Reason.NOT_EXPECTED]))
        elif _is_out_of_scope(line, scope):
            rows.append(single_row(day, line, Outcome.EXCLUDED, [Reason.OUT_OF_SCOPE]))
        else:
            in_scope.append(line)
    return in_scope


def _is_out_of_scope(line: Item, scope: Scope) -> bool:
    """Whether a line is another party's; a line without the value is taken for ours."""
    for reference in ("our_ref", "channel_ref", "order_ref"):
        pattern, value = getattr(scope, reference), line[f"{reference}_norm"]
        if pattern is not None and value is not None and not re.search(pattern, value):
            return True
    for column, known in (("merchant_id", scope.merchants), ("terminal_id", scope.terminals)):
        if known and line[column] is not None and line[column] not in known:
            return True
    return False


# ---- 2 already closed ------------------------------------------------------------------------


def classify_repeats(
    day: date,
    lines: list[Item],
    sent: list[Item],
    sent_status: dict[str, str],
    history: list[Row],
    profile: Profile,
    rows: list[Row],
) -> tuple[list[Item], list[Item]]:
    """Today's lines and transactions that no earlier run closed; adds the rows of the others."""
    closed = ClosedRows(history, day - timedelta(days=profile.match.lookback), day)
    new_lines, later_today = [], []
    for line in lines:
        row, replaced = classify_line(day, line, closed, sent_status)
        if row is None:
            new_lines.append(line)
            continue
        rows.append(row)
        if replaced is not None:
            later_today.append((line, replaced))
    new_transactions = []
    for transaction in sent:
        looked_back = ClosedRows(history, look_back_start(transaction, profile, day), day)
        row = classify_transaction(day, transaction, looked_back, later_today)
        if row is None:
            new_transactions.append(transaction)
        else:
            rows.append(row)
    return new_lines, new_transactions


# ---- 6 and 7 unmatched items, late clearing --------------------------------------------------


def classify_unmatched(day: date, participants: Participants, profile: Profile) -> list[Item]:
    """The unmatched items that stay open; adds the rows of all unmatched items."""
    still_open = []
    for item in (*participants.transactions, *participants.lines):
        is_past_window = item["chances"] > window_length(item, profile.match.window)
        if item["broke_on"] is not None:
            if is_reportable(item):
                participants.rows.append(_late_item_row(day, item, participants.with_candidates))
            is_closed = is_reportable(item) and item["status"] in NOT_PAID
            if not is_closed and _stays_open(item, day, profile):
                still_open.append(item)
        elif item["status"] in NOT_PAID:
            reasons = [Reason.NOT_EXPECTED]
            participants.rows.append(single_row(day, item, Outcome.EXCLUDED, reasons))
            if not is_past_window:
                still_open.append(item)
        else:
            outcome = Outcome.BREAK if is_past_window else Outcome.SUSPENSE
            reason = _one_sided_reason(item, participants.with_candidates)
            participants.rows.append(single_row(day, item, outcome, [reason]))
            item = item | {"broke_on": day if is_past_window else None}
            if not is_past_window or profile.match.late > 0:
                still_open.append(item)
    return still_open


def _one_sided_reason(item: Item, with_candidates: set[str]) -> Reason:
    if item_id(item) in with_candidates:
        return Reason.AMBIGUOUS
    is_internal = item["side"] == Side.INTERNAL
    return Reason.INTERNAL_ONLY if is_internal else Reason.STATEMENT_ONLY


def _late_item_row(day: date, item: Item, with_candidates: set[str]) -> Row:
    """The row of a late candidate that is sent again: without LATE, as nothing settles it."""
    if item["status"] in NOT_PAID:
        return single_row(day, item, Outcome.EXCLUDED, [Reason.NOT_EXPECTED])
    return single_row(day, item, Outcome.BREAK, [_one_sided_reason(item, with_candidates)])


def _stays_open(item: Item, day: date, profile: Profile) -> bool:
    """Whether an open item takes part in the next run; always if it has not broken."""
    if item["broke_on"] is None:
        return True
    return bool(day < item["broke_on"] + timedelta(days=profile.match.late))
