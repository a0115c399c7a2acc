"""The causes of the bridge, and sums by cause."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum


class BridgeCause(StrEnum):
    """Why a batch expects what it expects; declared in the order of the waterfall."""

    OURS = "OURS"
    FEE_DUE = "FEE_DUE"
    IN_TRANSIT_OUT = "IN_TRANSIT_OUT"
    IN_TRANSIT_IN = "IN_TRANSIT_IN"
    AMOUNT_DIFFERENCE = "AMOUNT_DIFFERENCE"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    DUPLICATE = "DUPLICATE"
    FEE_DIFFERENCE = "FEE_DIFFERENCE"
    CARRIED = "CARRIED"
    DECLARED_DIFFERENCE = "DECLARED_DIFFERENCE"
    UNEXPLAINED = "UNEXPLAINED"


#: Sums by cause in the order of the causes, minor units, without zeros.
Causes = tuple[tuple[BridgeCause, int], ...]


def to_causes(amounts: Mapping[BridgeCause, int]) -> Causes:
    """Amounts by cause as `Causes`."""
    return tuple((cause, amounts[cause]) for cause in BridgeCause if amounts.get(cause))


def add_causes(*parts: Causes) -> Causes:
    """The sums of several, cause by cause."""
    sums: Counter[BridgeCause] = Counter()
    for part in parts:
        for cause, amount in part:
            sums[cause] += amount
    return to_causes(sums)


def total_of(causes: Causes) -> int:
    """What all causes come to."""
    return sum(amount for _, amount in causes)


def ours_of(causes: Causes) -> int:
    """What our own books say: our transactions less the fee due on them."""
    return sum(
        amount for cause, amount in causes if cause in (BridgeCause.OURS, BridgeCause.FEE_DUE)
    )
