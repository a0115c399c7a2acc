"""Times in digits: the vectorized parser equals the parser by row; dates in file names."""

from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.statements.canonical import digit_times
from jobs.statements.canonical.digit_times import find_date, parse_dates, parse_timestamps

DAY = date(2027, 1, 1)
FORMATS = ("%Y%m%d%H%M%S", "%m%d%H%M%S", "%y-%m-%d %H:%M", "%d/%m/%Y", "%m%d", "%H%M%S%d%m%y")
_INVALID_TEXTS = st.sampled_from(
    ["", " ", "2027", "0230", "20270230", "1231235959", "中0101", "01-2x"]
)


@given(
    st.sampled_from(FORMATS),
    st.lists(st.datetimes(datetime(2026, 1, 3), datetime(2027, 1, 2)), max_size=5),
    st.lists(_INVALID_TEXTS | st.none(), max_size=2),
)
def test_vectorized_and_by_row_parsing_are_equal(
    form: str, moments: list[datetime], invalid_texts: list[str | None]
) -> None:
    """Both parsers give the same times and faults for any column, and the times of strptime."""
    texts = pa.array([moment.strftime(form) for moment in moments] + invalid_texts, pa.string())
    vectorized = parse_timestamps(texts, form, DAY, "Asia/Shanghai")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digit_times, "_to_iso_vectorized", lambda texts, time_format, day: None)
        by_row = parse_timestamps(texts, form, DAY, "Asia/Shanghai")
    assert vectorized[0].equals(by_row[0])
    assert vectorized[1] == by_row[1]
    assert vectorized[0].null_count == len(vectorized[1]) + invalid_texts.count(None)
    for moment, parsed in zip(moments, vectorized[0].to_pylist(), strict=False):
        assert (parsed.timestamp() + 8 * 3600) // 86400 == (moment.date() - date(1970, 1, 1)).days


def test_every_row_with_a_bad_date_has_a_fault() -> None:
    """A bad date that repeats has a fault on each of its rows."""
    dates, faults = parse_dates(
        pa.array(["1231", "0101", "1231", "1331", None, "1331"]), "%m%d", DAY
    )
    assert dates.to_pylist()[:3] == [date(2026, 12, 31), date(2027, 1, 1), date(2026, 12, 31)]
    assert sorted(faults) == [3, 5]
    assert parse_dates(pa.array(["3 Jan 2027"]), "%d %b %Y", None)[0].to_pylist() == [
        date(2027, 1, 3)
    ]


def test_month_names_and_offsets_are_parsed() -> None:
    """Formats with month names or offsets take the parser by row: 09:30 at +02:00 is 07:30."""
    times, faults = parse_timestamps(
        pa.array(["16Nov2026 0930"]), "%d%b%Y %H%M", None, "Asia/Shanghai"
    )
    assert (str(times[0])[:16], faults) == ("2026-11-16 01:30", {})
    times, _ = parse_timestamps(
        pa.array(["202611160930+0200"]), "%Y%m%d%H%M%z", None, "Asia/Shanghai"
    )
    assert str(times[0])[:16] == "2026-11-16 07:30"
    times, _ = parse_timestamps(pa.array(["12310930-0800"]), "%m%d%H%M%z", DAY, "Asia/Shanghai")
    assert str(times[0])[:16] == "2026-12-31 17:30"


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("INN26111688ZM_898000000000001", "INN%y%m%d", "2026-11-16"),
        ("INN26139988ZM INN261116", "INN%y%m%d", "2026-11-16"),
        ("898000000000001_20261116.zip", "%Y%m%d", "2026-11-16"),
        ("898020261116001", "%Y%m%d", "None"),
        ("20261316", "%Y%m%d", "None"),
    ],
)
def test_find_date_returns_the_first_valid_date(text: str, form: str, day: str) -> None:
    """The first valid date counts; digits inside a longer number are no date."""
    assert str(find_date(text, form)) == day
