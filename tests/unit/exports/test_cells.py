"""Amounts in major units, and text that no spreadsheet takes for a formula."""

import pytest

from jobs.reports.money_text import harmless, money


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (32, "CNY", "0.32"),
        (-5, "CNY", "-0.05"),
        (0, "CNY", "0.00"),
        (123_456_789, "CNY", "1234567.89"),
        (1_200, "JPY", "1200"),
        (0, "JPY", "0"),
        (1_234, "KWD", "1.234"),
        (1, "KWD", "0.001"),
        (1, "CLF", "0.0001"),
        (-(10**15), "CNY", "-10000000000000.00"),
    ],
)
def test_major_units(minor: int, currency: str, text: str) -> None:
    cell = money(minor, currency)
    assert cell is not None
    assert cell.text == text


def test_no_amount_no_cell() -> None:
    assert money(None, "CNY") is None
    assert money(1, None) is None


def test_a_currency_that_is_none_is_no_guess() -> None:
    with pytest.raises(KeyError):
        money(1, "XYZ")


@pytest.mark.parametrize(
    ("minor", "number"), [(10**15 - 1, True), (10**15, False), (-(10**15), False)]
)
def test_a_number_has_15_digits(minor: int, number: bool) -> None:
    cell = money(minor, "CNY")
    assert cell is not None
    assert cell.is_number is number


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+8613800000000",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\rx",
        "\nx",
        " =1",
        "   =1",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "　＝1",
        "\ufeff=1",
        "\u200b \u00a0=1",
        "\x00=1",
        " \t x",
    ],
)
def test_formulas_are_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    ["S20261122000017", "a=b", "1-2", "'=1", "_x", "支付", "", " x", "`4200", "<r>x</r>"],
)
def test_other_text_stays(text: str) -> None:
    assert harmless(text) == text
    assert harmless(None) is None
