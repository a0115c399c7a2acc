"""Money as text to minor units: exact, bounded, the column form like the definition."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.statements.canonical.money import AMOUNT_MAX, amounts, minor_units
from schemas.currencies import exponent, in_major_units


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [("0.32000", "CNY", 32), ("10", "CNY", 1000), ("-.5", "CNY", -50), ("+7.", "CNY", 700),
     ("120", "JPY", 120), ("120.0", "JPY", 120), ("1.234", "KWD", 1234),
     ("10000000000000", "CNY", AMOUNT_MAX)],
)  # fmt: skip
def test_amounts(text: str, code: str, expected: int) -> None:
    """Surplus zeros are fine, and each currency has its own scale."""
    assert minor_units(text, exponent(code)) == expected


@pytest.mark.parametrize(
    "text",
    ["1.001", "1e2", "", "-", ".", "1,000.00", "10000000000000.01", "NaN", "inf", "１", "1 0"],
)
def test_what_is_no_amount(text: str) -> None:
    """Not a plain number, too many decimals, beyond the bound."""
    with pytest.raises(ValueError, match=r"amount|decimals|beyond"):
        minor_units(text, 2)


NUMBERS = st.one_of(
    st.decimals(-(10**13), 10**13, places=2).map(lambda value: f"{value:f}"),
    st.decimals(-1000, 1000, places=5).map(lambda value: f"{value:f}"),
    st.text("0123456789.+-e ,", max_size=8),
    st.none(),
)


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.sampled_from(["CNY", "JPY", "KWD", "XXZ"]))
def test_the_column_form_is_the_definition(texts: list[str | None], code: str) -> None:
    """A column comes out as its values one by one, faults included."""
    column, faults = amounts(pa.array(texts, pa.string()), pa.array([code] * len(texts)), "major")
    for row, (text, value) in enumerate(zip(texts, column.to_pylist(), strict=True)):
        if text is None:
            assert (value, row in faults) == (None, False)
            continue
        try:
            expected = minor_units(text, exponent(code))
        except (ValueError, KeyError):
            assert (value, row in faults) == (None, True)
        else:
            assert (value, row in faults) == (expected, False)


@given(st.integers(-AMOUNT_MAX, AMOUNT_MAX), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_there_and_back(minor: int, code: str) -> None:
    """Printed for people and read again, an amount is itself."""
    printed = in_major_units(minor, code).replace(",", "")
    assert minor_units(printed, exponent(code)) == minor
    assert Decimal(printed).scaleb(exponent(code)) == minor
