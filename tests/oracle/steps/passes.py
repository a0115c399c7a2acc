"""Step 4 of the oracle: the passes."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from schemas.profile.channel import Profile
from schemas.profile.match_rules import Match, Pass
from schemas.vocabulary import Side, Status
from tests.oracle.rows import Item, is_succeeded, item_id, kind_of, pair_row
from tests.oracle.steps.authority import adopt_statement
from tests.oracle.steps.participants import Participants
from tests.oracle.steps.units import Unit, settle_unit

REFERENCES = ("our_ref", "channel_ref", "order_ref", "batch_ref")


def run_passes(day: date, participants: Participants, profile: Profile) -> None:
    """Step 4: the passes in the profile's order, each on what the earlier ones left."""
    for pass_ in profile.match.passes:
        _run_pass(day, participants, pass_, profile.match)


def _run_pass(day: date, participants: Participants, pass_: Pass, match: Match) -> None:
    lines = [line for line in participants.lines if _is_line_eligible(line, pass_, participants)]
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
            row = pair_row(day, line, transaction, pass_.name, pass_.tolerance)
            row = adopt_statement(row, row["difference"], line["currency"], match)
            participants.add_pair(line, transaction, row)
    if pass_.interchangeable:
        for members in _find_interchangeable(candidate_pairs):
            smallest = min(item["txn_id"] for item in members if item["side"] == Side.INTERNAL)
            settle_unit(day, participants, Unit(f"{pass_.name}:{smallest}", pass_.name, members))


def _find_interchangeable(candidate_pairs: list[tuple[Item, Item]]) -> Iterator[list[Item]]:
    """As many lines as SUCCEEDED transactions, each a candidate of each and of nobody else."""
    partners: dict[str, set[str]] = defaultdict(set)
    items: dict[str, Item] = {}
    for line, transaction in candidate_pairs:
        partners[line["line_id"]].add(transaction["txn_id"])
        partners[transaction["txn_id"]].add(line["line_id"])
        items |= {line["line_id"]: line, transaction["txn_id"]: transaction}
    seen: set[str] = set()
    for line, _ in candidate_pairs:
        if line["line_id"] in seen:
            continue
        txn_ids = partners[line["line_id"]]
        line_ids = partners[min(txn_ids)]
        seen |= line_ids
        is_closed_set = all(partners[txn_id] == line_ids for txn_id in txn_ids) and all(
            partners[line_id] == txn_ids for line_id in line_ids
        )
        all_paid = all(is_succeeded(items[txn_id]) for txn_id in txn_ids)
        if is_closed_set and all_paid and len(line_ids) == len(txn_ids) > 1:
            yield [items[one] for one in (*txn_ids, *line_ids)]


def _is_line_eligible(line: Item, pass_: Pass, participants: Participants) -> bool:
    """A pass without a reference takes only SUCCEEDED lines without our_ref.

    It takes no possible copy while the other line is still there.
    """
    if line["line_id"] in participants.parts:
        return False
    if pass_.has_reference:
        return True
    line_ids = {other["line_id"] for other in participants.lines}
    return line["our_ref_norm"] is None and is_succeeded(line) and line["copy_of"] not in line_ids


def _is_transaction_eligible(transaction: Item, pass_: Pass) -> bool:
    return pass_.has_reference or transaction["status"] in (Status.SUCCEEDED, Status.PENDING)


def _is_candidate(line: Item, transaction: Item, pass_: Pass) -> bool:
    if kind_of(line) != kind_of(transaction):
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
