"""Bank accounts with the channels that are paid there; these are settled together."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from jobs.settlement.terms import Terms
from schemas.business_calendar import Calendar
from schemas.configuration import Configuration
from schemas.profile.channel import Profile

#: A line waits for its grace; calendar days at most per business day of it, and for a holiday.
_DAYS_PER_DAY, _HOLIDAY_DAYS = 3, 31


@dataclass(frozen=True)
class Account:
    """A bank account, the channels that are paid there, and their terms."""

    bank: Profile
    channels: tuple[Profile, ...]
    terms: dict[str, Terms]

    @cached_property
    def rules_text(self) -> str:
        """All that the profiles and calendars say of settlement, as one text."""
        return json.dumps(
            [
                [
                    profile.channel,
                    str(profile.first_date),
                    profile.match.lookback,
                    self.terms[profile.channel].rules.model_dump_json(),
                    self.terms[profile.channel].calendar.model_dump_json(),
                    str(self.terms[profile.channel].calendar.last_day),
                ]
                for profile in self.channels
            ]
        )


def list_accounts(config: Configuration, chosen: Collection[str] = ()) -> list[Account]:
    """The bank accounts on which channels are paid, in order of name.

    Of the accounts, those of which a chosen channel is the account or is paid there; all of them if
    none is chosen. An account comes with all of its channels: who gets a bank line depends on all.
    """
    paid_at: dict[str, list[Profile]] = {}
    for profile in config.all_profiles.values():
        if profile.settlement is not None:
            paid_at.setdefault(profile.settlement.bank, []).append(profile)
    accounts = []
    for bank, channels in sorted(paid_at.items()):
        if chosen and not {bank, *(one.channel for one in channels)} & {*chosen}:
            continue
        profiles = tuple(sorted(channels, key=lambda one: one.channel))
        terms = {one.channel: _terms_of(config, one) for one in profiles}
        accounts.append(Account(config.all_profiles[bank], profiles, terms))
    return accounts


def count_waiting_days(account: Account) -> int:
    """For how many calendar days a bank line that nobody got is tried again, at most."""
    grace = max(terms.rules.grace for terms in account.terms.values())
    return _DAYS_PER_DAY * grace + _HOLIDAY_DAYS


def find_ending_calendars(account: Account, day: date) -> Iterator[str]:
    """A sentence per channel whose calendar ends within 40 days after a date, or has ended."""
    for name, terms in account.terms.items():
        calendar = terms.rules.due.calendar
        if calendar is not None and terms.calendar.ends_within(day):
            yield (
                f"CALENDAR_ENDS: {name}: calendar {calendar} ends on {terms.calendar.last_day};"
                " add the holidays and workdays of the next year to its page"
            )


def _terms_of(config: Configuration, profile: Profile) -> Terms:
    rules = profile.settlement
    assert rules is not None
    calendar = config.calendars[rules.due.calendar] if rules.due.calendar else Calendar()
    return Terms(rules, profile.first_date, calendar)
