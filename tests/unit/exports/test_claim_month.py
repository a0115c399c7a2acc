"""Of which dates of a month a claim can be made."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from jobs.exports.claims.month import resolve_month
from schemas.profile.channel import Profile
from schemas.profile.day_parts import WHOLE_DAY

PROFILE = Profile.model_validate(
    {
        "channel": "wechat",
        "dialect": "wechat_bill",
        "zone": "Asia/Shanghai",
        "first_date": "2026-11-27",
        "files": {"pattern": "wechat/{business_date:%Y-%m-%d}/*.csv"},
    }
)
DAYS = [date(2026, 11, day) for day in (27, 28, 29, 30)]
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def file_row(day: date, lines: int = 5, **other: Any) -> dict[str, Any]:
    """A row of `statement_files`, taken in at eleven."""
    values = {
        "channel": "wechat", "business_date": day, "part": WHOLE_DAY, "status": "ACCEPTED",
        "file_id": str(day), "version": 1, "line_count": lines, "rejected_count": 0, "reason": None,
        "received_at": NOON - timedelta(hours=1),
    }  # fmt: skip
    return values | other


def check_row(day: date, lines: int = 5) -> dict[str, Any]:
    """A row of `runs` of a fee check that ended at noon."""
    return {"business_date": day, "ended_at": NOON, "counts": {"lines": lines}}


@pytest.mark.parametrize(
    ("last_file", "last_check", "stale"),
    [
        (file_row(DAYS[3]), None, []),
        (file_row(DAYS[3]), check_row(DAYS[3], 4), []),
        (file_row(DAYS[3]), check_row(DAYS[3]), [DAYS[3]]),
        (file_row(DAYS[3], received_at=NOON + timedelta(hours=1)), check_row(DAYS[3]), []),
    ],
    ids=["no check", "other lines", "other pairs", "newer file"],
)
def test_date_whose_fees_must_be_checked_first(
    last_file: dict[str, Any], last_check: dict[str, Any] | None, stale: list[date]
) -> None:
    """The other dates of the month are checked, or have no line, or no statement."""
    files = [file_row(DAYS[0]), file_row(DAYS[1], 0), last_file]
    checks = [check_row(DAYS[0]), *([last_check] if last_check else [])]
    month = resolve_month(PROFILE, date(2026, 11, 1), files, checks, stale)
    assert (month.first, month.last) == (DAYS[0], DAYS[3])
    assert (month.unchecked, month.not_whole) == ((DAYS[3],), (DAYS[2],))


def test_month_that_is_checked_and_whole() -> None:
    """The latest check of a date counts; a refused version of the statement does not."""
    files = [file_row(day) for day in DAYS]
    late = {"version": 2, "status": "QUARANTINED", "received_at": NOON + timedelta(hours=1)}
    files.append(file_row(DAYS[0], **late))
    earlier = {"ended_at": NOON - timedelta(hours=2), "counts": {"lines": 1}}
    checks = [*(check_row(day) for day in DAYS), check_row(DAYS[0]) | earlier]
    month = resolve_month(PROFILE, date(2026, 11, 1), files, checks, [])
    assert (month.unchecked, month.not_whole) == ((), ())
