"""What the names of files in the inbox say: dates, parts, and the nearest pattern."""

from datetime import date
from pathlib import Path

import pytest

from jobs.ingestion.arrivals.scan import describe_unknown, scan_inbox
from jobs.ingestion.inbox import dates_in_name, fill_date, find_files
from jobs.storage.archive import Storage
from schemas.configuration import Configuration
from schemas.dates import format_dates
from schemas.profile.channel import Profile, Snapshots


@pytest.mark.parametrize(
    ("pattern", "name", "days"),
    [
        ("bank/{business_date:%Y-%m-%d}/*.csv*", "bank/2026-11-16/a.csv.gz", "16"),
        ("b/{business_date}.csv", "b/2026-11-16.csv", "16"),
        ("b/{business_date:%y%m%d}_{part}.csv", "b/261116_00.csv", "16"),
        ("{business_date:%Y}/{business_date:%m}/{business_date:%d}/{part}", "2026/11/16/07", "16"),
        ("{business_date:%Y}/{business_date:%Y%m%d}.csv", "2026/20261116.csv", "16"),
        ("{business_date:%Y}/{business_date:%Y%m%d}.csv", "2025/20261116.csv", ""),
        ("*{business_date:%Y%m%d}*", "20261120_20261122.csv", "20 22"),
        ("x_{first_date:%Y%m%d}-{last_date:%Y%m%d}(a)", "x_20261129-20261130(a)", "29 30"),
        ("x_{first_date:%Y%m%d}-{last_date:%Y%m%d}", "x_20261120-20261119", ""),
        ("{business_date:%Y%m%d}.csv", "20261340.csv", ""),
        ("{business_date:%Y%m%d}.csv", "20261116.csv.bak", ""),
    ],
)
def test_dates_of_a_name_are_those_on_which_it_is_sought(
    tmp_path: Path, pattern: str, name: str, days: str
) -> None:
    """The search by date finds the file on these dates, and on no other of the month."""
    expected = [date(2026, 11, int(each)) for each in days.split()]
    assert dates_in_name(pattern, name) == expected
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("x")
    month = [date(2026, 11, number) for number in range(1, 31)]
    found = [day for day in month if find_files(Storage(str(tmp_path)), pattern, day).files]
    assert found == expected


def profile(channel: str, pattern: str, **files: object) -> Profile:
    """A channel whose files fit a pattern."""
    return Profile.model_validate({
        "channel": channel, "dialect": "wechat_bill", "zone": "Asia/Shanghai",
        "first_date": date(2026, 11, 16), "files": {"pattern": pattern, **files},
    })  # fmt: skip


def test_each_file_is_named_for_what_it_would_be(tmp_path: Path) -> None:
    """A statement, a part, a marker, our snapshot; a hidden file is none; one fits no pattern."""
    for name in ("bank/20261116.csv", "bank/none_20261117.txt", "hours/2026-11-16_07.txt",
                 "internal/2026-11-16/part-0.parquet", ".bank/x", "bank/.20261118.csv",
                 "hours/2026-11-16-08.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    profiles = [
        profile("bank", "bank/{business_date:%Y%m%d}.csv",
                marker="bank/none_{business_date:%Y%m%d}.txt"),
        profile("hours", "hours/{business_date}_{part}.txt", parts="00-23"),
    ]  # fmt: skip
    config = Configuration({one.channel: one for one in profiles}, {}, Snapshots())
    arrivals = scan_inbox(Storage(str(tmp_path)), config)
    claims = [
        (claim.channel, claim.business_date.day, claim.part)
        for arrival in arrivals
        for claim in arrival.claims
    ]
    assert claims == [
        ("bank", 16, "all"),
        ("bank", 17, "marker"),
        ("hours", 16, "07"),
        (None, 16, "all"),
    ]
    unknown = describe_unknown(config, arrivals)
    assert [text.split(":")[1].strip() for text in unknown] == [
        ".bank/x",
        "hours/2026-11-16-08.txt",
    ]
    assert "the nearest is hours/{business_date}_{part}.txt;" in unknown[1]


def test_pattern_with_its_date_and_ranges_of_dates() -> None:
    """As messages show them."""
    days = [date(2026, 11, number) for number in (30, 16, 17, 18, 16)]
    assert format_dates(days) == "2026-11-16 to 2026-11-18, 2026-11-30"
    pattern = "b/{business_date:%Y%m%d}/{business_date}_{part}*"
    assert fill_date(pattern, days[1]) == "b/20261116/2026-11-16_{part}*"
