"""Times in digits: columns at once give what one by one gives; dates in names."""

from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.statements.canonical import clock_columns
from jobs.statements.canonical.clock_columns import date_in, days, moments

DAY = date(2027, 1, 1)
FORMS = ("%Y%m%d%H%M%S", "%m%d%H%M%S", "%y-%m-%d %H:%M", "%d/%m/%Y", "%m%d", "%H%M%S%d%m%y")
_ODD = st.sampled_from(["", " ", "2027", "0230", "20270230", "1231235959", "中0101", "01-2x"])


@given(
    st.sampled_from(FORMS),
    st.lists(st.datetimes(datetime(2026, 1, 3), datetime(2027, 1, 2)), max_size=5),
    st.lists(_ODD | st.none(), max_size=2),
)
def test_at_once_and_one_by_one(form: str, known: list[datetime], odd: list[str | None]) -> None:
    """Any column of a form: the same times and the same faults, and times as strptime has them."""
    texts = pa.array([each.strftime(form) for each in known] + odd, pa.string())
    at_once = moments(texts, form, DAY, "Asia/Shanghai")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock_columns, "_iso_at_once", lambda texts, known, day: None)
        one_by_one = moments(texts, form, DAY, "Asia/Shanghai")
    assert at_once[0].equals(one_by_one[0])
    assert at_once[1] == one_by_one[1]
    assert at_once[0].null_count == len(at_once[1]) + odd.count(None)
    for each, got in zip(known, at_once[0].to_pylist(), strict=False):
        assert (got.timestamp() + 8 * 3600) // 86400 == (each.date() - date(1970, 1, 1)).days


def test_dates_of_a_column() -> None:
    """Repeated dates are read once; a fault is told of every row that has it."""
    found, faults = days(pa.array(["1231", "0101", "1231", "1331", None, "1331"]), "%m%d", DAY)
    assert found.to_pylist()[:3] == [date(2026, 12, 31), date(2027, 1, 1), date(2026, 12, 31)]
    assert sorted(faults) == [3, 5]
    assert days(pa.array(["3 Jan 2027"]), "%d %b %Y", None)[0].to_pylist() == [date(2027, 1, 3)]


def test_a_form_that_is_not_digits_alone() -> None:
    """A named month, and an offset of its own, are read one by one: 09:30 at +02:00 is 07:30."""
    found, faults = moments(pa.array(["16Nov2026 0930"]), "%d%b%Y %H%M", None, "Asia/Shanghai")
    assert (str(found[0])[:16], faults) == ("2026-11-16 01:30", {})
    found, _ = moments(pa.array(["202611160930+0200"]), "%Y%m%d%H%M%z", None, "Asia/Shanghai")
    assert str(found[0])[:16] == "2026-11-16 07:30"
    found, _ = moments(pa.array(["12310930-0800"]), "%m%d%H%M%z", DAY, "Asia/Shanghai")
    assert str(found[0])[:16] == "2026-12-31 17:30"


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
def test_a_date_in_a_name(text: str, form: str, day: str) -> None:
    """The first that is a date; bare digits are not taken out of a longer number."""
    assert str(date_in(text, form)) == day
