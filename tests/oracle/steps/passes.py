"""Step 4 of the oracle: the passes."""

from collections import Counter
from datetime import date

from schemas.profile.channel import Profile
from schemas.profile.match_rules import Pass
from schemas.vocabulary import Status
from tests.oracle.rows import Item, is_succeeded, item_id, kind_of, pair_row
from tests.oracle.steps.participants import Participants

REFERENCES = ("our_ref", "channel_ref", "order_ref", "batch_ref")


def run_passes(day: date, participants: Participants, profile: Profile) -> None:
    """Step 4: the passes in the profile's order, each on what the earlier ones left."""
    for pass_ in profile.match.passes:
        _run_pass(day, participants, pass_)


def _run_pass(day: date, participants: Participants, pass_: Pass) -> None:
    lines = [
        line
        for line in participants.lines
        if line["line_id"] not in participants.parts and _is_line_eligible(line, pass_)
    ]
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
            row = pair_row(day, line, transaction, pass_.name)
            participants.add_pair(line, transaction, row)


def _is_line_eligible(line: Item, pass_: Pass) -> bool:
    """A pass without a reference takes only SUCCEEDED lines without our_ref."""
    if pass_.has_reference:
        return True
    return line["our_ref_norm"] is None and is_succeeded(line)


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
