"""Step 5 of the oracle: groups."""

from datetime import date

from schemas.profile.channel import Profile
from schemas.profile.match_rules import Group
from schemas.vocabulary import Reason, Side
from tests.oracle.rows import Item, is_succeeded
from tests.oracle.steps.participants import PairOfPass, Participants
from tests.oracle.steps.units import Unit, hold_or_break_unit, settle_unit


def match_groups(day: date, participants: Participants, profile: Profile) -> None:
    """Step 5: SUCCEEDED items of both sides with one reference, of any kind, by signed sums.

    The contract does not say how long a group holds its members. Here it holds them for this run;
    on the next they take part in all steps again.
    """
    for group in profile.match.groups:
        key = f"{group.on}_norm"
        items = [*participants.transactions, *participants.lines]
        values = {item[key] for item in items if is_succeeded(item)} - {None}
        for value in sorted(values):
            members = [item for item in items if is_succeeded(item) and item[key] == value]
            pairs = [pair for pair in participants.pairs if _is_offered(pair, key, value)]
            _match_group(day, participants, profile, group, value, members, pairs)


def _is_offered(pair: PairOfPass, key: str, value: str) -> bool:
    """Whether a pair differs in nothing but its amounts, and both its members bear the key."""
    reasons = [reason for reason in pair.row["reasons"] if reason != Reason.LATE]
    return reasons == [Reason.AMOUNT_MISMATCH] and all(
        is_succeeded(item) and item[key] == value for item in (pair.line, pair.transaction)
    )


def _match_group(
    day: date,
    participants: Participants,
    profile: Profile,
    group: Group,
    value: str,
    members: list[Item],
    pairs: list[PairOfPass],
) -> None:
    unit_id = f"{group.name}:{value}"
    in_pairs = [item for pair in pairs for item in (pair.line, pair.transaction)]
    with_pairs = Unit(unit_id, group.name, [*members, *in_pairs])
    if pairs and not any(with_pairs.differences().values()):
        for pair in pairs:
            participants.undo_pair(pair)
        settle_unit(day, participants, with_pairs)
        return
    if {item["side"] for item in members} != set(Side):
        return  # on one side only it is no group
    unit = Unit(unit_id, group.name, members)
    if any(unit.differences().values()):
        window = profile.match.window
        hold_or_break_unit(day, participants, unit, Reason.AMOUNT_MISMATCH, window)
    else:
        settle_unit(day, participants, unit)
