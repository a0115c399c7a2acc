"""Numbers of pages: exact, never rounded up to all."""

import pytest

from jobs.reports.html.numbers import format_money, format_share, name_money, per_million


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (1, 1, "100%"),
        (999_999, 1_000_000, "99.99%"),  # one is missing: not 100.00%
        (1, 1_000_000, "0.01%"),  # one is there: not 0.00%
        (0, 3, "0.00%"),
        (2, 3, "66.66%"),
        (0, 0, "-"),
    ],
)
def test_share_is_rounded_away_from_all_and_none(part: int, whole: int, text: str) -> None:
    assert format_share(part, whole) == text


def test_money_is_exact_in_its_currency() -> None:
    assert format_money(9_007_199_254_740_993, "CNY") == "90,071,992,547,409.93"
    assert format_money(1_250, "JPY") == "1,250"
    assert format_money(None, "CNY") == ""
    assert (name_money(5, "CNY", "+"), name_money(0, "CNY", "+")) == ("CNY +0.05", "CNY 0.00")


def test_per_million() -> None:
    assert per_million(3, 1_200) == "2,500.0"
    assert per_million(1, 3_000_000) == "0.3"
    assert per_million(1, 0) == "-"
