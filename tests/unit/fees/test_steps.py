"""From volumes to steps, and when a check by volumes is stale; without an engine."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from jobs.fees.volumes.stale import describe_steps, find_changed_steps, find_whole_spans
from jobs.fees.volumes.steps import find_steps, fingerprint_steps, span_of
from jobs.lake.write_checks import rows_to_arrow
from schemas.dates import list_dates
from schemas.fees.tiers import Tiers
from schemas.tables import FEE_VOLUMES

DAY = date(2026, 11, 22)
BEFORE = {"by": "previous_month", "per": "channel", "of": "gross"}
SO_FAR = {"by": "month_to_date", "per": "channel", "of": "gross"}


def tiers(**keys: Any) -> Tiers:
    """Steps up to 1,000 and up to 5,000, and above."""
    steps = [{"to": 1_000}, {"to": 5_000}, {}]
    return Tiers.model_validate(BEFORE | {"steps": steps} | keys)


def volumes(*rows: tuple[date, str | None, str, int, int]) -> pa.Table:
    """Rows of `fee_volumes`: date, merchant, currency, gross, refunds."""
    names = ("business_date", "merchant_id", "currency", "gross", "refunds")
    return rows_to_arrow(FEE_VOLUMES, [dict(zip(names, row, strict=True)) for row in rows])


def steps(table: pa.Table, *days: date, **keys: Any) -> list[tuple[Any, ...]]:
    return [tuple(row)[1:] for row in find_steps(table, [tiers(**keys)], days)]


@pytest.mark.parametrize(("volume", "step"), [(1_000, 0), (1_001, 1), (5_000, 1), (5_001, 2)])
def test_limit_is_included(volume: int, step: int) -> None:
    table = volumes((date(2026, 10, 1), None, "CNY", volume, 0))
    expected = [(date(2026, 11, 1), None, "CNY", step)] if step else []
    assert steps(table, DAY) == expected


def test_month_before_is_the_whole_calendar_month() -> None:
    """30 September and 1 November lie outside; each currency has a volume of its own."""
    rows = [
        (date(2026, 9, 30), None, "CNY", 9_000, 0),
        (date(2026, 10, 1), None, "CNY", 600, 0),
        (date(2026, 10, 31), None, "CNY", 500, 0),
        (date(2026, 10, 31), None, "USD", 700, 0),
        (date(2026, 11, 1), None, "CNY", 9_000, 0),
    ]
    november, december = date(2026, 11, 1), date(2026, 12, 31)
    assert steps(volumes(*rows), november) == [(november, None, "CNY", 1)]
    assert steps(volumes(*rows), december) == [(date(2026, 12, 1), None, "CNY", 2)]


def test_month_so_far_ends_the_day_before() -> None:
    """On the first of the month there is no volume yet."""
    first = date(2026, 11, 1)
    rows = [(date(2026, 10, 31), None, "CNY", 9_000, 0), (first, None, "CNY", 1_000, 0),
            (date(2026, 11, 2), None, "CNY", 1, 0)]  # fmt: skip
    days = [first, date(2026, 11, 2), date(2026, 11, 3)]
    found = steps(volumes(*rows), *days, **SO_FAR)
    assert found == [(date(2026, 11, 3), None, "CNY", 1)]
    assert list_dates(*span_of(tiers(**SO_FAR), first)) == []


def test_net_is_less_refunds_and_may_be_below_zero() -> None:
    on = date(2026, 10, 3)
    rows = [(on, None, "CNY", 6_000, 2_000), (on, None, "USD", 0, 50)]
    assert steps(volumes(*rows), DAY) == [(date(2026, 11, 1), None, "CNY", 2)]
    assert steps(volumes(*rows), DAY, of="net") == [(date(2026, 11, 1), None, "CNY", 1)]


def test_each_merchant_has_a_volume_and_so_have_lines_without_one() -> None:
    on = date(2026, 10, 3)
    rows = [(on, "M1", "CNY", 900, 0), (on, "M2", "CNY", 1_001, 0), (on, None, "CNY", 7_000, 0)]
    november = date(2026, 11, 1)
    assert steps(volumes(*rows), DAY, per="merchant") == [
        (november, "M2", "CNY", 1),
        (november, None, "CNY", 2),
    ]
    assert steps(volumes(*rows), DAY) == [(november, None, "CNY", 2)]


def test_span_is_whole_if_each_of_its_dates_is() -> None:
    october = {date(2026, 10, 1) + timedelta(days=n) for n in range(31)}
    both = [tiers(), tiers(**SO_FAR)]
    assert find_whole_spans([tiers()], DAY, october) == (True,)
    assert find_whole_spans(both, date(2026, 11, 1), october - {date(2026, 10, 31)}) == (
        False, True,
    )  # fmt: skip
    assert find_whole_spans(both, date(2026, 11, 2), october) == (True, False)


def check(
    day: date, read: int, written: int, fingerprint: str | None = None, hour: int = 1
) -> dict[str, Any]:
    """A row of `runs` of a fee check that read and wrote versions of `fee_volumes`."""
    return {
        "business_date": day,
        "fingerprint": fingerprint,
        "versions_read": {"fee_volumes": read} if fingerprint else {},
        "versions_written": {"fee_volumes": written},
        "ended_at": datetime(2026, 12, 1, hour, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("amount", "written", "stale"),
    [(5_000, 9, []), (5_001, 9, [DAY]), (900, 9, [DAY]), (5_001, 4, [])],
)
def test_check_is_stale_if_a_later_volume_is_of_another_step(
    amount: int, written: int, stale: list[date]
) -> None:
    """The check read version 4, and the step of 1,001 to 5,000; a change within it asks for
    nothing, and of what was written before the check read nothing is read again.
    """
    earlier, whole = date(2026, 10, 8), set(list_dates(date(2026, 10, 1), date(2026, 10, 31)))
    read_steps = find_steps(volumes((earlier, None, "CNY", 2_000, 0)), [tiers()], [DAY])
    part = describe_steps([tiers()], DAY, [True], fingerprint_steps(read_steps))
    runs = [check(earlier, 0, 3), check(DAY, 4, 5, f"90:abc {part}"), check(earlier, 5, written)]
    table = volumes((earlier, None, "CNY", amount, 0))
    found = find_changed_steps(runs, whole, lambda first, last: table)
    assert found == stale
    assert find_changed_steps(runs, {*whole} - {earlier}, lambda first, last: table) == [DAY]


def test_tiers_of_a_fingerprint_are_those_of_the_check() -> None:
    """A changed card makes no date stale: steps are found anew by the limits of the check."""
    earlier = date(2026, 11, 8)
    own = tiers(**SO_FAR, steps=[{"to": 10}, {}])
    read_steps = find_steps(volumes((earlier, None, "CNY", 11, 0)), [own], [DAY])
    whole = set(list_dates(date(2026, 11, 1), DAY))
    part = describe_steps([own], DAY, [True], fingerprint_steps(read_steps))
    runs = [check(earlier, 0, 9), check(DAY, 4, 5, part)]
    for amount, stale in ((20, []), (9, [DAY])):
        table = volumes((earlier, None, "CNY", amount, 0))
        assert find_changed_steps(runs, whole, lambda first, last, t=table: t) == stale


def test_check_by_earlier_rules_of_volumes_is_stale() -> None:
    """A lake of an earlier version of the software: its volumes are to be summed again."""
    part = describe_steps([tiers()], DAY, [True], fingerprint_steps([]))
    name, _, rest = part.partition("|")
    october = list_dates(date(2026, 10, 1), date(2026, 10, 31))
    for text, stale in ((part, []), (f"{name}0|{rest}", [DAY]), (f"steps={rest}", [DAY])):
        runs = [check(DAY, 4, 4, text)]
        assert find_changed_steps(runs, october, lambda first, last: volumes()) == stale


def test_accrual_is_stale_if_a_volume_is_of_another_step() -> None:
    """It read version 4, and the step of 1,001 to 5,000. Whether the span is whole makes no
    difference to it.
    """
    earlier = date(2026, 10, 8)
    read_steps = find_steps(volumes((earlier, None, "CNY", 2_000, 0)), [tiers()], [DAY])
    accrual = check(
        DAY, 4, 0, f"abc {describe_steps([tiers()], DAY, [], fingerprint_steps(read_steps))}"
    )
    for amount, written, stale in ((5_000, 9, []), (5_001, 9, [DAY]), (5_001, 4, [])):
        table = volumes((earlier, None, "CNY", amount, 0))
        runs = [check(earlier, 5, written)]
        found = find_changed_steps(runs, [], lambda first, last, t=table: t, [accrual])
        assert found == stale
