"""Amounts for people: minor units to exact decimals of the currency."""

from collections.abc import Iterable
from decimal import Decimal

import pandas as pd

from jobs.reports.money_text import money_cell
from schemas.currencies import MINOR_UNITS, exponent


def in_major_units(
    frame: pd.DataFrame, columns: Iterable[str], currency: str = "currency"
) -> pd.DataFrame:
    """A copy in which the columns are exact decimals: 1250 with CNY becomes 12.50.

    For small frames in memory. A null amount, or one without a currency, becomes null.

    Raises:
        KeyError: a currency is not in ISO 4217.
    """
    converted = {
        name: [
            _to_decimal(minor, code)
            for minor, code in zip(frame[name], frame[currency], strict=True)
        ]
        for name in columns
    }
    return frame.assign(**{name: pd.Series(values, index=frame.index, dtype=object)
                           for name, values in converted.items()})  # fmt: skip


def with_currency_digits(frame: pd.DataFrame, currency: str = "currency") -> pd.DataFrame:
    """A copy in which decimals have the digits of their row's currency: 12.5000 CNY is 12.50.

    A frame without the column `currency` stays as it is, and so does a value with more digits, such
    as a mean.
    """
    if currency not in frame.columns:
        return frame
    codes = list(frame[currency])
    columns = {
        name: [_with_digits(value, code) for value, code in zip(frame[name], codes, strict=True)]
        for name in frame.columns
        if any(isinstance(value, Decimal) for value in frame[name])
    }
    return frame.assign(**{name: pd.Series(values, index=frame.index, dtype=object)
                           for name, values in columns.items()})  # fmt: skip


def format_amount(minor: int | None, currency: str | None) -> str | None:
    """An amount in minor units as exact text in major units: 1250 CNY is "12.50".

    Raises:
        KeyError: the currency is not in ISO 4217.
    """
    cell = money_cell(minor, currency)
    return cell.text if cell else None


def _with_digits(value: object, code: object) -> object:
    if not isinstance(value, Decimal) or not isinstance(code, str) or code not in MINOR_UNITS:
        return value
    shown = value.quantize(Decimal(1).scaleb(-MINOR_UNITS[code]))
    return shown if shown == value else value


def _to_decimal(minor: object, code: object) -> Decimal | None:
    if pd.isna(minor) or not isinstance(code, str):  # type: ignore[call-overload]
        return None
    return Decimal(int(minor)).scaleb(-exponent(code))  # type: ignore[call-overload]
