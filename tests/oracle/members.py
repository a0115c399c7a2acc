"""Steps 3 to 5 of the oracle: duplicates among the members, passes, groups.

Each step takes the members that are left and returns the rows it makes and what it leaves.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schemas.profile.channel import Profile
from schemas.profile.match_rules import Group, Pass, Window
from schemas.vocabulary import Outcome, Reason, Side, Status
from tests.oracle.rows import (
    END_OF_TIME,
    Item,
    Row,
    late,
    line_order,
    lone_row,
    member_row,
    own_id,
    pair_row,
)

REFERENCES = ("our_ref", "channel_ref", "order_ref", "batch_ref")


@dataclass
class Members:
    """What takes part in a run, and what is found out on the way."""

    lines: list[Item]
    ours: list[Item]
    rows: list[Row] = field(default_factory=list)
    #: ids of those that had a candidate in some pass
    met: set[str] = field(default_factory=set)
    #: members of groups that wait: they stay open
    held: list[Item] = field(default_factory=list)

    def put_away(self, row: Row, item: Item) -> None:
        """Takes an item out and keeps its row."""
        side = self.lines if item["side"] == Side.STATEMENT else self.ours
        side.remove(item)
        self.rows.append(row)


def _together(items: Iterable[Item], reference: str) -> list[list[Item]]:
    """Items that share kind and reference; null never equals null."""
    found: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        if item[reference] is not None:
            found[item["kind"], item[reference]].append(item)
    return list(found.values())


def _succeeded(item: Item) -> bool:
    return bool(item["status"] == Status.SUCCEEDED)


# ---- 3 duplicates among the members ----------------------------------------------------------


def duplicates(day: date, members: Members) -> None:
    """Step 3: internal rows first, then lines, then payments."""
    _transactions(day, members)
    _lines(day, members)
    _payments(day, members)


def _transactions(day: date, members: Members) -> None:
    def order(ours: Item) -> tuple[Any, ...]:
        return (not _succeeded(ours), ours["at"] or END_OF_TIME, ours["txn_id"])

    for alike in _together(members.ours, "our_ref_norm"):
        stays, *others = sorted(alike, key=order)
        for each in others:
            outcome, reason = Outcome.EXCLUDED, Reason.NOT_EXPECTED
            if _succeeded(each):
                outcome, reason = Outcome.BREAK, Reason.DUPLICATE_TRANSACTION
            row = lone_row(day, each, outcome, [reason, *late(each)], stays["txn_id"])
            members.put_away(row, each)


def _lines(day: date, members: Members) -> None:
    for alike in _together(members.lines, "channel_ref_norm"):
        firsts: dict[str, Item] = {}
        for line in sorted(alike, key=line_order):
            if line["status"] not in firsts:
                firsts[line["status"]] = line
                continue
            first = firsts[line["status"]]["line_id"]
            reasons = [Reason.DUPLICATE_LINE, *late(line)]
            members.put_away(lone_row(day, line, Outcome.BREAK, reasons, first), line)
        *overruled, stays = sorted(firsts.values(), key=line_order)
        for line in overruled:
            reasons = [Reason.NOT_EXPECTED, *late(line)]
            row = lone_row(day, line, Outcome.EXCLUDED, reasons, stays["line_id"])
            members.put_away(row, line)


def _payments(day: date, members: Members) -> None:
    stayed = {
        (ours["kind"], ours["our_ref_norm"]): ours
        for ours in members.ours
        if ours["our_ref_norm"] is not None
    }
    for alike in _together(members.lines, "our_ref_norm"):
        ours = stayed.get((alike[0]["kind"], alike[0]["our_ref_norm"]))
        _one_payment(day, members, alike, ours)


def _one_payment(day: date, members: Members, alike: list[Item], ours: Item | None) -> None:
    def order(line: Item) -> tuple[Any, ...]:
        money = (line["amount"], line["currency"])
        same_money = ours is not None and money == (ours["amount"], ours["currency"])
        return (not _succeeded(line), not same_money, line_order(line))

    stays, *others = sorted(alike, key=order)
    for line in others:
        outcome, reason, against = Outcome.EXCLUDED, Reason.NOT_EXPECTED, None
        if _succeeded(line):
            outcome, reason = Outcome.BREAK, Reason.DUPLICATE_PAYMENT
        elif line["status"] == Status.REVERSED and _succeeded(stays):
            outcome, reason = Outcome.BREAK, Reason.STATUS_MISMATCH
            against = ours["status"] if ours else None
        reasons = [reason, *late(line)]
        row = lone_row(day, line, outcome, reasons, stays["line_id"], against)
        members.put_away(row, line)


# ---- 4 passes --------------------------------------------------------------------------------


def passes(day: date, members: Members, profile: Profile) -> None:
    """Step 4: in the profile's order, each over what the earlier ones left."""
    for each in profile.match.passes:
        _pass(day, members, each)


def _pass(day: date, members: Members, the_pass: Pass) -> None:
    lines = [line for line in members.lines if _line_may(line, the_pass)]
    ours = [each for each in members.ours if _ours_may(each, the_pass)]
    found = [(line, each) for line in lines for each in ours if _fit(line, each, the_pass)]
    of_line: dict[str, list[Item]] = defaultdict(list)
    of_ours: dict[str, list[Item]] = defaultdict(list)
    for line, each in found:
        of_line[own_id(line)].append(each)
        of_ours[own_id(each)].append(line)
    members.met |= {*of_line, *of_ours}
    for line, each in found:
        if len(of_line[own_id(line)]) == 1 and len(of_ours[own_id(each)]) == 1:
            members.lines.remove(line)
            members.ours.remove(each)
            members.rows.append(pair_row(day, line, each, the_pass.name))


def _line_may(line: Item, the_pass: Pass) -> bool:
    """A pass without a reference takes only paid lines without our number."""
    if the_pass.has_reference:
        return True
    return line["our_ref_norm"] is None and _succeeded(line)


def _ours_may(ours: Item, the_pass: Pass) -> bool:
    return the_pass.has_reference or ours["status"] in (Status.SUCCEEDED, Status.PENDING)


def _fit(line: Item, ours: Item, the_pass: Pass) -> bool:
    if line["kind"] != ours["kind"]:
        return False
    for column in the_pass.on:
        name = f"{column}_norm" if column in REFERENCES else column
        if line[name] is None or line[name] != ours[name]:
            return False
    if the_pass.within_seconds is None:
        return True
    if line["at"] is None or ours["at"] is None:
        return False
    return bool(abs((line["at"] - ours["at"]).total_seconds()) <= the_pass.within_seconds)


# ---- 5 groups --------------------------------------------------------------------------------


def groups(day: date, members: Members, profile: Profile) -> None:
    """Step 5: only SUCCEEDED of both sides; kinds mix, signs count.

    Silent: a member that waits is held by its group for this run; on the next it is a member of
    all steps again.
    """
    for each in profile.match.groups:
        key = f"{each.on}_norm"
        named = [item for item in (*members.ours, *members.lines) if _succeeded(item)]
        for value in sorted({item[key] for item in named if item[key] is not None}):
            ours = [item for item in members.ours if _succeeded(item) and item[key] == value]
            lines = [item for item in members.lines if _succeeded(item) and item[key] == value]
            if ours and lines:
                _group(day, members, each, f"{each.name}:{value}", ours, lines, profile)


def _group(
    day: date,
    members: Members,
    group: Group,
    unit_id: str,
    ours: list[Item],
    lines: list[Item],
    profile: Profile,
) -> None:
    everybody = [*sorted(ours, key=own_id), *sorted(lines, key=line_order)]
    for item in everybody:
        (members.lines if item["side"] == Side.STATEMENT else members.ours).remove(item)
    gaps: dict[str, int] = {}
    for item in everybody:
        sign = 1 if item["side"] == Side.STATEMENT else -1
        gaps[item["currency"]] = gaps.get(item["currency"], 0) + sign * item["amount"]
    if any(gaps.values()) and _waits(everybody, profile.match.window):
        members.held += everybody
        for item in everybody:
            if in_sight(item):
                waiting = [Reason.GROUP_INCOMPLETE]
                members.rows.append(member_row(day, item, Outcome.SUSPENSE, waiting, unit_id))
        return
    outcome = Outcome.BREAK if any(gaps.values()) else Outcome.MATCHED
    found = [Reason.AMOUNT_MISMATCH] if any(gaps.values()) else []
    for item in everybody:
        # Silent: LATE stands on the rows of those that broke before, not on the whole group.
        row = member_row(day, item, outcome, [*found, *late(item)], unit_id)
        row["matched_by"] = group.name
        row["difference"] = gaps.pop(item["currency"], None)
        members.rows.append(row)


def in_sight(item: Item) -> bool:
    """Whether an item has a row while it is not settled: not broken yet, or sent again today."""
    return item["broke_on"] is None or item["sent"]


def _waits(everybody: list[Item], window: Window) -> bool:
    return any(in_sight(item) and item["chances"] <= window_of(item, window) for item in everybody)


def window_of(item: Item, window: Window) -> int:
    """How many chances an item of its side has."""
    return window.statement if item["side"] == Side.STATEMENT else window.internal
