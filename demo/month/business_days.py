"""Business days of China in October and November 2026, written down by hand.

The State Council's notice for 2026: 1 to 7 October are holidays, Saturday 10 October is a working
day. November has no other days off than weekends.
"""

from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
HOLIDAYS = frozenset(date(2026, 10, number) for number in range(1, 8))
MAKE_UP_DAYS = frozenset({date(2026, 10, 10)})
#: The months whose business days are known here.
YEAR, MONTHS = 2026, (10, 11)


def is_business_day(day: date) -> bool:
    """Whether banks work on the day."""
    return day in MAKE_UP_DAYS or (day.weekday() < 5 and day not in HOLIDAYS)


def add_business_days(day: date, count: int) -> date:
    """The n-th business day after a day, which may be a day off itself."""
    for _ in range(count):
        day += ONE_DAY
        while not is_business_day(day):
            day += ONE_DAY
    return day
