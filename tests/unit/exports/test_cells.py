"""Cells: amounts in major units, and text that a spreadsheet does not run as a formula."""

import pytest

from jobs.reports.money_text import escape_formula, money_cell


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
def test_amount_is_text_in_major_units(minor: int, currency: str, text: str) -> None:
    """The currency gives the decimals."""
    cell = money_cell(minor, currency)
    assert cell is not None
    assert cell.text == text


def test_missing_amount_or_currency_gives_no_cell() -> None:
    """None in, None out."""
    assert money_cell(None, "CNY") is None
    assert money_cell(1, None) is None


def test_unknown_currency_is_refused() -> None:
    """The function does not guess the decimals."""
    with pytest.raises(KeyError):
        money_cell(1, "XYZ")


@pytest.mark.parametrize(
    ("minor", "number"), [(10**15 - 1, True), (10**15, False), (-(10**15), False)]
)
def test_amount_of_more_than_15_digits_is_no_number(minor: int, number: bool) -> None:
    """A spreadsheet would round it."""
    cell = money_cell(minor, "CNY")
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
        "\U000e0001=1",  # a tag character, beyond U+FFFF
        "\U0001d173\U000e0020=1",
        "\ufe0f=1",  # a variation selector
        "\u3164=1",  # a letter that shows nothing
        "\ue000\U000f0000@x",  # private use
        "\U000e0001\tx",
    ],
)
def test_formula_gets_an_apostrophe(text: str) -> None:
    """Also in full width, and after blanks that a spreadsheet drops."""
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    ["S20261122000017", "a=b", "1-2", "'=1", "_x", "支付", "", " x", "`4200", "<r>x</r>"],
)
def test_other_text_is_unchanged(text: str) -> None:
    """Ordinary references and names."""
    assert escape_formula(text) == text
    assert escape_formula(None) is None
