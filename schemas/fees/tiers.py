"""Tiers of a price: steps by the amount of a line, or by the volume of a month."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.fees.numbers import Fixed, Minor, Rate
from schemas.strict import Strict


@dataclass(frozen=True)
class Piece:
    """For a base up to `to` (None: any), due is (base - offset) x rate + slices + fixed, minor
    units; `slices` is what the slices below cost by their rates.
    """

    to: int | None
    offset: int
    rate: Decimal
    fixed: Decimal
    slices: Decimal = Decimal(0)

    @property
    def constant(self) -> Decimal:
        """What does not depend on the base: `slices` and `fixed`."""
        return self.slices + self.fixed


class Step(Strict):
    """A step of tiers: bases up to `to`, included; the last step has none."""

    to: Minor | None = None
    rate: Rate = "0"
    fixed: Fixed = "0"


class Tiers(Strict):
    """Prices by amount: in `slab` the step of the base prices all of it, in `graduated` each step
    prices its slice. By a volume, `gross` or `net` of refunds, of the month before or of this month
    so far: its step prices all of the base.
    """

    by: Literal["amount", "previous_month", "month_to_date"]
    mode: Literal["slab", "graduated"] | None = None
    per: Literal["channel", "merchant"] | None = None
    of: Literal["gross", "net"] | None = None
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if self.by == "amount":
            if self.mode is None:
                raise ValueError("mode: tiers by amount are slab or graduated; say which")
            if self.per or self.of:
                raise ValueError(
                    "per, of: they say which volume is meant, and by: amount asks for none; take"
                    " them away, or write by: previous_month or by: month_to_date"
                )
        elif self.mode == "graduated":
            raise ValueError(f"mode: tiers by {self.by} are always slab; take it away")
        elif self.per is None or self.of is None:
            raise ValueError(
                f"per, of: tiers by {self.by} need both; write per: channel or merchant, and of:"
                " gross or net"
            )
        return self

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        limits = [step.to for step in self.steps[:-1]]
        if None in limits or self.steps[-1].to is not None:
            raise ValueError("every step but the last has `to`, and the last has none")
        for number, (one, other) in enumerate(pairwise(limits), 1):
            if one is not None and other is not None and other <= one:
                raise ValueError(
                    f"step {number}: to {other} is not above {one} of the step before; write the"
                    " steps in ascending order"
                )
        return self

    @property
    def is_by_volume(self) -> bool:
        """Whether the step is that of a volume, and not of the base."""
        return self.by != "amount"

    @property
    def limits(self) -> tuple[int, ...]:
        """The upper ends of all steps but the last, ascending."""
        return tuple(step.to for step in self.steps if step.to is not None)

    @property
    def step_column(self) -> str:
        """The column with the number of a line's step, by volume; alike tiers share it."""
        return "_".join(["step", self.by, str(self.per), str(self.of), *map(str, self.limits)])

    def to_pieces(self) -> tuple[Piece, ...]:
        """One piece per step; a graduated one begins with what the steps before add up to."""
        pieces, start, slices, fixed_before = [], 0, Decimal(0), Decimal(0)
        for step in self.steps:
            rate, fixed = Decimal(step.rate), Decimal(step.fixed)
            if self.mode != "graduated":
                pieces.append(Piece(step.to, 0, rate, fixed))
                continue
            fixed_before += fixed
            pieces.append(Piece(step.to, start, rate, fixed_before, slices))
            if step.to is not None:
                slices += (step.to - start) * rate
                start = step.to
        return tuple(pieces)
