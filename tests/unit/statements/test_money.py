"""Amount texts to minor units: exact and bounded; the column parser equals the definition."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.statements.canonical.money import AMOUNT_MAX, parse_amounts, to_minor_units
from schemas.currencies import exponent, in_major_units


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [("0.32000", "CNY", 32), ("10", "CNY", 1000), ("-.5", "CNY", -50), ("+7.", "CNY", 700),
     ("120", "JPY", 120), ("120.0", "JPY", 120), ("1.234", "KWD", 1234),
     ("10000000000000", "CNY", AMOUNT_MAX)],
)  # fmt: skip
def test_printed_amounts_are_converted_exactly(text: str, code: str, expected: int) -> None:
    """Extra zeros are accepted, and each currency has its own number of decimals."""
    assert to_minor_units(text, exponent(code)) == expected


@pytest.mark.parametrize(
    "text",
    ["1.001", "1e2", "", "-", ".", "1,000.00", "10000000000000.01", "NaN", "inf", "１", "1 0"],
)
def test_invalid_amount_is_refused(text: str) -> None:
    """No plain number, too many decimals, or beyond the largest amount."""
    with pytest.raises(ValueError, match=r"amount|decimals|beyond"):
        to_minor_units(text, 2)


NUMBERS = st.one_of(
    st.decimals(-(10**13), 10**13, places=2).map(lambda value: f"{value:f}"),
    st.decimals(-1000, 1000, places=5).map(lambda value: f"{value:f}"),
    st.text("0123456789.+-e ,", max_size=8),
    st.none(),
)


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.sampled_from(["CNY", "JPY", "KWD", "XXZ"]))
def test_column_parser_equals_the_definition(texts: list[str | None], code: str) -> None:
    """A column gives the same values and faults as each text alone."""
    column, faults = parse_amounts(
        pa.array(texts, pa.string()), pa.array([code] * len(texts)), "major"
    )
    for row, (text, value) in enumerate(zip(texts, column.to_pylist(), strict=True)):
        if text is None:
            assert (value, row in faults) == (None, False)
            continue
        try:
            expected = to_minor_units(text, exponent(code))
        except (ValueError, KeyError):
            assert (value, row in faults) == (None, True)
        else:
            assert (value, row in faults) == (expected, False)


@given(st.integers(-AMOUNT_MAX, AMOUNT_MAX), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_printed_amount_parses_back_to_itself(minor: int, code: str) -> None:
    """An amount printed for people parses back to the same minor units."""
    printed = in_major_units(minor, code).replace(",", "")
    assert to_minor_units(printed, exponent(code)) == minor
    assert Decimal(printed).scaleb(exponent(code)) == minor
