"""Business days: countries, lists that override them, and a calendar that ends."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.business_calendar import Calendar

FRIDAY = date(2026, 11, 13)


def test_weekends_are_days_off_and_lists_override() -> None:
    """Without a country: Monday to Friday. A Monday off, and a Saturday that makes up for it."""
    calendar = Calendar(holidays=(date(2026, 11, 16),), workdays=(date(2026, 11, 14),))
    days = [calendar.is_business_day(FRIDAY + timedelta(days=n)) for n in range(5)]
    assert days == [True, True, False, False, True]


def test_china_has_make_up_days() -> None:
    """National week 2026 ends on the 7th; Saturday the 10th is worked. The page may know better."""
    china = Calendar(country="CN")
    assert [china.is_business_day(date(2026, 10, n)) for n in (1, 7, 8, 10, 11)] == [
        False, False, True, True, False,
    ]  # fmt: skip
    assert not Calendar(country="CN", holidays=(date(2026, 10, 10),)).is_business_day(
        date(2026, 10, 10)
    )


def test_before_the_years_that_are_known_weekdays_work_in_china() -> None:
    assert Calendar(country="CN").is_business_day(date(1999, 10, 1))


def test_other_countries_have_their_public_holidays() -> None:
    """Christmas 2026 is a Friday; it is worked where the page says so."""
    day = date(2026, 12, 25)
    assert not Calendar(country="DE").is_business_day(day)
    assert Calendar(country="DE", workdays=(day,)).is_business_day(day)
    assert Calendar(country="DE").is_business_day(date(2026, 12, 23))


@pytest.mark.parametrize(
    ("start", "count", "end"), [(0, 0, 0), (0, 1, 3), (0, 2, 4), (1, 1, 3), (2, 1, 3), (2, 0, 2)]
)
def test_nth_business_day_counts_from_the_day_itself(start: int, count: int, end: int) -> None:
    """From Friday the first is Monday; from Saturday and Sunday it is Monday, too."""
    calendar = Calendar()
    result = calendar.add_business_days(FRIDAY + timedelta(days=start), count)
    assert result == FRIDAY + timedelta(days=end)


def test_calendar_of_china_ends_with_the_last_year_that_is_known() -> None:
    """Beyond it there is no n-th business day; 40 days before, the end is worth a warning."""
    china = Calendar(country="CN")
    last = china.last_day
    assert (last.month, last.day) == (12, 31)
    assert china.add_business_days(last, 1) is None
    assert china.add_business_days(last - timedelta(days=40), 1) is not None
    assert china.ends_within(last - timedelta(days=40))
    assert not china.ends_within(last - timedelta(days=41))
    assert not Calendar().ends_within(last)
    assert not Calendar(country="DE").ends_within(last)


def test_lists_of_the_next_year_carry_the_calendar_on() -> None:
    """With a holiday of the next year that year is known; one of the year after next is not."""
    last = Calendar(country="CN").last_day
    new_year, later = date(last.year + 1, 1, 1), date(last.year + 2, 1, 1)
    longer = Calendar(country="CN", holidays=(new_year,))
    assert longer.last_day == date(last.year + 1, 12, 31)
    assert longer.add_business_days(last, 1) not in (None, new_year)
    assert Calendar(country="CN", holidays=(later,)).last_day == last


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ({"country": "XX"}, "XX is no country with known holidays"),
        ({"country": "china"}, "pattern"),
        ({"holidays": ["2026-10-10"], "workdays": ["2026-10-10"]}, "is a holiday and a workday"),
        ({"holiday": ["2026-10-10"]}, "Extra inputs"),
        ({"holidays": ["soon"]}, "date"),
    ],
)
def test_wrong_page_is_refused(page: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Calendar.model_validate(page)
