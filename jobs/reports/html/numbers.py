"""Numbers as pages show them: exact, and never rounded up to all."""

from collections.abc import Mapping

from schemas.currencies import in_major_units

_PER_MILLION = 1_000_000


def format_count(count: int) -> str:
    """`1,234`; nothing for 0."""
    return f"{count:,}" if count else ""


def format_money(minor: int | None, currency: str | None, sign: str = "") -> str:
    """`2,310.55` in major units; nothing without an amount. The currency stands beside it."""
    if minor is None or currency is None:
        return ""
    return in_major_units(minor, currency, _sign_of(minor, sign))


def _sign_of(minor: int, sign: str) -> str:
    return sign if minor else ""


def name_money(minor: int, currency: str, sign: str = "") -> str:
    """`CNY 2,310.55`."""
    return f"{currency} {in_major_units(minor, currency, _sign_of(minor, sign))}"


def format_share(part: int, whole: int) -> str:
    """A share in percent, rounded down, so that 100% is all of it and 0.00% is none; "-" of
    nothing.
    """
    if not whole:
        return "-"
    if part == whole:
        return "100%"
    hundredths = max(part * 10_000 // whole, 1 if part else 0)
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def per_million(count: int, whole: int) -> str:
    """How many there are in a million, to one decimal; "-" of nothing."""
    if not whole:
        return "-"
    tenths = (count * _PER_MILLION * 10 + whole // 2) // whole
    return f"{tenths // 10:,}.{tenths % 10}"


def add_money(sums: dict[str, int], currency: str | None, minor: int | None) -> None:
    """Adds an amount to the sum of its currency."""
    if currency is not None and minor is not None:
        sums[currency] = sums.get(currency, 0) + minor


def list_money(sums: Mapping[str, int], sign: str = "") -> list[str]:
    """`CNY 2,310.55` for each currency, in the order of their codes."""
    return [name_money(minor, code, sign) for code, minor in sorted(sums.items())]
