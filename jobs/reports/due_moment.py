"""When the statement of a date is due, by `files.due` of a channel's page."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")


def find_due_moment(due: object, day: date, zone: ZoneInfo) -> datetime | None:
    """The moment at which the files of a business date are due; None if the page does not say.

    `due` is a time of the next day such as "10:00", or an object that knows it by `due_at`.
    """
    if isinstance(due, str):
        if not _TIME.fullmatch(due):
            return None
        at = time.fromisoformat(due.zfill(5))
        return datetime.combine(day + timedelta(days=1), at, zone)
    due_at = getattr(due, "due_at", None)
    moment: datetime | None = due_at(day, zone) if due_at else None
    return moment
