"""Says in words how a fee was computed: `60.00 x 0.54 % = 0.324, HALF_UP 0.32`."""

from decimal import Decimal

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.fees.choice import choose
from jobs.fees.due import Exact, choose_piece, exact_due, limit_due, round_due
from schemas.currencies import MINOR_UNITS
from schemas.fees.numbers import count_digits
from schemas.fees.price import Price
from schemas.fees.tiers import Piece

#: Digits after the point of most currencies.
_USUAL = 2


def minor_digits(currency: Column) -> Column:
    """Digits after the point of a currency's major units; two of an unknown one."""
    codes = {
        digits: [code for code, its in MINOR_UNITS.items() if its == digits]
        for digits in sorted({*MINOR_UNITS.values()} - {_USUAL})
    }
    cases = ((currency.isin(*its), F.lit(digits)) for digits, its in codes.items())
    return choose(cases, F.lit(_USUAL))


def money_text(amount: Column, minor: Column) -> Column:
    """Minor units as text in major units, such as 60.00 or -0.30; `minor` as `minor_digits`."""
    number = amount.cast("decimal(19,0)")
    unusual = sorted({*MINOR_UNITS.values()} - {0, _USUAL})
    cases = [(minor == F.lit(0), amount.cast("string"))]
    cases += [(minor == F.lit(digits), _shift(number, digits)) for digits in unusual]
    return choose(cases, _shift(number, _USUAL))


def _shift(number: Column, digits: int) -> Column:
    return (number * F.lit(Decimal(1).scaleb(-digits))).cast("string")


def price_text(base: Column, price: Price, minor: Column, step: Column | None = None) -> Column:
    """The working of `price_due` for one base: the exact value, its rounding, and its limit."""
    exact = exact_due(base, price, step)
    rounded = round_due(exact, price.rounding)
    due = limit_due(rounded, price)

    def text_of_piece(piece: Piece) -> Column:
        size = [money_text(base, minor)]
        if piece.offset:
            less = money_text(_long(piece.offset), minor)
            size = [F.lit("("), *size, F.lit(" - "), less, F.lit(")")]
        number = price.pieces.index(piece) + 1
        which = f" (step {number} by volume)" if price.volume else ""
        plus = [F.lit(" + "), _constant_text(piece.constant, minor)] if piece.constant else []
        return F.concat(*size, F.lit(f" x {_percent(piece.rate)} %{which}"), *plus)

    working = [
        choose_piece(base, price, text_of_piece, step),
        F.lit(" = "),
        _exact_text(exact, minor),
        F.lit(f", {price.rounding} "),
        money_text(rounded, minor),
    ]
    if price.min is not None:
        floor = F.concat(F.lit(", at least "), money_text(due, minor))
        working.append(F.when(due > rounded, floor).otherwise(F.lit("")))
    if price.max is not None:
        cap = F.concat(F.lit(", at most "), money_text(due, minor))
        working.append(F.when(due < rounded, cap).otherwise(F.lit("")))
    not_above = [F.lit(" is not above "), money_text(_long(price.above), minor)]
    nothing = F.concat(
        money_text(base, minor), *(not_above if price.above else []), F.lit(": nothing is due")
    )
    return F.when(base <= _long(price.above), nothing).otherwise(F.concat(*working))


def _exact_text(exact: Exact, minor: Column) -> Column:
    """An exact number of minor units in major units; zeros behind the minor unit are left out."""
    whole = money_text(exact.whole, minor)
    if exact.digits == 0:
        return whole
    rest = F.regexp_replace(F.lpad(exact.rest.cast("string"), exact.digits, "0"), "0+$", "")
    needs_point = (minor == F.lit(0)) & (F.length(rest) > F.lit(0))
    return F.concat(whole, F.when(needs_point, F.lit(".")).otherwise(F.lit("")), rest)


def _constant_text(value: Decimal, minor: Column) -> Column:
    """A constant number of minor units in major units."""
    texts = {
        digits: f"{value.scaleb(-digits):.{max(digits, count_digits(value.scaleb(-digits)))}f}"
        for digits in sorted({*MINOR_UNITS.values()})
    }
    return choose((minor == F.lit(digits), F.lit(text)) for digits, text in texts.items())


def _percent(rate: Decimal) -> str:
    percent = rate * 100
    return f"{percent:.{max(_USUAL, count_digits(percent))}f}"


def _long(number: int) -> Column:
    return F.lit(number).cast("bigint")
