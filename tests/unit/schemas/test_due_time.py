"""When files are due: what a page may write, and the moments that it means."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from jobs.cli.configuration import load_channel_page
from schemas.errors import ConfigurationError
from schemas.profile.due_time import ANY_TIME, DueTime

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("written", "due", "last"),
    [
        ("09:30", "2026-11-23T09:30+08:00", "2026-11-23T13:30+08:00"),
        ("20:00", "2026-11-23T20:00+08:00", "2026-11-23T23:59+08:00"),
        ({"at": "10:00", "days": 0, "give_up": "10:00"}, "2026-11-22T10:00+08:00",
         "2026-11-22T10:00+08:00"),
        ({"at": "00:05", "days": 2, "give_up": "14:00"}, "2026-11-24T00:05+08:00",
         "2026-11-24T14:00+08:00"),
    ],
)  # fmt: skip
def test_moments_of_a_business_date(written: Any, due: str, last: str) -> None:
    """A plain time is on the next day; without `give_up` the files are waited for four hours."""
    time = DueTime.model_validate(written)
    assert time.due_at(DAY, SHANGHAI) == datetime.fromisoformat(due)
    assert time.gives_up_at(DAY, SHANGHAI) == datetime.fromisoformat(last)


def test_without_a_due_time_the_whole_next_day_counts() -> None:
    """A page without `due` has nobody called late before the day is over."""
    last = ANY_TIME.gives_up_at(DAY, SHANGHAI)
    assert last == ANY_TIME.due_at(DAY, SHANGHAI) == datetime(2026, 11, 23, 23, 59, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("zone", "day", "offset"),
    [
        ("Europe/Berlin", date(2026, 3, 28), "+02:00"),
        ("Europe/Berlin", date(2026, 10, 24), "+01:00"),
    ],
)
def test_a_due_time_follows_the_clock_of_its_zone(zone: str, day: date, offset: str) -> None:
    """On the day on which the clock is changed, nine o'clock is nine o'clock."""
    due = DueTime.model_validate("09:00").due_at(day, ZoneInfo(zone))
    assert due.isoformat().endswith(f"T09:00:00{offset}")


@pytest.mark.parametrize(
    "written",
    [
        "in the morning", "9:30", "24:00", "10:60", "10:00:00", "T+1 10:00", 570, None, [], True,
        {"at": "10:00", "give_up": "09:59"}, {"at": "10:00", "give_up": "noon"}, {"days": 1},
        {"at": "10:00", "days": -1}, {"at": "10:00", "days": 31}, {"at": "10:00", "hour": 1},
    ],
)  # fmt: skip
def test_what_is_no_due_time_is_refused(written: Any) -> None:
    """Free text meant nothing; a page says a time, or says none."""
    with pytest.raises(ValidationError):
        DueTime.model_validate(written)


def test_a_page_with_free_text_names_line_and_remedy(tmp_path: Path) -> None:
    """10:30 without quotes is a number in YAML 1.1, and a text in 1.2: both are read."""
    page = tmp_path / "shop.yaml"
    text = (
        "channel: shop\ndialect: wechat_bill\nzone: Asia/Shanghai\nfirst_date: 2026-11-01\n"
        'files:\n  pattern: "shop/{business_date:%Y-%m-%d}.csv"\n  due: '
    )
    page.write_text(f"{text}10:30\n")
    files = load_channel_page(str(page)).files
    assert files is not None
    assert files.due == DueTime.model_validate("10:30")
    page.write_text(f"{text}before lunch\n")
    with pytest.raises(ConfigurationError, match=r"shop.yaml:7: files.due: .*\"09:30\""):
        load_channel_page(str(page))
