"""The benchmark's day by formula: what serial number i is, and how many of each there must be.

Every number from 0 to n - 1 is a trade; its remainders say what happened to it. At most one rule
holds for a number, so the counts add up.
"""

from dataclasses import asdict, dataclass
from datetime import date

DAY = date(2026, 11, 16)
SIZES = {"2k": 2_000, "100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}


@dataclass(frozen=True)
class EveryNth:
    """One trade in `step`, the first of them number `start`."""

    step: int
    start: int

    def count(self, size: int) -> int:
        """For how many of the numbers below `size` the rule holds."""
        return (size - self.start + self.step - 1) // self.step


INTERNAL_ONLY_TRADES = EveryNth(200, 17)  # 0.5 %
STATEMENT_ONLY_TRADES = EveryNth(200, 117)  # 0.5 %
AMOUNT_MISMATCHES = EveryNth(1_000, 333)  # 0.1 %
DUPLICATE_LINES = EveryNth(2_000, 666)  # 0.05 %
FEE_OVERCHARGES = EveryNth(1_000, 444)  # 0.1 %
REFUNDS = EveryNth(50, 25)  # 2 %: of the payment one number before it


@dataclass(frozen=True)
class Counts:
    """Rows that go in, and rows that `outcomes` and `fee_checks` must have."""

    lines: int
    transactions: int
    matched: int
    internal_only: int
    statement_only: int
    amount_mismatches: int
    duplicate_lines: int
    fee_overcharged: int

    def difference(self, found: "Counts") -> str:
        """The counts of `found` that differ, as text; empty when none does."""
        due, actual = asdict(self), asdict(found)
        return ", ".join(f"{name} {actual[name]:,} instead of {number:,}"
                         for name, number in due.items() if actual[name] != number)  # fmt: skip


def expected_counts(size: int) -> Counts:
    """The formula's counts for a day of `size` trades."""
    ours, theirs = INTERNAL_ONLY_TRADES.count(size), STATEMENT_ONLY_TRADES.count(size)
    twice, amount = DUPLICATE_LINES.count(size), AMOUNT_MISMATCHES.count(size)
    return Counts(
        lines=size - ours + twice,
        transactions=size - theirs,
        matched=size - ours - theirs - amount,
        internal_only=ours,
        statement_only=theirs,
        amount_mismatches=amount,
        duplicate_lines=twice,
        fee_overcharged=FEE_OVERCHARGES.count(size),
    )
