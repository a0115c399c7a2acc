"""The date or month of a page: what is given, and every fault of it."""

from datetime import date

import pytest

from jobs.cli.arguments import parse_date
from jobs.cli.options.pages import parse_period
from jobs.cli.parser import build_parser


def parse(job: str, *words: str) -> tuple[tuple[date, ...], list[str]]:
    """The dates of a command line, and its faults."""
    faults: list[str] = []
    return parse_period(build_parser(job).parse_args([*words]), faults, parse_date), faults


def test_date_is_one_day_and_month_is_all_its_days() -> None:
    assert parse("report", "--business-date", "2026-11-22") == ((date(2026, 11, 22),), [])
    days, faults = parse("scorecard", "--month", "2028-02")
    assert (days[0], days[-1], len(days), faults) == (date(2028, 2, 1), date(2028, 2, 29), 29, [])


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ((), "give --business-date or --month"),
        (
            ("--business-date", "2026-11-22", "--month", "2026-11"),
            "give --business-date or --month",
        ),
        (("--month", "2026-13"), "--month '2026-13' is not a month; write it as 2026-11"),
        (("--business-date", "2026-11-31"), "--business-date '2026-11-31' is not a date"),
        (("--month", "2026-11", "--provisional"), "--provisional is about a date"),
    ],
)
def test_faults_of_a_report_are_named(words: tuple[str, ...], fault: str) -> None:
    _, faults = parse("report", *words)
    assert [one for one in faults if one.startswith(fault)] == faults
    assert len(faults) == 1
