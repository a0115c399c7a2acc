"""The benchmark's day by formula: what serial number i is, and how many of each there must be.

Every number from 0 to n - 1 is a trade; its remainders say what happened to it. No two rules hold
for one number, so that the counts add up.
"""

from dataclasses import asdict, dataclass
from datetime import date

DAY = date(2026, 11, 16)
SIZES = {"2k": 2_000, "100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}


@dataclass(frozen=True)
class Every:
    """One trade in `step`, the first of them number `start`."""

    step: int
    start: int

    def count(self, size: int) -> int:
        """How many of the numbers below `size` it holds for."""
        return (size - self.start + self.step - 1) // self.step


OURS_ONLY = Every(200, 17)  # 0.5 %
THEIRS_ONLY = Every(200, 117)  # 0.5 %
OTHER_AMOUNT = Every(1_000, 333)  # 0.1 %
LISTED_TWICE = Every(2_000, 666)  # 0.05 %
FEE_OVER = Every(1_000, 444)  # 0.1 %
REFUND = Every(50, 25)  # 2 %: of the payment one number before it


@dataclass(frozen=True)
class Counts:
    """What must come out: rows in, and rows of `outcomes` and `fee_checks`."""

    lines: int
    transactions: int
    matched: int
    ours_only: int
    theirs_only: int
    other_amount: int
    listed_twice: int
    fee_over: int

    def difference(self, found: "Counts") -> str:
        """In words, which counts are not as they must be; empty when all are."""
        wanted, got = asdict(self), asdict(found)
        return ", ".join(f"{name} {got[name]:,} instead of {number:,}"
                         for name, number in wanted.items() if got[name] != number)  # fmt: skip


def counts(size: int) -> Counts:
    """The formula's counts for a day of `size` trades."""
    ours, theirs = OURS_ONLY.count(size), THEIRS_ONLY.count(size)
    twice, amount = LISTED_TWICE.count(size), OTHER_AMOUNT.count(size)
    return Counts(
        lines=size - ours + twice,
        transactions=size - theirs,
        matched=size - ours - theirs - amount,
        ours_only=ours,
        theirs_only=theirs,
        other_amount=amount,
        listed_twice=twice,
        fee_over=FEE_OVER.count(size),
    )
