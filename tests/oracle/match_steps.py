"""Steps 3 to 5 of the oracle: duplicates, passes, groups.

Each step takes out the participants that it settles, and adds their rows.
"""

from collections import Counter, defaultdict
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
    group_row,
    item_id,
    late_reasons,
    line_order,
    pair_row,
    single_row,
)

REFERENCES = ("our_ref", "channel_ref", "order_ref", "batch_ref")


@dataclass
class Participants:
    """The items that take part in a run, and the rows of those that a step settled."""

    lines: list[Item]
    transactions: list[Item]
    rows: list[Row] = field(default_factory=list)
    #: ids of the items that had a candidate in some pass
    with_candidates: set[str] = field(default_factory=set)
    #: members of groups that wait: they stay open
    held_by_groups: list[Item] = field(default_factory=list)

    def settle(self, row: Row, item: Item) -> None:
        """Takes an item out and adds its row."""
        side = self.lines if item["side"] == Side.STATEMENT else self.transactions
        side.remove(item)
        self.rows.append(row)


def _group_by_reference(items: Iterable[Item], reference: str) -> list[list[Item]]:
    """Items that share kind and reference; null never equals null."""
    groups: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        if item[reference] is not None:
            groups[item["kind"], item[reference]].append(item)
    return list(groups.values())


def _is_succeeded(item: Item) -> bool:
    return bool(item["status"] == Status.SUCCEEDED)


# ---- 3 duplicates ----------------------------------------------------------------------------


def resolve_duplicates(day: date, participants: Participants) -> None:
    """Step 3: transactions first, then lines of one channel_ref, then payments of one our_ref."""
    _resolve_transactions(day, participants)
    _resolve_lines(day, participants)
    _resolve_payments(day, participants)


def _resolve_transactions(day: date, participants: Participants) -> None:
    def order(transaction: Item) -> tuple[Any, ...]:
        return (
            not _is_succeeded(transaction),
            transaction["at"] or END_OF_TIME,
            transaction["txn_id"],
        )

    for duplicates in _group_by_reference(participants.transactions, "our_ref_norm"):
        kept, *others = sorted(duplicates, key=order)
        for transaction in others:
            outcome, reason = Outcome.EXCLUDED, Reason.NOT_EXPECTED
            if _is_succeeded(transaction):
                outcome, reason = Outcome.BREAK, Reason.DUPLICATE_TRANSACTION
            reasons = [reason, *late_reasons(transaction)]
            row = single_row(day, transaction, outcome, reasons, kept["txn_id"])
            participants.settle(row, transaction)


def _resolve_lines(day: date, participants: Participants) -> None:
    for duplicates in _group_by_reference(participants.lines, "channel_ref_norm"):
        firsts: dict[str, Item] = {}
        for line in sorted(duplicates, key=line_order):
            if line["status"] not in firsts:
                firsts[line["status"]] = line
                continue
            first = firsts[line["status"]]["line_id"]
            reasons = [Reason.DUPLICATE_LINE, *late_reasons(line)]
            participants.settle(single_row(day, line, Outcome.BREAK, reasons, first), line)
        *superseded, kept = sorted(firsts.values(), key=line_order)
        for line in superseded:
            reasons = [Reason.NOT_EXPECTED, *late_reasons(line)]
            row = single_row(day, line, Outcome.EXCLUDED, reasons, kept["line_id"])
            participants.settle(row, line)


def _resolve_payments(day: date, participants: Participants) -> None:
    kept_transactions = {
        (transaction["kind"], transaction["our_ref_norm"]): transaction
        for transaction in participants.transactions
        if transaction["our_ref_norm"] is not None
    }
    for duplicates in _group_by_reference(participants.lines, "our_ref_norm"):
        transaction = kept_transactions.get((duplicates[0]["kind"], duplicates[0]["our_ref_norm"]))
        _resolve_one_payment(day, participants, duplicates, transaction)


def _resolve_one_payment(
    day: date, participants: Participants, duplicates: list[Item], transaction: Item | None
) -> None:
    def order(line: Item) -> tuple[Any, ...]:
        money = (line["amount"], line["currency"])
        same_money = transaction is not None and money == (
            transaction["amount"],
            transaction["currency"],
        )
        return (not _is_succeeded(line), not same_money, line_order(line))

    kept, *others = sorted(duplicates, key=order)
    for line in others:
        outcome, reason, compared = Outcome.EXCLUDED, Reason.NOT_EXPECTED, None
        if _is_succeeded(line):
            outcome, reason = Outcome.BREAK, Reason.DUPLICATE_PAYMENT
        elif line["status"] == Status.REVERSED and _is_succeeded(kept):
            outcome, reason = Outcome.BREAK, Reason.STATUS_MISMATCH
            compared = transaction["status"] if transaction else None
        reasons = [reason, *late_reasons(line)]
        row = single_row(day, line, outcome, reasons, kept["line_id"], compared)
        participants.settle(row, line)


# ---- 4 passes --------------------------------------------------------------------------------


def run_passes(day: date, participants: Participants, profile: Profile) -> None:
    """Step 4: the passes in the profile's order, each on what the earlier ones left."""
    for pass_ in profile.match.passes:
        _run_pass(day, participants, pass_)


def _run_pass(day: date, participants: Participants, pass_: Pass) -> None:
    lines = [line for line in participants.lines if _is_line_eligible(line, pass_)]
    transactions = [
        item for item in participants.transactions if _is_transaction_eligible(item, pass_)
    ]
    candidate_pairs = [
        (line, transaction)
        for line in lines
        for transaction in transactions
        if _is_candidate(line, transaction, pass_)
    ]
    per_line = Counter(item_id(line) for line, _ in candidate_pairs)
    per_transaction = Counter(item_id(transaction) for _, transaction in candidate_pairs)
    participants.with_candidates |= {*per_line, *per_transaction}
    for line, transaction in candidate_pairs:
        if per_line[item_id(line)] == 1 and per_transaction[item_id(transaction)] == 1:
            participants.lines.remove(line)
            participants.transactions.remove(transaction)
            participants.rows.append(pair_row(day, line, transaction, pass_.name))


def _is_line_eligible(line: Item, pass_: Pass) -> bool:
    """A pass without a reference takes only SUCCEEDED lines without our_ref."""
    if pass_.has_reference:
        return True
    return line["our_ref_norm"] is None and _is_succeeded(line)


def _is_transaction_eligible(transaction: Item, pass_: Pass) -> bool:
    return pass_.has_reference or transaction["status"] in (Status.SUCCEEDED, Status.PENDING)


def _is_candidate(line: Item, transaction: Item, pass_: Pass) -> bool:
    if line["kind"] != transaction["kind"]:
        return False
    for column in pass_.on:
        name = f"{column}_norm" if column in REFERENCES else column
        if line[name] is None or line[name] != transaction[name]:
            return False
    if pass_.within_seconds is None:
        return True
    if line["at"] is None or transaction["at"] is None:
        return False
    return bool(abs((line["at"] - transaction["at"]).total_seconds()) <= pass_.within_seconds)


# ---- 5 groups --------------------------------------------------------------------------------


def match_groups(day: date, participants: Participants, profile: Profile) -> None:
    """Step 5: SUCCEEDED items of both sides with one reference, of any kind, by signed sums.

    The contract does not say how long a group holds its members. Here it holds them for this run;
    on the next they take part in all steps again.
    """
    for group in profile.match.groups:
        key = f"{group.on}_norm"
        all_transactions = [item for item in participants.transactions if _is_succeeded(item)]
        all_lines = [item for item in participants.lines if _is_succeeded(item)]
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
        (
            participants.lines if item["side"] == Side.STATEMENT else participants.transactions
        ).remove(item)
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


def is_reportable(item: Item) -> bool:
    """Whether an unsettled item has a row: it has not broken, or it is sent again today."""
    return item["broke_on"] is None or item["sent"]


def _may_wait(group_members: list[Item], window: Window) -> bool:
    return any(
        is_reportable(item) and item["chances"] <= window_length(item, window)
        for item in group_members
    )


def window_length(item: Item, window: Window) -> int:
    """The matching attempts that an item of its side has before it breaks."""
    return window.statement if item["side"] == Side.STATEMENT else window.internal
