"""Charges that a bank took out of an entry: the entry is what is left of the payment."""

from collections.abc import Iterable
from typing import NamedTuple


class Split(NamedTuple):
    """An entry as the payment's gross amount and the fee, in minor units; fee None if it has none.

    The gross amount less the fee is what was booked.
    """

    gross: int
    fee: int | None


def split_charges(
    booked: int, amounts: Iterable[int], charges: Iterable[int], is_included: bool = False
) -> Split:
    """Finds the payment and the charges that make a booked amount. All are minor units.

    `booked` and `amounts` (what the bank prints as the payment) are signed; `charges` are sums that
    may be the fee, positive where we pay. The first amount and charge that make the booked amount
    count. Where no other amount is printed, `is_included` says that the bank took the charge out.
    """
    printed, fees = list(amounts), [charge for charge in charges if charge]
    for fee in fees:
        for gross in printed:
            if gross - fee == booked:
                return Split(gross, fee)
    if is_included and fees and all(amount == booked for amount in printed):
        return Split(booked + fees[0], fees[0])
    return Split(booked, None)
