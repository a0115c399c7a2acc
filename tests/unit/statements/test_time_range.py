"""Times that no payment has: lines and snapshots refuse them by name, and reading back never fails.

A time of year 1 in Shanghai lies before the calendar's first day in UTC.
"""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from jobs.ingestion.snapshot.columns import to_transactions
from jobs.lake.point_query import _to_datetime
from jobs.statements.canonical.timestamps import is_out_of_range
from schemas.profile.channel import Profile
from tests.fuzz.reading import read_statement
from tests.support.golden import DAY, GOLDEN, load_profile

COLUMNS = ("channel_ref", "traded_at", "settlement_date", "amount")
EXTREMES = ("0001-01-01", "1969-12-30", "2200-01-02", "9999-12-31")


def build_profile(**layout: str) -> Profile:
    """Builds a profile of payments in Shanghai; every line may be rejected."""
    constants = {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "CNY"}
    columns = {name: name for name in COLUMNS}
    return Profile.model_validate(
        {
            "channel": "bank",
            "dialect": "delimited",
            "zone": "Asia/Shanghai",
            "first_date": "2026-11-01",
            "files": {"pattern": "{business_date}", "rejected_share_max": 1.0, "day_check": "none"},
            "layout": {"columns": columns, "constants": constants, **layout},
        }
    )


@pytest.mark.parametrize(
    ("time_format", "clock"),
    [("%Y-%m-%d %H:%M:%S", " 00:00:00"), ("%Y-%m-%d %H:%M", " 00:00"),
     ("%Y-%m-%dT%H:%M:%S%z", "T00:00:00+0800")],
)  # fmt: skip
def test_times_and_dates_of_lines(time_format: str, clock: str) -> None:
    """A time or a settlement date out of range rejects its line; the lines at the edges stay."""
    days = ["1970-01-02", *EXTREMES, "2199-12-31"]
    rows = [f"C{day},{day}{clock},2026-11-16,1.00" for day in days]
    rows += [f"S{day},2026-11-16{clock},{day},1.00" for day in days]
    content = "\n".join([",".join(COLUMNS), *rows]) + "\n"
    result = read_statement(content.encode(), build_profile(time_format=time_format), DAY)
    assert [row["channel_ref"] for row in result.lines] == [
        f"{which}{day}" for which in "CS" for day in ("1970-01-02", "2199-12-31")
    ]
    reasons = {row["reason"].split(" is ")[0] for row in result.rejected}
    assert len(result.rejected) == 8
    assert reasons <= {"BAD_TIME: traded_at", "BAD_TIME: settlement_date",
                       "BAD_TIME: '0001-01-01T00:00:00+0800'"}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "printed", "other"),
    [("bank_camt053", b"2026-11-16", b"0001-01-01"), ("stripe", b"2026-11-16", b"0001-01-01"),
     ("paypal", b"2026/11/16", b"0001/01/01"), ("adyen", b"2026-11-16", b"0001-01-01"),
     ("wechat", b"2026-11-16", b"0001-01-01"), ("alipay", b"2026-11-16", b"0001-01-01")],
)  # fmt: skip
def test_year_1_in_every_family_of_dialects(name: str, printed: bytes, other: bytes) -> None:
    """No time of year 1 lands, whatever the format, and nothing fails without a name."""
    case = GOLDEN / "shipped" / name
    content = next(case.glob("statement*")).read_bytes()
    assert printed in content
    result = read_statement(content.replace(printed, other), load_profile(case), DAY)
    assert all(row["traded_at"].year > 1969 for row in result.lines)
    assert not result.is_accepted


@pytest.mark.parametrize(
    "time",
    [*EXTREMES, "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00",
     pa.scalar(-(10**13), pa.timestamp("s")), pa.scalar(10**17, pa.timestamp("ms", "UTC"))],
)  # fmt: skip
def test_times_of_snapshots(time: object) -> None:
    """A text, and a timestamp of seconds that a cast to microseconds would turn into another."""
    row = {"txn_id": "T1", "channel": "bank", "kind": "PAYMENT", "status": "SUCCEEDED",
           "currency": "CNY", "amount": "1.00"}  # fmt: skip
    times = pa.array([time]) if isinstance(time, str) else pa.repeat(time, 1)
    table = pa.table({**{name: [value] for name, value in row.items()}, "occurred_at": times})
    _, faults = to_transactions(table, "bank", None, date(2026, 11, 16))
    assert faults[0].startswith("occurred_at: BAD_TIME: ")


def test_range_is_the_same_in_every_unit() -> None:
    """The first and last microsecond within the years, and the ones beside them."""
    for unit in ("s", "ms", "us", "ns"):
        moments = ["1969-12-31 23:59:59", "1970-01-01", "2199-12-31 23:59:59", "2200-01-01", None]
        times = pa.array(moments).cast(pa.timestamp(unit))
        assert is_out_of_range(times).to_pylist() == [True, False, False, True, False]
    days = pa.array([date(1969, 12, 31), date(1970, 1, 1), date(2199, 12, 31), date(2200, 1, 1)])
    for kind in (pa.date32(), pa.date64()):
        assert is_out_of_range(days.cast(kind)).to_pylist() == [True, False, False, True]


def test_reading_back_a_time_outside_of_the_calendar() -> None:
    """Lines of an older lake may have one: `explain` shows the nearest time that there is."""
    first = datetime(1, 1, 1, tzinfo=UTC)
    micros = (first - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert _to_datetime(micros) == first
    assert _to_datetime(micros - 1) == first
    assert _to_datetime(2**63 - 1) == datetime.max.replace(tzinfo=UTC)
