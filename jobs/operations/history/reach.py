"""How many days back the work of a date reads, by the rules of its configuration.

It is an upper bound of what rules say in days. What is older by its own data (a transaction that
occurred a year ago, an order that is open that long) is read in the history lake.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from jobs.fees.volumes.steps import first_date_of
from jobs.orders.items import DAYS_IN_SIGHT
from jobs.treasury.accounts import count_waiting_days, list_accounts
from schemas.configuration import Configuration
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile

#: The months that a fee check sums begin so many days back, at most: its own and the one before.
_MONTHS_DAYS = 62
_YEAR = timedelta(days=366)


class Reach(NamedTuple):
    """Days that the work of a date reads back, and what needs them."""

    days: int
    why: str


def find_reach(config: Configuration, today: date) -> Reach:
    """The longest reach of any job and channel of a configuration; of equal ones the first by name.

    A date and the date before it count for any configuration: `open_items`.
    """
    reaches = [Reach(DAYS_IN_SIGHT, f"check_orders keeps orders in sight for {DAYS_IN_SIGHT} days")]
    for name, profile in sorted(config.profiles.items()):
        reaches.append(_reach_of_match(profile))
        if name in config.schedules:
            reaches += _reaches_of_fees(profile, config.schedules[name], today)
    for account in list_accounts(config, config.profiles):
        days = count_waiting_days(account)
        why = f"{account.bank.channel}: bank lines wait for a channel for {days} days"
        reaches.append(Reach(days, why))
    return max(reaches, key=lambda reach: reach.days)


def _reach_of_match(profile: Profile) -> Reach:
    """An item waits for its window, is a late candidate after it, and is looked up from its first
    date back.
    """
    rules = profile.match
    window = max(rules.window.internal, rules.window.statement)
    days = _count_waiting_days(profile) + rules.lookback + 1
    return Reach(
        days,
        f"{profile.channel}: match.window {window}, match.late {rules.late} and match.lookback"
        f" {rules.lookback}, one after the other",
    )


def _count_waiting_days(profile: Profile) -> int:
    """Days that the two sides of a pair are apart at most, while no statement is missing."""
    rules = profile.match
    return max(rules.window.internal, rules.window.statement) + rules.late


def _reaches_of_fees(profile: Profile, card: FeeSchedule, today: date) -> Iterator[Reach]:
    back, age = card.lookback_days, _count_waiting_days(profile)
    before = f"{profile.channel}: lookback_days {back} of its rate card"
    yield Reach(back + profile.match.lookback + age, f"{before}, and transactions {age} days older")
    yield Reach(_MONTHS_DAYS, f"{profile.channel}: months of fees")
    if card.volumes:
        days = max(
            (day - first_date_of(card.volumes, day - timedelta(days=back))).days
            for day in (today - timedelta(days=n) for n in range(_YEAR.days))
        )
        why = f"{before}, the volumes of the months before, and transactions {age} days older"
        yield Reach(days + profile.match.lookback + age, why)
