"""Whether files came in time, from rows of statement_files."""

from datetime import timedelta
from typing import Any

from jobs.reports.scorecard.punctuality import FileScore, score_files
from schemas.profile.channel import Profile
from tests.support.ledger import at, day

DUE = "10:00"


def profile(**files: Any) -> Profile:
    """A channel whose bill is due at 10:00 on the next day."""
    pattern = {"pattern": "bank/{business_date:%Y-%m-%d}/*.csv", "due": DUE}
    return Profile.model_validate(
        {"channel": "bank", "dialect": "wechat_bill", "zone": "Asia/Shanghai",
         "first_date": "2026-11-16", "files": pattern | files}
    )  # fmt: skip


IN_PARTS = {"pattern": "bank/{business_date:%Y-%m-%d}/{part}.csv", "parts": ["n", "s"]}


def file(
    offset: int, clock: str, status: str = "ACCEPTED", part: str = "all", **other: Any
) -> dict:
    """A file of a date that came at a time of the next day."""
    values = {"business_date": day(offset), "part": part, "status": status, "reason": None,
              "received_at": at(clock, offset + 1), "rejected_count": 0}  # fmt: skip
    return values | other


def score(page: Profile, days: int, *files: dict) -> FileScore:
    """The score of the first days."""
    return score_files(page, [day(n) for n in range(days)], files)


def test_dates_in_time_late_and_missing() -> None:
    """On the minute is in time; the latest stands first."""
    scored = score(profile(), 4, file(0, "10:00"), file(1, "10:01"), file(2, "12:30"))
    assert (scored.in_time, scored.missing) == (1, [day(3)])
    assert [(one.day, one.lateness) for one in scored.late] == [
        (day(2), timedelta(hours=2, minutes=30)), (day(1), timedelta(minutes=1)),
    ]  # fmt: skip


def test_date_in_parts_is_there_with_its_last_part() -> None:
    page = profile(**IN_PARTS)
    scored = score(
        page, 2, file(0, "08", part="n"), file(0, "11", part="s"), file(1, "08", part="n")
    )
    assert (scored.in_time, scored.missing) == (0, [day(1)])
    assert scored.late[0].lateness == timedelta(hours=1)


def test_first_version_says_when_the_date_came_and_later_ones_are_reissues() -> None:
    """A file that was refused has not come: the second one did, late."""
    scored = score(
        profile(), 2,
        file(0, "09", "SUPERSEDED"), file(0, "15", "SUPERSEDED"), file(0, "18"),
        file(1, "09", "QUARANTINED", reason="TOTALS_DIFFER: declared 1.00, lines 2.00"),
        file(1, "13"), file(1, "14", "DUPLICATE"),
    )  # fmt: skip
    assert (scored.in_time, scored.reissues, scored.duplicates) == (1, 2, 1)
    assert scored.refused == {"TOTALS_DIFFER": 1}
    assert [one.day for one in scored.late] == [day(1)]


def test_marker_makes_the_date_whole() -> None:
    page = profile(**IN_PARTS, marker="bank/{business_date:%Y-%m-%d}.none")
    scored = score(page, 1, file(0, "09", part="marker"))
    assert (scored.in_time, scored.missing) == (1, [])


def test_without_a_due_time_nothing_is_judged() -> None:
    scored = score(profile(due=None), 2, file(0, "23"))
    assert (scored.in_time, scored.late, scored.missing) == (None, [], [day(1)])
