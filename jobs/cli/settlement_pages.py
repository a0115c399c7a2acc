"""What the settlement of one page needs of the other pages: bank accounts, calendars, payers."""

from collections.abc import Iterator, Mapping

from schemas.business_calendar import Calendar
from schemas.profile.channel import Profile
from schemas.profile.settlement import Settlement


def find_settlement_faults(
    profiles: Mapping[str, Profile],
    is_complete: bool,
    calendars: Mapping[str, Calendar | None],
    places: Mapping[str, str],
) -> Iterator[str]:
    """Yields what the `settlement` of a channel names and no other page has, each with file and
    line, and payer rules of two channels that tie.

    `is_complete`: every channel's page was readable. A calendar is None where its page was not.
    """
    payers: dict[tuple[str, str], str] = {}
    for name, profile in sorted(profiles.items()):
        rules, place = profile.settlement, places[name]
        if rules is None:
            continue
        if is_complete and rules.bank not in profiles:
            yield (
                f"{place}: settlement.bank: {rules.bank} is no channel; a bank account has a page"
                " in channels/, too"
            )
        yield from _find_calendar_faults(profile, rules, calendars, place)
        for start in (rule.payer_start for rule in rules.find if rule.payer_start):
            other = payers.setdefault((rules.bank, start), name)
            if other != name:
                yield (
                    f"{place}: settlement.find: channel {other} has the payer rule {start!r}, too;"
                    " make one of them longer"
                )


def _find_calendar_faults(
    profile: Profile, rules: Settlement, calendars: Mapping[str, Calendar | None], place: str
) -> Iterator[str]:
    name = rules.due.calendar
    if name is None:
        return
    if name not in calendars:
        yield f"{place}: settlement.due.calendar: there is no calendars/{name}.yaml; add it"
        return
    calendar = calendars[name]
    if calendar is not None and calendar.last_day < profile.first_date:
        yield (
            f"{place}: settlement.due.calendar: {name} ends on {calendar.last_day}, before"
            f" first_date {profile.first_date}; add its holidays and workdays of later years"
        )


def add_other_pages(
    profiles: Mapping[str, Profile], calendars: Mapping[str, Calendar]
) -> dict[str, Profile]:
    """The profiles; a bank account knows how the payers' names begin that a payer rule names, and a
    channel its calendar.
    """
    starts: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for name, profile in profiles.items():
        if profile.settlement is not None:
            rules = (rule.payer_start for rule in profile.settlement.find)
            starts.setdefault(profile.settlement.bank, []).extend(filter(None, rules))
            names[name] = profile.settlement.due.calendar or ""
    return {
        name: profile.with_other_pages(starts.get(name, ()), calendars.get(names.get(name, "")))
        for name, profile in profiles.items()
    }
