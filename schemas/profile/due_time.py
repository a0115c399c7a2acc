"""When a channel's files of a date are due, and how long they are waited for.

Source: docs/reference/profile.md, `files.due`.
"""

import re
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from schemas.strict import Strict

#: Hours after the due time for which the files are waited for, if the page does not say.
WAIT_HOURS = 4
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_LAST_MINUTE = time(23, 59)


class DueTime(Strict):
    """A local time, so many days after the business date, and the time at which to give up.

    A page writes `"09:30"`, which is the next day, or `{at: "09:30", days: 1, give_up: "14:00"}`.
    `give_up` is on the same day as `at`; without it the files are waited for `WAIT_HOURS` longer,
    at most to the end of that day.
    """

    at: time
    days: int = Field(default=1, ge=0, le=30)
    give_up: time | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_time(cls, value: Any) -> Any:
        """Takes a plain time for `at`; takes times only as HH:MM."""
        value = {"at": value} if not isinstance(value, dict) else dict(value)
        for key in ("at", "give_up"):
            if key in value and not isinstance(value[key], time):
                value[key] = _parse_time(key, value[key])
        return value

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.give_up is not None and self.give_up < self.at:
            raise ValueError(
                f"give_up {self.give_up:%H:%M} is before at {self.at:%H:%M}; both are times of one"
                " day: write a later one"
            )
        return self

    @property
    def last_time(self) -> time:
        """The local time at which nobody waits any longer."""
        if self.give_up is not None:
            return self.give_up
        if self.at.hour + WAIT_HOURS >= 24:
            return _LAST_MINUTE
        return self.at.replace(hour=self.at.hour + WAIT_HOURS)

    def due_at(self, day: date, zone: ZoneInfo) -> datetime:
        """The moment at which the files of a business date are due."""
        return datetime.combine(day + timedelta(days=self.days), self.at, zone)

    def gives_up_at(self, day: date, zone: ZoneInfo) -> datetime:
        """The moment until which the files of a business date are waited for."""
        return datetime.combine(day + timedelta(days=self.days), self.last_time, zone)


#: Of a channel whose page has no due time: its files may come all through the next day.
ANY_TIME = DueTime(at=_LAST_MINUTE)


def find_due_moment(due: DueTime | None, day: date, zone: ZoneInfo) -> datetime | None:
    """The moment at which the files of a business date are due; None without a due time."""
    return due.due_at(day, zone) if due is not None else None


def _parse_time(key: str, text: object) -> time:
    if isinstance(text, str) and _TIME.fullmatch(text):
        return time.fromisoformat(text)
    raise ValueError(
        f'{key} {text!r} is no time; write hours and minutes in quotes, such as "09:30" (in the'
        " channel's zone, on the day after the business date)"
    )
