"""Business days: `calendars/NAME.yaml`, with public holidays and make-up working days of a country.

Holidays come from the library `holidays`, those of China with the working days that make up for
them from `chinesecalendar`; the page's own lists override both. Source:
docs/reference/settlement.md, "Calendars".
"""

from datetime import MAXYEAR, date, timedelta
from functools import cache
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from schemas.strict import Strict

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)
CHINA = "CN"
Days = Literal["business", "calendar"]


@cache
def _known_countries() -> frozenset[str]:
    from holidays.registry import COUNTRIES  # takes a second to import

    return frozenset(code for codes in COUNTRIES.values() for code in codes if len(code) == 2)


@cache
def _public_holidays(country: str, year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays(country, years=year))


@cache
def _china_years() -> tuple[int, int]:
    """The first and the last year whose holidays in China the library knows."""
    from chinese_calendar import constants

    return int(min(constants.holidays).year), int(max(constants.holidays).year)


def _is_working_in_china(day: date) -> bool:
    from chinese_calendar import is_workday

    return bool(is_workday(day))


class Calendar(Strict):
    """A page of `calendars/`: days off and working days of one country, or of lists only.

    Without `country` every day from Monday to Friday works, the lists apart. `holidays` and
    `workdays` override the country's. China announces each year by itself, so a calendar of China
    ends with the last year that is known; a later year for which the lists name a day is known by
    them, if none is left out in between. Other calendars do not end.
    """

    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()

    @field_validator("country")
    @classmethod
    def _check_country(cls, country: str | None) -> str | None:
        if country is not None and country != CHINA and country not in _known_countries():
            raise ValueError(f"{country} is no country with known holidays; leave it out, and list")
        return country

    @model_validator(mode="after")
    def _check_lists(self) -> Self:
        both = sorted(set(self.holidays) & set(self.workdays))
        if both:
            raise ValueError(f"{both[0]} is a holiday and a workday; keep one of them")
        return self

    @property
    def last_day(self) -> date:
        """The last day of which the calendar knows whether it is a business day."""
        if self.country != CHINA:
            return date(MAXYEAR, 12, 31)
        years = {day.year for day in (*self.holidays, *self.workdays)}
        year = _china_years()[1]
        while year + 1 in years:
            year += 1
        return date(year, 12, 31)

    def ends_within(self, day: date, days: int = 40) -> bool:
        """Whether the calendar ends at most so many days after a day, or has ended before."""
        return self.last_day - day <= timedelta(days=days)

    def is_business_day(self, day: date) -> bool:
        """Whether banks work on a day."""
        if day in self.workdays:
            return True
        if day in self.holidays:
            return False
        if self.country == CHINA and _china_years()[0] <= day.year <= _china_years()[1]:
            return _is_working_in_china(day)
        if day.weekday() >= _SATURDAY:
            return False
        listed = self.country is None or self.country == CHINA
        return listed or day not in _public_holidays(str(self.country), day.year)

    def add_business_days(self, day: date, count: int) -> date | None:
        """The `count`-th business day after a day, which may itself be a day off; the day itself
        for 0. None where it is past the calendar's end.
        """
        last = self.last_day
        while count > 0:
            if day >= last:
                return None
            day += _ONE_DAY
            count -= self.is_business_day(day)
        return day if day <= last else None
