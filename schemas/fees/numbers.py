"""The numbers of a rate card: rates and parts of minor units as decimal text, whole minor units."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

#: Bound of any amount in minor units.
AMOUNT_MAX = 10**15
#: Digits after the point of a rate and of a fixed part, so that no step exceeds BIGINT.
DIGITS_MAX = 9
_CHARACTERS_MAX = 24


def _read_decimal(text: str, what: str) -> Decimal:
    if len(text) > _CHARACTERS_MAX:
        raise ValueError(f"{text[:_CHARACTERS_MAX]}... has too many characters for {what}")
    try:
        value = Decimal(text)
    except InvalidOperation as fault:
        raise ValueError(f"{text!r} is no decimal number") from fault
    if value.is_finite() and count_digits(value) > DIGITS_MAX:
        raise ValueError(f"{text} has more than {DIGITS_MAX} decimals")
    return value


def _check_rate(text: str) -> str:
    value = _read_decimal(text, "a rate")
    if not value.is_finite() or not 0 <= value <= 1:
        raise ValueError(f'{text} is not between 0 and 1; write 0.60 % as "0.0060"')
    return text


def _write_fixed(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_fixed(text: str) -> str:
    value = _read_decimal(text, "minor units")
    if not value.is_finite() or not 0 <= value <= AMOUNT_MAX:
        raise ValueError(f"{text} is not between 0 and {AMOUNT_MAX} minor units")
    return text


def count_digits(value: Decimal) -> int:
    """Digits after the point, trailing zeros left out."""
    return max(0, -int(value.normalize().as_tuple().exponent))


Rate = Annotated[str, Field(strict=True), AfterValidator(_check_rate)]
Fixed = Annotated[
    str, BeforeValidator(_write_fixed), Field(strict=True), AfterValidator(_check_fixed)
]
Minor = Annotated[int, Field(ge=0, le=AMOUNT_MAX, strict=True)]
