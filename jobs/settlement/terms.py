"""A channel's settlement rules with their calendar: when what is due, and what counts as paid."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from jobs.settlement.inputs import Key, KeyKind, Purse
from jobs.settlement.state import Batch, State
from schemas.business_calendar import Calendar
from schemas.profile.settlement import Settlement


@dataclass(frozen=True)
class Terms:
    """The `settlement` of a profile, its first date, and the calendar that it names."""

    rules: Settlement
    first_date: date
    calendar: Calendar = field(default_factory=Calendar)

    def due_date(self, due_from: date) -> date | None:
        """When a batch is due; None where that is past the calendar's end."""
        return self._add(due_from, self.rules.due.after)

    def grace_end(self, day: date | None) -> date | None:
        """The last day of grace after a day; None where that is past the calendar's end."""
        return None if day is None else self._add(day, self.rules.grace)

    def is_within_tolerance(self, currency: str, difference: int) -> bool:
        """Whether a difference counts as none."""
        return abs(difference) <= self.rules.tolerance.get(currency, 0)

    @cached_property
    def start_end(self) -> date | None:
        """The last date whose unknown credits may pay batches of before the first date."""
        return self.grace_end(self.due_date(self.first_date))

    def _add(self, day: date, days: int) -> date | None:
        if self.rules.due.days == "calendar":
            return day + timedelta(days=days)
        return self.calendar.add_business_days(day, days)


def start_state(terms: Terms) -> State:
    """The state before the first date: the batches that were open then.

    They have no name, belong to no `per`, and are neither carried nor joined by lines.
    """
    batches: list[Batch] = []
    for one in sorted(terms.rules.opening, key=lambda each: (each.since, each.currency)):
        key, purse = Key(KeyKind.OPENING, str(one.since)), Purse("", one.currency)
        number = 1 + sum(batch.key == key and batch.purse == purse for batch in batches)
        batches.append(
            Batch(key, purse, number, one.since, one.since, carried_in=one.amount, is_decided=True)
        )
    owed: dict[str, int] = {}
    for batch in batches:
        owed[batch.purse.currency] = owed.get(batch.purse.currency, 0) + batch.carried_in
    return State(batches=tuple(batches), closing=tuple(sorted(owed.items())))
