"""The contract's section 3 in plain Python, slow and obvious: the oracle of the match.

`run_date` is one run. Its steps are named as the contract names them; where the contract is silent
a comment says "Silent" and what is taken.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from schemas.profile.channel import Profile, Scope
from schemas.tables import item_types
from schemas.vocabulary import Outcome, Reason, Side, Status
from tests.oracle.closed import line_verdict, look_back_of, transaction_verdict
from tests.oracle.lookback import Closed
from tests.oracle.members import Members, duplicates, groups, in_sight, passes, window_of
from tests.oracle.rows import NOT_PAID, Item, Record, Row, item_of, lone_row, own_id


def run_date(
    profile: Profile,
    day: date,
    lines: Iterable[Record],
    transactions: Iterable[Record],
    history: list[Row],
    open_items: Iterable[Item],
    statement_whole: bool,
    snapshot_there: bool,
) -> tuple[list[Row], list[Item]]:
    """The outcomes of one run and what is open after it.

    `lines` and `transactions` are today's rows with the columns of their tables, `history` the
    outcomes of all earlier runs, `open_items` what the run before left open.
    """
    carried = [_aged(item, statement_whole, snapshot_there) for item in open_items]
    new_lines = [item_of(line, day, snapshot_there) for line in lines]
    sent = [item_of(ours, day, statement_whole) for ours in transactions]
    rows: list[Row] = []

    new_lines = scope(day, new_lines, profile.scope, rows)
    still_ours, sent_anew = _later_states(carried, sent)
    new_lines, sent_anew = already_closed(
        day, new_lines, sent_anew, {own_id(each): each["status"] for each in sent},
        history, profile, rows,
    )  # fmt: skip

    theirs = [item for item in carried if item["side"] == Side.STATEMENT]
    members = Members([*theirs, *new_lines], [*still_ours, *sent_anew])
    duplicates(day, members)
    passes(day, members, profile)
    groups(day, members, profile)
    left_open = leftovers(day, members, profile)
    left_open += [item for item in members.held if _stays_late(item, day, profile)]
    return [*rows, *members.rows], [_stored(item) for item in left_open]


def _aged(item: Item, statement_whole: bool, snapshot_there: bool) -> Item:
    """One chance more where the other side is there; late candidates count on, out of sight."""
    there = snapshot_there if item["side"] == Side.STATEMENT else statement_whole
    return item | {"chances": item["chances"] + int(there), "sent": False}


def _stored(item: Item) -> Item:
    return {name: item[name] for name in item_types()}


def _later_states(carried: list[Item], sent: list[Item]) -> tuple[list[Item], list[Item]]:
    """Open transactions, in their latest state with their dates kept; and the rest of today's.

    Silent: what is open is a member and is not looked up among the closed, though an earlier
    attempt of it may be there.
    """
    today = {own_id(each): each for each in sent}
    still_open = []
    for item in carried:
        if item["side"] != Side.INTERNAL:
            continue
        later = today.pop(own_id(item), None)
        if later is not None:
            kept = {name: item[name] for name in ("first_run_date", "chances", "broke_on")}
            item = later | kept
        still_open.append(item)
    return still_open, list(today.values())


# ---- 1 scope ---------------------------------------------------------------------------------


def scope(day: date, lines: list[Item], ours: Scope, rows: list[Row]) -> list[Item]:
    """Lines that take part. A PENDING one does not, whatever its scope; nor what is not ours."""
    left = []
    for line in lines:
        if line["status"] == Status.PENDING:
            rows.append(lone_row(day, line, Outcome.EXCLUDED, [Reason.NOT_EXPECTED]))
        elif _out_of_scope(line, ours):
            rows.append(lone_row(day, line, Outcome.EXCLUDED, [Reason.OUT_OF_SCOPE]))
        else:
            left.append(line)
    return left


def _out_of_scope(line: Item, ours: Scope) -> bool:
    """A line without the value that is asked for cannot be said to be another's."""
    for reference in ("our_ref", "channel_ref", "order_ref"):
        pattern, value = getattr(ours, reference), line[f"{reference}_norm"]
        if pattern is not None and value is not None and not re.search(pattern, value):
            return True
    for column, known in (("merchant_id", ours.merchants), ("terminal_id", ours.terminals)):
        if known and line[column] is not None and line[column] not in known:
            return True
    return False


# ---- 2 already closed ------------------------------------------------------------------------


def already_closed(
    day: date,
    lines: list[Item],
    sent: list[Item],
    sent_status: dict[str, str],
    history: list[Row],
    profile: Profile,
    rows: list[Row],
) -> tuple[list[Item], list[Item]]:
    """Today's lines and transactions that are members, after what an earlier run closed."""
    closed = Closed(history, day - timedelta(days=profile.match.lookback), day)
    new_lines, later_today = [], []
    for line in lines:
        row, held = line_verdict(day, line, closed, sent_status)
        if row is None:
            new_lines.append(line)
            continue
        rows.append(row)
        if held is not None:
            later_today.append((line, held))
    members = []
    for ours in sent:
        seen = Closed(history, look_back_of(ours, profile, day), day)
        row = transaction_verdict(day, ours, seen, later_today)
        if row is None:
            members.append(ours)
        else:
            rows.append(row)
    return new_lines, members


# ---- 6 and 7 leftovers, late clearing --------------------------------------------------------


def leftovers(day: date, members: Members, profile: Profile) -> list[Item]:
    """What stays open of those that nobody met; their rows are added to the members'."""
    left_open = []
    for item in (*members.ours, *members.lines):
        closes = item["chances"] > window_of(item, profile.match.window)
        if item["broke_on"] is not None:
            if in_sight(item):
                members.rows.append(_late_sent_again(day, item, members.met))
            gone = in_sight(item) and item["status"] in NOT_PAID
            if not gone and _stays_late(item, day, profile):
                left_open.append(item)
        elif item["status"] in NOT_PAID:
            waits = [Reason.NOT_EXPECTED]
            members.rows.append(lone_row(day, item, Outcome.EXCLUDED, waits))
            if not closes:
                left_open.append(item)
        else:
            outcome = Outcome.BREAK if closes else Outcome.SUSPENSE
            reason = _alone(item, members.met)
            members.rows.append(lone_row(day, item, outcome, [reason]))
            item = item | {"broke_on": day if closes else None}
            if not closes or profile.match.late > 0:
                left_open.append(item)
    return left_open


def _alone(item: Item, met: set[str]) -> Reason:
    if own_id(item) in met:
        return Reason.AMBIGUOUS
    ours = item["side"] == Side.INTERNAL
    return Reason.INTERNAL_ONLY if ours else Reason.STATEMENT_ONLY


def _late_sent_again(day: date, item: Item, met: set[str]) -> Row:
    """A late candidate sent again has a row. Silent: without LATE, as nothing settles it."""
    if item["status"] in NOT_PAID:
        return lone_row(day, item, Outcome.EXCLUDED, [Reason.NOT_EXPECTED])
    return lone_row(day, item, Outcome.BREAK, [_alone(item, met)])


def _stays_late(item: Item, day: date, profile: Profile) -> bool:
    """Whether an open item is still a member of the next run; always, where it has not broken."""
    if item["broke_on"] is None:
        return True
    return bool(day < item["broke_on"] + timedelta(days=profile.match.late))
